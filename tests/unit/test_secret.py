"""The secret of a class: made once, for its owner alone, and never in the way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.grading.secret import marking_seed_file

REPOSITORY = Path(__file__).parents[2]


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    seed = marking_seed_file(tmp_path)
    assert re.fullmatch("[0-9a-f]{64}", seed)
    assert marking_seed_file(tmp_path) == seed
    assert (tmp_path / ".marking" / "seed").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / ".marking") == ["seed"]


def test_no_two_classes_share_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert marking_seed_file(tmp_path / "a") != marking_seed_file(tmp_path / "b")


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(marking_seed_file, [tmp_path] * 32))) == 1
    assert os.listdir(tmp_path / ".marking") == ["seed"]


def test_an_empty_file_is_not_taken_for_a_secret(tmp_path: Path) -> None:
    (tmp_path / ".marking").mkdir()
    (tmp_path / ".marking" / "seed").touch()
    with pytest.raises(ValueError, match="is empty; delete it"):
        marking_seed_file(tmp_path)


def load_settings(root: Path, seed: str | None = None) -> subprocess.CompletedProcess[str]:
    (root / "nbgrader_config.py").write_bytes((REPOSITORY / "nbgrader_config.py").read_bytes())
    code = (
        "import os, logging; logging.basicConfig()\n"
        "from traitlets.config.loader import PyFileConfigLoader\n"
        f"PyFileConfigLoader('nbgrader_config.py', path={str(root)!r}).load_config()\n"
        "print(os.environ.get('CONVCOURSE_MARKING_SEED'))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "CONVCOURSE_MARKING_SEED"}
    if seed is not None:
        environment["CONVCOURSE_MARKING_SEED"] = seed
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)


def test_nbgraders_settings_hand_the_secret_to_the_marking(tmp_path: Path) -> None:
    assert load_settings(tmp_path).stdout.strip() == marking_seed_file(tmp_path)
    assert load_settings(tmp_path, "chosen").stdout.strip() == "chosen"


def test_where_no_secret_can_be_kept_nbgrader_still_works_and_says_so(tmp_path: Path) -> None:
    (tmp_path / ".marking").write_text("in the way, like a folder that cannot be written")
    done = load_settings(tmp_path)
    assert done.stdout.strip() == "None"
    assert "Marking uses the cases that students see" in done.stderr
