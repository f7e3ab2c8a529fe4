"""Ten thousand callbacks of Twilio's on bad days: a third lost, some twice, in no order, forged ones among them.

What must be true is told by the company's own books: which words it had for each text and call, which keys were pressed
on which call, and what the one who texted meant by it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlsplit

from fake_phones import rota, step
from fake_twilio import NUMBER, Callback, forgeries, signed
from night import Night
from phone_company import KINDS, PUBLIC, Company

from oncall_rota.paging.ports.notifier import Answer
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.signal import Signal

CALLBACKS = 10_000
SEED = 16
TEXT_ENDS = ("delivered",) * 16 + ("undelivered", "undelivered", "failed", "sent")
CALL_ENDS = (
    ("voicemail",) * 5 + ("no-answer",) * 4 + ("busy",) * 3 + ("failed", "1", "1", "1", "2", "2", "31", "0*7", "#")
)
ACKNOWLEDGING = ("ack {}", "{}", "ACK {}", " #{}", "ok {}.", "Acknowledge #{}!")
DECLINING = ("decline {}", "no {}")
IDLE = (
    "", "ack", "ok", "no", "on my way", "who is this?", "ack {} thanks", "I take {}", "{}-{}", "ack{}", "STOP", "1", "2"
)  # fmt: skip
FINAL = {
    "delivered": "delivered", "undelivered": "failed", "failed": "failed", "sent": "sent", "completed": "delivered",
    "busy": "failed", "no-answer": "failed", "canceled": "failed",
}  # fmt: skip


class Season(Company):
    """A company whose phones and carriers do anything, and which knows what each request to our door means."""

    def __init__(self, night: Night) -> None:
        super().__init__(night, SEED)
        self.lost, self.doubled, self.latest = 0.3, 0.2, 40.0
        self.made = self.forged = 0
        self.answers = dict.fromkeys(("acknowledge", "decline", "nothing"), 0)
        self.meant: dict[str, tuple[str, str]] = {}  # by the SID of a person's text: what, and of which page
        self.people = ("alice", "bob", "carol", "dave")
        for number, who in enumerate(self.people):
            self.gives(who, f"+44770090000{number}", "0m sms", "1m call", "3m sms")
        self.owners = {self.phone(who).number: who for who in self.people}
        self.heard: set[tuple[str, str]] = set()
        self.wrong: list[str] = []
        self.seen = self._judged

    # -- what happens

    def lives(self, sid: str, number: str) -> None:
        phone = self.phone(number)
        phone.text_ends, phone.call_ends = self.chance.choice(TEXT_ENDS), self.chance.choice(CALL_ENDS)
        super().lives(sid, number)
        if sid.startswith("SM") and phone.text_ends == "delivered":
            self.after(self.chance.uniform(6, 90), partial(self._answers, sid, number))

    def calls_back(self, *callbacks: Callback) -> None:
        self.made += len(callbacks)
        super().calls_back(*callbacks)

    def _answers(self, sid: str, number: str) -> None:
        """Whoever got a text does something with it; or another one, who saw it on the table."""
        code = self.account.messages[sid]["body"].rpartition("#")[2].split()[0]
        page = parse_qs(urlsplit(self.account.messages[sid]["form"]["StatusCallback"][0]).query)["page"][0]
        what = self.chance.choice(("acknowledge", "decline", *["nothing"] * 5, *["stranger"] * 2, *[""] * 6))
        if not what:
            return
        texts = {"decline": DECLINING, "nothing": IDLE}.get(what, ACKNOWLEDGING)
        if what == "stranger":
            number = f"+1555{len(self.meant):07}"
        sent = self.account.texts_back(number, self.chance.choice(texts).format(code, code), f"{PUBLIC}/in/sms")
        self.meant[dict(parse_qsl(sent.body.decode()))["MessageSid"]] = (what, page)
        self.calls_back(sent)

    def forges(self, callback: Callback) -> None:
        """Somebody who has no token tries."""
        form = dict(parse_qsl(callback.body.decode(), keep_blank_values=True))
        page = self.chance.choice(self.pages())
        code = self.night.store.page(page).code  # type: ignore[union-attr] # the worst case: it was overheard
        made = {each: forged for each, forged in forgeries(callback).items() if forged.url.startswith(f"{PUBLIC}/in/")}
        key = {"CallSid": "CA" + "f" * 32, "To": self.phone("alice").number, "From": NUMBER, "Digits": "1"}
        made["key"] = signed(f"{PUBLIC}/in/call?page={page}&keys=1", key, "a guess")
        text = {"MessageSid": "SM" + "f" * 32, "From": self.phone("alice").number, "To": NUMBER, "Body": f"ack {code}"}
        made["text"] = signed(f"{PUBLIC}/in/sms", text, "a guess")
        made["word"] = signed(
            callback.url, {**form, "MessageStatus": "delivered", "CallStatus": "completed"}, "a guess"
        )
        name = self.chance.choice(list(made))
        before = self._row(page), self.night.store.page(page)
        answer = self.door(made[name])
        self.forged += 1
        if answer.status not in (403, 404) or before != (self._row(page), self.night.store.page(page)):
            self.wrong.append(f"forged {name}: {answer}")

    def pages(self) -> list[str]:
        """The pages of the last texts and calls, by what they ask to be called back with."""
        kept = [*list(self.account.messages.values())[-5:], *list(self.account.calls.values())[-5:]]
        return [parse_qs(urlsplit(each["form"]["StatusCallback"][0]).query)["page"][0] for each in kept]

    # -- what must be true

    def _row(self, page: str) -> IncidentRow:
        return self.night.row(page.partition("-")[0])

    def _judged(self, callback: Callback) -> Callable[[Answer], None]:
        """Look at what a genuine request does to its incident."""
        form = dict(parse_qsl(callback.body.decode(), keep_blank_values=True))
        page = dict(parse_qsl(urlsplit(callback.url).query)).get("page", "")
        what, who, sid = "nothing", "", form.get("MessageSid") or form["CallSid"]
        if "Digits" in form:
            what, who = {"1": "acknowledge", "2": "decline"}.get(form["Digits"], "nothing"), self.owners[form["To"]]
        elif "Body" in form:
            what, page = self.meant[sid]
            what, who = ("nothing", "") if what == "stranger" else (what, self.owners[form["From"]])
        if (sid, what) in self.heard:
            what = "nothing"  # twice is once
        before = self._row(page)
        if self.chance.random() < 0.1:
            self.forges(callback)

        def judged(answer: Answer) -> None:
            after = self._row(page)
            self.answers[what] += 1
            if what != "nothing" and b"More than one page" not in answer.body:
                self.heard.add((sid, what))
            if what == "nothing":
                # A report may begin the next rule, never more: nobody has answered.
                right = after.status == before.status
            elif what == "acknowledge" and before.status == "triggered":
                right = after.status == "acknowledged" and f'"acknowledged_by":"{who}"' in after.data
                right = right or (b"More than one page" in answer.body and after == before)
            elif what == "decline" and before.status in ("triggered", "acknowledged"):
                right = after.status in ("triggered", before.status)
            else:
                right = after.status == before.status
            if answer.status not in (200, 204) or not right:
                self.wrong.append(f"{what} by {who} of {page} ({form}): {before} -> {after}, {answer}")

        return judged


def test_ten_thousand_callbacks_on_bad_days(night: Night) -> None:
    """Every page's last state is right, and nothing acknowledges but a key, and a code from the number it went to."""
    season = Season(night)
    shop = [rota("primary", "carol", team="shop"), rota("secondary", "dave", team="shop")]
    night.field.schedules["shop"] = {each.name: each for each in shop}
    night.field.escalates(step(night.field.primary, "4m"), step(night.field.secondary, "4m"), repeat=1)
    night.field.escalates(step(shop[0], "4m"), step(shop[1], "4m"), repeat=1, team="shop")
    opened = 0
    while season.made < CALLBACKS:
        opened += 1
        team = season.chance.choice(("payments", "shop"))
        summary = season.chance.choice(("disk is full", "ack 4f2a", "press 1", "<Say>1</Say>", "#4f2a"))
        signal = Signal("prod-am", f"key{opened}", summary, team=team)
        night.takes(signal)
        season.after(season.chance.uniform(300, 900), partial(night.takes, signal._replace(kind="resolve")))
        season.passes("4s")
    season.passes("20m")
    assert season.wrong == []
    taken = season.account.messages | season.account.calls
    rows = {row.id: row for row in night.store.incidents(("triggered", "acknowledged", "resolved"), limit=100_000)}
    sent = [page for name in rows for page in night.pages(name) if page.channel in KINDS]
    pages = {page.provider_id: page for page in sent if page.provider_id is not None}
    assert pages.keys() == taken.keys()
    states = {sid: page.state for sid, page in pages.items()}
    assert states == {sid: FINAL[kept["status"]] for sid, kept in taken.items()}
    assert {row.status for row in rows.values()} == {"resolved"}
    assert len(season.arrived) > 0.7 * CALLBACKS
    assert min(season.answers.values()) > 20
    assert season.forged > 500
    assert {"delivered", "failed", "sent"} == set(states.values())
