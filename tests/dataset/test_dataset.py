"""A dataset version never changes, is found again in its tables, and reads back equal from its files."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from workbench import dataset, world
from workbench.errors import EmptyError, InputError, ReadOnlyError, UnknownNameError

NOW = dt.datetime(2026, 3, 1, 9, 30, 1, 234567, tzinfo=dt.UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def session(session_id: str, asked: str, result: str | None = "found") -> list[dict[str, Any]]:
    base = {"session_id": session_id, "turn": 1, "trace_id": "t", "span_id": "p"}
    called = {
        "kind": "tool",
        "tool_name": "find",
        "tool_call_id": "c1",
        "tool_arguments": '{"id":7}',
        "tool_result": result,
    }
    return [
        {**base, "number": 1, "kind": "user", "text": "Hello"},
        {**base, "number": 2, **called},
        {**base, "number": 3, "kind": "assistant", "text": "Yes?"},
        {**base, "number": 4, "turn": 2, "kind": "user", "text": asked},
    ]


def promoted(labels: pl.DataFrame, asked: dict[str, str] | None = None, **options: Any) -> dataset.Promotion:
    ids = labels["session_id"].unique(maintain_order=True).to_list()
    steps = [row for each in ids for row in session(each, (asked or {}).get(each, "Where is it?"))]
    frame, known = pl.DataFrame(steps, infer_schema_length=None), pl.DataFrame({"session_id": ids})
    defaults: dict[str, Any] = {"to": "refunds", "record": world.record, "now": NOW, "author": "ana"}
    return dataset.promote(labels, frame, known, **(defaults | options))


LABELS = pl.DataFrame({
    "session_id": ["s1", "s1", "s2", "s3"],
    "reviewer": ["ana", "ben", "ana", "ana"],
    "failure_mode": ["wrong order", "wrong order", "loop", None],
    "expected_output": ["Refund 7.", "Refund 7, please.", None, None],
    "criteria": [None, None, "Stops after one call.", None],
})  # fmt: skip


@pytest.fixture
def made() -> dataset.Dataset:
    return promoted(LABELS).dataset


def assert_equal(one: dataset.Dataset, other: dataset.Dataset) -> None:
    assert (one.name, one.version, one.content_hash, one.created_at) == (
        other.name,
        other.version,
        other.content_hash,
        other.created_at,
    )
    assert_frame_equal(one.cases, other.cases)
    assert_frame_equal(one.ground_truth, other.ground_truth)
    assert dict(one.worlds) == dict(other.worlds)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_an_export_reads_back_equal(made: dataset.Dataset, tmp_path: Path, ending: str) -> None:
    said = made.export(tmp_path / f"refunds.{ending}")
    assert (said.cases, said.lost.height, said.format) == (3, 0, ending)
    assert said.sentence.endswith("nothing was lost.")
    assert_equal(dataset.read_dataset(said.path), made)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_an_empty_dataset_reads_back_equal(tmp_path: Path, ending: str) -> None:
    none = dataset.Dataset(
        "none", 1, dataset.content_hash_of([], []), dataset.CASES.to_frame(), dataset.GROUND_TRUTH.to_frame()
    )
    assert_equal(dataset.read_dataset(none.export(tmp_path / f"none.{ending}").path), none)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(TEXT, TEXT, min_size=1, max_size=3), TEXT, st.sampled_from(["jsonl", "parquet"]))
def test_whatever_the_text_it_reads_back_equal(tmp_path: Path, asked: dict[str, str], truth: str, ending: str) -> None:
    labels = pl.DataFrame({"session_id": list(asked)}).with_columns(expected_output=pl.lit(truth), mode=pl.lit(truth))
    one = promoted(labels, asked).dataset
    assert len(one) == len(asked)
    assert_equal(dataset.read_dataset(one.export(tmp_path / f"x.{ending}").path), one)


def test_the_jsonl_file_describes_itself_and_holds_values_not_texts_of_values(
    made: dataset.Dataset, tmp_path: Path
) -> None:
    lines = [
        json.loads(line) for line in made.export(tmp_path / "x.jsonl").path.read_text(encoding="utf-8").splitlines()
    ]
    assert lines[0] == {
        "format": "workbench.dataset/1", "dataset": "refunds", "version": 1, "content_hash": made.content_hash,
        "created_at": NOW.isoformat(), "cases": 3, "ground_truth": 3, "worlds": 3,
    }  # fmt: skip
    assert lines[1]["case"]["prefix"][-1] == {"content": "Where is it?", "role": "user"}
    assert lines[1]["case"]["attributes"] == {"mode": "wrong order"}
    assert [truth["value"] for truth in lines[1]["ground_truth"]] == ["Refund 7.", "Refund 7, please."]
    assert lines[1]["world"]["calls"][0]["result"] == "found"


def test_line_separators_within_text_do_not_end_a_line(tmp_path: Path) -> None:
    one = promoted(pl.DataFrame({"session_id": ["s\u2028\u0085"]}), {"s\u2028\u0085": "a\u2029b\nc"}).dataset
    path = one.export(tmp_path / "x.jsonl").path
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("Where is it?", "Where?", 1), "was changed after the export"),
        (lambda text: text.replace("Refund 7.", "Refund 8.", 1), "ground truth of case .* was changed"),
        (lambda text: text.replace('"result":"found"', '"result":"lost"', 1), "a world is a record"),
        (lambda text: "\n".join(text.splitlines()[:-1]) + "\n", "promises 3 cases, the file has 2"),
        (lambda text: text[:-30], "cut off"),
        (lambda text: text[text.index("\n") + 1 :], "no header"),
        (lambda _: "", "no JSON object"),
        (lambda text: text.splitlines()[0] + "\n[]\n", "a JSON object was expected"),
        (lambda text: text.splitlines()[0] + "\n{}\n", "not a case of a dataset"),
    ],
)
def test_a_file_that_was_changed_or_cut_off_is_refused(
    made: dataset.Dataset, tmp_path: Path, change: Any, words: str
) -> None:
    path = made.export(tmp_path / "x.jsonl").path
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match=words):
        dataset.read_dataset(path)


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(InputError, match="no Parquet file of a dataset"):
        dataset.read_dataset(tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_bytes(b"no")
    with pytest.raises(InputError, match="no Parquet file of a dataset"):
        dataset.read_dataset(tmp_path / "y.parquet")
    with pytest.raises(InputError, match="no such file"):
        dataset.read_dataset(tmp_path / "nowhere.jsonl")
    (tmp_path / "x.csv").write_text("input,output\n1,2\n", encoding="utf-8")
    with pytest.raises(UnknownNameError, match="ending"):
        dataset.read_dataset(tmp_path / "x.csv")


def test_an_export_replaces_a_file_whole_or_not_at_all(made: dataset.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("what was there", encoding="utf-8")
    if os.geteuid() == 0:
        tmp_path = tmp_path / "x.jsonl"  # a superuser may write anywhere, but not beneath a file
        with pytest.raises(ReadOnlyError):
            made.export(tmp_path / "y.jsonl")
    else:
        path.parent.chmod(0o500)
        with pytest.raises(ReadOnlyError):
            made.export(path)
        path.parent.chmod(0o700)
    assert path.read_text(encoding="utf-8") == "what was there"
    made.export(path)
    assert [each.name for each in path.parent.iterdir()] == ["x.jsonl"]


def test_an_unknown_format_suggests_the_nearest(made: dataset.Dataset, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'langsmith'"):
        made.export(tmp_path / "x", format="langsmit")


def test_versions_are_found_again_in_their_tables(made: dataset.Dataset) -> None:
    first = promoted(LABELS)
    second = promoted(LABELS.with_columns(expected_output=pl.lit("New.")), existing=first.dataset)
    tables: dict[str, Any] = {
        "versions": pl.concat([second.version, first.version]),
        "cases": pl.concat([second.cases, first.cases]),
        "ground_truth": pl.concat([second.ground_truth, first.ground_truth]),
        "worlds": {**first.worlds, "another": b""},
    }
    assert_equal(dataset.dataset_at("refunds", version=1, **tables), made)
    assert_equal(dataset.dataset_at("refunds", **tables), second.dataset)
    with pytest.raises(UnknownNameError, match="did you mean 'refunds'"):
        dataset.dataset_at("refund", **tables)
    with pytest.raises(UnknownNameError, match="version of dataset"):
        dataset.dataset_at("refunds", version=9, **tables)
    with pytest.raises(EmptyError, match="are missing"):
        dataset.dataset_at("refunds", **{**tables, "cases": []})


def test_worlds_are_read_when_they_are_asked_for(made: dataset.Dataset) -> None:
    first, asked = promoted(LABELS), list[str]()

    def read(world_id: str) -> bytes:
        asked.append(world_id)
        return first.worlds[world_id]

    tables: dict[str, Any] = {"versions": first.version, "cases": first.cases, "ground_truth": first.ground_truth}
    found = dataset.dataset_at("refunds", worlds=dataset.Worlds([*first.worlds, "another"], read), **tables)
    assert (len(found.worlds), repr(found)) == (3, repr(made))
    promoted(LABELS.with_columns(expected_output=pl.lit("New.")), existing=found)
    assert asked == []
    assert dict(found.worlds) == dict(made.worlds)
    assert sorted(asked) == sorted(first.worlds)


def test_a_difference_names_what_was_added_changed_and_judged_anew(made: dataset.Dataset) -> None:
    more = pl.concat([LABELS, pl.DataFrame({"session_id": ["s4"]})], how="diagonal").with_columns(
        failure_mode=pl.when(session_id="s2").then(pl.lit("other")).otherwise("failure_mode"),
        criteria=pl.when(session_id="s3").then(pl.lit("Is kind.")).otherwise("criteria"),
    )
    later = promoted(more, existing=made).dataset
    of = dict(later.cases.select("session_id", "case_id").iter_rows())
    assert sorted(later.diff(made).rows.rows()) == sorted([
        (of["s4"], "added", ""), (of["s2"], "changed", "attributes"), (of["s3"], "ground truth", "criteria"),
    ])  # fmt: skip
    assert made.diff(later).rows.filter(change="removed")["case_id"].to_list() == [of["s4"]]
    assert "1 cases added, 0 removed, 1 changed, 1 with other ground truth" in later.diff(made).sentence
    assert "the same cases" in made.diff(made).sentence


def test_attributes_are_columns_to_segment_by(made: dataset.Dataset) -> None:
    frame = made.attributes
    assert frame.columns == ["case_id", "session_id", "channel", "weight", "state", "split", "mode"]
    assert frame["mode"].to_list() == ["wrong order", "loop", None]
    labels = pl.DataFrame({"session_id": ["s1", "s2"], "tries": [1, 2], "what": ["x", None]})
    typed = promoted(labels, attributes=["tries", "what"]).dataset.attributes
    assert typed.select("tries", "what").rows() == [(1, "x"), (2, None)]


def test_retired_and_future_cases_stay_in_the_dataset_and_out_of_the_inputs(made: dataset.Dataset) -> None:
    first, second = made.cases["case_id"].to_list()[:2]
    retired = dataset.revise(made, [first], state="retired", reason="no longer sold", author="ana", now=NOW)
    both = dataset.revise(
        retired.dataset, [second], state="future", reason="cannot pay yet", author="ana", now=NOW
    ).dataset
    assert (both.version, len(both), both.inputs().height) == (3, 3, 1)
    assert both.inputs(["future"])["case_id"].to_list() == [second]
    again = dataset.revise(both, [second], state="future", reason="still", author="ana", now=NOW)
    assert again.dataset is both
    assert again.sentence.startswith("Nothing changed")


def test_a_change_of_state_takes_a_reason_and_a_case_that_exists(made: dataset.Dataset) -> None:
    with pytest.raises(InputError, match="takes a reason"):
        dataset.revise(made, [made.cases["case_id"][0]], state="retired", reason=" ", author="ana", now=NOW)
    with pytest.raises(UnknownNameError, match="case of 'refunds'"):
        dataset.revise(made, ["nobody"], state="retired", reason="x", author="ana", now=NOW)


def test_everything_shows_itself_escaped(tmp_path: Path) -> None:
    made = promoted(pl.DataFrame({"session_id": ["<b>s1"]}), {"<b>s1": "<script>alert(1)</script>"}, to="<i>refunds")
    shown = made._repr_html_() + made.dataset._repr_html_() + made.dataset.diff(made.dataset)._repr_html_()
    shown += made.dataset.export(tmp_path / "x.jsonl", format="langsmith")._repr_html_()
    assert "<script>" not in shown
    assert "<i>" not in shown
    assert "<b>" not in shown


def test_a_binary_file_called_jsonl_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\x1f\x8b\x08\x00\xff\xfe")
    with pytest.raises(InputError, match="not text in UTF-8"):
        dataset.read_dataset(path)
