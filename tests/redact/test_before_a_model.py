"""What is made to be read by a model goes through the redactor, and no place can forget it."""

from __future__ import annotations

import ast
from pathlib import Path

import workbench as wb
from workbench.load import read

PACKAGE = Path(wb.__file__).parent


def test_a_session_rendered_for_a_model_holds_tokens_and_no_personal_data(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "I am ana@example.org, call +44 20 7946 0958"},
        {"role": "assistant", "content": "Noted, ana@example.org."},
    ]
    ws = wb.open(tmp_path / "ws")
    ws.load([{"messages": messages}])
    text = ws.render(ws.sessions()["session_id"][0]).text
    ws.close()
    assert "Noted, [mail:" in text
    assert "ana@" not in text
    assert "7946" not in text
    assert read([{"messages": messages}]).spans["input_messages"].str.contains("ana@").any()


def forgetful(source: str) -> list[int]:
    """The lines on which a session, or words of some, are rendered without a redactor."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        call.lineno
        for call in calls
        if ast.unparse(call.func) in {"render", "evidence.render", "fenced", "evidence.fenced"}
        and "redact" not in {each.arg for each in call.keywords}
    ]


def test_a_rendering_without_a_redactor_is_found() -> None:
    assert forgetful("a = evidence.render(loop)\nb = render(loop, redact=clean)\nc = render(loop, budget=9)") == [1, 3]
    assert forgetful("a = fenced(words)\nb = fenced(words, redact=clean)") == [1]


def test_no_part_of_the_workbench_renders_a_session_without_the_redactor() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "evidence"]
    assert len(files) > 100
    assert {str(path): lines for path in files if (lines := forgetful(path.read_text(encoding="utf-8")))} == {}
