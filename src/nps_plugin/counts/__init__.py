"""Facts folded into counts: fold, rebuild, read.

What reads the store is imported when it is first asked for: to judge an export takes no database.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .tally import MET, MISSED, UNKNOWN, Moments, Row, Stratum, StratumTally, Tally, tally

if TYPE_CHECKING:
    from .bins import TIME_BINS, bin_starts, deadline_bin, time_bin
    from .folding import fold, fold_due, mark_changed, mark_touched
    from .gathering import Counted
    from .months import final_at
    from .reading import read_counts
    from .rebuilding import rebuild
    from .sign_reading import SignCounts, read_signs
    from .signs import client_back, passing_of, reopened_soon
    from .weights import Weights, stratum_weights

__all__ = [
    "MET",
    "MISSED",
    "TIME_BINS",
    "UNKNOWN",
    "Counted",
    "Moments",
    "Row",
    "SignCounts",
    "Stratum",
    "StratumTally",
    "Tally",
    "Weights",
    "bin_starts",
    "client_back",
    "deadline_bin",
    "final_at",
    "fold",
    "fold_due",
    "mark_changed",
    "mark_touched",
    "passing_of",
    "read_counts",
    "read_signs",
    "rebuild",
    "reopened_soon",
    "stratum_weights",
    "tally",
    "time_bin",
]

_LATER = {
    "TIME_BINS": "bins",
    "bin_starts": "bins",
    "deadline_bin": "bins",
    "time_bin": "bins",
    "fold": "folding",
    "fold_due": "folding",
    "mark_changed": "folding",
    "mark_touched": "folding",
    "Counted": "gathering",
    "final_at": "months",
    "read_counts": "reading",
    "Rebuilt": "rebuilding",
    "rebuild": "rebuilding",
    "SignCounts": "sign_reading",
    "read_signs": "sign_reading",
    "client_back": "signs",
    "passing_of": "signs",
    "reopened_soon": "signs",
    "Weights": "weights",
    "stratum_weights": "weights",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
