"""Overrides added to and removed from files: no other byte changes, and nothing is ever lost."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oncall_rota.config.edit import added, atomic_write, entry_lines, override_path, removed
from oncall_rota.config.entry import entry_text
from oncall_rota.errors import ConfigurationError, OncallError

NEW = {"who": "zoe", "from": "2026-06-01 09:00", "until": "2026-06-03 09:00"}
TEXT = "{who: zoe, from: 2026-06-01 09:00, until: 2026-06-03 09:00}"
DAY = timedelta(days=1)
START = datetime(2026, 6, 1, 9, tzinfo=UTC)
END = START + 2 * DAY


def windows(count: int, place: int) -> list[tuple[datetime, datetime]]:
    """Windows of entries in date order, so that the new one goes to `place`."""
    first = START - place * 10 * DAY
    return [(at, at + DAY) for at in (first + (index + (index >= place)) * 10 * DAY for index in range(count))]


def add(text: bytes, place: int) -> bytes:
    """The text with the new entry at a place."""
    return added(text, NEW, START, END, windows(len(entry_lines(text)), place))


# Each: a file in which «n» marks where the line of the new entry goes at place n. `~` ends such a mark's own text.
STYLES = {
    "plain list": "«0»- {N}\n~- {who: a}\n«1»- {N}\n~- {who: b} # b\n«2»- {N}\n~",
    "header": "# Overrides\n\n«0»- {N}\n~# of a\n- {who: a}   # x\n«1»- {N}\n~\n# of b\n- {who: b}\n«2»- {N}\n~# end\n",
    "header alone": "# Overrides\n«0»- {N}\n~- {who: a}\n«1»- {N}\n~",
    "block entries": (
        "«0»- {N}\n~- who: a\n  from: x\n\n  # in between\n  reason: 'it''s'\n«1»- {N}\n~\n-   who:\n"
        "      - b\n      - c\n«2»- {N}\n~# end\n\n"
    ),
    "dash alone": "«0»- {N}\n~-\n  who: a\n«1»- {N}\n~- # note\n\n  who: b\n«2»- {N}\n~",
    "block text": "«0»- {N}\n~- who: a\n  reason: |\n    one\n    two\n«1»- {N}\n~\n\n- who: >-\n    b\n«2»- {N}\n~",
    "flow over lines": "«0»- {N}\n~- {who: a,\n   from: x,  # y\n   until: z}  # w\n«1»- {N}\n~- {who: b}\n«2»- {N}\n~",
    "empty": "«0»- {N}\n~",
    "comments only": "# nothing yet\n\n«0»- {N}\n~",
    "document start": "---\n«0»- {N}\n~- {who: a}\n«1»- {N}\n~...\n",
    "no last line break": "- {who: é😀}«1»\n- {N}~",
    "comments only, no last line break": "# é«0»\n- {N}~",
    "brackets": "[«0»{N}, ~{who: a}, «1»{N}, ~{who: b}«2», {N}~]\n",
    "brackets with spaces": "[ «0»{N}, ~{who: a} , «1»{N}, ~{who: b}«2», {N}~, ] # x\n",
    "empty brackets": "[«0»{N}~]\n",
    "empty brackets with space": "# x\n[«0»{N}~  ] # none, yet\n",
    "brackets over lines": "[\n  «0»{N},\n  ~{who: a}, # a, b\n  «1»{N},\n  ~{who: b},\n«2»  {N},\n~]\n",
    "brackets, no last comma": "[\n  «0»{N},\n  ~{who: a},\n  # of b\n  «1»{N},\n  ~{who: b} # b\n]\n",
    "key": "team: t\noverrides:\n«0»  - {N}\n~  - {who: a}\n«1»  - {N}\n~  - {who: b}\n«2»  - {N}\n~\naway: []\n",
    "key without indent": "team: t\noverrides: # x\n«0»- {N}\n~- {who: a}\n«1»- {N}\n~\nx-y: 1\n",
    "deep key": "overrides:\n«0»      - {N}\n~      - {who: a}\n«1»      - {N}\n~# c\nteam: t\n",
    "key with empty brackets": "team: t\noverrides: [«0»{N}~]  # none\nx: y\n",
    "key with brackets": "'overrides': [«0»{N}, ~{who: a}«1», {N}~]\nteam: t",
    "no key": "team: t\nrotation:\n  people: [a]\n«0»overrides:\n  - {N}\n~# end\n",
    "no key, no last line break": "team: t«0»\noverrides:\n  - {N}~",
    "anchors": "x-a: &a {who: a}\noverrides:\n«0»  - {N}\n~  - *a\n«1»  - {N}\n~  - &b\n    who: b\n«2»  - {N}\n~",
}


def rendered(style: str, place: int | None) -> str:
    """A style's text with the new entry at a place, or without."""
    text = ""
    for number, part in enumerate(style.split("«")):
        if not number:
            text += part
            continue
        at, _, rest = part.partition("»")
        inside, _, after = rest.partition("~")
        text += (inside.replace("{N}", TEXT) if int(at) == place else "") + after
    return text


