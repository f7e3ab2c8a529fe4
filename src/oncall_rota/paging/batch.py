"""One batch at the desk: requests are sorted by incident, decided, written together, and answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

from oncall_rota.paging.bundle import Held, bundled_job, is_held
from oncall_rota.paging.case import PAGER, Case, Scene
from oncall_rota.paging.claimed import is_wanted, job_of, new_job, stands_for
from oncall_rota.paging.delivery import TRIES
from oncall_rota.paging.flapping import Openings
from oncall_rota.paging.incident import (
    RECORDED,
    TRIGGERED,
    Delayed,
    Failed,
    Incident,
    Notify,
    Ticked,
)
from oncall_rota.paging.job import Job, PageData, page_data
from oncall_rota.paging.message import LINES, clean
from oncall_rota.paging.ports.row import (
    NOTICE,
    SYNTHETIC,
    UNLISTED,
    Committed,
    Conflict,
    IncidentRow,
    NewPage,
    Outcome,
    Receipt,
)
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.request import (
    Act,
    Acted,
    Claimed,
    Done,
    Inform,
    Informed,
    Rehearse,
    Rehearsed,
    Remark,
    Reply,
    Request,
    Tick,
    Told,
    Unconfirmed,
)
from oncall_rota.paging.signal import Accepted, Origin, Signal, origin_of
from oncall_rota.paging.signalled import begun, signalled

PATIENT = timedelta(seconds=10)  # a provider that wants to be left alone for longer: the next rule need not wait
_ID = re.compile("[0-9a-f]{16}", re.ASCII)  # of an incident


class Slot(NamedTuple):
    """A request, and the place of its reply; None: nobody waits for one."""

    number: int | None
    request: Request


class Round(NamedTuple):
    """What a batch came to. `waiting`: what is to be decided next, on what is written by then."""

    replies: dict[int, Reply | Exception]
    jobs: list[Job]
    ringing: list[tuple[str, str]]
    alarms: list[str]
    waiting: list[Slot]


class Batch:
    """Takes one batch, once. `openings`: what was opened lately."""

    def __init__(self, store: Store, scene: Scene, monotonic: Callable[[], float], openings: Openings) -> None:
        self._store = store
        self._scene = scene
        self._monotonic = monotonic
        self._openings = openings
        self._cases: dict[str, Case] = {}  # by the incident's id
        self._slots: dict[str, list[Slot]] = {}
        self._open: dict[Origin, IncidentRow] = {}
        self._origins: dict[Origin, str] = {}
        self._ready: dict[str, list[Job]] = {}  # claimed before this batch
        self._expected: dict[str, Job] = {}  # by page: claimed by this batch's commit
        self._round = Round({}, [], [], [], [])

    def take(self, slots: Sequence[Slot]) -> Round:
        """Decide, write, answer. Raises `StoreFailed`: then nothing is written."""
        # What was sent comes last: a page that this batch cancels is late then, and whatever rings is stopped.
        ordered = sorted(slots, key=lambda slot: _is_sent(slot.request))
        origins = list({origin_of(slot.request) for slot in ordered if isinstance(slot.request, Signal)})
        if origins:
            self._open = {(row.source, row.key): row for row in self._store.open_by_keys(origins)}
        for slot in ordered:
            self._decide(slot)
        before = self._monotonic()
        units = [case.unit for case in self._cases.values()]
        results = self._store.commit(units)
        for (name, case), unit, result in zip(self._cases.items(), units, results, strict=True):
            if isinstance(result, Committed):
                for row in unit.incidents:
                    self._scene.recalled.keep(row._replace(version=row.version + 1), case.state)
                self._committed(name, case, result, before)
                continue
            for number in [slot.number for slot in self._slots[name] if slot.number is not None]:
                del self._round.replies[number]
                if not isinstance(result, Conflict):
                    self._round.replies[number] = result
            if isinstance(result, Conflict):
                self._round.waiting.extend(self._slots[name])
            else:
                self._round.alarms.append(f"a decision about incident {name} cannot be kept: {result}")
        return self._round

    def _decide(self, slot: Slot) -> None:
        request = slot.request
        if isinstance(request, Signal):
            origin = origin_of(request)
            name = self._signalled(request, origin)
            incident = self._cases[name].incident
            if incident is not None and not incident.is_open:
                self._round.waiting.append(slot)  # closed in this very batch: the next one finds it closed
                return
            reply: Reply = self._signal(name, request, origin)
        else:
            if isinstance(request, Done) and _is_sent(request):
                name = self._sent(request.job.page_id)
            else:
                name = self._named(_about(request, self._scene))
            reply = self._meanings[type(request)](self, name, request)
        self._slots[name].append(slot)
        if slot.number is not None:
            self._round.replies[slot.number] = reply

    def _signalled(self, signal: Signal, origin: Origin) -> str:
        """The open incident that a signal belongs to, or a new one's id."""
        name = self._origins.get(origin)
        if name is None:
            row = self._open.get(origin)
            name = row.id if row is not None else self._fresh(signal.incident_id)
            self._origins[origin] = name
            if name not in self._cases:
                self._begin(name, Case(self._scene, row))
        return name

    def _fresh(self, wanted: str) -> str:
        """The id of a new incident: the one that its sender wants, unless another incident has it."""
        known = wanted in self._cases or (wanted and self._store.incident(wanted) is not None)
        return wanted if _ID.fullmatch(wanted) and not known else self._scene.token(8)

    def _named(self, incident_id: str) -> str:
        if incident_id not in self._cases:
            self._begin(incident_id, Case(self._scene, self._store.incident(incident_id)))
        return incident_id

    def _sent(self, page_id: str) -> str:
        """A page that was sent changes nothing about its incident, which is not even read."""
        if page_id not in self._cases:
            self._begin(page_id, Case(self._scene, None))
        return page_id

    def _begin(self, name: str, case: Case) -> None:
        self._cases[name], self._slots[name], self._ready[name] = case, [], []

    # -- what each request means

    def _signal(self, name: str, signal: Signal, origin: Origin) -> Accepted:
        def new() -> Incident:
            flaps = self._openings.flaps(origin, self._scene.now)
            return begun(name, signal, self._scene, flaps, lambda: self._turn(signal.team))

        return signalled(self._cases[name], signal, origin, self._scene, new)

    def _turn(self, team: str) -> int:
        """How many incidents a team has had, those of this batch too."""
        new = [case for case in self._cases.values() if case.row is None and case.incident is not None]
        return self._store.count(team) + sum(case.state.team == team for case in new)

    def _act(self, name: str, act: Act) -> Acted:
        case = self._cases[name]
        if case.incident is None:
            return Acted(None)
        case.decide(act.event, act.actor)
        return Acted(case.incident, case.refused)

    def _remark(self, name: str, remark: Remark) -> Acted:
        case = self._cases[name]
        if case.incident is not None:
            case.note("remark", clean(remark.text), remark.by)
        return Acted(case.incident)

    def _rehearse(self, name: str, rehearse: Rehearse) -> Rehearsed:
        """A page to nobody, of an incident that is over. It decides nothing, so the audit has nothing of it."""
        case, channel = self._cases[name], rehearse.channel
        now, words = self._scene.now, "a page to nobody, to see that pages go out"
        case.open(Incident(name, "", "info", words, now, status=RECORDED), SYNTHETIC, name)
        data = PageData("synthetic", address="")
        page = NewPage(f"{name}-1", name, None, channel, f"-/{channel}", "", data.json())
        case.data[page.id], case.pages[page.id] = data, page
        return Rehearsed(page.id)

    def _inform(self, name: str, inform: Inform) -> Informed:
        """A notice, once: the row of an incident that is over remembers it, for all servers and after a restart."""
        case = self._cases[name]
        if case.incident is not None:
            return Informed(False)
        text, lines = clean(inform.text), tuple([clean(line) for line in inform.lines[:LINES]])
        told = Incident(name, "", "info", text, self._scene.now, person=inform.person, status=RECORDED, lines=lines)
        case.open(told, NOTICE, name)
        case.notify(Notify(inform.person, inform.what))
        case.note("told", inform.what)
        return Informed(True)

    def _tick(self, name: str, _: Tick) -> None:
        case = self._cases[name]
        if case.incident is not None and case.incident.is_open:
            case.decide(Ticked())

    def _claimed(self, name: str, claimed: Claimed) -> None:
        """Pages that were somebody's, or waited: sent again, bundled, or dropped when nobody needs them any more."""
        held: list[Held] = []
        for row in claimed.rows:
            case = self._cases[self._named(row.incident_id)]
            data = page_data(row.data)
            if case.incident is None or not is_wanted(case.incident, row, data, self._store, self._scene):
                over = case.incident is None or case.incident.status != TRIGGERED
                case.outcomes.append(Outcome(row.id, row.fence, "cancelled" if over else "missed"))
                case.note("dropped", "nobody needs it any more" if over else "its step is over", page=row.id)
            elif row.state == "claimed" and is_held(row, data):
                held.append(Held(row, case.incident, data))
            else:
                job = job_of(row, case.incident, data, self._store, self._scene)
                self._ready[name].append(job._replace(claimed=claimed.at, unsure=row.state == "unsure"))
        if held:
            self._bundle(name, held)

    def _bundle(self, name: str, held: list[Held]) -> None:
        row = held[0].row
        for other in self._store.pending(row.channel, row.address_ref):
            data = page_data(other.data)
            if other.state == "waiting" and is_held(other, data):
                incident = self._cases[self._named(other.incident_id)].incident
                if incident is not None and incident.status == TRIGGERED:
                    held.append(Held(other, incident, data))
        case = self._cases[name]
        job = bundled_job(self._store, self._scene, case, held)
        if job is not None:
            self._expected[job.page_id] = job

    def _ended(self, name: str, done: Done) -> None:
        case, job, result = self._cases[name], done.job, done.result
        if result.alarm is not None:
            case.alarms.append(result.alarm)
        if result.state in ("sent", "delivered"):
            case.outcomes.append(Outcome(job.page_id, job.fence, result.state, result.provider_id))
        elif result.state == "failed":
            data = PageData("synthetic", why=result.why, address="").json() if job.what == "synthetic" else None
            case.outcomes.append(Outcome(job.page_id, job.fence, "failed", data=data))
            self._tell(name, job.named, Failed, result.why)
        elif result.state == "cancelled":
            case.outcomes.append(Outcome(job.page_id, job.fence, "cancelled"))
        elif result.state == "retry":
            case.outcomes.append(Outcome(job.page_id, job.fence, "waiting", wait=result.wait, begun=result.begun))
            if result.wait > PATIENT:
                self._tell(name, job.named, Delayed, result.why)
        elif result.state == "unsure":
            case.outcomes.append(Outcome(job.page_id, job.fence, "unsure"))
            self._expected[job.page_id] = job._replace(unsure=True, attempts=job.attempts + 1)
            if job.attempts >= TRIES:  # it is asked for and tried once more, but nobody waits for that
                self._tell(name, job.named, Delayed, result.why)
        elif result.state == "renew":
            case.outcomes.append(Outcome(job.page_id, job.fence, "claimed", begun=False))
            self._expected[job.page_id] = job

    def _told(self, name: str, told: Told) -> None:
        case, row = self._cases[name], self._scene.page(told.page_id)
        if row is None:
            return
        case.receipts.append(Receipt(row.id, told.state, told.provider_id))
        if row.state == "cancelled" and told.state == "sent":
            case.ringing.append(row._replace(provider_id=told.provider_id))
        if told.state == "failed" and row.state not in ("failed", "delivered", "cancelled"):
            self._tell(name, stands_for(row, page_data(row.data), self._scene), Failed, told.why)

    def _unconfirmed(self, name: str, unconfirmed: Unconfirmed) -> None:
        row = self._scene.page(unconfirmed.page_id)
        if row is not None and row.state == "sent":  # else somebody has said so meanwhile
            self._tell(name, stands_for(row, page_data(row.data), self._scene), Delayed, unconfirmed.why)

    def _tell(self, name: str, pages: Sequence[tuple[str, str]], event: type[Failed | Delayed], why: str) -> None:
        """Tell every incident that a page, or its bundle, reached nobody, or not yet."""
        for page_id, incident_id in pages:
            if incident_id == name:
                self._cases[name].decide(event(page_id, why))
            else:
                self._round.waiting.append(Slot(None, Act(incident_id, event(page_id, why), PAGER)))

    # Of the class: an instance that held its own methods would be a cycle, and wait for the garbage collector.
    _meanings: ClassVar[Mapping[type, Callable[[Batch, str, Any], Reply]]] = {
        Act: _act,
        Remark: _remark,
        Tick: _tick,
        Claimed: _claimed,
        Done: _ended,
        Told: _told,
        Unconfirmed: _unconfirmed,
        Rehearse: _rehearse,
        Inform: _inform,
    }

    # -- after the commit

    def _committed(self, name: str, case: Case, result: Committed, before: float) -> None:
        if case.row is None and case.incident is not None and case.origin[0] not in UNLISTED:
            self._openings.add(case.origin, name, case.incident.opened_at)
        self._round.jobs.extend(self._ready[name])
        for claim in result.claims:
            job = self._expected.get(claim.page_id) or self._new_job(claim.page_id, case)
            if job is not None:
                self._round.jobs.append(job._replace(fence=claim.fence, claimed=before))
        for page_id in result.refused:
            self._over_budget(case, case.pages[page_id])
        for slot in self._slots[name]:
            if isinstance(slot.request, Done) and slot.request.job.page_id in result.late:
                self._late(slot.request)
        self._round.alarms.extend(case.alarms)
        ringing = [(row.channel, row.provider_id) for row in case.ringing if row.provider_id is not None]
        self._round.ringing.extend(ringing)

    def _over_budget(self, case: Case, page: NewPage) -> None:
        """It waits for the next bundle; what costs nothing goes at once."""
        channels = self._scene.configuration.channels
        free = tuple([name for name, channel in channels.items() if channel.limit is None])
        why = f"the budget for {page.channel} is spent"
        self._round.waiting.append(Slot(None, Act(case.state.id, Delayed(page.id, why, free), PAGER)))

    def _new_job(self, page_id: str, case: Case) -> Job | None:
        page = case.pages.get(page_id)
        if page is None:
            return None
        return new_job(page, case.state, case.data[page_id], self._store, self._scene)

    def _late(self, done: Done) -> None:
        """Another instance has the page by now, or somebody acknowledged: what we know is a receipt."""
        result = done.result
        if result.state in ("sent", "delivered"):
            told = Told(done.job.page_id, result.state, result.provider_id)
            self._round.waiting.append(Slot(None, told))


def _is_sent(request: Request) -> bool:
    """Whether a provider has just taken a page."""
    return isinstance(request, Done) and request.result.state in ("sent", "delivered")


def _about(request: Act | Remark | Tick | Claimed | Done | Told | Unconfirmed | Rehearse | Inform, scene: Scene) -> str:
    """The id of the incident that a request is about."""
    if isinstance(request, Act | Remark | Rehearse | Inform):
        return request.incident_id
    if isinstance(request, Tick):
        return request.row.id
    if isinstance(request, Claimed):
        return request.rows[0].incident_id
    if isinstance(request, Done):
        return request.job.incident_id
    row = scene.page(request.page_id)
    return row.incident_id if row is not None else ""
