"""What was written is recalled as it was written, and only then."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall_rota.paging.incident import RESOLVED, Incident
from oncall_rota.paging.saved import Recalled, row_of

NIGHT = datetime(2026, 11, 21, 3, tzinfo=UTC)
FIRE = Incident("a1", "payments", "critical", "disk full", NIGHT, pages=2)


def test_an_incident_is_recalled_as_it_was_written() -> None:
    """Without reading its text again."""
    recalled, row = Recalled(), row_of(FIRE, 3, "prod-am", "disk")
    recalled.keep(row, FIRE)
    assert recalled.incident(row) is FIRE


@pytest.mark.parametrize("change", [{"version": 4}, {"data": '{"summary":"disk full","pages":3}'}, {"team": "search"}])
def test_what_another_server_wrote_is_read(change: dict[str, object]) -> None:
    """Even under the same version, as after a restore."""
    recalled, row = Recalled(), row_of(FIRE, 3, "prod-am", "disk")
    recalled.keep(row, FIRE._replace(summary="as it was"))
    assert recalled.incident(row._replace(**change)).summary == "disk full"  # type: ignore[arg-type]


def test_only_open_ones_are_recalled_and_not_without_end() -> None:
    """The oldest is forgotten first."""
    recalled = Recalled(most=2)
    rows = [row_of(FIRE._replace(id=name), 1, "prod-am", name) for name in ("a1", "a2", "a3")]
    for row in rows:
        recalled.keep(row, FIRE._replace(id=row.id, summary="recalled"))
    assert [recalled.incident(row).summary for row in rows] == ["disk full", "recalled", "recalled"]
    recalled.keep(rows[1], FIRE._replace(id="a2", status=RESOLVED))
    assert recalled.incident(rows[1]).summary == "disk full"
