"""What a person sees: the timeline and the tables, at every width, with and without colour."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.cli.chart import GAP, QUIET, Chart, Piece, Track
from oncall_rota.cli.terminal import Cell, Terminal, columns_of, fitted, in_lines, rows_in_columns
from oncall_rota.timeline.zone import DAY, zone

GOLDEN = Path(__file__).parents[2] / "golden" / "cli"
SGR = re.compile(r"\x1b\[[0-9;]*m")
WINDOW = ("--from", "2026-05-30", "--until", "2026-06-20", "--tz", "Europe/London")
MONDAY = 1780268400  # 2026-06-01T00:00 in London


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("kind", ["colour", "NO_COLOR", "dumb"])
def test_a_timeline_fits_and_stays_as_it_is(
    width: int, kind: str, on_terminal: Any, golden: Callable[[str, Path], None]
) -> None:
    """Colours, letters and lines, or plain ASCII: to the byte."""
    env = {"NO_COLOR": {"NO_COLOR": "1"}, "dumb": {"TERM": "dumb"}}.get(kind, {})
    said = on_terminal("schedule", *WINDOW, width=width, env=env)
    assert said.code == 0
    assert max(columns_of(SGR.sub("", line)) for line in said.out.splitlines()) <= width
    assert ("\x1b" in said.out) == (kind == "colour")
    assert kind != "dumb" or said.out.replace("Díaz", "").isascii()
    golden(said.out, GOLDEN / f"schedule-{kind}-{width}.txt")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_tables_fit(width: int, on_terminal: Any, golden: Callable[[str, Path], None]) -> None:
    """`who`, with the team's clock where it is another one."""
    said = on_terminal("who", "--at", "2026-06-03T12:00Z", "--tz", "Europe/London", width=width)
    assert max(columns_of(SGR.sub("", line)) for line in said.out.splitlines()) <= width
    golden(said.out, GOLDEN / f"who-table-{width}.txt")


def test_talk_is_broken_between_words_and_never_within_a_command(on_terminal: Any, piped: Any) -> None:
    """What is to be copied stands in one line; by a pipe everything does."""
    said = on_terminal("page", "payments", "--severity", "disastrous", "--dry-run", width=46, env={"NO_COLOR": "1"})
    assert said.out.splitlines()[:3] == [
        "warning: no severity 'disastrous': it is paged",
        "  as critical",
        "  there is critical, error, warning, info",
    ]
    words = "nobody drives it now: 'oncall pager run' does, and 'oncall ack 7f5cd79a' takes it"
    for width in range(40, 90):
        lines = in_lines(words, Terminal(True, width, 0, True))
        assert max(map(len, lines)) <= width
        assert "'oncall ack 7f5cd79a'" in "\n".join(lines)
        assert " ".join(line.strip() for line in lines) == words
    assert piped("page", "payments", "--severity", "disastrous", "--dry-run").err.splitlines()[0].endswith("critical")


@pytest.mark.parametrize("command", ["page", "resolve", "simulate", "who"])
def test_help_is_broken_between_words(command: str, on_terminal: Any, piped: Any) -> None:
    """At 80 columns; by a pipe its lines are as they were written."""
    lines = on_terminal(command, "-h").out.splitlines()
    assert max(columns_of(line) for line in lines) <= 80
    assert (
        "".join(lines)
        .replace(" ", "")
        .startswith(piped(command, "-h").out.partition("Usage")[0].replace(" ", "").replace("\n", ""))
    )


def test_colours_are_for_terminals_alone(piped: Any) -> None:
    """Neither a pipe nor a file gets an escape."""
    for command in (("who",), ("schedule", "payments"), ("why", "payments"), ("validate",), ("gaps",)):
        said = piped(*command)
        assert "\x1b" not in said.out + said.err


def test_a_reader_who_leaves_is_no_error(folder: Path) -> None:
    """`oncall schedule | head -1` is quiet."""
    import subprocess
    import sys

    command = f"{sys.executable} -m oncall_rota schedule --for 500w | head -1"
    found = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=True
    )
    assert found.stderr == ""
    assert found.stdout.splitlines()[-1] in ("0", "141")


def _screen(width: int = 80, colours: int = 0) -> Terminal:
    return Terminal(True, width, colours, True)


