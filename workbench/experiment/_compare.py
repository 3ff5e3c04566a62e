"""Is the candidate better, not worse, worse, or is it too early to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from workbench.errors import InputError
from workbench.experiment._arms import ALL_GRADERS, Pair, align, decided_nothing
from workbench.experiment._comparison import Comparison
from workbench.experiment._difference import Difference, difference
from workbench.experiment._experiment import Experiment
from workbench.experiment._flips import Flips, flips, measured_flip_rate
from workbench.experiment._outcomes import MEASURES, STATUSES, read
from workbench.experiment._pass_k import compared_table
from workbench.experiment._resources import distribution, grades, resources, stability
from workbench.experiment._say import count, named, percent
from workbench.experiment._segments import attributes, by_grader, by_segment
from workbench.experiment._variants import variant_notes
from workbench.experiment._verdict import ruled, say
from workbench.schema import OUTCOMES

__all__ = ["compare"]

_DRAWS = 10_000


def compare(
    baseline: Any,
    candidate: Any,
    *,
    by: Sequence[str] | str = (),
    margin: float | None = None,
    grader: str | None = None,
    level: float = 0.95,
    grader_flip_rate: float | None = None,
    seed: int = 0,
) -> Comparison:
    """Set two experiments on the same cases side by side, and say whether the candidate is better.

    Each case counts once, however often it was tried: its difference is that of its mean outcomes, and the cases are the
    independent units of every interval and test. "Better" and "worse" need an interval that leaves out zero and a test
    that agrees; "not worse" needs the whole interval above minus the margin, which has to be set before looking.

    Parameters
    ----------
    baseline, candidate
        Experiments, or frames with `case`, `value` or `passed`, and where there are several `trial` and `grader`;
        further columns of the baseline are attributes to segment by.
    by
        Attributes of the cases to compare by, such as ``["mode", "intent"]``.
    margin
        How much worse is still not worse, as a rate: 0.02 is two points.
    grader
        The grader that the verdict is about; by default all graders that apply have to pass.
    level
        The confidence level.
    grader_flip_rate
        How often the grader contradicts itself when it grades one trial twice, as `stats.flip_rate` measures it: changes that it
        explains are called noise. By default it is measured, where the arms hold trials that were graded more than once.
    seed
        The seed of the bootstrap, and of the test where it is too large to compute.

    Returns
    -------
    Comparison
        One sentence, the numbers behind it, and the rows behind those.

    Raises
    ------
    EmptyError
        An arm has no outcomes, or the arms share no case or no grader.
    UnknownNameError
        There is no such grader or attribute, or no column `case`.
    InputError
        The margin is negative, or 1 or more of a pass rate; the grader's flip rate is no share up to a half; the frames hold neither `value` nor `passed`;
        an arm is a name.

    Examples
    --------
    >>> old = [{"case": f"c{i}", "passed": i % 2 == 0} for i in range(40)]
    >>> new = [{"case": f"c{i}", "passed": i % 4 != 1} for i in range(40)]
    >>> found = compare(old, new)
    >>> found.verdict, len(found.fixed), len(found.regressed)
    ('better', 10, 0)
    """
    if margin is not None and margin < 0:
        msg = f"a margin is how much worse is still not worse, a positive number, not {margin}"
        raise InputError(msg)
    if grader_flip_rate is not None and not 0 <= grader_flip_rate <= 0.5:  # noqa: PLR2004 - a coin contradicts itself half the time
        msg = f"a grader that tosses a coin contradicts itself half the time: grader_flip_rate is {grader_flip_rate}, expected 0 to 0.5"
        raise InputError(msg)
    by = (by,) if isinstance(by, str) else tuple(by)
    for what, data in (("baseline", baseline), ("candidate", candidate)):
        if isinstance(data, str):
            msg = f"{what}={data!r} is a name, and a comparison is of experiments or frames: give ws.arm({data!r})"
            raise InputError(msg)
    names = _names(baseline, candidate)
    arms = tuple(read(_outcomes(data), what=name) for name, data in zip(names, (baseline, candidate), strict=True))
    pair = align(arms[0], arms[1], grader)
    if margin is not None and margin >= 1 and not pair.scored:
        msg = f"a margin of {margin:g} is {margin:.0%} of the cases: write {margin / 100:g} for {margin:g} percentage points"
        raise InputError(msg)
    head = pair.paired.filter(pl.col("grader") == pair.headline)
    overall = difference(head, level=level, seed=seed)
    verdict, caveats = ruled(pair, overall, margin=margin, level=level, seed=seed)
    cases = attributes([_cases(baseline), _cases(candidate)], by) if by else _cases(baseline)
    segments = by_segment(head, cases, by, margin=margin, level=level, seed=seed)
    alone = pair.free["grader"].unique().sort().to_list()
    graders = by_grader(pair.free, alone, margin=margin, level=level, seed=seed).with_columns(
        pl.col("grader").is_in(list(arms[0].scored | arms[1].scored)).alias("scored")
    )
    regraded: list[str] = []
    if grader_flip_rate is None and not pair.scored:
        both = pl.concat([arm.regraded for arm in arms])
        grader_flip_rate, regraded = measured_flip_rate(both, pair.headline)
    changed = flips(head if not pair.scored else head.clear(), grader_flip_rate)
    harmed = [f"{row['by']} = {row['segment']}" for row in _worse(segments)] + [
        _grader_said(row) for row in _worse(graders) if len(alone) > 1
    ]
    repeated = head if not pair.scored else head.clear()
    about = [data.metadata for data in (baseline, candidate) if isinstance(data, Experiment)]
    nothing = [f"{decided_nothing(pair.idle, *about)}."] if pair.idle else []
    sentence = say(verdict, pair, overall, changed, names, margin=margin, level=level, harmed=harmed)
    if nothing and (pair.headline in pair.idle or {*pair.trials["grader"].to_list()} <= {*pair.idle, ALL_GRADERS}):
        sentence = f"Cannot tell: {nothing[0]}"
    return Comparison(
        baseline=names[0],
        candidate=names[1],
        verdict=verdict,
        sentence=sentence,
        headline=pair.headline,
        overall=overall,
        margin=margin,
        level=level,
        integrity=pair.integrity,
        only_baseline=pair.only_baseline,
        only_candidate=pair.only_candidate,
        unequal=pair.unequal,
        graders=graders,
        segments=segments,
        flips=changed.frame,
        flip_rate=changed.rate,
        grader_flip_rate=grader_flip_rate,
        pass_k=compared_table(
            (repeated["n_a"].to_numpy(), repeated["c_a"].to_numpy()),
            (repeated["n_b"].to_numpy(), repeated["c_b"].to_numpy()),
            level=level,
            draws=_DRAWS,
            seed=seed,
        ),
        stability=stability(repeated),
        distribution=distribution(pair.paired, alone),
        grades=grades(pair.trials, [name for name in alone if name in arms[0].scored | arms[1].scored]),
        resources=resources(pair.trials, level=level),
        notes=(
            *caveats,
            *regraded,
            *nothing,
            *variant_notes(baseline, candidate),
            *_partial(baseline, candidate),
            *_looked(names, baseline, candidate),
            *_notes(pair, names),
            *_limits(pair, overall, changed, cases),
            *_scanned(segments, cases, by),
        ),
        trials=pair.trials,
        about={
            arm: dict(data.metadata)
            for arm, data in (("baseline", baseline), ("candidate", candidate))
            if isinstance(data, Experiment)
        },
        idle=pair.idle,
        same=_same_run(baseline, candidate),
    )


def _names(baseline: Any, candidate: Any) -> tuple[str, str]:
    first = baseline.name if isinstance(baseline, Experiment) else "baseline"
    second = candidate.name if isinstance(candidate, Experiment) else "candidate"
    return (first, second) if first != second else (f"{first} (baseline)", f"{second} (candidate)")


def _same_run(baseline: Any, candidate: Any) -> bool:
    if not (isinstance(baseline, Experiment) and isinstance(candidate, Experiment)):
        return False
    ids = [arm.metadata.get("experiment_id") for arm in (baseline, candidate)]
    if None not in ids:
        return ids[0] == ids[1]
    return baseline.name == candidate.name and baseline.outcomes.equals(candidate.outcomes)


def _outcomes(data: Any) -> Any:
    return data.outcomes if isinstance(data, Experiment) else data


def _cases(data: Any) -> pl.DataFrame:
    """The cases' attributes: an experiment's own, or what a frame carries beyond its outcomes."""
    if isinstance(data, Experiment):
        return data.cases
    frame = data.collect() if isinstance(data, pl.LazyFrame) else pl.DataFrame(data)
    extra = [name for name in frame.columns if name not in OUTCOMES and name not in MEASURES]
    return frame.select(pl.col("case").cast(pl.String()), *extra).unique("case", keep="first", maintain_order=True)


def _grader_said(row: dict[str, Any]) -> str:
    if row["scored"]:
        return f"grader {row['grader']!r}"
    return f"grader {row['grader']!r} (failed by {percent(1 - row['candidate'])} of cases, was {percent(1 - row['baseline'])})"


def _worse(table: pl.DataFrame) -> list[dict[str, Any]]:
    return table.filter(pl.col("verdict") == "worse").sort("difference").to_dicts()


def _partial(*arms: Any) -> list[str]:
    """What runs on a part of the cases cannot see."""
    known = [arm for arm in arms if isinstance(arm, Experiment) and arm.metadata.get("partial")]
    return [f"{arm.name}: {arm.metadata['partial']}" for arm in known]


def _looked(names: tuple[str, str], *arms: Any) -> list[str]:
    """How often the cases were looked at, this look included: what was chosen on them is no test on them."""
    told = [arm.looked for arm in arms if isinstance(arm, Experiment) and arm.looked is not None]
    return list(dict.fromkeys(look(f"comparison {names[0]} | {names[1]}") for look in told))


def _notes(pair: Pair, names: tuple[str, str]) -> list[str]:
    """What was left out and why, most important first."""
    notes = _shared(pair)
    for arm, row in zip(names, pair.integrity.iter_rows(named=True), strict=True):
        gone = [f"{row[why]:,} {why}" for why in STATUSES[1:] if row[why]]
        if gone:
            notes.append(f"{arm}: of {count(row['attempted'], 'trial')} {', '.join(gone)}; they count neither way.")
        if row["set_aside"]:
            notes.append(f"{arm}: rows that could not be used as they came: {row['set_aside']}.")
    for arm, other, only in (
        (names[0], names[1], pair.only_baseline),
        (names[1], names[0], pair.only_candidate),
    ):
        if only:
            notes.append(
                f"{count(len(only), 'case')} of {arm} not tried by {other}: nothing is said about {named(only)}."
            )
    if pair.unequal:
        notes.append(
            f"{count(len(pair.unequal), 'case')} tried a different number of times in the two arms ({named(pair.unequal)});"
            " each case still counts once."
        )
    if pair.one_armed:
        notes.append(f"Only one arm has {named(pair.one_armed)}: left out. Grade both arms with it to compare it.")
    return notes


def _shared(pair: Pair) -> list[str]:
    """Whether the arms are made of the same sessions in part: there they cannot differ."""
    if "session_id" not in pair.trials.columns:
        return []
    first, second = (
        set(pair.trials.filter(pl.col("arm") == arm)["session_id"].drop_nulls().to_list())
        for arm in ("baseline", "candidate")
    )
    both = sorted(first & second)
    if not both:
        return []
    said = "1 session is" if len(both) == 1 else f"{len(both):,} sessions are"
    return [f"{said} in both arms ({named(both)}), where no difference can show: choose arms that exclude each other."]


def _limits(pair: Pair, overall: Difference, changed: Flips, cases: pl.DataFrame) -> list[str]:
    """What these cases and trials cannot show."""
    if not overall.cases or pair.scored:
        return []
    notes: list[str] = []
    repeated = max(overall.trials) > 1
    if not overall.changed and repeated and _same(pair):
        notes.append("Both arms have the same outcome in every trial: are they the same run?")
    channels = set(cases["channel"].drop_nulls().to_list()) if "channel" in cases.columns else set[str]()
    if channels == {"failure"}:
        notes.append(
            "Every case was chosen because it failed: what else the change broke cannot be seen; add controls."
        )
    elif overall.baseline == 0:
        notes.append(
            "The baseline passes none of these cases, so they cannot show a regression: add cases that it passes."
        )
    elif overall.baseline == 1:
        notes.append(
            "The baseline passes all of these cases, so they cannot show an improvement: add cases that it fails."
        )
    if overall.changed and not repeated:
        notes.append(
            "Each case was tried once, so a case's change cannot be told from the agent's own flipping: 3 or more trials can."
        )
    elif overall.changed:
        notes.append(
            f"Two trials of the same case disagree {changed.rate:.0%} of the time; at that rate about {changed.expected:.0f} of"
            f" {count(overall.cases, 'case')} would look fixed or regressed by chance alone."
        )
    if changed.grader is not None:
        noise = changed.frame.filter(pl.col("kind") == "noise")["within"].to_list()
        notes.append(
            f"The grader contradicts itself on {percent(changed.grader)} of trials: of {count(len(noise), 'change')} within noise"
            f" {noise.count('grader'):,} are within the grader's own flipping, {noise.count('agent'):,} within the agent's."
        )
    return notes


def _scanned(segments: pl.DataFrame, cases: pl.DataFrame, by: Sequence[str]) -> list[str]:
    """How many segments were looked at, and which ones no case that both arms tried belongs to."""
    notes: list[str] = []
    for name in by:
        column = cases[name].explode() if isinstance(cases.schema[name], pl.List) else cases[name]
        seen = set(segments.filter(pl.col("by") == name)["segment"].to_list())
        unseen = sorted(set(column.drop_nulls().cast(pl.String()).to_list()) - seen)
        if unseen:
            notes.append(f"Nothing is said about {name}: {named(unseen)}; no such case was tried in both arms.")
    if segments.height:
        enough = segments["p"].count()
        notes.append(
            f"{count(segments.height, 'segment')} scanned, {enough:,} with enough cases to test; verdicts are after Benjamini-Hochberg,"
            " confirmed ones hold after Holm too; intervals are for one segment at a time."
        )
    return notes


def _same(pair: Pair) -> bool:
    keys = ["case", "trial", "grader", "value", "passed", "status"]
    first, second = (
        pair.trials.filter(pl.col("arm") == arm).select(keys).sort(keys) for arm in ("baseline", "candidate")
    )
    return first.equals(second)
