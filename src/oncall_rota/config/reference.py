"""What oncall.yaml names elsewhere: are the teams, people, channels and sources there?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from oncall_rota.config.access import check_access
from oncall_rota.config.channel import About
from oncall_rota.config.monitor import check_source
from oncall_rota.config.people import People
from oncall_rota.config.problem import did_you_mean, listed, shown
from oncall_rota.config.reach import Reaching
from oncall_rota.config.record import Filled, with_nodes
from oncall_rota.config.resort import LastResort
from oncall_rota.config.settings import Settings
from oncall_rota.schedule.model import Team

LONGEST = timedelta(days=366)  # of a maintenance
_GLOB = re.compile(r"[*?\[]")


class References:
    """One look at oncall.yaml when all teams were read. `every_team`: their names, those with mistakes too."""

    def __init__(
        self,
        settings: Settings,
        people: People,
        kinds: Mapping[str, About],
        teams: Mapping[str, Team],
        every_team: Collection[str],
    ) -> None:
        assert settings.values is not None
        assert settings.document is not None
        self.values, self.document = settings.values, settings.document
        self.settings, self.people, self.kinds = settings, people, kinds
        self.teams, self.every_team = teams, every_team

    def check(self, reaching: Reaching) -> None:
        """Report what is not there; `reaching` learns whom the last resort pages."""
        resort = self.values.get("last_resort")
        if isinstance(resort, Filled):
            LastResort(resort, self).check(reaching)
        elif self.settings.channels and "last_resort" not in self.values.node:
            self.document.note(
                self.values.node.keys_at["notifiers"],
                "no-last-resort",
                "there is no last_resort: when an escalation has ended, or reaches nobody, nobody else is told",
                "add e.g. last_resort: {every: 5m, targets: [operations/primary]}",
            )
        self._routes()
        for values in self._each("sources"):
            self._source(values)
        for values in self._each("heartbeats"):
            self._team(values, "team")
            self._heard(values)
        self._keys()
        for each in self.values.get("maintenance") or ():
            if isinstance(each, Filled):
                self._ends(each)
                self._sources(each)
        access, notices, watchdog = (self.values.get(key, Filled()) for key in ("access", "notices", "watchdog"))
        if access:
            check_access(access, self.values.get("server"), self.document)
        for name, node in with_nodes(access, "admins"):
            if self.people.exists:
                self.people.check(name, node, self.document)
        for name, node in with_nodes(notices, "via"):
            self.channel(name, node)
        groups = self.values.get("slack", Filled()).get("groups", Filled())
        for group in groups:
            for name, node in with_nodes(groups, group):
                self.target(name, node)
        self._team(watchdog, "team")
        for name, node in with_nodes(watchdog, "synthetic"):
            self._rehearses(name, node)

    def _each(self, key: str) -> Iterable[Filled]:
        return [each for each in self.values.get(key, {}).values() if isinstance(each, Filled)]

    def target(self, name: str, node: Any) -> bool:
        """Whether a person or a schedule has that name; reports it otherwise."""
        team, slash, schedule = name.partition("/")
        if slash:
            if not self._known_team(team, node):
                return False
            found = self.teams.get(team)
            if found is None or schedule in found.schedules:
                return found is not None
            others = [f"{team}/{each}" for each in found.schedules]
            hint = did_you_mean(name, others, f"schedules are {listed(others, 'and')}")
            self.document.error(node, "unknown-schedule", f"{team} has no schedule {shown(schedule)}", hint)
            return False
        if name in self.people.persons:
            return True
        if not self.people.readable or not self.people.exists:
            return False
        of = [f"{team.name}/{name}" for team in self.teams.values() if name in team.schedules]
        if name in self.every_team:
            first = self.teams[name].first.name if name in self.teams else "primary"
            hint = f"for the team's schedule write {name}/{first}"
        elif of:
            hint = f"write {listed(of, 'or', 4)}"
        else:
            hint = did_you_mean(name, self.people.persons, "targets are people, team/schedule and {via, address}")
        self.document.error(node, "unknown-target", f"{shown(name)} is neither a person nor team/schedule", hint)
        return False

    def about(self, channel: str) -> About | None:
        """What is known of the kind of a channel."""
        return self.kinds.get(self.values["notifiers"].get(channel, {}).get("type", ""))

    def _known_team(self, name: str, node: Any) -> bool:
        if name in self.every_team:
            return True
        self.document.error(
            node,
            "unknown-team",
            f"there is no team {shown(name)}",
            did_you_mean(name, self.every_team, "teams are the files of this folder"),
        )
        return False

    def _team(self, values: Filled, key: str) -> None:
        if key in values:
            self._known_team(values[key], values.node[key])

    def channel(self, name: str, node: Any) -> bool:
        """Whether a channel has that name; reports it otherwise."""
        if name in self.settings.channels:
            return True
        self.document.error(
            node,
            "unknown-channel",
            f"there is no notifier {shown(name)}",
            did_you_mean(name, self.settings.channels, f"notifiers are {listed(self.settings.channels, 'and')}")
            if self.settings.channels
            else "add it under notifiers:",
        )
        return False

    def _routes(self) -> None:
        routes = self.values.get("routes") or ()
        for number, route in enumerate(routes, 1):
            if not isinstance(route, Filled):
                continue
            node = route.node
            self._team(route, "team")
            self._service(route)
            self._sources(route)
            if not {"team", "team_from", "service", "service_from"} & ({*node} | route.meant):
                self.document.error(node, "route-to-nobody", f"route {number} leads nowhere", "add team: or team_from:")
            last = number == len(routes)
            if "match" not in node and not route.meant and not last:
                self.document.error(
                    node,
                    "route-takes-all",
                    f"route {number} has no match, so it takes every signal, and none reaches the routes after it",
                    "add match:, or make it the last",
                )
            elif "match" in node and last:
                self.document.warn(
                    node,
                    "no-last-route",
                    "the last route has a match: a signal that none of them takes is told to the last resort alone",
                    "add a last one without match, e.g. {team: operations}",
                )

    def _source(self, values: Filled) -> None:
        self._team(values, "team")
        check_source(values, self.document)

    def _keys(self) -> None:
        """Nobody can tell two sources of one key apart."""
        owners: dict[str, str] = {}
        for section, what in (("sources", "source"), ("heartbeats", "heartbeat")):
            for name, values in self.values.get(section, {}).items():
                for key, node in with_nodes(values, "keys") if isinstance(values, Filled) else ():
                    first = owners.setdefault(repr(key), f"{what} {name}")
                    if first != f"{what} {name}":
                        self.document.error(
                            node, "same-key", f"{first} has this key too", "make one of its own for each"
                        )

    def _service(self, route: Filled) -> None:
        known = [name for team in self.teams.values() for name in team.services]
        if "service" in route and route["service"] not in known and len(self.teams) == len(self.every_team):
            self.document.error(
                route.node["service"],
                "unknown-service",
                f"no team has a service {shown(route['service'])}",
                did_you_mean(route["service"], known, "services are in the team's files"),
            )

    def _heard(self, values: Filled) -> None:
        """A heartbeat that alerts of a source are."""
        if "source" in values:
            self._known_source(values["source"], values.node["source"])
        elif "match" in values:
            words = "match has no effect: it tells which alerts of a source are this heartbeat"
            self.document.error(values.node.keys_at["match"], "no-effect", words, "add source:, or delete it")

    def _rehearses(self, name: str, node: Any) -> None:
        """A channel whose provider can be asked without sending anything."""
        about = self.about(name) if self.channel(name, node) else None
        if about is not None and "rehearse" not in about.can:
            able = [each for each in self.settings.channels if self._can_rehearse(each)]
            words = f"{shown(name)} can send, and cannot be asked whether it would"
            hint = f"{listed(able, 'and')} can" if able else "mail, Twilio, Slack and ntfy can"
            self.document.error(node, "never-rehearsed", words, hint)

    def _can_rehearse(self, channel: str) -> bool:
        about = self.about(channel)
        return about is not None and "rehearse" in about.can

    def _sources(self, values: Filled) -> None:
        """`match: {source: …}` names a source, unless it is a pattern."""
        match = values.get("match")
        if not isinstance(match, Filled):
            return
        for name, node in with_nodes(match, "source"):
            if not _GLOB.search(name):
                self._known_source(name, node)

    def _known_source(self, name: str, node: Any) -> None:
        known = self.values.get("sources", {})
        if name not in known:
            self.document.error(
                node,
                "unknown-source",
                f"there is no source {shown(name)}",
                did_you_mean(name, known, f"sources are {listed(known, 'and')}" if known else "add it to sources:"),
            )

    def _ends(self, values: Filled) -> None:
        start, end = values.get("from"), values.get("until")
        if start is None or end is None:
            return
        start, end = _moment(start), _moment(end)
        if (start.tzinfo is None) == (end.tzinfo is None) and end <= start:
            self.document.error(
                values.node["until"],
                "ends-before-start",
                "it ends before it begins" if end < start else "it ends when it begins",
                "swap the two, or correct one",
            )
        elif (start.tzinfo is None) == (end.tzinfo is None) and end - start > LONGEST:
            self.document.error(
                values.node["until"],
                "too-long",
                f"it lasts {(end - start).days} days, and a maintenance ends within a year",
                "for what shall never page, write a route with severity: info, and info: none in the team's file",
            )


def _moment(written: date) -> datetime:
    return written if isinstance(written, datetime) else datetime.combine(written, time(0))
