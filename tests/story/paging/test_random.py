"""Thousands of incidents with random events, failures, edits of the configuration and jumps of the clock.

What must hold after each of them: I1, I3, I4 and I5 of the fault model, and no loop without an end. A failure names
its seed; the same seed is the same story.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from fake_phones import OFFICE, Field, at, person, rota, step, with_nobody

from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import (
    ACKNOWLEDGED,
    HELD,
    RESOLVED,
    TRIGGERED,
    Acknowledged,
    Action,
    Alarm,
    Declined,
    Event,
    Failed,
    Incident,
    Note,
    Opened,
    Page,
    Reassigned,
    Refused,
    Resolved,
    Snoozed,
    Ticked,
)
from oncall_rota.paging.model import PersonTarget, ScheduleTarget, Target
from oncall_rota.schedule import on_call_at
from oncall_rota.timeline.duration import parse

NAMES = ("alice", "bob", "carol", "dave", "erin", "grace", "olga")
STORIES = 4000
CHUNKS = 8


class Story:
    """One incident, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.field = Field()
        self.now = at("2026-10-24 20:00") + timedelta(
            minutes=self.random.randrange(12 * 60)
        )  # clocks change that night
        self.edits: tuple[Callable[[], None], ...] = (
            self._people,
            self._policies,
            self._policies,
            self._resort,
            self._team,
        )
        for edit in self.edits[:4]:
            edit()
        self.incident = Incident(
            "i",
            "payments",
            self.random.choice(("critical", "critical", "warning", "info", "odd")),
            "disk full",
            self.now,
            person=self.random.choice((None, None, None, "dave")),
            turn=self.random.randrange(5),
        )
        self.pages: list[Page] = []
        self.allowed: set[str | None] = set()
        self.trace: list[object] = []

    # -- the configuration

    def _people(self) -> None:
        rules = ("0m push", "0m sms call", "1m sms", "3m call", "7m push", "20m call")
        self.field.people = {
            name: person(
                name,
                *sorted(self.random.sample(rules, self.random.randrange(4)), key=lambda rule: parse(rule.split()[0])),
                without=self.random.choice(("", "", "push", "push sms call")),
            )
            for name in NAMES
            if self.random.random() < 0.85
        }

    def _schedule(self) -> Target | str:
        names = self.random.sample(NAMES, 3)
        made = rota(
            "primary",
            " ".join(names),
            starting="2026-10-20 01:30",
            every="day",
            pages=self.random.choice(("all", "all", "all", "copy")),
        )
        return with_nobody(made, "2026-10-24 00:00", "2026-10-25 02:00") if self.random.random() < 0.2 else made  # type: ignore[return-value]

    def _targets(self) -> list[object]:
        return [self.random.choice((self._schedule(), *NAMES)) for _ in range(self.random.randrange(1, 4))]

    def _policies(self) -> None:
        def steps() -> list[object]:
            return [
                step(
                    self._targets(),  # type: ignore[arg-type]
                    self.random.choice(("0s", "30s", "2m", "5m", "15m", "9h", None)),
                    self.random.choice(("all", "round robin")),
                )
                for _ in range(self.random.randrange(1, 4))
            ]

        ack = self.random.choice((None, "1m", "30m"))
        repeat = self.random.randrange(3)
        self.field.escalates(*steps(), repeat=repeat, ack_timeout=ack)  # type: ignore[arg-type]
        self.field.escalates(*steps(), severity="warning", hours=OFFICE, ack_timeout=ack)  # type: ignore[arg-type]
        self.field.escalates(*self.random.choice(((), steps())), severity="info", ack_timeout=ack)  # type: ignore[arg-type]

    def _resort(self) -> None:
        if self.random.random() < 0.3:
            self.field.resort = None
        else:
            self.field.last_resort("5m", *self.random.choice((["olga"], ["email:all@example.com"], self._targets())))  # type: ignore[arg-type]

    def _team(self) -> None:
        if "payments" in self.field.teams:
            self.field.teams["money"] = self.field.teams.pop("payments")
        else:
            self.field.teams["payments"] = self.field.teams["money"]

    # -- what happens

    def run(self) -> list[object]:
        """Play it, and give back all that was decided."""
        hold = timedelta(minutes=self.random.choice((0, 0, 0, 5)))
        self.happens(Opened(self.now + hold))
        for _ in range(self.random.randrange(5, 50)):
            if self.random.random() < 0.1:
                self.random.choice(self.edits)()
            self.happens(self._event())
        return self.trace

    def _event(self) -> Event:
        next_at, name = self.incident.next_at, self.random.choice(NAMES)
        chance = self.random.random()
        if chance < 0.55 and next_at is not None:
            self.now = max(self.now, next_at)
            return Ticked()
        if chance < 0.62:
            self.now += timedelta(minutes=self.random.choice((1, 4, 30, 400)))  # an outage
            return Ticked()
        if chance < 0.65:
            self.now -= timedelta(minutes=self.random.choice((1, 60, 6000)))
            return Ticked()
        self.now += timedelta(seconds=self.random.randrange(90))
        if chance < 0.82 and self.pages:
            return Failed(self.random.choice(self.pages[-6:]).id, "busy")
        if chance < 0.87:
            return Acknowledged(name)
        if chance < 0.90:
            return Snoozed(name, self.now + timedelta(minutes=self.random.choice((0, 10, 600))))
        if chance < 0.94:
            return Declined(name)
        if chance < 0.97:
            return Reassigned(name, self.random.choice(NAMES))
        return Opened() if chance < 0.98 else Ticked() if chance < 0.99 else Resolved(name)

    def happens(self, event: Event) -> None:
        """One event, and all that must hold after it."""
        before = self.incident
        self.incident, actions = decide(before, event, self.now, self.field.world)
        self.trace.append((self.now, event, actions))
        sent = [action for action in actions if isinstance(action, Page)]
        self._bounded(actions, sent)
        self._first_step(before, actions, sent)
        self._silent_after(before, sent)
        self._progress(event)
        self._refused_at_once(sent)
        self._right_people(before, event, actions, sent)
        if any(isinstance(action, Refused) for action in actions):
            assert not sent
            assert self.incident.status == before.status
        self.pages += sent

    def _bounded(self, actions: tuple[Action, ...], sent: list[Page]) -> None:
        assert len(actions) < 300
        known = {page.id for page in self.pages}
        assert len({page.id for page in sent} - known) == len(sent)

    def _first_step(self, before: Incident, actions: tuple[Action, ...], sent: list[Page]) -> None:
        """I1: what begins is sent now, or by a rule of the step; else it is recorded why not, and said louder."""
        begins = before.began_at is None or before.status == HELD
        if begins and self.incident.status == TRIGGERED and not sent and not self.incident.due:
            assert any(isinstance(action, Alarm) for action in actions)
            kinds = {action.kind for action in actions if isinstance(action, Note)}
            assert kinds & {"nobody", "mute", "copies", "unknown-team", "no-policy"}

    def _silent_after(self, before: Incident, sent: list[Page]) -> None:
        """I3: nothing is sent, or will be, while somebody has it, or when it is over."""
        if self.incident.status != TRIGGERED:
            assert not sent
            assert self.incident.due == ()
        if before.status == RESOLVED:
            assert self.incident == before

    def _progress(self, event: Event) -> None:
        """I4: while nobody has it something is due, and a tick gets it there."""
        if self.incident.status in (TRIGGERED, HELD):
            assert self.incident.next_at is not None
            ticks = 0
            following = self.incident
            while isinstance(event, Ticked) and (next_at := following.next_at) is not None and next_at <= self.now:
                following = decide(following, Ticked(), self.now, self.field.world).incident
                ticks += 1
                assert ticks < 50, "it ticks on the spot"
        elif self.incident.status == ACKNOWLEDGED:
            assert self.incident.acknowledged_by is not None

    def _refused_at_once(self, sent: list[Page]) -> None:
        """Every provider refuses every page as soon as it is sent: that comes to an end."""
        following, waiting, count = self.incident, list(sent), 0
        while waiting:
            following, actions = decide(following, Failed(waiting.pop(0).id, "refused"), self.now, self.field.world)
            waiting += [action for action in actions if isinstance(action, Page)]
            count += 1
            assert count < 200, "it sends on the spot"
        if following.status == TRIGGERED:
            assert following.next_at is not None

    def _right_people(self, before: Incident, event: Event, actions: tuple[Action, ...], sent: list[Page]) -> None:
        """I5: on call, or named, by the configuration of the moment when the step began."""
        kinds = {action.kind for action in actions if isinstance(action, Note)}
        if kinds & {"step", "last-resort", "timeout", "reassigned", "handoff"}:
            if "handoff" not in kinds:
                self.allowed = set()
            for severity in self.field.teams.get("payments", self.field.teams.get("money")).severities.values():  # type: ignore[union-attr]
                for each in severity.policy.steps if severity.policy is not None else ():
                    self.allowed |= self._on(each.targets)
            self.allowed |= self._on(self.field.resort.targets if self.field.resort is not None else ())
            self.allowed |= {before.acknowledged_by, self.incident.person}
            self.allowed |= {event.to} if isinstance(event, Reassigned) else set()
        for page in sent:
            assert page.person is None or page.person in self.allowed, page

    def _on(self, targets: tuple[Target, ...]) -> set[str | None]:
        found: set[str | None] = set()
        for target in targets:
            if isinstance(target, PersonTarget):
                found.add(target.person)
            elif isinstance(target, ScheduleTarget):
                found |= {on.person for on in on_call_at(target.schedule, self.now)}
        return found


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_story_breaks_a_rule(chunk: int) -> None:
    """Thousands of incidents, thirty events each."""
    for seed in range(chunk, STORIES, CHUNKS):
        try:
            Story(seed).run()
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error


def test_the_same_seed_is_the_same_story() -> None:
    """Nothing depends on anything but the arguments."""
    for seed in range(50):
        assert Story(seed).run() == Story(seed).run()


def test_the_stories_go_everywhere() -> None:
    """Every kind of decision occurs, so that what holds for all means something."""
    kinds: set[str] = set()
    for seed in range(400):
        for _, _, actions in Story(seed).run():  # type: ignore[misc]
            for action in actions:
                kinds.add(action.kind if isinstance(action, Note) else type(action).__name__)
    assert kinds >= {
        "step", "missed", "nobody", "mute", "held", "recorded", "last-resort", "end", "timeout", "declined", "snoozed",
        "reassigned", "acknowledged", "resolved", "failed", "clock", "unknown-team", "handoff",
        "Page", "CancelPages", "Notify", "Alarm", "Refused",
    }  # fmt: skip
