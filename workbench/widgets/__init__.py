"""The widgets' Python half: the labeller, the map of modes and the promoter. The browser half lies in the top-level ``widgets/``."""

from __future__ import annotations

from workbench.widgets._assets import asset
from workbench.widgets._colouring import can_colour
from workbench.widgets._explorer import Explorer
from workbench.widgets._labeller import Labeller
from workbench.widgets._promoter import Promoter
from workbench.widgets._services import Services
from workbench.widgets._session import conversation
from workbench.widgets._types import ACTIONS, Change, Item, Label, MapEvent

__all__ = [
    "ACTIONS",
    "Change",
    "Explorer",
    "Item",
    "Label",
    "Labeller",
    "MapEvent",
    "Promoter",
    "Services",
    "asset",
    "can_colour",
    "conversation",
]
