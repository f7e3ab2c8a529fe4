"""Budgets and bundles: a storm is told in few messages, and nobody is left out of them."""

from __future__ import annotations

import gc

from fake_phones import person, rota, step
from night import Night

from oncall_rota.paging.model import Wishes
from oncall_rota.paging.office import StoreOffice
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.signal import Signal
from oncall_rota.timeline.duration import parse


def storm(night: Night, count: int) -> list[str]:
    """So many new incidents at once."""
    return [night.signal(f"key{number}").incident_id for number in range(count)]


def only_sms(night: Night) -> None:
    """Alice is reached by SMS alone, three at once and one a minute."""
    night.field.people["alice"] = person("alice", "0m sms", without="push call email")
    night.limits("sms", 3, "1m")


def test_the_first_pages_go_at_once_and_the_rest_in_one_bundle_within_a_minute(night: Night) -> None:
    """Ten incidents: three messages now, one for the other seven."""
    only_sms(night)
    storm(night, 10)
    assert night.channels_to("alice") == ["sms"] * 3
    night.passes("1m")
    sent = night.to("alice")
    assert len(sent) == 4
    assert sent[-1].message.summary.startswith("7 incidents: ")
    assert len(sent[-1].message.lines) == 7


def test_a_bundle_is_not_late_by_the_tick_that_finds_it(night: Night) -> None:
    """Within a minute is when it is handed over: the wait leaves room for a tick, a commit and the send."""
    only_sms(night)
    storm(night, 10)
    night.passes("58s")
    assert len(night.to("alice")) == 4


def test_every_incident_of_a_bundle_tells_of_it_in_its_own_audit(night: Night) -> None:
    """Also when the page that waited longest is needed no more."""
    only_sms(night)
    opened = storm(night, 10)
    night.resolves("alice", opened[3])
    night.passes("1m")
    assert night.to("alice")[-1].message.summary.startswith("6 incidents: ")
    told = {name: [row.kind for row in night.store.audit(name)].count("bundled") for name in opened}
    assert told == {name: int(number > 3) for number, name in enumerate(opened)}


def test_the_code_of_a_bundle_means_all_that_it_names(night: Night) -> None:
    """One answer takes seven incidents."""
    only_sms(night)
    opened = storm(night, 10)
    night.passes("1m")
    office = StoreOffice(night.store, night.pager.take)  # type: ignore[arg-type]
    assert {row.id for row in office.meant(night.to("alice")[-1].message.code)} == set(opened[3:])
    assert [row.id for row in office.meant(night.to("alice")[0].message.code)] == opened[:1]


def test_what_costs_nothing_goes_at_once(night: Night) -> None:
    """The mail that was due in ten minutes comes now, as the SMS has to wait."""
    night.field.people["alice"] = person("alice", "0m sms", "4m email")
    night.limits("sms", 1, "1m")
    storm(night, 3)
    assert night.channels_to("alice") == ["sms", "email", "email"]


def test_who_got_it_otherwise_waits_for_the_budget(night: Night) -> None:
    """Fifteen calls an hour stay fifteen an hour when every incident has come by mail."""
    night.field.people["alice"] = person("alice", "0m call", "4m email")
    night.field.escalates(step(night.field.primary, "2h"))
    night.limits("call", 3, "4m")
    for number in range(60):
        night.signal(f"key{number}")
        night.passes("1m")
    assert night.channels_to("alice").count("email") == 60
    assert night.channels_to("alice").count("call") <= 3 + 15


def test_who_got_one_of_two_otherwise_does_not_wait_for_both(night: Night) -> None:
    """The mail about the second was refused: its call comes within a minute, and names both."""
    night.field.people["alice"] = person("alice", "0m call", "4m email")
    night.field.escalates(step(night.field.primary, "2h"))
    night.limits("call", 1, "30m")
    night.signal("first")
    night.signal("second")
    night.providers["email"].refuses.append(NotifierError("no such mailbox", permanent=True))
    night.signal("third")
    night.passes("1m")
    called = [each.message.summary for each in night.to("alice") if each.channel == "call"]
    assert called == ["first is full", "2 incidents: second is full; third is full"]


