"""The methods of ``Ratings`` about many answers at once: judged, compared, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .assembly import Parts
    from .config import Tenant


class Judging:
    """What ``Ratings`` inherits: what the answers of an agent, queue, service, client or period say."""

    _parts: Parts

    # --- what Ratings brings

    def _tenant(self, name: str) -> Tenant:
        raise NotImplementedError
