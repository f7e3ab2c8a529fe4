"""The only door to the twilio package: its client over our HTTP, its TwiML, its signatures.

The package is imported when a notifier is made: it costs ten times what the rest of a command does.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from oncall_rota.notifiers.http_door import judged, request
from oncall_rota.notifiers.setup import Setup
from oncall_rota.paging.message import Message, masked
from oncall_rota.paging.ports.notifier import Answer, Attempt, Deadline, NotifierError, Option, Receipt

API = "https://api.twilio.com"
OPTIONS = (
    Option(
        "from",
        "text",
        "The number that pages come from, such as +441632960001. One for each installation: after a fault it is asked "
        "what left by that number, and two would take each other's calls for their own.",
        required=True,
    ),
    Option("account", "text", "The account's SID.", required=True),
    Option("token", "secret", "The account's auth token.", required=True),
    Option("old_token", "secret", "Another auth token whose callbacks are believed, while tokens are rotated."),
    Option("url", "url", "Another address of Twilio's API, for tests and gateways.", default=API),
)
NUMBER = r"[ ().-]*\+[ ().-]*[1-9](?:[ ().-]*[0-9]){6,14}[ ().-]*"
EXAMPLE = "+441632960001"
CLOCKS_DIFFER = timedelta(seconds=60)  # at most, between Twilio's and ours
LISTED = 200  # resources looked at, newest first
XML = "text/xml; charset=utf-8"


class Account:
    """One account as a notifier uses it. Raises `NotifierError` only."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._token = setup.values["token"].reveal()
        tokens = [setup.values["token"], setup.values["old_token"]]
        try:
            from twilio.request_validator import RequestValidator
            from twilio.rest.api.v2010.account import call, message  # noqa: F401 now, and not in the time of a page
        except ImportError:
            words = f"{setup.channel} needs the twilio package: pip install 'oncall-rota[sms]'"
            raise NotifierError(words, permanent=True, alarm=words) from None
        self._validators = [RequestValidator(token.reveal()) for token in tokens if token is not None]

    def call(self, act: Callable[[Any], Any], deadline: Deadline, creates: bool = False) -> Any:
        """`act(account)` with the package's account resource. `creates`: what breaks off may have been done."""
        from twilio.rest import Client

        client = Client(
            self._setup.values["account"],
            self._token,
            http_client=_http_client(self._setup, deadline, creates),
            environment={"TWILIO_REGION": ""},  # nothing of ours is read from the process' environment
        )
        try:
            return act(client.api.v2010.account)
        except NotifierError:
            raise
        except Exception as failed:  # noqa: BLE001 the package reads answers with no doubt of their shape
            name = type(failed).__name__
            raise NotifierError(f"{self._setup.channel}: no answer of Twilio's ({name})", unsure=creates) from None

    def rehearse(self, deadline: Deadline) -> str:
        """Ask for the account itself, as it is seen with its token."""
        status = str(self.call(lambda of: of.fetch(), deadline).status)
        if status != "active":
            words = f"the account of {self._setup.channel} is not active"
            raise NotifierError(words, permanent=True, alarm=words)
        return "the account is active"

    def number(self, address: str) -> str:
        """A number as Twilio wants it. Raises `NotifierError`."""
        number = re.sub(r"[ ().-]", "", address)
        if not re.fullmatch(NUMBER, address):
            words = f"{masked(address)} is no number such as +441632960001"
            raise NotifierError(words, permanent=True, alarm=words)
        return number

    def receipt(self, resource: Any) -> Receipt:
        """The receipt of what was created; an answer without a SID is not Twilio's."""
        if not isinstance(resource.sid, str) or not resource.sid:
            raise NotifierError(f"{self._setup.channel}: an answer without a SID", unsure=True)
        return Receipt(resource.sid, "sent", str(resource.status or ""))

    def callback(self, message: Message) -> str | None:
        """Where Twilio reports about a page."""
        url = self._setup.callback
        return None if url is None else f"{url}?{urlencode({'page': message.page_id})}"

    def candidates(self, resources: Iterable[Any], attempt: Attempt) -> Iterable[Any]:
        """Those made since the attempt was claimed that no row of ours knows. `date_created` is compared here: the
        list's own filters are by the day of sending, which what waits does not have yet.
        """
        earliest = attempt.since - CLOCKS_DIFFER
        for each in resources:
            made = each.date_created
            if isinstance(made, datetime) and _aware(made) >= earliest and each.sid not in attempt.known:
                yield each

    def form(self, headers: Mapping[str, str], body: bytes, url: str) -> tuple[dict[str, str], dict[str, str]] | None:
        """The form and query of a callback that is Twilio's; None: forged. The signature covers the public address
        that Twilio called, whatever the proxy made of it, and the form as it came, blanks included.
        """
        if self._setup.callback is None:
            return None
        lowered = {name.lower(): value for name, value in headers.items()}
        query = urlsplit(url).query
        signed = self._setup.callback + (f"?{query}" if query else "")
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200, strict_parsing=False))
            signature = lowered["x-twilio-signature"]
            genuine = any(validator.validate(signed, form, signature) for validator in self._validators)
        except (KeyError, ValueError, TypeError):
            return None
        return (form, dict(parse_qsl(query))) if genuine else None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def forbidden(_: str = "") -> Answer:
    """To whom the signature is not Twilio's."""
    return Answer(403)


def nothing(_: str = "") -> Answer:
    """No content: Twilio is content, and sends nothing to the person."""
    return Answer(204)


def _http_client(setup: Setup, deadline: Deadline, creates: bool) -> Any:
    from twilio.http import HttpClient
    from twilio.http.response import Response

    class Http(HttpClient):  # type: ignore[misc,unused-ignore]
        """The package's requests over our door."""

        def __init__(self) -> None:
            self.is_async = False
            self.timeout = None

        def request(
            self,
            method: str,
            uri: str,
            params: Mapping[str, Any] | None = None,
            data: Mapping[str, Any] | None = None,
            headers: Mapping[str, str] | None = None,
            auth: tuple[str, str] | None = None,
            timeout: float | None = None,
            allow_redirects: bool = False,
        ) -> Response:
            url = uri.replace(API, setup.values["url"].rstrip("/"), 1)
            url += f"?{urlencode(params, doseq=True)}" if params else ""
            sent = {"Accept": "application/json", "User-Agent": (headers or {}).get("User-Agent", "oncall")}
            if auth is not None:
                sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
            form = urlencode(data, doseq=True).encode() if data else None
            if form is not None:
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            response = request(setup.wire, method, url, sent, form, deadline)
            values = response.json()
            error = values.get("code") if values else None
            detail = f"error {error}" if isinstance(error, int) else ""
            judged(response, setup.channel, setup.clock.now(), detail)
            if values is None:  # a proxy's page, or half of an answer: what was asked may be done
                raise NotifierError(f"{setup.channel}: the answer cannot be read", unsure=creates)
            return Response(response.status, response.body.decode("utf-8", "replace"), response.headers)

    return Http()
