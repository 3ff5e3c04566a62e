"""A model names modes: what it is shown, which of its names stand, and which are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from workbench.cluster import Edit, Modes, cluster
from workbench.model import Model

KINDS = {
    "refund": "the agent promised a refund without looking at the order",
    "address": "the delivery address of another parcel was changed by mistake",
    "loop": "the same search was made again and again without a result",
}
ENDS = ("today", "at once", "in the end", "for no reason", "it seems")


def texts() -> list[dict[str, Any]]:
    return [
        {"session_id": f"{kind}{number}", "text": f"{said} {ENDS[number % 5]}", "facet": "failure"}
        for kind, said in KINDS.items()
        for number in range(12)
    ]


def plain(text: str) -> str:
    return text


@pytest.fixture(scope="module")
def modes() -> Modes:
    found = cluster(texts(), min_size=5)
    assert len(found) == 3
    return found


def kind_of(modes: Modes, name: str) -> str:
    return re.sub(r"\d", "", modes.session_ids(name)[0])


def shown(prompt: str) -> tuple[dict[int, str], dict[int, str]]:
    """The numbered sessions in the group, and the near misses."""
    inside, _, outside = prompt.partition("Near misses")
    return tuple(  # type: ignore[return-value]
        {int(n): said for n, said in re.findall(r"^\[(\d+)\] (.*)$", part, re.MULTILINE)} for part in (inside, outside)
    )


def model(name: Callable[[str], str], *, near: bool = False, quote: str | None = None) -> tuple[Model, list[str]]:
    """A model that calls a group after a word of it, and the questions that it was asked."""
    asked: list[str] = []

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        request = messages[0]
        assert isinstance(request, ModelRequest)
        prompt = next(str(part.content) for part in request.parts if isinstance(part, UserPromptPart))
        asked.append(prompt)
        inside, outside = shown(prompt)
        kind = next(kind for kind, said in KINDS.items() if said[:20] in inside[1])
        held = {**inside, **(outside if near else {})}
        holds = [{"session": n, "quote": quote or said[:25]} for n, said in held.items()]
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, {"name": name(kind), "holds": holds})])

    return Model(FunctionModel(answer, model_name="namer")), asked


def test_a_name_that_its_sessions_bear_out_stands_as_an_edit_by_a_model(modes: Modes) -> None:
    asks, asked = model(lambda kind: f"trouble with a {kind}")
    named = modes.named(asks, redact=plain)
    assert {name: kind_of(named, name) for name in named.frame["name"]} == {f"trouble with a {kind}": kind for kind in KINDS}  # fmt: skip
    assert [(edit.kind, edit.by) for edit in named.events] == [("rename", "model")] * 3
    assert "3 of 3 modes named" in named.notes[-1]
    assert named.frame.drop("name").equals(modes.frame.drop("name"))
    for prompt in asked:
        inside, outside = shown(prompt)
        assert inside
        assert len(outside) == 3
        kind = next(kind for kind, said in KINDS.items() if said[:20] in inside[1])
        assert all(KINDS[kind][:20] in said for said in inside.values())
        assert not any(KINDS[kind][:20] in said for said in outside.values())
        assert prompt.count("\n- ") == 2  # the other groups


def test_the_same_modes_are_named_the_same_and_asked_once_also_after_they_were_named(modes: Modes) -> None:
    asks, asked = model(lambda kind: f"trouble with a {kind}")
    named = modes.named(asks, redact=plain)
    again = named.named(asks, redact=plain)
    assert len(asked) == 3
    assert again.frame.equals(named.frame)
    assert len(again.events) == 3
    assert "3 answers were there from before" in again.notes[-1]


@pytest.mark.parametrize(
    ("name", "more", "why"),
    [
        (lambda _kind: " ", {}, "empty 3"),
        (lambda kind: kind * 30, {}, "too long 3"),
        (lambda kind: f"<b>{kind}</b>", {}, "not in plain words 3"),
        (lambda kind: f"see http://{kind}.example", {}, "not in plain words 3"),
        (lambda kind: f"trouble with a {kind}", {"quote": "words that nobody said"}, "not supported 3"),
        (lambda kind: f"trouble with a {kind}", {"near": True}, "holds for near misses too 3"),
    ],
)
def test_a_name_that_does_not_hold_what_it_promises_is_refused_and_counted(
    modes: Modes, name: Callable[[str], str], more: dict[str, Any], why: str
) -> None:
    named = modes.named(model(name, **more)[0], redact=plain)
    assert named.frame.equals(modes.frame)
    assert named.events == ()
    assert f"0 of 3 modes named, 3 kept the name by contrast ({why})" in named.notes[-1]


def test_two_modes_never_get_one_name(modes: Modes) -> None:
    named = modes.named(model(lambda _kind: "trouble")[0], redact=plain)
    assert named.frame["name"].to_list() == ["trouble", *modes.frame["name"].to_list()[1:]]
    assert "another mode's name 2" in named.notes[-1]


def test_names_that_people_gave_and_modes_that_they_set_aside_are_left(modes: Modes) -> None:
    first, second = modes.frame["name"].to_list()[:2]
    mine = modes.rename(first, "mine").retire(second)
    asks, asked = model(lambda kind: f"trouble with a {kind}")
    named = mine.named(asks, redact=plain)
    assert named.frame["name"].to_list()[:2] == ["mine", second]
    assert len(asked) == 1
    assert "\n- mine" in asked[0]
    assert "2 that people named or set aside were left" in named.notes[-1]


def test_a_persons_name_replaces_a_models_and_stays(modes: Modes) -> None:
    asks, _ = model(lambda kind: f"trouble with a {kind}")
    named = modes.named(asks, redact=plain).rename("trouble with a loop", "runs in circles").named(asks, redact=plain)
    assert "runs in circles" in named.frame["name"].to_list()


def test_only_sessions_that_may_be_shown_are_and_all_of_it_is_redacted_inside_the_fence(modes: Modes) -> None:
    asks, asked = model(lambda kind: f"trouble with a {kind}")
    some = [f"{kind}{number}" for kind in KINDS for number in (1, 2)]
    modes.named(asks, redact=lambda text: text.replace("order", "[secret]"), among=some)
    for prompt in asked:
        inside, outside = shown(prompt)
        assert {said.split()[-1] for said in (*inside.values(), *outside.values())} <= {"once", "end"}
        assert "order" not in prompt.replace("recorded", "")
        lines = prompt.splitlines()
        fence = lines[1].removeprefix("<<<")
        assert lines[-1] == f"{fence}>>>"
        assert "never instructions" in lines[0]


def test_an_edit_by_a_model_is_written_down_as_such(modes: Modes) -> None:
    named = modes.named(model(lambda kind: f"trouble with a {kind}")[0], redact=plain)
    edit = named.events[0]
    assert Edit.from_dict(edit.to_dict()) == edit
    assert edit.to_dict()["by"] == "model"
    assert "by" not in Edit("rename", (("a",),), "x").to_dict()
    redone = modes.apply(named.events)
    assert redone.frame.equals(named.frame)
    assert {each.by for each in redone.events} == {"model"}
