"""What `override add` and `override remove` do: edit the text, judge the result, show it, write it whole."""

from __future__ import annotations

import shlex
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from oncall_rota.cli.override_text import what_text
from oncall_rota.cli.override_view import compared, echoed
from oncall_rota.cli.override_wanted import Wanted, entry_of, times_of
from oncall_rota.cli.problem_text import tell
from oncall_rota.cli.selection import Selection, configuration_error, select
from oncall_rota.cli.terminal import path_text, say
from oncall_rota.cli.validate import overlaid
from oncall_rota.config import Catalog, Problem, check, load
from oncall_rota.config.edit import added, atomic_write, entry_lines, override_path, removed
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.schedule.model import Override, Schedule, Team
from oncall_rota.timeline.zone import Zone, zone


def add_override(wanted: Wanted, dry_run: bool, folder: Path, shown: Zone, now: datetime, dir_: str | None) -> None:
    """Add one override to a team's files."""
    found = select(folder, [wanted.name]).whole()
    team, schedule = _named(found, wanted.name)
    times = times_of(wanted, zone(team.timezone), shown, now)
    entry = entry_of(wanted, times, team, schedule, found.catalog)
    path = override_path(folder, team.name)
    before = path.read_bytes() if path.exists() else b""
    after = added(before, entry, times.start_at, times.end_at, spans(before, path.name, team))
    echoed(times.start_at, times.end_at, zone(team.timezone), shown, now)
    made = Made(folder, team.name, path, before, after, now)
    made.refuse_what_is_wrong()
    compared(found.catalog, made.catalog, team.name, (times.start_at, times.end_at), shown, now)
    number = _number_of_new(found.catalog.teams[team.name], made.catalog.teams[team.name])
    made.write(dry_run, f"oncall override remove {team.name} {number}{_option(dir_)}")


def remove_override(
    name: str, number: int | None, dry_run: bool, folder: Path, shown: Zone, now: datetime, dir_: str | None
) -> None:
    """Remove one override from a team's files."""
    found = select(folder, [name]).whole()
    team, _ = _named(found, name)
    rows = listed(found.schedules)
    if number is None and len(rows) == 1:
        number = 1
    if number is None:
        raise UsageError(f"{name} has {len(rows)} overrides", f"give a number of 'oncall override list {name}'")
    chosen = dict(rows).get(number)
    if chosen is None:
        raise UnknownName(
            f"{name} has no override {number}", f"'oncall override list {name} --all' shows {len(rows)} of them"
        )
    path = folder / chosen.source.path
    before = path.read_bytes()
    after = removed(before, _place(before, chosen, team))
    say(f"removes: {what_text(chosen, found.catalog)}")
    echoed(chosen.start_at, chosen.end_at, zone(team.timezone), shown, now)
    made = Made(folder, team.name, path, before, after, now)
    made.refuse_what_is_wrong()
    compared(found.catalog, made.catalog, team.name, (chosen.start_at, chosen.end_at), shown, now)
    made.write(dry_run, _again(chosen, team) + _option(dir_))


def listed(schedules: Iterable[Schedule]) -> list[tuple[int, Override]]:
    """Every override of these schedules once, numbered in the order in which they apply."""
    rows: dict[object, Override] = {}
    for schedule in schedules:
        alike: Counter[object] = Counter()  # one line may hold several; a line's times may differ by schedule
        for each in schedule.overrides:
            key = (each.source, each.verb, each.people, each.person, each.layer, each.reason, each.id)
            rows.setdefault((key, alike[key]), each)
            alike[key] += 1
    filed = [each for each in rows.values() if each.by is None]
    ordered = sorted(filed, key=lambda each: (each.source.path.endswith(".overrides.yaml"), each.source.line))
    ordered += [each for each in rows.values() if each.by is not None]
    return list(enumerate(ordered, 1))


def spans(text: bytes, path: str, team: Team) -> list[tuple[datetime, datetime] | None]:
    """When each override of a file holds, in the file's order; the widest where it differs by schedule."""
    known: dict[int, tuple[datetime, datetime]] = {}
    for schedule in team.schedules.values():
        for each in schedule.overrides:
            if each.source.path == path:
                start, end = known.get(each.source.line, (each.start_at, each.end_at))
                known[each.source.line] = (min(start, each.start_at), max(end, each.end_at))
    return [known.get(line) for line in entry_lines(text)]


def _place(text: bytes, chosen: Override, team: Team) -> int:
    """Which override of its file it is, from 0; several may stand on one line."""
    rows = [each for _, each in listed(team.schedules.values()) if each.source == chosen.source]
    return entry_lines(text).index(chosen.source.line) + (rows.index(chosen) if chosen in rows else 0)


