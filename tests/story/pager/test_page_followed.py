"""`oncall page` follows its incident: what it tells, and when it leaves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from fake_phones import OFFICE, person, step
from night import Night

from oncall_rota.cli.incident_people import People
from oncall_rota.cli.page_follow import LOST, Ended, Patience, follow
from oncall_rota.cli.page_progress import Progress
from oncall_rota.errors import OfficeGone
from oncall_rota.paging.incident import Declined
from oncall_rota.paging.office import StoreOffice, Story
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.timeline.zone import zone

Deed = Callable[[], Any]


class Page:
    """One `oncall page` at night: a look every second, and what happens at some of them."""

    def __init__(self, night: Night, **more: Any) -> None:
        self.night = night
        self.is_dead = False
        self.gone = 0  # looks at which nobody answers
        self.told: list[str] = []
        self.progress = Progress(People(None, False), zone("UTC"), soft=("email",))
        self._office = StoreOffice(night.store, lambda _: Future())
        self._deeds: dict[int, Deed] = {}
        self._seconds = 0
        self.incident_id: str = night.signal(**more).incident_id

    def story(self) -> Story | None:
        if self.gone:
            self.gone -= 1
            raise OfficeGone("nobody answers")
        return self._office.story(self.incident_id)

    def after(self, seconds: int, deed: Deed) -> None:
        """Something happens then."""
        self._deeds[seconds] = deed

    def _pause(self, _: float) -> None:
        self._seconds += 1
        self._deeds.pop(self._seconds, lambda: None)()
        self.night.passes("1s")
        assert self._seconds < 20_000, "it never leaves"

    def stays(self, wait: str | None = None, *, leave: bool = False) -> str:
        """Follow it; why it left."""
        patience = Patience(None if wait is None else timedelta(seconds=int(wait.removesuffix("s"))), leave)
        ended: Ended = follow(
            self, self.progress, patience, self._tell, self._pause, self.night.clock.monotonic  # type: ignore[arg-type]
        )  # fmt: skip
        return ended.why

    def _tell(self, _: Story, news: tuple[str, ...]) -> None:
        self.told += news


def refused() -> NotifierError:
    """A provider does not take it, now or later."""
    return NotifierError("no such number", permanent=True)


def test_it_stays_until_somebody_acknowledges_and_tells_what_happens_on_the_way(night: Night) -> None:
    """alice's channels one after the other, then bob, who takes it."""
    page = Page(night)
    page.after(310, lambda: night.acknowledges("bob", page.incident_id))
    assert page.stays() == "acknowledged"
    assert page.told == [
        "step 1",
        "push to alice: sent",
        "sms to alice: sent",
        "call to alice: sent",
        "step 2: not acknowledged in time",
        "push to bob: sent",
        "acknowledged by bob, cli",
    ]


def test_it_leaves_when_it_is_resolved(night: Night) -> None:
    """By whomever."""
    page = Page(night)
    page.after(5, lambda: night.resolves("carol", page.incident_id))
    assert page.stays() == "resolved"
    assert page.told[-1] == "resolved by carol"


def test_the_last_resort_has_its_time_before_it_leaves(night: Night) -> None:
    """Five minutes of step 1, ten of step 2, five of the last resort: then nobody has answered."""
    page = Page(night)
    begun = night.clock.at
    assert page.stays() == "round"
    assert timedelta(minutes=20) <= night.clock.at - begun <= timedelta(minutes=20, seconds=3)
    assert "last resort: the policy has ended" in page.told
    assert page.progress.taken


@pytest.mark.parametrize(
    ("target", "shown"),
    [("sms:+441632960009", "sms to +4…09: sent"), ("email:all@example.com", "all@example.com: sent")],
)
def test_a_telephone_number_is_in_no_line(night: Night, target: str, shown: str) -> None:
    """What is said here stands in logs; a mailing list is no secret."""
    night.field.last_resort("5m", target)
    night.field.escalates(step("nobody-here"))
    page = Page(night)
    page.stays("2s")
    assert shown in "\n".join(page.told)
    assert "41632960009" not in "\n".join(page.told)


def test_without_a_last_resort_it_leaves_when_the_policy_has_ended(night: Night) -> None:
    """There is nothing to wait for."""
    night.field.resort = None
    page = Page(night)
    begun = night.clock.at
    assert page.stays() == "round"
    assert night.clock.at - begun <= timedelta(minutes=15, seconds=3)
    assert page.told[-1] == "alarm: the policy has ended, and there is no last resort"


def test_who_declines_is_told_and_the_next_step_follows(night: Night) -> None:
    """And it stays."""
    page = Page(night)
    page.after(3, lambda: night.acts(page.incident_id, Declined("alice"), "alice"))
    page.after(6, lambda: night.acknowledges("bob", page.incident_id))
    assert page.stays() == "acknowledged"
    assert page.told == [
        "step 1",
        "push to alice: sent",
        "declined by alice",
        "step 2: declined by alice",
        "push to bob: sent",
        "acknowledged by bob, cli",
    ]


