"""The KPI held against the score."""

from .clients import read_history
from .comparing import read_comparison
from .figures import Figures, Weights, figures
from .reading import Procedures, read_slice
from .slice import in_words, judge_slice
from .standing import judge_due, read_standing, standing_news
from .ticket import judge, read_verdict

__all__ = [
    "Figures",
    "Procedures",
    "Weights",
    "figures",
    "in_words",
    "judge",
    "judge_due",
    "judge_slice",
    "read_comparison",
    "read_history",
    "read_slice",
    "read_standing",
    "read_verdict",
    "standing_news",
]
