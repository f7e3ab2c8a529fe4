"""Whatever an alert holds, every channel gets a text that it takes, in the order that people read."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_rota.paging import message as texts
from oncall_rota.paging.message import Message, bundled, clean, cleaned

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
PAGE = Message("p-1", "4f2a", "critical", "payments", "Disk full on db1")
CHUNK = 256
# Lone surrogates cannot be written to a file, but stand in a summary that came as JSON.
ANYTHING = st.text(st.characters(codec=None, categories=None), max_size=300)


def chunks() -> list[str]:
    """Every code point from U+0000 to U+10FFFF, a few hundred at a time."""
    everything = range(sys.maxunicode + 1)
    return ["".join(map(chr, everything[start : start + CHUNK])) for start in range(0, len(everything), CHUNK)]


def xml_allows(letter: str) -> bool:
    """The production Char of XML 1.0."""
    code = ord(letter)
    return code in (9, 10, 13) or 32 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def check(page: Message) -> None:
    """What must hold for a page of any text."""
    whole = texts.body(page)
    whole.encode()  # no lone surrogate is left
    assert all(line.isprintable() or set(line) & set("\u200c\u200d") for line in whole.split("\n"))
    assert len(whole.splitlines()) == len(whole.split("\n"))

    for replies in (True, False):
        sms = texts.short(page, replies)
        assert set(sms) <= GSM
        assert texts.septets(sms) <= 304
        assert f"#{page.code}" in sms.split()
        assert page.code in sms.rpartition("#")[2]
        assert "://" not in sms
        assert "www." not in sms.lower()

    said = texts.spoken(page)
    assert all(map(xml_allows, said))
    assert not set(said) & set('<>&"{}[]`')
    assert ElementTree.fromstring(f"<Say>{said}</Say>").text == said
    assert ", ".join(page.code.upper()) in said

    line = texts.subject(page)
    assert line.splitlines() == [line]
    assert len(line) <= 200
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"] = line
    mail.set_content(whole, cte="base64")
    read = message_from_bytes(mail.as_bytes(), policy=policy.default)
    # The standard library loses a space where it folds a line between two encoded words.
    assert "".join(str(read["Subject"]).split()) == "".join(line.split())
    assert read.get_body().get_content().split() == whole.split()  # type: ignore[union-attr]

    escaped = texts.slack_escaped(whole)
    assert "<" not in escaped
    assert json.loads(json.dumps(page._asdict()))["summary"] == page.summary


def test_every_code_point_stays_deliverable() -> None:
    """All 1,114,112 of them, lone surrogates too, as a summary and as further text."""
    checked = set()
    for chunk in chunks():
        page = cleaned(PAGE._replace(summary=chunk, lines=(chunk,), team=chunk[:40]))
        if page not in checked:  # most of the higher planes are nothing but U+FFFD
            check(page)
            checked.add(page)
    assert len("".join(chunks())) == 0x110000


def test_every_code_point_survives_between_two_words() -> None:
    """No code point hides what stands around it: both words are there in every form."""
    for chunk in chunks():
        for start in range(0, len(chunk), 16):
            page = cleaned(PAGE._replace(summary=f"before {chunk[start : start + 16]} after"))
            for text in (texts.short(page), texts.spoken(page), texts.subject(page), texts.body(page)):
                assert "before" in text
                assert "after" in text


@given(ANYTHING, ANYTHING, ANYTHING, st.lists(ANYTHING, max_size=4))
def test_any_text_stays_deliverable(summary: str, team: str, severity: str, lines: list[str]) -> None:
    """Whatever the fields hold together."""
    check(cleaned(Message("p", "4f2a", severity, team, summary, tuple(lines), runbook=summary)))


@given(ANYTHING, st.integers(1, 50))
def test_cleaning_twice_is_cleaning_once(text: str, longest: int) -> None:
    """And no longer than it may be."""
    once = clean(text, longest)
    assert clean(once, longest) == once
    assert len(once) <= longest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\r\nlines", "two lines"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("right\u202eto\u2066left", "righttoleft"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("not \uffff a character", "not \ufffd a character"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("\u00a0 wide\u3000space ", "wide space"),
    ],
)
def test_cleaning(text: str, expected: str) -> None:
    """Breaks are spaces, what reorders or hides is gone, what nobody can write is U+FFFD."""
    assert clean(text) == expected


def test_the_order_is_severity_team_summary_code_and_how() -> None:
    """In every form, so that people who are half asleep find what they look for."""
    page = PAGE._replace(ack_url="https://oncall.example.com/a/x1")
    for text in (
        texts.short(page, replies=True),
        texts.body(page, replies=True).replace("\n", " "),
        texts.spoken(page).replace("4, F, 2, A", "4f2a").replace("Press 1", "Reply"),
    ):
        places = [text.lower().index(word) for word in ("critical", "payments", "disk full", "4f2a", "reply")]
        assert places == sorted(places)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("café – “down”", 'café - "down"'),
        ("Łódź naïve ğ", "Lodz naive g"),
        ("база данных", "baza dannyh"),
        ("\uff46\uff55\uff4c\uff4c", "full"),
        ("東京 down", "? down"),
        ("🔥🔥 hot", "? hot"),
        ("½ cup", "1/2 cup"),
        ("e\u0301", "e"),
    ],
)
def test_gsm_by_sound_or_shape(text: str, expected: str) -> None:
    """What GSM 03.38 has stays; the rest is spelt; what cannot be is one question mark."""
    assert texts.gsm(text) == expected


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "HTTP://evil.example",
        "www.evil.example",
        "evil.example/path",
        "evil.example:8080/x",
        "javascript://x",
        "\uff48\uff54\uff54\uff50\uff53\uff1a\uff0f\uff0fevil.example",
        "htt\u200bps://evil.example",
        "hthttps://tps://evil.example",
    ],
)
def test_no_address_of_an_alert_is_in_an_sms(link: str) -> None:
    """People tap on what they are sent at night."""
    sms = texts.short(cleaned(PAGE._replace(summary=f"see {link} now", ack_url="https://oncall.example.com/a/1")))
    assert "evil" not in sms
    assert "see (link)" in sms
    assert sms.endswith("Acknowledge: https://oncall.example.com/a/1")


def test_no_address_is_in_an_sms_by_way_of_a_severity() -> None:
    """A monitor's words for how bad it is come from outside as well."""
    found = cleaned(PAGE._replace(severity="www.evil.example"))
    assert texts.short(found).startswith(f"(link) {PAGE.team}: ")


