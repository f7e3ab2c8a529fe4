"""What the doors of live overrides take and answer, for `/openapi.json`."""

from __future__ import annotations

from oncall_rota.web.override_asked import FIELDS
from oncall_rota.web.spec import INSTANT, TEXT, Parameter, Schema, Spec, Told, array, error, maybe, obj

_JSON = "application/json"
_TRUTH: Schema = {"type": "boolean"}
_AT = maybe(INSTANT)
_SEVERAL: Schema = {"type": ["string", "array", "null"], "items": TEXT}
_OVERRIDE = obj(
    {
        "id": TEXT,
        "team": TEXT,
        "entry": {"type": "object", "description": "What a line of the team's file would say."},
        "by": TEXT,
        "created_at": INSTANT,
        "start": _AT,
        "end": _AT,
        "schedules": array(TEXT),
        "effective": _TRUTH,
    }
)
_PIECES = array(obj({"person": maybe(), "name": maybe(), "start": INSTANT, "end": INSTANT}))
_CHANGED = {
    "version": {"type": "integer"},
    "dry_run": _TRUTH,
    "override": _OVERRIDE,
    "changes": array(obj({"team": TEXT, "schedule": TEXT, "before": _PIECES, "after": _PIECES})),
    "you": maybe(),
}
_TEAM = Parameter("team", "A team; `-` is the only one of the person whose token it is.", "path")
_FAILED = {503: error("The store has failed: come again.")}

LIST = Spec(
    {
        200: Told(
            "By creation.",
            {_JSON: obj({"version": {"type": "integer"}, "overrides": array(_OVERRIDE), "you": maybe()})},
        ),
        400: error("A parameter has no meaning."),
        404: error("There is no such team."),
        **_FAILED,
    }
)
MADE = Spec(
    {
        200: Told("What it would change (`dry_run`).", {_JSON: obj(_CHANGED)}),
        201: Told("It holds within a second.", {_JSON: obj(_CHANGED)}),
        400: error("The body has no meaning."),
        403: error("The token is not for that team, or not that person's."),
        404: error("There is no such team, schedule, person or layer."),
        408: error("The body came too slowly."),
        413: error("The body is too long."),
        415: error("The body is no JSON."),
        **_FAILED,
    },
    (_TEAM,),
    {
        _JSON: obj(
            {
                **{
                    name: {**(_SEVERAL if name in ("who", "add", "swap") else maybe()), "description": doc}
                    for name, doc in FIELDS.items()
                },
                "by": {**maybe(), "description": "Who asks: nobody but whose token it is."},
                "dry_run": {"type": ["boolean", "null"]},
            },
            *FIELDS,
            "by",
            "dry_run",
        )
    },
)
WITHDRAWN = Spec(
    {
        200: Told("It holds no more, within a second.", {_JSON: obj(_CHANGED)}),
        400: error("A parameter has no meaning."),
        403: error("The token is not for that team."),
        404: error("The team has no live override of that id."),
        409: error("The team's file has it, and alone decides."),
        **_FAILED,
    },
    (
        Parameter(
            "dry_run",
            "yes: only tell what would change.",
            schema={"type": "string", "enum": ["yes", "true", "1", "no", "false", "0"]},
        ),
    ),
)
