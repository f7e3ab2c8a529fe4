"""A schedule as it would be with other overrides."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_rota.schedule.model import Override, Schedule


def revised(schedule: Schedule, overrides: Iterable[Override]) -> Schedule:
    """The same schedule with these overrides in place of its own; whoever follows or borrows it has the old one."""
    return Schedule(
        schedule.team,
        schedule.name,
        schedule.timezone,
        schedule.source,
        schedule.layers,
        schedule.combine,
        tuple(overrides),
        schedule.away,
        schedule.leader,
        schedule.followers,
        schedule.must_cover,
        schedule.must_cover_except,
        schedule.cover_holidays,
        schedule.pages,
    )
