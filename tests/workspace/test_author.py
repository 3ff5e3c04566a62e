"""Who decides, where the system knows no name."""

from __future__ import annotations

import getpass

import pytest

import workbench as wb
from workbench.errors import InputError
from workbench.workspace._base import author_of


def nobody() -> str:
    raise KeyError("getpwuid(): uid not found: 1234")


def test_a_user_without_an_entry_is_named_by_the_hub_or_asked_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    with pytest.raises(InputError, match="author="):
        author_of()
    assert author_of("ana") == "ana"
    monkeypatch.setenv("JUPYTERHUB_USER", "ben")
    assert author_of() == "ben"


def test_a_queue_is_drawn_where_the_system_knows_no_name(ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setenv("JUPYTERHUB_USER", "ben")
    assert ws.queue("q", ws.sessions().head(2), n=2).row["created_by"].item() == "ben"


def test_an_unknown_column_of_a_population_says_what_to_do(ws: wb.Workspace) -> None:
    with pytest.raises(InputError, match="list of ids"):
        ws.queue("q", {"conversation": ["a"]}, n=1)
