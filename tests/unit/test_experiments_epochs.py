"""What the experiments with one epoch of training bring back, for epochs whose outcome is known."""

import numpy as np
import pytest
import torch

from autograder.checks.experiments import perform
from autograder.checks.experiments.epochs import SMOOTHING, SmallNetwork, flat_weights

torch.set_num_threads(1)  # on arrays this small, threads only wait for one another


@pytest.fixture
def task():
    random = np.random.default_rng(4)
    return {
        "x": random.normal(size=(7, 1, 2, 2)).astype(np.float32),
        "y": np.array([0, 1, 2, 0, 1, 2, 0]),
        "first": random.normal(size=(5, 4)).astype(np.float32),
        "second": random.normal(size=(3, 5)).astype(np.float32),
        "batch_size": 4,
        "rate": 0.5,
    }


def right(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = 0.0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
    return loss_sum / len(loader.dataset)


def test_an_epoch_is_gradient_descent_batch_by_batch(task):
    seen = perform("epoch", [right], task)
    model = SmallNetwork(torch.tensor(task["first"]), torch.tensor(task["second"])).train()
    before, losses = flat_weights(model), []
    for batch in (slice(0, 4), slice(4, 7)):
        scores = model(torch.tensor(task["x"][batch]))
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(task["y"][batch]), label_smoothing=SMOOTHING)
        losses.append(loss.item())
        for weights, gradient in zip(
            model.parameters(), torch.autograd.grad(loss, list(model.parameters())), strict=True
        ):
            weights.data -= task["rate"] * gradient
    assert seen.problem is None
    np.testing.assert_allclose(seen.values["weights"], flat_weights(model).numpy(), atol=1e-6)
    assert np.abs(seen.values["weights"] - before.numpy()).max() > 0.01
    assert seen.values["loss"] == pytest.approx((4 * losses[0] + 3 * losses[1]) / 7)
    assert (seen.values["steps"], seen.values["modes"], seen.values["with_graph"]) == (2, "train", False)


def test_the_network_is_handed_over_in_eval_mode_without_gradients(task):
    found = []

    def looking(model, loader, opt, loss_fn, device):
        found.append((model.training, [p.grad for p in model.parameters()], device, [len(y) for _, y in loader]))
        return 0.0

    assert perform("epoch", [looking], task).values["modes"] == "none"
    assert found == [(False, [None] * 6, torch.device("cpu"), [4, 3])]


def test_a_loss_with_its_graph_is_told(task):
    def keeping(model, loader, opt, loss_fn, device):
        return sum(loss_fn(model(x), y) * len(y) for x, y in loader) / 7

    seen = perform("epoch", [keeping], task)
    assert seen.values["with_graph"] == 1
    assert (seen.values["steps"], seen.values["modes"]) == (0, "eval")


@pytest.mark.parametrize(
    ("finding", "loss_of", "returned"),
    [
        ("no-gradients", lambda loss, before: loss.detach(), 0.0),
        ("backward-on-sum", lambda loss, before: loss + before, 0.0),
        ("returned-nothing", lambda loss, before: loss, None),
    ],
)
def test_epochs_that_come_to_nothing_are_explained(task, finding, loss_of, returned):
    def failing(model, loader, opt, loss_fn, device):
        before = 0.0
        for x, y in loader:
            before = loss_of(loss_fn(model(x), y), before)
            before.backward()
        return returned

    assert perform("epoch", [failing], task).problem.id == finding


def moving(images, labels):
    """A right epoch but for how images and labels are moved."""

    def train_epoch(model, loader, opt, loss_fn, device):
        model.to(device).train()
        for x, y in loader:
            opt.zero_grad()
            loss_fn(model(images(x, device)), labels(y, device)).backward()
            opt.step()
        return 0.0

    return train_epoch


def stays(tensor, device):
    return tensor


def goes(tensor, device):
    return tensor.to(device)


def to_cuda(tensor, device):
    return tensor.cuda()


@pytest.mark.parametrize(
    ("images", "labels", "expected"),
    [
        (goes, goes, ("meta", "meta", "meta")),
        (lambda t, device: torch.as_tensor(t, device=device), goes, ("meta", "meta", "meta")),
        (lambda t, device: t.to(device=device, non_blocking=True), goes, ("meta", "meta", "meta")),
        (goes, stays, ("meta", "cpu", "meta")),
        (stays, goes, ("cpu", "meta", "meta")),
        (stays, stays, ("cpu", "cpu", "")),
        (to_cuda, to_cuda, ("cpu", "cpu", "cuda")),
        (lambda t, device: t.to("cuda:0"), to_cuda, ("cpu", "cpu", "cuda")),
        (lambda t, device: t.to("cpu"), lambda t, device: t.cpu(), ("cpu", "cpu", "cpu")),
        (lambda t, device: t.to(torch.float32), lambda t, device: t.long(), ("cpu", "cpu", "")),
        (lambda t, device: goes(t, device) if len(t) == 4 else t, goes, ("several", "meta", "meta")),
    ],
)
def test_devices_tells_where_images_and_labels_end_up(task, images, labels, expected):
    seen = perform("devices", [moving(images, labels)], task)
    assert seen.problem is None
    assert (seen.values["images"], seen.values["labels"], seen.values["asked"]) == expected


def test_code_for_cuda_trains_here_as_well(task):
    trained = perform("epoch", [moving(to_cuda, to_cuda)], task)
    assert trained.problem is None
    np.testing.assert_array_equal(
        trained.values["weights"], perform("epoch", [moving(goes, goes)], task).values["weights"]
    )


def test_reading_numbers_off_the_device_does_not_stop_the_epoch(task):
    def reading(model, loader, opt, loss_fn, device):
        right_ones = 0
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            scores = model(x)
            loss = loss_fn(scores, y)
            loss.backward()
            opt.step()
            right_ones += (scores.argmax(dim=1) == y).sum().item() + int(scores.detach().cpu().numpy().sum())
            right_ones += float(scores.max()) + len(f"{scores.mean():.2f}{loss.item():.2f}") + bool(scores.sum() > 1)
        return right_ones

    assert perform("devices", [reading], task).values["images"] == "meta"
