"""Names and texts that would rather command the terminal, the spreadsheet or the reader."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.rendering import text as rendering
from oncall_rota.rendering.text import csv_row, instant, json_text, term_safe, tsv_row

ESC, CSI, BIDI = "\x1b[31mred\x1b]0;title\x07", "\x9b31m", "\u202eevil\u2066"
NASTY = f"{ESC} {CSI} {BIDI} [/] [bold red]x[/bold red] \u2028\x7f"
# What we send ourselves: colours and nothing else.
OURS = re.compile(r"\x1b\[[0-9;]*m")
AT = "2026-06-03T12:00:00Z"


@pytest.fixture
def nasty(folder: Path) -> Path:
    """A folder in which a name, a layer and a reason are hostile, as far as YAML can spell them."""
    (folder / "people.yaml").write_text(
        f"alice: {{name: {json.dumps(NASTY)}, email: {json.dumps('a@b' + ESC)}}}\n"
        "bob: {name: '=HYPERLINK(\"http://x\")', email: b@example.com}\n"
        "carol: {name: Carol Chen}\ndave: {name: Dave}\n"
    )
    (folder / "web.yaml").write_text(f"""\
team: web
timezone: UTC
schedules:
  day:
    layers:
      - {{name: office, people: [[alice, bob]]}}
overrides:
  - {{add: carol, from: 2026-06-03 11:00, until: 2026-06-03 13:00, reason: {json.dumps(NASTY)}}}
""")
    return folder


COMMANDS = [
    ("who", "web", "--at", AT),
    ("who", "web", "--at", AT, "-o", "plain"),
    ("who", "web", "--at", AT, "-o", "names"),
    ("who", "web", "--at", AT, "-o", "csv"),
    ("who", "web", "--at", AT, "--json"),
    ("who", "web", "--at", AT, "--field", "email"),
    ("schedule", "web", "--from", "2026-06-01", "--for", "1w"),
    ("schedule", "web", "--from", "2026-06-01", "--for", "1w", "-o", "csv"),
    ("why", "web", "--at", AT),
    ("gaps", "web"),
    ("me", "--person", "alice"),
    ("override", "list", "web", "--all"),
    ("validate",),
    ("who", f"web{ESC}"),
    ("who", "--at", f"{ESC}{BIDI}"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_nothing_of_the_data_reaches_the_terminal_as_a_command(
    arguments: tuple[str, ...], nasty: Path, on_terminal: Any
) -> None:
    """No control or bidi character but our own colours, and no crash on markup."""
    said = on_terminal(*arguments, width=120)
    rest = OURS.sub("", said.out)
    assert "Traceback" not in rest
    assert not [letter for letter in rest if letter not in "\n\t" and not letter.isprintable()]


def test_markup_is_shown_as_it_is(nasty: Path, oncall: Any) -> None:
    """Data is never read as markup."""
    assert "[/] [bold red]x[/bold red]" in oncall("who", "web", "--at", AT, "-o", "names").out


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "=cmd|' /C'!A0", "@SUM(1)"])
def test_a_spreadsheet_meets_no_formula(text: str) -> None:
    """Cells that begin like one get an apostrophe."""
    cell = csv_row([text])
    assert cell.lstrip('"').startswith("'")
    assert "\t" not in cell
    assert "\r" not in cell


def test_a_row_stays_a_row() -> None:
    """Tabs and line ends inside a value break neither rows nor columns."""
    assert tsv_row(["a\tb", "", "c\nd"]).count("\t") == 2
    assert "\n" not in csv_row(["a\nb", 'say "x", y'])


def test_names_of_all_scripts_stay_as_they_are() -> None:
    """Cleaning takes nothing from anybody's name."""
    for name in ("Zoë Ødegård", "李雷", "محمد", "\u0645\u06cc\u200c\u062e\u0648", "नमस्ते", "👩\u200d🔧 Ann"):
        assert term_safe(name) == name


def test_every_character_is_safe_or_made_visible() -> None:
    """All of Unicode, one by one."""
    for code in [*range(0x3000), *range(0xD7F0, 0xE010), *range(0xFE00, 0x10100), 0xE0001, 0x10FFFF]:
        found = term_safe(chr(code))
        assert len(found) == 1
        assert found.isprintable() or found in "\u200c\u200d"


def test_json_is_the_same_text_as_the_standard_library_writes() -> None:
    """Written by hand, so that the front door need not load `json`."""
    choose = random.Random(3)
    letters = '"\\/\x00\x1f\x7f\x80é\u2028😀\ud800a b'
    for _ in range(500):
        text = "".join(choose.choices(letters, k=8))
        value = {"a": [text, None, True, False, 3, {}], text: {"b": [], "c": {"d": (1, 2)}}}
        assert json_text(value) == json.dumps(value, indent=2)


def test_instants_are_right_over_the_whole_calendar() -> None:
    """Arithmetic against the standard library."""
    from datetime import UTC, datetime, timedelta

    choose = random.Random(4)
    for _ in range(2000):
        seconds = choose.randrange(-62135596800, 253402300800)
        expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        assert instant(seconds) == expected.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def test_the_machine_formats_import_nothing() -> None:
    """The front door prints with them before anything is loaded."""
    source = Path(rendering.__file__).read_text().replace("from __future__ import annotations", "")
    body = source.replace("    from collections.abc import", "").replace("    from typing import", "")
    assert not re.search(r"^\s*(import|from) ", body, re.MULTILINE)
