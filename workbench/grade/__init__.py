"""Graders: functions that measure one criterion on one session, run over many, with every result accounted for."""

from workbench.grade._find import load_graders
from workbench.grade._grade import GRADES, Grades, grade
from workbench.grade._grader import Grader, Result, Score, Truth, grader

__all__ = ["GRADES", "Grader", "Grades", "Result", "Score", "Truth", "grade", "grader", "load_graders"]
