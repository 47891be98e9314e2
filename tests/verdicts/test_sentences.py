"""Every verdict says in one sentence what it is, in both languages, and never why."""

from __future__ import annotations

import re
from datetime import date
from itertools import product
from typing import Any

import pytest
from tests.verdicts.made import MAIL, PHONE, TARGET, made, rows

from nps_plugin.config.settings import Target
from nps_plugin.counts import Stratum
from nps_plugin.model import Level, Link, Share, Sign, SignFinding, SliceVerdict, Trap
from nps_plugin.verdicts import judge_slice
from nps_plugin.wording.catalogue import translations
from nps_plugin.wording.verdict_sentences import Said

#: words that would say why; the whole word, or its beginning where it ends with *
CAUSAL = {
    "en": (
        "because caus* due lead* led result* make* made drive* driven therefore thanks effect* affect* impact*"
        " influenc* explain* owing hence why reason* so*that trend*"
    ),
    "ru": (
        "потому поэтому из-за благодаря вследствие привод* привел* приведёт причин* влия* вызыва* вызва* следовательно"
        " результат* объясн* эффект* завис* почему тренд* тенденц* оттого отчего"
    ),
}

GROUPS: dict[str, Any] = {
    "healthy": [rows((10, 10, 280), (1, 1, 10), silent=(100, 5, 0))],
    "watermelon": [rows((60, 30, 200), (5, 2, 5))],
    "too strict": [rows((5, 5, 90), (4, 4, 92))],
    "missed but happy": [rows((5, 5, 150), (8, 3, 40))],
    "failing": [rows((30, 10, 60), (30, 5, 15))],
    "straddling": [rows((15, 5, 90), (2, 0, 5))],
    "at its target": [rows((20, 0, 80))],
    "few": [rows((1, 0, 3), (0, 0, 1))],
    "one": [rows((1,))],
    "no answers": [rows(silent=(3, 1, 0))],
    "nothing": [],
    "no kpi": [rows(unknown=(10, 10, 100))],
    "contradicts": [rows((50, 10, 40), (5, 5, 90))],
    "not reflected": [rows((50, 50, 300), (20, 20, 120))],
    "few clients": [rows((10, 0, 90), (5, 0, 15), client=lambda n: n % 5)],
    "spread": [rows((0, 0, 9), stratum=Stratum(f"channel {n}", "en")) for n in range(3)],
    "channels": [rows((5, 5, 90), (0, 3, 20)), rows((5, 0, 4), stratum=PHONE)],
}
SIGNS = tuple(SignFinding(sign=sign, share=Share(count=9, n=30), found=True) for sign in Sign)
TRAPPED = [(date(2025, n + 1, 1), made(rows((n, 0, 50 - n), silent=(20 + 2 * n, 30 - 2 * n, 0)))) for n in range(12)]
MORE: dict[str, dict[str, Any]] = {
    "plain": {},
    "no targets": {"target": Target()},
    "trap": {"periods": TRAPPED},
    "signs": {"signs": SIGNS},
    "one sign": {"signs": SIGNS[:1], "preliminary": True, "weights": {MAIL: 0.4, PHONE: 0.6}},
}


@pytest.mark.parametrize(
    ("share", "en", "ru"),
    [
        (0, "0%", "0\xa0%"),
        (1 / 1000, "<1%", "<1\xa0%"),
        (0.006, "1%", "1\xa0%"),
        (0.999, ">99%", ">99\xa0%"),
        (1, "100%", "100\xa0%"),
    ],
)
def test_a_few_are_not_none_and_nearly_all_are_not_all(share: float, en: str, ru: str):
    assert [Said(translations(locale), locale).percent(share) for locale in ("en", "ru")] == [en, ru]


def verdict(group: str, more: str, locale: str) -> SliceVerdict:
    return judge_slice(made(*GROUPS[group]), **{"target": TARGET, "locale": locale, **MORE[more]})


EVERY = [verdict(group, more, locale) for group, more, locale in product(GROUPS, MORE, ("en", "ru"))]


def test_every_verdict_is_among_those_that_are_worded_here():
    assert {one.level for one in EVERY} == set(Level)
    assert {one.link for one in EVERY} == set(Link)
    assert {one.trap for one in EVERY} >= {Trap.TRAP, Trap.SIGNS_ONLY, Trap.INSUFFICIENT}


