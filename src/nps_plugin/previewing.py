"""Every message of a tenant as files, to be read before a client reads them. Nothing is sent, nothing stored."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .assembly import Parts
from .config import Tenant
from .errors import ConfigError, ConfigProblem, UnknownTenant
from .model import AnswerOutcome, CallKind, Message, Scale, Survey, SurveyState
from .ports import OPERATOR, capabilities_of
from .surveys.asking import WHY, new_message
from .texting import sms_parts
from .web import previews
from .wording.call_texts import script_lines
from .wording.catalogue import locales, translations
from .wording.indicator_texts import fulfilled_texts, indicator_text
from .wording.render import render
from .wording.replies import choices_of, outcome_text, why_line, why_texts
from .wording.texts import point_label

__all__ = ["Shown", "shown", "write_preview"]

_TICKET = "A-1042"
_SUBJECTS = {"ru": "Не печатает принтер", "en": "The printer does not print"}
_NAMES = {"ru": "Анна Петрова", "en": "Anna Petrova"}
#: Outcomes after which a messenger still asks why.
_ASKS_WHY = (AnswerOutcome.THANKS, AnswerOutcome.CHANGED)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One text in one language. ``kind`` is html or text, ``name`` the file's without its language and ending."""

    section: str
    title: str
    name: str
    locale: str
    kind: str
    content: str
    #: what is worth knowing beside it
    note: str = ""

    @property
    def file(self) -> str:
        """Where it stands below the folder."""
        return f"{self.name}.{self.locale}.{'html' if self.kind == 'html' else 'txt'}"


def write_preview(parts: Parts, tenant: str, folder: Path) -> list[Path]:
    """Write the files and ``index.html``, which shows all of them side by side; what was written.

    Raises ``UnknownTenant``.
    """
    known = parts.settings.tenants.get(tenant)
    if known is None:
        raise UnknownTenant(f"tenant {tenant!r} is not configured")
    if not known.enabled:
        raise ConfigError([ConfigProblem("enabled", "expected true: nothing is sent for this tenant", tenant=tenant)])
    found = list(shown(parts, known))
    written = []
    for one in found:
        path = folder / one.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.content, encoding="utf-8")
        written.append(path)
    index = folder / "index.html"
    index.write_text(_index(known, found), encoding="utf-8")
    return [*written, index]


def shown(parts: Parts, tenant: Tenant) -> Iterator[Shown]:
    """Every text of the tenant, in each language that ships."""
    for locale in locales():
        for channel in tenant.all_channels:
            speaks = capabilities_of(parts.channels.get((tenant.name, channel))).needs_recording
            for asked in _variants(tenant, channel, speaks=speaks):
                yield from _messages(parts, tenant, channel, locale, asked)
        yield from _replies(tenant, locale)
        yield from _indicators(tenant, locale)
        yield from _scripts(parts, tenant, locale)
        for name, title, html in previews.pages(tenant, _survey(parts, tenant), locale, _question(parts, tenant)):
            kind = {"kind": "html", "content": _inlined(html, tenant)}
            yield Shown(section="page", title=title, name=f"page/{name}", locale=locale, **kind)
    yield from _catalogue()


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Of which service and level, as which message."""

    service: str = ""
    level: str = ""
    kind: str = "question"

    @property
    def name(self) -> str:
        return "-".join(filter(None, (_safe(self.service), _safe(self.level), self.kind)))

    @property
    def title(self) -> str:
        of = [f"service {self.service}"] if self.service else [f"level {self.level}"] if self.level else []
        return ", ".join([*of, self.kind])


def _variants(tenant: Tenant, channel: str, *, speaks: bool) -> list[_Asked]:
    """What differs over that channel: the tenant's own, then each service and level that has words of its own."""
    found = [_Asked()] if channel in tenant.ask.channels else []
    found += [
        _Asked(service=name)
        for name, own in tenant.services.items()
        if channel in tenant.plan_of(name).channels and (own.question or own.recording or own.channels)
    ]
    found += [
        _Asked(level=name)
        for name, own in tenant.levels.items()
        if channel in tenant.plan_of("", name).channels and (own.question or own.channels)
    ]
    if tenant.adapter_of(channel) == OPERATOR:
        return found
    reminders = [] if tenant.ask.remind_after is None else [replace(one, kind="reminder") for one in found]
    # a link after a low key on the telephone, over any channel that carries one
    links = any(way.after_low == "link" for way in tenant.ways.values()) and not speaks
    return [*found, *reminders, *([_Asked(kind=WHY)] if links else [])]


