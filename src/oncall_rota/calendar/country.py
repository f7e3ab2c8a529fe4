"""Public holidays by country, from the `holidays` package.

That package is slow to import: it loads every country of the world (about 100 ms where a bare interpreter
takes 8). So a name is checked by reading the package's own sources, and a country's module is loaded alone.
Both short ways give up at anything unexpected and leave it to the package's public interface.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

_NAME = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,6}))?", re.ASCII)


class CountryHolidays:
    """The public holidays of one country or part of it, a year at a time; years are kept once asked for."""

    __slots__ = ("_years", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._years: dict[int, tuple[date, ...]] = {}

    def __repr__(self) -> str:
        return f"CountryHolidays({self.name!r})"

    def days(self, year: int) -> Iterable[date]:
        """The days off of one calendar year, sorted, observed ones included."""
        if year not in self._years:
            country, _, part = self.name.partition("-")
            # With its neighbours: a New Year's Day on a Saturday may be observed on 31 December.
            years = range(max(year - 1, 1), min(year + 1, 9999) + 1)
            found = _class(country)(subdiv=part or None, years=years, expand=False, observed=True)
            self._years[year] = tuple(sorted(day for day in found if day.year == year))
        return self._years[year]


@cache
def country_holidays(name: str) -> CountryHolidays:
    """The calendar of `GB-ENG`, `US`, … Raises `ValueError`, with a message for people."""
    if not _is_listed(name):
        _check(name)
    return CountryHolidays(name)


def _folder() -> Path:
    """The folder of the `holidays` package, which is not imported by this."""
    found = importlib.util.find_spec("holidays")
    if found is None or not found.submodule_search_locations:
        raise ValueError("holidays of countries need the Python package 'holidays', which is not installed")
    return Path(found.submodule_search_locations[0])


def _module_name(country: str) -> str | None:
    """`united_kingdom` for `GB`, read from the package's registry; None when it does not look as expected."""
    try:
        text = (_folder() / "registry.py").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(rf'^    "(\w+)": \(\s*"\w+",\s*"{country}"', text, re.MULTILINE)
    return found[1] if found else None


def _is_listed(name: str) -> bool:
    """Whether the package's sources name this country and part plainly. False: perhaps, ask the package."""
    shape = _NAME.fullmatch(name)
    module = _module_name(shape[1]) if shape else None
    if not shape or not module or not shape[2]:
        return module is not None
    try:
        text = (_folder() / "countries" / f"{module}.py").read_text(encoding="utf-8")
    except OSError:
        return False
    listed = re.search(r"^    subdivisions\b[^=\n]*=\s*\(([^)]*)\)", text, re.MULTILINE)
    return listed is not None and f'"{shape[2]}",' in listed[1]


def _check(name: str) -> None:
    """Raise `ValueError` with a suggestion unless the package knows `name`."""
    _folder()
    known: dict[str, list[str]] = importlib.import_module("holidays").list_supported_countries(include_aliases=False)
    from difflib import get_close_matches

    country, dash, part = name.partition("-")
    if country in known and (not dash or part in known[country]):
        return
    if country not in known:
        guess = _alias(country)
        if guess and dash:
            upper = part.upper()
            guess = f"{guess}-{upper}" if upper in known[guess] else guess
        hint = f" — did you mean {guess!r}?" if guess else ""
        raise ValueError(f"no holidays are known for {name!r}: expected a country code such as 'GB-ENG' or 'US'{hint}")
    parts = known[country]
    if not parts:
        raise ValueError(f"the holidays of {country!r} are not divided further: write {country!r}")
    upper = part.upper()
    near = [upper] if upper in parts else get_close_matches(upper, parts, 1, 0.5)
    hint = f" — did you mean '{country}-{near[0]}'?" if near else ""
    listed = ", ".join(parts[:20]) + (", …" if len(parts) > 20 else "")
    raise ValueError(f"{name!r}: {country!r} has no part {part!r}, only {listed}{hint}")


_NATIONS = {"england": "GB-ENG", "scotland": "GB-SCT", "wales": "GB-WLS", "northernireland": "GB-NIR"}


def _alias(word: str) -> str:
    """The two-letter code for another way to write a country: `gb`, `UK`, `GBR`, `United Kingdom`."""
    countries: dict[str, tuple[str, ...]] = importlib.import_module("holidays.registry").COUNTRIES
    from difflib import get_close_matches

    codes = {one.casefold(): names[1] for names in countries.values() for one in names} | _NATIONS
    near = get_close_matches(re.sub(r"[\W_]", "", word).casefold(), codes, 1, 0.75)
    return codes[near[0]] if near else ""


def _class(country: str) -> Any:
    """The class of a country's holidays, by the cheapest way that works."""
    module = _module_name(country)
    name = f"holidays.countries.{module}"
    if module and name not in sys.modules and "holidays.countries" not in sys.modules:
        try:
            return _entity(_alone(_folder() / "countries" / f"{module}.py", name), country)
        except Exception:  # noqa: BLE001 — whatever it is, the public way below is the one that must work
            sys.modules.pop(name, None)
    if module:
        return _entity(importlib.import_module(name), country)
    return getattr(importlib.import_module("holidays"), country)


def _alone(path: Path, name: str) -> ModuleType:
    """A country's module without its package, whose `__init__` imports all countries (about 50 ms)."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _entity(module: ModuleType, country: str) -> Any:
    """The class that `module` defines for `country`."""
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and getattr(value, "country", "") == country:
            return value
    raise ImportError(country)
