"""The facade over the shipped sample: what was loaded adds up, what was said is kept, and running again changes nothing."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from graders import GRADERS

import workbench as wb
from workbench.errors import EmptyError, InputError, UnknownNameError

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
TRUTH = Path(__file__).parents[2] / "data" / "truth"


# ── loading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_record_ends_somewhere_and_every_planted_line_where_it_should(ws: wb.Workspace) -> None:
    sources = ws.sources()
    assert (
        sources["read"] == sources.select(pl.sum_horizontal("loaded", "merged", "superseded", "set_aside")).to_series()
    ).all()
    planted = [json.loads(line) for line in (TRUTH / "planted.jsonl").read_text(encoding="utf-8").splitlines()]
    aside = {(Path(path).name, record) for path, record in ws.set_aside().select("path", "record").iter_rows()}
    for row in planted:
        if row["expect"] == "set_aside":
            assert (row["file"], row["line"]) in aside, row
    assert len(aside) == sum(row["expect"] == "set_aside" for row in planted)


def test_the_same_files_again_are_not_read(ws: wb.Workspace) -> None:
    before = ws.store.state()
    report = ws.load(SAMPLE / "baseline.jsonl")
    assert report.totals["read"] == 0
    assert "unchanged" in report.sentence
    assert ws.store.state() == before


def test_a_file_that_grew_adds_what_is_new(ws: wb.Workspace, tmp_path: Path) -> None:
    chat = '{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "Hello"}]}\n'
    file = tmp_path / "chat.jsonl"
    file.write_text(chat % "Hi")
    ws.load(file)
    sessions = ws.sessions().height
    file.write_text(chat % "Hi" + chat % "Good morning")
    totals = ws.load(file).totals
    assert (totals["read"], totals["loaded"], totals["merged"]) == (2, 1, 1)
    assert ws.sessions().height == sessions + 1


LOADER = """
import sys
import workbench as wb
from workbench.load import _ledger
from workbench.store import Store
_ledger._BATCH_BYTES = 1  # every file a batch of its own
add, done = Store.add_load, []
def counted(self, **parts):
    if done:
        print("killed here", flush=True)
        sys.stdin.read()
    done.append(1)
    return add(self, **parts)
