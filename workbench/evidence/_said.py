"""What was said about sessions, by people, graders and users: one table of it, each saying resolved to its session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from workbench.errors import InputError
from workbench.evidence._belong import with_session
from workbench.schema import ANNOTATIONS, SCORES, SESSIONS, conform

__all__ = ["Said", "about"]

VERDICT: Final = "verdict"
_MODE: Final = "failure_mode"

# What users' thumbs are called where they are words.
_UP: Final = (
    "up",
    "thumbs_up",
    "thumbs-up",
    "thumbsup",
    "positive",
    "good",
    "like",
    "liked",
    "yes",
    "true",
    "👍",
    "+1",
)
_DOWN: Final = (
    "down", "thumbs_down", "thumbs-down", "thumbsdown", "negative", "bad", "dislike", "disliked", "no", "false", "👎", "-1",
)  # fmt: skip
_STARS: Final = 5
_NAMED_STARS: Final = r"star|rating|rated"
_NAMED_THUMBS: Final = r"thumb|feedback|vote|like|helpful"

_COLUMNS: Final = (
    "target_kind", "target_id", "join_key", "name", "value_number", "value_text", "passed", "comment", "author", "author_kind",
    "happened_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that stands, with its session.

    Attributes
    ----------
    frame
        The columns above, `session_id`, `exported` (it came with an export) and `up` (users' feedback: True, False, or null where it is
        neither); from the earliest to the latest. Of one author (for graders: of one grader) only the latest about one
        target and name.
    unmatched
        How many sayings name no known session.
    unread
        The names of users' ratings of which nobody can say whether they are thumbs or stars.
    """

    frame: pl.DataFrame
    unmatched: int
    unread: tuple[str, ...]


def about(sessions: Any, scores: Any, annotations: Any, steps: Any = None) -> tuple[pl.DataFrame, Said]:
    """The sessions as SESSIONS rows, and what stands about them."""
    rows = conform(sessions, SESSIONS, what="sessions")
    if rows["session_id"].is_duplicated().any():
        twice = rows.filter(pl.col("session_id").is_duplicated())["session_id"][0]
        msg = f"sessions: session_id {twice!r} is there more than once; give one row a session"
        raise InputError(msg)
    given = _counting(_standing(conform([] if annotations is None else annotations, ANNOTATIONS, what="annotations")))
    exported = conform([] if scores is None else scores, SCORES, what="scores")
    said = pl.concat(
        [
            exported.select(*_COLUMNS, exported=True),
            given.select(*_COLUMNS, exported=False),
        ]
    ).with_row_index("order")
    said = said.filter(pl.col("target_kind").is_null() | pl.col("target_kind").is_in(["span", "trace", "session"]))
    said = _resolve(said, rows, steps)
    unmatched = said["session_id"].null_count()
    by_grader = pl.col("author_kind").is_in(["code", "model"])
    # A grader's later version, and a reviewer's or a user's later word, replace the earlier one.
    latest = (
        said.filter(pl.col("session_id").is_not_null())
        .sort("happened_at", "order", nulls_last=False)
        .with_columns(author=pl.when(by_grader).then(None).otherwise("author"))
        .unique(
            ["session_id", "target_kind", "target_id", "name", "author_kind", "author"],
            keep="last",
            maintain_order=True,
        )
        .drop("order")
    )
    read = _with_thumbs(_with_scale(_with_implied(latest)))
    unread = read.filter(pl.col("scale") == "unknown", pl.col("up").is_null())["name"].drop_nulls().unique().sort()
    return rows, Said(read.drop("scale"), unmatched, tuple(unread.to_list()))


def _counting(annotations: pl.DataFrame) -> pl.DataFrame:
    """Without what was said when a session was shown again, and where an adjudicator has decided, with hers alone."""
    once = annotations.filter(pl.col("method").ne_missing("repeat"))
    judged = (pl.col("author_kind") == "human") & pl.col("name").is_in([VERDICT, _MODE])
    settles = (pl.col("author_role") == "adjudicator").fill_null(value=False) & pl.col("passed").is_not_null()
    by_session = ["target_kind", "target_id"]
    settled = (
        once.filter(settles, pl.col("name") == VERDICT, pl.col("author_kind") == "human").select(by_session).unique()
    )
    if not settled.height:
        return once
    decided = once.with_row_index("_at").join(settled, on=by_session, how="semi")["_at"].to_list()
    others = judged & (pl.col("author_role").ne_missing("adjudicator")) & pl.int_range(pl.len()).is_in(decided)
    return once.filter(~others)


