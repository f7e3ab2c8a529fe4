"""`load`: a folder -> its catalogue and all problems of all files read."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.config.absence import Absence, CalendarAbsence, absences, attach_absences
from oncall_rota.config.build import Builder
from oncall_rota.config.check import Contacts, check_names, drop_services
from oncall_rota.config.document import Document
from oncall_rota.config.draft import Draft, draft_of
from oncall_rota.config.escalation import paged
from oncall_rota.config.folder import OVERRIDES, PEOPLE, SETTINGS, Folder
from oncall_rota.config.holiday import Calendars
from oncall_rota.config.order import Pair, pairs, warn_of_order
from oncall_rota.config.override import attach
from oncall_rota.config.people import people
from oncall_rota.config.problem import ERROR, Problem
from oncall_rota.config.service import services
from oncall_rota.config.settings import Settings, settings
from oncall_rota.schedule.model import Person, Source, Team

if TYPE_CHECKING:
    from collections.abc import Mapping as Names

    from oncall_rota.config.live import Judged, Live
    from oncall_rota.config.reach import Reaching
    from oncall_rota.paging.ports.notifier import Declaration

_NONE_LIVE: Live = MappingProxyType({})


class Catalog(NamedTuple):
    """What a folder says. `teams` holds those with a single meaning.

    `names`: every file that was read; `borrowed`: for each team the others that its answer needs; `texts`: what the
    YAML files hold; `paged`: for each team the others whose schedules its escalations page; `live`: for each team what
    became of its live overrides.
    """

    folder: Path
    teams: dict[str, Team]
    people: dict[str, Person]
    names: tuple[str, ...]
    borrowed: dict[str, frozenset[str]]
    texts: dict[str, str]
    paged: Names[str, frozenset[str]] = MappingProxyType({})
    live: Names[str, tuple[Judged, ...]] = MappingProxyType({})

    @property
    def files(self) -> tuple[Path, ...]:
        """The paths of `names`."""
        return tuple(self.folder / name for name in self.names)


def load(
    folder: Path,
    teams: Iterable[str] | None = None,
    notifiers: Names[str, Declaration] | None = None,
    live: Live = _NONE_LIVE,
) -> tuple[Catalog, tuple[Problem, ...]]:
    """The catalogue of a folder and the problems of every file that was read, sorted by place.

    `teams`: read only these, with what they borrow. `notifiers`: what each kind of notifier declares, so that the
    options of channels are judged too. `live`: overrides that stand in no file. Never raises for a user's mistake.
    """
    enabled = gc.isenabled()
    gc.disable()  # a load makes many small objects and no garbage: worth a third of its time
    try:
        return _Load(folder, notifiers, live).run(None if teams is None else tuple(teams))
    finally:
        if enabled:
            gc.enable()


class _Load:
    def __init__(self, folder: Path, notifiers: Names[str, Declaration] | None, live: Live) -> None:
        self.folder = Folder(folder)
        self.live = live
        self.judged: dict[str, tuple[Judged, ...]] = {}
        self.notifiers = notifiers
        self.reaching: Reaching | None = None
        self.calendars = Calendars(self.folder)
        self.documents: list[Document] = []
        self.settings: Settings = settings(self._document(SETTINGS), notifiers)
        self.people = people(self._document(PEOPLE), self.settings.contacts, self.settings.channels, self.folder.teams)
        self.everywhere = self._everywhere()
        self.partial = False
        self.drafts: dict[str, Draft | None] = {}
        self.order: list[Draft] = []
        self.builder = Builder(self)
        self.made: dict[str, Team] = {}
        self.pairs: list[Pair] = []
        self.contacts = Contacts(self.people)
        self.team_set = frozenset(self.folder.teams)

    def _document(self, name: str) -> Document | None:
        document = self.folder.document(name)
        if document is not None:
            self.documents.append(document)
        return document

    def team_names(self) -> tuple[str, ...]:
        """All teams of the folder."""
        return self.folder.teams

    def draft(self, team: str) -> Draft | None:
        """The draft of a team, read on first use; None if there is no such team."""
        if team in self.drafts:
            return self.drafts[team]
        self.drafts[team] = None
        document = self._document(f"{team}.yaml") if team in self.folder.teams else None
        if document is None:
            return None
        overrides = self._document(team + OVERRIDES)
        draft = self.drafts[team] = draft_of(team, document, overrides, self.people, self.calendars)
        self.order.append(draft)
        return draft

    def _everywhere(self) -> dict[str, list[Absence | CalendarAbsence]]:
        """The absences of people.yaml, by person."""
        people = self.people
        found: dict[str, list[Absence | CalendarAbsence]] = {}
        for person, given in people.away.items():
            found[person] = [
                absence
                for values in given
                for absence in absences(person, values, people, people.document, self.folder)
            ]
        return found

    def run(self, asked: tuple[str, ...] | None) -> tuple[Catalog, tuple[Problem, ...]]:
        self.partial = asked is not None
        if asked is None:
            self.folder.check()
            self.reaching = self._reaching()
        wanted = self.folder.teams if asked is None else asked
        finished = 0
        for name in wanted:
            self.draft(name)
            while finished < len(self.order):  # a schedule that is borrowed brings its team
                self._finish(self.order[finished])
                finished += 1
        self.contacts.check(partial=self.partial)
        self._check_paging()
        self.builder.close()
        made = self.made
        good = self._good(made)
        for draft in self.order:
            if draft.handed_over and draft.name in made:
                drop_services(draft, made[draft.name], good)
        for pair in self.pairs:
            if pair.schedule.team in good:
                warn_of_order(pair)
        misnamed = not self.partial and "people.yml" in self.folder.names  # which is reported
        if not self.people.exists and self.order and not misnamed:
            self.folder.problems.append(
                Problem(
                    PEOPLE,
                    1,
                    1,
                    ERROR,
                    "no-people-file",
                    "there is no people.yaml: it says who the people in the rotations are",
                    "create it beside the team files, with an entry such as `alice: "
                    "{name: Alice Adams, email: alice@example.com}`",
                )
            )
        catalog = Catalog(
            folder=self.folder.root,
            teams={name: made[name] for name in dict.fromkeys(wanted) if name in good},
            people=self.people.persons,
            names=tuple(self.folder.files),
            borrowed={draft.name: frozenset(draft.borrowed) for draft in self.order},
            texts={document.path: document.text for document in self.documents},
            paged={draft.name: frozenset(draft.paged) for draft in self.order if draft.paged},
            live=self.judged,
        )
        return catalog, self._problems()

    def _finish(self, draft: Draft) -> None:
        """Make a team of what was read, find its mistakes, and let go of what was read."""
        for name in draft.written:
            self.builder.schedule(draft, name)
        team = _team(draft)  # even one without a good schedule: its other mistakes are told as well
        if team.schedules:
            self.made[draft.name] = team
        team.services.update(services(draft, team, self.builder))
        for name, placed in attach(draft, team).items():
            if len(placed) > 1:
                self.pairs += pairs(team.schedules[name], placed)
        if draft.name in self.live:
            from oncall_rota.config.live import attach_live  # only servers, and who asks without one, have any

            self.judged[draft.name] = attach_live(draft, team, self.live[draft.name])
        attach_absences(draft, team.schedules.values(), self.everywhere)
        found = paged(draft, self.builder)
        draft.paged = found.teams
        self.contacts.see(draft, team, found.targets)
        if self.reaching is not None:
            self.reaching.see(draft, found)
        check_names(draft, self.people, self.team_set)
        draft.release()

    def _reaching(self) -> Reaching | None:
        """What judges how people are reached; None when neither channels nor rules are written anywhere."""
        if not self.people.readable or not (self.settings.channels or self.people.rules):
            return None
        from oncall_rota.config.channel import kinds
        from oncall_rota.config.reach import Reaching  # only folders that page pay for it

        return Reaching(self.people, self.settings, kinds(self.notifiers))

    def _check_paging(self) -> None:
        """What oncall.yaml names elsewhere, and how people are reached, once all teams were read."""
        if self.partial:
            return
        if self.settings.values is not None:
            from oncall_rota.config.channel import kinds
            from oncall_rota.config.reach import Reaching
            from oncall_rota.config.reference import References

            about = kinds(self.notifiers)
            reaching = self.reaching or Reaching(self.people, self.settings, about)
            References(self.settings, self.people, about, self.made, self.folder.teams).check(reaching)
        if self.reaching is not None:
            self.reaching.check(self.made)

    def _good(self, made: dict[str, Team]) -> set[str]:
        """The teams that have a single meaning: no mistake of their own, and none in what they borrow."""
        good = {draft.name for draft in self.order if draft.name in made and not draft.broken}
        shrunk = True
        while shrunk:
            shrunk = False
            for draft in self.order:
                for other, node in draft.borrowed.items():
                    if other in good or other not in self.drafts:
                        continue
                    if draft.name in good:
                        good.discard(draft.name)
                        shrunk = True
                        if self.people.exists:
                            draft.document.error(
                                node,
                                "borrows-broken",
                                f"{other}, which is borrowed here, has mistakes of its own",
                                f"repair {other}.yaml",
                            )
        return good

    def _problems(self) -> tuple[Problem, ...]:
        found = [*self.folder.problems]
        for document in self.documents:
            found += document.problems
            if document.more:
                last = document.problems[-1]
                found.append(
                    Problem(
                        document.path,
                        last.line,
                        last.column,
                        ERROR,
                        "too-many-problems",
                        f"{document.more:,} more problems in this file are not shown",
                    )
                )
        return tuple(sorted(dict.fromkeys(found)))


def _team(draft: Draft) -> Team:
    schedules = {name: made for name in draft.written if (made := draft.schedules.get(name)) is not None}
    line = draft.values.node.start_mark.line + 1 if draft.values is not None else 1
    return Team(draft.name, draft.timezone, Source(draft.document.path, line), schedules)
