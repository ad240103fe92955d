# %% [markdown]
# # 03 · Pooling
#
# [<kbd>Open in Colab</kbd>]({{colab}})
#
# **You will be able to** pool a map by hand and in code, chain it with padded and strided convolutions on paper, send a
# gradient back through a maximum, and say what pooling gives a network and what it takes away.
#
# | | |
# |---|---|
# | Time | about 120 minutes |
# | Marks | **20 points** in nine exercises; the “fix the slide” and “quick” questions are for you alone |
# | Needs | no GPU, no downloads; pencil and paper, and best of all a partner |
# | Before | notebook 02: windows, stride and padding |
#
# First of all, write your name between quotes. It draws the matrix of exercises 3 to 5, which is yours alone.

# %% answer="student-name"
### BEGIN SOLUTION
student_name = "Grace Hopper"  # first and last name, in quotes
### END SOLUTION

# %% locked="setup"
import sys

if "google.colab" in sys.modules:  # on Colab the course itself is still missing
    import subprocess

    source = "git+{{repository}}"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", source], check=True
    )

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from autograder.checks import check
from convcourse import figures
from convcourse.crosses import crosses
from convcourse.data.photograph import photograph
from convcourse.matrices import own_matrix

torch.set_printoptions(precision=3, sci_mode=False)

spots = [
    [2, 5, 1, 0, 3, 2],
    [7, 4, 2, 6, 1, 0],
    [0, 1, 3, 2, 8, 4],
    [2, 9, 5, 1, 0, 6],
    [1, 0, 4, 2, 7, 5],
    [3, 6, 2, 8, 1, 9],
]
figures.pooling(spots)

# %% [markdown]
# A window slides over a map, as in a convolution. But there are no products. **Max-pooling** keeps the
# largest number of the window, **average pooling** the mean. By far the most common choice is a 2×2 window that moves by 2
# (f = 2, s = 2): no overlap, and a quarter of the numbers remain. Try others: when do windows overlap, and what is left
# over at the edge? The first exercise uses this map:

# %% tags=["nbval-check-output"]
M = torch.tensor([[1, 3, 2, 0], [4, 8, 5, 1], [7, 2, 9, 6], [0, 3, 4, 5]]).float()
figures.pooling_step(M, at=(0, 0), f=2, s=2, mode="max")

# %% [markdown]
# ## Exercise 1 · Four windows, twice · 2 points · ●○○ · 5 minutes
#
# Pool the 4×4 map of the figure with 2×2 windows and stride 2, once by maximum into `largest`, once by mean into `average`.
# Two rows of two numbers each.
#
# <details><summary>Hint 1</summary>
# The four windows are the four quarters of the map. The first holds 1, 3, 4 and 8.
# </details>
# <details><summary>Symptom: I have nine numbers</summary>
# You moved the window by 1. With stride 2 the windows lie side by side.
# </details>

# %% answer="pool-by-hand"
### BEGIN SOLUTION
largest = [[8, 5], [7, 9]]  # two rows of two
average = [[4, 2], [3, 6]]  # two rows of two
### END SOLUTION

# %% check="pool-by-hand" points=2
check("pool-by-hand")

# %% [markdown]
# **Quick question** · no points. How many weights has `nn.MaxPool2d(2)` to learn?

# %% answer="pool-parameters"
### BEGIN SOLUTION
pool_parameters = 0  # a whole number
### END SOLUTION

# %% check="pool-parameters" points=0
check("pool-parameters")

# %% [markdown]
# ## Exercise 2 · Pooling in code · 4 points · ●●○ · 20 minutes
#
# Write `pool2d(x, f, s, mode)` for a map (h, w), with `mode` either `"max"` or `"avg"`. Rows or columns left over at the
# edge, too few for a whole window, are ignored. Raise `ValueError` for what is impossible: a window larger than the map, a stride below 1,
# any other mode. Write the loops yourself, without the library's pooling.
#
# <details><summary>Hint 1: sizes</summary>
# The same as for a convolution without padding: (h − f) // s + 1.
# </details>
# <details><summary>Hint 2: one window</summary>
# <code>x[i * s : i * s + f, j * s : j * s + f]</code> has methods <code>.max()</code> and <code>.mean()</code>.
# </details>
# <details><summary>Symptom: wrong only with negative numbers</summary>
# A running maximum must not start at 0: it would win against them all.
# </details>
# <details><summary>Symptom: wrong only when f and s differ</summary>
# The window is f wide and moves by s. Look for the place where you used one for the other.
# </details>


