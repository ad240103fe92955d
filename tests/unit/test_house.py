"""The house as DESIGN.md draws it: what lies where, what may import what, and what each `make` target does."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOP_LEVEL = {
    *("README.md", "LICENSE", "CONTRIBUTING.md"),
    *("Makefile", "pyproject.toml", "requirements.lock", "environment.yml", "nbgrader_config.py"),
    *("solutions", "notebooks", "convcourse", "autograder", "benchmarks", "docs", "tests"),
}
TARGETS = (
    "help",
    "venv",
    "lab",
    "grade",
    "test",
    "test-browser",
    "screenshots",
    "test-colab",
    "notebooks",
    "site",
    "bench",
    "corpus",
    "clean",
    "distclean",
)

# All that a student's notebook may need. Pillow comes with both torchvision and matplotlib.
FOR_STUDENTS = {"numpy", "torch", "torchvision", "matplotlib", "torchsummary", "PIL"}
# What only the instructor's side has, by the names that are imported.
FOR_GRADING = (
    *("click", "IPython", "jupyter_client", "jupyter_core", "jupytext", "nbclient", "nbconvert", "nbformat"),
    *("nbgrader", "rich", "sqlalchemy", "traitlets", "yaml", "hypothesis", "pytest"),
)


# --- what lies where --------------------------------------------------------------------------------------------


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    assert paths, "git lists no file: these tests want a clone of the repository"
    return [path for path in paths if path.is_file()]


def test_the_top_level_holds_what_the_design_shows() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL


def test_no_file_is_large() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in tracked()}
    assert {name: size for name, size in sizes.items() if size > 3_000_000} == {}


def test_no_two_files_of_tests_have_the_same_name() -> None:
    """Without packages pytest knows a file by its name alone, and stops where two of those it is given share one."""
    files = [path for path in tracked() if path.is_relative_to(ROOT / "tests") and path.name.startswith("test_")]
    assert len({path.name for path in files}) == len(files) > 50


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(r"(?<![\w/.~)}-])/(?:home|Users|root|tmp|work|private|opt)/[\w.]+")
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(ROOT)}: {match}" for match in place.findall(text)]
    assert found == []


def test_no_work_or_marks_of_a_class_are_tracked() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert found.isdisjoint({"submitted", "autograded", "feedback", "gradebook.db", "grades.csv", ".venv"})


# --- what may import what ---------------------------------------------------------------------------------------


def imports(folder: str) -> Iterator[tuple[str, str]]:
    """(file, dotted name) of every import below a folder, at the top of a module or not."""
    files = [path for path in sorted((ROOT / folder).rglob("*.py")) if "catalogue" not in path.parts]
    assert files
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are written in full"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            yield from ((str(path.relative_to(ROOT)), name) for name in names)


def test_what_teaches_knows_nothing_of_marks() -> None:
    assert [found for found in imports("convcourse") if found[1].split(".")[0] == "autograder"] == []


def test_checks_know_nothing_of_grading_or_building() -> None:
    inside = [found for found in imports("autograder/checks") if found[1].split(".")[0] == "autograder"]
    assert inside
    assert [found for found in inside if not found[1].startswith("autograder.checks")] == []


@pytest.mark.parametrize("folder", ["convcourse", "autograder/checks"])
def test_students_need_only_what_colab_has(folder: str) -> None:
    allowed = FOR_STUDENTS | sys.stdlib_module_names | {"convcourse", "autograder"}
    assert [found for found in imports(folder) if found[1].split(".")[0] not in allowed] == []


def test_students_side_imports_without_the_graders_packages() -> None:
    program = f"""
        import importlib, pkgutil, sys
        for name in {FOR_GRADING!r}:
            sys.modules[name] = None  # importing it is an error from now on
        import convcourse, autograder.checks
        for package in (convcourse, autograder.checks):
            for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
                importlib.import_module(module.name)
        print("imported", len(autograder.checks.CHECKS))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"imported [1-9]\d*", done.stdout.strip())


# --- what `make` does -------------------------------------------------------------------------------------------

# A Python that answers the Makefile's questions and makes a .venv of copies of itself; pip in it does what $PIP says.
PYTHON = """\
#!/bin/sh
case "$*" in
*sys.version*) echo 3.12 ;;
*"import ensurepip, venv"*) exit "${NO_VENV:-0}" ;;
*"-m venv"*)
  mkdir -p .venv/bin
  cp "$0" .venv/bin/python
  echo "command = $0 -m venv $(pwd -P)/.venv" > .venv/pyvenv.cfg ;;
*"pip install"*) echo "asked for $*"; exit "${PIP:-0}" ;;
esac
"""


