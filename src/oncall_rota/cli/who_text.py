"""The machine formats of `oncall who`, and what every format is cleaned with.

Imports nothing: the front door renders a compiled answer with the same functions before anything of weight is
loaded, so both ways print the same bytes. A result is a plain mapping as in the JSON contract: strings, ints,
None, lists and mappings, instants as text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    Result = Mapping[str, Any]

FORMATS = ("table", "plain", "json", "csv", "names")
CSV_HEADER = ("team", "schedule", "timezone", "on_call", "names", "since", "until", "next", "next_from")

_ESCAPES = {34: '\\"', 92: "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}


def term_safe(text: str) -> str:
    """`text` without anything that a terminal would obey or that would reorder what is shown."""
    return text if text.isprintable() else "".join([_shown(letter) for letter in text])


def _shown(letter: str) -> str:
    """Control characters as their pictures; odd spaces as spaces; all else that is invisible as `U+FFFD`."""
    code = ord(letter)
    if letter.isprintable() or code in (0x200C, 0x200D):  # the joiners are part of how names are spelt
        return letter
    if code < 32 or code == 127:
        return chr(0x2400 + code) if code < 32 else "\u2421"
    return " " if code == 0xA0 or 0x2000 <= code <= 0x200A or code in (0x202F, 0x205F, 0x3000) else "\ufffd"


def instant(seconds: int) -> str:
    """`2026-06-02T12:00:00Z` of whole seconds since 1970, by arithmetic alone."""
    days, rest = divmod(seconds, 86400)
    # Days of the proleptic Gregorian calendar in 400-year eras that begin on 1 March.
    era, of_era = divmod(days + 719468, 146097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (month <= 2)
    return f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def json_text(value: Any, margin: str = "") -> str:
    """JSON in ASCII with two spaces a level: the same text as `json.dumps(value, indent=2)`."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (int, float)):
        return repr(value)
    inner = margin + "  "
    if isinstance(value, (list, tuple)):
        items = [json_text(item, inner) for item in value]
        opening, closing = "[]"
    else:
        items = [f"{_quoted(key)}: {json_text(item, inner)}" for key, item in value.items()]
        opening, closing = "{}"
    if not items:
        return opening + closing
    body = (",\n" + inner).join(items)
    return f"{opening}\n{inner}{body}\n{margin}{closing}"


def _quoted(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    parts = []
    for letter in text:
        code = ord(letter)
        if code in _ESCAPES:
            parts.append(_ESCAPES[code])
        elif 31 < code < 127:
            parts.append(letter)
        elif code < 0x10000:
            parts.append(f"\\u{code:04x}")
        else:
            code -= 0x10000
            parts.append(f"\\u{0xD800 | code >> 10:04x}\\u{0xDC00 | code & 0x3FF:04x}")
    return f'"{"".join(parts)}"'


def tsv_row(cells: Iterable[str]) -> str:
    """One line of tab-separated cells; an empty cell is `-`, so that every reader counts the same columns."""
    return "\t".join([term_safe(cell) or "-" for cell in cells])


def csv_row(cells: Iterable[str]) -> str:
    """One line of CSV. A cell that a spreadsheet would take for a formula gets a `'` in front."""
    return ",".join([_csv_cell(cell) for cell in cells])


def _csv_cell(cell: str) -> str:
    text = term_safe(cell)
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        text = "'" + text
    if '"' in text or "," in text:
        text = '"' + text.replace('"', '""') + '"'
    return text


def json_document(at: str, results: Sequence[Result]) -> str:
    """`oncall who -o json`."""
    return json_text({"version": 1, "at": at, "results": results})


def plain(results: Iterable[Result]) -> str:
    """`oncall who -o plain`: a row a schedule, tab-separated, without a header.

    Columns: team/schedule, ids on call (comma-separated), their names, since, until, ids next, next from.
    """
    return "\n".join(
        [
            tsv_row(
                (
                    f"{each['team']}/{each['schedule']}",
                    _ids(each["on_call"], ","),
                    _names(each["on_call"], ", "),
                    each["since"] or "",
                    each["until"] or "",
                    _ids(each["next"], ","),
                    each["next_from"] or "",
                )
            )
            for each in results
        ]
    )


def csv(results: Iterable[Result]) -> str:
    """`oncall who -o csv`: a header, then a row a schedule; several people are separated by `; `."""
    rows = [csv_row(CSV_HEADER)]
    for each in results:
        rows.append(
            csv_row(
                (
                    each["team"],
                    each["schedule"],
                    each["timezone"],
                    _ids(each["on_call"], "; "),
                    _names(each["on_call"], "; "),
                    each["since"] or "",
                    each["until"] or "",
                    _ids(each["next"], "; "),
                    each["next_from"] or "",
                )
            )
        )
    return "\n".join(rows)


def names(results: Iterable[Result]) -> str:
    """`oncall who -o names`: everybody who is on call, one name a line, each person once."""
    found: dict[str, str] = {}
    for each in results:
        for person in each["on_call"]:
            found.setdefault(person["id"], term_safe(person["name"]))
    return "\n".join(found.values())


def text(form: str, at: str, results: Sequence[Result]) -> str:
    """`results` in one of the machine formats, without the last line's end."""
    if form == "json":
        return json_document(at, results)
    if form == "csv":
        return csv(results)
    return names(results) if form == "names" else plain(results)


def _ids(people: Iterable[Result], between: str) -> str:
    return between.join([person["id"] for person in people])


def _names(people: Iterable[Result], between: str) -> str:
    return between.join([person["name"] for person in people])
