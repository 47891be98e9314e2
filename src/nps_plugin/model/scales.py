"""Scales: the points a client can choose, and what each says about satisfaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ..errors import ScoreOffScale
from .plain import Plain


class Band(StrEnum):
    """What a score says: satisfied, neutral or dissatisfied."""

    SATISFIED = "satisfied"
    NEUTRAL = "neutral"
    DISSATISFIED = "dissatisfied"


@dataclass(frozen=True, kw_only=True)
class Scale(Plain):
    """An ordinal scale of 2 to 11 whole points, ``low`` to ``high``.

    Scores up to ``dissatisfied_to`` are dissatisfied, scores from ``satisfied_from`` satisfied, those between neutral.
    ``ends`` holds, by language, the texts of the lowest and the highest point; ``labels`` may name every point.
    """

    name: str
    low: int
    high: int
    dissatisfied_to: int
    satisfied_from: int
    ends: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not 2 <= self.high - self.low + 1 <= 11:
            raise ValueError(f"scale {self.name}: {self.high - self.low + 1} points; a scale has 2 to 11")
        if not self.low <= self.dissatisfied_to < self.satisfied_from <= self.high:
            raise ValueError(
                f"scale {self.name}: the bands must leave at least one dissatisfied and one satisfied point of"
                f" {self.low}..{self.high}, and not overlap"
            )

    @property
    def points(self) -> tuple[int, ...]:
        """All scores, lowest first."""
        return tuple(range(self.low, self.high + 1))

    def band(self, score: int) -> Band:
        """The band of a score. Raises :class:`~nps_plugin.errors.ScoreOffScale` for anything else."""
        score = self.check(score)
        if score <= self.dissatisfied_to:
            return Band.DISSATISFIED
        return Band.SATISFIED if score >= self.satisfied_from else Band.NEUTRAL

    def check(self, score: object) -> int:
        """The score as a whole number of this scale; text such as ``"3"`` is read, ``True`` and ``3.5`` are refused."""
        value: int | None = None
        if isinstance(score, int) and not isinstance(score, bool):
            value = score
        elif isinstance(score, str) and score.isascii() and score.strip().isdigit():
            value = int(score) if len(score.strip()) <= 3 else None
        if value is None or not self.low <= value <= self.high:
            shown = repr(score)
            shown = shown if len(shown) <= 40 else shown[:37] + "..."
            raise ScoreOffScale(f"score {shown} is not on the scale {self.name} ({self.low} to {self.high})")
        return value


def _scale(
    name: str, low: int, high: int, dissatisfied_to: int, satisfied_from: int, **texts: tuple[str, ...]
) -> Scale:
    return Scale(
        name=name,
        low=low,
        high=high,
        dissatisfied_to=dissatisfied_to,
        satisfied_from=satisfied_from,
        ends=MappingProxyType({locale: (labels[0], labels[-1]) for locale, labels in texts.items()}),
        labels=MappingProxyType({locale: labels for locale, labels in texts.items() if len(labels) == high - low + 1}),
    )


#: The shipped scales by name. Bands: 2 points 0|1; 3 points 1|3; 5 points 1-2|4-5; 0-10 0-6|9-10 (the NPS definition);
#: 0-9 keypad 0-5|8-9 (a convention of this library; it is never labelled NPS).
SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        scale.name: scale
        for scale in (
            _scale("thumbs-2", 0, 1, 0, 1, ru=("Плохо", "Хорошо"), en=("Bad", "Good")),
            _scale("faces-3", 1, 3, 1, 3, ru=("Плохо", "Нормально", "Хорошо"), en=("Bad", "Okay", "Good")),
            _scale(
                "stars-5", 1, 5, 2, 4,
                ru=("Ужасно", "Плохо", "Нормально", "Хорошо", "Отлично"),
                en=("Terrible", "Bad", "Okay", "Good", "Excellent"),
            ),
            _scale("nps-11", 0, 10, 6, 9, ru=("Точно нет", "Точно да"), en=("Not at all likely", "Extremely likely")),
            _scale(
                "keypad-10", 0, 9, 5, 8,
                ru=("Всё ужасно", "Просто великолепно"),
                en=("All is awful", "Just superb"),
            ),
        )
    }
)  # fmt: skip
