"""The text of a calendar against icalendar's own, and each choice of a feed's style."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from build import ABOVE, NAMES, PEOPLE, WINDOW, at, engine, layer, line, schedule, weekly
from feeds_of import GOLDEN, HOSTILE

from oncall_rota.calendar.writing import PRODUCT, Calendar, Event, calendar_text
from oncall_rota.feeds import Names, Shelf, Style, Template, cleaned, feed, feed_window
from oncall_rota.schedule.model import Away, Layer, Window

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def by_icalendar(calendar: Calendar, events: tuple[Event, ...]) -> bytes:
    """The same calendar built from icalendar's components, as its manual does."""
    top = icalendar.Calendar()
    named: list[tuple[str, Any]] = [("prodid", PRODUCT), ("version", "2.0"), ("calscale", "GREGORIAN")]
    # icalendar knows no type for either name, and would not escape it. RFC 7986 makes it a text, and so do others.
    named += [("method", "PUBLISH"), *[(name, icalendar.vText(calendar.name)) for name in ("name", "x-wr-calname")]]
    for name, value in [*named, ("x-wr-timezone", calendar.timezone)]:
        top.add(name, value)
    top.add("refresh-interval", calendar.refresh, parameters={"VALUE": "DURATION"})
    top.add("x-published-ttl", icalendar.vDuration(calendar.refresh))
    top.add("color", calendar.colour[0])
    top.add("x-apple-calendar-color", calendar.colour[1])
    for event in events:
        made = icalendar.Event()
        made.add("uid", event.uid)
        for name, at_ in (("dtstamp", event.stamp), ("dtstart", event.start), ("dtend", event.end)):
            made.add(name, datetime.fromtimestamp(at_, UTC))
        made.add("summary", event.summary)
        made.add("description", event.description)
        if event.sequence is not None:
            made.add("sequence", event.sequence)
        if event.modified is not None:
            made.add("last-modified", datetime.fromtimestamp(event.modified, UTC))
        made.add("status", "CONFIRMED")
        made.add("transp", "OPAQUE" if event.busy else "TRANSPARENT")
        made.add("x-microsoft-cdo-busystatus", "BUSY" if event.busy else "FREE")
        top.add_component(made)
    written: bytes = top.to_ical(sorted=False)
    return written


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_is_icalendars_own(name: str) -> None:
    """Writing lines instead of components changes no byte."""
    events = GOLDEN[name]().events
    for refresh in (timedelta(hours=1), timedelta(days=1, minutes=30)):
        calendar = Calendar("A, name; of a calendar", "Europe/London", ("teal", "#008080"), refresh)
        assert calendar_text(calendar, events) == by_icalendar(calendar, events)


@pytest.mark.parametrize(
    ("now", "low", "high"),
    [
        ("2026-06-17T12:00:00+00:00", "2026-05-01", "2026-12-01"),
        ("2026-06-30T23:59:59+00:00", "2026-05-01", "2026-12-01"),
        ("2026-07-01T00:00:00+00:00", "2026-06-01", "2027-01-01"),
        ("2026-01-01T00:30:00+01:00", "2025-11-01", "2026-06-01"),
        ("2026-12-31T23:30:00-01:00", "2026-12-01", "2027-07-01"),
    ],
)
def test_the_window_steps_by_whole_months_of_utc(now: str, low: str, high: str) -> None:
    """From the first day of the month before, to that of the sixth month after."""
    found = feed_window(datetime.fromisoformat(now))
    assert [f"{each:%Y-%m-%d %H:%M %Z}" for each in found] == [f"{low} 00:00 UTC", f"{high} 00:00 UTC"]


def test_a_shift_that_crosses_the_windows_edge_is_whole() -> None:
    """A turn of three months begins before the window and another one ends after it."""
    made = schedule(layer("primary", "alice", "bob", every=(3, "month"), starting="2025-01-20 09:00"))
    found = [(each.start, each.end) for each in feed("x", [made], NAMES, WINDOW).events]
    assert found == [(start, end) for start, end, _ in engine(made)]
    assert found[0][0] < WINDOW[0].timestamp()
    assert found[-1][1] > WINDOW[1].timestamp()


