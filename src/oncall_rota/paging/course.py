"""An incident's course through its policy: the steps, the rounds, and the last resort."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_rota.paging.draft import Draft
from oncall_rota.paging.incident import TRIGGERED, Alarm, Due
from oncall_rota.paging.model import Policy
from oncall_rota.paging.policy import policy_of
from oncall_rota.paging.reach import Reached, personal, reached, reached_by

LATE = timedelta(minutes=1)  # what was due longer ago was missed: we were not running, or the clock jumped
REST = timedelta(minutes=5)  # the end of a step without a wait, after the last rule of those whom it pages
# Without a last resort: how often it is alarmed, and looked whether anybody is on call now.
UNREACHED, UNANSWERED = timedelta(minutes=5), timedelta(hours=1)
SHORTEST = timedelta(minutes=1)  # the last resort is never told more often


class Course(Draft):
    """The steps of a decision."""

    def begin(self, why: str) -> None:
        """Start the policy from its first step."""
        self._afresh()
        self.start(0, why)

    def give(self, person: str, why: str) -> None:
        """Page one person; the policy is next, from its first step."""
        self._afresh()
        due = tuple(personal(person, self.now, self.world))
        if not due:
            self.note("mute", f"no channel reaches {person}")
            self.start(0, f"{why}; no channel reaches {person}")
            return
        self.enter(due, _end(None, self.now, due))
        self.send_due(why)

    def next_step(self, why: str) -> None:
        """Start the step after the present one, or the last resort again."""
        if not self.incident.ended:
            self.start(self.incident.step + 1, why)
        elif self.incident.heard:
            self._tell_last_resort(why)
        else:
            # Nobody was reached; by now somebody may be on call, or a provider be back.
            self.begin(why)

    def start(self, number: int, why: str) -> None:
        """Start a step, or the first after it that reaches anybody; past the end the last resort."""
        policy = policy_of(self.incident, self.now, self.world)
        if self.incident.person is None and self.world.team(self.incident.team) is None:
            self.note("unknown-team", f"there is no team {self.incident.team} any more")
        elif not policy.steps:
            self.note("no-policy", f"{self.incident.severity} is not paged any more")
        wanted = self._after_missed(policy, number)
        lacking: list[str] = []
        while (following := self._within(policy, wanted)) is not None:
            step = policy.steps[following]
            found = reached_by(step, self.incident.turn + self.incident.round, self.now, self.world)
            self.note("step", f"step {following + 1}: {why}")
            lacking += self._lacking(f"step {following + 1}", found)
            self.enter(found.due, _end(step.wait, self.now, found.due), step=following)
            self.send_due("; ".join(dict.fromkeys([f"step {following + 1}: {why}", *lacking])))
            if found.counts:
                return
            wanted = following + 1
        ending = "the policy has ended" if self.incident.heard else "nobody was reached"
        self._tell_last_resort("; ".join(dict.fromkeys([ending, *lacking])))

    def resume(self, why: str) -> None:
        """After an outage the present step pages whoever is on call now: rules that are overdue, and newcomers'."""
        policy = policy_of(self.incident, self.now, self.world)
        if not self.incident.ended and 0 <= self.incident.step < len(policy.steps):
            step = policy.steps[self.incident.step]
            found = reached_by(step, self.incident.turn + self.incident.round, self.now, self.world)
            on = {each.person for each in found.due if not each.copy}
            if not on <= self.people:
                kept = [each for each in self.incident.due if each.person in on]
                self.change(due=(*kept, *[each for each in found.due if each.person in on - self.people]))
                self.note("handoff", "who is on call has changed while we were not running")
        self.send_due(why)

    def _afresh(self) -> None:
        self.change(
            status=TRIGGERED,
            step=-1,
            round=0,
            ended=False,
            ends_at=None,
            heard=0,
            acknowledged_by=None,
            acknowledged_at=None,
        )

    def _within(self, policy: Policy, number: int) -> int | None:
        """That step, the first one of the next round, or None at the end. Nobody reached is no reason for a round."""
        if number < len(policy.steps):
            return number
        if self.incident.round >= policy.repeat or not policy.steps or not self.incident.heard:
            return None
        self.change(round=self.incident.round + 1)
        return 0

    def _after_missed(self, policy: Policy, number: int) -> int:
        """The step that it would be now, had we not been away; the first when all of it was missed."""
        late = timedelta(0) if self.incident.ends_at is None else self.now - self.incident.ends_at
        if late <= LATE:
            return number
        following = self._within(policy, number)
        while following is not None:
            wait = policy.steps[following].wait
            if wait is None or late < wait:
                return following
            late -= wait
            self.note("missed", f"step {following + 1}: we were not running")
            following = self._within(policy, following + 1)
        # The policy has ended without being run: the last resort comes after it, and it is not over.
        self.change(round=0)
        return 0

    def _tell_last_resort(self, why: str) -> None:
        resort = self.world.last_resort()
        self.change(ended=True)
        if resort is None:
            again = UNANSWERED if self.incident.heard else UNREACHED
            self.enter((), self.now + again)
            self.note("end", f"{why}, and there is no last resort")
            self.actions.append(Alarm(f"{why}, and there is no last resort"))
            return
        found = reached(resort.targets, self.now, self.world)
        self.note("last-resort", why)
        lacking = self._lacking("last resort", found)
        self.enter(found.due, self.now + max(resort.every, SHORTEST))
        self.send_due("; ".join([f"last resort: {why}", *lacking]))
        if not found.counts:
            self.actions.append(Alarm(f"{why}, and the last resort reaches nobody"))

    def _lacking(self, where: str, found: Reached) -> list[str]:
        """Record what a step does not reach, and say it."""
        for kind, text in found.lacking:
            self.note(kind, f"{where}: {text}")
        return [text for _, text in found.lacking]


def _end(wait: timedelta | None, now: datetime, due: tuple[Due, ...]) -> datetime:
    """When a step is over."""
    return now + wait if wait is not None else max([each.at for each in due], default=now) + REST
