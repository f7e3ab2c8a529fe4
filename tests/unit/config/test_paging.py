"""What the files say about paging, and what holds where they say nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from oncall_rota.config import check, load, paging
from oncall_rota.config.channel import KINDS
from oncall_rota.config.digest import digest
from oncall_rota.config.page import Paging
from oncall_rota.notifiers import registry
from oncall_rota.paging.model import AddressTarget, Limit, PersonTarget, Policy, Rule, ScheduleTarget, Wishes

HEAD = "team: payments\ntimezone: Europe/London\n"
WEEKLY = "rotation: {people: [alice, bob, carol, dave], every: week, handoff: monday 09:00, starting: 2026-01-05}\n"
SEARCH = "team: search\ntimezone: UTC\nrotation: {people: [erin]}\n"
SETTINGS = """\
notifiers:
  email: {type: smtp, host: mx.example.com, from: oncall@example.com, password: {file: smtp}}
  sms: {type: twilio-sms, from: "+441632960001", account: {env: SID}, token: {env: TOKEN}}
  call: {type: twilio-voice, from: "+441632960001", account: {env: SID}, token: {env: TOKEN}}
  console: {type: console, limit: none}
last_resort: {targets: [search/primary, bob, {via: email, address: all@example.com}]}
"""
MINUTE = timedelta(minutes=1)
AT = datetime(2026, 6, 1, tzinfo=UTC)
Folder = Callable[..., Path]


def read(root: Path) -> Paging:
    """The paging of a folder without errors or warnings, with the declarations of all notifiers."""
    catalog, problems = load(root, notifiers=registry.declared())
    assert [str(each) for each in (*problems, *check(catalog, AT)) if each.severity != "note"] == []
    return paging(catalog, registry.declared())


def steps(policy: Policy | None) -> list[tuple[list[str], int | None]]:
    """Each step's targets as they are written, and its wait in minutes."""
    assert policy is not None
    return [
        (
            [
                f"{target.schedule.team}/{target.schedule.name}"
                if isinstance(target, ScheduleTarget)
                else target.person
                if isinstance(target, PersonTarget)
                else target.address
                for target in step.targets
            ],
            None if step.wait is None else step.wait // MINUTE,
        )
        for step in policy.steps
    ]


def test_how_people_want_notices(folder: Folder) -> None:
    """Their own channels and quiet hours; a mistake names its place."""
    people = "alice: {name: A, email: a@example.com, notices: {via: [email, console], quiet: '22:00-07:00'}}\n"
    team = HEAD + "rotation: {people: [alice]}\n"
    reach = paging(load(folder(people=people, oncall=SETTINGS, payments=team, search=SEARCH))[0]).people["alice"]
    assert reach.wishes == Wishes(("email", "console"), (22 * 3600, 7 * 3600))
    wrong = people.replace("console", "pigeon").replace("22:00-07:00", "22-7")
    root = folder(people=wrong, oncall=SETTINGS, payments=team, search=SEARCH)
    assert {each.code for each in load(root)[1]} >= {"unknown-channel", "bad-quiet-hours"}


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("{type: smtp, host: mx, from: oncall}", "from"),
        ('{type: smtp, host: mx, from: "a@example.com\\r\\nBcc: b@example.com"}', "from"),
        ("{type: smtp, host: smtp://mx, from: a@example.com}", "host"),
        ("{type: smtp, host: mx, from: a@example.com, port: 65536}", "port"),
        ("{type: exec, command: /bin/page alice}", "command"),
        ("{type: exec, command: [page, alice]}", "command"),
        ("{type: twilio-voice, from: '+441632960001', account: AC, token: {env: T}, ring: 0}", "ring"),
        ("{type: twilio-sms, from: '+441632960001', account: \"A\\0C\", token: {env: T}}", "account"),
    ],
)
def test_an_option_that_its_notifier_refuses_is_told_before_the_night(folder: Folder, written: str, place: str) -> None:
    """At its place, as an error: a channel that cannot be made pages nobody."""
    root = folder(oncall=SETTINGS.replace("notifiers:\n", f"notifiers:\n  odd: {written}\n"), search=SEARCH)
    found = [each for each in load(root, notifiers=registry.declared())[1] if each.path == "oncall.yaml"]
    line = f"  odd: {written}"
    assert [(each.severity, each.line, each.column) for each in found] == [
        ("error", 2, line.index(f"{place}: ") + len(place) + 3)
    ], found


