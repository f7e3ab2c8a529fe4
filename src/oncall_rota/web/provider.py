"""Where providers call back: how far a page has come, and what people answer. Their notifiers know what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from oncall_rota.paging.ports.notifier import Answer, Delivery, Listens, NotifierError, Reply
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.web.body import BadBody, body_of
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.premises import Premises
from oncall_rota.web.spec import TEXT, Spec, Told, plain

LARGEST = 64 << 10  # bytes; a callback is short
SLOWEST = 10.0  # seconds for all of it


async def heard(visit: Visit) -> Response:
    """What the notifier of the channel makes of it; 403 when it is forged, 503 when it is to come again."""
    try:
        body = await body_of(visit.request, LARGEST, SLOWEST)
    except BadBody as error:
        return PlainTextResponse(f"{error}\n", error.status)
    url = f"{visit.request.url.path}?{visit.request.url.query}"
    try:
        answer = await run_in_threadpool(
            _hear, visit.premises, visit.visitor.name, dict(visit.request.headers), body, url
        )
    except (NotifierError, StoreFailed, TimeoutError):
        return PlainTextResponse("try again\n", 503, {"Retry-After": "5"})
    if answer is None:
        return PlainTextResponse("not found\n", 404)
    return Response(answer.body, answer.status, media_type=answer.content_type)


def _hear(premises: Premises, channel: str, headers: Mapping[str, str], body: bytes, url: str) -> Answer | None:
    """What to answer; None: the channel's provider does not call back. Waits for the disk."""
    notifier = premises.notifier(channel)
    if not isinstance(notifier, Listens):
        return None
    try:
        inbound = notifier.inbound(headers, body, url)
    except NotifierError:
        raise
    except Exception:  # noqa: BLE001 - a notifier of somebody else's, and anybody's body
        return Answer(400)
    if isinstance(inbound.event, Delivery):
        premises.hearing.delivery(channel, inbound.event)
    elif isinstance(inbound.event, Reply):
        return inbound.answer(premises.hearing.reply(channel, inbound.event))
    return inbound.answer("")


_ANSWER = {"*/*": TEXT}  # what each provider wants to hear
PROVIDERS = (
    Door(
        ("POST",), "/in/{channel}", "provider", heard, "A provider's report of a page, or a person's answer to one.",
        Spec(
            {
                200: Told("It was heard.", _ANSWER),
                204: Told("It was heard."),
                400: Told("It has no meaning.", _ANSWER),
                403: Told("It is not signed by the provider.", _ANSWER),
                404: plain("There is no such channel, or its provider does not call back."),
                408: plain("It came too slowly."),
                413: plain("It is too long."),
                503: plain("It could not be kept: come again."),
            },
            body={"*/*": TEXT},
        ),
    ),
)  # fmt: skip
