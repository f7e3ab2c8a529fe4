"""What a team lead writes, and what it means."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from oncall_rota.config import check, find_folder, load
from oncall_rota.config.digest import digest
from oncall_rota.errors import FolderNotFound
from oncall_rota.schedule import on_call_at
from oncall_rota.schedule.model import Schedule

HEAD = "team: payments\ntimezone: Europe/London\n"
WEEKLY = "rotation: {people: [alice, bob, carol, dave], every: week, handoff: monday 09:00, starting: 2026-01-05}\n"
SEARCH = "team: search\ntimezone: UTC\nrotation: {people: [erin]}\n"
Folder = Callable[..., Path]


def who(schedule: Schedule, at: str) -> list[str]:
    """Who is on call at an instant."""
    return [each.person for each in on_call_at(schedule, datetime.fromisoformat(at))]


def good(root: Path, team: str = "payments") -> Schedule:
    """The first schedule of a folder without problems."""
    catalog, problems = load(root)
    assert problems == ()
    return catalog.teams[team].first


def codes(root: Path) -> list[str]:
    """The codes of all problems of a folder."""
    return [problem.code for problem in load(root)[1]]


def test_the_simple_case(folder: Folder) -> None:
    """Alice has the first week, bob the second."""
    schedule = good(folder(payments=HEAD + WEEKLY))
    assert schedule.name == "primary"
    assert schedule.layers[0].name == "primary"
    assert who(schedule, "2026-01-05T08:59:59Z") == []
    assert who(schedule, "2026-01-05T09:00:00Z") == ["alice"]
    assert who(schedule, "2026-01-12T09:00:00Z") == ["bob"]


def test_a_cause_names_the_line_of_the_entry(folder: Folder) -> None:
    """Each entry of the list of people knows its own line."""
    text = (
        HEAD + "rotation:\n  people:\n    - alice\n    - [bob, carol]\n    - nobody\n  every: day\n  handoff: 9:00\n  "
        "starting: 2026-01-05\n"
    )
    rotation = good(folder(payments=text)).layers[0].rotation
    assert rotation is not None
    assert [(entry.people, entry.source.line) for entry in rotation.blocks[0].order] == [
        (("alice",), 5),
        (("bob", "carol"), 6),
        ((), 7),
    ]
    assert rotation.blocks[0].order[0].source.path == "payments.yaml"


def test_a_bare_date_of_a_layer_takes_the_handoffs_time(folder: Folder) -> None:
    """`from: 2026-02-02` is Monday 09:00."""
    layer = good(folder(payments=HEAD + WEEKLY.replace("}", ", from: 2026-02-02, until: 2026-03-02 12:00}"))).layers[0]
    assert layer.from_clock == datetime(2026, 2, 2, 9)
    assert layer.until_clock == datetime(2026, 3, 2, 12)


@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ("from: 2026-06-08, until: 2026-06-15", "2026-06-08T08:00", "2026-06-15T08:00"),
        ("from: 2026-06-08, through: 2026-06-14", "2026-06-07T23:00", "2026-06-14T23:00"),
        ("from: 2026-06-08 12:00, until: 2026-06-08T14:00Z", "2026-06-08T11:00", "2026-06-08T14:00"),
        ("from: 2026-06-08 12:00, through: 2026-06-08", "2026-06-08T11:00", "2026-06-08T23:00"),
    ],
)
def test_the_times_of_an_override(folder: Folder, line: str, start: str, end: str) -> None:
    """In a schedule of one layer a bare date is a handoff, with `through` whole days, and a time stands for itself."""
    schedule = good(folder(payments=HEAD + WEEKLY, payments_overrides=f"- {{who: bob, {line}}}\n"))
    override = schedule.overrides[0]
    assert override.start_at == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert override.end_at == datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert (override.source.path, override.source.line) == ("payments.overrides.yaml", 1)


def test_a_bare_date_where_layers_differ_is_midnight(folder: Folder) -> None:
    """With two layers there is no one handoff's time."""
    text = (
        HEAD + "schedules:\n  primary:\n    combine: all\n    layers:\n      - {name: a, people: [alice]}\n      - "
        "{name: b, people: [bob]}\n"
    )
    override = good(
        folder(payments=text + "overrides: [{add: carol, from: 2026-01-08, until: 2026-01-09}]\n")
    ).overrides[0]
    assert override.start_at == datetime(2026, 1, 8, tzinfo=UTC)
    assert override.end_at - override.start_at == timedelta(days=1)


