"""What YAML's own complaints mean, in the words of the person who typed the file."""

from __future__ import annotations

import re
from typing import Any

from yaml import YAMLError

from oncall_rota.config.document import Document
from oncall_rota.config.problem import shown

_SPECIAL = {
    "@": "a text cannot begin with '@'",
    "`": "a text cannot begin with a backtick",
    "%": "a text cannot begin with '%'",
}


def explain(document: Document, error: YAMLError) -> None:
    """Record a YAML error with its place, the reason in words and a remedy."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        document.error_at(1, 1, "yaml", f"this is not valid YAML: {' '.join(str(error).split())}")
        return
    line, column = mark.line, mark.column
    complaint = str(getattr(error, "problem", "") or "")
    opened = getattr(error, "context_mark", None)
    text = document.line(line)
    code, message, hint, where = _meaning(document, complaint, text, line, column, opened)
    document.error_at(where[0] + 1, where[1] + 1, code, message, hint)


def _meaning(
    document: Document, complaint: str, text: str, line: int, column: int, opened: Any
) -> tuple[str, str, str, tuple[int, int]]:
    at = (line, column)
    character = text[column : column + 1]
    indent = text[: len(text) - len(text.lstrip())]
    if "tab" in complaint or character == "\t" or ("cannot start any token" in complaint and "\t" in indent):
        tab = text.find("\t")
        return (
            "tab",
            "a tab: YAML is indented with spaces only",
            "replace it by two spaces (an editor does so with 'insert spaces')",
            (line, max(tab, 0)),
        )
    if "unknown directive" in complaint or (text.startswith("%") and column <= 2):
        return (
            "special-character",
            "a line that begins with '%' is a directive of YAML",
            "delete the line, or quote it",
            (line, 0),
        )
    if character in _SPECIAL and "cannot start any token" in complaint:
        word = re.split(r"[\s,\]}]", text[column:], maxsplit=1)[0]
        hint = (
            f"write {word[1:]!r}, ids have no '@'"
            if character == "@" and len(word) > 1
            else f'put quotes round it: "{word}"'
        )
        return "special-character", f"{_SPECIAL[character]}: {shown(word)}", hint, at
    if "mapping values are not allowed" in complaint:
        return _colon(document, text, line, column)
    if "flow sequence" in complaint or "',' or ']'" in complaint:
        return _unclosed(document, "[", "]", line, column, opened, text)
    if "flow mapping" in complaint or "',' or '}'" in complaint:
        return _unclosed(document, "{", "}", line, column, opened, text)
    if "unexpected end of stream" in complaint or "document separator" in complaint:
        place = (opened.line, opened.column) if opened is not None else at
        quote = document.line(place[0])[place[1] : place[1] + 1] or '"'
        return (
            "unclosed-quote",
            f"the text that begins here with {quote} never ends",
            f"put the closing {quote} where the text ends",
            place,
        )
    if "unknown escape" in complaint:
        return (
            "escape",
            'a backslash inside "…" begins an escape, and this one does not exist',
            "use '…' (single quotes) for texts with backslashes",
            at,
        )
    if "expected ':'" in complaint:
        return (
            "missing-colon",
            f"{shown(text.strip())} is neither 'key: value' nor a list item",
            "put ': ' after the key, or '- ' before the item",
            at,
        )
    if character in "]}" and character:
        return "stray-bracket", f"a closing '{character}' without an opening one", "delete it", at
    if "sequence entries are not allowed" in complaint:
        return (
            "indentation",
            "a list item ('- ') cannot begin on the line of its key",
            "begin it on the next line, indented by two spaces",
            at,
        )
    if "alias" in str(opened) or "alphabetic or numeric" in complaint:
        return (
            "special-character",
            f"a text that begins with '{text[opened.column : opened.column + 1] if opened else '*'}' is an anchor or "
            "alias of YAML",
            "put quotes round the text",
            ((opened.line, opened.column) if opened is not None else at),
        )
    if "expected key" in complaint or "block end" in complaint or "'-' indicator" in complaint:
        return _indentation(text, line, column, opened)
    if "comment or" in complaint or "chomping" in complaint:
        return (
            "special-character",
            "a text that begins with "
            f"'{document.line(opened.line)[opened.column : opened.column + 1] if opened else '|'}' is a block of YAML",
            "put quotes round the text",
            ((opened.line, opened.column) if opened is not None else at),
        )
    if "expected node content" in complaint and not text[column:].strip():
        return _never_closed(document, line, column)
    if "expected node content" in complaint or "expected the node content" in complaint:
        return "special-character", f"a text cannot begin with '{character}'", "put quotes round the text", at
    if "document start" in complaint:
        return (
            "several-documents",
            "the document has ended before this line",
            "one file holds one document: delete what ends it, or what follows",
            at,
        )
    if "incompatible YAML" in complaint:
        return "yaml-version", "this version of YAML is not known", "delete the line '%YAML …'", at
    return (
        "yaml",
        f"this is not valid YAML: {complaint}",
        "check the quotes, brackets and indentation here and on the line before",
        at,
    )


def _colon(document: Document, text: str, line: int, column: int) -> tuple[str, str, str, tuple[int, int]]:
    before = text[:column]
    first = re.search(r":\s", before)
    if first:
        value = text[first.end() :].strip()
        return (
            "unquoted-colon",
            f"the value {shown(value)} holds ': ', which YAML reads as a second key",
            f'put quotes round the value: "{value}"'
            if len(value) <= 60 and '"' not in value
            else "put quotes round the value",
            (line, len(text) - len(text[first.end() :].lstrip())),
        )
    above = document.line(line - 1) if line else ""
    if above and re.match(r"\s*(- )?[\w-]+:\S", above) and not re.search(r":\s|:$", above):
        key = above.strip().split(":", 1)[0]
        return (
            "missing-space",
            f"{shown(above.strip())} lacks a space after the colon",
            f"write '{key}: {above.strip().split(':', 1)[1]}'",
            (line - 1, len(above) - len(above.lstrip())),
        )
    indent = len(text) - len(text.lstrip())
    if above and indent > len(above) - len(above.lstrip()) and re.search(r":\s+\S", above):
        return (
            "indentation",
            "this line is indented as if it belonged to the line above, which has a value already",
            "begin it in the same column as its neighbours",
            (line, indent),
        )
    if above.strip() and ":" not in above:
        return (
            "missing-colon",
            f"{shown(above.strip())} is neither 'key: value' nor a list item",
            "put ': ' after the key, or '- ' before the item",
            (line - 1, len(above) - len(above.lstrip())),
        )
    return (
        "unquoted-colon",
        "a ': ' where no key can stand",
        "put quotes round the text that holds ': '",
        (line, column),
    )


def _never_closed(document: Document, line: int, column: int) -> tuple[str, str, str, tuple[int, int]]:
    """The file ends inside a bracket: the last one that is open."""
    depth = 0
    for number in range(line, -1, -1):
        text = document.line(number)[: column if number == line else None]
        for at in range(len(text) - 1, -1, -1):
            if text[at] in "]}":
                depth += 1
            elif text[at] in "[{" and depth:
                depth -= 1
            elif text[at] in "[{":
                closing = "]" if text[at] == "[" else "}"
                return (
                    "unclosed-bracket",
                    f"the '{text[at]}' that begins here is not closed",
                    f"put '{closing}' where the list of values ends",
                    (number, at),
                )
    return "yaml", "the file ends where a value should stand", "write the value, or delete its key", (line, column)


def _unclosed(
    document: Document, bracket: str, closing: str, line: int, column: int, opened: Any, text: str
) -> tuple[str, str, str, tuple[int, int]]:
    if opened is not None and opened.line == line and text[column : column + 1] == ":":
        words = re.split(r"[,\[{]", text[:column])[-1].split()
        if len(words) > 1:
            return (
                "comma",
                f"a ',' is missing before {shown(words[-1])}: everything since the last ',' is "
                f"{shown(' '.join(words))}",
                f"inside {bracket} {closing} every item is followed by ',' or '{closing}'",
                (line, max(0, column - len(words[-1]))),
            )
    if opened is not None and opened.line == line and column < len(text.rstrip()):
        return (
            "comma",
            f"a ',' or the closing '{closing}' is missing before {shown(text[column:].strip())}",
            f"inside {bracket} {closing} every item is followed by ',' or '{closing}'",
            (line, column),
        )
    place = (opened.line, opened.column) if opened is not None else (line, column)
    for number in range(place[0], min(line, place[0] + 50) + 1):
        comment = re.search(rf"\s(#[^#]*(?:{re.escape(closing)}.*|,))\s*$", document.line(number))
        if comment:
            return (
                "comment-in-brackets",
                f"' #' begins a comment, so {shown(comment[1].strip())} is not read",
                "put quotes round the text that holds ' #'",
                (number, comment.start(1)),
            )
    return (
        "unclosed-bracket",
        f"the '{bracket}' that begins here is not closed",
        f"put '{closing}' where the list of values ends",
        place,
    )


def _indentation(text: str, line: int, column: int, opened: Any) -> tuple[str, str, str, tuple[int, int]]:
    indent = len(text) - len(text.lstrip())
    if column > indent:
        before = text[:column].rstrip()
        if before.endswith(('"', "'")):
            return (
                "after-quote",
                f"{shown(text[column:].strip())} stands after the closing quote",
                "move the closing quote to the end of the text",
                (line, column),
            )
        return (
            "yaml",
            f"{shown(text[column:].strip())} was not expected here",
            "check the quotes and brackets before it",
            (line, column),
        )
    item = text.lstrip().startswith("- ")
    what = "a list item" if item else "a key"
    start = f" that begins on line {opened.line + 1}" if opened is not None else ""
    return (
        "indentation",
        f"{what} in a column in which nothing of the block{start} stands",
        "begin it in the same column as its neighbours",
        (line, column),
    )
