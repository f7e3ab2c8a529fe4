"""Monitors and people of two servers behind one address, and what everybody got in the end.

A monitor says its signal to the next server in turn until it is answered, as a load balancer and a retry do; whoever is
paged opens the link and presses the button, each request at whichever server comes next.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlencode

from clients import Clients
from server_phones import Phones, Rung
from server_process import KEY, Answer, Serving

from oncall_rota.paging.ports.store import Store

CLIENTS = 6
TEAMS = 4
DOUBLED = 0.3  # of the signals are sent twice
ANSWERED, PAGED = 4.0, 60.0  # seconds that a client waits
LAG = 0.5  # seconds in which a page that was sent arrives, or a page that nobody needs any more is stopped
ONCE = re.compile(rb'name="once" value="([^"]+)"')
JSON = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

SETTINGS = """\
server: {{public_url: "https://oncall.example.com"}}
notifiers:
  hook: {{type: webhook, to: name, url: "{url}", secret: {{env: TOKEN}}, allow_private: [127.0.0.0/8]}}
sources: {{monitor: {{type: generic, keys: [{{env: HOOK_KEY}}]}}}}
notices: {{resolved: no}}
"""
PEOPLE = """\
alice: {name: alice, email: alice@example.com, notify: [0m: hook]}
bob: {name: bob, email: bob@example.com, notify: [0m: hook]}
carol: {name: carol, email: carol@example.com, notify: [0m: hook]}
"""
TEAM = """\
team: {team}
timezone: Europe/London
rotation: {{people: [{first}], every: week, handoff: monday 09:00, starting: 2026-01-05}}
escalation: [{{notify: primary, wait: {wait}s}}, {{notify: bob, wait: 60m}}]
repeat: 0
ack_timeout: none
"""


def files(url: str, wait: int = 20) -> dict[str, str]:
    """A rotations folder by name: teams that page alice, and bob after `wait` seconds."""
    teams = {
        f"team{number}.yaml": TEAM.format(team=f"team{number}", first="alice", wait=wait) for number in range(TEAMS)
    }
    return {"oncall.yaml": SETTINGS.format(url=url), "people.yaml": PEOPLE, **teams}


class Balancer:
    """One request to the servers in turn; what does not answer, or answers 503, is passed over."""

    def __init__(self, servers: Sequence[Serving]) -> None:
        self.servers = servers
        self._turn = itertools.count()

    def asks(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer | None:
        """What the next one says; None: nothing that counts."""
        server = self.servers[next(self._turn) % len(self.servers)]
        try:
            answer = server.asks(method, path, body, headers, ANSWERED)
        except (OSError, HTTPException):
            return None
        return answer if answer.status < 500 else None

    def until_answered(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Again and again, as a monitor does."""
        until = time.monotonic() + PAGED
        while (answer := self.asks(method, path, body, headers)) is None:
            assert time.monotonic() < until, "neither server answers"
            time.sleep(0.05)
        return answer


class Answered(NamedTuple):
    """A signal that was answered 2xx. `at`: seconds of `time.monotonic`."""

    key: str
    incident_id: str
    at: float


class Load(Clients):
    """Monitors and people, in `pace` seconds' steps."""

    def __init__(self, servers: Sequence[Serving], phones: Phones, seed: int, pace: float) -> None:
        super().__init__(CLIENTS, seed)
        self.balancer = Balancer(servers)
        self._phones = phones
        self._pace = pace
        self.answered: list[Answered] = []
        self.acknowledged: dict[str, float] = {}  # by incident: when it was answered
        self.resolved: set[str] = set()
        self.refused: list[str] = []
        self.doubled = 0

    def talk(self, number: int, chance: random.Random) -> None:
        """One problem after the other."""
        for turn in itertools.count():
            if self._over.is_set():
                return
            self._one(f"c{number}-{turn}", f"team{chance.randrange(TEAMS)}", chance)
            time.sleep(chance.uniform(0, 2 * self._pace))

    def _one(self, key: str, team: str, chance: random.Random) -> None:
        """A problem from its first signal to what a person does about it."""
        body = json.dumps({"summary": f"disk full {key}", "dedup": key, "team": team})
        if chance.random() < DOUBLED:
            self.doubled += 1
            self.balancer.asks("POST", "/hooks/monitor", body, JSON)
        answer = self.balancer.until_answered("POST", "/hooks/monitor", body, JSON)
        if answer.status != 202:
            self.refused.append(f"{key}: {answer}")
            return
        said = Answered(key, json.loads(answer.body)["incident"], time.monotonic())
        self.answered.append(said)
        rung = self._phones.wait(said.incident_id, PAGED)
        deed = chance.random()
        if rung is not None and deed < 0.6:
            self._acknowledge(rung)
        elif rung is not None and deed < 0.8:
            over = json.dumps({"summary": "over", "dedup": key, "action": "resolve"})
            if self.balancer.until_answered("POST", "/hooks/monitor", over, JSON).status == 202:
                self.resolved.add(said.incident_id)

    def _acknowledge(self, rung: Rung) -> None:
        """Open the link, press the button; again when nothing comes back, until it is told how it stands."""
        while True:
            shown = self.balancer.until_answered("GET", rung.link, None, {})
            once = ONCE.search(shown.body)
            if once is None:
                self.refused.append(f"{rung.page_id}: {shown.status} without a button")
                return
            form = urlencode({"once": once[1].decode(), "do": "acknowledge"})
            pressed = self.balancer.asks("POST", rung.link, form, FORM)
            if pressed is not None:
                if pressed.status == 200:
                    self.acknowledged[rung.incident_id] = time.monotonic()
                return  # 409: the one before it was not answered, and has been taken all the same


