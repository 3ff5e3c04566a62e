"""From sessions that were read to cases that an agent can be tried on, with the world pinned beside them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, get_args

import polars as pl

from workbench.dataset._dataset import Dataset
from workbench.dataset._desk import Desk, Recorder, count_of
from workbench.dataset._promotion import Addition, Promotion
from workbench.dataset._selection import Chosen, chosen_sessions, ids_of
from workbench.dataset._splits import shares_of
from workbench.dataset._tables import CASES, CaseState
from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.evidence import PERMITTED
from workbench.schema import SESSIONS, STEPS, conform

__all__ = ["promote"]

_ONE_SPLIT: Final = {"test": 1.0}


def promote(
    selection: object,
    steps: object,
    sessions: object,
    *,
    to: str,
    record: Recorder | None,
    now: dt.datetime,
    author: str,
    existing: Dataset | None = None,
    controls: int = 0,
    control_pool: object = None,
    seed: int = 0,
    turn: int | Literal["all"] | None = None,
    attributes: Iterable[str] = (),
    splits: Mapping[str, float] | None = None,
    state: CaseState = "candidate",
    redact: Callable[[str], str] | None = None,
    cut_traces: Collection[str] | None = None,
) -> Promotion:
    """Make cases of the selected sessions, and of passing controls drawn beside them.

    A dataset of one mode's failures cannot show what else broke; hence the controls. The same session promoted again adds
    nothing; what was learned about it since (its mode, its first failure, an expected output) makes a new state of the case, which
    stays with its turn. The labels of a session belong in one selection: the failure modes that all its rows name, sorted,
    take the place of those that the case had, and a selection that names none leaves them.

    Parameters
    ----------
    selection
        Session ids, or a frame with `session_id` such as the current labels. Understood where they are there: `verdict`,
        `contested`, `failure_mode` or `mode`, `other_modes`, `first_failure`, `expected_output`, `criteria`, `reviewer`, `turn`, and `inclusion` (the
        probability of having been drawn).
    steps, sessions
        Frames of `schema.STEPS` and `schema.SESSIONS` with at least these sessions and the control pool. A column
        `source` of the sessions, where it is there, is kept as the case's source file.
    to
        The dataset's name.
    record
        `workbench.world.record`, or a function that calls it with a redaction. None keeps no worlds: once the telemetry
        expires, they cannot be had again.
    now, author
        When (with a time zone), and who promotes.
    existing
        The dataset's latest version.
    controls
        How many passing sessions the dataset is to hold that were drawn from the pool; those that it has already stay and
        count, and only what is missing is drawn, uniformly: the same pool and seed always give the same ones. After a draw all
        drawn controls have one inclusion: their number over that of the sessions that they stand for. Where the pool grew in
        between, that is an average: the earlier sessions were a little likelier.
    control_pool
        Passing sessions: ids or a frame with `session_id`.
    seed
        Another seed draws other controls.
    turn
        The turn that is tried. By default that of the labelled first failure, else the last. With "all" every turn makes a case of its
        own with its message prefix; the ground truth goes with the default one.
    attributes
        Further columns of the selection or the sessions to keep beside each case, to segment by.
    splits
        Named splits with their shares, such as `{"train": 0.3, "test": 0.7}`; all is `test` by default. Cases of one task, of one session
        or with nearly the same words lie in one split.
    state
        The state of new cases.
    redact
        Applied to every text of the sessions before anything is made of it: messages, calls, results, ground truth. The
        recorder is handed the redacted session, so that a redacted case finds its results in the world.
    cut_traces
        Ids of the traces of which loading cut a payload, where that is known: only their cases are said to be cut.

    Returns
    -------
    Promotion
        New rows to store, and the dataset version that they make.

    Raises
    ------
    EmptyError
        No session was selected.
    InputError
        Controls without a pool, a time without a zone, an unknown state, shares that are not positive.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import dataset, world
    >>> steps = [{"session_id": "s1", "number": 1, "turn": 1, "kind": "user", "text": "Where is my order?"}]
    >>> dataset.promote(["s1"], steps, [{"session_id": "s1"}], to="refunds", record=world.record, author="ana",
    ...                 now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    1 case added to 'refunds': version 1 has 1.
    """
    _check(to, now, state)
    if controls > 0 and control_pool is None:
        msg = f"{controls} controls were asked for without a pool to draw them from; hand in control_pool= with the passing sessions"
        raise InputError(msg)
    shares = shares_of(_ONE_SPLIT if splits is None else splits)
    table = conform(sessions, SESSIONS, what="sessions")
    wanted = tuple(attributes)
    chosen, refused = chosen_sessions(selection, table, wanted)
    if not chosen and not refused:
        msg = f"no session was selected: there is nothing to promote to {to!r}"
        raise EmptyError(msg)
    frame = conform(steps, STEPS, what="steps")
    selected = {one.session_id for one in chosen} | {session_id for session_id, _ in refused}
    known = CASES.to_frame() if existing is None else existing.cases
    failing = [one.session_id for one in chosen if one.channel == "failure"]
    held = known.filter(
        pl.lit(controls > 0),
        pl.col("channel") == "control",
        pl.col("inclusion").is_not_null(),
        pl.col("state") != "retired",
        ~pl.col("session_id").is_in(failing),
    )
    able = (_able(frame, table, turn) if controls else set[str]()) - selected - set(known["session_id"].to_list())
    pool = [each for each in ids_of(control_pool) if each in able] if control_pool is not None else []
    drawn, short = _controls(controls, held.height, pool, f"{seed}\x1f{to}")
    desk = Desk(to, record, turn, shares, state, author, now, existing, redact, cut_traces)
    desk.read([*chosen, *drawn], frame, table, wanted)
    desk.settle()
    desk.hold(held, drawn[0].inclusion if drawn else None, counted=selected)
    left_out = pl.DataFrame(
        [*refused, *desk.left_out], schema={"session_id": pl.String(), "reason": pl.String()}, orient="row"
    )
    reason = f"promoted {count_of(len(chosen), 'session')}" + (
        f" and {count_of(len(drawn), 'control')}" if drawn else ""
    )
    made, cases, truths, version = Addition(desk.cases, desk.truths, desk.worlds).onto(
        existing, name=to, reason=reason, author=author, now=now
    )
    notes = [*desk.notes(), *([short] if short else [])]
    notes += [
        f"{count_of(count, 'session')} left out: {why}."
        for why, count in left_out.group_by("reason").len().sort("reason").iter_rows()
    ]
    sentence = _sentence(to, made, desk, truths.height, left_out.height, changed=bool(version.height))
    return Promotion(made, cases, truths, version, desk.worlds, left_out, sentence, tuple(notes))


def _sentence(to: str, made: Dataset, desk: Desk, truths: int, out: int, *, changed: bool) -> str:
    if not changed and not desk.there:
        return f"Nothing was added to {to!r}: {count_of(out, 'session')} cannot be cases, for the reasons in left_out."
    if not changed:
        return f"Nothing was added to {to!r}: all {count_of(desk.there, 'case')} are in version {made.version} already."
    parts = [
        text
        for count, text in (
            (desk.added, f"{count_of(desk.added, 'case')} added to {to!r}"),
            (desk.revised, f"{count_of(desk.revised, 'case')} of {to!r} revised"),
            (not (desk.added or desk.revised), f"ground truth of {count_of(truths, 'case')} of {to!r} updated"),
        )
        if count
    ]
    controls = f", {desk.controls} of them controls" if desk.controls else ""
    return f"{' and '.join(parts)}{controls}: version {made.version} has {made.cases.height:,}."


def _check(to: str, now: dt.datetime, state: str) -> None:
    if not to.strip():
        msg = "a dataset needs a name: to='refunds'"
        raise InputError(msg)
    if now.tzinfo is None:
        msg = f"the time {now} has no zone; use datetime.now(UTC)"
        raise InputError(msg)
    if state not in get_args(CaseState):
        raise UnknownNameError(state, "state", get_args(CaseState))


def _controls(n: int, held: int, eligible: Sequence[str], key: str) -> tuple[list[Chosen], str | None]:
    """The missing controls by the order of their hashes: uniform, and the same whenever the pool is the same."""
    order = sorted(eligible, key=lambda each: hashlib.sha256(f"{key}\x1f{each}".encode()).digest())
    drawn, pool = order[: max(n - held, 0)], held + len(eligible)
    short = None
    if held + len(drawn) < n:
        short = f"{n} controls were asked for; {pool} sessions of the pool can be tried, and all are in."
    return [Chosen(each, "control", (held + len(drawn)) / pool) for each in drawn], short


def _able(steps: pl.DataFrame, sessions: pl.DataFrame, turn: int | Literal["all"] | None) -> set[str]:
    """Sessions that a case can be made of: a user message in the turn, and no consent refused."""
    speaking = steps.filter(pl.col("kind") == "user", pl.col("text").fill_null("") != "")
    if isinstance(turn, int):
        speaking = speaking.filter(turn=turn)
    allowed = sessions.filter(PERMITTED)
    return set(speaking["session_id"].to_list()) & set(allowed["session_id"].to_list())
