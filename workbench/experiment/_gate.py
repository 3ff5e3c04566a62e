"""May it ship: a comparison held against a policy, rule by rule, each passed, failed, or still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import orjson
import polars as pl

from workbench._html import panel, table
from workbench._words import plain, signed, with_interval
from workbench.errors import InputError, UnknownNameError
from workbench.experiment._arms import ALL_GRADERS, decided_nothing
from workbench.experiment._comparison import Comparison
from workbench.experiment._errors_said import went_wrong
from workbench.experiment._outcomes import LOST, UNNAMED
from workbench.experiment._policy import Policy
from workbench.experiment._say import count, named, percent, points
from workbench.stats import FEWEST, holm

__all__ = ["GateResult", "Rule", "gate"]

Ruling = Literal["pass", "fail", "inconclusive"]
_CODES: Final[Mapping[Ruling, int]] = {"pass": 0, "fail": 1, "inconclusive": 2}
_WORDS: Final[Mapping[Ruling, str]] = {"pass": "Pass", "fail": "Fail", "inconclusive": "Inconclusive"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the policy and what became of it; "not seen" has too few cases to tell and stops nothing."""

    name: str
    ruling: Ruling | Literal["not seen"]
    sentence: str


@dataclass(frozen=True, slots=True, repr=False)
class GateResult:
    """What the gate says.

    Parameters
    ----------
    ruling
        "fail" where any rule failed, else "inconclusive" where any is open, else "pass"; rules "not seen" have no say in it.
    rules
        Each rule with one plain sentence.
    comparison
        What it was held against.
    policy
        What was asked for.
    """

    ruling: Ruling
    rules: tuple[Rule, ...]
    comparison: Comparison
    policy: Policy

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 inconclusive."""
        return _CODES[self.ruling]

    @property
    def sentence(self) -> str:
        """The ruling, and the rules that it rests on."""
        arms = f"{self.comparison.candidate} against {self.comparison.baseline}"
        deciding = [rule for rule in self.rules if rule.ruling == self.ruling]
        if self.ruling == "pass":
            unseen = [rule.name for rule in self.rules if rule.ruling == "not seen"]
            few = f" Too few cases to see a regression: {named(unseen)}." if unseen else ""
            return f"Pass, {arms}: {deciding[0].sentence}{few}"
        return f"{_WORDS[self.ruling]}, {arms}: {' '.join(rule.sentence for rule in deciding)}"

    def to_frame(self) -> pl.DataFrame:
        """One row a rule: `rule`, `ruling`, `sentence`."""
        rows = [(rule.name, rule.ruling, rule.sentence) for rule in self.rules]
        return pl.DataFrame(rows, schema=dict.fromkeys(("rule", "ruling", "sentence"), pl.String()), orient="row")

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values, the comparison among them."""
        policy = asdict(self.policy) | {"graders": list(self.policy.graders), "segments": list(self.policy.segments)}
        return {
            "ruling": self.ruling,
            "exit_code": self.exit_code,
            "sentence": self.sentence,
            "rules": self.to_frame().to_dicts(),
            "policy": policy,
            "comparison": self.comparison.to_json(),
        }

    def write(self, *, junit: Path | None = None, markdown: Path | None = None, json: Path | None = None) -> None:
        """Write the result for build servers and people.

        Parameters
        ----------
        junit
            JUnit XML: a failed rule is a failure, an open one an error.
        markdown
            A summary for a pull request.
        json
            Everything.

        Raises
        ------
        ReadOnlyError
            The disk refused; an older file is as it was.
        """
        from workbench.experiment._gate_files import to_junit, to_markdown
        from workbench.store import write_whole

        def everything(result: GateResult) -> str:
            return orjson.dumps(result.to_json(), default=str, option=orjson.OPT_INDENT_2).decode()

        for path, make in ((junit, to_junit), (markdown, to_markdown), (json, everything)):
            if path is not None:
                text = make(self)
                write_whole(Path(path), lambda draft, text=text: draft.write_text(text, encoding="utf-8"))

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return panel(self.sentence, table(self.to_frame()), notes=self.comparison.notes)


