"""Grafana's webhook contact point: Alertmanager's envelope with a few keys more, and the same rules for answers.

Its `Grafana OnCall` contact point of old sends one alert by other keys, which the generic hook knows.
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from __future__ import annotations

from oncall_rota.intake.alertmanager import Alertmanager


class Grafana(Alertmanager):
    """One source of kind `grafana`."""
