"""People's times in, humanised times out; the only door to pendulum.

No pendulum type crosses it: instants are aware UTC `datetime` both ways. pendulum is imported on first need,
because `who` must answer a plain time within a few milliseconds.
"""

from __future__ import annotations

from oncall_rota.humantime.display import day_text, moment_text, span_text
from oncall_rota.humantime.instant import after, day, when
from oncall_rota.humantime.spoken import spoken

__all__ = ["after", "day", "day_text", "moment_text", "span_text", "spoken", "when"]
