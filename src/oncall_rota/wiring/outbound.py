"""Whom this program asks over HTTP beside paging: a page of the web, a server of ours, Slack about its groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from oncall_rota.errors import ConfigurationError
from oncall_rota.paging.ports.notifier import NotifierError

if TYPE_CHECKING:
    from oncall_rota.config.page import Paging
    from oncall_rota.notifiers.slack_group import SlackGroups
    from oncall_rota.remote.server import Ask


def fetched(url: str, seconds: float) -> tuple[int, bytes]:
    """Status and body of a page of the web, a megabyte at most; no redirect is followed. Raises `OSError`."""
    from oncall_rota.notifiers.http_door import request
    from oncall_rota.notifiers.wire import Wire
    from oncall_rota.paging.ports.notifier import Deadline

    try:
        found = request(Wire(), "GET", url, {}, None, Deadline(seconds), limit=1 << 20)
    except NotifierError as error:
        raise OSError(error.message) from None
    return found.status, found.body


def slack_groups(found: Paging) -> SlackGroups:
    """The user groups of Slack that oncall.yaml names. Raises `ConfigurationError` where nothing names them."""
    from oncall_rota.notifiers.secret import NoSecret, resolved
    from oncall_rota.notifiers.slack_group import SlackGroups

    if not {"token", "groups"} <= found.slack.keys():
        hint = "write e.g. slack: {token: {env: SLACK_TOKEN}, groups: {payments-oncall: payments/primary}}"
        raise ConfigurationError("oncall.yaml names no user groups of Slack", hint)
    try:
        return SlackGroups(resolved(found.slack["token"]), found.slack.get("url"))
    except NoSecret as missing:
        raise ConfigurationError(f"slack.token of oncall.yaml: {missing}", "set it") from None


def asking() -> Ask:
    """The way to a server of ours: over the same door as the notifiers' HTTP, with one deadline for all of it."""
    from oncall_rota.notifiers.http_door import request
    from oncall_rota.notifiers.wire import Wire
    from oncall_rota.paging.ports.notifier import Deadline
    from oncall_rota.remote.server import LONGEST_ANSWER, Answered, Unanswered

    def ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> Answered:
        try:
            found = request(Wire(), method, url, headers, body, Deadline(seconds), limit=LONGEST_ANSWER)
        except NotifierError as error:
            raise Unanswered(error.message, error.unsure) from None
        if not found.whole:
            raise Unanswered("its answer broke off, came too slowly or is too long", unsure=True)
        return Answered(found.status, found.headers, found.body)

    return ask
