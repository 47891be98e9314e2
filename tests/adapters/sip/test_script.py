"""What is said and asked in a call, without a telephone: recordings are over when we say so, and so is time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps_adapters.sip.orders import Menu, Order
from nps_adapters.sip.recordings import Recording
from nps_adapters.sip.script import SETTLE, Amend, HangUp, Play, Script, Stop, Tell, Wait


def recording(name: str) -> Recording:
    return Recording(name=name, path=Path(name), seconds=2.0)


ORDER = Order(
    call="m1", to="+79161234567", hook="https://help.example.org", recording=recording("question"),
    thanks=recording("thanks"), keys=frozenset("0123456789"), wait=8, repeat=1, ring=30,
)  # fmt: skip
MENU = Menu(after=frozenset("0123"), recording=recording("why"), keys=frozenset("12"))


def played(*deeds: str, order: Order = ORDER, after: int = 0) -> list[str]:
    """What a call does after these deeds, the first ``after`` left out; a digit is a key, others are methods."""
    script = Script(order)
    done = [script.dialled()]
    for deed in deeds:
        name, _, said = deed.partition(" ")
        if len(deed) == 1:
            done.append(script.key(deed))
        elif name == "ended":
            done.append(script.ended(int(said), ""))
        elif name == "progress":
            done.append(script.progress(int(said)))
        else:
            done.append(getattr(script, name)())
    return [_plain(action) for actions in done[after:] for action in actions]


def _plain(action: Any) -> str:
    match action:
        case Play(one):
            return f"play {one.name}"
        case Wait(seconds):
            return f"wait {seconds:g}"
        case Tell():
            return " ".join(
                filter(None, ("tell", action.outcome, action.key, action.pressed and f"[{action.pressed}]"))
            )
        case Amend(pressed):
            return f"amend [{pressed}]"
        case Stop():
            return "stop"
        case HangUp():
            return "hang up"
    raise AssertionError(action)


RANG = ("progress 100", "progress 180", "answered")


def test_a_key_is_told_the_moment_it_is_known_then_thanks():
    assert played(*RANG, "over", "7", "over", "over", after=3) == [
        "play question", "wait 8", "stop", "tell pressed 7 [7]", f"wait {SETTLE:g}", "play thanks", "hang up",
    ]  # fmt: skip


def test_a_key_amid_the_message_ends_the_message():
    assert played(*RANG, "7", after=4) == ["stop", "tell pressed 7 [7]", f"wait {SETTLE:g}"]


def test_silence_is_asked_once_again_and_then_let_be():
    order = replace(ORDER, again=recording("again"))
    assert played(*RANG, "over", "over", "over", "over", "over", order=order, after=3) == [
        "play question", "wait 8", "play again", "play question", "wait 8", "tell silence", "hang up",
    ]  # fmt: skip


def test_without_a_repetition_silence_ends_the_call_at_once():
    assert played(*RANG, "over", "over", order=replace(ORDER, repeat=0), after=5) == ["tell silence", "hang up"]


def test_a_wrong_key_starts_the_repetition_in_which_slips_are_passed_over():
    assert played(*RANG, "*", "#", "over", "*", "5", after=4) == [
        "play question", "wait 8", "stop", "tell pressed 5 [*#*5]", f"wait {SETTLE:g}",
    ]  # fmt: skip


def test_a_key_off_the_scale_is_a_wrong_one():
    assert played(*RANG, "9", order=replace(ORDER, keys=frozenset("123")), after=4) == ["play question"]


def test_what_is_pressed_right_after_the_key_is_evidence_and_no_reason():
    order = replace(ORDER, menu=MENU)
    assert played(*RANG, "1", "2", "over", "over", "2", "over", order=order, after=5) == [
        "amend [12]", "play why", "wait 8", "tell reason 2 [122]", "play thanks", "hang up",
    ]  # fmt: skip


def test_the_menu_is_heard_again_after_a_wrong_key_and_not_after_silence():
    order = replace(ORDER, menu=MENU)
    assert played(*RANG, "0", "over", "9", "9", "over", "over", order=order, after=5) == [
        "play why", "play why", "wait 8", "play thanks",
    ]  # fmt: skip


def test_a_key_that_is_not_low_has_no_menu():
    assert played(*RANG, "7", "over", order=replace(ORDER, menu=MENU), after=5) == ["play thanks"]


def test_without_thanks_the_call_ends():
    assert played(*RANG, "7", "over", order=replace(ORDER, thanks=None), after=5) == ["hang up"]


def test_how_long_it_rings():
    assert played("progress 100", "progress 183", "progress 180", "over") == [
        "wait 6", "wait 45", "wait 30", "tell unanswered", "hang up",
    ]  # fmt: skip


ENDED = {
    ("ended 486",): "busy", ("ended 600",): "busy",
    ("progress 180", "ended 603"): "refused", ("progress 180", "ended 403"): "refused", ("ended 403",): "failed",
    ("ended 480",): "unanswered", ("progress 100", "ended 408"): "unanswered", ("ended 408",): "failed",
    ("over",): "failed", ("ended 404",): "failed", ("ended 503",): "failed",
    (*RANG, "ended 200"): "refused", (*RANG, "over", "ended 200"): "silence",
    (*RANG, "over", "over", "ended 200"): "silence", (*RANG, "*", "ended 200"): "refused [*]",
    (*RANG, "7", "ended 200"): "pressed 7 [7]",
}  # fmt: skip


@pytest.mark.parametrize(("deeds", "outcome"), ENDED.items(), ids=lambda value: "-".join(value)[:60])
def test_what_became_of_it(deeds: tuple[str, ...], outcome: str):
    assert [one for one in played(*deeds) if one.startswith("tell")] == [f"tell {outcome}"]


@pytest.mark.parametrize("code", [404, 410, 484, 604])
def test_a_number_that_is_none_is_final_and_nothing_else_is(code: int):
    assert [one.final for one in Script(ORDER).ended(code, "") if isinstance(one, Tell)] == [True]
    assert [one.final for one in Script(ORDER).ended(503, "") if isinstance(one, Tell)] == [False]


DEEDS = st.lists(st.sampled_from(["over", "answered", "progress 180", "failed", *"0179#"]), max_size=30)


@settings(max_examples=150, deadline=None)
@given(deeds=DEEDS, menu=st.booleans(), again=st.booleans())
def test_whatever_happens_there_is_one_outcome_and_the_call_ends(deeds: list[str], *, menu: bool, again: bool):
    order = replace(ORDER, menu=MENU if menu else None, again=recording("again") if again else None)
    script, actions = Script(order), []
    for deed in deeds:
        if len(deed) == 1:
            actions += script.key(deed)
        elif deed == "progress 180":
            actions += script.progress(180)
        else:
            actions += script.failed("broken") if deed == "failed" else getattr(script, deed)()
    for _ in range(12):  # then nobody does anything any more
        actions += script.over()
    actions += script.ended(200, "")
    told = [one.outcome for one in actions if isinstance(one, Tell)]
    assert len([one for one in told if one != "reason"]) == 1
    assert told.count("reason") <= 1
    assert told[0] != "reason"
    assert any(isinstance(one, HangUp) for one in actions)
