"""Nights with Twilio: its real notifiers, a phone company of our own, people who pick up or do not."""

from __future__ import annotations

from itertools import count

import pytest
from fake_phones import step
from fake_twilio import NUMBER, Fault, forgeries, signed
from night import Night
from phone_company import PUBLIC, Company, spoken

from oncall_rota.paging.job import code_of

NOBODY = "No page of yours has this code"


def states(night: Night, incident_id: str) -> list[tuple[str, str]]:
    """The pages of an incident, and how far each has come."""
    return [(page.channel, page.state) for page in night.pages(incident_id)]


def status(night: Night, opened: str) -> str:
    """How an incident stands."""
    return night.row(opened).status


class TestCalls:
    """What becomes of a call."""

    @pytest.mark.parametrize(("ends", "after"), [("failed", "1s"), ("busy", "5s"), ("no-answer", "33s")])
    def test_who_is_not_reached_gets_the_next_rule_at_once(
        self, night: Night, twilio: Company, ends: str, after: str
    ) -> None:
        """Nobody waits ten minutes for it."""
        twilio.phone("alice").call_ends = ends
        opened = night.signal().incident_id
        twilio.passes(after)
        twilio.passes("1s")
        assert states(night, opened) == [("call", "failed"), ("sms", "sent")]
        twilio.passes("19m")
        assert len(twilio.phone("alice").texts) == 1

    def test_voicemail_never_acknowledges(self, night: Night, twilio: Company) -> None:
        """It picks up and hears everything: delivered, and everybody's turn comes all the same."""
        twilio.phone("alice").call_ends = "voicemail"
        opened = night.signal().incident_id
        twilio.passes("1m")
        assert states(night, opened) == [("call", "delivered")]
        twilio.passes("19m5s")
        assert status(night, opened) == "triggered"
        assert states(night, opened) == [("call", "delivered"), ("sms", "delivered"), ("sms", "delivered")]
        assert len(twilio.phone("bob").texts) == 1

    def test_one_acknowledges(self, night: Night, twilio: Company) -> None:
        """By whom the page went to, and nobody is paged after it."""
        twilio.phone("alice").call_ends = "1"
        opened = night.signal().incident_id
        twilio.passes("17s")
        assert status(night, opened) == "acknowledged"
        assert '"acknowledged_by":"alice"' in night.row(opened).data
        assert twilio.phone("alice").hears == ["Acknowledged."]
        twilio.passes("25m")
        assert (len(twilio.account.calls), len(twilio.account.messages)) == (1, 0)

    def test_two_passes_it_on(self, night: Night, twilio: Company) -> None:
        """To bob, now."""
        twilio.phone("alice").call_ends = "2"
        opened = night.signal().incident_id
        twilio.passes("23s")
        assert twilio.phone("alice").hears == ["Passed on."]
        assert len(twilio.phone("bob").texts) == 1
        assert status(night, opened) == "triggered"

    def test_two_heard_twice_passes_it_on_once(self, night: Night, twilio: Company) -> None:
        """The callback comes again, at once, later, and to a new process: bob's step is not skipped."""
        twilio.phone("alice").call_ends = "2"
        night.signal()
        twilio.passes("16s")
        pressed = next(each for each in twilio.arrived if b"Digits" in each.body)
        twilio.passes("10s")
        assert twilio.delivered(pressed) == "Passed on."
        twilio.restarts()
        assert "Not done" in twilio.delivered(pressed)
        twilio.passes("1m")
        assert night.sent == []  # what the last resort would get
        assert len(twilio.account.messages) == 1

    def test_another_key_is_asked_for_again(self, night: Night, twilio: Company) -> None:
        """Three is nothing; then one."""
        twilio.phone("alice").call_ends = "31"
        opened = night.signal().incident_id
        twilio.passes("17s")
        assert status(night, opened) == "triggered"
        twilio.passes("3s")
        assert status(night, opened) == "acknowledged"
        assert twilio.phone("alice").hears == ["Not understood. Press 1 to acknowledge.", "Acknowledged."]

    @pytest.mark.parametrize("key", ["1", "2"])
    def test_who_comes_late_hears_who_has_it(self, night: Night, twilio: Company, key: str) -> None:
        """Bob was quicker while alice was listening."""
        twilio.phone("alice").call_ends = key
        opened = night.signal().incident_id
        twilio.passes("10s")
        night.acknowledges("bob", opened)
        twilio.passes("7s")
        assert twilio.phone("alice").hears == ["Not done: acknowledged by bob already."]
        assert '"acknowledged_by":"bob"' in night.row(opened).data

    def test_what_rings_is_stopped_when_somebody_takes_it(self, night: Night, twilio: Company) -> None:
        """And Twilio's word for that changes nothing."""
        twilio.phone("alice").call_ends = "no-answer"
        opened = night.signal().incident_id
        twilio.passes("5s")
        night.acknowledges("bob", opened)
        twilio.passes("1m")
        (call,) = twilio.account.calls.values()
        assert call["status"] == "canceled"
        assert status(night, opened) == "acknowledged"
        assert twilio.account.messages == {}


