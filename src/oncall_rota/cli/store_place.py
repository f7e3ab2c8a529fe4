"""Where the store is, and how that is said without a password."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from oncall_rota.cli.setting import rotations
from oncall_rota.cli.terminal import path_text
from oncall_rota.config import load
from oncall_rota.errors import ConfigurationError, FolderNotFound, OncallError, UsageError

OPTION, VARIABLE, SETTING = "--store", "$ONCALL_STORE", "server.store of oncall.yaml"
POSTGRESQL = ("postgresql", "postgres")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST = r"(?:[A-Za-z0-9._%-]*|\[[0-9A-Fa-f:.%]+\])(?::[0-9]{1,5})?"
_AFTER_CREDENTIALS = re.compile(
    rf"(?P<server>(?:{_HOST})(?:,(?:{_HOST}))*(?:/[A-Za-z0-9._%~+-]*)?)(?:\?(?:[a-z_]+=[^&=]*(?:&[a-z_]+=[^&=]*)*)?)?"
)
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})|%00")
_URL_HINT = (
    "write postgresql://name@host:5432/database; in a password, percent-encode what is neither a letter nor a digit, "
    "as %2F for a slash"
)


class _Found(NamedTuple):
    """What was written, who says so, and the folder that a relative path is below."""

    written: str
    origin: str
    folder: Path


def place(store_option: str | None, dir_: str | None) -> str:
    """Where the store is: a path, or a URL of PostgreSQL that may hold a password, so show it by `shown` only.

    `--store`, else `$ONCALL_STORE`, else `server.store` of oncall.yaml, else a file in the user's state folder, which
    is made then. Raises `UsageError`, `ConfigurationError`, `OncallError`.
    """
    found = _named(store_option, dir_)
    return _standard() if found is None else _understood(found)


def told(store_option: str | None, dir_: str | None) -> tuple[str | None, str | None]:
    """The place as it is `shown`, and who says so. Raises as `place`.

    The first None: it is named, and what is named is not there. The second None: nobody says.
    """
    try:
        found = _named(store_option, dir_)
    except ConfigurationError:
        return None, SETTING
    return (shown(_standard()), None) if found is None else (shown(_understood(found)), found.origin)


def shown(where: str) -> str:
    """A place as messages may tell it: never a password, a name, or an option of a URL."""
    if not is_url(where):
        return path_text(where)
    return f"postgresql://{_server(where)}"


def is_url(where: str) -> bool:
    """Whether a place is a database of PostgreSQL, and no file."""
    return where.startswith(tuple(f"{scheme}://" for scheme in POSTGRESQL))


def _named(option: str | None, dir_: str | None) -> _Found | None:
    """None: nobody says where. Rotations are only looked for when neither option nor variable says."""
    if option is not None:
        return _Found(option, OPTION, Path())
    if variable := os.environ.get("ONCALL_STORE"):
        return _Found(variable, VARIABLE, Path())
    from oncall_rota.wiring.store import configured_store

    try:
        folder = rotations(dir_)
    except FolderNotFound:
        if dir_ or os.environ.get("ONCALL_DIR"):
            raise
        return None
    written = configured_store(*load(folder, teams=()))
    return None if written is None else _Found(written, SETTING, folder)


def _understood(found: _Found) -> str:
    written = found.written.strip().removeprefix("sqlite:///")
    if not written or "\0" in written:
        raise UsageError(f"{found.origin}: no place for a store", "name a file, or postgresql://…")
    scheme = _SCHEME.match(written)
    if scheme is None:
        return str(found.folder / Path(written).expanduser())  # one that is whole stays as it is
    if scheme[1] not in POSTGRESQL:
        raise UsageError(
            f"{found.origin}: no store is reached by {scheme[1]}://", "name a file, or postgresql://host/database"
        )
    if _server(written) is None:
        # libpq would quote what it cannot read, which may be the password.
        raise UsageError(f"{found.origin}: this is not an address of PostgreSQL", _URL_HINT)
    return written


def _server(url: str) -> str | None:
    """Hosts, ports and database; None when libpq would read the URL otherwise than it was meant, or not at all."""
    if _BAD_ESCAPE.search(url) or " " in url or not url.isprintable():
        return None
    rest = url.partition("://")[2]
    if "@" in rest.partition("/")[0]:  # as libpq decides whether there are a name and a password
        rest = rest.partition("@")[2]
    found = _AFTER_CREDENTIALS.fullmatch(rest)
    return found["server"] if found else None


def _standard() -> str:
    """The file in the user's state folder; the folder is made, for nobody else to look into."""
    base = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.local/state")
    if not os.path.isabs(base):
        raise OncallError("there is no home folder to keep the store in", f"name a place with {OPTION}")
    folder = Path(base) / "oncall"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        words = f"cannot make the folder of the store, {path_text(folder)}: {error.strerror or error}"
        raise OncallError(words, f"name another place with {OPTION}") from None
    return str(folder / "oncall.db")
