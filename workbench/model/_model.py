"""A model that may be asked: limits, a cache, and a running count of what was spent."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, get_args, get_type_hints

import orjson

from workbench.errors import InputError
from workbench.model._answers import Answers, Keeps
from workbench.model._asking import Asked, Form, Limits, ask_all
from workbench.model._spent import Spent

if TYPE_CHECKING:
    from pydantic_ai.models import Model as Provided

__all__ = ["Model"]

_Answer = TypeVar("_Answer")
_EXTRA: Final = 'asking a model needs packages that are not installed: pip install "trace-workbench[model]"'


class Model:
    """A language model of any provider, asked only what it was not asked before.

    Parameters
    ----------
    name
        ``"provider:model"`` as pydantic-ai names them, such as ``"openai:gpt-5-mini"`` or ``"anthropic:claude-haiku-4-5"``; or a model object
        of pydantic-ai.
    base_url
        Another address of the provider's protocol: a gateway, or a server of your own. There the key is the environment variable
        ``WORKBENCH_MODEL_KEY`` and never the provider's: an address in a file that somebody handed on cannot ask for that.
    most_calls
        The most requests that one `ask` may send, retries included.
    most_cost
        The most US dollars that one `ask` may cost: no request is sent once that much is spent.
    input_price, output_price
        US dollars for a million tokens; where they are not given, those in pydantic-ai's own list.
    at_once
        How many requests are under way at a time.
    timeout
        Seconds that one request may take.
    cache
        Where answers are kept: a `dict`, for example. When absent, in the workspace that the model is handed to, and else in this object's memory.
    sleep
        Waits between two tries.

    Raises
    ------
    InputError
        The name has no provider, or a limit or price is below what makes sense.

    Examples
    --------
    >>> Model("openai:gpt-5-mini").spent
    Nothing was asked.
    """

    def __init__(
        self,
        name: str | Provided,
        *,
        base_url: str | None = None,
        most_calls: int = 1_000,
        most_cost: float | None = None,
        input_price: float | None = None,
        output_price: float | None = None,
        at_once: int = 4,
        timeout: float = 120.0,
        cache: Keeps | None = None,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        for least, given in ((1, {"most_calls": most_calls, "at_once": at_once}), (0, {"most_cost": most_cost, "input_price": input_price, "output_price": output_price}), (0.001, {"timeout": timeout})):  # fmt: skip
            for argument, value in given.items():
                if value is not None and value < least:
                    msg = f"{argument} is {value}: expected at least {least}"
                    raise InputError(msg)
        if (input_price is None) != (output_price is None):
            msg = "a price has two parts: give both input_price and output_price, in US dollars for a million tokens"
            raise InputError(msg)
        if isinstance(name, str) and ":" not in name:
            msg = f"the model is named {name!r}: expected provider:model, such as 'openai:gpt-5-mini' or 'anthropic:claude-haiku-4-5'"
            raise InputError(msg)
        self._name = name
        self._base_url = base_url
        prices = None if input_price is None or output_price is None else (input_price, output_price)
        self._limits = Limits(most_calls, most_cost, prices, at_once, timeout, sleep)
        self._cache: Keeps = {} if cache is None else cache
        self._chosen = cache is not None
        self._spent = Spent()

    def __repr__(self) -> str:
        return f"<Model {self.name}. {self._spent.sentence}>"

    @property
    def name(self) -> str:
        """Which model it is, as it stands beside what it wrote."""
        return self._name if isinstance(self._name, str) else f"{self._name.system}:{self._name.model_name}"

    @property
    def spent(self) -> Spent:
        """What was spent so far through this object."""
        return self._spent

    def keep_in(self, cache: Keeps) -> None:
        """Keep answers there from now on, unless a cache was chosen when the model was made."""
        if not self._chosen:
            self._cache, self._chosen = cache, True

    def ask(
        self,
        questions: Sequence[str],
        *,
        instructions: str,
        answer: type[_Answer],
        progress: Callable[[int, int], None] | None = None,
    ) -> Answers[_Answer]:
        """Ask one question after another, and keep every answer as it comes.

        An interrupted run goes on where it was: what was answered is not asked again. So it is with what the model refused or could not bring
        into the form of an answer (delete the cache to ask all again); what did not reach it is asked again. What is under way when a run is interrupted
        is lost, and not counted in `spent`.

        Parameters
        ----------
        questions
            What is asked. The same text twice is asked once.
        instructions
            What holds for every question.
        answer
            A dataclass: the form of an answer.
        progress
            Called with (questions answered, questions in all).

        Returns
        -------
        Answers
            One for each question, in their order; where there is none, why.

        Raises
        ------
        InputError
            More questions are new than `most_calls` allows, or the packages of the extra `model` are missing; nothing was sent.
        ModelError
            The model cannot be asked at all: the key, the name, the quota, or nothing answers.
        """
        keys = [self._key(question, instructions, answer) for question in questions]
        kept = {key: found for key in dict.fromkeys(keys) if (found := self._kept(key, answer)) is not None}
        fresh = {key: question for key, question in zip(keys, questions, strict=True) if key not in kept}
        if len(fresh) > self._limits.most_calls:
            msg = (
                f"{len(fresh):,} questions would be asked of {self.name}, and most_calls allows {self._limits.most_calls:,} calls: "
                "choose fewer sessions, or raise most_calls under [model] in workbench.toml. Nothing was sent."
            )
            raise InputError(msg)
        spent = Spent(reused=len(kept), before=0.0)
        for found in kept.values():
            spent += Spent(before=found.cost)
        self._spent += spent
        done = dict(kept)
        if progress is not None and kept:
            progress(len(kept), len(kept) + len(fresh))

        def take(key: str, asked: Asked) -> None:
            done[key] = asked
            self._spent += asked.spent
            if asked.final:
                self._cache[key] = orjson.dumps({
                    "value": None if asked.value is None else asdict(asked.value), "reason": asked.reason, "cost": asked.cost, "model": self.name,
                    "input_tokens": asked.input_tokens, "output_tokens": asked.output_tokens,
                })  # fmt: skip

        def told(count: int) -> None:
            if progress is not None:
                progress(len(kept) + count, len(kept) + len(fresh))

        if fresh:
            _needs("pydantic_ai")
            form = Form(self._name, self._base_url, instructions, answer)
            ask_all(fresh, form, self._limits, take=take, told=told)
        for key in fresh:
            spent += done[key].spent
        values = tuple(cast("_Answer | None", done[key].value) for key in keys)
        return Answers(self.name, values, tuple(done[key].reason for key in keys), spent)

    def _key(self, question: str, instructions: str, answer: type[Any]) -> str:
        said = hashlib.sha256()
        for part in (self.name, self._base_url or "", instructions, _form(answer), question):
            text = part.encode("utf-8", "replace")
            said.update(len(text).to_bytes(8, "little"))
            said.update(text)
        return said.hexdigest()

    def _kept(self, key: str, answer: type[_Answer]) -> Asked | None:
        found = self._cache.get(key)
        if found is None:
            return None
        try:
            record = orjson.loads(found)
            value = None if record["value"] is None else _as(answer, record["value"])
            return Asked(value, record["reason"], cost=record["cost"])
        except (ValueError, KeyError, TypeError):
            return None  # a damaged file is asked again


def _as(answer: type[_Answer], value: object) -> _Answer:
    _needs("pydantic")
    from pydantic import TypeAdapter

    return TypeAdapter(answer).validate_python(value)


def _needs(package: str) -> None:
    import importlib.util

    if importlib.util.find_spec(package) is None:
        raise InputError(_EXTRA)


def _form(answer: type[Any]) -> str:
    """The names and types of an answer's parts, so that another form is another question."""
    if not is_dataclass(answer):
        inner = get_args(answer)
        return f"{answer}" if not inner else f"{answer}[{', '.join(_form(each) for each in inner)}]"
    hints = get_type_hints(answer)
    return f"{answer.__name__}({', '.join(f'{field.name}: {_form(hints[field.name])}' for field in fields(answer))})"
