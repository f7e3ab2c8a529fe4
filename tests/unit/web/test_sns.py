"""AWS SNS at the door: the certificate is asked for once, the subscription confirmed, and nobody else is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from amazon import AT, CERTIFICATE, CONFIRM, alarms, said
from night_house import House, NightOfLinks

from oncall_rota.notifiers.http_door import Response
from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of

PLAIN = {"content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
DOOR = "/hooks/sns/key-of-sns"


@pytest.fixture
def house(night: NightOfLinks) -> Iterator[House]:
    """A source of SNS, and Amazon on the internet."""
    keys = [f"sha256:{digest_of('key-of-sns').hex()}"]
    night.settings = Settings(sources={"aws": {"type": "sns", "keys": keys, "team": "payments"}})
    made = House(night)
    made.internet = {AT: Response(200, {}, CERTIFICATE, True), CONFIRM: Response(200, {}, b"<ok/>", True)}
    yield made
    made.close()


def sends(house: House, body: bytes, door: str = DOOR) -> int:
    """A message of SNS's; the status."""
    return house.asks("POST", door, PLAIN, body).status


def test_from_the_subscription_to_the_end_of_an_alarm(house: House) -> None:
    """The subscription is confirmed and pages nobody; the alarm pages until its end; the certificate is kept."""
    assert sends(house, said("sns-confirmation")) == 202
    assert house.fetched == [AT, CONFIRM]
    assert house.night.sent == []
    assert sends(house, said("sns-alarm")) == 202
    (row,) = house.night.store.incidents()
    assert row.source == "aws"
    assert len(house.night.sent) >= 1
    assert sends(house, alarms(NewStateValue="OK")) == 202
    assert house.night.row(row.id).status == "resolved"
    assert house.fetched == [AT, CONFIRM]


def test_without_the_key_nothing_is_asked_for(house: House) -> None:
    """Anybody can have Amazon sign something."""
    assert sends(house, said("sns-alarm"), "/hooks/sns/another-key") == 404
    assert sends(house, said("sns-confirmation"), "/hooks/sns") == 401
    assert (house.fetched, house.submitted) == ([], [])


def test_a_message_that_amazon_did_not_sign_is_told(house: House) -> None:
    """It is refused, and one incident says that somebody has the key."""
    forged = {**json.loads(said("sns-alarm")), "Message": "all is well"}
    assert sends(house, json.dumps(forged).encode()) == 403
    (row,) = house.night.store.incidents()
    assert row.source == "aws/unreadable"


@pytest.mark.parametrize("gone", [None, Response(503, {}, b"", True), Response(200, {}, b"-----BEGIN", False)])
def test_while_amazon_cannot_be_asked_it_is_to_come_again(house: House, gone: Response | None) -> None:
    """Nothing is taken, nothing is lost."""
    house.internet = {} if gone is None else {AT: gone}
    assert sends(house, said("sns-alarm")) == 503
    assert house.submitted == []
    house.internet = {AT: Response(200, {}, CERTIFICATE, True)}
    assert sends(house, said("sns-alarm")) == 202


def test_a_confirmation_that_amazon_refuses_is_told(house: House) -> None:
    """Its token was used, or is too old."""
    house.internet[CONFIRM] = Response(400, {}, b"<no/>", True)
    assert sends(house, said("sns-confirmation")) == 400
    (row,) = house.night.store.incidents()
    assert row.source == "aws/unreadable"
