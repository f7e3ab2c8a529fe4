"""The office of a server: as much of `paging.office.Office` as people ask for, over its doors for programs.

Who acts is whose token it is, and the server says so: an `actor` or a `by` that is told here does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn, TypeVar

from oncall_rota.errors import OncallError, ServerGone, UnknownName, UsageError
from oncall_rota.paging.incident import Acknowledged, Declined, Event, Reassigned, Resolved, Snoozed
from oncall_rota.paging.live import OverrideAsked
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import OPEN, IncidentRow, IncidentStatus, LiveOverride
from oncall_rota.paging.reference import STATUSES, Named
from oncall_rota.paging.request import Acted
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.paging.token import TokenAsked, TokenKept
from oncall_rota.remote.reading import Outcome, named_of, outcomes_of, overrides_of, row_of, rows_of, story_of
from oncall_rota.remote.server import PATIENCE, Server, segment

USUAL = datetime.max.replace(tzinfo=UTC)  # the end of a snooze of which the server says how long it is
AGAIN = 0.25  # seconds between two tries to reach a server that nobody listens at: it may be starting
_WHATS = ("opened", "merged")
T = TypeVar("T")


class Told(NamedTuple):
    """A story, the document that it was told in, and by whom it is known that we ask; None: by nobody's token."""

    story: Story
    document: Mapping[str, Any]
    you: str | None


