"""How a command ends: the exit code, and one line that says what went wrong."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

from oncall_rota.errors import ConfigurationError, OncallError


def ended(call: Callable[[], int | None]) -> int:
    """Run a command and return its exit code, with what went wrong told on standard error."""
    try:
        code = call() or 0
        sys.stdout.flush()
        return code
    except OncallError as error:
        return _told(error)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return unwritten(error)


def unwritten(error: OSError) -> int:
    """The exit code of what the system refused, and mostly one line about it."""
    if isinstance(error, BrokenPipeError):
        # The reader has left, as `head` does: what a shell shows for a process that the pipe ended.
        _silence()
        return 141
    from oncall_rota.cli.terminal import fail

    fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _silence()
    return 1


def write_anything() -> None:
    """A name that the terminal's character set lacks must not end an answer."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _told(error: OncallError) -> int:
    from oncall_rota.cli.terminal import fail

    if isinstance(error, ConfigurationError) and error.problems:
        from oncall_rota.cli.problem_text import tell

        tell(error.problems)
    fail(str(error), error.hint)
    return error.EXIT_CODE


def _silence() -> None:
    """Nothing may be flushed into a pipe that nobody reads, at exit either."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
