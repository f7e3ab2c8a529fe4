"""What is paged by while files change: the last good configuration of each team, of the settings and of the people."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.config import configuration, keeper, load, watch
from oncall_rota.config.archive import MOST_BYTES, SETTINGS_UNIT, archived, packed, unpacked
from oncall_rota.config.footprint import commit_of
from oncall_rota.config.keeper import PATIENCE, Keeper
from oncall_rota.notifiers import registry
from oncall_rota.paging.model import AddressTarget, ScheduleTarget
from oncall_rota.paging.ports.row import Revision
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.store.sqlite import SqliteStore

ROTATIONS = Path(__file__).parents[3] / "rotations"
NOTIFIERS = registry.declared()
NIGHT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAYTIME = timedelta(days=2, hours=8)  # from that night to Monday morning

ONCALL = """\
notifiers:
  email: {type: smtp, host: mx.example.com, from: oncall@example.com}
  sms: {type: twilio-sms, from: "+441632960001", account: {env: SID}, token: {env: TOKEN}}
last_resort: {targets: [search/primary, {via: email, address: all@example.com}]}
notices: {via: [email], resolved: no}
server: {public_url: https://oncall.example.com}
"""
PEOPLE = """\
alice: {name: Alice, email: alice@example.com}
bob: {name: Bob, email: bob@example.com, phone: "+447700900102", notify: [{0m: sms}, {2m: email}]}
carol: {name: Carol, email: carol@example.com}
erin: {name: Erin, email: erin@example.com}
"""
PAYMENTS = """\
team: payments
timezone: UTC
rotation: {people: [alice]}
escalation:
  - {notify: primary, wait: 5m}
  - {notify: search/primary, wait: 5m}
services:
  card-api: {runbook: https://runbooks.example.com/card-api}
"""
SEARCH = "team: search\ntimezone: UTC\nrotation: {people: [erin]}\n"
BROKEN = "team: payments\ntimezone: UTC\nrotation: {people: [bob\n"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.at = NIGHT

    def now(self) -> datetime:
        return self.at


class Failing:
    """A store that is away while `away`."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.away = False

    def __getattr__(self, name: str) -> Any:
        if self.away:
            raise StoreFailed("gone", "the store is away")
        return getattr(self.store, name)


class Rota:
    """A rotations folder that somebody edits. Every write has a time of its own, as on a slow day."""

    _ticks = count(1_700_000_000_000_000_000, 1_000_000_000)

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def write(self, **files: str | bytes) -> None:
        """`write(payments=TEXT, payments_overrides=TEXT)`."""
        for name, text in files.items():
            self.put(f"{name.replace('_overrides', '.overrides')}.yaml", text)

    def put(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        tick = next(self._ticks)
        os.utime(path, ns=(tick, tick))

    def delete(self, *names: str) -> None:
        for name in names:
            (self.root / f"{name}.yaml").unlink()


class Server:
    """A server that pages by a folder, with its clock and its store."""

    def __init__(self, rota: Rota, store: Any, clock: Clock, **options: Any) -> None:
        self.rota = rota
        self.clock = clock
        self.keeper = Keeper(rota.root, NOTIFIERS, store, clock, **options)

    def looks(self, times: int = 2) -> tuple[str, ...]:
        """What it says when it looks so often, a second apart; twice is what it needs to see a change."""
        told: tuple[str, ...] = ()
        for _ in range(times):
            self.clock.at += timedelta(seconds=1)
            told += self.keeper.refresh()
        return told

    @property
    def now(self) -> Any:
        return self.keeper.current

    def on_call(self, team: str, schedule: str = "primary") -> tuple[str, ...]:
        """Whom the first step of the team's critical incidents pages."""
        policy = self.now.world.policy(team, None, "critical", self.clock.at)
        return tuple(
            person
            for target in policy.steps[0].targets
            if isinstance(target, ScheduleTarget)
            for person in self.now.world.on_call(target.schedule, self.clock.at)
        )

    def steps(self, team: str) -> list[list[str]]:
        """Whom each step pages now."""
        policy = self.now.world.policy(team, None, "critical", self.clock.at)
        return [
            [
                person
                for target in step.targets
                for person in (
                    self.now.world.on_call(target.schedule, self.clock.at)
                    if isinstance(target, ScheduleTarget)
                    else (target.person,)
                )
            ]
            for step in policy.steps
        ]

    def address(self, person: str, channel: str = "email") -> str | None:
        """Where a page to somebody goes."""
        reach = self.now.world.reach(person)
        return None if reach is None else reach.addresses.get(channel)

    def knows(self, team: str) -> bool:
        return self.now.world.team(team) is not None


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
    """Two teams, four people, two channels."""
    made = Rota(tmp_path / "rotations")
    made.write(oncall=ONCALL, people=PEOPLE, payments=PAYMENTS, search=SEARCH)
    return made


@pytest.fixture
def server(rota: Rota, store: SqliteStore, clock: Clock) -> Server:
    """A server that has read the folder at 03:00."""
    made = Server(rota, store, clock)
    assert made.keeper.refresh() == ()
    return made


Start = Callable[..., Server]


@pytest.fixture
def restart(rota: Rota, store: SqliteStore, clock: Clock) -> Start:
    """`restart()`: a server that starts on the store as it is."""
    return lambda **options: Server(rota, store, clock, **options)


# -- a folder that was read


def test_a_folder_as_paging_asks_about_it(rota: Rota) -> None:
    """Its world, channels, runbooks, and what it says about notices."""
    found = configuration(load(rota.root, notifiers=NOTIFIERS)[0], NOTIFIERS)
    assert found.world.team("payments") is not None
    assert found.world.team("nothing") is None
    assert set(found.channels) == {"email", "sms"}
    assert found.runbooks == {("payments", "card-api"): "https://runbooks.example.com/card-api"}
    assert (found.quiet, found.resolved, found.public_url) == (("email",), False, "https://oncall.example.com")
    assert found.stale == {}


def test_what_holds_where_nothing_is_said(rota: Rota) -> None:
    """Whoever was paged is told of the end, quietly."""
    rota.write(oncall="notifiers: {console: {type: console}}\n")
    found = configuration(load(rota.root, notifiers=NOTIFIERS)[0], NOTIFIERS)
    assert (found.quiet, found.resolved, found.public_url) == ((), True, None)


@pytest.mark.parametrize(
    ("file", "text", "changed"),
    [
        ("payments", PAYMENTS + "# a word\n", {"payments"}),
        ("payments_overrides", "- {add: bob, from: 2027-01-01, until: 2027-01-02}\n", {"payments"}),
        ("search", SEARCH + "# a word\n", {"payments", "search"}),  # payments pages it
        ("people", PEOPLE + "# a word\n", {"payments", "search"}),
        ("oncall", ONCALL + "# a word\n", {"payments", "search"}),
        ("other", SEARCH.replace("search", "other"), {"other"}),
    ],
)
def test_a_digest_changes_with_the_files_that_a_team_pages_by(
    rota: Rota, file: str, text: str, changed: set[str]
) -> None:
    """And with no other."""
    before = configuration(load(rota.root, notifiers=NOTIFIERS)[0], NOTIFIERS).revisions
    rota.write(**{file: text})
    after = configuration(load(rota.root, notifiers=NOTIFIERS)[0], NOTIFIERS).revisions
    assert {team for team in after if after[team] != before.get(team)} == changed


def test_a_server_has_the_same_digests_and_they_are_recorded(server: Server, store: SqliteStore) -> None:
    """What a decision names can be found in the store."""
    found = configuration(load(server.rota.root, notifiers=NOTIFIERS)[0], NOTIFIERS)
    assert server.now.revisions == found.revisions
    assert {team: store.digests()[team] for team in found.revisions} == found.revisions
    kept = store.revision("payments")
    assert kept is not None
    assert unpacked(kept.content, kept.digest).files == {
        name: (server.rota.root / name).read_bytes()
        for name in ("oncall.yaml", "people.yaml", "payments.yaml", "search.yaml")
    }


def test_the_last_resort_whole(server: Server) -> None:
    """A schedule and an address."""
    schedule, address = server.now.world.last_resort().targets
    assert server.now.world.on_call(schedule.schedule, NIGHT) == ("erin",)
    assert address == AddressTarget("email", "all@example.com")


# -- a team's file


def test_broken_in_the_middle_of_an_incident(server: Server, rota: Rota) -> None:
    """The last good version stays, somebody is told once, and it is known since when."""
    rota.write(payments=BROKEN, search=SEARCH.replace("erin", "carol"))
    before = server.now.revision("payments")
    assert server.looks() == (
        "payments.yaml:3 has no meaning (the '[' that begins here is not closed): "
        "its last good configuration of 03:00 UTC stays",
    )
    assert server.on_call("payments") == ("alice",)
    assert server.now.revision("payments") == before
    assert server.now.stale == {"payments": NIGHT + timedelta(seconds=2)}
    assert server.on_call("search") == ("carol",)  # what is good in the same change holds at once
    assert server.steps("payments") == [["alice"], ["carol"]]  # and for those who page it
    assert server.looks(10) == ()
    rota.write(search=SEARCH)
    assert server.looks() == ()
    assert server.now.stale == {"payments": NIGHT + timedelta(seconds=2)}


def test_each_change_that_is_broken_is_told(server: Server, rota: Rota) -> None:
    """Another mistake is another sentence; the last good one is named with its day when that is not today."""
    rota.write(payments=BROKEN)
    assert len(server.looks()) == 1
    server.clock.at += timedelta(days=1)
    rota.write(payments=PAYMENTS.replace("alice", "alcie"))
    (told,) = server.looks()
    assert told.startswith("payments.yaml:3 has no meaning (nobody is called 'alcie' in people.yaml): ")
    assert told.endswith("its last good configuration of 2026-11-21 03:00 UTC stays")


def test_repaired(server: Server, rota: Rota) -> None:
    """It holds at once, and is the last good one from then on."""
    rota.write(payments=BROKEN)
    server.looks()
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    server.clock.at += 63 * MINUTE
    assert server.looks() == ()
    assert server.on_call("payments") == ("bob",)
    assert server.now.stale == {}
    rota.write(payments=BROKEN)
    (told,) = server.looks()
    assert "good configuration of 04:03 UTC" in told
    assert server.on_call("payments") == ("bob",)


def test_since_when_a_team_is_as_it_is(server: Server, rota: Rota) -> None:
    """Not since the last change of anybody else."""
    server.clock.at += 30 * MINUTE
    rota.write(other=SEARCH.replace("search", "other"))
    assert server.looks() == ()
    rota.write(payments=BROKEN, other=BROKEN)
    other, payments = server.looks()
    assert other.endswith("its last good configuration of 03:30 UTC stays")
    assert payments.endswith("its last good configuration of 03:00 UTC stays")


def test_half_written(server: Server, rota: Rota) -> None:
    """A file that still grows is not read: not even where its half has a meaning."""
    half = PAYMENTS.replace("alice", "bob").partition("escalation")[0]
    rota.write(payments=half)
    assert server.looks(1) == ()
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    assert server.looks(1) == ()
    assert server.on_call("payments") == ("alice",)
    assert server.looks(1) == ()
    assert server.steps("payments") == [["bob"], ["erin"]]


def test_a_file_that_appears_between_two_looks(server: Server, rota: Rota) -> None:
    """A new team is there when the folder rests."""
    rota.write(other=SEARCH.replace("search", "other"))
    server.looks(1)
    assert not server.knows("other")
    rota.write(more=SEARCH.replace("search", "more"))
    server.looks(1)
    assert not server.knows("other")
    server.looks(1)
    assert server.knows("other")
    assert server.knows("more")


def test_a_checkout_in_the_middle_of_reading(server: Server, rota: Rota, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read is half of one commit and half of another, so it is not taken."""
    read = watch.Watch._try

    def checked_out(self: watch.Watch, before: Any) -> Any:
        inner = self._again

        def reading(*given: Any) -> Any:
            found = inner(*given)
            self._again = inner
            rota.write(payments=PAYMENTS.replace("alice", "carol"), search=SEARCH.replace("erin", "alice"))
            return found

        self._again = reading
        monkeypatch.setattr(watch.Watch, "_try", read)
        return read(self, before)

    monkeypatch.setattr(watch.Watch, "_try", checked_out)
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    assert server.looks(2) == ()
    assert server.steps("payments") == [["alice"], ["erin"]]  # as it was
    assert server.looks(1) == ()
    assert server.steps("payments") == [["carol"], ["alice"]]


def test_a_checkout_while_the_server_starts(rota: Rota, restart: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with what the store keeps, and reads the folder when it rests."""
    restart().looks()
    ticks = count()
    monkeypatch.setattr(watch, "footprint", lambda _: ((next(ticks),),))
    server = restart()
    (told,) = server.looks()
    assert told.startswith("the rotations folder keeps changing: its last good configuration of 03:00")
    assert server.steps("payments") == [["alice"], ["erin"]]
    assert server.now.world.last_resort() is not None
    monkeypatch.undo()
    assert server.looks(3) == ()
    assert server.now.stale == {}
    assert server.steps("payments") == [["alice"], ["erin"]]


def test_a_folder_that_is_swapped_by_a_link(rota: Rota, tmp_path: Path, store: SqliteStore, clock: Clock) -> None:
    """As deployments do: `rotations` is a link, and is turned to the next release."""
    following = Rota(tmp_path / "next")
    following.write(oncall=ONCALL, people=PEOPLE, payments=PAYMENTS.replace("alice", "bob"), search=SEARCH)
    link = tmp_path / "current"
    link.symlink_to(rota.root)
    server = Server(Rota(link), store, clock)
    server.looks()
    assert server.on_call("payments") == ("alice",)
    (tmp_path / "new").symlink_to(following.root)
    os.replace(tmp_path / "new", link)
    server.looks()
    assert server.on_call("payments") == ("bob",)


def test_a_team_that_was_deleted_or_renamed(server: Server, rota: Rota) -> None:
    """It is unknown, and the new name is known; nothing is broken."""
    rota.delete("payments")
    rota.write(cards=PAYMENTS.replace("payments", "cards"))
    assert server.looks() == ()
    assert not server.knows("payments")
    assert server.now.revision("payments") == ""
    assert server.on_call("cards") == ("alice",)


def test_the_team_of_the_last_resort_is_renamed(server: Server, rota: Rota) -> None:
    """oncall.yaml names what is gone: whoever was the last resort still is."""
    rota.delete("search")
    rota.write(find=SEARCH.replace("search", "find"), payments=PAYMENTS.replace("search/", "find/"))
    (told,) = server.looks()
    assert told.startswith("oncall.yaml:4 has no meaning (")
    schedule, _ = server.now.world.last_resort().targets
    assert server.now.world.on_call(schedule.schedule, NIGHT) == ("erin",)


def test_a_broken_team_keeps_whom_it_pages(server: Server, rota: Rota) -> None:
    """Its own file is broken, and the team that its second step pages is deleted."""
    rota.write(payments=BROKEN)
    rota.delete("search")
    server.looks()
    assert server.steps("payments") == [["alice"], ["erin"]]
    assert server.address("erin") == "erin@example.com"
    assert not server.knows("search")


def test_a_good_team_pages_a_broken_one(server: Server, rota: Rota) -> None:
    """Its step does not lose the people of the other's last good version."""
    rota.write(search="team: search\ntimezone: UTC\nrotation: [", payments=PAYMENTS.replace("alice", "bob"))
    server.looks()
    assert server.steps("payments") == [["bob"], ["erin"]]


def test_a_team_that_borrows_from_a_broken_one(rota: Rota, server: Server) -> None:
    """Its own change holds; what it borrows is as it was."""
    night = "team: night\ntimezone: UTC\nschedules: {primary: {layers: [{schedule: search/primary}]}}\n"
    rota.write(night=night)
    assert server.looks() == ()
    assert server.on_call("night") == ("erin",)
    rota.write(search=SEARCH.replace("erin]", "carol"), night=night + "escalation: [{notify: bob}]\n")
    (told,) = server.looks()
    assert told.startswith("search.yaml:3 has no meaning (")
    assert server.steps("night") == [["bob"]]
    schedule = server.now.world._teams["night"].first
    assert server.now.world.on_call(schedule, NIGHT) == ("erin",)


def test_a_team_that_borrows_from_one_that_was_never_good(rota: Rota, restart: Start) -> None:
    """Both are unknown, and both are told."""
    rota.write(
        search="team: search\ntimezone: UTC\nrotation: [",
        night="team: night\ntimezone: UTC\nschedules: {primary: {layers: [{schedule: search/primary}]}}\n",
    )
    server = restart()
    told = [sentence for sentence in server.looks() if "nobody is paged for" in sentence]
    assert [sentence.split()[0] for sentence in told] == ["night.yaml", "search.yaml:3"]
    assert not server.knows("night")
    rota.write(search=SEARCH)
    assert server.looks() == ()
    assert server.on_call("night") == ("erin",)


def test_a_service_of_a_good_team_is_handed_over_to_a_broken_one(rota: Rota, server: Server, restart: Start) -> None:
    """The developers' change holds; the service stays with its new owner, after a start as well."""
    handover = "{to: search/primary, starting: 2026-01-01, monitoring: https://m.example.com, documentation: https://d}"
    own = PAYMENTS.replace("card-api}", f"card-api, handover: {handover}}}")
    rota.write(payments=own)
    assert server.looks() == ()
    rota.write(search="team: search\ntimezone: UTC\nrotation: [", payments=own.replace("alice", "bob"))
    for each in (server, restart()):
        (told,) = each.looks()
        assert told.startswith("search.yaml:3 has no meaning (")
        policy = each.now.world.policy("payments", "card-api", "critical", NIGHT)
        targets = [target.schedule for step in policy.steps for target in step.targets]
        assert [each.now.world.on_call(schedule, NIGHT) for schedule in targets] == [("erin",), ("bob",)]
        assert each.now.runbooks == {("payments", "card-api"): "https://runbooks.example.com/card-api"}


def test_a_team_that_parses_and_leaves_nobody_on_call(server: Server, rota: Rota, restart: Start) -> None:
    """That was a slip until somebody insists; so too when the server starts with it."""
    rota.write(payments=PAYMENTS.replace("people: [alice]", "people: [nobody]"))
    told = ("payments.yaml leaves nobody on call in the next 400 days: its last good configuration of 03:00 UTC stays",)
    assert server.looks() == told
    assert server.on_call("payments") == ("alice",)
    again = restart()
    assert again.looks() == told
    assert again.on_call("payments") == ("alice",)
    insisting = restart(allow_empty=True)
    assert insisting.looks() == ()
    assert insisting.on_call("payments") == ()


def test_a_new_team_without_anybody(server: Server, rota: Rota) -> None:
    """There is nothing to stay with."""
    rota.write(other="team: other\ntimezone: UTC\nrotation: {people: [nobody]}\n")
    assert server.looks() == ()
    assert server.on_call("other") == ()


def test_a_new_team_that_is_broken(server: Server, rota: Rota) -> None:
    """It was never good: it is unknown, and that is said."""
    rota.write(other="team: other\ntimezone: UTC\nrotation: [")
    (told,) = server.looks()
    assert told.endswith("and no good configuration of it was kept: nobody is paged for other until it is repaired")
    assert not server.knows("other")
    assert server.on_call("payments") == ("alice",)


# -- people.yaml and oncall.yaml


def test_a_person_who_was_removed(server: Server, rota: Rota) -> None:
    """Where no team names them any more, they are nobody; the next step is that of the new files."""
    rota.write(people=PEOPLE.replace("alice: ", "# alice: "), payments=PAYMENTS.replace("alice", "bob"))
    assert server.looks() == ()
    assert server.on_call("payments") == ("bob",)
    assert server.now.world.reach("alice") is None


def test_a_person_who_was_removed_and_is_on_call(server: Server, rota: Rota) -> None:
    """The team's file has no meaning without them: it stays, and they are still reached, by their own rules."""
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    server.looks()
    before = server.now.world.reach("bob")
    rota.write(people=PEOPLE.replace("bob: ", "# bob: "))
    (told,) = server.looks()
    assert told.startswith("payments.yaml:3 has no meaning (nobody is called 'bob' in people.yaml)")
    assert server.on_call("payments") == ("bob",)
    assert server.now.world.reach("bob") == before
    rota.write(oncall=ONCALL.partition("  sms")[0] + "last_resort: {targets: [search/primary]}\n")
    server.looks()
    assert set(server.now.channels) == {"email"}
    assert dict(server.now.world.reach("bob").addresses) == {"email": "bob@example.com"}  # on what is still there
    assert [rule.channels for rule in server.now.world.reach("bob").rules] == [("email",)]


def test_a_contact_that_was_emptied(server: Server, rota: Rota) -> None:
    """That is a mistake which leaves everybody else clear, so the new file holds."""
    changed = PEOPLE.replace(", email: alice@example.com", "").replace("carol@", "carol.chen@")
    rota.write(people=changed)
    assert server.looks() == ()
    assert server.address("alice") is None
    assert server.address("carol") == "carol.chen@example.com"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("alice: {name: Alice", "people.yaml:1 has no meaning ("),
        (PEOPLE.replace("notify: [{0m: sms}", "notify: [{soon: sms}"), "people.yaml:2 has no meaning ("),
        ("", "people.yaml names no person any more"),
        (None, "people.yaml:1 has no meaning (there is no people.yaml"),
    ],
)
def test_people_who_cannot_be_read(server: Server, rota: Rota, text: str | None, why: str) -> None:
    """Everybody is reached as before, and who is away still is; good changes of teams hold."""
    rota.write(
        people=PEOPLE + "dave: {name: Dave, email: dave@example.com, away: [{from: 2026-11-20, until: "
        "2026-12-24, cover: next}]}\n",
        search=SEARCH.replace("erin", "dave, carol").replace("}", ", every: week, starting: 2026-11-16 09:00}"),
    )
    assert server.looks() == ()
    assert server.on_call("search") == ("carol",)
    if text is None:
        rota.delete("people")
    else:
        rota.write(people=text)
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    (told,) = server.looks()
    assert told.startswith(why)
    assert told.endswith("its last good configuration of 03:00 UTC stays")
    assert set(server.now.stale) == {"people.yaml"}
    assert server.on_call("search") == ("carol",)
    assert server.on_call("payments") == ("bob",)
    assert server.address("dave") == "dave@example.com"
    rota.write(people=PEOPLE.replace("alice@", "alice.adams@"), search=SEARCH)
    assert server.looks() == ()
    assert server.address("alice") == "alice.adams@example.com"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("notifiers: {email: {type: smtp", "oncall.yaml:1 has no meaning ("),
        (ONCALL.replace("host: mx.example.com, ", ""), "oncall.yaml:2 has no meaning ("),
        (ONCALL.replace("search/primary", "saerch/primary"), "oncall.yaml:4 has no meaning ("),
        ("", "oncall.yaml names no channel any more"),
        ("server: {public_url: https://new.example.com}\n", "oncall.yaml names no channel any more"),
        (ONCALL.partition("last_resort")[0], "oncall.yaml names no last resort any more"),
        (None, "oncall.yaml names no channel any more"),
    ],
)
def test_settings_that_cannot_be_read(server: Server, rota: Rota, text: str | None, why: str) -> None:
    """Channels, the last resort, notices and the address stay; new people and teams hold."""
    before = server.now
    if text is None:
        rota.delete("oncall")
    else:
        rota.write(oncall=text)
    rota.write(people=PEOPLE.replace("bob@", "bob.brown@"), payments=PAYMENTS.replace("alice", "bob"))
    (told,) = server.looks()
    assert told.startswith(why)
    assert set(server.now.stale) == {"oncall.yaml"}
    assert server.now.channels == before.channels
    assert server.now[4:7] == before[4:7]
    assert len(server.now.world.last_resort().targets) == 2
    assert server.on_call("payments") == ("bob",)
    assert server.address("bob") == "bob.brown@example.com"
    assert server.address("bob", "sms") == "+447700900102"


