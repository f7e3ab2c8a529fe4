"""Nights on which Twilio, or we, break in the middle of a send: copies are counted, and nothing is lost."""

from __future__ import annotations

import pytest
from fake_phones import step
from fake_twilio import Fault
from night import Night
from phone_company import ALICE, Company, Killed, spoken, texted

from oncall_rota.paging.job import Job
from oncall_rota.paging.pager import Turn
from oncall_rota.paging.signal import Signal


def states(night: Night, incident_id: str) -> list[tuple[str, str]]:
    """The pages of an incident, and how far each has come."""
    return [(page.channel, page.state) for page in night.pages(incident_id)]


class TestCrashes:
    """The process dies in the middle of a send; the next one asks Twilio first."""

    @pytest.mark.parametrize("when", ["killed before", "killed after"])
    @pytest.mark.parametrize("rule", ["0m sms", "0m call"])
    def test_one_copy_is_all_there_is(self, night: Night, twilio: Company, rule: str, when: str) -> None:
        """Whether Twilio had it or not."""
        twilio.gives("alice", ALICE, rule, "10m email")
        twilio.line.next.append(when)
        with pytest.raises(Killed):
            night.signal()
        twilio.restarts()
        twilio.passes("10s")
        assert len(twilio.account.calls) + len(twilio.account.messages) == 1
        (page,) = night.pages(night.store.incidents()[0].id)
        assert page.provider_id in {**twilio.account.calls, **twilio.account.messages}
        assert page.attempts == 2

    @pytest.mark.parametrize("rule", ["0m sms", "0m call"])
    def test_what_others_have_is_not_it(self, night: Night, twilio: Company, rule: str) -> None:
        """Two incidents are told already; of the third Twilio has nothing. Nobody takes theirs for it."""
        twilio.gives("alice", ALICE, rule, "10m email")
        night.signal("disk")
        night.signal("memory")
        twilio.line.next.append("killed before")
        with pytest.raises(Killed):
            night.signal("network")
        twilio.restarts()
        twilio.passes("10s")
        said = spoken(twilio) or texted(twilio)
        assert said == ["disk is full", "memory is full", "network is full"]

    @pytest.mark.parametrize("lag", ["0s", "20s"])
    @pytest.mark.parametrize("rule", ["0m sms", "0m call"])
    def test_a_list_that_lags_makes_one_copy_at_most(self, night: Night, twilio: Company, rule: str, lag: str) -> None:
        """Twilio has it and does not show it yet."""
        twilio.gives("alice", ALICE, rule, "10m email")
        twilio.lags(lag)
        twilio.line.next.append("killed after")
        with pytest.raises(Killed):
            night.signal()
        twilio.restarts()
        twilio.passes("1m")
        assert len(twilio.account.calls) + len(twilio.account.messages) == 1 + (lag != "0s")
        (page,) = night.pages(night.store.incidents()[0].id)
        assert page.state in ("sent", "delivered")

    def test_what_becomes_of_the_first_copy_is_nobody_s_business(self, night: Night, texting: Company) -> None:
        """The carrier dropped it, and the second one has arrived: nobody need be called."""
        texting.lags("20s")
        texting.phone("alice").text_ends = "undelivered"
        texting.line.next.append("killed after")
        with pytest.raises(Killed):
            night.signal()
        texting.phone("alice").text_ends = "delivered"
        texting.restarts()
        texting.passes("2m")
        assert [kept["status"] for kept in texting.account.messages.values()] == ["undelivered", "delivered"]
        assert states(night, night.store.incidents()[0].id) == [("sms", "delivered")]

    @pytest.mark.parametrize("rule", ["0m sms", "0m call"])
    def test_a_reply_that_is_lost_makes_no_copy(self, night: Night, twilio: Company, rule: str) -> None:
        """Taken, and ten seconds of silence."""
        twilio.gives("alice", ALICE, rule, "10m email")
        twilio.line.next.append("mute")
        night.signal()
        twilio.passes("1m")
        assert len(twilio.account.calls) + len(twilio.account.messages) == 1

    @pytest.mark.parametrize("rule", ["0m sms", "0m call"])
    def test_its_callback_comes_while_twilio_is_asked(self, night: Night, twilio: Company, rule: str) -> None:
        """The reply was lost, and now everything is heard at once: no copy."""
        twilio.gives("alice", ALICE, rule, "10m email")
        twilio.line.next.append("mute")

        def reports() -> None:
            (sid,) = {**twilio.account.messages, **twilio.account.calls}
            for callback in twilio.account.moves(sid, "sent" if sid.startswith("SM") else "ringing"):
                twilio.delivered(callback)

        twilio.meanwhile += [lambda: None, reports]
        opened = night.signal().incident_id
        twilio.passes("5s")
        assert len(twilio.account.calls) + len(twilio.account.messages) == 1
        assert states(night, opened)[0][1] in ("sent", "delivered")

    def test_what_only_its_callback_told_of_is_watched_too(self, night: Night, texting: Company) -> None:
        """The reply was lost, the callback says sent, and then nobody says anything."""
        texting.line.next.append("mute")
        texting.phone("alice").text_ends = "sent"

        def reports() -> None:
            (sid,) = texting.account.messages
            for callback in texting.account.moves(sid, "sent"):
                texting.delivered(callback)

        texting.meanwhile += [lambda: None, reports]
        night.signal()
        texting.passes("80s")
        assert len(texting.account.calls) == 0
        texting.passes("20s")
        assert len(texting.account.calls) == 1


