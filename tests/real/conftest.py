"""What several tests with real parts use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ARTEFACTS = os.environ.get("ONCALL_ARTEFACTS")  # now: tests run without what the caller has set


@pytest.fixture
def artefacts(tmp_path: Path) -> Path:
    """Where pictures are kept."""
    folder = Path(ARTEFACTS or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
