"""Modes: found, named, counted, doubted, edited, compared with last week's, and never a traceback for odd input."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.cluster import Edit, Modes, Views, cluster, facet_text
from workbench.errors import EmptyError, InputError, UnknownNameError

WORDS = Views(meaning=0.0, words=1.0, structure=1.0)  # no model needed
SUBJECTS = ["kettle", "sofa", "phone", "ticket", "lamp", "jacket", "bicycle", "printer", "guitar", "tent", "camera"]
BESIDE = [
    "the user waited",
    "it was late",
    "a polite reply",
    "thanks were given",
    "greetings first",
    "order was read",
    "short answer",
]
KINDS = {
    "timeout": ["the tool timed out", "agent claimed success", "nothing was written", "success was told anyway", "told as done"],
    "again": ["asked again for the number", "the user had given it", "same question twice", "user said it before", "forgot it"],
    "outdated": ["an outdated document", "the old policy was quoted", "a newer version exists", "answer from old rules", "quoted wrongly"],
    "loop": ["searched over and over", "no result came", "the same search once more", "never stopped searching", "went in circles"],
}  # fmt: skip


def texts(per_kind: int, *, kinds: Sequence[str] = tuple(KINDS), seed: int = 0, mark: str = "") -> pl.DataFrame:
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for kind in kinds:
        for i in range(per_kind):
            said = [KINDS[kind][place] for place in random.permutation(5)[:3]]
            beside = [BESIDE[place] for place in random.permutation(len(BESIDE))[:2]]
            line = ", ".join([*said, *beside, SUBJECTS[random.integers(len(SUBJECTS))]])
            rows.append(
                {
                    "session_id": f"{mark}{kind}-{i}",
                    "text": line,
                    "quotes": [{"step": i + 1, "signal": "", "text": line}],
                    "tokens": [f"sign: {kind}"],
                    "facet": "failure",
                }
            )
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def modes() -> Modes:
    return cluster(texts(30), against=texts(30, kinds=["loop", "again"], seed=5, mark="ok-"), views=WORDS, min_size=12)


def kind_of(session: str) -> str:
    return session.removeprefix("ok-").split("-")[0]


def test_each_kind_of_failure_is_a_mode_whatever_its_subject(modes: Modes) -> None:
    assert len(modes) == len(KINDS)
    for mode in modes.frame["mode"]:
        assert len({kind_of(s) for s in modes.session_ids(mode)}) == 1


def test_names_are_told_apart_and_taken_from_the_texts(modes: Modes) -> None:
    names = modes.frame["name"].to_list()
    assert len(set(names)) == len(names)
    by_name = {name: kind_of(modes.session_ids(name)[0]) for name in names}
    assert all(kind in name for name, kind in by_name.items())  # the sign is each mode's best phrase


def test_share_is_of_all_sessions_with_its_interval(modes: Modes) -> None:
    row = modes.frame.row(0, named=True)
    assert row["share"] == row["size"] / 120
    assert 0 < row["low"] < row["share"] < row["high"] < 1


def test_lift_tells_a_failure_from_what_passing_sessions_do_too(modes: Modes) -> None:
    lift = {kind_of(modes.session_ids(row["mode"])[0]): row for row in modes.frame.iter_rows(named=True)}
    assert lift["timeout"]["lift_low"] > 1
    assert lift["outdated"]["lift_low"] > 1
    assert lift["loop"]["lift_low"] < 1


def test_stability_is_the_overlap_with_subsamples(modes: Modes) -> None:
    assert (modes.frame["stability"].is_between(0.8, 1.0)).all()
    assert any("Stability" in note for note in modes.notes)


def test_representatives_are_members_and_bring_their_own_words(modes: Modes) -> None:
    for row in modes.frame.iter_rows(named=True):
        assert len(row["representatives"]) == 3
        assert set(row["representatives"]) <= set(modes.session_ids(row["mode"]))
        said = dict(modes.texts.select("session_id", "text").iter_rows())
        assert row["quotes"]
        assert all(quote["text"] == said[quote["session_id"]] for quote in row["quotes"])


def test_every_session_is_a_member_or_open_with_an_offer(modes: Modes) -> None:
    assert modes.members["session_id"].to_list() == modes.texts["session_id"].to_list()
    assert modes.members["strength"].is_between(0, 1).all()
    assert modes.members["nearest"].null_count() == 0
    assert modes.points.drop_nulls().height == modes.texts.height


def test_the_same_input_gives_the_same_modes_to_the_letter(modes: Modes) -> None:
    again = cluster(texts(30), against=texts(30, kinds=["loop", "again"], seed=5, mark="ok-"), views=WORDS, min_size=12)
    assert again.frame.equals(modes.frame)
    assert again.members.equals(modes.members)
    assert again.points.equals(modes.points)


def test_new_sessions_go_into_the_same_modes_or_nowhere(modes: Modes) -> None:
    new = texts(5, seed=9, mark="ok-")
    placed = modes.assign(new)
    home = {kind_of(modes.session_ids(mode)[0]): mode for mode in modes.frame["mode"]}
    assert placed["mode"].to_list() == [home[kind_of(s)] for s in new["session_id"]]
    strange = modes.assign([{"session_id": "x", "text": "billing currency mismatch in the quarterly invoice"}])
    assert strange.frame.row(0) == ("x", None, None, 0.0)


def test_renames_merges_and_splits_are_recorded_and_can_be_done_again(modes: Modes) -> None:
    first, second = modes.frame["mode"][0], modes.frame["mode"][1]
    edited = modes.merge([first, second], "both").rename("both", "two in one").split("two in one", 2)
    assert [edit.kind for edit in edited.events] == ["merge", "rename", "split"]
    assert edited.frame["size"].sum() == modes.frame["size"].sum()
    events = [Edit.from_dict(json.loads(json.dumps(edit.to_dict()))) for edit in edited.events]
    replayed = modes.apply(events)
    assert replayed.members["mode"].equals(edited.members["mode"])
    assert replayed.frame["name"].to_list() == edited.frame["name"].to_list()


def test_modes_to_merge_that_are_no_list_are_refused_with_how_to_write_it(modes: Modes) -> None:
    given: Any = modes.frame["mode"][0]
    with pytest.raises(InputError, match=r"merge\(\[1, …\]\)"):
        modes.merge(given, "both")


def test_an_edit_finds_its_mode_in_another_run(modes: Modes) -> None:
    name = modes.frame["name"][0]
    kind = kind_of(modes.session_ids(name)[0])
    events = modes.rename(name, "mine").events
    fewer = cluster(texts(30).sample(fraction=0.9, seed=1, shuffle=True), views=WORDS, min_size=12).apply(events)
    assert {kind_of(s) for s in fewer.session_ids("mine")} == {kind}


def test_an_edit_without_its_mode_is_left_out_and_said(modes: Modes) -> None:
    other = modes.apply([Edit("rename", (("nobody",),), "lost")])
    assert other.frame.equals(modes.frame)
    assert "1 edit was left out" in other.notes[-1]


def test_a_new_mode_never_takes_the_number_or_the_retirement_of_one_that_is_gone(modes: Modes) -> None:
    highest = int(modes.frame["mode"].max())  # pyright: ignore[reportArgumentType] - numbers
    first = modes.frame["mode"][0]
    gone = modes.retire(highest).merge([first, highest])
    made = gone.move(gone.session_ids(first)[:3], "promises too much")
    row = made.frame.filter(name="promises too much").row(0, named=True)
    assert (row["mode"], row["retired"]) == (highest + 1, False)
    parted = gone.split(first, 2)
    assert set(parted.frame["mode"]) - set(gone.frame["mode"]) == {highest + 1}
    assert not parted.frame["retired"].any()


def test_splitting_by_chosen_sessions(modes: Modes) -> None:
    mode = modes.frame["mode"][0]
    chosen = modes.session_ids(mode)[:4]
    split = modes.split(mode, [chosen])
    assert split.frame["size"].min() == 4
    with pytest.raises(UnknownNameError, match="no session in mode"):
        modes.split(mode, [["nobody"]])


@pytest.mark.parametrize(
    ("edit", "error", "says"),
    [
        (lambda m: m.rename("no such", "x"), UnknownNameError, "no mode named 'no such'"),
        (lambda m: m.rename(1, " "), InputError, "not empty"),
        (lambda m: m.rename(1, m.frame["name"][1]), InputError, "another mode is named"),
        (lambda m: m.merge([1, 1]), InputError, "at least two"),
        (lambda m: m.split(1, 1), InputError, "can be split into 2"),
        (lambda m: m.split(1, [m.session_ids(1)]), InputError, "every session"),
        (lambda m: m.session_ids(99), UnknownNameError, "99"),
        (lambda _: Edit.from_dict({"kind": "explode"}), InputError, "not an edit"),
    ],
)
def test_what_cannot_be_edited_is_refused(
    modes: Modes, edit: Callable[[Modes], object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        edit(modes)


def test_next_weeks_modes_are_new_grown_shrunk_or_gone(modes: Modes) -> None:
    kinds = ["timeout", "again", "outdated"]
    week = pl.concat([texts(12, kinds=kinds, seed=3), texts(60, kinds=["timeout"], seed=4, mark="ok-")])
    diff = cluster(week, views=WORDS, min_size=12).diff(modes)
    status = {row["name_before"]: row["status"] for row in diff.iter_rows(named=True)}
    home = {kind_of(modes.session_ids(name)[0]): name for name in modes.frame["name"]}
    assert status[home["timeout"]] == "grown"
    assert status[home["loop"]] == "gone"
    assert diff.filter(pl.col("status") == "grown")["low"].min() > 0


def test_it_shows_itself_escaped_and_as_json() -> None:
    hostile = texts(15).with_columns(pl.col("quotes").list.eval(
        pl.struct(pl.element().struct.field("step"), pl.element().struct.field("signal"), pl.lit("<img src=x onerror=alert(1)>").alias("text"))
    ))  # fmt: skip
    found = cluster(hostile, views=WORDS)
    assert "<img" not in found._repr_html_()
    assert "&lt;img" in found._repr_html_()
    assert json.loads(json.dumps(found.to_json()))["sessions"] == 60
    assert repr(found) == found.sentence


def test_meaning_alone_groups_paraphrases_through_any_embedder() -> None:
    def embed(some: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
        del progress
        rows = [[float(any(part in text for part in parts)) for parts in KINDS.values()] for text in some]
        noise = [np.random.default_rng(sum(map(ord, text))).normal(scale=0.1, size=4) for text in some]
        return (np.array(rows) + np.array(noise)).astype(np.float32)

    found = cluster(texts(20).drop("tokens"), embed=embed, views=Views(1, 0, 0))
    assert len(found) == 4


@pytest.mark.parametrize("count", [1, 3, 9])
def test_too_few_sessions_are_told_so(count: int) -> None:
    found = cluster(texts(9).head(count), views=WORDS)
    assert len(found) == 0
    assert "too few" in found.sentence
    assert found.members["mode"].null_count() == count
    assert found.sentence in found._repr_html_()


def test_no_sessions_at_all_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(EmptyError, match="widen it"):
        cluster([], views=WORDS)


def test_silent_sessions_are_counted_and_left_open() -> None:
    silent = pl.DataFrame({"session_id": ["q1", "q2"], "text": ["", "  "]})
    found = cluster(pl.concat([texts(15), silent], how="diagonal"), views=WORDS)
    assert any(note.startswith("2 of 62") for note in found.notes)
    assert found.members.filter(pl.col("session_id") == "q1")["nearest"].item() is None
    assert "none of the 2" in cluster(silent, views=WORDS).sentence


@pytest.mark.parametrize("n", [12, 200])
def test_identical_texts_are_one_mode_and_it_says_so(n: int) -> None:
    same = pl.DataFrame({"session_id": [str(i) for i in range(n)], "text": ["the tool timed out"] * n})
    found = cluster(same, views=WORDS)
    assert found.frame["size"].to_list() == [n]
    assert any("alike" in note for note in found.notes)
    assert found.points["x"].is_finite().all()


def test_two_different_texts_many_times_are_two_modes() -> None:
    rows = [{"session_id": str(i), "text": ["the tool timed out", "asked again for it"][i % 2]} for i in range(60)]
    assert sorted(cluster(rows, views=WORDS).frame["size"].to_list()) == [30, 30]


def test_noise_gives_a_result_or_a_sentence() -> None:
    random = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    rows = [
        {"session_id": str(i), "text": " ".join("".join(random.choice(letters, 6)) for _ in range(12))}
        for i in range(80)
    ]
    found = cluster(rows, views=WORDS)
    assert found.sentence
    assert found.frame["size"].sum() <= 80


def test_one_giant_group_is_pointed_out() -> None:
    rows = pl.concat([texts(200, kinds=["timeout"]), texts(8, kinds=["again", "loop"])])
    found = cluster(rows, views=WORDS)
    assert found.sentence
    assert found.frame["size"].sum() > 100


def test_texts_in_many_languages_and_scripts_do_not_break() -> None:
    lines = ["工具超时了但代理说成功", "エージェントは同じ質問を繰り返した", "инструмент не ответил вовремя", "أخطأ الوكيل في الطلب", "เครื่องมือหมดเวลา", "एजेंट ने गलती की"]  # fmt: skip
    rows = [{"session_id": str(i), "text": f"{lines[i % 6]} {SUBJECTS[i % 11]}"} for i in range(90)]
    found = cluster(rows, views=WORDS)
    assert len(found) >= 3
    assert found._repr_html_()


def test_calls_are_grouped_by_how_they_are_built_whatever_they_are_about() -> None:
    random = np.random.default_rng(4)

    def word() -> str:
        return "".join(random.choice(list("abcdefghijklmnop"), 6))

    def number() -> int:
        return int(random.integers(1, 99))

    built: dict[str, Callable[[], str]] = {
        "number in quotes": lambda: f"[{word()}({word()}='{number()}', {word()}={number()})]",
        "never closed": lambda: f"[{word()}({word()}={number()}, {word()}=[{number()}, {number()}",
        "twice": lambda: f"[{word()}({word()}={number()}), {word()}({word()}={number()})]",
        "nothing given": lambda: f"[{word()}({word()}=None, {word()}=null)]",
    }
    rows = [{"session_id": f"{kind}-{i}", "text": make()} for kind, make in built.items() for i in range(30)]
    found = cluster(rows, views=WORDS).members.with_columns(kind=pl.col("session_id").str.split("-").list.first())
    purest = found.group_by("kind").agg(most=(pl.col("nearest").value_counts().struct.field("count").max() / pl.len()))
    assert found["nearest"].n_unique() >= 4
    assert purest["most"].min() > 0.8


def test_texts_that_are_mostly_code_are_still_grouped() -> None:
    kinds = ['{"error_code":"E_TIMEOUT","retry_after":5,"call":"x_%d"}', '{"missing_field":"order_id","in":"body_%d"}']
    rows = [{"session_id": str(i), "text": kinds[i % 2] % i} for i in range(60)]
    assert len(cluster(rows, views=WORDS)) == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"text": ["a"]}, "no column 'session_id'"),
        ({"session_id": ["a", "a"], "text": ["x", "y"]}, "more than once"),
    ],
)
def test_frames_of_another_shape_are_refused(data: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        cluster(pl.DataFrame(data), views=WORDS)


def test_a_mode_of_one_is_no_mode() -> None:
    with pytest.raises(InputError, match="at least 2"):
        cluster(texts(5), min_size=1, views=WORDS)


def test_ways_through_the_tools_are_named_by_the_tools_and_not_by_the_talk() -> None:
    def way(name: str, *tools: str) -> list[dict[str, Any]]:
        said = [("user", ""), *(("tool", each) for each in tools), ("assistant", ""), ("user", ""), ("assistant", "")]
        return [
            {"session_id": name, "number": n, "turn": 1, "kind": kind, "text": "well", "tool_name": each or None}
            for n, (kind, each) in enumerate(said, 1)
        ]

    rows = [row for n in range(8) for row in way(f"a{n}", "find_order", "refund")]
    rows += [row for n in range(8) for row in way(f"b{n}", "search", "search")]
    rows += [row for n in range(8) for row in way(f"c{n}")]
    names = cluster(facet_text(rows, "trajectory")).frame["name"].to_list()
    assert len(names) == 3
    assert "no tool called" in names
    assert any("find_order > refund" in name for name in names)
    assert not any("answer" in name or "user" in name for name in names)
