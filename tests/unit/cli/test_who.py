"""`oncall who`: every format, every exit code."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

GOLDEN = Path(__file__).parents[2] / "golden" / "cli"
WEDDING = "2026-06-03T12:00:00Z"


def test_who_is_on_call_in_the_words_of_the_contract(oncall: Any) -> None:
    """The JSON of cli.md, key by key, an override included."""
    said = oncall("who", "payments/primary", "--at", WEDDING, "--json")
    assert said.code == 0
    cause = {"kind": "override", "verb": "who", "path": "payments.yaml", "line": 14}
    assert json.loads(said.out) == {
        "version": 1,
        "at": WEDDING,
        "results": [
            {
                "team": "payments",
                "schedule": "primary",
                "timezone": "Europe/London",
                "on_call": [{"id": "carol", "name": "Carol Chen", "cause": cause}],
                "since": "2026-06-03T08:00:00Z",
                "until": "2026-06-04T08:00:00Z",
                "next": [{"id": "bob", "name": "Bob Brown"}],
                "next_from": "2026-06-04T08:00:00Z",
                "cause": cause,
            }
        ],
    }


@pytest.mark.parametrize("form", ["json", "plain", "csv", "names"])
def test_every_format_is_stable(form: str, oncall: Any, golden: Callable[[str, Path], None]) -> None:
    """Scripts read these: to the byte."""
    said = oncall("who", "--at", WEDDING, "-o", form)
    golden(said.out, GOLDEN / f"who.{form}")


def test_a_table_that_is_piped_is_plain(piped: Any) -> None:
    """The same rows, tab-separated, without a header or colour."""
    table, plain = (piped("who", "--at", WEDDING, *form).out for form in ((), ("-o", "plain")))
    assert plain.startswith("payments/primary\tcarol\tCarol Chen\t")
    assert table == plain
    assert all(line.count("\t") == 6 for line in plain.splitlines())


def test_csv_is_csv(oncall: Any) -> None:
    """With a header, and as many cells in every row."""
    rows = list(csv.DictReader(io.StringIO(oncall("who", "web", "--at", "2026-06-02T15:00Z", "-o", "csv").out)))
    assert [row["names"] for row in rows] == ["Alice Adams; Bob Brown"]


def test_a_team_means_all_its_schedules_in_file_order(oncall: Any) -> None:
    """And a schedule that was named twice is told once."""
    said = oncall("who", "payments", "payments/primary", "--at", WEDDING, "--json")
    assert [each["schedule"] for each in json.loads(said.out)["results"]] == ["primary", "secondary"]


def test_who_is_next(oncall: Any) -> None:
    """`--next` tells the stretch after this one as if it were now."""
    result = json.loads(oncall("who", "payments/primary", "--at", WEDDING, "--next", "--json").out)["results"][0]
    assert [each["id"] for each in result["on_call"]] == ["bob"]
    assert (result["since"], result["until"]) == ("2026-06-04T08:00:00Z", "2026-06-08T08:00:00Z")


def test_the_instant_that_was_understood_is_echoed_in_both_zones(oncall: Any) -> None:
    """On standard error: standard output is data."""
    said = oncall("who", "payments", "--at", "2026-06-03 14:00", "--tz", "Asia/Tokyo")
    assert said.err == "at Wed 3 Jun 2026 14:00 JST, Wed 3 Jun 06:00 Europe/London\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("who", "payments", "--at", WEDDING), 0),
        (("who", "--at", WEDDING), 0),
        (("who", "payments", "--at", "2026-12-25T12:00Z"), 3),  # the first schedule of a named team: nobody
        (("who", "payments/secondary", "--at", "2026-12-25T12:00Z"), 0),
        (("who", "web", "--at", "2026-06-06T12:00Z"), 3),  # a Saturday, outside must_cover, but named
        (("who", "--at", "2026-06-06T12:00Z"), 0),  # nothing named: only inside must_cover
        (("who", "--at", "2026-06-05T15:00Z"), 3),  # a Friday, inside must_cover
        (("who", "payments", "--at", "2025-01-01T00:00Z"), 3),  # before its first handoff
        (("who", "payments", "--at", "25/12"), 2),
        (("who", "payments", "-o", "yaml"), 2),
        (("who", "payments", "--tz", "Mars/Phobos"), 2),
        (("who", "--nonsense"), 2),
        (("who", "--dir", "nowhere"), 2),
        (("who", "paymnts"), 5),
        (("who", "payments/tertiary"), 5),
        (("who", "--service", "card"), 5),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, oncall: Any) -> None:
    """0 ok, 2 usage, 3 nobody on call, 5 unknown name."""
    assert oncall(*arguments).code == code


def test_a_broken_team_leaves_the_others_answered_and_ends_with_4(folder: Path, oncall: Any) -> None:
    """At three in the morning one team's slip must not hide another's answer."""
    (folder / "web.yaml").write_text("team: web\ntimezone: Europe/Lodon\nrotation: {people: [zed]}\n")
    said = oncall("who", "--at", WEDDING, "-o", "names")
    assert said.code == 4
    assert said.out.splitlines() == ["Carol Chen"]
    assert "web.yaml:2:11: error: " in said.err
    assert oncall("who", "payments", "--at", WEDDING).code == 0
    assert oncall("who", "web", "--at", WEDDING).code == 4


def test_a_misspelt_name_is_answered_with_the_likely_one(oncall: Any) -> None:
    """Teams, schedules, services, commands, formats."""
    assert "did you mean 'payments'?" in oncall("who", "paymnts").err
    assert "did you mean 'secondary'?" in oncall("who", "payments/secondry").err
    assert "did you mean 'card-api'?" in oncall("who", "--service", "card-ap").err
    assert "did you mean 'oncall who'?" in oncall("woh").err
    assert "did you mean 'json'?" in oncall("who", "-o", "jsn").err
    assert "did you mean 'Europe/London'?" in oncall("who", "--at", "noon", "--tz", "London").err


def test_a_service_is_answered_by_its_team_and_then_by_whom_it_was_handed_to(folder: Path, oncall: Any) -> None:
    """From the handover's day on the first line is `to`."""
    text = (folder / "payments.yaml").read_text()
    text += """\
    handover:
      to: web/day
      starting: 2026-09-01
      monitoring: https://grafana.example.com/d/card
      documentation: https://docs.example.com/card
"""
    (folder / "payments.yaml").write_text(text)
    for at, team in (("2026-08-31T15:00Z", "payments"), ("2026-09-01T15:00Z", "web")):
        result = json.loads(oncall("who", "--service", "card-api", "--at", at, "--json").out)["results"]
        assert [each["team"] for each in result] == [team]
        assert result[0]["runbook"] == "https://runbooks.example.com/card-api"


