"""`services:` and `escalation:` of a team's file."""

from __future__ import annotations

from oncall_rota.config.build import Builder
from oncall_rota.config.draft import Draft
from oncall_rota.config.settings import Settings
from oncall_rota.schedule.model import Service, Team


def services(draft: Draft, team: Team, builder: Builder) -> dict[str, Service]:
    """The team's services by name."""
    return {}


def check_escalation(draft: Draft, team: Team, builder: Builder, settings: Settings) -> None:
    """Check the targets."""
