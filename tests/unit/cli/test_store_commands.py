"""Where the store is, and `oncall migrate`, `backup`, `restore`."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.cli.store_place import place, shown
from oncall_rota.errors import ConfigurationError, FolderNotFound, OncallError, UsageError
from oncall_rota.paging.ports.row import IncidentRow, Unit
from oncall_rota.paging.ports.store import StoreHeld
from oncall_rota.store import open_store

CONTRACT = Path(__file__).parents[2] / "contract" / "store"
NIGHT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SECRET = "hunter2"
Oncall = Callable[..., Any]


def filled(path: Path, *ids: str) -> Path:
    """A store with open incidents."""
    with open_store(str(path)) as store:
        for name in ids:
            row = IncidentRow(
                name, 0, "payments", None, "am", f"key-{name}", "critical", "triggered", NIGHT, None, "{}"
            )
            store.commit([Unit((row,))])
    return path


def incidents(path: Path) -> set[str]:
    """Those that are open in a store."""
    with open_store(str(path)) as store:
        return {each.id for each in store.incidents()}


def settings(folder: Path, text: str) -> None:
    """What oncall.yaml says."""
    (folder / "oncall.yaml").write_text(text)


@pytest.fixture
def store(folder: Path) -> Path:
    """A store beside the rotations folder, with one open incident."""
    return filled(folder.parent / "oncall.db", "i1")


# Where it is


def test_the_option_comes_first_then_the_variable_then_oncall_yaml(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And an empty variable says nothing."""
    settings(folder, "server: {store: /var/lib/oncall/said.db}\n")
    assert place(None, None) == "/var/lib/oncall/said.db"
    monkeypatch.setenv("ONCALL_STORE", "/srv/oncall.db")
    assert place(None, None) == "/srv/oncall.db"
    assert place("/tmp/mine.db", None) == "/tmp/mine.db"
    monkeypatch.setenv("ONCALL_STORE", "")
    assert place(None, None) == "/var/lib/oncall/said.db"


def test_an_empty_option_is_a_mistake_and_not_another_store(folder: Path) -> None:
    """As a script has it whose variable is not set."""
    with pytest.raises(UsageError, match="--store: no place"):
        place("", None)


def test_where_nobody_says_it_is_in_the_users_own_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which nobody else may look into."""
    home = Path(os.environ["HOME"])
    assert place(None, None) == str(home / ".local/state/oncall/oncall.db")
    assert stat.S_IMODE((home / ".local/state/oncall").stat().st_mode) == 0o700
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    assert place(None, None) == str(home / "state/oncall/oncall.db")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # such a value is to be ignored
    assert place(None, None) == str(home / ".local/state/oncall/oncall.db")


def test_a_folder_that_cannot_be_made_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do instead."""
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "people.yaml"))
    with pytest.raises(OncallError, match="cannot make the folder") as told:
        place(None, None)
    assert "--store" in told.value.hint


def test_no_rotations_are_needed_where_the_store_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where it is in the user's folder; but a folder that was named is to be there."""
    monkeypatch.chdir(tmp_path)
    assert place("x.db", None) == "x.db"
    assert place(None, None).endswith("/oncall/oncall.db")
    with pytest.raises(FolderNotFound):
        place(None, "nowhere")
    assert place("x.db", "nowhere") == "x.db"


def test_oncall_yaml_may_name_a_variable_or_a_file_of_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL with a password stands in neither the file nor an argument."""
    url = f"postgresql://oncall:{SECRET}@db.example.com/oncall"
    settings(folder, "server: {store: {env: THE_STORE}}\n")
    with pytest.raises(ConfigurationError, match=r"server\.store of oncall\.yaml: \$THE_STORE is not set"):
        place(None, None)
    monkeypatch.setenv("THE_STORE", url)
    assert place(None, None) == url
    settings(folder, "server: {store: {file: store}}\n")
    (folder.parent / "secrets").mkdir()
    (folder.parent / "secrets" / "store").write_text(url + "\n")
    monkeypatch.setenv("ONCALL_SECRETS_DIR", str(folder.parent / "secrets"))
    assert place(None, None) == url


def test_a_relative_path_in_oncall_yaml_is_beside_it_wherever_commands_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option's is where the command runs."""
    settings(folder, "server: {store: ../var/oncall.db}\n")
    monkeypatch.chdir("/")
    assert place(None, str(folder)) == f"{folder}/../var/oncall.db"
    assert place("oncall.db", str(folder)) == "oncall.db"