def test_an_address_that_its_channel_refuses_is_told_before_the_night(folder: Folder) -> None:
    """An error for whoever is paged; the address itself is not repeated."""
    people = """\
alice: {name: Alice Adams, email: alice@example.com, phone: +44 (7700) 900-001, slack: U0123ALICE}
bob: {name: Bob Brown, email: bob at example, phone: "07700 900002"}
carol: {name: Carol Chen, email: carol@example.com, slack: "@carol"}
dave: {name: Dave Dunn, email: dave@example.com, phone: "+44 7700 9000O4"}
erin: {name: Erin Walsh, phone: "7700900005"}
"""
    chat = SETTINGS.replace("notifiers:\n", "notifiers:\n  chat: {type: slack, token: {env: SLACK_TOKEN}}\n")
    root = folder(people, payments=HEAD + WEEKLY.replace(", dave]", "]"), search=SEARCH, oncall=chat)
    found = [each for each in load(root, notifiers=registry.declared())[1] if each.code == "bad-address"]
    assert [(each.line, each.severity) for each in found] == [
        (2, "error"), (2, "error"), (3, "error"), (4, "warning"), (5, "error")
    ]  # fmt: skip
    assert found[1].message == "sms cannot send to this phone of bob"
    assert found[1].hint == "write it as in +441632960001"


def test_a_last_step_without_a_wait_is_none(folder: Folder) -> None:
    """It ends a while after the rules of those whom it pages: there is nothing to warn of."""
    escalation = "escalation: [{notify: primary, wait: 5m}, {notify: bob}]\n"
    read(folder(payments=HEAD + WEEKLY + escalation, search=SEARCH, oncall=SETTINGS))


def test_private_networks_that_a_webhook_may_reach(folder: Folder) -> None:
    """One or a list; what is none is told before a page would be refused for it."""
    hook = "hook: {type: webhook, url: https://hook.example.com, secret: {env: HOOK}, allow_private: "
    for written in ("10.0.0.0/8", "[10.0.0.0/8, fd00::/8]"):
        root = folder(payments=HEAD + WEEKLY, oncall=f"notifiers:\n  {hook}{written}}}\n")
        options = paging(load(root, notifiers=registry.declared())[0], registry.declared()).channels["hook"].options
        assert registry.mistakes("webhook", options) == ()
    root = folder(payments=HEAD + WEEKLY, oncall=f"notifiers:\n  {hook}[10.0.0.1/8, the office]}}\n")
    found = [each.code for each in load(root, notifiers=registry.declared())[1] if each.severity == "error"]
    assert found == ["not-a-network", "not-a-network"]


def test_a_team_that_says_nothing(folder: Folder) -> None:
    """Its first schedule, three times in a quarter of an hour; every severity alike; 30 minutes, one hour."""
    team = read(folder(payments=HEAD + WEEKLY)).teams["payments"]
    assert list(team.severities) == ["critical", "error", "warning", "info"]
    for severity in team.severities.values():
        assert severity.policy is not None
        assert steps(severity.policy) == [(["payments/primary"], 5)]
        assert (severity.policy.repeat, severity.ack_timeout, severity.hours) == (2, 30 * MINUTE, None)
    assert (team.timezone, team.snooze, team.holidays) == ("Europe/London", 60 * MINUTE, None)


