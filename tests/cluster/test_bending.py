"""Labels bend the modes: a few of them put the rest where they belong, and what is told of that is never told of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.cluster import NO_FAILURE, Modes, Views, cluster
from workbench.cluster._labelled_views import LabelledViews
from workbench.errors import EmptyError, InputError

WORDS = Views(meaning=0.0, words=1.0, structure=0.0)  # no model needed
SUBJECTS = ["kettle", "sofa", "phone", "ticket", "lamp", "jacket"]
ABOUT = ["was ordered late", "came by mail", "cost a lot", "was a present"]
SAID = {
    "forgot": ["asked again for the number", "the same question twice", "had been told before", "lost the thread"],
    "invented": ["a policy that nobody wrote", "made up the fee", "no document says so", "cited from nowhere"],
    "stopped": ["gave up after one try", "handed over at once", "never called the tool", "left it undone"],
}


def sessions(per_kind: int, *, kinds: tuple[str, ...] = tuple(SAID), seed: int = 0, mark: str = "") -> pl.DataFrame:
    """What went wrong in a few words, among many that say what it was about."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for kind in kinds:
        for i in range(per_kind):
            subject = SUBJECTS[random.integers(len(SUBJECTS))]
            said = [SAID[kind][k] for k in random.permutation(4)[:2]]
            about = [f"the {subject} {ABOUT[k]}" for k in random.permutation(4)[:2]]
            rows.append({"session_id": f"{mark}{kind}-{i}", "text": ". ".join([*about, *said])})
    return pl.DataFrame(rows)


def kind_of(session: str) -> str:
    return session.rsplit("-", 1)[0].removeprefix("new-")


def labels_of(modes: Modes, n: int, *, seed: int = 1, kinds: tuple[str, ...] = tuple(SAID)) -> dict[str, str]:
    ids = [s for s in modes.texts["session_id"] if kind_of(s) in kinds]
    picked: NDArray[np.str_] = np.random.default_rng(seed).permutation(ids)[:n]
    return {str(session): kind_of(str(session)) for session in picked}


@pytest.fixture(scope="module")
def modes() -> Modes:
    return cluster(sessions(60), views=WORDS)


@pytest.fixture(scope="module")
def bent(modes: Modes) -> Modes:
    return modes.bend(labels_of(modes, 24))


def right(modes: Modes, labels: dict[str, str]) -> float:
    """The share of sessions without a label that are in the mode of their kind."""
    name = dict(modes.frame.select("mode", "name").iter_rows())
    rest = modes.members.filter(~pl.col("session_id").is_in(list(labels)))
    return float(
        np.mean([name.get(mode) == kind_of(session) for session, mode in rest.select("session_id", "mode").iter_rows()])
    )


def test_a_few_labels_put_the_rest_where_it_belongs(modes: Modes, bent: Modes) -> None:
    assert sorted(bent.frame["name"]) == sorted(SAID)
    assert right(bent, labels_of(modes, 24)) > 0.85
    assert "Bent by 24 labels of 3 kinds" in bent.sentence


def test_what_density_found_counts_the_less_the_more_labels_there_are(modes: Modes) -> None:
    assert modes._fit is not None
    views = LabelledViews.of(modes._fit)
    kinds = np.unique([kind_of(item.session_id) for item in modes._fit.items], return_inverse=True)[1]
    shuffled = np.random.default_rng(0).permutation(len(kinds))
    few, many = (views.weights(rows := shuffled[:n], kinds[rows])[-1] for n in (9, 150))
    assert many < 0.5 * few


def test_a_labelled_session_is_in_the_mode_that_its_reader_named(modes: Modes) -> None:
    labels = labels_of(modes, 24)
    odd = next(iter(labels))
    labels[odd] = next(kind for kind in SAID if kind != kind_of(odd))
    assert odd in modes.bend(labels).session_ids(labels[odd])


def test_a_wrong_label_does_not_reshape_everything(modes: Modes, bent: Modes) -> None:
    from sklearn.metrics import adjusted_rand_score

    labels = labels_of(modes, 24)
    odd = next(iter(labels))
    labels[odd] = next(kind for kind in SAID if kind != kind_of(odd))
    again = modes.bend(labels)
    assert adjusted_rand_score(bent.members["mode"].to_list(), again.members["mode"].to_list()) > 0.8


