"""Datasets, experiments and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from workbench import schema
from workbench.errors import EmptyError
from workbench.workspace._base import author_of, ids_of
from workbench.workspace._reading import Reading

if TYPE_CHECKING:
    from workbench.cluster import Modes
    from workbench.dataset import CaseState, Dataset, Looks, Promotion, Use
    from workbench.experiment import Comparison, Experiment
    from workbench.widgets import Promoter


__all__ = ["Datasets"]

_file_name = pl.col("path").str.replace(r"^.*[\\/]", "")


class Datasets(Reading):
    """Promoting, exporting, comparing, reporting."""

    def promote(
        self,
        population: Any,
        *,
        to: str,
        controls: int = 0,
        seed: int = 0,
        turn: int | Literal["all"] | None = None,
        splits: Mapping[str, float] | None = None,
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
            attributes=("agent_version",),
        )
        if not self._keep_version(promoted):
            return self.promote(
                population, to=to, controls=controls, seed=seed, turn=turn, splits=splits, author=author
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
        from workbench import evidence
        from workbench.widgets import Promoter
        from workbench.workspace import _promoting

        labels = self.labelled()
        ids, _ = evidence.permitted(ids_of(labels if population is None else population), self._rolled_up())
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
                passing=frozenset(ids_of(self.passing())["session_id"].to_list()),
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

    def _keep_version(self, made: Promotion) -> bool:
        """Write a version and what it holds, all or none; False where somebody made one of this number in the meantime."""
        for content in made.worlds.values():
            self.store.blobs.put(content)
        tables = {"dataset_versions": made.version, "cases": made.cases, "ground_truth": made.ground_truth}
        return self.store.database.append_together(tables, unless="dataset_versions")

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

    def revise_cases(
        self, name: str, case_ids: Iterable[str], *, state: CaseState, reason: str, author: str | None = None
    ) -> Dataset:
        """Give cases of a dataset another state: a new version, with who decided and why.

        Parameters
        ----------
        name
            The dataset.
        case_ids
            The cases.
        state
            `accepted`, `future` (tracked, not tried), `retired` (kept, not tried) or `candidate`.
        reason
            Why.
        author
            Who decides; you by default.
        """
        from workbench import dataset

        ids = list(case_ids)

        def change(data: Dataset) -> Promotion:
            return dataset.revise(
                data, ids, state=state, reason=reason, author=author_of(author), now=datetime.now(UTC)
            )

        return self._changed(name, change)

    def split(self, name: str, splits: Mapping[str, float], *, author: str | None = None) -> Dataset:
        """Lay the cases of a dataset into named splits anew; none of one session, task or near duplicate lies on two sides.

        Parameters
        ----------
        name
            The dataset.
        splits
            Names with their shares, such as `{"train": 0.3, "test": 0.7}`.
        author
            Who decides; you by default.
        """
        from workbench import dataset

        def change(data: Dataset) -> Promotion:
            return dataset.split(data, splits, author=author_of(author), now=datetime.now(UTC))

        return self._changed(name, change)

    def _changed(self, name: str, change: Callable[[Dataset], Promotion]) -> Dataset:
        """The latest version with a change on top, made again where somebody was faster."""
        while True:
            made = change(self.dataset(name))
            if self._keep_version(made):
                return replace(made.dataset, notes=(made.sentence, *made.notes), looked=self._watch(made.dataset))

    def tag(self, name: str, tag: str, *, version: int | None = None, author: str | None = None) -> Dataset:
        """Give a version of a dataset, the latest by default, a name: `ws.dataset(name, version=tag)` finds it until another gets the tag."""
        from workbench import dataset

        tagged = self.dataset(name, version=version)
        row = dataset.tag_row(name, tagged.version, tag, author=author_of(author), now=datetime.now(UTC))
        self.store.database.append("dataset_tags", [row])
        return tagged

    def case_states(self, name: str) -> pl.DataFrame:
        """Who put which case of a dataset into which state, when and why: `case_id`, `version`, `state`, `reason`, `by`, `at`."""
        from workbench import dataset

        tables = {"versions": self.store.database.read("dataset_versions"), "cases": self.store.database.read("cases")}
        return dataset.states(name, **tables)

    def looks(self, name: str) -> Looks:
        """Who looked at which split of a dataset: exports, experiments and comparisons, each counted once."""
        from workbench import dataset

        return dataset.looks(self.store.database.read("exposures"), name)

    def _look(self, name: str, splits: Iterable[str], *, use: Use, by: str) -> str:
        """Write down that somebody looks at a dataset, and say how often its splits were looked at by now."""
        from workbench import dataset

        reached = set(splits)
        rows = dataset.look_rows(name, reached, use=use, by=by, author=author_of(), now=datetime.now(UTC))
        self.store.database.append("exposures", rows)
        return dataset.looks(self.store.database.read("exposures"), name, reached).sentence

    def _watch(self, data: Dataset) -> Callable[[str], None]:
        def looked(by: str) -> None:
            self._look(data.name, data.cases["split"].drop_nulls(), use="shown", by=by)

        return looked

    def _with_all_labels(self, population: Any) -> Any:
        """Labels of some reviewers with the others' labels of the same sessions."""
        if not isinstance(population, pl.DataFrame) or not {"session_id", "reviewer"} <= set(population.columns):
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

    def datasets(self) -> tuple[str, ...]:
        """The names of the datasets."""
        return tuple(self.store.database.read("dataset_versions")["dataset"].unique(maintain_order=True).to_list())

    def dataset(self, name: str, *, version: int | str | None = None) -> Dataset:
        """A dataset at a version, by its number or tag, the latest by default; cases whose users have refused since are retired in it, and empty."""
        from workbench import dataset

        return dataset.withholding(self._dataset(name, version), self._refused())

    def _refused(self) -> list[str]:
        from workbench import evidence

        return self._rolled_up().filter(~evidence.PERMITTED)["session_id"].to_list()

    def _obey_refusals(self) -> tuple[str, ...]:
        from workbench import dataset

        said: list[str] = []
        refused = self._refused() if (names := self.datasets()) else []
        for name in names if refused else ():
            made = dataset.withhold(self._dataset(name), refused, author="workbench", now=datetime.now(UTC))
            if made is None:
                continue
            tables = {"dataset_versions": made.version, "cases": made.cases}
            if not self.store.database.append_together(tables, unless="dataset_versions"):
                return self._obey_refusals()  # somebody made a version in the meantime
            said.append(made.sentence)
        return tuple(said)

    def _dataset(self, name: str, version: int | str | None = None) -> Dataset:
        """A dataset as it is kept."""
        from workbench import dataset

        if isinstance(version, str):
            version = dataset.version_of(name, version, self.store.database.read("dataset_tags"))

        cases = self.store.database.read("cases", dataset=name)
        ids = cases["world_id"].drop_nulls().unique().to_list()
        found = dataset.dataset_at(
            name,
            versions=self.store.database.read("dataset_versions"),
            cases=cases,
            ground_truth=self.store.database.read("ground_truth", dataset=name),
            worlds=dataset.Worlds(ids, self.store.blobs.get),
            version=version,
        )
        seen = self.looks(name)
        return replace(found, notes=(seen.sentence,) if seen.rows.height else (), looked=self._watch(found))

    def recorded(
        self,
        name: str,
        where: pl.Expr | None = None,
        *,
        graders: Sequence[str] | None = None,
        case: str = "task_id",
    ) -> Experiment:
        """What was run already, as an experiment: sessions are trials of their tasks, graders' results their outcomes.

        A column of `sessions()` on which all trials of a task agree is an attribute to compare by, and so is `mode`: the failure modes
        that people named in its sessions. Tasks that were chosen because they failed fail less often when they are tried again, so a
        segment by `mode` tells what a change did only beside other segments.

        Parameters
        ----------
        name
            What to call it, such as the release.
        where
            Which sessions: a condition on the columns of `sessions()`.
        graders
            Names of graders or exported scores; all by default.
        case
            The column of `sessions()` that tells what was tried, where the export names no task: such as "input".

        Raises
        ------
        EmptyError
            No session fits, or none has a task or a result.
        """
        from workbench import evidence, experiment

        found = self.sessions() if where is None else self.sessions().filter(where)
        if not found.height:
            known = ", ".join(map(str, self._rolled_up()["agent_version"].unique().sort().to_list()))
            msg = f"no session fits the condition of {name!r}; agent versions loaded: {known or 'none'}"
            raise EmptyError(msg)
        rolled_up = self._rolled_up().join(found, on="session_id", how="semi", maintain_order="left")
        results = evidence.results(rolled_up, self._scores(), self._said(), steps=self.steps())
        named = self.codebook().labels.filter(pl.col("verdict") == "fail").drop_nulls("failure_mode")
        modes = named.group_by("session_id").agg(mode=pl.col("failure_mode").unique().sort())
        about = found.join(modes, on="session_id", how="left", maintain_order="left")
        return experiment.recorded(about, results, name=name, graders=graders, case=case)

    def report(
        self,
        path: str | Path,
        *,
        modes: Modes | None = None,
        comparison: Comparison | None = None,
        where: pl.Expr | None = None,
    ) -> Path:
        """Write what was found as one HTML page that opens without Jupyter, with the evidence at its end.

        Parameters
        ----------
        path
            Where to.
        modes
            What `cluster()` gave.
        comparison
            What `compare()` gave.
        where
            Which sessions the outcomes are of: a condition on the columns of `sessions()`.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        ReadOnlyError
            The disk refused; an older page is as it was.
        """
        from workbench import evidence, load, report
        from workbench.store import write_whole
        from workbench.workspace._findings import cited, parted, sections

        loaded = load.LoadReport(
            # A page is handed on: where files lie on this machine is nobody else's.
            self.sources().select(schema.SOURCES.names()).with_columns(_file_name),
            self.set_aside().with_columns(_file_name),
            signals=self._signal_counts(),
        )
        outcomes = self.outcomes(where)
        shown, refused = evidence.permitted(outcomes.frame, self._rolled_up())
        named = pl.DataFrame({"session_id": cited(modes, comparison)}, schema={"session_id": pl.String()})
        quoted, _ = evidence.permitted(named, self._rolled_up())
        text = report.page(
            self.config.name,
            sections(
                loaded,
                outcomes.among(shown),
                loaded_sessions=self._rolled_up().height,
                modes=modes,
                codebook=self.codebook(),
                datasets=[self.dataset(name) for name in self.datasets()],
                comparison=comparison,
                flips=parted(comparison, self.session, quoted["session_id"].to_list()),
            ),
            evidence={session_id: self.session(session_id) for session_id in quoted["session_id"].to_list()},
            made_at=datetime.now(UTC),
            made_from=f"workspace {self.config.name}, traces {self.store.state()}, settings {self.config.fingerprint}"
            + "".join(f". {note}" for note in evidence.refusals(refused)),
        )
        clean = self._redactor().html(text)
        return write_whole(Path(path), lambda draft: draft.write_text(clean, encoding="utf-8"))
