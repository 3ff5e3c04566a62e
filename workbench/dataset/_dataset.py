"""A dataset version: cases, their ground truth apart, and the worlds that were pinned with them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench import _html
from workbench.dataset._content import content_hash_of
from workbench.dataset._tables import CASES, GROUND_TRUTH, VERSIONS
from workbench.dataset._worlds import Worlds
from workbench.errors import EmptyError, UnknownNameError
from workbench.schema import conform

if TYPE_CHECKING:
    from workbench.dataset._check import Check
    from workbench.dataset._exporter import Exported

__all__ = ["Dataset", "Diff", "dataset_at", "next_version"]

_TRIED: Final = ("candidate", "accepted")
_FIELDS: Final = {"case_id": pl.String(), "field": pl.String(), "before": pl.String(), "after": pl.String()}

_Cases = Mapping[str, Mapping[str, object]]
_Truths = Mapping[str, Collection[tuple[str, str, str]]]


@dataclass(frozen=True, slots=True)
class Diff:
    """What one dataset version has that another had not.

    Attributes
    ----------
    rows
        Frame: `case_id`, `change` (added, removed, changed, ground truth), `columns` (what changed).
    sentence
        The counts.
    fields
        Frame: for every change of a case that both have, its `case_id`, the `field`, and what it was `before` and is `after`, as text.
    """

    rows: pl.DataFrame
    sentence: str
    fields: pl.DataFrame

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.rows

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        shown = self.fields.head(50).with_columns(pl.col("before", "after").str.slice(0, 160))
        tables = [_html.table(each) for each in (self.rows.head(50), shown) if each.height]
        return _html.panel(self.sentence, "".join(tables))


@dataclass(frozen=True, slots=True)
class Dataset:
    """A version of a dataset; it never changes.

    Attributes
    ----------
    name, version
        `version` counts from 1; 0 is a dataset that nothing was added to yet.
    content_hash
        The same cases and ground truth have the same hash.
    cases
        Rows of `schema.CASES`. An agent under test gets `inputs()` and nothing else.
    ground_truth
        Rows of `schema.GROUND_TRUTH`.
    worlds
        The recorded worlds by `world_id`, as bytes; they may be read only when they are asked for.
    created_at
        When the version was made.
    notes
        What to know of how it was made: who was left out and why.
    looked
        Told of every export and by what, so that a workspace can count how often a holdout was looked at.
    """

    name: str
    version: int
    content_hash: str
    cases: pl.DataFrame
    ground_truth: pl.DataFrame
    worlds: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)
    created_at: dt.datetime | None = None
    notes: tuple[str, ...] = ()
    looked: Callable[[str], None] | None = field(default=None, repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """How many cases of which kind, and how many of them can be judged."""
        height = self.cases.height
        if not height:
            return f"{self.name!r} version {self.version} has no cases."
        channels = self.cases["channel"].value_counts(sort=True).rows()
        kinds = ", ".join(f"{count:,} {channel}" for channel, count in sorted(channels, key=lambda pair: str(pair[0])))
        judged = self.ground_truth["case_id"].n_unique()
        retired = self.cases.filter(state="retired").height
        left = f"; {retired:,} retired" if retired else ""
        return f"{self.name!r} version {self.version}: {height:,} cases ({kinds}), {judged:,} with ground truth{left}."

    def inputs(self, states: Collection[str] = _TRIED) -> pl.DataFrame:
        """All that an agent under test may see.

        Parameters
        ----------
        states
            Cases in these states; by default neither `future` nor `retired` ones.

        Returns
        -------
        polars.DataFrame
            Columns `case_id`, `input` (the user message), `prefix` (JSON: the messages up to and with it).
        """
        return self.cases.filter(pl.col("state").is_in(list(states))).select("case_id", "input", "prefix")

    @property
    def attributes(self) -> pl.DataFrame:
        """What results can be segmented by: a row a case with its attributes, `channel`, `weight`, `state` and `split`.

        It holds failure modes: it is for whoever compares, not for the agent. Several of one case stand in one text, with " + " between.
        """
        own = self.cases.select("case_id", "session_id", "channel", "weight", "state", "split")
        known: list[dict[str, object]] = [_told(text) for text in self.cases["attributes"].to_list()]
        names = [name for name in dict.fromkeys(name for row in known for name in row) if name not in own.columns]
        return own.with_columns(
            pl.Series(name, [row.get(name) for row in known], strict=False)
            if _alike(known, name)
            else pl.Series(name, [None if row.get(name) is None else str(row[name]) for row in known])
            for name in names
        )

    def diff(self, other: Dataset) -> Diff:
        """What this version has that `other` had not, and the other way round.

        Examples
        --------
        >>> from workbench.dataset import Dataset, CASES, GROUND_TRUTH
        >>> empty = Dataset("refunds", 1, "", CASES.to_frame(), GROUND_TRUTH.to_frame())
        >>> empty.diff(empty)
        'refunds' version 1 has the same cases and ground truth as 'refunds' version 1.
        """
        now, before = _by_case(self.cases), _by_case(other.cases)
        compared = [
            name for name in CASES.names() if name not in {"row_id", "case_id", "dataset", "added_at", "added_by"}
        ]
        rows: list[tuple[str, str, str]] = [(case, "added", "") for case in now if case not in before]
        rows += [(case, "removed", "") for case in before if case not in now]
        for case in now:
            if case in before:
                columns = [name for name in compared if now[case][name] != before[case][name]]
                if columns:
                    rows.append((case, "changed", ", ".join(columns)))
        truth_now, truth_before = _truth(self.ground_truth), _truth(other.ground_truth)
        rows += [
            (case, "ground truth", ", ".join(sorted({kind for kind, _, _ in change})))
            for case in sorted(truth_now.keys() | truth_before.keys())
            if case in now and case in before and (change := truth_now.get(case, set()) ^ truth_before.get(case, set()))
        ]
        schema = {"case_id": pl.String(), "change": pl.String(), "columns": pl.String()}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        of, old = f"{self.name!r} version {self.version}", f"{other.name!r} version {other.version}"
        fields = pl.DataFrame(_fields(rows, (before, truth_before), (now, truth_now)), schema=_FIELDS, orient="row")
        if not rows:
            return Diff(frame, f"{of} has the same cases and ground truth as {old}.", fields)
        counts = {kind: sum(row[1] == kind for row in rows) for kind in ("added", "removed", "changed", "ground truth")}
        said = f"{counts['added']} cases added, {counts['removed']} removed, {counts['changed']} changed"
        return Diff(frame, f"{of} against {old}: {said}, {counts['ground truth']} with other ground truth.", fields)

    def export(self, path: str | Path, format: str | None = None) -> Exported:  # noqa: A002 - the word that users look for
        """Write the version to a file, whole or not at all.

        Parameters
        ----------
        path
            Where to; what is there is replaced.
        format
            `jsonl` and `parquet` read back equal (`read_dataset`); others are for other tools, and the answer says what
            they have no place for. By default the path's ending decides.

        Returns
        -------
        Exported
            What was written, and what was lost.

        Raises
        ------
        UnknownNameError
            No exporter has that name or ending.
        ReadOnlyError
            The disk refused; what was at the path is as it was.
        """
        from workbench.dataset._exporters import export

        said = export(self, Path(path), format)
        if self.looked is not None:
            self.looked(f"export of version {self.version} as {said.format}")
        return said

    def check(self, *, threshold: float = 0.8, longest: int = 100_000) -> Check:
        """Look for cases that leak between splits, repeat or contradict one another, are empty or too long; see `workbench.dataset.check`.

        Parameters
        ----------
        threshold
            The share of shingles in common from which two cases are nearly the same.
        longest
            Characters from which the messages of a case are too long.
        """
        from workbench.dataset._check import check

        return check(self, threshold=threshold, longest=longest)

    def to_frame(self) -> pl.DataFrame:
        """The cases."""
        return self.cases

    def __len__(self) -> int:
        return self.cases.height

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        shown = self.cases.select(
            "case_id", "session_id", "turn", pl.col("input").str.slice(0, 160), "channel", "state", "split"
        )
        return _html.panel(
            self.sentence,
            _html.table(shown) if shown.height else "",
            notes=[*self.notes, f"content {self.content_hash[:12]}"],
        )


def _told(attributes: str | None) -> dict[str, object]:
    known: dict[str, Any] = json.loads(attributes or "{}")
    return {name: " + ".join(map(str, value)) if isinstance(value, list) else value for name, value in known.items()}  # pyright: ignore[reportUnknownArgumentType]


def _alike(rows: list[dict[str, object]], name: str) -> bool:
    """Whether the values are all of one type, so that they make a column as they are."""
    return len({type(row[name]) for row in rows if row.get(name) is not None}) <= 1


def _by_case(cases: pl.DataFrame) -> dict[str, dict[str, object]]:
    return {row["case_id"]: row for row in cases.iter_rows(named=True)}


def _fields(
    rows: list[tuple[str, str, str]], before: tuple[_Cases, _Truths], now: tuple[_Cases, _Truths]
) -> Iterator[tuple[str, str, str | None, str | None]]:
    """What each changed field was and is; attributes one by one, ground truth by kind and author."""
    for case, change, columns in rows:
        if change == "ground truth":
            old, new = (_by_author(truths.get(case, ())) for _, truths in (before, now))
            yield from (
                (case, name, old.get(name), new.get(name))
                for name in sorted(old | new)
                if old.get(name) != new.get(name)
            )
        for name in columns.split(", ") if change == "changed" else ():
            was, is_ = before[0][case][name], now[0][case][name]
            if name == "attributes":
                one, other = _told(str(was or "{}")), _told(str(is_ or "{}"))
                keys = sorted(key for key in one | other if one.get(key) != other.get(key))
                yield from ((case, key, _shown(one.get(key)), _shown(other.get(key))) for key in keys)
            else:
                yield case, name, _shown(was), _shown(is_)


def _by_author(truths: Collection[tuple[str, str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, value, author in sorted(truths):
        name = f"{kind} ({author})" if author else kind
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def _shown(value: object) -> str | None:
    return None if value is None else str(value)


def _truth(truths: pl.DataFrame) -> dict[str, set[tuple[str, str, str]]]:
    found: dict[str, set[tuple[str, str, str]]] = {}
    for row in truths.iter_rows(named=True):
        found.setdefault(row["case_id"], set()).add((row["kind"], row["value"], row["author"] or ""))
    return found


def dataset_at(
    name: str,
    *,
    versions: object,
    cases: object,
    ground_truth: object,
    worlds: Mapping[str, bytes] | None = None,
    version: int | None = None,
) -> Dataset:
    """A version of a dataset from the tables that keep it.

    Parameters
    ----------
    name
        The dataset's name.
    versions, cases, ground_truth
        Rows of `schema.DATASET_VERSIONS`, `schema.CASES` and `schema.GROUND_TRUTH`, of this and of other datasets.
    worlds
        The recorded worlds by id, where they are wanted.
    version
        The latest by default.

    Returns
    -------
    Dataset
        As it was made.

    Raises
    ------
    UnknownNameError
        There is no such dataset or version.
    EmptyError
        Rows that the version names are not in the tables.
    """
    table = conform(versions, VERSIONS, what="versions")
    own = table.filter(dataset=name).sort("version")
    if not own.height:
        raise UnknownNameError(name, "dataset", table["dataset"].unique().drop_nulls().to_list())
    chosen = own.tail(1) if version is None else own.filter(version=version)
    if not chosen.height:
        raise UnknownNameError(
            str(version), f"version of dataset {name!r}", [str(each) for each in own["version"].to_list()]
        )
    row = chosen.row(0, named=True)
    rows = _named(conform(cases, CASES, what="cases"), "row_id", row["rows"], CASES)
    truths = _named(conform(ground_truth, GROUND_TRUTH, what="ground truth"), "truth_id", row["truths"], GROUND_TRUTH)
    wanted = set(rows["world_id"].drop_nulls().to_list())
    source = worlds if worlds is not None else dict[str, bytes]()
    kept = Worlds([key for key in source if key in wanted], source.__getitem__)
    return Dataset(name, row["version"], row["content_hash"], rows, truths, kept, row["created_at"])


def _named(frame: pl.DataFrame, key: str, ids: list[str], schema: pl.Schema) -> pl.DataFrame:
    """The rows of those ids, in their order."""
    order = pl.DataFrame({key: ids}, schema={key: pl.String()})
    found = order.join(frame.unique(key, keep="first"), on=key, how="inner", maintain_order="left")
    if found.height != order.height:
        msg = f"{order.height - found.height} of the {order.height} rows that the version names are missing ({key})"
        raise EmptyError(msg)
    return found.select(schema.names())


def next_version(
    existing: Dataset | None,
    cases: pl.DataFrame,
    ground_truth: pl.DataFrame,
    *,
    name: str,
    worlds: Mapping[str, bytes],
    reason: str,
    author: str,
    now: dt.datetime,
) -> tuple[Dataset, pl.DataFrame]:
    """The version that holds these cases, and its row; `existing` itself and no row where nothing changed.

    A dataset that has no case yet is version 0, and is not kept.
    """
    digest = content_hash_of(cases["row_id"].to_list(), ground_truth["truth_id"].to_list())
    if existing is not None and existing.content_hash == digest:
        return existing, VERSIONS.to_frame()
    if existing is None and not cases.height:
        return Dataset(name, 0, digest, cases, ground_truth, {}, now), VERSIONS.to_frame()
    number = 1 if existing is None else existing.version + 1
    made = Dataset(name, number, digest, cases, ground_truth, worlds, now)
    changes = made.diff(existing).rows["change"].to_list() if existing is not None else ["added"] * cases.height
    row = {
        "dataset": name,
        "version": number,
        "content_hash": digest,
        "parent": None if existing is None else existing.version,
        "cases": cases.height,
        "rows": cases["row_id"].to_list(),
        "truths": ground_truth["truth_id"].to_list(),
        "added": changes.count("added"),
        "changed": changes.count("changed"),
        "removed": changes.count("removed"),
        "reason": reason,
        "author": author,
        "created_at": now,
    }
    return made, conform([row], VERSIONS)
