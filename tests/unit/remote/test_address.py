"""Where a server is: what `$ONCALL_SERVER` may say."""

from __future__ import annotations

import pytest

from oncall_rota.remote.address import address


@pytest.mark.parametrize(
    ("written", "url", "is_open"),
    [
        ("https://oncall.example.com/", "https://oncall.example.com", False),
        ("oncall.example.com", "https://oncall.example.com", False),
        ("http://oncall.example.com", "http://oncall.example.com", True),
        ("127.0.0.1:8080", "http://127.0.0.1:8080", False),
        ("localhost:8080", "http://localhost:8080", False),
        ("http://[::1]:8080/oncall/", "http://[::1]:8080/oncall", False),
        ("https://oncall.example.com:8443/a", "https://oncall.example.com:8443/a", False),
    ],
)
def test_an_address(written: str, url: str, is_open: bool) -> None:
    """Encrypted unless it is this machine, or the address says otherwise."""
    found = address(written)
    assert (found.url, found.is_open) == (url, is_open)
