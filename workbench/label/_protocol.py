"""How a queue is to be read: what for, by whom, what is asked, and what stays hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, cast, get_args

from workbench.errors import InputError, UnknownNameError
from workbench.label._tables import LABEL_NAMES, Purpose

__all__ = ["AnswerKind", "Protocol", "RubricItem"]

AnswerKind = Literal["binary", "categorical", "score", "text", "edited output", "criteria"]

_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class RubricItem:
    """One question of a rubric.

    Parameters
    ----------
    name
        What it is called; its answers are annotations of that name.
    kind
        `binary` (pass or fail), `categorical` (one of `values`), `score` (a number from the first to the last of `values`), `text`,
        `edited output` (what the agent should have answered), `criteria` (one line each: what a right answer fulfils).
    required
        A label is not whole without it.
    expert_only
        Only experts answer it; what models say of it is advice until it is validated against them.
    values
        The categories, or the least and the greatest score.

    Raises
    ------
    InputError
        A name that is blank or that labels use, categories or bounds that are missing.
    UnknownNameError
        There is no such kind.

    Examples
    --------
    >>> from workbench.label import RubricItem
    >>> RubricItem("tone", "score", values=(1, 5)).answer("4")
    (4.0, None, None)
    """

    name: str
    kind: AnswerKind = "binary"
    required: bool = False
    expert_only: bool = False
    values: tuple[str | float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be answered."""
        if self.kind not in get_args(AnswerKind):
            raise UnknownNameError(self.kind, "kind of answer", get_args(AnswerKind))
        if not self.name.strip() or self.name in LABEL_NAMES:
            msg = f"a rubric item cannot be called {self.name!r}: {', '.join(LABEL_NAMES)} are fields of every label"
            raise InputError(msg)
        object.__setattr__(self, "values", tuple(self.values))
        if self.kind == "categorical" and len(set(self.values)) < _FEWEST:
            msg = (
                f"rubric item {self.name!r} needs at least two categories, such as values=('right', 'partly', 'wrong')"
            )
            raise InputError(msg)
        if self.kind == "score":
            bounds = [value for value in self.values if isinstance(value, int | float)]
            if len(bounds) != len(self.values) or len(bounds) != _FEWEST or bounds[0] >= bounds[1]:
                msg = f"rubric item {self.name!r} needs the least and the greatest score, such as values=(1, 5)"
                raise InputError(msg)

    def answer(self, value: str) -> tuple[float | None, str | None, bool | None]:
        """An answer as number, text and pass.

        Raises
        ------
        InputError
            It is no number, or lies out of bounds.
        UnknownNameError
            It is none of the categories.
        """
        if self.kind == "binary":
            if value not in {"pass", "fail"}:
                raise UnknownNameError(value, f"answer to {self.name!r}", ("pass", "fail"))
            return None, value, value == "pass"
        if self.kind == "categorical":
            known = [str(each) for each in self.values]
            if value not in known:
                raise UnknownNameError(value, f"answer to {self.name!r}", known)
            return None, value, None
        if self.kind != "score":
            return None, value, None
        low, high = cast("tuple[float, float]", self.values)
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            msg = f"the answer to {self.name!r} is {value!r}; a number from {low:g} to {high:g} was expected"
            raise InputError(msg)
        return number, None, None


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a queue is to be read.

    Parameters
    ----------
    purpose
        `align` (a grader) or `dataset` (ground truth): the same session is never silently both.
    blind
        What software thinks of a session stays hidden until the verdict; reviewers never see one another's.
    rubric
        What is asked beside verdict, note and failure mode.
    reviewers
        Who may read; nobody named: anybody.
    reviews
        How many reviewers read each item.
    hold_minutes
        How long an item stays reserved for the one who took it.
    repeats
        Share of items that are shown a second time, unannounced, to measure how far a reviewer agrees with herself. They are in no rate.
    shown_first
        Chance with which an item's suggestions are shown before the verdict, drawn item by item, so that `anchoring` can measure whether they sway; the
        others stay hidden. What was shown first is no blind label.
    filter
        The condition that the population was taken by, as it was written.

    Raises
    ------
    InputError
        More reviews than reviewers, a share of repeats out of range, two items of one name.
    UnknownNameError
        There is no such purpose.

    Examples
    --------
    >>> from workbench.label import Protocol
    >>> Protocol(purpose="align", reviewers=("ana", "ben"), reviews=2).reviews
    2
    """

    purpose: Purpose = "dataset"
    blind: bool = True
    rubric: tuple[RubricItem, ...] = ()
    reviewers: tuple[str, ...] = ()
    reviews: int = 1
    hold_minutes: float = 30.0
    repeats: float = 0.0
    filter: str | None = field(default=None)
    shown_first: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what could not be read."""
        if self.purpose not in get_args(Purpose):
            raise UnknownNameError(self.purpose, "purpose", get_args(Purpose))
        object.__setattr__(self, "rubric", tuple(self.rubric))
        object.__setattr__(self, "reviewers", tuple(dict.fromkeys(self.reviewers)))
        names = [item.name for item in self.rubric]
        if len(set(names)) < len(names):
            msg = f"two rubric items have one name: {', '.join(sorted(names))}"
            raise InputError(msg)
        if self.reviews < 1 or (self.reviewers and self.reviews > len(self.reviewers)):
            msg = f"{self.reviews} reviews an item by {len(self.reviewers)} reviewers: at least 1, and no more than there are reviewers"
            raise InputError(msg)
        if not 0 <= self.repeats <= 0.5 or not self.hold_minutes > 0:  # noqa: PLR2004 - half the reading
            msg = f"repeats is {self.repeats} and hold_minutes {self.hold_minutes}: a share from 0 to 0.5, and a time above 0"
            raise InputError(msg)

        if not 0 <= self.shown_first < 1 or (self.shown_first > 0 and not self.blind):
            msg = f"shown_first is {self.shown_first}: a chance from 0 to below 1, in a queue that is blind otherwise, so that there is something to compare with"
            raise InputError(msg)

    def columns(self) -> dict[str, Any]:
        """Its columns of `schema.QUEUES`."""
        return {
            "purpose": self.purpose,
            "blind": self.blind,
            "rubric": json.dumps([asdict(item) for item in self.rubric], sort_keys=True),
            "reviewers": list(self.reviewers) or None,
            "reviews": self.reviews,
            "hold_minutes": self.hold_minutes,
            "repeats": self.repeats,
            "filter": self.filter,
            "shown_first": self.shown_first or None,
        }

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Protocol:
        """The protocol of a row of `schema.QUEUES`; what an older workbench did not write has its default."""
        items: list[dict[str, Any]] = json.loads(row.get("rubric") or "[]")
        return cls(
            purpose=row.get("purpose") or "dataset",
            blind=row.get("blind") is not False,
            rubric=tuple(RubricItem(**item) for item in items),
            reviewers=tuple(row.get("reviewers") or ()),
            reviews=row.get("reviews") or 1,
            hold_minutes=row.get("hold_minutes") or 30.0,
            repeats=row.get("repeats") or 0.0,
            filter=row.get("filter"),
            shown_first=row.get("shown_first") or 0.0,
        )
