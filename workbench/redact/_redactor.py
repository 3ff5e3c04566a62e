"""Texts and tables with tokens in place of what must not be handed on."""

from __future__ import annotations

import hmac
import html
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast

import orjson
import polars as pl

from workbench._html import panel, table
from workbench.redact._recognise import KEY_NAMES, recognise

__all__ = ["Redactor", "Replaced"]

_LETTERS: Final = "bcdfghjkmnpqrstv"  # no digits and no vowels: a token is never taken for a number or a word
_LENGTH: Final = 8
_COLUMNS: Final = (
    "input", "output", "input_messages", "output_messages", "tool_arguments", "tool_result", "documents", "error_message",
    "metadata", "raw", "user_id", "trace_id", "span_id", "parent_id", "session_id", "task_id", "name", "tool_name",
    "tool_call_id", "agent_name", "tags",
)  # fmt: skip
_IDS: Final = frozenset(
    {"trace_id", "span_id", "parent_id", "session_id", "task_id", "target_id", "join_key", "score_id"}
)
_HEX: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64}")
_SHOWN: Final = re.compile(
    r"""(?s)<(?:style|script)\b.*?</(?:style|script)>|(?<=>)[^<>]+(?=<)|\b(?:title|alt|aria-label|id|href|name)="([^"]*)\""""
)
_REMEMBERED: Final = 20_000  # texts


@dataclass(frozen=True, slots=True, repr=False)
class Replaced:
    """What was replaced.

    Attributes
    ----------
    counts
        Kind → how often.

    Examples
    --------
    >>> Replaced({"mail": 2, "phone": 1})
    3 values replaced: mail 2, phone 1.
    """

    counts: dict[str, int]

    @property
    def sentence(self) -> str:
        """The counts in words."""
        total = sum(self.counts.values())
        if not total:
            return "Nothing was found that had to be replaced."
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.counts.items()))
        return f"{total:,} value{'' if total == 1 else 's'} replaced: {kinds}."

    def to_frame(self) -> pl.DataFrame:
        """One row a kind: `kind`, `count`."""
        rows = sorted(self.counts.items())
        return pl.DataFrame(rows, schema={"kind": pl.String(), "count": pl.Int64()}, orient="row")

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return panel(self.sentence, table(self.to_frame()) if self.counts else "")


@dataclass(slots=True)
class Redactor:
    """Replaces secrets and personal data; the same value always becomes the same token.

    Parameters
    ----------
    key
        The secret that tokens are made with; see `key_of`.
    counts
        Kind → how often something was replaced so far.
    own
        Recognisers of one's own: kinds, each with a regular expression of what is to be replaced.

    Examples
    --------
    >>> redactor = Redactor(b"a secret")
    >>> first, again = redactor.text("ana@example.org wrote"), redactor.text("to: ana@example.org")
    >>> first.split()[0] == again.split()[1], first.startswith("[mail:")
    (True, True)
    >>> redactor.replaced
    2 values replaced: mail 2.
    """

    key: bytes
    counts: Counter[str] = field(default_factory=Counter[str])
    own: tuple[tuple[str, str], ...] = ()

    @property
    def replaced(self) -> Replaced:
        """What was replaced so far."""
        return Replaced(dict(self.counts))

    def take(self) -> Counter[str]:
        """What was replaced since this was last asked; counting begins anew."""
        taken, self.counts = self.counts, Counter()
        return taken

    def add(self, counts: Counter[str]) -> None:
        """Count what another process replaced."""
        self.counts.update(counts)

    def text(self, text: str) -> str:
        """The text with tokens; JSON stays JSON, and its strings are looked at one by one."""
        if text[:1] in ("{", "["):
            try:
                value = orjson.loads(text)
            except orjson.JSONDecodeError:
                return self._words(text)
            clean = self._value(value)
            return text if clean is value else orjson.dumps(clean, option=orjson.OPT_NON_STR_KEYS).decode()
        return self._words(text)

    def token(self, kind: str, value: str) -> str:
        """The token of a value."""
        return _token(self.key, kind, value)

    def identifier(self, value: str) -> str:
        """An id with tokens; what stands between slashes is looked at by itself, so that a span's id has its trace's in it."""
        return "/".join(part if _HEX.fullmatch(part) else self._words(part) for part in value.split("/"))

    def html(self, page: str) -> str:
        """A page with tokens in what it shows and in the names within it; its styles and shapes stay."""

        def clean(match: re.Match[str]) -> str:
            shown = match.group(1) if match.group(1) is not None else match.group()
            if shown.startswith(("<style", "<script")):
                return shown
            told = html.unescape(shown)
            made = self._words(told)
            return match.group() if made == told else match.group().replace(shown, html.escape(made))

        return _SHOWN.sub(clean, page)

    def frame(self, frame: pl.DataFrame, columns: tuple[str, ...] = _COLUMNS) -> pl.DataFrame:
        """A table with its texts cleaned: of spans by default, of others those columns that are named."""
        for name in columns:
            if name not in frame.columns or frame[name].null_count() == frame.height:
                continue
            clean = self.identifier if name in _IDS else self.text
            before: list[Any] = frame[name].to_list()
            after = [
                None if value is None
                else clean(value) if isinstance(value, str)
                else [None if each is None else clean(each) for each in value]
                for value in before
            ]  # fmt: skip
            if after != before:
                frame = frame.with_columns(pl.Series(name, after, frame.schema[name]))
        return frame

    def _value(self, value: Any, name: str = "") -> Any:
        """The same object where nothing in it had to be replaced."""
        if isinstance(value, str):
            if name and value and KEY_NAMES.match(name):
                return self._secret(value)
            return self._words(value) if value[:1] not in ("{", "[") else self.text(value)
        if isinstance(value, list):
            items = cast("list[Any]", value)
            made = [self._value(item) for item in items]
            return items if all(a is b for a, b in zip(made, items, strict=True)) else made
        if isinstance(value, dict):
            pairs = cast("dict[str, Any]", value)
            cleaned = {self._words(key): self._value(item, key) for key, item in pairs.items()}
            same = all(key in cleaned and cleaned[key] is item for key, item in pairs.items())
            return pairs if same else cleaned
        return value

    def _secret(self, value: str) -> str:
        if value.startswith("[secret:") and value.endswith("]"):
            return value
        self.counts["secret"] += 1
        return self.token("secret", value)

    def _words(self, text: str) -> str:
        made, kinds = _remembered(self.key, text, self.own)
        self.counts.update(kinds)
        return made


@lru_cache(maxsize=_REMEMBERED)
def _remembered(key: bytes, text: str, own: tuple[tuple[str, str], ...] = ()) -> tuple[str, tuple[str, ...]]:
    """The text with tokens, and the kinds of what they stand for; histories bring the same texts again and again."""
    found = recognise(text, own)
    if not found:
        return text, ()
    parts: list[str] = []
    at = 0
    for start, end, kind in found:
        parts += [text[at:start], _token(key, kind, text[start:end])]
        at = end
    parts.append(text[at:])
    return "".join(parts), tuple(kind for _, _, kind in found)


def _token(key: bytes, kind: str, value: str) -> str:
    digest = hmac.digest(key, f"{kind}\0{''.join(value.split()).lower()}".encode(), "sha256")
    return f"[{kind}:{''.join(_LETTERS[byte & 15] for byte in digest[:_LENGTH])}]"