def _standing(annotations: pl.DataFrame) -> pl.DataFrame:
    """What no later standing annotation of the same author takes back; a retraction that is taken back takes nothing back."""
    ordered = (
        annotations.unique("annotation_id", keep="first", maintain_order=True)
        if annotations["annotation_id"].null_count() == 0
        else annotations
    )
    ordered = ordered.sort("happened_at", nulls_last=False, maintain_order=True).with_row_index("place")
    links = ordered.filter(pl.col("retracts").is_not_null())
    if links.is_empty():
        return ordered.drop("place")
    author = dict(zip(ordered["annotation_id"].to_list(), ordered["author"].to_list(), strict=True))
    place = dict(zip(ordered["annotation_id"].to_list(), ordered["place"].to_list(), strict=True))
    gone: set[str] = set()
    for row in links.sort("place", descending=True).iter_rows(named=True):  # the last one cannot be taken back
        target = row["retracts"]
        if (
            row["annotation_id"] not in gone
            and place.get(target, row["place"]) < row["place"]
            and author[target] == row["author"]
        ):
            gone.add(target)
    kept = ~pl.col("annotation_id").is_in(list(gone)) | pl.col("annotation_id").is_null()
    return ordered.filter(kept, pl.col("retracts").is_null()).drop("place")


def _resolve(said: pl.DataFrame, sessions: pl.DataFrame, steps: Any) -> pl.DataFrame:
    """Join each saying with its session: by its id, by its trace, or by a key that is one of these."""
    known = sessions.select(pl.col("session_id").alias("key"), "session_id")
    if steps is not None:
        frame = steps.collect() if isinstance(steps, pl.LazyFrame) else pl.DataFrame(steps)
        traces = with_session(frame).select(pl.col("trace_id").alias("key"), "session_id")
        known = pl.concat([known, traces.join(known, on="session_id", how="semi")])
    known = known.drop_nulls().unique("key", keep="first", maintain_order=True)
    target = pl.coalesce("target_id", "join_key")
    trace = pl.when(pl.col("target_kind").is_in(["span"])).then(target.str.split("/").list.first()).otherwise(target)
    return said.with_columns(key=trace).join(known, on="key", how="left", maintain_order="left").drop("key")


def _with_scale(said: pl.DataFrame) -> pl.DataFrame:
    """Of each kind of users' numbers, whether they are thumbs (-1, 0, 1) or stars (1 to 5): what fits only one, else what their name says.

    A rating of which there are only ones may be the best thumb or the worst star: where its name says neither, it is unknown.
    """
    number = pl.col("value_number")
    told = (pl.col("author_kind") == "user") & number.is_not_null() & pl.col("passed").is_null()
    own = pl.when(told).then(number)
    low, high = (bound.over("author_kind", "name") for bound in (own.min(), own.max()))
    thumbs, stars = (low >= -1) & (high <= 1), (low >= 1) & (high <= _STARS)
    name = pl.col("name").str.to_lowercase()
    scale = (
        pl.when(thumbs & ~stars)
        .then(pl.lit("thumbs"))
        .when(stars & ~thumbs)
        .then(pl.lit("stars"))
        .when(thumbs & stars & name.str.contains(_NAMED_STARS))
        .then(pl.lit("stars"))
        .when(thumbs & stars & name.str.contains(_NAMED_THUMBS))
        .then(pl.lit("thumbs"))
        .when(thumbs & stars)
        .then(pl.lit("unknown"))
    )
    return said.with_columns(scale=pl.when(told).then(scale))


def _with_implied(said: pl.DataFrame) -> pl.DataFrame:
    """Who names a failure mode and gives no verdict says that the session fails."""
    own = said.filter(pl.col("author_kind") == "human", ~pl.col("exported"), pl.col("target_kind") == "session")
    given = pl.col("value_text").is_not_null() | pl.col("passed").is_not_null()
    named = own.filter(pl.col("name") == _MODE, pl.col("value_text").is_not_null())
    verdicts = own.filter(pl.col("name") == VERDICT, given)
    silent = named.join(verdicts, on=["session_id", "author"], how="anti", nulls_equal=True)
    implied = silent.unique(["session_id", "author"], keep="last", maintain_order=True)
    return pl.concat([said, implied.with_columns(name=pl.lit(VERDICT), value_text=pl.lit("fail"), passed=False)])


def _with_thumbs(said: pl.DataFrame) -> pl.DataFrame:
    """Users' feedback as up or down: what the source says passes, words, or numbers on their scale."""
    number, word = pl.col("value_number"), pl.col("value_text").str.strip_chars().str.to_lowercase()
    thumbs, stars = pl.col("scale") == "thumbs", pl.col("scale") == "stars"
    by_number = (
        pl.when((thumbs & (number == 1)) | (stars & (number >= _STARS - 1)))
        .then(True)
        .when((thumbs & (number <= 0)) | (stars & (number <= 2)))  # noqa: PLR2004 - two stars of five are no praise
        .then(False)
    )
    by_word = pl.when(word.is_in(_UP)).then(True).when(word.is_in(_DOWN)).then(False)
    up = pl.when(pl.col("author_kind") == "user").then(pl.coalesce("passed", by_word, by_number))
    return said.with_columns(up=up)