# %% answer="pool2d"
def pool2d(x: torch.Tensor, f: int, s: int, mode: str) -> torch.Tensor:
    """Pool a map (h, w) with windows of f×f moved by s; mode is "max" or "avg".

    Returns a tensor ((h - f) // s + 1, (w - f) // s + 1). The arguments stay as they are.
    Raises ValueError for a window larger than the map, s < 1 or another mode.
    """
    ### BEGIN SOLUTION
    h, w = x.shape
    if f > h or f > w:
        raise ValueError("the window is larger than the map")
    if s < 1:
        raise ValueError("the stride must be at least 1")
    if mode not in ("max", "avg"):
        raise ValueError('mode must be "max" or "avg"')
    result = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            result[i, j] = window.max() if mode == "max" else window.mean()
    return result
    ### END SOLUTION


# %% check="pool2d" points=4
check("pool2d")

# %% [markdown]
# The library's modules are `nn.MaxPool2d(kernel_size, stride=None, padding=0)` and `nn.AvgPool2d`. If you leave the stride
# out, it equals the kernel size, and not 1 as in a convolution. Each channel is pooled separately: the number of channels stays the same.
# Here on the numbers from 0 to 15, four in a row:

# %% tags=["nbval-check-output"]
counting = torch.arange(16.0).reshape(1, 4, 4)
print("MaxPool2d(2):           ", nn.MaxPool2d(2)(counting)[0].tolist())
print("AvgPool2d(2):           ", nn.AvgPool2d(2)(counting)[0].tolist())
print("MaxPool2d(3, stride=1): ", nn.MaxPool2d(3, stride=1)(counting)[0].tolist())
print("eight channels 8×8:     ", tuple(nn.MaxPool2d(2)(torch.zeros(1, 8, 8, 8)).shape))

# %% [markdown]
# ### Fix the slide · “you have just applied a convolutional filter with kernel 2×2 and stride 2” · no points
#
# A slide says so about max-pooling, and again about average pooling. A convolution is a weighted sum with fixed weights.
# For which kind of pooling is the sentence true: `"max"`, `"average"`, `"both"` or `"neither"`? And how large is each of the
# four weights then?

# %% answer="not-a-filter"
### BEGIN SOLUTION
is_convolution = "average"  # "max", "average", "both" or "neither"
its_weight = 1 / 4  # each of the four weights
### END SOLUTION

# %% check="not-a-filter" points=0
check("not-a-filter")

# %% [markdown]
# Average pooling *is* a convolution, one that looks at each channel alone (**depthwise**: `groups` equal to the number of
# channels) with equal weights that nobody trains. No fixed weights turn a sum into a maximum: any pixel
# may be the largest, so none may have the weight 0; but then a sum changes when the darkest pixel is made darker still, and the maximum does not.

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
volume = torch.rand(1, 3, 6, 6)
quarter = torch.full((3, 1, 2, 2), 1 / 4)  # one filter for each channel
by_convolution = F.conv2d(volume, quarter, stride=2, groups=3)
print(
    "depthwise convolution = average pooling:",
    torch.allclose(by_convolution, F.avg_pool2d(volume, 2)),
)

# %% [markdown]
# ### Fix the slide · the wrong tensor went in · no points
#
# A slide convolves an image [1, 3, 32, 32] with 16 filters of 3×3, without padding, then prints the size after
# `nn.MaxPool2d(2)`: [1, 3, 16, 16]. It pooled the image, not the convolved one. What should it print? Four numbers.

# %% answer="pooled-shape"
### BEGIN SOLUTION
pooled_shape = (1, 16, 15, 15)  # (N, C, H, W)
### END SOLUTION

# %% check="pooled-shape" points=0
check("pooled-shape")

# %% [markdown]
# ## What pooling forgives
#
# Convolution is translation *equivariant*: move the image and the map moves along. Pooling adds a little *in*variance:
# as long as the maximum stays in its window and nothing larger moves in, a small move changes nothing. Here an edge map of
# the photograph is moved by a few pixels and compared with the unmoved one, in four versions: whole, thinned out to every 4th pixel,
# max-pooled by 4 and max-pooled by 8.
#
# **Predict, then run.** Which version changes least?


