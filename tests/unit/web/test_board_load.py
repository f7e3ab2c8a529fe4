"""Load: hours on call, at night, at weekends and on holidays, and pages, per person and team."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from fake_phones import HERE, rota
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.model import Reach
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.schedule.load import Load, Measure
from oncall_rota.schedule.model import Schedule, Team
from oncall_rota.timeline.zone import epoch, zone
from oncall_rota.web import query_asked

HOUR = 3600
MARKUP = "<script>alert(1)</script>\"'&amp;"
Ask = Callable[..., Answer]


def instant(text: str) -> int:
    """Seconds since 1970 of a moment in UTC."""
    return epoch(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.fixture
def of(night: NightOfLinks, house: House) -> Ask:
    """The page of teams that have these schedules."""
    bearer = {"authorization": f"Bearer {house.token('board')[0]}"}

    def asked(query: str, *schedules: Schedule) -> Answer:
        night.teams = {each.team: Team(each.team, each.timezone, HERE, {each.name: each}) for each in schedules}
        return house.asks("GET", f"/load{query}", bearer)

    return asked


def rows_of(answer: Answer) -> list[tuple[str, ...]]:
    """The first table."""
    found = re.findall(r"<tr>.*?</tr>", answer.text.partition("<tbody>")[2].partition("</tbody>")[0])
    return [
        tuple(unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall("<t[hd].*?</t[hd]>", row)) for row in found
    ]


@pytest.mark.parametrize(
    ("name", "start", "end", "hours"),
    [
        ("UTC", "2026-06-15 00:00", "2026-06-22 00:00", (168, 56, 48, 0)),
        ("UTC", "2026-06-17 21:00", "2026-06-18 07:00", (10, 8, 0, 0)),
        ("UTC", "2026-06-17 06:00", "2026-06-17 22:00", (16, 0, 0, 0)),
        ("Asia/Tokyo", "2026-06-17 13:00", "2026-06-17 21:00", (8, 8, 0, 0)),
        ("Europe/London", "2026-10-24 21:00", "2026-10-25 06:00", (9, 9, 9, 0)),  # the clocks go back: a longer night
        ("Europe/London", "2026-03-28 22:00", "2026-03-29 05:00", (7, 7, 7, 0)),  # and a shorter one
        ("UTC", "2026-12-25 00:00", "2026-12-26 00:00", (24, 8, 0, 24)),
        ("UTC", "2026-12-24 12:00", "2026-12-26 12:00", (48, 16, 12, 24)),
    ],
)
def test_nights_weekends_and_holidays_are_those_of_the_clock(
    name: str, start: str, end: str, hours: tuple[int, ...]
) -> None:
    """Night is from 22 until 06; an hour may be of all three. By arithmetic and by asking hour after hour."""
    low, high = instant(start), instant(end)
    measure = Measure(zone(name), low, high, lambda on: on == date(2026, 12, 25))
    assert measure.load([(low, high)]) == Load(*[each * HOUR for each in hours])
    clock = zone(name).info
    slow = [0, 0, 0]
    for at in range(low, high, 900):
        wall = datetime.fromtimestamp(at, clock)
        slow[0] += 900 * (wall.hour >= 22 or wall.hour < 6)
        slow[1] += 900 * (wall.weekday() >= 5)
        slow[2] += 900 * (wall.date() == date(2026, 12, 25))
    assert slow == [each * HOUR for each in hours[1:]]


def test_each_person_and_team_has_a_row_the_most_first(of: Ask) -> None:
    """Alone for two weeks, or a week each; London is an hour ahead of the window."""
    found = of("?from=2026-06-15&until=2026-06-29", rota("primary", "alice bob"), rota("first", "carol", team="shop"))
    assert rows_of(found) == [
        ("Carol", "shop", "328", "107", "96", "0", "0", "0"),
        ("Alice", "payments", "168", "56", "48", "0", "0", "0"),
        ("Bob", "payments", "160", "51", "48", "0", "0", "0"),
    ]


def test_two_schedules_at_once_count_once(night: NightOfLinks, house: House) -> None:
    """An hour is an hour."""
    schedules = {"primary": rota("primary", "alice"), "secondary": rota("secondary", "alice")}
    night.teams = {"payments": Team("payments", "Europe/London", HERE, schedules)}
    bearer = {"authorization": f"Bearer {house.token('board')[0]}"}
    (row,) = rows_of(house.asks("GET", "/load?from=2026-06-22&until=2026-06-29", bearer))
    assert row[2] == "168"


def test_the_night_is_that_of_the_person_where_they_have_said_so(night: NightOfLinks, of: Ask) -> None:
    """Else the team's."""
    (row,) = rows_of(of("?from=2026-06-22T20:00Z&until=2026-06-23T04:00Z", rota("primary", "alice")))
    assert row[2:4] == ("8", "7")
    night.field.people["alice"] = Reach("alice", "Alice", (), timezone="Asia/Tokyo")
    (row,) = rows_of(of("?from=2026-06-22T20:00Z&until=2026-06-23T04:00Z", rota("primary", "alice")))
    assert row[2:4] == ("8", "1")


