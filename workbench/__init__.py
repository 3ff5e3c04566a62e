"""Trace Workbench."""
