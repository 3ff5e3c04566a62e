"""How readers of JSON go through a file: line by line, row by row or as one document, past everything that is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from workbench.load._bounds import TOO_LONG, OverlongLine, too_long
from workbench.load._csv import BrokenRow
from workbench.load._sheet import Sheet
from workbench.load._source import Source
from workbench.load._values import dumps, is_object, loads

__all__ = ["BROKEN", "SHAPE_ERRORS", "UNKNOWN_SHAPE", "JsonReader", "guarded", "parse_line"]

BROKEN: Final = object()
UNKNOWN_SHAPE: Final = "a record of an unknown shape"
SHAPE_ERRORS: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)


def guarded(sheet: Sheet, record: int, item: Any, write: Callable[[dict[str, Any], Sheet], None]) -> None:
    """Write one record; where it is of no shape that the writer knows, set it aside with what went wrong."""
    sheet.begin(record)
    try:
        if is_object(item):
            write(item, sheet)
        else:
            sheet.refuse(UNKNOWN_SHAPE, f"a {type(item).__name__} instead of an object", dumps(item))
    except SHAPE_ERRORS as error:
        sheet.refuse(UNKNOWN_SHAPE, f"{type(error).__name__}: {error}", dumps(item))
    sheet.done()


class JsonReader:
    """A reader of JSON: says which values it knows, and takes them one by one."""

    name: ClassVar[str] = ""
    keys: ClassVar[frozenset[str]] = frozenset()
    by_line: ClassVar[bool] = False  # each line is read by itself: of a long file several processes read some each
    pages: ClassVar[tuple[str, ...]] = ()  # the names under which an object holds a list of rows
    splits: ClassVar[tuple[str, ...]] = ()  # where the records of a long document stand; see `lines_of`

    def fits(self, source: Source) -> bool:
        """Whether the file is of this format."""
        return any(self.knows(value) for value in source.samples)

    def knows(self, value: Any) -> bool:
        """Whether the value is of this format."""
        raise NotImplementedError

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one value: a line, or the whole document."""
        raise NotImplementedError

    def read(self, source: Source, sheet: Sheet, progress: Callable[[int], None]) -> None:
        """Read the file."""
        if source.layout == "document":
            value = source.document()
            _note_encoding(source, sheet)
            self._guarded(value, 1, sheet, source.head[:800])
            return
        if source.layout == "table":
            for number, row in source.rows():
                if isinstance(row, BrokenRow):
                    sheet.begin(number)
                    sheet.refuse(*row)
                else:
                    if source.is_csv and any("\ufffd" in cell for cell in row.values() if cell):
                        sheet.note("rows that were not UTF-8, read with \ufffd in place of the broken characters")
                    self._guarded(row, number, sheet, b"")
            return
        for number, line in source.blocks() if source.layout == "blocks" else source.lines():
            value = parse_line(line, number, sheet)
            if value is not BROKEN:
                self._guarded(value, number, sheet, line)
            if number % 256 == 0:
                progress(source.read_bytes)

    def _guarded(self, value: Any, number: int, sheet: Sheet, excerpt: bytes) -> None:
        before = sheet.unit
        try:
            if not self.knows(value):
                sheet.begin(number)
                shown = f"keys: {', '.join(map(str, list(value)[:8]))}" if is_object(value) else type(value).__name__
                sheet.refuse(f"no record of its file's format ({self.name})", shown, excerpt)
                return
            self.take(value, number, sheet)
        except SHAPE_ERRORS as error:
            if sheet.unit == before or not sheet.open:
                sheet.begin(number)
            sheet.refuse(UNKNOWN_SHAPE, f"{type(error).__name__}: {error}", excerpt)


def _note_encoding(source: Source, sheet: Sheet) -> None:
    try:
        source.head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(source.head) - 4:  # the head may end within a character
            sheet.note("files that were not UTF-8, read with \ufffd in place of the broken characters")


def parse_line(line: bytes, number: int, sheet: Sheet) -> Any:
    """The value on a line, or `BROKEN`, which is then set aside with the reason."""
    if isinstance(line, OverlongLine):
        sheet.begin(number)
        sheet.refuse(TOO_LONG, too_long("a line", "write its records on lines of their own"), line)
        return BROKEN
    try:
        return loads(line)
    except UnicodeDecodeError as error:
        try:
            value = loads(line.decode("utf-8", "replace").encode())
        except ValueError:
            sheet.begin(number)
            sheet.refuse("not UTF-8, and not JSON", f"byte {error.start + 1} of the line", line)
            return BROKEN
        sheet.note("lines that were not UTF-8, read with \ufffd in place of the broken characters")
        return value
    except ValueError as error:
        stripped = line.strip(b"\x00 \t\r\n")
        if b"\x00" in line and stripped:
            try:
                value = loads(stripped)
            except ValueError:
                pass
            else:
                sheet.note("lines with zeros around them, as a disk leaves that was full or cut off")
                return value
        sheet.begin(number)
        cut = stripped[:1] in (b"{", b"[") and stripped[-1:] not in (b"}", b"]")
        sheet.refuse("a truncated line" if cut else "not valid JSON", str(error), line)
        return BROKEN
