"""What can go wrong, for callers; mistakes in rotation files are values (`config.Problem`), not exceptions.

::

    OncallError                 1  failure
    ├── UsageError              2  a wrong option or argument
    │   └── FolderNotFound      2  no rotations folder where one was looked for
    ├── NobodyOnCall            3  nobody on call, or a gap found
    ├── ConfigurationError      4  rotation files without a single meaning
    ├── UnknownName             5  no team, schedule, person or layer of that name
    ├── NotDelivered            6  no channel took the page
    ├── NotAcknowledged         7  nobody acknowledged in time
    ├── DifferencesFound        8  what is on disk is not what it should be
    └── OfficeGone              1  whoever has the store does not answer any more
        └── ServerGone          1  the server of $ONCALL_SERVER cannot be used

Each class carries its `EXIT_CODE`; the command line exits with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class OncallError(Exception):
    """Anything that ends a command. `hint` says what to do about it."""

    EXIT_CODE = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(OncallError):
    """A wrong option or argument."""

    EXIT_CODE = 2


class FolderNotFound(UsageError):
    """No rotations folder where one was looked for."""


class NobodyOnCall(OncallError):
    """Nobody on call, or a gap found."""

    EXIT_CODE = 3


class ConfigurationError(OncallError):
    """Rotation files that have no single meaning. `problems`: the `config.Problem`s that say so."""

    EXIT_CODE = 4

    def __init__(self, message: str, hint: str = "", problems: Sequence[Any] = ()) -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)


class UnknownName(OncallError):
    """No team, schedule, person or layer of that name."""

    EXIT_CODE = 5


class NotDelivered(OncallError):
    """No channel took the page."""

    EXIT_CODE = 6


class NotAcknowledged(OncallError):
    """Nobody acknowledged in time."""

    EXIT_CODE = 7


class DifferencesFound(OncallError):
    """What is on disk is not what it should be."""

    EXIT_CODE = 8


class OfficeGone(OncallError):
    """Whoever has the store does not answer any more. `unsure`: what was asked for may have been done all the same."""

    def __init__(self, message: str, hint: str = "", unsure: bool = False) -> None:
        super().__init__(message, hint)
        self.unsure = unsure


class ServerGone(OfficeGone):
    """The server of `$ONCALL_SERVER` cannot be used. `silent`: nothing came back at all."""

    def __init__(self, message: str, hint: str = "", unsure: bool = False, silent: bool = False) -> None:
        super().__init__(message, hint, unsure)
        self.silent = silent
