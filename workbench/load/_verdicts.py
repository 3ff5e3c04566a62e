"""What a transcript says of itself beside its messages: whether the answer was right, a reward, what the user thought."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._scores import score
from workbench.load._sheet import Sheet
from workbench.load._tau import PASSED
from workbench.load._transcript import content_id
from workbench.load._values import is_object, real

__all__ = ["write_verdicts"]

Row = dict[str, Any]

_VERDICTS: Final = ("is_correct", "correct", "passed", "success", "is_success", "successful", "resolved", "solved")
_REWARD: Final = "reward"
_REASONS: Final = ("failure_reason", "mistake_reason", "reason", "rationale", "explanation", "justification", "comment")


def write_verdicts(sheet: Sheet, body: Row, session: str, trace_id: str) -> None:
    """Write the scores that stand beside the messages of a conversation.

    A verdict counts where it is true or false, a reward where it is a number (full marks pass), and what users said under the
    names that the settings list.
    """
    about = next((body[name] for name in _REASONS if isinstance(body.get(name), str)), None)

    def say(name: str, **given: Any) -> None:
        made = score(
            sheet.options,
            ("session", session),
            name,
            **{"comment": about, **given},
            score_id=content_id(trace_id, name),
        )
        sheet.score(made)

    for name in _VERDICTS:
        if type(body.get(name)) is bool:
            say(name, number=float(body[name]), by="code", passed=body[name])
    reward = real(body.get(_REWARD))
    if reward is not None:
        say(_REWARD, number=reward, by="code", passed=reward >= PASSED)
    for name, value in body.items():
        if name.lower() not in sheet.options.user_feedback_names:
            continue
        inner: Row = value if is_object(value) else {"value": value}
        told = next((inner[key] for key in ("value", "score", "rating", "label") if inner.get(key) is not None), None)
        if isinstance(told, bool | int | float):
            say(name, number=told, comment=inner.get("comment"), by="user")
        elif isinstance(told, str) and told:
            say(name, label=told, comment=inner.get("comment"), by="user")
