"""nbgrader's step "run the notebook", with a sandbox around the student's code and the judge outside of it."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import replace
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Unicode

from autograder.grading import account, cache
from autograder.grading.limits import LIMITS, Limits


class SandboxedExecute(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Run a repaired notebook in a sandbox and judge its checks outside."""

    isolated = Bool(
        True, help="Whether students' code runs in a sandbox. Without one it has all rights of whoever marks."
    ).tag(config=True)
    cell_seconds = Float(LIMITS.cell_seconds, help="The longest that one cell may take.").tag(config=True)
    notebook_seconds = Float(
        LIMITS.notebook_seconds, help="The longest that a whole notebook may take, its questions included."
    ).tag(config=True)
    ask_seconds = Float(LIMITS.ask_seconds, help="The longest that one call of a student's function may take.").tag(
        config=True
    )
    cache = Unicode("", help="The folder that keeps what has been run, so that it is not run again.").tag(config=True)

    def preprocess(self, notebook: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Run and judge `notebook`, or take what came of it before. Raises SandboxError where nothing can be run."""
        about = resources["nbgrader"]
        seed = student_seed(os.environ.get("CONVCOURSE_MARKING_SEED", ""), about["student"], about["assignment"])
        limits = self.limits()
        key = cache.key(notebook, seed, limits, self.isolated)
        marked = cache.load(Path(self.cache), key) if self.cache else None
        if marked is None:
            marked = self._run(notebook, seed, limits)
            if self.cache:
                cache.store(Path(self.cache), key, str(nbformat.writes(marked)))
        # Only what running and judging has added: the rest of this very notebook is what nbgrader goes on with.
        for cell, kept in zip(notebook.cells, marked.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = kept.outputs, kept.execution_count
        told = replace(account.read(marked.metadata), remarks=account.read(notebook.metadata).remarks)
        account.write(told, notebook.metadata)
        return notebook, resources

    def limits(self) -> Limits:
        """The limits of the course with what the configuration says of them."""
        return replace(
            LIMITS,
            cell_seconds=self.cell_seconds,
            notebook_seconds=self.notebook_seconds,
            ask_seconds=self.ask_seconds,
        )

    def _run(self, notebook: NotebookNode, seed: str, limits: Limits) -> NotebookNode:
        from autograder.grading.running import run  # imports torch, which is not needed for what is kept
        from autograder.grading.sandbox import shared

        return run(notebook, shared(self.isolated), seed, limits)


def student_seed(secret: str, student: str, assignment: str) -> str:
    """What the cases of one student's checks are drawn from: told by nothing but the secret of the class.

    Nothing where the class has no secret, and then the cases are those that students see.
    """
    if not secret:
        return ""
    return hmac.new(secret.encode(), f"{student}\0{assignment}".encode(), hashlib.sha256).hexdigest()
