"""Between the promoter and the datasets: what an agent would be handed of a session, and how picks become cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
import polars as pl

from workbench.errors import InputError
from workbench.evidence import AgentLoop

__all__ = ["preview", "selection"]

_PICK: Final = {"session_id": pl.String(), "turn": pl.Int64(), "expected_output": pl.String(), "criteria": pl.String()}


def preview(loop: AgentLoop, label: Mapping[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    """A session as `Promoter` shows it.

    Parameters
    ----------
    loop
        The session.
    label
        What is known of it: `first_failure`, `expected_output`, `criteria`.
    clean
        The redaction that the case will have.

    Raises
    ------
    InputError
        The user says nothing in it.
    """
    users = [step for step in loop.steps if step.kind == "user" and step.text]
    if not users:
        msg = "no user message in it: no case can be made of it"
        raise InputError(msg)
    failed = next((step for step in loop.steps if label.get("first_failure") in {step.target, step.span_id}), None)
    fitting = [step for step in users if failed is None or step.number <= failed.number] or users[:1]
    ends = {step.turn: len(loop.messages(until=step)) + 1 for step in reversed(users)}
    messages = [*loop.messages(until=users[-1]), {"role": "user", "content": users[-1].text}]
    known = {name: clean(label.get(name) or "") for name in ("expected_output", "criteria")}
    return {
        "messages": [{"role": each["role"], "text": clean(_text(each))} for each in messages],
        "turns": [{"turn": turn, "end": ends[turn]} for turn in sorted(ends)],
        "turn": fitting[-1].turn,
        **known,
    }


def _text(message: Mapping[str, Any]) -> str:
    calls = [f"{call['name']}({_json(call['arguments'])})" for call in message.get("tool_calls") or ()]
    return "\n".join([*([str(message["content"])] if message.get("content") else []), *calls])


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def selection(
    picks: Sequence[Mapping[str, Any]],
    labels: pl.DataFrame,
    *,
    proposed: Mapping[str, int],
    passing: frozenset[str],
    author: str,
) -> pl.DataFrame:
    """What `promote` takes: a row a pick with the author's words, beside the labels that say fail of the same sessions.

    What others expect goes along where the turn is the one that they spoke of, and is not said again by the author.

    Parameters
    ----------
    picks
        What `Promoter` saves.
    labels
        Rows that say fail, one a session and reviewer.
    proposed
        The turn of each session that its labels are about.
    passing
        Sessions that pass: controls.
    author
        Who promotes.
    """
    picked = pl.DataFrame(list(picks), schema=_PICK)
    elsewhere = [each["session_id"] for each in picks if each["turn"] not in {None, proposed.get(each["session_id"])}]
    theirs = labels.join(picked, on="session_id", how="semi").with_columns(
        pl.when(pl.col("session_id").is_in(elsewhere)).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("expected_output", "first_failure")
    )
    theirs = theirs.with_columns(
        pl.when(pl.col("reviewer") == author).then(None).otherwise(pl.col("expected_output")).alias("expected_output")
    )
    said = theirs.select("session_id", "expected_output").drop_nulls().unique()
    again = picked.select("session_id", "expected_output").join(said, on=["session_id", "expected_output"], how="semi")
    own = picked.with_columns(
        pl.when(pl.col("session_id").is_in(again["session_id"].to_list())).then(None).otherwise(pl.col("expected_output")).alias("expected_output"),
        pl.lit(author).alias("reviewer"),
        pl.when(pl.col("session_id").is_in(list(passing))).then(pl.lit("pass")).alias("verdict"),
    )  # fmt: skip
    return pl.concat([own, theirs], how="diagonal_relaxed")
