"""Reading one lesson, a percent script, and finding everything in it that would make a faulty notebook."""

from __future__ import annotations

import ast
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import jupytext

from autograder.building.regions import find_regions, value_stubs

ROLES = ("answer", "check", "manual", "locked")
KEYS = (*ROLES, "points", "tags", "gpu")
TAGS = ("nbval-check-output", "nbval-skip", "hide-input")
GPUS = ("T4", "L4", "A100")  # by Colab's names; whoever pays nothing gets the first

HEADER = re.compile(r"\s*#\s*(%%+\s.*|(%%|<codecell>|In\[[0-9 ]*\]:?)\s*)")  # all that jupytext takes for one
HEADER_EXAMPLE = 'write it like check="pad2d" points=1 tags=["nbval-skip"]'
STEM = re.compile(r"\d\d_[a-z0-9_]+")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}")
TITLE = re.compile(r"# (\d\d) · \S.*")
HEADING = re.compile(r"## Exercise\b")
EXERCISE = re.compile(
    r"## Exercise (?P<number>\d+) · (?P<title>\S.*?) · (?P<points>no points|1 point|\d+(\.\d+)? points)"
    r" · (●○○|●●○|●●●) · \d+ minutes?"
)
TOTAL = re.compile(r"\*\*(\d+(?:\.\d+)?) points?\*\*")
REPOSITORY, COLAB = "{{repository}}", "{{colab}}"


class Registered(Protocol):
    """What a lesson has to agree with in a check."""

    @property
    def notebook(self) -> str: ...
    @property
    def exercise(self) -> str: ...
    @property
    def points(self) -> float: ...


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson. `line` is that of its header and `first` that of its source's first line, from 1."""

    line: int
    first: int
    kind: Literal["code", "markdown"]
    source: str
    role: Literal["", "answer", "check", "manual", "locked"] = ""
    name: str = ""
    points: float = 0
    tags: tuple[str, ...] = ()
    gpu: str = ""

    @property
    def grade_id(self) -> str:
        """nbgrader's name for the cell, nothing for a cell that it has no business with."""
        return f"{self.role}-{self.name}" if self.role else ""


@dataclass(frozen=True)
class Lesson:
    """A lesson without fault. `name` is that of its notebook, `path` is relative to the course."""

    name: str
    path: Path
    cells: tuple[Cell, ...]

    @property
    def gpu(self) -> str:
        """The GPU that the lesson asks Colab for; nothing where it needs none."""
        return next((cell.gpu for cell in self.cells if cell.gpu), "")


@dataclass(frozen=True, order=True)
class Fault:
    """Something in a lesson that is to be put right before it can be built."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.message}"


class LessonError(Exception):
    """A lesson that cannot be built; `faults` are all that was found."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


Found = Iterator[tuple[int, str]]  # a line of the lesson, from 1, and what is wrong there


def lesson_files(root: Path) -> list[Path]:
    """The lessons of a course, in order."""
    return sorted(path for path in (root / "solutions").glob("*.py") if STEM.fullmatch(path.stem))


def read_lesson(path: Path, root: Path, checks: Mapping[str, Registered]) -> Lesson:
    """Read the lesson at `path` of the course at `root`, whose registered checks are `checks`.

    Raises LessonError with every fault found, OSError for a file that cannot be read.
    """
    path = path.resolve()
    shown = path.relative_to(root.resolve()) if path.is_relative_to(root.resolve()) else path
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise LessonError([Fault(shown, line, "this is not UTF-8 text")]) from None
    faults: list[tuple[int, str]] = []
    if not STEM.fullmatch(path.stem):
        faults.append((1, "a lesson's file is called like 02_convolution.py: two digits, then small letters"))
    address = repository(root)
    cells = list(_cells(text, {REPOSITORY: address, COLAB: address and on_colab(address, path.stem)}, faults))
    if cells:
        for cell in cells:
            faults += [*_mark_faults(cell), *_syntax_faults(cell), *_check_faults(cell, path.stem, checks)]
        faults += [*_repeated(cells), *_title_faults(cells, path.stem), *_points_faults(cells, checks)]
        faults += _forgotten(cells, path.stem, checks)
    elif not faults:
        faults.append((1, "this lesson has no cells; one begins with # %%"))
    if faults:
        raise LessonError(Fault(shown, line, message) for line, message in faults)
    return Lesson(path.stem, shown, tuple(cells))


