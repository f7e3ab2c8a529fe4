"""`oncall page` with a store: raise an incident, follow it, and say how it ended."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.cli.incident_office import PAGE, REMEDY, Driving
from oncall_rota.cli.incident_people import People
from oncall_rota.cli.incident_row import Shown, short_id
from oncall_rota.cli.page_asked import Asked, Target, best_effort
from oncall_rota.cli.page_direct import Tried, send
from oncall_rota.cli.page_follow import Ended, Patience, Why, follow
from oncall_rota.cli.page_progress import Progress
from oncall_rota.cli.page_raised import Raised
from oncall_rota.cli.page_voice import Voice
from oncall_rota.cli.selection import known
from oncall_rota.cli.server_office import is_configured, reached
from oncall_rota.cli.setting import present
from oncall_rota.cli.terminal import BOLD, Cell, fail, rows_in_columns, say, terminal, warn
from oncall_rota.config import paging
from oncall_rota.errors import (
    ConfigurationError,
    NotAcknowledged,
    NotDelivered,
    OncallError,
    ServerGone,
    UnknownName,
    UsageError,
)
from oncall_rota.paging.incident import HELD
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import PENDING
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.reference import LISTED, line
from oncall_rota.paging.signal import PAGED_BY_HAND, Signal
from oncall_rota.rendering.text import json_text, term_safe, tsv_row
from oncall_rota.timeline.zone import Zone

if TYPE_CHECKING:
    from oncall_rota.control.owner import Opened


class Staying(NamedTuple):
    """How the page is followed, and its options."""

    patience: Patience
    form: str
    store: str | None
    dir_: str | None
    shown: Zone


class Stay:
    """One page that is followed."""

    def __init__(self, asked: Asked, how: Staying) -> None:
        self._asked = asked
        self._how = how
        self._people = People(asked.catalog, True)
        self._voice = Voice(self._people, how.shown)
        self._progress = Progress(self._people, how.shown)
        team, person = asked.target
        signal = Signal(
            PAGED_BY_HAND,
            asked.key,
            asked.text,
            "trigger",
            team,
            asked.severity,
            asked.service,
            person or None,
            via=asked.via,
            incident_id=asked.id,
        )
        self._raised = Raised(signal, self._open, self._voice.say)
        self._last: Story | None = None
        self._driven = Driving()

    def _open(self) -> AbstractContextManager[Opened]:
        how = self._how
        return reached(how.store, how.dir_, PAGE, target=self._asked.written, drive="own", make=True, alarm=self._alarm)

    def _alarm(self, text: str) -> None:
        if not self._raised.incident_id or f"incident {self._raised.incident_id}: " not in text:
            self._voice.alarm(text)  # those about this incident are in its story

    def run(self) -> None:
        """Raise it and stay. Raises `NotDelivered`, `NotAcknowledged`, `UnknownName`, `UsageError`."""
        self._check_channel()
        try:
            with closing(self._raised):
                ended = self._followed()
                self._driven = self._raised.driven
                self._print(ended.why)
        except OncallError as error:
            if isinstance(error, UsageError | ConfigurationError) and self._how.store and not self._raised.incident_id:
                raise  # the place that was named is none
            if isinstance(error, UnknownName) and self._asked.target == Target():
                raise  # neither the server nor the files know it
            self._go_directly(error)
            return
        self._judge(ended)

    def _check_channel(self) -> None:
        from oncall_rota.wiring import notifiers

        found = paging(self._asked.catalog, notifiers())
        via, channels = self._asked.via, found.channels
        if is_configured(self._how.store):
            self._progress.soft = best_effort(self._asked)
            return  # the server knows its own
        if any(each.path == "oncall.yaml" for each in found.problems):
            return  # the store may have kept others, from before it had a mistake
        if via is not None and via not in channels:
            raise UnknownName(f"no channel {via!r} in oncall.yaml", known(via, channels))
        if not channels:
            raise NotDelivered("oncall.yaml has no channels", "add one, e.g. notifiers: {email: {type: smtp, …}}")
        self._progress.soft = best_effort(self._asked)

    def _followed(self) -> Ended:
        try:
            accepted = self._raised.raise_()
        except StoreFailed:
            self._driven = self._raised.driven
            raise
        try:
            story = self._raised.story()
            if story is not None:
                self._begin(story, merged=accepted.what == "merged" and accepted.incident_id != self._asked.id)
            with self._voice.alive():
                return follow(self._raised, self._progress, self._how.patience, self._tell)
        except KeyboardInterrupt:
            self._driven = self._raised.driven
            self._print("interrupted")
            say(f"\n{short_id(self._raised.incident_id)} stays open; {self._goes_on()}")
            raise

    def _begin(self, story: Story, *, merged: bool) -> None:
        what = f"incident {story.row.id}"
        if merged:
            from oncall_rota.humantime import spoken

            since = spoken(min(story.row.opened_at, present()) - present())
            self._voice.say(f"{what} is open already, since {since}: {story.incident.headline}")
            self._progress.skip(story)
        else:
            self._voice.say(f"{what}: {story.incident.headline}")
        driven = self._raised.driven
        if driven.by is not None:
            self._voice.say(f"{driven.by} drives it, with and without this command")
        elif driven.nobody and (others := self._raised.others()):
            count = f"{len(others)} other incident{' is' if len(others) == 1 else 's are'}"
            lines = [f"  {line(row)}" for row in others[:LISTED]]
            it = "it" if len(others) == 1 else "them"
            warn(f"{count} open, and nobody drives {it}: oncall pager run", "\n".join(lines))

    def _tell(self, story: Story, news: tuple[str, ...]) -> None:
        self._last = story
        for text in news:
            self._voice.say(text)
        self._voice.stands(story)

    # -- the end

    def _print(self, outcome: Why | str) -> None:
        if self._last is None:
            return
        row, incident = self._last.row, self._last.incident
        if self._how.form == "json":
            told = {"incident": Shown(row, incident).mapping, "outcome": outcome, "driven_by": self._driven.by}
            print(json_text({"version": 1, **told}))
            return
        cells = (row.id, row.status, incident.acknowledged_by or "")
        if self._how.form == "table" and sys.stdout.isatty():
            lines = [[Cell(row.id, BOLD), Cell(row.status), Cell(term_safe(cells[2]))]]
            print("\n".join(rows_in_columns(("INCIDENT", "STATUS", "BY"), lines, terminal())))
        else:
            print(tsv_row(cells))
        sys.stdout.flush()

    def _goes_on(self) -> str:
        """What becomes of it when this command has ended."""
        name, driven = short_id(self._raised.incident_id), self._driven
        if driven.by is not None:
            return f"{driven.by} goes on with it; 'oncall incident show {name}' tells how it stands"
        now = (
            "it is driven as long as the command runs that has the store" if driven.through else "nobody drives it now"
        )
        return f"{now}: 'oncall pager run' does, and 'oncall ack {name}' takes it"

    def _judge(self, ended: Ended) -> None:
        """Say what the end means. Raises `NotDelivered`, `NotAcknowledged`."""
        incident, why = ended.story.incident, ended.why
        if why == "recorded":
            words = f"{incident.severity} is never paged for {incident.team}: it is recorded, and nobody was told"
            raise NotDelivered(words, "page with --severity critical")
        if self._driven.by is None and why in ("acknowledged", "taken"):
            after = "when the other command ends that has the store" if self._driven.through else "after this"
            if why == "acknowledged":
                warn(f"nobody drives it {after}: nobody is paged again if it stays open", REMEDY)
            else:
                warn(f"nobody escalates it {after}", f"{REMEDY}, and so does this command without --no-wait")
        if why == "waiting":
            words = f"{incident.severity} waits for its hours"
            if self._driven.by is None:
                raise NotDelivered(f"{words}, and nobody drives it then", f"{REMEDY}; --severity critical pages now")
            self._voice.say(f"{words}; {self._goes_on()}")
        if why == "shown":
            soft = ", ".join(sorted(self._progress.soft))
            words = f"only by best effort ({soft}) was the page taken, and nobody knows whether such a page arrives"
            raise NotDelivered(words, f"why stands above; {self._goes_on()}")
        if why in ("refused", "round", "patience"):
            failed = not (self._progress.taken or self._progress.shown) and not any(
                page.state in PENDING for page in ended.story.pages
            )
            if why == "refused" or (failed and incident.status != HELD):
                aside = "nobody's own phone or mailbox took the page, only an address of the last resort did"
                words = aside if self._progress.aside else "no channel took the page"
                raise NotDelivered(words, f"why stands above; {self._goes_on()}")
            ending = "the policy and its last resort have ended" if why == "round" else "--wait is over"
            raise NotAcknowledged(f"nobody has acknowledged: {ending}", self._goes_on())

    def _go_directly(self, error: OncallError) -> None:
        """The store or the server has failed: page once, from nothing but the files.

        Raises `NotDelivered`, `NotAcknowledged`.
        """
        there = is_configured(self._how.store)
        fail(str(error) if there else f"the store cannot be used: {error}", error.hint)
        if self._asked.target == Target():
            words = f"no rotation files here know {self._asked.written!r}, so nobody can be paged without the server"
            raise NotDelivered(words, "call somebody; --dir names the files")
        self._voice.say(f"it is paged --direct, without a {'server' if there else 'store'}")
        tries: list[Tried] = []
        try:
            send(self._asked, tries.append)
        finally:
            for each in tries:
                self._voice.say(f"{each.channel}  {each.to}  {each.outcome}")
            if self._how.form == "json":
                print(json_text({"version": 1, "incident": None, "outcome": "direct", "driven_by": None}))
        words = f"it was paged once, directly: {self._after(error)}"
        if not self._how.patience.leave:
            hint = f"see to the {'server' if there else 'store'}, then page again with --dedup-key {self._asked.key}"
            raise NotAcknowledged(words, hint)
        warn(words)

    def _after(self, error: OncallError) -> str:
        """What becomes of a page that was sent directly."""
        if self._driven.by is not None:
            return f"{self._driven.by} pages for it from memory, too: 'oncall incident list'"
        if self._raised.incident_id and is_configured(self._how.store):
            return "the server, which had taken it, goes on with it when it works again"
        if isinstance(error, ServerGone) and error.unsure:
            return "nobody escalates it, unless the server has taken it after all, under the same id and key"
        return "nobody escalates it, and no acknowledgement can be seen"