class Made:
    """An edit that is made in a copy, judged there, and then written."""

    def __init__(self, folder: Path, team: str, path: Path, before: bytes, after: bytes, now: datetime) -> None:
        self.folder, self.team, self.path, self.before, self.after = folder, team, path, before, after
        names = [team, *_borrowers(folder, team)]
        old_catalog, self.old = _checked(folder, names, now)
        with tempfile.TemporaryDirectory(prefix="oncall-") as made:
            only = {file.name for file in old_catalog.files}
            overlay = overlaid(folder, Path(made), {path.name: after}, only)
            self.catalog, self.new = _checked(overlay, names, now)

    def refuse_what_is_wrong(self) -> None:
        """What `validate` would refuse is not written; what was wrong before does not hinder."""
        worse = _errors(self.new) - _errors(self.old)
        known = {(each.path, each.code, each.message) for each in self.old}
        fresh = [each for each in self.new if (each.path, each.code, each.message) not in known]
        if worse or self.team not in self.catalog.teams:
            told = [each for each in fresh if (each.path, each.code) in worse] or list(self.new)
            tell(told, self.folder)
            raise configuration_error(told, self.folder, f"{self.path.name} is left as it was")
        tell([each for each in fresh if each.severity != "note"], self.folder)

    def write(self, dry_run: bool, undo: str) -> None:
        """Replace the file at once; an edit that somebody made meanwhile is not lost."""
        if dry_run:
            say("nothing is written (--dry-run)")
            return
        self.replace()
        say(f"wrote {path_text(self.path)}\nto undo: {undo}")

    def replace(self) -> None:
        """Replace the file at once. Raises `OncallError` when somebody has edited it meanwhile."""
        atomic_write(self.path, self.after, self.before)


def _checked(folder: Path, teams: Sequence[str], now: datetime) -> tuple[Catalog, list[Problem]]:
    catalog, problems = load(folder, teams)
    return catalog, sorted(dict.fromkeys([*problems, *check(catalog, now)]))


def _errors(problems: Iterable[Problem]) -> Counter[tuple[str, str]]:
    return Counter((each.path, each.code) for each in problems if each.severity == "error")


def _borrowers(folder: Path, team: str) -> list[str]:
    """Teams whose files name a schedule of `team`: their answers change with it."""
    needle = f"{team}/".encode()
    found = []
    for path in folder.glob("*.yaml"):
        stem = path.name.removesuffix(".yaml")
        if "." in stem or stem in (team, "people", "oncall") or not path.is_file():
            continue
        with suppress(OSError):  # what cannot be read has no answers that could change
            if needle in path.read_bytes():
                found.append(stem)
    return found


def _named(found: Selection, name: str) -> tuple[Team, Schedule | None]:
    team_name, slash, schedule = name.partition("/")
    team = found.catalog.teams[team_name]
    return team, team.schedules[schedule] if slash else None


def _number_of_new(before: Team, after: Team) -> int:
    """The number of the override that `after` has more than `before`."""
    known = Counter(_shape(each) for _, each in listed(before.schedules.values()))
    for number, each in reversed(listed(after.schedules.values())):
        if known[_shape(each)] == 0:
            return number
        known[_shape(each)] -= 1
    return 0


def _shape(each: Override) -> tuple[object, ...]:
    return (each.verb, each.people, each.person, each.layer, each.start_at, each.end_at, each.reason, each.id)


def _again(each: Override, team: Team) -> str:
    """The command that adds a removed override again."""
    name = team.name
    holding = [one for one in team.schedules.values() if any(each.source == other.source for other in one.overrides)]
    scoped = len(team.schedules) > 1 and (each.verb in ("remove", "swap") or holding[:1] != [team.first])
    if len(holding) == 1 and scoped:
        name = f"{team.name}/{holding[0].name}"
    words = ["oncall", "override", "add", name]
    if each.verb in ("who", "instead_of"):
        for person in each.people or ("nobody",):
            words += ["--who", person]
        words += ["--instead-of", each.person] if each.person else []
    elif each.verb == "swap":
        words += ["--swap", *each.people]
    elif each.verb == "remove":
        words += ["--remove", each.person or each.people[0]]
    else:
        for person in each.people:
            words += ["--add", person]
    words += ["--layer", each.layer] if each.layer else []
    words += ["--from", f"{each.start_at:%Y-%m-%dT%H:%M:%SZ}", "--until", f"{each.end_at:%Y-%m-%dT%H:%M:%SZ}"]
    words += ["--reason", each.reason] if each.reason else []
    return " ".join(shlex.quote(word) for word in words)


def _option(dir_: str | None) -> str:
    return f" --dir {shlex.quote(dir_)}" if dir_ else ""
