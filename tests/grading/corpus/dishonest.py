"""Dishonest submissions: each tries to get points that its answers do not earn, or what is no business of a student's.

What the honest part of the work earns is all that they deserve.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.grading.corpus import DISHONEST, MARK, Content, Link, Specimen
from tests.grading.corpus.notebooks import SOLVED, Paper, new_cell, points, shown
from tests.grading.corpus.snippets import read

FORGED_CHECK = """\
class Feedback:
    def __repr__(self):
        return "4.0"


def check(name, answers=None):
    return Feedback()


CHECKS = {}
"""
SHOUT = f"open({MARK!r}, 'w').write('here')\n"  # whoever runs it leaves a file behind


def specimens() -> list[Specimen]:
    """All dishonest submissions."""
    return [*read(DISHONEST), *_by_metadata(), *_by_cells(), *_by_files()]


def _one(
    name: str,
    note: str,
    paper: Paper,
    files: Mapping[str, Content] | None = None,
    deserved: bool = True,
    promised: bool = True,
) -> Specimen:
    """A specimen that deserves what is solved in it, or nothing at all."""
    honest = {
        cell: worth if deserved and cell[6:] in SOLVED[paper.number] else 0.0
        for cell, worth in points(paper.number).items()
    }
    least = honest if promised else dict.fromkeys(honest, 0.0)
    notebook: dict[str, Content] = {f"{paper.name}.ipynb": paper.bytes()}
    return Specimen(name, DISHONEST, paper.name, note, notebook | dict(files or {}), least, honest)


def _tagged(tag: str) -> Callable[[dict[str, Any]], None]:
    def change(cell: dict[str, Any]) -> None:
        cell["metadata"]["tags"] = [*cell["metadata"].get("tags", ()), tag]

    return change


def _about(**more: Any) -> Callable[[dict[str, Any]], None]:
    return lambda cell: cell["metadata"]["nbgrader"].update(more)


def _forged(cell: dict[str, Any]) -> None:
    cell.update(outputs=shown(str(cell["metadata"]["nbgrader"]["points"])), execution_count=7)


def _by_metadata() -> list[Specimen]:
    """What a notebook says of itself, changed in an editor."""
    found = []
    for tag in ("skip-execution", "remove-cell", "raises-exception", "remove_output", "hide-output"):
        note = f"every check cell carries the tag {tag}"
        found.append(_one(f"tag-{tag}".replace("_", "-"), note, Paper("02").guess().change(_tagged(tag))))
    skipped = Paper("06").guess().change(_tagged("skip-execution")).change(_forged)
    found.append(_one("tag-skip-execution-forged", "cells that are skipped, with the outputs of full points", skipped))
    changes: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
        "points-raised": ("every check is worth 100 points", _about(points=100)),
        "points-negative": ("every check is worth less than nothing", _about(points=-5)),
        "points-of-text": ("points that are no number", _about(points="4; drop table grade")),
        "grade-false": ("no check cell is a graded one any more", _about(grade=False, points=0)),
        "checks-are-solutions": ("check cells are called answers that a person marks", _about(solution=True)),
        "checks-are-tasks": ("check cells are called tasks", _about(task=True, grade=False)),
        "checks-unlocked": ("check cells are unlocked and filled with points", _unlocked),
        "checksums-forged": ("check cells are exchanged, with checksums that fit", _checksummed),
        "schema-version-99": ("metadata of a newer nbgrader", _about(schema_version=99)),
        "schema-version-0": ("metadata of an older nbgrader", _about(schema_version=0)),
        "cell-type-markdown-said": ("the metadata call check cells prose", _about(cell_type="markdown")),
        "outputs-forged": ("check cells hold the outputs of full points", _forged),
        "outputs-forged-emptied": ("the same, and their source is gone", lambda cell: (_forged(cell), _emptied(cell))),
    }
    for place, (name, (note, change)) in enumerate(changes.items()):
        found.append(_one(name, note, Paper(("02", "03", "06")[place % 3]).guess().change(change)))

    swapped = Paper("02").guess()
    swapped.cell("check-conv2d-valid")["metadata"]["nbgrader"]["grade_id"] = "keep"
    swapped.cell("check-conv2d")["metadata"]["nbgrader"]["grade_id"] = "check-conv2d-valid"
    swapped.cell("keep")["metadata"]["nbgrader"]["grade_id"] = "check-conv2d"
    found.append(_one("grade-ids-swapped", "an easy check bears the name of one that is worth more", swapped))
    answers = Paper("02").guess()
    answers.cell("answer-conv2d")["metadata"]["nbgrader"]["grade_id"] = "check-conv2d"
    answers.cell("answer-conv2d-multi")["metadata"]["nbgrader"].update(grade=True, points=20)
    found.append(_one("answers-called-checks", "answer cells with the names and points of checks", answers))

    account = {
        "remarks": [],
        "incidents": [],
        "isolation": "none",
        "judged": [
            {"check": cell[6:], "cell": cell, "points": worth, "maximum": worth, "outcome": "right"}
            for cell, worth in points("06").items()
        ],
    }
    told = Paper("06").guess()
    told.content["metadata"]["convcourse"] = account
    found.append(_one("account-forged", "the marking's own account is written beforehand, with full points", told))
    for name, spec in (
        ("kernelspec-other", {"name": "bash", "display_name": "Bash", "language": "bash"}),
        ("kernelspec-planted", {"name": "../../../evil", "argv": ["sh", "-c", SHOUT], "language": "python"}),
    ):
        paper = Paper("03").guess()
        paper.content["metadata"]["kernelspec"] = spec
        found.append(_one(name, "the metadata ask for another kernel", paper))
    language = Paper("06").guess()
    language.content["metadata"]["language_info"] = {
        "name": "python",
        "file_extension": ".sh",
        "nbconvert_exporter": "os",
    }
    found.append(_one("exporter-planted", "the metadata name an exporter for the feedback page", language))
    widgets = Paper("02").guess()
    widgets.content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"x": f"</script>{MARK}"}}
    found.append(_one("widget-state-planted", "widget state that ends the script it is put into", widgets))
    return found


def _emptied(cell: dict[str, Any]) -> None:
    cell["source"] = ""


def _unlocked(cell: dict[str, Any]) -> None:
    about = cell["metadata"]["nbgrader"]
    about["locked"] = False
    cell["source"] = str(about["points"])


def _checksummed(cell: dict[str, Any]) -> None:
    about = cell["metadata"]["nbgrader"]
    cell["source"] = f"{about['points']}.0"
    total = hashlib.md5(usedforsecurity=False)
    for part in (cell["source"], cell["cell_type"], str(about["points"]), about["grade_id"]):
        total.update(part.encode())
    about["checksum"] = total.hexdigest()


def _by_cells() -> list[Specimen]:
    """Cells deleted, doubled and turned into what they are not."""
    found = []
    deleted = Paper("02").guess()
    for cell in deleted.checks:
        if cell["metadata"]["nbgrader"]["grade_id"][6:] not in SOLVED["02"]:
            deleted.cells.remove(cell)
    found.append(_one("checks-deleted", "the checks of what is not solved are deleted", deleted))
    for kind in ("markdown", "raw"):
        paper = Paper("03").guess()
        for cell in paper.checks:
            cell.update(cell_type=kind)
            cell.pop("outputs")
            cell.pop("execution_count")
        found.append(_one(f"checks-turned-{kind}", f"check cells are {kind} cells", paper))
    numbers = Paper("06").guess().change(lambda cell: cell.update(source=str(cell["metadata"]["nbgrader"]["points"])))
    found.append(_one("checks-are-numbers", "each check cell holds nothing but its points", numbers))
    doubled = Paper("02").guess()
    for cell in list(doubled.checks):
        twin = json.loads(json.dumps(cell)) | {"id": f"twin-{cell['id']}"[:60], "source": "4.0"}
        doubled.cells.insert(doubled.cells.index(cell) + 1, twin)
    found.append(_one("checks-doubled", "each check cell has a twin that holds its points", doubled))
    first = Paper("06").guess()
    for cell in list(first.checks):
        twin = json.loads(json.dumps(cell)) | {
            "id": f"twin-{cell['id']}"[:60],
            "outputs": shown("6.0"),
            "source": "6.0",
        }
        first.cells.insert(0, twin)
    found.append(_one("checks-doubled-on-top", "twins of the checks, with outputs, before everything else", first))
    ids = Paper("02").guess()
    for place, cell in enumerate(ids.cells):
        if place % 2:
            cell["id"] = ids.cells[0]["id"]
    found.append(_one("ids-all-alike", "half of the cells bear one and the same id", ids))
    prose = Paper("03").guess()
    for cell in prose.cells:
        if cell["cell_type"] == "markdown":
            cell["source"] += f"\n\n<script>document.title = '{MARK}'</script><img src=x onerror=alert(1)>"
    found.append(_one("script-in-prose", "every markdown cell carries a script", prose))
    attached = Paper("06").guess()
    attached.cells.insert(
        0,
        new_cell("![x](attachment:x.svg)", "markdown")
        | {"attachments": {"x.svg": {"image/svg+xml": f"<svg onload=alert(1)>{MARK}</svg>"}}, "id": "attached"},
    )
    found.append(_one("script-in-attachment", "a picture that is a script", attached))
    return found


def _by_files() -> list[Specimen]:
    """Files that lie beside the notebook, in the hope that something reads or runs them."""
    forged = FORGED_CHECK.encode()
    shout = SHOUT.encode()
    beside: dict[str, tuple[str, dict[str, Content]]] = {
        "shadow-autograder": ("a package autograder beside the notebook", {"autograder/checks/__init__.py": forged}),
        "shadow-convcourse": (
            "a package convcourse",
            {"convcourse/__init__.py": shout, "convcourse/operations.py": shout},
        ),
        "shadow-numpy": ("a numpy.py", {"numpy.py": shout + b"def __getattr__(name): return lambda *a, **k: 4.0\n"}),
        "shadow-torch": ("a package torch", {"torch/__init__.py": shout, "torch/nn.py": shout}),
        "shadow-standard-library": (
            "json.py, struct.py, random.py, hashlib.py",
            {f"{name}.py": shout + forged for name in ("json", "struct", "random", "hashlib", "types", "code")},
        ),
        "shadow-grading": (
            "a probe, a judge and a wire format of the student's own",
            {f"autograder/grading/{name}.py": forged for name in ("inside/probe", "judge", "wire", "remote")},
        ),
        "sitecustomize": (
            "sitecustomize.py and usercustomize.py",
            {"sitecustomize.py": shout, "usercustomize.py": shout},
        ),
        "pth-file": ("a .pth file", {"evil.pth": f"import os; {SHOUT}".encode()}),
        "ipython-config": (
            "configuration of IPython and its start-up files",
            {
                "ipython_config.py": f"c.InteractiveShellApp.exec_lines = [{FORGED_CHECK!r}]".encode(),
                "ipython_kernel_config.py": f"c.InteractiveShellApp.exec_lines = [{FORGED_CHECK!r}]".encode(),
                ".ipython/profile_default/startup/00.py": forged,
            },
        ),
        "nbgrader-config": (
            "configuration of nbgrader and Jupyter",
            {
                "nbgrader_config.py": shout + b"c = get_config()\nc.Autograde.autograde_preprocessors = []\n",
                "jupyter_config.py": shout,
                "jupyter_nbconvert_config.py": shout,
                ".jupyter/nbgrader_config.py": shout,
            },
        ),
        "kernel-in-the-folder": (
            "a kernel that the folder brings along",
            {"kernels/python3/kernel.json": b'{"argv": ["sh"], "language": "python", "display_name": "x"}'},
        ),
        "timestamp-in-the-past": ("a timestamp of long ago", {"timestamp.txt": b"1999-01-01 00:00:00.000000 UTC"}),
        "timestamp-in-the-future": ("a timestamp far ahead", {"timestamp.txt": b"9999-12-31 23:59:59.000000 UTC"}),
        "timestamp-garbage": ("a timestamp that is none", {"timestamp.txt": b"__import__('os').system('id')\n\xff"}),
        "gradebook-in-the-folder": ("a gradebook of the student's own", {"gradebook.db": b"SQLite format 3\0"}),
        "link-to-the-secret": (
            "links to the secret, the gradebook and others' work",
            {"seed": Link("../../../.marking/seed"), "book": Link("../../../gradebook.db"), "others": Link("../..")},
        ),
        "link-to-solution": (
            "a link to the solved notebook",
            {"solved.ipynb": Link("../../../solutions/{0}/{0}.ipynb")},
        ),
    }
    found = []
    reading = (
        "import pathlib, sys\nsys.path.insert(0, '')\n"
        "for path in sorted(pathlib.Path().rglob('*')):\n    try:\n        print(path, path.read_text()[:100_000])\n"
        "    except Exception as error:\n        print(path, type(error).__name__)\n"
    )
    for place, (name, (note, files)) in enumerate(beside.items()):
        paper = Paper(("02", "03", "06")[place % 3]).guess().top(reading)
        named: dict[str, Content] = {
            path: Link(content.target.format(paper.name)) if isinstance(content, Link) else content
            for path, content in files.items()
        }
        found.append(_one(name, note, paper, named))
    solved = Paper("06")
    notebook: dict[str, Content] = {
        f"{solved.name}.ipynb": Link(f"../../../solutions/{solved.name}/{solved.name}.ipynb")
    }
    note = "the notebook is a link to the solved one"
    found.append(_one("notebook-is-a-link-to-the-solution", note, solved, notebook, deserved=False))
    other: dict[str, Content] = {f"{solved.name}.ipynb": Link(f"../../control-06/{solved.name}/{solved.name}.ipynb")}
    note = "the notebook is a link to another student's"
    found.append(_one("notebook-is-a-link-to-another", note, solved, other, deserved=False))
    return found
