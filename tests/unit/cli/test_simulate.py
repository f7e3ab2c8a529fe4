"""`oncall simulate`: who would be paged, by which step and channel, and how it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parents[2] / "golden" / "cli"
SETTINGS = """\
notifiers:
  email: {type: smtp, to: email, host: mx.example.com, from: oncall@example.com}
  sms: {type: exec, to: phone, command: [send-sms]}
last_resort: {every: 5m, targets: [grace, {via: email, address: all@example.com}]}
"""
PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com, phone: "+447700900101", notify: [0m: email, 2m: sms, 20m: sms]}
bob: {name: Bob Brown, email: bob@example.com, phone: "+447700900102", notify: [0m: email, 2m: sms]}
grace: {name: Grace Green, email: grace@example.com}
erin: {name: Erin Evans}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation:
  people: [alice, bob]
  every: week
  handoff: monday 09:00
  starting: 2026-01-05
overrides:
  - {who: nobody, from: 2026-12-25, through: 2026-12-26}
escalation:
  - {notify: primary, wait: 5m}
  - {notify: grace, wait: 10m}
severity:
  warning: {notify: primary, when: mon-fri 09:00-17:30}
  error: {escalation: [{notify: primary, wait: 5m}]}
  info: none
services:
  card-api: {runbook: https://runbooks.example.com/card-api}
"""
AT = ("--at", "2026-06-02T02:00Z")


@pytest.fixture
def simulate(folder: Path, oncall: Any) -> Callable[..., Any]:
    """Call `oncall simulate` in a folder with channels and a last resort."""
    (folder / "web.yaml").unlink()
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (folder / f"{name}.yaml").write_text(text)

    def call(*arguments: str) -> Any:
        return oncall("simulate", *arguments)

    return call


def pages(said: Any) -> list[tuple[int, int | None, str | None, str]]:
    """Seconds after, step, person and channel of every page of a JSON answer."""
    events = json.loads(said.out)["events"]
    return [(e["after"], e["step"], e["person"], e["channel"]) for e in events if e["event"] == "page"]


@pytest.mark.parametrize("form", ["plain", "json"])
def test_every_format_is_stable(form: str, simulate: Any, golden: Callable[[str, Path], None]) -> None:
    """Nobody answers: the steps, the personal rules, the last resort with its repetitions."""
    said = simulate(*AT, "--team", "payments", "--for", "1h", "-o", form)
    assert said.code == 0
    golden(said.out, GOLDEN / f"simulate.{form}")


@pytest.mark.parametrize("width", [60, 100])
def test_the_table_fits(width: int, simulate: Any, on_terminal: Any, golden: Callable[[str, Path], None]) -> None:
    """On a terminal, with what the rows do not say below them."""
    said = on_terminal("simulate", *AT, "--team", "payments", width=width, env={"NO_COLOR": "1"})
    assert max(len(line) for line in said.out.splitlines()[1:-3]) <= width
    golden(said.out, GOLDEN / f"simulate-table-{width}.txt")


def test_nobody_acknowledges_unless_told(simulate: Any) -> None:
    """--no-ack is what holds anyway."""
    silent = simulate(*AT, "--team", "payments", "--json")
    assert simulate(*AT, "--team", "payments", "--json", "--no-ack").out == silent.out
    assert pages(silent)[:3] == [(0, 1, "bob", "email"), (120, 1, "bob", "sms"), (300, 2, "grace", "email")]
    assert json.loads(silent.out)["status"] == "triggered"


def test_an_acknowledgement_ends_it_and_tells_the_others(simulate: Any) -> None:
    """After seven minutes grace has been paged too, and is told; the incident comes back when its time is over."""
    said = simulate(*AT, "--team", "payments", "--ack-after", "7m", "--json")
    document = json.loads(said.out)
    assert document["status"] == "acknowledged"
    assert document["acknowledged_by"] == "bob"
    assert document["next"] == "2026-06-02T02:37:00Z"
    notices = [each for each in document["events"] if each["event"] == "notice"]
    assert [(each["after"], each["person"]) for each in notices] == [(420, "grace")]
    assert pages(said)[-1] == (300, 2, "grace", "email")


def test_a_rule_that_can_never_fire_is_named(simulate: Any) -> None:
    """Alice's twenty minutes are longer than the step of the team waits, and than no wait of her own page."""
    said = simulate("--at", "2026-06-09T02:00Z", "--team", "payments", "--json")
    assert json.loads(said.out)["never"] == [{"person": "alice", "after": 1200, "channels": ["sms"], "wait": 300}]
    own = simulate("--at", "2026-06-09T02:00Z", "--person", "alice", "--json")
    assert json.loads(own.out)["never"] == []
    assert (1200, 1, "alice", "sms") in pages(own)


def test_the_last_resort_is_told_as_often_as_it_would_be(simulate: Any) -> None:
    """Rounds that are alike are one row with a count."""
    said = simulate(*AT, "--team", "payments", "--json")
    events = [each for each in json.loads(said.out)["events"] if each["step"] is None and each["event"] == "page"]
    assert {each["name"] for each in events} == {"Grace Green", "all@example.com"}
    assert {(each["after"], each["times"], each["last_at"]) for each in events} == {
        (900, 286, "2026-06-03T02:00:00Z"),
    }
    assert json.loads(said.out)["last_resort"] == {"every": 300, "targets": ["grace", "email all@example.com"]}


def test_a_gap_is_passed_at_once(simulate: Any) -> None:
    """On Boxing Day nobody is primary: grace at once, and it is said."""
    said = simulate("--at", "2026-12-26T10:00Z", "--team", "payments", "--json")
    assert said.code == 0
    assert pages(said)[0] == (0, 2, "grace", "email")
    nobody = [each["text"] for each in json.loads(said.out)["events"] if each["event"] == "nobody"]
    assert nobody == ["step 1: nobody is on call in payments/primary"]


