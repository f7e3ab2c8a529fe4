"""Distances in time as a person says them, and the ISO shapes that only pendulum reads."""

from __future__ import annotations

from datetime import datetime, timedelta


def spoken(delta: timedelta) -> str:
    """`in 3 hours`, `2 days ago`: how far from now. Less than a second is `now`."""
    if abs(delta) < timedelta(seconds=1):
        return "now"
    import pendulum

    # A fixed reference: only the distance is spoken, and pendulum would read the clock otherwise.
    base = pendulum.datetime(2026, 1, 1)
    text = str(base.add(seconds=int(delta.total_seconds())).diff_for_humans(base))
    return f"in {text.removesuffix(' after')}" if text.endswith(" after") else text.replace(" before", " ago")


def iso(text: str) -> datetime | None:
    """Any ISO 8601 date or date and time as a plain `datetime`, naive where it names no offset; else None."""
    import pendulum

    try:
        # tz=None keeps a local time naive, so that the one rule of `timeline.zone` resolves it.
        found = pendulum.parse(text, tz=None)
    except (ValueError, TypeError, OverflowError):
        return None
    if not isinstance(found, pendulum.DateTime):
        return None
    offset = found.utcoffset()
    plain = datetime(found.year, found.month, found.day, found.hour, found.minute, found.second)
    if offset is None:
        return plain
    from datetime import timezone

    return plain.replace(tzinfo=timezone(offset))
