"""What is wrong with a dataset before anything is tried on it: leaks, near duplicates, contradictions, sizes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from workbench import _html
from workbench.dataset._alike import THRESHOLD, alike
from workbench.dataset._dataset import Dataset
from workbench.errors import InputError

__all__ = ["PROBLEMS", "Check", "asked_texts", "check"]

PROBLEMS: Final = {
    "leak": "in another split than one that is nearly the same, or of the same session or task",
    "contradiction": "with the same messages as another and another expected output",
    "mixed": "with the same messages as another, one failing and one passing when they were chosen",
    "disagreement": "on which authors expect different outputs",
    "near duplicate": "nearly the same as another",
    "empty": "without a message",
    "oversized": "too long",
}
"""The kinds of problem, worst first, in words that follow "cases"."""

_SCHEMA: Final = {
    "kind": pl.String(), "case_id": pl.String(), "other": pl.String(), "similarity": pl.Float64(), "split": pl.String(),
    "other_split": pl.String(), "detail": pl.String(),
}  # fmt: skip

Row = tuple[str, str, str | None, float | None, str | None, str | None, str]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found.

    Attributes
    ----------
    rows
        Frame: `kind` (of `PROBLEMS`), `case_id`, the `other` case that it is about, their `similarity` (0 to 1), `split` and
        `other_split`, and the `detail` in words.
    sentence
        The counts, worst first.
    cases
        How many cases were looked at: all but retired ones.
    """

    rows: pl.DataFrame
    sentence: str
    cases: int

    @property
    def counts(self) -> dict[str, int]:
        """How many cases have which kind of problem."""
        found = dict(self.rows.group_by("kind").agg(pl.col("case_id").n_unique()).iter_rows())
        return {kind: found[kind] for kind in PROBLEMS if kind in found}

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.rows

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        shown = self.rows.head(50)
        notes = [f"The first {shown.height} of {self.rows.height:,} rows."] if shown.height < self.rows.height else []
        return _html.panel(self.sentence, _html.table(shown) if shown.height else "", notes=notes)


def check(dataset: Dataset, *, threshold: float = THRESHOLD, longest: int = 100_000) -> Check:
    """Look for cases that leak between splits, repeat or contradict one another, are empty or too long.

    What the user says, all turns up to the case's, decides whether two cases are nearly the same; for a contradiction all messages are the
    same. Nothing but the texts is used, no model.

    Parameters
    ----------
    dataset
        A version.
    threshold
        The share of shingles (5 characters) in common from which two cases are nearly the same.
    longest
        Characters from which the messages of a case are too long.

    Returns
    -------
    Check
        A sentence, and one row a case and problem.

    Raises
    ------
    InputError
        The threshold is not above 0 and at most 1.

    Examples
    --------
    >>> from workbench import dataset
    >>> dataset.check(dataset.Dataset("refunds", 1, "", dataset.CASES.to_frame(), dataset.GROUND_TRUTH.to_frame()))
    'refunds' version 1 has no case to check.
    """
    if not 0 < threshold <= 1:
        msg = f"threshold is {threshold}; a share lies above 0 and at most at 1, such as 0.8"
        raise InputError(msg)
    cases = [row for row in dataset.cases.iter_rows(named=True) if row["state"] != "retired"]
    rows: list[Row] = [*_sizes(cases, longest), *_near(cases, threshold), *_contradictions(cases, dataset)]
    order = {kind: place for place, kind in enumerate(PROBLEMS)}
    frame = pl.DataFrame(sorted(rows, key=lambda row: order[row[0]]), schema=_SCHEMA, orient="row")
    found = Check(frame, "", len(cases))
    of = f"{dataset.name!r} version {dataset.version}"
    if not cases:
        return Check(frame, f"{of} has no case to check.", 0)
    said = "; ".join(f"{count:,} {PROBLEMS[kind]}" for kind, count in found.counts.items())
    return Check(frame, f"{of}: of {len(cases):,} cases {said or 'none repeats, contradicts or leaks'}.", len(cases))


