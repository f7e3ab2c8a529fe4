"""AWS SNS: only what Amazon has signed, with a certificate of Amazon's, from an address of Amazon's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from amazon import AT, CERTIFICATE, CONFIRM, alarms, said
from monitors import posted, recorded

from oncall_rota.intake import Report, Unreadable, Wanting, hook
from oncall_rota.intake.certificate import public_key

SNS = hook({"type": "sns"})


def read(body: bytes, **fetched: bytes) -> Report:
    """What it says, with the certificate at hand. `confirmed`: what Amazon answered."""
    found = {AT: CERTIFICATE} | ({CONFIRM: fetched["confirmed"]} if "confirmed" in fetched else {})
    (report,) = SNS.reports(posted(body)._replace(fetched=found))
    return report


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_alarm_of_cloudwatch(version: str) -> None:
    """By both versions of signatures; its ARN is the key, and its state the beginning or end."""
    found = read(said("sns-alarm", version))
    assert (found.kind, found.severity, found.summary) == ("trigger", None, "db1 disk is nearly full: ALARM")
    assert found.lines[0] == "Less than 10 % is free on db1"
    assert found.lines[1].startswith("Reason: Threshold Crossed")
    assert found.fields["details.namespace"] == "AWS/RDS"
    assert found.fields["details.topic"] == "arn:aws:sns:eu-west-2:123456789012:alarms"
    over = read(alarms(NewStateValue="OK", NewStateReason="12 % is free"))
    assert (over.kind, over.key) == ("resolve", found.key)
    assert read(alarms(NewStateValue="INSUFFICIENT_DATA")).kind == "trigger"
    assert read(alarms(AlarmArn="arn:aws:cloudwatch:eu-west-2:123456789012:alarm:db2")).key != found.key


def test_another_message() -> None:
    """JSON of the usual names, JSON of others below a subject, and plain text."""
    ours = json.dumps({"summary": "disk", "dedup": "db1", "action": "close"})
    found = read(said("sns-alarm", Message=ours))
    assert (found.kind, found.key, found.summary) == ("resolve", "db1", "disk")
    event = read(said("sns-alarm", Subject=..., Message=json.dumps({"detail-type": "RDS event", "source": "aws.rds"})))
    assert event.summary == "RDS event"
    text = read(said("sns-alarm", Subject=..., Message="disk is full\non db1"))
    assert (text.kind, text.summary, text.lines) == ("trigger", "disk is full", ("disk is full", "on db1"))
    assert read(said("sns-alarm", Subject="{", Message="{")).summary == "{"
    with pytest.raises(Unreadable, match="missing or blank"):
        read(said("sns-alarm", Subject=..., Message=" "))


@pytest.mark.parametrize("name", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Signature"])
def test_what_was_changed_on_its_way_is_not_amazons(name: str) -> None:
    """Any of what is signed, or the signature."""
    value = json.loads(said("sns-alarm"))
    value[name] += "x"
    with pytest.raises(Unreadable, match="is not Amazon's") as found:
        read(json.dumps(value).encode())
    assert found.value.status == 403


def test_a_signature_of_one_version_is_none_of_the_other() -> None:
    """And there is no third, and none without a signature."""
    value = json.loads(said("sns-alarm", "1"))
    for changes in ({"SignatureVersion": "2"}, {"SignatureVersion": "3"}, {"Signature": ""}, {"Signature": "AAAA"}):
        with pytest.raises(Unreadable):
            read(json.dumps({**value, **changes}).encode())


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-west-2.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-2.amazonaws.com.example.com/SimpleNotificationService-0.pem",
        "https://evil.example.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-2.amazonaws.com@evil.example.com/SimpleNotificationService-0.pem",
        "https://s3.eu-west-2.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-2.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://sns.eu-west-2.amazonaws.com/bucket/SimpleNotificationService-0.pem",
        "https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-0.pem?x=",
        "https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-0.pem\n",
        "https://SNS.eu-west-2.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.169.254.169.254/SimpleNotificationService-0.pem",
        "",
    ],
)
def test_a_certificate_comes_from_amazon_alone(address: str) -> None:
    """Nothing else is ever asked for, though it were signed."""
    value = {**json.loads(said("sns-alarm")), "SigningCertURL": f"{address} "[:-1]}
    with pytest.raises(Unreadable) as found:
        SNS.reports(posted(json.dumps(value).encode()))
    assert not isinstance(found.value, Wanting) or found.value.url == address.strip() != address


def test_a_subscription_is_confirmed_when_it_is_signed() -> None:
    """First the certificate is asked for, then Amazon's own address; the answer decides."""
    body = said("sns-confirmation")
    with pytest.raises(Wanting) as first:
        SNS.reports(posted(body))
    assert (first.value.url, first.value.keep) == (AT, True)
    with pytest.raises(Wanting) as second:
        read(body)
    assert (second.value.url, second.value.keep) == (CONFIRM, False)
    assert read(body, confirmed=b"<ConfirmSubscriptionResponse/>").kind == "resolve"
    with pytest.raises(Unreadable, match="refused by Amazon"):
        read(body, confirmed=b"")
    with pytest.raises(Unreadable, match="not Amazon's"):
        read(recorded("sns-confirmation"))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/?Action=ConfirmSubscription&Token=1",
        "https://sns.eu-west-2.amazonaws.com/?Action=Publish&Message=x",
        "http://sns.eu-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=1",
        "https://sns.eu-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=1 x",
    ],
)
def test_nothing_else_is_confirmed(address: str) -> None:
    """Whoever signed it."""
    with pytest.raises(Unreadable) as found:
        read(said("sns-confirmation", SubscribeURL=address))
    assert not isinstance(found.value, Wanting)


def test_the_end_of_a_subscription_is_told() -> None:
    """Else nobody notices for long that nothing comes; confirming it again ends it."""
    end = read(said("sns-confirmation", Type="UnsubscribeConfirmation"))
    assert (end.kind, end.severity) == ("trigger", "warning")
    assert read(said("sns-confirmation"), confirmed=b"x").key == end.key


@pytest.mark.parametrize("kind", [None, "", "Notice", 1, {}])
def test_any_other_type_is_unreadable(kind: Any) -> None:
    """Whatever else it is."""
    with pytest.raises(Unreadable, match="SNS"):
        SNS.reports(posted({"Type": kind}))


def test_what_is_no_certificate_has_no_key() -> None:
    """Cut short, changed, or not there."""
    assert public_key(CERTIFICATE) is not None
    lines = CERTIFICATE.splitlines()
    for pem in (b"", b" ", b"\xff", b"x" * 99, b"\n".join([lines[0], lines[-1]]), b"\n".join([*lines[:3], lines[-1]])):
        assert public_key(pem) is None