Store.add_load = counted
wb.open(sys.argv[1]).load(sys.argv[2:])
"""


def test_a_load_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    files = [str(SAMPLE / name) for name in ("baseline.jsonl", "feedback.jsonl")]
    loading = subprocess.Popen(
        [sys.executable, "-c", LOADER, str(tmp_path / "ws"), *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert loading.stdout
    assert loading.stdout.readline() == "killed here\n"
    loading.kill()
    loading.communicate()
    ws = wb.open(tmp_path / "ws")
    assert ws.sources()["path"].to_list() == files[:1]
    report = ws.load(files)
    assert [Path(path).name for path in report.skipped] == ["baseline.jsonl"]
    assert report.sources["path"].to_list() == files[1:]
    ws.close()


# ── signals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_graders_and_labels_only_feedback_speaks(ws: wb.Workspace) -> None:
    assert "by user feedback" in ws.outcomes().sentence
    assert len(ws.failing()) + len(ws.passing()) < ws.sessions().height


def test_graders_are_kept_once_and_stand_beside_feedback_and_labels(ws: wb.Workspace) -> None:
    ws.grade(GRADERS)
    kept = ws.annotations().height
    ws.grade(GRADERS)
    assert ws.annotations().height == kept
    ws.annotate(SAMPLE / "labels.jsonl")
    assert ws.annotate(SAMPLE / "labels.jsonl") == 0
    columns = ws.sessions().columns
    assert {"status", "feedback", "verdict", "failure_mode", "grader:no_loops", "score:user_feedback"} <= set(columns)
    sentence = ws.outcomes().sentence
    assert all(word in sentence for word in ("human", "graders", "user feedback"))


def test_a_human_verdict_decides_over_a_grader(ws: wb.Workspace) -> None:
    ws.grade(GRADERS)
    session = ws.failing().session_ids[0]
    ws.save_label({"operation": "op1", "session_id": session, "verdict": "pass"}, reviewer="ana")
    assert session in ws.passing().session_ids


def test_an_unknown_session_suggests_the_nearest(ws: wb.Workspace) -> None:
    known = ws.sessions()["session_id"][0]
    with pytest.raises(UnknownNameError, match=f"did you mean '{known}'"):
        ws.session(known + "x")


def test_a_condition_on_a_column_that_does_not_exist_suggests_the_nearest(ws: wb.Workspace) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'agent_version'"):
        ws.failing(pl.col("agent_versoin") == "1.4.0")


# ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_label_outlives_the_process_and_a_repeated_delivery_makes_no_double(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    change = {"operation": "op1", "session_id": session, "verdict": "fail", "note": "refunded another order"}
    for _ in range(3):
        ws.save_label(change, reviewer="ana")
    again = wb.open(ws.store.folder)
    labels = again.labels(reviewer="ana")
    assert labels.select("verdict", "note", "revision").rows() == [("fail", "refunded another order", 1)]
    again.close()


def test_undo_takes_back_and_the_log_keeps_both(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    ws.save_label({"operation": "op1", "session_id": session, "verdict": "fail"}, reviewer="ana")
    ws.save_label({"operation": "op2", "session_id": session, "undo": "op1"}, reviewer="ana")
    assert ws.labels().height == 0
    assert ws.annotations().filter(author="ana").height > 1


def test_a_queue_is_drawn_once(ws: wb.Workspace) -> None:
    first = ws.queue("first read", n=20, seed=7)
    ws.save_label({"operation": "op1", "session_id": first.items["session_id"][0], "verdict": "pass"}, reviewer="ana")
    again = ws.queue("first read", n=20, seed=7)
    assert again.items["session_id"].to_list() == first.items["session_id"].to_list()
    assert ws.store.database.count("draws") == 20


def test_the_labeller_opens_with_what_was_said_before(ws: wb.Workspace) -> None:
    queue = ws.queue("first read", n=5, seed=7)
    session = queue.items["session_id"][0]
    ws.save_label(
        {"operation": "op1", "session_id": session, "verdict": "fail"}, reviewer="ana", queue_id=queue.queue_id
    )
    assert "ana has read 1 of 5" in repr(ws.label(queue, reviewer="ana"))
    assert "ben has read 0 of 5" in repr(ws.label(queue, reviewer="ben"))


def test_a_labelled_mode_that_does_not_exist_suggests_the_nearest(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    ws.save_label(
        {"operation": "1", "session_id": session, "verdict": "fail", "failure_mode": "wrong refund"}, reviewer="ana"
    )
    with pytest.raises(UnknownNameError, match="did you mean 'wrong refund'"):
        ws.labelled("wrong refnd")
    ws.edit_codebook("rename", "wrong refund", into=["refund to another order"], author="ana")
    assert ws.labelled("refund to another order")["session_id"].to_list() == [session]


# ── datasets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_promoting_twice_adds_nothing_and_the_export_reads_back(ws: wb.Workspace, tmp_path: Path) -> None:
    from workbench.dataset import read_dataset

    ws.grade(GRADERS)
    ws.annotate(SAMPLE / "labels.jsonl")
    first = ws.promote(ws.labelled(), to="regression", controls=10)
    again = ws.promote(ws.labelled(), to="regression", controls=10)
    assert (again.version, again.content_hash) == (1, first.content_hash)
    assert first.cases["channel"].value_counts().filter(channel="control")["count"].item() == 10
    assert first.cases["world_id"].null_count() < len(first)
    for name in ("regression.jsonl", "regression.parquet"):
        first.export(tmp_path / name)
        assert read_dataset(tmp_path / name).content_hash == first.content_hash
    reopened = wb.open(ws.store.folder)
    assert reopened.dataset("regression").content_hash == first.content_hash
    reopened.close()


def test_nothing_labelled_is_said_and_not_promoted(ws: wb.Workspace) -> None:
    with pytest.raises(EmptyError):
        ws.promote(ws.labelled(), to="regression")
    assert ws.datasets() == ()


def test_two_people_who_promote_at_once_both_keep_their_cases(
    ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = ws.sessions()["session_id"].to_list()[:2]
    beside = wb.open(ws.store.folder)
    append = type(ws.store.database).append_together

    def late(self: object, tables: dict, **how: object) -> bool:
        monkeypatch.undo()
        beside.promote([other], to="regression", author="ben")
        return append(self, tables, **how)

    monkeypatch.setattr(type(ws.store.database), "append_together", late)
    made = ws.promote([one], to="regression", author="ana")
    assert made.version == 2
    assert set(made.cases["session_id"]) == {one, other}
    beside.close()


def test_two_people_who_draw_one_queue_at_once_read_the_same(ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = wb.open(ws.store.folder)
    append = type(ws.store.database).append_together

    def late(self: object, tables: dict, **how: object) -> bool:
        monkeypatch.undo()
        beside.queue("first read", n=3, seed=1)
        return append(self, tables, **how)

    monkeypatch.setattr(type(ws.store.database), "append_together", late)
    mine = ws.queue("first read", n=5, seed=2)
    theirs = beside.queue("first read", n=3, seed=1)
    assert mine.items["session_id"].to_list() == theirs.items["session_id"].to_list()
    assert ws.store.database.count("draws") == 3
    beside.close()


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_comparison_finds_from_traces_alone_what_was_fixed_and_what_broke(ws: wb.Workspace) -> None:
    ws.grade(GRADERS)
    arms = [ws.recorded(version, pl.col("agent_version") == version) for version in ("1.4.0", "1.5.0")]
    found = wb.compare(baseline=arms[0], candidate=arms[1], margin=0.02)
    verdicts = dict(found.graders.select("grader", "verdict").iter_rows())
    better = {name for name, verdict in verdicts.items() if verdict == "better"}
    worse = {name for name, verdict in verdicts.items() if verdict == "worse"}
    assert better == {"tool_errors_admitted", "refund_to_named_order", "current_document"}
    assert worse == {"within_policy"}


def test_a_release_against_itself_is_not_better(ws: wb.Workspace) -> None:
    ws.grade(GRADERS)
    arm = ws.recorded("1.4.0", pl.col("agent_version") == "1.4.0")
    assert "better than" not in wb.compare(baseline=arm, candidate=arm).sentence


def test_a_release_that_was_never_loaded_is_named_with_those_that_were(ws: wb.Workspace) -> None:
    with pytest.raises(EmptyError, match=r"1\.4\.0, 1\.5\.0"):
        ws.recorded("2.0", pl.col("agent_version") == "2.0")


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_settings_are_read_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    assert ws.config.name == "ws"
    ws.close()
    settings = tmp_path / "ws" / "workbench.toml"
    settings.write_text(settings.read_text() + "\nspil_characters = 3\n")
    with pytest.raises(UnknownNameError, match="did you mean 'spill_characters'"):
        wb.open(tmp_path / "ws")


def test_sessions_are_named_by_a_column(ws: wb.Workspace) -> None:
    with pytest.raises(InputError, match="session_id"):
        ws.cluster(pl.DataFrame({"id": ["a"]}))


def test_the_report_holds_everything_and_runs_nothing(ws: wb.Workspace, tmp_path: Path) -> None:
    ws.grade(GRADERS)
    path = ws.report(tmp_path / "report.html")
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert ws.outcomes().sentence.split(",")[0] in text
    assert dt.datetime.now(dt.UTC).strftime("%Y-%m-%d") in text


def test_the_report_begins_with_the_decision_and_shows_where_conversations_part(
    ws: wb.Workspace, tmp_path: Path
) -> None:
    ws.grade(GRADERS)
    names = [grader.name for grader in GRADERS]
    arms = [ws.recorded(v, pl.col("agent_version") == v, graders=names) for v in ("1.4.0", "1.5.0")]
    found = wb.compare(*arms, margin=0.02)
    text = ws.report(tmp_path / "report.html", comparison=found).read_text(encoding="utf-8")
    heads = re.findall(r"<h2>([^<]+)</h2>", text)
    assert heads[:3] == ["Is the candidate better?", "Where conversations part", "What was read"]
    assert text.count("Here they part") >= 2
    case = found.changed.row(0, named=True)
    anchor = re.search(rf'<a href="#(session-\d+)">{re.escape(case["baseline_sessions"][0])}</a>', text)
    assert anchor is not None
    assert f'id="{anchor[1]}"' in text
    assert str(SAMPLE.parent) not in text
    assert str(tmp_path) not in text
    assert "baseline.jsonl" in text


# ── modes on the map ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_facets_at_once_are_crossed(ws: wb.Workspace) -> None:
    failing = ws.failing(signals=["feedback"])
    table = ws.cluster(failing, facet=["intent", "failure"], min_size=3)
    assert table.to_frame()["sessions"].sum() == len(failing)
    assert repr(table) == table.sentence
    with pytest.raises(InputError, match="takes two facets, got 3"):
        ws.cluster(failing, facet=["intent", "failure", "trajectory"])


def edit(modes: object, operation: str, kind: str, **said: object) -> None:
    modes.home.save({"operation": operation, "kind": kind, **said})


def test_edits_on_the_map_survive_a_re_run_and_undo_takes_the_last_one_back(ws: wb.Workspace) -> None:
    failing = ws.failing(signals=["feedback"])
    modes = ws.cluster(failing, min_size=3)
    first, second = modes.frame["name"].to_list()[:2]
    edit(modes, "1", "rename", mode=first, into="promises what it cannot do")
    edit(modes, "2", "retire", mode=second)
    edit(modes, "3", "merge", mode=second, into="promises what it cannot do")
    edit(modes, "4", "undo", undo="3")
    again = ws.cluster(failing, min_size=3)
    assert len(again) == len(modes)
    assert again.session_ids("promises what it cannot do") == modes.session_ids(first)
    assert again.frame.filter("retired")["name"].to_list() == [second]
    reopened = wb.open(ws.store.folder)
    assert "promises what it cannot do" in reopened.cluster(failing, min_size=3).frame["name"].to_list()
    reopened.close()


def test_what_is_done_on_the_map_of_modes_that_were_edited_in_code_is_kept_too(ws: wb.Workspace) -> None:
    failing = ws.failing(signals=["feedback"])
    modes = ws.cluster(failing, min_size=3)
    first = modes.frame["name"][0]
    renamed = modes.rename(first, "mine")
    assert wb.explore(renamed).acknowledged == "saved"
    edit(renamed, "1", "retire", mode="mine")
    again = ws.cluster(failing, min_size=3)
    assert again.frame.filter("retired")["name"].to_list() == [
        first
    ]  # the code that renames runs again, and so is not kept


def test_sessions_said_to_belong_together_are_together_in_the_next_run(ws: wb.Workspace) -> None:
    failing = ws.failing(signals=["feedback"])
    modes = ws.cluster(failing, min_size=3)
    first, second = modes.frame["name"].to_list()[:2]
    pair = [modes.session_ids(first)[0], modes.session_ids(second)[0]]
    edit(modes, "1", "together", session_ids=pair, into=second)
    again = ws.cluster(failing, min_size=3)
    assert set(again.session_ids(second)) == {*modes.session_ids(first), *modes.session_ids(second)}
    assert first not in again.frame["name"].to_list()
    edit(again, "2", "rename", mode=second, into="both")
    assert len(ws.cluster(failing, min_size=3)) == len(modes) - 1


def test_an_edit_that_cannot_be_made_keeps_nothing(ws: wb.Workspace) -> None:
    modes = ws.cluster(ws.failing(signals=["feedback"]), min_size=3)
    first, second = modes.frame["name"].to_list()[:2]
    with pytest.raises(InputError, match="another mode is named"):
        edit(modes, "1", "rename", mode=first, into=second)
    assert ws.store.database.count("mode_edits") == 0


def test_the_map_reads_sessions_and_keeps_edits_in_the_workspace(ws: wb.Workspace) -> None:
    modes = ws.cluster(ws.failing(signals=["feedback"]), min_size=3)
    explorer = wb.explore(modes)
    assert f"{modes.texts.height} sessions" in repr(explorer)
    session = modes.session_ids(1)[0]
    assert modes.home.read(session)["steps"]


def test_modes_tell_what_users_said_and_sessions_cost(ws: wb.Workspace) -> None:
    modes = ws.cluster(ws.failing(signals=["feedback"]), min_size=3)
    sessions = ws.sessions()
    row = modes.frame.row(0, named=True)
    inside = sessions.filter(pl.col("session_id").is_in(modes.session_ids(row["mode"])))
    assert row["negative_feedback"] == (inside["feedback"] == "down").sum() / inside["feedback"].count() == 1.0
    assert row["cost_total"] == pytest.approx(inside["cost"].sum())
    assert (
        modes.about["agent_version"].to_list()
        == sessions.join(modes.members, on="session_id", how="right", maintain_order="right")["agent_version"].to_list()
    )
    assert not {"input", "output", "note", "feedback_comment"} & set(modes.about.columns)


CLUSTERER = """
import sys
import workbench as wb
from workbench.cluster import _embed
from workbench.store import Vectors
_embed._CHUNK = 16
put, done = Vectors.put, []
def counted(self, space, keys, vectors):
    put(self, space, keys, vectors)
    done.extend(keys)
    print(len(done), flush=True)
    if len(done) >= 32:
        sys.stdin.read()
Vectors.put = counted
ws = wb.open(sys.argv[1])
ws.cluster(ws.failing(signals=["feedback"]), against=ws.passing(signals=["feedback"]), min_size=3)
"""


def test_a_clustering_that_was_killed_embeds_only_what_is_left(
    ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.store import Vectors

    running = subprocess.Popen(
        [sys.executable, "-c", CLUSTERER, str(ws.store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert running.stdout
    kept = 0
    while kept < 32:
        kept = int(running.stdout.readline())
    running.kill()
    running.communicate()
    embedded: list[str] = []
    put = Vectors.put
    monkeypatch.setattr(
        Vectors, "put", lambda self, space, keys, vectors: (embedded.extend(keys), put(self, space, keys, vectors))
    )
    failing, passing = ws.failing(signals=["feedback"]), ws.passing(signals=["feedback"])
    assert len(ws.cluster(failing, against=passing, min_size=3))
    assert 0 < len(embedded) <= len(failing) + len(passing) - kept
