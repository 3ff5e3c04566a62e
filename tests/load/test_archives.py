"""Archives: each file in them is a source of its own; what is too large, encrypted or damaged is said."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from format_writers import WRITERS, write_inspect
from otlp_lines import request, span, write

import workbench as wb
from workbench import load
from workbench.load import _archive

LINES = b"".join(orjson.dumps(request(span(f"{number:016x}", {"input.value": "Hi"}))) + b"\n" for number in range(1, 6))
CHAT = orjson.dumps({"session_id": "s", "messages": [{"role": "user", "content": "Hi"}]}) + b"\n"


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return held.getvalue()


def zstandard_zipped(name: str, content: bytes) -> bytes:
    """An archive whose member is compressed with zstd, which Python's own module writes from 3.14 on."""
    packed, crc = zstandard.ZstdCompressor().compress(content), zlib.crc32(content)
    path = name.encode()
    local = (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 63, 0, 93, 0, 0, crc, len(packed), len(content), len(path), 0) + path
    )
    entry = (
        struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            63,
            63,
            0,
            93,
            0,
            0,
            crc,
            len(packed),
            len(content),
            len(path),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + path
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(local) + len(packed), 0)
    return local + packed + entry + end


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_file_is_a_source(method: int, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(("run/spans.jsonl", LINES), ("run/", b""), ("chat.jsonl", CHAT), ("__MACOSX/x", b"?"), (".hidden", b"?"), ("notes.md", b"# Hi"), method=method))  # fmt: skip
    loaded = load.read(tmp_path / "a.zip")
    where = tmp_path / "a.zip"
    assert loaded.sources.select("path", "format", "read", "loaded", "set_aside").rows() == [
        (f"{where}!/run/spans.jsonl", "otlp", 5, 5, 0),
        (f"{where}!/chat.jsonl", "chat", 1, 1, 0),
        (f"{where}!/notes.md", None, 1, 0, 1),
        (str(where), "zip", 0, 0, 0),
    ]
    assert loaded.set_aside["path"].to_list() == [f"{where}!/notes.md"]
    (tmp_path / "plain.jsonl").write_bytes(LINES)
    assert load.read(tmp_path / "plain.jsonl").sources["source_id"][0] == loaded.sources["source_id"][0]


def test_members_in_zstd_and_packed_members(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zstandard_zipped("spans.jsonl", LINES))
    assert load.read(tmp_path / "a.zip").total("loaded") == 5
    (tmp_path / "b.zip").write_bytes(zipped(("spans.jsonl.zst", zstandard.ZstdCompressor().compress(LINES))))
    assert load.read(tmp_path / "b.zip").total("loaded") == 5


def test_a_log_of_inspect_is_read_by_its_own_reader_also_within_an_archive(tmp_path: Path) -> None:
    log = write_inspect()["log.eval"]
    (tmp_path / "logs.zip").write_bytes(zipped(("one.eval", log)))
    loaded = load.read(tmp_path / "logs.zip")
    assert loaded.sources["format"].to_list() == ["inspect", "zip"]
    assert loaded.total("loaded") == 2


def test_archives_within_archives_end_somewhere(tmp_path: Path) -> None:
    inner = zipped(("spans.jsonl", LINES))
    for depth in range(4):
        (tmp_path / "a.zip").write_bytes(inner)
        loaded = load.read(tmp_path / "a.zip")
        assert loaded.total("loaded") == (5 if depth <= 2 else 0)
        inner = zipped(("inner.zip", inner))
    assert loaded.set_aside["reason"].to_list() == ["an archive within archives"]


def test_what_unpacks_to_too_much_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archive, "_FREE", 100_000)
    (tmp_path / "bomb.zip").write_bytes(
        zipped(("small.jsonl", CHAT), ("bomb.jsonl", b" " * 5_000_000), ("after.jsonl", CHAT))
    )
    loaded = load.read(tmp_path / "bomb.zip")
    assert loaded.sources["read"].to_list() == [1, 1, 1, 0]
    assert loaded.set_aside["reason"].unique().to_list() == ["a file in an archive that unpacks to too much"]
    assert loaded.total("loaded") == 1


