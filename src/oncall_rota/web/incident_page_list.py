"""The incidents of a list: found page by page, newest first, and told in a few words each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from oncall_rota.paging.incident import Incident
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.reference import STATUSES
from oncall_rota.paging.saved import readable
from oncall_rota.web.door import Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import parameter
from oncall_rota.web.incident_page_clock import RELOADS, Clock, Other, Told, clock_of, live_of, zones
from oncall_rota.web.incident_page_state import NAME, Next, Standing, following, mark, standing, tone
from oncall_rota.web.incidents import coming, name_of

PAGE = 50  # incidents of one page
SCANNED = 1000  # incidents that are searched for one page
SUMMARY, SOUGHT = 120, 100  # code points
AHEAD = 4  # moments that are looked at for what comes next
_BEFORE = re.compile(r"(\d{1,16})\.(\d{1,4})", re.ASCII)
_TICK = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Wanted(NamedTuple):
    """What is looked for. `before`: the instant of the last that was told; `told`: how many of that instant were."""

    status: str = "open"
    team: str = ""
    text: str = ""
    before: datetime | None = None
    told: int = 0


class Found(NamedTuple):
    """`next`: from where on there may be more; empty: there is none. `looked`: at how many."""

    rows: tuple[IncidentRow, ...]
    next: str
    looked: int
    last: datetime | None


class Row(NamedTuple):
    """One incident of the list. `comes`: what is next; None: nothing is known."""

    id: str
    mark: str
    tone: str
    severity: str
    team: str
    summary: str
    opened: Told
    apart: str
    standing: Standing
    comes: Next | None


class Listed(NamedTuple):
    """All that the page of the list shows. `more`: the address of the next page. `further`: searched so far only.

    `tabs`: addresses by status. `newest`: where the list begins, from further on. `live`: it loads itself again.
    """

    wanted: Wanted
    rows: tuple[Row, ...]
    more: str
    further: Told | None
    tabs: Mapping[str, str]
    newest: str
    teams: tuple[str, ...]
    now: Told
    zones: tuple[Other, ...]
    tz: str
    live: str
    reloads: tuple[Other, ...]
    here: str


def wanted_of(visit: Visit) -> Wanted:
    """What the address asks for. Raises `Refused`."""
    asked = visit.request.query_params
    status = parameter(visit.request, "status", STATUSES, "open")
    text = clean(asked.get("q", ""), SOUGHT)
    wanted = Wanted(status, clean(asked.get("team", ""), SOUGHT), text)
    if before := asked.get("before", ""):
        found = _BEFORE.fullmatch(before)
        if found is None:
            raise Refused(400, "before: it is no place in the list", "begin with the newest ones")
        return wanted._replace(before=_EPOCH + timedelta(microseconds=int(found[1])), told=int(found[2]))
    return wanted


def found(store: Store, wanted: Wanted, own: str | None) -> Found:
    """A page of them. `own`: the only team that may be seen. Waits for the disk. Raises `StoreFailed`."""
    if own is not None and wanted.team not in ("", own):
        return Found((), "", 0, None)
    most = SCANNED if wanted.text else PAGE
    # Several may have been opened at one instant: those that were told already are passed over by their number.
    before = None if wanted.before is None else wanted.before + _TICK
    statuses, team = STATUSES[wanted.status], wanted.team or own
    rows = store.incidents(statuses, team, wanted.told + most + 1, before)[wanted.told :]
    kept: list[IncidentRow] = []
    looked = 0
    for row in rows[:most]:
        looked += 1
        if _matches(row, wanted.text.casefold()):
            kept.append(row)
        if len(kept) == PAGE:
            break
    if looked == len(rows):
        return Found(tuple(kept), "", looked, None)
    last = rows[looked - 1].opened_at
    alike = sum(each.opened_at == last for each in rows[:looked]) + (wanted.told if last == wanted.before else 0)
    return Found(tuple(kept), f"{(last - _EPOCH) // _TICK}.{alike}", looked, last)


def _matches(row: IncidentRow, text: str) -> bool:
    """Whether an incident says a text anywhere."""
    if not text:
        return True
    incident = readable(row)
    about = (row.id, row.team, row.service or "", row.severity, row.source, row.key)
    fields = (incident.summary, *incident.lines, *about)
    return any(text in each.casefold() for each in fields)


def listed(visit: Visit) -> Listed:
    """The page that an address asks for. Waits for the disk. Raises `Refused`, `StoreFailed`."""
    wanted, premises = wanted_of(visit), visit.premises
    own = visit.visitor.team
    page = found(premises.store, wanted, own)
    teams = {wanted.team or own or ""} - {""} or {row.team for row in page.rows}
    clock = clock_of(visit, teams, premises.now())
    asked = visit.request.query_params
    tz = clock.zone.name if asked.get("tz") else ""
    live = live_of(visit) if wanted.before is None else ""
    return Listed(
        wanted=wanted,
        rows=tuple([row_of(row, visit, clock) for row in page.rows]),
        more=address(wanted, tz, before=page.next) if page.next else "",
        further=clock(page.last) if page.last is not None and page.looked == SCANNED else None,
        tabs={status: address(wanted._replace(status=status), tz) for status in STATUSES},
        newest=address(wanted, tz) if wanted.before is not None else "",
        teams=() if own is not None else tuple(sorted(premises.configuration().teams)),
        now=clock.now,
        zones=tuple(
            [Other(each, address(wanted, each), each == clock.zone.name) for each in zones(visit, clock, teams)]
        ),
        tz=tz,
        live=live,
        reloads=tuple([Other(text, address(wanted, tz, live=each), each == live) for each, text in RELOADS.items()]),
        here=address(wanted, tz, before=asked.get("before", "")),
    )


def address(wanted: Wanted, tz: str, **more: str) -> str:
    """Where the newest of those are."""
    asked = {"status": "" if wanted.status == "open" else wanted.status, "team": wanted.team, "q": wanted.text}
    query = urlencode({name: value for name, value in (asked | {"tz": tz} | more).items() if value})
    return f"/incidents?{query}" if query else "/incidents"


def row_of(row: IncidentRow, visit: Visit, clock: Clock) -> Row:
    """A line of the list. Waits for the disk."""
    incident, names = readable(row), name_of(visit)
    return Row(
        row.id,
        mark(row.severity),
        tone(row.severity),
        clean(row.severity, NAME),
        clean(row.team, NAME) or f"for {clean(names(incident.person or ''), NAME)}",
        clean(incident.summary, SUMMARY) or "(no text)",
        clock(row.opened_at),
        clock.apart(row.opened_at),
        standing(incident, visit.visitor.person, names, clock),
        _comes(incident, visit, clock) if incident.is_open else None,
    )


def _comes(incident: Incident, visit: Visit, clock: Clock) -> Next | None:
    """The next page of it, or whatever else is next. Most often it is at the first moment."""
    names = name_of(visit)
    every: list[Next] = []
    for most in (1, AHEAD):
        every = list(following(coming(incident, visit, names, most), names, clock))
        page = next((each for each in every if each.place), None)
        if page is not None:
            return page
    return every[0] if every else None
