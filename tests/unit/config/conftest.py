"""A rotations folder in a few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PEOPLE = "".join(
    f"{name}: {{name: {name.title()}, email: {name}@example.com}}\n"
    for name in ("alice", "bob", "carol", "dave", "erin")
)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """`folder(payments=TEXT, …)` writes the team files, and people.yaml with five people unless given."""

    def written(people: str | None = PEOPLE, **files: Any) -> Path:
        if people is not None:
            (tmp_path / "people.yaml").write_text(people)
        for name, text in files.items():
            path = tmp_path / f"{name.replace('_overrides', '.overrides')}.yaml"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return written