CASES = [(name, place) for name, style in STYLES.items() for place in range(4) if f"«{place}»" in style]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("name", "place"), CASES)
def test_added_and_removed(name: str, place: int, ending: str, mark: bytes) -> None:
    """In every style and at every place: the new text and nothing else; removing it gives the old bytes back."""
    before = mark + rendered(STYLES[name], None).replace("\n", ending).encode()
    after = mark + rendered(STYLES[name], place).replace("\n", ending).encode()
    if b"\n" not in before:  # nothing tells the line's end
        after = after.replace(b"\r\n", b"\n")
    assert add(before, place) == after
    assert removed(after, place) == before


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        ("- {a: 1}\n", 0, ""),
        ("# x\n- {a: 1} # y\n# z\n", 0, "# x\n# z\n"),
        ("- {a: 1}\n- {b: 1}", 1, "- {a: 1}"),
        ("- a: 1\n  # in\n  b: |\n    x\n\n- c: 1\n", 0, "\n- c: 1\n"),
        ("[{a: 1}, {b: 1}, {c: 1}]", 1, "[{a: 1}, {c: 1}]"),
        ("[{a: 1},\n # of b\n {b: 1}]", 0, "[\n # of b\n {b: 1}]"),
        ("[{a: 1},\n # of b\n {b: 1}]", 1, "[{a: 1}\n # of b\n ]"),
        ("[ {a: 1} ]", 0, "[ ]"),
        ("[{a: 1},]", 0, "[]"),
        ("[\n  {a: 1}\n  , {b: 1}\n]", 1, "[\n  {a: 1}\n]"),
        ("team: t\noverrides:\n  - {a: 1}\nx: y\n", 0, "team: t\nx: y\n"),
        ("team: t\noverrides: # mine\n  - {a: 1}\nx: y\n", 0, "team: t\noverrides: [] # mine\nx: y\n"),
        ("overrides:\n  # of a\n  - {a: 1}\n", 0, "overrides: []\n  # of a\n"),
    ],
)
def test_removed(before: str, index: int, after: str) -> None:
    """Whole lines go, comments of their own stay."""
    assert removed(before.encode(), index).decode() == after


def test_the_order_of_dates() -> None:
    """In date order, but never above a line it overlaps or whose time is not known."""
    text = b"- {n: 0}\n- {n: 1}\n- {n: 2}\n"
    late, early = (END + 9 * DAY, END + 10 * DAY), (START - 9 * DAY, START - 8 * DAY)
    same, touching = (START - DAY, START + DAY), (END, END + DAY)
    for others, line in [
        ([early, early, late], 3),
        ([late, late, late], 1),
        ([late, early, late], 1),
        ([early, late, same], 4),
        ([late, same, late], 3),
        ([touching, late, late], 1),
        ([None, late, late], 2),
        ([late, None], 4),
        ([], 4),
    ]:
        lines = added(text, NEW, START, END, others).splitlines()
        assert lines.index(f"- {TEXT}".encode()) == line - 1, others


def test_the_lines_of_entries() -> None:
    """As `Source` counts them: where the mapping begins."""
    assert entry_lines(b"\xef\xbb\xbf# x\r\n- {a: 1}\r\n-\r\n  a: 1\r\n") == (2, 4)
    assert entry_lines(b"team: t\n") == ()


