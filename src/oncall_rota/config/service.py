"""`services:` of a team's file: who runs them, and from when on another team does."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from oncall_rota.config.build import Builder
from oncall_rota.config.draft import Draft
from oncall_rota.config.problem import listed
from oncall_rota.config.record import Filled
from oncall_rota.config.window import ALWAYS
from oncall_rota.schedule.model import Handover, Service, Team
from oncall_rota.timeline.zone import moment, wall

NEEDED = ("runbook", "monitoring", "documentation")
ROUND_THE_CLOCK = 99.9  # percent; less can be kept without somebody at night


def services(draft: Draft, team: Team, builder: Builder) -> dict[str, Service]:
    """The team's services by name. A service of which the new owner is unknown is left out (reported)."""
    given = draft.values.get("services") if draft.values is not None else None
    found: dict[str, Service] = {}
    for name, values in (given or {}).items():
        availability: float | None = values.get("availability")
        if availability is not None and availability >= ROUND_THE_CLOCK:
            _round_the_clock(name, values, availability, draft, team)
        handover: Handover | None = None
        if "handover" in values.node:
            handover = _handover(name, values, draft, builder)
            if handover is None:
                continue
            draft.handed_over[name] = values["handover"].node["to"]
        found[name] = Service(name, draft.document.source(values.node), values.get("runbook"), availability, handover)
    return found


def _round_the_clock(name: str, values: Filled, availability: float, draft: Draft, team: Team) -> None:
    if not team.schedules:
        return
    first = team.first
    if first.must_cover == ALWAYS and first.must_cover_except is None:
        return
    draft.document.warn(
        values.node["availability"],
        "availability-without-cover",
        f"{name} promises {availability:g} percent, and {first.name} is not covered round the clock",
        f"write must_cover: always in {first.name}, or promise less than {ROUND_THE_CLOCK:g}",
    )


def _handover(name: str, service: Filled, draft: Draft, builder: Builder) -> Handover | None:
    document = draft.document
    values: Any = service.get("handover")
    if values is None:
        return None
    lacking = [key for key in NEEDED if key not in (service if key == "runbook" else values).node]
    if lacking:
        document.error(
            service.node.keys_at["handover"],
            "handover-incomplete",
            f"{name} is handed over without {listed(lacking, 'and')}",
            "whoever takes it over needs " + listed((f"{key}: https://…" for key in lacking), "and"),
            fatal=False,
        )
    to = builder.reference(values["to"], values.node["to"], draft, borrowed=False) if "to" in values else None
    starting = values.get("starting")
    if to is None or starting is None:
        return None
    clock = starting if isinstance(starting, datetime) else datetime.combine(starting, time(0))
    return Handover(
        to,
        moment(draft.zone.instant(wall(clock))),
        document.source(values.node),
        values.get("monitoring", ""),
        values.get("documentation", ""),
    )
