"""A case on its way to another tool or from there: what every format writes and reads, each in its own places."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import orjson
import polars as pl

from workbench.dataset._content import case_id_of, content_hash_of, dumps, row_id_of, truth_id_of
from workbench.dataset._dataset import Dataset
from workbench.dataset._messages import asked_of, canonical, chat_messages
from workbench.dataset._tables import CASES, GROUND_TRUTH, STATES
from workbench.errors import InputError
from workbench.schema import conform

__all__ = [
    "OWN",
    "Record",
    "answer_of",
    "dataset_of",
    "records_of",
    "split_of",
    "split_tag",
    "split_tags",
    "told",
    "truths_in",
]

OWN: Final = "workbench"
"""The member of a record's metadata that holds the columns of the case."""

_COLUMNS: Final = tuple(
    name for name in CASES.names() if name not in {"row_id", "dataset", "prefix", "attributes", "input"}
)
_SPACE: Final = uuid.UUID("6f2b8f4e-61a3-5d0e-9a41-7d1f9f0c5b55")
_KINDS: Final = ("expected_output", "criteria")
_FURTHER: Final = "further_expected_outputs"


@dataclass(frozen=True, slots=True)
class Record:
    """One case with its ground truth, as other tools think of it.

    Attributes
    ----------
    messages
        Chat messages as providers take them; all that an agent may see.
    expected, criteria
        The expected outputs (alternatives) and the criteria (all hold), in the order of their authors.
    metadata
        The case's attributes, and under `OWN` its columns; no ground truth.
    split, state, dataset
        As the case has them.
    """

    messages: Sequence[Mapping[str, Any]]
    expected: Sequence[str] = ()
    criteria: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    split: str | None = None
    state: str | None = None
    dataset: str | None = None

    @property
    def own(self) -> Mapping[str, Any]:
        """The columns of the case."""
        found = self.metadata.get(OWN)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    @property
    def key(self) -> str:
        """A UUID that is the same for the same case of the same dataset, for tools whose ids are unique beyond a dataset."""
        return str(uuid.uuid5(_SPACE, f"{self.dataset}\x1f{self.own.get('case_id')}"))

    @property
    def asked(self) -> str:
        """What the user says last."""
        return asked_of(self.messages)


def records_of(dataset: Dataset, states: Iterable[str]) -> Iterator[Record]:
    """The cases in these states, each with its ground truth."""
    truths: dict[str, list[dict[str, Any]]] = {}
    for row in dataset.ground_truth.iter_rows(named=True):
        truths.setdefault(row["case_id"], []).append(row)
    of = {"dataset": dataset.name, "version": dataset.version, "content_hash": dataset.content_hash}
    if dataset.created_at is not None:
        of["created_at"] = dataset.created_at.isoformat()
    for row in dataset.cases.filter(pl.col("state").is_in(list(states))).iter_rows(named=True):
        said = sorted(truths.get(row["case_id"], []), key=lambda each: _KINDS.index(each["kind"]))
        own = {name: _plain(row[name]) for name in _COLUMNS if row[name] is not None}
        authors = [{name: _plain(each[name]) for name in ("kind", "author", "added_at")} for each in said]
        yield Record(
            messages=chat_messages(row["prefix"]),
            expected=[each["value"] for each in said if each["kind"] == "expected_output"],
            criteria=[each["value"] for each in said if each["kind"] == "criteria"],
            metadata={**orjson.loads(row["attributes"] or "{}"), OWN: {**own, **of, "said_by": authors}},
            split=row["split"],
            state=row["state"],
            dataset=dataset.name,
        )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def answer_of(record: Record) -> dict[str, Any]:
    """The ground truth as one object, for tools that keep any JSON value as what is expected."""
    made: dict[str, Any] = {}
    if record.expected:
        made["expected_output"] = record.expected[0]
    if len(record.expected) > 1:
        made[_FURTHER] = list(record.expected[1:])
    if record.criteria:
        made["criteria"] = list(record.criteria)
    return made


def truths_in(value: Any) -> tuple[list[str], list[str]]:
    """The expected outputs and the criteria that somebody's expected value means."""
    if value is None or value in ("", {}, []):
        return [], []
    if not isinstance(value, dict):
        return _texts(value), []
    known = cast("dict[str, Any]", value)
    if known.keys() & {"expected_output", "criteria", "assertions", _FURTHER}:
        asserted = [
            cast("dict[str, Any]", each).get("comment") if isinstance(each, dict) else each
            for each in cast("list[Any]", known.get("assertions") or [])
        ]
        expected = [*_texts(known.get("expected_output")), *_texts(known.get(_FURTHER))]
        return expected, [*_texts(known.get("criteria")), *_texts(asserted)]
    return _texts(next(iter(known.values())) if len(known) == 1 else dumps(known)), []


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    each = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [one if isinstance(one, str) else dumps(one) for one in each if one is not None]


