"""Facts folded into counts: fold, rebuild, read."""

from .bins import TIME_BINS, bin_starts, deadline_bin, time_bin
from .folding import fold, fold_due, mark_changed
from .gathering import Counted
from .months import final_at
from .reading import read_counts
from .rebuilding import Rebuilt, rebuild
from .tally import MET, MISSED, UNKNOWN, Moments, Row, Stratum, StratumTally, Tally, tally
from .weights import Weights, stratum_weights

__all__ = [
    "MET",
    "MISSED",
    "TIME_BINS",
    "UNKNOWN",
    "Counted",
    "Moments",
    "Rebuilt",
    "Row",
    "Stratum",
    "StratumTally",
    "Tally",
    "Weights",
    "bin_starts",
    "deadline_bin",
    "final_at",
    "fold",
    "fold_due",
    "mark_changed",
    "read_counts",
    "rebuild",
    "stratum_weights",
    "tally",
    "time_bin",
]
