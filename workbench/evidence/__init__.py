"""The evidence: every session as its canonical agent loop, one row a step, read in the same way by everybody."""

from workbench.evidence._loop import AgentLoop, Step, loop, loops
from workbench.evidence._sessions import sessions
from workbench.evidence._steps import steps

__all__ = ["AgentLoop", "Step", "loop", "loops", "sessions", "steps"]