def test_everything_is_broken_at_once(server: Server, rota: Rota) -> None:
    """Nothing changes but what is said."""
    before, resort = server.now.revisions, server.now.world.last_resort()
    rota.write(oncall="[", people="{", payments="- -", search=b"\xff\xfe", payments_overrides=b"\xff")
    assert len(server.looks()) == 4
    assert server.now.revisions == before
    assert server.steps("payments") == [["alice"], ["erin"]]
    assert server.now.world.last_resort() == resort
    assert server.address("bob", "sms") == "+447700900102"


def test_overrides_that_are_no_text_are_broken_whatever_else_is(server: Server, rota: Rota) -> None:
    """A team does not lose its overrides because people.yaml is broken as well."""
    rota.write(payments_overrides="- {who: bob, from: 2026-11-01, until: 2027-01-01}\n")
    assert server.looks() == ()
    rota.write(people="alice: {", payments_overrides=b"- {who: \xff")
    assert len(server.looks()) == 2
    assert server.on_call("payments") == ("bob",)


# -- a folder


@pytest.mark.parametrize("how", ["gone", "empty", "no team", "a file"])
def test_a_folder_that_is_lost(server: Server, rota: Rota, tmp_path: Path, how: str) -> None:
    """All stays, and is said once; it comes back by itself."""
    before = server.now
    shutil.copytree(rota.root, tmp_path / "copy")
    if how == "no team":
        rota.delete("payments", "search")
    else:
        shutil.rmtree(rota.root)
        if how == "empty":
            rota.root.mkdir()
        elif how == "a file":
            rota.root.write_text("")
    assert server.looks() == ("the rotations folder has no team file: its last good configuration of 03:00 UTC stays",)
    assert server.looks(5) == ()
    assert server.now.revisions == before.revisions
    assert server.now.channels == before.channels
    assert server.now.world.last_resort() == before.world.last_resort()
    assert set(server.now.stale) == {"payments", "search", "people.yaml", "oncall.yaml"}
    assert server.steps("payments") == [["alice"], ["erin"]]
    assert server.address("bob", "sms") == "+447700900102"
    if how == "a file":
        rota.root.unlink()
    shutil.copytree(tmp_path / "copy", rota.root, dirs_exist_ok=True)
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    assert server.looks() == ()
    assert server.on_call("payments") == ("bob",)
    assert server.now.stale == {}


