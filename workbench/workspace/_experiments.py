"""Trying agents on datasets, and what came of it over time."""

from __future__ import annotations

import secrets
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import polars as pl

from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.workspace._base import author_of
from workbench.workspace._recorded import Recorded
from workbench.workspace._trials import PREFIX, Journal, Keeper, conversation, differences, experiment_id_of

if TYPE_CHECKING:
    from workbench.dataset import Dataset
    from workbench.evidence import AgentLoop
    from workbench.experiment import Decomposition, Experiment, GateResult, History, Policy
    from workbench.grade import Grader
    from workbench.world import Replay

__all__ = ["Experiments"]

_AGAIN: Final = "of trials that were under way when it was interrupted, and ran again"


class Experiments(Recorded):
    """Running experiments, and finding them again."""

    def experiment(
        self,
        agent: Any,
        dataset: Dataset | str,
        *,
        graders: Sequence[Grader],
        name: str,
        trials: int = 1,
        hypothesis: str | None = None,
        variant: Mapping[str, Any] | None = None,
        cases: pl.Expr | Sequence[str] | None = None,
        concurrency: int = 8,
        timeout: float | None = None,
        retries: int = 2,
        per_minute: float | None = None,
        executor: Executor | Callable[[], Executor] | None = None,
        replay: bool = False,
        again: bool = False,
    ) -> Experiment:
        """Try an agent on a dataset; each trial is on disk as it finishes. Executed again it goes on, or returns what there is.

        The agent is handed a dict of `case_id`, `input`, `messages` and `namespace` (with `replay`, also `world`), and never the ground truth.
        It answers with a text, with messages, or with a dict of `output` or `messages` that may say `cost`, `input_tokens`, `output_tokens`,
        `seconds` and `session_id`. What else an agent may be and do is said at `workbench.experiment.run`.

        Parameters
        ----------
        agent
            A function, sync or async, "module:function", a command that talks JSON, or an address.
        dataset
            A dataset version, or a dataset's name for its latest.
        graders
            What the decorator `grader` made; those of two arguments are given the case's ground truth.
        name
            One name is one agent, dataset version, selection of cases, and set of graders.
        trials
            How often each case is tried; a higher number later adds trials.
        hypothesis
            What the change is to bring, written down before the first trial.
        variant
            What was tried and cannot be seen from the agent: model, prompt, what changed. It is part of the agent's fingerprint.
        cases
            Only some: a condition on the columns of `dataset.attributes`, or ids. The experiment is then marked as partial.
        concurrency, timeout, retries, per_minute, executor
            As for `workbench.experiment.run`.
        replay
            Hand the agent each case's recorded world as `task["world"]`: its tool calls are answered with what was recorded, and what was
            never recorded is refused. How many trials left the recorded world so is counted.
        again
            Try those trials anew that ended in an error; the earlier rows stay.

        Returns
        -------
        Experiment
            As `wb.compare` takes it, with the cases' attributes to segment by.

        Raises
        ------
        InputError
            An experiment of that name had another agent, dataset, selection or graders; the message says which.
        EmptyError
            The dataset or the selection has no case.

        Examples
        --------
        >>> v2 = ws.experiment(agent_v2, "refunds", graders=[refund_is_right], trials=4, name="v2")  # doctest: +SKIP
        """
        from workbench import experiment

        data = self.dataset(dataset) if isinstance(dataset, str) else dataset
        asked = experiment.agent_of(agent, hidden=[self.store.folder])
        inputs, whole = _chosen(data, cases), data.inputs()
        experiment_id = experiment_id_of(name)
        rows = self.store.database.read("trials", experiment_id=experiment_id)
        last = rows.unique(["case", "trial"], keep="last")
        redone = last.filter(pl.col("status") == "errored") if again else last.clear()
        earlier = Counter(rows.join(redone, on=["case", "trial"], how="semi").select("case", "trial").rows())
        done = set(last.join(redone, on=["case", "trial"], how="anti").select("case", "trial").rows())
        keeper, journal = Keeper(self.store, experiment_id, graders, earlier), Journal(self.store.folder, experiment_id)
        canary = f"canary-{secrets.token_hex(8)}"
        work = experiment.cases_of(inputs)
        left = len(work) * trials - sum((case.case, n) in done for case in work for n in range(trials))
        running = experiment.stream(
            asked,
            work,
            graders=graders,
            trials=trials,
            concurrency=concurrency,
            timeout=timeout,
            retries=retries,
            per_minute=per_minute,
            executor=executor,
            truths=_truths(data, canary),
            canary=canary,
            worlds=_worlds(data) if replay else None,
            done=done,
            begin=lambda case, trial: journal.began(keeper.trial_id(case, trial)),
        )
        about = {"agent": asked.name, "kind": asked.kind, "fingerprint": asked.fingerprint}
        identity: dict[str, Any] = {
            "agent": _fingerprint([asked.fingerprint, dict(variant or {}), *(["replay"] if replay else [])]),
            "dataset": [data.name, data.content_hash[:16]],
            "cases": None if inputs.height == whole.height else _fingerprint(sorted(inputs["case_id"])),
            "graders": {each.name: f"{each.version} ({each.fingerprint})" for each in graders},
        }
        self._same_or_new(
            name,
            identity,
            {
                "experiment_id": experiment_id,
                "name": name,
                "kind": "executed",
                "dataset": data.name,
                "dataset_version": data.version,
                "variant": orjson.dumps({**about, "revision": _revision(), **(variant or {})}, default=str).decode(),
                "hypothesis": hypothesis,
                "config": orjson.dumps({**identity, "ids": None if identity["cases"] is None else sorted(inputs["case_id"]), "settings": self.config.fingerprint}).decode(),
                "author": author_of(),
                "created_at": datetime.now(UTC),
            },
        )  # fmt: skip
        tried = data.cases.filter(pl.col("case_id").is_in(inputs["case_id"].to_list()))["split"]
        self._look(data.name, tried.drop_nulls(), use="tested", by=f"experiment {name}")
        if left:
            journal.open()
            kept = 0
            try:
                with self._progress(name) as report, closing(running):
                    for lot in running:
                        keeper.save(lot)
                        kept += len(lot)
                        report(kept, left)
            finally:
                journal.close()
        return self.executed(name)

    def _same_or_new(self, name: str, identity: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """Write the experiment down before its first trial, or see that it is the same one."""
        self.store.database.append("experiments", [row])
        kept = self.store.database.read("experiments", experiment_id=row["experiment_id"]).row(0, named=True)
        other = differences(orjson.loads(kept["config"]), identity)
        if other:
            msg = (
                f"experiment {name!r} exists with another {', another '.join(other)}: choose another name for this one, "
                f"name=…; ws.executed({name!r}) returns the one that there is"
            )
            raise InputError(msg)

    def executed(self, name: str, *, graders: Sequence[str] | None = None) -> Experiment:
        """An experiment that was run here, with every trial that is on disk.

        Parameters
        ----------
        name
            As it was run.
        graders
            Names of some of its graders; all by default.

        Raises
        ------
        UnknownNameError
            There is none of that name, or no such grader; the message suggests the nearest.
        EmptyError
            None of its trials has finished.
        """
        from workbench import experiment
        from workbench.experiment import unseen

        experiment_id = experiment_id_of(name)
        found = self.store.database.read("experiments", experiment_id=experiment_id)
        if not found.height:
            known = self.store.database.read("experiments")["name"].to_list()
            raise UnknownNameError(name, "experiment", known, then="`ws.experiments()` lists them.")
        row = found.row(0, named=True)
        config: dict[str, Any] = orjson.loads(row["config"])
        wanted = list(config["graders"]) if graders is None else list(graders)
        for grader in wanted:
            if grader not in config["graders"]:
                raise UnknownNameError(grader, f"grader of experiment {name!r}", config["graders"])
        trials = self.store.database.read("trials", experiment_id=experiment_id)
        if not trials.height:
            msg = (
                f"no trial of experiment {name!r} has finished: execute ws.experiment(…, name={name!r}) again to go on"
            )
            raise EmptyError(msg)
        data = self.dataset(row["dataset"], version=row["dataset_version"])
        attributes = data.attributes.rename({"case_id": "case"})
        tried = set(trials["case"].to_list())
        eligible = attributes.filter(pl.col("case").is_in(data.inputs()["case_id"].to_list()))
        of = f"{data.name!r} version {data.version}"
        metadata: dict[str, Any] = {
            **orjson.loads(row["variant"]),
            "experiment_id": experiment_id,
            "variant": config["agent"],
            "dataset": data.name,
            "dataset_version": data.version,
            "dataset_hash": data.content_hash,
            "graders": config["graders"],
            "hypothesis": row["hypothesis"],
            "created_at": row["created_at"],
            "cases": len(tried),
            "dataset_cases": eligible.height,
            "partial": unseen(eligible, tried, of),
            "ground_truth": data.ground_truth.filter(pl.col("case_id").is_in(list(tried)))["case_id"].n_unique(),
        }
        found = experiment.executed(
            name,
            trials=trials,
            results=self.store.database.read_of("results", "trials", "trial_id", experiment_id=experiment_id),
            graders=wanted,
            cases=attributes.filter(pl.col("case").is_in(list(tried))),
            metadata=metadata,
            counted={_AGAIN: Journal(self.store.folder, experiment_id).again()},
        )
        splits = found.cases["split"].drop_nulls().to_list()

        def looked(by: str) -> str:
            return self._look(data.name, splits, use="selected", by=by)

        return replace(found, looked=looked)

    def arm(
        self, name: str, *, column: str = "agent_version", case: str = "task_id", graders: Sequence[str] | None = None
    ) -> Experiment:
        """One arm of a comparison by name: an experiment that was run here, else the recorded trials of that release.

        Parameters
        ----------
        name, column, case, graders
            As for `recorded` trials: `column` of the sessions has the name, or `file`: the name of the file that they were read from.

        Raises
        ------
        UnknownNameError
            There is nothing of that name; the message suggests the nearest.
        """
        if name in self._run_here():
            return self.executed(name, graders=graders)
        return super().arm(name, column=column, case=case, graders=graders)

    def experiments(self) -> pl.DataFrame:
        """Every experiment that was run here, oldest first.

        Returns
        -------
        polars.DataFrame
            `name`, `dataset`, `dataset_version`, `cases`, `trials`, `errored`, `cost`, `agent`, `fingerprint`, `hypothesis`, `author`,
            `created_at`, and `partial`: some cases of the dataset were left out on purpose.
        """
        found = self.store.database.read("experiments").filter(pl.col("kind") == "executed")
        tried = self.store.database.read("trials").unique(["experiment_id", "case", "trial"], keep="last")
        counts = tried.group_by("experiment_id").agg(
            pl.col("case").n_unique().cast(pl.Int64).alias("cases"),
            pl.len().cast(pl.Int64).alias("trials"),
            (pl.col("status") == "errored").sum().cast(pl.Int64).alias("errored"),
            pl.col("cost").sum().alias("cost"),
        )
        told = found.with_columns(
            pl.col("variant").str.json_path_match("$.agent").alias("agent"),
            pl.col("variant").str.json_path_match("$.fingerprint").alias("fingerprint"),
            pl.col("config").str.json_path_match("$.cases").is_not_null().alias("partial"),
        )
        return (
            told.join(counts, on="experiment_id", how="left", maintain_order="left")
            .with_columns(pl.col("cases", "trials", "errored").fill_null(0))
            .select(
                "name", "dataset", "dataset_version", "cases", "trials", "errored", "cost", "agent", "fingerprint", "hypothesis",
                "partial", "author", "created_at",
            )
        )  # fmt: skip

    def history(self, dataset: str) -> History:
        """Every run of a dataset, oldest first: each case's course, what was fixed and regressed, why a number moved.

        Raises
        ------
        EmptyError
            No experiment was run on it.
        """
        from workbench import experiment

        ran = self.experiments().filter((pl.col("dataset") == dataset) & (pl.col("trials") > 0))
        if not ran.height:
            msg = f"no experiment was run on dataset {dataset!r}: run one with ws.experiment(agent, {dataset!r}, …)"
            raise EmptyError(msg)
        return experiment.history([self.executed(name) for name in ran["name"].to_list()])

    def why(self, before: str, after: str, *, by: str | None = None) -> Decomposition:
        """Why the pass rate of one run differs from that of another: agent, graders, mix, dataset, chance; the parts add up exactly.

        Parameters
        ----------
        before, after
            Names of experiments that were run here, or of recorded releases.
        by
            An attribute of the cases that tells kinds apart.
        """
        from workbench import experiment

        return experiment.decompose(self.arm(before), self.arm(after), by=by)

    def gate(
        self,
        policy: Policy | str | Path,
        *,
        baseline: str,
        candidate: str,
        column: str = "agent_version",
        case: str = "task_id",
    ) -> GateResult:
        """Hold a candidate against a policy: pass, fail or inconclusive, with one sentence a rule.

        Parameters
        ----------
        policy
            A policy, or the path of its TOML file.
        baseline, candidate
            Names of experiments that were run here, or of recorded releases.
        column, case
            Of recorded trials, the column of the sessions that has the arm's name, and the one that tells what was tried, as for `arm`.

        Raises
        ------
        InputError
            The policy cannot be read.
        UnknownNameError
            There is no such experiment, grader or segment.
        """
        from workbench import experiment

        asked = policy if isinstance(policy, experiment.Policy) else experiment.read_policy(policy)
        found = experiment.compare(
            self.arm(baseline, column=column, case=case),
            self.arm(candidate, column=column, case=case),
            by=asked.segments,
            margin=asked.margin,
            grader=asked.grader,
            level=asked.level,
            grader_flip_rate=asked.grader_flip_rate,
        )
        return experiment.gate(found, asked)

    def session(self, session_id: str) -> AgentLoop:
        """One session as the agent loop; a trial's conversation by the id that its rows have.

        Raises
        ------
        UnknownNameError
            No session has that id; the message suggests the nearest.
        """
        if session_id.startswith(PREFIX):
            return conversation(self.store, session_id)
        return super().session(session_id)


def _chosen(data: Dataset, cases: pl.Expr | Sequence[str] | None) -> pl.DataFrame:
    inputs = data.inputs()
    if cases is None:
        chosen = inputs
    elif isinstance(cases, pl.Expr):
        chosen = inputs.join(
            data.attributes.filter(cases).select("case_id"), on="case_id", how="semi", maintain_order="left"
        )
    else:
        known = set(inputs["case_id"].to_list())
        for case in cases:
            if case not in known:
                raise UnknownNameError(case, f"case of {data.name!r}", known)
        chosen = inputs.filter(pl.col("case_id").is_in(list(cases)))
    if not chosen.height:
        msg = f"no case to try: {data.sentence}" if cases is None else f"no case of {data.name!r} fits the selection"
        raise EmptyError(msg)
    return chosen


def _truths(data: Dataset, canary: str) -> dict[str, Any]:
    from workbench.grade import Truth

    truths: dict[str, Truth] = {}
    for row in data.ground_truth.iter_rows(named=True):
        held = truths.setdefault(row["case_id"], Truth(canary=canary))
        field = "expected_outputs" if row["kind"] == "expected_output" else "criteria"
        truths[row["case_id"]] = replace(held, **{field: (*getattr(held, field), row["value"])})
    return truths


def _worlds(data: Dataset) -> Callable[[str], Replay | None]:
    """What answers a case's tool calls anew for each try; None where no world was recorded for it."""
    from workbench.world import Replay, World

    ids = dict(data.cases.select("case_id", "world_id").iter_rows())

    @lru_cache(maxsize=256)
    def world(world_id: str) -> World:
        return World.from_bytes(data.worlds[world_id])

    return lambda case: None if ids.get(case) is None else Replay(world(ids[case]))


def _fingerprint(value: object) -> str:
    import hashlib

    return hashlib.sha256(orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _revision() -> str | None:
    """The commit that is checked out here, with a plus where files were changed since."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None
