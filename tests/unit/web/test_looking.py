"""A thread that looks goes on looking, whatever one look comes to."""

from __future__ import annotations

import threading

import pytest

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.web.looking import Looking

PATIENCE = 30.0  # seconds


class Script(Looking):
    """Each look comes to the next of these, and those after the last to nothing."""

    def __init__(self, *errors: Exception | None) -> None:
        self.alarms: list[str] = []
        self.looks = 0
        self._errors = list(errors)
        self._played = threading.Event()
        super().__init__("oncall-script", 0.0, "the sky cannot be looked at", self.alarms.append)

    def look(self) -> None:
        if self._errors and (error := self._errors.pop(0)) is not None:
            raise error

    def looked(self) -> None:
        self.looks += 1
        if not self._errors:
            self._played.set()

    def plays(self) -> None:
        """Until there is nothing left."""
        with self:
            assert self._played.wait(PATIENCE)


def test_an_error_is_told_once_until_it_is_another() -> None:
    """The same error at every look would fill the log; another one is news."""
    script = Script(OSError(), OSError(), ValueError("a secret"), OSError())
    script.plays()
    assert script.alarms == [f"the sky cannot be looked at: {name}" for name in ("OSError", "ValueError", "OSError")]
    assert script.looks >= 4


def test_an_error_that_is_back_is_told_again() -> None:
    """A look between them went well."""
    script = Script(OSError(), None, OSError())
    script.plays()
    assert script.alarms == ["the sky cannot be looked at: OSError"] * 2


@pytest.mark.parametrize("error", [StoreFailed("full", "disk full"), TimeoutError()])
def test_a_store_that_fails_is_left_to_others_to_tell(error: Exception) -> None:
    """The auditor says so, and the next look is a look like any other."""
    script = Script(error, error)
    script.plays()
    assert script.alarms == []
    assert script.looks >= 2


def test_at_the_end_nobody_looks_any_more() -> None:
    """The end of the `with` waits for the look that is under way."""
    script = Script()
    script.plays()
    assert not any(thread.name == "oncall-script" for thread in threading.enumerate())