def test_what_nobody_foresaw(server: Server, rota: Rota, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or a mistake of ours: it is told once, all stays, and is tried again after a while."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeper, "overlaid", full)
    rota.write(people="alice: {", payments=PAYMENTS.replace("alice", "bob"))
    (told,) = server.looks()
    assert told == (
        "the configuration could not be looked at (OSError: [Errno 28] No space left on device): it stays as it was"
    )
    assert server.looks(100) == ()
    assert server.on_call("payments") == ("alice",)
    monkeypatch.undo()
    server.clock.at += PATIENCE
    (told,) = server.looks()
    assert told.startswith("people.yaml:1 has no meaning (")
    assert server.on_call("payments") == ("bob",)


# -- a server that starts


def test_starting_with_a_broken_team(server: Server, rota: Rota, restart: Start) -> None:
    """What the store keeps is used, with its people; others are read."""
    rota.write(payments=BROKEN, people=PEOPLE.replace("alice: ", "# alice: "), search=SEARCH.replace("erin", "carol"))
    again = restart()
    assert again.looks() == (
        "payments.yaml:3 has no meaning (the '[' that begins here is not closed): "
        "its last good configuration of 03:00 UTC stays",
    )
    assert again.steps("payments") == [["alice"], ["carol"]]
    assert again.address("alice") == "alice@example.com"
    assert again.now.revision("payments") == server.now.revision("payments")
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    assert again.looks() == ()
    assert again.on_call("payments") == ("bob",)


def test_starting_with_a_broken_team_of_which_nothing_is_kept(rota: Rota, restart: Start) -> None:
    """It is said loudly; the other teams work, and the team too once it is repaired."""
    rota.write(search="team: search\ntimezone: UTC\nrotation: [")
    server = restart()
    (told,) = server.looks()
    assert told == (
        "search.yaml:3 has no meaning (the '[' that begins here is not closed), and no good configuration of it was "
        "kept: nobody is paged for search until it is repaired"
    )
    assert not server.knows("search")
    assert server.steps("payments") == [["alice"], []]
    rota.write(search=SEARCH)
    assert server.looks() == ()
    assert server.steps("payments") == [["alice"], ["erin"]]


def test_starting_with_broken_settings_and_people(server: Server, rota: Rota, restart: Start) -> None:
    """Both come out of the store, the last resort too."""
    rota.write(oncall="notifiers: [", people="alice: {")
    again = restart()
    assert [told.partition(" ")[0] for told in again.looks()] == ["oncall.yaml:1", "people.yaml:1"]
    assert set(again.now.channels) == {"email", "sms"}
    assert again.steps("payments") == [["alice"], ["erin"]]
    assert again.address("bob", "sms") == "+447700900102"
    assert len(again.now.world.last_resort().targets) == 2


def test_starting_with_settings_that_were_cut_to_nothing(server: Server, rota: Rota, restart: Start) -> None:
    """A file without a channel is no mistake by itself; that it had one is in the store."""
    rota.write(oncall="")
    again = restart()
    assert again.looks() == ("oncall.yaml names no channel any more: its last good configuration of 03:00 UTC stays",)
    assert set(again.now.channels) == {"email", "sms"}
    assert restart(allow_empty=True).looks() == ()


def test_starting_with_broken_settings_of_which_nothing_is_kept(rota: Rota, restart: Start) -> None:
    """They are used as far as they can be read."""
    rota.write(oncall=ONCALL.replace("search/primary", "saerch/primary"))
    server = restart()
    (told,) = server.looks()
    assert told.endswith("no good configuration of it was kept: it is used as far as it can be read")
    assert set(server.now.channels) == {"email", "sms"}
    assert server.now.world.last_resort().targets == (AddressTarget("email", "all@example.com"),)


def test_starting_without_a_folder(server: Server, rota: Rota, restart: Start, tmp_path: Path) -> None:
    """All of it comes out of the store: the teams that there were last."""
    rota.write(other=SEARCH.replace("search", "other"))
    server.looks()
    rota.delete("other")
    server.looks()
    rota.root.rename(tmp_path / "elsewhere")
    again = restart()
    (told,) = again.looks()
    assert told == "the rotations folder has no team file: its last good configuration of 03:00 UTC stays"
    assert set(again.now.revisions) == {"payments", "search"}
    assert again.steps("payments") == [["alice"], ["erin"]]
    assert set(again.now.channels) == {"email", "sms"}
    (tmp_path / "elsewhere").rename(rota.root)
    assert again.looks() == ()
    assert again.now.stale == {}


def test_starting_in_the_wrong_place(tmp_path: Path, store: SqliteStore, clock: Clock) -> None:
    """With nothing anywhere, that is said, and nothing is known."""
    server = Server(Rota(tmp_path / "nothing"), store, clock)
    assert server.looks() == (
        "the rotations folder has no team file, and no good configuration of it was kept: nobody can be paged",
    )
    assert not server.knows("payments")


def test_calendars_are_kept_too(rota: Rota, server: Server, restart: Start) -> None:
    """A team whose shifts stand in a calendar, by which it pages after a start with both files broken."""
    event = (
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T000000Z\r\nDTEND:20280101T000000Z\r\n"
    )
    whole = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}SUMMARY:Carol\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    rota.put("shifts.ics", whole)
    rota.write(
        night="team: night\ntimezone: UTC\nschedules: {primary: {layers: [{name: all, calendar: shifts.ics}]}}\n"
    )
    assert server.looks() == ()
    assert server.on_call("night") == ("carol",)
    before = dict(server.now.revisions)
    rota.put("shifts.ics", "BEGIN:VCALENDAR")
    again = restart()
    assert len(again.looks()) == 1
    assert again.on_call("night") == ("carol",)
    rota.put("shifts.ics", whole.replace("Carol", "Bob"))
    assert again.looks() == ()
    assert again.on_call("night") == ("bob",)
    assert {team for team in before if before[team] != again.now.revisions[team]} == {"night"}


