"""A small help-desk for reports, seeded: facts as the library stores them, written at once so that a year takes a
second."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp, log
from typing import Any

from nps_plugin import ManualClock, Ratings, Secret
from nps_plugin.counts import rebuild
from nps_plugin.model import SCALES, Scale
from nps_plugin.store import tables
from nps_plugin.store.ids import new_id
from nps_plugin.store.scales import scale_row

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
AGENTS = ("alekseev", "borisova", "denisov", "egorova", "fedotov", "gordeev", "ivanova", "karpov", "lebedeva", "orlov")
QUEUES = {"access": 0.0, "billing": -0.9, "hardware": 0.3, "network": 0.1}
SERVICES = ("ERP", "Mail", "Printing", "VPN")
GOOD = (
    "Thank you, everything was solved within minutes!",
    "Спасибо {agent}, всё объяснили очень понятно и быстро.",
    "Very polite, and the problem did not come back.",
    "Мастер приехал в тот же день, всё работает. Спасибо!",
    "Great help. Please call me on +7 916 123-45-67 next time as well.",
    "They understood at once what I needed.",
    "Быстро и вежливо, спасибо большое!",
    "{client} is happy: it works again.",
)
REASONS = ("speed", "not_solved", "brush_off", "passed_around", "attitude", "errors")


def expit(x: float) -> float:
    return 1 / (1 + exp(-x))


@dataclass
class Desk:
    """Closings of one tenant, month by month. Shares are on the logit scale inside; ``drift`` moves them by month."""

    months: int = 14
    a_month: int = 260
    answering: float = 0.42
    satisfied: float = 0.80
    kpi: float = 0.90
    satisfied_drift: float = -0.035
    kpi_drift: float = 0.05
    #: how much more likely a client is content where the KPI was met, on the logit scale
    link: float = 0.7
    clients: int = 300
    bad_agent: str = ""
    #: from this month on (0 is the first) another procedure, and its scale where it is another
    changed_at: int | None = None
    scales: tuple[Scale, Scale] = (SCALES["faces-3"], SCALES["faces-3"])
    seed: int = 7
    until: datetime = NOW
    queues: Mapping[str, float] = field(default_factory=lambda: dict(QUEUES))
    agents: tuple[str, ...] = AGENTS

    def fill(self, ratings: Ratings, tenant: str = "acme") -> None:
        """Write it all and build the counts."""
        dice = random.Random(self.seed)
        rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("closures", "surveys", "answers", "reasons", "comments", "contacts")
        }
        people = [new_id(self.until) for _ in range(self.clients)]
        for number in range(self.months * self.a_month):
            self._one(dice, tenant, number, people, rows)
        store = ratings._parts.store
        with store.write() as connection:
            for table, name in (
                (tables.closures, "closures"), (tables.surveys, "surveys"), (tables.contacts, "contacts"),
                (tables.answers, "answers"), (tables.answer_reasons, "reasons"), (tables.comments, "comments"),
            ):  # fmt: skip
                if rows[name]:
                    connection.execute(table.insert(), rows[name])
        rebuild(store, ratings.settings.tenants[tenant])

    def _one(self, dice: random.Random, tenant: str, number: int, people: list[str], rows: dict[str, Any]) -> None:
        month = number // self.a_month
        days = 30.4 * (self.months - month - dice.random())
        closed = self.until - timedelta(days=days)
        agent = dice.choices(self.agents, range(2, 2 + len(self.agents)))[0]
        queue, service = dice.choice(list(self.queues)), dice.choice(SERVICES)
        met = dice.random() < expit(log(self.kpi / (1 - self.kpi)) + self.kpi_drift * (month - self.months / 2))
        target = timedelta(hours=8)
        took = target * (min(0.98, dice.lognormvariate(-1.2, 0.9)) if met else 1.02 + dice.expovariate(1.2))
        person = dice.choice(people)
        key = {"tenant_id": tenant, "host": "", "ticket": str(1000 + number), "closure": 1}
        common = {"reopened": 0, "replies": 2, "path": [], "paused": [], "tags": [], "problem": ""}
        rows["closures"].append(
            key | common | {
                "client": person, "opened_at": closed - took, "closed_at": closed, "recorded_at": closed,
                "kpi_met": met, "worked": took, "elapsed": took, "target": target, "kpi_unknown": "",
                "credited": agent, "agent": agent, "closed_by": agent, "last_replier": agent, "queue": queue,
                "service": service, "priority": dice.choice("123"), "contract": "", "organization": "", "level": "",
                "last_reply_length": 200, "facts": {"site": dice.choice(("north", "south"))},
            }
        )  # fmt: skip
        late = self.changed_at is not None and month >= self.changed_at
        scale = self.scales[late]
        survey, answered = new_id(closed), dice.random() < self.answering
        reason = "quarantine" if dice.random() < 0.06 else None
        state = "not_asked" if reason else "answered" if answered else "expired"
        rows["surveys"].append(
            key | {
                "survey": survey, "respondent": 0, "client": person, "procedure": "b" * 16 if late else "a" * 16,
                "state": state, "not_asked": reason, "scale": scale_row(scale), "channels": ["email"],
                "planned_for": closed, "expires_at": closed + timedelta(days=28), "sent_at": None if reason else closed,
                "state_at": closed, "channel": "" if reason else "email",
                "locale": "" if reason else "ru", "organization": "", "detail": "", "attempts": 1,
            }
        )  # fmt: skip
        if state != "answered":
            return
        mood = log(self.satisfied / (1 - self.satisfied)) + self.queues[queue] + self.link * (met - self.kpi)
        mood += self.satisfied_drift * (month - self.months / 2) - (1.6 if agent == self.bad_agent else 0)
        draw = dice.random()
        happy, unhappy = expit(mood), (1 - expit(mood)) * 0.75
        points = [p for p in scale.points if p >= scale.satisfied_from]
        if draw > happy:
            middle = [p for p in scale.points if scale.dissatisfied_to < p < scale.satisfied_from]
            low = [p for p in scale.points if p <= scale.dissatisfied_to]
            points = low if draw > 1 - unhappy or not middle else middle
        score, answer = dice.choice(points), new_id(closed)
        at = closed + timedelta(hours=dice.expovariate(1 / 20))
        rows["answers"].append(
            {"tenant_id": tenant, "answer": answer, "survey": survey, "score": score, "band": scale.band(score).value,
             "state": "counted", "grade": "human", "at": at, "source": "client", "by": "", "channel": "email"}
        )  # fmt: skip
        if scale.band(score).value == "dissatisfied" and dice.random() < 0.7:
            code = dice.choices(REASONS, (9, 6, 4, 3, 2, 1))[0]
            rows["reasons"].append({"tenant_id": tenant, "answer": answer, "reason": code, "at": at})
        if scale.band(score).value == "satisfied" and dice.random() < 0.1:
            text = dice.choice(GOOD).format(agent=agent.capitalize(), client="Пётр Смирнов")
            rows["comments"].append(
                {"tenant_id": tenant, "comment": new_id(at), "answer": answer, "client": person, "text": text, "at": at}
            )
            rows["contacts"].append(
                {"tenant_id": tenant, "survey": survey, "client": person, "name": "Пётр Смирнов", "email": "",
                 "phone": "", "telegram": "", "locale": "ru", "timezone": "", "subject": "", "at": at}
            )  # fmt: skip


def settings(database: str, locale: str = "en", **acme: Any) -> dict[str, Any]:
    """A configuration with the tenant ``acme``."""
    return {
        "database": {"url": database},
        "page": {
            "base_url": "https://help.example.org/rate",
            "secrets": [Secret("a secret of the tests, long enough")],
        },
        "tenants": {
            "acme": {
                "locale": locale,
                "timezone": "Europe/Moscow",
                "brand": {"name": "Acme Service", "sender": "Acme <help@acme.example>", "colour": "#0a6"},
                "kpi": [{"resolve_within": "8h"}],
                "channels": {"email": {"host": "127.0.0.1"}},
                "targets": {"kpi_share": 0.9, "satisfied_share": 0.8},
            }
            | acme
        },
    }


def opened(database: str, desk: Desk | None = None, now: datetime = NOW, **acme: Any) -> Ratings:
    """A library over that database, with the closings of a desk in it."""
    ratings = Ratings(settings(database, **acme), strict=True, clock=ManualClock(now))
    if desk is not None:
        ratings.upgrade()
        desk.fill(ratings)
    return ratings


Make = Callable[..., Ratings]
