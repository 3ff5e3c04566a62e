"""The one module that knows `openvino`: the same model, compiled for this processor."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["compiled"]


def compiled(model: Any) -> Callable[[Any, Sequence[str], int], NDArray[np.float32]]:
    """A function of (model, texts, batch) that gives the model's vectors, shape (n, d), run by OpenVINO in its fastest exact format.

    Parameters
    ----------
    model
        A loaded sentence-transformers model; its tokenizer is used as ever.

    Raises
    ------
    ImportError
        OpenVINO is not installed.
    """
    openvino: Any = importlib.import_module("openvino")
    torch: Any = importlib.import_module("torch")

    class Whole(torch.nn.Module):  # pyright: ignore[reportUntypedBaseClass] - torch is loaded only here
        def __init__(self) -> None:
            super().__init__()  # pyright: ignore[reportUnknownMemberType]
            self.model = model

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.model({"input_ids": ids, "attention_mask": mask})["sentence_embedding"]

    told = _tokens(model, ["one text", "and another, longer one"])
    converted = openvino.convert_model(Whole().eval(), example_input=(told["input_ids"], told["attention_mask"]))
    core = openvino.Core()
    # bf16 is said to be exact enough by whoever chooses the backend, and is used only where the processor has it.
    has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    options = {"INFERENCE_PRECISION_HINT": "bf16" if has_bf16 else "f32", "PERFORMANCE_HINT": "LATENCY"}
    run = core.compile_model(converted, "CPU", options)

    def vectors(model: Any, texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        found: list[NDArray[np.float32]] = []
        for start in range(0, len(texts), batch):
            told = _tokens(model, list(texts[start : start + batch]))
            found.append(run([told["input_ids"].numpy(), told["attention_mask"].numpy()])[0])
        return np.vstack(found)

    return vectors


def _tokens(model: Any, texts: list[str]) -> Any:
    return (model.preprocess if hasattr(model, "preprocess") else model.tokenize)(texts)