@pytest.mark.parametrize(
    "text",
    [
        "server: {store: [a, b]}\n",
        "server: {stor: /srv/oncall.db}\n",
        "server: {store: /srv/oncall.db\n",
        f"server: {{store: 'postgresql://oncall:{SECRET}@db/oncall'}}\n",
    ],
    ids=["a list", "misspelt", "no YAML", "a password in plain"],
)
def test_a_mistake_in_oncall_yaml_is_told_and_no_other_store_is_taken(text: str, folder: Path, oncall: Oncall) -> None:
    """Exit code 4, with the line; `--store` works all the same."""
    settings(folder, text)
    said = oncall("migrate")
    assert said.code == 4
    assert "oncall.yaml:" in said.err
    assert "--store" in said.err
    assert SECRET not in said.err
    assert not Path(os.environ["HOME"]).exists()
    assert oncall("migrate", "--store", "own.db").code == 0


def test_a_mistake_that_has_nothing_to_do_with_the_store_does_not_stop_anybody(folder: Path) -> None:
    """Somebody acknowledges at night while a notifier's line is wrong."""
    settings(folder, "notifiers: {sms: {type: [twilio]}}\n")
    assert place(None, None).endswith("/oncall/oncall.db")
    settings(folder, "notifiers: {sms: {type: [twilio]}}\nserver: {store: /srv/oncall.db}\n")
    assert place(None, None) == "/srv/oncall.db"


GOOD = {
    f"postgresql://oncall:{SECRET}@db.example.com:5432/oncall?sslmode=verify-full": "db.example.com:5432/oncall",
    f"postgres://oncall:{SECRET}?@db/oncall": "db/oncall",
    f"postgresql://oncall:{SECRET}%2F%40@[::1]:5432/oncall": "[::1]:5432/oncall",
    f"postgresql://a:1,b:2/oncall?user=oncall&password={SECRET}&target_session_attrs=read-write": "a:1,b:2/oncall",
    "postgresql://oncall@/oncall?host=/run/postgresql": "/oncall",
    "postgresql:///oncall": "/oncall",
    "postgresql://": "",
}


