"""The folder behind a workspace: traces as Parquet, decisions in SQL, payloads by content."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from workbench import schema
from workbench.errors import ReadOnlyError, StoreError
from workbench.store._answers import Answers
from workbench.store._blobs import Blobs
from workbench.store._database import Database
from workbench.store._files import make_folder, move_whole, write_whole
from workbench.store._vectors import Vectors

__all__ = ["DATABASE_VARIABLE", "Store"]

DATABASE_VARIABLE: Final = "WORKBENCH_DATABASE"
"""A team names its `postgresql+psycopg://` address in this environment variable; the default is SQLite in the folder."""

_ABANDONED: Final = 24 * 3600.0  # seconds

_SUPERSEDED: Final = pl.Schema({"trace_id": pl.String(), "span_id": pl.String(), "load_id": pl.String()})
_SPANS: Final = pl.Schema({**schema.SPANS, "load_id": pl.String()})
_SCORES: Final = pl.Schema({**schema.SCORES, "load_id": pl.String()})


class Store:
    """One workspace's folder.

    Parameters
    ----------
    folder
        Made when absent, with `traces/`, `blobs/`, `derived/`, `cache/` and `workbench.db`.
    database
        A SQLAlchemy address in place of the folder's SQLite file.
    """

    def __init__(self, folder: Path, *, database: str | None = None) -> None:
        self.folder = make_folder(folder.resolve())
        address = database or os.environ.get(DATABASE_VARIABLE) or f"sqlite:///{self.folder / 'workbench.db'}"
        self.database = Database(address)
        self.blobs = Blobs(self.folder / "blobs")
        self.answers = Answers(self.folder / "cache" / "answers")
        self.vectors = Vectors(self.folder / "cache" / "vectors")

    def add_load(
        self,
        *,
        spans: pl.DataFrame,
        scores: pl.DataFrame,
        sources: pl.DataFrame,
        set_aside: pl.DataFrame,
        superseded: pl.DataFrame,
        blobs: Mapping[str, bytes],
        modified_ns: Mapping[str, int],
        config: str,
        parts: Sequence[Path] = (),
    ) -> str:
        """Put one load on disk: blobs and Parquet first, the ledger last.

        What the ledger does not name does not exist, so a process killed in between has loaded nothing of this and
        loads it again.

        Parameters
        ----------
        spans, scores, sources, set_aside
            Frames of the schemas of the same names.
        superseded
            Columns trace_id, span_id, load_id: rows of earlier loads that these replace.
        blobs
            zstd-compressed payloads under the sha256 of what they expand to.
        modified_ns
            When each path of `sources` was last changed, in nanoseconds.
        config
            Hash of the settings that the load was made with.
        parts
            Parquet files of further spans, within `incoming`; they are moved.

        Returns
        -------
        str
            The load's id.
        """
        names = sources.select("source_id", "path").sort("source_id", "path").rows()
        load_id = hashlib.sha256(repr(names).encode()).hexdigest()[:16]
        if load_id in self.loads()["load_id"]:
            return load_id
        # An earlier try that was killed may have left files of this name, which are not what the ledger will say.
        for left in (self.folder / "traces").glob(f"*-{load_id}*.parquet"):
            left.unlink()
        for sha256, compressed in blobs.items():
            self.blobs.put_compressed(sha256, compressed)
        for name, frame in (("spans", spans), ("scores", scores), ("superseded", superseded)):
            if frame.height:
                write_whole(self._part(name, load_id), _writer(frame))
        height = spans.height
        for number, part in enumerate(parts):
            height += pl.scan_parquet(part).select(pl.len()).collect().item()
            move_whole(part, self.folder / "traces" / f"spans-{load_id}-{number:04d}.parquet")
        numbered = set_aside.with_row_index("ordinal").with_columns(pl.col("ordinal").cast(pl.Int64))
        changed = pl.Series([modified_ns.get(path) for path in sources["path"].to_list()], dtype=pl.Int64)
        row = {"load_id": load_id, "spans": height, "scores": scores.height, "config": config}
        self.database.append_together(
            {
                "set_aside": numbered.with_columns(load_id=pl.lit(load_id)),
                "sources": sources.with_columns(load_id=pl.lit(load_id), modified_ns=changed),
                "loads": [{**row, "loaded_at": datetime.now(UTC)}],
            }
        )
        return load_id

    @contextmanager
    def incoming(self) -> Generator[Path]:
        """A folder for a load that is on its way; what is left in it is gone afterwards.

        A process that was killed leaves its own behind: those of yesterday are cleared away.
        """
        traces = make_folder(self.folder / "traces")
        for old in traces.glob(".incoming-*"):
            if time.time() - old.stat().st_mtime > _ABANDONED:
                shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=traces, prefix=".incoming-") as folder:
            yield Path(folder)

    def loads(self) -> pl.DataFrame:
        """The loads that were completed, oldest first."""
        return self.database.read("loads")

    def sources(self) -> pl.DataFrame:
        """One row a file and completed load: where each input record ended."""
        return self.database.read("sources").join(self.loads().select("load_id"), on="load_id", how="semi")

    def set_aside(self) -> pl.DataFrame:
        """One row a record that was not loaded, with the reason."""
        rows = self.database.read("set_aside").join(self.loads().select("load_id"), on="load_id", how="semi")
        return rows.select(schema.SET_ASIDE.names())

    def scan_spans(self) -> pl.LazyFrame:
        """Every span as it stands now, lazily, with the `load_id` that brought it."""
        spans = self._scan("spans", _SPANS)
        superseded = self._scan("superseded", _SUPERSEDED)
        return spans.join(superseded, on=["trace_id", "span_id", "load_id"], how="anti", nulls_equal=True)

    def scan_scores(self) -> pl.LazyFrame:
        """Every score and piece of feedback that came with an export, lazily; the same one twice counts once."""
        return self._scan("scores", _SCORES).unique("score_id", keep="last", maintain_order=True)

    def state(self) -> str:
        """A hash of what was loaded: it changes when, and only when, the traces do."""
        return hashlib.sha256("\n".join(self.loads()["load_id"].to_list()).encode()).hexdigest()[:16]

    def derived(self, name: str, version: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """A frame computed from the traces: read where it was made for this state before, else made and kept.

        Parameters
        ----------
        name
            What it is, such as `steps`.
        version
            The version of the code that makes it.
        make
            Called when there is none.
        """
        path = self.folder / "derived" / f"{name}-{version}-{self.state()}.parquet"
        if path.exists():
            return pl.read_parquet(path)
        frame = make()
        with suppress(ReadOnlyError):  # a workspace that can only be read is read all the same
            write_whole(path, _writer(frame))
            for old in path.parent.glob(f"{name}-*.parquet"):
                if old != path:
                    old.unlink(missing_ok=True)
        return frame

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _scan(self, name: str, columns: pl.Schema) -> pl.LazyFrame:
        parts: list[pl.LazyFrame] = [pl.LazyFrame(schema=columns)]
        written = pl.Schema(
            {column: kind for column, kind in columns.items() if column != "load_id" or name == "superseded"}
        )
        for load_id, spans, scores in self.loads().select("load_id", "spans", "scores").iter_rows():
            path = self._part(name, load_id)
            files = [file for file in (path, *sorted(path.parent.glob(f"{path.stem}-*.parquet"))) if file.exists()]
            if not files and {"spans": spans, "scores": scores}.get(name):
                msg = (
                    f"{path} is missing, but the workspace loaded {name} into it: the folder was copied without its traces/, or they "
                    "were deleted. Put them back, or load the exports into a new workspace."
                )
                raise StoreError(msg)
            for file in files:
                # A file of an earlier version may lack columns that were added since.
                part = pl.scan_parquet(file, schema=written, missing_columns="insert", extra_columns="ignore")
                parts.append(part if name == "superseded" else part.with_columns(load_id=pl.lit(load_id)))
        return pl.concat(parts, how="vertical")

    def _part(self, name: str, load_id: str) -> Path:
        return self.folder / "traces" / f"{name}-{load_id}.parquet"


def _writer(frame: pl.DataFrame) -> Callable[[Path], object]:
    return lambda draft: frame.write_parquet(draft, compression="zstd", compression_level=1)
