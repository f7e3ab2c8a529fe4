"""Instants and spans as short text for screens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oncall_rota.timeline.zone import Zone, epoch

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _local(at: datetime, zone: Zone) -> datetime:
    """What the zone's clock shows, naive."""
    return datetime.fromtimestamp(zone.clock(epoch(at)), UTC).replace(tzinfo=None)


def _date(clock: datetime, year: int | None) -> str:
    text = f"{_DAYS[clock.weekday()]} {clock.day} {_MONTHS[clock.month - 1]}"
    return text if clock.year == year else f"{text} {clock.year}"


def moment_text(at: datetime, zone: Zone, now: datetime | None = None, abbreviated: bool = False) -> str:
    """`Fri 27 Nov 17:00` on the zone's clock; with the year unless it is that of `now`.

    `abbreviated` adds what the zone calls itself then: `GMT`, `CEST`, `+0545`.
    """
    clock = _local(at, zone)
    text = f"{_date(clock, _local(now, zone).year if now else None)} {clock:%H:%M}"
    if clock.second:
        text += f":{clock:%S}"
    return f"{text} {_name(at, zone)}" if abbreviated else text


def _name(at: datetime, zone: Zone) -> str:
    name = at.astimezone(zone.info).strftime("%Z")
    return name if name[:1].isalpha() else f"UTC{name}"


def day_text(at: datetime, zone: Zone, now: datetime | None = None) -> str:
    """`Fri 27 Nov` on the zone's calendar."""
    return _date(_local(at, zone), _local(now, zone).year if now else None)


def span_text(span: timedelta) -> str:
    """`2d 4h`, `45m`, `30s`: the two largest units."""
    seconds = int(span.total_seconds())
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count}{unit}")
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts) or "0s"
