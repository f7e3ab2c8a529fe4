"""What sends pages, as the pager, `config` and `web` know it; the adapters are in `notifiers/`.

A notifier is made once for each channel of oncall.yaml and then used by many threads at once. `send` returns a
`Receipt` when the provider took the page, and raises `NotifierError` otherwise; nothing else ever leaves it. The
optional parts, `look_up`, `status`, `cancel`, `inbound` and `rehearse`, are there when its declaration names them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Set
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from oncall_rota.paging.message import Choice, Message

ATTEMPT = timedelta(seconds=10)  # all that one `send` may take; a later result is a receipt
LOOK_UP = timedelta(seconds=5)
LONGEST_RETRY = timedelta(seconds=60)  # a provider that asks for more is asked again after this

Kind = Literal["text", "url", "number", "flag", "list", "networks", "secret"]
Part = Literal["look_up", "status", "cancel", "inbound", "rehearse"]
State = Literal["accepted", "sent", "delivered", "failed"]


class Deadline:
    """A moment of the monotonic clock that no wait may pass. `clock`: seconds, in tests one that never sleeps."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds

    def left(self) -> float:
        """Seconds until then; 0.0 when it has passed."""
        return max(self._until - self._clock(), 0.0)


class NotifierError(Exception):
    """A page that the provider did not take, or not surely.

    `permanent`: the same attempt would fail again, so the next channel's turn is now. `retry_after`: the provider's
    own wish, at most a minute. `alarm`: what an administrator has to be told. `unsure`: the provider may have taken
    it all the same, so where it can be asked it is asked before anything is sent again. No text of it holds a
    secret, a provider's words or a whole phone number.
    """

    def __init__(
        self,
        message: str,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        alarm: str | None = None,
        unsure: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.retry_after = retry_after
        self.alarm = alarm
        self.unsure = unsure


class Receipt(NamedTuple):
    """The provider took it. `provider_id`: its own name for it, None where it gives none."""

    provider_id: str | None
    state: Literal["sent", "delivered"] = "sent"
    text: str = ""


class Attempt(NamedTuple):
    """A send whose end is not known, to be looked for at the provider.

    `since`: when it was claimed, by our wall clock. `known`: the provider's ids that any row of ours has.
    """

    message: Message
    address: str
    since: datetime
    known: Set[str] = frozenset()


class Delivery(NamedTuple):
    """How far a page has come. `rank` only grows along a page's way; `page_id` None: only the id is known."""

    provider_id: str
    page_id: str | None
    state: State
    rank: int
    detail: str = ""


class Reply(NamedTuple):
    """What a person did in a channel. By `code` or by `page_id`; `address`: who did it, as the channel knows them.

    It counts only when a page of that code or id went to that address. `id`: what tells it from every other reply of
    the channel, so that one that comes again is the same; empty: nothing does.
    """

    address: str
    choice: Choice
    code: str | None = None
    page_id: str | None = None
    id: str = ""


class Answer(NamedTuple):
    """What `web` answers the provider."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


class Inbound(NamedTuple):
    """A provider's request, understood. `answer(text)`: told to the person, as the channel can say it.

    `event` None with a status of 200: nothing happened (a wrong key, a text that is no reply). A forged request
    has 403 and no event.
    """

    event: Delivery | Reply | None
    answer: Callable[[str], Answer]


class Option(NamedTuple):
    """One key under a channel of oncall.yaml. A text may be `{env: NAME}` too; a secret must be that or a file.

    `choices`: the only texts there are, when not empty. `shape`: what a text, or the first one of a list, looks like,
    as a regular expression; empty: like anything. `bounds`: the least and the greatest number.
    """

    name: str
    kind: Kind
    doc: str
    required: bool = False
    default: object = None
    choices: tuple[str, ...] = ()
    shape: str = ""
    bounds: tuple[int, int] = (0, 999_999_999)


class Declaration(NamedTuple):
    """A kind of notifier, known without importing its provider's library.

    `to`: the field of people.yaml unless the channel names another. `provider`: channels that share it fail
    together. `extra`: what pip must install, None when the base has all. `best_effort`: never the only channel of
    a step. `can`: the optional parts it has. `one_at_a_time`: a second page to an address waits until it is known what
    became of the first, which its look-up could not tell from it. `shape`: what an address looks like, as a regular
    expression, and an `example`; empty: like anything.
    """

    type: str
    doc: str
    options: tuple[Option, ...]
    to: str
    provider: str
    metered: bool = False
    best_effort: bool = False
    extra: str | None = None
    can: frozenset[Part] = frozenset()
    one_at_a_time: bool = False
    shape: str = ""
    example: str = ""


class OptionProblem(NamedTuple):
    """A mistake in a channel's options; whoever knows the file gives `option` (`type` for the kind) its place."""

    option: str
    code: str
    message: str
    hint: str = ""


class Catalogue(Protocol):
    """Which kinds of notifiers there are, for validation."""

    def declared(self) -> Mapping[str, Declaration]:
        """All kinds by name."""
        ...

    def mistakes(self, kind: str, options: Mapping[str, object]) -> tuple[OptionProblem, ...]:
        """Every mistake of a channel's options at once. No secret is resolved."""
        ...


class Notifier(Protocol):
    """A channel, ready to send."""

    declaration: Declaration

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        """Hand the page over. Raises `NotifierError`; never later than the deadline."""
        ...


@runtime_checkable
class LooksUp(Protocol):
    """A notifier whose provider can be asked what it took."""

    def look_up(self, attempt: Attempt, deadline: Deadline) -> Receipt | None:
        """The receipt of an attempt that nobody saw the end of; None: the provider does not have it."""
        ...


@runtime_checkable
class TellsStatus(Protocol):
    """A notifier whose provider can be asked how far a page has come, when its own word was lost."""

    def status(self, provider_id: str, deadline: Deadline) -> Delivery:
        """How far it has come."""
        ...


@runtime_checkable
class Cancels(Protocol):
    """A notifier that can take back what has not arrived."""

    def cancel(self, provider_id: str, deadline: Deadline) -> None:
        """Stop it when it is still on its way; else nothing happens."""
        ...


@runtime_checkable
class Listens(Protocol):
    """A notifier whose provider calls back."""

    def inbound(self, headers: Mapping[str, str], body: bytes, url: str) -> Inbound:
        """Understand a request to `/in/<channel>`. `url`: as it came, of which only the query is used."""
        ...


@runtime_checkable
class Rehearses(Protocol):
    """A notifier whose provider can be asked whether it would take a page, and sends none."""

    def rehearse(self, deadline: Deadline) -> str:
        """Connect, log in and ask; what was found, in words. Raises `NotifierError`."""
        ...


def newest(before: Delivery | None, after: Delivery) -> Delivery:
    """What holds after a report: callbacks come twice and in any order, and only a higher rank counts."""
    return after if before is None or after.rank > before.rank else before
