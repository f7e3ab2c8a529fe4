"""What Debian's promtool says of a real server's metrics and of the alert rules, and systemd of the unit.

`ONCALL_TEST_TOOLS=FOLDER tests/real/install-prometheus` brings promtool, and `install-systemd` systemd-analyze.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.real
PROMTOOL = Path(os.environ.get("ONCALL_TEST_TOOLS", "/nowhere"), "prometheus", "usr", "bin", "promtool")
DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
PEOPLE = 'alice: {name: Alice Adams, phone: "+447700900101"}\n'
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
"""
SETTINGS = "sources: {any: {type: generic, keys: ['sha256:HERE']}}\n".replace("HERE", "0" * 64)


@pytest.fixture
def scrape(tmp_path: Path) -> Iterator[str]:
    """What a real server tells Prometheus after a few requests."""
    rotations = tmp_path / "rotations"
    rotations.mkdir()
    for name, text in (("people", PEOPLE), ("payments", PAYMENTS), ("oncall", SETTINGS)):
        (rotations / f"{name}.yaml").write_text(text)
    command = [sys.executable, "-m", "oncall_rota", "serve", "--listen", "127.0.0.1:0"]
    places = ["--dir", str(rotations), "--store", str(tmp_path / "oncall.db")]
    process = subprocess.Popen([*command, *places], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"listens on (http://127\.0\.0\.1:\d+)", line):
                break
        else:
            raise AssertionError("it ended")
        for path in ("/readyz", "/healthz", "/livez"):
            urlopen(f"{found[1]}{path}").read()
        with urlopen(f"{found[1]}/metrics") as answer:
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            yield answer.read().decode()
    finally:
        process.kill()
        process.communicate(timeout=30)


def promtool(*arguments: str, text: str = "") -> str:
    """What it says; it must be content."""
    done = subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_metrics_of_a_server_are_as_they_should_be(scrape: str) -> None:
    """Names, units and help, as Prometheus' own linter has it."""
    assert 'oncall_http_requests_total{method="GET",route="/readyz",status="200"} 1.0' in scrape
    assert promtool("check", "metrics", text=scrape) == ""


def test_the_alert_rules_are_valid_and_fire_when_they_should() -> None:
    """And only then."""
    rules = DEPLOY / "prometheus" / "oncall.rules.yml"
    assert "10 rules found" in promtool("check", "rules", "--lint=all", "--lint-fatal", str(rules))
    assert "SUCCESS" in promtool("test", "rules", str(DEPLOY / "prometheus" / "oncall.rules.test.yml"))


def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    """Every line of it, and an exposure that it calls OK."""
    unit = tmp_path / "oncall.service"
    text = (DEPLOY / "systemd" / "oncall.service").read_text()
    unit.write_text(text.replace("/opt/oncall/bin/oncall", shutil.which("true") or "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "oncall.service" in line]) == (0, [])
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"Overall exposure level for oncall\.service: ([0-9.]+)", judged)
    assert found is not None, judged
    assert float(found[1]) < 2.0
