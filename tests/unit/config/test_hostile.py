"""Files that mean harm, or were harmed: a problem with a place, never an exception, in no time and no memory."""

from __future__ import annotations

import random
import shutil
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall_rota.config import Problem, check, load
from oncall_rota.config.reader import read

ROOT = Path(__file__).parents[3]
GOOD = sorted([*ROOT.glob("rotations/*.yaml"), *ROOT.glob("examples/*/rotations/*.yaml")])
FROM = datetime(2026, 6, 1, tzinfo=UTC)
MUTANTS = 10_000
HEAD = "team: payments\ntimezone: Europe/London\nrotation: {people: [alice]}\n"
BOMBS = {
    "laughs": "x-a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"x-{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "brackets": "x-a: " + "[" * 100_000,
    "dashes": "x-a:\n  " + "- " * 100_000,
    "questions": "? " * 100_000,
    "anchors": "".join(f"x-{number}: &a{number} b\n" for number in range(40_000)),
    "keys": "".join(f"key{number}: a\n" for number in range(60_000)),
    "keys in a line": "{" + ", ".join(f"k{number}: a" for number in range(50_000)) + "}",
    "one key": "a: b\n" * 40_000,
    "items": "x-a:\n" + "- a\n" * 200_000,
    "people": HEAD.replace("[alice]", "[" + ", ".join(f"p{number}" for number in range(40_000)) + "]"),
    "overrides": HEAD + "overrides:\n" + "- {who: alice, from: 2026-01-01, until: 2027-01-01}\n" * 6_000,
    "long text": HEAD + "x-note: " + "a" * 900_000,
    "long name": HEAD.replace("alice", "a" * 900_000),
    "long window": HEAD.replace("}", ", when: '" + "mon-fri," * 100_000 + "'}"),
    "spaces in a window": HEAD.replace("}", ", when: 'mon" + " " * 400_000 + "x'}"),
    "windows": HEAD.replace("}", ", when: [" + "mon 09:00-17:00, " * 10_000 + "tue]}"),
    "commas": HEAD + "services: {a: {runbook: x, " + ", ".join(f"k{number}" for number in range(20_000)) + "}}\n",
    "staggered overrides": HEAD
    + "overrides:\n"
    + "".join(
        f"- {{who: alice, from: 2026-01-06 {number // 60 % 24:02}:{number % 60:02}:{number // 1440:02}, "
        "until: 2026-12-08}\n"
        for number in range(5_000)
    ),
    "absences": HEAD + "away:\n" + "- {who: alice, from: 2026-01-06, until: 2026-12-08}\n" * 5_000,
    "layers": "team: payments\ntimezone: Europe/London\nschedules: {primary: {combine: all, layers: ["
    + ", ".join(
        f"{{name: l{number}, when: daily from {number // 60:02}:{number % 60:02}, people: [alice]}}"
        for number in range(1_400)
    )
    + "]}}\n",
    "schedules": "team: payments\ntimezone: Europe/London\nschedules:\n"
    "  s0: {people: [alice, bob], every: hour, starting: 2026-01-05}\n"
    + "".join(f"  s{number}: {{follows: s0, offset: 1}}\n" for number in range(1, 2_000)),
    "hourly follower": "team: payments\ntimezone: Europe/London\nschedules:\n"
    "  primary: {people: [alice, bob], every: hour, starting: 2026-01-05}\n"
    "  secondary: {follows: primary, offset: 1}\n",
    "long number": HEAD.replace("}", ", every: " + "9" * 900_000 + " weeks}"),
    "long length": HEAD.replace("}", ", lasts: " + "1s" * 400_000 + "}"),
    "too large": "# " + "a" * 3_000_000,
    "quotes": "x-a: " + "'" * 500_000,
    "spaces": "x-a:" + " " * 900_000 + "@",
    "colons": ":" * 900_000,
    "comments": "#\n" * 400_000,
    "breaks": "\n" * 900_000 + "@",
    "tags": "x-a: !" + "a" * 900_000,
    "year": HEAD.replace("}", ", every: week, starting: 9999-12-31 00:00}"),
    "first year": HEAD.replace("}", ", every: week, starting: 0001-01-01 00:00}"),
    "many weeks": HEAD.replace("}", ", every: 9999 months, starting: 2999-12-31 00:00}"),
}

HARMLESS = {"hourly follower", "long text", "many weeks"}


def told(root: Path) -> tuple[Problem, ...]:
    """All problems of a folder, those that look ahead included."""
    catalog, problems = load(root)
    return (*problems, *check(catalog, FROM))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(folder: Callable[..., Path], name: str) -> None:
    """Within a second and 100 MB."""
    root = folder(payments=BOMBS[name])
    started = time.process_time()
    found = told(root)
    took = time.process_time() - started
    assert took < 1
    assert found or name in HARMLESS
    assert all(problem.line >= 1 and problem.column >= 1 and len(str(problem)) < 2000 for problem in found)
    assert len(found) < 2000
    tracemalloc.start()
    try:
        told(root)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


def mutated(text: bytes, others: bytes, dice: random.Random) -> bytes:
    """A good file, harmed: bytes or lines deleted, doubled, swapped, changed or brought from another file."""
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        lines = text.splitlines(keepends=True) or [b""]
        line, place = dice.randrange(len(lines)), dice.randrange(len(text) + 1)
        kind = dice.randrange(9)
        if kind == 0:
            text = text[:place] + text[place + dice.randrange(1, 9) :]
        elif kind == 1:
            text = text[:place] + bytes([dice.randrange(256)]) + text[place:]
        elif kind == 2:
            text = text[:place] + dice.choice(PIECES) + text[place:]
        elif kind == 3:
            del lines[line]
            text = b"".join(lines)
        elif kind == 4:
            lines.insert(dice.randrange(len(lines)), lines[line])
            text = b"".join(lines)
        elif kind == 5:
            lines[line] = lines[line].replace(b"  ", dice.choice((b"", b" ", b"\t", b"    ")), 1)
            text = b"".join(lines)
        elif kind == 6:
            start = dice.randrange(len(others))
            text = text[:place] + others[start : start + dice.randrange(1, 60)] + text[place:]
        elif kind == 7:
            words = text.split(b" ")
            one, two = dice.randrange(len(words)), dice.randrange(len(words))
            words[one], words[two] = words[two], words[one]
            text = b" ".join(words)
        else:
            digits = [index for index, byte in enumerate(text) if 48 <= byte <= 57]
            if digits:
                at = dice.choice(digits)
                text = text[:at] + dice.choice((b"0", b"9", b"-", b"12345", b"")) + text[at + 1 :]
    return text


PIECES = [
    b"\t",
    b"@",
    b"`",
    b"%",
    b"&a ",
    b"*a",
    b"!x ",
    b"<<: *a",
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"- ",
    b"? ",
    b"|",
    b">",
    b'"',
    b"'",
    b"#",
    b" #",
    b"---\n",
    b"...\n",
    b"null",
    b"~",
    b"nobody",
    b"otherwise",
    b"holidays",
    b"24:00",
    b"99:99",
    b"sat,sun",
    b"2026-02-30",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xa8",
    b"follows: primary\n",
    b"schedule: primary\n",
    b"every: shift\n",
    b"9999999999",
    b"-1",
    b"\xef\xbb\xbf",
    b"0001-01-01",
    b"9999-12-31",
]


def test_ten_thousand_mutants(tmp_path: Path) -> None:
    """Nothing but problems, each mutant within a second; the seed is fixed."""
    dice = random.Random(20260105)
    texts = {path: path.read_bytes() for path in GOOD}
    everything = b"".join(texts.values())
    copies = {folder: tmp_path / str(number) for number, folder in enumerate(sorted({path.parent for path in GOOD}))}
    for folder, copy in copies.items():
        shutil.copytree(folder, copy)
    slowest, loud = 0.0, 0
    for number in range(MUTANTS):
        path = dice.choice(GOOD)
        copy = copies[path.parent] / path.name
        text = mutated(texts[path], everything, dice)
        copy.write_bytes(text)
        started = time.process_time()
        try:
            catalog, found = load(copy.parent)
            if number % 20 == 0:  # those that look ahead work on what was understood, and take their time
                found += check(catalog, FROM)
        except Exception as error:  # noqa: BLE001 - that is what must not happen
            pytest.fail(f"{type(error).__name__}: {error}, on {text!r} as {path.name}")
        slowest = max(slowest, time.process_time() - started)
        loud += any(problem.severity == "error" for problem in found)
        assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in found)
        copy.write_bytes(texts[path])
    assert slowest < 1
    assert loud > MUTANTS / 2


@pytest.mark.parametrize("name", ["laughs", "brackets", "dashes"])
def test_without_libyaml_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The pure parser is slower, and reads the same."""
    import yaml

    text = BOMBS[name][:2000].encode() if name != "laughs" else BOMBS[name].encode()
    fast = read("payments.yaml", text)
    monkeypatch.setattr("oncall_rota.config.tree._Parser", yaml.BaseLoader)
    slow = read("payments.yaml", text)
    assert [problem.code for problem in slow.problems] == [problem.code for problem in fast.problems]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_without_libyaml_good_files_are_the_same(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Same values at the same places."""
    import yaml

    def plain(node: object) -> object:
        mark = node.start_mark  # type: ignore[attr-defined]
        place = (mark.line, mark.column)
        if isinstance(node, dict):
            return place, {key: plain(value) for key, value in node.items()}
        return (place, [plain(each) for each in node]) if isinstance(node, list) else (place, node.value)  # type: ignore[attr-defined]

    fast = plain(read(path.name, path.read_bytes()).root)
    monkeypatch.setattr("oncall_rota.config.tree._Parser", yaml.BaseLoader)
    assert plain(read(path.name, path.read_bytes()).root) == fast
