"""`oncall ical url`, `list`, `revoke` and `rotate`: addresses of feeds, by whoever has the store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.paging.token import digest_of, used
from oncall_rota.store import open_store
from oncall_rota.wiring.office import open_office

Oncall = Callable[..., Any]
PUBLIC = "https://oncall.example.com"


@pytest.fixture(autouse=True)
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store is, or will be; the server has an address."""
    where = folder.parent / "oncall.db"
    monkeypatch.setenv("ONCALL_STORE", str(where))
    (folder / "oncall.yaml").write_text(f"server: {{public_url: {PUBLIC}/}}\n")
    return where


def test_an_address_is_printed_once_for_every_kind_of_calendar(oncall: Oncall, store: Path) -> None:
    """For programs, for Apple's and Outlook's, and for Google's; the store has its digest alone."""
    made = oncall("ical", "url", "payments", "--label", "alice, phone", "--expires", "52w")
    rows = dict(line.split("\t") for line in made.out.splitlines())
    found = re.fullmatch(rf"{re.escape(PUBLIC)}/ical/([A-Za-z0-9_-]{{43}})/payments\.ics", rows["https"])
    assert found is not None
    bare = f"//oncall.example.com/ical/{found[1]}/payments.ics"
    assert rows["webcal"] == f"webcal:{bare}"
    escaped = bare.replace("/", "%2F")
    assert rows["google"] == f"https://calendar.google.com/calendar/r?cid=webcal%3A{escaped}"
    assert "alice, phone, of payments only, until " in made.err
    assert "Google looks again when it wants" in made.err
    with open_store(str(store)) as opened:
        (kept,) = opened.tokens()
    assert (kept.scope, kept.team, kept.person, kept.label) == ("feed", "payments", None, "alice, phone")
    assert kept.digest == digest_of(found[1])
    assert found[1] not in oncall("ical", "list").out
    assert found[1].encode() not in store.read_bytes()


def test_each_feed_has_its_address(oncall: Oncall) -> None:
    """Of a schedule, of a person, and of gaps; a token knows for whom and for what it is."""
    for words, file, person, team in (
        (("payments/secondary",), "payments/secondary.ics", None, "payments/secondary"),
        (("--person", "carol"), "me.ics", "carol", None),
        (("payments", "--gaps"), "gaps.ics", None, "payments"),
        (("--gaps",), "gaps.ics", None, None),
    ):
        (made,) = json.loads(oncall("ical", "url", *words, "--json").out)["feeds"]
        assert made["urls"]["https"].endswith(f"/{file}"), words
        assert (made["person"], made["team"]) == (person, team)


def test_the_list_tells_when_and_by_what_an_address_was_used(oncall: Oncall, store: Path) -> None:
    """And has no other tokens."""
    (made,) = json.loads(oncall("ical", "url", "payments", "--json").out)["feeds"]
    oncall("token", "create", "board", "kitchen")
    with open_store(str(store)) as opened:
        used(opened, made["id"], opened.now(), "Thunderbird/128.0\x1b[31m")
    (told,) = json.loads(oncall("ical", "list", "--json").out)["feeds"]
    assert told["agent"] == "Thunderbird/128.0 [31m"
    assert told["used_at"] is not None
    (row,) = oncall("ical", "list").out.splitlines()
    assert row.split("\t")[:5] == [made["id"], "valid", "payments", "-", "payments"]
    assert row.split("\t")[8] == "Thunderbird/128.0 [31m"


def test_a_rotated_address_is_another_one_for_the_same_feed(oncall: Oncall) -> None:
    """The old one is revoked, after the new one was told."""
    (old,) = json.loads(oncall("ical", "url", "--person", "carol", "--label", "laptop", "--json").out)["feeds"]
    (new,) = json.loads(oncall("ical", "rotate", old["id"], "--json").out)["feeds"]
    assert new["urls"]["https"] != old["urls"]["https"]
    assert new["urls"]["https"].endswith("/me.ics")
    told = json.loads(oncall("ical", "list", "--json").out)["feeds"]
    assert [(each["id"], each["status"], each["label"], each["person"]) for each in told] == [
        (old["id"], "revoked", "laptop", "carol"),
        (new["id"], "valid", "laptop", "carol"),
    ]
    again = oncall("ical", "rotate", old["id"])
    assert (again.code, again.out) == (2, "")