# -- a store that fails


def test_a_store_that_fails(rota: Rota, store: SqliteStore, clock: Clock) -> None:
    """The folder is read all the same; what changed is in the store when it is back."""
    failing = Failing(store)
    server = Server(rota, failing, clock)
    server.looks()
    failing.away = True
    rota.write(payments=PAYMENTS.replace("alice", "bob"))
    assert server.looks() == ()
    assert server.on_call("payments") == ("bob",)
    assert store.digests()["payments"] != server.now.revision("payments")
    failing.away = False
    assert server.looks(1) == ()
    assert store.digests()["payments"] == server.now.revision("payments")


def test_a_store_that_fails_while_the_server_starts(
    rota: Rota, server: Server, store: SqliteStore, clock: Clock
) -> None:
    """A good folder is as good; what is broken comes out of the store when it is back."""
    failing = Failing(store)
    failing.away = True
    rota.write(payments=PAYMENTS.replace("alice", "bob"), search="team: search\ntimezone: UTC\nrotation: [")
    again = Server(rota, failing, clock)
    (told,) = again.looks()
    assert "no good configuration of it was kept" in told
    assert again.on_call("payments") == ("bob",)
    failing.away = False
    (told,) = again.looks(1)
    assert told.endswith("its last good configuration of 03:00 UTC stays")
    assert again.on_call("payments") == ("bob",)  # newer than what the store had
    assert again.on_call("search") == ("erin",)
    assert store.digests()["payments"] == again.now.revision("payments")


