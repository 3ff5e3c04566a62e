"""Try an agent on cases: many at once, each trial handed on as it finishes, none lost and none twice."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from typing import Any, Final

import polars as pl

from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.experiment._agent import Agent, agent_of
from workbench.experiment._asking import Asking
from workbench.experiment._attempt import Case, GraderLike, Pace, Trial, attempt
from workbench.experiment._executed import executed, result_rows, trial_rows
from workbench.experiment._experiment import Experiment
from workbench.experiment._serve import Replayed

__all__ = ["cases_of", "run", "stream"]

_Outbox = queue.SimpleQueue["tuple[Trial, threading.Semaphore] | BaseException | None"]
_GIVE_UP: Final = 0.2  # seconds that the last threads get to see that everything is stopped


def run(
    agent: Any,
    cases: Any,
    *,
    graders: Sequence[GraderLike],
    trials: int = 1,
    name: str = "experiment",
    concurrency: int = 8,
    timeout: float | None = None,
    retries: int = 2,
    per_minute: float | None = None,
    executor: Executor | Callable[[], Executor] | None = None,
    truths: Mapping[str, Any] | None = None,
    canary: str = "",
    worlds: Callable[[str], Replayed | None] | None = None,
    done: Iterable[Trial] = (),
    save: Callable[[Sequence[Trial]], object] | None = None,
    begin: Callable[[str, int], object] | None = None,
    progress: Callable[[int, int], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Experiment:
    """Try an agent on every case, `trials` times each, and grade what it answers.

    The agent is handed one task a trial: a dict of `case_id`, `input`, `messages` and `namespace`, a copy of its own. It answers
    with a text, with messages, or with a dict of `output` or `messages` that may say `cost`, `input_tokens`, `output_tokens`,
    `seconds` and `session_id`. What it raises, an answer that nobody can read, and one that takes too long are results with the status
    errored, not zeros. Only what the agent stands on is tried again when it fails: `InfrastructureError`, `ConnectionError`,
    `TimeoutError`, a client's error with status 429 or 503.

    Parameters
    ----------
    agent
        A function, sync or async, "module:function", a command that talks JSON, or an address.
    cases
        One row a case: `case_id`, `prefix` (JSON: the messages) or `input`, as `Dataset.inputs()` gives it.
    graders
        What the decorator `grader` made.
    trials
        How often each case is tried; all cases once before any twice.
    name
        What to call the experiment.
    concurrency
        How many trials are under way at once. The bound holds for what is finished and not yet saved, too.
    timeout
        Seconds that one answer may take. A function in a thread cannot be stopped: it is left behind, and its answer ignored.
    retries
        How often a try that failed for its infrastructure is made again.
    per_minute
        How many tries may begin in a minute.
    executor
        Where to run the agent instead of threads of this process: an executor, or a function that makes one, which is called again when
        a worker's death broke it; what ran in it is tried again, each by itself. Workers need this package. Graders run here, so that the
        ground truth never leaves this process.
    truths
        By case, what graders that ask for ground truth are given.
    canary
        A word that stands in the truths; an answer that holds it has seen them.
    worlds
        Makes, of a case's id, what answers the agent's tool calls from what was recorded, such as `workbench.world.Replay`. The agent finds it
        as `task["world"]`: a function calls it with a tool's name and arguments, a program posts `{"name": …, "arguments": …}` to its `url`.
    done
        Trials that were finished before: they are not run again.
    save
        Called with trials as they finish, from this thread; when it returns they count as kept.
    begin
        Called with a case and trial before it begins, from any thread.
    progress
        Called with how many trials are finished, and of how many.
    clock
        Seconds.

    Returns
    -------
    Experiment
        One outcome a case, trial and grader, with seconds, cost, tokens, turns and tool calls.

    Raises
    ------
    EmptyError
        There is no case or no grader.
    InputError
        The agent, a case or a number is not what is needed.
    KeyboardInterrupt
        It was stopped: what had finished was saved.

    Examples
    --------
    >>> from workbench import experiment, grade
    >>> polite = grade.grader(criterion="says please", name="polite")(lambda loop: "please" in loop.final_answer)
    >>> cases = [{"case_id": f"c{n}", "input": f"Question {n}"} for n in range(10)]
    >>> experiment.run(lambda task: task["input"] + ", please", cases, graders=[polite], name="v1")
    v1: 100.0% (95% interval 66.6% to 100.0%) of 10 cases pass, 1 trial a case, 1 grader.
    """
    finished = list(done)
    asked = agent_of(agent)
    work = cases_of(cases)
    running = stream(
        asked,
        work,
        graders=graders,
        trials=trials,
        concurrency=concurrency,
        timeout=timeout,
        retries=retries,
        per_minute=per_minute,
        executor=executor,
        truths=truths,
        canary=canary,
        worlds=worlds,
        done={(each.case, each.trial) for each in finished},
        begin=begin,
        clock=clock,
    )
    total = len(work) * trials
    tried = [row for each in finished for row in trial_rows(each)]
    said = [row for each in finished for row in result_rows(each, graders)]
    with closing(running):
        for batch in running:
            if save is not None:
                save(batch)
            tried += [row for each in batch for row in trial_rows(each)]
            said += [row for each in batch for row in result_rows(each, graders)]
            if progress is not None:
                progress(len(tried), total)
    rows = pl.DataFrame(tried, infer_schema_length=None)
    results = pl.DataFrame(said, infer_schema_length=None)
    about = {"agent": asked.name, "fingerprint": asked.fingerprint, "trials": trials}
    attributes = pl.DataFrame({"case": [case.case for case in work]})
    return executed(
        name,
        trials=rows,
        results=results,
        graders=[each.name for each in graders],
        cases=attributes,
        metadata=about,
    )


def stream(
    agent: Agent,
    cases: Sequence[Case],
    *,
    graders: Sequence[GraderLike],
    trials: int = 1,
    concurrency: int = 8,
    timeout: float | None = None,
    retries: int = 2,
    per_minute: float | None = None,
    executor: Executor | Callable[[], Executor] | None = None,
    truths: Mapping[str, Any] | None = None,
    canary: str = "",
    worlds: Callable[[str], Replayed | None] | None = None,
    done: Collection[tuple[str, int]] = frozenset(),
    begin: Callable[[str, int], object] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Generator[list[Trial]]:
    """As `run`, handing on finished trials in small lots and keeping none.

    No thread takes a new trial before its last one was handed on and the next lot was asked for. Whoever saves each lot before asking for
    the next has therefore at most `concurrency` trials to run again after a kill.
    """
    _check(graders, trials=trials, concurrency=concurrency, timeout=timeout, retries=retries, per_minute=per_minute)
    items = ((case, number) for number in range(trials) for case in cases if (case.case, number) not in done)
    at_work = min(concurrency, max(1, len(cases) * trials - len(done)))

    def tried(asking: Asking, pace: Pace, case: Case, number: int) -> Trial:
        if begin is not None:
            begin(case.case, number)
        return attempt(
            asking,
            case,
            number,
            graders=graders,
            truths=truths or {},
            canary=canary,
            retries=retries,
            pace=pace,
            clock=clock,
            worlds=worlds,
        )

    return _streamed(Asking(agent, timeout, executor), items, tried, at_work, per_minute)


def _streamed(
    asking: Asking,
    items: Iterator[tuple[Case, int]],
    tried: Callable[[Asking, Pace, Case, int], Trial],
    at_work: int,
    per_minute: float | None,
) -> Generator[list[Trial]]:
    stopped = threading.Event()
    outbox: _Outbox = queue.SimpleQueue()
    taking = threading.Lock()
    pace = Pace(per_minute, stopped)

    def work() -> None:
        saved = threading.Semaphore(0)
        try:
            while not stopped.is_set():
                with taking:
                    item = next(items, None)
                if item is None:
                    break
                outbox.put((tried(asking, pace, *item), saved))
                saved.acquire()
        except BaseException as error:  # noqa: BLE001 - raised again where the trials are awaited
            outbox.put(error)
        else:
            outbox.put(None)

    asking.open()
    names = [f"workbench-trial-{n}" for n in range(asking.width(at_work))]
    threads = [threading.Thread(target=work, daemon=True, name=name) for name in names]
    try:
        for thread in threads:
            thread.start()
        yield from _lots(outbox, len(threads))
    finally:
        stopped.set()
        asking.close()
        for thread in threads:
            thread.join(_GIVE_UP / len(threads))


def _lots(outbox: _Outbox, at_work: int) -> Generator[list[Trial]]:
    """Everything that is finished at a time, until nobody is at work."""
    while at_work:
        lot: list[Trial] = []
        waiting: list[threading.Semaphore] = []
        try:
            for item in _waiting(outbox):
                if isinstance(item, BaseException):
                    raise item  # noqa: TRY301 - what is finished by then goes out first
                if item is None:
                    at_work -= 1
                    continue
                lot.append(item[0])
                waiting.append(item[1])
        except BaseException:
            if lot:
                yield lot  # what is finished is kept, whatever happens next
            raise
        if lot:
            yield lot
        for each in waiting:
            each.release()


def _waiting(outbox: _Outbox) -> Iterator[tuple[Trial, threading.Semaphore] | BaseException | None]:
    """What lies in the outbox; waits for the first."""
    yield outbox.get()
    while True:
        try:
            yield outbox.get_nowait()
        except queue.Empty:
            return


def cases_of(data: Any) -> list[Case]:
    """The cases of a frame, as the agent may see them.

    Raises
    ------
    EmptyError
        There is none.
    InputError
        Two have one id, or one has neither messages nor an input.
    """
    frame = data.collect() if isinstance(data, pl.LazyFrame) else pl.DataFrame(data)
    if not frame.height:
        msg = "there is no case to try the agent on: promote sessions first, or choose other states"
        raise EmptyError(msg)
    key = "case_id" if "case_id" in frame.columns else "case"
    if key not in frame.columns:
        raise UnknownNameError(name=key + "_id", kind="column", known=frame.columns, then="Each case needs an id.")
    if not {"prefix", "input"} & set(frame.columns):
        msg = f"cases need a column 'prefix' (JSON messages) or 'input'; these have {', '.join(frame.columns)}"
        raise InputError(msg)
    found = [_case(row, key) for row in frame.iter_rows(named=True)]
    twice = frame.filter(pl.col(key).is_duplicated())
    if twice.height:
        msg = f"case {twice[key][0]!r} is there {twice.filter(pl.col(key) == twice[key][0]).height} times: give each case one row"
        raise InputError(msg)
    return found


def _case(row: dict[str, Any], key: str) -> Case:
    import json

    asked, prefix = row.get("input"), row.get("prefix")
    if row[key] is None or (asked is None and prefix is None):
        msg = f"case {row[key]!r} has no id, or neither messages nor an input"
        raise InputError(msg)
    said = prefix if isinstance(prefix, str) else json.dumps([{"role": "user", "content": str(asked)}])
    return Case(str(row[key]), "" if asked is None else str(asked), said)


def _check(
    graders: Sequence[GraderLike],
    *,
    trials: int,
    concurrency: int,
    timeout: float | None,
    retries: int,
    per_minute: float | None,
) -> None:
    if hasattr(graders, "result"):
        msg = f"graders is one grader and not several: write graders=[{getattr(graders, 'name', '…')}]"
        raise InputError(msg)
    if not graders:
        msg = "no graders: give at least one function decorated with @grader(criterion=…)"
        raise EmptyError(msg)
    names = [each.name for each in graders if hasattr(each, "result")]
    if len(names) < len(graders):
        odd = next(each for each in graders if not hasattr(each, "result"))
        word = getattr(odd, "__name__", repr(odd))
        makes = str(getattr(odd, "__module__", "")).startswith("workbench.graders.")
        then = (
            f"call it with what it should look for, wb.graders.{word}(…)"
            if makes
            else "decorate it with @grader(criterion=…)"
        )
        msg = f"{word} is not a grader: {then}"
        raise InputError(msg)
    if len(set(names)) < len(names):
        msg = f"two graders have one name ({', '.join(sorted(names))}): give one of them another, @grader(criterion=…, name=…)"
        raise InputError(msg)
    for what, value, least in (("trials", trials, 1), ("concurrency", concurrency, 1), ("retries", retries, 0)):
        if value < least:
            msg = f"{what} is {value}, expected {least} or more"
            raise InputError(msg)
    for what, value in (("timeout", timeout), ("per_minute", per_minute)):
        if value is not None and value <= 0:
            msg = f"{what} is {value}, expected more than 0, or None for no bound"
            raise InputError(msg)
