"""Which number format and library run a model on this machine: the fastest whose vectors are those of plain fp32."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from workbench.cluster._transformer import Backend, Model

__all__ = ["BACKENDS", "Choice", "available_backends", "choose_backend", "cosine_to_fp32"]

BACKENDS: Final = ("cuda", "openvino", "bf16", "int8", "fp32")
_EXACT: Final = 0.999  # mean cosine to fp32 below which the groups are others
_PROBES: Final = (
    "Please refund order A-1001.",
    "tool error, time-out: the search service did not answer within thirty seconds",
    "success claimed after a tool error: Your refund is confirmed and will arrive within five business days.",
    "The user gave the number twice, and was asked for it a third time; after that they asked for a person.",
    "El agente repitió la misma pregunta sin leer la respuesta.",
    "工具超时了但代理说成功",
    '{"error": {"code": "E_TIMEOUT", "retry_after": 5}, "path": "/api/v2/orders/refund"}',
    "no",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend, and how near its vectors are to those of fp32: mean cosine over sentences of several kinds."""

    backend: Backend
    cosine: float


def available_backends() -> list[Backend]:
    """What this machine has, the fastest first, in the order in which they were measured.

    The order is not found by a stopwatch: on a busy machine that says something else than on an idle one, and the same texts would get other
    vectors, and other modes, from one run to the next. int8 is taken only by name, its vectors being further off.
    """
    torch: Any = importlib.import_module("torch")
    cpu: Any = importlib.import_module("torch.cpu")
    asks = (getattr(cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    has = {
        "cuda": bool(torch.cuda.is_available()),
        "openvino": importlib.util.find_spec("openvino") is not None,
        "bf16": any(ask is not None and ask() for ask in asks),
        "fp32": True,
    }
    return [backend for backend in BACKENDS if has.get(backend)]


def cosine_to_fp32(model: str, backend: Backend) -> float:
    """Mean cosine between a backend's vectors and those of fp32, over sentences of several kinds."""
    exact, other = Model(model), Model(model)
    exact.use("fp32")
    other.use(backend)
    return float((exact.vectors(_PROBES) * other.vectors(_PROBES)).sum(axis=1).mean())


def choose_backend(model: str, among: Iterable[Backend] | None = None) -> Choice:
    """The first backend at hand whose vectors are as good as fp32's; one that cannot run the model is passed over."""
    for backend in available_backends() if among is None else among:
        if backend == "fp32":
            break
        with suppress(Exception):  # whatever a driver or converter has against this model, the next one is tried
            cosine = cosine_to_fp32(model, backend)
            if cosine >= _EXACT:
                return Choice(backend, cosine)
    return Choice("fp32", 1.0)
