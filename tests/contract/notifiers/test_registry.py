"""Which kinds there are, what their options say, and what is imported to tell."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from notifier_suite import made

from oncall_rota.errors import ConfigurationError
from oncall_rota.notifiers import registry
from oncall_rota.notifiers.secret import NoSecret, Secret, resolved
from oncall_rota.paging.ports.notifier import Catalogue, NotifierError

SMTP = {"host": "mx", "from": "a@example.com"}


def test_the_table_is_that_of_the_distribution() -> None:
    """Entry points and built-in kinds are the same list."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    points = project["entry-points"]["oncall.notifiers"]
    assert points == {kind: f"oncall_rota.notifiers.{place}" for kind, place in registry.OURS.items()}


def test_the_extras_are_those_that_are_named() -> None:
    """What a recipe tells to install can be installed."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    named = {each.extra for each in registry.declared().values() if each.extra}
    assert named <= set(project["optional-dependencies"])


def test_no_library_is_imported_to_tell() -> None:
    """Declarations and mistakes of every kind, in a process of their own."""
    script = (
        "import sys\nfrom oncall_rota.notifiers import registry\n"
        "for kind in registry.declared(): registry.mistakes(kind, {'x': '1'})\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    heavy = {"twilio", "slack_sdk", "apprise", "requests", "urllib3", "aiohttp", "asyncio"}
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize(
    ("kind", "library"), [("twilio-sms", "twilio"), ("slack", "slack_sdk"), ("apprise", "apprise")]
)
def test_a_missing_library_is_a_recipe(kind: str, library: str) -> None:
    """What to type, and an alarm; not a traceback."""
    script = (
        f"import sys\nsys.modules[{library!r}] = None\n"
        "from oncall_rota.notifiers import registry\nfrom oncall_rota.paging.model import Channel\n"
        "options = {o.name: {'env': 'X'} for o in registry.declared()[sys.argv[1]].options if o.required}\n"
        "try: registry.make(Channel('c', sys.argv[1], 'phone', options), environ={'X': 'tgram://x'})\n"
        "except Exception as e: print(type(e).__name__, e.permanent, e.alarm)"
    )
    done = subprocess.run([sys.executable, "-c", script, kind], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("NotifierError True c needs the"), done.stderr
    assert f"pip install 'oncall-rota[{registry.declared()[kind].extra}]'" in done.stdout


def test_a_kind_nobody_knows() -> None:
    """Said at the type, with those that there are."""
    (problem,) = registry.mistakes("carrier-pigeon", {})
    assert (problem.option, problem.code) == ("type", "unknown-notifier")
    assert "smtp" in problem.hint
    with pytest.raises(ConfigurationError, match="carrier-pigeon"):
        made("carrier-pigeon", {}, {})


def test_kinds_of_other_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Theirs are found; one that breaks, or is no notifier, stops nothing; none takes the place of ours."""
    theirs = EntryPoints(
        EntryPoint(name, place, registry.GROUP)
        for name, place in {
            "pigeon": "oncall_rota.notifiers.console:Console",
            "broken": "no_such_module:Thing",
            "other": "os:path",
            "smtp": "oncall_rota.notifiers.console:Console",
        }.items()
    )

    def entry_points(**wanted: Any) -> EntryPoints:
        return theirs.select(**wanted)

    monkeypatch.setattr(registry, "entry_points", entry_points)
    declared = registry.declared()
    assert {"pigeon", *registry.OURS} == set(declared)
    assert declared["smtp"].provider == "smtp"
    assert registry.mistakes("broken", {})[0].code == "unknown-notifier"


def test_the_registry_is_the_port_of_validation() -> None:
    """What `config` gets to ask."""
    catalogue: Catalogue = registry
    assert catalogue.declared()
    assert catalogue.mistakes("console", {}) == ()


