"""Everything about one incident, and what comes next, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from oncall_rota.cli.incident_office import Driving
from oncall_rota.cli.incident_people import People
from oncall_rota.cli.incident_row import Shown, told
from oncall_rota.cli.simulated import Row
from oncall_rota.paging.job import PageData, page_data
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.store import PageRow
from oncall_rota.rendering.text import json_text, tsv_row

FAILED = "failed"


class Told(NamedTuple):
    """A story and what it is shown with. `me`: whose codes may be shown. `driven`: by whom."""

    story: Story
    next: tuple[Row, ...]
    people: People
    me: str | None
    driven: Driving
    now: datetime

    @property
    def overdue(self) -> bool:
        """Whether something was due before now."""
        next_at = self.story.incident.next_at
        return next_at is not None and next_at < self.now


class PageTold(NamedTuple):
    """A page, as it is told. `why_not`: what its channel said; `code`: only for the person themself."""

    row: PageRow
    data: PageData
    to: str
    why_not: str
    code: str

    @property
    def what(self) -> str:
        """`sms`, and what kind of page it is when it is no usual one."""
        kind = "copy" if self.data.copy else self.data.what
        return self.row.channel if kind == "page" else f"{self.row.channel} ({kind})"


def pages_told(found: Told) -> Iterator[PageTold]:
    """Every page, in order of time."""
    reasons = found.story.reasons
    for row in found.story.pages:
        data = page_data(row.data)
        to = found.people.name(row.person) if row.person is not None else data.address or ""
        mine = found.me is not None and row.person == found.me
        yield PageTold(row, data, to, reasons.get(row.id, ""), row.code if mine else "")


def document(found: Told) -> str:
    """The JSON of `oncall incident show`."""
    story = found.story
    return json_text(
        {
            "version": 1,
            "incident": Shown(story.row, story.incident).mapping,
            "driven_by": found.driven.by,
            "pages": [_page_mapping(each) for each in pages_told(found)],
            "audit": [
                {"at": told(each.at), "actor": each.actor, "kind": each.kind, "text": each.cause,
                 "revision": each.revision or None}
                for each in story.audit
            ],
            "next": [_next_mapping(row) for row in found.next],
        }
    )  # fmt: skip


def _page_mapping(page: PageTold) -> dict[str, Any]:
    row, data = page.row, page.data
    return {
        "id": row.id,
        "at": told(row.created_at),
        "what": data.what,
        "person": row.person,
        "name": page.to or None,
        "channel": row.channel,
        "state": row.state,
        "error": page.why_not or None,
        "attempts": row.attempts,
        "step": None if data.step is None else data.step + 1,
        "copy": data.copy,
        "why": data.why or data.text,
        "bundle": data.bundle,
        "code": page.code or None,
    }


def _next_mapping(row: Row) -> dict[str, Any]:
    return {
        "at": told(row.at),
        "times": row.times,
        "last_at": told(row.last_at),
        "event": row.event,
        "step": int(row.step) if row.step.isdigit() else None,
        "person": row.person or None,
        "name": row.name or None,
        "channel": row.channel or None,
        "text": row.text,
    }


def plain(found: Told) -> list[str]:
    """Tab-separated; the first cell says what kind of row it is."""
    story = found.story
    lines = [tsv_row(("incident", *Shown(story.row, story.incident).cells))]
    lines += [
        tsv_row(("page", told(each.row.created_at), each.row.person or "", each.to, each.row.channel, each.row.state,
                 each.data.what, each.code, each.why_not or each.data.why or each.data.text))
        for each in pages_told(found)
    ]  # fmt: skip
    lines += [tsv_row(("audit", told(each.at), each.actor, each.kind, each.cause)) for each in story.audit]
    lines += [
        tsv_row(
            ("next", told(row.at), row.person, row.name, row.channel, row.event, str(row.times), row.step, row.text)
        )
        for row in found.next
    ]
    return lines
