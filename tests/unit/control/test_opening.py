"""Commands that share a store: the first one has it, the others ask that one, and take over when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from reception import PATIENCE, PAYMENTS, Alarms, Phones

from oncall_rota.control import owner as owner_module
from oncall_rota.control.client import RemoteOffice
from oncall_rota.control.owner import Opened
from oncall_rota.control.place import socket_path
from oncall_rota.control.server import Server
from oncall_rota.errors import OfficeGone, OncallError
from oncall_rota.notifiers import registry
from oncall_rota.paging.incident import Acknowledged, Declined
from oncall_rota.paging.model import Channel
from oncall_rota.paging.office import StoreOffice
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.ports.store import StoreFailed, StoreHeld
from oncall_rota.paging.signal import Signal
from oncall_rota.paging.steady import SteadyClock
from oncall_rota.wiring import Channels

Opens = Callable[..., AbstractContextManager[Opened]]
CLOSE = Server.close
DISK = Signal("cli", "disk", "disk full", team="payments")


def settled(opened: Opened) -> None:
    """All that was asked for is sent and written down."""
    assert opened.crew is not None
    assert opened.crew.settle(PATIENCE)


def test_a_page_is_raised_and_acknowledged_over_the_socket(opens: Opens, phones: Phones, alarms: Alarms) -> None:
    """Alice's phone gets the page; bob types its code elsewhere; she is told."""
    with opens("oncall page") as owner, opens("oncall ack") as other:
        assert (owner.remote, other.remote) == (False, True)
        assert (other.crew, other.store) == (None, None)
        accepted = other.office.signal(DISK)
        assert accepted.what == "opened"
        address, page = phones.next()
        assert (address, page.summary) == ("Alice Adams", "disk full")
        (row,) = other.office.meant(page.code)
        assert row.id == accepted.incident_id
        acted = other.office.act(row.id, Acknowledged("bob"), "bob")
        assert acted.incident is not None
        assert acted.incident.acknowledged_by == "bob"
        address, notice = phones.next()
        assert (address, notice.kind, notice.summary) == ("Alice Adams", "notice", "acknowledged by bob: disk full")
        settled(owner)
        theirs, ours = other.office.story(row.id), owner.office.story(row.id)
        assert theirs is not None
        assert theirs == ours, "both tell the same story"
        assert [each.kind for each in theirs.audit][:3] == ["opened", "step", "paged"]
    assert not alarms


@pytest.mark.parametrize(("serves", "answered"), [(False, None), (True, "https://oncall.example.com")])
def test_a_page_asks_for_an_answer_only_where_somebody_hears_it(
    opens: Opens, folder: Path, monkeypatch: pytest.MonkeyPatch, serves: bool, answered: str | None
) -> None:
    """`Reply 4f2a` and `Press 1` go to the public address, where nobody is while a command has the store."""
    told: list[str | None] = []
    monkeypatch.setattr(registry, "make", lambda _, public_url: told.append(public_url))
    with (folder / "oncall.yaml").open("a") as file:
        file.write("server: {public_url: https://oncall.example.com}\n")
    with opens(drive="all", notifier=None, serves=serves) as owner:
        assert owner.notifier is not None
        assert owner.configuration is not None
        owner.notifier(next(iter(owner.configuration().channels)))
    assert told == [answered]


def test_several_commands_follow_the_same_incident(opens: Opens) -> None:
    """Each asks as often as it likes."""
    with opens() as owner, ExitStack() as stack:
        followers = [stack.enter_context(opens("oncall page")).office for _ in range(5)]
        incident_id = followers[0].signal(DISK).incident_id
        assert [each.signal(DISK).what for each in followers[1:]] == ["merged"] * 4
        settled(owner)
        with ThreadPoolExecutor() as threads:
            stories = set(threads.map(lambda each: each.story(incident_id), followers * 10))
        assert len(stories) == 1


def test_the_next_command_takes_over_when_the_owner_ends(opens: Opens, phones: Phones) -> None:
    """It hears that the owner is gone, opens the store itself, and drives the incident from where it is."""
    with opens() as first, opens() as other:
        incident_id = other.office.signal(DISK).incident_id
        assert phones.next()[0] == "Alice Adams"
        settled(first)
    with opens() as third:
        assert not third.remote
        third.drive(incident_id)
        assert third.crew is not None
        assert third.crew.pager.only == {incident_id}
        third.office.act(incident_id, Declined("alice"), "alice")
        assert phones.next()[0] == "Bob Brown", "step two is still to come"


