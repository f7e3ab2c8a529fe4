"""The one place that reads the time; everything else is given it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """The present instant, an aware UTC `datetime`."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, an aware UTC `datetime`."""
        return datetime.now(UTC)
