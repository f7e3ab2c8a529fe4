"""The response table: what makes each sender try again, and not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from amazon import AT, CERTIFICATE, said
from monitors import ID, posted, recorded

from oncall_rota.intake import HOOKS, Hook, Posted, Unreadable, hook
from oncall_rota.intake.generic import GOALERT
from oncall_rota.intake.pagerduty import CHANGES, V1, V2
from oncall_rota.paging.signal import Accepted

INCIDENT = "4132d0793cdc6481"
AM = posted(recorded("alertmanager-firing"), "/hooks/alertmanager")
GRAFANA = posted(recorded("grafana-firing"), "/hooks/grafana")
PD = posted(recorded("pagerduty-trigger"), V2)
OG = posted(recorded("opsgenie-create"), "/v2/alerts/")
GENERIC = posted(recorded("generic"), "/hooks/generic")
SENTRY = posted(recorded("sentry-event-alert"), "/hooks/sentry")
SNS = posted(said("sns-alarm"), "/hooks/sns")._replace(fetched={AT: CERTIFICATE})
BY_KIND = {
    "alertmanager": AM, "grafana": GRAFANA, "pagerduty": PD, "opsgenie": OG, "generic": GENERIC, "sentry": SENTRY,
    "sns": SNS,
}  # fmt: skip
REQUEST_ID = "4132d079-3cdc-6481"  # its beginning tells the incident
NO_TIME = "You are making too many requests!"
PD_KEY = "8b1a9953c4611296a827abf8c47804d7"
LATER = {"retry-after": "10"}


def made(kind: str) -> Hook:
    """A source's hook."""
    return hook({"type": kind})


