"""Pages in somebody's hands: leases, fences, dead owners, late results, receipts, budgets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_places import SECOND, Place, incident, page, signal

from oncall_rota.paging.ports.row import Claim, Committed, Outcome, Receipt, Take, Unit
from oncall_rota.paging.ports.store import LEASE, Result, Store

MINUTE = 60 * SECOND


def done(store: Store, *outcomes: Outcome | Receipt) -> Committed:
    """Say what became of pages."""
    said = Unit(
        outcomes=tuple(each for each in outcomes if isinstance(each, Outcome)),
        receipts=tuple(each for each in outcomes if isinstance(each, Receipt)),
    )
    result = store.commit([said])[0]
    assert isinstance(result, Committed)
    return result


def state(store: Store, name: str = "p1") -> str:
    """A page's state."""
    found = store.page(name)
    assert found is not None
    return found.state


def test_nobody_takes_a_page_while_its_lease_runs(place: Place, store: Store) -> None:
    """Neither another server nor its own owner."""
    store.commit([signal(1)])
    other = place.open("other")
    place.let_pass(LEASE - SECOND)
    assert other.claim() == store.claim() == ()
    assert store.holds("p1", 1)


def test_a_page_whose_lease_ran_out_is_taken_over_as_unsure(place: Place, store: Store) -> None:
    """It may have been sent: the new owner asks the provider first."""
    store.commit([signal(1)])
    other = place.open("other")
    place.let_pass(LEASE + SECOND)
    assert not store.holds("p1", 1)
    (taken,) = other.claim()
    assert (taken.id, taken.state, taken.owner, taken.fence, taken.attempts) == ("p1", "unsure", other.instance, 2, 2)
    assert other.holds("p1", 2)
    assert not store.holds("p1", 1)
    assert other.claim() == store.claim() == ()


def test_a_thawed_server_s_late_result_is_refused_by_the_fence(place: Place, store: Store) -> None:
    """What the one before says of its attempt does not undo the claim of the one after; as a receipt it counts."""
    store.commit([signal(1)])
    other = place.open("other")
    place.let_pass(LEASE + SECOND)
    other.claim()
    assert done(store, Outcome("p1", 1, "failed")).late == ("p1",)
    assert state(store) == "unsure"
    assert done(store, Receipt("p1", "sent", "SM1")).late == ()
    assert state(store) == "sent"
    assert done(other, Outcome("p1", 2, "sent", "SM2")).late == ("p1",)
    found = store.page_by_provider_id("sms", "SM1")
    assert found is not None
    assert found.id == "p1"


def test_a_result_after_the_lease_counts_while_nobody_else_has_claimed(place: Place, store: Store) -> None:
    """The provider took 16 seconds: nothing is sent twice for it."""
    store.commit([signal(1)])
    place.let_pass(LEASE + SECOND)
    assert done(store, Outcome("p1", 1, "sent", "SM1")).late == ()
    assert store.claim() == ()


def test_a_dead_server_s_pages_are_free_at_once(place: Place) -> None:
    """No lease is waited for when the kernel or the database says that its owner is gone."""
    first = place.open("first")
    first.commit([signal(1), signal(2)])
    done(first, Outcome("p2", 1, "sent"))
    place.kill(first)
    second = place.open("second")
    assert [(row.id, row.state, row.fence) for row in second.claim()] == [("p1", "unsure", 2)]


def test_a_server_that_ends_in_order_leaves_its_pages_free(place: Place, store: Store) -> None:
    """An upgrade does not wait for leases."""
    store.commit([signal(1)])
    other = place.open("other")
    other.commit([signal(2)])
    other.close()
    assert [row.id for row in store.claim()] == ["p2"]
    assert [each.name for each in store.instances()] == ["server"]


def test_servers_know_of_each_other(place: Place, store: Store) -> None:
    """This one first."""
    other = place.open("other")
    assert [each.name for each in store.instances()] == ["server", "other"]
    assert [each.id for each in other.instances()] == [other.instance, store.instance]


def test_another_try_has_a_new_lease(place: Place, store: Store) -> None:
    """The same owner tries again at once, and keeps its fence."""
    store.commit([signal(1)])
    place.let_pass(LEASE - SECOND)
    result = done(store, Outcome("p1", 1, "claimed", data='{"error": "503"}'))
    assert [claim[:2] for claim in result.claims] == [("p1", 1)]
    place.let_pass(LEASE - SECOND)
    assert store.holds("p1", 1)
    found = store.page("p1")
    assert found is not None
    assert (found.attempts, found.data, found.state) == (2, '{"error": "503"}', "claimed")


