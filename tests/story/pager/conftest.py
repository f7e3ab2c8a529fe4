"""A pager on a real store, a clock to turn, and fake providers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "contract" / "notifiers"))  # for the fake Twilio
sys.path.insert(0, str(Path(__file__).parents[1] / "paging"))
sys.path.insert(0, str(Path(__file__).parent))

from fake_phones import step
from night import Night
from phone_company import ALICE, BOB, Company


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    """Wednesday 12:00 UTC; alice is on call for payments, then bob."""
    made = Night(tmp_path / "oncall.db")
    yield made
    made.close()


@pytest.fixture
def twilio(night: Night) -> Company:
    """Alice is called, ten minutes later texted; bob the other way round. After twenty minutes it is bob's turn."""
    made = Company(night)
    made.gives("alice", ALICE, "0m call", "10m sms")
    made.gives("bob", BOB, "0m sms", "10m call")
    night.field.escalates(step(night.field.primary, "20m"), step(night.field.secondary, "30m"))
    return made


@pytest.fixture
def texting(twilio: Company) -> Company:
    """Alice is texted first, and called ten minutes later."""
    twilio.gives("alice", ALICE, "0m sms", "10m call")
    return twilio