def test_the_same_labels_in_another_order_give_the_same_modes(modes: Modes, bent: Modes) -> None:
    backwards = dict(reversed(list(labels_of(modes, 24).items())))
    again = modes.bend(backwards)
    assert again.frame.equals(bent.frame)
    assert again.members.equals(bent.members)
    assert bent.bend(backwards).members.equals(bent.members)  # labels replace those before


def test_a_dense_group_that_no_label_is_near_stays_a_mode_of_its_own() -> None:
    random = np.random.default_rng(0)
    new = [
        f"upload {random.choice(['crashed', 'froze'])}, browser window blank, attachment {random.choice(['gone', 'missing'])}"
        for _ in range(40)
    ]
    texts = pl.concat(
        [sessions(60), pl.DataFrame({"session_id": [f"blank-{i}" for i in range(40)], "text": new})], how="vertical"
    )
    found = cluster(texts, views=WORDS)
    bent = found.bend(labels_of(found, 30))
    own = bent.frame.filter(~pl.col("name").is_in(list(SAID)))
    assert own["size"].sum() >= 30
    assert all(kind_of(s) == "blank" for mode in own["mode"] for s in bent.session_ids(mode))
    assert "that no label is near" in bent.sentence
    asked = bent.next(10)
    assert any(kind_of(s) == "blank" for s in asked["session_id"])


def test_new_sessions_go_where_the_labels_say_or_nowhere(bent: Modes) -> None:
    new = sessions(10, seed=9, mark="new-")
    placed = bent.assign(new)
    assert np.mean([name == kind_of(s) for s, name in placed.frame.select("session_id", "name").iter_rows()]) > 0.8
    strange = bent.assign([{"session_id": "x", "text": ""}])
    assert strange["mode"].to_list() == [None]


def test_what_was_read_and_passed_is_set_aside(modes: Modes) -> None:
    labels = {s: NO_FAILURE if kind == "stopped" else kind for s, kind in labels_of(modes, 24).items()}
    bent = modes.bend(labels)
    assert bent.frame.filter("retired")["name"].to_list() == [NO_FAILURE]


def test_too_few_labels_leave_the_modes_as_they_are(modes: Modes) -> None:
    few = modes.bend(labels_of(modes, 9))
    assert few.members.equals(modes.members)
    assert "9 labels of 3 kinds so far" in few.notes[-1]
    assert modes.bend({}).sentence == modes.sentence
    with pytest.raises(EmptyError, match="label at least ten"):
        few.prevalence()


def test_edits_by_hand_hold_on_bent_modes(modes: Modes, bent: Modes) -> None:
    merged = bent.merge(["forgot", "invented"], "careless")
    assert len(merged) == 2
    assert merged.assign(sessions(5, seed=3, kinds=("forgot",), mark="new-"))[
        "name"
    ].drop_nulls().unique().to_list() == ["careless"]
    again = modes.bend(labels_of(modes, 30, seed=5)).apply(merged.events)
    assert sorted(again.frame["name"]) == ["careless", "stopped"]


def test_labels_are_refused_where_they_say_two_things(modes: Modes) -> None:
    with pytest.raises(InputError, match="more than one"):
        modes.bend({"session_id": ["a", "a"], "failure_mode": ["x", "y"]})
    with pytest.raises(InputError, match="no column 'failure_mode'"):
        modes.bend([{"session_id": "a", "mode": "x"}])


def test_the_first_reads_are_spread_and_their_chances_add_up(modes: Modes) -> None:
    chosen = modes.next(12)
    assert chosen.height == 12
    assert chosen["session_id"].n_unique() == 12
    assert len({kind_of(s) for s in chosen["session_id"]}) == 3
    # One of each region: what each stands for adds up to all sessions, whatever was drawn.
    assert (1 / chosen["inclusion"]).sum() == pytest.approx(modes.texts.height)
    assert modes.next(12).equals(chosen)
    assert not modes.next(12, seed=1).equals(chosen)


def test_later_reads_are_hard_to_tell_and_never_read_before(modes: Modes, bent: Modes) -> None:
    known = labels_of(modes, 24)
    chosen = bent.next(15)
    assert not set(chosen["session_id"]) & set(known)
    strength = dict(bent.members.select("session_id", "strength").iter_rows())
    unread = [strength[s] for s in strength if s not in known]
    assert np.mean([strength[s] for s in chosen["session_id"]]) < np.mean(unread)
    assert chosen["inclusion"].is_between(0, 1).all()


