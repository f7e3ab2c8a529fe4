"""What a monitor may say beside that something is wrong: it is over, somebody has it, something to write down."""

from __future__ import annotations

from datetime import timedelta

from fake_phones import OFFICE, at, step
from night import Night

from oncall_rota.paging.signal import Accepted, Signal

SAYS = Signal("prod-am", "disk", "", "note")


def causes(night: Night, incident_id: str) -> list[tuple[str, str, str]]:
    """The audit of an incident."""
    return [(row.kind, row.cause, row.actor) for row in night.store.audit(incident_id)]


def test_an_acknowledgement_in_the_monitor_stops_the_pages(night: Night) -> None:
    """Whoever has it there has it here; who that is, only the monitor knows."""
    opened = night.signal()
    taken = SAYS._replace(kind="acknowledge")
    assert night.takes(taken) == Accepted("acknowledged", opened.incident_id)
    night.passes("29m")
    assert night.channels_to("alice") == ["push"]
    assert causes(night, opened.incident_id)[-1] == ("acknowledged", "by prod-am, prod-am", "prod-am")


def test_it_is_asked_about_again_when_the_time_for_it_is_over(night: Night) -> None:
    """Nobody reaches a monitor: step 1 is paged."""
    night.signal()
    night.takes(SAYS._replace(kind="acknowledge"))
    night.passes("30m")
    assert night.channels_to("alice") == ["push", "push"]
    assert "prod-am acknowledged it, and it is still open" in night.to("alice")[-1].message.lines[0]


def test_an_acknowledgement_for_a_time_is_over_then(night: Night) -> None:
    """Snoozed in the monitor."""
    opened = night.signal()
    until_at = night.clock.at + timedelta(hours=2)
    assert night.takes(SAYS._replace(kind="acknowledge", until_at=until_at)).what == "acknowledged"
    night.passes("1h59m")
    assert night.channels_to("alice") == ["push"]
    night.passes("1m")
    assert night.channels_to("alice") == ["push", "push"]
    late = night.takes(SAYS._replace(kind="acknowledge", until_at=until_at))
    assert late == Accepted("ignored", opened.incident_id)


def test_an_acknowledgement_that_comes_second_is_written_down(night: Night) -> None:
    """Every signal has a row."""
    opened = night.signal()
    night.acknowledges("alice", opened.incident_id)
    assert night.takes(SAYS._replace(kind="acknowledge")) == Accepted("ignored", opened.incident_id)
    assert causes(night, opened.incident_id)[-1] == ("ignored", "acknowledged by alice already", "prod-am")


def test_a_note_is_a_remark_of_the_source(night: Night) -> None:
    """On one line, however it came."""
    opened = night.signal()
    assert night.takes(SAYS._replace(summary="deploy 42\x1b[31m\nis out")) == Accepted("noted", opened.incident_id)
    assert causes(night, opened.incident_id)[-1] == ("remark", "deploy 42 [31m is out", "prod-am")


def test_what_is_about_nothing_open_is_ignored_with_a_row(night: Night) -> None:
    """Accepted, so that no sender tries again, and found in the audit."""
    night.takes(SAYS._replace(kind="acknowledge"))
    night.takes(SAYS._replace(kind="resolve"))
    night.takes(SAYS._replace(summary="deploy 42"))
    night.takes(SAYS)
    rows = night.disk._store._rows("SELECT kind, cause, actor, incident_id FROM audit ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("ignored", "an acknowledgement of what is not open", "prod-am", None),
        ("ignored", "the end of what is not open", "prod-am", None),
        ("ignored", "deploy 42", "prod-am", None),
        ("ignored", "(no text)", "prod-am", None),
    ]


def test_why_a_signal_came_here_is_in_the_audit(night: Night) -> None:
    """Which route took it."""
    opened = night.signal(cause="route 3")
    assert causes(night, opened.incident_id)[0] == ("opened", "by prod-am, route 3", "prod-am")


# -- a repeat that says more


WARNING = Signal("prod-am", "disk", "disk 80 % full", team="payments", severity="warning")
CRITICAL = WARNING._replace(severity="critical", summary="disk 99 % full", lines=("host db1",))


def warns_in_office_hours(night: Night) -> None:
    """A warning waits for the morning; a critical one does not."""
    night.field.escalates(step(night.field.primary), severity="warning", hours=OFFICE)
    night.clock.at = at("2026-06-17 22:00")


def test_what_is_graver_by_now_is_paged_now(night: Night) -> None:
    """The rules of one alert for 80 and for 99 % are one group for Alertmanager: it must not sleep till morning."""
    warns_in_office_hours(night)
    opened = night.takes(WARNING)
    assert night.row(opened.incident_id).status == "held"
    assert night.takes(CRITICAL) == Accepted("merged", opened.incident_id)
    (sent,) = night.to("alice")
    assert (sent.message.severity, sent.message.summary) == ("critical", "disk 99 % full")
    assert sent.message.lines == ("step 1: warning became critical", "host db1")
    assert night.row(opened.incident_id).severity == "critical"
    assert ("graver", "warning became critical", "prod-am") in causes(night, opened.incident_id)


