"""Calendar feeds of a server: who sees which, what is sent again, and how a shift keeps its identity."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest
from night_house import Answer, House, NightOfLinks

from oncall_rota.config import configuration, load
from oncall_rota.feeds import Names, Style, feed_window, of_person, of_team
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.token import listed, revoked
from oncall_rota.timeline.zone import moment
from oncall_rota.web.feed_kept import Feeds

PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com, phone: "+447700900101", slack: U01ALICE}
bob: {name: Bob Brown, email: bob@example.com, phone: "+447700900102"}
carol: {name: Carol Chen, email: carol@example.com, timezone: America/New_York}
dave: {name: Dave Dunn}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
schedules:
  primary: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
  day-time:
    people: [bob, carol]
    every: week
    handoff: monday 09:00
    starting: 2026-01-05
    when: mon-fri 09:00-17:00
    must_cover: mon-fri 09:00-18:00
"""
LOST = ("{}", '{"events": {"a": [1]}}', "[", "[]", '{"events": []}')
WEB = """\
team: web
timezone: America/New_York
rotation: {people: [carol, alice], every: day, handoff: 09:00, starting: 2026-01-05}
"""
OVERRIDE = """\
overrides:
  - {schedule: primary, who: dave, from: 2026-06-29 09:00, until: 2026-07-06 09:00}
"""


OTHER = f"{OVERRIDE}  - {{schedule: primary, who: dave, from: 2026-08-10 09:00, until: 2026-08-17 09:00}}\n"


class Rotations:
    """The folder of this server: what is written is what it serves from then on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.writes(people=PEOPLE, payments=PAYMENTS, web=WEB)

    def writes(self, **files: str) -> None:
        """Files of that name, read at once."""
        for name, text in files.items():
            (self.folder / f"{name}.yaml").write_text(text)
        catalog, problems = load(self.folder)
        assert {each.code for each in problems if each.severity == "error"} <= {"gap"}
        self.read: Configuration = configuration(catalog, {})


class NightOfFeeds(NightOfLinks):
    """A night whose configuration is a folder's."""

    rotations: Rotations

    def configuration(self) -> Configuration:
        return self.rotations.read if hasattr(self, "rotations") else super().configuration()


@pytest.fixture
def night(tmp_path: Path) -> Iterator[NightOfFeeds]:
    """Wednesday 2026-06-17 12:00 UTC."""
    made = NightOfFeeds(tmp_path / "oncall.db")
    made.rotations = Rotations(tmp_path / "rotations")
    yield made
    made.close()


@pytest.fixture
def rotations(night: NightOfFeeds) -> Rotations:
    """Its folder."""
    return night.rotations


def events(answer: Answer) -> dict[str, icalendar.Event]:
    """The events of a feed by UID."""
    assert answer.status == 200, answer.text
    found = icalendar.Calendar.from_ical(answer.body)
    return {str(each["UID"]): each for each in found.walk("VEVENT")}


def path(token: str, name: str) -> str:
    """The address of a feed."""
    return f"/ical/{token}/{name}.ics"


def test_a_team_s_feed_is_the_export_s_with_a_memory(house: House, rotations: Rotations) -> None:
    """The same calendar and the same events; only UIDs by slot, and numbers, are more."""
    token, _ = house.token("feed", team="payments")
    answer = house.asks("GET", path(token, "payments"))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    names = Names({person: reach.name for person, reach in rotations.read.people.items()})
    exported = of_team(rotations.read.teams["payments"]).body(names, feed_window(house.night.clock.at), Style())
    noted = re.compile(rb"(UID|DTSTAMP|SEQUENCE|LAST-MODIFIED)[:].*\r\n")
    assert noted.sub(b"", answer.body) == noted.sub(b"", exported)
    assert set(noted.findall(answer.body)) == {b"UID", b"DTSTAMP", b"SEQUENCE", b"LAST-MODIFIED"}


def test_headers_are_those_of_something_private(house: House) -> None:
    """Nothing between us and the subscriber keeps it, finds it, or tells where it came from."""
    token, _ = house.token("feed", team="payments")
    told = house.asks("GET", path(token, "payments")).headers
    assert told["cache-control"] == "private, max-age=300"
    assert told["x-robots-tag"] == "noindex"
    assert told["referrer-policy"] == "no-referrer"
    assert told["content-disposition"] == 'inline; filename="payments.ics"'
    assert told["vary"] == "Accept-Encoding"
    assert "last-modified" not in told
    told = house.asks("GET", path(token, "payments/day-time")).headers
    assert told["content-disposition"] == 'inline; filename="payments-day-time.ics"'


