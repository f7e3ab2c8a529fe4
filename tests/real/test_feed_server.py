"""Calendars that nobody here wrote subscribe to a running `oncall serve`: vdirsyncer and khal, and curl with its ETags.

`tests/real/install-readers` installs them. A reader that is missing is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from server_process import LIMIT, Serving

pytestmark = pytest.mark.real

SETTINGS = """\
server: {public_url: "http://127.0.0.1"}
notifiers: {log: {type: exec, to: phone, command: [/bin/true]}}
last_resort: {every: 1h, targets: [alice]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101"}
bob: {name: Bob Brown, phone: "+447700900102"}
carol: {name: "Carol, Chen; Zoë", phone: "+447700900103"}
dave: {name: Dave Dunn, phone: "+447700900104"}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 1d}]
"""
SEEN_WITHIN = 30.0  # seconds from an edit of a file to its feed


class Event(NamedTuple):
    """What a calendar shows. Times are seconds since 1970."""

    start: int
    end: int
    title: str


def needed(name: str) -> str:
    """A program that must be there."""
    found = shutil.which(name)
    assert found is not None, f"{name} is missing: run tests/real/install-readers"
    return found


def run(*command: str) -> str:
    """What a program prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """A server of one team."""
    rotations = tmp_path / "rotations"
    rotations.mkdir()
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (rotations / f"{name}.yaml").write_text(text)
    with Serving(rotations, str(tmp_path / "oncall.db"), tmp_path / "log") as made:
        yield made


class Khal:
    """khal, which shows the calendar in a folder of items."""

    def __init__(self, folder: Path) -> None:
        self.items = folder / "items"
        self.items.mkdir(parents=True)
        self._conf = folder / "khal.conf"
        self._conf.write_text(
            f"[calendars]\n[[feed]]\npath = {self.items}\n[locale]\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\n"
            "longdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            f"local_timezone = UTC\ndefault_timezone = UTC\n[sqlite]\npath = {folder}/khal.db\n"
            "[default]\ndefault_calendar = feed\n"
        )

    def takes(self, path: Path) -> None:
        """Import a file: an event whose UID is there takes its place."""
        run(needed("khal"), "-c", str(self._conf), "import", "--batch", "-a", "feed", str(path))

    def sees(self) -> dict[str, Event]:
        """Events by UID."""
        shape = "\x1e{uid}\x1f{start-long}\x1f{end-long}\x1f{title}"
        first = datetime.now(UTC).strftime("%Y-%m-%d")
        shown = ("list", "--once", "--day-format", "", "--format", shape, first, "120d")
        listed = run(needed("khal"), "-c", str(self._conf), *shown)
        found = {}
        for record in listed.split("\x1e")[1:]:
            uid, start, end, title = record.strip("\n").split("\x1f")
            found[uid] = Event(seconds(start), seconds(end), title)
        return found


class Subscriber(Khal):
    """vdirsyncer keeps a copy of the feed at `url`, by contents, in a folder that khal reads."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        conf = folder / "vdirsyncer.conf"
        conf.write_text(
            f'[general]\nstatus_path = "{folder}/status"\n'
            '[pair feed]\na = "server"\nb = "copy"\ncollections = null\nconflict_resolution = "a wins"\n'
            f'[storage server]\ntype = "http"\nurl = "{url}"\n'
            f'[storage copy]\ntype = "filesystem"\npath = "{self.items}"\nfileext = ".ics"\n'
        )
        self._vdirsyncer = (needed("vdirsyncer"), "-c", str(conf))
        run(*self._vdirsyncer, "discover")

    def syncs(self) -> int:
        """Fetch; how many items were taken."""
        return run(*self._vdirsyncer, "sync").count("Copying")


def fetched(url: str, folder: Path) -> Path:
    """The feed as a file."""
    path = folder / "fetched.ics"
    run(needed("curl"), "-sSf", "-o", str(path), url)
    return path


def instant(text: str) -> int:
    """JSON's time as seconds since 1970."""
    return int(datetime.fromisoformat(text).timestamp())