def test_a_provider_that_says_later_is_asked_later(place: Place, store: Store) -> None:
    """Not before its time, by any server, even when the one that was told so is dead; and then it is not unsure."""
    store.commit([signal(1)])
    done(store, Outcome("p1", 1, "waiting", wait=MINUTE))
    place.let_pass(MINUTE - SECOND)
    assert store.claim() == ()
    place.kill(store)
    again = place.open("again")
    assert again.claim() == ()
    place.let_pass(2 * SECOND)
    (taken,) = again.claim()
    assert (taken.state, taken.fence, taken.attempts) == ("claimed", 2, 2)


def test_what_did_not_begin_is_no_attempt(place: Place, store: Store) -> None:
    """However often a page waits for its turn, or for a new lease; nor does it look as if it waited for a budget."""
    store.commit([signal(1)])
    for fence in range(1, 5):
        done(store, Outcome("p1", fence, "claimed", begun=False))
        done(store, Outcome("p1", fence, "waiting", wait=SECOND, begun=False))
        place.let_pass(2 * SECOND)
        (taken,) = store.claim()
        assert (taken.state, taken.attempts) == ("claimed", 2)


def test_the_longest_overdue_page_is_taken_first(place: Place, store: Store) -> None:
    """And no more than asked for."""
    store.commit([signal(1)])
    place.let_pass(SECOND)
    store.commit([signal(2)])
    place.let_pass(LEASE)
    assert [row.id for row in store.claim(limit=1)] == ["p1"]
    assert [row.id for row in store.claim(limit=5)] == ["p2"]


@pytest.mark.parametrize("last", ["sent", "delivered", "failed", "cancelled", "missed"])
def test_a_page_that_is_done_is_nobody_s(place: Place, store: Store, last: str) -> None:
    """However long ago."""
    store.commit([signal(1)])
    done(store, Outcome("p1", 1, last))  # type: ignore[arg-type]
    place.let_pass(MINUTE)
    assert store.claim() == ()
    assert not store.holds("p1", 1)
    assert store.check() == ()


@pytest.mark.parametrize("order", [("sent", "delivered"), ("delivered", "sent"), ("delivered", "delivered", "failed")])
def test_receipts_lost_doubled_or_shuffled_never_go_back(store: Store, order: tuple[str, ...]) -> None:
    """What is delivered stays delivered."""
    store.commit([signal(1)])
    done(store, Outcome("p1", 1, "sent", "SM1"))
    for said in order:
        done(store, Receipt("p1", said))  # type: ignore[arg-type]
    assert state(store) == "delivered"
    done(store, Receipt("nowhere", "delivered"))


def test_a_receipt_that_overtakes_the_result_wins(place: Place, store: Store) -> None:
    """The provider's callback came before its answer: the page is done, and the answer changes nothing."""
    store.commit([signal(1)])
    done(store, Receipt("p1", "delivered", "SM1"))
    assert done(store, Outcome("p1", 1, "sent", "SM1")).late == ("p1",)
    assert state(store) == "delivered"
    place.let_pass(MINUTE)
    assert store.claim() == ()


def test_a_page_that_was_cancelled_on_its_way_is_known_by_what_its_provider_calls_it(store: Store) -> None:
    """Somebody acknowledged while it was dialled: the call is this page's, and never taken for another's."""
    store.commit([signal(1)])
    done(store, Outcome("p1", 1, "cancelled"))
    assert done(store, Receipt("p1", "sent", "CA1")).late == ()
    assert state(store) == "cancelled"
    found = store.page_by_provider_id("sms", "CA1")
    assert found is not None
    assert found.id == "p1"
    assert done(store, Receipt("p1", "sent", "CA2")).late == ("p1",)
    assert store.page_by_provider_id("sms", "CA2") is None


def test_a_missed_page_is_recorded_and_never_sent(place: Place, store: Store) -> None:
    """After an outage only the present step pages; the others are written down."""
    result = store.commit([Unit((incident(),), (page(state="missed"),))])[0]
    assert isinstance(result, Committed)
    assert result.claims == ()
    place.let_pass(MINUTE)
    assert store.claim() == ()
    found = store.page("p1")
    assert found is not None
    assert (found.state, found.attempts, found.lease_until) == ("missed", 0, None)


