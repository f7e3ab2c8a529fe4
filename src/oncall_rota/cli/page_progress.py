"""What happens to an incident while `oncall page` follows it, as sentences, each told once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from oncall_rota.cli.incident_people import People
from oncall_rota.paging.incident import HELD
from oncall_rota.paging.job import page_data
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import PENDING, AuditRow, PageRow
from oncall_rota.rendering.incident import nobodys
from oncall_rota.rendering.story import page_of
from oncall_rota.timeline.zone import Zone

# What an audit row of these kinds says is told as it stands there; pages and what becomes of them, by their rows.
_TOLD = (
    "nobody", "mute", "copies", "recorded", "unknown-team", "no-policy", "missed", "handoff", "clock", "timeout",
    "last-resort", "declined", "reassigned", "snoozed", "acknowledged", "resolved", "remark", "alarm",
)  # fmt: skip
_BEGINS = ("declined", "reassigned", "snoozed", "acknowledged", "resolved", "remark")  # with a name: who did it
_ENDED = {"sent": "sent", "delivered": "delivered", "missed": "not sent: its step was over"}


class Progress:
    """Remembers what was told. `since`: rows of the audit that were there before, and are not.

    `soft`: channels of which nobody knows whether a page arrives.
    """

    def __init__(self, people: People, shown: Zone, soft: Collection[str] = ()) -> None:
        self._people = people
        self._shown = shown
        self.since = self._told = 0
        self._states: dict[str, str] = {}
        self.soft = soft
        # Whether any channel took a page to somebody, or one of best effort did; copies do not count.
        self.taken = self.shown = False
        self.aside = False  # an address that is nobody's own took it

    def skip(self, story: Story) -> None:
        """Tell nothing of what has happened before this."""
        self.news(story)
        self.since = self._told

    def news(self, story: Story) -> tuple[str, ...]:
        """What has happened since the last time, in order."""
        pages = {page.id: page for page in story.pages}
        reasons = {}
        found: list[str] = []
        new, self._told = story.audit[self._told :], max(self._told, len(story.audit))
        for row in new:
            if row.kind in ("failed", "delayed"):
                page, _, why = row.cause.removeprefix("page ").partition(": ")
                reasons[page] = why
        for row in new:
            if row.kind == "paged":
                page_row = pages.get(page_of(row) or "")
                found += [] if page_row is None else self._of_page(page_row, reasons)
            else:
                found += self._of_row(row, story)
        for each in story.pages:
            found += self._of_page(each, reasons)
        return tuple(found)

    def _of_row(self, row: AuditRow, story: Story) -> Iterator[str]:
        if row.kind == "step":
            step, _, why = row.cause.partition(": ")
            yield step if why == "opened" else row.cause
        elif row.kind == HELD:
            ends_at = story.incident.ends_at
            until = "" if ends_at is None else f" waits until {self.clock(ends_at)}"
            yield f"{story.incident.severity}{until}" if until else row.cause
        elif row.kind in _BEGINS:
            yield f"{row.kind}: {row.cause}" if row.kind == "remark" else f"{row.kind} {row.cause}"
        elif row.kind in _TOLD:
            yield (
                row.cause if row.kind not in ("last-resort", "alarm") else f"{row.kind.replace('-', ' ')}: {row.cause}"
            )

    def _of_page(self, page: PageRow, reasons: dict[str, str]) -> Iterator[str]:
        data = page_data(page.data)
        before, self._states[page.id] = self._states.get(page.id), page.state
        if data.what != "page" or before == page.state:
            return
        to = self._people.name(page.person) if page.person is not None else nobodys(data.address or "?")
        whom = f"{page.channel} to {to}{' (copy)' if data.copy else ''}"
        if page.state in ("sent", "delivered") and not data.copy and page.person is not None:
            self.taken = self.taken or page.channel not in self.soft
            self.shown = self.shown or page.channel in self.soft
        self.aside = self.aside or (page.state in ("sent", "delivered") and page.person is None)
        if page.state in PENDING:
            if page.state == "waiting":
                yield f"{whom}: waits{f', {reasons[page.id]}' if page.id in reasons else ''}"
            elif before is None:
                yield f"{whom}: on its way"
        elif page.state == "failed":
            yield f"{whom}: refused: {reasons.get(page.id, 'why is not known')}"
        elif page.state in _ENDED:
            yield f"{whom}: {_ENDED[page.state]}{' with others, in one' if data.bundle is not None else ''}"

    def clock(self, at: datetime) -> str:
        """A moment on the reader's clock."""
        from oncall_rota.humantime import moment_text

        return moment_text(at.replace(microsecond=0), self._shown, None)
