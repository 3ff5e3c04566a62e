"""The one place that talks to a model: some requests at a time on a thread of their own, with patience for what passes."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import uniform
from typing import TYPE_CHECKING, Any, Final, cast

from workbench.errors import ModelError
from workbench.model._spent import Spent

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model as Provided
    from pydantic_ai.usage import RunUsage

__all__ = ["KEY_VARIABLE", "Asked", "Form", "Limits", "ask_all"]

KEY_VARIABLE: Final = "WORKBENCH_MODEL_KEY"
_TRIES: Final = 4
_LONGEST_WAIT: Final = 60.0  # seconds
_CALLS: Final = 2  # of a try: an answer in the wrong form is asked for once more
_GIVEN_UP: Final = 5  # questions in a row that nothing answers: the rest is not asked
_MILLION: Final = 1e6
_MOMENT: Final = 0.1  # seconds between two looks at what has come, so that an interrupt is heard

_LIMIT: Final = "limit reached"
_STOPPED: Final = "not asked, since the model stopped answering"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how patiently is asked: requests, US dollars, (input, output) dollars a million tokens, requests at a time, seconds."""

    most_calls: int
    most_cost: float | None
    prices: tuple[float, float] | None
    at_once: int
    timeout: float
    sleep: Callable[[float], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question: an answer, or why there is none; `final` where asking again would bring the same."""

    value: Any
    reason: str | None
    final: bool = True
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0

    @property
    def spent(self) -> Spent:
        """What it cost now."""
        return Spent(self.calls, self.input_tokens, self.output_tokens, self.cost)


@dataclass(frozen=True, slots=True)
class Form:
    """Whom to ask, what holds for every question, and the form of an answer."""

    name: str | Provided
    base_url: str | None
    instructions: str
    answer: type[Any]


def ask_all(
    questions: Mapping[str, str],
    form: Form,
    limits: Limits,
    *,
    take: Callable[[str, Asked], None],
    told: Callable[[int], None],
) -> None:
    """Ask every question, handing on each answer as it comes; returns when the last has come.

    Parameters
    ----------
    questions
        Key → question.
    form, limits
        How they are asked.
    take
        Called with a key and what came of it, in this thread.
    told
        Called with how many are done, in this thread.

    Raises
    ------
    ModelError
        The model cannot be asked at all.
    """
    # An event loop of its own: in a notebook this thread has one that runs already.
    came: queue.SimpleQueue[tuple[str, Asked] | BaseException | None] = queue.SimpleQueue()
    asker = _Asker(form, limits, lambda key, asked: came.put((key, asked)))
    loop = asyncio.new_event_loop()
    work = loop.create_task(asker.ask(questions))

    def run() -> None:
        try:
            loop.run_until_complete(work)
            came.put(None)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller's thread raises it
            came.put(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    thread = threading.Thread(target=run, name="model", daemon=True)
    thread.start()
    done = 0
    try:
        while (one := _next(came)) is not None:
            if isinstance(one, BaseException):
                raise _first(one)
            take(*one)
            done += 1
            told(done)
    finally:
        if thread.is_alive():
            with suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(work.cancel)
            thread.join(limits.timeout)
        _drain(came, take)  # what was paid for is kept
    if asker.failed is not None and not asker.answered:
        raise asker.failed


def _first(error: BaseException) -> BaseException:
    """What went wrong first, of what went wrong at the same time."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    return _first(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])


def _next(came: queue.SimpleQueue[Any]) -> Any:
    while True:
        try:
            return came.get(timeout=_MOMENT)
        except queue.Empty:
            continue


def _drain(came: queue.SimpleQueue[Any], take: Callable[[str, Asked], None]) -> None:
    while not came.empty():
        one = came.get()
        if isinstance(one, tuple):
            take(*one)  # pyright: ignore[reportUnknownArgumentType]


@dataclass(frozen=True, slots=True)
class _Try:
    """What came of one try: final, or worth another one after a wait, or neither."""

    value: Any = None
    reason: str | None = None
    final: bool = True
    wait: float | None = None  # seconds; None: another try would not help


class _Asker:
    """The state of one run."""

    def __init__(self, form: Form, limits: Limits, give: Callable[[str, Asked], None]) -> None:
        self._form, self._limits, self._give = form, limits, give
        self._calls = 0  # sent, or set aside for what is under way
        self._cost = 0.0
        self._in_a_row = 0
        self.answered = 0
        self.failed: ModelError | None = None

    async def ask(self, questions: Mapping[str, str]) -> None:
        from pydantic_ai import Agent

        agent = Agent(
            _provided(self._form.name, self._form.base_url),
            output_type=self._form.answer,
            instructions=self._form.instructions,
            model_settings={"max_retries": 0, "request_timeout": self._limits.timeout},
        )
        waiting = iter(questions.items())
        async with agent, asyncio.TaskGroup() as group:
            for _ in range(self._limits.at_once):
                group.create_task(self._work(agent, waiting))

    async def _work(self, agent: Agent[Any, Any], waiting: Iterator[tuple[str, str]]) -> None:
        for key, question in waiting:
            asked = await self._one(agent, question)
            if asked.reason != _LIMIT:
                self._in_a_row = 0 if asked.final else self._in_a_row + 1
            self.answered += asked.final
            self._cost += asked.cost or 0.0
            self._give(key, asked)
            if asked.cost is None and self._limits.most_cost is not None:
                msg = "most_cost cannot be held, since the price of this model is not known: give input_price and output_price under [model] in workbench.toml"
                raise ModelError(msg)

    async def _one(self, agent: Agent[Any, Any], question: str) -> Asked:
        from pydantic_ai.usage import RunUsage

        usage, calls = RunUsage(), 0
        found = _Try(reason=_LIMIT, final=False)
        for attempt in range(_TRIES):
            if found.wait is not None:
                await self._limits.sleep(found.wait)
            if self._in_a_row >= _GIVEN_UP:
                found = _Try(reason=_STOPPED, final=False)
                break
            allowed = self._set_aside()
            if not allowed:
                found = _Try(reason=_LIMIT, final=False)
                break
            before = usage.requests
            found = await self._try(agent, question, usage, allowed=allowed, attempt=attempt)
            used = min(max(1, usage.requests - before), allowed)
            calls += used
            self._calls -= allowed - used
            if found.wait is None:
                break
        cost = self._priced(usage) if usage.requests else 0.0
        return Asked(found.value, found.reason, found.final, calls, usage.input_tokens, usage.output_tokens, cost)

    def _set_aside(self) -> int:
        """How many calls a try may use: two, one, or none where a limit is reached."""
        if self._limits.most_cost is not None and self._cost >= self._limits.most_cost:
            return 0
        allowed = min(_CALLS, self._limits.most_calls - self._calls)
        self._calls += allowed
        return allowed

    async def _try(self, agent: Agent[Any, Any], question: str, usage: RunUsage, *, allowed: int, attempt: int) -> _Try:
        from pydantic_ai import exceptions as said

        try:
            found = await agent.run(question, usage=usage, retries={"output": allowed - 1})
            return _Try(found.output)
        except (said.ModelAuthenticationError, said.ModelNotFoundError, said.ModelQuotaExceededError) as error:
            raise ModelError(_cannot(error)) from error
        except said.ContentFilterError:
            return _Try(reason="refused")
        except (said.ModelContextWindowExceededError, said.OutputTokenLimitExceeded):
            return _Try(reason="did not fit")
        except said.UnexpectedModelBehavior:
            return _Try(reason="malformed", final=allowed == _CALLS)
        except said.ModelAPIError as error:
            self.failed = ModelError(_cannot(error))
            reason = _passing(error)
            if reason is None:
                return _Try(reason="rejected", final=False)
            told = error.retry_after or 0.0
            wait = max(told, 2.0**attempt * uniform(0.5, 1.0))  # noqa: S311 - no secret
            return _Try(reason=reason, final=False, wait=min(_LONGEST_WAIT, wait))

    def _priced(self, usage: RunUsage) -> float | None:
        """What a question cost in US dollars; None where nobody knows."""
        if self._limits.prices is None:
            return None if usage.cost is None else float(usage.cost)
        for_input, for_output = self._limits.prices
        return (usage.input_tokens * for_input + usage.output_tokens * for_output) / _MILLION


def _passing(error: Exception) -> str | None:
    """What stands in the way and may pass; None where it will not."""
    from pydantic_ai import exceptions as said

    if isinstance(error, said.ModelRequestRejectedError):
        return None
    if isinstance(error, said.ModelRequestTimeout | said.ModelTimeoutError):
        return "timed out"
    if isinstance(error, said.ModelRateLimitError):
        return "rate limit"
    return "not reached" if isinstance(error, said.ModelConnectionError) else "server error"


def _cannot(error: Exception) -> str:
    """A sentence about why nothing is answered, with what to look at."""
    from pydantic_ai import exceptions as said

    told = " ".join(str(error).split())[:300]
    if isinstance(error, said.ModelAuthenticationError):
        return f"the model's provider does not take the key: check the environment variable that holds it ({told})"
    if isinstance(error, said.ModelNotFoundError):
        return f"the provider knows no such model: check name and base_url under [model] in workbench.toml ({told})"
    if isinstance(error, said.ModelQuotaExceededError):
        return (
            f"the provider says that the quota is used up: what was answered is kept, go on when there is more ({told})"
        )
    return f"the model does not answer: what was answered is kept, run the same again to go on ({told})"


def _provided(name: str | Provided, base_url: str | None) -> Provided:
    """The model object; a key comes from the environment alone.

    Raises
    ------
    ModelError
        There is no such provider, its package is missing, or it has no key.
    """
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model
    from pydantic_ai.providers import infer_provider, infer_provider_class

    def there(provider: str) -> Any:
        if base_url is None:
            return infer_provider(provider)
        # A server of one's own may want no key; the client wants one that is not empty.
        made: Any = infer_provider_class(provider)
        return made(base_url=base_url, api_key=os.environ.get(KEY_VARIABLE) or "none")

    if not isinstance(name, str):
        return name
    try:
        return infer_model(name, there)
    except (UserError, ImportError, TypeError, ValueError) as error:
        msg = f"the model {name!r} cannot be asked: {' '.join(str(error).split())[:300]}"
        raise ModelError(msg) from error
