"""`oncall pager run`: a worker in the foreground, its start, its end, and a second one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.paging.signal import Signal
from oncall_rota.wiring.office import open_office

SETTINGS = """\
notifiers:
  sms: {type: exec, to: phone, command: [/usr/bin/tee, -a, SENT]}
  chat: {type: slack, to: slack, token: {env: SLACK_TOKEN}}
last_resort: {every: 5m, targets: [bob]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: sms]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: sms]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
"""
Oncall = Callable[..., Any]


@pytest.fixture
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store will be; payments is alice's, and the chat's secret is there."""
    (folder / "web.yaml").unlink()
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (folder / f"{name}.yaml").write_text(text.replace("SENT", str(folder.parent / "sent")))
    where = folder.parent / "oncall.db"
    monkeypatch.setenv("ONCALL_STORE", str(where))
    monkeypatch.setenv("ONCALL_ALLOW_EXEC", "1")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-very-secret")
    return where


@contextmanager
def pager(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A pager as a process of its own; what it has not said yet is to be read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "oncall_rota", "pager", "run", "--log", "text", *arguments],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def until(process: subprocess.Popen[str], text: str) -> list[str]:
    """What it says up to a line with that text."""
    lines: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line.rstrip("\n"))
        if text in line:
            return lines
    raise AssertionError(f"it ended without {text!r}: {lines}")


def test_it_says_what_it_drives_and_drives_what_was_left_open(store: Path, folder: Path) -> None:
    """An incident whose process has ended in the middle: alice is paged now. No secret is said."""
    with open_office(str(store), lambda: folder, print, drive="own", notifier=_refuse) as opened:
        incident = opened.office.signal(Signal("prod-am", "k", "the shop is down", team="payments")).incident_id
    with pager() as process:
        said = until(process, incident)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ drives every open incident of oncall.db", said[0])
        assert said[1].endswith("teams: payments")
        assert said[2].endswith("channels: sms (exec), chat (slack)")
        assert said[3].endswith("open incidents: 1")
        assert said[4].endswith(f"  {incident}  triggered  critical payments: the shop is down")
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert "ends, once what is being sent is finished" in rest
    assert "secret" not in "".join(said) + rest


def _refuse(_: str) -> Any:
    raise RuntimeError("no phone today")


def test_a_second_one_is_refused_by_the_name_of_the_first(store: Path, oncall: Oncall) -> None:
    """A store in a file has one owner."""
    with pager() as process:
        until(process, "open incidents")
        said = oncall("pager", "run", "--log", "text")
        assert said.code == 1
        assert f"is in use by process {process.pid} (oncall pager run)" in said.err
        checked = oncall("pager", "run", "--check")
        assert (checked.code, f"in use by oncall pager run (process {process.pid})" in checked.err) == (0, True)


def test_it_ends_with_1_when_its_pager_dies(store: Path, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever started it starts it again."""
    monkeypatch.setattr("oncall_rota.cli.pager.LOOK", 0.01)
    monkeypatch.setattr("oncall_rota.paging.pager.Pager.tick", _die)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    said = oncall("pager", "run", "--log", "text")
    assert said.code == 1
    assert re.search(r"Z the pager has died: RuntimeError: out of everything", said.err)
    assert "error: the pager has died" in said.err


def _die(_: Any) -> None:
    raise RuntimeError("out of everything")


def test_check_looks_and_leaves(store: Path, oncall: Oncall) -> None:
    """Nothing is driven."""
    said = oncall("pager", "run", "--log", "text", "--check")
    assert said.code == 0
    assert "could drive every open incident of oncall.db" in said.err


def test_check_finds_a_secret_that_is_not_there(store: Path, oncall: Oncall) -> None:
    """Before the night does. Exit code 4."""
    del os.environ["SLACK_TOKEN"]
    said = oncall("pager", "run", "--log", "text", "--check")
    assert said.code == 4
    assert "1 of 2 channels cannot send" in said.err
    assert "$SLACK_TOKEN is not set" in said.err


def test_a_mistake_in_a_file_ends_a_check_and_not_a_pager(store: Path, folder: Path, oncall: Oncall) -> None:
    """The other teams are paged, and it is said."""
    (folder / "web.yaml").write_text("team: web\n")
    said = oncall("pager", "run", "--log", "text", "--check")
    assert (said.code, "web.yaml:1" in said.err) == (4, True)
    with pager() as process:
        told = until(process, "open incidents")
        assert told[0] == "warning: 2 errors in the rotation files; first web.yaml:1"
        assert any("nobody is paged for web" in line for line in told)


def test_started_on_broken_files_it_says_whom_it_pages_all_the_same(store: Path, folder: Path) -> None:
    """What holds is what the store kept, and not what little can be read."""
    with pager() as process:
        until(process, "open incidents")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    for name in ("oncall", "payments"):
        (folder / f"{name}.yaml").write_text(": [broken\n")
    with pager("--store", str(store)) as process:
        told = until(process, "open incidents")
    assert any(line.endswith("teams: payments") for line in told)
    assert any(line.endswith("channels: sms (exec), chat (slack)") for line in told)
    assert not any("no last resort" in line for line in told)


def test_a_team_without_anybody_holds_when_somebody_insists(store: Path, folder: Path, oncall: Oncall) -> None:
    """Until then it is paged as it was: a schedule that ends by a slip wakes nobody."""
    ended = PAYMENTS.replace("rotation: {people: [alice]", "rotation: {until: 2026-02-02 09:00, people: [alice]")
    for text, arguments in ((PAYMENTS, []), (ended, []), (ended, ["--allow-empty"])):
        (folder / "payments.yaml").write_text(text)
        with pager(*arguments) as process:
            told = until(process, "open incidents")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        stays = any("leaves nobody on call in the next 400 days: its last good" in line for line in told)
        assert stays == (text == ended and not arguments)


def test_without_a_folder_it_does_not_begin(
    store: Path, oncall: Oncall, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pager that pages nobody is no pager."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    said = oncall("pager", "run", "--log", "text")
    assert (said.code, store.exists()) == (2, False)
