"""Queues of a workspace: drawn, filled, shared among reviewers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.workspace._base import author_of
from workbench.workspace._modes import FailureModes

if TYPE_CHECKING:
    from workbench.cluster import Modes
    from workbench.label import Filled, Filling, Protocol, Queue

__all__ = ["Queueing"]


class Queueing(FailureModes):
    """Which sessions are read next, and by whom."""

    def queue(
        self,
        name: str,
        population: Any = None,
        *,
        n: int = 40,
        seed: int = 0,
        by: str | None = None,
        score: str | None = None,
        informed: bool = False,
        order: Modes | None = None,
        ahead: int | None = None,
        because: str | None = None,
        protocol: Protocol | None = None,
    ) -> Queue:
        """Draw sessions to read, once: the same name gives the same queue for ever.

        Parameters
        ----------
        name
            What to call it.
        population
            Sessions to draw from: a selection, ids, or a frame with `session_id`; by default those that the protocol's filter holds of,
            all where it has none.
        n
            How many.
        seed
            Another seed draws others.
        by, score
            A column of the population: strata that each get their part, or the worth of reading (a third of the draws stays uniform).
        informed
            A third at random, the rest where most is to be learnt: kinds not seen yet, disagreement with graders, thin segments
            (of `by`), negative feedback. A larger `n` later goes on from what was read until then.
        order
            Draw along the map of these modes where labels help most: at first one session of each region, then what the labels
            so far leave hard to tell. A handful at a time is best, each under a name of its own.
        ahead
            With `informed`: draw so many beyond what was read, and more whenever this is called again or `next_item` is.
        because
            One line that is shown beside each session.
        protocol
            What for, by whom, what is asked, what stays hidden.
        """
        from workbench import evidence, label
        from workbench.workspace._queues import keep

        if order is not None:
            return self._queue_along(order, name, population, n=n, seed=seed, because=because, protocol=protocol)
        # A queue that exists is handed back whatever the population has become.
        sessions, protocol = self._rolled_up(), protocol or label.Protocol()
        if population is None and protocol.filter is not None:
            population = label.matching(self.sessions(), protocol.filter)
        source, refused = self._meant(sessions if population is None else population)
        lacking = [name for name in (by, score) if name is not None and name not in source.columns]
        if lacking:  # a selection holds ids alone
            more = self.sessions()
            named = [name for name in lacking if name in more.columns]
            source = source.join(more.select("session_id", *named), on="session_id", how="left", maintain_order="left")
        known = label.KnownBefore(self._known_before(source, by)) if informed else source

        database, turn = self.store.database, Lock()

        def draw(**only: str) -> Queue:
            shared: dict[str, Any] = {
                "name": name,
                "n": n,
                "seed": seed,
                "because": because,
                "history": database.read("draws", **only),
                "queues": database.read("queues", **only),
                "protocol": protocol,
                "created_by": author_of(),
                "now": datetime.now(UTC),
            }
            if not informed:
                return label.draw_queue(known, by=by, score=score, **shared)
            with turn:
                return label.draw_informed(
                    known, ahead=ahead, labels=label.current_labels(self.annotations()), **shared
                )

        drawn = keep(database, draw)
        if informed and ahead is not None:
            self._going_on[drawn.queue_id] = lambda: draw(queue_id=drawn.queue_id)
        return replace(drawn, notes=(*drawn.notes, *evidence.refusals(refused if drawn.is_new else 0)))

    def held_queue(self, name: str) -> Queue:
        """A queue that was drawn before, whoever drew it and how.

        Raises
        ------
        UnknownNameError
            There is no such queue; the message suggests the nearest.
        """
        known = self.store.database.read("queues")
        own = known.filter(name=name)
        if not own.height:
            then = f"`ws.queue({name!r})` or `workbench queue draw {name!r}` draws one."
            raise UnknownNameError(name, "queue", known["name"].to_list(), then=then)
        return self.queue(name, n=own["n"].item())

    def _queue_along(
        self,
        modes: Modes,
        name: str,
        population: Any,
        *,
        n: int,
        seed: int,
        because: str | None,
        protocol: Protocol | None,
    ) -> Queue:
        """A queue along the map, bent by all labels so far."""
        from workbench import evidence, label
        from workbench.workspace._map_labels import map_labels
        from workbench.workspace._queues import keep

        if population is not None:
            msg = "order= draws from the sessions of the modes: leave the population out, or cluster that"
            raise InputError(msg)
        database = self.store.database
        source, refused = self._meant(modes.members.select("session_id"))
        allowed = set(source["session_id"].to_list())
        read = set(label.current_labels(self.annotations())["session_id"].to_list())
        closed = [
            session for session in modes.members["session_id"].to_list() if session in read or session not in allowed
        ]

        def draw() -> Queue:
            drawn = database.read("queues").filter(name=name).height > 0
            return label.queue_of_chosen(
                modes.members.clear() if drawn else modes.bend(map_labels(database)).next(n, without=closed, seed=seed),
                name=name,
                n=n,
                pool=sorted(allowed - set(closed)),
                seed=seed,
                because=because,
                history=database.read("draws"),
                queues=database.read("queues"),
                protocol=protocol or label.Protocol(),
                created_by=author_of(),
                now=datetime.now(UTC),
            )

        drawn = keep(database, draw)
        return replace(drawn, notes=(*drawn.notes, *evidence.refusals(refused if drawn.is_new else 0)))

    def next_item(self, queue: Queue, *, reviewer: str, now: datetime | None = None) -> dict[str, Any] | None:
        """Reserve the next session of a queue for a reviewer: `session_id`, `draw_id`, `because`, `expires_at`; None where nothing is left.

        An informed queue that was opened here with `ahead` draws more first, with what was read until now.

        Parameters
        ----------
        queue
            What `queue()` drew.
        reviewer
            Who reads. Nobody else is handed the item until it expires, also where others read in processes of their own.
        now
            The time, with a zone; that of the clock by default.
        """
        from workbench.workspace._queues import keep, take_next

        if queue.queue_id in self._going_on:
            keep(self.store.database, self._going_on[queue.queue_id])
        return take_next(self.store.database, queue, reviewer, lambda: now or datetime.now(UTC))

    def fill(
        self,
        queue: Queue,
        population: Any = None,
        *,
        how: Filling = "hand",
        because: str | None = None,
        where: str | None = None,
        due_at: datetime | None = None,
    ) -> Filled:
        """Add sessions to a queue by hand, by rule, from a cluster or from feedback: evidence, and in no rate.

        Parameters
        ----------
        queue
            What `queue()` drew.
        population
            The sessions: a selection, ids, or a frame with `session_id`. By `rule` those that the condition holds of now, by `feedback`
            those with negative feedback need not be named.
        how
            `hand`, `rule`, `cluster` (such as `modes.session_ids("loop")`) or `feedback`.
        because
            One line that is shown beside each; needed by hand and from a cluster.
        where
            By `rule`: a condition on the columns of `sessions()`, as in SQL; the queue's own filter by default.
        due_at
            Until when they are to be read: what expires first comes first.

        Returns
        -------
        Filled
            What was new to the queue; its notes say which of them serve another purpose too.

        Raises
        ------
        InputError
            Nothing says which sessions, or why.
        """
        from workbench import evidence, label
        from workbench.workspace._queues import add

        if how == "rule":
            where = where or label.Protocol.of(queue.row.row(0, named=True)).filter
            because = because or (None if where is None else f"because the rule holds: {where}")
        elif how == "feedback":
            because = because or "because the user's feedback is negative"
        if population is None:
            population = self._meant_by(how, where)
        if because is None:
            msg = "say in one line why these are read, because='…': it is shown beside each"
            raise InputError(msg)
        source, refused = self._meant(population)
        filled = add(
            self.store.database,
            queue,
            source["session_id"].to_list(),
            how=how,
            because=because,
            due_at=due_at,
        )
        return replace(filled, notes=(*filled.notes, *evidence.refusals(refused)))

    def _meant_by(self, how: Filling, where: str | None) -> pl.DataFrame:
        """The sessions that a way of filling means by itself."""
        from workbench import label

        if how == "feedback":
            return self.outcomes().frame.filter(feedback="down").select("session_id")
        if how != "rule" or where is None:
            named = (
                "a filter of its own, Protocol(filter=…), or where='errors > 2'" if how == "rule" else "a population"
            )
            msg = f"which sessions are meant? To fill by {how!r} takes {named}"
            raise InputError(msg)
        return label.matching(self.sessions(), where).select("session_id")

    def _known_before(self, source: pl.DataFrame, by: str | None) -> pl.DataFrame:
        """What is known of sessions before they are read: where they lie, their signs, what graders and users said."""
        from workbench import cluster, label

        wanted = source.select("session_id").unique().sort("session_id")
        name = f"features_{label.population_hash(wanted['session_id'].to_list())[:16]}"
        steps = self.steps()
        known = self._derived(
            name,
            lambda: cluster.features(cluster.facet_text(steps.join(wanted, on="session_id", how="semi"), "failure")),
        )
        outcomes = self.outcomes().frame.select("session_id", "feedback", graded="grader")
        known = wanted.join(known, on="session_id", how="left").join(outcomes, on="session_id", how="left")
        if by is None:
            return known
        held = source if by in source.columns else self.sessions()
        if by not in held.columns:
            raise UnknownNameError(by, "column of the sessions", held.columns)
        return known.join(held.select("session_id", segment=by).unique("session_id"), on="session_id", how="left")
