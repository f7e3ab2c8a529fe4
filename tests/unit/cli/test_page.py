"""`oncall page --direct`: pages without a server and without a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

TUESDAY = "2026-01-06T12:00:00Z"  # alice's first week
SETTINGS = """\
notifiers:
  screen: {type: console, to: name}
  relay: {type: exec, to: phone, command: [send-sms]}
last_resort: {every: 5m, targets: [carol]}
"""
PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com, phone: "+447700900101", notify: [0m: relay, 5m: screen]}
bob: {name: Bob Brown, email: bob@example.com, notify: [0m: screen]}
carol: {name: Carol Chen, email: carol@example.com, phone: "+447700900103", notify: [0m: screen, 0m: relay]}
dave: {name: Dave Díaz, email: dave@example.com}
"""
ESCALATION = """\
escalation:
  - {notify: primary, wait: 5m}
  - {notify: secondary, wait: 5m}
"""
Oncall = Callable[..., Any]


@pytest.fixture
def paging(folder: Path, oncall: Oncall) -> Oncall:
    """The folder of the command line's tests with channels, of which `relay` is not allowed to run anything."""
    (folder / "oncall.yaml").write_text(SETTINGS)
    (folder / "people.yaml").write_text(PEOPLE)
    with (folder / "payments.yaml").open("a") as file:
        file.write(ESCALATION)

    def call(*arguments: str, stdin: bytes | None = None) -> Any:
        with freeze_time(TUESDAY):
            return oncall("page", *arguments, stdin=stdin)

    return call


def test_where_a_channel_refuses_the_next_rule_follows_at_once(paging: Oncall) -> None:
    """alice's relay may not run here; her second rule would come after five minutes."""
    said = paging("payments", "the shop is down", "--direct")
    relay, screen = said.out.splitlines()
    assert relay.startswith("relay\tAlice Adams\trefused: ")
    assert screen == "screen\tAlice Adams\tsent"
    assert said.code == 0
    assert "--- screen to Alice Adams" in said.err
    assert "critical payments: the shop is down" in said.err
    assert "nobody escalates it" in said.err


def test_a_page_to_a_person_goes_by_their_rules(paging: Oncall) -> None:
    """bob has one."""
    said = paging("person:bob", "please call", "--direct")
    assert (said.code, said.out) == (0, "screen\tBob Brown\tsent\n")


def test_via_one_channel_only(paging: Oncall) -> None:
    """alice on the screen at once, and nobody else."""
    said = paging("payments", "now", "--direct", "--via", "screen")
    assert (said.code, said.out) == (0, "screen\tAlice Adams\tsent\n")
    said = paging("payments", "now", "--direct", "--via", "scren")
    assert said.code == 5
    assert "there is screen, relay" in said.err


def test_when_nobody_takes_it_the_steps_and_the_last_resort_follow_and_the_exit_code_tells(paging: Oncall) -> None:
    """By the relay alone: alice, then secondary's bob, who has no number, then carol as the last resort."""
    said = paging("payments", "now", "--direct", "--via", "relay")
    assert said.code == 6
    people = [line.split("\t")[1] for line in said.out.splitlines()]
    assert people[:2] == ["Alice Adams", "Carol Chen"]
    assert "no channel reaches bob" in said.err
    assert "no channel took the page" in said.err


def test_a_dry_run_says_whom_and_sends_nothing(paging: Oncall) -> None:
    """The relay seems to take it."""
    said = paging("payments", "--dry-run")
    assert (said.code, said.out) == (0, "relay\tAlice Adams\twould be sent\n")
    assert "---" not in said.err


def test_the_message_may_come_from_standard_input_and_is_cleaned(paging: Oncall) -> None:
    """Control characters reach nobody's terminal."""
    said = paging("person:bob", "-", "--direct", stdin=b"disk \x1b[31mfull\x1b[0m\non db-1\n")
    assert "critical you: disk [31mfull [0m on db-1\n" in said.err
    assert "\x1b" not in said.err


def test_a_service_names_its_runbook(paging: Oncall) -> None:
    """And an unknown one is refused."""
    said = paging("payments", "slow", "--service", "card-api", "--direct")
    assert "https://runbooks.example.com/card-api" in said.err
    assert paging("payments", "slow", "--service", "cart", "--direct").code == 5


def test_names_that_mean_nothing_or_two_things(paging: Oncall, folder: Path) -> None:
    """A team and a person of one name need a word."""
    assert paging("paymets", "x", "--direct").code == 5
    assert "payments" in paging("paymets", "x", "--direct").err
    with (folder / "people.yaml").open("a") as file:
        file.write("web: {name: Web Webster, email: web@example.com, notify: [0m: screen]}\n")
    said = paging("web", "x", "--direct")
    assert (said.code, "team:web or person:web" in said.err) == (2, True)
    assert paging("person:web", "x", "--direct").out == "screen\tWeb Webster\tsent\n"


def test_a_team_whose_file_has_no_meaning_is_no_unknown_name(paging: Oncall, folder: Path) -> None:
    """Its problems are shown."""
    (folder / "web.yaml").write_text("team: web\n")
    said = paging("web", "x", "--direct")
    assert said.code == 4
    assert "web.yaml:1" in said.err


def test_a_page_that_is_to_be_followed_needs_a_server(paging: Oncall) -> None:
    """It is not sent silently once."""
    said = paging("payments", "x")
    assert (said.code, said.out) == (2, "")
    assert "--direct" in said.err
