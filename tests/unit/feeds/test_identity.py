"""Subscribers end with the engine's shifts at each step, under both identities.

Three kinds of subscribers: one forgets what left the feed; Google's ignores an event whose SEQUENCE has not grown,
and never forgets what it has seen; the strictest takes back nothing that was gone unless its SEQUENCE has grown.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from build import NAMES, NOW, PEOPLE, WINDOW, at, engine, layer, line, rotation, schedule, weekly

from oncall_rota.calendar.writing import Event
from oncall_rota.feeds import Feed, Memory, Names, Style, Template, feed, feed_window
from oncall_rota.schedule.model import Override, Schedule
from oncall_rota.timeline.interval import Interval

Shown = tuple[int, int, str]


@dataclass
class Forgetful:
    """Shows what the feed says now."""

    shown: dict[str, Event] = field(default_factory=dict)

    def fetch(self, events: Sequence[Event]) -> None:
        """Read the feed."""
        self.shown = {event.uid: event for event in events}


@dataclass
class Google(Forgetful):
    """Ignores an event that it has seen with the same SEQUENCE or a higher one, and never forgets it."""

    seen: dict[str, Event] = field(default_factory=dict)

    def fetch(self, events: Sequence[Event]) -> None:
        """Read the feed."""
        for event in events:
            last = self.seen.get(event.uid)
            if last is None or (event.sequence or 0) > (last.sequence or 0):
                self.seen[event.uid] = event
        self.shown = {event.uid: self.seen[event.uid] for event in events}


@dataclass
class Strict(Forgetful):
    """As Google, and what left the feed stays away until it comes with a higher SEQUENCE."""

    seen: dict[str, Event] = field(default_factory=dict)

    def fetch(self, events: Sequence[Event]) -> None:
        """Read the feed."""
        now = {event.uid: event for event in events}
        self.shown = {uid: event for uid, event in self.shown.items() if uid in now}
        for event in events:
            last = self.seen.get(event.uid)
            if last is None or (event.sequence or 0) > (last.sequence or 0):
                self.seen[event.uid] = self.shown[event.uid] = event


def built(
    made: Schedule, memory: Memory | None = None, step: int = 0, window: Interval = WINDOW, person: str | None = None
) -> Feed:
    """A feed whose titles are people's ids, so that who is on can be read from it."""
    style = Style(title=Template("{id}"))
    moment = NOW + timedelta(minutes=step)
    return feed("payments", [made], NAMES, window, style=style, memory=memory, at=moment, person=person)


def shown(events: Sequence[Event]) -> list[Shown]:
    """What a diary shows."""
    return sorted((event.start, event.end, event.summary) for event in events)


WEEK = ("2026-07-06 08:00", "2026-07-13 08:00")  # Carol's, by turn of four
STORIES: dict[str, list[list[Override]]] = {
    "the whole turn, added, changed, removed": [
        [],
        [line("who", "erin", *WEEK)],
        [line("who", "dave", *WEEK)],
        [],
        [line("who", "erin", *WEEK)],
        [],
    ],
    "the middle of a turn": [
        [],
        [line("who", "erin", "2026-07-07 10:00", "2026-07-08 10:00")],
        [line("who", "erin", "2026-07-07 12:00", "2026-07-08 10:00")],
        [line("who", "erin", "2026-07-07 12:00", "2026-07-10 10:00")],
        [line("who", "dave", "2026-07-07 12:00", "2026-07-10 10:00")],
        [],
        [line("who", "dave", "2026-07-07 12:00", "2026-07-10 10:00")],
    ],
    "over two turns": [
        [],
        [line("who", "erin", "2026-07-10 10:00", "2026-07-15 10:00")],
        [line("who", "erin", "2026-07-10 10:00", "2026-07-15 10:00"), line("who", "bob", *WEEK)],
        [line("who", "bob", *WEEK)],
        [],
    ],
    "a swap, then more": [
        [],
        [line("swap", "bob carol", "2026-06-29 08:00", "2026-07-13 08:00")],
        [
            line("swap", "bob carol", "2026-06-29 08:00", "2026-07-13 08:00"),
            line("instead_of", "erin dave", "2026-07-02 08:00", "2026-07-09 08:00", "carol"),
        ],
        [line("instead_of", "erin dave", "2026-07-02 08:00", "2026-07-09 08:00", "carol")],
        [],
    ],
    "somebody more, nobody, somebody out": [
        [],
        [line("add", "erin dave", "2026-07-02 08:00", "2026-07-09 08:00")],
        [line("who", "", "2026-07-02 08:00", "2026-07-09 08:00")],
        [line("remove", "carol", *WEEK)],
        [line("who", "erin dave bob", "2026-07-02 08:00", "2026-07-09 08:00")],
        [],
    ],
}
SCHEDULES: dict[str, Callable[[list[Override]], Schedule]] = {
    "weeks": lambda lines: weekly(overrides=lines),
    "pairs": lambda lines: weekly("alice bob", "carol dave", "erin", overrides=lines),
    "one person": lambda lines: weekly("carol", overrides=lines),
    "always": lambda lines: schedule(layer("primary", "carol dave", every=None), overrides=lines),
    "office hours": lambda lines: schedule(
        layer("office", "alice", "carol", every=(1, "day"), hours=(9, 17)), overrides=lines
    ),
    "layers": lambda lines: schedule(
        layer("nights", "bob", "carol"),
        layer("office", "carol", "dave", "alice erin", every=(2, "day"), hours=(9, 17)),
        overrides=lines,
    ),
    "months": lambda lines: schedule(layer("primary", "carol", "dave", every=(1, "month")), overrides=lines),
}
SUBSCRIBERS = [Forgetful, Google, Strict]


