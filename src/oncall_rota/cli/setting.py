"""What a command is told besides its arguments: which folder, whose clock, what time it is."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from oncall_rota.config import find_folder, suggest
from oncall_rota.errors import UsageError
from oncall_rota.timeline.clock import SystemClock
from oncall_rota.timeline.zone import Zone, zone

FORMATS = ("table", "plain", "json", "csv", "names")


class Display(NamedTuple):
    """The zone that local times are read and shown in, and why that one."""

    zone: Zone
    reason: str


def rotations(dir_: str | None) -> Path:
    """The rotations folder: `--dir`, `$ONCALL_DIR`, or found from here upwards."""
    return find_folder(dir_, os.environ, Path.cwd())


def present() -> datetime:
    """Now, in whole seconds. A command asks once."""
    return SystemClock().now().astimezone(UTC).replace(microsecond=0)


def display(tz: str | None) -> Display:
    """The display zone: `--tz`, `$ONCALL_TZ`, the system's."""
    if tz:
        return Display(_named(tz, "--tz"), "--tz")
    if wanted := os.environ.get("ONCALL_TZ"):
        return Display(_named(wanted, "$ONCALL_TZ"), "$ONCALL_TZ")
    return _system()


def _named(name: str, origin: str) -> Zone:
    try:
        return zone(name)
    except ValueError as error:
        from zoneinfo import available_timezones

        known = sorted(available_timezones())
        cities = {each.rpartition("/")[2].lower(): each for each in known}
        meant = suggest(name, known) or cities.get(name.rpartition("/")[2].lower().replace(" ", "_"))
        raise UsageError(f"{origin}: {error}", f"did you mean {meant!r}?" if meant else "e.g. Europe/London") from None


def _system() -> Display:
    if wanted := os.environ.get("TZ", "").removeprefix(":"):
        try:
            return Display(zone(wanted), "$TZ")
        except ValueError:
            pass
    try:
        # /etc/localtime is a link into the time zone database nearly everywhere.
        target = os.path.realpath("/etc/localtime")
        if "zoneinfo/" in target:
            name = target.partition("zoneinfo/")[2].removeprefix("posix/").removeprefix("right/")
            return Display(zone(name), "/etc/localtime")
    except (OSError, ValueError):
        pass
    try:
        with open("/etc/timezone", encoding="utf-8") as file:
            return Display(zone(file.read().strip()), "/etc/timezone")
    except (OSError, ValueError):
        return Display(zone("UTC"), "the system names no zone")


def asked_at(text: str, option: str, now: datetime, shown: Zone) -> datetime:
    """The instant that an option's WHEN means."""
    from oncall_rota.humantime import when

    try:
        return when(text, now, shown)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def asked_span(text: str, option: str, start_at: datetime, shown: Zone) -> datetime:
    """The end of an option's SPAN from `start_at`."""
    from oncall_rota.humantime import after

    try:
        end_at = after(start_at, text, shown)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option}: {error}") from None
    if end_at <= start_at:
        raise UsageError(f"{option}: {text!r} is no time at all")
    return end_at


def asked_format(output: str, json: bool, formats: tuple[str, ...] = FORMATS) -> str:
    """The output's format; `--json` is `-o json`."""
    if json:
        return "json"
    if output not in formats:
        meant = suggest(output, formats)
        known = ", ".join(formats)
        raise UsageError(f"-o: no format {output!r}; there are {known}", f"did you mean {meant!r}?" if meant else "")
    return output
