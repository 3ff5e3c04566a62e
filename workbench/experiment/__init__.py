"""Experiments, and the comparison of two of them that ends in a verdict."""

from workbench.experiment._agent import Agent, agent_of
from workbench.experiment._arms import ALL_GRADERS
from workbench.experiment._attempt import Case, GraderLike, Trial
from workbench.experiment._compare import compare
from workbench.experiment._comparison import Comparison
from workbench.experiment._coverage import unseen
from workbench.experiment._difference import Difference, Verdict
from workbench.experiment._executed import executed, result_rows, trial_rows
from workbench.experiment._experiment import Experiment, recorded
from workbench.experiment._plan import Plan, plan
from workbench.experiment._runner import cases_of, run, stream

__all__ = [
    "ALL_GRADERS",
    "Agent",
    "Case",
    "Comparison",
    "Difference",
    "Experiment",
    "GraderLike",
    "Plan",
    "Trial",
    "Verdict",
    "agent_of",
    "cases_of",
    "compare",
    "executed",
    "plan",
    "recorded",
    "result_rows",
    "run",
    "stream",
    "trial_rows",
    "unseen",
]
