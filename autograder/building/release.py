"""What nbgrader does differently for this course when it makes the students' copies."""

from __future__ import annotations

import nbgrader.preprocessors
from nbformat.notebooknode import NotebookNode

from autograder.building.regions import empty_values


class ClearSolutions(nbgrader.preprocessors.ClearSolutions):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's ClearSolutions, except that typed values at the top level of a cell become `name = ...`.

    A notebook of such stubs runs from top to bottom, and a reader sees which names are asked for.
    """

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        original = cell.source
        if cell.cell_type == "code":
            try:
                cell.source = empty_values(original)
            except ValueError as error:
                raise RuntimeError(f"{error}; the cell is:\n{original}") from error
        replaced = super()._replace_solution_region(cell, language)
        return bool(replaced or cell.source != original)
