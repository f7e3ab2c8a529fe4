"""Everything about one incident, and what comes next, for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from oncall_rota.cli.incident_office import Driving
from oncall_rota.cli.incident_people import People
from oncall_rota.cli.incident_row import Shown
from oncall_rota.cli.setting import present
from oncall_rota.paging.office import Story
from oncall_rota.rendering.course import Row
from oncall_rota.rendering.incident import told
from oncall_rota.rendering.story import PageTold, pages_told
from oncall_rota.rendering.story import document as mapping
from oncall_rota.rendering.text import json_text, tsv_row

if TYPE_CHECKING:
    from oncall_rota.remote.office import HttpOffice


class Told(NamedTuple):
    """A story and what it is shown with. `me`: whose codes may be shown. `driven`: by whom.

    `document`: as a server told it.
    """

    story: Story
    next: tuple[Row, ...]
    people: People
    me: str | None
    driven: Driving
    now: datetime
    document: Mapping[str, Any] | None = None

    @property
    def overdue(self) -> bool:
        """Whether something was due before now."""
        next_at = self.story.incident.next_at
        return next_at is not None and next_at < self.now

    @property
    def pages(self) -> Iterator[PageTold]:
        """Every page, in order of time."""
        return pages_told(self.story, self.people.name, self.me)


def told_by(remote: HttpOffice, reference: str, known: People) -> Told:
    """Everything about one incident of a server. Raises as `HttpOffice` does."""
    found = remote.told(reference)
    incident = found.story.incident
    try:
        coming = tuple([Row.of(each, incident.opened_at) for each in found.document["next"]])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise remote.server.gone("what it tells of what comes next has no meaning") from None
    driven = Driving(f"the server {remote.server.at.host}")
    return Told(found.story, coming, known, found.you, driven, present(), found.document)


def document(found: Told) -> str:
    """The JSON of `oncall incident show`."""
    if found.document is not None:
        return json_text(found.document)
    return json_text(mapping(found.story, found.next, found.people.name, found.me, found.driven.by))


def plain(found: Told) -> list[str]:
    """Tab-separated; the first cell says what kind of row it is."""
    kept = found.story
    lines = [tsv_row(("incident", *Shown(kept.row, kept.incident).cells))]
    lines += [
        tsv_row(("page", told(each.row.created_at), each.row.person or "", each.to, each.row.channel, each.row.state,
                 each.data.what, each.code, each.why_not or each.data.why or each.data.text))
        for each in found.pages
    ]  # fmt: skip
    lines += [tsv_row(("audit", told(each.at), each.actor, each.kind, each.cause)) for each in kept.audit]
    lines += [
        tsv_row(
            ("next", told(row.at), row.person, row.name, row.channel, row.event, str(row.times), row.step, row.text)
        )
        for row in found.next
    ]
    return lines
