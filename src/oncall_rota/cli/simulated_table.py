"""`oncall simulate` for somebody who looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from oncall_rota.cli.simulated import Simulated, rows, target_text
from oncall_rota.cli.terminal import BOLD, DIM, RED, YELLOW, Cell, Terminal, columns_of, rows_in_columns, terminal
from oncall_rota.config import Catalog
from oncall_rota.humantime import moment_text, span_text
from oncall_rota.paging.incident import ACKNOWLEDGED
from oncall_rota.rendering.course import Row
from oncall_rota.rendering.text import term_safe
from oncall_rota.timeline.zone import Zone

_STYLES = {"nobody": RED, "mute": RED, "copies": RED, "end": RED, "alarm": f"{BOLD};{RED}"}
# Said by the rows of pages, or by the closing lines.
_LEFT_OUT = ("cancel", "never fires", "last-resort")


def table(told: Simulated, catalog: Catalog, shown: Zone) -> str:
    """Lines to print: a row for each step, person and instant, then what the rows do not say."""
    screen = terminal()
    every = list(rows(told, catalog))
    cells: list[Sequence[Cell]] = []
    day = ""  # told where it begins
    events = [row for row in every if row.event not in _LEFT_OUT]
    for _, group in groupby(events, lambda row: (row.at, row.event, row.step, row.name, row.text)):
        many = list(group)
        row = many[0]
        date, _, clock = moment_text(row.at, shown, told.incident.opened_at).rpartition(" ")
        cells.append([
            Cell(f"+{span_text(row.after)}"),
            Cell(clock if date == day else f"{date} {clock}"),
            *_told(row, ", ".join(each.channel for each in many)),
        ])  # fmt: skip
        day = date
    header: tuple[str, ...] = ("AFTER", "AT", "STEP", "WHO", "HOW")
    natural = [max([len(title), *[columns_of(row[i].text) for row in cells]]) for i, title in enumerate(header)]
    if sum(natural) + 2 * (len(header) - 1) > screen.width:
        header, cells = header[1:], [row[1:] for row in cells]
    lines = rows_in_columns(header, cells, screen) if cells else []
    return "\n".join([*lines, *_closing(told, every, shown, screen)])


def _told(row: Row, channels: str) -> tuple[Cell, Cell, Cell]:
    if row.event in ("page", "copy"):
        style = DIM if row.event == "copy" else BOLD
        how = f"{channels} (copy)" if row.event == "copy" else channels
        how += f", {row.times} times" if row.times > 1 else ""
        return Cell(row.step), Cell(term_safe(row.name), style), Cell(term_safe(how))
    if row.event == "notice":
        return Cell("notice", DIM), Cell(term_safe(row.name)), Cell(term_safe(row.text), DIM)
    return Cell(row.event, _STYLES.get(row.event, "")), Cell(""), Cell(term_safe(row.text))


def _closing(told: Simulated, every: list[Row], shown: Zone, screen: Terminal) -> list[str]:
    lines = []
    start = told.incident.opened_at
    for row in every:
        if row.event == "never fires":
            rule = f"{span_text(row.after)}: {row.channel}"
            lines.append(f"{screen.paint('never fires', YELLOW)}  {term_safe(f'{row.name}, {rule}; {row.text}')}")
    ended = told.ended
    if ended.status == ACKNOWLEDGED and ended.ends_at is not None:
        back = moment_text(ended.ends_at, shown, start)
        who = term_safe(ended.acknowledged_by or "")
        lines.append(f"{screen.paint('if it stays open', DIM)}  {who} and step 1 are paged again at {back}")
    if told.resort is not None and ended.status != "recorded":
        targets = ", ".join(target_text(each) for each in told.resort.targets)
        text = f"{targets}, every {span_text(told.resort.every)} until somebody acknowledges"
        lines.append(f"{screen.paint('last resort', DIM)}  {term_safe(text)}")
    return ["", *lines] if lines else []
