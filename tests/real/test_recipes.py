"""The recipes of `examples/` for Nagios and Zabbix, run with curl as those run them, against the real doors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
for folder in ("story/pager", "story/paging", "unit/intake", "unit/web", "unit/remote"):
    sys.path.insert(0, str(TESTS / folder))

from house import TEAMS  # noqa: E402 - found by what is said above
from night_house import House, NightOfLinks  # noqa: E402
from there import NightServer  # noqa: E402

from oncall_rota.paging.configuration import Settings  # noqa: E402
from oncall_rota.paging.token import digest_of  # noqa: E402

pytestmark = pytest.mark.real

EXAMPLES = TESTS.parent / "examples"
NAGIOS, ZABBIX = EXAMPLES / "39-alerts-from-nagios/oncall-notify.sh", EXAMPLES / "40-alerts-from-zabbix/oncall.sh"
Run = Callable[..., int]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A source of the generic kind, whose key is not of this file."""
    night = NightOfLinks(tmp_path / "oncall.db")
    keys = [f"sha256:{digest_of('key-of-a-monitor').hex()}"]
    night.settings = Settings(sources={"monitor": {"type": "generic", "keys": keys, "team": "payments"}})
    night.teams = TEAMS
    made = House(night)
    yield made
    made.close()
    night.close()


@pytest.fixture
def server(house: House) -> Iterator[NightServer]:
    """Those doors behind a socket."""
    made = NightServer(house)
    yield made
    made.close()


@pytest.fixture
def run(tmp_path: Path, server: NightServer) -> Run:
    """A script with its arguments; how it ended. `key`: another key than the right one."""
    assert shutil.which("curl"), "curl is missing"

    def ran(script: Path, *arguments: str, key: str = "key-of-a-monitor") -> int:
        header = tmp_path / "header"
        header.write_text(f"Authorization: Bearer {key}\n")
        hook = f"{server.url}/hooks/monitor"
        given = {**os.environ, "ONCALL_HEADER": str(header), "ONCALL_HOOK": hook}
        return subprocess.run([script, *arguments], env=given, timeout=60, check=False).returncode

    return ran


def statuses(house: House) -> list[str]:
    """Of all incidents."""
    return [row.status for row in house.night.store.incidents(("triggered", "acknowledged", "resolved"))]


def test_nagios(house: House, run: Run) -> None:
    """A problem, its repeat, a flap, an acknowledgement and a recovery are one incident."""
    disk = ("db1", "disk /", "CRITICAL", "DISK CRITICAL - 3 % free; $(touch x) \"'& é")
    assert run(NAGIOS, "PROBLEM", *disk) == 0
    assert run(NAGIOS, "PROBLEM", *disk) == 0
    assert run(NAGIOS, "FLAPPINGSTART", *disk) == 0
    (row,) = house.night.store.incidents()
    assert (row.severity, row.key, row.status) == ("critical", "db1/disk /", "triggered")
    message = house.night.to("alice")[0].message
    assert message.summary == "db1/disk / is CRITICAL"
    assert "DISK CRITICAL - 3 % free; $(touch x) \"'& é" in message.lines
    assert run(NAGIOS, "ACKNOWLEDGEMENT", *disk, "grace", "I look") == 0
    assert statuses(house) == ["acknowledged"]
    assert run(NAGIOS, "RECOVERY", "db1", "disk /", "OK", "DISK OK") == 0
    assert statuses(house) == ["resolved"]


def test_a_host_of_nagios(house: House, run: Run) -> None:
    """It has no service, and is another thing than any of its services."""
    assert run(NAGIOS, "PROBLEM", "db1", "", "DOWN", "no answer") == 0
    assert run(NAGIOS, "PROBLEM", "db1", "ssh", "WARNING", "slow") == 0
    assert {(row.key, row.severity) for row in house.night.store.incidents()} == {
        ("db1/", "critical"),
        ("db1/ssh", "warning"),
    }


def zabbix(server: NightServer, value: str, update: str = "0", acknowledged: str = "No") -> tuple[str, ...]:
    """What Zabbix gives to its script."""
    about = (f"{server.url}/hooks/monitor", "4711", value, update, acknowledged)
    return (*about, "High", "db1", "Problem: disk is full", "Host: db1\nfree: 3 %")


def test_zabbix(house: House, server: NightServer, run: Run) -> None:
    """A problem, an update, an acknowledgement and a recovery are one incident."""
    assert run(ZABBIX, *zabbix(server, "1")) == 0
    (row,) = house.night.store.incidents()
    assert (row.severity, row.key) == ("error", "zabbix/4711")
    assert run(ZABBIX, *zabbix(server, "1", "1")) == 0
    assert statuses(house) == ["triggered"]
    assert run(ZABBIX, *zabbix(server, "1", "1", "Yes")) == 0
    assert statuses(house) == ["acknowledged"]
    assert run(ZABBIX, *zabbix(server, "0")) == 0
    assert statuses(house) == ["resolved"]


@pytest.mark.parametrize("script", [NAGIOS, ZABBIX], ids=lambda path: path.stem)
def test_what_is_not_taken_ends_with_an_error(house: House, server: NightServer, run: Run, script: Path) -> None:
    """So that the monitor writes it into its log, or runs it again."""
    problem = ("PROBLEM", "db1", "disk", "CRITICAL", "full") if script == NAGIOS else zabbix(server, "1")
    assert run(script, *problem, key="another-key") != 0
    assert house.submitted == []