def test_its_patience_may_be_shorter(night: Night) -> None:
    """--wait 90s: it goes on without the command."""
    page = Page(night)
    begun = night.clock.at
    assert page.stays("90s") == "patience"
    assert night.clock.at - begun == timedelta(seconds=90)


def test_with_no_wait_it_leaves_as_soon_as_a_channel_has_taken_it(night: Night) -> None:
    """A refusal is told, and the next rule taken at once."""
    night.providers["push"].refuses.append(refused())
    page = Page(night)
    assert page.stays(leave=True) == "taken"
    assert page.told == ["step 1", "push to alice: refused: no such number", "sms to alice: sent"]


@pytest.mark.parametrize(("takes", "why"), [(True, "taken"), (False, "shown")])
def test_with_no_wait_a_channel_of_best_effort_is_no_reason_to_leave(night: Night, takes: bool, why: str) -> None:
    """A page on the screen of whoever sends it reaches nobody: the other channel's end is waited for."""
    night.field.people["alice"] = person("alice", "0m email sms")
    night.providers["sms"].refuses.append(NotifierError("busy") if takes else refused())
    page = Page(night)
    assert page.stays(leave=True) == why
    assert page.told[1] == "email to alice: sent"
    assert page.told[-1] == ("sms to alice: sent" if takes else "sms to alice: refused: no such number")
    assert page.progress.taken == takes


def test_with_no_wait_it_leaves_when_no_channel_takes_it(night: Night) -> None:
    """Every rule, step and the last resort were tried at once."""
    for provider in night.providers.values():
        provider.refuses.extend(refused() for _ in range(50))
    page = Page(night)
    begun = night.clock.at
    assert page.stays(leave=True) == "refused"
    assert night.clock.at - begun < timedelta(seconds=5)
    assert not page.progress.taken
    assert "push to olga: refused: no such number" in page.told


def test_what_waits_for_its_hours_is_told_with_their_beginning(night: Night) -> None:
    """It is noon in UTC, so the office is open; on Sunday it is not."""
    night.field.escalates(*_steps(night), severity="warning", hours=OFFICE)
    night.clock.at = night.clock.at.replace(day=21)
    page = Page(night, severity="warning")
    assert page.stays(leave=True) == "waiting"
    assert page.told == ["warning waits until Mon 22 Jun 2026 08:00"]


def _steps(night: Night) -> tuple[Any, ...]:
    policy = night.field.teams["payments"].severities["critical"].policy
    assert policy is not None
    return policy.steps


def test_what_is_never_paged_ends_at_once(night: Night) -> None:
    """And the caller says that nobody was told."""
    night.field.escalates(severity="info")
    page = Page(night, severity="info")
    assert page.stays() == "recorded"
    assert page.told == ["info is never paged"]


def test_a_page_that_waits_for_its_budget_is_told_and_then_the_bundle(night: Night) -> None:
    """A storm: two signals a budget of one."""
    night.limits("push", 1, "1h")
    night.limits("sms", 1, "1h")
    night.limits("call", 1, "1h")
    night.signal("other")
    page = Page(night)
    page.after(100, lambda: night.acknowledges("alice", page.incident_id))
    assert page.stays() == "acknowledged"
    assert page.told[1] == "push to alice: waits, the budget for push is spent"
    assert "push to alice: sent with others, in one" in page.told


def test_what_happened_before_is_not_told_again(night: Night) -> None:
    """A second page with the same key joins an incident that is open."""
    page = Page(night)
    night.passes("3m")
    story = page.story()
    assert story is not None
    page.progress.skip(story)
    page.after(2, lambda: night.acknowledges("bob", page.incident_id))
    assert page.stays() == "acknowledged"
    assert page.told == ["acknowledged by bob, cli"]


def test_one_who_joins_waits_for_a_whole_round_of_the_last_resort(night: Night) -> None:
    """Though that was told before, and nobody answered."""
    page = Page(night)
    night.passes("16m")
    story = page.story()
    assert story is not None
    page.progress.skip(story)
    begun = night.clock.at
    assert page.stays() == "round"
    assert timedelta(minutes=5) < night.clock.at - begun < timedelta(minutes=10)


def test_a_moment_without_an_answer_is_nothing(night: Night) -> None:
    """Whoever has the store ends, and another one begins."""
    page = Page(night)
    page.gone = int(LOST) - 5
    page.after(40, lambda: night.acknowledges("alice", page.incident_id))
    assert page.stays() == "acknowledged"


@pytest.mark.parametrize("fault", ["nobody answers", "the pager dies"])
def test_what_cannot_be_seen_any_more_is_not_followed_in_silence(night: Night, fault: str) -> None:
    """The command pages directly then."""
    page = Page(night)
    page.gone = 10_000 if fault == "nobody answers" else 0
    page.is_dead = fault == "the pager dies"
    with pytest.raises(StoreFailed):
        page.stays()
