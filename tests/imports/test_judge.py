"""What ``judge`` says of an export, rule by rule."""

from __future__ import annotations

import json

import pytest
from tests.imports.conftest import HEADER, PLAIN, but, row

from nps_plugin import ConfigError, NpsError, judge

TOP = {
    "tickets", "open", "answered", "scale", "kpi", "score", "quadrants", "watermelon_share", "link", "level", "trap",
    "headline", "sentence", "slices", "refused_rows",
}  # fmt: skip
INNER = {
    "kpi": {"met", "missed", "unknown", "share", "target"},
    "score": {"satisfied", "neutral", "dissatisfied", "share", "interval", "net", "net_interval"},
    "quadrants": {"confirmed", "watermelon", "forgiven", "failed", "lukewarm", "untargeted"},
    "watermelon_share": {"value", "interval"},
    "link": {"verdict", "theta", "d", "interval_d", "simpson"},
    "level": {"verdict"},
    "trap": {"verdict", "signs"},
}


def assert_complete(found: dict) -> None:
    assert set(found) == TOP
    for one in (found, *found["slices"]):
        for name, keys in INNER.items():
            assert set(one[name]) == keys, name
    for one in found["slices"]:
        assert set(one) == TOP - {"slices", "refused_rows"} | {"by", "value"}
    assert all(set(one) == {"row", "field", "value", "reason"} for one in found["refused_rows"])
    json.dumps(found, allow_nan=False)


def test_every_key_is_there_with_much_and_with_nothing(desk):
    rows = [row(n, took=2 if n % 3 else 6, score=n % 3 + 1) for n in range(60)]
    assert_complete(desk.judge([*rows, row("x", score=9)]).to_dict())
    only_header = desk.judge([])
    assert_complete(only_header.to_dict())
    assert only_header.judged == 0
    assert only_header.to_dict()["kpi"]["share"] is None
    assert only_header.to_dict()["score"]["interval"] is None


def test_tickets_are_counted_by_kpi_and_answer(desk):
    rows = [
        row(1, took=2, score=3), row(2, took=2, score=1), row(3, took=5, score=3), row(4, took=5, score=1),
        row(5, took=2, score=2), row(6, took=2, score=""),
    ]  # fmt: skip
    found = desk.judge(rows).to_dict()
    assert (found["tickets"], found["open"], found["answered"]) == (6, 0, 5)
    assert found["quadrants"] == {
        "confirmed": 1, "watermelon": 1, "forgiven": 1, "failed": 1, "lukewarm": 1, "untargeted": 0,
    }  # fmt: skip
    assert (found["kpi"]["met"], found["kpi"]["missed"], found["kpi"]["unknown"]) == (4, 2, 0)
    assert found["kpi"]["share"] == pytest.approx(4 / 6)
    assert found["kpi"]["target"] == 0.85


def test_exactly_at_the_target_is_met(desk):
    assert desk.judge([row(1, took=4), row(2, took=4 + 1 / 60)]).kpi.met == 1


def test_a_ticket_without_a_closing_time_is_open_and_not_judged(desk):
    rows = [row(1), row(2, closed="", score="9"), row(3, closed="", opened="nonsense"), row(4, closed="NULL")]
    found = desk.judge(rows)
    assert (found.tickets, found.open, found.answered, len(found.refused_rows)) == (4, 3, 1, 0)
    assert [(one.value, one.tickets, one.open) for one in found.slices] == [("mail", 4, 3), ("olga", 4, 3)]


def test_without_a_kpi_everything_is_untargeted(desk):
    columns = {"scale": "faces-3", "columns": {"score": "score"}}
    found = desk.judge([row(1, score=3), row(2, score=1), row(3, score="")], columns).to_dict()
    assert found["quadrants"]["untargeted"] == 2
    assert found["kpi"] == {"met": 0, "missed": 0, "unknown": 3, "share": None, "target": None}
    assert found["level"]["verdict"] == "no_target"
    assert found["trap"]["verdict"] == "insufficient"
    assert found["link"] == {"verdict": "insufficient", "theta": None, "d": None, "interval_d": None, "simpson": None}


