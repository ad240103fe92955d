"""Functions of the figures' scripts, asked by node: the same questions to JavaScript and to Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from convcourse.figures.live import SCRIPTS

ASK = """
import {{ readFileSync }} from "node:fs";
import * as module from "{module}";
const cases = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(cases.map((given) => module["{name}"](...given))));
"""


def by_node(module: str, name: str, cases: Sequence[Sequence[Any]]) -> list[Any]:
    """What function `name` of scripts/`module`.js answers to each of many lists of arguments, all by one node."""
    program = shutil.which("node")
    if program is None:
        pytest.fail("the figures' scripts are tested by node, which is not here: sudo apt install nodejs")
    asked = ASK.format(module=(SCRIPTS / f"{module}.js").as_uri(), name=name)
    done = subprocess.run(
        [program, "--input-type=module", "--eval", asked],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) == len(cases)
    return list(answers)