TABLE: list[tuple[str, str, Posted, int, dict[str, Any]]] = [
    ("alertmanager", "accepted", AM, 200, {}),
    ("alertmanager", "refused", AM, 400, {"error": "it is no list", "field": "alerts"}),
    ("alertmanager", "unknown_key", AM, 401, {"error": "unknown key"}),
    ("alertmanager", "overloaded", AM, 503, {"error": "overloaded"}),
    ("grafana", "accepted", GRAFANA, 200, {}),
    ("grafana", "refused", GRAFANA, 400, {"field": "alerts"}),
    ("grafana", "unknown_key", GRAFANA, 401, {}),
    ("grafana", "overloaded", GRAFANA, 503, {}),
    (
        "pagerduty", "accepted", PD, 202,
        {"status": "success", "message": "Event processed", "dedup_key": PD_KEY},
    ),
    (
        "pagerduty", "accepted", posted(recorded("pagerduty-v1"), V1), 200,
        {"status": "success", "message": "Event processed", "incident_key": "srv01/HTTP"},
    ),
    ("pagerduty", "accepted", posted(recorded("pagerduty-change"), CHANGES), 202, {"status": "success"}),
    (
        "pagerduty", "refused", PD, 400,
        {"status": "invalid event", "message": "Event object is invalid", "errors": ["'alerts' it is no list"]},
    ),
    (
        "pagerduty", "unknown_key", PD, 400,
        {"status": "invalid event", "message": "Event object is invalid", "errors": ["Invalid routing key"]},
    ),
    ("pagerduty", "overloaded", PD, 429, {"status": "throttle exceeded"}),
    ("opsgenie", "accepted", OG, 202, {"result": "Request will be processed"}),
    ("opsgenie", "refused", OG, 422, {"message": "it is no list", "errors": {"alerts": "it is no list"}}),
    ("opsgenie", "unknown_key", OG, 401, {"message": "Key is not valid"}),
    ("opsgenie", "overloaded", OG, 429, {"message": NO_TIME}),
    ("generic", "accepted", GENERIC, 202, {"status": "opened", "incident": INCIDENT, "dedup": "backup/db1"}),
    ("generic", "accepted", GENERIC._replace(path=GOALERT), 204, {}),
    ("generic", "refused", GENERIC, 400, {"error": "it is no list", "field": "alerts"}),
    ("generic", "unknown_key", GENERIC, 404, {"error": "not found"}),
    ("generic", "overloaded", GENERIC, 503, {"error": "overloaded"}),
    ("sentry", "accepted", SENTRY, 202, {"status": "opened"}),
    ("sentry", "refused", SENTRY, 400, {"field": "alerts"}),
    ("sentry", "unknown_key", SENTRY, 404, {}),
    ("sentry", "overloaded", SENTRY, 503, {}),
    ("sns", "accepted", SNS, 202, {"status": "opened"}),
    ("sns", "refused", SNS, 400, {"field": "alerts"}),
    ("sns", "unknown_key", SNS, 404, {}),
    ("sns", "overloaded", SNS, 503, {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "what", "request_", "status", "body"), TABLE)
def test_each_sender_is_answered_in_its_own_words(
    kind: str, what: str, request_: Posted, status: int, body: dict[str, Any]
) -> None:
    """The status, and of the body at least these keys."""
    source = made(kind)
    if what == "accepted":
        found = source.reports(request_)
        answer = source.accepted(request_, found, [Accepted("opened", INCIDENT)] * len(found))
    elif what == "refused":
        answer = source.refused(request_, Unreadable("it is no list", "alerts"))
    else:
        answer = getattr(source, what)(request_)
    assert answer.status == status
    told = json.loads(answer.body) if answer.body else {}
    assert {key: told.get(key) for key in body} == body
    assert ("retry-after" in answer.headers) == (what == "overloaded")
    assert answer.headers.get("content-type") == ("application/json" if answer.body else None)


@pytest.mark.parametrize("kind", HOOKS)
def test_overload_never_loses_an_alert(kind: str) -> None:
    """Alertmanager and Grafana give up at a 429, and all others try again at 5xx, too."""
    answer = made(kind).overloaded(BY_KIND[kind])
    assert answer.status in ((429, 503) if kind in ("pagerduty", "opsgenie") else (503,))
    assert dict(answer.headers) | LATER == dict(answer.headers)


@pytest.mark.parametrize("kind", HOOKS)
def test_what_is_too_large_says_so(kind: str) -> None:
    """413, where the sender knows no better."""
    answer = made(kind).refused(BY_KIND[kind], Unreadable("it is larger than 16 MiB", status=413))
    assert answer.status == 413
    assert b"16 MiB" in answer.body


@pytest.mark.parametrize("kind", HOOKS)
@pytest.mark.parametrize("what", ["merged", "resolved", "kept", "acknowledged", "noted", "ignored"])
def test_whatever_it_became_it_was_accepted(kind: str, what: Any) -> None:
    """All that is on disk is a 2xx."""
    source, request_ = made(kind), BY_KIND[kind]
    found = source.reports(request_)
    result = Accepted(what, "" if what == "ignored" else INCIDENT)
    assert 200 <= source.accepted(request_, found, [result] * len(found)).status < 300


def test_pagerduty_words_for_no_json() -> None:
    """As its own documentation has them."""
    with pytest.raises(Unreadable) as found:
        made("pagerduty").reports(posted(b"{", V2))
    told = json.loads(made("pagerduty").refused(PD, found.value).body)
    assert (told["status"], told["message"]) == ("Unrecognized object", "Event object format is unrecognized")
    assert told["errors"][0] == "JSON parse error"


def test_an_answer_is_json_whatever_was_sent() -> None:
    """Half a surrogate in a key, quotes in a field."""
    request_ = posted({"summary": "x", "dedup": '"\ud800\n'})
    answer = made("generic").accepted(request_, made("generic").reports(request_), (Accepted("opened", INCIDENT),))
    assert json.loads(answer.body.decode("ascii"))["dedup"] == '"\ud800\n'


def test_a_request_of_opsgenies_has_an_id() -> None:
    """In which the incident is."""
    answer = made("opsgenie").accepted(OG, made("opsgenie").reports(OG), (Accepted("opened", INCIDENT),))
    assert json.loads(answer.body)["requestId"].startswith(REQUEST_ID)
    assert len(json.loads(made("opsgenie").overloaded(OG._replace(id=ID)).body)["requestId"]) == 36
