"""nbgrader's step "run the notebook", with a sandbox around the student's code and the judge outside of it."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import replace

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float

from autograder.grading.limits import LIMITS, Limits
from autograder.grading.running import run
from autograder.grading.sandbox import shared


class SandboxedExecute(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Run a repaired notebook in a sandbox and judge its checks outside."""

    isolated = Bool(
        True, help="Whether students' code runs in a sandbox. Without one it has all rights of whoever marks."
    ).tag(config=True)
    cell_seconds = Float(LIMITS.cell_seconds, help="The longest that one cell may take.").tag(config=True)
    notebook_seconds = Float(LIMITS.notebook_seconds, help="The longest that a whole notebook may take.").tag(
        config=True
    )
    ask_seconds = Float(LIMITS.ask_seconds, help="The longest that one call of a student's function may take.").tag(
        config=True
    )

    def preprocess(self, notebook: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Run and judge `notebook`. Raises SandboxError where there is no sandbox to run it in."""
        about = resources["nbgrader"]
        seed = student_seed(os.environ.get("CONVCOURSE_MARKING_SEED", ""), about["student"], about["assignment"])
        return run(notebook, shared(self.isolated), seed, self._limits()), resources

    def _limits(self) -> Limits:
        return replace(
            LIMITS,
            cell_seconds=self.cell_seconds,
            notebook_seconds=self.notebook_seconds,
            ask_seconds=self.ask_seconds,
        )


def student_seed(secret: str, student: str, assignment: str) -> str:
    """What the cases of one student's checks are drawn from: told by nothing but the secret of the class.

    Nothing where the class has no secret, and then the cases are those that students see.
    """
    if not secret:
        return ""
    return hmac.new(secret.encode(), f"{student}\0{assignment}".encode(), hashlib.sha256).hexdigest()
