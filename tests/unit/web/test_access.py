"""Tokens and keys: looked up by their digest, refused within a second when they are revoked, and a proxy's word."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from night_house import FORM, House, NightOfLinks
from starlette.responses import PlainTextResponse, Response

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of, new_token, revoked
from oncall_rota.web import access_fresh
from oncall_rota.web.door import Door, Rule, Visit

WHO = "X-Forwarded-User"


async def who(visit: Visit) -> Response:
    """Say who was let in."""
    visitor = visit.visitor
    return PlainTextResponse(f"{visitor.rule} {visitor.name} {visitor.person} {visitor.team}")


def room(night: NightOfLinks, rule: Rule, path: str = "/room", *methods: str) -> House:
    """A server of one door."""
    return House(night, [Door(methods or ("GET",), path, rule, who, "")])


def bearer(key: str) -> dict[str, str]:
    """As most programs show it."""
    return {"authorization": f"Bearer {key}"}


def basic(user: str, key: str) -> dict[str, str]:
    """As a browser, or Alertmanager's basic_auth, shows it."""
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{key}'.encode()).decode()}"}


def sources(**keys: list[object]) -> Settings:
    """Sources and their keys."""
    return Settings(sources={name.replace("_", "-"): {"type": "generic", "keys": each} for name, each in keys.items()})


# -- keys of oncall.yaml


