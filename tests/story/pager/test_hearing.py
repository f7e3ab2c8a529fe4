"""What people answer and providers report: by code, from the right address, once."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from fake_phones import step
from night import Night

from oncall_rota.paging.hearing import Hearing
from oncall_rota.paging.ports.notifier import Delivery, Reply
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Request


def submitted(night: Night, request: Request) -> Future[Any]:
    """As the crew's `submit`, at once."""
    future: Future[Any] = Future()
    future.set_result(night.takes(request))
    return future


@pytest.fixture
def hearing(night: Night) -> Hearing:
    """What the web's door would ask."""
    return Hearing(night.store, lambda request: submitted(night, request), night.configuration)


def test_the_code_from_the_paged_address_acknowledges(night: Night, hearing: Hearing) -> None:
    """And the second who answers is told by whom it was taken."""
    opened = night.signal()
    code = night.to("alice")[0].message.code
    assert hearing.reply("push", Reply("alice/push", "acknowledge", code)) == "Acknowledged"
    assert night.row(opened.incident_id).status == "acknowledged"
    assert hearing.reply("push", Reply("alice/push", "acknowledge", code)) == "Not done: acknowledged by alice already"


def test_the_code_from_another_address_or_channel_is_nothing(night: Night, hearing: Hearing) -> None:
    """Whoever overheard it cannot use it."""
    opened = night.signal()
    code = night.to("alice")[0].message.code
    for channel, address in (("push", "bob/push"), ("sms", "alice/sms"), ("sms", "alice/push"), ("push", "")):
        assert hearing.reply(channel, Reply(address, "acknowledge", code)) == "No page of yours has this code"
    assert night.row(opened.incident_id).status == "triggered"


def test_after_five_wrong_codes_an_address_is_not_listened_to_for_an_hour(night: Night, hearing: Hearing) -> None:
    """Ten thousand guesses find nothing."""
    opened = night.signal()
    code = night.to("alice")[0].message.code
    guesses = [f"{number:04x}" for number in range(10_000) if f"{number:04x}" != code]
    answers = {hearing.reply("push", Reply("alice/push", "acknowledge", guess)) for guess in guesses}
    assert "Acknowledged" not in answers
    assert "Too many" in hearing.reply("push", Reply("alice/push", "acknowledge", code))
    assert night.row(opened.incident_id).status == "triggered"
    night.passes("1h1s")
    assert hearing.reply("push", Reply("alice/push", "acknowledge", code)) == "Acknowledged"


def test_a_code_is_good_for_a_day(night: Night, hearing: Hearing) -> None:
    """Then it is forgotten, and answers nothing."""
    opened = night.signal()
    code = night.to("alice")[0].message.code
    night.clock.at += timedelta(hours=24)
    assert hearing.reply("push", Reply("alice/push", "acknowledge", code)) == "No page of yours has this code"
    assert night.row(opened.incident_id).status == "triggered"


def test_a_key_or_a_button_answers_by_the_page(night: Night, hearing: Hearing) -> None:
    """Two is: I cannot."""
    night.signal()
    page = night.to("alice")[0].message.page_id
    assert hearing.reply("push", Reply("alice/push", "decline", page_id=page)) == "Passed on"
    assert night.channels_to("bob") == ["push"]
    assert hearing.reply("push", Reply("alice/push", "acknowledge", page_id="none")) == "No page of yours has this code"


def test_how_far_a_page_has_come_is_heard_once_and_upward(night: Night, hearing: Hearing) -> None:
    """Doubled, shuffled, of another channel, of a page that is none."""
    opened = night.signal()
    page = f"{opened.incident_id}-1"
    provider_id = night.pages(opened.incident_id)[0].provider_id
    assert provider_id is not None
    for channel, delivery in (
        ("sms", Delivery(provider_id, page, "failed", 5)),
        ("push", Delivery("other", page, "failed", 5)),
        ("push", Delivery("other", None, "failed", 5)),
        ("push", Delivery(provider_id, None, "accepted", 1)),
        ("push", Delivery(provider_id, None, "delivered", 5)),
        ("push", Delivery(provider_id, page, "sent", 4)),
        ("push", Delivery(provider_id, page, "failed", 5)),
    ):
        hearing.delivery(channel, delivery)
    assert [(each.channel, each.state) for each in night.pages(opened.incident_id)] == [("push", "delivered")]
    assert night.channels_to("alice") == ["push"]


def test_a_call_that_failed_is_heard_and_followed(night: Night, hearing: Hearing) -> None:
    """The next rule at once."""
    night.signal()
    provider_id = night.pages(night.store.incidents()[0].id)[0].provider_id
    assert provider_id is not None
    hearing.delivery("push", Delivery(provider_id, None, "failed", 5, "busy"))
    assert night.channels_to("alice") == ["push", "sms"]


def test_an_answer_that_could_not_be_written_down_may_come_again(night: Night) -> None:
    """The provider delivers it once more under the same id, and then it counts."""
    broken = [StoreFailed("locked", "another process writes", "try again")]

    def submit(request: Request) -> Future[Any]:
        if broken:
            raise broken.pop()
        return submitted(night, request)

    hearing = Hearing(night.store, submit, night.configuration)
    opened = night.signal()
    answer = Reply("alice/push", "acknowledge", night.to("alice")[0].message.code, id="SM1")
    with pytest.raises(StoreFailed):
        hearing.reply("push", answer)
    assert hearing.reply("push", answer) == "Acknowledged"
    assert night.row(opened.incident_id).status == "acknowledged"


def test_a_right_answer_forgives_the_wrong_ones_before_it(night: Night, hearing: Hearing) -> None:
    """Four slips of the thumb at two incidents are no guessing."""
    for key in ("disk", "memory"):
        opened = night.signal(key)
        code = night.to("alice")[-1].message.code
        for _ in range(4):
            assert "No page" in hearing.reply("push", Reply("alice/push", "acknowledge", "0bad"))
        assert hearing.reply("push", Reply("alice/push", "acknowledge", code)) == "Acknowledged"
        assert night.row(opened.incident_id).status == "acknowledged"


def test_a_code_of_a_round_before_declines_the_present_one(night: Night, hearing: Hearing) -> None:
    """It is the incident's, so whoever types it from an older text declines what asks them now."""
    night.field.escalates(step(night.field.primary), step(night.field.secondary), repeat=1)
    opened = night.signal()
    night.passes("3m")
    (text,) = [each for each in night.to("alice") if each.channel == "sms"]
    night.passes("8m")
    assert night.channels_to("alice")[-1] == "push"
    assert hearing.reply("sms", Reply("alice/sms", "decline", text.message.code)) == "Passed on"
    assert night.channels_to("bob")[-1] == "push"
    assert night.row(opened.incident_id).status == "triggered"
