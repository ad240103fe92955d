# %% [markdown]
# # 06 · LeNet-5, number by number
#
# [<kbd>Open in Colab</kbd>]({{colab}})
#
# **You will be able to** read a network like a bill: derive the shape, the size and the parameters of every layer, find the
# errors in somebody else's table, tell apart the three meanings of “small”, and design a network within a budget.
#
# | | |
# |---|---|
# | Time | about 140 minutes |
# | Marks | **20 points** in eight exercises; the summary at the end is for you alone |
# | Needs | no GPU, no downloads |
# | Before | sizes and channels (notebook 02), pooling (03), `nn.Module` (04 or 05) |
#
# Run the first two cells, and look at the picture.

# %% locked="setup"
import sys

if "google.colab" in sys.modules:  # on Colab the course itself is still missing
    import subprocess

    source = "git+{{repository}}"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", source], check=True
    )

import torch
import torch.nn.functional as F
import torchsummary
from torch import nn

from autograder.checks import check
from convcourse import figures, networks

# %% tags=["nbval-check-output"]
figures.layers(
    [
        figures.Layer("image", (3, 32, 32), 0),
        figures.Layer("Conv2d 5×5", None, None),
        figures.Layer("MaxPool2d 2×2", None, 0),
        figures.Layer("Conv2d 5×5", None, None),
        figures.Layer("MaxPool2d 2×2", None, 0),
        figures.Layer("Linear", (120,), None),
        figures.Layer("Linear", (84,), None),
        figures.Layer("Linear", (10,), None),
    ],
    caption="LeNet-5 for colour images: 8 filters, then 16. Every question mark is yours.",
)

# %% [markdown]
# In 1998 a network read the amounts on bank cheques: LeNet-5, by Yann LeCun and others. It has two convolutions, two poolings and
# three linear layers, and almost every network since has been built on this plan. Here it gets a colour image, and we
# account for each number in it.
#
# ## What one filter costs
#
# A filter on a colour image is a little box: f rows, f columns, and as deep as the image has channels. One window gives
# $f \cdot f \cdot c_{in}$ products; add them up, add one bias, and you have one number of one map.

# %% tags=["nbval-check-output"]
figures.volumes(
    [("RGB image", (3, 6, 6)), "⊗", ("2 filters", (2, 3, 3, 3)), "=", ("2 maps", (2, 4, 4))],
    caption="One window under one filter: 3·3·3 = 27 products. Two filters, two maps of 4×4.",
)

# %% [markdown]
# ## Exercise 1 · The parameters of a convolution · 2 points · ●●○ · 15 minutes
#
# Write `conv_parameters`, and use it for the classic question: a layer has 10 filters of 3×3 on an RGB image. How many parameters, with biases?
#
# <details><summary>Hint 1: one filter</summary>
# One weight for each row, column and <em>input channel</em>, and one bias for the whole filter.
# </details>
# <details><summary>Symptom: 100</summary>
# That is right for a grey image: nine weights and a bias. Here each filter has three slices.
# </details>
# <details><summary>Symptom: 300</summary>
# A bias for each slice is two too many for each filter.
# </details>


# %% answer="conv-parameters"
def conv_parameters(f: int, c_in: int, c_out: int, bias: bool = True) -> int:
    """How many parameters a convolution has: c_out filters of size f×f on c_in channels."""
    ### BEGIN SOLUTION
    return c_out * (f * f * c_in + int(bias))
    ### END SOLUTION


### BEGIN SOLUTION
ten_filters = conv_parameters(3, 3, 10)  # 10 filters of 3×3 on an RGB image, with biases
### END SOLUTION

# %% check="conv-parameters" points=2
check("conv-parameters")

# %% [markdown]
# The image's size is nowhere in the formula. The same few numbers serve a stamp and a poster: that is weight sharing.
#
# ## What comes out
#
# Notation differs from book to book. Here layer number $l$ has $n_c^{[l]}$ filters of size $f^{[l]}$, with padding $p^{[l]}$ and stride $s^{[l]}$. It has as many
# maps as filters, and a filter's depth is the number of maps *before* it, $n_c^{[l-1]}$. Do not confuse $f$ and $n_c$, as one deck
# does in its size formula, where the floor is missing, too. This is how it should read:
#
# $$n^{[l]} = \left\lfloor \frac{n^{[l-1]} + 2p^{[l]} - f^{[l]}}{s^{[l]}} \right\rfloor + 1$$

# %% tags=["nbval-check-output"]
figures.size_line(12, 5, 0, 2)

