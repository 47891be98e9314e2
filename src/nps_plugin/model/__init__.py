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
from .scales import SCALES, Band, Scale
from .standings import (
    Association,
    KpiFigures,
    Level,
    Limits,
    Link,
    Quadrants,
    ScoreFigures,
    Share,
    Sign,
    SignFinding,
    SliceVerdict,
    StratumFigures,
    Trap,
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
    "Band",
    "Client",
    "ClosedTicket",
    "Delivery",
    "DeliveryFailed",
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
    "News",
    "NotAsked",
    "NotAskedReason",
    "PeerFigures",
    "PeerMark",
    "Peers",
    "Plain",
    "Quadrants",
    "Receipt",
    "Recorded",
    "ReopenedTicket",
    "Scale",
    "ScoreFigures",
    "Share",
    "Sign",
    "SignFinding",
    "SliceVerdict",
    "StratumFigures",
    "Survey",
    "SurveySent",
    "SurveyState",
    "TicketVerdict",
    "Trap",
    "VerdictKind",
    "VerdictReached",
    "WorkDone",
]
