"""`console`: the page on standard error, for a first try and for demonstrations."""

from __future__ import annotations

import sys

from oncall_rota.notifiers.setup import Setup
from oncall_rota.paging.message import Message, body, clean
from oncall_rota.paging.ports.notifier import Deadline, Declaration, NotifierError, Receipt


class Console:
    """Writes every page where the program's talk goes. Nobody is woken by it."""

    declaration = Declaration(
        type="console",
        doc="Writes pages on standard error.",
        options=(),
        to="name",
        provider="console",
        best_effort=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._channel = setup.channel

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        text = f"--- {self._channel} to {clean(address)}\n{body(message)}\n"
        encoding = getattr(sys.stderr, "encoding", None) or "ascii"
        try:
            sys.stderr.write(text.encode(encoding, "replace").decode(encoding))
            sys.stderr.flush()
        except (OSError, ValueError):  # a closed pipe or stream
            raise NotifierError("standard error is closed", permanent=True) from None
        return Receipt(None, "sent", "written")
