"""The rotations folder: where it is, what is in it, and its files' bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping as Names
from pathlib import Path
from typing import Any

from oncall_rota.config.document import Document
from oncall_rota.config.name import RESERVED_TEAMS, team_name
from oncall_rota.config.problem import ERROR, Mistake, Problem, did_you_mean, shown
from oncall_rota.config.reader import MOST_BYTES, read
from oncall_rota.errors import FolderNotFound

ROTATIONS = "rotations"
PEOPLE, SETTINGS, OVERRIDES = "people.yaml", "oncall.yaml", ".overrides.yaml"


def find_folder(option: str | None, environ: Names[str, str], cwd: Path) -> Path:
    """The rotations folder: `--dir` (it, or its parent), else `$ONCALL_DIR`, else found by walking up from `cwd`.

    Raises `FolderNotFound`.
    """
    named = option or environ.get("ONCALL_DIR")
    if named:
        what = "--dir" if option else "$ONCALL_DIR"
        path = Path(os.path.normpath(cwd / Path(named).expanduser()))
        if not path.is_dir():
            raise FolderNotFound(
                f"no folder {str(path)!r} ({what})", "name the folder of the team files, or its parent"
            )
        return path / ROTATIONS if path.name != ROTATIONS and (path / ROTATIONS).is_dir() else path
    for above in (cwd, *cwd.parents):
        if (above / ROTATIONS).is_dir():
            return above / ROTATIONS
    if cwd.name == ROTATIONS:
        return cwd
    raise FolderNotFound(
        f"no folder 'rotations' in {str(cwd)!r} or above it",
        "go to the repository, name the folder with --dir, or begin with `oncall init`",
    )


class Folder:
    """One listing of the folder. `teams`: names of team files, sorted; `problems`: files that have no place in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[str] = []
        self.problems: list[Problem] = []
        self.names: set[str] = set()
        self._links: set[str] = set()
        self._prefix = os.path.join(os.fspath(root), "")
        try:
            with os.scandir(root) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    self.names.add(entry.name)
                    if entry.is_symlink():
                        self._links.add(entry.name)
        except OSError as error:
            self._problem(
                ".",
                "unreadable",
                f"the folder cannot be read: {error.strerror}",
                "check the folder's name and permissions",
            )
        self.teams = tuple(sorted(name[:-5] for name in self.names if name.endswith(".yaml") and self._is_team(name)))

    @staticmethod
    def _is_team(name: str) -> bool:
        return not name.endswith(OVERRIDES) and name not in (PEOPLE, SETTINGS)

    def check(self) -> None:
        """Report the files whose names have no place in the folder."""
        for name in sorted(self.names):
            shown_name = name.encode("utf-8", "replace").decode("utf-8")
            if name.lower().endswith(".yml"):
                self._problem(
                    shown_name,
                    "yml-file",
                    "a file ending in .yml is not read, expected .yaml",
                    f"rename it to {shown_name[:-4]}.yaml",
                )
            elif name.endswith(OVERRIDES) and f"{name.removesuffix(OVERRIDES)}.yaml" not in self.names:
                team = name.removesuffix(OVERRIDES)
                self._problem(
                    shown_name,
                    "no-such-team",
                    f"overrides for {shown(team)}, and there is no team file {shown(team + '.yaml')}",
                    did_you_mean(team, self.teams, f"name it after a team: TEAM{OVERRIDES}"),
                )
            elif name.lower().endswith(".yaml") and not name.endswith(OVERRIDES):
                self._check_name(name, shown_name)

    def _check_name(self, name: str, shown_name: str) -> None:
        try:
            if name in (PEOPLE, SETTINGS):
                return
            if not name.endswith(".yaml"):
                raise Mistake(
                    "bad-name",
                    f"the ending of {shown(shown_name)} is read only in small letters",
                    f"rename it to {shown_name[:-5]}.yaml",
                )
            team_name(name[:-5])
        except Mistake as mistake:
            hint = mistake.hint.replace("write ", "rename the file to ") + (
                ".yaml" if mistake.hint.startswith("write ") else ""
            )
            self._problem(shown_name, "bad-file-name", f"the file's name is the team's: {mistake.message}", hint)

    def _problem(self, path: str, code: str, message: str, hint: str) -> None:
        self.problems.append(Problem(path, 1, 1, ERROR, code, message, hint))

    def document(self, name: str) -> Document | None:
        """The document of a file of the folder, None if there is no such file."""
        if name not in self.names:
            return None
        if name in self._links:
            reason = self._outside(name)
            if reason:
                return _unreadable(name, "outside-folder", reason, "put the file itself into the folder")
        path = self._prefix + name
        self.files.append(name)
        try:
            # O_NONBLOCK: opening a named pipe must not wait for its writer
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    return _unreadable(name, "not-a-file", "this is not a regular file", "delete or rename it")
                data = os.read(descriptor, min(status.st_size, MOST_BYTES) + 1)
            finally:
                os.close(descriptor)
        except OSError as error:
            return _unreadable(
                name,
                "unreadable",
                f"the file cannot be read: {error.strerror}",
                "check that it exists and its permissions",
            )
        return read(name, data)

    def attachment(self, name: str, node: Any, document: Document) -> Path | None:
        """The path of a file that another file names, None if it may not be read (reported)."""
        if "/" in name or "\\" in name or name.startswith("."):
            document.error(
                node,
                "outside-folder",
                f"{shown(name)} is not in this folder",
                "put the file into the folder and write only its name",
            )
            return None
        if name not in self.names:
            known = sorted(each for each in self.names if each.endswith(".ics"))
            document.error(
                node,
                "no-such-file",
                f"there is no file {shown(name)} in this folder",
                did_you_mean(name, known, "put it beside this file"),
            )
            return None
        if name in self._links and (reason := self._outside(name)):
            document.error(node, "outside-folder", f"{shown(name)}: {reason}", "put the file itself into the folder")
            return None
        path = Path(self._prefix + name)
        if not path.is_file():
            document.error(node, "not-a-file", f"{shown(name)} is not a regular file", "name an .ics file")
            return None
        if name not in self.files:
            self.files.append(name)
        return path

    def _outside(self, name: str) -> str:
        try:
            real = os.path.realpath(self._prefix + name, strict=True)
            root = os.path.realpath(self.root, strict=True)
        except OSError as error:
            return f"the link cannot be followed: {error.strerror}"
        # Below it counts as inside: Kubernetes mounts each file as a link into a folder of the same place.
        return "" if real.startswith(os.path.join(root, "")) else "a link to a file outside the folder is not followed"


def _unreadable(name: str, code: str, message: str, hint: str) -> Document:
    document = Document(name)
    document.error_at(1, 1, code, message, hint)
    return document


def team_names(root: Path) -> tuple[str, ...]:
    """The names of a folder's teams, sorted, without reading a file."""
    return tuple(name for name in Folder(root).teams if name not in RESERVED_TEAMS)
