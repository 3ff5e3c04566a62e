"""Who did not consent is left out everywhere, with a count; what leaves the workspace is redacted, or nothing is kept that is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from otlp_lines import request, span, write

import workbench as wb
from workbench.evidence import AgentLoop

SECRET = "ana@example.org"


def told(number: int, *, consent: str | None = None) -> Any:
    asked = f'[{{"role":"user","parts":[{{"type":"text","content":"Mail {SECRET} about order {number}"}}]}}]'
    answered = '[{"role":"assistant","parts":[{"type":"text","content":"Sent to ' + SECRET + '"}]}]'
    says: dict[str, object] = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.conversation.id": f"s{number}",
        "gen_ai.input.messages": asked, "gen_ai.output.messages": answered,
    }  # fmt: skip
    if consent is not None:
        says["user.consent"] = consent
    return request(span(f"{number:016x}", says, traceId=f"{number:032x}"))


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Workspace]:
    opened = wb.open(tmp_path / "ws")
    lines = [told(n, consent="false" if n == 1 else "true" if n == 2 else None) for n in range(1, 9)]
    opened.load(write(tmp_path / "a.jsonl", *lines))
    yield opened
    opened.close()


NOTE = "1 session left out: the user did not consent."


def test_a_queue_leaves_out_who_did_not_consent(ws: wb.Workspace) -> None:
    queue = ws.queue("all", n=20)
    assert "s1" not in queue.items["session_id"].to_list()
    assert queue.pool == 7
    assert NOTE in queue.notes
    assert ws.queue("named", ["s1", "s2"]).items["session_id"].to_list() == ["s2"]


def test_a_dataset_leaves_out_who_did_not_consent_and_holds_no_personal_data(ws: wb.Workspace, tmp_path: Path) -> None:
    made = ws.promote(["s1", "s2", "s3"], to="mails")
    assert made.cases["session_id"].to_list() == ["s2", "s3"]
    assert NOTE in made.notes
    assert any(note.startswith("Redacted: 4 values replaced: mail 4") for note in made.notes)
    made.export(tmp_path / "mails.jsonl")
    written = (tmp_path / "mails.jsonl").read_text()
    assert SECRET not in written
    assert made.cases["input"].str.extract(r"(\[mail:\w{8}\])").n_unique() == 1
    assert len(ws.promote(["s2"], to="mails")) == 2
    assert all(SECRET.encode() not in world for world in made.worlds.values())


def test_the_report_counts_and_shows_only_who_did_not_refuse(ws: wb.Workspace, tmp_path: Path) -> None:
    page = ws.report(tmp_path / "report.html").read_text()
    assert NOTE in page


@pytest.mark.slow
def test_clustering_leaves_out_who_did_not_consent(ws: wb.Workspace) -> None:
    found = ws.cluster(ws.sessions(), facet="intent", min_size=2)
    assert "s1" not in found.texts["session_id"].to_list()
    assert NOTE in found.notes


def test_where_the_settings_say_so_nothing_is_kept_that_was_not_redacted(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "workbench.toml").write_text('redact = "load"\nspill_characters = 200\n')
    opened = wb.open(folder)
    long = request(span("00000000000000aa", {"input.value": f"{'word ' * 90} {SECRET}"}, traceId="c" * 32))
    report = opened.load(write(tmp_path / "a.jsonl", told(1), told(2), long, b'{"torn": "' + SECRET.encode()))
    assert report.replaced == {"mail": 6}
    assert "mail 6" in report._repr_html_()
    spans = opened.scan_spans().collect()
    assert not any(SECRET in str(value) for row in spans.rows() for value in row)
    assert SECRET not in str(opened.set_aside().rows())
    blob = spans["spilled"].explode().drop_nulls().struct.field("sha256")[0]
    assert SECRET.encode() not in opened.store.blobs.get(blob)
    assert opened.sessions()["input"].str.extract(r"(\[mail:\w{8}\])").drop_nulls().n_unique() == 1
    opened.close()


def test_a_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text('redact = "lode"\n')
    with pytest.raises(wb.errors.UnknownNameError, match="load"):
        wb.open(tmp_path)


def test_who_did_not_consent_is_still_counted_among_the_sessions(ws: wb.Workspace) -> None:
    assert ws.sessions().filter(~pl.col("consent"))["session_id"].to_list() == ["s1"]


def refuse(ws: wb.Workspace, tmp_path: Path, number: int) -> object:
    """The same session, exported again after its user refused."""
    return ws.load(write(tmp_path / f"later-{number}.jsonl", told(number, consent="false")))


def test_a_refusal_after_promotion_retires_the_case_and_says_so(ws: wb.Workspace, tmp_path: Path) -> None:
    ws.promote(["s2", "s3", "s4"], to="mails")
    report = refuse(ws, tmp_path, 3)
    assert "'mails': 1 case retired: the user did not consent: version 2." in repr(report)
    made = ws.dataset("mails")
    assert made.version == 2
    row = made.cases.row(by_predicate=pl.col("session_id") == "s3", named=True)
    assert (row["state"], row["input"], row["prefix"], row["world_id"]) == ("retired", "", "[]", None)
    assert "1 case retired and emptied: the user did not consent." in made.notes
    assert "1 retired" in made.sentence
    assert made.inputs().height == 2
    versions = ws.store.database.read("dataset_versions").sort("version")
    assert versions["reason"].to_list()[-1] == "1 case retired: the user did not consent"
    assert refuse(ws, tmp_path, 3) is not None
    assert ws.dataset("mails").version == 2


def test_what_a_refusing_user_said_is_in_no_version_and_no_export(ws: wb.Workspace, tmp_path: Path) -> None:
    before = ws.promote(["s2", "s3"], to="mails")
    said = before.cases.filter(session_id="s3")["input"].item()
    refuse(ws, tmp_path, 3)
    for version in (1, 2):
        held = ws.dataset("mails", version=version)
        for name, form in (
            ("a.jsonl", None),
            ("a.parquet", None),
            ("b.jsonl", "langsmith"),
            ("c.jsonl", "openai-evals"),
        ):
            held.export(tmp_path / name, form)
            assert said.encode() not in (tmp_path / name).read_bytes()
        assert held.inputs()["case_id"].to_list() == before.cases.filter(session_id="s2")["case_id"].to_list()
    assert len(ws.promote(["s4"], to="mails")) == 3
    assert ws.dataset("mails").cases["state"].to_list().count("retired") == 1


def test_graders_see_only_who_did_not_refuse(ws: wb.Workspace) -> None:
    seen: list[str] = []

    @wb.grader(criterion="it can be read")
    def reads(loop: AgentLoop) -> bool:
        seen.append(loop.session_id)
        return True

    graded = ws.grade([reads])
    assert sorted(seen) == [f"s{n}" for n in range(2, 9)]
    assert NOTE in repr(graded)


def test_a_refusal_holds_until_the_user_consents(ws: wb.Workspace, tmp_path: Path) -> None:
    def consents() -> list[bool | None]:
        return ws.sessions().filter(session_id="s3")["consent"].to_list()

    refuse(ws, tmp_path, 3)
    assert consents() == [False]
    grown = told(3)
    for consent, expected in ((None, False), ("true", True)):
        grown["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = told(3, consent=consent)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"]  # fmt: skip
        span_ = grown["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
        span_["endTimeUnixNano"] = str(int(span_["endTimeUnixNano"]) + 1_000)
        ws.load(write(tmp_path / f"grown-{consent}.jsonl", grown))
        assert consents() == [expected]


def test_of_two_states_in_one_file_the_refusal_counts(tmp_path: Path) -> None:
    longer = told(9)
    longer["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"].append({"key": "input.value", "value": {"stringValue": "x" * 99}})  # fmt: skip
    opened = wb.open(tmp_path / "other")
    opened.load(write(tmp_path / "b.jsonl", told(9, consent="false"), longer))
    assert opened.sessions()["consent"].to_list() == [False]
    opened.close()


def test_recognisers_of_ones_own_reach_the_load_the_dataset_and_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "workbench.toml").write_text("[recognisers]\ncustomer = ['order 1']\nnumber = 'order \\d'\n")
    opened = wb.open(folder)
    opened.load(write(tmp_path / "a.jsonl", told(1), told(2)))
    made = opened.promote(["s1", "s2"], to="mails")
    assert made.cases["input"].str.extract(r"\[(customer|number):").to_list() == ["customer", "number"]
    page = opened.report(tmp_path / "report.html").read_text()
    assert "order 1" not in page
    assert SECRET not in page
    opened.close()
    (folder / "workbench.toml").write_text("[recognisers]\ncustomer = '['\n")
    with pytest.raises(wb.errors.InputError, match="no regular expression"):
        wb.open(folder)
