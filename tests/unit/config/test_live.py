"""Overrides that stand in no file: they hold after the files' own, and a file that has one decides alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_kept import BROKEN, NIGHT, ONCALL, PAYMENTS, PEOPLE, SEARCH, Clock, Failing, Rota, Server

from oncall_rota.config import keeper as keepers
from oncall_rota.config import load
from oncall_rota.paging.live import OverrideAsked, added, cancelled
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.schedule import on_call_at
from oncall_rota.schedule.cause import mapping
from oncall_rota.store.sqlite import SqliteStore

HOURS = {"from": "2026-11-21 02:00", "until": "2026-11-21 08:00"}
BORROWS = "team: borrows\ntimezone: UTC\nrotation: {schedule: payments/primary}\n"


class Covered(Server):
    """A server whose store has live overrides."""

    def __init__(self, rota: Rota, store: object, clock: Clock) -> None:
        super().__init__(rota, store, clock, overrides=store)
        self.store = store

    def takes(self, person: str, team: str = "payments", **more: str) -> LiveOverride:
        """Somebody takes a team's night."""
        asked = OverrideAsked(team, json.dumps({"who": person, **HOURS, **more}), person)
        return added(self.store, asked)  # type: ignore[arg-type]

    def on(self, team: str = "payments") -> tuple[str, ...]:
        """Who is on call, as the schedules of the configuration say."""
        schedule = self.now.teams[team].first
        return tuple(each.person for each in on_call_at(schedule, self.clock.at))


@pytest.fixture
def clock() -> Clock:
    """A night in November."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqliteStore]:
    """A store in a file."""
    with SqliteStore(tmp_path / "oncall.db", clock) as opened:
        yield opened


@pytest.fixture
def rota(tmp_path: Path) -> Rota:
    """Alice is on for payments, Erin for search; borrows is whoever payments has."""
    made = Rota(tmp_path / "rotations")
    made.write(oncall=ONCALL, people=PEOPLE, payments=PAYMENTS, search=SEARCH, borrows=BORROWS)
    return made


@pytest.fixture
def server(rota: Rota, store: SqliteStore, clock: Clock) -> Covered:
    """It has read the folder."""
    made = Covered(rota, store, clock)
    assert made.keeper.refresh() == ()
    return made


def filed(made: LiveOverride, **more: str) -> str:
    """The line of a team's overrides file that says the same."""
    return f"- {json.dumps({**json.loads(made.entry), 'id': made.id, **more})}\n"


def test_one_look_and_it_holds(server: Covered) -> None:
    """For whom a page would reach, for schedules, and for who borrows them."""
    server.takes("carol")
    assert server.looks(1) == ()
    assert (server.on(), server.on_call("payments"), server.on("borrows")) == (("carol",), ("carol",), ("carol",))
    assert server.on("search") == ("erin",)


def test_why_somebody_is_on_call(server: Covered) -> None:
    """A cause without a place in any file."""
    made = server.takes("carol", instead_of="alice")
    server.looks(1)
    (on,) = on_call_at(server.now.teams["payments"].first, server.clock.at)
    assert mapping(on.cause) == {
        "kind": "live", "verb": "instead_of", "id": made.id, "instead_of": "alice", "by": "carol",
    }  # fmt: skip


def test_live_ones_hold_after_the_files_and_by_creation(server: Covered, rota: Rota) -> None:
    """So the last one of those that overlap decides."""
    rota.write(payments_overrides=f"- {json.dumps({'who': 'erin', **HOURS})}\n")
    server.looks()
    assert server.on() == ("erin",)
    server.takes("carol")
    server.clock.at += timedelta(seconds=1)
    second = server.takes("bob")
    server.looks(1)
    assert server.on() == ("bob",)
    cancelled(server.store, second.id, "bob")  # type: ignore[arg-type]
    server.looks(1)
    assert server.on() == ("carol",)


def test_a_file_that_has_its_id_decides_alone(server: Covered, rota: Rota, store: SqliteStore) -> None:
    """Also when the line is edited; and when it is deleted, it does not come back."""
    made = server.takes("carol")
    server.looks(1)
    rota.write(payments_overrides=filed(made, who="bob"))
    assert server.looks() == ()
    assert server.on() == ("bob",)
    ended = store.override(made.id)
    assert ended is not None
    assert (ended.ended_why, store.overrides()) == ("folded", ())
    rota.write(payments_overrides="[]\n")
    server.looks()
    assert server.on() == ("alice",)
    assert Covered(rota, store, server.clock).looks(1) == ()


