"""The configuration of a simulated week and its edits; and who is on call by it, told without the engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fake_phones import HERE, OFFICE
from oracle import instant

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.model import (
    AddressTarget,
    Channel,
    LastResort,
    Limit,
    PersonTarget,
    Policy,
    Reach,
    Rule,
    ScheduleTarget,
    Severity,
    Step,
    Target,
    TeamPaging,
)
from oncall_rota.paging.world import Configured
from oncall_rota.schedule.model import Block, Entry, Every, Layer, Override, Rotation, Schedule, Team

PEOPLE = ("alice", "bob", "carol", "dave", "erin", "grace", "olga")
TEAMS = ("payments", "parcels")
CHANNELS = ("push", "sms", "call", "email")
LIST = "email:all@example.org"  # an address that is nobody's own
ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca",
    "Pacific/Auckland", "America/St_Johns", "America/Havana", "Africa/Cairo", "Antarctica/Troll", "Asia/Kathmandu",
)  # fmt: skip
MINUTE = timedelta(minutes=1)
HOUR = 3600
RULES = (
    ((0, "push"), (2, "sms"), (4, "call")), ((0, "push"), (2, "sms"), (4, "call")), ((0, "sms"), (3, "call")),
    ((0, "push sms"), (1, "call")), ((0, "call"),), ((0, "push"), (5, "email")), ((1, "sms"), (6, "call email")),
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1)


class Rota(NamedTuple):
    """People take turns of so many days from `starting` on. `covers`: (from, until, people), the last one holds."""

    team: str
    name: str
    zone: str
    people: tuple[str, ...]
    starting: datetime
    days: int
    covers: tuple[tuple[datetime, datetime, tuple[str, ...]], ...] = ()
    pages: str = "all"

    def schedule(self) -> Schedule:
        """As the engine knows it."""
        order = tuple([Entry((person,), HERE) for person in self.people])
        every = Every("week", 1) if self.days == 7 else Every("day", self.days)
        layer = Layer(self.name, self.zone, HERE, Rotation((Block(self.starting, order, HERE),), HERE, every))
        covers = tuple([Override("who", people, start, end, HERE) for start, end, people in self.covers])
        return Schedule(self.team, self.name, self.zone, HERE, (layer,), overrides=covers, pages=self.pages)

    def on(self, at: datetime) -> frozenset[str]:
        """Who is on call, by looking at each handoff near `at` on the zone's clock."""
        for start, end, people in reversed(self.covers):
            if start <= at < end:
                return frozenset(people)
        second = int(at.timestamp())
        number = (second - int((self.starting - _EPOCH).total_seconds())) // (self.days * 86400) + 2
        while instant(self.zone, self.starting + timedelta(days=self.days) * number) > second:
            number -= 1
        return frozenset({self.people[number % len(self.people)]})


class Plan(NamedTuple):
    """How one severity is paged: steps of (targets, wait, pick); no steps: never."""

    steps: tuple[tuple[tuple[str, ...], timedelta | None, str], ...]
    repeat: int = 0
    ack_timeout: timedelta | None = None
    hours: bool = False


class State(NamedTuple):
    """One revision of everything. `resort`: None when there is no last resort. `longest`: no incident is left alone for
    longer, while nobody has it.
    """

    number: int
    rotas: dict[tuple[str, str], Rota]
    plans: dict[str, dict[str, Plan]]
    people: dict[str, Reach]
    resort: tuple[str, ...] | None
    configuration: Configuration
    longest: timedelta

    def plan(self, team: str, severity: str) -> Plan | None:
        """How that is paged; None when the team is unknown."""
        plans = self.plans.get(team)
        return None if plans is None else plans.get(severity) or plans["critical"]

    def meant(self, team: str, targets: tuple[str, ...], at: datetime) -> set[str]:
        """The people that targets of a team mean."""
        found: set[str] = set()
        for target in targets:
            rota = self.rotas.get((team, target))
            found |= rota.on(at) if rota is not None else {target}
        return found


