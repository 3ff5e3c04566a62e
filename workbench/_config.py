"""The hand-editable settings of a workspace: `workbench.toml`."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from workbench.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from workbench.load import TableMapping

__all__ = ["FILE_NAME", "Config", "read_config", "write_config"]

FILE_NAME: Final = "workbench.toml"
_APART: Final = frozenset({"name", "recognisers", "model"})  # they do not change what a load reads
_KIND: Final = re.compile(r"[a-z][a-z ]*")
_MODEL: Final = {
    "name": str, "base_url": str, "most_calls": int, "most_cost": (int, float), "input_price": (int, float),
    "output_price": (int, float), "at_once": int, "timeout": (int, float),
}  # fmt: skip
_REDACT: Final = ("export", "load")

_TEMPLATE: Final = """\
# The settings of this workspace, read when it is opened. How files are read (all but the name) counts for the files that are loaded from
# then on: a hash of it is kept with every load, and loads that were made with other settings are said.
name = {name}

# Scores with these names were given by the agent's users; any other score counts as a grader's.
user_feedback = [{feedback}]

# Longer payloads are kept whole in blobs/ and shown cut in the middle.
spill_characters = {spill}

# Secrets and personal data are replaced before anything is exported; with "load", before anything is kept.
redact = {redact}

# What else is personal: words, in any case, or a regular expression.
# [recognisers]
# customer = ["Ana Lima", "Contoso"]
# order = 'ORD-\\d{{6}}'

# A language model, for those who ask for one: nothing is ever sent to it otherwise. Its key is read from the environment, as OPENAI_API_KEY,
# and with a base_url, of a gateway or a server of your own, from WORKBENCH_MODEL_KEY. most_calls and most_cost (US dollars) hold for
# one question to all sessions; prices are US dollars for a million tokens.
# [model]
# name = "openai:gpt-5-mini"
# base_url = "http://localhost:8000/v1"
# most_calls = 1000
# most_cost = 5.0
# input_price = 0.25
# output_price = 2.0
# at_once = 4
# timeout = 120

