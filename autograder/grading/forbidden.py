"""Library calls that solve an exercise which asks for one's own code: found in the source, for a person to look at.

Only what the asked names are made of is read, from definition to definition: comparing one's own function with the
library's is a good thing to do. What the source does not show may still be heard while the answer is judged
(`inside/listening.py`). Points are not touched: only a person can tell a shortcut from a misunderstanding.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from autograder.checks.registry import Check
from autograder.grading.account import Incident

EVERYWHERE = ("autograder", "convcourse.standins")  # no answer of any exercise needs them
USUAL = {"np": "numpy", "F": "torch.nn.functional", "nn": "torch.nn", "torch": "torch", "numpy": "numpy"}
OWN = {"self", "cls"}
BINDING = {"setattr", "update", "setdefault", "__setitem__", "__setattr__", "push"}  # calls that give names something
CHECKING = "check"  # knows the answers: what it says is for reading
ROUNDABOUT = {
    "vars",
    "__dict__",
    "attrgetter",
    "operator.attrgetter",
    "eval",
    "exec",
    "compile",
    "__import__",
    "importlib",
    "sys.modules",
    "builtins",
}
TIMED = re.compile(r"^([ \t]*)%%?time(?:it)?(?:[ \t]+-\w+(?:[ \t]*\d+)?)*[ \t]*", re.MULTILINE)  # runs what follows
MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
LONGEST_SOURCE, LONGEST = 20_000, 80_000  # characters of a cell, and of all cells, that are read: nobody types more
LONGEST_NAME = 60  # characters of what is quoted
STUB = "# YOUR CODE HERE"
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
DEEPEST = 10  # names or texts in a row
SHOWN = 3  # names that a sentence lists


@dataclass
class Notebook:
    """The cells that can be read: what each name is made of (cell and statement), what imports call things, and by
    which ways a cell may reach what it does not name."""

    made_of: dict[str, list[tuple[str, ast.AST]]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=lambda: dict(USUAL))
    roundabout: dict[str, list[str]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


def find(check: Check, sources: Mapping[str, str], lesson: Mapping[str, str] = {}) -> tuple[Incident, ...]:
    """What the answer to a check uses although the exercise asks to do without.

    `sources` are the student's cells, grade id or place → source: answers, and whatever cells of theirs may define what
    the answers call. `lesson` are cells of the lesson, whose functions they may call. Never raises; there is one
    incident for each cell.
    """
    notebook = _read(tuple(sources.items()), tuple(lesson.items()))
    forbidden = (*check.forbids, *EVERYWHERE)
    found: dict[str, list[str]] = {}
    for cell, node in _reached(check.asks, notebook):
        used = _used(node, forbidden, notebook.paths, roundabout=bool(check.forbids))
        found.setdefault(cell or f"answer-{check.name}", []).extend(used)
    for cell, names in found.items():
        names.extend(notebook.roundabout.get(cell, []) if check.forbids else [])
    for cell, source in notebook.unread.items():
        found.setdefault(cell, []).extend(_mentioned(source, forbidden))
        if check.forbids and len(source) >= LONGEST_SOURCE:
            found[cell].append("more code than can be read")
    return tuple(
        Incident("forbidden", _sentence(check, list(dict.fromkeys(names))), cell, for_human=True)
        for cell, names in found.items()
        if names
    )


def overheard(check: Check, heard: Sequence[str], cell: str) -> Incident:
    """That an answer was heard to call this while it was judged, although nothing was found in its source."""
    return Incident("forbidden", _sentence(check, heard, "was heard to call"), cell, for_human=True)


def prying(sources: Mapping[str, str]) -> tuple[Incident, ...]:
    """Imports of what marks, in any cell of a student's. Only `check` itself is for them."""
    found = []
    for cell, source in sources.items():
        try:
            nodes = list(ast.walk(_tree(source)))
        except UNREADABLE:
            continue
        imported = [
            f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            for node in nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        ]
        if any(name.split(".")[0] == "autograder" and name != "autograder.checks.check" for name in imported):
            text = "This cell imports the course's own marking, of which no exercise needs more than `check`."
            found.append(Incident("forbidden", text, cell, for_human=True))
    return tuple(found)


