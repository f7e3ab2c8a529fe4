"""What is committed: incidents, their pages and audit, each unit whole or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_places import NIGHT, SECOND, Place, incident, note, page, signal

from oncall_rota.paging.ports.row import AuditRow, Committed, Conflict, IncidentRow, Take, Unit
from oncall_rota.paging.ports.store import LEASE, Result, Store, Unstorable


def committed(result: Result) -> Committed:
    """The result, which must be one of a unit that is on disk."""
    assert isinstance(result, Committed), result
    return result


def one(store: Store, **unit: tuple[object, ...]) -> Result:
    """Commit one unit."""
    return store.commit([Unit(**unit)])[0]  # type: ignore[arg-type]


def test_an_accepted_signal_is_an_incident_a_claimed_page_and_a_decision(store: Store) -> None:
    """All three are there after one commit, and the page is ours for 15 seconds, before anything is sent."""
    done = committed(store.commit([signal(1)])[0])
    assert store.incident("i1") == incident("i1", version=1)
    kept = store.page("p1")
    assert kept is not None
    assert (kept.state, kept.owner, kept.fence, kept.attempts) == ("claimed", store.instance, 1, 1)
    assert kept.lease_until == kept.created_at + LEASE == done.claims[0].lease_until
    assert done.claims[0][:2] == ("p1", 1)
    assert store.pages("i1") == (kept,)
    assert store.audit("i1") == (note("i1"),)


def test_an_incident_keeps_every_word_and_every_microsecond(store: Store) -> None:
    """Text of any script, JSON, and instants come back as they went in."""
    at = NIGHT + timedelta(microseconds=123457)
    odd = incident(
        "i1", service="über/💥", key="a'b\"c;--\n", data='{"é": [1]}', opened_at=at, next_action_at=at + SECOND
    )
    committed(one(store, incidents=(odd,)))
    assert store.incident("i1") == odd._replace(version=1)


@pytest.mark.parametrize("status", ["held", "triggered", "acknowledged"])
def test_a_second_signal_of_an_open_incident_finds_it(store: Store, status: str) -> None:
    """The same source and key make no second incident while one is open; the answer names the open one."""
    committed(one(store, incidents=(incident("i1", key="disk", status=status),)))
    again = one(store, incidents=(incident("i2", key="disk"),), pages=(page("p2", "i2"),), audit=(note("i2"),))
    assert again == Conflict("i2", open_id="i1")
    assert store.incident("i2") is None
    assert store.page("p2") is None
    assert store.audit("i2") == ()
    assert [row.id for row in store.open_by_keys([("prod-am", "disk")])] == ["i1"]
    committed(one(store, incidents=(incident("i3", key="disk", source="other"),)))
    origins = [("other", "disk"), ("other", "nothing"), ("prod-am", "disk"), ("no text", "\ud800"), ("no\0", "")]
    assert {row.id for row in store.open_by_keys(origins)} == {"i1", "i3"}
    assert store.open_by_keys([]) == ()


@pytest.mark.parametrize("status", ["resolved", "recorded"])
def test_a_closed_incident_does_not_take_new_signals(store: Store, status: str) -> None:
    """After resolve, the same key opens a new incident."""
    committed(one(store, incidents=(incident("i1", key="disk", status=status),)))
    assert store.open_by_keys([("prod-am", "disk")]) == ()
    committed(one(store, incidents=(incident("i2", key="disk"),)))


def test_of_two_acknowledgements_at_once_the_first_wins(store: Store) -> None:
    """Who read an older version writes nothing, and is told."""
    committed(one(store, incidents=(incident("i1"),)))
    seen = store.incident("i1")
    assert seen is not None
    ann = Unit((seen._replace(status="acknowledged", data='{"by": "ann"}'),), audit=(note("i1", actor="ann"),))
    bob = Unit((seen._replace(status="acknowledged", data='{"by": "bob"}'),), audit=(note("i1", actor="bob"),))
    first, second = store.commit([ann, bob])
    assert isinstance(first, Committed)
    assert second == Conflict("i1")
    now = store.incident("i1")
    assert now is not None
    assert (now.version, now.data) == (2, '{"by": "ann"}')
    assert [row.actor for row in store.audit("i1")] == ["ann"]


def test_units_of_a_batch_follow_each_other(store: Store) -> None:
    """A unit sees what the one before it wrote: resolved, and opened anew under the same key."""
    committed(one(store, incidents=(incident("i1", key="disk"),)))
    seen = incident("i1", key="disk", version=1)
    results = store.commit(
        [
            Unit((seen._replace(status="resolved"),)),
            Unit((incident("i2", key="disk"),), (page("p2", "i2"),)),
            Unit((incident("i3", key="disk"),)),
            Unit((seen._replace(version=2, status="resolved", data='{"late": 1}'),)),
        ]
    )
    assert [type(result) for result in results] == [Committed, Committed, Conflict, Committed]
    assert results[2] == Conflict("i3", open_id="i2")


def test_a_unit_of_several_incidents_is_written_whole_or_not_at_all(store: Store) -> None:
    """A bundle's acknowledgement that loses on one incident changes none of them; its neighbours stand."""
    store.commit([signal(number) for number in range(4)])
    rows = {number: incident(f"i{number}", version=1, status="acknowledged") for number in range(4)}
    results = store.commit(
        [
            Unit((rows[0],)),
            Unit((rows[1], rows[0], rows[2]), audit=(note("i1", kind="never"),)),
            Unit((rows[2], rows[3]), audit=(note("i2", kind="both"),)),
        ]
    )
    assert [type(result) for result in results] == [Committed, Conflict, Committed]
    assert results[1] == Conflict("i0")
    now = [store.incident(f"i{number}") for number in range(4)]
    assert [row.status for row in now if row] == ["acknowledged", "triggered", "acknowledged", "acknowledged"]
    assert [row.kind for row in store.audit("i1")] == ["paged"]
    assert [row.kind for row in store.audit("i2")] == ["paged", "both"]


