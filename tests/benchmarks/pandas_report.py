"""The rows of a report computed with pandas, NumPy and scipy from the same database: what reports are held against.

For each value of a slice: closings by KPI, the satisfied share and the net score over strata with fixed weights, the
share of dissatisfied among those that met the KPI, and theta, each with an interval that is clustered by client.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

_SQL = """
    SELECT {by}, c.kpi_met AS met, s.client, s.channel, s.locale, a.score
    FROM nps_closure c
    JOIN nps_survey s ON s.tenant_id = c.tenant_id AND s.host = c.host AND s.ticket = c.ticket AND s.closure = c.closure
    LEFT JOIN nps_answer a ON a.tenant_id = s.tenant_id AND a.survey = s.survey AND a.state = 'counted'
    WHERE c.tenant_id = 'acme' AND c.closed_at >= ? AND c.closed_at < ? {where}
"""
_WEIGHTS = """
    SELECT s.channel, s.locale, count(*) AS weight FROM nps_closure c
    JOIN nps_survey s ON s.tenant_id = c.tenant_id AND s.host = c.host AND s.ticket = c.ticket AND s.closure = c.closure
    WHERE c.tenant_id = 'acme' AND c.closed_at >= '2026-01-01' AND c.closed_at < '2026-04-01'
    GROUP BY s.channel, s.locale
"""
_BANDS = {1: -1, 2: 0, 3: 1}


def rows(database: Path, by: list[str], since: str, until: str, where: str = "") -> pd.DataFrame:
    """One row for each combination of the columns ``by`` of ``nps_closure``."""
    with sqlite3.connect(database) as connection:
        sql = _SQL.format(by=", ".join(f"c.{name}" for name in by), where=where)
        frame = pd.read_sql_query(sql, connection, params=(since, until))
        fixed = pd.read_sql_query(_WEIGHTS, connection).set_index(["channel", "locale"]).weight
    for name in (*by, "client", "channel", "locale"):
        frame[name] = frame[name].astype("category")
    grouped = frame.groupby(by, observed=True)
    table = grouped.agg(tickets=("met", "size"), kpi_met=("met", "sum"), answered=("score", "count"))
    table["kpi_share"] = table.kpi_met / table.tickets
    rated = frame[frame.score.notna()].copy()
    rated["happy"] = (rated.score == 3).astype(float)
    rated["net"] = rated.score.map(_BANDS).astype(float)
    rated["stratum"] = rated.groupby(["channel", "locale"], observed=True).ngroup()
    named = rated.drop_duplicates("stratum").set_index("stratum")[["channel", "locale"]]
    weights = pd.Series({at: fixed.loc[tuple(row)] for at, row in named.iterrows()}) / fixed.sum()
    for value, name in (("happy", "share"), ("net", "net_score")):
        table = table.join(_clustered(rated, by, value, weights, name))
    unhappy = rated[rated.met == 1].assign(unhappy=lambda some: (some.score == 1).astype(float))
    table = table.join(_clustered(unhappy, by, "unhappy", weights, "watermelon"))
    table = table.join(_theta(rated, by))
    return table.reset_index()


def _clustered(rated: pd.DataFrame, by: list[str], value: str, weights: pd.Series, name: str) -> pd.DataFrame:
    """Mean over strata with fixed weights, its interval clustered by client: t with Kish's clients less one."""
    strata = rated.groupby([*by, "stratum"], observed=True)[value].agg(["mean", "size"]).reset_index()
    strata["weight"] = strata.stratum.map(weights)
    strata["weight"] /= strata.groupby(by, observed=True).weight.transform("sum")
    strata["weighted"] = strata["mean"] * strata.weight
    mean = strata.groupby(by, observed=True).weighted.sum()
    joined = rated[[*by, "client", "stratum", value]].merge(strata, on=[*by, "stratum"])
    joined["scaled"] = joined.weight / joined["size"]
    joined["error"] = joined.scaled * (joined[value] - joined["mean"])
    per_client = joined.groupby([*by, "client"], observed=True)[["error", "scaled"]].sum()
    squares = (per_client**2).groupby(by, observed=True).sum()
    clients = 1 / squares.scaled
    spread = np.sqrt(squares.error * clients / (clients - 1))
    margin = stats.t.ppf(0.975, clients - 1) * spread
    answered = rated.groupby(by, observed=True).size()
    z = stats.norm.ppf(0.975)
    centre = (mean + z**2 / (2 * answered)) / (1 + z**2 / answered)
    wilson = z / (1 + z**2 / answered) * np.sqrt(np.maximum(mean * (1 - mean), 0) / answered + z**2 / (4 * answered**2))
    return pd.DataFrame(
        {
            name: mean,
            f"{name}_low": np.minimum(mean - margin, centre - wilson),
            f"{name}_high": np.maximum(mean + margin, centre + wilson),
        }
    )


def _theta(rated: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """P(score met > score missed) + P(tie) / 2 within strata, van Elteren weights, clustered by client."""
    keys = [*by, "stratum"]
    cells = rated.groupby([*keys, "met", "score"], observed=True).size().unstack("score", fill_value=0)
    missed, met = cells.xs(0, level="met"), cells.xs(1, level="met")
    missed, met = missed.align(met, join="inner", axis=0)
    n_missed, n_met = missed.sum(axis=1), met.sum(axis=1)
    placed_met = (missed.cumsum(axis=1) - missed / 2).div(n_missed, axis=0)
    placed_missed = (met.cumsum(axis=1) - met / 2).div(n_met, axis=0)
    theta = (met * placed_met).sum(axis=1) / n_met
    weight = n_missed * n_met / (n_missed + n_met + 1)
    weight /= weight.groupby(by, observed=True).transform("sum")
    total = (theta * weight).groupby(by, observed=True).sum()
    long = pd.concat({1: placed_met.stack(), 0: placed_missed.stack()}, names=["met"]).rename("placed").reset_index()
    each = pd.DataFrame({"theta": theta, "weight": weight, "n_met": n_met, "n_missed": n_missed}).reset_index()
    joined = rated[[*keys, "client", "met", "score"]].merge(long, on=[*keys, "met", "score"]).merge(each, on=keys)
    sign, size = np.where(joined.met == 1, 1, -1), np.where(joined.met == 1, joined.n_met, joined.n_missed)
    centre = np.where(joined.met == 1, joined.theta, 1 - joined.theta)
    joined["error"] = sign * joined.weight * (joined.placed - centre) / size
    joined["scaled"] = 1.0
    per_client = joined.groupby([*by, "client"], observed=True)[["error", "scaled"]].sum()
    squares = (per_client**2).groupby(by, observed=True).sum()
    clients = joined.groupby(by, observed=True).size() ** 2 / squares.scaled
    spread = np.sqrt(squares.error * clients / (clients - 1))
    margin = stats.t.ppf(0.975, clients - 1) * spread
    return pd.DataFrame({"theta": total, "theta_low": total - margin, "theta_high": total + margin})
