"""Questions, points, reasons and the verdict in one sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.web.memory_desk import make_tenant

from nps_plugin.model import SCALES, Band, KpiCheck, Scale, TicketVerdict, VerdictKind
from nps_plugin.wording.texts import (
    check_placeholders,
    default_question,
    point_label,
    question_for,
    reason_choices,
    verdict_sentence,
)

LOCALES = ("ru", "en")


@pytest.mark.parametrize("text", ["Ticket {ticket} at {brand}: {subject}?", "no places", "100 %"])
def test_named_places_are_allowed(text):
    check_placeholders(text)


@pytest.mark.parametrize(
    "text",
    [
        "{client}",
        "{}",
        "{0}",
        "{ticket!r}",
        "{ticket:>9999999}",
        "{ticket.__class__}",
        "{{ ticket }}",
        "{% if 1 %}",
        "{",
        "ticket}",
    ],
)
def test_anything_else_in_braces_is_refused_and_the_allowed_named(text):
    with pytest.raises(ValueError, match=r"allowed are \{ticket\}, \{subject\}, \{brand\}"):
        check_placeholders(text)


def test_a_filled_in_value_is_never_read_as_a_place_or_template():
    tenant = make_tenant(question={"en": "{subject} / {brand}"})
    question = question_for(tenant, "en", ticket="7", subject="{brand} {{ 7*7 }} {ticket:>99}")
    assert question == "{brand} {{ 7*7 }} {ticket:>99} / Acme Support"


def test_hidden_characters_do_not_reach_the_question():
    tenant = make_tenant(question={"en": "About {subject}?"})
    assert question_for(tenant, "en", ticket="7", subject="a\u202eb\x00c\r\nd\u2066e") == "About abc de?"


def test_the_tenants_question_comes_first_in_the_clients_language():
    tenant = make_tenant(question={"ru": "Всё ли в порядке с {ticket}?"}, scale=SCALES["nps-11"])
    assert question_for(tenant, "ru-RU", ticket="7") == "Всё ли в порядке с 7?"
    assert (
        question_for(tenant, "en", ticket="7")
        == "How likely are you to recommend Acme Support to a friend or colleague?"
    )
    assert question_for(tenant, "en", ticket="7", scale="thumbs-2") == "Was your request resolved well?"


@pytest.mark.parametrize("scale", [*SCALES, "our-own"])
def test_every_scale_has_a_question_in_both_languages(scale):
    questions = {default_question(scale, locale) for locale in LOCALES}
    assert len(questions) == 2
    for question in questions:
        check_placeholders(question)
        assert question.endswith("?")


def test_only_the_recommend_question_is_asked_on_the_nps_scale():
    assert ["recommend" in default_question(name, "en") for name in SCALES] == [name == "nps-11" for name in SCALES]


def test_points_have_the_names_of_their_scale():
    assert point_label(SCALES["faces-3"], 2, "ru") == "Нормально"
    assert point_label(SCALES["nps-11"], 0, "en-GB") == "Not at all likely"
    assert point_label(SCALES["nps-11"], 10, "ru") == "Точно да"
    assert point_label(SCALES["nps-11"], 7, "ru") == "7"
    own = Scale(name="own", low=1, high=4, dissatisfied_to=1, satisfied_from=4, ends={"de": ("x", "y")})
    assert point_label(own, 1, "en") == "1"


def test_the_shipped_reasons_in_words_a_client_understands():
    codes = ["speed", "errors", "attitude", "not_solved", "passed_around", "brush_off"]
    assert [code for code, _ in reason_choices(make_tenant(), "ru")] == codes
    russian = dict(reason_choices(make_tenant(), "ru"))
    assert "Отписка" in russian["brush_off"]
    assert "перенаправляли" in russian["passed_around"]
    assert [code for code, _ in reason_choices(make_tenant(), "en")] == codes


def test_the_tenants_reasons_stand_first_and_seven_are_offered():
    own = {"parking": {"en": "Parking", "ru": "Парковка"}, "brush_off": {"en": "Our words"}, "queue": {"ru": "Очередь"}}
    choices = reason_choices(make_tenant(reasons=own, locale="ru"), "en")
    assert choices[:3] == [("parking", "Parking"), ("brush_off", "Our words"), ("queue", "Очередь")]
    assert len(choices) == 7
    assert len(dict(choices)) == 7


def verdict(kind: VerdictKind, **values) -> TicketVerdict:
    return TicketVerdict(tenant="acme", ticket="4711", closure=1, kind=kind, **values)


MET = KpiCheck(met=True, worked=timedelta(hours=2, minutes=10), target=timedelta(hours=4))
MISSED = KpiCheck(met=False, worked=timedelta(hours=50), target=timedelta(hours=4))


def test_a_watermelon_in_one_sentence():
    found = verdict(VerdictKind.WATERMELON, kpi=MET, score=1, scale="faces-3", band=Band.DISSATISFIED)
    assert verdict_sentence(found, "ru") == (
        "Срок выдержан, клиент недоволен («арбуз»): решено за 2 ч 10 мин при цели 4 ч, оценка 1 из 1–3."
    )
    assert verdict_sentence(found, "en") == (
        "Target met, client dissatisfied (“watermelon”): "
        "resolved in 2 h 10 min against a target of 4 h, score 1 of 1–3."
    )


@pytest.mark.parametrize(
    ("kind", "kpi", "band", "ru", "en"),
    [
        ("confirmed", MET, Band.SATISFIED, "Срок выдержан, клиент доволен: решено за 2 ч", "Target met, client sat"),
        ("forgiven", MISSED, Band.SATISFIED, "Срок нарушен, клиент доволен: решено за 50 ч", "Target missed, client s"),
        ("failed", MISSED, Band.DISSATISFIED, "Срок нарушен, клиент недоволен: ", "Target missed, client dissat"),
        ("lukewarm", MISSED, Band.NEUTRAL, "Срок нарушен, оценка клиента нейтральная: ", "Target missed, client nei"),
        ("untargeted", KpiCheck(), Band.NEUTRAL, "KPI неизвестен, оценка клиента нейтр", "KPI unknown, client nei"),
        ("untargeted", KpiCheck(), Band.SATISFIED, "KPI неизвестен, клиент доволен: ни", "KPI unknown, client satis"),
        ("pending", MET, None, "Ждём ответа клиента: срок выдержан, решено", "Waiting for the client's answer: tar"),
        ("unanswered", MISSED, None, "Клиент не ответил: срок нарушен, ре", "The client did not answer: target mi"),
        ("not_asked", KpiCheck(), None, "Клиента не спрашивали: KPI неизв", "The client was not asked: KPI un"),
    ],
)
def test_every_kind_of_verdict_has_its_sentence(kind, kpi, band, ru, en):
    score = None if band is None else 2
    found = verdict(VerdictKind(kind), kpi=kpi, band=band, score=score, scale="faces-3" if score else "")
    for locale, start in (("ru", ru), ("en", en)):
        sentence = verdict_sentence(found, locale)
        assert sentence.startswith(start)
        assert sentence.endswith(".")
        assert ("1–3" in sentence) == (score is not None)


@pytest.mark.parametrize("kind", list(VerdictKind))
@pytest.mark.parametrize("met", [True, False, None])
@pytest.mark.parametrize("band", [*Band, None])
@pytest.mark.parametrize("locale", LOCALES)
def test_no_combination_is_without_a_sentence(kind, met, band, locale):
    sentence = verdict_sentence(verdict(kind, kpi=KpiCheck(met=met), band=band), locale)
    assert sentence[0].isupper()
    assert "%" not in sentence


def test_what_is_known_of_the_kpi_is_said():
    only_time = verdict(VerdictKind.UNTARGETED, kpi=KpiCheck(worked=timedelta(minutes=5)), band=Band.SATISFIED)
    only_target = verdict(VerdictKind.UNTARGETED, kpi=KpiCheck(target=timedelta(hours=4)), band=Band.SATISFIED)
    assert "решено за 5 мин, цель неизвестна" in verdict_sentence(only_time, "ru")
    assert "resolution time unknown, target 4 h" in verdict_sentence(only_target, "en")


def test_a_target_missed_by_seconds_does_not_read_as_met():
    kpi = KpiCheck(met=False, worked=timedelta(hours=4, seconds=20), target=timedelta(hours=4))
    sentence = verdict_sentence(verdict(VerdictKind.FAILED, kpi=kpi, band=Band.DISSATISFIED), "en")
    assert "resolved in 4 h 20 s against a target of 4 h" in sentence


def test_the_tenants_own_scale_and_a_reopening_are_said():
    own = Scale(name="own", low=1, high=4, dissatisfied_to=1, satisfied_from=4)
    found = verdict(VerdictKind.CONFIRMED, kpi=MET, band=Band.SATISFIED, score=4, scale="own", reopened=True)
    assert verdict_sentence(found, "en", own).endswith("score 4 of 1–4. The ticket was reopened afterwards.")
    assert verdict_sentence(found, "en").endswith("score 4. The ticket was reopened afterwards.")