def untouched(check: Check, answers: Mapping[str, str]) -> tuple[Incident, ...]:
    """That points came although the answer cells are as they were handed out: the answer came by another way."""
    if not answers or any(not _is_stub(source) for source in answers.values()):
        return ()
    text = (
        f"Exercise {check.exercise} ({check.title}) has points, and its answer cell is empty: see where they come from."
    )
    return (Incident("forbidden", text, next(iter(answers)), for_human=True),)


def _is_stub(source: str) -> bool:
    try:
        tree = _tree(source)
    except UNREADABLE:
        return False
    nodes = list(ast.walk(tree))
    given = [node.value for node in nodes if isinstance(node, ast.Assign)]
    if STUB in source:  # a stub may also have been left below an answer
        return not given and not any(isinstance(node, ast.Return) for node in nodes)
    empty = all(isinstance(value, ast.Constant) and value.value is Ellipsis for value in given)
    return bool(given) and empty and not any(isinstance(node, ast.Call) for node in nodes)


def advice(incidents: Sequence[Incident]) -> str:
    """What the student is told, in one sentence; nothing where nothing was found."""
    if not any(incident.kind == "forbidden" for incident in incidents):
        return ""
    return (
        "This exercise asks for code of your own, and yours calls something that does the work: write it out, "
        "and keep the call for comparing. A person will look at it."
    )


def _sentence(check: Check, names: Sequence[str], does: str = "uses") -> str:
    quoted = [name.replace("`", "")[:LONGEST_NAME] for name in names[:SHOWN]]
    listed = ", ".join(f"`{name}`" for name in quoted) + ", …" * (len(names) > SHOWN)
    return (
        f"Exercise {check.exercise} ({check.title}) asks for code of one's own, and this {does} {listed}. "
        "That costs nothing by itself."
    )


# --- reading ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _tree(source: str) -> ast.Module:
    """A cell as Python reads it, without IPython's lines. Raises one of UNREADABLE."""
    if len(source) > LONGEST_SOURCE:
        raise ValueError("too long")
    return ast.parse(MAGIC.sub(r"\1pass", TIMED.sub(r"\1", source)))


@lru_cache(maxsize=2)  # a notebook's checks are looked at one after the other
def _read(sources: tuple[tuple[str, str], ...], lesson: tuple[tuple[str, str], ...]) -> Notebook:
    notebook = Notebook()
    left = LONGEST
    for cell, source in sources:
        left -= len(source)
        try:
            if left < 0:
                raise ValueError("too long, all together")
            tree = _tree(source)
            for node in ast.walk(tree):
                _note_import(node, notebook.paths)
                notebook.roundabout.setdefault(cell, []).extend(_roundabout(node))
            _note_definitions(cell, tree.body, notebook)
        except UNREADABLE:
            notebook.unread[cell] = source[:LONGEST_SOURCE].ljust(LONGEST_SOURCE if left < 0 else 0)
    for _, source in lesson:
        try:
            functions = [node for node in _tree(source).body if isinstance(node, ast.FunctionDef)]
        except UNREADABLE:
            continue
        for function in functions:
            notebook.made_of.setdefault(function.name, []).append(("", function))
    return notebook