# %% [markdown]
# Twelve pixels, a window of five that moves by two: four places, and one pixel is left over. That is what the floor does.

# %% [markdown]
# ## Exercise 2 · A chain of sizes · 2 points · ●●○ · 15 minutes
#
# Write it as `conv_output`. Then follow an image of 39×39 through three layers without padding: 10 filters of 3 with stride 1, 20 filters of 5 with stride
# 2, 40 filters of 5 with stride 2. How many numbers go into the linear layer?
#
# <details><summary>Hint 1: the floor</summary>
# In Python, <code>//</code> divides and cuts off.
# </details>
# <details><summary>Hint 2: what cannot be</summary>
# A window larger than the padded image, or a stride below 1: <code>raise ValueError("…")</code>.
# </details>
# <details><summary>Symptom: the sizes are right, the last number is not</summary>
# Rows times columns times <em>maps</em>, and there are as many maps as the last layer has filters.
# </details>


# %% answer="conv-output"
def conv_output(n: int, f: int, p: int = 0, s: int = 1) -> int:
    """What a window of f leaves of n pixels, with padding p on both sides and stride s.

    Raises ValueError where no window fits, or for a stride below 1.
    """
    ### BEGIN SOLUTION
    if s < 1 or n + 2 * p < f:
        raise ValueError("the window must fit and move")
    return (n + 2 * p - f) // s + 1
    ### END SOLUTION


### BEGIN SOLUTION
size_1 = conv_output(39, 3)  # 39 pixels, 10 filters of 3, no padding, stride 1
size_2 = conv_output(size_1, 5, 0, 2)  # then 20 filters of 5, no padding, stride 2
size_3 = conv_output(size_2, 5, 0, 2)  # then 40 filters of 5, no padding, stride 2
numbers_left = size_3 * size_3 * 40  # that go into the linear layer
### END SOLUTION

# %% check="conv-output" points=2
check("conv-output")

# %% [markdown]
# The same chain as a network to play with. Choose a block, by mouse or by the arrow keys: it tells you where its numbers come from. Then change it.
# Which stride makes each of the last maps a single number? And when does a window no longer fit?

# %% tags=["nbval-check-output"]
if numbers_left is ... or ten_filters is ...:
    chain = "come back when exercises 1 and 2 are done: this shows their answers"
else:
    chain = figures.network(
        [
            nn.Conv2d(3, 10, kernel_size=3),
            nn.Conv2d(10, 20, kernel_size=5, stride=2),
            nn.Conv2d(20, 40, kernel_size=5, stride=2),
            nn.Flatten(),
        ],
        shape=(3, 39, 39),
        caption="The chain of exercise 2. Choose a block to see where its numbers come from.",
    )
chain

# %% [markdown]
# ## The table
#
# | | shape | size | parameters |
# |---|---|---|---|
# | image | (3, 32, 32) | 3072 | 0 |
# | conv 1: 8 filters, f = 5, s = 1 | ? | ? | ? |
# | pool 1: f = 2, s = 2 | ? | ? | ? |
# | conv 2: 16 filters, f = 5, s = 1 | ? | ? | ? |
# | pool 2: f = 2, s = 2 | ? | ? | ? |
# | linear, 120 units | (120,) | 120 | ? |
# | linear, 84 units | (84,) | 84 | ? |
# | softmax, 10 classes | (10,) | 10 | ? |
#
# Shapes are (channels, rows, columns), PyTorch's order. Many tables elsewhere write (rows, columns, channels): (32, 32, 3) is the
# same image.

# %% [markdown]
# ## Exercise 3 · The table, cell by cell · 6 points · ●●○ · 30 minutes
#
# Fill it in. *Size* is how many numbers the shape holds. There is no padding. A point for each of the four rows of convolution and pooling, one
# for the three linear layers, one for the total.
#
# <details><summary>Hint 1: where to begin</summary>
# Row by row: the shape from <code>conv_output</code>, the size by multiplying, the parameters from <code>conv_parameters</code>.
# </details>
# <details><summary>Hint 2: pooling</summary>
# It learns nothing, and works on each channel by itself.
# </details>
# <details><summary>Hint 3: the first linear layer</summary>
# It reads all numbers of pool 2.
# </details>