class Count(NamedTuple):
    """What came of it. Each of the tuples is empty when all is well; `longest`: seconds from an answer to its page.

    `latest`: seconds from a page to its copy: whoever takes over a claim sends it again then.
    """

    answered: int
    acknowledged: int
    copies: int
    longest: float
    latest: float
    lost: tuple[str, ...]
    split: tuple[str, ...]
    unfair: tuple[str, ...]
    overruled: tuple[str, ...]
    forgotten: tuple[str, ...]
    audit: tuple[str, ...]


def counted(load: Load, phones: Phones, store: Store) -> Count:
    """Compare what was answered with what arrived, and with what is written down."""
    lost, split, unfair, overruled, forgotten, audit = [], [], [], [], [], []
    copies, waits, again = 0, [0.0], [0.0]
    for incident_id, said in {each.incident_id: each for each in load.answered}.items():
        rung = phones.of(incident_id)
        row = store.incident(incident_id)
        if not rung or row is None:
            lost.append(f"{said.key}: {'not in the store' if row is None else 'never paged'}")
            continue
        waits.append(rung[0].at - said.at)
        firsts = {each.page_id for each in rung if each.to != "bob"}
        seconds = {each.page_id for each in rung if each.to == "bob"}
        if len(firsts) > 1 or len(seconds) > 1:
            split.append(f"{said.key}: {sorted(firsts | seconds)}")
        for page_id, times in Counter(each.page_id for each in rung).items():
            copies += times - 1
            at = [each.at for each in rung if each.page_id == page_id]
            again.append(at[-1] - at[0])
            if times - 1 > sum(begin <= at[-1] and end >= at[0] - LAG for begin, end in load.faults):
                unfair.append(f"{page_id}: {[round(each - at[0], 3) for each in at]}")
        acknowledged_at = load.acknowledged.get(incident_id)
        if acknowledged_at is not None:
            overruled += [f"{each.page_id}" for each in rung if each.to == "bob" and each.at > acknowledged_at + LAG]
            if row.status not in ("acknowledged", "resolved"):
                forgotten.append(f"{said.key} is {row.status}, and its acknowledgement was answered")
        if incident_id in load.resolved and row.status != "resolved":
            forgotten.append(f"{said.key} is {row.status}, and its end was answered")
        audit += _audited(store, said, {each.page_id for each in rung}, acknowledged_at is not None)
    keys = Counter(each.key for each in load.answered)
    split += [f"{key}: more than one incident" for key, times in keys.items() if times > 1]
    return Count(
        len(load.answered), len(load.acknowledged), copies, max(waits), max(again),
        tuple(lost), tuple(split), tuple(unfair), tuple(overruled), tuple(forgotten), tuple(audit),
    )  # fmt: skip


def _audited(store: Store, said: Answered, pages: set[str], acknowledged: bool) -> list[str]:
    """What does not fit in the audit of one incident."""
    rows = store.audit(said.incident_id)
    kinds = Counter(row.kind for row in rows)
    paged = Counter(json.loads(row.data)["page"] for row in rows if row.kind == "paged")
    wrong = []
    if kinds["opened"] != 1 or kinds["acknowledged"] > 1 or (acknowledged and not kinds["acknowledged"]):
        wrong.append(f"{said.key}: {dict(kinds)}")
    if (
        max(paged.values()) > 1
        or pages - paged.keys()
        or paged.keys() - {page.id for page in store.pages(said.incident_id)}
    ):
        wrong.append(f"{said.key}: decided {sorted(paged)}, arrived {sorted(pages)}")
    ends = [at for at, row in enumerate(rows) if row.kind in ("acknowledged", "resolved")]
    if ends and any(row.kind in ("paged", "step") for row in rows[ends[0] :]):
        wrong.append(f"{said.key}: paged after {rows[ends[0]].kind}")
    return wrong
