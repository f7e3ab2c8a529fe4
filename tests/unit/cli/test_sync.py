"""`oncall sync slack`: a group of Slack has whoever is on call in it, and nobody else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

TESTS = Path(__file__).parents[2]
for folder in ("story/pager", "story/paging", "unit/intake", "unit/web", "unit/remote"):
    sys.path.insert(0, str(TESTS / folder))

from there import Loopback, Seen  # noqa: E402 - found by what is said above

from oncall_rota.cli.main import application  # noqa: E402

PEOPLE = """\
alice: {name: Alice Adams, slack: U0ALICE00}
bob: {name: Bob Brown, slack: U0BOB0000}
carol: {name: Carol Chen, email: carol@example.com}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
schedules:
  primary: {people: [alice]}
  secondary: {people: [bob]}
  shadow: {people: [carol]}
"""
Run = Callable[..., Result]


class Slack(Loopback):
    """Two groups. `writes`: what was written, group by group."""

    def __init__(self) -> None:
        super().__init__()
        self.groups = {"payments-oncall": ["U0ALICE00"], "both": ["U0ALICE00", "U0OTHER00"]}
        self.writes: list[dict[str, str]] = []
        self.error = ""
        self.answers = self.answered

    def answered(self, seen: Seen) -> tuple[int, dict[str, str], bytes]:
        """As Slack answers."""
        assert seen.headers["authorization"] == "Bearer xoxb-of-the-tests"
        told: dict[str, Any] = {"ok": True}
        if self.error:
            told = {"ok": False, "error": self.error}
        elif seen.path == "/usergroups.list":
            assert seen.body == b"include_users=true&include_disabled=true"
            told["usergroups"] = [
                {"id": f"S{number}", "handle": handle, "users": users}
                for number, (handle, users) in enumerate(self.groups.items())
            ]
        else:
            assert seen.path == "/usergroups.users.update"
            written = json.loads(seen.body)
            self.writes.append(written)
            self.groups[list(self.groups)[int(written["usergroup"][1:])]] = written["users"].split(",")
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()


@pytest.fixture
def there() -> Iterator[Slack]:
    """Slack, on this machine."""
    made = Slack()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path, there: Slack) -> Path:
    """Three people, of whom one is not at Slack."""
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "payments.yaml").write_text(PAYMENTS)
    groups = "{payments-oncall: payments/primary, both: [payments/primary, payments/secondary]}"
    settings = f"slack: {{token: {{env: SLACK_TOKEN}}, groups: {groups}, url: '{there.url}'}}\n"
    (tmp_path / "oncall.yaml").write_text(settings)
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, of that folder."""
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-of-the-tests")

    def ran(*arguments: str) -> Result:
        return CliRunner().invoke(application(), ["sync", "slack", "--dir", str(folder), *arguments])

    return ran