def test_severities_inherit(folder: Folder) -> None:
    """paging.md's own example."""
    text = (
        HEAD
        + WEEKLY.replace("rotation:", "holidays: GB-ENG\nschedules:\n  primary:")
        + "  secondary: {follows: primary, offset: 1}\n"
        + """\
ack_timeout: 20m
snooze: 2h
repeat: 2
escalation:
  - {notify: primary, wait: 5m}
  - {notify: [secondary, erin, search/primary], pick: round robin, wait: 10m}
severity:
  critical: {ack_timeout: 15m}
  error:    {escalation: [{notify: primary, wait: 15m}], repeat: 0, ack_timeout: none}
  warning:  {notify: primary, when: [mon-fri 09:00-17:30, holidays]}
  info: none
"""
    )
    team = read(folder(payments=text, search=SEARCH)).teams["payments"]
    critical, error, warning, info = team.severities.values()
    usual = [(["payments/primary"], 5), (["payments/secondary", "erin", "search/primary"], 10)]
    assert critical.policy is not None
    assert (steps(critical.policy), critical.policy.repeat, critical.ack_timeout) == (usual, 2, 15 * MINUTE)
    assert [step.round_robin for step in critical.policy.steps] == [False, True]
    assert [step.source.line for step in critical.policy.steps] == [11, 12]
    assert error.policy is not None
    assert (steps(error.policy), error.policy.repeat, error.ack_timeout) == ([(["payments/primary"], 15)], 0, None)
    assert steps(warning.policy) == [(["payments/primary"], None)]
    assert warning.hours is not None
    assert warning.ack_timeout == 20 * MINUTE
    assert team.holidays is not None
    assert date(2026, 12, 25) in team.holidays.days(2026)
    assert info.policy is None
    assert team.snooze == 120 * MINUTE


def test_a_shadow_gets_copies(folder: Folder) -> None:
    """Whoever pages a schedule pages its shadows too; they count for nothing, and in no turn of round robin."""
    text = HEAD + WEEKLY.replace("rotation:", "schedules:\n  primary:")
    text += "  shadow: {follows: primary, people: [erin], pages: copy}\n"
    text += "escalation:\n  - {notify: primary, wait: 5m}\n  - {notify: [primary, dave], pick: round robin, wait: 5m}\n"
    policy = read(folder(payments=text)).teams["payments"].severities["critical"].policy
    assert steps(policy) == [(["payments/primary", "payments/shadow"], 5), (["payments/primary", "dave"], 5)]


def test_how_people_are_reached(folder: Folder) -> None:
    """By their own rules in order of time; without rules by every channel that has an address, at once."""
    people = "alice:\n  name: Alice\n  email: a@example.com\n  phone: +447700900001\n"
    people += "  notify: [{4m: [sms, call]}, {0m: email}]\n"
    people += "bob: {name: Bob, email: b@example.com}\n"
    people += "carol: {name: Carol, phone: +447700900003, notify: [{0m: sms}]}\n"
    people += "dave: {name: Dave, email: d@example.com}\nerin: {name: Erin, email: e@example.com}\n"
    found = read(folder(people, payments=HEAD + WEEKLY, search=SEARCH, oncall=SETTINGS)).people
    assert found["alice"].rules == (Rule(timedelta(0), ("email",)), Rule(4 * MINUTE, ("sms", "call")))
    assert found["bob"].rules == (Rule(timedelta(0), ("email", "console")),)
    assert dict(found["bob"].addresses) == {"email": "b@example.com", "console": "Bob"}
    number = "+447700900003"
    assert dict(found["carol"].addresses) == {"sms": number, "call": number, "console": "Carol"}


def test_rules_that_reach_nobody_are_not_all(folder: Folder) -> None:
    """Somebody whose rules lead nowhere, which is an error, is paged by every channel that has an address."""
    people = "alice: {name: A, email: a@example.com, notify: [{0m: [sms, pusch]}]}\n"
    root = folder(people, payments=HEAD + "rotation: {people: [alice]}\n", oncall=SETTINGS)
    catalog, problems = load(root)
    assert {"no-address", "unknown-channel"} <= {each.code for each in problems}
    assert paging(catalog).people["alice"].rules == (Rule(timedelta(0), ("email", "console")),)


def test_channels_and_the_last_resort(folder: Folder) -> None:
    """Secrets stay names; what costs money has a budget; the last resort is told every five minutes."""
    found = read(folder(payments=HEAD + WEEKLY, search=SEARCH, oncall=SETTINGS))
    email, sms, call, console = found.channels.values()
    assert email.options == {"host": "mx.example.com", "from": "oncall@example.com", "password": {"file": "smtp"}}
    assert [each.to for each in found.channels.values()] == ["email", "phone", "phone", "name"]
    assert sms.limit == Limit(5, MINUTE)
    assert call.limit == Limit(3, 4 * MINUTE)
    assert email.limit is None
    assert console.limit is None
    assert email.source.line == 2
    assert found.last_resort is not None
    assert found.last_resort.every == 5 * MINUTE
    schedule, person, address = found.last_resort.targets
    assert isinstance(schedule, ScheduleTarget)
    assert (person, address) == (PersonTarget("bob"), AddressTarget("email", "all@example.com"))


