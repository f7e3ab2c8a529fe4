"""What `oncall page` says while it stays: lines with the time, and on a terminal a last line that is alive."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from oncall_rota.cli.incident_people import People
from oncall_rota.cli.setting import present
from oncall_rota.cli.terminal import say, term_safe_lines, write_talk
from oncall_rota.paging.incident import TRIGGERED
from oncall_rota.paging.office import Story
from oncall_rota.rendering.text import term_safe
from oncall_rota.timeline.zone import Zone, epoch

if TYPE_CHECKING:
    from rich.status import Status


def write_line(text: str) -> None:
    """Talk, from any thread: written in one piece, so that what other threads say stays out of it."""
    write_talk(term_safe_lines(text))


class Voice:
    """Talks on standard error, from any thread."""

    def __init__(self, people: People, shown: Zone) -> None:
        self._people = people
        self._shown = shown
        self._status: Status | None = None

    def say(self, text: str) -> None:
        """A line with the time of day."""
        seconds = self._shown.clock(epoch(present())) % 86400
        say(f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}  {text}", indent=10)

    def alarm(self, text: str) -> None:
        """Something that whoever runs this has to know."""
        self.say(f"alarm: {text}")

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Keep a line at the bottom of a terminal; none anywhere else."""
        if not sys.stderr.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
            yield
            return
        from rich.console import Console

        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        with console.status("") as status:
            self._status = status
            try:
                yield
            finally:
                self._status = None

    def stands(self, story: Story) -> None:
        """Show how it stands now in the line that is alive."""
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(term_safe(self._standing(story)), no_wrap=True, overflow="ellipsis"))

    def _standing(self, story: Story) -> str:
        from oncall_rota.humantime import span_text

        incident = story.incident
        people = dict.fromkeys(
            self._people.name(each.person)
            for each in incident.sent
            if each.person is not None and not (each.old or each.failed or each.copy)
        )
        what = f"waiting for {', '.join(people)}" if people and incident.status == TRIGGERED else incident.status
        left = None if incident.next_at is None else incident.next_at - present()
        then = "" if left is None or left.total_seconds() < 1 else f"; next in {span_text(left)}"
        return f"{what}{then}; Ctrl-C leaves"
