"""The KPI held against the score.

What reads the store is imported when it is first asked for: to judge an export takes no database.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .figures import Figures, Weights, figures
from .slice import in_words, judge_slice

if TYPE_CHECKING:
    from .clients import read_history
    from .comparing import read_comparison
    from .reading import Procedures, read_slice
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

_LATER = {
    "read_history": "clients",
    "read_comparison": "comparing",
    "Procedures": "reading",
    "read_slice": "reading",
    "judge_due": "standing",
    "read_standing": "standing",
    "standing_news": "standing",
    "judge": "ticket",
    "read_verdict": "ticket",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