def _messages(parts: Parts, tenant: Tenant, channel: str, locale: str, asked: _Asked) -> Iterator[Shown]:
    if channel == "host":
        return
    message = _message(parts, tenant, channel, locale, asked)
    adapter = tenant.adapter_of(channel)
    about = {"title": f"{channel}: {asked.title}", "locale": locale, "section": channel}
    name = f"{_safe(channel)}/{asked.name}"
    own = getattr(parts.channels.get((tenant.name, channel)), "preview", None)
    if adapter == "email":
        head = f"{message.sender}\n{message.subject}\n\n"
        html = _with_images(message.html, message.images)
        yield Shown(name=name, kind="html", content=html, note=message.subject, **about)
        yield Shown(name=f"{name}-plain", kind="text", content=head + message.text, **about)
    elif adapter == OPERATOR:
        for line in _call(parts, tenant, locale, CallKind.QUESTION, message):
            yield Shown(name=name, kind="text", content=line, **about)
    elif callable(own):
        text = str(own(message))
        yield Shown(name=name, kind="text", content=text, note=_room(text, message), **about)
    elif capabilities_of(parts.channels.get((tenant.name, channel))).needs_recording:
        yield Shown(name=name, kind="text", content=_played(message, asked), **about)
    else:
        yield Shown(name=name, kind="text", content=f"{message.question}\n{_keys(message)}", **about)


def _message(parts: Parts, tenant: Tenant, channel: str, locale: str, asked: _Asked) -> Message:
    contact = SimpleNamespace(
        client="", name=_NAMES[locale], email="anna@example.org", phone="+79161234567", telegram="1", locale=locale,
        timezone="", subject=_SUBJECTS[locale],
    )  # fmt: skip
    low = tenant.scale.low if asked.kind == WHY else None
    asking, _row = new_message(
        tenant, _survey(parts, tenant), contact, channel=channel, outcome="sending", now=parts.clock.now(),
        text=None if low is None else why_line(tenant.scale, low, locale),
        kind=asked.kind, service=asked.service, level=asked.level,
    )  # fmt: skip
    asking = replace(asking, score=low)
    # nobody's link: a token of its own shape that opens nothing
    return parts.word(tenant, replace(asking, token="0" * 22))


def _survey(parts: Parts, tenant: Tenant) -> Survey:
    now = parts.clock.now()
    return Survey(
        id="0" * 32, tenant=tenant.name, host="", ticket=_TICKET, closure=1, state=SurveyState.SENT,
        scale=tenant.scale, due_at=now, expires_at=now + tenant.ask.expires_after, channels=tenant.ask.channels,
    )  # fmt: skip


def _question(parts: Parts, tenant: Tenant) -> dict[str, dict[str, str]]:
    """The question of each scale in use, by language: as that of the first channel which has the scale."""
    return {
        locale: {
            scale.name: _message(parts, tenant, channel, locale, _Asked()).question
            for scale, channel in reversed(list(_scales(tenant)))
        }
        for locale in locales()
    }


def _scales(tenant: Tenant) -> Iterator[tuple[Scale, str]]:
    yield from ((tenant.scale_on(channel), channel) for channel in tenant.all_channels)


def _keys(message: Message) -> str:
    return "\n".join(
        f"[{point.score}] {point.label if point.label != str(point.score) else ''}".rstrip() for point in message.points
    )


def _room(text: str, message: Message) -> str:
    """How much room a short message takes, where it is one: then the link stands in it."""
    return f"{len(text)} characters, {sms_parts(text)} part(s)" if message.url in text else ""


def _played(message: Message, asked: _Asked) -> str:
    """What a telephone plays, file by file."""
    if not message.recording:
        service = f"service {asked.service}" if asked.service else "no service"
        return f"nothing is recorded ({service}, {message.locale}): nobody is called, the next channel asks"
    voices = ("recording", "again", "thanks", "menu")
    lines = [f"{name}: {getattr(message, name) or '-'}" for name in voices]
    lines += [f"menu key {key}: {reason}" for key, reason in message.menu_keys.items()]
    return "\n".join([*lines, "", "the keys:", _keys(message)])


