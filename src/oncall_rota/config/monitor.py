"""What oncall.yaml knows of monitors: which kinds there are, and what of their signals a route may match.

The floor `intake`, which is beside this one, has the same; a test compares them.
"""

from __future__ import annotations

from oncall_rota.config.document import Document
from oncall_rota.config.field import Choice, Text
from oncall_rota.config.problem import Mistake, listed, shown, suggest
from oncall_rota.config.record import Filled

MONITORS = ("alertmanager", "grafana", "pagerduty", "opsgenie", "generic", "sentry", "sns")
GROUPED = ("alertmanager", "grafana")  # those that send many alerts at once
SIGNING = ("grafana", "generic", "sentry")  # those that can sign what they send
FETCHING = ("generic",)  # those that may have all they say in an address
PREFIXES = ("labels", "annotations", "details")
FIELDS = (
    "source", "type", "severity", "team", "service", "summary", "heartbeat", "receiver", "host", "component", "group",
    "class", "client", "entity", "tags", "user",
)  # fmt: skip
_LABELS = {"alertname", "instance", "job", "cluster", "namespace", "env", "environment", "region", "priority", "app"}


def field_name(written: str) -> str:
    """`severity`, `labels.service`: something of a signal."""
    prefix, dot, rest = written.partition(".")
    if written in FIELDS or (dot and rest and prefix in PREFIXES):
        return written
    instead = suggest(prefix, PREFIXES) if dot else suggest(written, FIELDS)
    hint = f"fields are {listed(FIELDS, 'and', 20)}, and labels.…, annotations.… and details.…"
    if dot and instead:
        hint = f"did you mean '{instead}.{rest}'?"
    elif written in _LABELS:
        hint = f"write labels.{written}"
    elif instead:
        hint = f"did you mean {instead!r}? A label is written labels.{written}"
    elif not dot:
        hint = f"a label is written labels.{written}, and what a form or JSON says details.{written}"
    raise Mistake("unknown-field", f"no signal has a field {shown(written)}", hint)


YES = ("yes", "true")
FIELD = Text(field_name, "a field of a signal", examples=["labels.service"])
MONITOR = Choice(
    *MONITORS,
    also={
        "prometheus": "alertmanager",
        "am": "alertmanager",
        "mimir": "alertmanager",
        "thanos": "alertmanager",
        "victoriametrics": "alertmanager",
        "zabbix": "opsgenie",
        "webhook": "generic",
        "http": "generic",
        "json": "generic",
        "goalert": "generic",
        "uptime-kuma": "generic",
        "healthchecks": "generic",
        "datadog": "generic",
        "aws-sns": "sns",
        "cloudwatch": "sns",
        "nagios": "generic",
        "icinga": "generic",
        "checkmk": "generic",
    },
)


def check_source(values: Filled, document: Document) -> None:
    """Report what the monitor of a source cannot do."""
    kind = values.get("type")
    if kind is None:
        return
    if "group_by" in values and kind not in GROUPED:
        words = f"group_by has no effect: {kind} sends one alert at a time, with a key of its own"
        document.warn(values.node.keys_at["group_by"], "no-effect", words, "delete it")
    if values.wrote("secrets") and kind not in SIGNING:
        words = f"{kind} signs nothing, so nothing that it sends would be taken"
        hint = f"write keys: instead; {listed(SIGNING, 'and')} can sign"
        document.error(values.at("secrets"), "never-signed", words, hint)
    if values.get("get") in YES and kind not in FETCHING:
        words = f"get has no effect: {kind} says what it has to say in a body"
        document.warn(values.node.keys_at["get"], "no-effect", words, "delete it")
    elif values.get("get") in YES and values.wrote("secrets"):
        words = "get has no effect beside secrets: what an address says is not signed"
        document.warn(values.node.keys_at["get"], "no-effect", words, "delete it")
