"""Slack's user groups: who is in them, and who is to be.

Two calls: one reads all groups with their members, and one writes the members of one that differs.
https://docs.slack.dev/reference/methods/usergroups.users.update
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, NamedTuple

from oncall_rota.notifiers.http_door import request
from oncall_rota.notifiers.secret import Secret
from oncall_rota.notifiers.slack import API, CREDENTIALS
from oncall_rota.notifiers.wire import Wire
from oncall_rota.paging.ports.notifier import Deadline, NotifierError

SECONDS = 20.0  # of one call: a list of hundreds of groups takes its time
LARGEST = 8 << 20  # bytes of an answer


class Group(NamedTuple):
    """A user group. `members`: ids of Slack's, sorted."""

    id: str
    handle: str
    members: tuple[str, ...]


class SlackGroups:
    """The groups of one workspace, by an app with `usergroups:read` and `usergroups:write`."""

    def __init__(self, token: Secret, url: str | None = None, wire: Wire | None = None) -> None:
        self._token = token
        self._url = (url or API).rstrip("/")
        self._wire = wire or Wire()

    def read(self) -> dict[str, Group]:
        """All groups by handle, those that are switched off too. Raises `NotifierError`."""
        told = self._called("usergroups.list", {"include_users": True, "include_disabled": True})
        found: dict[str, Group] = {}
        for each in told.get("usergroups") or ():
            members = tuple(sorted(str(user) for user in each.get("users") or ()))
            found[str(each["handle"])] = Group(str(each["id"]), str(each["handle"]), members)
        return found

    def write(self, group: Group, members: Collection[str]) -> None:
        """Put these people into a group, and nobody else. Raises `NotifierError`, and `ValueError` for nobody."""
        if not members:
            raise ValueError("a group is never emptied")
        self._called("usergroups.users.update", {"usergroup": group.id, "users": ",".join(sorted(members))})

    def _called(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Content-Type": "application/json; charset=utf-8"}
        if method == "usergroups.list":  # which reads no JSON
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = "&".join(f"{name}={str(value).lower()}" for name, value in arguments.items()).encode()
        else:
            body = json.dumps(arguments).encode()
        url = f"{self._url}/{method}"
        response = request(self._wire, "POST", url, headers, body, Deadline(SECONDS), limit=LARGEST)
        values = response.json()
        if values is None or not isinstance(values.get("ok"), bool):
            raise NotifierError(f"Slack answered {response.status}, and what cannot be read")
        if not values["ok"]:
            error = str(values.get("error", ""))
            error = error if re.fullmatch(r"[a-z_]{1,40}", error) else "an error"
            raise NotifierError(f"Slack answered {error} to {method}", permanent=error in CREDENTIALS)
        return values
