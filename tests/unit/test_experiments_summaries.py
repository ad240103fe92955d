"""What the experiments of notebook 06 bring back: summaries, costs, the entries of a dictionary; and activations."""

import re

import pytest
import torch
import torch.nn.functional as F
import torchsummary
from torch import nn

from autograder.checks.experiments import perform
from autograder.checks.experiments.budgets import costs, used_numbers
from autograder.checks.experiments.summaries import KNOWN, known, modules_in_order
from autograder.checks.lenet5 import ENTRIES, entry_name
from convcourse.networks import activations, compact_cnn, lecture_cnn, multiply_adds

torch.set_num_threads(1)
IMAGE = (3, 32, 32)


def small() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 8, 3, padding=1, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10)),
    )


class Functional(nn.Module):
    """The same work as `small`, without layers."""

    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterList(torch.randn(shape) for shape in ((8, 3, 5, 5), (8, 4, 3, 3), (10, 512)))

    def forward(self, x):
        first, second, last = self.weights
        x = F.max_pool2d(F.relu(F.conv2d(x, first, stride=2, padding=2)), 2)
        x = F.relu(F.conv2d(x, weight=second, padding=1, groups=2))
        return x.flatten(1) @ last.T


# --- activations ------------------------------------------------------------------------------------------------


def test_activations_are_what_all_layers_hand_on():
    model = nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 14 * 14, 10))
    assert activations(model, IMAGE) == 2 * 8 * 28 * 28 + 2 * 8 * 14 * 14 + 10


def test_activations_count_a_layer_as_often_as_it_works_and_no_container():
    relu = nn.ReLU()
    model = nn.Sequential(nn.Sequential(nn.Linear(6, 5), relu), nn.Linear(5, 4), relu)
    assert activations(model, (6,)) == 5 + 5 + 4 + 4


def test_activations_leave_the_network_as_it_was():
    model = compact_cnn().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert activations(model, (1, 28, 28)) > 0
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


# --- summaries --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KNOWN)
def test_modules_stand_in_the_order_in_which_they_are_done(kind):
    model, shape = known(kind, 4)
    worked = modules_in_order(model, shape)
    assert worked[-1][0] is model
    assert len(worked) == len(list(model.modules()))
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("kind", KNOWN)
def test_torchsummary_lists_the_same_layers(kind, capsys):
    model, shape = known(kind, 5)
    torchsummary.summary(model, shape, device="cpu")
    printed = re.findall(r"(\w+)-\d+ +\[-1, ([\d, ]+)\] +([\d,]+)\n", capsys.readouterr().out)
    rows = [(name, tuple(map(int, sizes.split(", "))), int(n.replace(",", ""))) for name, sizes, n in printed]
    leaves = [entry for entry in modules_in_order(model, shape) if not list(entry[0].children())]
    assert rows == [(type(m).__name__, sizes, sum(p.numel() for p in m.parameters())) for m, sizes in leaves]
    assert len(rows) >= 3


def test_a_summary_is_brought_back_row_by_row():
    rows = [("Linear", (4,), 28), ("Tanh", [4], torch.tensor(0)), (nn.Linear, torch.Size([2]), 8.0)]
    observed = perform("own_summary", [lambda model, shape: rows], {"kind": "vectors", "filters": 4})
    assert observed.problem is None
    assert (observed.values["rows"], observed.values["hooks"]) == (3, 0)
    assert [observed.values[f"name {i}"] for i in range(3)] == ["Linear", "Tanh", "Linear"]
    assert [observed.values[f"shape {i}"].tolist() for i in range(3)] == [[4], [4], [2]]
    assert [float(observed.values[f"count {i}"]) for i in range(3)] == [28, 0, 8]


