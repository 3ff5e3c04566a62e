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