def split_of(value: Any) -> str | None:
    """One split of what a tool says: a name, or the first of several."""
    first = cast("list[Any]", value)[:1] if isinstance(value, list) else [value]
    return str(first[0]) if first and first[0] else None


def split_tags(record: Record) -> list[str]:
    """The split as a tag, for tools that have tags and no splits."""
    return [f"split:{record.split}"] if record.split else []


def split_tag(tags: Any) -> str | None:
    """The split that tags tell."""
    known = cast("list[Any]", tags if isinstance(tags, list) else [])
    return next((str(tag).removeprefix("split:") for tag in known if str(tag).startswith("split:")), None)


def told(value: Any) -> dict[str, Any]:
    """Metadata as an object: what a tool gives back as one, or as JSON text of one; else nothing."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return dict(cast("dict[str, Any]", value)) if isinstance(value, dict) else {}


def dataset_of(records: Iterable[Record], path: Path) -> Dataset:
    """The dataset that a file of another tool holds.

    A case that the workbench did not write gets an id by its content, and the channel `imported`.

    Raises
    ------
    InputError
        A record holds a value of a wrong kind, or an id twice.
    """
    cases, truths = list[dict[str, Any]](), list[dict[str, Any]]()
    seen: dict[str, int] = {}
    name, about = path.stem, Record([])
    for number, record in enumerate(records, 1):
        if number == 1:
            about, name = record, str(record.own.get("dataset") or record.dataset or path.stem)
        row = _case(record, name, seen, f"{path}, case {number}")
        cases.append(row)
        truths += _truths(record, row)
    rows = conform(pl.DataFrame(cases, schema_overrides=CASES), CASES).select(CASES.names())
    kept = conform(pl.DataFrame(truths, schema_overrides=GROUND_TRUTH), GROUND_TRUTH).select(GROUND_TRUTH.names())
    kept = kept.unique("truth_id", keep="first", maintain_order=True)
    digest = content_hash_of(rows["row_id"].to_list(), kept["truth_id"].to_list())
    version = about.own.get("version")
    at = _time(about.own.get("created_at"))
    return Dataset(name, version if isinstance(version, int) else 1, digest, rows, kept, {}, at)


def _case(record: Record, dataset: str, seen: dict[str, int], where: str) -> dict[str, Any]:
    messages = canonical(record.messages)
    prefix, own = dumps(messages), record.own
    given = own.get("case_id")
    case_id = str(given) if given else case_id_of(f"imported\x1f{dataset}", 1, prefix)
    seen[case_id] = seen.get(case_id, 0) + 1
    if seen[case_id] > 1:
        if given:
            msg = f"{where}: the id {case_id} is there twice; give the second another id, or none"
            raise InputError(msg)
        case_id = case_id_of(f"imported\x1f{dataset}", seen[case_id], prefix)
    row = {name: _typed(own.get(name), CASES[name], name, where) for name in _COLUMNS}
    state = row["state"] or record.state
    row |= {
        "case_id": case_id,
        "dataset": dataset,
        "input": asked_of(messages),
        "prefix": prefix,
        "attributes": dumps({key: value for key, value in record.metadata.items() if key != OWN}),
        "split": record.split or row["split"] or "test",
        "state": state if state in STATES else "candidate",
        "channel": row["channel"] or "imported",
    }
    return {**row, "row_id": row_id_of(row)}


def _truths(record: Record, case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    said: Any = record.own.get("said_by")
    known = [cast("dict[str, Any]", each) for each in cast("list[Any]", said or []) if isinstance(each, dict)]
    for kind, values in (("expected_output", record.expected), ("criteria", record.criteria)):
        by = [each for each in known if each.get("kind") == kind]
        # Where somebody added or took away some, nobody can say whose the others are.
        by = by if len(by) == len(values) else [dict[str, Any]()] * len(values)
        for value, each in zip(values, by, strict=True):
            author = each.get("author")
            row = {
                "case_id": case["case_id"],
                "dataset": case["dataset"],
                "kind": kind,
                "value": value,
                "author": author if isinstance(author, str) else None,
            }
            yield {**row, "truth_id": truth_id_of(row), "added_at": _time(each.get("added_at"))}


def _typed(value: Any, kind: pl.DataType, name: str, where: str) -> Any:
    if value is None:
        return None
    if isinstance(kind, pl.Datetime):
        return _time(value)
    wanted = int if kind == pl.Int64 else (int, float) if kind == pl.Float64 else str
    if not isinstance(value, wanted) or isinstance(value, bool):
        msg = f"{where}: {name} is {value!r}, expected {kind}"
        raise InputError(msg)
    return value


def _time(value: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None
