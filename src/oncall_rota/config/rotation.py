"""What a rotation, a layer and a schedule may say."""

from __future__ import annotations

from oncall_rota.config import text
from oncall_rota.config.field import Choice, List, Number, Text
from oncall_rota.config.name import layer_name, person_in_a_list, person_or_nobody
from oncall_rota.config.record import Either, Key, Record
from oncall_rota.config.when import Windows
from oncall_rota.config.window import ALWAYS

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


STARTING = Text(
    text.wall_moment, "a date, or a date and time", pattern=MOMENT, examples=["2026-01-05", "2026-01-05 09:00"]
)
ZONE = Text(text.timezone_name, "a time zone", examples=["Europe/London", "America/New_York", "UTC"])
HOLIDAYS = List(Text(what="a country's code or an .ics file", examples=["GB-ENG", "DE-BY", "holidays.ics"]), one=True)
ENTRY = Either(
    "a person, a list of people, or nobody",
    text=Text(person_or_nobody, "a person's id, or nobody", examples=["alice", "nobody"]),
    sequence=List(PERSON, "a list of people on call together"),
)
BLOCK = Record(
    "a block of people",
    {
        "starting": Key(
            STARTING, "The handoff from which on this order holds.", required=True, also=["from", "start", "since"]
        ),
        "order": Key(
            List(ENTRY, "a list of people"),
            "The turns, in order; the first begins at `starting`.",
            required=True,
            also=["people"],
        ),
    },
)
TURNS = List(
    Either("a person, a list of people, or nobody", text=ENTRY.text, sequence=ENTRY.sequence, mapping=BLOCK),
    "a list of people",
)

_ROTATION = {
    "people": Key(
        TURNS,
        "The turns, in order: ids of people.yaml; a list for people on call together; nobody for a vacant turn.",
        also=["users", "members", "participants", "order", "rotation", "who", "person", "team"],
    ),
    "every": Key(
        Text(
            text.every,
            "the length of a turn",
            pattern=r"^([1-9][0-9]* *)?(hour|day|week|month|shift)s?$",
            examples=["week", "2 weeks", "day", "12 hours", "month", "shift"],
        ),
        "Length of a turn.",
        also=["length", "interval", "frequency", "period", "each", "cadence", "turn"],
    ),
    "handoff": Key(
        Text(text.handoff, "a handoff", examples=["monday 09:00", "09:00", "1st 09:00"]),
        "When turns change: weekday and time, time, or day of the month and time.",
        also=["handover", "rotate", "at", "change"],
    ),
    "starting": Key(
        STARTING,
        "The first turn's start, from which turns are counted.",
        also=["start", "starts", "anchor", "begin", "since"],
    ),
    "timezone": Key(ZONE, "Zone of this rotation, if not the team's.", also=["tz", "zone", "time-zone"]),
    "clock": Key(
        Choice("wall", "elapsed"),
        "wall: turns follow the wall clock (default); elapsed: real hours from the first handoff.",
    ),
    "lasts": Key(
        Text(text.some_span, "a length of time", examples=["12 hours", "5 days"]),
        "On call only this long after each handoff.",
        also=["duration", "for", "length"],
    ),
    "when": Key(
        Windows(),
        "The part of the week in which this rotation is active.",
        also=["hours", "days", "window", "windows", "restrictions"],
    ),
    "except": Key(
        Windows(otherwise=False, since=False), "Hours cut out of `when`.", also=["but", "without", "exclude", "not"]
    ),
    "from": Key(
        when_text("a date, a date and time, or an instant"),
        "Start of the layer's life; it never moves handoffs.",
        also=["after"],
    ),
    "until": Key(
        when_text("a date, a date and time, or an instant"),
        "End of the layer's life, not included.",
        also=["end", "to", "ends", "before"],
    ),
    "handoff_on_holiday": Key(Choice("next working day"), "Moves a handoff that falls on a holiday."),
    "holidays": Key(HOLIDAYS, "Holidays of this rotation: GB-ENG, an .ics file, or a list."),
    "schedule": Key(
        Text(what="a schedule", examples=["developers", "operations/primary"]),
        "Another schedule whose final answer stands here.",
    ),
    "priority": Key(Number(-1_000_000, 1_000_000), "For combine: priority; the larger number wins."),
}
LAYER = Record(
    "a layer",
    {
        "name": Key(Text(layer_name, "a layer's name", examples=["office hours"], free=True), "Name of the layer."),
        "calendar": Key(
            Text(what="an .ics file", examples=["shifts.ics"]), "A calendar whose events say who is on call, and when."
        ),
        **_ROTATION,
    },
)
SCHEDULE = Record(
    "a schedule",
    {
        **_ROTATION,
        "layers": Key(
            List(LAYER, "a list of layers", most=100, of="layers"),
            "Several rotations on top of each other.",
            also=["rotations"],
        ),
        "combine": Key(
            Choice(
                "exclusive", "last wins", "first wins", "all", "priority", also={"union": "all", "top": "last wins"}
            ),
            "What two layers at the same instant mean.",
        ),
        "must_cover": Key(
            Either(
                "always, none, a part of the week, or {when, except}",
                text=Windows({"always": ALWAYS, "none": None}, otherwise=False, since=False),
                sequence=Windows(otherwise=False, since=False),
                mapping=Record(
                    "must_cover",
                    {
                        "when": Key(
                            Windows({"always": ALWAYS}, otherwise=False, since=False), "When somebody must be on."
                        ),
                        "except": Key(Windows(otherwise=False, since=False), "Hours cut out of it."),
                    },
                ),
            ),
            "When somebody must be on call.",
        ),
        "follows": Key(
            Text(what="a schedule of this team", examples=["primary"]), "Copies the layers of a schedule of this team."
        ),
        "offset": Key(Number(-10_000, 10_000), "During turn k, the people of turn k + offset are on."),
        "pages": Key(Choice("all", "copy"), "copy: gets copies of pages and never counts as cover."),
    },
)
LAYERLESS = frozenset(_ROTATION) - {"timezone", "holidays"}
