"""Random folders of the rotation format, drawn from a seeded `random.Random`, most round a clock change.

`folder(rng)` draws the files and the stretch to compare over. What is drawn must be free of mistakes, so
the drawing keeps the format's rules: a start on its weekday, dated people on a handoff, no reserved names.
"""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from oracle import instant

PEOPLE = ["alice", "bob", "carol", "dave", "erin", "frank"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LONG = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAY = timedelta(days=1)

# the local dates on which something happens to each zone's clock (Kathmandu: nothing ever does)
CHANGES = {
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Europe/London": ["2026-03-29", "2026-10-25"],
    "Australia/Sydney": ["2026-04-05", "2026-10-04"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Asia/Kathmandu": ["2026-06-10"],
    "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
    "Pacific/Apia": ["2011-12-30", "2011-09-24"],
    "America/Sao_Paulo": ["2017-10-15", "2018-02-18", "2018-11-04"],
    "Asia/Tehran": ["2021-03-22", "2021-09-22"],
}
ZONES = list(CHANGES)
TIMES = ["00:00", "00:00", "00:30", "01:00", "01:30", "01:59:30", "02:00", "02:15", "02:30", "03:00", "03:30"]
TIMES += ["08:00", "09:00", "09:30", "12:00", "17:30", "20:00", "22:00", "23:00", "23:30", "23:59:59"]


@dataclass
class Folder:
    """The files of one drawn folder and where to look."""

    texts: dict[str, str]
    low: int
    high: int
    schedules: list[str]
    exclusive: bool = False  # overlaps may be reported as errors
    holidays: dict[str, set[date]] = field(default_factory=dict)


def folder(rng: random.Random) -> Folder:
    """Draw one folder."""
    return Draw(rng).folder()


class Draw:
    """One drawing: the zone, the day in the middle and the people are common to all its parts."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.zone = rng.choice(ZONES)
        self.middle = date.fromisoformat(rng.choice(CHANGES[self.zone]))
        self.people = PEOPLE[: rng.randint(3, 6)]
        self.used_holidays = False

    # -- small parts

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def time(self) -> str:
        return self.rng.choice(TIMES)

    def near(self, before: int = 5, after: int = 5) -> date:
        return self.middle + self.rng.randint(-before, after) * DAY

    def moment(self) -> str:
        """A date and time close to the change, or an instant."""
        text = f"{self.near()} {self.time()}"
        return text.replace(" ", "T") + "Z" if self.chance(0.15) else text

    def pick(self, number: int) -> list[str]:
        return self.rng.sample(self.people, number)

    def entry(self) -> Any:
        drawn = self.rng.random()
        if drawn < 0.08:
            return "nobody"
        if drawn < 0.22:
            return self.pick(2)
        return self.rng.choice(self.people)

    def entries(self) -> list[Any]:
        if self.chance(0.5):
            return self.pick(self.rng.randint(2, len(self.people)))
        return [self.entry() for _ in range(self.rng.randint(1, 5))]

    # -- windows

    def days(self) -> str:
        drawn = self.rng.random()
        if drawn < 0.4:
            return "daily"
        if drawn < 0.6:
            return "mon-fri"
        if drawn < 0.75:
            return "-".join(self.rng.sample(DAYS, 2))
        return ",".join(sorted(self.rng.sample(DAYS, self.rng.randint(1, 4)), key=DAYS.index))

    def window(self) -> str:
        drawn = self.rng.random()
        if drawn < 0.65:
            end = "24:00" if self.chance(0.1) else self.time()
            return f"{self.days()} {self.time()}-{end}"
        if drawn < 0.75:
            return self.rng.choice(["sat,sun", "mon-fri", "fri-mon", "wed", "mon,wed,fri"])
        if drawn < 0.8 and self.used_holidays:
            return self.rng.choice(["holidays", f"holidays {self.time()}-{self.time()}"])
        dash = self.rng.choice(["-", " - "])
        return f"{self.rng.choice(DAYS)} {self.time()}{dash}{self.rng.choice(DAYS)} {self.time()}"

    def windows(self) -> Any:
        found = [self.window() for _ in range(1 if self.chance(0.7) else self.rng.randint(2, 3))]
        return found[0] if len(found) == 1 else found

    # -- a rotation

    def rotation(self, when: bool = True, zone: str | None = None) -> dict[str, Any]:
        layer: dict[str, Any] = {}
        if zone is not None:
            layer["timezone"] = zone
        elif self.chance(0.25):
            layer["timezone"] = self.rng.choice(ZONES)
        unit = self.rng.choice(["hour", "day", "day", "week", "week", "month", "shift", "shift", "none"])
        if unit == "shift" and not when:
            unit = "day"
        start = self.middle - self.rng.choice([0, 2, 3, 5, 9, 20, 40, 200]) * DAY
        if unit == "none":
            self.static(layer, start)
        else:
            self.turning(layer, unit, start)
        if "when" not in layer and when and self.chance(0.5):
            layer["when"] = self.windows()
        if self.chance(0.15):
            layer["except"] = self.windows()
        if self.used_holidays and self.chance(0.3):
            layer["except"] = "holidays"
        self.life(layer)
        return layer

    def static(self, layer: dict[str, Any], start: date) -> None:
        if self.chance(0.2):
            layer["people"] = [
                {"starting": str(start), "order": [self.entry()]},
                {"starting": f"{self.near()} {self.time()}", "order": [self.entry()]},
            ]
            layer["people"].sort(key=lambda block: block["starting"])
            if layer["people"][0]["starting"][:10] == layer["people"][1]["starting"][:10]:
                del layer["people"][1]
        else:
            layer["people"] = [self.entry()]

    def turning(self, layer: dict[str, Any], unit: str, start: date) -> None:
        number = 1 if self.chance(0.6) else self.rng.randint(2, 3)
        if unit == "hour":
            number = self.rng.choice([1, 2, 4, 6, 8, 12, 12, 24, 36])
            start = max(start, self.middle - 40 * DAY)
        time = self.time()
        layer["every"] = unit if number == 1 else f"{number} {unit}s"
        if unit == "shift":
            layer["when"] = self.windows()
        anchor: datetime = datetime.fromisoformat(f"{start}T{time}")
        handoff = {
            "day": time,
            "week": f"{LONG[start.weekday()]} {time}",
            "month": f"{start.day}{ending(start.day)} {time}",
        }.get(unit)
        if unit == "month" and self.chance(0.4):  # the 31st, from whatever end of month comes before
            start = start.replace(day=calendar.monthrange(start.year, start.month)[1])
            anchor, handoff = datetime.fromisoformat(f"{start}T{time}"), f"31st {time}"
        style = self.rng.random()
        if handoff is not None and (style < 0.6 or handoff.startswith("31st")):
            layer["handoff"], starting = handoff, str(start)
            if self.chance(0.2):
                starting = f"{start} {time}"
        else:
            starting = f"{start} {time}"
        plain = unit in ("hour", "day", "week")
        if plain and self.chance(0.12):
            layer["clock"] = "elapsed"
        if unit != "shift" and self.chance(0.15):
            layer["lasts"] = self.rng.choice(["10 minutes", "90 minutes", "3 hours", "12 hours", "1 day", "5 days"])
        if self.used_holidays and unit in ("day", "week") and "clock" not in layer and self.chance(0.3):
            layer["handoff_on_holiday"] = "next working day"
        if plain and self.chance(0.25):
            step = {"hour": timedelta(hours=1), "day": DAY, "week": 7 * DAY}[unit] * number
            blocks = [{"starting": starting, "order": self.entries()}]
            turn = 0
            for _ in range(self.rng.randint(1, 2)):
                near = max(1, round((datetime.combine(self.middle, datetime.min.time()) - anchor) / step))
                turn = max(turn + 1, near + self.rng.randint(-2, 2))
                wall = anchor + turn * step
                if "clock" in layer:  # the handoff drifts on the wall; one in a repeated hour cannot be written
                    zone = layer.get("timezone", self.zone)
                    begins = instant(zone, anchor) + turn * int(step.total_seconds())
                    wall = datetime.fromtimestamp(begins, ZoneInfo(zone)).replace(tzinfo=None)
                    if instant(zone, wall) != begins:
                        continue
                    blocks.append({"starting": written(wall), "order": self.entries()})
                    continue
                dated = str(wall.date()) if "handoff" in layer and self.chance(0.6) else written(wall)
                blocks.append({"starting": dated, "order": self.entries()})
            layer["people"] = blocks
        elif unit == "shift" and number == 1 and self.chance(0.3):
            time, days = self.time(), self.rng.sample(range(7), 3)
            layer["when"] = f"{','.join(DAYS[day] for day in sorted(days))} {time}-{self.time()}"
            later = self.near(3, 3)
            while later.weekday() not in days or later <= start:
                later += DAY
            layer["people"] = [
                {"starting": starting, "order": self.entries()},
                {"starting": f"{later} {time}", "order": self.entries()},
            ]
        else:
            layer["people"] = self.entries()
            layer["starting"] = starting

    def life(self, layer: dict[str, Any]) -> None:
        bare = "handoff" in layer
        if self.chance(0.12):
            layer["from"] = str(self.near(6, 0)) if bare and self.chance(0.5) else self.moment()
        if self.chance(0.12):
            layer["until"] = str(self.near(0, 6)) if bare and self.chance(0.5) else self.moment()
        if "from" in layer and "until" in layer and layer["from"][:10] >= layer["until"][:10]:
            del layer["until"]

    # -- schedules

    def layers(self) -> list[dict[str, Any]]:
        if self.chance(0.2):  # follow the sun
            layers = []
            for number, zone in enumerate(self.rng.sample(ZONES, self.rng.randint(2, 3))):
                layer = self.rotation(when=False, zone=zone)
                layer.pop("when", None)
                days = self.rng.choice(["daily", "daily", "mon-fri", "sat,sun"])
                layers.append({"name": f"sun {number}", **layer, "when": f"{days} from {self.time()}"})
            return layers
        layers = [{"name": f"layer {n}", **self.rotation()} for n in range(self.rng.randint(2, 3))]
        if self.chance(0.35):
            last = self.rotation(when=False)
            last.pop("when", None)
            layers.append({"name": "rest", "when": "otherwise", **last})
        return layers

    def schedule(self, several: bool) -> dict[str, Any]:
        if not several:
            return {"must_cover": "none", **self.rotation()}
        layers = self.layers()
        combine = self.rng.choice(["all", "last wins", "first wins", "priority", "exclusive"])
        if combine == "priority":
            for layer in layers:
                layer["priority"] = str(self.rng.randint(1, 3))
        self.exclusive = self.exclusive or combine == "exclusive"
        self.rng.shuffle(layers)
        return {"must_cover": "none", "combine": combine, "layers": layers}

    def follower(self, leader: str, spec: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"follows": leader}
        rotations = spec.get("layers", [spec])
        if self.chance(0.75):
            found["offset"] = str(self.rng.choice([-2, -1, 1, 1, 1, 2, 3]))
        else:
            found["people"] = (
                self.entries() if all("every" in one for one in rotations) else [self.rng.choice(PEOPLE[:3])]
            )
        if self.chance(0.2):
            found["from"] = f"{self.near(5, 0)} {self.time()}"
            found["until"] = f"{self.near(0, 5) + 2 * DAY} {self.time()}"
        return found

    def borrower(self, names: list[str]) -> dict[str, Any]:
        """A schedule some of whose layers are other schedules."""
        self.exclusive = True
        layers: list[dict[str, Any]] = [
            {"name": "lent", "when": self.windows(), "schedule": self.rng.choice(names)},
            {"name": "rest", "when": "otherwise"},
        ]
        if self.chance(0.5):
            layers[1]["schedule"] = self.rng.choice(names)
        else:
            own = self.rotation(when=False)
            own.pop("when", None)
            layers[1] |= own
        if self.chance(0.3):
            layers[0]["timezone"] = self.rng.choice(ZONES)
        if self.chance(0.2):
            layers[0]["until"] = self.moment()
        return {
            "must_cover": "none",
            "combine": self.rng.choice(["all", "last wins", "first wins"]),
            "layers": layers,
        }

    # -- overrides and absences

    def stretch(self, bare: bool) -> dict[str, str]:
        first = self.near(4, 3)
        last = first + self.rng.randint(0, 4) * DAY
        drawn = self.rng.random()
        if drawn < 0.25:
            return {"from": str(first), "through": str(last)}
        if drawn < 0.45 and bare:
            return {"from": str(first), "until": str(last + DAY)}
        start = datetime.fromisoformat(f"{first}T{self.time()}")
        end = start + self.rng.choice([1, 2, 5, 12, 24, 48, 100]) * timedelta(hours=1)
        if self.chance(0.3):
            return {
                "from": written(start).replace(" ", "T") + "Z",
                "until": written(end).replace(" ", "T") + "Z",
            }
        return {"from": written(start), "until": written(end)}

    def override(self, schedules: dict[str, dict[str, Any]]) -> dict[str, Any]:
        kind = self.rng.choice(["who", "who", "who layer", "instead", "instead", "add", "add layer", "remove", "swap"])
        one, other = self.pick(2)
        line: dict[str, Any] = {}
        if kind.startswith("who"):
            line["who"] = self.rng.choice([one, one, [one, other], "nobody"])
        elif kind == "instead":
            line |= {"who": one, "instead_of": other}
        elif kind.startswith("add"):
            line["add"] = self.rng.choice([one, [one, other]])
        elif kind == "remove":
            line["remove"] = one
        else:
            line["swap"] = [one, other]
        first = next(iter(schedules))
        named = self.rng.choice(list(schedules)) if self.chance(0.3) else None
        if named is not None:
            line["schedule"] = named
        place = schedules[named or first]
        while "follows" in place:
            place = schedules[place["follows"]]
        wide = named is None and kind in ("remove", "swap")
        if "layers" in place and not wide and (kind.endswith("layer") or self.chance(0.15)):
            line["layer"] = self.rng.choice(place["layers"])["name"]
        return line | self.stretch(bare=not wide or len(schedules) == 1)

    def absence(self, person: str) -> dict[str, str]:
        line = {"who": person, **self.stretch(bare=True)}
        cover = self.rng.choice(["next", "next", "next", "named", None])
        if cover is not None:
            line["cover"] = (
                "next" if cover == "next" else self.rng.choice([one for one in self.people if one != person])
            )
        return line

    # -- the folder

    def folder(self) -> Folder:
        self.exclusive = False
        self.used_holidays = self.chance(0.1)
        days_off = {self.near(9, 9) for _ in range(4)}
        schedules: dict[str, dict[str, Any]] = {"primary": self.schedule(several=self.chance(0.5))}
        if self.chance(0.5):
            schedules["secondary"] = self.follower("primary", schedules["primary"])
        if self.chance(0.35):
            schedules["developers"] = self.schedule(several=False)
        other = None
        if self.chance(0.2):
            here, self.zone = self.zone, self.rng.choice(ZONES)  # its times are drawn on its own clock
            other = {"team": "operations", "timezone": self.zone, "schedules": {"desk": self.schedule(False)}}
            if self.chance(0.5):
                line = self.override({"desk": other["schedules"]["desk"]})
                other["overrides"] = [line]
            strip_holidays(other["schedules"]["desk"])
            self.zone = here
        lenders = [name for name in schedules if name != "secondary"] + (["operations/desk"] if other else [])
        if self.chance(0.3):
            schedules["first-line"] = self.borrower(lenders)
        team: dict[str, Any] = {"team": "payments", "timezone": self.zone}
        if self.used_holidays:
            team["holidays"] = "days.ics"
        if len(schedules) == 1 and self.chance(0.5):
            team["rotation" if "layers" not in schedules["primary"] else "schedules"] = (
                schedules["primary"] if "layers" not in schedules["primary"] else schedules
            )
        else:
            team["schedules"] = schedules
        lines = [self.override(schedules) for _ in range(self.rng.choice([0, 0, 1, 2, 3, 4]))]
        apart = self.rng.randint(0, len(lines)) if self.chance(0.3) else 0
        if lines[apart:]:
            team["overrides"] = lines[apart:]
        if self.chance(0.4):
            team["away"] = [self.absence(self.rng.choice(self.people)) for _ in range(self.rng.randint(1, 4))]
            if self.chance(0.15):
                team["away"][0]["schedule"] = self.rng.choice(list(schedules))
        people: dict[str, Any] = {
            person: {"name": person.title(), "email": f"{person}@example.com"} for person in PEOPLE
        }
        if self.chance(0.2):
            absent = self.absence(self.rng.choice(self.people))
            people[absent.pop("who")]["away"] = [absent]
        texts = {"payments.yaml": dumped(team), "people.yaml": dumped(people)}
        if lines[:apart]:
            texts["payments.overrides.yaml"] = dumped(lines[:apart])
        if other:
            texts["operations.yaml"] = dumped(other)
        if self.used_holidays:
            texts["days.ics"] = calendar_text(days_off)
        middle = int(datetime(self.middle.year, self.middle.month, self.middle.day, tzinfo=UTC).timestamp())
        low = middle - self.rng.randint(20, 100) * 3600 + self.rng.choice([0, 0, 1234])
        high = middle + self.rng.randint(20, 100) * 3600
        return Folder(texts, low, high, list(schedules), self.exclusive, {"days.ics": days_off})


def strip_holidays(schedule: dict[str, Any]) -> None:
    """The other team has no calendar of holidays: take out what would need one."""
    schedule.pop("handoff_on_holiday", None)
    for key in ("when", "except"):
        if "holidays" in str(schedule.get(key, "")):
            schedule[key] = "sun"


def written(wall: datetime) -> str:
    """A wall time as the format writes it."""
    return wall.strftime("%Y-%m-%d %H:%M:%S" if wall.second else "%Y-%m-%d %H:%M")


def ending(day: int) -> str:
    """1 -> st, 22 -> nd."""
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def dumped(value: Any) -> str:
    """The value as YAML text."""
    return str(yaml.dump(value, Dumper=DUMPER, sort_keys=False, default_flow_style=False, width=200))


class Plain(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """No aliases: every list is written where it stands."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


DUMPER = Plain


def calendar_text(days: set[date]) -> str:
    """An .ics file with one all-day event a day."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//days off//EN"]
    for day in sorted(days):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{day}@example.com",
            "DTSTAMP:20200101T000000Z",
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day + DAY:%Y%m%d}",
            "SUMMARY:Day off",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])
