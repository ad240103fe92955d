"""The solution regions of a cell: where they are, and what a student gets in the place of typed values."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Region:
    """A solution between two marks. `begin` and `end` are the indices of the marks' lines, from 0."""

    begin: int
    end: int
    indent: str


Flaw = tuple[int, str]  # the index of a line, from 0, and what is wrong there


def find_regions(source: str) -> tuple[list[Region], list[Flaw]]:
    """The solution regions of a cell's source, and the marks that are nested, unmatched or written in another way."""
    regions: list[Region] = []
    flaws: list[Flaw] = []
    open_at: int | None = None
    for index, line in enumerate(source.split("\n")):
        text = line.strip()
        if text == BEGIN:
            if open_at is not None:
                flaws.append((index, f'"{BEGIN}" inside a region that is still open; end that one first'))
            open_at = index
        elif text == END:
            if open_at is None:
                flaws.append((index, f'"{END}" without a "{BEGIN}" before it'))
            else:
                begin = source.split("\n")[open_at]
                regions.append(Region(open_at, index, begin[: len(begin) - len(begin.lstrip())]))
            open_at = None
        elif "BEGIN SOLUTION" in line or "END SOLUTION" in line:
            flaws.append((index, f'a solution mark is a line of its own that reads "{BEGIN}" or "{END}"'))
    if open_at is not None:
        flaws.append((open_at, f'"{BEGIN}" without an "{END}" after it'))
    return regions, flaws


def value_stubs(lines: Sequence[str]) -> tuple[list[str], list[Flaw]]:
    """What a student gets for a region of typed values: `name = ...` for every `name = value` in it.

    A comment on the last line of an assignment stays, since it tells what to type; all others go with the
    solution. Flaws are the lines that hold anything but such an assignment.
    """
    text = "\n".join(lines) + "\n"
    try:
        statements = ast.parse(text).body
    except SyntaxError as error:
        return [], [((error.lineno or 1) - 1, f"this solution is no Python: {error.msg}")]
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    stubs: list[str] = []
    flaws: list[Flaw] = []
    for statement in statements:
        name = _assigned(statement)
        if name is None:
            flaws.append((statement.lineno - 1, "a solution outside a function holds only assignments `name = value`"))
            continue
        last = statement.end_lineno or statement.lineno
        comment = comments.pop(last, "") if statement is _last_on(last, statements) else ""
        stubs.append(f"{name} = ...  {comment}".rstrip())
    if not statements:
        flaws.append((0, "this solution is empty"))
    return stubs, flaws


def _assigned(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _last_on(line: int, statements: Sequence[ast.stmt]) -> ast.stmt:
    return [statement for statement in statements if (statement.end_lineno or statement.lineno) == line][-1]


def empty_values(source: str) -> str:
    """A code cell's source with every region at the top level replaced by its stubs; other regions stay.

    Raises ValueError for marks or values that `find_regions` and `value_stubs` find at fault.
    """
    regions, flaws = find_regions(source)
    lines = source.split("\n")
    for region in reversed(regions):  # from the end, so that the indices before stay right
        if region.indent:
            continue
        stubs, wrong = value_stubs(lines[region.begin + 1 : region.end])
        flaws += [(region.begin + 1 + index, message) for index, message in wrong]
        lines[region.begin : region.end + 1] = stubs
    if flaws:
        raise ValueError("; ".join(f"line {index + 1}: {message}" for index, message in sorted(flaws)))
    return "\n".join(lines)