# %% answer="predict-shift"
### BEGIN SOLUTION
changes_least = "pooled by 8"  # "whole", "every 4th", "pooled by 4" or "pooled by 8"
### END SOLUTION


# %%
def change(before: torch.Tensor, after: torch.Tensor) -> float:
    """How far two maps are apart, as a share of the first one's size."""
    return float((after - before).norm() / before.norm())


photo = photograph()
upright = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
framed = F.pad(photo[None, None], (1, 1, 1, 1), mode="replicate")  # no false edge at the border
edges = F.conv2d(framed, upright[None, None]).abs()
ways = {
    "whole": lambda maps: maps,
    "every 4th": lambda maps: maps[..., ::4, ::4],
    "pooled by 4": lambda maps: F.max_pool2d(maps, 4),
    "pooled by 8": lambda maps: F.max_pool2d(maps, 8),
}
curves = {}
for name, shrink in ways.items():
    moved = [shrink(torch.roll(edges, shift, dims=3)[..., 16:]) for shift in range(9)]
    curves[name] = [change(moved[0], after) for after in moved]
for name, curve in curves.items():
    print(f"{name:12}", "  ".join(f"{value:.2f}" for value in curve))
print("your guess:", "none yet" if changes_least is ... else changes_least)
figures.lines(
    curves,
    alt="Change of an edge map against the shift, 0 to 8 pixels. Whole or thinned out, it jumps "
    "up at a shift of 1; pooled by 4 it rises more slowly, pooled by 8 more slowly still.",
    xlabel="moved by (pixels)",
    ylabel="change of the map",
)

# %% [markdown]
# Thinning out forgives nothing, pooling forgives a little. No more than that: a move by a whole stride moves the pooled map by one. That
# is equivariance again, on the coarser grid.

# %% tags=["nbval-check-output"]
pooled, pooled_moved = F.max_pool2d(edges, 2), F.max_pool2d(torch.roll(edges, 2, dims=3), 2)
same = torch.equal(torch.roll(pooled, 1, dims=3), pooled_moved)
print("moved by 2 before pooling = moved by 1 after pooling:", same)

# %% [markdown]
# ## In pairs: a chain by hand
#
# From here to exercise 5 work in pairs. Each of you has a matrix $A$ of your own, drawn from your name. Do your own by
# hand, then swap and check each other's. $B$ is the same for all.

# %% tags=["nbval-check-output"]
A = own_matrix(student_name)
B = torch.tensor([[1.0, 1.0, 1.0], [1.0, -2.0, 1.0], [1.0, 1.0, 1.0]])
named = isinstance(student_name, str) and student_name.strip()
title = f"A of {student_name}" if named else "NOBODY'S A: first write your name in the first cell"
figures.grids((title, A), ("B", B))

# %% [markdown]
# ## Exercise 3 · Your matrix: A to C · 2 points · ●○○ · 6 minutes
#
# Max-pool your $A$ with 2×2 windows and stride 2. Write the result, four rows of four, in `C`.
#
# <details><summary>Hint 1</summary>
# Draw the lines between the sixteen 2×2 blocks first. Mind the signs: of −3 and −5 the larger is −3.
# </details>

# %% answer="own-pool"
### BEGIN SOLUTION
C = F.max_pool2d(A[None], 2)[0]  # four rows of four
### END SOLUTION

# %% check="own-pool" points=2
check("own-pool")

# %% [markdown]
# ## Exercise 4 · Your matrix: C to D · 3 points · ●●○ · 15 minutes
#
# Pad `C` with **2** zeros on each side and convolve it with $B$, stride 1. Write the result, six rows of six, in `D`. ($B$
# looks the same after half a turn, so convolution and cross-correlation agree here.) By hand, or with a function from
# notebook 02 that you trust; `torch.tensor(C).float()` makes a tensor of a list.
#
# <details><summary>Hint 1: a check on your sums</summary>
# With a frame of 2, every number of C meets every number of B exactly once. B adds up to 6, so all of D adds up to 6 times
# the sum of C.
# </details>
# <details><summary>Hint 2: less work</summary>
# Each answer is the sum of the nine numbers, minus three times the middle one.
# </details>
# <details><summary>Symptom: only the border is wrong</summary>
# Is the frame two zeros wide? The corner of D sees a single number of C.
# </details>

