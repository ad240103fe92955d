"""What the experiments of notebook 05 bring back, for code whose effect is known."""

import contextlib
import os

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.checks.birds_networks import answers
from autograder.checks.experiments import perform
from autograder.checks.experiments.state_dicts import NET, net_weights
from autograder.checks.plain import NOT_ATTEMPTED
from convcourse.networks import TanhNet
from convcourse.standins import STAND_INS, FunctionalNet

torch.set_num_threads(1)  # on arrays this small, threads only wait for one another


def stub(*arguments):
    raise NotImplementedError


# --- pairs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (torch.tensor([1, 0]), "whole"),
        (torch.tensor([1, 0], dtype=torch.uint8), "whole"),
        (torch.tensor([True, False]), "true or false"),
        (torch.tensor([1.0, 0.0]), "decimal"),
        ([1, 0], "whole"),
        (np.array([True, False]), "true or false"),
        ((1.0, 0.0), "decimal"),
    ],
)
def test_a_pair_is_brought_back_with_the_kind_of_its_second(second, kind):
    seen = perform("pair", [lambda a, b: (a[:2], second)], {"first": np.arange(3.0), "second": np.arange(2)})
    assert seen.values["kind"] == kind
    np.testing.assert_array_equal(seen.values["first"], [0, 1])
    np.testing.assert_array_equal(seen.values["second"], [1, 0])
    assert seen.values["kept"] == 1


def test_arguments_that_were_changed_are_told():
    seen = perform("pair", [lambda a, b: (a.add_(1), b)], {"first": np.arange(3.0), "second": np.arange(2)})
    assert seen.values["kept"] == 0


@pytest.mark.parametrize(
    ("returned", "finding"),
    [(None, "returned-nothing"), (7, "not-two"), (torch.zeros(2), "not-two"), ((1, 2, 3), "not-two")],
)
def test_what_is_no_pair_is_explained(returned, finding):
    arguments = {"first": np.arange(3.0), "second": np.arange(2)}
    assert perform("pair", [lambda a, b: returned], arguments).problem.id == finding


# --- kernels ----------------------------------------------------------------------------------------------------


@pytest.fixture
def layer():
    random = np.random.default_rng(1)
    return {
        "weight": random.normal(size=(1, 3, 3, 3)).astype(np.float32),
        "bias": np.array([0.5], dtype=np.float32),
        "padding": 1,
        "x": random.normal(size=(2, 3, 4, 5)).astype(np.float32),
    }


def test_a_layer_that_is_left_alone_answers_with_the_weights_handed_in(layer):
    seen = perform("setting_a_kernel", [lambda conv: None], layer)
    arguments = (torch.tensor(layer[key]) for key in ("x", "weight", "bias"))
    np.testing.assert_allclose(seen.values["y"], F.conv2d(*arguments, padding=1).numpy(), atol=1e-5)
    assert (seen.values["returned"], seen.values["parameter"], seen.values["learning"]) == ("nothing", 1, 1)


def test_what_was_written_into_a_layer_shows_in_its_answers(layer):
    def ones(conv):
        nn.init.ones_(conv.weight)
        conv.bias = None
        return conv

    seen = perform("setting_a_kernel", [ones], layer | {"padding": 0})
    sums = torch.tensor(layer["x"]).unfold(2, 3, 1).unfold(3, 3, 1).sum(dim=(1, 4, 5))
    np.testing.assert_allclose(seen.values["y"][:, 0], sums.numpy(), atol=1e-4)
    assert seen.values["returned"] == "the layer"


def frozen(conv):
    conv.weight.requires_grad_(False)


def plain_tensor(conv):
    del conv.weight
    conv.weight = torch.zeros(1, 3, 3, 3)


@pytest.mark.parametrize(("change", "parameter", "learning"), [(frozen, 1, 0), (plain_tensor, 0, 1)])
def test_weights_that_will_not_learn_are_told(layer, change, parameter, learning):
    seen = perform("setting_a_kernel", [change], layer)
    assert (seen.values["parameter"], seen.values["learning"]) == (parameter, learning)


