"""Recordings that staff hand in: whether a telephone can play them, and which service or language has none."""

from __future__ import annotations

import math
import sys
import wave
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path

from .config import SPOKEN, Tenant
from .model import Plain

#: Samples in a second that a telephone plays as they are.
RATES = (8000, 16000)
#: Seconds that a recording may take.
SHORTEST, LONGEST = 0.5, 60.0
#: Speech below this level (RMS of what is not silence, against full scale) is hard to understand on a telephone.
QUIET = -35.0
#: The share of samples at full scale from which it crackles.
CLIPPED = 0.001
#: What lies below this level is silence; and seconds of it that may stand before and after what is said.
SILENCE = -50.0
BEFORE, AFTER = 1.0, 2.0
_WINDOW = 0.02
_FULL = 32768.0
_MAKE = "sox IN.wav -b 16 -c 1 -r 8000 OUT.wav, or ffmpeg -i IN.wav -ac 1 -ar 8000 -c:a pcm_s16le OUT.wav"


@dataclass(frozen=True, kw_only=True)
class Take(Plain):
    """One recording, or one that is missing (``path`` is ""), with what was heard in it and what is wrong."""

    tenant: str
    #: the place in the configuration, such as ``services.microloan.recording``
    what: str
    locale: str
    path: str = ""
    found: str = ""
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [self.tenant, self.what, self.locale, Path(self.path).name or "-", self.found]
        return "  ".join(part for part in parts if part) + f"  {'; '.join(self.problems) or 'ok'}"


def check_recordings(tenant: Tenant, channels: Sequence[str]) -> list[Take]:
    """Every recording of a tenant, and every one that is missing, for its ``channels`` that play recordings.

    Expected is each language that the tenant uses: its own, and those of any text or recording of it.
    """
    if not channels:
        return []
    wanted = _languages(tenant)
    takes: list[Take] = []
    plans = [tenant.plan_of(service, level) for service in ("", *tenant.services) for level in ("", *tenant.levels)]
    if any(set(plan.channels) & set(channels) for plan in plans) and not any(
        own.recording for own in tenant.services.values()
    ):
        missing = ("no service has a recording: nobody is called",)
        takes.append(Take(tenant=tenant.name, what="services", locale=tenant.locale, problems=missing))
    for service, own in tenant.services.items():
        called = any(set(tenant.plan_of(service, level).channels) & set(channels) for level in ("", *tenant.levels))
        if called or own.recording:
            takes += _takes(tenant.name, f"services.{service}.recording", own.recording, wanted, "are not called")
    for name in channels:
        way = tenant.way_of(name)
        for key in SPOKEN:
            if files := getattr(way, key):
                takes += _takes(tenant.name, f"channels.{name}.{key}", files, wanted, "do not hear it")
    return takes


def check_file(path: str) -> tuple[str, tuple[str, ...]]:
    """What a file holds, in words, and what is wrong with it."""
    try:
        with wave.open(path, "rb") as file:
            channels, width, rate, frames = file.getparams()[:4]
            raw = file.readframes(min(frames, int(rate * LONGEST)))
    except OSError as error:
        return "", (f"cannot be read ({error.strerror})",)
    except (wave.Error, EOFError) as error:
        return "", (f"is no WAV file with PCM samples ({str(error) or 'it ends too early'}); make one: {_MAKE}",)
    seconds = frames / rate if rate else 0.0
    found = f"{seconds:.1f} s, {rate} Hz, {8 * width} bit, {'mono' if channels == 1 else f'{channels} channels'}"
    if channels != 1 or width != 2 or rate not in RATES:
        return found, (f"expected 16 bit, mono, 8000 or 16000 Hz; make it so: {_MAKE}",)
    samples = array("h", raw[: len(raw) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    level, problems = _heard(samples, rate)
    if seconds < SHORTEST or seconds > LONGEST:
        problems.insert(0, f"takes {seconds:.1f} s; expected {SHORTEST:g} to {LONGEST:g} s")
    if len(samples) < min(frames, int(rate * LONGEST)):
        problems.insert(0, "ends before its header says; copy or make it anew")
    return f"{found}, {level}", tuple(problems)


def _heard(samples: Sequence[int], rate: int) -> tuple[str, list[str]]:
    """The level of what is not silence, in words, and what is wrong with the sound."""
    size = int(rate * _WINDOW)
    powers = [_power(samples[at : at + size]) for at in range(0, len(samples), size)]
    floor = (_FULL * 10 ** (SILENCE / 20)) ** 2
    loud = [number for number, power in enumerate(powers) if power > floor]
    if not loud:
        return "silent", ["nothing is heard in it; record it anew"]
    level = 10 * math.log10(sum(powers[number] for number in loud) / len(loud) / _FULL**2)
    problems = []
    if level < QUIET:
        problems.append(f"too quiet ({level:.0f} dBFS, expected {QUIET:.0f} or more): sox IN.wav OUT.wav norm -3")
    clipped = sum(1 for sample in samples if sample >= 32767 or sample <= -32768) / len(samples)
    if clipped > CLIPPED:
        problems.append(f"clipped: {clipped:.1%} of it is at full scale; record it anew with less gain")
    before, after = loud[0] * _WINDOW, (len(powers) - 1 - loud[-1]) * _WINDOW
    if before > BEFORE:
        problems.append(
            f"begins with {before:.1f} s of silence, at most {BEFORE:g}: sox IN.wav OUT.wav trim {before:.1f}"
        )
    if after > AFTER:
        keep = (loud[-1] + 1) * _WINDOW + 0.3
        problems.append(f"ends with {after:.1f} s of silence, at most {AFTER:g}: sox IN.wav OUT.wav trim 0 {keep:.1f}")
    return f"{level:.0f} dBFS", problems


def _power(window: Sequence[int]) -> float:
    return float(sum(map(mul, window, window)) / len(window))


def _takes(tenant: str, what: str, files: Mapping[str, str], wanted: Sequence[str], lack: str) -> Iterator[Take]:
    for locale in [*files, *(one for one in wanted if one not in files)]:
        if locale in files:
            found, problems = check_file(files[locale])
            yield Take(tenant=tenant, what=what, locale=locale, path=files[locale], found=found, problems=problems)
        else:
            yield Take(
                tenant=tenant, what=what, locale=locale, problems=(f"missing: clients who speak {locale} {lack}",)
            )


def _languages(tenant: Tenant) -> list[str]:
    texts = [tenant.question, *(own.question for own in (*tenant.services.values(), *tenant.levels.values()))]
    texts += [own.recording for own in tenant.services.values()]
    texts += [text for way in tenant.ways.values() for text in (way.question, way.thanks, way.again, way.menu)]
    return sorted({tenant.locale, *(locale for text in texts for locale in text)})
