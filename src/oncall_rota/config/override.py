"""`overrides:` of a team, then its overrides file -> what holds in each schedule, in the order in which it applies."""

from __future__ import annotations

from datetime import time
from typing import Any, NamedTuple

from oncall_rota.config.anchor import instant
from oncall_rota.config.document import Document, Sequence
from oncall_rota.config.draft import Draft
from oncall_rota.config.field import BAD
from oncall_rota.config.follower import handoff_time
from oncall_rota.config.problem import did_you_mean, listed, shown
from oncall_rota.config.record import Filled
from oncall_rota.config.span import backwards, check_schedule, crowded, span, too_crowded
from oncall_rota.schedule.model import Layer, Override, Schedule, Team
from oncall_rota.timeline.zone import Zone, epoch, moment, zone

EVER, NEVER = -(1 << 60), 1 << 60
VERBS = ("who", "add", "remove", "swap")


class Placed(NamedTuple):
    """An override in one schedule, and where it was written."""

    override: Override
    node: Any
    document: Document


class Change(NamedTuple):
    """What an override does, apart from when and where."""

    verb: str
    people: tuple[str, ...]
    person: str | None


class _Facts:
    """What every override of a schedule asks: the time and zone of a bare date, and the lives of its layers."""

    __slots__ = ("bare", "lives")

    def __init__(self, schedule: Schedule) -> None:
        found = handoff_time(schedule)
        self.bare: tuple[time, Zone] | None = None if found is None else (found[0], zone(found[1]))
        self.lives = _lives(schedule)


def attach(draft: Draft, team: Team) -> dict[str, list[Placed]]:
    """Fill each schedule's overrides; gives them by schedule with their places."""
    lines: list[tuple[Filled, Document]] = []
    for given, document in (
        (draft.values.get("overrides") if draft.values else None, draft.document),
        (draft.overrides, draft.overrides_document),
    ):
        if given and document is not None:
            lines += [(values, document) for values in given if isinstance(values, Filled)]
    placed: dict[str, list[Placed]] = {}
    if not lines:
        return placed
    facts: dict[str, _Facts] = {}
    ids: dict[str, Any] = {}
    for values, document in lines:
        if "id" in values:
            draft.ids.add(values["id"])
            _unique(values, document, ids)
        for schedule, override in _overrides(values, document, draft, team, facts):
            placed.setdefault(schedule, []).append(Placed(override, values.node, document))
    for name, found in placed.items():
        crowd = crowded([each.override for each in found])
        if crowd is not None:
            found[crowd].document.error(found[crowd].node, *too_crowded("overrides", f"{team.name}/{name}"))
            found.clear()
        team.schedules[name].overrides = tuple([each.override for each in found])
    return placed


def attached(values: Filled, document: Document, draft: Draft, team: Team) -> list[tuple[str, Override]]:
    """One override that stands in none of the team's files, by schedule; mistakes are the document's."""
    return _overrides(values, document, draft, team, {})


def _unique(values: Filled, document: Document, ids: dict[str, Any]) -> None:
    name = values["id"]
    if name in ids:
        document.error(
            values.node["id"],
            "id-twice",
            f"a second override has the id {shown(name)}, the first is at {ids[name]}",
            "change one of the two",
        )
    ids.setdefault(name, f"{document.path}:{values.node.start_mark.line + 1}")


def _overrides(
    values: Filled, document: Document, draft: Draft, team: Team, facts: dict[str, _Facts]
) -> list[tuple[str, Override]]:
    change = _change(values, document, draft)
    ends = span(values, document, begun=True)
    schedules = _scope(values, document, draft, team)
    if change is None or ends is None or not schedules:
        return []
    source = document.source(values.node)
    found: list[tuple[str, Override]] = []
    alive = False
    layer: str | None = values.get("layer")
    for schedule in schedules:
        known = facts.get(schedule.name)
        if known is None:
            known = facts[schedule.name] = _Facts(schedule)
        start, end = ends.instants(draft.zone, known.bare)
        if ends.ends_first(start, end):
            backwards(values, ends, document)
            return []
        for name, begin, death in known.lives:
            if begin < end and start < death and (layer is None or layer == name):
                alive = True
        override = Override(
            change.verb,
            change.people,
            moment(start),
            moment(end),
            source,
            change.person,
            layer,
            values.get("id"),
            values.get("reason"),
        )
        found.append((schedule.name, override))
    if not alive:
        where = f"layer {values['layer']!r}" if "layer" in values else listed(schedule.name for schedule in schedules)
        document.warn(
            values.node,
            "outside-life",
            f"at no time of this override is {where} alive: it is before the start, or after the end",
            "check the year of `from`",
        )
    return found


