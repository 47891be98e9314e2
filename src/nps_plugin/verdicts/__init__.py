"""The KPI held against the score."""

from .figures import Figures, figures
from .slice import in_words, judge_slice
from .ticket import judge, read_verdict

__all__ = ["Figures", "figures", "in_words", "judge", "judge_slice", "read_verdict"]
