"""What staff recorded: found by name inside one folder, and known by its hash."""

from __future__ import annotations

import hashlib
import io
import re
import wave
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

#: A minute of 48 kHz is 6 MB.
MAX_BYTES = 20 * 1024 * 1024
_NAME = re.compile(r"[\w() .+-]+(/[\w() .+-]+)*")


class RecordingRefused(Exception):
    """A recording that is not there, is another one than was meant, or cannot be played."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A file that can be played, and how long that takes."""

    name: str
    path: Path
    seconds: float


class Recordings:
    """The folder. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._known: dict[Path, tuple[tuple[int, int, int], str, float]] = {}

    def find(self, name: str, sha256: str) -> Recording:
        """The recording of that name with that content. Raises :class:`RecordingRefused`."""
        parts = PurePosixPath(name).parts
        if not _NAME.fullmatch(name) or any(part.startswith(".") for part in parts):
            raise RecordingRefused(f"recording {name[:100]!r}: expected the name of a file in the folder of recordings")
        try:
            takes = [self._read(path) for path in self._files(parts)]
        except OSError as error:
            raise RecordingRefused(f"recording {name!r} cannot be read ({error.strerror})") from error
        if not takes:
            raise RecordingRefused(f"recording {name!r} is unknown here")
        for path, digest, seconds in takes:
            if digest != sha256.lower():
                continue
            if not seconds:
                expected = "expected a WAV, PCM of 16 bits, one channel"
                raise RecordingRefused(f"recording {name!r} cannot be played: {expected}")
            return Recording(name=name, path=path, seconds=seconds)
        raise RecordingRefused(f"recording {name!r} is stale: another file of that name is here; copy it anew")

    def _files(self, parts: tuple[str, ...]) -> list[Path]:
        """The files of that name, in the folder itself or below: ``ru/`` and ``en/`` may have one each."""
        found = (path for path in self._folder.rglob("*") if path.name == parts[-1] and path.is_file())
        inside = (path for path in found if path.resolve().is_relative_to(self._folder))
        return [path for path in inside if path.relative_to(self._folder).parts[-len(parts) :] == parts]

    def _read(self, path: Path) -> tuple[Path, str, float]:
        """Its hash, and how long it is: 0 where it cannot be played."""
        stat = path.stat()
        state = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known = self._known.get(path)
        if known is None or known[0] != state:
            data = path.read_bytes() if stat.st_size <= MAX_BYTES else b""
            known = self._known[path] = (state, hashlib.sha256(data).hexdigest(), seconds_of(data))
        return path, known[1], known[2]


def seconds_of(data: bytes) -> float:
    """How long a WAV of 16-bit PCM with one channel plays; 0 for anything else, and for one that is cut short."""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            plain = sound.getnchannels() == 1 and sound.getsampwidth() == 2 and 8000 <= sound.getframerate() <= 48000
            frames = len(sound.readframes(sound.getnframes())) // 2 if plain else 0
            return frames / sound.getframerate() if frames == sound.getnframes() else 0.0
    except (wave.Error, EOFError, ValueError):
        return 0.0
