"""The sessions that a caller means, however they are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import polars as pl

from workbench.errors import InputError, UnknownNameError

__all__ = ["beside", "population_frame"]

_PANDAS = ("columns", "index", "iterrows", "to_dict")


def population_frame(population: object, *, what: str = "population") -> pl.DataFrame:
    """Anything that names sessions, as a frame with the column `session_id` and what else it carries.

    Parameters
    ----------
    population
        A frame with `session_id` (Polars, lazy, pandas, Arrow), a dict of lists, a list of dicts, a series or a list of ids, one id, or a
        result that shows itself as a frame.
    what
        What to call it in an error message.

    Returns
    -------
    polars.DataFrame
        In the order given; `session_id` is text, and null where no session is named.

    Raises
    ------
    UnknownNameError
        There is no column `session_id`; the message names the columns.
    InputError
        It is no table and no ids.

    Examples
    --------
    >>> from workbench._population import population_frame
    >>> population_frame({"session_id": ["a", "b"], "intent": ["refund", "order"]}).shape
    (2, 2)
    >>> population_frame(["a", "b"])["session_id"].to_list()
    ['a', 'b']
    """
    try:
        frame = _frame(cast("Any", population))
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        msg = f"the {what} is {type(population).__name__}; sessions are named by a list of ids or a frame with the column 'session_id' ({error})"
        raise InputError(msg) from error
    if "session_id" not in frame.columns:
        then = "Rename the column that names the sessions, or hand in a list of ids."
        raise UnknownNameError(name="session_id", kind=f"column of the {what}", known=frame.columns, then=then)
    return frame.with_columns(pl.col("session_id").cast(pl.String()))


def beside(about: object, session_ids: pl.Series) -> pl.DataFrame:
    """One row a session, in the order of `session_ids`, with what a frame says about it.

    Parameters
    ----------
    about
        What `population_frame` takes, one row a session; None: nothing is said. Sessions that are not among `session_ids` are left
        out, those that it does not name have nulls.
    session_ids
        The sessions that are meant, each once.

    Raises
    ------
    InputError
        It is no table, or a session is there twice.
    UnknownNameError
        There is no column `session_id`.

    Examples
    --------
    >>> from workbench._population import beside
    >>> beside({"session_id": ["b", "c"], "cost": [2.0, 3.0]}, pl.Series(["a", "b"])).rows()
    [('a', None), ('b', 2.0)]
    """
    order = pl.DataFrame({"session_id": session_ids})
    if about is None:
        return order
    frame = population_frame(about, what="frame about the sessions").join(order, on="session_id", how="semi")
    twice = frame.filter(pl.col("session_id").is_duplicated())
    if twice.height:
        msg = f"about: session {twice['session_id'][0]!r} is there more than once; one row a session is needed"
        raise InputError(msg)
    return order.join(frame, on="session_id", how="left", maintain_order="left")


def _frame(given: Any) -> pl.DataFrame:  # noqa: C901, PLR0911 - one line a kind of thing
    if isinstance(given, str):
        return _ids([given])
    if isinstance(given, pl.LazyFrame):
        return given.collect()
    if isinstance(given, pl.DataFrame):
        return given
    if isinstance(given, pl.Series):
        return given.struct.unnest() if isinstance(given.dtype, pl.Struct) else _ids(given.to_list())
    if all(hasattr(given, name) for name in _PANDAS):  # asked by its own methods: Polars would need pyarrow for texts
        named = [name for name in given.index.names if name is not None and name not in given.columns]
        return _frame((given.reset_index(level=named) if named else given).to_dict("list"))
    if hasattr(given, "to_list") and hasattr(given, "index"):  # a pandas series
        return _ids(given.to_list())
    if hasattr(given, "to_frame"):
        return _frame(given.to_frame())
    if hasattr(given, "__arrow_c_stream__") or isinstance(given, Mapping):
        return pl.DataFrame(cast("Any", given))
    if not isinstance(given, Iterable):
        msg = "it is no table and no list"
        raise TypeError(msg)
    values = list(cast("Iterable[Any]", given))
    if all(isinstance(value, str | int | None) for value in values):
        return _ids(values)
    return pl.DataFrame(values, infer_schema_length=None)


def _ids(values: list[Any]) -> pl.DataFrame:
    names = [None if value is None else str(value) for value in values]
    return pl.DataFrame({"session_id": names}, schema={"session_id": pl.String()})
