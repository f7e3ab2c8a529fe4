"""What of an alert is shown to nobody, and what has to be."""

from __future__ import annotations

import time

import pytest

from oncall_rota.intake.secrecy import hidden

SECRETS = (
    '{"password": "hunter22"}', '{"auth": {"DB_PASSWORD" : "hunter22"}}', '"{\\"api_key\\": \\"hunter22\\"}"',
    "password: hunter22", "X-Api-Key: hunter22", "aws_secret_access_key = hunter22", "a=1&token=hunter22&b=2",
    "Authorization: Bearer hunter22", '"headers": "bearer hunter22"', "postgresql://shop:hunter22@db.example.com/",
    "client-secret=hunter22", '"routing_key":"hunter22"', '{"password": "hunter22',
)  # fmt: skip
WORDS = (
    "the password of the shop has expired", "Bearer authentication failed for 12 requests", "basic authentication",
    "token rotation: 3 of 5 done", "secretary: out", "https://runbooks.example.com:8443/token", "12:30 at gate 5",
    "https://wiki.example.com/@ops/tokens", "Summary: secrets are fine",
)  # fmt: skip


@pytest.mark.parametrize("text", SECRETS)
def test_what_is_plainly_a_secret_is_hidden(text: str) -> None:
    """Whatever is around it stays."""
    assert "hunter22" not in hidden(text)
    assert "***" in hidden(text)


@pytest.mark.parametrize("text", WORDS)
def test_the_words_of_an_alert_stay(text: str) -> None:
    """Somebody gets up for them."""
    assert hidden(text) == text


def test_a_summary_is_a_sentence() -> None:
    """What follows a word that is also a name is what has happened."""
    assert hidden("Password: 300 wrong ones in a minute", words=True) == "Password: 300 wrong ones in a minute"
    assert hidden("login with token=hunter22 failed", words=True) == "login with token=*** failed"


@pytest.mark.parametrize("part", ["token", "a-", "://a:", '"password\\\\', "bearer 1", "x" * 39 + "="])
def test_no_text_makes_it_slow(part: str) -> None:
    """In the time of the process: the longest that is kept takes well under a second."""
    began = time.process_time()
    hidden((part * 8000)[:8000])
    assert time.process_time() - began < 1
