"""Calendar feeds: which events a feed has, their identity and their text. Knows neither files nor clocks."""

from oncall_rota.feeds.feed import COLOURS, Feed, Style, feed
from oncall_rota.feeds.identity import Memory, Remembered
from oncall_rota.feeds.name import EveryForm, Names, cleaned
from oncall_rota.feeds.shelf import Kept, Shelf
from oncall_rota.feeds.subject import Subject, of_gaps, of_person, of_schedule, of_team
from oncall_rota.feeds.template import Template
from oncall_rota.feeds.window import feed_window

__all__ = [
    "COLOURS",
    "EveryForm",
    "Feed",
    "Kept",
    "Memory",
    "Names",
    "Remembered",
    "Shelf",
    "Style",
    "Subject",
    "Template",
    "cleaned",
    "feed",
    "feed_window",
    "of_gaps",
    "of_person",
    "of_schedule",
    "of_team",
]
