"""Telephone numbers as people and databases write them; Google's libphonenumber is the oracle."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_plugin import phone_number
from nps_plugin.phones import _PLANS

REGIONS = ["RU", "KZ", "US", "BY", "UA", "AM", "GE", "AZ", "KG", "UZ", "TJ", "MD", "LV", "DE", "GB", "FR", "FI", "TR"]


@pytest.mark.parametrize(
    "written",
    [
        "+79161234567", "8 (916) 123-45-67", "89161234567", "9161234567", "79161234567", "+7 916 123 45 67",
        "007 916 1234567", "tel:+7-916-123-45-67", "\u202a+7\u00a0916\u00a0123\u201345\u201367\u202c",
        "810 7 916 1234567",
    ],
)  # fmt: skip
def test_the_ways_in_which_a_russian_number_is_written_are_one_number(written: str):
    assert phone_number(written, "7") == "+79161234567"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "no number"),
        ("нет", "digits"),
        ("+7 916 123-45-67 доб. 12", "extension"),
        ("+7 916 123-45-67 ext 12", "extension"),
        ("89161234567, 89167654321", "extension"),
        ("12-34-56", "6 digits; expected 10"),
        ("+7 916 123-45-6", "9 digits after \\+7; expected 10"),
        ("8916123456789", "13 digits"),
        ("+0123456789", "not beginning with 0"),
        ("+1234567", "7 digits"),
        ("+1234567890123456", "16 digits"),
        ("٩١٦١٢٣٤٥٦٧", "digits"),
        ("916-123-45-67\n+79990001122", "digits"),
    ],
)
def test_what_is_no_number_says_why_and_not_which(written: str, said: str):
    with pytest.raises(ValueError, match=said) as raised:
        phone_number(written, "7")
    digits = "".join(char for char in written if char.isdigit())
    assert len(digits) < 4 or digits not in str(raised.value)


def test_without_a_country_a_number_must_bring_its_own():
    assert phone_number("+49 30 901820") == "+4930901820"
    with pytest.raises(ValueError, match="country_code"):
        phone_number("030 901820")


@pytest.mark.parametrize("region", REGIONS)
def test_a_countrys_own_way_to_write_is_read_as_libphonenumber_reads_it(region: str):
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    code = str(number.country_code)
    wanted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    for form in ("NATIONAL", "INTERNATIONAL", "E164", "RFC3966"):
        written = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))
        assert phone_number(written, code) == wanted, written
    assert phone_number(phonenumbers.national_significant_number(number), code) == wanted


@pytest.mark.parametrize("code", _PLANS)
def test_the_lengths_that_are_known_are_those_of_every_possible_mobile_number(code: str):
    for region in phonenumbers.region_codes_for_country_code(int(code)):
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if number is not None:
            assert len(phonenumbers.national_significant_number(number)) == _PLANS[code][0], region


@given(st.text(max_size=30), st.sampled_from(["", "7", "49", "375"]))
def test_whatever_is_written_gives_a_number_or_a_reason(written: str, code: str):
    try:
        number = phone_number(written, code)
    except ValueError:
        return
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert phone_number(number, code) == number
