"""What a short message takes and says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_plugin import is_stop, sms_parts, sms_text
from nps_plugin.testing import example_message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("я" * 70, 1), ("я" * 71, 2), ("я" * 134, 2), ("я" * 135, 3),
        ("€" * 80, 1), ("€" * 81, 2),
        # the sign that takes two places does not stand across two parts: 152 + 2 is more than 153
        ("a" * 152 + "€" + "a" * 151, 2), ("a" * 152 + "€" + "a" * 152, 3),
        ("😀" * 35, 1), ("😀" * 36, 2),
        # 67 is odd: each part holds 33 of them
        ("😀" * 66, 2), ("😀" * 67, 3),
        ("£_@" * 53, 1), ("`" + "a" * 70, 2),
    ],
)  # fmt: skip
def test_the_parts_of_a_text(text: str, parts: int):
    assert sms_parts(text) == parts


@given(st.text(alphabet=st.sampled_from("aя€😀…[ 5"), max_size=400))
def test_parts_are_what_filling_them_one_by_one_gives(text: str):
    def length(piece: str) -> int:
        return sum(2 if char in "€[" else 1 for char in piece) if latin else len(piece.encode("utf-16-be")) // 2

    latin = not set(text) & set("я😀…")
    alone, each = (160, 153) if latin else (70, 67)
    parts = [""]
    for char in text:
        if length(parts[-1] + char) > each:
            parts.append("")
        parts[-1] += char
    assert sms_parts(text) == (1 if length(text) <= alone else len(parts))


def test_the_question_stands_whole_where_it_fits_and_the_link_is_last():
    message = example_message(
        locale="en", short="Acme: How was it? Reply with a number from 1 (Bad) to 3 (Good). " + example_message().url,
        question="How was it?",
    )  # fmt: skip
    assert sms_text(message) == message.short
    assert sms_parts(sms_text(message)) == 1


def test_the_names_of_the_points_are_the_first_to_go():
    assert sms_text(example_message()) == example_message().short
    message = example_message(short=example_message().short.replace("Acme", "Акме и партнёры"))
    assert sms_parts(message.short) == 3
    text = sms_text(message)
    assert text == f"Акме и партнёры: Как решено ваше обращение? Ответьте числом от 1 до 3. {message.url}"
    assert sms_parts(text) == 2


def test_then_the_brand_goes_then_the_end_of_the_question():
    brand = "Общество с ограниченной ответственностью «Рога и копыта»"
    message = example_message()
    long_brand = replace(message, short=message.short.replace("Acme", brand))
    assert sms_text(long_brand) == f"Как решено ваше обращение? Ответьте числом от 1 до 3. {message.url}"
    question = "Как вы оцениваете то, как наша служба решила ваше последнее обращение о замене оборудования?"
    long_question = replace(message, question=question, short=message.short.replace(message.question, question))
    text = sms_text(long_question)
    assert text.startswith("Как вы оцениваете")
    assert text.endswith(f"… Ответьте числом от 1 до 3. {message.url}")
    assert sms_parts(text) == 2


def test_where_nobody_listens_the_message_does_not_ask_for_a_reply():
    message = example_message()
    assert sms_text(message, hears=False) == f"Acme: Как решено ваше обращение? {message.url}"


def test_typographic_quotes_do_not_double_an_english_message():
    message = example_message(question="Was “it” good…?", short=f"Was “it” good…? {example_message().url}")
    assert sms_text(message) == f'Was "it" good...? {message.url}'


def test_a_link_is_never_cut():
    long_url = "https://help.example.org/" + "rate/" * 20 + "kit_0123456789abcdefAZ"
    message = example_message(url=long_url, short=f"Как решено? Ответьте числом. {long_url}", question="Как решено?")
    assert sms_text(message) == long_url
    assert sms_parts(long_url) == 1
    with pytest.raises(ValueError, match=r"page\.base_url"):
        sms_text(replace(message, url=long_url * 3, short=""))


@given(
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=300),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=60),
    st.booleans(),
)
def test_whatever_the_question_two_parts_hold_it_and_the_link(question: str, how: str, hears: bool):
    url = example_message().url
    message = example_message(question=question, short=f"Acme: {question} {how} {url}")
    text = sms_text(message, hears=hears)
    assert text.endswith(url)
    assert sms_parts(text) <= 2


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Стоп!", "СТОП", "CTOП", "Отписаться", "stop all", "STOPALL", "«Отпишите меня»"]
)
def test_who_says_stop_is_understood(text: str):
    assert is_stop(text)


@pytest.mark.parametrize(
    "text", ["", "5", "5 stop", "Не останавливайтесь", "stop being so good", "стоп-кран сломан", "1"]
)
def test_who_only_mentions_it_is_not(text: str):
    assert not is_stop(text)