def test_overrides_hold_where_they_say(folder: Folder) -> None:
    """`swap` and `remove` hold everywhere, `who` in the first schedule, and the overrides file comes last."""
    text = HEAD + WEEKLY.replace("rotation:", "schedules:\n  primary:") + "  secondary: {follows: primary, offset: 1}\n"
    text += "overrides:\n  - {swap: [alice, bob], from: 2026-02-01, until: 2026-03-01}\n"
    text += "  - {who: erin, from: 2026-04-06, until: 2026-04-13}\n"
    root = folder(
        payments=text, payments_overrides="- {add: dave, schedule: secondary, from: 2026-05-04, until: 2026-05-11}\n"
    )
    catalog, problems = load(root)
    assert problems == ()
    primary, secondary = catalog.teams["payments"].schedules.values()
    assert [line.verb for line in primary.overrides] == ["swap", "who"]
    assert [line.verb for line in secondary.overrides] == ["swap", "add"]
    assert secondary.leader is primary
    assert primary.followers == (secondary,)


def test_absences_of_people_hold_in_all_teams(folder: Folder) -> None:
    """people.yaml's `away` reaches each schedule in which the person or their cover may be on."""
    people = "alice:\n  name: A\n  email: a@example.com\n  away:\n"
    people += "    - {from: 2026-01-05, through: 2026-01-11, cover: bob}\n"
    people += "bob: {name: B, email: b@example.com}\ncarol: {name: C, email: c@example.com}\n"
    root = folder(
        people,
        payments=HEAD + "rotation: {people: [alice]}\n",
        search="team: search\ntimezone: UTC\nrotation: {people: [carol]}\n",
    )
    catalog, problems = load(root)
    assert problems == ()
    assert [line.source.line for line in catalog.teams["payments"].first.away] == [5]
    assert catalog.teams["search"].first.away == ()
    assert who(catalog.teams["payments"].first, "2026-01-06T00:00:00Z") == ["bob"]


@pytest.mark.parametrize("start", ["2026-04-06", "2026-04-07"])
def test_a_dated_block_may_name_the_day_to_which_its_handoff_moves(folder: Folder, start: str) -> None:
    """Easter Monday's handoff is on Tuesday: either day is that handoff."""
    text = (
        "holidays: GB-ENG\nrotation:\n  every: week\n  handoff: monday 09:00\n"
        "  handoff_on_holiday: next working day\n  people:\n"
        f"    - {{starting: 2026-03-30, order: [alice, bob]}}\n    - {{starting: {start}, order: [carol, dave]}}\n"
    )
    schedule = good(folder(payments=HEAD + text))
    assert who(schedule, "2026-04-07T07:59:59Z") == ["alice"]
    assert who(schedule, "2026-04-07T08:00:00Z") == ["carol"]
    assert who(schedule, "2026-04-13T08:00:00Z") == ["dave"]


def test_a_follower_copies_and_cuts(folder: Folder) -> None:
    """A shadow has its own people, its own life, and the leader's handoffs."""
    text = HEAD + WEEKLY.replace("rotation:", "schedules:\n  primary:")
    text += "  shadow: {follows: primary, people: [erin], from: 2026-07-06, until: 2026-08-03, pages: copy}\n"
    catalog, problems = load(folder(payments=text))
    assert problems == ()
    shadow = catalog.teams["payments"].schedules["shadow"]
    assert shadow.must_cover is None
    assert who(shadow, "2026-07-06T07:59:00Z") == []
    assert who(shadow, "2026-07-06T08:00:00Z") == ["erin"]


