"""A session that shows several failures: the first leads, the others count too, and a label of old means what it meant."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import label
from workbench.errors import InputError

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def save(number: int, session: str, reviewer: str = "ana", said: Any = None, **change: Any) -> list[dict[str, Any]]:
    operation = {"operation": f"op{number}", "session_id": session, **change}
    return label.label_annotations(operation, reviewer=reviewer, now=NOW + dt.timedelta(minutes=number), said=said)


def now(said: list[dict[str, Any]]) -> tuple[Any, Any]:
    """The modes as all labels tell them and as one label does, which must be the same."""
    row = label.current_labels(said).select("failure_mode", "other_modes").row(0)
    fields = label.said_of([{**dict.fromkeys(wb.schema.ANNOTATIONS), **each} for each in said], reviewer="ana").fields
    assert (fields.get("failure_mode"), fields.get("other_modes")) == (row[0], label.lines_of(row[1] or ()))
    return row


def test_the_first_leads_and_the_others_keep_their_order() -> None:
    said = save(1, "s", failure_mode="wrong refund", other_modes=["rude", " loop ", "rude", "wrong refund"])
    assert now(said) == ("wrong refund", ["rude", "loop"])
    said += save(2, "s", failure_mode="loop")
    assert now(said) == ("loop", ["rude", "wrong refund"])
    said += save(3, "s", failure_mode=None)
    assert now(said) == ("rude", ["loop", "wrong refund"])
    said += save(4, "s", other_modes=None, failure_mode="loop")
    assert now(said) == ("loop", None)
    said += label.label_annotations(
        {"operation": "back", "session_id": "s", "undo": "op4"},
        reviewer="ana",
        now=NOW + dt.timedelta(hours=1),
        said=said,
    )
    assert now(said) == ("rude", ["loop", "wrong refund"])
    assert label.current_labels(said)["verdict"].item() == "fail"
    with pytest.raises(InputError, match="are text"):
        save(5, "s", other_modes=7)


def test_the_codebook_counts_every_mode_and_what_is_unseen_by_the_first() -> None:
    said = save(1, "a", failure_mode="loop", other_modes=["rude"]) + save(2, "b", failure_mode="rude")
    said += save(3, "c", verdict="pass")
    book = label.codebook(said, [])
    counted = {
        name: (sessions, first)
        for name, sessions, first in book.modes.select("failure_mode", "sessions", "first").iter_rows()
    }
    assert counted == {"rude": (2, 1), "loop": (1, 1)}
    assert book.sessions("rude") == ["a", "b"]
    assert book.unseen is not None
    assert book.unseen.n == 2  # failures, each once
    assert label.stopping(book.labels).kinds == 2
    before = label.codebook(save(1, "a", failure_mode="loop") + save(2, "b", failure_mode="rude"), [])
    assert before.labels["other_modes"].null_count() == 2


def test_renames_merges_and_splits_reach_the_others_too() -> None:
    said = save(1, "a", failure_mode="loop", other_modes=["rude", "curt"]) + save(
        2, "b", failure_mode="curt", other_modes=["rude"]
    )
    after = NOW + dt.timedelta(days=1)
    events = [label.codebook_event("merge", "curt", "rude", author="ana", now=after)]
    labels = label.codebook(said, events).labels
    assert labels.select("failure_mode", "other_modes").rows() == [("loop", ["rude"]), ("rude", None)]
    events.append(
        label.codebook_event(
            "split",
            "rude",
            ["cold", "insulting"],
            author="ana",
            now=after + dt.timedelta(hours=1),
            events=events,
            assignment={"a": "cold"},
        )
    )
    labels = label.codebook(said, events).labels
    assert labels.select("failure_mode", "other_modes").rows() == [("loop", ["cold"]), ("rude", None)]
    assert labels["reread"].to_list() == [None, "'rude' was split"]


def test_two_who_name_the_same_modes_in_another_order_agree_on_each() -> None:
    said = [
        row
        for number in range(6)
        for reviewer, order in (("ana", ["loop", "rude"]), ("ben", ["rude", "loop"]))
        for row in (
            save(number, f"s{number}", reviewer, failure_mode=order[0], other_modes=order[1:])
            if number % 2
            else save(number, f"s{number}", reviewer, verdict="pass")
        )
    ]  # fmt: skip
    said = [{**row, "annotation_id": f"{row['author']}.{row['annotation_id']}"} for row in said]
    frame = label.agreements(label.codebook(said, []).labels).frame
    assert dict(frame.select("what", "agreed").iter_rows()) == {"verdict": 1.0, "loop": 1.0, "rude": 1.0}


def test_labels_without_the_column_have_one_mode_each() -> None:
    old = pl.DataFrame({"session_id": ["a", "b"], "failure_mode": ["loop", None]})
    assert label.each_mode(old).rows() == [("a", "loop", True)]
    assert old.filter(label.has_mode(old, "loop"))["session_id"].to_list() == ["a"]
