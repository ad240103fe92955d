"""Checks in a real IPython shell: points for nbgrader, a table for people, and the student's own line of an error."""

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    "pad2d": "It stopped with TypeError in line 3, `return torch.cat([image, p])`: ",
    "conv2d-valid": "It stopped with ValueError in line 3, `return np.zeros(size).reshape(2, -5)`: ",
    "conv2d-multi": "It stopped with IndexError in line 3, `return x[99]`: ",
    "conv2d": "There is no `conv2d` yet: the cell that should define it did not get through. It stopped "
    "with SyntaxError in line 2, `def conv2d(image, kernel, stride, padding)`: expected ':'",
    "pixel-uses": "There is no `uses` yet: the cell that should define it did not get through. It stopped "
    "with NameError in line 1, `uses = missing_name + 1`: name 'missing_name' is not defined",
}


def session(python: Path | str, folder: Path) -> tuple[tuple[int, int], dict[str, dict[str, str]]]:
    """The version of IPython, and what each check shows in the session: check → mime type → content."""
    environment = os.environ | {"IPYTHONDIR": str(folder), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    command = [str(python), str(ROOT / "tests" / "unit" / "shell_session.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return tuple(told["version"]), told["said"]


def assert_as_expected(said: dict[str, dict[str, str]]) -> None:
    """Every output is what nbgrader and a reader need of it."""
    assert {name: data["text/plain"] for name, data in said.items() if name != "progress"} == {
        "pad2d": "0",
        "conv2d-valid": "0",
        "conv2d-multi": "0",
        "conv2d": "0",
        "output-size": "2",
        "pixel-uses": "0",
    }
    for name, words in EXPECTED.items():
        source = re.sub(r"</?code>", "`", said[name]["text/html"])
        assert words in html.unescape(re.sub(r"<[^>]+>", "", source)), name
        assert "site-packages" not in source, name
    assert "✓ Right · 2 of 2 points" in said["output-size"]["text/html"]
    assert said["progress"]["text/plain"].splitlines()[0] == "Your points so far: visible cases only"
    assert "2 of 20" in said["progress"]["text/html"]


def test_this_ipython(tmp_path):
    _, said = session(sys.executable, tmp_path)
    assert_as_expected(said)


@pytest.mark.parametrize("name", ["_repr_pretty_", "_repr_html_"])
def test_only_what_every_ipython_knows_is_used(name):
    """IPython 7.34 on Colab asks for these two; tests/colab runs it."""
    from autograder.checks.feedback import Feedback

    assert [one for one in vars(Feedback) if one.startswith(("_repr_", "_ipython_"))] == [
        "_repr_pretty_",
        "_repr_html_",
    ]
    assert callable(getattr(Feedback, name))
