"""The configuration changes while an incident is open (F-20): nobody gets stuck, nothing goes silent."""

from __future__ import annotations

from fake_phones import Field, person, step


def test_a_person_who_is_removed_keeps_the_pages_of_the_step_in_flight(field: Field) -> None:
    """The step is what it was when it began; the next one is by the new configuration, and their answer counts."""
    field.escalates(step("grace"), step("grace"), step("dave"))
    field.opens()
    field.phone("grace").expects_push()
    del field.people["grace"]
    field.fast_forward("2m")
    field.phone("grace").expects_sms()
    field.fast_forward("2m")
    field.phone("grace").expects_call()
    field.fast_forward("1m")
    field.phone("dave").expects_push("no channel reaches grace")
    field.phone("grace").acknowledges()
    assert field.incident.acknowledged_by == "grace"
    field.phone("dave").expects_notice("acknowledged by grace")


def test_a_contact_that_is_emptied_is_not_used_in_the_next_step(field: Field) -> None:
    """By the rules that hold when the step starts."""
    field.escalates(step("grace"), step("grace"))
    field.people["grace"] = person("grace", "0m push sms")
    field.opens()
    field.phone("grace").expects_push()
    field.phone("grace").expects_sms()
    field.people["grace"] = person("grace", "0m push sms", without="push")
    field.fast_forward("5m")
    field.phone("grace").expects_sms("step 2")


def test_a_team_that_is_renamed_hands_its_open_incident_to_the_last_resort(field: Field) -> None:
    """Nobody knows any more whose it is, and that is said."""
    field.people["alice"] = person("alice", "0m push")
    field.opens()
    field.phone("alice").expects_push()
    field.teams["money"] = field.teams.pop("payments")
    field.fast_forward("5m")
    field.says("unknown-team", "payments")
    field.phone("olga").expects_push("last resort")


def test_a_policy_that_becomes_shorter_goes_on_with_the_next_round(field: Field) -> None:
    """The incident stood in a step that is gone."""
    field.people = {name: person(name, "0m push") for name in field.people}
    field.escalates(step("alice"), step("bob"), step("carol"), repeat=1)
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.phone("bob").expects_push()
    field.fast_forward("5m")
    field.phone("carol").expects_push()
    field.escalates(step("dave"), repeat=1)
    field.fast_forward("5m")
    field.phone("dave").expects_push("step 1")
    field.fast_forward("5m")
    field.phone("olga").expects_push("last resort")


def test_a_policy_that_becomes_longer_is_not_begun_in_its_middle(field: Field) -> None:
    """The last resort is being told, and goes on."""
    field.people = {name: person(name, "0m push") for name in field.people}
    field.escalates(step("alice"))
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.phone("olga").expects_push()
    field.escalates(step("alice"), step("bob"), step("carol"))
    field.fast_forward("5m")
    field.phone("olga").expects_push()


def test_a_severity_that_is_switched_off_does_not_silence_what_is_open(field: Field) -> None:
    """`error: none` from now on; the open one goes to the last resort."""
    field.people["alice"] = person("alice", "0m push")
    field.escalates(step(field.primary), step(field.secondary), severity="error")
    field.opens(severity="error")
    field.phone("alice").expects_push()
    field.escalates(severity="error")
    field.fast_forward("5m")
    field.phone("olga").expects_push("last resort")


def test_a_last_resort_that_is_written_later_is_told(field: Field) -> None:
    """Within the hour."""
    field.resort = None
    field.people["alice"] = person("alice", "0m push")
    field.escalates(step("alice"))
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.alarms("there is no last resort")
    field.last_resort("5m", "olga")
    field.fast_forward("1h")
    field.phone("olga").expects_push("last resort")
    field.phone("olga").acknowledges()


def test_a_handoff_that_an_override_moves_holds_from_the_next_step_on(field: Field) -> None:
    """Carol takes over while alice's phone rings; the second step asks anew."""
    from fake_phones import rota

    field.people["alice"] = person("alice", "0m push")
    field.escalates(step(field.primary), step(field.primary))
    field.opens()
    field.phone("alice").expects_push()
    moved = rota("primary", "carol")
    field.escalates(step(moved), step(moved))
    field.fast_forward("5m")
    field.phone("carol").expects_push("step 2")
