"""A folder of which one file was edited, read in part: as if it had been read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oncall_rota.config.edited import changed, edited
from oncall_rota.config.footprint import footprint
from oncall_rota.config.view import View, view
from oncall_rota.notifiers.registry import declared
from oncall_rota.schedule.model import Schedule, Team

PEOPLE = "alice: {name: Alice, email: a@example.com}\nbob: {name: Bob, email: b@example.com}\n"
SETTINGS = "notifiers: {email: {type: smtp, to: email, host: mx, from: oncall@example.com}}\n"
TEAM = (
    "team: {}\ntimezone: Europe/London\n"
    "rotation: {{people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}}\n"
)
PAYMENTS = TEAM.format("payments")
SEARCH = TEAM.format("search") + "services: {web: {to: payments/primary, from: 2027-01-01, handover: 2w}}\n"
FOLDER = {
    "oncall.yaml": SETTINGS,
    "people.yaml": PEOPLE,
    "payments.yaml": PAYMENTS,
    "payments.overrides.yaml": "- {who: bob, from: 2026-06-01 09:00, until: 2026-06-02 09:00}\n",
    "pages.yaml": TEAM.format("pages") + "escalation: [{notify: payments/primary, wait: 5m}]\n",
    "borrows.yaml": "team: borrows\ntimezone: UTC\nrotation: {schedule: payments/primary}\n",
    "again.yaml": "team: again\ntimezone: UTC\nrotation: {schedule: borrows/primary}\n",
    "alone.yaml": TEAM.format("alone"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Teams that borrow, page, and are paged."""
    for name, text in FOLDER.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def seen_after(folder: Path, **files: str) -> tuple[View, View | None]:
    """The folder read whole after these edits, and in part."""
    before, at = view(folder, declared()), footprint(folder)
    assert not before.errors
    for name, text in files.items():
        (folder / f"{name.replace('__', '.')}.yaml").write_text(text)
    names = changed(at, footprint(folder))
    return view(folder, declared()), edited(before, names, folder, declared())


def spelt(value: Any) -> Any:
    """A model by what it says, and not by which object it is; what the engine has worked out is left out."""
    if isinstance(value, Team | Schedule):
        names = [name for name in type(value).__slots__ if name not in ("plan", "leader", "followers")]
        return [type(value).__name__, *[spelt(getattr(value, name)) for name in names]]
    if isinstance(value, dict):
        return {name: spelt(each) for name, each in value.items()}
    return [spelt(each) for each in value] if isinstance(value, tuple | list) else value


def shown(seen: View) -> tuple[object, ...]:
    """What a view says, whatever the order."""
    catalog = seen.catalog
    return (
        spelt(catalog.teams),
        catalog.people,
        {*catalog.names},
        catalog.borrowed,
        dict(catalog.paged),
        dict(seen.files),
    )


@pytest.mark.parametrize(
    "files",
    [
        {"payments": PAYMENTS.replace("[alice]", "[bob]")},
        {"payments": f"# said again\n{PAYMENTS}"},
        {"payments__overrides": "- {who: bob, from: 2026-07-01 09:00, until: 2026-07-02 09:00}\n"},
        {"pages": TEAM.format("pages")},
        {"alone": TEAM.format("alone") + "escalation: [{notify: pages/primary, wait: 5m}]\n"},
        {"borrows": TEAM.format("borrows"), "alone": TEAM.format("alone").replace("alice", "bob")},
    ],
    ids=" ".join,
)
def test_a_good_edit_is_as_if_all_had_been_read(folder: Path, files: dict[str, str]) -> None:
    """Whoever borrows from the team, or pages it, has its new schedule."""
    whole, part = seen_after(folder, **files)
    assert part is not None
    assert shown(part) == shown(whole)


def test_other_teams_are_the_same_objects(folder: Path) -> None:
    """So whatever was worked out about them is still good."""
    before = view(folder, declared())
    (folder / "payments.yaml").write_text(PAYMENTS.replace("[alice]", "[bob]"))
    part = edited(before, {"payments.yaml"}, folder, declared())
    assert part is not None
    kept = {name for name, team in part.catalog.teams.items() if team is before.catalog.teams[name]}
    assert kept == {"alone"}


@pytest.mark.parametrize(
    "files",
    [
        {"payments": PAYMENTS.replace("week", "weak")},
        {"payments": ""},
        {"people": PEOPLE.replace("Bob", "Robert")},
        {"oncall": SETTINGS.replace("mx", "mail")},
        {"more": TEAM.format("more")},
        {"payments": PAYMENTS.replace("rotation", "other")},
    ],
    ids=["mistake", "empty", "people", "settings", "new", "key"],
)
def test_what_concerns_all_is_read_whole(folder: Path, files: dict[str, str]) -> None:
    """Mistakes, too: their neighbours' names, and what was good before, are weighed there."""
    assert seen_after(folder, **files)[1] is None
