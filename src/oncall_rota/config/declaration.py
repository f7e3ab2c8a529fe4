"""What a team's file, an overrides file and people.yaml may say: the one source for reading, hints and JSON Schema."""

from __future__ import annotations

import re
from functools import lru_cache

from oncall_rota.config import text
from oncall_rota.config.field import Anything, Choice, Either, Key, List, Number, Record, Table, Text, Windows
from oncall_rota.config.problem import Mistake, shown
from oncall_rota.config.window import ALWAYS

RESERVED = frozenset({"nobody", "next", "always", "none", "otherwise", "holidays"})
RESERVED_TEAMS = RESERVED | {"people", "oncall"}

NAME = "[a-z0-9][a-z0-9-]{0,62}"
_NAME = re.compile(NAME, re.ASCII)
_LAYER = re.compile("[a-z0-9][a-z0-9 -]{0,62}", re.ASCII)
_PERSON = re.compile("[a-z0-9][a-z0-9._-]*", re.ASCII)


@lru_cache(maxsize=8192)
def name(written: str) -> str:
    """The name of a team, schedule or service."""
    if not _NAME.fullmatch(written):
        raise Mistake("bad-name", f"{shown(written)} is not a name: expected small letters, digits and '-', at most 63", _tidy(written, "-"))
    return written


@lru_cache(maxsize=8192)
def schedule_name(written: str) -> str:
    """A schedule's name."""
    return _free(name(written), RESERVED)


@lru_cache(maxsize=8192)
def team_name(written: str) -> str:
    """A team's name."""
    return _free(name(written), RESERVED_TEAMS)


@lru_cache(maxsize=8192)
def layer_name(written: str) -> str:
    """A layer's name: it may hold spaces."""
    if not _LAYER.fullmatch(written):
        raise Mistake("bad-name", f"{shown(written)} is not a layer's name: expected small letters, digits, spaces and '-', at most 63", _tidy(written, " "))
    return _free(written, RESERVED)


@lru_cache(maxsize=8192)
def person_id(written: str) -> str:
    """A person's id; whether people.yaml has it is asked later."""
    if not _PERSON.fullmatch(written) or len(written) > 200:
        hint = "people are named by their id in people.yaml"
        raise Mistake("bad-name", f"{shown(written)} is not a person's id: expected small letters, digits, '.', '_' and '-'", _tidy(written, ".") or hint)
    return _free(written, RESERVED)


@lru_cache(maxsize=8192)
def person_in_a_list(written: str) -> str:
    """A person's id where `nobody` has no place: among people who are on call together."""
    if written == "nobody":
        raise Mistake("nobody-with-others", "'nobody' means that nobody is on call, and stands alone", "delete it, or write nobody in place of the list")
    return person_id(written)


@lru_cache(maxsize=8192)
def person_or_nobody(written: str) -> str:
    """A person's id, or `nobody`."""
    return written if written == "nobody" else person_id(written)


def _free(written: str, reserved: frozenset[str]) -> str:
    if written in reserved:
        raise Mistake("reserved-word", f"{written!r} has a meaning of its own in the format and cannot be a name here", "choose another name")
    return written


def _tidy(written: str, gap: str) -> str:
    tidy = re.sub(r"[^a-z0-9-]+", gap, written.lower()).strip(" .-")[:63]
    return f"write {tidy}" if tidy and tidy != written else ""


@lru_cache(maxsize=1024)
def cover(written: str) -> str:
    """`next`, or a person's id."""
    return written if written == "next" else person_id(written)


@lru_cache(maxsize=1024)
def percent(written: str) -> float:
    """`99.9`, in percent."""
    if re.fullmatch(r"\d{1,3}(\.\d{1,9})?", written, re.ASCII) and float(written) <= 100:
        return float(written)
    raise Mistake("not-a-number", f"{shown(written)} is not a percentage, expected a number from 0 to 100", "write e.g. 99.9")


PERSON = Text(person_in_a_list, "a person's id", examples=["alice"])
PEOPLE = List(PERSON, one=True)
MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def when_text(what: str = "a date, or a date and time") -> Text:
    """A date, a date and time, or an instant."""
    return Text(text.moment, what, pattern=MOMENT, examples=["2026-06-01", "2026-06-01 09:00"])


