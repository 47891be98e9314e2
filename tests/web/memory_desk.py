"""A Desk in memory, for tests of the pages: the rules of asking and hearing, without a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from nps_plugin.clock import ManualClock
from nps_plugin.config.secret import Secret
from nps_plugin.config.settings import Ask, Brand, Tenant
from nps_plugin.errors import (
    AnswerLocked,
    SurveyCancelled,
    SurveyExpired,
    TokenUnknown,
    UnknownIndicator,
    UnknownReason,
    UnknownTenant,
)
from nps_plugin.links import Nonces, new_token
from nps_plugin.model import (
    SCALES,
    Band,
    Effect,
    Evidence,
    Scale,
    Survey,
    SurveyState,
)
from nps_plugin.web.desk import Look, Standing
from nps_plugin.wording.texts import question_for, reason_choices

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def make_tenant(name: str = "acme", **changes: Any) -> Tenant:
    """A tenant with defaults; ``brand`` and ``ask`` take a dict of changes."""
    brand = Brand(name="Acme Support", colour="#0b6e4f", sender="Acme Support <support@acme.example>")
    ask = Ask(
        delay=timedelta(0),
        channels=("email",),
        attempts=MappingProxyType({}),
        expires_after=timedelta(days=28),
        edit_window=timedelta(hours=24),
        ask_why=frozenset({Band.DISSATISFIED}),
        hours=MappingProxyType({}),
        max_contacts=3,
        quarantine=timedelta(days=30),
        quarantine_by="person",
        sample=1.0,
        remind_after=None,
    )
    tenant = Tenant(
        name=name,
        enabled=True,
        locale="en",
        timezone=ZoneInfo("Europe/Moscow"),
        brand=replace(brand, **changes.pop("brand", {})),
        scale=SCALES["faces-3"],
        question=MappingProxyType({}),
        attribution="assignee",
        internal_clients=(),
        ask=replace(ask, **changes.pop("ask", {})),
        kpi=(),
        calendars=MappingProxyType({}),
        reasons=MappingProxyType({}),
        channels=MappingProxyType({}),
    )
    return replace(tenant, **changes)


def make_survey(tenant: str = "acme", ticket: str = "4711", scale: Scale = SCALES["faces-3"], **changes: Any) -> Survey:
    survey = Survey(
        id=f"survey-{ticket}",
        tenant=tenant,
        ticket=ticket,
        closure=1,
        state=SurveyState.SENT,
        scale=scale,
        due_at=START,
        expires_at=START + timedelta(days=28),
    )
    return replace(survey, **changes)


@dataclass
class Line:
    """What stands behind one link."""

    tenant: Tenant
    survey: Survey
    locale: str
    question: str
    score: int | None = None
    answered_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    indicators: dict[str, str] = field(default_factory=dict)
    comment: str = ""
    opted_out: bool = False


@dataclass
class MemoryDesk:
    """See :class:`nps_plugin.web.desk.Desk`. ``calls`` keeps, in order, everything that wrote."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    tenants: dict[str, Tenant] = field(default_factory=dict)
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    told: int = 0
    trusted_proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.nonces = Nonces([Secret("a secret of the tests")], self.clock)

    def add(
        self, tenant: Tenant, *, ticket: str = "4711", locale: str = "en", question: str = "", **survey: Any
    ) -> str:
        """A sent survey; gives its token."""
        self.tenants[tenant.name] = tenant
        token = new_token()
        made = make_survey(tenant.name, ticket, tenant.scale, **survey)
        text = question or question_for(tenant, locale, ticket=ticket)
        self.lines[tenant.name, token] = Line(tenant, made, locale, text)
        return token

    def cancel(self, tenant: str, token: str) -> None:
        line = self.lines[tenant, token]
        line.survey = replace(line.survey, state=SurveyState.CANCELLED)

    def _line(self, tenant: str, token: str) -> Line:
        if tenant not in self.tenants:
            raise UnknownTenant(tenant)
        if (tenant, token) not in self.lines:
            raise TokenUnknown("no survey has this link")
        return self.lines[tenant, token]

    def _standing(self, line: Line) -> Standing:
        if line.survey.state is SurveyState.CANCELLED:
            return Standing.CANCELLED
        if line.answered_at is not None:
            open_until = line.answered_at + line.tenant.ask.edit_window
            return Standing.CHANGEABLE if self.clock.now() < open_until else Standing.LOCKED
        return Standing.EXPIRED if self.clock.now() >= line.survey.expires_at else Standing.OPEN

    def look(self, tenant: str, token: str) -> Look:
        line = self._line(tenant, token)
        return Look(
            tenant=line.tenant,
            survey=line.survey,
            standing=self._standing(line),
            locale=line.locale,
            question=line.question,
        )

    def tenant(self, name: str) -> Tenant | None:
        return self.tenants.get(name)

    def visited(self, tenant: str, token: str, link: str, evidence: Evidence, score: int | None = None) -> None:
        self.calls.append(("visited", link, evidence, score))

    def record(
        self,
        tenant: str,
        token: str,
        score: str,
        *,
        reasons: Sequence[str],
        indicators: Mapping[str, str],
        comment: str | None,
        evidence: Evidence,
    ) -> Effect:
        line = self._line(tenant, token)
        standing = self._standing(line)
        if standing is Standing.CANCELLED:
            raise SurveyCancelled("the ticket was reopened")
        if standing is Standing.EXPIRED:
            raise SurveyExpired("the time to answer is over")
        if standing is Standing.LOCKED:
            raise AnswerLocked("the answer can no longer change")
        value = line.survey.scale.check(score)
        unknown = set(reasons) - {code for code, _ in reason_choices(line.tenant, line.locale)}
        if unknown:
            raise UnknownReason(", ".join(sorted(unknown)))
        if strange := set(indicators) - set(line.tenant.indicators):
            raise UnknownIndicator(", ".join(sorted(strange)))
        effect = Effect.RECORDED if line.score is None else Effect.REPEATED if line.score == value else Effect.CHANGED
        line.score, line.answered_at = value, line.answered_at or self.clock.now()
        line.survey = replace(line.survey, state=SurveyState.ANSWERED)
        if reasons:
            line.reasons = tuple(reasons)
        line.indicators |= indicators
        if comment:
            line.comment = comment
        self.calls.append(("record", value, tuple(reasons), comment, evidence))
        return effect

    def opt_out(self, tenant: str, token: str) -> None:
        self._line(tenant, token).opted_out = True
        self.calls.append(("opt_out",))

    def after_answer(self) -> Callable[[], None]:
        def tell() -> None:
            self.told += 1

        return tell

    def written(self) -> list[tuple[Any, ...]]:
        """Everything that wrote, but visits."""
        return [call for call in self.calls if call[0] != "visited"]

    def visits(self) -> list[str]:
        return [call[1] for call in self.calls if call[0] == "visited"]
