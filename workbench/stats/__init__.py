"""Pure statistics over arrays: every estimate carries its interval, and every formula names its source."""

from workbench.stats._agreement import JudgeAgreement, agreement
from workbench.stats._assisted import Sample, assisted_shares
from workbench.stats._discovery import Discovery, binomial_bound, discoveries
from workbench.stats._interval import Interval, quantile
from workbench.stats._mean import FEWEST, mean_interval, paired_interval, score_interval
from workbench.stats._power import Variance, cases_needed, components, minimum_detectable, paired_power
from workbench.stats._rates import Lift, lift, newcombe, upper_bound, wilson
from workbench.stats._reliability import Reliability, cohens_kappa, reliability
from workbench.stats._repeats import OfK, bootstrap, flip_rate, pass_at_k, pass_hat_k
from workbench.stats._samples import Share, Unseen, unseen, weighted_share
from workbench.stats._tests import PairedTest, benjamini_hochberg, holm, mcnemar, sign_flip

__all__ = [
    "FEWEST",
    "Discovery",
    "Interval",
    "JudgeAgreement",
    "Lift",
    "OfK",
    "PairedTest",
    "Reliability",
    "Sample",
    "Share",
    "Unseen",
    "Variance",
    "agreement",
    "assisted_shares",
    "benjamini_hochberg",
    "binomial_bound",
    "bootstrap",
    "cases_needed",
    "cohens_kappa",
    "components",
    "discoveries",
    "flip_rate",
    "holm",
    "lift",
    "mcnemar",
    "mean_interval",
    "minimum_detectable",
    "newcombe",
    "paired_interval",
    "paired_power",
    "pass_at_k",
    "pass_hat_k",
    "quantile",
    "reliability",
    "score_interval",
    "sign_flip",
    "unseen",
    "upper_bound",
    "weighted_share",
    "wilson",
]
