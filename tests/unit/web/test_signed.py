"""Sources that sign what they send: by any of their secrets, now, and once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from monitors import recorded
from night_house import House, NightOfLinks

from oncall_rota.intake.credential import Signature
from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of
from oncall_rota.web import access_signature
from oncall_rota.web.access_signature import Signatures

BODY = recorded("grafana-firing")
KEY = {"authorization": "Bearer key-of-both"}
SIGNED, STAMP = "x-grafana-alerting-signature", "x-grafana-alerting-timestamp"


@pytest.fixture
def house(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """One source has two secrets, one has a secret and a key, and one has a secret that cannot be read."""
    monkeypatch.setenv("FIRST", "first-secret")
    monkeypatch.setenv("SECOND", "second-secret")
    both = {"keys": [f"sha256:{digest_of('key-of-both').hex()}"], "secrets": [{"env": "FIRST"}]}
    night.settings = Settings(
        sources={
            "grafana": {"type": "grafana", "secrets": [{"env": "FIRST"}, {"env": "SECOND"}], "team": "payments"},
            "both": {"type": "generic", "team": "payments", "get": "yes", **both},
            "bare": {"type": "grafana", "secrets": [{"env": "NOWHERE"}], "team": "payments"},
        }
    )
    made = House(night)
    yield made
    made.close()


def signature(house: House, secret: str, body: bytes = BODY, **said: Any) -> dict[str, str]:
    """As a sender signs. `ago`: seconds since it did; None: it does not say when."""
    ago = said.get("ago", 0)
    stamp = "" if ago is None else str(int(house.night.clock.at.timestamp()) - ago)
    made = hmac.new(secret.encode(), (f"{stamp}:".encode() if stamp else b"") + body, hashlib.sha256).hexdigest()
    return {SIGNED: made, **({STAMP: stamp} if stamp else {})}


def sends(house: House, headers: dict[str, str], source: str = "grafana", body: bytes = BODY) -> int:
    """A request of a source; the status."""
    return house.asks("POST", f"/hooks/{source}", headers, body).status


@pytest.mark.parametrize(
    ("secret", "ago", "body", "status"),
    [
        ("first-secret", 0, BODY, 200),
        ("second-secret", 0, BODY, 200),  # both are good while one takes the place of the other
        ("first-secret", 300, BODY, 200),
        ("first-secret", -300, BODY, 200),
        ("first-secret", None, BODY, 200),
        ("third-secret", 0, BODY, 401),
        ("third-secret", None, BODY, 401),
        ("", 0, BODY, 401),
        ("first-secret", 301, BODY, 401),
        ("first-secret", -301, BODY, 401),
        ("first-secret", 0, BODY + b" ", 401),
    ],
)
def test_who_signs_is_let_in(house: House, secret: str, ago: int | None, body: bytes, status: int) -> None:
    """By any of its secrets, within five minutes of its clock and ours; nobody else, and nothing of theirs is kept."""
    assert sends(house, signature(house, secret, ago=ago), body=body) == status
    assert len(house.submitted) == (status == 200)


@pytest.mark.parametrize("headers", [{}, {SIGNED: ""}, {SIGNED: "x"}, {STAMP: "1"}, {"authorization": "Bearer x"}])
def test_who_does_not_sign_is_not(house: House, headers: dict[str, str]) -> None:
    """Whatever else they show."""
    assert sends(house, headers) == 401
    assert house.submitted == []


def test_what_was_heard_cannot_be_said_again(house: House) -> None:
    """Not as long as its timestamp is good, and after that it is not good."""
    headers = signature(house, "first-secret", ago=-300)
    assert [sends(house, headers) for _ in range(2)] == [200, 401]
    house.night.clock.at += timedelta(seconds=600)
    assert sends(house, headers) == 401
    house.night.clock.at += timedelta(seconds=1)
    assert sends(house, headers) == 401
    assert len(house.submitted) == 1


def test_without_a_timestamp_the_same_means_the_same_again(house: House) -> None:
    """As GitHub and Grafana send it when nobody asks for one."""
    headers = signature(house, "first-secret", ago=None)
    assert [sends(house, headers) for _ in range(2)] == [200, 200]
    assert len(house.night.store.incidents()) == 1


def test_a_timestamp_cannot_be_taken_off(house: House) -> None:
    """It is signed, too."""
    headers = signature(house, "first-secret")
    assert sends(house, {SIGNED: headers[SIGNED]}) == 401


def test_who_is_to_try_again_may_sign_the_same(house: House) -> None:
    """Within the same second, when the store has failed."""
    headers = signature(house, "first-secret")
    house.night.disk.broken = "full"
    assert sends(house, headers) == 503
    house.night.disk.broken = None
    house.night.clock.at += timedelta(seconds=10)
    assert [sends(house, headers) for _ in range(2)] == [200, 401]


def test_beside_a_key_both_are_needed(house: House) -> None:
    """A key that was read in some log opens nothing."""
    body = recorded("generic")
    for headers, status in (
        (KEY, 401),
        (signature(house, "first-secret", body), 401),
        ({**KEY, **signature(house, "second-secret", body)}, 401),
        ({**KEY, **signature(house, "first-secret", body)}, 202),
    ):
        assert sends(house, headers, "both", body) == status
    assert house.asks("POST", "/hooks/generic/key-of-both", {}, body).status == 401


def test_a_body_that_cannot_be_understood_is_an_incident_if_it_is_signed(house: House) -> None:
    """And a stranger's is not even read to its end."""
    assert sends(house, signature(house, "first-secret", b"{"), body=b"{") == 400
    (row,) = house.night.store.incidents()
    assert row.source == "grafana/unreadable"
    large = b"x" * ((1 << 20) + 1)
    assert sends(house, signature(house, "first-secret", large), body=large) == 413
    assert len(house.submitted) == 1


def test_with_a_key_a_body_may_be_large(house: House) -> None:
    """As large as any other."""
    body = b'{"summary": "x", "details": "' + b"x" * (1 << 20) + b'"}'
    assert sends(house, {**KEY, **signature(house, "first-secret", body)}, "both", body) == 202


def test_a_secret_that_cannot_be_read_lets_nobody_in(house: House) -> None:
    """Not even by an empty one."""
    for secret in ("", "first-secret"):
        assert sends(house, signature(house, secret), "bare") == 401


def test_what_stands_in_the_address_is_not_signed(house: House) -> None:
    """So it does not count, and nothing is taken by a GET."""
    body = b'{"summary": "disk is full", "dedup": "disk"}'
    headers = {**KEY, **signature(house, "first-secret", body)}
    assert house.asks("POST", "/hooks/both?action=close&dedup=other", headers, body).status == 202
    (row,) = house.night.store.incidents()
    assert row.key == "disk"
    assert house.asks("GET", "/hooks/both?summary=x", {**KEY, **signature(house, "first-secret", b"")}).status == 401


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch, night: NightOfLinks) -> None:
    """By time, and by number."""
    monkeypatch.setattr(access_signature, "MOST", 10)
    kept, now = Signatures(), night.clock.at
    many = [Signature(f"{number:064}", "1") for number in range(11)]
    assert all(kept.take(each, now) for each in many)
    assert [kept.take(each, now) for each in many[1:]] == [False] * 10
    assert kept.take(many[0], now)
    assert kept.take(Signature("x", "1"), now + timedelta(seconds=602))
    assert kept.take(many[1], now + timedelta(seconds=602))
