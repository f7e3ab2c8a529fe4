"""Two ends of a socket: whatever an office is asked, the owner of the store answers, and nobody else is let in."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from reception import AT, AUDIT, INCIDENT, PAGE, PATIENCE, ROW, Line, Reception

from oncall_rota.control import server as server_module
from oncall_rota.control.client import RemoteOffice
from oncall_rota.control.place import socket_path
from oncall_rota.control.server import Server
from oncall_rota.control.wire import REQUEST_MOST
from oncall_rota.errors import ConfigurationError, FolderNotFound, NotDelivered, OfficeGone, OncallError, UsageError
from oncall_rota.paging.incident import Acknowledged, Failed, Reassigned
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.store import StoreFailed, StoreHeld, Unstorable
from oncall_rota.paging.request import Acted
from oncall_rota.paging.signal import Accepted, Signal

Dial = Callable[[], Line]
STORY = b'{"id":1,"do":"story","with":{"incident_id":"%s"}}\n' % INCIDENT.id.encode()


def test_the_owner_is_asked_and_answers(remote: RemoteOffice, reception: Reception) -> None:
    """Every method of an office, its arguments and its answer."""
    signal = Signal("cli", "disk", "disk full", team="payments", hold=timedelta(minutes=5))
    assert remote.signal(signal) == Accepted("opened", INCIDENT.id)
    assert remote.act(INCIDENT.id, Acknowledged("alice"), "alice") == Acted(INCIDENT, "it is resolved already", True)
    assert remote.act("other", Reassigned("alice", "bob"), "alice").incident is None
    assert remote.remark(INCIDENT.id, "alice", "looking") == Acted(INCIDENT)
    assert remote.meant("0dfc") == (ROW,)
    assert remote.incidents(["resolved"], "payments", 7) == (ROW, ROW)
    assert remote.story(INCIDENT.id) == Story(ROW, INCIDENT, (PAGE,), (AUDIT,))
    assert remote.story("other") is None
    remote.drive(INCIDENT.id)
    assert reception.asked == [
        ("signal", (signal,)),
        ("act", (INCIDENT.id, Acknowledged("alice"), "alice")),
        ("act", ("other", Reassigned("alice", "bob"), "alice")),
        ("remark", (INCIDENT.id, "alice", "looking")),
        ("meant", ("0dfc",)),
        ("incidents", (("resolved",), "payments", 7)),
        ("story", (INCIDENT.id,)),
        ("story", ("other",)),
        ("drive", (INCIDENT.id,)),
    ]


def test_the_owner_says_who_it_is(remote: RemoteOffice) -> None:
    """And what it drives, so that a command can say whether anybody escalates."""
    greeting = remote.greeting
    assert (greeting.process, greeting.name, greeting.drives) == (os.getpid(), "oncall serve", "all")


def test_a_story_of_a_storm_arrives_whole(remote: RemoteOffice, reception: Reception) -> None:
    """Ten thousand decisions, some megabytes."""
    reception.story_of_storm = 10_000
    story = remote.story(INCIDENT.id)
    assert story is not None
    assert len(story.audit) == 10_000


ERRORS = [
    StoreFailed("full", "the disk is full", "make room"),
    StoreHeld("it is in use", "end that one"),
    Unstorable("no store takes this"),
    UsageError("no such word", "write another"),
    ConfigurationError("no single meaning"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda each: type(each).__name__)
def test_an_error_is_the_same_at_the_other_end(remote: RemoteOffice, reception: Reception, error: OncallError) -> None:
    """Its kind, its words, its remedy and its exit code."""
    reception.fails = error
    with pytest.raises(type(error)) as caught:
        remote.meant("0dfc")
    assert (str(caught.value), caught.value.hint) == (str(error), error.hint)
    assert getattr(caught.value, "reason", None) == getattr(error, "reason", None)
    assert remote.meant("0dfc") == (ROW,), "the next request is answered"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (FolderNotFound("no rotations folder"), UsageError, "no rotations folder"),
        (NotDelivered("no channel"), OncallError, "no channel"),
        (KeyError("secret"), OncallError, "the owner of the store failed: KeyError"),
        (TimeoutError(), OncallError, "the owner of the store failed: TimeoutError"),
    ],
)
def test_an_error_without_a_kind_of_its_own_is_the_nearest(
    remote: RemoteOffice, reception: Reception, error: Exception, kind: type[OncallError], words: str
) -> None:
    """What nobody foresaw says its type only, as its words may hold anything."""
    reception.fails = error
    with pytest.raises(kind) as caught:
        remote.meant("0dfc")
    assert type(caught.value) is kind
    assert str(caught.value) == words


def test_only_what_people_do_is_asked(remote: RemoteOffice, reception: Reception) -> None:
    """That a page failed is for the pager to say."""
    with pytest.raises(UsageError, match="Failed is not for people"):
        remote.act(INCIDENT.id, Failed("1-1", "busy"), "alice")
    assert not reception.asked


# -- who gets in


def test_nobody_else_may_open_the_socket(served: Server) -> None:
    """Mode 0600, whatever the umask; a process-wide umask is not touched for it."""
    mode = served.path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_the_umask_does_not_matter(path: Path, reception: Reception) -> None:
    """A mask that would leave the socket open to everybody leaves it closed."""
    before = os.umask(0)
    try:
        with Server(path, reception).start():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_another_user_is_refused_even_with_the_socket_in_hand(path: Path, reception: Reception) -> None:
    """By what the kernel says of the other end; in words, and before anything is asked."""
    with Server(path, reception, users=frozenset({os.geteuid() + 1})).start():
        with pytest.raises(UsageError, match=f"does not serve user {os.geteuid()}"):
            RemoteOffice(path)
        assert not reception.asked


def test_a_socket_of_another_user_is_not_believed(served: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who puts a socket beside somebody's store is not told what the page says."""
    monkeypatch.setattr("oncall_rota.control.client.user_of", lambda _: os.geteuid() + 4711)
    with pytest.raises(OncallError, match="is a socket of user"):
        RemoteOffice(served.path)


