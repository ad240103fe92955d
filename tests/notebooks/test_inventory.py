"""Nothing of the source decks is missing: each topic and each erratum points at its place in a lesson."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = tomllib.loads((Path(__file__).parent / "inventory.toml").read_text())
# What belongs to the lessons written so far; the other notebooks bring the rest.
TOPICS = {*range(1, 44)}
ERRATA = {*range(1, 27)}
ENTRIES = [(kind, number) for kind in ("topics", "errata") for number in TABLE[kind]]


def text_of(lesson: str) -> str:
    source = (ROOT / "solutions" / f"{lesson}.py").read_text()
    return " ".join(re.sub(r"(?m)^# ?", "", source).split())


def test_every_topic_and_erratum_has_its_place() -> None:
    assert {int(number) for number in TABLE["topics"]} == TOPICS
    assert {int(number) for number in TABLE["errata"]} == ERRATA


@pytest.mark.parametrize(("kind", "number"), ENTRIES)
def test_it_is_there(kind: str, number: str) -> None:
    entry = TABLE[kind][number]
    for place in (entry, *entry.get("also", [])):
        missing = [piece for piece in place["shown"] if " ".join(piece.split()) not in text_of(place["lesson"])]
        assert not missing, f"{place['lesson']} no longer shows {kind} {number}, “{entry['what']}”: {missing}"
