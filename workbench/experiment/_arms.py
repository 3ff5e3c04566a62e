"""Two arms made comparable: the same graders, what every trial comes to over all graders, and who is missing where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.experiment._outcomes import KEY, LOST, STATUSES, Arm
from workbench.experiment._say import named

__all__ = ["ALL_GRADERS", "Pair", "align", "decided_nothing", "deciding", "idle", "overall", "per_case"]

ALL_GRADERS: Final = "all graders"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both arms, side by side.

    Parameters
    ----------
    headline
        The grader that the verdict is about, or "all graders".
    scored
        Whether the headline is a mean score and not a pass rate.
    trials
        Every trial of both arms for every grader and the headline: KEY, `arm`, `value`, `passed`, `status`, and the rest.
    paired
        One row a grader and case with an outcome in both arms: `n_a c_a mean_a n_b c_b mean_b`.
    free
        As `paired`, for each grader alone, where a trial that the grader does not apply to counts as free of its failure. The
        agent's own doing often decides whether a grader applies: on the cases alone where it does in both arms, a release
        that starts to break a rule is compared with the few cases where its forerunner came near it.
    integrity
        One row an arm: how many cases and trials there are, and how they ended.
    only_baseline, only_candidate
        Cases that only one arm tried.
    unequal
        Cases that the arms tried a different number of times.
    one_armed
        Graders that only one arm has.
    counts
        One row a case of the headline that both arms tried, graded or not: as `paired`, and trials `lost_a`, `lost_b` whose
        outcome nobody knows.
    idle
        Graders of both arms that judged no trial of either: they count nowhere.
    """

    headline: str
    scored: bool
    trials: pl.DataFrame
    paired: pl.DataFrame
    free: pl.DataFrame
    integrity: pl.DataFrame
    only_baseline: tuple[str, ...]
    only_candidate: tuple[str, ...]
    unequal: tuple[str, ...]
    one_armed: tuple[str, ...]
    counts: pl.DataFrame
    idle: tuple[str, ...]


def idle(outcomes: pl.DataFrame) -> tuple[str, ...]:
    """The graders that judged no trial because they apply to none.

    One that crashed on a trial where others had a say is not among them: nobody knows what it would have said.
    """
    status = pl.col("status")
    by = pl.col("grader")
    silent = ((status != "completed").all() & (status == "inapplicable").any()).over(by)
    answered = (
        status.is_in(["completed", "inapplicable"])
        .any()
        .over([name for name in ("arm", "case", "trial") if name in outcomes.columns])
    )
    told = outcomes.select("grader", silent.alias("silent"), (answered & (status != "inapplicable")).alias("lost"))
    found = told.group_by("grader").agg(pl.col("silent").all() & ~pl.col("lost").any())
    return tuple(found.filter("silent")["grader"].sort().to_list())


def deciding(arm: Arm) -> Arm:
    """The arm without the graders that judged nothing, unless none did."""
    unused = idle(arm.outcomes)
    if not unused or len(unused) == len(arm.graders):
        return arm
    return Arm(arm.outcomes.filter(~pl.col("grader").is_in(list(unused))), arm.set_aside, arm.scored)


def decided_nothing(graders: Sequence[str], *about: Mapping[str, Any]) -> str:
    """That these graders judged no trial, and why where the experiments tell."""
    why = " (no case has ground truth)" if about and all(each.get("ground_truth") == 0 for each in about) else ""
    return f"{named(graders)} decided nothing: {'it' if len(graders) == 1 else 'they'} applied to no trial{why}"


