"""What a process counts of what it does."""

from __future__ import annotations

from datetime import UTC, datetime

from oncall_rota.paging.incident import Acknowledged, Incident
from oncall_rota.paging.job import Job, Result
from oncall_rota.paging.message import Message
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Act, Acted
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.paging.tally import MOST, OTHER, Tally

JOB = Job(
    "p1", 1, "i1", "bob", "sms", "bob/phone", "+447700900102", Message("p1", "ab12", "critical", "payments", "x"),
    datetime(2026, 1, 5, tzinfo=UTC), 0.0,
)  # fmt: skip


def test_signals_are_counted_by_their_source_and_what_became_of_them() -> None:
    """One that the store refused is counted too, and one that nobody could understand as such."""
    tally = Tally()
    requests = [
        Signal("am", "k", "x"),
        Signal("am", "k", "x"),
        Signal("am", "q", "x"),
        Signal("am/unreadable", "b", ""),
    ]
    tally.took(requests, [Accepted("opened"), Accepted("merged"), StoreFailed("full", "no"), Accepted("opened")])
    assert tally.read()[0] == {("am", "opened"): 1, ("am", "merged"): 1, ("am", "refused"): 1, ("am", "unreadable"): 1}


def test_attempts_are_counted_by_channel_and_outcome_with_their_time() -> None:
    """A page that was not tried is not counted, nor is a notice."""
    tally = Tally()
    tally.tried(JOB, Result("sent"), 0.05)
    tally.tried(JOB, Result("unsure"), 11.0)
    tally.tried(JOB, Result("lost"), 0.1)
    tally.tried(JOB, Result("retry", begun=False), 0.1)
    tally.tried(JOB._replace(what="notice"), Result("sent"), 0.1)
    _, pages, attempts = tally.read()
    assert pages == {("sms", "sent"): 1, ("sms", "unsure"): 1}
    assert attempts == {"sms": ([1, 0, 0, 0, 0, 0, 0, 0, 1], 11.05)}


def test_names_do_not_fill_the_memory() -> None:
    """A configuration that changes for ever: what is new is counted as something else, what is known as itself."""
    tally = Tally()
    for number in range(MOST + 5):
        tally.took([Signal(f"s{number}", "k", "x")], [Accepted("opened")])
    tally.took([Signal("s1", "k", "x")], [Accepted("opened")])
    found = tally.read()[0]
    assert len(found) == MOST + 1
    assert (found[OTHER, "opened"], found["s1", "opened"]) == (5, 2)


def test_what_begins_is_answered_and_is_paged_is_told_by_its_ids() -> None:
    """So a journal tells whether it paged; repeats and notices are no news, and what failed is a warning."""
    told: list[tuple[str, str, dict[str, str]]] = []
    tally = Tally()
    tally.tell = lambda level, what, ids: told.append((level, what, dict(ids)))
    taken = Incident("i1", "payments", "critical", "x", datetime(2026, 1, 5, tzinfo=UTC))
    tally.took(
        [
            Signal("am", "k", "x"),
            Signal("am", "k", "x"),
            Act("i1", Acknowledged("bob"), "bob"),
            Act("i1", Acknowledged("carol"), "carol"),
            Act("i9", Acknowledged("bob"), "bob"),
        ],
        [Accepted("opened", "i1"), Accepted("merged", "i1"), Acted(taken), Acted(taken, "bob has it"), Acted(None)],
    )
    tally.tried(JOB, Result("sent"), 0.05)
    tally.tried(JOB, Result("failed"), 0.05)
    tally.tried(JOB._replace(what="notice"), Result("sent"), 0.1)
    page = {"page": "p1", "incident": "i1", "channel": "sms", "person": "bob"}
    assert told == [
        ("info", "incident opened", {"incident": "i1", "by": "am"}),
        ("info", "incident acknowledged", {"incident": "i1", "by": "bob"}),
        ("info", "page sent", page),
        ("warning", "page failed", page),
    ]
