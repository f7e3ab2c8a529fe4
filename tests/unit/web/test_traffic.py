"""What is told of each request: the door, the answer and who came, and nothing that stood in the address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from night_house import FORM, House, NightOfLinks
from starlette.responses import PlainTextResponse, Response

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of
from oncall_rota.web.app import DOORS, application
from oncall_rota.web.door import Door, Visit

KEYS = {"keys": [f"sha256:{digest_of('source-key').hex()}"]}
Told = list[tuple[str, Mapping[str, Any]]]


async def _fails(_: Visit) -> Response:
    raise RuntimeError("secret-in-an-exception")


async def _reads(_: Visit) -> Response:
    return PlainTextResponse("")


ROOMS = (
    *DOORS,
    Door(("GET",), "/fails/{token}", "open", _fails, ""),
    Door(("POST",), "/reads", "board", _reads, ""),
)


@pytest.fixture
def told(night: NightOfLinks, house: House) -> Iterator[Told]:
    """What is told, as level and ids; without how long it took."""
    night.settings = Settings(sources={"any": {"type": "generic", **KEYS}})
    found: Told = []

    def tell(level: str, event: str, ids: Mapping[str, Any]) -> None:
        assert event == "request"
        assert ids["ms"] >= 0
        found.append((level, {name: each for name, each in ids.items() if name != "ms"}))

    house._application = application(house.premises, ROOMS, tell)
    yield found
    assert "secret" not in str(found)


def test_a_signal_is_told_with_its_source_and_without_its_key(house: House, told: Told) -> None:
    """A key in the address is not told, right or wrong, nor what follows it."""
    house.asks("POST", "/hooks/generic/source-key?password=secret", body=b'{"summary": "secret"}')
    house.asks("POST", "/hooks/generic/secret-key")
    route = {"method": "POST", "route": "/hooks/{kind}/{key}"}
    assert told == [
        ("info", {**route, "status": 202, "rule": "source", "name": "any"}),
        ("info", {**route, "status": 404}),
    ]


def test_an_address_that_is_nobodys_is_not_told(house: House, told: Told) -> None:
    """It may be a key with a letter missing before it."""
    house.asks("GET", "/secret/secret?secret=secret")
    assert told == [("info", {"method": "GET", "route": "(none)", "status": 404})]


def test_a_person_is_told_by_their_id_and_a_link_not_at_all(night: NightOfLinks, house: House, told: Told) -> None:
    """Whose it is, and not what opens it."""
    night.signal("disk")
    night.passes("2m")
    link = night.link_to("alice")
    house.asks("POST", link, FORM, b"do=acknowledge")
    ((level, ids),) = told
    assert (level, ids["route"], ids["rule"], ids["person"]) == ("info", "/a/{token}", "link", "alice")
    assert link.rpartition("/")[2] not in str(ids)
    text, _ = house.token("board", label="kitchen")
    house.asks("POST", "/reads", {"authorization": f"Bearer {text}"})
    assert told[-1][1]["name"] == "kitchen"


def test_what_fails_is_told_as_such(house: House, told: Told) -> None:
    """And counted, although there was no answer of ours."""
    with pytest.raises(RuntimeError):
        house.asks("GET", "/fails/secret")
    ((level, ids),) = told
    assert (level, ids["route"], ids["status"]) == ("warning", "/fails/{token}", 500)


def test_a_look_that_went_well_is_counted_and_told_to_nobody(house: House, told: Told) -> None:
    """Probes, scrapes, calendars and scripts would bury everything else; one that is refused is told."""
    text, _ = house.token("board")
    for path in ("/healthz", "/livez", "/readyz", "/v1/who"):
        assert house.asks("GET", path, {"authorization": f"Bearer {text}"}).status == 200
    assert told == []
    house.asks("GET", "/v1/who")
    assert [(ids["route"], ids["status"]) for _, ids in told] == [("/v1/who", 401)]
