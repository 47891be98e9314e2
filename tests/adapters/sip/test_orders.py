"""Orders and recordings as they arrive."""

from __future__ import annotations

import hashlib
import json
import wave
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.sip.ivr import write_tone

from nps_adapters.sip.desk import masked
from nps_adapters.sip.orders import Order, OrderRefused, read_order
from nps_adapters.sip.recordings import RecordingRefused, Recordings

ANY = "0" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    return folder


def given(digest: str, **other: Any) -> bytes:
    one = {"name": "m.wav", "sha256": digest}
    order = {"call": "m1", "to": "+79161234567", "hook": "https://help.example.org/h", "recording": one, "keys": "012"}
    return json.dumps(order | other).encode()


def test_an_order_is_read_and_survives_the_way_to_the_telephone(folder: Path):
    digest = write_tone(folder / "m.wav", 440)
    menu = {"after": "01", "recording": {"name": "m.wav", "sha256": digest.upper()}, "keys": {"1": "speed"}}
    order = read_order(given(digest, menu=menu, wait=5.5), Recordings(folder), ["+7"])
    assert (order.keys, order.wait, order.repeat, order.ring, order.thanks) == (frozenset("012"), 5.5, 1, 30, None)
    assert order.recording.seconds == pytest.approx(0.5)
    assert order.menu is not None
    assert (order.menu.after, order.menu.keys) == (frozenset("01"), frozenset("1"))
    assert Order.from_plain(json.loads(json.dumps(order.to_plain()))) == order
    assert "9161234567" not in repr(order)


WRONG = {
    "to": "79x", "from": "a b", "hook": "file:///etc/passwd", "keys": "", "wait": 0, "repeat": True, "ring": "30",
    "thanks": "thanks.wav", "again": {"name": "a.wav"}, "menu": {"after": "0", "keys": {"12": "x"}}, "call": "",
}  # fmt: skip


def test_everything_that_is_wrong_is_named_at_once(folder: Path):
    with pytest.raises(OrderRefused) as refused:
        read_order(given(ANY, **WRONG), Recordings(folder), [])
    assert refused.value.status == 400
    assert {said.partition(":")[0] for said in str(refused.value).split("; ")} >= set(WRONG)


def test_a_number_that_may_not_be_called_is_refused_without_being_shown(folder: Path):
    with pytest.raises(OrderRefused, match=r"trunk\.allow") as refused:
        read_order(given(ANY, to="+19005550100"), Recordings(folder), ["+7", "+375"])
    assert (refused.value.status, "900555" in str(refused.value)) == (400, False)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_order_is_refused(folder: Path, body: bytes):
    with pytest.raises(OrderRefused, match="expected a JSON object"):
        read_order(body, Recordings(folder), [])


@pytest.mark.parametrize(
    "name", ["../secret.wav", "/etc/passwd", "..", "", "a/../../secret.wav", ".hidden.wav", "a\0b"]
)
def test_only_the_folder_is_looked_into(folder: Path, name: str):
    digest = write_tone(folder.parent / "secret.wav", 440)
    with pytest.raises(RecordingRefused, match="expected the name of a file"):
        Recordings(folder).find(name, digest)


def test_a_link_that_leads_out_is_not_followed(folder: Path):
    digest = write_tone(folder.parent / "secret.wav", 440)
    (folder / "m.wav").symlink_to(folder.parent / "secret.wav")
    with pytest.raises(RecordingRefused, match="unknown"):
        Recordings(folder).find("m.wav", digest)


def test_each_language_may_have_a_file_of_that_name(folder: Path):
    (folder / "ru").mkdir()
    (folder / "en").mkdir()
    ru, en = write_tone(folder / "ru" / "заём.wav", 440), write_tone(folder / "en" / "заём.wav", 880)
    recordings = Recordings(folder)
    assert recordings.find("заём.wav", ru).path.parent.name == "ru"
    assert recordings.find("заём.wav", en).path.parent.name == "en"
    with pytest.raises(RecordingRefused, match="stale"):
        recordings.find("ru/заём.wav", en)


def test_a_new_take_is_noticed(folder: Path):
    recordings, before = Recordings(folder), write_tone(folder / "m.wav", 440)
    recordings.find("m.wav", before)
    after = write_tone(folder / "m.wav", 500, seconds=1)
    with pytest.raises(RecordingRefused, match="stale"):
        recordings.find("m.wav", before)
    assert recordings.find("m.wav", after).seconds == pytest.approx(1)


def test_what_cannot_be_played_is_refused(folder: Path):
    with wave.open(str(folder / "stereo.wav"), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    write_tone(folder / "whole.wav", 440)
    (folder / "cut.wav").write_bytes((folder / "whole.wav").read_bytes()[:-100])
    (folder / "empty.wav").write_bytes(b"")
    for name in ("stereo.wav", "cut.wav", "empty.wav"):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        with pytest.raises(RecordingRefused, match="cannot be played"):
            Recordings(folder).find(name, digest)


def test_a_number_in_the_log_cannot_be_called():
    assert masked("+79161234567") == "+7...67"
