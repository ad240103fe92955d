"""docs/sandbox.md claims what the tests try, and the tests try what it claims: no claim is without an attack."""

from __future__ import annotations

import ast
import re
from dataclasses import fields

from autograder.grading.limits import Limits
from tests.grading import attacks
from tests.grading.attacks import AS_ROOT, HIDING, LEFT_OUT, RAISED, TERMINAL, Attack
from tests.grading.talking import REPOSITORY

HERE = REPOSITORY / "tests" / "grading"
# Tests that claim nothing of the sandbox: that honest work goes on, what is said where it fails, how others are built.
NO_CLAIM = {
    *("test_the_calls_by_which_threads_are_made_still_work", "test_memory_that_processes_share_counts_once"),
    *("test_a_filter_fits_into_what_linux_takes", "test_there_is_no_filter_for_an_unknown_machine"),
    *("test_every_attack_is_shown_to_be_a_real_one", "test_what_is_swapped_out_and_what_maps_memory_counts"),
    *("test_without_bubblewrap_nothing_runs_and_the_advice_is_to_install_it", "test_a_bubblewrap_that_fails_is_quoted"),
    *("test_on_another_system_there_is_no_isolation", "test_a_course_inside_pythons_own_folder_is_refused"),
    *("test_a_course_that_each_submission_would_hide_is_refused", "test_the_environment_tells_nothing"),
    "test_only_what_is_its_own_can_be_written_to",
}
# Tests of attacks, which have tables of their own.
OF_ATTACKS = {
    *("test_an_attack_fails", "test_the_attack_succeeds_without_isolation", "test_no_memory_can_be_hidden"),
    *("test_the_attack_succeeds_where_one_thing_is_left_out", "test_the_attack_succeeds_with_a_higher_limit"),
    *("test_the_attack_succeeds_in_a_terminal", "test_memory_can_be_hidden_where_one_thing_is_left_out"),
}


def rows(columns: int) -> list[list[str]]:
    """The rows of all tables of the page with so many columns, without titles."""
    text = (REPOSITORY / "docs" / "sandbox.md").read_text(encoding="utf-8")
    lines = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines if len(line) == columns]
    ruled = {place for place, line in enumerate(cells) if set(line[0]) <= set("-")}
    return [line for place, line in enumerate(cells) if place not in ruled and place + 1 not in ruled]


def names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def functions_of(*files: str) -> set[str]:
    found = set()
    for file in files:
        tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
        found |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")}
    return found


def way(attack: Attack) -> str:
    """Where an attack succeeds, in the page's words."""
    if attack in LEFT_OUT or attack in HIDING:
        return "without: " + ", ".join((LEFT_OUT | HIDING)[attack].split())
    if attack in RAISED:
        return f"with a higher limit: {', '.join(RAISED[attack])}"
    if attack in TERMINAL:
        return "in a terminal"
    return "without the sandbox" + (", as root" if attack in AS_ROOT else "")


def test_the_page_has_each_attack_once_and_says_where_it_succeeds() -> None:
    written = [(name, where) for _, cell, where in rows(3) for name in names(cell)]
    known = [
        (name, way(attack))
        for name, attack in vars(attacks).items()
        if callable(attack) and getattr(attack, "__module__", "") == attacks.__name__
    ]
    if "calls_of_32_bits" not in attacks.ATTACKS:  # another machine's
        written = [pair for pair in written if pair[0] != "calls_of_32_bits"]
        known = [pair for pair in known if pair[0] != "calls_of_32_bits"]
    assert sorted(written) == sorted(known)


def test_each_other_claim_has_a_test_that_it_holds_and_one_that_it_would_not() -> None:
    there = functions_of("test_sandbox.py", "test_running.py")
    assert rows(4)
    for claim, _, holds, otherwise in rows(4):
        assert names(holds), claim
        assert names(otherwise), claim
        assert {*names(holds), *names(otherwise)} <= there, claim


def test_each_test_of_the_sandbox_is_on_the_page() -> None:
    written = {name for row in rows(4) for cell in row[2:] for name in names(cell)}
    assert functions_of("test_sandbox.py") - written - OF_ATTACKS == NO_CLAIM


def test_each_limit_is_on_the_page() -> None:
    assert sorted(name for row in rows(4) for name in names(row[1])) == sorted(field.name for field in fields(Limits))
