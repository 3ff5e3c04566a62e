"""What a release has to show: a policy, kept in a file beside the code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from workbench.errors import InputError, UnknownNameError
from workbench.stats import FEWEST

__all__ = ["Policy", "read_policy"]

_REQUIRED: Final = ("not worse", "better")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate asks for.

    Parameters
    ----------
    margin
        How much worse than the baseline is still not worse, as a rate: 0.02 is two points. Set before looking.
    require
        "not worse", or "better".
    graders
        Graders none of which may show a regression; "*" for all.
    segments
        Attributes of the cases, such as mode: none of their values may show a regression.
    segment_margin
        Ask more: each of these graders and segments has to show that it is not worse by more than this.
    minimum_cases
        The fewest cases that both arms have to have an outcome for.
    maximum_errored
        The largest share of an arm's trials that may lack an outcome.
    full_set
        Whether both arms have to have tried every case of one dataset version.
    grader
        The grader that the overall verdict is about; by default all that apply have to pass.
    level
        The confidence level.
    grader_flip_rate
        How often the grader contradicts itself when it grades one trial twice, as `stats.flip_rate` measures it.

    Examples
    --------
    >>> Policy(margin=0.02, segments=("mode",)).require
    'not worse'
    """

    margin: float
    require: Literal["not worse", "better"] = "not worse"
    graders: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    segment_margin: float | None = None
    minimum_cases: int = FEWEST
    maximum_errored: float = 0.05
    full_set: bool = True
    grader: str | None = None
    level: float = 0.95
    grader_flip_rate: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.require not in _REQUIRED:
            raise UnknownNameError(self.require, "requirement", _REQUIRED)
        for name, low, high in (("margin", 0, 1), ("maximum_errored", 0, 1), ("level", 0.5, 0.9999)):
            if not low <= getattr(self, name) <= high:
                msg = f"policy: {name} is {getattr(self, name)}, expected {low} to {high}"
                raise InputError(msg)
        if self.grader_flip_rate is not None and not 0 <= self.grader_flip_rate <= 0.5:  # noqa: PLR2004 - a coin contradicts itself half the time
            msg = f"policy: grader_flip_rate is {self.grader_flip_rate}, expected 0 to 0.5: one that tosses a coin has 0.5"
            raise InputError(msg)
        if self.segment_margin is not None and self.segment_margin < 0:
            msg = f"policy: segment_margin is {self.segment_margin}, expected how much worse is still not worse, 0 or more"
            raise InputError(msg)


def read_policy(path: str | Path) -> Policy:
    """The policy of a TOML file, whose keys are the parameters of `Policy`.

    Parameters
    ----------
    path
        Such as `gate.toml`.

    Returns
    -------
    Policy
        With defaults for what the file leaves out; the margin has none.

    Raises
    ------
    InputError
        There is no such file, it is not TOML, it sets no margin, or a value is of the wrong type.
    UnknownNameError
        A key that does not exist, with the nearest that does.
    """
    try:
        found: dict[str, Any] = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: no policy there ({error.strerror}); write one, such as margin = 0.02"
        raise InputError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: not TOML: {error}"
        raise InputError(msg) from error
    known = {field.name for field in fields(Policy)}
    for key in found:
        if key not in known:
            raise UnknownNameError(key, f"setting in {path}", known)
    if "margin" not in found:
        msg = f"{path}: no margin; say how much worse is still not worse before looking, such as margin = 0.02"
        raise InputError(msg)
    for key, value in found.items():
        if not _fits(key, value):
            msg = f"{path}: {key} is {value!r}, expected {_KINDS[key]}"
            raise InputError(msg)
    values: dict[str, Any] = {key: _tuple(value) for key, value in found.items()}
    return Policy(**values)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


_KINDS: Final = {
    **dict.fromkeys(("margin", "segment_margin", "maximum_errored", "level", "grader_flip_rate"), "a number"),
    **dict.fromkeys(("graders", "segments"), "a list of names"),
    **dict.fromkeys(("require", "grader"), "a text"),
    "minimum_cases": "a whole number",
    "full_set": "true or false",
}


def _fits(key: str, value: Any) -> bool:
    kind = _KINDS[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "a list of names":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)  # pyright: ignore[reportUnknownVariableType]
    if kind == "a whole number":
        return isinstance(value, int) and number
    return number if kind == "a number" else isinstance(value, str if kind == "a text" else bool)
