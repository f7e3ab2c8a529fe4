"""Put the folders of plain helper modules on the path, whatever import mode pytest runs in."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "reference", HERE.parent / "story" / "paging"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
