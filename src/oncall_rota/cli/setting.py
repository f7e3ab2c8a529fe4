"""What a command is told besides its arguments: which folder, whose clock, what time it is."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from oncall_rota.config import find_folder, suggest
from oncall_rota.errors import FolderNotFound, UsageError
from oncall_rota.timeline.clock import SystemClock
from oncall_rota.timeline.zone import Zone, zone

FORMATS = ("table", "plain", "json", "csv", "names")


class Display(NamedTuple):
    """The zone that local times are read and shown in, and why that one."""

    zone: Zone
    reason: str


def rotations(dir_: str | None) -> Path:
    """The rotations folder: `--dir`, `$ONCALL_DIR`, or found from here upwards."""
    try:
        here = Path.cwd()
    except OSError:
        if not (dir_ or os.environ.get("ONCALL_DIR")):
            raise FolderNotFound("the current folder is gone", "go to another, or name the folder with --dir") from None
        here = Path("/")
    return find_folder(dir_, os.environ, here)


def present() -> datetime:
    """Now, in whole seconds. A command asks once."""
    return SystemClock().now().astimezone(UTC).replace(microsecond=0)


def display(tz: str | None, option: str = "--tz") -> Display:
    """The display zone: `--tz` (or another `option`), `$ONCALL_TZ`, the system's."""
    if tz:
        return Display(_named(tz, option), option)
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
    wanted, passed_over = os.environ.get("TZ"), ""
    if wanted is not None:
        name = _zone_of(wanted.removeprefix(":")) if wanted else "UTC"
        try:
            return Display(zone(name), "$TZ")
        except ValueError:
            passed_over = f" ($TZ {wanted!r} is no zone of the database)"
    found, reason = _of_the_machine()
    return Display(found, reason + passed_over)


# What machines call the one zone that teams write as `UTC`.
_UTC = ("Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu")


def _zone_of(path: str) -> str:
    """The zone whose file that is: what stands behind `zoneinfo/`."""
    name = path.partition("zoneinfo/")[2] if path.startswith("/") else path
    name = name.removeprefix("posix/").removeprefix("right/")
    return "UTC" if name in _UTC else name


def _of_the_machine() -> tuple[Zone, str]:
    try:
        # /etc/localtime is a link into the time zone database nearly everywhere.
        target = os.path.realpath("/etc/localtime")
        if "zoneinfo/" in target:
            return zone(_zone_of(target)), "/etc/localtime"
    except (OSError, ValueError):
        pass
    try:
        with open("/etc/timezone", encoding="utf-8") as file:
            return zone(_zone_of(file.read().strip())), "/etc/timezone"
    except (OSError, ValueError):
        return zone("UTC"), "the system names no zone"


def asked_at(text: str, option: str, now: datetime, shown: Zone) -> datetime:
    """The instant that an option's WHEN means."""
    from oncall_rota.humantime import asked

    return asked.instant(text, option, now, shown)


def asked_span(text: str, option: str, start_at: datetime, shown: Zone) -> datetime:
    """The end of an option's SPAN from `start_at`."""
    from oncall_rota.humantime import asked

    return asked.end(text, option, start_at, shown)


def asked_format(output: str, json: bool, formats: tuple[str, ...] = FORMATS) -> str:
    """The output's format; `--json` is `-o json`."""
    if json:
        return "json"
    if output not in formats:
        meant = suggest(output, formats)
        known = ", ".join(formats)
        raise UsageError(f"-o: no format {output!r}; there are {known}", f"did you mean {meant!r}?" if meant else "")
    return output
