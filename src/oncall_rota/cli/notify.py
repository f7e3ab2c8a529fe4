"""`oncall notify test`: does a page reach this person?"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.option import Dir, Json, RowsOutput
from oncall_rota.cli.selection import configuration_error, known, person_named
from oncall_rota.cli.setting import asked_format, rotations
from oncall_rota.cli.terminal import BOLD, RED, Cell, rows_in_columns, say, terminal, warn
from oncall_rota.config import ERROR, Catalog, Problem, load, paging
from oncall_rota.errors import NotDelivered, UnknownName
from oncall_rota.paging.message import Message, masked
from oncall_rota.paging.model import CRITICAL, Channel, Reach
from oncall_rota.paging.ports.notifier import ATTEMPT, Deadline, Notifier, NotifierError
from oncall_rota.rendering.text import json_text, term_safe, tsv_row

if TYPE_CHECKING:
    from oncall_rota.config.page import Paging

FORMATS = ("table", "plain", "json")
GRACE = 1.0  # seconds more for a channel to say itself that its time is over
_UNSENT = "would be sent"

app = new_app(
    cls=Group,
    help="""How people are reached.

Examples:
  oncall notify test alice
  oncall notify test alice --via sms""",
)


class Result(NamedTuple):
    """One channel, and what became of the test. `error` None: the provider took it."""

    channel: str
    address: str
    error: str | None


@app.callback()
def _notify() -> None:
    """A group, although it has one command so far."""


@app.command("test", cls=Command)
def send_test(
    person: Annotated[
        str,
        typer.Argument(metavar="PERSON", help="Whom to send it to.", autocompletion=completion.people),
    ],
    via: Annotated[str | None, typer.Option("--via", metavar="CHANNEL", help="Only by this channel.")] = None,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say by which channels; send nothing.")] = False,
    dir_: Dir = None,
) -> None:
    """Send a test to a person now, by every channel of theirs.

    Examples:
      oncall notify test alice
      oncall notify test alice --via sms
      oncall notify test alice --dry-run
      oncall notify test alice --json

    It goes to every address of theirs at the same time, as loud as a critical page, and says that it is a test. Each
    channel has ten seconds. Needs no server and no store, and counts in no budget.
    Exit code 6 when no channel took it.
    -o plain columns: channel, address (masked), and 'sent' or 'refused' and why.
    """
    from oncall_rota.wiring import Channels, notifiers

    form = asked_format(output, json, FORMATS)
    catalog, problems = load(rotations(dir_), teams=())
    found = paging(catalog, notifiers())
    reach = found.people[_known_person(person, catalog, problems)]
    wanted = _wanted(reach, via, found)
    sent: Mapping[str, str | None] = dict.fromkeys(wanted)
    if not dry_run:
        sent = _all_sent(wanted, Channels(found.channels))
    results = [Result(channel, address, sent[channel]) for channel, address in wanted.items()]
    without = [] if via else [each for each in found.channels.values() if each.name not in reach.addresses]
    _print(form, reach, results, without, dry_run)
    if found.problems:
        first = found.problems[0]
        warn(f"a mistake at {first.path}:{first.line}: {first.message}", "'oncall validate' shows all")
    if without:
        say(f"{reach.name} has no address for {', '.join(f'{each.name} ({each.to})' for each in without)}")
    refused = sum(each.error is not None for each in results)
    if refused == len(results):
        raise NotDelivered("no channel took the test", "why stands above")
    if refused:
        warn(f"{refused} of {len(results)} channels did not take it")


def _known_person(name: str, catalog: Catalog, problems: Sequence[Problem]) -> str:
    wrong = [each for each in problems if each.path == "people.yaml" and each.severity == ERROR]
    if name not in catalog.people and wrong:
        raise configuration_error(wrong, catalog.folder)
    return person_named(catalog, name)


def _wanted(reach: Reach, via: str | None, found: Paging) -> dict[str, str]:
    """The addresses to send to, by channel. Raises `UnknownName`, and `NotDelivered` when there is none."""
    if via is not None and via not in found.channels:
        raise UnknownName(f"no channel {via!r} in oncall.yaml", known(via, found.channels))
    if not found.channels:
        raise NotDelivered("oncall.yaml has no channels", "add one, e.g. notifiers: {email: {type: smtp, …}}")
    wanted = [found.channels[via]] if via is not None else list(found.channels.values())
    addresses = {each.name: reach.addresses[each.name] for each in wanted if each.name in reach.addresses}
    if not addresses:
        fields = " or ".join(dict.fromkeys(each.to for each in wanted))
        words = f"{reach.name} has no address for {via or 'any channel'}"
        raise NotDelivered(words, f"give {reach.person} {fields} in people.yaml")
    return addresses


def _all_sent(addresses: Mapping[str, str], notifier: Callable[[str], Notifier]) -> dict[str, str | None]:
    """Send by all channels at once; why each refused, None for those that did not. Ends soon after `ATTEMPT`."""
    ended: dict[str, str | None] = {}

    def send(channel: str) -> None:
        ended[channel] = _refusal(channel, addresses[channel], notifier)

    # Not a pool: a notifier of somebody else's that never ends must not keep the command from ending.
    threads = [Thread(target=send, args=(channel,), daemon=True) for channel in addresses]
    whole = Deadline(ATTEMPT.total_seconds() + GRACE)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(whole.left())
    return {channel: ended.get(channel, f"no end after {ATTEMPT.total_seconds():g} s") for channel in addresses}


def _refusal(channel: str, address: str, notifier: Callable[[str], Notifier]) -> str | None:
    deadline = Deadline(ATTEMPT.total_seconds())
    words = f"this tests {channel}; nothing has happened, and there is nothing to acknowledge"
    try:
        test_page = Message(secrets.token_hex(8), secrets.token_hex(2), CRITICAL, "you", words, kind="test")
        notifier(channel).send(test_page, address, deadline)
    except NotifierError as error:
        return f"{error.message}{'; it may have arrived all the same' if error.unsure else ''}"
    except Exception as error:  # noqa: BLE001 - a notifier of somebody else's must not end the others
        return f"the notifier failed: {type(error).__name__}"
    return None


def _print(form: str, reach: Reach, results: Sequence[Result], without: Sequence[Channel], dry_run: bool) -> None:
    if form == "json":
        document: dict[str, Any] = {
            "version": 1,
            "person": reach.person,
            "dry_run": dry_run,
            "results": [
                {
                    "channel": each.channel,
                    "address": masked(each.address),
                    "sent": each.error is None and not dry_run,
                    "error": each.error,
                }
                for each in results
            ],
            "without_address": [each.name for each in without],
        }
        print(json_text(document))
        return
    if form == "table" and sys.stdout.isatty():
        good = Cell(_UNSENT if dry_run else "sent")
        rows = [
            (
                Cell(term_safe(each.channel)),
                Cell(term_safe(masked(each.address))),
                good if each.error is None else Cell("refused", f"{BOLD};{RED}"),
            )
            for each in results
        ]
        print("\n".join(rows_in_columns(("CHANNEL", "ADDRESS", "RESULT"), rows, terminal())))
        for each in results:
            if each.error is not None:  # whole, where a column would cut it
                warn(f"{each.channel}: {each.error}")
        return
    for each in results:
        outcome = _UNSENT if dry_run else "sent" if each.error is None else f"refused: {each.error}"
        print(tsv_row((each.channel, masked(each.address), outcome)))
