"""What the monitors' doors take and answer, for `/openapi.json`.

Whatever a monitor sends is taken in, or told in an incident that it cannot be understood: so bodies are open here.
"""

from __future__ import annotations

from collections.abc import Mapping

from oncall_rota.web.spec import FORM, NOTHING, TEXT, Parameter, Schema, Spec, Told, maybe, obj

_JSON = "application/json"
_OBJECT: Schema = {"type": "object"}
_TOOK: Schema = {"type": "number"}
_WAIT = {"Retry-After": "Seconds after which it is to come again."}


def _told(doc: str, schema: Schema = _OBJECT, headers: Mapping[str, str] = NOTHING) -> Told:
    return Told(doc, {_JSON: schema}, headers)


def _taken(answers: Mapping[int, Told], body: Mapping[str, Schema], *parameters: Parameter) -> Spec:
    """`answers`: when it is on disk, and the protocol's own."""
    refused = {
        400: _told("It has no meaning, which an incident tells; or it broke off."),
        408: _told("It came too slowly."),
        413: _told("It is longer than 16 MiB."),
        415: _told("It is compressed, which an incident tells."),
        422: _told("It has no meaning, which an incident tells."),
        429: _told("Not now: nothing is kept.", headers=_WAIT),
        503: _told("Not now: nothing is certain to be kept.", headers=_WAIT),
    }
    return Spec({**refused, **answers}, parameters, body)


_ANY: Mapping[str, Schema] = {_JSON: {}, FORM: _OBJECT, "text/plain": TEXT}
_ON_DISK = "It is on disk."
_SOURCE_ANSWERS = {
    200: _told(_ON_DISK),
    202: _told(_ON_DISK),
    204: Told(_ON_DISK),
    401: _told("The key is none of this kind of source."),
    403: _told("It is not signed by whom it says it is from, which an incident tells."),
    404: _told("There is no such source."),
    405: _told("A GET is not what this source counts."),
}
SOURCE = _taken(_SOURCE_ANSWERS, _ANY)

_KEYS = ("routing_key", "service_key")
_EVENT = obj({**dict.fromkeys(_KEYS, TEXT), "payload": _OBJECT}, *_KEYS, "payload")
_INVALID = obj({"status": TEXT, "message": TEXT})
PAGERDUTY = _taken(
    {
        200: _told(_ON_DISK, obj({"status": TEXT, "message": TEXT, "incident_key": TEXT})),
        202: _told(_ON_DISK, obj({"status": TEXT, "message": TEXT, "dedup_key": TEXT}, "dedup_key")),
        400: _told("The event, or its key, has no meaning.", _INVALID),
    },
    {_JSON: _EVENT},
)

_REQUEST = obj({"result": TEXT, "took": _TOOK, "requestId": TEXT})
_OWN = (Parameter("identifierType", "What the alert is named by: id, tiny or alias."),)
OPSGENIE = _taken(
    {
        202: _told("It is on disk.", _REQUEST),
        401: _told("The key is none of an Opsgenie source."),
        404: _told("There is no such action."),
    },
    _ANY,
)
OPSGENIE_ACT = OPSGENIE._replace(parameters=_OWN)
_DONE = obj(
    {
        "success": {"type": "boolean"}, "isSuccess": {"type": "boolean"}, "action": TEXT, "processedAt": TEXT,
        "status": TEXT, "alertId": TEXT, "alias": maybe(),
    }
)  # fmt: skip
OPSGENIE_STATUS = Spec(
    {
        200: _told("What became of it.", obj({"data": _DONE, "took": _TOOK, "requestId": TEXT})),
        401: _told("The key is none of an Opsgenie source."),
        404: _told("It is no request of ours."),
    }
)

BEAT = Spec(
    {
        200: _told("It was heard.", obj({"status": TEXT, "heartbeat": TEXT})),
        404: Told("There is no such heartbeat."),
        503: Told("It could not be kept: come again.", headers=_WAIT),
    }
)
OPSGENIE_BEAT = Spec({202: _told("It was heard.", _REQUEST), 404: BEAT.answers[404], 503: BEAT.answers[503]})
