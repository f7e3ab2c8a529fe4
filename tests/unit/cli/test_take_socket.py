"""`oncall take` while another process has the store: that one is asked over the socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.store import open_store
from oncall_rota.wiring.office import open_office


def test_by_whoever_has_the_store(folder: Path, oncall: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken, listed and removed; another id is unknown there, too."""
    where = folder.parent / "oncall.db"
    monkeypatch.setenv("ONCALL_STORE", str(where))
    monkeypatch.setenv("ONCALL_USER", "dave")

    def rotations() -> Path:
        raise AssertionError("nothing is paged here")

    with open_office(str(where), rotations, lambda _: None, drive="own", name="oncall serve") as opened:
        said = oncall("take", "2h", "payments")
        assert said.code == 0, said.err
        (one,) = opened.office.overrides()
        rows = json.loads(oncall("override", "list", "payments", "--store", str(where), "--json").out)["overrides"]
        assert [row["id"] for row in rows if row.get("live")] == [one.id]
        assert oncall("override", "remove", "payments", one.id).code == 0
        assert oncall("override", "remove", "payments", one.id).code == 5
    with open_store(str(where)) as store:
        assert store.overrides() == ()
        ended = store.override(one.id)
    assert ended is not None
    assert (ended.team, ended.created_by, ended.ended_by, ended.ended_why) == ("payments", "dave", "dave", "cancelled")
