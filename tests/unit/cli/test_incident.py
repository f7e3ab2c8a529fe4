"""`oncall incident`, `oncall ack` and `oncall resolve`: what is open, its story, and what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.errors import UsageError
from oncall_rota.paging.incident import Incident
from oncall_rota.paging.job import PageData
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import OPEN, IncidentRow, PageRow
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.reference import named, one_named
from oncall_rota.paging.saved import incident_of, row_of
from oncall_rota.paging.signal import Signal
from oncall_rota.store.sqlite import SqliteStore
from oncall_rota.wiring.office import open_office

SETTINGS = """\
notifiers:
  sms: {type: exec, to: phone, command: [/usr/bin/tee, -a, SENT]}
  call: {type: exec, to: phone, command: [/usr/bin/tee, -a, SENT]}
last_resort: {every: 5m, targets: [carol]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: sms, 2m: call]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: sms]}
carol: {name: Carol Chen, phone: "+447700900103", notify: [0m: call]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation:
  - {notify: primary, wait: 5m}
  - {notify: bob, wait: 5m}
snooze: 2h
severity: {info: none}
"""
Oncall = Callable[..., Any]


class Office:
    """The store of the tests, what was sent, and monitors that report to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder.parent / "oncall.db"
        self._sent = folder.parent / "sent"

    def raises(self, summary: str = "the shop is down", **more: Any) -> str:
        """A monitor says that something is wrong with payments; the pages of the first step are sent. The id."""
        signal = Signal("prod-am", summary, summary, **{"team": "payments", **more})
        with open_office(str(self.store), lambda: self.folder, print, drive="own") as opened:
            return opened.office.signal(signal).incident_id

    @property
    def sent(self) -> str:
        """The text of every page and notice so far."""
        return self._sent.read_text() if self._sent.exists() else ""

    def code(self, summary: str) -> str:
        """The code of the last page about something."""
        return re.findall(rf"{summary}\nCode: ([0-9a-f]+)\n", self.sent)[-1]


@pytest.fixture
def office(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """payments is alice's; then bob is paged, and carol in the end."""
    (folder / "web.yaml").unlink()
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (folder / f"{name}.yaml").write_text(text.replace("SENT", str(folder.parent / "sent")))
    made = Office(folder)
    monkeypatch.setenv("ONCALL_STORE", str(made.store))
    monkeypatch.setenv("ONCALL_ALLOW_EXEC", "1")
    return made


def test_the_code_of_my_page_takes_it_and_says_who_i_am(office: Office, oncall: Oncall) -> None:
    """As it stands in the page: oncall ack CODE, and nothing else."""
    incident = office.raises()
    said = oncall("ack", office.code("the shop is down"))
    assert said.code == 0
    assert said.out.split("\t")[:2] == [incident, "acknowledged"]
    assert said.out.split("\t")[7] == "alice"
    assert f"{incident[:8]} is with Alice Adams; if it stays open, Alice Adams and step 1 are paged again" in said.err


def test_whoever_comes_second_is_told_who_has_it_and_nothing_is_wrong(office: Office, oncall: Oncall) -> None:
    """For a person an answer, for a script no failure: somebody has it."""
    incident = office.raises()
    oncall("ack", incident, "--by", "bob")
    said = oncall("ack", incident, "--by", "alice")
    assert said.code == 0
    assert f"{incident[:8]}: acknowledged by bob already, just now" in said.err
    (told,) = json.loads(oncall("ack", incident, "--by", "alice", "--json").out)["incidents"]
    assert (told["done"], told["refused"]) == (False, "acknowledged by bob already")
    assert (told["acknowledged_by"], told["status"]) == ("bob", "acknowledged")


def test_what_is_over_is_over_and_cannot_be_passed_on(office: Office, oncall: Oncall) -> None:
    """To acknowledge or resolve it once more is well; all else has no effect, which is a failure."""
    incident = office.raises()
    assert oncall("resolve", incident, "--by", "alice").code == 0
    for again in ("ack", "resolve"):
        said = oncall(again, incident, "--by", "bob")
        assert (said.code, "it is resolved already" in said.err) == (0, True), again
    for verb in (["decline"], ["snooze"], ["reassign"]):
        more = ["carol"] if verb == ["reassign"] else []
        said = oncall("incident", *verb, incident, *more, "--by", "bob")
        assert (said.code, "it is resolved already" in said.err) == (1, True), verb


def test_a_bare_ack_takes_the_only_one_that_paged_me(
    office: Office, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I am $ONCALL_USER, or --by."""
    incident = office.raises()
    monkeypatch.setenv("ONCALL_USER", "alice")
    said = oncall("ack")
    assert said.out.split("\t")[:2] == [incident, "acknowledged"]
    assert oncall("ack").code == 0  # it is mine already
    said = oncall("resolve")
    assert (said.code, said.out.split("\t")[:2]) == (0, [incident, "resolved"])


def test_of_several_a_bare_ack_takes_none_and_lists_them(office: Office, oncall: Oncall) -> None:
    """One that is acknowledged does not count for ack; for resolve it does."""
    first, second = office.raises("one"), office.raises("two")
    said = oncall("ack", "--by", "alice")
    assert (said.code, said.out) == (2, "")
    assert f"  {first}  triggered  critical payments: one" in said.err
    assert f"  {second}  triggered  critical payments: two" in said.err
    assert oncall("ack", first, "--by", "alice").code == 0
    assert oncall("ack", "--by", "alice").out.startswith(second)
    assert oncall("resolve", "--by", "alice").code == 2


def test_a_bare_ack_of_somebody_who_was_not_paged_lists_what_is_open(office: Office, oncall: Oncall) -> None:
    """Nothing is taken by guessing."""
    incident = office.raises()
    said = oncall("ack", "--by", "carol")
    assert (said.code, incident in said.err) == (2, True)
    assert "no open incident has paged carol; 1 is open" in said.err
    oncall("resolve", incident, "--by", "alice")
    assert "none is open" in oncall("ack", "--by", "alice").err


def test_who_asks_must_be_known(office: Office, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a folder; and somebody must ask."""
    incident = office.raises()
    said = oncall("ack", incident)
    assert (said.code, "--by ID" in said.err) == (2, True)
    said = oncall("ack", incident, "--by", "alise")
    assert (said.code, "did you mean 'alice'?" in said.err) == (5, True)
    monkeypatch.setenv("ONCALL_USER", "nobody-of-ours")
    assert oncall("ack", incident).code == 5
    assert oncall("ack", incident, "--by", "\x1b[31malice").code == 2


def test_a_broken_people_file_keeps_nobody_from_acknowledging(office: Office, oncall: Oncall) -> None:
    """The mistake of an afternoon must not cost the night."""
    incident = office.raises()
    (office.folder / "people.yaml").write_text("alice: [\n")
    said = oncall("ack", incident, "--by", "alice")
    assert (said.code, said.out.split("\t")[1]) == (0, "acknowledged")
    assert "people.yaml cannot be read whole" in said.err


def test_without_a_folder_anybody_may_and_the_timeout_of_the_team_still_holds(
    office: Office, oncall: Oncall, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store keeps the last good configuration."""
    incident = office.raises()
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert oncall("incident", "list").out.startswith(incident)
    assert oncall("incident", "show", incident).code == 0
    said = oncall("ack", incident, "--by", "zed")
    (told,) = json.loads(oncall("incident", "list", "--json").out)["incidents"]
    assert (told["acknowledged_by"], told["next_at"] is None) == ("zed", False)
    assert "the configuration that the store keeps is used" in said.err
    assert "is with zed; if it stays open, zed and step 1 are paged again" in said.err


def test_a_reference_that_means_nothing(office: Office, oncall: Oncall) -> None:
    """Exit code 5, and what would mean something."""
    office.raises()
    said = oncall("ack", "ffff", "--by", "alice")
    assert (said.code, said.out) == (5, "")
    assert "'oncall incident list' shows what is open; a page's code lasts 24 hours" in said.err
    said = oncall("ack", "ff", "--by", "alice")
    assert (said.code, "at least 4 characters" in said.err) == (5, True)


def test_nothing_is_done_when_one_of_several_is_misspelt(office: Office, oncall: Oncall) -> None:
    """All references are looked up first."""
    incident = office.raises()
    assert oncall("resolve", incident, "zzzz", "--by", "alice").code == 5
    assert oncall("incident", "list").out.split("\t")[1] == "triggered"


def test_several_are_resolved_at_once_and_those_who_were_paged_are_told(office: Office, oncall: Oncall) -> None:
    """By their beginnings; each once, however it was named."""
    first, second = office.raises("one"), office.raises("two")
    said = oncall("resolve", first[:8], second, office.code("two"), "--by", "bob")
    assert (said.code, [line.split("\t")[1] for line in said.out.splitlines()]) == (0, ["resolved", "resolved"])
    assert "resolved by bob: one" in office.sent
    assert oncall("incident", "list").out == ""


def test_who_declines_has_the_next_step_paged_now(office: Office, oncall: Oncall) -> None:
    """bob, before the command has ended; nobody drives it from there, which is said."""
    incident = office.raises()
    said = oncall("incident", "decline", office.code("the shop is down"))
    assert said.code == 0
    assert f"{incident[:8]} now pages Bob Brown by sms" in said.err
    assert "step 2: declined by alice" in office.sent
    assert "nobody drives what is open here" in said.err


def test_what_is_declined_twice_is_passed_on_once(office: Office, oncall: Oncall) -> None:
    """By the code of the same page; whoever was paged since has their time."""
    office.raises()
    code = office.code("the shop is down")
    assert oncall("incident", "decline", code, "--by", "alice").code == 0
    said = oncall("incident", "decline", code, "--by", "alice")
    assert (said.code, "it was passed on already" in said.err) == (1, True)
    assert "last resort" not in office.sent


def test_what_another_has_cannot_be_declined(office: Office, oncall: Oncall) -> None:
    """Exit code 1: it was not passed on."""
    incident = office.raises()
    oncall("ack", incident, "--by", "bob")
    said = oncall("incident", "decline", incident, "--by", "alice")
    assert (said.code, f"{incident[:8]}: acknowledged by bob already" in said.err) == (1, True)


def test_a_snooze_is_as_long_as_the_team_says_or_as_i_do(office: Office, oncall: Oncall) -> None:
    """payments: two hours."""
    incident = office.raises()
    for more, hours in (([], 2), (["--for", "5h"], 5)):
        before = json.loads(oncall("incident", "show", incident, "--json").out)["incident"]["opened_at"]
        said = oncall("incident", "snooze", incident, "--by", "alice", "--json", *more)
        (told,) = json.loads(said.out)["incidents"]
        assert (int(told["next_at"][11:13]) - int(before[11:13])) % 24 in (hours, hours + 1)
    assert oncall("incident", "snooze", incident, "--by", "alice", "--for", "later").code == 2


def test_whom_it_is_given_to_is_paged_now(office: Office, oncall: Oncall) -> None:
    """By their own rules."""
    incident = office.raises()
    said = oncall("incident", "reassign", incident, "carol", "--by", "alice")
    assert (said.code, f"{incident[:8]} now pages Carol Chen by call" in said.err) == (0, True)
    assert "given by alice" in office.sent
    assert oncall("incident", "reassign", incident, "caro", "--by", "alice").code == 5


def test_a_note_is_part_of_the_story(office: Office, oncall: Oncall) -> None:
    """Also from standard input; control characters are not kept."""
    incident = office.raises()
    assert oncall("incident", "note", incident, "restarted db-1", "--by", "alice").code == 0
    oncall("incident", "note", incident, "-", "--by", "bob", stdin=b"\x1b[31mred\nline\n")
    assert oncall("incident", "note", incident, " ", "--by", "alice").code == 2
    story = json.loads(oncall("incident", "show", incident, "--json").out)["audit"]
    notes = [(each["actor"], each["text"]) for each in story if each["kind"] == "remark"]
    assert notes == [("alice", "restarted db-1"), ("bob", "[31mred line")]


def _kept(oncall: Oncall, incident: str) -> list[str]:
    lines = oncall("incident", "show", incident, "-o", "plain").out.splitlines()
    return [line for line in lines if not line.startswith("next")]


@pytest.mark.parametrize("verb", ["ack", "resolve", "decline", "snooze", "reassign", "note"])
def test_a_dry_run_does_nothing(verb: str, office: Office, oncall: Oncall) -> None:
    """It says what would be."""
    incident = office.raises()
    before = _kept(oncall, incident)
    more = {"reassign": ["carol"], "note": ["hello"]}.get(verb, [])
    said = oncall("incident", verb, incident, *more, "--by", "alice", "--dry-run")
    assert (said.code, "(--dry-run)" in said.err) == (0, True)
    assert _kept(oncall, incident) == before
    pages = {"decline": "would page Bob Brown by sms", "reassign": "would page Carol Chen by call"}
    assert pages.get(verb, "") in said.err
    if verb in ("ack", "resolve"):
        assert oncall(verb, incident, "--by", "alice", "--dry-run").out.split("\t")[:2] == said.out.split("\t")[:2]


def test_the_list_is_by_status_and_team(office: Office, oncall: Oncall) -> None:
    """Newest first, what is open unless asked otherwise."""
    first, second, third = office.raises("one"), office.raises("two"), office.raises("three", severity="info")
    oncall("ack", second, "--by", "bob")

    def ids(*arguments: str) -> list[str]:
        return [line.split("\t")[0] for line in oncall("incident", "list", *arguments).out.splitlines()]

    assert ids() == [second, first]
    assert ids("--status", "acknowledged") == [second]
    assert ids("--status", "all") == [third, second, first]
    assert ids("--status", "all", "--limit", "1") == [third]
    (office.folder / "web.yaml").write_text(PAYMENTS.replace("payments", "web"))
    assert ids("--team", "web") == []
    assert "no incident is open of team web" in oncall("incident", "list", "--team", "web").err
    said = oncall("incident", "list", "--status", "resolve")
    assert (said.code, "did you mean 'resolved'?" in said.err) == (2, True)


@pytest.mark.parametrize("store", ["full", "none yet"])
def test_nothing_is_open_of_a_team_that_there_is_not_is_no_answer(office: Office, oncall: Oncall, store: str) -> None:
    """Who types a team's name wrongly at night is not told that all is well."""
    if store == "full":
        office.raises()
    said = oncall("incident", "list", "--team", "paymnts")
    assert (said.code, said.out, "did you mean 'payments'?" in said.err) == (5, "", True)


def test_a_team_that_there_was_once_still_has_its_incidents(office: Office, oncall: Oncall) -> None:
    """Its file is gone, and nothing of it is open."""
    oncall("resolve", office.raises(), "--by", "bob")
    (office.folder / "payments.yaml").unlink()
    assert oncall("incident", "list", "--team", "payments").code == 0


def test_where_no_store_is_none_is_made(office: Office, oncall: Oncall) -> None:
    """To look is no reason to write."""
    said = oncall("incident", "list", "--json")
    assert (said.code, json.loads(said.out)["incidents"]) == (0, [])
    assert "no incident is open in" in said.err
    assert oncall("ack", "4f2a", "--by", "alice").code == 5
    assert not office.store.exists()


def test_the_story_tells_pages_audit_and_what_comes_next(office: Office, oncall: Oncall) -> None:
    """alice's call after two minutes, bob after five, carol as the last resort."""
    incident = office.raises()
    told = json.loads(oncall("incident", "show", incident, "--json").out)
    assert [(each["person"], each["channel"], each["state"]) for each in told["pages"]] == [("alice", "sms", "sent")]
    assert [each["kind"] for each in told["audit"]][:3] == ["opened", "step", "paged"]
    pages = [(each["person"], each["channel"], each["step"]) for each in told["next"] if each["event"] == "page"]
    assert pages[:3] == [("alice", "call", 1), ("bob", "sms", 2), ("carol", "call", None)]
    assert told["incident"]["step"] == 1
    assert told["driven_by"] is None
    oncall("resolve", incident, "--by", "alice")
    told = json.loads(oncall("incident", "show", incident[:6], "--json").out)  # its beginning, though it is over
    assert (told["incident"]["status"], told["next"]) == ("resolved", [])


def test_a_code_is_shown_to_the_person_themself(office: Office, oncall: Oncall) -> None:
    """Whoever has it can acknowledge in their name."""
    incident = office.raises()
    code = office.code("the shop is down")

    def codes(*arguments: str) -> list[str | None]:
        told = json.loads(oncall("incident", "show", incident, "--json", *arguments).out)
        return [each["code"] for each in told["pages"]]

    assert codes() == codes("--by", "bob") == [None]
    assert codes("--by", "alice") == [code]


def test_on_a_terminal_of_80_columns(office: Office, on_terminal: Any) -> None:
    """What a person reads at night; nothing is wider than the screen, and nothing of the alert moves the cursor."""
    incident = office.raises("the shop is down " + "for all who pay by card " * 3, lines=("db-1\x1b[2J",))
    said = on_terminal("incident", "show", incident, env={"NO_COLOR": "1"})
    assert "\x1b" not in said.out
    assert max(len(line) for line in said.out.splitlines()) <= 80
    assert re.search(r"^\d\d:\d\d:\d\d  Alice Adams  sms  sent$", said.out, re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d  page Bob Brown by sms \(step 2\)$", said.out, re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d  opened by prod-am$", said.out, re.MULTILINE)
    assert "nobody drives it: 'oncall pager run' does" in said.out
    table = on_terminal("incident", "list", env={"NO_COLOR": "1"}).out
    assert table.splitlines()[1].startswith(f"{incident[:8]}  triggered")


@pytest.mark.parametrize("broken", ["payments", "people"])
def test_what_comes_next_is_no_guess_while_a_file_has_no_meaning(office: Office, oncall: Oncall, broken: str) -> None:
    """The pager goes by what it kept; by what is left of the files, carol would be told as the last resort."""
    incident = office.raises()
    assert "\tbob\t" in oncall("incident", "show", incident).out
    (office.folder / f"{broken}.yaml").write_text(": [broken\n")
    said = oncall("incident", "show", incident)
    assert said.code == 0
    to_come = [line.split("\t") for line in said.out.splitlines() if line.startswith("next")]
    assert [(row[2], row[4]) for row in to_come] == [("alice", "call")]  # of the step that has begun
    assert "what comes next cannot be told" in said.err


def test_whoever_has_the_store_is_asked_and_drives_it(office: Office, oncall: Oncall) -> None:
    """A pager runs: commands go by its socket, and warn of nothing."""
    with open_office(str(office.store), lambda: office.folder, print, drive="all", name="oncall pager run") as opened:
        incident = opened.office.signal(Signal("prod-am", "k", "the shop is down", team="payments")).incident_id
        told = json.loads(oncall("incident", "show", incident, "--json").out)
        assert told["driven_by"].startswith("oncall pager run (process ")
        said = oncall("ack", incident, "--by", "bob")
        assert (said.code, "nobody drives" in said.err) == (0, False)
        row = opened.store.incident(incident)
        assert row is not None
        assert row.status == "acknowledged"


@pytest.mark.parametrize("deed", [["ack"], ["note", "looking"]])
def test_what_holds_in_memory_alone_is_said(
    office: Office, oncall: Oncall, monkeypatch: pytest.MonkeyPatch, deed: list[str]
) -> None:
    """The disk is full: whoever did something knows that it is not written down yet."""

    def full(*_: Any) -> Any:
        raise StoreFailed("full", "the disk is full")

    incident = office.raises()
    with (
        open_office(str(office.store), lambda: office.folder, print, drive="all", name="oncall pager run"),
        monkeypatch.context() as broken,
    ):
        broken.setattr(SqliteStore, "commit", full)
        said = oncall("incident", deed[0], incident, *deed[1:], "--by", "bob")
    assert said.code == 0
    assert "it holds in the memory of whoever pages" in said.err


# -- references, on a shelf of incidents


class Shelf:
    """An office that has these incidents; `pages` by incident. It looks for codes and beginnings as real ones do."""

    def __init__(self, ids: str, pages: dict[str, list[PageRow]], closed: str = "") -> None:
        self.rows = {
            each: row_of(Incident(each, "payments", "critical", each, NOON, status=status), 0, "prod-am", each)
            for status, names in (("triggered", ids), ("resolved", closed))
            for each in names.split()
        }
        self.pages = pages

    def meant(self, reference: str) -> tuple[IncidentRow, ...]:
        if reference in self.rows:
            return (self.rows[reference],)
        coded = [
            row for row in self.rows.values() if any(page.code == reference for page in self.pages.get(row.id, ()))
        ]
        return tuple(coded or [row for row in self.incidents() if row.id.startswith(reference)])

    def incidents(self, statuses: Any = OPEN, team: str | None = None, limit: int = 1000) -> tuple[IncidentRow, ...]:
        return tuple([row for row in self.rows.values() if row.status in statuses])

    def story(self, incident_id: str) -> Story:
        row = self.rows[incident_id]
        return Story(row, incident_of(row), tuple(self.pages.get(incident_id, ())), ())


NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def a_page(id_: str, person: str, code: str, **data: Any) -> PageRow:
    """A page that was sent."""
    kept = PageData(**data).json()
    return PageRow(
        id_, id_.split("-")[0], person, "sms", f"{person}/phone", "sent", 1, 1, None, 1, code, None, NOON, kept
    )


def meant(shelf: Shelf, *references: str, me: str | None = None) -> list[tuple[str, str | None]]:
    """Ids, each with whose page it was."""
    return [(each.row.id, each.whose) for each in named(shelf, references, me)]  # type: ignore[arg-type]


def test_a_beginning_that_two_have_is_not_enough() -> None:
    """Both are listed; what is over may be meant when nothing open is."""
    shelf = Shelf("aaaa1111 aaaa2222", {}, closed="aaaa3333 bbbb1111")
    assert meant(shelf, "aaaa1", "AAAA2222") == [("aaaa1111", None), ("aaaa2222", None)]
    with pytest.raises(UsageError, match="2 incidents begin with aaaa") as refused:
        meant(shelf, "aaaa")
    assert "aaaa2222  triggered  critical payments: aaaa2222" in refused.value.hint
    assert "aaaa3333" not in refused.value.hint
    assert meant(shelf, "bbbb") == [("bbbb1111", None)]


def test_the_code_of_a_bundle_means_all_that_it_names() -> None:
    """But what is over needs nothing more."""
    ids = ("aaaa1111", "bbbb1111", "cccc1111")
    bundle = a_page("aaaa1111-b1", "alice", "4f2a", what="bundle", pages=tuple([f"{each}-1" for each in ids]))
    shelf = Shelf("aaaa1111 bbbb1111", {each: [bundle] for each in ids}, closed="cccc1111")
    assert meant(shelf, "#4F2A") == [("aaaa1111", "alice"), ("bbbb1111", "alice")]
    with pytest.raises(UsageError, match="a page about 2 incidents"):
        one_named(shelf, "4f2a", None)  # type: ignore[arg-type]


def test_a_code_that_two_pages_have_is_mine_or_that_of_what_is_open() -> None:
    """Four digits meet by chance, and nothing is taken by chance."""
    pages = {"aaaa1111": [a_page("aaaa1111-1", "alice", "4f2a")], "bbbb1111": [a_page("bbbb1111-1", "bob", "4f2a")]}
    assert meant(Shelf("aaaa1111 bbbb1111", pages), "4f2a", me="bob") == [("bbbb1111", "bob")]
    assert meant(Shelf("aaaa1111", pages, closed="bbbb1111"), "4f2a") == [("aaaa1111", "alice")]
    with pytest.raises(UsageError, match="several pages have the code 4f2a"):
        meant(Shelf("aaaa1111 bbbb1111", pages), "4f2a")


def test_a_page_that_went_alone_after_it_had_waited_is_one_page() -> None:
    """It has a row of its own, with the same code."""
    alone = [
        a_page("aaaa1111-1", "alice", "4f2a", bundle="aaaa1111-b1"),
        a_page("aaaa1111-b1", "alice", "4f2a", what="bundle", pages=("aaaa1111-1",)),
    ]
    assert meant(Shelf("aaaa1111", {"aaaa1111": alone}), "4f2a") == [("aaaa1111", "alice")]
