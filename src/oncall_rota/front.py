"""The console script. Answers a plain `who` from compiled answers, and hands all else to the command line.

A plain `who` is `who [TEAM[/SCHEDULE]…] [--json | -o plain|json|names] [--dir DIR]`, with output that is not a
terminal unless a format was named. Its answers were rendered by the command line itself and kept in the user's cache
folder; here they are found and printed. They are believed only while every file that they came from is the
same by time, size and inode, and are never needed: whatever is missing, stale or odd is answered the long way.

Nothing is imported that a bare interpreter has not loaded already, but for `time`.
"""

from __future__ import annotations

import os
import sys
import time

from oncall_rota import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Asked = tuple[list[str], str, str | None]

FORMATS = ("plain", "json", "names")
MAGIC = f"oncall who 1 {__version__} {sys.implementation.cache_tag}"
FIELD, RECORD, PART = "\x1f", "\x1e", "\x1d"
EVERY_TEAM = ".every"
_PRIME = (1 << 128) - 159
_LARGEST = 1 << 26
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def main() -> None:
    """`oncall …`."""
    open_streams()
    try:
        _answer()
    except KeyboardInterrupt:
        sys.exit(130)


def open_streams() -> None:
    """What was closed before the start leads nowhere: else talk for standard error would end up among the data."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - open until the end


def _answer() -> None:
    asked = understood(sys.argv[1:], os.environ)
    if asked is None:
        from oncall_rota.cli.main import main as command_line

        command_line()
        return
    try:
        text = known_answer(asked, os.environ, int(time.time()))
    except Exception:  # noqa: BLE001 - whatever is wrong with the cache, the long way answers
        text = None
    if text is None:
        from oncall_rota.cli.answering import answered

        sys.exit(answered(*asked))
    try:
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        from oncall_rota.cli.ending import unwritten

        sys.exit(unwritten(error))


def known_answer(asked: Asked, environ: Mapping[str, str], now: int) -> str | None:
    """What a plain `who` prints at `now` (seconds since 1970), or None when it has to be worked out."""
    names, form, dir_ = asked
    found = folder(dir_ or environ.get("ONCALL_DIR"))
    kept = cache_folder(environ)
    if found is None or kept is None or not is_private(kept):
        return None
    rows = answers(names, form, found, kept, now)
    if rows is None or not (rows or form == "json"):
        return None
    return document(form, now, rows)


def understood(arguments: Sequence[str], environ: Mapping[str, str]) -> Asked | None:
    """The names, format and folder of a plain `who`; None for anything else."""
    if not arguments or arguments[0] != "who" or environ.get("ONCALL_SERVER") or environ.get("PYTHONTZPATH"):
        return None
    names: list[str] = []
    form = dir_ = None
    rest = iter(arguments[1:])
    for argument in rest:
        if argument == "--json":
            form = "json"
        elif argument in ("-o", "--dir"):
            value = next(rest, "")
            if argument == "--dir":
                dir_ = value
            elif form != "json" or value == "json":
                form = value
            if not value:
                return None
        elif argument and _NAME.issuperset(argument.replace("/", "", 1)) and argument[0] != "-":
            names.append(argument)
        else:
            return None
    if form is None and not sys.stdout.isatty():
        form = "plain"
    return (names, form, dir_) if form in FORMATS else None


def folder(named: str | None) -> str | None:
    """The rotations folder as `config.find_folder` finds it, or None where that would have more to say."""
    if named:
        inner = os.path.join(named, "rotations")
        if named[0] == "~":
            return None
        return inner if os.path.basename(os.path.abspath(named)) != "rotations" and os.path.isdir(inner) else named
    here = os.getcwd()
    while True:
        inner = os.path.join(here, "rotations")
        if os.path.isdir(inner):
            return inner
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def cache_folder(environ: Mapping[str, str]) -> str | None:
    """Where answers are kept: `$ONCALL_CACHE` (`off`: nowhere), else the user's cache folder."""
    named = environ.get("ONCALL_CACHE")
    if named:
        return None if named == "off" else named
    base = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", ""), ".cache")
    return os.path.join(base, "oncall") if os.path.isabs(base) else None


def is_private(path: str) -> bool:
    """Whether a folder is the user's own and nobody else can write to it."""
    found = os.stat(path)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def kept_in(kept: str, found: os.stat_result, scope: str, form: str) -> str:
    """The file of one scope's answers: a team's, or `EVERY_TEAM`."""
    return os.path.join(kept, f"who-{found.st_dev:x}-{found.st_ino:x}-{scope}.{form}")


def signature(path: str) -> str:
    """What changes when a file does; its change time cannot be set back by hand."""
    found = os.stat(path)
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size} {found.st_ino} {path}"


def checksum(body: bytes) -> str:
    """Tells a damaged file from a whole one."""
    return f"{int.from_bytes(body, 'little') % _PRIME:x}"


def answers(names: Sequence[str], form: str, found: str, kept: str, now: int) -> list[str] | None:
    """The rows of each schedule that `names` mean, as rendered; None when any of them is not known for sure."""
    here = os.stat(found)
    scopes: dict[str, list[list[str]]] = {}
    wanted: dict[str, bool] = {}
    for name in names or [EVERY_TEAM]:
        team, slash, schedule = name.partition("/")
        if team not in scopes:
            pieces = read(kept_in(kept, here, team, form), found, now)
            if pieces is None:
                return None
            scopes[team] = pieces
        known = [piece[1] for piece in scopes[team]]
        if slash and schedule not in [label.partition("/")[2] for label in known]:
            return None
        for label in [f"{team}/{schedule}"] if slash else known:
            wanted[label] = wanted.get(label, False) or bool(slash)
    rows = {piece[1]: piece for pieces in scopes.values() for piece in pieces}
    texts = []
    for label, by_name in wanted.items():
        flags, _, text = rows[label]
        if flags[1 if by_name else 0] == "x":
            return None
        texts.append(text)
    return texts


def read(path: str, found: str, now: int) -> list[list[str]] | None:
    """The pieces of a file of answers that hold at `now`: [flags, team/schedule, text], one a schedule."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        size = os.fstat(handle).st_size
        if size > _LARGEST:
            return None
        data = os.read(handle, size + 1)
    finally:
        os.close(handle)
    body, _, check = data.rpartition(b"\n")
    if len(data) != size or checksum(body) != check.decode():
        return None
    head, *pieces = body.decode().split(RECORD)
    magic, place, first, last, schedules, *inputs = head.split(FIELD)
    if magic != MAGIC or place != os.path.abspath(found) or not int(first) <= now < int(last):
        return None
    for line in inputs:
        if signature(line.split(" ", 4)[4]) != line:
            return None
    at = f"{now:012}"
    holding = [piece[24:].split(FIELD) for piece in pieces if piece[:12] <= at < piece[12:24]]
    return holding if len(holding) == int(schedules) else None


def document(form: str, now: int, rows: Iterable[str]) -> str:
    """The whole output, from rows that were rendered one by one."""
    if form == "json":
        year, month, day, hour, minute, second = time.gmtime(now)[:6]
        at = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        results = ",\n    ".join(rows)
        results = f"[\n    {results}\n  ]" if results else "[]"
        return f'{{\n  "version": 1,\n  "at": "{at}",\n  "results": {results}\n}}\n'
    if form == "names":
        people = dict(line.split(PART) for row in rows for line in row.split("\n") if line)
        return "\n".join(people.values()) + "\n"
    return "\n".join(rows) + "\n"
