"""Which names a cell of code defines and uses, also where it is not quite Python."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache

LONGEST = 100_000  # characters that are parsed; what is longer is only searched

_MAGIC = re.compile(r"^([ \t]*)[%!?].*$|^([ \t]*)\w[\w.]*\?{1,2}[ \t]*$", re.MULTILINE)
_DEFINED = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^([^\W\d]\w*)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")


def tree(source: str) -> ast.Module | None:
    """The syntax tree of a cell, its magic lines left out; None for what is not Python."""
    if len(source) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's "\d" is nobody's business here
            return ast.parse(_MAGIC.sub(r"\1\2pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(512)
def defined(source: str) -> frozenset[str]:
    """The names that the lines of a cell define, those inside of functions and loops not counted."""
    parsed = tree(source)
    if parsed is None:
        return frozenset(name for found in _DEFINED.findall(source[:LONGEST]) for name in found if name)
    names: set[str] = set()
    for line in parsed.body:
        if isinstance(line, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(line.name)
        elif isinstance(line, ast.Assign):
            names.update(name for target in line.targets for name in _stored(target))
        elif isinstance(line, ast.AnnAssign) and line.value is not None:
            names.update(_stored(line.target))
    return frozenset(names)


def functions(source: str) -> frozenset[str]:
    """Those of the names that are functions or classes."""
    parsed = tree(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(line.name for line in parsed.body if isinstance(line, kinds)) if parsed else frozenset()


@lru_cache(512)
def given(source: str) -> frozenset[str]:
    """All names that later cells may have from this one: defined, assigned or imported anywhere in it."""
    parsed = tree(source)
    if parsed is None:
        return defined(source)
    names = set(defined(source))
    for node in ast.walk(parsed):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
    return frozenset(names)


@lru_cache(512)
def used(source: str) -> frozenset[str]:
    """The names that a cell reads."""
    parsed = tree(source)
    if parsed is None:
        return frozenset(_WORD.findall(source[:LONGEST]))
    return frozenset(
        node.id for node in ast.walk(parsed) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def is_code(source: str) -> bool:
    """Whether a text is Python that does something: no mistake in it, and more than remarks."""
    parsed = tree(source)
    return parsed is not None and bool(parsed.body)


def _stored(target: ast.expr) -> list[str]:
    """The names in the target of an assignment, which may be nested."""
    waiting, names = [target], []
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Name):
            names.append(item.id)
        elif isinstance(item, ast.Tuple | ast.List):
            waiting += item.elts
        elif isinstance(item, ast.Starred):
            waiting.append(item.value)
    return names