# -- where it is


def test_the_socket_lies_beside_the_store_that_is_meant(tmp_path: Path) -> None:
    """However the store is named: two names of one store have one socket."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "oncall.db")
    assert socket_path(tmp_path / "link.db") == tmp_path / "real" / "oncall.db.sock"


@pytest.mark.parametrize("depth", [1, 3])
def test_a_path_that_is_too_long_for_a_socket_works(tmp_path: Path, reception: Reception, depth: int) -> None:
    """107 bytes are all that the system takes."""
    folder = tmp_path.joinpath(*["x" * 100] * depth)
    folder.mkdir(parents=True)
    path = socket_path(folder / "oncall.db")
    assert len(os.fsencode(path)) > 107
    files = len(os.listdir("/proc/self/fd"))
    with Server(path, reception).start(), RemoteOffice(path) as remote:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert remote.meant("0dfc") == (ROW,)
    assert not path.exists()
    assert len(os.listdir("/proc/self/fd")) == files


def test_a_store_of_a_very_long_name_has_a_socket_of_a_short_one(tmp_path: Path) -> None:
    """Always the same, and another for each store."""
    names = [tmp_path / f"{'ü' * 100}{number}.db" for number in range(2)]
    found = [socket_path(name) for name in names]
    assert found == [socket_path(name) for name in names]
    assert len(set(found)) == 2
    assert all(len(os.fsencode(each.name)) < 30 for each in found)


def test_what_a_dead_owner_left_is_replaced(path: Path, reception: Reception) -> None:
    """Whoever has the store's lock has the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    with pytest.raises(OfficeGone, match="Connection refused"):
        RemoteOffice(path)
    with Server(path, reception).start(), RemoteOffice(path) as remote:
        assert remote.meant("0dfc") == (ROW,)


def test_an_owner_takes_its_own_socket_away_and_no_other(path: Path, reception: Reception) -> None:
    """Another owner may have come, because somebody deleted the lock file."""
    first = Server(path, reception).start()
    with Server(path, reception).start():
        first.close()
        with RemoteOffice(path) as remote:
            assert remote.meant("0dfc") == (ROW,)
    assert not path.exists()


def test_a_place_without_sockets_is_said(tmp_path: Path, reception: Reception) -> None:
    """A folder that is not there, or is no folder."""
    with pytest.raises(OncallError, match="cannot listen on"):
        Server(tmp_path / "gone" / "oncall.db.sock", reception).start()


# -- many clients


