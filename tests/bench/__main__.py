"""`python tests/bench`: speed and memory as ratios, each measured in one run against a named reference.

With names of groups (`schedule`, `load`, `process`, ...) only those run. Exits 1 when a ratio is over its limit.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import acceptance
import feeds
import large
import loading
import measure
import paging
import processes
import schedules
import serving
import serving_board
import serving_feeds
import serving_hooks

GROUPS = {
    "schedule": schedules.rows,
    "load": loading.rows,
    "process": processes.rows,
    "feeds": feeds.rows,
    "serving": serving.rows,
    "serving-board": serving_board.rows,
    "serving-feeds": serving_feeds.rows,
    "serving-hooks": serving_hooks.rows,
    "accept": acceptance.rows,
    "paging": paging.rows,
    "large": large.rows,
}


def main(names: list[str]) -> int:
    """Run the groups of that name, or all, and print their table."""
    over = 0
    with tempfile.TemporaryDirectory(prefix="oncall-bench-", dir=measure.disk()) as root:
        for name, rows in GROUPS.items():
            if names and name not in names:
                continue
            for row in rows(Path(root)):
                print(row, flush=True)
                over += not row.kept
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
