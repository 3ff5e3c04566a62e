"""A check names what leaks, repeats or contradicts, in one sentence with the rows behind it; splits keep together what belongs together."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench import dataset
from workbench.dataset._alike import alike
from workbench.dataset._content import dumps, row_id_of, truth_id_of
from workbench.errors import EmptyError, InputError

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
WORDS = [
    "order",
    "parcel",
    "refund",
    "cancel",
    "address",
    "seller",
    "label",
    "delay",
    "credit",
    "invoice",
    "return",
    "voucher",
    "size",
    "colour",
    "store",
    "courier",
]


def case(number: int, asked: str, **columns: Any) -> dict[str, Any]:
    prefix = dumps([{"role": "system", "content": "Be kind."}, {"role": "user", "content": asked}])
    row = {
        "case_id": f"c{number}", "dataset": "d", "session_id": f"s{number}", "turn": 1, "input": asked, "prefix": prefix,
        "attributes": "{}", "channel": "failure", "state": "candidate", "split": "test", **columns,
    }  # fmt: skip
    return {**row, "row_id": row_id_of(row)}


def made(*cases: dict[str, Any], truths: list[tuple[str, str, str]] | None = None) -> dataset.Dataset:
    said = [
        {"case_id": each, "dataset": "d", "kind": "expected_output", "value": value, "author": author}
        for each, value, author in truths or []
    ]
    rows = pl.DataFrame([dict.fromkeys(dataset.CASES) | row for row in cases], schema=dataset.CASES)
    judged = pl.DataFrame(
        [{**row, "truth_id": truth_id_of(row), "added_at": NOW} for row in said], schema=dataset.GROUND_TRUTH
    )
    return dataset.Dataset("d", 1, "", rows, judged)


def sentence(source: random.Random, words: int = 14) -> str:
    return " ".join(source.choice(WORDS) + str(source.randrange(100)) for _ in range(words))


def test_nothing_wrong_is_said_in_a_sentence() -> None:
    found = dataset.check(made(case(1, "Where is my parcel?"), case(2, "Cancel the whole order, please.")))
    assert found.sentence == "'d' version 1: of 2 cases none repeats, contradicts or leaks."
    assert (found.rows.height, found.counts) == (0, {})


def test_every_kind_of_problem_is_found_and_counted_worst_first() -> None:
    one = made(
        case(1, "Where is my parcel, it was promised for Monday?"),
        case(2, "where is my parcel,  it was promised for Monday ?", split="train"),
        case(3, "Give me the money back."),
        case(4, "Give me the money back.", channel="control"),
        case(5, "  "),
        case(6, "x" * 200),
        case(7, "Another turn of the first.", session_id="s3", split="train"),
        case(8, "Same task as the ninth.", attributes=dumps({"task_id": "t"}), split="train"),
        case(9, "It is the ninth, about nothing else.", attributes=dumps({"task_id": "t"})),
        case(10, "Where is my parcel, it was promised for Monday?", state="retired", split="train"),
        truths=[("c3", "Yes.", "ana"), ("c4", "No.", "ana"), ("c9", "Yes.", "ana"), ("c9", "No.", "ben"), ("c1", "A", "ana"), ("c1", " a ", "ben")],
    )  # fmt: skip
    found = dataset.check(one, longest=100)
    rows = {
        (kind, case_id): detail for kind, case_id, detail in found.rows.select("kind", "case_id", "detail").iter_rows()
    }
    assert rows.keys() == {
        ("leak", "c2"), ("leak", "c7"), ("leak", "c9"), ("contradiction", "c4"), ("mixed", "c4"), ("disagreement", "c9"),
        ("near duplicate", "c2"), ("near duplicate", "c4"), ("empty", "c5"), ("oversized", "c6"),
    }  # fmt: skip
    assert [rows["leak", f"c{n}"] for n in (2, 7, 9)] == ["nearly the same", "of the same session", "of the same task"]
    assert rows["disagreement", "c9"] == "ana and ben expect different outputs"
    assert found.sentence.startswith("'d' version 1: of 9 cases 3 in another split than one that is nearly the same")
    assert list(found.counts) == [kind for kind in dataset.PROBLEMS if kind in found.counts]


def test_calls_with_other_ids_are_the_same_messages() -> None:
    def called(number: int) -> dict[str, Any]:
        call = {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": f"i{number}", "name": "find", "arguments": {}}],
        }
        prefix = dumps(
            [call, {"role": "tool", "content": "x", "tool_call_id": f"i{number}"}, {"role": "user", "content": "And?"}]
        )
        return case(number, "And?", prefix=prefix)

    found = dataset.check(made(called(1), called(2), truths=[("c1", "Yes.", "a"), ("c2", "No.", "a")]))
    assert found.counts == {"contradiction": 1, "near duplicate": 1}


def test_the_groups_are_those_of_all_pairs_compared() -> None:
    source = random.Random(5)
    texts = [sentence(source) for _ in range(60)]
    for text in texts[:30]:
        words = text.split()
        words[source.randrange(len(words))] = "other"
        texts.append(" ".join(words))
    found = alike(texts)

    def shingles(text: str) -> set[str]:
        padded = [f" {word} " for word in text.split()]
        return {word[at : at + 5] for word in padded for at in range(max(len(word) - 4, 1))}

    sets = [shingles(text) for text in texts]
    near = {
        (i, j) for j in range(len(texts)) for i in range(j) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= 0.8
    }
    assert len(near) >= 20
    assert all(found.group[i] == found.group[j] for i, j in near)
    links = {(int(found.nearest[j]), j) for j in range(len(texts)) if found.nearest[j] >= 0}
    assert links <= near
    assert len(set(found.group.tolist())) == len(texts) - len({j for _, j in near})


@pytest.mark.slow
def test_ten_thousand_cases_are_checked_and_planted_repeats_found() -> None:
    source = random.Random(7)
    texts = [sentence(source, 30) for _ in range(9_000)]
    copies = source.sample(range(9_000), 1_000)
    texts += [f"{texts[place]} thanks" for place in copies]
    found = alike(texts)
    assert np.array_equal(found.nearest[9_000:], copies)
    same = alike(["the same words again and again"] * 10_000)
    assert set(same.group.tolist()) == {0}


def test_a_threshold_is_a_share() -> None:
    with pytest.raises(InputError, match="threshold is 0"):
        dataset.check(made(), threshold=0)
    assert dataset.check(made()).sentence == "'d' version 1 has no case to check."


def test_splitting_keeps_sessions_tasks_and_near_duplicates_on_one_side() -> None:
    source = random.Random(3)
    cases: list[dict[str, Any]] = []
    for number in range(80):
        asked = sentence(source)
        task = dumps({"task_id": f"t{number // 2}"}) if number < 20 else "{}"
        cases.append(case(2 * number, asked, attributes=task, session_id=f"s{number}"))
        cases.append(case(2 * number + 1, f"{asked} please", session_id=f"other{number}"))
    data = made(*cases)
    done = dataset.split(data, {"train": 0.5, "test": 0.5}, author="ana", now=NOW).dataset
    assert set(done.cases["split"]) == {"train", "test"}
    assert "leak" not in dataset.check(done).counts
    uneven = data.cases.with_columns(pl.Series("split", ["train", "test"] * 80))
    assert dataset.check(dataset.Dataset("d", 1, "", uneven, data.ground_truth)).counts["leak"] >= 80
    again = dataset.split(done, {"train": 0.5, "test": 0.5}, author="ana", now=NOW)
    assert again.dataset is done
    assert "train" in again.sentence
    assert "asked for 50%" in again.sentence


def test_a_new_case_joins_the_split_of_what_it_belongs_with() -> None:
    def promoted(
        ids: list[str], texts: list[str], existing: dataset.Dataset | None, **splits: float
    ) -> dataset.Dataset:
        steps = [
            {"session_id": each, "number": 1, "turn": 1, "kind": "user", "text": text}
            for each, text in zip(ids, texts, strict=True)
        ]
        known = [{"session_id": each} for each in ids]
        return dataset.promote(
            ids, steps, known, to="d", record=None, now=NOW, author="ana", existing=existing, splits=splits or None
        ).dataset

    source = random.Random(11)
    texts = [sentence(source) for _ in range(20)]
    first = promoted([f"a{n}" for n in range(20)], texts, None, train=1, test=1)
    assert set(first.cases["split"]) == {"train", "test"}
    second = promoted([f"b{n}" for n in range(20)], [f"{text} please" for text in texts], first)
    of = dict(second.cases.select("session_id", "split").iter_rows())
    assert all(of[f"a{n}"] == of[f"b{n}"] for n in range(20))
    assert "leak" not in dataset.check(second).counts


def test_a_split_takes_cases_and_positive_shares() -> None:
    with pytest.raises(EmptyError, match="no case to split"):
        dataset.split(made(), {"test": 1}, author="ana", now=NOW)
    with pytest.raises(InputError, match="share above 0"):
        dataset.split(made(case(1, "x")), {"test": -1}, author="ana", now=NOW)


def test_a_difference_shows_what_each_field_was_and_is() -> None:
    one = made(case(1, "x", attributes=dumps({"mode": "loop", "n": 1})), truths=[("c1", "A", "ana")])
    changed = case(1, "x", attributes=dumps({"mode": "other", "n": 1}), state="accepted")
    two = made(changed, truths=[("c1", "B", "ana"), ("c1", "C", "ben")])
    assert two.diff(one).fields.rows() == [
        ("c1", "mode", "loop", "other"),
        ("c1", "state", "candidate", "accepted"),
        ("c1", "expected_output (ana)", "A", "B"),
        ("c1", "expected_output (ben)", None, "C"),
    ]
    assert one.diff(one).fields.height == 0


def test_every_turn_is_a_case_with_its_prefix_and_the_truth_goes_with_the_one_that_failed() -> None:
    steps = [
        {
            "session_id": "s",
            "number": n,
            "turn": (n + 1) // 2,
            "kind": kind,
            "text": f"{kind} {n}",
            "trace_id": "t",
            "span_id": f"p{n}",
        }
        for n, kind in enumerate(["user", "assistant"] * 3, 1)
    ]
    label = [{"session_id": "s", "first_failure": "t/p4", "expected_output": "B", "failure_mode": "loop"}]
    promoted = dataset.promote(
        label, steps, [{"session_id": "s"}], to="d", record=None, now=NOW, author="ana", turn="all"
    ).dataset
    rows = promoted.cases.sort("turn")
    assert rows["turn"].to_list() == [1, 2, 3]
    assert [len(json.loads(prefix)) for prefix in rows["prefix"]] == [1, 3, 5]
    assert rows["input"].to_list() == ["user 1", "user 3", "user 5"]
    assert rows.filter(turn=2)["span_id"].to_list() == ["p4"]
    assert promoted.ground_truth["case_id"].to_list() == rows.filter(turn=2)["case_id"].to_list()
    two = [{"session_id": "s", "turn": 1}, {"session_id": "s", "turn": 3}]
    some = dataset.promote(two, steps, [{"session_id": "s"}], to="d", record=None, now=NOW, author="ana").dataset
    assert some.cases["turn"].to_list() == [1, 3]


def test_looks_are_counted_once_each_by_split() -> None:
    rows = [
        row
        for use, by in (
            ("tested", "experiment v1"),
            ("tested", "experiment v1"),
            ("selected", "comparison v1 | v2"),
            ("shown", "export"),
        )
        for row in dataset.look_rows("d", ["test", "train", "test"], use=use, by=by, author="ana", now=NOW)  # type: ignore[arg-type]
    ]
    kept = list({row["exposure_id"]: row for row in rows}.values())
    other = dataset.look_rows("d/x", ["test"], use="tested", by="e", author="ana", now=NOW)
    found = dataset.looks(kept + other, "d")
    assert (found.count("test"), found.count("train")) == (3, 3)
    assert found.sentence.startswith("'test' of 'd' has been looked at 3 times: 1 export, 1 comparison, 1 experiment.")
    assert dataset.looks(kept, "d", ["test"]).rows["split"].unique().to_list() == ["test"]
    assert dataset.looks([], "d").sentence == "'d' has not been looked at."
