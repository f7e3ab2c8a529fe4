"""What else a store keeps, and for how long: audit, configurations, values; and what it must not have."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from store_places import NIGHT, SECOND, Place, SqlitePlace, incident, note, page, signal

from oncall_rota.paging.ports.row import OpenCount, PagedCount, Revision, Unit
from oncall_rota.paging.ports.store import Store, StoreFailed

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE audit SET cause = 'nothing happened'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE at < 9000000000000000",
    ],
)
def test_nobody_changes_what_was_decided(place: Place, store: Store, text: str) -> None:
    """Not even with a database shell."""
    store.commit([signal(1)])
    with pytest.raises(Exception, match="audit rows are never"):
        place.raw(text)
    assert store.audit("i1") == (note("i1"),)
    assert store.check() == ()


def test_retention_forgets_what_is_old_and_only_that(place: Place, store: Store) -> None:
    """Closed incidents with their pages, and audit rows of before; open ones stay, however old."""
    old, young = NIGHT - 500 * DAY, NIGHT
    store.commit(
        [
            Unit(
                (incident("done", status="resolved", opened_at=old),),
                (page("p1", "done"),),
                audit=(note("done", at=old),),
            ),
            Unit((incident("open", opened_at=old),), (page("p2", "open"),), audit=(note("open", at=old),)),
            Unit((incident("new", status="resolved", opened_at=young),), audit=(note("new", at=young),)),
        ]
    )
    store.commit([Unit(pages=(page("p3", "open", also=("done",)),))])
    assert store.prune(NIGHT - 400 * DAY) == 3
    assert store.incident("done") is None
    assert store.page("p1") is None
    assert {row.id for row in store.pages("open")} == {"p2", "p3"}
    assert store.audit("open") == store.audit("done") == ()
    assert len(store.audit("new")) == 1
    with pytest.raises(Exception, match="audit rows are never"):
        place.raw("DELETE FROM audit")
    assert store.check() == ()


def test_the_last_good_configuration_of_a_team(store: Store) -> None:
    """Its bytes, whatever they are; the newest one published counts."""
    first = Revision("payments", "d1", None, NIGHT, b"team: payments\n")
    second = Revision("payments", "d2", "0123abc", NIGHT + SECOND, bytes(range(256)))
    assert store.revision("payments") is None
    store.publish(first)
    assert store.revision("payments") == first
    store.publish(second)
    store.publish(first._replace(team="search"))
    assert store.revision("payments") == second
    assert store.digests() == {"payments": "d2", "search": "d1"}


def test_values_under_keys(store: Store) -> None:
    """The last one put counts."""
    assert store.get("started") is None
    store.put("started", "1")
    store.put("started", "2")
    assert store.get("started") == "2"


def test_of_two_who_swap_a_value_one_is_told_that_it_was_late(place: Place, store: Store) -> None:
    """Of any number of servers."""
    other = store if isinstance(place, SqlitePlace) else place.open("other")
    assert [store.swap("sending", None, "a"), other.swap("sending", None, "b")] == [True, False]
    assert [other.swap("sending", "a", "b"), store.swap("sending", "a", "c")] == [True, False]
    assert store.get("sending") == "b"


def test_a_closed_store_says_so(store: Store) -> None:
    """Of reading and of writing."""
    store.close()
    with pytest.raises(StoreFailed, match="closed") as told:
        store.incident("i1")
    assert told.value.reason == "closed"
    with pytest.raises(StoreFailed):
        store.commit([signal(1)])
    store.close()


def columns(place: Place) -> dict[str, set[tuple[str, bool]]]:
    """Each table's columns, and whether they may be empty."""
    if isinstance(place, SqlitePlace):
        names = place.raw("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {
            table: {(row[1], not row[3] and not row[5]) for row in place.raw(f"PRAGMA table_info({table})")}
            for (table,) in names
        }
    rows = place.raw(
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'"
    )
    found: dict[str, set[tuple[str, bool]]] = {}
    for table, column, nullable in rows:
        found.setdefault(table, set()).add((column, nullable == "YES"))
    return found


