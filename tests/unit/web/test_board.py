"""The frame of the board: its style, what a page may load, and what it says when it cannot be shown."""

from __future__ import annotations

from night_house import House

from oncall_rota.web.pages.rendering import board_headers, board_style_path


def test_the_style_is_a_file_that_a_browser_keeps_for_ever(house: House) -> None:
    """Its address is another when its bytes are; that of another version is answered too, and not kept."""
    found = house.asks("GET", board_style_path())
    assert (found.status, found.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in found.headers["cache-control"]
    other = house.asks("GET", "/style/0123456789abcdef.css")
    assert (other.status, other.headers["cache-control"]) == (200, "no-store")
    assert other.body == found.body


def test_nothing_in_a_page_and_nothing_of_another_host_is_obeyed() -> None:
    """Neither style nor script in it, and no frame of anybody's round it."""
    policy = board_headers()["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