@pytest.mark.parametrize(("url", "told"), GOOD.items(), ids=GOOD.values())
def test_an_address_of_postgresql_is_told_without_its_password(url: str, told: str) -> None:
    """Nor its name and options."""
    assert place(url, None) == url
    assert shown(url) == f"postgresql://{told}"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://oncall:a/{SECRET}@db/oncall",
        f"postgresql://oncall:a@{SECRET}@db/oncall",
        f"postgresql://oncall:%zz{SECRET}@db/oncall",
        f"postgresql://oncall:%00{SECRET}@db/oncall",
        f"postgresql://oncall:a {SECRET}@db/oncall",
        f"postgresql://oncall:1?a/{SECRET}@db/oncall",
        f"postgresql://oncall:{SECRET}",
        f"postgresql://db/oncall?password={SECRET}%",
        f"postgresql+psycopg://oncall:{SECRET}@db/oncall",
        f"mysql://oncall:{SECRET}@db/oncall",
    ],
)
@pytest.mark.parametrize("variable", [True, False], ids=["variable", "option"])
def test_an_address_that_libpq_would_quote_is_refused_and_not_quoted(
    url: str, variable: bool, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libpq's own errors show what they cannot read, which here is the password."""
    if variable:
        monkeypatch.setenv("ONCALL_STORE", url)
    said = oncall("migrate", *([] if variable else ["--store", url]))
    assert said.code == 2
    assert ("$ONCALL_STORE" if variable else "--store") in said.err
    assert SECRET not in said.out + said.err


def test_a_server_that_is_not_there_is_told_without_the_password(oncall: Oncall) -> None:
    """Whoever reads the log of a job learns nothing."""
    pytest.importorskip("psycopg")
    for arguments in (["migrate"], ["migrate", "--dry-run"]):
        said = oncall(*arguments, "--store", f"postgresql://oncall:{SECRET}@127.0.0.1:1/oncall")
        assert said.code == 1
        assert "PostgreSQL" in said.err
        assert SECRET not in said.err


# migrate


def test_migrate_makes_a_store_and_says_so(oncall: Oncall, folder: Path) -> None:
    """The second time there is nothing to do."""
    said = oncall("migrate", "--store", "new.db", "--dry-run")
    assert (said.code, said.out, (folder.parent / "new.db").exists()) == (0, "", False)
    assert "new.db would be made" in said.err
    assert "nothing is written" in said.err
    said = oncall("migrate", "--store", "new.db")
    assert (said.code, said.out, said.err) == (0, "", "new.db is made\n")
    assert incidents(folder.parent / "new.db") == set()
    assert oncall("migrate", "--store", "new.db").err == "new.db is up to date\n"


def test_migrate_waits_for_nobody_who_has_the_store(oncall: Oncall, store: Path) -> None:
    """It names who."""
    with open_store(str(store), name="the server"):
        said = oncall("migrate", "--store", str(store))
    assert said.code == 1
    assert "the server" in said.err


@pytest.mark.real
def test_migrate_on_postgresql_takes_each_step_once(oncall: Oncall) -> None:
    """On a real server; a dry run takes none."""
    sys.path.insert(0, str(CONTRACT))
    from store_server import serving

    with serving() as server:
        url = server.database()
        said = oncall("migrate", "--store", url, "--dry-run")
        assert (said.code, "would take the" in said.err, "nothing is written" in said.err) == (0, True, True)
        taken = oncall("migrate", "--store", url)
        assert (taken.code, "took the" in taken.err) == (0, True)
        assert taken.err.partition(" took ")[2] == said.err.partition(" would take ")[2].partition("nothing")[0]
        assert oncall("migrate", "--store", url).err == f"{shown(url)} is up to date\n"


# backup


def test_a_copy_is_taken_while_the_store_is_in_use(oncall: Oncall, store: Path) -> None:
    """For its owner's eyes; nothing goes to standard output."""
    with open_store(str(store)):
        said = oncall("backup", "copy.db", "--store", str(store))
    assert (said.code, said.out) == (0, "")
    assert "oncall.db is copied to copy.db" in said.err
    copy = store.with_name("copy.db")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert incidents(copy) == {"i1"}


def test_a_copy_takes_no_files_place(oncall: Oncall, store: Path) -> None:
    """Neither another copy's nor the store's own; a dry run says the same."""
    store.with_name("copy.db").write_text("of yesterday")
    for more in ([], ["--dry-run"]):
        for name in ("copy.db", "oncall.db"):
            said = oncall("backup", name, "--store", str(store), *more)
            assert (said.code, "exists already" in said.err) == (1, True)
    assert store.with_name("copy.db").read_text() == "of yesterday"


@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["for good", "dry"])
def test_a_store_that_is_not_there_is_not_copied(oncall: Oncall, folder: Path, more: list[str]) -> None:
    """Nor made on the way."""
    said = oncall("backup", "copy.db", "--store", "nothing.db", *more)
    assert (said.code, "there is no store nothing.db" in said.err) == (1, True)
    assert not (folder.parent / "nothing.db").exists()
    assert not (folder.parent / "copy.db").exists()


def test_a_dry_run_copies_nothing(oncall: Oncall, store: Path) -> None:
    """And tells a folder that is missing."""
    said = oncall("backup", "copy.db", "--store", str(store), "--dry-run")
    assert (said.code, "would be copied to copy.db" in said.err) == (0, True)
    assert not store.with_name("copy.db").exists()
    assert oncall("backup", "no/copy.db", "--store", str(store), "--dry-run").code == 1


def test_no_copy_goes_to_standard_output(oncall: Oncall, store: Path) -> None:
    """A usage error."""
    assert oncall("backup", "-", "--store", str(store)).code == 2


@pytest.mark.parametrize(("command", "tool"), [("backup", "pg_dump"), ("restore", "pg_restore")])
@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["for good", "dry"])
def test_postgresql_has_tools_of_its_own(command: str, tool: str, more: list[str], oncall: Oncall) -> None:
    """They are named, the password is not."""
    said = oncall(command, "copy.db", "--store", f"postgresql://oncall:{SECRET}@db/oncall", *more)
    assert (said.code, tool in said.err, SECRET in said.err) == (2, True, False)


# restore


@pytest.fixture
def copy(oncall: Oncall, store: Path) -> Iterator[Path]:
    """A copy of the store with i1; meanwhile i2 was opened."""
    assert oncall("backup", "copy.db", "--store", str(store)).code == 0
    filled(store, "i2")
    yield store.with_name("copy.db")
    assert incidents(store.with_name("copy.db")) == {"i1"}  # whatever a restore does, the copy stays