def test_every_session_can_be_drawn_and_as_often_as_its_chance_says(bent: Modes) -> None:
    draws = 200
    count: dict[str, int] = {}
    chance: dict[str, float] = {}
    for seed in range(draws):
        for session, inclusion in bent.next(15, seed=seed).select("session_id", "inclusion").iter_rows():
            count[session] = count.get(session, 0) + 1
            chance[session] = inclusion
    often = [s for s in count if chance[s] > 0.05]
    assert len(often) > 20
    off = [
        (count[s] / draws - chance[s]) / np.sqrt(chance[s] * (1 - chance[s]) / draws) for s in often if chance[s] < 1
    ]
    assert np.mean(np.square(off)) < 1.6


def read(modes: Modes, n: int, *, seed: int = 0) -> tuple[Modes, list[dict[str, Any]]]:
    """Label what the map asks for, in two goes."""
    rows: list[dict[str, Any]] = []
    for turn in range(2):
        chosen = modes.next(n // 2, seed=seed + turn).with_columns(
            pl.col("session_id").map_elements(kind_of, return_dtype=pl.String).alias("failure_mode"),
            pl.lit(f"q{turn}").alias("queue_id"),
            (1 / pl.col("inclusion")).alias("weight"),
            pl.lit(turn).alias("turn"),
        )
        rows += chosen.select("session_id", "failure_mode", "queue_id", "weight", "turn").to_dicts()
        modes = modes.bend(rows)
    return modes, rows


def test_prevalence_corrects_the_assignment() -> None:
    rare = sessions(60).filter(~pl.col("session_id").str.contains(r"stopped-[1-5]\d|stopped-9"))  # 60, 60, 9
    found = cluster(rare, views=WORDS)
    inside: list[bool] = []
    off: list[float] = []
    for seed in range(12):
        shares = read(found, 40, seed=100 * seed)[0].prevalence()
        true = {kind: np.mean([kind_of(s) == kind for s in rare["session_id"]]) for kind in SAID}
        rows = list(shares.frame.filter(pl.col("mode").is_not_null()).iter_rows(named=True))
        inside += [row["low"] <= true[row["name"]] <= row["high"] for row in rows]
        off.append(sum(abs(row["share"] - true[row["name"]]) for row in rows) / 2)
    assert np.mean(inside) >= 0.93
    assert np.mean(off) < 0.08


def test_prevalence_says_what_it_rests_on(modes: Modes) -> None:
    bent, rows = read(modes, 30)
    shares = bent.prevalence()
    assert shares.frame["share"].sum() == pytest.approx(1)
    assert shares.frame["labelled"].sum() == 30
    assert shares.frame["predicted"].sum() == 150
    assert set(shares.frame["sessions"]) == {180}
    assert set(shares.frame["drawn"]) == {30}
    assert (shares.frame["low"] < shares.frame["high"]).all()
    assert "30 labels drawn by chance" in shares.sentence
    assert "<table" in shares._repr_html_()
    by_hand = {**rows[0], "queue_id": None, "weight": None, "turn": None}
    assert "1 labels were picked by hand" in modes.bend([by_hand, *rows[1:]]).prevalence().notes[1]


def test_labels_picked_by_hand_give_no_prevalence(bent: Modes) -> None:
    with pytest.raises(EmptyError, match="0 of 24 labels are of sessions that were drawn"):
        bent.prevalence()


def test_merged_modes_are_counted_together(modes: Modes) -> None:
    bent, _ = read(modes, 30)
    apart = dict(bent.prevalence().frame.select("name", "share").iter_rows())
    merged = (
        bent.merge(["forgot", "invented"], "careless").prevalence().frame.filter(name="careless").row(0, named=True)
    )
    assert merged["share"] == pytest.approx(apart["forgot"] + apart["invented"], abs=0.05)


def test_learning_curve_never_scores_a_session_by_its_own_label(modes: Modes) -> None:
    random = np.random.default_rng(0)
    # Labels that nothing in the texts goes with: whoever scored on what was learned would find agreement.
    noise = {session: str(random.choice(["a", "b"])) for session in labels_of(modes, 80)}
    chance = modes.bend(noise).learning_curve()
    assert chance.frame["agreement"][-1] < 0.65
    curve = modes.bend(labels_of(modes, 80)).learning_curve()
    assert curve.frame["labels"].to_list() == [10, 20, 30, 60, 64]
    assert curve.frame["agreement"][-1] > 0.85
    assert (curve.frame["low"] < curve.frame["agreement"]).all()
    assert curve.frame["scored"][-1] == 80
    assert "With 64 labels" in curve.sentence
