"""The one function of scipy that is used here, with the types that it does not ship."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["log_beta"]


def log_beta(a: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The logarithm of the beta function."""
    from scipy.special import betaln

    return np.asarray(betaln(a, b), dtype=np.float64)
