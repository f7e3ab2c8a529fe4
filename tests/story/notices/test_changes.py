"""Whose shifts a change of the files moves is told: once, when it has settled, and never because time passes."""

from __future__ import annotations

import pytest
from weeks import PAYMENTS, Weeks

from oncall_rota.paging.ports.store import StoreFailed

SWAP = "overrides:\n  - {swap: [bob, carol], from: 2026-06-22 09:00, until: 2026-07-06 09:00}\nescalation:"
COVER = "overrides:\n  - {who: carol, from: 2026-06-23 09:00, until: 2026-06-24 09:00}\nescalation:"


@pytest.fixture
def weeks(weeks: Weeks) -> Weeks:
    """Changes alone are told."""
    weeks.edits("oncall", "handoff: 1h, ", "")
    weeks.passes("5m")
    weeks.silent()
    return weeks


def test_my_future_shifts_changed(weeks: Weeks) -> None:
    """Both are told on their own clocks what came and what went; nobody else is."""
    weeks.edits("payments", "escalation:", COVER)
    weeks.passes("5m")
    weeks.phone("bob").expects_notice(
        "your shifts changed: payments/primary: 1 no longer yours (Europe/London)",
        "no longer yours: payments/primary, Tue 23 Jun 09:00 until Wed 24 Jun 09:00",
        by="push",
    )
    weeks.phone("carol").expects_notice(
        "your shifts changed: payments/primary: 1 new (America/New_York)",
        "now yours: payments/primary, Tue 23 Jun 04:00 until Wed 24 Jun 04:00",
    )
    weeks.passes("1h")
    weeks.restarts()
    weeks.passes("1h")
    weeks.silent()


def test_each_change_is_told_and_its_return_too(weeks: Weeks) -> None:
    """The same change made twice is told twice."""
    for _ in range(2):
        weeks.edits("payments", "escalation:", SWAP)
        weeks.passes("5m")
        weeks.phone("bob").expects_notice(
            "1 new and 1 no longer yours", "now yours: payments/primary, Mon 29 Jun 09:00"
        )
        weeks.phone("carol").expects_notice("1 new and 1 no longer yours")
        weeks.writes("payments", PAYMENTS)
        weeks.passes("5m")
        weeks.phone("bob").expects_notice(
            "1 new and 1 no longer yours", "now yours: payments/primary, Mon 22 Jun 09:00"
        )
        weeks.phone("carol").expects_notice("1 new and 1 no longer yours")
        weeks.silent()


def test_edits_of_some_minutes_are_one_change(weeks: Weeks) -> None:
    """Whoever edits again within two minutes is not done; what was taken back is not told at all."""
    weeks.edits("payments", "escalation:", SWAP)
    weeks.passes("1m")
    weeks.writes("payments", PAYMENTS)
    weeks.passes("1m")
    weeks.edits("payments", "escalation:", COVER)
    weeks.passes("1m")
    weeks.silent()
    weeks.passes("3m")
    weeks.phone("bob").expects_notice("1 no longer yours")
    weeks.phone("carol").expects_notice("1 new")
    weeks.edits("payments", COVER, SWAP)
    weeks.passes("1m")
    weeks.edits("payments", SWAP, COVER)
    weeks.passes("10m")
    weeks.silent()


def test_whoever_edits_without_end_keeps_nobody_waiting(weeks: Weeks) -> None:
    """After ten minutes it is told as it is."""
    weeks.edits("payments", "escalation:", COVER)
    for number in range(11):
        weeks.edits("payments", "team: payments", f"# {number}\nteam: payments")
        weeks.passes("1m")
    weeks.phone("bob").expects_notice("1 no longer yours")
    weeks.phone("carol").expects_notice("1 new")


def test_time_that_passes_moves_nothing(weeks: Weeks) -> None:
    """Nothing in half a year, over a change of clocks and with restarts."""
    for _ in range(26):
        weeks.passes("7d", "6h")
        weeks.restarts()
        weeks.passes("5m")
    weeks.silent()


