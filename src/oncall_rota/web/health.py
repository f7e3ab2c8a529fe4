"""`/healthz`, `/readyz` and `/livez`: facts, and not whether a process answers."""

from __future__ import annotations

import time

from starlette.responses import JSONResponse, Response

from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.premises import Premises
from oncall_rota.web.spec import INSTANT, TEXT, Schema, Spec, Told, maybe, obj

TICKS = 30.0  # seconds; it looks twice in one


def unwell(premises: Premises) -> tuple[str, ...]:
    """Why the pager may not keep its word, in sentences; none: it does."""
    audit, crew, vitals = premises.auditor.last, premises.crew, premises.auditor.vitals
    found = ["the pager has died"] if crew.died.is_set() else []
    found += [f"{audit.late} open incidents wait for what was due long ago"] if audit.late else []
    if isinstance(premises.store, FallbackStore) and premises.store.failed is not None:
        found.append(f"the store has failed: {premises.store.failed.reason}")
    elif audit.store:
        found.append("the auditor cannot read the store")
    idle = time.monotonic() - crew.ticked
    found += [f"the pager has not looked at what is due for {idle:.0f} s"] if audit.stuck or idle > TICKS else []
    found += [f"nothing can be sent by {channel}: all its threads hang" for channel in crew.stuck()]
    found += [f"nothing is heard of the thread {name} for {age:.0f} s" for name, age in vitals.silent().items()]
    found += [vitals.clocks] if vitals.clocks else []
    if vitals.rehearsal is not None and not vitals.rehearsal.well:
        found.append(f"a page to nobody did not go out: {vitals.rehearsal.why}")
    return tuple(found)


async def healthz(visit: Visit) -> Response:
    """200 when the pager keeps its word; 503 with the same facts when it does not."""
    premises, audit = visit.premises, visit.premises.auditor.last
    configuration = premises.configuration()
    failed = premises.store.failed if isinstance(premises.store, FallbackStore) else None
    wrong = unwell(premises)
    well, last = not wrong, premises.auditor.vitals.rehearsal
    facts = {
        "well": well,
        "unwell": wrong,
        "audited_at": audit.at.isoformat(timespec="seconds") if audit.at is not None else None,
        "late_incidents": audit.late,
        "store": "works" if failed is None else f"failed: {failed.reason}",
        "seconds_since_tick": round(time.monotonic() - premises.crew.ticked, 1),
        "synthetic_page": None
        if last is None
        else {"at": last.at.isoformat(timespec="seconds"), "well": last.well, "why": last.why},
        "teams": len(configuration.teams),
        "configuration_stale_since": {
            name: at.isoformat(timespec="seconds") for name, at in sorted(configuration.stale.items())
        },
    }
    return JSONResponse(facts, 200 if well else 503, {"Cache-Control": "no-store"})


async def livez(visit: Visit) -> Response:
    """200 when this process answers and its pager lives. A store that has failed is no reason to end who pages from
    memory, so whatever starts processes asks this and not /healthz.
    """
    alive = not visit.premises.crew.died.is_set()
    return JSONResponse({"alive": alive}, 200 if alive else 503, {"Cache-Control": "no-store"})


async def readyz(visit: Visit) -> Response:
    """200 when signals are taken in."""
    premises = visit.premises
    failed = isinstance(premises.store, FallbackStore) and premises.store.failed is not None
    ready = not failed and not premises.crew.died.is_set()
    return JSONResponse({"ready": ready}, 200 if ready else 503, {"Cache-Control": "no-store"})


_TRUTH: Schema = {"type": "boolean"}
_FACTS = {
    "application/json": obj(
        {
            "well": _TRUTH,
            "unwell": {"type": "array", "items": TEXT},
            "audited_at": maybe(INSTANT),
            "late_incidents": {"type": "integer"},
            "store": TEXT,
            "seconds_since_tick": {"type": "number"},
            "synthetic_page": {
                "anyOf": [obj({"at": INSTANT, "well": _TRUTH, "why": TEXT}), {"type": "null"}],
            },
            "teams": {"type": "integer"},
            "configuration_stale_since": {"type": "object", "additionalProperties": INSTANT},
        }
    )
}
_ALIVE = {"application/json": obj({"alive": _TRUTH})}
_READY = {"application/json": obj({"ready": _TRUTH})}
HEALTH = (
    Door(
        ("GET",), "/healthz", "open", healthz, "Whether the pager keeps its word, in facts.",
        Spec({200: Told("It does.", _FACTS), 503: Told("It does not.", _FACTS)}),
    ),
    Door(
        ("GET",), "/readyz", "open", readyz, "Whether signals are taken in.",
        Spec({200: Told("They are.", _READY), 503: Told("They are not.", _READY)}),
    ),
    Door(
        ("GET",), "/livez", "open", livez, "Whether this process is worth keeping.",
        Spec({200: Told("It is.", _ALIVE), 503: Told("Its pager has died.", _ALIVE)}),
    ),
)  # fmt: skip
