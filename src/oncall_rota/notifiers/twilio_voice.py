"""`twilio-voice`: a call. A key acknowledges; whatever picks up and says nothing, voicemail above all, never does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_rota.notifiers import twilio_account as twilio
from oncall_rota.notifiers.setup import Setup
from oncall_rota.paging.message import Choice, Message, speakable, spoken
from oncall_rota.paging.ports.notifier import (
    Answer,
    Attempt,
    Deadline,
    Declaration,
    Delivery,
    Inbound,
    NotifierError,
    Option,
    Receipt,
    Reply,
    State,
)

# Twilio's words for a call. Busy and unanswered are failures: the next rule's turn is at once.
STATES: dict[str, tuple[State, int]] = {
    "queued": ("accepted", 1), "initiated": ("accepted", 2), "ringing": ("sent", 3), "in-progress": ("sent", 4),
    "answered": ("sent", 4), "completed": ("delivered", 5), "busy": ("failed", 5), "no-answer": ("failed", 5),
    "failed": ("failed", 5), "canceled": ("failed", 5),
}  # fmt: skip
KEYS: dict[str, Choice] = {"1": "acknowledge", "2": "decline"}
REPORTED = ["initiated", "ringing", "answered", "completed"]


class TwilioVoice:
    """A call by Twilio that says the page and, with a server, hears a key."""

    declaration = Declaration(
        type="twilio-voice",
        doc="A call by Twilio.",
        options=(*twilio.OPTIONS, Option("ring", "number", "Seconds that it rings.", default=30, bounds=(5, 60))),
        to="phone",
        provider="twilio",
        shape=twilio.NUMBER,
        example=twilio.EXAMPLE,
        metered=True,
        extra="sms",
        can=frozenset({"look_up", "status", "cancel", "inbound", "rehearse"}),
        one_at_a_time=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._account = twilio.Account(setup)

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        number = self._account.number(address)
        callback = self._account.callback(message)
        named: dict[str, Any] = {"twiml": said(message, callback), "timeout": self._setup.values["ring"]}
        if callback:
            named |= {"status_callback": callback, "status_callback_event": REPORTED, "status_callback_method": "POST"}
        return self._account.receipt(
            self._account.call(
                lambda of: of.calls.create(to=number, from_=self._setup.values["from"], **named),
                deadline,
                creates=True,
            )
        )

    def rehearse(self, deadline: Deadline) -> str:
        return self._account.rehearse(deadline)

    def look_up(self, attempt: Attempt, deadline: Deadline) -> Receipt | None:
        """A call says nothing of its page in Twilio's list: it is the one that no row of ours has. That is sure as
        long as one number has one unsure call at a time.
        """
        number = self._account.number(attempt.address)
        found = self._account.call(
            lambda of: of.calls.list(to=number, from_=self._setup.values["from"], page_size=100, limit=twilio.LISTED),
            deadline,
        )
        first = next(iter(self._account.candidates(found, attempt)), None)
        return None if first is None else self._account.receipt(first)

    def status(self, provider_id: str, deadline: Deadline) -> Delivery:
        found = self._account.call(lambda of: of.calls(provider_id).fetch(), deadline)
        return _delivery(provider_id, None, str(found.status))

    def cancel(self, provider_id: str, deadline: Deadline) -> None:
        """Twilio ends what is queued or ringing, and leaves alone a call that somebody has taken."""
        try:
            self._account.call(lambda of: of.calls(provider_id).update(status="canceled"), deadline)
        except NotifierError as failed:
            if not failed.permanent:  # a call that is over cannot be canceled, and need not be
                raise

    def inbound(self, headers: Mapping[str, str], body: bytes, url: str) -> Inbound:
        found = self._account.form(headers, body, url)
        if found is None:
            return Inbound(None, twilio.forbidden)
        form, query = found
        page, sid = query.get("page"), form.get("CallSid", "")
        if "keys" not in query:
            return Inbound(_delivery(sid, page, form.get("CallStatus", "")), twilio.nothing)
        choice = KEYS.get(form.get("Digits", ""))
        if choice is None or page is None:
            return Inbound(None, lambda _: _spoken("Not understood. Press 1 to acknowledge", f"?{_query(url)}"))
        return Inbound(Reply(form.get("To", ""), choice, page_id=page, id=f"{sid} {choice}"), _spoken)


def said(message: Message, callback: str | None) -> str:
    """TwiML that says the page twice, and listens for one key when somebody can hear of it."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    text = spoken(message, keys=callback is not None)
    if callback is None:
        response.say(text, loop=2)
        return str(response)
    for _ in range(2):
        gather = response.gather(num_digits=1, input="dtmf", timeout=5, action=f"{callback}&keys=1", method="POST")
        gather.say(text)
    return str(response)


def _query(url: str) -> str:
    return url.partition("?")[2]


def _spoken(text: str, again: str | None = None) -> Answer:
    """A sentence in return; `again`: and another key is waited for, at this address."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    words = f"{speakable(text) or 'Thank you'}."
    if again is None:
        response.say(words)
        response.hangup()
    else:
        response.gather(num_digits=1, input="dtmf", timeout=5, action=again, method="POST").say(words)
    return Answer(200, str(response).encode(), twilio.XML)


def _delivery(sid: str, page: str | None, word: str) -> Delivery:
    state, rank = STATES.get(word, ("accepted", 0))
    return Delivery(sid, page, state, rank, word[:40])
