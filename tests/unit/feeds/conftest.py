"""Put the folders of plain helper modules on the path: this one, and those of random folders."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
for folder in (Path(__file__).parent, TESTS / "property", TESTS / "reference"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
