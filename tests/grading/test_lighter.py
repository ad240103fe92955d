"""What nbgrader is spared: an engine for every opening of the gradebook, a check of its schema for every cell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import nbgrader.api
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader import dbutil
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.nbgraderformat import MetadataValidator, ValidationError

from autograder.grading import lighter

SCHEMA = {"type": "object", "properties": {"points": {"type": "number", "minimum": 0}}, "required": ["points"]}


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setattr(nbgrader.api, "create_engine", nbgrader.api.create_engine)
    monkeypatch.setattr(nbgrader.api, "get_alembic_version", nbgrader.api.get_alembic_version)
    monkeypatch.setattr(nbgrader.nbgraderformat.common, "jsonschema", nbgrader.nbgraderformat.common.jsonschema)
    lighter.install()


def test_a_gradebook_opened_again_has_the_same_engine_and_what_was_saved(tmp_path):
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as gradebook:
        gradebook.add_student("ada")
        first = gradebook.engine
    with Gradebook(url) as gradebook:
        assert gradebook.engine is first
        assert gradebook.find_student("ada").id == "ada"
    with Gradebook(f"sqlite:///{tmp_path / 'other.db'}") as gradebook:
        assert gradebook.engine is not first
        with pytest.raises(MissingEntry):
            gradebook.find_student("ada")


def test_a_gradebook_that_was_deleted_is_made_anew(tmp_path):
    path = tmp_path / "gradebook.db"
    for _ in range(2):
        with Gradebook(f"sqlite:///{path}") as gradebook:
            assert gradebook.students == []
            gradebook.add_student("ada")
        path.unlink()


def test_two_that_are_open_at_once_do_not_disturb_each_other(tmp_path):
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as outer:
        outer.add_student("ada")
        with Gradebook(url) as inner:
            inner.add_student("alan")
        assert [student.id for student in outer.students] == ["ada", "alan"]
        outer.add_student("emmy")
    with Gradebook(url) as gradebook:
        assert len(gradebook.students) == 3


@pytest.mark.parametrize("instance", [{"points": 1}, {"points": -1}, {"points": "1"}, {}, []])
def test_it_finds_what_jsonschema_finds(instance):
    def message(check):
        with pytest.raises(jsonschema.ValidationError) as raised:
            check(instance, SCHEMA)
        return raised.value.message

    if instance == {"points": 1}:
        lighter.validate(instance, SCHEMA)
    else:
        assert message(lighter.validate) == message(jsonschema.validate)


def test_a_schema_that_is_none_is_refused():
    with pytest.raises(jsonschema.SchemaError):
        lighter.validate({}, {"type": "nothing"})


def test_nbgrader_still_refuses_metadata_that_are_wrong():
    about = {"grade": True, "grade_id": "check-a", "locked": True, "schema_version": 3, "solution": False, "points": 1}
    about |= {"task": False, "cell_type": "code"}
    MetadataValidator().validate_nb(new_notebook(cells=[new_code_cell("", metadata={"nbgrader": about})]))
    wrong = new_notebook(cells=[new_code_cell("", metadata={"nbgrader": about | {"points": -1}})])
    with pytest.raises(ValidationError):
        MetadataValidator().validate_nb(wrong)


def test_the_version_of_the_tables_is_the_one_that_nbgrader_asks_another_python_for():
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with dbutil._temp_alembic_ini("sqlite:////tmp/none.db") as settings:
        command, environment = ["alembic", "-c", settings, "heads"], os.environ | {"PATH": path}
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert lighter.alembic_version() == told.split()[0]
