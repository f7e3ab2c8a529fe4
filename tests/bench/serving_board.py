"""The first page of 200 teams against the JSON of the same answer: made anew, and again from memory; and its size.

Both are asked of the whole application, doors and rules and all, in this process and without a socket.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "web"))
sys.path.insert(0, str(Path(__file__).parents[1] / "story" / "pager"))
sys.path.insert(0, str(Path(__file__).parents[1] / "story" / "paging"))

import folder
from measure import Row, ratio
from night_house import House, NightOfLinks

from oncall_rota import wiring
from oncall_rota.config import configuration, load

TEAMS, TIMES = 200, 50
AT_MOST, LARGEST = 1.5, 100_000  # times the JSON's; bytes before gzip
SETTINGS = "notifiers: {log: {type: exec, to: phone, command: [/bin/true]}}\n"


def rows(root: Path) -> Iterator[Row]:
    """Two lines for the time and one for the size."""
    place = root / "board"
    rotations = folder.write(place, TEAMS)
    (rotations / "oncall.yaml").write_text(SETTINGS)
    held = [configuration(load(rotations)[0], wiring.notifiers())]
    night = NightOfLinks(place / "oncall.db")
    night.configuration = lambda: held[0]  # type: ignore[method-assign]
    house = House(night)
    headers = {"authorization": f"Bearer {house.token('board')[0]}", "accept-encoding": "gzip"}

    def asks(path: str) -> bytes:
        found = house.asks("GET", path, headers)
        assert found.status == 200, found.body[:200]
        return found.body

    def anew(path: str) -> None:
        held[0] = held[0]._replace(stale={})  # another configuration, of which nothing is another
        asks(path)

    def again(path: str) -> None:
        for _ in range(TIMES):
            asks(path)

    asks("/"), asks("/v1/who")
    job, against = f"first page of {TEAMS} teams", "their JSON of /v1/who"
    yield ratio(f"{job}, made anew", lambda: anew("/"), against, lambda: anew("/v1/who"), AT_MOST)
    yield ratio(f"{job}, {TIMES} times", lambda: again("/"), against, lambda: again("/v1/who"), AT_MOST)
    del headers["accept-encoding"]
    size, packed = len(asks("/")), len(asks("/v1/who"))
    measured = f"{size / 1000:.1f} kB (JSON {packed / 1000:.1f} kB)"
    yield Row(f"{job}: bytes before gzip", "100 kB", measured, "1x", size < LARGEST)
    house.close()
    night.close()
