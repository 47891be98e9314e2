"""Facts folded into counts: fold, rebuild, read."""

from .tally import MET, MISSED, UNKNOWN, Moments, Row, Stratum, StratumTally, Tally, tally

__all__ = ["MET", "MISSED", "UNKNOWN", "Moments", "Row", "Stratum", "StratumTally", "Tally", "tally"]
