"""What is appended is on disk, once, whoever writes it and from whichever thread."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from workbench.errors import ReadOnlyError, StoreError, UnknownNameError, VersionError
from workbench.store import Database
from workbench.store._tables import TABLES

NOW = dt.datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=dt.UTC)


def label(number: int, **more: object) -> dict[str, object]:
    return {"annotation_id": f"a{number}", "target_kind": "session", "target_id": f"s{number}", "name": "verdict",
            "passed": False, "author": "ana", "author_kind": "human", "happened_at": NOW, **more}  # fmt: skip


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'workbench.db'}"


@pytest.fixture
def database(address: str):
    opened = Database(address)
    yield opened
    opened.close()


@pytest.mark.parametrize("table", TABLES)
def test_every_table_reads_back_as_its_schema(database: Database, table: str) -> None:
    assert database.read(table).schema == TABLES[table]


def test_values_come_back_as_they_went_in(database: Database) -> None:
    database.append("annotations", [label(1, comment="it said “done”\x00 \U0001f600", value_number=0.5)])
    database.append("dataset_versions", [{"dataset": "refunds", "version": 1, "rows": ["a", "b"], "truths": []}])
    row = database.read("annotations").row(0, named=True)
    assert row["happened_at"] == NOW
    assert row["comment"] == "it said “done”\x00 \U0001f600"
    assert (row["passed"], row["value_number"], row["blind"]) == (False, 0.5, None)
    assert database.read("dataset_versions")["rows"].to_list() == [["a", "b"]]


def test_the_same_row_again_adds_nothing_and_changes_nothing(database: Database) -> None:
    assert database.append("annotations", [label(1), label(2)]) == 2
    assert database.append("annotations", [label(2, passed=True), label(3)]) == 1
    assert database.read("annotations")["passed"].to_list() == [False, False, False]


def test_what_was_read_before_and_what_others_wrote_since_are_read_together(database: Database, address: str) -> None:
    database.append("annotations", [label(1)])
    assert database.read("annotations")["annotation_id"].to_list() == ["a1"]
    other = Database(address)
    other.append("annotations", [label(number, author="ben") for number in range(2, 50)])
    other.close()
    database.append("annotations", [label(50, comment=None)])
    assert database.read("annotations")["annotation_id"].to_list() == [f"a{number}" for number in range(1, 51)]
    assert database.read("annotations", author="ben", comment=None).height == 48
    assert database.read("annotations", author=None).is_empty()


def test_rows_that_somebody_took_out_by_hand_are_not_remembered(database: Database, address: str) -> None:
    database.append("draws", [{"draw_id": f"q.{number}", "queue_id": "q"} for number in range(4)])
    assert database.read("draws").height == 4
    for left, number in ((3, 3), (2, 1)):  # the last one, and one in the middle
        with sa.create_engine(address).begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM draws WHERE draw_id = 'q.{number}'")
        assert database.read("draws", queue_id="q").height == left


def test_rows_come_in_the_order_of_writing(database: Database) -> None:
    database.append("annotations", [label(9)])
    database.append("annotations", [label(n) for n in (3, 1, 2)])
    assert database.read("annotations")["annotation_id"].to_list() == ["a9", "a3", "a1", "a2"]


def test_thousands_of_rows_go_in_one_call(database: Database) -> None:
    frame = pl.DataFrame([label(n) for n in range(2_345)])
    assert database.append("annotations", frame) == 2_345
    assert database.count("annotations") == 2_345
    assert database.read("annotations", target_id="s17").height == 1


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        database.append("annotations", [label(1, happened_at=NOW.replace(tzinfo=None))])
    assert database.count("annotations") == 0


def test_an_unknown_table_suggests_the_nearest(database: Database) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'annotations'"):
        database.read("annotation")


def test_threads_and_cells_write_at_once(database: Database) -> None:
    failures: list[Exception] = []

    def write(first: int) -> None:
        try:
            for number in range(first, first + 25):
                database.append("annotations", [label(number)])
        except Exception as error:  # a thread's error would otherwise be lost
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n * 25,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert database.count("annotations") == 100


WRITER = """
import sys
from workbench.store import Database
database = Database(sys.argv[1])
for number in range(10_000):
    database.append("annotations", [{"annotation_id": f"{sys.argv[2]}{number}", "target_id": "s", "name": "note"}])
    print(number, flush=True)
