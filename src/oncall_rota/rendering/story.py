"""Everything about one incident, and what comes next, as in the JSON of `oncall incident show`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from oncall_rota.paging.job import PageData, page_data
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import AuditRow, PageRow
from oncall_rota.rendering.course import Row
from oncall_rota.rendering.incident import NameOf, mapping, nobodys, told


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


def pages_told(story: Story, name_of: NameOf, me: str | None) -> Iterator[PageTold]:
    """Every page, in order of time. `me`: whose codes may be shown."""
    reasons = story.reasons
    for row in story.pages:
        data = page_data(row.data)
        to = name_of(row.person) if row.person is not None else nobodys(data.address or "")
        mine = me is not None and row.person == me
        yield PageTold(row, data, to, reasons.get(row.id, ""), row.code if mine else "")


def document(
    story: Story, coming: Iterable[Row], name_of: NameOf, me: str | None, driven_by: str | None
) -> dict[str, Any]:
    """All of it. `coming`: what is next; `me`: whose codes may be shown; `driven_by`: who sends what is due."""
    return {
        "version": 1,
        "incident": mapping(story.row, story.incident),
        "driven_by": driven_by,
        "pages": [_page(each) for each in pages_told(story, name_of, me)],
        "audit": [
            {"at": told(each.at), "actor": each.actor, "kind": each.kind, "text": each.cause, "page": page_of(each),
             "revision": each.revision or None}
            for each in story.audit
        ],
        "next": [row.mapping for row in coming],
    }  # fmt: skip


def sentence(kind: str, cause: str) -> str:
    """A row of the audit for people; most causes begin with their kind already, or go on from it."""
    if cause.startswith(kind):
        return cause
    words = kind.replace("-", " ")
    return f"{words} {cause}" if cause.startswith("by ") else f"{words}: {cause}"


def page_of(row: AuditRow) -> str | None:
    """The page that a row of the audit is about, by its id."""
    try:
        page = json.loads(row.data).get("page")
    except (ValueError, AttributeError):
        return None
    return page if isinstance(page, str) else None


def _page(page: PageTold) -> dict[str, Any]:
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
