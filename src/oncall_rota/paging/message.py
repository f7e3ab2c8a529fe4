"""What a page says, in every channel's form: severity, team, summary, code, how to acknowledge, in this order.

Text from outside is cleaned once, by `cleaned`; after that each form only escapes what its medium would obey. Any
code point in an alert leaves a page that every channel takes.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from oncall_rota.paging.model import SEVERITIES

Kind = Literal["page", "notice", "test", "direct"]
Choice = Literal["acknowledge", "decline"]

SUMMARY, LINE, LINES, NAME = 1000, 1000, 50, 80  # the longest texts that are kept, in code points
SEGMENTS = 304  # septets of two joined segments, less one a segment for a pair that may not be split

_JOINERS = "\u200c\u200d"  # part of how names and emoji are spelt
_GSM = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_PAIRS = frozenset("^{}\\[~]|€")
_SPELT = dict(zip("абвгдеёзийклмнопрстуфхыэіїє", "abvgdeezijklmnoprstufhyeiie", strict=True)) | {
    "ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya",
    "`": "'", "\u00b4": "'", "\u2018": "'", "’": "'", "\u201a": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "\u2212": "-", "\u2010": "-", "•": "*", "·": ".", "→": "->", "←": "<-", "×": "x", "°": " deg",
    "\u2044": "/", "ð": "d", "þ": "th", "œ": "oe", "\u0131": "i", "ƒ": "f", "ẞ": "SS",
}  # fmt: skip
_LATIN = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z]{1,2})(?: WITH .*)?")
# Counted repeats: a hostile summary must not make the search slow.
_LINK = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,20}://\S*|://\S*|\bwww\.\S*|\b[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,6}"
    r"\.[A-Za-z]{2,24}(?::\d{1,5})?/\S*",
    re.IGNORECASE,
)
_REPLY = re.compile(
    r"\s*(?:(ack|acknowledge|ok|decline|no)\s+)?#?([0-9a-f]{4,12})\s*[.!]?\s*", re.IGNORECASE | re.ASCII
)


class Message(NamedTuple):
    """A page to one contact. `code`: 4 to 12 hexadecimal digits, of this page and person alone; empty: of no incident.

    `lines`: further text. `ack_url`: a page with a button, never an act by itself. `kind`: neither a notice nor a test
    asks for an acknowledgement; `direct`: a page of which nothing is kept, so that it cannot be acknowledged.
    """

    page_id: str
    code: str
    severity: str
    team: str
    summary: str
    lines: tuple[str, ...] = ()
    runbook: str | None = None
    ack_url: str | None = None
    kind: Kind = "page"


def clean(text: str, longest: int = SUMMARY) -> str:
    """One line of printable text: line breaks and controls are spaces, odd ones U+FFFD, invisible ones gone."""
    text = text[: longest * 4]  # before any work; what is dropped below may shorten it
    if not text.isprintable():
        text = "".join([letter if letter.isprintable() else _replaced(letter) for letter in text])
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _replaced(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cf":  # directions, marks of languages, zero widths: all that reorders or hides
        return letter if letter in _JOINERS else ""
    return " " if category in ("Cc", "Zs", "Zl", "Zp") else "\ufffd"


def cleaned(message: Message) -> Message:
    """The message with every text from outside cleaned; the one door, and twice is the same as once."""
    page_id, code, severity, team, summary, lines, runbook, ack_url, kind = message
    return Message(
        page_id,
        code,
        clean(severity, NAME) or "critical",
        clean(team, NAME) or "unknown team",
        clean(summary) or "(no text)",
        tuple([line for line in [clean(line, LINE) for line in lines[:LINES]] if line]),
        clean(runbook, LINE) if runbook else None,
        ack_url,
        kind,
    )


def bundled(page_id: str, code: str, parts: Sequence[Message], ack_url: str | None = None) -> Message:
    """One page for several: the gravest severity, every team, how many, and a line each. Its code is for all."""
    ranks = {name: rank for rank, name in enumerate(SEVERITIES)}
    gravest = min([part.severity for part in parts], key=lambda name: ranks.get(name, 0))
    teams = list(dict.fromkeys(part.team for part in parts))
    several = len(teams) > 1
    texts = [f"{part.team}: {part.summary}" if several else part.summary for part in parts]
    lines = [f"#{part.code} {text}" for part, text in zip(parts, texts, strict=True)]
    if len(lines) > LINES:
        lines[LINES - 1 :] = [f"and {len(lines) - LINES + 1} more: oncall incident list"]
    summary = f"{len(parts)} incidents: {'; '.join(texts)}"
    return cleaned(Message(page_id, code, gravest, ", ".join(teams), summary, tuple(lines), None, ack_url))


def headline(message: Message) -> str:
    """Severity, team and summary: `critical payments: disk full`."""
    return f"{_severity(message)} {message.team}: {message.summary}"


def how(message: Message, replies: bool = False) -> str:
    """How to acknowledge; of a notice what to open, if anything. `replies`: the channel hears answers."""
    if message.kind == "notice":
        return f"Open {message.ack_url}" if message.ack_url else ""
    if message.kind == "test":
        return ""
    if message.kind == "direct":
        return "Sent directly and kept nowhere, so nothing acknowledges it: tell the sender that you have it"
    if replies:
        return f"Reply {message.code} to acknowledge" + (f", or {message.ack_url}" if message.ack_url else "")
    return f"Acknowledge: {message.ack_url or f'oncall ack {message.code}'}"


def _severity(message: Message) -> str:
    return f"test {message.severity}" if message.kind == "test" else message.severity


def short(message: Message, replies: bool = False, minimal: bool = False) -> str:
    """For an SMS: GSM-7, at most two segments, no address from an alert. `minimal`: no word of the alert."""
    code = f"#{message.code}" if message.code else ""
    ends = [f"{code} {_ascii(how(message, replies))}".strip()]
    if message.ack_url and message.kind == "page":
        way = f"Reply {message.code} to acknowledge" if replies else f"Acknowledge: oncall ack {message.code}"
        ends.append(f"{code} {way}")
    end = next((each for each in ends if septets(each) <= SEGMENTS - 100), ends[-1])
    start = _LINK.sub("(link)", gsm(_severity(message).upper()))
    if minimal:
        return f"{start} {end}".rstrip()
    text = _LINK.sub("(link)", gsm(f"{message.team}: {message.summary}"))
    return f"{_fitted(f'{start} {text}', SEGMENTS - septets(end) - 1)} {end}".rstrip()


def _ascii(text: str) -> str:
    """Our own words and link: nothing to transliterate, and a link must stay as it is."""
    return text.encode("ascii", "replace").decode().replace("`", "'")


def gsm(text: str) -> str:
    """The text in the alphabet of GSM 03.38, by sound or shape; what has neither is one `?` a run."""
    parts: list[str] = []
    for letter in text:
        if letter in _GSM or letter in _GSM_PAIRS:
            parts.append(letter)
        elif (spelt := _spelt(letter)) != "?" or parts[-1:] != ["?"]:
            parts.append(spelt)
    return " ".join("".join(parts).split())


def _spelt(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in ("Mn", "Me", "Cf", "Sk"):
        return ""
    known = _SPELT.get(letter)
    if known is None and (low := _SPELT.get(letter.lower())) is not None:
        known = low.capitalize()
    if known is not None:
        return known
    if (latin := _LATIN.fullmatch(unicodedata.name(letter, ""))) is not None:
        return latin[2].lower() if latin[1] == "SMALL" else latin[2]
    apart = [_SPELT.get(each, each) for each in unicodedata.normalize("NFKD", letter)]
    plain = [each for each in apart if each in _GSM or each in _GSM_PAIRS]
    return "".join(plain) or (" " if category == "Zs" else "?")


def septets(text: str) -> int:
    """The length of a GSM-7 text on the air."""
    return len(text) + sum(letter in _GSM_PAIRS for letter in text)


def _fitted(text: str, room: int) -> str:
    if septets(text) <= room:
        return text
    while septets(text) > room - 3:
        text = text[: -max(1, (septets(text) - room + 3) // 2)]
    return text.rstrip() + "..."


def spoken(message: Message, keys: bool = True) -> str:
    """For a voice: letters, digits and pauses only, the code digit by digit. `keys`: a keypress is heard."""
    text = _LINK.sub(" link ", unicodedata.normalize("NFKC", message.summary))
    parts = [f"{_severity(message)} page for {message.team}", text[:500]]
    if message.code:
        parts.append(f"Code: {', '.join(message.code.upper())}")
    if message.kind == "page":
        typed = "Acknowledge by typing oncall ack and this code"
        parts.append("Press 1 to acknowledge. Press 2 to pass it on" if keys else typed)
    elif message.kind == "direct":
        parts.append(how(message))
    return ". ".join(filter(None, map(speakable, parts))) + "."


def speakable(text: str) -> str:
    """What a voice can say, and XML hold: letters, marks, digits and a few stops."""
    kept = [
        letter if unicodedata.category(letter)[0] in "LMN" or letter in " .,:;-%'?!" else " "
        for letter in text.replace("&", " and ")
    ]
    return " ".join("".join(kept).split()).strip(" .,:;")


def subject(message: Message) -> str:
    """For a mail: one line of at most 200 code points."""
    start, end = f"[{_severity(message)}] {message.team}: ", f" (#{message.code})" if message.code else ""
    room = 200 - len(start) - len(end)
    text = message.summary if len(message.summary) <= room else message.summary[: room - 1] + "…"
    return f"{start}{text}{end}"


def body(message: Message, replies: bool = False) -> str:
    """All of it, in lines: mails, commands, pushes, terminals."""
    parts = [headline(message), f"Code: {message.code}" if message.code else "", how(message, replies)]
    parts += ["", *message.lines] if message.lines else []
    parts += ["", f"Runbook: {message.runbook}"] if message.runbook else []
    return "\n".join(part for index, part in enumerate(parts) if part or index > 2)


def shortened(message: Message, longest: int, size: Callable[[str], int]) -> Message:
    """With so much of its summary that `size` finds it no longer than `longest`: there is room for all that follows."""
    text = message.summary
    if size(text) <= longest:
        return message
    fitting = bisect_right(range(len(text)), longest, key=lambda length: size(f"{text[:length]}…")) - 1
    return message._replace(summary=f"{text[: max(fitting, 0)].rstrip()}…")


def slack_escaped(text: str) -> str:
    """Slack's three characters; without `<` there is no `<!channel>` and no disguised link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def reply(text: str) -> tuple[Choice, str] | None:
    """What a person's text means: `4f2a`, `ack 4f2a` or `decline 4f2a`; None: anything else."""
    found = _REPLY.fullmatch(text) if len(text) <= 100 else None
    if found is None:
        return None
    return "decline" if (found[1] or "").lower() in ("decline", "no") else "acknowledge", found[2].lower()


def masked(address: str) -> str:
    """An address that may stand in a log: `+4…06`, `a…@example.com`."""
    address = clean(address, 254)
    name, at, host = address.rpartition("@")
    if at:
        return f"{name[:1]}…@{host}"
    return f"{address[:2]}…{address[-2:]}" if len(address) > 6 else "…"
