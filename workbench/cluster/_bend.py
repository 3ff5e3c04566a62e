"""Labels bend the map: what was read gives its kind to what is like it, and new groups stay groups of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench._words import percent, with_interval
from workbench.cluster._assign import in_parts
from workbench.cluster._fit import Draw, Fit, Item
from workbench.cluster._labelled_views import LabelledViews, nearest_distance, weighed
from workbench.cluster._learner import Learned, held_out, learn
from workbench.cluster._sklearn import Classifier, Projection, agreement, neighbours
from workbench.cluster._spread import MakesExecutor
from workbench.cluster._table import nearest_mode
from workbench.cluster._texts import as_items
from workbench.errors import InputError
from workbench.stats import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["LABELS", "NO_FAILURE", "Bent", "Made", "as_labels", "bend_fit"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_FAILURE: Final = "no failure"
"""The kind of sessions that a person read and passed: a retired mode."""

LABELS: Final = pl.Schema({
    "session_id": pl.String(),
    "failure_mode": pl.String(),  # NO_FAILURE: read, and passed
    "queue_id": pl.String(),  # drawn by chance in it; null: picked by hand, known, and in no rate
    "weight": pl.Float64(),  # how many sessions it stands for there
    "turn": pl.Int64(),  # queues in the order in which they were drawn
})  # fmt: skip

_LEAST: Final = 10
_A_KIND: Final = 3
_CLEARLY: Final = 0.1  # of AMI: what a few dozen labels cannot tell apart
_VOTES: Final = 10
_MAJORITY: Final = 0.5
_FAR: Final = 99.0


@dataclass(frozen=True, slots=True)
class Bent:
    """What labels made of a clustering of n sessions.

    `session_ids`, `rows` and `kinds` are the labelled sessions that have a text and what they were called, `chance` the likelihoods that
    `Learned` describes, `fold` and `folds` the same without a fifth of the labels each; `numbers` is the mode of each
    column of `chance` (0 where there is none), `before_edits` each session's mode, `groups` the dense groups that the labels found,
    `unbent` the clustering without them.
    """

    labels: pl.DataFrame
    session_ids: tuple[str, ...]
    kind_names: tuple[str, ...]
    views: LabelledViews
    rows: Ints
    kinds: Ints
    groups: Ints
    learned: Learned
    fold: Ints
    folds: tuple[Learned, ...]
    numbers: Ints
    before_edits: Ints
    reach: float
    unbent: tuple[Fit, Ints, Mapping[int, str]]

    def columns(self, labels: Ints) -> Ints:
        """The mode of each column of `chance` once modes were merged, moved and split by hand; -1 where nothing is left of it."""
        now = np.full(len(self.numbers), -1, dtype=np.int64)
        for column, number in enumerate(self.numbers):
            left = labels[(self.before_edits == number) & (labels >= 0)] if number else labels[:0]
            if len(left):
                modes, counts = np.unique(left, return_counts=True)
                now[column] = modes[counts.argmax()]
        return now

    def held_out_chance(self) -> Floats:
        """The likelihoods of n sessions: of labelled ones as learned without their own label, of others on average over the folds."""
        mean = np.mean([each.chance for each in self.folds], axis=0)
        for number, each in enumerate(self.folds):
            mine = self.rows[self.fold == number]
            mean[mine] = each.chance[mine]
        return mean

    @property
    def sentence(self) -> str:
        """What the labels did."""
        kept = len(self.learned.kept)
        beside = (
            ""
            if not kept
            else f"; {kept} group{'' if kept == 1 else 's'} that no label is near stay{'s' if kept == 1 else ''} apart"
        )
        return f"Bent by {len(self.rows):,} labels of {len(self.kind_names)} kinds{beside}."

    @property
    def notes(self) -> tuple[str, ...]:
        """How far to trust the bent map, told by labels that it was not made with."""
        guessed = self.held_out_chance()[self.rows].argmax(axis=1)
        hits, read = int(np.sum(guessed == self.kinds)), len(self.rows)
        right = wilson(hits, read)
        agreement = with_interval(hits / read, right.low, right.high, percent, level=0.95)
        return (
            f"Held out, {hits} of {read} labelled sessions are put where their reader put them, {agreement}; `learning_curve()` weighs back which were chosen.",
            "Sizes count the sessions that are put into a mode, errors included; `prevalence()` corrects for these.",
            "Stability is here the overlap with maps made without a fifth of the labels, on sessions that nobody read.",
        )

    def worse(self) -> str | None:
        """What to say where labelled sessions agree better with the modes without labels than with where they are put held out."""
        labels, kinds = len(self.rows), len(self.kind_names)
        if labels < _A_KIND * kinds:
            return (
                f"{labels:,} labels of {kinds} kinds are too few to bend the modes by themselves (at least {_A_KIND} a kind, on average): label more, "
                "or ask for it with `labels=True`."
            )
        fit, groups, _ = self.unbent
        near = nearest_mode(fit, groups)[0]
        before = agreement(self.kinds, np.where(groups >= 0, groups, near)[self.rows])
        after = agreement(self.kinds, self.held_out_chance()[self.rows].argmax(axis=1))
        if after >= before - _CLEARLY:
            return None
        return (
            f"{labels:,} labels of {kinds} kinds do not bend the modes yet: the labelled sessions agree with these modes by AMI "
            f"{before:.2f}, and with where the other labels put them by {after:.2f}. Label more, or ask for it with `labels=True`."
        )

    def own(self, labels: Ints) -> Ints:
        """Where the compared sessions would be put by `assigned`, whatever they are labelled."""
        return self.columns(labels)[self.learned.chance.argmax(axis=1)]

    def assigned(
        self,
        texts: Any,
        labels: Ints,
        names: Mapping[int, str],
        *,
        executor: MakesExecutor | None,
        progress: Callable[[int, int], None] | None,
    ) -> pl.DataFrame:
        """Other sessions in these modes, ``session_id, mode, name, strength``; null where one is like none of those that were compared."""
        frame, items = as_items(texts)
        spoken = [i for i, item in enumerate(items) if item.text.strip()]
        modes: list[int | None] = [None] * len(items)
        strength = [0.0] * len(items)
        if spoken:
            found, share = self._placed([items[i] for i in spoken], labels, executor, progress)
            for i, mode, likely in zip(spoken, found.tolist(), share.tolist(), strict=True):
                modes[i], strength[i] = (mode, likely) if mode >= 0 else (None, 0.0)
        return pl.DataFrame(
            {
                "session_id": frame["session_id"],
                "mode": pl.Series(modes, dtype=pl.Int64),
                "name": pl.Series([None if mode is None else names[mode] for mode in modes], dtype=pl.String),
                "strength": pl.Series(strength, dtype=pl.Float64),
            }
        )

    def _placed(
        self,
        items: Sequence[Item],
        labels: Ints,
        executor: MakesExecutor | None,
        progress: Callable[[int, int], None] | None,
    ) -> tuple[Ints, Floats]:
        weights = self.learned.weights
        texts, tokens = [item.text for item in items], [item.tokens for item in items]
        own = weighed(self.views.blocks, weights)[self.views.some]
        by = _Placing(self.views.light, weights, self.learned.classifier, len(self.kind_names), own)
        vectors = self.views.space.vectors(texts, progress)
        found = in_parts(_placed_by, by, texts, tokens, vectors, executor=executor)
        chance, index, distance = (np.concatenate([part[place] for part in found]) for place in range(3))
        columns = self.columns(labels)
        best = chance.argmax(axis=1)
        modes, strength = columns[best], chance[np.arange(len(best)), best]
        for number in columns[len(self.kind_names) :]:
            among = np.mean(labels[self.views.some[index]] == number, axis=1)
            near = (among >= _MAJORITY) & (number >= 0)
            modes[near], strength[near] = number, among[near]
        modes[distance[:, 0] > self.reach] = -1
        return modes, strength


@dataclass(frozen=True, slots=True)
class _Placing:
    """What labels say of other sessions, and nothing that is not needed for it: it goes to workers."""

    views: LabelledViews
    weights: Floats
    classifier: Classifier
    kinds: int
    own: Floats


def _placed_by(
    by: _Placing, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any
) -> tuple[Floats, Ints, Floats]:
    """How likely each kind is for other sessions, and their nearest compared ones with the distances."""
    rows = weighed(by.views.place(texts, tokens, vectors), by.weights)
    return by.classifier.chance(rows, by.kinds), *neighbours(rows, by.own, _VOTES)


def as_labels(labels: Any) -> pl.DataFrame:
    """Labels in one shape, one row a session, sorted.

    Raises
    ------
    InputError
        There is no column ``session_id`` or ``failure_mode``, or a session has two labels.
    """
    given: Any = labels
    if isinstance(labels, Mapping) and "session_id" not in labels:
        named = cast("Mapping[str, str]", labels)
        given = {"session_id": list(named), "failure_mode": list(named.values())}
    frame = given.collect() if isinstance(given, pl.LazyFrame) else pl.DataFrame(given)
    if frame.is_empty():
        return LABELS.to_frame()
    missing = [name for name in ("session_id", "failure_mode") if name not in frame.columns]
    if missing:
        msg = (
            f"labels: no column {missing[0]!r}, expected session_id and failure_mode; found {', '.join(frame.columns)}"
        )
        raise InputError(msg)
    frame = frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in LABELS.items()
    ).drop_nulls("failure_mode")
    twice = frame.filter(pl.col("session_id").is_duplicated())
    if twice.height:
        msg = f"labels: session {twice['session_id'][0]!r} has more than one; settle which of them counts"
        raise InputError(msg)
    return frame.sort("session_id")


def bend_fit(fit: Fit, groups: Ints, names: Mapping[int, str], labels: pl.DataFrame) -> Made | str:
    """What labels make of a clustering; or, where they are too few, a sentence that says so.

    Parameters
    ----------
    fit
        The clustering.
    groups
        Shape (n,), the modes found by density: 1.., -1 for open.
    names
        Of these modes.
    labels
        Of schema `LABELS`.
    """
    row = {item.session_id: i for i, item in enumerate(fit.items)}
    known = labels.filter(pl.col("session_id").is_in(list(row)))
    kinds_said = known["failure_mode"].unique().sort().to_list()
    if known.height < _LEAST or len(kinds_said) < 2:  # noqa: PLR2004 - one kind tells nothing apart
        count = f"{known.height} label{'' if known.height == 1 else 's'} of {len(kinds_said)} kind{'' if len(kinds_said) == 1 else 's'}"
        return f"{count} so far: labels bend the modes from {_LEAST} of two kinds on."
    views = LabelledViews.of(fit)
    if not views.blocks:
        return "The texts share too little for labels to bend the modes."
    kind_of = {name: number for number, name in enumerate(kinds_said)}
    rows = np.array([row[session] for session in known["session_id"]], dtype=np.int64)
    kinds = np.array([kind_of[name] for name in known["failure_mode"]], dtype=np.int64)
    numbered, dense = np.unique(groups, return_inverse=True)
    dense = (dense - int((numbered < 0).any())).astype(np.int64)
    found_numbers = numbered[numbered >= 0]
    learned = learn(views, rows, kinds, count=len(kinds_said), groups=dense)
    fold, folds = held_out(views, rows, kinds, count=len(kinds_said), groups=dense)
    best = learned.chance.argmax(axis=1)
    best[rows] = kinds
    used, sizes = np.unique(best, return_counts=True)
    order = used[np.argsort(-sizes, kind="stable")]
    numbers = np.zeros(learned.chance.shape[1], dtype=np.int64)
    numbers[order] = np.arange(1, len(order) + 1)
    assigned = numbers[best]
    points = weighed(views.blocks, learned.weights)
    some = points[views.some]
    reach = float(np.percentile(nearest_distance(some, some, same=True), _FAR)) + 1e-9
    bent = Bent(
        labels,
        tuple(known["session_id"]),
        tuple(kinds_said),
        views,
        rows,
        kinds,
        dense,
        learned,
        fold,
        tuple(folds),
        numbers,
        assigned,
        reach,
        (fit, groups, names),
    )
    strength = learned.chance[np.arange(len(best)), best]
    strength[rows] = 1.0
    given = dict(zip(numbers[: len(kinds_said)].tolist(), kinds_said, strict=True))
    for group in learned.kept:
        name = names[int(found_numbers[group])]
        given[int(numbers[len(kinds_said) + group])] = f"{name} (not labelled)" if name in kinds_said else name
    unread = np.setdiff1d(np.arange(len(best)), rows)
    bent_fit = replace(
        fit,
        strength=strength,
        draws=tuple(Draw(unread, numbers[each.chance[unread].argmax(axis=1)]) for each in folds),
        map=_layout(points, learned.chance),
    )
    retired = frozenset(number for number, name in given.items() if name == NO_FAILURE)
    return Made(bent_fit, bent, given, retired)


@dataclass(frozen=True, slots=True)
class Made:
    """A clustering that labels have bent: its fit, and its modes' names."""

    fit: Fit
    bent: Bent
    names: dict[int, str]
    retired: frozenset[int]


def _layout(points: Floats, chance: Floats) -> Floats:
    flat = Projection.fit(np.hstack([points, chance]), 2)
    if flat is None:
        return np.zeros((len(points), 2))
    wide = flat.spread(np.hstack([points, chance]))
    return np.hstack([wide, np.zeros((len(points), 2 - wide.shape[1]))])
