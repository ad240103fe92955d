"""Where the gradebook is: nbgrader's SQLite file beside the course, or a PostgreSQL database.

nbgrader takes any URL that SQLAlchemy does, and makes its tables there itself.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import MutableMapping
from typing import Any

VARIABLE = "CONVCOURSE_GRADEBOOK"
PASSWORD = "PGPASSWORD"  # where PostgreSQL's own library looks for one
POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


class GradebookError(Exception):
    """The gradebook cannot be used; the message says what to do and holds no password."""


def url(told: str, environment: MutableMapping[str, str] = os.environ) -> str:
    """The URL for SQLAlchemy of a gradebook that was named as postgresql://user@host/database or as SQLAlchemy does.

    A password in it goes to the `environment`, where PostgreSQL's library finds it: what is not in the URL cannot come
    into a log, and nbgrader logs URLs. Raises GradebookError.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        found = make_url(told)
    except (ArgumentError, ValueError):
        raise GradebookError(
            f"this is no address of a gradebook (in --gradebook or {VARIABLE}): write postgresql://user@host/database"
        ) from None
    if found.drivername == "sqlite":
        return told
    if found.drivername not in POSTGRES:
        raise GradebookError(f"a gradebook can be in SQLite or in PostgreSQL, not in {found.drivername}")
    if importlib.util.find_spec("psycopg") is None:
        raise GradebookError("a gradebook in PostgreSQL needs the package psycopg: pip install '.[postgres]'")
    if found.password is not None:
        environment[PASSWORD] = str(found.password)
    words = {name: value for name, value in found.query.items() if name != "password"}
    if "password" in found.query:
        environment[PASSWORD] = str(found.query["password"])
    plain = found._replace(password=None).set(drivername="postgresql+psycopg", query=words)
    return plain.render_as_string(hide_password=False)


def complete(gradebook: Any) -> None:
    """Finish what nbgrader began where it was killed while it made its tables: write down their version.

    nbgrader does that only in the run that makes the tables, and its `nbgrader db upgrade` needs it.
    """
    from sqlalchemy import inspect, text

    from autograder.grading.lighter import alembic_version

    made = inspect(gradebook.engine).has_table("alembic_version")
    if made and gradebook.db.execute(text("SELECT version_num FROM alembic_version")).first():
        return
    if gradebook.assignments:
        return  # not a new one: what version it has, only its owner can know
    if not made:
        gradebook.db.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    insertion = text("INSERT INTO alembic_version (version_num) VALUES (:version)")
    gradebook.db.execute(insertion, {"version": alembic_version()})
    gradebook.db.commit()
