"""Feeds, byte for byte. `--update-golden` accepts what is written now; `tests/real` has others read the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from feeds_of import GOLDEN, HOSTILE

from oncall_rota.feeds import Feed

FOLDER = Path(__file__).parents[2] / "golden" / "feeds"
PROPERTIES = ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP")
BUSY = "X-MICROSOFT-CDO-BUSYSTATUS"

each_feed = pytest.mark.parametrize("name", GOLDEN)


def facts(made: Feed) -> str:
    """What a reader must find in a feed, from our own values: nothing here was read back."""
    events = [
        {
            "uid": each.uid,
            "start": each.start,
            "end": each.end,
            "summary": each.summary,
            "description": each.description,
        }
        for each in made.events
    ]
    remembered = ["SEQUENCE", "LAST-MODIFIED"] if made.memory is not None else []
    return json.dumps({"properties": sorted([*PROPERTIES, BUSY, *remembered]), "events": events}, indent=1) + "\n"


@each_feed
def test_a_feed_is_the_golden_one_to_the_byte(name: str, golden: Callable[[str, Path], None]) -> None:
    """The text and what it says."""
    made = GOLDEN[name]()
    golden(made.body.decode(), FOLDER / f"{name}.ics")
    golden(facts(made), FOLDER / f"{name}.json")


def test_no_golden_feed_is_left_over() -> None:
    """Every file in the folder is one of the feeds."""
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(
        f"{name}.{end}" for name in GOLDEN for end in ("ics", "json")
    )


def test_another_process_with_another_hash_seed_and_zone_writes_the_same_bytes() -> None:
    """Nothing of the machine gets into a feed."""
    program = (
        f"import sys; sys.path[:] = {[*sys.path, str(Path(__file__).parent)]!r}\n"
        "from feeds_of import GOLDEN\n"
        "sys.stdout.buffer.write(b''.join([make().body for make in GOLDEN.values()]))"
    )
    want = b"".join([make().body for make in GOLDEN.values()])
    for seed, zone in (("1", "Asia/Kathmandu"), ("2", "America/New_York")):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert done.stdout == want


def lines(body: bytes) -> list[str]:
    """A feed's lines, unfolded."""
    return body.replace(b"\r\n ", b"").decode().split("\r\n")


@each_feed
def test_a_feed_holds_nothing_that_leads_clients_astray(name: str) -> None:
    """Discrete events in UTC, folded at 75 octets; no rules, zones, alarms or invitations; no break but CRLF."""
    body = GOLDEN[name]().body
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert body.decode().replace("\r\n", "\n").splitlines() == body.decode().split("\r\n")[:-1]
    names = {line.partition(":")[0].partition(";")[0] for line in lines(body) if line}
    assert not names & {"RRULE", "RDATE", "ATTENDEE", "ORGANIZER", "TZID", "DURATION", "X-EVIL"}
    begun = {line for line in lines(body) if line.startswith("BEGIN:")}
    assert begun <= {"BEGIN:VCALENDAR", "BEGIN:VEVENT"}
    for line in lines(body):
        if line.startswith(("DTSTART", "DTEND", "DTSTAMP", "LAST-MODIFIED")):
            assert line.partition(":")[2][8:] == line.partition(":")[2][8:9] + line[-7:-1] + "Z"
            assert ";" not in line
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines(body) or name == "gaps"


def test_hostile_names_stay_in_their_lines() -> None:
    """Seventeen people, seventeen titles on a line each, and as many events as shifts."""
    made = GOLDEN["hostile"]()
    assert len(HOSTILE) == 17
    titles = {each.summary for each in made.events}
    assert len(titles) == 17
    assert all(title.isprintable() or "\u200d" in title for title in titles)
    assert lines(made.body).count("BEGIN:VEVENT") == len(made.events) > 17
    assert not any(line.startswith(("ATTENDEE", "X-EVIL")) for line in lines(made.body))