def assigning(conv):
    conv.weight = torch.zeros(1, 3, 3, 3)


def recording(conv):
    conv.weight[:] = 1


@pytest.mark.parametrize(("change", "finding"), [(assigning, "not-a-parameter"), (recording, "recorded")])
def test_the_two_errors_of_setting_weights_are_explained(layer, change, finding):
    assert perform("setting_a_kernel", [change], layer).problem.id == finding


def test_a_layer_that_cannot_work_any_more_says_why(layer):
    def small(conv):
        conv.weight.data = torch.zeros(3, 3)

    seen = perform("setting_a_kernel", [small], layer)
    assert "y" not in seen.values
    assert seen.values["failed"].startswith("RuntimeError")


# --- loops ------------------------------------------------------------------------------------------------------


@pytest.fixture
def task():
    random = np.random.default_rng(4)
    return {
        "x": random.normal(size=(7, 1, 2, 2)).astype(np.float32),
        "y": np.array([0, 1, 2, 0, 1, 2, 0]),
        "first": random.normal(size=(5, 4)).astype(np.float32),
        "second": random.normal(size=(3, 5)).astype(np.float32),
        "batch_size": 4,
    }


def test_several_epochs_are_one_after_the_other(task):
    arguments = task | {"rate": 0.5}
    seen = perform("several_epochs", [STAND_INS["training_loop"]], arguments | {"n_epochs": 3})
    losses = []

    def epochs(model, loader, opt, loss_fn, device):
        losses.extend(STAND_INS["train_epoch"](model, loader, opt, loss_fn, device) for _ in range(3))
        return losses[-1]

    one_by_one = perform("epoch", [epochs], arguments)
    np.testing.assert_allclose(seen.values["weights"], one_by_one.values["weights"])
    np.testing.assert_allclose(seen.values["loss"], losses)
    assert (seen.values["steps"], seen.values["modes"]) == (6, "train")


def test_the_loop_is_called_with_its_arguments_in_order(task):
    found = []

    def looking(n_epochs, optimizer, model, loss_fn, train_loader, device):
        found.append((n_epochs, type(optimizer).__name__, model.training, [len(y) for _, y in train_loader], device))
        return [0.0]

    perform("several_epochs", [looking], task | {"rate": 0.5, "n_epochs": 2})
    assert found == [(2, "SGD", False, [4, 3], torch.device("cpu"))]


@pytest.mark.parametrize("experiment", ["several_epochs", "devices_of_several_epochs"])
def test_loops_that_bring_nothing_back_are_explained(task, experiment):
    arguments = task | {"rate": 0.5, "n_epochs": 2}
    assert perform(experiment, [lambda *_: None], arguments).problem.id == "returned-nothing"
    assert perform(experiment, [stub], arguments).problem == NOT_ATTEMPTED


@pytest.fixture
def sets():
    random = np.random.default_rng(2)
    scores = [np.stack([random.permutation(3) for _ in range(n)]).astype(np.float32) for n in (7, 5)]
    return {
        "kind": "copy",
        "sizes": (3, 3, 3),
        "seed": 0,
        "training": True,
        "train_x": scores[0],
        "train_y": scores[0].argmax(axis=1),
        "val_x": scores[1],
        "val_y": (scores[1].argmax(axis=1) + np.array([0, 1, 1, 2, 1])) % 3,
        "batch_size": 4,
    }


def test_shares_and_state_of_validating_are_brought_back(sets):
    seen = perform("validating", [STAND_INS["validate"]], sets)
    assert (seen.values["came"], seen.values["keys"]) == ("a dictionary", "train val")
    assert (seen.values["train"], seen.values["val"]) == (1, 0.2)
    assert seen.values["asked"] == 4
    told = {key: seen.values[key] for key in ("in_training", "recorded", "left_off", "frozen")}
    assert told == dict.fromkeys(told, 0)
    assert all(seen.values[key] == 1 for key in ("weights_kept", "statistics_kept", "gradients_kept"))


