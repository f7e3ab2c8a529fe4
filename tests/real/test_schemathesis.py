"""The OpenAPI document is true, and no request that somebody can make of it is answered with a 5xx.

Schemathesis makes requests of the document, good and bad ones, and holds every answer against it. The same seed makes
the same requests. `ONCALL_TEST_TOOLS=FOLDER tests/real/install-schemathesis` installs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from server_process import KEY, Serving

pytestmark = pytest.mark.real

PROGRAM = Path(os.environ.get("ONCALL_TEST_TOOLS", "/nowhere"), "schemathesis", "bin", "schemathesis")
SECONDS = 80  # for all requests
SEED = 5
SETTINGS = """\
server: {public_url: "https://oncall.example.com"}
notifiers:
  sms: {type: webhook, to: phone, url: "http://127.0.0.1:9/", secret: {env: TOKEN}}
last_resort: {every: 1d, targets: [carol]}
sources:
  prod-am: {type: alertmanager, keys: [{env: HOOK_KEY}]}
  anything: {type: generic, get: yes, keys: [{env: HOOK_KEY}]}
  events: {type: pagerduty, keys: [{env: HOOK_KEY}]}
  genie: {type: opsgenie, keys: [{env: GENIE_KEY}]}
heartbeats: {backup: {every: 1d, team: payments, keys: [{env: HOOK_KEY}]}}
access: {login: link, admins: [alice]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: sms]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: sms]}
carol: {name: Carol Chen, phone: "+447700900103", notify: [0m: sms]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice, bob], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 1d}]
services:
  checkout: {runbook: "https://runbooks.example.com/checkout"}
"""
# Which key opens what, and names that are there: else nothing behind the first door is ever reached.
ASKS = """\
seed = {seed}
suppress-health-check = ["all"]
max-redirects = 0
headers = {{ Authorization = "Bearer {token}" }}

[parameters]
"path.team" = "payments"
"path.schedule" = "primary"
"path.source" = "anything"
"path.kind" = "generic"
"path.key" = "{key}"
"path.heartbeat" = "backup"
"path.identifier" = "payments"
"path.channel" = "sms"
"path.reference" = "{incident}"

# Whatever a monitor sends is taken in, or told in an incident; and what is well-formed may still name nobody.
[checks]
negative_data_rejection.enabled = false
positive_data_acceptance.enabled = false

[[operations]]
include-path-regex = "^/(hooks|api/v2|heartbeats|v2/heartbeats|v2/schedules)/"
headers = {{ Authorization = "Bearer {key}" }}

# Some of these addresses are another's, too: an alias may have a slash in it.
[[operations]]
include-path-regex = "^/v2/alerts"
headers = {{ Authorization = "GenieKey {genie}" }}
checks.unsupported_method.enabled = false
checks.allow_header_conformance.enabled = false

# Programs are told what they got wrong.
[[operations]]
include-path-regex = "^/v1/"
checks.negative_data_rejection.enabled = true
"""
GENIE = "g" * 32


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """A server of one team."""
    rotations = tmp_path / "rotations"
    rotations.mkdir()
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (rotations / f"{name}.yaml").write_text(text)
    monkeypatch.setenv("GENIE_KEY", GENIE)
    with Serving(rotations, str(tmp_path / "oncall.db"), tmp_path / "log").begin() as made:
        yield made


def oncall(server: Serving, *arguments: str) -> Any:
    """What a command prints, as JSON."""
    env = {
        **os.environ,
        "ONCALL_DIR": str(server.rotations),
        "ONCALL_STORE": str(server.rotations.parent / "oncall.db"),
    }
    command = [sys.executable, "-m", "oncall_rota", *arguments, "--json"]
    return json.loads(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)


def test_the_document_is_true(server: Serving, tmp_path: Path) -> None:
    """Thousands of requests, to every door of the document; an incident is open, so that there is something to find."""
    assert PROGRAM.exists(), "run tests/real/install-schemathesis with ONCALL_TEST_TOOLS=FOLDER"
    token = oncall(server, "token", "create", "admin", "schemathesis", "--person", "alice")["token"]
    told = server.asks("POST", "/hooks/anything", b'{"summary": "disk is full"}', {"Authorization": f"Bearer {KEY}"})
    incident = json.loads(told.body)["incident"]
    asks = tmp_path / "schemathesis.toml"
    asks.write_text(ASKS.format(seed=SEED, token=token, key=KEY, incident=incident, genie=GENIE))
    command = [
        str(PROGRAM), "--config-file", str(asks), "run", f"http://127.0.0.1:{server.port}/openapi.json",
        "--phases", "examples,coverage,fuzzing", "--max-time", str(SECONDS),
        "--continue-on-failure", "--generation-database", "none", "--no-color", "--warnings", "off",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS * 5, check=False)
    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-3_000:]
    assert server.answers(), server.said()[-3_000:]
