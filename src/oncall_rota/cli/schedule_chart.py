"""The timeline of `oncall schedule` and `oncall me` on a terminal: from schedules to bars and notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from oncall_rota.cli.chart import GAP, QUIET, Chart, Piece, Track
from oncall_rota.cli.selection import Selection, display_name
from oncall_rota.cli.terminal import BOLD, DIM, RED, Terminal, columns_of, fitted, terminal
from oncall_rota.humantime.display import moment_text, span_text
from oncall_rota.rendering.text import term_safe
from oncall_rota.schedule import gaps, shifts
from oncall_rota.schedule.cause import AwayCover, Borrowed, Cause, OverrideCause
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, epoch, moment

_NOTES = 6


class Bars(NamedTuple):
    """One schedule's bars, its holes, and the stretches that are not simply somebody's turn."""

    pieces: list[Piece]
    holes: list[tuple[int, int]]
    unusual: list[tuple[int, int, str, Cause]]


def drawn(found: Selection, window: Interval, now: datetime, shown: Zone) -> str:
    """The whole picture: a heading, a track a schedule, the legend."""
    screen = terminal()
    rows = [(each, bars(each, window)) for each in found.schedules]
    people = {piece.person for _, row in rows for piece in row.pieces} - {GAP, QUIET}
    names = {person: term_safe(display_name(found.catalog, person)) for person in people}
    chart = Chart(epoch(window.start_at), epoch(window.end_at), epoch(now), shown, screen, names)
    tracks = [
        Track(
            term_safe(f"{each.team}/{each.name}"),
            term_safe(each.timezone) if each.timezone != shown.name else "",
            row.pieces,
            _notes(row, names, shown, now, screen),
        )
        for each, row in rows
    ]
    between = "–" if screen.unicode else "-"
    ends = [moment_text(each, shown) for each in window]
    if all(each.endswith(" 00:00") for each in ends):
        ends = [each.removesuffix(" 00:00") for each in ends]
    heading = f"{ends[0]} {between} {ends[1]}"
    zone_text = f"times in {term_safe(shown.name)}"
    beside = len(heading) + len(zone_text) + 2 <= screen.width
    head = [f"{heading}, {screen.paint(zone_text, DIM)}"] if beside else [heading, screen.paint(zone_text, DIM)]
    lines = [*head, "", *chart.lines(tracks)]
    unusual = any(piece.mark for _, row in rows for piece in row.pieces)
    quiet = any(piece.person == QUIET for _, row in rows for piece in row.pieces)
    return "\n".join(lines + chart.legend(unusual, any(row.holes for _, row in rows), quiet))


def bars(schedule: Schedule, window: Interval) -> Bars:
    """A schedule's shifts as bars: a person's touching shifts are one, until their kind changes."""
    pieces: list[Piece] = []
    unusual: list[tuple[int, int, str, Cause]] = []
    last: dict[str, int] = {}
    for shift in shifts(schedule, window, causes=True):
        mark = marked(shift.cause)
        index = last.get(shift.person)
        if index is not None and pieces[index].end == shift.start and pieces[index].mark == mark:
            pieces[index] = pieces[index]._replace(end=shift.end)
        else:
            last[shift.person] = len(pieces)
            pieces.append(Piece(shift.start, shift.end, shift.person, mark))
        if mark:
            before = unusual[-1] if unusual else None
            if before and (before[1], before[2], _inner(before[3])) == (
                shift.start,
                shift.person,
                _inner(shift.cause),
            ):
                unusual[-1] = (before[0], shift.end, shift.person, shift.cause)
            else:
                unusual.append((shift.start, shift.end, shift.person, shift.cause))
    off = gaps(schedule, window)
    pieces += [Piece(gap.start, gap.end, QUIET if gap.declared else GAP) for gap in off]
    return Bars(pieces, [(gap.start, gap.end) for gap in off if not gap.declared], unusual)


def marked(cause: Cause) -> bool:
    """Whether it is an override or a cover, and not simply a turn."""
    return isinstance(_inner(cause), (OverrideCause, AwayCover))


def _inner(cause: Cause) -> Cause:
    while isinstance(cause, Borrowed):
        cause = cause.inner
    return cause


def _notes(row: Bars, names: dict[str, str], shown: Zone, now: datetime, screen: Terminal) -> Sequence[str]:
    """The exact times of what matters most: holes first, then overrides and covers."""
    dash = "–" if screen.unicode else "-"
    lines = []
    for start, end in row.holes[:_NOTES]:
        span = span_text(moment(end) - moment(start))
        lines.append(f"{screen.paint('nobody', f'{BOLD};{RED}')}  {times_text(start, end, shown, now, dash)} ({span})")
    if len(row.holes) > _NOTES:
        lines.append(screen.paint(f"and {len(row.holes) - _NOTES} more holes: 'oncall gaps' lists all", DIM))
    sign = "◆" if screen.unicode else "*"
    width = max([columns_of(names[person]) for _, _, person, _ in row.unusual[:_NOTES]], default=0)
    for start, end, person, cause in row.unusual[:_NOTES]:
        source = _inner(cause).source
        note = f"{sign} {fitted(names[person], width)}  {times_text(start, end, shown, now, dash)}"
        where = f"{term_safe(source.path)}:{source.line}" if source.line else term_safe(source.path)
        fits = columns_of(note) + len(where) + 4 <= screen.width
        lines.append(f"{note}  {screen.paint(where, DIM)}" if fits else note)
    if len(row.unusual) > _NOTES:
        lines.append(screen.paint(f"and {len(row.unusual) - _NOTES} more: -o plain lists all", DIM))
    return lines


def times_text(start: int, end: int, shown: Zone, now: datetime, dash: str) -> str:
    """`Fri 27 Nov 14:00 – 22:00`, or both days."""
    begin, finish = moment_text(moment(start), shown, now), moment_text(moment(end), shown, now)
    day, _, clock = finish.rpartition(" ")
    return f"{begin} {dash} {clock if begin.startswith(f'{day} ') else finish}"
