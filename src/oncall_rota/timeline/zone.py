"""Wall clock <-> instant, by one rule for everything.

The rule: a wall time means *the first instant at which the zone's clock reads that time or later*. A
repeated time is its first occurrence, a skipped time the instant right after the jump, so order is always
kept and neighbours touch exactly.

Instants are whole seconds since 1970-01-01T00:00:00Z. Wall times are whole seconds since 1970-01-01 00:00 on
the zone's own clock. Whatever the clock does, ``instant(wall) <= t`` is the same as ``wall <= reading(t)``,
where ``reading`` is the highest time that the clock has shown so far. So a question about wall times at an
instant is integer arithmetic on one number, with no special case for clock changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = 86400
WEEK = 7 * DAY
_BLOCK_BITS = 27  # blocks of 2**27 s, about four years: a year's window touches one or two
_BLOCK = 1 << _BLOCK_BITS
_MARGIN = 3 * DAY  # no clock differs from UTC by more than a day, and Apia once skipped one
_FIRST = -62135596800  # 0001-01-01T00:00:00Z
_LAST = 253402300799  # 9999-12-31T23:59:59Z
# Bound now: a test's frozen `datetime` forgets which pass of a repeated hour it is in.
_local = datetime.fromtimestamp


class _Block:
    """The clock's settings over one block of time and its margins.

    ``starts[i]``: instant at which setting i begins; ``offsets[i]``: seconds east of UTC; ``ends[i]``: the
    wall time that no setting up to i reaches (a running maximum, so it is sorted).
    """

    __slots__ = ("ends", "offsets", "starts")

    def __init__(self, starts: list[int], offsets: list[int], end: int) -> None:
        self.starts = starts
        self.offsets = offsets
        ends: list[int] = []
        highest = -(1 << 62)
        for start, offset in zip([*starts[1:], end], offsets, strict=True):
            highest = max(highest, start + offset)
            ends.append(highest)
        self.ends = ends


class Zone:
    """One IANA time zone. Get it with `zone`, which keeps one object for each name."""

    __slots__ = ("_blocks", "_info", "name")

    def __init__(self, name: str, info: ZoneInfo) -> None:
        self.name = name
        self._info = info
        self._blocks: dict[int, _Block] = {}

    def __repr__(self) -> str:
        return f"zone({self.name!r})"

    @property
    def info(self) -> ZoneInfo:
        """The standard library's zone, for showing local times."""
        return self._info

    def reading(self, instant: int) -> int:
        """The highest wall time that the clock has shown at or before `instant`."""
        block = self._blocks.get(instant >> _BLOCK_BITS) or self._load(instant >> _BLOCK_BITS)
        index = bisect_right(block.starts, instant) - 1
        wall = instant + block.offsets[index]
        if index:
            highest = block.ends[index - 1] - 1
            if highest > wall:
                return highest
        return wall

    def instant(self, wall: int) -> int:
        """The first instant at which the clock reads `wall` or later."""
        block = self._blocks.get(wall >> _BLOCK_BITS) or self._load(wall >> _BLOCK_BITS)
        index = bisect_right(block.ends, wall)
        start = block.starts[index]
        instant = wall - block.offsets[index]
        return max(start, instant)

    def clock(self, instant: int) -> int:
        """What the clock reads at `instant` (it repeats when the clock is put back; for showing only)."""
        block = self._blocks.get(instant >> _BLOCK_BITS) or self._load(instant >> _BLOCK_BITS)
        return instant + block.offsets[bisect_right(block.starts, instant) - 1]

    def instants(self, walls: Sequence[int]) -> list[int]:
        """`instant` of each of `walls`, which are sorted."""
        found: list[int] = []
        position = 0
        while position < len(walls):
            number = walls[position] >> _BLOCK_BITS
            block = self._blocks.get(number) or self._load(number)
            index = bisect_right(block.ends, walls[position])
            offset, start = block.offsets[index], block.starts[index]
            limit = min(block.ends[index], (number + 1) << _BLOCK_BITS)
            stop = bisect_left(walls, limit, position)
            while position < stop and walls[position] - offset < start:
                found.append(start)
                position += 1
            found += [wall - offset for wall in walls[position:stop]]
            position = stop
        return found

    def _load(self, number: int) -> _Block:
        begin, end = (number << _BLOCK_BITS) - _MARGIN, ((number + 1) << _BLOCK_BITS) + _MARGIN
        starts, offsets = [begin], [self._offset(begin)]
        for day in range(begin + DAY, end + DAY, DAY):
            offset = self._offset(day)
            if offset != offsets[-1]:
                low, high = day - DAY, day
                while high - low > 1:
                    middle = (low + high) // 2
                    if self._offset(middle) == offsets[-1]:
                        low = middle
                    else:
                        high = middle
                starts.append(high)
                offsets.append(offset)
        block = _Block(starts, offsets, end + DAY)
        self._blocks[number] = block
        return block

    def _offset(self, instant: int) -> int:
        clamped = min(max(instant, _FIRST + DAY), _LAST - DAY)
        offset = _local(clamped, self._info).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())


@cache
def zone(name: str) -> Zone:
    """The zone of an IANA `name`. Raises `ValueError` when the time zone database has no such zone."""
    try:
        return Zone(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"no time zone {name!r} in the time zone database") from error


UTC_ZONE = zone("UTC")


def epoch(at: datetime) -> int:
    """Whole seconds since 1970 of an aware `datetime` (fractions are cut)."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return int(at.timestamp() // 1)


def wall(clock: datetime) -> int:
    """Whole seconds since 1970-01-01 00:00 of a naive wall `datetime`."""
    return clock.toordinal() * DAY - 62135683200 + clock.hour * 3600 + clock.minute * 60 + clock.second


def moment(instant: int) -> datetime:
    """The aware UTC `datetime` of whole seconds since 1970."""
    return datetime.fromtimestamp(instant, UTC)
