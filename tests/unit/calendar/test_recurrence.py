"""Our bounded expansion against dateutil's own, which is slow to the point of endless for hostile rules."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_rota.calendar.recurrence import occurrences, rule

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
starts = st.datetimes(datetime(2008, 1, 1), datetime(2026, 12, 31)).map(lambda c: c.replace(second=0, microsecond=0))


@st.composite
def rules(draw: st.DrawFn) -> dict[str, list[str]]:
    """Parts of an RRULE as people's calendars have them; every weekday comes, else dateutil searches for long."""
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = {"FREQ": [freq], "INTERVAL": [str(draw(st.sampled_from([1, 2, 3, 5, 8, 11])))]}
    if draw(st.booleans()):
        parts["BYDAY"] = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))
    if draw(st.booleans()):
        parts["BYMONTH"] = [str(month) for month in draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))]
    if freq in ("YEARLY", "MONTHLY", "DAILY") and draw(st.integers(0, 3)) == 0:
        parts["BYMONTHDAY"] = [str(draw(st.sampled_from([1, 15, 28, -1, -2])))]
    if draw(st.booleans()):
        parts["COUNT"] = [str(draw(st.integers(1, 40)))]
    if draw(st.booleans()):
        parts["WKST"] = [draw(st.sampled_from(DAYS))]
    return parts


@settings(max_examples=300, deadline=None)
@given(rules(), starts, st.integers(0, 4000), st.integers(1, 500))
def test_same_as_dateutil(parts: dict[str, list[str]], start: datetime, after: int, length: int) -> None:
    """The same occurrences in a window; the first one of all is DTSTART, which the rule may leave out."""
    low = start + timedelta(days=after)
    high = low + timedelta(days=length)
    text = ";".join(f"{name}={','.join(values)}" for name, values in parts.items() if name != "COUNT")
    limit = int(parts.get("COUNT", ["1000000"])[0])
    try:
        found = rule(parts, None, start)
    except ValueError:  # it never comes
        assert next(iter(rrulestr(text, dtstart=start)), None) is None
        return
    all_of_them = [start, *(clock for clock in _until(text, start, high) if clock != start)][:limit]
    assert list(occurrences(found, start, low, high)) == [clock for clock in all_of_them if low <= clock < high]


def _until(text: str, start: datetime, high: datetime) -> list[datetime]:
    return list(rrulestr(f"{text};UNTIL={high:%Y%m%dT%H%M%S}", dtstart=start))


@pytest.mark.parametrize("freq", ["YEARLY", "MONTHLY"])
@pytest.mark.parametrize(
    "day", [datetime(1896, 2, 29), datetime(1904, 2, 29), datetime(1900, 1, 31), datetime(1899, 4, 30)]
)
@pytest.mark.parametrize("interval", ["1", "5"])
def test_a_day_that_not_all_months_have(freq: str, day: datetime, interval: str) -> None:
    """An old start is skipped over without losing its rhythm."""
    found = rule({"FREQ": [freq], "INTERVAL": [interval]}, None, day)
    for year in (1905, 2027, 2099, 2105):
        low, high = datetime(year, 1, 1), datetime(year + 9, 1, 1)
        wanted = [clock for clock in _until(f"FREQ={freq};INTERVAL={interval}", day, high) if low <= clock < high]
        assert list(occurrences(found, day, low, high)) == wanted
