"""A server with a board to look at: teams of every kind, with absences and overrides of these days."""

from __future__ import annotations

import time
from pathlib import Path

from phone_server import PhoneServer

PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", timezone: America/New_York}
bob: {name: Bob Brown, phone: "+447700900102"}
carol: {name: Carol Chen, phone: "+447700900103", away: [{from: AWAY, through: BACK, cover: next}]}
markup: {name: "<b onclick=alert(1)>Robert'); DROP TABLE</b>", phone: "+447700900104"}
long: {name: "Wolfeschlegelsteinhausenbergerdorff Featherstonehaugh-Cholmondeley", phone: "+447700900105"}
jia: {name: Jia Li, phone: "+447700900106"}
kwame: {name: Kwame Mensah, phone: "+447700900107"}
mateo: {name: Mateo Vargas, phone: "+447700900108"}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
holidays: GB-ENG
schedules:
  primary: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
  secondary: {follows: primary, offset: 1}
overrides:
  - {who: bob, from: OVER 10:00, until: OVER 22:00, reason: dentist}
  - {who: carol, from: OVER 22:00, until: AWAY 08:00}
escalation: [{notify: primary, wait: 30m}, {notify: bob, wait: 30m}]
services:
  checkout: {runbook: "https://runbooks.example.com/checkout"}
"""
SUPPORT = """\
team: support
timezone: Europe/London
schedules:
  primary:
    must_cover: always
    layers:
      - {name: singapore, timezone: Asia/Singapore, when: daily 08:00-16:00, people: [jia], starting: 2026-01-05 08:00}
      - {name: london, when: daily 08:00-16:00, people: [kwame, long], every: day, starting: 2026-01-05 08:00}
      - name: denver
        timezone: America/Denver
        when: mon-fri 09:00-17:00
        people: [mateo, markup]
        every: week
        starting: 2026-01-05 09:00
escalation: [{notify: primary, wait: 30m}]
"""
LONG = "the-team-whose-name-is-as-long-as-sixty-characters-may-ever"


class BoardServer(PhoneServer):
    """`oncall serve` of these teams."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, texts())


def texts() -> dict[str, str]:
    """The files of the folder, with an absence and overrides of this week and the next."""
    today = time.time()
    dates = {
        word: time.strftime("%Y-%m-%d", time.gmtime(today + days * 86400))
        for word, days in (("AWAY", 8), ("BACK", 10), ("OVER", 2))
    }
    long = f"team: {LONG}\ntimezone: UTC\n"
    long += "rotation: {people: [markup, long], every: day, handoff: 09:00, starting: 2026-01-05}\n"
    long += "escalation: [{notify: primary, wait: 30m}]\n"
    made = {"people": PEOPLE, "payments": PAYMENTS, "support": SUPPORT, LONG: long}
    for word, date in dates.items():
        made = {name: text.replace(word, date) for name, text in made.items()}
    return made
