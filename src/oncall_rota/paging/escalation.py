"""What to do about an incident: (incident, event, now) -> (incident, actions). Pure; the moment is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from oncall_rota.paging.hours import opening
from oncall_rota.paging.incident import (
    ACKNOWLEDGED,
    HELD,
    RECORDED,
    RESOLVED,
    TRIGGERED,
    Acknowledged,
    Action,
    CancelPages,
    Decision,
    Declined,
    Event,
    Failed,
    Incident,
    Note,
    Notify,
    Opened,
    Page,
    Reassigned,
    Refused,
    Resolved,
    Sent,
    Snoozed,
    Ticked,
)
from oncall_rota.paging.model import CRITICAL, PersonTarget, Policy, Severity, Step
from oncall_rota.paging.reach import personal, reached, targets_of
from oncall_rota.paging.world import World
from oncall_rota.schedule.model import Source

LATE = timedelta(minutes=1)  # a step that ended longer ago was missed: we were not running, or the clock jumped


def decide(incident: Incident, event: Event, now: datetime, world: World) -> Decision:
    """What `event` at `now` makes of an incident."""
    deciding = _Deciding(incident, now, world)
    deciding.take(event)
    return Decision(deciding.incident, tuple(deciding.actions))


def severity_of(incident: Incident, world: World) -> Severity:
    """How the incident's severity is paged; an unknown one as critical, an unknown team by the last resort alone."""
    team = world.team(incident.team)
    if team is None:
        return Severity(Policy(()), None)
    return team.severities.get(incident.severity) or team.severities[CRITICAL]


def policy_of(incident: Incident, now: datetime, world: World) -> Policy:
    """The steps that the incident goes through."""
    if incident.person is not None:
        return Policy((Step((PersonTarget(incident.person),), _OWN_RULES, Source("", 0)),))
    severity = severity_of(incident, world)
    if severity.policy is None or not severity.policy.steps:
        return severity.policy or Policy(())
    return world.policy(incident.team, incident.service, severity, now)


_OWN_RULES = timedelta(minutes=15)  # a page to a person: so long after their first rule the last resort is told


