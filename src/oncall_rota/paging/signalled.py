"""What a signal makes of an incident: it begins one, belongs to one that is open, or changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from oncall_rota.paging.case import Case, Scene
from oncall_rota.paging.incident import HELD, Acknowledged, Calmed, Fired, Incident, Opened, Snoozed
from oncall_rota.paging.message import LINES, clean
from oncall_rota.paging.policy import is_graver
from oncall_rota.paging.signal import KEY, Accepted, Origin, Signal


def signalled(case: Case, signal: Signal, origin: Origin, scene: Scene, new: Callable[[], Incident]) -> Accepted:
    """Decide a signal in the case of its incident, or of none yet. `new`: the incident that it begins then."""
    source, key = origin
    if signal.kind != "trigger":
        return _about_open(case, signal, source, key)
    if case.incident is not None:
        case.incident = case.incident._replace(signals=case.incident.signals + 1)
        case.note("merged", f"signal {case.incident.signals}", source)
        _fired(case, signal, source, scene)
        return Accepted("merged", case.incident.id)
    case.open(new(), source, key)
    case.note("opened", f"by {source}, {clean(signal.cause)}" if signal.cause else f"by {source}", source)
    case.decide(Opened(scene.now + signal.hold))
    return Accepted("opened", case.state.id)


def _about_open(case: Case, signal: Signal, source: str, key: str) -> Accepted:
    """What a signal that begins nothing does to the incident of its key, if that is open."""
    text = clean(signal.summary) or "(no text)"
    if case.incident is None:
        what = {"resolve": "the end", "acknowledge": "an acknowledgement"}.get(signal.kind)
        case.note("ignored", f"{what} of what is not open" if what else text, source, key=key)
        return Accepted("ignored")
    name = case.incident.id
    if signal.kind == "note":
        case.note("remark", text, source)
        return Accepted("noted", name)
    if signal.kind == "resolve":
        case.decide(Calmed(source), source)
        return Accepted("kept" if case.incident.is_open else "resolved", name)
    event = Acknowledged(source, source) if signal.until_at is None else Snoozed(source, signal.until_at)
    case.decide(event, source)
    if case.refused:
        case.note("ignored", case.refused, source)
    return Accepted("ignored" if case.refused else "acknowledged", name)


def _fired(case: Case, signal: Signal, source: str, scene: Scene) -> None:
    """What a repeat may change; most change nothing."""
    severity, incident = clean(signal.severity, KEY), case.state
    if incident.calm_at is not None or incident.status == HELD or is_graver(severity, incident.severity):
        summary, lines = _texts(signal)
        case.decide(Fired(severity, summary, lines, scene.now + signal.hold), source)


def begun(name: str, signal: Signal, scene: Scene, flaps: int, turn: Callable[[], int]) -> Incident:
    """The incident that a signal begins. `flaps`: how often its key has fired lately, when that is too often.

    `turn`: how many incidents the team has had, asked where that says who is paged first.
    """
    severity, (summary, lines) = clean(signal.severity, KEY), _texts(signal)
    by_team = signal.person is None
    policy = scene.configuration.world.policy(signal.team, signal.service, severity, scene.now) if by_team else None
    return Incident(
        name,
        signal.team,
        severity,
        summary,
        scene.now,
        service=signal.service,
        person=signal.person,
        lines=lines,
        via=signal.via,
        turn=turn() if policy is not None and any(step.round_robin for step in policy.steps) else 0,
        flaps=flaps,
    )


def _texts(signal: Signal) -> tuple[str, tuple[str, ...]]:
    """A summary and lines, cleaned."""
    return clean(signal.summary) or "(no text)", tuple([clean(line) for line in signal.lines[:LINES]])
