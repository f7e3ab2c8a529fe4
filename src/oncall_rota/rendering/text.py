"""The text that machines read: JSON, tab-separated rows and CSV, and what everything shown is cleaned with.

Imports nothing: `oncall who` is answered before anything of weight is loaded. A result is a plain mapping as in the
JSON contract: strings, ints, None, lists and mappings, instants as text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

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