def test_a_shift_without_end_is_cut_at_the_window() -> None:
    """One person for ever: one event, which says nothing of who is next."""
    (event,) = feed("x", [schedule(layer("primary", "alice", starting="2020-01-06 09:00"))], NAMES, WINDOW).events
    assert (event.start, event.end) == tuple([int(each.timestamp()) for each in WINDOW])
    assert event.description == "Alice Adams is on call for payments/primary.\nBy turn."


def test_an_event_tells_why_and_who_is_next() -> None:
    """By turn, by override, in somebody's place, added, covering, after a pause; and nothing private."""
    made = schedule(
        layer("nights", "bob", "dave"),
        layer("office", "alice", "carol", every=(1, "day"), hours=(9, 17)),
        away=[Away("carol", at("2026-06-01 00:00"), at("2026-07-01 00:00"), ABOVE, "erin", reason="surgery")],
        overrides=[
            line("who", "erin", "2026-08-08 10:00", "2026-08-09 10:00"),
            line("instead_of", "erin", "2026-08-15 10:00", "2026-08-16 10:00", "dave"),
            line("add", "erin", "2026-08-22 10:00", "2026-08-23 10:00"),
        ],
    )
    told = {each.description.partition("\n")[2] for each in feed("x", [made], NAMES, WINDOW).events}
    assert "By turn, layer nights.\nHands over to Alice Adams." in told
    assert "Covers for Carol Chen.\nHands over to Bob Brown." in told
    assert "Override (payments.overrides.yaml).\nHands over to Bob Brown." in told
    assert "Override (payments.overrides.yaml), instead of Dave Dunn.\nHands over to Dave Dunn." in told
    assert "Override (payments.overrides.yaml), as well.\nBob Brown stays on call." in told
    text = feed("x", [made], NAMES, WINDOW).body.decode()
    assert "surgery" not in text
    assert "private" not in text


def test_after_a_pause_the_next_one_is_told_with_the_time_in_the_schedules_zone() -> None:
    """Office hours: nobody takes over on Friday evening."""
    made = schedule(layer("office", "alice", "bob", every=(1, "week"), hours=(9, 17)))
    told = [each.description for each in feed("x", [made], NAMES, WINDOW).events]
    assert any(each.endswith("Next on call: Bob Brown, from 2026-11-02 09:00 Europe/London.") for each in told)
    ended = schedule(Layer("once", "UTC", ABOVE, layer("x", "alice").rotation, until_clock=datetime(2026, 6, 20)))
    assert feed("x", [ended], NAMES, WINDOW).events[-1].description.endswith("\nNobody is next.")


def test_titles_mark_what_is_not_by_turn() -> None:
    """An override and a cover are marked; a template of one's own is taken as it is."""
    away = [Away("bob", at("2026-06-01 00:00"), at("2026-07-01 00:00"), ABOVE, "next")]
    made = weekly(overrides=[line("swap", "carol dave", "2026-07-06 08:00", "2026-07-20 08:00")], away=away)
    titles = {each.summary for each in feed("x", [made], NAMES, WINDOW).events}
    assert "Alice Adams on call — payments primary" in titles
    assert "Dave Dunn on call — payments primary (override)" in titles
    assert "Carol Chen on call — payments primary (cover)" in titles
    bare = feed("x", [made], NAMES, WINDOW, style=Style(title=Template("{team}/{schedule}: {id}"))).events
    assert {each.summary for each in bare} == {f"payments/primary: {id_}" for id_ in ("alice", "bob", "carol", "dave")}


@pytest.mark.parametrize("text", ["{who}", "{person.__class__}", "{person!r}", "{", "}", "{{person}}", "", "  "])
def test_a_wrong_template_says_so(text: str) -> None:
    """No field but the five, and nothing inside a value."""
    with pytest.raises(ValueError, match="title"):
        Template(text)


def test_gaps_are_events_by_choice() -> None:
    """Where nobody is on though somebody must be; the shifts stay what they are."""
    gone = line("remove", "bob", "2026-06-10 00:00", "2026-06-20 00:00")
    made = weekly("alice", "bob", overrides=[gone], must_cover=Window(spans=((0, 7 * 86400),)))
    plain = feed("x", [made], NAMES, WINDOW).events
    with_gaps = feed("x", [made], NAMES, WINDOW, style=Style(gaps=True, busy=True)).events
    extra = [each for each in with_gaps if each.summary.startswith("Nobody")]
    assert len(with_gaps) == len(plain) + len(extra)
    assert [(each.summary, each.busy) for each in extra] == [("Nobody on call — payments primary", False)]
    assert extra[0].description.endswith("somebody must be.\nHands over to Bob Brown.")
    assert not any(each.summary.startswith("Nobody") for each in plain)


