"""Mark the corpus by this course's marking and by stock nbgrader, and print the two side by side.

    make corpus
    make corpus CORPUS_FLAGS="--kept corpus.jsonl --workers 2"

The stock side takes about ten seconds a specimen, so `--kept FILE` keeps what is done: the same command goes on there.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console

from tests.grading.corpus import KINDS, Specimen, page, specimens
from tests.grading.corpus.outcome import OURS, STOCK, WAYS, Marked
from tests.grading.corpus.table import details, table


def main(words: Sequence[str] | None = None) -> int:
    """Run from the command line. Returns 0 where our marking is without a fault, and 1 where it is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", default=",".join(WAYS), help="which markings: ours, stock or both")
    parser.add_argument("--kinds", default=",".join(KINDS), help="which kinds of specimens")
    parser.add_argument("--only", nargs="*", default=["*"], help="patterns for the names of specimens")
    parser.add_argument("--kept", type=Path, help="a file in which results are kept, so that a run can go on")
    parser.add_argument("--workers", type=int, default=2, help="how many submissions are marked at once")
    parser.add_argument("--seconds", type=float, default=240, help="the longest that stock may take for a submission")
    parser.add_argument("--folder", type=Path, help="where our marked class is left to be looked at")
    parser.add_argument("--page", type=Path, help="a file for the table as a page to read, such as docs/corpus.md")
    options = parser.parse_args(words)
    console = Console()
    chosen = [
        one
        for one in specimens()
        if one.kind in options.kinds.split(",") and any(fnmatch(one.name, pattern) for pattern in options.only)
    ]
    marked = _kept(options.kept)
    faults: list[str] = []
    if OURS in options.ways.split(","):
        marked = [one for one in marked if one.way != OURS]
        console.print(f"» marking {len(chosen)} specimens and three control students as one class")
        from tests.grading.corpus import ours

        with tempfile.TemporaryDirectory(prefix="corpus-", ignore_cleanup_errors=True) as place:
            found, faults, said = ours.mark(chosen, options.workers, options.folder or Path(place))
        marked += found
        _keep(options.kept, found)
        if any(not one.points for one in found):
            console.print(said[-3000:], markup=False, highlight=False)
    if STOCK in options.ways.split(","):
        done = {one.name for one in marked if one.way == STOCK}
        marked += _stock([one for one in chosen if one.name not in done], options, console)
    _show(console, chosen, marked, faults)
    if options.page:
        page.write(options.page, page.page(chosen, marked))
    known = {one.name for one in chosen}
    return int(bool(details(chosen, [one for one in marked if one.name in known], OURS) or faults))


def _stock(todo: Sequence[Specimen], options: argparse.Namespace, console: Console) -> list[Marked]:
    """Mark by stock nbgrader, several at a time, keeping each result as it comes."""
    from tests.grading.corpus.stock import Template

    found: list[Marked] = []
    if not todo:
        return found
    console.print(f"» marking {len(todo)} specimens by stock nbgrader, each alone")
    todo = random.Random(0).sample(todo, len(todo))  # so that what is done so far tells of all
    with tempfile.TemporaryDirectory(prefix="stock-", ignore_cleanup_errors=True) as place:
        template = Template(Path(place) / "template")
        with ThreadPoolExecutor(options.workers) as pool:
            under_way = [pool.submit(template.mark, one, options.seconds) for one in todo]
            for future in as_completed(under_way):
                found.append(future.result())
                _keep(options.kept, found[-1:])
                console.print(f"{len(found)}/{len(todo)} {found[-1].name} {found[-1].seconds:.0f} s", highlight=False)
    return found


def _show(console: Console, chosen: Sequence[Specimen], marked: Sequence[Marked], faults: Sequence[str]) -> None:
    for way in WAYS:
        lines = details(chosen, marked, way)
        if lines:
            console.print(f"\n{way}:", style="bold")
        for line in lines:
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    for fault in faults:
        console.print(f"ours, the class as a whole: {fault}", style="bold red", markup=False, soft_wrap=True)
    console.print(table(chosen, marked))


def _kept(path: Path | None) -> list[Marked]:
    if path is None or not path.exists():
        return []
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        one = Marked(**json.loads(line))
        found[one.name, one.way] = one  # the last one counts
    return list(found.values())


def _keep(path: Path | None, found: Sequence[Marked]) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(one)) + "\n" for one in found)


if __name__ == "__main__":
    sys.exit(main())
