"""What a set of cases will be able to see, before anything is spent on running it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from workbench.errors import InputError
from workbench.experiment._say import count, percent, points
from workbench.stats import Variance, cases_needed, minimum_detectable, paired_power, quantile

__all__ = ["Plan", "plan"]

_WANTED = 0.8


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What a comparison of this size would find.

    Parameters
    ----------
    cases, trials
        How many cases, and how often each is tried in each arm.
    fixed, regressed
        The share of cases that the change is thought to fix, and to break.
    power
        The chance that `compare` then says better or worse.
    minimum_detectable
        The smallest true difference that is found in four of five tries.
    needed
        How many cases find the change in four of five tries.
    """

    cases: int
    trials: int
    fixed: float
    regressed: float
    power: float
    minimum_detectable: float
    needed: int

    def __repr__(self) -> str:
        return (
            f"{count(self.cases, 'case')} of {count(self.trials, 'trial')} find a change that fixes {percent(self.fixed)} and"
            f" breaks {percent(self.regressed)} of them {self.power:.0%} of the time; for four in five it takes"
            f" {count(self.needed, 'case')}. The smallest change seen as often is"
            f" {points(self.minimum_detectable, signed=False)} points."
        )


def plan(
    cases: int, *, fixed: float, regressed: float = 0.0, trials: int = 1, flip_rate: float = 0.0, level: float = 0.95
) -> Plan:
    """Say what a comparison would find, if the change does what it is thought to do.

    Parameters
    ----------
    cases
        How many cases there are.
    fixed, regressed
        The share of all cases that the change fixes, and breaks.
    trials
        How often each case is tried in each arm.
    flip_rate
        How often two tries of one case disagree, as `Comparison.flip_rate` or `stats.flip_rate` measured it.
    level
        The confidence level of the verdict.

    Raises
    ------
    InputError
        There are no cases or trials, nothing changes, or the shares are more than everything.

    Notes
    -----
    On single trials that never flip, the exact power of McNemar's test; else Miller (2024), "Adding Error Bars to Evals",
    section 5.

    Examples
    --------
    >>> plan(400, fixed=0.10, regressed=0.05).power.__round__(2)
    0.74
    """
    if cases < 1 or trials < 1 or not 0 <= flip_rate <= 1:
        msg = f"a plan needs cases ({cases}), trials ({trials}) and a flip rate from 0 to 1 ({flip_rate})"
        raise InputError(msg)
    exact = paired_power(cases, fixed, regressed, level=level)
    effect = fixed - regressed
    if effect == 0:
        msg = "a change that fixes as much as it breaks makes no difference to find: say what it should improve"
        raise InputError(msg)
    within = flip_rate / 2
    per_case = Variance(max(fixed + regressed - effect**2, 0.0), within, within).per_case(trials)
    normal = NormalDist().cdf(abs(effect) / math.sqrt(per_case / cases) - quantile(level)) if per_case else 1.0
    needed = cases_needed(per_case, effect, level=level, power=_WANTED)
    power = exact if flip_rate == 0 else normal
    return Plan(
        cases, trials, fixed, regressed, power, minimum_detectable(per_case, cases, level=level, power=_WANTED), needed
    )
