"""people.yaml -> people by id, and their absences."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from oncall_rota.config import text
from oncall_rota.config.declaration import OWN_AWAY
from oncall_rota.config.document import Document, Sequence
from oncall_rota.config.field import BAD, List, Text
from oncall_rota.config.mention import Mentions
from oncall_rota.config.name import person_id
from oncall_rota.config.problem import Mistake, did_you_mean, listed, shown
from oncall_rota.config.record import Filled, Key, Record, Table
from oncall_rota.config.rotation import ZONE, date_text
from oncall_rota.schedule.model import Person
from oncall_rota.timeline.zone import DAY

PEOPLE = "people.yaml"


def contact(written: str) -> str:
    """An address on a channel; never that of a server, which only oncall.yaml names."""
    if "://" in written:
        raise Mistake(
            "only-in-settings",
            "an address with '://' stands here: what pages are sent through is named in oncall.yaml alone",
            "write what tells people apart there, such as an id or a topic",
        )
    return written


NO_SERVER = "^(?!.*://)"
CHANNELS = List(Text(what="a channel", examples=["sms"]), one=True)
RULE = Table(
    Text(text.span, "a length of time", pattern=r"^[0-9]+ *[a-z]+$"),
    CHANNELS,
    "a length of time and channels, e.g. 2m: sms",
)
QUIET = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)", re.ASCII)


def quiet_hours(written: str) -> tuple[int, int]:
    """From when until when, in seconds of a day: `22:00-07:00`."""
    found = QUIET.fullmatch(written.strip())
    start, end = (text.clock_seconds(found[1]), text.clock_seconds(found[2])) if found else (0, 0)
    if start % DAY == end % DAY:
        raise Mistake("bad-quiet-hours", f"{shown(written)} is no part of a day", "write e.g. quiet: 22:00-07:00")
    return start % DAY, end % DAY


WISHES = Record(
    "wishes about notices",
    {
        "via": Key(CHANNELS, "Channels in order, in place of those of oncall.yaml."),
        "quiet": Key(
            Text(quiet_hours, "a part of the day", examples=["22:00-07:00"]),
            "When no notice is to come, on the person's own clock; pages come all the same.",
        ),
    },
)
CONTACTS = (
    "email",
    "phone",
    "slack",
    "push",
    "telegram",
    "matrix",
    "mattermost",
    "discord",
    "teams",
    "webhook",
    "apprise",
)
PERSON_KEYS = {
    "name": Key(Text(free=True), "The person's name, as people know it."),
    "email": Key(Text(contact, "an e-mail address", pattern=NO_SERVER), "E-mail address."),
    "phone": Key(
        Text(contact, "a telephone number", pattern=NO_SERVER, examples=["+447700900001"]),
        "Telephone number, with + and country code.",
        also=["mobile", "tel"],
    ),
    "timezone": Key(ZONE, "The person's own time zone.", also=["tz", "zone"]),
    "notify": Key(List(RULE, "a list of rules"), "Which channels, how long after the page."),
    "away": Key(
        List(OWN_AWAY, "a list of absences", least=0), "Absences, in all teams.", also=["absences", "vacation"]
    ),
    "notices": Key(WISHES, "How notices are to come, which are no pages: of handoffs, of changes."),
    "until": Key(date_text(), "The day on which the person left; kept for history.", also=["left", "end"]),
    **{field: Key(Text(contact, pattern=NO_SERVER), "Address on this channel.") for field in CONTACTS[2:]},
}
NOT_CONTACTS = frozenset({"name", "timezone", "notify", "notices", "away", "until"})


def person_record(fields: tuple[str, ...] = ()) -> Record:
    """A person's entry, with the contact fields that the folder's notifiers name besides the usual ones."""
    more = {
        field: Key(Text(contact, pattern=NO_SERVER), "Address on this channel.")
        for field in fields
        if field not in PERSON_KEYS
    }
    return Record("a person", {**PERSON_KEYS, **more})


def people_file(fields: tuple[str, ...] = ()) -> Table:
    """people.yaml: people by id."""
    return Table(
        Text(person_id, "a person's id", pattern="^[a-z0-9][a-z0-9._-]*$", examples=["alice"]),
        person_record(fields),
        "people by id",
        notes=True,
    )


class People:
    """Everybody in people.yaml. `readable` False: the file has a mistake that hides who is in it.

    `away`, `rules` and `wishes`: by person, what was written under `away:`, `notify:` and `notices:`; `document`: the
    file.
    """

    __slots__ = ("_mentions", "away", "document", "exists", "persons", "readable", "rules", "wishes")

    def __init__(self, document: Document, *, readable: bool = True, exists: bool = True) -> None:
        self.document = document
        self.persons: dict[str, Person] = {}
        self.away: dict[str, list[Filled]] = {}
        self.rules: dict[str, list[Filled]] = {}
        self.wishes: dict[str, Filled] = {}
        self.readable = readable
        self.exists = exists
        self._mentions: Mentions | None = None

    def mentioned(self, title: str) -> tuple[str, ...]:
        """The ids of the people whom a calendar's event names."""
        if self._mentions is None:
            self._mentions = Mentions(self.persons.values())
        return self._mentions.people(title)

    def check(self, person: str, node: Any, document: Document) -> bool:
        """Whether people.yaml has `person`; reports it at `node` otherwise."""
        if person in self.persons or not self.readable:
            return True
        if not self.exists:
            return True  # said once, in the folder's name; who is on is known all the same
        if document.full:
            document.error(node, "unknown-person", "")
            return False
        document.error(
            node,
            "unknown-person",
            f"nobody is called {shown(person)} in people.yaml",
            did_you_mean(person, self.persons, f"add to people.yaml: {person}: {{name: …, email: …}}"),
        )
        return False


