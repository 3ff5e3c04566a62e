"""The registry of formats that a dataset can be written in, and the two verbs that use it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Final

from workbench.dataset._dataset import Dataset
from workbench.dataset._exporter import Exported, Exporter, losses, tried
from workbench.dataset._to_jsonl import JSONL
from workbench.dataset._to_langsmith import LANGSMITH
from workbench.dataset._to_openai_evals import OPENAI_EVALS
from workbench.dataset._to_parquet import PARQUET
from workbench.errors import InputError, UnknownNameError

__all__ = ["Exported", "export", "exporters", "read_dataset"]

_GROUP: Final = "workbench.exporters"

_OWN: Final = (
    JSONL,
    PARQUET,
    LANGSMITH,
    OPENAI_EVALS,
)


def exporters() -> dict[str, Exporter]:
    """Every format by name: those of the workbench, and those of installed packages (entry points `workbench.exporters`).

    A package's format never takes the place of one of the workbench's.

    Examples
    --------
    >>> from workbench import dataset
    >>> sorted(dataset.exporters())[:2]
    ['jsonl', 'langsmith']
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
    """Write a dataset to a file, whole or not at all; see `Dataset.export`."""
    from workbench.store import write_whole

    chosen = _chosen(path, name)
    write_whole(path, lambda draft: chosen.write(dataset, draft))
    lost = losses(dataset, chosen.keeps)
    written = dataset.cases.height if "state" in chosen.keeps else tried(dataset).height
    size = path.stat().st_size
    sentence = f"{written:,} cases of {dataset.name!r} version {dataset.version} written to {path} ({chosen.name}, {size:,} bytes)"
    gone = ", ".join(f"{what} ({count:,} cases)" for what, count in lost.iter_rows())
    sentence += f"; the format has no place for {gone}." if gone else "; nothing was lost."
    return Exported(path, chosen.name, size, written, lost, sentence)


def read_dataset(path: str | Path, format: str | None = None) -> Dataset:  # noqa: A002 - the word that users look for
    """Read a dataset file back, equal to what was exported.

    Parameters
    ----------
    path
        A file that `Dataset.export` wrote.
    format
        `jsonl` or `parquet`, or another that can be read back; by default the path's ending decides.

    Returns
    -------
    Dataset
        With its ground truth and worlds.

    Raises
    ------
    InputError
        The file is not there, is cut off, was changed after the export, or is of a format without a way back.
    """
    place = Path(path)
    chosen = _chosen(place, format)
    if chosen.read is None:
        back = ", ".join(sorted(name for name, each in exporters().items() if each.read is not None))
        msg = f"{chosen.name!r} files cannot be read back; export as one of: {back}"
        raise InputError(msg)
    if not place.is_file():
        msg = f"{place}: there is no such file"
        raise InputError(msg)
    return chosen.read(place)
