"""`/livez`: who starts processes ends none that still pages."""

from __future__ import annotations

from night_house import House, NightOfLinks


def test_a_server_whose_store_has_failed_is_worth_keeping(night: NightOfLinks, house: House) -> None:
    """It pages from memory: /healthz and /readyz say that something is wrong, and this does not."""
    night.signal("disk")
    night.disk.broken, night.disk.unreadable = "io", True
    night.passes("1m")
    assert [house.asks("GET", path).status for path in ("/healthz", "/readyz", "/livez")] == [503, 503, 200]


def test_a_server_whose_pager_has_died_is_not(house: House) -> None:
    """It ends by itself; until then nobody should wait for it."""
    house.premises.crew.died.set()
    assert house.asks("GET", "/livez").status == 503
