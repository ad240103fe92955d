"""Rebuild a submission on the lesson as it was handed out, so that nothing a student's file holds can upset marking.

The lesson gives the cells, their order, names, points and settings. The student gives the sources of answers, of those
cells that may be changed, and cells of their own. Every other thing in the file is left behind. A notebook that has
been repaired comes out the same when it is repaired again.
"""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.grading import account, names
from autograder.grading.account import Remark
from autograder.grading.course import short
from autograder.grading.matching import CALL, Item, Place, Role, code_of, match, places, same
from autograder.grading.order import Standing, moved, slots
from autograder.grading.reading import Cell, Written, read

ELSEWHERE = "# This exercise is answered in another cell."
UNUSABLE = {"unreadable", "other-notebook"}  # remarks that come with a blank notebook
FOREIGN = 4  # times as many cells of another lesson as of this one make it another notebook

COLAB_ID, COLAB_BADGE = "view-in-github", "https://colab.research.google.com/assets/colab-badge.svg"


@dataclass(frozen=True)
class Repaired:
    """A submission on the lesson's own cells, and what was done to get there."""

    notebook: NotebookNode
    remarks: tuple[Remark, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether anything of the student's is in it."""
        return not any(remark.kind in UNUSABLE for remark in self.remarks)


@dataclass
class _Spot:
    """A cell of the rebuilt notebook: the lesson's where it has a place, else the student's own."""

    place: Place | None
    cell: Cell
    untouched: bool = False


def repair(raw: bytes, release: NotebookNode, name: str) -> Repaired:
    """Rebuild what a student handed in for the lesson `name` on its `release`, the student's copy as handed out.

    Never raises for what the file holds: one that cannot be used gives the blank release, and a remark that says why.
    """
    return rebuild(read(raw), release, name)


def rebuild(written: Written, release: NotebookNode, name: str) -> Repaired:
    """The same for a file that has been read."""
    lesson = places(release)
    if written.problem:
        return blank(release, f"The file {written.problem}.")
    remarks = list(written.remarks)
    cells = [cell for cell in written.cells if not _is_colab_badge(cell)]
    items = match(lesson, cells)
    if _is_another(lesson, items):
        empty = not any(item.cell.source.strip() for item in items)
        text = f"The notebook {'is empty' if empty else f'has none of the exercises of {name}: is it another one?'}"
        text = text if text.endswith("?") else f"{text}."
        return Repaired(_blank(release), (*remarks, Remark("other-notebook", text, mild=text)))
    remarks += _of_names(lesson, items)
    remarks += _of_settings(release, items)
    remarks += _of_edits(lesson, items)
    chosen, found = _choose(lesson, items)
    remarks += found
    remarks += _of_order(lesson, items, chosen)
    spots = _lay_out(lesson, items, chosen)
    remarks += _fill_in(lesson, spots, chosen)
    return Repaired(_build(release, spots), tuple(remarks))


def blank(release: NotebookNode, problem: str, remarks: tuple[Remark, ...] = ()) -> Repaired:
    """What a submission without a notebook comes to: the lesson as it was handed out, and why."""
    remark = Remark("unreadable", problem, mild=f"{problem} So there was nothing to mark.")
    return Repaired(_blank(release), (*remarks, remark))


def _is_colab_badge(cell: Cell) -> bool:
    """Whether a cell is the button that Colab puts on top."""
    return cell.cell_id == COLAB_ID or (COLAB_BADGE in cell.source and cell.source.lstrip().startswith("<a href="))


def _is_another(lesson: Sequence[Place], items: Sequence[Item]) -> bool:
    """Whether a notebook has cells of exercises, and next to none of them are this lesson's."""
    exercises = {place.index for place in lesson if place.role in (Role.ANSWER, Role.WRITTEN, Role.CHECK)}
    ours = len({item.place for item in items if item.place in exercises and item.how not in ("gap", "likeness")})
    foreign = sum(item.place is None and bool(item.cell.grade_id or CALL.fullmatch(item.cell.source)) for item in items)
    return ours * FOREIGN < foreign if foreign else not ours


# --- which cell counts ------------------------------------------------------------------------------------------


def _choose(lesson: Sequence[Place], items: Sequence[Item]) -> tuple[dict[int, Item], list[Remark]]:
    """For each place the cell that counts. All others lose theirs: they become the student's own, or are emptied."""
    rivals: dict[int, list[Item]] = {}
    for item in items:
        if item.place is not None:
            rivals.setdefault(item.place, []).append(item)
    chosen, remarks = {}, []
    for index, found in sorted(rivals.items()):
        place = lesson[index]
        best = _best(place, found)
        chosen[index] = best
        others = [item for item in found if item is not best]
        earlier = 0
        for item in others:
            item.place = None
            copied = same(item.cell.source, place.source) or same(code_of(item.cell), code_of(best.cell))
            replaced = place.role is Role.ANSWER and _whole(place, item)
            earlier += replaced and not copied
            if copied or replaced:
                item.cell = Cell(item.cell.kind, "")
        if earlier:
            text = f"The cell {place.shown} was in it {len(found)} times with different answers; the last counts."
            mild = f"Your notebook held more than one answer to {short(place.shown)}. The last of them was marked."
            remarks.append(Remark("several-answers", text, place.grade_id, mild))
        elif others and place.role.asked and any(item.cell.source for item in others):
            text = f"The cell {place.shown} was in it in {len(found)} parts; the others stay beside it."
            remarks.append(Remark("split", text, place.grade_id))
        elif others:
            remarks.append(
                Remark("cell-twice", f"The cell {place.shown} was in it {len(found)} times.", place.grade_id)
            )
    return chosen, remarks


def _best(place: Place, found: Sequence[Item]) -> Item:
    """Of several cells that are the same one of the lesson, the one that counts."""
    if place.role.fixed:
        return next((item for item in found if not item.edited), found[0])
    changed = [item for item in found if item.cell.source.strip() and not same(item.cell.source, place.source)]
    if place.role is Role.ANSWER:
        whole = [item for item in changed if _whole(place, item)]
        return (whole or changed or list(found))[-1]
    return (changed or list(found))[-1]


def _whole(place: Place, item: Item) -> bool:
    """Whether a cell answers all that a place asks for; where that cannot be seen in the code, every one does."""
    return not place.names or place.names <= names.defined(code_of(item.cell))


# --- laying out -------------------------------------------------------------------------------------------------


def _lay_out(lesson: Sequence[Place], items: Sequence[Item], chosen: dict[int, Item]) -> list[_Spot]:
    """All cells of the lesson in order, with the student's own between them; nothing is in the missing ones yet."""
    kept = [item for item in items if item.place is not None or item.cell.source.strip()]
    standing = [
        Standing(
            item.place, item.cell.kind == "code", code_of(item.cell) if item.place is not None else item.cell.source
        )
        for item in kept
    ]
    own = iter(slots(standing, len(lesson)))
    between: dict[int, list[_Spot]] = {}
    for item in kept:
        if item.place is None:
            between.setdefault(next(own), []).append(_Spot(None, item.cell))
    spots = list(between.get(0, ()))
    for place in lesson:
        spots += [_spot(place, chosen.get(place.index)), *between.get(place.index + 1, ())]
    return spots


def _spot(place: Place, item: Item | None) -> _Spot:
    """The lesson's cell with what the student wrote there, if anything."""
    blank = _Spot(place, Cell(place.kind, place.source), untouched=True)
    if item is None or place.role.fixed:
        return blank
    source = code_of(item.cell) if place.kind == "code" else item.cell.source
    pictures = item.cell.pictures if place.kind != "code" else {}
    untouched = not source.strip() or same(source, place.source)
    if untouched and not pictures:
        return blank
    return _Spot(place, Cell(place.kind, place.source if untouched else source, pictures=pictures))


def _fill_in(lesson: Sequence[Place], spots: list[_Spot], chosen: dict[int, Item]) -> list[Remark]:
    """See to stubs that would undo an answer given in another cell, and tell which cells were missing."""
    remarks = _unmerge(lesson, spots, chosen)
    missing: Counter[str] = Counter()
    for place in lesson:
        if place.role is Role.ANSWER and place.names:
            remarks += _settle(place, spots, place.index not in chosen)
        if place.index in chosen:
            continue
        if place.role in (Role.ANSWER, Role.WRITTEN):
            text = f"The answer cell {place.shown} was missing and was put back empty."
            mild = f"Your notebook lacked the cell for {short(place.shown)}."
            stub = next(spot.untouched for spot in spots if spot.place is place)
            if stub:
                remarks.append(Remark("answer-missing", text, place.grade_id, mild))
        elif place.role is Role.CHECK:
            text = f"The check {place.shown} had been deleted and was put back."
            remarks.append(Remark("check-missing", text, place.grade_id))
        else:
            missing["text" if place.kind == "markdown" else "code"] += 1
    if missing:
        counted = " and ".join(f"{count} of {kind}" for kind, count in sorted(missing.items()))
        remarks.append(Remark("lesson-missing", f"Cells of the lesson were missing and were put back: {counted}."))
    return remarks


def _unmerge(lesson: Sequence[Place], spots: Sequence[_Spot], chosen: dict[int, Item]) -> list[Remark]:
    """Take out of answers the checks that were merged into them."""
    remarks = []
    gone = [place for place in lesson if place.role is Role.CHECK and place.index not in chosen]
    for place in gone:
        for spot in spots:
            if spot.place is None or spot.place.role is not Role.ANSWER or place.source not in spot.cell.source:
                continue
            kept = f"\n{spot.cell.source}\n".replace(f"\n{place.source}\n", "\n").strip("\n")
            if kept.strip() and kept != spot.cell.source:
                spot.untouched = same(kept, spot.place.source)
                spot.cell = Cell("code", spot.place.source if spot.untouched else kept)
                text = f"The check {place.shown} had been merged into {spot.place.shown}, and was taken apart."
                remarks.append(Remark("merged", text, spot.place.grade_id))
    return remarks


def _settle(place: Place, spots: list[_Spot], missing: bool) -> list[Remark]:
    """Where a stub would stand in the way of an answer in another cell, use that answer.

    A function that the student wrote after its check comes up; a stub that would overwrite what is already there gives
    way. A stub at which several cells could be meant stays.
    """
    at = next(number for number, spot in enumerate(spots) if spot.place is place)
    if not spots[at].untouched or not (missing or place.names == names.functions(place.source)):
        return []
    others = [
        (number, spot)
        for number, spot in enumerate(spots)
        if number != at
        and spot.cell.kind == "code"
        and (spot.place is None or (spot.place.role is Role.ANSWER and not spot.untouched))
        and place.names <= names.defined(spot.cell.source)
        and not same(spot.cell.source, place.source)
    ]
    if len({spot.cell.source for _, spot in others}) != 1 and not missing:
        return []
    if not others:
        return []
    number, spot = others[-1]
    if number < at:
        spots[at] = _Spot(place, Cell("code", ELSEWHERE))
        text = f"{place.shown} is answered in another cell before it."
        return [Remark("answered-elsewhere", text, place.grade_id)]
    checked = next(
        (far for far in range(at, len(spots)) if (other := spots[far].place) and other.role is Role.CHECK), len(spots)
    )
    if number < checked:
        return []
    if spot.place is not None:
        spots[at] = _Spot(place, Cell("code", ELSEWHERE))
        return [Remark("answered-elsewhere", f"{place.shown} is answered in another cell.", place.grade_id)]
    spots[at] = _Spot(place, Cell("code", spot.cell.source))
    del spots[number]
    text = f"The answer to {place.shown} stood in a cell of its own after the check, and was put into its cell."
    mild = f"Your answer to {short(place.shown)} stood below its check. It was marked as if it stood above."
    return [Remark("answer-moved", text, place.grade_id, mild)]


def _build(release: NotebookNode, spots: Sequence[_Spot]) -> NotebookNode:
    notebook = _blank(release)
    with_ids = (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    taken = {cell.get("id") for cell in notebook.cells}
    cells = []
    for spot in spots:
        if spot.place is None:
            cell = _own(spot.cell, taken)
            if not with_ids:
                cell.pop("id")
        else:
            cell = notebook.cells[spot.place.index]
            if spot.place.role is Role.OPEN and not same(cell.source, spot.cell.source):
                cell.metadata[account.KEY] = {"edited": True}  # the student's words in the lesson's cell
            cell.source = spot.cell.source
            if spot.cell.pictures:
                cell.attachments = _pictures(spot.cell)
        cells.append(cell)
    notebook.cells = cells
    return notebook


def _own(cell: Cell, taken: set[str]) -> NotebookNode:
    """A student's own cell, with an id that depends on nothing but its text and how often it is there."""
    make = {"code": new_code_cell, "markdown": new_markdown_cell}.get(cell.kind, new_raw_cell)
    digest = hashlib.sha256(f"{cell.kind}\0{cell.source}".encode()).hexdigest()[:12]
    number, cell_id = 1, f"{account.OWN}{digest}"
    while cell_id in taken:
        number += 1
        cell_id = f"{account.OWN}{digest}-{number}"
    taken.add(cell_id)
    made = make(cell.source, id=cell_id)
    if cell.pictures and cell.kind != "code":
        made.attachments = _pictures(cell)
    return made


def _pictures(cell: Cell) -> NotebookNode:
    return NotebookNode({name: NotebookNode(bundle) for name, bundle in cell.pictures.items()})


def _blank(release: NotebookNode) -> NotebookNode:
    """The lesson as it was handed out, run by nobody."""
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


# --- what there is to tell --------------------------------------------------------------------------------------


def _of_names(lesson: Sequence[Place], items: Sequence[Item]) -> list[Remark]:
    """What was changed or lost of the names of cells."""
    remarks = []
    lost = [item for item in items if item.place is not None and lesson[item.place].grade_id and not item.cell.grade_id]
    if lost:
        text = f"{_cells(len(lost))} had lost their names (Colab and copying do that), and were found without."
        remarks.append(Remark("names-lost", text))
    for item in items:
        if item.place is None:
            continue
        place = lesson[item.place]
        if item.cell.grade_id and place.grade_id and item.cell.grade_id != place.grade_id:
            text = f"The cell {place.shown} had the name {item.cell.grade_id[:60]!r}."
            remarks.append(Remark("name-changed", text, place.grade_id))
    return remarks


def _of_settings(release: NotebookNode, items: Sequence[Item]) -> list[Remark]:
    """What was changed of what nbgrader keeps about a cell, and of how it is run."""
    remarks = []
    for item in items:
        own = release.cells[item.place].metadata.get("nbgrader", {}) if item.place is not None else {}
        changed = [key for key, value in item.cell.about.items() if own and own.get(key, False) != value]
        if changed:
            listed = ", ".join(f"{key} {str(item.cell.about[key])[:20]!r}" for key in changed)
            text = f"nbgrader's settings of {own['grade_id']} had been changed ({listed}); the lesson's were put back."
            remarks.append(Remark("settings-changed", text, own["grade_id"]))
    tags = sorted({tag for item in items for tag in item.cell.tags if "skip" in tag or "raises" in tag})
    if tags:
        listed = ", ".join(repr(tag[:40]) for tag in tags[:5])
        text = f"Cells had tags that change how they are run ({listed}), which were dropped."
        remarks.append(Remark("tags", text))
    return remarks


def _of_edits(lesson: Sequence[Place], items: Sequence[Item]) -> list[Remark]:
    """What was changed of the lesson's own cells, and which answers had become another kind of cell."""
    remarks = []
    for item in items:
        if item.place is None:
            continue
        place = lesson[item.place]
        if item.edited:
            what = "check" if place.role is Role.CHECK else "locked cell"
            text = f"The {what} {place.shown} had been edited; the lesson's own was put back."
            mild = f"You changed the cell {short(place.shown)}, which is the lesson's; yours was set beside it."
            mild = "" if place.role is Role.CHECK else mild
            remarks.append(Remark(f"{place.role.value}-edited", text, place.grade_id, mild))
        if place.role.asked and item.cell.kind != place.kind:
            text = f"The answer cell {place.shown} had become a {item.cell.kind} cell, and was taken as {place.kind}."
            remarks.append(Remark("cell-type", text, place.grade_id))
    return remarks


def _of_order(lesson: Sequence[Place], items: Sequence[Item], chosen: dict[int, Item]) -> list[Remark]:
    """Which cells had been moved."""
    shifted = moved([Standing(item.place, True, "") for item in items])
    remarks = []
    for place in lesson:
        if place.index in shifted and place.role.asked:
            text = f"The answer cell {place.shown} had been moved, and was put back in its place."
            remarks.append(Remark("moved", text, place.grade_id))
    others = sum(not lesson[index].role.asked for index in shifted)
    if others:
        remarks.append(Remark("moved", f"{_cells(others)} of the lesson had been moved and were put back."))
    return remarks


def _cells(number: int) -> str:
    return f"{number} cell{'' if number == 1 else 's'}"
