"""A queue as a page of its own, for who reads without a notebook: one address, one reviewer, and nothing to run code in."""

from __future__ import annotations

from workbench.page._page import Page, open_page

__all__ = ["Page", "open_page"]
