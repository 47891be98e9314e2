"""What a channel is handed: a worded question to one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .tickets import Client


@dataclass(frozen=True, kw_only=True)
class Message:
    """A question, worded in the client's language and ready to send over one channel.

    ``headers`` are for channels that have them (e-mail); ``images`` are inline pictures, content id -> (media type,
    bytes).
    Texts carry the answer links, so they are secrets: they stay out of ``repr``, logs and errors.
    """

    id: str
    tenant: str
    survey: str
    client: Client = field(repr=False)
    locale: str
    sender: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    images: Mapping[str, tuple[str, bytes]] = field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a channel reports of a message that it handed over: the provider's own reference, where there is one."""

    reference: str = ""
