"""Every hook is documented with its exact arguments and tested; every key of the configuration is shown."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

from marshmallow import Schema, fields

from nps_adapters.email.channel import _Settings as EmailSettings
from nps_adapters.pbx_http.settings import PbxSettings
from nps_plugin import NpsSpec
from nps_plugin.config.fields import Refused
from nps_plugin.config.schemas import RootSchema

ROOT = Path(__file__).resolve().parents[2]
HOOKS = {
    f"{name}({', '.join(list(inspect.signature(spec).parameters)[1:])})"
    for name, spec in vars(NpsSpec).items()
    if name.startswith("nps_")
}


def documented(text: str) -> set[str]:
    return set(re.findall(r"^### `(nps_\w+\([^)]*\))`$", text, flags=re.MULTILINE))


def test_every_hook_stands_in_the_documentation_with_its_exact_arguments_and_no_other_does():
    assert documented((ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")) == HOOKS


def untested(hooks: set[str], text: str) -> set[str]:
    """The hooks without a test of their own: one that is named for the hook, and nothing else."""
    return {name for hook in hooks if f"def test_hook_{(name := hook.partition('(')[0])}(" not in text}


def test_every_hook_has_a_test_of_its_own():
    text = (ROOT / "tests" / "plugins" / "test_each_hook.py").read_text(encoding="utf-8")
    assert untested(HOOKS, text) == set()


def missing_keys(schema: Schema, shown: object, where: str = "") -> list[str]:
    """The keys of a schema that an example of it does not show."""
    found = []
    assert isinstance(shown, dict), where
    for name, field in schema.fields.items():
        if isinstance(field, Refused):
            continue
        if name not in shown:
            found.append(f"{where}{name}")
            continue
        inner = field.value_field if isinstance(field, fields.Dict) else field
        inner = inner.inner if isinstance(inner, fields.List) else inner
        if isinstance(inner, fields.Nested):
            value = shown[name]
            values = value if isinstance(value, list) else value.values() if isinstance(field, fields.Dict) else [value]
            merged: dict[str, object] = {}
            for one in values:
                # a key of its own beside the named tables, such as indicators.use
                merged |= one if isinstance(one, dict) else {}
            found += missing_keys(inner.schema, merged, f"{where}{name}.")
    return found


def example() -> dict[str, object]:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    return tomllib.loads(text.split("## All there is")[1].split("```toml")[1].split("```")[0])


def test_every_key_of_the_configuration_is_shown_in_the_documentation():
    shown = example()
    assert missing_keys(RootSchema(), shown) == ["tenants.brand.logo"]  # named in a comment: no such file stands there
    email = shown["tenants"]["acme"]["channels"]["email"]  # type: ignore[index]
    assert missing_keys(EmailSettings(), email) == []
    phone = shown["tenants"]["acme"]["channels"]["phone"]  # type: ignore[index]
    assert missing_keys(PbxSettings(), phone) == []


def test_the_example_of_all_keys_can_be_used(monkeypatch, tmp_path):
    from nps_plugin import Ratings

    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    for name in ("ACME_SMTP_PASSWORD", "ACME_CLOSURES", "ACME_WEBHOOK", "ACME_PBX"):
        monkeypatch.setenv(name, "another secret of the tests")
    for name in ("microloan.wav", "microloan-en.wav", "thanks.wav", "again.wav", "why.wav"):
        (tmp_path / name).write_bytes(b"RIFF")
    monkeypatch.chdir(tmp_path)
    shown = example() | {"plugins": [], "database": {"url": "sqlite://"}}
    assert Ratings(shown).settings.tenants["acme"].kpi[0].calendar == "office"


def test_the_checks_find_what_is_missing():
    assert untested({"nps_x(a)", "nps_y()"}, "def test_hook_nps_x(world):") == {"nps_y"}
    assert documented("### `nps_x(a)`\n## `nps_y(b)`") == {"nps_x(a)"}
    assert "plugins" in missing_keys(RootSchema(), {"tenants": {"a": {}}})
    assert "tenants.enabled" in missing_keys(RootSchema(), {"tenants": {"a": {}}})
