"""`oncall page`: with `--direct` without a store; else it stays until somebody acknowledges."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from oncall_rota.cli.incident_office import Driving
from oncall_rota.cli.page_raised import Raised
from oncall_rota.control.owner import Opened
from oncall_rota.control.wire import Greeting
from oncall_rota.errors import OfficeGone
from oncall_rota.paging.incident import Incident
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.saved import row_of
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.store.sqlite import SqliteStore
from oncall_rota.wiring.office import open_office

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
    assert "only by best effort (screen): nobody knows whether such a page arrives" in said.err


def test_a_page_without_a_store_promises_no_way_to_acknowledge_it(paging: Oncall) -> None:
    """Its code is kept nowhere."""
    said = paging("person:bob", "please call", "--direct")
    assert "nothing acknowledges it" in said.err
    assert "oncall ack" not in said.err


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


def test_a_dry_run_for_a_script_is_json(paging: Oncall) -> None:
    """With nobody that a channel reaches, too."""
    said = paging("payments", "--dry-run", "--json")
    (page,) = json.loads(said.out)["would_page"]
    assert (said.code, page["channel"], page["person"], page["to"]) == (0, "relay", "alice", "Alice Adams")
    said = paging("person:dave", "--dry-run", "--json", "--via", "relay")
    assert (json.loads(said.out)["dry_run"], said.code) == (True, 0)


def test_the_message_may_come_from_standard_input_and_is_cleaned(paging: Oncall) -> None:
    """Control characters reach nobody's terminal."""
    said = paging("person:bob", "-", "--direct", stdin=b"disk \x1b[31mfull\x1b[0m\non db-1\n")
    assert "critical you: disk [31mfull [0m on db-1\n" in said.err
    assert "\x1b" not in said.err


def test_a_service_names_its_runbook(paging: Oncall) -> None:
    """And an unknown one is refused."""
    said = paging("payments", "slow", "--service", "card-api", "--direct")
    assert "https://runbooks.example.com/card-api" in said.err
    said = paging("payments", "slow", "--service", "cart-api", "--direct")
    assert (said.code, "did you mean 'card-api'?" in said.err) == (5, True)
    assert "a team's file lists its services" in paging("web", "slow", "--service", "card", "--direct").err


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
    said = paging("web", "x", "--dry-run")
    assert said.code == 4
    assert "web.yaml:1" in said.err


def test_a_team_whose_file_has_no_meaning_is_paged_to_the_last_resort(paging: Oncall, folder: Path) -> None:
    """carol is; whoever broke the file is told where, and whoever pages at night whom it reached."""
    (folder / "web.yaml").write_text("team: web\n")
    said = paging("web", "the shop is down", "--direct")
    assert (said.code, said.out.splitlines()[0]) == (0, "screen\tCarol Chen\tsent")
    assert "web cannot be read, so the last resort is paged: web.yaml:1: " in said.err


def test_where_people_cannot_be_read_an_address_of_the_last_resort_still_is_paged(paging: Oncall, folder: Path) -> None:
    """Nobody's rules are known; the address that is nobody's own stands in another file."""
    (folder / "people.yaml").write_text("alice: {name: [\n")
    (folder / "oncall.yaml").write_text(
        SETTINGS.replace("[carol]", '[{via: screen, address: "the whole room"}]'), encoding="utf-8"
    )
    said = paging("payments", "the shop is down", "--direct")
    assert (said.code, said.out) == (0, "screen\tthe whole room\tsent\n")


def test_a_direct_page_has_nothing_to_wait_for(paging: Oncall) -> None:
    """Options of a page that stays are refused and not passed over."""
    for option in (["--no-wait"], ["--wait", "5m"], ["--dedup-key", "k"], ["--json"]):
        said = paging("payments", "x", "--direct", *option)
        assert (said.code, said.out) == (2, ""), option
    assert paging("payments", "x", "--wait", "5m", "--no-wait").code == 2


# -- pages that stay, on a real store

STAYING = """\
notifiers:
  sms: {type: exec, to: phone, command: [/bin/sh, PHONE]}
last_resort: {every: 5m, targets: [carol]}
"""
REACHED = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: sms]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: sms]}
carol: {name: Carol Chen, phone: "+447700900103", notify: [0m: sms]}
"""
OWN = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 5m}, {notify: bob, wait: 5m}]
severity: {info: none}
services: {card-api: {}}
"""