def test_what_the_store_keeps_is_damaged(server: Server, rota: Rota, store: SqliteStore, restart: Start) -> None:
    """It is said, once, and the team is as if nothing had been kept."""
    store.publish(Revision("payments", "d1", None, NIGHT, b"what is this"))
    rota.write(payments=BROKEN)
    again = restart()
    told = again.looks()
    assert [sentence for sentence in told if "what the store keeps of 'payments' cannot be used" in sentence]
    assert [sentence for sentence in told if "no good configuration of it was kept" in sentence]
    assert again.looks(5) == ()
    assert again.on_call("search") == ("erin",)


# -- two servers on one store


@pytest.fixture
def pair(tmp_path: Path, rota: Rota, store: SqliteStore, clock: Clock) -> tuple[Server, Server]:
    """Two servers, each with a checkout of its own of the same commit."""
    shutil.copytree(rota.root, tmp_path / "b")
    one = Server(rota, store, clock, alone=lambda: False)
    other = Server(Rota(tmp_path / "b"), store.peer("b"), clock, alone=lambda: False)
    for server in (one, other):
        assert server.looks() == ()
    return one, other


def settle(*servers: Server) -> tuple[str, ...]:
    """What all of them say while they look in turn, until each has heard of the other."""
    return tuple(told for _ in range(4) for server in servers for told in server.looks(1))


