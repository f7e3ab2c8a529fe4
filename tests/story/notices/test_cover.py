"""Cover, swaps and holes: who is paged, who is told, and what an edit leaves alone. Pains 18 to 23."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from weeks import PAYMENTS, Weeks

from oncall_rota.paging.live import OverrideAsked, added, cancelled
from oncall_rota.schedule import gaps, on_call_at
from oncall_rota.timeline.interval import Interval

SWAP = "overrides:\n  - {swap: [bob, carol], from: 2026-06-22, until: 2026-07-07}\nescalation:"


def at(text: str) -> datetime:
    """`2026-06-22 12:00` in London, in June: an hour ahead of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=1)


def on(weeks: Weeks, text: str) -> list[str]:
    """Who is on call by the server's configuration at a time in London."""
    schedule = weeks.configuration().teams["payments"].schedules["primary"]
    return [each.person for each in on_call_at(schedule, at(text))]


def takes(weeks: Weeks, who: str, start: str, end: str) -> str:
    """Somebody takes the shift at once, without an edit; the id of the cover."""
    entry = json.dumps({"who": who, "from": start, "until": end})
    return added(weeks.store, OverrideAsked("payments", entry, who)).id


def test_cover_now_is_told_to_both(weeks: Weeks) -> None:
    """Pain 18: who is paged changes with the next look; who gives and who takes both know within a minute."""
    weeks.passes("5m")
    takes(weeks, "dave", "2026-06-17 13:05", "2026-06-17 15:05")
    weeks.passes("90s")
    weeks.signal("disk")
    assert weeks.sent[-1].address == "dave@example.com"
    weeks.phone("dave").expects_notice(
        "handoff: you are on call for payments/primary, Wed 17 Jun 13:05 until Wed 17 Jun"
    )
    weeks.phone("alice").expects_notice("handoff: Dave Dunn took over payments/primary from you")
    weeks.passes("5m")
    weeks.phone("dave").expects_notice("your shifts changed: payments/primary: 1 new")
    weeks.phone("alice").expects_notice("your shifts changed: payments/primary: 1 no longer yours")
    weeks.until("2026-06-17 14:07")
    weeks.phone("alice").expects_notice("your shift begins soon")
    weeks.phone("alice").expects_notice("you are on call for payments/primary")
    weeks.phone("dave").expects_notice("Alice Adams took over payments/primary from you")
    weeks.silent()


def test_an_edit_never_drops_cover(weeks: Weeks) -> None:
    """Pain 19: whatever the file becomes, cover that it does not name stands, also after a restart."""
    weeks.passes("5m")
    cover = takes(weeks, "dave", "2026-06-23 09:00", "2026-06-24 09:00")
    weeks.passes("5m")
    for edit in (
        PAYMENTS.replace("[alice, bob, carol]", "[alice, carol, bob]"),
        PAYMENTS.replace("monday 09:00", "monday 10:00"),
        PAYMENTS.replace("every: week", "every: 2 weeks"),
        PAYMENTS.replace("escalation:", "overrides:\n  - {who: bob, from: 2026-06-18, until: 2026-06-19}\nescalation:"),
        PAYMENTS,
    ):
        weeks.writes("payments", edit)
        weeks.passes("5m")
        assert on(weeks, "2026-06-23 12:00") == ["dave"]
    weeks.restarts()
    assert on(weeks, "2026-06-23 12:00") == ["dave"]
    cancelled(weeks.store, cover, "dave")
    weeks.passes("5m")
    assert on(weeks, "2026-06-23 12:00") == ["bob"]


