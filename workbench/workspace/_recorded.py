"""What was run already as one arm of a comparison, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from workbench import schema
from workbench.errors import EmptyError, UnknownNameError
from workbench.workspace._promotions import Promotions

if TYPE_CHECKING:
    from workbench.cluster import Modes
    from workbench.experiment import Comparison, Experiment

__all__ = ["Recorded"]

_file_name = pl.col("path").str.replace(r"^.*[\\/]", "")


class Recorded(Promotions):
    """Recorded trials, and reporting."""

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
            Which sessions: a condition on the columns of `sessions()`, and on `file`: the name of the file that a session was read from,
            for tools that write one file a run, such as `pl.col("file") == "v2.eval"`.
        graders
            Names of graders or exported scores; all by default.
        case
            The column of `sessions()` that tells what was tried, where the export names no task: such as "input".

        Raises
        ------
        EmptyError
            No session fits, or none has a task or a result.
        """
        from workbench import evidence, experiment, label

        all_of_them = self.sessions()
        if where is not None and "file" in where.meta.root_names():
            all_of_them = self._with_files(all_of_them)
        found = all_of_them if where is None else all_of_them.filter(where)
        if not found.height:
            known = ", ".join(map(str, self._rolled_up()["agent_version"].drop_nulls().unique().sort().to_list()))
            msg = f"no session fits the condition of {name!r}; agent versions loaded: {known or 'none'}"
            raise EmptyError(msg)
        rolled_up = self._rolled_up().join(found, on="session_id", how="semi", maintain_order="left")
        results = evidence.results(rolled_up, self._scores(), self._said(), steps=self.steps())
        named = label.each_mode(self.codebook().labels.filter(pl.col("verdict") == "fail"))
        modes = named.group_by("session_id").agg(mode=pl.col("failure_mode").unique().sort())
        about = found.join(modes, on="session_id", how="left", maintain_order="left")
        return experiment.recorded(about, results, name=name, graders=graders, case=case)

    def arm(
        self, name: str, *, column: str = "agent_version", case: str = "task_id", graders: Sequence[str] | None = None
    ) -> Experiment:
        """One arm of a comparison by name: the recorded trials whose sessions have that name in a column.

        Parameters
        ----------
        name
            What stands in the column, such as the release.
        column
            A column of `sessions()`, or `file`: the name of the file that a session was read from.
        case
            The column of `sessions()` that tells what was tried, as for `recorded`.
        graders
            Names of graders or exported scores; all by default.

        Raises
        ------
        UnknownNameError
            There is no such column, or nothing of that name in it; the message suggests the nearest.
        EmptyError
            None of its sessions has a task or a result.
        """
        sessions = self._with_files(self.sessions()) if column == "file" else self.sessions()
        plain = [each for each, kind in sessions.schema.items() if not kind.is_nested()]
        if column not in plain:
            raise UnknownNameError(column, "column of the sessions that can tell the arms apart", [*plain, "file"])
        known = sessions[column].cast(pl.String()).drop_nulls().unique().sort().to_list()
        if name not in known:
            raise UnknownNameError(name, self._kind_of_arm(column), [*self._run_here(), *known])
        return self.recorded(name, pl.col(column).cast(pl.String()) == name, graders=graders, case=case)

    def _kind_of_arm(self, column: str) -> str:
        return "experiment or release" if column == "agent_version" else f"experiment or {column}"

    def _run_here(self) -> list[str]:
        return self.store.database.read("experiments")["name"].to_list()

    def _with_files(self, sessions: pl.DataFrame) -> pl.DataFrame:
        """Sessions with the name of the file that each was read from."""
        files = self.sources().select(source="source_id", file=_file_name).unique("source", keep="first")
        from_files = self._with_sources().select("session_id", "source").join(files, on="source", how="left")
        return sessions.join(from_files.drop("source"), on="session_id", how="left", maintain_order="left")

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
