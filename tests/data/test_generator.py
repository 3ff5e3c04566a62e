"""The sample's generator: the same seed gives the same bytes, and more sessions and modes are made as fast as they are needed."""

from __future__ import annotations

import filecmp
from collections import Counter
from pathlib import Path

import generator
import orjson
import pytest

DATA = Path(__file__).parents[2] / "data"
FILES = ("sample/baseline.jsonl", "sample/candidate.jsonl", "sample/feedback.jsonl", "sample/labels.jsonl", "sample/draws.jsonl",
         "truth/sessions.jsonl", "truth/planted.jsonl")  # fmt: skip


def make(folder: Path, **asked: int) -> Path:
    generator.generate(folder / "sample", truth=folder / "truth", **asked)
    return folder


def rows(path: Path) -> list[dict]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_the_shipped_files_are_what_the_generator_makes(tmp_path):
    made = make(tmp_path)
    different = [name for name in FILES if not filecmp.cmp(made / name, DATA / name, shallow=False)]
    assert not different, "run: python data/generator --out data/sample"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    one, two = make(tmp_path / "1", sessions=40, seed=3), make(tmp_path / "2", sessions=40, seed=3)
    other = make(tmp_path / "3", sessions=40, seed=4)
    assert all(filecmp.cmp(one / name, two / name, shallow=False) for name in FILES)
    assert not filecmp.cmp(one / FILES[0], other / FILES[0], shallow=False)


def test_the_sample_is_small_enough_to_ship():
    assert sum((DATA / name).stat().st_size for name in FILES) < 17_000_000


def test_both_releases_get_the_same_requests():
    traffic = generator.assign(7, 50, 8)
    pairs = list(zip(traffic.sessions("baseline"), traffic.sessions("candidate"), strict=True))
    assert all(one.task_id == two.task_id and one.turns[0].user == two.turns[0].user for one, two in pairs)
    assert all(one.session_id != two.session_id for one, two in pairs)


def test_sessions_have_one_to_eight_turns_and_most_are_short():
    turns = Counter(len(session.turns) for session in generator.assign(11, 1_500, 8).sessions("baseline"))
    assert min(turns) == 1
    assert max(turns) == 8
    assert turns[1] + turns[2] > sum(turns.values()) / 2


def test_a_number_of_modes_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="choose 1 to 25"):
        generator.assign(7, 10, 26)


@pytest.mark.slow
def test_twenty_five_modes_of_unequal_frequency_occur_in_large_traffic(tmp_path):
    made = make(tmp_path, sessions=2_000, modes=25)
    truth = rows(made / "truth/sessions.jsonl")
    counts = Counter(row["mode"] for row in truth if row["release"] == "1.4.0" and row["mode"])
    assert len(counts) == 25
    most, least = counts.most_common()[0][1], counts.most_common()[-1][1]
    assert most > 8 * least
    assert least >= 4
    assert sum(counts.values()) == pytest.approx(0.28 * 2_000, rel=0.05)
    assert all(row["span_id"] for row in truth if row["mode"])
    assert sum(path.stat().st_size for path in made.rglob("baseline.jsonl")) / 2_000 < 16_000