def repository(root: Path) -> str:
    """The address of the course's repository as `pyproject.toml` gives it; nothing where it gives none."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
    except FileNotFoundError:
        return ""
    return str(project.get("urls", {}).get("Repository", ""))


def on_colab(address: str, name: str) -> str:
    """Where Colab opens the student's copy of a lesson, out of the course's repository on GitHub; nothing where it lies
    elsewhere."""
    home = "https://github.com/"
    if not address.startswith(home):
        return ""
    place = address.removeprefix(home).removesuffix(".git").strip("/")
    return f"https://colab.research.google.com/github/{place}/blob/main/notebooks/{name}/{name}.ipynb"


def _cells(text: str, addresses: Mapping[str, str], faults: list[tuple[int, str]]) -> Iterator[Cell]:
    """The cells of a percent script, with addresses in place of the words that stand for them. What is wrong with
    their headers is added to `faults`."""
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines, 1) if HEADER.fullmatch(line)]
    try:
        read = jupytext.reads(text, fmt="py:percent").cells
    except Exception as error:  # whatever jupytext and nbformat make of a header that they don't understand
        bad = [number for number in headers if not _readable(lines[number - 1])]
        faults += [(number, f"cannot read this header; {HEADER_EXAMPLE}") for number in bad]
        if not bad:
            faults.append((1, f"jupytext cannot read this file: {str(error).splitlines()[0]}"))
        return
    if len(read) != len(headers):
        first = next((number for number, line in enumerate(lines, 1) if line.strip()), 1)
        faults.append(
            (
                first,
                f"{len(headers)} lines look like a cell's header (# %%), but jupytext finds {len(read)} cells: is "
                "there text before the first header, or a header inside a string or a fenced block?",
            )
        )
        return
    for line, cell in zip(headers, read, strict=True):
        source = cell.source.strip("\n")
        # A markdown cell may stand between triple quotes, which take a line.
        blank = len(cell.source) - len(cell.source.lstrip("\n"))
        first = line + 1 + ("cell_marker" in cell.metadata) + blank
        kind: Literal["code", "markdown"] = "markdown" if cell.cell_type == "markdown" else "code"
        if cell.cell_type not in ("code", "markdown"):
            faults.append((line, f"a cell is code or [markdown], not {cell.cell_type}"))
        if not source.strip():
            faults.append((line, "this cell is empty"))
        for word, address in addresses.items():
            if word in source and not address:
                at = first + source[: source.index(word)].count("\n")
                needed = "project.urls.Repository of pyproject.toml" + ", an address on GitHub" * (word == COLAB)
                faults.append((at, f"{word} is made from {needed}, which is missing"))
            source = source.replace(word, address)
        header, wrong = _header(dict(cell.metadata), kind)
        faults += [(line, message) for message in wrong]
        yield Cell(line, first, kind, source, **header)


def _readable(header: str) -> bool:
    try:
        jupytext.reads(f"{header}\n0\n", fmt="py:percent")
    except Exception:
        return False
    return True


def _header(metadata: dict[str, Any], kind: str) -> tuple[dict[str, Any], list[str]]:
    """A header's words as fields of `Cell`, and what is wrong with them."""
    for made_by_jupytext in ("lines_to_next_cell", "cell_marker"):
        metadata.pop(made_by_jupytext, None)
    wrong: list[str] = []
    if unreadable := metadata.pop("incorrectly_encoded_metadata", None):
        wrong.append(f"cannot read {unreadable!r} in the header; {HEADER_EXAMPLE}")
        return {}, wrong
    if title := metadata.pop("title", None):
        wrong.append(f"{title!r} in the header is neither [markdown] nor key=value")
    if metadata.pop("cell_depth", None):
        wrong.append("a header has two percent signs")
    for key in metadata:
        if key not in KEYS:
            wrong.append(f"unknown key {key!r} in the header; known are {', '.join(KEYS)}")
    header: dict[str, Any] = {}
    roles = [role for role in ROLES if role in metadata]
    if len(roles) > 1:
        wrong.append(f"a cell is one of {', '.join(roles)}, not {len(roles)} of them")
    if roles:
        role, name = roles[0], metadata[roles[0]]
        if not isinstance(name, str) or not NAME.fullmatch(name):
            wrong.append(f'{role}={name!r}: give a name in quotes, of letters, digits, "_" and "-", at most 50')
        header = {"role": role, "name": str(name)}
        if role in ("answer", "check") and kind != "code":
            wrong.append(f"{role} belongs to a code cell, not to [markdown]")
        if role == "manual" and kind != "markdown":
            wrong.append("manual belongs to a [markdown] cell: code is marked by a check")
    if roles and roles[0] in ("check", "manual"):
        points = metadata.get("points")
        if points is None:
            wrong.append(f"{roles[0]} needs points=…")
        elif isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points < math.inf:
            wrong.append(f"points={points!r}: give a number, 0 or more, without quotes")
        else:
            header["points"] = points
    elif "points" in metadata:
        wrong.append("only check and manual cells carry points")
    if "gpu" in metadata:
        header["gpu"] = metadata["gpu"]
        if metadata["gpu"] not in GPUS:
            wrong.append(f"gpu={metadata['gpu']!r}: Colab has {', '.join(GPUS)}")
        if roles != ["locked"]:
            wrong.append("a GPU is asked for in the header of a locked cell, the one that sets the lesson up")
    tags = metadata.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        wrong.append(f'tags={tags!r}: give a list of texts, tags=["{TAGS[0]}"]')
    else:
        wrong += [f"unknown tag {tag!r}; known are {', '.join(TAGS)}" for tag in tags if tag not in TAGS]
        if tags and kind != "code":
            wrong.append("only code cells carry tags")
        header["tags"] = tuple(tags)
    return header, wrong


