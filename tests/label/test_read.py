"""Annotations from a file come in whole or not at all, and the same file again adds nothing."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import label
from workbench.errors import InputError, UnknownNameError
from workbench.schema import ANNOTATIONS

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ROW: dict[str, Any] = {
    "target_id": "s1", "name": "verdict", "value_text": "fail", "author": "ana", "author_kind": "human",
    "happened_at": "2026-01-31T10:30:00+01:00",
}  # fmt: skip


def written(tmp_path: Path, *rows: Any) -> Path:
    path = tmp_path / "labels.jsonl"
    path.write_text(
        "\ufeff" + "\n\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8"
    )
    return path


def test_a_file_becomes_annotations_with_ids_that_repeat(tmp_path: Path) -> None:
    path = written(
        tmp_path, ROW, {**ROW, "name": "note", "value_text": "x", "evidence": ["t/1"]}, {**ROW, "annotation_id": "mine"}
    )
    first = label.read_annotations(path, recorded_at=NOW)
    again = label.read_annotations(str(path), recorded_at=NOW + dt.timedelta(days=1))
    assert first.schema == ANNOTATIONS
    assert first["annotation_id"].to_list() == again["annotation_id"].to_list()
    assert first["annotation_id"].n_unique() == 3
    assert first["annotation_id"][2] == "mine"
    assert first["happened_at"][0] == dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)
    assert first["evidence"][1] == '["t/1"]'
    assert set(first["recorded_at"]) == {NOW}


def test_what_was_read_is_what_the_reviewers_say(tmp_path: Path) -> None:
    rows = label.read_annotations(
        written(tmp_path, ROW, {**ROW, "name": "failure_mode", "value_text": "loop"}), recorded_at=NOW
    )
    assert label.current_labels(rows).select("session_id", "verdict", "failure_mode").rows() == [("s1", "fail", "loop")]


def test_a_frame_will_do() -> None:
    row = {**ROW, "happened_at": NOW}
    one = label.read_annotations(pl.DataFrame([row]), recorded_at=NOW)
    assert one.equals(label.read_annotations([row], recorded_at=NOW))
    assert label.read_annotations([], recorded_at=NOW).height == 0


@pytest.mark.parametrize(
    ("row", "error", "words"),
    [
        ({**ROW, "author": None}, InputError, "line 3: an annotation needs author"),
        ({**ROW, "target_id": ""}, InputError, "needs target_id"),
        ({**ROW, "autor": "ana"}, UnknownNameError, "did you mean 'author'.*line 3"),
        ({**ROW, "author_kind": "person"}, UnknownNameError, "author kind"),
        ({**ROW, "target_kind": "sesion"}, UnknownNameError, "did you mean 'session'"),
        ({**ROW, "value_text": "bad"}, UnknownNameError, "verdict"),
        ({**ROW, "happened_at": "yesterday"}, InputError, "expected a time"),
        ({**ROW, "happened_at": "2026-01-31T10:30:00"}, InputError, "without a zone"),
        ({**ROW, "value_number": "many"}, InputError, "value_number"),
        ("{", InputError, "line 3: no JSON"),
        ("[1]", InputError, "line 3: a JSON object was expected"),
    ],
)
def test_a_line_that_cannot_be_kept_is_named_and_nothing_is(tmp_path: Path, row: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        label.read_annotations(written(tmp_path, ROW, row), recorded_at=NOW)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file in"):
        label.read_annotations(tmp_path / "nowhere.jsonl", recorded_at=NOW)


DRAW: dict[str, Any] = {
    "draw_id": "q.0", "queue_id": "q", "position": 0, "target_id": "s1", "design": "random", "pool": 40, "inclusion": 0.05,
}  # fmt: skip


def test_draws_from_elsewhere_count_once_and_give_the_codebook_its_shares() -> None:
    second = {**DRAW, "draw_id": "q.1", "position": 1, "target_id": "s2"}
    draws = label.read_draws([DRAW, second, DRAW])
    assert draws["draw_id"].to_list() == ["q.0", "q.1"]
    said = [{**ROW, "target_id": each, "value_text": word} for each, word in (("s1", "fail"), ("s2", "pass"))]
    book = label.codebook(label.read_annotations(said, recorded_at=NOW), [], draws=draws)
    assert (book.read, book.basis) == (2, "of the 40 sessions in the queue's pool")


def test_draws_by_hand_need_no_pool() -> None:
    by_hand = {name: DRAW[name] for name in ("draw_id", "queue_id", "position", "target_id")}
    assert label.draw_weights(label.read_draws([by_hand]))["weight"].to_list() == [None]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"position": None}, "every row needs a position; row 2 has none"),
        ({"draw_id": None}, "every row needs a draw_id"),
        ({"pool": None}, "draw 'q.1' has a chance and no pool"),
        ({"inclusion": 0.0}, "a chance lies above 0"),
        ({"position": 0}, "position 0 is there more than once in queue 'q'"),
        ({"target_id": "s1"}, "target_id 's1' is there more than once"),
    ],
)
def test_draws_that_no_share_can_be_taken_from_are_refused(row: dict[str, Any], words: str) -> None:
    second = {**DRAW, "draw_id": "q.1", "position": 1, "target_id": "s2"}
    with pytest.raises(InputError, match=words):
        label.read_draws([DRAW, {**second, **row}])
