"""Uptime Kuma, by its own webhook, and as it speaks to GoAlert and to Grafana OnCall.

To those two it gives no key, and says the same monitor's end in another text: then its name is what both have in
common. Two monitors of one name are one thing there; its own webhook tells them apart.
https://github.com/louislam/uptime-kuma/tree/master/server/notification-providers
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oncall_rota.intake.posted import Report
from oncall_rota.intake.value import digest, first, list_of, mapping_of, text_of, told

_TO_GOALERT = re.compile(r"\[(.+)\] \[(?:🔴 Down|✅ Up)\]", re.DOTALL)
_TO_ONCALL = re.compile(r"(.+) is (?:down|up)", re.DOTALL)


def is_own(values: Mapping[str, Any]) -> bool:
    """Whether a body is of its own webhook."""
    return values.keys() >= {"heartbeat", "monitor", "msg"}


def report(values: Mapping[str, Any]) -> Report:
    """What its own webhook says; both are null when somebody tries it out."""
    heartbeat, monitor = mapping_of(values["heartbeat"]), mapping_of(values["monitor"])
    status = text_of(heartbeat.get("status"))
    number = text_of(monitor.get("id")) or text_of(heartbeat.get("monitorID"))
    name, text = text_of(monitor.get("name")), text_of(values["msg"])
    tags = ", ".join([first(mapping_of(tag), "name") for tag in list_of(monitor.get("tags"))[:100]])
    fields = {"details.name": name, "details.tags": tags}
    return Report(
        digest("uptime-kuma", number or text),
        "resolve" if status == "1" else "trigger",
        text or name or "Uptime Kuma",
        None,
        told(("Monitor", name), ("Address", text_of(monitor.get("url"))), ("Says", text_of(heartbeat.get("msg")))),
        {key: value for key, value in fields.items() if value},
    )


def key_without_one(values: Mapping[str, Any]) -> str:
    """The key of what it says to GoAlert or Grafana OnCall; empty: this is neither."""
    found = _TO_GOALERT.match(text_of(values.get("summary")))
    if found is None and "state" in values:
        found = _TO_ONCALL.fullmatch(text_of(values.get("title")))
    return digest("uptime-kuma's", found[1]) if found is not None else ""
