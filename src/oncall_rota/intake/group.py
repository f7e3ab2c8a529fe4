"""The envelope in which Alertmanager and Grafana send a group of alerts, and what it reports.

A group is one thing, and keeps the key that Alertmanager itself gives it at PagerDuty and Opsgenie. A source's
`group_by` makes other groups of the alerts, `?per=alert` one of each. A group is over when all alerts in it are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from oncall_rota.intake.action import kind_of
from oncall_rota.intake.json_text import mapping
from oncall_rota.intake.posted import Kind, Posted, Report, Unreadable
from oncall_rota.intake.severity import gravest
from oncall_rota.intake.value import digest, fields_of, first, key_of, mapping_of, text_of, told
from oncall_rota.paging.message import LINES
from oncall_rota.paging.model import CRITICAL

MOST = 20_000  # alerts of one request; in 16 MiB there are seldom more
SHOWN = 10  # alerts of which a page tells all; of the others a line each
_TEXTS = ("summary", "title", "description", "message")
_LINKS = (("Runbook", "runbook_url"), ("Dashboard", "dashboard_url"))
_OWN_LINKS = (("Dashboard", "dashboardURL"), ("Panel", "panelURL"), ("Source", "generatorURL"))


class Alert(NamedTuple):
    """One alert. `over`: it is resolved; anything but that word is an alert that fires."""

    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]
    over: bool
    fingerprint: str
    raw: Mapping[str, Any]

    def field(self, name: str) -> str:
        """`labels.x` or `annotations.x`; empty when it has none."""
        kind, _, rest = name.partition(".")
        return text_of((self.labels if kind == "labels" else self.annotations).get(rest))

    @property
    def name(self) -> str:
        """What its rule is called."""
        return text_of(self.labels.get("alertname")) or "alert"

    @property
    def text(self) -> str:
        """What it says for people."""
        return first(self.annotations, *_TEXTS)


def reports(posted: Posted, settings: Mapping[str, Any]) -> tuple[Report, ...]:
    """What an envelope says. `settings`: the source's `severity` and `group_by`. Raises `Unreadable`.

    `apart` of them: which alert's report is none of any group's, such as a heartbeat's.
    """
    envelope = mapping(posted.body)
    alerts = _alerts(envelope)
    default: str = settings.get("severity") or CRITICAL
    group_by: Sequence[str] = settings.get("group_by") or ()
    apart: Callable[[Report], bool] | None = settings.get("apart")
    if apart is not None and alerts:
        alone = [(each, _report(digest("apart", _fingerprint(each)), [each], envelope, default)) for each in alerts]
        own = [report for _, report in alone if apart(report)]
        others = [each for each, report in alone if not apart(report)]
        if own:
            return (*own, *(_grouped(posted, envelope, others, group_by, default) if others else ()))
    return _grouped(posted, envelope, alerts, group_by, default)


def _grouped(
    posted: Posted, envelope: Mapping[str, Any], alerts: Sequence[Alert], group_by: Sequence[str], default: str
) -> tuple[Report, ...]:
    if alerts and posted.query.get("per") == "alert":
        return tuple([_report(_fingerprint(each), [each], envelope, default) for each in alerts])
    if alerts and group_by:
        return _regrouped(envelope, alerts, group_by, default)
    key = key_of(envelope.get("groupKey"), "groupKey")
    if not key and not alerts:
        raise Unreadable("it has neither a group nor alerts", "alerts")
    key = digest(key or _text_of_labels(_labels_of_group(envelope, alerts)))
    return (_report(key, alerts, envelope, default),)


def _alerts(envelope: Mapping[str, Any]) -> list[Alert]:
    given = envelope.get("alerts")
    if given is None:
        given = []
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Unreadable("it is no list of alerts", "alerts")
    if len(given) > MOST:
        raise Unreadable(f"there are more than {MOST} alerts", "alerts", 413)
    return [
        Alert(
            mapping_of(each.get("labels")),
            mapping_of(each.get("annotations")),
            _is_over(each.get("status", envelope.get("status"))),
            key_of(each.get("fingerprint"), "alerts.fingerprint"),
            each,
        )
        for each in given
    ]


def _is_over(status: Any) -> bool:
    return isinstance(status, str) and kind_of(status) == "resolve"


def _fingerprint(alert: Alert) -> str:
    return alert.fingerprint or digest(_text_of_labels(alert.labels))


def _labels_of_group(envelope: Mapping[str, Any], alerts: Sequence[Alert]) -> Mapping[str, Any]:
    return mapping_of(envelope.get("groupLabels")) or _common([each.labels for each in alerts])


def _regrouped(
    envelope: Mapping[str, Any], alerts: Sequence[Alert], group_by: Sequence[str], default: str
) -> tuple[Report, ...]:
    """A report for each set of values of `group_by`.

    Where the sender divides alerts by more labels than that, the end of one of its groups is not the end of ours, of
    which it does not send the rest: then it is a note.
    """
    groups: dict[tuple[str, ...], list[Alert]] = {}
    for each in alerts:
        groups.setdefault(tuple([each.field(name) for name in group_by]), []).append(each)
    divided = {f"labels.{name}" for name in mapping_of(envelope.get("groupLabels"))} - set(group_by)
    found = [
        _report(digest("group_by", *group_by, *values), members, envelope, default)
        for values, members in groups.items()
    ]
    if divided:
        return tuple([_noted(each, sorted(divided)) if each.kind == "resolve" else each for each in found])
    return tuple(found)


def _noted(report: Report, divided: Iterable[str]) -> Report:
    why = f"over, says one group of the sender; it groups by {', '.join(divided)} too, so others may not be"
    return report._replace(kind="note", summary=f"{report.summary}: {why}")


def _report(key: str, alerts: Sequence[Alert], envelope: Mapping[str, Any], default: str) -> Report:
    firing = [each for each in alerts if not each.over]
    about = firing or alerts
    kind: Kind = "resolve" if not firing and (alerts or _is_over(_status(envelope))) else "trigger"
    labels = _common([each.labels for each in about]) if about else mapping_of(envelope.get("commonLabels"))
    annotations = _common([each.annotations for each in about])
    fields = fields_of("labels", labels) | fields_of("annotations", annotations)
    fields["receiver"] = text_of(envelope.get("receiver"))
    words = [text_of(each.labels.get("severity")) for each in about] or [text_of(labels.get("severity"))]
    return Report(
        key,
        kind,
        _summary(about, annotations, envelope),
        gravest(words, default),
        tuple(_lines(about, envelope)),
        {name: value for name, value in fields.items() if value},
    )


def _status(envelope: Mapping[str, Any]) -> Any:
    return envelope.get("status") or envelope.get("state")


def _summary(alerts: Sequence[Alert], common: Mapping[str, Any], envelope: Mapping[str, Any]) -> str:
    if not alerts:
        return first(envelope, "title", "message") or text_of(envelope.get("groupKey")) or "alert"
    names = list(dict.fromkeys([each.name for each in alerts]))
    name = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    text = first(common, *_TEXTS[:2]) or alerts[0].text
    if len(alerts) == 1:
        text = text or _text_of_labels(alerts[0].labels, "alertname", "severity")
        return f"{name}: {text}" if text else name
    return f"{len(alerts)} × {name}" + (f": {text}" if text else "")


def _lines(alerts: Sequence[Alert], envelope: Mapping[str, Any]) -> Iterable[str]:
    links = [(name, text_of(each.annotations.get(key))) for each in alerts[:SHOWN] for name, key in _LINKS]
    yield from dict.fromkeys(told(*links))
    for each in alerts[:SHOWN]:
        if len(alerts) > 1:
            yield f"{each.name}: {each.text}" if each.text else each.name
        yield from told(*[("", text_of(each.annotations.get(key))) for key in _TEXTS if len(alerts) == 1])[1:]
        yield from told(
            ("Labels", _text_of_labels(each.labels, "alertname")),
            ("Values", text_of(each.raw.get("valueString"))),
            *[(name, text_of(each.raw.get(key))) for name, key in _OWN_LINKS],
        )
    rest = alerts[SHOWN:]
    yield from [f"{each.name}: {each.text or _text_of_labels(each.labels, 'alertname')}" for each in rest[: LINES // 2]]
    left_out = text_of(envelope.get("truncatedAlerts"))
    if left_out.isdigit() and left_out.strip("0"):
        yield f"{left_out} more alerts, which the sender left out"
    yield from told(("Sender", text_of(envelope.get("externalURL"))))


def _common(mappings: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What all of them have, with the same value."""
    if len(mappings) < 2:
        return mappings[0] if mappings else {}
    found = dict(mappings[0])
    for each in mappings[1:]:
        found = {name: value for name, value in found.items() if name in each and each[name] == value}
    return found


def _text_of_labels(labels: Mapping[str, Any], *but: str) -> str:
    return ", ".join([f"{name}={text_of(value)}" for name, value in sorted(labels.items()) if name not in but])