def test_a_copy_becomes_the_store_and_the_one_of_before_is_kept(oncall: Oncall, store: Path, copy: Path) -> None:
    """It is told where that one lies, what the check found, and what is open again."""
    said = oncall("restore", "copy.db", "--store", str(store))
    assert (said.code, said.out) == (0, "")
    assert incidents(store) == {"i1"}
    aside = next(line for line in said.err.splitlines() if line.startswith("the store of before is "))
    assert incidents(store.parent / aside.rpartition(" ")[2]) == {"i1", "i2"}
    assert "found nothing wrong" in said.err
    assert "1 incident of the copy is open, and is paged again when the pager starts" in said.err
    assert "'oncall resolve' what is over" in said.err


def test_a_dry_run_looks_at_the_copy_and_leaves_the_store(oncall: Oncall, store: Path, copy: Path) -> None:
    """The same words about what is in it."""
    before = sorted(store.parent.iterdir())
    said = oncall("restore", "copy.db", "--store", str(store), "--dry-run")
    assert said.code == 0
    assert "found nothing wrong" in said.err
    assert "1 incident of the copy is open" in said.err
    assert "nothing is written" in said.err
    assert sorted(store.parent.iterdir()) == before
    assert incidents(store) == {"i1", "i2"}


def test_a_store_in_use_is_not_replaced(oncall: Oncall, store: Path, copy: Path) -> None:
    """The refusal names the owner; a dry run refuses as well."""
    hold = (
        "import sys; from oncall_rota.store import open_store\n"
        f"with open_store({str(store)!r}, name='the server'): print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"open\n"
        said = oncall("restore", "copy.db", "--store", str(store))
        dry = oncall("restore", "copy.db", "--store", str(store), "--dry-run")
        server.communicate(b"", 60)
    assert (said.code, "(the server)" in said.err) == (1, True)
    assert (dry.code, f"in use by process {server.pid}" in dry.err) == (1, True)
    assert incidents(store) == {"i1", "i2"}


def test_a_store_is_made_where_there_was_none(oncall: Oncall, store: Path, copy: Path) -> None:
    """On a new machine."""
    said = oncall("restore", "copy.db", "--store", "new.db")
    assert (said.code, "of before" in said.err) == (0, False)
    assert incidents(store.with_name("new.db")) == {"i1"}


@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["for good", "dry"])
@pytest.mark.parametrize("what", ["missing", "text", "another program's"])
def test_what_is_no_copy_is_not_restored(oncall: Oncall, store: Path, what: str, more: list[str]) -> None:
    """The store stays."""
    saved = store.with_name("saved.db")
    if what == "text":
        saved.write_text("not a database, and longer than a header " * 10)
    elif what != "missing":
        shell = sqlite3.connect(saved)
        shell.execute("CREATE TABLE bookmarks (url text)")
        shell.close()
    said = oncall("restore", "saved.db", "--store", str(store), *more)
    assert (said.code, "saved.db" in said.err) == (1, True)
    assert incidents(store) == {"i1"}


@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["for good", "dry"])
def test_a_copy_that_somebody_changed_is_told(oncall: Oncall, store: Path, more: list[str]) -> None:
    """Without the trigger that keeps the audit as it is: exit code 1, and what is wrong."""
    assert oncall("backup", "copy.db", "--store", str(store)).code == 0
    shell = sqlite3.connect(store.with_name("copy.db"))
    shell.execute("DROP TRIGGER audit_no_delete")
    shell.close()
    said = oncall("restore", "copy.db", "--store", str(store), *more)
    assert said.code == 1
    assert "the trigger audit_no_delete is missing" in said.err
    assert "found nothing wrong" not in said.err
    assert ("the store of before is" in said.err) is not bool(more)


def test_who_cannot_look_after_a_restore_still_tells_where_the_store_of_before_lies(
    oncall: Oncall, store: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server took the store at once."""

    def taken(*_: object, **__: object) -> None:
        raise StoreHeld("oncall.db is in use by a server")

    with monkeypatch.context() as patched:
        patched.setattr("oncall_rota.store.open_store", taken)
        said = oncall("restore", "copy.db", "--store", str(store))
    assert said.code == 1
    assert "the store of before is" in said.err
    assert "nobody could look at what is in it: oncall.db is in use by a server" in said.err
    assert incidents(store) == {"i1"}


def test_the_driver_of_postgresql_says_nothing_by_itself() -> None:
    """Its warnings name objects in memory, and come as errors all the same."""
    code = (
        "import logging; from oncall_rota.store.postgresql_server import driver; driver(); "
        "logging.getLogger('psycopg').warning('error ignored terminating <psycopg.Pipeline [BAD] at 0x7f>')"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert said.stderr == b""
