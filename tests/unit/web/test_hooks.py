"""Monitors at the real doors: each is answered so that it tries again when that helps, and not when it does not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest
from house import TEAMS
from monitors import changed, recorded
from night_house import FORM, Answer, House, NightOfLinks

from oncall_rota.paging.configuration import Configuration, Settings
from oncall_rota.paging.token import digest_of
from oncall_rota.web import hooks
from oncall_rota.web.body import LARGEST, body_of

KINDS = ("alertmanager", "grafana", "pagerduty", "opsgenie", "generic", "sentry")
JSON = {"content-type": "application/json"}
GOALERT = "/api/v2/generic/incoming"


class NightOfHooks(NightOfLinks):
    """A night whose configuration has teams to route to."""

    def configuration(self) -> Configuration:
        return super().configuration()._replace(teams=TEAMS)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[NightOfLinks]:
    """Wednesday 12:00 UTC; alice is on call for payments, then bob."""
    made = NightOfHooks(tmp_path / "oncall.db")
    yield made
    made.close()


@pytest.fixture
def house(night: NightOfLinks) -> Iterator[House]:
    """A source of each kind; all of them are the payments team's."""
    night.settings = Settings(
        sources={
            kind: {"type": kind, "keys": [f"sha256:{digest_of(f'key-of-{kind}').hex()}"], "team": "payments"}
            for kind in KINDS
        }
    )
    made = House(night)
    yield made
    made.close()


def shown(kind: str, key: str = "") -> dict[str, str]:
    """The key of a source, as its monitor shows it."""
    key = key or f"key-of-{kind}"
    return {**JSON, "authorization": f"GenieKey {key}" if kind == "opsgenie" else f"Bearer {key}"}


def keyed(name: str, **keys: Any) -> bytes:
    """A recorded body of PagerDuty's with a key of ours."""
    return changed(name, **{"service_key" if "v1" in name else "routing_key": "key-of-pagerduty", **keys})


def sent(house: House, kind: str, name: str, **keys: Any) -> Answer:
    """A recorded body, where its monitor sends it."""
    path = {"opsgenie": "/v2/alerts", "pagerduty": "/v2/enqueue"}.get(kind, f"/hooks/{kind}")
    body = keyed(name, **keys) if kind == "pagerduty" else changed(name, **keys)
    return house.asks("POST", path, JSON if kind == "pagerduty" else shown(kind), body)


class Recorded(NamedTuple):
    """A body as a monitor sends it, at the address that it is sent to. `ends`: the one that ends it."""

    kind: str
    path: str
    body: bytes
    status: int
    answer: Mapping[str, Any]
    ends: bytes | None = None
    path_of_end: str = ""


