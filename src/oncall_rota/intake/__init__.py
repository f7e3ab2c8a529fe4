"""A monitor's request -> what it reports -> signals. Pure: no store, no framework, no clock but as an argument."""

from __future__ import annotations

from oncall_rota.intake.hook import HOOKS, hook
from oncall_rota.intake.posted import Answer, Hook, Posted, Report, Unreadable, Wanting
from oncall_rota.intake.routing import Routing

__all__ = ["HOOKS", "Answer", "Hook", "Posted", "Report", "Routing", "Unreadable", "Wanting", "hook"]