@pytest.mark.parametrize(
    "text",
    [b"a: [", b"\xff", b"text", b"- a\n---\n- b\n", b"overrides: text\n", b"overrides: {}\n", b"{team: t}", b"a: \0",
     b"overrides: []\noverrides: []\n", b"[" * 3000, b"x: &x\n  - {a: 1}\noverrides: *x\n"],
)  # fmt: skip
def test_what_cannot_be_edited(text: bytes) -> None:
    """Is refused with a message for people."""
    with pytest.raises(ConfigurationError, match=r".{10}"):
        added(text, NEW, START, END)


def test_what_cannot_be_removed() -> None:
    """An anchor that another line needs; a number that is not there."""
    with pytest.raises(ConfigurationError):
        removed(b"- &a {who: a}\n- *a\n", 0)
    with pytest.raises(IndexError):
        removed(b"- {who: a}\n", 1)
    with pytest.raises(IndexError):
        removed(b"", -1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("wedding", "wedding"),
        ("2026-06-01 09:00", "2026-06-01 09:00"),
        ("INC #5", "'INC #5'"),
        ("a, b", "'a, b'"),
        ("{x}", "'{x}'"),
        ("it's", "it's"),
        ("'quoted'", "'''quoted'''"),
        ("note: x", "'note: x'"),
        ("@alice", "'@alice'"),
        ("- x", "'- x'"),
        ("", "''"),
        ("  ", "''"),
        ("x:", "'x:'"),
        ("no", "'no'"),
        ("~", "'~'"),
        ("one\r\n  two\tthree\x00\x1b[31m", "'one two three[31m'"),
        ("🎉 party", "🎉 party"),
        ("a\u2028b\u202ec", "a bc"),
        ("https://example.com/#x", "https://example.com/#x"),
    ],
)
def test_quotes(value: str, text: str) -> None:
    """Quotes where YAML needs them; one line; no control characters."""
    assert entry_text({"reason": value}) == f"{{reason: {text}}}"


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.sampled_from(["who", "reason", "layer"]), st.text() | st.lists(st.text()), min_size=1))
def test_any_text_is_written_safely(entry: dict[str, str | list[str]]) -> None:
    """Whatever people type, it is one line that YAML 1.1 reads back, with both of PyYAML's parsers."""
    written = entry_text(entry)
    assert len(f"{written}\u2028".splitlines()) == 1
    for loader in (yaml.BaseLoader, getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
        read = yaml.load(f"[{written}]", Loader=loader)[0]
        assert list(read) == list(entry)
        assert [isinstance(value, list) for value in read.values()] == [isinstance(v, list) for v in entry.values()]


names = st.sampled_from(["a", "bob", "é", "'x, y'", '"q\\"z"', "😀"])
ends = st.sampled_from(["", " # c", "   # d, e: {"])
gaps = st.sampled_from(["", "\n", "# note\n", "\n# - {who: x}\n\n", "   \n"])


@st.composite
def block_entries(draw: st.DrawFn) -> str:
    """One entry of a block list, in one of its styles, with what stands above it."""
    name, end = draw(names), draw(ends)
    style = draw(
        st.sampled_from(
            [
                "- {{who: {0}, from: x}}{1}\n",
                "- {{who: {0},{1}\n   from: [a, b]}}{1}\n",
                "- who: {0}{1}\n  from: x\n",
                "-   who: {0}\n    from:{1}\n      - a\n      - b{1}\n",
                "-{1}\n  who: {0}\n",
                "- who: {0}\n  reason: |{1}\n    x\n     y\n",
                "- {0}{1}\n",
            ]
        )
    )
    return draw(gaps) + style.format(name, end)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file with overrides: a plain list or a team's, block or brackets, any line ends."""
    if draw(st.booleans()):
        indent = draw(st.sampled_from(["", "", "  "]))
        body = "".join(draw(st.lists(block_entries(), max_size=5)))
        body = "".join(indent + line if line.strip() else line for line in body.splitlines(keepends=True))
        key = "overrides:" + draw(ends) + "\n"
    else:
        comma = draw(st.sampled_from([", ", ",\n  ", " ,", ", # x, y\n\n  "]))
        entries = [f"{{who: {name}}}" for name in draw(st.lists(names, max_size=4))]
        first, last = draw(st.sampled_from([("", ""), (" ", " "), ("\n  ", "\n"), ("\n  ", " # z\n"), ("", ",")]))
        body = "[" + first + comma.join(entries) + (last if entries or last != "," else "") + " ]\n"
        key = "overrides:\n  " if "\n" not in body[:-1] else "overrides: "
        body = body.replace("\n", "\n  ") if "\n" in body[:-1] else body
    if draw(st.booleans()):
        body = "team: t\n" + draw(gaps) + key + body + draw(st.sampled_from(["", "\n", "# z\n"]))
        body = body.rstrip(" ") + draw(st.sampled_from(["", "x-a: 1\n"]))
    text = draw(st.sampled_from(["", "# head\n", "\n"])) + body + draw(gaps)
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return (
        draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
        + text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()
    )


@settings(max_examples=1000, deadline=None)
@given(files(), st.integers(0, 5))
def test_add_then_remove(text: bytes, place: int) -> None:
    """The old bytes again; and in between, all old lines are there in their order."""
    try:
        count = len(entry_lines(text))
    except ConfigurationError:
        assume(False)
        return
    place = min(place, count)
    after = add(text, place)
    assert TEXT.encode() in after
    if b"[" not in text.replace(b"[a, b]", b""):
        new = iter(after.decode("utf-8-sig").splitlines())
        assert all(line in new for line in text.decode("utf-8-sig").splitlines())
    empty_key = yaml.load(text.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    if isinstance(empty_key, dict) and empty_key.get("overrides") == "":
        return  # an empty value is no list: it comes back as [], or goes
    assert removed(after, place) == text


def test_where_a_new_override_goes(tmp_path: Path) -> None:
    """The overrides file if there is one, else the team's `overrides:`, else a new overrides file."""
    own, team = tmp_path / "t.overrides.yaml", tmp_path / "t.yaml"
    team.write_text("team: t\n")
    assert override_path(tmp_path, "t") == own
    team.write_text("team: t\noverrides: []\n")
    assert override_path(tmp_path, "t") == team
    own.touch()
    assert override_path(tmp_path, "t") == own


@pytest.mark.parametrize("broken", ["replace", "fsync", "fchmod", "open"])
def test_an_interrupted_write_leaves_the_old_file(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever step fails: the old bytes are there, and nothing else is in the folder."""
    path = tmp_path / "t.yaml"
    path.write_bytes(b"old")

    def fails(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, broken, fails)
        with pytest.raises(OncallError, match="No space left"):
            atomic_write(path, b"new", b"old")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["t.yaml"]


def test_an_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the last moment."""
    path = tmp_path / "t.yaml"
    path.write_bytes(b"old")

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            atomic_write(path, b"new")
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"old", ["t.yaml"])


def test_written_whole(tmp_path: Path) -> None:
    """Mode bits stay; a new file has those of the umask; a changed file is left alone."""
    path = tmp_path / "t.yaml"
    atomic_write(path, b"one", b"")
    probe = tmp_path / "probe"
    probe.touch()
    assert path.stat().st_mode == probe.stat().st_mode
    path.chmod(0o640)
    atomic_write(path, b"two", b"one")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)
    with pytest.raises(OncallError, match="changed by somebody else"):
        atomic_write(path, b"three", b"one")
    with pytest.raises(OncallError, match="changed by somebody else"):
        atomic_write(path, b"three", b"")
    assert path.read_bytes() == b"two"
    assert sorted(os.listdir(tmp_path)) == ["probe", "t.yaml"]


def test_links(tmp_path: Path) -> None:
    """A link within the folder is followed and stays; one that leads out is refused."""
    folder = tmp_path / "rotations"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "t.yaml").write_bytes(b"old")
    (folder / "t.yaml").symlink_to("data/t.yaml")
    atomic_write(folder / "t.yaml", b"new", b"old")
    assert (folder / "t.yaml").is_symlink()
    assert (folder / "data" / "t.yaml").read_bytes() == b"new"
    (tmp_path / "out.yaml").write_bytes(b"old")
    (folder / "out.yaml").symlink_to("../out.yaml")
    with pytest.raises(OncallError, match="out of its folder"):
        atomic_write(folder / "out.yaml", b"new")
    with pytest.raises(OncallError):
        atomic_write(folder / "data", b"new")
    assert (tmp_path / "out.yaml").read_bytes() == b"old"
