"""The checks that look at a stretch of time: 400 days, so that every clock change is in it."""

from __future__ import annotations

from datetime import datetime

from oncall_rota.config.catalog import Catalog
from oncall_rota.config.problem import Problem


def check(catalog: Catalog, from_at: datetime) -> tuple[Problem, ...]:
    """The problems of the 400 days from `from_at`."""
    return ()
