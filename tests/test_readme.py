"""What the README says is so: its commands, targets, names, files and formats exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import workbench as wb
from workbench import load

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)


def test_it_opens_with_the_two_commands() -> None:
    assert BLOCKS[0][0] == "console"
    assert [line.split("#")[0].strip() for line in BLOCKS[0][1].splitlines()] == ["make demo", "make test"]


def test_every_make_target_that_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", TEXT)) <= targets


def test_every_make_target_does_something() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert [name for name in phony.split() if not re.search(rf"^{name}:.*\n\t", makefile, re.MULTILINE)] == ["setup"]


def test_every_command_is_shown_and_every_shown_command_exists() -> None:
    from workbench.cli._app import app

    commands = {info.name or info.callback.__name__ for info in app.registered_commands if info.callback}
    commands |= {info.typer_instance.info.name for info in app.registered_groups if info.typer_instance}
    assert set(re.findall(r"^workbench ([a-z]+)", TEXT, re.MULTILINE)) == commands


def test_the_notebook_cell_uses_names_that_exist() -> None:
    code = "\n".join(code for language, code in BLOCKS if language == "python")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = {"wb": wb, "ws": wb.Workspace}.get(node.value.id)
            assert owner is None or hasattr(owner, node.attr), f"{node.value.id}.{node.attr}"


def test_every_file_that_it_shows_or_names_is_there() -> None:
    named = re.findall(r'(?:src|srcset)="([^"]+)"', TEXT) + re.findall(r"`(\w+/[\w/.]+\.(?:ipynb|py))`", TEXT)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("reader", [reader.name for reader in load.readers()])
def test_every_format_that_is_read_is_named(reader: str) -> None:
    assert f"`{reader}`" in TEXT
