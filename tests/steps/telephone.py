"""The steps of telephone.feature: a state fund, its CRM, a PBX in another process, and clients."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest
from pytest_bdd import given, parsers, then, when

from nps_plugin import Secret
from tests.adapters.pbx_http.exchange import SECRET, Exchange, Served
from tests.world import World, nonce_of, text_of

CRM = "the secret of the fund's CRM"
MOSCOW = ZoneInfo("Europe/Moscow")
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"}
IRINA = {"id": "7", "name": "Ирина", "email": "irina@client.example", "phone": "8 (916) 123-45-67", "locale": "ru"}
JOHN = {"id": "8", "name": "John", "email": "john@client.example", "phone": "+79161234568", "locale": "en"}
OLEG = {"id": "9", "name": "Олег", "phone": "+79161234569", "locale": "ru"}


class Fund:
    """What the steps share."""

    def __init__(self, world: World, pbx: Exchange, served: Served, recording: Path) -> None:
        self.world, self.pbx, self.served, self.recording = world, pbx, served, recording
        self.browser = world.browser()
        self.receipt: dict[str, Any] = {}
        self.token, self.page = "", ""
        self.given = 0

    def gave(self, service: str, client: dict[str, str]) -> str:
        """The CRM's signed POST, as docs/door.md says: an hour's work, done now."""
        self.given += 1
        now, ticket = self.world.clock.now(), f"F-{self.given}"
        closing = {
            "ticket": ticket, "opened_at": (now - timedelta(hours=1)).isoformat(), "closed_at": now.isoformat(),
            "client": client, "service": service, "agent": "olga",
        }  # fmt: skip
        body, at = json.dumps(closing).encode(), str(int(now.timestamp()))
        signature = hmac.new(CRM.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Nps-Timestamp": at, "X-Nps-Signature": f"sha256={signature}", "Content-Type": "application/json"}
        with urlopen(Request(f"{self.served.base}/hooks/fund/closures", body, headers), timeout=30) as response:
            self.receipt = json.loads(response.read())
        return ticket

    def work(self, *, after: timedelta, reports: int = 0) -> dict[str, Any]:
        """Time passes, the worker comes by, and the PBX has reported."""
        self.world.clock.advance(after)
        self.world.ratings.run_due()
        return self.pbx.did(reports)

    def log(self, ticket: str) -> list[tuple[str, str, str]]:
        return [(one.what.value, one.channel, one.detail) for one in self.world.ratings.survey_log("fund", ticket)]

    def report(self, period: str) -> dict[str, tuple[int, ...]]:
        """By the beginning of the period: how many answered, how many of them satisfied and dissatisfied."""
        rows = self.world.ratings.report("fund", period=period, last=2).rows()
        figures = ("answered", "satisfied", "dissatisfied")
        return {row["since"][:10]: tuple(row[name] for name in figures) for row in rows if row["tickets"]}


@pytest.fixture
def pbx():
    exchange = Exchange()
    yield exchange
    exchange.stop()


@given("a state fund with a PBX of its own and a message recorded for the microloan", target_fixture="fund")
def fund(make_world, mailbox, pbx, tmp_path, request):
    recording = tmp_path / "microloan.wav"
    recording.write_bytes(b"RIFF: the message for the microloan")
    world = make_world(channels={})
    tenant = {
        "locale": "ru",
        "timezone": "Europe/Moscow",
        "scale": "keypad-10",
        "brand": {"name": "Фонд", "sender": "Фонд <help@fund.example>"},
        "closures": {"secret": Secret(CRM)},
        "kpi": [{"resolve_within": "4h"}],
        "ask": {
            "delay": "3d", "channels": ["phone", "email"], "attempts": {"phone": 3}, "max_contacts": 4,
            "hours": {"phone": "10:00-19:00"},
        },
        "services": {"microloan": {"recording": {"ru": str(recording)}}},
        "channels": {
            "phone": {"adapter": "pbx_http", "url": pbx.url, "secret": Secret(SECRET), "country_code": "7"},
            "email": {"host": "127.0.0.1", "port": mailbox.port},
        },
    }  # fmt: skip
    world.config["tenants"] = {"fund": tenant}
    served = Served(world)
    request.addfinalizer(served.close)
    return Fund(world, pbx, served, recording)


@when("the fund's CRM posts, signed, that a microloan was given to Irina")
def posts(fund):
    fund.world.clock.advance(timedelta(hours=5))  # eight in the evening in Moscow
    assert fund.gave("microloan", IRINA) == "F-1"


@then(parsers.parse("it is told that she will be asked over {channels}"))
def told(fund, channels):
    assert fund.receipt["recorded"] is True
    assert (fund.receipt["survey"]["state"], ", ".join(fund.receipt["survey"]["channels"])) == ("scheduled", channels)


@then(parsers.parse("for {days:d} days nothing rings and no mail comes"))
def quiet(fund, days):
    for _ in range(days):
        assert fund.work(after=timedelta(days=1) - timedelta(minutes=1))["rung"] == []
    assert fund.work(after=timedelta(minutes=days))["rung"] == [], "eight in the evening is no time to call"
    assert fund.world.mailbox.mails == []


@when("it is ten in the morning where Irina lives, and nobody takes the telephone")
def nobody_takes(fund):
    fund.pbx.does(plan=["unanswered"] * 5)
    ten = datetime(2026, 11, 24, 10, tzinfo=MOSCOW)
    rung = [len(fund.work(after=ten - fund.world.clock.now(), reports=1)["rung"])]
    for minutes in (5, 30):
        rung += [len(fund.work(after=timedelta(minutes=minutes - 1))["rung"])]
        rung += [len(fund.work(after=timedelta(minutes=1), reports=rung[-1] + 1)["rung"])]
    assert rung == [1, 1, 2, 2, 3]
    assert fund.world.mailbox.mails == []
    fund.work(after=timedelta(minutes=1))


@then(parsers.parse("the telephone has rung {times:d} times, half a minute each, to play the microloan's message"))
def has_rung(fund, times):
    calls = fund.pbx.did()["rung"]
    assert len(calls) == len({call["call"] for call in calls}) == times
    taken = hashlib.sha256(fund.recording.read_bytes()).hexdigest()
    for call in calls:
        assert (call["to"], call["ring"], call["locale"], call["service"]) == ("+79161234567", 30, "ru", "microloan")
        assert call["recording"] == {"name": "microloan.wav", "sha256": taken}


@then(parsers.parse("each time it would have taken one key of {keys}"))
def one_key(fund, keys):
    assert {call["keys"] for call in fund.pbx.did()["rung"]} == {keys}


@then("an e-mail with a link has gone instead")
def mail_instead(fund):
    (mail,) = fund.world.mailbox.mails
    assert mail["To"].addresses[0].addr_spec == IRINA["email"]
    found = re.search(rf"{re.escape(fund.served.base)}/fund/([\w-]{{22}})", text_of(mail))
    assert found is not None
    fund.token = found[1]


@when(parsers.parse("Irina opens the mail and clicks {score:d}"))
def clicks(fund, score):
    fund.world.clock.advance(timedelta(hours=2))
    fund.page = fund.browser.get(f"/fund/{fund.token}?s={score}", headers=PHONE).text


@then("nothing is stored yet, and the page says so")
def not_yet(fund):
    assert "Ещё не отправлено" in fund.page
    assert fund.world.rows("answer") == []


@when("she confirms it")
def confirms(fund):
    data = {"nonce": nonce_of(fund.page), "score": "3"}
    fund.world.clock.advance(timedelta(seconds=20))
    response = fund.browser.post(f"/fund/{fund.token}", data=data, headers=PHONE)
    fund.page = response.text
    response.close()


@then(parsers.parse("the score {score:d} is stored, and the page asks what went wrong, with a place for a comment"))
def asks_why(fund, score):
    (answer,) = fund.world.ratings.answers("fund")
    assert (answer.score, answer.state, answer.channel) == (score, "counted", "email")
    for said in ("Что было не так?", 'value="speed"', "<textarea"):
        assert said in fund.page


@when(parsers.parse('she chooses {reason} and writes "{words}"'))
def writes(fund, reason, words):
    fund.world.clock.advance(timedelta(minutes=3))
    data = {"nonce": nonce_of(fund.page), "score": "3", "step": "why", "reason": reason, "comment": words}
    fund.browser.post(f"/fund/{fund.token}", data=data, headers=PHONE).close()


@then("the reason and the comment stand with the score")
def stand(fund):
    (answer,) = fund.world.ratings.answers("fund")
    assert (answer.score, answer.reasons, answer.comment) == (3, ("speed",), "Три недели ждала денег")


@then("the telephone rings no more, and no other mail comes")
def no_more(fund):
    assert len(fund.work(after=timedelta(days=7))["rung"]) == 3
    assert len(fund.world.mailbox.mails) == 1


@then("the log holds all of it")
def log_holds(fund):
    for entry in fund.world.ratings.survey_log("fund", "F-1"):
        at = entry.at.astimezone(MOSCOW).strftime("%a %d %b %H:%M")
        print(f"{at}  {entry.what.value:10} {entry.channel:6} {entry.detail}")
    unanswered = ("failed", "phone", "question unanswered: unanswered: 408 Request Timeout")
    assert fund.log("F-1") == [
        ("closed", "", "resolution-time target met"),
        ("planned", "", "over phone, then email; due 2026-11-23 17:00 UTC"),
        unanswered,
        unanswered,
        unanswered,
        ("sent", "email", ""),
        ("visited", "", "sent: 1 time(s), last counted here"),
        ("answered", "email", "score 3 from client, graded human; counted"),
        ("explained", "", "speed, a comment"),
    ]


@then("the reports by month, quarter and year show one answer, dissatisfied")
def reports_show(fund):
    assert fund.report("month") == {"2026-11-01": (1, 0, 1)}
    assert fund.report("quarter") == {"2026-10-01": (1, 0, 1)}
    assert fund.report("year") == {"2026-01-01": (1, 0, 1)}


@given(parsers.parse("a PBX on which clients press {first} and {second}"))
def presses(fund, first, second):
    fund.pbx.does(plan=[first, second])


@when("Irina is called about a microloan in November")
def called_in_november(fund):
    fund.gave("microloan", IRINA)
    assert fund.work(after=timedelta(days=3), reports=1)["reported"][0]["key"] == "2"


@when("the fund changes its ways, and Irina is called about a microloan in December")
def called_in_december(fund):
    fund.world.clock.set(datetime(2026, 12, 25, 12, tzinfo=MOSCOW))
    fund.gave("microloan", IRINA)
    assert fund.work(after=timedelta(days=3), reports=2)["reported"][1]["key"] == "9"
    fund.work(after=timedelta(minutes=1))


@then("the reports by month show dissatisfied in November and satisfied in December")
def by_month(fund):
    assert fund.report("month") == {"2026-11-01": (1, 0, 1), "2026-12-01": (1, 1, 0)}


@then("the reports by quarter and year show both")
def by_quarter_and_year(fund):
    assert fund.report("quarter") == {"2026-10-01": (2, 1, 1)}
    assert fund.report("year") == {"2026-01-01": (2, 1, 1)}


@when("a grant is given to Irina, for which nothing is recorded")
def grant(fund):
    fund.gave("grant", IRINA)


@when("a microloan is given to John, in whose language nothing is recorded")
def microloan_to_john(fund):
    fund.gave("microloan", JOHN)


@then("the telephone does not ring, and both get a mail")
def both_get_mail(fund):
    assert fund.work(after=timedelta(days=3))["rung"] == []
    to = {mail["To"].addresses[0].addr_spec for mail in fund.world.mailbox.mails}
    assert to == {IRINA["email"], JOHN["email"]}


@then("the log says no_recording for each")
def log_says(fund):
    for ticket, service, language in (("F-1", "grant", "ru"), ("F-2", "microloan", "en")):
        skipped = f"no_recording: service '{service}', language {language}"
        assert fund.log(ticket)[2:] == [("skipped", "phone", skipped), ("sent", "email", "")]


@when("a grant is given to Oleg, who has a telephone only")
def grant_to_oleg(fund):
    fund.gave("grant", OLEG)


@then("he is not asked, and the reason is no_recording")
def not_asked(fund):
    assert fund.work(after=timedelta(days=3))["rung"] == []
    assert fund.world.ratings.not_asked_counts("fund")["no_recording"] == 1
    assert fund.log("F-3")[-1] == ("not_asked", "", "no_recording: service 'grant', language ru")
