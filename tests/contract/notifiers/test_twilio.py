"""Twilio beyond one send: asked after a crash, asked how far, called back on bad days, keys and voicemail."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from fake_twilio import (
    ACCOUNT,
    CALL_WAY,
    LOST_REPLY,
    NOW,
    NUMBER,
    SMS_WAY,
    TOKEN,
    Callback,
    FakeTwilio,
    Fault,
    forgeries,
    signed,
    troubled,
)
from notifier_suite import PAGE, PLENTY, Outcome, made, outcome, same

from oncall_rota.errors import ConfigurationError
from oncall_rota.paging.ports.notifier import (
    Attempt,
    Cancels,
    Deadline,
    Delivery,
    Listens,
    LooksUp,
    Notifier,
    NotifierError,
    Reply,
    TellsStatus,
    newest,
)


@pytest.fixture(autouse=True)
def _now(twilio: FakeTwilio) -> None:
    twilio.now = NOW + timedelta(seconds=1)


PUBLIC = "https://oncall.example.com/behind/a/path/"
IN = "https://oncall.example.com/behind/a/path/in/channel-x"
PHONE = "+15550100106"
KINDS = ["twilio-sms", "twilio-voice"]


def notifier(twilio: FakeTwilio, kind: str, public_url: str | None = PUBLIC, **more: object) -> Any:
    """One of Twilio's, at the fake."""
    options = {"from": NUMBER, "account": ACCOUNT, "token": {"env": "T"}, "url": twilio.url, **more}
    return made(kind, options, {"T": TOKEN, "OLD": "token-before-rotation"}, public_url)


def send(channel: Notifier, code: str = "4f2a", address: str = PHONE) -> str:
    """A page, and its id at the provider."""
    receipt = channel.send(PAGE._replace(code=code, page_id=f"page-{code}"), address, Deadline(PLENTY))
    assert receipt.provider_id is not None
    return receipt.provider_id


def attempt(code: str = "4f2a", known: frozenset[str] = frozenset(), address: str = PHONE) -> Attempt:
    """A send that began at this moment and of which nothing more is known."""
    return Attempt(PAGE._replace(code=code, page_id=f"page-{code}"), address, NOW, known)


def heard(channel: Listens, callback: Callback) -> Any:
    """What a callback means. The proxy calls us by another address than Twilio did."""
    query = callback.url.partition("?")[2]
    inner = "http://127.0.0.1:8080/in/channel-x" + (f"?{query}" if query else "")
    return channel.inbound(callback.headers, callback.body, inner)


@pytest.mark.parametrize("kind", KINDS)
class TestLookUp:
    """After a crash Twilio is asked before anything is sent again."""

    def test_nothing_was_sent(self, twilio: FakeTwilio, kind: str) -> None:
        """Then it may be sent."""
        assert notifier(twilio, kind).look_up(attempt(), Deadline(PLENTY)) is None

    def test_the_reply_was_lost(self, twilio: FakeTwilio, kind: str) -> None:
        """It was taken: unsure, asked, found, and one copy is all there is."""
        channel = notifier(twilio, kind)
        assert isinstance(channel, LooksUp)
        twilio.faults = [LOST_REPLY]
        same(outcome(lambda: channel.send(attempt().message, PHONE, Deadline(PLENTY))), Outcome("again", unsure=True))
        found = channel.look_up(attempt(), Deadline(PLENTY))
        (sid,) = twilio.messages or twilio.calls
        assert found is not None
        assert found.provider_id == sid

    def test_what_another_row_has_is_not_it(self, twilio: FakeTwilio, kind: str) -> None:
        """An id that a row of ours knows was another attempt's."""
        channel = notifier(twilio, kind)
        sid = send(channel)
        assert channel.look_up(attempt(known=frozenset({sid})), Deadline(PLENTY)) is None

    def test_what_is_older_is_not_it(self, twilio: FakeTwilio, kind: str) -> None:
        """By the moment of its making, with a minute for clocks that differ."""
        channel = notifier(twilio, kind)
        letters, kept = ("SM", twilio.messages) if kind == "twilio-sms" else ("CA", twilio.calls)
        twilio.add(letters, kept, PHONE, {"Body": ["#4f2a"]}, age=120)
        assert channel.look_up(attempt(), Deadline(PLENTY)) is None
        twilio.add(letters, kept, PHONE, {"Body": ["#4f2a"]}, age=30)
        assert channel.look_up(attempt(), Deadline(PLENTY)) is not None

    def test_what_went_to_another_number_is_not_it(self, twilio: FakeTwilio, kind: str) -> None:
        """The list is asked by both numbers."""
        channel = notifier(twilio, kind)
        send(channel, address="+15550100107")
        assert channel.look_up(attempt(), Deadline(PLENTY)) is None

    def test_a_long_list_is_read_on(self, twilio: FakeTwilio, kind: str) -> None:
        """Over the first page of it."""
        channel = notifier(twilio, kind)
        wanted = send(channel)
        others = {send(channel, f"{number:04x}") for number in range(120)}
        found = channel.look_up(attempt(known=frozenset(others)), Deadline(PLENTY))
        assert found.provider_id == wanted
        assert len([each for each in twilio.requests if each.startswith("GET")]) == 2

    @pytest.mark.parametrize(
        "fault", [Fault(500), Fault(429), Fault(0), Fault(200, b"no"), Fault(200, b'{"messages": 3}')]
    )
    def test_a_look_up_that_fails_says_so(self, twilio: FakeTwilio, kind: str, fault: Fault) -> None:
        """Nobody may take it for "not there"; what to do is the pager's to say."""
        channel = notifier(twilio, kind)
        twilio.faults = [fault]
        with pytest.raises(NotifierError):
            channel.look_up(attempt(), Deadline(PLENTY))


