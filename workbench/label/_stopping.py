"""When to stop reading: how much of the failures is of kinds not seen yet, and what more reading would show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from workbench import _html
from workbench._words import counted
from workbench.errors import EmptyError, InputError
from workbench.label._current import contested, settled
from workbench.label._weights import draw_weights
from workbench.schema import DRAWS, conform
from workbench.stats import Discovery, Interval, binomial_bound, discoveries, unseen, weighted_share

__all__ = ["Stopping", "stopping"]

_ENOUGH: Final = 0.1  # reading may stop where at most so much of the failures is of kinds not seen yet
_READABLE: Final = 20  # named failures below which the unseen share has no interval worth the name
_INFORMED: Final = ("mixed", "informed")

_SEGMENTS: Final = pl.Schema({
    "segment": pl.String(),
    "read": pl.Int64(),
    "failures": pl.Int64(),  # with a failure mode
    "kinds": pl.Int64(),
    "unseen": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "new": pl.Float64(),  # kinds that the next reads should show
    "new_low": pl.Float64(),
    "new_high": pl.Float64(),
    "advice": pl.String(),  # stop | read on
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stopping:
    """Whether reading on is worth it.

    Attributes
    ----------
    read, failures, kinds
        Sessions with a verdict, those of them with a failure mode (the sentence says how many failures have none), and how many modes these
        have.
    mass, interval
        The share of failures whose kind was not seen yet, with its 95% interval.
    new
        How many new kinds the next reads should show; after an informed order, at most.
    advice
        `stop`, `switch segment` or `read on`.
    segments
        Frame: the same a segment; empty where no segments were given.
    sentence
        All that in one line.
    notes
        What the numbers rest on.
    """

    read: int
    failures: int
    kinds: int
    mass: float
    interval: Interval
    new: Discovery
    advice: str
    segments: pl.DataFrame
    sentence: str
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pl.DataFrame:
        """The segments."""
        return self.segments

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.segments) if self.segments.height else "", notes=self.notes)


@dataclass(frozen=True, slots=True)
class _Estimate:
    read: int
    failures: int
    kinds: int
    mass: float
    interval: Interval
    new: Discovery

    @property
    def enough(self) -> bool:
        return self.interval.high <= _ENOUGH


def stopping(
    labels: pl.DataFrame,
    *,
    draws: object = None,
    queue_id: str | None = None,
    segments: Mapping[str, str | None] | None = None,
    more: int = 30,
) -> Stopping:
    """How much of the failures is of kinds not seen yet, and how many new kinds more reading would show.

    Parameters
    ----------
    labels
        What `current_labels` returns, or `Codebook.labels` for the names of today. Sessions that are contested are left out. A failure is
        of one kind: what went wrong first.
    draws
        Rows of `schema.DRAWS`: how the sessions came to be read. Without them the reading is taken for random.
    queue_id
        The queue that the numbers are of; by default the one of which most was read.
    segments
        The segment of each session, by id.
    more
        How many more reads to look ahead.

    Returns
    -------
    Stopping
        After a random order an interval and a forecast; after an informed one, whose draws went to where kinds were not seen
        yet, the share is weighted back and both are bounds: how few is left cannot be told from such an order.

    Raises
    ------
    EmptyError
        Nothing has a verdict yet.
    InputError
        `more` is below 1.

    Notes
    -----
    After a random order: Good (1953) with Esty's (1983) interval, and Good & Toulmin (1956), see `stats.unseen` and
    `stats.discoveries`. After an informed one: the weighted share of failures that are the only one of their kind, which is what
    leaving each read session out in turn says of it. `tests/benchmarks/stopping.py` measures how often the truth is held.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> said = [(f"s{n}", "ana", "fail", "loop" if n % 2 else "refund") for n in range(30)]
    >>> labels = pl.DataFrame(said, schema=["session_id", "reviewer", "verdict", "failure_mode"], orient="row")
    >>> label.stopping(labels).kinds
    2
    """
    if more < 1:
        msg = f"more is {more}: look at least 1 read ahead"
        raise InputError(msg)
    disputed = contested(labels)["session_id"].to_list()
    decided = settled(labels).filter(pl.col("verdict").is_in(["pass", "fail"]), ~pl.col("session_id").is_in(disputed))
    kinds: dict[str, str | None] = {}
    for session, verdict, mode in decided.select("session_id", "verdict", "failure_mode").iter_rows():
        kinds[session] = kinds.get(session) or (mode if verdict == "fail" else None)
    failing = set(decided.filter(verdict="fail")["session_id"].to_list())
    chances, informed = _chances(list(kinds), draws, queue_id)
    read = [session for session in kinds if session in chances]
    if not read:
        msg = "nothing has a verdict yet: read some sessions first, ws.label(ws.queue(…))"
        raise EmptyError(msg)

    def estimate(sessions: list[str]) -> _Estimate:
        return _estimate({each: kinds[each] for each in sessions}, failing, chances if informed else None, more)

    whole = estimate(read)
    by_segment: dict[str, list[str]] = {}
    for session in read if segments is not None else ():
        by_segment.setdefault(str((segments or {}).get(session) or "none"), []).append(session)
    found = {name: estimate(sessions) for name, sessions in sorted(by_segment.items())}
    open_segments = [name for name, each in found.items() if not each.enough]
    advice = "read on" if not whole.enough else "switch segment" if open_segments else "stop"
    nameless = len(failing & set(read)) - whole.failures
    notes = [
        *(
            [f"{counted(nameless, 'failing session')} without a failure mode yet: what they are of is not counted."]
            if nameless
            else []
        ),
        *(
            [
                "The order was informed: the share is weighted back, both numbers are bounds, and the new kinds are those of random reads."
            ]
            if informed
            else []
        ),
        "Who stops at the first low number stops too early more often than the interval says: read a few more and look again.",
    ]
    rows = [_row(name, each) for name, each in found.items()]
    return Stopping(
        whole.read,
        whole.failures,
        whole.kinds,
        whole.mass,
        whole.interval,
        whole.new,
        advice,
        pl.DataFrame(rows, schema=_SEGMENTS, orient="row"),
        _sentence(whole, advice, open_segments, nameless=nameless, informed=informed),
        tuple(notes),
    )


def _chances(read: list[str], draws: object, queue_id: str | None) -> tuple[dict[str, float], bool]:
    """The sessions that the numbers are of with their chances, and whether their order was informed."""
    table = conform(draws if draws is not None else [], DRAWS, what="draws")
    weights = draw_weights(table, read=read).filter(pl.col("weight").is_not_null())
    if queue_id is not None:
        weights = weights.filter(queue_id=queue_id)
    elif weights.height:
        most = weights.group_by("queue_id").len().sort("len", "queue_id", descending=[True, False])["queue_id"][0]
        weights = weights.filter(queue_id=most)
    elif not table.height:
        return dict.fromkeys(read, 1.0), False
    return dict(weights.select("session_id", "inclusion").iter_rows()), weights["design"].is_in(_INFORMED).any()


def _estimate(
    kinds: Mapping[str, str | None], failing: set[str], chances: Mapping[str, float] | None, more: int
) -> _Estimate:
    named = {session: mode for session, mode in kinds.items() if mode is not None}
    counts = Counter(named.values())
    everything = Interval(0.0, 1.0)
    if not named:
        return _Estimate(len(kinds), 0, 0, 1.0, everything, Discovery(0.0, Interval(0.0, float(more)), more))
    met = list(counts.values())
    if chances is None:
        left = unseen(met)
        return _Estimate(
            len(kinds), len(named), len(counts), left.mass, left.interval, discoveries(met, len(kinds), more=more)
        )
    single = [counts[mode] == 1 for mode in named.values()]
    own = [chances[each] for each in named]
    share = weighted_share(single, own)
    # What a session alone of its kind stands for, but for itself: that one is no longer unseen.
    unread = sum((1 / chance - 1) for chance, alone in zip(own, single, strict=True) if alone)
    mass = unread / sum(1 / chance for chance in own)
    interval = Interval(0.0, share.interval.high) if len(named) >= _READABLE else everything
    fails = weighted_share([each in failing for each in kinds], [chances[each] for each in kinds])
    most = binomial_bound(more, fails.interval.high * interval.high)
    new = Discovery(more * fails.share * mass, Interval(0.0, float(most)), more)
    return _Estimate(len(kinds), len(named), len(counts), mass, interval, new)


def _row(name: str, each: _Estimate) -> tuple[Any, ...]:
    ends = each.new.interval
    return (
        name, each.read, each.failures, each.kinds, each.mass, each.interval.low, each.interval.high,
        each.new.expected, ends.low, ends.high, "stop" if each.enough else "read on",
    )  # fmt: skip


def _sentence(whole: _Estimate, advice: str, open_segments: list[str], *, nameless: int, informed: bool) -> str:
    said = f"{counted(whole.read, 'session')} read, {counted(whole.failures + nameless, 'failure')}"
    if nameless:
        said += f", {whole.failures:,} of them with a failure mode,"
    said += f" of {counted(whole.kinds, 'kind')}"
    ends = whole.new.interval
    if whole.interval.low <= 0 and whole.interval.high >= 1:
        said += ": too few to tell how many are of kinds not seen yet"
    else:
        ends_of = "at most" if informed else f"{whole.interval.low:.0%} to"
        said += f": about {whole.mass:.0%} [{ends_of} {whole.interval.high:.0%}] of failures are of kinds not seen yet"
    new, reads = counted(round(whole.new.expected), "new kind"), counted(whole.new.more, "more read")
    if informed:
        reads = counted(whole.new.more, "more random read")
        said += f"; {reads} would show at most about {new} [up to {ends.high:.0f}]. "
    else:
        said += f"; {reads} should show about {new} [{ends.low:.0f} to {ends.high:.0f}]. "
    if advice == "stop":
        return said + "You may stop."
    if advice == "switch segment":
        return said + f"Enough in all, not yet in {', '.join(open_segments)}: read there."
    return said + "Read on."
