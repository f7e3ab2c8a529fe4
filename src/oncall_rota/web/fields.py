"""What programs send: a small JSON object whose fields are known, or a question's parameters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request

from oncall_rota.config import suggest
from oncall_rota.web.body import BadBody, body_of
from oncall_rota.web.failure import Refused

LARGEST = 64 << 10  # bytes of a body
SLOWEST = 10.0  # seconds for all of it
LONGEST = 4000  # code points of a text; it is cut further where it is kept
TRUTHS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class Fields:
    """The fields of a body. Every method raises `Refused` for what is not as it says."""

    def __init__(self, told: Mapping[str, Any], known: Iterable[str]) -> None:
        self._told = told
        names = list(known)
        for name in told:
            if name not in names:
                meant = suggest(name[:80], names)
                hint = f"did you mean {meant!r}?" if meant else f"there is {', '.join(names) or 'none'}"
                raise Refused(400, f"no field {name[:80]!r} is known here", hint)

    def text(self, name: str, longest: int = LONGEST) -> str | None:
        """A text that is not empty; None where it is left out, or null."""
        value = self._told.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise Refused(400, f"{name}: it is a text, and not empty")
        if len(value) > longest:
            raise Refused(400, f"{name}: it is longer than {longest} characters")
        return value

    def needed(self, name: str, longest: int = LONGEST) -> str:
        """A text that has to be there."""
        found = self.text(name, longest)
        if found is None:
            raise Refused(400, f"{name}: it is missing")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; none where it is left out, or null."""
        value = self._told.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Refused(400, f"{name}: it is a list of texts")
        return tuple([each[:LONGEST] for each in value])

    def several(self, name: str) -> tuple[str, ...]:
        """One text, or a list of them, none empty; none where it is left out, or null."""
        value = self._told.get(name)
        found = [] if value is None else value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) and each.strip() and len(each) <= LONGEST for each in found):
            raise Refused(400, f"{name}: it is a text, or a list of texts, and none is empty")
        return tuple(found)

    def truth(self, name: str) -> bool:
        """True or false; false where it is left out, or null."""
        value = self._told.get(name)
        if value is not None and not isinstance(value, bool):
            raise Refused(400, f"{name}: it is true or false")
        return bool(value)


async def fields_of(request: Request, known: Iterable[str]) -> Fields:
    """The fields of a request's body; an empty body has none. Raises `Refused`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/json"):
        raise Refused(415, "this takes JSON", "send it with Content-Type: application/json, and with a token")
    try:
        body = await body_of(request, LARGEST, SLOWEST)
        told = json.loads(body) if body.strip() else {}
    except BadBody as error:
        raise Refused(error.status, f"the body is {error}") from None
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is no JSON: {error}") from None
    if not isinstance(told, dict):
        raise Refused(400, "the body is no JSON object")
    return Fields(told, known)


def only(request: Request, *names: str) -> None:
    """Raises `Refused` when a question has other parameters than these."""
    for name in request.query_params:
        if name not in names:
            meant = suggest(name[:80], names)
            hint = f"did you mean {meant!r}?" if meant else f"there is {', '.join(names)}"
            raise Refused(400, f"no parameter {name[:80]!r}", hint)


def parameter(request: Request, name: str, choices: Iterable[str], default: str) -> str:
    """One of a question's parameters that has a few values. Raises `Refused`."""
    value = request.query_params.get(name, default)
    known = list(choices)
    if value not in known:
        raise Refused(400, f"{name}: no {name} {value[:80]!r}", f"there is {', '.join(known)}")
    return value


def is_wanted(request: Request, name: str, *, default: bool) -> bool:
    """A parameter that is `yes` or `no`. Raises `Refused`."""
    return TRUTHS[parameter(request, name, TRUTHS, "yes" if default else "no")]
