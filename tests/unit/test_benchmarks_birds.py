"""The benchmark of birds against airplanes: what it trains and keeps, and that its report says what the trials say.

Speed is not tested.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD

from benchmarks import birds, birds_report, birds_training, birds_trial, compare, trials
from benchmarks.birds_training import WAYS, Way
from benchmarks.trials import BenchError, Measurement
from convcourse.data.birds import birds_vs_airplanes
from convcourse.data.idx import DataError
from convcourse.data.pictures import Pictures
from convcourse.networks import TanhNet
from convcourse.training import Recipe

CPU = torch.device("cpu")
REAL = {"source": "folder", "train": 10_000, "test": 2_000}
DRAWN = {"source": "drawn", "train": 1_600, "test": 400}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def easy(n: int = 150) -> Pictures:
    """Pictures whose class is the half that is bright."""
    random = torch.Generator().manual_seed(0)
    y = torch.randint(0, 2, (n,), generator=random)
    x = torch.randint(0, 100, (n, 3, 32, 32), generator=random, dtype=torch.uint8)
    x[y == 0, :, :16] += 150
    x[y == 1, :, 16:] += 150
    return Pictures(x, y, x[:70], y[:70])


# --- what is compared -----------------------------------------------------------------------------------------------


def test_the_lectures_network_and_settings() -> None:
    assert next(iter(WAYS)) == "lecture"
    assert (WAYS["lecture"].make, WAYS["lecture"].recipe, WAYS["lecture"].epochs) == (TanhNet, None, 100)
    assert (birds_training.BATCH_SIZE, birds_training.LEARNING_RATE) == (64, 1e-2)


def test_tuned_is_the_same_network_in_far_fewer_epochs() -> None:
    assert WAYS["tuned"].make is TanhNet
    assert WAYS["tuned"].epochs <= WAYS["lecture"].epochs / 4


@pytest.mark.parametrize("way", WAYS)
def test_every_way_answers_photographs_with_a_score_for_each_class_and_few_weights(way: str) -> None:
    model = WAYS[way].make()
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 2)
    assert birds_report.weights(way) <= 100_000


def test_standardised_channels_have_mean_0_and_deviation_1() -> None:
    x = easy().train_images
    x[:, 1] //= 2  # as channels differ
    done = birds_training.standardised(x, x)
    torch.testing.assert_close(done.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(done.std((0, 2, 3)), torch.ones(3), atol=1e-4, rtol=0)
    part = birds_training.standardised(x[:5], x)
    torch.testing.assert_close(part, done[:5], msg="held-out pictures are standardised by those that are learned")


def test_the_lectures_epoch_is_one_step_of_sgd_for_each_batch_and_its_loss_the_mean_of_theirs() -> None:
    data = easy()  # two batches of 64 and one of 22
    x, y = birds_training.standardised(data.train_images, data.train_images), data.train_labels
    loader = birds_training.loader_of(x, y, shuffle=False)
    torch.manual_seed(1)
    model, same = TanhNet(), TanhNet()
    same.load_state_dict(model.state_dict())
    loss_fn = nn.CrossEntropyLoss()
    loss = birds_training.lecture_epoch(SGD(model.parameters(), lr=1e-2), model, loss_fn, loader, CPU)

    losses = []
    for at in (0, 64, 128):
        wrong = nn.functional.cross_entropy(same(x[at : at + 64]), y[at : at + 64])
        gradients = torch.autograd.grad(wrong, list(same.parameters()))
        with torch.no_grad():
            for weights, gradient in zip(same.parameters(), gradients, strict=True):
                weights -= 1e-2 * gradient
        losses.append(wrong.item())
    torch.testing.assert_close(dict(model.state_dict()), dict(same.state_dict()))
    assert loss == pytest.approx(sum(losses) / 3, rel=1e-5)


def test_the_lectures_loader_shuffles_only_what_is_learned() -> None:
    data = easy()
    x = data.train_images.float()
    torch.manual_seed(0)
    images, labels = next(iter(birds_training.loader_of(x, data.train_labels, shuffle=True)))
    assert images.shape == (64, 3, 32, 32)
    assert labels.dtype == torch.int64
    assert not torch.equal(images, x[:64])
    images, _ = next(iter(birds_training.loader_of(x, data.train_labels, shuffle=False)))
    assert torch.equal(images, x[:64])


@pytest.mark.parametrize("mode", [True, False])
def test_the_lectures_validation_counts_every_picture_once_and_leaves_the_mode(mode: bool) -> None:
    data = easy()
    loaders = {
        "train": birds_training.loader_of(data.train_images.float(), data.train_labels, shuffle=True),
        "val": birds_training.loader_of(data.test_images.float(), data.test_labels, shuffle=False),
    }
    bird = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2))
    nn.init.zeros_(bird[1].weight)
    bird[1].bias = nn.Parameter(torch.tensor([0.0, 1.0]))
    bird.train(mode)
    found = birds_training.validate(bird, loaders, CPU)
    assert found == {name: loader_share(data, name) for name in ("train", "val")}
    assert bird.training is mode


def loader_share(data: Pictures, name: str) -> float:
    """The share of birds."""
    labels = data.train_labels if name == "train" else data.test_labels
    return int(labels.sum()) / len(labels)


@pytest.mark.parametrize("way", WAYS)
def test_a_training_tells_every_epoch(way: str) -> None:
    run = birds_training.train(easy(), WAYS[way], seed=0, epochs=2)
    assert len(run.accuracies) == len(run.seconds) == 2
    assert 0 < run.seconds[0] < run.seconds[1]
    assert run.validation_seconds > 0
    assert all(0 <= share <= 1 for share in (*run.accuracies, run.accuracy_on_learned))


def test_a_training_learns() -> None:
    run = birds_training.train(easy(), WAYS["tuned"], seed=1, epochs=4)
    assert run.accuracies[-1] == run.accuracy_on_learned == 1


def test_another_seed_is_another_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(birds_training, "LEARNING_RATE", 0.1)  # so that few steps tell
    random = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (150, 3, 32, 32), generator=random, dtype=torch.uint8)
    labels = torch.randint(0, 2, (150,), generator=random)
    data = Pictures(noise, labels, noise, labels)
    ways = (WAYS["lecture"], Way(TanhNet, Recipe(learning_rate=1e-3), "brief"))
    for way in ways:
        one, again, other = (birds_training.train(data, way, seed=seed, epochs=2).accuracies for seed in (1, 1, 2))
        assert one == again
        assert one != other


def test_a_recipe_keeps_its_own_number_of_epochs_unless_asked() -> None:
    three = Way(TanhNet, Recipe(epochs=3), "three")
    assert len(birds_training.train(easy(), three, seed=0).accuracies) == 3
    assert len(birds_training.train(easy(), three, seed=0, epochs=1).accuracies) == 1


def test_a_trial_prints_one_line_of_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    monkeypatch.setattr(birds_trial, "cores", lambda: 1)
    birds_trial.main(["--way", "tuned", "--seed", "1", "--epochs", "1"])
    said = capsys.readouterr()
    assert len(json.loads(said.out)["accuracies"]) == 1
    assert "drawn by code" in said.err


# --- pairs, and what is kept ----------------------------------------------------------------------------------------


def ways_by_pair(pairs: int) -> list[list[str]]:
    return [[m.way for m in group] for group in birds.plan(pairs)]


def test_ways_take_turns_and_a_long_one_may_sit_out(monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = WAYS["tuned"]
    ways = {"lecture": Way(TanhNet, None, "the lecture's loop", pairs=2), "tuned": tuned, "small": tuned}
    monkeypatch.setattr(birds, "WAYS", ways)
    assert ways_by_pair(3) == [["lecture", "tuned", "small"], ["small", "tuned", "lecture"], ["tuned", "small"]]
    ways["lecture"] = Way(TanhNet, None, "the lecture's loop")
    assert ways_by_pair(3)[2] == ["lecture", "tuned", "small"]


def heading(**changed: Any) -> dict[str, Any]:
    return {**birds.heading(REAL, 3, None, False), **changed}


def of(way: str, pair: int = 1) -> Measurement:
    return Measurement("birds", "", way, pair)


def test_only_the_lectures_epochs_can_be_asked_for_and_a_trial_run_has_few_of_all() -> None:
    head = birds.heading(REAL, 3, None, False, 30)
    assert birds.words(of("lecture", 2), head) == ["--way", "lecture", "--seed", "2", "--epochs", "30"]
    assert birds.words(of("tuned", 2), head) == ["--way", "tuned", "--seed", "2"]
    assert birds.words(of("lecture"), heading())[-1] == "100"
    for way in WAYS:
        assert birds.words(of(way), heading(quick=True))[-1] == "3"


def test_the_command_is_told_as_it_was_given() -> None:
    assert heading()["command"] == "make bench"
    head = birds.heading(REAL, 1, "birds", True, 30)
    assert head["command"] == 'make bench BENCH_FLAGS="--only birds --quick --pairs 1 --epochs 30"'


@pytest.mark.parametrize(("pictures", "sample"), [(REAL, None), (DRAWN, "sample")])
def test_a_trial_has_the_pictures_that_the_run_began_with(
    monkeypatch: pytest.MonkeyPatch, pictures: dict[str, Any], sample: str | None
) -> None:
    monkeypatch.delenv("CONVCOURSE_DATA", raising=False)
    asked: dict[str, Any] = {}

    def run(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
        asked.update(command=command, **how)
        return subprocess.CompletedProcess(command, 0, stdout='said before\n{"seconds": [1.0]}\n', stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    trial = birds.measure(of("tuned", 3), heading(pictures=pictures))
    assert trial | {"process_seconds": 0} == asdict(of("tuned", 3)) | {"process_seconds": 0, "seconds": [1.0]}
    assert asked["command"][1:] == ["-m", "benchmarks.birds_trial", "--way", "tuned", "--seed", "3"]
    assert asked["env"].get("CONVCOURSE_DATA") == sample


def test_drawn_pictures_never_take_the_place_of_the_report_on_photographs(tmp_path: Path) -> None:
    _, results = birds.places(tmp_path, heading())
    assert results == trials.ROOT / "benchmarks/birds.md"
    places = [birds.places(tmp_path, heading(pictures=DRAWN, quick=quick)) for quick in (True, False)]
    assert {path.parent for pair in places for path in pair} == {tmp_path}
    assert len({path for pair in places for path in pair}) == 4


def test_what_is_told_of_the_pictures_is_not_where_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    assert birds.described(birds_vs_airplanes()) == DRAWN


def test_damaged_pictures_end_the_run_with_their_own_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def damaged() -> None:
        raise DataError("train/bird/0000.jpg is no picture.")

    monkeypatch.setattr(birds, "birds_vs_airplanes", damaged)
    with pytest.raises(SystemExit, match=r"train/bird/0000\.jpg is no picture"):
        birds.main(["--folder", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


def test_each_program_leaves_the_others_parts_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare.main(["--only", "birds", "--folder", str(tmp_path)])
    for part in ("mlp", "cnn", "ladder"):
        birds.main(["--only", part, "--quick", "--folder", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("flag", ["--pairs", "--epochs"])
def test_numbers_below_one_are_refused(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    for main in (compare.main, birds.main):
        with pytest.raises(SystemExit):
            main([flag, "0"])
        assert f"{flag} must be at least 1" in capsys.readouterr().err


def made(way: str, pair: int, **changed: Any) -> dict[str, Any]:
    """What a trial might measure: the lecture's loop 2 s an epoch for 100 of them, every other way 1 s for 20."""
    epochs, seconds = (100, 2.0) if way == "lecture" else (20, 1.0)
    slope = 0.002 if way == "lecture" else 0.01
    return {
        **asdict(of(way, pair)),
        "process_seconds": 220.0 if way == "lecture" else 22.0,
        "accuracies": [0.70 + slope * n for n in range(1, epochs + 1)],
        "seconds": [seconds * n for n in range(1, epochs + 1)],
        "accuracy_on_learned": 0.95,
        "validation_seconds": 0.5,
    } | changed


