"""Telephone numbers in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

#: Digits of a number after its country code, and what stands before them within the country (ITU-T E.164, national
#: numbering plans). Of other countries only the usual 0 is known.
_PLANS: Mapping[str, tuple[int, tuple[str, ...]]] = MappingProxyType(
    {
        "1": (10, ("1",)),
        "7": (10, ("8",)),
        "371": (8, ()),
        "373": (8, ("0",)),
        "374": (8, ("0",)),
        "375": (9, ("80", "8")),
        "380": (9, ("0",)),
        "992": (9, ()),
        "994": (9, ("0",)),
        "995": (9, ("0",)),
        "996": (9, ("0",)),
        "998": (9, ()),
    }
)
_EXTENSION = re.compile(r"(?:\bext|\bx|доб|вн|[,;#*])", re.IGNORECASE)
_WRITTEN = re.compile(r"\+?[0-9\s().\-\u2010-\u2015/]+")


def phone_number(text: str, country_code: str = "") -> str:
    """A telephone number as ``+`` and digits (E.164). Raises ``ValueError`` saying what is wrong, without its digits.

    ``+``, ``00`` and the Russian ``8 10`` begin an international number. Without them it is one of the country with
    ``country_code`` ("7"), with or without what is dialled before it there (8 in Russia), or with the code itself.
    """
    text = "".join(char for char in text.removeprefix("tel:") if char.isprintable()).strip()
    if not text:
        raise ValueError("no number")
    if _EXTENSION.search(text):
        raise ValueError("an extension does not take part of a number that can be called or written to")
    if not _WRITTEN.fullmatch(text):
        raise ValueError("not made of digits")
    digits = "".join(char for char in text if "0" <= char <= "9")
    if not text.startswith("+"):
        digits = _international(digits, country_code)
    if digits.startswith("0") or not 8 <= len(digits) <= 15:
        raise ValueError(f"{len(digits)} digits with the country code; expected 8 to 15, not beginning with 0")
    plan = next(((code, plan[0]) for code, plan in _PLANS.items() if digits.startswith(code)), None)
    if plan is not None and len(digits) != len(plan[0]) + plan[1]:
        raise ValueError(f"{len(digits) - len(plan[0])} digits after +{plan[0]}; expected {plan[1]}")
    return f"+{digits}"


def _international(digits: str, code: str) -> str:
    if digits.startswith("00"):
        return digits[2:]
    if not code:
        raise ValueError("no country code: expected +..., or the setting country_code")
    if code == "7" and digits.startswith("810") and len(digits) > 11:
        return digits[3:]
    length, before = _PLANS.get(code, (0, ("0",)))
    if not length:
        national = digits.removeprefix("0")
        return digits if digits.startswith(code) and national == digits else code + national
    if len(digits) == length:
        return code + digits
    if digits.startswith(code) and len(digits) == len(code) + length:
        return digits
    trunk = next((one for one in before if digits.startswith(one) and len(digits) == len(one) + length), None)
    if trunk is None:
        raise ValueError(f"{len(digits)} digits; expected {length} of a number in the country +{code}")
    return code + digits[len(trunk) :]
