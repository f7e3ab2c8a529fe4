"""Put the folders of plain helper modules on the path, whatever import mode pytest runs in."""

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parent.parent / "reference"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
