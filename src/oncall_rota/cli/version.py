"""`oncall version`."""

from __future__ import annotations

from oncall_rota import __version__
from oncall_rota.cli.option import Dir, Tz


def version(_dir: Dir = None, _tz: Tz = None) -> None:
    """The version of oncall.

    Examples:
      oncall version
      oncall doctor      the versions of everything else
    """
    print(f"oncall {__version__}")


def installed(distribution: str) -> str | None:
    """The version of an installed distribution, or None."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        return version_of(distribution)
    except PackageNotFoundError:
        return None
