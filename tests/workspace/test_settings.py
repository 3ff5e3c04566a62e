"""Settings count for what is loaded from then on, and loads that were made with others are said."""

from __future__ import annotations

from pathlib import Path

import workbench as wb

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_loads_that_were_made_with_other_settings_are_said_with_what_to_do(tmp_path: Path) -> None:
    ws = wb.open(tmp_path)
    assert "settings" not in ws.load(SAMPLE / "feedback.jsonl").sentence
    assert ws.other_settings is None
    ws.close()
    settings = tmp_path / "workbench.toml"
    text = settings.read_text()
    assert "result" not in text.splitlines()[0]
    settings.write_text(text.replace('"feedback", ', ""))
    again = wb.open(tmp_path)
    said = "1 of 1 loads was made with other settings"
    assert said in repr(again)
    report = again.load(SAMPLE / "feedback.jsonl")
    assert said in report.sentence
    assert "new folder" in report.sentence
    again.close()


def test_another_name_of_the_workspace_is_no_other_setting(tmp_path: Path) -> None:
    wb.open(tmp_path).load(SAMPLE / "feedback.jsonl")
    settings = tmp_path / "workbench.toml"
    settings.write_text(settings.read_text().replace("name = ", 'name = "x" # '))
    assert wb.open(tmp_path).other_settings is None