def test_what_another_got_is_nothing_that_i_got(night: Night) -> None:
    """Bob has a push about it; alice, whose budget is spent, still hears of it within a minute."""
    only_sms(night)
    night.limits("sms", 1, "30m")
    night.field.people["bob"] = person("bob", "0m push")
    night.field.escalates(step([night.field.primary, "bob"], "2h"))
    storm(night, 2)
    night.passes("1m")
    assert night.channels_to("alice") == ["sms", "sms"]


def test_what_i_got_by_the_same_channel_is_no_other_way(night: Night) -> None:
    """The list begins again, and the budget is spent: that alice had an SMS half an hour ago is no reason to wait."""
    only_sms(night)
    night.limits("sms", 1, "3h")
    night.field.escalates(step(night.field.primary, "30m"), repeat=1)
    night.signal()
    night.passes("31m")
    assert night.channels_to("alice") == ["sms", "sms"]


def test_the_code_of_one_of_a_bundle_means_that_one(night: Night) -> None:
    """As its line says: the others are still open."""
    only_sms(night)
    opened = storm(night, 5)
    night.passes("1m")
    message = night.to("alice")[-1].message
    codes = [line.split()[0].removeprefix("#") for line in message.lines]
    office = StoreOffice(night.store, night.pager.take)  # type: ignore[arg-type]
    assert [[row.id for row in office.meant(code)] for code in codes] == [[opened[3]], [opened[4]]]
    assert message.code not in codes


def test_notices_have_a_budget_too_and_no_page_waits_because_of_them(night: Night) -> None:
    """Alice wants notices by SMS. Thirty ends are three of them, and what begins then is an SMS at once."""
    night.field.people["alice"] = person("alice", "0m sms")._replace(wishes=Wishes(("sms",)))
    night.limits("sms", 3, "1m")
    opened = storm(night, 30)
    night.passes("1h")
    for each in opened:
        night.resolves("bob", each)
    before = len(night.to("alice"))
    night.signal("another")
    assert len(night.to("alice")) == before + 1
    night.passes("5m")
    assert len(night.notices_to("alice")) == 3


def test_who_is_outside_the_storm_never_waits_for_it(night: Night) -> None:
    """Alice's budget is hers alone."""
    only_sms(night)
    other = rota("primary", "dave", team="shop")
    night.field.schedules["shop"] = {"primary": other}
    night.field.escalates(step(other), team="shop")
    night.field.people["dave"] = person("dave", "0m sms")
    storm(night, 20)
    night.takes(Signal("prod-am", "checkout", "checkout is down", team="shop"))
    assert night.channels_to("dave") == ["sms"]


def test_a_bundle_that_fails_is_followed_by_the_next_rule_of_every_incident(night: Night) -> None:
    """Named in a bundle means paged; a bundle that nobody got pages nobody."""
    night.field.people["alice"] = person("alice", "0m sms", "20m call")
    night.field.escalates(step(night.field.primary, "1h"))
    night.limits("sms", 1, "1m")
    storm(night, 3)
    night.providers["sms"].refuses.append(NotifierError("no such number", permanent=True))
    night.passes("1m")
    assert night.channels_to("alice") == ["sms", "call", "call"]


def test_an_acknowledged_incident_is_left_out_of_the_bundle(night: Night) -> None:
    """Bob took one of them meanwhile."""
    only_sms(night)
    opened = storm(night, 6)
    night.acknowledges("bob", opened[4])
    night.passes("1m")
    assert night.to("alice")[-1].message.summary.startswith("2 incidents: ")


def test_a_bundle_left_by_a_dead_process_is_sent_as_it_was(night: Night) -> None:
    """Killed between the commit of the bundle and its send."""
    only_sms(night)
    storm(night, 5)
    night.clock.at += parse("1m")
    night.pager.tick()  # its errands die with it
    night.store.close()
    night.starts()
    night.passes("1s")
    sent = night.to("alice")
    assert len(sent) == 4
    assert sent[-1].message.summary.startswith("2 incidents: ")


def test_a_decision_leaves_nothing_for_the_garbage_collector(night: Night) -> None:
    """Which would stop every thread while it looks for it: under load for longer than a commit takes."""

    def incidents(name: str) -> None:
        for number in range(10):
            opened = night.signal(f"{name}-{number}")
            night.signal(f"{name}-{number}")
            night.acknowledges("alice", opened.incident_id)
            night.resolves("alice", opened.incident_id)

    incidents("once")  # caches fill
    gc.collect()
    gc.disable()
    try:
        incidents("again")
        assert gc.collect() == 0
    finally:
        gc.enable()