class Bench:
    """A bench whose trials take no time, and which can be stopped after so many."""

    def __init__(self, folder: Path):
        self.trials, self.results = folder / "kept/birds.jsonl", folder / "birds.md"
        self.made: list[Measurement] = []
        self.stop_after = 1_000

    def measure(self, measurement: Measurement, head: dict[str, Any]) -> dict[str, Any]:
        if len(self.made) == self.stop_after:
            raise KeyboardInterrupt
        self.made.append(measurement)
        return made(measurement.way, measurement.pair)

    def run(self, *, resume: bool = False, **head: Any) -> str:
        groups = list(birds.plan(3))
        return birds.compare(groups, heading(**head), self.trials, self.results, resume=resume, measure=self.measure)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_run_that_was_stopped_loses_nothing_and_goes_on(bench: Bench) -> None:
    bench.stop_after = len(WAYS) + 1
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    assert "## Accuracy by epoch" in bench.results.read_text(encoding="utf-8"), "the first pair is told"
    bench.stop_after = 1_000
    text = bench.run(resume=True)
    assert bench.made == [m for group in birds.plan(3) for m in group], "each trial once, in its order"
    assert bench.results.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"pictures": DRAWN}, "set of pictures"), ({"epochs": 30}, "number of epochs"), ({"code": "0"}, "code")],
)
def test_trials_made_with_something_else_are_not_mixed_in(bench: Bench, changed: dict[str, Any], named: str) -> None:
    bench.run()
    before = bench.trials.read_bytes()
    with pytest.raises(BenchError, match=f"another {named}.*without --resume"):
        bench.run(resume=True, **changed)
    assert bench.trials.read_bytes() == before


