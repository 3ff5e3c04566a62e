"""Every format: what is written is read back as the same cases, what is not is counted, and nothing hostile gets to act."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from workbench import dataset, world
from workbench.errors import InputError

NOW = dt.datetime(2026, 3, 1, 9, 30, 1, 234567, tzinfo=dt.UTC)
FORMATS = sorted(dataset.exporters())
FOREIGN = [name for name in FORMATS if name not in {"jsonl", "parquet"}]
HOSTILE = (
    "{{ env.HOME }} {% for x in y %} {# c #} {\u2060{ x }}",
    "file:///etc/passwd",
    "package:evil:run",
    "!!python/object/apply:os.system ['true']",
    "=HYPERLINK(1)",
    "&a [*a, *a]",
    "${HOME} `id` \u2028\u0085\n--- # {{{{",
    "</script><script>alert(1)</script>",
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(HOSTILE)


def steps_of(session_id: str, asked: str, *, arguments: str = '{"id":7}') -> list[dict[str, Any]]:
    base = {"session_id": session_id, "turn": 1, "trace_id": f"t-{session_id}", "span_id": "p"}
    called = {"tool_name": "find", "tool_call_id": "c1", "tool_arguments": arguments, "tool_result": "found"}
    return [
        {**base, "number": 1, "kind": "system", "text": "Be kind."},
        {**base, "number": 2, "kind": "user", "text": "Hello"},
        {**base, "number": 3, "kind": "tool", **called},
        {**base, "number": 4, "kind": "assistant", "text": "Yes?"},
        {**base, "number": 5, "turn": 2, "kind": "user", "text": asked, "span_id": "q"},
    ]


LABELS = pl.DataFrame({
    "session_id": ["s1", "s1", "s2", "s3", "s4", "s5"],
    "reviewer": ["ana", "ben", "ana", "ana", "ben", "ana"],
    "failure_mode": ["wrong order", "wrong order", "loop", None, "loop", "loop"],
    "first_failure": ["t-s1/q", None, None, None, None, None],
    "expected_output": ["TRUTH Refund 7.", "TRUTH Refund 7, please.", None, None, "TRUTH one", None],
    "criteria": [None, None, "TRUTH stops after one call.", None, "TRUTH is kind.", None],
    "tries": [1, 1, 2, None, 3, 4],
    "inclusion": [0.25, 0.25, None, None, 0.5, None],
})  # fmt: skip


def made_of(labels: pl.DataFrame, asked: dict[str, str] | None = None, **options: Any) -> dataset.Dataset:
    ids = labels["session_id"].unique(maintain_order=True).to_list()
    steps = [row for each in ids for row in steps_of(each, (asked or {}).get(each, f"Where is {each}?"))]
    frame = pl.DataFrame(steps, infer_schema_length=None)
    defaults: dict[str, Any] = {"to": "refunds", "record": world.record, "now": NOW, "author": "ana"}
    return dataset.promote(labels, frame, pl.DataFrame({"session_id": ids}), **(defaults | options)).dataset


@pytest.fixture
def made() -> dataset.Dataset:
    first = made_of(LABELS, attributes=["tries"], splits={"train": 0.5, "test": 0.5})
    of = dict(first.cases.select("session_id", "case_id").iter_rows())
    one = dataset.revise(first, [of["s3"]], state="accepted", reason="read", author="ben", now=NOW)
    two = dataset.revise(one.dataset, [of["s5"]], state="retired", reason="no longer sold", author="ben", now=NOW)
    assert set(two.dataset.cases["split"]) == {"train", "test"}
    return two.dataset


@pytest.mark.parametrize("name", FORMATS)
def test_a_dataset_comes_back_as_the_same_cases_and_says_what_it_lost(
    made: dataset.Dataset, tmp_path: Path, name: str
) -> None:
    said = made.export(tmp_path / "file", format=name)
    back = dataset.read_dataset(said.path, format=name)
    kept = made.cases.filter(pl.col("state").is_in(list(dataset.exporters()[name].states)))
    assert_frame_equal(back.cases, kept)
    truths = made.ground_truth.join(kept, on="case_id", how="semi", maintain_order="left")
    assert_frame_equal(back.ground_truth.sort("truth_id"), truths.sort("truth_id"))
    assert (back.name, back.version, back.created_at) == (made.name, made.version, made.created_at)
    lost = dict(said.lost.select("field", "cases").iter_rows())
    wanted = {} if name in {"jsonl", "parquet"} else {"world": kept.height}
    assert lost == wanted | ({"case": 1} if kept.height < made.cases.height else {})
    assert said.cases == kept.height
    assert all(f"{loss.what} ({loss.cases} cases)" in said.sentence for loss in said.losses)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_is_known_by_its_first_record(made: dataset.Dataset, tmp_path: Path, name: str) -> None:
    path = made.export(tmp_path / "file.jsonl", format=name).path
    assert_frame_equal(dataset.read_dataset(path).cases, dataset.read_dataset(path, format=name).cases)
    assert dataset.read_dataset(path).cases.height >= 4


@pytest.mark.parametrize("name", FOREIGN)
def test_no_ground_truth_lies_in_what_an_agent_is_handed(made: dataset.Dataset, tmp_path: Path, name: str) -> None:
    text = made.export(tmp_path / "file", format=name).path.read_text(encoding="utf-8")
    rows = json.loads(text) if text.startswith(("[", "{\n")) else [json.loads(line) for line in text.splitlines()]
    rows = rows["cases"] if isinstance(rows, dict) else rows
    held = {"input", "inputs", "vars", "input_data", "messages"}
    for row in [row.get("item", row) for row in rows]:
        handed = {key: value for key, value in row.items() if key in held}
        assert handed
        assert "TRUTH" not in json.dumps(handed)
    assert text.count("TRUTH") >= 5


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.tuples(TEXT, TEXT, TEXT, TEXT), name=st.sampled_from(FORMATS))
def test_whatever_the_text_the_cases_come_back(tmp_path: Path, texts: tuple[str, str, str, str], name: str) -> None:
    asked, truth, criteria, mode = texts
    labels = pl.DataFrame({"session_id": ["s1"], "expected_output": [truth], "criteria": [criteria], "mode": [mode]})
    one = made_of(labels, {"s1": asked})
    said = one.export(tmp_path / "file", format=name)
    assert {loss.field for loss in said.losses} <= {"world"}


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts_in(each)]
    return [text for each in value for text in texts_in(each)] if isinstance(value, list) else [str(value)]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_promptfoo_is_given_no_template_address_or_reference(tmp_path: Path, hostile: str) -> None:
    labels = pl.DataFrame(
        {"session_id": ["s1"], "expected_output": [hostile], "criteria": [hostile], "mode": [hostile]}
    )
    one = made_of(labels.with_columns(pl.lit(hostile).alias("$ref")), {"s1": hostile}, attributes=["$ref"])
    said = one.export(tmp_path / "file.json", format="promptfoo")
    texts = texts_in(json.loads(said.path.read_text(encoding="utf-8")))
    assert not [
        text for text in texts if re.search(r"\{[{%#]|#\}|^\$|^[\w+.-]+://|^(package|python|javascript|exec):", text)
    ]
    (test,) = json.loads(said.path.read_text(encoding="utf-8"))
    assert json.loads(test["vars"]["messages"])[-1] == {"content": hostile, "role": "user"}
    back = dataset.read_dataset(said.path, format="promptfoo")
    assert back.ground_truth["value"].to_list() == [hostile, hostile]


def test_arguments_that_are_no_object_come_back_as_the_text_that_they_were(tmp_path: Path) -> None:
    steps = list(steps_of("s1", "Why?", arguments='{"id": 7'))
    one = dataset.promote(
        ["s1"], pl.DataFrame(steps), pl.DataFrame({"session_id": ["s1"]}), to="x", record=None, now=NOW, author="ana"
    ).dataset
    for name in FORMATS:
        assert one.export(tmp_path / name, format=name).losses == (), name


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("ending", "text", "asked", "truths"),
    [
        (
            "jsonl",
            lines({"inputs": {"question": "Who?"}, "outputs": {"answer": "Me"}, "dataset_split": ["base"]}),
            "Who?",
            [("expected_output", "Me")],
        ),
        ("json", json.dumps({"data": [{"id": "1", "input": "Who?", "expectedOutput": "Me"}]}), "Who?", [("expected_output", "Me")]),
        ("json", json.dumps({"data": {"examples": [{"input": {"q": "Who?"}, "output": {}}]}}), "Who?", []),
        ("jsonl", lines({"input": {"a": 1, "b": 2}, "expected": {"x": 1, "y": 2}}), '{"a":1,"b":2}', [("expected_output", '{"x":1,"y":2}')]),
        (
            "jsonl",
            lines({"inputs": {"question": "Who?"}, "expectations": {"expected_facts": ["a", "b"], "guidelines": ["c"]}}),
            "Who?",
            [("criteria", "c"), ("criteria", "a"), ("criteria", "b")],
        ),
        ("jsonl", lines({"input": "Who?", "target": ["Me", "You"]}), "Who?", [("expected_output", "Me"), ("expected_output", "You")]),
        ("jsonl", lines({"input_data": "Who?", "expected_output": "Me"}), "Who?", [("expected_output", "Me")]),
        (
            "yaml",
            "name: quiz\ncases:\n- name: one\n  inputs: Who?\n  evaluators:\n  - LLMJudge: {rubric: Is kind.}\n  - LLMJudge: Is short.\n",
            "Who?",
            [("criteria", "Is kind."), ("criteria", "Is short.")],
        ),
        (
            "yaml",
            "tests:\n- vars: {question: 'Who?'}\n  assert:\n  - {type: llm-rubric, value: Is kind.}\n  - {type: equals, value: Me}\n  - {type: contains, value: me}\n",
            "Who?",
            [("expected_output", "Me"), ("criteria", "Is kind."), ("criteria", "contains: me")],
        ),
        ("jsonl", lines({"item": {"input": "Who?", "expected_output": "Me"}}), "Who?", [("expected_output", "Me")]),
    ],
)  # fmt: skip
def test_what_others_wrote_is_read(
    tmp_path: Path, ending: str, text: str, asked: str, truths: list[tuple[str, str]]
) -> None:
    path = tmp_path / f"quiz.{ending}"
    path.write_text(text, encoding="utf-8")
    found = dataset.read_dataset(path)
    assert (found.name, found.cases["input"].to_list()) == ("quiz", [asked])
    assert found.ground_truth.select("kind", "value").rows() == truths
    assert found.cases.select("channel", "state", "weight").rows() == [("imported", "candidate", None)]
    assert_frame_equal(dataset.read_dataset(path).cases, found.cases)


@pytest.mark.parametrize(
    ("ending", "text", "words"),
    [
        ("yaml", "cases: !!python/object/apply:os.system ['true']\n", "no YAML of plain values"),
        ("yaml", "a: &a [1, 2]\nb: &b [*a, *a]\ncases: [*b, *b]\n", "aliases"),
        ("json", "[" * 100_000, "nested|no JSON"),
        ("json", "[1, 2]", "row 1: an object was expected"),
        ("jsonl", '{"inputs": {"a": "b"}, "outputs": {}}\n{"inputs"\n', "line 2: no JSON"),
        ("jsonl", lines(*[{"inputs": "a", "outputs": {}, "metadata": {"workbench": {"case_id": "c"}}}] * 2), "id c is there twice"),
        ("jsonl", lines({"inputs": "a", "outputs": {}, "metadata": {"workbench": {"weight": "2"}}}), "weight is '2', expected Float64"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, ending: str, text: str, words: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        dataset.read_dataset(path, format="langsmith")


def test_the_same_question_twice_in_a_file_of_others_makes_two_cases(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(lines(*[{"input": "Who?", "expected": "Me"}] * 2), encoding="utf-8")
    assert dataset.read_dataset(path, format="braintrust").cases["case_id"].n_unique() == 2


def test_a_format_without_a_way_back_says_itself_what_it_keeps(
    made: dataset.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(one: dataset.Dataset, path: Path) -> None:
        path.write_text("\n".join(one.cases["input"]), encoding="utf-8")

    class Point:
        value = "package:FORMAT"

        def load(self) -> dataset.Exporter:
            return dataset.Exporter("questions", ".txt", write, keeps=frozenset({"input"}))

    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [Point()])
    said = made.export(tmp_path / "x.txt")
    assert "input" not in said.lost["field"].to_list()
    assert {"case_id": 5, "expected_output": 2, "criteria": 2}.items() <= dict(
        said.lost.select("field", "cases").iter_rows()
    ).items()
    with pytest.raises(InputError, match="cannot be read back; export as one of: braintrust, datadog"):
        dataset.read_dataset(said.path, format="questions")


def test_langsmith_is_given_criteria_as_its_assertions(made: dataset.Dataset, tmp_path: Path) -> None:
    text = made.export(tmp_path / "x", format="langsmith").path.read_text(encoding="utf-8")
    first, second, *_ = [json.loads(line) for line in text.splitlines()]
    call = first["inputs"]["messages"][2]["tool_calls"][0]
    assert call == {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"id":7}'}}
    assert first["outputs"] == {
        "expected_output": "TRUTH Refund 7.",
        "further_expected_outputs": ["TRUTH Refund 7, please."],
    }
    assert second["outputs"] == {"assertions": [{"key": "criterion_1", "comment": "TRUTH stops after one call."}]}
    assert first["metadata"]["mode"] == "wrong order"


def test_openai_items_all_have_the_same_members(made: dataset.Dataset, tmp_path: Path) -> None:
    text = made.export(tmp_path / "x", format="openai-evals").path.read_text(encoding="utf-8")
    items = [json.loads(line)["item"] for line in text.splitlines()]
    assert len({tuple(item) for item in items}) == 1
    assert [item["criteria"] for item in items] == ["", "TRUTH stops after one call.", "", "TRUTH is kind."]


def test_a_case_whose_user_refused_since_does_not_come_back_with_a_file(made: dataset.Dataset, tmp_path: Path) -> None:
    read = dataset.read_dataset(made.export(tmp_path / "x.jsonl").path)
    taken = dataset.imported(read, to="mine", now=NOW, author="ben", refused=["s1"])
    assert taken.left_out.rows() == [("s1", "the user did not consent")]
    assert "s1" not in taken.dataset.cases["session_id"].to_list()
    assert "TRUTH Refund 7." not in taken.dataset.ground_truth["value"].to_list()
    assert taken.worlds.keys() == set(taken.dataset.cases["world_id"])
    assert "1 case left out: the user did not consent." in taken.notes