def date_text() -> Text:
    """A date."""
    return Text(text.day, "a date", pattern=DATE, examples=["2026-06-01"])


STARTING = Text(text.wall_moment, "a date, or a date and time", pattern=MOMENT, examples=["2026-01-05", "2026-01-05 09:00"])
ZONE = Text(text.timezone_name, "a time zone", examples=["Europe/London", "America/New_York", "UTC"])
HOLIDAYS = List(Text(what="a country's code or an .ics file", examples=["GB-ENG", "DE-BY", "holidays.ics"]), one=True)
ENTRY = Either("a person, a list of people, or nobody", text=Text(person_or_nobody, "a person's id, or nobody", examples=["alice", "nobody"]),
               sequence=List(PERSON, "a list of people on call together"))  # fmt: skip
BLOCK = Record("a block of people", {
    "starting": Key(STARTING, "The handoff from which on this order holds.", required=True, also=["from", "start", "since"]),
    "order": Key(List(ENTRY, "a list of people"), "The turns, in order; the first begins at `starting`.", required=True, also=["people"]),
})  # fmt: skip
TURNS = List(Either("a person, a list of people, or nobody", text=ENTRY.text, sequence=ENTRY.sequence, mapping=BLOCK), "a list of people")

_ROTATION = {
    "people": Key(TURNS, "The turns, in order: ids of people.yaml; a list for people on call together; nobody for a vacant turn.",
                  also=["users", "members", "participants", "order", "rotation", "who", "person", "team"]),
    "every": Key(Text(text.every, "the length of a turn", pattern=r"^([1-9][0-9]* *)?(hour|day|week|month|shift)s?$",
                      examples=["week", "2 weeks", "day", "12 hours", "month", "shift"]),
                 "Length of a turn.", also=["length", "interval", "frequency", "period", "each", "cadence", "turn"]),
    "handoff": Key(Text(text.handoff, "a handoff", examples=["monday 09:00", "09:00", "1st 09:00"]),
                   "When turns change: weekday and time, time, or day of the month and time.", also=["handover", "rotate", "at", "change"]),
    "starting": Key(STARTING, "The first turn's start, from which turns are counted.", also=["start", "starts", "anchor", "begin", "since"]),
    "timezone": Key(ZONE, "Zone of this rotation, if not the team's.", also=["tz", "zone", "time-zone"]),
    "clock": Key(Choice("wall", "elapsed"), "wall: turns follow the wall clock (default); elapsed: real hours from the first handoff."),
    "lasts": Key(Text(text.some_span, "a length of time", examples=["12 hours", "5 days"]), "On call only this long after each handoff.",
                 also=["duration", "for", "length"]),
    "when": Key(Windows(), "The part of the week in which this rotation is active.", also=["hours", "days", "window", "windows", "restrictions"]),
    "except": Key(Windows(otherwise=False, since=False), "Hours cut out of `when`.", also=["but", "without", "exclude", "not"]),
    "from": Key(when_text("a date, a date and time, or an instant"), "Start of the layer's life; it never moves handoffs.", also=["after"]),
    "until": Key(when_text("a date, a date and time, or an instant"), "End of the layer's life, not included.", also=["end", "to", "ends", "before"]),
    "handoff_on_holiday": Key(Choice("next working day"), "Moves a handoff that falls on a holiday."),
    "holidays": Key(HOLIDAYS, "Holidays of this rotation: GB-ENG, an .ics file, or a list.", also=["calendar"]),
    "schedule": Key(Text(what="a schedule", examples=["developers", "operations/primary"]), "Another schedule whose final answer stands here."),
    "priority": Key(Number(-1_000_000, 1_000_000), "For combine: priority; the larger number wins."),
}  # fmt: skip
LAYER = Record("a layer", {"name": Key(Text(layer_name, "a layer's name", examples=["office hours"], free=True), "Name of the layer."), **_ROTATION})
SCHEDULE = Record("a schedule", {
    **_ROTATION,
    "layers": Key(List(LAYER, "a list of layers"), "Several rotations on top of each other.", also=["rotations"]),
    "combine": Key(Choice("exclusive", "last wins", "first wins", "all", "priority", also={"union": "all", "top": "last wins"}),
                   "What two layers at the same instant mean."),
    "must_cover": Key(Either("always, none, a part of the week, or {when, except}",
                             text=Windows({"always": ALWAYS, "none": None}, otherwise=False, since=False),
                             sequence=Windows(otherwise=False, since=False),
                             mapping=Record("must_cover", {
                                 "when": Key(Windows({"always": ALWAYS}, otherwise=False, since=False), "When somebody must be on."),
                                 "except": Key(Windows(otherwise=False, since=False), "Hours cut out of it."),
                             })), "When somebody must be on call."),
    "follows": Key(Text(what="a schedule of this team", examples=["primary"]), "Copies the layers of a schedule of this team."),
    "offset": Key(Number(-10_000, 10_000), "During turn k, the people of turn k + offset are on."),
    "pages": Key(Choice("all", "copy"), "copy: gets copies of pages and never counts as cover."),
})  # fmt: skip
LAYERLESS = frozenset(_ROTATION) - {"timezone", "holidays"}

