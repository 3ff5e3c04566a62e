"""pass@k and pass^k of one arm and of two, with intervals over cases."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.stats import FEWEST, OfK, bootstrap, mean_interval, paired_interval, pass_at_k, pass_hat_k

__all__ = ["MOST", "compared_table", "pass_k_table"]

MOST: Final = 64
"""No k beyond this is tabulated."""

_Counts = npt.NDArray[np.int64]
_MEASURES: Final = (("pass@k", pass_at_k), ("pass^k", pass_hat_k))


def pass_k_table(n: _Counts, c: _Counts, *, level: float = 0.95) -> pl.DataFrame:
    """One row for each k: both estimates with their intervals, on the cases with at least k graded trials."""
    rows: list[dict[str, float | int | None]] = []
    for k in range(1, min(int(n.max()) if n.size else 0, MOST) + 1):
        at, hat = pass_at_k(n, c, k), pass_hat_k(n, c, k)
        row: dict[str, float | int | None] = {"k": k}
        for name, found in (("pass_at_k", at), ("pass_hat_k", hat)):
            low, high = _ends(found, level)
            row |= {name: found.value, f"{name}_low": low, f"{name}_high": high}
        rows.append(row | {"cases": at.cases, "dropped": at.dropped})
    names = [f"{name}{end}" for name in ("pass_at_k", "pass_hat_k") for end in ("", "_low", "_high")]
    return pl.DataFrame(
        rows, schema={"k": pl.Int64(), **dict.fromkeys(names, pl.Float64()), "cases": pl.Int64(), "dropped": pl.Int64()}
    )


def _ends(found: OfK, level: float) -> tuple[float | None, float | None]:
    if found.cases < FEWEST:
        return None, None
    interval = mean_interval(found.per_case, level=level)
    return interval.low, interval.high


def compared_table(
    baseline: tuple[_Counts, _Counts], candidate: tuple[_Counts, _Counts], *, level: float, draws: int, seed: int
) -> pl.DataFrame:
    """One row for each measure and k, on the cases with at least k graded trials in both arms.

    Beside the intervals that cover in simulation stand the percentile ones of the bootstrap over cases.
    """
    (n_a, c_a), (n_b, c_b) = baseline, candidate
    rows: list[dict[str, float | int | str | None]] = []
    for k in range(1, min(int(min(n_a.max(), n_b.max())) if n_a.size else 0, MOST) + 1):
        both = (n_a >= k) & (n_b >= k)
        pairs = [(name, of(n_a[both], c_a[both], k), of(n_b[both], c_b[both], k)) for name, of in _MEASURES]
        values = np.column_stack(
            [part for _, a, b in pairs for part in (a.per_case, b.per_case, b.per_case - a.per_case)]
        )
        drawn = bootstrap(values, draws=draws, level=level, seed=seed) if values.shape[0] >= FEWEST else None
        for place, (name, a, b) in enumerate(pairs):
            row: dict[str, float | int | str | None] = {"measure": name, "k": k}
            for arm, found in (("baseline", a), ("candidate", b)):
                low, high = _ends(found, level)
                row |= {arm: found.value, f"{arm}_low": low, f"{arm}_high": high}
            row["difference"] = b.value - a.value
            if drawn is not None:
                apart = paired_interval(b.per_case - a.per_case, level=level)
                row |= {"low": apart.low, "high": apart.high}
                for arm, interval in zip(("baseline", "candidate", "difference"), drawn[3 * place :], strict=False):
                    row |= {f"{arm}_bootstrap_low": interval.low, f"{arm}_bootstrap_high": interval.high}
            rows.append(row | {"cases": int(both.sum()), "dropped": int((~both).sum())})
    return pl.DataFrame(rows, schema=_COMPARED).sort("measure", "k")


_ARMS: Final = ("baseline", "candidate")
_COMPARED: Final = {
    "measure": pl.String(),
    "k": pl.Int64(),
    **{f"{arm}{end}": pl.Float64() for arm in _ARMS for end in ("", "_low", "_high")},
    **dict.fromkeys(("difference", "low", "high"), pl.Float64()),
    "cases": pl.Int64(),
    "dropped": pl.Int64(),
    **{f"{arm}_bootstrap_{end}": pl.Float64() for arm in (*_ARMS, "difference") for end in ("low", "high")},
}
