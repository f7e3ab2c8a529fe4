"""All that paging asks of the last good configuration, at one moment: never half of an old and half of a new one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from oncall_rota.paging.model import Channel
from oncall_rota.paging.world import World


class Configuration(NamedTuple):
    """A folder that was read, a team whose files have no meaning as it last had one.

    `revisions`: for each team the digest of what its pages follow from. `runbooks`: URLs by team and service. `quiet`:
    the channels of notices, in order of preference; empty: whatever a person has that is not metered. `resolved`:
    whether those who were paged are told of the end. `stale`: since when a team's files have had no meaning; those of
    the settings under `oncall.yaml` and `people.yaml`.
    """

    world: World
    channels: Mapping[str, Channel]
    revisions: Mapping[str, str] = MappingProxyType({})
    runbooks: Mapping[tuple[str, str], str] = MappingProxyType({})
    quiet: tuple[str, ...] = ()
    resolved: bool = True
    public_url: str | None = None
    stale: Mapping[str, datetime] = MappingProxyType({})

    def revision(self, team: str) -> str:
        """The digest that a decision about a team is recorded with; empty when the team is unknown."""
        return self.revisions.get(team, "")
