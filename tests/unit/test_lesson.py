"""A lesson is read as it is written, and every fault in it is named with its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.building.lesson import LessonError, read_lesson
from autograder.building.regions import empty_values, find_regions, value_stubs


@dataclass(frozen=True)
class Stub:
    """A registered check, as far as a lesson sees it."""

    notebook: str
    exercise: str
    points: float


CHECKS = {
    "values": Stub("07_toy", "1", 1),
    "double": Stub("07_toy", "2", 2),
    "just-so": Stub("07_toy", "Quick question", 0),
    "elsewhere": Stub("02_convolution", "1", 1),
}

GOOD = '''\
# %% [markdown]
# # 07 · A toy
#
# **4 points** · [the course]({{repository}})

# %%
# %matplotlib inline
import math

# %% locked="setup" tags=["nbval-check-output"]
N = 3
N

# %% check="just-so" points=0
check("just-so")

# %% [markdown]
# ## Exercise 1 · values · 1 point · ●○○ · 2 minutes

# %% answer="values"
### BEGIN SOLUTION
a = 1  # a number
### END SOLUTION

# %% check="values" points=1
check("values")

# %% [markdown]
# ## Exercise 2 · double · 3 points · ●●● · 12 minutes

# %% answer="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% check="double" points=2
check("double")

# %% [markdown] manual="why" points=1
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
'''


def write(root: Path, text: str, name: str = "07_toy.py") -> Path:
    path = root / "solutions" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (root / "pyproject.toml").write_text('[project]\nurls.Repository = "https://example.org/course"\n')
    return path


def faults(root: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(LessonError) as caught:
        read_lesson(write(root, text), root, CHECKS)
    return [(fault.line, fault.message) for fault in caught.value.faults]


def test_a_lesson_without_fault_is_read_with_lines_roles_and_points(tmp_path: Path) -> None:
    lesson = read_lesson(write(tmp_path, GOOD), tmp_path, CHECKS)
    assert (lesson.name, lesson.path.as_posix()) == ("07_toy", "solutions/07_toy.py")
    assert [cell.grade_id for cell in lesson.cells] == [
        "", "", "locked-setup", "check-just-so", "", "answer-values", "check-values", "", "answer-double",
        "check-double", "manual-why",
    ]  # fmt: skip
    lines = GOOD.splitlines()
    for cell in lesson.cells:
        assert lines[cell.line - 1].startswith("# %%")
        assert lines[cell.first - 1].removeprefix("# ") == GOOD.splitlines()[cell.line].removeprefix("# ")
    assert lesson.cells[0].source == "# 07 · A toy\n\n**4 points** · [the course](https://example.org/course)"
    assert lesson.cells[1].source == "%matplotlib inline\nimport math"
    assert lesson.cells[2].tags == ("nbval-check-output",)
    assert sum(cell.points for cell in lesson.cells) == 4


# Each row: what is replaced in GOOD, by what, the text on the line of the fault, and words of the message.
FAULTS = {
    "unknown key": ('locked="setup"', 'lokced="setup"', "lokced", "unknown key 'lokced'"),
    "unknown tag": ("nbval-check-output", "nbval-chek", "nbval-chek", "unknown tag 'nbval-chek'"),
    "tag on prose": (
        '[markdown] manual="why" points=1',
        '[markdown] manual="why" points=1 tags=["nbval-skip"]',
        "manual=",
        "only code cells carry tags",
    ),
    "tags as text": ('tags=["nbval-check-output"]', 'tags="nbval-check-output"', "locked=", "cannot read this header"),
    "tags of numbers": ('tags=["nbval-check-output"]', "tags=[1]", "locked=", "cannot read this header"),
    "points in words": ("points=2", "points=two", "points=two", "cannot read"),
    "points in quotes": ("points=2", 'points="2"', 'points="2"', "without quotes"),
    "points below zero": ("points=2", "points=-2", "points=-2", "0 or more"),
    "points true": ('"double" points=2', '"double" points=true', "points=true", "give a number"),
    "no points given": ('manual="why" points=1', 'manual="why"', 'manual="why"', "manual needs points"),
    "points on an answer": ('answer="double"', 'answer="double" points=2', 'answer="double"', "only check and manual"),
    "a number for a name": ('answer="double"', "answer=2", "answer=2", "give a name in quotes"),
    "a name with a space": ('answer="double"', 'answer="dou ble"', "dou ble", "give a name in quotes"),
    "a GPU on code that students change": (
        "# %%\n# %matplotlib inline",
        '# %% gpu="T4"\n# %matplotlib inline',
        "gpu=",
        "a GPU is asked for in the header of a locked cell",
    ),
    "a GPU that Colab has not": ('locked="setup"', 'locked="setup" gpu="H9"', "gpu=", "Colab has T4"),
    "a GPU without a name": ('locked="setup"', 'locked="setup" gpu=true', "gpu=", "Colab has T4"),
    "Colab for another house": ("{{repository}}", "{{colab}}", "{{colab}}", "an address on GitHub"),
    "two roles": ('locked="setup"', 'locked="setup" answer="setup"', "locked=", "one of answer, locked, not 2"),
    "words in the header": ('# %% locked="setup"', '# %% Setup locked="setup"', "Setup", "neither [markdown] nor key"),
    "three percent signs": ("# %% locked", "# %%% locked", "%%% locked", "two percent signs"),
    "a raw cell": ('# %% [markdown] manual="why" points=1', "# %% [raw]", "[raw]", "not raw"),
    "an empty cell": ("import math", "import math\n\n# %%  ", "# %%  ", "this cell is empty"),
    "prose as an answer": (
        'answer="double"',
        '[markdown] answer="double"',
        'answer="double"',
        "belongs to a code cell",
    ),
    "code marked by hand": ('[markdown] manual="why"', 'manual="why"', "manual=", "belongs to a [markdown] cell"),
    "a duplicate": ('answer="double"', 'answer="values"', "def double", "stands in line"),
    "no marks": (
        "### BEGIN SOLUTION\na = 1  # a number\n### END SOLUTION",
        "a = 1  # number",
        'answer="values"',
        "an answer cell needs ### BEGIN SOLUTION",
    ),
    "no end": ("a = 1  # a number\n### END SOLUTION", "a = 1  # a number", "### BEGIN SOLUTION\na", "without an"),
    "no begin": ("### BEGIN SOLUTION\na = 1", "a = 1", '### END SOLUTION\n\n# %% check="values"', "without a"),
    "nested": (
        "    return 2 * x",
        "    ### BEGIN SOLUTION\n    return 2 * x",
        "    ### BEGIN SOLUTION\n    return",
        "inside a region",
    ),
    "another way to write a mark": (
        "    ### END SOLUTION",
        "    # END SOLUTION",
        "    # END SOLUTION",
        "a line of its own",
    ),
    "marks in plain code": (
        "import math",
        "### BEGIN SOLUTION\nimport math\n### END SOLUTION",
        "### BEGIN SOLUTION\nimport",
        "belong into answer and manual",
    ),
    "no assignment": ("a = 1  # a number", "a = 1  # a number\nprint(a)", "print(a)", "only assignments"),
    "two names": ("a = 1  # a number", "a, b = 1, 2", "a, b = 1, 2", "only assignments"),
    "nothing solved": ("a = 1  # a number\n", "# nothing\n", "# nothing", "this solution is empty"),
    "a function solved by nothing": (
        "    return 2 * x\n",
        "    # nothing\n",
        "    ### BEGIN SOLUTION\n    # n",
        "is empty",
    ),
    "a stub in a loop": (
        "def double(x):\n",
        "for x in range(3):\n",
        "    ### BEGIN SOLUTION\n    return",
        "in a function",
    ),
    "a method as solution": (
        'def double(x):\n    """Twice x."""\n    ### BEGIN SOLUTION\n    return 2 * x',
        "class Double:\n    ### BEGIN SOLUTION\n    def double(self, x):\n        return 2 * x",
        "    ### BEGIN SOLUTION\n    def",
        "in a function",
    ),
    "marks out of line": (
        "    ### BEGIN SOLUTION\n    return",
        "  ### BEGIN SOLUTION\n    return",
        "  ### BEGIN SOLUTION\n    r",
        "see to the indents",
    ),
    "another check in the cell": (
        'check("double")',
        'check("values")  # oops',
        'check("values")  # oops',
        'holds check("double") and nothing else',
    ),
    "more than the check": ('check("double")', 'x = 1\ncheck("double")', "x = 1", "nothing else"),
    "no such check": ('check="double"', 'check="treble"', 'check="treble"', "there is no check 'treble'"),
    "a check of another lesson": (
        'check="just-so" points=0',
        'check="elsewhere" points=1',
        'check="elsewhere"',
        "registered for 02_convolution",
    ),
    "other points": ('check="double" points=2', 'check="double" points=1', 'check="double"', "registered with 2"),
    "a check forgotten": (
        '# %% check="just-so" points=0\ncheck("just-so")\n',
        "",
        "# %% [markdown]\n# # 07",
        "'just-so' is registered for this lesson",
    ),
    "another exercise": ("## Exercise 2", "## Exercise 3", 'check="double"', "registered for exercise 2"),
    "an exercise twice": ("## Exercise 2", "## Exercise 1", "## Exercise 1 · double", "exercise 1 is in line"),
    "a heading out of form": ("· ●●● · 12 minutes", "· ●●●", "## Exercise 2", "heading reads"),
    "a heading inside a cell": (
        "# ## Exercise 2",
        "# Well.\n#\n# ## Exercise 2",
        "## Exercise 2",
        "first line of its cell",
    ),
    "a heading's points": (
        "3 points",
        "4 points",
        "## Exercise 2",
        "promises 4 points and the cells below add up to 3",
    ),
    "the last exercise's points": ("1 point ·", "no points ·", "## Exercise 1", "promises 0 points"),
    "the lesson's points": (
        "**4 points**",
        "**20 points**",
        "**20 points**",
        "promises 20 points and its cells add up to 4",
    ),
    "no total": ("**4 points**", "points", "# # 07", "nowhere"),
    "points outside": (
        "# ## Exercise 1 · values · 1 point · ●○○ · 2 minutes",
        "# Text",
        'check="values"',
        "before the first exercise",
    ),
    "no title": ("# # 07 · A toy", "# ## A toy", "# ## A toy", "the title is missing"),
    "a title with another number": ("# # 07", "# # 08", "# # 08", "the title says 08"),
    "no Python": ("import math", "import math\nimport", "import\n", "no Python"),
    "no Python in a solution": ("return 2 * x", "return 2 *", "return 2 *", "no Python"),
    "text before the first cell": (
        "# %% [markdown]\n# # 07",
        '"""A lesson."""\n\n# %% [markdown]\n# # 07',
        '"""A lesson."""',
        "text before the first header",
    ),
    "a header in a string": ("N = 3", 'N = """\n# %% no\n"""', "# %% [markdown]\n# # 07", "inside a string"),
}


