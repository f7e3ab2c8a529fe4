"""Values go over the wire and come back as they were; nothing else gets in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from reception import AT, AUDIT, INCIDENT, PAGE, ROW

from oncall_rota.control.codec import decoded, encoded
from oncall_rota.control.wire import Asked
from oncall_rota.paging.incident import (
    Acknowledged,
    Declined,
    Due,
    Failed,
    Incident,
    Opened,
    Reassigned,
    Resolved,
    Sent,
    Snoozed,
)
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.request import Acted
from oncall_rota.paging.signal import Accepted, Signal

SIGNAL = Signal("cli", "k", "disk", service="api", person="bob", lines=("a", "b"), hold=timedelta(minutes=5), via="sms")
BUSY = INCIDENT._replace(
    due=(Due(AT, None, "email", "all@example.com", True),), sent=(Sent("1-1", "bob", "sms", AT, failed=True),)
)
VALUES: list[tuple[Any, Any]] = [
    (Signal, SIGNAL),
    (Signal, Signal("cli", "k", "no \ud800 text \0 at all")),
    (Accepted, Accepted("merged", "1")),
    (Acted, Acted(None, "refused", held=True)),
    (Acted, Acted(BUSY)),
    (IncidentRow, ROW),
    (tuple[IncidentRow, ...], (ROW, ROW)),
    (Story | None, Story(ROW, BUSY, (PAGE,), (AUDIT, AUDIT))),
    (Story | None, None),
    (None, None),
]
EVENTS = [Acknowledged("bob", "sms"), Resolved("bob"), Snoozed("bob", AT), Declined("bob"), Reassigned("bob", "carol")]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda each: type(each).__name__)
def test_a_value_comes_back_as_it_was(kind: Any, value: Any) -> None:
    """With its types, to the microsecond."""
    found = decoded(kind, encoded(value))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("event", EVENTS, ids=lambda each: type(each).__name__)
def test_an_event_comes_back_as_the_same_kind(event: Asked) -> None:
    """Resolved and declined have the same fields; they are told apart by name."""
    found = decoded(Asked, encoded(event, tagged=True))
    assert found == event
    assert type(found) is type(event)


@pytest.mark.parametrize("event", [Opened(), Failed("1-1", "busy")])
def test_what_only_the_pager_says_is_no_event_of_people(event: Any) -> None:
    """A page is not made to fail from outside."""
    with pytest.raises(ValueError, match="one of Acknowledged"):
        decoded(Asked, encoded(event, tagged=True))


def test_what_a_newer_version_adds_is_passed_over() -> None:
    """Unknown keys mean nothing here."""
    assert decoded(Signal, {**encoded(SIGNAL), "colour": "red"}) == SIGNAL


def test_what_an_older_version_does_not_say_is_the_default() -> None:
    """But what has no default must be there."""
    assert decoded(Signal, {"source": "cli", "key": "k", "summary": "disk"}) == Signal("cli", "k", "disk")
    with pytest.raises(ValueError, match="Signal without summary"):
        decoded(Signal, {"source": "cli", "key": "k"})


def test_an_instant_is_utc_whatever_its_offset() -> None:
    """The same moment."""
    there = AT.astimezone(timezone(timedelta(hours=5)))
    assert decoded(Snoozed, {"by": "bob", "until_at": there.isoformat()}).until_at.tzinfo is UTC
    assert decoded(Snoozed, {"by": "bob", "until_at": there.isoformat()}).until_at == AT


WRONG: dict[str, tuple[Any, Any]] = {
    "a number for a text": (Accepted, {"what": "opened", "incident_id": 7}),
    "null for a text": (Accepted, {"what": "opened", "incident_id": None}),
    "an unknown word": (Accepted, {"what": "lost"}),
    "a list for a word": (Accepted, {"what": ["opened"]}),
    "a number for true": (Acted, {"incident": None, "held": 1}),
    "true for a number": (IncidentRow, {**encoded(ROW), "version": True}),
    "a fraction for a number": (IncidentRow, {**encoded(ROW), "version": 1.5}),
    "a number of a hundred digits": (IncidentRow, {**encoded(ROW), "version": 10**100}),
    "a text for a list": (Signal, {**encoded(SIGNAL), "lines": "abc"}),
    "a number in a list": (Signal, {**encoded(SIGNAL), "lines": ["abc", 7]}),
    "a text for a span": (Signal, {**encoded(SIGNAL), "hold": "5m"}),
    "true for a span": (Signal, {**encoded(SIGNAL), "hold": True}),
    "an endless span": (Signal, {**encoded(SIGNAL), "hold": float("inf")}),
    "a span of no length": (Signal, {**encoded(SIGNAL), "hold": float("nan")}),
    "a day for an instant": (Snoozed, {"by": "bob", "until_at": "tomorrow"}),
    "an instant without an offset": (Snoozed, {"by": "bob", "until_at": "2026-06-17T12:00:00"}),
    "an instant before the first one": (Snoozed, {"by": "bob", "until_at": "0001-01-01T00:00:00+05:00"}),
    "a number for an instant": (Snoozed, {"by": "bob", "until_at": 1781697600}),
    "a list for an object": (Signal, ["cli", "k", "disk"]),
    "an object for a list": (tuple[IncidentRow, ...], encoded(ROW)),
    "an event without a name": (Asked, {"by": "bob"}),
    "an event of another name": (Asked, {"is": "acknowledged", "by": "bob"}),
    "an event whose name is a list": (Asked, {"is": ["Resolved"], "by": "bob"}),
    "a name of Python's": (Asked, {"is": "__class__", "by": "bob"}),
}


@pytest.mark.parametrize(("kind", "value"), WRONG.values(), ids=WRONG.keys())
def test_what_the_types_do_not_allow_is_refused(kind: Any, value: Any) -> None:
    """As a `ValueError`, and nothing else."""
    with pytest.raises(ValueError, match=r"^(\w+: )*(it is|[A-Z]\w+ (is|without)|cannot|Invalid)"):
        decoded(kind, value)


def test_a_mistake_is_told_with_its_place() -> None:
    """Down to the field."""
    with pytest.raises(ValueError, match=r"^lines: it is a text$"):
        decoded(Signal, {**encoded(SIGNAL), "lines": [7]})


def test_what_has_no_form_on_the_wire_is_our_mistake() -> None:
    """A new type in an office's answers is noticed by the first test that uses it."""
    with pytest.raises(TypeError, match="does not go over the wire"):
        decoded(dict[str, str], {})


def test_no_field_of_an_incident_is_lost() -> None:
    """One that is forgotten would be as in a new one."""
    busy = Incident(
        id="1", team="t", severity="s", summary="x", opened_at=AT, service="api", person="bob", status="held", turn=1,
        round=2, step=3, ended=True, began_at=AT, ends_at=datetime(2027, 1, 1, tzinfo=UTC), due=BUSY.due,
        sent=BUSY.sent, pages=4, heard=5, paged=("bob",), acknowledged_by="carol", acknowledged_at=AT, lines=("more",),
        signals=6, via="sms", flaps=7, calm_at=AT,
    )  # fmt: skip
    assert encoded(busy).keys() == set(Incident._fields)
    assert decoded(Incident, encoded(busy)) == busy
