"""The experiments: what they bring back of subjects that we know, and that no subject can stop or mislead them."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import Dataset

from autograder.checks.experiments import EXPERIMENTS, Observation, perform
from autograder.checks.experiments.networks import shaken
from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.experiments.steps import LOSSES, known_network
from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.student import Namespace
from autograder.checks.verdict import Finding

torch.set_num_threads(1)  # on arrays this small, threads only wait for one another


@pytest.fixture
def ours():
    """Experiments made in a test are forgotten after it."""
    before = dict(EXPERIMENTS)
    yield
    EXPERIMENTS.clear()
    EXPERIMENTS.update(before)


# --- how one is performed ---------------------------------------------------------------------------------------


def test_plain_data_goes_in_and_comes_back(ours):
    @experiment
    def doubling(function, *, x, times):
        return {"y": function(x), "kind": type(x).__name__, "times": times, "odd": object()}

    seen = perform("doubling", [lambda x: 2 * x], {"x": np.array([1.0, 2.0]), "times": 3})
    assert seen.problem is None
    assert seen.values["y"].tolist() == [2, 4]
    assert (seen.values["kind"], seen.values["times"]) == ("Tensor", 3)
    assert seen.problems["odd"].id == "not-numbers"
    assert seen.reply("odd").problem == seen.problems["odd"]
    assert seen.reply("y").value.tolist() == [2, 4]
    with pytest.raises(KeyError):
        seen.reply("never measured")


def test_arguments_are_copies(ours):
    @experiment
    def spoiling(function, *, x):
        x.zero_()
        return {}

    x = np.ones(3)
    perform("spoiling", [len], {"x": x})
    assert x.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("error", "name", "says"),
    [
        (ValueError("bad"), "ValueError", "It stopped with ValueError in line %, `raise error`: bad"),
        (SystemExit("out"), "SystemExit", "It stopped with SystemExit in line %, `raise error`: out"),
        (RecursionError(), "RecursionError", "It stopped with RecursionError in line %, `raise error`."),
        (NotImplementedError("no such operator"), "NotImplementedError", "no such operator"),
    ],
)
def test_what_the_students_code_raises_is_told(ours, error, name, says):
    def failing():
        raise error

    @experiment
    def calling(function):
        return {"y": function()}

    seen = perform("calling", [failing], {})
    assert (seen.problem.id, seen.error, dict(seen.values)) == ("raised", name, {})
    assert says.replace("%", str(failing.__code__.co_firstlineno + 1)) in seen.problem.text
    assert seen.reply("y").problem == seen.problem


def test_the_line_that_raised_is_shown():
    class Broken(Dataset):
        def __init__(self, images, labels):
            self.x = images

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            return self.x[i], self.labels[i]

    seen = perform("batches", [Broken], DATA)
    assert "`return self.x[i], self.labels[i]`" in seen.problem.text


@pytest.mark.parametrize("subject", [None, ...])
def test_a_name_without_a_value_is_not_attempted(subject):
    assert perform("network", [subject], {"arguments": (), "x": np.zeros((1, 1))}) == Observation(problem=NOT_ATTEMPTED)


def test_a_stub_is_not_attempted_and_an_interrupt_goes_through(ours):
    def stub(*arguments):
        raise NotImplementedError

    def stopped(*arguments):
        raise KeyboardInterrupt

    assert perform("network", [stub], {"arguments": (), "x": np.zeros((1, 1))}).problem == NOT_ATTEMPTED
    with pytest.raises(KeyboardInterrupt):
        perform("network", [stopped], {"arguments": (), "x": np.zeros((1, 1))})


def test_an_unexpected_result_is_told_by_its_finding(ours):
    why = Finding("odd", "Odd.")

    @experiment
    def picky(function):
        raise UnexpectedResultError(why)

    assert perform("picky", [len], {}) == Observation(problem=why)


def test_random_numbers_are_the_same_each_time_and_leave_no_trace(ours):
    @experiment
    def drawing(function):
        return {"drawn": function(4)}

    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = (perform("drawing", [torch.rand], {}).values["drawn"] for _ in range(2))
    assert first.tolist() == second.tolist()
    assert len(set(first.tolist())) == 4
    assert torch.equal(torch.get_rng_state(), before)


def test_gradients_are_on_inside_whatever_the_notebook_has_set(ours):
    @experiment
    def asking(function):
        enabled = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        return {"enabled": enabled}

    with torch.no_grad():
        assert perform("asking", [len], {}).values["enabled"] == 1
        assert not torch.is_grad_enabled()
    assert perform("asking", [len], {}).values["enabled"] == 1
    assert torch.is_grad_enabled()


def test_nothing_that_is_said_gets_out(ours, capfd):
    @experiment
    def talking(function):
        return {"y": function("hello")}

    seen = perform("talking", [print], {})
    assert seen.problems["y"] == NOT_ATTEMPTED
    assert tuple(capfd.readouterr()) == ("", "")


def test_two_experiments_of_one_name_are_refused(ours):
    def batches(make):
        return {}

    with pytest.raises(ValueError, match="two experiments called 'batches'"):
        experiment(batches)


def test_an_experiment_that_does_not_exist_is_no_students_fault():
    with pytest.raises(KeyError):
        perform("levitation", [len], {})


def test_a_namespace_names_what_is_missing():
    seen = Namespace({"there": len}).observe("batches", ["there", "missing"], {})
    assert seen.problem.id == "not-defined"
    assert "`missing`" in seen.problem.text


# --- datasets ---------------------------------------------------------------------------------------------------


IMAGES = np.arange(5 * 4).reshape(5, 2, 2).astype(np.uint8)
LABELS = np.array([3, 1, 4, 1, 5], dtype=np.uint8)
DATA = {"images": IMAGES, "labels": LABELS, "batch_size": 2}


class Pairs(Dataset):
    def __init__(self, images, labels):
        self.x, self.y = images.flatten(1).double(), labels.int()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def test_a_dataset_is_read_in_order_with_its_short_last_batch():
    seen = perform("batches", [Pairs], DATA)
    assert seen.problem is None
    assert seen.values["length"] == 5
    np.testing.assert_array_equal(seen.values["x"], IMAGES.reshape(5, 4))
    np.testing.assert_array_equal(seen.values["y"], LABELS)
    assert (seen.values["x_dtype"], seen.values["y_dtype"]) == ("float64", "int32")
    assert (seen.values["is_dataset"], seen.values["kept"]) == (1, 1)


def without(*names):
    return type("Without", (), {name: value for name, value in vars(Pairs).items() if name not in names})


def with_items(item):
    return type("Odd", (Pairs,), {"__getitem__": lambda self, i: item(self.x[i], self.y[i], i)})


@pytest.mark.parametrize(
    ("make", "finding"),
    [
        (without("__len__"), "no-length"),
        (type("Odd", (Pairs,), {"__len__": lambda self: "five"}), "no-length"),
        (with_items(lambda x, y, i: x), "not-a-pair"),
        (with_items(lambda x, y, i: (x, y, i)), "not-a-pair"),
        (with_items(lambda x, y, i: {"x": x, "y": y}), "not-a-pair"),
        (with_items(lambda x, y, i: (x.tolist(), y)), "no-batch"),
        (with_items(lambda x, y, i: (x[: i + 1], y)), "no-batch"),
        (with_items(lambda x, y, i: (x, None)), "no-batch"),
        (without("__getitem__"), "raised"),
        (lambda images: None, "raised"),
    ],
)
def test_a_dataset_that_cannot_be_read_says_why(make, finding):
    assert perform("batches", [make], DATA).problem.id == finding


def test_a_dataset_that_is_no_dataset_or_spoils_its_arguments_is_still_read():
    class Spoiling(Pairs):
        def __init__(self, images, labels):
            super().__init__(images, labels)
            labels += 1

    assert perform("batches", [without()], DATA).values["is_dataset"] == 0
    assert perform("batches", [Spoiling], DATA).values["kept"] == 0


def test_a_length_that_is_too_large_is_told_and_not_followed():
    class Endless(Pairs):
        def __len__(self):
            return 10**12

    seen = perform("batches", [Endless], DATA)
    assert seen.values["length"] == 10**12
    assert len(seen.values["x"]) == 5


# --- networks ---------------------------------------------------------------------------------------------------


def test_a_network_is_seen_in_the_order_of_its_work():
    class Net(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.last, self.first, self.idle = nn.Linear(4, 2, bias=False), nn.Linear(n, 4), nn.Dropout(0.25)

        def forward(self, x):
            return self.last(self.first(x).relu())

    x = np.ones((2, 3), dtype=np.float32)
    seen = perform("network", [Net], {"arguments": (3,), "x": x})
    values = seen.values
    layers = [json.loads(values[f"layer {i}"]) for i in range(int(values["layers"]))]
    assert [(layer["kind"], layer["in_features"], layer["bias"]) for layer in layers] == [
        ("Linear", 3, True),
        ("Linear", 4, False),
    ]
    assert (values["kind"], values["fresh"], values["training"], values["parameters"]) == ("Net", 1, 1, 3)
    last, first, bias = (values[f"parameter {i}"] for i in range(3))
    np.testing.assert_allclose(values["y"], np.maximum(x @ first.T + bias, 0) @ last.T, rtol=1e-5)


def test_networks_that_share_weights_or_cannot_answer_are_told():
    one = nn.Sequential(nn.Linear(3, 2)).eval()
    seen = perform("network", [lambda: one], {"arguments": (), "x": np.ones((1, 4), dtype=np.float32)})
    assert (seen.values["fresh"], seen.values["training"], seen.values["layers"]) == (0, 0, 1)
    assert seen.values["failed"].startswith("RuntimeError")
    assert "y" not in seen.values
    assert perform("network", [lambda: None], {"arguments": (), "x": np.ones(1)}).problem.id == "not-a-network"


def test_shaking_leaves_no_zeros_and_ones_and_follows_its_seed():
    models = [shaken(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), seed) for seed in (1, 1, 2)]
    numbers = [
        torch.cat([v.flatten().float() for k, v in m.state_dict().items() if "tracked" not in k]) for m in models
    ]
    assert torch.equal(numbers[0], numbers[1])
    assert not torch.equal(numbers[0], numbers[2])
    assert not set(numbers[0].tolist()) & {0.0, 1.0}


# --- one step of training ---------------------------------------------------------------------------------------


def training(**changes):
    random = np.random.default_rng(8)
    return {
        "kind": "plain",
        "sizes": (3, 4, 2),
        "seed": 11,
        "x": random.normal(size=(1, 6, 3)).astype(np.float32),
        "y": np.array([[0, 1, 1, 0, 1, 0]]),
        "loss": "cross-entropy",
        "optimiser": "SGD",
        "training": False,
        "leftover": None,
    } | changes


def usual(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss


def no_clearing(x, y, model, opt, loss_fn):
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()


def row(tensors):
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).numpy()


def test_one_step_of_gradient_descent_is_what_it_should_be():
    task = training()
    seen = perform("training_steps", [usual], task)
    model = known_network("plain", (3, 4, 2), 11)
    parameters = list(model.parameters())
    loss = F.cross_entropy(model(torch.tensor(task["x"][0])), torch.tensor(task["y"][0]))
    stepped = [p - 0.5 * g for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=True)]
    np.testing.assert_allclose(seen.values["weights"], row(stepped), atol=1e-6)
    assert np.abs(seen.values["weights"] - row(parameters)).max() > 0.01
    assert seen.values["loss"] == pytest.approx(loss.item())
    assert (seen.values["graph"], seen.values["kept"]) == (1, 1)
    assert seen.values["events"] == "zero forward backward step"
    assert seen.values["statistics"].size == 0


def test_gradients_left_over_are_in_unless_cleared():
    assert perform("training_steps", [no_clearing], training()).values["graph"] == 0
    same = [perform("training_steps", [f], training()).values["weights"] for f in (usual, no_clearing)]
    np.testing.assert_array_equal(*same)
    clean, dirty = (
        perform("training_steps", [f], training(leftover=0.5)).values["weights"] for f in (usual, no_clearing)
    )
    np.testing.assert_array_equal(clean, same[0])
    np.testing.assert_allclose(clean - dirty, 0.5 * 0.5, atol=1e-6)


@pytest.mark.parametrize(("leftover", "alike"), [(None, True), (0.0, False)])
def test_between_batches_gradients_are_cleared_or_stay(leftover, alike):
    task = training(x=np.repeat(training()["x"], 2, axis=0), y=np.repeat(training()["y"], 2, axis=0), leftover=leftover)
    weights = [perform("training_steps", [f], task).values["weights"] for f in (usual, no_clearing)]
    assert np.allclose(*weights, atol=1e-5) == alike


def test_the_mode_shows_where_there_is_batch_normalisation():
    for kind, shows in (("plain", False), ("normalised", True)):
        seen = [perform("training_steps", [f], training(kind=kind)) for f in (usual, no_clearing)]
        assert np.allclose(*(s.values["weights"] for s in seen), atol=1e-5) != shows
        if shows:
            assert not np.array_equal(*(s.values["statistics"] for s in seen))
    seen = [perform("training_steps", [f], training(kind="normalised", training=True)) for f in (usual, no_clearing)]
    np.testing.assert_array_equal(*(s.values["weights"] for s in seen))


@pytest.mark.parametrize("optimiser", ["SGD", "momentum", "Adam"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_optimiser_with_every_loss_moves_the_weights(optimiser, loss):
    seen = perform("training_steps", [usual], training(optimiser=optimiser, loss=loss))
    start = perform("training_steps", [lambda *_: 0], training()).values["weights"]
    assert seen.problem is None
    assert np.abs(seen.values["weights"] - start).max() > 0.01


def test_what_comes_back_may_be_nothing():
    seen = perform("training_steps", [lambda *_: None], training())
    assert "loss" not in seen.values
    assert (seen.problem, seen.values["events"]) == (None, "")


def test_a_batch_that_is_changed_is_noticed():
    assert perform("training_steps", [lambda x, *_: x.zero_()], training()).values["kept"] == 0


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        (lambda scores, y: (scores, y.float()), "labels-float"),
        (lambda scores, y: (scores, F.one_hot(y)), "one-hot"),
        (lambda scores, y: (scores.argmax(1), y), "argmax-first"),
        (lambda scores, y: (y, scores), "arguments-swapped"),
    ],
)
@pytest.mark.parametrize("loss", LOSSES)
def test_what_the_loss_cannot_use_is_told(given, finding, loss):
    def calling(x, y, model, opt, loss_fn):
        loss_fn(*given(model(x), y))

    assert perform("training_steps", [calling], training(loss=loss)).problem.id == finding


def test_losses_are_the_mean_over_the_batch():
    scores, y = torch.tensor([[2.0, 0.0], [1.0, 3.0], [0.0, 0.0]]), torch.tensor([0, 0, 1])
    squares = [(1 + 0) / 2, (0 + 9) / 2, (0 + 1) / 2]
    assert LOSSES["squares"]()(scores, y).item() == pytest.approx(np.mean(squares))
    logs = [np.log1p(np.exp(-2)), np.log1p(np.exp(2)), np.log(2)]
    assert LOSSES["cross-entropy"]()(scores, y).item() == pytest.approx(np.mean(logs), rel=1e-6)


# --- asking a network -------------------------------------------------------------------------------------------


SCORES = np.array([[2, 0, 1], [0, 1, 2], [1, 2, 0], [2, 1, 0], [0, 2, 1]], dtype=np.float32)
ANSWERS = np.array([0, 2, 0, 0, 0])
COPYING = {"kind": "copy", "sizes": (3, 3, 3), "seed": 0, "x": SCORES, "y": ANSWERS}


def measured(x, y, model):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean()


def test_a_network_that_copies_answers_with_its_input():
    model = known_network("copy", (3, 3, 3), 5)
    assert torch.equal(model(torch.tensor(SCORES)), torch.tensor(SCORES))


def test_a_measurement_as_it_should_be_leaves_no_trace():
    seen = perform("asking_a_batch", [measured], COPYING | {"training": True}).values
    assert seen["share"] == pytest.approx(3 / 5)
    assert {key for key, value in seen.items() if key not in ("share", "weights") and value == 1} == {
        "asked",
        "weights_kept",
        "statistics_kept",
        "gradients_kept",
    }


def in_training(x, y, model):
    model.train()
    with torch.no_grad():
        model(x)


def recording(x, y, model):
    model.eval()
    model(x)


def off_for_good(x, y, model):
    model.eval()
    torch.set_grad_enabled(False)
    model(x)


def frozen(x, y, model):
    model.eval()
    model.requires_grad_(False)
    with torch.no_grad():
        model(x)


def cleared(x, y, model):
    model.eval()
    model.zero_grad()
    with torch.no_grad():
        model(x)


def moved(x, y, model):
    model.eval()
    with torch.no_grad():
        model(x)
        next(model.parameters()).add_(1)


@pytest.mark.parametrize(
    ("accuracy", "changed"),
    [
        (in_training, {"in_training", "left_training", "statistics_kept"}),
        (recording, {"recorded"}),
        (off_for_good, {"left_off"}),
        (frozen, {"frozen"}),
        (cleared, {"gradients_kept"}),
        (moved, {"weights_kept"}),
        (lambda x, y, model: model.eval() and None, {"asked"}),
    ],
)
def test_each_way_to_measure_badly_shows_by_itself(accuracy, changed):
    task = COPYING | {"kind": "normalised", "training": True}
    good, bad = (perform("asking_a_batch", [f], task).values for f in (measured, accuracy))
    assert "share" not in bad
    assert {key for key in bad if not np.array_equal(bad[key], good[key])} == changed
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("as_list", [False, True])
def test_a_loader_gives_all_items_in_order_and_a_short_last_batch(as_list):
    batches = []

    def counting(loader, model):
        batches.extend((type(loader), x, y) for x, y in loader)
        return sum(measured(x, y, model) * len(y) for _, x, y in batches) / 5

    task = COPYING | {"training": False, "batch_size": 2, "as_list": as_list}
    seen = perform("asking_a_loader", [counting], task).values
    assert seen["share"] == pytest.approx(3 / 5)
    assert seen["asked"] == 3
    assert [len(y) for _, _, y in batches] == [2, 2, 1]
    np.testing.assert_array_equal(torch.cat([x for _, x, _ in batches]), SCORES)
    assert (batches[0][0] is list) == as_list