def test_a_text_is_found_by_its_code(twilio: FakeTwilio) -> None:
    """Two unsure texts to one number: each finds its own."""
    channel = notifier(twilio, "twilio-sms")
    first, second = send(channel, "aaaa"), send(channel, "bbbb")
    assert channel.look_up(attempt("aaaa"), Deadline(PLENTY)).provider_id == first
    assert channel.look_up(attempt("bbbb"), Deadline(PLENTY)).provider_id == second
    assert channel.look_up(attempt("cccc"), Deadline(PLENTY)) is None


def test_a_code_in_an_alert_is_not_the_code(twilio: FakeTwilio) -> None:
    """A summary that names digits of another page by chance is not taken for it, unless it is written as codes are."""
    channel = notifier(twilio, "twilio-sms")
    message = PAGE._replace(code="aaaa", summary="see commit 4f2a and ticket #4f2ab")
    channel.send(message, PHONE, Deadline(PLENTY))
    assert channel.look_up(attempt(), Deadline(PLENTY)) is None


class TestStatus:
    """How far a page has come, when its callbacks were lost."""

    @pytest.mark.parametrize(("kind", "way"), [("twilio-sms", SMS_WAY), ("twilio-voice", CALL_WAY)])
    def test_is_asked(self, twilio: FakeTwilio, kind: str, way: tuple[str, ...]) -> None:
        """Each state outranks the one before, and the last is an end."""
        channel = notifier(twilio, kind)
        assert isinstance(channel, TellsStatus)
        sid = send(channel)
        ranks = []
        for state in way:
            twilio.moves(sid, state)
            ranks.append(channel.status(sid, Deadline(PLENTY)).rank)
        assert ranks == sorted(set(ranks))
        assert channel.status(sid, Deadline(PLENTY)).state == "delivered"

    @pytest.mark.parametrize(
        ("kind", "state"),
        [
            ("twilio-sms", "undelivered"),
            ("twilio-sms", "failed"),
            ("twilio-voice", "busy"),
            ("twilio-voice", "no-answer"),
            ("twilio-voice", "failed"),
            ("twilio-voice", "canceled"),
        ],
    )
    def test_what_did_not_arrive(self, twilio: FakeTwilio, kind: str, state: str) -> None:
        """The next rule's turn."""
        channel = notifier(twilio, kind)
        sid = send(channel)
        twilio.moves(sid, state)
        assert channel.status(sid, Deadline(PLENTY)).state == "failed"

    def test_an_unknown_word_is_no_progress(self, twilio: FakeTwilio) -> None:
        """Twilio may learn new ones."""
        channel = notifier(twilio, "twilio-sms")
        sid = send(channel)
        twilio.moves(sid, "partially_delivered")
        assert channel.status(sid, Deadline(PLENTY)).rank == 0

    def test_an_unknown_id(self, twilio: FakeTwilio) -> None:
        """An error, not a state."""
        with pytest.raises(NotifierError):
            notifier(twilio, "twilio-sms").status("SM404", Deadline(PLENTY))


