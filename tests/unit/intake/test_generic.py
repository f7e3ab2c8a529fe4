"""Whatever can send a request: JSON, forms, addresses, texts, and the words of many senders."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from monitors import changed, posted, recorded, report, reports

from oncall_rota.intake import Posted, Unreadable, hook
from oncall_rota.intake.generic import GOALERT
from oncall_rota.paging.signal import Accepted

FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": 'multipart/form-data; boundary="XX"'}


def parts(ending: str = "\r\n", **fields: str) -> bytes:
    """A form in parts."""
    made = [
        f'--XX{ending}Content-Disposition: form-data; name="{name}"{ending}{ending}{text}{ending}'
        for name, text in fields.items()
    ]
    return ("".join(made) + f"--XX--{ending}").encode()


def test_our_own_words() -> None:
    """All of them at once."""
    found = report("generic", recorded("generic"))
    assert (found.key, found.kind, found.severity) == ("backup/db1", "trigger", "error")
    assert (found.summary, found.team, found.service) == ("backup failed", "payments", "card-api")
    assert found.lines[:3] == ("exit status 2", "see /var/log/backup.log", "Link: https://ci.example.com/42")
    assert "host: db1" in found.lines
    assert (found.fields["labels.cluster"], found.fields["details.host"]) == ("eu1", "db1")


SAME = {"summary": "disk full", "dedup": "db1", "action": "close"}


@pytest.mark.parametrize(
    "request_",
    [
        posted(SAME),
        Posted(json.dumps(SAME).encode(), FORM),
        Posted(urlencode(SAME).encode(), FORM),
        Posted(urlencode(SAME).encode()),
        Posted(parts(**SAME), MULTIPART),
        Posted(parts("\n", **SAME), MULTIPART),
        Posted(query=SAME, method="GET"),
        Posted(b'{"summary": "disk full"}', {}, {"dedup": "db1", "action": "close", "summary": "other"}),
        Posted(b"\xef\xbb\xbf \n" + json.dumps(SAME).encode(), {"content-type": "text/plain"}),
        Posted(json.dumps(SAME).encode("utf-16"), {"content-type": "application/json"}),
    ],
    ids=["json", "curl", "form", "bare-form", "parts", "parts-lf", "address", "address-and-body", "bom", "utf-16"],
)
def test_it_may_come_in_any_form(request_: Posted) -> None:
    """What it is counts more than what it is said to be, and the body more than the address."""
    found = report("generic", request_)
    assert (found.summary, found.key, found.kind) == ("disk full", "db1", "resolve")


@pytest.mark.parametrize(
    ("keys", "summary"),
    [
        ({"summary": "a", "title": "b"}, "a"),
        ({"title": "b", "message": "c"}, "b"),
        ({"message": "c", "text": "d"}, "c"),
        ({"text": "d"}, "d"),
        ({"summary": "", "text": "d"}, "d"),
        ({"summary": 7}, "7"),
        ({"summary": ["a", 1]}, '["a", "1"]'),
    ],
)
def test_words_for_a_summary(keys: dict[str, Any], summary: str) -> None:
    """The first that holds anything."""
    assert report("generic", keys).summary == summary


@pytest.mark.parametrize("key", ["dedup", "dedup_key", "alert_uid", "alias"])
@pytest.mark.parametrize("action", ["action", "event_action", "state", "status"])
@pytest.mark.parametrize("severity", ["severity", "priority", "level"])
def test_words_for_the_rest(key: str, action: str, severity: str) -> None:
    """Each of them."""
    found = report("generic", {"summary": "x", key: "k", action: "OK", severity: "P2"})
    assert (found.key, found.kind, found.severity) == ("k", "resolve", "error")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("close", "resolve"), ("ok", "resolve"), ("resolved", "resolve"), ("up", "resolve"), ("Recovered", "resolve"),
        ("RECOVERY", "resolve"), ("ack", "acknowledge"), ("ACKNOWLEDGEMENT", "acknowledge"), ("note", "note"),
        ("trigger", "trigger"), ("alerting", "trigger"), ("down", "trigger"), ("Re-Triggered", "trigger"),
        ("No Data", "trigger"), ("PROBLEM", "trigger"), ("", "trigger"), ("not ok", "trigger"), ("\u043ek", "trigger"),
    ],
)  # fmt: skip
def test_words_for_an_action(word: str, kind: str) -> None:
    """Whatever is none of the others begins something."""
    assert report("generic", {"summary": "x", "action": word}).kind == kind


def test_the_same_text_is_the_same_thing() -> None:
    """Without a key, as GoAlert has it; other details are another thing."""
    fires = report("generic", {"summary": "disk full", "details": "db1"})
    assert report("generic", {"summary": "disk full", "details": "db1", "action": "close"}).key == fires.key
    assert report("generic", {"summary": "disk full", "details": "db2"}).key != fires.key


def test_a_text_is_a_summary_and_lines() -> None:
    """What a shell pipes into curl, however it calls that."""
    for headers in ({"content-type": "text/plain"}, FORM, {}):
        found = report("generic", Posted("disk füll\r\n\r\n/dev/sda1 99 %\n".encode("latin-1"), headers))
        assert (found.summary, found.lines) == ("disk füll", ("/dev/sda1 99 %",))


def test_grafana_oncalls_words() -> None:
    """Its formatted webhook."""
    found = report("generic", recorded("grafana-oncall"))
    assert found.key == "08d6891a-835c-e661-39fa-96b6a9e26552"
    assert found.summary == "TestAlert: The whole system is down"
    assert found.lines[0] == "This alert was sent by user for demonstration purposes"
    over = changed("grafana-oncall", state="ok")
    assert (report("generic", over).key, report("generic", over).kind) == (found.key, "resolve")


def test_datadogs_template() -> None:
    """Its priority is a severity."""
    found = report("generic", recorded("datadog"))
    assert (found.key, found.kind, found.severity) == ("9bd4ac313a4d1e8fae2482df7b77628-1", "trigger", "critical")
    assert report("generic", changed("datadog", action="Recovered")).kind == "resolve"


def test_healthchecks_recipe() -> None:
    """Its check is the key."""
    assert report("generic", recorded("healthchecks")).key == "c91a2c9d-3f3a-4f6a-8d0f-1d1a3a5b1f00"


def test_uptime_kuma() -> None:
    """As JSON and as a form; a monitor is the key, and the test button pages."""
    down, up = report("generic", recorded("uptime-kuma-down")), report("generic", recorded("uptime-kuma-up"))
    assert (down.kind, up.kind, down.key) == ("trigger", "resolve", up.key)
    assert down.summary == "[shop] [🔴 Down] connect ECONNREFUSED 10.0.0.3:443"
    assert "Address: https://shop.example.com" in down.lines
    form = Posted(parts(data=recorded("uptime-kuma-up").decode()), MULTIPART)
    assert report("generic", form).key == up.key
    assert report("generic", recorded("uptime-kuma-test")).kind == "trigger"


@pytest.mark.parametrize(
    ("down", "up", "other"),
    [
        (
            {"summary": "[shop [eu]] [🔴 Down] connect ECONNREFUSED 10.0.0.3:443"},
            {"summary": "[shop [eu]] [✅ Up] 200 - OK", "action": "close"},
            {"summary": "[shop] [🔴 Down] connect ECONNREFUSED 10.0.0.3:443"},
        ),
        (
            {"title": "shop is down", "message": "connect ECONNREFUSED", "state": "alerting"},
            {"title": "shop is up", "message": "200 - OK", "state": "ok"},
            {"title": "cart is down", "message": "connect ECONNREFUSED", "state": "alerting"},
        ),
    ],
    ids=["goalert", "oncall"],
)
def test_uptime_kuma_as_it_speaks_to_others(down: dict[str, str], up: dict[str, str], other: dict[str, str]) -> None:
    """It gives them no key, and its monitor's end in another text; as JSON, or as the parts of a form."""
    for made in (posted, lambda keys: Posted(parts(**keys), MULTIPART)):
        begins, ends = report("generic", made(down)), report("generic", made(up))
        assert (begins.key, begins.kind, ends.kind) == (ends.key, "trigger", "resolve")
        assert report("generic", made(other)).key != begins.key
        assert report("generic", made({**down, "dedup": "mine"})).key == "mine"


