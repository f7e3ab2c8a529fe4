"""`examples/deploy`: what stands there is true of this program, and fits together."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

import oncall_rota
from oncall_rota.cli.main import application
from oncall_rota.config import ERROR, load
from oncall_rota.web.app import DOORS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"
TEXTS = {path.relative_to(DEPLOY).as_posix(): path.read_text() for path in sorted(DEPLOY.rglob("*")) if path.is_file()}
MANIFESTS = sorted(name for name in TEXTS if name.startswith("kubernetes/"))
RULES = "prometheus/oncall.rules.yml"


def objects(name: str) -> list[dict[str, Any]]:
    """The objects of a manifest."""
    return list(yaml.safe_load_all(TEXTS[name]))


def pods(name: str) -> Iterator[dict[str, Any]]:
    """The pods that it describes."""
    for each in objects(name):
        if each["kind"] in ("Deployment", "StatefulSet"):
            yield each["spec"]["template"]["spec"]


def ours(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Its containers that run oncall."""
    found = [*pod.get("initContainers", []), *pod["containers"]]
    return [each for each in found if "/oncall:" in each["image"]]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command line of ours, with the file it stands in."""
    for name, text in TEXTS.items():
        if name.endswith((".md", ".service")):
            for found in re.finditer(
                r"(?:^|[\s`=-])(?:/opt/oncall/bin/)?oncall ([a-z]+(?: [^`'\n#]*)?)", text, re.MULTILINE
            ):
                if "/bin/oncall " in found[0] or "`oncall " in found[0]:
                    yield name, shlex.split(found[1])
    for name in MANIFESTS:
        for pod in pods(name):
            for each in ours(pod):
                yield name, each["args"]
    yield "Containerfile", json.loads(re.findall(r"^CMD (\[.*\])$", TEXTS["Containerfile"], re.MULTILINE)[0])


@pytest.mark.parametrize(("name", "arguments"), list(commands()), ids=str)
def test_every_command_line_is_one_that_this_program_understands(name: str, arguments: list[str]) -> None:
    """Each option and argument is parsed; nothing is run."""
    command: Any = get_command(application())
    context = command.make_context("oncall", arguments[:1], resilient_parsing=True)
    while hasattr(command, "resolve_command"):
        _, command, arguments = command.resolve_command(context, arguments)
        context = command.make_context(command.name, list(arguments), parent=context, resilient_parsing=False)
    assert not context.args


def test_the_commands_are_found() -> None:
    """The unit, the image, three containers, and the README: so the test above means something."""
    found = [(name, arguments[0]) for name, arguments in commands()]
    assert found.count(("systemd/oncall.service", "serve")) == 2
    assert {
        ("Containerfile", "serve"),
        ("kubernetes/sqlite.yaml", "serve"),
        ("kubernetes/postgresql.yaml", "migrate"),
    } < {*found}
    assert ("README.md", "validate") in found


def test_every_variable_is_one_that_this_program_reads() -> None:
    """A name that is misspelt would be passed over."""
    program = Path(oncall_rota.__file__).parent
    known = {name for path in program.rglob("*.py") for name in re.findall(r"ONCALL_[A-Z_]+", path.read_text())}
    assert {name for text in TEXTS.values() for name in re.findall(r"ONCALL_[A-Z_]+", text)} <= known


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_probe_asks_a_door_that_is_open(name: str) -> None:
    """And nothing ends a server whose store has failed."""
    open_ = {door.path for door in DOORS if door.rule == "open"}
    for pod in pods(name):
        for each in ours(pod):
            if "ports" not in each:
                continue
            probes = [each["livenessProbe"], each["readinessProbe"]]
            assert {probe["httpGet"]["path"] for probe in probes} <= open_
            assert {probe["httpGet"]["port"] for probe in probes} <= {port["name"] for port in each["ports"]}
            assert each["livenessProbe"]["httpGet"]["path"] == "/livez"
    asked = re.findall(r"127\.0\.0\.1:8080(/[a-z]+)", TEXTS["Containerfile"])
    assert asked == ["/livez"]


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_fits_together(name: str) -> None:
    """Selectors find their pods, mounts their volumes, and nothing runs as root or writes to its image."""
    for pod in pods(name):
        volumes = {each["name"] for each in pod["volumes"]}
        claimed = {
            each["metadata"]["name"]
            for whole in objects(name)
            for each in whole.get("spec", {}).get("volumeClaimTemplates", [])
        }
        for each in [*pod.get("initContainers", []), *pod["containers"]]:
            assert {mount["name"] for mount in each["volumeMounts"]} <= volumes | claimed
            assert each["securityContext"]["readOnlyRootFilesystem"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["terminationGracePeriodSeconds"] >= 25
    for each in objects(name):
        if each["kind"] in ("Deployment", "StatefulSet"):
            labels = each["spec"]["template"]["metadata"]["labels"]
            assert each["spec"]["selector"]["matchLabels"].items() <= labels.items()
            assert all(
                one["spec"]["selector"].items() <= labels.items() for one in objects(name) if one["kind"] == "Service"
            )


def test_one_server_on_a_file_and_several_on_postgresql() -> None:
    """A second one on a file is refused."""
    found = {
        each["kind"]: each["spec"].get("replicas") for name in MANIFESTS for each in objects(name) if "spec" in each
    }
    assert (found["StatefulSet"], found["Deployment"]) == (1, 2)


def test_the_rotations_of_the_config_map_are_valid(tmp_path: Path) -> None:
    """As Kubernetes mounts them: links into a folder that is itself a link."""
    (found,) = [each for each in objects("kubernetes/sqlite.yaml") if each["kind"] == "ConfigMap"]
    real = tmp_path / "..2026_01_05"
    real.mkdir()
    (tmp_path / "..data").symlink_to(real.name)
    for name, text in found["data"].items():
        (real / name).write_text(text)
        (tmp_path / name).symlink_to(f"..data/{name}")
    catalog, problems = load(tmp_path)
    assert [each for each in problems if each.severity == ERROR] == []
    assert [*catalog.teams] == ["payments"]


def exposed() -> set[str]:
    """The names of all metrics, those of the process too."""
    from oncall_rota.web import metrics

    source = Path(metrics.__file__).read_text()
    names = set(re.findall(r'"(oncall_[a-z_]+)"', source)) | {"process_resident_memory_bytes"}
    counters = {f"{name}_total" for name in re.findall(r'_counter\("(oncall_[a-z_]+)"', source)}
    histograms = {f"{name}_bucket" for name in re.findall(r'HistogramMetricFamily\("(oncall_[a-z_]+)"', source)}
    return (names | counters | histograms) - {name.removesuffix("_total") for name in counters}


@pytest.mark.parametrize("name", [RULES, "grafana/oncall.json"])
def test_every_metric_that_is_asked_for_is_there(name: str) -> None:
    """In the alert rules and on the dashboard."""
    asked = set(re.findall(r"\b(oncall_[a-z_]+|process_[a-z_]+)\b", TEXTS[name]))
    assert len(asked) >= 10
    assert asked <= exposed()


def test_every_alert_is_tested() -> None:
    """By one test that it fires and by one that it does not."""
    rules = [rule["alert"] for group in yaml.safe_load(TEXTS[RULES])["groups"] for rule in group["rules"]]
    tests = TEXTS["prometheus/oncall.rules.test.yml"]
    for name in rules:
        assert f"alertname: {name}, eval_time: 30m, exp_alerts: []" in tests
        assert f'{{alertname="{name}"}}' in tests


def test_the_readme_leads_to_every_file() -> None:
    """And to none that is not there."""
    linked = set(re.findall(r"\]\(([^):]+)\)", TEXTS["README.md"]))
    assert linked == set(TEXTS) - {"README.md"}