class HttpOffice:
    """The office of a server. `by`: who the user says that they are; `target`: whom `signal` pages, as it was written.

    `patience`: seconds for each question, and in all for a signal. Every method may raise `ServerGone`, `StoreFailed`,
    `UnknownName`, `UsageError` and, where the token does not open the door, `OncallError`.
    """

    def __init__(
        self,
        server: Server,
        by: str | None = None,
        target: str | None = None,
        patience: float = PATIENCE,
        pause: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.server = server
        self.by = by
        self._target = target
        self._patience = patience
        self._pause = pause
        self._monotonic = monotonic

    # -- what an office is asked

    def signal(self, signal: Signal) -> Accepted:
        """Page by hand. A server at which nobody listens is tried until the patience is over."""
        told = {
            "target": self._target or (f"person:{signal.person}" if signal.person else f"team:{signal.team}"),
            "summary": signal.summary,
            "severity": signal.severity,
            "service": signal.service,
            "via": signal.via,
            "lines": list(signal.lines),
            "dedup_key": signal.key,
            "id": signal.incident_id or None,
        }
        until = self._monotonic() + self._patience
        found = None
        while found is None:
            try:
                found = self._post("/v1/pages", told, max(until - self._monotonic(), AGAIN))
            except ServerGone as error:
                if error.unsure or not error.silent or self._monotonic() + 2 * AGAIN > until:
                    raise
                self._pause(AGAIN)
        return self._accepted(found)

    def _accepted(self, found: Mapping[str, Any]) -> Accepted:
        row = self._read(lambda: row_of(found.get("incident") or {}))
        what = next((each for each in _WHATS if each == found.get("what")), "merged")
        return Accepted(what, row.id)  # type: ignore[arg-type]

    def act(self, incident_id: str, event: Event, actor: str) -> Acted:
        found = self.outcome(incident_id, event)
        return Acted(found.incident, found.refused, found.held)

    def remark(self, incident_id: str, by: str, text: str) -> Acted:
        told = self._post(f"/v1/incidents/{segment(incident_id)}/note", {"text": text, "by": self.by})
        found = self._one(told)
        return Acted(found.incident, found.refused, found.held)

    def meant(self, reference: str) -> tuple[IncidentRow, ...]:
        return tuple([each.row for each in self.named(reference)])

    def incidents(
        self, statuses: Sequence[IncidentStatus] = OPEN, team: str | None = None, limit: int = 1000
    ) -> tuple[IncidentRow, ...]:
        status = next((name for name, each in STATUSES.items() if each == tuple(statuses)), None)
        if status is None:
            raise UsageError("a server is not asked for these")
        asked = [("status", status), ("limit", str(limit)), *([("team", team)] if team is not None else [])]
        told = self._get("/v1/incidents", asked)
        return self._read(lambda: rows_of(told))

    def story(self, incident_id: str) -> Story | None:
        """Everything about an incident, but for what comes next."""
        return self._told(incident_id, [("next", "no")]).story

    def add_token(self, asked: TokenAsked) -> TokenKept:
        _elsewhere("tokens are made")

    def tokens(self) -> tuple[TokenKept, ...]:
        _elsewhere("tokens are listed")

    def revoke_token(self, token_id: str) -> TokenKept:
        _elsewhere("tokens are revoked")

    def rotate_key(self) -> tuple[str, ...]:
        _elsewhere("keys are rotated")

    def add_override(self, asked: OverrideAsked) -> LiveOverride:
        _elsewhere("an override is made of a file's words")

    def overrides(self) -> tuple[LiveOverride, ...]:
        told = self._get("/v1/overrides", [])
        return self._read(lambda: overrides_of(told))

    def cancel_override(self, override_id: str, by: str) -> LiveOverride:
        found = next((each for each in self.overrides() if each.id == override_id), None)
        if found is None:
            raise UnknownName(f"no live override has the id {override_id!r}", "'oncall override list' shows their ids")
        self.withdraw(found.team, override_id)
        return found

    # -- what a server is asked besides

    def cover(self, team: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Make a live override out of the options of `override add`; who is on call before and after it."""
        return self._post(f"/v1/overrides/{segment(team)}", options)

    def withdraw(self, team: str, override_id: str, *, dry_run: bool = False) -> dict[str, Any]:
        """Let a live override hold no more; who is on call before and after that."""
        path = f"/v1/overrides/{segment(team)}/{segment(override_id)}{'?dry_run=yes' if dry_run else ''}"
        return self.server.delete(path, self._patience)

    def you(self) -> str | None:
        """Whose token it is; None: nobody's."""
        told = self._get("/v1/incidents", [("limit", "1")])
        you = told.get("you")
        return you if isinstance(you, str) else None

    def named(self, reference: str) -> tuple[Named, ...]:
        """What a reference means, and whose page it is the code of."""
        told = self._get("/v1/incidents", [("reference", reference)])
        return self._read(lambda: named_of(told))

    def told(self, reference: str) -> Told:
        """Everything about the incident that a reference means, and what comes next."""
        return self._told(reference, [])

    def outcome(self, incident_id: str, event: Event, *, dry_run: bool = False) -> Outcome:
        """What an event comes to, or with `dry_run` would."""
        verb, fields = _verb(event)
        told = {**fields, "by": self.by, "dry_run": dry_run or None}
        return self._one(self._post(f"/v1/incidents/{segment(incident_id)}/{verb}", told))

    def _told(self, reference: str, asked: Sequence[tuple[str, str]]) -> Told:
        found = self._get(f"/v1/incidents/{segment(reference)}", asked)
        you = found.pop("you", None)
        return Told(self._read(lambda: story_of(found)), found, you if isinstance(you, str) else None)

    def _one(self, told: Mapping[str, Any]) -> Outcome:
        found = self._read(lambda: outcomes_of(told))
        if len(found) != 1:
            raise self.server.gone(f"it answers about {len(found)} incidents", unsure=True)
        return found[0]

    def _get(self, path: str, asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
        return self.server.get(path, asked, self._patience)

    def _post(self, path: str, told: Mapping[str, Any], patience: float | None = None) -> dict[str, Any]:
        return self.server.post(path, told, self._patience if patience is None else patience)

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except (ValueError, AttributeError, RecursionError) as error:
            raise self.server.gone(f"what it answers has no meaning: {error}", unsure=True) from None


def _verb(event: Event) -> tuple[str, dict[str, Any]]:
    if isinstance(event, Acknowledged):
        return "ack", {}
    if isinstance(event, Resolved):
        return "resolve", {}
    if isinstance(event, Declined):
        return "decline", {"page": event.page}
    if isinstance(event, Snoozed):
        return "snooze", {} if event.until_at == USUAL else {"until": event.until_at.isoformat()}
    if isinstance(event, Reassigned):
        return "reassign", {"to": event.to}
    raise UsageError(f"{type(event).__name__} is not for people to say")


def _elsewhere(what: str) -> NoReturn:
    raise OncallError(f"{what} where the store is, and not over HTTP", "run it there, with --store")
