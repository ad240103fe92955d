# %% [markdown]
# # 04 · The convolutional network, on CPU and GPU
#
# [<kbd>Open in Colab</kbd>]({{colab}})
#
# **You will be able to** build a convolutional network in PyTorch, derive every shape and every parameter of it, train it on
# whatever device there is, tell what makes training fast, compare two networks fairly, and get more accuracy out of
# fewer weights.
#
# | | |
# |---|---|
# | Time | about 150 minutes |
# | Computer | works on its own for about ten of these, on two cores with all images; for about one with the sample, or on a GPU |
# | Marks | **20 points** in seven exercises; “fix the slide” is for you alone |
# | Needs | a GPU helps (on Colab: Runtime, Change runtime type) and is used without any edit; none is needed |
# | Before | notebooks 01 to 03 |
#
# Run the first two cells, and look at the picture.

# %% locked="setup" gpu="T4"
import sys

if "google.colab" in sys.modules:  # on Colab the course itself is still missing
    import subprocess

    source = "git+{{repository}}"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", source], check=True
    )

import inspect
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchsummary import summary
from torchvision.datasets import FashionMNIST

from autograder.checks import check
from convcourse import figures, networks, training
from convcourse.data import fashion_mnist
from convcourse.standins import written

# %% tags=["nbval-check-output"]
figures.layers(
    [
        figures.Layer("image", (1, 28, 28), 0),
        figures.Layer("Conv2d 3×3", None, None),
        figures.Layer("MaxPool2d 2×2", None, 0),
        figures.Layer("ReLU", None, 0),
        figures.Layer("Conv2d 3×3", None, None),
        figures.Layer("MaxPool2d 2×2", None, 0),
        figures.Layer("ReLU", None, 0),
        figures.Layer("Flatten", None, 0),
        figures.Layer("Linear", (200,), None),
        figures.Layer("ReLU", (200,), 0),
        figures.Layer("Linear", (10,), None),
    ],
    caption="The network of this notebook. You will fill in every question mark.",
)

# %% [markdown]
# A **convolutional network** has two halves. The first *learns features*: convolutions look for patterns in small neighbourhoods, pooling keeps
# the strongest answers and throws away where exactly they came from. The second is the multilayer perceptron that you know: it
# classifies, but reads features instead of pixels.
#
# ## Which device?
#
# A GPU does thousands of multiplications at once. PyTorch calls an NVIDIA GPU `cuda`, and a tensor or a network moves there with `.to(device)`. The
# rule is simple: the network and what goes into it must be on the same device.

# %%
device = training.best_device()
print("this notebook computes on:", device)

files = fashion_mnist()
training_set = FashionMNIST(files.root, train=True)
test_set = FashionMNIST(files.root, train=False)
names = training_set.classes
print("images:", tuple(training_set.data.shape), "and", tuple(test_set.data.shape))
all_images = len(training_set) > 10_000  # or only the sample?

# %% [markdown]
# ## Exercise 1 · Images with a channel · 2 points · ●○○ · 10 minutes
#
# In notebook 01 each image became a vector. A convolution wants images as they are, in the order **(N, C, H, W)**, and the images that were read
# have no C. Write the dataset again, so that each item has the shape (1, 28, 28): one channel, 28 rows, 28 columns.
#
# <details><summary>Hint 1: the new axis</summary>
# <code>images[:, None]</code>, <code>images.unsqueeze(1)</code> and <code>images.view(-1, 1, 28, 28)</code> do the same.
# </details>
# <details><summary>Symptom: “Subclasses of Dataset should implement __getitem__”</summary>
# The name has two underscores on each side. One slide has <code>__getitem</code>, and that is a different name.
# </details>
# <details><summary>Symptom: the shape is (28, 1, 28)</summary>
# The new axis comes after N, before the rows: position 1 of the images, not 2.
# </details>


