"""What the formgrader shows of a marked notebook, made harmless: it is looked at in the browser of whoever marks.

nbconvert's own SanitizeHTML leaves `[x](javascript:…)` in markdown; here everything goes through the same cleaning as
on the feedback page. The notebook itself stays as it is.
"""

from __future__ import annotations

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode

from autograder.reports import clean

PLAIN = {"text/plain", "image/png", "image/jpeg", "image/gif"}


class Harmless(Preprocessor):  # type: ignore[misc]  # nbconvert's types are not used here
    """Let nothing in a notebook act: its markdown and HTML become the few tags of the feedback page."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Clean one cell of the copy that is to be shown."""
        if cell.cell_type == "markdown":
            # One line in one block, for what stands after an empty line nbconvert would take for markdown again.
            cell.source = f"<div>{clean.markdown(cell.source, lesson=True)}</div>".replace("\n", "&#10;")
            cell.attachments = {}
        elif cell.cell_type == "raw":
            cell.cell_type, cell.outputs, cell.execution_count = "code", [], None
        ours = bool(cell.metadata.get("nbgrader", {}).get("grade"))
        for output in cell.get("outputs", []):
            if "data" not in output:
                continue
            data = {kind: value for kind, value in output.data.items() if kind in PLAIN}
            if "text/html" in output.data:
                source = str(output.data["text/html"])
                data["text/html"] = str(clean.verdict(source) if ours else clean.html(source))
            output.data = NotebookNode(data)
        return cell, resources