def test_a_line_that_was_deleted_stays_deleted_after_a_restart(server: Covered, rota: Rota, store: SqliteStore) -> None:
    """The store knows that a file once had it."""
    made = server.takes("carol")
    rota.write(payments_overrides=filed(made))
    server.looks()
    rota.write(payments_overrides="[]\n")
    other = Covered(rota, store, server.clock)
    other.looks(1)
    assert other.on() == ("alice",)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"who": "zoe"}, "nobody is called 'zoe' in people.yaml"),
        ({"who": "bob", "layer": "nights"}, "primary has no layer 'nights'"),
        ({"who": "bob", "until": "2026-11-21 01:00"}, "ends"),
        ({"wo": "bob"}, "no key 'wo'"),
    ],
    ids=["person", "layer", "end", "verb"],
)
def test_a_mistake_in_one_is_told_once_and_harms_nothing_else(
    server: Covered, rota: Rota, store: SqliteStore, entry: dict[str, str], why: str
) -> None:
    """The team, and the others of its live overrides, hold."""
    good = server.takes("carol")
    wrong = OverrideAsked("payments", json.dumps({**HOURS, **entry}), "dave")
    server.clock.at += timedelta(seconds=1)
    bad = added(store, wrong)
    (told,) = server.looks(1)
    assert told.startswith(f"live override {bad.id} of payments has no effect: ")
    assert why in told
    assert server.looks(5) == ()
    assert (server.on(), server.now.stale) == (("carol",), {})
    rota.write(payments=PAYMENTS + "# edited\n")
    assert server.looks() == ()
    cancelled(store, good.id, "carol")
    assert server.looks() == ()
    assert server.on() == ("alice",)


def test_a_team_whose_file_is_broken_can_be_covered(server: Covered, rota: Rota) -> None:
    """The last good one of it, and what it had before breaking holds as well."""
    server.takes("carol")
    server.looks(1)
    rota.write(payments=BROKEN)
    server.looks()
    assert server.on() == ("carol",)
    server.clock.at += timedelta(seconds=1)
    server.takes("bob")
    server.looks(1)
    assert (server.on(), server.on("borrows"), server.on_call("payments")) == (("bob",), ("bob",), ("bob",))
    rota.write(payments=PAYMENTS)
    server.looks()
    assert server.on() == ("bob",)


def test_a_store_that_fails_leaves_what_was_known(rota: Rota, store: SqliteStore, clock: Clock) -> None:
    """And it is asked again."""
    failing = Failing(store)
    server = Covered(rota, failing, clock)
    server.keeper.refresh()
    made = server.takes("carol")
    server.looks(1)
    failing.away = True
    server.looks(3)
    rota.write(search=SEARCH + "# edited\n")
    server.looks()
    assert server.on() == ("carol",)
    failing.away = False
    cancelled(store, made.id, "carol")
    server.looks(1)
    assert server.on() == ("alice",)


def test_of_the_other_teams_nothing_is_read_again(server: Covered, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are."""

    def whole(*_: object) -> None:
        raise AssertionError("the whole folder was read again")

    monkeypatch.setattr(keepers, "view", whole)
    before = server.now.teams["search"]
    server.takes("carol")
    assert server.looks(1) == ()
    assert server.on() == ("carol",)
    assert server.now.teams["search"] is before


def test_a_team_that_all_others_page(
    rota: Rota, store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as operations: they have its new schedule, and the folder is not read whole for it."""
    pages = "escalation: [{notify: search/primary, wait: 5m}]\n"
    for number in range(60):
        name = f"team-{number}"
        rota.put(f"{name}.yaml", SEARCH.replace("search", name) + pages)
    server = Covered(rota, store, clock)
    server.keeper.refresh()
    monkeypatch.setattr(keepers, "view", lambda *_: pytest.fail("the whole folder was read again"))
    server.takes("carol", "search")
    assert server.looks(1) == ()
    assert {server.on_call(f"team-{number}") for number in range(60)} == {("carol",)}


def test_two_servers_agree_all_through_a_fold(rota: Rota, store: SqliteStore, clock: Clock, tmp_path: Path) -> None:
    """The one whose checkout is behind follows the other's, and drops nothing in between."""
    behind = Rota(tmp_path / "behind")
    behind.write(oncall=ONCALL, people=PEOPLE, payments=PAYMENTS, search=SEARCH, borrows=BORROWS)
    first, second = Covered(rota, store, clock), Covered(behind, store, clock)
    first.keeper.refresh()
    second.keeper.refresh()
    made = first.takes("carol")
    assert (first.looks(1), second.looks(1)) == ((), ())
    rota.write(payments_overrides=filed(made))
    for _ in range(4):
        first.looks(1)
        assert (first.on(), second.on()) == (("carol",), ("carol",))
        second.looks(1)
        assert (first.on(), second.on()) == (("carol",), ("carol",))
    assert store.overrides() == ()


def test_a_digest_tells_of_live_overrides(server: Covered) -> None:
    """Of the team and of whoever follows from it: what was decided by it is another thing than before."""
    before = dict(server.now.revisions)
    server.takes("carol")
    server.looks(1)
    assert {team for team, digest in server.now.revisions.items() if digest != before[team]} == {"payments", "borrows"}


def test_a_reading_of_a_folder_takes_them(rota: Rota) -> None:
    """As a command does that knows them from a server."""
    made = LiveOverride("o1", "payments", json.dumps({"who": "carol", **HOURS}), "carol", NIGHT)
    catalog, problems = load(rota.root, ["payments"], live={"payments": [made]})
    assert [each.person for each in on_call_at(catalog.teams["payments"].first, NIGHT)] == ["carol"]
    assert problems == ()


def test_an_edit_of_another_team_drops_none(server: Covered, rota: Rota) -> None:
    """Of what is not read again for it."""
    rota.write(alone=SEARCH.replace("search", "alone"), other=SEARCH.replace("search", "other"))
    server.looks()
    server.takes("carol", "alone")
    server.looks(1)
    assert server.on("alone") == ("carol",)
    rota.write(other=SEARCH.replace("search", "other") + "# edited\n")
    server.looks()
    assert server.on("alone") == ("carol",)
