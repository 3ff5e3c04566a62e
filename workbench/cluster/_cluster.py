"""The verb: texts of sessions in, named and counted modes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from workbench.cluster._about import TOLD, as_about, with_told
from workbench.cluster._alone import alone, seen_note
from workbench.cluster._assign import placed_votes
from workbench.cluster._embed import Embedder, Embeds, default_embedder
from workbench.cluster._fit import Fit, Item, Votes, draw_again, grouped, least_of
from workbench.cluster._layout import layout
from workbench.cluster._modes import Modes, build
from workbench.cluster._names import Phrases
from workbench.cluster._recent import Recent, key_of
from workbench.cluster._space import FACET_VIEWS, Space, Views, fit_space
from workbench.cluster._table import MEMBERS, MODES
from workbench.cluster._texts import as_items, facet_of
from workbench.errors import EmptyError, InputError

__all__ = ["cluster"]

_FEWEST: Final = 10
_SHAKY: Final = 0.5
_GIANT: Final = 0.6
_REMEMBERED: Final = 25_000  # sessions: a result of more is too large to be kept
_recent: Final = Recent(4)
_phrases: Final = Recent(2)


def cluster(
    texts: Any,
    *,
    against: Any = None,
    about: Any = None,
    embed: Embeds | None = None,
    min_size: int | None = None,
    views: Views | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Modes:
    """Group sessions by what their texts have in common, name the groups, and say how far to trust them.

    Parameters
    ----------
    texts
        Columns ``session_id`` and ``text``, and where there are such ``quotes``, ``tokens`` and ``facet``: what `facet_text` gives.
        Sessions whose text is empty are counted and left open.
    against
        The same facet of sessions that passed. Signs that they show as often weigh less, and each mode carries how many times as common
        it is here, so that a popular request is not taken for a failure.
    about
        What the sessions carry beside their text: a frame with ``session_id`` and any other columns, one row a session, such as
        `Workspace.sessions` gives. Modes are not made of it: it is kept beside them, to colour the map by, and each mode tells of it
        ``feedback`` (up, down) and ``cost`` (US dollars).
    embed
        Texts to vectors: an `Embedder`, or any function of texts. The bundled model when absent; it is loaded only
        where the views ask for meaning.
    min_size
        The fewest sessions that are called a mode; √n / 3 within 5 to 50 when absent.
    views
        How much meaning, words and structure weigh; chosen by the facet when absent.
    seed
        Of the subsamples behind `stability`. The modes themselves depend on nothing random.
    progress
        Called with (texts embedded, texts in all).

    Returns
    -------
    Modes
        The same for the same texts, seed and machine. Too few or too uniform texts give no mode and a sentence that says what to do.

    Raises
    ------
    EmptyError
        There are no sessions at all.
    InputError
        A column is missing, a session is there twice, `min_size` is below 2, or `about` has a ``cost`` or ``feedback`` that is none.

    Examples
    --------
    >>> from workbench.cluster import cluster
    >>> cluster([{"session_id": "a", "text": "the tool timed out"}])
    1 session is too few to look for modes (at least 10): read it, or load more.

    What else is known of the sessions is told of each mode:

    >>> texts = [{"session_id": str(n), "text": "the tool timed out"} for n in range(12)]
    >>> modes = cluster(texts, about={"session_id": ["0", "1", "2"], "feedback": ["down", "up", None], "cost": [0.5, 0.1, 0.3]})
    >>> modes.frame.select("negative_feedback", "feedback_sessions", "cost_median", "cost_total", "cost_sessions").row(0)
    (0.5, 2, 0.3, 0.9, 3)
    """
    if min_size is not None and min_size < 2:  # noqa: PLR2004 - one session is no group
        msg = f"min_size is {min_size}: a mode has at least 2 sessions"
        raise InputError(msg)
    frame, items = as_items(texts)
    beside = None if against is None else as_items(against)
    chosen = views or FACET_VIEWS.get(facet_of(frame), Views())
    embed = (embed or default_embedder()) if chosen.meaning > 0 else None
    key = ""
    # Of a function that embeds nobody knows whether it is the same again.
    if len(items) <= _REMEMBERED and (embed is None or isinstance(embed, Embedder)):
        with_whom = None if beside is None else beside[0]
        key = key_of(frame, with_whom, chosen, embed.space if embed else None, min_size, seed)

    def found() -> Modes:
        return _found(
            frame, items, beside=beside, chosen=chosen, embed=embed, min_size=min_size, seed=seed, progress=progress
        )

    modes = _recent.get(key, found)
    if about is None:
        return modes
    # What is beside the texts changes no mode, so that it is put beside what is remembered and never remembered itself.
    beside_texts = as_about(about, modes.texts["session_id"])
    return replace(modes, about=beside_texts, frame=with_told(modes.frame, modes.members, beside_texts))


def _found(
    frame: pl.DataFrame,
    items: Sequence[Item],
    *,
    beside: tuple[pl.DataFrame, list[Item]] | None,
    chosen: Views,
    embed: Embeds | None,
    min_size: int | None,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> Modes:
    if not items:
        msg = "no sessions to cluster: the selection before this step kept none; widen it, or load more traces"
        raise EmptyError(msg)
    spoken = [item for item in items if item.text.strip()]
    silent = [item for item in items if not item.text.strip()]
    facet = facet_of(frame)
    if not spoken:
        return _none(
            frame,
            f"none of the {len(items):,} sessions shows anything of the facet {facet!r}: choose another facet, or give reasons.",
        )
    if len(spoken) < _FEWEST:
        count = "1 session is" if len(items) == 1 else f"{len(spoken)} sessions{' with a text' if silent else ''} are"
        return _none(
            frame,
            f"{count} too few to look for modes (at least {_FEWEST}): read {'it' if len(items) == 1 else 'them'}, or load more.",
        )
    space = fit_space(
        [item.text for item in spoken],
        [item.tokens for item in spoken],
        views=chosen,
        embed=embed,
        progress=progress,
        passing=[] if beside is None else [item.tokens for item in beside[1] if item.text.strip()],
    )
    if space.joined.shape[1] == 0 and len({item.text for item in spoken}) > 1:
        what, then = "texts share neither words nor structure", "weigh their meaning: views=Views(meaning=1)"
        if chosen.meaning > 0:
            what, then = "vectors do not differ", "another model: embed=Embedder('its name')"
        return _none(frame, f"the {len(spoken):,} {what}: there is nothing to group by. Try another facet, or {then}.")
    least = min_size or int(np.clip(round(np.sqrt(len(spoken)) / 3), 5, 50))
    found = grouped(space, min_size=least)
    groups = int(found.labels.max(initial=-1)) + 1
    if groups == 0:
        return _none(
            frame,
            f"no group of at least {least} among {len(items):,} sessions is denser than the rest: they differ too much, or too evenly. "
            "Try another facet, a smaller min_size, or read a random sample.",
        )
    sizes = np.bincount(found.labels[found.labels >= 0], minlength=groups)
    order = np.argsort(-sizes, kind="stable")
    number = np.empty(groups + 1, dtype=np.int64)
    number[order], number[groups] = np.arange(1, groups + 1), -1
    labels = number[found.labels]
    fit = Fit(
        items=tuple(spoken),
        silent=tuple(silent),
        space=space,
        strength=found.strength,
        phrases=_phrases.get(
            space.key, lambda: Phrases([(item.text, item.tokens) for item in spoken], plain=space.plain)
        ),
        own=Votes(*space.own),
        against=_against(beside, space, progress),
        draws=draw_again(space, min_size=least, seed=seed),
        alone=alone(space, min_size=least, seed=seed),
        map=layout(space.points, labels),
        how=found.how,
        min_size=least,
        facet=facet,
    )
    modes = build(fit, frame, labels)
    return replace(modes, notes=_notes(fit, modes))


def _against(
    beside: tuple[pl.DataFrame, list[Item]] | None, space: Space, progress: Callable[[int, int], None] | None
) -> Votes | None:
    if beside is None or not beside[1]:
        return None
    items = beside[1]
    spoken = [i for i, item in enumerate(items) if item.text.strip()]
    index, near = np.zeros((len(items), 1), dtype=np.int64), np.zeros(len(items), dtype=np.bool_)
    if spoken:
        texts, tokens = [items[i].text for i in spoken], [items[i].tokens for i in spoken]
        found = placed_votes(space, texts, tokens, progress=progress)
        index = np.zeros((len(items), found.index.shape[1]), dtype=np.int64)
        index[spoken], near[spoken] = found.index, found.near
    return Votes(index, near)


def _notes(fit: Fit, modes: Modes) -> tuple[str, ...]:
    notes: list[str] = []
    if fit.how != "density":
        said = {"all alike": "All texts are alike: there is one group, and nothing to contrast it with."}
        notes.append(
            said.get(
                fit.how, "Density alone gave hardly a group or one giant, so that the finest dense groups are shown."
            )
        )
    if fit.space.sampled:
        notes.append(
            f"Groups were looked for among {len(fit.space.rows):,} sessions drawn from the {len(fit.items):,}, and the others put where their "
            "nearest neighbours are: a mode that is rare in the sample is not seen."
        )
    sizes = modes.frame["size"]
    if modes.frame.height and int(sizes[0]) > _GIANT * fit.total and fit.how != "all alike":
        notes.append("One mode holds most sessions: split it, or choose a facet that tells them apart.")
    stable = modes.frame["stability"].drop_nulls().drop_nans()
    if len(stable):
        shaky = int((stable < _SHAKY).sum())
        held = f"Stability: best-match overlap of each mode in {len(fit.draws)} subsamples, {stable.min():.2f} to {stable.max():.2f}"
        notes.append(
            f"{held}; {shaky} of {len(stable)} below {_SHAKY} may not be there."
            if shaky
            else f"{held}. It says that a mode is found again, not that it is a failure."
        )
    notes.extend(seen_note(modes.frame))
    if fit.silent:
        notes.append(f"{len(fit.silent):,} of {fit.total:,} sessions show nothing of this facet and are left open.")
    common = modes.frame.filter(pl.col("lift_low") <= 1)["name"].to_list()
    if common:
        listed = ", ".join(f"“{name}”" for name in common)
        notes.append(f"Not shown to be more common here than among passing sessions, so perhaps no failure: {listed}.")
    if fit.against is not None:
        notes.append(
            "The intervals of `lift` are of 99.9%: the passing sessions that it compares with also weighed the signs by which the groups were found."
        )
    notes.append(
        f"{_smallest(fit)}; shares are of all {fit.total:,}, with 95% intervals for this grouping as it stands: another label or load may group anew."
    )
    return tuple(notes)


def _smallest(fit: Fit) -> str:
    if not fit.space.sampled:
        return f"A mode has at least {fit.min_size} sessions"
    drawn, least = len(fit.space.rows), least_of(fit.space, fit.min_size)
    of_all = round(least * len(fit.items) / drawn)
    return f"A group has at least {least} of the {drawn:,} sessions that were drawn, which stand for about {of_all:,} of all"


def _none(frame: pl.DataFrame, sentence: str) -> Modes:
    ids = frame["session_id"]
    nothing: Sequence[None] = [None] * len(ids)
    members = pl.DataFrame(
        {"session_id": ids, "mode": nothing, "strength": [0.0] * len(ids), "nearest": nothing}, schema=MEMBERS
    )
    points = pl.DataFrame(
        {"session_id": ids, "x": nothing, "y": nothing},
        schema={"session_id": pl.String, "x": pl.Float64, "y": pl.Float64},
    )
    return Modes(
        frame=pl.DataFrame(schema={**MODES, **TOLD}),
        members=members,
        points=points,
        texts=frame,
        about=frame.select("session_id"),
        sentence=sentence,
        notes=(),
        events=(),
        _fit=None,
        _labels=np.zeros(0, dtype=np.int64),
        _names={},
    )
