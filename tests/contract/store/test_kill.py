"""`kill -9` in the middle of group commits: whoever was answered is on disk."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from oncall_rota.store import open_store

KILLS = 50
WRITER = Path(__file__).with_name("store_writer.py")


def test_every_answered_signal_survives_fifty_kills(tmp_path: Path) -> None:
    """One file throughout, each time killed at another moment; nothing of it is damaged, and no incident is halved."""
    path = tmp_path / "oncall.db"
    chance = random.Random(20261121)
    answered: set[str] = set()
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, str(WRITER), str(path), "8"], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        writer.kill()
        lines = (first + writer.stdout.read()).decode().splitlines(keepends=True)
        writer.wait(60)
        writer.stdout.close()
        assert lines, "the writer never began"
        answered.update(line[:-1] for line in lines if line.endswith("\n"))
    with open_store(str(path)) as store:
        kept = {row.id for row in store.incidents(limit=10_000_000)}
        assert {f"i{name}" for name in answered} - kept == set()
        assert store.check() == ()
        assert len(answered) > KILLS
        for incident_id in kept:
            assert len(store.pages(incident_id)) == len(store.audit(incident_id)) == 1
        # All their owners are dead: each page is free at once, as unsure, and none was claimed by two.
        claimed = store.claim(limit=10_000_000)
        assert {page.incident_id for page in claimed} == kept
        assert {(page.state, page.fence) for page in claimed} == {("unsure", 2)}