class TestCancel:
    """What is acknowledged stops ringing."""

    @pytest.mark.parametrize("state", ["queued", "ringing"])
    def test_a_ringing_call(self, twilio: FakeTwilio, state: str) -> None:
        """It stops."""
        channel = notifier(twilio, "twilio-voice")
        assert isinstance(channel, Cancels)
        sid = send(channel)
        twilio.moves(sid, state)
        channel.cancel(sid, Deadline(PLENTY))
        assert twilio.calls[sid]["status"] == "canceled"

    @pytest.mark.parametrize("state", ["in-progress", "completed", "busy"])
    def test_a_call_that_was_taken_or_is_over(self, twilio: FakeTwilio, state: str) -> None:
        """Nothing happens, and nothing is said."""
        channel = notifier(twilio, "twilio-voice")
        sid = send(channel)
        twilio.moves(sid, state)
        channel.cancel(sid, Deadline(PLENTY))
        assert twilio.calls[sid]["status"] == state

    def test_a_failure_says_so(self, twilio: FakeTwilio) -> None:
        """It may be tried again."""
        channel = notifier(twilio, "twilio-voice")
        sid = send(channel)
        twilio.faults = [Fault(500)]
        with pytest.raises(NotifierError):
            channel.cancel(sid, Deadline(PLENTY))


@pytest.mark.parametrize("kind", KINDS)
class TestCallbacks:
    """What Twilio calls back, in whatever order and number it comes."""

    def test_of_every_order_the_end_is_the_same(self, twilio: FakeTwilio, kind: str) -> None:
        """All orders of one page's callbacks, each callback twice."""
        channel = notifier(twilio, kind)
        assert isinstance(channel, Listens)
        sid = send(channel)
        calls = twilio.moves(sid)
        assert len(calls) == 4
        for order in permutations(calls):
            state: Delivery | None = None
            for callback in (*order, *order):
                event = heard(channel, callback).event
                assert isinstance(event, Delivery)
                assert event.page_id == "page-4f2a"
                assert event.provider_id == sid
                state = newest(state, event)
            assert state is not None
            assert state.state == "delivered"

    def test_ten_thousand_on_bad_days(self, twilio: FakeTwilio, kind: str) -> None:
        """30 % lost, 20 % twice, shuffled; what is lost is asked for. Every page's last state is right."""
        channel = notifier(twilio, kind)
        chance = random.Random(16)
        ends = ("delivered", "undelivered") if kind == "twilio-sms" else ("completed", "no-answer")
        way = (SMS_WAY if kind == "twilio-sms" else CALL_WAY)[:-1]
        pages = [send(channel, f"{number:04x}") for number in range(150)]
        ending = {sid: chance.choice(ends) for sid in pages}
        callbacks = [each for sid in pages for each in twilio.moves(sid, *way, ending[sid])]
        seen = 0
        for seed in range(9):
            states: dict[str, Delivery] = {}
            for callback in troubled(callbacks, seed):
                event = heard(channel, callback).event
                states[event.provider_id] = newest(states.get(event.provider_id), event)
                seen += 1
            for sid in pages:
                if sid not in states or states[sid].state not in ("delivered", "failed"):
                    asked = Delivery(sid, None, *final(ending[sid]))  # what `status` answers, without 1,350 requests
                    states[sid] = asked if sid not in states else newest(states[sid], asked)
            assert {sid: each.state for sid, each in states.items()} == {sid: final(ending[sid])[0] for sid in pages}
        assert seen > 4000

    def test_a_forgery_is_refused(self, twilio: FakeTwilio, kind: str) -> None:
        """Every one of them: 403 and nothing happens. The genuine one is believed."""
        channel = notifier(twilio, kind)
        genuine = twilio.moves(send(channel), "sent" if kind == "twilio-sms" else "ringing")[0]
        assert heard(channel, genuine).event is not None
        for name, forged in forgeries(genuine).items():
            found = heard(channel, forged)
            assert found.event is None, name
            assert found.answer("").status == 403, name

    def test_blanks_are_part_of_the_signature(self, twilio: FakeTwilio, kind: str) -> None:
        """The form is read as it came: no value is trimmed, and empty ones count."""
        channel = notifier(twilio, kind)
        form = {"From": PHONE, "Body": " ack 4f2a \n", "Empty": "", "CallSid": "CA1", "To": NUMBER, "Digits": " "}
        assert heard(channel, signed(IN, form)).answer("").status == 200 or kind == "twilio-voice"
        assert heard(channel, signed(IN, form)).answer("").status != 403

    def test_both_tokens_are_believed_during_rotation(self, twilio: FakeTwilio, kind: str) -> None:
        """The one before, as long as it is named."""
        form = {"MessageSid": "SM1", "MessageStatus": "sent", "CallSid": "CA1", "CallStatus": "ringing"}
        old = signed(IN, form, "token-before-rotation")
        assert heard(notifier(twilio, kind), old).event is None
        assert heard(notifier(twilio, kind, old_token={"env": "OLD"}), old).event is not None

    def test_without_a_server_nothing_is_called_back(self, twilio: FakeTwilio, kind: str) -> None:
        """Nor is anything believed."""
        channel = notifier(twilio, kind, None)
        sid = send(channel)
        kept = twilio.messages | twilio.calls
        assert "StatusCallback" not in kept[sid]["form"]
        assert heard(channel, signed(IN, {"MessageSid": sid, "MessageStatus": "sent"})).answer("").status == 403


