"""Calendar feeds: `/ical/TOKEN/payments.ics`, and of a schedule, a person and gaps.

A token opens what it was made for and nothing else; anything else under it is as if there were no such address. There
is no Last-Modified: a shift that is gone leaves nothing that could be dated, and the validator is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from oncall_rota.feeds import COLOURS, Kept, Style, Template
from oncall_rota.paging.configuration import Configuration
from oncall_rota.web.access_refusal import NOT_KEPT, not_found
from oncall_rota.web.door import Door, Visit, Visitor
from oncall_rota.web.feed_kept import Asked
from oncall_rota.web.representation import Headers, Ready, accepts_gzip
from oncall_rota.web.spec import Parameter, Spec, Told, plain

ME, GAPS = "me", "gaps"
KIND: Headers = [(b"content-type", b"text/calendar; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
SAID: Headers = [
    (b"cache-control", b"private, max-age=300"),
    (b"vary", b"Accept-Encoding"),
    (b"x-robots-tag", b"noindex"),
    (b"referrer-policy", b"no-referrer"),
]
YES, NO = ("1", "yes", "true"), ("", "0", "no", "false")


class _Refused(Exception):
    """An option that has no meaning; the message is for whoever wrote the address."""


async def fed(visit: Visit) -> Response:
    """One feed, from the shelf."""
    premises, request = visit.premises, visit.request
    configuration = premises.configuration()
    about = _about(visit.visitor, request.path_params, configuration)
    if about is None:
        return not_found()
    asked, file = about
    if request.scope["query_string"]:
        try:
            asked = _styled(asked, request)
        except _Refused as error:
            return PlainTextResponse(f"{error}\n", 400, NOT_KEPT)
    return _answer(request, await premises.feeds.kept(asked, configuration), file)


class _About(NamedTuple):
    """A feed, and the name of a file that would hold it."""

    asked: Asked
    file: str


def _about(visitor: Visitor, path: Mapping[str, str], configuration: Configuration) -> _About | None:
    """The feed that an address names, if there is one and its token is for it.

    A team's token opens the team's feed, those of its schedules and its gaps; a schedule's the schedule's; a person's
    the person's shifts; one for nobody in particular all teams.
    """
    name = path.get("name")
    if visitor.team is None and visitor.person is not None:
        mine = name == ME and visitor.person in configuration.people
        return _About(Asked(person=visitor.person), f"{ME}.ics") if mine else None
    bound, _, only = (visitor.team or "").partition("/")
    for team, schedule in [(path["team"], path["schedule"])] if name is None else _meant(name):
        found = configuration.teams.get(team)
        if found is None or bound not in ("", team) or (only and only != schedule):
            continue
        if schedule is None:
            return _About(Asked(team), f"{team}.ics")
        if schedule in found.schedules:
            return _About(Asked(team, schedule), f"{team}-{schedule}.ics")
    if name == GAPS and not only and (not bound or bound in configuration.teams):
        return _About(Asked(bound or None, gaps=True), f"{bound}-{GAPS}.ics" if bound else f"{GAPS}.ics")
    return None


def _meant(name: str) -> Iterator[tuple[str, str | None]]:
    """The teams and schedules that a name may be of: both may have hyphens in them. A team's name goes first."""
    yield name, None
    at = name.find("-")
    while at >= 0:
        yield name[:at], name[at + 1 :]
        at = name.find("-", at + 1)


def _styled(asked: Asked, request: Request) -> Asked:
    """The feed as the query wants it shown. Raises `_Refused`."""
    given = {"busy": False, "gaps": False}
    title, colour, initials = Style().title, Style().colour, False
    for name, value in request.query_params.items():
        if name in given:
            if value not in (*YES, *NO):
                raise _Refused(f"{name} is 1 or 0")
            given[name] = value in YES
        elif name == "names":
            if value not in ("full", "initials"):
                raise _Refused("names is full or initials")
            initials = value == "initials"
        elif name == "title":
            try:
                title = Template(value)
            except ValueError as error:
                raise _Refused(f"title: {error}") from None
        elif name == "colour":
            if value not in COLOURS:
                raise _Refused(f"colour is one of {', '.join(COLOURS)}")
            colour = value
        else:
            raise _Refused("an option that is not there: there are busy, gaps, names, title and colour")
    style = Style(title=title, busy=given["busy"], gaps=given["gaps"], colour=colour)
    return asked._replace(style=style, initials=initials)


def _answer(request: Request, kept: Kept, file: str) -> Response:
    known, packed = None, False
    for name, value in request.scope["headers"]:
        if name == b"if-none-match":
            known = value.decode("latin-1")
        elif name == b"accept-encoding":
            packed = accepts_gzip(value.decode("latin-1"))
    body, etag = (kept.packed, kept.packed_etag) if packed else (kept.body, kept.etag)
    said = [(b"etag", etag.encode()), *SAID]
    if known is not None and _is_known(known, kept):
        return Ready(304, b"", said)
    said += KIND
    said.append((b"content-disposition", f'inline; filename="{file}"'.encode()))
    said.append((b"content-length", b"%d" % len(body)))
    if packed:
        said.append((b"content-encoding", b"gzip"))
    return Ready(200, b"" if request.method == "HEAD" else body, said)


def _is_known(known: str, kept: Kept) -> bool:
    """Whether a subscriber has the feed as it is, packed or not."""
    tags = [each.strip().removeprefix("W/") for each in known.split(",")]
    return "*" in tags or kept.etag in tags or kept.packed_etag in tags


_CALENDAR = {"text/calendar": {"type": "string"}}
_SPEC = Spec(
    answers={
        200: Told("The feed; packed by gzip for whoever takes it.", _CALENDAR, {"ETag": "Of these very bytes."}),
        304: Told("The feed is as If-None-Match says."),
        400: plain("An option that has no meaning, in words."),
    },
    parameters=(
        Parameter("busy", "1: shifts block the diary."),
        Parameter("gaps", "1: also where nobody is on though somebody must be."),
        Parameter("names", "full or initials.", schema={"type": "string", "enum": ["full", "initials"]}),
        Parameter("title", "Of events: {person} {id} {team} {schedule} {mark}."),
        Parameter("colour", "A CSS colour.", schema={"type": "string", "enum": list(COLOURS)}),
        Parameter("If-None-Match", "The ETag of the feed that is there already.", "header"),
    ),
)
FEEDS = (
    Door(("GET", "HEAD"), "/ical/{token}/{name}.ics", "feed", fed, "A team's, a person's, or all gaps.", _SPEC),
    Door(("GET", "HEAD"), "/ical/{token}/{team}/{schedule}.ics", "feed", fed, "A schedule's calendar feed.", _SPEC),
)
