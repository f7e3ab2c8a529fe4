"""`oncall page` with `$ONCALL_SERVER`: followed there; and where it is dead, silent or odd, sent from the checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from night_house import NightOfLinks
from there import Loopback, NightServer, Silent, nobody

from oncall_rota.paging.ports.store import StoreFailed

Oncall = Callable[..., Any]
DOWN = ("page", "payments", "the shop is down")


def test_the_server_takes_it_and_it_is_followed_until_somebody_acknowledges(
    there: NightServer, night: NightOfLinks, oncall: Oncall
) -> None:
    """With all that happens meanwhile; alice is on call there, whatever the checkout says."""
    there.then = {
        2: lambda: night.passes("6m"),
        4: lambda: night.acknowledges("bob", night.store.incidents()[0].id),
    }
    said = oncall(*DOWN)
    incident, status, by = said.out.strip().split("\t")
    assert (said.code, status, by) == (0, "acknowledged", "bob")
    told = [line.partition("  ")[2] for line in said.err.splitlines()]
    assert told[0] == f"incident {incident}: critical payments: the shop is down"
    assert "drives it, with and without this command" in told[1]
    assert "push to Alice Adams: sent" in told
    assert "push to Bob Brown: sent" in told
    assert "acknowledged by bob, cli" in told
    assert "nobody" not in said.err


def test_with_no_wait_it_leaves_when_a_channel_has_taken_it(there: NightServer, oncall: Oncall) -> None:
    """The server goes on with it, so there is nothing to warn of."""
    said = oncall(*DOWN, "--no-wait", "--json")
    told = json.loads(said.out)
    assert (said.code, told["outcome"], told["driven_by"]) == (0, "taken", f"the server {there.url[7:]}")
    assert "warning" not in said.err


def test_a_wait_that_is_over_says_who_goes_on(there: NightServer, oncall: Oncall) -> None:
    """Exit code 7."""
    said = oncall(*DOWN, "--wait", "1s")
    assert (said.code, f"the server {there.url[7:]} goes on with it" in said.err) == (7, True)


def test_the_same_key_joins_what_is_open(there: NightServer, night: NightOfLinks, oncall: Oncall) -> None:
    """And nobody is paged twice."""
    oncall(*DOWN, "--no-wait", "--dedup-key", "k")
    there.then = {there.looks + 2: lambda: night.acknowledges("bob", night.store.incidents()[0].id)}
    said = oncall(*DOWN, "--dedup-key", "k")
    assert (said.code, "is open already" in said.err) == (0, True)
    assert night.channels_to("alice") == ["push"]


def test_without_a_checkout_the_server_knows_the_names(
    there: NightServer, night: NightOfLinks, oncall: Oncall, folder: Path
) -> None:
    """And who is unknown to it as well is unknown."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert oncall("page", "person:carol", "please call", "--no-wait").code == 0
    assert night.channels_to("carol") == ["push"]
    assert oncall("page", "paymets", "x").code == 5


# -- dead, silent, odd: it goes directly, to bob, who is on call by the checkout


def directly(said: Any) -> str:
    """What was said of a page that went directly; it is loud, and exits with 7 as nobody can acknowledge."""
    assert said.code == 7, said
    assert "it is paged --direct, without a server" in said.err
    assert "screen  Bob Brown  sent" in said.err
    assert "it was paged once, directly" in said.err
    err: str = said.err
    return err