def seconds(text: str) -> int:
    """khal's time as seconds since 1970."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp())


def oncall(serving: Serving, *words: str) -> Any:
    """What `oncall … --json` says, over the server's socket."""
    env = {
        **os.environ,
        "ONCALL_DIR": str(serving.rotations),
        "ONCALL_STORE": str(serving.rotations.parent / "oncall.db"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "oncall_rota", *words, "--json"], env=env, capture_output=True, timeout=LIMIT, check=True
    )
    return json.loads(done.stdout)


def subscribed(serving: Serving, *words: str) -> tuple[str, str]:
    """The id and the address of a new feed."""
    (made,) = oncall(serving, "ical", "url", *words)["feeds"]
    return made["id"], made["urls"]["http"].replace("127.0.0.1", f"127.0.0.1:{serving.port}")


def test_a_calendar_sees_the_engine_s_shifts_and_what_changes_in_them(serving: Serving, tmp_path: Path) -> None:
    """The same people at the same times; after an override no other event is taken anew, and the event is the same."""
    _, url = subscribed(serving, "payments")
    subscriber, by_uid = Subscriber(tmp_path / "calendar", url), Khal(tmp_path / "imported")
    assert subscriber.syncs() > 20
    by_uid.takes(fetched(url, tmp_path))
    before = by_uid.sees()
    assert sorted(before.values()) == sorted(subscriber.sees().values())
    names = {"alice": "Alice Adams", "bob": "Bob Brown", "carol": "Carol, Chen; Zoë"}
    told = [
        Event(instant(each["start"]), instant(each["end"]), f"{names[each['person']]} on call — payments primary")
        for each in oncall(serving, "schedule", "payments", "--for", "60d")["shifts"]
    ]
    assert len(told) > 6
    assert set(told[1:-1]) <= set(before.values())  # the first and the last are cut where the question is

    assert subscriber.syncs() == 0
    uid, shift = min((item for item in before.items() if item[1].start > time.time() + 86400), key=lambda item: item[1])
    kept = {path.name: path.read_bytes() for path in by_uid.items.iterdir()}
    week = [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in shift[:2]]
    line = f"overrides:\n  - {{who: dave, from: {week[0]}, until: {week[1]}}}\n"
    (serving.rotations / "payments.yaml").write_text(PAYMENTS + line)
    until = time.monotonic() + SEEN_WITHIN
    while (taken := subscriber.syncs()) == 0:
        assert time.monotonic() < until, "the change is not in the feed"
    assert taken == 2  # and the shift before it, which names who comes next
    by_uid.takes(fetched(url, tmp_path))
    after = by_uid.sees()
    assert sorted(after.values()) == sorted(subscriber.sees().values())
    assert after.keys() == before.keys()
    assert after[uid] == shift._replace(title="Dave Dunn on call — payments primary (override)")
    changed = [path.name for path in by_uid.items.iterdir() if path.read_bytes() != kept.get(path.name)]
    assert len(changed) == 2


def test_curl_is_told_that_nothing_has_changed(serving: Serving, tmp_path: Path) -> None:
    """With the validator of its first fetch it gets 304 and no feed, packed or not; a revoked address is 404."""
    curl = needed("curl")
    token, url = subscribed(serving, "--person", "bob", "--label", "bob's laptop")
    etag, body = str(tmp_path / "etag"), tmp_path / "me.ics"
    shown = ("-sS", "-A", "a calendar/1.0", "-o", str(body), "-w", "%{http_code} %{size_download}")
    status, size = run(curl, *shown, "--compressed", "--etag-save", etag, url).split()
    assert (status, body.read_bytes()[:15]) == ("200", b"BEGIN:VCALENDAR")
    assert int(size) < body.stat().st_size / 3
    assert run(curl, *shown, "--compressed", "--etag-compare", etag, url) == "304 0"
    assert run(curl, *shown, "--etag-compare", etag, url) == "304 0"
    told = oncall(serving, "ical", "list")["feeds"][0]
    assert (told["label"], told["agent"]) == ("bob's laptop", "a calendar/1.0")
    oncall(serving, "ical", "revoke", token)
    time.sleep(1)
    assert run(curl, *shown, url).split()[0] == "404"
