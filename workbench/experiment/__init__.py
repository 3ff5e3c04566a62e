"""Experiments, and the comparison of two of them that ends in a verdict."""

from workbench.experiment._arms import ALL_GRADERS
from workbench.experiment._compare import compare
from workbench.experiment._comparison import Comparison
from workbench.experiment._difference import Difference, Verdict
from workbench.experiment._experiment import Experiment, recorded
from workbench.experiment._plan import Plan, plan

__all__ = ["ALL_GRADERS", "Comparison", "Difference", "Experiment", "Plan", "Verdict", "compare", "plan", "recorded"]
