"""What happened over the runs, from the shell: each case's course, why a number moved, and one case in both arms."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench._words import percent, points, readable
from workbench.cli._app import HERE, Arm, AsJson, Folder, app, open_workspace
from workbench.cli._show import say, speaking

__all__ = ["flip", "history", "why"]

Baseline = Annotated[str, typer.Option(help="The experiment or release to compare with.")]
Candidate = Annotated[str, typer.Option(help="The one that is asked about.")]


@app.command()
def history(
    dataset: Annotated[str, typer.Argument(help="The dataset's name.")],
    cases: Annotated[bool, typer.Option("--cases", help="List the cases and not the runs.")] = False,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Tell every run of a dataset, oldest first: what was fixed and regressed, and what had changed.

    Example:  workbench history refunds -w support-agent
    """
    with speaking(as_json=as_json):
        told = open_workspace(workspace).history(dataset)
        values = {"runs": told.runs.to_dicts(), "cases": told.cases.to_dicts()}
        runs = ["experiment", "cases", "trials", "rate", "fixed", "regressed", "improvement", "changed"]
        shown = readable(told.cases.drop("course"), {"rate": percent}) if cases else told.shown.select(runs)
        say(told.sentence, values, as_json=as_json, frame=shown)


@app.command()
def why(
    before: Annotated[str, typer.Argument(help="An experiment, or a recorded release.")],
    after: Annotated[str, typer.Argument(help="The later one.")],
    by: Annotated[str | None, typer.Option(help="An attribute that tells kinds of cases apart.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say why a pass rate moved between two runs: agent, graders, mix, cases or chance; the parts add up.

    Example:  workbench why v1 v2 --by mode -w support-agent
    """
    with speaking(as_json=as_json):
        found = open_workspace(workspace).why(before, after, by=by)
        values = {"before": found.before, "after": found.after, "parts": found.parts.to_dicts()}
        shown = readable(found.parts, {"change": points}, interval="change")
        say(found.sentence, values, as_json=as_json, frame=shown)


@app.command()
def flip(
    case: Annotated[str | None, typer.Argument(help="The case; without one, those that changed are listed.")] = None,
    baseline: Baseline = ...,  # pyright: ignore[reportArgumentType]
    candidate: Candidate = ...,  # pyright: ignore[reportArgumentType]
    arm: Arm = "agent_version",
    tried: Annotated[
        str, typer.Option("--case", help="The column of the sessions that tells what was tried.")
    ] = "task_id",
    grader: Annotated[list[str] | None, typer.Option(help="Only these graders or scores.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Set one case's two conversations side by side, with the first step at which they part.

    Example:  workbench flip case-7 --baseline v1 --candidate v2 -w support-agent
    """
    from workbench.experiment import compare

    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        arms = [ws.arm(name, column=arm, case=tried, graders=grader) for name in (baseline, candidate)]
        found = compare(*arms)
        if case is None:
            changed = found.changed
            said = f"{len(found.fixed):,} fixed, {len(found.regressed):,} regressed, {len(found.noise):,} within their own noise."
            shown = changed.drop("baseline_sessions", "candidate_sessions", "by_chance")
            say(said, {"changed": changed.to_dicts()}, as_json=as_json, frame=shown)
            return
        told = found.flip(case, ws.session)
        rows = told.to_frame()
        say(told.sentence, {"case": case, "rows": rows.to_dicts()}, as_json=as_json, frame=rows)
