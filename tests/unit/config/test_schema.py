"""JSON Schema for editors says what the reader says, about the same declarations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from oncall_rota.config import load, schema
from oncall_rota.notifiers import registry

ROOT = Path(__file__).parents[3]
GOOD = sorted([*ROOT.glob("rotations/*.yaml"), *ROOT.glob("examples/*/rotations/*.yaml")])
KINDS = ("team", "overrides", "people", "oncall")
SETTINGS = """
server: {public_url: https://oncall.example.com, listen: 127.0.0.1:8080, store: {env: ONCALL_STORE}}
notifiers:
  sms: {type: twilio-sms, to: phone, from: "+441632960001", limit: {burst: 5, then: 1 per 1m}}
  email: {type: smtp, to: email, password: {file: smtp}}
  push: {type: ntfy, to: push, url: https://ntfy.example.com, token: {file: ntfy}}
  beeper: {type: exec, to: beeper, command: [/usr/local/bin/beep]}
last_resort: {every: 5m, targets: [operations/primary, {via: email, address: all@example.com}]}
sources:
  prod-am: {type: alertmanager, keys: [{env: AM_KEY}], severity: critical, group_by: [labels.alertname]}
routes:
  - {match: {source: prod-am, labels.service: "*"}, service_from: labels.service}
  - {match: {severity: [warning, info]}, team_from: labels.team, hold: 5m}
  - {team: operations}
maintenance:
  - {match: {labels.cluster: eu1}, from: 2026-12-01 22:00, until: 2026-12-02 02:00, reason: upgrade}
heartbeats: {backup: {every: 24h, grace: 1h, team: operations, severity: error, keys: [{env: HB_KEY}]}}
access: {login: link, admins: [grace], board: [{env: BOARD_KEY}], metrics: loopback}
notices: {handoff: 1h, changes: 8w, resolved: yes, via: [push, email]}
watchdog: {ping: {env: PING_URL}, every: 1m, peers: [https://oncall-b.example.com], synthetic: email}
"""


class Loader(yaml.SafeLoader):
    """As an editor reads: YAML 1.2, with numbers and truth values, but no dates, and `no` is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(("timestamp", "bool"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def errors(kind: str, text: str) -> list[str]:
    """What an editor would underline."""
    value = yaml.load(text, Loader)
    return [error.message for error in jsonschema.Draft202012Validator(schema(kind)).iter_errors(value)]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_schema(kind: str) -> None:
    """By the standard's own schema; every key is described."""
    found = schema(kind)
    jsonschema.Draft202012Validator.check_schema(found)

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for name, key in value.get("properties", {}).items():
                assert key["description"], name
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(found)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_good_files_are_good_in_an_editor(path: Path) -> None:
    """Nothing is underlined."""
    kind = path.stem if path.stem in ("people", "oncall") else "team"
    kind = "overrides" if path.name.endswith(".overrides.yaml") else kind
    assert errors(kind, path.read_text()) == []


def test_settings_are_good(folder: Callable[..., Path]) -> None:
    """paging.md's own example, in the reader and in an editor; a notifier's `to` is a contact of people.yaml."""
    assert errors("oncall", SETTINGS) == []
    people = "grace: {name: Grace, beeper: 7, push: grace, email: grace@example.com, phone: +447700900001}\n"
    root = folder(people, oncall=SETTINGS, operations="team: operations\ntimezone: UTC\nrotation: {people: [grace]}\n")
    assert load(root)[1] == ()


def test_declared_options_are_keys() -> None:
    """With declarations an editor knows each notifier's own keys, and what is a secret."""
    declared = registry.declared()
    good = "notifiers:\n  mail: {type: smtp, host: mx.example.com, from: a@example.com, password: {env: SMTP}}\n"
    for text, found in [(good, 0), (good.replace("host", "hots"), 1), (good.replace("{env: SMTP}", "hunter2"), 1)]:
        value = yaml.load(text, Loader)
        validator = jsonschema.Draft202012Validator(schema("oncall", declared))
        assert bool(list(validator.iter_errors(value))) == bool(found), text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("team", "team: payments\ntimezone: UTC\nrotation: {peeple: [alice]}\n"),
        ("team", "team: Payments\ntimezone: UTC\nrotation: {people: [alice]}\n"),
        ("team", "timezone: UTC\nrotation: {people: [alice]}\n"),
        ("team", "team: payments\ntimezone: UTC\nrotation: {people: [alice], every: 0 weeks}\n"),
        ("team", "team: payments\ntimezone: UTC\nrotation: {people: [alice], clock: sundial}\n"),
        ("team", "team: payments\ntimezone: UTC\nrotation: {people: []}\n"),
        ("overrides", "overrides: []\n"),
        ("overrides", "- {who: alice, form: 2026-06-01, until: 2026-06-02}\n"),
        ("people", "Alice: {name: Alice}\n"),
        ("people", "alice: {nmae: Alice}\n"),
        ("people", "alice: {name: Alice, webhook: https://hooks.example.com/x}\n"),
        ("oncall", "servers: {}\n"),
        ("oncall", "last_resort: {every: 5m}\n"),
        ("oncall", "watchdog: {ping: https://hc.example.com/x}\n"),
        ("oncall", "access: {board: [{env: A, file: b}]}\n"),
        ("oncall", "sources: {am: {type: grafana}}\n"),
        ("oncall", "sources: {am: {type: grafana, secrets: hunter2}}\n"),
        ("oncall", "notifiers: {sms: {type: twilio-sms, limit: {burst: 5}}}\n"),
    ],
)
def test_mistakes_are_underlined(kind: str, text: str) -> None:
    """An editor sees what the reader would say."""
    assert errors(kind, text)


def test_numbers_and_truth_values_are_texts() -> None:
    """An editor's YAML types `+447700900001`, `0123`, `no` and `99.9`."""
    assert errors("people", "no: {name: true, phone: +447700900001, slack: 0123}\n") == []
    assert errors("oncall", "notices: {resolved: true}\n") == []
    assert errors("oncall", "sources: {am: {type: generic, keys: {env: A}, get: true}}\n") == []
    assert (
        errors("team", "team: 911\ntimezone: UTC\nrotation: {people: [12]}\nservices: {shop: {availability: 99.9}}\n")
        == []
    )


def test_a_source_has_keys_or_secrets() -> None:
    """One of them is enough."""
    for how in ("keys: {env: A}", "secrets: {env: A}", "secrets: [{env: A}, {file: b}], keys: [{env: C}]"):
        assert errors("oncall", f"sources: {{am: {{type: grafana, {how}}}}}\n") == []


def test_another_kind() -> None:
    """There are four."""
    with pytest.raises(ValueError, match="kinds are team, overrides, people, oncall"):
        schema("roster")
