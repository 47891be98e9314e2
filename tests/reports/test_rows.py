"""The rows of a report: exact counts, honest intervals, whatever the data are like."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from tests.reports.desk import NOW, Desk, settings

from nps_plugin import Client, ManualClock, Ratings, ReportRefused, UnknownTenant
from nps_plugin.model import SCALES, Direction
from nps_plugin.statistics import newcombe, wilson
from nps_plugin.store.tables import answers, surveys

SMALL = Desk(months=4, a_month=60)


def facts(ratings: Ratings, basis: str = "closed") -> list[dict[str, Any]]:
    """Every closing as the export tells it: month, agent, queue, met, band. Knows nothing of counts and folds."""
    found = []
    for row in ratings.export("acme"):
        survey = row["surveys"][0]
        answer = next((one for one in survey["answers"] if one["state"] == "counted"), None)
        if basis == "answered" and answer is None:
            continue
        at = datetime.fromisoformat(row["closed_at"] if basis == "closed" else answer["at"])
        found.append(
            {
                "month": at.astimezone(ratings.settings.tenants["acme"].timezone).strftime("%Y-%m"),
                "agent": row["credited"],
                "queue": row["queue"],
                "met": row["kpi_met"],
                "asked": survey["state"] != "not_asked",
                "band": answer and answer["band"],
                "procedure": survey["procedure"],
            }
        )
    return found


def counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    bands = Counter(row["band"] for row in rows)
    return {
        "tickets": len(rows),
        "asked": sum(row["asked"] for row in rows),
        "answered": sum(row["band"] is not None for row in rows),
        "kpi_met": sum(row["met"] is True for row in rows),
        "kpi_missed": sum(row["met"] is False for row in rows),
        "satisfied": bands["satisfied"],
        "neutral": bands["neutral"],
        "dissatisfied": bands["dissatisfied"],
        "watermelons": sum(row["met"] is True and row["band"] == "dissatisfied" for row in rows),
    }


@pytest.mark.both_engines
@pytest.mark.parametrize("basis", ["closed", "answered"])
def test_the_rows_are_what_the_facts_say(desk, basis):
    ratings = desk(SMALL)
    said = facts(ratings, basis)
    by_month = {row["since"][:7]: row for row in ratings.report("acme", last=6, basis=basis).rows()}
    months = defaultdict(list)
    for row in said:
        months[row["month"]].append(row)
    assert len(by_month) == 6
    for month, row in by_month.items():
        expected = counted(months[month])
        assert {name: row[name] for name in expected} == expected, month
    for by in (("agent",), ("queue",), ("agent", "queue")):
        slices = defaultdict(list)
        for row in said:
            slices[tuple(row[name] for name in by)].append(row)
        found = {
            tuple(row[name] for name in by): row for row in ratings.report("acme", last=6, by=by, basis=basis).rows()
        }
        assert {value: {name: row[name] for name in counted([])} for value, row in found.items()} == {
            value: counted(rows) for value, rows in slices.items()
        }


def test_intervals_are_never_narrower_than_wilsons_and_hold_the_share(year):
    for row in year().report("acme", by=("agent", "queue")).rows():
        closed = wilson(row["satisfied"], row["answered"])
        assert row["satisfied_low"] <= closed.low + 1e-9
        assert row["satisfied_high"] >= closed.high - 1e-9
        assert row["satisfied_low"] <= row["satisfied_share"] <= row["satisfied_high"]
        assert -1 <= row["net_low"] <= row["net"] <= row["net_high"] <= 1


def test_rows_are_flat_plain_values(year):
    report = year().report("acme", by=("queue", "site"))
    lines = report.rows()
    assert [set(line) for line in lines] == [set(lines[0])] * len(lines)
    assert list(lines[0])[:2] == ["queue", "site"]
    assert all(isinstance(value, (str, int, float, bool, type(None))) for line in lines for value in line.values())
    json.dumps(report.to_dict(), allow_nan=False)
    json.dumps(report.details().to_dict(), allow_nan=False)
    pandas = pytest.importorskip("pandas")
    assert pandas.DataFrame(lines)["answered"].sum() == sum(line["answered"] for line in lines)


def test_a_report_is_frozen(year):
    report = year().report("acme")
    with pytest.raises(AttributeError):
        report.last = 3


def test_two_ways_of_asking_are_never_in_one_row(desk):
    ratings = desk(Desk(months=4, a_month=60, changed_at=2))
    by_queue = ratings.report("acme", last=6, by="queue").rows()
    assert Counter((row["queue"], row["procedure"]) for row in by_queue).most_common(1)[0][1] == 1
    assert {row["procedure"] for row in by_queue} == {"a" * 16, "b" * 16}
    months = [row for row in ratings.report("acme", last=6).rows() if row["tickets"]]
    assert [row["procedure"][0] for row in months] == sorted(row["procedure"][0] for row in months), "the older first"
    assert sum(row["answered"] for row in months) == counted(facts(ratings))["answered"]


def test_two_scales_are_never_in_one_row(desk):
    scales = (SCALES["faces-3"], SCALES["nps-11"])
    ratings = desk(Desk(months=4, a_month=60, changed_at=2, scales=scales))
    assert {row["scale"] for row in ratings.report("acme", by="queue", last=6).rows()} == {"faces-3", "nps-11"}
    report = ratings.report("acme", last=6)
    assert report.details().scale.name == "nps-11"
    assert "judged apart" in report.html(pictures=True)


def test_few_answers_are_given_as_k_of_n(desk):
    ratings = desk(Desk(months=2, a_month=5, answering=0.4))
    report = ratings.report("acme", last=3, by="queue")
    few = [row for row in report.table if 0 < row.answered < 5]
    assert few
    assert not any(row.shown for row in few)
    page = report.html(pictures=False)
    assert page.count('<tr class="few">') >= len(few)
    assert f"{few[0].score.satisfied} of {few[0].answered}" in page


@pytest.mark.parametrize("period", ["week", "month", "quarter", "year"])
def test_a_tenant_without_a_single_closing_gets_an_answer(desk, period):
    ratings = desk()
    report = ratings.report("acme", period, 3)
    assert [row["tickets"] for row in report.rows()] == [0, 0, 0]
    assert all(row["satisfied_share"] is None for row in report.rows())
    assert ratings.report("acme", by="agent").rows() == []
    for made in (report, ratings.report("acme", by=("agent", "queue"))):
        assert made.details().verdict.headline
        assert "nan" not in made.html("ru").casefold()
        assert made.xlsx()
        assert made.pictures() == {}


@pytest.mark.parametrize(("satisfied", "kpi"), [(0.999999, 0.999999), (0.000001, 0.000001), (0.5, 0.999999)])
def test_one_class_alone_gives_figures_and_no_nan(desk, satisfied, kpi):
    ratings = desk(
        Desk(
            months=10,
            a_month=40,
            satisfied=satisfied,
            kpi=kpi,
            satisfied_drift=0,
            kpi_drift=0,
            link=0,
            queues={"only": 0.0},
        )
    )
    report = ratings.report("acme", by="queue")
    json.dumps([report.rows(), report.details().to_dict()], allow_nan=False)
    page = report.html()
    assert "nan" not in page.casefold().replace("finance", "")
    assert "None" not in page


def test_a_clock_before_all_data_sees_an_empty_window(year_file, year):
    from tests.reports.desk import opened

    ratings = opened(f"sqlite:///{year_file}", now=NOW - timedelta(days=3000))
    assert sum(row["tickets"] for row in ratings.report("acme").rows()) == 0
    assert ratings.report("acme").html(pictures=False)
    ratings.close()


def test_a_slice_that_nobody_has_is_empty_and_a_name_that_nobody_has_is_refused(year):
    ratings = year()
    assert sum(row["tickets"] for row in ratings.report("acme", queue="nowhere").rows()) == 0
    assert ratings.report("acme", queue="nowhere").details().verdict.answered == 0
    assert ratings.report("acme", client="id:nobody").details().verdict.answered == 0
    assert ratings.report("acme", client=Client(id="nobody")).rows()
    with pytest.raises(ReportRefused, match="sight: no closing of tenant acme"):
        ratings.report("acme", by="sight")
    with pytest.raises(UnknownTenant):
        ratings.report("nobody")


def test_the_last_periods_are_preliminary(year):
    rows = year().report("acme").table
    assert [row.preliminary for row in rows[-3:]] == [False, True, True]
    assert [row.ended for row in rows[-2:]] == [True, False]


def test_an_answer_that_is_not_folded_yet_counts_at_once(desk):
    ratings = desk(SMALL)
    before = ratings.report("acme", last=6).rows()
    survey = next(one for row in ratings.export("acme") for one in row["surveys"] if one["answers"])
    ratings.withdraw_answer("acme", survey["answers"][0]["answer"], by="boris", why="a test")
    after = ratings.report("acme", last=6).rows()
    assert sum(row["answered"] for row in before) - sum(row["answered"] for row in after) == 1


def test_targets_are_those_of_the_slice(year):
    targets = {"kpi_share": 0.9, "satisfied_share": 0.8, "queue": {"billing": {"satisfied_share": 0.6}}}
    ratings = year(targets=targets)
    by_queue = {row["queue"]: row["satisfied_target"] for row in ratings.report("acme", by="queue").rows()}
    assert by_queue == {"access": 0.8, "billing": 0.6, "hardware": 0.8, "network": 0.8}
    assert {row["satisfied_target"] for row in ratings.report("acme", by="agent").rows()} == {None}, "never by agent"


def test_details_are_read_when_they_are_first_asked_for(desk):
    ratings = desk(SMALL)
    report = ratings.report("acme", last=6)
    first = report.details()
    assert report.details() is first
    assert report.details("ru").verdict.answered == first.verdict.answered
    assert report.details("ru").verdict.headline != first.verdict.headline


def test_what_changed_is_newcombes_where_clients_are_all_different(desk):
    ratings = desk(Desk(months=4, a_month=80, clients=100_000))
    details = ratings.report("acme", last=6).details()
    change = details.changes[0]
    exact = newcombe(change.after.count, change.after.n, change.before.count, change.before.n)
    assert change.difference == pytest.approx(exact.estimate)
    assert change.interval == pytest.approx(tuple(exact.interval), abs=0.02)


def test_a_channel_that_has_too_few_answers_for_a_total_makes_no_trend(desk):
    ratings = desk(Desk(months=12, a_month=200, satisfied_drift=0, kpi_drift=0, queues={"access": 0.0}))
    per_month: Counter[str] = Counter()
    silent = update(surveys).where(surveys.c.state == "expired")
    with ratings._parts.store.write() as connection:
        connection.execute(silent.values(channel="call"))
        # those who answer there are content: twelve a month, and from June on eight, too few for a total of strata
        heard = select(surveys.c.survey, surveys.c.sent_at).join(answers, answers.c.survey == surveys.c.survey)
        for survey, at in connection.execute(heard.where(answers.c.band == "satisfied").order_by(surveys.c.sent_at)):
            month = f"{at.astimezone(ZoneInfo('Europe/Moscow')):%Y-%m}"
            per_month[month] += 1
            if per_month[month] <= (12 if month < "2026-06" else 8):
                connection.execute(update(surveys).where(surveys.c.survey == survey).values(channel="call"))
    ratings.rebuild("acme")
    details = ratings.report("acme", last=12).details()
    shares = [row.score.share for row in details.periods if row.ended]
    assert min(shares[:5]) > max(shares[-4:])
    assert next(one for one in details.trends if one.series == "satisfied").direction is Direction.NONE


def test_the_year_is_read_in_the_tenants_zone(desk):
    ratings = desk(SMALL)
    first = ratings.report("acme", "year", 1)
    assert first.since.astimezone(UTC) == datetime(2025, 12, 31, 21, tzinfo=UTC)


def test_what_another_tenant_has_changes_nothing(database):
    config = settings(database())
    config["tenants"]["rival"] = config["tenants"]["acme"] | {"brand": {"name": "Rival", "sender": "R <r@r.example>"}}
    ratings = Ratings(config, strict=True, clock=ManualClock(NOW))
    ratings.upgrade()
    SMALL.fill(ratings, "rival")
    asked: list[dict[str, Any]] = [{"last": 6}, {"last": 6, "by": "agent"}, {"last": 6, "by": ("queue", "site")}]

    def seen() -> list[Any]:
        reports = [ratings.report("rival", **one) for one in asked]
        return [one.rows() for one in reports] + [one.details().to_dict() for one in reports]

    alone = seen()
    Desk(months=4, a_month=60, seed=8, satisfied=0.3, agents=("nobody", "else")).fill(ratings, "acme")
    assert seen() == alone
    ratings.close()
