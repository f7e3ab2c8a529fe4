"""`python tests/simulation SEED`: play one week, and show what happened in it.

`python tests/simulation FIRST END`: play the weeks from FIRST to before END; a line for each in which an invariant did
not hold, and at last what happened in all of them, as JSON. It ends with 1 when there was such a line.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "story" / "paging"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from campaign import week, weeks
from world import Violated


def main(first: int, end: int | None) -> int:
    """Play; the exit code."""
    if end is None:
        world = week(first)
        try:
            world.run()
        except Violated as error:
            _say("\n".join(world.trace))
            _say(f"seed {first}: {error.invariant}: {error.text}")
            return 1
        _say("\n".join(world.trace))
        return 0
    tally: Counter[str] = Counter()
    violated = 0
    for seed in range(first, end):
        try:
            tally += weeks([seed])
        except Violated as error:
            violated += 1
            _say(f"seed {seed}: {error.invariant}: {error.text}")
    _say(json.dumps(tally))
    return int(violated > 0)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
