"""What was tried in two arms, and what differs between them, as a reader of their comparison has to know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from workbench.experiment._executed import OUTSIDE
from workbench.experiment._experiment import Experiment
from workbench.experiment._say import count

__all__ = ["variant_notes"]

# What is said of an experiment elsewhere, or is no part of what was tried.
_NOT_TRIED: Final = frozenset({
    "experiment_id", "variant", "dataset", "dataset_version", "dataset_hash", "graders", "hypothesis", "created_at", "cases", "dataset_cases",
    "partial", "ground_truth", "trials", "kind", "fingerprint",
})  # fmt: skip
_LONGEST: Final = 80


def variant_notes(baseline: Any, candidate: Any) -> list[str]:
    """One sentence on what differs between the arms, where both are known, and one an arm whose trials left their recorded worlds."""
    arms = [arm for arm in (baseline, candidate) if isinstance(arm, Experiment)]
    notes = [*_changed(*arms)] if len(arms) == 2 else []  # noqa: PLR2004 - both
    return notes + [note for arm in arms for note in _left(arm)]


def _changed(a: Experiment, b: Experiment) -> list[str]:
    prints = [arm.metadata.get("fingerprint") for arm in (a, b)]
    if None in prints:
        return []
    told = {key: (_short(a.metadata, key), _short(b.metadata, key)) for key in _keys(a.metadata, b.metadata)}
    differs = [f"{key} {old} → {new}" for key, (old, new) in told.items() if old != new]
    if prints[0] == prints[1] and not differs:
        seen = f"{a.name} and {b.name} tried the same agent (fingerprint {prints[0]}, {_told(told)}): what differs between them is chance"
        return [f"{seen}, or lies outside what a fingerprint sees."]
    changed = [*differs, *([f"fingerprint {prints[0]} → {prints[1]}"] if prints[0] != prints[1] else [])]
    return [f"What changed from {a.name} to {b.name}: {'; '.join(changed)}."]


def _keys(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return [key for key in dict.fromkeys([*a, *b]) if key not in _NOT_TRIED]


def _short(about: Mapping[str, Any], key: str) -> str:
    text = " ".join(str(about[key]).split()) if about.get(key) is not None else "not told"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _told(told: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{key} {value}" for key, (value, _) in told.items())


def _left(arm: Experiment) -> list[str]:
    """How many trials called what was never recorded: their outcomes say less about the agent than the others'."""
    if "unrecorded" not in arm.outcomes.columns:
        return []
    trials = arm.outcomes.unique(["case", "trial"]).filter(pl.col("unrecorded").is_not_null())
    left = trials.filter(pl.col("unrecorded") > 0).height
    if not left:
        return []
    said = f"{arm.name}: {left} of {count(trials.height, 'trial')} left the recorded world by a call that was never recorded and was refused"
    lost = arm.outcomes.filter(pl.col("status") == "undecidable").unique(["case", "trial"]).height
    many = (
        f" {lost} of them did so by more than {OUTSIDE:.0%} of their calls: those are undecidable and count neither way."
        if lost
        else ""
    )
    return [f"{said}; how they would have ended is not known.{many}"]
