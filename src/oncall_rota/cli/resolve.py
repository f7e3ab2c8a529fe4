"""`oncall resolve`: `oncall incident resolve`, for short."""

from __future__ import annotations

from oncall_rota.cli.incident_do import resolve

__all__ = ["resolve"]
