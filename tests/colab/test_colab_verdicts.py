"""Checks in the IPython of Colab say what they say in ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.colab.environment import colab_python
from tests.unit.test_shell import assert_as_expected, session

pytestmark = pytest.mark.slow


def test_verdicts_are_the_same_there(tmp_path: Path) -> None:
    version, said = session(colab_python(), tmp_path)
    assert version == (7, 34)
    assert_as_expected(said)
