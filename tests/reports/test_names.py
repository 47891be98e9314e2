"""Praise names nobody."""

from __future__ import annotations

import pytest

from nps_plugin.reports.names import vocabulary, without_names

NAMES = ("orlov", "Пётр Смирнов", "ольга.иванова")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Спасибо Ольге Ивановой, всё сделали быстро!", "Спасибо …, всё сделали быстро!"),
        ("orlov solved my problem at once", "… solved my problem at once"),
        ("Thank you Mr Orlov's team for the help", "Thank you … team for the help"),
        ("Great help, call me at +7 916 123-45-67", "Great help, call me at …"),
        ("Please write to petr@example.org or see https://example.org/me", "Please write to … or see …"),
        ("My ticket 4711234 was solved quickly", "My ticket … was solved quickly"),
        ("Marina was very kind and patient", "… was very kind and patient"),
        ("The VPN works again, thank you", "The VPN works again, thank you"),
        ("Всё быстро. Марина — молодец, спасибо ей", "Всё быстро. … — молодец, спасибо ей"),
    ],
)
def test_names_addresses_and_numbers_are_taken_out(text, shown):
    assert without_names(text, NAMES) == shown


@pytest.mark.parametrize("text", ["", "Thanks", "Orlov!", "Orlov Smirnov Ivanova", "👍", "+7 916 123-45-67"])
def test_what_is_left_of_little_is_not_shown(text):
    assert without_names(text, NAMES) == ""


def test_a_long_comment_is_cut_at_a_word():
    shown = without_names("it works " * 100, ())
    assert len(shown) <= 241
    assert shown.endswith(("works…", "it…"))


def test_a_word_that_others_write_small_is_no_name():
    known = vocabulary(["the printer works again"])
    assert without_names("Printer works well again now", (), known).startswith("Printer")
    assert without_names("Printer works well again now", ()).startswith("…")
