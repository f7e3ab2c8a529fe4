"""Who answers for a service, before and after it is handed over."""

from __future__ import annotations

from datetime import UTC, datetime

from oncall_rota.schedule.model import (
    Block,
    Entry,
    Every,
    Handover,
    Layer,
    Rotation,
    Schedule,
    Service,
    Source,
    Team,
)
from oncall_rota.schedule.service import first_line, service_answer

HERE = Source("payments.yaml", 1)
DAY = datetime(2026, 9, 1, tzinfo=UTC)


def weekly(team: str, *people: str) -> Schedule:
    """Turns of a week from Monday 5 January 2026, 09:00 UTC."""
    order = tuple([Entry((person,), HERE) for person in people])
    rotation = Rotation((Block(datetime(2026, 1, 5, 9), order, HERE),), HERE, Every("week", 1))
    return Schedule(team, "primary", "UTC", HERE, (Layer("primary", "UTC", HERE, rotation=rotation),))


def handed_over(ours: Schedule, theirs: Schedule) -> tuple[Team, Service]:
    """A service of ours that is theirs from 1 September 2026."""
    service = Service("checkout", HERE, handover=Handover(theirs, DAY, HERE, "https://m", "https://d"))
    return Team("payments", "UTC", HERE, {"primary": ours}), service


def people(told: tuple[object, ...]) -> list[str]:
    """The ids of those on call."""
    return [each.person for each in told]  # type: ignore[attr-defined]


def test_the_first_line_changes_on_the_day_of_the_handover() -> None:
    """At 00:00, not a second before."""
    ours, theirs = weekly("payments", "alice"), weekly("operations", "olga")
    team, service = handed_over(ours, theirs)
    assert first_line(team, service, datetime(2026, 8, 31, 23, 59, 59, tzinfo=UTC)) is ours
    assert first_line(team, service, DAY) is theirs


def test_the_handover_ends_the_shift_and_names_who_is_next() -> None:
    """Tuesday 00:00, in the middle of alice's week."""
    team, service = handed_over(weekly("payments", "alice", "bob"), weekly("operations", "olga", "oscar"))
    told = service_answer(team, service, datetime(2026, 8, 31, 12, tzinfo=UTC))
    assert told.until_at == told.next_from_at == DAY
    assert people(told.next) == ["olga"] or people(told.next) == ["oscar"]
    after = service_answer(team, service, datetime(2026, 9, 1, 12, tzinfo=UTC))
    assert people(after.on_call) == people(told.next)
    assert after.since_at == DAY


def test_a_person_who_goes_on_after_the_handover_has_one_stretch() -> None:
    """The same people on both sides: nothing ends."""
    team, service = handed_over(weekly("payments", "alice"), weekly("operations", "alice", "alice"))
    told = service_answer(team, service, datetime(2026, 8, 31, 12, tzinfo=UTC))
    assert (told.until_at, people(told.next)) == (None, [])
    after = service_answer(team, service, datetime(2026, 9, 1, 12, tzinfo=UTC))
    assert after.since_at == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_shift_long_before_and_long_after_the_handover_is_as_it_was() -> None:
    """Its own handoffs bound it."""
    team, service = handed_over(weekly("payments", "alice", "bob"), weekly("operations", "olga", "oscar"))
    for at in (datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)):
        told = service_answer(team, service, at)
        assert told.since_at is not None
        assert told.until_at is not None
        assert (told.until_at - told.since_at).days == 7
