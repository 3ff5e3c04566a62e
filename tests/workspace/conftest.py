"""A workspace over the shipped sample, loaded once and copied for whoever writes to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench as wb

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded") / "support-agent"
    ws = wb.open(folder)
    ws.load([SAMPLE / "baseline.jsonl", SAMPLE / "candidate.jsonl", SAMPLE / "feedback.jsonl"])
    ws.sessions()
    ws.close()
    return folder


@pytest.fixture
def ws(loaded: Path, tmp_path: Path) -> Iterator[wb.Workspace]:
    folder = shutil.copytree(loaded, tmp_path / "support-agent")
    opened = wb.open(folder)
    yield opened
    opened.close()
