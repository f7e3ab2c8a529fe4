"""Bodies that are signed: a source that has secrets is let in by nothing less."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from oncall_rota.intake.credential import is_fresh, is_signed, signature
from oncall_rota.web.access_refusal import NOT_KEPT, not_signed
from oncall_rota.web.access_signature import Signed
from oncall_rota.web.body import LARGEST, BadBody, body_of
from oncall_rota.web.door import Visitor
from oncall_rota.web.premises import Premises

UNKNOWN = 1 << 20  # bytes of a body that is read for somebody who has shown no key


async def signed(request: Request, premises: Premises, name: str, *, has_key: bool) -> Visitor | Response:
    """Let a source in whose body is signed. Its headers are judged first; without a key the body cannot be a large one.

    Raises `StoreFailed`.
    """
    gate = premises.gate
    shown = signature(request.headers)
    if shown is None or request.method != "POST" or not is_fresh(shown, gate.now()):
        return not_signed()
    try:
        body = await body_of(request, LARGEST if has_key else UNKNOWN)
    except BadBody as error:
        return PlainTextResponse(f"{error}\n", error.status, NOT_KEPT)
    secrets = (await gate.keys.get()).signing.get(name, ())
    good = any(is_signed(body, shown, each.reveal()) for each in secrets)
    if not good or not gate.signatures.take(shown, gate.now()):
        return not_signed()
    return Visitor("source", name, signed=Signed(body, shown))