def test_both_databases_have_the_same_columns_and_none_for_numbers_or_secrets(place: Place, store: Store) -> None:
    """Addresses are names (`bob/phone`); a token is kept as its digest; only link keys, made here, are secret."""
    found = columns(place)
    names = {table: " ".join(sorted(column + "?" * nullable for column, nullable in found[table])) for table in found}
    assert names == {
        "audit": "actor at cause data id incident_id? kind revision",
        "budgets": "channel person spent_until",
        "incidents": "data id key next_action_at? opened_at service? severity source status team version",
        "instances": "ended_at? id name started_at",
        "link_keys": "created_at id retired_at? signing_key",
        "live_overrides": "created_at created_by ended_at? ended_by? ended_why? entry id team",
        "meta": "key value",
        "page_incidents": "incident_id page_id",
        "pages": "address_ref attempts channel code created_at data fence id incident_id lease_until? owner person?"
        " provider_id? settled_at? state",
        "revisions": "at commit_id? content digest team",
        "tokens": "created_at digest expires_at? id label person? revoked_at? scope team? used_at?",
    }
    every = {column for table in found.values() for column, _ in table}
    assert [column for column in every if re.search("phone|number|mail|secret|password", column)] == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE pages SET lease_until = NULL", "in nobody's hands"),
        ("UPDATE pages SET state = 'sent'", "yet in somebody's hands"),
    ],
)
def test_a_check_says_what_is_wrong(place: Place, store: Store, damage: str, words: str) -> None:
    """One sentence for each thing that must not be."""
    store.commit([signal(1)])
    place.raw(damage)
    assert [line for line in store.check() if words in line]


def test_a_check_misses_the_guard_of_the_audit(place: Place, store: Store) -> None:
    """A copy without its triggers is no good copy."""
    name: Any = "audit_no_update" if isinstance(place, SqlitePlace) else "audit_no_change ON audit"
    place.raw(f"DROP TRIGGER {name}")
    assert len(store.check()) == 1


def test_open_incidents_are_counted_by_team_and_status(store: Store) -> None:
    """What is closed is not counted; the oldest of each is known."""
    rows = [
        incident("a", opened_at=NIGHT),
        incident("b", opened_at=NIGHT - DAY),
        incident("c", status="acknowledged"),
        incident("d", status="resolved"),
        incident("e", team="search", status="held"),
    ]
    store.commit([Unit((row._replace(key=row.id),)) for row in rows])
    assert store.open_counts() == (
        OpenCount("payments", "acknowledged", 1, rows[2].opened_at),
        OpenCount("payments", "triggered", 2, NIGHT - DAY),
        OpenCount("search", "held", 1, rows[4].opened_at),
    )


def test_how_often_people_were_paged_is_counted_by_quarters_of_an_hour(place: Place, store: Store) -> None:
    """An incident once, by however many channels; not what nobody got, nor what wakes nobody, nor at other times."""
    store.commit([Unit((incident("a"),)), Unit((incident("b", key="b", team="search"),))])
    given = [
        page("p1", "a", person="alice"),
        page("p2", "a", person="alice", channel="call"),
        page("p3", "b", person="alice"),
        page("p4", "a", person="bob"),
        page("p5", "a", person="carol", state="missed"),
        page("p6", "a", person="dave", data='{"what":"notice","text":"over"}'),
        page("p7", "a", person="dave", data='{"what":"synthetic"}'),
        page("p8", "a", person=None),
        page("p9", "b", person="erin", data='{"what":"bundle","why":"\\"what\\":\\"notice\\""}'),
    ]
    store.commit([Unit(pages=(each,)) for each in given])
    made_at = store.page("p1").created_at  # type: ignore[union-attr]
    quarter_at = made_at.replace(minute=made_at.minute // 15 * 15, second=0, microsecond=0)
    assert store.paged(quarter_at, made_at + SECOND) == (
        PagedCount("payments", "alice", quarter_at, 1),
        PagedCount("payments", "bob", quarter_at, 1),
        PagedCount("search", "alice", quarter_at, 1),
        PagedCount("search", "erin", quarter_at, 1),
    )
    assert store.paged(made_at + SECOND, made_at + DAY) == store.paged(made_at - DAY, made_at) == ()