def test_a_change_beyond_the_weeks_is_not_told(weeks: Weeks) -> None:
    """Nor later, when it comes nearer."""
    weeks.edits("payments", "escalation:", COVER.replace("2026-06", "2026-08"))
    weeks.passes("5m")
    weeks.silent()
    weeks.passes("30d", "6h")
    weeks.silent()


def test_what_changed_while_no_server_ran_is_told_when_one_does(weeks: Weeks) -> None:
    """What people know is kept."""
    weeks.close()
    weeks.edits("payments", "escalation:", COVER)
    weeks.clock.at += weeks.clock.at - weeks.clock.at.replace(hour=9)
    weeks.starts()
    weeks.passes("5m")
    weeks.phone("bob").expects_notice("1 no longer yours")
    weeks.phone("carol").expects_notice("1 new")
    weeks.silent()


def test_two_servers_tell_it_once(weeks: Weeks) -> None:
    """Each looks for itself."""
    weeks.servers.append(weeks.server())
    weeks.passes("1m")
    weeks.edits("payments", "escalation:", SWAP)
    weeks.passes("10m")
    weeks.phone("bob").expects_notice("1 new and 1 no longer yours")
    weeks.phone("carol").expects_notice("1 new and 1 no longer yours")
    weeks.silent()


def test_who_joins_is_told_of_all_their_shifts(weeks: Weeks) -> None:
    """And whoever had them, that they have not."""
    dated = PAYMENTS.replace("people: [alice, bob, carol]", "people: [alice, dave, carol]")
    weeks.writes("payments", dated)
    weeks.passes("5m")
    weeks.phone("dave").expects_notice("payments/primary: 3 new", "now yours: payments/primary, Mon 22 Jun 09:00")
    weeks.phone("bob").expects_notice("payments/primary: 3 no longer yours")
    weeks.silent()


def test_a_change_waits_for_the_end_of_quiet_hours(weeks: Weeks) -> None:
    """Unless it moves a shift that begins before: then it is told at once."""
    for who in ("bob", "carol"):
        weeks.edits("people", f"{who}: {{", f"{who}: {{notices: {{quiet: '22:00-07:00'}}, ")
    weeks.until("2026-06-18 21:30", "5m")
    weeks.edits("payments", "escalation:", COVER)
    weeks.passes("5m")
    weeks.phone("carol").expects_notice("1 new")  # in New York it is afternoon
    weeks.until("2026-06-19 05:59", "1m")
    weeks.silent()
    weeks.until("2026-06-19 06:01")
    weeks.phone("bob").expects_notice("1 no longer yours")
    weeks.silent()
    weeks.until("2026-06-19 23:00", "5m")
    weeks.edits("payments", COVER, COVER.replace("- {who: carol, from: 2026-06-23 09:00, until: 2026-06-24 09:00}",
                "- {who: bob, from: 2026-06-20 03:00, until: 2026-06-20 09:00}"))  # fmt: skip
    weeks.passes("5m")
    weeks.phone("bob").expects_notice("2 new", "now yours: payments/primary, Sat 20 Jun 03:00")
    weeks.phone("carol").expects_notice("1 no longer yours")


def test_a_mistake_in_a_file_moves_nobody(weeks: Weeks) -> None:
    """The last good version holds, and nobody is told that their shifts are gone."""
    weeks.writes("payments", PAYMENTS.replace("every: week", "every: blue moon"))
    weeks.passes("30m")
    weeks.silent()
    weeks.writes("payments", PAYMENTS)
    weeks.passes("30m")
    weeks.silent()


def test_a_store_that_fails_meanwhile_loses_no_notice(weeks: Weeks) -> None:
    """What could not be told is told when it is back."""
    weeks.edits("payments", "escalation:", COVER)
    weeks.passes("1m")
    weeks.disk.broken = "full"
    with pytest.raises(StoreFailed):
        weeks.store.put("x", "y")
    weeks.signal("disk")
    weeks.passes("10m")
    weeks.silent()
    weeks.disk.broken = None
    weeks.passes("5m")
    weeks.phone("bob").expects_notice("1 no longer yours")
    weeks.phone("carol").expects_notice("1 new")
    weeks.silent()
