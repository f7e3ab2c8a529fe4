"""The feeds of one server process: built once, and found again without a thread, a query or a file."""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap, OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from oncall_rota.config.reach import people_of
from oncall_rota.feeds import (
    EveryForm,
    Kept,
    Names,
    Shelf,
    Style,
    Subject,
    feed_window,
    of_gaps,
    of_person,
    of_schedule,
    of_team,
)
from oncall_rota.feeds.identity import Remembered
from oncall_rota.feeds.published import Numbers, Published
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.schedule.model import Schedule, Team
from oncall_rota.timeline.interval import Interval

AGAIN = 5.0  # seconds after which numbers are compared with the store's, where others write to it or it had failed
PATIENCE = 1.0  # seconds for that comparison, after which the feed is given as it was
LONGEST = 10.0  # seconds for a feed that nobody has built yet
MOST = 2048  # feeds


class Asked(NamedTuple):
    """One feed. `team`, `schedule`: only theirs. `person`: only theirs. `gaps`: only where nobody is on."""

    team: str | None = None
    schedule: str | None = None
    person: str | None = None
    gaps: bool = False
    style: Style = Style()
    initials: bool = False


class Present:
    """What feeds need of one configuration. `age`, `people`: other numbers when anything, or anybody, is another.

    `names`: in full, or (True) initials.
    """

    def __init__(self, configuration: Configuration, before: Present | None) -> None:
        self.configuration = configuration
        self.age: int = before.age + 1 if before is not None else 0
        self.named = {person: reach.name for person, reach in configuration.people.items()}
        same = before if before is not None and before.named == self.named else None
        self.people: int = same.people if same else self.age
        self.names: Mapping[bool, Names] = (
            same.names if same else {initials: Names(self.named, initials=initials) for initials in (False, True)}
        )
        self.every: EveryForm = same.every if same else EveryForm(self.named)

    def version(self, team: str) -> Hashable:
        """Of all that a team's events follow from."""
        revision = self.configuration.revision(team)
        return (revision, self.people) if revision else self.age


class _Built(NamedTuple):
    """`checked`: when the store was asked for `numbers`, by the process's own clock."""

    kept: Kept
    numbers: tuple[Numbers, ...]
    checked: float


class Feeds:
    """Of one event loop. `shared`: other servers write to the store. `now`: of the machine.

    Numbers of events are the store's. Where it fails, a feed is as it was; one that was never built, or whose shifts
    change meanwhile, gets new numbers that are above all that were given out, and the store's once it is back.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        shared: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._shared = shared
        self._monotonic = monotonic
        self._store = store
        self._published = Published(store)
        self._present: Present | None = None
        self.shelf = Shelf(MOST)
        self._built: OrderedDict[Asked, _Built] = OrderedDict()
        self._unsure: set[Asked] = set()
        self._building: dict[Hashable, asyncio.Task[Kept]] = {}

    async def kept(self, asked: Asked, configuration: Configuration) -> Kept:
        """A feed of a team, schedule or person that there is. Raises `StoreFailed` when the store hangs."""
        present = self._present
        if present is None or present.configuration is not configuration:
            present = self._present = Present(configuration, present)
        now = self._now()
        month = now.year * 12 + now.month
        version = (present.version(asked.team) if asked.team is not None else present.age, month)
        found = self.shelf.find(asked, version)
        if found is not None and not self._is_doubtful(asked):
            return found
        task = self._building.get((asked, version))
        if task is None:
            task = asyncio.create_task(self._build(asked, version, present, now, found))
            self._building[asked, version] = task
            task.add_done_callback(lambda _: self._building.pop((asked, version), None))
        await asyncio.wait([task], timeout=LONGEST if found is None else PATIENCE)
        if task.done():
            return task.result()
        if found is None:
            raise StoreFailed("locked", "the store does not answer", "try again")
        return found

    def _is_doubtful(self, asked: Asked) -> bool:
        """Whether others may have written other numbers, or ours could not be written."""
        if not (self._shared or self._unsure):
            return False
        built = self._built.get(asked)
        if built is None:
            return True
        doubt = asked in self._unsure or (self._shared and built.numbers)
        return bool(doubt) and self._monotonic() - built.checked >= AGAIN

    async def _build(
        self, asked: Asked, version: Hashable, present: Present, now: datetime, found: Kept | None
    ) -> Kept:
        checked = self._monotonic()
        before = self._built.get(asked) if found is not None else None
        built = await run_in_threadpool(self._made, asked, present, feed_window(now), before)
        self._built[asked] = built._replace(checked=checked)
        self._built.move_to_end(asked)
        if all(each.sure for each in built.numbers):
            self._unsure.discard(asked)
        else:
            self._unsure.add(asked)
        while len(self._built) > MOST:
            self._unsure.discard(self._built.popitem(last=False)[0])
        if found is not None and built.kept is found:
            return found
        return self.shelf.put(asked, version, built.kept)

    def _made(self, asked: Asked, present: Present, window: Interval, before: _Built | None) -> _Built:
        """In a thread: ask the store, compute, write."""
        subject, teams = _subject(asked, present)
        at = self._store.now()
        numbers = tuple(
            [self._published.numbers(team, present.every, window, present.version(team.name), at) for team in teams]
        )
        if before is not None and all(new is old for new, old in zip(numbers, before.numbers, strict=True)):
            return before
        # A gap is known by its own times, as nobody has notes about one: no server remembers it.
        published: Mapping[str, Remembered] | None = None
        if not asked.gaps:
            published = numbers[0].events if len(numbers) == 1 else ChainMap(*[dict(each.events) for each in numbers])
        body = subject.body(present.names[asked.initials], window, asked.style, published)
        return _Built(Kept.of(body), numbers, 0.0)


def _subject(asked: Asked, present: Present) -> tuple[Subject, tuple[Team, ...]]:
    """What a feed is about, and the teams whose events it has."""
    teams = present.configuration.teams
    if asked.gaps:
        return of_gaps([teams[asked.team]] if asked.team is not None else teams.values()), ()
    if asked.team is not None:
        team = teams[asked.team]
        return of_schedule(team.schedules[asked.schedule]) if asked.schedule else of_team(team), (team,)
    assert asked.person is not None
    known: dict[int, frozenset[str]] = {}
    theirs = [each for each in teams.values() if any(_has(one, asked.person, known) for one in each.schedules.values())]
    schedules = [one for team in theirs for one in team.schedules.values() if _has(one, asked.person, known)]
    zone = present.configuration.people[asked.person].timezone
    return of_person(asked.person, present.names[asked.initials], zone, schedules), tuple(theirs)


def _has(schedule: Schedule, person: str, known: dict[int, frozenset[str]]) -> bool:
    return person in people_of(schedule, known)
