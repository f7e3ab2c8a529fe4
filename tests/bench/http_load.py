"""Requests over connections that stay open, each sending its next one when the one before is answered: Debian's `wrk`.

A client in Python would take longer for an answer than the server does, and so measure itself.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
_P99 = re.compile(r"^\s+99%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_WRONG = re.compile(r"Non-2xx or 3xx responses.*|Socket errors.*")


class Ask(NamedTuple):
    """One request."""

    path: str
    headers: Mapping[str, str] = {}
    method: str = "GET"
    body: str = ""


class Told(NamedTuple):
    """How it went: answers a second, and the 99th of 100 waits, ms."""

    rate: float
    p99: float


def flood(port: int, asks: Sequence[Ask], connections: int, seconds: float) -> Told:
    """All connections send these requests, one after the other. Raises `AssertionError` when one is refused."""
    wrk = shutil.which("wrk")
    assert wrk is not None, "this is measured with wrk: apt-get install wrk"
    lines = [
        f"  wrk.format({_lua(each.method)}, {_lua(each.path)}, {_table(each.headers)}, {_lua(each.body)}),"
        for each in asks
    ]
    script = ["local asks, at = nil, 0", "init = function()", "asks = {", *lines, "}", "end"]
    script += ["request = function()", "  at = at % #asks + 1", "  return asks[at]", "end"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write("\n".join(script))
        file.flush()
        command = [wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", file.name]
        done = subprocess.run([*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True)
    wrong, rate, p99 = _WRONG.search(done.stdout), _RATE.search(done.stdout), _P99.search(done.stdout)
    assert wrong is None, wrong[0]
    assert rate is not None, done.stdout
    assert p99 is not None, done.stdout
    return Told(float(rate[1]), float(p99[1]) * _MS[p99[2]])


def in_turn(ours: Sequence[float], reference: Sequence[float]) -> float:
    """The median of the ratios of rounds."""
    found = sorted(one / other for one, other in zip(ours, reference, strict=True))
    return found[len(found) // 2]


def _lua(text: str) -> str:
    return f"[==[{text}]==]"


def _table(headers: Mapping[str, str]) -> str:
    return "{" + ", ".join([f"[ {_lua(name)} ] = {_lua(value)}" for name, value in headers.items()]) + "}"
