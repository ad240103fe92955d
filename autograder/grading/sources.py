"""Which of our own files a notebook's marks depend on, so that a change runs again what it touches and nothing else.

Imports are read, not followed by importing: that would mean importing torch, and a run that finds nothing new is over
sooner. What a module imports anywhere in it counts, in functions too.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import autograder
import convcourse

GRADING = "autograder.grading"
CHECKS = "autograder.checks"
# What runs and judges any notebook. The launcher is started by its path.
RUNNING = (f"{GRADING}.running", f"{GRADING}.launcher")
# What makes the notebook that is run out of the one that was handed in, and tells nbgrader of it.
REPAIR = (f"{GRADING}.handed_in", f"{GRADING}.preprocessors", f"{GRADING}.converter")
State = tuple[tuple[str, int, int], ...]
NAMED = re.compile(r"""\bcheck\(\s*\\?["']([\w-]+)""")  # in a cell, or in a notebook's JSON


@dataclass(frozen=True)
class _Module:
    """One file: its hash, what it imports as (module, names), and the checks that it adds to the list."""

    digest: str
    imports: tuple[tuple[str, tuple[str, ...]], ...] = ()
    checks: tuple[str, ...] = ()


def running() -> str:
    """The hash of what runs and judges any notebook; of the checks, only what they have in common."""
    return _running(_state())


@lru_cache(maxsize=1)
def _running(_state: State) -> str:
    inside = [f"{GRADING}.inside.{path.stem}" for path in (_folder("autograder") / "grading" / "inside").glob("*.py")]
    return digest(closure([*RUNNING, *inside]))


def repair() -> str:
    """The hash of what turns files that were handed in into notebooks, and leads nbgrader through them."""
    return digest({*closure(REPAIR), _path(f"{GRADING}.execute")})


def of_text(text: str) -> str:
    """The hash of what the checks that a notebook names depend on, and of the course's package where it is named too.

    `text` is the source of its code cells, or the notebook's JSON.
    """
    return _of_names(frozenset(NAMED.findall(text)), "convcourse" in text, _state())


@lru_cache(maxsize=64)
def _of_names(names: frozenset[str], with_course: bool, _state: State) -> str:
    modules = by_check()
    files = closure({modules[name] for name in names if name in modules})
    if with_course:
        files |= {
            path for path in _folder("convcourse").rglob("*") if path.is_file() and "__pycache__" not in str(path)
        }
    return digest(files)


def everything() -> str:
    """The hash of all that any mark depends on: two machines that differ in it must not share the work."""
    return _everything(_state())


@lru_cache(maxsize=1)
def _everything(_state: State) -> str:
    files = closure({*by_check().values(), *RUNNING})
    inside = (_folder("autograder") / "grading" / "inside").glob("*.py")
    package = _folder("convcourse").rglob("*.py")
    return digest({*files, *inside, *package, _path(f"{GRADING}.pool"), _path(f"{GRADING}.cache")})


def by_check() -> dict[str, str]:
    """The name of each check → the module that holds it."""
    return {
        name: f"{CHECKS}.{path.stem}"
        for path in sorted((_folder("autograder") / "checks").glob("*.py"))
        for name in _module(path).checks
    }


def closure(modules: Iterable[str]) -> set[Path]:
    """The files of the modules and of all of ours that they import, directly or not."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [name.rpartition(".")[0]] if "." in name else []
        waiting += _imported(name, path)
    # The list that brings all checks together changes whenever one is added, and marks nothing by itself.
    found.pop(CHECKS, None)
    return set(found.values())


def digest(paths: Collection[Path | None]) -> str:
    """One hash of several files, by their names and what they hold."""
    total = hashlib.sha256()
    for path in sorted(path for path in paths if path is not None):
        total.update(f"{path.parent.name}/{path.name}\0{_module(path).digest}\0".encode())
    return total.hexdigest()


def _imported(name: str, path: Path) -> Iterator[str]:
    for module, names in _module(path).imports:
        if name == CHECKS and module == CHECKS:
            continue  # the checks themselves: which of them count, the notebook says
        below = [f"{module}.{each}" for each in names]
        modules = [each for each in below if _path(each) is not None]
        yield from modules
        if len(modules) < len(below) or not below:
            yield module


def _path(module: str) -> Path | None:
    """The file of one of our modules, None for what is not ours or no module."""
    top, *rest = module.split(".")
    if top not in ("autograder", "convcourse"):
        return None
    place = _folder(top).joinpath(*rest)
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return file if file.is_file() else None


def _state() -> State:
    """Every file of ours with its time and size: while that stays as it is, so does whatever is found out here."""
    return tuple(_files(str(_folder("autograder")))) + tuple(_files(str(_folder("convcourse"))))


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir():
                yield from _files(entry.path) if entry.name != "__pycache__" else ()
            else:
                about = entry.stat()
                yield entry.path, about.st_mtime_ns, about.st_size


def _folder(package: str) -> Path:
    packages: Mapping[str, str | None] = {"autograder": autograder.__file__, "convcourse": convcourse.__file__}
    return Path(str(packages[package])).parent


def _module(path: Path) -> _Module:
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1000)
def _read(path: Path, _changed: int, _size: int) -> _Module:
    held = path.read_bytes()
    found = hashlib.sha256(held).hexdigest()
    if path.suffix != ".py":
        return _Module(found)
    imports: list[tuple[str, tuple[str, ...]]] = []
    checks: list[str] = []
    for node in _statements(ast.parse(held).body):
        if isinstance(node, ast.Import):
            imports += [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports.append((node.module, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.FunctionDef):
            checks += _registered(node)
    ours = tuple(item for item in imports if item[0].split(".")[0] in ("autograder", "convcourse"))
    return _Module(found, ours, tuple(checks))


def _statements(block: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements, nested ones too. (`ast.walk` goes through expressions as well, which takes ten times as long.)"""
    for node in block:
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(node, name, ()))


def _registered(function: ast.FunctionDef) -> Iterator[str]:
    """The names under which decorators such as @lesson("pool2d", …) add a function to the list of checks."""
    for call in function.decorator_list:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("register", "lesson"):
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