def test_a_server_that_does_not_run(hurried: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried for a while, as it may be starting."""
    monkeypatch.setenv("ONCALL_SERVER", nobody())
    assert "refused the connection" in directly(hurried(*DOWN))


def test_a_server_that_starts_in_time_is_not_passed_over(
    there: NightServer, night: NightOfLinks, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart takes a second or two."""
    url = there.url

    def starts(_: float) -> None:
        monkeypatch.setenv("ONCALL_SERVER", url)

    from oncall_rota.paging.signal import Signal
    from oncall_rota.remote.address import address
    from oncall_rota.remote.office import HttpOffice
    from oncall_rota.remote.server import Answered, Server, Unanswered
    from oncall_rota.wiring.outbound import asking

    tries: list[str] = []

    def ask(method: str, address: str, headers: Any, body: Any, seconds: float) -> Answered:
        tries.append(method)
        if len(tries) < 3:
            raise Unanswered("127.0.0.1 refused the connection", unsure=False)
        return asking()(method, address, headers, body, seconds)

    office = HttpOffice(Server(address(url), there.token, ask), pause=starts)
    assert office.signal(Signal("cli", "k", "please call", team="payments")).what == "opened"
    assert (len(tries), night.channels_to("alice")) == (3, ["push"])


def test_a_server_that_takes_it_and_never_answers(hurried: Oncall, silent: Silent) -> None:
    """It may have it, under the same id and key as what went directly."""
    err = directly(hurried(*DOWN, "--dedup-key", "k"))
    assert "did not answer in time" in err
    assert "unless the server has taken it after all, under the same id and key" in err
    assert "--dedup-key k" in err
    silent.close()
    head, _, body = silent.taken[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/pages ")
    told = json.loads(body)
    assert (told["target"], told["dedup_key"], len(told["id"])) == ("payments", "k", 16)


def test_an_answer_that_comes_too_late_doubles_nothing(
    there: NightServer, night: NightOfLinks, hurried: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server took it; what went directly has the page id that it sends with, and a second try joins it."""
    sent: list[str] = []
    from oncall_rota.notifiers.console import Console

    real = Console.send

    def send(self: Any, message: Any, address: str, deadline: Any) -> Any:
        sent.append(message.page_id)
        return real(self, message, address, deadline)

    monkeypatch.setattr(Console, "send", send)
    asked = there.asked

    def too_late(seen: Any) -> Any:
        asked(seen)
        return 504, {}, b"the answer came too late"

    there.answers = too_late
    directly(hurried(*DOWN, "--dedup-key", "k"))
    (row,) = night.store.incidents()
    assert row.key == "k"
    assert [page.id for page in night.pages(row.id)] == sent == [f"{row.id}-1"]
    there.answers = asked
    assert hurried(*DOWN, "--dedup-key", "k", "--no-wait").out.split("\t")[0] == row.id
    assert night.channels_to("alice") == ["push"]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 502, 503])
def test_a_server_that_answers_otherwise(status: int, hurried: Oncall, loopback: Loopback) -> None:
    """Whatever it is, the page is not silent; and nothing is asked for ever."""
    loopback.says(status, {"detail": "no"}, Location="https://elsewhere.example.com/")
    err = directly(hurried(*DOWN))
    assert "planted-token" not in err
    assert len(loopback.seen) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"{}", b'{"incident": {}}', b'{"incident": 7}'])
def test_a_server_that_talks_nonsense(body: bytes, hurried: Oncall, loopback: Loopback) -> None:
    """2xx is no proof."""
    loopback.says(201, body)
    assert "cannot be used" in directly(hurried(*DOWN))


def test_a_token_that_is_not_known(there: NightServer, hurried: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has expired at night keeps nobody from paging."""
    monkeypatch.setenv("ONCALL_TOKEN", "planted-token")
    err = directly(hurried(*DOWN))
    assert "does not let us in" in err
    assert "planted-token" not in err


def test_a_server_whose_store_has_failed_pages_from_memory_too(
    there: NightServer, night: NightOfLinks, hurried: Oncall
) -> None:
    """Both have the same page id."""
    night.disk.broken = StoreFailed("full", "the disk is full")
    err = directly(hurried(*DOWN))
    assert "the disk is full" in err
    assert re.search(r"the server 127\.0\.0\.1:\d+ pages for it from memory, too", err)


def test_a_server_that_dies_while_it_is_followed(
    there: NightServer, hurried: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while it is paged once more."""
    monkeypatch.setattr("oncall_rota.cli.page_follow.LOST", 0.2)
    asked = there.asked

    def dies(seen: Any) -> Any:
        return asked(seen) if there.looks < 2 else (502, {}, b"")

    there.answers = dies
    err = directly(hurried(*DOWN))
    assert "the incident cannot be seen any more" in err
    assert "the server, which had taken it, goes on with it when it works again" in err


def test_what_is_sent_directly_for_want_of_a_store_has_the_id_of_its_incident(
    hurried: Oncall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without any server: what the store took before it failed, and what went directly, are one page."""
    from oncall_rota.cli.page_raised import Raised
    from oncall_rota.notifiers.console import Console

    sent: list[str] = []
    real = Console.send

    def send(self: Any, message: Any, address: str, deadline: Any) -> Any:
        sent.append(message.page_id)
        return real(self, message, address, deadline)

    def fails(self: Raised) -> Any:
        raise StoreFailed("io", "the disk is gone")

    monkeypatch.setattr(Console, "send", send)
    monkeypatch.setattr(Raised, "story", fails)
    said = hurried(*DOWN, "--store", str(tmp_path / "oncall.db"))
    assert (said.code, "it is paged --direct, without a store" in said.err) == (7, True)
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_nobody_knows_whom_to_page(hurried: Oncall, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server, and no files: it says so, and that nobody was told."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    monkeypatch.setenv("ONCALL_SERVER", nobody())
    said = hurried(*DOWN)
    assert (said.code, "so nobody can be paged without the server" in said.err) == (6, True)
