"""Four readers that nobody here wrote see the same events in every golden feed: icalendar, ical.js, libical, khal.

`ONCALL_TEST_TOOLS=FOLDER tests/real/install-readers` installs them; then `ONCALL_TEST_TOOLS=FOLDER pytest -m real
tests/real/test_readers.py`. A reader that is missing is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest

pytestmark = pytest.mark.real

TESTS = Path(__file__).parents[1]
READERS = Path(__file__).parent / "readers"
FEEDS = sorted((TESTS / "golden" / "feeds").glob("*.ics"))
# Read when pytest starts: tests run without any ONCALL_ variable.
TOOLS = Path(os.environ.get("ONCALL_TEST_TOOLS", "/nowhere"), "readers")
TOP = ["PRODID", "VERSION", "CALSCALE", "METHOD", "NAME", "X-WR-CALNAME", "X-WR-TIMEZONE", "REFRESH-INTERVAL"]
TOP += ["X-PUBLISHED-TTL", "COLOR", "X-APPLE-CALENDAR-COLOR"]
HOSTILE = 17

Seen = dict[str, Any]

each_feed = pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)


def needed(path: Path | str | None, what: str) -> str:
    """A program that must be there."""
    assert path is not None, f"{what} is missing: run tests/real/install-readers"
    assert Path(path).exists(), f"{what} is missing: run tests/real/install-readers"
    return str(path)


def run(command: list[str], data: bytes = b"") -> str:
    """What a reader prints; anything on its standard error is a failure."""
    done = subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return done.stdout.decode()


def by_icalendar(path: Path, _: Path) -> Seen:
    """icalendar of PyPI, the newest."""
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    events = [each for each in calendar.subcomponents if each.name == "VEVENT"]
    return {
        "errors": len(calendar.errors) + sum(len(each.errors) for each in events),
        "others": len(calendar.subcomponents) - len(events),
        "calendar": [*calendar.keys()],
        "events": [
            {
                "uid": str(each["UID"]),
                "utc": str(each["DTSTART"].dt.tzinfo) == "UTC" == str(each["DTEND"].dt.tzinfo),
                "start": int(each["DTSTART"].dt.timestamp()),
                "end": int(each["DTEND"].dt.timestamp()),
                "summary": str(each["SUMMARY"]),
                "description": str(each["DESCRIPTION"]),
                "properties": [*each.keys()],
            }
            for each in events
        ],
    }


def by_icaljs(path: Path, _: Path) -> Seen:
    """ical.js, which Thunderbird and Nextcloud read with."""
    node = needed(shutil.which("node"), "node")
    package = needed(TOOLS / "node_modules" / "ical.js", "ical.js")
    seen: Seen = json.loads(run([node, str(READERS / "read_icaljs.cjs"), package], path.read_bytes()))
    return seen


def by_libical(path: Path, _: Path) -> Seen:
    """libical, which GNOME's and KDE's calendars read with."""
    seen: Seen = json.loads(run([needed(TOOLS / "read-libical", "read-libical")], path.read_bytes()))
    return seen


def by_khal(path: Path, folder: Path) -> Seen:
    """khal, which keeps each event in a file of its own and prints it in a terminal."""
    khal = needed(shutil.which("khal"), "khal")
    store = folder / "calendar"
    store.mkdir()
    clock = "%Y-%m-%d %H:%M"
    formats = {"timeformat": "%H:%M", "dateformat": "%Y-%m-%d", "longdateformat": "%Y-%m-%d"}
    formats |= {"datetimeformat": clock, "longdatetimeformat": clock, "local_timezone": "UTC"}
    settings = "\n".join([f"{key} = {value}" for key, value in {**formats, "default_timezone": "UTC"}.items()])
    conf = folder / "khal.conf"
    conf.write_text(
        f"[calendars]\n[[feed]]\npath = {store}\n[locale]\n{settings}\n[sqlite]\npath = {folder}/khal.db\n"
        "[default]\ndefault_calendar = feed\n"
    )
    run([khal, "-c", str(conf), "import", "--batch", "-a", "feed", str(path)])
    shape = "\x1e{uid}\x1f{start-long}\x1f{end-long}\x1f{title}\x1f{description}"
    listed = run(
        [khal, "-c", str(conf), "list", "--once", "--day-format", "", "--format", shape, "2024-01-01", "1500d"]
    )
    events = []
    for record in listed.split("\x1e")[1:]:
        uid, start, end, summary, description = record.rstrip("\n").split("\x1f")
        events.append(
            {
                "uid": uid,
                "utc": True,
                "start": int(datetime.strptime(start, clock).replace(tzinfo=UTC).timestamp()),
                "end": int(datetime.strptime(end, clock).replace(tzinfo=UTC).timestamp()),
                "summary": summary,
                "description": description,
                "properties": properties((store / f"{uid}.ics").read_bytes()),
            }
        )
    return {"errors": 0, "others": 0, "calendar": TOP, "events": events}


def properties(item: bytes) -> list[str]:
    """The properties of the one event in khal's file."""
    lines = item.replace(b"\r\n ", b"").decode().split("\r\n")
    event = lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("END:VEVENT")]
    return [line.partition(":")[0].partition(";")[0] for line in event]


BY = {"icalendar": by_icalendar, "ical.js": by_icaljs, "libical": by_libical, "khal": by_khal}
each_reader = pytest.mark.parametrize("reader", BY.values(), ids=BY.keys())


@each_feed
@each_reader
def test_a_reader_sees_the_golden_events(path: Path, reader: Callable[[Path, Path], Seen], tmp_path: Path) -> None:
    """The same events at the same instants with the same texts, and not one property more."""
    want = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    seen = reader(path, tmp_path)
    assert (seen["errors"], seen["others"]) == (0, 0)
    assert seen["calendar"] == TOP
    found = sorted(seen["events"], key=lambda each: (each["start"], each["uid"]))
    for each in found:
        assert sorted(each.pop("properties")) == want["properties"]
        assert each.pop("utc")
    assert found == sorted(want["events"], key=lambda each: (each["start"], each["uid"]))


@each_reader
def test_a_reader_counts_the_hostile_names(reader: Callable[[Path, Path], Seen], tmp_path: Path) -> None:
    """Seventeen people whose names would break out of their lines."""
    seen = reader(TESTS / "golden" / "feeds" / "hostile.ics", tmp_path)
    assert len({each["summary"] for each in seen["events"]}) == HOSTILE


def test_there_are_feeds_to_read() -> None:
    """An empty folder would let everything pass."""
    assert len(FEEDS) >= 10