def test_whoever_asks_an_owner_that_has_ended_is_told(opens: Opens) -> None:
    """At the next question, and can open the store then."""
    with opens("oncall page"), opens("oncall ack") as other:
        incident_id = other.office.signal(DISK).incident_id
    with pytest.raises(OfficeGone, match="nobody answers on"):
        other.office.story(incident_id)
    with opens("oncall ack") as again:
        assert not again.remote
        story = again.office.story(incident_id)
        assert story is not None
        assert story.incident.paged == ("alice",)


def test_an_owner_is_asked_to_drive_what_it_did_not_raise(opens: Opens) -> None:
    """One command follows an incident; another one has taken the store over meanwhile."""
    with opens() as first:
        incident_id = first.office.signal(DISK).incident_id
    with opens() as owner, opens() as other:
        assert owner.crew is not None
        assert owner.crew.pager.only == set()
        other.drive("there is none of that id")
        assert owner.crew.pager.only == set()
        other.drive(incident_id)
        assert owner.crew.pager.only == {incident_id}


KILLED = """\
import os, signal, sys
from pathlib import Path
from oncall_rota.paging.ports.notifier import Declaration
from oncall_rota.wiring.office import open_office

class Phone:
    declaration = Declaration("fake", "a fake", (), "name", "fake")
    def send(self, message, address, deadline):
        print("sends", flush=True)
        sys.stdin.read()

def alarm(text):
    print(text, file=sys.stderr)

way = open_office(
    sys.argv[1], lambda: Path(sys.argv[2]), alarm, drive="own", name="oncall page", notifier=lambda _: Phone()
)
with way as opened:
    story = opened.office.story
    def dies(incident_id):
        if incident_id == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        return story(incident_id)
    opened.office.story = dies
    print("open", flush=True)
    sys.stdin.read()
"""


