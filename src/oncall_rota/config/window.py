"""The grammar of `when`, `except` and `must_cover`: parts of the week.

mon-fri 09:00-17:30 · sat,sun · daily 22:00-06:00 · fri 18:00 - mon 09:00 · holidays 09:00-17:00 · otherwise ·
mon-fri from 08:00
"""

from __future__ import annotations

import re
from functools import lru_cache

from oncall_rota.config.problem import Mistake, shown, suggest
from oncall_rota.config.text import DAYS, WEEKDAYS, clock_seconds
from oncall_rota.schedule.model import Window

DAY = 86400
WEEK = 7 * DAY
ALWAYS = Window(spans=((0, WEEK),))
OTHERWISE = Window(otherwise=True)
LONGEST = 200  # characters of one item, and
MOST_ITEMS = 100  # items of one list: a hostile file has more

_TIME = r"\d{1,2}:\d\d(?::\d\d)?"
_SPAN = re.compile(rf"([a-z]+)\s+({_TIME})\s*-\s*([a-z]+)\s+({_TIME})", re.ASCII)
_ITEM = re.compile(rf"(.*?)(?:(?:^|\s+)(?:from\s+({_TIME})|({_TIME})\s*-\s*({_TIME})))?", re.ASCII | re.DOTALL)
_EXAMPLES = "write e.g. mon-fri 09:00-17:30, or daily 22:00-06:00, or fri 18:00 - mon 09:00"
_INSTEAD = {
    "weekdays": "mon-fri",
    "weekday": "mon-fri",
    "workdays": "mon-fri",
    "weekend": "sat,sun",
    "weekends": "sat,sun",
    "everyday": "daily",
    "every day": "daily",
    "all": "daily",
    "always": "daily",
    "holiday": "holidays",
    "bank holidays": "holidays",
    "tues": "tue",
    "weds": "wed",
    "thur": "thu",
    "thurs": "thu",
}


@lru_cache(maxsize=4096)
def window(text: str) -> Window:
    """One item: `mon-fri 09:00-17:30`, `holidays`, `otherwise`, …"""
    item = text.strip().lower()
    if item == "otherwise":
        return OTHERWISE
    if len(item) > LONGEST:
        raise Mistake("bad-window", f"{shown(text)} is too long for a part of the week", _EXAMPLES)
    found = _SPAN.fullmatch(item)
    if found:
        start = _weekday(found[1], text) * DAY + _start(found[2], text)
        end = _weekday(found[3], text) * DAY + _time(found[4], text)
        return Window(spans=((start, end if end > start else end + WEEK),))
    found = _ITEM.fullmatch(item)
    if not found:
        raise Mistake("bad-window", f"{shown(text)} is not a part of the week", _hint(item))
    days, since, start_clock, end_clock = found[1].strip(), found[2], found[3], found[4]
    if days == "holidays":
        if since:
            raise Mistake("bad-window", f"{shown(text)}: 'from' needs days of the week", "write holidays 09:00-17:00")
        return Window(holidays=(_hours(start_clock, end_clock, text),))
    numbers = _days(days, text)
    if since:
        at = _start(since, text)
        return Window(starts=tuple(number * DAY + at for number in numbers))
    low, high = _hours(start_clock, end_clock, text)
    return Window(spans=tuple((number * DAY + low, number * DAY + high) for number in numbers))


@lru_cache(maxsize=1024)
def union(texts: tuple[str, ...]) -> Window:
    """A list of items, in the order written."""
    parts = [window(text) for text in texts]
    if len(parts) == 1:
        return parts[0]
    if any(part.otherwise for part in parts):
        raise Mistake(
            "bad-window",
            "'otherwise' stands alone: it is all that no other layer covers",
            "write only `otherwise`, or a layer of its own",
        )
    return Window(
        spans=tuple(span for part in parts for span in part.spans),
        holidays=tuple(span for part in parts for span in part.holidays),
        starts=tuple(start for part in parts for start in part.starts),
    )


def days_only(text: str) -> bool:
    """Whether an item names whole days of the week: `mon`, `mon-fri`."""
    return bool(text) and all(word.strip() in WEEKDAYS for word in re.split("[-,]", text.lower()))


