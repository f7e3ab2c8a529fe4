"""Requests of monitors in a few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from oncall_rota.intake import Posted, Report, hook

BODIES = Path(__file__).parent / "bodies"
ID = "3f1c"  # of every request


def recorded(name: str) -> bytes:
    """A body as a monitor sends it."""
    return (BODIES / f"{name}.json").read_bytes()


def changed(name: str, **keys: Any) -> bytes:
    """The same with other values; `...` leaves a key out."""
    value = {**json.loads(recorded(name)), **keys}
    return json.dumps({key: each for key, each in value.items() if each is not ...}).encode()


def posted(body: bytes | dict[str, Any] = b"", path: str = "", method: str = "POST", **query: str) -> Posted:
    """A request."""
    made = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Posted(made, {}, query, path, method, ID)


def reports(kind: str, request: Posted | bytes | dict[str, Any], **settings: Any) -> tuple[Report, ...]:
    """What a source of a kind says."""
    made = request if isinstance(request, Posted) else posted(request)
    return hook({"type": kind, **settings}).reports(made)


def report(kind: str, request: Posted | bytes | dict[str, Any], **settings: Any) -> Report:
    """The same where it is one thing."""
    (found,) = reports(kind, request, **settings)
    return found
