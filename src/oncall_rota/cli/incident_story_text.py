"""Everything about one incident, and what comes next, for somebody who looks at it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from oncall_rota.cli.incident_story import Told
from oncall_rota.cli.terminal import BOLD, DIM, RED, YELLOW, Cell, Terminal, rows_in_columns
from oncall_rota.paging.incident import ACKNOWLEDGED, TRIGGERED
from oncall_rota.rendering.course import Row
from oncall_rota.rendering.story import sentence
from oncall_rota.rendering.text import term_safe
from oncall_rota.timeline.zone import Zone

_LEFT_OUT = ("cancel", "last-resort")  # said by the rows of pages
_STYLES = {"failed": RED, "missed": RED, "cancelled": DIM}


def text(found: Told, shown: Zone, screen: Terminal) -> list[str]:
    """Lines for a terminal: what it is and how it stands, its pages, its story, and what comes next."""
    from oncall_rota.humantime import moment_text, spoken

    row, incident = found.story.row, found.story.incident
    style = f"{BOLD};{RED}" if row.status == TRIGGERED else BOLD
    lines = [screen.paint(line, style) for line in _wrapped(incident.headline, screen)]
    opened = f"opened {moment_text(_whole(row.opened_at), shown, found.now)} by {row.source}"
    opened += f", {spoken(min(_whole(row.opened_at), found.now) - found.now)}"
    lines += _wrapped(f"{row.id}  {_standing(found)}; {opened}", screen)
    if incident.signals > 1:
        lines.append(f"{incident.signals} signals so far")
    lines += [part for line in incident.lines for part in _wrapped(line, screen)]
    lines += _section("pages", _page_lines(found, shown, screen), screen)
    clock = _Clock(shown, found.now)
    story = [
        line
        for each in found.story.audit
        if each.kind not in ("paged", "failed")  # stand with the pages
        for line in _wrapped(f"{clock(each.at)}  {sentence(each.kind, each.cause)}", screen, clock.width + 2)
    ]
    lines += _section("story", story, screen)
    return lines + _section("next", list(_next_lines(found, shown, screen)), screen)


def _standing(found: Told) -> str:
    incident = found.story.incident
    if incident.status == ACKNOWLEDGED:
        return f"acknowledged by {found.people.name(incident.acknowledged_by or '')}"
    if incident.status != TRIGGERED:
        return incident.status
    if incident.ended:
        return "triggered; the policy has ended, the last resort is told"
    return f"triggered, step {incident.step + 1}" if incident.step >= 0 else "triggered"


def _page_lines(found: Told, shown: Zone, screen: Terminal) -> list[str]:
    clock = _Clock(shown, found.now)
    every = list(found.pages)
    cells = [
        [
            Cell(clock(each.row.created_at)),
            Cell(term_safe(each.to), BOLD),
            Cell(term_safe(each.what)),
            Cell(each.row.state, _STYLES.get(each.row.state, "")),
            Cell(f"#{each.code}" if each.code else ""),
        ]
        for each in every
    ]
    if not cells:
        return ["nobody was paged so far"]
    lines = rows_in_columns(("AT", "WHO", "HOW", "STATE", ""), cells, screen)[1:]
    reasons = dict.fromkeys(f"{each.row.channel} to {each.to}: {each.why_not}" for each in every if each.why_not)
    return lines + [line for why in reasons for line in _wrapped(f"refused: {why}", screen)]


def _next_lines(found: Told, shown: Zone, screen: Terminal) -> Iterator[str]:
    incident = found.story.incident
    if not incident.is_open:
        yield "nothing: it is over"
        return
    if found.driven.nobody:
        words = "was due, and nobody drives it" if found.overdue else "nobody drives it"
        yield f"{screen.paint(words, YELLOW)}: 'oncall pager run' does; then:"
    clock = _Clock(shown, found.now)
    rows = [row for row in found.next if row.event not in _LEFT_OUT]
    for _, group in groupby(rows, lambda row: (row.at, row.event, row.step, row.name)):
        many = list(group)
        channels = ", ".join(dict.fromkeys(each.channel for each in many))
        yield from _wrapped(f"{clock(many[0].at)}  {_next_text(many[0], channels)}", screen, clock.width + 2)
    if not rows:
        yield "nothing is due" if incident.next_at is None else f"{clock(incident.next_at)}  it is looked at again"


def _next_text(row: Row, channels: str) -> str:
    times = f", {row.times} times" if row.times > 1 else ""
    if row.event in ("page", "copy"):
        step = f" ({f'step {row.step}' if row.step.isdigit() else row.step})" if row.step else ""
        return f"{row.event} {row.name} by {channels}{step}{times}"
    who = f" to {row.name}" if row.name else ""
    return f"{row.event}{who}: {row.text}{times}"


class _Clock:
    """Times of one column: the day stands where it begins."""

    width = 8

    def __init__(self, shown: Zone, now: datetime) -> None:
        self._shown = shown
        self._now = now
        self._day = ""

    def __call__(self, at: datetime) -> str:
        from oncall_rota.humantime import day_text, moment_text

        at = _whole(at)
        day = day_text(at, self._shown, self._now)
        clock = moment_text(at, self._shown, self._now).rpartition(" ")[2]
        clock = clock if clock.count(":") == 2 else f"{clock}:00"
        if day == (self._day or day_text(self._now, self._shown, self._now)):
            return clock
        self._day = day
        return f"{day} {clock}"


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _section(title: str, lines: Sequence[str], screen: Terminal) -> list[str]:
    return ["", screen.paint(title.upper(), DIM), *lines] if lines else []


def _wrapped(line: str, screen: Terminal, indent: int = 2) -> list[str]:
    return textwrap.wrap(term_safe(line), screen.width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]
