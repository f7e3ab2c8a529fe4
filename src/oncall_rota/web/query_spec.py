"""What the doors of who and schedule take and answer, for `/openapi.json`."""

from __future__ import annotations

from oncall_rota.web.spec import FLAG, INSTANT, TEXT, Parameter, Schema, Spec, Told, array, error, maybe, obj

_PERSON = obj({"id": TEXT, "name": TEXT})
CAUSE: Schema = {
    "type": "object",
    "description": "Why: a turn, a line that always holds, an absence, an override, a live one, what is borrowed, or a "
    "calendar. A live override stands in no file.",
    "properties": {"kind": TEXT, "path": TEXT, "line": {"type": "integer"}},
    "required": ["kind"],
}
_ON_CALL = obj({"id": TEXT, "name": TEXT, "cause": CAUSE})
_WHO_ROW = obj(
    {
        "team": TEXT,
        "schedule": TEXT,
        "timezone": TEXT,
        "on_call": array(_ON_CALL),
        "since": maybe(INSTANT),
        "until": maybe(INSTANT),
        "next": array(_PERSON),
        "next_from": maybe(INSTANT),
        "cause": {"anyOf": [CAUSE, {"type": "null"}]},
        "service": TEXT,
        "runbook": maybe(),
    },
    "service",
    "runbook",
)
_PLACE = {"team": TEXT, "schedule": TEXT}
_SHIFT = obj({**_PLACE, "person": TEXT, "start": INSTANT, "end": INSTANT, "cause": CAUSE})
_GAP = obj({**_PLACE, "start": INSTANT, "end": INSTANT, "declared": {"type": "boolean"}})
_VERSION: Schema = {"const": 1}

_FORMAT = Parameter(
    "format",
    "The format; else Accept decides, and JSON where neither says.",
    schema={"type": "string", "enum": ["json", "plain", "csv", "names"]},
)
_TZ = Parameter("tz", "The zone of local times; UTC when left out.", schema={"type": "string", "examples": ["UTC"]})
_WHEN = "an ISO date or time, 'now', 'fri 17:00', '+2h'; local ones in the zone of tz"
_VALIDATORS = {"ETag": "A strong validator of these bytes."}
_MATCH = Parameter("If-None-Match", "An ETag: 304 while it holds.", "header")


def _spec(of: Schema, what: str, *parameters: Parameter) -> Spec:
    bodies = {"application/json": of, "text/plain": TEXT, "text/csv": TEXT}
    return Spec(
        {
            200: Told(what, bodies, _VALIDATORS),
            304: Told("What If-None-Match names still holds.", headers=_VALIDATORS),
            400: error("A parameter makes no sense, or asks for too much."),
            404: error("There is no team, schedule or service of that name."),
            503: error("The files of that team never had a meaning."),
        },
        (*parameters, _FORMAT, _TZ, _MATCH),
    )


WHO = _spec(
    obj({"version": _VERSION, "at": INSTANT, "results": array(_WHO_ROW)}),
    "As `oncall who -o FORMAT`.",
    Parameter("at", f"Another moment: {_WHEN}.", schema={"type": "string", "examples": ["2026-06-01T09:00:00Z"]}),
    Parameter("service", "The first line of a service."),
)
SCHEDULE = _spec(
    obj({"version": _VERSION, "from": INSTANT, "until": INSTANT, "shifts": array(_SHIFT), "gaps": array(_GAP)}),
    "As `oncall schedule -o FORMAT`.",
    Parameter("from", f"Where it begins; today when left out: {_WHEN}."),
    Parameter("until", "Where it ends, not included; at most 400 days later."),
    Parameter("for", "How long, instead of until: 2w, 90d; else 4w."),
    Parameter("causes", "Whether entries also break where the cause changes.", schema=FLAG),
)
