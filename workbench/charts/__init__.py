"""Charts of results: readable on light and dark, in grey and aloud, and without a network."""

from workbench.charts._comparison import difference, flips, pass_k
from workbench.charts._modes import map_ as map  # noqa: A004 - what it is
from workbench.charts._modes import modes
from workbench.charts._render import disable, enable, to_html, to_svg
from workbench.charts._runs import cost, history

__all__ = ["cost", "difference", "disable", "enable", "flips", "history", "map", "modes", "pass_k", "to_html", "to_svg"]
