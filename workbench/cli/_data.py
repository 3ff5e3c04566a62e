"""Datasets from the shell: their versions, tags, splits, states, and who looked at them."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer

from workbench.cli._app import HERE, AsJson, Folder, Limit, app, open_workspace
from workbench.cli._show import say, speaking
from workbench.dataset import Dataset
from workbench.errors import InputError

__all__ = ["datasets"]

datasets = typer.Typer(
    name="dataset",
    help="Look at a dataset's versions, and change them: every change is a new version.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(datasets)

Name = Annotated[str, typer.Argument(help="The dataset's name.")]
By = Annotated[str | None, typer.Option("--author", help="Who decides; you by default.")]
Version = Annotated[str | None, typer.Option(help="A number or a tag; by default the latest.")]


def _version(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdigit() else text


def _made(made: Dataset, *, as_json: bool) -> None:
    values = {"dataset": made.name, "version": made.version, "cases": len(made), "content_hash": made.content_hash}
    say(" ".join([*made.notes[:1], made.sentence]), {**values, "notes": list(made.notes)}, as_json=as_json)


@datasets.command()
def show(
    name: Name, version: Version = None, limit: Limit = 20, workspace: Folder = HERE, as_json: AsJson = False
) -> None:
    """Say what a version holds, and list its cases.

    Example:  workbench dataset show refunds --version approved -w support-agent
    """
    with speaking(as_json=as_json):
        found = open_workspace(workspace).dataset(name, version=_version(version))
        rows = found.cases.select("case_id", "state", "split", "channel", "session_id", "turn")
        values = {"dataset": found.name, "version": found.version, "cases": rows.head(limit).to_dicts()}
        say(found.sentence, {**values, "notes": list(found.notes)}, as_json=as_json, frame=rows.head(limit))


@datasets.command()
def tag(
    name: Name,
    word: Annotated[str, typer.Argument(help="The tag; it moves here from any other version.")],
    version: Annotated[int | None, typer.Option(help="By default the latest.")] = None,
    author: By = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Give a version a name by which every command finds it.

    Example:  workbench dataset tag refunds approved --version 2 -w support-agent
    """
    with speaking(as_json=as_json):
        made = open_workspace(workspace).tag(name, word, version=version, author=author)
        said = f"{name!r} version {made.version} is tagged {word!r}."
        say(said, {"dataset": name, "version": made.version, "tag": word}, as_json=as_json)


@datasets.command()
def split(
    name: Name,
    shares: Annotated[list[str], typer.Argument(help="Splits with their shares, such as train=0.3 test=0.7.")],
    author: By = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Lay the cases into named splits anew; what belongs together lies in one.

    Example:  workbench dataset split refunds train=0.3 test=0.7 -w support-agent
    """
    with speaking(as_json=as_json):
        _made(open_workspace(workspace).split(name, _shares(shares), author=author), as_json=as_json)


def _shares(words: list[str]) -> dict[str, float]:
    told: dict[str, float] = {}
    for word in words:
        key, _, share = word.partition("=")
        try:
            told[key] = float(share)
        except ValueError as error:
            msg = f"{word!r} is no split with its share: expected name=share, such as test=0.7"
            raise InputError(msg) from error
    return told


@datasets.command()
def states(
    name: Name,
    case: Annotated[list[str] | None, typer.Option(help="Give these cases another state.")] = None,
    to: Annotated[str | None, typer.Option(help="candidate, accepted, future or retired.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    author: By = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say who put which case into which state, when and why; with --case, --to and --reason, give cases another state.

    Example:  workbench dataset states refunds --case 3f2a --to retired --reason "the shop is closed" -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        if case or to is not None or reason is not None:
            if not case or to is None or reason is None:
                msg = "another state takes all three: which cases (--case), which state (--to) and why (--reason)"
                raise InputError(msg)
            _made(ws.revise_cases(name, case, state=to, reason=reason, author=author), as_json=as_json)  # pyright: ignore[reportArgumentType]
            return
        now = ws.dataset(name)
        found = ws.case_states(name)
        counts = dict(now.cases["state"].value_counts().sort("state").rows())
        said = ", ".join(f"{n:,} {state}" for state, n in counts.items()) or "no case"
        values = {"counts": counts, "rows": found.to_dicts()}
        say(f"{name!r} version {now.version}: {said}.", values, as_json=as_json, frame=found)


@datasets.command()
def diff(
    name: Name,
    before: Annotated[str, typer.Argument(help="A number or a tag.")],
    after: Annotated[str | None, typer.Argument(help="A number or a tag; by default the latest.")] = None,
    limit: Limit = 20,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two versions, field by field.

    Example:  workbench dataset diff refunds approved -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        found = ws.dataset(name, version=_version(after)).diff(ws.dataset(name, version=_version(before)))
        values = {"rows": found.rows.to_dicts(), "fields": found.fields.to_dicts()}
        say(found.sentence, values, as_json=as_json, frame=found.rows.head(limit))


@app.command()
def looks(name: Name, workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """Say how often each split was looked at: what was seen often enough is no holdout any more.

    Example:  workbench looks refunds -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        ws.dataset(name)  # a name that is not there is refused, and not said to be unseen
        found = ws.looks(name)
        counts = dict(found.rows.group_by("split").agg(pl.len()).sort("split").rows())
        say(found.sentence, {"counts": counts, "rows": found.rows.to_dicts()}, as_json=as_json, frame=found.rows)
