"""`oncall ical export`, and the commands about addresses of feeds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from oncall_rota.cli.feed_file import Done, put, put_all, strays
from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.ical_url import list_, revoke, rotate, url
from oncall_rota.cli.option import Dir, DryRun, FeedOf, FeedOfPerson, Tz
from oncall_rota.cli.selection import Selection, person_named, select
from oncall_rota.cli.setting import asked_at, display, present, rotations
from oncall_rota.cli.terminal import say, warn
from oncall_rota.config import suggest
from oncall_rota.errors import DifferencesFound, UsageError
from oncall_rota.feeds import COLOURS, Names, Style, Subject, Template, feed_window, of_person, of_schedule, of_team
from oncall_rota.rendering.text import tsv_row

app = new_app(
    cls=Group,
    help="""Calendar feeds of the final shifts, overrides and absences included.

Examples:
  oncall ical export payments -o payments.ics
  oncall ical export --all -o feeds
  oncall ical export --all -o feeds --check
  oncall ical url payments --label 'alice, phone'     an address of a server's, to subscribe to
  oncall ical list                                    which addresses there are, and who uses them
  oncall ical revoke 3f2a91c0""",
)
for _name, _command in (("url", url), ("list", list_), ("revoke", revoke), ("rotate", rotate)):
    app.command(_name, cls=Command)(_command)


@app.command("export", cls=Command)
def export(
    name: FeedOf = None,
    person: FeedOfPerson = None,
    all_: Annotated[bool, typer.Option("--all", help="A feed for each team; -o is a folder.")] = False,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE|DIR", help="Where to; else standard output.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 8 when files are stale.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="With --all: remove feeds of teams that are gone.")] = False,
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="Of events: {person} {id} {team} {schedule} {mark}."),
    ] = None,
    names: Annotated[str, typer.Option("--names", metavar="FORM", help="full or initials.")] = "full",
    busy: Annotated[bool, typer.Option("--busy", help="Shifts block the diary.")] = False,
    gaps: Annotated[bool, typer.Option("--gaps", help="Also where nobody is on though somebody must be.")] = False,
    colour: Annotated[str | None, typer.Option("--colour", metavar="NAME", help="A CSS colour.")] = None,
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="The moment whose months are meant.")] = "now",
    dry_run: DryRun = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Write calendar feeds as files, for any host of static files.

    Examples:
      oncall ical export payments > payments.ics
      oncall ical export payments/primary -o feeds/
      oncall ical export --person carol --busy -o carol.ics
      oncall ical export --all -o feeds
      oncall ical export --all -o feeds --check     in CI: exit 8 when they are stale

    A feed holds whole shifts from the first day of last month to that of the sixth month from now, in UTC. Its bytes
    change only with the shifts and once a month. It has names, and no phone number or address.

    In a folder: TEAM.ics, TEAM/SCHEDULE.ics, PERSON.ics. A file that would not change is not written.
    """
    if [bool(name), person is not None, all_].count(True) != 1:
        raise UsageError("what to export?", "give a TEAM, TEAM/SCHEDULE, --person P or --all")
    if prune and not all_:
        raise UsageError("--prune goes with --all")
    if output == "":
        raise UsageError("-o: an empty name", "name a FILE or a DIR; - is standard output")
    plain = output in (None, "-")
    if plain and (all_ or check):
        raise UsageError(f"{'--all' if all_ else '--check'} needs -o", "e.g. -o feeds")
    style = Style(title=_template(title), busy=busy, gaps=gaps, colour=_colour(colour))
    if names not in ("full", "initials"):
        raise UsageError(f"--names: {names!r} is neither full nor initials")
    window = feed_window(asked_at(at, "--at", present(), display(tz).zone))
    found = select(rotations(dir_), [name] if name else None)
    if not all_:
        found.whole()
    people = Names({each.id: each.name for each in found.catalog.people.values()}, initials=names == "initials")
    subjects = _subjects(found, name, person, people)

    def body(subject: Subject) -> bytes:
        return subject.body(people, window, style)

    if plain:
        sys.stdout.flush()
        sys.stdout.buffer.write(body(subjects[0]))
        return
    assert output is not None
    folder = all_ or output.endswith(("/", os.sep)) or os.path.isdir(output)
    if all_ and os.path.exists(output) and not os.path.isdir(output):
        raise UsageError(f"-o {output}: --all needs a folder, and this is a file")
    targets = [(each, os.path.join(output, each.file) if folder else output) for each in subjects]

    written = not (check or dry_run)

    def one(number: int) -> Done:
        subject, path = targets[number]
        return put(path, body(subject), write=written)

    done = put_all(one, len(targets))
    gone = strays(Path(output), {*found.catalog.teams, *found.catalog.people}) if all_ and not found.broken else []
    if prune and written:
        for path in gone:
            os.unlink(path)
    _told(done, gone, written, prune)
    stale = sum(each.state != "same" for each in done) + len(gone)
    found.whole()  # what has a single meaning is written; what has none is told, and ends in an error
    if check and stale:
        raise DifferencesFound(
            f"{stale} of {len(done) + len(gone)} {'feed is' if len(done) + len(gone) == 1 else 'feeds are'} stale",
            "the same command without --check writes them"
            + ("; with --prune it removes those of no team" if gone else ""),
        )


def _template(text: str | None) -> Template:
    try:
        return Style().title if text is None else Template(text)
    except ValueError as error:
        raise UsageError(f"--title: {error}") from None


def _colour(name: str | None) -> str | None:
    if name is None or name in COLOURS:
        return name
    meant = suggest(name, COLOURS)
    hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(COLOURS)}"
    raise UsageError(f"--colour: no colour {name!r}", hint)


def _subjects(found: Selection, name: str | None, person: str | None, people: Names) -> list[Subject]:
    if person is not None:
        known = found.catalog.people[person_named(found.catalog, person)]
        return [of_person(known.id, people, known.timezone, found.schedules)]
    if name is not None and "/" in name:
        return [of_schedule(each) for each in found.schedules]
    return [of_team(team) for team in found.catalog.teams.values() if name in (None, team.name)]


def _told(done: list[Done], gone: list[Path], written: bool, prune: bool) -> None:
    """What changed: as data where nothing is written, else as talk."""
    if not written:
        rows = [(each.state, each.path) for each in done if each.state != "same"]
        for row in [*rows, *[("stray", str(path)) for path in gone]]:
            print(tsv_row(row))
        return
    count = sum(each.state != "same" for each in done)
    if len(done) == 1:
        say(f"{done[0].path}: {'written' if count else 'unchanged'}")
    else:
        say(f"{len(done)} feeds: {count} written, {len(done) - count} unchanged")
    for path in gone:
        if prune:
            say(f"{path}: removed, there is no such team")
        else:
            warn(f"{path} is a feed of no team and no person", "--prune removes it")
