"""A team's weeks: the shifts of `/v1/schedule`, drawn and as a table, on the clock that is asked for; and why."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from fake_phones import HERE, rota
from folder_house import ROTATIONS, read
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.model import Reach
from oncall_rota.rendering import schedule as timeline
from oncall_rota.schedule.model import Away, Layer, Override, Schedule, Team, Window
from oncall_rota.timeline.zone import epoch, zone
from oncall_rota.web import board_weeks as drawn

MARKUP = "<script>alert(1)</script>\"'&amp;"
LONG = "t" * 60
Ask = Callable[..., Answer]


@pytest.fixture
def ask(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """The server of the repository's own rotations, with a token of the board."""
    held = read(ROTATIONS)
    monkeypatch.setattr(night, "configuration", lambda: held)
    house = House(night)
    bearer = {"authorization": f"Bearer {house.token('board')[0]}"}
    yield lambda address: house.asks("GET", address, bearer)
    house.close()


@pytest.fixture
def of(night: NightOfLinks, house: House) -> Ask:
    """A page of a team that has these schedules."""
    bearer = {"authorization": f"Bearer {house.token('board')[0]}"}

    def asked(path: str, *schedules: Schedule, team: str = "payments") -> Answer:
        night.teams = {team: Team(team, "Europe/London", HERE, {each.name: each for each in schedules})}
        return house.asks("GET", path, bearer)

    return asked


def rows_of(answer: Answer) -> list[tuple[str, ...]]:
    """From, until, schedule, who and why, of each row of the table."""
    found = re.findall(r"<tr.*?</tr>", answer.text.partition("<tbody>")[2])
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row) for row in found]
    return [tuple([unescape(re.sub(r"<[^>]*>", "", cell)) for cell in row]) for row in cells]


def test_the_table_has_the_shifts_of_the_answer_for_programs(ask: Ask) -> None:
    """Of all schedules of the team, in the same order, gaps too."""
    page = ask("/teams/platform?from=2026-06-15&weeks=2&tz=UTC")
    assert page.status == 200
    told = json.loads(ask("/v1/schedule/platform?from=2026-06-15&until=2026-06-29&causes=true&tz=UTC").body)
    people = [(each["start"], each["schedule"], each["person"]) for each in told["shifts"]]
    gaps = [(each["start"], each["schedule"], "") for each in told["gaps"]]
    meant = sorted([*people, *gaps])
    stamps = re.findall(r'<th scope="row"><time datetime="([^"]*)"', page.text)
    assert [each.replace("+00:00", "Z") for each in stamps] == [start for start, *_ in meant]
    assert len(rows_of(page)) == len(meant) > 10


@pytest.mark.parametrize(
    ("from_", "hours"), [("2026-06-17", 168), ("2026-03-25", 167), ("2026-10-22", 169), ("2026-12-31", 168)]
)
def test_a_week_is_from_monday_to_monday_on_the_clock(from_: str, hours: int) -> None:
    """One in which the clocks change has an hour less, or more; its days still fill it."""
    london = zone("Europe/London")
    at = datetime.fromisoformat(from_).replace(hour=12, tzinfo=UTC)
    first = drawn.monday(at, london)
    primary = rota("primary", "alice bob carol", starting="2026-01-05 09:00")
    table = timeline.rows([primary], drawn.window(first, 1, london), causes=True)
    (week,) = drawn.weeks(table, first, 1, london, epoch(at), lambda on: on == date(2026, 12, 31))
    assert week.end - week.start == hours * 3600
    assert week.days[0].on.weekday() == 0
    assert sum(each.width for each in week.days) == pytest.approx(100)
    (lane,) = week.lanes
    assert [piece.person for piece in lane.pieces] == [each.person for each in table[0][1]]
    assert sum(piece.width for piece in lane.pieces) == pytest.approx(100)
    assert [each.on.isoformat() for each in week.days if each.today] == [from_]
    assert [each.on.isoformat() for each in week.days if each.holiday] == [from_] * (from_ == "2026-12-31")
    assert week.now == pytest.approx((epoch(at) - week.start) / hours / 36)


def test_people_who_are_on_together_stand_below_each_other(of: Ask) -> None:
    """And one after the other in the same row."""
    primary = rota("primary", "alice bob", starting="2026-01-05 09:00")
    start, end = datetime(2026, 6, 16, tzinfo=UTC), datetime(2026, 6, 17, tzinfo=UTC)
    primary.overrides = (Override("add", ("carol",), start, end, HERE),)
    first = drawn.monday(start, zone("UTC"))
    table = timeline.rows([primary], drawn.window(first, 1, zone("UTC")), causes=True)
    (week,) = drawn.weeks(table, first, 1, zone("UTC"), 0, lambda _: False)
    assert [(each.person, each.row, each.kind) for each in week.lanes[0].pieces] == [
        ("alice", 0, "shift"), ("bob", 0, "shift"), ("carol", 1, "override")
    ]  # fmt: skip
    assert (week.lanes[0].rows, week.now) == (2, None)


def test_gaps_are_said_in_words_overrides_and_absences_too(of: Ask) -> None:
    """In the drawing, for those who do not see colours, and in the table."""
    ended = rota("primary", "alice")
    ended.layers = (ended.layers[0]._replace(until_clock=datetime(2026, 6, 18)),)
    ended.must_cover = Window(((0, 7 * 86400),))
    start, end = datetime(2026, 6, 16, tzinfo=UTC), datetime(2026, 6, 17, tzinfo=UTC)
    ended.overrides = (Override("who", ("bob",), start, end, HERE, reason="dentist"),)
    ended.away = (Away("alice", start, end, HERE),)
    page = of("/teams/payments?weeks=1", ended)
    assert "1 gap in these weeks" in page.text
    assert 'aria-label="primary: Nobody: a gap, ' in page.text
    assert "by an override (who)" in page.text
    assert "Away: Alice (Tue 16 Jun 01:00 – Wed 17 Jun 01:00)" in page.text
    assert [row[3:] for row in rows_of(page)][-1] == ("Nobody", "a gap")