class Night:
    """A store, and phones whose owners do something when they ring. The command is run for real."""

    def __init__(self, folder: Path, oncall: Oncall) -> None:
        self.folder = folder
        self.store = folder.parent / "oncall.db"
        self._phone = folder.parent / "phone.sh"
        self._oncall = oncall
        self.rings("exit 0")

    def rings(self, script: str) -> None:
        """What happens when a page arrives: a shell script, of which 0 is the end of a page that was taken."""
        here = f'cat >> {self.folder.parent}/sent; oncall() {{ {sys.executable} -m oncall_rota "$@"; }}\n'
        self._phone.write_text(f"export ONCALL_STORE={self.store}; {here}{script}\n")

    @property
    def sent(self) -> str:
        """The text of every page so far."""
        path = self.folder.parent / "sent"
        return path.read_text() if path.exists() else ""

    def page(self, *arguments: str) -> Any:
        """Call `oncall page`."""
        return self._oncall("page", *arguments)


@pytest.fixture
def night(folder: Path, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> Night:
    """payments is alice's; then bob is paged, and carol in the end."""
    made = Night(folder, oncall)
    (folder / "web.yaml").unlink()
    for name, text in (("oncall", STAYING), ("people", REACHED), ("payments", OWN)):
        (folder / f"{name}.yaml").write_text(text.replace("PHONE", str(folder.parent / "phone.sh")))
    monkeypatch.setenv("ONCALL_STORE", str(made.store))
    monkeypatch.setenv("ONCALL_ALLOW_EXEC", "1")
    monkeypatch.setattr("oncall_rota.cli.page_follow.POLL", 0.01)
    return made


def test_it_stays_until_somebody_acknowledges_by_the_code_of_the_page(night: Night, oncall: Oncall) -> None:
    """alice types what her page says, while the command has the store."""
    night.rings("oncall ack $ONCALL_CODE")
    said = night.page("payments", "the shop is down")
    incident, *rest = said.out.strip().split("\t")
    assert (said.code, rest) == (0, ["acknowledged", "alice"])
    told = [line.partition("  ")[2] for line in said.err.splitlines()]
    assert told[0] == f"incident {incident}: critical payments: the shop is down"
    assert [each for each in told if each.startswith(("sms", "ack"))][-1] == "acknowledged by alice, cli"
    assert "nobody drives it after this" in said.err
    assert oncall("incident", "list").out.startswith(incident)


@pytest.mark.parametrize("severity", ["critical", "huge"])
def test_a_full_disk_that_its_talk_goes_to_keeps_nobody_from_being_paged(night: Night, severity: str) -> None:
    """A job that says that the disk is full writes its own words on that disk."""
    night.rings("oncall ack $ONCALL_CODE")
    command = [sys.executable, "-m", "oncall_rota", "page", "payments", "the disk is full", "--severity", severity]
    with Path("/dev/full").open("w") as nowhere:
        found = subprocess.run(command, stdout=subprocess.PIPE, stderr=nowhere, text=True, check=False)
    assert (found.returncode, found.stdout.strip().split("\t")[1:]) == (0, ["acknowledged", "alice"])
    assert "the disk is full" in night.sent


def test_a_reader_who_leaves_does_not_end_what_it_drives(night: Night) -> None:
    """`oncall page … 2>&1 >/dev/null | head -1`: alice's phone refuses, and bob is paged all the same."""
    night.rings('case $ONCALL_TO in *101) exit 1;; esac; sleep 0.2; oncall ack "$ONCALL_CODE"')
    command = f"{sys.executable} -m oncall_rota page payments 'the shop is down' 2>&1 >/dev/null | head -1"
    found = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == "0"


def test_with_no_wait_it_leaves_after_the_first_send_and_says_that_nobody_escalates(night: Night) -> None:
    """One row for a script: which incident it is."""
    said = night.page("payments", "the shop is down", "--no-wait")
    assert (said.code, said.out.split("\t")[1:]) == (0, ["triggered", "-\n"])
    assert "sms to Alice Adams: sent" in said.err
    assert "nobody escalates it after this" in said.err
    assert night.sent.count("the shop is down") == 1


def test_with_no_wait_and_no_channel_that_takes_it(night: Night) -> None:
    """Everybody was tried, the last resort too: exit code 6."""
    night.rings("exit 1")
    said = night.page("payments", "the shop is down", "--no-wait")
    assert said.code == 6
    assert "sms to Carol Chen: refused: the command of sms ended with 1" in said.err
    assert "no channel took the page" in said.err
    assert "nobody drives it now: 'oncall pager run' does" in said.err


def test_an_address_of_the_last_resort_is_not_called_nothing(night: Night) -> None:
    """Nobody's own phone takes it, and the list that all read does: that is said as it is."""
    night.rings("case $ONCALL_TO in *999) exit 0;; esac; exit 1")
    settings = (night.folder / "oncall.yaml").read_text()
    (night.folder / "oncall.yaml").write_text(settings.replace("[carol]", '[{via: sms, address: "+447700900999"}]'))
    said = night.page("payments", "the shop is down", "--no-wait")
    assert said.code == 6
    assert "only an address of the last resort did" in said.err
    assert "no channel took the page" not in said.err


def test_the_screen_of_whoever_pages_is_no_delivery(night: Night) -> None:
    """The phone refused; that the page was written here woke nobody."""
    with (night.folder / "oncall.yaml").open() as file:
        settings = file.read().replace("notifiers:\n", "notifiers:\n  screen: {type: console, to: name}\n")
    (night.folder / "oncall.yaml").write_text(settings)
    (night.folder / "people.yaml").write_text(REACHED.replace("notify: [0m: sms]", "notify: [0m: [screen, sms]]"))
    night.rings("exit 1")
    said = night.page("payments", "the shop is down", "--no-wait")
    assert (said.code, "only by best effort (screen) was the page taken" in said.err) == (6, True)
    night.rings("sleep 0.2; exit 0")
    assert night.page("payments", "the shop is down", "--no-wait").code == 0
    assert night.page("payments", "the shop is down", "--no-wait", "--via", "screen").code == 0


def test_json_tells_how_it_ended(night: Night) -> None:
    """One document, at the end."""
    told = json.loads(night.page("payments", "the shop is down", "--no-wait", "--json", "--service", "card-api").out)
    assert (told["outcome"], told["driven_by"]) == ("taken", None)
    assert (told["incident"]["service"], told["incident"]["source"]) == ("card-api", "cli")


def test_one_who_has_waited_long_enough_is_told_what_goes_on(night: Night) -> None:
    """Exit code 7."""
    said = night.page("payments", "the shop is down", "--wait", "1s")
    assert (said.code, said.out.split("\t")[1]) == (7, "triggered")
    assert "nobody has acknowledged: --wait is over" in said.err
    assert "nobody drives it now: 'oncall pager run' does, and 'oncall ack " in said.err


def test_a_severity_that_is_never_paged_is_no_page(night: Night) -> None:
    """It is recorded, and the command says that nobody was told."""
    said = night.page("payments", "by the way", "--severity", "info")
    assert (said.code, said.out.split("\t")[1]) == (6, "recorded")
    assert "page with --severity critical" in said.err


def test_a_severity_that_nobody_knows_is_critical_and_said(night: Night) -> None:
    """As of any source without a default; a word that monitors use is understood."""
    said = night.page("payments", "the shop is down", "--severity", "critcal", "--no-wait")
    assert (said.code, "no severity 'critcal': it is paged as critical" in said.err) == (0, True)
    assert "critical payments: the shop is down" in night.sent
    said = night.page("payments", "the shop is slow", "--severity", "P2", "--no-wait")
    assert "no severity" not in said.err
    assert "error payments: the shop is slow" in night.sent


def test_pages_of_one_key_are_one_incident_while_it_is_open(night: Night, oncall: Oncall) -> None:
    """A second one pages nobody; when somebody has it, it ends at once, and well."""
    first = night.page("payments", "the shop is down", "--dedup-key", "shop", "--no-wait")
    second = night.page("payments", "the shop is down", "--dedup-key", "shop", "--no-wait")
    incident = first.out.split("\t")[0]
    assert (second.code, second.out.split("\t")[0]) == (0, incident)
    assert f"incident {incident} is open already" in second.err
    assert night.sent.count("the shop is down") == 1
    oncall("ack", incident, "--by", "bob")
    third = night.page("payments", "the shop is down", "--dedup-key", "shop")
    assert (third.code, third.out) == (0, f"{incident}\tacknowledged\tbob\n")
    oncall("resolve", incident, "--by", "bob")
    assert night.page("payments", "x", "--dedup-key", "shop", "--no-wait").out.split("\t")[0] != incident


@pytest.mark.parametrize("broken", ["payments", "oncall", "people"])
@pytest.mark.parametrize("target", ["payments", "alice"])
def test_what_has_just_lost_its_meaning_is_paged_as_it_had_one(night: Night, broken: str, target: str) -> None:
    """At night nobody repairs a file before a page; the store has kept what was good."""
    assert night.page("payments", "while all is well", "--no-wait").code == 0
    (night.folder / f"{broken}.yaml").write_text(": [broken\n")
    said = night.page(target, "the shop is down", "--no-wait")
    assert said.code == 0
    assert f"sms to {'alice' if broken == 'people' else 'Alice Adams'}: sent" in said.err
    assert f"{broken}.yaml:1" in said.err
    assert night.sent.count("the shop is down") == 1


def test_a_team_whose_file_never_had_a_meaning_is_the_last_resorts(night: Night) -> None:
    """And it is said."""
    (night.folder / "payments.yaml").write_text(": [broken\n")
    said = night.page("payments", "the shop is down", "--no-wait")
    assert said.code == 0
    assert "nobody is paged for payments until it is repaired" in said.err
    assert "sms to Carol Chen: sent" in said.err


def test_a_page_to_one_person_by_one_channel(night: Night) -> None:
    """And a channel that there is not."""
    assert night.page("person:bob", "call me", "--via", "sms", "--no-wait").code == 0
    assert "sms to Bob Brown" in night.page("bob", "call me", "--no-wait").err
    said = night.page("bob", "call me", "--via", "sm")
    assert (said.code, "did you mean 'sms'?" in said.err) == (5, True)


def test_other_open_incidents_are_listed_as_nobody_drives_them(night: Night) -> None:
    """This command drives its own one only."""
    incident = night.page("payments", "one", "--no-wait").out.split("\t")[0]
    said = night.page("payments", "two", "--no-wait")
    assert "1 other incident is open, and nobody drives it: oncall pager run" in said.err
    assert f"  {incident}  triggered  critical payments: one" in said.err


def test_where_a_pager_runs_that_one_drives_it(night: Night) -> None:
    """And nothing is to be warned of."""
    with open_office(str(night.store), lambda: night.folder, print, drive="all", name="oncall pager run"):
        said = night.page("payments", "the shop is down", "--no-wait")
    assert said.code == 0
    assert re.search(r"oncall pager run \(process \d+\) drives it, with and without this command", said.err)
    assert "nobody" not in said.err


@pytest.mark.parametrize("leave", [True, False])
def test_when_the_store_fails_it_is_paged_directly_and_loudly(
    night: Night, leave: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never silent: the same text, and an exit code that says that nobody has acknowledged."""
    monkeypatch.setenv("ONCALL_STORE", str(night.folder / "no" / "such" / "folder.db"))
    said = night.page("payments", "the shop is down", *(["--no-wait"] if leave else []))
    assert said.code == (0 if leave else 7)
    assert "error: the store cannot be used" in said.err
    assert "sms  Alice Adams  sent" in said.err
    assert "nobody escalates it, and no acknowledgement can be seen" in said.err
    assert night.sent.startswith("critical payments: the shop is down")


def test_while_a_pager_pages_from_memory_nobody_is_told_that_it_does_not(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is paged directly all the same: what is not on disk is not taken in. That pager goes on with it."""

    def full(*_: Any) -> Any:
        raise StoreFailed("full", "the disk is full")

    with (
        open_office(str(night.store), lambda: night.folder, print, drive="all", name="oncall pager run"),
        monkeypatch.context() as broken,
    ):
        broken.setattr(SqliteStore, "commit", full)
        said = night.page("payments", "the shop is down", "--no-wait")
    assert said.code == 0
    assert "sms  Alice Adams  sent" in said.err
    assert re.search(r"oncall pager run \(process \d+\) pages for it from memory", said.err)
    assert "nobody escalates it" not in said.err


def test_a_store_that_is_misspelt_is_a_mistake_where_it_was_typed_and_no_silence_where_it_was_set(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a keyboard one can type it again."""
    said = night.page("payments", "x", "--store", "mysql://db/oncall")
    assert (said.code, night.sent) == (2, "")
    monkeypatch.setenv("ONCALL_STORE", "mysql://db/oncall")
    assert night.page("payments", "the shop is down", "--no-wait").code == 0
    assert "the shop is down" in night.sent


def test_who_interrupts_it_is_told_what_stays_open(night: Night) -> None:
    """Ctrl-C: exit code 130, and the row all the same."""
    process = subprocess.Popen(
        [sys.executable, "-m", "oncall_rota", "page", "payments", "the shop is down"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "sms to Alice Adams: sent" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out.split("\t")[1]) == (130, "triggered")
    assert f"{out[:8]} stays open; nobody drives it now: 'oncall pager run' does" in err


def test_on_a_terminal_a_line_is_alive_and_goes(night: Night, on_terminal: Any) -> None:
    """What a person sees when it has ended; the alert moves no cursor of theirs."""
    night.rings("oncall ack $ONCALL_CODE")
    said = on_terminal("page", "payments", "down\x1b[2J", env={"NO_COLOR": "1"})
    assert said.code == 0
    assert "\x1b[2J" not in said.out
    assert said.out.rindex("\x1b[?25h") > said.out.rindex("\x1b[?25l")  # the cursor is back
    seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|.*\r", "", said.out)
    assert re.search(r"^INCIDENT +STATUS +BY$", seen, re.MULTILINE)
    assert re.search(r"^[0-9a-f]{16}  acknowledged  alice$", seen, re.MULTILINE)


# -- whoever has the store ends


class There:
    """A process that has the store: an office that ends after some answers. `drives`: what it said of itself."""

    def __init__(self, answers: int, drives: str = "own", process: int = 1) -> None:
        self.answers = answers
        self.greeting = Greeting(1, process, "oncall page", drives)
        self.driven: list[str] = []
        self.signals = 0

    def _answer(self) -> None:
        self.answers -= 1
        if self.answers < 0:
            raise OfficeGone("it has ended")

    def signal(self, _: Signal) -> Accepted:
        self._answer()
        self.signals += 1
        return Accepted("opened", "aaaa1111")

    def story(self, incident_id: str) -> Story:
        self._answer()
        incident = Incident(incident_id, "payments", "critical", "down", datetime(2026, 1, 6, tzinfo=UTC))
        return Story(row_of(incident, 1, "cli", "k"), incident, (), ())


class Way:
    """Ways to the store, one after the other. None: this process has it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *offices: There) -> None:
        self._offices = list(offices)
        self.said: list[str] = []
        self.own: list[There] = []
        monkeypatch.setattr("oncall_rota.cli.page_raised.greeting", lambda opened: _greeting(opened.office))
        monkeypatch.setattr("oncall_rota.cli.page_raised.driving", lambda opened: _driving(opened.office))

    @contextmanager
    def open(self) -> Iterator[Opened]:
        office = self._offices.pop(0)
        yield Opened(office, None, None, _greeting(office) is not None, False, office.driven.append)

    @property
    def raised(self) -> Raised:
        """A page on this way."""
        return Raised(Signal("cli", "k", "down", team="payments"), self.open, self.said.append)


def _greeting(office: Any) -> Greeting | None:
    return office.greeting if office.greeting.process else None


def _driving(office: Any) -> Driving:
    return Driving("oncall pager run" if office.greeting.drives == "all" else None)


def test_when_whoever_drove_it_has_ended_this_command_goes_on_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens the store itself."""
    other, own = There(2), There(9, process=0)
    way = Way(monkeypatch, other, own)
    raised = way.raised
    assert raised.raise_().incident_id == "aaaa1111"
    assert raised.story() is not None
    assert raised.story() is None
    assert raised.story() is not None
    assert (other.driven, own.driven) == ([], ["aaaa1111"])
    assert way.said == ["whoever had the store has ended; this command goes on with it"]
    assert raised.story() is not None
    assert own.driven == ["aaaa1111"]


def test_another_command_that_was_quicker_is_asked_to_drive_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would drive its own one only."""
    other, quicker = There(1), There(9, process=2)
    raised = Way(monkeypatch, other, quicker).raised
    raised.raise_()
    assert raised.story() is None
    assert raised.story() is not None
    assert quicker.driven == ["aaaa1111"]


def test_a_pager_needs_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It drives all that is open."""
    other, pager = There(1), There(9, "all", process=2)
    raised = Way(monkeypatch, other, pager).raised
    raised.raise_()
    assert [raised.story() is None, raised.story() is None] == [True, False]
    assert pager.driven == []


def test_a_connection_that_was_made_anew_may_lead_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing failed, and yet nobody drives it."""
    other = There(9)
    raised = Way(monkeypatch, other).raised
    raised.raise_()
    assert raised.story() is not None
    other.greeting = other.greeting._replace(process=3)
    assert raised.story() is not None
    assert other.driven == ["aaaa1111"]


def test_a_signal_that_nobody_answered_is_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key makes one incident of both; but not for ever."""
    first, second = There(0), There(9, process=2)
    assert Way(monkeypatch, first, second).raised.raise_().what == "opened"
    assert second.signals == 1
    with pytest.raises(OfficeGone):
        Way(monkeypatch, *[There(0) for _ in range(5)]).raised.raise_()