# --- the report -----------------------------------------------------------------------------------------------------


def rows(text: str, section: str) -> list[list[str]]:
    """The cells of a section's table."""
    (part,) = [part for part in text.split("\n## ") if part.startswith(section)]
    lines = [line for line in part.split("\n") if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]


def whole_run() -> list[dict[str, Any]]:
    return [made(way, pair) for pair in (1, 2, 3) for way in ("lecture", "tuned")]


def test_the_ways_are_told_with_size_time_and_accuracy() -> None:
    trials = whole_run()
    trials[0]["accuracies"] = [0.9, *trials[0]["accuracies"][1:]]
    trials[0]["accuracies"][-1] = 0.89
    header, lecture, tuned = rows(birds_report.report(heading(), trials), "The ways")[:3]
    told = dict(zip(header[1:], lecture[1:], strict=True))
    assert lecture[0] == "the lecture's loop: batches of 64, SGD with a learning rate of 0.01"
    assert (told["weights"], told["runs"], told["epochs"]) == ("18,090", "3", "100")
    assert told["s an epoch"] == "2.00 (2.00–2.00)"
    assert told["s in all"] == "220 (220–220)"
    assert told["best accuracy"] == "0.9000 (0.9000–0.9000)"
    assert told["last accuracy"] == "0.9000 (0.8900–0.9000)"
    assert told["on what was learned"] == "0.9500 (0.9500–0.9500)"
    assert tuned[0].startswith("the same network, tuned: batches of")


