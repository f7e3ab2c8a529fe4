"""What of a monitor's text may be a password, and is shown to nobody: an alert is read by many, on many screens.

Only where it is plain that it is one, as the words of an alert are what somebody gets up for.
"""

from __future__ import annotations

import re

_HIDDEN = "***"
# Repeats are counted, so that no text makes the search slow.
_NAME = r"[\w-]{0,40}(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|routing_key|service_key|authorization)"
# A line that has a name and nothing else: password: …
_LINE = re.compile(rf"^({_NAME}\s{{0,9}}[:=]\s{{0,9}})\S.{{0,3999}}", re.IGNORECASE | re.MULTILINE)
_ANYWHERE = (
    # In JSON, also in JSON that is a text of JSON: "db_password": "…"
    re.compile(rf"((?<![\w-]){_NAME}\\{{0,3}}\"\s{{0,9}}:\s{{0,9}}\\{{0,3}}\")[^\"\\]{{1,999}}", re.IGNORECASE),
    # In a form or a query: &token=…
    re.compile(rf"((?<![\w-]){_NAME}=)[^&\s\"']{{1,999}}", re.IGNORECASE),
    # In a header. Words have no digits: `basic authentication failed` stays.
    re.compile(r"(\b(?:bearer|basic|geniekey)\s{1,9})(?=[^\s\"]{0,400}\d)[\w.~+/=-]{8,999}", re.IGNORECASE),
)
# In an address: postgresql://name:…@host
_ADDRESS = re.compile(r"(://[^\s/@:\"]{0,99}:)[^\s/@\"]{1,199}(?=@)")
# Without any of these there is nothing to hide, which is quickly told of most lines.
_SIGNS = ("passw", "secret", "token", "key", "authorization", "bearer", "basic")


def hidden(text: str, words: bool = False) -> str:
    """The text, with `***` where a password may stand. `words`: it is a sentence, whatever it begins with."""
    if "://" in text and "@" in text:
        text = _ADDRESS.sub(rf"\1{_HIDDEN}", text)
    lowered = text.lower()
    if any(sign in lowered for sign in _SIGNS):
        for pattern in _ANYWHERE if words else (_LINE, *_ANYWHERE):
            text = pattern.sub(rf"\1{_HIDDEN}", text)
    return text
