"""`oncall token` and `oncall key`: shown once, kept as a digest, revoked for good; by whoever has the store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.paging.token import digest_of
from oncall_rota.store import open_store
from oncall_rota.wiring.office import open_office

Oncall = Callable[..., Any]


@pytest.fixture(autouse=True)
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store is, or will be."""
    where = folder.parent / "oncall.db"
    monkeypatch.setenv("ONCALL_STORE", str(where))
    return where


def test_a_token_is_printed_once_and_its_digest_kept(oncall: Oncall, store: Path) -> None:
    """Nobody who reads the store, or the list, can use it."""
    made = oncall("token", "create", "responder", "alice, laptop", "--person", "alice", "--expires", "90d")
    token = made.out.strip()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert "responder, alice, laptop, for alice, until " in made.err
    with open_store(str(store)) as opened:
        (kept,) = opened.tokens()
    assert (kept.scope, kept.person, kept.digest) == ("responder", "alice", digest_of(token))
    assert token not in oncall("token", "list").out
    assert token.encode() not in store.read_bytes()


def test_a_revoked_token_stays_in_the_list(oncall: Oncall) -> None:
    """And revoking it again changes nothing."""
    made = json.loads(oncall("token", "create", "board", "kitchen", "--json").out)
    first = oncall("token", "revoke", made["id"], "--json")
    again = oncall("token", "revoke", made["id"], "--json")
    assert json.loads(first.out)["tokens"] == json.loads(again.out)["tokens"]
    (told,) = json.loads(oncall("token", "list", "--json").out)["tokens"]
    assert told["status"] == "revoked"
    assert told["revoked_at"]
    assert oncall("token", "list").out.split("\t")[:4] == [made["id"], "revoked", "board", "kitchen"]


def test_what_has_no_meaning_is_refused(oncall: Oncall) -> None:
    """A scope, a source, a person, a team or an id that is not there."""
    for words, code, text in (
        (("create", "respnder", "x"), 2, "did you mean 'responder'?"),
        (("create", "source", "prod-am"), 5, "no source 'prod-am' in oncall.yaml"),
        (("create", "feed", "x", "--person", "zoe"), 5, "no person 'zoe'"),
        (("create", "feed", "x", "--team", "paymnts"), 5, "did you mean 'payments'?"),
        (("create", "feed", "two\nlines"), 2, "one short line"),
        (("create", "board", "x", "--expires", "soon"), 2, "--expires"),
    ):
        found = oncall("token", *words)
        assert (found.code, found.out) == (code, ""), words
        assert text in found.err, words
    oncall("token", "create", "board", "x")
    assert oncall("token", "revoke", "nope").code == 5


def test_dry_runs_write_nothing(oncall: Oncall, store: Path) -> None:
    """Not even a store."""
    assert oncall("token", "create", "admin", "ci", "--dry-run").out == ""
    assert oncall("key", "rotate", "--dry-run").code == 0
    assert not store.exists()
    made = json.loads(oncall("token", "create", "board", "kitchen", "--json").out)
    assert "would be revoked" in oncall("token", "revoke", made["id"], "--dry-run").err
    assert json.loads(oncall("token", "list", "--json").out)["tokens"][0]["status"] == "valid"


def test_two_keys_are_good_at_a_time(oncall: Oncall) -> None:
    """The third rotation ends what the first key has signed."""
    signs = [json.loads(oncall("key", "rotate", "--json").out) for _ in range(3)]
    assert [len(each["good"]) for each in signs] == [1, 2, 2]
    assert signs[2]["good"] == [signs[2]["signs"], signs[1]["signs"]]


def test_whoever_has_the_store_does_it_for_others(folder: Path, store: Path, oncall: Oncall) -> None:
    """A server need not end for it."""
    held: AbstractContextManager[Any] = open_office(str(store), lambda: folder, print, drive="all", name="oncall serve")
    with held as opened:
        made = json.loads(oncall("token", "create", "board", "kitchen", "--json").out)
        assert [each.id for each in opened.office.tokens()] == [made["id"]]
        assert oncall("token", "list").out.startswith(made["id"])
        assert oncall("token", "revoke", made["id"]).code == 0
        assert oncall("token", "revoke", "nope").code == 5
        assert opened.office.tokens()[0].revoked_at is not None
        rotated = json.loads(oncall("key", "rotate", "--json").out)
        assert rotated["good"] == [each.id for each in opened.store.link_keys()]
