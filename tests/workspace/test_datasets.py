"""Cases say where they come from, and the same sessions are the same cases whichever way they were chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.errors import InputError, UnknownNameError
from workbench.store import Blobs

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_the_same_sessions_promoted_in_any_order_are_one_version(ws: wb.Workspace) -> None:
    ws.annotate(SAMPLE / "labels.jsonl")
    first = ws.promote(ws.labelled(), to="regression")
    for mode in ws.codebook().names:
        again = ws.promote(ws.labelled(mode), to="regression")
        assert (again.version, again.content_hash) == (1, first.content_hash), mode
        assert again.notes[0].startswith("Nothing was added to 'regression'")
    assert ws.promote(ws.labelled(), to="regression").version == 1


def test_reviewers_who_name_different_modes_are_both_kept(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    for reviewer, mode in (("ben", "loop"), ("ana", "wrong order")):
        change = {"operation": reviewer, "session_id": session, "verdict": "fail", "failure_mode": mode}
        ws.save_label(change, reviewer=reviewer)
    first = ws.promote(ws.labelled("loop"), to="regression")
    assert json.loads(first.cases["attributes"][0])["mode"] == ["loop", "wrong order"]
    for chosen in (ws.labelled(), ws.labelled("wrong order"), ws.labelled("loop")):
        assert ws.promote(chosen, to="regression").version == 1
    ws.edit_codebook("rename", "loop", into=["endless search"], author="ana")
    renamed = ws.promote(ws.labelled("wrong order"), to="regression")
    assert renamed.attributes["mode"].to_list() == ["endless search + wrong order"]


def test_a_case_names_the_file_that_its_session_came_from(ws: wb.Workspace) -> None:
    files = {Path(path).name: source for path, source in ws.sources().select("path", "source_id").iter_rows()}
    sessions = ws.sessions().group_by("agent_version").agg(pl.col("session_id").first()).sort("agent_version")
    made = ws.promote(sessions["session_id"].to_list(), to="regression")
    found = dict(
        made.attributes.select("agent_version", "case_id")
        .join(made.cases, on="case_id")
        .select("agent_version", "source")
        .iter_rows()
    )
    assert found == {"1.4.0": files["baseline.jsonl"], "1.5.0": files["candidate.jsonl"]}


def test_a_dataset_is_shown_and_promoted_to_without_reading_its_worlds(
    ws: wb.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = ws.sessions().filter(pl.col("tool_calls") > 0)["session_id"].to_list()
    first = ws.promote(sessions[:3], to="regression")
    asked: list[str] = []
    get = Blobs.get

    def counted(self: Blobs, sha256: str) -> bytes:
        asked.append(sha256)
        return get(self, sha256)

    monkeypatch.setattr(Blobs, "get", counted)
    assert repr(ws.dataset("regression")) == repr(first)
    ws.promote(sessions[:4], to="regression")
    worlds = set(first.worlds)
    assert not worlds & set(asked)
    ws.dataset("regression").export(tmp_path / "regression.jsonl")
    assert worlds <= set(asked)


@pytest.mark.parametrize("form", ["langsmith", "promptfoo", "jsonl"])
def test_what_was_exported_and_comes_back_is_the_same_version(ws: wb.Workspace, tmp_path: Path, form: str) -> None:
    ws.annotate(SAMPLE / "labels.jsonl")
    made = ws.promote(ws.labelled(), to="regression", controls=3)
    said = made.export(tmp_path / "file", format=form)
    again = ws.import_dataset(said.path, format=form)
    assert (again.version, again.content_hash) == (1, made.content_hash)
    assert again.notes[0].startswith("Nothing was added")
    elsewhere = wb.open(tmp_path / "elsewhere")
    there = elsewhere.import_dataset(said.path, to="mine", format=form)
    assert there.cases["case_id"].to_list() == made.cases["case_id"].to_list()
    assert there.ground_truth["value"].to_list() == made.ground_truth["value"].to_list()
    assert (len(there.worlds) > 0) == (form == "jsonl")
    assert there.cases["world_id"].drop_nulls().len() == len(there.worlds.keys() & set(there.cases["world_id"]))
    assert len(elsewhere.dataset("mine").inputs()) == len(made.inputs())
    elsewhere.close()


def test_a_file_of_others_is_redacted_and_its_next_edition_revises_its_cases(ws: wb.Workspace, tmp_path: Path) -> None:
    path = tmp_path / "quiz.jsonl"
    rows = [
        {
            "inputs": {"question": f"Mail ada{n}@example.com about order {n}."},
            "outputs": {"answer": f"Done {n}"},
            "metadata": {"from": "ada@example.com"},
        }
        for n in range(3)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    first = ws.import_dataset(path)
    assert (first.name, len(first), first.ground_truth.height) == ("quiz", 3, 3)
    assert "@example.com" not in "".join([*first.cases["prefix"], *first.cases["attributes"]])
    rows[0]["outputs"]["answer"] = "Done otherwise"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    second = ws.import_dataset(path, author=first.ground_truth["author"][0])
    assert (second.version, len(second)) == (2, 3)
    assert second.ground_truth["value"].to_list() == ["Done otherwise", "Done 1", "Done 2"]
    assert second.diff(first).rows["change"].to_list() == ["ground truth"]


def test_versions_have_tags_and_cases_states_with_who_when_and_why(ws: wb.Workspace) -> None:
    ids = ws.sessions()["session_id"].to_list()
    first = ws.promote(ids[:6], to="regression", author="ana")
    ws.tag("regression", "release-1")
    gone = first.cases["case_id"][0]
    second = ws.revise_cases("regression", [gone], state="retired", reason="no longer sold", author="ben")
    assert (second.version, second.inputs().height) == (2, 5)
    assert ws.dataset("regression", version="release-1").content_hash == first.content_hash
    ws.tag("regression", "release-1", version=2)
    assert ws.dataset("regression", version="release-1").version == 2
    with pytest.raises(UnknownNameError, match="did you mean 'release-1'"):
        ws.dataset("regression", version="release1")
    with pytest.raises(InputError, match="a tag is a word"):
        ws.tag("regression", "7")
    course = ws.case_states("regression").filter(case_id=gone)
    assert course.select("version", "state", "by").rows() == [(1, "candidate", "ana"), (2, "retired", "ben")]
    assert course["reason"][1] == "no longer sold"
    assert second.diff(first).fields.rows() == [(gone, "state", "candidate", "retired")]


def test_splits_laid_anew_do_not_leak(ws: wb.Workspace) -> None:
    ws.promote(ws.sessions()["session_id"].to_list()[:40], to="regression", splits={"train": 1, "test": 1})
    assert "leak" not in ws.dataset("regression").check().counts
    three = ws.split("regression", {"train": 0.4, "dev": 0.3, "test": 0.3})
    assert set(three.cases["split"]) == {"train", "dev", "test"}
    assert "leak" not in three.check().counts


def test_every_look_at_a_holdout_is_counted_once_and_said(ws: wb.Workspace, tmp_path: Path) -> None:
    data = ws.promote(ws.sessions()["session_id"].to_list()[:12], to="regression")
    assert ws.looks("regression").sentence == "'regression' has not been looked at."
    for _ in range(2):
        data.export(tmp_path / "x.jsonl")
    right = wb.grader(criterion="says something", name="says_something")(lambda loop: bool(loop.final_answer))
    for name in ("v1", "v2"):
        ws.experiment(answer, "regression", graders=[right], name=name)
    for _ in range(2):
        found = wb.compare(baseline=ws.executed("v1"), candidate=ws.executed("v2"))
    seen = ws.looks("regression")
    assert seen.count("test") == 4
    assert seen.rows["by"].to_list() == [
        "export of version 1 as jsonl", "experiment v1", "experiment v2", "comparison v1 | v2",
    ]  # fmt: skip
    said = "'test' of 'regression' has been looked at 4 times: 1 export, 1 comparison, 2 experiments."
    assert said in found.notes
    assert ws.dataset("regression").notes == (said,)


def answer(task: dict[str, Any]) -> str:
    return f"{task['case']} is done"


def test_picks_at_the_desk_become_cases_once_with_the_authors_words(ws: wb.Workspace) -> None:
    ws.annotate(SAMPLE / "labels.jsonl")
    ids = ws.labelled()["session_id"].unique(maintain_order=True).to_list()
    desk = ws.promote_desk(to="regression", author="zoe")
    assert [item["session_id"] for item in desk.items] == ids
    shown = desk._answer("fetch", {"session_id": ids[0]})[0]["preview"]
    ends = {each["turn"]: each["end"] for each in shown["turns"]}
    assert shown["messages"][ends[shown["turn"]] - 1]["role"] == "user"
    picks = [
        {"session_id": ids[0], "turn": shown["turn"], "expected_output": "Refund it.", "criteria": "Names the order."},
        {"session_id": ids[1], "turn": 1, "expected_output": "", "criteria": ""},
    ]
    said = desk._answer("change", {"change": {"operation": "o1", "picks": picks}})[0]
    assert sorted(said["there"]) == sorted(ids[:2])
    made = ws.dataset("regression")
    row = made.cases.filter(session_id=ids[0]).row(0, named=True)
    assert (row["turn"], made.cases["channel"].to_list()) == (shown["turn"], ["failure", "failure"])
    assert json.loads(row["prefix"])[-1] == {"role": "user", "content": row["input"]}
    assert len(json.loads(row["prefix"])) == ends[shown["turn"]]
    own = made.ground_truth.filter(author="zoe").select("kind", "value").rows()
    assert sorted(own) == [("criteria", "Names the order."), ("expected_output", "Refund it.")]
    again = ws.promote_desk(ids[:3], to="regression", author="zoe")
    assert again.there == ids[:2]
    assert (
        "Nothing was added" in again._answer("change", {"change": {"operation": "o1", "picks": picks}})[0]["sentence"]
    )
    corrected = [{**picks[0], "expected_output": "Refund order 7."}]
    again._answer("change", {"change": {"operation": "o2", "picks": corrected}})
    latest = ws.dataset("regression")
    assert (latest.version, len(latest)) == (2, 2)
    assert "Refund it." not in latest.ground_truth["value"].to_list()