# %% answer="fashion-images"
class FashionImages(Dataset):
    """Fashion-MNIST for a network that wants images.

    images: (N, 28, 28), uint8 from 0 to 255; labels: (N,). Item i is the pair (x, y): x of shape
    (1, 28, 28), float32 from 0 to 1, and y, its label, int64. The arguments stay as they are.
    """

    def __init__(self, images: torch.Tensor, labels: torch.Tensor):
        ### BEGIN SOLUTION
        self.x = images[:, None].float() / 255
        self.y = labels.long()
        ### END SOLUTION

    def __len__(self) -> int:
        ### BEGIN SOLUTION
        return len(self.x)
        ### END SOLUTION

    def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        ### BEGIN SOLUTION
        return self.x[i], self.y[i]
        ### END SOLUTION


# %% check="fashion-images" points=2
check("fashion-images")

# %% [markdown]
# ## The layers
#
# `nn.Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True)`: the first two count *channels*, not pixels, and
# `out_channels` is the number of filters. `nn.MaxPool2d(kernel_size, stride=None, padding=0)`: without a stride it moves by its own size,
# so windows do not overlap. It comes before ReLU here; for a maximum the order makes no difference.
#
# **Predict, then run.** Two images of (1, 28, 28) go through the layers below. What are the three sizes of the result, after the 2?

# %% answer="predict-shape"
### BEGIN SOLUTION
shape_guess = (32, 12, 12)  # channels, rows, columns
### END SOLUTION

# %% tags=["nbval-check-output"]
two_images = torch.zeros(2, 1, 28, 28)
print(tuple(nn.MaxPool2d(2)(nn.Conv2d(1, 32, kernel_size=5)(two_images)).shape))
print("your guess:", "none yet" if shape_guess is ... else shape_guess)

# %% [markdown]
# A kernel of 5 has 24 places on 28 pixels, and pooling halves that number.
#
# Here is a small network to play with; yours will be another. Choose a block by mouse, or by the arrow keys: it tells you where each of its numbers
# comes from. Then change it. What does a stride do to all that follows? What if a window is larger than what comes in?

# %% tags=["nbval-check-output"]
figures.network(
    [
        nn.Conv2d(1, 8, kernel_size=5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * 12 * 12, 10),
    ],
    shape=(1, 28, 28),
    caption="A small network. Choose a block to see where its numbers come from.",
)

# %% [markdown]
# Before the linear layers, the maps have to become one vector for each
# image. There are two ways. One is a layer, `nn.Flatten()`, inside `nn.Sequential`. The other is a class of your own: its layers are made in
# `__init__`, and `forward` says in which order they work. In it, the tensor's method `view` does the flattening (it is a method: the `torch.view`
# of one deck does not exist).


