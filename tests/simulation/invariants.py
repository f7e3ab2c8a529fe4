"""I1 to I7 of the fault model, over what is in the tables and what really happened, after every event."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from carrier import SECRET
from course import Told, neglected, told_status
from setting import PEOPLE, State
from timeflow import MINUTE, SECOND
from truth import Attempt, Taken

from oncall_rota.paging.message import Message
from oncall_rota.paging.ports.row import Unit
from oncall_rota.store import statement

if TYPE_CHECKING:
    from world import World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PRIVATE = re.compile(rf"\+44\d{{6,}}|@example\.org|-topic|{SECRET}")
SOON = SECOND  # I3
LATE = 30 * SECOND  # I4
AT_ONCE = 90 * SECOND  # a budget's wait, a lease and two ticks
GRACE = 40 * SECOND  # for each fault: two leases and what is between them
FOR_EVER = timedelta(minutes=45)  # longer than any budget of these weeks makes a page wait
TRIES, MOST = 2, 8


class Life(NamedTuple):
    """What is known of an incident that is open. `attended`: servers' live time when somebody was last told of it.

    `calm`: it flaps, and its source says that it is over just now.
    """

    team: str
    severity: str
    status: str
    version: int
    attended: int
    faults: int
    personal: bool
    calm: bool = False


class Invariants:
    """Checks one world. Each check says what is wrong to `world.fail`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.due: datetime | None = None  # the first thing to do, by the store's clock
        self.lease: datetime | None = None
        self._late_since: tuple[datetime, int] | None = None
        self._faults = 0
        self._audit = self._page = 0  # the last rows seen
        self._lives: dict[str, Life] = {}
        self._quiet: dict[str, int] = {}  # since when nobody is to be paged, in true time
        self._unreached: set[str] = set()  # nothing was sent for it yet
        self._allowed: dict[tuple[str, int | None], set[str]] = {}
        self._more: dict[str, set[str]] = defaultdict(set)  # to whom an incident was given
        self._step: dict[str, int | None] = {}
        self._resting: set[str] = set()  # they wait for the morning
        self._orphans: dict[str, int] = {}
        self._named: dict[str, tuple[str, ...]] = {}  # the incidents of each page
        self._touched: set[str] = set()
        self._pending: tuple[str, ...] = ()

    def disturbed(self) -> None:
        """A fault has happened: what was promised for a time may take longer."""
        self._faults += 1

    def touched(self, batch: Sequence[Unit]) -> None:
        """These rows are written."""
        for unit in batch:
            self._touched.update([outcome.page_id for outcome in unit.outcomes])
            self._touched.update([receipt.page_id for receipt in unit.receipts])

    def said(self, text: str) -> None:
        """I6: an alarm."""
        if PRIVATE.search(text):
            self._world.fail("I6", f"an alarm tells {text!r}")

    # -- after what was written

    def look(self) -> None:
        """Look at all that has changed."""
        audited = self._look_at_audit()
        self._look_at_incidents(audited)
        self._look_at_pages(audited)
        self._look_at_leases()
        self._look_at_records()

    def _look_at_audit(self) -> dict[str, list[Told]]:
        """I6, I7: every decision, with its reason, its configuration and its clock; nothing private."""
        world = self._world
        text = "SELECT id, incident_id, kind, cause, revision, data, actor FROM audit WHERE id > ? ORDER BY id"
        found: dict[str, list[Told]] = defaultdict(list)
        for number, incident_id, kind, cause, revision, data, actor in world.place.rows(text, self._audit):
            self._audit = number
            if PRIVATE.search(cause) or PRIVATE.search(data):
                world.fail("I6", f"the audit tells {cause!r} {data!r}")
            kept = json.loads(data)
            if not kept.get("clock") or not actor or not cause:
                world.fail("I7", f"{kind} without a reason, an actor or a clock")
            if incident_id is None:
                continue
            found[incident_id].append((kind, cause, kept))
            state = self._revised(incident_id, revision)
            if kind == "graver":
                words = cause.split(" ")  # `error became critical, and alice acknowledged the lesser`
                self._lives[incident_id] = self._life(incident_id)._replace(severity=words[2].rstrip(","))
                self._more[incident_id].update(words[4:5])
            if kind in ("step", "last-resort", "timeout", "graver", "reassigned", "handoff", "alarm"):
                self._allow(incident_id, kind, cause, state)
                self._attend(incident_id)
            if kind == "alarm":
                self._unreached.discard(incident_id)
            if kind == "held":
                self._resting.add(incident_id)
            elif kind in ("step", "last-resort", "reassigned", "snoozed", "acknowledged", "resolved"):
                self._resting.discard(incident_id)
                self._attend(incident_id)
        return found

    def _revised(self, incident_id: str, revision: str) -> State:
        """The configuration that a decision was made by; it must have been the present one."""
        setting = self._world.setting
        if not revision:  # of no team
            return setting.present
        number = int(revision[1:])
        if number != setting.present.number and setting.replaced[number - 1] < self._world.last_decision[0]:
            self._world.fail("I7", f"{incident_id} was decided by {revision}, and {setting.present.number} holds")
        return setting.history[number - 1]

    def _allow(self, incident_id: str, kind: str, cause: str, state: State) -> None:
        """I5: whom the step may page, asked of the schedule by another way than the engine's."""
        ats = {self._world.last_decision[1], self._world.machine.wall()}
        team, severity = self._world.place.rows("SELECT team, severity FROM incidents WHERE id = ?", incident_id)[0]
        if kind == "graver":
            self._more[incident_id].update(re.findall(r"(\w+) acknowledged", cause))
        elif kind == "timeout":
            self._more[incident_id].add(cause.split(" ")[0])
        elif kind == "reassigned":
            self._more[incident_id].add(cause.rpartition(" ")[2])
            self._step[incident_id] = None
        elif kind == "last-resort":
            meant = [state.meant("payments", state.resort or (), at) for at in ats]
            self._allowed[incident_id, None] = set().union(*meant)
            self._step[incident_id] = None
        elif kind in ("step", "handoff"):
            number = int(cause.split(" ")[1].rstrip(":")) - 1 if kind == "step" else self._step.get(incident_id)
            self._step[incident_id] = number
            plan = state.plan(team, severity)
            if number is None or plan is None or number >= len(plan.steps) or not team:
                return
            meant = [state.meant(team, plan.steps[number][0], at) for at in ats]
            before = self._allowed.get((incident_id, number), set()) if kind == "handoff" else set()
            self._allowed[incident_id, number] = before.union(*meant)

    def _look_at_incidents(self, audited: dict[str, list[Told]]) -> None:
        world = self._world
        text = (
            "SELECT id, version, team, source, key, severity, status, next_action_at, data FROM incidents"
            " WHERE status IN ('held', 'triggered', 'acknowledged')"
        )
        rows = world.place.rows(text)
        seen = {row[0] for row in rows}
        for gone in [each for each in self._lives if each not in seen]:
            rows += world.place.rows(text.partition(" WHERE ")[0] + " WHERE id = ?", gone)
        dues = []
        for name, version, team, source, key, severity, status, due, data in rows:
            world.ledger.seen(name, (source, key), status)
            before = self._lives.get(name)
            if before is None or before.version != version:
                if name not in audited:
                    world.fail("I7", f"{name} became {status} without a word in the audit")
                life = Life(team, severity, status, version, world.live, self._faults, not team, '"calm_at":' in data)
                self._explained(name, before, life, audited.get(name, []))
                self._changed(name, before, life)
                if any(kind == "failed" for kind, _, _ in audited.get(name, ())) and status == "triggered":
                    self._not_neglected(name, life, json.loads(data), due)
            if due is not None:
                dues.append(due)
            elif status in ("held", "triggered"):
                world.fail("I4", f"{name} is {status}, and nothing will ever happen")
            if status in ("resolved", "recorded"):
                del self._lives[name]
        self.due = EPOCH + min(dues) * MICROSECOND if dues else None

    def _explained(self, name: str, before: Life | None, life: Life, rows: list[Told]) -> None:
        """I3, I7: nobody's word is lost, and no status changes without one."""
        told = told_status(rows)
        if told is not None and told != life.status:
            self._world.fail("I3", f"{name} is {life.status}, and the last word was that it is {told}")
        elif told is None and before is not None and before.status not in (life.status, "held"):
            self._world.fail("I7", f"{name} became {life.status} after {before.status}, and nobody says why")

    def _not_neglected(self, name: str, life: Life, kept: Mapping[str, Any], due: int | None) -> None:
        """I4: whom a refused page was for does not wait."""
        if life.calm or name in self._resting:
            return
        states = dict(self._world.place.rows("SELECT id, state FROM pages WHERE incident_id = ?", name))
        next_at = None if due is None else EPOCH + due * MICROSECOND
        who = neglected(kept, states, self._world.place.now(), next_at)
        if who:
            self._world.fail("I4", f"a page of {name} has failed, and {who} waits")

    def _changed(self, name: str, before: Life | None, life: Life) -> None:
        if life.status == "triggered":
            self._quiet.pop(name, None)
            if before is None or before.status == "held":
                self._unreached.add(name)
            elif before.status == "triggered" and before.calm == life.calm:
                life = life._replace(attended=before.attended, faults=before.faults)
        elif life.status in ("acknowledged", "resolved"):
            self._quiet.setdefault(name, self._world.flow.at)
            self._unreached.discard(name)
        self._lives[name] = life

    def _life(self, name: str) -> Life:
        if name in self._lives:
            return self._lives[name]
        row = self._world.place.rows("SELECT team, severity, status FROM incidents WHERE id = ?", name)[0]
        return Life(*row, 0, self._world.live, self._faults, not row[0])

    def _attend(self, name: str) -> None:
        life = self._lives.get(name)
        if life is not None:
            self._lives[name] = life._replace(attended=self._world.live, faults=self._faults)

    def _look_at_pages(self, audited: dict[str, list[Told]]) -> None:
        """I5, I7: new pages go to the right people, and each has a row in the audit."""
        world = self._world
        text = "SELECT rowid, id, incident_id, person, data FROM pages WHERE rowid > ? ORDER BY rowid"
        for number, page_id, incident_id, person, data in world.place.rows(text, self._page):
            self._page = number
            world.made(page_id)
            kept = json.loads(data)
            what = kept.get("what", "page")
            named = [self._named[each][0] for each in kept.get("pages", ())]
            self._named[page_id] = tuple(dict.fromkeys([*named] if what == "bundle" else [incident_id]))
            if what == "notice":
                continue
            kind = "bundled" if what == "bundle" else "paged"
            if not any(each[0] == kind and each[2].get("page") == page_id for each in audited.get(incident_id, ())):
                world.fail("I7", f"page {page_id} has no row in the audit")
            if what == "page" and person is not None:
                self._right_person(incident_id, page_id, person, kept.get("step"))

    def _right_person(self, incident_id: str, page_id: str, person: str, step: int | None) -> None:
        if person in self._more.get(incident_id, ()):
            return
        if self._life(incident_id).personal and step is not None:
            allowed = set(PEOPLE)  # it was for one person, whom the row does not tell
        else:
            allowed = self._allowed.get((incident_id, step), set())
        if person not in allowed:
            self._world.fail("I5", f"page {page_id} goes to {person}, and in step {step} are {sorted(allowed)}")

    def _look_at_leases(self) -> None:
        """I1: no page is in nobody's hands for long."""
        world = self._world
        rows = world.place.rows("SELECT id, state, lease_until FROM pages WHERE lease_until IS NOT NULL")
        self.lease = EPOCH + min([row[2] for row in rows]) * MICROSECOND if rows else None
        for page_id, state, until in rows:
            if state == "waiting" and EPOCH + until * MICROSECOND - world.place.now() > FOR_EVER:
                world.fail("I4", f"page {page_id} waits for hours")
        self._pending = tuple([row[0] for row in rows if row[1] != "waiting"])
        for page_id in [each for each in self._orphans if each not in self._pending]:
            del self._orphans[page_id]

    def _look_at_records(self) -> None:
        """I1: what is written down as sent was sent."""
        truth = self._world.truth
        for page_id in self._touched:
            rows = self._world.place.rows("SELECT state, data FROM pages WHERE id = ?", page_id)
            for state, data in rows:
                known = truth.taken.get(page_id) or page_id in truth.told or '"bundle":' in data
                if state in ("sent", "delivered") and not known:
                    self._world.fail("I1", f"page {page_id} is written down as {state}, and nobody has it")
        self._touched.clear()

    # -- after every event

    def pass_time(self) -> None:
        """I1, I4: what must have happened by now."""
        world = self._world
        now, live = world.place.now(), world.live
        first = min([each for each in (self.due, self.lease) if each is not None], default=None)
        if first is None or first >= now:
            self._late_since = None
        elif self._late_since is None or self._late_since[0] != first:
            self._late_since = (first, live)
        elif live - self._late_since[1] > LATE:
            world.fail("I4", f"what was due at {first} is not done at {now}")
        for page_id in self._pending:
            if any(server.awake and server.hands[page_id] > 0 for server in world.living()):
                self._orphans.pop(page_id, None)
            elif live - self._orphans.setdefault(page_id, live) > GRACE:
                world.fail("I1", f"page {page_id} is in nobody's hands")
        for name, life in self._lives.items():
            if life.status == "triggered" and not life.calm and name not in self._resting:
                self._attended(name, life, live)

    def _attended(self, name: str, life: Life, live: int) -> None:
        faults = self._faults - life.faults
        if name in self._unreached and live - life.attended > AT_ONCE + 6 * MINUTE + faults * GRACE:
            self._world.fail("I1", f"{name} is open, and nothing was sent")
        states = self._world.setting.history[-3:]
        longest = max(state.longest for state in states) // MICROSECOND
        if live - life.attended > longest * (1 + faults) + 2 * MINUTE:
            self._world.fail("I4", f"{name} is left alone")

    # -- at sends

    def sending(self, attempt: Attempt, message: Message, address: str) -> None:
        """I2, I3, I5: a send begins."""
        world, truth = self._world, self._world.truth
        page_id = message.page_id
        if message.kind == "notice":
            return
        rows = world.place.rows("SELECT person FROM pages WHERE id = ?", page_id)
        if not rows:
            world.fail("I1", f"page {page_id} is sent, and not written down")
            return
        person = rows[0][0]
        if person is not None and not self._theirs(person, address):
            world.fail("I5", f"page {page_id} is for {person}, and goes to {address}")
        named = self._named.get(page_id, ())
        for incident_id in named:
            self._unreached.discard(incident_id)
            self._attend(incident_id)
        quiet = [self._quiet.get(incident_id) for incident_id in named]
        if all(since is not None and attempt.checked_at - since > SOON for since in quiet):
            world.fail("I3", f"page {page_id} is sent, and {', '.join(named)} is acknowledged or over")
        if attempt.checked_at > truth.refused.get(page_id, attempt.checked_at):
            world.fail("I2", f"page {page_id} was refused for good, and is sent again")
        if truth.turned_away[page_id] > TRIES + truth.hits[page_id] or len(truth.attempts[page_id]) > MOST + 1:
            world.fail("I2", f"page {page_id} is tried again and again")

    def _theirs(self, person: str, address: str) -> bool:
        states = self._world.setting.history[-8:]
        return any(address in state.people[person].addresses.values() for state in states if person in state.people)

    def found(self, taken: Taken, message: Message) -> None:
        """I1: what a look-up finds is a page about the same, to the same person.

        Of a page that a fault has doubled one call is in no row, and may be found for another page within a minute; and
        who has a wrong clock looks for a page in another time.
        """
        if len(self._world.truth.taken[taken.page_id]) > 1 or self._world.astray(message.page_id):
            return
        if set(self._named.get(taken.page_id, ())) != set(self._named.get(message.page_id, ())):
            self._world.fail("I1", f"{taken.page_id} was taken for {message.page_id}, which nobody has")

    def at_the_end(self) -> None:
        """What holds of the tables as a whole."""
        world = self._world
        for sentence, text in statement.WRONG.items():
            if world.place.rows(text):
                world.fail("I1", sentence)
        for (page_id,) in world.place.rows("SELECT id FROM pages WHERE state IN ('sent', 'delivered')"):
            self._touched.add(page_id)
        self._look_at_records()
        for incident_id in world.ledger.opened:
            if not world.place.rows("SELECT 1 FROM incidents WHERE id = ?", incident_id):
                world.fail("I1", f"{incident_id} was accepted, and is gone")