def _change(values: Filled, document: Document, draft: Draft) -> Change | None:
    node = values.node
    verbs = [verb for verb in VERBS if verb in node]
    if not verbs:
        if "instead_of" in node:
            document.error(node, "missing-key", "nothing says who takes over", "add who: and a person's id")
        else:
            document.error(node, "no-verb", "this override says nothing about who", "add who:, add:, remove: or swap:")
        return None
    if len(verbs) > 1:
        document.error(
            node.keys_at[verbs[1]],
            "two-verbs",
            f"{listed(verbs, 'and')} stand in one override",
            "write one override for each",
        )
        return None
    verb = verbs[0]
    if "instead_of" in node and verb != "who":
        document.error(
            node.keys_at["instead_of"],
            "two-verbs",
            f"'instead_of' cannot stand beside {verb!r}",
            "write who: and instead_of:",
        )
        return None
    given = values.get(verb)
    people = _people(given, node[verb], document, draft)
    if people is None:
        return None
    if verb == "swap":
        if len(people) != 2:
            document.error(node["swap"], "swap-of-two", "a swap is between two people", "write e.g. swap: [bob, carol]")
            return None
        return Change("swap", people, None)
    if verb == "remove":
        return Change("remove", people, people[0])
    if verb == "add" or "instead_of" not in node:
        return Change(verb, people, None)
    person = values.get("instead_of")
    if person is None or not draft.known(person, node["instead_of"], document):
        return None
    if people == (person,):
        document.warn(
            node["instead_of"], "no-effect", f"{person} instead of {person} changes nothing", "name two people"
        )
    return Change("instead_of", people, person)


def _people(given: Any, node: Any, document: Document, draft: Draft) -> tuple[str, ...] | None:
    """The people of a verb; `nobody` is no people. None where somebody is unknown (reported)."""
    if given is None:
        return None
    if given == "nobody":
        return ()
    names = [given] if isinstance(given, str) else given
    places = node if node.__class__ is Sequence else [node]
    found: list[str] = []
    good = True
    for name, place in zip(names, places, strict=False):
        if name is BAD or not draft.known(name, place, document):
            good = False
        elif name in found:
            document.error(place, "person-twice", f"{name} stands here twice", "write each person once")
            good = False
        else:
            found.append(name)
    return tuple(found) if good else None


def _scope(values: Filled, document: Document, draft: Draft, team: Team) -> list[Schedule]:
    """The schedules in which an override holds; none where its `schedule` or `layer` is unknown (reported)."""
    node = values.node
    if "schedule" in node:
        check_schedule(values, document, draft)
        name = values.get("schedule")
        schedules = [team.schedules[name]] if name in team.schedules else []
    elif "swap" in node or "remove" in node:
        schedules = list(team.schedules.values())
    else:
        schedules = [team.schedules[draft.first]] if draft.first in team.schedules else []
    layer = values.get("layer")
    if "layer" not in node or not schedules:
        return schedules if "layer" not in node or layer is not None else []
    having = [schedule for schedule in schedules if layer in _names(schedule.layers)]
    if not having and layer is not None:
        names = list(dict.fromkeys(name for schedule in schedules for name in _names(schedule.layers)))
        elsewhere = [schedule.name for schedule in team.schedules.values() if layer in _names(schedule.layers)]
        hint = (
            f"add schedule: {elsewhere[0]}"
            if elsewhere
            else did_you_mean(layer, names, f"layers are {listed(names, 'and')}")
        )
        where = listed((schedule.name for schedule in schedules), "and")
        document.error(node["layer"], "unknown-layer", f"{where} has no layer {shown(layer)}", hint)
    return having


def _names(layers: tuple[Layer, ...]) -> list[str]:
    return [layer.name for layer in layers]


def alive(schedule: Schedule, line: Override) -> bool:
    """Whether any layer that an override speaks of is alive in its hours."""
    start, end = epoch(line.start_at), epoch(line.end_at)
    return any(begin < end and start < death for name, begin, death in _lives(schedule) if line.layer in (None, name))


def _lives(schedule: Schedule) -> list[tuple[str, int, int]]:
    """Each layer's name, first handoff or start, and end."""
    found = []
    for layer in schedule.layers:
        begin, end = EVER, NEVER
        if layer.rotation is not None and layer.rotation.blocks[0].starting_clock is not None:
            begin = instant(layer.rotation.blocks[0].starting_clock, layer.timezone)
        if layer.from_clock is not None:
            begin = max(begin, instant(layer.from_clock, layer.timezone))
        if layer.until_clock is not None:
            end = instant(layer.until_clock, layer.timezone)
        found.append((layer.name, begin, end))
    return found
