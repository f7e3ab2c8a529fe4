"""How a link to sign in is sent to a person, and used once."""

from __future__ import annotations

import secrets

from oncall_rota.errors import OncallError
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.ports.notifier import ATTEMPT, Deadline, NotifierError
from oncall_rota.paging.ports.row import LinkKey
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.web.access_refusal import SIGN_IN
from oncall_rota.web.access_sign_in import SignIn
from oncall_rota.web.premises import Premises

SPOKEN = ("twilio-voice",)  # kinds of channels in which nobody can open a link
TEXT = "somebody, perhaps you, wants to sign in as you"
_KEPT = "sign-in "  # of `meta`: the last link of each person, which is the only one that is good


def invite(premises: Premises, key: LinkKey, person: str, following: str, code: str) -> None:
    """Send a person a link by a channel of theirs, if there is such a person and not too many were sent.

    It takes the place of any that they were sent before. Waits for the provider; who fails asks again.
    """
    configuration, now = premises.configuration(), premises.gate.now()
    if person not in configuration.people or not premises.gate.invitations.take(person, now):
        return
    link = SignIn(person, secrets.token_hex(8), following)
    try:
        premises.store.put(_KEPT + person, link.nonce)
    except StoreFailed:
        return
    url = f"{(configuration.public_url or '').rstrip('/')}{SIGN_IN}/{link.text(key, now)}"
    message = cleaned(Message(f"sign-in-{link.nonce}", code, "info", "oncall", TEXT, ack_url=url, kind="notice"))
    addresses = configuration.people[person].addresses
    for channel in filter(addresses.__contains__, _in_order(configuration)):
        try:
            premises.notifier(channel).send(message, addresses[channel], Deadline(ATTEMPT.total_seconds()))
        except (NotifierError, OncallError):
            continue
        return


def _in_order(configuration: Configuration) -> list[str]:
    """Channels that can carry a link: those of notices, then what costs nothing, then the others."""
    readable = {name: each for name, each in configuration.channels.items() if each.type not in SPOKEN}
    unmetered = [name for name, each in readable.items() if each.limit is None]
    return [each for each in dict.fromkeys([*configuration.quiet, *unmetered, *readable]) if each in readable]


def used(premises: Premises, link: SignIn) -> bool:
    """Use a link: whether it was the last that was sent to them, and was not used. Raises `StoreFailed`."""
    return premises.store.swap(_KEPT + link.person, link.nonce, "")
