"""A channel's options: every mistake at once as a value, and values of their kinds."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from oncall_rota.notifiers.secret import NoSecret, name_of, resolved
from oncall_rota.paging.ports.notifier import Declaration, Option, OptionProblem

CHANNEL_KEYS = ("type", "to", "limit")  # every channel has them; they are read elsewhere
YES, NO = ("yes", "true"), ("no", "false")


def mistakes(declaration: Declaration, options: Mapping[str, object]) -> tuple[OptionProblem, ...]:
    """What is wrong with the options as they are written; references to secrets are not followed."""
    known = {option.name: option for option in declaration.options}
    problems = []
    for name, written in options.items():
        if name in CHANNEL_KEYS:
            continue
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"{declaration.type} knows {', '.join(known) or 'none'}"
            problems.append(OptionProblem(name, "unknown-option", f"{declaration.type} has no option {name}", hint))
        elif words := _wrong(known[name], written):
            problems.append(OptionProblem(name, "bad-option", f"{name} {words}", known[name].doc))
    for option in declaration.options:
        if option.required and options.get(option.name) in (None, ""):
            problems.append(OptionProblem(option.name, "missing-option", f"{option.name} is missing", option.doc))
    return tuple(problems)


def values(
    declaration: Declaration, options: Mapping[str, object], environ: Mapping[str, str] = os.environ
) -> tuple[dict[str, Any], tuple[OptionProblem, ...]]:
    """Every declared option with its value or default, and every mistake, secrets that are not there among them."""
    problems = list(mistakes(declaration, options))
    wrong = {problem.option for problem in problems}
    found: dict[str, Any] = {}
    for option in declaration.options:
        written = options.get(option.name)
        if written is None or option.name in wrong:
            found[option.name] = option.default
            continue
        try:
            found[option.name] = _value(option, written, environ)
        except NoSecret as missing:
            problems.append(OptionProblem(option.name, "no-secret", f"{option.name}: {missing}"))
            continue
        if name_of(written) is not None and option.kind != "secret" and (words := _wrong(option, found[option.name])):
            problems.append(OptionProblem(option.name, "bad-option", f"{option.name} {words}", option.doc))
    return found, tuple(problems)


def _value(option: Option, written: object, environ: Mapping[str, str]) -> object:
    if option.kind == "secret":
        return resolved(written, environ)
    if name_of(written) is not None:
        return resolved(written, environ).reveal()
    if option.kind == "flag":
        return written is True or str(written).lower() in YES
    if option.kind == "number":
        return int(str(written))
    if option.kind == "networks":
        return tuple(map(ipaddress.ip_network, _items(written)))
    if option.kind == "list":
        return tuple(map(str, _items(written)))
    return str(written)


def _wrong(option: Option, written: object) -> str:
    """What is wrong with one value, to follow its name; empty when nothing is. Never the value: it may be a secret."""
    if option.kind == "secret":
        return "" if name_of(written) else "is a secret: write {env: NAME} or {file: NAME}"
    if option.kind in ("list", "networks"):
        items = _items(written)
        if not items or not all(isinstance(item, str) and item for item in items):
            return "is a list of texts"
        if option.kind == "list" and not _is_shaped(option, items[0]):
            return "does not begin as it must"
        return "" if option.kind == "list" or all(map(_is_network, items)) else "is a list of networks"
    if isinstance(written, Mapping):
        plain = option.kind in ("text", "url") and name_of(written)
        return "" if plain else f"is not a {option.kind}"
    if isinstance(written, list | tuple):
        return "is one value, not a list"
    if option.kind == "flag":
        return "" if str(written).lower() in YES + NO else "is yes or no"
    if option.kind == "number":
        low, high = option.bounds
        digits = str(written).isascii() and str(written).isdigit() and len(str(written)) < 10
        return "" if digits and low <= int(str(written)) <= high else f"is a number from {low} to {high}"
    if not str(written) or not str(written).isprintable():
        return "is a text of one line"
    if option.choices and str(written) not in option.choices:
        return f"is {', '.join(option.choices[:-1])} or {option.choices[-1]}"
    if not _is_shaped(option, str(written)):
        return "does not look as it must"
    return _bad_url(str(written)) if option.kind == "url" else ""


def _is_shaped(option: Option, text: str) -> bool:
    return not option.shape or re.fullmatch(option.shape, text) is not None


def _items(written: object) -> list[Any]:
    return list(written) if isinstance(written, list | tuple) else [written]


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _bad_url(written: str) -> str:
    try:
        parts = urlsplit(written)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return "has a name and password in it" if "@" in parts.netloc else ""
    except ValueError:
        pass
    return "is an address that starts with https:// or http://"