def test_every_way_to_show_a_key(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a header if the sender can, else in the address."""
    monkeypatch.setenv("AM_KEY", "secret-key")
    night.settings = sources(prod_am=[{"env": "AM_KEY"}])
    house = room(night, "source", "/hooks/{source}", "GET", "POST")
    for headers in (
        bearer("secret-key"),
        {"authorization": "bearer  secret-key "},
        {"authorization": "GenieKey secret-key"},
        {"authorization": "Token token=secret-key"},
        {"x-api-key": "secret-key"},
        basic("am", "secret-key"),
    ):
        assert house.asks("POST", "/hooks/prod-am", headers).text == "source prod-am None None"
    for name in ("key", "token", "api_key", "apikey", "apiKey"):
        assert house.asks("GET", f"/hooks/prod-am?{name}=secret-key").status == 200
    assert house.asks("GET", "/hooks/prod-am?key=wrong").status == 404
    for headers in (
        {},
        bearer("wrong"),
        bearer(""),
        basic("secret-key", ""),
        {"authorization": "Basic !"},
        {"x-api-key": ""},
    ):
        assert house.asks("POST", "/hooks/prod-am", headers).status == 401
    assert house.asks("POST", "/hooks/other", bearer("secret-key")).status == 401
    house.close()


def test_a_header_counts_before_the_address(night: NightOfLinks) -> None:
    """A wrong key is not made good by a second try in the same request."""
    night.settings = sources(prod_am=[f"sha256:{digest_of('k').hex()}"])
    house = room(night, "source", "/hooks/{key}")
    assert house.asks("GET", "/hooks/k").status == 200
    assert house.asks("GET", "/hooks/k", bearer("wrong")).status == 401
    house.close()


def test_several_keys_are_good_while_one_takes_the_place_of_the_other(
    night: NightOfLinks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digest, a variable and a file; a file that changes holds within a second, one that is gone only closes."""
    (tmp_path / "am").write_text("of-a-file\n")
    monkeypatch.setenv("ONCALL_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("AM_KEY", "of-a-variable")
    night.settings = sources(am=[f"sha256:{digest_of('of-a-digest').hex()}", {"env": "AM_KEY"}, {"file": "am"}])
    house = room(night, "source")
    for key in ("of-a-digest", "of-a-variable", "of-a-file"):
        assert house.asks("GET", "/room", bearer(key)).status == 200
    (tmp_path / "am").write_text("another\n")
    night.clock.at += timedelta(seconds=1)
    assert house.asks("GET", "/room", bearer("of-a-file")).status == 401
    assert house.asks("GET", "/room", bearer("another")).status == 200
    (tmp_path / "am").unlink()
    night.clock.at += timedelta(seconds=1)
    assert house.asks("GET", "/room", bearer("another")).status == 401
    assert house.asks("GET", "/room", bearer("of-a-digest")).status == 200
    house.close()


def test_a_token_of_a_source_is_good_as_long_as_there_is_that_source(night: NightOfLinks) -> None:
    """Its label is the source's name."""
    house = room(night, "source")
    token, _ = house.token("source", label="am")
    assert house.asks("GET", "/room", bearer(token)).status == 401
    night.settings = sources(am=[])
    assert house.asks("GET", "/room", bearer(token)).text == "source am None None"
    house.close()


# -- tokens of the store


def test_a_token_says_who_it_is(night: NightOfLinks) -> None:
    """Its label, its person, its team."""
    house = room(night, "responder")
    token, _ = house.token("responder", person="alice", team="payments", label="laptop")
    assert house.asks("GET", "/room", bearer(token)).text == "responder laptop alice payments"
    house.close()


def test_what_is_revoked_is_refused_within_a_second(night: NightOfLinks) -> None:
    """By every server: this one did not do it."""
    house = room(night, "board")
    token, kept = house.token("board")
    assert house.asks("GET", "/room", bearer(token)).status == 200
    revoked(night.store, kept.id)
    night.clock.at += timedelta(seconds=1)
    assert house.asks("GET", "/room", bearer(token)).status == 401
    house.close()


def test_reading_needs_no_query(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand requests within a second ask the store once."""
    house = room(night, "board")
    token, _ = house.token("board")
    asked: list[int] = []
    real = night.store.tokens
    monkeypatch.setattr(night.store, "tokens", lambda: asked.append(1) or real())
    for _ in range(1000):
        assert house.asks("GET", "/room", bearer(token)).status == 200
    assert len(asked) == 1
    house.close()


def test_a_token_that_expires_does_so_in_memory_too(night: NightOfLinks) -> None:
    """To the second."""
    house = room(night, "board")
    token, _ = house.token("board", expires_at=night.clock.at + timedelta(seconds=1))
    assert house.asks("GET", "/room", bearer(token)).status == 200
    night.clock.at += timedelta(seconds=1)
    assert house.asks("GET", "/room", bearer(token)).status == 401
    house.close()


def test_last_use_is_written_down_once_an_hour(night: NightOfLinks) -> None:
    """So that one that nobody uses can be found."""
    house = room(night, "board")
    token, _ = house.token("board")
    began_at = night.clock.at
    for minutes in (0, 30, 59, 60):
        night.clock.at = began_at + timedelta(minutes=minutes)
        house.asks("GET", "/room", bearer(token))
        house.settles()
        used_at = night.store.tokens()[0].used_at
        assert used_at == (night.clock.at if minutes in (0, 60) else began_at)
    house.close()


def test_a_hundred_thousand_guesses_open_nothing(night: NightOfLinks) -> None:
    """And each token is another one, of 256 bits."""
    house = room(night, "feed", "/feed/{token}")
    house.token("feed")
    assert len({new_token() for _ in range(1000)}) == 1000
    assert len(base64.urlsafe_b64decode(new_token() + "=")) == 32
    tokens = house.tokens()
    assert not any(tokens.find(digest_of(secrets.token_urlsafe(32)), night.clock.at) for _ in range(100_000))
    house.close()


def test_while_the_store_cannot_be_read_whoever_was_known_is_let_in(night: NightOfLinks) -> None:
    """For five minutes; then nobody is, as one of them may have been revoked. Somebody new is told to come again."""
    house = room(night, "board")
    token, _ = house.token("board")
    assert house.asks("GET", "/room", bearer(token)).status == 200
    night.disk.broken, night.disk.unreadable = "io", True
    night.clock.at += timedelta(seconds=access_fresh.LASTS - 1)
    assert house.asks("GET", "/room", bearer(token)).status == 200
    night.clock.at += timedelta(seconds=1)
    answer = house.asks("GET", "/room", bearer(token))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    house.close()


# -- a proxy's word


@pytest.fixture
def proxied(night: NightOfLinks) -> NightOfLinks:
    """A proxy in 10.0.0.0/8 says who it is."""
    night.settings = Settings(
        access={"login": "proxy", "header": WHO, "proxies": ["10.0.0.0/8", "fd00::/8"], "admins": ["grace"]}
    )
    return night


def test_a_proxy_in_a_listed_network_is_believed(proxied: NightOfLinks) -> None:
    """By a person's id, or an address that is theirs alone; for people who are there."""
    house = room(proxied, "responder")
    for host in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::7"):
        house.client = (host, 1)
        assert house.asks("GET", "/room", {WHO: "alice"}).text == "responder alice alice None"
    assert house.asks("GET", "/room", {WHO: "BOB/EMAIL"}).text == "responder bob bob None"
    for told in ("zoe", "", "alice, bob"):
        assert house.asks("GET", "/room", {WHO: told}).status == 401
    house.close()


def test_nobody_else_is(proxied: NightOfLinks) -> None:
    """By where the connection comes from, and not by what is told of it; nor is a header that came twice."""
    house = room(proxied, "responder")
    for host in ("192.0.2.7", "127.0.0.1", "11.0.0.1", "testclient", ""):
        house.client = (host, 1)
        assert house.asks("GET", "/room", {WHO: "alice", "X-Forwarded-For": "10.1.2.3"}).status == 401
    house.client = ("10.1.2.3", 1)
    assert house.asks("GET", "/room", {WHO: "alice", WHO.lower(): "grace"}).status == 401
    house.close()


def test_an_admin_is_one_by_oncall_yaml(proxied: NightOfLinks) -> None:
    """And who is none is told what it would need."""
    house = room(proxied, "admin")
    house.client = ("10.1.2.3", 1)
    assert house.asks("GET", "/room", {WHO: "grace"}).status == 200
    refused = house.asks("GET", "/room", {WHO: "alice"})
    assert (refused.status, refused.text) == (403, "this needs the scope admin\n")
    house.close()


def test_what_a_proxy_hands_on_needs_a_form_of_ours_to_act(proxied: NightOfLinks) -> None:
    """As every page that the person looks at could have sent it."""
    house = room(proxied, "responder", "/room", "POST")
    house.client = ("10.1.2.3", 1)
    own, others = house.form("proxy alice"), house.form("proxy bob")
    for value, headers, status in (
        (own, {}, 200),
        (own, {"sec-fetch-site": "same-origin"}, 200),
        (own, {"sec-fetch-site": "cross-site"}, 403),
        (others, {}, 403),
        ("", {}, 403),
        ("x", {}, 403),
    ):
        assert house.posts("/room", {"once": value}, {WHO: "alice", **headers}).status == status
    assert house.asks("POST", "/room", {WHO: "alice"}).status == 415
    assert house.asks("POST", "/room", {WHO: "alice", **FORM}, b"once=" + b"x" * 9000).status == 413
    house.close()


def test_a_password_that_a_browser_remembers_only_looks(night: NightOfLinks) -> None:
    """It is sent with whatever another site's page asks for."""
    house = room(night, "responder", "/room", "GET", "POST")
    token, _ = house.token("responder")
    assert house.asks("GET", "/room", basic("alice", token)).status == 200
    assert house.asks("POST", "/room", basic("alice", token)).status == 401
    house.close()


def test_a_token_needs_no_form(proxied: NightOfLinks) -> None:
    """No page of another site can have it sent."""
    house = room(proxied, "responder", "/room", "POST")
    token, _ = house.token("responder")
    assert house.asks("POST", "/room", bearer(token)).status == 200
    house.close()


# -- metrics


@pytest.mark.parametrize(
    ("written", "host", "headers", "status"),
    [
        (None, "127.0.0.1", {}, 200),
        (None, "::1", {}, 200),
        (None, "192.0.2.7", {}, 404),
        (None, "127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, 404),
        (["10.0.0.0/8"], "10.9.9.9", {}, 200),
        (["10.0.0.0/8"], "127.0.0.1", {}, 404),
        (["loopback", "10.0.0.0/8"], "127.0.0.1", {}, 200),
        (None, "192.0.2.7", {"authorization": "Bearer board-key"}, 200),
        (None, "127.0.0.1", {"authorization": "Bearer wrong"}, 401),
    ],
)
def test_metrics_are_read_from_networks_that_may_or_with_a_key(
    night: NightOfLinks, written: list[str] | None, host: str, headers: dict[str, str], status: int
) -> None:
    """From this machine when nothing is written; a proxy on it speaks for others."""
    access: dict[str, object] = {"board": [f"sha256:{digest_of('board-key').hex()}"]}
    night.settings = Settings(access=access if written is None else {**access, "metrics": written})
    house = room(night, "metrics")
    house.client = (host, 1)
    assert house.asks("GET", "/room", headers).status == status
    house.close()