def test_two_clients_are_answered_at_the_same_time(served: Server, reception: Reception) -> None:
    """The first waits for its answer, the second has one."""
    came, go = reception.gate("slow")
    with RemoteOffice(served.path) as one, RemoteOffice(served.path) as two, ThreadPoolExecutor() as threads:
        waits = threads.submit(one.meant, "slow")
        assert came.wait(PATIENCE)
        assert two.meant("quick") == (ROW,)
        assert not waits.done()
        go.set()
        assert waits.result(PATIENCE) == (ROW,)


def test_threads_share_a_connection(remote: RemoteOffice) -> None:
    """Each gets the answer to its own question."""

    def ask(number: int) -> bool:
        known = number % 2 == 0
        return (remote.story(INCIDENT.id if known else "other") is not None) == known

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(200)))


def test_who_says_half_a_line_holds_up_nobody(dialled: Dial, remote: RemoteOffice) -> None:
    """And neither does who says nothing, or never reads."""
    _, half, deaf = dialled(), dialled(), dialled()
    half.says(b'{"id": 1, "do": "mea')
    deaf.says(STORY)
    assert remote.meant("0dfc") == (ROW,)


def test_who_never_ends_a_line_is_hung_up_on(path: Path, reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some seconds, here hundredths."""
    monkeypatch.setattr(server_module, "PATIENCE", 0.05)
    with Server(path, reception).start(), Line(path) as client:
        client.says(b'{"id": 1, "do": "mea')
        assert client.hears() == b""


def test_who_does_not_take_an_answer_is_hung_up_on(
    path: Path, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit into the system's buffers is not kept for ever."""
    monkeypatch.setattr(server_module, "PATIENCE", 0.05)
    reception.story_of_storm = 20_000
    ended = threading.Event()
    monkeypatch.setattr(server_module._Client, "cut", _then(server_module._Client.cut, ended.set))
    with Server(path, reception).start(), Line(path) as client:
        client.says(STORY)
        assert ended.wait(PATIENCE)
        found = client.hears()
        assert found
        assert not found.endswith(b"\n"), "the answer is not whole"


def _then(method: Callable[..., None], more: Callable[[], None]) -> Callable[..., None]:
    def both(*arguments: Any) -> None:
        method(*arguments)
        more()

    return both


def test_a_line_that_is_too_long_is_refused(dialled: Dial, reception: Reception) -> None:
    """In words, and nothing after it is listened to."""
    client = dialled()
    with pytest.raises(ConnectionError):  # it hangs up while we still speak
        client.says(b"x" * REQUEST_MOST * 10)
    assert "longer than 1048576 bytes" in json.loads(client.hears())["error"]["message"]
    assert not reception.asked


def test_a_text_that_is_too_long_is_refused_before_it_is_sent(remote: RemoteOffice, reception: Reception) -> None:
    """The connection stays as it is."""
    with pytest.raises(UsageError, match="too long to be sent"):
        remote.remark(INCIDENT.id, "alice", "x" * REQUEST_MOST)
    assert not reception.asked
    assert remote.meant("0dfc") == (ROW,)


def test_the_client_that_was_silent_for_longest_makes_room(
    served: Server, remote: RemoteOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And connects again when it has something to say."""
    monkeypatch.setattr(server_module, "MOST", 1)
    remote.meant("first")
    with RemoteOffice(served.path) as other:
        assert other.meant("second") == (ROW,)
        hung_up = remote._connection
        hung_up.settimeout(PATIENCE)
        assert hung_up.recv(1) == b""
        assert remote.meant("third") == (ROW,)


# -- the end of an owner


def test_a_request_in_hand_is_answered_before_the_owner_ends(path: Path, reception: Reception) -> None:
    """And then nobody is there."""
    came, go = reception.gate("slow")
    server = Server(path, reception).start()
    with RemoteOffice(path) as remote, ThreadPoolExecutor() as threads:
        waits = threads.submit(remote.meant, "slow")
        assert came.wait(PATIENCE)
        ends = threads.submit(server.close)
        while path.exists():
            pass
        go.set()
        assert waits.result(PATIENCE) == (ROW,)
        ends.result(PATIENCE)
        with pytest.raises(OfficeGone, match=r"nobody answers on .*No such file") as caught:
            remote.meant("0dfc")
        assert not caught.value.unsure, "it was never asked"


@contextmanager
def owner_that(path: Path, *lines: bytes) -> Iterator[Callable[[], bytes]]:
    """Somebody who says these lines to every client, and hangs up after the first request; what that was."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, ThreadPoolExecutor(1) as thread:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(PATIENCE)

        def speak() -> bytes:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(PATIENCE)
                connection.sendall(lines[0])
                heard = connection.recv(1 << 16)
                connection.sendall(b"".join(lines[1:]))
                return heard

        heard = thread.submit(speak)
        yield lambda: heard.result(PATIENCE)


HELLO = b'{"protocol":1,"process":4711,"name":"oncall serve","drives":"all","colour":"red"}\n'


def test_an_owner_that_dies_in_the_middle_of_a_request_is_gone(path: Path) -> None:
    """It may have done what was asked: a signal is sent again with the same key."""
    with owner_that(path, HELLO) as heard, RemoteOffice(path) as remote:
        with pytest.raises(OfficeGone, match=r"process 4711 \(oncall serve\), which has the store") as caught:
            remote.signal(Signal("cli", "disk", "disk full"))
        assert caught.value.unsure
        assert b"disk full" in heard()


def test_an_owner_that_dies_in_the_middle_of_an_answer_is_gone(path: Path) -> None:
    """Half an answer is none."""
    with owner_that(path, HELLO, b'{"id":1,"value":[') as heard, RemoteOffice(path) as remote:
        with pytest.raises(OfficeGone, match="closed in the middle of a line"):
            remote.meant("0dfc")
        heard()


def test_an_owner_that_does_not_answer_is_gone(path: Path, reception: Reception) -> None:
    """After five seconds, here hundredths: it may be stopped, or its disk may hang."""
    came, go = reception.gate("slow")
    with Server(path, reception).start():
        with RemoteOffice(path, patience=0.05) as remote, pytest.raises(OfficeGone, match="timed out"):
            remote.meant("slow")
        assert came.wait(PATIENCE)
        go.set()


def test_an_owner_that_does_not_greet_is_gone(path: Path) -> None:
    """The system accepts for a process that is stopped."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(OfficeGone, match=r"nobody answers on .*timed out"):
            RemoteOffice(path, patience=0.05)


def test_an_owner_of_a_version_that_nobody_understands_is_said(path: Path) -> None:
    """That is no reason to wait for it."""
    with owner_that(path, b'{"protocol":2,"process":4711}\n'), pytest.raises(OncallError) as caught:
        RemoteOffice(path)
    assert not isinstance(caught.value, OfficeGone)
    assert "process 4711" in str(caught.value)
    assert "another version" in str(caught.value)


ODD = {
    "nothing": b"",
    "no JSON": b"hello\n",
    "no object": b"[]\n",
    "another's answer": b'{"id":2,"value":[]}\n',
    "no value": b'{"id":1}\n',
    "another type": b'{"id":1,"value":{"is":"Story"}}\n',
    "deep": b'{"id":1,"value":' + b"[" * 100_000 + b"\n",
    "no text": b'{"id":1,"value":"\xff"}\n',
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD.keys())
def test_an_owner_that_makes_no_sense_is_gone(path: Path, answer: bytes) -> None:
    """Nothing else ever comes of a strange answer."""
    with owner_that(path, HELLO, answer) as heard, RemoteOffice(path) as remote:
        with pytest.raises(OfficeGone):
            remote.meant("0dfc")
        heard()


@pytest.mark.parametrize("hello", [b"", b"SSH-2.0\n", b"{}\n", b'{"protocol":true,"process":1}\n', b"\xff\n"])
def test_whoever_greets_otherwise_is_no_owner(path: Path, hello: bytes) -> None:
    """It may be some other program's socket."""
    with owner_that(path, hello), pytest.raises(OfficeGone, match="nobody answers on"):
        RemoteOffice(path, patience=PATIENCE if hello else 0.05)


def test_what_was_closed_while_nobody_asked_is_opened_anew(path: Path, reception: Reception) -> None:
    """One owner ends, another begins: an office that asked nothing meanwhile notices nothing."""
    with Server(path, reception).start():
        remote = RemoteOffice(path)
        remote.meant("0dfc")
    with remote, Server(path, reception, name="another").start():
        assert remote.meant("0dfc") == (ROW,)
        assert remote.greeting.name == "another"


def test_an_instant_is_the_same_at_both_ends(remote: RemoteOffice) -> None:
    """To the microsecond."""
    (row,) = remote.meant("0dfc")
    assert row.opened_at == AT