class _Deciding:
    """One decision on its way: the incident as it changes, and the actions so far."""

    def __init__(self, incident: Incident, now: datetime, world: World) -> None:
        self.incident = incident
        self.now = now
        self.world = world
        self.actions: list[Action] = []

    def take(self, event: Event) -> None:
        """Change the incident by an event."""
        if not self.incident.is_open:
            if not isinstance(event, (Ticked, Failed)):
                self.actions.append(Refused(f"it is {self.incident.status} already"))
            return
        handlers: dict[type, Callable[[Any], None]] = {
            Opened: self._opened,
            Ticked: self._ticked,
            Acknowledged: self._acknowledged,
            Resolved: self._resolved,
            Snoozed: self._snoozed,
            Declined: self._declined,
            Reassigned: self._reassigned,
            Failed: self._failed,
        }
        handlers[type(event)](event)

    # -- events

    def _opened(self, event: Opened) -> None:
        severity = severity_of(self.incident, self.world)
        if severity.policy is None and self.incident.person is None:
            self._change(status=RECORDED)
            self._note("recorded", f"{self.incident.severity} is never paged")
            return
        begins_at = max(self.now, event.hold_until or self.now)
        team = self.world.team(self.incident.team)
        if severity.hours is not None and team is not None and self.incident.person is None:
            begins_at = opening(severity.hours, team.holidays, team.timezone, begins_at)
        if begins_at > self.now:
            self._change(status=HELD, ends_at=begins_at)
            self._note("held", f"{self.incident.severity} waits until {_text(begins_at)}")
        else:
            self._begin("opened")

    def _ticked(self, _: Ticked) -> None:
        incident = self.incident
        over = incident.ends_at is not None and incident.ends_at <= self.now
        if incident.status == HELD:
            if over:
                self._begin("its hours have come")
        elif incident.status == ACKNOWLEDGED:
            if over:
                self._time_out()
        elif over:
            self._next_step("not acknowledged in time")
        else:
            self._send_due(f"step {incident.step + 1}")

    def _acknowledged(self, event: Acknowledged) -> None:
        if self.incident.status == ACKNOWLEDGED:
            self.actions.append(Refused(f"acknowledged by {self.incident.acknowledged_by} already"))
            return
        self._stop(f"acknowledged by {event.by}", but=event.by)
        timeout = severity_of(self.incident, self.world).ack_timeout
        self._take_over(event.by, None if timeout is None else self.now + timeout)
        self._note("acknowledged", f"by {event.by}, {event.via}")

    def _resolved(self, event: Resolved) -> None:
        self._stop(f"resolved by {event.by}", but=event.by)
        self._change(status=RESOLVED, ends_at=None)
        self._note("resolved", f"by {event.by}")

    def _snoozed(self, event: Snoozed) -> None:
        if event.until_at <= self.now:
            self.actions.append(Refused("that time is over"))
            return
        self._stop(f"snoozed by {event.by} until {_text(event.until_at)}", but=event.by)
        self._take_over(event.by, event.until_at)
        self._note("snoozed", f"by {event.by} until {_text(event.until_at)}")

    def _declined(self, event: Declined) -> None:
        self._note("declined", f"by {event.by}")
        if self.incident.status == HELD:
            return
        self._change(status=TRIGGERED, acknowledged_by=None, acknowledged_at=None)
        self._next_step(f"declined by {event.by}")

    def _reassigned(self, event: Reassigned) -> None:
        self._stop(f"given to {event.to} by {event.by}", but=event.by)
        self._change(person=event.to, acknowledged_by=None, acknowledged_at=None)
        self._note("reassigned", f"by {event.by} to {event.to}")
        self._begin(f"given by {event.by}")

    def _failed(self, event: Failed) -> None:
        failed = next((each for each in self.incident.sent if each.page == event.page), None)
        self._note("failed", f"page {event.page}: {event.why}")
        if failed is None or self.incident.status != TRIGGERED:
            return
        sent = tuple([each._replace(failed=True) if each is failed else each for each in self.incident.sent])
        self._change(sent=sent)
        waiting = [each.at for each in self.incident.due if each.person == failed.person]
        rule = [each for each in sent if (each.person, each.at) == (failed.person, failed.at)]
        if waiting and all(each.failed for each in rule):
            self._bring_forward(failed.person, min(waiting))
            self._send_due(f"page {event.page}: {event.why}")
        elif not self.incident.due and all(each.failed or each.copy for each in sent):
            self._next_step("every page of the step failed")

    # -- steps

    def _begin(self, why: str) -> None:
        self._change(status=TRIGGERED, step=-1, round=0, ends_at=None, due=(), sent=())
        self._start(0, why)

    def _time_out(self) -> None:
        """Page whoever acknowledged, and step 1, at once."""
        taker = self.incident.acknowledged_by
        why = "the acknowledgement has run out"
        self._note("timeout", f"{taker} acknowledged it and it is still open")
        self._change(status=TRIGGERED, acknowledged_by=None, acknowledged_at=None)
        self._begin(why)
        on = {each.person for each in self.incident.due} | {each.person for each in self.incident.sent}
        if taker is not None and taker not in on:
            self._change(due=(*self.incident.due, *personal(taker, self.now, self.world)))
            self._send_due(why)

    def _next_step(self, why: str) -> None:
        steps = policy_of(self.incident, self.now, self.world).steps
        if self.incident.step >= len(steps):
            self._tell_last_resort(why)
        else:
            self._start(self.incident.step + 1, why)

    def _start(self, number: int, why: str) -> None:
        """Start a step, or the first after it that reaches anybody; past the end the last resort."""
        policy = policy_of(self.incident, self.now, self.world)
        late = self.now - self.incident.ends_at if self.incident.ends_at is not None else timedelta(0)
        while True:
            if number >= len(policy.steps):
                if self.incident.round >= policy.repeat or not (policy.steps and self._reached_anybody()):
                    break
                number = 0
                self._change(round=self.incident.round + 1)
            step = policy.steps[number]
            if late > LATE and step.wait is not None and late >= step.wait:
                late -= step.wait
                self._note("missed", f"step {number + 1}: we were not running")
                number += 1
                continue
            found = reached(targets_of(step, self.incident.turn), self.now, self.world)
            for name in found.empty:
                self._note("nobody", f"step {number + 1}: nobody is on call in {name}")
            for person in found.mute:
                self._note("mute", f"step {number + 1}: no channel reaches {person}")
            ends_at = None if step.wait is None else self.now + step.wait
            self._change(step=number, step_at=self.now, ends_at=ends_at, due=found.due, sent=())
            self._note("step", f"step {number + 1}: {why}")
            self._send_due(f"step {number + 1}: {why}")
            if found.counts:
                return
            number += 1
        self._change(step=len(policy.steps), step_at=self.now, due=(), sent=())
        self._tell_last_resort("the policy has ended" if self._reached_anybody() else "nobody was reached")

    def _reached_anybody(self) -> bool:
        return bool(self.incident.paged)

    def _tell_last_resort(self, why: str) -> None:
        resort = self.world.last_resort()
        if resort is None:
            self._change(ends_at=None)
            self._note("end", f"{why}, and there is no last resort")
            return
        found = reached(resort.targets, self.now, self.world)
        self._change(step_at=self.now, ends_at=self.now + resort.every, due=found.due, sent=())
        self._note("last-resort", why)
        self._send_due(f"last resort: {why}")

    # -- pages

    def _send_due(self, why: str) -> None:
        """Send what is due; a page that is not sent to its person any more than once is sent once."""
        now_due = [each for each in self.incident.due if each.at <= self.now]
        later = tuple([each for each in self.incident.due if each.at > self.now])
        sent, paged, number = list(self.incident.sent), list(self.incident.paged), self.incident.pages
        for each in dict.fromkeys(each._replace(at=self.now) for each in now_due):
            number += 1
            page = Page(f"{self.incident.id}-{number}", each.person, each.channel, each.address, why, each.copy)
            sent.append(Sent(page.id, each.person, each.channel, self.now, each.copy))
            if each.person is not None and not each.copy and each.person not in paged:
                paged.append(each.person)
            self.actions.append(page)
        self._change(due=later, sent=tuple(sent), paged=tuple(paged), pages=number)

    def _bring_forward(self, person: str | None, first: datetime) -> None:
        """A person's next rule at once; the ones after it keep their distance to it."""
        by = max(first - self.now, timedelta(0))
        due = [each._replace(at=each.at - by) if each.person == person else each for each in self.incident.due]
        self._change(due=tuple(due))

    def _stop(self, text: str, but: str) -> None:
        """Nothing more is sent, what rings is stopped, and those who were paged are told."""
        ringing = tuple([each.page for each in self.incident.sent if not each.failed])
        if ringing:
            self.actions.append(CancelPages(ringing))
        self._change(due=(), sent=())
        self.actions += [Notify(person, text) for person in self.incident.paged if person != but]

    def _take_over(self, by: str, until: datetime | None) -> None:
        self._change(status=ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=self.now, ends_at=until)

    # -- small means

    def _change(self, **fields: Any) -> None:
        self.incident = self.incident._replace(**fields)

    def _note(self, kind: str, text: str) -> None:
        self.actions.append(Note(kind, text))


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