def test_a_long_summary_leaves_room_for_the_code() -> None:
    """The end of the summary is what gives way."""
    sms = texts.short(PAGE._replace(summary="{" * 1000), replies=True)
    assert sms.endswith("... #4f2a Reply 4f2a to acknowledge")
    assert 290 < texts.septets(sms) <= 304


def test_a_link_that_is_too_long_is_left_out() -> None:
    """The reply and the command are shorter."""
    page = PAGE._replace(ack_url="https://oncall.example.com/" + "x" * 300)
    assert texts.short(page, replies=True) == "CRITICAL payments: Disk full on db1 #4f2a Reply 4f2a to acknowledge"
    assert texts.short(page).endswith("Acknowledge: oncall ack 4f2a")


def test_minimal_says_no_word_of_the_alert() -> None:
    """For those who may not send their alerts through a carrier."""
    assert texts.short(PAGE, replies=True, minimal=True) == "CRITICAL #4f2a Reply 4f2a to acknowledge"


def test_a_notice_asks_for_nothing() -> None:
    """Nor does it tell how."""
    notice = PAGE._replace(kind="notice")
    assert texts.short(notice, replies=True) == "CRITICAL payments: Disk full on db1 #4f2a"
    assert "Press" not in texts.spoken(notice)
    assert "cknowledge" not in texts.body(notice)


def test_a_notice_may_have_something_to_open() -> None:
    """A link to sign in, which acknowledges nothing."""
    notice = PAGE._replace(kind="notice", ack_url="https://oncall.example.com/sign-in/1")
    end = "#4f2a Open https://oncall.example.com/sign-in/1"
    assert texts.short(notice, replies=True) == f"CRITICAL payments: Disk full on db1 {end}"
    assert "Open https://oncall.example.com/sign-in/1" in texts.body(notice)
    assert "cknowledge" not in texts.body(notice)


def test_a_bundle_is_one_page_for_all() -> None:
    """Gravest severity, every team, how many; a line each; one code."""
    one = PAGE._replace(severity="warning")
    page = bundled("p-2", "beef", [one, PAGE._replace(team="search", code="0001"), one])
    assert page.severity == "critical"
    assert page.team == "payments, search"
    assert page.summary.startswith("3 incidents: payments: Disk full on db1; search: Disk full")
    assert page.lines[1] == "#0001 search: Disk full on db1"
    assert "#beef" in texts.short(page)


