"""Live overrides -> what holds in each schedule, after the files' own overrides and by the same rules.

Each is read as if it stood alone in a file: a mistake in one, such as a person who has left, makes that one ineffective
and is told, and the team and the others stay as they are. One whose id stands in the team's files is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from oncall_rota.config.declaration import OVERRIDE
from oncall_rota.config.document import Document
from oncall_rota.config.draft import Draft
from oncall_rota.config.entry import entry_text
from oncall_rota.config.override import attached
from oncall_rota.config.problem import ERROR
from oncall_rota.config.reader import read
from oncall_rota.config.record import Filled
from oncall_rota.config.span import crowded
from oncall_rota.errors import UsageError
from oncall_rota.paging.live import entry_of
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.schedule.model import Override, Source, Team

Live = Mapping[str, Sequence[LiveOverride]]  # by team, in order of creation
NONE_LIVE: Live = MappingProxyType({})
PLACE = "live override "  # and its id: where it stands, as far as a place is told


class Judged(NamedTuple):
    """A live override, and what became of it. `filed`: the team's files have its id. `why`: it has no effect; empty:

    it has.
    """

    override: LiveOverride
    filed: bool = False
    why: str = ""


def by_team(overrides: Sequence[LiveOverride]) -> Live:
    """Those of each team."""
    found: dict[str, list[LiveOverride]] = {}
    for each in overrides:
        found.setdefault(each.team, []).append(each)
    return found


def of_teams(live: Live, teams: Collection[str]) -> tuple[LiveOverride, ...]:
    """Those of these teams."""
    return tuple([each for team in sorted(live.keys() & {*teams}) for each in live[team]])


def attach_live(draft: Draft, team: Team, live: Sequence[LiveOverride]) -> tuple[Judged, ...]:
    """Put a team's live overrides behind those of its files, which are there already."""
    found = []
    for each in live:
        if each.id in draft.ids:
            found.append(Judged(each, filed=True))
            continue
        document, placed = _placed(each, draft, team)
        errors = [problem.message for problem in document.problems if problem.severity == ERROR]
        why = errors[0] if errors else "" if placed else "it says nothing"
        for name, override in placed if not why else ():
            after = (*team.schedules[name].overrides, override)
            if crowded(after) is not None:
                why = f"too many overrides hold in {team.name}/{name} at once"
            else:
                team.schedules[name].overrides = after
        found.append(Judged(each, why=why))
    return tuple(found)


def _placed(each: LiveOverride, draft: Draft, team: Team) -> tuple[Document, list[tuple[str, Override]]]:
    try:
        text = entry_text({**entry_of(each.entry), "id": each.id})
    except UsageError as error:
        document = Document(each.id)
        document.error_at(1, 1, "unreadable", str(error))
        return document, []
    document = read(f"{PLACE}{each.id}", text.encode())
    values = OVERRIDE.read(document.root, document) if document.root is not None else None
    if document.broken or not isinstance(values, Filled):
        return document, []
    source = Source(document.path, 0)
    made = attached(values, document, draft, team)
    return document, [(name, one._replace(source=source, by=each.created_by)) for name, one in made]