def test_it_goes_through_the_graver_policy_from_the_start(night: Night) -> None:
    """Though the other had begun; and only once."""
    night.field.escalates(step(night.field.secondary, "1h"), severity="warning")
    night.takes(WARNING)
    assert [each.address for each in night.sent] == ["bob/push"]
    for _ in range(3):
        night.takes(CRITICAL)
    assert [each.address for each in night.sent] == ["bob/push", "alice/push"]
    night.passes("4m")
    assert night.channels_to("alice") == ["push", "sms", "call"]


def test_whoever_took_the_lesser_is_paged_too(night: Night) -> None:
    """They said that they have a warning; nobody has said that about this."""
    night.field.escalates(step(night.field.secondary, "1h"), severity="warning")
    opened = night.takes(WARNING)
    night.acknowledges("bob", opened.incident_id)
    night.takes(CRITICAL)
    assert {each.address for each in night.sent[1:] if each.message.kind == "page"} == {"alice/push", "bob/push"}
    assert night.row(opened.incident_id).status == "triggered"
    why = "warning became critical, and bob acknowledged the lesser"
    assert ("graver", why, "prod-am") in causes(night, opened.incident_id)


def test_what_is_less_grave_by_now_changes_nothing(night: Night) -> None:
    """Nor does what is as grave, or has a severity that nobody knows, which is critical."""
    opened = night.takes(CRITICAL)
    for severity in ("warning", "critical", "odd"):
        night.takes(WARNING._replace(severity=severity))
    assert night.channels_to("alice") == ["push"]
    assert night.row(opened.incident_id).severity == "critical"
    assert not [row for row in causes(night, opened.incident_id) if row[0] == "graver"]


def test_what_is_graver_may_have_to_wait_as_well(night: Night) -> None:
    """Till its own hours, or till its own hold is over."""
    night.field.escalates(step(night.field.primary), severity="error", hours=OFFICE)
    warns_in_office_hours(night)
    opened = night.takes(WARNING)
    morning = night.row(opened.incident_id).next_action_at
    night.takes(CRITICAL._replace(severity="error"))
    assert (night.row(opened.incident_id).status, night.row(opened.incident_id).next_action_at) == ("held", morning)
    night.takes(CRITICAL._replace(hold=timedelta(minutes=5)))
    assert night.sent == []
    night.passes("5m")
    assert night.channels_to("alice") == ["push"]


def test_a_hold_that_was_shortened_ends(night: Night) -> None:
    """Maintenance was ended, and it still fires; a repeat with the same hold does not make it longer or shorter."""
    opened = night.takes(CRITICAL._replace(hold=timedelta(hours=3)))
    night.passes("1m")
    due = night.row(opened.incident_id).next_action_at
    night.takes(CRITICAL._replace(hold=timedelta(hours=3)))
    assert night.row(opened.incident_id).next_action_at == due
    night.takes(CRITICAL)
    assert night.channels_to("alice") == ["push"]


def test_what_no_route_leads_anywhere_reaches_the_last_resort(night: Night) -> None:
    """A team of a name that no team can have."""
    opened = night.takes(Signal("prod-am", "disk", "disk full", team="unknown team"))
    (sent,) = night.sent
    assert (sent.address, sent.message.team) == ("olga/push", "unknown team")
    assert "unknown-team" in {kind for kind, _, _ in causes(night, opened.incident_id)}


def test_who_has_to_know_the_incident_before_there_is_an_answer_names_it(night: Night) -> None:
    """So its pages have the ids that they would have from anybody else; a repeat is merged, under whatever name."""
    named = Signal("cli", "k", "please call", team="payments", incident_id="00000000000000aa")
    assert night.takes(named) == Accepted("opened", "00000000000000aa")
    assert [page.id for page in night.pages("00000000000000aa")] == ["00000000000000aa-1"]
    assert night.takes(named) == Accepted("merged", "00000000000000aa")
    assert night.takes(named._replace(incident_id="00000000000000ab")) == Accepted("merged", "00000000000000aa")


def test_a_name_that_is_taken_or_none_is_passed_over(night: Night) -> None:
    """Two incidents of one id would be one."""
    named = Signal("cli", "k", "please call", team="payments", incident_id="00000000000000aa")
    night.takes(named)
    night.resolves("alice", "00000000000000aa")
    for wanted in ("00000000000000aa", "00000000000000A1", "x", "00000000000000aa\n"):
        opened = night.takes(named._replace(key=f"of {wanted!r}", incident_id=wanted))
        assert (opened.what, opened.incident_id != wanted) == ("opened", True), wanted
