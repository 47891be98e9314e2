"""Trac as a host: a component that Trac finds by the entry point ``trac.plugins``; enable ``nps_adapters.trac.*``.

This module is also the entry point ``trac`` of the library, so that processes without Trac, which may take answers too,
know by the configuration's ``plugins`` whom to keep the news for. In Trac the component's own hooks stand in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nps_plugin import hookimpl

if TYPE_CHECKING:
    from nps_plugin import VerdictReached

#: The name of this adapter, as the configuration's ``plugins`` knows it.
NAME = "trac"


@hookimpl
def nps_verdict_reached(news: VerdictReached) -> None:
    """Refuse, so that the news stays due."""
    del news
    raise RuntimeError("verdicts are written on Trac's tickets where Trac is loaded: run `trac-admin ENV nps work`")