def asked_texts(prefixes: Iterable[str | None]) -> list[str]:
    """What the user says in each prefix, all turns."""
    return ["\n".join(_said(prefix, {"user"})) for prefix in prefixes]


def _said(prefix: str | None, roles: set[str] | None) -> list[str]:
    messages: list[dict[str, Any]] = json.loads(prefix or "[]")
    return [_spoken(each) for each in messages if roles is None or each.get("role") in roles]


def _spoken(message: Mapping[str, Any]) -> str:
    """A message without the ids of its calls, which differ between two sessions that say the same."""
    calls = [(call.get("name"), call.get("arguments")) for call in message.get("tool_calls") or ()]
    return f"{message.get('content') or ''}{json.dumps(calls, sort_keys=True) if calls else ''}"


def _sizes(cases: list[dict[str, Any]], longest: int) -> Iterable[Row]:
    for row in cases:
        size = sum(map(len, _said(row["prefix"], None)))
        if not (row["input"] or "").strip():
            yield "empty", row["case_id"], None, None, row["split"], None, "the last message has no text"
        if size > longest:
            yield (
                "oversized",
                row["case_id"],
                None,
                None,
                row["split"],
                None,
                f"{size:,} characters, more than {longest:,}",
            )


def _near(cases: list[dict[str, Any]], threshold: float) -> Iterable[Row]:
    texts = asked_texts(row["prefix"] for row in cases)
    found = alike(texts, threshold)
    for place, row in enumerate(cases):
        near = int(found.nearest[place])
        if near < 0 or not texts[place].strip():
            continue
        other, share = cases[near], float(found.similarity[place])
        detail = f"{share:.0%} of their shingles in common"
        yield "near duplicate", row["case_id"], other["case_id"], share, row["split"], other["split"], detail
    spoken = [int(group) if text.strip() else None for group, text in zip(found.group, texts, strict=True)]
    tasks = [json.loads(row["attributes"] or "{}").get("task_id") for row in cases]
    sessions = [row["session_id"] for row in cases]
    for values, why in ((spoken, "nearly the same"), (sessions, "of the same session"), (tasks, "of the same task")):
        first: dict[object, dict[str, dict[str, Any]]] = {}
        for value, row in zip(values, cases, strict=True):
            if value is None:
                continue
            splits = first.setdefault(value, {})
            splits.setdefault(row["split"], row)
            other = next(iter(splits.values()))
            if other["split"] != row["split"]:
                yield "leak", row["case_id"], other["case_id"], None, row["split"], other["split"], why


def _contradictions(cases: list[dict[str, Any]], dataset: Dataset) -> Iterable[Row]:
    expected: dict[str, dict[str, str]] = {}
    for row in dataset.ground_truth.filter(kind="expected_output").iter_rows(named=True):
        expected.setdefault(row["case_id"], {})[_plain(row["value"])] = row["author"] or "somebody"
    same: dict[str, list[dict[str, Any]]] = {}
    for row in cases:
        if len(set(expected.get(row["case_id"], {}).values())) > 1:
            detail = f"{' and '.join(sorted(set(expected[row['case_id']].values())))} expect different outputs"
            yield "disagreement", row["case_id"], None, None, row["split"], None, detail
        same.setdefault(_plain("\n".join(_said(row["prefix"], None))), []).append(row)
    for rows in same.values():
        for row in rows[1:]:
            one, other = expected.get(rows[0]["case_id"], {}).keys(), expected.get(row["case_id"], {}).keys()
            told = (row["case_id"], rows[0]["case_id"], 1.0, row["split"], rows[0]["split"])
            if one and other and not one & other:
                yield "contradiction", *told, "the same messages, other expected outputs"
            if {row["channel"], rows[0]["channel"]} == {"failure", "control"}:
                yield "mixed", *told, "the same messages, one chosen as failing and one as passing"


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
