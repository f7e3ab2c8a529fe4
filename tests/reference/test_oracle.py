"""The reference itself, by cases small enough to work out by hand from the format's text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from oracle import Reference, instant


def utc(text: str) -> int:
    """Epoch seconds of a UTC text."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def house(text: str, people: str = "{}", **others: Any) -> Reference:
    """A team in UTC, written without its name and zone; others by name."""
    team = yaml.load(text, Loader=yaml.BaseLoader)
    if "team" not in team:
        team = {"team": "payments", "timezone": "UTC", **team}
    known = yaml.load(people, Loader=yaml.BaseLoader)
    teams = {"payments": team}
    for name, other in others.items():
        if name != "holidays":
            teams[name] = yaml.load(other, Loader=yaml.BaseLoader)
    return Reference(teams, known, utc("2026-01-01"), utc("2026-12-31"), {}, others.get("holidays"))


def asked(reference: Reference, questions: dict[str, str], schedule: str = "primary") -> None:
    """Compare the people on call, by instant."""
    for text, people in questions.items():
        assert " ".join(reference.who("payments", schedule, utc(text))) == people, text


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        ("Europe/London", "2026-03-29 01:30", "2026-03-29 01:00"),  # skipped: right after the jump
        ("Europe/London", "2026-03-29 02:00", "2026-03-29 01:00"),
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),  # repeated: the first
        ("Europe/London", "2026-10-25 02:00", "2026-10-25 02:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("America/New_York", "2026-11-01 01:59:30", "2026-11-01 05:59:30"),
        ("Pacific/Apia", "2011-12-30 09:00", "2011-12-30 10:00"),
        ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 03:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
    ],
)
def test_wall_time_to_instant(zone: str, wall: str, expected: str) -> None:
    """Skipped times are the jump, repeated ones the first pass."""
    assert instant(zone, datetime.fromisoformat(wall)) == utc(expected)


WEEK = """
rotation: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
"""


def test_weeks() -> None:
    """Nobody before the first handoff; each turn begins on its second."""
    asked(house(WEEK), {"2026-01-05 08:59:59": "", "2026-01-05 09:00": "alice", "2026-01-12 09:00": "bob"})


def test_months_keep_the_31st() -> None:
    """Cut to the end of the month, and back again."""
    text = "rotation: {people: [alice, bob, carol], every: month, handoff: 31st 09:00, starting: 2026-02-28}"
    asked(house(text), {"2026-03-28 09:00": "alice", "2026-03-31 09:00": "bob", "2026-04-30 09:00": "carol"})


def test_shifts_count_on_the_calendar() -> None:
    """A bank holiday takes a turn with it."""
    text = """
    holidays: bank
    rotation: {people: [alice, bob, carol], every: shift, starting: 2026-01-05,
      when: mon-fri 09:00-17:00, except: holidays}
    """
    asked(
        house(text, holidays={"bank": {date(2026, 1, 6)}}),
        {
            "2026-01-05 10:00": "alice",
            "2026-01-06 10:00": "",
            "2026-01-07 10:00": "carol",
            "2026-01-07 17:00": "",
        },
    )


def test_otherwise_leaves_out_a_life_before_its_start() -> None:
    """The day layer covers nothing before its `starting`."""
    text = """
    schedules: {primary: {layers: [
      {name: day, when: "daily 09:00-17:00", people: [alice], every: shift, starting: 2026-02-02},
      {name: rest, when: otherwise, people: [bob]}]}}
    """
    asked(house(text), {"2026-02-01 10:00": "bob", "2026-02-02 10:00": "alice", "2026-02-02 18:00": "bob"})