class TestNumbers:
    """One number has one unsettled call at a time: Twilio's list could not tell two apart."""

    def begins(self, night: Night, *keys: str) -> Turn:
        """Incidents at the same moment; nothing is sent yet."""
        return night.pager.take([Signal("prod-am", key, f"{key} is full", team="payments") for key in keys])

    def runs(self, night: Night, turn: Turn) -> None:
        """All errands at the same time, as many threads would, the last one first."""
        ended = [night.pager.run(errand) for errand in reversed(turn.errands)]
        for each in ended:
            if each is not None:
                night._perform(night.pager.take([each]))

    @pytest.fixture(params=["one person", "two persons"])
    def waiting(self, request: pytest.FixtureRequest, night: Night, twilio: Company) -> list[str]:
        """Two calls to one number are decided at the same time: of one person, or of two who share it."""
        if request.param == "one person":
            return ["disk", "memory"]
        twilio.gives("bob", "+447700900001", "0m call", "10m sms")
        night.field.escalates(step([night.field.primary, night.field.secondary], "20m"))
        return ["disk"]

    def test_the_second_waits_until_the_first_is_settled(
        self, night: Night, twilio: Company, waiting: list[str]
    ) -> None:
        """Both are made, one after the other."""
        self.runs(night, self.begins(night, *waiting))
        assert len(twilio.account.calls) == 1
        twilio.passes("3s")
        assert len(twilio.account.calls) == 2
        assert {page.state for row in night.store.incidents() for page in night.pages(row.id)} == {"sent"}

    @pytest.mark.parametrize("when", ["killed before", "killed after"])
    def test_after_a_crash_each_finds_its_own(
        self, night: Night, twilio: Company, waiting: list[str], when: str
    ) -> None:
        """The first was being made; the second must not take the first one's call for its own."""
        turn = self.begins(night, *waiting)
        twilio.line.next.append(when)
        with pytest.raises(Killed):
            night.pager.run(turn.errands[0])
        twilio.restarts()
        self.runs(night, night.pager.tick())
        twilio.passes("10s")
        rows = [page for row in night.store.incidents() for page in night.pages(row.id)]
        assert len(twilio.account.calls) == 2
        assert {page.provider_id for page in rows} == set(twilio.account.calls)
        code = {page.provider_id: page.code for page in rows}
        for sid in twilio.account.calls:
            assert ", ".join(code[sid].upper()) in twilio.account.spoken(sid)

    def test_waiting_is_no_reason_to_give_up(self, night: Night, twilio: Company) -> None:
        """However long nobody knows what became of the first."""
        twilio.lost = 1.0
        first, second = self.begins(night, "disk", "memory").errands
        done = night.pager.run(first)
        assert done is not None
        night._perform(Turn((), (second,), ()))
        twilio.passes("9s")
        assert len(twilio.account.calls) == 1
        night.takes(done)
        twilio.passes("3s")
        assert spoken(twilio) == ["disk is full", "memory is full"]

    def test_a_call_that_nobody_needed_any_more_is_not_another_one(self, night: Night, twilio: Company) -> None:
        """Bob was quicker, and it was made all the same; then we die before the next one, which must not be lost."""
        (job,) = self.begins(night, "disk").errands
        assert isinstance(job, Job)
        twilio.meanwhile.append(lambda: night.acknowledges("bob", job.incident_id))
        done = night.pager.run(job)
        assert done is not None
        night.takes(done)
        twilio.line.next.append("killed before")
        with pytest.raises(Killed):
            night.signal("memory")
        twilio.restarts()
        twilio.passes("2s")
        assert spoken(twilio) == ["disk is full", "memory is full"]

    def test_what_is_settled_rings_on(self, night: Night, twilio: Company) -> None:
        """Known to Twilio and to us: the next call need not wait for somebody to pick up."""
        twilio.phone("alice").call_ends = "no-answer"
        night.signal("disk")
        night.signal("memory")
        assert len(twilio.account.calls) == 2


