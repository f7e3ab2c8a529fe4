"""Feeds as files on all cores: what happens when a process is killed, fails or is interrupted; and odd targets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from oncall_rota.cli.feed_file import PARALLEL, Done, put, put_all
from oncall_rota.errors import OncallError

COUNT = PARALLEL + 36
SLOW = f"""\
import os, time
from oncall_rota.cli import feed_file
os.sched_getaffinity = lambda _: {{0, 1}}
def one(number):
    time.sleep(0.02)
    os.write(1, b"*")
    return feed_file.Done("same", "")
try:
    feed_file.put_all(one, {COUNT * 10})
except KeyboardInterrupt:
    raise SystemExit(130)
"""


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the tests run."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


def test_all_are_done_in_order_by_several_processes() -> None:
    """The first one here, the others elsewhere."""
    done = put_all(lambda number: Done(str(os.getpid()), str(number)), COUNT)
    assert [each.path for each in done] == [str(number) for number in range(COUNT)]
    assert len({each.state for each in done}) == 3
    assert done[0].state == str(os.getpid())


def test_a_process_that_was_killed_is_told() -> None:
    """By the system, when memory is short: nothing waits for it."""
    here = os.getpid()

    def one(number: int) -> Done:
        if number == COUNT // 2 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return Done("same", "")

    with pytest.raises(OncallError, match="ended early"):
        put_all(one, COUNT)


def test_a_mistake_elsewhere_is_raised_here() -> None:
    """With the file that it names."""

    def one(number: int) -> Done:
        if number == COUNT - 1:
            raise OSError(28, "No space left on device", "feeds/x.ics")
        return Done("same", "")

    with pytest.raises(OSError, match="No space left on device") as caught:
        put_all(one, COUNT)
    assert caught.value.filename == "feeds/x.ics"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_an_end_in_the_middle_ends_all_processes_without_a_word(number: signal.Signals, code: int) -> None:
    """Ctrl-C reaches every process of a terminal, a supervisor's signal only the first."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(9) == b"*" * 9
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=30)  # until the last of them has ended
        assert (process.returncode, err) == (code, b"")
        assert len(out) < COUNT


def test_a_pipe_is_written_to_not_replaced(tmp_path: Path) -> None:
    """`-o /dev/stdout`, `-o >(…)`: a link to what has no place in any folder; and a pipe with a name."""
    reader, writer = os.pipe()
    assert put(f"/dev/fd/{writer}", b"feed", write=True).state == "changed"
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"feed"
    named = tmp_path / "pipe"
    os.mkfifo(named)
    heard: list[bytes] = []
    thread = threading.Thread(target=lambda: heard.append(named.read_bytes()))
    thread.start()
    put(str(named), b"feed", write=True)
    thread.join()
    assert heard == [b"feed"]
    assert named.is_fifo()
