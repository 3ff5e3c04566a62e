"""A language model that the user has configured: asked in bounded numbers, never the same question twice, every call counted."""

from workbench.model._answers import Answers, Keeps
from workbench.model._model import Model
from workbench.model._spent import Spent

__all__ = ["Answers", "Keeps", "Model", "Spent"]
