"""The words by which monitors say how bad something is. An unknown one is none: the source's default holds."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_rota.paging.model import SEVERITIES

# Only what cannot mean anything else: a word that is taken for a lesser one keeps people asleep.
_SPELT = {
    "crit": "critical",
    "fatal": "critical",
    "emergency": "critical",
    "disaster": "critical",
    "p1": "critical",
    "sev0": "critical",
    "sev1": "critical",
    "err": "error",
    "p2": "error",
    "warn": "warning",
    "p3": "warning",
    "p4": "warning",
    "informational": "info",
    "information": "info",
    "p5": "info",
}
LONGEST = 40  # characters of such a word


def severity_of(word: str | None) -> str | None:
    """The severity that a word means; None: no word, or an unknown one."""
    folded = (word or "")[:LONGEST].strip().lower()
    return folded if folded in SEVERITIES else _SPELT.get(folded)


def gravest(words: Iterable[str | None], default: str) -> str:
    """The gravest of several, an unknown one being the default."""
    return min([severity_of(word) or default for word in words], key=SEVERITIES.index, default=default)
