"""The columns file: every mistake at once, with the nearest right word; and what is guessed without one."""

from __future__ import annotations

import pytest
from tests.imports.conftest import HEADER, but, row

from nps_plugin import ConfigError, judge


def problems(desk, columns, header=HEADER) -> dict[str, str]:
    with pytest.raises(ConfigError) as refused:
        desk.judge([row(1)], columns, header=header)
    return {problem.key: problem.expected for problem in refused.value.problems}


def test_all_mistakes_are_told_at_once_with_the_nearest_right_word(desk):
    found = problems(
        desk,
        {
            "scale": "faces3",
            "timezone": "Mars",
            "locale": "de",
            "formt": "%d",
            "encoding": "klingon",
            "columns": {
                "ticket": "nummber",
                "opned_at": "opened",
                "closed_at": {"column": "closed", "formatt": "%d", "format": "day first"},
                "score": {"column": "scor", "map": {"a": "x"}},
                "kpi_met": {"column": "agent", "met": ["1"]},
                "resolution_time": {"column": "took", "unit": "fortnights"},
                "queue": 3,
            },
            "targets": {"kpi_share": 2, "agent": {"olga": 1}, "resolve_within": "soon"},
            "slices": {"by": ["queue", "agnt"]},
        },
    )
    assert "did you mean 'faces-3'" in found["scale"]
    assert "IANA" in found["timezone"]
    assert "expected one of en, ru" in found["locale"]
    assert "did you mean 'format'" in found["formt"]
    assert "encoding" in found["encoding"]
    assert "did you mean 'number'" in found["columns.ticket"]
    assert "did you mean 'opened_at'" in found["columns.opned_at"]
    assert "did you mean 'format'" in found["columns.closed_at.formatt"]
    assert "format such as" in found["columns.closed_at.format"]
    assert "point of the scale" in found["columns.score.map"]
    assert "both lists" in found["columns.kpi_met.missed"]
    assert "seconds, minutes, hours, days" in found["columns.resolution_time.unit"]
    assert "header of a column" in found["columns.queue"]
    assert "from 0 to 1" in found["targets.kpi_share"]
    assert "reason to look" in found["targets.agent"]
    assert "length of time" in found["targets.resolve_within"]
    assert "did you mean 'agent'" in found["slices.by"]


def test_what_the_file_lacks_is_told(desk):
    assert "'number', 'opened'" in problems(desk, {"columns": {"score": "stars out of five"}})["columns.score"]
    assert "is required" in problems(desk, {"scale": "faces-3", "columns": {"queue": "queue"}})["columns.score"]
    assert "is required" in problems(desk, {})["columns.score"]
    assert "names service" in problems(desk, but(slices={"by": ["service"]}))["slices.by"]
    assert "2 columns are called 'agent'" in problems(desk, but(), (*HEADER[:5], "agent", "x"))["columns.agent"]
    found = problems(desk, but(columns={"score": {"column": "score", "map": {"good": 4}}}))
    assert "not on faces-3 (1 to 3)" in found["columns.score.map"]
    found = problems(desk, but(columns={"kpi_met": {"column": "agent", "met": ["1"], "missed": ["1"]}}))
    assert "met and in missed" in found["columns.kpi_met.missed"]
    assert "unit" in problems(desk, but(columns={"resolution_time": "agent"}))["columns.resolution_time"]


def test_a_columns_file_that_cannot_be_read_is_told(desk, tmp_path):
    path = tmp_path / "columns.toml"
    with pytest.raises(ConfigError, match="cannot be read"):
        desk.judge([row(1)], path)
    path.write_text("scale = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        desk.judge([row(1)], path)
    path.write_text('scale = "faces-3"\n[columns]\nscore = "score"\n', encoding="utf-8-sig")
    assert desk.judge([row(1)], path).answered == 1


def test_without_a_columns_file_obvious_headers_are_taken_and_it_is_said(desk):
    header = ("Номер заявки", "Created At", "Resolved", "CSAT score", "Assignee", "Group", "Requester Email", "SLA met")
    rows = [[*row(n, score=n % 6), "yes" if n % 3 else "no"] for n in range(12)]
    found = desk.judge(rows, None, header=header)
    assert (found.tickets, found.answered, found.scale) == (12, 10, "stars-5")
    assert (found.kpi.met, found.kpi.missed) == (8, 4)
    assert {one.by for one in found.slices} == {"queue", "agent"}
    said = "\n".join(found.notes)
    assert "score is the column 'CSAT score'" in said
    assert "client is the column 'Requester Email'" in said
    assert "scale is stars-5, and 0 is no answer" in said


def test_a_guessed_column_that_holds_something_else_is_left_out(desk):
    header = ("id", "created", "closed", "score", "owner", "group", "on time")
    rows = [["1", "last year", "2026-01-05 10:00", "3", "olga", "mail", "about noon"]]
    found = desk.judge(rows, None, header=header)
    assert found.tickets == 1
    assert (found.kpi.unknown, found.refused_rows) == (1, ())
    assert any("kpi_met is not the column 'on time' after all" in note for note in found.notes)


@pytest.mark.parametrize(
    ("scores", "scale", "answered"),
    [
        ("01", "thumbs-2", 2), ("0", "thumbs-2", 1), ("123", "faces-3", 3), ("23", "faces-3", 2), ("135", "stars-5", 3),
        ("015", "stars-5", 2), ("0369", "nps-11", 4), (("10", "7"), "nps-11", 2), ((), "faces-3", 0),
    ],
)  # fmt: skip
def test_the_scale_is_guessed_from_all_scores(desk, scores, scale, answered):
    found = desk.judge([row(n, score=score) for n, score in enumerate(scores)], {"columns": {"score": "score"}})
    assert (found.scale, found.answered) == (scale, answered)


def test_a_scale_that_cannot_be_guessed_is_asked_for(desk):
    for scores, said in ((("1", "1"), "best of thumbs-2"), (("50", "100"), "50 to 100"), (("-1", "1"), "-1 to 1")):
        with pytest.raises(ConfigError, match=said):
            desk.judge([row(n, score=score) for n, score in enumerate(scores)], {"columns": {"score": "score"}})


def test_the_same_columns_may_come_as_a_file_or_as_a_mapping(desk, tmp_path):
    text = tmp_path / "c.toml"
    text.write_text(
        'scale = "faces-3"\n[columns]\nscore = { column = "score", map = { bad = 1, good = 3 }, unknown = ["?"] }\n'
        'kpi_met = { column = "agent", met = [1, true], missed = ["0"] }\nqueue = "queue"\n'
        '[columns.closed_at]\ncolumn = "closed"\n[slices]\nby = "queue"\n'
    )
    mapping = {
        "scale": "faces-3",
        "columns": {
            "score": {"column": "score", "map": {"bad": 1, "good": 3}, "unknown": ["?"]},
            "kpi_met": {"column": "agent", "met": [1, True], "missed": ["0"]},
            "closed_at": {"column": "closed"},
            "queue": "queue",
        },
        "slices": {"by": ["queue"]},
    }
    rows = [row(1, score="good", agent="1"), row(2, score="?", agent="True"), row(3, score="bad", agent="0")]
    found = judge(desk.write(rows), text)
    assert found == judge(desk.path, mapping)
    assert (found.kpi.met, found.kpi.missed, found.answered) == (2, 1, 2)
