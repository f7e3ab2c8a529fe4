"""What people see in an editor: the real YAML language server with the schemas that `oncall schema` prints.

`ONCALL_TEST_TOOLS=FOLDER tests/real/install-editor` installs it; then `ONCALL_TEST_TOOLS=FOLDER pytest -m real
tests/real/test_editor.py`.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
GOOD = sorted([*ROOT.glob("rotations/*.yaml"), *ROOT.glob("examples/*/rotations/*.yaml")])
# Read when pytest starts: tests run without any ONCALL_ variable.
TOOLS = os.environ.get("ONCALL_TEST_TOOLS", "")
PATIENCE = 60  # seconds for one answer
PATTERNS = {
    "people": ["**/people.yaml"],
    "oncall": ["**/oncall.yaml"],
    "overrides": ["**/*.overrides.yaml"],
    "team": ["**/rotations/*.yaml", "!**/people.yaml", "!**/oncall.yaml", "!**/*.overrides.yaml"],
}

# Loaded into the server before its own code: every way to another machine is written down and refused.
CLOSED = """
const fs = require("fs"), net = require("net"), dns = require("dns");
function refuse(way) {
  return function (...what) {
    fs.appendFileSync(process.env.NETWORK_LOG, `${way} ${JSON.stringify(what)}\\n`);
    throw new Error(`${way}: the network is closed`);
  };
}
net.Socket.prototype.connect = refuse("connect");
for (const module of [dns, dns.promises]) {
  for (const way of ["lookup", "resolve", "resolve4", "resolve6"]) module[way] = refuse(way);
}
"""


class Editor:
    """A client that speaks the language server protocol with the server, over its standard input and output."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        server = Path(TOOLS, "editor/node_modules/yaml-language-server/bin/yaml-language-server")
        node = shutil.which("node")
        if not TOOLS or not server.exists() or node is None:
            pytest.fail(
                "no YAML language server: run tests/real/install-editor with ONCALL_TEST_TOOLS=FOLDER", pytrace=False
            )
        self.folder, self.settings = folder, settings
        self.network = folder / "network.log"
        (folder / "closed.js").write_text(CLOSED)
        self._numbers = itertools.count(1)
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._asked: queue.Queue[None] = queue.Queue()  # one for each time the server got the settings
        self._diagnostics: dict[str, queue.Queue[list[dict[str, Any]]]] = {}
        self._process = subprocess.Popen(
            [node, "--require", folder / "closed.js", server, "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "NETWORK_LOG": str(self.network)},
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)

    @contextmanager
    def running(self) -> Iterator[Editor]:
        """Greet the server, tell it the settings, and in the end ask it to stop."""
        ours = {"workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}}
        with self._process:  # closes the pipes
            self._listener.start()
            try:
                self.request("initialize", processId=os.getpid(), rootUri=self.folder.as_uri(), capabilities=ours)
                # It asks for the settings each time. Files are opened after that, so nothing is checked twice.
                self._send(method="initialized", params={})
                self._asked.get(timeout=PATIENCE)
                self._send(method="workspace/didChangeConfiguration", params={"settings": self.settings})
                self._asked.get(timeout=PATIENCE)
                yield self
                self.request("shutdown")
                self._send(method="exit")
                assert self._process.wait(PATIENCE) == 0
            finally:
                self._process.kill()
                self._listener.join()

    def request(self, method: str, **params: Any) -> Any:
        """The server's answer."""
        number = next(self._numbers)
        self._send(id=number, method=method, params=params)
        answer = self._answers.get(timeout=PATIENCE)
        assert answer is not None, "the server ended"
        assert answer["id"] == number
        assert "error" not in answer, answer
        return answer["result"]

    @contextmanager
    def opened(self, name: str, text: str) -> Iterator[tuple[str, list[str]]]:
        """Open a file that need not be on disk; gives its address and what is underlined, as `LINE: MESSAGE`."""
        uri = (self.folder / name).as_uri()
        published = self._diagnostics[uri] = queue.Queue()
        # The server keeps what it has parsed by address and version, also of a closed file: a version is used once.
        document = {"uri": uri, "languageId": "yaml", "version": next(self._numbers), "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        found = published.get(timeout=PATIENCE)
        yield uri, sorted(f"{each['range']['start']['line'] + 1}: {each['message']}" for each in found)
        self._send(method="textDocument/didClose", params={"textDocument": {"uri": uri}})
        assert published.get(timeout=PATIENCE) == []

    def underlined(self, name: str, text: str) -> list[str]:
        """What the editor underlines in a file."""
        with self.opened(name, text) as (_, found):
            return found

    def ask(self, method: str, name: str, text: str) -> Any:
        """What the server says about the place of `|` in the text."""
        before, after = text.split("|")
        place = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        with self.opened(name, before + after) as (uri, _):
            return self.request(method, textDocument={"uri": uri}, position=place)

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = stream.readline()
            self._take(json.loads(stream.read(length)))
        self._answers.put(None)

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._answers.put(message)
        elif method == "workspace/configuration":
            wanted = [self.settings.get(item["section"]) for item in message["params"]["items"]]
            self._send(id=message["id"], result=wanted)
            self._asked.put(None)
        elif "id" in message:
            self._send(id=message["id"], result=None)
        elif method == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]].put(message["params"]["diagnostics"])


def settings_of(folder: Path, **more: Any) -> dict[str, Any]:
    """What a person would write in the editor's settings; the schemas are files in the folder."""
    schemas = {}
    for kind, patterns in PATTERNS.items():
        path = folder / f"{kind}.schema.json"
        path.write_bytes(
            subprocess.check_output([sys.executable, "-m", "oncall_rota", "schema", kind], timeout=PATIENCE)
        )
        schemas[path.as_uri()] = patterns
    yaml = {"schemas": schemas, "schemaStore": {"enable": False}, "hover": True, "completion": True, "validate": True}
    return {"yaml": {**yaml, **more}}


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor with the four schemas; it must not have reached for another machine."""
    folder = tmp_path_factory.mktemp("editor")
    with Editor(folder, settings_of(folder)).running() as editor:
        yield editor
    assert not editor.network.exists(), editor.network.read_text()


def test_good_files(editor: Editor) -> None:
    """Nothing is underlined in our own rotations and in the examples."""
    assert len(GOOD) > 70
    found = {
        str(path.relative_to(ROOT)): editor.underlined(f"rotations/{path.name}", path.read_text()) for path in GOOD
    }
    assert {path: lines for path, lines in found.items() if lines} == {}
    # All of these would be bad if no schema, or another one, were in force.
    for name in ("payments.yaml", "payments.overrides.yaml", "people.yaml", "oncall.yaml"):
        assert editor.underlined(f"rotations/{name}", "7\n") != []


TEAM = "team: payments\ntimezone: Europe/London\n"
LAYER = TEAM + "rotation:\n  people: [alice, bob]\n  every: week\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("payments", LAYER + "  hand_off: monday 09:00\n", ["6: Property hand_off is not allowed."]),
        ("payments", "timezone: UTC\nrotation: {people: [alice]}\n", ['1: Missing property "team".']),
        ("payments", "team: Payments\ntimezone: UTC\nrotation: {people: [alice]}\n", ["1: Write e.g. payments."]),
        ("payments", TEAM, ["1: One of rotation or schedules is missing."]),
        (
            "payments",
            LAYER + "schedules: {primary: {people: [bob]}}\n",
            ["6: Only one of rotation or schedules can stand here."],
        ),
        ("payments", TEAM + "rotation: {people: []}\n", ["3: Array has too few items."]),
        ("payments", TEAM + "rotation: {people: alice}\n", ['3: Incorrect type. Expected "array".']),
        ("payments", TEAM + "rotation:\n  people: [alice]\n  every: fortnight\n", ["5: Write e.g. week, 2 weeks,"]),
        ("payments", TEAM + "rotation:\n  people: [alice]\n  every: 0 weeks\n", ["5: Write e.g. week, 2 weeks,"]),
        ("payments", LAYER + "  starting: 5 January\n", ["6: Write e.g. 2026-01-05 or 2026-01-05 09:00."]),
        ("payments", LAYER + "  when: weekdays 09:00-17:00\n", ["6: Write e.g. mon-fri 09:00-17:30,"]),
        ("payments", LAYER + "  when: [sat, 9am-5pm]\n", ["6: Write e.g. mon-fri 09:00-17:30,"]),
        ("payments", LAYER + "  except: fri 25:00 - mon 09:00\n", ["6: Write e.g. mon-fri 09:00-17:30,"]),
        ("payments", LAYER + "  must_cover: sometimes\n", ["6: Write e.g. always, none, mon-fri 09:00-17:30,"]),
        ("payments", LAYER + "  sat,sun: [carol]\n", ["6: Property sat,sun is not allowed."]),
        ("payments", LAYER + "  when: {mon: 09:00-17:00}\n", ['6: Incorrect type. Expected "string | array".']),
        ("payments", LAYER + "  clock: sundial\n", ['6: Value is not accepted. Valid values: "wall", "elapsed".']),
        ("payments", LAYER + "  every: day\n", ["6: Map keys must be unique"]),
        (
            "payments",
            LAYER + "\thandoff: monday 09:00\n",
            ["6: Property handoff", "6: Tabs are not allowed as indentation"],
        ),
        ("payments", LAYER + "services: {Shop: {}}\n", ["6: String does not match the pattern"]),
        (
            "payments",
            LAYER + "escalation:\n  - {notify: primary, wait: 5m}\n  - {wait: 5m}\n",
            ['8: Missing property "notify".'],
        ),
        (
            "payments.overrides",
            "# Easter\n- {who: carol, from: 2026-04-03 09:00}\n",
            ["2: One of until or through is missing."],
        ),
        (
            "payments.overrides",
            "- who: carol\n  from: 2026-04-03\n  until: 2026-04-04\n  through: 2026-04-04\n",
            ["4: Only one of until or through can stand here."],
        ),
        (
            "payments.overrides",
            "- {from: 2026-04-03, through: 2026-04-04}\n",
            ["1: One of who, add, remove or swap is missing."],
        ),
        ("payments.overrides", "- {who: carol, through: 2026-04-04}\n", ['1: Missing property "from".']),
        ("payments.overrides", "- {who: carol, from: 3.4.2026, through: 2026-04-04}\n", ["1: Write e.g. 2026-06-01"]),
        ("payments.overrides", "overrides: []\n", ['1: Incorrect type. Expected "array".']),
        ("people", "alice: {name: Alice}\nbob:\n  e-mail: bob@example.com\n", ["3: Property e-mail is not allowed."]),
        ("people", "Alice: {name: Alice}\n", ["1: String does not match the pattern"]),
        ("people", "alice:\n  notify:\n    - soon: sms\n", ["3: String does not match the pattern"]),
        (
            "people",
            "alice:\n  away:\n    - {from: 2026-08-17}\n",
            ["3: One of until, through or calendar is missing."],
        ),
        ("oncall", "notifers: {}\n", ["1: Property notifers is not allowed."]),
        ("oncall", "notifiers:\n  sms: {to: phone}\n", ['2: Missing property "type".']),
    ],
)
def test_bad_files(editor: Editor, name: str, text: str, expected: list[str]) -> None:
    """Each mistake is underlined in its line, and nothing else is."""
    found = editor.underlined(f"rotations/{name}.yaml", text)
    assert len(found) == len(expected), found
    for line, begin in zip(found, expected, strict=True):
        assert line.startswith(begin)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("people", "no: {name: no, phone: +447700900001, slack: 0123, telegram: 9:30, push: 99.9, matrix: true}\n"),
        ("people", "0123:\n  name: 99.9\n  email: 0x1F\n  until: 2026-12-31\n  notify:\n    - 0m: 1e3\n"),
        (
            "payments",
            "team: 911\ntimezone: UTC\nrotation: {people: [no, 0123, [99.9, true]]}\n"
            "services: {no: {availability: 99.9, runbook: 0123}}\nholidays: no\nx-notes: [1, {any: thing}]\n",
        ),
        ("payments", LAYER + "  handoff: 9:30\n  starting: 2026-01-05 9:30\n  lasts: 1e3\n  priority: +10\n"),
        ("payments", LAYER + "  when: [Mon - FRI 9:00-17:30, 'sat,sun', holidays 9:00-24:00, Fri 18:00-mon 9:00]\n"),
        ("payments.overrides", "- {who: no, from: 2026-06-01T09:00Z, until: 2026-06-02, reason: 9:30, id: 0123}\n"),
        ("payments.overrides", "- {who: [+447700900001, no], from: 2026-06-01, through: 2026-06-02, reason: 99.9}\n"),
        ("payments.overrides", "[]\n"),
        ("oncall", "notices: {resolved: no, handoff: 1h}\nserver: {listen: 8080, public_url: 0123}\n"),
        (
            "oncall",
            "notices: {resolved: true}\nnotifiers: {sms: {type: smtp, to: no, host: 1, from: +447700900001}}\n",
        ),
    ],
)
def test_texts_that_look_like_something_else(editor: Editor, name: str, text: str) -> None:
    """Editors type what stands unquoted; for us all is text, so nothing is underlined."""
    assert editor.underlined(f"rotations/{name}.yaml", text) == []


def labels(answer: Any) -> set[str]:
    """What a completion offers."""
    return {item["label"] for item in answer["items"]}


def test_completion_offers_keys(editor: Editor) -> None:
    """Those of the mapping in which one is, with what they mean, and not those that are written already."""
    answer = editor.ask("textDocument/completion", "rotations/payments.yaml", LAYER + "  |\n")
    assert labels(answer) >= {"handoff", "starting", "timezone", "when", "except", "layers", "combine", "must_cover"}
    assert not labels(answer) & {"people", "every", "team", "rotation", "schedules"}
    assert all(item["documentation"] for item in answer["items"])

    answer = editor.ask("textDocument/completion", "rotations/payments.overrides.yaml", "- who: carol\n  |\n")
    assert labels(answer) >= {"from", "until", "through", "reason", "instead_of"}

    answer = editor.ask("textDocument/completion", "rotations/people.yaml", "alice:\n  name: Alice\n  |\n")
    assert labels(answer) >= {"email", "phone", "timezone", "notify", "away"}

    answer = editor.ask("textDocument/completion", "rotations/oncall.yaml", "access: {login: link}\n|\n")
    assert labels(answer) >= {"server", "notifiers", "sources", "routes"}


def test_completion_offers_values(editor: Editor) -> None:
    """Words to choose from, and examples where there are none."""
    answer = editor.ask("textDocument/completion", "rotations/payments.yaml", LAYER + "  clock: |\n")
    assert labels(answer) == {"wall", "elapsed"}
    answer = editor.ask("textDocument/completion", "rotations/payments.yaml", LAYER + "  handoff: |\n")
    assert labels(answer) >= {"monday 09:00", "1st 09:00"}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("payments", TEAM + "rotation:\n  people: [alice]\n  ev|ery: week\n", "Length of a turn."),
        (
            "payments",
            LAYER + "  when: mon-fri 09:0|0-17:00\n",
            "The part of the week in which this rotation is active.",
        ),
        ("payments.overrides", "- {who: carol, from: 2026-06-01, thr|ough: 2026-06-02}\n", "that whole day included"),
        ("people", "alice:\n  ph|one: +447700900001\n", "Telephone number, with + and country code."),
        ("oncall", "notices:\n  hand|off: 1h\n", "How long before a handoff."),
    ],
)
def test_hover_tells_what_a_key_means(editor: Editor, name: str, text: str, words: str) -> None:
    """In the words of the declaration."""
    answer = editor.ask("textDocument/hover", f"rotations/{name}.yaml", text)
    assert words in answer["contents"]["value"].replace("\\", "").replace("&nbsp;", " ")


def test_a_line_in_the_file_names_the_schema(editor: Editor) -> None:
    """As the README says: without any settings, by a path that begins at the file."""
    line = "# yaml-language-server: $schema=../team.schema.json\n"
    assert editor.underlined("elsewhere/payments.yaml", LAYER + "  evry: day\n") == []
    assert editor.underlined("elsewhere/payments.yaml", line + LAYER + "  evry: day\n") == [
        "7: Property evry is not allowed."
    ]
    assert editor.underlined("elsewhere/payments.yaml", line + LAYER) == []


def test_the_network_is_closed(tmp_path: Path) -> None:
    """The proof that reaching out would be seen: a server that may ask the schema store tries to."""
    with Editor(tmp_path, settings_of(tmp_path, schemaStore={"enable": True})).running() as editor:
        assert editor.underlined("rotations/payments.yaml", LAYER) == []
    assert "schemastore" in editor.network.read_text()