def test_the_kpi_comes_from_its_column_before_the_deadline_before_the_target(desk):
    header = (*HEADER, "breached", "due")
    rows = [
        [*row(1, took=2), "1", "2026-01-05 20:00:00"],
        [*row(2, took=2), "0", "2026-01-05 09:00:00"],
        [*row(3, took=2), "", ""],
        [*row(4, took=2), "0", "2026-01-05 10:00:00"],
    ]
    mapped = {"column": "breached", "met": ["0"], "missed": [1]}
    by_column = desk.judge(rows, but(columns={"kpi_met": mapped, "target_at": "due"}), header=header).kpi
    assert (by_column.met, by_column.missed, by_column.unknown) == (2, 1, 1)
    by_deadline = desk.judge(rows, but(columns={"target_at": "due"}), header=header).kpi
    assert (by_deadline.met, by_deadline.missed, by_deadline.unknown) == (2, 1, 1)
    assert desk.judge(rows, header=header).kpi.met == 4


def test_a_resolution_time_stands_for_opening_and_closing(desk):
    header = ("took", "score")
    columns = {
        "scale": "faces-3",
        "columns": {"score": "score", "resolution_time": {"column": "took", "unit": "hours"}},
        "targets": {"resolve_within": "4h"},
    }
    rows = [
        ["4", "3"],
        ["4,5", "3"],
        ["0.25", "1"],
        ["", "1"],
        ["4:00:00", "2"],
        ["-1", "3"],
        ["1 000,5", "1"],
        ["x", "1"],
    ]
    found = desk.judge(rows, columns, header=header, delimiter=";")
    assert (found.kpi.met, found.kpi.missed, found.kpi.unknown) == (3, 2, 1)
    assert [(one.row, one.field, one.value) for one in found.refused_rows] == [
        (7, "resolution_time", "-1"),
        (9, "resolution_time", "x"),
    ]


def test_a_deadline_is_held_against_opening_plus_resolution_time_where_there_is_no_closing(desk):
    columns = {
        "scale": "faces-3",
        "columns": {
            "score": "score",
            "opened_at": "opened",
            "target_at": "due",
            "resolution_time": {"column": "took", "unit": "minutes"},
        },
    }
    rows = [
        ["2026-01-05 08:00", "2026-01-05 10:00", "120", "3"],
        ["2026-01-05 08:00", "2026-01-05 10:00", "121", "3"],
        ["2026-01-05 08:00", "2026-01-05 10:00", "", "3"],
    ]
    found = desk.judge(rows, columns, header=("opened", "due", "took", "score")).kpi
    assert (found.met, found.missed, found.unknown) == (1, 1, 1)


def test_scores_are_mapped(desk):
    columns = but(
        scale="thumbs-2", columns={"score": {"column": "score", "map": {"0": 1, "1": 0, "bad": 0, "later": ""}}}
    )
    found = desk.judge([row(n, score=score) for n, score in enumerate(("0", "1", "BAD", "later", "2", "1.0"))], columns)
    assert (found.score.satisfied, found.score.dissatisfied, found.answered) == (1, 3, 4)
    assert [(one.row, one.field, one.value) for one in found.refused_rows] == [(6, "score", "2")]
    assert "map" in found.refused_rows[0].reason


def test_zero_can_mean_that_nobody_answered(desk):
    rows = [row(n, score=score) for n, score in enumerate(("0", "5", "4,0", "1.0", "n/a", "n. a."))]
    told = but(scale="stars-5", columns={"score": {"column": "score", "unknown": ["0", "n. a."]}})
    assert (desk.judge(rows, told).answered, desk.judge(rows, told).tickets) == (3, 6)
    refused = desk.judge(rows, but(scale="stars-5")).refused_rows
    assert [one.value for one in refused] == ["0", "n. a."]
    assert "not on the scale stars-5 (1 to 5)" in refused[0].reason


def test_a_scale_of_ones_own(desk):
    own = {"name": "marks", "low": 1, "high": 10, "dissatisfied_to": 4, "satisfied_from": 8}
    found = desk.judge([row(n, score=n) for n in range(1, 11)], but(scale=own))
    assert (found.scale, found.score.satisfied, found.score.neutral, found.score.dissatisfied) == ("marks", 3, 3, 4)


def test_points_may_stand_by_their_names(desk):
    found = desk.judge([row(1, score="Good"), row(2, score="плохо"), row(3, score="so so")])
    assert (found.score.satisfied, found.score.dissatisfied, len(found.refused_rows)) == (1, 1, 1)


