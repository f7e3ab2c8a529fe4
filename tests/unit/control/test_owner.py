"""What a process that has the store does not die of."""

from __future__ import annotations

from oncall_rota.control.owner import unbroken


def test_an_alarm_that_cannot_be_told_ends_nothing() -> None:
    """Standard error is closed; the next one may be heard again."""
    heard: list[str] = []

    def alarm(text: str) -> None:
        if not heard:
            heard.append(text)
            raise OSError("closed")
        heard.append(text)

    said = unbroken(alarm)
    said("the store has failed")
    said("the store works again")
    assert heard == ["the store has failed", "the store works again"]
