"""What a reviewer says about a session: append-only annotations, and the view of what they say now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypedDict, cast, get_args

from workbench.errors import InputError, UnknownNameError
from workbench.label._current import OPERATION, log_of, standing_of
from workbench.label._protocol import RubricItem
from workbench.label._several import lines_of
from workbench.label._tables import ANSWER, LABEL_NAMES, VERDICTS
from workbench.schema import ANNOTATIONS

__all__ = ["Change", "Role", "label_annotations"]

Role = Literal["general", "expert", "adjudicator"]

_SPANS: Final = ("first_failure", "root_cause")
_LONGEST_ID: Final = 200


class Change(TypedDict, total=False):
    """One operation on one session: a save, or the undo of one.

    A field that is absent stays as it was; a field that is null or blank is cleared.
    """

    operation: str  # an id that the caller coined; sent again after a lost acknowledgement, it makes no double
    session_id: str
    verdict: str | None
    note: str | None
    failure_mode: str | None  # what went wrong first
    other_modes: Sequence[str] | str | None  # what else did, in order; as a text one a line
    first_failure: str | None  # "trace_id/span_id"
    root_cause: str | None
    expected_output: str | None
    flag: str | None
    answers: Mapping[str, str | None]  # to rubric items, by name
    undo: str  # the operation that is taken back; alone with `operation` and `session_id`


def label_annotations(
    change: Change | Mapping[str, object],
    *,
    reviewer: str,
    role: Role = "general",
    queue_id: str | None = None,
    now: dt.datetime,
    blind: bool = True,
    method: str = "widget",
    method_version: str | None = None,
    said: object = None,
    rubric: Sequence[RubricItem] = (),
) -> list[dict[str, Any]]:
    """Turn one operation into the annotations that are to be appended.

    The ids are `<operation>.<name>`, so that a delivery that is repeated gives the same rows, and a store that knows an id
    ignores it. Nothing is ever edited: a later save supersedes by its time, an undo retracts by id.

    Parameters
    ----------
    change
        See `Change`. Undoing an undo brings the save back.
    reviewer, role
        Who says it, and as what: `general`, `expert`, or `adjudicator`, whose verdict settles a contested session.
    queue_id
        The queue that the session was read in.
    now
        When, with a time zone.
    blind
        False where a suggestion was shown before the verdict.
    method, method_version
        How it came about (`widget`, `command`, `file`), and the version of the rubric.
    said
        Rows of `schema.ANNOTATIONS` on this session. An undo takes back those that the undone operation wrote, whatever their
        ids: a row that came from a file is an operation of its own, named by its id. Without them the operation is taken to
        be a save with ids `<operation>.<name>`.
    rubric
        What `answers` are answers to.

    Returns
    -------
    list of dict
        Rows of `schema.ANNOTATIONS`; none where everything of the undone operation was taken back before.

    Raises
    ------
    InputError
        The reviewer made no operation that is to be undone; no operation id, no session, nothing to say, an unknown field or verdict, a time without a zone.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> change = {"operation": "op1", "session_id": "s1", "verdict": "fail"}
    >>> rows = label.label_annotations(change, reviewer="ana", now=now)
    >>> rows[0]["annotation_id"], rows[0]["passed"]
    ('op1.verdict', False)
    """
    given = dict(change)
    if isinstance(given.get("other_modes"), list | tuple):
        given["other_modes"] = "\n".join(cast("Sequence[str]", given["other_modes"]))
    if "expected_output" in given:
        given["expected_output"] = _spelt(given["expected_output"])
    operation, session_id = _text(given.pop("operation", None)), _text(given.pop("session_id", None))
    _check(operation, session_id, reviewer, role, now)
    base: dict[str, Any] = {
        **dict.fromkeys(ANNOTATIONS.names()),
        "target_kind": "session",
        "target_id": session_id,
        "author": reviewer,
        "author_kind": "human",
        "author_role": role,
        "method": method,
        "method_version": method_version,
        "queue_id": queue_id,
        "blind": blind,
        "happened_at": now,
        "recorded_at": now,
    }
    undone = _text(given.pop("undo", None))
    if undone is not None:
        if given:
            msg = f"operation {operation!r} undoes {undone!r} and says {', '.join(sorted(given))} as well; send two operations"
            raise InputError(msg)
        written = (
            [(name, f"{undone}.{name}") for name in LABEL_NAMES]
            if said is None
            else _written_by(undone, said, session_id, reviewer)
        )
        return [
            {**base, "annotation_id": f"{operation}.{name}", "name": name, "retracts": retracted}
            for name, retracted in written
        ]
    answers = _answers(base, str(operation), given.pop("answers", None), rubric, role)
    unknown = sorted(set(given) - set(LABEL_NAMES))
    if unknown:
        raise UnknownNameError(unknown[0], "field of a label", (*LABEL_NAMES, "answers"))
    if not given and not answers:
        msg = f"operation {operation!r} says nothing about session {session_id!r}: give at least one of {', '.join(LABEL_NAMES)}"
        raise InputError(msg)
    return [
        _row(base, f"{operation}.{name}", name, _text(given[name])) for name in LABEL_NAMES if name in given
    ] + answers


def _answers(
    base: Mapping[str, Any], operation: str, given: object, rubric: Sequence[RubricItem], role: str
) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        msg = f"answers are given by rubric item, such as {{'tone': '4'}}, not as {type(given).__name__}"
        raise InputError(msg)
    items = {item.name: item for item in rubric}
    rows: list[dict[str, Any]] = []
    for name, value in cast("Mapping[str, object]", given).items():
        if name not in items:
            raise UnknownNameError(name, "rubric item", items)
        if items[name].expert_only and role == "general":
            msg = f"{name!r} is for experts: only role='expert' answers it"
            raise InputError(msg)
        text = _text(_spelt(value))
        number, words, passed = (None, None, None) if text is None else items[name].answer(text)
        said = {"value_number": number, "value_text": words, "passed": passed}
        rows.append({**base, "annotation_id": f"{operation}.{ANSWER}{name}", "name": f"{ANSWER}{name}", **said})
    return rows


def _written_by(operation: str, said: object, session_id: str | None, reviewer: str) -> list[tuple[str, str]]:
    """The annotations of an operation that still stand, as (name, id)."""
    log = log_of(said, reviewer=reviewer, repeats=None).filter(target_id=session_id).with_columns(operation=OPERATION)
    if operation not in log["operation"].to_list():
        msg = f"{reviewer} made no operation {operation!r} on session {session_id!r}: there is nothing to take back"
        raise InputError(msg)
    return standing_of(log).filter(operation=operation).select("name", "annotation_id").rows()


def _check(operation: str | None, session_id: str | None, reviewer: str, role: str, now: dt.datetime) -> None:
    if operation is None or len(operation) > _LONGEST_ID:
        msg = f"an operation needs an id of 1 to {_LONGEST_ID} characters, so that its repetition can be told"
        raise InputError(msg)
    if session_id is None:
        msg = f"operation {operation!r} names no session_id"
        raise InputError(msg)
    if not reviewer.strip():
        msg = "a label needs a reviewer: reviewer='ana'"
        raise InputError(msg)
    if role not in get_args(Role):
        raise UnknownNameError(role, "role", get_args(Role))
    if now.tzinfo is None:
        msg = f"the time {now} has no zone; use datetime.now(UTC)"
        raise InputError(msg)


def _spelt(value: object) -> object:
    """A number as a text, where a number is as good: an answer, or an expected output."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    return str(int(value)) if float(value).is_integer() else str(value)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        msg = f"a label's fields are text, not {type(value).__name__}"
        raise InputError(msg)
    return value if value.strip() else None


def _row(base: dict[str, Any], annotation_id: str, name: str, value: str | None) -> dict[str, Any]:
    row = {**base, "annotation_id": annotation_id, "name": name, "value_text": value}
    if name == "verdict" and value is not None:
        if value not in VERDICTS:
            raise UnknownNameError(value, "verdict", VERDICTS)
        row["passed"] = {"pass": True, "fail": False}.get(value)
    elif name == "other_modes" and value is not None:
        row["value_text"] = lines_of([value])
    elif name == "failure_mode" and value is not None:
        row["value_text"] = value.strip()
    elif name in _SPANS and value is not None:
        row["evidence"] = json.dumps([value])
    return row