def test_a_server_follows_the_one_that_was_changed(pair: tuple[Server, Server], store: SqliteStore) -> None:
    """Until its own checkout is brought up to date, from which on nothing changes."""
    one, other = pair
    one.rota.write(payments=PAYMENTS.replace("alice", "dave"), people=PEOPLE + "dave: {email: dave@example.com}\n")
    assert settle(one, other) == ()
    assert other.on_call("payments") == ("dave",)
    assert other.address("dave") == "dave@example.com"
    assert other.now.revisions == one.now.revisions
    published = store.digests()
    other.rota.write(payments=PAYMENTS.replace("alice", "dave"), people=PEOPLE + "dave: {email: dave@example.com}\n")
    assert settle(one, other) == ()
    assert other.now.revisions == one.now.revisions
    assert store.digests() == published


def test_settings_are_followed(pair: tuple[Server, Server]) -> None:
    """Channels and the last resort are those of the server that was changed."""
    one, other = pair
    one.rota.write(oncall=ONCALL.replace("  sms", "  text").replace("search/primary", "bob"))
    assert settle(one, other) == ()
    assert set(other.now.channels) == {"email", "text"}
    assert other.now.world.last_resort() == one.now.world.last_resort()
    assert other.now.revisions == one.now.revisions


def test_new_and_deleted_teams_are_followed(pair: tuple[Server, Server]) -> None:
    """A team is there when one server has it new, and gone when one has deleted it."""
    one, other = pair
    one.rota.write(other=SEARCH.replace("search", "other"), payments=PAYMENTS.replace("search/", "other/"))
    one.rota.write(oncall=ONCALL.replace("search/", "other/"))
    one.rota.delete("search")
    assert settle(one, other) == ()
    assert other.knows("other")
    assert not other.knows("search")
    assert other.steps("payments") == [["alice"], ["erin"]]
    assert other.now.revisions == one.now.revisions


def test_each_server_changes_another_team(pair: tuple[Server, Server]) -> None:
    """Both changes hold on both."""
    one, other = pair
    one.rota.write(payments=PAYMENTS.replace("alice", "bob"))
    other.rota.write(search=SEARCH.replace("erin", "carol"))
    assert settle(one, other) == ()
    for server in pair:
        assert server.steps("payments") == [["bob"], ["carol"]]
    assert other.now.revisions == one.now.revisions


def test_the_same_team_is_changed_on_both_in_one_second(pair: tuple[Server, Server]) -> None:
    """On the second server to what it followed before: whoever published last holds, on both."""
    one, other = pair
    other.rota.write(payments=PAYMENTS.replace("alice", "carol"))
    settle(one, other)
    other.rota.write(payments=PAYMENTS.replace("alice", "bob"))
    one.rota.write(payments=PAYMENTS.replace("alice", "carol"))
    assert settle(other, one) == ()
    assert other.on_call("payments") == one.on_call("payments") == ("carol",)


def test_the_settings_are_published_last(rota: Rota, clock: Clock) -> None:
    """A server that follows them has heard of all teams, and publishes no old one with them."""
    shelf = Shelf()
    server = Server(rota, shelf, clock)
    server.looks()
    rota.write(other=SEARCH.replace("search", "other"))
    server.looks()
    assert shelf.order == ["payments", "search", "oncall", "other", "oncall"]