# %% answer="lenet-table"
### BEGIN SOLUTION
conv1_shape = (8, 28, 28)  # channels, rows, columns
conv1_size = 8 * 28 * 28  # numbers in that shape
conv1_parameters = 8 * (5 * 5 * 3 + 1)  # learned
pool1_shape = (8, 14, 14)
pool1_size = 8 * 14 * 14
pool1_parameters = 0
conv2_shape = (16, 10, 10)
conv2_size = 16 * 10 * 10
conv2_parameters = 16 * (5 * 5 * 8 + 1)
pool2_shape = (16, 5, 5)
pool2_size = 16 * 5 * 5
pool2_parameters = 0
fc1_parameters = 400 * 120 + 120  # the layer with 120 units
fc2_parameters = 120 * 84 + 84  # the layer with 84 units
softmax_parameters = 84 * 10 + 10  # the layer with 10 units
total_parameters = (
    conv1_parameters + conv2_parameters + fc1_parameters + fc2_parameters + softmax_parameters
)
### END SOLUTION

# %% check="lenet-table" points=6
check("lenet-table")

# %% [markdown]
# ## Exercise 4 · Four wrong entries · 3 points · ●●○ · 15 minutes
#
# **Fix the slide.** This table has been copied from course to course. Four of its entries are wrong. Which, and what should they be?
#
# | | shape | size | parameters |
# |---|---|---|---|
# | input | (32, 32, 3) | 3072 | 0 |
# | conv 1 | (28, 28, 8) | 6072 | 208 |
# | pool 1 | (14, 14, 8) | 1568 | 0 |
# | conv 2 | (10, 10, 16) | 1600 | 416 |
# | pool 2 | (5, 5, 16) | 400 | 0 |
# | linear 1 | (120, 1) | 120 | 48120 |
# | linear 2 | (84, 1) | 84 | 10164 |
# | softmax | (10, 1) | 10 | 850 |
# | total | | | 59758 |
#
# Put them into the dictionary `corrected`: the entry's row and column, such as `"pool 1 size"`, and the right number. Each counts ¾ of a point;
# “correcting” an entry that was right loses you ¾ of a point again.
#
# <details><summary>Hint 1</summary>
# You have derived the whole table. Compare.
# </details>
# <details><summary>Hint 2: where do 208 and 416 come from?</summary>
# 208 = (5·5 + 1)·8. How many channels did its author count?
# </details>

# %% answer="four-errors"
### BEGIN SOLUTION
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958,
}
### END SOLUTION

# %% check="four-errors" points=3
check("four-errors")

# %% [markdown]
# Two of the four are one mistake, made twice: a filter counted as one slice deep. A third is a slip in a multiplication, and the total inherits the two
# that it adds up.

# %% [markdown]
# ## Exercise 5 · LeNet5 · 3 points · ●●○ · 20 minutes
#
# Now build it. The activation was a kind of tanh in 1998; we take ReLU, after each convolution and between the linear layers. No softmax at the
# end: the loss wants scores.
#
# <details><summary>Hint 1: what goes where</summary>
# Layers with parameters are made in <code>__init__</code>, after <code>super().__init__()</code>; <code>forward</code> uses them.
# </details>
# <details><summary>Hint 2: flatten</summary>
# <code>x.flatten(1)</code> keeps the first axis, the images.
# </details>
# <details><summary>Symptom: it only works for ten classes</summary>
# The last layer has <code>n_classes</code> outputs.
# </details>


# %% answer="lenet5"
class LeNet5(nn.Module):
    """The network of the table: images (N, 3, 32, 32) in, scores (N, n_classes) out.

    Convolution to 8 channels (5×5), ReLU, max-pooling 2×2; convolution to 16 channels (5×5), ReLU,
    max-pooling 2×2; flatten; linear to 120, ReLU; linear to 84, ReLU; linear to n_classes.
    """

    def __init__(self, n_classes: int = 10):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(3, 8, kernel_size=5)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ### BEGIN SOLUTION
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))
        ### END SOLUTION


# %% check="lenet5" points=3
check("lenet5")

# %% [markdown]
# Is everything as you derived it? `torchsummary` does the bookkeeping for your own network. **Predict, then run.** What percentage of all parameters sits in
# the first linear layer?

# %% answer="predict-share"
### BEGIN SOLUTION
share_guess = 76  # percent
### END SOLUTION

# %%
print("your guess:", "none yet" if share_guess is ... else share_guess)
try:
    torchsummary.summary(LeNet5(), (3, 32, 32), device="cpu")
except NotImplementedError:
    print("come back when exercise 5 is done")

# %% [markdown]
# ## Exercise 6 · The classic · 1 point · ●●○ · 10 minutes
#
# The network of 1998 read grey images of 32×32, with 6 filters in the first convolution and 16 in the second; sizes and linear layers are those of the
# table. How many parameters, if each filter of the second convolution sees all 6 maps?
#
# <details><summary>Hint 1</summary>
# Only the two convolutions change. The linear layers still read 16·5·5 numbers.
# </details>
# <details><summary>Symptom: I get exactly 60,000</summary>
# Then you have read the paper. There most filters see only some of the maps; here every filter sees every map.
# </details>

