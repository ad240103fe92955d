"""Which submissions of a class are more alike than work done apart would be. Likeness is a reason to look, no proof.

Answers are compared by what cannot be changed without thought: comments, white space and the names of variables are
dropped, then every run of `LENGTH` tokens counts by how rare it is in the class, log2((n + 1)/students who wrote it)
bits of n who answered. Runs of the handed-out cell and of the course's own solution do not count at all, so that short
or trivially determined answers raise no suspicion. A pair is named where it shares much more than the pairs of this
class usually do, in a good part of the exercises; copying one or two answers alone stays unnoticed. The idea of
comparing runs of tokens is that of S. Schleimer, D. Wilkerson and A. Aiken, "Winnowing: Local Algorithms for Document
Fingerprinting", SIGMOD 2003.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
    Whitespace,
)
from rapidfuzz.distance import Indel

LENGTH = 6  # tokens in a run
ALIKE = 0.6  # share of the rarer answer's weight that two answers to one exercise have in common
SHARE = 0.5  # of the smaller submission's weight that lies in answers which are alike
CELLS = 0.4  # of the exercises that both have answered in a way of their own
EXACT = 0.75  # share of tokens, in order, that the most similar answers must have in common
BITS = 30.0  # of evidence that a pair needs at least: in a class of 30, fifty tokens that nobody else has written
USUAL, TIMES = 0.9, 2.0  # and as many times what that share of the pairs of this class have at most
LONGEST = 20_000  # characters of one answer that are looked at
FEWEST = 3  # with two students, nothing tells what everybody writes

Tokens = tuple[str, ...]
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Answer:
    """One student's answer to one exercise; `prose` tells text from code."""

    source: str
    prose: bool = False


@dataclass(frozen=True)
class Side:
    """One of two answers, by line: whether the other has the same line (up to names, spaces and comments), and it."""

    student: str
    lines: tuple[tuple[bool, str], ...]


@dataclass(frozen=True)
class Pair:
    """Two submissions that are alike: in which `cells`, by how many `bits` of evidence, and the most similar answers.

    `likeness` is the share of tokens, in order, that those answers have in common; `verbatim` tells that they are the
    same to the letter, names and comments too.
    """

    students: tuple[str, str]
    cells: tuple[str, ...]
    bits: float
    cell: str
    likeness: float
    verbatim: bool
    sides: tuple[Side, Side]


@dataclass(frozen=True)
class Group:
    """Students who are linked by pairs, the pair with the most evidence first."""

    students: tuple[str, ...]
    pairs: tuple[Pair, ...]


def groups(
    work: Mapping[str, Mapping[str, Answer]], known: Mapping[str, Sequence[str]], shown: int = 200
) -> tuple[Group, ...]:
    """The groups of students whose answers are alike, those with the most evidence first.

    `work` is student → cell → answer, `known` what needs no explanation for each cell: the handed-out text and the
    course's own solution. At most `shown` pairs are looked at closely, those with the most evidence.
    """
    students = sorted(work)
    if len(students) < FEWEST:
        return ()
    candidates = _candidates(students, work, known)
    pairs = [pair for one, two, bits, cells in candidates[:shown] if (pair := _pair(one, two, bits, cells, work))]
    return _linked(pairs)


def tokens(answer: Answer) -> tuple[Tokens, ...]:
    """An answer as the comparison sees it, the tokens of each line: no comments, docstrings or white space, `v` for
    the name of a variable, `s` for a text. Attributes, keywords, builtins and numbers stay."""
    return _words(answer.source[:LONGEST]) if answer.prose else _code(answer.source[:LONGEST])


# --- from text to runs of tokens --------------------------------------------------------------------------------


def _words(text: str) -> tuple[Tokens, ...]:
    return tuple(tuple(re.findall(r"\w+", line.lower())) for line in text.split("\n"))


@lru_cache(maxsize=4096)  # in a large class many answers are the same, or untouched
def _code(text: str) -> tuple[Tokens, ...]:
    lines: list[list[str]] = [[] for _ in range(text.count("\n") + 2)]
    at, last = 0, ""
    for kind, value in PythonLexer(stripnl=False).get_tokens(text.replace("\r", "")):
        token = _token(kind, value, last)
        if token and not (token == last == "s"):  # a text comes in several pieces
            lines[min(at, len(lines) - 1)].append(token)
        last = token or last
        at += value.count("\n")
    return tuple(tuple(line) for line in lines[: text.count("\n") + 1])


def _token(kind: object, value: str, last: str) -> str:
    if kind in Comment or kind in Whitespace or kind in String.Doc or not value.strip():
        return ""
    if kind in String:
        return "s"
    if kind in Name and last != "." and kind not in Name.Builtin and kind not in Name.Namespace:
        return "v"
    if kind in Keyword or kind in Name or kind in Number or kind in Operator or kind in Literal:
        return value.strip().lower()
    return value.strip()


def _runs(lines: Sequence[Tokens], words: dict[str, int]) -> frozenset[int]:
    """The runs of LENGTH tokens of an answer, each as one number; `words` numbers the tokens."""
    flat = [words.setdefault(token, len(words)) for line in lines for token in line]
    return frozenset(hash(tuple(flat[at : at + LENGTH])) for at in range(len(flat) - LENGTH + 1))


# --- all pairs at once ------------------------------------------------------------------------------------------