@pytest.mark.parametrize(
    ("returned", "came", "keys"),
    [
        (None, "nothing", ""),
        ((0.5, 0.6), "something else", ""),
        ({"val": 0.5, "Train": 1, 3: 4}, "a dictionary", "Train val"),
    ],
)
def test_whatever_validating_returns_is_told(sets, returned, came, keys):
    seen = perform("validating", [lambda *_: returned], sets)
    assert (seen.values["came"], seen.values["keys"], seen.values["asked"]) == (came, keys, 0)
    assert "train" not in seen.values


def asking(move_images, move_labels, compare):
    def validate(model, train_loader, val_loader, device):
        for loader in (train_loader, val_loader):
            for x, y in loader:
                compare(model(move_images(x, device)), move_labels(y, device))
        return {}

    return validate


def goes(tensor, device):
    return tensor.to(device)


def stays(tensor, device):
    return tensor


def to_cuda(tensor, device):
    return tensor.cuda()


def equal(scores, labels):
    return int((scores.argmax(dim=1) == labels).sum())


def chosen(scores, labels):
    return len(labels[scores.max(dim=1).indices == labels])


def on_cpu(scores, labels):
    return (scores.cpu().argmax(dim=1) == labels.cpu()).float().mean().item()


@pytest.mark.parametrize(
    ("images", "labels", "compare", "expected"),
    [
        (goes, goes, equal, ("meta", "meta", "meta")),
        (goes, goes, chosen, ("meta", "meta", "meta")),
        (goes, stays, on_cpu, ("meta", "meta", "cpu meta")),
        (goes, stays, equal, ("meta", "cpu", "meta")),
        (stays, goes, equal, ("cpu", "meta", "meta")),
        (stays, stays, equal, ("cpu", "cpu", "")),
        (to_cuda, to_cuda, equal, ("cpu", "cpu", "cuda")),
    ],
)
def test_devices_tell_where_images_and_labels_are_in_validating(task, images, labels, compare, expected):
    seen = perform("devices_in_validating", [asking(images, labels, compare)], task)
    assert seen.problem is None
    assert (seen.values["images"], seen.values["labels"], seen.values["asked"]) == expected


def test_validating_that_is_not_written_or_asks_nothing_is_told(task):
    assert perform("devices_in_validating", [stub], task).problem == NOT_ATTEMPTED
    seen = perform("devices_in_validating", [lambda *_: {}], task)
    assert (seen.values["images"], seen.values["labels"]) == ("none", "none")


# --- state dicts ------------------------------------------------------------------------------------------------


def test_the_known_weights_fit_the_network_of_the_course():
    model = TanhNet()
    assert {name: tuple(weights.shape) for name, weights in model.state_dict().items()} == NET
    assert sum(parameter.numel() for parameter in model.parameters()) == 18_090
    model.load_state_dict(net_weights(3))
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        np.testing.assert_allclose(answers(x, net_weights(3)), model(x).numpy(), atol=1e-5)


@pytest.mark.parametrize("network", [TanhNet, FunctionalNet])
def test_a_network_that_takes_weights_over_answers_with_them(network):
    x = np.random.default_rng(5).normal(size=(2, 3, 32, 32)).astype(np.float32)
    seen = perform("taking_over", [network], {"seed": 11, "x": x})
    assert [seen.values[key] for key in ("missing", "unexpected", "misfits")] == ["", "", ""]
    np.testing.assert_allclose(seen.values["y"], answers(torch.tensor(x), net_weights(11)), atol=1e-5)
    assert len(seen.values["modules"].split()) == (4 if network is FunctionalNet else 9)


