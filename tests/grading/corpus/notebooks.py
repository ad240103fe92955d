"""Building blocks: a student's copy to write on, right answers and worthless ones, and ways to save it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from autograder.catalogue import FOLDER, Answer, load
from autograder.grading.course import Assignment, assignments

ROOT = Path(__file__).parents[3]
MARKS = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION.*\n?", re.MULTILINE)
NAMES = {
    "01": "01_fmnist_mlp",
    "02": "02_convolution",
    "03": "03_pooling",
    "04": "04_cnn_gpu",
    "05": "05_birds_vs_airplanes",
    "06": "06_lenet5_parameters",
}
CATALOGUES = {"01": "fmnist_mlp", "02": "convolution", "03": "pooling", "04": "cnn_gpu", "05": "birds", "06": "lenet5"}

# What a cheat has really solved, by lesson, …
SOLVED = {
    "01": ("mlp-weights", "megabytes"),
    "02": ("windows-by-hand", "true-convolution", "conv2d-valid", "pad2d"),
    "03": ("pool-by-hand", "pool2d"),
    "04": ("cnn-shapes", "cnn-parameters"),
    "05": ("two-classes", "normalise"),
    "06": ("conv-parameters", "lenet-table"),
}
# … and what it has typed into the other answer cells, where an empty stub would be given away at once: worth nothing.
GUESSES = {
    "02": {
        "horizontal-edge": "horizontal = [[1, 1, 1], [1, 1, 1], [1, 1, 1]]",
        "pixel-uses": "uses = [[9] * 5] * 5",
        "output-size": "def output_size(n, f, p=0, s=1):\n    return 0",
        "conv2d": "def conv2d(image, kernel, stride=1, padding=0):\n    return torch.zeros(3, 3)",
        "conv-matrix": "def conv_matrix(kernel, shape):\n    return torch.zeros(4, 9)",
        "conv2d-multi": "def conv2d_multi(x, w, b):\n    return torch.zeros(2, 3, 3)",
    },
    "03": {
        "own-pool": "C = torch.zeros(4, 4)",
        "own-convolve": "D = torch.zeros(6, 6)",
        "own-stride": "E = torch.zeros(2, 2)",
        "max-pool-backward": "def max_pool_backward(x, grad_output):\n    return torch.zeros(4, 4)",
        "three-ways": "after_average = 0\nafter_maximum = 0\nafter_strided = 0",
        "two-crosses": "def find_large_cross(image):\n    return 0, 0",
        "max-pool-padding": "padded_maximum = [[0, 0], [0, 0]]\nwidest_padding = 0",
    },
    "06": {
        "conv-output": "def conv_output(n, f, p=0, s=1):\n    return 0\n\n\n"
        "size_1 = 0\nsize_2 = 0\nsize_3 = 0\nnumbers_left = 0",
        "four-errors": 'corrected = {"conv 1 size": 0, "conv 1 parameters": 0, "conv 2 parameters": 0, '
        '"total parameters": 0}',
        "lenet5": "class LeNet5(nn.Module):\n    def __init__(self, n_classes=10):\n        super().__init__()\n"
        "        self.only = nn.Linear(1, 1)\n\n    def forward(self, x):\n        return torch.zeros(len(x), 3)",
        "classic-lenet": "classic_parameters = 0",
        "five-classes": "parameters_with_5 = 0\noutputs_with_5 = 0",
        "budget-network": "def budget_network():\n    return nn.Flatten()",
    },
}


@cache
def lessons() -> Mapping[str, Assignment]:
    """Every assignment of the course by its two digits."""
    found = assignments(ROOT)
    return {number: found[name] for number, name in NAMES.items()}


@cache
def catalogue(number: str) -> tuple[Answer, ...]:
    """The answers of one lesson's catalogue."""
    return tuple(load(FOLDER / f"{CATALOGUES[number]}.py"))


@cache
def released(number: str) -> str:
    """The text of a student's copy as it is handed out."""
    return (ROOT / "notebooks" / NAMES[number] / f"{NAMES[number]}.ipynb").read_text(encoding="utf-8")


