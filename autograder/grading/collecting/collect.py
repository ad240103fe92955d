"""`autograder collect`: from what a platform gives, or a folder of files, to submitted/STUDENT/ASSIGNMENT/.

Nothing is guessed and nothing is lost: what cannot be placed without doubt is told and stays where it is, what is
replaced is kept in .marking/replaced/, and a run that was stopped can simply be repeated.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from autograder.grading import cells, record
from autograder.grading.collecting import archive, layout, ledger, names, people, subject
from autograder.grading.collecting.archive import RefusedError, Source, SourceError
from autograder.grading.collecting.layout import TIMESTAMP, Claim, UnclaimedError
from autograder.grading.collecting.ledger import Item
from autograder.grading.collecting.roster import Roster, UnknownError, Whose, student_fault
from autograder.grading.collecting.subject import SubjectError
from autograder.grading.course import Assignment, assignments
from autograder.grading.submissions import ascii_control_free

Kind = Literal["placed", "replaced", "unchanged", "older", "left out", "not placed"]
LEDGER, REPLACED, LOCK = "collected.json", "replaced", "lock"


@dataclass(frozen=True)
class Line:
    """What became of one file of the source. Only "not placed" asks somebody to do something."""

    kind: Kind
    what: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.kind:<10} {self.what}" + (f": {self.why}" if self.why else "")


@dataclass
class Collected:
    """What became of each file, and what else there is to know."""

    lines: list[Line] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything could be placed."""
        return all(line.kind != "not placed" for line in self.lines)

    @property
    def summary(self) -> str:
        """How many files of each kind, in one line."""
        counts = [f"{self.count(kind)} {kind}" for kind in get_args(Kind) if self.count(kind)]
        return ", ".join(counts) + "." if counts else "nothing to collect."

    def count(self, kind: Kind) -> int:
        """How many files of a kind."""
        return sum(line.kind == kind for line in self.lines)

    def add(self, kind: Kind, what: str, why: str = "") -> None:
        """One line more."""
        self.lines.append(Line(kind, what, why))


@dataclass(frozen=True)
class Found:
    """A notebook with all that is known of it. `said` is whether its own name says which assignment it is."""

    claim: Claim
    student: str
    assignment: str
    said: bool
    digest: str
    number: int  # what a browser has added to its name: (3)

    @property
    def work(self) -> str:
        """STUDENT/ASSIGNMENT."""
        return f"{self.student}/{self.assignment}"


def collect(
    root: Path,
    source: Path,
    roster: Roster | None = None,
    assignment: str = "",
    *,
    dry_run: bool = False,
    replace_all: bool = False,
) -> Collected:
    """Put the notebooks of `source`, a zip or a folder, into `root`/submitted.

    `assignment` says which one all of them are, by name or number. `replace_all` takes the new file also where what
    lies there was not collected, or it cannot be told which of the two is newer; never where the new one is older.
    Raises SourceError, CourseError, SubjectError, and record.BusyError while the course is being marked.
    """
    root, source = root.resolve(), source.resolve()
    known = assignments(root)
    chosen = subject.meant(assignment, known) if assignment else ""
    _keep_apart(root / "submitted", source)
    private = root / ".marking"
    if not dry_run:
        private.mkdir(mode=0o700, exist_ok=True)
    with contextlib.nullcontext() if dry_run else record.alone(private / LOCK), archive.opened(source) as opened:
        run = _Run(root, opened, roster, known, chosen, dry_run, replace_all)
        run.collect()
        if roster and not dry_run:
            people.note(roster, private / people.PEOPLE)
        return run.said


def _keep_apart(submitted: Path, source: Path) -> None:
    submitted = submitted.resolve()
    if source == submitted or submitted in source.parents:
        raise SourceError(f"{source} lies in submitted/ itself: what is there has been collected already")
    if source in submitted.parents:
        raise SourceError(f"{source} has this course's submitted/ in it: give the folder of what came in")


