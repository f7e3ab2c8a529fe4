"""The repository's own rotations, as a server has them."""

from __future__ import annotations

from pathlib import Path

from oncall_rota import wiring
from oncall_rota.config import configuration, load
from oncall_rota.paging.configuration import Configuration

ROTATIONS = Path(__file__).parents[3] / "rotations"


def read(folder: Path = ROTATIONS) -> Configuration:
    """A folder, as the server has it."""
    catalog, _ = load(folder)
    return configuration(catalog, wiring.notifiers())