# %% answer="own-convolve"
### BEGIN SOLUTION
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0]  # six rows of six
### END SOLUTION

# %% check="own-convolve" points=3
check("own-convolve")

# %% [markdown]
# ## Exercise 5 · Your matrix: D to E · 2 points · ●●○ · 5 minutes
#
# Convolve `D` with $B$ at stride **3**, without padding. Write the result, two rows of two, in `E`.
#
# <details><summary>Hint 1</summary>
# The windows start at rows and columns 0 and 3, side by side: nothing is left over.
# </details>

# %% answer="own-stride"
### BEGIN SOLUTION
E = F.conv2d(D[None, None], B[None, None], stride=3)[0, 0]  # two rows of two
### END SOLUTION

# %% check="own-stride" points=2
check("own-stride")

# %% [markdown]
# ## The way back
#
# To learn, a network sends gradients backwards. What is the derivative of a maximum? Wiggle a number that is not the
# largest of its window: the maximum does not move, so its derivative is 0. Wiggle the largest: the maximum moves along, and
# the derivative is 1. The later layers send back a number for each output of the pooling: how much the loss changes if that output grows a little.
# The chain rule multiplies this number, the *gradient that arrives*, by the derivatives above, 1 or 0. So each window sends its whole gradient to its
# winner. Average pooling shares it out evenly: a quarter to each of the four numbers.

# %% tags=["nbval-check-output"]
g = torch.tensor([[10.0, 20.0], [30.0, 40.0]])
figures.pooling_backward(M, g)

# %% [markdown]
# And if several are equally large? Mathematically there is no derivative there, but a program has to do something.
# **Predict, then run.** In the window [[5, 5], [5, 1]], who gets the gradient: the first 5 alone, every 5 in full, or every
# 5 a third of it?

# %% answer="predict-tie"
### BEGIN SOLUTION
gradient_goes_to = "the first"  # "the first", "all in full" or "a third each"
### END SOLUTION

# %% tags=["nbval-check-output"]
tie = torch.tensor([[5.0, 5.0], [5.0, 1.0]], requires_grad=True)
F.max_pool2d(tie[None, None], 2).sum().backward()
print("your guess:", "none yet" if gradient_goes_to is ... else gradient_goes_to)
tie.grad

# %% [markdown]
# PyTorch takes the **first** maximum in reading order and gives it everything. Here are ties to follow step by step. Then
# let the windows overlap, or take the average: what does each entry get?

# %% tags=["nbval-check-output"]
ties = torch.tensor([[1, 4, 0, 3], [4, 2, 3, 3], [5, 0, 2, 6], [1, 5, 6, 2]])
figures.pooling(ties, backward=True)

# %% [markdown]
# ## Exercise 6 · Back through the maximum · 4 points · ●●● · 20 minutes
#
# Write `max_pool_backward(x, grad_output)` for 2×2 windows and stride 2. `x` is the map that went in; `grad_output[i, j]` says
# how much the loss changes if the output (i, j) grows a little. Return the same for each entry of `x`. Follow PyTorch's rule
# for ties. A last row or column that belongs to no window gets 0. No autograd here.
#
# <details><summary>Hint 1</summary>
# Begin with zeros in the shape of <code>x</code>; one number for each window goes in.
# </details>
# <details><summary>Hint 2: the first maximum</summary>
# <code>window.argmax()</code> numbers the entries of the flattened window and returns the number of the first maximum: 2·row + column in a 2×2 window.
# </details>
# <details><summary>Symptom: too much gradient with ties</summary>
# <code>window == window.max()</code> is true in several places; only one may get the gradient.
# </details>
# <details><summary>Symptom: odd sizes fail</summary>
# Run over the windows of <code>grad_output</code>, not over the pixels of <code>x</code>.
# </details>


# %% answer="max-pool-backward"
def max_pool_backward(x: torch.Tensor, grad_output: torch.Tensor) -> torch.Tensor:
    """Send the gradient (h // 2, w // 2) of a 2×2 max-pooling, stride 2, back to its input.

    x is (h, w). Returns a tensor (h, w): each window's gradient at its first maximum in reading
    order, 0 elsewhere. The arguments stay as they are.
    """
    ### BEGIN SOLUTION
    grad = torch.zeros(x.shape)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            row, column = divmod(int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax()), 2)
            grad[2 * i + row, 2 * j + column] = grad_output[i, j]
    return grad
    ### END SOLUTION


