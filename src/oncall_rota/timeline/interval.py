"""Half-open stretches of time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Interval(NamedTuple):
    """`[start_at, end_at)`, two aware UTC instants."""

    start_at: datetime
    end_at: datetime
