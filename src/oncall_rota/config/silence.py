"""Where an escalation reaches nobody: in some hour of the next 400 days, or ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from oncall_rota.config.catalog import Catalog
from oncall_rota.config.policy import team_paging
from oncall_rota.config.problem import ERROR, WARNING, Problem, listed
from oncall_rota.paging.model import ScheduleTarget, Step
from oncall_rota.schedule import Gap, answer, gaps
from oncall_rota.schedule.model import HolidayCalendar, Schedule, Source, Team, Window
from oncall_rota.schedule.window import Holidays, Hours, Spans, clipped, difference, merged
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch, moment, zone

Between = Callable[[Schedule, datetime, datetime], str]


class _Silence(NamedTuple):
    """What is wrong with one policy. `first` None: it never reaches anybody."""

    steps: tuple[Step, ...]
    first: tuple[int, int] | None
    more: int
    levels: list[str]


def silent(catalog: Catalog, team: Team, window: Interval, between: Between) -> Iterator[Problem]:
    """The problems of one team's escalations in `window`."""
    if not _speaks(catalog, team):
        return
    paging = team_paging(catalog, team)
    found: list[_Silence] = []
    judged: list[tuple[tuple[Step, ...], Window | None, _Silence | None]] = []
    for level, severity in paging.severities.items():
        steps = severity.policy.steps if severity.policy is not None else ()
        if not steps or not all(step.targets for step in steps):
            continue  # never paged, or with a target that is not known here
        known = [each for each in judged if each[:2] == (steps, severity.hours)]
        if not known:
            silence = _silence(steps, severity.hours, team, paging.holidays, window)
            known = [(steps, severity.hours, silence)]
            judged += known
            found += [silence] if silence is not None else []
        if known[0][2] is not None:
            known[0][2].levels.append(level)
    for each in found:
        yield _problem(each, team, len(paging.severities), between)


def _speaks(catalog: Catalog, team: Team) -> bool:
    """Whether paging is a matter for this team: its file speaks of it, or the folder has notifiers."""
    text = catalog.texts.get(team.source.path, "")
    return "escalation:" in text or "severity:" in text or "notifiers:" in catalog.texts.get("oncall.yaml", "")


def _silence(
    steps: tuple[Step, ...],
    hours: Window | None,
    team: Team,
    holidays: HolidayCalendar | None,
    window: Interval,
) -> _Silence | None:
    schedules: dict[int, Schedule] = {}
    for step in steps:
        for target in step.targets:
            if not isinstance(target, ScheduleTarget):
                return None
            if target.schedule.pages != "copy":
                schedules[id(target.schedule)] = target.schedule
    low, high = epoch(window.start_at), epoch(window.end_at)
    told: Spans = []
    empty, begins = [(low, high)], high if schedules else low
    for schedule in schedules.values():
        found = gaps(schedule, window)
        empty = _both(empty, [(gap.start, gap.end) for gap in found])
        told += [(gap.start, gap.end) for gap in found if not gap.declared]
        begins = min(begins, _begins(schedule, found, window))
        if not empty:
            return None
    never = empty == [(low, high)]
    if hours is not None:
        clock, open_ = zone(team.timezone), Hours(hours, None, Holidays(holidays))
        walls = open_.spans(clock.reading(low), clock.reading(high))
        empty = _both(empty, [(clock.instant(start), clock.instant(end)) for start, end in walls])
    # Holes where somebody must be on are told as holes, and nobody is missed before the first start.
    left = clipped(difference(empty, merged(sorted(told))), begins, high)
    return _Silence(steps, None if never else left[0], len(left) - 1, []) if left else None


def _begins(schedule: Schedule, found: tuple[Gap, ...], window: Interval) -> int:
    """When a schedule first has anybody on call, if that is still to come; else the window's start."""
    low = epoch(window.start_at)
    if not found or found[0].start > low or answer(schedule, window.start_at).since_at is not None:
        return low
    end = found[0].end
    for gap in found[1:]:
        if gap.start > end:
            break
        end = gap.end
    return end


def _both(one: Spans, other: Spans) -> Spans:
    """What lies in both; merged and sorted."""
    one, other = merged(sorted(one)), merged(sorted(other))
    return difference(one, difference(one, other))


def _problem(silence: _Silence, team: Team, severities: int, between: Between) -> Problem:
    steps = silence.steps
    what = f"the escalation of {team.name}"
    if len(silence.levels) < severities:
        what += f" for {listed(silence.levels, 'and')}"
    schedules = [target.schedule for step in steps for target in step.targets if isinstance(target, ScheduleTarget)]
    counting = dict.fromkeys(f"{each.team}/{each.name}" for each in schedules if each.pages != "copy")
    names = listed(counting, "and")
    if silence.first is None:
        why = f"nobody is on call in {names} in the next 400 days" if names else "all its schedules get copies only"
        return _at(
            steps[0].source,
            ERROR,
            "reaches-nobody",
            f"{what} never reaches anybody: {why}",
            "add a step that pages a person, or a schedule that somebody is on",
        )
    start, end = silence.first
    more = f", and in {silence.more} more stretches of the next 400 days" if silence.more else ""
    return _at(
        steps[0].source,
        WARNING,
        "reaches-nobody",
        f"{what} reaches nobody {between(team.first, moment(start), moment(end))}{more}: nobody is on call in {names}",
        "add a step that pages a person or another team's schedule; if such pages can wait, say until when, with "
        "when: mon-fri 09:00-17:30 under severity",
    )


def _at(source: Source, severity: str, code: str, message: str, hint: str) -> Problem:
    return Problem(source.path, source.line, 1, severity, code, message, hint)
