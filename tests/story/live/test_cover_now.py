"""Cover that cannot wait for a review: one command, at once, everywhere; and the file has it later."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from covered import HOUR, Covered


def everywhere(covered: Covered, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Who is on call now, as every face says; they agree."""
    at = covered.now
    answers = {
        "who": covered.who(at),
        "pages": covered.paged(at),
        "feed": covered.in_feed(at),
        "board": covered.on_board(),
        "command": covered.asked(at)[0],
        "command alone": covered.asked_alone(at, monkeypatch),
        "another team's": covered.who(at, "search"),
        "another team's pages": covered.paged(at, "search"),
    }
    assert len({frozenset(each) for each in answers.values()}) == 1, answers
    return answers["who"]


def test_two_hours_of_cover_now(covered: Covered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pain 18: one command, effective at once, over in two hours. Pain 20: and honoured by every face."""
    assert everywhere(covered, monkeypatch) == {"alice"}
    said = covered.oncall("take", "2h", "payments", "--reason", "alice is on a plane")
    assert said.code == 0, said.err
    assert "Alice Jones" in said.out.split("after")[0]
    assert "Carol Jones" in said.out.split("after")[1]
    assert everywhere(covered, monkeypatch) == {"carol"}
    assert covered.who(covered.now + 2 * HOUR) == {"alice"}
    assert covered.who(covered.now - HOUR) == {"alice"}


def test_who_says_that_it_is_live(covered: Covered) -> None:
    """Its cause has an id and who made it, and no line of a file."""
    covered.oncall("take", "2h", "payments")
    (row,) = json.loads(covered.oncall("who", "payments", "--at", f"{covered.now:%Y-%m-%dT%H:%MZ}", "--json").out)[
        "results"
    ]
    assert row["cause"] == {"kind": "live", "verb": "who", "by": "carol", "id": row["cause"]["id"]}


def test_my_only_team_needs_no_name(covered: Covered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of somebody in two teams, or in none, the name is asked for."""
    said = covered.oncall("take", "2h")
    assert (said.code, "carol serves no team" in said.err) == (2, True)
    (covered.checkout / "search.yaml").unlink()
    covered.deploys()
    covered.signs_in(monkeypatch, "alice")
    assert covered.oncall("take", "2h").code == 0


def test_the_other_verbs(covered: Covered) -> None:
    """`override add` is the same, live."""
    hours = ("--from", f"{covered.now:%Y-%m-%dT%H:%MZ}", "--for", "2h")
    assert covered.oncall("override", "add", "payments", "--add", "dave", *hours).code == 0
    assert covered.who(covered.now) == {"alice", "dave"}
    assert covered.oncall("override", "add", "payments", "--who", "nobody", *hours).code == 0
    assert covered.who(covered.now) == set()
    assert covered.oncall("override", "add", "payments", "--who", "bob", "--instead-of", "zoe", *hours).code == 5
    assert covered.lines() == []


def test_a_dry_run_and_file_leave_the_server_alone(covered: Covered) -> None:
    """The one shows, the other edits the checkout."""
    hours = ("--from", f"{covered.now:%Y-%m-%dT%H:%MZ}", "--for", "2h")
    said = covered.oncall("override", "add", "payments", "--who", "bob", *hours, "--dry-run")
    assert ("Bob Jones" in said.out, "nothing is kept" in said.err) == (True, True)
    assert covered.oncall("take", "2h", "payments", "--dry-run").code == 0
    assert covered.oncall("override", "add", "payments", "--who", "bob", *hours, "--file").code == 0
    assert covered.who(covered.now) == {"alice"}
    assert len(covered.lines()) == 1
    covered.deploys()
    assert covered.who(covered.now) == {"bob"}


def test_folded_once_and_then_the_file_alone_decides(covered: Covered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pain 19: neither is lost, comments stay, and a line that was deleted does not come back."""
    covered.writes(["# covers", "- {who: bob, from: 2026-06-18 09:00, until: 2026-06-19 09:00}   # a trip"])
    covered.deploys()
    covered.oncall("take", "2h", "payments", "--reason", "dentist")
    assert covered.oncall("override", "fold", "--check").code == 8
    assert covered.oncall("override", "fold", "--dry-run").code == 0
    assert len(covered.lines()) == 2
    said = covered.oncall("override", "fold")
    assert said.code == 0, said.err
    comment, new, old = covered.lines()
    assert (comment, old) == ("# covers", "- {who: bob, from: 2026-06-18 09:00, until: 2026-06-19 09:00}   # a trip")
    assert new.startswith("- {who: carol, from: 2026-06-17 13:00, until: 2026-06-17 15:00, reason: dentist, id: ")
    assert everywhere(covered, monkeypatch) == {"carol"}
    assert covered.oncall("override", "fold", "--check").code == 0  # the checkout has it, the server not yet
    covered.deploys()
    assert everywhere(covered, monkeypatch) == {"carol"}
    covered.writes([comment, old])
    covered.deploys()
    covered.restarts()
    assert everywhere(covered, monkeypatch) == {"alice"}
    assert covered.oncall("override", "fold", "--check").code == 0
    assert covered.told == []


def test_a_fold_tells_what_overlaps(covered: Covered) -> None:
    """A person may want to look at both."""
    covered.writes(["- {who: bob, from: 2026-06-17 12:00, until: 2026-06-17 18:00}"])
    covered.deploys()
    covered.oncall("take", "2h", "payments")
    said = covered.oncall("override", "fold", "payments")
    assert (said.code, "overlaps payments.overrides.yaml:1 (Bob Jones)" in said.err) == (0, True)
    assert covered.lines()[1].startswith("- {who: carol")


def test_past_ones_are_folded_too(covered: Covered) -> None:
    """So that git knows who was on call."""
    covered.oncall("take", "2h", "payments")
    covered.night.clock.at += timedelta(days=3)
    assert covered.oncall("override", "fold").code == 0
    assert len(covered.lines()) == 1


def test_listed_and_withdrawn(covered: Covered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live ones stand behind those of the file, by their ids."""
    covered.writes(["- {who: bob, from: 2027-06-18 09:00, until: 2027-06-19 09:00}"])
    covered.oncall("take", "2h", "payments")
    rows = json.loads(covered.oncall("override", "list", "payments", "--all", "--json").out)["overrides"]
    assert [(row["number"], row.get("live", False), row.get("by")) for row in rows] == [
        (1, False, None), (None, True, "carol"),
    ]  # fmt: skip
    said = covered.oncall("override", "remove", "payments", rows[1]["id"])
    assert (said.code, "cancelled" in said.err) == (0, True)
    assert everywhere(covered, monkeypatch) == {"alice"}
    assert covered.oncall("override", "remove", "payments", rows[1]["id"]).code == 0  # twice is no more than once
    assert covered.oncall("override", "remove", "payments", "0123abcd").code == 5


def test_somebody_leaves_while_covering(covered: Covered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pain 3: that cover has no effect and is told; the team goes on, and a fold leaves it."""
    covered.oncall("take", "2h", "payments")
    people = covered.checkout / "people.yaml"
    people.write_text("".join(line for line in people.read_text().splitlines(keepends=True) if "carol" not in line))
    covered.deploys()
    assert everywhere(covered, monkeypatch) == {"alice"}
    (told,) = covered.told
    assert "has no effect: nobody is called 'carol' in people.yaml" in told
    said = covered.oncall("override", "fold")
    assert (said.code, covered.lines()) == (1, [])


def test_without_a_server_it_says_as_of_when(covered: Covered, monkeypatch: pytest.MonkeyPatch) -> None:
    """And which live overrides it knows."""
    covered.oncall("take", "2h", "payments")
    covered.oncall("who")
    covered.there.answers = lambda _: (502, {}, b"")
    said = covered.oncall("who", "payments", "--at", f"{covered.now:%Y-%m-%dT%H:%MZ}", "--json")
    assert json.loads(said.out)["source"] == "checkout"
    assert "with the server's 1 live override as of" in said.err


def test_without_a_server_a_line_that_was_deleted_stays_deleted(covered: Covered) -> None:
    """Though the live override that it was is still known: the file had it."""
    covered.oncall("take", "2h", "payments")
    covered.oncall("who")
    covered.oncall("override", "fold")
    covered.there.answers = lambda _: (502, {}, b"")
    assert covered.asked(covered.now) == ({"carol"}, "checkout")
    covered.writes([])
    assert covered.asked(covered.now) == ({"alice"}, "checkout")


def test_every_page_and_format_tells_of_it(covered: Covered) -> None:
    """Though it stands in no file."""
    covered.oncall("take", "2h", "payments", "--instead-of", "alice")
    board = {"authorization": f"Bearer {covered.board}"}
    for path in ("/", "/teams/payments", f"/teams/payments/primary/why?at={covered.now:%Y-%m-%dT%H:%M:%SZ}"):
        page = covered.house.asks("GET", path, board)
        assert (page.status, "Carol Jones" in page.text) == (200, True), path
    assert "by a live override of Carol Jones (instead_of, instead of Alice Jones)" in page.text
    for form in ("json", "plain", "csv"):
        said = covered.house.asks("GET", f"/v1/schedule/payments?causes=yes&format={form}", board)
        assert (said.status, "live" in said.text) == (200, True), form


def test_cover_that_nobody_keeps_is_not_promised(covered: Covered) -> None:
    """With a dead server, or a token that may only look, `take` says so and changes nothing."""
    covered.there.answers = lambda _: (502, {}, b"")
    said = covered.oncall("take", "2h", "payments")
    assert (said.code, said.out, "cannot be used" in said.err) == (1, "", True)
    covered.there.answers = lambda _: (200, {}, b'{"changes": 5}')
    said = covered.oncall("override", "add", "payments", "--who", "bob", "--for", "2h")
    assert (said.code, said.out, "has no meaning" in said.err) == (1, "", True)
    said = covered.oncall("override", "list", "payments")
    assert (said.code, "live overrides are not shown" in said.err) == (0, True)
    assert covered.oncall("override", "fold").code == 1
    covered.there.answers = covered.there.asked
    assert covered.who(covered.now) == {"alice"}