def make(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    # The tests run under `make test`; what that make tells its children is not meant for this one.
    theirs = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON"}
    theirs |= {f"{target}_FLAGS" for target in ("LAB", "GRADE", "BENCH", "CORPUS")}
    inherited = {key: value for key, value in os.environ.items() if key not in theirs}
    return subprocess.run(
        ["make", *words], cwd=cwd, env=inherited | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A place with our Makefile and no .venv, and a Python in bin/ that installs nothing."""
    place = tmp_path / "a house"  # with a space: people have such folders
    (place / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, place)
    write_python(place / "bin/python3.12")
    return place


def write_python(path: Path, text: str = PYTHON) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def path_of(house: Path) -> str:
    """Its bin/ and the system's tools, the machine's own Pythons behind names that fail."""
    for name in ("python3.13", "python3.11", "python3", "python"):
        if not (house / "bin" / name).exists():
            write_python(house / "bin" / name, "#!/bin/sh\necho this is only a shim >&2\nexit 127\n")
    return f"{house / 'bin'}:{os.environ['PATH']}"


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_exists_and_says_what_it_does(target: str) -> None:
    planned = make("-n", target)
    assert planned.returncode == 0, planned.stderr
    told = make("help")
    assert target == "help" or f"make {target} " in told.stdout


def test_help_is_the_default() -> None:
    assert make().stdout == make("help").stdout


def test_venv_is_made_with_the_first_python_that_works_and_only_once(house: Path) -> None:
    first = make("venv", cwd=house, PATH=path_of(house))
    assert first.returncode == 0, first.stderr
    assert "» making .venv with Python 3.12" in first.stdout
    assert "--constraint requirements.lock --editable .[dev]" in first.stdout
    assert "only a shim" not in first.stdout + first.stderr
    again = make("venv", cwd=house, PATH=path_of(house))
    assert again.returncode == 0
    assert "»" not in again.stdout


def test_a_change_of_the_lock_installs_again_in_the_same_venv(house: Path) -> None:
    make("venv", cwd=house, PATH=path_of(house))
    later = (house / ".venv/.installed").stat().st_mtime + 5
    os.utime(house / "requirements.lock", (later, later))
    again = make("venv", cwd=house, PATH=path_of(house))
    assert "» installing" in again.stdout
    assert "» making .venv" not in again.stdout


def test_a_failed_installation_is_said_and_tried_again(house: Path) -> None:
    failed = make("grade", cwd=house, PATH=path_of(house), PIP="1")
    assert failed.returncode != 0
    assert "could not be installed" in failed.stderr
    assert "» marking" not in failed.stdout
    assert not (house / ".venv/.installed").exists()
    assert make("venv", cwd=house, PATH=path_of(house)).returncode == 0
    assert (house / ".venv/.installed").exists()


def test_a_failed_update_leaves_nothing_that_looks_installed(house: Path) -> None:
    make("venv", cwd=house, PATH=path_of(house))
    later = (house / ".venv/.installed").stat().st_mtime + 5
    os.utime(house / "pyproject.toml", (later, later))
    assert make("venv", cwd=house, PATH=path_of(house), PIP="1").returncode != 0
    assert not (house / ".venv/.installed").exists()


def test_a_venv_that_was_moved_is_made_afresh(house: Path) -> None:
    make("venv", cwd=house, PATH=path_of(house))
    moved = house.rename(house.parent / "elsewhere")
    again = make("venv", cwd=moved, PATH=path_of(moved))
    assert again.returncode == 0, again.stderr
    assert "» making .venv with Python 3.12" in again.stdout


def test_without_a_python_that_fits_it_says_what_is_needed(house: Path) -> None:
    (house / "bin/python3.12").unlink()
    write_python(house / "bin/python3.12", "#!/bin/sh\nexit 127\n")
    failed = make("venv", cwd=house, PATH=path_of(house))
    assert failed.returncode != 0
    assert "The course needs Python 3.11, 3.12 or 3.13" in failed.stderr
    assert "PYTHON=" in failed.stderr
    assert not (house / ".venv").exists()


def test_a_python_without_venv_is_named_with_what_to_install(house: Path) -> None:
    failed = make("venv", cwd=house, PATH=path_of(house), NO_VENV="1")
    assert failed.returncode != 0
    assert "apt install python3-venv" in failed.stderr


def test_clean_leaves_work_and_marks(house: Path) -> None:
    kept = [
        *("submitted/ada/02_convolution/02_convolution.ipynb", "notebooks/02_convolution/02_convolution.ipynb"),
        *("notebooks/.ipynb_checkpoints/mine.ipynb", "autograded/ada/x.ipynb", "feedback/ada/x.html"),
        *("gradebook.db", ".marking/secret", ".venv/bin/python", "solutions/02_convolution.py"),
    ]
    gone = [
        *("convcourse/__pycache__/a.pyc", "autograder/checks/__pycache__/a.pyc", ".pytest_cache/v", ".mypy_cache/m"),
        *(".ruff_cache/r", ".hypothesis/h", "build/b", "dist/d", "convcourse.egg-info/PKG-INFO"),
    ]
    for name in ("autograder", "benchmarks", "convcourse", "solutions", "tests"):
        (house / name).mkdir()
    for name in kept + gone:
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).touch()
    done = make("clean", cwd=house)
    assert done.returncode == 0, done.stderr
    assert "kept" in done.stdout
    assert [name for name in kept if not (house / name).exists()] == []
    assert [name for name in gone if (house / name).exists()] == []
    assert make("distclean", cwd=house).returncode == 0
    assert not (house / ".venv").exists()
    assert [name for name in kept if not name.startswith(".venv") and not (house / name).exists()] == []
