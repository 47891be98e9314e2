"""Resolution time against its target: working calendars, pauses, targets."""

from .calendar import WorkingCalendar, calendars_of
from .check import check_kpi, stood_still

__all__ = ["WorkingCalendar", "calendars_of", "check_kpi", "stood_still"]
