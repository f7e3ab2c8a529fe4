"""Repeating events: the occurrences of an RRULE on the wall clock, never more than a file may have.

The expansion is dateutil's, which looks for a match until the year 9999. So rules by the minute or second are
refused, the filters of daily, weekly and hourly rules are applied here, and a monthly or yearly rule that
never comes is refused too. All times are naive readings of the event's own clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

MAX_COUNT = 10_000
_STEP = {"WEEKLY": timedelta(days=7), "DAILY": timedelta(days=1), "HOURLY": timedelta(hours=1)}
_A_YEAR = {"YEARLY": 1, "MONTHLY": 12, "WEEKLY": 53, "DAILY": 366, "HOURLY": 8784}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_COMMON = frozenset(("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYHOUR", "BYMINUTE"))
_PARTS = {
    "YEARLY": _COMMON | {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"},
    "MONTHLY": _COMMON | {"BYMONTHDAY", "BYSETPOS"},
    "WEEKLY": _COMMON,
    "DAILY": _COMMON | {"BYMONTHDAY"},
    "HOURLY": _COMMON | {"BYMONTHDAY"},
}
_OWN_FILTERS = {
    "WEEKLY": {"BYMONTH"},
    "DAILY": {"BYMONTH", "BYMONTHDAY", "BYDAY"},
    "HOURLY": {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYHOUR"},
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked RRULE. `until_clock` is included; `filters` are the parts that are applied here.

    `cost`: at most so many occurrences a year, and no less than `count`.
    """

    freq: str
    interval: int
    count: int | None
    until_clock: datetime | None
    text: str
    filters: dict[str, frozenset[int]]
    cost: int


def rule(parts: dict[str, list[str]], until_clock: datetime | None, start_clock: datetime) -> Rule:
    """The rule of the parts of an RRULE, all upper case. Raises `ValueError`."""
    freq = parts.get("FREQ", [""])[0]
    if freq not in _PARTS:
        raise ValueError(f"FREQ={freq} is not understood: expected YEARLY, MONTHLY, WEEKLY, DAILY or HOURLY")
    for part in parts:
        if part not in _PARTS[freq]:
            raise ValueError(f"{part} with FREQ={freq} is not understood")
    interval, count = int(parts.get("INTERVAL", ["1"])[0]), int(parts.get("COUNT", ["1"])[0])
    if not 1 <= interval <= 10_000:
        raise ValueError("INTERVAL must be 1 to 10000")
    if not 1 <= count <= MAX_COUNT:
        raise ValueError(f"COUNT must be 1 to {MAX_COUNT}")
    own = _OWN_FILTERS.get(freq, set())
    filters = {
        name: frozenset(_DAYS.index(value) if name == "BYDAY" else int(value) for value in parts[name])
        for name in own & parts.keys()
    }
    text = ";".join(
        f"{name}={','.join(values)}" for name, values in parts.items() if name not in own | {"COUNT", "UNTIL"}
    )
    cost = max(_a_year(freq, interval, parts), count)
    found = Rule(freq, interval, count if "COUNT" in parts else None, until_clock, text, filters, cost)
    if next(_expanded(found, start_clock), None) is None:
        raise ValueError("it never comes")
    return found


def _a_year(freq: str, interval: int, parts: dict[str, list[str]]) -> int:
    """At most so many occurrences a year."""

    def length(name: str) -> int:
        return len(parts.get(name, ()))

    days = {
        "YEARLY": max(
            53 * length("BYDAY"),
            12 * length("BYMONTHDAY"),
            length("BYMONTH"),
            length("BYYEARDAY"),
            7 * length("BYWEEKNO"),
        ),
        "MONTHLY": max(5 * length("BYDAY"), length("BYMONTHDAY")),
        "WEEKLY": length("BYDAY"),
    }
    rate = _A_YEAR[freq] * max(1, days.get(freq, 1)) // interval + 1
    if freq == "HOURLY":
        return rate * max(1, length("BYMINUTE"))
    return min(rate, 366) * max(1, length("BYHOUR")) * max(1, length("BYMINUTE"))


def occurrences(given: Rule, start_clock: datetime, low: datetime, high: datetime) -> Iterator[datetime]:
    """Starts of the occurrences in `[low, high)`, in order. `start_clock` is always the first of all."""
    number = 0
    for clock in chain((start_clock,), _expanded(given, _skipped(given, start_clock, low))):
        if clock >= high or (given.until_clock is not None and clock > given.until_clock and number):
            return
        if number and (clock <= start_clock or not _passes(given, clock)):
            continue
        number += 1
        if given.count is not None and number > given.count:
            return
        if clock >= low:
            yield clock


def _skipped(given: Rule, start_clock: datetime, low: datetime) -> datetime:
    """A start for the same rule that is nearer to `low`, or `start_clock`."""
    if low <= start_clock or given.count is not None:
        return start_clock
    if given.freq in _STEP:
        stride = _STEP[given.freq] * given.interval
        return start_clock + stride * max(0, (low - start_clock) // stride - 1)
    months = given.interval * (12 if given.freq == "YEARLY" else 1)
    if start_clock.day > 28:  # a day that not all months have: by whole leap years
        months *= 4 if given.freq == "YEARLY" else 48
    between = (low.year - start_clock.year) * 12 + low.month - start_clock.month
    month = start_clock.month - 1 + months * max(0, between // months - 1)
    try:
        return start_clock.replace(year=start_clock.year + month // 12, month=month % 12 + 1)
    except ValueError:  # 29 February of 1900 or 2100
        return start_clock


def _expanded(given: Rule, start_clock: datetime) -> Iterator[datetime]:
    """dateutil's expansion, before our own filters and without an end."""
    from dateutil.rrule import rrulestr

    found: Any = rrulestr(given.text, dtstart=start_clock)
    return iter(found)


def _passes(given: Rule, clock: datetime) -> bool:
    for name, wanted in given.filters.items():
        if name == "BYMONTHDAY":
            passes = clock.day in wanted or _from_end(clock) in wanted
        elif name == "BYDAY":
            passes = clock.weekday() in wanted
        else:
            passes = (clock.month if name == "BYMONTH" else clock.hour) in wanted
        if not passes:
            return False
    return True


def _from_end(clock: datetime) -> int:
    """-1 on the last day of the month."""
    following = clock.replace(day=28) + timedelta(days=4)
    return clock.day - (following - timedelta(days=following.day)).day - 1