class TestTexts:
    """What people answer to a text."""

    @pytest.mark.parametrize("text", ["ack {}", "{}", "ACK {}", " ok #{}. ", "acknowledge {}!"])
    def test_the_code_acknowledges(self, night: Night, texting: Company, text: str) -> None:
        """By whom the page went to; the answer says so."""
        opened = night.signal().incident_id
        texting.passes("7s")
        alice = texting.phone("alice")
        assert alice.sends(text.format(alice.codes[0])) == "Acknowledged"
        assert '"acknowledged_by":"alice"' in night.row(opened).data

    def test_decline_passes_it_on(self, night: Night, texting: Company) -> None:
        """To bob, now."""
        night.signal()
        texting.passes("7s")
        alice = texting.phone("alice")
        assert alice.sends(f"decline {alice.codes[0]}") == "Passed on"
        texting.passes("7s")
        assert len(texting.phone("bob").texts) == 1

    def test_the_same_text_twice_is_one(self, night: Night, texting: Company) -> None:
        """Twilio asks again when our answer was lost: declined once, and the same answer is given."""
        night.field.escalates(step("alice", "20m"), repeat=5)
        night.signal()
        texting.passes("7s")
        alice = texting.phone("alice")
        declined = texting.account.texts_back(alice.number, f"decline {alice.codes[0]}", f"{PUBLIC}/in/sms")
        assert [texting.delivered(declined, alice) for _ in range(3)] == ["Passed on"] * 3
        texting.passes("7s")
        assert len(texting.account.messages) == 2
        taken = texting.account.texts_back(alice.number, alice.codes[0], f"{PUBLIC}/in/sms")
        assert [texting.delivered(taken, alice) for _ in range(3)] == ["Acknowledged"] * 3

    def test_what_is_no_answer_acknowledges_nothing(self, night: Night, texting: Company) -> None:
        """Prose, a code among words, one digit too few or too many, another code, none."""
        opened = night.signal().incident_id
        texting.passes("7s")
        alice = texting.phone("alice")
        code = alice.codes[0]
        other = f"{(int(code, 16) + 1) % 65536:04x}"
        for text in ("", "ack", "ok", "on my way", f"I ack {code} now", code[:3], f"{code}0", f"ack {other}", "1"):
            alice.sends(text)
        assert set(alice.hears) == {NOBODY}
        assert status(night, opened) == "triggered"

    def test_the_code_from_another_number_is_nothing(self, night: Night, texting: Company) -> None:
        """Not bob's, nor a stranger's: whoever overheard it cannot use it."""
        opened = night.signal().incident_id
        texting.passes("7s")
        code = texting.phone("alice").codes[0]
        assert texting.phone("bob").sends(f"ack {code}") == NOBODY
        assert texting.phone("+15550100").sends(f"ack {code}") == NOBODY
        assert status(night, opened) == "triggered"

    def test_the_code_of_another_person_is_nothing(self, night: Night, texting: Company) -> None:
        """Bob's own acknowledges for bob alone, although both were paged."""
        opened = night.signal().incident_id
        texting.passes("20m10s")
        alice, bob = texting.phone("alice"), texting.phone("bob")
        assert alice.codes[0] != bob.codes[0]
        assert alice.sends(bob.codes[0]) == NOBODY
        assert status(night, opened) == "triggered"
        assert bob.sends(bob.codes[0]) == "Acknowledged"
        assert '"acknowledged_by":"bob"' in night.row(opened).data

    def test_who_comes_late_is_told_who_has_it(self, night: Night, texting: Company) -> None:
        """By a text."""
        opened = night.signal().incident_id
        texting.passes("7s")
        night.acknowledges("bob", opened)
        alice = texting.phone("alice")
        assert alice.sends(alice.codes[0]) == "Not done: acknowledged by bob already"

    def test_five_wrong_codes_are_enough(self, night: Night, texting: Company) -> None:
        """Then the right one does not count either, and the answer says what does."""
        opened = night.signal().incident_id
        texting.passes("7s")
        alice = texting.phone("alice")
        code = int(alice.codes[0], 16)
        for number in range(1, 6):
            assert alice.sends(f"{(code + number) % 65536:04x}") == NOBODY
        assert "Too many wrong codes" in alice.sends(alice.codes[0])
        assert status(night, opened) == "triggered"

    def test_one_code_of_two_incidents_means_the_one_that_is_not_taken(self, night: Night, texting: Company) -> None:
        """Codes are short, and come again by chance: none is taken that nobody meant."""
        first = night.signal("disk").incident_id
        secret = night.pager._desk._secret
        same = next(
            number
            for number in count(1000)
            if code_of(secret, f"{number:016x}", "alice") == code_of(secret, first, "alice")
        )
        night._tokens = count(same)
        second = night.signal("memory").incident_id
        texting.passes("7s")
        alice = texting.phone("alice")
        assert len(set(alice.codes)) == 1
        assert "More than one page has this code" in alice.sends(alice.codes[0])
        assert (status(night, first), status(night, second)) == ("triggered", "triggered")
        night.acknowledges("bob", second)
        assert alice.sends(alice.codes[0]) == "Acknowledged"
        assert '"acknowledged_by":"alice"' in night.row(first).data
        assert '"acknowledged_by":"bob"' in night.row(second).data
        assert "already" in alice.sends(alice.codes[0])


