"""What reviewers said in an annotation queue of Datadog: a CSV with columns for every reviewer and label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from workbench.load._scores import Target, score
from workbench.load._sheet import Sheet
from workbench.load._transcript import content_id
from workbench.load._values import boolean, dumps, parsed, real, text

__all__ = ["is_annotated", "write_annotations"]

Row = dict[str, Any]
_PASSED: Final = {"pass": True, "fail": False}
_FIXED: Final = ("Content ID", "Type", "Input", "Output", "Expected Output")
_BESIDE: Final = ("_assessment", "_reasoning")


def is_annotated(row: Row) -> bool:
    """Whether this is a row of such a file."""
    return "Content ID" in row and "Type" in row


def write_annotations(row: Row, sheet: Sheet) -> None:
    """Write one score for every label that a reviewer gave."""
    content, kind = text(row.get("Content ID")), str(row.get("Type"))
    if not content:
        sheet.refuse("an annotation of nothing", "Content ID is empty", dumps(row))
        return
    target: Target = (
        "session" if kind == "session" else "trace",
        content if kind == "session" else content.lower(),
    )
    said = 0
    for column, author, label in _reviewed(tuple(row)):
        value = parsed(row[column])
        passed = _PASSED.get(str(row.get(f"{column}_assessment")))
        if value is None and passed is None:
            continue
        number, truth = real(value), boolean(value) if str(value).lower() in ("true", "false") else None
        sheet.score(
            score(
                sheet.options, target, label, number=truth if number is None else number,
                label=None if number is not None or truth is not None else value,
                comment=row.get(f"{column}_reasoning"), author=author, by="human", passed=passed,
                score_id=content_id("datadog", *target, column),
            )
        )  # fmt: skip
        said += 1
    if not said:
        sheet.refuse("an interaction that nobody annotated", content, dumps(row))


def _reviewed(columns: tuple[str, ...]) -> Iterator[tuple[str, str | None, str]]:
    """Column, reviewer and label of each: every reviewer has the same labels in the same order."""
    own = [
        column for column in columns
        if column not in _FIXED and not any(column.endswith(end) and column.removesuffix(end) in columns for end in _BESIDE)
    ]  # fmt: skip
    for size in range(1, len(own) // 2 + 1):
        if len(own) % size:
            continue
        blocks = [own[at : at + size] for at in range(0, len(own), size)]
        names = _names(blocks)
        if names:
            for block, name in zip(blocks, names, strict=True):
                yield from ((column, name.replace("_", " "), column.removeprefix(f"{name}_")) for column in block)
            return
    shared = _beginnings(own)[-1:] if len(own) > 1 else []
    for column in own:
        yield (
            column,
            shared[0].replace("_", " ") if shared else None,
            column.removeprefix(f"{shared[0]}_") if shared else column,
        )


def _names(blocks: list[list[str]]) -> list[str]:
    """The name of each block's reviewer, where all have the same labels; the longest labels that fit."""
    for first in _beginnings(blocks[0]):
        labels = [column.removeprefix(f"{first}_") for column in blocks[0]]
        found = [
            next((own for own in _beginnings(block) if [f"{own}_{label}" for label in labels] == block), None)
            for block in blocks
        ]
        names = [name for name in found if name is not None]
        if len(names) == len(blocks) == len(set(names)):
            return names
    return []


def _beginnings(columns: list[str]) -> list[str]:
    """What all columns begin with, up to an underscore; the shortest first."""
    parts = columns[0].split("_")
    shorter = ["_".join(parts[:count]) for count in range(1, len(parts))]
    return [begin for begin in shorter if all(column.startswith(f"{begin}_") for column in columns)]
