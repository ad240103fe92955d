"""The benchmark of marking: the class it draws, what it counts, and that its reports say what the trials say.

Speed is not tested, and no kernel is started.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import time
from collections import Counter
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from benchmarks import (
    birds,
    compare,
    grading,
    grading_class,
    grading_numbers,
    grading_scale,
    grading_times,
    grading_watch,
    grading_ways,
)
from benchmarks.grading_class import LESSON, draw, lesson, notebook_of
from benchmarks.grading_report import report
from benchmarks.grading_watch import Process, Sample, family, memory, parse, thinned, watch
from benchmarks.trials import BenchError, Measurement

PLACE = "autograder.grading.marking:save"
HEAD: dict[str, Any] = {
    "machine": {"processor": "a processor", "cores": "2"},
    "now": {"date": "2026-11-26", "load average at the start": "0.10"},
    "code": "0" * 16,
    "quick": False,
    "whole": False,
    "otter": "",
    "tools": {"nbgrader": "0.9"},
    "class_of": 200,
    "command": "make bench",
}


# --- the class ------------------------------------------------------------------------------------------------------


def test_a_students_work_hangs_on_their_number_alone() -> None:
    about = lesson()
    first = [draw(number, about.cells, about.answers, about.solved) for number in range(40)]
    again = [draw(number, about.cells, about.answers, about.solved) for number in reversed(range(40))]
    assert first == again[::-1]
    assert len({tuple(sorted(work.sheet.items())) for work in first if work.sheet}) > 30


def test_the_class_has_right_and_wrong_answers_errors_and_blanks() -> None:
    about = lesson()
    right = {answer.source for answer in about.answers if answer.right}
    wrong = {answer.source for answer in about.answers if not answer.right}
    works = [draw(number, about.cells, about.answers, about.solved) for number in range(300)]
    typed = [source for work in works for source in work.sheet.values()]
    share = {
        what: sum(source in those for source in typed) / len(typed) for what, those in (("r", right), ("w", wrong))
    }
    assert 0.4 < share["r"] < 0.8
    assert 0.1 < share["w"] < 0.5
    assert 0.01 < sum(source in grading_class.BROKEN for source in typed) / len(typed) < 0.06
    assert 2 <= sum(not work.sheet for work in works) <= 25
    assert 0.1 < sum(bool(work.own) for work in works) / len(works) < 0.4


def test_a_copy_has_the_work_the_name_and_the_outputs_in_it_and_else_is_as_handed_out() -> None:
    long = (number for number in range(90) if len(drawn(number).sheet) > 10)
    number = next(number for number in long if drawn(number).own and drawn(number).outputs)
    work, notebook = drawn(number), notebook_of(number)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in notebook.cells}
    for cell, source in work.sheet.items():
        assert cells[cell] == source or cell == "answer-student-name"
    released = [cell.id for cell in lesson().released.cells]
    assert [cell.id for cell in notebook.cells if cell.id in released] == released
    assert len(notebook.cells) == len(released) + len(work.own)
    assert any(cell.get("outputs") for cell in notebook.cells)


def drawn(number: int) -> grading_class.Work:
    about = lesson()
    return draw(number, about.cells, about.answers, about.solved)


def test_the_lesson_itself_is_not_changed_by_filling_it_in() -> None:
    before = json.dumps(lesson().released)
    notebook_of(3)
    assert json.dumps(lesson().released) == before


def test_a_course_holds_what_each_student_hands_in(tmp_path: Path) -> None:
    size = grading_class.make_course(tmp_path / "course", [4, 11], "c = 1\n")
    found = sorted((tmp_path / "course" / "submitted").rglob("*.ipynb"))
    assert [path.parts[-3] for path in found] == ["s00004", "s00011"]
    assert sum(path.stat().st_size for path in found) == size
    assert (tmp_path / "course" / "nbgrader_config.py").read_text() == "c = 1\n"
    assert (tmp_path / "course" / "notebooks" / LESSON / f"{LESSON}.ipynb").is_file()


def test_checks_and_empty_cells_are_no_cells_of_a_students_own() -> None:
    cells = [
        new_code_cell(source, outputs=[new_output("stream", text="x")]) for source in ('check("pool2d")', " ", "x = 1")
    ]
    assert grading_class.without_checks(new_notebook(cells=cells)) == ["x = 1"]


def test_parts_of_a_class_are_drawn_anew_for_each_pair_and_repeat() -> None:
    first, second = grading_ways.block(200, 10, 1), grading_ways.block(200, 10, 2)
    assert first == grading_ways.block(200, 10, 1) != second
    assert first == sorted(set(first))
    assert len(first) == 10
    assert grading_ways.block(3, 10, 1) == [0, 1, 2]


# --- watching -------------------------------------------------------------------------------------------------------


def process(pid: int, parent: int, begun: int = 1) -> Process:
    return Process(pid, parent, 1.0, 0.5, begun)


def test_a_line_of_a_stat_file() -> None:
    words = ["S", "7", *["0"] * 9, "100", "20", "30", "40", *["0"] * 4, "555", "0"]
    ticks = os.sysconf("SC_CLK_TCK")
    found = parse(f"12 (a (very) odd name) {' '.join(words)}")
    assert found == Process(12, 7, 120 / ticks, 70 / ticks, 555)
    with pytest.raises(ValueError, match="not a line"):
        parse("12 (short) S 7")


def test_a_family_is_all_that_descend_and_those_known_before() -> None:
    everybody = [process(1, 0), process(5, 1), process(6, 5), process(7, 6), process(8, 1, begun=9), process(9, 8)]
    assert sorted(one.pid for one in family(everybody, {}, 5)) == [5, 6, 7]
    assert sorted(one.pid for one in family(everybody, {8: 9}, 5)) == [5, 6, 7, 8, 9]  # its parent has ended
    assert sorted(one.pid for one in family(everybody, {8: 3}, 5)) == [5, 6, 7]  # another process of that number


def test_memory_is_the_share_where_that_is_told(tmp_path: Path) -> None:
    here = tmp_path / "3"
    here.mkdir()
    (here / "statm").write_text("100 50 20 0 0 0 0\n")
    assert memory(3, tmp_path) == (30 * os.sysconf("SC_PAGE_SIZE"), False)
    (here / "smaps_rollup").write_text("00-ff ---p 0 00:00 0 [rollup]\nRss: 90 kB\nPss: 44 kB\nPss_Anon: 4 kB\n")
    assert memory(3, tmp_path) == (44 * 1024, True)
    assert memory(4, tmp_path) == (0, True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is watched")
def test_a_command_is_watched_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading_watch, "WEIGH", 0.5)  # it does not take as long as a class
    child = "x = bytearray(60_000_000); sum(range(6_000_000)); import time; time.sleep(1.5)"
    program = (
        f"import subprocess, sys; print('1/1 begins', flush=True); subprocess.run([sys.executable, '-c', {child!r}])"
    )
    told: list[int] = []
    start = time.perf_counter()
    watched = watch([sys.executable, "-c", program], Path.cwd(), os.environ, r"^\d/\d", told.append)
    assert watched.code == 0
    assert 1.5 < watched.seconds <= time.perf_counter() - start
    assert watched.memory > 60_000_000
    assert watched.processes == 2
    assert watched.cpu >= watched.cpu_told > 0.05
    assert told == [1]
    assert 0 < watched.marks[0][0] < watched.seconds
    assert json.loads(json.dumps(watched.as_trial()))["code"] == 0


def test_samples_are_thinned_evenly_and_the_last_one_stays() -> None:
    samples = [Sample(float(n), 0.0, n) for n in range(1001)]
    few = thinned(samples, 100)
    assert len(few) <= 100
    assert few[-1] == samples[-1]
    assert {b.memory - a.memory for a, b in pairwise(few)} == {11}
    assert thinned(samples[:5], 100) == samples[:5]


def test_a_way_that_does_not_mark_all_is_no_measurement() -> None:
    def marks(numbers: Any, root: Path, tell: Any) -> Any:
        return watch([sys.executable, "-c", "print('1/2 begins'); print('why')"], Path.cwd(), os.environ, r"^\d/"), {}

    with pytest.raises(BenchError, match=r"(?s)slow: 1 of 2 marked, exit code 0:.*why"):
        grading_ways.measured(grading_ways.Way("slow", marks), [1, 2], lambda count: None)


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_clock_counts_what_passes_in_its_own_function_alone() -> None:
    book = grading_times.Book()
    inner = book.clocked("inner", lambda: time.sleep(0.05))
    outer = book.clocked("outer", lambda: (time.sleep(0.02), inner(), inner()))
    outer()
    assert book.spent["inner"].calls == 2
    assert book.spent["inner"].seconds >= 0.1
    assert 0.02 <= book.spent["outer"].seconds < 0.1


def test_a_clock_goes_on_when_its_function_raises() -> None:
    book = grading_times.Book()

    def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        book.clocked("fails", fails)()
    assert book.spent["fails"].calls == 1
    book.clocked("outer", lambda: None)()
    assert book.spent["outer"].seconds < 1


def test_what_processes_write_is_added_up_by_kind(tmp_path: Path) -> None:
    book = grading_times.Book()
    for cpu in (1.0, 2.0):
        book.add("cells", cpu)
        book.write(tmp_path, "marking")
    book.add("pages", 4.0)
    book.write(tmp_path, "saving")
    assert grading_times.read(tmp_path) == {"marking": {"cells": [0, 3, 2]}, "saving": {"pages": [0, 4, 1]}}


@pytest.mark.parametrize("where", [where for _, _, where in grading_times.CLOCKS])
def test_there_is_a_function_for_every_clock(where: str) -> None:
    assert callable(grading_times.place(where)[2])


def test_a_function_that_is_gone_is_an_error() -> None:
    with pytest.raises(AttributeError):
        grading_times.place(f"{PLACE}_nothing")


# --- numbers --------------------------------------------------------------------------------------------------------


def trial(way: str, count: int, pair: int = 1, **more: Any) -> dict[str, Any]:
    """One that takes a second and half a second of the processor for each submission, after two to start."""
    marks = [[2.0 + n + (way not in grading_numbers.BEGINS), 1.0 + n / 2] for n in range(count)]
    found = {"kind": "grading", "network": str(count), "way": way, "pair": pair, "count": count, "load": 0.1}
    found |= {"seconds": 2.0 + count, "cpu": 1.0 + count / 2, "memory": 10**9, "processes": 5, "guessed": 0}
    found |= {"marks": marks, "samples": [[at, cpu, 10**9] for at, cpu in marks], "scores": {"s00001": 3.0}}
    sizes = dict.fromkeys(("submitted", "sent", "cache", "autograded", "feedback", "gradebook"), 50_000 * count)
    return found | {"bytes": sizes} | more


def trials() -> list[dict[str, Any]]:
    slow = {"seconds": 2 + 10 * 20.0, "cpu": 1 + 10 * 4.0}
    found = []
    for pair in (1, 2):
        found += [trial("stock", 10, pair, **slow), trial("ours", 50, pair), trial("ours", 200, pair)]
        found += [trial("cells", 3, pair, cells=[0.2, 0.3, 0.4]), trial("scheduler", 10, pair)]
        found.append(
            trial(
                *("clocks", 4, pair),
                saving={"seconds": 0.25, "cpu": 0.2},
                clocks={
                    "saving": {"the feedback page": [4.0, 2.0, 4]},
                    "marking": {"the student's cells": [8.0, 6.0, 80]},
                },
            )
        )
    return found


def test_what_a_class_costs_follows_from_the_rates_of_a_part_of_it() -> None:
    stock = trials()[0]
    time_of, cpu = grading_numbers.rates(stock)
    assert (time_of.start, time_of.each) == (2.0, 20.0)
    assert (cpu.start, cpu.each) == (1.0, 4.0)
    assert grading_numbers.cost(stock, 200) == (2 + 200 * 20.0, 1 + 200 * 4.0)
    assert grading_numbers.cost(stock, 10) == (stock["seconds"], stock["cpu"])
    with pytest.raises(ValueError, match="ours has marked 50, not 200"):
        grading_numbers.cost(trial("ours", 50), 200)


def test_ratios_are_taken_within_pairs() -> None:
    found = trials()
    expected = (2 + 200 * 20) / 202
    assert grading_numbers.ratios(found, "ours", 200, 0) == pytest.approx([expected, expected])
    assert grading_numbers.ratios([t for t in found if (t["way"], t["pair"]) != ("stock", 2)], "ours", 200, 0) == [
        expected
    ]
    assert grading_numbers.ratios(found, "otter", 200, 0) == []


def test_beyond_the_cells() -> None:
    assert grading_numbers.beyond(trials(), 200) == pytest.approx([101 / 200 - 0.3] * 2)


def test_marks_are_compared_where_both_have_marked() -> None:
    other = trial("stock", 10, 2, scores={"s00001": 2.0, "s00150": 1.0})
    found = [trial("stock", 10, 1), trial("ours", 200, 1), other, trial("ours", 200, 2)]
    assert grading_numbers.agreement(found, 200) == (2, 1)


def test_the_line_of_least_squares_and_its_band() -> None:
    exact = grading_numbers.slope([0, 1, 2, 3], [1, 3, 5, 7])
    assert (exact.slope, exact.middle, exact.grows) == (2, 4, True)
    assert exact.band == pytest.approx(0, abs=1e-9)
    drawn = random.Random(1)
    xs = [float(n) for n in range(40)]
    inside = 0
    for _ in range(400):
        found = grading_numbers.slope(xs, [0.5 * x + drawn.gauss(0, 3) for x in xs])
        inside += abs(found.slope - 0.5) <= found.band
    assert 365 <= inside <= 395  # 95% of 400 are 380
    with pytest.raises(ValueError, match="three points"):
        grading_numbers.slope([0, 1], [0, 1])


@pytest.mark.parametrize(("freedom", "value"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (5, 2.5706), (18, 2.1009)])
def test_quantiles_of_students_t(freedom: int, value: float) -> None:
    assert grading_numbers.quantile(freedom) == pytest.approx(value, rel=0.01)


def test_growth_is_seen_where_each_submission_takes_longer_and_not_where_none_does() -> None:
    steady = trial("ours", 1000)
    found = grading_numbers.growth(steady, 50)
    assert found is not None
    assert [abs(one.slope) < 1e-9 for one in found] == [True, True, True]
    marks, at = [], 2.0
    for n in range(1000):
        at += 1 + n / 1000
        marks.append([at, at])
    slower = steady | {"marks": marks, "samples": [[at, at, 10**9 + n] for n, (at, _) in enumerate(marks)]}
    found = grading_numbers.growth(slower, 50)
    assert found is not None
    assert all(one.grows for one in found)
    assert found[0].slope == pytest.approx(1 / 1000, rel=0.01)
    assert found[2].slope == pytest.approx(1, rel=0.01)
    assert grading_numbers.growth(trial("ours", 120), 50) is None


def test_the_first_window_in_which_everything_starts_is_left_out() -> None:
    assert [done for done, *_ in grading_numbers.windows(trial("ours", 200), 50)] == [74.0, 124.0, 174.0]


# --- the run and its reports ----------------------------------------------------------------------------------------


def test_all_ways_take_turns_and_the_largest_class_comes_last() -> None:
    groups = list(grading.plan(2, HEAD))
    ways = [[(m.way, m.network) for m in group] for group in groups]
    assert ways[0] == ways[1][::-1]
    assert {way for way, _ in ways[0]} == set(grading_ways.WAYS)
    assert ways[2] == [("ours", "1000")]
    assert Counter(way for way, _ in ways[0])["ours"] == 2
    without = list(grading.plan(1, HEAD | {"otter": "it cannot be installed"}))
    assert "otter" not in {m.way for m in without[0]}
    whole = list(grading.plan(1, HEAD | {"whole": True}))
    assert ("stock", "200") in {(m.way, m.network) for m in whole[0]}
    quick = list(grading.plan(1, HEAD | {"quick": True}))
    assert max(int(m.network) for group in quick for m in group) <= 10


def test_parts_are_drawn_from_the_class_that_is_marked_whole() -> None:
    assert grading.numbers(Measurement("grading", "200", "ours", 1), HEAD) == list(range(200))
    part = grading.numbers(Measurement("grading", "10", "stock", 3), HEAD)
    assert part == grading_ways.block(200, 10, 3)


def test_a_run_is_kept_and_goes_on_where_it_was(tmp_path: Path) -> None:
    made: list[str] = []

    def measure(measurement: Measurement, head: dict[str, Any]) -> dict[str, Any]:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(measurement.title)
        more: dict[str, Any] = {"cells": [0.2]} if measurement.way == "cells" else {}
        if measurement.way == "clocks":
            more = {"clocks": {}, "saving": {"seconds": 0.1, "cpu": 0.1}}
        return asdict(measurement) | trial(measurement.way, int(measurement.network), measurement.pair, **more)

    groups = list(grading.plan(1, HEAD))
    files = (tmp_path / "grading.jsonl", tmp_path / "grading.md")
    with pytest.raises(KeyboardInterrupt):
        grading.compare(groups, HEAD, *files, measure=measure)
    assert len((tmp_path / "grading.jsonl").read_text().splitlines()) == 4
    before = made.copy()
    made[:] = [*before, "on"]  # it is not stopped again
    text = grading.compare(groups, HEAD, *files, resume=True, measure=measure)
    assert text == files[1].read_text(encoding="utf-8")
    assert made == [*before, "on", *[m.title for group in groups for m in group][3:]]


def stop() -> Any:
    raise KeyboardInterrupt


def test_the_report_says_what_the_trials_say() -> None:
    text = report(HEAD, [*trials(), trial("ours", 1000)])
    expected = (2 + 200 * 20) / 202
    assert f"take 1/{expected:.1f} of stock's time" in text
    assert "Met in every run." in text
    assert "marked 10 + 10 submissions, drawn at random, in 2 blocks" in text
    assert "## 50 submissions" in text
    assert "## 200 submissions" in text
    assert "## 1000" not in text
    assert "| 1,000 | 1 |" in text
    assert "| time a submission, s | 1.00 | " in text
    assert "of 2 submissions marked by stock and by us, 2 got the same marks" in text
    assert "nan" not in text


def test_what_is_not_met_is_said() -> None:
    slow = [t | {"seconds": 2000.0, "cpu": 500.0, "memory": 3 * 10**9} if t["way"] == "ours" else t for t in trials()]
    assert report(HEAD, slow).count("**Not met.**") == 3


def test_the_report_begins_with_nothing_and_says_why_otter_is_not_there() -> None:
    text = report(HEAD | {"otter": "no network"}, [])
    assert "otter-grader could not be measured: no network" in text
    assert "##" not in text


def test_the_page_on_large_classes_follows_from_the_trials() -> None:
    found = grading_scale.measured([*trials(), trial("ours", 1000)])
    assert found is not None
    assert (found.saving, found.running) == (0.25, pytest.approx(1.5))
    assert found.passing == pytest.approx(0.5)
    assert found.gradebook == 50_000
    assert grading_scale.enough(found) == pytest.approx(1.5 / 0.75)
    assert grading_scale.duration(found, 1000, 1) == pytest.approx(1500)  # those that run are the slower ones
    assert grading_scale.duration(found, 1000, 64) == pytest.approx(750)  # the one that saves is
    text = grading_scale.scale(HEAD, [*trials(), trial("ours", 1000)])
    assert "**More workers than 2 do not help**" in text
    assert f"max(100,000 × 0.750, 100,000 × 1.500 / 8) = {75_000} s" in text
    assert text.count("assumption") >= 4
    assert not math.isnan(found.peak)


def test_without_measurements_the_page_says_what_to_run(tmp_path: Path) -> None:
    assert "has not all been measured" in grading_scale.scale(HEAD, [])
    with pytest.raises(BenchError, match="no trials"):
        grading.write_scale(tmp_path / "none.jsonl", tmp_path / "scale.md")
    (tmp_path / "some.jsonl").write_text(json.dumps(HEAD) + "\n")
    grading.write_scale(tmp_path / "some.jsonl", tmp_path / "scale.md")
    assert (tmp_path / "scale.md").read_text().startswith("# 100,000 submissions")


def test_the_other_parts_leave_this_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for part in (compare, birds):
        monkeypatch.setattr(part.shared, "stopping", stop)
        part.main(["--only", "grading"])
        part.main(["--scale"])
    grading.main(["--only", "birds"])


def test_what_the_measurements_depend_on_is_there_and_has_all_that_marks() -> None:
    names = grading.measured_code()
    assert {"autograder/grading/marking.py", "benchmarks/grading_ways.py", "autograder/reports/page.py"} <= set(names)
    assert not {"benchmarks/grading_report.py", "benchmarks/grading_scale.py"} & set(names)