def test_one_field_of_each_person(oncall: Any) -> None:
    """`--field` prints values alone; who has none is told on standard error."""
    said = oncall("who", "payments", "--at", "2026-06-23T12:00Z", "--field", "phone")
    assert (said.code, said.out) == (0, "+447700900101\n")
    assert "warning: Bob Brown has no 'phone' in people.yaml" in said.err
    assert oncall("who", "payments", "--at", WEDDING, "--field", "fax").code == 1
    assert oncall("who", "payments", "--field", "phone", "-o", "json").code == 2


def test_missing_contacts_and_overlaps_are_told_on_standard_error(folder: Path, oncall: Any) -> None:
    """The answer stands all the same."""
    (folder / "people.yaml").write_text("alice: {name: Alice Adams}\nbob: {name: Bob Brown, email: b@example.com}\n")
    (folder / "payments.yaml").unlink()
    (folder / "web.yaml").write_text("""\
team: web
timezone: UTC
schedules:
  day:
    layers:
      - {name: one, people: [alice]}
      - {name: two, people: [bob]}
""")
    said = oncall("who", "web", "--at", WEDDING, "-o", "names")
    assert said.out.splitlines() == ["Alice Adams", "Bob Brown"]
    assert "warning: Alice Adams has no contact in people.yaml" in said.err
    assert "layers overlap (one and two)" in said.err


@freeze_time("2026-06-03T12:00:00.900Z")
def test_now_is_read_once_from_the_one_clock_in_whole_seconds(oncall: Any) -> None:
    """freezegun holds `SystemClock`; nothing else reads the time."""
    assert json.loads(oncall("who", "payments", "--json").out)["at"] == WEDDING
    assert json.loads(oncall("who", "payments", "--at", "+1h", "--json").out)["at"] == "2026-06-03T13:00:00Z"


def test_common_options_may_stand_before_the_command(folder: Path, oncall: Any, tmp_path: Path) -> None:
    """`oncall --dir X who` is `oncall who --dir X`, with the folder or its parent."""
    expected = oncall("who", "payments", "--at", WEDDING).out
    for place in (folder, tmp_path):
        assert oncall("--dir", str(place), "--tz=UTC", "who", "payments", "--at", WEDDING).out == expected


def test_who_loads_nothing_heavy(folder: Path, piped: Any) -> None:
    """Neither pendulum nor rich: it is typed in anger."""
    import subprocess
    import sys

    code = f"""
import sys
sys.argv = ["oncall", "who", "payments", "--at", "{WEDDING}", "--json"]
from oncall_rota.cli.main import main
try:
    main()
except SystemExit:
    pass
heavy = "twilio icalendar rich pendulum sqlite3 asyncio apprise pydantic starlette holidays".split()
print(*[name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.splitlines()[-1] == ""