def _replies(tenant: Tenant, locale: str) -> Iterator[Shown]:
    """What a messenger says to what came back; by a short message it is the first line alone."""
    why, invite = why_texts(locale)
    for outcome in AnswerOutcome:
        lines = [outcome_text(outcome, locale, tenant.scale, tenant.scale.low)]
        if outcome in _ASKS_WHY:
            lines += ["", why, *(f"[{choice.text}]" for choice in choices_of(tenant, locale)), "", invite]
        yield Shown(
            section="replies", title=outcome.value, name=f"replies/{outcome.value}", locale=locale, kind="text",
            content="\n".join(lines),
        )  # fmt: skip


def _indicators(tenant: Tenant, locale: str) -> Iterator[Shown]:
    """All that were agreed on; a client is asked three at most."""
    lines = [indicator_text(tenant, code, locale) for code in tenant.indicators]
    lines += ["", " ".join(f"[{text}]" for _, text in fulfilled_texts(locale))]
    if tenant.indicators:
        yield Shown(
            section="indicators", title="each with one tap", name="indicators/all", locale=locale, kind="text",
            content="\n".join(lines),
        )  # fmt: skip


def _scripts(parts: Parts, tenant: Tenant, locale: str) -> Iterator[Shown]:
    """What an operator says who calls to learn why."""
    if tenant.ask.why_call is None and not any(way.after_low == "operator" for way in tenant.ways.values()):
        return
    message = _message(parts, tenant, tenant.all_channels[0], locale, _Asked())
    for text in _call(parts, tenant, locale, CallKind.WHY, message):
        yield Shown(section="why-call", title="after an answer", name="why-call/why", locale=locale, kind="text",
                    content=text)  # fmt: skip


def _call(parts: Parts, tenant: Tenant, locale: str, kind: CallKind, message: Message) -> Iterator[str]:
    low = tenant.scale.low
    label = point_label(tenant.scale, low, locale)
    lines = script_lines(
        tenant, locale, kind, question=message.question, name=_NAMES[locale], ticket=_TICKET,
        subject=_SUBJECTS[locale], closed_at=parts.clock.now() - timedelta(days=1),
        score=str(low) if label == str(low) else f"{low} ({label})",
    )  # fmt: skip
    yield "\n".join(lines) + (f"\n\n{_keys(message)}" if kind is CallKind.QUESTION else "")


def _catalogue() -> Iterator[Shown]:
    """Every text of the catalogues beside its translation: those of verdicts, reports and staff pages too."""
    for locale in locales()[1:]:
        known: Mapping[Any, str] = translations(locale)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
        pairs: dict[str, list[str]] = {}
        for key, text in known.items():
            if key:
                pairs.setdefault(key[0] if isinstance(key, tuple) else key, []).append(text)
        html = render("preview/catalogue.html", locale, pairs=sorted(pairs.items()), source=locales()[0])
        yield Shown(section="catalogue", title="every text", name="catalogue", locale=locale, kind="html", content=html)


def _with_images(html: str, images: Mapping[str, tuple[str, bytes]]) -> str:
    for name, (media_type, content) in images.items():
        html = html.replace(f"cid:{name}", _data(media_type, content))
    return html


def _inlined(html: str, tenant: Tenant) -> str:
    """A page that shows its logo from a file too."""
    logo = tenant.brand.logo
    return html if logo is None else html.replace(f'src="{previews.LOGO}"', f'src="{_data(*logo)}"')


def _data(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _safe(name: str) -> str:
    """A name as a part of a file's name."""
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in name)[:60]


def _index(tenant: Tenant, found: Sequence[Shown]) -> str:
    sections: dict[str, dict[str, dict[str, list[Shown]]]] = {}
    for one in found:
        if one.section != "catalogue":
            sections.setdefault(one.section, {}).setdefault(one.title, {}).setdefault(one.locale, []).append(one)
    links = [one.file for one in found if one.section == "catalogue"]
    return render(
        "preview/index.html", "en", brand=tenant.brand.name, tenant=tenant.name, sections=sections, locales=locales(),
        links=links,
    )  # fmt: skip
