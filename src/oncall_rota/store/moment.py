"""Instants as whole microseconds since 1970, as the tables hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z; exact."""
    return span_micros(at - _EPOCH)


def span_micros(span: timedelta) -> int:
    """A span in microseconds; exact."""
    return (span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds


def instant(value: int) -> datetime:
    """The aware UTC instant so many microseconds after 1970-01-01T00:00:00Z."""
    return _EPOCH + timedelta(microseconds=value)