_TIMES = {
    "from": Key(when_text(), "Start of it, in the team's zone.", required=True, also=["start", "starting", "at"]),
    "until": Key(when_text(), "End of it, not included.", also=["end", "to", "ending", "ends"]),
    "through": Key(date_text(), "Last day of it, that whole day included.", also=["thru", "last", "including"]),
    "reason": Key(Text(free=True), "Why, for people.", also=["comment", "note", "why", "description"]),
}
OVERRIDE = Record("an override", {
    "who": Key(Either("a person, a list of people, or nobody", text=ENTRY.text, sequence=ENTRY.sequence),
               "Takes the whole window.", also=["person", "user", "people", "oncall", "on"]),
    "instead_of": Key(PERSON, "Only where this person is on.", also=["for", "replaces"]),
    "add": Key(PEOPLE, "On call as well."),
    "remove": Key(PERSON, "Taken out of every layer."),
    "swap": Key(List(PERSON, "a list of two people"), "Two people who take each other's turns."),
    "schedule": Key(Text(what="a schedule of this team"), "Only in this schedule."),
    "layer": Key(Text(what="a layer's name"), "Only in this layer, while it is active."),
    **_TIMES,
    "id": Key(Text(what="an id"), "A name for this override."),
})  # fmt: skip
_AWAY = {
    "cover": Key(Text(cover, "next, or a person's id", examples=["next", "bob"]), "Who takes over: next, a person, or nobody when left out."),
    **{key: Key(about.field, about.doc, also=about.also) for key, about in _TIMES.items()},
    "calendar": Key(Text(what="an .ics file", examples=["vacation.ics"]), "A calendar of absences, instead of `from` and `until`."),
}
AWAY = Record("an absence", {"who": Key(PERSON, "Who is away.", also=["person", "user"]), **_AWAY})
OWN_AWAY = Record("an absence", _AWAY)
OVERRIDES = List(OVERRIDE, "a list of overrides", least=0)

SPAN = Text(text.span, "a length of time", examples=["5m"])
TARGETS = List(Text(what="a schedule, a person or team/schedule", examples=["primary"]), one=True)
STEP = Record("a step of an escalation", {
    "notify": Key(TARGETS, "Schedules, people, or team/schedule.", required=True, also=["who", "target", "targets", "page"]),
    "wait": Key(SPAN, "How long this step waits for an acknowledgement before the next begins.", also=["timeout", "delay", "after", "for"]),
    "pick": Key(Choice("round robin", "all"), "round robin: one of the targets, in turn."),
})  # fmt: skip
STEPS = List(STEP, "a list of steps")
ACK_TIMEOUT = Text(lambda written: None if written == "none" else text.some_span(written), "a length of time, or none", examples=["30m", "none"])
_POLICY = {
    "ack_timeout": Key(ACK_TIMEOUT, "How long an acknowledgement holds, or none."),
    "escalation": Key(STEPS, "Who is paged, step by step.", also=["policy", "steps"]),
    "repeat": Key(Number(0, 100), "How many more times the list is gone through."),
}
SEVERITY = Record("a severity", {
    **_POLICY,
    "notify": Key(TARGETS, "Who is told, in place of an escalation."),
    "when": Key(Windows(otherwise=False, since=False), "Only in these hours; else when they begin."),
})  # fmt: skip
SEVERITIES = ("critical", "error", "warning", "info")
SERVICE = Record("a service", {
    "runbook": Key(Text(what="an address", examples=["https://runbooks.example.com/checkout"]), "Address of its runbook."),
    "availability": Key(Text(percent, "a percentage", examples=["99.9"]), "Promised availability, in percent."),
    "handover": Key(Record("a handover", {
        "to": Key(Text(what="team/schedule", examples=["operations/primary"]), "The schedule that runs it from then on.", required=True),
        "starting": Key(Text(text.wall_moment, "a date", pattern=MOMENT, examples=["2026-09-01"]), "The first day.", required=True, also=["from"]),
        "monitoring": Key(Text(what="an address", examples=["https://grafana.example.com/d/basket"]), "Address of its dashboards."),
        "documentation": Key(Text(what="an address", examples=["https://docs.example.com/basket"]), "Address of its documentation.", also=["docs"]),
    }), "Another team runs it from a day on."),
})  # fmt: skip