def test_an_escalation_that_reaches_nobody_ends_with_3(simulate: Any) -> None:
    """Only the last resort is left."""
    said = simulate("--at", "2026-12-26T10:00Z", "--team", "payments", "--severity", "error", "--json")
    assert said.code == 3
    assert "no step of the escalation reaches anybody" in said.err
    assert {step for _, step, _, _ in pages(said)} == {None}


def test_a_low_severity_waits_for_its_hours(simulate: Any) -> None:
    """At three in London a warning is held until nine, which is eight in UTC."""
    said = simulate(*AT, "--team", "payments", "--severity", "warning", "--json")
    first = json.loads(said.out)["events"][0]
    assert (first["event"], first["text"]) == ("held", "warning waits until 2026-06-02T08:00:00Z")
    assert pages(said)[0] == (6 * 3600, 1, "bob", "email")


def test_hours_that_are_further_off_than_was_asked_are_no_gap(simulate: Any) -> None:
    """Held until after the end of the simulation: nothing is wrong."""
    said = simulate(*AT, "--team", "payments", "--severity", "warning", "--for", "1h", "--json")
    assert (said.code, json.loads(said.out)["status"]) == (0, "held")


def test_a_severity_that_is_never_paged(simulate: Any) -> None:
    """Recorded, and that is all."""
    said = simulate(*AT, "--team", "payments", "--severity", "info", "--json")
    assert (said.code, json.loads(said.out)["status"], pages(said)) == (0, "recorded", [])


def test_a_page_to_a_person(simulate: Any) -> None:
    """Their own rules, then the last resort; without a contact the last resort at once, and exit code 3."""
    said = simulate(*AT, "--person", "bob", "--json")
    assert pages(said)[:3] == [(0, 1, "bob", "email"), (120, 1, "bob", "sms"), (420, None, None, "email")]
    mute = simulate(*AT, "--person", "erin", "--json")
    assert mute.code == 3
    assert pages(mute)[0] == (0, None, None, "email")


def test_a_service_is_its_teams(simulate: Any) -> None:
    """By name, with or without the team."""
    alone = simulate(*AT, "--service", "card-api", "--json")
    assert alone.code == 0
    assert json.loads(alone.out)["team"] == "payments"
    assert simulate(*AT, "--team", "payments", "--service", "card-api", "--json").out == alone.out


def test_without_a_last_resort_that_is_warned_of(simulate: Any, folder: Path) -> None:
    """The end is an alarm, and once an hour again."""
    (folder / "oncall.yaml").write_text(SETTINGS.partition("last_resort")[0])
    said = simulate(*AT, "--team", "payments", "--json")
    assert "there is no last resort" in said.err
    alarms = [each["after"] for each in json.loads(said.out)["events"] if each["event"] == "alarm"]
    assert alarms[0] == 900


def test_the_moment_is_echoed_on_both_clocks(simulate: Any) -> None:
    """On standard error, with the team's clock where it differs."""
    said = simulate("--at", "2026-06-02T02:00Z", "--team", "payments", "--json")
    assert said.err.startswith(
        "critical, an incident of payments at Tue 2 Jun 2026 02:00 UTC, Tue 2 Jun 03:00 Europe/London\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "whose incident is it?"),
        (("--team", "nope"), 5, "no team 'nope'"),
        (("--service", "nope"), 5, "no service 'nope'"),
        (("--person", "nope"), 5, "no person 'nope'"),
        (("--person", "bob", "--team", "payments"), 2, "give --person, or --team and --service"),
        (("--team", "payments", "--severity", "critcal"), 2, "did you mean 'critical'?"),
        (("--team", "payments", "--no-ack", "--ack-after", "7m"), 2, "not both"),
        (("--team", "payments", "--ack-after", "soon"), 2, "--ack-after"),
        (("--team", "payments", "-o", "csv"), 2, "no format 'csv'"),
    ],
)
def test_what_cannot_be_simulated_is_said(simulate: Any, arguments: tuple[str, ...], code: int, words: str) -> None:
    """The exit codes of the contract, and a sentence."""
    said = simulate(*arguments)
    assert (said.code, words in said.err) == (code, True), said.err


def test_a_team_without_a_single_meaning_ends_with_4(simulate: Any, folder: Path) -> None:
    """Its mistakes are shown."""
    (folder / "payments.yaml").write_text("team: payments\nrotation: {people: [alice, nemo]}\n")
    said = simulate("--team", "payments")
    assert said.code == 4
    assert "nemo" in said.err


def test_mistakes_elsewhere_are_counted_and_do_not_hinder(simulate: Any, folder: Path) -> None:
    """Another team's file is broken."""
    (folder / "web.yaml").write_text("team: web\nrotation: 7\n")
    said = simulate(*AT, "--team", "payments", "--json")
    assert said.code == 0
    assert "in the rotation files; first web.yaml" in said.err


def test_a_week_takes_less_than_a_second(simulate: Any) -> None:
    """Two thousand rounds of the last resort in it."""
    start = time.perf_counter()
    said = simulate(*AT, "--team", "payments", "--for", "1w", "--json")
    assert time.perf_counter() - start < 1
    assert json.loads(said.out)["events"][-1]["times"] == 2014


def test_help_begins_with_examples(simulate: Any) -> None:
    """What it does, then how to call it."""
    said = simulate("-h")
    assert said.out.startswith("Who would be paged, minute by minute")
    assert said.out.index("Examples:") < said.out.index("Usage:")