def test_a_recipe_is_told_with_all_that_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    rich = Recipe(
        batch_size=96,
        learning_rate=0.02,
        one_cycle=True,
        weight_decay=0.05,
        label_smoothing=0.1,
        mirror=True,
        shift=3,
        erase=8,
    )
    monkeypatch.setitem(WAYS, "rich", Way(TanhNet, rich, "rich"))
    assert birds_report.settings("rich") == (
        "rich: batches of 96, AdamW with a learning rate up to 0.02 in one cycle, weight decay 0.05, labels smoothed "
        "by 0.1, half of the images mirrored, moved by up to 3 pixels, 8×8 pixels erased"
    )
    monkeypatch.setitem(WAYS, "rich", Way(TanhNet, Recipe(learning_rate=0.001), "plain"))
    assert birds_report.settings("rich") == "plain: batches of 128, AdamW with a learning rate of 0.001"


def test_no_setting_of_a_recipe_that_changes_what_is_learned_is_kept_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(recipe: Recipe) -> str:
        monkeypatch.setitem(WAYS, "some", Way(TanhNet, recipe, "some"))
        return birds_report.settings("some")

    elsewhere = ("epochs", "fused", "channels_last", "low_precision")  # a column; the same but for rounding
    for field in fields(Recipe):
        if field.name not in elsewhere:
            value = not field.default if isinstance(field.default, bool) else field.default + 1
            assert told(replace(Recipe(), **{field.name: value})) != told(Recipe()), field.name