@cache
def points(number: str) -> Mapping[str, float]:
    """What each check cell of a lesson is worth, by grade id, for those that are worth any and need no person."""
    about = [cell["metadata"].get("nbgrader", {}) for cell in json.loads(released(number))["cells"]]
    return {
        entry["grade_id"]: float(entry["points"])
        for entry in about
        if entry.get("grade") and entry.get("points") and not entry.get("solution")
    }


def solution(number: str, cell: str) -> str:
    """The lesson's own answer for a cell, as a student would have typed it."""
    return MARKS.sub("", lessons()[number].solutions[cell])


def right(number: str, check: str, style: int) -> str:
    """The catalogue's right answer to a check, in the first style, the second …; after the last the first again."""
    fitting = [answer.source for answer in catalogue(number) if answer.right and answer.check == check]
    return fitting[style % len(fitting)] if fitting else solution(number, f"answer-{check}")


def new_cell(source: str, cell_type: str = "code", **metadata: Any) -> dict[str, Any]:
    """A cell of a student's own."""
    cell: dict[str, Any] = {"cell_type": cell_type, "metadata": metadata, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if cell_type == "code" else {})


class Paper:
    """A student's copy that is being written on. Cells are named by their grade ids, checks without `check-`."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.name = NAMES[number]
        self.content: dict[str, Any] = json.loads(released(number))
        for cell in self.cells:
            cell["source"] = "".join(cell["source"])

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells, to be changed in place."""
        return self.content["cells"]

    @property
    def checks(self) -> list[dict[str, Any]]:
        """The check cells that carry points."""
        return [cell for cell in self.cells if self.about(cell).get("grade_id") in points(self.number)]

    @staticmethod
    def about(cell: Mapping[str, Any]) -> dict[str, Any]:
        """What nbgrader keeps in a cell."""
        return cell["metadata"].get("nbgrader", {})

    def at(self, grade_id: str) -> int:
        """The place of a cell. Raises KeyError where there is none of that name."""
        for place, cell in enumerate(self.cells):
            if self.about(cell).get("grade_id") == grade_id:
                return place
        raise KeyError(f"{self.name} has no cell {grade_id}")

    def cell(self, grade_id: str) -> dict[str, Any]:
        """A cell by its grade id."""
        return self.cells[self.at(grade_id)]

    def write(self, check: str, source: str) -> Paper:
        """Type an answer into the answer cell of a check."""
        self.cell(f"answer-{check}")["source"] = source
        return self

    def solve(self, checks: Iterable[str] | None = None, style: int | None = None) -> Paper:
        """Fill in right answers: the lesson's own, or the catalogue's in a style; of all answer cells or of some."""
        for grade_id in lessons()[self.number].solutions:
            check = grade_id.partition("-")[2]
            if (checks is None or check in checks or check == "student-name") and grade_id.startswith("answer-"):
                known = style is not None and f"check-{check}" in lessons()[self.number].graded
                known = known and not check.startswith("own-")  # each of these goes on with what the last one made
                text = right(self.number, check, style or 0) if known else solution(self.number, grade_id)
                self.cell(grade_id)["source"] = text
        return self

    def guess(self) -> Paper:
        """What a cheat hands in: some of it solved, the rest worthless."""
        self.solve(SOLVED[self.number])
        for check, source in GUESSES.get(self.number, {}).items():
            self.write(check, source)
        return self

    def insert(self, place: int, source: str, cell_type: str = "code", **metadata: Any) -> Paper:
        """Put a cell of the student's own at a place."""
        self.cells.insert(place, new_cell(source, cell_type, **metadata) | {"id": f"own-{len(self.cells)}"})
        return self

    def top(self, source: str) -> Paper:
        """Put a cell right after the one that imports everything."""
        return self.insert(self.at("locked-setup") + 1, source)

    def before(self, grade_id: str, source: str) -> Paper:
        """Put a cell before another."""
        return self.insert(self.at(grade_id), source)

    def after(self, grade_id: str, source: str) -> Paper:
        """Put a cell after another."""
        return self.insert(self.at(grade_id) + 1, source)

    def change(self, how: Callable[[dict[str, Any]], object]) -> Paper:
        """Do something to every check cell that carries points."""
        for cell in self.checks:
            how(cell)
        return self

    def copy(self) -> Paper:
        """Another one, with the same on it."""
        return copy.deepcopy(self)

    def bytes(self) -> bytes:
        """The file as Jupyter would save it."""
        return (json.dumps(self.content, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def shown(value: str) -> list[dict[str, Any]]:
    """Outputs as a cell has them whose last value prints as `value`."""
    return [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": value}}]


def strip_metadata(paper: Paper) -> Paper:
    """Lose what nbgrader keeps in the cells, and their ids, as when cells are copied into a new notebook."""
    for cell in paper.cells:
        cell["metadata"] = {}
        cell.pop("id", None)
    paper.content.update(metadata={}, nbformat_minor=4)
    return paper


def as_colab(paper: Paper, widgets: bool = False) -> Paper:
    """Saved by Colab: a badge on top, every code cell with its run, ids in the metadata; nbgrader's part is kept.

    Outputs stay, with Colab's own kinds of data added to them.
    """
    place_of_kernel = {"base_uri": "https://localhost:8080/", "height": 36}
    for place, cell in enumerate(paper.cells):
        cell["metadata"]["id"] = f"c{place:011x}"
        cell["metadata"].pop("tags", None)
        cell.pop("id", None)
        if cell["cell_type"] == "code":
            user = {"displayName": "Ada Lovelace", "userId": "01815121012"}
            run = {"status": "ok", "timestamp": 1_770_000_000_000 + place, "user_tz": 0, "elapsed": 12, "user": user}
            cell["metadata"] |= {"executionInfo": run, "outputId": f"{place:032x}", "colab": place_of_kernel}
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["data"]["application/vnd.google.colaboratory.intrinsic+json"] = {"type": "string"}
    address = f"https://colab.research.google.com/github/ada/homework/blob/main/{paper.name}.ipynb"
    image = '<img src="https://colab.research.google.com/assets/colab-badge.svg" alt="Open In Colab"/>'
    badge = f'<a href="{address}" target="_parent">{image}</a>'
    top = new_cell(badge, "markdown", id="view-in-github", colab_type="text")
    paper.cells.insert(0, top)
    colab = {"provenance": [], "include_colab_link": True, "toc_visible": True, "gpuType": "T4"}
    paper.content.update(nbformat_minor=0)
    paper.content["metadata"] = {
        "colab": colab,
        "accelerator": "GPU",
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    if widgets:
        model = {"model_name": "HBoxModel", "model_module": "@jupyter-widgets/controls", "state": {"children": []}}
        paper.content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"a1b2": model}}
    return paper


def as_vs_code(paper: Paper) -> Paper:
    """Saved by VS Code: other ids, other order of keys, its own metadata, the grading metadata kept."""
    for place, cell in enumerate(paper.cells):
        cell["id"] = f"{place:08x}"
        cell["metadata"] |= {"vscode": {"languageId": "python"}}
        if cell["cell_type"] == "code":
            cell["execution_count"] = place
    info = {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "version": "3.12.3"}
    paper.content["metadata"] = {
        "kernelspec": {"display_name": "my env", "language": "python", "name": "my-env-42"},
        "language_info": {"name": "python", **info},
        "orig_nbformat": 4,
    }
    return paper


def as_classic(paper: Paper) -> Paper:
    """Saved by an old classic notebook: format 4.2, sources as lists of lines, cell ids unknown, widgets of its own."""
    for cell in paper.cells:
        cell.pop("id", None)
        cell["metadata"] |= {"collapsed": True} if cell["cell_type"] == "code" else {}
        cell["source"] = cell["source"].splitlines(keepends=True)
    paper.content.update(nbformat_minor=2)
    paper.content["metadata"] |= {"toc": {"base_numbering": 1}, "varInspector": {"window_display": False}}
    return paper
