"""The standard checks: each passes what it should, fails what it should with the reason, and keeps out where it does not apply."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as wb
from workbench import experiment, grade, graders
from workbench.errors import EmptyError, InputError
from workbench.evidence import AgentLoop, Step, Usage, from_messages
from workbench.grade import Grader, Truth, load_graders


def says(text: str) -> AgentLoop:
    return from_messages([{"role": "user", "content": "Well?"}, {"role": "assistant", "content": text}], session_id="s")


def calls(*made: tuple[str, dict[str, Any], str]) -> AgentLoop:
    steps = [
        Step(n, 1, "tool", "t", f"s{n}", tool_name=name, tool_arguments=json.dumps(given), tool_result=came)
        for n, (name, given, came) in enumerate(made, 1)
    ]
    return AgentLoop("s", (*steps, Step(len(steps) + 1, 1, "assistant", text="Done.")))


LOOKED_UP = calls(
    ("find", {"order": 7}, "shipped"), ("find", {"order": 8}, "lost"), ("refund", {"order": 8, "amount": 12.5}, "ok")
)


@pytest.mark.parametrize(
    ("check", "answer", "passed"),
    [
        (graders.json_valid, '{"a": [1, 2]}', True),
        (graders.json_valid, 'Here it is: {"a": 1}', False),
        (graders.json_valid, '```json\n{"a": 1}\n```', False),
        (graders.json_valid, '{"a": NaN}', False),
        (graders.json_valid, "[" * 100_000, False),
        (graders.json_valid, "  ", False),
        (graders.json_schema({"required": ["a"]}), '{"a": 1}', True),
        (graders.json_schema({"required": ["a"]}), '{"b": 1}', False),
        (graders.json_schema({"format": "date"}), '"2026-02-30"', False),
        (graders.exact_match("Yes."), " Yes.\n", True),
        (graders.exact_match(["No", "Nope"]), "Nope", True),
        (graders.exact_match("Yes."), "yes", False),
        (graders.normalized_match("The cat, sat"), "cat   SAT!", True),
        (graders.normalized_match("\ufb01ne"), "fine", True),
        (graders.normalized_match("cat"), "dog", False),
        (graders.contains(["refund", "7 days"]), "Your Refund takes 7\n days.", True),
        (graders.contains(["refund", "7 days"]), "Your refund is on its way.", False),
        (graders.contains(["refund", "voucher"], every=False), "A voucher.", True),
        (graders.contains("refund", case=True), "Refund", False),
        (graders.excludes("as an AI"), "As an AI, I do.", False),
        (graders.excludes("as an AI"), "I do.", True),
        (graders.matches(r"^ORD-\d+$"), "ORD-17", True),
        (graders.matches(re.compile("order", re.IGNORECASE)), "ORDER", True),
        (graders.matches(r"^\d+$"), "17a", False),
        (graders.numeric_match(1250), "It comes to $1,250.00.", True),
        (graders.numeric_match(1250), "$1,250 of 3 parts", False),
        (graders.numeric_match(1250, which="any"), "$1,250 of 3 parts", True),
        (graders.numeric_match(3.14, absolute=0.01), "about 3.1415", True),
        (graders.numeric_match(100, relative=0.05), "roughly 94", False),
        (graders.numeric_match("-4"), "\N{MINUS SIGN}4", True),
        (graders.numeric_match(4), "four", False),
        (graders.refusal(), "I\N{RIGHT SINGLE QUOTATION MARK}m sorry, but I can\N{RIGHT SINGLE QUOTATION MARK}t help with that.", False),
        (graders.refusal(), "I am sorry for the delay; it is on its way. I cannot find a second parcel.", True),
        (graders.refusal(expected=True), "I must decline.", True),
    ],
)  # fmt: skip
def test_an_answer_passes_or_fails(check: Grader, answer: str, passed: bool) -> None:
    found = check.result(says(answer))
    assert (found.status, found.passed) == ("completed", passed)
    assert passed or found.reason


def test_a_schemas_faults_are_told_by_place_and_the_rest_counted() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    found = graders.json_schema(schema).result(says(json.dumps(dict.fromkeys("abcde", "x"))))
    assert found.reason is not None
    assert found.reason.startswith("a: 'x' is not of type 'integer'; b:")
    assert found.reason.endswith("and 2 more")
    with pytest.raises(InputError, match=r"no JSON Schema, at type"):
        graders.json_schema({"type": "objekt"})


def test_a_schema_that_lies_elsewhere_is_not_fetched_and_that_is_a_crash_not_a_failure() -> None:
    found = graders.json_schema({"$ref": "https://example.test/schema.json"}).result(says("{}"))
    assert found.status == "errored"
    assert found.error is not None
    assert "example.test" in found.error


def test_similarities_are_those_of_their_papers_and_libraries() -> None:
    truth = Truth(("police killed the gunman",))
    answer = says("police kill the gunman")
    assert graders.rouge_l().result(answer, truth).value == pytest.approx(0.75)  # Lin (2004), section 3.1
    assert graders.edit_similarity("kitten").result(says("sitting")).value == pytest.approx(1 - 3 / 7)
    assert graders.token_f1("the cat sat").result(says("A cat sat down.")).value == pytest.approx(0.8)
    for check in (graders.bleu, graders.chrf, graders.rouge_l, graders.edit_similarity, graders.token_f1):
        assert check().result(
            says("It was sent on Monday."), Truth(("It was sent on Monday.",))
        ).value == pytest.approx(1)
        assert check(minimum=0.5).result(says("It was sent on Monday."), Truth(("xyz",))).passed is False
        assert check().result(says("anything"), Truth()).status == "inapplicable"
    # n-gram precisions 6/6, 4/5, 2/4 and 1/3, six words against seven: exp(1 - 7/6) times their geometric mean
    expected = ["The dog had bit the man.", "The dog had bitten the man."]
    assert graders.bleu(expected).result(says("The dog bit the man.")).value == pytest.approx(0.5115, abs=1e-3)


def test_the_nearest_meaning_counts_and_any_embedding_will_do() -> None:
    places = {"warm": [1.0, 0.0], "hot": [0.8, 0.6], "cold": [-1.0, 0.0]}
    check = graders.semantic_similarity(
        ["cold", "hot"], minimum=0.7, embed=lambda texts: np.array([places[t] for t in texts])
    )
    found = check.result(says("warm"))
    assert (found.value, found.passed) == (pytest.approx(0.8), True)


def test_the_bundled_model_knows_a_near_answer_from_a_far_one() -> None:
    check = graders.semantic_similarity("Your refund was sent to your bank.")
    near = check.result(says("We have returned the money to your account.")).value
    far = check.result(says("The museum opens at nine.")).value
    assert near is not None
    assert far is not None
    assert near > far + 0.2


@pytest.mark.parametrize(
    ("check", "passed", "reason"),
    [
        (graders.tool_called("find"), True, "find was called 2 times"),
        (graders.tool_called("find", at_most=1), False, "find was called 2 times"),
        (graders.tool_called("refund", {"order": 8.0}), True, 'refund({"order":8.0}) was called once'),
        (graders.tool_called("refund", {"order": 7}), False, "refund was called with"),
        (graders.tool_called("refund", {"order": True}), False, "refund was called with"),
        (graders.tool_called("cancel"), False, "cancel was called never"),
        (graders.tool_not_called("cancel", "delete"), True, None),
        (graders.tool_not_called("refund"), False, "called refund"),
        (graders.trajectory_match(["find", "refund"]), True, None),
        (graders.trajectory_match(["refund", "find"]), False, "not called in its turn: refund"),
        (graders.trajectory_match(["refund", "find"], order="any order"), True, None),
        (graders.trajectory_match(["find", "find", "refund"], order="exact"), True, None),
        (graders.trajectory_match(["find", "refund"], order="exact"), False, "not expected: find"),
        (graders.trajectory_match(["refund", "find", "find"], order="same calls"), True, None),
        (graders.trajectory_match(["find", "find", "refund", "close"], order="no others"), True, "not called: close"),
        (graders.trajectory_match(["find"], order="no others"), False, "not expected: find, refund"),
        # The first is looked for in the one call that only it fits: both have a call of their own.
        (graders.trajectory_match(["find", ("find", {"order": 7})], order="any order"), True, None),
        (graders.no_repeated_calls(1), True, None),
        (graders.no_failed_calls, True, None),
        (graders.max_tool_calls(2), False, "3 tool calls, 2 allowed"),
        (graders.max_steps(4), True, "4 steps, 4 allowed"),
    ],
)
def test_calls_pass_or_fail(check: Grader, passed: bool, reason: str | None) -> None:
    found = check.result(LOOKED_UP)
    assert (found.status, found.passed) == ("completed", passed)
    assert (found.reason is None) == (reason is None)
    assert reason is None or str(found.reason).startswith(reason)


def test_the_calls_that_a_case_expects_come_from_its_ground_truth() -> None:
    expected = json.dumps({"tool_calls": ["find", {"name": "refund", "arguments": {"order": 8}}]})
    check = graders.trajectory_match()
    assert check.result(LOOKED_UP, Truth(criteria=("is polite", expected))).passed is True
    assert check.result(calls(("find", {}, "x")), Truth((expected,))).value == 0.5
    assert check.result(LOOKED_UP, Truth(("Refunded.",))).status == "inapplicable"


def test_the_same_call_with_the_same_result_again_and_again_is_a_circle_and_waiting_is_none() -> None:
    circle = calls(*[("find", {"order": 7}, "not found")] * 3)
    waiting = calls(*[("status", {"job": 1}, f"{n} of 3") for n in range(4)])
    check = graders.no_repeated_calls()
    found = check.result(circle)
    assert found.passed is False
    assert found.reason == "find was called 3 times with the same arguments and the same result"
    assert json.loads(found.evidence or "[]") == ["t/s1", "t/s2", "t/s3"]
    assert check.result(waiting).passed is True
    assert check.result(says("Hello")).status == "inapplicable"


def test_facts_that_nobody_told_the_agent_are_named() -> None:
    told = calls(("find", {}, '{"id": "A-17", "total": 1250.0, "sent": "2026-03-01"}'))
    say = lambda text: AgentLoop("s", (*told.steps[:1], Step(2, 1, "assistant", text=text)))  # noqa: E731
    check = graders.grounded_in_tool_results()
    assert check.result(say("A-17 was sent on 2026-03-01 and comes to $1,250, in 2 parts.")).passed is True
    wrong = check.result(say("A-71 comes to $1,205."))
    assert (wrong.passed, wrong.value) == (False, 0.0)
    assert wrong.reason == "2 of 2 facts are not in what the agent was told: A-71, 1,205"
    assert check.result(say("It is on its way.")).status == "inapplicable"
    assert check.result(says("It comes to $1,250.")).status == "inapplicable"
    assert graders.grounded_in_tool_results(0.5).result(say("A-17 comes to $99.")).passed is True


def test_budgets_hold_what_a_trial_took_and_keep_out_where_nobody_measured() -> None:
    said = {"output": "Fine.", "cost": 0.02, "input_tokens": 900, "output_tokens": 200, "seconds": 3.0}
    checks = [
        graders.max_seconds(2), graders.max_cost(0.05), graders.max_tokens(1000), graders.max_tokens(2000, name="roomy"),
    ]  # fmt: skip
    made = experiment.run(lambda _: said, [{"case_id": "c", "input": "Hi"}], graders=checks)
    assert dict(made.outcomes.select("grader", "passed").rows()) == {
        "max_seconds": False, "max_cost": True, "max_tokens": False, "roomy": True,
    }  # fmt: skip
    for check in checks:
        assert check.result(says("x")).status == "inapplicable"
    with pytest.raises(InputError, match="expected a number of seconds, more than 0"):
        graders.max_seconds(0)


def test_an_agent_is_judged_by_what_it_did_itself_not_by_what_it_was_handed() -> None:
    handed = [
        {"role": "user", "content": "Refund 7."},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "refund", "arguments": {"order": 7}}]},
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
        {"role": "assistant", "content": '{"done": true}'},
        {"role": "user", "content": "And now?"},
    ]
    checks = [graders.tool_not_called("refund"), graders.max_steps(1), graders.json_valid]
    rows = [{"case_id": "c", "prefix": json.dumps(handed)}]
    made = experiment.run(lambda _: "Nothing more.", rows, graders=checks)
    assert dict(made.outcomes.select("grader", "passed").rows()) == {
        "tool_not_called": True, "max_steps": True, "json_valid": False,
    }  # fmt: skip


def test_what_sessions_took_reaches_their_graders_and_a_changed_figure_is_graded_anew() -> None:
    steps = [{"session_id": s, "number": 1, "turn": 1, "kind": "assistant", "text": "x"} for s in ("s", "t")]
    took = [{"session_id": "s", "seconds": 3.0}]
    check = graders.max_seconds(2)
    found = grade.grade(steps, [check], usage=took)
    assert dict(found.frame.select("session_id", "status").rows()) == {"s": "completed", "t": "inapplicable"}
    kept = found.to_annotations(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    again = grade.grade(steps, [check], usage=[{"session_id": "s", "seconds": 1.0}], kept=kept)
    assert again.frame["passed"].to_list() == [True, None]


def test_two_settings_are_two_graders_and_the_same_one_is_the_same_everywhere() -> None:
    assert graders.contains("a").fingerprint == graders.contains("a").fingerprint
    assert len({graders.contains(text).fingerprint for text in ("a", "b", None)}) == 3
    assert graders.max_cost(1).fingerprint != graders.max_cost(2).fingerprint
    with pytest.raises(InputError, match="one name"):
        experiment.run(
            lambda _: "x", [{"case_id": "c", "input": "x"}], graders=[graders.contains("a"), graders.contains("b")]
        )


def test_they_are_found_in_files_and_by_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from workbench import graders\nGRADERS = [graders.json_valid, graders.max_steps(3, name='short')]\n",
        encoding="utf-8",
    )
    assert [each.name for each in load_graders(file)] == ["json_valid", "short"]
    assert load_graders(f"{file}:short")[0].name == "short"
    assert load_graders("workbench.graders:json_valid") == [wb.graders.json_valid]


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (graders.excludes, EmptyError, "at least one text"),
        (lambda: graders.matches("("), InputError, "no regular expression"),
        (lambda: graders.numeric_match("none"), InputError, "holds no number"),
        (lambda: graders.numeric_match(1, absolute=-1), InputError, "below 0"),
        (lambda: graders.rouge_l(minimum=50), InputError, "from 0 to 1"),
        (lambda: graders.tool_called("x", at_most=0), InputError, "tool_not_called"),
        (graders.tool_not_called, EmptyError, "forbidden tool"),
        (lambda: graders.trajectory_match([7]), InputError, "no expected tool call"),
        (lambda: graders.trajectory_match(["x"], order="sorted"), InputError, "order 'sorted'"),
        (lambda: graders.no_repeated_calls(0), InputError, "1 or more"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_what_to_do(wrong: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        wrong()


def test_of_a_session_without_any_answer_every_check_says_so() -> None:
    silent = AgentLoop("s", (Step(1, 1, "user", text="Hi"),), Usage())
    for check in (graders.json_valid, graders.exact_match("x"), graders.json_schema(True)):
        found = check.result(silent)
        assert (found.passed, found.reason) == (False, "the agent gave no answer")


def test_a_check_handed_over_uncalled_called_too_much_or_alone_says_what_to_do() -> None:
    from workbench import experiment

    rows = [{"case_id": "a", "input": "Where?"}]

    def run(given: Any) -> Any:
        return experiment.run(lambda _task: "{}", rows, graders=given)

    assert run([graders.json_valid]).outcomes["passed"].to_list() == [True]
    with pytest.raises(InputError, match=r"call it with what it should look for, wb\.graders\.contains\(…\)"):
        run([graders.contains])
    with pytest.raises(InputError, match="json_valid is a grader already"):
        graders.json_valid()
    with pytest.raises(InputError, match=r"write graders=\[json_valid\]"):
        run(graders.json_valid)
