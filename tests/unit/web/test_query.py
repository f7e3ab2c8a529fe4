"""Who is on call over HTTP: the bytes of the command line, from memory, for whoever may read."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from folder_house import ROTATIONS, read
from night_house import Answer, House, NightOfLinks
from typer.testing import CliRunner

from oncall_rota.cli.main import application
from oncall_rota.web import query, query_now

FORMS = ("json", "plain", "csv", "names")
TEAMS = ("", "payments", "platform", "storefront", "support", "operations")

Ask = Callable[..., Answer]


@pytest.fixture
def rota(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The server of the repository's own rotations; it is Wednesday noon."""
    held = [read(ROTATIONS)]
    monkeypatch.setattr(night, "configuration", lambda: held[0])
    monkeypatch.setattr(night, "held", held, raising=False)
    made = House(night)
    yield made
    made.close()


@pytest.fixture
def ask(rota: House) -> Ask:
    """A GET with a token of the board."""
    token, _ = rota.token("board")

    def asked(address: str, method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return rota.asks(method, address, {"authorization": f"Bearer {token}", **named})

    return asked


@pytest.fixture
def oncall(monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    """What `oncall …` prints for the same folder."""
    for name, value in {"ONCALL_DIR": str(ROTATIONS), "ONCALL_TZ": "UTC", "ONCALL_CACHE": "off"}.items():
        monkeypatch.setenv(name, value)
    runner = CliRunner()

    def run(*arguments: str) -> bytes:
        done = runner.invoke(application(), list(arguments), prog_name="oncall")
        assert done.exit_code in (0, 3), done.output
        return done.stdout_bytes

    return run


def at_text(at: datetime) -> str:
    """As JSON has it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def moments(seed: int, count: int) -> list[datetime]:
    """Seconds of three years."""
    choose = random.Random(seed)
    first = datetime(2025, 12, 1, tzinfo=UTC)
    return [first + timedelta(seconds=choose.randrange(3 * 365 * 86400)) for _ in range(count)]


@pytest.mark.parametrize("form", FORMS)
def test_who_gives_the_bytes_of_the_command_line(form: str, ask: Ask, oncall: Callable[..., bytes]) -> None:
    """For every team at moments of three years, holes and overrides among them."""
    for number, at in enumerate(moments(1, 12)):
        team = TEAMS[number % len(TEAMS)]
        said = ask(f"/v1/who{'/' * bool(team)}{team}?format={form}&at={at_text(at)}")
        printed = oncall("who", *filter(None, [team]), "--at", at_text(at), "-o", form)
        assert (said.status, said.body) == (200, printed), f"{team} at {at}"


@pytest.mark.parametrize("form", FORMS)
def test_schedule_gives_the_bytes_of_the_command_line(form: str, ask: Ask, oncall: Callable[..., bytes]) -> None:
    """For every team and windows of some weeks, with and without causes."""
    for number, at in enumerate(moments(2, 6)):
        team, causes = TEAMS[number], number % 2 == 1
        said = ask(f"/v1/schedule{'/' * bool(team)}{team}?format={form}&from={at_text(at)}&for=40d{'&causes' * causes}")
        arguments = ["--from", at_text(at), "--for", "40d", *["--causes"] * causes, "-o", form]
        assert said.status == 200
        assert said.body == oncall("schedule", *filter(None, [team]), *arguments), f"{team} at {at}"


@pytest.mark.parametrize("form", FORMS)
def test_now_is_the_same_as_then(form: str, ask: Ask, oncall: Callable[..., bytes], night: NightOfLinks) -> None:
    """Through two weeks, handoffs among them, what is told from memory is what the files say at that moment."""
    for _ in range(14):
        for team in ("", "payments", "platform"):
            said = ask(f"/v1/who{'/' * bool(team)}{team}?format={form}")
            at = at_text(night.clock.at)
            assert said.body == oncall("who", *filter(None, [team]), "--at", at, "-o", form), f"{team} at {at}"
        night.clock.at += timedelta(hours=random.Random(form).randrange(20, 30), seconds=7)


def test_one_schedule_and_a_service_are_answered(ask: Ask, oncall: Callable[..., bytes]) -> None:
    """By the path, and by the name of what is broken."""
    at = "2026-06-02T12:00:00Z"
    one = ask(f"/v1/who/payments/primary?at={at}")
    assert one.body == oncall("who", "payments/primary", "--at", at, "--json")
    for team in ("", "/payments"):
        served = ask(f"/v1/who{team}?service=card-api&at={at}")
        assert served.body == oncall("who", "--service", "card-api", "--at", at, "--json")
        assert json.loads(served.body)["results"][0]["service"] == "card-api"
    assert ask("/v1/schedule/payments/primary?from=2026-06-01").status == 200


def test_the_default_window_is_that_of_the_command_line(ask: Ask, night: NightOfLinks) -> None:
    """Four weeks from today, in UTC unless `tz` says otherwise."""
    found = json.loads(ask("/v1/schedule/payments").body)
    today = night.clock.at.replace(hour=0, minute=0, second=0, microsecond=0)
    assert (found["from"], found["until"]) == (at_text(today), at_text(today + timedelta(days=28)))
    tokyo = json.loads(ask("/v1/schedule/payments?tz=Asia/Tokyo").body)
    assert tokyo["from"] == at_text(today - timedelta(hours=9))


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/plain;q=0.5, text/csv;q=0.9", "text/csv; charset=utf-8"),
        ("text/html, */*;q=0.1", "application/json"),
        ("image/png", "application/json"),
    ],
)
def test_the_format_is_what_the_client_accepts(accept: str, media: str, ask: Ask) -> None:
    """The one that it likes best, and JSON where it likes none of ours."""
    said = ask("/v1/who/payments", accept=accept)
    assert said.headers["content-type"] == media
    assert said.headers["vary"] == "Accept, Accept-Encoding"
    assert said.headers["cache-control"].startswith("private")
    if "csv" in media:
        assert next(csv.reader(said.text.splitlines()))[0] == "team"


@pytest.mark.parametrize("address", ["/v1/who", "/v1/who/payments?format=csv", "/v1/schedule?for=8w"])
def test_what_a_client_has_is_not_sent_again(address: str, ask: Ask) -> None:
    """A strong validator, 304, and HEAD with the same headers."""
    first = ask(address)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    again = ask(address, if_none_match=f'"other", {tag}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert ask(address, if_none_match='"other"').status == 200
    assert ask(address, if_none_match="*").status == 304
    head = ask(address, "HEAD")
    assert (head.status, head.headers) == (200, first.headers)


def test_an_answer_that_still_holds_needs_no_new_bytes(ask: Ask, night: NightOfLinks) -> None:
    """A second later the JSON names another moment, under another validator; and yet the old one holds."""
    address = "/v1/who/payments"
    first = ask(address)
    night.clock.at += timedelta(seconds=1)
    second = ask(address)
    assert first.body != second.body
    assert first.headers["etag"] != second.headers["etag"]
    assert ask(address, if_none_match=first.headers["etag"]).status == 304
    night.clock.at += timedelta(days=7)
    assert ask(address, if_none_match=first.headers["etag"]).status == 200


def test_what_is_long_is_zipped_for_those_who_take_it(ask: Ask) -> None:
    """Other bytes have another validator, and either is good for 304."""
    address = "/v1/schedule?for=8w"
    plain, zipped = ask(address), ask(address, accept_encoding="br, gzip;q=0.8")
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) == int(zipped.headers["content-length"]) < len(plain.body) / 4
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert ask(address, accept_encoding="gzip", if_none_match=zipped.headers["etag"]).status == 304
    for refusing in ("identity", "gzip;q=0", "*;q=0.0", "br"):
        assert "content-encoding" not in ask(address, accept_encoding=refusing).headers


def test_now_is_answered_without_a_disk_a_thread_or_the_engine(
    ask: Ask, rota: House, monkeypatch: pytest.MonkeyPatch, night: NightOfLinks
) -> None:
    """Once it is known, until somebody's shift ends."""
    for form in FORMS:
        assert ask(f"/v1/who/payments?format={form}").status == 200

    def fail(*_: Any, **__: Any) -> Any:
        raise AssertionError("asked again")

    monkeypatch.setattr(query, "run_in_threadpool", fail)
    monkeypatch.setattr(query_now, "steady_stretches", fail)
    monkeypatch.setattr(rota.premises.store, "now", fail)
    night.clock.at += timedelta(seconds=1)
    for form in FORMS:
        assert ask(f"/v1/who/payments?format={form}").status == 200
    night.clock.at += timedelta(days=7)
    with pytest.raises(AssertionError, match="asked again"):
        ask("/v1/who/payments")


def test_an_edit_is_answered_at_once_and_works_out_only_its_team(
    ask: Ask, night: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of teams whose files are the same are kept, unless somebody is called otherwise now."""
    folder = tmp_path / "rotations"
    folder.mkdir()
    for path in ROTATIONS.glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    before = json.loads(ask("/v1/who").body)["results"]
    worked_out: list[str] = []
    real = query_now.steady_stretches

    def counted(schedule: Any, window: Any) -> Any:
        worked_out.append(schedule.team)
        return real(schedule, window)

    monkeypatch.setattr(query_now, "steady_stretches", counted)
    night.held[0] = read(folder)
    assert json.loads(ask("/v1/who").body)["results"] == before
    assert worked_out == []
    file = folder / "payments.yaml"
    file.write_text(file.read_text().replace("people: [alice, bob, carol, dave]", "people: [bob, carol, dave, alice]"))
    night.held[0] = read(folder)
    after = json.loads(ask("/v1/who").body)["results"]
    assert after != before
    assert "payments" in worked_out
    assert "support" not in worked_out


@pytest.mark.parametrize(
    ("address", "status", "words", "hint"),
    [
        ("/v1/who/paymnets", 404, "no team 'paymnets'", "did you mean 'payments'?"),
        ("/v1/who/payments/primry", 404, "team 'payments' has no schedule 'primry'", "did you mean 'primary'?"),
        ("/v1/schedule/nothing-like-it", 404, "no team 'nothing-like-it'", "there is operations, payments"),
        ("/v1/who?service=card-app", 404, "no service 'card-app'", "did you mean 'card-api'?"),
        ("/v1/who?at=soonish", 400, "at: ", "e.g. 2026-06-01"),
        ("/v1/who?at=0002-01-01", 400, "at: '0002-01-01' is outside the years 4 to 9996", ""),
        ("/v1/who?att=2026-06-01", 400, "no parameter 'att'", "did you mean 'at'?"),
        ("/v1/who?at=now&at=now", 400, "at is given twice", "once"),
        ("/v1/who?format=yaml", 400, "no format 'yaml'", "there is json, plain, csv, names"),
        ("/v1/who?tz=Europe/Lundon", 400, "tz: no time zone 'Europe/Lundon'", "e.g. tz=Europe/London"),
        ("/v1/schedule?for=2w&until=2027-01-01", 400, "give until or for, not both", ""),
        ("/v1/schedule?from=2026-06-02&until=2026-06-01", 400, "is not after from '2026-06-02'", ""),
        ("/v1/schedule?for=never", 400, "for: ", "e.g. from="),
        ("/v1/schedule/payments?for=5000d", 400, "5000 days are too long", "at most 400 days"),
        ("/v1/schedule?causes=perhaps", 400, "causes: 'perhaps' is neither yes nor no", "causes=true"),
    ],
)
def test_what_makes_no_sense_is_told_with_a_remedy(address: str, status: int, words: str, hint: str, ask: Ask) -> None:
    """In JSON, and kept by nobody."""
    said = ask(address)
    error = json.loads(said.body)["error"]
    assert said.status == status
    assert words in error["message"]
    assert hint in error["hint"]
    assert error["hint"]
    assert said.headers["cache-control"] == "no-store"


def test_too_many_schedules_for_too_many_days_are_refused(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy names how many days fit."""
    monkeypatch.setattr("oncall_rota.web.query_asked.MOST", 100)
    said = ask("/v1/schedule?for=90d")
    assert said.status == 400
    assert "days are too much at once" in said.text
    assert ask("/v1/schedule/payments/primary?for=90d").status == 200


def test_an_offset_may_be_written_as_it_is(ask: Ask) -> None:
    """A `+` in an address is a space to who reads it; nobody remembers that."""
    escaped = ask(f"/v1/who/payments?at={quote('2026-06-01T09:00:00+02:00')}")
    assert escaped.status == 200
    assert ask("/v1/who/payments?at=2026-06-01T09:00:00+02:00").body == escaped.body
    assert json.loads(escaped.body)["at"] == "2026-06-01T07:00:00Z"
    assert json.loads(ask("/v1/who/payments?at=2026-06-01+09:00").body)["at"] == "2026-06-01T09:00:00Z"


def test_a_team_whose_files_have_no_meaning_is_not_said_to_be_unknown(ask: Ask, night: Any) -> None:
    """Somebody who asks for it must not look for a misspelling."""
    night.held[0] = night.held[0]._replace(stale={"broken": datetime(2026, 6, 1, tzinfo=UTC)})
    said = ask("/v1/who/broken")
    assert said.status == 503
    assert "oncall validate" in said.text


def test_nobody_reads_without_a_token(rota: House) -> None:
    """And is told how in JSON."""
    said = rota.asks("GET", "/v1/who")
    assert said.status == 401
    assert said.headers["www-authenticate"] == "Bearer"
    assert set(json.loads(said.body)["error"]) == {"message", "hint"}