def timed(text: str) -> bool:
    """Whether an item has days of the week and a time: `tue 09:00-17:00`."""
    return ":" in text and text.lower().lstrip().startswith(tuple(WEEKDAYS))


def _hours(start: str | None, end: str | None, text: str) -> tuple[int, int]:
    if start is None or end is None:
        return 0, DAY
    low, high = _start(start, text), _time(end, text)
    return low, high if high > low else high + DAY


def _time(clock: str, text: str) -> int:
    try:
        return clock_seconds(clock)
    except Mistake as mistake:
        raise Mistake("bad-window", f"{shown(text)}: {mistake.message}", mistake.hint) from None


def _start(clock: str, text: str) -> int:
    seconds = _time(clock, text)
    if seconds == DAY:
        raise Mistake("bad-window", f"{shown(text)}: 24:00 is an end and never a start", "write 00:00, on the next day")
    return seconds


def _weekday(word: str, text: str) -> int:
    if word not in WEEKDAYS:
        instead = suggest(word, DAYS)
        raise Mistake(
            "bad-window",
            f"{shown(text)}: {shown(word)} is not a weekday",
            f"did you mean {instead!r}?" if instead else _EXAMPLES,
        )
    return WEEKDAYS[word]


def _days(days: str, text: str) -> list[int]:
    if days == "daily":
        return list(range(7))
    if not days:
        raise Mistake(
            "bad-window",
            f"{shown(text)} does not say on which days",
            f"write daily {text.strip()}, or mon-fri {text.strip()}",
        )
    if not re.fullmatch(r"[a-z]+(\s*[-,]\s*[a-z]+)*", days, re.ASCII):
        raise Mistake("bad-window", f"{shown(text)} is not a part of the week", _hint(text.strip().lower()))
    numbers: list[int] = []
    for part in days.split(","):
        ends = [word.strip() for word in part.split("-")]
        if len(ends) > 2:
            raise Mistake(
                "bad-window", f"{shown(text)}: a range of days has two ends", "write e.g. mon-fri, or mon,wed,fri"
            )
        if ends[0] in _INSTEAD and len(ends) == 1:
            raise Mistake(
                "bad-window", f"{shown(text)}: {shown(ends[0])} is not a weekday", _hint(text.strip().lower())
            )
        first, last = _weekday(ends[0], text), _weekday(ends[-1], text)
        numbers += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return numbers


def _hint(item: str) -> str:
    if "–" in item or "—" in item:
        return "there is a long dash in it: write '-'"
    exception = re.search(r"\s+(?:except|excluding|without)\s+", item)
    if exception:
        return f"write when: {item[: exception.start()]} and except: {item[exception.end() :]}, on two lines"
    parts = [part.strip() for part in item.split(",")]
    if len(parts) > 1 and _matches(parts):
        return "a list is written in brackets: [" + ", ".join(f'"{part}"' for part in parts) + "]"
    for word, instead in _INSTEAD.items():
        if re.match(rf"{word}\b", item):
            if item == "always":
                return "leave the line out: without `when` a layer is always active"
            return f"write {instead}{item.removeprefix(word)}"
    if re.fullmatch(rf"[a-z,\s-]+\s{_TIME}", item):
        return f"a part of the week has an end: write e.g. {item}-17:00, or 'from' before the time"
    clocks = re.sub(r"\b(\d{1,2})(?:[:.]?(\d\d))?\s*([ap]m)?\b", _clock, item)
    if clocks != item and _matches([clocks]):
        return f"times are HH:MM: write {clocks}"
    if re.search(r"\d{1,2}\s*[ap]m|\d{1,2}-\d{1,2}(?!:)", item):
        return "times are HH:MM, as in mon-fri 09:00-17:30"
    return _EXAMPLES


def _clock(found: re.Match[str]) -> str:
    """`9`, `9am`, `0930`, `5.30pm` as HH:MM."""
    hour = int(found[1]) % 12 + 12 * (found[3] == "pm") if found[3] else int(found[1])
    return f"{hour:02}:{found[2] or '00'}"


def _matches(items: list[str]) -> bool:
    """Whether all of these would be parts of the week."""
    try:
        return bool(union(tuple(items)))
    except Mistake:
        return False
