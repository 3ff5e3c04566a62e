"""One HTML page that opens anywhere: no Jupyter, no network, no script."""

from __future__ import annotations

from workbench.report._page import Section, page

__all__ = ["Section", "page"]
