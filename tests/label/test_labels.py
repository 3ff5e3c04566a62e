"""Labels are append-only: delivered twice they count once, undone they are gone, and anything can be shown as of a time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import label
from workbench.errors import InputError, UnknownNameError
from workbench.schema import ANNOTATIONS, conform

START = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


def said(
    minute: int, operation: str, *, reviewer: str = "ana", session_id: str = "s1", **fields: Any
) -> list[dict[str, Any]]:
    change = {"operation": operation, "session_id": session_id, **fields}
    return label.label_annotations(change, reviewer=reviewer, now=START + dt.timedelta(minutes=minute), queue_id="q-1")


def now(*rows: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    frame = label.current_labels([row for group in rows for row in group], **options)
    assert frame.height == 1
    return frame.row(0, named=True)


def test_a_save_becomes_one_annotation_a_field() -> None:
    rows = said(0, "op1", verdict="fail", note="refunded B2", failure_mode=" wrong refund ", first_failure="t1/p4")
    frame = conform(rows, ANNOTATIONS)
    assert frame["annotation_id"].to_list() == ["op1.verdict", "op1.note", "op1.failure_mode", "op1.first_failure"]
    assert frame["value_text"].to_list() == ["fail", "refunded B2", "wrong refund", "t1/p4"]
    assert frame["passed"].to_list() == [False, None, None, None]
    assert frame["evidence"].to_list() == [None, None, None, '["t1/p4"]']
    assert set(frame["author"]) == {"ana"}
    assert set(frame["author_kind"]) == {"human"}
    assert set(frame["target_id"]) == {"s1"}


def test_a_delivery_that_is_repeated_counts_once() -> None:
    save = said(0, "op1", verdict="fail", note="a")
    assert said(0, "op1", verdict="fail", note="a") == save
    assert now(save, save)["revision"] == 1


def test_a_late_repetition_does_not_bring_back_what_was_superseded() -> None:
    first, second = said(0, "op1", verdict="fail"), said(1, "op2", verdict="pass")
    assert now(first, second, said(5, "op1", verdict="fail"))["verdict"] == "pass"


def test_a_later_save_supersedes_only_the_fields_that_it_names() -> None:
    row = now(said(0, "op1", verdict="fail", note="first"), said(1, "op2", verdict="pass"))
    assert (row["verdict"], row["note"], row["operation"], row["revision"]) == ("pass", "first", "op2", 2)


def test_a_field_that_is_given_blank_is_cleared() -> None:
    assert now(said(0, "op1", verdict="fail", note="first"), said(1, "op2", note="  "))["note"] is None


def test_undo_brings_back_what_stood_before_and_undoing_the_undo_brings_back_the_save() -> None:
    first, second = said(0, "op1", verdict="fail", note="a"), said(1, "op2", verdict="pass")
    undone = said(2, "op3", undo="op2")
    assert now(first, second, undone)["verdict"] == "fail"
    assert now(first, second, undone, said(3, "op4", undo="op3"))["verdict"] == "pass"
    assert label.current_labels([*first, *said(4, "op5", undo="op1")]).height == 0


def test_undoing_twice_by_accident_is_undoing_once() -> None:
    first, undone = said(0, "op1", verdict="fail"), said(1, "op2", undo="op1")
    assert label.current_labels([*first, *undone, *said(2, "op3", undo="op1")]).height == 0


def test_nobody_can_undo_what_another_reviewer_said() -> None:
    assert now(said(0, "op1", verdict="fail"), said(1, "op2", undo="op1", reviewer="ben"))["verdict"] == "fail"


def test_a_retraction_that_came_before_what_it_names_retracts_nothing() -> None:
    assert now(said(0, "op2", undo="op1"), said(1, "op1", verdict="fail"))["verdict"] == "fail"


def test_labels_can_be_shown_as_of_any_time_and_of_one_reviewer() -> None:
    rows = [
        *said(0, "op1", verdict="fail"),
        *said(9, "op2", verdict="pass"),
        *said(1, "op3", verdict="pass", reviewer="ben"),
    ]
    assert now(rows, as_of=START + dt.timedelta(minutes=5), reviewer="ana")["verdict"] == "fail"
    assert now(rows, reviewer="ana")["verdict"] == "pass"
    assert label.current_labels(rows)["reviewer"].to_list() == ["ana", "ben"]


def test_what_models_users_and_code_say_is_no_reviewers_label() -> None:
    rows = said(0, "op1", verdict="fail")
    others = [
        {**row, "annotation_id": f"{kind}.verdict", "author_kind": kind} for row in rows for kind in ("user", "model")
    ]
    assert label.current_labels(others).height == 0
    assert label.current_labels([]).columns == label.LABELS.names()


def test_annotations_from_a_file_need_no_operation_in_their_id() -> None:
    row = now([{**said(0, "op1", verdict="fail")[0], "annotation_id": "imported-7"}])
    assert (row["operation"], row["verdict"]) == ("imported-7", "fail")


def test_sessions_on_which_verdicts_disagree_are_contested() -> None:
    rows = [
        *said(0, "a1", verdict="fail"), *said(0, "b1", verdict="pass", reviewer="ben"), *said(0, "c1", verdict="fail", reviewer="cy"),
        *said(0, "a2", verdict="fail", session_id="s2"), *said(0, "b2", verdict="skip", reviewer="ben", session_id="s2"),
    ]  # fmt: skip
    frame = label.contested(label.current_labels(rows))
    assert frame.rows() == [("s1", ["ben"], ["ana", "cy"])]


def test_an_undo_takes_back_what_the_operation_wrote_and_nothing_else() -> None:
    imported = [{**said(0, "op1", verdict="fail")[0], "annotation_id": "imported-7"}]
    change = {"operation": "op2", "session_id": "s1", "undo": "imported-7"}
    rows = label.label_annotations(change, reviewer="ana", now=START + dt.timedelta(minutes=1), said=imported)
    assert [(row["annotation_id"], row["retracts"]) for row in rows] == [("op2.verdict", "imported-7")]
    again = {**change, "operation": "op3"}
    assert label.label_annotations(again, reviewer="ana", now=START, said=[*imported, *rows]) == []
    with pytest.raises(InputError, match="nothing to take back"):
        label.label_annotations({**change, "undo": "op9"}, reviewer="ana", now=START, said=imported)


def test_the_last_operation_is_that_of_the_queue_and_still_stands() -> None:
    other = [{**row, "queue_id": "q-2"} for row in said(2, "op3", verdict="fail", session_id="s3")]
    rows = [*said(0, "op1", verdict="fail"), *said(1, "op2", verdict="pass", session_id="s2"), *other]
    assert label.last_operation(rows, reviewer="ana", queue_id="q-1") == ("s2", "op2")
    assert label.last_operation(rows, reviewer="ana", queue_id="q-2") == ("s3", "op3")
    assert label.last_operation(
        [*rows, *said(3, "u", undo="op2", session_id="s2")], reviewer="ana", queue_id="q-1"
    ) == (
        "s1",
        "op1",
    )
    assert label.last_operation(rows, reviewer="ana") is None


def test_naming_a_failure_mode_says_fail_unless_a_verdict_was_given() -> None:
    assert now(said(0, "op1", failure_mode="loop"))["verdict"] == "fail"
    assert now(said(0, "op1", verdict="pass"), said(1, "op2", failure_mode="loop"))["verdict"] == "pass"


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"verdict": "failed"}, UnknownNameError, "did you mean 'fail'"),
        ({"verdikt": "fail"}, UnknownNameError, "did you mean 'verdict'"),
        ({}, InputError, "says nothing"),
        ({"verdict": "fail", "undo": "op0"}, InputError, "two operations"),
        ({"note": 3}, InputError, "not int"),
    ],
)
def test_an_operation_that_cannot_be_kept_is_refused(fields: dict[str, Any], error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        said(0, "op1", **fields)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({"session_id": "s1", "verdict": "fail"}, {}, "needs an id"),
        ({"operation": "op", "verdict": "fail"}, {}, "no session_id"),
        ({"operation": "op", "session_id": "s1", "verdict": "fail"}, {"reviewer": " "}, "reviewer"),
        ({"operation": "op", "session_id": "s1", "verdict": "fail"}, {"role": "king"}, "role"),
        ({"operation": "op", "session_id": "s1", "verdict": "fail"}, {"now": dt.datetime(2026, 1, 1)}, "no zone"),  # noqa: DTZ001
    ],
)
def test_who_when_and_what_have_to_be_known(change: dict[str, Any], options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        label.label_annotations(change, **{"reviewer": "ana", "now": START, **options})


SAVES = st.lists(
    st.tuples(st.sampled_from(["pass", "fail", "defer"]), st.booleans(), st.booleans()), min_size=1, max_size=8
)


@given(SAVES, st.randoms())
def test_whatever_arrives_twice_or_in_any_order_the_labels_are_those_of_the_log(
    saves: list[tuple[str, bool, bool]], random: Any
) -> None:
    """A model of the log: a stack of saves, from which an undo takes its own save."""
    rows, standing = list[dict[str, Any]](), dict[str, str]()
    for number, (verdict, undone, doubled) in enumerate(saves):
        save = said(2 * number, f"op{number}", verdict=verdict)
        standing[f"op{number}"] = verdict
        if undone:
            save = save + said(2 * number + 1, f"undo{number}", undo=f"op{number}")
            del standing[f"op{number}"]
        rows += save * (2 if doubled else 1)
    random.shuffle(rows)
    frame = label.current_labels(pl.DataFrame(rows, infer_schema_length=None))
    expected = list(standing.values())
    assert frame["verdict"].to_list() == expected[-1:]
    assert frame["revision"].to_list() == ([len(expected)] if expected else [])
