"""A long file of OTLP protobuf, read in pieces, loads to what it loads to at once, however it is built."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from otlp_lines import request, span
from otlp_wire import encode, field, prefixed

from workbench import load
from workbench._crew import Crew
from workbench.load import _otlp_proto, _pieces, _wire

SPANS = [span(f"{n:016x}", {"input.value": f"{n} " + "what was said " * 20}) for n in range(1, 400)]
REQUESTS = [request(*SPANS[at : at + 20], resource={"service.name": f"desk {at}"}) for at in range(0, len(SPANS), 20)]
MESSAGES = [encode(one) for one in REQUESTS]
ALL = encode(request(*SPANS, resource={"service.name": "desk"}))
PACK = zstandard.ZstdCompressor().compress
LARGE = gzip.compress  # what a long file may be packed with
PLACE = ("format", "source", "record")
CONTENTS = {
    "plain": b"".join(MESSAGES),
    "prefixed": prefixed(*MESSAGES),
    "plain in gzip": LARGE(b"".join(MESSAGES)),
    "prefixed in zstd": PACK(prefixed(*MESSAGES)),
    "zstd each": prefixed(*map(PACK, MESSAGES)),
    "zstd each, of JSON": prefixed(*(PACK(orjson.dumps(one)) for one in REQUESTS)),
    "one request of one resource": ALL,
    "one message of one resource": prefixed(ALL),
    "one request in gzip": LARGE(ALL),
    "one message in gzip": LARGE(prefixed(ALL)),
}


def rows(loaded: load.Loaded) -> list[dict[str, Any]]:
    return loaded.spans.drop(PLACE).sort("span_id").to_dicts()


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pieces, "_PIECE", 20_000)
    monkeypatch.setattr(_pieces, "_LONG", 100)


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("helpers", [1, 2])
def test_pieces_are_the_whole(name: str, helpers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "spans.binpb"
    file.write_bytes(CONTENTS[name])
    wanted = load.read(file)
    monkeypatch.setattr(_pieces, "_PIECE", 20_000)
    monkeypatch.setattr(_pieces, "_LONG", 100)
    with Crew(helpers) as crew:
        loaded = load.read(file, crew=crew)
    assert rows(loaded) == rows(wanted)
    assert loaded.spans.height == len(SPANS)
    assert loaded.total("set_aside") == 0
    assert loaded.spans["record"].is_sorted()


@pytest.mark.usefixtures("short_pieces")
@pytest.mark.parametrize("name", ["plain", "prefixed", "one request of one resource", "one message of one resource"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.99])
def test_a_cut_is_said_once_and_what_stood_before_it_is_kept(name: str, share: float, tmp_path: Path) -> None:
    content = CONTENTS[name]
    (tmp_path / "spans.binpb").write_bytes(content[: int(len(content) * share)])
    with Crew(1) as crew:
        loaded = load.read(tmp_path / "spans.binpb", crew=crew)
    assert loaded.total("set_aside") == 1
    assert loaded.spans.height >= int(len(SPANS) * share) - 25
    assert loaded.total("read") == loaded.spans.height + 1


@pytest.mark.usefixtures("short_pieces")
def test_a_length_that_is_none_neither_takes_the_memory_nor_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_wire, "_LARGEST", 50_000)
    (tmp_path / "spans.binpb").write_bytes(prefixed(*MESSAGES[:3]) + b"\xff\xff\xff\xff" + b"x" * 400_000)
    loaded = load.read(tmp_path / "spans.binpb", crew=Crew(1))
    assert loaded.spans.height == 60
    assert loaded.set_aside["reason"].to_list() == ["a truncated message"]


@pytest.mark.usefixtures("short_pieces")
def test_damage_in_a_long_message_is_said(tmp_path: Path) -> None:
    bad = field(1, field(1, b"") + field(2, b"".join(field(2, b"\x0a\x02ab") for _ in range(5_000)) + b"\xff\xff"))
    (tmp_path / "spans.binpb").write_bytes(MESSAGES[0] + bad)
    loaded = load.read(tmp_path / "spans.binpb", crew=Crew(1))
    assert loaded.spans.height == 20
    assert loaded.total("set_aside") > 0
    assert loaded.total("read") == 20 + loaded.total("set_aside")


def test_a_message_that_unpacks_to_too_much_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_otlp_proto, "_FREE", 1_000)
    bomb = PACK(bytes(10_000_000))
    (tmp_path / "spans.binpb").write_bytes(prefixed(MESSAGES[0], bomb, MESSAGES[1]))
    loaded = load.read(tmp_path / "spans.binpb")
    assert loaded.spans.height == 40
    assert loaded.set_aside["reason"].to_list() == ["a damaged message"]
    assert "unpacks to more than" in loaded.set_aside["detail"].item()


def test_cutting_a_file_in_place_reads_its_lengths_only() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            got = super().read(size)
            self.taken += len(got)
            return got

    stream = Counting(CONTENTS["prefixed"])
    found = list(_wire.cuts(stream, _wire.PREFIXED, 20_000, len(CONTENTS["prefixed"])))
    assert sum(length for _, length, _ in found) == len(CONTENTS["prefixed"])
    assert stream.taken < 10 * len(MESSAGES)
