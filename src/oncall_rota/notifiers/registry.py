"""Which kinds of notifiers there are, and one made ready. No provider's library is imported to tell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from oncall_rota.errors import ConfigurationError
from oncall_rota.notifiers import option
from oncall_rota.notifiers.setup import Setup
from oncall_rota.notifiers.wire import Wire
from oncall_rota.paging.model import Channel
from oncall_rota.paging.ports.notifier import Declaration, Notifier, OptionProblem
from oncall_rota.timeline.clock import Clock, SystemClock

GROUP = "oncall.notifiers"
# The same table as in pyproject.toml: asked first, so that a checkout that was never installed pages too, no other
# distribution takes the place of a kind of ours, and the usual case scans nothing.
OURS = {
    "console": "console:Console",
    "smtp": "smtp:Smtp",
    "twilio-sms": "twilio_sms:TwilioSms",
    "twilio-voice": "twilio_voice:TwilioVoice",
    "slack": "slack:Slack",
    "webhook": "webhook:Webhook",
    "ntfy": "ntfy:Ntfy",
    "apprise": "bridge:Apprise",
    "exec": "exec:Exec",
}


def _class(kind: str) -> Any:
    """The class of a kind; None: nobody knows it, or it cannot be loaded."""
    if kind in OURS:
        module, _, name = OURS[kind].partition(":")
        return getattr(import_module(f"oncall_rota.notifiers.{module}"), name)
    for entry in entry_points(group=GROUP, name=kind):
        found = _loaded(entry)
        if isinstance(getattr(found, "declaration", None), Declaration):
            return found
    return None


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception:  # noqa: BLE001 somebody else's package, which must not stop ours
        return None


def declared() -> Mapping[str, Declaration]:
    """Every kind by name, those of other distributions too."""
    kinds = {*OURS, *entry_points(group=GROUP).names}
    classes = {kind: _class(kind) for kind in sorted(kinds)}
    return {kind: found.declaration for kind, found in classes.items() if found is not None}


def mistakes(kind: str, options: Mapping[str, object]) -> tuple[OptionProblem, ...]:
    """Every mistake of a channel's options at once. No secret is resolved."""
    found = _class(kind)
    return _unknown(kind) if found is None else option.mistakes(found.declaration, options)


def _unknown(kind: str) -> tuple[OptionProblem, ...]:
    hint = f"there are {', '.join(declared())}"
    return (OptionProblem("type", "unknown-notifier", f"no notifier is called {kind[:80]}", hint),)


def make(
    channel: Channel,
    public_url: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    wire: Wire | None = None,
) -> Notifier:
    """A channel ready to send; here, and only here, its secrets are read.

    `public_url`: of the server, None without one: then nothing is called back. Raises `ConfigurationError` with
    every `OptionProblem`, and `NotifierError` when its provider's package is missing.
    """
    found = _class(channel.type)
    if found is None:
        values: dict[str, Any] = {}
        problems = _unknown(channel.type)
    else:
        values, problems = option.values(found.declaration, channel.options, environ)
    if problems:
        words = "; ".join(problem.message for problem in problems)
        raise ConfigurationError(f"notifiers.{channel.name}: {words}", problems=problems)
    callback = f"{public_url.rstrip('/')}/in/{channel.name}" if public_url else None
    notifier: Notifier = found(Setup(channel.name, values, callback, clock or SystemClock(), wire or Wire()))
    return notifier