def final(word: str) -> tuple[Any, int]:
    """State and rank of an end."""
    return ("delivered", 5) if word in ("delivered", "completed") else ("failed", 5)


class TestReplies:
    """Texts that people send."""

    @pytest.mark.parametrize(
        ("text", "event"),
        [
            ("ack 4f2a", Reply(PHONE, "acknowledge", code="4f2a")),
            ("4F2A", Reply(PHONE, "acknowledge", code="4f2a")),
            ("decline 4f2a", Reply(PHONE, "decline", code="4f2a")),
            ("who is this?", None),
            ("", None),
        ],
    )
    def test_a_text(self, twilio: FakeTwilio, text: str, event: Reply | None) -> None:
        """By the code; from whom it came is for the pager to compare."""
        channel = notifier(twilio, "twilio-sms")
        found = heard(channel, twilio.texts_back(PHONE, text, IN)).event
        assert (found and found._replace(id="")) == event

    def test_a_text_that_comes_again_is_the_same(self, twilio: FakeTwilio) -> None:
        """Told by its SID."""
        channel = notifier(twilio, "twilio-sms")
        first, second = [twilio.texts_back(PHONE, "ack 4f2a", IN) for _ in range(2)]
        assert heard(channel, first).event == heard(channel, first).event
        assert heard(channel, first).event != heard(channel, second).event

    def test_the_answer_is_a_text(self, twilio: FakeTwilio) -> None:
        """Whatever it says is said, and nothing of it is obeyed."""
        channel = notifier(twilio, "twilio-sms")
        found = heard(channel, twilio.texts_back(PHONE, "4f2a", IN))
        answer = found.answer("Acknowledged by <Ada> & Bob")
        assert answer.content_type.startswith("text/xml")
        assert b"<Message>Acknowledged by &lt;Ada&gt; &amp; Bob</Message>" in answer.body
        assert b"<Message" not in found.answer("").body