PD = {"status": "success", "message": "Event processed"}
OG = {"result": "Request will be processed"}
OPENED = {"status": "opened"}
MONITORS = {
    "Alertmanager": Recorded(
        "alertmanager", "/hooks/alertmanager", recorded("alertmanager-firing"), 200, {},
        recorded("alertmanager-resolved"),
    ),
    "Grafana": Recorded(
        "grafana", "/hooks/grafana", recorded("grafana-firing"), 200, {},
        recorded("grafana-firing").replace(b'"firing"', b'"resolved"'),
    ),
    "Grafana without data": Recorded("grafana", "/hooks/grafana", recorded("grafana-nodata"), 200, {}),
    "Grafana OnCall": Recorded(
        "generic", "/hooks/generic/key-of-generic", recorded("grafana-oncall"), 202, OPENED,
        changed("grafana-oncall", state="ok"),
    ),
    "PagerDuty": Recorded(
        "pagerduty", "/v2/enqueue", keyed("pagerduty-trigger"), 202, PD,
        keyed("pagerduty-resolve", dedup_key=json.loads(recorded("pagerduty-trigger"))["dedup_key"]),
    ),
    "PagerDuty, first version": Recorded(
        "pagerduty", "/generic/2010-04-15/create_event.json", keyed("pagerduty-v1"), 200,
        {**PD, "incident_key": "srv01/HTTP"}, keyed("pagerduty-v1", event_type="resolve"),
    ),
    "Opsgenie": Recorded(
        "opsgenie", "/v2/alerts", recorded("opsgenie-create"), 202, OG,
        recorded("opsgenie-close"),
        f"/v2/alerts/{quote(json.loads(recorded('opsgenie-create'))['alias'])}/close?identifierType=alias",
    ),
    "Zabbix": Recorded("opsgenie", "/v2/alerts/", recorded("opsgenie-zabbix"), 202, OG),
    "our own words": Recorded(
        "generic", "/hooks/generic", recorded("generic"), 202, OPENED, changed("generic", action="close")
    ),
    "Datadog": Recorded(
        "generic", "/hooks/generic", recorded("datadog"), 202, OPENED, changed("datadog", action="Recovered")
    ),
    "Healthchecks": Recorded(
        "generic", "/hooks/generic/key-of-generic", recorded("healthchecks"), 202, OPENED,
        changed("healthchecks", action="resolve"),
    ),
    "Uptime Kuma": Recorded(
        "generic", "/hooks/generic/key-of-generic", recorded("uptime-kuma-down"), 202, OPENED,
        recorded("uptime-kuma-up"),
    ),
    "Uptime Kuma's test": Recorded("generic", "/hooks/generic", recorded("uptime-kuma-test"), 202, OPENED),
    "Uptime Kuma as to GoAlert": Recorded(
        "generic", f"{GOALERT}?token=key-of-generic", '{"summary": "[shop] [🔴 Down] timeout"}'.encode(), 204, {},
        '{"summary": "[shop] [✅ Up] 200 - OK", "action": "close"}'.encode(),
    ),
    "Uptime Kuma as to Grafana OnCall": Recorded(
        "generic", "/hooks/generic/key-of-generic",
        b'{"title": "shop is down", "message": "timeout", "state": "alerting"}', 202, OPENED,
        b'{"title": "shop is up", "message": "200 - OK", "state": "ok"}',
    ),
    "Sentry": Recorded(
        "sentry", "/hooks/sentry/key-of-sentry", recorded("sentry-event-alert"), 202, OPENED,
        recorded("sentry-issue"),
    ),
    "GoAlert": Recorded(
        "generic", f"{GOALERT}?token=key-of-generic", b'{"summary": "disk is full", "dedup": "db1"}', 204, {},
        b'{"summary": "disk is full", "dedup": "db1", "action": "close"}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MONITORS)
def test_a_recorded_alert_is_one_page_until_its_end(house: House, name: str) -> None:
    """However often it is sent; and each monitor is answered in its own words."""
    monitor, night = MONITORS[name], house.night
    headers = JSON if "key-of" in monitor.path or monitor.kind == "pagerduty" else shown(monitor.kind)
    found = house.asks("POST", monitor.path, headers, monitor.body)
    told = json.loads(found.body) if found.body else {}
    assert (found.status, {key: told.get(key) for key in monitor.answer}) == (monitor.status, monitor.answer)
    assert house.asks("POST", monitor.path, headers, monitor.body).status == monitor.status
    (row,) = night.store.incidents()
    assert (row.source, row.team, row.status) == (monitor.kind, "payments", "triggered")
    assert len(night.to("alice")) >= 1
    before = len(night.sent)
    house.asks("POST", monitor.path, headers, monitor.body)
    assert len(night.sent) == before
    if monitor.ends is not None:
        path = monitor.path_of_end or monitor.path
        assert house.asks("POST", path, headers, monitor.ends).status == monitor.status
        assert night.row(row.id).status == "resolved"


def test_a_change_is_written_down_and_pages_nobody(house: House) -> None:
    """A deployment, as PagerDuty's change events tell it."""
    found = house.asks("POST", "/v2/change/enqueue", JSON, keyed("pagerduty-change"))
    assert (found.status, json.loads(found.body)["status"]) == (202, "success")
    assert house.night.sent == []
    assert house.night.store.incidents() == ()
    with closing(sqlite3.connect(house.night.path)) as store:
        ((kind, cause),) = store.execute("SELECT kind, cause FROM audit").fetchall()
    assert (kind, cause.startswith("change: ")) == ("ignored", True)


# -- the response table

SMALL = {kind: f"{kind}-firing" for kind in ("alertmanager", "grafana")} | {
    "pagerduty": "pagerduty-trigger",
    "opsgenie": "opsgenie-create",
    "generic": "generic",
    "sentry": "sentry-event-alert",
}
ACCEPTED = {"alertmanager": 200, "grafana": 200, "pagerduty": 202, "opsgenie": 202, "generic": 202, "sentry": 202}
LATER = {"alertmanager": 503, "grafana": 503, "pagerduty": 429, "opsgenie": 429, "generic": 503, "sentry": 503}
UNREADABLE = {"alertmanager": 400, "grafana": 400, "pagerduty": 400, "opsgenie": 422, "generic": 400, "sentry": 400}


def addressed(house: House, kind: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Any body, with the key of a source where that is in a header."""
    path = {"opsgenie": "/v2/alerts", "pagerduty": "/v2/enqueue"}.get(kind, f"/hooks/{kind}")
    return house.asks("POST", path, {**(shown(kind) if kind != "pagerduty" else JSON), **(headers or {})}, body)


def body_for(kind: str) -> bytes:
    """A recorded one, with the key in it where it belongs there."""
    return keyed(SMALL[kind]) if kind == "pagerduty" else recorded(SMALL[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_done_now_is_to_come_again(kind: str, house: House) -> None:
    """The store has failed, the desk is crowded, or never answers: as the sender tries again, and says when."""
    broken = house.night.disk
    broken.broken = "full"
    answers = [addressed(house, kind, body_for(kind))]
    assert len(house.night.to("alice")) >= 1, "it is paged from memory all the same"
    broken.broken = None
    house.premises.crew.waiting = hooks.CROWDED + 1  # type: ignore[misc]
    answers.append(addressed(house, kind, body_for(kind)))
    house.premises.crew.waiting = 0  # type: ignore[misc]
    house.stops = True
    answers.append(addressed(house, kind, body_for(kind)))
    assert [each.status for each in answers] == [LATER[kind]] * 3
    assert all(each.headers["retry-after"] == "10" for each in answers)
    house.stops = False
    house.night.passes("10s")
    assert addressed(house, kind, body_for(kind)).status == ACCEPTED[kind]
    assert len(house.night.store.incidents()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_desk_that_does_not_answer_is_not_waited_for(
    kind: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender is told to try again, before it gives up by itself."""
    monkeypatch.setattr(hooks, "ANSWERED", 0.01)
    house.silent = True
    assert addressed(house, kind, body_for(kind)).status == LATER[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_understood_is_refused_and_is_an_incident(kind: str, house: House) -> None:
    """One a source, however much of it comes; with what was sent, but for secrets."""
    broken = b'{"routing_key": "key-of-pagerduty", "event_action": "shout"}' if kind == "pagerduty" else b'{"alerts": 1'
    found = addressed(house, kind, broken)
    assert found.status == UNREADABLE[kind]
    assert json.loads(found.body)
    assert "retry-after" not in found.headers
    (row,) = house.night.store.incidents()
    data = json.loads(row.data)
    assert (row.source, row.team) == (f"{kind}/unreadable", "payments")
    assert data["summary"].startswith(f"unreadable alert from {kind}: ")
    assert "key-of-" not in row.data
    assert ("shout" if kind == "pagerduty" else "alerts") in "".join(data["lines"])
    before = len(house.night.sent)
    for number in range(20):
        assert addressed(house, kind, broken.replace(b"1", b'"%d' % number)).status == UNREADABLE[kind]
    assert len(house.night.store.incidents()) == 1
    assert len(house.night.sent) == before


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "words"),
    [
        ("POST", "/hooks/alertmanager", shown("", "wrong"), b"{}", 401, "not valid"),
        ("POST", "/hooks/alertmanager/wrong", {}, b"{}", 404, "not found"),
        ("POST", "/hooks/grafana", {}, b"{}", 401, "send a key"),
        ("POST", "/hooks/grafana", shown("alertmanager"), b"{}", 401, "not valid"),
        ("POST", "/hooks/generic/key-of-grafana", {}, b"{}", 401, "unknown key"),
        ("POST", "/hooks/generic/wrong", {}, b'{"summary": "x"}', 404, "not found"),
        ("POST", f"{GOALERT}?token=wrong", {}, b"{}", 404, "not found"),
        ("POST", "/v2/enqueue", {}, recorded("pagerduty-trigger"), 400, "Invalid routing key"),
        ("POST", "/v2/enqueue", {}, b'{"event_action": "trigger"}', 400, "Invalid routing key"),
        ("POST", "/v2/enqueue", {}, b'{"routing_key": "key-of-generic"}', 400, "Invalid routing key"),
        ("POST", "/v2/enqueue", {}, b"{", 400, "Event object format is unrecognized"),
        ("POST", "/v2/enqueue", {}, b"x" * ((1 << 20) + 1), 413, "more than 1048576 bytes"),
        ("POST", "/v2/alerts", shown("opsgenie", "wrong"), b"{}", 401, '"message": "Key is not valid"'),
        ("POST", "/v2/alerts/", {}, b"{}", 401, '"requestId"'),
        ("POST", "/v2/alerts/a/close", shown("opsgenie", "wrong"), b"{}", 401, '"message": "Key is not valid"'),
    ],
)  # fmt: skip
def test_without_a_good_key_nothing_is_kept(
    house: House, method: str, path: str, headers: dict[str, str], body: bytes, status: int, words: str
) -> None:
    """And what is hidden stays hidden: a wrong key in an address is an address that is not there."""
    found = house.asks(method, path, headers, body)
    assert found.status == status
    assert words in found.text
    assert house.submitted == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pagerduty"])
@pytest.mark.parametrize("pieces", [1, 17], ids=["whole", "chunked"])
def test_sixteen_mebibytes_and_one_byte_are_too_much(kind: str, pieces: int, house: House) -> None:
    """By the length that it tells, or as soon as so much has come; whoever sent it has said something."""
    body: Any = b" " * (LARGEST + 1) if pieces == 1 else [b" " * (1 << 20)] * 16 + [b" "] + [b" "] * 9
    found = addressed(house, kind, body)
    assert (found.status, "16777216 bytes" in found.text) == (413, True)
    (row,) = house.night.store.incidents()
    assert row.source == f"{kind}/unreadable"


@pytest.mark.parametrize("kind", KINDS)
def test_sixteen_mebibytes_are_not_too_much(kind: str, house: House) -> None:
    """But for PagerDuty's, whose key is in the body; a mebibyte is twice what that takes."""
    most = (1 << 20) if kind == "pagerduty" else LARGEST
    body = body_for(kind)
    assert addressed(house, kind, body + b" " * (most - len(body))).status == ACCEPTED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_who_sends_too_slowly_is_to_try_again(kind: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a 408 Alertmanager would not; and what began to come is an incident. Of PagerDuty's nobody knows whose."""
    monkeypatch.setattr(hooks, "body_of", partial(body_of, slowest=0.01))
    body = body_for(kind)
    found = addressed(house, kind, [body[:50], None])
    if kind == "pagerduty":
        assert (found.status, house.submitted) == (408, [])
        return
    assert (found.status, found.headers["retry-after"]) == (LATER[kind], "10")
    (row,) = house.night.store.incidents()
    assert row.source == f"{kind}/unreadable"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/octet-stream", "image/png", ";;;", "application/x-www-form-urlencoded"],
)
def test_what_it_is_said_to_be_does_not_matter(kind: str, content_type: str, house: House) -> None:
    """In one piece or in many; its length told or not."""
    body = body_for(kind)
    for sent_ in (body, [body[at : at + 100] for at in range(0, len(body), 100)]):
        assert addressed(house, kind, sent_, {"content-type": content_type}).status == ACCEPTED[kind]
    (row,) = house.night.store.incidents()
    assert row.source == kind


# -- GET


@pytest.mark.parametrize("get", [None, "no", "yes", "true"])
def test_a_get_is_taken_where_somebody_wanted_it(get: str | None, house: House) -> None:
    """Else a preview of a link in some chat would page; and a HEAD never does."""
    source = house.night.settings.sources["generic"]
    house.night.settings.sources["generic"] = {**source, "get": get} if get else source  # type: ignore[index]
    asked = urlencode({"summary": "disk is full", "dedup": "db1", "token": "key-of-generic"})
    paths = (f"/hooks/generic?{asked}", f"/hooks/generic/key-of-generic?{asked}", f"{GOALERT}?{asked}")
    for path, taken in zip(paths, (202, 202, 204), strict=True):
        assert house.asks("GET", path).status == (taken if get in ("yes", "true") else 405)
        assert house.asks("HEAD", path).status == 405
    assert len(house.night.store.incidents()) == (1 if get in ("yes", "true") else 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("generic", "pagerduty")])
def test_nobody_else_says_anything_by_a_get(kind: str, house: House) -> None:
    """Whatever stands in oncall.yaml."""
    house.night.settings.sources[kind] = {**house.night.settings.sources[kind], "get": "yes"}  # type: ignore[index]
    assert house.asks("GET", f"/hooks/{kind}", shown(kind)).status == 405
    assert house.submitted == []


def test_a_form_is_as_good_as_json(house: House) -> None:
    """As curl and GoAlert's senders send it."""
    fields = {"summary": "disk is full", "dedup": "db1"}
    assert house.posts("/hooks/generic/key-of-generic", fields).status == 202
    found = house.asks(
        "POST", f"{GOALERT}?token=key-of-generic", {**FORM, "accept": "application/json"}, urlencode(fields).encode()
    )
    assert (found.status, json.loads(found.body)["IsNew"]) == (200, False)
    assert house.posts(f"{GOALERT}?token=key-of-generic", {**fields, "action": "close"}).status == 204
    assert house.night.store.incidents() == ()
