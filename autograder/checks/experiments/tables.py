"""What stands in a student's dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

MOST = 100  # entries
NOT_A_DICTIONARY = Finding(
    "not-a-dictionary", 'This is no dictionary. It is written `{"pool 1 size": 7, …}`: an entry\'s name, then a number.'
)
NAMES_NOT_TEXT = Finding(
    "names-not-text",
    'An entry\'s name is a text in quotes, such as `"pool 1 size"`, and stands before the colon; the number follows.',
)
TOO_MANY = Finding("too-many", f"This dictionary has more than {MOST} entries, more than the table.")


@experiment
def entries(held: Any) -> Mapping[str, object]:
    """Read a dictionary of texts to numbers.

    Brings back `entries`, how many there are, and in their order "name 0", "value 0", "name 1", …
    """
    if not issubclass(type(held), dict):
        raise UnexpectedResultError(NOT_A_DICTIONARY)
    pairs = list(dict.items(held))  # whatever a class of the student's own makes of it
    if len(pairs) > MOST:
        raise UnexpectedResultError(TOO_MANY)
    if any(type(name) is not str for name, _ in pairs):
        raise UnexpectedResultError(NAMES_NOT_TEXT)
    brought: dict[str, object] = {"entries": len(pairs)}
    for i, (name, value) in enumerate(pairs):
        brought |= {f"name {i}": name, f"value {i}": value}
    return brought