def test_a_code_finds_the_pages_that_carry_it(place: Place, store: Store) -> None:
    """Newest first, and none from long ago."""
    store.commit([signal(1)])
    early = store.now()
    place.let_pass(MINUTE)
    store.commit([Unit((incident("i2"),), (page("p2", "i2"),))])
    store.commit([Unit((incident("i3"),), (page("p3", "i3", code="9999"),))])
    now = store.now()
    assert [row.id for row in store.pages_by_code("4f2a", min(early, now) - 2 * MINUTE)] == ["p2", "p1"]
    assert [row.id for row in store.pages_by_code("4f2a", now - 30 * SECOND)] == ["p2"]


def test_a_bundle_is_a_page_about_each_of_its_incidents(store: Store) -> None:
    """Named in a bundle means paged."""
    store.commit([signal(1), signal(2), Unit((incident("i3"),))])
    store.commit([Unit(pages=(page("p9", "i1", also=("i2", "i3")),))])
    assert [[row.id for row in store.pages(f"i{number}")] for number in (1, 2, 3)] == [
        ["p1", "p9"],
        ["p2", "p9"],
        ["p9"],
    ]


def test_pages_to_one_address_that_are_not_known_to_be_sent(store: Store) -> None:
    """One unresolved call for each number."""
    store.commit([signal(1), signal(2), Unit((incident("i3"),), (page("p3", "i3", address_ref="ann/phone"),))])
    done(store, Outcome("p1", 1, "sent"))
    assert [row.id for row in store.pending("sms", "bob/phone")] == ["p2"]
    assert store.pending("call", "bob/phone") == ()


def take(number: int, wait: timedelta | None = None, channel: str = "sms") -> Unit:
    """A page out of Bob's budget: two at once, then one a minute."""
    budget = Take("bob", channel, 2, MINUTE, wait)
    return Unit((incident(f"i{number}"),), (page(f"p{number}", f"i{number}", take=budget),))


def refused(results: tuple[Result, ...]) -> list[bool]:
    """For each unit whether its page was over budget."""
    return [bool(result.refused) for result in results if isinstance(result, Committed)]


def test_a_budget_lets_a_burst_through_and_then_one_a_minute(place: Place, store: Store) -> None:
    """Over budget, the incident is kept and its page is not; another channel has a budget of its own."""
    assert refused(store.commit([take(1), take(2), take(3)])) == [False, False, True]
    assert store.page("p3") is None
    assert store.incident("i3") is not None
    assert refused(store.commit([take(4, channel="call")])) == [False]
    place.let_pass(MINUTE - SECOND)
    assert refused(store.commit([take(5)])) == [True]
    place.let_pass(2 * SECOND)
    assert refused(store.commit([take(6), take(7)])) == [False, True]
    place.let_pass(60 * MINUTE)
    assert refused(store.commit([take(8), take(9), take(10)])) == [False, False, True]


def test_servers_share_a_budget(place: Place, store: Store) -> None:
    """Two servers do not page a person twice as often."""
    other = place.open("other")
    assert refused(store.commit([take(1)]) + other.commit([take(2)]) + store.commit([take(3)])) == [False, False, True]


def test_a_page_over_budget_waits_for_its_bundle(place: Place, store: Store) -> None:
    """It is on disk, and claimed by whoever is alive when its minute is over."""
    store.commit([take(1), take(2)])
    result = store.commit([take(3, wait=MINUTE)])[0]
    assert isinstance(result, Committed)
    assert result.refused == ("p3",)
    assert result.claims == ()
    assert state(store, "p3") == "waiting"
    done(store, Outcome("p1", 1, "sent"), Outcome("p2", 1, "sent"))
    place.kill(store)
    other = place.open("other")
    place.let_pass(MINUTE - SECOND)
    assert other.claim() == ()
    place.let_pass(2 * SECOND)
    (taken,) = other.claim()
    assert (taken.id, taken.state, taken.attempts) == ("p3", "claimed", 1)


def test_a_unit_that_fails_takes_nothing_from_a_budget(store: Store) -> None:
    """A conflict costs nobody a page."""
    store.commit([take(1)])
    store.commit([take(1), take(1)._replace(pages=(page("p2", "i1", take=Take("bob", "sms", 2, MINUTE)),))])
    assert refused(store.commit([take(3), take(4)])) == [False, True]


def test_a_claim_tells_until_when(store: Store) -> None:
    """By the store's own time."""
    result = store.commit([signal(1)])[0]
    assert isinstance(result, Committed)
    assert result.claims == (Claim("p1", 1, result.at + LEASE),)
