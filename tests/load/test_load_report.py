"""What a load says of itself: where records ended, what was not understood, what can be concluded."""

from __future__ import annotations

from pathlib import Path

import pytest
from otlp_lines import request, span, write

import workbench as wb


def test_a_load_names_what_was_not_understood_and_how_often(tmp_path: Path) -> None:
    told = {"gen_ai.operation.name": "chat", "acme.tier": "gold"}
    file = write(tmp_path / "a.jsonl", *(request(span(f"{n:016x}", told)) for n in range(1, 4)))
    report = wb.open(tmp_path / "ws").load(file)
    assert report.unknown.rows() == [("acme.tier", 3)]
    assert "kept in `raw`: acme.tier (3)" in report._repr_html_()


def test_the_first_place_of_each_reason_is_a_link_below_the_notebooks_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my exports"
    folder.mkdir()
    file = write(folder / "a.jsonl", request(span("0" * 15 + "1", {})))
    with file.open("ab") as out:
        out.write(b'{"resourceSpans": [\n')
    report = wb.open(tmp_path / "ws").load(file)
    assert report.reasons().rows() == [("a truncated line", 1, str(file), 2)]
    assert "<a " not in report._repr_html_()
    monkeypatch.chdir(tmp_path)
    assert f'<a href="my%20exports/a.jsonl">{file}:2</a>' in report._repr_html_()


def test_without_signals_only_errors_can_be_told(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", request(span("0" * 15 + "1", {})))
    ws = wb.open(tmp_path / "ws")
    assert "only operational errors" in ws.load(file)._repr_html_()
    ws.save_label({"session_id": ws.sessions()["session_id"][0], "verdict": "pass"}, reviewer="ana")
    shown = ws.load(file)._repr_html_()
    assert "human labels 1" in shown
    assert "Nobody has read" not in shown


def test_what_is_left_out_is_said_in_the_sentence(tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text('{"simulations": [{"id": "a", "messages": [\n{"role": "user",\n')
    said = str(wb.open(tmp_path / "ws").load(tmp_path / "cut.json"))
    assert said == "1 records read from 1 file: 0 loaded, 1 set aside: JSON that breaks off or is damaged (1)."


def test_a_workspace_does_not_load_what_it_keeps_itself(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    write(tmp_path / "ws" / "mine.jsonl", request(span("0" * 15 + "1", {})))
    write(tmp_path / "yours.jsonl", request(span("0" * 15 + "2", {})))
    report = ws.load(tmp_path)
    assert sorted(Path(path).name for path in report.sources["path"]) == ["mine.jsonl", "yours.jsonl"]
    assert ws.load(tmp_path).sources.height == 0


@pytest.mark.parametrize(
    "where", [{"consent": False}, {"metadata": {"consent": "no"}}, {"metadata": {"user_consent": 0}}]
)
def test_consent_is_read_beside_a_chat_and_in_its_metadata(tmp_path: Path, where: dict[str, object]) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    ws = wb.open(tmp_path / "ws")
    ws.load(write(tmp_path / "chat.jsonl", {"messages": said, **where}, {"messages": said, "session_id": "b"}))
    assert sorted(ws.sessions()["consent"].to_list(), key=str) == [False, None]


@pytest.mark.parametrize(
    "name", ["user.consent", "user_consent", "langfuse.trace.metadata.consent", "metadata.consent"]
)
def test_consent_is_read_from_attributes_and_metadata_of_spans(tmp_path: Path, name: str) -> None:
    ws = wb.open(tmp_path / "ws")
    ws.load(write(tmp_path / "a.jsonl", request(span(told={name: "false"}))))
    assert ws.sessions()["consent"].to_list() == [False]


def test_sessions_that_are_not_there_are_named(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    ws.load(write(tmp_path / "chat.jsonl", {"messages": said, "session_id": "alpha"}))
    for use in (
        lambda: ws.promote(["alfa"], to="x"),
        lambda: ws.queue("q", ["alfa"], n=1),
        lambda: ws.cluster(["alpha", "alfa"]),
    ):
        with pytest.raises(wb.WorkbenchError, match="no session named 'alfa': did you mean 'alpha'"):
            use()
