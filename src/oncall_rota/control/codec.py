"""Values as JSON and back, by what their types say: no value gets in that the types do not allow.

A `NamedTuple` is an object of its fields; in a union of several it says in `is` which one it is. Unknown keys are
passed over and missing ones take the field's default, so that two versions understand each other. An instant is a text
in ISO format with its offset, a span a number of seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

TAG = "is"
LARGEST = 2**63  # of numbers: no store takes a larger one

Decode = Callable[[Any], Any]


def encoded(value: Any, tagged: bool = False) -> Any:
    """A value of `NamedTuple`s, tuples and plain ones as JSON has it. `tagged`: its type is one of a union."""
    if isinstance(value, tuple):
        if not hasattr(value, "_fields"):
            return [encoded(each) for each in value]
        fields = {name: encoded(each) for name, each in zip(value._fields, value, strict=True)}
        return {TAG: type(value).__name__, **fields} if tagged else fields
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value


def decoded(kind: Any, value: Any) -> Any:
    """What `encoded` made of a value of that type. Raises `ValueError` for anything else."""
    return _decoder(kind)(value)


@cache
def _decoder(kind: Any) -> Decode:
    origin, inner = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if origin is Literal:
        return lambda value: _one_of(inner, value)
    if origin in (Union, UnionType):
        return _union(inner)
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return _many(_decoder(inner[0]))
    if hasattr(kind, "_fields"):
        return _record(kind)
    raise TypeError(f"{kind} does not go over the wire")


def _record(kind: Any) -> Decode:
    hints = get_type_hints(kind)
    decoders = {name: _decoder(hints[name]) for name in kind._fields}
    defaults = kind._field_defaults

    def record(value: Any) -> Any:
        if type(value) is not dict:
            raise ValueError(f"{kind.__name__} is an object")
        if missing := [name for name in decoders if name not in value and name not in defaults]:
            raise ValueError(f"{kind.__name__} without {missing[0]}")
        fields = {}
        for name, decoder in decoders.items():
            if name in value:
                try:
                    fields[name] = decoder(value[name])
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
        return kind(**fields)

    return record


def _many(decoder: Decode) -> Decode:
    def many(value: Any) -> Any:
        if type(value) is not list:
            raise ValueError("it is a list")
        return tuple([decoder(each) for each in value])

    return many


def _union(kinds: tuple[Any, ...]) -> Decode:
    named = {kind.__name__: _decoder(kind) for kind in kinds if kind is not NoneType}
    only = next(iter(named.values())) if len(named) == 1 else None

    def union(value: Any) -> Any:
        if value is None and NoneType in kinds:
            return None
        if only is not None:
            return only(value)
        tag = value.get(TAG) if type(value) is dict else None
        if type(tag) is not str or tag not in named:
            raise ValueError(f"it is one of {', '.join(named)}")
        return named[tag](value)

    return union


def _one_of(choices: tuple[Any, ...], value: Any) -> Any:
    if type(value) is not str or value not in choices:
        raise ValueError(f"it is one of {', '.join(choices)}")
    return value


def _plain(kind: type, words: str) -> Decode:
    def plain(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"it is {words}")
        return value

    return plain


def _number(value: Any) -> int:
    if type(value) is not int or not -LARGEST <= value < LARGEST:
        raise ValueError("it is a whole number")
    return value


def _instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if type(value) is str else None
    if found is None or found.tzinfo is None:
        raise ValueError("it is an instant with its offset")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("it is before the first day or after the last one") from error


def _span(value: Any) -> timedelta:
    if type(value) not in (int, float):
        raise ValueError("it is a number of seconds")
    try:
        return timedelta(seconds=value)
    except OverflowError as error:
        raise ValueError("it is too long") from error


_PLAIN: dict[Any, Decode] = {
    None: _plain(NoneType, "null"),
    str: _plain(str, "a text"),
    bool: _plain(bool, "true or false"),
    int: _number,
    datetime: _instant,
    timedelta: _span,
}
