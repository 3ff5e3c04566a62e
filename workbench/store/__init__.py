"""The store: traces as Parquet, decisions in SQL, payloads by content, caches that may be deleted."""

from __future__ import annotations

from workbench.store._answers import Answers
from workbench.store._blobs import Blobs
from workbench.store._database import Database
from workbench.store._files import make_folder, write_whole
from workbench.store._store import DATABASE_VARIABLE, Store
from workbench.store._vectors import Vectors

__all__ = ["DATABASE_VARIABLE", "Answers", "Blobs", "Database", "Store", "Vectors", "make_folder", "write_whole"]
