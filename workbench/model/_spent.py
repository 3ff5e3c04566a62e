"""What asking has cost."""

from __future__ import annotations

from dataclasses import dataclass

from workbench._words import counted

__all__ = ["Spent"]


@dataclass(frozen=True, slots=True, repr=False)
class Spent:
    """Calls, tokens and money.

    Parameters
    ----------
    calls
        Requests that were sent, retries included.
    input_tokens, output_tokens
        As the provider counted them.
    cost
        In US dollars; None where the price of some call is not known.
    reused
        Answers that were there from before, and cost nothing now.
    before
        What these had cost when they were given, in US dollars; None where that is not known.

    Examples
    --------
    >>> Spent(calls=2, input_tokens=1200, output_tokens=90, cost=0.004) + Spent(reused=3, before=0.006)
    2 calls, 1,200 tokens in and 90 out, $0.0040; 3 answers were there from before ($0.0060 then).
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    reused: int = 0
    before: float | None = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            _sum(self.cost, other.cost),
            self.reused + other.reused,
            _sum(self.before, other.before),
        )

    @property
    def sentence(self) -> str:
        """The counts in words."""
        said: list[str] = []
        if self.calls:
            tokens = f"{self.input_tokens:,} tokens in and {self.output_tokens:,} out"
            said.append(f"{counted(self.calls, 'call')}, {tokens}, {_dollars(self.cost)}")
        if self.reused:
            was = "was" if self.reused == 1 else "were"
            said.append(f"{counted(self.reused, 'answer')} {was} there from before ({_dollars(self.before)} then)")
        return ("; ".join(said) or "Nothing was asked") + "."

    def __repr__(self) -> str:
        return self.sentence


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _dollars(cost: float | None) -> str:
    if cost is None:
        return "at a price that is not known"
    return f"${cost:,.4f}" if cost < 1 else f"${cost:,.2f}"
