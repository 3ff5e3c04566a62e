"""Labels and the codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import EmptyError, UnknownNameError
from workbench.workspace._base import author_of
from workbench.workspace._queueing import Queueing

if TYPE_CHECKING:
    from workbench.cluster import Modes
    from workbench.label import Agreements, Anchoring, Codebook, EventKind, Queue, Stopping
    from workbench.page import Page
    from workbench.widgets import Labeller


__all__ = ["Reading"]


class Reading(Queueing):
    """Reading sessions and saying what went wrong."""

    def label(
        self,
        queue: Queue,
        *,
        reviewer: str,
        role: str = "general",
        keys: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> Labeller:
        """Read a queue and say what went wrong, by keyboard; each save is on disk before it is acknowledged.

        Parameters
        ----------
        queue
            What `queue()` drew.
        reviewer
            Who reads; reviewers do not see each other's labels.
        role
            `general` or `expert`.
        keys
            Other keys for single actions, such as `{"pass": "y"}`; `workbench.widgets.ACTIONS` has all, and `?` shows them.
        by
            A column of the sessions that "when to stop" is told by on demand; by default the one that the queue was drawn by, else
            the agent's version.
        """
        from workbench.workspace._desk import Desk, seat, signals_by_target

        desk = Desk(ws=self, reviewer=reviewer, role=role, queue=queue, by=by)
        heard = signals_by_target([self._scores(), self._said()])
        return seat(desk, queue.items, fetch=self._reading, heard=heard, keys=keys)

    def open_page(
        self,
        queue: Queue | str,
        *,
        reviewer: str,
        role: str = "general",
        keys: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int | None = None,
        lasting: bool = False,
    ) -> Page:
        """Open a queue as a page of its own, for somebody who reads without a notebook: the labeller and nothing else.

        Parameters
        ----------
        queue
            What `queue()` drew, or its name.
        reviewer, role, keys
            As in `label`.
        host
            Which address of this machine it listens at: by default it is reached from this machine only; `0.0.0.0` is all of them. It speaks
            plain HTTP, so that beyond a network that you trust it belongs behind something that encrypts.
        port
            Any free one by default.
        lasting
            Let it outlive this process.

        Returns
        -------
        Page
            Its address, to be opened in a browser, and `.close()`.

        Raises
        ------
        InputError
            Voilà is not installed (`pip install 'trace-workbench[page]'`), or this machine has no such address.
        UnknownNameError
            There is no such queue, or it is assigned to other reviewers.
        """
        from workbench.label import Protocol
        from workbench.page import open_page

        drawn = self.held_queue(queue) if isinstance(queue, str) else queue
        protocol = Protocol.of(drawn.row.row(0, named=True))
        if protocol.reviewers and reviewer not in protocol.reviewers:
            raise UnknownNameError(reviewer, "reviewer of this queue", protocol.reviewers)
        return open_page(
            self.store.folder, drawn.name, reviewer=reviewer, role=role, keys=keys, database=self._address,
            host=host, port=port, lasting=lasting,
        )  # fmt: skip

    def adjudicate(
        self, *, reviewer: str, queue: Queue | None = None, keys: Mapping[str, str] | None = None
    ) -> Labeller:
        """Settle the sessions whose reviewers disagree, with what each of them said side by side.

        Only sessions that at least two have decided come up, so that nobody is swayed. The adjudicator's verdict counts alone from then on.

        Parameters
        ----------
        reviewer
            Who settles.
        queue
            Only the sessions of this queue; with its rubric.
        keys
            As in `label`.

        Raises
        ------
        EmptyError
            No session is contested.
        """
        from workbench import label
        from workbench.workspace._desk import Desk, reviews_of, seat, signals_by_target

        labels = self.labels().filter(pl.col("role").ne_missing("adjudicator"))
        disputed = label.contested(labels)
        if queue is not None:
            disputed = disputed.join(queue.items, on="session_id", how="semi")
        if not disputed.height:
            msg = "no session is contested: where two have decided, they agree. `ws.agreement()` says how far."
            raise EmptyError(msg)
        items = disputed.select(
            "session_id",
            because=pl.format(
                "{} say pass, {} say fail", pl.col("passed_by").list.len(), pl.col("failed_by").list.len()
            ),
        )
        reviews = reviews_of(
            labels.join(disputed, on="session_id", how="semi"), label.rubric_answers(self.annotations())
        )

        def fetch(session_id: str) -> dict[str, Any]:
            return {**self._reading(session_id), "reviews": reviews.get(session_id, [])}

        heard = signals_by_target([self._scores(), self._said()])
        desk = Desk(ws=self, reviewer=reviewer, role="adjudicator", queue=queue)
        return seat(desk, items, fetch=fetch, heard=heard, keys=keys, title="contested sessions")

    def save_label(
        self,
        change: Mapping[str, Any],
        *,
        reviewer: str,
        role: str = "general",
        queue_id: str | None = None,
        method: str = "widget",
    ) -> dict[str, Any]:
        """Keep one label, or take one back; the same operation sent twice is kept once.

        Parameters
        ----------
        change
            `session_id` and what is said of it: `verdict`, `note`, `failure_mode` (what went wrong first), `other_modes` (what else did: a list), `first_failure` and `root_cause` (the number
            of a step, or `trace_id/span_id`), `expected_output`,
            `answers` to the queue's rubric (texts or numbers); or `undo`. An `operation` of your own tells a repetition; `draw_id` says which draw showed the
            session, so that what is said of a silent repeat stands beside the first label. A verdict comes with every answer that
            the rubric requires; with `draft` it may come without, and the session is given to the reviewer again.
        reviewer, role
            Who says it, and as what: `general`, `expert`, or `adjudicator`, whose verdict settles a contested session.
        queue_id
            The queue that it was read in.
        method
            How it came about.

        Returns
        -------
        dict
            The reviewer's label of that session as it stands now, and what is `missing` of a draft.

        Raises
        ------
        InputError
            Required answers are missing; nothing is written.
        UnknownNameError
            There is no such session, field, step or queue; the message suggests the nearest.
        """
        from workbench.workspace._labelling import at_spans, save_change

        session = change.get("session_id")
        known = self._rolled_up()["session_id"]
        if session is not None and not (known == session).any():
            raise UnknownNameError(str(session), "session", known.to_list(), then="`ws.sessions()` lists them.")
        if queue_id is not None and not self.store.database.read("queues", queue_id=queue_id).height:
            raise UnknownNameError(queue_id, "queue id", self.store.database.read("queues")["queue_id"].to_list())
        if session is None and change.get("draw_id") is not None:
            session = self.store.database.read("draws", draw_id=str(change["draw_id"]))["target_id"].first()
        if session is not None and (change.get("first_failure") or change.get("root_cause")):
            mine = pl.col("session_id") == str(session)
            spans = self.scan_spans().filter(mine).select("trace_id", "span_id")
            change = at_spans(change, self.steps().filter(mine), spans.collect)
        saved = save_change(
            self.store.database, change, reviewer=reviewer, role=role, queue_id=queue_id, method=method, whole=True
        )
        return saved or {}

    def labels(self, *, reviewer: str | None = None) -> pl.DataFrame:
        """What the reviewers say now: one row a session and reviewer."""
        from workbench import label

        return label.current_labels(self.annotations(), reviewer=reviewer)

    def labelled(self, mode: str | None = None) -> pl.DataFrame:
        """The labels that say fail, of one failure mode of the codebook (first or beside another) or of all.

        Raises
        ------
        UnknownNameError
            No label names that mode; the message suggests the nearest.
        """
        from workbench import label

        coded = self.codebook().labels.filter(pl.col("verdict") == "fail")
        if mode is None:
            return coded
        names = label.each_mode(coded)["failure_mode"].unique().to_list()
        if mode not in names:
            raise UnknownNameError(mode, "labelled failure mode", names, then="`ws.codebook()` lists them.")
        return coded.filter(label.has_mode(coded, mode))

    def codebook(self, *, as_of: datetime | None = None) -> Codebook:
        """The failure modes that people named: definition, share with interval, evidence, and what is still unseen."""
        from workbench import label

        return label.codebook(
            self.annotations(),
            self.store.database.read("codebook_events"),
            draws=self.store.database.read("draws"),
            population=self._rolled_up().height,
            as_of=as_of,
        )

    def group_notes(self, *, min_size: int = 3) -> Modes:
        """Suggest failure modes by grouping the open notes on failing sessions; nothing is named until `name_groups` says so.

        Each group tells how unhappy its users were and what its sessions cost, as the modes of `cluster` do.

        Parameters
        ----------
        min_size
            The fewest sessions that are called a group.

        Raises
        ------
        EmptyError
            No failing session has a note yet.
        """
        from workbench import cluster

        noted = self.codebook().labels.filter(pl.col("verdict") == "fail").drop_nulls("note")
        if noted.is_empty():
            msg = "no failing session has a note yet: say what went wrong in your own words while you read, ws.label(ws.queue(…)), then group what was said"
            raise EmptyError(msg)
        texts = noted.group_by("session_id", maintain_order=True).agg(pl.col("note").str.join("\n").alias("text"))
        return cluster.cluster(
            texts,
            about=self._about(self.sessions()),
            embed=cluster.Embedder(cache=self.store.vectors, choices=self.store.folder / "cache" / "backends.json"),
            views=cluster.Views(meaning=1.0, words=1.0, structure=0.0),
            min_size=min_size,
        )

    def name_groups(
        self, groups: Modes, names: Mapping[int | str, str] | None = None, *, author: str | None = None
    ) -> Codebook:
        """Take groups of notes into the codebook: each becomes a failure mode, which the labels of its sessions carry that name none.

        What the reviewers wrote stays as it was: it is an event, shown under any earlier codebook as it was then, and the mode can be
        renamed, merged and split like any other. Who names a mode later is believed.

        Parameters
        ----------
        groups
            What `group_notes` suggested, also after `rename`, `merge` or `retire` of some.
        names
            Which groups are taken, by number or suggested name, and what each is called; by default all of them, as suggested.
            Two groups of one name become one mode.
        author
            Who decides; you by default.

        Raises
        ------
        UnknownNameError
            There is no such group; the message suggests the nearest.
        EmptyError
            Every failing label of these groups has a failure mode already.
        """
        from workbench import label

        taken = names if names is not None else dict(groups.to_frame().select("mode", "name").iter_rows())
        open_now = self.codebook().labels.filter(pl.col("verdict") == "fail", pl.col("failure_mode").is_null())
        nameless = set(open_now["session_id"])
        gathered: dict[str, dict[str, str]] = {}
        for group, name in taken.items():
            found = gathered.setdefault(name.strip(), {})
            found.update((each, name.strip()) for each in groups.session_ids(group) if each in nameless)
        stored, made = self.store.database.read("codebook_events"), list[dict[str, Any]]()
        for name, assignment in gathered.items():
            if assignment:
                now, who = datetime.now(UTC), author_of(author)
                made.append(
                    label.codebook_event("gather", name, author=who, now=now, events=stored, assignment=assignment)
                )
        if not made:
            msg = "nothing is left to be named in these groups: every failing label there has a failure mode. `ws.codebook()` has them."
            raise EmptyError(msg)
        self.store.database.append("codebook_events", made)
        return self.codebook()

    def agreement(self) -> Agreements:
        """How far the reviewers agree on the verdict, each failure mode and each rubric item, beyond chance."""
        from workbench import label

        rubric = {
            item.name: item
            for row in self.store.database.read("queues").iter_rows(named=True)
            for item in label.Protocol.of(row).rubric
        }
        answers = label.rubric_answers(self.annotations())
        return label.agreements(self.codebook().labels, answers=answers, rubric=list(rubric.values()))

    def self_agreement(self, reviewer: str) -> Agreements:
        """How far a reviewer agrees with herself on sessions that a queue showed again, unannounced."""
        from workbench import label

        return label.self_agreement(self.annotations(), reviewer=reviewer)

    def anchoring(self) -> Anchoring:
        """Whether verdicts lean towards what graders found, where that was shown before the verdict.

        The first verdict that a reviewer gave counts, on sessions in which a grader found something, since only that is shown.
        A queue drawn with `Protocol(shown_first=0.2)` lets chance decide where it is shown first; then the difference is its doing.

        Raises
        ------
        EmptyError
            No session in which a grader found something has a verdict.
        """
        from workbench import label

        said = self.annotations()
        graded = said.filter(author_kind="code", target_kind="session").unique(
            ["target_id", "name"], keep="last", maintain_order=True
        )
        found = graded.filter(~pl.col("passed")).select(session_id="target_id", suggested=pl.lit("fail"))
        return label.anchoring(label.first_verdicts(said), found, self.store.database.read("draws"))

    def stopping(self, *, by: str | None = None, queue: Queue | None = None, more: int = 30) -> Stopping:
        """When to stop: how much of the failures is of kinds not seen yet, and what more reading would show.

        Parameters
        ----------
        by
            A column of the sessions: the same for each segment.
        queue
            The queue that the numbers are of; by default the one of which most was read.
        more
            How many more reads to look ahead.
        """
        from workbench import label

        segments = None
        if by is not None:
            held = self._rolled_up()
            sessions = held if by in held.columns else self.sessions()
            if by not in sessions.columns:
                raise UnknownNameError(by, "column of the sessions", sessions.columns)
            segments = sessions.select("session_id", pl.col(by).cast(pl.String))
        return label.stopping(
            self.codebook().labels,
            draws=self.store.database.read("draws"),
            queue_id=None if queue is None else queue.queue_id,
            segments=None if segments is None else dict(segments.iter_rows()),
            more=more,
        )

    def _refuse_unknown(self, kind: str, name: str, into: str | Sequence[str]) -> None:
        """Refuse to change what is not there: a label is led by the name that it was written with, so that a misspelt one leads nothing."""
        named = [name] if kind in ("rename", "merge", "split", "retire") else []
        named += ([into] if isinstance(into, str) else list(into)) if kind == "merge" else []
        if not named:
            return
        book = self.codebook()
        known = {*book.modes["failure_mode"].drop_nulls(), *book.labels["written_as"].drop_nulls()}
        known |= set(self.store.database.read("codebook_events")["name"].drop_nulls())
        for each in named:
            if each.strip() and each.strip() not in known:
                raise UnknownNameError(each, "failure mode", known, then="`ws.codebook()` lists them.")

    def edit_codebook(
        self,
        kind: EventKind,
        name: str,
        *,
        into: str | Sequence[str] = (),
        definition: str | None = None,
        assignment: Mapping[str, str] | None = None,
        reason: str | None = None,
        author: str | None = None,
    ) -> Codebook:
        """Define, rename, merge, split or retire a failure mode; an event, so that any earlier codebook can be shown again.

        Parameters
        ----------
        kind
            `define`, `rename`, `merge`, `split` or `retire`; `gather` is what `name_groups` does.
        name
            The failure mode.
        into
            Its new name, the mode that takes it in, or its parts.
        definition
            For `define`: what belongs here and what does not.
        assignment
            For `split`: which session goes to which part; the others are to be read again.
        reason
            Why; required to retire.
        author
            Who decides; you by default.

        Raises
        ------
        UnknownNameError
            No failure mode has that name, or, to merge into, the other; the message suggests the nearest. Nothing is kept.
        InputError
            The event lacks something, or would make a circle of names.
        """
        from workbench import label

        self._refuse_unknown(kind, name, into)
        event = label.codebook_event(
            kind,
            name,
            into,
            author=author_of(author),
            now=datetime.now(UTC),
            events=self.store.database.read("codebook_events"),
            definition=definition,
            assignment=assignment,
            reason=reason,
        )
        self.store.database.append("codebook_events", [event])
        return self.codebook()
