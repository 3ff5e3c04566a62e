"""Annotations from elsewhere: a file of JSON lines, or a frame, brought into the table with ids that repeat."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.label._tables import VERDICTS
from workbench.schema import ANNOTATIONS, AUTHOR_KINDS, DRAWS, TARGET_KINDS, conform

__all__ = ["read_annotations", "read_draws"]

_TIMES: Final = ("happened_at", "recorded_at")
_REQUIRED: Final = ("name", "author", "author_kind", "happened_at")


def read_annotations(rows: object, *, recorded_at: dt.datetime) -> pl.DataFrame:
    """Annotations as rows to be appended; the same input again gives the same ids, so that it adds nothing.

    Parameters
    ----------
    rows
        A path of JSON lines, or rows with columns of `schema.ANNOTATIONS`. `name`, `author`, `author_kind`, `happened_at` and one of
        `target_id` and `join_key` are required; `target_kind` is `session` where it is absent. Times are ISO 8601 with a zone.
        `evidence` may be a list.
    recorded_at
        When they are recorded here.

    Returns
    -------
    polars.DataFrame
        Rows of `schema.ANNOTATIONS`. Where a row has no id it gets one from its content.

    Raises
    ------
    InputError
        A line is no JSON object, a column is missing, unknown or of another type, a verdict or author kind is unknown, a time has no zone. The message
        names the line; nothing is kept of such a file.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> row = {"target_id": "s1", "name": "verdict", "value_text": "fail", "author": "ana", "author_kind": "human",
    ...        "happened_at": "2026-01-01T09:00:00Z"}
    >>> label.read_annotations([row], recorded_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC)).select("target_kind", "passed").row(0)
    ('session', False)
    """
    where = f"{rows}, line" if isinstance(rows, str | Path) else "row"
    given = _lines(Path(rows)) if isinstance(rows, str | Path) else _numbered(rows)
    made = [_row(row, f"{where} {number}", recorded_at) for number, row in given]
    try:
        frame = pl.DataFrame(made, schema=ANNOTATIONS)
    except (pl.exceptions.PolarsError, TypeError) as error:
        name = next((name for name in ANNOTATIONS if not _fits(made, name)), "a column")
        msg = f"annotations: the values of {name} are not all {ANNOTATIONS.get(name, 'of one type')}: {error}"
        raise InputError(msg) from error
    return frame.unique("annotation_id", keep="first", maintain_order=True)


def read_draws(rows: object) -> pl.DataFrame:
    """How sessions came to be read, from elsewhere.

    Parameters
    ----------
    rows
        A path of JSON lines, or rows with columns of `schema.DRAWS`. `draw_id`, `queue_id`, `target_id` and `position` are
        required, and `pool` of every draw that has a `probability` or an `inclusion`; draws by hand have neither.

    Returns
    -------
    polars.DataFrame
        Rows of `schema.DRAWS`, each draw once.

    Raises
    ------
    InputError
        A line is no JSON object, a column is missing or of another type, a chance does not lie above 0 and at most at 1, or two draws
        of a queue have one position or one session.

    Examples
    --------
    >>> from workbench import label
    >>> draw = {"draw_id": "q.0", "queue_id": "q", "position": 0, "target_id": "s1", "pool": 600, "inclusion": 0.05}
    >>> label.read_draws([draw])["inclusion"].item()
    0.05
    """
    given = [row for _, row in (_lines(Path(rows)) if isinstance(rows, str | Path) else _numbered(rows))]
    frame = conform(given, DRAWS, what="draws")
    for name in ("draw_id", "queue_id", "target_id", "position"):
        if frame[name].null_count():
            msg = f"draws: every row needs a {name}; row {_first(frame, pl.col(name).is_null())} has none"
            raise InputError(msg)
    frame = frame.select(DRAWS.names()).unique("draw_id", keep="first", maintain_order=True)
    by_chance = pl.col("probability").is_not_null() | pl.col("inclusion").is_not_null()
    poolless = frame.filter(by_chance, pl.col("pool").is_null())
    if poolless.height:
        msg = f"draws: draw {poolless['draw_id'][0]!r} has a chance and no pool; say of how many sessions it was drawn, or leave out its chance"
        raise InputError(msg)
    for name in ("probability", "inclusion"):
        wrong = frame.filter((pl.col(name) <= 0) | (pl.col(name) > 1))
        if wrong.height:
            msg = f"draws: {name} of draw {wrong['draw_id'][0]!r} is {wrong[name][0]}; a chance lies above 0 and at most at 1"
            raise InputError(msg)
    for name in ("position", "target_id"):
        twice = frame.filter(pl.struct("queue_id", name).is_duplicated())
        if twice.height:
            one = twice.row(0, named=True)
            msg = f"draws: {name} {one[name]!r} is there more than once in queue {one['queue_id']!r}; each draw has its own"
            raise InputError(msg)
    return frame


def _first(frame: pl.DataFrame, wrong: pl.Expr) -> int:
    """The number of the first row of which that holds, counted from 1."""
    return frame.select(wrong.arg_max()).item() + 1


def _fits(rows: list[dict[str, Any]], name: str) -> bool:
    try:
        pl.Series([row.get(name) for row in rows], dtype=ANNOTATIONS[name])
    except (pl.exceptions.PolarsError, TypeError):
        return False
    return True


def _numbered(rows: object) -> list[tuple[int, dict[str, Any]]]:
    """Rows of anything that makes a frame, numbered from 1."""
    frame = rows.collect() if isinstance(rows, pl.LazyFrame) else pl.DataFrame(rows, infer_schema_length=None)  # pyright: ignore[reportArgumentType]  # whatever Polars takes
    return list(enumerate(frame.to_dicts(), 1))


def _lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        msg = f"{path}: there is no such file in {Path.cwd()}; give the path of a file of JSON lines, or the rows themselves"
        raise InputError(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read as text ({error})"
        raise InputError(msg) from error
    rows: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            msg = f"{path}, line {number}: no JSON ({error}); an annotation file has one JSON object a line"
            raise InputError(msg) from error
        if not isinstance(value, dict):
            msg = f"{path}, line {number}: a JSON object was expected, not {type(value).__name__}"
            raise InputError(msg)
        rows.append((number, value))  # pyright: ignore[reportUnknownArgumentType]  # keys of JSON objects are strings
    return rows


def _row(given: dict[str, Any], where: str, recorded_at: dt.datetime) -> dict[str, Any]:
    for name in given:
        if name not in ANNOTATIONS:
            raise UnknownNameError(name, "column of annotations", ANNOTATIONS.names(), then=f"({where})")
    row = {name: value for name, value in given.items() if value is not None}
    missing = [name for name in _REQUIRED if not row.get(name)]
    if missing or not (row.get("target_id") or row.get("join_key")):
        lacks = missing[0] if missing else "target_id (or join_key)"
        msg = f"{where}: an annotation needs {lacks}"
        raise InputError(msg)
    row.setdefault("target_kind", "session")
    for name, known in (("author_kind", AUTHOR_KINDS), ("target_kind", TARGET_KINDS)):
        if row[name] not in known:
            raise UnknownNameError(str(row[name]), name.replace("_", " "), known, then=f"({where})")
    if row["name"] == "verdict" and row["author_kind"] == "human":
        verdict = row.get("value_text")
        if verdict not in VERDICTS:
            raise UnknownNameError(str(verdict), "verdict", VERDICTS, then=f"({where})")
        row.setdefault("passed", {"pass": True, "fail": False}.get(str(verdict)))
    if isinstance(row.get("evidence"), list):
        row["evidence"] = json.dumps(row["evidence"])
    row |= {name: _time(row[name], where, name) for name in _TIMES if name in row}
    spoken = {name: str(value) for name, value in row.items() if name != "recorded_at"}
    digest = hashlib.sha256(json.dumps(spoken, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
    return {"annotation_id": f"a-{digest[:24]}", **row, "recorded_at": recorded_at}


def _time(value: object, where: str, name: str) -> dt.datetime:
    try:
        time = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        msg = f"{where}: {name} is {value!r}, expected a time such as 2026-01-31T09:30:00Z"
        raise InputError(msg) from error
    if time.tzinfo is None:
        msg = f"{where}: {name} is {value!r}, a time without a zone; write 2026-01-31T09:30:00Z"
        raise InputError(msg)
    return time.astimezone(dt.UTC)
