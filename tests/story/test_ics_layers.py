"""Layers and absences that come from a calendar's file in the folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall_rota.config import Catalog, Problem, check, load
from oncall_rota.rendering.why import because
from oncall_rota.schedule import gaps, mapping, on_call_at, shifts

PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com}
bob: {name: Bob, email: bob@example.com}
bobby: {name: Bob Brown, email: bobby@example.com}
"""
FROM, UNTIL = datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


def event(start: str, end: str, title: str) -> str:
    """One event of a calendar."""
    lines = ["BEGIN:VEVENT", f"UID:{start}{title}", f"DTSTART{start}", f"DTEND{end}", f"SUMMARY:{title}", "END:VEVENT"]
    return "".join(f"{line}\r\n" for line in lines)


def calendar(*events: str) -> str:
    """A calendar's file."""
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{''.join(events)}END:VCALENDAR\r\n"


def read(tmp_path: Path, team: str, ics: str) -> tuple[Catalog, tuple[Problem, ...]]:
    """The folder of one team and one calendar."""
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "web.yaml").write_text(f"team: web\ntimezone: Europe/London\n{team}")
    (tmp_path / "shifts.ics").write_bytes(ics.encode())
    return load(tmp_path)


LAYER = "schedules: {primary: {layers: [{name: planned, calendar: shifts.ics}]}}\n"


def rows(catalog: Catalog) -> list[tuple[str, str, str]]:
    """The shifts of the first schedule, as text."""
    return [
        (each.person, f"{each.start_at:%d %H:%M}", f"{each.end_at:%d %H:%M}")
        for each in shifts(catalog.teams["web"].first, (FROM, UNTIL))
    ]


def test_the_events_say_who_is_on_call_over_a_clock_change(tmp_path: Path) -> None:
    """By id, by e-mail, by name; whole days are days of London, which changes its clocks on the 25th."""
    catalog, problems = read(
        tmp_path,
        LAYER,
        calendar(
            event(":20261020T080000Z", ":20261020T200000Z", "On call: alice"),
            event(";VALUE=DATE:20261024", ";VALUE=DATE:20261026", "bob@example.com"),
            event(";TZID=Europe/London:20261026T090000", ";TZID=Europe/London:20261026T170000", "Alice Adams (web)"),
        ),
    )
    assert not problems
    assert rows(catalog) == [
        ("alice", "20 08:00", "20 20:00"),
        ("bob", "23 23:00", "26 00:00"),
        ("alice", "26 09:00", "26 17:00"),
    ]


def test_the_longest_name_wins_and_several_people_are_on_together(tmp_path: Path) -> None:
    """`Bob Brown` is not `Bob`; overlapping events add up."""
    catalog, _ = read(
        tmp_path,
        LAYER,
        calendar(
            event(":20261020T080000Z", ":20261020T120000Z", "Bob Brown"),
            event(":20261021T080000Z", ":20261021T120000Z", "Bob & alice"),
            event(":20261021T100000Z", ":20261021T140000Z", "bobby"),
        ),
    )
    assert rows(catalog) == [
        ("bobby", "20 08:00", "20 12:00"),
        ("alice", "21 08:00", "21 12:00"),
        ("bob", "21 08:00", "21 12:00"),
        ("bobby", "21 10:00", "21 14:00"),
    ]


def test_the_answer_names_the_event(tmp_path: Path) -> None:
    """Its file and line."""
    catalog, _ = read(tmp_path, LAYER, calendar(event(":20261020T080000Z", ":20261020T120000Z", "alice")))
    (on,) = on_call_at(catalog.teams["web"].first, datetime(2026, 10, 20, 9, tzinfo=UTC))
    assert mapping(on.cause) == {"kind": "calendar", "layer": "planned", "path": "shifts.ics", "line": 4}
    assert because(on.cause, str) == "an event of the calendar of layer 'planned'"


def test_between_events_a_lower_layer_shows_and_else_there_is_a_hole(tmp_path: Path) -> None:
    """`otherwise` takes what the events leave."""
    ics = calendar(event(":20261020T080000Z", ":20261020T120000Z", "alice"))
    catalog, problems = read(tmp_path, LAYER, ics)
    found = gaps(catalog.teams["web"].first, (FROM, UNTIL))
    assert [(each.start_at.day, each.declared) for each in found] == [(19, False), (20, False)]
    assert [each.code for each in check(catalog, FROM)] == ["hole"]
    rest = "{name: rest, when: otherwise, people: [bob], starting: 2026-01-01}"
    catalog, problems = read(tmp_path, LAYER.replace("]}", f", {rest}]}}", 1), ics)
    assert not problems
    assert not check(catalog, FROM)
    assert rows(catalog) == [
        ("bob", "19 00:00", "20 08:00"),
        ("alice", "20 08:00", "20 12:00"),
        ("bob", "20 12:00", "02 00:00"),
    ]


