"""The evidence: every session as its canonical agent loop, one row a step, read in the same way by everybody."""

from workbench.evidence._consent import PERMITTED, REFUSED, permitted, refusals
from workbench.evidence._fenced import Words, fenced
from workbench.evidence._from_messages import from_messages
from workbench.evidence._loop import AgentLoop, Step, Usage, loop, loops
from workbench.evidence._outcomes import OUTCOME_COLUMNS, Outcomes, Selection, Signal, outcomes
from workbench.evidence._render import Cut, Rendering, render
from workbench.evidence._results import results
from workbench.evidence._sessions import ROLL_UP_COLUMNS, SESSION_COLUMNS, roll_up, sessions
from workbench.evidence._side_by_side import SideBySide, side_by_side
from workbench.evidence._signals import signals
from workbench.evidence._steps import STEP_COLUMNS, VERSION, steps

__all__ = [
    "OUTCOME_COLUMNS",
    "PERMITTED",
    "REFUSED",
    "ROLL_UP_COLUMNS",
    "SESSION_COLUMNS",
    "STEP_COLUMNS",
    "VERSION",
    "AgentLoop",
    "Cut",
    "Outcomes",
    "Rendering",
    "Selection",
    "SideBySide",
    "Signal",
    "Step",
    "Usage",
    "Words",
    "fenced",
    "from_messages",
    "loop",
    "loops",
    "outcomes",
    "permitted",
    "refusals",
    "render",
    "results",
    "roll_up",
    "sessions",
    "side_by_side",
    "signals",
    "steps",
]