def overall(arm: Arm, grader: str | None) -> pl.DataFrame:
    """One row a case and trial: did it pass all graders that apply, or what did the one grader say.

    A trial that fails one grader fails, whatever the others would have said; one that fails none but lacks a verdict has
    an unknown outcome.
    """
    chosen = grader if grader is not None else _only(arm)
    if chosen is not None:
        return arm.outcomes.filter(pl.col("grader") == chosen)
    rows = arm.outcomes.filter(~pl.col("grader").is_in(list(arm.scored)))
    failed = (pl.col("passed") == False).any()  # noqa: E712 - a column, and null is not False
    status = pl.col("status")
    return rows.group_by("case", "trial", maintain_order=True).agg(
        pl.lit(ALL_GRADERS).alias("grader"),
        pl.when(failed)
        .then(pl.lit("completed"))
        .when((status == "errored").any())
        .then(pl.lit("errored"))
        .when((status == "missing").any())
        .then(pl.lit("missing"))
        .when((status == "undecidable").any())
        .then(pl.lit("undecidable"))
        .when((status == "inapplicable").all())
        .then(pl.lit("inapplicable"))
        .otherwise(pl.lit("completed"))
        .alias("status"),
        failed.not_().alias("passed"),
        pl.col("session_id").drop_nulls().first(),
    ).with_columns(
        pl.when(status == "completed").then(pl.col("passed")).alias("passed"),
    ).with_columns(pl.col("passed").cast(pl.Float64).alias("value"))  # fmt: skip


def _only(arm: Arm) -> str | None:
    """The grader that stands alone: the one there is, or the one score where nothing passes or fails."""
    graders = arm.graders
    if len(graders) == 1:
        return graders[0]
    passing = [name for name in graders if name not in arm.scored]
    if not passing:
        msg = f"{len(graders)} graders give scores and none says what passes: choose one with grader=… ({', '.join(graders)})"
        raise InputError(msg)
    return passing[0] if len(passing) == 1 else None


def per_case(trials: pl.DataFrame) -> pl.DataFrame:
    """One row a grader and case: graded trials `n`, passes `c`, `mean` value, and trials `lost` without an outcome."""
    done = pl.col("status") == "completed"
    return trials.group_by("grader", "case", maintain_order=True).agg(
        done.sum().cast(pl.Int64).alias("n"),
        (pl.col("passed") & done).sum().cast(pl.Int64).alias("c"),
        pl.col("value").filter(done).mean().alias("mean"),
        pl.col("status").is_in(LOST).sum().cast(pl.Int64).alias("lost"),
    )


def align(baseline: Arm, candidate: Arm, grader: str | None) -> Pair:
    """Set two arms side by side.

    Raises
    ------
    EmptyError
        The arms share no case or no grader.
    UnknownNameError
        The arms do not both have the grader.
    InputError
        Several graders give scores, none passes, and none was chosen.
    """
    both = set(baseline.graders) & set(candidate.graders)
    either = set(baseline.graders) | set(candidate.graders)
    if grader is not None and grader not in both:
        raise UnknownNameError(kind="grader in both arms", name=grader, known=both)
    if not both:
        msg = (
            f"the arms share no grader (baseline: {', '.join(baseline.graders)}; candidate: {', '.join(candidate.graders)}):"
            " grade both arms with the same one"
        )
        raise EmptyError(msg)
    unused = idle(
        pl.concat(
            [
                arm.outcomes.select("case", "trial", "grader", "status", pl.lit(label).alias("arm"))
                for label, arm in (("baseline", baseline), ("candidate", candidate))
            ]
        ).filter(pl.col("grader").is_in(sorted(both)))
    )
    both = both - (set(unused) - {grader}) or both
    scored = frozenset(name for name in both if name in baseline.scored | candidate.scored)
    applies = pl.concat([arm.outcomes.select("case", "grader") for arm in (baseline, candidate)]).unique()
    arms = [_filled(arm, sorted(both), applies, scored) for arm in (baseline, candidate)]
    sets = [set(arm.outcomes["case"].to_list()) for arm in arms]
    if not sets[0] & sets[1]:
        some = sorted(sets[0])[:2] + sorted(sets[1])[:2]
        msg = f"the arms have no case in common ({', '.join(some)}, …): compare runs of the same dataset"
        raise EmptyError(msg)
    heads = [overall(arm, grader) for arm in arms]
    headline = heads[0]["grader"][0] if heads[0].height else ALL_GRADERS
    trials = pl.concat(
        [
            frame.with_columns(pl.lit(label).alias("arm"))
            for label, head, arm in zip(("baseline", "candidate"), heads, arms, strict=True)
            for frame in ([arm.outcomes] if headline != ALL_GRADERS else [arm.outcomes, head])
        ],
        how="diagonal",
    )
    joined = _joined(trials)
    head = joined.filter(pl.col("grader") == headline)
    tries = [head.select("case", (pl.col(f"n_{s}") + pl.col(f"lost_{s}")).alias(s)) for s in "ab"]
    unequal = tries[0].join(tries[1], on="case").filter(pl.col("a") != pl.col("b"))["case"]
    return Pair(
        headline,
        headline in scored,
        trials,
        _graded(joined),
        _graded(_joined(_freed(trials.filter(~pl.col("grader").is_in([ALL_GRADERS, *unused])), scored))),
        pl.concat([_integrity(label, h, a) for label, h, a in zip(("baseline", "candidate"), heads, (baseline, candidate), strict=True)]),
        tuple(sorted(sets[0] - sets[1])),
        tuple(sorted(sets[1] - sets[0])),
        tuple(unequal.sort().to_list()),
        tuple(sorted(either - both - set(unused))),
        head,
        unused,
    )  # fmt: skip


