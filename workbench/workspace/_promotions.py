"""Making cases: of sessions, at a desk, or of a file of another tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from workbench.workspace._base import author_of, ids_of
from workbench.workspace._datasets import Datasets

if TYPE_CHECKING:
    from workbench.dataset import Dataset
    from workbench.widgets import Promoter

__all__ = ["Promotions"]


class Promotions(Datasets):
    """Promoting and importing."""

    def promote(
        self,
        population: Any,
        *,
        to: str,
        controls: int = 0,
        seed: int = 0,
        turn: int | Literal["all"] | None = None,
        splits: Mapping[str, float] | None = None,
        attributes: Sequence[str] = (),
        author: str | None = None,
    ) -> Dataset:
        """Make cases of sessions, and of passing controls drawn beside them: a new version of a dataset, or the same one where nothing is new.

        Parameters
        ----------
        population
            What `labelled()` or `failing()` gave, ids, or a frame with `session_id`. Where it holds reviewers' labels, all
            that say fail of these sessions are taken, so that the same session is the same case whichever of its labels chose it.
        to
            The dataset's name.
        controls
            How many passing sessions the dataset is to hold beside them, drawn at random.
        turn
            The turn that is tried; by default that of the labelled first failure, else the last. With "all" every turn is a case.
        splits
            Named splits with their shares, such as `{"train": 0.3, "test": 0.7}`; what belongs together lies in one.
        attributes
            Columns of the population or of `sessions()` that the cases keep, to compare by, such as `["difficulty"]`. The failure mode
            is kept as `mode`, and so is the release.
        """
        from workbench import dataset, world

        self._obey_refusals()
        spilled = self._spilled()
        whole = world.whole_payloads(spilled, self.store.blobs.get)
        redactor = self._redactor()
        promoted = dataset.promote(
            self._with_all_labels(population),
            self.steps(),
            self._with_sources(),
            to=to,
            record=lambda loop: world.record(loop, fetch=whole, redact=redactor.text),
            redact=redactor.text,
            cut_traces=frozenset(spilled["trace_id"].to_list()),
            now=datetime.now(UTC),
            author=author_of(author),
            existing=self.dataset(to) if to in self.datasets() else None,
            controls=controls,
            control_pool=self.passing() if controls else None,
            seed=seed,
            turn=turn,
            splits=splits,
            attributes=tuple(dict.fromkeys(["agent_version", *attributes])),
        )
        if not self._keep_version(promoted):
            return self.promote(
                population,
                to=to,
                controls=controls,
                seed=seed,
                turn=turn,
                splits=splits,
                attributes=attributes,
                author=author,
            )
        notes = (promoted.sentence, *promoted.notes, f"Redacted: {redactor.replaced.sentence}")
        return replace(promoted.dataset, notes=notes, looked=self._watch(promoted.dataset))

    def promote_desk(self, population: Any = None, *, to: str, author: str | None = None) -> Promoter:
        """Pick sessions by keyboard, choose their turn, say what a good answer is, see what the agent gets, and save them as cases.

        Parameters
        ----------
        population
            What `labelled()` or `failing()` gave, ids, or a frame with `session_id`; by default the sessions that people labelled as failing.
        to
            The dataset's name.
        author
            Who promotes; you by default.
        """
        from workbench.widgets import Promoter
        from workbench.workspace import _promoting

        labels = self.labelled()
        ids, _ = self._meant(labels if population is None else population)
        shown = ids.select("session_id").unique(maintain_order=True)
        modes = (
            labels.drop_nulls("failure_mode").group_by("session_id").agg(pl.col("failure_mode").first().alias("mode"))
        )
        lines = self._rolled_up().select("session_id", pl.col("input").alias("gist"))
        items = shown.join(lines, on="session_id", how="left", maintain_order="left")
        items = items.join(modes, on="session_id", how="left", maintain_order="left")
        said = {row["session_id"]: row for row in labels.iter_rows(named=True)}
        who, redactor = author_of(author), self._redactor()

        def fetch(session_id: str) -> dict[str, Any]:
            return _promoting.preview(self.session(session_id), said.get(session_id, {}), redactor.text)

        def save(picks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
            chosen = _promoting.selection(
                picks,
                self.labelled(),
                proposed={pick["session_id"]: fetch(pick["session_id"])["turn"] for pick in picks},
                passing=frozenset(self.passing().to_frame()["session_id"].to_list()),
                author=who,
            )
            made = self.promote(chosen, to=to, author=who)
            return {"sentence": made.notes[0], "there": made.cases["session_id"].to_list()}

        return Promoter(
            [{**row, "gist": redactor.text(row["gist"] or "")} for row in items.iter_rows(named=True)],
            fetch=fetch,
            save=save,
            dataset=to,
            there=self.dataset(to).cases["session_id"].to_list() if to in self.datasets() else (),
            author=who,
            queue=f"{self.store.folder}/{to}/{who}",
        )

    def import_dataset(
        self,
        path: str | Path,
        *,
        to: str | None = None,
        format: str | None = None,  # noqa: A002 - the word that users look for
        author: str | None = None,
    ) -> Dataset:
        """Read a dataset file, of the workbench or of another tool, into a new version; cases that are there take on what it says.

        Parameters
        ----------
        path
            The file.
        to
            The dataset's name; by default what the file calls it.
        format
            One of `workbench.dataset.exporters()`; by default what the file's first record shows.
        author
            Who imports; you by default.
        """
        from workbench import dataset

        read, refused = dataset.read_dataset(path, format), self._refused()
        name, redactor = to or read.name, self._redactor()
        ids = {each for each in read.cases["world_id"].drop_nulls().to_list() if each in self.store.blobs}
        made = dataset.imported(
            read,
            to=name,
            now=datetime.now(UTC),
            author=author_of(author),
            existing=self.dataset(name) if name in self.datasets() else None,
            redact=redactor.text,
            worlds=ids,
            refused=refused,
        )
        if not self._keep_version(made):
            return self.import_dataset(path, to=to, format=format, author=author)
        notes = (made.sentence, *made.notes, f"Redacted: {redactor.replaced.sentence}")
        return replace(made.dataset, notes=notes, looked=self._watch(made.dataset))

    def _with_all_labels(self, population: Any) -> pl.DataFrame:
        """Labels of some reviewers with the others' labels of the same sessions."""
        population = ids_of(population, self._rolled_up())
        if "reviewer" not in population.columns:
            return population
        others = self.labelled().join(population, on="session_id", how="semi")
        others = others.join(population, on=["session_id", "reviewer"], how="anti")
        return pl.concat([population, others], how="diagonal_relaxed")

    def _with_sources(self) -> pl.DataFrame:
        """The sessions with the file that the root of each, else its first span, was read from."""
        spans = self.scan_spans().select("trace_id", "parent_id", "start", "source").collect()
        roots = spans.sort(pl.col("parent_id").is_not_null(), "start", nulls_last=True, maintain_order=True)
        firsts = self.steps().filter(pl.col("trace_id").is_not_null()).sort("session_id", "number")
        own = (
            firsts.unique("session_id", keep="first", maintain_order=True)
            .select("session_id", "trace_id")
            .join(roots.unique("trace_id", keep="first", maintain_order=True), on="trace_id")
        )
        return self._rolled_up().join(
            own.select("session_id", "source"), on="session_id", how="left", maintain_order="left"
        )

    def _spilled(self) -> pl.DataFrame:
        """The spans of which a payload was cut at loading and kept beside them."""
        columns = self.scan_spans().select("trace_id", "span_id", "spilled")
        return columns.filter(pl.col("spilled").list.len() > 0).collect()
