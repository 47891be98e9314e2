"""Random exports: the sums hold, the figures are those of the rows one by one, and nothing raises."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.imports.conftest import HEADER, Desk, but

from nps_plugin import SCALES, NpsError, judge
from nps_plugin.config import Target
from nps_plugin.counts import MET, MISSED, UNKNOWN, Row, tally
from nps_plugin.verdicts import judge_slice

START = datetime(2025, 1, 1)  # noqa: DTZ001 - exports seldom name a zone
ODD = st.sampled_from(
    ["", " ", "x", "NULL", "-", "9", "1,0", "2.0", "0", '"', "a\nb", "a;b", "é", "2026-01-05", "=1+1"]
)
TIME = st.integers(0, 400).map(lambda hours: (START + timedelta(hours=hours * 20)).isoformat(" "))
ROW = st.tuples(
    st.integers(0, 12).map(str), TIME | ODD, TIME | ODD, st.sampled_from(["1", "2", "3", ""]) | ODD,
    st.sampled_from(["olga", "boris", ""]) | ODD, st.sampled_from(["mail", "web"]) | ODD,
    st.sampled_from(["a", "b", "c", ""]) | ODD,
)  # fmt: skip
COMMON = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
COLUMNS = but(columns={"client": "client"})


@COMMON
@given(
    rows=st.lists(ROW, max_size=40), delimiter=st.sampled_from(",;\t"), encoding=st.sampled_from(["utf-8", "utf-16"])
)
def test_the_sums_hold_whatever_stands_in_the_cells(tmp_path, rows, delimiter, encoding):
    desk = Desk(tmp_path)
    found = judge(desk.write(rows, delimiter=delimiter, encoding=encoding), COLUMNS)
    there = sum(any(cells) for cells in rows)
    assert found.tickets + len(found.refused_rows) == there
    for one in (found, *found.slices):
        assert one.kpi.met + one.kpi.missed + one.kpi.unknown == one.tickets - one.open
        assert sum(vars(one.quadrants).values()) == one.answered
        assert one.score.satisfied + one.score.neutral + one.score.dissatisfied == one.answered
        assert one.answered <= one.tickets - one.open
    for by in ("queue", "agent"):
        assert sum(one.tickets for one in found.slices if one.by == by) <= found.tickets
    lines = [one.row for one in found.refused_rows]
    assert lines == sorted(lines)
    assert len(set(lines)) == len(lines)
    json.dumps(found.to_dict(), allow_nan=False)


def near(interval):
    # sums over clients may be taken in another order
    return interval if interval is None else pytest.approx(interval, abs=1e-12)


GOOD = st.tuples(
    st.integers(0, 11), st.integers(1, 9), st.sampled_from([1, 2, 3, None]), st.sampled_from(["olga", "boris"]),
    st.sampled_from(["mail", "web", "tel"]), st.integers(0, 4),
)  # fmt: skip


@COMMON
@given(rows=st.lists(GOOD, min_size=1, max_size=120))
def test_the_figures_are_those_of_the_rows_counted_one_by_one(tmp_path, rows):
    """Against the tally and the verdict that the store's own slices go through, clients and all."""
    desk = Desk(tmp_path)
    cells = []
    for number, (month, took, score, agent, queue, client) in enumerate(rows):
        opened = START.replace(month=month + 1, day=3, hour=8)
        closed = opened + timedelta(hours=took)
        cells.append(
            [str(number), str(opened), str(closed), str(score or ""), agent, queue, f"c{client}" if client else ""]
        )
    found = judge(desk.write(cells), COLUMNS)
    for by, place in ((None, None), ("agent", 3), ("queue", 4)):
        for value in {row[place] for row in rows} if place is not None else {None}:
            some = [row for row in rows if place is None or row[place] == value]
            counted = tally(
                SCALES["faces-3"],
                [
                    Row(MET if took <= 4 else MISSED, None if score is None else score - 1, client=client or None)
                    for _, took, score, _, _, client in some
                ],
            )
            expected = judge_slice(counted, target=Target(kpi_share=0.85, satisfied_share=0.8))
            got = found if by is None else next(s for s in found.slices if (s.by, s.value) == (by, value))
            assert got.score.interval == near(expected.score.interval)
            assert got.score.net_interval == near(expected.score.net_interval)
            assert got.watermelon_share.interval == near(expected.watermelon_share.interval)
            assert got.link.interval_d == near(expected.association.crude_interval_d)
            assert got.level.verdict == expected.level
            assert got.quadrants == expected.quadrants
            assert got.link.verdict == expected.link
    assert UNKNOWN == 2


@COMMON
@given(content=st.binary(max_size=600))
def test_no_bytes_at_all_make_it_fail_otherwise_than_by_a_clear_refusal(tmp_path, content):
    path = tmp_path / "any"
    path.write_bytes(",".join(HEADER).encode() + b"\n" + content)
    assert judge(path, COLUMNS).tickets >= 0
    path.write_bytes(content)
    with suppress(NpsError):
        judge(path)