class TestKeys:
    """Only a key acknowledges."""

    @pytest.mark.parametrize(("key", "choice"), [("1", "acknowledge"), ("2", "decline")])
    def test_a_key(self, twilio: FakeTwilio, key: str, choice: Any) -> None:
        """By the page that was spoken."""
        channel = notifier(twilio, "twilio-voice")
        pressed = twilio.presses(send(channel), key)
        assert pressed is not None
        found = heard(channel, pressed)
        assert found.event._replace(id="") == Reply(PHONE, choice, page_id="page-4f2a")
        assert found.event == heard(channel, pressed).event
        answer = found.answer("Acknowledged by you")
        assert b"<Say>Acknowledged by you.</Say><Hangup" in answer.body

    @pytest.mark.parametrize("key", ["", "3", "0", "11", "#", "*", "w1", "\uff11"])
    def test_another_key(self, twilio: FakeTwilio, key: str) -> None:
        """Asked again, at an address that is Twilio's to call."""
        channel = notifier(twilio, "twilio-voice")
        pressed = twilio.presses(send(channel), key)
        assert pressed is not None
        found = heard(channel, pressed)
        assert found.event is None
        answer = found.answer("")
        assert answer.status == 200
        assert b"<Gather" in answer.body

    def test_voicemail_never_acknowledges(self, twilio: FakeTwilio) -> None:
        """It hears the page, presses nothing, and the call ends: that is delivered, and no more."""
        channel = notifier(twilio, "twilio-voice")
        sid = send(channel)
        assert "4, F, 2, A" in twilio.spoken(sid)
        assert twilio.presses(sid, None) is None
        events = [heard(channel, each).event for each in twilio.moves(sid)]
        assert not any(isinstance(event, Reply) for event in events)
        assert events[-1].state == "delivered"

    def test_machines_are_not_asked_for(self, twilio: FakeTwilio) -> None:
        """Detection of answering machines guesses; nothing here depends on a guess."""
        sid = send(notifier(twilio, "twilio-voice"))
        assert not [name for name in twilio.calls[sid]["form"] if name.startswith("MachineDetection")]

    def test_without_a_server_no_key_is_asked_for(self, twilio: FakeTwilio) -> None:
        """Nobody would hear of it; the page is said twice all the same."""
        sid = send(notifier(twilio, "twilio-voice", None))
        assert twilio.presses(sid, "1") is None
        assert "Press" not in twilio.spoken(sid)

    def test_it_rings_for_half_a_minute_or_as_long_as_it_is_told_to(self, twilio: FakeTwilio) -> None:
        """A minute at most."""
        for given, rings in ((None, "30"), ("20", "20"), ("60", "60")):
            sid = send(notifier(twilio, "twilio-voice", **({} if given is None else {"ring": given})))
            assert twilio.calls[sid]["form"]["Timeout"] == [rings]
        with pytest.raises(ConfigurationError, match="ring is a number from 5 to 60"):
            notifier(twilio, "twilio-voice", ring="600")


class TestForms:
    """What is sent, to the letter."""

    def test_a_text(self, twilio: FakeTwilio) -> None:
        """To, From, Body, and where to report."""
        sid = send(notifier(twilio, "twilio-sms"))
        form = twilio.messages[sid]["form"]
        assert form["To"] == [PHONE]
        assert form["From"] == [NUMBER]
        assert form["StatusCallback"] == [f"{IN}?page=page-4f2a"]
        assert form["Body"][0].startswith(
            "CRITICAL payments: Disk full on db1 #4f2a Reply 4f2a to acknowledge, or http"
        )

    def test_a_minimal_text(self, twilio: FakeTwilio) -> None:
        """No word of the alert goes through a carrier."""
        sid = send(notifier(twilio, "twilio-sms", minimal="yes"))
        assert "Disk" not in twilio.messages[sid]["body"]
        assert "4f2a" in twilio.messages[sid]["body"]

    def test_a_call(self, twilio: FakeTwilio) -> None:
        """Its words are in it, and every step is reported."""
        sid = send(notifier(twilio, "twilio-voice"))
        form = twilio.calls[sid]["form"]
        assert form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
        assert "Url" not in form
        assert len(form["Twiml"][0]) < 4000

    def test_the_longest_call_fits(self, twilio: FakeTwilio) -> None:
        """Twilio takes 4,000 characters."""
        channel = notifier(twilio, "twilio-voice")
        message = PAGE._replace(summary="'" * 1000, team="'" * 80)
        receipt = channel.send(message, PHONE, Deadline(PLENTY))
        assert len(twilio.calls[receipt.provider_id]["form"]["Twiml"][0]) < 4000
