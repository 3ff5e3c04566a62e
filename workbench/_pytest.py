"""The gate as a pytest fixture: found by pytest through its entry point, costs nothing until it is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from workbench.experiment import Comparison, GateResult, Policy

__all__ = ["workbench_gate"]


@pytest.fixture
def workbench_gate(request: pytest.FixtureRequest) -> Callable[..., GateResult]:
    """Hold a candidate against a policy; the test fails where the gate fails, and where it cannot tell.

    Examples
    --------
    >>> def test_it_may_ship(workbench_gate):
    ...     workbench_gate("gate.toml", baseline="main", candidate="pr-112", workspace="support-agent")
    """

    def ask(
        policy: Policy | str | Path,
        *,
        baseline: str | None = None,
        candidate: str | None = None,
        workspace: str | Path = ".",
        comparison: Comparison | None = None,
        inconclusive: str = "fail",
    ) -> GateResult:
        """Ask the gate.

        Parameters
        ----------
        policy
            A policy, or the path of its TOML file: relative to where pytest was started.
        baseline, candidate
            Names of experiments of the workspace, or of recorded releases.
        workspace
            The workspace's folder.
        comparison
            What `compare` gave, instead of a workspace's two experiments.
        inconclusive
            "fail", or "skip": what becomes of the test where the gate cannot tell.
        """
        from workbench import experiment
        from workbench.workspace import Workspace

        if comparison is not None:
            asked = policy if isinstance(policy, experiment.Policy) else experiment.read_policy(policy)
            result = experiment.gate(comparison, asked)
        elif baseline is None or candidate is None:
            pytest.fail("workbench_gate needs a baseline and a candidate, or a comparison", pytrace=False)
        else:
            ws = Workspace(Path(workspace))
            request.addfinalizer(ws.close)
            result = ws.gate(policy, baseline=baseline, candidate=candidate)
        request.node.user_properties.append(("workbench_gate", result.ruling))  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        if result.ruling == "inconclusive" and inconclusive == "skip":
            pytest.skip(result.sentence)
        if result.ruling != "pass":
            pytest.fail(result.sentence, pytrace=False)
        return result

    return ask