def edited(folder: Path, name: str, old: str, new: str) -> None:
    """A file with other words in it."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def test_a_group_is_written_when_it_differs_and_only_then(run: Run, there: Slack) -> None:
    """One call reads all; one more for each that differs; the second time there is nothing to do."""
    said = run()
    assert said.exit_code == 0, said.output
    assert there.writes == [{"usergroup": "S1", "users": "U0ALICE00,U0BOB0000"}]
    assert len(there.seen) == 2
    assert said.stdout.splitlines() == [
        "payments-oncall\tU0ALICE00\tU0ALICE00",
        "both\tU0ALICE00,U0BOB0000\tU0ALICE00,U0OTHER00",
    ]
    assert run().exit_code == 0
    assert (len(there.seen), len(there.writes)) == (3, 1)


def test_overrides_count(run: Run, there: Slack, folder: Path) -> None:
    """Pain 20: the group asks the same engine as everything."""
    edited(
        folder,
        "payments.yaml",
        "schedules:",
        "overrides: [{who: bob, from: 2020-01-01, until: 2099-01-01}]\nschedules:",
    )
    assert run().exit_code == 0
    assert there.groups == {"payments-oncall": ["U0BOB0000"], "both": ["U0BOB0000"]}


@pytest.mark.parametrize(("option", "code"), [("--dry-run", 0), ("--check", 8)])
def test_nothing_is_written(run: Run, there: Slack, option: str, code: int) -> None:
    """It is only told."""
    said = run(option)
    assert (said.exit_code, there.writes) == (code, [])
    assert "@both would be written" in said.stderr
    there.groups["both"] = ["U0BOB0000", "U0ALICE00"]  # in whatever order
    assert run(option).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("people: [alice]", "people: [nobody]", "nobody is on call"),
        ("people: [alice]", "people: [carol]", "nobody who is on call has an id of Slack's"),
    ],
)
def test_a_group_is_never_emptied(run: Run, there: Slack, folder: Path, old: str, new: str, why: str) -> None:
    """It stays as it is, and the exit code says so; the other group is written all the same."""
    edited(folder, "payments.yaml", old, new)
    said = run()
    assert (said.exit_code, f"@payments-oncall stays as it is: {why}" in said.stderr) == (3, True)
    assert there.groups == {"payments-oncall": ["U0ALICE00"], "both": ["U0BOB0000"]}


def test_json(run: Run) -> None:
    """For programs."""
    told = json.loads(run("--json", "--dry-run").stdout)
    assert told["version"] == 1
    assert told["groups"][1] == {
        "group": "both",
        "wanted": ["U0ALICE00", "U0BOB0000"],
        "members": ["U0ALICE00", "U0OTHER00"],
        "differs": True,
    }


def test_what_goes_wrong_is_said(run: Run, there: Slack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that is not there, Slack's refusal, no token, no settings; never the token itself."""
    there.error = "missing_scope"
    said = run()
    assert (said.exit_code, "missing_scope" in said.stderr) == (1, True)
    there.error = ""
    edited(folder, "oncall.yaml", "payments-oncall", "payments-onduty")
    said = run()
    assert (said.exit_code, "no user group @payments-onduty" in said.stderr, there.writes) == (5, True, [])
    monkeypatch.delenv("SLACK_TOKEN")
    said = run()
    assert (said.exit_code, "$SLACK_TOKEN is not set" in said.stderr) == (4, True)
    (folder / "oncall.yaml").write_text("server: {public_url: https://oncall.example.com}\n")
    said = run()
    assert (said.exit_code, "names no user groups" in said.stderr) == (4, True)


def test_a_schedule_that_is_not_there_is_a_mistake_of_the_settings(run: Run, there: Slack, folder: Path) -> None:
    """With its place, before anything is asked."""
    edited(folder, "oncall.yaml", "payments-oncall: payments/primary", "payments-oncall: payments/first")
    said = run()
    assert (said.exit_code, there.seen) == (4, []) or (said.exit_code, there.writes) == (5, [])
    edited(folder, "oncall.yaml", "payments/first", "payments")
    said = run()
    assert said.exit_code == 4
    assert "is no schedule of a team" in said.stderr


def test_a_server_that_is_configured_says_who_is_on_call(
    there: Slack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows live overrides, which no file has; where it is dead, no group is put back to what files say."""

    def answered(seen: Seen) -> tuple[int, dict[str, str], bytes]:
        schedule = seen.path.rpartition("/")[2]
        bob = {"id": "bob", "name": "Bob Brown", "cause": {"kind": "live"}}
        row = {"team": "payments", "schedule": schedule, "timezone": "Europe/London", "on_call": [bob], "next": []}
        row |= {"since": None, "until": None, "next_from": None, "cause": None}
        told = {"version": 1, "at": "2026-06-17T12:00:00Z", "results": [row]}
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

    server = Loopback()
    server.answers = answered
    given = {"SLACK_TOKEN": "xoxb-of-the-tests", "ONCALL_SERVER": server.url, "ONCALL_TOKEN": "t", "ONCALL_DIR": folder}
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    try:
        said = CliRunner().invoke(application(), ["sync", "slack"])
        assert said.exit_code == 0, said.output
        assert there.groups == {"payments-oncall": ["U0BOB0000"], "both": ["U0BOB0000"]}
        server.says(503)
        assert CliRunner().invoke(application(), ["sync", "slack"]).exit_code == 1
        assert len(there.writes) == 2
    finally:
        server.close()