def test_overrides_and_windows_act_on_events_as_on_turns(tmp_path: Path) -> None:
    """A swap, a window, an absence: there is no list to go on in, so `cover: next` leaves a hole."""
    ics = calendar(
        event(":20261020T080000Z", ":20261020T180000Z", "alice"), event(":20261022T080000Z", ":20261022T180000Z", "bob")
    )
    catalog, _ = read(
        tmp_path,
        LAYER.replace("calendar: shifts.ics", "calendar: shifts.ics, when: daily 08:00-12:00")
        + "overrides: [{swap: [alice, bob], from: 2026-10-20 10:00, until: 2026-10-20 11:00}]\n"
        + "away: [{who: bob, from: 2026-10-22, through: 2026-10-22, cover: next}]\n",
        ics,
    )
    assert rows(catalog) == [
        ("alice", "20 08:00", "20 09:00"),
        ("bob", "20 09:00", "20 10:00"),
        ("alice", "20 10:00", "20 11:00"),
    ]


def test_a_shadow_follows_the_events_with_people_of_its_own(tmp_path: Path) -> None:
    """An offset has nothing to count."""
    ics = calendar(event(":20261020T080000Z", ":20261020T180000Z", "alice"))
    shadow = "shadow: {follows: primary, people: [bob], pages: copy}"
    catalog, problems = read(tmp_path, LAYER.replace("]}}", f"]}}, {shadow}}}"), ics)
    assert not problems
    (shift,) = shifts(catalog.teams["web"].schedules["shadow"], (FROM, UNTIL))
    assert (shift.person, shift.start_at.hour, shift.end_at.hour) == ("bob", 8, 18)
    _, problems = read(tmp_path, LAYER.replace("]}}", "]}, second: {follows: primary, offset: 1}}"), ics)
    assert [each.code for each in problems] == ["offset-of-borrowed"]


def test_an_event_of_nobody_is_an_error_that_names_its_line_and_the_others_still_answer(tmp_path: Path) -> None:
    """At 3 a.m. the rest of the calendar counts."""
    catalog, problems = read(
        tmp_path,
        LAYER,
        calendar(
            event(":20261020T080000Z", ":20261020T180000Z", "alice"),
            event(":20261021T080000Z", ":20261021T180000Z", "Bobby's holiday"),
        ),
    )
    (problem,) = problems
    assert (problem.severity, problem.code, problem.path, problem.line) == ("error", "whose-shift", "web.yaml", 3)
    assert "shifts.ics:10" in problem.message
    assert len(rows(catalog)) == 1


def test_an_event_every_day_without_an_end_is_no_burden(tmp_path: Path) -> None:
    """As calendar apps write them."""
    daily = event(":20260105T080000Z", ":20260105T160000Z", "alice").replace("SUMMARY", "RRULE:FREQ=DAILY\r\nSUMMARY")
    catalog, problems = read(tmp_path, LAYER, calendar(daily))
    assert not problems
    assert len(rows(catalog)) == (UNTIL - FROM).days


def test_a_name_may_be_typed_in_two_ways(tmp_path: Path) -> None:
    """With its accent as one character or as two."""
    (tmp_path / "people.yaml").write_text("ines: {name: In\u00eas, email: i@example.com}\n")
    (tmp_path / "web.yaml").write_text(f"team: web\ntimezone: UTC\n{LAYER}")
    ics = calendar(event(":20261020T080000Z", ":20261020T120000Z", "Ine\u0302s"))
    (tmp_path / "shifts.ics").write_bytes(ics.encode())
    catalog, problems = load(tmp_path)
    assert not problems
    assert [person for person, _, _ in rows(catalog)] == ["ines"]


@pytest.mark.parametrize("ics", ["", "not a calendar", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026\r\n"])
def test_a_broken_file_is_a_problem_with_a_place(tmp_path: Path, ics: str) -> None:
    """And the team has no meaning without it."""
    catalog, problems = read(tmp_path, LAYER, ics)
    assert [(each.path, each.line, each.code) for each in problems] == [("web.yaml", 3, "bad-calendar")]
    assert not catalog.teams


def test_a_calendar_stands_in_place_of_turns(tmp_path: Path) -> None:
    """Not beside them."""
    _, problems = read(tmp_path, LAYER.replace("shifts.ics", "shifts.ics, people: [alice]"), calendar())
    assert [(each.code, each.line) for each in problems] == [("calendar-and-turns", 3)]


def test_absences_come_from_a_calendar_by_id_email_or_name(tmp_path: Path) -> None:
    """Everybody whom an event names is away, and nobody whose name only begins like it."""
    weekly = "rotation: {people: [alice, bob, bobby], every: week, handoff: monday 09:00, starting: 2026-01-05}\n"
    catalog, problems = read(
        tmp_path,
        weekly + "away: [{calendar: shifts.ics, cover: next}]\n",
        calendar(
            event(";VALUE=DATE:20261020", ";VALUE=DATE:20261021", "Vacation bobby@example.com"),
            event(";VALUE=DATE:20261022", ";VALUE=DATE:20261023", "Bob Brown, dentist"),
        ),
    )
    assert not problems
    before = [each.person for each in shifts(catalog.teams["web"].first, (FROM, UNTIL))]
    away = catalog.teams["web"].first.away
    assert [line.person for line in away] == ["bobby", "bobby"]
    assert before
