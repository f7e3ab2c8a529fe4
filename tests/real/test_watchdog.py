"""F-24: whatever breaks inside of a server, or around it, somebody hears of within two minutes.

Each part is broken in a real server of its own, all at the same time: its ping must stop, its /healthz say so, or
somebody be paged. What can be broken from outside is; for the rest see `watchdog_server`.
"""

from __future__ import annotations

import logging
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from watchdog_server import PARTS
from watchdog_world import Monitors, Outside, Pings, Watched

pytestmark = pytest.mark.real
LIMIT = 120.0  # seconds


class Case(NamedTuple):
    """How a part is broken. `noticed`: what somebody outside sees; None: the ping stops."""

    breaks: Callable[[Watched], object]
    noticed: Callable[[Watched], bool] | None = None
    disk: bool = False  # on a small disk of its own


def _fills(server: Watched) -> None:
    try:
        (server.store.parent / "ballast").write_bytes(bytes(64 << 20))
    except OSError:
        return


def _says(words: str) -> Callable[[Watched], bool]:
    return lambda server: any(words in each for each in (server.health() or {}).get("unwell", ()))


def _is_stale(server: Watched) -> bool:
    return bool((server.health() or {}).get("configuration_stale_since"))


INSIDE: dict[str, Case] = {
    **{part: Case(Watched.breaks) for part in PARTS},
    "process-killed": Case(lambda server: server.process.send_signal(signal.SIGKILL)),
    "process-stopped": Case(lambda server: server.process.send_signal(signal.SIGSTOP)),
    "store-gone": Case(lambda server: [each.unlink() for each in server.store.parent.glob("oncall.db*")]),
    "disk-full": Case(_fills, disk=True),
    "disk-refuses-to-write": Case(
        lambda server: resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    ),
    "network-of-channel-gone": Case(lambda server: server.mailbox.close()),
    "configuration-unreadable": Case(
        lambda server: (server.rotations / "payments.yaml").write_text("team: ["), _is_stale
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outside]]:
    """All of it, broken part by part at the same time."""
    folder = tmp_path_factory.mktemp("watchdog")
    found: dict[str, Outside] = {}
    with ExitStack() as stack:
        pings = stack.enter_context(closing(Pings()))
        for name, case in INSIDE.items():
            store = None
            if case.disk:
                store = folder / f"{name}-disk"
                store.mkdir()
                subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", store], check=True)
                stack.callback(subprocess.run, ["umount", "-l", store], check=True)
            server = stack.enter_context(closing(Watched(folder / name, pings, name, store=store)))
            found[name] = _watched(server, case)
        found["store-locked"] = _locked(stack, Watched(folder / "store-locked", pings))
        for name in ("alertmanager", "prometheus"):
            found[f"{name}-dead"] = _unheard(stack, folder, pings, name)
        found["peer-dead"] = _alone(stack, folder, pings)
        for each in found.values():
            each.begun()
        yield found
        for each in found.values():
            each.join()


def _watched(server: Watched, case: Case) -> Outside:
    noticed = case.noticed or Watched.is_silent
    return Outside(server.has_pinged, lambda: case.breaks(server), lambda: noticed(server))


def _locked(stack: ExitStack, server: Watched) -> Outside:
    """Another program has the store, as a backup that hangs."""
    stack.enter_context(closing(server))

    def breaks() -> None:
        other = stack.enter_context(
            closing(sqlite3.connect(server.store, isolation_level=None, check_same_thread=False))
        )
        other.execute("BEGIN IMMEDIATE")

    return Outside(server.has_pinged, breaks, server.is_silent)


def _unheard(stack: ExitStack, folder: Path, pings: Pings, what: str) -> Outside:
    """A monitor dies: its Watchdog is heard no more."""
    server = stack.enter_context(closing(Watched(folder / f"{what}-dead", pings)))
    monitors = stack.enter_context(closing(Monitors(folder / f"{what}-monitors", server.url)))

    def is_heard() -> bool:
        if not (server.has_pinged() and server.store.exists()):
            return False
        with closing(sqlite3.connect(f"file:{server.store}?mode=ro", uri=True)) as store:
            return bool(store.execute("SELECT 1 FROM meta WHERE key = 'heard:prom-a'").fetchall())

    return Outside(is_heard, getattr(monitors, what).kill, lambda: server.pages("heartbeat prom-a is silent"))


def _alone(stack: ExitStack, folder: Path, pings: Pings) -> Outside:
    """The other server is killed."""
    other = stack.enter_context(closing(Watched(folder / "peer-other", pings)))
    server = stack.enter_context(
        closing(Watched(folder / "peer-dead", pings, more=f', peers: ["{other.url}"], team: payments'))
    )
    return Outside(
        lambda: server.has_pinged() and other.has_pinged(),
        other.process.kill,
        lambda: server.pages("the other oncall"),
    )


NAMES = (*INSIDE, "store-locked", "alertmanager-dead", "prometheus-dead", "peer-dead")


@pytest.mark.parametrize("name", NAMES)
def test_what_breaks_is_noticed_within_two_minutes(world: dict[str, Outside], name: str) -> None:
    """It worked before, and nobody said anything of the kind then."""
    part = world[name]
    part.join(300)
    assert part.was_ready, "it never worked"
    assert not part.was_noticed_before
    assert part.seconds is not None, "nobody noticed"
    assert part.seconds <= LIMIT
    logging.getLogger(__name__).info("%s: noticed after %.0f s", name, part.seconds)
