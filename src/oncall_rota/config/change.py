"""The places at which a text changes when an override comes or goes. `edit` applies and checks them."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_rota.config.outline import BREAKS, Node, Outline, line_end, line_start, next_line
from oncall_rota.errors import ConfigurationError

Edit = tuple[int, int, str]  # from, to, and what stands there instead


def insertion(found: Outline, place: int, written: str) -> list[Edit]:
    """The edits that put an entry, as it is written, at a place of the list (0: the first)."""
    text, items, entries = found.text, found.items, found.entries
    if entries is not None and entries.flow:
        return _flow_insertion(found, entries, place, written)
    if items:
        assert entries is not None
        indent = " " * entries.column
        if place:
            return _new_lines(text, items[place - 1].end, [f"{indent}- {written}"])
        first = line_start(text, _dash(found, 0))
        above = _note_above(text, first)
        return [(above, above, f"{indent}- {written}{_break(text, above)}")]
    if found.key is not None:
        assert entries is not None
        return _new_lines(text, entries.end, [f"{' ' * found.key.column}  - {written}"])
    if found.root is not None:
        if found.root.flow:
            raise ConfigurationError("the team's file is written in braces", "add 'overrides: []' to it by hand")
        indent = " " * found.root.column
        return _new_lines(text, found.root.end, [f"{indent}overrides:", f"{indent}  - {written}"])
    if not text:
        return [(0, 0, f"- {written}\n")]
    return _new_lines(text, len(text), [f"- {written}"])


def _note_above(text: str, first: int) -> int:
    """Where the comment directly above a line begins, when a blank line is above that; else the line itself."""
    at = first
    while at:
        above = line_start(text, _break_before(text, at))
        line = text[above:at].strip()
        if not line:
            return at
        if not line.startswith("#"):
            break
        at = above
    return first


def _break_before(text: str, at: int) -> int:
    """Where the break of the line above begins."""
    return at - 2 if text.endswith("\r\n", 0, at) else at - 1


def _flow_insertion(found: Outline, entries: Node, place: int, written: str) -> list[Edit]:
    text, items = found.text, found.items
    if not items:
        inside = entries.start + text[entries.start : entries.end].index("[") + 1
        return [(inside, inside, written)]
    if place < len(items):
        at = items[place].start
        start = line_start(text, at)
        if not text[start:at].strip():
            return [(at, at, f"{written},{_break(text, at)}{text[start:at]}")]
        return [(at, at, f"{written}, ")]
    last = items[-1]
    comma = _comma(text, last.end)
    if not _alone(text, last, comma):
        return [(last.end, last.end, f", {written}")]
    indent = text[line_start(text, last.start) : last.start]
    new = _new_lines(text, last.end if comma is None else comma, [f"{indent}{written}{'' if comma is None else ','}"])
    return new if comma is not None else [(last.end, last.end, ","), *new]


def removal(found: Outline, index: int) -> list[Edit]:
    """The edits that take an entry away."""
    assert found.entries is not None
    return _flow_removal(found, index) if found.entries.flow else _block_removal(found, index)


def _block_removal(found: Outline, index: int) -> list[Edit]:
    text, items = found.text, found.items
    start = line_start(text, _dash(found, index))
    if len(items) == 1 and found.key is not None:
        return _last_under_key(found, start, found.key)
    return [_lines(text, start, items[index].end)]


def _last_under_key(found: Outline, start: int, key: Node) -> list[Edit]:
    """The only entry goes with its key, unless that would take a comment along, or leave nothing."""
    text, item = found.text, found.items[0]
    first = line_start(text, key.start)
    between = text[key.end : start].strip()
    if (
        between == ":"
        and not text[first : key.start].strip()
        and found.root is not None
        and len(found.root.children) > 2
    ):
        return [_lines(text, first, item.end)]
    colon = text.index(":", key.end) + 1
    return [(colon, colon, " []"), _lines(text, start, item.end)]


def _lines(text: str, start: int, last: int) -> Edit:
    """Whole lines to remove; a file without a last line break stays without."""
    end = next_line(text, last)
    if start and not (end and text[end - 1] in BREAKS):
        start = _break_before(text, start)
    return (start, end, "")


def _dash(found: Outline, index: int) -> int:
    """The place of the dash of an entry of a block list."""
    text, entries = found.text, found.entries
    assert entries is not None
    at = line_start(text, found.items[index].start)
    while True:
        dash = at + entries.column
        if text[dash : dash + 1] == "-" and not text[at:dash].strip(" "):
            return dash
        if not at or at <= entries.start:
            raise ConfigurationError("this list is written in a way that cannot be edited", "edit the file by hand")
        at = line_start(text, _break_before(text, at))


def _flow_removal(found: Outline, index: int) -> list[Edit]:
    text, items = found.text, found.items
    item = items[index]
    comma = _comma(text, item.end)
    before = _comma(text, items[index - 1].end) if index else None
    edits = [(before, before + 1, "")] if comma is None and before is not None else []
    if edits and before is not None and not text[line_start(text, before) : before].strip():
        after = text[item.end : line_end(text, item.end)].strip()
        if not text[before + 1 : item.start].strip(" ") and (not after or after.startswith("#")):
            return [_lines(text, line_start(text, before), item.end)]  # `, {…}` on lines of its own
    if _alone(text, item, comma):
        return [*edits, _lines(text, line_start(text, item.start), item.end if comma is None else comma)]
    if index + 1 < len(items) and comma is not None:
        noted = "#" in text[item.end : items[index + 1].start]  # a comment stays
        return [(item.start, comma + 1 if noted else items[index + 1].start, "")]
    if index and not text[items[index - 1].end : item.start].replace(",", "", 1).strip(" "):
        return [(items[index - 1].end, item.end, "")]
    end = item.end if comma is None or index else comma + 1
    start = item.start
    if not index and text[start - 1] == " " and text[end] == " ":
        start -= 1
    return [*edits, (start, end, "")]


def _comma(text: str, at: int) -> int | None:
    """The comma after an entry, behind spaces, line breaks and comments; None when the list ends there."""
    while at < len(text):
        if text[at] == ",":
            return at
        if text[at] == "#":
            at = line_end(text, at)
        elif not text[at].isspace():
            return None
        at += 1
    return None


def _alone(text: str, item: Node, comma: int | None) -> bool:
    """Whether an entry in brackets has its lines for itself, its comma and a comment."""
    if text[line_start(text, item.start) : item.start].strip():
        return False
    after = text[item.end if comma is None else comma + 1 :]
    if comma is not None and text[item.end : comma].strip(" "):
        return False
    rest = after[: line_end(after, 0)].strip()
    return not rest or rest.startswith("#")


def _break(text: str, at: int) -> str:
    """The line break used nearest before a place, else after it, else a line feed."""
    first = line_end(text, 0)
    end = line_start(text, at)
    if end:
        return "\r\n" if text.endswith("\r\n", 0, end) else text[end - 1]
    return text[first : next_line(text, first)] or "\n"


def _new_lines(text: str, after: int, lines: Sequence[str]) -> list[Edit]:
    """Lines put below the line of a place; a file without a last line break stays without."""
    at = next_line(text, after)
    ended = at > 0 and text[at - 1] in BREAKS
    new = _break(text, at if ended else after)
    whole = new.join(lines)
    return [(at, at, whole + new if ended else new + whole)]