def test_from_windows_meet() -> None:
    """Each layer begins where the other ends, on both sides of two clock changes."""
    text = """
    schedules: {primary: {layers: [
      {name: emea, timezone: Europe/London, when: daily from 08:00, people: [alice]},
      {name: amer, timezone: America/New_York, when: daily from 08:00, people: [bob], except: sat}]}}
    """
    asked(
        house(text),
        {
            "2026-03-10 11:59": "alice",  # New York has summer time, London has not
            "2026-03-10 12:00": "bob",
            "2026-03-11 07:59": "bob",
            "2026-03-11 08:00": "alice",
            "2026-03-14 14:00": "",  # Saturday is cut out and not given back
            "2026-03-30 06:59": "bob",
            "2026-03-30 07:00": "alice",
        },
    )


def test_dated_people_and_an_offset_through_them() -> None:
    """Turn k + n may belong to the next block; before turn 0 the first one wraps."""
    text = """
    schedules:
      primary:
        every: week
        handoff: monday 09:00
        people:
          - {starting: 2026-01-05, order: [alice, bob]}
          - {starting: 2026-01-26, order: [carol, alice]}
      secondary: {follows: primary, offset: 1}
      third: {follows: primary, offset: -1}
    """
    reference = house(text)
    asked(reference, {"2026-01-19 09:00": "alice", "2026-01-26 09:00": "carol", "2026-02-02 09:00": "alice"})
    asked(reference, {"2026-01-19 09:00": "carol", "2026-01-26 09:00": "alice"}, "secondary")
    asked(reference, {"2026-01-05 09:00": "bob", "2026-01-26 09:00": "alice"}, "third")


def test_lasts_in_wall_clock_and_elapsed() -> None:
    """Twelve hours on a night of twenty-three."""
    text = """
    timezone: Europe/London
    team: payments
    rotation: {people: [alice], every: day, handoff: "00:00", starting: 2026-03-01, lasts: 12 hours%s}
    """
    asked(house(text % ""), {"2026-03-29 10:59": "alice", "2026-03-29 11:00": ""})
    asked(house(text % ", clock: elapsed"), {"2026-03-29 11:59": "alice", "2026-03-29 12:00": ""})


def test_a_handoff_on_a_holiday_moves_and_the_turns_stay() -> None:
    """To the next working day, and the one after is where it was."""
    text = WEEK.replace("{people", "{handoff_on_holiday: next working day, holidays: bank, people")
    asked(
        house(text, holidays={"bank": {date(2026, 1, 12)}}),
        {"2026-01-12 09:00": "alice", "2026-01-13 09:00": "bob", "2026-01-19 09:00": "carol"},
    )


LAYERS = """
schedules: {primary: {combine: %s, layers: [
  {name: base, people: [alice], %s},
  {name: day, when: "daily 09:00-17:00", people: [bob], %s},
  {name: noon, when: "daily 12:00-13:00", people: [nobody], %s}]}}
overrides:
  - {remove: bob, from: 2026-01-06, through: 2026-01-06}
"""


@pytest.mark.parametrize(
    ("combine", "ranks", "at_ten"),
    [
        ("last wins", ("", "", ""), "bob"),
        ("first wins", ("", "", ""), "alice"),
        ("all", ("", "", ""), "alice bob"),
        ("priority", ("priority: 2", "priority: 2", "priority: 9"), "alice bob"),
        ("priority", ("priority: 1", "priority: 2", "priority: 9"), "bob"),
    ],
)
def test_combine(combine: str, ranks: tuple[str, str, str], at_ten: str) -> None:
    """What each word says of two layers, and that nobody lets the layer below through."""
    reference = house(LAYERS % (combine, *ranks))
    asked(reference, {"2026-01-05 10:00": at_ten, "2026-01-05 12:30": at_ten, "2026-01-06 10:00": "alice"})


