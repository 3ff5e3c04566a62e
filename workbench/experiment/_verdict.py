"""The verdict in words: one plain sentence, what it rests on, and what to do next."""

from __future__ import annotations

import polars as pl

from workbench._words import plain, signed, with_interval
from workbench.experiment._arms import ALL_GRADERS, Pair
from workbench.experiment._difference import ComparisonVerdict, Difference, decide, difference
from workbench.experiment._flips import Flips
from workbench.experiment._outcomes import LOST, UNNAMED
from workbench.experiment._say import count, named, percent, points
from workbench.stats import FEWEST

__all__ = ["ruled", "say", "worst_case"]

_UNKNOWN = 0.05  # an arm that lost more of its trials than this is run again, not caveated
_FORESEEABLE = 25  # a plan for more than this many times the cases is no plan


def worst_case(pair: Pair, *, favour: str, level: float, seed: int, margin: float | None) -> ComparisonVerdict:
    """The verdict if every trial without an outcome had gone against `favour` (the baseline or the candidate)."""
    spared = {"a": favour == "baseline", "b": favour == "candidate"}
    whole = pair.counts.with_columns(
        *[(pl.col(f"n_{side}") + pl.col(f"lost_{side}")).alias(f"n_{side}") for side in "ab"],
        *[(pl.col(f"c_{side}") + pl.col(f"lost_{side}")).alias(f"c_{side}") for side in "ab" if not spared[side]],
    ).filter((pl.col("n_a") > 0) & (pl.col("n_b") > 0))
    rates = [(pl.col(f"c_{side}") / pl.col(f"n_{side}")).alias(f"mean_{side}") for side in "ab"]
    return decide(difference(whole.with_columns(rates), level=level, seed=seed), margin, level)


def ruled(
    pair: Pair, found: Difference, *, margin: float | None, level: float, seed: int
) -> tuple[ComparisonVerdict, list[str]]:
    """The verdict, and what has to be said about trials whose outcome nobody knows."""
    verdict = decide(found, margin, level)
    lost = {
        row["arm"]: (sum(row[why] for why in LOST), row["attempted"]) for row in pair.integrity.iter_rows(named=True)
    }
    total = sum(n for n, _ in lost.values())
    if not total or pair.scored or verdict == "cannot tell":
        return verdict, []
    favour = "baseline" if verdict == "worse" else "candidate"
    worst = worst_case(pair, favour=favour, level=level, seed=seed, margin=margin)
    good = {"better", "not worse"}
    if worst == verdict or (verdict == "better" and worst in good):
        return verdict, [
            f"The verdict holds even if all {count(total, 'trial')} without an outcome had gone against it."
        ]
    arm, (n, of) = max(lost.items(), key=lambda item: item[1][0] / max(item[1][1], 1))
    if n > _UNKNOWN * of:
        return "cannot tell", [
            f"{n:,} of {of:,} trials of the {arm} have no outcome, and the verdict hangs on them: run those again."
        ]
    return verdict, [
        f"Had all {count(total, 'trial')} without an outcome gone against it, the verdict would be {worst!r}."
    ]


def say(
    verdict: ComparisonVerdict,
    pair: Pair,
    found: Difference,
    flips: Flips,
    names: tuple[str, str],
    *,
    margin: float | None,
    level: float,
    harmed: list[str],
) -> str:
    """One plain sentence for the whole comparison."""
    baseline, candidate = names
    if found.interval is None:
        few = (
            f"only {count(found.cases, 'case')} {'has' if found.cases == 1 else 'have'}"
            if found.cases
            else "no case has"
        )
        lacking = FEWEST - found.cases
        return f"Cannot tell: {few} an outcome in both arms; an interval needs at least {FEWEST}, so add {lacking} or more."
    unit = _numbers(found, scored=pair.scored, level=level)
    start = {
        "better": f"{candidate} is better than {baseline}",
        "not worse": f"{candidate} is not worse than {baseline} by more than {_size(margin or 0.0, scored=pair.scored)}",
        "worse": f"{candidate} is worse than {baseline}",
        "cannot tell": f"Cannot tell whether {candidate} is better or worse than {baseline}",
    }[verdict]
    on = "" if pair.headline in {ALL_GRADERS, UNNAMED} else f" on {pair.headline!r}"
    parts = [f"{start}{on}: {unit}"]
    if not pair.scored:
        noise = f", {flips.count('noise'):,} changed within their own noise" if flips.count("noise") else ""
        parts.append(f"{flips.count('fixed'):,} fixed, {flips.count('regressed'):,} regressed{noise}")
    sentence = "; ".join(parts) + "."
    if verdict == "cannot tell":
        sentence += " " + _tell(found, margin=margin, level=level, scored=pair.scored)
    if harmed:
        sentence += f" {'But it' if verdict in {'better', 'not worse'} else 'It'} is worse for {named(harmed)}."
    return sentence


def _numbers(found: Difference, *, scored: bool, level: float) -> str:
    interval = found.interval
    assert interval is not None
    if scored:
        return (
            f"{plain(found.candidate)} against {plain(found.baseline)} on average over {count(found.cases, 'case')}, "
            f"{with_interval(found.difference, interval.low, interval.high, signed, level=level)}"
        )
    rates = f"{percent(found.candidate)} against {percent(found.baseline)}"
    cases = count(found.cases, "case")
    said = f"{rates} of {cases} pass" if max(found.trials) <= 1 else f"a pass rate of {rates} over {cases}"
    return (
        f"{said}, {with_interval(found.difference, interval.low, interval.high, points, level=level, unit=' points')}"
    )


def _size(size: float, *, scored: bool) -> str:
    return plain(size) if scored else f"{points(size, signed=False)} points"


def _tell(found: Difference, *, margin: float | None, level: float, scored: bool) -> str:
    """What would tell."""
    smallest = found.minimum_detectable
    assert smallest is not None
    sees = f"{count(found.cases, 'case')} can see a change of {_size(smallest, scored=scored)} or more"
    if margin and found.difference > -margin / 2:
        needed = found.needed(margin, level=level) - found.cases
        if 0 < needed <= _FORESEEABLE * found.cases:
            return (
                f"{sees}; about {count(needed, 'more case')} would show whether it stays within the margin of "
                f"{_size(margin, scored=scored)}."
            )
    if found.difference:
        needed = found.needed(found.difference, level=level) - found.cases
        if needed <= 0:
            return f"{sees}: run the same cases once more, or a few more of them."
        if needed <= _FORESEEABLE * found.cases:
            return f"{sees}; if the change is as large as it looks, about {count(needed, 'more case')} would tell."
    half = found.needed(smallest / 2, level=level)
    return f"{sees}; half of that takes about {count(half, 'case')}."