def test_who_has_it_already_gets_304(house: House) -> None:
    """By the plain form's validator, the packed one's, a list, a weak one, or any."""
    token, _ = house.token("feed", team="payments")
    first = house.asks("GET", path(token, "payments"))
    packed = house.asks("GET", path(token, "payments"), {"accept-encoding": "br, gzip"})
    assert re.fullmatch(r'"[0-9a-f]{64}"', first.headers["etag"])
    assert packed.headers["etag"] != first.headers["etag"]
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == first.body
    assert len(packed.body) < len(first.body) / 4
    for etag in (first.headers["etag"], packed.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = house.asks("GET", path(token, "payments"), {"if-none-match": etag})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert again.headers["cache-control"] == "private, max-age=300"
    assert house.asks("GET", path(token, "payments"), {"if-none-match": '"x"'}).status == 200
    for refused in ("gzip;q=0", "br", ""):
        assert house.asks("GET", path(token, "payments"), {"accept-encoding": refused}).body == first.body


def test_head_tells_the_same_without_the_feed(house: House) -> None:
    """Its length too."""
    token, _ = house.token("feed", team="payments")
    get, head = [house.asks(method, path(token, "payments")) for method in ("GET", "HEAD")]
    assert head.body == b""
    assert head.headers == get.headers
    assert int(head.headers["content-length"]) == len(get.body)


def test_a_token_opens_what_it_was_made_for(house: House) -> None:
    """Any other name under it is as if it were not there, and so is any name under any other token."""
    made = {
        "a team": house.token("feed", team="payments")[0],
        "a schedule": house.token("feed", team="payments/primary")[0],
        "a person": house.token("feed", person="alice")[0],
        "a team, for a person": house.token("feed", team="payments", person="alice")[0],
        "all": house.token("feed")[0],
        "a team that is gone": house.token("feed", team="search")[0],
        "a person who is gone": house.token("feed", person="zoe")[0],
        "a board's": house.token("board")[0],
        "nobody's": "x" * 43,
    }
    names = ("payments", "payments-primary", "payments/primary", "payments-day-time", "payments/day-time", "web",
             "web-primary", "me", "gaps", "search", "alice", "payments/none", "payments-", "-primary")  # fmt: skip
    of_payments = {"payments", "payments-primary", "payments/primary", "payments-day-time", "payments/day-time", "gaps"}
    opened = {
        "a team": of_payments,
        "a schedule": {"payments-primary", "payments/primary"},
        "a person": {"me"},
        "a team, for a person": of_payments,
        "all": of_payments | {"web", "web-primary"},
    }
    for what, token in made.items():
        found = {name: house.asks("GET", path(token, name)) for name in names}
        assert {name for name, answer in found.items() if answer.status == 200} == opened.get(what, set()), what
        assert {answer.status for answer in found.values()} <= {200, 404}


def test_a_person_s_feed_is_their_shifts_in_every_team(house: House, rotations: Rotations) -> None:
    """As the export's, in their own zone, and of nobody else."""
    token, _ = house.token("feed", person="carol")
    answer = house.asks("GET", path(token, "me"))
    found = events(answer)
    assert {str(each["SUMMARY"]).partition(" on call")[0] for each in found.values()} == {"Carol Chen"}
    assert {uid.partition("@")[2] for uid in found} == {"payments.oncall", "web.oncall"}
    assert b"X-WR-TIMEZONE:America/New_York" in answer.body
    names = Names({person: reach.name for person, reach in rotations.read.people.items()})
    every = [one for team in rotations.read.teams.values() for one in team.schedules.values()]
    window = feed_window(house.night.clock.at)
    exported = of_person("carol", names, "America/New_York", every).body(names, window, Style())
    assert len(found) == exported.count(b"BEGIN:VEVENT")


def test_gaps_are_a_feed(house: House) -> None:
    """Of one team, or of all; only where nobody is on though somebody must be."""
    tokens = [house.token("feed", team=team)[0] for team in ("payments", None, "web")]
    one, every, none = [events(house.asks("GET", path(token, "gaps"))) for token in tokens]
    assert one == every
    assert {str(each["SUMMARY"]) for each in one.values()} == {"Nobody on call — payments day-time"}
    assert none == {}


def test_options_are_those_of_the_export(house: House) -> None:
    """As in the address; what has no meaning there is told in words, and never shown otherwise."""
    address = path(house.token("feed", team="payments")[0], "payments")
    assert b"TRANSP:OPAQUE" in house.asks("GET", f"{address}?busy=1").body
    initials = house.asks("GET", f"{address}?names=initials").body
    assert b"SUMMARY:AA on call" in initials
    assert b"Alice" not in initials
    assert (
        b"SUMMARY:alice: payments/primary" in house.asks("GET", f"{address}?title={{id}}:+{{team}}/{{schedule}}").body
    )
    assert b"COLOR:teal" in house.asks("GET", f"{address}?colour=teal").body
    assert b"Nobody on call" in house.asks("GET", f"{address}?gaps=1").body
    assert house.asks("GET", f"{address}?busy=0&names=full").body == house.asks("GET", address).body
    for query in ("busy=2", "names=none", "title={phone}", "title=%00", "colour=red", "alarm=5m", "summary=email"):
        refused = house.asks("GET", f"{address}?{query}")
        assert (refused.status, refused.headers["cache-control"]) == (400, "no-store"), query
        assert refused.text.count("\n") == 1


def test_no_feed_has_a_way_to_reach_anybody(house: House, rotations: Rotations) -> None:
    """No address, number or handle of people.yaml in any feed, in any form."""
    contacts = [
        address.encode()
        for line in PEOPLE.splitlines()
        for address in re.findall(r"[\w.]+@example\.com|\+\d+|U01\w+", line)
    ]
    assert len(contacts) == 6
    tokens = [(house.token("feed")[0], ("payments", "web", "gaps"))]
    tokens += [(house.token("feed", person=person)[0], ("me",)) for person in rotations.read.people]
    for token, names in tokens:
        for name in names:
            for query in ("", "?title={id}+{person}&gaps=1", "?names=initials"):
                body = house.asks("GET", path(token, name) + query).body.replace(b"\r\n ", b"")
                assert [each for each in contacts if each in body] == []


def test_a_cached_feed_needs_neither_a_thread_nor_the_store(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first one does, and the first after a change."""
    address = path(house.token("feed", team="payments")[0], "payments")
    first = house.asks("GET", address)
    house.settles()
    house.night.disk.unreadable, house.night.disk.broken = True, "gone"
    hops = []
    monkeypatch.setattr("oncall_rota.web.feed_kept.run_in_threadpool", lambda *_: hops.append(1))
    for _ in range(3):
        assert house.asks("GET", address).body == first.body
    assert (hops, house.premises.feeds.shelf.builds) == ([], 1)


def test_a_changed_shift_keeps_its_uid_with_a_higher_number(house: House, rotations: Rotations) -> None:
    """All others stay as they were, to the byte; and when it is changed back, its number grows once more."""
    address = path(house.token("feed", team="payments")[0], "payments")
    before = events(house.asks("GET", address))
    house.night.clock.at += timedelta(minutes=10)
    rotations.writes(payments=PAYMENTS + OVERRIDE)
    after = events(house.asks("GET", address))
    assert before.keys() == after.keys()
    changed = [uid for uid in before if before[uid].to_ical() != after[uid].to_ical()]
    handed_over = [uid for uid in changed if after[uid]["SUMMARY"] == before[uid]["SUMMARY"]]
    (uid,) = set(changed) - set(handed_over)
    assert str(after[uid]["SUMMARY"]) == "Dave Dunn on call — payments primary (override)"
    assert len(handed_over) == 1  # the shift before says to whom it hands over
    for each in changed:
        assert after[each]["SEQUENCE"] > before[each]["SEQUENCE"]
        assert after[each]["LAST-MODIFIED"].dt == house.night.clock.at
    rotations.writes(payments=PAYMENTS)
    back = events(house.asks("GET", address))
    assert back[uid]["SEQUENCE"] > after[uid]["SEQUENCE"]
    assert str(back[uid]["SUMMARY"]) == str(before[uid]["SUMMARY"])


def test_a_slot_has_one_number_in_all_feeds(house: House, rotations: Rotations) -> None:
    """Of the team, of the schedule and of a person; also for whoever subscribes after the change."""
    (token, _), (dave, _) = house.token("feed"), house.token("feed", person="dave")
    house.asks("GET", path(token, "payments"))
    house.night.clock.at += timedelta(minutes=10)
    rotations.writes(payments=PAYMENTS + OVERRIDE)
    team = events(house.asks("GET", path(token, "payments")))
    for each in (path(token, "payments/primary"), path(dave, "me")):
        found = events(house.asks("GET", each))
        assert found
        assert all(event.to_ical() == team[uid].to_ical() for uid, event in found.items())


def test_whoever_is_called_otherwise_has_other_events(house: House, rotations: Rotations) -> None:
    """Also where a team's own files are as they were; and where initials are no longer one person's.

    What a subscriber sees never changes under a number that they have.
    """
    address = path(house.token("feed", team="payments")[0], "payments")
    before, initials = [events(house.asks("GET", f"{address}{query}")) for query in ("", "?names=initials")]
    house.night.clock.at += timedelta(minutes=10)
    people = dict(rotations.read.people)
    people["anna"] = people["alice"]._replace(person="anna", name="Anna Abel")
    people["bob"] = people["bob"]._replace(name="Bob Black")
    rotations.read = rotations.read._replace(people=people)
    for old, query, told in (
        (before, "", "Bob Black on call — payments primary"),
        (initials, "?names=initials", "AA (2bd8) on call — payments primary"),
    ):
        new = events(house.asks("GET", f"{address}{query}"))
        assert told in {str(event["SUMMARY"]) for event in new.values()}
        for uid, event in new.items():
            assert event["SEQUENCE"] > old[uid]["SEQUENCE"] or event.to_ical() == old[uid].to_ical()


def test_a_start_changes_nothing(night: NightOfFeeds, house: House, rotations: Rotations) -> None:
    """Another process says the same at another time, byte by byte."""
    address = path(house.token("feed", team="payments")[0], "payments")
    house.asks("GET", address)
    rotations.writes(payments=PAYMENTS + OVERRIDE)
    before = house.asks("GET", address)
    night.clock.at += timedelta(days=3)
    rotations.writes(payments=PAYMENTS + OVERRIDE)
    next_one = House(night)
    assert next_one.asks("GET", address).body == before.body
    next_one.close()


@pytest.fixture
def second(night: NightOfFeeds) -> Iterator[House]:
    """Another server on the same store."""
    made = House(night)
    made.premises = made.premises._replace()
    yield made
    made.close()


def shared(house: House) -> None:
    """A server that knows that it is not the only one."""
    clock = house.night.clock
    feeds = Feeds(house.night.store, clock.now, shared=True, monotonic=clock.monotonic)
    house.premises.feeds.__dict__.update(feeds.__dict__)


def test_two_servers_on_one_store_say_the_same(house: House, second: House, rotations: Rotations) -> None:
    """Whoever sees a change first numbers it; one that saw an older folder meanwhile is put right within seconds."""
    shared(house)
    shared(second)
    address = path(house.token("feed", team="payments")[0], "payments")
    assert house.asks("GET", address).body == second.asks("GET", address).body
    old = rotations.read
    house.night.clock.at += timedelta(minutes=10)
    rotations.writes(payments=PAYMENTS + OVERRIDE)
    new, first = rotations.read, house.asks("GET", address)
    rotations.read = old  # the second has not seen it yet, and has forgotten what it had
    shared(second)
    late = second.asks("GET", address)
    rotations.read = new
    house.night.clock.at += timedelta(seconds=6)
    answers = [each.asks("GET", address).body for each in (second, house, second)]
    assert answers[0] == answers[1] == answers[2]
    for shown in (first, late):
        last = events(shown)
        for uid, event in events(house.asks("GET", address)).items():
            assert event["SEQUENCE"] > last[uid]["SEQUENCE"] or event.to_ical() == last[uid].to_ical()


def test_a_feed_is_told_while_the_store_has_failed(house: House, rotations: Rotations) -> None:
    """As it was; changed meanwhile with higher numbers; and once the store is back, with ones that are higher still."""
    address = path(house.token("feed", team="payments")[0], "payments")
    before = house.asks("GET", address)
    house.night.disk.unreadable, house.night.disk.broken = True, "io"
    assert house.asks("GET", address).body == before.body
    house.night.clock.at += timedelta(minutes=2)
    rotations.writes(payments=PAYMENTS + OVERRIDE)
    meanwhile = house.asks("GET", address)
    assert events(meanwhile).keys() == events(before).keys()
    house.night.clock.at += timedelta(minutes=2)
    assert house.asks("GET", address).body == meanwhile.body
    house.night.disk.unreadable, house.night.disk.broken = False, None
    house.night.clock.at += timedelta(minutes=2)
    after = house.asks("GET", address)
    shown, last = events(meanwhile), events(before)
    for uid, event in events(after).items():
        assert event["SEQUENCE"] > shown[uid]["SEQUENCE"] or event.to_ical() == last[uid].to_ical()
    restarted = House(house.night)
    assert restarted.asks("GET", address).body == after.body
    restarted.close()


def test_a_store_that_was_lost_gives_no_number_twice(house: House, rotations: Rotations) -> None:
    """Nor does one that is older than what subscribers have seen, or holds what nobody can read."""
    address = path(house.token("feed", team="payments")[0], "payments")
    house.asks("GET", address)
    saved = house.night.store.get("feed:payments")
    assert saved is not None
    house.night.clock.at += timedelta(minutes=10)
    rotations.writes(payments=PAYMENTS + OVERRIDE)
    shown = events(house.asks("GET", address))
    house.night.clock.at += timedelta(minutes=10)
    for kept, now in ((saved, OTHER), *[(lost, "") for lost in LOST]):
        house.night.store.put("feed:payments", kept)
        restarted = House(house.night)
        rotations.writes(payments=PAYMENTS + now)
        for uid, event in events(restarted.asks("GET", address)).items():
            texts = ("SUMMARY", "DESCRIPTION")
            same = [str(event[name]) == str(shown.get(uid, event)[name]) for name in texts]
            assert all(same) or event["SEQUENCE"] > shown[uid]["SEQUENCE"]
        restarted.close()


def test_a_new_month_is_a_new_window(house: House) -> None:
    """And an event that stays in it stays as it was."""
    address = path(house.token("feed", team="payments")[0], "payments")
    june = events(house.asks("GET", address))
    house.night.clock.at = moment(1782864000)  # 2026-07-01T00:00:00Z
    july = events(house.asks("GET", address))
    assert june.keys() - july.keys()
    assert july.keys() - june.keys()
    # The last shift of June's window names who comes after it from the engine; nothing else may move.
    assert all(june[uid].to_ical() == july[uid].to_ical() for uid in june.keys() & july.keys())


def test_a_revoked_token_opens_nothing_within_a_second(house: House) -> None:
    """And when a token was shown, and by which program, is written down."""
    token, kept = house.token("feed", team="payments", label="alice, phone")
    agent = {"user-agent": "Google-Calendar-Importer\x1b[31m \u202e".encode().decode("latin-1")}
    assert house.asks("GET", path(token, "payments"), agent).status == 200
    house.settles()
    (told,) = listed(house.night.store)
    assert (told.used_at, (told.agent or "")[:24]) == (house.night.clock.at, "Google-Calendar-Importer")
    assert "\x1b" not in (told.agent or "")
    revoked(house.night.store, kept.id)
    house.night.clock.at += timedelta(seconds=1)
    assert house.asks("GET", path(token, "payments")).status == 404


def test_names_that_would_break_a_line_stay_names(house: House, rotations: Rotations) -> None:
    """Whatever people.yaml calls them, no property and no event is made of it."""
    rotations.writes(people=PEOPLE.replace("Alice Adams", r'"Mallory\r\nX-EVIL:1\u2028\u202e"'))
    answer = house.asks("GET", path(house.token("feed", team="payments")[0], "payments"))
    assert b"\nX-EVIL" not in answer.body
    assert all("X-EVIL" not in each for each in events(answer).values())


def test_requests_at_once_build_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody's calendar asks on the hour."""
    import asyncio

    address = path(house.token("feed", team="payments")[0], "payments")

    async def crowd() -> list[Answer]:
        return await asyncio.gather(*[house._ask("GET", address, {}, b"") for _ in range(20)])

    answers = house._runner.run(crowd())
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert house.premises.feeds.shelf.builds == 1
