"""Handoffs near a wall time, for telling people which dates are right."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_rota.schedule.layer import LayerPlan
from oncall_rota.schedule.model import Layer

_EPOCH = datetime(1970, 1, 1)


def handoffs_near(layer: Layer, clock: datetime) -> tuple[datetime, datetime]:
    """The last handoff at or before a wall time of the layer's zone, and the first one after it."""
    before, after = LayerPlan(layer).handoffs_near(clock)
    return _EPOCH + timedelta(seconds=before), _EPOCH + timedelta(seconds=after)