def test_each_refused_row_says_line_field_value_and_reason_and_the_rest_is_judged(desk):
    rows = [
        row(1), row(1), row(2, score="7"), row(3, opened="2026-01-06 08:00:00"), row(4, closed="yesterday"),
        row(5, opened="31/12/2025"), row(6), row(6, closed="2026-01-05 11:00:00"),
    ]  # fmt: skip
    found = desk.judge(rows)
    assert [(one.row, one.field, one.value) for one in found.refused_rows] == [
        (3, "ticket", "1"),
        (4, "score", "7"),
        (5, "closed_at", "2026-01-05 10:00:00"),
        (6, "closed_at", "yesterday"),
        (7, "opened_at", "31/12/2025"),
    ]
    reasons = [one.reason for one in found.refused_rows]
    assert "row above" in reasons[0]
    assert "before opened_at 2026-01-06" in reasons[2]
    assert "ISO 8601" in reasons[3]
    assert (found.tickets, found.answered) == (3, 3)


def test_a_refused_row_is_no_first_one_that_a_later_row_repeats(desk):
    found = desk.judge([row(1, score="7"), row(1), row(1)])
    assert [one.row for one in found.refused_rows] == [2, 4]
    assert found.tickets == 1


def test_a_ticket_that_was_closed_again_is_another_closing(desk):
    assert desk.judge([row(1), row(1, closed="2026-01-05 12:00:00"), row(1, closed="")]).tickets == 3


def test_tickets_without_a_number_are_never_repeats(desk):
    assert desk.judge([row(""), row(""), row(" ")]).tickets == 3
    columns = but()
    del columns["columns"]["ticket"]
    assert desk.judge([row(1), row(1)], columns).tickets == 2


def test_shares_have_their_intervals_and_clients_who_answer_often_make_them_wider(desk):
    rows = [row(n, score=3 if n % 10 < 6 else 1, client=f"c{n % 10}") for n in range(200)]
    lone = desk.judge(rows).score
    by_client = desk.judge(rows, but(columns={"client": "client"})).score
    assert lone.share == by_client.share == pytest.approx(0.6)
    assert lone.interval == pytest.approx((0.5308, 0.6654), abs=1e-3)
    assert by_client.interval[0] < lone.interval[0]
    assert by_client.interval[1] > lone.interval[1]


def test_a_client_cell_that_is_empty_is_nobody_elses(desk):
    rows = [row(n, score=3 if n % 10 < 6 else 1, client="") for n in range(200)]
    assert desk.judge(rows, but(columns={"client": "client"})).score == desk.judge(rows).score


def test_theta_and_d_are_crude_and_the_mix_raises_the_simpson_flag(desk):
    rows = []
    # inside each queue met and missed score alike; the hard queue is slower and less happy
    for queue, met, missed, happy in (("easy", 180, 20, 9), ("hard", 20, 180, 4)):
        for place, (count, took) in enumerate(((met, 2), (missed, 6))):
            rows += [
                row(f"{queue}{place}{n}", took=took, score=3 if n % 10 < happy else 1, queue=queue)
                for n in range(count)
            ]
    found = desk.judge(rows).to_dict()
    assert found["link"]["verdict"] == "tracks"
    assert found["link"]["d"] > 0.3
    assert found["link"]["simpson"] is True
    assert found["link"]["theta"] == pytest.approx((found["link"]["d"] + 1) / 2)


def months(kpi, score):
    """Twelve months in which the shares are what these say."""
    for month in range(12):
        for n in range(40):
            took, points = 2 if n < kpi(month) else 6, 3 if n % 20 < score(month) else 1
            start, end = f"2025-{month + 1:02d}-10 08:00:00", f"2025-{month + 1:02d}-10 {8 + took:02d}:00:00"
            yield row(f"{month}-{n}", score=points, opened=start, closed=end)


def test_a_trap_is_seen_by_month(desk):
    found = desk.judge(months(lambda m: 20 + m, lambda m: 18 - m))
    assert found.trap.verdict == "trap"
    assert "Trap" in found.headline
    assert [one.trap.verdict for one in found.slices] == ["trap", "trap"]
    assert desk.judge(months(lambda m: 20 + m, lambda _: 15)).trap.verdict == "none"
    columns = but(columns={"kpi_met": "met"})
    del columns["columns"]["closed_at"]
    rows = [[*cells, "yes"] for cells in months(lambda m: 20 + m, lambda m: 18 - m)]
    assert desk.judge(rows, columns, header=(*HEADER, "met")).trap.verdict == "insufficient"