# %% tags=["nbval-check-output"]
figures.layers(
    [
        figures.Layer("image", (1, 32, 32), 0),
        figures.Layer("Conv2d 5×5", None, None),
        figures.Layer("pooling 2×2", None, 0),
        figures.Layer("Conv2d 5×5", None, None),
        figures.Layer("pooling 2×2", None, 0),
        figures.Layer("Linear", (120,), None),
        figures.Layer("Linear", (84,), None),
        figures.Layer("Linear", (10,), None),
    ],
    caption="The network of 1998: grey images, 6 filters, then 16.",
)

# %% answer="classic-lenet"
### BEGIN SOLUTION
classic_parameters = (
    6 * (25 * 1 + 1) + 16 * (25 * 6 + 1) + 400 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10
)  # in all
### END SOLUTION

# %% check="classic-lenet" points=1
check("classic-lenet")

# %% [markdown]
# In the paper the second convolution was sparsely connected, pooling had weights, and the last layer was fixed: 60,000 learned
# parameters, a remarkably round number.

# %% [markdown]
# ## Exercise 7 · Five classes · 1 point · ●○○ · 5 minutes
#
# Why does the softmax have 10 outputs? Because there are ten classes: one score for each. If the images came from five classes, how many outputs would there
# be, and how many parameters in the whole network of the table?
#
# <details><summary>Hint 1</summary>
# Which layers know how many classes there are?
# </details>

# %% answer="five-classes"
### BEGIN SOLUTION
parameters_with_5 = 62_958 - 5 * (84 + 1)  # of the whole network of the table
outputs_with_5 = 5  # units in its last layer
### END SOLUTION

# %% check="five-classes" points=1
check("five-classes")

# %% [markdown]
# ## Three meanings of “small”
#
# *Parameters* have to be stored and sent. *Activations*, the numbers that layers hand on, fill the memory while the network runs;
# they are counted here after *every* layer, ReLU and flatten included, so they are more than the sizes in your table add up to. *Multiply–adds* are the
# work, and cost time and battery. **Predict, then run.** Of the four networks below, is any one the smallest in all three senses?

# %% answer="predict-small"
### BEGIN SOLUTION
same_winner = False  # True or False
### END SOLUTION

# %% tags=["nbval-check-output"]
kinds = {
    "LeNet-5": (networks.lenet5(), (3, 32, 32)),
    "MLP of 01": (nn.Sequential(nn.Flatten(), networks.lecture_mlp()), (1, 28, 28)),
    "CNN of 04": (networks.lecture_cnn(), (1, 28, 28)),
    "compact CNN of 04": (networks.compact_cnn(), (1, 28, 28)),
}
print(f"{'':18}{'parameters':>12}{'activations':>13}{'multiply-adds':>15}")
for kind, (model, shape) in kinds.items():
    weights = sum(parameter.numel() for parameter in model.parameters())
    numbers, work = networks.activations(model, shape), networks.multiply_adds(model, shape)
    print(f"{kind:18}{weights:>12,}{numbers:>13,}{work:>15,}")
print("your guess:", "none yet" if same_winner is ... else same_winner)

# %% [markdown]
# LeNet-5 has the fewest parameters; the MLP has by far the fewest activations and, by a little, the least work. The compact network of notebook 04 has fewer
# parameters than the MLP and the CNN, and does the most work. Which one is “small” depends on what is scarce.
#
# Below is LeNet-5 as you have derived it, with a budget that it breaks. Where are its parameters, where is its work? Change, add and remove
# blocks until it keeps both limits. (It waits for exercises 3, 6 and 7.)

# %% tags=["nbval-check-output"]
if any(answer is ... for answer in (total_parameters, classic_parameters, parameters_with_5)):
    draft = "come back when exercises 3, 6 and 7 are done: this shows their answers"
else:
    draft = figures.network(
        networks.lenet5(),
        shape=(3, 32, 32),
        budget=(20_000, 1_000_000),  # parameters, multiply-adds
        caption="LeNet-5: within a million multiply–adds, but not within 20,000 parameters.",
    )
draft

