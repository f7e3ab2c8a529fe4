"""Edits of the file, folds, live overrides, deployments and restarts, in every order: there is one answer.

The model is a list: the file's lines, then the live overrides by creation, each acting on what those before it left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from covered import HOUR, Covered
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

PEOPLE = ("bob", "carol", "dave")
HOURS = 6  # of the afternoon, from now on
ENTRY = re.compile(r"\{[^}]*\}")  # in a list of lines, or in brackets


class Line(NamedTuple):
    """One override. `id`: None: it was never live."""

    verb: str
    person: str
    start: int  # hours from now
    end: int
    id: str | None = None


class Model:
    """What people and servers did, and what follows from it. `file`: the checkout's; `deployed`: the server's."""

    def __init__(self) -> None:
        self.file: list[Line] = []
        self.deployed: list[Line] = []
        self.live: list[Line] = []

    def look(self) -> None:
        """What the server's file has by now, it alone decides."""
        filed = {line.id for line in self.deployed}
        self.live = [line for line in self.live if line.id not in filed]

    def on_call(self, hour: int, file: list[Line]) -> set[str]:
        """By a file and the live ones that it does not have."""
        filed = {line.id for line in file if line.id is not None}
        found = {"alice"}
        for line in [*file, *[each for each in self.live if each.id not in filed]]:
            if line.start <= hour < line.end:
                found = {line.person} if line.verb == "who" else found | {line.person}
        return found


def written(line: Line, now: datetime) -> str:
    """As the file says it, in London's summer time."""
    start, end = (now + (hour + 1) * HOUR for hour in (line.start, line.end))
    tail = "" if line.id is None else f", id: '{line.id}'"
    return f"- {{{line.verb}: {line.person}, from: {start:%Y-%m-%d %H:%M}, until: {end:%Y-%m-%d %H:%M}{tail}}}"


def plain(text: str) -> str:
    """An entry, however it is quoted."""
    return text.strip("- ").replace("'", "")


class World:
    """A server, a checkout and the model of both."""

    def __init__(self, covered: Covered) -> None:
        self.covered = covered
        self.model = Model()

    def does(self, step: tuple[str, int, Line]) -> None:
        """One step of somebody's."""
        name, number, line = step
        deeds: dict[str, Callable[[int, Line], None]] = {
            "live": self._live, "cancel": self._cancel, "fold": self._fold, "write": self._write,
            "edit": self._edit, "delete": self._delete, "deploy": self._deploy, "restart": self._restart,
        }  # fmt: skip
        deeds[name](number, line)

    def _live(self, _: int, line: Line) -> None:
        start, end = (f"{self.covered.now + hour * HOUR:%Y-%m-%dT%H:%M:%SZ}" for hour in (line.start, line.end))
        option = "--who" if line.verb == "who" else "--add"
        said = self.covered.oncall("override", "add", "payments", option, line.person, "--from", start, "--until", end)
        assert said.code == 0, said.err
        self.model.live.append(line._replace(id=self.covered.night.store.overrides()[-1].id))

    def _cancel(self, number: int, _: Line) -> None:
        if self.model.live:
            line = self.model.live.pop(number % len(self.model.live))
            said = self.covered.oncall("override", "remove", "payments", str(line.id))
            assert said.code == 0, said.err

    def _fold(self, _: int, __: Line) -> None:
        before = [self.model.on_call(hour, self.model.file) for hour in range(HOURS)]
        said = self.covered.oncall("override", "fold")
        assert said.code == 0, said.err
        filed = {line.id for line in self.model.file}
        self.model.file += [line for line in self.model.live if line.id not in filed]
        # What does not overlap may stand in another order, by date; the model's list follows the file's.
        self.model.file = self._as_in_file()
        assert [self.model.on_call(hour, self.model.file) for hour in range(HOURS)] == before

    def _as_in_file(self) -> list[Line]:
        """The model's lines as they stand there; what stands there is what the model has, and nothing else."""
        known: dict[str, list[Line]] = {}
        for line in self.model.file:
            known.setdefault(plain(written(line, self.covered.now)), []).append(line)
        found = [known[plain(each)].pop() for each in ENTRY.findall("\n".join(self.covered.lines()))]
        assert not any(known.values())
        return found

    def _save(self) -> None:
        self.covered.writes(written(line, self.covered.now) for line in self.model.file)

    def _write(self, number: int, line: Line) -> None:
        self.model.file.insert(number % (len(self.model.file) + 1), line)
        self._save()

    def _edit(self, number: int, line: Line) -> None:
        if self.model.file:
            at = number % len(self.model.file)
            self.model.file[at] = self.model.file[at]._replace(person=line.person)
            self._save()

    def _delete(self, number: int, _: Line) -> None:
        if self.model.file:
            del self.model.file[number % len(self.model.file)]
            self._save()

    def _deploy(self, _: int, __: Line) -> None:
        self.covered.deploys()
        self.model.deployed = list(self.model.file)
        self.model.look()

    def _restart(self, _: int, __: Line) -> None:
        self.covered.restarts()
        self.model.look()

    def agrees(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every face of the server says what the model says; so does a command on the checkout, with what it knows."""
        covered, model = self.covered, self.model
        for hour in range(HOURS):
            at = covered.now + hour * HOUR + timedelta(minutes=30)
            expected = model.on_call(hour, model.deployed)
            found = {"who": covered.who(at), "pages": covered.paged(at), "feed": covered.in_feed(at)}
            found |= {"who borrows": covered.who(at, "search"), "pages of who borrows": covered.paged(at, "search")}
            assert found == dict.fromkeys(found, expected), (hour, model.live, model.deployed)
        assert covered.on_board() == model.on_call(0, model.deployed)
        middle = covered.now + 2 * HOUR + timedelta(minutes=30)
        assert covered.asked(middle) == (model.on_call(2, model.deployed), "server")
        assert covered.asked_alone(middle, monkeypatch) == model.on_call(2, model.file)
        assert covered.told == []
        stand = [each.id for each in covered.night.store.overrides()]
        assert stand == [line.id for line in model.live]


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Overlapping often: all in one afternoon."""
    start = draw(st.integers(0, HOURS - 1))
    return Line(
        draw(st.sampled_from(("who", "add"))), draw(st.sampled_from(PEOPLE)), start, draw(st.integers(start + 1, HOURS))
    )


DEEDS = ("live", "live", "cancel", "fold", "fold", "write", "edit", "delete", "deploy", "deploy", "restart")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("live", "live", "cancel", "fold", "fold", "write", "edit", "delete", "deploy", "deploy", "restart")
        ),
        st.integers(0, 7),
        lines(),
    ),
    min_size=1,
    max_size=8,
)


# Steps are few and slow: to find fewer would take minutes.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
@given(steps=STEPS)
def test_in_every_order_there_is_one_answer(steps: list[tuple[str, int, Line]]) -> None:
    """After every step: who, feeds, pages and the board, whoever borrows it, and the command line without a server."""
    with TemporaryDirectory(prefix="oncall-") as folder, pytest.MonkeyPatch.context() as monkeypatch:
        covered = Covered(Path(folder))
        try:
            covered.signs_in(monkeypatch, "carol")
            world = World(covered)
            for step in steps:
                world.does(step)
                world.agrees(monkeypatch)
        finally:
            covered.close()
