"""What every test stands on: no network, a fixed environment, a cache folder of its own, golden files."""

from __future__ import annotations

import difflib
import ipaddress
import itertools
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before any test: were pendulum first imported inside freezegun's freeze_time, pendulum.DateTime would
# inherit the fake datetime for good.
import pendulum  # noqa: F401
import pytest

FIXED = {
    "TZ": "UTC",
    "ONCALL_TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TERM": "xterm-256color",
    "COLUMNS": "100",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
_UNSET = (
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "LINES",
    "LANGUAGE",
    "PAGER",
    "EDITOR",
    "VISUAL",
)


class NetworkClosed(RuntimeError):
    """A test reached for another machine. No `OSError`: code that retries on those must not hide it."""


def _is_near(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _closed(real: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        # sendto(data, address) and sendto(data, flags, address) end with it, connect(address) is it.
        address = arguments[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_near(address[0]):
            raise NetworkClosed(f"a test tried to reach {address!r}; only loopback is open")
        return real(self, *arguments)

    return guarded


def _looked_up(real: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        if not _is_near(host):
            raise NetworkClosed(f"a test tried to look up {host!r}; only loopback is open")
        return real(host, *arguments, **named)

    return guarded


for _name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, _name, _closed(getattr(socket.socket, _name)))
socket.getaddrinfo = _looked_up(socket.getaddrinfo)

_folders = itertools.count()


@pytest.fixture(scope="session")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _environment(_home: Path) -> Iterator[None]:
    """The same environment for every test and its subprocesses; the folders are made when first written."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("ONCALL_") or name in _UNSET:
            del os.environ[name]
    own = _home / str(next(_folders))
    os.environ.update(FIXED)
    os.environ["HOME"] = str(own)
    os.environ["XDG_CACHE_HOME"] = str(own / "cache")
    os.environ["XDG_CONFIG_HOME"] = str(own / "config")
    time.tzset()
    yield
    os.environ.clear()
    os.environ.update(before)
    time.tzset()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes what is printed now, instead of comparing with it."""
    parser.addoption("--update-golden", action="store_true", help="write golden files and the README's outputs anew")


@pytest.fixture
def update_golden(pytestconfig: pytest.Config) -> bool:
    """Whether what is printed now is to be written down as right."""
    return bool(pytestconfig.getoption("update_golden"))


@pytest.fixture
def golden(update_golden: bool) -> Callable[[str, Path], None]:
    """`golden(text, path)`: the text is the file's, to the byte; `--update-golden` makes it so."""

    def same(text: str, path: Path) -> None:
        if update_golden:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
            return
        assert path.exists(), f"{path} is missing; --update-golden writes it"
        expected = path.read_bytes().decode()
        if text != expected:
            lines = difflib.unified_diff(expected.splitlines(True), text.splitlines(True), str(path), "printed now")
            pytest.fail("".join(lines) + "\n--update-golden accepts it", pytrace=False)

    return same
