"""Who did not consent is left out everywhere, with a count; what leaves the workspace is redacted, or nothing is kept that is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from otlp_lines import request, span, write

import workbench as wb

SECRET = "ana@example.org"


def told(number: int, *, consent: str | None = None) -> dict[str, object]:
    asked = f'[{{"role":"user","parts":[{{"type":"text","content":"Mail {SECRET} about order {number}"}}]}}]'
    answered = '[{"role":"assistant","parts":[{"type":"text","content":"Sent to ' + SECRET + '"}]}]'
    says: dict[str, object] = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.conversation.id": f"s{number}",
        "gen_ai.input.messages": asked, "gen_ai.output.messages": answered,
    }  # fmt: skip
    if consent is not None:
        says["user.consent"] = consent
    return request(span(f"{number:016x}", says, traceId=f"{number:032x}"))


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[wb.Workspace]:
    opened = wb.open(tmp_path / "ws")
    lines = [told(n, consent="false" if n == 1 else "true" if n == 2 else None) for n in range(1, 9)]
    opened.load(write(tmp_path / "a.jsonl", *lines))
    yield opened
    opened.close()


NOTE = "1 session left out: the user did not consent."


def test_a_queue_leaves_out_who_did_not_consent(ws: wb.Workspace) -> None:
    queue = ws.queue("all", n=20)
    assert "s1" not in queue.items["session_id"].to_list()
    assert queue.pool == 7
    assert NOTE in queue.notes
    assert ws.queue("named", ["s1", "s2"]).items["session_id"].to_list() == ["s2"]


def test_a_dataset_leaves_out_who_did_not_consent_and_holds_no_personal_data(ws: wb.Workspace, tmp_path: Path) -> None:
    made = ws.promote(["s1", "s2", "s3"], to="mails")
    assert made.cases["session_id"].to_list() == ["s2", "s3"]
    assert NOTE in made.notes
    assert any(note.startswith("Redacted: 4 values replaced: mail 4") for note in made.notes)
    made.export(tmp_path / "mails.jsonl")
    written = (tmp_path / "mails.jsonl").read_text()
    assert SECRET not in written
    assert made.cases["input"].str.extract(r"(\[mail:\w{8}\])").n_unique() == 1
    assert len(ws.promote(["s2"], to="mails")) == 2
    assert all(SECRET.encode() not in world for world in made.worlds.values())


def test_the_report_counts_and_shows_only_who_did_not_refuse(ws: wb.Workspace, tmp_path: Path) -> None:
    page = ws.report(tmp_path / "report.html").read_text()
    assert NOTE in page


@pytest.mark.slow
def test_clustering_leaves_out_who_did_not_consent(ws: wb.Workspace) -> None:
    found = ws.cluster(ws.sessions(), facet="intent", min_size=2)
    assert "s1" not in found.texts["session_id"].to_list()
    assert NOTE in found.notes


def test_where_the_settings_say_so_nothing_is_kept_that_was_not_redacted(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "workbench.toml").write_text('redact = "load"\nspill_characters = 200\n')
    opened = wb.open(folder)
    long = request(span("00000000000000aa", {"input.value": f"{'word ' * 90} {SECRET}"}, traceId="c" * 32))
    report = opened.load(write(tmp_path / "a.jsonl", told(1), told(2), long, b'{"torn": "' + SECRET.encode()))
    assert report.replaced == {"mail": 6}
    assert "mail 6" in report._repr_html_()
    spans = opened.scan_spans().collect()
    assert not any(SECRET in str(value) for row in spans.rows() for value in row)
    assert SECRET not in str(opened.set_aside().rows())
    blob = spans["spilled"].explode().drop_nulls().struct.field("sha256")[0]
    assert SECRET.encode() not in opened.store.blobs.get(blob)
    assert opened.sessions()["input"].str.extract(r"(\[mail:\w{8}\])").drop_nulls().n_unique() == 1
    opened.close()


def test_a_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text('redact = "lode"\n')
    with pytest.raises(wb.errors.UnknownNameError, match="load"):
        wb.open(tmp_path)


def test_who_did_not_consent_is_still_counted_among_the_sessions(ws: wb.Workspace) -> None:
    assert ws.sessions().filter(~pl.col("consent"))["session_id"].to_list() == ["s1"]
