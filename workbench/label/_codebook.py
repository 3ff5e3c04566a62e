"""The codebook: what goes wrong, how often, with the evidence, and how much of it nobody has seen yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from workbench import _html
from workbench._words import counted, percent, readable, with_interval
from workbench.errors import EmptyError, UnknownNameError
from workbench.label._current import contested, current_labels, settled
from workbench.label._events import apply_events
from workbench.label._names import Mode, modes_of
from workbench.label._several import each_mode
from workbench.label._tables import LABELS
from workbench.label._weights import draw_weights
from workbench.schema import DRAWS, conform
from workbench.stats import Share, Unseen, unseen, weighted_share, wilson

__all__ = ["Codebook", "codebook"]

_EXAMPLES: Final = 3

_MODES: Final = pl.Schema({
    "failure_mode": pl.String(),
    "definition": pl.String(),
    "sessions": pl.Int64(),  # that carry it, however they came to be read
    "first": pl.Int64(),  # in how many of them it is what went wrong first
    "share": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "status": pl.String(),  # in use | defined (nobody has seen it yet) | retired
    "reread": pl.Int64(),  # labels of it that an event has made doubtful
    "notes": pl.List(pl.String()),
    "evidence": pl.List(pl.String()),  # first failures, "trace_id/span_id"
    "first_seen": pl.Datetime("ns", "UTC"),
    "last_seen": pl.Datetime("ns", "UTC"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Codebook:
    """The failure modes that people named, as of a moment.

    Attributes
    ----------
    modes
        Frame, the most common first: `failure_mode`, `definition`, `sessions`, `first` (of them: where it went wrong first), `share` with `low` and `high` (95%), `status` (in use,
        defined, retired), `reread`, `notes`, `evidence`, `first_seen`, `last_seen`.
    labels
        The labels with `failure_mode` as it is called now, `written_as`, `reread` (why to read it again), and `contested` (the
        session's reviewers disagree on the verdict).
    read, failing
        Sessions that the shares are of, and how many of them fail.
    basis
        What the shares speak of: the population of a queue, or the sample alone.
    failing_share
        The share of failing sessions, weighted in the same way; None before the first session is read.
    unseen
        How much of the failures is of kinds not seen yet; None before the first.
    sentence
        The state of things in one line.
    notes
        What was left out, and events that could not be applied.
    """

    modes: pl.DataFrame
    labels: pl.DataFrame
    read: int
    failing: int
    basis: str
    failing_share: Share | None
    unseen: Unseen | None
    sentence: str
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The failure modes that may be given: all but the retired ones, the most common first."""
        return self.modes.filter(pl.col("status") != "retired")["failure_mode"].to_list()

    @property
    def reread(self) -> pl.DataFrame:
        """Labels that should be read again since the codebook changed: session, reviewer, failure mode, why."""
        return self.labels.filter(pl.col("reread").is_not_null()).select(
            "session_id", "reviewer", "failure_mode", "reread"
        )

    @property
    def saturation(self) -> str:
        """How much of the failures is of kinds not seen yet, in one sentence."""
        found = self.unseen
        if found is None:
            return "No failure has a name yet: what is still unseen cannot be told."
        if found.interval.low <= 0 and found.interval.high >= 1:
            return f"{found.n} named failures are too few to tell how many are of kinds not seen yet: read on."
        mass = with_interval(found.mass, found.interval.low, found.interval.high, percent)
        return f"{found.n:,} failures read; about {mass} of failures are of kinds not seen yet."

    def sessions(self, mode: str) -> list[str]:
        """The sessions behind a failure mode, also those in which something else went wrong first.

        Raises
        ------
        UnknownNameError
            The codebook has no such mode; the message suggests the nearest.
        """
        known = self.modes["failure_mode"].to_list()
        if mode not in known:
            raise UnknownNameError(mode, "failure mode", known)
        named = each_mode(self.labels.filter(verdict="fail"))
        return named.filter(failure_mode=mode)["session_id"].unique().sort().to_list()

    def to_frame(self) -> pl.DataFrame:
        """The failure modes."""
        return self.modes

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        columns = ["failure_mode", "definition", "sessions", "share", "low", "high", "status"]
        shown = readable(
            self.modes.select(*columns, pl.col("notes").list.first().alias("note")),
            {"share": percent},
            interval="share",
        )
        heads = {"share": f"share {self.basis}, 95% interval"}
        body = _html.table(shown, heads=heads, limit=50) if shown.height else ""
        return _html.panel(self.sentence, body, notes=[self.saturation, *self.notes])


def codebook(
    annotations: object,
    events: object,
    *,
    draws: object = None,
    queue_id: str | None = None,
    population: int | None = None,
    as_of: dt.datetime | None = None,
) -> Codebook:
    """Failure modes with definition, share, evidence, and what is still unseen.

    Shares are weighted by how the sessions were drawn, and then speak of the population that the queue was drawn from. Sessions that were read by
    hand count as evidence and not in shares; where nothing was drawn the shares are of the sample, and say so.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS`.
    events
        Rows of `schema.CODEBOOK_EVENTS`.
    draws
        Rows of `schema.DRAWS`.
    queue_id
        The queue that the shares are taken from; by default the one of which most was read.
    population
        How many sessions there are in all, to say how many of them were read.
    as_of
        The codebook and the labels as they were then.

    Returns
    -------
    Codebook
        Sessions whose reviewers disagree on the verdict are in no share; they are counted in `notes`.

    Raises
    ------
    UnknownNameError
        There is no queue `queue_id`.
    EmptyError
        Nothing of that queue has a verdict yet.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> said = label.label_annotations(
    ...     {"operation": "op1", "session_id": "s1", "verdict": "fail", "failure_mode": "wrong refund"}, reviewer="ana", now=now)
    >>> label.codebook(said, []).names
    ['wrong refund']
    """
    coding = apply_events(current_labels(annotations, as_of=as_of), events, as_of=as_of)
    labels = coding.rows.rename({"failure_mode": "written_as"}).rename({"mode": "failure_mode"})
    labels = _others_coded(labels, events, as_of)
    disputed = contested(labels)["session_id"].to_list()
    labels = labels.select(
        *LABELS.names(), "written_as", "reread", pl.col("session_id").is_in(disputed).alias("contested")
    )
    standing = settled(labels).filter(~pl.col("contested"))
    failures = standing.filter(verdict="fail")
    failed = set(failures["session_id"].to_list())
    decided = failed | set(standing.filter(verdict="pass")["session_id"].to_list())
    sample, basis, design = _sample(sorted(decided), draws, queue_id)
    named = each_mode(failures)
    of_mode = _by_mode(named)
    first_of = _by_mode(named.filter("leads"))
    defined = modes_of(events, as_of=as_of)
    rows = [
        _row(name, defined.get(name), of_mode.get(name, set()), named, sample)
        for name in of_mode.keys() | defined.keys()
    ]
    table = conform(pl.DataFrame(rows, schema_overrides=_MODES), _MODES).sort(
        "sessions", "failure_mode", descending=[True, False]
    )
    within = [
        len(ids & sample.keys()) for ids in first_of.values()
    ]  # a failure is counted once, by what went wrong first
    rest = unseen(within) if sum(within) else None
    failing_share = _share(failed, sample)
    failing = len(failed & sample.keys())
    nameless = len(failed - set().union(*of_mode.values())) if failed else 0
    notes = [
        *(
            [f"{counted(len(disputed), 'session')} contested: reviewers' verdicts disagree, and they are in no share."]
            if disputed
            else []
        ),
        *([f"{counted(nameless, 'failing session')} without a failure mode yet."] if nameless else []),
        *(
            [
                f"{len(decided) - len(sample)} of the sessions were read outside that queue: they are evidence, and in no share."
            ]
            if len(decided) > len(sample)
            else []
        ),
        *(
            ["The queue was read by score: what is unseen is told of what was read so."]
            if design == "mixed" and rest is not None
            else []
        ),
        *coding.refused,
    ]
    sentence = _sentence(table, len(decided), population, failing_share, basis)
    return Codebook(table, labels, len(sample), failing, basis, failing_share, rest, sentence, tuple(notes))


def _by_mode(named: pl.DataFrame) -> dict[str, set[str]]:
    return {name: set(ids) for name, ids in named.group_by("failure_mode").agg("session_id").iter_rows()}


def _others_coded(labels: pl.DataFrame, events: object, as_of: dt.datetime | None) -> pl.DataFrame:
    """The labels with what else went wrong as it is called now; what has become the first mode is not there twice."""
    if not labels["other_modes"].drop_nulls().len():
        return labels
    labels = labels.with_row_index("_row")
    rows = labels.select("_row", "session_id", "happened_at", now="failure_mode", failure_mode="other_modes")
    coded = apply_events(rows.explode("failure_mode").drop_nulls("failure_mode"), events, as_of=as_of).rows
    now = coded.group_by("_row", maintain_order=True).agg(
        pl.col("mode").filter(pl.col("mode") != pl.col("now")).unique(maintain_order=True).alias("_others"),
        pl.col("reread").drop_nulls().first().alias("_reread"),
    )
    joined = labels.join(now, on="_row", how="left", maintain_order="left")
    return joined.with_columns(
        other_modes=pl.when(pl.col("_others").list.len() > 0).then("_others"), reread=pl.coalesce("reread", "_reread")
    ).drop("_row", "_others", "_reread")


def _share(ids: Collection[str], sample: Mapping[str, float | None]) -> Share | None:
    """The share of the sample that is among `ids`, weighted where the chances are known."""
    if not sample:
        return None
    flags = [each in ids for each in sample]
    chances = [chance for chance in sample.values() if chance is not None]
    if len(chances) == len(flags):
        return weighted_share(flags, chances)
    return Share(sum(flags) / len(flags), wilson(sum(flags), len(flags)), len(flags), float(len(flags)))


def _sample(read: list[str], draws: object, queue_id: str | None) -> tuple[dict[str, float | None], str, str | None]:
    """The sessions that shares are taken over with their chances of having been read, and what the shares speak of."""
    table = conform(draws if draws is not None else [], DRAWS, what="draws")
    if queue_id is not None and not table.filter(queue_id=queue_id).height:
        raise UnknownNameError(queue_id, "queue", table["queue_id"].unique().drop_nulls().to_list())
    weights = draw_weights(table, read=read).filter(pl.col("weight").is_not_null())
    if queue_id is not None:
        weights = weights.filter(queue_id=queue_id)
        if not weights.height:
            msg = f"nothing of queue {queue_id!r} has a verdict yet: read some of it, or leave queue_id out"
            raise EmptyError(msg)
    if not weights.height:
        return dict.fromkeys(read), "of the sample", None
    most = weights.group_by("queue_id").len().sort("len", "queue_id", descending=[True, False])["queue_id"][0]
    own = weights.filter(queue_id=most)
    sample: dict[str, float | None] = dict(own.select("session_id", "inclusion").iter_rows())
    pool = own["pool"][0]
    basis = (
        "of the pool that the queue was drawn from" if pool is None else f"of the {pool:,} sessions in the queue's pool"
    )
    return sample, basis, own["design"][0]


def _row(
    name: str, mode: Mode | None, ids: set[str], named: pl.DataFrame, sample: Mapping[str, float | None]
) -> dict[str, Any]:
    own = named.filter(failure_mode=name).sort("happened_at")
    share = _share(ids, sample)
    retired = mode is not None and mode.retired
    return {
        "failure_mode": name,
        "definition": None if mode is None else mode.definition,
        "sessions": len(ids),
        "first": own.filter("leads")["session_id"].n_unique(),
        "share": None if share is None else share.share,
        "low": None if share is None else share.interval.low,
        "high": None if share is None else share.interval.high,
        "status": "retired" if retired else "in use" if ids else "defined",
        "reread": own["reread"].drop_nulls().len(),
        "notes": own["note"].drop_nulls().head(_EXAMPLES).to_list(),
        "evidence": own["first_failure"].drop_nulls().unique(maintain_order=True).head(_EXAMPLES).to_list(),
        "first_seen": own["happened_at"].min(),
        "last_seen": own["happened_at"].max(),
    }


def _sentence(table: pl.DataFrame, read: int, population: int | None, failing: Share | None, basis: str) -> str:
    if not read:
        return "No session has a verdict yet: read some with ws.label(ws.queue(…))."
    of = f" of {population:,}" if population is not None else ""
    seen = table.filter(pl.col("sessions") > 0)
    said = f"{read:,}{of} sessions read, {counted(seen.height, 'failure mode')}"
    if failing is not None:
        said += f"; {_percent(failing)} {basis} fail"
    if not seen.height:
        return said + "."
    top = seen.row(0, named=True)
    return (
        f"{said}; most often {top['failure_mode']!r}: {with_interval(top['share'], top['low'], top['high'], percent)}."
    )


def _percent(share: Share) -> str:
    return with_interval(share.share, share.interval.low, share.interval.high, percent)
