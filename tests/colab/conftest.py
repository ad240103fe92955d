"""What the tests of this folder run on, which is said at the top of a run."""

from __future__ import annotations

from tests.colab.environment import PYTHON, SHIPPED, base_python, version_of


def pytest_report_header() -> str:
    """The versions, and whether the Python is not Colab's."""
    version = version_of(base_python())
    other = "" if version[:2] == PYTHON else f" (Colab has {PYTHON[0]}.{PYTHON[1]}, of which there is none here)"
    return f"Colab: Python {'.'.join(map(str, version))}{other}, {', '.join(SHIPPED[:2])}"
