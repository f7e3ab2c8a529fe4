"""What a face may ask of incidents, whoever has the store: this process, or one that is reached over a socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import NamedTuple, Protocol

from oncall_rota.paging import link, live, token
from oncall_rota.paging.incident import Event, Incident
from oncall_rota.paging.job import page_data
from oncall_rota.paging.live import OverrideAsked
from oncall_rota.paging.ports.row import OPEN, AuditRow, IncidentRow, IncidentStatus, LiveOverride, PageRow
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.paging.request import Act, Acted, Remark, Reply, Request
from oncall_rota.paging.saved import incident_of
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.paging.token import TokenAsked, TokenKept

CODE_LASTS = timedelta(hours=24)  # so long a page's code acknowledges
SHORTEST_PREFIX = 4  # characters of an incident's id that may stand for it
ANSWERED = 30.0  # seconds in which the desk has answered, or the store has failed


class Story(NamedTuple):
    """Everything that is kept about an incident: its pages and the audit in order of time."""

    row: IncidentRow
    incident: Incident
    pages: tuple[PageRow, ...]
    audit: tuple[AuditRow, ...]

    @property
    def reasons(self) -> dict[str, str]:
        """Why pages failed or were delayed, by page: the audit says it."""
        found = {}
        for each in self.audit:
            if each.kind in ("failed", "delayed") and each.cause.startswith("page "):
                page, _, why = each.cause.removeprefix("page ").partition(": ")
                found[page] = why
        return found


class Office(Protocol):
    """Every method may raise `StoreFailed`, and of a remote one `OfficeGone`."""

    def signal(self, signal: Signal) -> Accepted:
        """Take a signal in; on disk when it returns."""
        ...

    def act(self, incident_id: str, event: Event, actor: str) -> Acted:
        """Do something about an incident; on disk when it returns."""
        ...

    def remark(self, incident_id: str, by: str, text: str) -> Acted:
        """Write something down about an incident."""
        ...

    def meant(self, reference: str) -> tuple[IncidentRow, ...]:
        """The incidents that an id, its unique beginning or a page's code means: none, one, or those to choose from.

        A bundle's code means all that it names.
        """
        ...

    def incidents(
        self, statuses: Sequence[IncidentStatus] = OPEN, team: str | None = None, limit: int = 1000
    ) -> tuple[IncidentRow, ...]:
        """Incidents, newest first."""
        ...

    def story(self, incident_id: str) -> Story | None:
        """Everything about an incident."""
        ...

    def add_token(self, asked: TokenAsked) -> TokenKept:
        """Keep a new token. Raises `UsageError`."""
        ...

    def tokens(self) -> tuple[TokenKept, ...]:
        """All tokens, revoked and expired ones too, oldest first."""
        ...

    def revoke_token(self, token_id: str) -> TokenKept:
        """Let a token open nothing any more. Raises `UnknownName`."""
        ...

    def rotate_key(self) -> tuple[str, ...]:
        """Sign links with a new key from now on; the ids of those that are good, newest first."""
        ...

    def add_override(self, asked: OverrideAsked) -> LiveOverride:
        """Let a live override take effect. Raises `UsageError`."""
        ...

    def overrides(self) -> tuple[LiveOverride, ...]:
        """The live overrides that stand, in order of creation."""
        ...

    def cancel_override(self, override_id: str, by: str) -> LiveOverride:
        """Let a live override hold no more. Raises `UnknownName`, `UsageError`."""
        ...


class StoreOffice:
    """The office of the process that has the store. `submit`: the crew's."""

    def __init__(self, store: Store, submit: Callable[[Request], Future[Reply]]) -> None:
        self._store = store
        self._submit = submit

    def signal(self, signal: Signal) -> Accepted:
        reply = self._answered(signal)
        assert isinstance(reply, Accepted)
        return reply

    def act(self, incident_id: str, event: Event, actor: str) -> Acted:
        return self._acted(Act(incident_id, event, actor))

    def remark(self, incident_id: str, by: str, text: str) -> Acted:
        return self._acted(Remark(incident_id, by, text))

    def _acted(self, request: Act | Remark) -> Acted:
        reply = self._answered(request)
        assert isinstance(reply, Acted)
        return reply

    def _answered(self, request: Request) -> Reply:
        future = self._submit(request)
        try:
            return future.result(ANSWERED)
        except TimeoutError:
            words = f"nothing was decided within {ANSWERED:g} s, and it may be done yet"
            raise StoreFailed("locked", words, "look at the incident before you try again") from None

    def meant(self, reference: str) -> tuple[IncidentRow, ...]:
        reference = reference.strip().lower().removeprefix("#")
        row = self._store.incident(reference)
        if row is not None:
            return (row,)
        found: dict[str, IncidentRow] = {}
        for page in self._store.pages_by_code(reference, self._store.now() - CODE_LASTS):
            names = [self._store.page(each) for each in page_data(page.data).pages]
            for incident_id in (page.incident_id, *[each.incident_id for each in names if each is not None]):
                known = self._store.incident(incident_id)
                if known is not None:
                    found[incident_id] = known
        if not found and len(reference) >= SHORTEST_PREFIX:
            found = {each.id: each for each in self._store.incidents() if each.id.startswith(reference)}
        return tuple(found.values())

    def incidents(
        self, statuses: Sequence[IncidentStatus] = OPEN, team: str | None = None, limit: int = 1000
    ) -> tuple[IncidentRow, ...]:
        return self._store.incidents(statuses, team, limit)

    def story(self, incident_id: str) -> Story | None:
        row = self._store.incident(incident_id)
        if row is None:
            return None
        return Story(row, incident_of(row), self._store.pages(incident_id), self._store.audit(incident_id))

    def add_token(self, asked: TokenAsked) -> TokenKept:
        return token.added(self._store, asked)

    def tokens(self) -> tuple[TokenKept, ...]:
        return token.listed(self._store)

    def revoke_token(self, token_id: str) -> TokenKept:
        return token.revoked(self._store, token_id)

    def rotate_key(self) -> tuple[str, ...]:
        return link.rotated(self._store)

    def add_override(self, asked: OverrideAsked) -> LiveOverride:
        return live.added(self._store, asked)

    def overrides(self) -> tuple[LiveOverride, ...]:
        return self._store.overrides()

    def cancel_override(self, override_id: str, by: str) -> LiveOverride:
        return live.cancelled(self._store, override_id, by)
