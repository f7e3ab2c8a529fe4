"""The monitors' doors. Every 2xx has a row on disk; what cannot be taken now is answered so that it comes again.

The kinds of monitors are in `intake`; here are only their addresses.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.intake import Answer, Hook, Posted, Report, Unreadable, Wanting, hook
from oncall_rota.intake import heartbeat as beats
from oncall_rota.intake import opsgenie_answer as opsgenie
from oncall_rota.intake.generic import GOALERT
from oncall_rota.intake.heartbeat import Heartbeat
from oncall_rota.intake.pagerduty import PATHS as PAGERDUTY
from oncall_rota.intake.pagerduty import routing_key
from oncall_rota.paging.office import ANSWERED
from oncall_rota.paging.ports.store import StoreFailed, Unstorable
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.web.access_scope import SAFE
from oncall_rota.web.access_shown import Shown
from oncall_rota.web.access_signature import Signed
from oncall_rota.web.body import BadBody, body_of
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.hook_spec import BEAT, OPSGENIE, OPSGENIE_ACT, OPSGENIE_BEAT, OPSGENIE_STATUS, SOURCE
from oncall_rota.web.hook_spec import PAGERDUTY as PAGERDUTY_SPEC
from oncall_rota.web.premises import Premises

CROWDED = 5000  # requests at the desk: more would wait for longer than their senders do
LARGE = 65536  # bytes of a body that is read in a thread, so that nobody else waits for it
YES = ("yes", "true")
UNSIGNED = ("per",)  # parameters of an address that count beside a signed body
WANTED = 3  # looks at one request: a certificate, and where to confirm
HEARD = "heard:"  # of `meta`: when a heartbeat was heard


class _Source:
    """One source of a configuration."""

    def __init__(self, premises: Premises, name: str) -> None:
        self.name = name
        self.configuration = premises.configuration()
        self.routing = premises.routing(self.configuration)
        self.settings = self.routing.source(name)
        self.hook: Hook = hook(self.settings)

    def takes(self, method: str) -> bool:
        """Whether a request of this method is one: a GET may be a machine that only looks."""
        may = method == "GET" and self.settings["type"] == "generic" and "secrets" not in self.settings
        return method not in SAFE or (may and self.settings.get("get") in YES)


async def posted_to_source(visit: Visit) -> Response:
    """A request with a key of a source, in a header or in the address, or with a signature."""
    source = _Source(visit.premises, visit.visitor.name)
    kind = visit.request.path_params.get("kind")
    if kind is not None and kind != source.settings["type"]:
        return _response(source.hook.unknown_key(_posted(visit, b"")))
    if not source.takes(visit.request.method):
        unreadable = Unreadable("POST it; a GET is taken with get: yes at its source", status=405)
        answer = source.hook.refused(_posted(visit, b""), unreadable)
        return _response(answer._replace(headers={**answer.headers, "allow": "POST"}))
    if visit.visitor.signed is None:
        return await _read(visit, source)
    return await _read_already(visit, source, visit.visitor.signed)


async def posted_to_pagerduty(visit: Visit) -> Response:
    """The key is in the body, which is small."""
    pagerduty = hook({"type": "pagerduty"})
    try:
        body = await body_of(visit.request, 1 << 20)
        key = routing_key(body)
    except (BadBody, Unreadable) as error:  # nobody knows whose it is
        unreadable = error if isinstance(error, Unreadable) else Unreadable(str(error), status=error.status)
        return _response(pagerduty.refused(_posted(visit, b""), unreadable))
    name = await visit.premises.gate.source(Shown(key)) if key else None
    sources = visit.premises.configuration().settings.sources
    if name is None or sources[name]["type"] != "pagerduty":
        return _response(pagerduty.unknown_key(_posted(visit, body)))
    return await _take(visit, _Source(visit.premises, name), _posted(visit, body))


async def asked_of_opsgenie(visit: Visit) -> Response:
    """What became of a request: its id tells which incident it was about."""
    written = str(visit.request.path_params["request"])
    found = opsgenie.asked(written)
    row = None
    if found is not None and found.incident_id is not None:
        row = await run_in_threadpool(visit.premises.store.incident, found.incident_id)
    key = row.key if row is not None and row.source == visit.visitor.name else None
    now = await run_in_threadpool(visit.premises.now)
    return _response(opsgenie.request_status(written, key, now))


async def beaten(visit: Visit) -> Response:
    """A heartbeat's ping."""
    name = str(visit.request.path_params["heartbeat"])
    premises = visit.premises
    beat = premises.routing(premises.configuration()).heartbeats.get(name)
    if beat is None:
        return Response(status_code=404)
    try:
        await _submitted(premises, [await _heard(premises, beat)])
    except (StoreFailed, TimeoutError):
        return Response(status_code=503, headers={"Retry-After": "10"})
    is_opsgenie = visit.request.url.path.startswith("/v2/")
    return _response(opsgenie.pong(secrets.token_hex(8)) if is_opsgenie else beats.ping_answer(name))


