"""What labels do for modes: bend them, say which sessions to label next, correct the shares, and tell what more labels bring."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from workbench.cluster._bend import Bent, Made, as_labels, bend_fit
from workbench.cluster._choose import choose
from workbench.cluster._curve import LearningCurve, learning_curve
from workbench.cluster._editing import Editable
from workbench.cluster._prevalence import Prevalence, prevalence
from workbench.errors import EmptyError

if TYPE_CHECKING:
    from workbench.cluster._modes import Modes

__all__ = ["Bendable"]


class Bendable(Editable):
    """Modes that labels can re-shape."""

    __slots__ = ()

    sentence: str
    _bent: Bent | None

    @abstractmethod
    def _reshaped(self, made: Made) -> Modes:
        """The same sessions in the modes that labels have made."""

    def bend(self, labels: Any, *, where_better: bool = False) -> Modes:
        """The same sessions in modes that labels have re-shaped.

        A labelled session is in the mode that its label names. The others go where the labels make it likeliest, by those
        views of a session (words, meaning, structure) in which like labels are alike; a dense group that no label is near stays
        a mode of its own. Under ten labels, or all of one kind, the modes stay as they are, and a note says so.

        Parameters
        ----------
        labels
            Session → failure mode; or a frame with ``session_id`` and ``failure_mode``, and where the sessions were drawn
            by chance ``queue_id``, ``weight`` (how many sessions each stands for) and ``turn`` (which queue was drawn first), which
            `prevalence` needs. The mode ``"no failure"`` is that of sessions which were read and passed.
        where_better
            Leave the modes as they are where labelled sessions agree better with them than with where they are put when their own
            label is held out: few labels of many kinds tell less than the sessions themselves. A note says so.

        Returns
        -------
        Modes
            Deterministic. Modes are edited by hand as before; edits made on other modes are done again by `apply`.

        Raises
        ------
        InputError
            A column is missing, or a session has two labels.
        """
        modes = cast("Modes", self)
        frame = as_labels(labels)
        if self._fit is None or frame.is_empty():
            return modes
        before = self._bent
        plain = (self._fit, self._labels, self._names) if before is None else before.unbent
        made = bend_fit(*plain, frame)
        if isinstance(made, str):
            return replace(modes, notes=(*self.notes, made))
        worse = made.bent.worse() if where_better else None
        if worse is not None:
            return replace(modes, notes=(*self.notes, worse))
        return self._reshaped(made)

    def next(self, n: int = 20, *, without: Collection[str] = (), seed: int = 0) -> pl.DataFrame:
        """Choose the sessions whose labels help most, each with its chance of having been chosen.

        Without labels one session of each of `n` regions of like sessions; with labels those that are hard to tell, of
        which some are drawn from everything. A handful at a time is best: each label changes what is hard to tell.

        Parameters
        ----------
        n
            How many.
        without
            Sessions that were read already, beside those whose labels bent the modes.
        seed
            Another seed draws others.

        Returns
        -------
        polars.DataFrame
            ``session_id, inclusion, because, component``, in random order; `inclusion` is the chance of being among the `n`.

        Raises
        ------
        InputError
            `n` is below 1.
        EmptyError
            No session is left, or there are too few to look for modes.
        """
        if self._fit is None:
            msg = f"there is nothing to choose by: {self.sentence}"
            raise EmptyError(msg)
        return choose(self._fit, self._bent, n, without=without, seed=seed)

    def prevalence(self) -> Prevalence:
        """The share of each mode among all sessions, corrected for what the assignment gets wrong.

        Returns
        -------
        Prevalence
            With intervals that rest on the labels drawn by chance, each weighted back.

        Raises
        ------
        EmptyError
            No labels have bent the modes, or hardly any of them was drawn by chance.
        """
        return prevalence(self._fitted(), self._bent_by_labels(), self._labels, self._names)

    def learning_curve(self) -> LearningCurve:
        """How often labelled sessions are put where their reader put them, by the number of other labels learned from.

        Returns
        -------
        LearningCurve
            Held out throughout: no session is scored by a map that its own label bent.

        Raises
        ------
        EmptyError
            No labels have bent the modes.
        """
        return learning_curve(self._bent_by_labels())

    def _bent_by_labels(self) -> Bent:
        if self._bent is None:
            msg = "no labels have bent these modes: label at least ten sessions of two kinds, then cluster again, or `modes.bend(labels)`"
            raise EmptyError(msg)
        return self._bent
