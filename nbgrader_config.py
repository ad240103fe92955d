"""nbgrader's settings for this course: `nbgrader generate_assignment 02_convolution`, `nbgrader autograde …`.

Everything lies beside this file, whichever folder nbgrader is called from.
"""

import os
from pathlib import Path

from nbgrader.converters import Autograde, GenerateAssignment
from traitlets.log import get_logger

from autograder.grading import converter, gradebook
from autograder.grading.secret import marking_seed_file

ROOT = Path(__file__).resolve().parent

c = get_config()  # noqa: F821  (traitlets puts it here)

c.CourseDirectory.course_id = "convcourse"
c.CourseDirectory.root = str(ROOT)
# A gradebook in PostgreSQL: CONVCOURSE_GRADEBOOK=postgresql://user@host/database
c.CourseDirectory.db_url = gradebook.url(os.environ.get(gradebook.VARIABLE) or f"sqlite:///{ROOT / 'gradebook.db'}")
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
# Lessons' texts and what programs leave behind are not part of an assignment.
c.CourseDirectory.ignore = ["*.py", "*.pyc", "__pycache__", ".ipynb_checkpoints", ".DS_Store", "*.tmp", "feedback"]

# The students' copies: nbgrader's own steps, with our way of emptying solutions.
c.GenerateAssignment.preprocessors = [
    "autograder.building.release.ClearSolutions" if step.__name__ == "ClearSolutions" else step
    for step in GenerateAssignment.class_traits()["preprocessors"].default()
]
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}

# Before a submission is run, it is rebuilt from the bytes of its file on the lesson as it was handed out. That leaves
# nothing for nbgrader's ClearOutput and DeduplicateIds to do. OverwriteCells still sees to it that the gradebook has
# the last word, where the lesson has changed since it was handed out.
converter.install()
c.Autograde.sanitize_preprocessors = [
    "autograder.grading.preprocessors.Repair",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# A cell that the gradebook has and the handed out lesson has not comes in, in place of waiting for a person for ever.
c.OverwriteCells.add_missing_cells = True

# A notebook is checked against Jupyter's format when all steps are done with it, not after each.
c.Exporter.optimistic_validation = True

# What students get back: the course's own page, made by nbgrader's `generate_feedback`.
c.GenerateFeedback.exporter_class = "autograder.reports.generate.FeedbackPage"
c.GenerateFeedback.preprocessors = []

# What the formgrader shows of a student's own must not act there, in the browser of whoever marks.
c.HTMLExporter.preprocessors = ["autograder.reports.formgrader.Harmless"]
c.Harmless.enabled = True

# grades.csv says how many exercises of each submission still have to be marked by hand.
c.ExportApp.plugin_class = "autograder.grading.spreadsheet.Spreadsheet"

# Submissions run in a sandbox, and their checks are judged outside of it. What has been run is kept.
c.Autograde.autograde_preprocessors = [
    "autograder.grading.execute.SandboxedExecute" if step.__name__ == "Execute" else step
    for step in Autograde.class_traits()["autograde_preprocessors"].default()
]
c.SandboxedExecute.cache = str(ROOT / ".marking" / "cache")

# Marking draws its cases from a secret of the class, so that no one can type in the answers.
try:
    if "CONVCOURSE_MARKING_SEED" not in os.environ:
        os.environ["CONVCOURSE_MARKING_SEED"] = marking_seed_file(ROOT)
except OSError as error:
    get_logger().warning(
        "Marking uses the cases that students see: the secret of the class can be neither read nor made (%s).", error
    )