def _bar(pieces: list[Piece], end: int, now: int = 0, screen: Terminal | None = None) -> list[str]:
    names = {"alice": "Alice Adams", "bob": "Bob Brown"}
    chart = Chart(MONDAY, end, now, zone("Europe/London"), screen or _screen(), names)
    return chart.lines([Track("t/s", "", pieces)])[2:-1]


def test_a_gap_of_a_minute_is_never_too_small_to_see() -> None:
    """Whatever is unusual is painted last."""
    day = MONDAY + DAY
    pieces = [
        Piece(MONDAY, day, "alice"),
        Piece(day, day + 60, GAP),
        Piece(day + 60, MONDAY + 7 * DAY, "alice"),
    ]
    assert "\u2573" in _bar(pieces, MONDAY + 7 * DAY)[0]


def test_people_on_call_together_stand_one_above_the_other() -> None:
    """Two lanes, one row of dates."""
    end = MONDAY + 7 * DAY
    first, second = _bar([Piece(MONDAY, end, "alice"), Piece(MONDAY, end, "bob")], end)
    assert "Alice Adams" in first
    assert "Bob Brown" in second
    assert second.startswith("       ")


def test_now_is_marked_in_its_row() -> None:
    """Wednesday noon."""
    end = MONDAY + 14 * DAY
    first, second = _bar([Piece(MONDAY, end, "alice")], end, MONDAY + 9 * DAY + DAY // 2)
    assert "▼" not in first
    assert second.index("▼") == 7 + 25


def test_a_day_is_drawn_by_the_hour() -> None:
    """Three days and less are rows of 24 hours."""
    rows = _bar([Piece(MONDAY, MONDAY + DAY, "alice"), Piece(MONDAY + DAY, MONDAY + 2 * DAY, QUIET)], MONDAY + 2 * DAY)
    assert len(rows) == 2
    assert "Alice Adams" in rows[0]
    assert rows[1].strip("·") == " 2 Jun "


def test_the_hour_that_is_read_twice_is_drawn_once() -> None:
    """The clocks of London go back on 25 October 2026; bars keep their order and touch."""
    start, change = 1792796400, 1792890000  # 24 October 00:00 local; 25 October 01:00 UTC
    pieces = [Piece(start, change - 1800, "alice"), Piece(change - 1800, change + 1800, "bob")]
    names = {"alice": "Alice Adams", "bob": "Bob Brown"}
    chart = Chart(start, change + 1800, 0, zone("Europe/London"), _screen(), names)
    assert len(chart.lines([Track("t/s", "", pieces)])) == 5


def test_people_keep_their_own_letters() -> None:
    """Without colour the narrowest bars still tell who."""
    names = {f"a{number}": f"Ann {number}" for number in range(40)}
    chart = Chart(MONDAY, MONDAY + DAY, 0, zone("UTC"), _screen(), names)
    assert len({look.letter for look in chart.looks.values()}) == 40


def test_wide_letters_take_two_columns() -> None:
    """Names in Chinese line up as well."""
    assert columns_of("李雷") == 4
    assert fitted("李雷雷", 5) == "李雷…"
    assert fitted("李", 4) == "李  "
    lines = rows_in_columns(("A", "B"), [(Cell("李雷"), Cell("x")), (Cell("Ann"), Cell("y"))], _screen())
    assert [columns_of(line) for line in lines] == [7, 7, 7]


def test_a_year_is_drawn_five_times_as_fast_as_a_rich_table_of_the_same_rows() -> None:
    """The least of three runs each, in one process."""
    import io

    from rich.console import Console
    from rich.table import Table

    people = ["alice", "bob"]
    pieces = [
        Piece(MONDAY + index * DAY // 3, MONDAY + (index + 1) * DAY // 3, people[index % 2]) for index in range(1095)
    ]

    def ours() -> str:
        return "\n".join(_bar(pieces, MONDAY + 365 * DAY, 0, _screen(100, 256)))

    def theirs() -> str:
        table = Table("start", "end", "schedule", "person")
        for piece in pieces:
            table.add_row(str(piece.start), str(piece.end), "payments/primary", piece.person)
        out = io.StringIO()
        Console(file=out, width=100, force_terminal=True).print(table)
        return out.getvalue()

    def least(draw: Callable[[], str]) -> float:
        spent = []
        for _ in range(3):
            begun = time.perf_counter()
            draw()
            spent.append(time.perf_counter() - begun)
        return min(spent)

    assert least(ours) * 5 <= least(theirs)
