"""The benchmark: what it compares, what it keeps, and that its report says what the trials say. Speed is not tested."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, fields
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Adam
from torch.utils.data import DataLoader

from benchmarks import compare, training, trial
from benchmarks.compare import BenchError, Measurement
from benchmarks.report import report
from benchmarks.training import LECTURE, PLAIN, SHAPES, TARGETS, TUNED, Data, ladder, recipes, ways
from convcourse.training import Recipe

NETWORKS = list(SHAPES)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def easy(n: int = 256) -> Data:
    """Images whose class is the row that is bright."""
    random = torch.Generator().manual_seed(0)
    y = torch.randint(0, 10, (n,), generator=random)
    x = torch.randint(0, 100, (n, 28, 28), generator=random, dtype=torch.uint8)
    x[torch.arange(n), 2 * y] = 255
    return Data(x, y, x[:100], y[:100])


# --- what is compared -----------------------------------------------------------------------------------------------


def test_the_lectures_networks_and_targets() -> None:
    assert TARGETS == {"mlp": 0.8814, "cnn": 0.9122}
    counts = {name: sum(p.numel() for p in make().parameters()) for name, make in LECTURE.items()}
    assert counts == {"mlp": 795_010, "cnn": 716_706}
    for network in NETWORKS:
        assert str(TUNED[network]["tuned"].make()) == str(LECTURE[network]()), "tuned, but the same network"


def test_the_smaller_network_answers_images_with_fewer_weights_than_the_lectures() -> None:
    model = TUNED["cnn"]["small"].make()
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert sum(p.numel() for p in model.parameters()) < 716_706 / 5


@pytest.mark.parametrize("network", NETWORKS)
def test_the_lectures_dataset_gives_single_items(network: str) -> None:
    data = easy()
    items = training.LectureDataset(data.x, data.y, SHAPES[network])
    x, y = items[3]
    assert x.shape == SHAPES[network]
    torch.testing.assert_close(x.flatten(), data.x[3].flatten() / 255)
    assert (y, len(items)) == (data.y[3], 256)


def test_the_lectures_epoch_is_one_step_of_adam_for_each_batch_and_takes_the_accuracy_after_it() -> None:
    data = easy(70)  # two batches of 32 and one of 6
    loader = DataLoader(training.LectureDataset(data.x, data.y, (784,)), batch_size=32)
    torch.manual_seed(1)
    model, same = nn.Linear(784, 10), nn.Linear(784, 10)
    same.load_state_dict(model.state_dict())
    loss, accuracy = training.lecture_epoch(loader, model, Adam(model.parameters(), lr=1e-3))

    opt = Adam(same.parameters(), lr=1e-3)
    losses, accuracies = [], []
    for at in (0, 32, 64):
        x, y = data.x[at : at + 32].flatten(1) / 255, data.y[at : at + 32]
        opt.zero_grad()
        wrong = nn.functional.cross_entropy(same(x), y)
        wrong.backward()
        opt.step()
        losses.append(wrong.item())
        accuracies.append((same(x).argmax(1) == y).float().mean().item())
    torch.testing.assert_close(dict(model.state_dict()), dict(same.state_dict()))
    assert loss == pytest.approx(sum(losses) / 3, rel=1e-5)
    assert accuracy == pytest.approx(sum(accuracies) / 3, rel=1e-5)
    assert training.lecture_epoch(loader, model, opt, with_accuracy=False)[1] is None


@pytest.mark.parametrize("network", NETWORKS)
def test_each_step_of_the_ladder_changes_one_thing_and_the_last_is_the_tuned_recipe(network: str) -> None:
    steps = list(recipes(network).values())
    changed = [
        {field.name for field in fields(Recipe) if getattr(before, field.name) != getattr(after, field.name)}
        for before, after in pairwise(steps)
    ]
    layout = [{"channels_last"}, {"low_precision"}] if network == "cnn" else [{"channels_last", "low_precision"}]
    assert changed[:-1] == [{"fused"}, *layout, {"batch_size", "learning_rate"}]
    assert "one_cycle" in changed[-1]
    assert steps[0] == PLAIN
    assert steps[-1] == TUNED[network]["tuned"].recipe
    assert ladder(network)[:2] == ["the lecture's loop", "no accuracy of each batch"]


def test_standardised_images_have_mean_0_and_deviation_1() -> None:
    data = easy()
    x = training.standardised(data.x, data.x, (1, 28, 28))
    assert x.shape == (256, 1, 28, 28)
    torch.testing.assert_close(torch.stack([x.mean(), x.std()]), torch.tensor([0.0, 1.0]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("way", ways("mlp"))
def test_training_stops_at_the_first_epoch_that_reaches_the_target(way: str) -> None:
    run = training.to_target(easy(), "mlp", way, target=0.5, seed=0)
    assert run.reached == len(run.accuracies)
    assert run.accuracies[-1] >= 0.5
    assert all(accuracy < 0.5 for accuracy in run.accuracies[:-1])
    assert 0 < run.training_seconds < run.seconds


@pytest.mark.parametrize("way", ways("mlp"))
def test_a_target_that_is_never_reached_is_said(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PATIENCE", 2)
    run = training.to_target(easy(64), "mlp", way, target=1.1, seed=0)
    assert run.reached is None
    assert len(run.accuracies) == (2 if way == "lecture" else TUNED["mlp"]["tuned"].recipe.epochs)


def test_another_seed_is_another_run() -> None:
    data = easy(64)
    one, again, other = (training.to_target(data, "mlp", "lecture", target=0.99, seed=seed) for seed in (1, 1, 2))
    assert one.accuracies == again.accuracies
    assert one.accuracies != other.accuracies


def test_a_trial_prints_one_line_of_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    monkeypatch.setattr(trial, "cores", lambda: 1)
    trial.main(["reach", "--network", "mlp", "--way", "tuned", "--target", "0.3", "--seed", "1"])
    run = json.loads(capsys.readouterr().out)
    assert run["reached"] == len(run["accuracies"])
    trial.main(["ladder", "--network", "cnn", "--images", "64", "--seed", "1", "--backwards"])
    steps = json.loads(capsys.readouterr().out)
    assert (steps["images"], steps["all_images"]) == (64, 3000)
    assert list(steps["seconds"]) == [*ladder("cnn"), "small"]
    assert all(seconds > 0 for seconds in steps["seconds"].values())


# --- pairs, and what is kept ----------------------------------------------------------------------------------------


def test_pairs_alternate_their_order_and_have_a_seed_each() -> None:
    groups = list(compare.plan(2, "cnn"))
    assert [[m.way for m in group] for group in groups] == [
        ["lecture", "tuned", "small"],
        ["small", "tuned", "lecture"],
    ]
    seeds = [
        compare.words(m, quick=False)[compare.words(m, quick=False).index("--seed") + 1] for g in groups for m in g
    ]
    assert seeds == ["1"] * 3 + ["2"] * 3
    assert "--backwards" not in compare.words(Measurement("ladder", "mlp", "", 1), quick=False)
    assert "--backwards" in compare.words(Measurement("ladder", "mlp", "", 2), quick=False)


def test_each_part_can_be_measured_alone() -> None:
    parts = {only: [m for group in compare.plan(5, only) for m in group] for only in (None, *NETWORKS, "ladder")}
    assert {m.kind for m in parts["ladder"]} == {"ladder"}
    assert {m.network for m in parts["mlp"]} == {"mlp"}
    assert len(parts[None]) == len(parts["mlp"]) + len(parts["cnn"]) + len(parts["ladder"]) == 10 + 15 + 10


def test_the_targets_are_the_lectures_except_to_try_out() -> None:
    asked = compare.words(Measurement("reach", "cnn", "tuned", 1), quick=False)
    assert asked[asked.index("--target") + 1] == "0.9122"
    assert "0.5" in compare.words(Measurement("reach", "cnn", "tuned", 1), quick=True)


class Bench:
    """A bench whose trials take no time, and which can be stopped after so many."""

    def __init__(self, folder: Path):
        self.trials, self.results = folder / "kept/trials.jsonl", folder / "results.md"
        self.made: list[Measurement] = []
        self.stop_after = 1_000

    def measure(self, measurement: Measurement, quick: bool) -> dict[str, Any]:
        if len(self.made) == self.stop_after:
            raise KeyboardInterrupt
        self.made.append(measurement)
        return made(measurement)

    def run(self, pairs: int = 2, *, resume: bool = False, **head: Any) -> str:
        groups = list(compare.plan(pairs, None))
        heading = {**compare.heading(pairs, None, False), **head}
        return compare.compare(groups, heading, self.trials, self.results, resume=resume, measure=self.measure)


def made(measurement: Measurement, **changed: Any) -> dict[str, Any]:
    """What a trial might measure: the lecture's takes 60 s and those of every other way 10, 5 of them in training; a
    step of the ladder half of the one before."""
    known = asdict(measurement)
    if measurement.kind == "ladder":
        names = [*ladder(measurement.network), *(way for way in TUNED[measurement.network] if way != "tuned")]
        seconds = {name: 0.5**at for at, name in enumerate(names)}
        return {**known, "process_seconds": 3.0, "images": 100, "all_images": 1000, "seconds": seconds} | changed
    slow = measurement.way == "lecture"
    accuracies = [0.8, 0.85, 0.87, 0.88, 0.8815, 0.92] if slow else [0.85, 0.88, 0.93]
    run = {"accuracies": accuracies, "reached": len(accuracies), "training_seconds": 55.0 if slow else 5.0}
    return {**known, "process_seconds": 60.0 if slow else 10.0, "seconds": 57.0 if slow else 7.0, **run} | changed


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_run_that_was_stopped_loses_nothing_and_goes_on(bench: Bench) -> None:
    bench.stop_after = 7
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    assert "## MLP: to an accuracy of 0.8814" in bench.results.read_text(encoding="utf-8"), "the first pair is told"
    with bench.trials.open("a", encoding="utf-8") as opened:
        opened.write('{"kind": "reach", "network": "ml')  # stopped within a line
    bench.stop_after = 1_000
    text = bench.run(resume=True)
    planned = [m for group in compare.plan(2, None) for m in group]
    assert bench.made == planned, "each trial once, in its order"
    assert [line["kind"] for line in compare.kept(bench.trials)[1:]] == [m.kind for m in planned]
    assert bench.results.read_text(encoding="utf-8") == text
    assert list(bench.results.parent.rglob("*.tmp")) == []


def test_a_new_run_begins_afresh_and_puts_the_old_trials_aside(bench: Bench) -> None:
    bench.run(pairs=1)
    old = bench.trials.read_bytes()
    bench.run(pairs=1)
    assert len(bench.made) == 2 * sum(len(group) for group in compare.plan(1, None))
    assert bench.trials.with_suffix(".old.jsonl").read_bytes() == old


@pytest.mark.parametrize("key", ["machine", "code", "quick"])
def test_trials_made_with_something_else_are_not_mixed_in(bench: Bench, key: str) -> None:
    bench.run(pairs=1)
    before = bench.trials.read_bytes()
    other = {"machine": compare.machine.described() | {"torch": "1.0"}, "code": "0", "quick": True}
    with pytest.raises(BenchError, match=f"another {key}.*without --resume"):
        bench.run(pairs=2, resume=True, **{key: other[key]})
    assert bench.trials.read_bytes() == before


def test_a_damaged_line_in_the_middle_is_named(bench: Bench) -> None:
    bench.run(pairs=1)
    lines = bench.trials.read_text(encoding="utf-8").splitlines()
    bench.trials.write_text("\n".join([*lines[:2], "{", *lines[2:]]), encoding="utf-8")
    with pytest.raises(BenchError, match=r"trials\.jsonl, line 3,"):
        bench.run(pairs=1, resume=True)


def test_a_process_is_timed_as_a_whole() -> None:
    measured = compare.measure(Measurement("reach", "mlp", "tuned", 1), quick=True)
    assert measured["process_seconds"] > measured["seconds"] > measured["training_seconds"] > 0
    assert (measured["way"], measured["pair"]) == ("tuned", 1)


def test_a_trial_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr="Traceback …\nMemoryError: too little of it")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(BenchError, match=r"“reach mlp lecture pair 3” has failed:[\s\S]*MemoryError: too little of it"):
        compare.measure(Measurement("reach", "mlp", "lecture", 3), quick=False)


def test_the_sample_is_not_measured_as_if_it_were_the_real_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    with pytest.raises(SystemExit, match="Only the real images"):
        compare.main(["--folder", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


# --- the report -----------------------------------------------------------------------------------------------------


def head(**changed: Any) -> dict[str, Any]:
    return {**compare.heading(5, None, False), **changed}


def reach(network: str, way: str, pair: int, **changed: Any) -> dict[str, Any]:
    return made(Measurement("reach", network, way, pair), **changed)


def test_ratios_are_taken_within_pairs() -> None:
    lecture, tuned = (40.0, 80.0, 60.0), (10.0, 10.0, 30.0)  # 4, 8 and 2 times; of the medians it would be 6
    trials = [reach("mlp", "lecture", at, process_seconds=s) for at, s in enumerate(lecture, 1)]
    trials += [reach("mlp", "tuned", at, process_seconds=s) for at, s in enumerate(tuned, 1)]
    text = report(head(), trials)
    assert "4.00× (2.00×–8.00×)" in text
    assert "4.0 times sooner as a whole process (from 2.0 to 8.0 over 3 pairs)" in text
    assert "11.0 times sooner in training alone" in text
    assert "The aim of 5 times is not met." in text


def test_an_aim_that_is_met_says_in_how_many_pairs() -> None:
    trials = [reach("mlp", way, pair) for pair in (1, 2, 3) for way in ways("mlp")]
    assert "The aim of 5 times is met in every pair." in report(head(), trials)
    trials[0]["process_seconds"] = 20.0
    assert "The aim of 5 times is met, though not in 1 of 3 pairs." in report(head(), trials)


def test_a_run_that_misses_the_target_is_told_and_gives_no_ratio() -> None:
    trials = [reach("mlp", way, pair) for pair in (1, 2) for way in ways("mlp")]
    trials[1] |= {"reached": None, "process_seconds": 1.0, "accuracies": [0.86, 0.87]}
    text = report(head(), trials)
    assert "| 1 of 2 |" in text
    assert "2, 0.8700 (not reached)" in text
    assert "6.0 times sooner as a whole process (from 6.0 to 6.0 over 1 pair)" in text
    assert "Left out of the ratios of “tuned”: 1 pair in which" in text


@pytest.mark.parametrize("network", NETWORKS)
def test_the_factors_of_the_ladder_multiply_to_the_whole(network: str) -> None:
    trials = [made(Measurement("ladder", network, "", pair)) for pair in (1, 2, 3)]
    trials += [reach(network, way, 1) for way in ways(network)]
    text = report(head(), trials)
    table = text.split("step by step")[1]
    factors = [float(found) for found in re.findall(r"\| (\d+\.\d+)× ?[(|]", table)]
    (whole,) = re.findall(r"\*\*all together\*\* \|  \| \*\*([\d.]+)×", table)
    assert factors == [2.0] * (len(ladder(network)) - 1) + [2.0], "each step halves, and 6 epochs become 3"
    assert prod(factors) == pytest.approx(float(whole), rel=0.01)
    shares = [int(found) for found in re.findall(r"\| (\d+)% \|", table)][:-1]
    assert sum(shares) == pytest.approx(100, abs=len(shares))
    assert "10.0 (10.0–10.0)" in table, "seconds of 100 images are given for all 1,000"
    assert "6 → 3 epochs" in table


def test_what_is_not_measured_yet_is_left_out() -> None:
    text = report(head(), [])
    assert "##" not in text
    one_way = report(head(), [reach("cnn", "lecture", 1)])
    assert "## CNN" in one_way
    assert "times sooner as" not in one_way


def test_the_report_says_with_what_and_names_nobodys_machine() -> None:
    trials = [reach(network, way, 1) for network in NETWORKS for way in ways(network)]
    text = report(head(), trials)
    for known in (
        compare.machine.processor(),
        platform.python_version(),
        torch.__version__.split("+")[0],
        "`make bench`",
    ):
        assert known in text
    assert str(Path.home()) not in text
    assert re.search(r"(?<![\w.])/(?:home|Users|root|tmp|work)/", text) is None
    assert platform.node() not in re.findall(r"[\w.-]+", text)


def test_a_busy_machine_and_a_trial_run_are_admitted() -> None:
    quiet, busy = ({"date": "2026-01-01", "load average at the start": load} for load in ("0.05", "3.00"))
    kind = {**compare.machine.described(), "cores": "2"}
    assert "busy with other work" not in report(head(now=quiet, machine=kind), [])
    assert "busy with other work" in report(head(now=busy, machine=kind), [])
    assert "mean nothing" in report(head(quick=True), [])
    assert "mean nothing" not in report(head(), [])