def test_the_clock_is_the_team_s_or_the_one_that_is_asked_for(of: Ask) -> None:
    """The same instants."""
    primary = rota("primary", "alice bob", starting="2026-01-05 09:00")
    own, other = of("/teams/payments", primary), of("/teams/payments?tz=Asia/Tokyo", primary)
    assert [row[0] for row in rows_of(own)][1] == "Mon 15 Jun 09:00"
    assert "Mon 15 Jun 17:00" in [row[0] for row in rows_of(other)]
    assert '<option value="Asia/Tokyo" selected>' in other.text
    assert "Times of Asia/Tokyo" in other.text


def test_the_way_to_other_weeks(of: Ask) -> None:
    """As many again, before and after, on the same clock."""
    page = of("/teams/payments?weeks=2&from=2026-06-17&tz=UTC", rota("primary", "alice")).text
    assert re.search(r'href="([^"]*)" rel="prev"', page)[1] == "/teams/payments?from=2026-06-01&amp;weeks=2&amp;tz=UTC"  # type: ignore[index]
    assert re.search(r'href="([^"]*)" rel="next"', page)[1] == "/teams/payments?from=2026-06-29&amp;weeks=2&amp;tz=UTC"  # type: ignore[index]


def test_names_are_data_however_hostile_or_long(night: NightOfLinks, of: Ask) -> None:
    """Of people, of layers, of teams and of overrides' reasons."""
    night.field.people["alice"] = Reach("alice", MARKUP, ())
    primary = rota("primary", "alice bob", team=LONG)
    layer = primary.layers[0]
    primary.layers = (Layer(MARKUP, layer.timezone, HERE, layer.rotation),)
    now = datetime(2026, 6, 17, 12, tzinfo=UTC)
    primary.overrides = (
        Override("who", ("alice",), now - timedelta(hours=1), now + timedelta(hours=1), HERE, reason=MARKUP),
    )
    for path in (f"/teams/{LONG}", f"/teams/{LONG}/primary/why"):
        page = of(path, primary, team=LONG)
        assert page.status == 200
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert LONG in page.text


def test_why_says_what_the_command_says(ask: Ask) -> None:
    """Layer, turn, file and line, and what it would have been."""
    page = unescape(ask("/teams/payments/primary/why?at=2026-06-17T12:00Z").text)
    assert "Dave Okonkwo</strong> is on call: turn 23 of layer 'primary'" in page
    assert "payments.yaml:" in page
    assert "Wed 17 Jun 2026 13:00 BST" in page
    assert "Wed 17 Jun 2026 12:00 UTC" in page


def test_why_says_what_it_would_have_been(of: Ask) -> None:
    """Without the override that is in force."""
    primary = rota("primary", "alice bob")
    now = datetime(2026, 6, 17, 12, tzinfo=UTC)
    line = Override("instead_of", ("bob",), now, now + timedelta(hours=1), HERE, person="alice", reason="dentist")
    primary.overrides = (line,)
    page = of("/teams/payments/primary/why", primary).text
    assert "Without overrides and absences it would have been Alice." in page
    assert "Bob instead of Alice" in page
    assert "Alice → Bob" in page
    assert "(dentist)" in page


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/teams/nowhere", 404, "no team 'nowhere'"),
        ("/teams/payments?weeks=0", 400, "weeks: it is a whole number from 1 to 26"),
        ("/teams/payments?weeks=99999", 400, "from 1 to 26"),
        ("/teams/payments?tz=Mars/Base", 400, "tz: no time zone"),
        ("/teams/payments?from=whenever", 400, "from: "),
        ("/teams/payments?colour=red", 400, "no parameter 'colour'"),
        ("/teams/payments/nothing/why", 404, "has no schedule 'nothing'"),
        ("/teams/payments/primary/why?at=never", 400, "at: "),
    ],
)
def test_what_cannot_be_shown_is_told_in_the_same_frame(ask: Ask, path: str, status: int, words: str) -> None:
    """With the way back."""
    page = ask(path)
    assert page.status == status
    assert words in unescape(page.text)
    assert '<main id="main"' in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_name_is_as_long_as_there_is_room_for_it() -> None:
    """On a large screen and on a phone: whole, its first word, initials."""
    assert drawn.labels("Alice Adams", 100) == ("Alice Adams", "Alice Adams")
    assert drawn.labels("Alice Adams", 14) == ("Alice Adams", "Alice")
    assert drawn.labels("Alice Adams", 5) == ("Alice", "AA")
    assert drawn.labels("Alice Adams", 1) == ("AA", "AA")
    assert drawn.labels("<b>Robert Tables", 1) == ("bT", "bT")
    assert drawn.labels("", 1) == ("", "")


def test_a_page_is_zipped_for_whoever_takes_that(night: NightOfLinks, house: House) -> None:
    """And the same, but for what is made anew each time."""
    schedule = rota("primary", "alice bob")
    night.teams = {"payments": Team("payments", "Europe/London", HERE, {"primary": schedule})}
    bearer = {"authorization": f"Bearer {house.token('board')[0]}"}
    plain = house.asks("GET", "/teams/payments", bearer)
    found = house.asks("GET", "/teams/payments", {**bearer, "accept-encoding": "gzip"})
    assert (found.headers["content-encoding"], found.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(found.body) == plain.body
    assert len(found.body) < len(plain.body) / 4
