"""`oncall config show`: which settings hold on this machine, and where each comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SETTINGS = """\
server: {public_url: "https://oncall.example.com"}
notifiers:
  mail: {type: smtp, to: email, host: mx.example.com, from: oncall@example.com, password: {env: MAIL_PASSWORD}}
  chat:
    type: slack
    token: {file: slack}
last_resort:
  targets: [payments/primary, {via: mail, address: all@example.com}]
routes:
  - {match: {team: [web, front]}, team: web}
"""
Oncall = Callable[..., Any]


@pytest.fixture
def show(folder: Path, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """Settings of a mail server whose password is there, and of a chat whose token is not."""
    (folder / "oncall.yaml").write_text(SETTINGS)
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2-hunter2")
    monkeypatch.delenv("ONCALL_STORE", raising=False)
    monkeypatch.delenv("ONCALL_SECRETS_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder.parent / "state"))
    return lambda *arguments: oncall("config", "show", *arguments)


def test_every_setting_is_told_with_its_line_or_its_name(show: Oncall) -> None:
    """A secret that is there is ***, and one that is not is missing; what is left out has its default."""
    said = show()
    assert said.code == 0
    assert said.out.splitlines() == [
        "server.store\tstate/oncall/oncall.db\tdefault",
        "server.public_url\thttps://oncall.example.com\toncall.yaml:1",
        "notifiers.mail.type\tsmtp\toncall.yaml:3",
        "notifiers.mail.to\temail\toncall.yaml:3",
        "notifiers.mail.host\tmx.example.com\toncall.yaml:3",
        "notifiers.mail.from\toncall@example.com\toncall.yaml:3",
        "notifiers.mail.password\t***\t$MAIL_PASSWORD",
        "notifiers.mail.tls\tstarttls\tdefault",
        "notifiers.chat.type\tslack\toncall.yaml:5",
        "notifiers.chat.token\tmissing\tthe file slack",
        "notifiers.chat.to\tslack\tdefault",
        "notifiers.chat.url\thttps://slack.com/api\tdefault",
        "last_resort.targets[1]\tpayments/primary\toncall.yaml:8",
        "last_resort.targets[2].via\tmail\toncall.yaml:8",
        "last_resort.targets[2].address\tall@example.com\toncall.yaml:8",
        "routes[1].match.team\tweb, front\toncall.yaml:10",
        "routes[1].team\tweb\toncall.yaml:10",
    ]


def test_for_programs_what_is_missing_is_null_and_several_values_are_a_list(show: Oncall) -> None:
    """The same settings as JSON."""
    document = json.loads(show("--json").out)
    assert document["version"] == 1
    values = {each["key"]: each["value"] for each in document["settings"]}
    assert values["notifiers.mail.password"] == "***"
    assert values["notifiers.chat.token"] is None
    assert values["routes[1].match.team"] == ["web", "front"]


def test_no_secret_is_shown_in_any_form(show: Oncall, on_terminal: Oncall, folder: Path) -> None:
    """Neither that of a variable, nor the password in the address of a database."""
    store = {"ONCALL_STORE": "postgresql://oncall:s3cret-s3cret@db.example.com/pages"}
    seen = on_terminal("config", "show", width=200, env=store)
    assert seen.code == 0
    for text in (show().out, show("--json").out, seen.out):
        assert "hunter2" not in text
    assert "s3cret" not in seen.out
    assert "postgresql://db.example.com/pages" in seen.out
    assert "$ONCALL_STORE" in seen.out


def test_a_store_that_is_named_and_not_there_is_missing(show: Oncall, folder: Path) -> None:
    """The other settings are shown all the same."""
    (folder / "oncall.yaml").write_text(SETTINGS.replace("server: {", "server: {store: {env: NO_STORE}, "))
    said = show()
    assert said.code == 0
    assert said.out.splitlines()[0] == "server.store\tmissing\tserver.store of oncall.yaml"


def test_a_mistake_is_told_and_what_stands_there_in_plain_is_not(show: Oncall, folder: Path) -> None:
    """A password in the file itself is a mistake, so nothing of the file is shown."""
    (folder / "oncall.yaml").write_text(SETTINGS.replace("{env: MAIL_PASSWORD}", "in-plain-in-plain"))
    said = show()
    assert said.code == 4
    assert "plain-secret" in said.err
    assert "in-plain-in-plain" not in said.out + said.err


def test_without_settings_it_says_that_nobody_can_be_paged(oncall: Oncall) -> None:
    """There is a store all the same."""
    said = oncall("config", "show", "--store", "pages.db")
    assert said.code == 0
    assert said.out == "server.store\tpages.db\t--store\n"
    assert "there is no oncall.yaml" in said.err