class TestReports:
    """How far a page has come, and when nobody says."""

    @pytest.mark.parametrize("ends", ["undelivered", "failed"])
    def test_a_text_that_a_carrier_drops_is_followed_by_the_next_rule(
        self, night: Night, texting: Company, ends: str
    ) -> None:
        """Error 30007, and the call is now."""
        texting.phone("alice").text_ends = ends
        opened = night.signal().incident_id
        texting.passes("6s")
        assert states(night, opened) == [("sms", "failed"), ("call", "sent")]
        why = [row.cause for row in night.store.audit(opened) if row.kind == "failed"]
        assert why == [f"page {opened}-1: {ends}" + (" 30007" if ends == "undelivered" else "")]

    def test_nothing_is_asked_that_was_heard(self, night: Night, texting: Company) -> None:
        """Every request costs Twilio's patience."""
        night.signal()
        texting.passes("3m")
        assert [each for each in texting.account.requests if each.startswith("GET")] == []

    @pytest.mark.parametrize(("ends", "state"), [("undelivered", "failed"), ("delivered", "delivered")])
    def test_what_was_lost_is_asked_for_after_a_minute(
        self, night: Night, texting: Company, ends: str, state: str
    ) -> None:
        """Every callback is lost; a minute later it is known all the same, and followed."""
        texting.lost = 1.0
        texting.phone("alice").text_ends = ends
        opened = night.signal().incident_id
        texting.passes("59s")
        assert states(night, opened) == [("sms", "sent")]
        texting.passes("2s")
        assert states(night, opened)[0] == ("sms", state)
        assert len(texting.account.calls) == (ends == "undelivered")

    def test_what_is_not_confirmed_brings_the_next_rule_forward(self, night: Night, texting: Company) -> None:
        """A carrier that says nothing, for a minute and a half."""
        texting.phone("alice").text_ends = "sent"
        opened = night.signal().incident_id
        texting.passes("89s")
        assert len(texting.account.calls) == 0
        texting.passes("2s")
        assert len(texting.account.calls) == 1
        assert [row.kind for row in night.store.audit(opened)].count("delayed") == 1

    def test_nobody_can_be_asked(self, night: Night, texting: Company) -> None:
        """All callbacks are lost, and Twilio answers nothing else: the same."""
        texting.lost = 1.0
        night.signal()
        texting.passes("5s")
        texting.account.faults = [Fault(500)] * 2
        texting.passes("84s")
        assert len(texting.account.calls) == 0
        texting.passes("2s")
        assert len(texting.account.calls) == 1

    def test_who_asks_in_vain_believes_what_was_heard(self, night: Night, texting: Company) -> None:
        """Delivered, said the callback; that nobody answers now changes nothing."""
        night.signal()
        texting.passes("8s")
        texting.account.faults = [Fault(500)] * 2
        texting.passes("2m")
        assert len(texting.account.calls) == 0

    @pytest.mark.parametrize("ends", ["undelivered", "sent"])
    def test_another_process_asks_for_what_this_one_sent(self, night: Night, texting: Company, ends: str) -> None:
        """The callbacks came while nobody ran."""
        texting.lost = 1.0
        texting.phone("alice").text_ends = ends
        night.signal()
        texting.passes("10s")
        texting.restarts()
        texting.passes("49s")
        assert len(texting.account.calls) == 0
        texting.passes("2s" if ends == "undelivered" else "32s")
        assert len(texting.account.calls) == 1

    def test_a_call_that_is_over_when_the_next_process_starts_is_followed_at_once(
        self, night: Night, twilio: Company
    ) -> None:
        """Busy, two minutes ago, and nobody ran to hear of it."""
        twilio.phone("alice").call_ends = "busy"
        opened = night.signal().incident_id
        night.store.close()
        twilio.lost = 1.0
        night.clock.at = night.clock.at.replace(minute=2)
        while twilio.happens():
            pass
        night.starts()
        twilio.passes("1s")
        assert states(night, opened)[:2] == [("call", "failed"), ("sms", "sent")]

    def test_every_callback_forged_is_refused(self, night: Night, texting: Company) -> None:
        """403 and no effect: on a text, a call, a key, an answer."""
        opened = night.signal().incident_id
        texting.passes("7s")
        twilio, alice = texting.account, texting.phone("alice")
        genuine = [
            *twilio.moves(alice.texts[0], "undelivered"),
            twilio.texts_back(alice.number, f"ack {alice.codes[0]}", f"{PUBLIC}/in/sms"),
        ]
        before = (night.row(opened), night.pages(opened))
        for callback in genuine:
            for forged in forgeries(callback).values():
                assert texting.door(forged).status in (403, 404)  # one of them is for another address
        form = {"CallSid": "CA1", "To": alice.number, "From": NUMBER, "CallStatus": "in-progress", "Digits": "1"}
        key = signed(f"{PUBLIC}/in/call?page={opened}-1&keys=1", form, "not Twilio's token")
        assert texting.door(key).status == 403
        assert (night.row(opened), night.pages(opened)) == before