@dataclass
class _Run:
    root: Path
    source: Source
    roster: Roster | None
    known: Mapping[str, Assignment]
    chosen: str
    dry_run: bool
    replace_all: bool
    said: Collected = field(default_factory=Collected)
    late: set[str] = field(default_factory=set)
    work: dict[str, Item] = field(default_factory=dict)

    def collect(self) -> None:
        for path, reason in self.source.refused:
            self.said.add("not placed", path, reason)
        entries = layout.unwrapped(self.source.entries, self.source.path.stem)
        if not entries and not self.source.refused:
            raise SourceError(f"{self.source.path} has no files in it")
        claims = list(self._claims(entries))
        stamps = {claim.entry.parts[:2]: claim for claim in claims if claim.folder and claim.file == TIMESTAMP}
        claims = [claim for claim in claims if claim not in stamps.values()]
        notebooks = [claim for claim in claims if names.is_notebook(claim.file)]
        self._tell_others([claim for claim in claims if claim not in notebooks], {claim.whose for claim in notebooks})
        found = list(self._found(notebooks))
        self.work = ledger.load(self.root / ".marking" / LEDGER)
        found = self._without_strangers(found)
        found.sort(key=lambda item: item.work)
        for _, group in itertools.groupby(found, key=lambda item: item.work):
            best = self._latest(list(group))
            if best:
                self._place(best, stamps.get(best.claim.entry.parts[:2]))
        self._remark()

    def _claims(self, entries: Sequence[archive.Entry]) -> Iterator[Claim]:
        for entry in entries:
            try:
                yield layout.claim(entry, self.known, deep=self.roster is not None)
            except UnclaimedError as error:
                self.said.add("not placed", entry.shown, str(error))

    def _tell_others(self, others: Sequence[Claim], with_notebook: set[Whose]) -> None:
        for claim in others:
            nested = claim.file.lower().endswith((".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"))
            reason = "an archive inside, which is not opened: unpack it yourself" if nested else "not a notebook"
            has_more = claim.whose in with_notebook and not nested
            self.said.add("left out" if has_more else "not placed", claim.entry.shown, reason)

    def _found(self, claims: Sequence[Claim]) -> Iterator[Found]:
        for claim in claims:
            try:
                student = self._student(claim.whose)
                content = self.source.read(claim.entry)
                chosen = claim.folder or self.chosen
                if self.chosen and claim.folder not in ("", self.chosen):
                    raise SubjectError(f"lies in a folder {claim.folder}, not {self.chosen}")
                assignment, said = subject.subject(claim.file, content, self.known, chosen)
            except (UnknownError, RefusedError, SubjectError) as error:
                self.said.add("not placed", claim.entry.shown, str(error))
                continue
            digest = hashlib.sha256(content).hexdigest()
            yield Found(claim, student, assignment, said, digest, names.plain_stem(claim.file)[1])

    def _student(self, whose: Whose) -> str:
        if self.roster:
            return self.roster.find(whose).student
        student = names.slug(whose.name) if whose.kind == "moodle" else names.exact(whose.name)
        if student_fault(student) and names.slug(student):
            student = names.slug(student)
        fault = student_fault(student)
        if fault:
            raise UnknownError(f"{ascii_control_free(student)!r} {fault}")
        return student

    def _without_strangers(self, found: Sequence[Found]) -> list[Found]:
        """Those whose folder is theirs alone. Two people may share a name, and a roster may lack one of them; and two
        ids that differ only in case would share a folder on some machines."""
        owners: dict[str, set[tuple[str, str, str]]] = {}
        spelt: dict[str, set[str]] = {}
        for item in found:
            if item.claim.whose.number or not self.roster:  # by a roster, a folder may be called in several ways
                owners.setdefault(item.student, set()).add(_identity(item.claim.whose))
            spelt.setdefault(item.student.casefold(), set()).add(item.student)
        submitted = self.root / "submitted"
        for path in submitted.iterdir() if submitted.is_dir() else ():
            spelt.setdefault(path.name.casefold(), set()).add(path.name)
        kept = []
        for item in found:
            earlier = self.work.get(item.work)
            alike = spelt[item.student.casefold()] - {item.student}
            if alike:
                why = f"{item.student} and {', '.join(sorted(alike))} differ only in case: give a roster, or rename"
            elif len(owners.get(item.student, ())) > 1:
                why = f"more than one person would be {item.student}: give a roster (--roster) that has them all"
            elif earlier and not self.replace_all and _other_person(earlier, item.claim.whose):
                why = (
                    f"{item.work} came from another person of this name, or another activity; --replace takes this one"
                )
            else:
                kept.append(item)
                continue
            self.said.add("not placed", item.claim.entry.shown, why)
        return kept

    def _latest(self, group: list[Found]) -> Found | None:
        """The one of a student's files for one assignment that counts; what is said of the others."""
        if any(item.said for item in group):
            for item in group:
                if not item.said:
                    self.said.add(
                        "left out",
                        item.claim.entry.shown,
                        f"another file of {item.student} is called {item.assignment}",
                    )
            group = [item for item in group if item.said]
        single: dict[str, Found] = {}
        for item in group:
            rival = single.get(item.digest)
            single[item.digest] = item if rival is None or self._newer(item, rival) else rival
        for item in group:
            if item not in single.values():
                self.said.add(
                    "left out", item.claim.entry.shown, "the same, byte for byte, as another file of the student"
                )
        rivals = list(single.values())
        best = [item for item in rivals if all(self._newer(item, other) for other in rivals if other is not item)]
        if not best:
            for item in rivals:
                why = (
                    f"one of {len(rivals)} for {item.work}, and it cannot be told which is the last: keep the right one"
                )
                self.said.add("not placed", item.claim.entry.shown, why)
            return None
        for item in rivals:
            if item is not best[0]:
                self.said.add("older", item.claim.entry.shown, f"{best[0].claim.entry.shown} was handed in later")
        return best[0]

    def _newer(self, item: Found, other: Found) -> bool | None:
        """Whether a file of this source was handed in later than another of the same student; None if that is unknown.

        Within a zip times tell nothing: platforms write the moment at which each file was packed.
        """
        if item.claim.revision and other.claim.revision:
            return item.claim.revision > other.claim.revision
        said = []
        if item.number != other.number:
            said.append(item.number > other.number)
        times = item.claim.entry.time, other.claim.entry.time
        if not self.source.archive and times[0] and times[1] and abs((times[0] - times[1]).total_seconds()) > 2:
            said.append(times[0] > times[1])
        return said[0] if said and all(one == said[0] for one in said) else None

    def _item(self, found: Found) -> Item:
        claim = found.claim
        time = claim.entry.time.isoformat() if claim.entry.time else ""
        clock = "zip" if self.source.archive else "folder"
        whose = claim.whose
        return Item(found.digest, whose.kind, whose.name, whose.number, claim.revision, time, clock)

    def _place(self, found: Found, stamp: Claim | None) -> None:
        item, earlier = self._item(found), self.work.get(found.work)
        shown = f"{found.work} from {found.claim.entry.shown}" + (" (late)" if found.claim.late else "")
        folder = self.root / "submitted" / found.student / found.assignment
        target = folder / f"{found.assignment}.ipynb"
        fault = self._place_fault(folder, target)
        if fault:
            self.said.add("not placed", found.claim.entry.shown, fault)
            return
        if found.claim.late:
            self.late.add(found.student)
        lies = hashlib.sha256(target.read_bytes()).hexdigest() if target.exists() else ""
        if lies == item.digest:
            self.said.add("unchanged", shown)
            if earlier is None or earlier.digest != lies or item.is_newer_than(earlier):
                self._remember(found.work, item)
            return
        if lies:
            newer = item.is_newer_than(earlier) if earlier else None
            if newer is False:
                self.said.add("older", shown, "a newer one lies there already, and stays")
                return
            if not self.replace_all and (earlier is None or earlier.digest != lies):
                why = "another file lies there that was put there or changed by hand; --replace takes this one"
                self.said.add("not placed", shown, why)
                return
            if not self.replace_all and newer is None:
                why = "another file lies there, and it cannot be told which is newer; --replace takes this one"
                self.said.add("not placed", shown, why)
                return
        if not self.dry_run:
            try:
                self._write(found, folder, target, stamp, lies)
            except RefusedError as error:
                self.said.add("not placed", shown, str(error))
                return
            except OSError as error:
                self.said.add("not placed", shown, f"could not be written: {error.strerror}")
                return
            self._remember(found.work, item)
        kept = f"the one before, with its time, is kept in .marking/{REPLACED}/{found.work}" if lies else ""
        self.said.add("replaced" if lies else "placed", shown, kept)

    def _place_fault(self, folder: Path, target: Path) -> str | None:
        for path in (folder.parent, folder):
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                return f"submitted/{path.relative_to(self.root / 'submitted')} is not a folder of its own: remove it"
        if target.is_symlink() or (target.exists() and not target.is_file()):
            return f"submitted/{target.relative_to(self.root / 'submitted')} is not a file of its own: remove it"
        return None

    def _write(self, found: Found, folder: Path, target: Path, stamp: Claim | None, lies: str) -> None:
        content = self.source.read(found.claim.entry)
        if hashlib.sha256(content).hexdigest() != found.digest:
            raise RefusedError("it changes while it is being collected: try again")
        when = self._stamp(stamp) if stamp else b""
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(f".{target.name}.*.tmp"):  # of a run that was killed
            stale.unlink(missing_ok=True)
        if lies:
            self._keep(found, target, folder / TIMESTAMP, lies)
        # The time goes first: a run that stops here leaves the old notebook, and the next one goes on.
        if when:
            cells.write(when, folder / TIMESTAMP)
        elif lies:
            (folder / TIMESTAMP).unlink(missing_ok=True)  # it was the time of what is replaced, and is kept with it
        cells.write(content, target)

    def _keep(self, found: Found, target: Path, stamp: Path, lies: str) -> None:
        """Copy what is replaced to a place named by its content, so that a repeated run keeps it once."""
        place = self.root / ".marking" / REPLACED / found.student / found.assignment / lies[:16]
        if (place / target.name).exists():
            return  # and its timestamp was kept before it
        place.mkdir(parents=True, exist_ok=True)
        if stamp.is_file() and not stamp.is_symlink():
            cells.write(stamp.read_bytes(), place / stamp.name)
        cells.write(target.read_bytes(), place / target.name)

    def _stamp(self, claim: Claim) -> bytes:
        from nbgrader.utils import parse_utc

        try:
            text = self.source.read(claim.entry).decode("utf-8").strip()
            if not text:
                return b""
            parse_utc(text)
        except (RefusedError, ValueError, OverflowError):
            self.said.remarks.append(f"{claim.entry.shown}: not a date, left out")
            return b""
        return f"{text}\n".encode()

    def _remember(self, work: str, item: Item) -> None:
        if not self.dry_run:
            self.work[work] = item
            ledger.save(self.work, self.root / ".marking" / LEDGER)

    def _remark(self) -> None:
        if self.roster:
            self.said.remarks += self.roster.remarks
        if any(line.kind in ("placed", "replaced") for line in self.said.lines) and self.source.archive:
            self.said.remarks.append(
                "No times were taken over, but those in a timestamp.txt: the times in a zip tell when it was packed, "
                "not when work was handed in."
            )
        if self.late:
            self.said.remarks.append(
                f"Canvas calls {len(self.late)} late ({', '.join(sorted(self.late))}), without saying how late: for a "
                "late penalty write a timestamp.txt beside their notebooks."
            )


def _identity(whose: Whose) -> tuple[str, str, str]:
    """What tells two people apart without a roster."""
    return (whose.kind, whose.number, "") if whose.number else (whose.kind, "", whose.name)


def _other_person(earlier: Item, whose: Whose) -> bool:
    """Whether work that was collected is surely, or may be, of another person than `whose` of the same student id."""
    if earlier.kind != whose.kind or not (earlier.number and whose.number):
        return False
    return earlier.number != whose.number