@pytest.mark.parametrize(("old", "new", "at", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_with_its_line(tmp_path: Path, old: str, new: str, at: str, words: str) -> None:
    assert GOOD.count(old) >= 1
    text = GOOD.replace(old, new, 1)
    found = faults(tmp_path, text)
    line = text[: text.index(at)].count("\n") + 1
    if at == "def double":
        line -= 1  # the header above
    assert any(number == line and words in message for number, message in found), (line, found)


def test_all_faults_are_told_at_once_in_order_with_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("points=2", "points=1").replace("lock", "lokc").replace("**4", "**5")
    with pytest.raises(LessonError) as caught:
        read_lesson(write(tmp_path, text), tmp_path, CHECKS)
    told = str(caught.value).splitlines()
    assert len(told) >= 4
    assert all(line.startswith("solutions/07_toy.py:") for line in told)
    assert [fault.line for fault in caught.value.faults] == sorted(fault.line for fault in caught.value.faults)


def test_the_repository_is_named_in_one_place_and_missed_when_it_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    (tmp_path / "pyproject.toml").unlink()
    with pytest.raises(LessonError, match=r"07_toy.py:4: \{\{repository\}\}"):
        read_lesson(path, tmp_path, CHECKS)


@pytest.mark.parametrize("address", ["https://github.com/them/course", "https://github.com/them/course.git"])
def test_colab_opens_the_students_copy_from_github(tmp_path: Path, address: str) -> None:
    path = write(tmp_path, GOOD.replace("{{repository}}", "{{colab}}"))
    (tmp_path / "pyproject.toml").write_text(f'[project]\nurls.Repository = "{address}"\n')
    place = "https://colab.research.google.com/github/them/course/blob/main/notebooks/07_toy/07_toy.ipynb"
    assert read_lesson(path, tmp_path, CHECKS).cells[0].source.endswith(f"[the course]({place})")


def test_a_lesson_asks_for_a_gpu_where_it_sets_itself_up(tmp_path: Path) -> None:
    assert read_lesson(write(tmp_path, GOOD), tmp_path, CHECKS).gpu == ""
    text = GOOD.replace('locked="setup"', 'locked="setup" gpu="T4"')
    lesson = read_lesson(write(tmp_path, text), tmp_path, CHECKS)
    assert lesson.gpu == "T4"
    assert (lesson.cells[2].grade_id, lesson.cells[2].tags) == ("locked-setup", ("nbval-check-output",))


def test_a_file_of_another_name_or_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="two digits"):
        read_lesson(write(tmp_path, GOOD, "Toy.py"), tmp_path, CHECKS)
    path = write(tmp_path, GOOD)
    path.write_bytes(GOOD.encode().replace(b"import math", b"# caf\xe9"))
    with pytest.raises(LessonError, match=r"07_toy.py:8: this is not UTF-8"):
        read_lesson(path, tmp_path, CHECKS)


def test_a_file_without_cells_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, "")[0][0] == 1
    assert faults(tmp_path, "x = 1\n")[0][0] == 1


