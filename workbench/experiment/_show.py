"""A comparison as a page: the sentence, what changed, where, and what a reader has to know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench import _html
from workbench._words import percent, plain, points, readable, signed, with_interval

if TYPE_CHECKING:
    from workbench.experiment._comparison import Comparison

__all__ = ["comparison_html", "differences", "resources", "tries"]

_SESSIONS: Final = 3  # named of a case and arm
_LEAST: Final = 0.001  # the last digit of a p-value that is shown


def comparison_html(found: Comparison) -> str:
    """The whole of it, escaped; sessions are marked, so that a report links them to their evidence."""
    level = f"{found.level:.0%} interval"
    parts: list[str] = []
    if found.graders.height > 1:
        parts += [
            _heading(f"By grader: the share of cases free of its failure ({level})"),
            _html.table(differences(found.graders, scored=False), limit=30),
        ]
    if found.segments.height:
        worst_first = found.segments.sort(["by", "difference"], nulls_last=True)
        parts += [
            _heading(f"By segment, worst first ({level})"),
            _html.table(differences(worst_first, scored=found.scored), limit=60),
        ]
    if found.changed.height:
        parts += [
            _heading("Cases that changed, regressed first"),
            _html.table(_changed(found.changed), html_columns=("before", "after"), limit=30),
        ]
    if found.pass_k.height > 2:  # noqa: PLR2004 - with one trial there is only k = 1, twice
        parts += [_heading(f"Repeated tries ({level})"), _html.table(tries(found.pass_k), limit=2 * 16)]
    if found.grades.height:
        parts += [
            _heading("How the values are distributed: share of the trials"),
            _html.table(_grades(found), limit=60),
        ]
    if found.resources.height:
        parts += [_heading(f"What it took, a trial ({level})"), _html.table(resources(found.resources))]
    parts += [_heading("What it rests on"), _html.table(found.integrity)]
    return _html.panel(found.sentence, "".join(parts), notes=found.notes)


def _heading(text: str) -> str:
    return f'<p class="wb-note"><b>{_html.escape(text)}</b></p>'


def differences(frame: pl.DataFrame, *, scored: bool) -> pl.DataFrame:
    """Rates in percent and differences in points, each with its interval; scores as they are. A column `scored` says it row by row."""
    keys = [name for name in ("what", "grader", "by", "segment") if name in frame.columns]
    rows: list[dict[str, Any]] = []
    for row in frame.iter_rows(named=True):
        plainly = row.get("scored", scored)
        rate, size = (plain, signed) if plainly else (percent, points)
        rows.append(
            {
                **{key: row[key] for key in keys},
                "cases": row["cases"],
                "baseline": _said(row["baseline"], rate),
                "candidate": _said(row["candidate"], rate),
                "difference": _said(row["difference"], size, row["low"], row["high"]),
                **({"p": _chance(row["p"]), "p (Holm)": _chance(row["p_holm"]), "p (BH)": _chance(row["p_bh"])} if "p" in row else {}),
                "verdict": _verdict(row),
            }
        )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _said(value: float | None, form: Any, low: float | None = None, high: float | None = None) -> str:
    return "" if value is None or math.isnan(value) else with_interval(value, low, high, form)


def _chance(p: float | None) -> str:
    return "" if p is None else f"<{_LEAST}" if p < _LEAST else f"{p:.3f}"


def _verdict(row: dict[str, Any]) -> str:
    if row.get("needed"):
        return f"too few: {row['needed']} more"
    return f"{row['verdict']}, confirmed" if row.get("confirmed") else row["verdict"]


def _changed(frame: pl.DataFrame) -> pl.DataFrame:
    """The cases that changed, with the graders that say so and the sessions to open."""

    def sessions(ids: list[str]) -> str:
        more = f" and {len(ids) - _SESSIONS:,} more" if len(ids) > _SESSIONS else ""
        return ", ".join(_html.session(each) for each in ids[:_SESSIONS]) + more

    return pl.DataFrame(
        [
            {
                "case": row["case"],
                "changed": row["kind"],
                "by grader": ", ".join(row["graders"]),
                "baseline": percent(row["baseline"]),
                "candidate": percent(row["candidate"]),
                "by chance": _chance(row["by_chance"]),
                "before": sessions(row["baseline_sessions"]),
                "after": sessions(row["candidate_sessions"]),
            }
            for row in frame.iter_rows(named=True)
        ]
    )


def _grades(found: Comparison) -> pl.DataFrame:
    said = found.grades.with_columns(
        pl.col("low").map_elements(plain, return_dtype=pl.String)
        + pl.when(pl.col("low") == pl.col("high")).then(pl.lit("")).otherwise(
            " to " + pl.col("high").map_elements(plain, return_dtype=pl.String)
        )
    ).rename({"low": "value"})  # fmt: skip
    shares = said.pivot("arm", index=["grader", "value"], values="share", aggregate_function="first")
    return readable(shares, {name: percent for name in ("baseline", "candidate") if name in shares.columns})


def tries(frame: pl.DataFrame) -> pl.DataFrame:
    """pass@k and pass^k of both arms as they are read."""
    forms = {"baseline": percent, "candidate": percent, "difference": points}
    kept = frame.select(
        pl.col("measure").str.replace("k", pl.col("k").cast(pl.String)),
        *("baseline", "baseline_low", "baseline_high", "candidate", "candidate_low", "candidate_high"),
        *("difference", "low", "high", "cases", "dropped"),
    )
    return readable(kept, forms, interval="difference")


def resources(frame: pl.DataFrame) -> pl.DataFrame:
    """Seconds, cost and the rest as they are read."""
    forms = {
        **dict.fromkeys(("baseline", "candidate", "baseline_p95", "candidate_p95"), plain),
        "difference": signed,
        "ratio": plain,
    }
    said = readable(frame, forms, interval="difference")
    return said if said["note"].count() else said.drop("note")
