"""One list of packages, said three times: pyproject.toml, requirements.lock for pip and environment.yml for conda."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

# What conda-forge calls by another name than PyPI.
PYPI_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements() -> dict[str, SpecifierSet]:
    """All that the course and its extras need, less the course itself."""
    table = project()
    lines = [*table["dependencies"], *(line for extra in table["optional-dependencies"].values() for line in extra)]
    found = [Requirement(line) for line in lines]
    return {
        canonicalize_name(need.name): need.specifier
        for need in found
        if canonicalize_name(need.name) != canonicalize_name(table["name"])
    }


def pins() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def conda() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def conda_requirements() -> dict[str, SpecifierSet]:
    """What environment.yml asks for, under PyPI's names: from conda and, below `pip:`, from PyPI."""
    lines: list[str] = []
    for entry in conda()["dependencies"]:
        lines += [entry] if isinstance(entry, str) else [line for line in entry["pip"] if line != "-e ."]
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(PYPI_NAMES.get(need.name, need.name)): need.specifier for need in found}


def test_conda_and_pyproject_ask_for_the_same_packages_and_bounds() -> None:
    wanted = {name: str(bounds) for name, bounds in requirements().items()}
    wanted["python"] = str(SpecifierSet(project()["requires-python"]))
    found = {name: str(bounds) for name, bounds in conda_requirements().items() if name != "pip"}
    assert found == wanted


def test_every_package_has_a_lower_bound() -> None:
    bounds = requirements() | {"python": SpecifierSet(project()["requires-python"])}
    assert [name for name, bound in bounds.items() if not any(part.operator == ">=" for part in bound)] == []


def test_conda_uses_conda_forge_alone() -> None:
    environment = conda()
    assert environment["name"] == project()["name"]
    assert [channel for channel in environment["channels"] if channel != "nodefaults"] == ["conda-forge"]
    assert not any("::" in entry for entry in environment["dependencies"] if isinstance(entry, str))


def test_conda_installs_the_course_itself_by_pip() -> None:
    (by_pip,) = (entry["pip"] for entry in conda()["dependencies"] if isinstance(entry, dict))
    assert by_pip[-1] == "-e ."
    assert "pip" in conda()["dependencies"]


def test_the_lock_holds_one_exact_version_a_line_in_order() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert [line for line in packages if not re.fullmatch(r"[\w.-]+==\d[\w.]*", line)] == []
    names = [canonicalize_name(line.split("==")[0]) for line in packages]
    assert names == sorted(set(names))


def test_the_lock_holds_every_package_within_its_bounds() -> None:
    locked = pins()
    outside = {name: locked.get(name) for name, bounds in requirements().items() if locked.get(name, "0") not in bounds}
    assert outside == {}


@pytest.mark.parametrize(("name", "version"), [("torch", "2.14.1"), ("torchvision", "0.29.1")])
def test_the_lock_holds_the_tried_pytorch(name: str, version: str) -> None:
    assert pins()[name] == version


def test_the_workflow_tries_every_python_that_the_course_allows() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    tried = {row["python"] for row in workflow["jobs"]["test"]["strategy"]["matrix"]["include"]}
    allowed = SpecifierSet(project()["requires-python"])
    assert tried == {f"3.{minor}" for minor in range(30) if f"3.{minor}" in allowed}