TEAM = Record("a team's file", {
    "team": Key(Text(team_name, "the team's name", pattern=f"^{NAME}$", examples=["payments"]), "The team's name, that of the file.", required=True),
    "timezone": Key(ZONE, "The team's time zone.", required=True, also=["tz", "zone", "time-zone"]),
    "rotation": Key(SCHEDULE, "The only schedule, named primary."),
    "schedules": Key(Table(Text(schedule_name, "a schedule's name", pattern=f"^{NAME}$"), SCHEDULE, "schedules by name"),
                     "Several schedules by name.", also=["rotations"]),
    "holidays": Key(HOLIDAYS, "Holidays of the team: GB-ENG, an .ics file, or a list."),
    "overrides": Key(OVERRIDES, "Changes for some hours or days."),
    "away": Key(List(AWAY, "a list of absences", least=0), "Absences.", also=["absences", "vacation", "vacations"]),
    **_POLICY,
    "snooze": Key(Text(text.some_span, "a length of time", examples=["1h"]), "Default length of a snooze."),
    "severity": Key(Record("severity", {level: Key(Either("a mapping, or none", text=Choice("none", what="none (recorded, never paged), or keys such as escalation"), mapping=SEVERITY),
                                                   f"What {level} does.") for level in SEVERITIES}), "Other rules for a severity."),
    "services": Key(Table(Text(name, "a service's name", pattern=f"^{NAME}$"), SERVICE, "services by name"), "What the team runs."),
}, notes=True)  # fmt: skip

CHANNELS = List(Text(what="a channel", examples=["sms"]), one=True)
RULE = Table(Text(text.span, "a length of time", pattern=r"^[0-9]+ *[a-z]+$"), CHANNELS, "a length of time and channels, e.g. 2m: sms")
CONTACTS = ("email", "phone", "slack", "push", "telegram", "matrix", "mattermost", "discord", "teams", "webhook", "apprise")
PERSON_KEYS = {
    "name": Key(Text(free=True), "The person's name, as people know it."),
    "email": Key(Text(what="an e-mail address"), "E-mail address."),
    "phone": Key(Text(what="a telephone number", examples=["+447700900001"]), "Telephone number, with + and country code.", also=["mobile", "tel"]),
    "timezone": Key(ZONE, "The person's own time zone.", also=["tz", "zone"]),
    "notify": Key(List(RULE, "a list of rules"), "Which channels, how long after the page."),
    "away": Key(List(OWN_AWAY, "a list of absences", least=0), "Absences, in all teams.", also=["absences", "vacation"]),
    "until": Key(date_text(), "The day on which the person left; kept for history.", also=["left", "end"]),
    **{field: Key(Text(), "Address on this channel.") for field in CONTACTS[2:]},
}
NOT_CONTACTS = frozenset({"name", "timezone", "notify", "away", "until"})


def person_record(fields: tuple[str, ...] = ()) -> Record:
    """A person's entry, with the contact fields that the folder's notifiers name besides the usual ones."""
    more = {field: Key(Text(), "Address on this channel.") for field in fields if field not in PERSON_KEYS}
    return Record("a person", {**PERSON_KEYS, **more})


def people_file(fields: tuple[str, ...] = ()) -> Table:
    """people.yaml: people by id."""
    return Table(Text(person_id, "a person's id", pattern="^[a-z0-9][a-z0-9._-]*$", examples=["alice"]), person_record(fields), "people by id", notes=True)


ANYTHING = Anything()
