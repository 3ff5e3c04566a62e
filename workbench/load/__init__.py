"""Formats in: files of any known export become the tables of the workbench, and every record is accounted for.

A format is one reader, one file, one line in `_registry`; another package adds one through the entry point group
`workbench.readers` (a class with `name`, `keys`, `fits` and `read`; see `Reader`).
"""

from workbench.load._into import Into
from workbench.load._joins import find_targets, join_scores, loose_keys, waiting, without_summaries
from workbench.load._ledger import FreshFile, batches, resolved, unread
from workbench.load._loaded import UNKNOWN, Loaded
from workbench.load._mapping import TableMapping, table_mappings
from workbench.load._read import read
from workbench.load._registry import Reader, readers
from workbench.load._report import LoadReport
from workbench.load._sheet import LoadOptions, Sheet
from workbench.load._source import Source, expand, fingerprint, gather
from workbench.load._spill import looks_cut

__all__ = [
    "UNKNOWN",
    "FreshFile",
    "Into",
    "LoadOptions",
    "LoadReport",
    "Loaded",
    "Reader",
    "Sheet",
    "Source",
    "TableMapping",
    "batches",
    "expand",
    "find_targets",
    "fingerprint",
    "gather",
    "join_scores",
    "looks_cut",
    "loose_keys",
    "read",
    "readers",
    "resolved",
    "table_mappings",
    "unread",
    "waiting",
    "without_summaries",
]
