"""strace on a worker: every system call that one page takes, by thread, and a kill at one of them.

strace counts a `when=` for each thread and each system call apart, so a kill is aimed at one thread alone.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

# Calls that leave nothing behind, here or elsewhere: waits for other threads, memory. All others count.
IDLE = ("futex", "mprotect", "mmap", "munmap", "madvise", "brk", "rt_sigtimedwait", "restart_syscall")
_LINE = re.compile(r"(\d+) +(\w+)\(")


class Point(NamedTuple):
    """Where to kill: at the `number`th call of that name in that thread, counted since strace came."""

    thread: str
    call: str
    number: int


@contextmanager
def tracing(thread: int, log: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """strace on a thread, at work before the block is entered. It ends by itself when the thread has ended."""
    command = ["strace", *options, "-p", str(thread), "-o", str(log)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = process.stderr.readline()
    assert "attached" in told, f"strace may not trace: {told}"
    time.sleep(0.01)  # it has said so before the calls that wait are begun again under its eyes
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


EVERY_CALL = ("-f", "-e", f"trace=!{','.join(IDLE)}")  # options that note the calls of all threads


def points(text: str, threads: dict[str, int], begin: str) -> list[Point]:
    """The calls of a trace from the line on that has `begin`, each with its number since the trace began."""
    names = {number: name for name, number in threads.items()}
    seen: Counter[tuple[str, str]] = Counter()
    found: list[Point] = []
    begun = False
    for line in text.splitlines():
        begun = begun or begin in line
        call = _LINE.match(line)
        if call is None or int(call[1]) not in names or call[2] in IDLE:
            continue
        thread = names[int(call[1])]
        seen[thread, call[2]] += 1
        if begun:
            found.append(Point(thread, call[2], seen[thread, call[2]]))
    return found


def kill_at(point: Point) -> tuple[str, ...]:
    """Options that kill at a point, before the call is carried out."""
    return ("-e", f"trace={point.call}", "-e", f"inject={point.call}:signal=KILL:when={point.number}")
