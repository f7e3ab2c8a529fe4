"""Opsgenie's on-calls, for scripts whose base URL alone is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from folder_house import read
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of


class Server:
    """The server of the repository's rotations, asked with the key of an Opsgenie source."""

    def __init__(self, night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = [f"sha256:{digest_of('the-key').hex()}"]
        self.configuration = read()._replace(settings=Settings(sources={"legacy": {"type": "opsgenie", "keys": keys}}))
        monkeypatch.setattr(night, "configuration", lambda: self.configuration)
        self.house = House(night)

    def __call__(self, address: str) -> Answer:
        return self.house.asks("GET", address, {"authorization": "GenieKey the-key"})


@pytest.fixture
def ask(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A way to ask; it is Wednesday noon."""
    made = Server(night, monkeypatch)
    yield made
    made.house.close()


def data(said: Answer) -> Any:
    """What was asked for."""
    assert said.status == 200, said.text
    return json.loads(said.body)["data"]


@pytest.mark.parametrize("identifier", ["payments", "payments_schedule", "payments/primary"])
def test_a_schedule_is_found_by_the_names_that_scripts_have(identifier: str, ask: Server) -> None:
    """A team's, as Opsgenie named the first one of each team, or our own name."""
    found = data(ask(f"/v2/schedules/{identifier}/on-calls?scheduleIdentifierType=name"))
    assert found["_parent"]["name"] == identifier
    assert [each["type"] for each in found["onCallParticipants"]] == ["user"]


def test_flat_is_a_mail_address_each_or_a_name(ask: Server) -> None:
    """As Opsgenie's `onCallRecipients`, now and at a moment."""
    found = data(ask("/v2/schedules/payments/on-calls?flat=true&date=2026-01-05T12:00:00Z"))
    assert found["onCallRecipients"] == ["alice@example.com"]
    assert "onCallParticipants" not in found
    ask.configuration = ask.configuration._replace(channels={})
    later = data(ask("/v2/schedules/payments/on-calls?flat=true&date=2026-01-12T12:00:00Z"))
    assert later["onCallRecipients"] == ["Bob Brown"]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/v2/schedules/paymnets/on-calls", 404, "[paymnets] does not exist; did you mean 'payments'?"),
        ("/v2/schedules/payments/secret/on-calls", 404, "does not exist"),
        ("/v2/schedules/payments/on-calls?date=soonish", 422, "date: "),
        ("/v2/schedules/payments/on-calls?flat=perhaps", 422, "flat: 'perhaps'"),
    ],
)
def test_what_is_not_there_is_told_as_opsgenie_tells_it(address: str, status: int, words: str, ask: Server) -> None:
    """With a message, and the envelope that its clients read."""
    said = ask(address)
    found = json.loads(said.body)
    assert said.status == status
    assert words in found["message"]
    assert found.keys() == {"message", "took", "requestId"}
