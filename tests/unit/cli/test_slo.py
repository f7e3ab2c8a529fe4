"""`oncall slo`: from the store, as a table, as rows and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Oncall = Callable[..., Any]


@pytest.fixture(autouse=True)
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store is."""
    (folder / "oncall.yaml").write_text("notifiers: {tell: {type: console, to: name}}\nlast_resort: {targets: [bob]}\n")
    where = folder.parent / "oncall.db"
    monkeypatch.setenv("ONCALL_STORE", str(where))
    return where


def test_before_anything_has_happened(oncall: Oncall) -> None:
    """There is no store, which is no record of anything."""
    said = oncall("slo")
    assert (said.code, "there are no records" in said.err) == (5, True)


def test_what_was_paged_is_measured(oncall: Oncall, on_terminal: Oncall) -> None:
    """One page, taken at once, of one incident; and none of a team that had none, nor of the day before."""
    assert oncall("page", "bob", "disk is full", "--no-wait").code == 0
    said = oncall("slo", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["version"] == 1
    assert found["incidents"] == {"opened": 1, "held": 0, "paged": 1, "reached": 1, "late": 0}
    assert found["pages"] == {"taken": 1, "delivered": 0, "failed": 0, "accepted_share": 1.0}
    assert found["seconds_to_first_attempt"]["count"] == 1
    assert 0 <= found["seconds_to_delivered_or_next_channel"]["p99"] < 60
    rows = dict(line.split("\t", 1) for line in oncall("slo").out.splitlines())
    assert rows["accepted share"] == "100.00 %"
    assert rows["first attempt"].startswith("1\t0.")
    assert "accepted share" in on_terminal("slo").out
    assert json.loads(oncall("slo", "--json", "--team", "web").out)["incidents"]["opened"] == 0


def test_a_server_is_not_asked(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said where to measure."""
    monkeypatch.setenv("ONCALL_SERVER", "https://oncall.example.com")
    said = oncall("slo")
    assert (said.code, "--store" in said.err) == (2, True)
