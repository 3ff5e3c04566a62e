"""Phrases with alternatives, and the hands of the people who type them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

__all__ = ["Style", "phrase", "pick"]

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SPACE = re.compile(r"\s+")
_BEFORE_STOP = re.compile(r"\s+([,.!?;:])")
_WORD = re.compile(r"[A-Za-z]{5,}")
_SHORT = {"please": "pls", "because": "cuz", "thanks": "thx", "you": "u", "order": "ordr", "delivery": "delivry"}


def pick(rng: Random, options: tuple[str, ...] | list[str]) -> str:
    """One of the options, each as likely as the others."""
    return options[int(rng.random() * len(options))]


def phrase(rng: Random, template: str, **fields: object) -> str:
    """Write out a template: `[a|b|]` is one of the alternatives, `{name}` a field.

    Alternatives nest; fields are filled in last, so that their text is never read as a template.

    Examples
    --------
    >>> phrase(Random(1), "[Hello|Hello] {name}[ again|]", name="[Ana]")
    'Hello [Ana] again'
    """
    while "[" in template:
        template = _CHOICE.sub(lambda found: pick(rng, found.group(1).split("|")), template)
    text = _SPACE.sub(" ", template.format_map(fields)).strip()
    return _BEFORE_STOP.sub(r"\1", text)


@dataclass(frozen=True, slots=True)
class Style:
    """How one customer types."""

    lower: bool
    bare: bool
    typos: float
    short: bool

    @classmethod
    def draw(cls, rng: Random) -> Style:
        """Draw a customer's way of typing; most people type properly."""
        return cls(rng.random() < 0.3, rng.random() < 0.25, 0.03 if rng.random() < 0.3 else 0.0, rng.random() < 0.12)

    def write(self, rng: Random, text: str) -> str:
        """Type a text in this style."""
        if self.short:
            text = " ".join(_SHORT.get(word, word) for word in text.split(" "))
        if self.typos:
            text = _WORD.sub(lambda found: self._slip(rng, found.group(0)), text)
        if self.lower:
            text = text.lower()
        return text.rstrip(".!") if self.bare else text

    def _slip(self, rng: Random, word: str) -> str:
        if rng.random() >= self.typos:
            return word
        at = rng.randrange(1, len(word) - 1)
        if rng.random() < 0.5:
            return word[:at] + word[at + 1 :]
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
