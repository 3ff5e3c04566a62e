"""Traces in, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench import schema
from workbench.errors import UnknownNameError
from workbench.workspace._base import Base, ids_of

if TYPE_CHECKING:
    from workbench.evidence import AgentLoop, Outcomes, Rendering, Selection, Signal
    from workbench.grade import Grader, Grades
    from workbench.load import LoadReport


__all__ = ["Traces"]


class Traces(Base):
    """Loading, sessions, graders, outcomes."""

    def load(self, paths: Any) -> LoadReport:
        """Read trace exports of any known format; files that were loaded before and have not changed are skipped.

        Parameters
        ----------
        paths
            A file, a folder, a glob pattern, a frame of a live client (Polars, pandas, Arrow, a list of objects), or several.

        Returns
        -------
        LoadReport
            By format: read, loaded, merged, superseded, set aside and why; with `.set_aside` and `.sources`.

        Raises
        ------
        LoadError
            No file is there.
        """
        from workbench import load

        known = self.store.sources()
        given = load.gather(paths)
        fresh, skipped = load.unread(load.resolved(source.path for source in given if source.given is None), known)
        frames = [source for source in given if source.given is not None]
        held = set(known["source_id"])
        skipped += [source.path for source in frames if source.source_id in held]
        redactor = self._redactor() if self.config.redact == "load" else None
        options = load.LoadOptions(
            user_feedback_names=frozenset(self.config.user_feedback), spill_characters=self.config.spill_characters,
            tables=self.config.tables, redact=redactor,
        )  # fmt: skip
        made: list[str] = []
        notes: dict[str, None] = {}
        unknown = [load.UNKNOWN.to_frame()]
        jobs: list[tuple[list[Any], dict[str, int], int]] = [
            ([file.path for file in batch], {str(file.path): file.modified_ns for file in batch}, sum(file.bytes for file in batch))
            for batch in load.batches(fresh)
        ]  # fmt: skip
        jobs += [([source], {}, source.size) for source in frames if source.source_id not in held]
        done, total = 0, sum(size for _, _, size in jobs)
        with self._progress("load") as report, self.store.incoming() as incoming:
            # One batch is one commit: a process that is killed goes on with the next one.
            for batch, modified_ns, size in jobs:
                read = load.read(
                    batch,
                    known=self.store.scan_spans(),
                    known_scores=self.store.scan_scores(),
                    options=options,
                    progress=lambda now, _size, done=done: report(done + now, total),
                    into=load.Into(incoming, self.store.blobs.put_compressed),
                )
                made.append(
                    self.store.add_load(
                        spans=read.spans,
                        scores=read.scores,
                        sources=read.sources,
                        set_aside=read.set_aside,
                        superseded=read.superseded,
                        blobs=read.blobs,
                        modified_ns=modified_ns,
                        config=self.config.fingerprint,
                        parts=read.parts,
                    )
                )
                notes |= dict.fromkeys(read.notes)
                unknown.append(read.unknown_attributes)
                done += size
        mine = pl.col("load_id").is_in(made)
        return load.LoadReport(
            sources=(self.store.sources() if made else known).filter(mine).select(schema.SOURCES.names()),
            set_aside=self.store.database.read("set_aside").filter(mine).select(schema.SET_ASIDE.names()),
            skipped=tuple(str(path) for path in skipped),
            signals=self._signal_counts(),
            settings=self.other_settings,
            replaced=None if redactor is None else dict(redactor.counts),
            waiting=sum(load.waiting(said, self.store.scan_spans()) for said in (self._scores(), self._said())),
            retired=self._obey_refusals(),
            notes=tuple(notes),
            unknown=pl.concat(unknown)
            .group_by("name")
            .agg(pl.col("count").sum())
            .sort("count", "name", descending=[True, False]),
        )

    def _obey_refusals(self) -> tuple[str, ...]:
        """Retire the cases whose users have refused since they were promoted; a sentence a dataset that has such."""
        return ()

    def annotate(self, rows: Any, *, draws: Any = None) -> int:
        """Add annotations from elsewhere: a file of JSON lines, or rows with the columns of `schema.ANNOTATIONS`.

        Parameters
        ----------
        rows
            The annotations.
        draws
            How the sessions came to be read, as a file of JSON lines or rows of `schema.DRAWS`: with it, shares among the labels are
            weighted back to the population that was drawn from.

        Returns
        -------
        int
            How many annotations were new; the same file again adds nothing.

        Raises
        ------
        InputError
            A column is missing or of another type, or an author kind is unknown; nothing of the file is kept.
        """
        from workbench import label

        given = label.read_annotations(rows, recorded_at=datetime.now(UTC))
        drawn = None if draws is None else label.read_draws(draws)
        if drawn is not None:
            self.store.database.append("draws", drawn)
        return self.store.database.append("annotations", given)

    def sources(self) -> pl.DataFrame:
        """One row a file: where each of its records ended."""
        return self.store.sources()

    def set_aside(self) -> pl.DataFrame:
        """One row a record that was not loaded, with the reason."""
        return self.store.set_aside()

    def scan_spans(self) -> pl.LazyFrame:
        """Every span as it stands now, lazily."""
        return self.store.scan_spans()

    def steps(self) -> pl.DataFrame:
        """The agent loop of every session, one row a step."""
        return self._roll_up()[0]

    def sessions(self) -> pl.DataFrame:
        """One row a session, with every signal beside it: feedback, scores, graders, human verdicts."""
        from workbench import evidence

        return evidence.signals(self._rolled_up(), self._scores(), self._said(), steps=self.steps())

    def session(self, session_id: str) -> AgentLoop:
        """One session as the agent loop.

        Raises
        ------
        UnknownNameError
            No session has that id; the message suggests the nearest.
        """
        from workbench import evidence

        return evidence.loop(self.steps(), session_id)

    def render(self, session_id: str, *, budget: int = 12_000) -> Rendering:
        """One session as a text to give to a model: fenced as untrusted, with tokens in place of secrets and personal data.

        Parameters
        ----------
        session_id
            The session.
        budget
            Characters that the text may have.

        Returns
        -------
        Rendering
            The text, and what was cut from it.

        Raises
        ------
        UnknownNameError
            No session has that id; the message suggests the nearest.
        InputError
            The budget is not positive.
        """
        from workbench import evidence

        return evidence.render(self.session(session_id), budget=budget, redact=self._redactor().text)

    def annotations(self) -> pl.DataFrame:
        """Everything that was said about sessions, append-only: retracted rows are there, and what retracts them."""
        return self.store.database.read("annotations")

    def grade(self, graders: Sequence[Grader], *, again: bool = False) -> Grades:
        """Run graders over every session whose user did not refuse, and keep the results; what was graded before and has not changed is taken from there.

        Parameters
        ----------
        graders
            What the decorator `workbench.grader` made.
        again
            Run them all, also where nothing seems to have changed: for graders that ask a model, a service or a file.

        Returns
        -------
        Grades
            One row a session and grader, whether it was run now or before. A session is graded again where its steps, the grader's
            version or source, or a function or constant of its author that it refers to is another, or where it crashed.
        """
        from workbench import evidence, grade

        kept = self.annotations()
        steps, refused = evidence.permitted(self.steps(), self._rolled_up())
        with self._progress("grade") as report:
            graded = grade.grade(steps, graders, usage=self._rolled_up(), kept=None if again else kept, progress=report)
        self.store.database.append("annotations", graded.to_annotations(datetime.now(UTC), kept=kept))
        return replace(graded, notes=evidence.refusals(refused))

    def outcomes(
        self,
        where: pl.Expr | None = None,
        *,
        signals: Sequence[Signal] | None = None,
        graders: Sequence[str | Grader] | None = None,
    ) -> Outcomes:
        """Which sessions fail, pass or are unknown, by which signals, in one sentence.

        Parameters
        ----------
        where
            A condition on the columns of `sessions()`; all by default.
        signals
            Some of `human`, `grader`, `feedback`; all by default.
        graders
            The graders whose results count, or their names; by default all that ever ran, also those renamed or removed since.
        """
        from workbench import evidence

        found = evidence.outcomes(
            self._rolled_up(),
            self._scores(),
            self._said(),
            steps=self.steps(),
            signals=signals,
            graders=None if graders is None else [each if isinstance(each, str) else each.name for each in graders],
        )
        return found if where is None else found.among(self._where(where))

    def failing(
        self,
        where: pl.Expr | None = None,
        *,
        signals: Sequence[Signal] | None = None,
        graders: Sequence[str | Grader] | None = None,
    ) -> Selection:
        """The sessions that fail, and in one sentence by which signals and how many are unknown; as `outcomes`."""
        return self.outcomes(where, signals=signals, graders=graders).failing

    def passing(
        self,
        where: pl.Expr | None = None,
        *,
        signals: Sequence[Signal] | None = None,
        graders: Sequence[str | Grader] | None = None,
    ) -> Selection:
        """The sessions that pass, and in one sentence by which signals and how many are unknown; as `outcomes`."""
        return self.outcomes(where, signals=signals, graders=graders).passing

    def _rolled_up(self) -> pl.DataFrame:
        return self._roll_up()[1]

    def _roll_up(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Steps and sessions: both are made together, and each is read again alone."""
        from workbench import evidence

        made: list[pl.DataFrame] = []

        def make(which: int) -> pl.DataFrame:
            if not made:
                made.extend(evidence.roll_up(self.scan_spans().select(evidence.ROLL_UP_COLUMNS).collect()))
            return made[which]

        return self._derived("steps", lambda: make(0)), self._derived("sessions", lambda: make(1))

    def _meant(self, population: Any) -> tuple[pl.DataFrame, int]:
        """The sessions that a caller means, without those whose users refused, and how many these are."""
        from workbench import evidence

        sessions = self._rolled_up()
        return evidence.permitted(ids_of(population, sessions), sessions)

    def _where(self, where: pl.Expr) -> pl.DataFrame:
        sessions = self.sessions()
        unknown = [name for name in where.meta.root_names() if name not in sessions.columns]
        if unknown:
            raise UnknownNameError(unknown[0], "column of the sessions", sessions.columns)
        kept = sessions.filter(where).select("session_id")
        return self._rolled_up().join(kept, on="session_id", how="semi", maintain_order="left")

    def _scores(self) -> pl.DataFrame:
        from workbench import load

        return load.without_summaries(self._joined("scores", self.store.scan_scores().collect()))

    def _said(self) -> pl.DataFrame:
        """The annotations, with the target of those that came with a key only."""
        return self._joined("annotations", self.annotations())

    def _joined(self, name: str, said: pl.DataFrame) -> pl.DataFrame:
        from workbench import load

        keys = load.loose_keys(said)
        if not keys.len():
            return said
        # Keys are looked for in every span: not again while neither keys nor traces have changed.
        state = f"{self.store.state()} {keys.hash(7).sum()} {keys.len()}"
        held = self._frames.get(f"targets of {name}")
        if held is None or held[0] != state:
            held = self._frames[f"targets of {name}"] = (state, load.find_targets(keys, self.store.scan_spans()))
        return load.join_scores(said, self.store.scan_spans(), held[1])

    def _signal_counts(self) -> dict[str, int]:
        """How many rows of each outcome signal there are."""
        counts = dict(self._scores().group_by("author_kind").len().iter_rows())
        said = dict(self.annotations().group_by("author_kind").len().iter_rows())
        return {
            "user feedback": counts.get("user", 0) + said.get("user", 0),
            "exported scores": counts.get("code", 0) + counts.get("model", 0),
            "graders": said.get("code", 0) + said.get("model", 0),
            "human labels": counts.get("human", 0) + said.get("human", 0),
        }
