"""The addresses by which programs subscribe to a feed."""

from __future__ import annotations

from urllib.parse import quote

GOOGLE = "https://calendar.google.com/calendar/r?cid="
SLOW = (
    "Google looks again when it wants, up to a day later, and others after hours: who is paged never depends on a "
    "calendar"
)


def addresses(public_url: str, token: str, file: str) -> dict[str, str]:
    """By kind. Google takes the name of the scheme for a subscription, and reads https only."""
    scheme, _, rest = f"{public_url.rstrip('/')}/ical/{token}/{file}".partition("://")
    found = {scheme: f"{scheme}://{rest}", "webcal": f"webcal://{rest}"}
    return found | ({"google": f"{GOOGLE}{quote(found['webcal'], safe='')}"} if scheme == "https" else {})
