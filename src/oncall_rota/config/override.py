"""`overrides:` and `away:` -> what holds in each schedule, in the order in which it applies."""

from __future__ import annotations

from oncall_rota.config.draft import Draft
from oncall_rota.schedule.model import Team


def attach(draft: Draft, team: Team) -> None:
    """Fill each schedule's overrides and absences."""
