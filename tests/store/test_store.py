"""A workspace's folder: what the ledger names exists, whole; everything else does not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard

from workbench import schema
from workbench.errors import ReadOnlyError, StoreError
from workbench.store import Store, write_whole


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "ws")
    yield opened
    opened.close()


def load(store: Store, name: str, spans: list[dict], superseded: list[tuple[str, str, str]] = ()) -> str:
    source = {"source_id": name, "path": f"/exports/{name}.jsonl", "format": "otlp", "read": len(spans)}
    return store.add_load(
        spans=schema.conform(spans, schema.SPANS),
        scores=schema.conform([{"score_id": f"{name}-1", "name": "thumbs"}], schema.SCORES),
        sources=schema.conform([source], schema.SOURCES),
        set_aside=schema.conform([{"source_id": name, "path": "p", "record": 3, "reason": "not JSON"}] * 2, schema.SET_ASIDE),
        superseded=pl.DataFrame(superseded, schema=["trace_id", "span_id", "load_id"], orient="row"),
        blobs={},
        modified_ns={f"/exports/{name}.jsonl": 5},
        config="c",
    )  # fmt: skip


def test_an_empty_workspace_has_empty_frames_of_the_right_types(store: Store) -> None:
    assert store.scan_spans().collect().select(schema.SPANS.names()).schema == schema.SPANS
    assert store.scan_scores().collect().height == 0
    assert store.set_aside().schema == schema.SET_ASIDE


def test_loads_add_up_and_a_grown_span_is_shown_as_it_stands_now(store: Store) -> None:
    first = load(
        store, "monday", [{"trace_id": "t", "span_id": "a", "status": "running"}, {"trace_id": "t", "span_id": "b"}]
    )
    load(store, "tuesday", [{"trace_id": "t", "span_id": "a", "status": "ok"}], [("t", "a", first)])
    spans = store.scan_spans().collect().sort("span_id")
    assert spans.select("span_id", "status").rows() == [("a", "ok"), ("b", None)]
    assert store.set_aside().height == 4
    assert store.sources()["modified_ns"].to_list() == [5, 5]


def test_what_the_ledger_does_not_name_was_never_loaded(store: Store) -> None:
    pl.DataFrame({"trace_id": ["ghost"]}).write_parquet(
        write_whole(store.folder / "traces" / "spans-dead.parquet", Path.touch)
    )
    assert store.scan_spans().collect().height == 0


def test_the_state_changes_with_the_traces_only(store: Store) -> None:
    before = store.state()
    store.database.append("annotations", [{"annotation_id": "a", "name": "note"}])
    assert store.state() == before
    load(store, "monday", [{"trace_id": "t", "span_id": "a"}])
    assert store.state() != before


def test_derived_frames_are_made_once_a_state_and_version(store: Store) -> None:
    made: list[int] = []

    def make() -> pl.DataFrame:
        made.append(1)
        return pl.DataFrame({"n": [len(made)]})

    assert store.derived("steps", "1", make).item() == store.derived("steps", "1", make).item() == 1
    assert store.derived("steps", "2", make).item() == 2
    load(store, "monday", [{"trace_id": "t", "span_id": "a"}])
    assert store.derived("steps", "2", make).item() == 3
    assert len(list((store.folder / "derived").iterdir())) == 1


def test_vectors_come_back_for_the_keys_that_are_known(store: Store) -> None:
    store.vectors.put("mini/lm bf16", ["a", "b"], np.array([[1, 2], [3, 4]], dtype=np.float32))
    store.vectors.put("mini/lm bf16", ["c"], np.array([[5, 6]], dtype=np.float32))
    found = store.vectors.get("mini/lm bf16", ["c", "x", "a", "a"])
    assert {key: value.tolist() for key, value in found.items()} == {"a": [1, 2], "c": [5, 6]}
    assert store.vectors.get("another", ["a"]) == {}


def test_many_small_saves_of_vectors_are_merged_and_none_is_lost(store: Store) -> None:
    for number in range(70):
        store.vectors.put("s", [str(number)], np.full((1, 3), number, dtype=np.float32))
    store.vectors.get("s", ["1"])
    assert len(list((store.folder / "cache" / "vectors").rglob("*.parquet"))) == 1
    assert store.vectors.get("s", ["69"])["69"].tolist() == [69, 69, 69]


def test_blobs_are_kept_once_and_checked_when_read(store: Store) -> None:
    sha256 = store.blobs.put(b"x" * 100_000)
    assert store.blobs.put(b"x" * 100_000) == sha256 == hashlib.sha256(b"x" * 100_000).hexdigest()
    assert sha256 in store.blobs
    (path,) = (p for p in (store.folder / "blobs").rglob("*") if p.is_file())
    assert path.stat().st_size < 1_000
    path.write_bytes(zstandard.compress(b"altered"))
    with pytest.raises(StoreError, match="altered"):
        store.blobs.get(sha256)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "z" * 64])
def test_a_blob_is_never_found_by_anything_but_a_hash(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="not a sha256"):
        store.blobs.get(name)


def test_a_file_is_the_old_one_or_the_new_one_never_a_part(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "f", lambda draft: draft.write_text("old"))

    def fail(draft: Path) -> None:
        draft.write_text("half of the n")
        raise OSError(28, "No space left on device")

    with pytest.raises(ReadOnlyError, match="No space left"):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_load_that_died_before_the_ledger_leaves_nothing_behind_when_it_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = [{"trace_id": "t", "span_id": name} for name in "abz"]
    with monkeypatch.context() as killed:
        killed.setattr(store.database, "append_together", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            load(store, "monday", spans, [("t", "a", "earlier")])
    assert store.scan_spans().collect().height == 0
    load(store, "monday", spans[:2])
    assert store.scan_spans().collect()["span_id"].sort().to_list() == ["a", "b"]
    assert store.sources()["read"].to_list() == [2]
    assert not list((store.folder / "traces").glob("superseded-*"))


def test_traces_that_went_missing_are_said_and_not_taken_for_none(store: Store) -> None:
    load_id = load(store, "monday", [{"trace_id": "t", "span_id": "a"}])
    (store.folder / "traces" / f"spans-{load_id}.parquet").unlink()
    with pytest.raises(StoreError, match="is missing"):
        store.scan_spans()


def test_traces_of_an_earlier_version_lack_only_what_was_added_since(store: Store) -> None:
    load_id = load(store, "monday", [{"trace_id": "t", "span_id": "a", "model": "m"}])
    path = store.folder / "traces" / f"spans-{load_id}.parquet"
    pl.read_parquet(path).drop("reasoning_tokens").write_parquet(path)
    assert store.scan_spans().collect().select("model", "reasoning_tokens").rows() == [("m", None)]
