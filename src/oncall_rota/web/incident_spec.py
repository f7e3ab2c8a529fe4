"""What the doors about incidents take and answer, for `/openapi.json`."""

from __future__ import annotations

from collections.abc import Mapping

from oncall_rota.web.spec import INSTANT, TEXT, Parameter, Schema, Spec, Told, array, error, maybe, obj

_JSON = "application/json"
_WHOLE: Schema = {"type": "integer"}
_TRUTH: Schema = {"type": "boolean"}
_MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
_AT = maybe(INSTANT)
_YES_OR_NO: Schema = {"type": "string", "enum": ["yes", "true", "1", "no", "false", "0"]}
_WANTED: Schema = {"type": "string", "enum": ["open", "acknowledged", "resolved", "all"]}
_STATUS: Schema = {"type": "string", "enum": ["held", "triggered", "acknowledged", "resolved", "recorded"]}

_FIELDS: Mapping[str, Schema] = {
    "id": TEXT,
    "status": _STATUS,
    "severity": TEXT,
    "team": maybe(),
    "service": maybe(),
    "person": maybe(),
    "source": TEXT,
    "key": TEXT,
    "summary": TEXT,
    "lines": array(TEXT),
    "signals": _WHOLE,
    "opened_at": INSTANT,
    "acknowledged_by": maybe(),
    "acknowledged_at": _AT,
    "step": _MAYBE_WHOLE,
    "round": _WHOLE,
    "last_resort": _TRUTH,
    "paged": array(TEXT),
    "asked": array(obj({"person": maybe(), "channel": TEXT, "copy": _TRUTH})),
    "due": array(obj({"at": INSTANT, "person": maybe(), "channel": TEXT, "copy": _TRUTH})),
    "ends_at": _AT,
    "calm_at": _AT,
    "next_at": _AT,
}
_INCIDENT = obj(_FIELDS)
_PAGE = obj(
    {
        "id": TEXT,
        "at": INSTANT,
        "what": TEXT,
        "person": maybe(),
        "name": maybe(),
        "channel": TEXT,
        "state": TEXT,
        "error": maybe(),
        "attempts": _WHOLE,
        "step": _MAYBE_WHOLE,
        "copy": _TRUTH,
        "why": TEXT,
        "bundle": maybe(),
        "code": maybe(),
    }
)
_AUDIT = obj({"at": INSTANT, "actor": TEXT, "kind": TEXT, "text": TEXT, "page": maybe(), "revision": maybe()})
_ROW = obj(
    {
        "at": INSTANT,
        "times": _WHOLE,
        "last_at": INSTANT,
        "event": TEXT,
        "step": _MAYBE_WHOLE,
        "person": maybe(),
        "name": maybe(),
        "channel": maybe(),
        "text": TEXT,
    }
)
_OUTCOME = obj(
    {
        **_FIELDS,
        "done": _TRUTH,
        "refused": maybe(),
        "in_memory": _TRUTH,
        "would_page": array(obj({"person": maybe(), "name": TEXT, "channel": TEXT, "why": TEXT})),
    },
    "would_page",
)
_DONE = {"version": _WHOLE, "dry_run": _TRUTH, "incidents": array(_OUTCOME), "you": maybe()}
_REFERENCE = Parameter("reference", "An incident's id, its unique beginning, or the code of a page.", "path")
_BY: Schema = {"type": ["string", "null"], "description": "Who acts: nobody but whose token it is."}
_FAILED = {503: error("The store has failed: come again.")}
_BODY = {400: error("The body has no meaning."), 408: error("The body came too slowly."),
         413: error("The body is too long."), 415: error("The body is no JSON.")}  # fmt: skip

LIST = Spec(
    {
        200: Told("Incidents, newest first.", {
            _JSON: obj({"version": _WHOLE, "incidents": array(obj({**_FIELDS, "whose": maybe(), "page": maybe()},
                                                                  "whose", "page")),
                        "more": _TRUTH, "you": maybe()})}),
        400: error("A parameter has no meaning."),
        404: error("A reference means nothing."),
        409: error("A reference means several."),
        **_FAILED,
    },
    (
        Parameter("status", "Those that stand so.", schema=_WANTED),
        Parameter("team", "Only this team's."),
        Parameter("limit", "At most so many.", schema={"type": "integer", "minimum": 1, "maximum": 10000}),
        Parameter("reference", "What these mean, each an id, its beginning or a page's code.", schema=array(TEXT)),
    ),
)  # fmt: skip
STORY = Spec(
    {
        200: Told("All about it.", {
            _JSON: obj({"version": _WHOLE, "incident": _INCIDENT, "driven_by": maybe(), "pages": array(_PAGE),
                        "audit": array(_AUDIT), "next": array(_ROW), "you": maybe()})}),
        400: error("A parameter has no meaning."),
        404: error("The reference means nothing."),
        409: error("The reference means several."),
        **_FAILED,
    },
    (_REFERENCE, Parameter("next", "yes, or no: leave out what comes next.", schema=_YES_OR_NO)),
)  # fmt: skip


def act(*needed: str, **fields: str) -> Spec:
    """An act. `fields`: what each of the body's own is; `needed`: those that have to be there."""
    own: dict[str, Schema] = {
        name: {"type": "string" if name in needed else ["string", "null"], "description": doc}
        for name, doc in fields.items()
    }
    optional = {"by", "dry_run", *own} - {*needed}
    body = obj({**own, "by": _BY, "dry_run": {"type": ["boolean", "null"]}}, *optional)
    refused = obj({**_DONE, "error": obj({"message": TEXT, "hint": TEXT})}, *_DONE)
    return Spec(
        {
            200: Told("It is done, for one of them at least.", {_JSON: obj(_DONE)}),
            403: error("The token is not that person's."),
            404: error("The reference means nothing."),
            409: Told("Nothing has changed, and why; or the reference means several.", {_JSON: refused}),
            **_BODY,
            **_FAILED,
        },
        (_REFERENCE,),
        {_JSON: body},
    )


PAGE = Spec(
    {
        200: Told("It is a repeat of what is open.", {_JSON: obj({
            "version": _WHOLE, "what": TEXT, "incident": _INCIDENT, "you": maybe()})}),
        201: Told("It is open, and whoever is on call is paged.", {_JSON: obj({
            "version": _WHOLE, "what": TEXT, "incident": _INCIDENT, "you": maybe()})}),
        403: error("The token is not for that team."),
        404: error("No such team, person, service or channel."),
        **_BODY,
        **_FAILED,
    },
    (),
    {_JSON: obj(
        {
            "target": {"type": "string", "description": "TEAM, PERSON, team:TEAM or person:PERSON."},
            "summary": TEXT,
            "severity": {"type": ["string", "null"],
                         "description": "critical, error, warning, info; else it is critical."},
            "service": maybe(),
            "via": maybe(),
            "lines": {"type": ["array", "null"], "items": TEXT},
            "dedup_key": {"type": ["string", "null"],
                          "description": "Pages of one key are one incident while it is open."},
            "id": {"type": ["string", "null"], "pattern": "^[0-9a-f]{16}$",
                   "description": "Of the incident that it opens, so that a try that comes again is known."},
            "by": _BY,
        },
        "severity", "service", "via", "lines", "dedup_key", "id", "by",
    )},
)  # fmt: skip
