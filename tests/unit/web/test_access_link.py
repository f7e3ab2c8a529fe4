"""Signed links: nobody can make one, change one, or use one for longer, for another or for something else."""

from __future__ import annotations

import base64
import random
from datetime import timedelta

import pytest
from fake_phones import at
from night_house import PUBLIC, House, NightOfLinks

from oncall_rota.paging.link import ACKNOWLEDGE, LASTS, Links, begun, rotated, said, signed
from oncall_rota.paging.ports.row import LinkKey

NOW = at("2026-06-17 12:00")
KEY = LinkKey("0a1b2c3d", bytes(range(32)), NOW)
PARTS = ("0123456789abcdef-3", "alice")
TEXT = signed(KEY, ACKNOWLEDGE, PARTS, NOW + LASTS)


def test_it_says_what_was_signed_until_its_end() -> None:
    """A day, to the second."""
    assert said([KEY], ACKNOWLEDGE, TEXT, NOW) == PARTS
    assert said([KEY], ACKNOWLEDGE, TEXT, NOW + LASTS - timedelta(seconds=1)) == PARTS
    assert said([KEY], ACKNOWLEDGE, TEXT, NOW + LASTS) is None


def test_it_is_short_enough_for_an_sms_and_one_piece_of_a_path() -> None:
    """With a long id and a long address it still leaves room for the text."""
    assert len(TEXT) < 80
    assert set(TEXT) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_every_single_bit_counts() -> None:
    """There is no second way to write a link."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. "
    for place in range(len(TEXT)):
        for letter in letters:
            changed = TEXT[:place] + letter + TEXT[place + 1 :]
            assert (said([KEY], ACKNOWLEDGE, changed, NOW) is None) == (changed != TEXT)
    for changed in (TEXT + "=", TEXT + "A", TEXT[:-1], f" {TEXT}", TEXT.upper(), TEXT * 2, "", "=", "a" * 2000):
        assert said([KEY], ACKNOWLEDGE, changed, NOW) is None


def test_a_hundred_thousand_forgeries_open_nothing() -> None:
    """Bits that are flipped, ends that are put off, names that are changed, MACs that are guessed."""
    dice = random.Random(5)
    raw = base64.urlsafe_b64decode(TEXT + "=" * (-len(TEXT) % 4))
    for _ in range(100_000):
        forged = bytearray(raw)
        if dice.random() < 0.5:
            for _ in range(dice.randint(1, 3)):
                bit = dice.randrange(len(raw) * 8)
                forged[bit // 8] ^= 1 << bit % 8
        else:
            forged[-16:] = dice.randbytes(16)
        if forged != raw:
            text = base64.urlsafe_b64encode(forged).decode().rstrip("=")
            assert said([KEY], ACKNOWLEDGE, text, NOW) is None


def test_it_is_for_one_purpose_and_by_one_key() -> None:
    """What signs in acknowledges nothing; a key of the same name is not the same key."""
    assert said([KEY], "sign-in", TEXT, NOW) is None
    assert said([KEY._replace(signing_key=b"x" * 32)], ACKNOWLEDGE, TEXT, NOW) is None
    assert said([KEY._replace(id="0a1b2c3e")], ACKNOWLEDGE, TEXT, NOW) is None
    assert said([], ACKNOWLEDGE, TEXT, NOW) is None


def test_a_key_that_is_retired_proves_nothing() -> None:
    """From that moment on."""
    retired = KEY._replace(retired_at=NOW)
    assert said([retired], ACKNOWLEDGE, TEXT, NOW - timedelta(seconds=1)) == PARTS
    assert said([retired], ACKNOWLEDGE, TEXT, NOW) is None


def test_a_store_has_a_key_from_its_first_start(night: NightOfLinks) -> None:
    """One; and every later start finds it."""
    first = begun(night.store)
    assert len(first) == 1
    assert len(first[0].signing_key) == 32
    assert begun(night.store) == first


def test_links_of_the_key_before_stay_good_for_one_rotation(house: House, night: NightOfLinks) -> None:
    """Two are valid at a time."""
    night.signal()
    link = night.link_to("alice")
    night.passes("1s")
    rotated(night.store)
    night.passes("2s")
    assert house.asks("GET", link).status == 200
    night.passes("2m")
    newer = night.link_to("alice")
    assert newer[:8] != link[:8]
    rotated(night.store)
    night.passes("2s")
    assert house.asks("GET", link).status == 404
    assert house.asks("GET", newer).status == 200


def test_a_link_is_one_persons(house: House, night: NightOfLinks) -> None:
    """Whatever of it is put into another's, it opens nothing."""
    night.signal()
    night.passes("5m")
    alice, bob = night.link_to("alice", 0), night.link_to("bob", 0)
    assert alice != bob
    for place in range(len("/a/"), len(alice), 4):
        mixed = alice[:place] + bob[place:]
        if mixed not in (alice, bob):
            assert house.asks("GET", mixed).status == 404


def test_without_an_address_a_page_has_no_link(night: NightOfLinks) -> None:
    """Then it says what to type."""
    links = Links(night.store, lambda: night.configuration()._replace(public_url=None), night.clock.monotonic)
    assert links("p-1", "alice", NOW) is None


def test_links_go_on_while_the_store_has_failed(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the keys that are known; a page of such a night is one that counts."""
    links = Links(night.store, night.configuration, night.clock.monotonic)
    before = links("p-1", "alice", NOW)
    assert before is not None
    assert before.startswith(f"{PUBLIC}/a/")
    night.disk.broken, night.disk.unreadable = "io", True
    night.clock.at += timedelta(minutes=5)
    assert links("p-1", "alice", NOW) == before
