"""The next sessions to read, chosen with what is known of them and with what was read so far."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

import polars as pl

from workbench.errors import InputError
from workbench.label._current import contested, settled
from workbench.label._designs import Drawn
from workbench.label._draw import LEAST_AUDIT, check_queue, population_hash, queue_row
from workbench.label._informed import Informed
from workbench.label._protocol import Protocol
from workbench.label._queue import (
    Queue,
    Repeats,
    as_population,
    draw_rows,
    handed_back,
    items_of,
    other_purpose,
    queue_id_of,
)
from workbench.label._tables import REPEAT
from workbench.schema import DRAWS, QUEUES, conform

__all__ = ["KnownBefore", "draw_informed"]

_PROTOCOL: Final = Protocol()


class KnownBefore:
    """A population of `draw_informed` that is made ready once, so that going on while somebody reads takes milliseconds.

    Parameters
    ----------
    population
        As `draw_informed` takes it.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> known = label.KnownBefore(pl.DataFrame({"session_id": ["a", "b", "c"], "isolation": [0.1, 0.9, 0.2]}))
    >>> len(label.draw_informed(known, name="q", n=2))
    2
    """

    def __init__(self, population: object) -> None:
        self.frame, self.dropped = as_population(population)
        self.ids: list[str] = self.frame["session_id"].to_list()
        self.hash = population_hash(self.ids)
        self._state: tuple[tuple[float, str, bool], Informed] | None = None

    def state(self, taken: list[str], *, audit: float, key: str, blind: bool) -> Informed:
        """What is known once these sessions were drawn; what was made for a part of them is gone on with."""
        if self._state is not None:
            made_for, state = self._state
            if made_for == (audit, key, blind) and taken[: len(state.taken)] == state.taken:
                for session_id in taken[len(state.taken) :]:
                    state.took(session_id)
                return state
        state = Informed(self.frame, audit=audit, key=key, blind=blind)
        for session_id in taken:
            state.took(session_id)
        self._state = ((audit, key, blind), state)
        return state


def draw_informed(
    population: object,
    *,
    name: str,
    n: int,
    ahead: int | None = None,
    labels: pl.DataFrame | None = None,
    seed: int = 0,
    audit: float = LEAST_AUDIT,
    because: str | None = None,
    history: object = None,
    queues: object = None,
    protocol: Protocol = _PROTOCOL,
    created_by: str | None = None,
    now: dt.datetime | None = None,
) -> Queue:
    """Draw the sessions to read next where most is to be learnt, so that every rate can still be weighted back.

    Each draw is, with probability `audit`, uniform over what is left. Otherwise it follows one of the reasons that the
    population's columns allow: a kind of failure not seen yet is likely, a grader and the reader may disagree, a segment was
    hardly read, the user's feedback is negative. Labels change what is drawn from then on; what was drawn stays.

    Parameters
    ----------
    population
        A frame with `session_id` and at least one of: `isolation` (float), `terms` (list of text) and `point` (array), as
        `cluster.features` gives them; `graded` (pass or fail, what software says); `segment`; `feedback` (up or down). Or such a one made
        ready, `KnownBefore`.
    name
        What the queue is called. One that is in `history` goes on where it stopped.
    n
        How many sessions in all.
    ahead
        Draw so many beyond those that have a verdict, and the rest when more are read; by default all at once.
    labels
        What `current_labels` returns: what was said so far.
    seed
        Another seed draws others.
    audit
        Share of uniform draws, from 0.3 to 1.
    because
        One line on why these sessions are read; stands before the reason of each draw.
    history, queues
        Rows of `schema.DRAWS` and `schema.QUEUES` that are already stored.
    protocol
        What for, by whom, and what is asked. Under a blind one no reason says what software thinks of the session.
    created_by, now
        Who draws, and when (with a time zone).

    Returns
    -------
    Queue
        Its draws have a component and the probability of each step, positive for everything still eligible; `draw_weights` makes
        weights of them. `added` has those that are new.

    Raises
    ------
    EmptyError
        The population is empty.
    InputError
        `n` or `ahead` below 1, an `audit` below 0.3, no column that could inform the order.

    Notes
    -----
    What lies alone is a better guess at a failure than what is common, and a sign that no session read so far shows at
    a new kind of it; `tests/benchmarks/reading.py` measures how many kinds are found.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> frame = pl.DataFrame({"session_id": ["a", "b", "c"], "isolation": [0.1, 0.9, 0.2]})
    >>> label.draw_informed(frame, name="q", n=2)
    2 of 3 sessions drawn for 'q': 30% at random, the rest where most is to be learnt (seed 0).
    """
    check_queue(name=name, n=n, by=None, score=None, audit=audit)
    if ahead is not None and ahead < 1:
        msg = f"ahead is {ahead}; at least 1 session is drawn beyond those that were read"
        raise InputError(msg)
    queue_id = queue_id_of(name)
    stored = conform(history if history is not None else [], DRAWS, what="history")
    known = conform(queues if queues is not None else [], QUEUES, what="queues")
    before = stored.filter(queue_id=queue_id).select(DRAWS.names()).unique("draw_id", keep="first").sort("position")
    row = known.filter(queue_id=queue_id).select(QUEUES.names()).head(1)
    if before.height and (not row.height or row["design"].item() != "informed"):
        return handed_back(queue_id, name, n, stored, known)
    if row.height:
        protocol, seed, audit = Protocol.of(row.row(0, named=True)), row["seed"].item(), row["audit"].item()
        because = row["because"].item()
    shown = _shown(before)
    kept = len(shown)
    drawn = [one for one, component in shown if component != REPEAT]
    verdicts = _verdicts(labels)
    ready = population if isinstance(population, KnownBefore) else KnownBefore(population)
    ids, dropped = ready.ids, ready.dropped
    wanted = min(n, len(ids))
    if ahead is not None:
        read = sum(1 for one in drawn if one.session_id in verdicts)
        wanted = min(wanted, max(read + ahead, len(drawn)))
    changed = bool(row.height) and row["population"].item() != ready.hash
    if before.height and (wanted <= len(drawn) or changed):
        return _as_it_stands(queue_id, name, before, stored, known, changed=changed and wanted > len(drawn))
    key = f"{seed}\x1f{name}"
    state = ready.state([one.session_id for one in drawn], audit=audit, key=key, blind=protocol.blind)
    state.learn(verdicts)
    repeats = Repeats(key, protocol.repeats, shown)
    for step in range(len(drawn), wanted):
        again = repeats.draw()
        if again is not None:
            shown.append(again)
        chosen, component = state.draw(step)
        state.took(chosen.session_id)
        shown.append((chosen, component))
    added = draw_rows(
        queue_id,
        shown[kept:],
        "informed",
        because,
        now,
        start=_next_position(before),
        key=key,
        shown_first=protocol.shown_first,
    )
    draws = pl.concat([before, added])
    if not row.height:
        row = queue_row(
            name, ids, protocol, design="informed", seed=seed, n=n, by=None, audit=audit, because=because,
            created_by=created_by, now=now,
        )  # fmt: skip
    notes = [f"{dropped} of the ids were repetitions and count once."] if dropped else []
    notes += other_purpose(added, stored, known, protocol.purpose)
    sentence = (
        f"{wanted:,} of {len(ids):,} sessions drawn for {name!r}: {audit:.0%} at random, the rest where most is to be learnt (seed {seed})."
        if not before.height
        else f"Queue {name!r} goes on: {wanted - len(drawn):,} more drawn with what was read so far, {wanted:,} of {len(ids):,} sessions in all."
    )
    return Queue(
        queue_id, name, items_of(draws), draws, row, "informed", len(ids), not before.height, added, sentence, tuple(notes)
    )  # fmt: skip


def _shown(before: pl.DataFrame) -> list[tuple[Drawn, str]]:
    """Stored draws as they were drawn; what people added beside them has no chance and is left out."""
    return [
        (Drawn(row["target_id"], row["pool"] or 0, row["probability"] or 0.0, None, row["because"]), row["component"])
        for row in before.iter_rows(named=True)
        if row["probability"] is not None or row["component"] == REPEAT
    ]


def _next_position(before: pl.DataFrame) -> int:
    last = before["position"].max()
    return 0 if not isinstance(last, int) else last + 1


def _verdicts(labels: pl.DataFrame | None) -> dict[str, bool]:
    """Which of the sessions read so far fail, where the readers agree."""
    if labels is None or not labels.height:
        return {}
    disputed = contested(labels)["session_id"].to_list()
    decided = settled(labels).filter(pl.col("verdict").is_in(["pass", "fail"]), ~pl.col("session_id").is_in(disputed))
    return {session: verdict == "fail" for session, verdict in decided.select("session_id", "verdict").iter_rows()}


def _as_it_stands(
    queue_id: str, name: str, before: pl.DataFrame, stored: pl.DataFrame, known: pl.DataFrame, *, changed: bool
) -> Queue:
    first = before.filter(pl.col("component").ne_missing(REPEAT))
    queue = handed_back(queue_id, name, first.height, stored, known)
    if not changed:
        return queue
    note = (
        "Sessions were added to the population or left it since it was drawn: its draws stay as they are, and no more are"
        " drawn. For the sessions of today take another name."
    )
    return replace(queue, notes=(*queue.notes, note))
