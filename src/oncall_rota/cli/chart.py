"""A timeline for terminals: weeks (or days) as bars, a person a colour.

Draws by its own small code: a year's shifts as rows of a rich Table cost more than the rest of the command.
Knows no engine: pieces are whole seconds since 1970 and safe texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from oncall_rota.cli.terminal import BOLD, DIM, Terminal, columns_of, fitted
from oncall_rota.timeline.zone import DAY, WEEK, Zone

_SOFT = (110, 150, 180, 139, 73, 216, 186, 146, 174, 115, 179, 152, 138, 108)
_BASIC = (46, 42, 43, 45, 44, 47, 106, 102, 103, 105)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONDAY = 4 * DAY  # 1970-01-05, in wall seconds
GAP, QUIET = "gap", "quiet"
_EMPTY: tuple[str, Sequence[str], str, str] = (" ", (), "", "")


class Piece(NamedTuple):
    """One bar. `person` is an id, or `GAP` (somebody must be on) or `QUIET` (nobody need be)."""

    start: int
    end: int
    person: str
    mark: bool = False


class Track(NamedTuple):
    """One schedule: its title, what stands dim beside it, its bars, and notes below."""

    title: str
    beside: str
    pieces: Sequence[Piece]
    notes: Sequence[str] = ()


class Look(NamedTuple):
    """How one person is drawn: SGR style, letter for the narrowest bars, names from long to short."""

    style: str
    letter: str
    names: tuple[str, ...]


class Chart:
    """A timeline of `[start, end)` on a zone's clock, for one screen."""

    def __init__(self, start: int, end: int, now: int, zone: Zone, screen: Terminal, names: dict[str, str]) -> None:
        self.screen, self.zone = screen, zone
        self.first = start
        self.start, self.end = zone.reading(start), zone.reading(end - 1) + 1
        self.now = zone.reading(now) if start <= now < end else None
        days = (self.end - self.start) / DAY
        years = _date(self.start)[0] != _date(self.end - 1)[0]
        self.margin = 10 if years else 7
        self.row_days = 1 if days <= 3 else 7
        # A year on a wide screen: two weeks a row halves the scrolling, and a day keeps ten columns.
        if days > 70 and (screen.width - self.margin) // 14 >= 10:
            self.row_days = 14
        self.unit = (screen.width - self.margin - 1) // (24 if self.row_days == 1 else self.row_days)
        self.unit = min(self.unit, 8 if self.row_days == 1 else 24)
        self.bar = self.unit * (24 if self.row_days == 1 else self.row_days)
        self.row = self.row_days * DAY
        if self.row_days == 1:
            self.origin = self.start // DAY * DAY
        else:
            self.origin = (self.start - _MONDAY) // WEEK * WEEK + _MONDAY
        self.looks: dict[str, Look] = {}
        for person in sorted(names):
            self.looks[person] = self._look(person, names[person])

    def _look(self, person: str, name: str) -> Look:
        index = len(self.looks)
        style = ""
        if self.screen.colours == 256:
            style = f"48;5;{_SOFT[index % len(_SOFT)]};38;5;16"
        elif self.screen.colours:
            style = f"{_BASIC[index % len(_BASIC)]};30"
        taken = {look.letter for look in self.looks.values()}
        free = [each for each in f"{name[:1].upper()}{person.upper()}{_LETTERS}" if each in _LETTERS]
        letter = next((each for each in free if each not in taken), "?")
        first = name.split(" ")[0]
        shorter = [name, first, *([person] if columns_of(person) < columns_of(first) else [])]
        if self.screen.colours:
            words = name.split() or [person]
            shorter.append(words[0][0] + (words[-1][0] if len(words) > 1 else ""))
        return Look(style, letter, tuple(dict.fromkeys(each for each in shorter if each)))

    def lines(self, tracks: Iterable[Track]) -> list[str]:
        """Every track under a header of days or hours."""
        found: list[str] = []
        for track in tracks:
            head = self.screen.paint(track.title, BOLD)
            found += [f"{head}  {self.screen.paint(track.beside, DIM)}" if track.beside else head]
            found += [" " * self.margin + self.screen.paint(self._header(), DIM)]
            found += self._rows(track.pieces)
            found += ["", *(f"  {note}" for note in track.notes)] if track.notes else []
            found.append("")
        return found

    def legend(self, marked: bool, gaps: bool, quiet: bool) -> list[str]:
        """Who is which colour, and the signs that were used."""
        entries: list[tuple[str, str]] = []
        for look in self.looks.values():
            name = look.names[0]
            entries.append((name, look.style) if self.screen.colours else (f"{look.letter} {name}", ""))
        entries = [(f" {text} ", style) if style else (text, style) for text, style in entries]
        if marked:
            entries.append((f"{self._sign} override or cover", ""))
        if gaps:
            entries.append((" nobody ", self._red) if self.screen.colours else (f"{self._cross * 2} nobody", ""))
        if quiet:
            entries.append((f"{self._dots * 2} nobody need be on", DIM))
        if self.now is not None:
            entries.append((f"{self._bar} now", ""))
        lines, width, line = [], 0, ""
        for text, style in entries:
            taken = columns_of(text) + 2
            if line and width + taken > self.screen.width:
                lines.append(line.rstrip(" "))
                width, line = 0, ""
            width, line = width + taken, f"{line}{self.screen.paint(text, style)}  "
        return [*lines, line.rstrip(" ")] if line else lines

    @property
    def _sign(self) -> str:
        return "◆" if self.screen.unicode else "*"

    @property
    def _cross(self) -> str:
        return "\u2573" if self.screen.unicode else "!"  # a light cross

    @property
    def _dots(self) -> str:
        return "·" if self.screen.unicode else "."

    @property
    def _bar(self) -> str:
        if not self.screen.unicode:
            return "#"
        return "┃" if self.screen.colours else "▼"

    @property
    def _red(self) -> str:
        return "1;48;5;160;38;5;231" if self.screen.colours == 256 else "1;41;37"

    def _header(self) -> str:
        if self.row_days == 1:
            step = 3 if self.unit * 3 >= 6 else 6
            return "".join(fitted(f"{hour:02}:00", self.unit * step) for hour in range(0, 24, step)).rstrip(" ")
        day = (self.origin - _MONDAY) // DAY
        names = [_DAY_NAMES[(day + index) % 7] for index in range(self.row_days)]
        return "".join(fitted(name[: self.unit - 1], self.unit) for name in names).rstrip(" ")

    def _rows(self, pieces: Sequence[Piece]) -> list[str]:
        """One line a row and lane, so that people on call together stand one above the other."""
        count = -(-(self.end - self.origin) // self.row)
        rows: list[list[list[tuple[int, int, Piece]]]] = [[] for _ in range(count)]
        busy: list[int] = []
        for piece in sorted(pieces):
            start = max(self.zone.reading(piece.start), self.start) - self.origin
            end = min(self.zone.reading(piece.end - 1) + 1, self.end) - self.origin
            lane = next((index for index, until in enumerate(busy) if until <= piece.start), len(busy))
            busy[lane : lane + 1] = [piece.end]
            for number in range(start // self.row, (end - 1) // self.row + 1):
                lanes = rows[number]
                while len(lanes) <= lane:
                    lanes.append([])
                base = number * self.row
                lanes[lane].append((start - base, end - base, piece))
        found = []
        for number, lanes in enumerate(rows):
            base = self.origin + number * self.row
            current = self.now is not None and base <= self.now < base + self.row
            label = _label(base, self.margin > 7)
            for index, lane_pieces in enumerate([lane for lane in lanes if lane] or [[]]):
                margin = fitted(label if not index else "", self.margin)
                bar = self._line(lane_pieces, (self.now or 0) - base if current and not index else None)
                found.append(self.screen.paint(margin, BOLD if current else DIM) + bar)
        return [line.rstrip(" ") for line in found]

    def _line(self, pieces: Sequence[tuple[int, int, Piece]], now: int | None) -> str:
        """One lane of one row. Short bars and gaps are painted last: whatever is unusual stays visible."""
        cells: list[tuple[int, int, Piece] | None] = [None] * self.bar
        for found in sorted(pieces, key=_weight):
            low = max(found[0], 0) * self.bar // self.row
            high = min(found[1], self.row) * self.bar // self.row
            low = min(low, self.bar - 1)
            cells[low : max(high, low + 1)] = [found] * max(high - low, 1)
        marker = None if now is None else now * self.bar // self.row
        line, column = [], 0
        while column < self.bar:
            found_at, begin = cells[column], column
            while column < self.bar and cells[column] is found_at:
                column += 1
            at = marker - begin if marker is not None and begin <= marker < column else None
            line.append(self._run(found_at, column - begin, at))
        return "".join(line)

    def _run(self, found: tuple[int, int, Piece] | None, width: int, now: int | None) -> str:
        if found is None:
            fill, labels, style, edge = _EMPTY
        else:
            fill, labels, style, edge = self._drawn(*found)
        if now is None:
            return self.screen.paint(_filled(labels, edge, width, fill), style)
        # The label stands whole on one side of the marker.
        left, right = now, width - now - 1
        ahead = left >= right or (bool(labels) and columns_of(labels[0]) + 2 <= left)
        parts = (
            _filled(labels if ahead else (), edge, left, fill),
            _filled(() if ahead else labels, "", right, fill),
        )
        marker = self.screen.paint(self._bar, f"{style};1" if found and style != DIM else BOLD)
        return f"{self.screen.paint(parts[0], style)}{marker}{self.screen.paint(parts[1], style)}"

    def _drawn(self, start: int, _: int, piece: Piece) -> tuple[str, Sequence[str], str, str]:
        """Fill, labels from long to short, style and left edge of one bar."""
        plain = not self.screen.colours
        if piece.person == GAP:
            return (self._cross if plain else " "), ("nobody",), self._red, (self._cross if plain else "")
        if piece.person == QUIET:
            return self._dots, (), DIM, ""
        look = self.looks[piece.person]
        sign = f"{self._sign} " if piece.mark else ""
        # A handoff inside the row tells its time; what goes on from the row before does not.
        begins = start >= 0 and piece.start > self.first
        clock = [f"{sign}{start // 3600 % 24:02}:{start // 60 % 60:02} {look.names[0]}"] if begins else []
        labels = [*clock, *[sign + name for name in look.names], sign.strip()]
        if not plain:
            return " ", labels, look.style, ""
        fill = ("═" if piece.mark else "─") if self.screen.unicode else ("=" if piece.mark else "-")
        edge = ("│" if self.screen.unicode else "|") if begins else fill
        return fill, [*labels[:-1], sign.strip() + look.letter], "", edge


def _filled(labels: Sequence[str], edge: str, width: int, fill: str) -> str:
    """The longest label that fits, on the fill of its kind; the last one needs no room round it."""
    for label in labels:
        text = f"{edge or ' '}{label} "
        if columns_of(text) <= width:
            return text + fill * (width - columns_of(text))
    if labels and columns_of(labels[-1]) <= width and labels[-1]:
        edge = edge if columns_of(edge + labels[-1]) <= width else ""
        return edge + labels[-1] + fill * (width - columns_of(edge + labels[-1]))
    return (edge + fill * width)[:width]


def _weight(found: tuple[int, int, Piece]) -> tuple[int, int]:
    piece = found[2]
    return (3 if piece.person == GAP else 1 if not piece.mark else 2, found[0] - found[1])


def _label(wall: int, year: bool) -> str:
    y, month, day = _date(wall)
    text = f"{day:2} {_MONTHS[month - 1]}"
    return f"{text} {y % 100:02}" if year else text


def _date(wall: int) -> tuple[int, int, int]:
    from oncall_rota.rendering.text import instant

    text = instant(wall)[:-10]
    year, month, day = text.rsplit("-", 2)
    return int(year), int(month), int(day)
