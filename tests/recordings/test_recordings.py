"""`nps-plugin voice check`: what staff hand in, and what is wrong with it."""

from __future__ import annotations

import math
import random
import wave
from array import array

import pytest
from click.testing import CliRunner

from nps_plugin.cli import main
from nps_plugin.recordings import check_file


def speech(seconds=2.0, rate=8000, level=-20.0, before=0.2, after=0.2):
    """A hum with noise in it at that level, between silences."""
    drawn = random.Random(7)
    top = 32768 * 10 ** (level / 20) * math.sqrt(2)
    said = [int(top * math.sin(n / 5) * (1 + drawn.gauss(0, 0.05))) for n in range(int(seconds * rate))]
    pause = [drawn.randint(-3, 3) for _ in range(int(max(before, after) * rate))]
    return array("h", [*pause[: int(before * rate)], *(max(-32768, min(32767, one)) for one in said),
                       *pause[: int(after * rate)]])  # fmt: skip


def written(path, samples=None, rate=8000, channels=1, width=2, **sound):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes((samples or speech(rate=rate, **sound)).tobytes())
    return str(path)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_good_recording_is_good(tmp_path, rate):
    found, problems = check_file(written(tmp_path / "a.wav", rate=rate))
    assert problems == ()
    assert found == f"2.4 s, {rate} Hz, 16 bit, mono, -20 dBFS"


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        ({"rate": 44100}, "make it so: sox IN.wav -b 16 -c 1 -r 8000"),
        ({"channels": 2}, "ffmpeg -i IN.wav -ac 1"),
        ({"width": 1}, "expected 16 bit"),
        ({"seconds": 0.2, "before": 0, "after": 0}, "takes 0.2 s; expected 0.5 to 60 s"),
        ({"seconds": 61}, "takes 61.4 s"),
        ({"level": -45.0}, "too quiet (-45 dBFS, expected -35 or more)"),
        ({"level": 3.0}, "clipped: "),
        ({"before": 2.5}, "begins with 2.5 s of silence, at most 1"),
        ({"after": 4}, "ends with 4.0 s of silence, at most 2"),
        ({"samples": array("h", [1, -1] * 8000)}, "nothing is heard"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(tmp_path, sound, said):
    _, problems = check_file(written(tmp_path / "a.wav", **sound))
    assert len(problems) == 1
    assert said in problems[0]


def test_what_is_no_recording_is_said(tmp_path):
    whole = written(tmp_path / "a.wav")
    (tmp_path / "mp3.wav").write_bytes(b"ID3\x04" + bytes(100))
    (tmp_path / "cut.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:20000])
    (tmp_path / "empty.wav").write_bytes(b"")
    for name, said in {"mp3": "no WAV", "cut": "ends before", "empty": "no WAV", "none": "cannot be read"}.items():
        assert said in check_file(str(tmp_path / f"{name}.wav"))[1][0]
    assert check_file(whole)[1] == ()


CONFIG = """
[page]
base_url = "https://help.example.org/rate"
secrets = ["env:NPS_SECRET"]
[tenants.acme]
locale = "ru"
scale = "keypad-10"
brand = { sender = "Acme <help@acme.example>" }
[tenants.acme.ask]
channels = ["phone", "email"]
[tenants.acme.channels.phone]
adapter = "sip"
secret = "env:NPS_SECRET"
thanks = { ru = "thanks.wav" }
[tenants.acme.services.loan]
recording = { ru = "loan.wav", en = "loan-en.wav" }
[tenants.acme.services.grant]
delay = "3d"
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests, long enough")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nps.toml").write_text(CONFIG)
    for name in ("loan", "loan-en", "thanks"):
        written(tmp_path / f"{name}.wav")
    return lambda *command: CliRunner().invoke(main, command)


def test_each_recording_has_a_line_and_what_is_missing_too(run, tmp_path):
    written(tmp_path / "loan-en.wav", level=-45.0)
    done = run("voice", "check")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0] == "acme  services.loan.recording  ru  loan.wav  2.4 s, 8000 Hz, 16 bit, mono, -20 dBFS  ok"
    assert "loan-en.wav" in lines[1]
    assert "too quiet" in lines[1]
    assert [line for line in lines if "missing" in line] == [
        "acme  services.grant.recording  en  -  missing: clients who speak en are not called",
        "acme  services.grant.recording  ru  -  missing: clients who speak ru are not called",
        "acme  channels.phone.thanks  en  -  missing: clients who speak en do not hear it",
    ]
    assert lines[-1] == "4 of 6 cannot be used as they are."


def test_config_check_says_it_too(run):
    done = run("config", "check")
    assert done.exit_code == 0
    assert "services.grant.recording.ru: missing: clients who speak ru are not called" in done.output
    assert "services.loan" not in done.output


def test_all_well_is_exit_0_and_so_is_nothing_to_play(run, tmp_path):
    good = CONFIG.replace('[tenants.acme.services.grant]\ndelay = "3d"', "").replace(', en = "loan-en.wav"', "")
    (tmp_path / "nps.toml").write_text(good)
    assert run("voice", "check").exit_code == 0
    (tmp_path / "nps.toml").write_text(CONFIG.split("[tenants.acme.ask]", maxsplit=1)[0])
    done = run("voice", "check")
    assert (done.exit_code, done.output) == (0, "No tenant asks over a channel that plays recordings.\n")
