"""The icon that every browser asks for, of every address it shows: else each of them complains of a 404."""

from __future__ import annotations

from starlette.responses import Response

from oncall_rota.web.door import Door, Visit
from oncall_rota.web.pages.rendering import icon
from oncall_rota.web.spec import TEXT, Spec, Told

_HEADERS = {"Cache-Control": "public, max-age=604800", "X-Content-Type-Options": "nosniff"}


async def drawn(_: Visit) -> Response:
    """The same picture as is in our own pages."""
    return Response(icon(), media_type="image/svg+xml", headers=_HEADERS)


ICON = (
    Door(
        ("GET",), "/favicon.ico", "open", drawn, "The icon of a browser's tab.",
        Spec({200: Told("A picture.", {"image/svg+xml": TEXT})}),
    ),
)  # fmt: skip
