"""What two reviewers wrote down while reading: their words for each failure, and their notes."""

from __future__ import annotations

from typing import Final

__all__ = ["ANY_FAILURE", "MISREAD", "NAMES", "NOTES", "PASSED"]

NAMES: Final[dict[str, dict[str, str]]] = {
    "ana": {
        "tool_error_as_success": "says done after a tool error", "wrong_question": "answers another question", "stale_document": "old policy",
        "wrong_order_refund": "refunds the wrong order", "loop": "goes in circles", "combination": "forgets what it just changed",
        "lost_context": "loses the thread in long chats", "policy_broken": "ignores the policy",
    },
    "ben": {
        "tool_error_as_success": "fake success", "wrong_question": "misread request", "stale_document": "outdated doc", "wrong_order_refund": "wrong order",
        "loop": "loop", "combination": "steps don't add up", "lost_context": "context lost", "policy_broken": "rule violation",
    },
}  # fmt: skip

# {tool} the tool of the step, {said} and {asked} the beginnings of what the agent and the customer said, {turn} the turn, {order} an order
# number of the step, {doc} the document that was followed
NOTES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "ana": {
        "tool_error_as_success": (
            '{tool} came back with an error and the reply still tells the customer it is done: "{said}". Nothing happened.', "The call to {tool} never succeeded. No retry, no apology, just a confirmation.",
            "Confirms although {tool} was refused. The customer will find out in a week.", 'Error in the result of {tool} is not even mentioned, it goes straight to "{said}"',
            "Checked the result of {tool} twice: it did not work. The agent says the opposite."),
        "wrong_question": (
            'Customer wrote "{asked}" and gets an answer to something else. What it says is true, by the way.', 'Correct information, wrong topic. Asked: "{asked}"', "It picked a neighbouring question. The actual one is never answered.",
            'Does not address "{asked}" at all.'),
        "stale_document": (
            "Quotes the rule that was replaced. The newer version of {doc} has another figure.", "Answer is from {doc}, which is last year's. The current one says something else.", "The number is out of date, look at the effective date of {doc}.",
            "Retrieval brings an old version and the agent does not look at the date"),
        "wrong_order_refund": (
            "Money goes back for {order}, but that is not the order the customer wants to return.", "Refund booked on {order}!! Customer meant a different one. Reply hides it.", "Wrong order id in {tool} ({order}).",
            "Two orders on the account, it took the other one ({order})."),
        "loop": (
            "Repeats {tool} with the same input and never gets to an answer.", "Calls {tool} over and over, then gives up. The first result already had everything.", 'Same lookup again and again, customer is left hanging: "{said}"'),
        "combination": (
            "Each step looks fine by itself, but the second does not take into account what the first one changed.", 'It did something a turn earlier that makes this answer wrong ("{said}").', "Did both, one after the other. Together this is wrong.",
            "Not consistent with its own action just before."),
        "lost_context": (
            "By turn {turn} it no longer knows what was agreed at the beginning.", "Long chat; in turn {turn} the first order is forgotten.", "Customer gave this in the first message. Turn {turn} acts as if not."),
        "policy_broken": (
            "The rule says no, the agent does it anyway with {tool}.", "{tool} outside of what the policy allows. Nobody approved that.", "Should have been declined, see the dates on the order.", "Makes an exception that it has no right to make."),
    },
    "ben": {
        "tool_error_as_success": ("{tool} failed, agent says success", "not done. {tool} = error", "claims done, isn't. again {tool}", "error swallowed", "{tool} didn't go through, user told it did"),
        "wrong_question": ("not what was asked", 'user: "{asked}" -> answer is about sth else', "answers a different question, facts ok", "off target"),
        "stale_document": ("old doc used ({doc})", "{doc} superseded, figure wrong", "policy out of date", "wrong version of the doc"),
        "wrong_order_refund": ("refunded {order}, wrong one", "wrong order!", "{order} is not what user meant"),
        "loop": ("stuck, {tool} x n", "loops, no result", "same call repeated, ends w/o answer"),
        "combination": ("each call ok, sum isn't", "2nd step ignores the 1st", "contradicts own action before"),
        "lost_context": ("turn {turn}: forgot turn 1", "asks/uses wrong thing, info was in first msg", "context gone by turn {turn}"),
        "policy_broken": ("not allowed per policy, did {tool}", "past the limit, still done", "no check, rule broken"),
    },
}  # fmt: skip

PASSED: Final[dict[str, tuple[str, ...]]] = {
    "ana": ("Fine.", "Does what was asked, and says so.", "A bit wordy, but correct.", "Nothing wrong here that I can see.", "Correct as far as I can tell.", "Looks right to me.", "Good, friendly too."),
    "ben": ("ok", "fine", "correct", "lgtm", "ok, could be shorter", "nothing to say"),
}  # fmt: skip

ANY_FAILURE: Final[dict[str, tuple[str, ...]]] = {
    "ana": ('Not acceptable: "{said}" in turn {turn}.', "Turn {turn} goes wrong, the customer does not get what was asked for.", 'This is not how it should be handled: "{said}"'),
    "ben": ("wrong in turn {turn}", 'no: "{said}"', 'user asked "{asked}", did not get it'),
}  # fmt: skip
"""For the failure modes that do not occur in the shipped sample."""

MISREAD: Final[dict[str, tuple[str, str]]] = {
    "ana": ("Customer leaves without what they wanted. The agent could have offered more.", "unhelpful"),
    "ben": ("user not happy, agent just says no", "unhelpful"),
}  # fmt: skip
