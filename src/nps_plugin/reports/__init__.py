"""Reports: periods and slices with their intervals, for an audience; as rows, a page, pictures, a workbook."""

from .frame import Frame, frame_of
from .report import Report, make

__all__ = ["Frame", "Report", "frame_of", "make"]
