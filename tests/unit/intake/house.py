"""Three teams, two sources, and routes over them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from oncall_rota.intake import Routing
from oncall_rota.paging.configuration import Settings
from oncall_rota.schedule.model import Service, Source, Team

HERE = Source("payments.yaml", 1)


def team(name: str, *services: str) -> Team:
    """A team of which nobody asks for its schedules."""
    return Team(name, "Europe/London", HERE, {}, {each: Service(each, HERE) for each in services})


TEAMS = {each.name: each for each in (team("payments", "card-api"), team("shop", "checkout"), team("operations"))}


def routing(*routes: dict[str, Any], teams: dict[str, Team] = TEAMS, **more: Any) -> Routing:
    """Routes over three teams; sources `prod-am` and `eu-am`."""
    sources = {"prod-am": {"type": "alertmanager"}, "eu-am": {"type": "grafana", "severity": "error"}}
    settings = Settings(sources=sources, routes=routes, maintenance=tuple(more.get("maintenance", ())))
    settings = settings._replace(sources={**sources, **more.get("sources", {})})
    return Routing(settings._replace(heartbeats=more.get("heartbeats", {})), teams)


# The routes of paging.md.
PAGING_MD = (
    {"match": {"source": ["prod-am"], "labels.service": ["*"]}, "service_from": "labels.service"},
    {"match": {"severity": ["warning", "info"]}, "team_from": "labels.team", "hold": timedelta(minutes=5)},
    {"team": "operations"},
)
