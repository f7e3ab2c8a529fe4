"""Alertmanager's webhook, version 4; Mimir, Thanos and vmalert send by it, too.

2xx is done, 5xx is tried again, and whatever else is lost: overload must be a 503 and never a 429.
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oncall_rota.intake.group import reports
from oncall_rota.intake.posted import RETRY_AFTER, Answer, Posted, Report, Unreadable, answer
from oncall_rota.paging.signal import Accepted


class Alertmanager:
    """One source of kind `alertmanager`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def reports(self, posted: Posted) -> tuple[Report, ...]:
        return reports(posted, self._settings)

    def accepted(self, posted: Posted, reports: Sequence[Report], results: Sequence[Accepted]) -> Answer:
        return answer(200, {})

    def refused(self, posted: Posted, unreadable: Unreadable) -> Answer:
        return answer(unreadable.status or 400, {"error": unreadable.message, "field": unreadable.field})

    def overloaded(self, posted: Posted) -> Answer:
        return answer(503, {"error": "overloaded"}, retry_after=RETRY_AFTER)

    def unknown_key(self, posted: Posted) -> Answer:
        return answer(401, {"error": "unknown key"}, www_authenticate="Bearer")
