"""One declared option of a channel, as a key of oncall.yaml: what its notifier would refuse is refused here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oncall_rota.config.access import NETWORK
from oncall_rota.config.document import Document
from oncall_rota.config.field import BAD, Choice, Field, List, Number, Text
from oncall_rota.config.problem import Mistake
from oncall_rota.config.record import Key
from oncall_rota.config.secret import ADDRESS_OR_NAMED, PLAIN_OR_NAMED, SECRET, Named, public

if TYPE_CHECKING:
    from oncall_rota.paging.ports.notifier import Option


def option_key(option: Option) -> Key:
    """One declared option as a key of the file."""
    field: Field
    if option.kind == "secret":
        field = SECRET
    elif option.kind == "url":
        field = ADDRESS_OR_NAMED
    elif option.kind == "number":
        field = Number(*option.bounds)
    elif option.kind == "flag":
        field = Choice("yes", "no", "true", "false")
    elif option.kind == "list":
        field = _Beginning(option)
    elif option.kind == "networks":
        field = List(NETWORK, "a list of networks", one=True)
    else:
        field = Choice(*option.choices) if option.choices else _shaped(option) if option.shape else PLAIN_OR_NAMED
    return Key(field, option.doc, required=option.required)


def _shaped(option: Option) -> Field:
    """A text that has to look like something."""

    def parse(text: str) -> str:
        if re.fullmatch(option.shape, public(text)) is None:
            raise _misshapen(option)
        return text

    return Named("a text", parse)


class _Beginning(List):
    """A list of texts of which the first has to look like something, such as a program's full path."""

    def __init__(self, option: Option) -> None:
        super().__init__(Text(), "a list of texts", one=True)
        self._option = option

    def read(self, node: Any, document: Document) -> Any:
        values = super().read(node, document)
        if values is BAD or values[0] is BAD or not self._option.shape:
            return values
        if re.fullmatch(self._option.shape, values[0]) is None:
            document.mistake(node, _misshapen(self._option))
            return BAD
        return values


def _misshapen(option: Option) -> Mistake:
    return Mistake("bad-option", f"this cannot be the {option.name} of a notifier", f"expected: {option.doc}")