# %% [markdown]
# ## Exercise 8 · Design within a budget · 2 points · ●●● · 20 minutes
#
# Design a network for images of (3, 32, 32) and ten classes with **at most 20,000 parameters and at most 1,000,000 multiply–adds** for one image.
# It must have at least two convolutions, and its scores must depend on every pixel: no cropping. The check builds it and counts. One point is for the
# budget and the two convolutions. Only with these is there a second, for a network that works: scores of the right shape, every pixel used, a new network at each
# call, and, in eval mode, scores for an image that do not depend on the other images in its batch.
#
# <details><summary>Hint 1: where does the work go?</summary>
# Filters cost most where maps are large. A stride of 2 in the first layer quarters the rest.
# </details>
# <details><summary>Hint 2: where do the parameters go?</summary>
# Into the linear layer after flatten. Small maps, few channels, or a global pooling before it.
# </details>
# <details><summary>Symptom: “does not depend on every pixel”</summary>
# A stride larger than the kernel steps over pixels; and without padding the last ones may be left over.
# </details>


# %% answer="budget-network"
def budget_network() -> nn.Module:
    """A network of your own for images (N, 3, 32, 32) and ten classes.

    At most 20,000 parameters and at most 1,000,000 multiply-adds for one image; at least two
    convolutions; the scores must depend on every pixel of the image and on every channel.
    """
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(3, 16, kernel_size=5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 24, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24 * 4 * 4, 10),
    )
    ### END SOLUTION


# %% check="budget-network" points=2
check("budget-network")

# %% [markdown]
# ### A summary of your own · no points
#
# How does `torchsummary` know? It hangs a **hook** on each layer: a function that is called whenever the layer has run. Then it sends two random images
# through the network, and listens. Write it yourself. `layer.register_forward_hook(f)` calls `f(layer, inputs, output)`, and returns a handle whose
# `remove()` takes the hook off again.
#
# <details><summary>Hint 1: which layers?</summary>
# <code>model.modules()</code> lists all layers, even those that only contain others; in these, <code>list(layer.children())</code> is not empty.
# </details>
# <details><summary>Hint 2: without the N</summary>
# <code>output.shape[1:]</code>
# </details>


# %% answer="own-summary"
def my_summary(
    model: nn.Module, input_shape: tuple[int, ...]
) -> list[tuple[str, tuple[int, ...], int]]:
    """Every layer without layers inside, in the order of work: class, output shape, parameters.

    input_shape is that of one item, such as (3, 32, 32), without N; so is each output shape.
    """
    ### BEGIN SOLUTION
    rows = []

    def note(layer: nn.Module, inputs: object, output: torch.Tensor) -> None:
        """Write down a layer and the shape of its output, without N: (3, 32, 32)."""
        count = sum(parameter.numel() for parameter in layer.parameters())
        rows.append((type(layer).__name__, tuple(output.shape[1:]), count))

    leaves = [layer for layer in model.modules() if not list(layer.children())]
    hooks = [leaf.register_forward_hook(note) for leaf in leaves]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows
    ### END SOLUTION


# %% check="own-summary" points=0
check("own-summary")

# %%
try:
    rows = my_summary(budget_network(), (3, 32, 32))
    drawn = figures.layers(
        [figures.Layer("image", (3, 32, 32), 0), *[figures.Layer(*row) for row in rows]],
        caption="My own network, by my own summary.",
    )
except NotImplementedError:
    drawn = "come back when your network and your summary are done"
drawn

# %% [markdown]
# The check has compared yours with what `torchsummary` lists, on several networks, one of them with layers inside layers.
#
# ## In three sentences
#
# A convolution has $c_{out}\,(f \cdot f \cdot c_{in} + 1)$ parameters whatever the image's size, and
# $\lfloor (n + 2p - f)/s \rfloor + 1$ gives the size of what comes out. In a network built on LeNet's plan, most parameters sit in the first linear layer,
# most work in the convolutions, and most activations in the first maps. A table is not right just because it has often been copied:
# derive it, or build the network and count.
#
# | Exercise | Points |
# |---|---|
# | 1 The parameters of a convolution | 2 |
# | 2 A chain of sizes | 2 |
# | 3 The table, cell by cell | 6 |
# | 4 Four wrong entries | 3 |
# | 5 LeNet5 | 3 |
# | 6 The classic | 1 |
# | 7 Five classes | 1 |
# | 8 Design within a budget | 2 |
#
# **Go on:** Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791), 1998, the paper of LeNet-5 ·
# [`torch.nn.Module.register_forward_hook`](https://pytorch.org/docs/stable/generated/torch.nn.Module.html).

# %%
# All that the checks of this notebook have said, in one table. Before you hand in: restart the
# kernel, run all cells, and look here again.
from autograder.checks import progress

progress("06_lenet5_parameters")
