"""What the client hears, and how we come to the trunk."""

from __future__ import annotations

import math
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from tests.adapters.sip import listener
from tests.adapters.sip.ivr import SECRET, TONES, Hook, Ivr
from tests.adapters.sip.phones import Phones, is_hung_up_on, presses, rings, takes_it

pytestmark = pytest.mark.host


def heard(path: Path) -> list[int]:
    """The tones of a recording, in order, each once for as long as it lasts."""
    with wave.open(str(path)) as sound:
        rate, data = sound.getframerate(), sound.readframes(sound.getnframes())
    samples = [int.from_bytes(data[at : at + 2], "little", signed=True) for at in range(0, len(data) - 1, 2)]
    window, found = rate // 10, []
    for start in range(0, len(samples) - window, window):
        part = samples[start : start + window]
        loudness = sum(one * one for one in part) / window
        powers = {hertz: _power(part, hertz, rate) for hertz in TONES.values()}
        best = max(powers, key=lambda hertz: powers[hertz])
        if loudness > 1e6 and powers[best] > 0.5 * loudness and found[-1:] != [best]:
            found.append(best)
    return found


def _power(samples: list[int], hertz: float, rate: int) -> float:
    turn = 2 * math.pi * hertz / rate
    real = sum(one * math.cos(turn * at) for at, one in enumerate(samples))
    imaginary = sum(one * math.sin(turn * at) for at, one in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / len(samples) ** 2


def test_the_client_hears_what_was_recorded_and_another_stack_presses_keys(own: Ivr, phones: Phones, hook: Hook):
    own.settings["trunk"] = {"server": f"127.0.0.1:{phones.port}", "codecs": ["PCMU"]}
    own.start()
    recording = own.folder / "heard.wav"
    command = [sys.executable, str(Path(listener.__file__)), str(phones.port), "#7", str(recording)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as telephone:
        assert telephone.stdout is not None
        assert any("there" in line for line in telephone.stdout)
        (report,) = hook.of(own.call(again=own.recording("again.wav")))
        telephone.stdout.read()
        assert telephone.wait(20) == 0
    assert (report["outcome"], report["key"], report["pressed"]) == ("pressed", "7", "#7")
    # the wrong key came after the question, the right one amid what precedes its repetition
    assert heard(recording) == [TONES[name] for name in ("microloan.wav", "again.wav", "thanks.wav")]
    own.end()


def test_an_account_registers_with_its_password_and_calls_by_tcp(own: Ivr, phones: Phones, hook: Hook):
    own.settings["trunk"] |= {"user": "acme", "password": f"file:{own.folder / 'secret'}", "transport": "tcp"}
    phones.are(rings(), takes_it(), presses("9"), is_hung_up_on(), calls=2, registrar=SECRET)
    own.start()
    own.says("the trunk's registrar: 200 OK")
    assert own.health()["registered"] == "200 OK"
    assert hook.key_of(own.call()) == "9"
    phones.done()
    own.kill()
