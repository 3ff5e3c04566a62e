"""Two sessions of one task in two columns: where they part, and how it is shown."""

from __future__ import annotations

import json

from workbench.evidence import AgentLoop, Step, side_by_side


def tool(number: int, name: str, arguments: object, result: object = "ok", error: str | None = None) -> Step:
    return Step(number, 1, "tool", tool_name=name, tool_arguments=json.dumps(arguments), tool_result=json.dumps(result), error=error)  # fmt: skip


ASK = Step(1, 1, "user", text="Refund order 7")


def loop(*steps: Step, name: str = "s") -> AgentLoop:
    return AgentLoop(name, steps)


def test_the_first_other_action_counts_before_other_words() -> None:
    old = loop(ASK, Step(2, 1, "assistant", text="Let me look."), tool(3, "refund", {"order": 7}))
    new = loop(ASK, Step(2, 1, "assistant", text="One moment."), tool(3, "refund", {"order": 8}))
    found = side_by_side(old, new, names=("v1", "v2"))
    assert found.first is not None
    assert [step.number for step in found.first if step] == [3, 3]
    assert found.sentence == (
        'They part at step 3, other arguments: v1 called refund({"order": 7}), v2 called refund({"order": 8}).'
    )
    assert found.to_frame()["differs"].to_list() == [None, "other words", "other arguments"]


def test_json_that_says_the_same_is_no_difference() -> None:
    old, new = (loop(ASK, Step(2, 1, "tool", tool_name="f", tool_arguments=text)) for text in ('{"a":1,"b":2}', '{"b": 2, "a": 1}'))  # fmt: skip
    assert side_by_side(old, new).first is None
    assert repr(side_by_side(old, new)) == "baseline and candidate do and say the same at every step."


def test_another_result_an_extra_step_and_an_end_are_told() -> None:
    same = tool(2, "look", {"order": 7}, {"price": 10})
    other = side_by_side(loop(ASK, same), loop(ASK, tool(2, "look", {"order": 7}, {"price": 12})))
    assert other.sentence.startswith('They part at step 2, another result: baseline got {"price": 10} from look')
    extra = side_by_side(loop(ASK, same), loop(ASK, tool(2, "check", {}), tool(3, "look", {"order": 7}, {"price": 10})))
    assert extra.to_frame().select("baseline_step", "candidate_step").rows() == [(1, 1), (None, 2), (2, 3)]
    assert "baseline has no such step" in extra.sentence
    only = side_by_side(loop(ASK), loop())
    assert "candidate has no such step" in only.sentence


def test_other_instructions_are_said_and_are_no_step_of_the_agent() -> None:
    old, new = (loop(Step(1, 1, "system", text=text), Step(2, 1, "user", text="Hi")) for text in ("Be brief.", "Be kind."))  # fmt: skip
    assert side_by_side(old, new).first is None
    assert side_by_side(old, new).sentence.endswith("Their instructions differ.")


def test_the_page_marks_where_they_part_once_and_obeys_nothing() -> None:
    bad = "<script>alert(1)</script>\u202e"
    old = loop(ASK, tool(2, bad, {"x": bad}), tool(3, "a", {}))
    new = loop(ASK, tool(2, bad, {"x": bad + "!"}), tool(3, "b", {}))
    page = side_by_side(old, new, names=(bad, "v2"))._repr_html_()
    assert page.count("Here they part") == 1
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count('class="wb-side') == 2 * 3
    assert "var(--jp-" in page


def test_long_sessions_are_cut_and_say_so() -> None:
    long = loop(ASK, *(tool(n, "f", {"n": n}) for n in range(2, 400)))
    assert "further rows are not shown" in side_by_side(long, long)._repr_html_()
