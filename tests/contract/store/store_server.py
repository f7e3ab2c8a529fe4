"""A real PostgreSQL of one's own: on a Unix socket in a temporary folder, run by nobody who matters."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

SETTINGS = ["listen_addresses=", "max_connections=60", "synchronous_commit=on"]


def programs() -> Path:
    """Where the newest server's programs are. Raises `FileNotFoundError`: a missing server is a failure."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError("PostgreSQL is missing: run tests/real/install-postgresql")
    return found[-1].parent


class Server:
    """A running server. `run_as`: keyword arguments of `subprocess` for its user, which is never root."""

    def __init__(self, folder: Path, run_as: dict[str, Any], fsync: bool) -> None:
        self.folder = folder
        self.fsync = fsync
        self.run_as = run_as
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = count()

    def start(self) -> None:
        """Start, and wait until it answers; at most 60 s."""
        settings = [word for setting in [*SETTINGS, f"fsync={self.fsync}"] for word in ("-c", setting)]
        command = [programs() / "postgres", "-D", self.folder / "data", "-k", self.folder, *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self.run_as)
        ready = [programs() / "pg_isready", "-q", "-h", self.folder, "-U", "oncall"]
        for _ in range(600):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self, how: int = signal.SIGQUIT) -> None:
        """End it at once, as a crash does, and wait."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(60)

    def url(self, database: str = "postgres") -> str:
        """How to reach a database."""
        return f"postgresql://oncall@/{database}?host={self.folder}"

    def database(self) -> str:
        """The URL of a new, empty database."""
        import psycopg

        name = f"d{next(self._databases)}"
        with psycopg.connect(self.url(), autocommit=True) as shell:
            shell.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)


@contextmanager
def serving(fsync: bool = False) -> Iterator[Server]:
    """A new server, ended and forgotten afterwards.

    `fsync`: what is timed waits for the disk. Tests crash the server, never the machine: the kernel keeps its writes.
    """
    # Short: the path of a Unix socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="oncall-pg-", dir="/tmp"))
    run_as: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")  # it refuses to run as root
        os.chown(folder, user.pw_uid, user.pw_gid)
        run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    server = Server(folder, run_as, fsync)
    try:
        made = [
            programs() / "initdb",
            "-D",
            folder / "data",
            "-A",
            "trust",
            "-U",
            "oncall",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as)
        server.start()
        try:
            yield server
        finally:
            server.stop()  # at once: nobody needs its data
    finally:
        shutil.rmtree(folder, ignore_errors=True)
