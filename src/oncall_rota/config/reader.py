"""Bytes -> `Document`: the text, its tree, and as problems why there is none, without what may be a secret."""

from __future__ import annotations

import re

from yaml import YAMLError

from oncall_rota.config.document import Document
from oncall_rota.config.problem import Problem
from oncall_rota.config.syntax import explain
from oncall_rota.config.tree import Stop, Tree

MOST_BYTES = 1 << 20
SECRETIVE = "oncall.yaml"
_WORD = re.compile(r"""[^\s'"{}\[\],:!&*|>%@`]{6,}""")
_COMMENT = re.compile(r"(^|\s)#.*")
_QUOTED = re.compile(r"""'(?:\\.|[^'\\]){4,}'|"(?:\\.|[^"\\]){4,}\"""")
_PLAIN = bytes([9, 10, 13, *range(32, 127)])  # most files hold nothing else, and this is the fastest way to know
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def read(path: str, data: bytes) -> Document:
    """The document of one file. Its `root` is None where it cannot be read or holds nothing."""
    document = Document(path)
    try:
        document.text = _text(document, data)
        document.root = Tree(document, data).root()
    except Stop:
        document.root = None
    except YAMLError as error:
        explain(document, error)
        document.root = None
    except (ValueError, RecursionError, OverflowError) as error:
        document.error_at(1, 1, "unreadable", f"this file cannot be read as YAML: {error}")
        document.root = None
    if path == SECRETIVE:
        words = set(_WORD.findall(_COMMENT.sub("", document.text)))
        document.problems = [_masked(problem, words) for problem in document.problems]
    return document


def _masked(problem: Problem, words: set[str]) -> Problem:
    """Without the texts of the file, `words`, which may be secrets in plain; only keys are told."""
    if problem.code in ("duplicate-key", "merge-key"):
        return problem
    message, hint = _QUOTED.sub("(…)", problem.message), _QUOTED.sub("(…)", problem.hint)
    if any(word in message or word in hint for word in words):
        message = "this cannot be read as YAML; what stands here is not shown, since it may be a secret"
        hint = "check the quotes, brackets and indentation, and the words that begin with '!', '*' or '&'"
    return problem._replace(message=message, hint=hint)


def _text(document: Document, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        document.error_at(
            1,
            1,
            "file-too-large",
            f"the file is larger than 1 MiB ({len(data):,} bytes or more)",
            "a rotation file is a few kilobytes; is this the right file?",
        )
        raise Stop
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        document.error_at(
            line,
            column,
            "not-utf-8",
            "the file is UTF-16, expected UTF-8" if utf16 else f"byte 0x{data[error.start]:02x} is not UTF-8",
            "save the file with the encoding UTF-8",
        )
        raise Stop from None
    if data.isascii() and not data.translate(None, _PLAIN):
        return text
    found = _CONTROL.search(text)
    if found:
        before = text[: found.start()]
        document.error_at(
            before.count("\n") + 1,
            len(before) - (before.rfind("\n") + 1) + 1,
            "control-character",
            f"an invisible control character (U+{ord(found[0]):04X}) in the text",
            "delete it",
        )
        raise Stop
    return text