# %% tags=["nbval-check-output"]
class Small(nn.Module):
    """A convolution, and one linear layer on all of its maps."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, kernel_size=3)
        self.linear = nn.Linear(4 * 26 * 26, 10)

    def forward(self, x):
        maps = self.conv(x)
        return self.linear(maps.view(maps.shape[0], -1))  # the first axis stays: the images


torch.manual_seed(0)
small = Small()
as_layers = nn.Sequential(small.conv, nn.Flatten(), small.linear)  # the same weights
picture = torch.rand(2, 1, 28, 28)
print("both ways agree:", torch.allclose(small(picture), as_layers(picture)))

# %% [markdown]
# ## Exercise 2 · The network · 3 points · ●●○ · 20 minutes
#
# Build the network in the picture at the top, with 64 filters in the first convolution and 128 in the second. How many numbers come out of `nn.Flatten`?
# You need it for the first linear layer; if you would rather derive all shapes first, do exercise 3 now and come back.
#
# <details><summary>Hint 1: who fits whom?</summary>
# The second convolution reads what the first wrote: as many input channels as there were filters. The same holds for the linear layers.
# </details>
# <details><summary>Hint 2: after flatten</summary>
# Channels times rows times columns of the last maps. Follow the 28: minus 2, halved, minus 2, halved and cut off.
# </details>
# <details><summary>Symptom: “mat1 and mat2 shapes cannot be multiplied”</summary>
# The message names both sizes: what came out of flatten, and what your linear layer expected.
# </details>


# %% answer="make-cnn"
def make_cnn() -> nn.Module:
    """Images (N, 1, 28, 28) in, scores (N, 10) out, in ten layers.

    A convolution to 64 channels, max-pooling, ReLU; a convolution to 128 channels, max-pooling,
    ReLU; flatten; a linear layer to 200, ReLU; a linear layer to 10. Kernels are 3×3 with
    stride 1 and no padding; pooling is 2×2 with stride 2.
    """
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 64, kernel_size=3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, kernel_size=3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )
    ### END SOLUTION


# %% check="make-cnn" points=3
check("make-cnn")

# %% [markdown]
# ## Exercise 3 · Ten shapes · 4 points · ●●○ · 20 minutes
#
# Derive the shape after each layer, for one image: (channels, rows, columns), and a single number from flatten onwards. Use
# $\lfloor (n + 2p - f)/s \rfloor + 1$ from notebook 02. One point each for: the first convolution with its pooling and ReLU; the second with its own; flatten; the
# linear layers.
#
# <details><summary>Hint 1: convolutions</summary>
# Padding 0, stride 1: the size becomes n − 3 + 1. Channels: as many as filters.
# </details>
# <details><summary>Hint 2: pooling</summary>
# Window 2, stride 2, on each channel by itself. On an odd size the last row and column are left over.
# </details>
# <details><summary>Symptom: <code>after_pool2</code> is wrong</summary>
# Half of an odd number is not a whole number. The formula has a floor.
# </details>

# %% answer="cnn-shapes"
### BEGIN SOLUTION
after_conv1 = (64, 26, 26)  # the first convolution
after_pool1 = (64, 13, 13)  # its pooling
after_relu1 = (64, 13, 13)  # its ReLU
after_conv2 = (128, 11, 11)  # the second convolution
after_pool2 = (128, 5, 5)  # its pooling
after_relu2 = (128, 5, 5)  # its ReLU
after_flatten = 128 * 5 * 5  # a single number from here on
after_linear1 = 200  # the first linear layer
after_relu3 = 200  # its ReLU
after_linear2 = 10  # the second linear layer
### END SOLUTION

# %% check="cnn-shapes" points=4
check("cnn-shapes")

# %% [markdown]
# ## Exercise 4 · Every parameter · 4 points · ●●○ · 20 minutes
#
# Now count what is learned. First one filter: a weight for each place of its kernel *in each input channel*, and one bias. Then the layer:
# as many of these as there are filters. Then the linear layers, the rest, and the total.
#
# <details><summary>Hint 1: one filter of the second convolution</summary>
# It is as deep as its input: 64 slices of 3×3. And one bias, not 64.
# </details>
# <details><summary>Hint 2: a linear layer</summary>
# As in notebook 01: inputs times outputs, and a bias for each output.
# </details>
# <details><summary>Symptom: both convolutions have the same number for one filter</summary>
# You counted each filter of the second as if it had one input channel only.
# </details>

# %% answer="cnn-parameters"
### BEGIN SOLUTION
per_filter_1 = 3 * 3 * 1 + 1  # one filter of the first convolution, with its bias
conv1_parameters = 64 * per_filter_1  # the first convolution
per_filter_2 = 3 * 3 * 64 + 1  # one filter of the second convolution, with its bias
conv2_parameters = 128 * per_filter_2  # the second convolution
linear1_parameters = 3200 * 200 + 200  # the first linear layer
linear2_parameters = 200 * 10 + 10  # the second linear layer
other_parameters = 0  # all layers that pool, flatten or cut off at zero
total_parameters = conv1_parameters + conv2_parameters + linear1_parameters + linear2_parameters
### END SOLUTION

# %% check="cnn-parameters" points=4
check("cnn-parameters")

# %% [markdown]
# Here is all of it at a glance. Compare with yours before you read on.

# %% tags=["nbval-check-output"]
if after_linear2 is ... or total_parameters is ...:
    print("come back when exercises 3 and 4 are done: this prints all of their answers")
else:
    summary(networks.lecture_cnn(), (1, 28, 28), device="cpu")

# %% [markdown]
# The convolutional network has 716,706 parameters, fewer than the 795,010 of notebook 01. But look where they are: 640,200 of them, 89 %, sit in
# *one* linear layer. The two convolutions, which do all the seeing, need 74,496.
#
# ### Fix the slide · 64 and 32 filters · no points
#
# One slide's text says that the convolutions have 64 and 32 filters; its table shows 64 and 128. How many parameters would the whole network
# have with 64 and 32? (Not only the second convolution changes.)

# %% answer="slide-filters"
### BEGIN SOLUTION
with_32 = 640 + (3 * 3 * 64 + 1) * 32 + (32 * 5 * 5 + 1) * 200 + 2010  # parameters in all
### END SOLUTION

# %% check="slide-filters" points=0
check("slide-filters")

# %% [markdown]
# ## Exercise 5 · One epoch · 3 points · ●●○ · 20 minutes
#
# In notebook 01 you wrote one step on one batch. `train_epoch` does this for each batch of a loader, moves each batch to the device, and
# returns the mean loss of all *images*, which is not the mean of the batches' means if the last batch is short.
#
# <details><summary>Hint 1: moving</summary>
# <code>x, y = x.to(device), y.to(device)</code>. It returns a new tensor; the old one stays where it was.
# </details>
# <details><summary>Hint 2: the mean loss</summary>
# A batch's mean loss times its size is the sum of its losses. Add up the sums and the sizes; divide at the end.
# </details>
# <details><summary>Symptom: one step only, or wrong weights after several batches</summary>
# Is <code>opt.zero_grad()</code> inside the loop? Is <code>return</code> after the loop?
# </details>


# %% answer="train-epoch"
def train_epoch(
    model: nn.Module,
    loader: DataLoader,
    opt: torch.optim.Optimizer,
    loss_fn: nn.Module,
    device: torch.device,
) -> float:
    """Train a model on each batch of a loader once, and return the mean loss over all items.

    The loader gives pairs (x, y) of batches, and its last batch may be shorter;
    `loss_fn(scores, y)` gives the mean loss of a batch. The model is on `device` already; each
    batch is moved there. Each batch makes one step of the optimiser, in training mode.
    """
    ### BEGIN SOLUTION
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count
    ### END SOLUTION


# %% check="train-epoch" points=3
check("train-epoch")

# %% [markdown]
# Here it is at work, on three thousand images.

# %%
torch.manual_seed(0)
model = written(make_cnn)().to(device)
images = written(FashionImages)
some = images(training_set.data[:3000], training_set.targets[:3000])
loader = DataLoader(some, batch_size=32, shuffle=True)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
one_epoch = written(train_epoch)
for epoch in range(2):
    start = training.clock(device)
    loss = one_epoch(model, loader, opt, nn.CrossEntropyLoss(), device)
    seconds = training.clock(device) - start
    print(f"epoch {epoch + 1}: loss {loss:.3f}, {seconds:.1f} s for {len(some):,} images")

# %% [markdown]
# ## Where does the time go?
#
# Twenty times as many images take twenty times as long, and soon you wait more than you learn. The cell below measures one step of training in five
# ways, each with one more change than the last: a *fused* optimiser, a different order of the numbers in memory, 16 bits instead of 32, larger batches.
#
# Note how it measures. Python runs ahead while a GPU is still working, so the clock must wait for the GPU (`torch.cuda.synchronize()`, here inside
# `training.clock`). And the first steps are a warm-up: they do not count.
#
# **Predict, then run.** With all four changes, how many times as fast is training on 32 images?

# %% answer="predict-speed"
### BEGIN SOLUTION
speed_guess = 3  # times as fast
### END SOLUTION


# %%
def milliseconds(batch_size=32, steps=12, fused=False, channels_last=False, low_precision=False):
    """The time that one step of the CNN takes, per 32 images: the median over some steps."""
    net = networks.lecture_cnn().to(device)
    x, y = torch.rand(batch_size, 1, 28, 28), torch.randint(10, (batch_size,))
    x, y = x.to(device), y.to(device)
    if channels_last:
        net, x = (thing.to(memory_format=torch.channels_last) for thing in (net, x))
    opt = torch.optim.Adam(net.parameters(), fused=fused)
    dtype = training.short_floats(device) if low_precision else None
    times = []
    for _ in range(steps):
        start = training.clock(device)
        with torch.autocast(device.type, dtype, enabled=dtype is not None):
            scores = net(x)
        loss = F.cross_entropy(scores.float(), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        times.append(training.clock(device) - start)
    return 1000 * float(np.median(times[3:])) * 32 / batch_size


ways = {
    "a plain step": {},
    "+ fused optimiser": {"fused": True},
    "+ channels last": {"fused": True, "channels_last": True},
    "+ 16 bits": {"fused": True, "channels_last": True, "low_precision": True},
}
ways["+ batches of 128"] = {**ways["+ 16 bits"], "batch_size": 128}
times = {way: milliseconds(**settings) for way, settings in ways.items()}
for way, time_needed in times.items():
    factor = times["a plain step"] / time_needed
    print(f"{way:20} {time_needed:6.1f} ms for 32 images, {factor:4.1f} times as fast")
print("your guess:", "none yet" if speed_guess is ... else speed_guess)
short = training.short_floats(device)
print("16 bits that are fast on this device:", "none" if short is None else short)

# %% [markdown]
# - **Fused optimiser.** Adam keeps two numbers beside each of the 716,706 parameters and reads and writes all of them at every step. Fused, it does so
#   in one pass over the memory.
# - **Channels last.** A convolution multiplies all channels of a pixel; stored side by side, they come in one read.
# - **16 bits.** `torch.autocast` multiplies with half as many bits (`bfloat16`: the range of float32, two to three digits), and keeps
#   weights and sums in 32: *mixed precision*. A GPU that has only `float16` needs a `GradScaler`, so that small gradients do not become 0.
# - **Larger batches**: fewer steps, so the optimiser works less often.
#
# On some machines one or another gains nothing: measure yours. `training.fit` puts all together; this is the loop inside it.

# %%
print(inspect.getsource(training.run_epochs))

# %% [markdown]
# `make bench` (in the course's repository) has trained with the lecture's loop and with this one in turn, in five pairs, on two cores. To the lecture's
# 0.9122 this one was **4.51 times** as fast: the median of the ratios within a pair, which go from 3.6 to 8.4. Where does it come from? Leaving out the accuracy of
# each batch after its step is 30% of the gain, 16 bits are 24%, larger batches 20%, fewer epochs 12%, channels last 11%, a learning rate that rises and falls 3%. (Shares of
# logarithms, as factors multiply.)

# %% [markdown]
# ## MLP against CNN
#
# Both train with the same settings: number of epochs, batches of 128, Adam with a learning rate that rises to 0.002 and falls again, three seeds. One lucky run
# proves nothing.

# %%
x_train = training_set.data.float().unsqueeze(1) / 255
x_test = test_set.data.float().unsqueeze(1) / 255
y_train, y_test = training_set.targets, test_set.targets

# %%
n_epochs = 3 if all_images else 5  # the sample is small: more rounds
recipe = training.Recipe(n_epochs, batch_size=128, learning_rate=2e-3, one_cycle=True)
kinds = {
    "MLP": lambda: nn.Sequential(nn.Flatten(), networks.lecture_mlp()),
    "CNN": networks.lecture_cnn,
}
accuracies, trained = {}, {}
for seed in range(3):
    for kind, make in kinds.items():
        torch.manual_seed(seed)
        net = trained[kind] = make()
        epochs = training.fit(net, x_train, y_train, recipe, device=device, seed=seed)
        found = training.share_right(net, x_test, y_test, recipe)
        accuracies.setdefault(kind, []).append(found)
        print(f"seed {seed}, {kind}: test accuracy {found:.4f}, {epochs[-1].seconds:.1f} s")
figures.bands(accuracies, reference={"the lecture's MLP": 0.8814, "the lecture's CNN": 0.9122})

# %% [markdown]
# On all 60,000 images the bands are far apart: this is no luck. On the sample of 3,000 the CNN need not win: it has too few images to learn
# features from. A single run could not have shown how much is chance.
#
# ## What it has learned to see
#
# A map is one filter's answer to an image. Here are three garments, and many of the 64 maps of the first convolution: choose a garment and a
# map, and move over it to see the window that each of its numbers comes from.

# %%
net = trained["CNN"].cpu().eval()
chosen = [int((y_test == label).nonzero()[0]) for label in (1, 7, 8)]
with torch.no_grad():
    first_maps = net[0](x_test[chosen])
    second_maps = net[:4](x_test[chosen])
garments = [names[y_test[i]] for i in chosen]
figures.maps(
    x_test[chosen],
    net[0].weight[:24],
    first_maps[:, :24],
    titles=garments,
    alt=f"A picture of class {garments[0]}, and 24 maps of the first convolution: outlines from "
    "one side or the other, filled areas, and their negatives.",
)

# %% [markdown]
# Some filters respond to edges from one side, some to flat areas, and some are near copies of each other. One layer deeper, each map mixes 64
# of these and means something less easy to name:

# %%
figures.maps(
    x_test[chosen],
    maps=second_maps[:, :24],
    titles=garments,
    alt=f"A picture of class {garments[0]}, and 24 maps of the second convolution, 11 by 11 "
    "pixels: coarse blobs in different places.",
)

# %% [markdown]
# ## Exercise 6 · Normalise and drop · 3 points · ●●○ · 20 minutes
#
# Two layers that often help. **Batch normalisation** brings each channel to mean 0 and variance 1, over the batch and all places, then lets
# the network choose another scale and shift. In eval mode it uses running averages. **Dropout** sets a random part of its input to 0 while training,
# so that no unit can rely on any single other one; in eval mode it does nothing. `nn.Dropout(p)` drops the share p: take 0.5
# unless you have a reason for another value. Both behave differently in the two modes, which is why
# `model.train()` and `model.eval()` matter.
#
# <details><summary>Hint 1: where does batch normalisation go?</summary>
# After the convolution, before its ReLU. <code>nn.BatchNorm2d</code> wants to know the number of channels.
# </details>
# <details><summary>Hint 2: where does dropout go?</summary>
# Between the linear layers. After the last one it would throw away finished scores.
# </details>
# <details><summary>Symptom: “running_mean should contain … elements”</summary>
# The number in brackets is not the number of channels at that place.
# </details>


# %% answer="regularised-cnn"
def make_regularised_cnn() -> nn.Sequential:
    """The network of `make_cnn` with batch normalisation and dropout, as one `nn.Sequential`.

    Batch normalisation after each of the two convolutions, before its ReLU; dropout, with any p
    between 0 and 1, before the last linear layer, and nowhere after it.
    """
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 64, kernel_size=3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, kernel_size=3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )
    ### END SOLUTION


# %% check="regularised-cnn" points=3
check("regularised-cnn")

# %% [markdown]
# **Predict, then run.** The same eight images go through it twice, in training mode. Will the scores be the same? And in eval mode?

# %% answer="predict-modes"
### BEGIN SOLUTION
same_in_training = False  # True or False
same_in_eval = True  # True or False
### END SOLUTION

# %%
torch.manual_seed(0)
net = written(make_regularised_cnn)()
with torch.no_grad():
    for mode in (True, False):
        net.train(mode)
        same = torch.equal(net(x_test[:8]), net(x_test[:8]))
        print("training mode:" if mode else "eval mode:    ", "the same" if same else "different")
print("your guesses:", "none yet" if same_in_eval is ... else (same_in_training, same_in_eval))

# %% [markdown]
# That was dropout, which makes a new random choice each time. (Batch normalisation gives the same result for the same batch; put an image into another batch,
# and in training mode its scores change too.)

# %% [markdown]
# ## Exercise 7 · The price in multiplications · 1 point · ●●○ · 15 minutes
#
# The CNN has fewer weights. Does it also do less work? A weight of a linear layer is used once for each image, a weight of a convolution at every place of the
# output map. Count the **multiply–adds** (one multiplication with its addition) for one image in both networks: 784-1000-10, and the CNN. Biases,
# pooling and ReLU don't count.
#
# <details><summary>Hint 1: a convolution</summary>
# Each number of its output costs as many multiply–adds as one filter has weights. How many numbers are in the output, before pooling?
# </details>
# <details><summary>Symptom: mine is close, and a little too large</summary>
# Biases are added, not multiplied.
# </details>

# %% answer="multiply-adds"
### BEGIN SOLUTION
mlp_multiply_adds = 784 * 1000 + 1000 * 10  # for one image
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 576 + 3200 * 200 + 200 * 10  # for one image
### END SOLUTION

# %% check="multiply-adds" points=1
check("multiply-adds")

# %% [markdown]
# And now the whole network, with all that you have derived. Where are the parameters, where is the work? Halve the filters of the
# second convolution, or give the first a stride of 2, and see what falls. (It waits for your own count.)

# %% tags=["nbval-check-output"]
if after_linear2 is ... or total_parameters is ... or cnn_multiply_adds is ...:
    whole = "come back when exercises 3, 4 and 7 are done: this shows all of their answers"
else:
    whole = figures.network(
        networks.lecture_cnn(), (1, 28, 28), caption="The convolutional network, block by block."
    )
whole

# %% [markdown]
# So this is the whole comparison. `networks.multiply_adds` watches an image go through a network, and counts. (Its column waits for your own count, too.)

# %%
devices = [torch.device("cpu")] + ([device] if device.type != "cpu" else [])


def seconds_for_60_000(make, where):
    """One epoch, from the second pass over 3,000 images: the first warms up."""
    twice = training.Recipe(epochs=2, batch_size=128)
    passes = training.fit(make(), x_train[:3000], y_train[:3000], twice, device=where)
    return 20 * (passes[-1].seconds - passes[0].seconds)


timed = "".join(f"{f's/epoch, {where.type}':>15}" for where in devices)
print(f"{'':4}{'accuracy (mean)':>16}{'parameters':>12}{'multiply-adds':>15}{timed}")
for kind, make in kinds.items():
    weights = sum(parameter.numel() for parameter in make().parameters())
    work = 0 if cnn_multiply_adds is ... else networks.multiply_adds(make(), (1, 28, 28))
    timed = "".join(f"{seconds_for_60_000(make, where):>15.1f}" for where in devices)
    print(f"{kind:4}{np.mean(accuracies[kind]):>16.4f}{weights:>12,}{work:>15,}{timed}")

# %% [markdown]
# A tenth fewer parameters, but twelve times the work: a convolution saves weights and pays in arithmetic.
#
# ## Better, with fewer weights
#
# The lecture asked: how can we improve without many more weights? Look where they are: in the linear layer after flatten. So:
#
# - **Pool before flattening.** Keep only the largest value of each of the last maps: 128 numbers, and a tiny linear layer.
# - **Depth instead.** Spend parameters on convolutions, each with batch normalisation.
# - **Shortcuts.** A *residual block* adds what two convolutions found to what came in: depth no longer hinders learning.
# - **Smaller maps early.** The first layer moves by 2.
# - **Varied images.** A mirrored shirt is a shirt: half of each batch is flipped, and a square of each image greyed out.

# %%
print(inspect.getsource(networks.conv_block))
print(inspect.getsource(networks.Residual))
print(inspect.getsource(networks.compact_cnn))

# %% tags=["nbval-check-output"]
count = sum(parameter.numel() for parameter in networks.compact_cnn().parameters())
lecture = sum(parameter.numel() for parameter in networks.lecture_cnn().parameters())
work = [
    networks.multiply_adds(make(), (1, 28, 28)) for make in (networks.compact_cnn, kinds["CNN"])
]
print(f"{count:,} parameters, {count / lecture:.2f} times those of the CNN")
print(f"{work[0] / work[1]:.1f} times its multiply-adds")

# %% [markdown]
# Nothing is free. How were widths, learning rate and the rest chosen? Not by the test set! One image in twelve of the *training* set is put
# aside: the **validation split**. We trained with several settings on the rest, kept those that did best on the split, and
# you see the last of these runs below. The test set stays in its envelope until everything is settled. (To be honest: it was opened once
# before, for a shorter run of this network. Nothing but the number of epochs was changed after it.)

# %%
shuffled = torch.randperm(len(x_train), generator=torch.Generator().manual_seed(0))
validation, rest = shuffled[: len(x_train) // 12], shuffled[len(x_train) // 12 :]
final = training.Recipe(
    epochs=18 if all_images else 6,
    batch_size=256,
    learning_rate=6e-3,
    one_cycle=True,
    weight_decay=0.05,
    label_smoothing=0.05,
    mirror=True,
    erase=8,
)
torch.manual_seed(0)
compact = networks.compact_cnn()
curves = figures.training(final.epochs)


def watch(epoch: training.Epoch) -> None:
    """Draw the curves anew."""
    loss, share = {"training": epoch.loss}, {"validation": epoch.accuracy}
    curves.add(epoch.number, loss=loss, accuracy=share)
    print(epoch)


epochs = training.fit(
    compact,
    x_train[rest],
    y_train[rest],
    final,
    held_out=(x_train[validation], y_train[validation]),
    device=device,
    each_epoch=watch,
)

# %% [markdown]
# Two settings were new. `weight_decay` pulls all weights a little towards 0 at each step. `label_smoothing` asks for a little less than certainty about the
# true class, so that the network does not grow too sure of itself; the loss above includes that, so do not compare it with earlier ones.
#
# Now open the envelope. **Predict, then run.** By how many percentage points will test and validation accuracy differ?

# %% answer="predict-gap"
### BEGIN SOLUTION
gap_guess = 0.3  # percentage points
### END SOLUTION

# %%
found = training.share_right(compact, x_test, y_test, final)
for split, share, of in (("validation", epochs[-1].accuracy, validation), ("test", found, y_test)):
    chance = (share * (1 - share) / len(of)) ** 0.5
    print(f"{split:10} {share:.4f}, give or take {chance:.4f}, on {len(of):,} images")
print("your guess:", "none yet" if gap_guess is ... else gap_guess)
count = sum(parameter.numel() for parameter in compact.parameters())
print(f"{count:,} parameters, {epochs[-1].seconds:.0f} seconds of training on {device}")

# %% [markdown]
# The compact network has fewer weights than either network of the lecture, and does better thanks to architecture *and* recipe together: it was also trained longer,
# on varied images. The “give or take” is how much the result would vary with other images of the same kind.
#
# ## Keep it
#
# What has been learned is a dictionary of tensors, the **state dict**; the network's code is not in it. `torch.load` puts tensors back on the
# device that they were on, and fails if that device is missing, unless `map_location` says otherwise. (This file goes to a temporary folder;
# choose your own.)

# %%
folder = Path(tempfile.mkdtemp())
torch.save(compact.state_dict(), folder / "compact.pt")
print(f"{(folder / 'compact.pt').stat().st_size / 1024**2:.2f} MB")

again = networks.compact_cnn()
again.load_state_dict(torch.load(folder / "compact.pt", map_location="cpu", weights_only=True))
exact = training.Recipe(low_precision=False)
before, after = (training.scores(net.cpu(), x_test[:100], exact) for net in (compact, again))
print("the same scores:", torch.allclose(before, after, atol=1e-4))

# %% [markdown]
# ## In three sentences
#
# A convolutional network learns features with convolutions and pooling and classifies them with linear layers; each of its shapes and
# parameters can be derived by hand, and most parameters sit where the maps are flattened. Training is fast when the optimiser, the memory layout and the
# precision suit the processor, and comparisons are fair when settings and seeds are the same and nothing is chosen by the test
# set. Depth, normalisation, shortcuts and a global pooling in place of flatten give more accuracy with fewer weights.
#
# | Exercise | Points |
# |---|---|
# | 1 Images with a channel | 2 |
# | 2 The network | 3 |
# | 3 Ten shapes | 4 |
# | 4 Every parameter | 4 |
# | 5 One epoch | 3 |
# | 6 Normalise and drop | 3 |
# | 7 The price in multiplications | 1 |
#
# **Go on:** notebook 05, birds against airplanes · K. He, X. Zhang, S. Ren and J. Sun, [Deep residual learning](https://arxiv.org/abs/1512.03385) ·
# S. Ioffe and C. Szegedy, [Batch normalization](https://arxiv.org/abs/1502.03167) · the
# [performance tuning guide](https://pytorch.org/tutorials/recipes/recipes/tuning_guide.html) of PyTorch.

# %%
# All that the checks of this notebook have said, in one table. Before you hand in: restart the
# kernel, run all cells, and look here again.
from autograder.checks import progress

progress("04_cnn_gpu")
