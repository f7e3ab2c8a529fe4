"""AWS SNS, by an HTTPS subscription; CloudWatch's alarms come by it.

The key in the address tells whose topic it is, and Amazon's signature that nobody has written in its name. Its first
message asks whether the topic may send here: it is answered yes, at Amazon's own address alone. 5xx is tried again.
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from oncall_rota.intake.certificate import is_signed, public_key
from oncall_rota.intake.generic import SUMMARY, Generic, reported
from oncall_rota.intake.json_text import mapping
from oncall_rota.intake.posted import Kind, Posted, Report, Unreadable, Wanting
from oncall_rota.intake.value import digest, fields_of, first, lines_of, mapping_of, text_of, told

_HOST = r"https://sns\.[a-z]{2}[a-z0-9-]{1,30}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(rf"{_HOST}/SimpleNotificationService-[0-9A-Za-z]{{1,100}}\.pem", re.ASCII)
_CONFIRM = re.compile(rf"{_HOST}/\?Action=ConfirmSubscription&[\w:./%&=+-]{{1,2000}}", re.ASCII)
_HOW = {"1": "sha1", "2": "sha256"}
SAID = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
ASKED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_STATES: dict[str, Kind] = {"OK": "resolve"}


class Sns(Generic):
    """One source of kind `sns`; answered as the generic one."""

    def reports(self, posted: Posted) -> tuple[Report, ...]:
        values = mapping(posted.body)
        what = values.get("Type")
        if what == "Notification":
            _judge(values, SAID, posted)
            return (_notification(values),)
        if what not in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
            raise Unreadable("is none of SNS's", "Type")
        _judge(values, ASKED, posted)
        topic = text_of(values.get("TopicArn"))
        if what == "UnsubscribeConfirmation":  # nothing comes from now on, which nobody may notice for long
            said = f"AWS SNS sends nothing of {topic} any more: it was unsubscribed"
            return (Report(digest("sns-subscription", topic), "trigger", said, "warning", (), _topic(topic)),)
        address = text_of(values.get("SubscribeURL"))
        if not _CONFIRM.fullmatch(address):
            raise Unreadable("is no address of Amazon's to confirm at", "SubscribeURL")
        if address not in posted.fetched:
            raise Wanting(address, "the subscription is to be confirmed")
        if not posted.fetched[address]:
            raise Unreadable("was refused by Amazon: subscribe once more", "SubscribeURL")
        return (Report(digest("sns-subscription", topic), "resolve", f"AWS SNS sends {topic}", None),)


def _judge(values: Mapping[str, Any], names: tuple[str, ...], posted: Posted) -> None:
    """Raises `Unreadable` unless Amazon has signed it; `Wanting` before its certificate is at hand."""
    address, how = text_of(values.get("SigningCertURL")), _HOW.get(text_of(values.get("SignatureVersion")))
    if how is None:
        raise Unreadable("is neither 1 nor 2", "SignatureVersion")
    if not _CERTIFICATE.fullmatch(address):
        raise Unreadable("is no address of Amazon's certificates", "SigningCertURL")
    if address not in posted.fetched:
        raise Wanting(address, "its certificate is needed", keep=True)
    key = public_key(posted.fetched[address])
    if key is None:
        raise Unreadable("has no certificate that can be read", "SigningCertURL")
    try:
        signature = base64.b64decode(text_of(values.get("Signature")), validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if not is_signed(signed_text(values, names), signature, key, how):
        raise Unreadable("is not Amazon's", "Signature", status=403)


def signed_text(values: Mapping[str, Any], names: tuple[str, ...] = SAID) -> bytes:
    """What of a message is signed: each name and value on a line, in order; what it does not have is left out."""
    found = [(name, values[name]) for name in names if isinstance(values.get(name), str)]
    return "".join([f"{name}\n{value}\n" for name, value in found]).encode("utf-8", "surrogatepass")


def _topic(topic: str) -> dict[str, str]:
    return fields_of("details", {"topic": topic}) if topic else {}


def _notification(values: Mapping[str, Any]) -> Report:
    topic, subject, text = (text_of(values.get(name)) for name in ("TopicArn", "Subject", "Message"))
    inner = _inner(values.get("Message"))
    if "AlarmName" in inner:
        return _alarm(inner, topic)
    if inner and (subject or first(inner, *SUMMARY, "detail-type")):
        about = {} if first(inner, *SUMMARY) else {"summary": subject or first(inner, "detail-type")}
        found = reported({**inner, **about})
        return found._replace(fields={**found.fields, **_topic(topic)})
    lines = lines_of([text])
    if not subject and not lines:
        raise Unreadable("is missing or blank", "Message")
    summary = subject or lines[0]
    return Report(digest("sns", topic, summary), "trigger", summary, None, lines, _topic(topic))


def _inner(message: Any) -> Mapping[str, Any]:
    """A message that is JSON itself, as most programs write it; empty: it is a text."""
    if not isinstance(message, str) or not message.lstrip().startswith("{"):
        return {}
    try:
        return mapping(message.encode("utf-8", "surrogatepass"))
    except Unreadable:
        return {}


def _alarm(alarm: Mapping[str, Any], topic: str) -> Report:
    """CloudWatch's. Without enough data it is not over: what sends no figures may be what has broken."""
    name, state = text_of(alarm["AlarmName"]), text_of(alarm.get("NewStateValue")).upper()
    trigger = mapping_of(alarm.get("Trigger"))
    fields = {"alarm": name, "region": text_of(alarm.get("Region")), "account": text_of(alarm.get("AWSAccountId"))}
    fields |= {"namespace": text_of(trigger.get("Namespace")), "metric": text_of(trigger.get("MetricName"))}
    return Report(
        digest("cloudwatch", text_of(alarm.get("AlarmArn")) or f"{topic} {name}"),
        _STATES.get(state, "trigger"),
        f"{name}: {state or 'no state'}",
        None,
        told(
            ("", text_of(alarm.get("AlarmDescription"))),
            ("Reason", text_of(alarm.get("NewStateReason"))),
            ("Region", fields["region"]),
        ),
        {**fields_of("details", {key: value for key, value in fields.items() if value}), **_topic(topic)},
    )