def test_ways_are_compared_within_pairs() -> None:
    trials = [*whole_run()[:-2], made("tuned", 3, process_seconds=1.0)]  # no lecture's loop in the third pair
    trials[1] |= {"process_seconds": 11.0, "accuracies": [0.8] * 19 + [0.93]}
    text = birds_report.report(heading(), trials)
    assert "“the same network, tuned” ends 1.5 percentage points higher (from +0.0 to +3.0 over 2 pairs)" in text
    assert "An epoch goes 2.00× (2.00×–2.00×) as fast, and the whole process 15.0× (10.0×–20.0×)." in text
    assert "Not all ways were run equally often" in text
    assert "Not all ways were run equally often" not in birds_report.report(heading(), whole_run())
    for trial in trials[1::2]:
        trial["accuracies"][-1] = 0.87
    assert "ends 3.0 percentage points lower (from −3.0 to −3.0 over 2 pairs)" in birds_report.report(heading(), trials)


def test_accuracies_by_epoch_end_where_a_way_does() -> None:
    table = rows(birds_report.report(heading(), whole_run()), "Accuracy by epoch")
    assert [row[0] for row in table[1:]] == ["1", "2", "3", "5", "10", "20", "30", "50", "75", "100"]
    found = {row[0]: row[1:] for row in table[1:]}
    assert found["1"] == ["0.7020 (0.7020–0.7020)", "0.7100 (0.7100–0.7100)"]
    assert found["20"] == ["0.7400 (0.7400–0.7400)", "0.9000 (0.9000–0.9000)"]
    assert found["30"] == ["0.7600 (0.7600–0.7600)", "–"]
    table = rows(birds_report.report(heading(), [made("tuned", 1)]), "Accuracy by epoch")
    assert table[-1][0] == "20", "nothing is told of epochs that no way had"


def test_the_first_epoch_at_the_target_is_told_with_its_seconds() -> None:
    trials = whole_run()
    trials[1] |= {"accuracies": [0.86, 0.87, 0.85], "seconds": [1.5, 3.0, 4.5]}
    trials[0] |= {"accuracies": [0.8] * 100}
    _, lecture, tuned = rows(birds_report.report(heading(), trials), "How soon 0.87")
    assert lecture == ["the lecture's loop", "2 of 3", "85 (85–85)", "170 (170–170)"]
    assert tuned == ["the same network, tuned", "3 of 3", "17 (2–17)", "17.0 (3.00–17.0)"]


def test_the_pictures_are_named_and_drawn_ones_admitted() -> None:
    assert "10,000 real photographs from a folder of images by class" in birds_report.report(heading(), [])
    for source in ("local", "download"):
        text = birds_report.report(heading(pictures=REAL | {"source": source}), [])
        assert "10,000 real photographs of CIFAR-10 were learned, and 2,000 held out." in text
        assert "mean little" not in text
    text = birds_report.report(heading(pictures=DRAWN), [])
    assert "1,600 pictures drawn by code" in text
    assert "mean little" in text
    assert "real" not in text


def test_fewer_epochs_than_the_lectures_are_admitted() -> None:
    assert "here it was asked for 30" in birds_report.report(heading(epochs=30), whole_run())
    assert "here it was asked for" not in birds_report.report(heading(), whole_run())


def test_a_busy_machine_and_a_trial_run_are_admitted() -> None:
    quiet, busy = ({"date": "2026-01-01", "load average at the start": load} for load in ("0.05", "3.00"))
    kind = {**compare.machine.described(), "cores": "2"}
    assert "busy with other work" not in birds_report.report(heading(now=quiet, machine=kind), [])
    assert "busy with other work" in birds_report.report(heading(now=busy, machine=kind), [])
    assert "mean nothing" in birds_report.report(heading(quick=True), [])
    assert "mean nothing" not in birds_report.report(heading(), [])


def test_what_is_not_measured_yet_is_left_out() -> None:
    assert "##" not in birds_report.report(heading(), [])
    one_way = birds_report.report(heading(), [made("tuned", 1)])
    assert "Against the lecture's loop" not in one_way
    apart = birds_report.report(heading(), [made("lecture", 1), made("tuned", 2)])
    assert "no pair in common yet" in apart


def test_the_report_says_with_what_and_names_nobodys_machine() -> None:
    text = birds_report.report(heading(), whole_run())
    for known in (platform.python_version(), torch.__version__.split("+")[0], "`make bench`"):
        assert known in text
    assert str(Path.home()) not in text
    assert re.search(r"(?<![\w.])/(?:home|Users|root|tmp|work)/", text) is None
    assert platform.node() not in re.findall(r"[\w.-]+", text)
