"""Running experiments and holding them against a policy, from the shell or a build server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from typer.core import TyperCommand

from workbench.cli._app import HERE, Arm, AsJson, Case, Folder, app, open_workspace
from workbench.cli._show import say, speaking

__all__ = ["GATE_REFUSED"]

GATE_REFUSED = 3
"""The exit code of a gate that could not be asked, or was asked wrongly: 1 and 2 are its own answers."""


class _GateCommand(TyperCommand):
    """A command line that is wrong must not look like an answer."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if hasattr(error, "exit_code"):  # typer's own copy of click's errors
                vars(error)["exit_code"] = GATE_REFUSED
            raise


@app.command()
def experiment(
    agent: Annotated[
        str, typer.Argument(help="module:function, file.py:function, a command in quotes, or an address.")
    ],
    dataset: Annotated[str, typer.Argument(help="The dataset's name.")],
    graders: Annotated[str, typer.Option(help="A Python file, or module:name.")],
    name: Annotated[str, typer.Option(help="What to call it; the same name again goes on.")],
    trials: Annotated[int, typer.Option(help="How often each case is tried.", min=1)] = 1,
    concurrency: Annotated[int, typer.Option(help="How many trials at once.", min=1)] = 8,
    timeout: Annotated[float | None, typer.Option(help="Seconds that one answer may take.")] = None,
    retries: Annotated[int, typer.Option(help="How often a try is made again whose infrastructure failed.", min=0)] = 2,
    per_minute: Annotated[float | None, typer.Option(help="How many tries may begin in a minute.")] = None,
    hypothesis: Annotated[str | None, typer.Option(help="What the change is to bring.")] = None,
    variant: Annotated[list[str] | None, typer.Option(help="What was tried, as key=value.")] = None,
    case: Annotated[list[str] | None, typer.Option(help="Only these cases.")] = None,
    replay: Annotated[bool, typer.Option(help="Answer its tool calls from each case's recorded world.")] = False,
    again: Annotated[bool, typer.Option(help="Try those anew that ended in an error.")] = False,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Try an agent on a dataset; every trial is on disk as it finishes. The agent and the graders are executed: use only your own.

    Example:  workbench experiment agent.py:answer refunds --graders graders.py --name pr-112 --trials 4 -w support-agent
    """
    from workbench.errors import InputError
    from workbench.grade import load_graders

    with speaking(as_json=as_json):
        sys.path.insert(0, str(Path.cwd()))  # a module beside the caller, as with `python -m`
        pairs = [word.partition("=") for word in variant or ()]
        for key, sign, _ in pairs:
            if not sign:
                msg = f"--variant {key!r}: expected key=value, such as model=small-2"
                raise InputError(msg)
        made = open_workspace(workspace).experiment(
            agent,
            dataset,
            graders=load_graders(graders),
            name=name,
            trials=trials,
            concurrency=concurrency,
            timeout=timeout,
            retries=retries,
            per_minute=per_minute,
            hypothesis=hypothesis,
            variant={key: value for key, _, value in pairs} or None,
            cases=case,
            replay=replay,
            again=again,
        )
        statuses = dict(made.outcomes["status"].value_counts().rows())
        values: dict[str, Any] = {"name": name, "metadata": dict(made.metadata), "outcomes": statuses}
        say(made.sentence, values | {"counted": dict(made.counted)}, as_json=as_json)


@app.command()
def experiments(
    dataset: Annotated[
        str | None, typer.Option(help="Only those on this dataset, with what changed between them.")
    ] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """List the experiments that were run; of one dataset with what was fixed and regressed from run to run.

    Example:  workbench experiments --dataset refunds -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        if dataset is None:
            found = ws.experiments()
            columns = [
                "name",
                "dataset",
                "dataset_version",
                "cases",
                "trials",
                "errored",
                "cost",
                "partial",
                "created_at",
            ]
            said = f"{found.height:,} experiments." if found.height != 1 else "1 experiment."
            say(said, {"experiments": found.to_dicts()}, as_json=as_json, frame=found.select(columns))
        else:
            told = ws.history(dataset)
            values = {"runs": told.runs.to_dicts(), "cases": told.cases.to_dicts()}
            columns = ["experiment", "cases", "trials", "rate", "fixed", "regressed", "improvement", "changed"]
            say(told.sentence, values, as_json=as_json, frame=told.shown.select(columns))


@app.command(cls=_GateCommand)
def gate(
    policy: Annotated[Path, typer.Option(help="The policy, a TOML file.")],
    baseline: Annotated[str, typer.Option(help="An experiment, or a recorded release.")],
    candidate: Annotated[str, typer.Option(help="The one that is to ship.")],
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a summary for people here.")] = None,
    json_file: Annotated[Path | None, typer.Option(help="Write everything as JSON here.")] = None,
    arm: Arm = "agent_version",
    case: Case = "task_id",
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """May it ship? The exit code is 0 pass, 1 fail, 2 inconclusive, and 3 when the gate could not be asked.

    Example:  workbench gate --policy gate.toml --baseline main --candidate pr-112 --junit gate.xml -w support-agent
    """
    with speaking(as_json=as_json, refused=GATE_REFUSED):
        result = open_workspace(workspace).gate(policy, baseline=baseline, candidate=candidate, column=arm, case=case)
        result.write(junit=junit, markdown=markdown, json=json_file)
        frame = result.to_frame().select(pl.col("ruling"), pl.col("rule"), pl.col("sentence"))
        say(result.sentence, result.to_json(), as_json=as_json, frame=frame)
    raise typer.Exit(result.exit_code)
