"""Datasets: their versions, tags, splits, states, and who looked at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from workbench.workspace._base import author_of
from workbench.workspace._reading import Reading

if TYPE_CHECKING:
    from workbench.dataset import CaseState, Dataset, Looks, Promotion, Use

__all__ = ["Datasets"]


class Datasets(Reading):
    """Finding datasets, and changing them."""

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

    def _keep_version(self, made: Promotion) -> bool:
        """Write a version and what it holds, all or none; False where somebody made one of this number in the meantime."""
        for content in made.worlds.values():
            self.store.blobs.put(content)
        tables = {"dataset_versions": made.version, "cases": made.cases, "ground_truth": made.ground_truth}
        return self.store.database.append_together(tables, unless="dataset_versions")
