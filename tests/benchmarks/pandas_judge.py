"""What an analyst would write with pandas and scipy for the same printed things as ``nps-plugin judge``: the other side
of bench_judge. Run as a script with the export and the target in hours; prints JSON."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
from scipy import stats

Z = stats.norm.ppf(0.975)
LOW, POINTS = 1, 3


def wilson(k, n):
    if n == 0:
        return None, [None, None]
    p = k / n
    centre, half = (p + Z**2 / 2 / n) / (1 + Z**2 / n), Z / (1 + Z**2 / n) * np.sqrt(p * (1 - p) / n + Z**2 / 4 / n**2)
    return p, [centre - half, centre + half]


def clustered(value, n_c, s_c, n, iid, logit=True):
    """The t interval of a mean, clustered by client, of a share on the logit scale; sums by client come in."""
    effective = n**2 / float((n_c**2).sum())
    if effective <= 1 or n_c.max() == 1:
        # where nobody answered twice there is nothing to cluster
        return [None, None]
    e = s_c - n_c * value
    variance = max(float((e**2).sum()) / n**2 * effective / (effective - 1), iid)
    half = stats.t.ppf(0.975, effective - 1) * np.sqrt(variance)
    if logit and 0 < value < 1:
        middle, half = np.log(value / (1 - value)), half / (value * (1 - value))
        return [1 / (1 + np.exp(-(middle + sign * half))) for sign in (-1, 1)]
    return [value - half, value + half]


def link(met, missed):
    """theta, d and its logit-DeLong interval, from two histograms."""
    x, y = np.asarray(missed, float), np.asarray(met, float)
    if not x.sum() or not y.sum():
        return None, None, [None, None], None, None

    def parts(x, y):
        nx, ny = x.sum(), y.sum()
        p, q = (np.cumsum(x) - x / 2) / nx, (np.cumsum(y) - y / 2) / ny
        theta = float((y * p).sum() / ny)
        var = (y * (p - theta) ** 2).sum() / (ny - 1) / ny + (x * (q - 1 + theta) ** 2).sum() / (nx - 1) / nx
        return theta, var, p, q

    theta, _, p, q = parts(x, y)
    padded, var, _, _ = parts(x + 1 / POINTS, y + 1 / POINTS)
    logit, half = np.log(padded / (1 - padded)), Z * np.sqrt(var) / (padded * (1 - padded))
    ends = [2 / (1 + np.exp(-(logit + sign * half))) - 1 for sign in (-1, 1)]
    return theta, 2 * theta - 1, ends, p, q


def judged(frame):
    """Every figure that is printed for one slice."""
    answered = frame[frame.score.notna()]
    table = pd.crosstab(answered.met, answered.score).reindex(
        index=[True, False], columns=range(LOW, LOW + POINTS), fill_value=0
    )
    met, missed = table.loc[True].to_numpy(), table.loc[False].to_numpy()
    n, satisfied, dissatisfied = len(answered), int(table[3].sum()), int(table[1].sum())
    kpi_met = int(frame.met.sum())
    share, interval = wilson(satisfied, n)
    theta, d, d_interval, p, q = link(met, missed)
    melon, melon_interval = wilson(int(met[0]), int(met.sum()))
    net = (satisfied - dissatisfied) / n if n else None
    if n:
        by_client = answered.groupby("client", sort=False)
        n_c = by_client.size().to_numpy()
        s_c = by_client.happy.sum().to_numpy()
        u_c = by_client.unhappy.sum().to_numpy()
        wide = clustered(share, n_c, s_c, n, share * (1 - share) / n)
        interval = [min(interval[0], wide[0]), max(interval[1], wide[1])] if wide[0] is not None else interval
        net_interval = clustered(net, n_c, s_c - u_c, n, ((satisfied + dissatisfied) / n - net**2) / n, logit=False)
        ratings = answered.score.to_numpy().astype(int) - LOW
        if theta is not None:
            pull = np.where(answered.met, (p[ratings] - theta) / met.sum(), -(q[ratings] - 1 + theta) / missed.sum())
            e = pd.Series(pull).groupby(answered.client.to_numpy(), sort=False).sum().to_numpy()
            effective = n**2 / float((n_c**2).sum())
            half = stats.t.ppf(0.975, effective - 1) * np.sqrt((e**2).sum() * effective / (effective - 1))
            d_interval = [min(d_interval[0], d - 2 * half), max(d_interval[1], d + 2 * half)]
        melons = answered[answered.met]
        of_met = melons.groupby("client", sort=False)
        wide = clustered(
            melon,
            of_met.size().to_numpy(),
            of_met.unhappy.sum().to_numpy(),
            len(melons),
            melon * (1 - melon) / len(melons),
        )
        if wide[0] is not None:
            melon_interval = [min(melon_interval[0], wide[0]), max(melon_interval[1], wide[1])]
    else:
        net_interval = [None, None]
    months = frame.groupby("month").agg(met=("met", "mean"), happy=("happy_or_none", "mean"), n=("score", "count"))
    months = months[months.n >= 10]
    trap = None
    if len(months) >= 8:
        order = np.arange(len(months))
        trap = max(
            stats.kendalltau(order, months.met, alternative="greater").pvalue,
            stats.kendalltau(order, months.happy, alternative="less").pvalue,
        )
    return {
        "tickets": len(frame),
        "answered": n,
        "kpi": {"met": kpi_met, "missed": len(frame) - kpi_met, "share": kpi_met / len(frame)},
        "score": {
            "satisfied": satisfied,
            "share": share,
            "interval": interval,
            "net": net,
            "net_interval": net_interval,
        },
        "quadrants": [int(met[2]), int(met[0]), int(missed[2]), int(missed[0]), int(met[1] + missed[1])],
        "watermelon_share": [melon, melon_interval],
        "link": [theta, d, d_interval],
        "trap": trap,
    }


def main(path, hours):
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame["row"] = np.arange(2, len(frame) + 2)
    opened = pd.to_datetime(frame.opened, format="ISO8601", errors="coerce", utc=True)
    closed = pd.to_datetime(frame.closed, format="ISO8601", errors="coerce", utc=True)
    score = pd.to_numeric(frame.score.where(frame.score != ""), errors="coerce")
    refused = (
        (opened.isna() & (frame.opened != ""))
        | (closed.isna() & (frame.closed != ""))
        | (closed < opened)
        | ((frame.score != "") & ~score.isin(range(LOW, LOW + POINTS)))
    )
    frame = frame.assign(opened=opened, closed=closed, score=score)
    refused |= frame.duplicated(["number", "closed"])
    rows = frame[refused]
    frame = frame[~refused]
    still_open = int(frame.closed.isna().sum())
    frame = frame[frame.closed.notna()].assign(
        met=lambda f: f.closed - f.opened <= pd.Timedelta(hours=hours),
        month=lambda f: f.closed.dt.year * 12 + f.closed.dt.month,
        happy=lambda f: f.score == 3,
        unhappy=lambda f: f.score == 1,
        happy_or_none=lambda f: (f.score == 3).where(f.score.notna()),
    )
    whole = judged(frame)
    mix = answered_mix(frame)
    slices = [
        {"by": by, "value": value, **judged(part)} for by in ("queue", "agent") for value, part in frame.groupby(by)
    ]
    found = {**whole, "open": still_open, "mix": mix, "slices": slices, "refused": rows.row.tolist()}
    print(json.dumps(found, default=float))


def answered_mix(frame):
    """Stratified theta over priority x queue (van Elteren)."""
    answered = frame[frame.score.notna()]
    table = answered.groupby(["priority", "queue", "met", "score"]).size().unstack(fill_value=0)
    total = weight = 0.0
    for _, part in table.groupby(level=[0, 1]):
        part = part.droplevel([0, 1]).reindex([True, False], fill_value=0)
        met, missed = part.loc[True].to_numpy(), part.loc[False].to_numpy()
        if met.sum() and missed.sum():
            w = met.sum() * missed.sum() / (met.sum() + missed.sum() + 1)
            total, weight = total + w * link(met, missed)[0], weight + w
    return total / weight if weight else None


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
