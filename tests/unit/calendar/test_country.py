"""Public holidays by country."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from oncall_rota.calendar import country_holidays


def test_england_in_2026() -> None:
    """Boxing Day 2026 is a Saturday: the Monday after is a day off as well."""
    assert [f"{day:%m-%d}" for day in country_holidays("GB-ENG").days(2026)] == [
        "01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-26", "12-28",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "day", "off"),
    [
        ("US", "2026-07-03", True),  # the Fourth is a Saturday
        ("US", "2021-12-31", True),  # New Year's Day 2022 is a Saturday: observed in the year before
        ("US", "2026-03-31", False),
        ("US-CA", "2026-03-31", True),  # Cesar Chavez Day
        ("DE", "2026-01-06", False),
        ("DE-BY", "2026-01-06", True),  # Epiphany
        ("GB-SCT", "2026-11-30", True),  # St Andrew's Day
        ("GB-ENG", "2022-09-19", True),  # the funeral of Elizabeth II
        ("SH", "2026-12-25", True),
        ("GG", "2026-05-11", False),
    ],
)
def test_a_day(name: str, day: str, off: bool) -> None:
    """Observed days count, in the year in which they fall."""
    assert (date.fromisoformat(day) in country_holidays(name).days(int(day[:4]))) is off


@pytest.mark.parametrize("name", ["GB-ENG", "US-CA", "DE-BY", "FR", "JP", "AU-NSW", "CH-ZH", "CA-QC", "JE"])
def test_the_short_way_gives_what_the_package_gives(name: str) -> None:
    """A country's module loaded alone has the same days as the package's public function."""
    import holidays

    country, _, part = name.partition("-")
    for year in (1999, 2020, 2026, 2037):
        wanted = holidays.country_holidays(country, subdiv=part or None, years=[year - 1, year, year + 1])
        assert list(country_holidays(name).days(year)) == sorted(day for day in wanted if day.year == year)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("UK", "'GB'"),
        ("UK-ENG", "'GB-ENG'"),
        ("gb-eng", "'GB-ENG'"),
        ("GBR", "'GB'"),
        ("United Kingdom", "'GB'"),
        ("Gremany", "'DE'"),
        ("GB-EN", "'GB-ENG'"),
        ("US-ca", "'US-CA'"),
    ],
)
def test_did_you_mean(name: str, hint: str) -> None:
    """A name that is nearly right is answered with the right one."""
    with pytest.raises(ValueError, match="did you mean " + hint):
        country_holidays(name)


@pytest.mark.parametrize("name", ["", "-", "XX", "GB-", "GG-X", "US\n", "../x", "GB-ENG ", "Ünited", "GB-" + "X" * 999])
def test_unknown_names(name: str) -> None:
    """Whatever it is, it is an error with a message."""
    with pytest.raises(ValueError, match=r".{20}"):
        country_holidays(name)


@pytest.mark.parametrize("language", ["de_DE.UTF-8", "th_TH.UTF-8", "C"])
def test_the_language_of_the_machine_changes_nothing(language: str) -> None:
    """And a known name is checked without importing the package; days are found without all countries."""
    code = (
        "import sys; from oncall_rota.calendar import country_holidays as c; a = c('GB-ENG');"
        "print('holidays' in sys.modules, len(a.days(2026)), 'holidays.countries' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"LANGUAGE": language, "LANG": language, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False 9 False\n"


def test_when_the_sources_look_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # noqa: ANN001
    """A package laid out in another way is asked through its public functions."""
    from oncall_rota.calendar import country

    monkeypatch.setattr(country, "_folder", lambda: tmp_path)
    assert len(country.CountryHolidays("GB-ENG").days(2026)) == 9
    country._check("GB-ENG")
    with pytest.raises(ValueError, match="GB-ENG"):
        country._check("GB-EN")
