"""`twilio-sms`: a text message. It is found again by the page's code in its body."""

from __future__ import annotations

from collections.abc import Mapping

from oncall_rota.notifiers import twilio_account as twilio
from oncall_rota.notifiers.setup import Setup
from oncall_rota.paging.message import Message, reply, short
from oncall_rota.paging.ports.notifier import (
    Answer,
    Attempt,
    Deadline,
    Declaration,
    Delivery,
    Inbound,
    Option,
    Receipt,
    Reply,
    State,
)

# Twilio's words for an SMS, and how far each is. Of two ends the first told stays: neither outranks the other.
STATES: dict[str, tuple[State, int]] = {
    "accepted": ("accepted", 1), "scheduled": ("accepted", 1), "queued": ("accepted", 2), "sending": ("accepted", 3),
    "sent": ("sent", 4), "delivered": ("delivered", 5), "read": ("delivered", 5), "undelivered": ("failed", 5),
    "failed": ("failed", 5), "canceled": ("failed", 5),
}  # fmt: skip


class TwilioSms:
    """A text by Twilio. With a server, it hears answers and how far the text has come."""

    declaration = Declaration(
        type="twilio-sms",
        doc="A text message by Twilio.",
        options=(*twilio.OPTIONS, Option("minimal", "flag", "Severity and code only, no word of the alert.")),
        to="phone",
        provider="twilio",
        shape=twilio.NUMBER,
        example=twilio.EXAMPLE,
        metered=True,
        extra="sms",
        can=frozenset({"look_up", "status", "inbound", "rehearse"}),
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._account = twilio.Account(setup)

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        number = self._account.number(address)
        callback = self._account.callback(message)
        text = short(message, replies=callback is not None, minimal=bool(self._setup.values["minimal"]))
        named = {"status_callback": callback} if callback else {}
        return self._account.receipt(
            self._account.call(
                lambda of: of.messages.create(to=number, from_=self._setup.values["from"], body=text, **named),
                deadline,
                creates=True,
            )
        )

    def rehearse(self, deadline: Deadline) -> str:
        return self._account.rehearse(deadline)

    def look_up(self, attempt: Attempt, deadline: Deadline) -> Receipt | None:
        number = self._account.number(attempt.address)
        found = self._account.call(
            lambda of: of.messages.list(
                to=number, from_=self._setup.values["from"], page_size=100, limit=twilio.LISTED
            ),
            deadline,
        )
        for each in self._account.candidates(found, attempt):
            if f"#{attempt.message.code}" in str(each.body).split():
                return self._account.receipt(each)
        return None

    def status(self, provider_id: str, deadline: Deadline) -> Delivery:
        found = self._account.call(lambda of: of.messages(provider_id).fetch(), deadline)
        return _delivery(provider_id, None, str(found.status), str(found.error_code or ""))

    def inbound(self, headers: Mapping[str, str], body: bytes, url: str) -> Inbound:
        found = self._account.form(headers, body, url)
        if found is None:
            return Inbound(None, twilio.forbidden)
        form, query = found
        if "MessageStatus" in form:
            error = form.get("ErrorCode", "")
            return Inbound(
                _delivery(form.get("MessageSid", ""), query.get("page"), form["MessageStatus"], error), twilio.nothing
            )
        meant = reply(form.get("Body", ""))
        sid = form.get("MessageSid", "")
        event = Reply(form.get("From", ""), meant[0], code=meant[1], id=sid) if meant else None
        return Inbound(event, _text)


def _delivery(sid: str, page: str | None, word: str, error: str) -> Delivery:
    state, rank = STATES.get(word, ("accepted", 0))
    return Delivery(sid, page, state, rank, f"{word} {error}".strip()[:40])


def _text(text: str) -> Answer:
    """A text in return."""
    from twilio.twiml.messaging_response import MessagingResponse

    response = MessagingResponse()
    if text:
        response.message(text)
    return Answer(200, str(response).encode(), twilio.XML)