def _joined(trials: pl.DataFrame) -> pl.DataFrame:
    sides = [per_case(trials.filter(pl.col("arm") == label)) for label in ("baseline", "candidate")]
    both = sides[0].join(sides[1], on=["grader", "case"], suffix="_b", maintain_order="left")
    return both.rename({"n": "n_a", "c": "c_a", "mean": "mean_a", "lost": "lost_a"})


def _graded(joined: pl.DataFrame) -> pl.DataFrame:
    return joined.filter((pl.col("n_a") > 0) & (pl.col("n_b") > 0))


def _freed(trials: pl.DataFrame, scored: frozenset[str]) -> pl.DataFrame:
    free = (pl.col("status") == "inapplicable") & ~pl.col("grader").is_in(list(scored))
    return trials.with_columns(
        pl.when(free).then(pl.lit("completed")).otherwise(pl.col("status")).alias("status"),
        pl.when(free).then(pl.lit(value=True)).otherwise(pl.col("passed")).alias("passed"),
        pl.when(free).then(pl.lit(1.0)).otherwise(pl.col("value")).alias("value"),
    )


def _filled(arm: Arm, graders: list[str], applies: pl.DataFrame, scored: frozenset[str]) -> Arm:
    """The arm with a row for every grader that was used on the case in either arm: absent ones are missing."""
    rows = arm.outcomes.filter(pl.col("grader").is_in(graders))
    tried = arm.outcomes.select("case", "trial").unique(maintain_order=True)
    expected = tried.join(applies.filter(pl.col("grader").is_in(graders)), on="case")
    absent = expected.join(rows, on=KEY, how="anti").with_columns(pl.lit("missing").alias("status"))
    return Arm(pl.concat([rows, absent], how="diagonal"), arm.set_aside, scored)


def _integrity(label: str, head: pl.DataFrame, arm: Arm) -> pl.DataFrame:
    tried = head.group_by("case").len()["len"]
    return pl.DataFrame(
        {
            "arm": [label],
            "cases": [head["case"].n_unique()],
            "attempted": [head.height],
            **{status: [head.filter(pl.col("status") == status).height] for status in STATUSES},
            "fewest_trials": [tried.min() or 0],
            "most_trials": [tried.max() or 0],
            "set_aside": ["; ".join(f"{n:,} {why}" for why, n in arm.set_aside.items())],
        }
    )