@pytest.mark.parametrize(
    ("kind", "options", "problems"),
    [
        ("smtp", {}, {"host": "missing-option", "from": "missing-option"}),
        ("smtp", {**SMTP, "port": "many"}, {"port": "bad-option"}),
        ("smtp", {**SMTP, "port": "-1"}, {"port": "bad-option"}),
        ("smtp", {**SMTP, "port": "\u0665"}, {"port": "bad-option"}),
        ("smtp", {**SMTP, "port": "65536"}, {"port": "bad-option"}),
        ("smtp", {**SMTP, "from": "oncall"}, {"from": "bad-option"}),
        ("smtp", {**SMTP, "from": "On Call <oncall@example.com>"}, {}),
        ("smtp", {**SMTP, "from": "a@example.com\r\nBcc: b@example.com"}, {"from": "bad-option"}),
        ("smtp", {**SMTP, "host": "smtp://mx"}, {"host": "bad-option"}),
        ("smtp", {**SMTP, "tls": "maybe"}, {"tls": "bad-option"}),
        ("smtp", {**SMTP, "password": "hunter2"}, {"password": "bad-option"}),
        ("smtp", {**SMTP, "password": {"env": ""}}, {"password": "bad-option"}),
        ("smtp", {**SMTP, "password": {"vault": "x"}}, {"password": "bad-option"}),
        ("smtp", {**SMTP, "host": "a\r\nb"}, {"host": "bad-option"}),
        ("smtp", {**SMTP, "hots": "x"}, {"hots": "unknown-option"}),
        ("ntfy", {"url": "ftp://x"}, {"url": "bad-option"}),
        ("ntfy", {"url": "https://"}, {"url": "bad-option"}),
        ("ntfy", {"url": "https://ada:secret@x"}, {"url": "bad-option"}),
        ("ntfy", {"url": "https://[::1"}, {"url": "bad-option"}),
        ("ntfy", {"allow_private": ["10.0.0.0/8", "fc00::/7"]}, {}),
        ("ntfy", {"allow_private": "10.0.0.0/8"}, {}),
        ("ntfy", {"allow_private": ["10.0.0.1/8"]}, {"allow_private": "bad-option"}),
        ("ntfy", {"allow_private": [{"a": "b"}]}, {"allow_private": "bad-option"}),
        ("exec", {"command": "/bin/true"}, {}),
        ("exec", {"command": []}, {"command": "bad-option"}),
        ("exec", {"command": "/bin/page alice"}, {"command": "bad-option"}),
        ("exec", {"command": ["page", "alice"]}, {"command": "bad-option"}),
        ("twilio-voice", {"ring": "0"}, {"ring": "bad-option"}),
        ("twilio-sms", {"minimal": "perhaps"}, {"minimal": "bad-option", "from": "missing-option"}),
        ("webhook", {"url": {"env": "X"}, "secret": {"file": "y"}}, {}),
    ],
)  # fmt: skip
def test_a_mistake(kind: str, options: dict[str, object], problems: dict[str, str]) -> None:
    """Each has its option's name, so that it gets its place in the file; no value is repeated."""
    found = registry.mistakes(kind, options)
    assert problems.items() <= {problem.option: problem.code for problem in found}.items()
    assert bool(problems) == bool(found)
    assert not [problem for problem in found if "hunter2" in str(problem) or "secret@" in str(problem)]


def test_a_text_from_the_environment_is_judged_when_it_is_known() -> None:
    """An address that is none is found out when the notifier is made."""
    with pytest.raises(ConfigurationError, match="url is an address"):
        made("webhook", {"url": {"env": "U"}, "secret": {"env": "S"}}, {"U": "gopher://x", "S": "s"})


def test_a_secret_is_never_shown() -> None:
    """Not in any form that ends in a log, nor written down."""
    secret = Secret("hunter2")
    for text in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>30}",
        repr([secret]),
        str({1: secret}),
    ):
        assert "hunter2" not in text
        assert "***" in text
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == "hunter2"


def test_a_secret_of_a_file(tmp_path: Path) -> None:
    """By its name, without the line's end; a link inside the folder is followed, as mounted secrets are."""
    environ = {"ONCALL_SECRETS_DIR": str(tmp_path)}
    (tmp_path / "real").write_text("hunter2\n")
    (tmp_path / "link").symlink_to("real")
    assert resolved({"file": "real"}, environ).reveal() == "hunter2"
    assert resolved({"file": "link"}, environ).reveal() == "hunter2"


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", ".hidden", "away", "folder", "empty", "none", "a\0b", "latin"]
)
def test_a_file_that_is_no_secret(name: str, tmp_path: Path) -> None:
    """Outside, hidden, a link away, a folder, empty, missing, odd: none is read."""
    folder = tmp_path / "secrets"
    (folder / "folder").mkdir(parents=True)
    (tmp_path / "outside").write_text("hunter2")
    (folder / ".hidden").write_text("hunter2")
    (folder / "empty").write_text("\n")
    (folder / "latin").write_bytes(b"\xff")
    (folder / "away").symlink_to(tmp_path / "outside")
    with pytest.raises(NoSecret) as caught:
        resolved({"file": name}, {"ONCALL_SECRETS_DIR": str(folder)})
    assert "hunter2" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_file_without_a_folder() -> None:
    """Says what is missing."""
    with pytest.raises(NoSecret, match="ONCALL_SECRETS_DIR"):
        resolved({"file": "x"}, {})


def test_an_error_is_an_error() -> None:
    """And not one of the system's, which code that retries might hide."""
    assert not issubclass(NotifierError, OSError)
    assert os.name == "posix"
