"""Every folder of tests/bad: all problems, word for word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall_rota.config import check, load

BAD = Path(__file__).parents[2] / "bad"
FOLDERS = sorted(folder for folder in BAD.iterdir() if folder.is_dir())
FROM = datetime(2026, 6, 1, tzinfo=UTC)


def report(folder: Path) -> str:
    """All problems of a folder, one after the other, as text."""
    catalog, problems = load(folder)
    return "".join(f"{problem}\n" for problem in sorted({*problems, *check(catalog, FROM)}))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_mistake_is_explained(folder: Path, golden: Callable[[str, Path], None]) -> None:
    """Place, reason and remedy are those that were read and found good."""
    found = report(folder)
    assert found, "a bad folder has a problem"
    golden(found, folder / "expected.txt")


def test_there_are_many() -> None:
    """At least eighty mistakes are explained."""
    assert len(FOLDERS) >= 80
