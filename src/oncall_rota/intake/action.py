"""The words by which monitors say that something begins, ends, or is taken; whatever is none of them begins it."""

from __future__ import annotations

from oncall_rota.intake.posted import Kind

_ENDS = frozenset(
    {"resolve", "resolved", "close", "closed", "ok", "up", "recover", "recovered", "recovery", "clear", "cleared"}
)
_TAKEN = frozenset({"ack", "acknowledge", "acknowledged", "acknowledgement", "acknowledgment"})
_NOTES = frozenset({"note", "comment", "remark"})
LONGEST = 40  # characters of such a word


def kind_of(word: str) -> Kind:
    """What a status, an action or a state means."""
    folded = word[:LONGEST].strip().lower()
    if folded in _ENDS:
        return "resolve"
    if folded in _TAKEN:
        return "acknowledge"
    return "note" if folded in _NOTES else "trigger"
