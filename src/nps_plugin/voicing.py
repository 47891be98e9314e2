"""The methods of ``Ratings`` about indicators, and about voices without a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Base

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .model import Client, IndicatorReport, Voice


class Voicing(Base):
    """What ``Ratings`` inherits: what was agreed with clients beforehand, and what they say outside tickets."""

    def indicators(
        self,
        tenant: str,
        since: datetime | None = None,
        until: datetime | None = None,
        basis: str = "closed",
        by: str = "level",
        **where: Client | str,
    ) -> IndicatorReport:
        """What clients say of each indicator: n and interval, for the whole and by client ``level`` (or another slice,
        ``by=""`` for none), and how the satisfied share differs where it is fulfilled (docs/indicators.md).

        ``since``, ``until``, ``basis`` and ``where`` as in :meth:`verdict`; ``level`` and ``organization`` are the
        respondent's own. The newest procedure with such answers is told. Raises ``UnknownTenant``, ``ValueError`` for a
        time without a zone, an unknown basis, or ``by="client"``.
        """
        from .judging import named_slice
        from .reports.indicators import Wanted, read_indicators

        settings = self._tenant(tenant)
        if basis not in ("closed", "answered"):
            raise ValueError(f"basis {basis!r}: expected closed or answered")
        if by == "client":
            raise ValueError("by client: a client's own are asked for with client=")
        if any(at is not None and at.tzinfo is None for at in (since, until)):
            raise ValueError("since and until need a time zone")
        with self._parts.store.read() as connection:
            found, shown = named_slice(connection, settings, where)
            wanted = Wanted(since=since, until=until, basis=basis, where=found, shown=shown, by=by)
            return read_indicators(connection, settings, wanted)

    def record_voice(
        self,
        tenant: str,
        source: str = "interview",
        *,
        by: str,
        text: str | None = None,
        score: int | str | None = None,
        indicators: Mapping[str, Any] | None = None,
        client: Client | str | None = None,
        level: str = "",
        organization: str = "",
        participants: int = 1,
        at: datetime | None = None,
        **slices: str,
    ) -> Voice:
        """Keep what somebody said without a ticket, outside all verdicts and shares: reports show it apart.

        ``source``: interview, focus_group, meeting, letter or other. ``by``: who recorded it. ``score``: on the
        tenant's scale. ``indicators``: by name "yes", "partly" or "no", or how many of the ``participants`` said each.
        ``client``: who spoke, where they may be named; forgetting them deletes the text, as its age does. ``at``: when
        (aware; None: now). Further names are the tenant's own slices, such as service.

        Raises :class:`~nps_plugin.errors.VoiceRefused`, ``UnknownIndicator``, ``ScoreOffScale`` or ``UnknownTenant``.
        """
        from .responses.voices import record_voice
        from .surveys.facts import as_client

        settings, secrets, now = self._tenant(tenant), self._parts.settings.page.secrets, self._parts.clock.now()
        person = None if client is None else as_client(client)
        with self._parts.store.write() as connection:
            return record_voice(
                connection, settings, secrets, now, source=source, text=text, score=score, indicators=indicators,
                client=person, level=level, organization=organization, participants=participants, by=by, at=at,
                slices=slices,
            )  # fmt: skip

    def voices(
        self,
        tenant: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        withdrawn: bool = False,
        **where: Client | str,
    ) -> tuple[Voice, ...]:
        """Everything said without a ticket from ``since`` until before ``until``, the newest first.

        ``where``: level, organization, source, client or the slices given; ``withdrawn``: those taken out, too.
        """
        from .judging import named_slice
        from .responses.voices import list_voices

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            found, _ = named_slice(connection, settings, where)
            return list_voices(connection, settings, since=since, until=until, where=found, withdrawn=withdrawn)

    def withdraw_voice(self, tenant: str, voice: str, by: str, why: str) -> Voice:
        """Take a voice out: its text is deleted, and no report shows it; that it was there, by whom and why it went is
        kept. Raises ``UnknownVoice``, or ``VoiceRefused`` where ``by`` or ``why`` is empty."""
        from .responses.voices import withdraw_voice

        settings, now = self._tenant(tenant), self._parts.clock.now()
        with self._parts.store.write() as connection:
            return withdraw_voice(connection, settings, voice, by, why, now)
