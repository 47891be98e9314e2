"""The words of the library: frozen dataclasses and enums, by subject. They know nothing of storage, plugins or
hosts."""

from .answers import Answer, AnswerState, Effect, Evidence, Grade, Recorded
from .health import Health
from .log import LogEntry, LogEvent
from .messages import Delivery, Message
from .news import AnswerRecorded, DeliveryFailed, News, SurveySent, VerdictReached
from .peers import PeerFigures, PeerMark, Peers
from .persons import Forgotten
from .plain import Plain
from .reports import (
    Audience,
    Denominators,
    Direction,
    Period,
    PeriodChange,
    ReasonFigures,
    ReportDetails,
    ReportRow,
    SliceTable,
    Spot,
    TrendFinding,
)
from .scales import SCALES, Band, Scale
from .signs import SeenSign
from .standings import (
    Association,
    KpiFigures,
    Level,
    Limits,
    Link,
    Need,
    Quadrants,
    ScoreFigures,
    Share,
    Sign,
    SignFinding,
    SliceVerdict,
    StratumFigures,
    Trap,
    TrapFigures,
)
from .surveys import Exclusion, KpiCheck, NotAsked, NotAskedReason, Receipt, Survey, SurveyState
from .tickets import Assignment, Client, ClosedTicket, Interval, ReopenedTicket
from .verdicts import TicketVerdict, VerdictKind
from .work import WorkDone

__all__ = [
    "SCALES",
    "Answer",
    "AnswerRecorded",
    "AnswerState",
    "Assignment",
    "Association",
    "Audience",
    "Band",
    "Client",
    "ClosedTicket",
    "Delivery",
    "DeliveryFailed",
    "Denominators",
    "Direction",
    "Effect",
    "Evidence",
    "Exclusion",
    "Forgotten",
    "Grade",
    "Health",
    "Interval",
    "KpiCheck",
    "KpiFigures",
    "Level",
    "Limits",
    "Link",
    "LogEntry",
    "LogEvent",
    "Message",
    "Need",
    "News",
    "NotAsked",
    "NotAskedReason",
    "PeerFigures",
    "PeerMark",
    "Peers",
    "Period",
    "PeriodChange",
    "Plain",
    "Quadrants",
    "ReasonFigures",
    "Receipt",
    "Recorded",
    "ReopenedTicket",
    "ReportDetails",
    "ReportRow",
    "Scale",
    "ScoreFigures",
    "SeenSign",
    "Share",
    "Sign",
    "SignFinding",
    "SliceTable",
    "SliceVerdict",
    "Spot",
    "StratumFigures",
    "Survey",
    "SurveySent",
    "SurveyState",
    "TicketVerdict",
    "Trap",
    "TrapFigures",
    "TrendFinding",
    "VerdictKind",
    "VerdictReached",
    "WorkDone",
]
