"""Failure modes from sessions: what went wrong as text, grouped by density, named by contrast, with its evidence and its doubt."""

from workbench.cluster._assigned import Assigned
from workbench.cluster._bend import LABELS, NO_FAILURE
from workbench.cluster._cluster import cluster
from workbench.cluster._cross import CrossTable, cross
from workbench.cluster._crosswalk import taxonomies
from workbench.cluster._curve import LearningCurve
from workbench.cluster._edits import Edit
from workbench.cluster._embed import Embedder, Embeds, MemoryCache, VectorCache, default_embedder
from workbench.cluster._facet import TEXTS, Facet, facet_text
from workbench.cluster._families import Families
from workbench.cluster._features import features
from workbench.cluster._modes import Home, Modes
from workbench.cluster._prevalence import Prevalence
from workbench.cluster._question import WHAT_WENT_WRONG, Written, written
from workbench.cluster._space import Views
from workbench.cluster._written import Asks, WrittenFacet, write_facet

__all__ = [
    "LABELS",
    "NO_FAILURE",
    "TEXTS",
    "WHAT_WENT_WRONG",
    "Asks",
    "Assigned",
    "CrossTable",
    "Edit",
    "Embedder",
    "Embeds",
    "Facet",
    "Families",
    "Home",
    "LearningCurve",
    "MemoryCache",
    "Modes",
    "Prevalence",
    "VectorCache",
    "Views",
    "Written",
    "WrittenFacet",
    "cluster",
    "cross",
    "default_embedder",
    "facet_text",
    "features",
    "taxonomies",
    "write_facet",
    "written",
]
