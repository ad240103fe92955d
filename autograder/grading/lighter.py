"""What nbgrader does again and again for every submission, done once: the same results for a fraction of the time.

It opens the gradebook about a dozen times for each submission, each time with an engine that has to learn every query
anew, and it checks its own schema again for each cell. Both are looked up here in what was made before.
"""

from __future__ import annotations

import json
import os
from functools import cache
from types import SimpleNamespace
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import nbgrader.api
import nbgrader.nbgraderformat.common
import sqlalchemy


def install() -> None:
    """Let nbgrader use what is below."""
    nbgrader.api.create_engine = engine
    nbgrader.nbgraderformat.common.jsonschema = SimpleNamespace(validate=validate)


def engine(url: str, **options: Any) -> sqlalchemy.Engine:
    """The engine for a gradebook, one for each process.

    nbgrader disposes of it whenever it closes the gradebook, which closes the connections and keeps the queries.
    """
    return _engine(url, json.dumps(options, sort_keys=True), os.getpid())


@cache
def _engine(url: str, options: str, process: int) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(url, **json.loads(options))


def validate(instance: object, schema: dict[str, Any]) -> None:
    """As jsonschema.validate, but a schema is checked only once. Raises ValidationError."""
    error = jsonschema.exceptions.best_match(_validator(json.dumps(schema, sort_keys=True)).iter_errors(instance))
    if error is not None:
        raise error


@cache
def _validator(schema: str) -> Any:
    loaded = json.loads(schema)
    kind = jsonschema.validators.validator_for(loaded)
    kind.check_schema(loaded)
    return kind(loaded)