# %% check="max-pool-backward" points=4
check("max-pool-backward")

# %% [markdown]
# ## Three ways to get smaller
#
# Small kernels see small things. To let the next layer see larger ones, networks shrink the map between convolutions, by
# average pooling, by max-pooling, or by a **strided convolution**, which visits only every s-th place and learns its
# weights (here nine equal ones stand in for them). Here they are on the photograph's edges, each shrinking by a factor of four:

# %%
mean_kernel = torch.full((1, 1, 3, 3), 1 / 9)
ways = [
    F.avg_pool2d(edges, 4)[0, 0],
    F.max_pool2d(edges, 4)[0, 0],
    F.conv2d(edges, mean_kernel, stride=4)[0, 0],
]
figures.images(
    ways,
    titles=["average pooling", "max-pooling", "strided 3×3 convolution"],
    alt="The photograph's edges, three times shrunk to 32×32. Average pooling is soft and faint, "
    "max-pooling bold, the strided convolution much like average pooling.",
    columns=3,
)

# %% [markdown]
# ## Exercise 7 · Three ways to downsample · 1 point · ●○○ · 5 minutes
#
# A map is 37×37. How many pixels wide is it after `nn.AvgPool2d(2)` (`after_average`), after
# `nn.MaxPool2d(3, stride=2, padding=1)` (`after_maximum`), and after `nn.Conv2d(1, 1, kernel_size=5, stride=3)`
# (`after_strided`)?
#
# <details><summary>Hint 1</summary>
# All three follow the size formula of notebook 02: round (n + 2p − f)/s down, add 1.
# </details>

# %% answer="three-ways"
### BEGIN SOLUTION
after_average = 18  # pixels
after_maximum = 19  # pixels
after_strided = 11  # pixels
### END SOLUTION

# %% check="three-ways" points=1
check("three-ways")

# %% [markdown]
# ## Small kernels, large things
#
# Here is what the shrinking is for. The picture below holds one **large** cross among small ones and bars. Our only tool is
# a kernel for a *small* cross, 3×3. Used once it finds every small cross, and a good many places on thick lines. Used
# **twice**, with pooling between, it finds the large one: on the pooled map the large cross has become small.

