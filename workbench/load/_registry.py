"""Which formats can be read. A new one is one file and one line here, or an entry point in `workbench.readers`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Final, Protocol, cast, runtime_checkable

from workbench.errors import LoadError, UnknownNameError
from workbench.load._braintrust import Braintrust
from workbench.load._chat import Chat
from workbench.load._datadog import Datadog
from workbench.load._inspect import Inspect
from workbench.load._json import JsonReader
from workbench.load._langfuse import Langfuse
from workbench.load._langfuse_tables import LangfuseTables
from workbench.load._langsmith import LangSmith
from workbench.load._mapped import MappedTable
from workbench.load._mapping import TableMapping
from workbench.load._mlflow import MLflow
from workbench.load._opik import Opik
from workbench.load._otel_js import OtelJs
from workbench.load._otel_python import OtelPython
from workbench.load._otlp import Otlp
from workbench.load._otlp_proto import OtlpProto
from workbench.load._phoenix import Phoenix
from workbench.load._scout import Scout
from workbench.load._sheet import Sheet
from workbench.load._source import Source
from workbench.load._tau import Tau
from workbench.load._tau2 import Tau2
from workbench.load._values import is_array, is_object
from workbench.load._weave import Weave

__all__ = ["ENTRY_POINTS", "Reader", "choose", "guess", "readers"]

ENTRY_POINTS: Final = "workbench.readers"
_NO_OBJECT: Final[dict[str, str]] = {
    "binary": "it is binary; exports as JSON, Parquet or OTLP protobuf can be read",
    "table": "it is a table without rows, or a damaged one",
}


@runtime_checkable
class Reader(Protocol):
    """What a format's reader is: a name, the keys that tell it, whether a file fits, and how to read it."""

    @property
    def name(self) -> str:
        """The format, in one word."""
        ...

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the format that tell it from others; the nearest guess is made of them."""
        ...

    def fits(self, source: Source) -> bool:
        """Whether the file is of this format."""
        ...

    def read(self, source: Source, sheet: Sheet, progress: Callable[[int], None]) -> None:
        """Read the file onto the sheet; `progress` takes the bytes read so far."""
        ...


_OWN: tuple[Callable[[], Reader], ...] = (
    Otlp,
    OtlpProto,
    OtelJs,
    OtelPython,
    Phoenix,
    Langfuse,
    LangSmith,
    MLflow,
    LangfuseTables,
    Opik,
    Datadog,
    Weave,
    Braintrust,
    Inspect,
    Scout,
    Tau2,
    Tau,
    Chat,
)  # fmt: skip


@cache
def readers() -> tuple[Reader, ...]:
    """All readers, in the order in which they are asked whether a file is theirs: the project's own, then installed ones.

    Raises
    ------
    LoadError
        An installed reader cannot be imported, or is none.

    Examples
    --------
    >>> from workbench.load import readers
    >>> readers()[0].name
    'otlp'
    """
    found = [make() for make in _OWN]
    for point in entry_points(group=ENTRY_POINTS):
        try:
            made = cast("Callable[[], object]", point.load())()
        except Exception as error:
            msg = f"the reader {point.name!r} of {point.value} cannot be used: {error}; repair or uninstall its package"
            raise LoadError(msg) from error
        if not isinstance(made, Reader):
            msg = f"the reader {point.name!r} of {point.value} is no reader: it needs name, keys, fits and read; uninstall its package"
            raise LoadError(msg)
        found.append(made)
    return tuple(found)


def choose(source: Source, wanted: str | None, tables: Sequence[TableMapping] = ()) -> Reader | None:
    """The reader of a file: the one named, or the first that it fits; one's own tables are asked first."""
    known = [*(cast("Reader", MappedTable(table)) for table in tables), *readers()]
    if wanted is not None:
        names = [reader.name for reader in known]
        known = [reader for reader in known if reader.name == wanted]
        if not known:
            what = "format"
            raise UnknownNameError(wanted, what, names)
    if source.huge:
        for reader in known:
            path = _path(source, reader)
            if path is not None:
                source.kind = path
                return reader
        source.huge = False
        source.__dict__.pop("layout", None)
    if wanted is not None:
        return known[0]
    return next((reader for reader in known if reader.fits(source)), None)


def _path(source: Source, reader: Reader) -> str | None:
    """Where a document too long to be held has the records of the reader; null where the reader needs all of it."""
    if not isinstance(reader, JsonReader) or not reader.by_line or type(reader).read is not JsonReader.read:
        return None
    for path in reader.splits:
        if any(reader.knows(value) for value in source.outline(path, reader.pages)):
            return path
    return None


def guess(source: Source) -> str:
    """What an unknown file looks like, and which format comes nearest."""
    sample = next(iter(source.samples), None)
    while is_array(sample) and sample:
        sample = sample[0]
    if not is_object(sample):
        return _NO_OBJECT.get(source.layout, "it holds no JSON object")
    if {"annotation_id", "target_id"} <= sample.keys():
        return "it holds annotations, which `annotate` takes"
    if {"draw_id", "queue_id"} <= sample.keys():
        return "it holds draws, which `annotate` takes with the annotations that were made of them"
    names = [str(key) for key in sample]
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")  # noqa: PLR2004 - a line's worth
    nearest, best = "", 0.0
    for reader in readers():
        shared = sum(1 for key in reader.keys if key in sample)
        close = sum(0.5 for key in reader.keys if key not in sample and difflib.get_close_matches(key, names, 1, 0.75))
        if shared + close > best:
            nearest, best = reader.name, shared + close
    hint = f"; nearest: {nearest}" if nearest else ""
    return f"it has {shown or 'no keys'}{hint}"