# A table of your own: which files it is (columns that only it has), and which of its columns is which of ours.
# [tables.my_agent]
# match = ["conversation", "step"]
# session_id = "conversation"
# role = "speaker"
# content = "text"
# start = "time"
# [tables.my_agent.words]
# customer = "user"
# [tables.my_agent.scores]
# user_rating = "stars"
"""


@dataclass(frozen=True, slots=True)
class Config:
    """What `workbench.toml` says.

    Parameters
    ----------
    name
        What to call the workspace.
    user_feedback
        Names of scores that the agent's users gave.
    spill_characters
        Payloads longer than this many characters go to `blobs/`.
    tables
        How to read tables of one's own: `[tables.<name>]`.
    redact
        When secrets and personal data are replaced: `export`, before anything leaves the workspace; `load`, before anything is kept in it.
    recognisers
        What else is replaced: kinds, each with a regular expression.
    model
        The language model that may be asked: `[model]`, its name first; empty: none.
    """

    name: str
    user_feedback: tuple[str, ...] = ("user_feedback", "user-feedback", "feedback", "thumbs", "user_rating")
    spill_characters: int = 65_536
    tables: tuple[TableMapping, ...] = ()
    redact: str = "export"
    recognisers: tuple[tuple[str, str], ...] = ()
    model: tuple[tuple[str, Any], ...] = ()

    @property
    def fingerprint(self) -> str:
        """A hash of every setting but the name, 16 hex digits."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self) if field.name not in _APART]
        if self.recognisers and self.redact == "load":
            values.append(("recognisers", self.recognisers))
        return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def read_config(folder: Path) -> Config:
    """The settings of a workspace's folder; defaults where it has no file.

    Raises
    ------
    InputError
        The file is not TOML, or a value is of the wrong type; the message names the key.
    UnknownNameError
        A key that does not exist, with the nearest that does.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return Config(name=folder.name)
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: not TOML: {error}"
        raise InputError(msg) from error
    known = {field.name for field in fields(Config)}
    for key in found:
        if key not in known:
            raise UnknownNameError(key, f"setting in {path}", known)
    feedback = found.get("user_feedback", list(Config("").user_feedback))
    spill = found.get("spill_characters", Config("").spill_characters)
    if not isinstance(feedback, list) or not all(isinstance(name, str) for name in feedback):  # pyright: ignore[reportUnknownVariableType]
        msg = f"{path}: user_feedback is {feedback!r}, expected a list of names"
        raise InputError(msg)
    if not isinstance(spill, int) or isinstance(spill, bool) or spill < 1:
        msg = f"{path}: spill_characters is {spill!r}, expected a number of characters"
        raise InputError(msg)
    redact = found.get("redact", "export")
    if redact not in _REDACT:
        raise UnknownNameError(str(redact), f"value of redact in {path}", _REDACT)
    tables: tuple[TableMapping, ...] = ()
    if "tables" in found:
        from workbench.load import table_mappings

        tables = table_mappings(found["tables"], str(path))
    own = _recognisers(found.get("recognisers", {}), str(path))
    names: tuple[str, ...] = tuple(str(name) for name in feedback)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return Config(
        str(found.get("name", folder.name)), names, spill, tables, redact, own, _model(found.get("model"), str(path))
    )


def _recognisers(told: Any, path: str) -> tuple[tuple[str, str], ...]:
    """Kinds and the regular expressions that find them, of words or of an expression."""
    made: list[tuple[str, str]] = []
    for kind, value in cast("dict[str, Any]", told).items() if isinstance(told, dict) else [("", told)]:
        words = cast("list[Any]", value) if isinstance(value, list) else None
        text = words is None and isinstance(value, str)
        if not _KIND.fullmatch(kind) or not (text or (words and all(isinstance(word, str) and word for word in words))):
            msg = f"{path}: recognisers.{kind} is {value!r}, expected a kind in lower-case letters with a list of words or a regular expression"
            raise InputError(msg)
        longest = sorted((str(word) for word in words or ()), key=len, reverse=True)
        pattern = f"{value}" if words is None else rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)"
        try:
            re.compile(pattern)
        except re.error as error:
            msg = f"{path}: recognisers.{kind} is no regular expression: {error}"
            raise InputError(msg) from error
        made.append((kind, pattern))
    return tuple(made)


def _model(told: Any, path: str) -> tuple[tuple[str, Any], ...]:
    """How the language model is asked, as pairs of a setting and its value."""
    if told is None:
        return ()
    if not isinstance(told, dict):
        msg = f'{path}: model is {told!r}, expected a table: [model] with name = "openai:gpt-5-mini"'
        raise InputError(msg)
    given = cast("dict[str, Any]", told)
    if any("key" in name or "token" in name or "secret" in name for name in given):
        msg = f"{path}: no key belongs in a file: take it out of [model], and set it in the environment, as OPENAI_API_KEY"
        raise InputError(msg)
    for name, value in given.items():
        kinds = _MODEL.get(name)
        if kinds is None:
            raise UnknownNameError(name, f"setting of the model in {path}", _MODEL)
        if not isinstance(value, kinds) or isinstance(value, bool):
            msg = f"{path}: model.{name} is {value!r}, expected a {'text' if kinds is str else 'number'}"
            raise InputError(msg)
    if "name" not in given:
        msg = f'{path}: [model] has no name: expected provider:model, such as name = "openai:gpt-5-mini"'
        raise InputError(msg)
    return tuple(given.items())


def write_config(folder: Path, config: Config) -> Path:
    """Write the settings with a line on each; an existing file is left as it is."""
    path = folder / FILE_NAME
    if not path.exists():
        quote = _quoted
        text = _TEMPLATE.format(
            name=quote(config.name),
            feedback=", ".join(map(quote, config.user_feedback)),
            spill=config.spill_characters,
            redact=quote(config.redact),
        )
        path.write_text(text, encoding="utf-8")
    return path


def _quoted(text: str) -> str:
    """A TOML basic string: everything that is not plain is written as an escape."""
    plain = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in text)
    return f'"{plain}"'