def causal(text: str, locale: str) -> list[str]:
    pattern = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in CAUSAL[locale].split())
    return re.findall(rf"\b(?:{pattern})\b", text, flags=re.IGNORECASE)


def test_no_text_says_why():
    assert causal("Scores fell because agents hurry", "en") == ["because"]
    assert causal("Оценки упали из-за спешки, это причина", "ru") == ["из-за", "причина"]
    for group, more, locale in product(GROUPS, MORE, CAUSAL):
        one = verdict(group, more, locale)
        for text in (one.headline, one.sentence, *one.notes):
            assert causal(text, locale) == [], text


def test_every_text_is_whole_and_in_its_language():
    for group, more, locale in product(GROUPS, MORE, CAUSAL):
        one = verdict(group, more, locale)
        for text in (one.headline, one.sentence, *one.notes):
            assert text
            assert not text[0].islower(), text
            assert "%(" not in text
            assert "None" not in text
            assert "%%" not in text
            assert bool(re.search("[а-яё]", text)) == (locale == "ru"), text
            assert not re.search("[A-Za-z]{2}", text) or locale == "en", text
        assert one.sentence.endswith(".")
        # one sentence: it may have several clauses
        assert not re.search(r"\.\s", one.sentence), one.sentence


def test_a_sentence_has_estimate_interval_number_and_target():
    assert verdict("watermelon", "plain", "en").sentence.startswith(
        "The KPI was met on 96% of 302 tickets (target 90%), but the satisfied share is 68% (95% interval 62–73%,"
        " 302 answers, target 80%); "
    )
    assert verdict("watermelon", "plain", "ru").sentence.startswith(
        "Срок выдержан для 96\N{NO-BREAK SPACE}% из 302 обращений (цель 90\N{NO-BREAK SPACE}%), но доля довольных —"
        " 68\N{NO-BREAK SPACE}% (95 %-й интервал 62–73\N{NO-BREAK SPACE}%, 302 ответа, цель 80\N{NO-BREAK SPACE}%); "
    )


def test_below_five_answers_they_are_counted_and_no_share_is_given():
    said = judge_slice(made(rows((1, 0, 3))), target=TARGET).sentence
    assert "3 of 4 answers are satisfied" in said
    assert "satisfied share" not in said
    assert "the satisfied share is 80%" in judge_slice(made(rows((1, 0, 4))), target=TARGET).sentence


@pytest.mark.parametrize(
    ("answers", "en", "ru"),
    [
        (29, "1 more answer is needed", "нужен ещё 1 ответ"),
        (28, "2 more answers are needed", "нужны ещё 2 ответа"),
        (25, "5 more answers are needed", "нужно ещё 5 ответов"),
        (19, "11 more answers are needed", "нужно ещё 11 ответов"),
        (9, "21 more answers are needed", "нужен ещё 21 ответ"),
    ],
)
def test_what_is_missing_is_counted_right(answers: int, en: str, ru: str):
    from nps_plugin.config.settings import Minimum

    for locale, said in (("en", en), ("ru", ru)):
        one = judge_slice(made(rows((0, 0, answers))), target=TARGET, locale=locale, minimum=Minimum(ratings=30))
        assert said in one.sentence


@pytest.mark.parametrize(
    ("tickets", "ru"), [(1, "из 1 обращения"), (2, "из 2 обращений"), (5, "из 5 обращений"), (21, "из 21 обращения")]
)
def test_tickets_are_counted_right(tickets: int, ru: str):
    assert ru in judge_slice(made(rows((0, 0, tickets))), target=TARGET, locale="ru").sentence
    plural = "ticket" if tickets == 1 else "tickets"
    assert f"of {tickets} {plural} (" in judge_slice(made(rows((0, 0, tickets))), target=TARGET).sentence


def test_a_share_that_rounds_to_its_target_shows_that_it_is_not_there():
    said = judge_slice(made(rows((0, 0, 898), (0, 0, 102))), target=TARGET).sentence
    assert "met on 89.8% of 1,000 tickets (target 90%)" in said
    exact = judge_slice(made(rows((0, 0, 900), (0, 0, 100))), target=TARGET).sentence
    assert "met on 90% of 1,000 tickets (target 90%)" in exact
    half = judge_slice(
        made(rows((0, 0, 900), (0, 0, 100))), target=Target(kpi_share=0.925, satisfied_share=0.8)
    ).sentence
    assert "met on 90.0% of 1,000 tickets (target 92.5%)" in half
