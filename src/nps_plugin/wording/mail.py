"""The question as an e-mail: text and HTML, in the tenant's name and colour, one link per score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime, parseaddr
from types import MappingProxyType
from typing import Any

from ..config.settings import PATIENCE, SPOKEN, Tenant
from ..links import decoy_url, hook_url, rating_url, unsubscribe_url
from ..model import Client, Message, Point, Scale, Survey
from .catalogue import locale_for, translations
from .clean import clean_line, clean_text
from .colours import palette
from .icons import has_icon, icon_png
from .render import render
from .replies import choices_of, short_question, why_after
from .texts import point_label

#: What mail clients show; the rest (SVG above all) they leave blank.
LOGO_TYPES = frozenset({"image/png", "image/jpeg", "image/gif"})
_LOGO = "nps-logo"


def word_question(
    *,
    tenant: Tenant,
    survey: Survey,
    client: Client,
    message_id: str,
    subject: str,
    token: str,
    base_url: str,
    locale: str,
    question: str,
    at: datetime,
    message_id_domain: str | None = None,
    reminder: bool = False,
    channel: str = "email",
    scale: Scale | None = None,
    service: str = "",
    attempt: int = 1,
    once: str = "",
    score: int | None = None,
) -> Message:
    """The message that asks one client: as an e-mail, and in the parts that other channels are made of.

    :param message_id: our own id of the message; it becomes the left side of the Message-ID.
    :param subject: what the ticket is about, as the host has it: untrusted text.
    :param question: the question, filled, in ``locale``.
    :param at: when it is sent, aware; its Date.
    :param message_id_domain: the right side of the Message-ID; that of the sender unless given.
    :param scale: on which an answer to it stands, where it is not the survey's.
    :param score: the score that is known, where the message only asks why: it has no points, and its link leads to the
        reasons of that score.
    :param reminder: the client had the question before and has not answered; the mail says so.
    """
    locale = locale_for(locale)
    words = translations(locale)
    survey = survey if scale is None else replace(survey, scale=scale)
    sender = clean_line(tenant.brand.sender)
    brand = clean_line(tenant.brand.name, 100)
    ticket = clean_line(survey.ticket, 60)
    domain = clean_line(parseaddr(sender)[1].rpartition("@")[2] or "localhost").strip("<>@ ")
    # a reply that reached the help-desk's own mailbox would open the ticket again
    own_reply_to = clean_line(str(tenant.channels.get("email", {}).get("reply_to") or ""))
    page = rating_url(base_url, tenant.name, token)
    unsubscribe = unsubscribe_url(base_url, tenant.name, token)
    asks = score is None
    points = points_of(tenant, survey, token=token, base_url=base_url, locale=locale) if asks else []
    images: dict[str, tuple[str, bytes]] = {}
    accent = palette(tenant.brand.colour).accent
    for point in points:
        if has_icon(survey.scale.name, point["score"]):
            point["icon"] = f"nps-{survey.scale.name}-{point['score']}"
            images[point["icon"]] = ("image/png", icon_png(survey.scale.name, point["score"], accent))
    logo = tenant.brand.logo
    if logo is not None and logo[0] in LOGO_TYPES:
        images[_LOGO] = logo
    values: dict[str, Any] = {
        **looks_of(tenant, survey),
        "brand": brand,
        "logo": _LOGO if _LOGO in images else "",
        "question": clean_line(question),
        "ticket": ticket,
        "about": clean_line(subject, 120),
        "points": points,
        "decoy": decoy_url(base_url, tenant.name, token),
        "until": _date(survey, tenant, locale),
        "unsubscribe": unsubscribe,
        "unread": not own_reply_to,
        "reminder": reminder,
        "page": page,
    }
    head = words.gettext("%(brand)s: how did we handle your request %(ticket)s?")
    if not asks:
        head = words.gettext("%(brand)s: what went wrong with your request %(ticket)s?")
    title = head % {"brand": brand, "ticket": ticket}
    if reminder:
        title = words.gettext("Reminder: %(subject)s") % {"subject": title}
    return Message(
        id=message_id,
        tenant=tenant.name,
        survey=survey.id,
        client=client,
        locale=locale,
        sender=sender,
        subject=clean_line(title, 150),
        text=clean_text(_text(values, locale)),
        html=render("mail/question.html", locale, **values),
        headers=MappingProxyType(
            {
                "Date": format_datetime(at),
                "Reply-To": own_reply_to or f"noreply@{domain}",
                "Message-ID": f"<{clean_line(message_id)}@{clean_line(message_id_domain or domain)}>",
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
            }
        ),
        images=MappingProxyType(images),
        kind="reminder" if reminder else "question" if asks else "why",
        attempt=attempt,
        once=once,
        question=values["question"],
        scale=survey.scale,
        points=tuple(Point(score=one["score"], label=one["label"], url=one["href"]) for one in points),
        short=short_question(brand, values["question"], survey.scale, locale, page)
        if asks
        else clean_line(f"{brand}: {values['question']} {page}"),
        token=token,
        url=page,
        hook=hook_url(base_url, tenant.name, channel),
        brand=brand,
        ticket=ticket,
        service=clean_line(service, 100),
        recording=tenant.recording_of(service, locale),
        **spoken_of(tenant, channel, locale),
        why=why_after(tenant, survey.scale),
        reasons=choices_of(tenant, locale),
    )


def spoken_of(tenant: Tenant, channel: str, locale: str) -> dict[str, Any]:
    """How a telephone asks, and what it plays beside the question, in that language."""
    way = tenant.way_of(channel)
    found: dict[str, Any] = {key: getattr(way, key).get(locale, "") for key in SPOKEN}
    found |= {key: getattr(way, key) for key in PATIENCE}
    return found | {"menu_keys": MappingProxyType(dict(way.menu_keys) if found["menu"] else {})}


def points_of(tenant: Tenant, survey: Survey, *, token: str, base_url: str, locale: str) -> list[dict[str, Any]]:
    """Every score with its name and its link: ``score, label, named, href, icon``."""
    found = []
    for score in survey.scale.points:
        label = point_label(survey.scale, score, locale)
        href = rating_url(base_url, tenant.name, token, score)
        found.append({"score": score, "label": label, "named": label != str(score), "href": href, "icon": ""})
    return found


def line_of(point: Mapping[str, Any]) -> str:
    """A point on a line of its own, for plain text."""
    name = f"{point['score']} – {point['label']}" if point["named"] else str(point["score"])
    return f"{name}: {point['href']}"


def looks_of(tenant: Tenant, survey: Survey) -> dict[str, Any]:
    """What the templates need for the points: colours, and ``kind``: ``row``, ``list`` (all named) or ``numbers``."""
    colours = palette(tenant.brand.colour)
    scale = survey.scale
    kind = "row" if len(scale.points) <= 3 else "list" if len(scale.points) <= 5 and scale.labels else "numbers"
    return {
        "kind": kind,
        "stars": scale.name == "stars-5",
        "brand_colour": colours.brand,
        "on_brand": colours.on_brand,
        "accent": colours.accent,
        "on_accent": colours.on_accent,
        "link": colours.link,
        "tint": colours.tint,
    }


def _date(survey: Survey, tenant: Tenant, locale: str) -> str:
    from babel.dates import format_skeleton

    return format_skeleton("MMMMd", survey.expires_at.astimezone(tenant.timezone).date(), locale=locale)


def _text(values: dict[str, Any], locale: str) -> str:
    """The plain part. No template: its blank lines are its layout, and nothing is to be escaped."""
    words = translations(locale)
    about = words.gettext("Request %(ticket)s") % {"ticket": values["ticket"]}
    if values["about"]:
        about += f": {values['about']}"
    lines = [values["brand"], "", values["question"], about, ""]
    if values["reminder"]:
        lines += [words.gettext("You have not answered yet; this is our only reminder."), ""]
    lines += [line_of(point) for point in values["points"]]
    click = words.gettext("One click on an answer, then “Send” on the page that opens. You can answer until %(until)s.")
    if not values["points"]:
        lines += [f"{words.gettext('Tell us why')}: {values['page']}", ""]
    else:
        lines += ["", click % {"until": values["until"]}, ""]
    lines += [
        "-- ",
        words.gettext("You get this message because your request %(ticket)s at %(brand)s was closed.")
        % {"ticket": values["ticket"], "brand": values["brand"]},
        *([words.gettext("Replies to this message are not read.")] if values["unread"] else []),
        f"{words.gettext('Do not ask me again')}: {values['unsubscribe']}",
        "",
    ]
    return "\n".join(lines)
