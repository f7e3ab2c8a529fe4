"""`oncall take` and live overrides without a server: in the store of this machine, by whoever has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

import oncall_rota.control.client  # noqa: F401 - before time stands still: it asks types what they are
from oncall_rota.store import open_store

Oncall = Callable[..., Any]


@pytest.fixture(autouse=True)
def _wednesday() -> Any:
    with freeze_time("2026-06-03T12:00:00Z"):
        yield


@pytest.fixture(autouse=True)
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store is, or will be; dave asks."""
    where = folder.parent / "oncall.db"
    monkeypatch.setenv("ONCALL_STORE", str(where))
    monkeypatch.setenv("ONCALL_USER", "dave")
    return where


def test_two_hours_from_now(folder: Path, oncall: Oncall, store: Path) -> None:
    """In the words of the file, which stays as it is; listed by its id, and removed by it."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = oncall("take", "2h", "payments", "--reason", "now")
    assert said.code == 0, said.err
    assert "Dave Díaz" in said.out.partition("after")[2]
    with open_store(str(store)) as opened:
        (one,) = opened.overrides()
    assert (one.team, one.created_by) == ("payments", "dave")
    assert json.loads(one.entry) == {
        "who": "dave", "from": "2026-06-03 13:00", "until": "2026-06-03 15:00", "reason": "now",
    }  # fmt: skip
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    rows = json.loads(oncall("override", "list", "payments", "--store", str(store), "--json").out)["overrides"]
    assert [row["by"] for row in rows if row.get("live")] == ["dave"]
    assert f"oncall override remove payments {one.id}" in said.err
    said = oncall("override", "remove", "payments", one.id)
    assert (said.code, "Dave Díaz" in said.out.partition("after")[0]) == (0, True)
    assert oncall("override", "remove", "payments", one.id).code == 5


def test_who_am_i(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is put on call whom nobody knows."""
    monkeypatch.delenv("ONCALL_USER")
    said = oncall("take", "2h", "payments")
    assert (said.code, "who are you?" in said.err) == (2, True)
    monkeypatch.setenv("ONCALL_USER", "zoe")
    assert oncall("take", "2h", "payments").code == 5


def test_a_team_is_named_by_who_serves_two(oncall: Oncall, folder: Path) -> None:
    """And needs no name of who serves one."""
    said = oncall("take", "2h")
    assert (said.code, "dave serves payments and web" in said.err) == (2, True)
    (folder / "web.yaml").unlink()
    assert oncall("take", "2h").code == 0


def test_a_dry_run_makes_no_store(oncall: Oncall, store: Path) -> None:
    """And says who would be on call."""
    said = oncall("take", "2h", "payments", "--dry-run")
    assert (said.code, "nothing is kept" in said.err, store.exists()) == (0, True, False)
    assert "after" in said.out


def test_the_night_in_which_clocks_go_back(oncall: Oncall, store: Path) -> None:
    """An hour that is there twice can be covered: by a little more than was asked for."""
    with freeze_time("2026-10-25T01:10:00Z"):  # the second 01:10 in London
        assert oncall("take", "20m", "payments").code == 0
    with open_store(str(store)) as opened:
        (one,) = opened.overrides()
    entry = json.loads(one.entry)
    assert (entry["from"], entry["until"]) == ("2026-10-25 01:55", "2026-10-25 02:00")


def test_folded_from_the_store(oncall: Oncall, folder: Path) -> None:
    """By its id; a second fold finds nothing."""
    oncall("take", "2h", "web", "--reason", "x")
    oncall("take", "2h", "payments")
    said = oncall("override", "fold", "payments", "--check")
    assert (said.code, "1 live override" in said.err) == (8, True)
    said = oncall("override", "fold", "payments")
    assert said.code == 0, said.err
    assert "who: dave, from: 2026-06-03 13:00, until: 2026-06-03 15:00, id: " in (folder / "payments.yaml").read_text()
    assert "nothing is left to fold" in oncall("override", "fold", "payments").err
    assert oncall("override", "fold").code == 0
    assert "reason: x, id: " in (folder / "web.overrides.yaml").read_text()


def test_nothing_was_ever_live(oncall: Oncall, store: Path) -> None:
    """Without a store there is nothing to fold or to remove."""
    assert oncall("override", "fold").code == 0
    assert oncall("override", "remove", "payments", "0123abcd").code == 5
    assert not store.exists()
