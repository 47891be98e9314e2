"""A request and a response, as the pages know them."""

from __future__ import annotations

from ..model.http import Request, Response

__all__ = ["Request", "Response"]