# %%
plus = torch.tensor([[0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
picture, place = crosses(0)
first = F.relu(F.conv2d(picture[None, None], plus[None, None], padding=1) - 4)
pooled = F.max_pool2d(first, 2)
second = F.conv2d(pooled, plus[None, None], padding=1)
print("the large cross is at (row, column) =", place, "of the pooled map")
figures.images(
    [picture, first[0, 0], pooled[0, 0], second[0, 0] / 5],
    titles=["picture, 24×24", "small crosses found", "pooled, 12×12", "small cross again"],
    alt="Four steps. A picture with a large cross, small crosses, bars and a T. The places where "
    "the small cross fits entirely. The same pooled to half the size, where the large cross has "
    "become a small one. The second answer, brightest at the large cross.",
    columns=4,
)

# %% [markdown]
# ## Exercise 8 · A large cross from two small ones · 1 point · ●●○ · 10 minutes
#
# Write `find_large_cross(image)`, which returns the (row, column) of the largest entry of the second map. The steps: the
# small cross kernel `plus` with padding 1; minus 4, then ReLU (only a complete cross of five survives); 2×2 max-pooling;
# `plus` with padding 1 again; the place of the maximum. Rows and columns are those of the pooled map. Here the library's
# functions are welcome, and only the place counts.
#
# <details><summary>Hint 1: from a flat index to row and column</summary>
# <code>divmod(int(second.argmax()), width)</code> gives both.
# </details>
# <details><summary>Symptom: it finds a small cross</summary>
# You looked at the first map. The second one comes after pooling.
# </details>
# <details><summary>Symptom: my numbers are twice as large as expected</summary>
# Those are pixels of the picture. Do not scale them back.
# </details>


# %% answer="two-crosses"
def find_large_cross(image: torch.Tensor) -> tuple[int, int]:
    """The large cross of an image (24, 24) of 0 and 1, as (row, column) on the pooled map."""
    ### BEGIN SOLUTION
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    return divmod(int(second.argmax()), second.shape[1])
    ### END SOLUTION


# %% check="two-crosses" points=1
check("two-crosses")

# %% [markdown]
# How much of the picture has a say in one number of the last map? Its **receptive field**. Three pooled numbers in a row cover
# six of the first map, and the first kernel adds one on each side: 8×8 pixels, seen with 9 + 9 weights in place of 64.
# Stack a few more, and small kernels see whole faces.
#
# ## The frame of a maximum
#
# Slides say that `padding` “works exactly as in `nn.Conv2d`”. It does not. A frame of zeros would win every window of
# negative numbers. `nn.MaxPool2d` frames with −∞, which never wins, and allows a frame of at most half the kernel; a frame as wide as the
# kernel would leave windows with nothing but −∞ in them. (`nn.AvgPool2d` does pad with zeros, and counts them in the mean.)

# %% tags=["nbval-check-output"]
rows = [[-6, -8, -9, -4], [-9, -7, -7, -9], [-1, -6, -6, -7], [-4, -3, -5, -8]]
negative = torch.tensor(rows).float()
figures.grids(("all negative", negative))

# %% [markdown]
# Before you do this map by hand, watch the frame of another one: with the maximum it loses, with the average it counts.

# %% tags=["nbval-check-output"]
figures.pooling(-1 - torch.arange(25).reshape(5, 5) % 7, f=3, s=2, padding=1)

# %% [markdown]
# ## Exercise 9 · What stands in the frame? · 1 point · ●●○ · 6 minutes
#
# By hand: what does `nn.MaxPool2d(3, stride=2, padding=1)` make of the map above? Two rows of two, in `padded_maximum`. And
# what is the widest padding that a window of 5 allows (`widest_padding`)?
#
# <details><summary>Hint 1</summary>
# The first window covers the frame and, of the map, −6, −8, −9 and −7. The frame never wins.
# </details>
# <details><summary>Hint 2</summary>
# At most half of the kernel, rounded down.
# </details>

# %% answer="max-pool-padding"
### BEGIN SOLUTION
padded_maximum = [[-6, -4], [-1, -3]]  # two rows of two
widest_padding = 2  # pixels
### END SOLUTION

# %% check="max-pool-padding" points=1
check("max-pool-padding")

# %% [markdown]
# ## A look ahead: one block of a network
#
# Convolution, pooling and three helpers make a block that networks repeat. In `nn.Sequential` the layers stand in the order in
# which data passes. **Batch normalisation** comes after the convolution, before ReLU, and evens out each channel over the
# batch; **dropout**, at the end, silences numbers at random while training. Both behave differently in training and in use,
# hence `train()` and `eval()`. Notebook 04 builds with them. At the end of a network one often averages each whole map to a
# single number, **global average pooling**: there, at last, it no longer matters where a thing was found.

# %% tags=["nbval-check-output"]
block = nn.Sequential(
    nn.Conv2d(1, 8, kernel_size=3, padding=1),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Dropout(0.25),
)
block.eval()
maps = torch.zeros(1, 1, 28, 28)
for layer in block:
    maps = layer(maps)
    weights = sum(p.numel() for p in layer.parameters())
    print(f"{type(layer).__name__:12}{tuple(maps.shape)!s:18}{weights:>4} weights")

# %% [markdown]
# ## In three sentences
#
# Pooling slides a window without weights and keeps the largest or the mean, channel by channel. It shrinks maps, so that
# small kernels come to see large things, and forgives small moves, though no more than that. Backwards, max-pooling sends each
# gradient to the winner alone; its padding is −∞, not zero.
#
# | Exercise | Points |
# |---|---|
# | 1 Four windows, twice | 2 |
# | 2 Pooling in code | 4 |
# | 3 Your matrix: A to C | 2 |
# | 4 Your matrix: C to D | 3 |
# | 5 Your matrix: D to E | 2 |
# | 6 Back through the maximum | 4 |
# | 7 Three ways to downsample | 1 |
# | 8 A large cross from two small ones | 1 |
# | 9 What stands in the frame? | 1 |
#
# **Go on:** notebook 04, the whole network on a GPU · the
# [`nn.MaxPool2d` page](https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html) · R. Zhang,
# [Making convolutional networks shift-invariant again](https://arxiv.org/abs/1904.11486), on what pooling does not forgive.

# %%
# All that the checks of this notebook have said, in one table. Before you hand in: restart the
# kernel, run all cells, and look here again.
from autograder.checks import progress

progress("03_pooling")
