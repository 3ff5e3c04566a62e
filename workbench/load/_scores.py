"""Feedback and scores, whoever gave them, as rows of one table."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from workbench.load._sheet import LoadOptions
from workbench.load._values import dumps, is_object, real, text

__all__ = ["SUMMARY", "Target", "annotation_score", "score", "span_target"]

Row = dict[str, Any]
Target = tuple[str | None, str | None]  # kind and id

SUMMARY: Final = "summary:"
"""How the id of a score begins that only sums up what others said, each of whom may come with a score of his own."""

_GOOD: Final = frozenset({
    "thumbs_up", "thumbs-up", "thumbs up", "thumbsup", "thumb_up", "up", "like", "liked", "positive", "good", "pass",
    "passed", "correct", "success", "👍", "helpful", "satisfied",
})  # fmt: skip
_BAD: Final = frozenset({
    "thumbs_down", "thumbs-down", "thumbs down", "thumbsdown", "thumb_down", "down", "dislike", "disliked", "negative",
    "bad", "fail", "failed", "incorrect", "failure", "👎", "unhelpful", "not_helpful", "dissatisfied",
})  # fmt: skip
_KINDS: Final = {
    "human": "human", "llm": "model", "model": "model", "code": "code", "user": "user", "end_user": "user",
    "annotation": "human", "eval": "model", "app": "human", "api": "code",
}  # fmt: skip
_THUMBS: Final = ("thumb", "feedback")


def span_target(trace_id: str | None, span_id: str | None, session_id: str | None = None) -> Target:
    """What a record is about: the span where it is known, else the trace, else the session."""
    if trace_id and span_id:
        return "span", f"{trace_id}/{span_id}"
    if trace_id:
        return "trace", trace_id
    return ("session", session_id) if session_id else (None, None)


def score(
    options: LoadOptions,
    target: Target,
    name: str,
    *,
    number: Any = None,
    label: Any = None,
    comment: Any = None,
    author: Any = None,
    by: Any = None,
    at: int | None = None,
    join_key: str | None = None,
    score_id: str | None = None,
    passed: bool | None = None,
) -> Row:
    """One score as a row; `by` is the source's own word for who or what judged."""
    kind = _KINDS.get(str(by).lower(), "code")
    if name.lower() in options.user_feedback_names and kind in ("human", "code"):
        kind = "user"
    value = real(number) if type(number) is not bool else float(number)
    said = text(label)
    row: Row = {
        "target_kind": target[0],
        "target_id": target[1],
        "join_key": join_key,
        "name": name,
        "value_number": value,
        "value_text": said,
        "passed": _passed(name, value, said, kind) if passed is None else passed,
        "comment": text(comment),
        "author": text(author),
        "author_kind": kind,
        "happened_at": at,
    }
    row["score_id"] = score_id or hashlib.sha256(dumps(list(row.values())).encode()).hexdigest()[:32]
    return row


def _passed(name: str, value: float | None, label: str | None, kind: str) -> bool | None:
    word = (label or "").strip().lower()
    if word in _GOOD or word in _BAD:
        return word in _GOOD
    if kind == "user" and value in (-1.0, 0.0, 1.0) and not word and any(part in name.lower() for part in _THUMBS):
        return value > 0
    return None


def annotation_score(
    options: LoadOptions, target: Target, annotation: Any, *, at: int | None, author: Any = None
) -> Row | None:
    """A score of one `annotations.N.annotation` object of OpenInference; null where it has no name."""
    if not is_object(annotation):
        return None
    inner = annotation.get("annotation") or annotation.get("evaluation")
    inner = inner if is_object(inner) else annotation
    name = inner.get("name")
    if not name:
        return None
    return score(
        options,
        target,
        str(name),
        number=inner.get("score"),
        label=inner.get("label"),
        comment=inner.get("explanation"),
        author=inner.get("identifier") or author,
        by=inner.get("annotator_kind"),
        at=at,
    )
