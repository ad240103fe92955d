"""Training: the loop computes what a plain one computes, draws from its seed alone, and runs on any device."""

from __future__ import annotations

import contextlib
import itertools
import time
import types
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convcourse import training
from convcourse.training import Epoch, Recipe, best_device, fit, scores, share_right, short_floats

torch.set_num_threads(1)  # on nets this small, threads only wait for one another
CPU = torch.device("cpu")
PLAIN = Recipe(epochs=2, batch_size=8, fused=False, channels_last=False, low_precision=False)
N = 27  # images; in batches of 8 that is four, none of them full


def data(n: int = N) -> tuple[Tensor, Tensor]:
    """Images (n, 2, 6, 6) of three classes, each bright in rows of its own, and their labels."""
    random = torch.Generator().manual_seed(7)
    y = torch.arange(n) % 3
    x = torch.rand(n, 2, 6, 6, generator=random)
    for image, label in zip(x, y.tolist(), strict=True):
        image[:, 2 * label : 2 * label + 2] += 1
    return x, y


def network(*extra: nn.Module) -> nn.Sequential:
    """A small CNN for `data`, always with the same weights; `extra` layers come before the last."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(
            # no bias before batch normalisation: its gradient is rounding alone, which Adam would blow up
            nn.Conv2d(2, 4, 3, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64, 8),
            *extra,
            nn.Linear(8, 3),
        )


def trained(recipe: Recipe = PLAIN, *extra: nn.Module, seed: int = 0, n: int = N) -> tuple[Tensor, list[Epoch]]:
    """All weights of a network after training, in one row, and what was told of its epochs."""
    model = network(*extra)
    epochs = fit(model, *data(n), recipe, device=CPU, seed=seed)
    return weights(model), epochs


def weights(model: nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten().float() for value in model.state_dict().values()])


def told(epochs: list[Epoch]) -> list[Epoch]:
    """Without the seconds, which are never the same."""
    return [replace(epoch, seconds=0) for epoch in epochs]


class Seen(nn.Module):
    """A network of one weight that notes what it is shown, and in which mode."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.batches: list[Tensor] = []
        self.modes: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        self.batches.append(x.clone())
        self.modes.append(self.training)
        return self.weight * x.flatten(1)[:, :3]


def shown(recipe: Recipe, x: Tensor, seed: int = 0) -> list[Tensor]:
    """The batches that a network sees."""
    model = Seen()
    fit(model, x, torch.zeros(len(x), dtype=torch.long), recipe, device=CPU, seed=seed)
    return model.batches


# --- the same as a plain loop -----------------------------------------------------------------------------------


def test_with_all_settings_off_it_is_the_plain_loop() -> None:
    x, y = data()
    model = network()
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    random = torch.Generator().manual_seed(5)
    losses = []
    for _ in range(2):
        total = 0.0
        for chosen in torch.randperm(N, generator=random).tensor_split(4):
            model.train()
            opt.zero_grad()
            loss = F.cross_entropy(model(x[chosen]), y[chosen])
            loss.backward()  # type: ignore[no-untyped-call]
            opt.step()
            total += loss.item() * len(chosen)
        losses.append(total / N)
    ours, epochs = trained(seed=5)
    torch.testing.assert_close(ours, weights(model), rtol=1e-6, atol=1e-7)
    assert [epoch.loss for epoch in epochs] == pytest.approx(losses, rel=1e-6)


