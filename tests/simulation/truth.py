"""What really happened: every send that began, every page that a provider took, and what was done to them meanwhile."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple


class Taken(NamedTuple):
    """One page in a provider's hands. `made_at`: true time, microseconds."""

    provider_id: str
    channel: str
    page_id: str
    address: str
    code: str
    made_at: int


class Attempt:
    """One send of a page. `checked_at`: when its claim was looked at for the last time, if it needed to be.

    `looked_at`: when its provider was asked before; `blind`: and could not tell.
    """

    def __init__(self, page_id: str, channel: str, checked_at: int, looked_at: int | None, blind: bool) -> None:
        self.page_id = page_id
        self.channel = channel
        self.checked_at = checked_at
        self.looked_at = looked_at
        self.blind = blind


class Truth:
    """The log of one week."""

    def __init__(self) -> None:
        self.attempts: dict[str, list[Attempt]] = defaultdict(list)
        self.taken: dict[str, list[Taken]] = defaultdict(list)  # by page
        self.lists: dict[tuple[str, str], list[Taken]] = defaultdict(list)  # a provider's, by channel and address
        self.hits: dict[str, int] = defaultdict(int)  # faults that fell between a page's check and its record
        self.turned_away: dict[str, int] = defaultdict(int)  # refused for now, and we were told
        self.refused: dict[str, int] = {}  # for good, and since when we have written that down
        self.told: set[str] = set()  # reported sent or delivered, later
        self.states: dict[str, str] = {}  # of what a provider took, as it tells, by its id
        self.copies = 0
        self.sends = 0

    def begins(self, attempt: Attempt) -> None:
        """A send begins."""
        self.attempts[attempt.page_id].append(attempt)
        self.sends += 1

    def takes(self, attempt: Attempt, taken: Taken, queryable: bool) -> str:
        """A provider takes a page; what is wrong with that, if anything."""
        before = self.taken[taken.page_id]
        wrong = ""
        if before:
            self.copies += 1
            if len(before) > self.hits[taken.page_id]:
                wrong = f"copy {len(before) + 1} of {taken.page_id} after {self.hits[taken.page_id]} faults"
            elif queryable and not attempt.blind:
                asked_at = attempt.checked_at if attempt.looked_at is None else attempt.looked_at
                if all(each.made_at < asked_at for each in before):
                    wrong = f"a copy of {taken.page_id}, which the provider's list had"
        before.append(taken)
        self.lists[taken.channel, taken.address].append(taken)
        self.states[taken.provider_id] = "accepted"
        return wrong