def test_an_owner_that_is_killed_in_the_middle_of_a_request_is_gone(
    opens: Opens, tmp_path: Path, folder: Path, phones: Phones
) -> None:
    """The kernel lets go of its lock; the next owner replaces its socket and sends what it was sending again."""
    command = [sys.executable, "-c", KILLED, str(tmp_path / "oncall.db"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"open\n"
        with opens() as other:
            assert other.remote
            incident_id = other.office.signal(DISK).incident_id
            assert owner.stdout.readline() == b"sends\n", "its page is on its way"
            with pytest.raises(OfficeGone, match=rf"process {owner.pid} \(oncall page\)") as caught:
                other.office.story("dies")
            assert caught.value.unsure
        assert owner.wait(PATIENCE) == -signal.SIGKILL
    assert socket_path(tmp_path / "oncall.db").exists(), "it had no time to tidy up"
    with opens() as opened:
        assert not opened.remote
        opened.drive(incident_id)
        address, page = phones.next()
        assert (address, page.page_id) == ("Alice Adams", f"{incident_id}-1"), "the same page, sent again"
        with opens() as other:
            assert other.remote


# -- which incidents are driven


def test_a_command_drives_what_it_raised_and_leaves_the_rest(opens: Opens) -> None:
    """An incident whose owner has ended waits for somebody who drives it."""
    with opens() as first:
        first.office.signal(DISK)
    with opens() as second:
        mine = second.office.signal(DISK._replace(key="other")).incident_id
        assert second.crew is not None
        assert second.crew.pager.only == {mine}
        assert not second.drives_all
        again = second.office.signal(DISK)
        assert again.what == "merged"
        assert second.crew.pager.only == {mine, again.incident_id}, "who says it again drives it"


def test_a_pager_drives_all_that_is_open(opens: Opens, phones: Phones) -> None:
    """And everybody can see that it does."""
    with opens() as first:
        first.office.signal(DISK)
        phones.next()
        settled(first)
    with opens("oncall pager run", drive="all") as pager, opens() as other:
        assert pager.crew is not None
        assert pager.crew.pager.only is None
        assert pager.auditor is not None
        assert (pager.drives_all, other.drives_all) == (True, True)
        assert isinstance(other.office, RemoteOffice)
        assert other.office.greeting.name == "oncall pager run"


def test_what_was_decided_is_sent_before_a_command_ends(opens: Opens, phones: Phones) -> None:
    """`oncall incident decline` without a server: the next one is paged before it returns."""
    with opens() as first:
        incident_id = first.office.signal(DISK).incident_id
        phones.next()
    with opens("oncall incident", drive="nothing") as second:
        second.office.act(incident_id, Declined("alice"), "alice")
    assert phones.next()[0] == "Bob Brown"
    with opens() as third:
        story = third.office.story(incident_id)
        assert story is not None
        assert [each.state for each in story.pages if each.person == "bob"] == ["sent"]


def test_others_get_answers_while_the_last_page_is_sent(opens: Opens, phones: Phones) -> None:
    """A provider that takes its time at the end of a command is no reason to keep others waiting."""
    sending, go = threading.Event(), threading.Event()

    def wait(_: object) -> None:
        sending.set()
        assert go.wait(PATIENCE)

    phones.before = wait
    with ExitStack() as owner, ThreadPoolExecutor() as threads:
        incident_id = owner.enter_context(opens("oncall page")).office.signal(DISK).incident_id
        assert sending.wait(PATIENCE)
        ends = threads.submit(owner.close)
        with opens() as other:
            assert other.remote
            assert other.office.story(incident_id) is not None
            go.set()
            ends.result(PATIENCE)


# -- when there is no way


def test_a_second_pager_is_refused_and_told_who_has_the_store(opens: Opens) -> None:
    """It would drive nothing."""
    with (
        opens("oncall pager run", drive="all"),
        pytest.raises(StoreHeld, match=rf"in use by process {os.getpid()} \(oncall pager run\)"),
        opens("oncall serve", drive="all"),
    ):
        pass


def test_an_owner_without_a_socket_is_named(opens: Opens, tmp_path: Path) -> None:
    """Somebody deleted it, say."""
    with opens("oncall page"):
        socket_path(tmp_path / "oncall.db").unlink()
        with pytest.raises(StoreHeld) as caught, opens():
            pass
        assert f"process {os.getpid()} (oncall page)" in str(caught.value)
        assert "does not answer" in str(caught.value)
        assert caught.value.hint


def test_an_owner_that_is_just_ending_is_waited_for(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has hung up already, and lets go of the store in a moment."""
    hung_up, tried, go = [threading.Event() for _ in range(3)]

    def ends(self: Server) -> None:
        CLOSE(self)
        hung_up.set()
        assert go.wait(PATIENCE)

    def asks(path: Path) -> RemoteOffice:
        tried.set()
        return RemoteOffice(path)

    monkeypatch.setattr(Server, "close", ends)
    monkeypatch.setattr("oncall_rota.control.opening.RemoteOffice", asks)
    with ExitStack() as owner, ThreadPoolExecutor() as threads:
        owner.enter_context(opens())
        closing = threads.submit(owner.close)
        assert hung_up.wait(PATIENCE)
        other = ExitStack()
        later = threads.submit(other.enter_context, opens(patience=PATIENCE))
        assert tried.wait(PATIENCE)
        go.set()
        closing.result(PATIENCE)
        assert not later.result(PATIENCE).remote
        other.close()


def test_where_there_can_be_no_socket_the_store_is_used_all_the_same(
    opens: Opens, phones: Phones, alarms: Alarms, tmp_path: Path
) -> None:
    """A page is worth more than a way in for others; it is said."""
    socket_path(tmp_path / "oncall.db").mkdir()
    with opens() as opened:
        opened.office.signal(DISK)
        assert phones.next()[1].summary == "disk full"
    assert len(alarms) == 1
    assert "cannot listen on" in alarms[0]
    assert "other commands cannot reach this store" in alarms[0]


def test_a_store_that_fails_at_once_is_left_to_others(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock is no longer held."""

    def fails(*_: object, **__: object) -> None:
        raise StoreFailed("io", "the disk reported an error")

    with monkeypatch.context() as broken:
        broken.setattr(owner_module, "FallbackStore", fails)
        with pytest.raises(StoreFailed, match="the disk reported an error"), opens():
            pass
    with opens() as opened:
        assert not opened.remote


def test_a_store_at_the_end_of_a_long_path_has_a_way_in(opens: Opens, tmp_path: Path) -> None:
    """Longer than a socket's name may be."""
    folder = tmp_path.joinpath(*["y" * 100] * 2)
    folder.mkdir(parents=True)
    where = str(folder / "oncall.db")
    with opens(where=where), opens(where=f"sqlite:///{where}") as other:
        assert other.remote
        assert other.office.signal(DISK).what == "opened"


# -- the configuration


def test_the_folder_is_not_needed_to_look_at_incidents(opens: Opens) -> None:
    """Nor to ask whoever has the store."""

    def rotations() -> Path:
        raise OncallError("no rotations folder here")

    with opens() as owner:
        incident_id = owner.office.signal(DISK).incident_id
        with opens(rotations=rotations) as other:
            assert other.office.act(incident_id, Acknowledged("bob"), "bob").incident is not None
    with opens(rotations=rotations) as alone:
        assert alone.office.story(incident_id) is not None
        with pytest.raises(OncallError, match="no rotations folder here"):
            alone.office.signal(DISK)
        with opens() as other, pytest.raises(OncallError, match="no rotations folder here"):
            other.office.signal(DISK)
        assert alone.crew is not None
        assert not alone.crew.died.is_set()


def test_a_pager_needs_the_folder_at_once(opens: Opens, tmp_path: Path) -> None:
    """And leaves the store to others when there is none."""

    def rotations() -> Path:
        raise OncallError("no rotations folder here")

    with (
        pytest.raises(OncallError, match="no rotations folder here"),
        opens(drive="all", rotations=rotations),
    ):
        pass
    with opens() as opened:
        assert not opened.remote


def test_a_pager_follows_its_folder(
    opens: Opens, folder: Path, phones: Phones, alarms: Alarms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong in it is said once; what is right is used."""
    monkeypatch.setattr(owner_module, "EVERY", 0.01)
    with opens(drive="all") as pager:
        (folder / "payments.yaml").write_text("team: payments\nrotation: 7\n")
        assert alarms.said.wait(PATIENCE)
        pager.office.signal(DISK)
        assert phones.next()[0] == "Alice Adams", "the last good version"
    assert len(alarms) == 1
    assert "payments" in alarms[0]


def test_without_fakes_the_configured_channel_is_used(opens: Opens, capfd: pytest.CaptureFixture[str]) -> None:
    """Here the terminal's."""
    with opens(notifier=None) as opened:
        opened.office.signal(DISK)
        settled(opened)
    assert "disk full" in "".join(capfd.readouterr())


def test_a_channel_is_made_once_and_anew_when_it_is_another() -> None:
    """A token was changed in oncall.yaml: the next page is sent with the new one."""
    screen = Channel("screen", "console", "name", {})
    channels = Channels({})

    def made(one: Channel, public_url: str | None = None) -> object:
        return channels.as_in({"screen": one}, public_url, "screen")

    first = made(screen)
    assert made(screen) is first
    assert made(screen._replace(to="phone")) is not first
    assert made(screen, "https://oncall.example.com") is not first
    with pytest.raises(NotifierError, match="has no channel screen any more") as caught:
        channels.as_in({}, None, "screen")
    assert caught.value.permanent


class PutBack(SteadyClock):
    """A clock that goes on steadily while the one on the wall was put back by a week."""

    WEEK = timedelta(weeks=1)

    def now(self) -> datetime:
        """A week after what the wall says."""
        at = super().now() + self.WEEK
        self.ahead = self.WEEK
        return at


def test_who_is_on_call_is_told_by_the_clock_on_the_wall(
    opens: Opens, folder: Path, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The waits of this process are not: that one was put back by a week makes none of them longer."""
    (folder / "payments.yaml").write_text(PAYMENTS.replace("[alice]", "[alice, bob]"))
    with opens() as opened:
        opened.office.signal(DISK)
        whoever, _ = phones.next()
    monkeypatch.setattr("oncall_rota.paging.steady.SteadyClock", PutBack)
    with opens() as opened:
        opened.office.signal(DISK._replace(key="other"))
        assert phones.next()[0] == whoever


def test_who_waits_for_a_decision_for_too_long_is_told(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk hangs, say; it may be decided yet."""
    monkeypatch.setattr("oncall_rota.paging.office.ANSWERED", 0.0)
    with opens() as opened:
        assert opened.store is not None
        office = StoreOffice(opened.store, lambda _: Future())
        with pytest.raises(StoreFailed, match="nothing was decided within 0 s"):
            office.signal(DISK)
