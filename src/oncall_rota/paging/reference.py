"""The incidents that a REF means: an id, its unique beginning, or the code of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, get_args

from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.paging.job import page_data
from oncall_rota.paging.office import SHORTEST_PREFIX, Office
from oncall_rota.paging.ports.row import OPEN, IncidentRow, IncidentStatus, PageRow
from oncall_rota.paging.saved import readable

EVERY: tuple[IncidentStatus, ...] = get_args(IncidentStatus)
# What an incident may be looked for by, in words.
STATUSES: Mapping[str, tuple[IncidentStatus, ...]] = MappingProxyType(
    {"open": OPEN, "acknowledged": ("acknowledged",), "resolved": ("resolved",), "all": EVERY}
)
LISTED = 10  # incidents of a list to choose from
_CODE = re.compile(r"[0-9a-f]{4,12}", re.ASCII)


class Named(NamedTuple):
    """One incident that was meant. `whose`: the person to whom the page went whose code was given; `page`: its id."""

    row: IncidentRow
    whose: str | None = None
    page: str | None = None


def named(office: Office, references: Iterable[str], me: str | None) -> list[Named]:
    """What all of them mean, each incident once. Raises `UnknownName`, `UsageError`; a bundle's code means several.

    `me`: a code that several pages have is that of the page to this person.
    """
    found: dict[str, Named] = {}
    for reference in references:
        for each in _meant(office, reference, me):
            found.setdefault(each.row.id, each)
    return list(found.values())


def one_named(office: Office, reference: str, me: str | None) -> Named:
    """The one incident that is meant. Raises `UnknownName`, `UsageError`."""
    found = _meant(office, reference, me)
    if len(found) > 1:
        raise ambiguous(f"#{_code(reference)} is of a page about {len(found)} incidents", [each.row for each in found])
    return found[0]


def ambiguous(words: str, rows: Sequence[IncidentRow]) -> UsageError:
    """Several incidents to choose from."""
    lines = [line(row) for row in rows[:LISTED]]
    lines += [f"and {len(rows) - LISTED} more"] if len(rows) > LISTED else []
    return UsageError(words, "\n".join(["name one of them:", *lines]))


def line(row: IncidentRow) -> str:
    """For a list to choose from: id, status and what it is."""
    return f"{row.id}  {row.status}  {readable(row).headline}"


def _code(reference: str) -> str:
    return reference.strip().lower().removeprefix("#")


def _meant(office: Office, reference: str, me: str | None) -> list[Named]:
    text = _code(reference)
    rows = office.meant(text) or _closed(office, text)
    if not rows:
        raise _unknown(reference, text)
    if rows[0].id == text:
        return [Named(rows[0])]
    pages = {row.id: _with_code(office, row, text) for row in rows}
    if any(pages.values()):
        return _by_code(text, rows, pages, me)
    if len(rows) > 1:
        raise ambiguous(f"{len(rows)} incidents begin with {text}", rows)
    return [Named(rows[0])]


def _with_code(office: Office, row: IncidentRow, code: str) -> list[PageRow]:
    story = office.story(row.id)
    return [] if story is None else [page for page in story.pages if page.code == code]


def _by_code(code: str, rows: Sequence[IncidentRow], pages: dict[str, list[PageRow]], me: str | None) -> list[Named]:
    """Whose page it is: mine rather than another's, and one about what is open rather than what is over."""
    groups: dict[frozenset[str], set[str | None]] = {}
    bundles = {page.id for each in pages.values() for page in each if page_data(page.data).what == "bundle"}
    for row in rows:
        for page in pages[row.id]:
            named_by = {each.id for each in rows if page in pages[each.id]} if page.id in bundles else {row.id}
            groups.setdefault(frozenset(named_by), set()).add(page.person)
    status = {row.id: row.status for row in rows}
    mine = {ids for ids, people in groups.items() if me in people} or set(groups)
    live = {ids for ids in mine if any(status[each] in OPEN for each in ids)} or mine
    if len(live) > 1:
        among = frozenset().union(*live)
        raise ambiguous(f"several pages have the code {code}", [row for row in rows if row.id in among])
    (ids,) = live
    people = groups[ids]
    whose = me if me in people else next(iter(people)) if len(people) == 1 else None
    found = [row for row in rows if row.id in ids]
    still = [row for row in found if row.status in OPEN] or found
    return [Named(row, whose, _newest(pages[row.id], whose)) for row in still]


def _newest(pages: Sequence[PageRow], whose: str | None) -> str | None:
    """The last page to that person which is one of the incident's own, and no bundle."""
    own = [page.id for page in pages if page.person == whose and page_data(page.data).what == "page"]
    return own[-1] if own else None


def _closed(office: Office, beginning: str) -> tuple[IncidentRow, ...]:
    """An open one is meant first; one that is over may be looked at too."""
    if len(beginning) < SHORTEST_PREFIX:
        return ()
    return tuple([row for row in office.incidents(EVERY) if row.id.startswith(beginning)])


def _unknown(reference: str, text: str) -> UnknownName:
    if len(text) < SHORTEST_PREFIX:
        return UnknownName(f"no incident {reference!r}", f"at least {SHORTEST_PREFIX} characters of an id are needed")
    hint = "'oncall incident list' shows what is open"
    if _CODE.fullmatch(text):
        hint += "; a page's code lasts 24 hours"
    return UnknownName(f"no incident {reference!r}", hint)


def only_mine(office: Office, me: str, *, waiting: bool) -> Named:
    """The only open incident that paged a person; with `waiting`, that nobody has acknowledged.

    Raises `UsageError`, which lists what there is, when it is not just one.
    """
    every = [(row, readable(row)) for row in office.incidents(OPEN)]
    mine = [row for row, incident in every if me in (*incident.paged, incident.person, incident.acknowledged_by)]
    unclaimed = [row for row in mine if row.status != "acknowledged"]
    if waiting and unclaimed:
        mine = unclaimed
    if len(mine) == 1:
        return Named(mine[0], me)
    if mine:
        raise ambiguous(f"{len(mine)} open incidents have paged {me}", mine)
    if not every:
        raise UsageError(f"no open incident has paged {me}: none is open")
    rows = [row for row, _ in every]
    raise ambiguous(f"no open incident has paged {me}; {len(rows)} {'is' if len(rows) == 1 else 'are'} open", rows)