def test_a_bundle_of_an_unknown_severity_is_the_gravest() -> None:
    """What is not known is paged as critical, so it leads."""
    page = bundled("p-2", "beef", [PAGE._replace(severity="error"), PAGE._replace(severity="odd")])
    assert page.severity == "odd"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("4f2a", ("acknowledge", "4f2a")),
        (" Ack 4F2A. ", ("acknowledge", "4f2a")),
        ("ack #4f2a", ("acknowledge", "4f2a")),
        ("decline 4f2a", ("decline", "4f2a")),
        ("no 4f2a", ("decline", "4f2a")),
        ("ack", None),
        ("ack 4f2", None),
        ("ack 4f2a please", None),
        ("do not ack 4f2a", None),
        ("ack\u200b 4f2a", None),
        ("\u0430ck 4f2a", None),
        ("ack \uff14f2a", None),
        ("\u202eack 4f2a", None),
        ("ack 4f2a 👍", None),
        ("", None),
        ("4f2a\0", None),
    ],
)
def test_what_a_reply_means(text: str, meant: tuple[str, str] | None) -> None:
    """The grammar and nothing else."""
    assert texts.reply(text) == meant


@given(ANYTHING)
def test_no_text_but_the_grammar_acknowledges(text: str) -> None:
    """A reply that means something holds its code, in ASCII."""
    meant = texts.reply(text)
    assert meant is None or (text.strip().isascii() and meant[1] in text.lower())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("+15550100106", "+1…06"),
        ("ada@example.com", "a…@example.com"),
        ("U012345", "U0…45"),
        ("ada", "…"),
        ("+1\r\n5550106", "+1…06"),
    ],
)
def test_an_address_in_a_log_is_masked(address: str, expected: str) -> None:
    """Enough to know which, too little to call."""
    assert texts.masked(address) == expected


def test_a_test_asks_for_nothing() -> None:
    """It says itself that there is nothing to acknowledge."""
    tested = PAGE._replace(kind="test")
    assert texts.short(tested, replies=True) == "TEST CRITICAL payments: Disk full on db1 #4f2a"
    for text in (texts.body(tested), texts.spoken(tested), texts.short(tested)):
        assert "cknowledge" not in text


def test_what_is_sent_without_a_store_says_that_nothing_acknowledges_it() -> None:
    """Its code is in no store: whoever typed it would be told that there is no such incident."""
    page = PAGE._replace(kind="direct")
    for text in (texts.body(page), texts.spoken(page), texts.short(page, replies=True)):
        assert "nothing acknowledges it" in text
        assert "oncall ack" not in text
        assert "Reply" not in text
        assert "Press" not in text


def test_without_keys_a_voice_says_how_all_the_same() -> None:
    """No server hears one; the code is what there is."""
    assert texts.spoken(PAGE, keys=False).endswith("Code: 4, F, 2, A. Acknowledge by typing oncall ack and this code.")


def test_what_is_about_no_incident_has_no_code() -> None:
    """A store that has failed, say: nobody shall look for what it might acknowledge."""
    notice = PAGE._replace(kind="notice", code="")
    assert texts.body(notice) == "critical payments: Disk full on db1"
    assert texts.short(notice) == "CRITICAL payments: Disk full on db1"
    assert texts.spoken(notice) == "critical page for payments. Disk full on db1."
    assert texts.subject(notice) == "[critical] payments: Disk full on db1"


@pytest.mark.parametrize("letter", ["a", "&", "\u20ac", "\U0001f600", "<&"])
def test_a_summary_is_cut_to_what_a_medium_counts(letter: str) -> None:
    """As it is where it fits; else as much of it as there is room for."""
    page = cleaned(PAGE._replace(summary=letter * 1000))
    for size in (len, lambda text: len(text.encode()), lambda text: len(texts.slack_escaped(text))):
        found = texts.shortened(page, 600, size).summary
        assert 580 < size(found) <= 600
        assert found.endswith("…")
        assert page.summary.startswith(found[:-1])
    assert texts.shortened(page, 10_000, len) == page


def test_a_bundle_that_cannot_name_all_says_how_many_more() -> None:
    """Whoever reads it knows that the lines are not all."""
    page = bundled("p-2", "beef", [PAGE._replace(summary=f"disk {number}") for number in range(70)])
    assert len(page.lines) == texts.LINES
    assert page.lines[-2:] == ("#4f2a disk 48", "and 21 more: oncall incident list")
