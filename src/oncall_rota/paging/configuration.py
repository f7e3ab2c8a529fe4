"""All that paging asks of the last good configuration, at one moment: never half of an old and half of a new one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from oncall_rota.paging.model import Channel, Reach
from oncall_rota.paging.world import World
from oncall_rota.schedule.model import Team


class Settings(NamedTuple):
    """What oncall.yaml says beside notifiers and last resort: plain values, spans as `timedelta`, secrets by name.

    Keys are those of the file.
    """

    sources: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    routes: tuple[Mapping[str, Any], ...] = ()
    maintenance: tuple[Mapping[str, Any], ...] = ()
    heartbeats: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    server: Mapping[str, Any] = MappingProxyType({})
    access: Mapping[str, Any] = MappingProxyType({})
    watchdog: Mapping[str, Any] = MappingProxyType({})


class Ahead(NamedTuple):
    """What people are told of their shifts. `handoff`: so long before one begins; `changes`: of which ones. None: not.

    `changes`: how far ahead a change of the files is told to those whose shifts it moves.
    """

    handoff: timedelta | None = None
    changes: timedelta | None = None


class Configuration(NamedTuple):
    """A folder that was read, a team whose files have no meaning as it last had one.

    `revisions`: for each team the digest of what its pages follow from. `runbooks`: URLs by team and service. `quiet`:
    the channels of notices, in order of preference; empty: whatever a person has that is not metered. `resolved`:
    whether those who were paged are told of the end. `stale`: since when a team's files have had no meaning; those of
    the settings under `oncall.yaml` and `people.yaml`. `teams`: their schedules, as they answer who is on call.
    `people`: everybody by id, as `world` reaches them. `ahead`: of what they are told before it happens.
    """

    world: World
    channels: Mapping[str, Channel]
    revisions: Mapping[str, str] = MappingProxyType({})
    runbooks: Mapping[tuple[str, str], str] = MappingProxyType({})
    quiet: tuple[str, ...] = ()
    resolved: bool = True
    public_url: str | None = None
    stale: Mapping[str, datetime] = MappingProxyType({})
    teams: Mapping[str, Team] = MappingProxyType({})
    settings: Settings = Settings()
    people: Mapping[str, Reach] = MappingProxyType({})
    ahead: Ahead = Ahead()

    def revision(self, team: str) -> str:
        """The digest that a decision about a team is recorded with; empty when the team is unknown."""
        return self.revisions.get(team, "")
