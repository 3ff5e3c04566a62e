"""Failure modes found by clustering, and what people changed about them."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, overload

import polars as pl

from workbench.errors import InputError
from workbench.workspace._base import concat_ids
from workbench.workspace._traces import Traces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from workbench.cluster import CrossTable, Facet, Modes, Written

__all__ = ["FailureModes"]

_NOTED = 0.5  # share of sessions with a note from which on notes are evidence like any other
_WORDS = ("input", "output", "feedback_comment", "note")  # of sessions, which the facets read and nobody counts by
_TWO = 2  # what a cross table crosses


class FailureModes(Traces):
    """Clustering."""

    @overload
    def cluster(
        self,
        population: Any,
        *,
        facet: Facet = "failure",
        against: Any = None,
        min_size: int | None = None,
        seed: int = 0,
        executor: Executor | Callable[[], Executor] | None = None,
        labels: bool | None = None,
    ) -> Modes: ...

    @overload
    def cluster(
        self,
        population: Any,
        *,
        facet: Sequence[Facet],
        against: Any = None,
        min_size: int | None = None,
        seed: int = 0,
        executor: Executor | Callable[[], Executor] | None = None,
        labels: bool | None = None,
    ) -> CrossTable: ...

    def cluster(
        self,
        population: Any,
        *,
        facet: Facet | Sequence[Facet] = "failure",
        against: Any = None,
        min_size: int | None = None,
        seed: int = 0,
        executor: Executor | Callable[[], Executor] | None = None,
        labels: bool | None = None,
    ) -> Modes | CrossTable:
        """Group sessions by what went wrong, and compare each group with other sessions.

        Each mode tells how unhappy its users were and what its sessions cost, and `Modes.about` has every other column of `sessions()`.
        Edits on the map are done again on the next run; those made in code are made by running it again.

        Parameters
        ----------
        population
            Sessions: a selection, ids, or a frame with `session_id`.
        facet
            What of a session is compared: `"failure"`, `"intent"`, `"trajectory"`, a Polars expression or a function; `"written"`, or
            `written("a question")`, is answered by the configured model. Two of them, such as `["intent", "failure"]`, give a cross table.
        against
            Sessions to compare each mode's share with, such as `passing()`.
        min_size
            The fewest sessions that are called a mode.
        seed
            The same input and seed give the same modes and names.
        labels
            Let what was labelled so far bend the modes, from ten labels of two kinds on. By default where what went wrong is compared,
            and labelled sessions are told better so than by the modes without labels.
        executor
            Where texts are embedded, instead of in this process: any `concurrent.futures.Executor`, or a function that makes one.

        Raises
        ------
        InputError
            Several facets, but not two; or a model is to write one, and none is configured.
        ModelError
            The configured model cannot be asked; what it answered is kept.
        """
        from workbench import cluster, evidence
        from workbench.workspace._map_labels import map_labels
        from workbench.workspace._mode_edits import ModeEdits, standing

        if isinstance(facet, (list, tuple)):
            several = cast("Sequence[Facet]", facet)
            if len(several) != _TWO:
                msg = f"facet: a cross table takes two facets, got {len(several)}; name one alone, or two"
                raise InputError(msg)
            rows, columns = (
                self.cluster(
                    population,
                    facet=each,
                    against=against,
                    min_size=min_size,
                    seed=seed,
                    executor=executor,
                    labels=labels,
                )
                for each in several
            )
            return cluster.cross(rows, columns)
        facet = cast("Facet", facet)
        wanted, refused = self._meant(population)
        beside = None if against is None else self._meant(against)[0]
        bends = _tells_failures(facet) if labels is None else labels
        said = map_labels(self.store.database) if bends else cluster.LABELS.to_frame()
        sessions = self.sessions()
        everyone = wanted if beside is None else concat_ids(wanted, beside)
        texts, notes = self._facet(everyone, facet, sessions, labelled=said["session_id"])
        with self._progress("cluster") as report:
            found = cluster.cluster(
                texts.join(wanted, on="session_id", how="semi", maintain_order="left"),
                against=None
                if beside is None
                else texts.join(beside, on="session_id", how="semi", maintain_order="left"),
                about=self._about(sessions),
                embed=cluster.Embedder(
                    cache=self.store.vectors,
                    choices=self.store.folder / "cache" / "backends.json",
                    executor=executor,
                ),
                min_size=min_size,
                seed=seed,
                progress=report,
            )
        found = found.bend(said, where_better=labels is None)
        name = _name_of(found)
        found = found.apply(standing(self.store.database.read("mode_edits", facet=name)))
        found = replace(found, notes=(*found.notes, *notes, *evidence.refusals(refused)))
        return replace(
            found,
            home=ModeEdits(found, name, self.store.database, self._reading),
            texts_of=functools.partial(self._others, known=everyone, facet=facet, labelled=said["session_id"]),
        )

    def _others(self, population: Any, *, known: pl.DataFrame, facet: Facet, labelled: pl.Series) -> pl.DataFrame:
        """Other sessions as those that modes are of were read; what is usual is learnt from these, too."""
        wanted, _ = self._meant(population)
        texts, _ = self._facet(wanted, facet, self.sessions(), labelled=labelled, among=concat_ids(wanted, known))
        return texts

    def _about(self, sessions: pl.DataFrame) -> pl.DataFrame:
        """What stays beside sessions that are compared: everything that is no text."""
        return sessions.drop(_WORDS)

    def name_modes(self, modes: Modes) -> Modes:
        """Let the configured model rename modes, and keep the names as edits: `undo_names` takes them back, and so does another name.

        Parameters
        ----------
        modes
            What `cluster` gave. Modes that people named, by hand or by a label, keep their names.

        Returns
        -------
        Modes
            With a note that says how many were renamed, which names were refused and why, and what it cost.

        Raises
        ------
        InputError
            No model is configured.
        ModelError
            The configured model cannot be asked; what it answered is kept.
        """
        from workbench.workspace._mode_edits import ModeEdits, keep_names

        model = self.model
        allowed, _ = self._meant(modes.texts.select("session_id"))
        with self._progress(f"ask {model.name}") as report:
            named = modes.named(
                model, redact=self._redactor().text, among=allowed["session_id"].to_list(), progress=report
            )
        facet = _name_of(modes)
        keep_names(self.store.database, facet, named.events[len(modes.events) :], model=model.name)
        return replace(named, home=ModeEdits(named, facet, self.store.database, self._reading))

    def undo_names(self, modes: Modes) -> int:
        """Take back the names that a model gave to modes of this facet, so that the next `cluster` shows those by contrast.

        Returns
        -------
        int
            How many names were taken back.
        """
        from workbench.workspace._mode_edits import undo_names

        return undo_names(self.store.database, _name_of(modes))

    def _facet(
        self,
        sessions: pl.DataFrame,
        facet: Facet,
        signals: pl.DataFrame,
        *,
        labelled: pl.Series,
        among: pl.DataFrame | None = None,
    ) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """What the sessions are compared by: read off their steps, and said by users, graders and readers in their own words; and what to know of it.

        Where hardly any but labelled sessions have a note, these notes are left out: a map that reads them is right about
        labelled sessions as it is about no other.
        """
        from workbench import cluster

        question = _question(facet)
        if question is not None:
            return self._written(sessions, question)
        said = signals.join(sessions, on="session_id", how="semi")
        own = pl.col("session_id").is_in(labelled.to_list())
        others = said.filter(~own)["note"]
        if others.count() < _NOTED * len(others):
            said = said.with_columns(pl.when(~own).then("note").alias("note"))
        graded = self.outcomes().frame.select("session_id", "grader_reasons")
        said = said.join(graded, on="session_id", how="left", maintain_order="left")
        given = pl.concat_list("feedback_comment", pl.col("grader_reasons").fill_null([]), "note")
        reasons = said.select("session_id", given.alias("text"))
        reasons = reasons.explode("text").drop_nulls("text")

        def make() -> pl.DataFrame:
            steps = self.steps().join(sessions, on="session_id", how="semi", maintain_order="left")
            beside = None if among is None else self.steps().join(among, on="session_id", how="semi")
            return cluster.facet_text(steps, facet, among=beside, reasons=reasons)

        if not isinstance(facet, str) or among is not None:
            return make(), ()
        # A slot a facet: a cross table reads two of them in turn.
        slot = f"facet {facet}"
        state = f"{self.store.state()} {sessions['session_id'].to_list()} {reasons.rows()}"
        held = self._frames.get(slot)
        if held is None or held[0] != state:
            held = self._frames[slot] = (state, make())
        return held[1], ()

    def _written(self, sessions: pl.DataFrame, question: Written) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """What the configured model writes of the sessions, and what to know of it."""
        from workbench import cluster

        model = self.model
        steps = self.steps().join(sessions, on="session_id", how="semi", maintain_order="left")
        with self._progress(f"ask {model.name}") as report:
            made = cluster.write_facet(steps, question, model=model, redact=self._redactor().text, progress=report)
        return made.texts, made.notes

    def _reading(self, session_id: str) -> dict[str, Any]:
        """What the labeller shows of a session; what software thinks of it stays apart as suggestions."""
        from workbench.widgets import conversation

        row = self._rolled_up().filter(session_id=session_id)
        said = self.store.database.read("annotations", target_id=session_id, author_kind="code")
        latest = said.unique("name", keep="last", maintain_order=True).filter(~pl.col("passed"))
        return conversation(
            self.steps().filter(session_id=session_id),
            header=row.row(0, named=True) if row.height else None,
            suggestions=[
                {"source": name, "text": comment or "failed"}
                for name, comment in latest.select("name", "comment").iter_rows()
            ],
        )


def _tells_failures(facet: object) -> bool:
    """Whether a facet shows what went wrong, which is what labels name; an expression is not asked."""
    from workbench.cluster import WHAT_WENT_WRONG

    question = _question(facet)
    return question.question == WHAT_WENT_WRONG if question else isinstance(facet, str) and facet == "failure"


def _name_of(modes: Modes) -> str:
    """The facet that edits of modes are kept by."""
    return str(modes.texts["facet"].first() or "failure")


def _question(facet: object) -> Written | None:
    """What a model is asked, where the facet is one that it writes."""
    from workbench.cluster import Written

    if isinstance(facet, str) and facet == "written":
        return Written()
    return facet if isinstance(facet, Written) else None
