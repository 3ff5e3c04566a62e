"""The commands, in the order in which they are used."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import polars as pl
import typer

from workbench._words import percent, readable
from workbench.cli._modes import say_crosswalk, say_families, say_modes, say_pairs
from workbench.cli._show import say, speaking
from workbench.errors import InputError
from workbench.progress import terminal
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.cluster import Facet

__all__ = ["HERE", "Arm", "AsJson", "Case", "Folder", "Limit", "app", "main", "open_workspace"]

app = typer.Typer(
    name="workbench",
    help="Find out why an agent fails, and whether the new version is better. Offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Option("--workspace", "-w", envvar="WORKBENCH", help="The workspace's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Version = Annotated[str | None, typer.Option("--agent-version", help="Only sessions of this release.")]
Arm = Annotated[str, typer.Option(help="The column of the sessions that tells the two apart, or file.")]
Case = Annotated[str, typer.Option(help="The column of the sessions that tells what was tried.")]
Limit = Annotated[int, typer.Option("--limit", help="How many rows to show.", min=1)]
HERE = Path()


def main() -> None:
    """The command `workbench`."""
    app()


def _open(folder: Path, *, new: bool = False) -> Workspace:
    if not new and not (folder / "workbench.db").exists() and "WORKBENCH_DATABASE" not in os.environ:
        msg = f"{folder.resolve()} is no workspace yet: make one with `workbench init {folder}`, or name one with --workspace"
        raise InputError(msg)
    return Workspace(folder, progress=terminal)


open_workspace = _open


def _where(agent_version: str | None) -> pl.Expr | None:
    return None if agent_version is None else pl.col("agent_version") == agent_version


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to keep it.")], as_json: AsJson = False) -> None:
    """Make a workspace: a folder that keeps traces, labels and datasets.

    Example:  workbench init support-agent
    """
    with speaking(as_json=as_json):
        ws = _open(folder, new=True)
        say(f"Workspace {ws.config.name!r} is in {ws.store.folder}.", {"folder": str(ws.store.folder)}, as_json=as_json)


@app.command()
def load(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or glob patterns.")],
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Read trace exports of any known format; what is not read is counted, with the reason.

    Example:  workbench load 'exports/*.jsonl' -w support-agent
    """
    with speaking(as_json=as_json):
        report = _open(workspace).load(paths)
        values: dict[str, Any] = {
            **report.totals,
            "skipped": list(report.skipped),
            "reasons": report.reasons().to_dicts(),
            "formats": report.by_format().to_dicts(),
            "not_understood": report.unknown.to_dicts(),
        }
        say(report.sentence, values, as_json=as_json, frame=report.reasons())


