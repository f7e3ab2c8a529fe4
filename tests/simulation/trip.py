"""One errand on its way: what it has seen, and what it meets."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """What hits a process, and where in its work. `span`: how long it lasts, microseconds."""

    kind: str
    point: str
    span: int = 0


class Trip:
    """An errand of one server. `inline`: nothing hits it, so all its waits are one at the end, and `lag` is their sum.

    `checked_at`: when the claim was looked at for the last time. `in_window`: the page may have been sent by now, and
    that is not written down. `looked_at`: when its provider was asked; `blind`: and could not tell.
    `refused`: for good.
    """

    __slots__ = ("blind", "checked_at", "fault", "in_window", "inline", "lag", "looked_at", "page_id", "refused")

    def __init__(self, page_id: str, fault: Fault | None, inline: bool) -> None:
        self.page_id = page_id
        self.fault = fault
        self.inline = inline
        self.lag = 0
        self.in_window = False
        self.checked_at = 0
        self.looked_at: int | None = None
        self.blind = False
        self.refused = False
