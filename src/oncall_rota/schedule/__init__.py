"""Who is on call: pure functions of a schedule and a moment. Knows neither files nor clocks."""

from oncall_rota.schedule.answer import Answer, answer, steady_stretches
from oncall_rota.schedule.cause import OnCall, mapping
from oncall_rota.schedule.coverage import (
    Gap,
    Overlap,
    gaps,
    layer_hours,
    must_be_covered,
    must_cover_within,
    overlaps,
)
from oncall_rota.schedule.engine import Shift, on_call_at, shifts
from oncall_rota.schedule.explain import Change, Explanation, LayerState, explanation
from oncall_rota.schedule.handoff import handoffs_near
from oncall_rota.schedule.service import first_line, service_answer

__all__ = [
    "Answer",
    "Change",
    "Explanation",
    "Gap",
    "LayerState",
    "OnCall",
    "Overlap",
    "Shift",
    "answer",
    "explanation",
    "first_line",
    "gaps",
    "handoffs_near",
    "layer_hours",
    "mapping",
    "must_be_covered",
    "must_cover_within",
    "on_call_at",
    "overlaps",
    "service_answer",
    "shifts",
    "steady_stretches",
]
