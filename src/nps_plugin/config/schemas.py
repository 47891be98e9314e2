"""The shape of the configuration: which keys there are, what each holds, what stands where one is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from ..model import SCALES, Band
from . import fields as f
from .indicators import CriterionSchema, Indicators, check_criteria
from .indicators import Strict as Strict  # noqa: PLC0414 - exports are read with it, too
from .settings import AFTER_LOW


def _defaults(kind: type[Strict]) -> Any:
    """What a table holds that is left out."""
    return _made(kind).load({})


@cache
def _made(kind: type[Strict]) -> Strict:
    # a schema is dear to make, and a thousand tenants need the same one
    return kind()


class BrandSchema(Strict):
    name = f.Text()
    logo = f.PictureFile()
    colour = f.Colour(load_default="#1f6f5c")
    sender = f.Address()


class ScaleSchema(Strict):
    low = f.Whole(-10, 11, required=True)
    high = f.Whole(-9, 21, required=True)
    dissatisfied_to = f.Whole(-10, 21, required=True)
    satisfied_from = f.Whole(-10, 21, required=True)
    ends = fields.Dict(keys=f.Choice(*f.LOCALES), values=f.Words())
    labels = fields.Dict(keys=f.Choice(*f.LOCALES), values=f.Words())

    @validates_schema
    def _consistent(self, data: Any, **_: Any) -> None:
        points = data["high"] - data["low"] + 1
        if not 2 <= points <= 11:
            raise ValidationError("expected 2 to 11 points", "high")
        if not data["low"] <= data["dissatisfied_to"] < data["satisfied_from"] <= data["high"]:
            raise ValidationError(
                "expected low <= dissatisfied_to < satisfied_from <= high, so that each band lies on the scale",
                "satisfied_from",
            )
        for locale, texts in data.get("ends", {}).items():
            if len(texts) != 2:
                raise ValidationError(f"{locale}: expected two texts, for the lowest and the highest point", "ends")
        for locale, texts in data.get("labels", {}).items():
            if len(texts) != points:
                raise ValidationError(f"{locale}: expected {points} texts, one for each point", "labels")
        if "ends" not in data and "labels" not in data:
            raise ValidationError(
                'expected { ru = ["worst", "best"], en = [...] }: clients must see what the ends mean', "ends"
            )


class WhyCallSchema(Strict):
    bands = f.Bands(required=True)
    share = f.Share(load_default=1.0)


class AskSchema(Strict):
    delay = f.Length(load_default=timedelta(0))
    channels = f.Words(load_default=("email",))
    attempts = fields.Dict(keys=f.Text(), values=f.Whole(1, 50), load_default=dict)
    expires_after = f.Length(zero=False, load_default=timedelta(days=28))
    edit_window = f.Length(load_default=timedelta(hours=24))
    ask_why = f.Bands(load_default=frozenset({Band.DISSATISFIED}))
    hours = fields.Dict(keys=f.Text(), values=f.DayHours(), load_default=dict)
    max_contacts = f.Whole(1, 100, load_default=3)
    quarantine = f.Length(load_default=timedelta(days=30))
    quarantine_by = f.Choice("person", "organization", load_default="person")
    sample = f.Share(load_default=1.0)
    remind_after = f.Length(zero=False, load_default=None)
    why_call = fields.Nested(WhyCallSchema, load_default=None)

    @validates_schema
    def _channels(self, data: Any, **_: Any) -> None:
        channels = data["channels"]
        if not channels:
            raise ValidationError("expected at least one channel", "channels")
        if len(set(channels)) != len(channels):
            raise ValidationError("expected each channel once", "channels")
        if "host" in channels and len(channels) > 1:
            raise ValidationError('"host" stands alone: the question goes into the host\'s own message', "channels")
        for key in ("attempts", "hours"):
            for name in data[key]:
                if name not in channels:
                    raise ValidationError(f"{name}: no such channel in ask.channels{f.nearest(name, channels)}", key)

    @validates_schema
    def _sensible(self, data: Any, **_: Any) -> None:
        remind_after, by_host = data["remind_after"], "host" in data["channels"]
        if by_host and remind_after is not None:
            raise ValidationError(
                'the host\'s own message ("host") cannot be sent again by the library', "remind_after"
            )
        if by_host and data["hours"]:
            raise ValidationError("the host sends its own message when it likes", "hours")
        if remind_after is not None and remind_after >= data["expires_after"]:
            raise ValidationError("expected less than expires_after, or nobody is ever reminded", "remind_after")


class OwnSchema(Strict):
    delay = f.Length(load_default=None)
    channels = f.Words(load_default=None)
    attempts = fields.Dict(keys=f.Text(), values=f.Whole(1, 50), load_default=dict)
    hours = fields.Dict(keys=f.Text(), values=f.DayHours(), load_default=dict)
    question = f.Locales(load_default=dict)

    @validates_schema
    def _channels(self, data: Any, **_: Any) -> None:
        channels = data["channels"]
        if channels is None:
            return
        if not channels or len(set(channels)) != len(channels):
            raise ValidationError("expected at least one channel, each once", "channels")
        if "host" in channels and len(channels) > 1:
            raise ValidationError('"host" stands alone: the question goes into the host\'s own message', "channels")


class ServiceSchema(OwnSchema):
    recording = f.Files(load_default=dict)


class ChannelSchema(Schema):
    """What the core reads of a channel; the rest is for the adapter to check."""

    class Meta:
        unknown = INCLUDE

    adapter = f.Text()
    scale = f.Text()
    rate = f.RateOf()
    question = f.Locales()
    after_low = f.Choice(*AFTER_LOW)
    thanks = f.Files()
    again = f.Files()
    menu = f.Files()
    menu_keys = f.MenuKeys()
    ring = f.Whole(5, 120)
    wait = f.Whole(2, 60)
    repeat = f.Whole(0, 3)

    @validates_schema
    def _menu(self, data: Any, **_: Any) -> None:
        asks = data.get("after_low") == "menu"
        for key in ("menu", "menu_keys"):
            if asks is not (key in data):
                raise ValidationError(
                    'is required with after_low = "menu"' if asks else 'needs after_low = "menu"', key
                )


class WebhookSchema(Strict):
    url = f.WebAddress(required=True)
    secret = f.SecretRef(required=True)
    timeout = fields.Float(load_default=10.0, validate=validate.Range(0.1, 60))


class ClosuresSchema(Strict):
    secret = f.SecretRef(required=True)


class KpiSchema(Strict):
    resolve_within = f.Length(zero=False, required=True)
    calendar = f.Text(load_default="")
    priority = f.Words(load_default=())
    queue = f.Words(load_default=())
    service = f.Words(load_default=())
    organization = f.Words(load_default=())
    contract = f.Words(load_default=())


class CalendarSchema(Strict):
    hours = f.Hours(required=True)
    timezone = f.Zone()
    holidays = f.Text(load_default="")

    @validates_schema
    def _country(self, data: Any, **_: Any) -> None:
        if not data["holidays"]:
            return
        import holidays

        country, _dash, part = data["holidays"].partition("-")
        known = holidays.list_supported_countries()
        if country not in known or (part and part not in known[country]):
            raise ValidationError(
                'expected a country such as "RU" or "DE-BY", as the holidays package names it', "holidays"
            )


class TargetSchema(Strict):
    kpi_share = f.Share(load_default=None)
    satisfied_share = f.Share(load_default=None)


class TargetsSchema(TargetSchema):
    service = fields.Dict(keys=f.Text(), values=fields.Nested(TargetSchema), load_default=dict)
    queue = fields.Dict(keys=f.Text(), values=fields.Nested(TargetSchema), load_default=dict)
    organization = fields.Dict(keys=f.Text(), values=fields.Nested(TargetSchema), load_default=dict)
    agent = f.Refused(
        "no targets by agent: a score is a reason to look, not a measure for a person; set them by service, queue or"
        " organization"
    )


class SignsSchema(Strict):
    quick_fix_within = f.Length(zero=False, load_default=timedelta(days=14))
    brush_off_within = f.Share(load_default=0.1)
    brush_off_shorter = f.Share(load_default=0.1)
    bouncing_from = f.Whole(2, 100, load_default=2)
    paused_over = f.Share(load_default=0.5)


class MinimumSchema(Strict):
    # upward only: below these the rules were not measured
    ratings = f.Whole(10, 100_000, load_default=10)
    clients = f.Whole(8, 100_000, load_default=8)
    periods = f.Whole(8, 1000, load_default=8)
    shown = f.Whole(5, 1000, load_default=5)


class ReasonsSchema(Strict):
    add = fields.Dict(keys=f.Text(), values=f.Locales(), load_default=dict)


class TenantSchema(Strict):
    enabled = f.Switch(load_default=True)
    locale = f.Choice(*f.LOCALES, load_default="en")
    timezone = f.Zone(load_default=lambda: f.Zone().deserialize("UTC"))
    brand = fields.Nested(BrandSchema, load_default=lambda: _defaults(BrandSchema))
    scale = f.Text(load_default="faces-3")
    scales = fields.Dict(keys=f.Text(), values=fields.Nested(ScaleSchema), load_default=dict)
    question = f.Locales(load_default=dict)
    attribution = f.Choice("assignee", "closer", "last_replier", load_default="assignee")
    internal_clients = f.Words(load_default=())
    ask = fields.Nested(AskSchema, load_default=lambda: _defaults(AskSchema))
    kpi = fields.List(fields.Nested(KpiSchema), load_default=list)
    calendars = fields.Dict(keys=f.Text(), values=fields.Nested(CalendarSchema), load_default=dict)
    targets = fields.Nested(TargetsSchema, load_default=lambda: _defaults(TargetsSchema))
    signs = fields.Nested(SignsSchema, load_default=lambda: _defaults(SignsSchema))
    minimum = fields.Nested(MinimumSchema, load_default=lambda: _defaults(MinimumSchema))
    reasons = fields.Nested(ReasonsSchema, load_default=lambda: _defaults(ReasonsSchema))
    criteria = fields.Dict(keys=f.Name(), values=fields.Nested(CriterionSchema), load_default=dict)
    indicators = Indicators(load_default=dict)
    channels = fields.Dict(keys=f.Text(), values=fields.Nested(ChannelSchema), load_default=dict)
    services = fields.Dict(keys=f.Text(), values=fields.Nested(ServiceSchema), load_default=dict)
    levels = fields.Dict(keys=f.Text(), values=fields.Nested(OwnSchema), load_default=dict)
    webhook = fields.Nested(WebhookSchema)
    closures = fields.Nested(ClosuresSchema)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _references(self, data: Any, original: Any, **_: Any) -> None:
        # what failed on its own is left out of ``data``; what is there is still checked, so that all is told at once
        problems: dict[str, Any] = {}
        scale, scales = data.get("scale"), data.get("scales", {})
        known = [*SCALES, *scales]
        if scale is not None and scale not in known:
            problems["scale"] = [f"expected one of {', '.join(known)}{f.nearest(scale, known)}"]
        if taken := sorted(set(scales) & set(SCALES)):
            problems["scales"] = [f"{taken[0]} is a shipped scale; give your own another name"]
        calendars = data.get("calendars")
        for number, rule in enumerate(data.get("kpi", ())):
            name = rule.get("calendar")
            if name and calendars is not None and name not in calendars:
                text = f"no calendar {name!r} under calendars{f.nearest(name, calendars)}"
                problems.setdefault("kpi", {})[number] = {"calendar": [text]}
        written = original.get("indicators") if isinstance(original, Mapping) else None
        if wrong := check_criteria(written, data.get("criteria", {})):
            problems["indicators"] = wrong
        asked = _check_plans(data, known, problems)
        brand = original.get("brand", {}) if isinstance(original, Mapping) else None
        if "email" in (asked or ()) and isinstance(brand, Mapping) and "sender" not in brand:
            problems["brand"] = {"sender": ['is required, since mail is sent: "Acme <support@acme.example>"']}
        if problems:
            raise ValidationError(problems)


def _check_plans(data: Any, scales: list[str], problems: dict[str, Any]) -> list[str] | None:
    """Every channel of every plan, and what does not fit together of channels, services and levels; None where the
    plan itself cannot be read."""
    planned = data.get("ask", {}).get("channels")
    owns = [(kind, name, own) for kind in ("services", "levels") for name, own in data.get(kind, {}).items()]
    asked = None if planned is None else [*planned, *(one for _, _, own in owns for one in own["channels"] or ())]
    for name, way in data.get("channels", {}).items():
        scale = way.get("scale")
        if asked is not None and name not in asked:
            text = f"not in ask.channels, so it would never be used{f.nearest(name, asked)}"
            problems.setdefault("channels", {})[name] = [text]
        elif scale is not None and scale not in scales:
            text = f"expected one of {', '.join(scales)}{f.nearest(scale, scales)}"
            problems.setdefault("channels", {})[name] = {"scale": [text]}
    for kind, name, own in owns if asked is not None else ():
        plan = own["channels"] or asked or ()
        for key in ("attempts", "hours"):
            if strange := [one for one in own[key] if one not in plan]:
                text = f"{strange[0]}: no such channel in this plan{f.nearest(strange[0], plan)}"
                problems.setdefault(kind, {})[name] = {key: [text]}
    return asked


class DatabaseSchema(Strict):
    url = f.Text(load_default="sqlite:///nps.sqlite3")


class PageSchema(Strict):
    base_url = f.WebAddress(load_default="")
    secrets = fields.List(f.SecretRef(), load_default=list)
    trusted_proxies = fields.List(f.Network(), load_default=list)


class RetentionSchema(Strict):
    comments = f.Length(zero=False, load_default=timedelta(days=730))
    contacts = f.Length(zero=False, load_default=timedelta(days=365))
    evidence = f.Length(zero=False, load_default=timedelta(days=30))


class RootSchema(Strict):
    plugins = f.Words(load_default=())
    database = fields.Nested(DatabaseSchema, load_default=lambda: _defaults(DatabaseSchema))
    page = fields.Nested(PageSchema, load_default=lambda: _defaults(PageSchema))
    retention = fields.Nested(RetentionSchema, load_default=lambda: _defaults(RetentionSchema))
    tenants = fields.Dict(keys=f.Name(), values=fields.Nested(TenantSchema), required=True)

    @validates_schema(skip_on_field_errors=False)
    def _page_needed(self, data: Any, **_: Any) -> None:
        page = data.get("page")
        if page is None or not any(table.get("enabled") for table in data.get("tenants", {}).values()):
            return
        problems = {}
        if page.get("base_url") == "":
            problems["base_url"] = ["is required: messages link to the rating page"]
        if page.get("secrets") == []:
            problems["secrets"] = ['is required: expected at least one, such as ["env:NPS_SECRET"]']
        if problems:
            raise ValidationError({"page": problems})
