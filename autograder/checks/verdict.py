"""What a check says: a verdict, made of cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """How one case went. NOT_JUDGED means that it could not be tried, which is never the same as wrong."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not attempted"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Finding:
    """Why an answer is not right. `id` names the misconception for tests and reports, `text` tells the student.

    A `guess` is read off one result of a function: where only one failure fits it, it may be a coincidence.
    """

    id: str
    text: str
    guess: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Call:
    """A call of a student's function: its name, and the plain arguments that it was given."""

    name: str
    arguments: tuple[object, ...]


class Later(Sequence[Finding]):
    """Findings that are looked for when somebody first asks: most answers are right, and then nobody does."""

    def __init__(self, look: Callable[[], Iterable[Finding]]):
        self._look = look
        self._found: tuple[Finding, ...] | None = None

    def _all(self) -> tuple[Finding, ...]:
        if self._found is None:
            self._found = tuple(self._look())
        return self._found

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, place: Any) -> Any:
        return self._all()[place]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


@dataclass(frozen=True)
class Case:
    """One question put to a student's work.

    `part` is the share of the check's points that hangs on it; `expected` and `got` are plain data for display;
    `findings` are all the misconceptions that lead to this answer, the likeliest first; where a wrong idea happens to
    give the right answer, a passed case names it too, for that tells apart ideas that fail elsewhere in the same way.
    `call` is what was asked of a function, for students to try; it is no one's business where the cases are secret.
    """

    title: str
    outcome: Outcome
    part: str = ""
    expected: object = None
    got: object = None
    findings: Sequence[Finding] = ()
    call: Call | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Part:
    """A share of a check's points, earned wholly or not at all; `name` is empty where there is just one."""

    name: str
    points: float
    earned: float


@dataclass(frozen=True)
class Verdict:
    """The result of a check: points out of `maximum`, its cases, and the one finding that explains the failures best.

    `drawn` tells that the cases were drawn at random, so that marking will use others. `parts` tell where the points
    come from; `advice` is the sentence that helps on.
    """

    check: str
    title: str
    points: float
    maximum: float
    cases: tuple[Case, ...]
    finding: Finding | None = None
    drawn: bool = False
    parts: tuple[Part, ...] = ()
    advice: str = ""

    @property
    def attempted(self) -> bool:
        """Whether there was anything to judge."""
        return any(case.outcome is not Outcome.NOT_ATTEMPTED for case in self.cases)

    @property
    def passed(self) -> bool:
        """Whether every case passed; a check without cases has proved nothing."""
        return bool(self.cases) and all(case.outcome is Outcome.PASSED for case in self.cases)
