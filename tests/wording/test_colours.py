"""Whatever colour a brand has, people can read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_plugin.wording.colours import CARD_DARK, INK, WHITE, contrast, palette

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@given(COLOURS)
def test_text_and_controls_can_be_read_in_every_colour(colour):
    found = palette(colour)
    for text, ground in (
        (found.on_brand, found.brand),
        (found.on_accent, found.accent),
        (found.on_accent_dark, found.accent_dark),
        (found.link, WHITE),
        (found.accent_dark, CARD_DARK),
        (INK, found.tint),
        ("#eef0f4", found.tint_dark),
    ):
        assert contrast(text, ground) >= 4.5
    assert contrast(found.accent, WHITE) >= 3
    assert found.brand == colour


def test_a_pale_brand_is_for_surfaces_only():
    pale = palette("#ffd400")
    assert (pale.accent, pale.on_accent, pale.brand) == (INK, WHITE, "#ffd400")
    assert palette("#0b6e4f").accent == "#0b6e4f"


@pytest.mark.parametrize("colour", ["red", "#0a6", "#12345g", "#123456; } body { display: none"])
def test_what_is_no_colour_is_refused(colour):
    with pytest.raises(ValueError, match="expected #rrggbb"):
        palette(colour)
