"""What a team's file and its overrides file may say: the one source for reading, hints and JSON Schema."""

from __future__ import annotations

from typing import Any

from oncall_rota.config import text
from oncall_rota.config.document import Document, Mapping
from oncall_rota.config.field import BAD, Choice, List, Number, Text
from oncall_rota.config.name import NAME, cover, name, percent, schedule_name, team_name
from oncall_rota.config.record import Either, Key, Record, Table
from oncall_rota.config.rotation import (
    ENTRY,
    HOLIDAYS,
    MOMENT,
    PEOPLE,
    PERSON,
    SCHEDULE,
    ZONE,
    date_text,
    when_text,
)
from oncall_rota.config.when import Windows

_TIMES = {
    "from": Key(when_text(), "Start of it, in the team's zone.", required=True, also=["start", "starting", "at"]),
    "until": Key(when_text(), "End of it, not included.", also=["end", "to", "ending", "ends"]),
    "through": Key(date_text(), "Last day of it, that whole day included.", also=["thru", "last", "including"]),
    "reason": Key(Text(free=True), "Why, for people.", also=["comment", "note", "why", "description"]),
}
OVERRIDE = Record(
    "an override",
    {
        "who": Key(
            Either("a person, a list of people, or nobody", text=ENTRY.text, sequence=ENTRY.sequence),
            "Takes the whole window.",
            also=["person", "user", "people", "oncall", "on"],
        ),
        "instead_of": Key(PERSON, "Only where this person is on.", also=["for", "replaces"]),
        "add": Key(PEOPLE, "On call as well."),
        "remove": Key(PERSON, "Taken out of every layer."),
        "swap": Key(List(PERSON, "a list of two people"), "Two people who take each other's turns."),
        "schedule": Key(Text(what="a schedule of this team"), "Only in this schedule."),
        "layer": Key(Text(what="a layer's name"), "Only in this layer, while it is active."),
        **_TIMES,
        "id": Key(Text(what="an id"), "A name for this override."),
    },
)
_AWAY = {
    "cover": Key(
        Text(cover, "next, or a person's id", examples=["next", "bob"]),
        "Who takes over: next, a person, or nobody when left out.",
    ),
    **{key: Key(about.field, about.doc, also=about.also) for key, about in _TIMES.items()},
    "calendar": Key(
        Text(what="an .ics file", examples=["vacation.ics"]), "A calendar of absences, instead of `from` and `until`."
    ),
}
AWAY = Record(
    "an absence",
    {
        "who": Key(PERSON, "Who is away.", also=["person", "user"]),
        "schedule": Key(Text(what="a schedule of this team"), "Only in this schedule."),
        **_AWAY,
    },
)
OWN_AWAY = Record("an absence", _AWAY)
OVERRIDES = List(OVERRIDE, "a list of overrides", least=0)

SPAN = Text(text.span, "a length of time", examples=["5m"])