def gate(comparison: Comparison, policy: Policy) -> GateResult:
    """Hold a comparison against a policy.

    The gate fails only on what is shown: a candidate that is worse, or a grader or segment whose regression stands after Holm's
    correction over all of them together. So two arms that do not differ fail at most one time in twenty, however many segments
    are looked at. What is neither shown nor ruled out is inconclusive, and the sentence says what would tell.

    Parameters
    ----------
    comparison
        What `compare` gave, made with the policy's margin, level, grader and segments.
    policy
        What is asked for.

    Returns
    -------
    GateResult
        With `exit_code` 0 (pass), 1 (fail) or 2 (inconclusive).

    Raises
    ------
    InputError
        The comparison was made with another margin or level.
    UnknownNameError
        The comparison lacks a grader or segment that the policy names.

    Examples
    --------
    >>> from workbench.experiment import Policy, compare
    >>> old = [{"case": f"c{i}", "passed": i % 2 == 0} for i in range(40)]
    >>> new = [{"case": f"c{i}", "passed": i % 4 != 1} for i in range(40)]
    >>> gate(compare(old, new, margin=0.02), Policy(margin=0.02)).exit_code
    0
    """
    if comparison.margin != policy.margin or comparison.level != policy.level:
        msg = (
            f"the comparison was made with margin {comparison.margin} and level {comparison.level}, the policy asks for {policy.margin} and "
            f"{policy.level}: compare(…, margin={policy.margin}, level={policy.level})"
        )
        raise InputError(msg)
    rules = [
        *_same_run(comparison),
        *_without_outcomes(comparison),
        _enough(comparison, policy),
        _errored(comparison, policy),
        *([_full(comparison)] if policy.full_set else []),
        *_alike(comparison),
        _overall(comparison, policy),
        *_parts(comparison, policy),
    ]
    found = {rule.ruling for rule in rules}
    ruling: Ruling = "fail" if "fail" in found else "inconclusive" if "inconclusive" in found else "pass"
    # What decides stands first.
    order = {"fail": 0, "inconclusive": 1, "pass": 2, "not seen": 3}
    first = sorted(
        rules, key=lambda rule: (order[rule.ruling], rule.name not in {"two runs", "outcomes"}, rule.name != "overall")
    )
    return GateResult(ruling, tuple(first), comparison, policy)


def _without_outcomes(found: Comparison) -> list[Rule]:
    """An arm in which nothing was judged: all else follows from it."""
    said: list[str] = []
    for arm in found.integrity.filter(pl.col("completed") == 0)["arm"].to_list():
        rows = found.trials.filter((pl.col("arm") == arm) & (pl.col("grader") != ALL_GRADERS))
        why = went_wrong(rows) or "see .integrity for how its trials ended"
        said.append(f"No trial of {found.candidate if arm == 'candidate' else found.baseline} has an outcome: {why}.")
    return [Rule("outcomes", "inconclusive", " ".join(said))] if said else []


def _same_run(found: Comparison) -> list[Rule]:
    """A run against itself differs in nothing, whatever the agent is."""
    said = "Both arms are the same run, so no difference can show: choose another baseline or candidate."
    return [Rule("two runs", "inconclusive", said)] if found.same else []


def _enough(found: Comparison, policy: Policy) -> Rule:
    cases, least = found.overall.cases, max(policy.minimum_cases, FEWEST)
    if cases < least:
        lacking = count(least - cases, "case")
        few = f"Only {count(cases, 'case')} {'has' if cases == 1 else 'have'}" if cases else "No case has"
        said = f"{few} an outcome in both arms, the policy asks for {least}: add {lacking} or more."
        return Rule("minimum cases", "inconclusive", said)
    return Rule("minimum cases", "pass", f"{count(cases, 'case')} have an outcome in both arms, {least} are asked for.")


def _errored(found: Comparison, policy: Policy) -> Rule:
    said: list[str] = []
    worst = 0.0
    for row in found.integrity.iter_rows(named=True):
        lost, of = sum(row[why] for why in LOST), row["attempted"]
        worst = max(worst, lost / of if of else 1.0)
        name = found.baseline if row["arm"] == "baseline" else found.candidate
        said.append(f"{lost:,} of {of:,} trials of {name}")
    limit = percent(policy.maximum_errored)
    if worst > policy.maximum_errored:
        what = f"{' and '.join(said)} have no outcome, more than the {limit} that the policy allows: run those again."
        return Rule("maximum errored", "inconclusive", what)
    return Rule("maximum errored", "pass", f"{' and '.join(said)} have no outcome; up to {limit} are allowed.")


def _full(found: Comparison) -> Rule:
    open_: list[str] = [str(arm["partial"]) for arm in found.about.values() if arm.get("partial")]
    versions = {(arm["dataset"], arm["dataset_hash"]) for arm in found.about.values() if arm.get("dataset_hash")}
    if len(versions) > 1:
        open_.append("The arms were run on different versions of the dataset: run both on the newest.")
    for name, other, only in (
        (found.baseline, found.candidate, found.only_baseline),
        (found.candidate, found.baseline, found.only_candidate),
    ):
        if only and not open_:
            open_.append(f"{count(len(only), 'case')} of {name} not tried by {other}: {named(only)}.")
    if open_:
        return Rule("full set", "inconclusive", " ".join(dict.fromkeys(open_)) + " Run the full set before shipping.")
    return Rule("full set", "pass", "Both arms tried every case.")


