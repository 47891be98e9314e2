"""The pages' desk over the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from ..clock import Clock
from ..config.settings import Settings, Tenant
from ..errors import UnknownTenant, trail
from ..links import Nonces
from ..model import Effect, Evidence
from ..responses.hearing import Hearing
from ..responses.looking import Look
from .door import Door

log = logging.getLogger(__name__)


class LiveDesk:
    """See :class:`nps_plugin.web.desk.Desk`."""

    def __init__(
        self, hearing: Hearing, settings: Settings, clock: Clock, offer: Callable[[], None], door: Door
    ) -> None:
        self.door = door
        self.nonces = Nonces(settings.page.secrets, clock)
        self.trusted_proxies = settings.page.trusted_proxies
        self._hearing, self._settings, self._offer = hearing, settings, offer

    def look(self, tenant: str, token: str) -> Look:
        """What the link stands for."""
        try:
            known = self._known(tenant)
        except UnknownTenant:
            # the same look-up as for a tenant that there is: the time a 404 takes names nobody
            self._hearing.known(tenant, token)
            raise
        return self._hearing.look(known, token)

    def visited(self, tenant: str, token: str, link: str, evidence: Evidence, score: int | None = None) -> None:
        """Append a visit row."""
        try:
            self._hearing.visit(self._known(tenant), token, link, evidence, score)
        except Exception as error:  # noqa: BLE001 - a page is shown even when the visit cannot be counted
            log.warning("tenant %s: a visit to the rating page could not be recorded: %s", tenant, trail(error))

    def record(
        self,
        tenant: str,
        token: str,
        score: str,
        *,
        reasons: Sequence[str],
        indicators: Mapping[str, str],
        comment: str | None,
        evidence: Evidence,
    ) -> Effect:
        """Store an answer, or reasons, indicators and comment with the score that stands."""
        return self._hearing.take(
            self._known(tenant), score, token=token, reasons=tuple(reasons), indicators=indicators, comment=comment,
            evidence=evidence,
        )  # fmt: skip

    def opt_out(self, tenant: str, token: str) -> None:
        """Ask the person behind this link no more."""
        self._hearing.opt_out_token(self._known(tenant), token)

    def after_answer(self) -> Callable[[], None]:
        """Offers the news to subscribers in this process."""
        return self._offer

    def _known(self, name: str) -> Tenant:
        tenant = self._settings.tenants.get(name)
        if tenant is None or not tenant.enabled:
            raise UnknownTenant(f"no enabled tenant {name!r} is configured")
        return tenant
