"""What stands of one label, folded row by row, is what the view of all labels says of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workbench import label
from workbench.schema import ANNOTATIONS, conform

START = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
RUBRIC = (
    label.RubricItem("resolved", "binary", required=True),
    label.RubricItem("tone", "score", required=True, values=(1, 5)),
    label.RubricItem("law", required=True, expert_only=True),
)
MINUTES = st.integers(0, 3)
FIELDS = {
    "verdict": ("pass", "fail", "skip", None),
    "note": ("late", None),
    "failure_mode": ("loop", None),
    "flag": ("!", None),
}
ANSWERS = {"resolved": ("pass", None), "tone": ("1", "4.0", None)}


def some(choices: dict[str, tuple[str | None, ...]]) -> st.SearchStrategy[dict[str, str | None]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in choices.items()})


SAVES = st.tuples(MINUTES, st.sampled_from(("ana", "ben")), st.booleans(), some(FIELDS), some(ANSWERS))
UNDOES = st.tuples(MINUTES, st.sampled_from(("ana", "ben")), st.booleans(), st.integers(0, 5))


def written(steps: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The annotations of saves and undoes; some came twice, and some undo what the other reviewer said."""
    rows: list[dict[str, Any]] = []
    for number, (minute, reviewer, again, *what) in enumerate(steps):
        shared: dict[str, Any] = {
            "reviewer": reviewer, "role": "expert" if number % 4 == 3 else "general", "now": START + dt.timedelta(minutes=minute),
            "method": label.REPEAT if again else "widget", "rubric": RUBRIC,
        }  # fmt: skip
        operation = {"operation": f"op{number}", "session_id": "s1"}
        if len(what) == 1:
            rows += label.label_annotations({**operation, "undo": f"op{what[0]}"}, **shared)
        elif what[0] or what[1]:
            rows += label.label_annotations({**operation, **what[0], "answers": what[1]}, **shared)
        rows += rows[-1:] if number % 5 == 4 else []
    return rows


@given(st.lists(st.one_of(SAVES, UNDOES), max_size=8))
def test_one_label_is_what_the_view_of_all_says(steps: list[tuple[Any, ...]]) -> None:
    frame = conform(written(steps), ANNOTATIONS)
    protocol = label.Protocol(rubric=RUBRIC)
    for again in (False, True):
        labels, answers = label.current_labels(frame, again=again), label.rubric_answers(frame, again=again)
        open_ones = {row[1]: row[2] for row in label.unfinished(labels, answers, protocol).iter_rows()}
        for reviewer in ("ana", "ben"):
            one = label.said_of(frame.to_dicts(), reviewer=reviewer, again=again)
            rows = labels.filter(reviewer=reviewer).to_dicts()
            row = rows[0] if rows else dict.fromkeys(label.LABELS)
            assert one.fields == {name: row[name] for name in FIELDS if row[name] is not None}
            assert one.revision == (row["revision"] or 0)
            assert one.missing(protocol) == open_ones.get(reviewer, [])
            given_ = answers.filter(reviewer=reviewer).select("item", "number", "text").iter_rows()
            assert one.answers == {item: text if number is None else number for item, number, text in given_}