class Setting:
    """The configuration now, `present`, and as it was."""

    def __init__(self, random: Random, zone: str, start_at: datetime) -> None:
        self._random = random
        self._start_at = start_at
        self._zone = zone
        self._rotas: dict[tuple[str, str], Rota] = {}
        self._plans: dict[str, dict[str, Plan]] = {}
        self._away: dict[str, dict[str, Plan]] = {}
        self._limits: dict[str, Limit | None] = {}
        self._people: dict[str, Reach] = {}
        self._resort: tuple[str, ...] | None = None
        self.history: list[State] = []
        self.replaced: list[int] = []  # when each but the last was, in true time
        for team in TEAMS:
            for name in ("primary", "secondary"):
                self._rotas[team, name] = self._rota(team, name)
            self._plans[team] = self._severities(team)
        for person in PEOPLE:
            self._reach(person)
        self._resort = random.choice((("olga",), ("olga", LIST), ("grace", "primary"), (LIST,)))
        self._limits = {"sms": Limit(3, MINUTE), "call": Limit(2, 4 * MINUTE)}
        for _ in range(random.randrange(4)):
            self._cover(start_at + timedelta(hours=random.randrange(144)), (6 * HOUR, 24 * HOUR))
        self._publish()

    @property
    def present(self) -> State:
        """The last good configuration."""
        return self.history[-1]

    def edit(self, now: datetime, at: int) -> str:
        """Somebody edits something; what."""
        edits = (
            self._cover, self._cover, self._order, self._reach, self._reach, self._replan, self._replan,
            self._rename, self._redo_resort, self._budget,
        )  # fmt: skip
        do = self._random.choice(edits)
        if do == self._reach:
            self._reach(self._random.choice(PEOPLE))
        elif do == self._cover:
            self._cover(now)
        else:
            do()  # type: ignore[call-arg]
        self.replaced.append(at)
        self._publish()
        return do.__name__.strip("_")

    # -- parts

    def _rota(self, team: str, name: str) -> Rota:
        random = self._random
        days = random.choice((1, 7, 7))
        day = self._start_at.date() - timedelta(days=random.randrange(30, 60))
        clock = random.choice(("09:00", "09:00", "00:00", "01:30", "02:00", "02:30", "03:00", "17:30"))
        starting = datetime.fromisoformat(f"{day} {clock}")
        zone = self._zone if random.random() < 0.8 else random.choice(ZONES)
        people = tuple(random.sample(PEOPLE, random.randrange(2, 5)))
        copy = name == "secondary" and random.random() < 0.1
        return Rota(team, name, zone, people, starting, days, pages="copy" if copy else "all")

    def _severities(self, team: str) -> dict[str, Plan]:
        ack = self._random.choice((None, 10 * MINUTE, 30 * MINUTE, 30 * MINUTE))
        return {
            "critical": self._plan(ack),
            "error": self._plan(ack),
            "warning": self._plan(ack)._replace(hours=self._random.random() < 0.7),
            "info": Plan(()),
        }

    def _plan(self, ack: timedelta | None) -> Plan:
        random = self._random
        steps = []
        for number in range(random.choice((1, 2, 2, 2, 3))):
            some = ("primary",) if number == 0 else ("secondary",)
            if random.random() < 0.3:
                some = tuple(random.sample(("primary", "secondary", *PEOPLE), random.choice((1, 2))))
            wait = random.choice((MINUTE, 2 * MINUTE, 5 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, None))
            steps.append((some, wait, random.choice(("all", "all", "round robin"))))
        return Plan(tuple(steps), random.choice((0, 0, 1, 2)), ack)

    def _cover(self, now: datetime, spans: tuple[int, ...] = (HOUR // 4, HOUR, 8 * HOUR)) -> None:
        random = self._random
        rota = self._rotas[random.choice(list(self._rotas))]
        start = now.replace(microsecond=0) + timedelta(seconds=random.choice((0, 0, 600, 7200)))
        people = () if random.random() < 0.25 else (random.choice(PEOPLE),)
        cover = (start, start + timedelta(seconds=random.choice(spans)), people)
        self._rotas[rota.team, rota.name] = rota._replace(covers=(*rota.covers[-3:], cover))

    def _order(self) -> None:
        rota = self._rotas[self._random.choice(list(self._rotas))]
        people = tuple(self._random.sample(PEOPLE, self._random.randrange(1, 5)))
        self._rotas[rota.team, rota.name] = rota._replace(people=people)

    def _reach(self, person: str) -> None:
        random = self._random
        rules = [Rule(timedelta(minutes=after), tuple(names.split())) for after, names in random.choice(RULES)]
        without = random.choice(((), (), (), (), ("push",), ("sms", "call"), CHANNELS)) if self.history else ()
        number = f"+44163296{PEOPLE.index(person):02}{random.randrange(100):02}"
        addresses = {"push": f"{person}-topic", "sms": number, "call": number, "email": f"{person}@example.org"}
        kept = {channel: address for channel, address in addresses.items() if channel not in without}
        self._people[person] = Reach(person, person.title(), tuple(rules), kept)

    def _replan(self) -> None:
        team = self._random.choice(list(self._plans) or list(self._away))
        if team in self._plans:
            self._plans[team] = self._severities(team)

    def _rename(self) -> None:
        if self._away:
            self._plans.update(self._away)
            self._away.clear()
        else:
            team = self._random.choice(TEAMS)
            self._away[team] = self._plans.pop(team)

    def _redo_resort(self) -> None:
        self._resort = self._random.choice((None, ("olga",), (LIST,), ("primary", "olga"), ("erin",)))

    def _budget(self) -> None:
        self._limits = {
            "sms": self._random.choice((None, Limit(5, MINUTE), Limit(1, 2 * MINUTE))),
            "call": self._random.choice((None, Limit(3, 4 * MINUTE), Limit(1, 10 * MINUTE))),
        }

    # -- as the engine knows it

    def _publish(self) -> None:
        number = len(self.history) + 1
        schedules = {key: rota.schedule() for key, rota in self._rotas.items()}
        paging: dict[str, TeamPaging] = {}
        for team, plans in self._plans.items():
            made = {name: _severity(plan, team, schedules) for name, plan in plans.items()}
            paging[team] = TeamPaging(team, self._zone, made, timedelta(hours=1))
        resort = None
        if self._resort is not None:
            resort = LastResort(5 * MINUTE, tuple([_target(each, "payments", schedules) for each in self._resort]))
        teams = {
            team: Team(team, self._zone, HERE, {name: made for (of, name), made in schedules.items() if of == team}, {})
            for team in paging
        }
        channels = {
            name: Channel(name, name, "phone" if name in ("sms", "call") else name, {}, self._limits.get(name))
            for name in CHANNELS
        }
        configuration = Configuration(
            Configured(paging, dict(self._people), resort, teams), channels, dict.fromkeys(paging, f"r{number}")
        )
        parts = (dict(self._rotas), dict(self._plans), dict(self._people), self._resort)
        self.history.append(State(number, *parts, configuration, self._longest()))

    def _longest(self) -> timedelta:
        waits = [wait for plans in self._plans.values() for plan in plans.values() for _, wait, _ in plan.steps if wait]
        rules = [reach.rules[-1].after for reach in self._people.values()]
        return max(*waits, max(rules) + 5 * MINUTE, 5 * MINUTE if self._resort is not None else 60 * MINUTE)


def _severity(plan: Plan, team: str, schedules: dict[tuple[str, str], Schedule]) -> Severity:
    if not plan.steps:
        return Severity(None, None)
    steps = [
        Step(tuple([_target(each, team, schedules) for each in targets]), wait, HERE, pick == "round robin")
        for targets, wait, pick in plan.steps
    ]
    return Severity(Policy(tuple(steps), plan.repeat), plan.ack_timeout, OFFICE if plan.hours else None)


def _target(name: str, team: str, schedules: dict[tuple[str, str], Schedule]) -> Target:
    if (team, name) in schedules:
        return ScheduleTarget(schedules[team, name])
    via, colon, address = name.partition(":")
    return AddressTarget(via, address) if colon else PersonTarget(name)


@cache
def changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The days of a year on which a zone's clock changes."""
    info, day = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC)
    found = []
    while day.year == year:
        following = day + timedelta(days=1)
        if day.astimezone(info).utcoffset() != following.astimezone(info).utcoffset():
            found.append(day)
        day = following
    return tuple(found)