"""


def test_two_reviewers_and_a_kill_lose_nothing_that_was_acknowledged(address: str) -> None:
    Database(address).close()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, address, who], stdout=subprocess.PIPE, text=True)
        for who in ("ana", "ben")
    ]
    acknowledged = [[], []]
    for _ in range(15):
        for seen, writer in zip(acknowledged, writers, strict=True):
            assert writer.stdout
            seen.append(int(writer.stdout.readline()))
    for writer in writers:
        writer.kill()
        writer.communicate()
    database = Database(address)
    kept = set(database.read("annotations")["annotation_id"])
    database.close()
    for who, seen in zip(("ana", "ben"), acknowledged, strict=True):
        assert {f"{who}{number}" for number in seen} <= kept


def test_a_full_disk_is_said_and_nothing_of_the_call_is_kept(database: Database) -> None:
    database.append("annotations", [label(0)])
    with database._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    sa.event.listen(
        database._engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}"), insert=True
    )
    with pytest.raises(ReadOnlyError, match="nothing of this was saved"):
        database.append("annotations", [label(n, comment="x" * 4_000) for n in range(1, 200)])
    assert database.count("annotations") == 1


def test_a_workspace_of_a_newer_version_is_left_alone(address: str) -> None:
    database = Database(address)
    with database._write() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '99' WHERE key = 'version'")
    database.close()
    with pytest.raises(VersionError, match="update it with"):
        Database(address)


def test_a_workspace_of_an_older_version_is_brought_up_to_date(address: str) -> None:
    database = Database(address)
    with database._write() as connection:
        for name in ("input_tokens", "output_tokens", "replayed", "unrecorded"):
            connection.exec_driver_sql(f"ALTER TABLE trials DROP COLUMN {name}")
        for name in ("component", "due_at", "shown_first"):
            connection.exec_driver_sql(f"ALTER TABLE draws DROP COLUMN {name}")
        for name in ("filter", "reviewers", "reviews", "hold_minutes", "repeats", "shown_first"):
            connection.exec_driver_sql(f"ALTER TABLE queues DROP COLUMN {name}")
        connection.exec_driver_sql("DROP TABLE reservations")
        connection.exec_driver_sql("DROP TABLE dataset_tags")
        connection.exec_driver_sql("UPDATE meta SET value = '1' WHERE key = 'version'")
    database.close()
    database = Database(address)
    database.append("trials", [{"trial_id": "t", "input_tokens": 7}])
    database.append("dataset_tags", [{"tag_id": "g", "tag": "release"}])
    assert database.read("trials")["input_tokens"].to_list() == [7]
    database.append("queues", [{"queue_id": "q", "reviewers": ["ana"], "reviews": 2}])
    database.append("draws", [{"draw_id": "q.0", "component": "audit", "shown_first": True}])
    database.append("reservations", [{"reservation_id": "q.0.0", "reviewer": "ana"}])
    assert database.read("queues").select("reviewers", "reviews").row(0) == (["ana"], 2)
    assert database.read("draws").select("component", "shown_first").row(0) == ("audit", True)
    assert database.read("dataset_tags")["tag"].to_list() == ["release"]
    database.close()


def test_rows_of_several_tables_are_all_there_or_none(address: str) -> None:
    database = Database(address)
    database.append_together({"trials": [{"trial_id": "t"}], "results": [{"result_id": "r"}]})
    assert (database.count("trials"), database.count("results")) == (1, 1)
    with pytest.raises(UnknownNameError):
        database.append_together({"trials": [{"trial_id": "u"}], "reslts": [{"result_id": "s"}]})
    assert database.count("trials") == 1
    database.close()


def test_rows_of_several_tables_are_kept_together_or_not_at_all(database: Database) -> None:
    queue = {"queues": [{"queue_id": "q", "name": "first read"}], "draws": [{"draw_id": "q.0", "queue_id": "q"}]}
    assert database.append_together(queue, unless="queues")
    late = {"queues": [{"queue_id": "q", "name": "other"}], "draws": [{"draw_id": "q.1", "queue_id": "q"}]}
    assert not database.append_together(late, unless="queues")
    assert (database.count("queues"), database.count("draws")) == (1, 1)
    with pytest.raises(UnknownNameError):
        database.append_together({"draws": [{"draw_id": "q.2"}], "nothing": [{}]})
    assert database.count("draws") == 1


@pytest.mark.parametrize("address", ["nonsense", "sqlite:////dev/null/x.db", "postgresql+nodriver://u:secret@h/db"])
def test_an_address_that_cannot_be_opened_is_said_without_its_password(address: str) -> None:
    with pytest.raises(StoreError) as refused:
        Database(address)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "workbench.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match=r"workbench\.db"):
        Database(f"sqlite:///{tmp_path / 'workbench.db'}")
