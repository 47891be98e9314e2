"""Whatever happens, in whatever order: the invariants of asking and hearing, over random sequences.

NPS_SEQUENCES sets how many sequences are played (300 unless set, shared by the ways of asking and the two engines),
NPS_SEED where they start. A failure names the seed of its sequence and every step of it.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter

import pytest
from tests.properties.drama import WAYS, Drama, Post, settings
from tests.surveys.wires import Book

SEQUENCES = int(os.environ.get("NPS_SEQUENCES", "300"))
SEED = int(os.environ.get("NPS_SEED", "20261121"))
#: Seconds for one way of asking on one engine; cuts a default run short, but never below AT_LEAST.
ENOUGH = 3.5
AT_LEAST = 15
STEPS = 18


@pytest.mark.parametrize("way", WAYS)
def test_invariants_hold_over_random_sequences(make_world, engine_name, way, record_property, capsys):
    book = Book()
    world = make_world(**settings(way, book))
    started, played, tried = time.monotonic(), 0, Counter()
    for number in range(max(1, SEQUENCES // len(WAYS) // 2)):
        hurried = "NPS_SEQUENCES" not in os.environ and played >= AT_LEAST
        if hurried and time.monotonic() - started > ENOUGH:
            break
        dice = random.Random(f"{SEED} {way} {number}")
        drama = Drama(world=world, post=Post(world, book, dice), number=number, dice=dice)
        try:
            drama.play(STEPS)
            tried += drama.check()
        except Exception as error:
            error.add_note(f"way {way!r}, NPS_SEED={SEED}, sequence {number}:\n  " + "\n  ".join(drama.steps))
            raise
        played += 1
    record_property("sequences", played)
    with capsys.disabled():
        print(f"\n{engine_name}, {way}: {played} sequences; {dict(tried)}")
    assert tried["surveys"] > tried["answers"] > 0