def people(
    document: Document | None, fields: tuple[str, ...], channels: Collection[str], teams: Iterable[str]
) -> People:
    """The people of people.yaml; None: there is no such file.

    `fields`: contact fields of the folder's notifiers; `channels`: their names, empty when nothing names them.
    """
    if document is None:
        return People(Document(PEOPLE), exists=False)
    found = People(document, readable=document.root is not None or not document.broken)
    if document.root is None:
        return found
    values = people_file(fields).read(document.root, document)
    if not isinstance(values, Filled):
        found.readable = False
        return found
    names = frozenset(teams)
    for person, entry in document.root.items():
        if person == "<<" or person.startswith("x-"):
            continue
        at = document.root.keys_at[person]
        if person in names:
            document.error(
                at,
                "name-collision",
                f"{person!r} is a person here and a team in {person}.yaml",
                "rename one, so that a bare name is clear",
                fatal=False,
            )
        given = values.get(person)
        found.persons[person] = _person(person, given, at, document)
        if given is None:
            continue
        if "name" not in given and "name" not in given.node:
            document.warn(
                entry,
                "no-name",
                f"{person} has no name",
                f"write name: {person.replace('.', ' ').replace('-', ' ').title()}",
            )
        if channels:
            _check_channels(given, channels, document)
        away = given.get("away")
        if away:
            found.away[person] = [each for each in away if isinstance(each, Filled)]
        if "notify" in given:
            found.rules[person] = [each for each in given["notify"] if isinstance(each, Filled)]
        if isinstance(given.get("notices"), Filled):
            found.wishes[person] = given["notices"]
    return found


def _person(person: str, given: Filled | None, at: Any, document: Document) -> Person:
    source = document.source(at)
    if given is None:
        return Person(person, person, source)
    contacts = {key: value for key, value in given.items() if key not in NOT_CONTACTS}
    return Person(person, given.get("name", person), source, contacts, given.get("timezone"), given.get("until"))


def _check_channels(given: Filled, channels: Collection[str], document: Document) -> None:
    """A rule's channels, and those of notices, are among those that oncall.yaml has."""
    written = [
        (names, rule.node[after])
        for rule in given.get("notify", ())
        if isinstance(rule, Filled)
        for after, names in rule.items()
    ]
    wishes = given.get("notices")
    if isinstance(wishes, Filled) and "via" in wishes:
        written.append((wishes["via"], wishes.node["via"]))
    for names, node in written:
        for name, place in zip(names, node if isinstance(node, Sequence) else [node], strict=False):
            if name is not BAD and name not in channels:
                document.error(
                    place,
                    "unknown-channel",
                    f"oncall.yaml has no notifier {shown(name)}",
                    did_you_mean(name, channels, f"notifiers are {listed(channels, 'and')}"),
                    fatal=False,
                )