def test_signs_come_from_reopened_and_reassigned(desk):
    header = (*HEADER, "reopens", "moves")
    columns = but(columns={"reopened": "reopens", "reassigned": "moves"})
    rows = [
        [*row(f"{agent}{n}", agent=agent), str(int(agent == "boris" and n % 2)), "2" if agent == "boris" else "1"]
        for agent in ("olga", "boris", "vera")
        for n in range(60)
    ]
    found = desk.judge(rows, columns, header=header)
    signs = {one.value: {sign.sign: sign.found for sign in one.trap.signs} for one in found.slices if one.by == "agent"}
    assert signs["boris"] == {"quick_fix": True, "bouncing": True}
    assert not any(signs["olga"].values())
    assert found.trap.signs[0].share.n == 180
    refused = desk.judge([[*row(1), "often", "1"]], columns, header=header).refused_rows
    assert (refused[0].field, refused[0].value) == ("reopened", "often")


def test_only_one_class_gives_no_link_and_no_nan(desk):
    found = desk.judge([row(n, score=3) for n in range(40)]).to_dict()
    assert_complete(found)
    assert found["link"]["verdict"] == "insufficient"
    assert found["score"]["share"] == 1
    assert_complete(desk.judge([row(1, score="")]).to_dict())


def test_slices_are_capped_and_it_is_said(desk):
    rows = [row(n, agent=f"agent {n % 300}") for n in range(650)]
    found = desk.judge(rows)
    agents = [one for one in found.slices if one.by == "agent"]
    assert len(agents) == 200
    assert agents[0].tickets == 3
    assert any("300 different values of agent: the 200" in note for note in found.notes)
    assert "notes" not in found.to_dict()


def test_values_of_a_slice_are_told_apart_without_the_blanks_around_them(desk):
    found = desk.judge([row(1, agent=" olga"), row(2, agent="olga"), row(3, agent=""), row(4, agent="Olga")])
    assert [(one.value, one.tickets) for one in found.slices if one.by == "agent"] == [("olga", 2), ("Olga", 1)]


def test_the_verdict_is_in_the_language_of_the_columns_file(desk):
    rows = [row(n, took=2, score=1 if n % 2 else 3) for n in range(60)]
    assert "Арбуз" in desk.judge(rows, but(locale="ru")).headline
    assert "Watermelon" in desk.judge(rows).headline


def test_months_are_those_of_the_time_zone(desk):
    # 22:30 on the last of the month in UTC is the first of the next one in Moscow
    rows = [row(n, opened="2026-01-31T20:00:00Z", closed="2026-01-31T22:30:00Z") for n in range(3)]
    from nps_plugin.imports.counting import Counting
    from nps_plugin.imports.judging import open_export
    from nps_plugin.imports.rows import Reader

    def seen(zone):
        export = open_export(desk.write(rows), but(timezone=zone))
        counting = Counting(export.scale, (), export.columns.columns)
        for good in Reader(export.source, export.columns, export.scale).batches():
            counting.add(good)
        return {month % 12 + 1 for month in counting.months(counting.total, [0])[0]}

    assert seen("UTC") == {1}
    assert seen("Europe/Moscow") == {2}


def test_what_is_no_table_is_refused_clearly(desk, tmp_path):
    for content, said in (
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"PK\x03\x04 but no book", "Excel"),
        (b"%PDF\0\0\0\0", "no text"),
    ):
        desk.path.write_bytes(content)
        with pytest.raises(NpsError, match=said):
            judge(desk.path, PLAIN)
    with pytest.raises(NpsError, match="cannot be read"):
        judge(tmp_path / "nowhere.csv", PLAIN)
    with pytest.raises(NpsError, match="cannot be read"):
        judge(tmp_path, PLAIN)


def test_an_export_without_a_score_is_refused(desk):
    with pytest.raises(ConfigError, match=r"columns\.score") as refused:
        desk.judge([["1", "2"]], None, header=("number", "opened"))
    assert "'opened'" in str(refused.value)
