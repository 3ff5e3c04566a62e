from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from workbench import evidence
from workbench.errors import InputError, UnknownNameError
from workbench.stats import wilson

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def sessions(*names: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"session_id": name, "status": "ok", "errors": 0, **fields} for name in names]


class Notes:
    """Annotations in order of time."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, session: str, passed: bool | None = None, *, by: str = "ana", kind: str = "human", name: str = "verdict", **fields: Any) -> str:  # fmt: skip
        identity = f"n{len(self.rows)}"
        at = AT + dt.timedelta(minutes=len(self.rows))
        row = {
            "annotation_id": identity,
            "target_kind": "session",
            "target_id": session,
            "name": name,
            "passed": passed,
        }
        self.rows.append({**row, "author": by, "author_kind": kind, "happened_at": at, **fields})
        return identity


def score(session: str, passed: bool | None = None, **fields: Any) -> dict[str, Any]:
    row = {"target_kind": "session", "target_id": session, "name": "thumb", "passed": passed, "author_kind": "user"}
    return {**row, "happened_at": AT, **fields}


def result(found: evidence.Outcomes) -> dict[str, str]:
    return dict(found.frame.select("session_id", "outcome").rows())


def test_a_human_verdict_decides_over_graders_and_feedback():
    notes = Notes()
    notes.add("a", True)
    notes.add("b", False)
    for name in "ab":
        notes.add(name, name == "b", by="exact", kind="code", name="exact")
    found = evidence.outcomes(sessions("a", "b"), [score("a", False), score("b", True)], notes.rows)
    assert result(found) == {"a": "passing", "b": "failing"}
    assert found.frame.select("human", "grader", "graders_failed", "feedback").rows() == [
        ("pass", "fail", ["exact"], "down"),
        ("fail", "pass", [], "up"),
    ]


def test_what_failed_graders_gave_as_their_reason_stands_beside_their_names():
    notes = Notes()
    notes.add("a", False, by="exact", kind="code", name="exact", comment="7 is not 8")
    notes.add("a", False, by="judge", kind="model", name="judge", comment="it never looked")
    notes.add("a", True, by="polite", kind="code", name="polite", comment="said please")
    found = evidence.outcomes(sessions("a", "b"), None, notes.rows).frame
    assert found["grader_reasons"].to_list() == [["7 is not 8", "it never looked"], []]


def test_without_a_verdict_any_failed_grader_or_complaint_fails_and_praise_alone_passes():
    notes = Notes()
    for session, passed in (("a", True), ("a", False), ("b", True), ("c", True)):
        name = f"g{len(notes.rows)}"
        notes.add(session, passed, by=name, kind="model", name=name)
    found = evidence.outcomes(sessions("a", "b", "c", "d", "e"), [score("c", False), score("d", True)], notes.rows)
    assert result(found) == {"a": "failing", "b": "passing", "c": "failing", "d": "passing", "e": "unknown"}
    assert found.sentence == "2 of 5 sessions fail, 2 pass, 1 is unknown, by graders (3) and user feedback (2)"
    assert list(found.failing) == ["a", "c"]
    assert "b" in found.passing
    assert len(found.unknown) == 1
    assert found.failing.to_frame()["session_id"].to_list() == ["a", "c"]
    assert found.failing.sentence == "2 of 5 sessions failing, by graders and user feedback; 1 is unknown"


def test_two_people_who_disagree_leave_a_session_contested():
    notes = Notes()
    notes.add("a", True, by="ana")
    notes.add("a", False, by="ben")
    notes.add("b", False, by="ana")
    notes.add("b", False, by="ben")
    notes.add("a", False, by="exact", kind="code", name="exact")
    found = evidence.outcomes(sessions("a", "b"), None, notes.rows)
    assert result(found) == {"a": "unknown", "b": "failing"}
    assert found.frame["human"].to_list() == ["contested", "fail"]
    assert found.sentence.endswith("by human verdicts (2) and graders (1); 1 contested")


def test_the_latest_verdict_of_a_person_counts_and_retractions_take_back():
    notes = Notes()
    notes.add("changed", False)
    notes.add("changed", True)
    taken = notes.add("taken back", False)
    notes.add("taken back", retracts=taken)
    undone = notes.add("restored", False)
    undo = notes.add("restored", retracts=undone)
    notes.add("restored", name="undo", retracts=undo)
    foreign = notes.add("foreign", False, by="ana")
    notes.add("foreign", by="ben", retracts=foreign)
    notes.add("deferred", False)
    notes.add("deferred", None, value_text="defer")
    names = ("changed", "taken back", "restored", "foreign", "deferred")
    assert result(evidence.outcomes(sessions(*names), None, notes.rows)) == {
        "changed": "passing",
        "taken back": "unknown",
        "restored": "failing",
        "foreign": "failing",
        "deferred": "unknown",
    }


def test_a_later_result_of_a_grader_replaces_the_earlier_and_a_crash_decides_nothing():
    notes = Notes()
    notes.add("a", False, by="g", kind="code", name="g", method_version="1")
    notes.add("a", True, by="g", kind="code", name="g", method_version="2")
    notes.add("b", None, by="g", kind="code", name="g", value_text="errored", comment="KeyError: 'x'")
    assert result(evidence.outcomes(sessions("a", "b"), None, notes.rows)) == {"a": "passing", "b": "unknown"}


@pytest.mark.parametrize(
    ("fields", "feedback"),
    [
        ({"value_text": "thumbs_up"}, "up"),
        ({"value_text": " Down "}, "down"),
        ({"value_number": 1.0}, "up"),
        ({"value_number": 0.0}, "down"),
        ({"value_number": -1.0}, "down"),
        ({"value_number": 5.0, "name": "stars"}, "up"),
        ({"value_number": 3.0, "name": "stars"}, None),
        ({"value_number": 1.0, "name": "stars"}, "down"),
        ({"value_text": "whatever"}, None),
    ],
)
def test_thumbs_words_and_stars_are_understood(fields: dict[str, Any], feedback: str | None):
    others = [score("o", None, name="stars", value_number=value) for value in (2.0, 4.0)]
    found = evidence.outcomes(sessions("a", "o"), [score("a", None, **fields), *others], None)
    assert found.frame["feedback"][0] == feedback


@pytest.mark.parametrize(
    ("name", "feedback"),
    [("user_rating", "down"), ("Stars", "down"), ("user_feedback", "up"), ("thumbs", "up"), ("csat", None)],
)
def test_ratings_of_one_are_read_by_their_name_and_never_guessed(name: str, feedback: str | None):
    scores = [score(session, None, name=name, value_number=1.0) for session in "abc"]
    found = evidence.outcomes(sessions("a", "b", "c"), scores, None)
    assert found.frame["feedback"].to_list() == [feedback] * 3
    assert found.unread == (() if feedback else ("csat",))
    assert any("the best thumb and the worst star: csat" in note for note in found.notes) is (feedback is None)


def test_a_scale_that_fits_only_one_way_is_read_whatever_its_name():
    scores = [
        *(score(session, None, name="user_rating", value_number=value) for session, value in (("a", 1.0), ("b", 0.0))),
        *(score(session, None, name="feedback", value_number=value) for session, value in (("c", 1.0), ("d", 5.0))),
    ]
    found = evidence.outcomes(sessions("a", "b", "c", "d"), scores, None)
    assert found.frame["feedback"].to_list() == ["up", "down", "down", "up"]
    assert found.unread == ()


def test_a_selection_says_how_many_are_unknown_and_counts_in_words():
    found = evidence.outcomes(sessions("a", "b", "c"), [score("a", False), score("b", True)], None)
    assert found.sentence.startswith("1 of 3 sessions fails, 1 passes, 1 is unknown")
    assert found.failing.sentence == "1 of 3 sessions failing, by user feedback; 1 is unknown"
    assert found.unknown.sentence == "1 of 3 sessions with unknown outcome, by user feedback"
    alone = evidence.outcomes(sessions("a"), [score("a", False)], None)
    assert alone.sentence.startswith("1 of 1 session fails")
    assert alone.failing.sentence == "1 of 1 session failing, by user feedback"
    assert alone.notes[0].startswith("Of the 1 session with a known outcome")


def test_the_comment_of_a_complaint_is_shown_rather_than_that_of_praise():
    scores = [
        score("a", False, name="first", comment="wrong order"),
        score("a", True, name="second", comment="polite", happened_at=AT + dt.timedelta(1)),
    ]
    row = evidence.outcomes(sessions("a"), scores, None).frame.row(0, named=True)
    assert (row["feedback"], row["feedback_comment"]) == ("down", "wrong order")


def test_scores_about_spans_and_traces_find_their_session_by_the_steps():
    steps = [{"session_id": "s", "trace_id": "t", "number": 1}]
    scores = [
        score("t/x", False, target_kind="span", name="one"),
        score("t", True, target_kind="trace", name="two"),
        score("", True, target_kind=None, target_id=None, join_key="t", name="three"),
        score("elsewhere", True, name="four"),
    ]
    assert evidence.outcomes(sessions("s"), scores, None, steps=steps).unmatched == 1
    assert result(evidence.outcomes(sessions("s"), scores, None, steps=steps)) == {"s": "failing"}
    blind = evidence.outcomes(sessions("s"), scores, None)
    assert blind.unmatched == 4
    assert "4 scores or annotations were not used" in blind.notes[-1]


def test_without_any_signal_the_mode_is_degraded_and_says_so():
    rows = [*sessions("a", status="error", errors=1), *sessions("b", errors=1), *sessions("c", "d")]
    found = evidence.outcomes(rows, None, None)
    assert found.degraded
    assert found.sentence.startswith("Degraded mode: there is no human verdict, grader result or user feedback")
    assert "2 of 4 sessions had an operational error" in found.sentence
    assert result(found) == {"a": "failing", "b": "failing", "c": "unknown", "d": "unknown"}
    assert len(found.passing) == 0
    assert (
        found.failing.sentence == "2 of 4 sessions with an operational error, by operational status only; 2 are unknown"
    )


def test_chosen_signals_are_the_only_ones_used():
    notes = Notes()
    notes.add("a", True)
    scores = [score("a", False)]
    found = evidence.outcomes(sessions("a"), scores, notes.rows, signals=["feedback"])
    assert result(found) == {"a": "failing"}
    assert found.frame["human"].to_list() == ["pass"]
    assert found.basis == ("feedback",)
    with pytest.raises(UnknownNameError, match="did you mean 'grader'"):
        evidence.outcomes(sessions("a"), scores, None, signals=["graders"])  # pyright: ignore[reportArgumentType]


def test_the_crosstab_sets_operation_beside_outcome():
    rows = [*sessions("a", "b", "c"), *sessions("d", status="error")]
    found = evidence.outcomes(rows, [score("a", False), score("b", True), score("d", True)], None)
    assert found.crosstab().rows() == [("ok", 1, 1, 1, 3), ("error", 0, 1, 0, 1)]


def test_the_rate_carries_its_interval_and_denominator():
    found = evidence.outcomes(
        sessions("a", "b", "c", "d"), [score("a", False), score("b", True), score("c", True)], None
    )
    interval = wilson(1, 3)
    assert (
        f"Of the 3 sessions with a known outcome 33.3% (95% interval {interval.low:.1%} to {interval.high:.1%}) fail"
        in found.notes[0]
    )
    assert "Absent or not used: human verdicts, graders" in found.notes[1]


def test_no_sessions_are_said_so_and_a_double_one_is_refused():
    assert evidence.outcomes([], None, None).sentence == "There is no session."
    with pytest.raises(InputError, match="'a' is there more than once"):
        evidence.outcomes(sessions("a", "a"), None, None)


def test_what_is_shown_is_escaped():
    found = evidence.outcomes(sessions("<b>x</b>"), [score("<b>x</b>", False)], None)
    assert "<b>" not in found._repr_html_() + found.failing._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert "&lt;b&gt;" in found.failing._repr_html_()  # pyright: ignore[reportPrivateUsage]


def test_signals_stand_beside_one_another_in_columns_of_their_own():
    notes = Notes()
    notes.add("a", False, value_text="fail")
    notes.add("a", name="failure_mode", value_text="wrong refund")
    notes.add("a", name="note", value_text="see step 4")
    notes.add("a", False, by="exact", kind="code", name="exact", value_number=0.0)
    notes.add("b", True, by="exact", kind="code", name="exact", value_number=1.0)
    notes.add("b", None, by="length", kind="code", name="length", value_number=12.0)
    notes.add("a", None, by="length", kind="code", name="length", value_text="errored")
    scores = [
        score("b", True, comment="thanks", value_number=1.0),
        score("a", None, name="reward", value_number=0.25, author_kind="code"),
    ]
    frame = evidence.signals(sessions("a", "b"), scores, notes.rows)
    columns = [
        "feedback",
        "feedback_comment",
        "verdict",
        "failure_mode",
        "note",
        "reviewer",
        "grader:exact",
        "grader:length",
        "score:reward",
        "score:thumb",
    ]
    assert frame.columns[-10:] == columns
    assert frame.select(columns).rows() == [
        (None, None, "fail", "wrong refund", "see step 4", "ana", False, None, 0.25, None),
        ("up", "thanks", None, None, None, None, True, 12.0, None, True),
    ]
    assert frame.schema["grader:exact"] == pl.Boolean
    assert frame.schema["grader:length"] == pl.Float64
