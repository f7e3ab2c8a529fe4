"""A fake clock, fake phones and a configuration in a few words, to tell stories of paging with.

The engine is the real one. Every page lands on somebody's phone and must be expected there; a story that leaves one
unread fails. It is Wednesday 2026-06-17 12:00 UTC; alice has the week, then bob, then carol.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import (
    Acknowledged,
    Action,
    Alarm,
    CancelPages,
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
    Snoozed,
    Ticked,
)
from oncall_rota.paging.model import (
    AddressTarget,
    LastResort,
    PersonTarget,
    Policy,
    Reach,
    Rule,
    ScheduleTarget,
    Severity,
    Step,
    Target,
    TeamPaging,
)
from oncall_rota.paging.world import Configured
from oncall_rota.schedule.model import (
    Block,
    Entry,
    Every,
    Handover,
    HolidayCalendar,
    Layer,
    Override,
    Rotation,
    Schedule,
    Service,
    Source,
    Team,
    Window,
)
from oncall_rota.timeline.duration import parse

HERE = Source("payments.yaml", 1)
DAY, HOUR = 86400, 3600
OFFICE = Window(spans=tuple([(day * DAY + 9 * HOUR, day * DAY + 17 * HOUR) for day in range(5)]))
CHANNELS = ("push", "sms", "call", "email")


def at(text: str) -> datetime:
    """`2026-06-17 12:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rota(
    name: str, people: str, starting: str = "2026-06-15 09:00", zone: str = "Europe/London", pages: str = "all",
    team: str = "payments", every: str = "week",
) -> Schedule:  # fmt: skip
    """A schedule in which the people take turns."""
    order = tuple([Entry((person,), HERE) for person in people.split()])
    block = Block(datetime.fromisoformat(starting), order, HERE)
    rotation = Rotation((block,), HERE, Every(every, 1))
    return Schedule(team, name, zone, HERE, (Layer(name, zone, HERE, rotation),), pages=pages)


def with_nobody(schedule: Schedule, start: str, end: str) -> Schedule:
    """The schedule with a hole in it."""
    hole = Override("who", (), at(start), at(end), HERE)
    return Schedule(
        schedule.team, schedule.name, schedule.timezone, HERE, schedule.layers, overrides=(*schedule.overrides, hole)
    )


def step(targets: Sequence[Schedule | str] | Schedule | str, wait: str | None = "5m", pick: str = "all") -> Step:
    """A step that pages schedules and people."""
    many = [targets] if isinstance(targets, Schedule | str) else targets
    waits = None if wait is None else parse(wait)
    return Step(tuple([_target(each) for each in many]), waits, HERE, pick == "round robin")


def _target(what: Schedule | str) -> Target:
    if isinstance(what, Schedule):
        return ScheduleTarget(what)
    via, colon, address = what.partition(":")
    return AddressTarget(via, address) if colon else PersonTarget(what)


def person(name: str, *rules: str, without: str = "") -> Reach:
    """A person who is reached by rules such as `2m sms`, in all channels but `without`."""
    read = [(parse(rule.split()[0]), tuple(rule.split()[1:])) for rule in rules]
    addresses = {channel: f"{name}/{channel}" for channel in CHANNELS if channel not in without.split()}
    return Reach(name, name.title(), tuple([Rule(*each) for each in read]), addresses)


class Phone:
    """What one person, or one address, gets; and what they do."""

    def __init__(self, field: Field, owner: str) -> None:
        self._field = field
        self._owner = owner
        self.inbox: list[Page] = []
        self.notices: list[str] = []
        self.last: Page | None = None

    def expects_push(self, text: str = "") -> None:
        """A push came."""
        self.expects("push", text)

    def expects_sms(self, text: str = "") -> None:
        """An SMS came."""
        self.expects("sms", text)

    def expects_call(self, text: str = "") -> None:
        """It rang."""
        self.expects("call", text)

    def expects_email(self, text: str = "") -> None:
        """A mail came."""
        self.expects("email", text)

    def expects(self, channel: str, text: str = "") -> None:
        """The next page came by that channel, and says that text."""
        assert self.inbox, f"{self._owner} got no {channel}"
        page = self.inbox.pop(0)
        assert page.channel == channel, f"{self._owner} got a {page.channel} ({page.why}) and not a {channel}"
        assert text in page.why, page.why
        self.last = page

    def expects_nothing(self) -> None:
        """It is silent."""
        assert not self.inbox, f"{self._owner} got {[(page.channel, page.why) for page in self.inbox]}"

    def expects_notice(self, text: str) -> None:
        """A quiet notice came."""
        assert self.notices, f"{self._owner} got no notice"
        notice = self.notices.pop(0)
        assert text in notice, notice

    def acknowledges(self) -> None:
        """I take it."""
        self._field.happens(Acknowledged(self._owner, "sms"))

    def declines(self) -> None:
        """I cannot."""
        self._field.happens(Declined(self._owner))

    def snoozes(self, span: str) -> None:
        """I take it; ask me again later."""
        self._field.happens(Snoozed(self._owner, self._field.now + parse(span)))

    def gives_it_to(self, other: str) -> None:
        """Somebody else takes it."""
        self._field.happens(Reassigned(self._owner, other))

    def resolves(self) -> None:
        """It is over."""
        self._field.happens(Resolved(self._owner))

    def fails(self, why: str) -> None:
        """The page that came last, whatever the channel, did not reach anybody."""
        assert self.last is not None
        self._field.happens(Failed(self.last.id, why))

    def call_is_busy(self) -> None:
        """The call that came last was busy."""
        assert self.last is not None
        assert self.last.channel == "call"
        self.fails("busy")

    def everything_fails(self) -> None:
        """Whatever came is refused by its provider, one after the other."""
        while self.inbox:
            self.last = self.inbox.pop(0)
            self.fails("refused")


class Field:
    """A folder of rotations, a clock and the phones of all."""

    def __init__(self) -> None:
        self.now = at("2026-06-17 12:00")
        self.primary = rota("primary", "alice bob carol")
        self.secondary = rota("secondary", "bob carol alice")
        self.people = {
            name: person(name, "0m push", "2m sms", "4m call")
            for name in ("alice", "bob", "carol", "dave", "erin", "grace", "olga")
        }
        self.services: dict[str, Service] = {}
        self.teams: dict[str, TeamPaging] = {}
        self.resort: LastResort | None = None
        self.schedules: dict[str, dict[str, Schedule]] = {"payments": {"primary": self.primary}}
        self.escalates(step(self.primary), step(self.secondary, "10m"))
        self.last_resort("5m", "olga")
        self.phones: dict[str, Phone] = {}
        self.incident = Incident("i", "payments", "critical", "disk full", self.now)
        self.log: list[Action] = []
        self.sent_at: list[datetime] = []
        self.unread_notes: list[Note | Alarm | Refused] = []

    # -- configuration, at any time

    def escalates(
        self, *steps: Step, repeat: int = 0, ack_timeout: str | None = "30m", team: str = "payments",
        hours: Window | None = None, holidays: HolidayCalendar | None = None, severity: str = "critical",
    ) -> None:  # fmt: skip
        """How a team's incidents of a severity go from step to step."""
        timeout = None if ack_timeout is None else parse(ack_timeout)
        made = Severity(Policy(steps, repeat) if steps else None, timeout, hours)
        before = dict(self.teams[team].severities) if team in self.teams else {"critical": made}
        self.teams[team] = TeamPaging(team, "Europe/London", {**before, severity: made}, parse("1h"), holidays)

    def last_resort(self, every: str, *targets: Schedule | str) -> None:
        """Whom nobody's silence leaves alone."""
        self.resort = LastResort(parse(every), tuple([_target(each) for each in targets]))

    def hands_over(self, service: str, to: Schedule, starting: str) -> None:
        """Another team runs the service from then on."""
        self.schedules.setdefault(to.team, {})[to.name] = to
        self.services[service] = Service(service, HERE, handover=Handover(to, at(starting), HERE, "m", "d"))

    @property
    def world(self) -> Configured:
        """The configuration as it is now."""
        made = {
            name: Team(name, "Europe/London", HERE, schedules, self.services if name == "payments" else {})
            for name, schedules in self.schedules.items()
        }
        return Configured(self.teams, self.people, self.resort, made)

    # -- what happens

    def opens(
        self, severity: str = "critical", service: str | None = None, person: str | None = None, hold: str = "0m",
        turn: int = 0,
    ) -> None:  # fmt: skip
        """A new incident of payments, or a page to a person."""
        self.incident = Incident(
            "i", "payments", severity, "disk full", self.now, service=service, person=person, turn=turn
        )
        self.happens(Opened(self.now + parse(hold)))

    def happens(self, event: Event) -> None:
        """An event reaches the engine now, and what it decides reaches the phones."""
        self.incident, actions = decide(self.incident, event, self.now, self.world)
        self.log += actions
        for action in actions:
            if isinstance(action, Page):
                self.sent_at.append(self.now)
                self.phone(action.person or action.address).inbox.append(action)
            elif isinstance(action, Notify):
                self.phone(action.person).notices.append(action.text)
            elif isinstance(action, Note | Alarm | Refused):
                self.unread_notes.append(action)

    def phone(self, owner: str) -> Phone:
        """Somebody's phone."""
        return self.phones.setdefault(owner, Phone(self, owner))

    def fast_forward(self, span: str) -> None:
        """Time passes, and the engine runs."""
        end_at = self.now + parse(span)
        while (next_at := self.incident.next_at) is not None and next_at <= end_at:
            self.now = max(self.now, next_at)
            self.happens(Ticked())
        self.now = end_at

    def until(self, text: str) -> None:
        """Time passes until then."""
        self.fast_forward(f"{int((at(text) - self.now).total_seconds())}s")

    def outage(self, span: str) -> None:
        """Time passes, and the engine does not run; then it is started."""
        self.now += parse(span)
        self.happens(Ticked())

    def clock_goes_back(self, span: str) -> None:
        """A restart finds the clock put back."""
        self.now -= parse(span)
        self.happens(Ticked())

    def source_resolves(self) -> None:
        """The monitor says that it is over."""
        self.happens(Resolved("prod-am"))

    # -- what is seen

    def expects_nothing(self) -> None:
        """Every page was expected."""
        for phone in self.phones.values():
            phone.expects_nothing()

    def says(self, kind: str, text: str = "") -> None:
        """The audit has such a row, not told before."""
        found = [
            each for each in self.unread_notes if isinstance(each, Note) and each.kind == kind and text in each.text
        ]
        assert found, f"no {kind!r} with {text!r} in {self.unread_notes}"
        self.unread_notes.remove(found[0])

    def never_says(self, kind: str) -> None:
        """The audit has no such row."""
        assert not [each for each in self.unread_notes if isinstance(each, Note) and each.kind == kind]

    def alarms(self, text: str) -> None:
        """Whoever runs it is alarmed."""
        assert any(isinstance(each, Alarm) and text in each.text for each in self.unread_notes), self.unread_notes

    def refuses(self, text: str) -> None:
        """What was asked for last has no effect, and why."""
        last = self.log[-1]
        assert isinstance(last, Refused), last
        assert text in last.text

    def cancelled(self) -> int:
        """How many pages were stopped by the decision before last."""
        found = [each for each in self.log if isinstance(each, CancelPages)]
        return len(found[-1].pages) if found else 0

    def waits_for(self) -> timedelta | None:
        """How long until anything happens."""
        return None if self.incident.next_at is None else self.incident.next_at - self.now