def test_a_front_matter_magics_and_quoted_prose_do_no_harm(tmp_path: Path) -> None:
    spec = "#     display_name: P\n#     language: python\n#     name: python3\n"
    front = f"# ---\n# jupyter:\n#   kernelspec:\n{spec}# ---\n\n"
    quoted = (
        '# %% [markdown]\n"""\nSome prose.\n\n```python\n## Exercise of old\n```\n"""\n\n# %%\n# !ls\n# %time x = 1\n\n'
    )
    text = front + GOOD.replace('# %% check="just-so"', quoted + '# %% check="just-so"')
    lesson = read_lesson(write(tmp_path, text), tmp_path, CHECKS)
    prose = lesson.cells[3]
    assert text.splitlines()[prose.first - 1] == "Some prose."
    assert lesson.cells[4].source == "!ls\n%time x = 1"


def test_stubs_keep_names_and_the_last_comment() -> None:
    solution = "# how\na = 1  # a number\nB = [\n    1,  # one\n    2,\n]  # (2,) # both\nc = '#'; d = 2"
    source = f"# before\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION\nprint(a)"
    assert empty_values(source) == "# before\na = ...  # a number\nB = ...  # (2,) # both\nc = ...\nd = ...\nprint(a)"


def test_regions_inside_functions_are_left_to_nbgrader() -> None:
    function = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    source = f"{function}\n### BEGIN SOLUTION\nx = f()\n### END SOLUTION"
    regions, flaws = find_regions(source)
    assert [(region.begin, region.end, region.indent) for region in regions] == [(1, 3, "    "), (4, 6, "")]
    assert flaws == []
    assert empty_values(source) == f"{function}\nx = ..."


def test_values_at_fault_are_named_by_line() -> None:
    assert value_stubs(["a = 1", "a += 1"])[1][0][0] == 1
    assert value_stubs(["a ="])[1] == [(0, "this solution is no Python: invalid syntax")]
    with pytest.raises(ValueError, match=r"line 2: .*only assignments"):
        empty_values("### BEGIN SOLUTION\nprint(1)\n### END SOLUTION")
