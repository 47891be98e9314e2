"""Which change of the configuration opens a new procedure: docs/procedures.md says so, and it is so."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, fields
from tests.world import merged

from nps_plugin import SCALES, Secret, read_mapping
from nps_plugin.config.fields import Refused
from nps_plugin.config.schemas import TenantSchema
from nps_plugin.surveys.procedure import SHIPPED_WORDING, changes, procedure_of
from nps_plugin.wording.texts import default_question

ROOT = Path(__file__).resolve().parents[2]

MOOD = {
    "low": 1,
    "high": 4,
    "dissatisfied_to": 1,
    "satisfied_from": 4,
    "ends": {"en": ["awful", "superb"]},
    "labels": {"en": ["awful", "bad", "good", "superb"]},
}
BASE: dict[str, Any] = {
    "brand": {"name": "Acme", "sender": "Acme <help@acme.example>"},
    "scale": "mood",
    "scales": {"mood": MOOD},
    "kpi": [{"resolve_within": "4h", "calendar": "office"}],
    "calendars": {"office": {"hours": {"mon-fri": "09:00-18:00"}}, "shop": {"hours": {"sat": "10:00-12:00"}}},
    "ask": {"channels": ["email", "phone"]},
}


WEBHOOK = {"url": "https://crm.example.org/ratings", "secret": Secret("a secret of the tests, long enough")}


def mood(**change: Any) -> dict[str, Any]:
    return {"scales": {"mood": MOOD | change}}


def kpi(**change: Any) -> dict[str, Any]:
    return {"kpi": [{"resolve_within": "4h", "calendar": "office"} | change]}


def office(**change: Any) -> dict[str, Any]:
    return {"calendars": {"office": {"hours": {"mon-fri": "09:00-18:00"}} | change}}


def service(**change: Any) -> dict[str, Any]:
    return {"services": {"loan": change}}


MENU = {"after_low": "menu", "menu": {"en": "loan.wav"}, "menu_keys": {"1": "speed"}}
#: One change of each key, laid over BASE.
CHANGES: dict[str, dict[str, Any]] = {
    "scale": {"scale": "faces-3"},
    "scales.*.low": mood(low=0, labels={"en": ["hell", "awful", "bad", "good", "superb"]}),
    "scales.*.high": mood(high=5, labels={"en": ["awful", "bad", "good", "superb", "heaven"]}),
    "scales.*.dissatisfied_to": mood(dissatisfied_to=2),
    "scales.*.satisfied_from": mood(satisfied_from=3),
    "scales.*.ends.*": mood(ends={"en": ["awful", "splendid"]}),
    "scales.*.labels.*": mood(labels={"en": ["awful", "poor", "good", "superb"]}),
    "question": {"question": {"en": "Did we help?"}},
    "ask.channels": {"ask": {"channels": ["phone", "email"]}},
    "ask.attempts.*": {"ask": {"attempts": {"phone": 3}}},
    "ask.hours.*": {"ask": {"hours": {"phone": "10:00-19:00"}}},
    "ask.max_contacts": {"ask": {"max_contacts": 2}},
    "ask.delay": {"ask": {"delay": "3d"}},
    "ask.remind_after": {"ask": {"remind_after": "3d"}},
    "ask.expires_after": {"ask": {"expires_after": "14d"}},
    "ask.sample": {"ask": {"sample": 0.5}},
    "ask.quarantine": {"ask": {"quarantine": "0d"}},
    "ask.quarantine_by": {"ask": {"quarantine_by": "organization"}},
    "brand.sender": {"brand": {"sender": "Olga <olga@acme.example>"}},
    "channels.*.adapter": {"channels": {"phone": {"adapter": "sip"}}},
    "channels.*.scale": {"channels": {"phone": {"scale": "keypad-10"}}},
    "channels.*.question": {"channels": {"phone": {"question": {"en": "Did we help?"}}}},
    "channels.*.rate": {"channels": {"phone": {"rate": "30/m"}}},
    "channels.*.again": {"channels": {"phone": {"again": {"en": "loan.wav"}}}},
    "channels.*.ring": {"channels": {"phone": {"ring": 20}}},
    "channels.*.wait": {"channels": {"phone": {"wait": 5}}},
    "channels.*.repeat": {"channels": {"phone": {"repeat": 0}}},
    "channels.*.thanks": {"channels": {"phone": {"thanks": {"en": "loan.wav"}}}},
    "channels.*.after_low": {"channels": {"phone": {"after_low": "operator"}}},
    "channels.*.menu": {"channels": {"phone": MENU}},
    "channels.*.menu_keys": {"channels": {"phone": MENU | {"menu_keys": {"2": "errors"}}}},
    "services.*.question": service(question={"en": "How was the loan?"}),
    "services.*.recording": service(recording={"en": "loan.wav"}),
    "services.*.delay": service(delay="3d"),
    "services.*.channels": service(channels=["phone"]),
    "services.*.attempts.*": service(attempts={"phone": 3}),
    "services.*.hours.*": service(hours={"phone": "10:00-19:00"}),
    "levels.*.question": {"levels": {"head": {"question": {"en": "How was it?"}}}},
    "levels.*.delay": {"levels": {"head": {"delay": "3d"}}},
    "levels.*.channels": {"levels": {"head": {"channels": ["phone"]}}},
    "levels.*.attempts.*": {"levels": {"head": {"attempts": {"phone": 3}}}},
    "levels.*.hours.*": {"levels": {"head": {"hours": {"phone": "10:00-19:00"}}}},
    "webhook.url": {"webhook": WEBHOOK | {"url": "https://other.example.org/ratings"}},
    "webhook.secret": {"webhook": WEBHOOK | {"secret": Secret("another secret of the tests")}},
    "webhook.timeout": {"webhook": WEBHOOK | {"timeout": 3.0}},
    "closures.secret": {"closures": {"secret": Secret("another secret of the tests")}},
    "channels.*": {"channels": {"email": {"host": "other.example.org"}}},
    "ask.edit_window": {"ask": {"edit_window": "1h"}},
    "ask.ask_why": {"ask": {"ask_why": ["neutral"]}},
    "ask.why_call.bands": {"ask": {"why_call": {"bands": ["satisfied"]}}},
    "ask.why_call.share": {"ask": {"why_call": {"bands": ["satisfied"], "share": 0.5}}},
    "reasons.add.*": {"reasons": {"add": {"parking": {"en": "Parking"}}}},
    "indicators.*.text": {"indicators": {"solved": {"text": {"en": "It is done"}}}},
    "indicators.*.criterion": {"indicators": {"solved": {"criterion": "speed"}}},
    "indicators.*.bands": {"indicators": {"solved": {"bands": ["neutral"]}}},
    "criteria.*.text": {"criteria": {"comfort": {"text": {"en": "Comfort"}}}},
    "brand.name": {"brand": {"name": "Acme Ltd"}},
    "brand.logo": {"brand": {"logo": "logo.svg"}},
    "brand.colour": {"brand": {"colour": "#0a6"}},
    "locale": {"locale": "ru"},
    "timezone": {"timezone": "Europe/Moscow"},
    "attribution": {"attribution": "closer"},
    "internal_clients": {"internal_clients": ["*@acme.example"]},
    "kpi.resolve_within": kpi(resolve_within="8h"),
    "kpi.calendar": kpi(calendar="shop"),
    "kpi.priority": kpi(priority=["1"]),
    "kpi.queue": kpi(queue=["billing"]),
    "kpi.service": kpi(service=["mail"]),
    "kpi.organization": kpi(organization=["Northwind"]),
    "kpi.contract": kpi(contract=["gold"]),
    "calendars.*.hours": office(hours={"mon-fri": "10:00-18:00"}),
    "calendars.*.timezone": office(timezone="Europe/Moscow"),
    "calendars.*.holidays": office(holidays="RU"),
    "targets.kpi_share": {"targets": {"kpi_share": 0.9}},
    "targets.satisfied_share": {"targets": {"satisfied_share": 0.8}},
    "targets.service.*.kpi_share": {"targets": {"service": {"mail": {"kpi_share": 0.7}}}},
    "targets.service.*.satisfied_share": {"targets": {"service": {"mail": {"satisfied_share": 0.7}}}},
    "targets.queue.*.kpi_share": {"targets": {"queue": {"mail": {"kpi_share": 0.7}}}},
    "targets.queue.*.satisfied_share": {"targets": {"queue": {"mail": {"satisfied_share": 0.7}}}},
    "targets.organization.*.kpi_share": {"targets": {"organization": {"mail": {"kpi_share": 0.7}}}},
    "targets.organization.*.satisfied_share": {"targets": {"organization": {"mail": {"satisfied_share": 0.7}}}},
    "signs.quick_fix_within": {"signs": {"quick_fix_within": "7d"}},
    "signs.brush_off_within": {"signs": {"brush_off_within": 0.2}},
    "signs.brush_off_shorter": {"signs": {"brush_off_shorter": 0.2}},
    "signs.bouncing_from": {"signs": {"bouncing_from": 3}},
    "signs.paused_over": {"signs": {"paused_over": 0.6}},
    "minimum.ratings": {"minimum": {"ratings": 20}},
    "minimum.clients": {"minimum": {"clients": 20}},
    "minimum.periods": {"minimum": {"periods": 12}},
    "minimum.shown": {"minimum": {"shown": 10}},
    "enabled": {"enabled": False},
}


def tenant(folder: Path, **change: Any) -> Any:
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the tests")]}
    return read_mapping({"page": page, "tenants": {"acme": merged(BASE, change)}}, base=folder).tenants["acme"]


def keys(schema: Schema, where: str = "") -> Iterator[str]:
    for name, field in schema.fields.items():
        if isinstance(field, Refused):
            continue
        inner, star = (field.value_field, ".*") if isinstance(field, fields.Dict) else (field, "")
        inner = inner.inner if isinstance(inner, fields.List) else inner
        if isinstance(inner, fields.Nested):
            yield from keys(inner.schema, f"{where}{name}{star}.")
        else:
            yield f"{where}{name}{star}"


def table() -> dict[str, str]:
    text = (ROOT / "docs" / "procedures.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([^`]+)` \| (yes|no) \|", text, flags=re.MULTILINE))


def test_every_key_of_the_configuration_is_classified():
    # an adapter's own keys are known to the adapter; its name alone is ours
    assert set(table()) == {*keys(TenantSchema()), "channels.*"}
    assert set(CHANGES) == set(table())


@pytest.mark.parametrize("key", CHANGES)
def test_a_change_of_a_key_does_what_the_table_says(key, tmp_path):
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "loan.wav").write_bytes(b"RIFF")
    before, after = procedure_of(tenant(tmp_path)), procedure_of(tenant(tmp_path, **CHANGES[key]))
    opened = {"yes": True, "no": False}[table()[key]]
    assert (before.digest != after.digest) is opened
    assert bool(changes(before.spec, after.spec)) is opened


def test_another_take_of_a_recording_is_another_procedure(tmp_path):
    recording = tmp_path / "loan.wav"
    recording.write_bytes(b"RIFF one")
    before = procedure_of(tenant(tmp_path, **service(recording={"en": "loan.wav"})))
    recording.write_bytes(b"RIFF two")
    after = procedure_of(tenant(tmp_path, **service(recording={"en": "loan.wav"})))
    assert before.digest != after.digest


def test_the_digest_depends_on_the_settings_alone(tmp_path):
    one = procedure_of(tenant(tmp_path, ask={"attempts": {"email": 2, "phone": 3}}))
    other = procedure_of(tenant(tmp_path, ask={"attempts": {"phone": 3, "email": 2}}))
    assert one.digest == other.digest
    assert re.fullmatch("[0-9a-f]{16}", one.digest)
    # through the database and back
    assert changes(one.spec, json.loads(json.dumps(dict(one.spec)))) == []


def test_the_digest_of_the_plain_settings_is_that_of_every_release():
    """An upgrade of the library must not open a new procedure. Where this fails, it does: see procedure_of."""
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the tests")]}
    plain = {"brand": {"sender": "Acme <help@acme.example>"}}
    found = procedure_of(read_mapping({"page": page, "tenants": {"acme": plain}}).tenants["acme"])
    assert found.digest == PLAIN


def test_changed_texts_of_ours_raise_the_version_of_the_wording():
    """Where this fails: raise SHIPPED_WORDING, put the new digest here, and say in CHANGELOG.md what ends."""
    texts = [(name, locale, default_question(name, locale)) for name in SCALES for locale in ("en", "ru")]
    points = [(scale.name, sorted(scale.ends.items()), sorted(scale.labels.items())) for scale in SCALES.values()]
    written = json.dumps([texts, points], ensure_ascii=False)
    assert (SHIPPED_WORDING, hashlib.sha256(written.encode()).hexdigest()[:16]) == WORDING


def test_changes_are_said_in_words(tmp_path):
    def said(**change):
        return [
            str(one)
            for one in changes(procedure_of(tenant(tmp_path)).spec, procedure_of(tenant(tmp_path, **change)).spec)
        ]

    assert said(scale="stars-5") == ["scale: mood -> stars-5"]
    assert said(ask={"delay": "36h"}) == ["ask.delay: 0s -> 1d12h"]
    assert said(ask={"channels": ["phone"]}) == ["ask.channels: email, phone -> phone", "channels.email: email -> none"]
    assert said(ask={"hours": {"phone": "10:00-19:00"}}) == ["ask.hours.phone: none -> 10:00-19:00"]
    assert said(question={"en": "Did we help?"}) == ["question.en: 'shipped 1' -> 'Did we help?'"]
    (bands,) = said(scales={"mood": {"dissatisfied_to": 2}})
    assert '"dissatisfied_to": 1' in bands
    assert '"dissatisfied_to": 2' in bands
    assert len(said(scale="faces-3", ask={"sample": 0.5})) == 2


PLAIN = "50ec076a1bc937f5"
WORDING = (1, "a4e9abf5d962eae5")
