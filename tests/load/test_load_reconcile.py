"""The same span twice, spans that grew, parents in a circle: every record ends once, and it is known where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
from otlp_lines import START, TRACE, request, span, write

from workbench import load

A, B, C = "00000000000000aa", "00000000000000bb", "00000000000000cc"
END = {"endTimeUnixNano": str(START + 5 * 10**9)}


def known(loaded: load.Loaded, load_id: str = "load-1") -> pl.LazyFrame:
    return loaded.spans.with_columns(pl.lit(load_id).alias("load_id")).lazy()


def totals(loaded: load.Loaded) -> tuple[int, ...]:
    return tuple(loaded.total(name) for name in ("read", "loaded", "merged", "superseded", "set_aside"))


def test_the_same_span_again_is_merged(tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "a.jsonl", request(span(A)), request(span(A), span(B)), request(span(A))))
    assert loaded.spans["span_id"].to_list() == [A, B]
    assert totals(loaded) == (4, 2, 2, 0, 0)


def test_of_a_span_that_grew_the_last_state_is_kept(tmp_path: Path) -> None:
    running, short = span(A, endTimeUnixNano="0"), span(A, {"input.value": "x"})
    longer = span(A, {"input.value": "x", "output.value": "the answer"})
    for order in ([running, short, longer], [longer, running, short], [short, longer, running]):
        loaded = load.read(write(tmp_path / "a.jsonl", *(request(one) for one in order)))
        assert loaded.spans["output"].to_list() == ["the answer"]
        assert totals(loaded) == (3, 1, 0, 2, 0)


def test_the_same_content_under_two_names_is_merged(tmp_path: Path) -> None:
    for name in ("a.jsonl", "sub/b.jsonl"):
        write(tmp_path / name, request(span(A), span(B)))
    loaded = load.read(tmp_path)
    assert totals(loaded) == (4, 2, 2, 0, 0)
    assert loaded.sources["loaded"].to_list() == [2, 0]


def test_a_second_load_adds_what_is_new_and_supersedes_what_grew(tmp_path: Path) -> None:
    file = tmp_path / "grows.jsonl"
    first = load.read(write(file, request(span(A), span(B, endTimeUnixNano="0"))))
    assert first.spans["status"].to_list() == ["unset", "running"]
    second = load.read(
        write(file, request(span(A), span(B, endTimeUnixNano="0")), request(span(B, **END), span(C))),
        known=known(first),
    )
    assert second.spans["span_id"].to_list() == [B, C]
    assert second.superseded.rows() == [(TRACE, B, "load-1")]
    assert totals(second) == (4, 2, 1, 1, 0)


def test_an_older_export_read_later_changes_nothing(tmp_path: Path) -> None:
    late = load.read(write(tmp_path / "late.jsonl", request(span(A, {"output.value": "done"}, **END))))
    early = load.read(write(tmp_path / "early.jsonl", request(span(A))), known=known(late))
    assert (early.spans.height, early.superseded.height) == (0, 0)
    assert totals(early) == (1, 0, 0, 1, 0)


def test_spilled_payloads_are_recognised_across_loads(tmp_path: Path) -> None:
    options = load.LoadOptions(spill_characters=200)
    file = write(tmp_path / "a.jsonl", request(span(A, {"input.value": "word " * 500})))
    first = load.read(file, options=options)
    again = load.read(file, options=options, known=known(first))
    assert (totals(again), again.blobs) == ((1, 0, 1, 0, 0), {})
    longer = write(tmp_path / "b.jsonl", request(span(A, {"input.value": "word " * 501})))
    grown = load.read(longer, options=options, known=known(first))
    assert (totals(grown), len(grown.blobs), grown.superseded.height) == ((1, 1, 0, 0, 0), 1, 1)


def test_scores_already_held_are_merged(tmp_path: Path) -> None:
    chat = {"trace": {"id": "t", "timestamp": "2026-01-01T00:00:00Z"}, "observations": [], "scores": [{"id": "s1", "name": "tone", "value": 0.5, "traceId": "t"}]}  # fmt: skip
    file = write(tmp_path / "a.json", chat)
    first = load.read(file)
    again = load.read(file, known=known(first), known_scores=first.scores.lazy())
    assert (again.scores.height, totals(again)) == (0, (2, 0, 2, 0, 0))


def test_a_circle_of_parents_is_cut_at_its_earliest_span(tmp_path: Path) -> None:
    later = str(START + 7)
    loaded = load.read(
        write(
            tmp_path / "a.jsonl",
            request(span(A, parentSpanId=C, startTimeUnixNano=later), span(B, parentSpanId=A), span(C, parentSpanId=B, startTimeUnixNano=later)),
            request(span("00000000000000dd", parentSpanId="00000000000000dd"), span("00000000000000ee", parentSpanId=B)),
        )
    )  # fmt: skip
    assert dict(loaded.spans.select("span_id", "parent_id").rows()) == {
        A: C,
        B: None,
        C: B,
        "00000000000000dd": None,
        "00000000000000ee": B,
    }
    assert loaded.notes == ("spans whose parents led back to themselves, and that now stand at the top: 2",)


def test_deep_chains_are_no_circles(tmp_path: Path) -> None:
    chain = [span(f"{i + 1:016x}", parentSpanId=f"{i:016x}") for i in range(3000)]
    loaded = load.read(write(tmp_path / "a.jsonl", request(*chain)))
    assert loaded.spans["parent_id"].null_count() == 1  # the first: its parent is the id of zeros
    assert loaded.notes == ()


def test_orphans_keep_the_parent_that_is_not_there(tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "a.jsonl", request(span(A, parentSpanId="00000000000000ff"))))
    assert loaded.spans["parent_id"].to_list() == ["00000000000000ff"]


def test_spans_keep_the_order_of_the_file(tmp_path: Path) -> None:
    spans = [span(f"{i:016x}") for i in (9, 3, 7, 3, 1)]
    loaded = load.read(write(tmp_path / "a.jsonl", *(request(one) for one in spans)))
    assert loaded.spans["span_id"].to_list() == [f"{i:016x}" for i in (9, 3, 7, 1)]


def payload(loaded: load.Loaded, column: str) -> tuple[str, dict[str, Any]]:
    return loaded.spans[column][0], loaded.spans["spilled"][0].to_list()[0]


def test_long_payloads_are_kept_whole_beside_the_table(tmp_path: Path) -> None:
    import zstandard

    said = "The beginning. " + "so on " * 2000 + "the end."
    loaded = load.read(
        write(tmp_path / "a.jsonl", request(span(A, {"input.value": said}))),
        options=load.LoadOptions(spill_characters=1000),
    )
    shown, spilled = payload(loaded, "input")
    assert len(shown) <= 1000
    assert shown.startswith("The beginning.")
    assert shown.endswith("the end.")
    assert "characters cut …]" in shown
    assert (spilled["column"], spilled["characters"]) == ("input", len(said))
    assert zstandard.ZstdDecompressor().decompress(loaded.blobs[spilled["sha256"]]).decode() == said


def test_long_messages_stay_messages(tmp_path: Path) -> None:
    parts = [
        {"role": "user", "content": "short question"},
        {"role": "assistant", "content": "x" * 30_000},
        {"role": "user", "content": "last words"},
    ]
    told = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": orjson.dumps(parts).decode()}
    loaded = load.read(
        write(tmp_path / "a.jsonl", request(span(A, told))), options=load.LoadOptions(spill_characters=5000)
    )
    shown, spilled = payload(loaded, "input_messages")
    assert len(shown) <= 5000
    first, second, third = orjson.loads(shown)
    assert (first["content"], third["content"]) == ("short question", "last words")
    assert "characters cut …]" in second["content"]
    assert spilled["column"] == "input_messages"


def test_many_messages_keep_the_first_and_the_last(tmp_path: Path) -> None:
    parts = [{"role": "user", "content": f"message {i}"} for i in range(3000)]
    told = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": orjson.dumps(parts).decode()}
    loaded = load.read(
        write(tmp_path / "a.jsonl", request(span(A, told))), options=load.LoadOptions(spill_characters=2000)
    )
    shown = orjson.loads(loaded.spans["input_messages"][0])
    assert (shown[0]["content"], shown[-1]["content"]) == ("message 0", "message 2999")
    assert any("cut …]" in message["content"] for message in shown)
