"""A server whose configuration follows a folder and its store, behind a socket; and a checkout that is deployed to it.

Nothing runs by itself: the server looks at its folder when `looks` says so.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import icalendar
import pytest
from night_house import House, NightOfLinks
from there import NightServer, nobody
from typer.testing import CliRunner

from oncall_rota.cli.main import application
from oncall_rota.config.keeper import Keeper
from oncall_rota.notifiers.registry import declared
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.model import ScheduleTarget

PEOPLE = "".join(
    f"{name}: {{name: {name.title()} Jones, email: {name}@example.com}}\n" for name in ("alice", "bob", "carol", "dave")
)
PAYMENTS = """\
team: payments                        # who takes cards
timezone: Europe/London
rotation: {people: [alice]}
escalation: [{notify: primary, wait: 5m}]
"""
SEARCH = (
    "team: search\ntimezone: UTC\nrotation: {schedule: payments/primary}\nescalation: [{notify: primary, wait: 5m}]\n"
)
ONCALL = """\
notifiers: {email: {type: smtp, to: email, host: mx.example.com, from: oncall@example.com}}
last_resort: {targets: [payments/primary, {via: email, address: all@example.com}]}
"""
OVERRIDES = "payments.overrides.yaml"


class Said(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


class _Followed(NightOfLinks):
    """A night whose configuration is the keeper's."""

    keeper: Keeper | None = None

    def configuration(self) -> Configuration:
        return super().configuration() if self.keeper is None else self.keeper.current


class Covered:
    """`checkout`: what people edit. `folder`: the server's own."""

    def __init__(self, root: Path) -> None:
        self.checkout, self.folder = root / "checkout" / "rotations", root / "server" / "rotations"
        self.checkout.mkdir(parents=True)
        for name, text in (("people", PEOPLE), ("payments", PAYMENTS), ("search", SEARCH), ("oncall", ONCALL)):
            (self.checkout / f"{name}.yaml").write_text(text)
        self.night = _Followed(root / "server.db")
        self.told: list[str] = []
        self.deploys()
        self.restarts()
        self.house = House(self.night)
        self.there = NightServer(self.house)
        self.tokens = {
            name: self.house.token("responder", person=name, label="laptop")[0] for name in ("alice", "carol", "dave")
        }
        self.board = self.house.token("board")[0]
        self.feed = self.house.token("feed")[0]

    def close(self) -> None:
        self.there.close()
        self.house.close()
        self.night.close()

    # -- the server

    def deploys(self) -> None:
        """The checkout becomes the server's folder, as `git pull` makes it."""
        shutil.copytree(self.checkout, self.folder, dirs_exist_ok=True)
        for name in {path.name for path in self.folder.iterdir()} - {path.name for path in self.checkout.iterdir()}:
            (self.folder / name).unlink()
        self.looks()

    def restarts(self) -> None:
        """The server ends and starts again."""
        store: Any = self.night.store
        self.night.keeper = Keeper(self.folder, declared(), store, self.night.clock, overrides=store)
        self.looks()

    def looks(self) -> None:
        """It looks at its folder and its store, as it does all the time."""
        if self.night.keeper is not None:
            for _ in range(3):
                self.told += self.night.keeper.refresh()

    @property
    def now(self) -> datetime:
        """What time it is there."""
        return self.night.clock.now()

    # -- who is on call

    def who(self, at: datetime, team: str = "payments") -> set[str]:
        """As `/v1/who` says."""
        found = self.house.asks("GET", f"/v1/who/{team}?at={_text(at)}", self._bearer(self.board))
        return {person["id"] for person in json.loads(found.body)["results"][0]["on_call"]}

    def paged(self, at: datetime, team: str = "payments") -> set[str]:
        """Whom a page would reach first."""
        world = self.night.configuration().world
        policy = world.policy(team, None, "critical", at)
        assert policy is not None
        targets = [target for target in policy.steps[0].targets if isinstance(target, ScheduleTarget)]
        return {person for target in targets for person in world.on_call(target.schedule, at)}

    def in_feed(self, at: datetime, team: str = "payments") -> set[str]:
        """As the calendar feed of the first schedule says."""
        body = self.house.asks("GET", f"/ical/{self.feed}/{team}.ics").body
        return {
            str(event["summary"]).split()[0].lower()
            for event in icalendar.Calendar.from_ical(body).walk("VEVENT")
            if event.start <= at < event.end
        }

    def on_board(self, team: str = "payments") -> set[str]:
        """As the page for people says, now."""
        page = self.house.asks("GET", "/", self._bearer(self.board)).text
        cells = page.partition(f">{team}</a>")[2].split("<td>")
        return {name for name in ("alice", "bob", "carol", "dave") if f"{name.title()} Jones" in cells[2]}

    # -- the command line

    def signs_in(self, monkeypatch: pytest.MonkeyPatch, person: str) -> None:
        """`oncall` in the checkout, with somebody's token and a cache of its own."""
        monkeypatch.chdir(self.checkout.parent)
        monkeypatch.setenv("ONCALL_SERVER", self.there.url)
        monkeypatch.setenv("ONCALL_TOKEN", self.tokens[person])
        monkeypatch.setenv("ONCALL_CACHE", str(self.checkout.parent / "cache"))
        for name in ("server_office.PATIENCE", "who_server.PATIENCE", "live_office.PATIENCE", "live_kept.PATIENCE"):
            monkeypatch.setattr(f"oncall_rota.cli.{name}", 20.0)

    def oncall(self, *arguments: str) -> Said:
        """A command. The server has looked since."""
        found = CliRunner().invoke(application(), [*arguments], prog_name="oncall")
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        self.looks()
        return Said(found.exit_code, found.stdout, found.stderr)

    def asked(self, at: datetime, team: str = "payments") -> tuple[set[str], str]:
        """As `oncall who` says, and whose answer that is."""
        said = self.oncall("who", team, "--at", _text(at), "--json")
        found = json.loads(said.out)
        return {person["id"] for person in found["results"][0]["on_call"]}, found["source"]

    def asked_alone(self, at: datetime, monkeypatch: pytest.MonkeyPatch, team: str = "payments") -> set[str]:
        """As `oncall who` says when the server has just died."""
        with monkeypatch.context() as patch:
            patch.setattr(type(self.there), "asked", lambda *_: (502, {}, b""))
            self.there.answers = lambda _: (502, {}, b"")
            found, source = self.asked(at, team)
            self.there.answers = self.there.asked
        self.there.answers = self.there.asked
        assert source == "checkout"
        return found

    # -- the file

    @property
    def file(self) -> Path:
        """The team's overrides in the checkout."""
        return self.checkout / OVERRIDES

    def lines(self) -> list[str]:
        """What stands there."""
        return self.file.read_text().splitlines() if self.file.exists() else []

    def writes(self, lines: Iterable[str]) -> None:
        """Somebody edits it."""
        text = "".join(f"{line}\n" for line in lines)
        self.file.write_text(text or "[]\n")

    @staticmethod
    def _bearer(token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


HOUR = timedelta(hours=1)
__all__ = ["HOUR", "Covered", "nobody"]
