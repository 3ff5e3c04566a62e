"""The field's standard checks as graders, such as `wb.graders.json_valid` and `wb.graders.tool_called("refund", {"order": 7})`.

Each is made by calling it with what it should look for, but for `json_valid` and `no_failed_calls`, which need nothing. Those that compare with
an expected answer take the case's own where none is given; a session without one does not apply, and is counted so. In an experiment all of
them look at what the agent did itself, not at the messages that it was handed.
"""

from workbench.graders._budget import max_cost, max_seconds, max_steps, max_tokens, max_tool_calls
from workbench.graders._format import json_schema, json_valid
from workbench.graders._grounded import grounded_in_tool_results
from workbench.graders._similar import bleu, chrf, edit_similarity, rouge_l, semantic_similarity, token_f1
from workbench.graders._text import contains, exact_match, excludes, matches, normalized_match, numeric_match, refusal
from workbench.graders._tools import no_failed_calls, no_repeated_calls, tool_called, tool_not_called, trajectory_match

__all__ = [
    "bleu",
    "chrf",
    "contains",
    "edit_similarity",
    "exact_match",
    "excludes",
    "grounded_in_tool_results",
    "json_schema",
    "json_valid",
    "matches",
    "max_cost",
    "max_seconds",
    "max_steps",
    "max_tokens",
    "max_tool_calls",
    "no_failed_calls",
    "no_repeated_calls",
    "normalized_match",
    "numeric_match",
    "refusal",
    "rouge_l",
    "semantic_similarity",
    "token_f1",
    "tool_called",
    "tool_not_called",
    "trajectory_match",
]
