"""What to do about an incident: (incident, event, now) -> (incident, actions). Pure; the moment is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from oncall_rota.paging.course import LATE, Course
from oncall_rota.paging.incident import (
    ACKNOWLEDGED,
    FLAPPING,
    HELD,
    RECORDED,
    RESOLVED,
    TRIGGERED,
    Acknowledged,
    Calmed,
    Decision,
    Declined,
    Delayed,
    Event,
    Failed,
    Fired,
    Incident,
    Opened,
    Reassigned,
    Refused,
    Resolved,
    Snoozed,
    Ticked,
)
from oncall_rota.paging.policy import is_graver, opening_of, severity_of
from oncall_rota.paging.reach import personal
from oncall_rota.paging.world import World


def decide(incident: Incident, event: Event, now: datetime, world: World) -> Decision:
    """What `event` at `now` makes of an incident."""
    deciding = _Deciding(incident, now, world)
    deciding.take(event)
    return Decision(deciding.incident, tuple(deciding.actions))


_NOTICEABLE = timedelta(seconds=1)  # two events at nearly the same time may come in the other order


class _Deciding(Course):
    """What each event means."""

    def take(self, event: Event) -> None:
        """Change the incident by an event."""
        if not self.incident.is_open:
            if not isinstance(event, (Ticked, Failed, Delayed)):
                self._refuse(f"it is {self.incident.status} already")
            return
        self._clamp()
        _HANDLERS[type(event)](self, event)

    def _opened(self, event: Opened) -> None:
        if self.incident.began_at is not None:
            self._refuse("it is open already")
            return
        if self.incident.person is None and severity_of(self.incident, self.world).policy is None:
            self.change(status=RECORDED)
            self.note("recorded", f"{self.incident.severity} is never paged")
            return
        begins_at = opening_of(self.incident, max(self.now, event.hold_until or self.now), self.world)
        if begins_at > self.now:
            self.change(status=HELD, began_at=self.now, ends_at=begins_at)
            self.note("held", f"{self.incident.severity} waits until {_text(begins_at)}")
        else:
            self.begin(f"{self._flapping()}, so it is open until it was calm" if self.incident.flaps else "opened")

    def _ticked(self, _: Ticked) -> None:
        incident = self.incident
        if incident.calm_at is not None:
            if self.now - incident.calm_at >= FLAPPING:
                self._close(f"resolved: calm for {FLAPPING.seconds // 60} minutes")
            return
        over = incident.ends_at is not None and incident.ends_at <= self.now
        if incident.status == ACKNOWLEDGED:
            if over:
                self._time_out()
        elif incident.status == HELD:
            if over:
                self.begin("the wait is over")
        elif over:
            opens_at = opening_of(incident, self.now, self.world)
            if opens_at > self.now:
                self.change(due=(), began_at=self.now, ends_at=opens_at)
                self.note("held", f"{incident.severity} waits until {_text(opens_at)}")
            else:
                self.next_step("not acknowledged in time")
        elif incident.next_at is not None and self.now - incident.next_at > LATE:
            self.resume(f"{self._place()}: not acknowledged yet")
        else:
            self.send_due(f"{self._place()}: not acknowledged yet")

    def _acknowledged(self, event: Acknowledged) -> None:
        if self.incident.status == ACKNOWLEDGED:
            self._refuse(f"acknowledged by {self.incident.acknowledged_by} already")
            return
        self._take_over(event.by, f"acknowledged by {event.by}")
        self.note("acknowledged", f"by {event.by}, {event.via}")

    def _resolved(self, event: Resolved) -> None:
        self._close(f"resolved by {event.by}", event.by)

    def _close(self, text: str, *but: str) -> None:
        self.stop()
        self.tell(text, *but)
        self.change(status=RESOLVED, ends_at=None, calm_at=None)
        self.note("resolved", text.removeprefix("resolved").lstrip(": "))

    def _calmed(self, event: Calmed) -> None:
        if not self.incident.flaps:
            self._resolved(Resolved(event.by))
        elif self.incident.calm_at is None:
            self.change(calm_at=self.now)
            self.note("calm", f"{event.by} says that it is over; it flaps, so it is open until it was calm for a while")

    def _fired(self, event: Fired) -> None:
        if self.incident.calm_at is not None:
            self.change(calm_at=None, flaps=self.incident.flaps + 1)
            self.note("flapping", self._flapping())
        before = self.incident.severity
        begins_at = max(self.now, event.hold_until or self.now)
        if is_graver(event.severity, before):
            why, taker = f"{before} became {event.severity}", self.incident.acknowledged_by
            why += f", and {taker} acknowledged the lesser" if taker is not None else ""
            self.change(severity=event.severity, summary=event.summary, lines=event.lines)
            self.note("graver", why)
            if opening_of(self.incident, begins_at, self.world) <= self.now:
                self._again(why)
        if self.incident.status == HELD and self.incident.ends_at is not None:
            self.change(ends_at=min(self.incident.ends_at, opening_of(self.incident, begins_at, self.world)))
        if self.incident.next_at is not None and self.incident.next_at <= self.now:
            self._ticked(Ticked())  # what was withheld while it was calm, or held

    def _snoozed(self, event: Snoozed) -> None:
        if event.until_at <= self.now:
            self._refuse("that time is over")
            return
        self._take_over(event.by, f"snoozed by {event.by} until {_text(event.until_at)}")
        self.change(ends_at=event.until_at)
        self.note("snoozed", f"by {event.by} until {_text(event.until_at)}")

    def _declined(self, event: Declined) -> None:
        if self.incident.status == HELD:
            self._refuse("nobody was paged yet")
            return
        if self.incident.status == ACKNOWLEDGED and event.by != self.incident.acknowledged_by:
            self._refuse(f"acknowledged by {self.incident.acknowledged_by} already")
            return
        present = {each.page for each in self.present}
        if self.incident.status == TRIGGERED and event.page is not None and event.page not in present:
            # A key that was heard twice, or late, must not pass by those who were asked since.
            self._refuse("it was passed on already")
            return
        self.note("declined", f"by {event.by}")
        self.cancel(event.by)
        # The next step is asked for now: nothing of it can have been missed.
        self.change(status=TRIGGERED, acknowledged_by=None, acknowledged_at=None, ends_at=None)
        self.next_step(f"declined by {event.by}")

    def _reassigned(self, event: Reassigned) -> None:
        self.note("reassigned", f"by {event.by} to {event.to}")
        if event.to == event.by:
            self._take_over(event.by, f"taken by {event.by}")
            return
        self.stop()
        self.tell(f"given to {event.to} by {event.by}", event.by, event.to)
        if self.incident.person is not None:
            self.change(person=event.to)
        self.give(event.to, f"given by {event.by}")

    def _failed(self, event: Failed) -> None:
        """Busy, unanswered, refused: the person's next rule at once; when nothing is left of the step, the next."""
        failed = next((each for each in self.incident.sent if each.page == event.page), None)
        if failed is not None and failed.failed:
            return  # a receipt that came twice
        self.note("failed", f"page {event.page}: {event.why}")
        if failed is None:
            return
        marked = [each._replace(failed=True) if each is failed else each for each in self.incident.sent]
        self.change(sent=tuple(marked))
        if failed.person is not None and not failed.copy:
            self.change(heard=max(self.incident.heard - 1, 0))
        if self.incident.status != TRIGGERED or failed.old or failed.copy:
            return
        # Two channels of one rule may fail one after the other: only the first brings the next rule forward.
        newest = max([each.at for each in self.present if each.person == failed.person])
        waiting = [each for each in self.incident.due if not each.copy]
        if any(each.person == failed.person for each in waiting):
            if failed.at == newest:
                self.bring_forward(failed.person)
                self.send_due(f"{self._place()}: {failed.channel}: {event.why}")
        elif not waiting and all(each.failed or each.copy for each in self.present) and not self.incident.ended:
            # The last resort has a pace of its own: a provider that refuses at once must not make it a loop.
            self.next_step("every page of the step failed")

    def _delayed(self, event: Delayed) -> None:
        """A budget or a provider holds a page back: the person is told at once by what is free."""
        held = next((each for each in self.present if each.page == event.page), None)
        if held is None or held.copy or self.incident.status != TRIGGERED:
            return
        self.note("delayed", f"page {event.page}: {event.why}")
        if event.channels is None:
            self.bring_forward(held.person)
        else:
            free = [
                each._replace(at=min(each.at, self.now))
                if each.person == held.person and each.channel in event.channels
                else each
                for each in self.incident.due
            ]
            self.change(due=tuple(free))
        self.send_due(f"{self._place()}: {held.channel}: {event.why}")

    # -- small means

    def _clamp(self) -> None:
        """After a restart with the clock put back no wait is longer than it was when it began."""
        began_at, ends_at = self.incident.began_at, self.incident.ends_at
        if self.incident.calm_at is not None:
            self.change(calm_at=min(self.incident.calm_at, self.now))
        if began_at is None or began_at - self.now < _NOTICEABLE:
            return
        by = began_at - self.now
        due = tuple([each._replace(at=each.at - by) for each in self.incident.due])
        ends_at = None if ends_at is None else ends_at - by
        if ends_at is not None and self.incident.status == HELD:
            ends_at = opening_of(self.incident, ends_at, self.world)  # the morning is not a length of time
        self.change(began_at=self.now, due=due, ends_at=ends_at)
        self.note("clock", f"the clock was put back by {by}")

    def _time_out(self) -> None:
        """Nobody has ended it in the time for that."""
        taker = self.incident.acknowledged_by
        why = f"{taker} acknowledged it, and it is still open"
        if self.incident.flaps:
            why += f": {self._flapping()}"
        self.note("timeout", why)
        self._again(why)

    def _again(self, why: str) -> None:
        """Step 1 at once, and whoever has acknowledged it."""
        taker = self.incident.acknowledged_by
        self.begin(why)
        if taker is not None and taker not in self.people:
            due = personal(taker, self.now, self.world)
            if not due:
                self.note("mute", f"no channel reaches {taker}")
            self.change(due=(*self.incident.due, *due))
            self.send_due(f"{self._place()}: {why}")

    def _take_over(self, by: str, text: str) -> None:
        """From now on it is theirs, until the severity's time for it is over."""
        self.stop()
        if self.incident.acknowledged_by != by:
            self.tell(text, by)
        timeout = severity_of(self.incident, self.world).ack_timeout
        if self.incident.flaps:
            timeout = min(timeout or FLAPPING, FLAPPING)
        ends_at = None if timeout is None else opening_of(self.incident, self.now + timeout, self.world)
        self.change(
            status=ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=self.now, began_at=self.now, ends_at=ends_at
        )

    def _place(self) -> str:
        """Where in its course it is, for people."""
        if self.incident.ended:
            return "last resort"
        return f"step {self.incident.step + 1}" if self.incident.step >= 0 else "given to you"

    def _flapping(self) -> str:
        return f"it flaps: resolved and fired again {self.incident.flaps} times"

    def _refuse(self, text: str) -> None:
        self.actions.append(Refused(text))


_HANDLERS: dict[type, Callable[[_Deciding, Any], None]] = {
    Opened: _Deciding._opened,
    Ticked: _Deciding._ticked,
    Acknowledged: _Deciding._acknowledged,
    Resolved: _Deciding._resolved,
    Calmed: _Deciding._calmed,
    Fired: _Deciding._fired,
    Snoozed: _Deciding._snoozed,
    Declined: _Deciding._declined,
    Reassigned: _Deciding._reassigned,
    Failed: _Deciding._failed,
    Delayed: _Deciding._delayed,
}


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
