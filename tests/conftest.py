"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def own_environment() -> Iterator[None]:
    """Each file of tests leaves the environment as it found it: reading nbgrader's configuration sets the secret."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
