"""The registry of formats that a dataset can be written in, and the two verbs that use it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Final

import polars as pl

from workbench.dataset._dataset import Dataset
from workbench.dataset._exporter import Exported, Exporter
from workbench.dataset._loss import declared, measured
from workbench.dataset._rows import read_rows
from workbench.dataset._to_braintrust import BRAINTRUST
from workbench.dataset._to_datadog import DATADOG
from workbench.dataset._to_inspect import INSPECT
from workbench.dataset._to_jsonl import JSONL
from workbench.dataset._to_langfuse import LANGFUSE
from workbench.dataset._to_langsmith import LANGSMITH
from workbench.dataset._to_mlflow import MLFLOW
from workbench.dataset._to_openai_evals import OPENAI_EVALS
from workbench.dataset._to_parquet import PARQUET
from workbench.dataset._to_phoenix import PHOENIX
from workbench.dataset._to_promptfoo import PROMPTFOO
from workbench.dataset._to_pydantic_evals import PYDANTIC_EVALS
from workbench.errors import InputError, UnknownNameError

__all__ = ["Exported", "export", "exporters", "read_dataset"]

_GROUP: Final = "workbench.exporters"

_OWN: Final = (
    JSONL,
    PARQUET,
    LANGSMITH,
    LANGFUSE,
    PHOENIX,
    BRAINTRUST,
    MLFLOW,
    INSPECT,
    DATADOG,
    PYDANTIC_EVALS,
    OPENAI_EVALS,
    PROMPTFOO,
)


def exporters() -> dict[str, Exporter]:
    """Every format by name: those of the workbench, and those of installed packages (entry points `workbench.exporters`).

    A package's format never takes the place of one of the workbench's.

    Examples
    --------
    >>> from workbench import dataset
    >>> sorted(dataset.exporters())[:2]
    ['braintrust', 'datadog']
    """
    found: dict[str, Exporter] = {}
    for point in metadata.entry_points(group=_GROUP):
        made = point.load()
        if not isinstance(made, Exporter):
            msg = f"entry point {point.value!r} of {_GROUP!r} is no Exporter"
            raise InputError(msg)
        found[made.name] = made
    return found | {each.name: each for each in _OWN}


def _chosen(path: Path, name: str | None) -> Exporter:
    known = exporters()
    if name is not None:
        if name not in known:
            raise UnknownNameError(name, "export format", known)
        return known[name]
    for each in known.values():
        if each.suffix and path.name.endswith(each.suffix):
            return each
    endings = [each.suffix for each in known.values() if each.suffix]
    raise UnknownNameError(
        path.suffix, "file ending among the export formats", endings, then="Or name one: format='jsonl'."
    )


def export(dataset: Dataset, path: Path, name: str | None = None) -> Exported:
    """Write a dataset to a file, whole or not at all, and find out what is lost by reading it back; see `Dataset.export`."""
    from workbench.store import write_whole

    chosen = _chosen(path, name)
    write_whole(path, lambda draft: chosen.write(dataset, draft))
    written = dataset.cases.filter(pl.col("state").is_in(list(chosen.states))).height
    lost = declared(dataset, chosen.keeps, written) if chosen.read is None else measured(dataset, chosen.read(path))
    size = path.stat().st_size
    sentence = f"{written:,} cases of {dataset.name!r} version {dataset.version} written to {path} ({chosen.name}, {size:,} bytes)"
    gone = ", ".join(map(repr, lost))
    sentence += f"; the format has no place for {gone}." if gone else "; nothing was lost."
    return Exported(path, chosen.name, size, written, lost, sentence)


def read_dataset(path: str | Path, format: str | None = None) -> Dataset:  # noqa: A002 - the word that users look for
    """Read a dataset file, of the workbench or of another tool.

    Parameters
    ----------
    path
        A file that `Dataset.export` wrote, or that another tool exported.
    format
        One of `exporters()`; by default what the file's first record shows, else its ending.

    Returns
    -------
    Dataset
        With its ground truth; with worlds where the format holds them. What the workbench wrote has its ids, states and weights again.

    Raises
    ------
    InputError
        The file is not there, is cut off, was changed after the export, or is of a format without a way back.
    """
    place = Path(path)
    if not place.is_file():
        msg = f"{place}: there is no such file"
        raise InputError(msg)
    chosen = _chosen(place, format) if format is not None else _recognised(place)
    if chosen.read is None:
        back = ", ".join(sorted(name for name, each in exporters().items() if each.read is not None))
        msg = f"{chosen.name!r} files cannot be read back; export as one of: {back}"
        raise InputError(msg)
    return chosen.read(place)


def _recognised(path: Path) -> Exporter:
    """The format whose signs the first record has, the one with the most of them; else that of the file's ending."""
    by_ending = next((each for each in _OWN if each.suffix and path.name.endswith(each.suffix)), None)
    if by_ending is PARQUET:
        return PARQUET
    try:
        _, rows = read_rows(path)
    except InputError:
        if by_ending is None and path.suffix in {".json", ".yaml", ".yml"}:
            raise
        return by_ending or _chosen(path, None)  # it says what is wrong with the file
    shown = rows[0].keys() if rows else frozenset[str]()
    fitting = [each for each in exporters().values() if each.signs and each.signs <= shown]
    return max(fitting, key=lambda each: len(each.signs), default=by_ending) or _chosen(path, None)
