"""What a model answered, question by question, and what came of those that it did not answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from workbench.model._spent import Spent

__all__ = ["Answers", "Keeps"]

_Answer = TypeVar("_Answer")


class Keeps(Protocol):
    """What a model asks of a cache: a `dict` is one, and so is the workspace's."""

    def get(self, key: str, /) -> bytes | None:
        """What is kept under the key."""
        ...

    def __setitem__(self, key: str, value: bytes, /) -> None:
        """Keep something."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Answers(Generic[_Answer]):
    """One answer a question, in their order.

    Parameters
    ----------
    model
        Who answered.
    values
        The answers; None where there is none.
    reasons
        Why there is none, such as ``"refused"``, ``"malformed"``, ``"timed out"``; None where there is one.
    spent
        What these answers cost.
    """

    model: str
    values: tuple[_Answer | None, ...]
    reasons: tuple[str | None, ...]
    spent: Spent

    @property
    def missing(self) -> dict[str, int]:
        """Reason → how many questions have no answer for it, the most frequent first."""
        return dict(Counter(reason for reason in self.reasons if reason is not None).most_common())

    @property
    def sentence(self) -> str:
        """Who answered how many, why some have no answer, and what it cost."""
        none = self.missing
        why = f" ({', '.join(f'{reason} {count:,}' for reason, count in none.items())})" if none else ""
        answered = len(self.values) - sum(none.values())
        return f"{self.model} answered {answered:,} of {len(self.values):,} questions{why}. {self.spent.sentence}"

    def __repr__(self) -> str:
        return self.sentence