def test_a_lost_bundle_disturbs_nothing_after_it(store: Store) -> None:
    """Time and again, before units of every kind, in the same batch and in the next."""
    for number in range(5):
        lost = Unit((incident("a", version=1), incident("b", version=1)))
        budget = Take("bob", "sms", 100, SECOND)
        paged = [
            Unit((incident(f"{number}-{each}"),), (page(f"p{number}-{each}", f"{number}-{each}", take=budget),))
            for each in range(3)
        ]
        results = store.commit([signal(f"s{number}"), lost, *paged])
        assert [type(result) for result in results] == [Committed, Conflict, Committed, Committed, Committed]
    assert len(store.incidents()) == 20


@pytest.mark.parametrize(
    "bad",
    [
        Unit((incident("bad", data="\ud800"),)),
        Unit((incident("bad"),), (page("p1", "bad"),)),  # an id that another page has
        Unit(pages=(page("p9", "nowhere"),)),
        Unit((incident("bad", data=object()),)),
    ],
    ids=["no text", "page id used twice", "no such incident", "no value at all"],
)
def test_a_unit_that_no_store_takes_fails_alone(store: Store, bad: Unit) -> None:
    """The others of the batch are written, and in their order."""
    store.commit([signal(1)])
    results = store.commit([signal(2), signal(3), bad, signal(4), signal(5), signal(6), signal(7)])
    assert [type(result) for result in results] == [Committed] * 2 + [Unstorable] + [Committed] * 4
    assert store.incident("bad") is None
    assert {row.id for row in store.incidents()} == {f"i{number}" for number in range(1, 8)}
    assert store.check() == ()


def test_text_with_a_null_is_kept_or_refused_alone(store: Store) -> None:
    """PostgreSQL has no place for U+0000; neither store may fall over it."""
    results = store.commit([signal(1), Unit((incident("i2", key="a\x00b"),)), signal(3)])
    assert isinstance(results[0], Committed)
    assert isinstance(results[2], Committed)
    assert isinstance(results[1], Committed | Unstorable)
    assert store.incident("a\x00b") is None
    assert store.incident("\ud800") is None


def test_nothing_to_write_is_fine(store: Store) -> None:
    """An empty batch and an empty unit."""
    assert store.commit([]) == ()
    committed(one(store))


def test_due_incidents_are_the_open_ones_whose_time_has_come(place: Place, store: Store) -> None:
    """Longest overdue first; the auditor asks for those that are late by more than half a minute."""
    now = store.now()
    rows = [
        incident("late", next_action_at=now - 60 * SECOND),
        incident("just", next_action_at=now - SECOND),
        incident("soon", next_action_at=now + 60 * SECOND),
        incident("over", next_action_at=now - 90 * SECOND, status="resolved"),
        incident("idle"),
    ]
    store.commit([Unit((row,)) for row in rows])
    assert [row.id for row in store.due()] == ["late", "just"]
    assert [row.id for row in store.due(limit=1)] == ["late"]
    assert [row.id for row in store.due(late_by=30 * SECOND)] == ["late"]
    place.let_pass(61 * SECOND)
    assert [row.id for row in store.due()] == ["late", "just", "soon"]


def test_incidents_are_listed_newest_first(store: Store) -> None:
    """By status, team and time."""
    for number in range(4):
        row: IncidentRow = incident(f"i{number}", opened_at=NIGHT + number * SECOND, team=f"team-{number % 2}")
        committed(one(store, incidents=(row._replace(status="resolved" if number == 3 else "triggered"),)))
    assert [row.id for row in store.incidents()] == ["i2", "i1", "i0"]
    assert [row.id for row in store.incidents(team="team-0")] == ["i2", "i0"]
    assert [row.id for row in store.incidents(["resolved"])] == ["i3"]
    assert [row.id for row in store.incidents(before=NIGHT + 2 * SECOND)] == ["i1", "i0"]
    assert [row.id for row in store.incidents(limit=1)] == ["i2"]


def test_a_decision_about_no_incident_is_kept_too(place: Place, store: Store) -> None:
    """A configuration that was refused, a person forgotten."""
    row: AuditRow = note(None, kind="configuration refused")
    committed(one(store, audit=(row,)))
    assert place.raw("SELECT kind FROM audit") == [("configuration refused",)]
