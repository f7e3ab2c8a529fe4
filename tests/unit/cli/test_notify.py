"""`oncall notify test`: does a page reach this person?"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from oncall_rota.paging.ports.notifier import NotifierError

SETTINGS = """\
notifiers:
  screen: {type: console, to: name}
  relay: {type: exec, to: phone, command: [/usr/bin/tee, PAGED]}
  mail: {type: smtp, to: email, host: mx.example.com, from: oncall@example.com, password: {env: MAIL_PASSWORD}}
  chat: {type: slack, to: slack, token: {env: SLACK_TOKEN}}
"""
PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com, phone: "+447700900101", notify: [0m: relay]}
bob: {name: Bob Brown}
"""
TWO_COMMANDS = """\
notifiers:
  first: {{type: exec, to: phone, command: [/bin/sh, -c, {first}]}}
  second: {{type: exec, to: phone, command: [/bin/sh, -c, {second}]}}
"""
Oncall = Callable[..., Any]


@pytest.fixture
def paging(folder: Path, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """Channels of which `relay` writes what it is given into a file, and `mail` has no password."""
    monkeypatch.setenv("ONCALL_ALLOW_EXEC", "1")
    (folder / "oncall.yaml").write_text(SETTINGS.replace("PAGED", str(folder.parent / "paged")))
    (folder / "people.yaml").write_text(PEOPLE)

    def call(*arguments: str) -> Any:
        return oncall("notify", "test", *arguments)

    return call


def test_every_channel_with_an_address_is_tried_and_each_tells_how_it_went(paging: Oncall, folder: Path) -> None:
    """Whatever alice's rules say; her addresses are masked, and what she lacks is told."""
    said = paging("alice")
    assert said.out.splitlines() == [
        "screen\tAl…ms\tsent",
        "relay\t+4…01\tsent",
        "mail\ta…@example.com\trefused: notifiers.mail: password: $MAIL_PASSWORD is not set",
    ]
    assert said.code == 0
    assert "Alice Adams has no address for chat (slack)" in said.err
    assert "1 of 3 channels did not take it" in said.err
    assert "700900" not in said.out + said.err


def test_it_says_that_it_is_a_test_and_is_as_loud_as_a_page_at_night(paging: Oncall, folder: Path) -> None:
    """Nobody gets up for it, and nobody sleeps through what tests the night."""
    paging("alice", "--via", "relay")
    text = (folder.parent / "paged").read_text()
    assert text.startswith("test critical you: this tests relay; nothing has happened")
    assert "oncall ack" not in text


def test_via_one_channel_only(paging: Oncall, folder: Path) -> None:
    """No other is tried, and nothing is said of others."""
    said = paging("alice", "--via", "screen")
    assert (said.code, said.out) == (0, "screen\tAl…ms\tsent\n")
    assert "no address" not in said.err
    assert not (folder.parent / "paged").exists()


def test_exit_code_6_when_no_channel_took_it(paging: Oncall) -> None:
    """The reason stands on standard output."""
    said = paging("alice", "--via", "mail")
    assert (said.code, said.out.startswith("mail\ta…@example.com\trefused: ")) == (6, True)
    assert "no channel took the test" in said.err


def test_a_dry_run_sends_nothing_and_needs_no_secret(paging: Oncall, folder: Path) -> None:
    """It says by which channels it would."""
    said = paging("alice", "--dry-run")
    assert said.code == 0
    assert [line.split("\t")[2] for line in said.out.splitlines()] == ["would be sent"] * 3
    assert "---" not in said.err
    assert not (folder.parent / "paged").exists()


def test_for_programs_there_is_json(paging: Oncall) -> None:
    """Masked as well."""
    said = paging("alice", "--json")
    assert json.loads(said.out) == {
        "version": 1,
        "person": "alice",
        "dry_run": False,
        "results": [
            {"channel": "screen", "address": "Al…ms", "sent": True, "error": None},
            {"channel": "relay", "address": "+4…01", "sent": True, "error": None},
            {
                "channel": "mail",
                "address": "a…@example.com",
                "sent": False,
                "error": "notifiers.mail: password: $MAIL_PASSWORD is not set",
            },
        ],
        "without_address": ["chat"],
    }
    dry = json.loads(paging("alice", "--json", "--dry-run").out)
    assert (dry["dry_run"], {each["sent"] for each in dry["results"]}) == (True, {False})
    assert paging("alice", "-o", "yaml").code == 2


def test_on_a_terminal_there_is_a_table_and_reasons_are_whole(
    paging: Oncall, on_terminal: Oncall, folder: Path
) -> None:
    """Even where a column would cut them."""
    said = on_terminal("notify", "test", "alice", width=50, env={"NO_COLOR": "1"})
    lines = [line.rstrip() for line in said.out.splitlines()]
    assert "CHANNEL  ADDRESS         RESULT" in lines
    assert "relay    +4…01           sent" in lines
    assert "mail     a…@example.com  refused" in lines
    assert "warning: mail: notifiers.mail: password: $MAIL_PASSWORD is not set" in " ".join(map(str.strip, lines))


def test_names_that_nobody_has(paging: Oncall) -> None:
    """Exit code 5, and what there is."""
    said = paging("alise")
    assert (said.code, "did you mean 'alice'?" in said.err) == (5, True)
    said = paging("alice", "--via", "rely")
    assert (said.code, "did you mean 'relay'?" in said.err) == (5, True)


def test_a_people_file_without_meaning_is_no_unknown_name(paging: Oncall, folder: Path) -> None:
    """Its line is shown."""
    (folder / "people.yaml").write_text("alice: {name: [\n")
    said = paging("alice")
    assert (said.code, "people.yaml:" in said.err) == (4, True)


def test_who_has_no_address_is_told_which_to_write(paging: Oncall, folder: Path) -> None:
    """Exit code 6: nothing would reach them."""
    said = paging("bob", "--via", "relay")
    assert (said.code, said.out) == (6, "")
    assert "Bob Brown has no address for relay" in said.err
    assert "give bob phone in people.yaml" in said.err
    (folder / "oncall.yaml").write_text(SETTINGS.replace("  screen: {type: console, to: name}\n", ""))
    said = paging("bob", "--dry-run")
    assert said.code == 6
    assert "give bob phone or email or slack in people.yaml" in said.err
    (folder / "oncall.yaml").unlink()
    said = paging("bob")
    assert (said.code, "oncall.yaml has no channels" in said.err) == (6, True)


def test_a_mistake_in_a_channel_is_told_beside_the_others(paging: Oncall, folder: Path) -> None:
    """They are tested all the same."""
    with (folder / "oncall.yaml").open("a") as file:
        file.write("  odd: {type: ntfy, to: phone, url: nowhere}\n")
    said = paging("alice", "--via", "screen")
    assert said.code == 0
    assert "a mistake at oncall.yaml:6" in said.err


def test_channels_are_tried_at_the_same_time(paging: Oncall, folder: Path) -> None:
    """Each of two commands waits for the other, through a pipe that both must have open."""
    pipe = folder.parent / "pipe"
    os.mkfifo(pipe)
    text = TWO_COMMANDS.format(first=f'"echo both > {pipe}"', second=f'"read word < {pipe} && test $word = both"')
    (folder / "oncall.yaml").write_text(text)
    said = paging("alice")
    assert said.out == "first\t+4…01\tsent\nsecond\t+4…01\tsent\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds are short."""
    monkeypatch.setattr("oncall_rota.cli.notify.ATTEMPT", timedelta(milliseconds=300))


def test_a_command_that_does_not_end_is_ended(
    paging: Oncall, folder: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it did until then nobody knows."""
    monkeypatch.setattr("oncall_rota.cli.notify.GRACE", 60.0)  # it ends the wait itself
    (folder / "oncall.yaml").write_text(
        "notifiers: {relay: {type: exec, to: phone, command: [/usr/bin/tail, -f, /dev/null]}}\n"
    )
    said = paging("alice")
    assert said.code == 6
    assert "the command of relay did not end in time; it may have arrived all the same" in said.out


def test_somebody_elses_notifier_may_fail_in_any_way(
    paging: Oncall, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that never comes back and one that breaks; the third sends."""
    over = Event()

    class Odd:
        def __init__(self, name: str) -> None:
            self.name = name

        def send(self, *_: object) -> None:
            if self.name == "relay":
                over.wait(60)
            if self.name == "mail":
                raise KeyError("+447700900101")

    monkeypatch.setattr("oncall_rota.notifiers.registry.make", lambda channel, *_: Odd(channel.name))
    monkeypatch.setattr("oncall_rota.cli.notify.GRACE", 0.7)
    try:
        said = paging("alice")
    finally:
        over.set()
    assert said.out.splitlines() == [
        "screen\tAl…ms\tsent",
        "relay\t+4…01\trefused: no end after 0.3 s",
        "mail\ta…@example.com\trefused: the notifier failed: KeyError",
    ]


def test_what_a_folder_or_a_notifier_says_reaches_a_terminal_cleaned(
    paging: Oncall, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and reasons are data."""
    (folder / "people.yaml").write_text('alice: {name: "Alice \\e[31mAdams", phone: "+447700900101"}\n')

    def make(*_: object) -> None:
        raise NotifierError("\x1b]0;owned\x07 is what the provider said")

    monkeypatch.setattr("oncall_rota.notifiers.registry.make", make)
    said = paging("alice", "--via", "relay")
    assert said.out == "relay\t+4…01\trefused: ␛]0;owned␇ is what the provider said\n"
    assert "\x1b" not in said.err
    said = paging("alice", "--via", "mail")
    assert "Alice ␛[31mAdams has no address for mail" in said.err
