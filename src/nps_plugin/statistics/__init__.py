"""Pure functions on counts, standard library only: every number behind a verdict. What each needs and where it is from:
docs/statistics.md.

Wrong input (negative counts, lengths that differ, levels outside 0..1) is a ValueError that names it. Input that is
right but too little gives None, never NaN: an estimate of nothing is None. An interval of nothing is the whole range
where a share or net score has one.
"""

from __future__ import annotations

from .association import BrunnerMunzel, Theta, brunner_munzel, theta, theta_interval, theta_weights
from .clusters import (
    Clustered,
    ClusterSums,
    cluster_interval,
    cluster_theta_interval,
    cluster_variance,
    effective_clusters,
    sums_by_cluster,
    theta_sum_by_cluster,
    weighted_cluster_interval,
)
from .curves import Crossing, crossing, isotonic, isotonic_band
from .history import DEFAULT_STRENGTH, dirichlet_p, dirichlet_strength, rank_p
from .intervals import Difference, Interval, mover, wider
from .many import (
    Against,
    ObservedExpected,
    adjusted_p,
    benjamini_hochberg,
    funnel_limits,
    observed_expected,
    overdispersion,
)
from .netscore import (
    NetScore,
    adjusted_wald,
    net_difference,
    net_score,
    sample_size,
    sample_size_difference,
    score_interval,
)
from .ordinal import Ordinal, TrendInShares, cochran_armitage, ordinal_association
from .points import G2, Partition, effective_points, entropy, g2, g2_partition, information, kept_information
from .shares import answers_needed, newcombe, wilson
from .strata import Cmh, StratifiedTheta, cmh, simpson, stratified_theta
from .tails import chi2_sf, critical, normal_quantile, normal_sf, normal_two_sided, t_critical, t_quantile, t_sf
from .tipping import Representative, bias_bound, manski, post_stratified, r_indicator, tipping_point
from .traps import Jump, TrapTest, deadline_jump, trap_test
from .trends import Laney, Trend, laney, mann_kendall, seasonal_mann_kendall, seasonal_sen_slope, sen_slope

__all__ = [
    "DEFAULT_STRENGTH",
    "G2",
    "Against",
    "BrunnerMunzel",
    "ClusterSums",
    "Clustered",
    "Cmh",
    "Crossing",
    "Difference",
    "Interval",
    "Jump",
    "Laney",
    "NetScore",
    "ObservedExpected",
    "Ordinal",
    "Partition",
    "Representative",
    "StratifiedTheta",
    "Theta",
    "TrapTest",
    "Trend",
    "TrendInShares",
    "adjusted_p",
    "adjusted_wald",
    "answers_needed",
    "benjamini_hochberg",
    "bias_bound",
    "brunner_munzel",
    "chi2_sf",
    "cluster_interval",
    "cluster_theta_interval",
    "cluster_variance",
    "cmh",
    "cochran_armitage",
    "critical",
    "crossing",
    "deadline_jump",
    "dirichlet_p",
    "dirichlet_strength",
    "effective_clusters",
    "effective_points",
    "entropy",
    "funnel_limits",
    "g2",
    "g2_partition",
    "information",
    "isotonic",
    "isotonic_band",
    "kept_information",
    "laney",
    "mann_kendall",
    "manski",
    "mover",
    "net_difference",
    "net_score",
    "newcombe",
    "normal_quantile",
    "normal_sf",
    "normal_two_sided",
    "observed_expected",
    "ordinal_association",
    "overdispersion",
    "post_stratified",
    "r_indicator",
    "rank_p",
    "sample_size",
    "sample_size_difference",
    "score_interval",
    "seasonal_mann_kendall",
    "seasonal_sen_slope",
    "sen_slope",
    "simpson",
    "stratified_theta",
    "sums_by_cluster",
    "t_critical",
    "t_quantile",
    "t_sf",
    "theta",
    "theta_interval",
    "theta_sum_by_cluster",
    "theta_weights",
    "tipping_point",
    "trap_test",
    "weighted_cluster_interval",
    "wider",
    "wilson",
]
