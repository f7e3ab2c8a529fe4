"""Names of teams, schedules, layers and people, and the other short texts of a rotation file."""

from __future__ import annotations

import re
from functools import lru_cache

from oncall_rota.config.problem import Mistake, shown

RESERVED = frozenset({"nobody", "next", "always", "none", "otherwise", "holidays"})
RESERVED_TEAMS = RESERVED | {"people", "oncall"}

NAME = "[a-z0-9][a-z0-9-]{0,62}"
_NAME = re.compile(NAME, re.ASCII)
_LAYER = re.compile("[a-z0-9][a-z0-9 -]{0,62}", re.ASCII)
_PERSON = re.compile("[a-z0-9][a-z0-9._-]*", re.ASCII)


@lru_cache(maxsize=8192)
def name(written: str) -> str:
    """The name of a team, schedule or service."""
    if not _NAME.fullmatch(written):
        raise Mistake(
            "bad-name",
            f"{shown(written)} is not a name: expected small letters, digits and '-', at most 63",
            _tidy(written, "-"),
        )
    return written


@lru_cache(maxsize=8192)
def schedule_name(written: str) -> str:
    """A schedule's name."""
    return _free(name(written), RESERVED)


@lru_cache(maxsize=8192)
def team_name(written: str) -> str:
    """A team's name."""
    return _free(name(written), RESERVED_TEAMS)


@lru_cache(maxsize=8192)
def layer_name(written: str) -> str:
    """A layer's name: it may hold spaces, and no other name can be taken for it, a reserved word either."""
    if not _LAYER.fullmatch(written):
        raise Mistake(
            "bad-name",
            f"{shown(written)} is not a layer's name: expected small letters, digits, spaces and '-', at most 63",
            _tidy(written, " "),
        )
    return written


@lru_cache(maxsize=8192)
def person_id(written: str) -> str:
    """A person's id; whether people.yaml has it is asked later."""
    if not _PERSON.fullmatch(written) or len(written) > 200:
        hint = "people are named by their id in people.yaml"
        raise Mistake(
            "bad-name",
            f"{shown(written)} is not a person's id: expected small letters, digits, '.', '_' and '-'",
            _tidy(written, ".") or hint,
        )
    return _free(written, RESERVED)


@lru_cache(maxsize=8192)
def person_in_a_list(written: str) -> str:
    """A person's id where `nobody` has no place: among people who are on call together."""
    if written == "nobody":
        raise Mistake(
            "nobody-with-others",
            "'nobody' means that nobody is on call, and stands alone",
            "delete it, or write nobody in place of the list",
        )
    return person_id(written)


@lru_cache(maxsize=8192)
def person_or_nobody(written: str) -> str:
    """A person's id, or `nobody`."""
    return written if written == "nobody" else person_id(written)


def _free(written: str, reserved: frozenset[str]) -> str:
    if written in reserved:
        raise Mistake(
            "reserved-word",
            f"{written!r} has a meaning of its own in the format and cannot be a name here",
            "choose another name",
        )
    return written


def _tidy(written: str, gap: str) -> str:
    tidy = re.sub(r"[^a-z0-9-]+", gap, written.lower()).strip(" .-")[:63]
    return f"write {tidy}" if tidy and tidy != written else ""


@lru_cache(maxsize=1024)
def cover(written: str) -> str:
    """`next`, or a person's id."""
    return written if written == "next" else person_id(written)


@lru_cache(maxsize=1024)
def percent(written: str) -> float:
    """`99.9`, in percent."""
    if re.fullmatch(r"\d{1,3}(\.\d{1,9})?", written, re.ASCII) and float(written) <= 100:
        return float(written)
    raise Mistake(
        "not-a-number", f"{shown(written)} is not a percentage, expected a number from 0 to 100", "write e.g. 99.9"
    )
