"""The recorded world of a session: tool calls and results by canonical key, kept before the telemetry expires."""

from __future__ import annotations

from workbench.world._key import call_key
from workbench.world._replay import Replay
from workbench.world._world import Answer, Call, Miss, Payloads, World, record, whole_payloads
from workbench.world._writes import changes_something

__all__ = [
    "Answer",
    "Call",
    "Miss",
    "Payloads",
    "Replay",
    "World",
    "call_key",
    "changes_something",
    "record",
    "whole_payloads",
]