def _candidates(
    students: Sequence[str], work: Mapping[str, Mapping[str, Answer]], known: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, float, tuple[str, ...]]]:
    """The pairs with evidence enough, and the cells in which they are alike, most evidence first."""
    count = len(students)
    names = sorted({cell for answers in work.values() for cell in answers})
    evidence, total = np.zeros((count, count), np.float32), np.zeros(count, np.float32)
    both, agreeing = np.zeros((count, count), np.int32), np.zeros((count, count), np.int32)
    shared: dict[str, tuple[Matrix, NDArray[np.bool_]]] = {}
    words: dict[str, int] = {}
    for name in names:
        prose = any(answers[name].prose for answers in work.values() if name in answers)
        plain = frozenset[int]().union(*(_runs(tokens(Answer(text, prose)), words) for text in known.get(name, ())))
        runs = [_runs(tokens(work[who][name]), words) - plain if name in work[who] else frozenset() for who in students]
        common, own = _common(runs)
        alike = common >= ALIKE * np.maximum(np.minimum.outer(own, own), 1)
        both += np.logical_and.outer(own > 0, own > 0)
        agreeing += alike
        evidence += np.where(alike, common, 0)
        total += own
        shared[name] = (common, alike)
    evidence /= LENGTH  # a token lies in that many runs
    enough = (evidence >= _needed([common for common, _ in shared.values()], total)) & (agreeing >= CELLS * both)
    enough &= evidence * LENGTH >= SHARE * np.minimum.outer(total, total)
    found = []
    for one, two in zip(*np.nonzero(np.triu(enough, 1)), strict=True):
        cells = [name for name in names if shared[name][1][one, two]]
        cells.sort(key=lambda name: -shared[name][0][one, two])
        found.append((students[one], students[two], float(evidence[one, two]), tuple(cells)))
    return sorted(found, key=lambda pair: (-pair[2], pair[:2]))


def _needed(shared: Sequence[Matrix], total: Matrix) -> float:
    """The bits that stand out in this class, whose students may have learnt from one book to write alike."""
    some = np.flatnonzero(total)
    if len(some) < FEWEST:
        return math.inf
    everything = np.stack(shared).sum(axis=0)[np.ix_(some, some)] / LENGTH
    usual = np.quantile(everything[np.triu_indices(len(some), 1)], USUAL, method="lower")
    return max(BITS, TIMES * float(usual))


def _common(runs: Sequence[frozenset[int]]) -> tuple[Matrix, Matrix]:
    """The weight in bits of the runs that each pair has in common, (n, n), and of those that each answer has, (n,)."""
    writers: dict[int, list[int]] = {}
    for place, own_runs in enumerate(runs):
        for run in own_runs:
            writers.setdefault(run, []).append(place)
    answered = sum(map(bool, runs))
    common, own = np.zeros((len(runs), len(runs)), np.float32), np.zeros(len(runs), np.float32)
    for places in writers.values():
        bits = math.log2((answered + 1) / len(places))
        if bits < 1:  # half of the class writes so
            continue
        own[places] += bits
        if len(places) > 1:
            common[np.ix_(places, places)] += bits
    return common, own


# --- a closer look ----------------------------------------------------------------------------------------------


def _pair(
    one: str, two: str, bits: float, cells: tuple[str, ...], work: Mapping[str, Mapping[str, Answer]]
) -> Pair | None:
    closest = [(_likeness(work[one][cell], work[two][cell]), -place) for place, cell in enumerate(cells[:3])]
    likeness, place = max(closest)
    cell = cells[-place]
    if likeness < EXACT:
        return None
    first, second = work[one][cell], work[two][cell]
    left, right = _marked(first, second)
    verbatim = first.source.split() == second.source.split()
    return Pair((one, two), cells, bits, cell, likeness, verbatim, (Side(one, left), Side(two, right)))


def _likeness(one: Answer, two: Answer) -> float:
    return float(
        Indel.normalized_similarity(
            [token for line in tokens(one) for token in line], [token for line in tokens(two) for token in line]
        )
    )


def _marked(one: Answer, two: Answer) -> tuple[tuple[tuple[bool, str], ...], tuple[tuple[bool, str], ...]]:
    """The lines of both answers, each with whether it has its like, in order, on the other side."""
    left, right = tokens(one), tokens(two)
    # Lines without a token (blank, or only a comment) must match nothing: each gets a key of its own.
    keys = [[line or (side, str(at)) for at, line in enumerate(lines)] for side, lines in (("1", left), ("2", right))]
    same_left, same_right = set[int](), set[int]()
    for step in Indel.opcodes(*keys):
        if step.tag == "equal":
            same_left |= set(range(step.src_start, step.src_end))
            same_right |= set(range(step.dest_start, step.dest_end))
    return tuple(_lines(one, same_left)), tuple(_lines(two, same_right))


def _lines(answer: Answer, same: set[int]) -> Iterator[tuple[bool, str]]:
    for at, line in enumerate(answer.source[:LONGEST].split("\n")):
        yield at in same, line.rstrip("\r")


def _linked(pairs: Sequence[Pair]) -> tuple[Group, ...]:
    leader: dict[str, str] = {}

    def head(student: str) -> str:
        while leader.setdefault(student, student) != student:
            student = leader[student]
        return student

    for pair in pairs:
        leader[head(pair.students[1])] = head(pair.students[0])
    by_head = sorted(pairs, key=lambda pair: head(pair.students[0]))
    found = []
    for _, linked in groupby(by_head, key=lambda pair: head(pair.students[0])):
        own = sorted(linked, key=lambda pair: (-pair.bits, pair.students))
        found.append(Group(tuple(sorted({student for pair in own for student in pair.students})), tuple(own)))
    return tuple(sorted(found, key=lambda group: (-group.pairs[0].bits, group.students)))
