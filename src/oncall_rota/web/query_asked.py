"""What a query asks for: its parameters, understood as the command line understands its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from starlette.requests import Request

from oncall_rota.config import known, suggest
from oncall_rota.errors import UsageError
from oncall_rota.humantime import asked
from oncall_rota.paging.configuration import Configuration
from oncall_rota.schedule.model import Schedule, Service, Team
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, zone
from oncall_rota.web.failure import Refused

FORMATS = ("json", "plain", "csv", "names")
SPAN = "4w"
LONGEST = 400  # days of one window
MOST = 40_000  # schedules times days in one answer: a year of a hundred, four weeks of a thousand
_BY_MEDIA = {
    "application/json": "json",
    "application/*": "json",
    "*/*": "json",
    "text/csv": "csv",
    "text/plain": "plain",
    "text/tab-separated-values": "plain",
}
_YES, _NO = ("", "1", "true", "yes"), ("0", "false", "no")


def parameters(request: Request, *names: str) -> Mapping[str, str]:
    """The query's fields. Raises `Refused` for one that is none of `names`, and for one that is there twice."""
    if not request.scope["query_string"]:
        return {}
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in names:
            meant = suggest(name, names)
            hint = f"did you mean {meant!r}?" if meant else f"there is {', '.join(names)}"
            raise Refused(400, f"no parameter {name!r}", hint)
        if name in found:
            raise Refused(400, f"{name} is given twice", "give it once")
        found[name] = value
    return found


def form(request: Request, fields: Mapping[str, str]) -> str:
    """The format: by `format`, else by `Accept`; JSON where neither says."""
    if "format" in fields:
        wanted = fields["format"]
        if wanted not in FORMATS:
            raise Refused(400, f"no format {wanted!r}", known(wanted, FORMATS))
        return wanted
    accept = request.headers.get("accept", "*/*")
    return "json" if accept == "*/*" else _accepted(accept)


def _accepted(accept: str) -> str:
    best, found = 0.0, "json"
    for each in accept.split(","):
        media, _, rest = each.partition(";")
        weight = _weight(rest)
        name = _BY_MEDIA.get(media.strip().lower())
        if name is not None and weight > best:
            best, found = weight, name
    return found


def _weight(parameters: str) -> float:
    for each in parameters.split(";"):
        name, _, value = each.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def shown(fields: Mapping[str, str]) -> Zone:
    """The zone of local times: `tz`, else UTC."""
    name = fields.get("tz", "UTC")
    try:
        return zone(name)
    except ValueError as error:
        raise Refused(400, f"tz: {error}", "e.g. tz=Europe/London") from None


def instant(text: str, name: str, now: datetime, zone: Zone) -> datetime:
    """The instant that a parameter means."""
    try:
        return asked.instant(_plus(text), name, now, zone)
    except UsageError as error:
        raise Refused(400, str(error), error.hint or "e.g. 2026-06-01T09:00:00Z") from None


def window(fields: Mapping[str, str], now: datetime, zone: Zone, schedules: int) -> Interval:
    """The window of `from` (today), and `until` or `for`. Raises `Refused` where that is too much for one answer."""
    from_, until = (_plus(fields[name]) if name in fields else None for name in ("from", "until"))
    try:
        found = asked.window(from_, until, fields.get("for"), SPAN, now, zone, "")
    except UsageError as error:
        raise Refused(400, str(error), error.hint or "e.g. from=2026-06-01&for=4w") from None
    days = (found.end_at - found.start_at).total_seconds() / 86400
    if days > LONGEST:
        raise Refused(400, f"{days:.0f} days are too long", f"ask for at most {LONGEST} days at once")
    if days * schedules > MOST:
        fit = max(1, MOST // schedules)
        what = f"{schedules} schedules for {days:.0f} days are too much at once"
        raise Refused(400, what, f"ask for one team, or for at most {fit} {'day' if fit == 1 else 'days'}")
    return found


def yes(fields: Mapping[str, str], name: str) -> bool:
    """Whether a parameter without a value, or with one that means yes, is there."""
    value = fields.get(name, "no").lower()
    if value not in (*_YES, *_NO):
        raise Refused(400, f"{name}: {value!r} is neither yes nor no", f"write {name}=true or leave it out")
    return value in _YES


def schedules(configuration: Configuration, team: str, schedule: str) -> Sequence[Schedule]:
    """Those of a team, or the one of that name, or of all teams; in the order of the files."""
    if not team:
        return [each for one in configuration.teams.values() for each in one.schedules.values()]
    found = configuration.teams.get(team)
    if found is None:
        if team in configuration.stale:
            raise Refused(503, f"the files of team {team!r} have no meaning", "'oncall validate' shows what is wrong")
        raise Refused(404, f"no team {team!r}", known(team, configuration.teams))
    if not schedule:
        return list(found.schedules.values())
    if schedule not in found.schedules:
        raise Refused(404, f"team {team!r} has no schedule {schedule!r}", known(schedule, found.schedules))
    return [found.schedules[schedule]]


def service(configuration: Configuration, team: str, name: str) -> tuple[Team, Service]:
    """A service by name, of that team or of the only one that has it, and its team."""
    if team:
        schedules(configuration, team, "")
    teams = [each for each in configuration.teams.values() if team in ("", each.name)]
    owners = [each for each in teams if name in each.services]
    if not owners:
        raise Refused(
            404, f"no service {name!r}", known(name, sorted({one for each in teams for one in each.services}))
        )
    if len(owners) > 1:
        what = f"service {name!r} belongs to {' and '.join(each.name for each in owners)}"
        raise Refused(400, what, f"name the team: /v1/who/{owners[0].name}?service={name}")
    return owners[0], owners[0].services[name]


def _plus(text: str) -> str:
    """An offset as it was meant: in a query, a `+` that is not written as `%2B` is a space."""
    head, space, tail = text.rpartition(" ")
    is_offset = len(tail) in (4, 5) and tail.replace(":", "").isdigit() and ":" in head
    return f"{head}+{tail}" if space and is_offset else text
