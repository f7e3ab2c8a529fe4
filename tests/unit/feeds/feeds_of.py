"""The feeds that are kept in `tests/golden/feeds`: every shape that a reader may meet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from build import NAMES, NOW, PEOPLE, WINDOW, at, layer, line, schedule, weekly

from oncall_rota.feeds import Feed, Memory, Names, Style, Template, feed
from oncall_rota.schedule.model import Away, Schedule, Window
from oncall_rota.timeline.interval import Interval

SHORT = Interval(at("2026-06-15 00:00"), at("2026-07-27 00:00"))  # long enough to see all, and a small file

LINES = [
    line("who", "erin", "2026-06-20 10:00", "2026-06-22 10:00"),
    line("instead_of", "dave erin", "2026-07-06 08:00", "2026-07-13 08:00", "carol"),
    line("swap", "alice bob", "2026-07-20 08:00", "2026-08-03 08:00"),
    line("add", "dave", "2026-08-20 10:00", "2026-08-21 10:00"),
]

# What people have been called, and what came in by people.yaml: seventeen names that would break a careless writer.
HOSTILE = [
    "Mallory\r\nATTENDEE:mailto:mallory@example.com",
    "Mallory\nX-EVIL:1",
    "Mallory\rX-EVIL:1",
    "Mallory\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:another",
    "Comma, Comma; Semi: Colon \\ Backslash \\n \\, \\;",
    "Quo\"te d'Or ^n ^^",
    "Line\u2028Separator\u2029Paragraph",
    "Next\x85Line\x0bTab\x0cFeed\x1cFile",
    "\u202eesreveR\u202c \u2066isolated\u2069 \u200fmark",
    "Null\x00Bell\x07Escape\x1b[31mred\x1b[0m\x7f",
    "L" + "o" * 198 + "ng",
    "多" * 100 + "字" * 100,
    "👩‍🚒 Zoë 🏳️‍🌈 Ünïcødé",
    "e\u0301\u0301\u0301 Zalgo\u0335\u0336 n\u0303",
    " \t \u00a0\u2003 ",
    "\ufeffBom\u200b\u00ad\u2060ber\ufffe\U000e0041",
    '=HYPERLINK("https://example.com")',
]


def _crowd() -> tuple[Schedule, Names]:
    people = {f"person{number:02}": name for number, name in enumerate(HOSTILE)}
    return weekly(*people), Names(people)


def _hostile() -> Feed:
    made, names = _crowd()
    return feed("Mallory\r\nX-EVIL:1, on; call\u2028", [made], names, WINDOW)


def _changed() -> Feed:
    memory: Memory | None = Memory()
    found = None
    for step, lines in enumerate(([], LINES[:2], LINES[2:], LINES)):
        moment = NOW + timedelta(hours=step)
        found = feed("payments on call", [weekly(overrides=lines)], NAMES, WINDOW, memory=memory, at=moment)
        memory = found.memory
    assert found is not None
    return found


def _layers() -> Feed:
    away = [Away("carol", at("2026-07-01 00:00"), at("2026-07-14 00:00"), LINES[0].source, "next")]
    made = schedule(
        layer("nights, and weekends", "bob", "dave"),
        layer("office hours", "alice", "carol erin", every=(1, "day"), hours=(9, 17)),
        away=away,
        overrides=LINES,
    )
    return feed("payments on call", [made, weekly("erin", name="standby")], NAMES, SHORT, timezone="Europe/London")


def _gaps() -> Feed:
    made = schedule(
        layer("office", "alice", "bob", every=(1, "day"), hours=(9, 17)),
        overrides=[line("remove", "bob", "2026-06-20 00:00", "2026-07-20 00:00")],
        must_cover=Window(spans=((0, 5 * 86400),)),
    )
    style = Style(busy=True, gaps=True, colour="teal", refresh=timedelta(minutes=90))
    return feed("office", [made], NAMES, SHORT, style=style, timezone="Europe/London")


def _zones() -> Feed:
    """Turns at half past two on both sides of clock changes, in five zones."""
    made = [
        schedule(layer("nights", "alice", "bob", every=(1, "day"), starting="2026-03-01 02:30", zone=zone), name=name)
        for name, zone in {
            "london": "Europe/London",
            "new-york": "America/New_York",
            "lord-howe": "Australia/Lord_Howe",
            "casablanca": "Africa/Casablanca",
            "kathmandu": "Asia/Kathmandu",
        }.items()
    ]
    return feed("clocks", made, NAMES, Interval(at("2026-03-05 00:00"), at("2026-04-08 00:00")), person="alice")


GOLDEN: dict[str, Callable[[], Feed]] = {
    "weekly": lambda: feed("payments on call", [weekly(overrides=LINES)], NAMES, WINDOW, timezone="Europe/London"),
    "person": lambda: feed("Carol Chen on call", [weekly(overrides=LINES)], NAMES, WINDOW, person="carol"),
    "initials": lambda: feed("payments", [weekly()], Names(PEOPLE, initials=True), WINDOW),
    "usernames": lambda: feed(
        "import", [weekly("alice bob", "carol")], NAMES, WINDOW, style=Style(title=Template("{id}"))
    ),
    "nobody": lambda: feed("nobody", [weekly("")], NAMES, WINDOW),
    "changed": _changed,
    "layers": _layers,
    "gaps": _gaps,
    "zones": _zones,
    "hostile": _hostile,
}
