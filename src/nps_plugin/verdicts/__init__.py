"""The KPI held against the score."""

from .ticket import judge, read_verdict

__all__ = ["judge", "read_verdict"]