REFUSED = (400, 402, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 417, 422, 423, 424, 426, 428, 431, 451)
CREDENTIALS, LATER, UNSURE = (401, 403), (408, 425, 429, 503), (500, 502, 504, 520)


class TestAnswers:
    """Twilio's answers, each at three places: what becomes of the page."""

    @pytest.mark.parametrize("code", [*REFUSED, *CREDENTIALS, *LATER, *UNSURE])
    @pytest.mark.parametrize("place", ["the first", "the second", "the look-up"])
    def test_is_as_the_table_says(self, night: Night, texting: Company, code: int, place: str) -> None:
        """Refused: the next channel and an alarm, of credentials when it is they. Later: once more. Unsure: asked for
        first. After a second failure of any kind the next channel's turn is at once.
        """
        before = {"the first": [], "the second": [Fault(503)], "the look-up": [Fault(500)]}[place]
        texting.account.faults = [*before, Fault(code)]
        night.signal()
        texting.passes("4s")
        texts, calls = len(texting.account.messages), len(texting.account.calls)
        asked = len([each for each in texting.account.requests if each.startswith("GET")])
        second = place == "the second"
        if place == "the look-up":
            assert (texts, calls, asked, night.alarms) == (1, 0, 1, [])
        elif code in REFUSED:
            assert (texts, calls, asked) == (0, 1, 0)
            assert night.alarms == [f"sms was answered {code}"]
        elif code in CREDENTIALS:
            assert (texts, calls, asked) == (0, 1, 0)
            assert night.alarms == [f"the credentials of sms are refused ({code})"]
        elif code in LATER:
            assert (texts, calls, asked, night.alarms) == ((0, 1, 0, []) if second else (1, 0, 0, []))
        else:
            assert (texts, calls, asked, night.alarms) == (1, second, 1, [])

    def test_the_table_has_thirty_codes(self) -> None:
        """As the failure model asks for."""
        assert len({*REFUSED, *CREDENTIALS, *LATER, *UNSURE}) == 30

    @pytest.mark.parametrize(("wish", "seconds", "calls"), [("7", 7, 0), ("20", 20, 1), ("3600", 60, 1)])
    def test_later_is_when_twilio_says(
        self, night: Night, texting: Company, wish: str, seconds: int, calls: int
    ) -> None:
        """Not before, a minute at most; and who would wait longer than ten seconds is called meanwhile."""
        texting.account.faults = [Fault(429, headers=(("Retry-After", wish),))]
        night.signal()
        texting.passes(f"{seconds - 1}s")
        assert (len(texting.account.messages), len(texting.account.calls)) == (0, calls)
        texting.passes("2s")
        assert (len(texting.account.messages), len(texting.account.calls)) == (1, calls)

    @pytest.mark.parametrize(("way", "seconds"), [("refused", 3), ("silent", 26)])
    def test_who_does_not_answer_is_not_waited_for(
        self, night: Night, texting: Company, way: str, seconds: int
    ) -> None:
        """Nobody listens, or nobody says a word: after the second failure the next channel's turn is at once."""
        began_at = night.clock.at
        texting.line.next += [way] * (3 if way == "silent" else 2)  # silent: sent, looked for, sent again
        night.signal()
        while not texting.account.calls:
            texting.passes("1s")
        made_at = min(each["made_at"] for each in texting.account.calls.values())
        assert (made_at - began_at).total_seconds() <= seconds
