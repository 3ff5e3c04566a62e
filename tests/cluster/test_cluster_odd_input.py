"""Whatever the texts are, there is a sentence that says what was found or what to do, in little time and without a warning."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.cluster import Views, cluster
from workbench.errors import InputError

LANGUAGES = """der Dienst antwortete nicht|el servicio no respondió|le service n'a pas répondu|il servizio non ha risposto|сервис не ответил
|サービスが応答しませんでした|服务没有响应|서비스가 응답하지 않았습니다|الخدمة لم تستجب|השירות לא הגיב|บริการไม่ตอบสนอง|सेवा ने जवाब नहीं दिया|dịch vụ không phản hồi|hizmet cevap vermedi
|usługa nie odpowiedziała|služba neodpověděla|a szolgáltatás nem válaszolt|serviciul nu a răspuns|услугата не отговори|η υπηρεσία δεν απάντησε|tjänsten svarade inte
|tjenesten svarede ikke|palvelu ei vastannut|de dienst antwoordde niet|o serviço não respondeu|layanan tidak merespons|ang serbisyo ay hindi tumugon|huduma haikujibu
|சேவை பதிலளிக்கவில்லை|సేవ స్పందించలేదు|ಸೇವೆ ಪ್ರತಿಕ್ರಿಯಿಸಲಿಲ್ಲ|സേവനം പ്രതികരിച്ചില്ല|সেবা সাড়া দেয়নি|سروس نے جواب نہیں دیا|سرویس پاسخ نداد|სერვისმა არ უპასუხა
|ծառայությունը չի պատասխանել|қызмет жауап бермеді|xizmat javob bermadi|ການບໍລິການບໍ່ຕອບ""".replace("\n", "").split("|")

TEXTS: dict[str, Callable[[], list[str]]] = {
    "three": lambda: ["a tool", "b tool", "c tool"],
    "all alike": lambda: ["the tool timed out"] * 50,
    "all empty": lambda: [""] * 50,
    "mostly empty": lambda: ["x y z"] * 12 + [""] * 30,
    "nothing shared": lambda: [hashlib.sha256(str(i).encode()).hexdigest().translate(LETTERS) for i in range(120)],
    "one giant": lambda: (
        [f"the tool timed out and was told as done {'abc'[i % 3] * 3}" for i in range(300)] + ["asked again"] * 6
    ),
    "forty languages": lambda: [LANGUAGES[i % 40] for i in range(400)],
    "one of each language": lambda: LANGUAGES,
    "digits": lambda: [str(i) for i in range(40)],
    "punctuation and emoji": lambda: ["!!! ???"] * 15 + ["😀🎉"] * 15,
    "control characters": lambda: ["x \x00 y"] * 15 + ["a\ud800b"] * 15,
    "five megabytes": lambda: [f"the tool timed out and {word} " * 170_000 for word in ("alpha", "beta")] * 6,
    "a word of five megabytes": lambda: ["x" * 5_000_000] * 3 + ["the tool timed out"] * 20,
}
LETTERS = str.maketrans("0123456789", "ghijklmnop")


def meaning(texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
    del progress
    seeds = [int(hashlib.sha256(text[:99].encode("utf-8", "replace")).hexdigest()[:8], 16) for text in texts]
    return np.array([np.random.default_rng(seed).normal(size=16) for seed in seeds], dtype=np.float32)


@pytest.mark.parametrize("views", [Views(0, 1, 1), Views(1, 0, 0), Views()], ids=["words", "meaning", "all"])
@pytest.mark.parametrize("name", TEXTS)
def test_odd_texts_give_a_sentence(name: str, views: Views) -> None:
    texts = TEXTS[name]()
    rows = pl.DataFrame({"session_id": [f"s{i}" for i in range(len(texts))], "text": pl.Series([text.encode("utf-8", "replace").decode() for text in texts])})  # fmt: skip
    found = cluster(rows, against=rows.head(5), embed=meaning, views=views)
    assert found.sentence.endswith((".", ").", ")"))
    assert found.members.height == len(texts)
    assert found.sentence.split(" ")[0] in found._repr_html_()
    assert found.assign(rows.head(3)).frame.height == 3
    if name in {"all alike", "mostly empty"}:
        assert len(found) == 1
    if name == "forty languages":
        assert len(found) >= 25
    if name in {"three", "all empty"}:
        assert len(found) == 0


def same(texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
    del progress
    return np.ones((len(texts), 8), dtype=np.float32)


def broken(texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
    return same(texts, progress=progress) * np.float32(np.nan)


def test_vectors_that_say_nothing_are_told_so() -> None:
    rows = pl.DataFrame({"session_id": [str(i) for i in range(20)], "text": [f"text {i}" for i in range(20)]})
    assert "vectors do not differ" in cluster(rows, embed=same, views=Views(1, 0, 0)).sentence
    with pytest.raises(InputError, match="no finite numbers"):
        cluster(rows, embed=broken, views=Views(1, 0, 0))


def test_one_group_of_all_says_what_to_do() -> None:
    rows = [{"session_id": f"s{i}", "text": "the tool timed out"} for i in range(50)]
    said = cluster(rows, views=Views(0, 1, 1)).sentence
    assert "none is left open" in said
    assert said.endswith("tells nothing apart: try another facet, or a function of your own.")


def test_where_passing_sessions_show_the_same_the_sentence_says_so() -> None:
    kinds = ("the parcel came late", "the wrong sofa was sent")
    rows = [{"session_id": f"s{i}", "text": f"{kinds[i % 2]} {'abcde'[i % 5] * 3}"} for i in range(60)]
    passing = [{**row, "session_id": f"p{row['session_id']}"} for row in rows]
    views = Views(0, 1, 1)
    assert cluster(rows, against=passing, views=views).sentence.endswith(
        "No mode is shown to be more common here than among passing sessions."
    )
    assert "among passing sessions" not in cluster(rows, views=views).sentence
