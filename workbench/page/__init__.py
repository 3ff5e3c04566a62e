"""A queue as a page of its own, for who reads without a notebook: one address, one reviewer, and nothing to run code in."""

from __future__ import annotations

from workbench.page._page import Page, open_page
from workbench.page._shown import show

__all__ = ["Page", "open_page", "show"]
