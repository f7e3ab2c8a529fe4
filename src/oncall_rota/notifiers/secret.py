"""Secrets: named in oncall.yaml, read from the environment or a file, and shown as `***`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

LONGEST = 64 * 1024


class Secret:
    """A text that no log, error or dump shows. `reveal` is called where it is used, and its result kept nowhere."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


class NoSecret(Exception):
    """A secret that is not there. The message names it, and never its text."""


def name_of(written: object) -> tuple[str, str] | None:
    """`("env", NAME)` or `("file", NAME)` of a well-formed reference; None for anything else."""
    if not isinstance(written, Mapping) or len(written) != 1:
        return None
    ((way, name),) = written.items()
    return (way, name) if way in ("env", "file") and isinstance(name, str) and name else None


def resolved(written: object, environ: Mapping[str, str] = os.environ) -> Secret:
    """The secret that `{env: NAME}` or `{file: NAME}` names. Raises `NoSecret`."""
    found = name_of(written)
    if found is None:
        raise NoSecret("a secret is {env: NAME} or {file: NAME}")
    way, name = found
    text = environ.get(name, "") if way == "env" else _of_file(name, environ.get("ONCALL_SECRETS_DIR", ""))
    if not text:
        raise NoSecret(f"${name} is not set" if way == "env" else f"the file {name} is empty")
    return Secret(text)


def _of_file(name: str, folder: str) -> str:
    if not folder:
        raise NoSecret(f"the file {name} needs $ONCALL_SECRETS_DIR")
    if name.startswith(".") or "/" in name or "\0" in name:
        raise NoSecret(f"{name} is not the name of a file inside $ONCALL_SECRETS_DIR")
    root = Path(folder).resolve()
    try:
        path = (root / name).resolve(strict=True)  # mounted secrets are links, but only within their folder
        if not path.is_relative_to(root) or not path.is_file():
            raise NoSecret(f"{name} is not a file inside $ONCALL_SECRETS_DIR")
        with path.open("rb") as file:
            return file.read(LONGEST).decode().rstrip("\r\n")
    except (OSError, ValueError):
        raise NoSecret(f"the file {name} in $ONCALL_SECRETS_DIR cannot be read") from None
