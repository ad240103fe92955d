"""The same for nbgrader's own command: `nbgrader export --exporter autograder.reports.export.plugins.Canvas`.

What a plug-in needs besides `--to` is set as all of nbgrader's settings are: `--Canvas.template=gradebook.csv` on the
command line, or `c.Canvas.template = …` in nbgrader_config.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Dict, Unicode

from autograder.grading.collecting.roster import Roster, read_roster
from autograder.reports.export import canvas, moodle, table
from autograder.reports.export.export import collected_in, save
from autograder.reports.export.filling import Filled
from autograder.reports.export.marks import ExportError, Marks, read


class Exporter(ExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """What our plug-ins have in common."""

    to: str
    student: list[str]
    assignment: list[str]

    template = Unicode("", help="the platform's own file, which is filled in").tag(config=True)
    partial = Bool(False, help="hand on marks of which parts are still to be marked by hand").tag(config=True)
    roster = Unicode("", help="a CSV file that says by which ids a student is known").tag(config=True)
    default_name = "marks.csv"

    def export(self, gradebook: Any) -> None:
        """Write the marks of an open Gradebook to the file `to`. Raises ExportError, RosterError."""
        marks = read(gradebook, None, [str(item) for item in self.student], [str(item) for item in self.assignment])
        template = Path(self.template) if self.template else None
        filled = self.filled(marks, template, read_roster(Path(self.roster)) if self.roster else None)
        save(filled, Path(self.to or self.default_name), template)
        for line in filled.said:
            self.log.info("%s", line)
        for line in filled.problems:
            self.log.warning("%s", line)

    def filled(self, marks: Marks, template: Path | None, roster: Roster | None) -> Filled:
        """The table."""
        raise NotImplementedError

    def root(self) -> Path:
        """The course's folder."""
        return Path(self.parent.coursedir.root) if getattr(self.parent, "coursedir", None) else Path.cwd()


class Canvas(Exporter):
    """A gradebook that Canvas has exported, filled in."""

    columns = Dict(help="column's title → assignment, where the titles do not say it").tag(config=True)
    default_name = "canvas_marks.csv"

    def filled(self, marks: Marks, template: Path | None, roster: Roster | None) -> Filled:
        """The gradebook of Canvas with marks. Raises ExportError."""
        if template is None:
            raise ExportError(f"--Canvas.template=FILE is needed: {canvas.EXPECTED}")
        chosen, known = dict(self.columns), collected_in(self.root())
        return canvas.fill(template, marks, chosen=chosen, roster=roster, collected=known, partial=self.partial)


class Moodle(Exporter):
    """Moodle's grading worksheet filled in; without a template, a table for its gradebook's import."""

    comments = Bool(False, help="fill in Feedback comments as well").tag(config=True)
    default_name = "moodle_marks.csv"

    def filled(self, marks: Marks, template: Path | None, roster: Roster | None) -> Filled:
        """The worksheet with marks, or the table. Raises ExportError."""
        if template is None:
            return moodle.table(marks, roster, partial=self.partial)
        known = collected_in(self.root())
        return moodle.fill(
            template, marks, roster=roster, collected=known, partial=self.partial, comments=self.comments
        )


class Exercises(Exporter):
    """A row for each student, a column for each exercise."""

    default_name = "exercises.csv"

    def filled(self, marks: Marks, template: Path | None, roster: Roster | None) -> Filled:
        """The table."""
        return table.table(marks, roster, partial=self.partial)