def test_a_borrowed_schedule_brings_its_team(folder: Folder) -> None:
    """Asked for one team, its file is read, and what it borrows, and no other."""
    root = folder(payments=HEAD + "rotation: {schedule: search/primary}\n", search=SEARCH, broken="team: [\n")
    catalog, problems = load(root, ["payments"])
    assert problems == ()
    assert list(catalog.teams) == ["payments"]
    assert {path.name for path in catalog.files} == {"people.yaml", "payments.yaml", "search.yaml"}
    assert who(catalog.teams["payments"].first, "2026-01-06T00:00:00Z") == ["erin"]


def test_a_broken_file_breaks_what_borrows_from_it_and_nothing_else(folder: Folder) -> None:
    """A team has a single meaning only if what it borrows has one."""
    borrowing = "team: {}\ntimezone: UTC\nrotation: {{schedule: {}/primary}}\n"
    root = folder(
        payments=HEAD + WEEKLY,
        first=borrowing.format("first", "second"),
        second=borrowing.format("second", "search"),
        search=SEARCH + "colour: red\n",
    )
    catalog, problems = load(root)
    assert list(catalog.teams) == ["payments"]
    assert [(problem.path, problem.code) for problem in problems] == [
        ("first.yaml", "borrows-broken"),
        ("second.yaml", "borrows-broken"),
        ("search.yaml", "unknown-key"),
    ] or sorted((problem.path, problem.code) for problem in problems) == [
        ("first.yaml", "borrows-broken"),
        ("search.yaml", "unknown-key"),
        ("second.yaml", "borrows-broken"),
    ]


@pytest.mark.parametrize(
    ("people", "more"),
    [
        ("alice: {}\nbob: {name: B}\ncarol: {name: C}\ndave: {name: D}\n", "escalation: [{notify: primary}]\n"),
        ("alice: [\n", ""),
    ],
)
def test_an_answer_survives_what_does_not_change_it(folder: Folder, people: str, more: str) -> None:
    """Missing contacts and an unreadable people.yaml are told, and `who` still answers."""
    catalog, problems = load(folder(people, payments=HEAD + WEEKLY + more), ["payments"])
    assert problems
    assert who(catalog.teams["payments"].first, "2026-01-05T09:00:00Z") == ["alice"]


def test_services_are_handed_over(folder: Folder) -> None:
    """From midnight of that day, in the team's zone, another team runs it."""
    text = (
        HEAD
        + WEEKLY
        + (
            "services:\n  basket:\n    runbook: https://r.example.com\n    availability: 99.5\n    handover: "
            "{to: search/primary, starting: 2026-09-01,"
            " monitoring: https://m.example.com, documentation: https://d.example.com}\n"
        )
    )
    catalog, problems = load(folder(payments=text, search=SEARCH), ["payments"])
    assert problems == ()
    handover = catalog.teams["payments"].services["basket"].handover
    assert handover is not None
    assert handover.starting_at == datetime(2026, 8, 31, 23, tzinfo=UTC)
    assert handover.to.team == "search"


def test_scalars_stay_what_was_written(folder: Folder) -> None:
    """YAML 1.1 would read a number, a truth value and minutes."""
    people = "no: {name: on, phone: +447700900001}\n0123: {name: 12:30, phone: 0123}\n"
    catalog, problems = load(
        folder(
            people, payments=HEAD + "rotation: {people: [no, 0123], every: day, handoff: 9:30, starting: 2026-01-05}\n"
        )
    )
    assert problems == ()
    assert catalog.people["no"].contacts == {"phone": "+447700900001"}
    assert catalog.people["0123"].name == "12:30"


def test_notes_and_anchors_are_free(folder: Folder) -> None:
    """`x-…` at the root is for people; an alias repeats a whole value."""
    good(
        folder(
            payments="x-all: &all [alice, bob]\n"
            + HEAD
            + "rotation: {people: *all, every: day, handoff: 09:00, starting: 2026-01-05}\n"
        )
    )


def test_a_byte_order_mark_does_no_harm(folder: Folder) -> None:
    """Some editors write one."""
    good(folder(payments=b"\xef\xbb\xbf" + (HEAD + WEEKLY).encode()))


