"""people.yaml -> people by id, and their absences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oncall_rota.config.declaration import NOT_CONTACTS, people_file
from oncall_rota.config.document import Document
from oncall_rota.config.field import Filled
from oncall_rota.config.problem import did_you_mean, shown
from oncall_rota.schedule.model import Person

PEOPLE = "people.yaml"


class People:
    """Everybody in people.yaml. `readable` False: the file has a mistake that hides who is in it.

    `away`: by person, what was written under `away:`; `document`: the file.
    """

    __slots__ = ("away", "document", "exists", "persons", "readable")

    def __init__(self, document: Document, *, readable: bool = True, exists: bool = True) -> None:
        self.document = document
        self.persons: dict[str, Person] = {}
        self.away: dict[str, list[Filled]] = {}
        self.readable = readable
        self.exists = exists

    def check(self, person: str, node: Any, document: Document) -> bool:
        """Whether people.yaml has `person`; reports it at `node` otherwise."""
        if person in self.persons or not self.readable:
            return True
        if not self.exists:
            return False  # said once, in the folder's name
        if document.full:
            document.error(node, "unknown-person", "")
            return False
        document.error(
            node, "unknown-person", f"nobody is called {shown(person)} in people.yaml",
            did_you_mean(person, self.persons, f"add to people.yaml: {person}: {{name: …, email: …}}"),
        )  # fmt: skip
        return False


def people(document: Document | None, fields: tuple[str, ...], teams: Iterable[str]) -> People:
    """The people of people.yaml; None: there is no such file. `fields`: contact fields of the folder's notifiers."""
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
                at, "name-collision", f"{person!r} is a person here and a team in {person}.yaml", "rename one, so that a bare name is clear", fatal=False
            )
        given = values.get(person)
        found.persons[person] = _person(person, given, at, document)
        if given is None:
            continue
        if "name" not in given and "name" not in given.node:
            document.warn(entry, "no-name", f"{person} has no name", f"write name: {person.replace('.', ' ').replace('-', ' ').title()}")
        away = given.get("away")
        if away:
            found.away[person] = [each for each in away if isinstance(each, Filled)]
    return found


def _person(person: str, given: Filled | None, at: Any, document: Document) -> Person:
    source = document.source(at)
    if given is None:
        return Person(person, person, source)
    contacts = {key: value for key, value in given.items() if key not in NOT_CONTACTS}
    return Person(person, given.get("name", person), source, contacts, given.get("timezone"), given.get("until"))