# -- from a body to an answer


async def _read_already(visit: Visit, source: _Source, signed: Signed) -> Response:
    """What was signed is known. Its signature is good once more when its sender is to try again."""
    done = False
    try:
        posted = _posted(visit, signed.body)
        posted = posted._replace(query={name: posted.query[name] for name in UNSIGNED if name in posted.query})
        answer = await _take(visit, source, posted)
        done = answer.status_code < 500
    finally:
        if not done:
            visit.premises.gate.signatures.give_back(signed.signature)
    return answer


async def _read(visit: Visit, source: _Source) -> Response:
    posted = _posted(visit, b"")
    if visit.premises.crew.waiting > CROWDED:
        return _response(source.hook.overloaded(posted))
    try:
        body = await body_of(visit.request)
    except BadBody as error:
        unreadable = Unreadable(str(error), status=error.status)
        refused = await _refuse(visit.premises, source, posted, unreadable)
        # The line may be better in a while: after a 408 most monitors would not try again.
        return _response(source.hook.overloaded(posted)) if error.status == 408 else refused
    return await _take(visit, source, posted._replace(body=body))


async def _take(visit: Visit, source: _Source, posted: Posted) -> Response:
    premises = visit.premises
    try:
        _is_plain(posted)
        reports = await _reports(premises, source, posted)
    except Unreadable as error:
        return await _refuse(premises, source, posted, error)
    if reports is None:
        return _response(source.hook.overloaded(posted))
    try:
        now = premises.gate.now()  # for maintenance, where a second matters less than a thread for each alert
        known = [await _known(premises, source.name, report) for report in reports]
        results = await _submitted(premises, [await _signal(premises, source, report, now) for report in known])
    except (StoreFailed, Unstorable, TimeoutError):
        return _response(source.hook.overloaded(posted))
    return _response(source.hook.accepted(posted, reports, results))


async def _signal(premises: Premises, source: _Source, report: Report, now: datetime) -> Signal:
    """What a report becomes: that of a heartbeat is heard."""
    beat = source.routing.beat(source.name, report)
    return source.routing.signal(source.name, report, now) if beat is None else await _heard(premises, beat)


async def _heard(premises: Premises, beat: Heartbeat) -> Signal:
    """A heartbeat was heard, which is kept; the signal of it. Raises `StoreFailed`."""
    now = await run_in_threadpool(premises.now)
    await run_in_threadpool(premises.store.put, f"{HEARD}{beat.name}", now.isoformat())
    return beats.pinged(beat)


async def _reports(premises: Premises, source: _Source, posted: Posted) -> tuple[Report, ...] | None:
    """What it says; None: what its hook wants to know cannot be had now. Raises `Unreadable`."""
    for _ in range(WANTED):
        try:
            if len(posted.body) > LARGE:
                return await run_in_threadpool(source.hook.reports, posted)
            return source.hook.reports(posted)
        except Wanting as wanting:
            found = await premises.fetching(wanting)
            if found is None:
                return None
            posted = posted._replace(fetched={**posted.fetched, wanting.url: found})
    return None


