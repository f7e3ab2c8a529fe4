"""The checks that look at a stretch of time: 400 days, so that every clock change is in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from oncall_rota.config.catalog import Catalog
from oncall_rota.config.order import answer
from oncall_rota.config.override import alive
from oncall_rota.config.problem import ERROR, NOTE, WARNING, Problem, listed
from oncall_rota.schedule import Gap, Shift, explanation, gaps, layer_hours, overlaps, shifts
from oncall_rota.schedule.cause import OverrideCause
from oncall_rota.schedule.model import Away, Override, Schedule, Source, Team
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import moment, wall, zone

HORIZON = timedelta(days=400)
MOST_LINES = 500  # looked at one by one; a hostile file has thousands
_ROUND_THE_CLOCK = "if nobody has to be on then, say so with must_cover"


def check(catalog: Catalog, from_at: datetime) -> tuple[Problem, ...]:
    """The problems of the 400 days from `from_at`, an aware instant, in all teams of the catalogue, sorted by place."""
    return tuple(sorted({problem for team in catalog.teams.values() for problem in check_team(catalog, team, from_at)}))


def check_team(catalog: Catalog, team: Team, from_at: datetime) -> tuple[Problem, ...]:
    """The problems of one team, sorted by place."""
    window = Interval(from_at, from_at + HORIZON)
    found: list[Problem] = []
    for schedule in team.schedules.values():
        final = shifts(schedule, window)
        found += _overlaps(schedule, window)
        found += _holes(schedule, window)
        found += _twice(schedule, final, window)
        found += _gone(schedule, final, catalog)
        found += _outside(schedule, window)
    found += _idle(team, window)
    found += _silent(catalog, team, window)
    return tuple(sorted(_with_columns(found, catalog)))


def _with_columns(found: list[Problem], catalog: Catalog) -> set[Problem]:
    """The problems, of which the engine knows only the line, at what begins there."""
    lines: dict[str, list[str]] = {}
    placed = set()
    for problem in found:
        if problem.path not in lines:
            lines[problem.path] = catalog.texts.get(problem.path, "").splitlines()
        text = lines[problem.path][problem.line - 1 : problem.line]
        column = len(text[0]) - len(text[0].lstrip(" -")) + 1 if text else 1
        placed.add(problem._replace(column=column))
    return placed


def _at(source: Source, severity: str, code: str, message: str, hint: str) -> Problem:
    return Problem(source.path, source.line, 1, severity, code, message, hint)


def _local(schedule: Schedule, at: datetime) -> str:
    """An instant as the team's clock shows it."""
    shown = at.astimezone(zone(schedule.timezone).info)
    return f"{shown:%a} {shown.day} {shown:%b %Y %H:%M}"


def _between(schedule: Schedule, start: datetime, end: datetime) -> str:
    return f"from {_local(schedule, start)} until {_local(schedule, end)} ({schedule.timezone})"


def _silent(catalog: Catalog, team: Team, window: Interval) -> Iterator[Problem]:
    from oncall_rota.config.silence import silent  # only what looks ahead pays for it

    return silent(catalog, team, window, _between)


def _overlaps(schedule: Schedule, window: Interval) -> Iterator[Problem]:
    if schedule.combine != "exclusive" or schedule.leader is not None or len(schedule.layers) < 2:
        return
    seen: set[tuple[str, ...]] = set()
    for overlap in overlaps(schedule, window):
        if overlap.layers in seen:
            continue
        seen.add(overlap.layers)
        names = listed((f"'{name}'" for name in overlap.layers), "and")
        yield _at(
            next(layer.source for layer in schedule.layers if layer.name == overlap.layers[-1]),
            ERROR,
            "overlapping-layers",
            f"layers {names} of {schedule.name} are on call together, first "
            f"{_between(schedule, overlap.start_at, overlap.end_at)}",
            "part their hours (when: otherwise takes what is left), or say what is meant with combine: last wins, "
            "first wins, all or priority",
        )


def _holes(schedule: Schedule, window: Interval) -> Iterator[Problem]:
    if schedule.pages == "copy":
        return
    holes = [gap for gap in gaps(schedule, window) if not gap.declared]
    causes: dict[Away | Override | None, list[Gap]] = {}
    for number, hole in enumerate(holes):
        causes.setdefault(_emptied(schedule, hole.start_at) if number < MOST_LINES else None, []).append(hole)
    for line, found in causes.items():
        first, more = found[0], len(found) - 1
        stretches = "stretch" if more == 1 else "stretches"
        why, hint = _why(line)
        yield _at(
            schedule.source if line is None else line.source,
            ERROR,
            "hole",
            f"nobody is on call in {schedule.team}/{schedule.name} {_between(schedule, first.start_at, first.end_at)}"
            + why
            + (f", and in {more} more {stretches} of the next 400 days" if more else ""),
            f"{hint}; {_ROUND_THE_CLOCK}",
        )
    for override in schedule.overrides:
        if override.verb in ("who", "instead_of") and not override.people and override.end_at > window.start_at:
            where = "" if override.layer is None else f"layer {override.layer!r} of "
            person = "" if override.person is None else f" in place of {override.person}"
            yield _at(
                override.source,
                NOTE,
                "nobody",
                f"nobody is on call in {where}{schedule.team}/{schedule.name} here{person}, as this override says",
                "nothing, if it is meant",
            )
    for layer in schedule.layers:
        for block in layer.rotation.blocks if layer.rotation is not None else ():
            for entry in block.order:
                if not entry.people:
                    yield _at(
                        entry.source,
                        NOTE,
                        "nobody",
                        f"a turn of {schedule.team}/{schedule.name} is vacant: nobody",
                        "nothing, if it is meant",
                    )


