"""The next session is chosen with what is known, says why in one line, and leaves every rate unbiased."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from workbench import label
from workbench.errors import InputError
from workbench.stats import weighted_share

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
SIZE = 300


def traffic() -> tuple[pl.DataFrame, dict[str, str | None]]:
    """Two hundred and forty sessions that are alike and pass, and sixty of six kinds that lie apart and fail."""
    random = np.random.default_rng(3)
    kinds = [None] * 240 + [f"kind {number % 6}" for number in range(60)]
    ids = [f"s{number:03}" for number in range(SIZE)]
    centre = random.normal(size=(6, 4)) * 6
    place = [random.normal(size=4) * 0.5 + (0 if kind is None else centre[int(kind[-1])]) for kind in kinds]
    apart = np.linalg.norm(np.array(place)[:, None] - np.array(place)[None], axis=2)
    frame = pl.DataFrame(
        {
            "session_id": ids,
            "point": place,
            "terms": [["no sign"] if kind is None else [f"sign: {kind}", "sign: odd"] for kind in kinds],
            "isolation": np.sort(apart, axis=1)[:, 30],
            "segment": ["en"] * 280 + ["de"] * 20,
            "feedback": [None] * 290 + ["down"] * 10,
            "graded": ["pass", "fail"] * 150,
        },
        schema_overrides={"point": pl.Array(pl.Float64(), 4)},
    )
    return frame, dict(zip(ids, kinds, strict=True))


FRAME, KINDS = traffic()


def verdicts(sessions: list[str]) -> pl.DataFrame:
    rows = [(each, "ana", "pass" if KINDS[each] is None else "fail") for each in sessions]
    return pl.DataFrame(rows, schema=["session_id", "reviewer", "verdict"], orient="row")


def read(seed: int, n: int, frame: pl.DataFrame = FRAME) -> label.Queue:
    """One after another, each drawn when those before it have their verdict."""
    queue = label.draw_informed(frame, name="q", n=n, ahead=1, seed=seed)
    rows = queue.row
    for _ in range(n - 1):
        said = verdicts(queue.items["session_id"].to_list())
        queue = label.draw_informed(frame, name="q", n=n, ahead=1, labels=said, history=queue.draws, queues=rows)
    return queue


def test_rates_are_unbiased_though_the_order_seeks_failures_and_adapts_to_what_was_read() -> None:
    truth = 60 / SIZE
    plain, weighted, held = [], [], []
    for seed in range(40):
        queue = read(seed, 15)
        chances = label.draw_weights(queue.draws)
        fails = [KINDS[each] is not None for each in chances["session_id"]]
        share = weighted_share(fails, chances["inclusion"].to_numpy())
        plain.append(np.mean(fails))
        weighted.append(share.share)
        held.append(truth in share.interval)
    error = np.std(weighted) / len(weighted) ** 0.5
    assert abs(np.mean(weighted) - truth) < 3 * error + 0.01
    assert np.mean(plain) > truth + 10 * error
    assert np.mean(held) >= 0.85


def test_more_kinds_are_found_than_at_random() -> None:
    def found(queue: label.Queue) -> int:
        return len({KINDS[each] for each in queue.items["session_id"]} - {None})

    ours = np.mean([found(read(seed, 12)) for seed in range(15)])
    random = np.mean([found(label.draw_queue(FRAME, name="q", n=12, seed=seed)) for seed in range(15)])
    assert ours > 1.5 * random


def test_every_eligible_session_can_be_drawn_at_every_step_and_the_chances_are_those_of_the_draws() -> None:
    drawn = [label.draw_informed(FRAME, name="q", n=1, seed=seed).draws.row(0, named=True) for seed in range(250)]
    assert min(each["probability"] for each in drawn) >= 0.3 / SIZE
    assert {each["pool"] for each in drawn} == {SIZE}
    # 1/probability adds up to the number of sessions, in expectation: the chances are right.
    worth = np.array([1 / each["probability"] for each in drawn])
    assert abs(worth.mean() - SIZE) < 4 * worth.std() / len(worth) ** 0.5
    components = {each["component"] for each in drawn}
    assert components == {"audit", "new kind", "disagreement", "thin segment", "negative feedback"}
    audits = np.mean([each["component"] == "audit" for each in drawn])
    assert 0.2 < audits < 0.4


def test_the_same_labels_and_seed_give_the_same_order_and_nothing_is_drawn_again() -> None:
    first = label.draw_informed(FRAME, name="q", n=30, ahead=8, seed=7, now=NOW)
    assert first.draws.equals(label.draw_informed(FRAME[::-1], name="q", n=30, ahead=8, seed=7, now=NOW).draws)
    again = label.draw_informed(FRAME, name="q", n=30, ahead=8, seed=1, history=first.draws, queues=first.row)
    assert (len(first), again.added.height, again.draws.equals(first.draws)) == (8, 0, True)
    said = verdicts(first.items["session_id"].to_list()[:5])
    more = label.draw_informed(FRAME, name="q", n=30, ahead=8, labels=said, history=first.draws, queues=first.row)
    assert (len(more), more.added.height, more.is_new) == (13, 5, False)
    assert more.draws.head(8).equals(first.draws)
    assert "5 more drawn with what was read so far" in more.sentence
    others = said.with_columns(verdict=pl.lit("fail"))
    elsewhere = label.draw_informed(
        FRAME, name="q", n=30, ahead=8, labels=others, history=first.draws, queues=first.row
    )
    assert elsewhere.draws.head(8).equals(first.draws)
    assert not elsewhere.added["probability"].equals(more.added["probability"])


def test_a_population_that_changed_leaves_the_queue_as_it_is_and_says_so() -> None:
    first = label.draw_informed(FRAME, name="q", n=4)
    later = label.draw_informed(FRAME[:-1], name="q", n=10, history=first.draws, queues=first.row)
    assert later.draws.equals(first.draws)
    assert any("take another name" in note for note in later.notes)


def test_the_reason_is_one_line_and_a_blind_one_says_nothing_of_what_software_thinks() -> None:
    hidden = [label.draw_informed(FRAME, name="q", n=20, seed=seed).items for seed in range(5)]
    told = pl.concat(hidden)["because"].to_list()
    assert all("\n" not in line for line in told)
    assert not any("sign: " in line or "pass" in line for line in told)
    assert any(line.startswith("random audit, from ") for line in told)
    assert any("and shows something that none chosen so far shows" in line for line in told)
    assert any("only 0 of the 20 sessions in 'de' were chosen so far" in line for line in told)
    assert any("the user's feedback is negative" in line for line in told)
    open_queue = label.draw_informed(FRAME, name="q", n=20, protocol=label.Protocol(blind=False))
    assert any("shows 'sign: kind" in line for line in open_queue.items["because"])


def test_where_reader_and_grader_differed_more_is_read() -> None:
    frame = FRAME.drop("isolation", "terms", "segment", "feedback")
    fails = {"pass": "fail", "fail": "fail"}  # the reader finds that all of them fail, the grader half
    state = {each: fails[graded] for each, graded in frame.select("session_id", "graded").head(60).iter_rows()}
    said = pl.DataFrame(
        [(s, "ana", v) for s, v in state.items()], schema=["session_id", "reviewer", "verdict"], orient="row"
    )
    queue = label.draw_informed(frame, name="q", n=1, labels=said)
    lines = [
        line
        for seed in range(5)
        for line in label.draw_informed(frame, name="q", n=3, seed=seed, labels=said).items["because"]
    ]
    assert any("they did on 30 of 60 read so far" in line for line in lines)
    assert queue.draws["component"].item() in {"audit", "disagreement"}


def test_sessions_are_shown_again_unannounced_and_count_once() -> None:
    protocol = label.Protocol(repeats=0.3)
    for queue in (
        label.draw_informed(FRAME, name="q", n=40, protocol=protocol),
        label.draw_queue(FRAME, name="q", n=40, protocol=protocol),
    ):
        twice = queue.draws.filter(component="repeat")
        assert twice.height >= 3
        assert twice["target_id"].n_unique() == twice.height
        first = dict(queue.draws.filter(pl.col("component") != "repeat").select("target_id", "because").iter_rows())
        position = dict(queue.draws.filter(pl.col("component") != "repeat").select("target_id", "position").iter_rows())
        assert all(first[row["target_id"]] == row["because"] for row in twice.iter_rows(named=True))
        assert all(row["position"] - position[row["target_id"]] >= 10 for row in twice.iter_rows(named=True))
        assert "repeat" not in "".join(queue.items.columns) + "".join(queue.items["because"])
        weights = label.draw_weights(queue.draws)
        assert weights.height == 40
        plain = label.draw_weights(queue.draws.filter(pl.col("component") != "repeat"))
        assert weights["weight"].to_list() == plain["weight"].to_list()


def test_an_order_cannot_be_informed_by_nothing() -> None:
    with pytest.raises(InputError, match="leave informed out"):
        label.draw_informed(["a", "b"], name="q", n=1)
    with pytest.raises(InputError, match="ahead is 0"):
        label.draw_informed(FRAME, name="q", n=1, ahead=0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"reviewers": ("ana",), "reviews": 2}, "no more than there are reviewers"),
        ({"repeats": 0.9}, "share from 0 to 0.5"),
        ({"purpose": "fun"}, "no purpose named 'fun'"),
        ({"rubric": (label.RubricItem("tone"), label.RubricItem("tone"))}, "two rubric items have one name"),
    ],
)
def test_a_protocol_that_cannot_be_followed_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        label.Protocol(**arguments)  # pyright: ignore[reportArgumentType]


def test_going_on_gives_what_starting_anew_with_the_same_labels_gives_whatever_was_said_in_between() -> None:
    ready = label.KnownBefore(FRAME)
    queue = label.draw_informed(ready, name="q", n=30, ahead=5)
    row, sessions = queue.row, queue.items["session_id"].to_list()
    for count in (1, 2, 3):
        wrong = verdicts(sessions[:count]).with_columns(verdict=pl.lit("fail" if count == 2 else "pass"))
        going_on = label.draw_informed(ready, name="q", n=30, ahead=5, labels=wrong, history=queue.draws, queues=row)
        assert going_on.added.height == count
    said = verdicts(sessions[:4])
    anew, on = (
        label.draw_informed(known, name="q", n=30, ahead=5, labels=said, history=queue.draws, queues=row)
        for known in (FRAME, ready)
    )
    assert on.added.height == 4
    assert on.draws.equals(anew.draws)
