"""Rotations folders: of many teams, each file 41 lines long; and of teams whose people are paged in several ways."""

from __future__ import annotations

from pathlib import Path

PEOPLE = [f"person{number:02}" for number in range(40)]
ZONES = ["Europe/London", "America/New_York", "Australia/Sydney", "UTC"]


def team(number: int) -> str:
    """The file of one team."""
    turn = [PEOPLE[(number + index) % len(PEOPLE)] for index in range(8)]
    lines = f"""\
# Team {number} keeps its own rotation.
team: team-{number:04}
timezone: {ZONES[number % len(ZONES)]}
schedules:
  primary:
    combine: exclusive
    must_cover: always
    layers:
      - name: office hours
        when: mon-fri 09:00-17:30
        people:
          - {turn[0]}
          - {turn[1]}
          - {turn[2]}
          - {turn[3]}
        every: day
        handoff: 09:00
        starting: 2026-01-05
      - name: nights and weekends
        when: otherwise
        people:
          - {turn[4]}
          - {turn[5]}
          - {turn[6]}
        every: week
        handoff: friday 17:30
        starting: 2026-01-02
  secondary:
    people: [{turn[2]}, {turn[5]}, {turn[7]}]
    every: 2 weeks
    handoff: monday 09:00
    starting: 2026-01-05
overrides:
  - {{who: {turn[0]}, from: 2026-12-01 09:00, until: 2026-12-02 09:00, reason: swap}}
  - {{who: {turn[1]}, layer: office hours, from: 2026-12-08, through: 2026-12-10}}
  - {{add: {turn[2]}, from: 2026-12-27 18:00, until: 2026-12-28 09:00}}
away:
  - {{who: {turn[3]}, from: 2026-12-17, through: 2026-12-23, cover: next}}
escalation:
  - {{notify: primary, wait: 5m}}
  - {{notify: secondary, wait: 10m}}
"""
    assert lines.count("\n") == 41, lines.count("\n")
    return lines


def write(root: Path, teams: int) -> Path:
    """Write a folder of `teams` teams and their people; return the rotations folder."""
    rotations = root / "rotations"
    rotations.mkdir(parents=True)
    for number in range(teams):
        (rotations / f"team-{number:04}.yaml").write_text(team(number))
    people = "".join(f"{person}:\n  name: {person.title()}\n  email: {person}@example.com\n" for person in PEOPLE)
    (rotations / "people.yaml").write_text(people)
    return rotations


SETTINGS = """\
notifiers:
  push: {type: ntfy, to: push, url: "https://ntfy.example.com"}
  sms: {type: twilio-sms, to: phone, from: "+441632960001", account: {env: ACCOUNT}, token: {env: TOKEN}}
  call: {type: twilio-voice, to: phone, from: "+441632960001", account: {env: ACCOUNT}, token: {env: TOKEN}}
  email: {type: smtp, to: email, host: mx.example.com, from: oncall@example.com}
last_resort: {every: 5m, targets: [team-0000/primary, {via: email, address: all@example.com}]}
"""
TURNS = 5


def paged_team(number: int) -> str:
    """The file of a team of five: a rotation, who comes second, and an escalation over both."""
    people = [f"person-{number:04}-{turn}" for turn in range(TURNS)]
    return f"""\
team: team-{number:04}
timezone: {ZONES[number % len(ZONES)]}
schedules:
  primary:
    people: [{", ".join(people)}]
    every: week
    handoff: monday 09:00
    starting: 2026-01-05
  secondary:
    people: [{", ".join(people[1:] + people[:1])}]
    every: week
    handoff: monday 09:00
    starting: 2026-01-05
escalation:
  - {{notify: primary, wait: 5m}}
  - {{notify: secondary, wait: 10m}}
"""


def write_paged(root: Path, teams: int, rules: str) -> Path:
    """Write a folder of `teams` teams of five and how they are paged; return the rotations folder.

    `rules`: of every person, such as `[0m: push, 2m: sms]`. The budgets of sms and call are those that hold when
    nothing is written.
    """
    rotations = root / "rotations"
    rotations.mkdir(parents=True)
    (rotations / "oncall.yaml").write_text(SETTINGS)
    people = []
    for number in range(teams):
        (rotations / f"team-{number:04}.yaml").write_text(paged_team(number))
        for turn in range(TURNS):
            phone = f"+4477009{number * TURNS + turn:05}"
            name = f"person-{number:04}-{turn}"
            people.append(f'{name}: {{name: {name}, phone: "{phone}", push: topic-{name}, notify: {rules}}}\n')
    (rotations / "people.yaml").write_text("".join(people))
    return rotations
