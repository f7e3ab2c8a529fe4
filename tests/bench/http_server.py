"""`oncall serve` as a process of its own, with two more doors of the same house that say hello in JSON.

`/hello` opens to whoever may read the board, `/hello/{token}` to who has the token of a feed: what a rule costs is part
of what an answer is compared with, as there is no door without one.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from measure import environment

_LISTENS = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")
_HELLO = """
import oncall_rota.web.app as app
from starlette.responses import JSONResponse
from oncall_rota.web.door import Door
from oncall_rota.web.spec import Spec
async def hello(visit):
    return JSONResponse({"hello": "world"})
doors = (
    Door(("GET",), "/hello", "board", hello, "Hello.", Spec({})),
    Door(("GET",), "/hello/{token}", "feed", hello, "Hello.", Spec({})),
    *app.DOORS,
)
application = app.application
app.application = lambda premises, _=(), tell=None: application(premises, doors, tell)
"""
_PROGRAM = """
from oncall_rota.cli.main import main
main()
"""


class House:
    """A rotations folder and a store in one place, and what is run on them."""

    def __init__(self, place: Path, rotations: Path, **more: str) -> None:
        self._env = environment(
            ONCALL_STORE=str(place / "oncall.db"), ONCALL_DIR=str(rotations), ONCALL_ALLOW_EXEC="1", **more
        )
        self._log = place / "log"

    def runs(self, *arguments: str) -> str:
        """What a command prints."""
        command = [sys.executable, "-c", _PROGRAM, *arguments]
        return subprocess.run(command, env=self._env, capture_output=True, check=True, text=True).stdout.strip()

    @contextmanager
    def serves(self, prelude: str = "") -> Iterator[int]:
        """A server of it; its port. `prelude`: what is run in the process before the program."""
        command = [sys.executable, "-c", _HELLO + prelude + _PROGRAM, "serve"]
        with self._log.open("w") as said, subprocess.Popen(command, env=self._env, stdout=said, stderr=said) as process:
            try:
                until = time.monotonic() + 120
                while (listens := _LISTENS.search(self._log.read_text())) is None:
                    assert process.poll() is None, self._log.read_text()
                    assert time.monotonic() < until, "it does not begin to serve"
                    time.sleep(0.05)
                yield int(listens[1])
            finally:
                process.terminate()


def written(place: Path, files: Sequence[tuple[str, str]]) -> Path:
    """A rotations folder with these files."""
    rotations = place / "rotations"
    rotations.mkdir(parents=True)
    for name, text in files:
        (rotations / f"{name}.yaml").write_text(text)
    return rotations