def _mark_faults(cell: Cell) -> Found:
    """Solution marks: matched, where they belong, and around what can be taken out."""
    regions, flaws = find_regions(cell.source)
    yield from ((cell.first + index, message) for index, message in flaws)
    if cell.role not in ("answer", "manual"):
        if regions:
            yield cell.first + regions[0].begin, "solution marks belong into answer and manual cells"
        return
    if cell.role == "answer" and not regions and not flaws:
        yield cell.line, "an answer cell needs ### BEGIN SOLUTION … ### END SOLUTION around what students write"
    if cell.kind == "markdown" or flaws:
        return
    lines = cell.source.split("\n")
    for region in regions:
        inside = lines[region.begin + 1 : region.end]
        if region.indent:
            code = [n for n, line in enumerate(inside, region.begin + 2) if line.strip() and line.strip()[0] != "#"]
            if not code:
                yield cell.first + region.begin, "this solution is empty"
            elif not _in_function(cell.source, code[0]):
                yield cell.first + region.begin, "a solution stands in a function or at the left margin"
        else:
            yield from ((cell.first + region.begin + 1 + index, message) for index, message in value_stubs(inside)[1])
    for region in reversed(regions):
        lines[region.begin : region.end + 1] = [f"{region.indent}pass"]
    if _parsed(cell.source) is not None and _parsed("\n".join(lines)) is None:
        yield cell.first + regions[0].begin, "with a stub for the solution this is no Python: see to the indents"


def _in_function(source: str, line: int) -> bool:
    """Whether the code on a line, from 1, belongs to a function's body: a stub that raises does no harm there."""
    tree = _parsed(source)
    if tree is None:
        return True  # said elsewhere
    innermost: ast.AST | None = None
    for node in ast.walk(tree):  # breadth first: the last one found is the innermost
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.lineno < line <= (
            node.end_lineno or node.lineno
        ):
            innermost = node
    return isinstance(innermost, ast.FunctionDef | ast.AsyncFunctionDef)


def _python(source: str) -> str:
    """The source without IPython's own lines, which no parser knows; the count of lines stays."""
    if source.lstrip().startswith("%%"):
        return ""
    lines = source.split("\n")
    return "\n".join(
        line[: len(line) - len(line.lstrip())] + "pass" if line.lstrip().startswith(("%", "!")) else line
        for line in lines
    )


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(_python(source))
    except (SyntaxError, ValueError):
        return None


def _syntax_faults(cell: Cell) -> Found:
    if cell.kind != "code":
        return
    try:
        ast.parse(_python(cell.source))
    except SyntaxError as error:
        yield cell.first + (error.lineno or 1) - 1, f"this is no Python: {error.msg}"
    except ValueError as error:
        yield cell.first, f"this is no Python: {error}"


