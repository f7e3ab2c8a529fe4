"""A page as a response: text is data, nothing is fetched from anywhere, nothing is kept and nothing is told on."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from starlette.responses import HTMLResponse, Response

FOLDER = Path(__file__).parent


@cache
def _style() -> str:
    return (FOLDER / "style.css").read_text(encoding="utf-8").strip()


@cache
def icon() -> str:
    """Our icon, a picture in SVG."""
    return (FOLDER / "icon.svg").read_text(encoding="utf-8").strip()


@cache
def board_style() -> str:
    """The style sheet of the board's pages: what all have, and what those of incidents have."""
    return "\n".join([(FOLDER / name).read_text(encoding="utf-8").strip() for name in ("board.css", "incident.css")])


@cache
def board_style_path() -> str:
    """Where it is: another address for other bytes, so that a browser may keep it for ever."""
    return f"/style/{hashlib.sha256(board_style().encode()).hexdigest()[:16]}.css"


@cache
def _pages() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals["style"] = _style()
    found.globals["icon"] = f"data:image/svg+xml,{quote(icon())}"  # in the page: at night it is one request, not two
    found.globals["board_style"] = board_style_path()
    return found


@cache
def headers() -> dict[str, str]:
    """Those of every page. Only our own style is taken from it, and forms go back to where they came from."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return _headers(f"style-src 'sha256-{digest}'; img-src data:")


@cache
def board_headers() -> dict[str, str]:
    """The same of the board, whose style and icon are files of this server: nothing is in the page itself."""
    return _headers("style-src 'self'; img-src 'self'")


def _headers(sources: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": f"default-src 'none'; {sources}; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
    }


def page(name: str, status: int = 200, /, **values: Any) -> Response:
    """The page `name`.html of this folder with these values in it."""
    return HTMLResponse(_pages().get_template(f"{name}.html").render(values), status, headers())


def text(name: str, /, **values: Any) -> str:
    """The same as text."""
    return _pages().get_template(f"{name}.html").render(values)
