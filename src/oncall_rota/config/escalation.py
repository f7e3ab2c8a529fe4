"""`escalation:` and `severity:` of a team's file: are the targets there, and do the waits make sense?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from oncall_rota.config.build import Builder
from oncall_rota.config.document import Sequence
from oncall_rota.config.draft import Draft
from oncall_rota.config.field import BAD
from oncall_rota.config.problem import did_you_mean, shown
from oncall_rota.config.record import Filled
from oncall_rota.config.turn import need_holidays

# A team without an escalation: its first schedule, asked three times within a quarter of an hour.
DEFAULT_WAIT, DEFAULT_REPEAT = timedelta(minutes=5), 2


class Paged(NamedTuple):
    """Whom a team pages. `targets`: its schedules and people, each with the node that says so.

    `steps`: the names in each step, its wait (None: until their rules have run), and where they stand; `teams`: the
    others whose schedules it pages.
    """

    targets: dict[str, Any]
    steps: list[tuple[list[str], timedelta | None, Any]]
    teams: set[str]


def paged(draft: Draft, builder: Builder) -> Paged:
    """Check the team's escalations; gives whom they page."""
    found = Paged({}, [], set())
    values = draft.values
    if values is None:
        return found
    _policy(values, values, draft, builder, found)
    if "escalation" not in values and draft.first is not None:
        found.steps.append(([draft.first], DEFAULT_WAIT, None))
    severity = values.get("severity")
    for level in (severity or {}).values():
        if isinstance(level, Filled):
            _policy(level, values, draft, builder, found)
            if "notify" in level:
                _targets(level["notify"], None, level.node["notify"], draft, builder, found)
                if "repeat" in level.node:
                    draft.document.error(
                        level.node.keys_at["repeat"],
                        "repeat-without-escalation",
                        "'repeat' goes through an escalation again, and 'notify' is no escalation",
                        "write escalation: with one step that has a wait, or delete it",
                    )
            when = level.get("when")
            if when is not None and when.holidays and draft.holidays is None and "holidays" not in values.node:
                need_holidays(level, "when", draft)
            if "notify" in level.node and "escalation" in level.node:
                draft.document.error(
                    level.node.keys_at["notify"],
                    "notify-and-escalation",
                    "'notify' stands beside 'escalation'",
                    "keep one of the two",
                )
    return found


def _policy(values: Filled, outer: Filled, draft: Draft, builder: Builder, found: Paged) -> None:
    document = draft.document
    steps = [step for step in values.get("escalation") or () if isinstance(step, Filled)]
    repeat = values.get("repeat", outer.get("repeat", 0))
    if "repeat" in values.node and "escalation" not in values.node and "escalation" not in outer.node:
        document.error(
            values.node.keys_at["repeat"],
            "repeat-without-escalation",
            "'repeat' goes through the escalation again, and there is none",
            "add escalation:, or delete it",
        )
    for number, step in enumerate(steps, 1):
        if "notify" in step:
            _targets(step["notify"], step.get("wait"), step.node["notify"], draft, builder, found)
        last = number == len(steps)
        if "wait" not in step.node and (not last or repeat):
            why = f"repeat: {repeat} begins again after it" if last else "the next step begins after it"
            document.error(
                step.node,
                "missing-wait",
                f"step {number} says nothing about how long it waits, and {why}",
                "add wait: 5m",
            )
        elif repeat and step.get("wait") == timedelta(0):
            document.warn(step.node["wait"], "no-wait", f"step {number} waits no time before the next", "add wait: 5m")


def _targets(names: list[Any], wait: timedelta | None, node: Any, draft: Draft, builder: Builder, found: Paged) -> None:
    found.steps.append(([name for name in names if name is not BAD], wait, node))
    for name, place in zip(names, node if node.__class__ is Sequence else [node], strict=False):
        if name is not BAD:
            _target(name, place, draft, builder, found)


def _target(name: str, node: Any, draft: Draft, builder: Builder, found: Paged) -> None:
    document, persons = draft.document, draft.people.persons
    if "/" in name:
        found.teams.add(name.partition("/")[0])
        if name.partition("/")[0] == draft.name or not builder.drafts.partial:
            target, schedule = builder.named(name, node, draft, borrowed=False)
            if target is draft:
                found.targets[schedule] = node
        elif name.partition("/")[0] not in builder.drafts.team_names():
            builder.named(name, node, draft, borrowed=False)
    elif name in draft.written:
        if name in persons:
            document.error(
                node,
                "ambiguous-target",
                f"{name!r} is a schedule of this team and a person",
                f"write {draft.name}/{name} for the schedule, or rename one",
            )
        else:
            found.targets[name] = node
    elif name in persons:
        found.targets[name] = node
    elif draft.people.readable and draft.people.exists:
        hint = f"for the team's schedule write {name}/primary" if name in builder.drafts.team_names() else ""
        known = [*draft.written, *persons]
        document.error(
            node,
            "unknown-target",
            f"{shown(name)} is neither a schedule of this team nor a person",
            hint or did_you_mean(name, known, "targets are schedules, people and team/schedule"),
        )
