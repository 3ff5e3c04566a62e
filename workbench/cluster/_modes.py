"""The result of a clustering: modes with names, counts, evidence and doubt, that a person can edit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench._population import population_frame
from workbench.cluster._about import with_told
from workbench.cluster._alone import seen_note
from workbench.cluster._assign import assigned
from workbench.cluster._assigned import Assigned, assigned_to
from workbench.cluster._bend import Bent, Made
from workbench.cluster._bendable import Bendable
from workbench.cluster._crosswalk import crosswalk
from workbench.cluster._diff import diff_modes
from workbench.cluster._edits import Edit
from workbench.cluster._families import Families, families
from workbench.cluster._fit import Fit, vote
from workbench.cluster._named import Naming, names_by_model
from workbench.cluster._names import name_groups
from workbench.cluster._show import how_to_read, show, summary
from workbench.cluster._spread import MakesExecutor
from workbench.cluster._table import members_table, modes_table
from workbench.cluster._texts import as_items
from workbench.cluster._written import Asks
from workbench.errors import InputError

__all__ = ["Home", "Modes", "build"]

Ints = NDArray[np.int64]


class Home(Protocol):
    """Whoever keeps what is done to modes on a map."""

    def save(self, event: Any, /) -> object:
        """Keep one edit; what it raises is shown to whoever made it."""
        ...

    def read(self, session_id: str, /) -> Mapping[str, Any]:
        """A session as the widgets show it."""
        ...

    def of(self, modes: Any, /) -> Home:
        """Who keeps what is done to these modes, which were made of those that this one keeps."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Modes(Bendable):
    """Groups of sessions that may be failure modes, and everything needed to doubt them.

    Parameters
    ----------
    frame
        One row a mode: ``mode, name, size, share, low, high, lift, lift_low, lift_high, stability, representatives, quotes,
        phrases``. `share` is of all sessions handed in, `low` and `high` its 95% Wilson interval. `lift` says how many
        times as common the mode is here as among the passing sessions; both sides are put into modes by the same vote of
        nearest neighbours, so that the numerator may differ a little from `size`. `stability` is the mean best-match Jaccard overlap
        with groups found in 80% subsamples: a low one says that the mode may not be there; a high one does not say that it is a failure.
        `seen_by` names the views of a session (``words, structure, meaning``) whose groups, found without the others, overlap with the mode
        by half or more, `overlaps` says by how much (best-match Jaccard over at most 2,500 sessions); null where one view is compared.
        Where `about` knows it, ``negative_feedback`` (share of unhappy users among those who gave feedback, with the ends
        ``negative_feedback_low`` and ``negative_feedback_high`` of its 95% Wilson interval, of ``feedback_sessions``) and
        ``cost_median, cost_total`` in US dollars, of ``cost_sessions``; else null.
    members
        One row a session: ``session_id, mode, strength, nearest``; `mode` is null where the session was left open, and
        `nearest` and `strength` are then an offer.
    points
        One row a session: ``session_id, x, y``, for a map.
    texts
        The texts that were compared, as handed in.
    about
        One row a session, in the order of `members`: ``session_id`` and what was handed in beside the text.
    sentence
        The result in one plain sentence.
    notes
        What to know before believing it.
    events
        The edits made by hand, in order.
    home
        Where edits on the map are kept and sessions are read; None: nowhere.
    texts_of
        Reads a selection of other sessions as these were read, for `assign`; None: nobody does.
    """

    frame: pl.DataFrame
    members: pl.DataFrame
    points: pl.DataFrame
    texts: pl.DataFrame
    about: pl.DataFrame
    sentence: str
    notes: tuple[str, ...]
    events: tuple[Edit, ...]
    _fit: Fit | None
    _labels: Ints
    _names: Mapping[int, str]
    _retired: frozenset[int] = frozenset()
    _highest: int = 0  # number ever given: a number that was freed is not given again
    home: Home | None = None
    texts_of: Callable[[Any], pl.DataFrame] | None = None
    _bent: Bent | None = None

    def __repr__(self) -> str:
        return self.sentence

    def __len__(self) -> int:
        return self.frame.height

    def to_frame(self) -> pl.DataFrame:
        """The modes, one row each."""
        return self.frame

    def assign(
        self,
        sessions: Any,
        *,
        executor: MakesExecutor | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Assigned:
        """Put other sessions into these modes: where at least half of their nearest neighbours are, or where labels say.

        Parameters
        ----------
        sessions
            A selection of the workspace that the modes are of, such as ``ws.failing()``: it is read as the modes' own sessions were. Or
            texts of the same facet, as `cluster` takes them.
        executor
            Where neighbours are looked up, instead of in this process: a `concurrent.futures.Executor`, or a function that makes one. What
            embeds has an executor of its own.
        progress
            Called with (embedded, all).

        Returns
        -------
        Assigned
            Its ``frame`` has ``session_id, mode, name, strength`` in the order of the sessions, null where no mode fits; its ``outside``
            names those that fit none by what they share.

        Raises
        ------
        InputError
            A selection is handed in, and the modes are of no workspace that could read it; or texts lack a column.
        """
        texts = self._read(sessions)
        frame = self._placed(texts, executor=executor, progress=progress)
        return assigned_to(self._fit, frame, as_items(texts)[1], modes=len(self))

    def _read(self, sessions: Any) -> Any:
        """Texts as they are; a selection of sessions as the workspace reads it."""
        named = population_frame(sessions, what="sessions to assign")
        if "text" in named.columns:
            return named
        if self.texts_of is None:
            msg = "these modes are of no workspace that could read the sessions: hand in their texts, `facet_text(steps, facet)`"
            raise InputError(msg)
        return self.texts_of(named)

    def _placed(
        self, texts: Any, *, executor: MakesExecutor | None = None, progress: Callable[[int, int], None] | None = None
    ) -> pl.DataFrame:
        if self._bent is not None:
            return self._bent.assigned(texts, self._labels, self._names, executor=executor, progress=progress)
        return assigned(self._fit, self._labels, self._names, texts, executor=executor, progress=progress)

    def diff(self, other: Modes) -> pl.DataFrame:
        """How these modes differ from earlier ones: new, grown, shrunk, same or gone.

        Today's sessions are put into the earlier modes as `assign` does it, and the earlier sessions in the same way, so that
        both are counted by one yardstick; a mode of today most of which lies in no earlier one is new.

        Parameters
        ----------
        other
            The earlier modes, of the same facet.

        Returns
        -------
        polars.DataFrame
            ``status, name, name_before, size, size_before, share, share_before, difference, low, high``: `difference` in share
            with its 95% Newcombe interval; grown and shrunk only where that leaves out 0, gone where no session is left.

        Raises
        ------
        InputError
            The other modes are of another facet.
        """
        if self._fit is not None and other._fit is not None and self._fit.facet != other._fit.facet:
            msg = f"these modes are of the facet {self._fit.facet!r}, the others of {other._fit.facet!r}: compare modes of one facet, or cross two"
            raise InputError(msg)
        held: dict[int, int] = {}
        if other._fit is not None:
            bent = other._bent
            own = vote(other._fit.own, other._labels)[0] if bent is None else bent.own(other._labels)
            modes, counts = np.unique(own, return_counts=True)
            held = {int(mode): int(count) for mode, count in zip(modes, counts, strict=True)}
        totals = self.texts.height, other.texts.height
        assigned = other._placed(self.texts)
        return diff_modes(self.frame, other.frame, totals=totals, members=self.members, assigned=assigned, held=held)

    def families(self) -> Families:
        """The level above: modes that lie beside each other, each family named by contrast; the largest first.

        Returns
        -------
        Families
            Modes that were set aside as no failure are left out, and counted. `Families.frame` has
            ``family, name, modes, size, share, low, high``; the share is of all sessions, with its 95% interval.
        """
        return families(self._fitted(), self._labels, self._names, self._retired)

    def crosswalk(self, taxonomy: str | None = None) -> pl.DataFrame:
        """What these modes are called in published taxonomies, as far as the signs in their sessions bear it out.

        Parameters
        ----------
        taxonomy
            ``"MAST"``, ``"TRAIL"``, ``"AgentRx"`` or ``"Datadog"``; all of them when absent (`taxonomies`).

        Returns
        -------
        polars.DataFrame
            ``mode, name, taxonomy, code, title, sessions, of, share, low, high, signs``, in each mode and taxonomy the code that most
            sessions show first. One session may show several.

        Raises
        ------
        UnknownNameError
            No such taxonomy.
        """
        return crosswalk(self.frame, self.members, self.texts, taxonomy)

    def named(
        self,
        model: Asks,
        *,
        redact: Callable[[str], str],
        among: Collection[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Modes:
        """The same modes with names by a model; where a name does not hold what it promises, the one by contrast stays.

        The model is shown, fenced and redacted, words of sessions in the mode, words of near misses (sessions outside that have most
        neighbours inside), and what tells the other modes apart. A name is refused where it is empty, too long, not in plain words, another
        mode's, not borne out by words of at least half of the sessions shown, or as true of the near misses.

        Parameters
        ----------
        model
            Who names: a `workbench.model.Model`. Modes that people named, by hand or by a label, and those that were set aside keep their names.
        redact
            Replaces secrets and personal data in a text.
        among
            The sessions that may be shown; all when absent.
        progress
            Called with (modes done, modes in all).

        Returns
        -------
        Modes
            With an edit for each new name, and a note that says how many there are, which were refused and why, and what it cost.

        Raises
        ------
        ModelError
            The model cannot be asked.
        """
        if self._fit is None:
            return self
        people = {edit.name for edit in self.events if edit.by == "human" and edit.name is not None}
        people |= set(self._bent.kind_names if self._bent is not None else ())
        naming = Naming(self._fit, self._labels, frozenset(people), redact, None if among is None else frozenset(among))
        found, said = names_by_model(naming, self.frame, model, progress)
        modes = self
        for each in found:
            if each.refused is None and each.name != self._names[each.mode]:
                modes = modes.rename(each.mode, each.name, by="model")
        return replace(modes, notes=(*modes.notes, said))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to know before believing the table: the notes, and how feedback is to be read where it tells any."""
        return (*self.notes, *how_to_read(self.frame))

    def to_json(self) -> dict[str, Any]:
        """The modes, members, cautions and edits as JSON takes them."""
        return {
            "sentence": self.sentence,
            "notes": list(self.cautions),
            "sessions": self.texts.height,
            "modes": self.frame.to_dicts(),
            "members": self.members.to_dicts(),
            "edits": [edit.to_dict() for edit in self.events],
        }

    def _repr_html_(self) -> str:
        return show(self.frame, self.sentence, self.cautions)

    def _reshaped(self, made: Made) -> Modes:
        done = build(
            made.fit,
            self.texts,
            made.bent.before_edits,
            made.names,
            made.retired,
            notes=made.bent.notes,
            events=self.events,
            bent=made.bent,
            about=self.about,
        )
        return self._at_home(replace(done, notes=(*done.notes, *seen_note(done.frame))))

    def _again(
        self, labels: Ints, names: Mapping[int, str], edit: Edit, retired: frozenset[int] | None = None
    ) -> Modes:
        events = (*self.events, edit)
        kept = self._retired if retired is None else retired
        done = build(
            self._fitted(),
            self.texts,
            labels,
            names,
            kept & names.keys(),
            highest=self._highest,
            notes=self.notes,
            events=events,
            bent=self._bent,
            about=self.about,
        )
        return self._at_home(done)

    def _at_home(self, made: Modes) -> Modes:
        """Modes made of these, kept where these are and reading others as these do."""
        home = None if self.home is None else self.home.of(made)
        return replace(made, home=home, texts_of=self.texts_of)


def build(
    fit: Fit,
    texts: pl.DataFrame,
    labels: Ints,
    names: Mapping[int, str] | None = None,
    retired: frozenset[int] = frozenset(),
    *,
    highest: int = 0,
    notes: Sequence[str] = (),
    events: Sequence[Edit] = (),
    bent: Bent | None = None,
    about: pl.DataFrame | None = None,
) -> Modes:
    """Put a result together from a fit, labels (1.., -1 for open) and names; without names, the modes are named by contrast."""
    named = name_groups(fit.phrases, labels, tokens=[item.tokens for item in fit.items])
    phrases = {mode: told for mode, (_, told) in named.items()}
    names = names or {mode: name for mode, (name, _) in named.items()}
    order = texts.select("session_id")
    members = order.join(members_table(fit, labels), on="session_id", how="left", maintain_order="left")
    about = order if about is None else about
    frame = with_told(modes_table(fit, labels, names, phrases, retired), members, about)
    points = pl.DataFrame(
        {
            "session_id": [item.session_id for item in fit.items],
            "x": fit.map[:, 0],
            "y": fit.map[:, 1],
        }
    )
    return Modes(
        frame=frame,
        members=members,
        points=order.join(points, on="session_id", how="left", maintain_order="left"),
        texts=texts,
        about=about,
        sentence=" ".join([summary(fit.total, frame), *([] if bent is None else [bent.sentence])]),
        notes=tuple(notes),
        events=tuple(events),
        _fit=fit,
        _labels=labels,
        _names=dict(names),
        _retired=retired,
        _highest=max(highest, *names, 0),
        _bent=bent,
    )
