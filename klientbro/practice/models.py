"""The tables of what the products share. Each part keeps its own; Django looks for them here."""

from __future__ import annotations

from klientbro.practice.assignments.tables import (
    Assignment,
    AssignmentTemplate,
    Task,
    TaskEvent,
    TemplateTask,
)
from klientbro.practice.lines.tables import LineChange, LineRule

__all__ = [
    "Assignment",
    "AssignmentTemplate",
    "LineChange",
    "LineRule",
    "Task",
    "TaskEvent",
    "TemplateTask",
]
