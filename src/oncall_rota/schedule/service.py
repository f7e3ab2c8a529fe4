"""A service's first line: its team's first schedule, and from a handover on the one it was handed to."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_rota.schedule.answer import Answer, answer
from oncall_rota.schedule.model import Handover, Schedule, Service, Team


def first_line(team: Team, service: Service, at: datetime) -> Schedule:
    """The schedule that answers for a service of `team` at an instant."""
    handover = service.handover
    return team.first if handover is None or at < handover.starting_at else handover.to


def service_answer(team: Team, service: Service, at: datetime) -> Answer:
    """Who is on call for a service; its handover ends a stretch when it changes the people."""
    told = answer(first_line(team, service, at), at)
    if service.handover is None:
        return told
    if at < service.handover.starting_at:
        return _until(told, service.handover)
    return _since(told, service.handover, team.first)


def _until(told: Answer, handover: Handover) -> Answer:
    change_at = handover.starting_at
    if told.until_at is not None and told.until_at < change_at:
        if told.next_from_at is not None and told.next_from_at < change_at:
            return told
        after = answer(handover.to, change_at)
        return told._replace(next=after.on_call or after.next, next_from_at=_first(after, change_at))
    after = answer(handover.to, change_at)
    if _people(after) == _people(told):
        return after._replace(on_call=told.on_call, since_at=told.since_at)
    following = after.on_call or after.next
    return told._replace(until_at=change_at, next=following, next_from_at=_first(after, change_at))


def _since(told: Answer, handover: Handover, before: Schedule) -> Answer:
    change_at = handover.starting_at
    if told.since_at is not None and told.since_at > change_at:
        return told
    earlier = answer(before, change_at - timedelta(seconds=1))
    same = _people(earlier) == _people(told)
    return told._replace(since_at=earlier.since_at if same else change_at)


def _first(after: Answer, change_at: datetime) -> datetime | None:
    return change_at if after.on_call else after.next_from_at


def _people(told: Answer) -> list[str]:
    return [each.person for each in told.on_call]