def test_columns_count_characters(folder: Folder) -> None:
    """Not bytes."""
    _, problems = load(
        folder(
            payments=HEAD
            + WEEKLY
            + "overrides: [{reason: žluťoučký 🐎, who: bop, from: 2026-02-02, until: 2026-02-09}]\n"
        )
    )
    assert [(problem.line, problem.column) for problem in problems] == [(4, 40)]


def test_a_person_who_left_needs_no_contact(folder: Folder) -> None:
    """They are kept for history."""
    people = "alice: {name: A, email: a@example.com}\nbob: {name: B, until: 2026-01-01}\n"
    catalog, problems = load(folder(people, payments=HEAD + "rotation: {people: [alice]}\n"))
    assert problems == ()
    assert catalog.people["bob"].until_on == date(2026, 1, 1)


def test_links_out_of_the_folder_are_refused(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file of this folder never shows what lies elsewhere."""
    outside = tmp_path_factory.mktemp("outside") / "secret.yaml"
    outside.write_text(HEAD + WEEKLY)
    root = folder()
    (root / "payments.yaml").symlink_to(outside)
    assert codes(root) == ["outside-folder"]


def test_what_is_no_file_is_not_waited_for(folder: Folder) -> None:
    """A named pipe has no writer, and a folder no text."""
    root = folder()
    os.mkfifo(root / "payments.yaml")
    (root / "search.yaml").mkdir()
    assert codes(root) == ["not-a-file", "not-a-file"]


def test_checks_that_look_ahead(folder: Folder) -> None:
    """A hole is told with its local time; the digest changes with the files and the day alone."""
    root = folder(payments=HEAD + "rotation: {people: [alice], when: mon-fri 09:00-17:00}\n", search=SEARCH)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    catalog, _ = load(root)
    (hole,) = check(catalog, at)
    assert (hole.code, hole.severity) == ("hole", "error")
    assert "Mon 1 Jun 2026 01:00" in hole.message
    before = digest(catalog, "payments", at)
    (root / "search.yaml").write_text(SEARCH + "# note\n")
    assert digest(load(root)[0], "payments", at) == before
    (root / "people.yaml").write_text((root / "people.yaml").read_text() + "# note\n")
    assert digest(load(root)[0], "payments", at) != before


def test_the_folder_is_found(tmp_path: Path) -> None:
    """By option, by environment, by walking up."""
    rotations = tmp_path / "rotations"
    (rotations / "deeper").mkdir(parents=True)
    assert find_folder(str(tmp_path), {}, Path("/")) == rotations
    assert find_folder(None, {"ONCALL_DIR": str(rotations)}, Path("/")) == rotations
    assert find_folder(None, {}, rotations / "deeper") == rotations
    with pytest.raises(FolderNotFound):
        find_folder(str(tmp_path / "nowhere"), {}, tmp_path)


def test_a_calendar_of_absences(folder: Folder) -> None:
    """The title says whose day off it is; all-day events are days of the team's zone."""
    root = folder(
        payments=HEAD.replace("London", "Paris")
        + "rotation: {people: [alice]}\naway: [{calendar: vacation.ics, cover: bob}]\n"
    )
    event = "BEGIN:VEVENT\r\nUID:{0}\r\nDTSTAMP:20260101T000000Z\r\n"
    event += "DTSTART;VALUE=DATE:2026060{0}\r\nSUMMARY:{1}\r\nEND:VEVENT\r\n"
    (root / "vacation.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n"
        + event.format(1, "Alice: beach")
        + event.format(3, "Zoe")
        + "END:VCALENDAR\r\n"
    )
    catalog, problems = load(root)
    assert [(problem.code, problem.severity) for problem in problems] == [("whose-absence", "warning")]
    schedule = catalog.teams["payments"].first
    assert who(schedule, "2026-05-31T21:59:59Z") == ["alice"]
    assert who(schedule, "2026-05-31T22:00:00Z") == ["bob"]
    assert root / "vacation.ics" in catalog.files