def test_a_change_is_taken_back(pair: tuple[Server, Server]) -> None:
    """By the server that made it: the other follows back to what it has itself."""
    one, other = pair
    one.rota.write(payments=PAYMENTS.replace("alice", "bob"))
    settle(one, other)
    one.rota.write(payments=PAYMENTS)
    assert settle(one, other) == ()
    assert other.on_call("payments") == ("alice",)
    assert other.now.revisions == one.now.revisions


def test_a_server_whose_own_file_is_broken_follows_too(pair: tuple[Server, Server]) -> None:
    """It says that its file is broken; whom it pages is what the other has."""
    one, other = pair
    other.rota.write(payments=BROKEN)
    assert len(settle(one, other)) == 1
    assert one.on_call("payments") == ("alice",)
    one.rota.write(payments=PAYMENTS.replace("alice", "carol"))
    settle(one, other)
    assert other.on_call("payments") == ("carol",)
    assert set(other.now.stale) == {"payments"}


def test_a_server_that_was_away_and_has_old_files(pair: tuple[Server, Server], store: SqliteStore) -> None:
    """Beside others it follows what replaced its files meanwhile; alone, as after a revert, its folder holds."""
    one, other = pair
    one.rota.write(payments=PAYMENTS.replace("alice", "bob"), people=PEOPLE.replace("erin@", "e@"))
    settle(one)
    late = Server(other.rota, store.peer("late"), other.clock, alone=lambda: False)
    assert settle(one, late) == ()
    assert late.on_call("payments") == one.on_call("payments") == ("bob",)
    assert late.address("erin") == "e@example.com"
    alone = Server(other.rota, store.peer("alone"), other.clock, alone=lambda: True)
    assert alone.looks() == ()
    assert alone.on_call("payments") == ("alice",)
    assert settle(one) == ()
    assert one.on_call("payments") == ("alice",)  # whoever published last


def test_a_server_that_starts_with_files_never_seen(pair: tuple[Server, Server], store: SqliteStore) -> None:
    """A rolling deployment: the first that starts with the new files publishes them."""
    one, other = pair
    other.rota.write(payments=PAYMENTS.replace("alice", "carol"))
    late = Server(other.rota, store.peer("late"), other.clock, alone=lambda: False)
    assert settle(late, one) == ()
    assert one.on_call("payments") == ("carol",)


def test_one_store_and_nothing_new_is_one_question_a_second(server: Server, store: SqliteStore) -> None:
    """An idle server asks for digests, and reads no file."""
    asked: list[str] = []

    class Asked:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(store, name)

    idle = Server(server.rota, Asked(), server.clock)
    idle.looks()
    asked.clear()
    before = idle.now
    idle.looks(5)
    assert asked == ["digests"] * 5
    assert idle.now is before


# -- bytes that come back


def test_an_archive_comes_back_as_it_was() -> None:
    """Whatever its bytes."""
    kept = archived({"a.yaml": bytes(range(256)), "ü.ics": "é\r\n".encode()}, ["b", "a"])._replace(before=("1", "2"))
    assert unpacked(packed(kept), kept.digest) == kept
    assert kept.teams == ("a", "b")


@pytest.mark.parametrize(
    "files",
    [
        {"../a.yaml": b""},
        {"/etc/a.yaml": b""},
        {".git": b""},
        {".a.yaml": b""},
        {"a\\b.yaml": b""},
        {"a\0.yaml": b""},
        {"a.sh": b""},
        {"": b""},
    ],
)
def test_an_archive_names_plain_files_only(files: dict[str, bytes]) -> None:
    """A store that somebody wrote to cannot make us write elsewhere."""
    with pytest.raises(ValueError, match="it names a file"):
        unpacked(packed(archived(files)), "d")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain",
        packed(archived({"a.yaml": b"text"}))[:-5],
        __import__("zlib").compress(b"[]"),
        __import__("zlib").compress(b"[" * 100_000),
        __import__("zlib").compress(b'{"files": {"a.yaml": 1}, "teams": [], "before": []}'),
        __import__("zlib").compress(b'{"files": {}, "teams": 1, "before": []}'),
        __import__("zlib").compress(b'{"files": {"a.yaml": "\\ud800"}, "teams": [], "before": []}'),
        __import__("zlib").compress(b" " * (MOST_BYTES + 1)),
    ],
    ids=["nothing", "plain", "cut", "list", "deep", "number", "kind", "surrogate", "bomb"],
)
def test_what_is_no_archive(content: bytes) -> None:
    """It is refused, in bounded memory."""
    with pytest.raises(ValueError, match=r"it is|surrogates"):
        unpacked(content, "d")


def test_an_archive_that_is_too_large_to_keep(
    rota: Rota, restart: Start, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is told, and the team pages all the same."""
    monkeypatch.setattr("oncall_rota.config.archive.MOST_BYTES", 1500)
    rota.write(search=SEARCH + f"# {'long ' * 200}\n", alone="team: alone\ntimezone: UTC\nrotation: {people: [bob]}\n")
    server = restart()
    told = server.looks()
    assert len(told) == 3
    assert all("cannot be kept in the store: " in sentence for sentence in told)
    assert set(store.digests()) == {"alone"}
    assert server.on_call("search") == ("erin",)


# -- the commit


def test_the_commit_of_a_checkout(rota: Rota, restart: Start, store: SqliteStore) -> None:
    """It is kept with what was read; `.git` is read, git is not run."""
    git = rota.root.parent / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    commit = "0123456789abcdef0123456789abcdef01234567"
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text(f"{commit}\n")
    restart().looks()
    kept = store.revision("payments")
    assert kept is not None
    assert kept.commit == commit


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".git/HEAD": "a" * 40 + "\n"}, "a" * 40),
        ({".git/HEAD": "a" * 64 + "\n"}, "a" * 64),
        ({".git/HEAD": "ref: refs/heads/main", ".git/packed-refs": f"# x\n{'b' * 40} refs/heads/main\n"}, "b" * 40),
        ({".git/HEAD": "ref: refs/heads/main", ".git/packed-refs": f"{'b' * 40} refs/heads/maine\n"}, None),
        ({".git/HEAD": "ref: refs/heads/main"}, None),
        ({".git/HEAD": "ref: refs/../../secret", "secret": "c" * 40}, None),
        ({".git/HEAD": "nonsense"}, None),
        ({".git/config": ""}, None),
        (
            {
                ".git": "gitdir: main/.git/worktrees/w\n",
                "main/.git/worktrees/w/HEAD": "ref: refs/heads/topic\n",
                "main/.git/worktrees/w/commondir": "../..\n",
                "main/.git/refs/heads/topic": "d" * 40,
            },
            "d" * 40,
        ),
        ({}, None),
    ],
)
def test_where_the_commit_stands(tmp_path: Path, files: dict[str, str], expected: str | None) -> None:
    """On a branch, on none, packed, in a worktree; or it is not known."""
    (tmp_path / ".git").mkdir() if not files else None
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "rotations").mkdir()
    assert commit_of(tmp_path / "rotations") == expected


# -- many


class Shelf:
    """The part of a store that keeps configurations, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Revision] = {}
        self.order: list[str] = []

    def publish(self, revision: Revision) -> None:
        self.order.append(revision.team)
        self.kept[revision.team] = revision

    def revision(self, team: str) -> Revision | None:
        return self.kept.get(team)

    def digests(self) -> dict[str, str]:
        return {team: each.digest for team, each in self.kept.items()}


