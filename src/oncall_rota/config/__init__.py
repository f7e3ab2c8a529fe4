"""Rotation files -> (catalogue, problems). The only floor that meets YAML."""

from oncall_rota.config.catalog import Catalog, load
from oncall_rota.config.folder import find_folder, team_names
from oncall_rota.config.horizon import check, check_team, digest
from oncall_rota.config.problem import ERROR, NOTE, WARNING, Problem, suggest
from oncall_rota.config.schema import schema

__all__ = [
    "ERROR",
    "NOTE",
    "WARNING",
    "Catalog",
    "Problem",
    "check",
    "check_team",
    "digest",
    "find_folder",
    "load",
    "schema",
    "suggest",
    "team_names",
]
