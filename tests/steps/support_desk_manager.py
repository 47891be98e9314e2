"""The steps of support_desk.feature about what its manager decides: the scale, and what months of answers say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from nps_plugin import ConfigError, ReportRefused

CHANGED, TREND = "[aria-labelledby=h-changed]", "[aria-labelledby=h-trend]"
PAY = "a reason to look at their tickets, and never a measure for pay"


# --- three points


@given("a support desk that asks for one to five stars, and has no answers yet", target_fixture="desk")
def asks_for_stars(open_desk):
    return open_desk(scale="stars-5")


@when("its manager asks whether the difference between 4 and 5 is taken into account anywhere")
def asks_for_advice(desk):
    desk.advice = desk.ratings.scale_advice("acme")


@then("it is told that it is nowhere, nor that between 1 and 2")
def nowhere(desk):
    assert (desk.advice.says, desk.advice.ratings) == ("unused", 0)
    assert desk.advice.unused == ((1, 2), (4, 5))
    assert [pair.used_by for pair in desk.advice.neighbours if (pair.lower, pair.upper) == (4, 5)] == [()]
    assert "points 1–2, 4–5 is taken into account nowhere" in desk.advice.sentences[0]


@when("it asks for one of three faces instead")
def asks_for_faces(desk):
    desk.world.config["tenants"]["acme"]["scale"] = "faces-3"
    desk.ratings.reload(desk.world.config)


@then("it is told that each point is of use")
def of_use(desk):
    advice = desk.ratings.scale_advice("acme")
    assert (advice.points, advice.says, advice.unused) == ((1, 2, 3), "keep", ())


# --- change over time


@given("a support desk that wants 90% of tickets in time and 80% of clients satisfied", target_fixture="desk")
def wants(open_desk):
    desk = open_desk(targets={"kpi_share": 0.9, "satisfied_share": 0.8})
    desk.clock.set(datetime(2027, 1, 5, 12, tzinfo=UTC))
    return desk


@when(parsers.parse("ten tickets are closed in time in a month, and {answering:d} of their clients answer"))
def few_answer(desk, answering):
    desk.month(answering - 1, answering)


@when(parsers.parse("in the next month all ten answer, {satisfied:d} of them satisfied"))
@when(parsers.parse("it changes its ways, and in the next month all ten answer, {satisfied:d} of them satisfied"))
def all_answer(desk, satisfied):
    desk.month(satisfied)


@when(parsers.re(r"it (is|stays) so for (?P<months>\d) months more"), converters={"months": int})
def more_months(desk, months):
    for _ in range(months):
        desk.month(desk.satisfied)


@then("the report says that there are too few answers to tell a change or a trend")
def too_few(desk):
    assert "in February 2027 after 3 of 4 in January 2027: too few answers to compare" in desk.said(CHANGED)
    assert "The satisfied share: a trend needs 8 periods of 10 answers" in desk.said(TREND)


@then("the report calls it a watermelon, and the desk has heard of it")
def watermelon(desk):
    assert desk.said("h1") == "Watermelon: the KPI reaches its target, the satisfied share does not"
    assert desk.host.standings == ["watermelon"]


@then("the report says that nothing changed beyond chance")
def nothing_changed(desk):
    same = "The satisfied share: 30% (95% interval 11–60%) in May 2027 after 30% (95% interval 11–60%) in April 2027"
    assert f"{same}: no difference beyond chance." in desk.said(CHANGED)


@then("the report says that the satisfied share is up by 70 points, beyond chance, with the target met as before")
def changed(desk):
    months = "100% (95% interval 72–100%) in June 2027 after 30% (95% interval 11–60%) in May 2027"
    assert f"The satisfied share: {months}: up by 70 percentage points, beyond chance." in desk.said(CHANGED)
    assert "May 2027 10 100% 10 30% (11–60%)" in desk.said(TREND)
    assert "June 2027 preliminary 10 100% 10 100% (72–100%)" in desk.said(TREND)


@then("the report says that the satisfied share rises over 8 months, and that seasons are not excluded")
def rises(desk):
    told = r"The satisfied share rises: .* over 8 periods \(Mann-Kendall, p = 0\.030\)\. Seasonality is not excluded"
    assert re.search(told, desk.said(TREND))
    assert "The KPI share shows no trend" in desk.said(TREND)


@then("for every reader the report shows both figures side by side, that of the answers with its interval")
def side_by_side(desk):
    readers: list[dict[str, Any]] = [{"audience": name} for name in ("manager", "everyone", "operator")]
    for asked in (*readers, {"audience": "agent", "agent": "olga"}, {"by": "agent"}):
        both = r"Satisfied clients \d+% 95% interval \d+–\d+% \d+ answers .* KPI met 100% all counted: no interval"
        assert re.search(both, desk.said(".cards", **asked)), asked
        assert "KPI met Answers Satisfied (interval)" in desk.said(TREND, **asked)


@then("every page about an agent says that it is a reason to look, and never a measure for pay")
def never_for_pay(desk):
    views: tuple[dict[str, Any], ...] = (
        {"by": "agent"}, {"by": ("agent", "queue")}, {"agent": "olga"}, {"audience": "agent", "agent": "olga"},
    )  # fmt: skip
    for asked in views:
        assert PAY in desk.said(".lead", **asked)
        assert PAY in desk.ratings.report("acme", **asked)._repr_html_()
    assert "не мера для оплаты" in desk.said(".lead", "ru", by="agent")


@then("everyone's report shows no agent")
def no_agent(desk):
    with pytest.raises(ReportRefused, match="names no agent"):
        desk.ratings.report("acme", audience="everyone", by="agent")
    assert not re.search("olga|petr", desk.said("body", audience="everyone"))


@then("a target for an agent is refused, and what was agreed stays in force")
def refused(desk):
    desk.world.config["tenants"]["acme"]["targets"]["agent"] = {"olga": {"satisfied_share": 0.9}}
    with pytest.raises(ConfigError, match="no targets by agent: a score is a reason to look, not a measure"):
        desk.ratings.reload(desk.world.config)
    assert desk.ratings.verdict("acme", agent="olga").score.target == 0.8