class _Target(Text):
    """The name of whom a step pages."""

    def refuse(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Mapping:
            return super().refuse(node, document)
        document.error(
            node,
            "only-in-settings",
            "an address stands here: only oncall.yaml names addresses, so that no team's file can send pages anywhere",
            "write the name of a person, a schedule or team/schedule; last_resort of oncall.yaml takes addresses",
        )
        return BAD


class _Team(Record):
    """A team's file. What belongs into oncall.yaml is sent there."""

    def unknown(self, key: str, child: Any, node: Mapping, document: Document) -> str:
        if key not in _ELSEWHERE:
            return super().unknown(key, child, node, document)
        document.error(
            node.keys_at[key],
            "only-in-settings",
            f"{key!r} stands in a team's file: only oncall.yaml names servers, addresses, commands and secrets",
            "move it to oncall.yaml, which few may change",
        )
        return ""


_ELSEWHERE = frozenset(
    ("server", "notifiers", "channels", "last_resort", "sources", "routes", "heartbeats", "access", "watchdog")
)
TARGETS = List(_Target(what="a schedule, a person or team/schedule", examples=["primary"]), one=True)
STEP = Record(
    "a step of an escalation",
    {
        "notify": Key(
            TARGETS, "Schedules, people, or team/schedule.", required=True, also=["who", "target", "targets", "page"]
        ),
        "wait": Key(
            SPAN,
            "How long this step waits for an acknowledgement before the next begins.",
            also=["timeout", "delay", "after", "for"],
        ),
        "pick": Key(Choice("round robin", "all"), "round robin: one of the targets, in turn."),
    },
)
STEPS = List(STEP, "a list of steps")
ACK_TIMEOUT = Text(
    lambda written: None if written == "none" else text.some_span(written),
    "a length of time, or none",
    examples=["30m", "none"],
)
_POLICY = {
    "ack_timeout": Key(ACK_TIMEOUT, "How long an acknowledgement holds, or none."),
    "escalation": Key(STEPS, "Who is paged, step by step.", also=["policy", "steps"]),
    "repeat": Key(Number(0, 100), "How many more times the list is gone through."),
}
SEVERITY = Record(
    "a severity",
    {
        **_POLICY,
        "notify": Key(TARGETS, "Who is told, in place of an escalation."),
        "when": Key(Windows(otherwise=False, since=False), "Only in these hours; else when they begin."),
    },
)
SEVERITIES = ("critical", "error", "warning", "info")
SERVICE = Record(
    "a service",
    {
        "runbook": Key(
            Text(what="an address", examples=["https://runbooks.example.com/checkout"]), "Address of its runbook."
        ),
        "availability": Key(Text(percent, "a percentage", examples=["99.9"]), "Promised availability, in percent."),
        "handover": Key(
            Record(
                "a handover",
                {
                    "to": Key(
                        Text(what="team/schedule", examples=["operations/primary"]),
                        "The schedule that runs it from then on.",
                        required=True,
                    ),
                    "starting": Key(
                        Text(text.wall_moment, "a date", pattern=MOMENT, examples=["2026-09-01"]),
                        "The first day.",
                        required=True,
                        also=["from"],
                    ),
                    "monitoring": Key(
                        Text(what="an address", examples=["https://grafana.example.com/d/basket"]),
                        "Address of its dashboards.",
                    ),
                    "documentation": Key(
                        Text(what="an address", examples=["https://docs.example.com/basket"]),
                        "Address of its documentation.",
                        also=["docs"],
                    ),
                },
            ),
            "Another team runs it from a day on.",
        ),
    },
)

TEAM = _Team(
    "a team's file",
    {
        "team": Key(
            Text(team_name, "the team's name", pattern=f"^{NAME}$", examples=["payments"]),
            "The team's name, that of the file.",
            required=True,
        ),
        "timezone": Key(ZONE, "The team's time zone.", required=True, also=["tz", "zone", "time-zone"]),
        "rotation": Key(SCHEDULE, "The only schedule, named primary."),
        "schedules": Key(
            Table(
                Text(schedule_name, "a schedule's name", pattern=f"^{NAME}$"), SCHEDULE, "schedules by name", most=100
            ),
            "Several schedules by name.",
            also=["rotations"],
        ),
        "holidays": Key(HOLIDAYS, "Holidays of the team: GB-ENG, an .ics file, or a list."),
        "overrides": Key(OVERRIDES, "Changes for some hours or days."),
        "away": Key(List(AWAY, "a list of absences", least=0), "Absences.", also=["absences", "vacation", "vacations"]),
        **_POLICY,
        "snooze": Key(Text(text.some_span, "a length of time", examples=["1h"]), "Default length of a snooze."),
        "severity": Key(
            Record(
                "severity",
                {
                    level: Key(
                        Either(
                            "a mapping, or none",
                            text=Choice("none", what="none (recorded, never paged), or keys such as escalation"),
                            mapping=SEVERITY,
                        ),
                        f"What {level} does.",
                    )
                    for level in SEVERITIES
                },
            ),
            "Other rules for a severity.",
        ),
        "services": Key(
            Table(Text(name, "a service's name", pattern=f"^{NAME}$"), SERVICE, "services by name"),
            "What the team runs.",
        ),
    },
    notes=True,
)
