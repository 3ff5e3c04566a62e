"""Experiments, and the comparison of two of them that ends in a verdict."""

from workbench.experiment._agent import Agent, agent_of
from workbench.experiment._arms import ALL_GRADERS
from workbench.experiment._attempt import Case, GraderLike, Trial
from workbench.experiment._compare import compare
from workbench.experiment._comparison import Comparison
from workbench.experiment._coverage import unseen
from workbench.experiment._decompose import Decomposition, decompose
from workbench.experiment._difference import ComparisonVerdict, Difference
from workbench.experiment._executed import executed, result_rows, trial_rows
from workbench.experiment._experiment import Experiment, recorded
from workbench.experiment._gate import GateResult, Rule, gate
from workbench.experiment._gate_files import to_junit, to_markdown
from workbench.experiment._history import History, history
from workbench.experiment._plan import Plan, plan
from workbench.experiment._policy import Policy, read_policy
from workbench.experiment._runner import cases_of, run, stream

__all__ = [
    "ALL_GRADERS",
    "Agent",
    "Case",
    "Comparison",
    "ComparisonVerdict",
    "Decomposition",
    "Difference",
    "Experiment",
    "GateResult",
    "GraderLike",
    "History",
    "Plan",
    "Policy",
    "Rule",
    "Trial",
    "agent_of",
    "cases_of",
    "compare",
    "decompose",
    "executed",
    "gate",
    "history",
    "plan",
    "read_policy",
    "recorded",
    "result_rows",
    "run",
    "stream",
    "to_junit",
    "to_markdown",
    "trial_rows",
    "unseen",
]