def test_hooks_that_are_left_are_counted():
    def leaving(model, shape):
        model[0].register_forward_hook(print)
        return []

    assert perform("own_summary", [leaving], {"kind": "vectors", "filters": 4}).values["hooks"] == 1


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (None, "returned-nothing"),
        (..., "not-attempted"),
        ({}, "not-a-list"),
        ("Linear", "not-a-list"),
        ([()] * 101, "too-many"),
        (["abc"], "not-three"),
        ([("Linear", (4,))], "not-three"),
        ([(nn.ReLU(), (4,), 0)], "no-name"),
    ],
)
def test_what_is_no_summary_is_told(answer, finding):
    observed = perform("own_summary", [lambda model, shape: answer], {"kind": "vectors", "filters": 4})
    assert observed.problem.id == finding


# --- budgets ----------------------------------------------------------------------------------------------------


def test_work_is_counted_as_the_course_counts_it():
    for model, shape in ((small(), IMAGE), (lecture_cnn(), (1, 28, 28)), (compact_cnn(), (1, 28, 28))):
        model.eval()
        assert costs(model, torch.zeros(1, *shape))["work"] == multiply_adds(model, shape)


def test_work_and_convolutions_do_not_hide_in_functions():
    layers, functions = (costs(model.eval(), torch.zeros(1, *IMAGE)) for model in (small(), Functional()))
    assert functions == layers
    assert functions["convolutions"] == 2


def test_weights_in_a_plain_list_are_found():
    class Hiding(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(6, 5), nn.Linear(5, 4)]
            self.last = nn.Linear(4, 3)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return self.last(x)

    assert costs(Hiding(), torch.zeros(1, 6))["unlisted"] == 35 + 24


def test_numbers_count_however_rarely_a_gradient_reaches_them():
    model = nn.Sequential(nn.MaxPool2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(48, 10))
    assert used_numbers(model, IMAGE).all()


def test_numbers_that_are_left_out_are_found():
    class Cropping(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = small()

        def forward(self, x):
            return self.layers(F.pad(x[:, :, :, 1:], (1, 0, 0, 0)))

    used = used_numbers(Cropping(), IMAGE)
    assert not used[:, :, 0].any()
    assert used[:, :, 1:].all()


def test_numbers_count_in_a_network_that_works_without_gradients():
    class Detached(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = small()

        def forward(self, x):
            return self.layers(x).detach()

    assert used_numbers(Detached(), IMAGE).all()


def test_a_stub_has_no_budget():
    def stub():
        raise NotImplementedError

    assert perform("budget", [stub], {"shape": IMAGE, "x": torch.zeros(2, *IMAGE)}).problem.id == "not-attempted"


# --- tables -----------------------------------------------------------------------------------------------------


def test_entries_come_in_their_order():
    observed = perform("entries", [{"b": 2, "a": "text", "c": ...}], {})
    assert observed.values["entries"] == 3
    assert [observed.values[f"name {i}"] for i in range(3)] == ["b", "a", "c"]
    assert (observed.values["value 0"], observed.values["value 1"]) == (2, "text")
    assert observed.problems["value 2"].id == "not-attempted"


def test_a_dictionary_is_not_asked_what_it_holds():
    class Lying(dict):
        def items(self):
            return [("total", 1)]

        __iter__ = keys = __len__ = None

    assert perform("entries", [Lying(true=7)], {}).values["name 0"] == "true"


@pytest.mark.parametrize(
    ("held", "finding"),
    [
        ([1, 2], "not-a-dictionary"),
        ({1: "a"}, "names-not-text"),
        ({str(i): i for i in range(101)}, "too-many"),
        (..., "not-attempted"),
    ],
)
def test_what_is_no_table_is_told(held, finding):
    assert perform("entries", [held], {}).problem.id == finding


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *((entry, entry) for entry in sorted(ENTRIES)),
        ("  Conv1   SIZE ", "conv 1 size"),
        ("conv_2_params", "conv 2 parameters"),
        ("parameters of conv 1", "conv 1 parameters"),
        ("Total", "total parameters"),
        ("fc1 parameters", "linear 1 parameters"),
        ("conv 1", "conv 1"),
        ("", ""),
    ],
)
def test_an_entry_may_be_spelt_in_several_ways(written, name):
    assert entry_name(written) == name