@app.command()
def grade(
    graders: Annotated[str, typer.Argument(help="A Python file, or module:name.")],
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Run code graders over every session. The file is executed: use only your own.

    Example:  workbench grade graders.py -w support-agent
    """
    from workbench.grade import load_graders

    with speaking(as_json=as_json):
        graded = _open(workspace).grade(load_graders(graders))
        say(
            graded.sentence,
            {"graders": graded.summary().to_dicts()},
            as_json=as_json,
            frame=readable(graded.summary(), {"rate": percent}, interval="rate"),
        )


@app.command()
def sessions(
    workspace: Folder = HERE,
    agent_version: Version = None,
    outcome: Annotated[str | None, typer.Option(help="Only these: failing, passing or unknown.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List sessions with every signal beside them, and say how many fail, by which signals.

    Example:  workbench sessions -w support-agent --outcome failing --limit 5
    """
    with speaking(as_json=as_json):
        ws = _open(workspace)
        found = ws.outcomes(_where(agent_version))
        rows = found.frame
        if outcome is not None:
            if outcome not in ("failing", "passing", "unknown"):
                msg = f"--outcome is {outcome!r}, expected failing, passing or unknown"
                raise InputError(msg)
            rows = rows.filter(pl.col("outcome") == outcome)
        rows = rows.join(
            ws.sessions().select("session_id", "input"), on="session_id", how="left", maintain_order="left"
        )
        counts = {"failing": len(found.failing), "passing": len(found.passing), "unknown": len(found.unknown)}
        shown = rows.head(limit).with_columns(pl.col("input").str.slice(0, 80))
        say(found.sentence, {**counts, "rows": shown.to_dicts()}, as_json=as_json, frame=shown)


@app.command()
def cluster(
    workspace: Folder = HERE,
    agent_version: Version = None,
    facet: Annotated[
        list[str] | None,
        typer.Option(help="failure, intent, trajectory, or written: by the configured model. Two of them are crossed."),
    ] = None,
    min_size: Annotated[int | None, typer.Option(help="The fewest sessions that are called a mode.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Let the configured model rename the modes.")] = False,
    families: Annotated[
        bool, typer.Option("--families", help="Show the level above: modes that lie together.")
    ] = False,
    crosswalk: Annotated[
        str | None, typer.Option(help="Show what they are called in MAST, TRAIL, AgentRx, Datadog, or all of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Group the failing sessions by what went wrong, and compare each group with passing ones.

    Example:  workbench cluster -w support-agent --agent-version 1.4.0
    """
    with speaking(as_json=as_json):
        if families and crosswalk:
            msg = "--families and --crosswalk are two tables: ask for one at a time"
            raise InputError(msg)
        ws = _open(workspace)
        found = ws.outcomes(_where(agent_version))
        wanted = facet or ["failure"]
        if len(wanted) > 1:
            if names or families or crosswalk:
                msg = "two facets give a cross table; for --names, --families or --crosswalk name one"
                raise InputError(msg)
            several = cast("list[Facet]", wanted)
            table = ws.cluster(found.failing, facet=several, against=found.passing, min_size=min_size)
            say_pairs(table, as_json=as_json)
            return
        modes = ws.cluster(found.failing, facet=cast("Facet", wanted[0]), against=found.passing, min_size=min_size)
        modes = ws.name_modes(modes) if names else modes
        if families:
            say_families(modes, as_json=as_json)
        elif crosswalk:
            say_crosswalk(modes, crosswalk, as_json=as_json)
        else:
            say_modes(modes, as_json=as_json)


@app.command()
def label(
    session: Annotated[str | None, typer.Argument(help="The session that is labelled.")] = None,
    verdict: Annotated[str | None, typer.Option(help="pass, fail, defer or skip.")] = None,
    note: Annotated[str | None, typer.Option(help="What went wrong first, in your words.")] = None,
    mode: Annotated[
        list[str] | None, typer.Option(help="The failure mode; again for each further one, in order.")
    ] = None,
    reviewer: Annotated[str | None, typer.Option(help="Who says so.", envvar="USER")] = None,
    file: Annotated[Path | None, typer.Option(help="Add a file of annotations instead.")] = None,
    draws: Annotated[Path | None, typer.Option(help="With --file: how its sessions were drawn.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Read a session, label it, or add a file of labels. In JupyterLab `ws.label(queue)` does this by keyboard.

    Example:  workbench label s-0042 --verdict fail --mode "wrong refund" --reviewer ana -w support-agent
    """
    with speaking(as_json=as_json):
        ws = _open(workspace)
        first, *others = mode or [None]
        given = {"verdict": verdict, "note": note, "failure_mode": first, "other_modes": others or None}
        said = {name: value for name, value in given.items() if value is not None}
        if draws is not None and file is None:
            msg = "--draws says how the sessions of a file were drawn: give the file too, with --file"
            raise InputError(msg)
        if session is None and said:
            msg = (
                f"which session is it that {' and '.join(said)} should be said of? Name it: `workbench label SESSION …`"
            )
            raise InputError(msg)
        if file is not None:
            new = ws.annotate(file, draws=draws)
            say(f"{new:,} annotations are new.", {"new": new}, as_json=as_json)
        elif session is None:
            labels = ws.labels()
            said = f"{labels.height:,} labels by {labels['reviewer'].n_unique()} reviewers."
            say(said, {"labels": labels.to_dicts()}, as_json=as_json, frame=labels.select("session_id", "reviewer", "verdict", "failure_mode", "note"))  # fmt: skip
        elif not said:
            rendering = ws.render(session)
            say(rendering.text, {"session_id": session, "cuts": [str(cut) for cut in rendering.cuts]}, as_json=as_json)
        else:
            if reviewer is None:
                msg = "a label has an author: name one with --reviewer"
                raise InputError(msg)
            ws.session(session)
            # Only what is given is sent: what was said before about the rest stands.
            saved = ws.save_label(
                {"operation": _operation(), "session_id": session, **said}, reviewer=reviewer, method="command"
            )
            stands = saved.get("verdict") or "not decided yet"
            say(f"Saved: {session} is {stands}, says {reviewer}.", {"label": saved}, as_json=as_json)


@app.command()
def promote(
    to: Annotated[str, typer.Option(help="The dataset's name.")],
    mode: Annotated[str | None, typer.Option(help="Only sessions labelled with this failure mode.")] = None,
    controls: Annotated[int, typer.Option(help="How many passing sessions to draw beside them.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Another seed draws other controls.")] = 0,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a dataset version of the sessions that people labelled as failing, with passing controls.

    Example:  workbench promote --to refunds --mode "wrong refund" --controls 20 -w support-agent
    """
    with speaking(as_json=as_json):
        ws = _open(workspace)
        made = ws.promote(ws.labelled(mode), to=to, controls=controls, seed=seed)
        values = {"dataset": made.name, "version": made.version, "cases": len(made), "content_hash": made.content_hash}
        say(made.sentence, values, as_json=as_json)


@app.command()
def export(
    dataset: Annotated[str, typer.Argument(help="The dataset's name.")],
    path: Annotated[Path, typer.Argument(help="Where to.")],
    form: Annotated[str | None, typer.Option("--format", help="By default what the file name says.")] = None,
    version: Annotated[int | None, typer.Option(help="By default the latest.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a dataset to a file for offline evaluation.

    Example:  workbench export refunds refunds.jsonl -w support-agent
    """
    with speaking(as_json=as_json):
        exported = _open(workspace).dataset(dataset, version=version).export(path, format=form)
        lost = exported.lost.to_dicts()
        say(exported.sentence, {"path": str(exported.path), "cases": exported.cases, "lost": lost}, as_json=as_json)


@app.command("import")
def import_dataset(
    path: Annotated[Path, typer.Argument(help="The file.")],
    to: Annotated[str | None, typer.Option(help="The dataset's name; by default what the file calls it.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="By default what its first record shows.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Read a dataset file of this or another tool into a new version of a dataset.

    Example:  workbench import examples.jsonl --format langsmith --to refunds -w support-agent
    """
    with speaking(as_json=as_json):
        made = _open(workspace).import_dataset(path, to=to, format=form)
        values = {"dataset": made.name, "version": made.version, "cases": len(made), "content_hash": made.content_hash}
        say(f"{made.notes[0]} {made.sentence}", values, as_json=as_json)


@app.command()
def check(
    dataset: Annotated[str, typer.Argument(help="The dataset's name.")],
    version: Annotated[str | None, typer.Option(help="A number or a tag; by default the latest.")] = None,
    limit: Limit = 20,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Look for cases that leak between splits, repeat or contradict one another, are empty or too long.

    Example:  workbench check refunds -w support-agent
    """
    with speaking(as_json=as_json):
        wanted = int(version) if version is not None and version.isdigit() else version
        found = _open(workspace).dataset(dataset, version=wanted).check()
        values = {"cases": found.cases, "counts": found.counts, "rows": found.rows.head(limit).to_dicts()}
        say(found.sentence, values, as_json=as_json, frame=found.rows.head(limit))


@app.command()
def compare(
    baseline: Annotated[str, typer.Option(help="The experiment or release to compare with.")],
    candidate: Annotated[str, typer.Option(help="The one that is asked about.")],
    arm: Arm = "agent_version",
    case: Case = "task_id",
    by: Annotated[list[str] | None, typer.Option(help="Segments: mode, or columns of the sessions.")] = None,
    grader: Annotated[list[str] | None, typer.Option(help="Only these graders or scores.")] = None,
    margin: Annotated[float | None, typer.Option(help="How much worse is still not worse, such as 0.02.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Compare two experiments that were run here, or two releases from the trials that were recorded.

    Example:  workbench compare --baseline 1.4.0 --candidate 1.5.0 --margin 0.02 -w support-agent
    """
    from workbench.experiment import compare as compare_experiments

    with speaking(as_json=as_json):
        ws = _open(workspace)
        arms = [ws.arm(name, column=arm, case=case, graders=grader) for name in (baseline, candidate)]
        found = compare_experiments(*arms, by=tuple(by or ()), margin=margin)
        say(found.sentence, found.to_json(), as_json=as_json, frame=found.shown)


@app.command()
def report(
    path: Annotated[Path, typer.Argument(help="Where to.")],
    workspace: Folder = HERE,
    baseline: Annotated[str | None, typer.Option(help="With --candidate: compare these releases too.")] = None,
    candidate: Annotated[str | None, typer.Option(help="The release that is asked about.")] = None,
    grader: Annotated[list[str] | None, typer.Option(help="Only these graders or scores.")] = None,
    margin: Annotated[float | None, typer.Option(help="How much worse is still not worse.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write what was found as one HTML page that opens without Jupyter.

    Example:  workbench report report.html --baseline 1.4.0 --candidate 1.5.0 -w support-agent
    """
    from workbench.experiment import compare as compare_experiments

    with speaking(as_json=as_json):
        if (baseline is None) != (candidate is None):
            msg = "a comparison has two arms: give both --baseline and --candidate, or neither"
            raise InputError(msg)
        ws = _open(workspace)
        where = _where(baseline)
        found = ws.outcomes(where)
        modes = ws.cluster(found.failing, against=found.passing) if len(found.failing) else None
        comparison = None
        if baseline is not None and candidate is not None:
            arms = [
                ws.recorded(name, pl.col("agent_version") == name, graders=grader) for name in (baseline, candidate)
            ]
            comparison = compare_experiments(*arms, margin=margin)
        made = ws.report(path, modes=modes, comparison=comparison, where=where)
        say(f"The report is in {made}.", {"path": str(made)}, as_json=as_json)


@app.command()
def lab(
    notebook: Annotated[Path | None, typer.Argument(help="The notebook to open.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open JupyterLab; with --json in the background, saying where it is and how to end it.

    Example:  workbench lab notebooks/error_analysis.ipynb
    """
    with speaking(as_json=as_json):
        if notebook is not None and not notebook.exists():
            msg = f"{notebook} does not exist: name a notebook or a folder, or nothing for the folder you are in"
            raise InputError(msg)
        command = [sys.executable, "-m", "jupyterlab", *([str(notebook)] if notebook else [])]
        if as_json:
            from workbench.cli._lab import started

            lab = started([*command, "--no-browser"], notebook)
            say(f"JupyterLab runs at {lab['address']}.", lab, as_json=True)
            return
    os.execv(sys.executable, command)  # noqa: S606 - JupyterLab takes this process's place, and its signals


def _operation() -> str:
    import uuid

    return uuid.uuid4().hex