def test_one_seed_gives_one_result_and_another_another() -> None:
    recipe = Recipe(epochs=2, batch_size=8, one_cycle=True, mirror=True, shift=1, erase=2, weight_decay=0.1)
    first, again, other = (trained(recipe, nn.Dropout(0.5), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first[0], again[0])
    assert told(first[1]) == told(again[1])
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("setting", ["fused", "channels_last"])
def test_what_makes_it_fast_changes_only_rounding(setting: str) -> None:
    plain, epochs = trained()
    fast, told_fast = trained(replace(PLAIN, **{setting: True}))
    torch.testing.assert_close(fast, plain, rtol=1e-3, atol=1e-4)
    assert [epoch.loss for epoch in told_fast] == pytest.approx([epoch.loss for epoch in epochs], rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_in_16_bits_it_learns_the_same_but_for_their_precision(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(PLAIN, epochs=6, learning_rate=0.01, fused=True)
    x, y = data()
    full, half = network(), network()
    seen: list[torch.dtype] = []
    half[0].register_forward_hook(lambda layer, args, answer: seen.append(answer.dtype))
    in_full = fit(full, x, y, recipe, device=CPU)
    monkeypatch.setattr(training, "short_floats", lambda device: dtype)
    in_half = fit(half, x, y, replace(recipe, low_precision=True), device=CPU)
    assert set(seen) == {dtype}
    assert all(parameter.dtype == torch.float32 for parameter in half.parameters())
    assert [epoch.loss for epoch in in_half] == pytest.approx([epoch.loss for epoch in in_full], rel=0.1)
    assert in_half[-1].loss < 0.5 * in_half[0].loss


@pytest.mark.parametrize("setting", ["weight_decay", "label_smoothing", "one_cycle", "mirror", "shift", "erase"])
def test_every_other_setting_changes_something(setting: str) -> None:
    value = {"weight_decay": 0.1, "label_smoothing": 0.1, "one_cycle": True, "mirror": True, "shift": 1, "erase": 2}[
        setting
    ]
    plain, _ = trained()
    changed, _ = trained(replace(PLAIN, **{setting: value}))
    assert (changed - plain).abs().max() > 1e-5


def test_label_smoothing_is_that_of_cross_entropy() -> None:
    x, y = data()
    with torch.no_grad():
        expected = F.cross_entropy(network()(x), y, label_smoothing=0.3).item()
    one_batch = replace(PLAIN, epochs=1, batch_size=N, label_smoothing=0.3)
    (epoch,) = fit(network(), x, y, one_batch, device=CPU)
    assert epoch.loss == pytest.approx(expected, rel=1e-6)


def test_only_matrices_and_kernels_shrink(optimisers: list[torch.optim.Optimizer]) -> None:
    trained(replace(PLAIN, weight_decay=0.25))
    (opt,) = optimisers
    assert {group["weight_decay"]: {parameter.ndim for parameter in group["params"]} for group in opt.param_groups} == {
        0.25: {2, 4},
        0.0: {1},
    }
    assert sum(len(group["params"]) for group in opt.param_groups) == len(list(network().parameters()))


# --- the learning rate ------------------------------------------------------------------------------------------


@pytest.fixture
def optimisers(monkeypatch: pytest.MonkeyPatch) -> list[torch.optim.Optimizer]:
    """Each optimiser that is made; its `rates` are the learning rates of its steps."""
    made: list[torch.optim.Optimizer] = []

    class Noting(torch.optim.AdamW):
        def __init__(self, *arguments, **options):  # type: ignore[no-untyped-def]
            super().__init__(*arguments, **options)
            self.rates: list[float] = []
            self.register_step_pre_hook(lambda *_: self.rates.append(float(self.param_groups[0]["lr"])))
            made.append(self)

    monkeypatch.setattr(torch.optim, "AdamW", Noting)
    return made


def test_the_rate_stays_or_rises_and_falls(optimisers: list[torch.optim.Optimizer]) -> None:
    recipe = replace(PLAIN, epochs=5, learning_rate=0.01)
    trained(recipe)
    trained(replace(recipe, one_cycle=True))
    same, cycle = (opt.rates for opt in optimisers)  # type: ignore[attr-defined]
    assert same == [0.01] * 20
    assert len(cycle) == 20
    top = cycle.index(max(cycle))
    assert max(cycle) == pytest.approx(0.01, rel=0.02)
    assert cycle[0] == pytest.approx(0.01 / 25)
    assert cycle[-1] == pytest.approx(0.01 / 25 / 10_000)
    assert 0 < top < 10
    assert cycle == sorted(cycle[:top]) + sorted(cycle[top:], reverse=True)


def test_a_single_step_has_no_room_for_a_cycle(optimisers: list[torch.optim.Optimizer]) -> None:
    trained(replace(PLAIN, epochs=1, batch_size=100, learning_rate=0.01, one_cycle=True))
    assert optimisers[0].rates == [0.01]  # type: ignore[attr-defined]


# --- batches ----------------------------------------------------------------------------------------------------


def test_each_epoch_shows_every_image_once_in_a_new_order() -> None:
    x = torch.arange(float(N)).view(N, 1, 1, 1).expand(N, 1, 2, 2)
    batches = shown(PLAIN, x)
    sizes = [len(batch) for batch in batches]
    assert sizes == [7, 7, 7, 6] * 2
    first, second = (
        torch.cat([batch[:, 0, 0, 0] for batch in batches[start : start + 4]]).tolist() for start in (0, 4)
    )
    assert sorted(first) == sorted(second) == list(range(N))
    assert first != second
    assert first != sorted(first)


@pytest.mark.parametrize(("n", "batch_size"), [(9, 8), (17, 8), (4, 3), (7, 3), (128 * 3 + 1, 128), (2, 8)])
def test_no_batch_has_a_single_image(n: int, batch_size: int) -> None:
    sizes = [len(batch) for batch in shown(replace(PLAIN, epochs=1, batch_size=batch_size), torch.zeros(n, 3))]
    assert sum(sizes) == n
    assert 2 <= min(sizes) <= max(sizes) <= batch_size
    assert len(sizes) == -(-n // batch_size)


def test_the_loss_is_the_mean_of_the_images_not_of_the_batches() -> None:
    x, y = torch.eye(3)[[0, 0, 0, 1, 2]] * 4, torch.tensor([0, 0, 0, 0, 0])
    model = nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.eye(3))
    (epoch,) = fit(model, x, y, replace(PLAIN, epochs=1, batch_size=3, learning_rate=0.0), device=CPU)
    one_by_one = F.cross_entropy(x, y, reduction="none")
    assert epoch.loss == pytest.approx(one_by_one.mean().item(), rel=1e-6)
    means = {
        (sum(picked) / 3 + (sum(one_by_one.tolist()) - sum(picked)) / 2) / 2
        for picked in itertools.combinations(one_by_one.tolist(), 3)
    }
    assert all(abs(epoch.loss - mean) > 1e-3 for mean in means)  # whatever the batches were


def test_mirror_turns_about_half_of_the_images_left_for_right() -> None:
    n = 200
    x = torch.arange(float(n * 12)).view(n, 1, 3, 4)
    recipe = Recipe(epochs=2, batch_size=50, mirror=True)
    batches = shown(recipe, x)
    turned: list[list[int]] = [[], []]
    for place, batch in enumerate(batches):
        for image in batch:
            index = int(image.min()) // 12
            assert torch.equal(image, x[index]) or torch.equal(image, x[index].flip(-1))
            if not torch.equal(image, x[index]):
                turned[place // 4].append(index)
    assert all(70 <= len(indices) <= 130 for indices in turned)
    assert set(turned[0]) != set(turned[1])  # drawn anew
    assert all(torch.equal(a, b) for a, b in zip(batches, shown(recipe, x), strict=True))


def test_shift_moves_each_batch_by_so_many_pixels_at_most() -> None:
    x = 1 + torch.rand(120, 2, 6, 5, generator=torch.Generator().manual_seed(0))
    ways = {(down, right) for down in range(-2, 3) for right in range(-2, 3)}

    def moved(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
        """Rolled, with zeros where pixels came in from the other side."""
        result = images.roll((down, right), dims=(2, 3))
        result[:, :, : max(down, 0)], result[:, :, 6 + min(down, 0) :] = 0, 0
        result[..., : max(right, 0)], result[..., 5 + min(right, 0) :] = 0, 0
        return result

    recipe = Recipe(epochs=1, batch_size=2)
    seen = set()
    for batch, plain in zip(shown(replace(recipe, shift=2), x), shown(recipe, x), strict=True):
        fitting = []
        for way in ways:
            candidates = moved(x, *way)
            if all(any(torch.equal(image, candidate) for candidate in candidates) for image in batch):
                fitting.append(way)
        assert len(fitting) == 1
        assert batch.shape == plain.shape
        seen.add(fitting[0])
    assert len(seen) > 12  # of 25


@pytest.mark.parametrize("size", [1, 3, 6])
def test_erase_greys_out_one_square_at_one_place_of_each_batch(size: int) -> None:
    x = 1 + torch.rand(80, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    kept = x.clone()
    recipe = Recipe(epochs=1, batch_size=4, erase=size)
    plain = shown(replace(recipe, erase=0), x)
    erased = shown(recipe, x)
    assert torch.equal(x, kept)  # the data itself is not touched
    places = set()
    originals = {image[0, 0, 0].item(): image for image in x} | {image[1, -1, -1].item(): image for image in x}
    for batch in erased:
        changed = []
        for image in batch:
            source = originals.get(image[0, 0, 0].item(), originals.get(image[1, -1, -1].item()))
            assert source is not None
            changed.append(image != source)
        (mask,) = torch.stack(changed).unique(dim=0)  # the same of all images of the batch
        assert torch.equal(mask[0], mask[1])  # and of all channels
        rows, columns = mask[0].any(1).nonzero().flatten(), mask[0].any(0).nonzero().flatten()
        assert len(rows) == len(columns) == size
        assert int(mask[0].sum()) == size * size
        greys = batch[:, :, rows[0], columns[0]].unique()
        assert len(greys) == 1
        assert 1.3 < greys.item() < 1.7
        places.add((int(rows[0]), int(columns[0])))
    assert len(places) > 1
    assert len(plain) == len(erased)


@pytest.mark.parametrize("settings", [{"mirror": True}, {"shift": 1}, {"erase": 2}])
def test_vectors_have_no_sides_and_no_squares(settings: dict[str, object]) -> None:
    x, y = torch.rand(4, 3), torch.zeros(4, dtype=torch.long)
    with pytest.raises(ValueError, match=r"only images \(N, C, H, W\) .* these have shape \(4, 3\)"):
        fit(nn.Linear(3, 3), x, y, replace(PLAIN, **settings), device=CPU)


def test_a_square_larger_than_the_images_is_refused() -> None:
    x, y = torch.rand(4, 1, 5, 9), torch.zeros(4, dtype=torch.long)
    with pytest.raises(ValueError, match="a square of 6 pixels does not fit into images of 5×9"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(45, 3)), x, y, replace(PLAIN, erase=6), device=CPU)


def test_a_shift_out_of_the_images_is_refused() -> None:
    x, y = torch.rand(4, 1, 5, 9), torch.zeros(4, dtype=torch.long)
    with pytest.raises(ValueError, match="a shift by 5 pixels leaves nothing of images of 5×9"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(45, 3)), x, y, replace(PLAIN, shift=5), device=CPU)


@pytest.mark.parametrize(("images", "labels"), [(4, 3), (0, 0), (0, 2)])
def test_images_and_labels_must_fit(images: int, labels: int) -> None:
    with pytest.raises(ValueError, match=f"{images} images and {labels} labels"):
        fit(nn.Linear(3, 3), torch.rand(images, 3), torch.zeros(labels, dtype=torch.long), PLAIN, device=CPU)


# --- what is drawn ----------------------------------------------------------------------------------------------


def test_dropout_depends_on_the_seed_alone() -> None:
    found = []
    for noise in (1, 2):
        torch.manual_seed(noise)
        found.append(trained(PLAIN, nn.Dropout(0.5))[0])
    assert torch.equal(*found)
    assert not torch.equal(found[0], trained(PLAIN)[0])


def test_the_generator_of_the_notebook_is_not_touched() -> None:
    torch.manual_seed(11)
    before = torch.get_rng_state()
    model = network(nn.Dropout(0.5))
    fit(model, *data(), replace(PLAIN, mirror=True, shift=1, erase=2), held_out=data(), device=CPU, seed=4)
    share_right(model, *data())
    assert torch.equal(torch.get_rng_state(), before)


# --- measuring --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 4, 1000])
def test_scores_are_those_of_the_model_in_eval_mode(batch_size: int) -> None:
    x, _ = data()
    model = network(nn.Dropout(0.5)).train()
    with torch.no_grad():
        model(x)  # gives batch normalisation something to remember
        expected = network(nn.Dropout(0.5)).eval()
        expected.load_state_dict(model.state_dict())
        expected_scores = expected(x)
    before = weights(model)
    found = scores(model, x, PLAIN, batch_size=batch_size)
    torch.testing.assert_close(found, expected_scores, rtol=1e-5, atol=1e-6)
    assert (found.dtype, found.device, found.requires_grad) == (torch.float32, CPU, False)
    assert torch.equal(weights(model), before)  # neither weights nor running statistics
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_share_is_counted_over_all_images() -> None:
    model = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.eye(2))
    x = torch.tensor([[2.0, 1.0]] * 1000 + [[1.0, 2.0]] * 3)
    y = torch.tensor([0] * 900 + [1] * 100 + [1, 1, 0])
    assert share_right(model, x, y) == 902 / 1003  # the mean of the two batches would be another


def test_held_out_images_are_measured_after_each_epoch_off_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data()
    model = network(nn.Dropout(0.5))
    modes: list[bool] = []
    model[0].register_forward_hook(lambda layer, *_: modes.append(layer.training))
    asked: list[float] = []
    measure = training.share_right

    def slow(*arguments, **options):  # type: ignore[no-untyped-def]
        time.sleep(0.2)
        asked.append(measure(*arguments, **options))
        return asked[-1]

    monkeypatch.setattr(training, "share_right", slow)
    seen: list[Epoch] = []
    epochs = fit(model, x, y, PLAIN, held_out=(x[:10], y[:10]), device=CPU, each_epoch=seen.append)
    assert modes == [*[True] * 4, False] * 2
    assert [epoch.accuracy for epoch in epochs] == asked
    assert asked[-1] == share_right(model, x[:10], y[:10], PLAIN)
    assert seen == epochs
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert 0 < epochs[0].seconds < epochs[1].seconds < 0.2


def test_measuring_changes_nothing_of_the_training() -> None:
    measured = network()
    fit(measured, *data(), PLAIN, held_out=data(), device=CPU)
    torch.testing.assert_close(weights(measured), trained()[0], rtol=0, atol=0)


def test_without_held_out_images_there_is_no_accuracy() -> None:
    _, epochs = trained()
    assert [epoch.accuracy for epoch in epochs] == [None, None]


def test_it_learns() -> None:
    x, y = data(60)
    model = network()
    recipe = Recipe(epochs=6, batch_size=8, learning_rate=0.01, one_cycle=True)
    epochs = fit(model, x, y, recipe, held_out=(x, y), device=CPU)
    assert epochs[-1].loss < 0.2 < epochs[0].loss
    assert epochs[-1].accuracy == 1.0


def test_an_epoch_is_one_line() -> None:
    assert str(Epoch(3, 0.51234, 0.87654, 12.34)) == "epoch  3: loss 0.5123, accuracy 0.8765, 12.3 s"
    assert str(Epoch(12, 0.5, None, 1.0)) == "epoch 12: loss 0.5000, 1.0 s"


# --- devices ----------------------------------------------------------------------------------------------------


@pytest.fixture
def second_device(monkeypatch: pytest.MonkeyPatch) -> torch.device:
    """A device that every machine has: "meta", where tensors have shapes and no numbers, so that one forgotten on the
    CPU cannot be computed with. What reads numbers gets zeros."""
    read = {name: getattr(Tensor, name) for name in ("item", "cpu")}

    def reading(name: str) -> object:
        return lambda self: read[name](torch.zeros_like(self, device="cpu") if self.is_meta else self)

    for name in read:
        monkeypatch.setattr(Tensor, name, reading(name))
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda device: None)
    monkeypatch.setattr(torch, "autocast", lambda *arguments, **options: contextlib.nullcontext())
    return torch.device("meta")


@pytest.fixture
def computed(second_device: torch.device) -> Iterator[set[str]]:
    """The devices on which anything was computed that has to do with images."""
    from torch.utils._python_dispatch import TorchDispatchMode

    devices: set[str] = set()

    class Noting(TorchDispatchMode):
        def __torch_dispatch__(self, function, kinds, arguments=(), options=None):  # type: ignore[no-untyped-def]
            result = function(*arguments, **(options or {}))
            heavy = ("convolution", "addmm", "batch_norm", "_adam", "addcdiv", "index.Tensor", "where", "max_pool2d")
            if isinstance(result, Tensor) and any(word in str(function) for word in heavy):
                devices.add(result.device.type)
            return result

    with Noting():
        yield devices


@pytest.mark.parametrize("layout", [False, True])
def test_everything_is_computed_on_the_device_that_is_asked_for(
    layout: bool, second_device: torch.device, computed: set[str]
) -> None:
    x, y = data()
    model = network(nn.Dropout(0.5))
    recipe = replace(PLAIN, channels_last=layout, mirror=True, shift=1, erase=2, one_cycle=True, label_smoothing=0.1)
    epochs = fit(model, x, y, recipe, held_out=(x, y), device=second_device)
    assert len(epochs) == 2
    assert {tensor.device for tensor in model.state_dict().values()} == {second_device}
    assert computed == {"meta"}
    assert scores(model, x, recipe).device == CPU
    assert (x.device, y.device) == (CPU, CPU)


def test_a_tensor_forgotten_on_the_cpu_would_be_seen(second_device: torch.device) -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.linear(x) * torch.ones(len(x), 3)  # type: ignore[no-any-return]

    x, y = torch.rand(4, 3), torch.zeros(4, dtype=torch.long)
    with pytest.raises(RuntimeError, match="device"):
        fit(Forgetful(), x, y, PLAIN, device=second_device)


def test_without_an_accelerator_the_best_device_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert best_device() == CPU


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_an_accelerator_is_the_best_device(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda *_: torch.device(kind))
    assert best_device() == torch.device(kind)


def test_training_goes_to_the_best_device_by_itself(
    second_device: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "best_device", lambda: second_device)
    model = network()
    fit(model, *data(), replace(PLAIN, epochs=1))
    assert next(model.parameters()).device == second_device


def test_the_clock_waits_for_a_gpu_and_for_no_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[torch.device] = []
    monkeypatch.setattr(torch.accelerator, "synchronize", waited.append)
    before = time.perf_counter()
    assert before <= training.clock(CPU) <= time.perf_counter()
    assert waited == []
    training.clock(torch.device("cuda", 1))
    assert waited == [torch.device("cuda", 1)]


@pytest.mark.parametrize(("supported", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
def test_16_bits_on_a_gpu_are_those_that_it_computes_with(
    supported: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def answer(including_emulation: bool = True) -> bool:
        asked.append(including_emulation)
        return supported or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", answer)
    assert short_floats(torch.device("cuda")) == dtype
    assert asked == [False]


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": False, "avx2": True}, None),
        ({}, None),
        (None, None),
    ],
)
def test_16_bits_on_a_cpu_are_used_where_it_has_instructions_for_them(
    capabilities: dict[str, bool] | None, dtype: torch.dtype | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = (
        types.SimpleNamespace()
        if capabilities is None
        else types.SimpleNamespace(get_capabilities=lambda: capabilities)
    )
    monkeypatch.setattr(torch, "cpu", fake)
    assert short_floats(CPU) == dtype


@pytest.mark.parametrize("kind", ["mps", "xpu", "meta"])
def test_other_devices_stay_with_32_bits(kind: str) -> None:
    assert short_floats(torch.device(kind)) is None


@pytest.mark.filterwarnings("error")  # in a notebook a warning stands in red below the cell
@pytest.mark.parametrize(
    ("dtype", "low_precision", "scaled"),
    [(torch.float16, True, True), (torch.float16, False, False), (torch.bfloat16, True, False), (None, True, False)],
)
def test_gradients_are_scaled_where_small_ones_would_become_zero(
    dtype: torch.dtype | None, low_precision: bool, scaled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, bool]] = []
    scaler = torch.amp.GradScaler

    def noting(device: str, enabled: bool = True) -> object:
        made.append((device, enabled))
        return scaler(device, enabled=enabled)

    monkeypatch.setattr(torch.amp, "GradScaler", noting)
    monkeypatch.setattr(training, "short_floats", lambda device: dtype)
    _, epochs = trained(replace(PLAIN, low_precision=low_precision, fused=True, one_cycle=True))
    assert made == [("cpu", scaled)]
    assert epochs[-1].loss < epochs[0].loss
