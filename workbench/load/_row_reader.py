"""Readers of rows: one object a line, a list of them, a page of them as an API returns it, a table's rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from workbench.load._json import JsonReader, guarded
from workbench.load._sheet import Sheet
from workbench.load._values import dumps, is_array, is_object

__all__ = ["RowReader"]

Row = dict[str, Any]
_LOOKED_AT: Final = 20


class RowReader(JsonReader):
    """A reader that takes objects one by one, wherever a file holds them."""

    by_line: ClassVar[bool] = True
    splits = ("{[", "[")

    def is_row(self, row: Row) -> bool:
        """Whether the object is a row of this format."""
        raise NotImplementedError

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write a row onto the sheet."""
        raise NotImplementedError

    def held(self, value: Any) -> Iterator[Any]:
        """The rows that a value holds."""
        if is_array(value):
            for item in value:
                yield from self.held(item) if is_object(item) and not self.is_row(item) else (item,)
        elif is_object(value) and not self.is_row(value):
            inner = next((value[name] for name in self.pages if is_array(value.get(name))), None)
            yield from (value,) if inner is None else self.held(inner)
        else:
            yield value

    def knows(self, value: Any) -> bool:
        """Whether the value is a row, or holds rows."""
        for number, row in enumerate(self.held(value)):
            if is_object(row) and self.is_row(row):
                return True
            if number == _LOOKED_AT:
                break
        return False

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read a row, or all that a value holds."""
        alone = is_object(value) and self.is_row(value)
        for number, row in enumerate(self.held(value), 1):
            guarded(sheet, record if alone else number, row, self._row)

    def _row(self, row: Row, sheet: Sheet) -> None:
        if self.is_row(row):
            self.write(row, sheet)
        else:
            shown = f"keys: {', '.join(map(str, list(row)[:8]))}"
            sheet.refuse(f"no record of its file's format ({self.name})", shown, dumps(row))
