"""A rotations folder of many teams, each file 41 lines long."""

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