def test_override_algebra() -> None:
    """Each verb, in the order of the lines."""
    text = """
    schedules: {primary: {combine: all, layers: [
      {name: base, people: [alice]}, {name: day, when: "daily 09:00-17:00", people: [bob]}]}}
    overrides:
      - {who: carol, layer: day, from: 2026-01-05, through: 2026-01-05}
      - {add: dave, from: 2026-01-06, through: 2026-01-07}
      - {who: erin, instead_of: dave, from: 2026-01-06 12:00, until: 2026-01-06 18:00}
      - {who: carol, from: 2026-01-07, through: 2026-01-07}
      - {swap: [alice, bob], from: 2026-01-08 16:00, until: 2026-01-08 18:00}
      - {who: nobody, from: 2026-01-09, through: 2026-01-09}
      - {who: alice, instead_of: bob, from: 2026-01-10, through: 2026-01-10}
    """
    asked(
        house(text),
        {
            "2026-01-05 08:00": "alice",
            "2026-01-05 09:00": "alice carol",
            "2026-01-06 10:00": "alice bob dave",
            "2026-01-06 12:00": "alice bob erin",
            "2026-01-07 10:00": "carol",
            "2026-01-08 16:00": "alice bob",
            "2026-01-08 17:00": "bob",
            "2026-01-09 10:00": "",
            "2026-01-10 10:00": "alice",
        },
    )


def test_a_bare_date_takes_the_handoff_time_of_a_single_layer() -> None:
    """And midnight in an absence."""
    text = WEEK + "overrides:\n  - {who: dave, from: 2026-01-06, until: 2026-01-07}\n"
    text += "away:\n  - {who: bob, from: 2026-01-13, until: 2026-01-14}\n"
    asked(
        house(text),
        {
            "2026-01-06 08:59": "alice",
            "2026-01-06 09:00": "dave",
            "2026-01-07 08:59": "dave",
            "2026-01-13 00:00": "",
            "2026-01-14 00:00": "bob",
        },
    )


def test_cover() -> None:
    """The next free person, a chain, a circle and nobody."""
    text = """
    schedules:
      primary:
        people: [alice, [bob, dave], carol, erin]
        every: week
        handoff: monday 00:00
        starting: 2026-01-05
      secondary: {follows: primary, offset: 1}
    away:
      - {who: alice, from: 2026-01-05, until: 2026-01-06, cover: next}
      - {who: alice, from: 2026-01-06, until: 2026-01-07, cover: erin}
      - {who: erin, from: 2026-01-06, until: 2026-01-07, cover: frank}
      - {who: alice, from: 2026-01-07, until: 2026-01-08, cover: bob}
      - {who: bob, from: 2026-01-07, until: 2026-01-08, cover: alice}
      - {who: alice, from: 2026-01-08, until: 2026-01-09}
    """
    reference = house(text)
    asked(
        reference,
        {
            "2026-01-05 10:00": "carol",  # bob and dave are second then
            "2026-01-06 10:00": "frank",
            "2026-01-07 10:00": "",  # a circle
            "2026-01-08 10:00": "",
        },
    )
    asked(reference, {"2026-01-05 10:00": "bob dave", "2026-01-07 10:00": "dave"}, "secondary")


def test_absences_of_people_hold_in_all_teams_and_act_once() -> None:
    """An override of the lending team outranks the absence, and stays so when borrowed."""
    text = """
    schedules:
      primary: {layers: [{name: lent, schedule: operations/desk}]}
    """
    desk = """
    team: operations
    timezone: UTC
    rotation: {people: [alice, bob], every: week, handoff: monday 00:00, starting: 2026-01-05}
    overrides: [{who: alice, from: 2026-01-06 00:00, until: 2026-01-07 00:00}]
    """.replace("rotation:", "schedules: {desk:").replace("2026-01-05}", "2026-01-05}}")
    people = "alice: {away: [{from: 2026-01-05, through: 2026-01-08, cover: next}]}"
    asked(
        house(text, people, operations=desk),
        {
            "2026-01-05 10:00": "bob",
            "2026-01-06 10:00": "alice",
            "2026-01-07 10:00": "bob",
            "2026-01-09 10:00": "alice",
        },
    )
