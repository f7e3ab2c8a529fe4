"""The kinds of monitors there are, by the name that a source has as its `type`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from oncall_rota.intake.alertmanager import Alertmanager
from oncall_rota.intake.generic import Generic
from oncall_rota.intake.grafana import Grafana
from oncall_rota.intake.opsgenie import Opsgenie
from oncall_rota.intake.pagerduty import PagerDuty
from oncall_rota.intake.posted import Hook
from oncall_rota.intake.sentry import Sentry
from oncall_rota.intake.sns import Sns

HOOKS: Mapping[str, Callable[[Mapping[str, Any]], Hook]] = MappingProxyType(
    {
        "alertmanager": Alertmanager,
        "grafana": Grafana,
        "pagerduty": PagerDuty,
        "opsgenie": Opsgenie,
        "generic": Generic,
        "sentry": Sentry,
        "sns": Sns,
    }
)


def hook(settings: Mapping[str, Any]) -> Hook:
    """The hook of a source, as oncall.yaml describes it. Raises `KeyError` for a type that is none of `HOOKS`."""
    return HOOKS[settings["type"]](settings)
