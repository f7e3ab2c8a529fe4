"""Before a shift begins, and when it does: who takes over from whom, and what is open."""

from __future__ import annotations

import pytest
from weeks import Weeks


def test_a_shift_that_begins_soon(weeks: Weeks) -> None:
    """An hour before, on the person's own clock, with whom they take over from; nobody else is told."""
    weeks.until("2026-06-22 06:59")
    weeks.silent()
    weeks.until("2026-06-22 07:01")
    weeks.phone("bob").expects_notice(
        "your shift begins soon: payments/primary, Mon 22 Jun 09:00 until Mon 29 Jun 09:00 (Europe/London), "
        "you take over from Alice Adams",
        "No open incidents",
        by="push",
    )
    weeks.silent()


def test_a_handoff(weeks: Weeks) -> None:
    """Both are told when it happens, with what is open and where to look at it; once."""
    weeks.until("2026-06-22 07:50")
    weeks.phone("bob").expects_notice("begins soon")
    opened = weeks.signal("disk")
    weeks.until("2026-06-22 08:00")
    line = f"critical: disk is full (triggered) https://oncall.example.com/incidents/{opened.incident_id}"
    weeks.phone("bob").expects_notice(
        "handoff: you are on call for payments/primary, Mon 22 Jun 09:00 until Mon 29 Jun 09:00 (Europe/London), "
        "you take over from Alice Adams",
        "Open incidents: 1",
        line,
    )
    weeks.phone("alice").expects_notice(
        "handoff: Bob Brown took over payments/primary from you at Mon 22 Jun 09:00", line, by="email"
    )
    weeks.passes("1h")
    weeks.silent()


def test_a_shift_is_named_in_its_persons_zone(weeks: Weeks) -> None:
    """Carol lives in New York."""
    weeks.until("2026-06-29 08:00", "5m")
    weeks.phone("carol").expects_notice("payments/primary, Mon 29 Jun 04:00 until Mon 06 Jul 04:00 (America/New_York)")


@pytest.mark.parametrize("at", ["2026-06-22 07:00", "2026-06-22 08:00"])
def test_neither_a_restart_nor_a_second_server_tells_twice(weeks: Weeks, at: str) -> None:
    """The store remembers."""
    weeks.servers.append(weeks.server())
    weeks.until(at)
    weeks.restarts()
    weeks.servers.append(weeks.server())
    weeks.passes("2m")
    weeks.phone("bob").expects_notice("begins soon")
    if at.endswith("08:00"):
        weeks.phone("bob").expects_notice("you are on call")
        weeks.phone("alice").expects_notice("Bob Brown took over")
    weeks.silent()


def test_after_an_outage_old_news_is_none(weeks: Weeks) -> None:
    """A shift that begins in ten minutes still is worth telling, one that began long ago is not."""
    weeks.until("2026-06-22 06:00")
    weeks.restarts(after="110m")
    weeks.passes("1m")
    weeks.phone("bob").expects_notice("begins soon")
    weeks.restarts(after="30m")
    weeks.passes("1h")
    weeks.silent()


def test_quiet_hours_of_a_shift_that_begins_in_them(weeks: Weeks) -> None:
    """It is told before them, and what is open after them; who had the shift before hears in the morning."""
    weeks.edits("payments", "monday 09:00", "monday 03:00")
    weeks.edits("people", "bob: {", "bob: {notices: {quiet: '22:00-07:00'}, ")
    weeks.edits("people", "alice: {", "alice: {notices: {quiet: '22:00-08:00'}, ")
    weeks.restarts()
    weeks.until("2026-06-21 20:49")
    weeks.silent()
    weeks.until("2026-06-21 20:51")
    weeks.phone("bob").expects_notice("your shift begins soon: payments/primary, Mon 22 Jun 03:00")
    weeks.until("2026-06-22 05:59")
    weeks.silent()
    weeks.until("2026-06-22 06:01")
    weeks.phone("bob").expects_notice("you are on call for payments/primary, Mon 22 Jun 03:00", "No open incidents")
    weeks.silent()
    weeks.until("2026-06-22 07:01")
    weeks.phone("alice").expects_notice("Bob Brown took over payments/primary from you at Mon 22 Jun 03:00")


def test_quiet_hours_that_end_before_the_shift(weeks: Weeks) -> None:
    """It waits until they end."""
    weeks.edits("people", "bob: {", "bob: {notices: {quiet: '22:00-08:30'}, ")
    weeks.restarts()
    weeks.until("2026-06-22 07:29")
    weeks.silent()
    weeks.until("2026-06-22 07:31")
    weeks.phone("bob").expects_notice("begins soon")


def test_somebodys_own_channels(weeks: Weeks) -> None:
    """In place of everybody's; a notice never costs anything unless somebody wants it to."""
    weeks.edits("people", "bob: {", "bob: {notices: {via: email}, ")
    weeks.until("2026-06-22 07:01")
    weeks.phone("bob").expects_notice("begins soon", by="email")


def test_nobody_takes_over(weeks: Weeks) -> None:
    """A hole is told to who leaves it, and whoever comes after it takes over from nobody."""
    weeks.edits(
        "payments", "escalation:", "overrides:\n  - {who: nobody, from: 2026-06-22, until: 2026-06-23}\nescalation:"
    )
    weeks.restarts()
    weeks.until("2026-06-22 08:01")
    weeks.phone("alice").expects_notice("nobody took over payments/primary from you")
    weeks.until("2026-06-23 08:01")
    weeks.phone("bob").expects_notice("begins soon: payments/primary, Tue 23 Jun 09:00")
    phone = weeks.phone("bob")
    assert "take over" not in phone.inbox[0][1]


def test_without_a_word_in_the_settings_nobody_is_told(weeks: Weeks) -> None:
    """Whoever wants notices writes so."""
    weeks.edits("oncall", "handoff: 1h, ", "")
    weeks.restarts()
    weeks.until("2026-06-22 09:00")
    weeks.silent()


def test_while_the_store_has_failed_there_are_no_notices(weeks: Weeks) -> None:
    """Pages go on; what was not told by then is told when the store is back, unless it is old."""
    weeks.until("2026-06-22 06:50")
    weeks.disk.broken = "full"
    weeks.signal("disk")
    weeks.until("2026-06-22 07:05")
    weeks.silent()
    weeks.disk.broken = None
    weeks.until("2026-06-22 07:10")
    weeks.phone("bob").expects_notice("begins soon")
    weeks.silent()


def test_no_list_has_notices(weeks: Weeks) -> None:
    """What remembers that somebody was told is no incident of anybody's, and turns no round robin on."""
    weeks.until("2026-06-22 08:01")
    assert len(weeks.sent) == 3
    assert weeks.store.incidents(("recorded", "resolved", "triggered")) == ()
    assert weeks.store.count("payments") == 0
