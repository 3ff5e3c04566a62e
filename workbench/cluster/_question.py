"""The question that a model answers about every session, where one is asked to write what sessions are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workbench.errors import InputError

__all__ = ["WHAT_WENT_WRONG", "Written", "written"]

WHAT_WENT_WRONG: Final = "In one sentence: what did the agent do wrong, and at which step?"
"""What a model is asked where no other question is given."""

_LEAST: Final = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Written:
    """A facet that the configured model writes.

    Parameters
    ----------
    question
        What is asked of every session.
    name
        What the facet is called: edits of modes are kept by it.
    budget
        Characters of a session that the model is shown.
    """

    question: str = WHAT_WENT_WRONG
    name: str = "written"
    budget: int = 12_000


def written(question: str = WHAT_WENT_WRONG, *, name: str | None = None, budget: int = 12_000) -> Written:
    """A facet that the configured model writes, one sentence a session.

    Parameters
    ----------
    question
        What is asked of every session; by default what the agent did wrong, and where.
    name
        What to call the facet: edits of modes are kept by it. By default the question.
    budget
        Characters of a session that the model is shown.

    Returns
    -------
    Written
        To hand to `facet=`.

    Raises
    ------
    InputError
        There is no question, or the budget is below 1,000 characters, which show hardly anything.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.written("In one sentence: what did the user want in the end?", name="wish").name
    'wish'
    """
    if not question.strip() or budget < _LEAST:
        msg = f"a written facet takes a question and a budget of at least {_LEAST:,} characters, such as written('In one sentence: what did the user want?')"
        raise InputError(msg)
    default = "written" if question == WHAT_WENT_WRONG else f"written: {' '.join(question.split())}"
    return Written(question, name or default, budget)
