"""Reading: every mistake of a configuration at once, each with tenant, key and what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields

from ..errors import ConfigError, ConfigProblem
from ..model import SCALES, Scale
from .fields import LOGOS, nearest
from .schemas import RootSchema
from .settings import (
    PATIENCE,
    SPOKEN,
    Ask,
    Brand,
    CalendarSettings,
    Indicator,
    KpiRule,
    Minimum,
    Own,
    Page,
    Rate,
    Retention,
    Settings,
    Signs,
    Target,
    Targets,
    Tenant,
    Way,
    Webhook,
    WhyCall,
)

_LOGO_LIMIT = 256 * 1024
_UNKNOWN = "Unknown field."
_OWN_WORDS = {
    "Missing data for required field.": "is required",
    "Field may not be null.": "expected a value, not nothing",
    "Not a valid mapping type.": "expected a table",
    "Invalid input type.": "expected a table",
    "Not a valid list.": "expected a list",
}


def read_toml(path: str | Path) -> Settings:
    """Read a TOML file. Raises :class:`~nps_plugin.errors.ConfigError` with all problems, syntax errors included."""
    import tomllib

    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([ConfigProblem(str(path), f"cannot be read ({error.strerror})")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigProblem(str(path), f"is not valid TOML: {error}")]) from None
    return read_mapping(data, base=path.parent)


def read_mapping(data: Mapping[str, Any], base: Path | None = None) -> Settings:
    """Read a mapping of the same shape. ``base`` is the folder from which logo files are looked for."""
    schema = RootSchema()
    problems: list[ConfigProblem] = []
    loaded: dict[str, Any]
    try:
        loaded = schema.load(data)
    except ValidationError as error:
        problems = problems_of(error, schema)
        loaded = error.valid_data if isinstance(error.valid_data, dict) else {}
    # a file that is not there is reported together with what is wrong in the text
    recordings = {
        name: _recordings(name, table, base or Path(), problems) for name, table in loaded.get("tenants", {}).items()
    }
    for name, table in loaded.get("tenants", {}).items():
        _spoken(name, table, base or Path(), problems)
    logos = {name: _logo(name, table, base or Path(), problems) for name, table in loaded.get("tenants", {}).items()}
    if problems:
        raise ConfigError(problems)
    page = loaded["page"]
    return Settings(
        plugins=loaded["plugins"],
        database_url=loaded["database"]["url"],
        page=Page(
            base_url=page["base_url"].rstrip("/"),
            secrets=tuple(page["secrets"]),
            trusted_proxies=tuple(page["trusted_proxies"]),
        ),
        tenants={
            name: _tenant(name, table, logos[name], recordings[name]) for name, table in loaded["tenants"].items()
        },
        retention=Retention(**loaded["retention"]),
    )


def _tenant(
    name: str, table: Mapping[str, Any], logo: tuple[str, bytes] | None, recordings: Mapping[str, Mapping[str, str]]
) -> Tenant:
    scales = dict(SCALES) | {own: _scale(own, spec) for own, spec in table["scales"].items()}
    brand, ask, zone = table["brand"], table["ask"], table["timezone"]
    return Tenant(
        name=name,
        enabled=table["enabled"],
        locale=table["locale"],
        timezone=zone,
        brand=Brand(name=brand.get("name", name), colour=brand["colour"], sender=brand.get("sender", ""), logo=logo),
        scale=scales[table["scale"]],
        question=table["question"],
        attribution=table["attribution"],
        internal_clients=table["internal_clients"],
        ask=Ask(**{**ask, "why_call": WhyCall(**ask["why_call"]) if ask["why_call"] else None}),
        kpi=tuple(KpiRule(**rule) for rule in table["kpi"]),
        calendars={key: CalendarSettings(**{"timezone": zone, **spec}) for key, spec in table["calendars"].items()},
        reasons=table["reasons"]["add"],
        indicators={key: Indicator(**spec) for key, spec in table["indicators"].items()},
        criteria={key: spec["text"] for key, spec in table["criteria"].items()},
        targets=_targets(table["targets"]),
        signs=Signs(**table["signs"]),
        minimum=Minimum(**table["minimum"]),
        channels={
            key: {word: value for word, value in spec.items() if word not in _CORES}
            for key, spec in table["channels"].items()
        },
        ways={key: _way(spec, scales) for key, spec in table["channels"].items() if set(spec) & set(_CORES)},
        services={
            key: Own(**{**spec, "recording": recordings.get(key, {})}) for key, spec in table["services"].items()
        },
        levels={key: Own(**spec) for key, spec in table["levels"].items()},
        webhook=Webhook(**table["webhook"]) if "webhook" in table else None,
        closures_secret=table["closures"]["secret"] if "closures" in table else None,
    )


#: Keys of a channel that are ours and not its adapter's.
_CORES = ("scale", "rate", "question", "after_low", "menu_keys", *SPOKEN, *PATIENCE)


def _way(spec: Mapping[str, Any], scales: Mapping[str, Scale]) -> Way:
    rate = spec.get("rate")
    return Way(
        scale=scales[spec["scale"]] if "scale" in spec else None,
        rate=None if rate is None else Rate(count=rate[0], per=rate[1]),
        **{key: spec[key] for key in _CORES[2:] if key in spec},
    )


def _recordings(
    tenant: str, table: Mapping[str, Any], base: Path, problems: list[ConfigProblem]
) -> dict[str, dict[str, str]]:
    """The recordings of the services as absolute paths; each that is not there is a problem."""
    owns = table.get("services", {}).items() if table.get("enabled", True) else ()
    return {
        service: _files(own["recording"], f"services.{service}.recording", base, problems, tenant)
        for service, own in owns
        if own.get("recording")
    }


def _spoken(tenant: str, table: Mapping[str, Any], base: Path, problems: list[ConfigProblem]) -> None:
    """The same for the recordings of channels, put in their place."""
    for name, way in table.get("channels", {}).items() if table.get("enabled", True) else ():
        for key in SPOKEN:
            if key in way:
                way[key] = _files(way[key], f"channels.{name}.{key}", base, problems, tenant)


def _files(
    names: Mapping[str, str], key: str, base: Path, problems: list[ConfigProblem], tenant: str
) -> dict[str, str]:
    found = {locale: (base / name).absolute() for locale, name in names.items()}
    for locale, path in found.items():
        if not path.is_file():
            problems.append(ConfigProblem(f"{key}.{locale}", f"{path} is no file that can be read", tenant=tenant))
    return {locale: str(path) for locale, path in found.items()}


def _targets(table: Mapping[str, Any]) -> Targets:
    special = {
        dimension: {value: Target(**target) for value, target in table[dimension].items()}
        for dimension in ("service", "queue", "organization")
    }
    return Targets(kpi_share=table["kpi_share"], satisfied_share=table["satisfied_share"], **special)


def _scale(name: str, spec: Mapping[str, Any]) -> Scale:
    labels = spec.get("labels", {})
    ends = {locale: (texts[0], texts[-1]) for locale, texts in labels.items()}
    ends |= {locale: (texts[0], texts[1]) for locale, texts in spec.get("ends", {}).items()}
    return Scale(
        name=name,
        low=spec["low"],
        high=spec["high"],
        dissatisfied_to=spec["dissatisfied_to"],
        satisfied_from=spec["satisfied_from"],
        ends=ends,
        labels=labels,
    )


def _logo(tenant: str, table: Mapping[str, Any], base: Path, problems: list[ConfigProblem]) -> tuple[str, bytes] | None:
    name = table.get("brand", {}).get("logo")
    if name is None or not table.get("enabled", True):
        return None
    path = base / name
    kind = LOGOS[path.suffix.lower()]
    try:
        content = path.read_bytes()
    except OSError as error:
        problems.append(ConfigProblem("brand.logo", f"{path} cannot be read ({error.strerror})", tenant=tenant))
        return None
    if len(content) > _LOGO_LIMIT:
        problems.append(ConfigProblem("brand.logo", f"{path} is over {_LOGO_LIMIT // 1024} KiB", tenant=tenant))
        return None
    return kind, content


def problems_of(error: ValidationError, schema: Schema) -> list[ConfigProblem]:
    """Everything that a schema refused, with the nearest right key for an unknown one."""
    return [_problem(path, text) for path, text in _flat(error.messages, schema, ())]


def _problem(path: tuple[str, ...], text: str) -> ConfigProblem:
    if len(path) >= 2 and path[0] == "tenants":
        return ConfigProblem(".".join(path[2:]), text, tenant=path[1])
    return ConfigProblem(".".join(path), text)


def _flat(messages: Any, where: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """marshmallow's nested messages as (path, text), with the nearest right key for an unknown one."""
    if isinstance(messages, str):
        yield path, _OWN_WORDS.get(messages, messages)
    elif isinstance(messages, list):
        for message in messages:
            yield from _flat(message, where, path)
    elif isinstance(where, fields.Dict):
        for key, problem in messages.items():
            if isinstance(problem, Mapping) and set(problem) <= {"key", "value"}:
                yield from _flat(problem.get("key", []), None, (*path, str(key)))
                yield from _flat(problem.get("value", []), _inside(where.value_field), (*path, str(key)))
            else:
                yield from _flat(problem, _inside(where.value_field), (*path, str(key)))
    elif isinstance(where, Schema):
        for key, problem in messages.items():
            if problem == [_UNKNOWN]:
                yield (*path, str(key)), f"unknown key{nearest(key, where.fields)}"
            elif key == "_schema":
                yield from _flat(problem, None, path)
            else:
                yield from _flat(problem, _inside(where.fields.get(key)), (*path, str(key)))
    else:
        inner = _inside(where.inner) if isinstance(where, fields.List) else None
        for key, problem in messages.items():
            # a list's positions are counted from 1 for people
            shown = str(key + 1) if isinstance(key, int) else str(key)
            yield from _flat(problem, inner, (*path, shown))


def _inside(field: Any) -> Any:
    # a field may read a table by a schema of its own, as Nested does
    return getattr(field, "schema", None) or field
