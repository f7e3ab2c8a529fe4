"""From one program to the next: forward by itself, and the program of before still runs."""

from __future__ import annotations

import pytest
from store_places import SECOND, Place, SqlitePlace, incident, note, signal

from oncall_rota.paging.ports.row import Committed, Outcome, Unit
from oncall_rota.paging.ports.store import LEASE, StoreFailed, StoreTooOld
from oncall_rota.store import migrate, migration
from oncall_rota.store.migration import Migration

DATABASES = {"sqlite", "postgresql"}
LAST = migration.migrations("sqlite")[-1].number
NEXT = Migration(
    LAST + 1,
    f"{LAST + 1:04}_next",
    (
        "ALTER TABLE incidents ADD COLUMN mood text NOT NULL DEFAULT 'calm'",
        "ALTER TABLE pages ADD COLUMN mood text",
        "ALTER TABLE audit ADD COLUMN mood text",
        "CREATE TABLE moods (name text PRIMARY KEY)",
    ),
)
BROKEN = Migration(
    LAST + 2, f"{LAST + 2:04}_broken", ("CREATE TABLE half (name text)", "CREATE TABLE incidents (name text)")
)


def known(monkeypatch: pytest.MonkeyPatch, *more: Migration) -> None:
    """This program now knows further migrations."""
    first = {database: migration.migrations(database) for database in DATABASES}
    monkeypatch.setattr(migration, "migrations", lambda database: [*first[database], *more])


def forward(place: Place) -> None:
    """What a person does before the new program starts: nothing for a file."""
    if not isinstance(place, SqlitePlace):
        migrate(place.url)  # type: ignore[attr-defined]


def upgraded(place: Place) -> None:
    """The new program's first start."""
    forward(place)
    place.open()


def reopened(place: Place) -> None:
    """Close everything."""
    place.close()
    place.stores.clear()
    if isinstance(place, SqlitePlace):
        place.owner = None


def test_an_older_store_is_brought_forward_with_all_that_is_in_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By opening a file; by `migrate` on a server, without which the new program refuses it."""
    place.open().commit([signal(1)])
    reopened(place)
    known(monkeypatch, NEXT)
    if not isinstance(place, SqlitePlace):
        with pytest.raises(StoreTooOld, match="tables yet"):
            place.open()
        assert migrate(place.url) == [NEXT.name]  # type: ignore[attr-defined]
        assert migrate(place.url) == []  # type: ignore[attr-defined]
    store = place.open()
    assert store.audit("i1") == (note("i1"),)
    assert place.raw("SELECT mood FROM incidents") == [("calm",)]


def test_the_program_of_before_runs_on_the_new_schema(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade of one server after the other, and back."""
    with monkeypatch.context() as patch:
        known(patch, NEXT)
        forward(place)
        reopened_store = place.open("new")
        reopened_store.commit([signal(1)])
    reopened(place)
    store = place.open("old")
    results = store.commit([signal(2), Unit((incident("i1", version=1, status="acknowledged"),))])
    assert all(isinstance(result, Committed) for result in results)
    place.let_pass(LEASE + SECOND)
    assert {row.id for row in store.claim()} == {"p1", "p2"}
    store.commit([Unit(outcomes=(Outcome("p1", 2, "sent", "SM1"),))])
    found = store.page_by_provider_id("sms", "SM1")
    assert found is not None
    assert (found.id, len(store.incidents()), len(store.audit("i2"))) == ("p1", 2, 1)
    assert store.check() == ()


def test_a_program_that_is_too_old_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a later release has dropped what it needs."""
    with monkeypatch.context() as patch:
        known(patch, NEXT)
        patch.setitem(migration.OLDEST_READER, LAST + 1, LAST + 1)
        forward(place)
        place.open()
    reopened(place)
    with pytest.raises(
        StoreTooOld, match=f"schema {LAST + 1}, which this program, made for schema {LAST}, cannot read"
    ):
        place.open()


def test_a_migration_that_fails_leaves_the_store_as_it_was(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps before it stay, nothing of itself does, and the program of before goes on."""
    place.open().commit([signal(1)])
    reopened(place)
    with monkeypatch.context() as patch:
        known(patch, NEXT, BROKEN)
        with pytest.raises(StoreFailed, match=r"incidents.* already exists"):
            upgraded(place)
    store = place.open()
    assert store.incident("i1") is not None
    with pytest.raises(Exception, match="half"):
        place.raw("SELECT * FROM half")
    assert place.raw("SELECT * FROM moods") == []


def test_migrations_are_numbered_without_a_gap() -> None:
    """And both databases have each."""
    for database in DATABASES:
        assert [step.number for step in migration.migrations(database)] == list(range(1, LAST + 1))
        assert "{" not in "".join(text for step in migration.migrations(database) for text in step.statements)
