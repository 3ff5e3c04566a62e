"""The main job on the shipped sample, from exports to a verdict: what `make demo` runs.

Leaves in demo/ an executed notebook, an HTML report that opens without Jupyter, and a dataset file.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import nbclient
import nbformat
import polars as pl
from graders import GRADERS

import workbench as wb
from workbench import progress

NOTEBOOKS = Path(__file__).resolve().parent
ROOT = NOTEBOOKS.parent
SAMPLE = ROOT / "data" / "sample"
OUT = ROOT / "demo"


def main() -> None:
    OUT.mkdir(exist_ok=True)
    # A workspace of its own: what you do in the notebooks stays out of the demo, and the demo out of yours.
    ws = wb.Workspace(OUT / "support-agent", progress=progress.terminal)
    old, new = pl.col("agent_version") == "1.4.0", pl.col("agent_version") == "1.5.0"

    say("Load", ws.load([SAMPLE / "baseline.jsonl", SAMPLE / "candidate.jsonl", SAMPLE / "feedback.jsonl"]).sentence)
    graded = ws.grade(GRADERS).frame
    read, failed = (part["session_id"].n_unique() for part in (graded, graded.filter(~pl.col("passed"))))
    say("Grade", f"{len(GRADERS)} graders read {read:,} sessions; {failed} fail one or more.")
    added = ws.annotate(SAMPLE / "labels.jsonl", draws=SAMPLE / "draws.jsonl")
    labels = ws.labels()
    say("Label", f"{labels.height} labels of {labels['reviewer'].n_unique()} reviewers; {added} annotations are new.")
    outcomes = ws.outcomes(old)
    say("Sort", f"{outcomes.sentence}.")
    modes = ws.cluster(outcomes.failing, against=outcomes.passing)
    say("Cluster", modes.sentence)
    codebook = ws.codebook()
    say("Codebook", codebook.sentence)
    dataset = ws.promote(ws.labelled(), to="regression", controls=20)
    say("Promote", dataset.sentence)
    say("Export", dataset.export(OUT / "regression.jsonl").sentence)
    names = [grader.name for grader in GRADERS]
    arms = [ws.recorded(version, where, graders=names) for version, where in (("1.4.0", old), ("1.5.0", new))]
    comparison = wb.compare(baseline=arms[0], candidate=arms[1], margin=0.02)
    say("Compare", comparison.sentence)
    report = ws.report(OUT / "report.html", modes=modes, comparison=comparison, where=old)
    ws.close()
    say("Report", f"{report.relative_to(ROOT)} opens in any browser.")
    executed = execute(NOTEBOOKS / "error_analysis.ipynb")
    say("Notebook", f"{executed.relative_to(ROOT)} is executed; `make lab` opens it live.")


def execute(notebook: Path) -> Path:
    """Run a notebook in demo/, beside its graders, and keep the executed copy there."""
    shutil.copy(NOTEBOOKS / "graders.py", OUT)
    book = nbformat.read(notebook, as_version=4)
    client = nbclient.NotebookClient(
        book,
        timeout=600,
        resources={"metadata": {"path": str(OUT)}},
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
    )
    with progress.terminal("notebook") as report, client.setup_kernel():
        for index, cell in enumerate(book.cells):
            client.execute_cell(cell, index)
            report(index + 1, len(book.cells))
    path = OUT / notebook.name
    nbformat.write(book, path)
    return path


def say(stage: str, sentence: str) -> None:
    sys.stdout.write(f"{time.perf_counter() - START:5.1f} s  {stage:<9} {sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    START = time.perf_counter()
    main()
