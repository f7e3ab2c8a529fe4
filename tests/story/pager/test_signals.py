"""What a monitor may say beside that something is wrong: it is over, somebody has it, something to write down."""

from __future__ import annotations

from datetime import timedelta

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
