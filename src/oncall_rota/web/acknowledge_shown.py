"""All that the page behind a link has: severity, team, summary, code, what to do, and the incident's story."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from oncall_rota.paging.incident import ACKNOWLEDGED, HELD, TRIGGERED, Incident
from oncall_rota.paging.message import clean
from oncall_rota.paging.model import CRITICAL
from oncall_rota.paging.office import Story
from oncall_rota.web.acknowledge_story import NAME, NEXT, Clock, Reader, Said, Told, coming, so_far, state

SUMMARY, LINES, LINE, INCIDENTS = 400, 5, 160, 12  # the most that is shown; texts in code points


class Button(NamedTuple):
    """`do`: what pressing it asks for."""

    do: str
    text: str


class Shown(NamedTuple):
    """`incidents`: of a bundle, which has no story of its own. `runbook`: an address of the web.

    `taken`: somebody has it. Then the buttons come last: who taps twice on `Acknowledge` must not hit what ends it.
    """

    severity: str
    team: str
    tone: str
    summary: str
    state: Said
    code: str
    whose: str
    clock: str
    buttons: tuple[Button, ...] = ()
    incidents: tuple[Told, ...] = ()
    lines: tuple[str, ...] = ()
    runbook: str | None = None
    next_title: str = ""
    next: tuple[Told, ...] = ()
    story: tuple[Told, ...] = ()
    taken: bool = False


def shown(stories: Sequence[Story], reader: Reader) -> Shown:
    """What to show of the incidents of a page; the first is the page's own."""
    clock = Clock(stories[0].incident, reader)
    return _one(stories[0], reader, clock) if len(stories) == 1 else _several(stories, reader, clock)


def _one(story: Story, reader: Reader, clock: Clock) -> Shown:
    incident = story.incident
    runbook = reader.configuration.runbooks.get((incident.team, incident.service or ""))
    taken = incident.status == ACKNOWLEDGED
    return Shown(
        clean(incident.severity, NAME),
        clean(incident.team, NAME) or "for you",
        incident.severity if incident.severity in ("critical", "error") else "",
        clean(incident.summary, SUMMARY),
        state(incident, reader, clock),
        reader.page.code,
        _whose(reader),
        clock.told,
        _buttons(incident, reader),
        lines=tuple([clean(line, LINE) for line in incident.lines[:LINES]]),
        runbook=runbook if runbook is not None and runbook.startswith(("https://", "http://")) else None,
        next_title="Next, if it stays open" if taken else "Next, if nobody acknowledges",
        next=tuple(islice(coming(incident, reader, clock), NEXT)) if incident.is_open else (),
        story=tuple(so_far(story, reader, clock)),
        taken=taken,
    )


def _several(stories: Sequence[Story], reader: Reader, clock: Clock) -> Shown:
    """A bundle: what it names, and one button for all that nobody has."""
    waiting = [each for each in stories if each.incident.status in (TRIGGERED, HELD)]
    teams = dict.fromkeys(each.incident.team for each in stories)
    rows = [_row(each.incident, reader, clock) for each in stories[:INCIDENTS]]
    if len(stories) > INCIDENTS:
        rows.append(Told("", f"and {len(stories) - INCIDENTS} more"))
    stands = Said(f"{len(waiting)} of them wait for somebody", "no") if waiting else Said("None of them waits", "yes")
    count = "it" if len(waiting) == 1 else f"all {len(waiting)}"
    both = Button("acknowledge", f"Acknowledge {count}"), Button("decline", "I cannot: pass on what is mine")
    return Shown(
        "several",
        clean(", ".join(filter(None, teams)), NAME),
        CRITICAL,
        f"{len(stories)} incidents in one page",
        stands,
        reader.page.code,
        _whose(reader),
        clock.told,
        both if waiting else (),
        tuple(rows),
    )


def _row(incident: Incident, reader: Reader, clock: Clock) -> Told:
    stands = state(incident, reader, clock)
    return Told(clock(incident.opened_at), clean(incident.summary, LINE), stands.text, stands.tone)


def _whose(reader: Reader) -> str:
    return f"sent to {reader.name(reader.person)}" if reader.person else "sent to a shared address"


def _buttons(incident: Incident, reader: Reader) -> tuple[Button, ...]:
    if incident.status == TRIGGERED:
        return Button("acknowledge", "Acknowledge"), Button("decline", "I cannot: pass it on")
    if incident.status == HELD:
        return (Button("acknowledge", "Acknowledge"),)
    if incident.status == ACKNOWLEDGED and incident.acknowledged_by == reader.actor:
        return Button("resolve", "It is over: resolve"), Button("decline", "Pass it on to the next")
    return ()