class TestBundles:
    """Several incidents in one text or call."""

    @pytest.fixture
    def bundled(self, night: Night, texting: Company) -> list[str]:
        """Alice's budget is one text a minute: the second has two incidents."""
        night.limits("sms", 1, "1m")
        night.limits("call", 5, "1m")
        opened = [night.signal(key).incident_id for key in ("disk", "memory", "network")]
        texting.passes("50s")
        return opened

    def test_its_code_acknowledges_all(self, night: Night, texting: Company, bundled: list[str]) -> None:
        """And not the one before."""
        texting.passes("10s")
        alice = texting.phone("alice")
        assert len(alice.texts) == 2
        assert alice.sends(f"ack {alice.codes[1]}") == "Acknowledged"
        assert [status(night, each) for each in bundled] == ["triggered", "acknowledged", "acknowledged"]

    def test_what_somebody_else_has_is_said(self, night: Night, texting: Company, bundled: list[str]) -> None:
        """Bob has one of the two; the other is alice's now."""
        texting.passes("10s")
        night.acknowledges("bob", bundled[2])
        alice = texting.phone("alice")
        told = alice.sends(alice.codes[1])
        assert told == "Acknowledged, but not all: acknowledged by bob already"
        assert '"acknowledged_by":"alice"' in night.row(bundled[1]).data
        assert '"acknowledged_by":"bob"' in night.row(bundled[2]).data

    def test_one_key_passes_all_on(self, night: Night, twilio: Company) -> None:
        """Once, however often it is heard, by however many processes."""
        night.limits("call", 1, "1m")
        night.limits("sms", 2, "1m")
        for key in ("disk", "memory", "network"):
            night.signal(key)
        twilio.passes("50s")
        twilio.phone("alice").call_ends = "2"
        twilio.passes("30s")
        assert twilio.phone("alice").hears == ["Passed on."]
        assert len(twilio.phone("bob").texts) == 2
        pressed = next(each for each in twilio.arrived if b"Digits" in each.body)
        assert twilio.delivered(pressed) == "Passed on."
        twilio.restarts()
        assert twilio.delivered(pressed) == "Not done: it was passed on already."
        twilio.passes("1m5s")
        assert (night.sent, len(twilio.phone("bob").texts)) == ([], 2)

    def test_one_key_acknowledges_all(self, night: Night, twilio: Company) -> None:
        """The same by a call."""
        night.limits("call", 1, "1m")
        night.limits("sms", 1, "1m")
        opened = [night.signal(key).incident_id for key in ("disk", "memory", "network")]
        twilio.passes("50s")
        twilio.phone("alice").call_ends = "1"
        twilio.passes("25s")
        assert [status(night, each) for each in opened] == ["triggered", "acknowledged", "acknowledged"]

    @pytest.mark.parametrize(("ends", "after"), [("undelivered", "10s"), ("sent", "95s")])
    def test_every_incident_goes_on_when_it_does_not_arrive(
        self, night: Night, texting: Company, bundled: list[str], ends: str, after: str
    ) -> None:
        """A bundle that nobody got, or nobody confirms, pages nobody: a call for each, now."""
        texting.phone("alice").text_ends = ends
        texting.passes("10s")
        texting.passes(after)
        assert sorted(spoken(texting)) == ["memory is full", "network is full"]

    def test_every_incident_goes_on_when_twilio_wants_time(
        self, night: Night, texting: Company, bundled: list[str]
    ) -> None:
        """429 for the bundle: the calls are now, the text in half a minute."""
        texting.account.faults = [Fault(429, headers=(("Retry-After", "30"),))]
        texting.passes("10s")
        assert sorted(spoken(texting)) == ["memory is full", "network is full"]
        texting.passes("40s")
        assert len(texting.account.messages) == 2