def _emptied(schedule: Schedule, at: datetime) -> Away | Override | None:
    """The absence or override without which somebody would be on call at `at`: the last that left nobody."""
    if not (schedule.away or schedule.overrides):
        return None
    changes = explanation(schedule, at).changes
    return next((change.line for change in reversed(changes) if change.before and not change.after), None)


def _why(line: Away | Override | None) -> tuple[str, str]:
    """How a line leaves nobody on call, and what to do about it."""
    if line is None:
        return "", "add a layer with when: otherwise, or people for these hours"
    if isinstance(line, Override):
        return ": this override leaves nobody", "say who takes over, with who: or add:"
    if line.cover is None:
        return f": {line.person} is away, and nobody covers", "add cover: next, or a person"
    return f": {line.person} is away, and cover: {line.cover} finds nobody who is here", "name somebody else as cover"


def _twice(schedule: Schedule, final: tuple[Shift, ...], window: Interval) -> Iterator[Problem]:
    """The same person in a schedule and in the one that it follows, at once."""
    leader = schedule.leader
    if leader is None or schedule.pages == "copy":
        return
    of: dict[str, list[Shift]] = {}
    for shift in shifts(leader, window):
        of.setdefault(shift.person, []).append(shift)
    said: set[str] = set()
    for shift in final:
        others = of.get(shift.person)
        if not others or shift.person in said:
            continue
        at = bisect_right(others, shift.start, key=_end)  # one person's shifts do not overlap
        if at == len(others) or others[at].start >= shift.end:
            continue
        said.add(shift.person)
        start, end = max(shift.start, others[at].start), min(shift.end, others[at].end)
        yield _at(
            schedule.source,
            WARNING,
            "person-in-both",
            f"{shift.person} is on call in {schedule.name} and in {leader.name}, which it follows, first "
            f"{_between(schedule, moment(start), moment(end))}",
            "choose another offset, or an override for these hours",
        )


def _end(shift: Shift) -> int:
    return shift.end


def _gone(schedule: Schedule, final: tuple[Shift, ...], catalog: Catalog) -> Iterator[Problem]:
    """Shifts of people after they have left."""
    clock = zone(schedule.timezone)
    said: set[str] = set()
    for shift in final:
        person = catalog.people.get(shift.person)
        if person is None or person.until_on is None or person.id in said:
            continue
        last = clock.instant(wall(datetime.combine(person.until_on, time(0))))
        if shift.end > last:
            said.add(person.id)
            start = moment(max(shift.start, last))
            source: Source = getattr(shift.cause, "source", schedule.source)
            yield _at(
                source,
                ERROR,
                "shift-after-leaving",
                f"{person.id} has a shift {_between(schedule, start, shift.end_at)}, and is here until "
                f"{person.until_on} (people.yaml)",
                "name somebody else in this override, or correct `until`"
                if isinstance(shift.cause, OverrideCause)
                else "add a dated block of people without them, from the first handoff after that day, or correct "
                "`until`",
            )


def _outside(schedule: Schedule, window: Interval) -> Iterator[Problem]:
    """Hours that `who` adds outside every layer."""
    lines = [line for line in schedule.overrides if line.verb == "who" and line.people and line.layer is None]
    lines = [line for line in lines if line.end_at > window.start_at and line.start_at < window.end_at]
    for line in lines:
        if not alive(schedule, line):
            continue  # which is said already
        outside = _uncovered(schedule, line)
        if outside is not None:
            yield _at(
                line.source,
                WARNING,
                "outside-layers",
                f"this override adds hours to {schedule.team}/{schedule.name} in which no layer is active, first "
                f"{_between(schedule, *outside)}",
                "name the layer that is meant with layer:, or keep it if these hours are meant",
            )


def _uncovered(schedule: Schedule, line: Override) -> tuple[datetime, datetime] | None:
    """The first stretch of an override in which no layer is active."""
    end_at = min(line.end_at, line.start_at + HORIZON)
    at = line.start_at
    for active in layer_hours(schedule, Interval(line.start_at, end_at)):
        if active.start_at > at:
            return at, active.start_at
        at = active.end_at
    return (at, end_at) if at < end_at else None


def _idle(team: Team, window: Interval) -> Iterator[Problem]:
    """Overrides that say instead of whom, out of which layer, who swaps, and change nothing in any schedule."""
    effect: dict[Source, bool] = {}
    for schedule in team.schedules.values():
        for line in schedule.overrides:
            meets = line.end_at > window.start_at and line.start_at < window.end_at
            if not meets or (line.layer is None and line.verb in ("who", "add")) or effect.get(line.source):
                continue
            if not alive(schedule, line):
                continue
            rest = tuple(other for other in schedule.overrides if other is not line)
            hours = Interval(line.start_at, min(line.end_at, line.start_at + HORIZON))
            effect[line.source] = answer(schedule, schedule.overrides, hours) != answer(schedule, rest, hours)
            if len(effect) > MOST_LINES:
                return
    for source, has in effect.items():
        if not has:
            yield _at(
                source,
                WARNING,
                "no-effect",
                "this override changes nothing: nobody that it speaks of is on call there in these hours",
                "check its people and dates, or delete it",
            )
