"""Result files of τ-bench and τ²-bench, and chat transcripts: sessions, trials, rewards, and the loop in order."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import write
from shared_data import shared

from workbench import load

AIRLINE = "tau2-experiments/gpt-4.1_airline_default_gpt-4.1_1trials.json"
AIRLINE_TUNED = (
    "tau2-experiments/ft_gpt-4.1-2025-04-14_sierra_tau2-full-sft_BzrYdMNm_airline_default_gpt-4.1_1trials.json"
)
TELECOM = "tau2-experiments/gpt-4.1_telecom_default_gpt-4.1_1trials.json"
TELECOM_TUNED = (
    "tau2-experiments/ft_gpt-4.1-2025-04-14_sierra_tau2-full-sft_BzrYdMNm_telecom_default_gpt-4.1_1trials.json"
)
REPEATED = "tau2-experiments/gpt-4.1-2025-04-14_telecom_no-user_gpt-4.1-2025-04-14_4trials_5tasks.json"


def passes(loaded: load.Loaded) -> pl.DataFrame:
    """Task, trial, passed: of the reward of each session."""
    sessions = loaded.spans.filter(kind="agent").select("session_id", "task_id", "trial")
    rewards = loaded.scores.filter(name="reward").select("target_id", "passed")
    return sessions.join(rewards, left_on="session_id", right_on="target_id", validate="1:1")


def hat(frame: pl.DataFrame, k: int) -> float:
    """pass^k: the chance that k trials of a task all pass, without bias."""
    counts = frame.group_by("task_id").agg(pl.col("passed").sum(), pl.len())
    return sum(math.comb(c, k) / math.comb(n, k) for c, n in counts.select("passed", "len").rows()) / counts.height


def test_tau_bench_reproduces_the_published_figures() -> None:
    loaded = load.read(shared("tau-bench/gpt-4o-airline.json"))
    trials = passes(loaded)
    assert (trials.height, trials["task_id"].n_unique(), set(trials["trial"])) == (200, 50, {0, 1, 2, 3})
    assert [round(hat(trials, k), 4) for k in (1, 2, 3, 4)] == [0.42, 0.2733, 0.22, 0.2]


def test_tau_bench_says_what_the_file_says_in_order() -> None:
    path = shared("tau-bench/gpt-4o-airline.json")
    loaded = load.read(path)
    held = loaded.spans.partition_by("session_id", as_dict=True)
    for attempt in orjson.loads(path.read_bytes()):
        spans = held[(f"gpt-4o-airline/{attempt['task_id']}/{attempt['trial']}",)]
        assert said(spans) == [message["content"] or "" for message in attempt["traj"]]
        asked = [call for message in attempt["traj"] for call in message.get("tool_calls") or ()]
        answers = iter(
            [message for message in attempt["traj"] if message["role"] == "tool"]
        )  # ids come back in these files
        ran = spans.filter(kind="tool").select("tool_name", "tool_arguments", "tool_result").rows()
        assert [(name, orjson.loads(told), result) for name, told, result in ran] == [
            (call["function"]["name"], orjson.loads(call["function"]["arguments"]), next(answers)["content"])
            for call in asked
        ]
        root = spans.row(0, named=True)
        assert (root["kind"], root["input"]) == ("agent", attempt["traj"][1]["content"])


def said(spans: pl.DataFrame) -> list[str]:
    words: list[str] = []
    for given, answer in spans.select("input_messages", "output_messages").rows():
        words += [message["content"] for told in (given, answer) if told for message in orjson.loads(told)]
    return words


@pytest.mark.parametrize(
    ("name", "tuned", "figures"),
    [(AIRLINE, AIRLINE_TUNED, (0.5, 0.65, 7, 6, 3, 4)), (TELECOM, TELECOM_TUNED, (0.45, 0.75, 18, 12, 0, 10))],
    ids=["airline", "telecom"],
)
def test_tau2_bench_reproduces_the_figures_of_both_arms(name: str, tuned: str, figures: tuple[float, ...]) -> None:
    base, candidate = passes(load.read(shared(name))), passes(load.read(shared(tuned)))
    both = base.join(candidate, on=["task_id", "trial"], suffix="_tuned", validate="1:1")
    was, became = both["passed"], both["passed_tuned"]
    found = (
        was.mean(),
        became.mean(),
        (was & became).sum(),
        (~was & became).sum(),
        (was & ~became).sum(),
        (~was & ~became).sum(),
    )
    assert found == figures


def test_tau2_bench_repeats() -> None:
    trials = passes(load.read(shared(REPEATED)))
    assert (trials.height, trials["task_id"].n_unique()) == (20, 5)
    assert [hat(trials, k) for k in (1, 2, 3, 4)] == pytest.approx([0.8] * 4)


def test_tau2_bench_carries_models_costs_domains_and_parts_of_the_reward() -> None:
    loaded = load.read([shared(AIRLINE), shared(AIRLINE_TUNED)])
    assert loaded.spans["session_id"].n_unique() == 40
    versions = loaded.spans.filter(kind="agent").group_by("agent_version").agg(pl.len()).sort("agent_version").rows()
    assert versions == [("ft:gpt-4.1-2025-04-14:sierra:tau2-full-sft:BzrYdMNm", 20), ("gpt-4.1", 20)]
    calls = loaded.spans.filter(kind="llm")
    assert calls.filter(pl.col("total_cost") == 0).height == 0
    assert calls.filter(agent_version="gpt-4.1")["total_cost"].sum() > 0
    assert (
        calls.filter(pl.col("agent_version") != "gpt-4.1")["total_cost"].null_count()
        == calls.filter(pl.col("agent_version") != "gpt-4.1").height
    )
    about = orjson.loads(loaded.spans["metadata"][0])
    assert (about["domain"], about["termination_reason"], about["task"]["id"]) == (
        "airline",
        "user_stop",
        loaded.spans["task_id"][0],
    )
    assert loaded.scores.group_by("name").agg(pl.len()).sort("name").rows() == [
        ("reward", 40),
        ("reward.communicate", 40),
        ("reward.db", 40),
    ]


def test_tau2_bench_keeps_what_the_user_did_offstage_out_of_the_agents_loop() -> None:
    path = shared(TELECOM)
    loaded = load.read(path)
    simulations = orjson.loads(path.read_bytes())["simulations"]
    asked = [call for s in simulations for m in s["messages"] for call in m.get("tool_calls") or ()]
    spans = loaded.spans
    assert spans.filter(kind="tool").height == sum(call["requestor"] == "assistant" for call in asked)
    offstage = spans.filter(pl.col("kind") == "other", pl.col("tool_name").is_not_null())
    assert offstage.height == sum(call["requestor"] == "user" for call in asked)
    assert set(offstage["agent_name"]) == {"user"}
    for attempt in simulations:
        heard = [m["content"] for m in attempt["messages"] if m["role"] == "user" and m["content"]]
        held = spans.filter(session_id=f"{path.stem}/{attempt['task_id']}/{attempt['trial']}")
        users = [
            m["content"]
            for told in held["input_messages"].drop_nulls()
            for m in orjson.loads(told)
            if m["role"] == "user"
        ]
        assert users == heard


def test_the_same_file_in_two_places_is_one_and_under_a_new_name_too(tmp_path: Path) -> None:
    path = shared(REPEATED)
    for name in ("one/runs.json", "two/runs.json", "two/copy of runs.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / name)
    loaded = load.read(tmp_path)
    assert (loaded.total("read"), loaded.total("loaded"), loaded.total("merged")) == (60, 20, 40)
    assert set(loaded.spans["session_id"].str.split("/").list.first()) == {"runs"}


def test_equal_attempts_of_two_arms_stay_two(tmp_path: Path) -> None:
    attempt = {
        "task_id": 1,
        "trial": 0,
        "reward": 1.0,
        "info": {},
        "traj": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ok"}],
    }
    write(tmp_path / "baseline.json", [attempt])
    write(tmp_path / "candidate.json", [attempt, {**attempt, "trial": 1}])
    loaded = load.read(tmp_path)
    assert sorted(loaded.spans["session_id"].unique()) == ["baseline/1/0", "candidate/1/0", "candidate/1/1"]
    assert loaded.spans["trace_id"].n_unique() == 3


def test_attempts_that_share_task_and_trial_get_names_of_their_own(tmp_path: Path) -> None:
    attempt = {"task_id": 1, "trial": 0, "reward": 0, "info": {}, "traj": [{"role": "user", "content": "hi"}]}
    other = {**attempt, "reward": 1, "traj": [{"role": "user", "content": "hello"}]}
    loaded = load.read(write(tmp_path / "a.json", [attempt, other]))
    sessions = loaded.spans["session_id"].unique(maintain_order=True).to_list()
    assert sessions[0] == "a/1/0"
    assert sessions[1].startswith("a/1/0/")
    assert loaded.scores.select("target_id", "passed").rows() == [(sessions[0], False), (sessions[1], True)]


def loop(loaded: load.Loaded) -> list[tuple[Any, ...]]:
    return loaded.spans.select("kind", "tool_name", "tool_call_id", "tool_arguments", "tool_result").rows()


def test_parallel_calls_answered_out_of_order_join_by_id(tmp_path: Path) -> None:
    calls = [
        {"id": name, "type": "function", "function": {"name": f"look_{name}", "arguments": f'{{"x": "{name}"}}'}}
        for name in "abc"
    ]
    chat = [{"role": "user", "content": "go"}, {"role": "assistant", "content": None, "tool_calls": calls}]
    chat += [{"role": "tool", "tool_call_id": name, "content": f"found {name}"} for name in "ca"]
    chat += [{"role": "assistant", "content": "done"}]
    loaded = load.read(write(tmp_path / "a.jsonl", {"messages": chat}))
    assert loop(loaded) == [
        ("agent", None, None, None, None),
        ("llm", None, None, None, None),
        ("tool", "look_a", "a", '{"x":"a"}', "found a"),
        ("tool", "look_b", "b", '{"x":"b"}', None),
        ("tool", "look_c", "c", '{"x":"c"}', "found c"),
        ("llm", None, None, None, None),
    ]
    root = loaded.spans.row(0, named=True)
    assert (root["input"], root["output"]) == ("go", "done")


def test_the_same_call_id_in_two_turns_joins_turn_by_turn(tmp_path: Path) -> None:
    turn = [{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "look", "arguments": "{}"}}]}]
    chat = [
        {"role": "user", "content": "go"},
        *turn,
        {"role": "tool", "tool_call_id": "1", "content": "first"},
        *turn,
        {"role": "tool", "tool_call_id": "1", "content": "second"},
    ]
    assert [row[4] for row in loop(load.read(write(tmp_path / "a.jsonl", {"messages": chat}))) if row[0] == "tool"] == [
        "first",
        "second",
    ]


@pytest.mark.parametrize(
    ("messages", "wanted"),
    [
        ([{"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": '{"x": 1}'}}, {"role": "function", "name": "look", "content": "found"}], ("look", None, '{"x":1}', "found")),
        ([{"role": "assistant", "content": [{"type": "text", "text": "I look."}, {"type": "tool_use", "id": "t", "name": "look", "input": {"x": 1}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "found"}]}]}], ("look", "t", '{"x":1}', "found")),
        ([{"type": "ai", "content": "", "tool_calls": [{"name": "look", "args": {"x": 1}, "id": "t", "type": "tool_call"}]}, {"type": "tool", "content": "found", "name": "look", "tool_call_id": "t"}], ("look", "t", '{"x":1}', "found")),
        ([{"type": "function_call", "call_id": "t", "name": "look", "arguments": '{"x": 1}'}, {"type": "function_call_output", "call_id": "t", "output": "found"}], ("look", "t", '{"x":1}', "found")),
        ([{"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "look", "arguments": '{"x": 1'}}]}, {"role": "tool", "tool_call_id": "t", "content": "found"}], ("look", "t", '"{\\"x\\": 1"', "found")),
        ([{"role": "tool", "tool_call_id": "t", "name": "look", "content": "found"}], ("look", "t", None, "found")),
    ],
    ids=["OpenAI before tools", "Anthropic", "LangChain", "OpenAI Responses", "arguments that do not parse", "a result without its call"],
)  # fmt: skip
def test_a_tool_call_of_every_maker(messages: list[dict[str, Any]], wanted: tuple[Any, ...], tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "a.jsonl", {"messages": [{"role": "user", "content": "go"}, *messages]}))
    assert [row[1:] for row in loop(loaded) if row[0] == "tool"] == [wanted]


def test_a_tool_that_failed_says_so(tmp_path: Path) -> None:
    chat = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": "no such order"}],
        },
    ]
    row = load.read(write(tmp_path / "a.jsonl", {"messages": chat})).spans.filter(kind="tool").row(0, named=True)
    assert (row["status"], row["error_message"]) == ("error", "no such order")


def test_a_conversation_with_an_id_grows(tmp_path: Path) -> None:
    chat = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "more"},
    ]
    first = load.read(write(tmp_path / "a.jsonl", {"session_id": "s1", "messages": chat}))
    known = first.spans.with_columns(pl.lit("one").alias("load_id")).lazy()
    grown = {"session_id": "s1", "messages": [*chat, {"role": "assistant", "content": "of course"}]}
    second = load.read(write(tmp_path / "a.jsonl", grown), known=known)
    assert (second.total("loaded"), second.superseded.height) == (1, 2)
    assert set(second.spans["trace_id"]) == set(first.spans["trace_id"])
    assert second.spans["kind"].to_list() == ["agent", "llm"]


def test_conversations_without_an_id_are_known_by_their_content(tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": "hi"}]}
    loaded = load.read(write(tmp_path / "a.jsonl", chat, chat, {**chat, "label": 1}))
    assert (loaded.total("loaded"), loaded.total("merged"), loaded.spans["session_id"].n_unique()) == (2, 1, 2)


def test_what_a_transcript_says_of_itself_is_a_score(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    path = write(
        tmp_path / "a.jsonl",
        {"id": "a", "messages": said, "is_correct": False, "mistake_reason": "greeted nobody"},
        {"id": "b", "messages": said, "reward": 1.0, "feedback": {"score": 0, "comment": "rude"}},
        {"id": "c", "messages": said, "success": "unclear", "thumbs": "thumbs_up"},
    )
    columns = "target_id", "name", "passed", "comment", "author_kind"
    assert set(load.read(path).scores.select(columns).rows()) == {
        ("a", "is_correct", False, "greeted nobody", "code"),
        ("b", "reward", True, None, "code"),
        ("b", "feedback", False, "rude", "user"),
        ("c", "thumbs", True, None, "user"),
    }


def test_who_and_when_transcripts_are_126_sessions_that_failed_for_a_reason() -> None:
    loaded = load.read(str(shared("who_and_when") / "Algorithm-Generated"))
    assert (loaded.total("loaded"), loaded.spans["session_id"].n_unique()) == (126, 126)
    scores = loaded.scores.filter(name="is_correct")
    assert (scores.height, scores["passed"].any(), scores["comment"].null_count()) == (126, False, 0)