def test_encrypted_and_damaged_members_cost_no_other(tmp_path: Path) -> None:
    content = bytearray(zipped(("a.jsonl", CHAT), ("b.jsonl", LINES)))
    at = content.index(b"b.jsonl") + len(b"b.jsonl")
    content[at + 20 : at + 40] = b"\xff" * 20
    (tmp_path / "damaged.zip").write_bytes(content)
    loaded = load.read(tmp_path / "damaged.zip")
    assert loaded.sources["loaded"].to_list() == [1, 0, 0]
    assert loaded.set_aside["reason"].to_list() == ["a file in an archive that cannot be unpacked"]
    secret = bytearray(zipped(("a.jsonl", CHAT), ("b.jsonl", LINES)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        secret[secret.rindex(mark) + offset] |= 1
    (tmp_path / "secret.zip").write_bytes(secret)
    assert load.read(tmp_path / "secret.zip").sources["loaded"].to_list() == [1, 0, 0]


def test_a_truncated_or_empty_archive_is_set_aside(tmp_path: Path) -> None:
    whole = zipped(("a.jsonl", CHAT))
    file = tmp_path / "a.zip"
    for content in (whole[: len(whole) // 2], zipped()):
        file.write_bytes(content)
        loaded = load.read(file)
        assert (loaded.total("read"), loaded.total("set_aside")) == (1, 1)


def test_names_that_lead_elsewhere_are_only_names(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(zipped(("../../escaped.jsonl", CHAT), ("/absolute.jsonl", CHAT)))
    assert load.read(tmp_path / "in" / "a.zip").sources.height == 3
    assert not list(tmp_path.rglob("escaped*"))


def test_a_workspace_reads_an_archive_once_and_a_changed_one_merges(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    file = tmp_path / "exports.zip"
    content = [*WRITERS["opik"]().items()]
    file.write_bytes(zipped(*content[:-1]))
    assert ws.load(file).totals["set_aside"] == 0
    assert ws.load(file).sources.height == 0
    file.write_bytes(zipped(*content))
    grown = ws.load(file).totals
    assert grown["loaded"] > 0
    assert grown["merged"] > 0
    assert grown["read"] == sum(grown[name] for name in ("loaded", "merged", "superseded", "set_aside"))
    write(tmp_path / "also.jsonl", request(span()))
    assert ws.load([file, tmp_path / "also.jsonl"]).sources["format"].to_list() == ["otlp"]
    ws.close()


def tarred(*files: tuple[str, bytes], links: tuple[tuple[str, str], ...] = ()) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        folder = tarfile.TarInfo("run")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return held.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_a_tar_is_read_as_an_archive_however_it_is_packed(pack: Any, tmp_path: Path) -> None:
    where = tmp_path / "a.tar.packed"
    where.write_bytes(pack(tarred(("run/spans.jsonl", LINES), ("chat.jsonl", CHAT), ("run/.hidden", b"?"))))
    loaded = load.read(where)
    assert loaded.sources.select("path", "format", "read", "loaded", "set_aside").rows() == [
        (f"{where}!/run/spans.jsonl", "otlp", 5, 5, 0),
        (f"{where}!/chat.jsonl", "chat", 1, 1, 0),
        (str(where), "tar", 0, 0, 0),
    ]


def test_names_and_links_of_a_tar_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_bytes(CHAT)
    links = (("link.jsonl", str(tmp_path / "secret.jsonl")),)
    (tmp_path / "a.tar").write_bytes(
        tarred(("../../out.jsonl", LINES), ("/etc/out.jsonl", CHAT), ("a.zip", zipped(("b.jsonl", LINES))), links=links)
    )
    loaded = load.read(tmp_path / "a.tar")
    assert loaded.set_aside["reason"].to_list() == ["a link or device in an archive"]
    assert (loaded.total("loaded"), loaded.total("merged")) == (6, 5)
    assert sorted(file.name for file in tmp_path.parent.rglob("*") if file.is_file() and tmp_path in file.parents) == ["a.tar", "secret.jsonl"]  # fmt: skip


def test_a_tar_that_breaks_off_or_unpacks_to_too_much_keeps_what_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_archive, "_FREE", 100_000)
    whole = tarred(("small.jsonl", CHAT), ("bomb.jsonl", b" " * 5_000_000), ("after.jsonl", LINES))
    (tmp_path / "bomb.tar.gz").write_bytes(gzip.compress(whole))
    loaded = load.read(tmp_path / "bomb.tar.gz")
    assert "a file in an archive that unpacks to too much" in loaded.set_aside["reason"].to_list()
    assert loaded.total("loaded") == 1
    torn = tarred(("small.jsonl", CHAT), ("spans.jsonl", LINES))
    (tmp_path / "torn.tar").write_bytes(torn[: len(torn) // 5])
    kept = load.read(tmp_path / "torn.tar")
    assert kept.total("loaded") >= 1
    assert kept.total("set_aside") >= 1
