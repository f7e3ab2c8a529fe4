"""`oncall ack`: `oncall incident ack`, for short."""

from __future__ import annotations

from oncall_rota.cli.incident_do import ack

__all__ = ["ack"]
