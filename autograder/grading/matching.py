"""Which cell of a student's notebook is which cell of the lesson: by names, by marks in the code, by likeness.

Every step looks only at what the steps before have left open, the safest first. More than one cell of the student may
be found to be the same cell of the lesson; `repair` decides which counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

from nbformat.notebooknode import NotebookNode
from rapidfuzz import fuzz

from autograder.grading import names
from autograder.grading.reading import Cell

ALIKE = 70.0  # percent, for two cells to be one edited
PLAUSIBLE = 40.0  # percent, for an id that several cells have
COMPARED = 2_000  # letters of each cell that are compared
SHORTEST = 15  # letters, below which likeness says nothing
MOST_PAIRS = 20_000  # compared in one step
CALL = re.compile(r"""\s*check\(\s*(["'])([\w-]+)\1\s*\)\s*;?\s*""")
FENCES = ("```", "~~~")  # what stands before and after code in a text


class Role(Enum):
    """What a cell of the lesson is for, and so whose source counts."""

    ANSWER = "answer"  # the student's, judged by a check
    WRITTEN = "written"  # the student's, marked by a person
    CHECK = "check"  # the lesson's
    LOCKED = "locked"  # the lesson's
    OPEN = "open"  # the lesson's, but students may change it

    @property
    def fixed(self) -> bool:
        """Whether the lesson's source counts, whatever a student makes of it."""
        return self in (Role.CHECK, Role.LOCKED)

    @property
    def asked(self) -> bool:
        """Whether it is where a student answers."""
        return self in (Role.ANSWER, Role.WRITTEN)


@dataclass(frozen=True)
class Place:
    """A cell of the lesson. `names` are what its stub defines, `check` is what it calls `check` with."""

    index: int
    kind: str
    source: str
    role: Role
    grade_id: str
    cell_id: str
    names: frozenset[str]
    check: str

    @property
    def shown(self) -> str:
        """What to call it."""
        return self.grade_id or f"number {self.index + 1}"


@dataclass
class Item:
    """A cell of the student, and the place in the lesson that it was found to be. `how` tells by what: "both" of its
    names, one "name", "text", "mark", "likeness", "gap"; `edited` that it was a fixed one with something changed."""

    cell: Cell
    place: int | None = None
    how: str = ""
    edited: bool = False

    def take(self, place: Place, how: str) -> None:
        """This is that cell."""
        self.place, self.how = place.index, how


def places(release: NotebookNode) -> tuple[Place, ...]:
    """The cells of a lesson as it was handed out."""
    return tuple(_place(index, cell) for index, cell in enumerate(release.cells))


def _place(index: int, cell: NotebookNode) -> Place:
    about = cell.metadata.get("nbgrader", {})
    if about.get("solution"):
        role = Role.WRITTEN if about.get("grade") else Role.ANSWER
    elif about.get("grade"):
        role = Role.CHECK
    else:
        role = Role.LOCKED if about.get("locked") or about.get("task") else Role.OPEN
    call = CALL.fullmatch(cell.source) if role is Role.CHECK else None
    marks = names.defined(cell.source) if role is Role.ANSWER and cell.cell_type == "code" else frozenset()
    grade_id = str(about.get("grade_id", ""))
    return Place(index, cell.cell_type, cell.source, role, grade_id, cell.get("id", ""), marks, call[2] if call else "")


def match(lesson: Sequence[Place], cells: Sequence[Cell]) -> list[Item]:
    """The student's cells, in their order, each with its place in the lesson where it has one.

    A fixed cell to which something was added gives two items: what was added, and the cell itself.
    """
    matcher = _Matcher(lesson, cells)
    matcher.by_names()
    if matcher.complete():
        matcher.split_fixed()
        return matcher.items
    matcher.by_text()
    matcher.by_likeness(lambda place: place.role.fixed)
    matcher.split_fixed()
    matcher.mend_contradictions()
    matcher.by_text()
    matcher.by_mark()
    matcher.by_gap()
    matcher.by_likeness(lambda place: not place.role.fixed)
    return matcher.items


def same(one: str, other: str) -> bool:
    """Whether two sources are equal but for spaces at the ends of lines."""
    return _plain(one) == _plain(other)


def likeness(one: str, other: str) -> float:
    """How alike two sources are, in percent."""
    return float(fuzz.ratio(one[:COMPARED], other[:COMPARED]))


def code_of(cell: Cell) -> str:
    """The code in a cell, which may have become text with a fence around it."""
    lines = cell.source.strip().split("\n") if cell.kind != "code" else []
    if len(lines) > 1 and lines[0].startswith(FENCES) and lines[-1].strip() == lines[0][:3]:
        return "\n".join(lines[1:-1])
    return cell.source


def _plain(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


class _Matcher:
    def __init__(self, lesson: Sequence[Place], cells: Sequence[Cell]):
        self.lesson = lesson
        self.items = [Item(cell) for cell in cells]
        self._defined: dict[str, frozenset[str]] = {}

    # --- what is open ---

    def vacant(self) -> list[Place]:
        """The places that nothing has been found for."""
        found = {item.place for item in self.items}
        return [place for place in self.lesson if place.index not in found]

    def free(self) -> list[Item]:
        """The student's cells that have no place, and say something."""
        return [item for item in self.items if item.place is None and item.cell.source.strip()]

    def complete(self) -> bool:
        """Whether all of the lesson is there, once and in order, by all of its names: then nothing is to be guessed."""
        return [item.place for item in self.items if item.place is not None] == list(range(len(self.lesson))) and all(
            item.how == "both" for item in self.items if item.place is not None
        )

    def defines(self, item: Item, wanted: frozenset[str]) -> bool:
        """Whether a cell defines all of the names that a stub does; text counts only where it is sound code."""
        source = code_of(item.cell)
        if item.cell.kind != "code" and not names.is_code(source):
            return False
        if source not in self._defined:
            self._defined[source] = names.defined(source)
        return bool(wanted) and wanted <= self._defined[source]

    # --- the steps ---

    def by_names(self) -> None:
        """By grade id and cell id; where these disagree, by the one that fits the source better."""
        by_grade = {place.grade_id: place for place in self.lesson if place.grade_id}
        by_id = {place.cell_id: place for place in self.lesson if place.cell_id}
        often = Counter(item.cell.cell_id for item in self.items)
        for item in self.items:
            first, second = by_grade.get(item.cell.grade_id), by_id.get(item.cell.cell_id)
            if second and first is not second and often[item.cell.cell_id] > 1:
                second = second if likeness(item.cell.source, second.source) >= PLAUSIBLE else None
            named = [place for place in (first, second) if place]
            if not named:
                continue
            place = max(named, key=lambda place: self._fit(item, place)) if len(named) == 2 else named[0]
            if place.role is Role.OPEN and item.cell.kind != place.kind and not same(item.cell.source, place.source):
                continue  # made into something else
            both = place is first and place is second
            only = (place is first and not place.cell_id) or (place is second and not place.grade_id)
            item.take(place, "both" if both or only else "name")

    def _fit(self, item: Item, place: Place) -> tuple[bool, float]:
        return self.defines(item, place.names), likeness(item.cell.source, place.source)

    def by_text(self) -> None:
        """By a source that nobody has changed; of check cells, by what they call."""
        waiting: dict[tuple[str, str], list[Place]] = {}
        for place in self.vacant():
            key = ("check", place.check) if place.check else (place.kind, _plain(place.source))
            waiting.setdefault(key, []).append(place)
        for item in self.free():
            call = CALL.fullmatch(item.cell.source)
            key = ("check", call[2]) if call else (item.cell.kind, _plain(item.cell.source))
            if waiting.get(key):
                item.take(waiting[key].pop(0), "text")

    def split_fixed(self) -> None:
        """Give what students have put into fixed cells back to them, as cells of their own."""
        exact = {
            item.place
            for item in self.items
            if item.place is not None
            and self.lesson[item.place].role.fixed
            and _is_it(item.cell, self.lesson[item.place])
        }
        best: dict[int, Item] = {}
        for item in self.items:
            if item.place is None or not self.lesson[item.place].role.fixed or item.place in exact:
                continue
            rival = best.get(item.place)
            source = self.lesson[item.place].source
            if rival is None or likeness(item.cell.source, source) > likeness(rival.cell.source, source):
                best[item.place] = item
        split: list[Item] = []
        for item in self.items:
            if item.place is None or not self.lesson[item.place].role.fixed:
                split.append(item)
                continue
            place = self.lesson[item.place]
            if _is_it(item.cell, place):
                split.append(item)
            elif best.get(place.index) is item:
                added = _added(place, item.cell)
                item.edited = True
                split += [Item(Cell("code", added)), item] if added else [item]
            else:
                split.append(Item(Cell(item.cell.kind, item.cell.source)))
        self.items = split

    def mend_contradictions(self) -> None:
        """An answer whose one name is that of another exercise goes where its code says."""
        answers = [place for place in self.lesson if place.names]
        for item in self.items:
            if item.place is None or item.how == "both" or not self.lesson[item.place].names:
                continue
            place = self.lesson[item.place]
            if same(item.cell.source, place.source) or any(
                self.defines(item, frozenset({name})) for name in place.names
            ):
                continue
            others = [
                other
                for other in answers
                if self.defines(item, other.names)
                and not any(self.defines(rival, other.names) for rival in self.items if rival.place == other.index)
            ]
            if len(others) == 1:
                item.take(others[0], "mark")

    def by_mark(self) -> None:
        """By the names that the stub defines; where several do, those that stand where the answer should."""
        for place in self.vacant():
            if not place.names:
                continue
            found = [item for item in self.free() if self.defines(item, place.names)]
            nearby = {id(item) for item in self._gap(place)}
            for item in [item for item in found if id(item) in nearby] or found:
                item.take(place, "mark")

    def by_gap(self) -> None:
        """By standing alone where one answer is missing."""
        for place in self.vacant():
            if not place.role.asked:
                continue
            gap = [item for item in self._gap(place) if not CALL.fullmatch(item.cell.source)]
            if place.kind == "code":
                gap = [item for item in gap if self._could_be(item, place)]
            else:
                gap = [item for item in gap if item.cell.kind != "code"] or gap
            if gap and self._alone(place):
                best = max(gap, key=lambda item: likeness(item.cell.source, place.source))
                (gap[0] if place.role is Role.WRITTEN else best).take(place, "gap")

    def _could_be(self, item: Item, place: Place) -> bool:
        if item.cell.kind != "code" and not names.is_code(code_of(item.cell)):
            return False
        some = any(self.defines(item, frozenset({name})) for name in place.names)
        return some or not place.names or likeness(item.cell.source, place.source) >= PLAUSIBLE

    def by_likeness(self, wanted: Callable[[Place], bool]) -> None:
        """By likeness of the text, the most alike first."""
        vacant = [place for place in self.vacant() if wanted(place) and not place.check]
        vacant = [place for place in vacant if len(place.source) >= SHORTEST]
        free = [item for item in self.free() if len(item.cell.source) >= SHORTEST]
        free = free[: MOST_PAIRS // max(len(vacant), 1)]
        pairs = [(score, place.index, number) for score, place, number in self._pairs(vacant, free)]
        taken: set[int] = set()
        for _, index, number in sorted(pairs, key=lambda pair: (-pair[0], abs(pair[1] - pair[2]), pair[1:])):
            if index not in taken and free[number].place is None:
                taken.add(index)
                free[number].take(self.lesson[index], "likeness")

    def _pairs(self, vacant: Sequence[Place], free: Sequence[Item]) -> Iterator[tuple[float, Place, int]]:
        answers = [place for place in self.lesson if place.names]
        for number, item in enumerate(free):
            source = item.cell.source[:COMPARED]
            meant = {place.index for place in answers if self.defines(item, place.names)}
            for place in vacant:
                if item.cell.kind != place.kind or (place.names and meant - {place.index}):
                    continue
                score = fuzz.ratio(source, place.source[:COMPARED], score_cutoff=ALIKE)
                if score:
                    yield score, place, number

    # --- where a place would be ---

    def _neighbours(self, place: Place) -> tuple[int, int, int, int]:
        """The nearest places before and after that are there, and where the student has them."""
        where = {item.place: number for number, item in reversed(list(enumerate(self.items))) if item.place is not None}
        before = max((index for index in where if index < place.index), default=-1)
        after = min((index for index in where if index > place.index), default=len(self.lesson))
        return before, after, where.get(before, -1), where.get(after, len(self.items))

    def _gap(self, place: Place) -> list[Item]:
        """The free cells that stand between the nearest cells of the lesson before and after a place."""
        _, _, start, end = self._neighbours(place)
        return [item for item in self.items[start + 1 : end] if item.place is None and item.cell.source.strip()]

    def _alone(self, place: Place) -> bool:
        """Whether no other answer is missing in the same gap."""
        before, after, _, _ = self._neighbours(place)
        return sum(other.role.asked for other in self.lesson[before + 1 : after]) == 1


def _is_it(cell: Cell, place: Place) -> bool:
    """Whether a cell is a fixed one, unchanged."""
    call = CALL.fullmatch(cell.source) if place.check else None
    return call[2] == place.check if call else same(cell.source, place.source)


def _added(place: Place, cell: Cell) -> str:
    """The lines that a student has put into a fixed cell of code, if they are code by themselves."""
    if place.kind != "code" or not cell.source.strip():
        return ""
    old, new = _plain(place.source).split("\n"), _plain(cell.source).split("\n")
    if len(new) > 5_000:
        return ""
    if place.check:
        lines = [line for line in new if not CALL.fullmatch(line)]
    else:
        lines = [
            line
            for what, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
            if what in ("insert", "replace")
            for line in new[start:end]
        ]
    added = "\n".join(lines).strip("\n")
    return added if names.is_code(added) else ""