def _is_plain(posted: Posted) -> None:
    """Raises `Unreadable` for a compressed body: nobody can say how much it becomes, and no monitor needs to."""
    encoding = posted.headers.get("content-encoding", "").strip().lower()
    if posted.body and encoding not in ("", "identity"):
        raise Unreadable(f"it is compressed, by its Content-Encoding {encoding[:20]!r}: send it as it is", status=415)


async def _refuse(premises: Premises, source: _Source, posted: Posted, why: Unreadable) -> Response:
    """Who showed a key means something by it: one incident a source, and the answer that it cannot be understood."""
    try:
        now = premises.gate.now()
        await _submitted(premises, [premises.routing(source.configuration).unreadable(source.name, posted, why, now)])
    except (StoreFailed, Unstorable, TimeoutError):
        return _response(source.hook.overloaded(posted))
    return _response(source.hook.refused(posted, why))


async def _known(premises: Premises, source: str, report: Report) -> Report:
    """A report about an incident by its id, with the key of that incident, when it is the source's own."""
    if report.incident_id is None:
        return report
    rows = await run_in_threadpool(premises.office.meant, report.incident_id)
    own = [row for row in rows if row.source == source]
    return report._replace(key=own[0].key) if len(own) == 1 else report


async def _submitted(premises: Premises, signals: Sequence[Signal]) -> list[Accepted]:
    """All of them on disk. Raises `StoreFailed`, `TimeoutError`; what was taken is merged when it comes again."""
    asked = [premises.together.submit(signal) for signal in signals]
    async with asyncio.timeout(ANSWERED):
        replies = await asyncio.gather(*asked) if len(asked) > 1 else [await each for each in asked]
    return [reply for reply in replies if isinstance(reply, Accepted)]


def _posted(visit: Visit, body: bytes) -> Posted:
    request = visit.request
    return Posted(
        body,
        {name.lower(): value for name, value in request.headers.items()},
        dict(request.query_params),
        request.url.path,
        request.method,
        secrets.token_hex(16),
    )


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {"Cache-Control": "no-store", **answer.headers})


_ALERTS = "/v2/alerts"  # an alias may have a slash in it, which arrives decoded
_BY_KEY = "/hooks/{kind}/{key}"
_REQUEST = f"{_ALERTS}/requests/{{request}}"
_ALERT = f"{_ALERTS}/{{alert:path}}"
_BEAT = "/heartbeats/{heartbeat}"
HOOKS = (
    Door(("POST", "GET"), "/hooks/{source}", "source", posted_to_source, "A webhook; the key in a header.", SOURCE),
    Door(("POST", "GET"), _BY_KEY, "source", posted_to_source, "The same; the key in the address.", SOURCE),
    Door(("POST", "GET"), GOALERT, "source", posted_to_source, "As GoAlert's generic API.", SOURCE),
    *[
        Door(("POST",), path, "in-body", posted_to_pagerduty, "PagerDuty's Events API.", PAGERDUTY_SPEC)
        for path in PAGERDUTY
    ],
    Door(("POST",), _ALERTS, "source", posted_to_source, "Opsgenie's alerts: create.", OPSGENIE),
    Door(("POST",), f"{_ALERTS}/", "source", posted_to_source, "The same; Zabbix writes the slash.", OPSGENIE),
    Door(("GET",), _REQUEST, "source", asked_of_opsgenie, "What became of a request.", OPSGENIE_STATUS),
    Door(("DELETE",), _ALERT, "source", posted_to_source, "Opsgenie's alerts: close.", OPSGENIE_ACT),
    Door(("POST", "PUT"), f"{_ALERT}/{{action}}", "source", posted_to_source, "Opsgenie's actions.", OPSGENIE_ACT),
    Door(("POST", "GET", "HEAD"), _BEAT, "source", beaten, "A heartbeat's ping.", BEAT),
    Door(("POST", "GET"), f"/v2{_BEAT}/ping", "source", beaten, "The same, as Opsgenie's.", OPSGENIE_BEAT),
)
