"""Who is on call before and after a live override, as a server tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oncall_rota.cli.schedule_chart import times_text
from oncall_rota.cli.terminal import BOLD, DIM, RED, columns_of, fitted, terminal, warn
from oncall_rota.rendering.text import term_safe
from oncall_rota.timeline.zone import Zone, epoch

MOST = 8


def tell(document: Mapping[str, Any], shown: Zone, now: datetime) -> None:
    """Print it, for every schedule that changes. Raises `KeyError`, `TypeError`, `ValueError` for what is none."""
    changes = document["changes"]
    for each in changes:
        print(terminal().paint(term_safe(f"{each['team']}/{each['schedule']}"), BOLD))
        named = [term_safe(piece["name"] or "nobody") for piece in [*each["before"][:MOST], *each["after"][:MOST]]]
        width = max([columns_of(name) for name in named], default=0)
        for label in ("before", "after"):
            _print(label, each[label], width, shown, now)
    if not changes:
        warn("nobody's shifts change", "'oncall why' shows which line decides")


def _print(label: str, pieces: list[dict[str, Any]], width: int, shown: Zone, now: datetime) -> None:
    screen = terminal()
    dash = "–" if screen.unicode else "-"
    for index, piece in enumerate(pieces[:MOST]):
        start, end = (epoch(datetime.fromisoformat(piece[name])) for name in ("start", "end"))
        head = screen.paint(f"{label if not index else '':8}", DIM)
        who = screen.paint(fitted(term_safe(piece["name"] or "nobody"), width), "" if piece["person"] else RED)
        print(f"  {head}{who}  {times_text(start, end, shown, now, dash)}")
    if len(pieces) > MOST:
        print(f"  {'':8}and {len(pieces) - MOST} more")