def test_weights_that_do_not_fit_are_named():
    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 16, kernel_size=3)
            self.conv2 = nn.Conv2d(16, 8, kernel_size=3, bias=False)
            self.fc1 = nn.Linear(288, 32)
            self.last = nn.Linear(32, 2)

        def forward(self, x):
            return self.fc1(x)

    seen = perform("taking_over", [Other], {"seed": 1, "x": np.zeros((1, 3, 32, 32), dtype=np.float32)})
    assert seen.values["modules"] == "conv1:Conv2d conv2:Conv2d fc1:Linear last:Linear"
    assert seen.values["missing"] == "conv2.bias fc2.weight fc2.bias"
    assert seen.values["unexpected"] == "last.weight last.bias"
    assert seen.values["misfits"] == "fc1.weight=32x288"
    assert seen.values["failed"].startswith("RuntimeError: mat1 and mat2")


# --- files ------------------------------------------------------------------------------------------------------


def save(model, path):
    torch.save(model.state_dict(), path)


def load(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device))
    return model.to(device)


def filing(save_weights, load_weights):
    before = os.getcwd()
    seen = perform("filing", [save_weights, load_weights], {"seed": 5})
    assert os.getcwd() == before
    return seen


def test_weights_that_are_saved_and_loaded_are_told_as_they_are():
    seen = filing(save, load)
    assert (seen.values["file"], seen.values["returned"], seen.values["moved"]) == ("state dict", "a network", 1)
    np.testing.assert_array_equal(seen.values["saved"], seen.values["numbers"])
    np.testing.assert_array_equal(seen.values["loaded"], seen.values["wanted"])
    assert not np.array_equal(seen.values["saved"], seen.values["loaded"])


@pytest.mark.parametrize(
    ("saving", "file"),
    [
        (lambda model, path: torch.save(model, path), "not plain"),
        (lambda model, path: torch.save({"net": model.state_dict(), "epoch": 3}, path), "state dict inside"),
        (lambda model, path: torch.save(list(model.parameters()), path), "other numbers"),
        (lambda model, path: torch.save(dict(model.named_parameters()), path), "other numbers"),
        (lambda model, path: save(model, "net.pt"), "elsewhere"),
        (lambda model, path: save(model, path + ".pt"), "elsewhere"),
        (lambda model, path: None, "nothing"),
    ],
)
def test_what_lies_at_the_path_is_told(saving, file):
    assert filing(saving, load).values["file"] == file


def no_map_location(model, path, device):
    model.load_state_dict(torch.load(path))
    return model.to(device)


def test_the_file_to_load_is_from_a_graphics_card_that_is_not_here():
    seen = filing(save, no_map_location)
    assert seen.values["error"] == "RuntimeError"
    assert "deserialize object on" in seen.values["stopped"]


def not_moved(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device))
    return model


def assigned(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device), assign=True)
    return model


def only_numbers_moved(model, path, device):
    state = {name: weights.to(device) for name, weights in torch.load(path, map_location="cpu").items()}
    model.load_state_dict(state)
    return model


@pytest.mark.parametrize(("loading", "moved"), [(load, 1), (assigned, 1), (not_moved, 0), (only_numbers_moved, 0)])
def test_whether_the_network_is_moved_is_told(loading, moved):
    seen = filing(save, loading)
    assert seen.values["moved"] == moved
    np.testing.assert_array_equal(seen.values["loaded"], seen.values["wanted"])


@pytest.mark.parametrize(
    ("returned", "name"),
    [
        (lambda model: None, "nothing"),
        (lambda model: model.load_state_dict(model.state_dict()), "names"),
        (lambda model: model.state_dict(), "a state dict"),
        (lambda model: 7, "other"),
        (lambda model: model, "a network"),
    ],
)
def test_what_loading_returns_is_told(returned, name):
    assert filing(save, lambda model, path, device: returned(model)).values["returned"] == name


@pytest.mark.parametrize(("saving", "loading"), [(stub, load), (save, stub)])
def test_functions_that_are_not_written_are_not_attempted(saving, loading):
    assert filing(saving, loading).problem == NOT_ATTEMPTED


def test_files_written_elsewhere_are_gone_afterwards(tmp_path):
    with contextlib.chdir(tmp_path):
        filing(lambda model, path: save(model, "net.pt"), load)
    assert list(tmp_path.iterdir()) == []
