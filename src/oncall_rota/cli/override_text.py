"""One override or absence as a line that people read."""

from __future__ import annotations

from datetime import datetime

from oncall_rota.cli.selection import display_name
from oncall_rota.cli.terminal import DIM, Terminal
from oncall_rota.config import Catalog
from oncall_rota.humantime import moment_text
from oncall_rota.rendering import why
from oncall_rota.rendering.text import term_safe
from oncall_rota.schedule.model import Away, Override, Source
from oncall_rota.timeline.zone import Zone


def place_text(source: Source, screen: Terminal) -> str:
    """`payments.yaml:19`, dim; a live override has no line."""
    if not source.line:
        return screen.paint(term_safe(source.path), DIM)
    return screen.paint(f"{term_safe(source.path)}:{source.line}", DIM)


def what_text(line: Away | Override, catalog: Catalog) -> str:
    """`Carol Chen instead of Alice Adams`, `Bob Brown is away`, …"""
    return why.line_text(line, lambda person: display_name(catalog, person))


def line_text(line: Away | Override, catalog: Catalog, shown: Zone, now: datetime, screen: Terminal) -> str:
    """What it does, when, why, and where it is written."""
    dash = "–" if screen.unicode else "-"
    times = f"{moment_text(line.start_at, shown, now)} {dash} {moment_text(line.end_at, shown, now)}"
    reason = f" ({term_safe(line.reason)})" if line.reason else ""
    return f"{what_text(line, catalog)}, {times}{reason}  {place_text(line.source, screen)}"
