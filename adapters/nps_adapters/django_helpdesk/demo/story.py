"""What happens in the demonstration: the tickets, how long they took, and what their clients think of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Story:
    """One ticket: when it was opened, how it is closed, and the click of its client (None: no answer)."""

    subject: Mapping[str, str]
    client: str
    priority: int
    took: timedelta
    score: int | None
    agent: str = "anna"
    reason: str = ""
    comment: Mapping[str, str] | None = None


def _hours(number: float) -> timedelta:
    return timedelta(hours=number)


#: Resolution-time targets by priority, as the configuration of the demonstration has them.
TARGETS: Mapping[int, timedelta] = {1: _hours(4), 2: _hours(8), 3: _hours(24), 4: _hours(48), 5: _hours(72)}

STORIES: tuple[Story, ...] = (
    Story(
        {"en": "Printer on the third floor jams", "ru": "Принтер на третьем этаже жуёт бумагу"},
        "ivanova",
        3,
        _hours(5),
        3,
    ),
    Story(
        {"en": "VPN drops every hour", "ru": "VPN отключается каждый час"},
        "petrov",
        2,
        _hours(0.5),
        1,
        agent="boris",
        reason="not_solved",
        comment={
            "en": "I was told to restart. It still drops.",
            "ru": "Посоветовали перезагрузить. Всё так же отключается.",
        },
    ),
    Story({"en": "Laptop for a new colleague", "ru": "Ноутбук для нового сотрудника"}, "smirnova", 4, _hours(61), 3),
    Story(
        {"en": "Mail server is down", "ru": "Не работает почтовый сервер"},
        "kuznetsov",
        1,
        _hours(9),
        1,
        agent="boris",
        reason="speed",
    ),
    Story({"en": "Password forgotten", "ru": "Забыт пароль"}, "popova", 3, _hours(0.25), 3),
    Story(
        {"en": "Export from the CRM is empty", "ru": "Пустая выгрузка из CRM"},
        "sokolov",
        2,
        _hours(3),
        1,
        agent="boris",
        reason="passed_around",
    ),
    Story({"en": "Screen in the meeting room", "ru": "Экран в переговорной"}, "lebedeva", 5, _hours(20), 2),
    Story({"en": "Access to a shared folder", "ru": "Доступ к общей папке"}, "kozlov", 3, _hours(30), 3),
    Story({"en": "Second monitor", "ru": "Второй монитор"}, "novikova", 4, _hours(26), None),
)