def test_busy_is_a_choice() -> None:
    """Free time by default, for Outlook too."""
    free, busy = (feed("x", [weekly()], NAMES, WINDOW, style=Style(busy=choice)).body for choice in (False, True))
    assert b"TRANSP:TRANSPARENT\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE\r\n" in free
    assert b"TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n" in busy
    assert b"OPAQUE" not in free


def test_names_are_cleaned_once_and_told_apart() -> None:
    """What is left of a name is printable; two people of one name show their ids, or a hash with initials."""
    for name in HOSTILE:
        once = cleaned(name)
        assert cleaned(once) == once
        assert len(once) <= 200
        assert once.encode("utf-8") or not name.strip()
    assert cleaned("a\ud800b") == "ab"
    assert cleaned("x" * 300) == "x" * 199 + "…"
    same = Names({"alex": "Alex Kim", "alex.k": "Alex\tKim", "bo": "Bo"})
    assert [same[each] for each in ("alex", "alex.k", "bo", "unknown")] == [
        "Alex Kim (alex)",
        "Alex Kim (alex.k)",
        "Bo",
        "unknown",
    ]
    assert Names({"kim": "\u202e\u200b"})["kim"] == "kim"
    initials = Names({"alice": "Alice Adams", "arthur": "Arthur Ashe", "bo": "Bo"}, initials=True)
    assert initials["bo"] == "B"
    assert initials["alice"] != initials["arthur"]
    assert not any(id_ in initials[id_] for id_ in ("alice", "arthur"))
    assert "zoe" not in initials["zoe"].lower()  # whom people.yaml lacks
    assert Names({"kim": "\u2800 \u2800"})["kim"] == "kim"


def test_no_two_people_have_one_name() -> None:
    """Not even when somebody is called as somebody else is told apart, or a hash begins like another."""
    names = Names({"a": "Bob", "b": "Bob", "c": "Bob (a)", "d": "Bob (b)"})
    assert len({names[id_] for id_ in "abcd"}) == 4
    people = {f"john{number}": "John Smith" for number in range(2000)}
    initials = Names(people, initials=True)
    assert len({initials[id_] for id_ in people}) == 2000


def test_no_code_point_breaks_a_line_or_turns_the_writing() -> None:
    """All of Unicode, halves of pairs included: what is left has no control, no line's end and no direction mark."""
    for first in range(0, 0x110000, 0x1000):
        left = cleaned("x".join(map(chr, range(first, first + 0x1000))), longest=1 << 20)
        assert left.encode("utf-8")
        assert len(left.splitlines()) == 1
        bad = {unicodedata.category(letter) for letter in left} & {"Cc", "Cs", "Zl", "Zp"}
        assert not bad, hex(first)
        turned = {letter for letter in left if unicodedata.bidirectional(letter) in TURNING}
        assert not turned, hex(first)


def test_a_feed_never_holds_a_contact() -> None:
    """Names are all that a feed knows of people: there is no way in for an address."""
    made = weekly(overrides=[line("who", "erin", "2026-06-20 10:00", "2026-06-22 10:00")])
    text = feed("payments", [made], Names(PEOPLE), WINDOW).body.decode()
    assert "mailto" not in text
    assert "@" not in text.replace("@payments.oncall", "")


def test_an_unchanged_feed_is_not_built_again() -> None:
    """Only another version of the files, or another window, builds; every feed has its own."""
    shelf, made = Shelf(), weekly()

    def build() -> bytes:
        return feed("payments", [made], NAMES, WINDOW).body

    first = shelf.get("payments", ("files 1", WINDOW), build)
    assert all(shelf.get("payments", ("files 1", WINDOW), build) is first for _ in range(9))
    assert shelf.builds == 1
    again = shelf.get("payments", ("files 2", WINDOW), build)
    assert (shelf.builds, again.etag, again.body is first.body) == (2, first.etag, True)
    shelf.get("search", ("files 2", WINDOW), build)
    shelf.get("payments", ("files 2", feed_window(at("2026-07-01 00:00"))), build)
    assert shelf.builds == 4
    small = Shelf(most=2)
    for name in "abcab":
        small.get(name, 1, build)
    assert small.builds == 5
