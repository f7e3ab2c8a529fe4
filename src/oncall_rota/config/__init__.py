"""Rotation files -> (catalogue, problems). The only floor that meets YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall_rota.config.catalog import Catalog, load
from oncall_rota.config.folder import find_folder, team_names
from oncall_rota.config.horizon import check, check_team
from oncall_rota.config.problem import ERROR, NOTE, WARNING, Problem, known, suggest
from oncall_rota.config.schema import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oncall_rota.config.page import Paging
    from oncall_rota.paging.configuration import Configuration
    from oncall_rota.paging.ports.notifier import Declaration

__all__ = [
    "ERROR",
    "NOTE",
    "WARNING",
    "Catalog",
    "Problem",
    "check",
    "check_team",
    "configuration",
    "find_folder",
    "known",
    "load",
    "paging",
    "schema",
    "suggest",
    "team_names",
]


def paging(catalog: Catalog, notifiers: Mapping[str, Declaration] | None = None) -> Paging:
    """All that a folder says about paging: teams, people, channels, the last resort and the rest of oncall.yaml.

    The catalogue is that of all teams, since escalations page other teams' schedules. `notifiers`: what each kind of
    notifier declares. Files are read again, from the catalogue's texts; only what pages pays for it.
    """
    from oncall_rota.config.page import read_paging

    return read_paging(catalog, notifiers)


def configuration(catalog: Catalog, notifiers: Mapping[str, Declaration]) -> Configuration:
    """A folder that was read, as paging asks about it. One that changes and breaks is kept by `config.keeper`."""
    from oncall_rota.config.combined import configuration as made

    return made(catalog, notifiers)
