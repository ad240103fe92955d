"""The numbers that stand in a lesson's sentences, for the ledger of claims."""

from __future__ import annotations

import re
from dataclasses import dataclass

WORDS = [
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    "twenty",
]
NUMBER = re.compile(
    r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w.]*\d)|\b(?:" + "|".join(WORDS) + r")\b", re.I
)
NOT_PROSE = re.compile(
    r"`[^`\n]*`"  # code
    r"|<code>.*?</code>"
    r"|\$\$.*?\$\$|\$[^$\n]+\$"  # formulas
    r"|\]\([^)]*\)"  # addresses of links
    r"|<[^>]+>",
    re.S,
)
# Headings of exercises and the two small tables carry points and minutes, which the build itself adds up.
BOOKKEEPING = re.compile(r"^(?:#+ (?:Exercise )?\d+ ·.*|\|.*\|)$", re.M)


@dataclass(frozen=True)
class Number:
    """One number in the prose: where it starts in `text`, and what stands around it."""

    token: str
    start: int
    line: int
    context: str


def prose(lesson: str) -> str:
    """The lesson's markdown with everything that is no sentence blanked out, line for line as long as before."""
    lines, inside = [], False
    for line in lesson.split("\n"):
        if line.startswith("# %%"):
            inside = "[markdown]" in line
            lines.append("")
        else:
            lines.append(line.removeprefix("#").removeprefix(" ") if inside else "")
    text = "\n".join(lines)
    for pattern in (BOOKKEEPING, NOT_PROSE):
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    return text


def prose_numbers(lesson: str) -> list[Number]:
    """Every number in the sentences that is 10 or more or has a decimal point; smaller ones count rows and sides."""
    text = prose(lesson)
    found = []
    for match in NUMBER.finditer(text):
        token = match.group()
        if token.lower() not in WORDS and "." not in token and int(token.replace(",", "")) < 10:
            continue
        around = text[max(0, match.start() - 40) : match.end() + 30].replace("\n", " ")
        found.append(Number(token, match.start(), text.count("\n", 0, match.start()) + 1, around))
    return found
