"""What a notifier is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from oncall_rota.notifiers.wire import Wire
from oncall_rota.timeline.clock import Clock


class Setup(NamedTuple):
    """`values`: every declared option, secrets as `Secret`. `callback`: the public address of `/in/<channel>`,
    None without a server. `wire`: the way out. `clock`: for dates and signatures; attempts are timed by deadlines.
    """

    channel: str
    values: Mapping[str, Any]
    callback: str | None
    clock: Clock
    wire: Wire
