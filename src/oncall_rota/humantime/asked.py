"""Moments, spans and windows that somebody asks for, by an option or a parameter; what makes no sense is told by it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from oncall_rota.errors import UsageError
from oncall_rota.humantime.instant import after, day, when
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone

# An answer looks 400 days back, and twice as far ahead: so much of the calendar is left at either end.
_FIRST_AT, _LAST_AT = datetime(4, 1, 1, tzinfo=UTC), datetime(9997, 1, 1, tzinfo=UTC)


def instant(text: str, option: str, now: datetime, shown: Zone) -> datetime:
    """The instant that WHEN means, local times in the zone `shown`. Raises `UsageError`, which names the `option`."""
    try:
        return _within(when(text, now, shown), option, text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def whole_day(text: str, option: str, now: datetime, zone: Zone) -> date:
    """The calendar day that WHEN means in `zone`. Raises `UsageError`."""
    instant(text, option, now, zone)  # which refuses what is outside the calendar
    try:
        return day(text, now, zone)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def end(text: str, option: str, start_at: datetime, shown: Zone) -> datetime:
    """The end of SPAN from `start_at`. Raises `UsageError`."""
    try:
        end_at = _within(after(start_at, text, shown), option, text)
    except OverflowError:
        raise UsageError(f"{option}: {text!r} is too long") from None
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    if end_at <= start_at:
        raise UsageError(f"{option}: {text!r} is no time at all")
    return end_at


def window(
    from_: str | None, until: str | None, for_: str | None, default: str, now: datetime, shown: Zone, dash: str = "--"
) -> Interval:
    """The window of `from` (today), and `until` or `for` (`default`). Raises `UsageError`.

    `dash`: what stands before the names of the options that it tells of.
    """
    if until is not None and for_ is not None:
        raise UsageError(f"give {dash}until or {dash}for, not both")
    start_at = instant(from_ or "today", f"{dash}from", now, shown)
    if until is None:
        return Interval(start_at, end(for_ or default, f"{dash}for", start_at, shown))
    end_at = instant(until, f"{dash}until", now, shown)
    if end_at <= start_at:
        raise UsageError(f"{dash}until {until!r} is not after {dash}from {from_ or 'today'!r}")
    return Interval(start_at, end_at)


def _within(at: datetime, option: str, text: str) -> datetime:
    if not _FIRST_AT <= at < _LAST_AT:
        raise UsageError(f"{option}: {text!r} is outside the years 4 to 9996")
    return at
