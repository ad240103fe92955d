"""What takes the place of an exercise that is not written yet: it is there, it is right, and the reader is told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from torch.utils.data import Dataset

from autograder.building.regions import find_regions
from autograder.checks import CHECKS
from autograder.checks.registry import run
from autograder.checks.student import Namespace
from convcourse.standins import STAND_INS, written

torch.set_num_threads(1)  # on nets this small, threads only wait for one another
ROOT = Path(__file__).parents[2]
LESSONS = ("01_fmnist_mlp", "04_cnn_gpu", "05_birds_vs_airplanes")
STUB = "# YOUR CODE HERE\nraise NotImplementedError"  # as nbgrader_config.py has it


def text(lesson: str) -> str:
    return (ROOT / "solutions" / f"{lesson}.py").read_text(encoding="utf-8")


def tried(lesson: str) -> list[str]:
    """The names that a lesson passes to `written`."""
    return [
        ast.unparse(node.args[0])
        for node in ast.walk(ast.parse(text(lesson)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "written"
    ]


def defined(lesson: str, released: bool) -> dict[str, object]:
    """What the answer cells of a lesson define that can be called: solved, or as students get them."""
    source = text(lesson)
    if released:
        lines = source.split("\n")
        for region in reversed(find_regions(source)[0]):
            if region.indent:
                lines[region.begin : region.end + 1] = [region.indent + line for line in STUB.split("\n")]
        source = "\n".join(lines)
    kept = [
        node for node in ast.parse(source).body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.ImportFrom)
    ]
    kept = [node for node in kept if not isinstance(node, ast.ImportFrom) or node.module == "torch.utils.data"]
    names: dict[str, object] = {"torch": torch, "nn": torch.nn}
    exec(compile(ast.unparse(ast.Module(kept, [])), lesson, "exec"), names)
    return names


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_goes_on_without_its_exercises(lesson: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(tried(lesson)) >= 4
    stubs = defined(lesson, released=True)
    for name in tried(lesson):
        assert written(stubs[name]) is STAND_INS[name]  # type: ignore[type-var]
        assert capsys.readouterr().out == f"{name} is not written yet: the course's own takes its place\n"


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_uses_what_is_written(lesson: str, capsys: pytest.CaptureFixture[str]) -> None:
    solved = defined(lesson, released=False)
    for name in tried(lesson):
        assert written(solved[name]) is solved[name]  # type: ignore[type-var]
        assert capsys.readouterr().out == f"using your {name}\n"


def test_there_is_none_that_no_lesson_tries() -> None:
    assert set(STAND_INS) == {name for lesson in LESSONS for name in tried(lesson)}


@pytest.mark.parametrize("name", STAND_INS)
@pytest.mark.parametrize("seed", ["", "marking"])
def test_each_is_right_by_the_check_of_its_exercise(name: str, seed: str) -> None:
    (check,) = [check for check in CHECKS.values() if name in check.asks]
    verdict = run(check, Namespace({asked: STAND_INS[asked] for asked in check.asks}), seed)
    assert (verdict.finding, verdict.points) == (None, check.points)
    assert verdict.passed


def test_a_class_is_written_when_all_of_its_methods_are() -> None:
    class FashionVectors(Dataset):  # type: ignore[type-arg]
        """Half of it."""

        def __init__(self, images: torch.Tensor, labels: torch.Tensor):
            self.x, self.y = images, labels

        def __len__(self) -> int:
            return len(self.x)

        def __getitem__(self, i: int) -> object:
            raise NotImplementedError

    assert written(FashionVectors) is STAND_INS["FashionVectors"]
    FashionVectors.__getitem__ = lambda self, i: (self.x[i], self.y[i])  # type: ignore[method-assign]
    assert written(FashionVectors) is FashionVectors


def test_a_line_of_the_stub_that_was_left_behind_is_no_stub() -> None:
    def make_mlp(n_in: int, n_hidden: int, n_out: int) -> object:
        return torch.nn.Linear(n_in, n_out)
        raise NotImplementedError

    assert written(make_mlp) is make_mlp


def test_others_than_functions_and_classes_come_back_too(capsys: pytest.CaptureFixture[str]) -> None:
    layers = torch.nn.Linear(2, 2)  # somebody called make_mlp too early, perhaps
    assert written(layers) is layers
    assert capsys.readouterr().out == "using your Linear\n"


def test_a_stub_that_nothing_can_stand_in_for_is_an_error() -> None:
    def make_coffee() -> None:
        raise NotImplementedError

    with pytest.raises(KeyError, match="make_coffee"):
        written(make_coffee)