def _alike(found: Comparison) -> list[Rule]:
    """A number may move because its grader did."""
    graders = [arm["graders"] for arm in found.about.values() if isinstance(arm.get("graders"), dict)]
    if len(graders) < 2:  # noqa: PLR2004 - two arms
        return []
    changed = sorted(name for name in graders[0].keys() & graders[1].keys() if graders[0][name] != graders[1][name])
    if changed:
        said = f"{named(changed)} changed between the arms, so a difference may be the grader's: grade both arms with one version."
        return [Rule("same graders", "inconclusive", said)]
    return [Rule("same graders", "pass", "Both arms were graded by the same graders.")]


def _overall(found: Comparison, policy: Policy) -> Rule:
    good = {"better"} if policy.require == "better" else {"better", "not worse"}
    ruling: Ruling = "pass" if found.verdict in good else "fail" if found.verdict == "worse" else "inconclusive"
    said = _head(found)
    if found.verdict == "not worse" and policy.require == "better":
        said += " The policy asks for better."
    return Rule("overall", ruling, said)


def _head(found: Comparison) -> str:
    """The comparison's own sentence, without what the rules on graders and segments say."""
    for cut in (" But it is worse for ", " It is worse for "):
        found_at = found.sentence.find(cut)
        if found_at >= 0:
            return found.sentence[:found_at]
    return found.sentence


def _parts(found: Comparison, policy: Policy) -> list[Rule]:
    """The rules on graders and on segments: one correction over all of them."""
    graders = _graders(found, policy)
    known = set(found.segments["by"].to_list())
    for name in policy.segments:
        if name not in known:
            raise UnknownNameError(
                name, "segment of the comparison", known, then="Compare with by=[…] as the policy says."
            )
    segments = found.segments.filter(pl.col("by").is_in(list(policy.segments)))
    rows = [(f"grader {row['grader']}", row) for row in graders.iter_rows(named=True)]
    rows += [(f"{row['by']} = {row['segment']}", row) for row in segments.iter_rows(named=True)]
    tested = [row["p"] for _, row in rows if row["p"] is not None]
    adjusted = iter(holm(tested))
    nothing = [_nothing(found, name) for name in found.idle if {"*", name} & set(policy.graders)]
    return nothing + [
        _part(name, row, float(next(adjusted)) if row["p"] is not None else None, policy) for name, row in rows
    ]


def _nothing(found: Comparison, grader: str) -> Rule:
    """A grader that was asked for and judged no trial shows nothing."""
    said = f"grader {decided_nothing([grader], *found.about.values())}."
    return Rule(
        f"grader {grader}", "inconclusive", f"{said} Give it something to judge, or leave it out of the policy."
    )


def _graders(found: Comparison, policy: Policy) -> pl.DataFrame:
    if "*" in policy.graders:
        alone = pl.col("grader").is_in([ALL_GRADERS, UNNAMED])
        return found.graders.filter(~alone)
    known = [*found.graders["grader"].to_list(), *found.idle]
    for name in policy.graders:
        if name not in known:
            raise UnknownNameError(name, "grader of both arms", known)
    return found.graders.filter(pl.col("grader").is_in(list(policy.graders)))


def _part(name: str, row: Mapping[str, Any], adjusted: float | None, policy: Policy) -> Rule:
    cases = count(row["cases"], "case")
    if adjusted is None or row["low"] is None:
        lacking = max(1, FEWEST - row["cases"])
        said = f"{name}: {cases} are too few to see a regression; add {lacking} or more."
        # Whoever sets no margin for segments asks for no proof, only that no regression shows.
        return Rule(name, "not seen" if policy.segment_margin is None else "inconclusive", said)
    size = _size(row, cases, policy.level)
    allowed = policy.margin if policy.segment_margin is None else policy.segment_margin
    worse = row["high"] < 0 and adjusted <= 1 - policy.level
    if worse and row["low"] <= -allowed:
        return Rule(name, "fail", f"{name} is worse by {size}, after Holm's correction too.")
    within = f"by more than {_points(row, allowed)}"
    if row["low"] > -allowed:
        return Rule(name, "pass", f"{name} is not worse {within}: {size}.")
    if policy.segment_margin is None:
        return Rule(name, "pass", f"{name} shows no regression: {size}; a drop down to the lower end would go unseen.")
    return Rule(name, "inconclusive", f"{name} may be worse {within}: {size}; more cases would tell.")


def _size(row: Mapping[str, Any], cases: str, level: float) -> str:
    form, unit = (signed, " on average") if row.get("scored") else (points, " points")
    return f"{with_interval(row['difference'], row['low'], row['high'], form, level=level, unit=unit)} over {cases}"


def _points(row: Mapping[str, Any], margin: float) -> str:
    return plain(margin) if row.get("scored") else f"{points(margin, signed=False)} points"