def test_cover_is_honoured_where_the_handoff_is(weeks: Weeks) -> None:
    """Pain 20: who takes over, and from whom, is by overrides as everything is."""
    weeks.edits(
        "payments", "escalation:", "overrides:\n  - {who: dave, from: 2026-06-22, until: 2026-06-23}\nescalation:"
    )
    weeks.restarts()
    weeks.until("2026-06-22 08:01")
    weeks.phone("dave").expects_notice("begins soon: payments/primary, Mon 22 Jun 09:00 until Tue 23 Jun 09:00")
    weeks.phone("dave").expects_notice("you take over from Alice Adams")
    weeks.phone("alice").expects_notice("Dave Dunn took over")
    weeks.silent()
    weeks.until("2026-06-23 08:01")
    weeks.phone("bob").expects_notice("you take over from Dave Dunn")


def test_a_swap_follows_the_shifts(weeks: Weeks) -> None:
    """Pain 21: each has the other's turns wherever an edit moves them, both at once, without a hole or an overlap."""
    weeks.edits("payments", "escalation:", SWAP)
    weeks.restarts()
    assert (on(weeks, "2026-06-24 12:00"), on(weeks, "2026-07-01 12:00")) == (["carol"], ["bob"])
    weeks.edits("payments", "monday 09:00", "tuesday 14:00")
    weeks.edits("payments", "starting: 2026-06-15", "starting: 2026-06-16")
    weeks.passes("5m")
    assert [on(weeks, f"2026-06-{day} 13:59") for day in (23, 30)] == [["alice"], ["carol"]]
    assert [on(weeks, f"2026-06-{day} 14:00") for day in (23, 30)] == [["carol"], ["bob"]]
    team = weeks.configuration().teams["payments"]
    window = Interval(at("2026-06-22 00:00"), at("2026-07-14 00:00"))
    assert gaps(team.schedules["primary"], window) == ()


def test_nobody_for_a_day_and_the_rest_from_the_rota(weeks: Weeks) -> None:
    """Pain 22: a vacant day is said, a partial plan leaves the other hours as they are, and both are told to people."""
    weeks.passes("5m")
    plan = "overrides:\n  - {who: nobody, from: 2026-06-25, through: 2026-06-25}\n"
    plan += "  - {who: carol, from: 2026-06-23 18:00, until: 2026-06-23 22:00}\nescalation:"
    weeks.edits("payments", "escalation:", plan)
    weeks.passes("5m")
    assert on(weeks, "2026-06-25 12:00") == []
    assert [on(weeks, f"2026-06-23 {hour}:00") for hour in (17, 18, 21, 22)] == [["bob"], ["carol"], ["carol"], ["bob"]]
    assert on(weeks, "2026-06-26 12:00") == ["bob"]
    weeks.phone("bob").expects_notice(
        "2 no longer yours",
        "no longer yours: payments/primary, Tue 23 Jun 18:00 until Tue 23 Jun 22:00",
        "no longer yours: payments/primary, Thu 25 Jun 00:00 until Fri 26 Jun 00:00",
    )
    weeks.phone("carol").expects_notice("1 new")
    weeks.silent()


def test_every_change_of_the_files_is_told_to_whom_it_moves(weeks: Weeks) -> None:
    """Pain 23: an order, a handoff, an absence in people.yaml, cover and its end; nobody is left to find out."""
    weeks.edits("oncall", "handoff: 1h, ", "")
    weeks.passes("5m")
    weeks.edits("payments", "[alice, bob, carol]", "[alice, carol, bob]")
    weeks.passes("5m")
    weeks.phone("bob").expects_notice("new and")
    weeks.phone("carol").expects_notice("new and")
    weeks.silent()
    weeks.edits("people", "carol: {", "carol: {away: [{from: 2026-06-24, through: 2026-06-25, cover: dave}], ")
    weeks.passes("5m")
    weeks.phone("carol").expects_notice("1 no longer yours")
    weeks.phone("dave").expects_notice("1 new", "now yours: payments/primary, Wed 24 Jun 00:00 until Fri 26 Jun 00:00")
    weeks.silent()
    weeks.edits("payments", "monday 09:00", "monday 10:00")
    weeks.passes("5m")
    for who in ("alice", "bob", "carol"):
        weeks.phone(who).expects_notice("your shifts changed")
    weeks.silent()