def _check_faults(cell: Cell, lesson: str, checks: Mapping[str, Registered]) -> Found:
    if cell.role != "check":
        return
    wanted = f'check("{cell.name}")'
    if cell.source.strip() != wanted:
        yield cell.first, f"a check cell holds {wanted} and nothing else"
    if cell.name not in checks:
        here = [name for name, check in checks.items() if check.notebook == lesson]
        yield cell.line, f"there is no check {cell.name!r}; registered for {lesson}: {', '.join(here) or 'none'}"
        return
    check = checks[cell.name]
    if check.notebook != lesson:
        yield cell.line, f"check {cell.name!r} is registered for {check.notebook}"
    elif not math.isclose(check.points, cell.points):
        yield cell.line, f"points={cell.points:g}, but check {cell.name!r} is registered with {check.points:g}"


def _repeated(cells: Sequence[Cell]) -> Found:
    seen: dict[str, int] = {}
    for cell in cells:
        if cell.role and cell.grade_id in seen:
            yield cell.line, f'{cell.role}="{cell.name}" stands in line {seen[cell.grade_id]} already'
        seen.setdefault(cell.grade_id, cell.line)


def _title_faults(cells: Sequence[Cell], lesson: str) -> Found:
    opening = next((cell for cell in cells if cell.kind == "markdown"), None)
    if opening is None:
        yield 1, f"the title is missing: a first [markdown] cell with “# {lesson[:2]} · …”"
        return
    titles = [match for line in opening.source.split("\n") if (match := TITLE.fullmatch(line.rstrip()))]
    if not titles:
        yield opening.first, f"the title is missing: the first [markdown] cell has a line “# {lesson[:2]} · …”"
    elif titles[0][1] != lesson[:2]:
        yield opening.first, f"the title says {titles[0][1]} and the file's name {lesson[:2]}"


def _points_faults(cells: Sequence[Cell], checks: Mapping[str, Registered]) -> Found:
    """Points of the cells against those in the exercises' headings and in the lesson's opening."""
    heading: Cell | None = None
    number, promised, earned = "", 0.0, 0.0
    numbers: dict[str, int] = {}
    for cell in cells:
        top = cell.source.split("\n", 1)[0].rstrip() if cell.kind == "markdown" else ""
        if HEADING.match(top):
            if heading:
                yield from _promise(heading, promised, earned)
            heading, number, promised, earned = cell, "", math.nan, 0.0
            match = EXERCISE.fullmatch(top)
            if match is None:
                yield cell.first, "an exercise's heading reads “## Exercise 4 · conv2d · 4 points · ●●● · 15 minutes”"
            else:
                number = match["number"]
                promised = 0.0 if match["points"] == "no points" else float(match["points"].split()[0])
                if number in numbers:
                    yield cell.first, f"exercise {number} is in line {numbers[number]} already"
                numbers.setdefault(number, cell.first)
        elif cell.kind == "markdown":
            for index, line in enumerate(cell.source.split("\n")):
                if HEADING.match(line) and not _fenced(cell.source, index):
                    yield cell.first + index, "an exercise's heading is the first line of its cell"
        if cell.points and heading is None:
            yield cell.line, "points before the first exercise's heading belong to no exercise"
        earned += cell.points
        said = checks[cell.name].exercise if cell.role == "check" and cell.name in checks else ""
        if said.isdigit() and number and said != number:
            yield cell.line, f"check {cell.name!r} is registered for exercise {said} and stands in exercise {number}"
    if heading:
        yield from _promise(heading, promised, earned)
    yield from _total(cells)


def _promise(heading: Cell, promised: float, earned: float) -> Found:
    if not math.isnan(promised) and not math.isclose(promised, earned):
        yield heading.first, f"the heading promises {promised:g} points and the cells below add up to {earned:g}"


def _total(cells: Sequence[Cell]) -> Found:
    total = sum(cell.points for cell in cells)
    for cell in cells:
        if cell.kind == "markdown" and (match := TOTAL.search(cell.source)):
            line = cell.first + cell.source[: match.start()].count("\n")
            if not math.isclose(float(match[1]), total):
                yield line, f"the lesson promises {float(match[1]):g} points and its cells add up to {total:g}"
            return
    yield cells[0].first, f"nowhere does the lesson say how many points it is worth: **{total:g} points**"


def _fenced(source: str, index: int) -> bool:
    fences = [line for line in source.split("\n")[:index] if line.lstrip().startswith(("```", "~~~"))]
    return len(fences) % 2 == 1


def _forgotten(cells: Sequence[Cell], lesson: str, checks: Mapping[str, Registered]) -> Found:
    here = {cell.name for cell in cells if cell.role == "check"}
    for name, check in checks.items():
        if check.notebook == lesson and name not in here:
            yield 1, f"check {name!r} is registered for this lesson and no cell runs it"
