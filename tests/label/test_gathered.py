"""Groups of notes become failure modes by an event: labels stay as they were written, and follow it from then on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from workbench import label
from workbench.errors import InputError

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def save(number: int, session: str, **change: Any) -> list[dict[str, Any]]:
    when = NOW + dt.timedelta(minutes=number)
    return label.label_annotations(
        {"operation": f"op{number}", "session_id": session, **change}, reviewer="ana", now=when
    )


def event(hour: int, kind: Any, name: str, into: Any = (), **more: Any) -> dict[str, Any]:
    return label.codebook_event(kind, name, into, author="eve", now=NOW + dt.timedelta(hours=hour), **more)


def test_labels_without_a_mode_carry_it_and_follow_what_happens_to_it() -> None:
    said = save(1, "a", verdict="fail", note="asks twice") + save(2, "b", verdict="fail", failure_mode="rude")
    said += save(3, "c", verdict="pass", note="fine") + save(4, "d", verdict="fail", note="asks again")
    gather = event(1, "gather", "loop", assignment={"a": "loop", "b": "loop", "c": "loop"})
    book = label.codebook(said, [gather])
    assert dict(book.labels.select("session_id", "failure_mode").iter_rows()) == {
        "a": "loop",
        "b": "rude",
        "c": None,
        "d": None,
    }
    assert book.labels["written_as"].to_list() == [None, "rude", None, None]
    assert "loop" in book.names
    renamed = [gather, event(2, "rename", "loop", "asks again")]
    assert label.codebook(said, renamed).sessions("asks again") == ["a"]
    assert label.codebook(said, renamed, as_of=NOW + dt.timedelta(minutes=30)).names == ["rude"]
    later = [*renamed, event(3, "gather", "impatient", assignment={"a": "impatient"})]
    assert label.codebook(said, later).sessions("impatient") == ["a"]  # gathered anew


def test_a_label_that_came_after_is_to_be_read_again() -> None:
    gather = event(1, "gather", "loop", assignment={"a": "loop"})
    said = save(90, "a", verdict="fail", note="something else")
    labels = label.codebook(said, [gather]).labels
    assert labels.select("failure_mode", "reread").row(0) == (
        "loop",
        "it was said after its session was gathered under 'loop'",
    )


@pytest.mark.parametrize("assignment", [None, {}, {"a": "other"}])
def test_what_is_gathered_is_named(assignment: Any) -> None:
    with pytest.raises(InputError, match="takes an assignment of each to that name"):
        event(1, "gather", "loop", assignment=assignment)
