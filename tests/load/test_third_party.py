"""A format from another package: installed beside the workbench, it is read like any other."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import load

MODULE = '''\
"""A reader as another package would write it: with nothing but the public names."""

from workbench.load import Sheet, Source


class Said:
    name = "said"
    keys = frozenset({"who", "words"})

    def fits(self, source: Source) -> bool:
        return source.path.suffix == ".said"

    def read(self, source, sheet: Sheet, progress) -> None:
        for number, line in source.lines():
            sheet.begin(number)
            who, colon, words = line.decode().strip().partition(": ")
            if not colon:
                sheet.refuse("a line without a speaker", "", line)
                continue
            sheet.span({"trace_id": source.name, "span_id": str(number), "kind": "llm", "name": who, "status": "ok", "output": words})
            progress(source.read_bytes)
            sheet.done()
'''


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package on the path, with the metadata that an installer leaves."""
    site = tmp_path / "site"
    about = site / "said_traces-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "said_traces.py").write_text(MODULE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: said-traces\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[workbench.readers]\nsaid = said_traces:Said\n")
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    load.readers.cache_clear()
    yield
    load.readers.cache_clear()


@pytest.mark.usefixtures("_installed")
class TestAnInstalledReader:
    def test_it_is_among_the_readers_after_the_own_ones(self) -> None:
        assert load.readers()[-1].name == "said"

    def test_its_files_are_read_and_accounted_for(self, tmp_path: Path) -> None:
        (tmp_path / "talk.said").write_text("ana: Hello\nnobody\nben: Hi\n")
        loaded = load.read(tmp_path / "talk.said")
        assert loaded.sources.select("format", "read", "loaded", "set_aside").rows() == [("said", 3, 2, 1)]
        assert loaded.spans.select("trace_id", "name", "output", "format").rows() == [
            ("talk.said", "ana", "Hello", "said"),
            ("talk.said", "ben", "Hi", "said"),
        ]

    def test_it_takes_no_file_of_another_format(self, tmp_path: Path) -> None:
        (tmp_path / "chat.jsonl").write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
        assert load.read(tmp_path / "chat.jsonl").sources["format"].to_list() == ["chat"]
