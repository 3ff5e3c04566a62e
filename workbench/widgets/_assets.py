"""Where the built browser half lies: the one place that knows the path."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import AssetError

__all__ = ["asset"]

_STATIC = Path(__file__).parents[1] / "static"


def asset(name: str) -> Path:
    """Give the path of a built file of the browser half.

    Parameters
    ----------
    name
        A file of ``workbench/static``, for example ``"labeller.js"``.

    Raises
    ------
    AssetError
        The file is not there; the message says how to get it.

    Examples
    --------
    >>> from workbench.widgets import asset
    >>> asset("labeller.js").name
    'labeller.js'
    """
    path = _STATIC / name
    if not path.is_file():
        msg = (
            f"{path} is missing: it ships with the package, so install trace-workbench again; "
            "in a checkout run `npm ci && npm run build` in widgets/"
        )
        raise AssetError(msg)
    return path
