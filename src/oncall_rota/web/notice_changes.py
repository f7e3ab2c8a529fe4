"""Notices to people whose shifts a change has moved: once a change, when it has settled, and not at night."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.model import Reach
from oncall_rota.paging.moved import CHANGED, Difference, Known, Span, differences, joined, known, of_team, words
from oncall_rota.paging.office import ANSWERED
from oncall_rota.paging.quiet import quiet_until
from oncall_rota.paging.request import Inform
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch, moment
from oncall_rota.web.premises import Premises

SETTLED = timedelta(minutes=2)  # without a further change
LATEST = timedelta(minutes=10)  # after which it is told however much goes on changing
MARGIN = timedelta(days=7)  # so much further ahead it is known, so that it is written down once a week
BEGAN, SHIFTS = "notices-began", "shifts:"  # of `meta`
UTC = "UTC"

_Own = dict[str, dict[str, tuple[Span, ...]]]


class Changes:
    """Of one server process; called by one thread.

    `_at`: when the configuration last changed, as far as this process knows. `_moved`: since when somebody's shifts are
    others than they know.
    """

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._seen: Configuration | None = None
        self._at: datetime | None = None
        self._window: Interval | None = None
        self._teams: dict[str, tuple[Team, _Own]] = {}
        self._own: _Own | None = None  # as it was looked at last, in this window
        self._known: dict[str, str] = {}
        self._moved: dict[str, datetime] = {}

    def look(self, configuration: Configuration, now: datetime) -> None:
        """Tell those for whom it is time. Raises `StoreFailed`, `TimeoutError`."""
        ahead = configuration.ahead.changes
        if ahead is None:
            return
        is_new = self._seen is None or configuration.teams != self._seen.teams
        if self._window is None or now - self._window[0] >= timedelta(days=1) or now + ahead > self._window[1]:
            self._window = Interval(moment(epoch(now)), moment(epoch(now)) + ahead + MARGIN)
            self._teams, self._own = {}, None
        elif not is_new and not self._moved:
            return
        if is_new and self._seen is not None:
            self._at = now
        present = self._present(configuration)
        began = self._premises.store.get(BEGAN) is not None
        for person, reach in configuration.people.items():
            own = present.get(person, {})
            is_as_it_was = self._own is not None and self._own.get(person, {}) == own and person in self._known
            if not is_as_it_was or person in self._moved:
                self._person(person, reach, own, ahead, now, began)
        if not began:
            self._premises.store.put(BEGAN, now.isoformat())
        # Not before: where the store fails meanwhile, all of it is looked at again.
        self._own, self._seen = present, configuration
        self._moved = {person: at for person, at in self._moved.items() if person in configuration.people}

    def _present(self, configuration: Configuration) -> _Own:
        """Everybody's shifts; of a team as they were, unless it changed."""
        assert self._window is not None
        found: dict[str, tuple[Team, _Own]] = {}
        for name, team in configuration.teams.items():
            kept = self._teams.get(name)
            found[name] = kept if kept is not None and kept[0] is team else (team, of_team(team, self._window))
        self._teams = found
        return joined([own for _, own in found.values()])

    def _person(
        self, person: str, reach: Reach, own: dict[str, tuple[Span, ...]], ahead: timedelta, now: datetime, began: bool
    ) -> None:
        assert self._window is not None
        low, high = epoch(self._window[0]), epoch(self._window[1])
        text = self._known.get(person) or self._premises.store.get(f"{SHIFTS}{person}")
        before = known(text) if text is not None else None
        if before is None:
            # Whoever joins is told of all their shifts; when this begins, nobody of anything.
            before = Known(low, high, {}) if began else Known(low, high, own)
            if not began or not own:
                self._keep(person, text, before._replace(shifts=own))
                return
        else:
            self._known[person] = text or ""
        present = Known(low, high, own, before.number)
        every = differences(before, present, now)
        found = [each for each in every if each.start < epoch(now + ahead)]
        if not found:
            self._moved.pop(person, None)
            # What changed further ahead is known from now on: nobody is told of it on the day that it comes nearer.
            if every or before.until < epoch(now + ahead):
                self._keep(person, text, present._replace(number=before.number + 1))
            return
        since = self._moved.setdefault(person, now)
        if self._is_time(found, since, reach, now):
            self._tell(person, reach, found, text)
            self._keep(person, text, present._replace(number=before.number + 1))
            del self._moved[person]

    def _is_time(self, found: list[Difference], since: datetime, reach: Reach, now: datetime) -> bool:
        """Whether it has settled, and they may be told, or it would be too late after their quiet hours."""
        settled = now - max(self._at or since, since) >= SETTLED or now - since >= LATEST
        quiet = quiet_until(now, reach.wishes.quiet, self._zone(reach, found))
        return settled and (quiet is None or found[0].start < epoch(quiet))

    def _tell(self, person: str, reach: Reach, found: list[Difference], before: str | None) -> None:
        text, lines = words(found, self._zone(reach, found))
        # What they knew names the notice: two servers that see the same change tell it once.
        inform = Inform(f"changed {person} {before or 'nothing'}", person, CHANGED, text, lines)
        self._premises.submit(inform).result(ANSWERED)

    def _zone(self, reach: Reach, found: list[Difference]) -> str:
        """A person's own, or that of the team whose shift it is."""
        team = self._teams.get(found[0].schedule.partition("/")[0])
        return reach.timezone or (team[0].timezone if team is not None else UTC)

    def _keep(self, person: str, before: str | None, now: Known) -> None:
        """Write down what they know, unless another server has."""
        text, key = now.json(), f"{SHIFTS}{person}"
        if self._premises.store.swap(key, before, text):
            self._known[person] = text
        else:
            self._known.pop(person, None)