def test_the_rest_is_plain(folder: Folder) -> None:
    """Sources, routes, maintenance and heartbeats, without the places that only messages need."""
    text = SETTINGS + (
        "sources: {am: {type: alertmanager, keys: [{env: AM}], group_by: labels.alertname, team: search}}\n"
        "routes: [{match: {source: am, labels.x: 'a*'}, team: search, hold: 5m}, {team: payments}]\n"
        "maintenance: [{match: {labels.x: y}, from: 2026-12-01 22:00, until: 2026-12-02T02:00Z}]\n"
        "heartbeats: {backup: {every: 24h, grace: 1h, team: payments, keys: [{env: HB}]}}\n"
        "server: {public_url: https://oncall.example.com, store: {env: STORE}}\n"
    )
    found = read(folder(payments=HEAD + WEEKLY, search=SEARCH, oncall=text))
    assert found.sources == {
        "am": {"type": "alertmanager", "keys": [{"env": "AM"}], "group_by": ["labels.alertname"], "team": "search"}
    }
    assert found.routes[0] == {"match": {"source": ["am"], "labels.x": ["a*"]}, "team": "search", "hold": 5 * MINUTE}
    assert found.maintenance[0]["until"] == datetime(2026, 12, 2, 2, tzinfo=UTC)
    assert found.heartbeats["backup"]["grace"] == 60 * MINUTE
    assert found.server == {"public_url": "https://oncall.example.com", "store": {"env": "STORE"}}
    assert type(found.routes[0]) is dict


def test_a_route_or_window_with_a_mistake_is_left_out(folder: Folder) -> None:
    """With a part of its match left out it would take, or silence, what it was never meant for."""
    text = SETTINGS + (
        "routes: [{match: {labels.a: b, severity: [error, []]}, team: search},"
        " {match: {severity: error}, hold: soon, team: search}, {match: [labels.a], team: search}, {team: payments}]\n"
        "maintenance: [{match: {labels.a: {b: c}, source: '*'}, from: 2026-12-01, until: 2026-12-02},"
        " {from: 2026-12-01, until: 2026-12-02, matsch: {labels.a: b}},"
        " {match: {labels.a: b}, from: 2026-12-01, until: 2026-12-02}]\n"
    )
    catalog, problems = load(folder(payments=HEAD + WEEKLY, search=SEARCH, oncall=text))
    assert len({(each.line, each.column) for each in problems if each.severity == "error"}) == 5
    found = paging(catalog)
    assert found.routes == [{"team": "payments"}]
    assert [each["match"] for each in found.maintenance] == [{"labels.a": ["b"]}]


