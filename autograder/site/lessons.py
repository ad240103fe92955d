"""A student's copy that has run, as the body of a page: by nbconvert, with a template and a renderer of our own."""

from __future__ import annotations

import copy
from pathlib import Path

from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbformat.notebooknode import NotebookNode
from traitlets.config import Config

from autograder.site.text import Page, SiteError

TEMPLATES = Path(__file__).parent / "template"
SECRET = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS")
SHOWN = ("text/html", "text/plain")  # kinds of outputs, the richest first


class _Cells(TemplateExporter):  # type: ignore[misc]  # nbconvert has no types
    """nbconvert's way with cells and templates. Its HTMLExporter would at last read and write all HTML anew, which
    changes every figure, and gives words to a picture that has none."""

    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"


def lesson_body(notebook: NotebookNode, page: Page) -> str:
    """The HTML of a student's copy. Outputs stay as they are, so that figures are alive; those of checks, which could
    only say that nothing is attempted, are left out.

    Raises SiteError for a notebook with solutions or hidden tests in it, and for an output that a page cannot show.
    """
    shown = copy.deepcopy(notebook)
    for cell in shown.cells:
        if any(word in cell.source for word in SECRET):
            raise SiteError(f"cell {cell.get('id', '')} is no student's: it has a solution or a hidden test in it")
        if cell.get("id", "").startswith("check-"):
            cell.outputs = []
        for output in cell.get("outputs", []):
            _look_at(output, cell.get("id", ""))
    exporter = _Cells(
        template_name="lesson",
        extra_template_basedirs=[str(TEMPLATES)],
        config=Config(
            NbConvertBase={"display_data_priority": list(SHOWN)},
            TagRemovePreprocessor={"enabled": True, "remove_input_tags": {"hide-input"}},
        ),
    )
    exporter.register_filter("markdown2html", page.render)
    exporter.register_filter("highlight_code", Highlight2HTML(pygments_lexer="ipython3"))
    body, _ = exporter.from_notebook_node(shown)
    return str(body)


def _look_at(output: NotebookNode, cell: str) -> None:
    kinds = set(output.get("data", {})) - set(SHOWN)
    if kinds or output.output_type == "error" or output.get("name") == "stderr":
        told = ", ".join(sorted(kinds)) or output.get("name") or output.output_type
        raise SiteError(f"cell {cell} has an output that the page does not show: {told}")
