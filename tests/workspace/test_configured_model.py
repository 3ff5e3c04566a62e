"""The language model of a workspace: none by default, named in a file, its key never there."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import InputError


def configured(folder: Path, section: str) -> wb.Workspace:
    """A workspace whose settings end with a section."""
    wb.open(folder).close()
    settings = folder / "workbench.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + section, encoding="utf-8")
    return wb.open(folder)


def test_without_a_configured_model_it_is_said_what_to_do(tmp_path: Path) -> None:
    ws = wb.open(tmp_path)
    with pytest.raises(InputError, match=r"no model is configured.*\[model\].*workbench\.toml"):
        _ = ws.model
    ws.close()


def test_the_settings_name_the_model_and_its_limits(tmp_path: Path) -> None:
    ws = configured(tmp_path, '\n[model]\nname = "openai:gpt-5-mini"\nmost_calls = 50\n')
    assert ws.model.name == "openai:gpt-5-mini"
    assert ws.model is ws.model
    with pytest.raises(InputError, match=r"51 questions .* allows 50"):
        ws.model.ask([str(i) for i in range(51)], instructions="", answer=Path)
    ws.close()


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('[model]\nname = "openai:x"\napi_key = "sk-1"\n', r"no key belongs in a file"),
        ('[model]\nname = "openai:x"\nmost_cals = 3\n', r"did you mean 'most_calls'"),
        ('[model]\nname = "openai:x"\nmost_calls = "3"\n', r"model\.most_calls is '3'"),
        ("[model]\nmost_calls = 3\n", r"\[model\] has no name"),
    ],
)
def test_settings_of_a_model_that_cannot_be_are_refused(tmp_path: Path, section: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        configured(tmp_path, f"\n{section}")


def test_which_model_is_configured_is_no_setting_of_what_was_loaded(tmp_path: Path) -> None:
    before = wb.open(tmp_path / "a")
    after = configured(tmp_path / "b", '\n[model]\nname = "openai:gpt-5-mini"\n')
    assert before.config.fingerprint == after.config.fingerprint
    before.close()
    after.close()