def test_an_address_is_revoked_and_nothing_else_is(oncall: Oncall) -> None:
    """A token of another scope is no feed."""
    (made,) = json.loads(oncall("ical", "url", "payments", "--json").out)["feeds"]
    board = json.loads(oncall("token", "create", "board", "kitchen", "--json").out)
    assert oncall("ical", "revoke", board["id"]).code == 5
    assert oncall("ical", "revoke", made["id"]).code == 0
    kept = json.loads(oncall("token", "list", "--json").out)["tokens"]
    assert [each["status"] for each in kept] == ["revoked", "valid"]


def test_dry_runs_of_addresses_write_nothing(oncall: Oncall, store: Path) -> None:
    """Not even a store."""
    told = oncall("ical", "url", "payments", "--dry-run")
    assert (told.code, told.out) == (0, "")
    assert "payments.ics would be made" in told.err
    assert not store.exists()
    (made,) = json.loads(oncall("ical", "url", "payments", "--json").out)["feeds"]
    for command in ("revoke", "rotate"):
        assert "nothing is written" in oncall("ical", command, made["id"], "--dry-run").err
    (told,) = json.loads(oncall("ical", "list", "--json").out)["feeds"]
    assert told["status"] == "valid"


def test_what_cannot_be_an_address_is_refused(oncall: Oncall, folder: Path) -> None:
    """Nothing asked for, two things at once, nobody's name; and a server without an address."""
    for words, code, text in (
        ((), 2, "an address of what?"),
        (("payments", "--person", "carol"), 2, "an address of what?"),
        (("payments/primary", "--gaps"), 2, "--gaps is of a team"),
        (("paymnts",), 5, "did you mean 'payments'?"),
        (("payments/third",), 5, "no schedule 'third'"),
        (("--person", "zoe"), 5, "no person 'zoe'"),
        (("payments", "--label", "two\nlines"), 2, "one short line"),
        (("payments", "--expires", "soon"), 2, "--expires"),
    ):
        found = oncall("ical", "url", *words)
        assert (found.code, found.out) == (code, ""), words
        assert text in found.err, words
    oncall("ical", "url", "payments")
    for command in ("revoke", "rotate"):
        assert oncall("ical", command, "nope").code == 5
    (folder / "oncall.yaml").unlink()
    found = oncall("ical", "url", "payments")
    assert (found.code, found.out) == (4, "")
    assert "server: {public_url: " in found.err


def test_a_server_without_https_has_no_address_for_google(oncall: Oncall, folder: Path) -> None:
    """It could not read it."""
    (folder / "oncall.yaml").write_text("server: {public_url: 'http://127.0.0.1:8080'}\n")
    rows = [line.split("\t")[0] for line in oncall("ical", "url", "payments").out.splitlines()]
    assert rows == ["http", "webcal"]


def test_whoever_has_the_store_makes_addresses_for_others(folder: Path, store: Path, oncall: Oncall) -> None:
    """A server need not end for it."""
    held: AbstractContextManager[Any] = open_office(str(store), lambda: folder, print, drive="all", name="oncall serve")
    with held as opened:
        (made,) = json.loads(oncall("ical", "url", "payments/primary", "--json").out)["feeds"]
        assert [each.id for each in opened.office.tokens()] == [made["id"]]
        used(opened.store, made["id"], opened.store.now(), "khal")
        (told,) = json.loads(oncall("ical", "list", "--json").out)["feeds"]
        assert told["agent"] == "khal"
        (new,) = json.loads(oncall("ical", "rotate", made["id"], "--json").out)["feeds"]
        assert oncall("ical", "revoke", new["id"]).code == 0
        assert all(each.revoked_at is not None for each in opened.office.tokens())