def test_nothing_written_is_no_channel(folder: Folder) -> None:
    """A folder without oncall.yaml, or with one that cannot be read, has escalations all the same."""
    for settings in ({}, {"oncall": "notifiers: [\n"}):
        catalog, _ = load(folder(payments=HEAD + WEEKLY, **settings))
        found = paging(catalog)
        assert (found.channels, found.last_resort) == ({}, None)
        assert list(found.teams) == ["payments"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_without_declarations_is_what_they_declare(kind: str) -> None:
    """Else `who`, which asks for none, would judge otherwise than `validate`."""
    known, declared = KINDS[kind], registry.declared()[kind]
    assert known[:4] == (declared.to, declared.provider, declared.metered, declared.best_effort)
    assert known.can == declared.can & {"rehearse"}


def test_every_kind_is_known_without_declarations() -> None:
    """The notifiers that come with oncall."""
    assert set(KINDS) == set(registry.OURS)


def test_declared_options_are_judged(folder: Folder) -> None:
    """All mistakes at once, each with its place, and no secret in any."""
    text = "notifiers:\n  mail: {type: smtp, hots: mx.example.com, port: many, tls: ssl, password: hunter2}\n"
    text += "  hook: {type: webhook, url: ftp://example.com/hunter2, secret: {env: HOOK}}\n"
    root = folder(payments=HEAD + WEEKLY, oncall=text + SETTINGS.partition("\n")[2])
    problems = load(root, notifiers=registry.declared())[1]
    assert [(each.line, each.column, each.code) for each in problems if each.line < 4] == [
        (2, 9, "missing-key"),
        (2, 22, "unknown-key"),
        (2, 50, "not-a-number"),
        (2, 61, "unknown-choice"),
        (2, 76, "plain-secret"),
        (3, 30, "not-an-address"),
    ]
    assert "hunter2" not in "".join(map(str, problems))


def test_no_secret_is_told(folder: Folder) -> None:
    """Wherever in oncall.yaml somebody writes it, as whatever kind of value, in good YAML or bad."""
    secret = "hunter2hunter2"
    for text in (
        "notifiers: {mail: {type: smtp, token: %s}}",
        "notifiers: {mail: {type: smtp, password: [%s]}}",
        "notifiers: {mail: {type: smtp, password: {%s: x}}}",
        "notifiers: {mail: {type: smtp, password: {env: [%s]}}}",
        "notifiers: {mail: {type: smtp, password: {file: ../%s}}}",
        "notifiers: {mail: {type: smtp, password: !%s x}}",
        "notifiers: {mail: {type: smtp, password: *%s}}",
        "notifiers: {mail: {type: smtp, password: '%s}}",
        "notifiers: {mail: {type: smtp, password: '%s' x}}",
        "notifiers:\n  mail:\n    type: smtp\n    password: a: %s",
        "notifiers:\n  mail:\n    type: smtp\n    password:%s\n    host: x",
        "notifiers:\n  mail:\n    type: smtp\n    password:\n      %s\n   host: x",
        "notifiers: {mail: %s}",
        "server: {store: postgresql://x:%s@db/x}",
        "watchdog: {ping: %s}",
        "access: {board: [%s]}",
        "heartbeats: {x: {every: 1h, team: payments, keys: %s}}",
    ):
        root = folder(payments=HEAD + WEEKLY, oncall=text % secret)
        for notifiers in (None, registry.declared()):
            problems = load(root, notifiers=notifiers)[1]
            assert any(each.severity == "error" for each in problems), text
            assert secret not in "".join(map(str, problems)), text


def test_what_decides_the_look_ahead(folder: Folder) -> None:
    """oncall.yaml, and the other teams whom an escalation pages."""
    root = folder(payments=HEAD + WEEKLY + "escalation: [{notify: search/primary}]\n", search=SEARCH)
    seen = {digest(load(root)[0], "payments", AT)}
    (root / "search.yaml").write_text(SEARCH + "# note\n")
    seen.add(digest(load(root)[0], "payments", AT))
    (root / "oncall.yaml").write_text(SETTINGS)
    seen.add(digest(load(root)[0], "payments", AT))
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("rotation", "more", "said"),
    [
        ("rotation: {people: [alice]}", "", []),
        ("rotation: {people: [alice], when: mon-fri 09:00-17:00}", "", ["hole"]),
        ("rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-09-07}", "", []),
        ("schedules: {a: {must_cover: none, people: [alice], when: sat}}", "", ["reaches-nobody"]),
        ("schedules: {a: {must_cover: none, people: [alice], when: sat}}", "a, erin", []),
        ("schedules: {a: {must_cover: none, people: [alice], when: sat}}", "a, search/primary", []),
        ("schedules: {a: {must_cover: none, people: [alice], until: 2026-02-01}}", "", ["reaches-nobody"]),
    ],
)
def test_an_escalation_that_reaches_nobody(folder: Folder, rotation: str, more: str, said: list[str]) -> None:
    """Told once; holes are told as holes, and nobody is missed before a schedule's start."""
    name = "a" if "schedules" in rotation else "primary"
    text = HEAD + rotation + f"\nescalation: [{{notify: [{more or name}], wait: 5m}}]\n"
    catalog, _ = load(folder(payments=text, search=SEARCH))
    assert [each.code for each in check(catalog, AT)] == said
