"""Several reviewers share a queue: nobody reads too much, nothing is held for ever, and what expires comes first."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from workbench import label
from workbench.errors import UnknownNameError

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
QUEUE = label.draw_queue([f"s{n}" for n in range(4)], name="q", n=4)
ORDER = QUEUE.items["session_id"].to_list()
TWO = label.Protocol(reviewers=("ana", "ben", "eve"), reviews=2, hold_minutes=30)


def decided(*pairs: tuple[str, str]) -> pl.DataFrame:
    rows = [(session, reviewer, "fail") for session, reviewer in pairs]
    return pl.DataFrame(rows, schema=dict.fromkeys(["session_id", "reviewer", "verdict"], pl.String()), orient="row")


def take(log: list[dict], reviewer: str, *, minutes: int = 0, labels: pl.DataFrame | None = None, protocol=TWO) -> str | None:  # fmt: skip
    now = NOW + dt.timedelta(minutes=minutes)
    said = decided() if labels is None else labels
    row = label.reserve(QUEUE.draws, log, said, reviewer=reviewer, protocol=protocol, now=now)
    if row is None:
        return None
    log.append(row)
    return ORDER[int(row["draw_id"].rsplit(".", 1)[1])]


def test_each_item_is_read_by_so_many_and_a_reservation_expires() -> None:
    log: list[dict] = []
    assert [take(log, "ana"), take(log, "ben"), take(log, "eve")] == [ORDER[0], ORDER[0], ORDER[1]]
    assert take(log, "ana", minutes=5) == ORDER[0]  # held: the same again
    assert take(log, "eve", minutes=40) == ORDER[0]  # the others' hour is over


def test_what_one_has_decided_is_not_given_to_her_again() -> None:
    said = decided(*((session, "ana") for session in ORDER[:3]), (ORDER[3], "ben"), (ORDER[3], "eve"))
    assert take([], "ana", labels=said) is None
    assert take([], "ben", labels=said) == ORDER[0]


def test_two_at_once_get_one_id_so_that_only_one_can_keep_it() -> None:
    alone = label.Protocol()
    rows = [
        label.reserve(QUEUE.draws, [], decided(), reviewer=name, protocol=alone, now=NOW) for name in ("ana", "ben")
    ]
    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0]["reservation_id"] == rows[1]["reservation_id"]
    assert take([rows[0]], "ben", protocol=alone) == ORDER[1]


def test_a_queue_is_for_those_it_is_assigned_to() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'ana'"):
        take([], "anna")


def test_what_is_added_has_no_chance_comes_by_its_date_and_moves_no_rate() -> None:
    due = NOW + dt.timedelta(days=1)
    added = label.filled_draws(
        QUEUE.draws, ["x1", ORDER[0], "x1"], queue_id=QUEUE.queue_id, how="feedback", because="thumbs down", due_at=due
    )
    assert added["target_id"].to_list() == ["x1"]
    both = pl.concat([QUEUE.draws, added])
    first = label.reserve(both, [], decided(), reviewer="ana", protocol=TWO, now=NOW)
    assert first is not None
    assert first["draw_id"] == added["draw_id"].item()
    weights = label.draw_weights(both)
    assert weights.filter(session_id="x1")["weight"].to_list() == [None]
    assert weights.filter(pl.col("session_id") != "x1")["weight"].to_list() == [1.0] * 4
    with pytest.raises(UnknownNameError, match="way to fill a queue"):
        label.filled_draws([], ["x"], queue_id="q", how="chance", because="")  # pyright: ignore[reportArgumentType]


def test_what_was_added_and_read_does_not_change_the_weight_of_what_was_drawn() -> None:
    queue = label.draw_queue([f"s{n}" for n in range(40)], name="q", n=10)
    added = label.filled_draws(queue.draws, ["x1", "x2"], queue_id=queue.queue_id, how="hand", because="asked for")
    read = queue.items["session_id"].to_list()[:4]
    weights = label.draw_weights(pl.concat([queue.draws, added]), read=[*read, "x1"]).drop_nulls("weight")
    assert weights["weight"].to_list() == [10.0] * 4
