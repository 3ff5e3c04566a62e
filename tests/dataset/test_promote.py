"""Promotion makes cases of sessions, once each, with provenance, prefix, world, and ground truth apart."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import polars as pl
import pytest

from workbench import dataset, world
from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.schema import CASES, DATASET_VERSIONS, GROUND_TRUTH

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


def words(session_id: str) -> str:
    """Enough of their own that no two sessions are nearly the same."""
    digest = hashlib.sha256(session_id.encode()).hexdigest()
    return " ".join(digest[start : start + 8] for start in range(0, 64, 8))


def conversation(session_id: str) -> list[dict[str, Any]]:
    """Two turns, a tool call in each; the second is where it goes wrong."""
    base = {"session_id": session_id, "trace_id": f"t-{session_id}"}
    kinds: list[dict[str, Any]] = [
        {"turn": 1, "kind": "system", "span_id": "p0", "text": "Be kind."},
        {"turn": 1, "kind": "user", "span_id": "p1", "text": f"Where is my order? ({session_id}) {words(session_id)}"},
        {
            "turn": 1,
            "kind": "tool",
            "span_id": "p2",
            "tool_name": "find",
            "tool_arguments": '{"id": 7}',
            "tool_result": "sent",
        },
        {"turn": 1, "kind": "assistant", "span_id": "p3", "text": "It was sent."},
        {"turn": 2, "kind": "user", "span_id": "p4", "text": "Then refund it."},
        {"turn": 2, "kind": "tool", "span_id": "p5", "tool_name": "refund", "tool_arguments": '{"id": 8}'},
        {"turn": 2, "kind": "assistant", "span_id": "p6", "text": "Done."},
    ]
    return [{**base, "number": number, **columns} for number, columns in enumerate(kinds, 1)]


IDS = [f"s{number}" for number in range(30)]
STEPS = pl.DataFrame([row for each in IDS for row in conversation(each)], infer_schema_length=None)
SESSIONS = pl.DataFrame({
    "session_id": IDS,
    "agent_version": ["v1"] * 30,
    "consent": [None] * 28 + [True, False],
    "intent": ["refund", "delivery"] * 15,
    "source": ["file-1"] * 30,
})  # fmt: skip


def promote(selection: object, **options: Any) -> dataset.Promotion:
    defaults: dict[str, Any] = {"to": "refunds", "record": world.record, "now": NOW, "author": "ana"}
    return dataset.promote(selection, STEPS, SESSIONS, **(defaults | options))


def only(made: dataset.Promotion) -> dict[str, Any]:
    assert made.cases.height == 1
    return made.cases.row(0, named=True)


def test_a_case_carries_where_it_comes_from_and_what_the_agent_was_handed() -> None:
    made = promote(["s1"], attributes=["intent"])
    case = only(made)
    assert made.cases.schema == CASES
    assert (case["session_id"], case["trace_id"], case["turn"], case["input"]) == ("s1", "t-s1", 2, "Then refund it.")
    assert (case["channel"], case["state"], case["split"], case["source"]) == ("failure", "candidate", "test", "file-1")
    assert json.loads(case["attributes"]) == {"agent_version": "v1", "intent": "delivery"}
    roles = [message["role"] for message in json.loads(case["prefix"])]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert json.loads(case["prefix"])[-1] == {"role": "user", "content": "Then refund it."}
    assert repr(made) == "1 case added to 'refunds': version 1 has 1."


def test_the_turn_is_that_of_the_labelled_first_failure_unless_one_is_asked_for() -> None:
    labelled = pl.DataFrame({"session_id": ["s1"], "first_failure": ["t-s1/p2"]})
    case = only(promote(labelled))
    assert (case["turn"], case["span_id"]) == (1, "p2")
    assert len(json.loads(case["prefix"])) == 2
    assert only(promote(labelled, turn=2))["turn"] == 2
    assert only(promote(["s1"], turn=1))["turn"] == 1


def test_a_first_failure_that_is_not_in_the_session_is_said() -> None:
    made = promote(pl.DataFrame({"session_id": ["s1"], "first_failure": ["t-s1/p99"]}))
    assert only(made)["turn"] == 2
    assert any("1 labelled first failure not found" in note for note in made.notes)


def test_the_world_is_pinned_by_content_and_what_was_gone_is_counted() -> None:
    made = promote(["s1"])
    case = only(made)
    kept = world.World.from_bytes(made.worlds[case["world_id"]])
    assert kept.world_id == case["world_id"]
    assert [call.name for call in kept.calls] == ["find", "refund"]
    assert case["lost"] == 1
    assert any("results were already gone" in note for note in made.notes)


def test_a_case_whose_calls_all_lost_their_results_has_no_world_left() -> None:
    bare = STEPS.with_columns(pl.lit(None, dtype=pl.String()).alias("tool_result"))
    made = dataset.promote(["s1"], bare, SESSIONS, to="refunds", record=world.record, now=NOW, author="ana")
    assert any("1 case with no world left" in note for note in made.notes)


def test_without_a_recorder_no_world_is_kept_and_that_is_said() -> None:
    made = promote(["s1"], record=None)
    assert only(made)["world_id"] is None
    assert any("No worlds were kept" in note for note in made.notes)


def test_messages_that_were_cut_at_loading_are_said() -> None:
    cut = STEPS.with_columns(
        text=pl.when(pl.col("kind") == "system").then(pl.lit("a[… 9,000 characters cut …]b")).otherwise("text")
    )
    made = dataset.promote(["s1"], cut, SESSIONS, to="refunds", record=world.record, now=NOW, author="ana")
    assert any("1 case with messages that were cut" in note for note in made.notes)
    known = dataset.promote(
        ["s1"], cut, SESSIONS, to="refunds", record=world.record, now=NOW, author="ana", cut_traces=frozenset[str]()
    )
    assert not any("were cut" in note for note in known.notes)
    assert not any("were cut" in note for note in promote(["s1"]).notes)


def test_promoting_the_same_session_twice_adds_nothing_and_says_so() -> None:
    first = promote(["s1", "s2"], controls=5, control_pool=IDS[10:20])
    again = promote(
        ["s1", "s2"], controls=5, control_pool=IDS[10:20], existing=first.dataset, now=NOW + dt.timedelta(days=9)
    )
    assert again.dataset is first.dataset
    assert (again.cases.height, again.ground_truth.height, again.version.height) == (0, 0, 0)
    assert repr(again) == "Nothing was added to 'refunds': all 7 cases are in version 1 already."


def test_a_second_promotion_makes_the_next_version_and_leaves_the_first_as_it_was() -> None:
    first = promote(["s1"])
    second = promote(["s1", "s2"], existing=first.dataset)
    assert (first.dataset.version, len(first.dataset)) == (1, 1)
    assert (second.dataset.version, len(second.dataset), second.cases.height) == (2, 2, 1)
    row = second.version.row(0, named=True)
    assert second.version.schema == DATASET_VERSIONS
    assert (row["parent"], row["added"], row["changed"], row["removed"], row["cases"]) == (1, 1, 0, 0, 2)
    assert any("1 case already there" in note for note in second.notes)


def test_ground_truth_lies_apart_and_no_input_holds_it() -> None:
    labelled = pl.DataFrame({
        "session_id": ["s1"], "reviewer": ["ben"], "failure_mode": ["wrong order"],
        "expected_output": ["TRUTH: refund order 7"], "criteria": ["TRUTH: names the order"],
    })  # fmt: skip
    made = promote(labelled)
    assert made.ground_truth.schema == GROUND_TRUTH
    assert made.dataset.ground_truth.select("kind", "value", "author").rows() == [
        ("criteria", "TRUTH: names the order", "ben"),
        ("expected_output", "TRUTH: refund order 7", "ben"),
    ]
    assert "TRUTH" not in json.dumps(made.dataset.inputs().to_dicts())
    assert made.dataset.inputs().columns == ["case_id", "input", "prefix"]
    assert "TRUTH" not in made.cases.write_csv()


def test_what_was_learned_since_makes_a_new_state_of_the_same_case() -> None:
    first = promote(["s1"])
    labelled = pl.DataFrame({"session_id": ["s1"], "failure_mode": ["wrong order"], "expected_output": ["Refund 7."]})
    second = promote(labelled, existing=first.dataset)
    assert only(second)["case_id"] == only(first)["case_id"]
    assert json.loads(only(second)["attributes"])["mode"] == "wrong order"
    assert (second.dataset.version, len(second.dataset)) == (2, 1)
    corrected = promote(labelled.with_columns(expected_output=pl.lit("Refund 8.")), existing=second.dataset)
    assert corrected.cases.height == 0
    assert corrected.dataset.ground_truth["value"].to_list() == ["Refund 8."]
    assert repr(corrected) == "ground truth of 1 case of 'refunds' updated: version 3 has 1."


def test_sessions_that_cannot_be_cases_are_left_out_and_counted_by_reason() -> None:
    mute = pl.DataFrame([{**conversation("m1")[0], "session_id": "m1"}])
    known = pl.concat([SESSIONS, pl.DataFrame({"session_id": ["m1"]})], how="diagonal")
    made = dataset.promote(
        ["s1", "s29", "m1", "nobody"], pl.concat([STEPS, mute], how="diagonal"), known,
        to="refunds", record=world.record, now=NOW, author="ana",
    )  # fmt: skip
    assert made.cases["session_id"].to_list() == ["s1"]
    assert made.left_out.sort("session_id").rows() == [
        ("m1", "no user message"), ("nobody", "no such session"), ("s29", "the user did not consent"),
    ]  # fmt: skip
    assert "1 session left out: the user did not consent." in made.notes


def test_contested_and_deferred_labels_are_left_out_and_passing_ones_come_in_as_controls() -> None:
    labels = pl.DataFrame({
        "session_id": ["s1", "s1", "s2", "s3", "s4"],
        "verdict": ["fail", "pass", "defer", "pass", "fail"],
    })  # fmt: skip
    made = promote(labels)
    assert made.left_out.rows() == [("s1", "reviewers' verdicts disagree"), ("s2", "put off by its reviewer")]
    assert made.cases.select("session_id", "channel", "weight").rows() == [
        ("s3", "control", None),
        ("s4", "failure", None),
    ]


def test_a_label_that_is_known_to_be_contested_is_left_out_though_the_other_one_is_not_there() -> None:
    made = promote(pl.DataFrame({"session_id": ["s1", "s2"], "verdict": ["fail", "fail"], "contested": [True, False]}))
    assert made.left_out.rows() == [("s1", "reviewers' verdicts disagree")]
    assert made.cases["session_id"].to_list() == ["s2"]


def test_controls_are_drawn_from_the_pool_with_their_inclusion_and_never_from_the_failures() -> None:
    made = promote(["s1", "s2"], controls=5, control_pool=IDS, seed=3)
    controls = made.cases.filter(channel="control")
    assert controls.height == 5
    assert not set(controls["session_id"]) & {"s1", "s2", "s29"}
    assert controls["inclusion"].to_list() == [5 / 27] * 5
    assert controls["weight"].to_list() == [pytest.approx(27 / 5)] * 5
    assert repr(made) == "7 cases added to 'refunds', 5 of them controls: version 1 has 7."
    assert set(promote(["s1", "s2"], controls=5, control_pool=IDS[::-1], seed=3).cases["case_id"]) == set(
        made.cases["case_id"]
    )
    assert set(promote(["s1", "s2"], controls=5, control_pool=IDS, seed=4).cases["case_id"]) != set(
        made.cases["case_id"]
    )


def test_every_session_of_the_pool_is_as_likely_to_be_a_control() -> None:
    counts = dict.fromkeys(IDS[10:20], 0)
    for seed in range(200):
        for session_id in promote(["s1"], controls=3, control_pool=IDS[10:20], seed=seed, record=None).cases[
            "session_id"
        ][1:]:
            counts[session_id] += 1
    spread = (200 * 0.3 * 0.7) ** 0.5
    assert all(abs(count - 60) < 4.5 * spread for count in counts.values())


def test_more_controls_than_the_pool_has_are_said() -> None:
    made = promote(["s1"], controls=50, control_pool=IDS[10:20])
    assert made.cases.filter(channel="control")["weight"].to_list() == [1.0] * 10
    assert any("50 controls were asked for; 10 sessions" in note for note in made.notes)


def test_a_control_that_is_found_to_fail_becomes_a_failure() -> None:
    first = promote(["s1"], controls=10, control_pool=IDS[10:20])
    second = promote(["s12"], existing=first.dataset)
    assert (only(second)["channel"], only(second)["weight"]) == ("failure", None)
    assert len(second.dataset) == len(first.dataset)
    third = promote(["s1"], controls=10, control_pool=IDS[10:20], existing=second.dataset)
    assert third.dataset.cases.filter(session_id="s12")["channel"].to_list() == ["failure"]


def test_from_a_larger_pool_only_missing_controls_are_drawn_and_all_weigh_alike() -> None:
    first = promote(["s1"], controls=5, control_pool=IDS[5:15])
    same = promote(["s1"], controls=5, control_pool=IDS[5:25], existing=first.dataset)
    assert same.dataset is first.dataset
    more = promote(["s1"], controls=8, control_pool=IDS[5:25], existing=first.dataset)
    controls = more.dataset.cases.filter(channel="control")
    assert set(first.dataset.cases["case_id"]) <= set(more.dataset.cases["case_id"])
    assert controls["inclusion"].to_list() == [8 / 20] * 8
    assert controls["weight"].sum() == pytest.approx(20)
    assert repr(more).startswith("3 cases added to 'refunds' and 5 cases of 'refunds' revised")
    again = promote(["s1"], controls=8, control_pool=IDS[5:25], existing=more.dataset)
    assert repr(again) == "Nothing was added to 'refunds': all 9 cases are in version 2 already."


def test_a_control_that_was_found_to_fail_is_replaced_by_another() -> None:
    first = promote(["s1"], controls=5, control_pool=IDS[5:25])
    control = first.cases.filter(channel="control")["session_id"][0]
    second = promote(["s1", control], controls=5, control_pool=IDS[5:25], existing=first.dataset)
    controls = second.dataset.cases.filter(channel="control")
    assert controls.height == 5
    assert control not in controls["session_id"].to_list()
    assert controls["weight"].sum() == pytest.approx(19)


def test_different_modes_of_several_reviewers_are_all_kept_whatever_their_order() -> None:
    labels = pl.DataFrame(
        {"session_id": ["s1", "s1"], "reviewer": ["ben", "ana"], "failure_mode": ["loop", "wrong order"]}
    )
    first = promote(labels)
    assert json.loads(only(first)["attributes"])["mode"] == ["loop", "wrong order"]
    assert first.dataset.attributes["mode"].to_list() == ["loop + wrong order"]
    assert promote(labels[::-1], existing=first.dataset).dataset is first.dataset
    assert promote(["s1"], existing=first.dataset).dataset is first.dataset


def test_a_first_failure_that_was_learned_later_is_about_the_case_that_is_there() -> None:
    first = promote(["s1"])
    labelled = pl.DataFrame({"session_id": ["s1"], "first_failure": ["t-s1/p2"], "expected_output": ["Sent."]})
    second = promote(labelled, existing=first.dataset)
    assert (only(second)["case_id"], only(second)["turn"], only(second)["span_id"]) == (
        only(first)["case_id"],
        2,
        "p2",
    )
    assert second.dataset.ground_truth["case_id"].to_list() == [only(first)["case_id"]]
    assert any("1 case of a turn other than that of the labelled first failure" in note for note in second.notes)
    assert promote(labelled, existing=second.dataset).dataset is second.dataset
    asked = promote(labelled, existing=second.dataset, turn=1)
    assert (only(asked)["turn"], len(asked.dataset)) == (1, 2)


def test_a_session_lies_in_one_split_in_every_dataset() -> None:
    splits = {"train": 0.5, "test": 0.5}
    one, other = promote(IDS[:20], splits=splits), promote(IDS[:20], splits=splits, to="other", turn=1)
    of = dict(one.cases.select("session_id", "split").iter_rows())
    assert of == dict(other.cases.select("session_id", "split").iter_rows())
    assert set(of.values()) == {"train", "test"}
    assert set(one.cases["case_id"]).isdisjoint(other.cases["case_id"])


def test_repeats_of_a_task_lie_in_one_split() -> None:
    known = SESSIONS.with_columns(task_id=pl.Series([f"task{number // 3}" for number in range(30)]))
    made = dataset.promote(
        IDS[:27], STEPS, known, to="refunds", record=None, now=NOW, author="ana", splits={"train": 0.5, "test": 0.5}
    )
    by_task = made.dataset.attributes.group_by("task_id").agg(pl.col("split").n_unique())
    assert set(by_task["split"]) == {1}
    assert made.cases["split"].n_unique() == 2


def test_a_draws_inclusion_becomes_the_weight_of_a_failure() -> None:
    case = only(promote(pl.DataFrame({"session_id": ["s1"], "inclusion": [0.25]})))
    assert (case["inclusion"], case["weight"]) == (0.25, 4.0)


@pytest.mark.parametrize(
    ("selection", "options", "error", "words"),
    [
        ([], {}, EmptyError, "nothing to promote"),
        (["s1"], {"controls": 3}, InputError, "control_pool="),
        (["s1"], {"to": " "}, InputError, "needs a name"),
        (["s1"], {"state": "done"}, UnknownNameError, "state"),
        (["s1"], {"splits": {"test": 0.0}}, InputError, "share above 0"),
        (["s1"], {"attributes": ["intnt"]}, UnknownNameError, "did you mean 'intent'"),
        (["s1"], {"now": dt.datetime(2026, 1, 1)}, InputError, "no zone"),  # noqa: DTZ001
        (pl.DataFrame({"id": ["s1"]}), {}, UnknownNameError, "session_id"),
        (pl.DataFrame({"session_id": ["s1"], "inclusion": [0.0]}), {}, InputError, "above 0"),
    ],
)
def test_what_cannot_be_promoted_is_refused_with_the_reason(
    selection: object, options: dict[str, Any], error: type, words: str
) -> None:
    with pytest.raises(error, match=words):
        promote(selection, **options)