def mutant(chance: random.Random, text: bytes) -> bytes:
    """What slips, merges and crashes make of a file."""
    lines = text.splitlines(keepends=True)
    at, to = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
    line = chance.randrange(len(lines))
    other = chance.randrange(len(lines))
    made = [
        text[:at],
        text[:at] + text[to:],
        text[:at] + bytes(chance.randrange(256) for _ in range(3)) + text[at:],
        text[:at]
        + chance.choice([b"[", b"]", b"{", b"}", b":", b"\t", b"- ", b"&a ", b"*a", b"'", b'"', b"#"])
        + text[at:],
        b"".join(lines[:line] + lines[line + 1 :]),
        b"".join([*lines[:line], lines[other], *lines[line:]]),
        b"".join([*lines[:line], b"<<<<<<< HEAD\n", *lines[line:]]),
        text.replace(*chance.choice([(b"alice", b"mallory"), (b"week", b"weak"), (b"primary", b"secondary")])),
        b"",
    ]
    return chance.choice(made)


@pytest.mark.parametrize("seed", range(6))
def test_three_hundred_mutants_of_the_example(tmp_path: Path, clock: Clock, seed: int) -> None:
    """Each is reloaded: nothing raises, every team is good or as it was, and all is well when it is put back.

    The mistakes come while the server runs, and every fifth while it starts.
    """
    chance = random.Random(seed)
    rota = Rota(tmp_path / "rotations")
    good = {path.name: path.read_bytes() for path in ROTATIONS.iterdir() if path.suffix == ".yaml"}
    for name, text in good.items():
        rota.put(name, text)
    shelf = Shelf()
    server = Server(rota, shelf, clock)
    assert server.looks() == ()
    before = server.now
    teams = set(before.revisions)
    for number in range(50):
        name = chance.choice(sorted(good))
        text = mutant(chance, good[name])
        rota.put(name, text)
        if number % 5 == 0:
            server = Server(rota, shelf, clock)
        told = server.looks()
        about = f"seed {seed}, number {number}: {name} is {text!r}"
        assert not [each for each in told if "could not be looked at" in each], about
        assert not [each for each in told if "no good configuration" in each], about
        assert set(server.now.revisions) == teams, about
        assert bool(told) == bool(server.now.stale), about
        for team in teams:
            paging = server.now.world.team(team)
            assert paging is not None, about
            assert paging.severities["critical"].policy is not None, about
            by_night = server.steps(team)
            server.clock.at += DAYTIME
            reached = [person for steps in (by_night, server.steps(team)) for step in steps for person in step]
            server.clock.at -= DAYTIME
            assert reached, about
            assert all(server.now.world.reach(person) is not None for person in reached), about
            if team in server.now.stale and len(server.now.stale) == 1:
                assert server.now.revision(team) == before.revision(team), about
        assert server.now.channels, about
        assert server.now.world.last_resort() is not None, about
        rota.put(name, good[name])
        server.looks()
        assert server.now.stale == {}, about
        assert server.now.revisions == before.revisions, about


@pytest.mark.parametrize("seed", range(5))
def test_two_servers_agree_whatever_happens_to_their_folders(tmp_path: Path, clock: Clock, seed: int) -> None:
    """Edits, mistakes, deletions, copies and restarts on either, one or two at once: soon both page alike, and rest."""
    chance = random.Random(seed)
    rota, shelf = Rota(tmp_path / "a"), Shelf()
    others = SEARCH.replace("search", "other")
    rota.write(oncall=ONCALL, people=PEOPLE, payments=PAYMENTS, search=SEARCH, other=others)
    shutil.copytree(rota.root, tmp_path / "b")
    pair = [Server(each, shelf, clock, alone=lambda: False) for each in (rota, Rota(tmp_path / "b"))]
    assert settle(*pair) == ()
    done: list[tuple[int, str]] = []
    for _ in range(15):
        for _ in range(chance.choice([1, 1, 2])):
            at = chance.randrange(2)
            own, person = pair[at].rota, chance.choice(["alice", "bob", "carol", "erin"])
            texts = {
                "payments": PAYMENTS.replace("alice", person),
                "search": SEARCH.replace("erin", person),
                "other": others.replace("erin", person),
                "people": PEOPLE.replace(f"{person}@", f"{person}{chance.randrange(5)}@"),
                "oncall": ONCALL.replace(
                    "search/primary", chance.choice(["search/primary", "bob", "payments/primary"])
                ),
            }
            what = chance.choice([*texts, "restart", "copy", "delete", "break"])
            done.append((at, what))
            if what in texts:
                own.write(**{what: texts[what]})
            elif what == "restart":
                pair[at] = Server(own, shelf, clock, alone=lambda: False)
            elif what == "copy":
                for path in pair[1 - at].rota.root.iterdir():
                    own.put(path.name, path.read_bytes())
            elif what == "break":
                name = chance.choice(sorted(texts))
                own.write(**{name: texts[name][: len(texts[name]) // 2] + "\n [ "})
            elif (own.root / "other.yaml").exists():
                own.delete("other")
        told = tuple(sentence for _ in range(4) for sentence in settle(*pair))
        assert not [sentence for sentence in told if "could not be looked at" in sentence], done
        assert pair[0].now.revisions == pair[1].now.revisions, done
        before = [server.now for server in pair]
        settle(*pair)
        assert all(server.now is each for server, each in zip(pair, before, strict=True)), done


def test_the_names_of_units_never_meet() -> None:
    """The settings are kept under a name that no team can have."""
    from oncall_rota.config.name import RESERVED_TEAMS

    assert SETTINGS_UNIT in RESERVED_TEAMS
