"""Files found and opened: patterns, folders, compression, encodings, what is no export at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest
import zstandard
from otlp_lines import request, span, write

from workbench import load
from workbench.errors import LoadError

LINES = b"".join(
    orjson.dumps(request(span(f"{i:016x}", {"input.value": "Grüße — 你好"}))) + b"\n" for i in range(1, 40)
)


def test_paths_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("b/2.jsonl", "b/c/3.jsonl", "1.jsonl", ".hidden/4.jsonl", "b/.5.jsonl", "note.txt"):
        write(tmp_path / name, {})

    def names(what: object) -> list[str]:
        return [str(path.relative_to(tmp_path)) for path in load.expand(what)]  # type: ignore[arg-type]

    assert names(tmp_path) == ["1.jsonl", "note.txt", "b/2.jsonl", "b/c/3.jsonl"]
    assert names(f"{tmp_path}/**/*.jsonl") == ["1.jsonl", "b/2.jsonl", "b/c/3.jsonl"]
    assert names([tmp_path / "b", str(tmp_path / "1.jsonl"), tmp_path / "b/2.jsonl"]) == [
        "b/2.jsonl",
        "b/c/3.jsonl",
        "1.jsonl",
    ]
    with pytest.raises(LoadError, match=r"nope/\*\.jsonl' matches no file"):
        load.expand(str(tmp_path / "nope/*.jsonl"))
    with pytest.raises(LoadError, match="no path was given"):
        load.expand([])


def test_names_with_pattern_characters_are_names(tmp_path: Path) -> None:
    file = write(tmp_path / "run [1].jsonl", request(span()))
    assert load.read(file).total("loaded") == 1


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in "abc")
    for path, text in ((one, "x"), (same, "x"), (other, "y")):
        path.write_text(text)
    assert load.fingerprint(one) == load.fingerprint(same) != load.fingerprint(other)
    assert len(load.fingerprint(one)) == 16
    with pytest.raises(LoadError, match="cannot read"):
        load.fingerprint(tmp_path / "missing")


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        gzip.compress(LINES),
        gzip.compress(LINES[:3000]) + gzip.compress(LINES[3000:]),
        zstandard.ZstdCompressor().compress(LINES),
        zstandard.ZstdCompressor().compress(LINES[:3000]) + zstandard.ZstdCompressor().compress(LINES[3000:]),
        b"\xef\xbb\xbf" + LINES,
        LINES.replace(b"\n", b"\r\n"),
        b"\n\n" + LINES.replace(b"\n", b"\n\n"),
        LINES[:-1],
        LINES.decode().encode("utf-16"),
    ],
    ids=["plain", "gzip", "gzip in pieces", "zstd", "zstd in frames", "byte order mark", "carriage returns", "empty lines", "no last newline", "UTF-16"],
)  # fmt: skip
def test_the_same_spans_however_the_file_is_written(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.write_bytes(content)
    loaded = load.read(file)
    assert loaded.total("loaded") == loaded.total("read") == 39
    assert set(loaded.spans["input"]) == {"Grüße — 你好"}


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"])
def test_a_compressed_file_that_breaks_off_gives_what_it_holds_and_says_so(pack: object, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl.packed"
    lines = b"".join(
        orjson.dumps(request(span(f"{i:016x}", {"input.value": f"{i**i}"}))) + b"\n" for i in range(1, 400)
    )
    whole = pack(lines)  # type: ignore[operator]
    file.write_bytes(whole[: len(whole) * 2 // 3])
    loaded = load.read(file)
    assert loaded.total("set_aside") >= 1
    assert loaded.set_aside["reason"][-1] in ("the file breaks off or is damaged", "a truncated line")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"\x00\x01\x02 binary", "no reader knows this file"),
        (b"just some words\nand more\n", "no reader knows this file"),
        (b"[]", "no reader knows this file"),
        (b"null", "no reader knows this file"),
        (b'"text"', "no reader knows this file"),
        (b'{"resourceSpans": []}', "nothing in the file to load"),
        (b"PK\x03\x04 not really", "the file breaks off or is damaged"),
        (b"\x1f\x8bbroken", "the file breaks off or is damaged"),
        (b"\x28\xb5\x2f\xfdbroken", "the file breaks off or is damaged"),
        (b"[" * 100_000, "JSON that breaks off or is damaged"),
    ],
)
def test_what_is_no_export_is_set_aside(content: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "thing"
    file.write_bytes(content)
    loaded = load.read(file)
    assert (loaded.total("read"), loaded.set_aside["reason"].to_list()) == (1, [reason])


def test_progress_counts_bytes_to_the_end(tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.write_bytes(LINES * 20)
    seen: list[tuple[int, int]] = []
    load.read(file, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(LINES) * 20, len(LINES) * 20)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(seen) > 2
