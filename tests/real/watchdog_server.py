"""`oncall serve` with one inner part that breaks when it is told to: `python watchdog_server.py PART FILE serve …`.

PART is a name of `PARTS`; it breaks when FILE is there. The product has no such switch: what is broken is patched here,
before anything of it is imported by name.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EVER = 3600.0  # seconds
broken = threading.Event()
_sleep, _monotonic = time.sleep, time.monotonic


def patched(owner: Any, name: str, instead: Callable[..., Any]) -> None:
    """Once it is broken, something else is called: with what was there first, and then the arguments."""
    real = getattr(owner, name)

    def called(*given: Any, **named: Any) -> Any:
        return instead(*given, **named) if broken.is_set() else real(*given, **named)

    setattr(owner, name, called)


def _fails(*_: Any, **__: Any) -> Any:
    raise SystemExit("broken by a test")


def _hangs(*_: Any, **__: Any) -> Any:
    _sleep(EVER)


def pager_dies() -> None:
    """The thread that decides ends by an error."""
    from oncall_rota.paging.pager import Pager

    patched(Pager, "tick", _fails)


def pager_hangs() -> None:
    """The thread that decides waits for ever."""
    from oncall_rota.paging.pager import Pager

    patched(Pager, "tick", _hangs)


def senders_hang() -> None:
    """Whoever sends waits for ever, whatever the deadline is."""
    from oncall_rota.paging.pager import Pager

    patched(Pager, "run", _hangs)


def auditor_dies() -> None:
    """The thread that looks after the pager ends by an error."""
    from oncall_rota.paging.auditor import Auditor

    patched(Auditor, "look", _fails)


def configuration_dies() -> None:
    """Nobody looks at the files any more."""
    from oncall_rota.config.keeper import Keeper

    patched(Keeper, "refresh", _fails)


def heartbeats_die() -> None:
    """Nobody looks for heartbeats that are late."""
    from oncall_rota.web.beats import Beats

    patched(Beats, "look", _fails)


def watchdog_dies() -> None:
    """Nobody pings."""
    from oncall_rota.web.watchdog import Watchdog

    patched(Watchdog, "round", _fails)


def loop_hangs() -> None:
    """The loop that answers HTTP waits for ever, in the middle of a request."""
    from oncall_rota.web import app

    patched(app, "refused", _hangs)
    # Whatever is asked next hangs: a door that everybody may open.
    from oncall_rota.web import health

    patched(health, "unwell", _hangs)


def clock_stops() -> None:
    """The clock that waits are measured by stands still."""
    at: list[float] = []

    def still() -> float:
        at.append(_monotonic())
        return at[0]

    def monotonic() -> float:
        return still() if broken.is_set() else _monotonic()

    time.monotonic = monotonic


def wall_stops() -> None:
    """The clock that tells who is on call stands still."""
    from oncall_rota.timeline.clock import SystemClock

    at: list[datetime] = []

    def still(_: Any) -> datetime:
        at.append(datetime.now(UTC))
        return at[0]

    patched(SystemClock, "now", still)


PARTS = {
    each.__name__.replace("_", "-"): each
    for each in (
        pager_dies, pager_hangs, senders_hang, auditor_dies, configuration_dies, heartbeats_die, watchdog_dies,
        loop_hangs, clock_stops, wall_stops,
    )
}  # fmt: skip


def main(part: str, told: Path, *arguments: str) -> None:
    """Break what is to be broken, when it is time, in a server."""
    if part in PARTS:
        PARTS[part]()

    def wait() -> None:
        while not told.exists():
            _sleep(0.1)
        broken.set()

    threading.Thread(target=wait, daemon=True).start()
    from oncall_rota.cli.main import main as oncall

    sys.argv = ["oncall", *arguments]
    oncall()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
