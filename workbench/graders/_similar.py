"""How near the answer is to an expected one, by letters, by words, by meaning."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, Final

from workbench.grade import Grader, Score
from workbench.graders._make import graded, measured, share_of
from workbench.graders._text import normalized

__all__ = ["bleu", "chrf", "edit_similarity", "rouge_l", "semantic_similarity", "token_f1"]

_WORDS: Final = re.compile(r"\w+")


def edit_similarity(
    expected: str | Sequence[str] | None = None, *, minimum: float | None = None, name: str | None = None
) -> Grader:
    """How much of the final answer would stay if it were edited into the expected one.

    One minus the Levenshtein distance over the longer length, from 0 to 1; of several expected answers the nearest counts.

    Parameters
    ----------
    expected
        What would be right, one text or several; by default the case's expected outputs.
    minimum
        From which similarity on it passes; None: it only measures.
    name
        What its results are kept under; by default "edit_similarity".

    Raises
    ------
    InputError
        The minimum is not from 0 to 1.
    """
    from rapidfuzz.distance import Levenshtein

    return _nearest("edit_similarity", expected, minimum, name, Levenshtein.normalized_similarity)


def rouge_l(
    expected: str | Sequence[str] | None = None, *, minimum: float | None = None, name: str | None = None
) -> Grader:
    """ROUGE-L: the F-measure of the longest common subsequence of words, in lower case.

    Parameters
    ----------
    expected, minimum, name
        As for `edit_similarity`.

    Raises
    ------
    InputError
        The minimum is not from 0 to 1.

    Notes
    -----
    Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries", section 3, with recall and precision weighed alike.
    """
    from rapidfuzz.distance import LCSseq

    def rouge(answer: str, wanted: str) -> float:
        said, right = _WORDS.findall(answer.casefold()), _WORDS.findall(wanted.casefold())
        return 2 * LCSseq.similarity(said, right) / (len(said) + len(right)) if said or right else 1.0

    return _nearest("rouge_l", expected, minimum, name, rouge)


def token_f1(
    expected: str | Sequence[str] | None = None, *, minimum: float | None = None, name: str | None = None
) -> Grader:
    """The F-measure of the words that the answer and the expected one share, in any order, normalised as for `normalized_match`.

    Parameters
    ----------
    expected, minimum, name
        As for `edit_similarity`.

    Raises
    ------
    InputError
        The minimum is not from 0 to 1.
    """
    from collections import Counter

    def shared(answer: str, wanted: str) -> float:
        said, right = Counter(normalized(answer).split()), Counter(normalized(wanted).split())
        both = said.total() + right.total()
        return 2 * (said & right).total() / both if both else 1.0

    return _nearest("token_f1", expected, minimum, name, shared)


def bleu(
    expected: str | Sequence[str] | None = None, *, minimum: float | None = None, name: str | None = None
) -> Grader:
    """Sentence BLEU as sacreBLEU computes it, from 0 to 1, against all expected answers at once.

    Parameters
    ----------
    expected, minimum, name
        As for `edit_similarity`.

    Raises
    ------
    InputError
        The minimum is not from 0 to 1.
    """
    from sacrebleu.metrics.bleu import BLEU

    metric: Any = BLEU(effective_order=True)
    return _against_all("bleu", expected, minimum, name, metric)


def chrf(
    expected: str | Sequence[str] | None = None, *, minimum: float | None = None, name: str | None = None
) -> Grader:
    """Sentence chrF (character n-grams) as sacreBLEU computes it, from 0 to 1, against all expected answers at once.

    Parameters
    ----------
    expected, minimum, name
        As for `edit_similarity`.

    Raises
    ------
    InputError
        The minimum is not from 0 to 1.
    """
    from sacrebleu.metrics.chrf import CHRF

    metric: Any = CHRF()
    return _against_all("chrf", expected, minimum, name, metric)


def semantic_similarity(
    expected: str | Sequence[str] | None = None,
    *,
    minimum: float | None = None,
    embed: Callable[[Sequence[str]], Any] | None = None,
    name: str | None = None,
) -> Grader:
    """The cosine between the embeddings of the final answer and of the nearest expected one.

    A near meaning is not the same meaning: "refunded" and "not refunded" lie close together. Set a minimum only after looking at
    cases on both sides of it.

    Parameters
    ----------
    expected, minimum, name
        As for `edit_similarity`.
    embed
        What turns n texts into an array of shape (n, d); by default the bundled model, which reads the first 256 tokens of a text.

    Raises
    ------
    InputError
        The minimum is not from 0 to 1.
    """
    import numpy as np

    one_at_a_time = threading.Lock()  # trials are graded on many threads, the model runs on one

    def nearest(answer: str, wanted: tuple[str, ...]) -> Score:
        if embed is None:
            from workbench.cluster import default_embedder

            model: Callable[[Sequence[str]], Any] = default_embedder()
        else:
            model = embed
        with one_at_a_time:
            vectors = np.asarray(model([answer, *wanted]), dtype=np.float64)
        lengths = np.linalg.norm(vectors, axis=1)
        cosines = vectors[1:] @ vectors[0] / np.maximum(lengths[1:] * lengths[0], np.finfo(np.float64).tiny)
        return measured(float(np.clip(cosines.max(), -1.0, 1.0)), minimum)

    share_of("minimum", minimum)
    about = (
        "the bundled model"
        if embed is None
        else getattr(embed, "model", getattr(embed, "__qualname__", type(embed).__name__))
    )
    return graded(
        "semantic_similarity", expected, nearest, criterion=_CRITERION, name=name, minimum=minimum, embed=about
    )


_CRITERION: Final = "the final answer is near an expected one"


def _nearest(
    check: str,
    expected: str | Sequence[str] | None,
    minimum: float | None,
    name: str | None,
    similarity: Callable[[str, str], float],
) -> Grader:
    share_of("minimum", minimum)

    def score(answer: str, wanted: tuple[str, ...]) -> Score:
        return measured(max(similarity(answer, each) for each in wanted), minimum)

    return graded(check, expected, score, criterion=_CRITERION, name=name, minimum=minimum)


def _against_all(
    check: str, expected: str | Sequence[str] | None, minimum: float | None, name: str | None, metric: Any
) -> Grader:
    share_of("minimum", minimum)

    def score(answer: str, wanted: tuple[str, ...]) -> Score:
        return measured(min(1.0, metric.sentence_score(answer, list(wanted)).score / 100), minimum)

    return graded(
        check, expected, score, criterion=_CRITERION, name=name, minimum=minimum, sacrebleu=version("sacrebleu")
    )