def _roundabout(node: ast.AST) -> Iterator[str]:
    """A call that reaches something by a name which is not written out."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in ROUNDABOUT:
            yield node.func.id
        elif node.func.id == "getattr" and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
            yield "getattr(…)"


def _note_import(node: ast.AST, paths: dict[str, str]) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            paths[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            paths[alias.asname or alias.name] = f"{node.module}.{alias.name}"


def _note_definitions(cell: str, statements: Sequence[ast.stmt], notebook: Notebook) -> None:
    """What each name is made of, also where the definition stands in an `if`, a `with`, a loop or a `try`."""
    for statement in statements:
        for name in _bound(statement):
            notebook.made_of.setdefault(name, []).append((cell, statement))
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for inner in ("body", "orelse", "finalbody"):
            _note_definitions(cell, getattr(statement, inner, []), notebook)
        for handler in getattr(statement, "handlers", []):
            _note_definitions(cell, handler.body, notebook)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement gives something to; `setattr(…, "name", …)` and `globals()["name"] = …` among them."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        for inner in ast.walk(statement):
            yield from inner.names if isinstance(inner, ast.Global) else ()
    elif isinstance(statement, ast.For | ast.AsyncFor | ast.With | ast.AsyncWith | ast.Match | ast.If | ast.While):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
                yield node.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for node in (inner for target in targets for inner in ast.walk(target)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif (
                isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)
            ):
                yield node.value.id  # `Net.forward = …` makes Net
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value  # `globals()["name"] = …`
        yield from _walrus(statement)
    elif isinstance(statement, ast.Expr):
        yield from _walrus(statement)
        for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if called in BINDING:  # `setattr(…, "name", …)`, `globals().update(name=…)`
                constants = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
                yield from (value for value in constants if isinstance(value, str))
                yield from (word.arg for word in call.keywords if word.arg)


def _walrus(statement: ast.stmt) -> Iterator[str]:
    yield from (node.target.id for node in ast.walk(statement) if isinstance(node, ast.NamedExpr))


def _reached(asked: Sequence[str], notebook: Notebook) -> Iterator[tuple[str, ast.AST]]:
    """The statements that the asked names are made of, and those that these call upon."""
    waiting, met = list(asked), set(asked)
    while waiting:
        for cell, node in notebook.made_of.get(waiting.pop(), []):
            yield cell, node
            local = _local(node)
            for name in (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)):
                if name not in met and name not in local:
                    met.add(name)
                    waiting.append(name)


def _local(node: ast.AST) -> set[str]:
    """The names that a function has for itself."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    inside = list(ast.walk(node))
    arguments = {inner.arg for inner in inside if isinstance(inner, ast.arg)}
    stored = {inner.id for inner in inside if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    return (arguments | stored) - {name for inner in inside if isinstance(inner, ast.Global) for name in inner.names}


# --- looking for names ------------------------------------------------------------------------------------------


def _used(node: ast.AST, forbidden: Sequence[str], paths: Mapping[str, str], *, roundabout: bool) -> Iterator[str]:
    """The forbidden names in a statement, as they are written there."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == CHECKING:
            yield f"{CHECKING}(…)"
        if isinstance(inner, ast.Import | ast.ImportFrom):
            module = getattr(inner, "module", None)
            for alias in inner.names:
                whole = f"{module}.{alias.name}" if module else alias.name
                if _is_forbidden(whole, forbidden) or (roundabout and whole.split(".")[0] in ROUNDABOUT):
                    yield whole
        elif isinstance(inner, ast.Attribute | ast.Name):
            written = _written(inner)
            if written is None and isinstance(inner, ast.Attribute):  # `found().conv2d`
                written = f"….{inner.attr}"
            if written is None or (written.split(".")[0] in OWN and isinstance(node, ast.ClassDef)):
                continue
            first, _, rest = written.partition(".")
            whole = f"{paths[first]}.{rest}".rstrip(".") if first in paths else written
            known = first in paths or "." in written  # a bare name of their own is no library's
            shortcut = known and _is_forbidden(whole, forbidden)
            if shortcut or (roundabout and ROUNDABOUT & {written, whole}):
                yield written
        elif isinstance(inner, ast.Constant | ast.BinOp):
            text = _text(inner)
            if text and _is_forbidden(text, forbidden, words=False):
                yield f'"{text}"'


def _written(node: ast.AST) -> str | None:
    """`a.b.c` as it is written; None where it hangs on something else than a name, or is too long."""
    names: list[str] = []
    while isinstance(node, ast.Attribute) and len(names) < DEEPEST:
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None


def _text(node: ast.AST, depth: int = 0) -> str | None:
    """A text that is written out, in one piece or put together with `+`."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < DEEPEST:
        left, right = _text(node.left, depth + 1), _text(node.right, depth + 1)
        return left + right if left is not None and right is not None else None
    return None


def _is_forbidden(whole: str, forbidden: Sequence[str], words: bool = True) -> bool:
    """Whether a dotted name is one of these: a module or what it holds, or a name at the end of any path.

    Of a text (without `words`), only a name that is no everyday word, for `"pad"` may be a key.
    """
    for name in forbidden:
        if "." in name or name in EVERYWHERE:
            if whole == name or whole.startswith(f"{name}."):
                return True
        elif whole.rpartition(".")[2] == name and (words or not name.isalpha() or not name.islower()):
            return True
    return False


def _mentioned(source: str, forbidden: Sequence[str]) -> Iterator[str]:
    """The forbidden names that stand behind a dot or in an import, in a cell that Python cannot read."""
    for name in forbidden:
        sign = rf"\b{re.escape(name)}\b" if "." in name else rf"(?:\.\s*|\bimport\s+){re.escape(name)}\b"
        if name not in EVERYWHERE and re.search(sign, source):
            yield name