def test_other_texts_are_no_monitors_of_uptime_kumas() -> None:
    """What merely looks like one keeps its whole text as its key."""
    for one, two in (("shop is down", "shop is up"), ("[shop] Down", "[shop] Up"), ("[shop] [Down]", "[shop] [Up]")):
        assert report("generic", {"title": one}).key != report("generic", {"title": two}).key


def test_a_key_in_the_address_is_not_paged() -> None:
    """Nor taken for the key of an incident."""
    query = {"token": "hunter2", "key": "hunter2", "api_key": "hunter2", "apikey": "hunter2", "apiKey": "hunter2"}
    found = report("generic", Posted(b'{"summary": "x"}', {}, query))
    assert "hunter2" not in repr(found)
    assert found.key == report("generic", {"summary": "x"}).key


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (Posted(), "summary"),
        (Posted(b"\n \n", {"content-type": "text/plain"}), "summary"),
        (posted({"dedup": "x"}), "summary"),
        (posted({"action": "close"}), "summary"),
        (posted({"summary": "x", "dedup": ["x"]}), "dedup"),
        (Posted(b"{"), ""),
        (Posted(b"[]"), ""),
        (Posted(b"x", {"content-type": "multipart/form-data"}), "content-type"),
        (Posted(b"a=1&" * 2000, FORM), ""),
        (Posted(parts(**{f"f{number}": "x" for number in range(2000)}), MULTIPART), ""),
        (Posted(b"a" * ((16 << 20) + 1), FORM), ""),
    ],
)
def test_what_cannot_be_understood_names_the_field(request_: Posted, field: str) -> None:
    """In the answer, too."""
    with pytest.raises(Unreadable) as found:
        reports("generic", request_)
    assert found.value.field == field
    answer = hook({"type": "generic"}).refused(request_, found.value)
    assert json.loads(answer.body)["field"] == field


def test_goalerts_senders_are_answered_as_by_goalert() -> None:
    """204, or three keys for who asks for JSON."""
    source = hook({"type": "generic"})
    request_ = posted(SAME, GOALERT)
    found = source.reports(request_)
    assert source.accepted(request_, found, (Accepted("opened", "4132d0793cdc6481"),))[:2] == (204, b"")
    asks = request_._replace(headers={"accept": "application/json"})
    for result, number, new in (
        (Accepted("opened", "4132d0793cdc6481"), 0x4132D0793CDC, True),
        (Accepted("ignored"), 0, False),
    ):
        body = json.loads(source.accepted(asks, found, (result,)).body)
        assert body == {"AlertID": number, "ServiceID": "", "IsNew": new}
