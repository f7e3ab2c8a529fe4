"""One override or absence as a line that people read."""

from __future__ import annotations

from datetime import datetime

from oncall_rota.cli.selection import display_name
from oncall_rota.cli.terminal import DIM, Terminal
from oncall_rota.config import Catalog
from oncall_rota.humantime import moment_text
from oncall_rota.rendering.text import term_safe
from oncall_rota.schedule.model import Away, Override, Source
from oncall_rota.timeline.zone import Zone


def place_text(source: Source, screen: Terminal) -> str:
    """`payments.yaml:19`, dim."""
    return screen.paint(f"{term_safe(source.path)}:{source.line}", DIM)


def what_text(line: Away | Override, catalog: Catalog) -> str:
    """`Carol Chen instead of Alice Adams`, `Bob Brown is away`, …"""
    names = [term_safe(display_name(catalog, person)) for person in getattr(line, "people", ())]
    people = " and ".join(names) or "nobody"
    person = term_safe(display_name(catalog, line.person)) if line.person else ""
    if isinstance(line, Away):
        cover = {None: "", "next": ", covered by the next"}.get(line.cover)
        if cover is None:
            cover = f", covered by {term_safe(display_name(catalog, line.cover or ''))}"
        return f"{person} is away{cover}"
    layer = f" in layer {term_safe(line.layer)!r}" if line.layer else ""
    if line.verb == "instead_of":
        return f"{people} instead of {person}{layer}"
    if line.verb == "remove":
        return f"without {person or people}{layer}"
    if line.verb == "add":
        return f"{people} as well{layer}"
    return f"{' and '.join(names)} swap{layer}" if line.verb == "swap" else f"{people}{layer}"


def line_text(line: Away | Override, catalog: Catalog, shown: Zone, now: datetime, screen: Terminal) -> str:
    """What it does, when, why, and where it is written."""
    dash = "–" if screen.unicode else "-"
    times = f"{moment_text(line.start_at, shown, now)} {dash} {moment_text(line.end_at, shown, now)}"
    reason = f" ({term_safe(line.reason)})" if line.reason else ""
    return f"{what_text(line, catalog)}, {times}{reason}  {place_text(line.source, screen)}"