@pytest.mark.parametrize("made", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_subscriber_of_slots_ends_with_the_engines_shifts(
    story: list[list[Override]], made: Callable[[list[Override]], Schedule]
) -> None:
    """An override is added, changed, removed: every kind of subscriber shows what the engine says, at each step."""
    subscribers = [kind() for kind in SUBSCRIBERS]
    memory = Memory()
    for step, lines in enumerate(story):
        found = built(made(lines), memory, step)
        assert found.memory is not None
        memory = found.memory
        for subscriber in subscribers:
            subscriber.fetch(found.events)
            assert shown(list(subscriber.shown.values())) == engine(made(lines)), (type(subscriber), step)


@pytest.mark.parametrize("made", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_subscriber_of_a_static_export_ends_with_the_engines_shifts(
    story: list[list[Override]], made: Callable[[list[Override]], Schedule]
) -> None:
    """The same without any memory: what has another content has another UID."""
    subscribers = [Forgetful(), Google()]
    for step, lines in enumerate(story):
        found = built(made(lines), step=step)
        for subscriber in subscribers:
            subscriber.fetch(found.events)
            assert shown(list(subscriber.shown.values())) == engine(made(lines)), (type(subscriber), step)


@pytest.mark.parametrize("seed", range(40))
def test_random_lives_of_a_feed(seed: int) -> None:
    """Overrides come and go while the months go by; also in the feed of one person."""
    rng = random.Random(seed)
    made = rng.choice([*SCHEDULES.values()])
    person = rng.choice([None, None, "carol"])
    pool = [each for story in STORIES.values() for lines in story for each in lines]
    subscribers = [kind() for kind in SUBSCRIBERS]
    memory = Memory()
    now = NOW
    for step in range(12):
        now += timedelta(days=rng.choice([0, 0, 1, 5, 31, 62]))
        lines = rng.sample(pool, rng.randint(0, 4))
        window = feed_window(now)
        found = built(made(lines), memory, step * 10, window, person)
        assert found.memory is not None
        memory = found.memory
        want = [each for each in engine(made(lines), window) if person in (None, each[2])]
        for subscriber in subscribers:
            subscriber.fetch(found.events)
            assert shown(list(subscriber.shown.values())) == want, (type(subscriber), step)


def test_the_subscriber_that_ignores_would_notice_a_feed_without_sequences() -> None:
    """The tests above can fail: with slot UIDs and no SEQUENCE, Google's subscriber keeps the old person."""
    google = Google()
    for lines in ([], [line("who", "erin", *WEEK)]):
        google.fetch([each._replace(sequence=0) for each in built(weekly(overrides=lines), Memory()).events])
    assert shown(list(google.shown.values())) != engine(weekly(overrides=lines))


def uids(found: Feed) -> dict[Shown, str]:
    """UIDs by what they stand for."""
    return {(each.start, each.end, each.summary): each.uid for each in found.events}


def test_a_changed_turn_keeps_its_event() -> None:
    """The whole turn overridden: one event changes its person, and every other one stays as it was."""
    before = built(weekly(), Memory())
    after = built(weekly(overrides=[line("who", "erin", *WEEK)]), before.memory, 5)
    moved = [(a, b) for a, b in zip(before.events, after.events, strict=True) if a != b]
    told = [(a.uid == b.uid, a.summary, b.summary, a.sequence, b.sequence) for a, b in moved]
    # Bob's event before it changes as well: it tells who is next.
    assert told == [(True, "bob", "bob", 0, 1), (True, "carol", "erin", 0, 1)]
    assert [b.modified for _, b in moved] == [int((NOW + timedelta(minutes=5)).timestamp())] * 2
    assert len({each.modified for each in before.events}) == 1


def test_a_turn_cut_at_its_beginning_keeps_its_event() -> None:
    """Somebody takes Sunday to Tuesday: the rest of the turn is the same event with another start."""
    before = uids(built(weekly(), Memory()))
    lines = [line("who", "erin", "2026-07-05 08:00", "2026-07-07 08:00")]
    after = uids(built(weekly(overrides=lines), Memory()))
    rest = next(uid for (start, _, who), uid in after.items() if who == "carol" and start == epoch("2026-07-07 08:00"))
    assert rest == next(uid for (start, _, who), uid in before.items() if start == epoch(WEEK[0]))
    new = set(after.values()) - set(before.values())
    assert [who for (_, _, who), uid in after.items() if uid in new] == ["erin"]


def test_a_split_turn_keeps_its_event_for_the_first_part() -> None:
    """One event becomes three, one of which is the old one, shortened; and it comes back whole."""
    before = built(weekly(), Memory())
    split = built(weekly(overrides=[line("who", "erin", "2026-07-07 10:00", "2026-07-08 10:00")]), before.memory, 1)
    again = built(weekly(), split.memory, 2)
    parts = [each for each in split.events if epoch(WEEK[0]) <= each.start < epoch(WEEK[1])]
    assert [(each.summary, each.sequence) for each in parts] == [("carol", 1), ("erin", 0), ("carol", 0)]
    assert parts[0].uid == uids(before)[epoch(WEEK[0]), epoch(WEEK[1]), "carol"]
    whole = next(each for each in again.events if each.uid == parts[0].uid)
    assert (whole.start, whole.end, whole.sequence) == (epoch(WEEK[0]), epoch(WEEK[1]), 2)


def test_what_comes_back_comes_with_a_higher_number() -> None:
    """An event that went and comes back, even with the same content, has moved."""
    lines = [line("add", "erin", *WEEK)]
    memory: Memory | None = Memory()
    numbers = []
    for step, now in enumerate([lines, [], lines, [], lines]):
        found = built(weekly(overrides=now), memory, step)
        memory = found.memory
        numbers.append([each.sequence for each in found.events if each.summary == "erin"])
    assert numbers == [[0], [], [1], [], [2]]


def test_an_unchanged_feed_leaves_its_memory_and_its_bytes_alone() -> None:
    """Later in the same month nothing moves, not even a stamp."""
    first = built(weekly(), Memory())
    again = built(weekly(), first.memory, 9000)
    assert again.memory is first.memory
    assert again.body == first.body


def test_the_window_steps_without_moving_what_stays() -> None:
    """A month later the events that stay in the window are the same, to the letter."""
    made = weekly(overrides=[line("who", "erin", "2026-06-03 10:00", "2026-06-04 10:00")])
    first = built(made, Memory(), window=feed_window(at("2026-06-30 12:00")))
    later = built(made, first.memory, 5, feed_window(at("2026-07-01 12:00")))
    stay = {each.uid: each for each in first.events}
    both = [(stay[each.uid], each) for each in later.events if each.uid in stay]
    assert len(both) > 20
    assert [pair for pair in both if pair[0] != pair[1]] == []


def test_what_is_long_over_is_forgotten_and_no_number_is_given_twice() -> None:
    """Years later the memory is small, and new events begin above every number that was ever given out."""
    memory: Memory | None = Memory()
    now = NOW
    for step in range(40):
        now += timedelta(days=31)
        lines = [line("who", "erin", *WEEK)] if step % 2 else []
        memory = built(weekly(overrides=lines), memory, step, feed_window(now)).memory
        assert memory is not None
        assert len(memory.events) < 130
    assert memory is not None
    assert memory.floor > 0


def test_a_lost_memory_is_made_good_by_its_floor() -> None:
    """With the floor above all numbers given out, Google takes what it would have ignored."""
    google, memory = Google(), Memory()
    for step, people in enumerate(["erin", "dave", "erin", "bob"]):
        found = built(weekly(overrides=[line("who", people, *WEEK)]), memory, step)
        assert found.memory is not None
        memory = found.memory
        google.fetch(found.events)
    google.fetch(built(weekly(), Memory(floor=1000), 9).events)
    assert shown(list(google.shown.values())) == engine(weekly())


def test_two_of_one_name_differ_in_more_than_their_uids() -> None:
    """Two people called alike, on call together; and titles that name nobody."""
    names = Names(PEOPLE | {"bob": "Alice Adams"})
    for style in (Style(), Style(title=Template("on call"))):
        for memory in (None, Memory()):
            found = feed("payments", [weekly("alice bob")], names, WINDOW, style=style, memory=memory, at=NOW)
            rest = [each._replace(uid="") for each in found.events]
            assert len(set(rest)) == len(rest) == len({each.uid for each in found.events}) == 2


def test_uids_tell_nothing() -> None:
    """No layer, person or path can be read from a UID."""
    for memory in (None, Memory()):
        for each in built(weekly(), memory).events:
            name, _, domain = each.uid.partition("@")
            assert domain == "payments.oncall"
            assert set(name) <= set("0123456789abcdef")
            assert len(name) == 32


def epoch(text: str) -> int:
    """Whole seconds since 1970 of `2026-06-15 09:00` in UTC."""
    return int(at(text).timestamp())


def test_nobody_on_call_is_an_empty_feed() -> None:
    """A rotation of nobody."""
    assert built(schedule(layer("primary", ""))).events == ()
    assert rotation("alice").every is not None
