"""Texts to vectors: each text once, the longest first, kept as they come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._backends import BACKENDS, Choice, choose_backend, cosine_to_fp32
from workbench.cluster._spread import MakesExecutor, spread
from workbench.cluster._transformer import BUNDLED, Backend, Model, embed_there
from workbench.errors import InputError

__all__ = ["Embedder", "Embeds", "MemoryCache", "VectorCache", "default_embedder"]

_CHUNK: Final = 512  # texts between two saves: seconds of work, and few files


@runtime_checkable
class VectorCache(Protocol):
    """What the embedder asks of a cache; the workspace's store is one."""

    def get(self, space: str, keys: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """The vectors that are known among `keys`."""
        ...

    def put(self, space: str, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep one vector a key."""
        ...


class Embeds(Protocol):
    """Anything that turns n texts into an array of shape (n, d): an `Embedder`, or a function of yours."""

    def __call__(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Vectors of the texts, in their order."""
        ...


class MemoryCache:
    """A cache that lives as long as the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], NDArray[np.float32]] = {}

    def get(self, space: str, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are known among `keys`."""
        return {key: self._kept[space, key] for key in keys if (space, key) in self._kept}

    def put(self, space: str, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep one vector a key; `vectors` has shape (len(keys), d)."""
        self._kept.update({(space, key): vector for key, vector in zip(keys, vectors, strict=True)})


class Embedder:
    """Sentence embeddings on this machine, without a network.

    Every distinct text is embedded once; what is in the cache is not embedded again; vectors are saved in chunks as
    they come, so that an interrupted or killed run goes on from there.

    Parameters
    ----------
    model
        The bundled ``"all-MiniLM-L6-v2"`` (384 dimensions, the first 256 tokens of a text), a folder, or the name of
        any sentence-transformers model that is on this disk.
    cache
        A `VectorCache`, such as the workspace's; a `MemoryCache` when absent.
    backend
        ``"auto"`` takes the fastest that this machine has and whose vectors are those of fp32 (mean cosine at least .999, looked at once):
        a graphics card, OpenVINO where it is installed, bf16 where the processor has it, fp32. Or one of them by name, or ``"int8"``, which is
        fast everywhere and less exact. The choice is remembered in `choices`.
    choices
        A file that remembers the backend, so that a run whose texts are all in the cache does not even load torch; None: this process only.
    executor
        Where texts are embedded, instead of in this process: a `concurrent.futures.Executor`, or a function that makes one, which is called
        again when a worker's death broke it. Workers need this package and the model; nothing is cached there.

    Raises
    ------
    InputError
        There is no such backend.

    Examples
    --------
    >>> from workbench.cluster import Embedder
    >>> Embedder("all-MiniLM-L6-v2", backend="fp32").space
    'all-MiniLM-L6-v2 fp32'
    """

    def __init__(
        self,
        model: str = BUNDLED,
        *,
        cache: VectorCache | None = None,
        backend: Backend = "auto",
        choices: Path | None = None,
        executor: MakesExecutor | None = None,
    ) -> None:
        if backend not in ("auto", *BACKENDS):
            msg = f"backend {backend!r}: expected one of auto, {', '.join(BACKENDS)}"
            raise InputError(msg)
        self.model = model
        self.cache: VectorCache = MemoryCache() if cache is None else cache
        self._backend = backend
        self._choices = choices
        self._executor = executor
        self._cosine: float | None = None
        self._model = Model(model)

    def __repr__(self) -> str:
        return f"Embedder({self.model!r}, backend={self._backend!r})"

    @property
    def space(self) -> str:
        """The name under which vectors are cached: the model and the backend that ran it."""
        return f"{self.model} {self.backend}"

    @property
    def backend(self) -> Backend:
        """The number format in use; found on first asking where it is ``"auto"``."""
        if self._backend == "auto":
            known = self._read_choices()
            chosen = known.get(self.model) or choose_backend(self.model)
            self._backend, self._cosine = chosen.backend, chosen.cosine
            if self.model not in known and self._choices is not None:
                said = {model: asdict(choice) for model, choice in {**known, self.model: chosen}.items()}
                self._choices.parent.mkdir(parents=True, exist_ok=True)
                self._choices.write_text(json.dumps(said), encoding="utf-8")
        return self._backend

    @property
    def cosine(self) -> float:
        """How near the vectors are to those of fp32: mean cosine over a few sentences, measured once."""
        backend = self.backend
        if self._cosine is None:
            self._cosine = 1.0 if backend == "fp32" else cosine_to_fp32(self.model, backend)
        return self._cosine

    def __call__(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed texts.

        Parameters
        ----------
        texts
            n texts; repeated ones cost nothing.
        progress
            Called with (distinct texts done, distinct texts in all) after each saved chunk.

        Returns
        -------
        ndarray of float32, shape (n, d)
            Unit vectors, in the order of `texts`.

        Raises
        ------
        AssetError
            The bundled weights are missing or altered.
        InputError
            No model of that name is on this disk.
        """
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        distinct = dict(zip(keys, texts, strict=True))
        space = self.space
        known = dict(self.cache.get(space, list(distinct)))
        # Longest first: batches of equal length waste no padding, and what needs most memory comes first.
        missing = sorted((key for key in distinct if key not in known), key=lambda key: (-len(distinct[key]), key))
        done = len(distinct) - len(missing)
        if progress:
            progress(done, len(distinct))
        chunks = [missing[start : start + _CHUNK] for start in range(0, len(missing), _CHUNK)]
        with closing(self._computed([[distinct[key] for key in chunk] for chunk in chunks])) as computed:
            for number, vectors in computed:
                self.cache.put(space, chunks[number], vectors)
                known.update(zip(chunks[number], vectors, strict=True))
                done += len(chunks[number])
                if progress:
                    progress(done, len(distinct))
        if not keys:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([known[key] for key in keys]).astype(np.float32, copy=False)

    def _computed(self, chunks: Sequence[Sequence[str]]) -> Generator[tuple[int, NDArray[np.float32]]]:
        if self._executor is not None:
            jobs = [(self.model, self.backend, chunk) for chunk in chunks]
            yield from spread(embed_there, jobs, self._executor)
            return
        for number, chunk in enumerate(chunks):
            self._model.use(self.backend)
            yield number, self._model.vectors(chunk)

    def _read_choices(self) -> dict[str, Choice]:
        if self._choices is None or not self._choices.is_file():
            return {}
        try:
            read = cast("object", json.loads(self._choices.read_text(encoding="utf-8")))
        except ValueError:
            return {}
        if not isinstance(read, dict):
            return {}
        found: dict[str, Choice] = {}
        for model, said in cast("dict[str, Any]", read).items():
            with suppress(TypeError, KeyError, ValueError):
                if said["backend"] in BACKENDS:
                    found[model] = Choice(said["backend"], float(said["cosine"]))
        return found


_default: list[Embedder] = []


def default_embedder() -> Embedder:
    """The bundled model with a cache that lives as long as the process: loaded once, warm afterwards."""
    if not _default:
        _default.append(Embedder())
    return _default[0]
