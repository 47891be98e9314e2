"""News by signed HTTP, for hosts that are not Python: a subscriber of its own for each tenant with a webhook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ..clock import Clock
from ..config.settings import Tenant
from ..errors import DeliveryError
from ..model import Plain
from ..sending import HttpSender
from ..signing import SIGNATURE, TIMESTAMP, sign

#: What is told; other news ends unsaid.
KINDS = ("answer_recorded", "comment_received", "verdict_reached")
_PREFIX = "webhook "


def webhook_names(tenants: Iterable[Tenant]) -> dict[str, bool]:
    """The subscribers that webhooks are: ``webhook <tenant>``. The outbox writes one only its own tenant's news."""
    return {f"{_PREFIX}{tenant.name}": False for tenant in tenants if tenant.webhook is not None}


class Webhooks:
    """Tells. An answer of 2xx is heard; anything else is told again later, for as long as it takes."""

    def __init__(self, tenants: Mapping[str, Tenant], clock: Clock) -> None:
        self._tenants, self._clock = tenants, clock
        self._sender = HttpSender()

    @property
    def names(self) -> list[str]:
        """The subscribers that are told here."""
        return list(webhook_names(self._tenants.values()))

    def has(self, subscriber: str) -> bool:
        """Whether a subscriber is a webhook of ours."""
        return subscriber in self.names

    def tell(self, subscriber: str, kind: str, news: Plain) -> str:
        """Tell one news; "" where it was heard, else what went wrong, without what stands in it."""
        tenant = self._tenants[subscriber.removeprefix(_PREFIX)]
        if tenant.webhook is None or kind not in KINDS:
            return ""
        body = json.dumps({"kind": kind, **news.to_dict()}, ensure_ascii=False).encode()
        at = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            TIMESTAMP: at,
            SIGNATURE: sign(tenant.webhook.secret, at, body),
        }
        try:
            self._sender.call("POST", tenant.webhook.url, data=body, headers=headers, timeout=tenant.webhook.timeout)
        except DeliveryError as error:
            return error.reason
        return ""