@pytest.mark.parametrize(("hour", "columns"), [("12:00", ("0", "1")), ("21:30", ("1", "0"))])
def test_pages_are_counted_by_night_and_by_day(
    hour: str, columns: tuple[str, str], night: NightOfLinks, of: Ask
) -> None:
    """One incident, however many messages it took; London's night begins at 21:00 UTC in June."""
    at = datetime.fromisoformat(f"2026-06-17 {hour}").replace(tzinfo=UTC)
    if at > night.clock.at:
        night.passes(f"{int((at - night.clock.at).total_seconds())}s")
    night.signal("disk")
    night.passes("3m")
    assert len(night.to("alice")) > 1
    rows = {row[0]: row for row in rows_of(of("", rota("primary", "alice bob")))}
    assert rows["Alice"][6:] == columns
    assert rows["Bob"][6:] == ("0", "0")


def test_a_column_sorts(of: Ask) -> None:
    """By name from A on, by a number from the most on; the heading says so."""
    schedules = (rota("primary", "alice bob"), rota("first", "carol", team="shop"))
    names = [row[0] for row in rows_of(of("?sort=person", *schedules))]
    assert names == sorted(names)
    assert len(names) == 3
    page = of("?sort=night&from=2026-06-15&until=2026-06-29", *schedules)
    nights = [int(row[3]) for row in rows_of(page)]
    assert nights == sorted(nights, reverse=True)
    assert 'aria-sort="descending"' in page.text
    assert "?from=2026-06-15&amp;until=2026-06-29&amp;sort=hours" in page.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?sort=colour", 400, "no column 'colour'"),
        ("?from=2026-06-01&until=2026-05-01", 400, "is not after"),
        ("?from=2020-01-01&until=2026-01-01", 400, "days are too long"),
        ("?team=nowhere", 404, "no team 'nowhere'"),
        ("?tz=UTC", 400, "no parameter 'tz'"),
    ],
)
def test_what_makes_no_sense_is_told(of: Ask, query: str, status: int, words: str) -> None:
    """In words."""
    found = of(query, rota("primary", "alice"))
    assert (found.status, words in unescape(found.text)) == (status, True)


def test_a_team_alone_and_the_sums(of: Ask) -> None:
    """The second table adds up the first."""
    schedules = (rota("primary", "alice bob"), rota("first", "carol", team="shop"))
    found = of("?team=payments&from=2026-06-22&until=2026-07-06", *schedules)
    assert {row[1] for row in rows_of(found)} == {"payments"}
    total = sum(int(row[2]) for row in rows_of(found))
    assert total == 14 * 24
    assert re.search(rf'payments</a></th><td class="num" data-l="People">2</td><td[^>]*>{total}</td>', found.text)


def test_names_are_data(night: NightOfLinks, of: Ask) -> None:
    """Of people, and of a team of sixty characters."""
    night.field.people["alice"] = Reach("alice", MARKUP, ())
    found = of("", rota("primary", "alice", team="t" * 60))
    assert "<script" not in found.text
    assert rows_of(found)[0][:2] == (MARKUP, "t" * 60)


def test_hours_are_told_while_the_store_is_broken(
    night: NightOfLinks, of: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only pages are not."""

    def broken(*_: object) -> object:
        raise StoreFailed("locked", "the disk is gone")

    monkeypatch.setattr(night.disk._store, "paged", broken)
    found = of("", rota("primary", "alice"))
    assert (found.status, "Pages cannot be counted now: the disk is gone" in found.text) == (200, True)
    assert rows_of(found)


def test_the_window_is_four_weeks_back_and_eight_ahead(night: NightOfLinks, of: Ask) -> None:
    """When nothing is asked for."""
    text = of("", rota("primary", "alice")).text
    today = night.clock.at.date()
    assert f'value="{today - timedelta(weeks=4)}"' in text
    assert f'value="{today + timedelta(weeks=8)}"' in text


def test_too_many_schedules_at_once_are_not_counted_unasked(of: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form is there to choose a team; whoever asks for all of them is told how many days fit."""
    schedules = (rota("primary", "alice bob"), rota("first", "carol", team="shop"))
    monkeypatch.setattr(query_asked, "MOST", 100)
    found = of("", *schedules)
    assert (found.status, rows_of(found)) == (200, [])
    assert "Choose a team, or fewer days: 2 schedules are too much at once." in found.text
    assert "<option>shop</option>" in found.text
    assert of("?from=2026-06-01&until=2026-08-31", *schedules).status == 400
    assert rows_of(of("?team=shop", *schedules))
