"""The codebook as events: a label stays as it was written, and what it is called now is worked out from what happened since."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast, get_args

import polars as pl

from workbench import _html
from workbench.errors import InputError, UnknownNameError
from workbench.label._names import Names, in_order
from workbench.label._tables import CODEBOOK_EVENTS, EventKind

__all__ = ["Coding", "apply_events", "codebook_event"]

_PARTS: Final = {"define": 0, "gather": 0, "retire": 0, "rename": 1, "merge": 1}
_FEWEST_PARTS: Final = 2


@dataclass(frozen=True, slots=True)
class Coding:
    """Labels under the codebook of a moment.

    Attributes
    ----------
    rows
        The labels that were handed in, with `mode` (what each is called now) and `reread` (why it should be read again; null: it need not).
    refused
        Events that could not be applied, one sentence each.
    """

    rows: pl.DataFrame
    refused: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """How many labels, modes, and labels to be read again."""
        again = self.rows["reread"].drop_nulls().len()
        more = f"; {again} should be read again" if again else ""
        return f"{self.rows.height} labels under {self.rows['mode'].drop_nulls().n_unique()} failure modes{more}."

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.rows

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.rows) if self.rows.height else "", notes=self.refused)


def codebook_event(
    kind: EventKind,
    name: str,
    into: str | Sequence[str] = (),
    *,
    author: str,
    now: dt.datetime,
    events: object = None,
    definition: str | None = None,
    assignment: Mapping[str, str] | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """One change of the codebook, checked against the events before it, as a row to be appended.

    Parameters
    ----------
    kind
        `define` (or define anew), `gather` (failing sessions whose labels name no mode), `rename`, `merge` (into another), `split` (into parts), `retire`.
    name
        The failure mode that it happens to.
    into
        The new name, the mode to merge into, or the parts.
    author, now
        Who decided, and when (with a time zone).
    events
        Rows of `schema.CODEBOOK_EVENTS` that are already stored.
    definition
        For `define`: what belongs here and what does not.
    assignment
        For `split`: which session goes to which part. Sessions that are not named stay, and are to be read again. For `gather`: the
        sessions, each with the name.
    reason
        Why; required to retire.

    Returns
    -------
    dict
        A row of `schema.CODEBOOK_EVENTS`. The id follows from the content, so that a repeated delivery makes no double.

    Raises
    ------
    InputError
        Too few or too many names in `into`, a part that the split does not have, a circle of names.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> first = label.codebook_event("rename", "wrong refund", "refund of another order", author="ana", now=now)
    >>> label.codebook_event("rename", "refund of another order", "wrong refund", author="ana", now=now, events=[first])
    Traceback (most recent call last):
    ...
    workbench.errors.InputError: 'wrong refund' has become 'refund of another order': to rename the second to the first would make a circle. Define 'wrong refund' anew first.
    """
    if kind not in get_args(EventKind):
        raise UnknownNameError(kind, "codebook event", get_args(EventKind))
    parts = [into.strip()] if isinstance(into, str) else [part.strip() for part in into]
    wrong = _fault(kind, name.strip(), parts) or _fault_beside(
        kind, name, parts, definition=definition or "", reason=reason or "", assignment=assignment
    )
    if wrong is None and now.tzinfo is None:
        wrong = f"the time {now} has no zone; use datetime.now(UTC)"
    if wrong is not None:
        raise InputError(wrong)
    row: dict[str, Any] = {
        "kind": kind,
        "name": name.strip(),
        "into": parts,
        "definition": definition,
        "assignment": None if assignment is None else json.dumps(dict(assignment), sort_keys=True),
        "reason": reason,
        "author": author,
        "happened_at": now,
        "recorded_at": now,
    }
    state = Names()
    for event in in_order(events, None):
        state.take(event)
    refusal = state.take(row)
    if refusal is not None:
        raise InputError(refusal)
    spoken = json.dumps(
        [str(row[column]) for column in CODEBOOK_EVENTS.names() if column in row and column != "recorded_at"]
    )
    return {"event_id": f"e-{hashlib.sha256(spoken.encode()).hexdigest()[:24]}", **row}


def _fault(kind: str, name: str, parts: list[str]) -> str | None:
    """What is wrong with the names of an event."""
    if not name or not all(parts):
        return "a failure mode needs a name that is not blank"
    if kind == "split":
        few = len(set(parts)) < _FEWEST_PARTS
        return (
            f"to split {name!r} takes at least two parts, such as into=['{name}: tool', '{name}: policy']"
            if few
            else None
        )
    wanted = _PARTS[kind]
    return None if len(parts) == wanted else f"{kind} {name!r} takes {wanted} name in into=, not {len(parts)}"


def _fault_beside(
    kind: str, name: str, parts: list[str], *, definition: str, reason: str, assignment: Mapping[str, str] | None
) -> str | None:
    """What is wrong with what an event says beside the names."""
    if kind == "define" and not definition.strip():
        return f"to define {name!r} takes a definition: what belongs here, and what does not"
    if kind == "retire" and not reason.strip():
        return f"to retire {name!r} takes a reason; it stays in the history with it"
    if kind == "gather":
        alike = bool(assignment) and set((assignment or {}).values()) == {name.strip()}
        return None if alike else f"to gather sessions under {name!r} takes an assignment of each to that name"
    if assignment is not None and kind != "split":
        return f"an assignment of sessions belongs to a split, not to {kind} {name!r}"
    strange = sorted(set((assignment or {}).values()) - set(parts))
    return f"the split of {name!r} has no part {strange[0]!r}; its parts are {', '.join(parts)}" if strange else None


def apply_events(names: object, events: object, *, as_of: dt.datetime | None = None) -> Coding:
    """Show labels under the codebook of any moment.

    A label is led through the renames, merges and splits in the order in which they happened. Where a name was defined
    anew after it had been renamed away, labels that were written after that keep it.

    Parameters
    ----------
    names
        Failure modes as they were written: texts, or a frame with `failure_mode`, and `session_id` and `happened_at` where they are known
        (splits go by session).
    events
        Rows of `schema.CODEBOOK_EVENTS`.
    as_of
        Only events until then; all by default.

    Returns
    -------
    Coding
        An event that would close a circle of names is left out, and said so.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> merge = label.codebook_event("merge", "bad refund", "wrong refund", author="ana", now=now)
    >>> label.apply_events(["bad refund", "loop"], [merge]).rows["mode"].to_list()
    ['wrong refund', 'loop']
    """
    rows = _as_rows(names)
    ordered = in_order(events, as_of)
    state, refused, taken = Names(), list[str](), list[tuple[dict[str, Any], str | None]]()
    for event in ordered:
        refusal = state.take(event)
        if refusal is None:
            to = state.now(event["into"][0]) if event["kind"] in {"rename", "merge"} else None
            taken.append(({**event, "assignment": json.loads(event["assignment"] or "{}")}, to))
        else:
            refused.append(
                f"{event['author']}'s {event['kind']} of {event['happened_at']:%Y-%m-%d} was left out: {refusal}"
            )
    coded = [_led(row, taken, state) for row in rows.iter_rows(named=True)]
    schema = {"mode": pl.String(), "reread": pl.String()}
    return Coding(pl.concat([rows, pl.DataFrame(coded, schema=schema, orient="row")], how="horizontal"), tuple(refused))


def _as_rows(names: object) -> pl.DataFrame:
    if isinstance(names, Iterable) and not isinstance(names, pl.DataFrame | Mapping):
        values = list(cast("Iterable[Any]", names))
        names = {"failure_mode": values} if all(isinstance(value, str) for value in values) else values
    frame = pl.DataFrame(cast("Any", names))
    if "failure_mode" not in frame.columns:
        wanted = "failure_mode"
        raise UnknownNameError(wanted, "column of the labels", frame.columns)
    return frame.drop("mode", "reread", strict=False).with_columns(pl.col("failure_mode").cast(pl.String()))


def _led(
    row: Mapping[str, Any], events: Sequence[tuple[dict[str, Any], str | None]], state: Names
) -> tuple[str | None, str | None]:
    """What a label is called now, and why it should be read again."""
    written, when, session_id = row["failure_mode"], row.get("happened_at"), row.get("session_id")
    nameless = written is None and row.get("verdict", "fail") == "fail"
    name, reread = written, None
    for position, (event, to) in enumerate(events):
        if event["kind"] == "gather" and nameless and session_id in event["assignment"]:
            name = event["name"]
            late = when is not None and when > event["happened_at"]
            reread = f"it was said after its session was gathered under {name!r}" if late else None
        if name is None or event["name"] != name:
            continue
        if event["kind"] in {"rename", "merge"} and to is not None:
            if name == written and _defined_anew(name, when, events[position + 1 :]):
                continue
            name = to
        elif event["kind"] == "split":
            if session_id in event["assignment"]:
                name, reread = event["assignment"][session_id], None
            elif when is None or when <= event["happened_at"]:
                reread = f"{name!r} was split"
    changed = None if name is None else state.changed.get(name)
    if reread is None and changed is not None and when is not None and when < changed:
        reread = f"{name!r} was defined anew"
    return name, reread


def _defined_anew(name: str, when: dt.datetime | None, later: Sequence[tuple[dict[str, Any], str | None]]) -> bool:
    """Whether the label was written after its name, once led away, came to mean something again."""
    return any(
        event["kind"] == "define" and event["name"] == name and (when is None or event["happened_at"] <= when)
        for event, _ in later
    )
