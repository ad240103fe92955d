# %% [markdown]
# # 02 · Convolution by hand, with stride and padding
#
# [<kbd>Open in Colab</kbd>]({{colab}})
#
# **You will be able to** compute a convolution with pencil and paper, write it in a dozen lines of Python, predict
# the size of every result, and say what `nn.Conv2d` does with channels, filters, stride and padding.
#
# | | |
# |---|---|
# | Time | about 150 minutes |
# | Marks | **20 points** in ten exercises; the “fix the slide” and “quick” questions without points are for you alone |
# | Needs | no GPU, no downloads |
# | Before | you can index a matrix in Python; a first look at PyTorch (notebook 01) helps |
#
# Run the first cell, and play: drag the window over the image or press Play. Then change stride and padding. What
# happens to the size of the output?

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
from convcourse.data.photograph import photograph

torch.set_printoptions(precision=3, sci_mode=False)

seven = [
    [0, 7, 9, 9, 8, 1],
    [0, 2, 1, 3, 9, 1],
    [0, 0, 1, 8, 4, 0],
    [1, 0, 5, 9, 1, 0],
    [0, 1, 9, 3, 0, 0],
    [0, 3, 8, 1, 0, 1],
]
figures.convolution(seven, [[1, 0, -1], [1, 0, -1], [1, 0, -1]])

# %% [markdown]
# A small window, the **kernel**, slides over an image. At each place it multiplies what lies under it, number by
# number, and adds the products up. That is all. This notebook takes the operation apart, builds it again, and puts
# it together into the layer that sees in almost every network that looks at pictures.
#
# One step on paper, with the image and the kernel of the first exercises:

# %% tags=["nbval-check-output"]
A = torch.arange(1.0, 17.0).reshape(4, 4)  # the image
B = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # the kernel
figures.convolution_step(A, B, at=(0, 1))

# %% [markdown]
# ## Why not just flatten?
#
# A linear layer wants a vector, so an image has to be flattened first. What gets lost? Here is a tiny “airplane”
# on an 8×8 image, and the same airplane one pixel further right.

# %% tags=["nbval-check-output"]
plane = torch.zeros(8, 8)
plane[3, 1:7] = 1
plane[1:6, 3] = 1
plane[2:5, 1] = 1
moved = torch.roll(plane, 1, dims=1)
figures.grids(("airplane", plane), "→", ("moved right by 1", moved), shade=True)

# %% [markdown]
# **Predict, then run.** To you it is still the same airplane. Of the 64 numbers that a linear layer receives, how many are
# different after the move? Write your guess first.

# %% answer="predict-moved"
### BEGIN SOLUTION
guess = 14  # a number between 0 and 64
### END SOLUTION

# %% tags=["nbval-check-output"]
flat, flat_moved = plane.flatten(), moved.flatten()
differ = int((flat != flat_moved).sum())
print("numbers that differ:", differ, "of", flat.numel())
print("your guess:", "none yet" if guess is ... else guess)
print("pixels that are on: ", int(plane.sum()))
below = 4 * 8 + 3 - (3 * 8 + 3)
print(
    "(3, 3) and (4, 3) are neighbours in the image; in the vector they are", below, "entries apart"
)

# %% [markdown]
# Fourteen numbers changed although only twelve pixels are on: 7 pixels went out and 7 lit up. To a linear layer this is a
# different input: the layer must learn the airplane anew for each place. And in the vector, the pixel below another one is eight entries away.
#
# In notebook 01 you saw how little a linear layer knows about neighbours: with the pixels of **every** image shuffled into
# the same fixed order you see noise, but the accuracy stays the same. Here is the reason, in numbers: shuffle the layer's weights in the same way, and
# it answers exactly as before.

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
layer = nn.Linear(64, 3)
order = torch.randperm(64)
shuffled_layer = nn.Linear(64, 3)
shuffled_layer.load_state_dict({"weight": layer.weight[:, order], "bias": layer.bias})
print("original image, original layer: ", layer(flat).detach())
print("shuffled image, shuffled layer: ", shuffled_layer(flat[order]).detach())

# %% [markdown]
# So it is not that “the vector is always the same”, as one sometimes hears. Any **fixed** order of the pixels, used for the
# whole data set, leaves the linear layer's task unchanged: the layer never used their order. Convolution does. It looks at
# small neighbourhoods, and uses the same weights at all places. Move the image, and the answer moves along:
# convolution is **translation equivariant**. (A final answer that does *not* move is called *invariant*; pooling,
# in notebook 03, brings some of that.)
#
# ## The operation
#
# For an image $A$ and a kernel $B$ with $f_h$ rows and $f_w$ columns,
#
# $$C_{i,j} = (A \otimes B)_{i,j} = \sum_{k=0}^{f_h-1} \sum_{l=0}^{f_w-1} B_{k,l}\, A_{i+k,\, j+l}$$
#
# You may meet this formula with $B$ printed twice on the right. It must be $B$ times $A$: kernel times image.

# %% tags=["nbval-check-output"]
figures.convolution_strip(A, B, [(0, 0), (1, 1)])

# %% [markdown]
# ## Exercise 1 · The missing windows · 2 points · ●○○ · 8 minutes
#
# The figure shows the first and the fifth window. So far there are 44, 54, 64, then 84 and 94. Compute the other four with pencil and paper:
# `c12` (row 1, column 2), `c20`, `c21` and `c22`. Rows and columns count from 0.
#
# <details><summary>Hint 1: where is the window?</summary>
# Its top left corner is at row i, column j of the image. For <code>c12</code> it covers 7, 8 and 11, 12.
# </details>
# <details><summary>Hint 2: what then?</summary>
# Four products, kernel times image, top left with top left; then add.
# </details>
# <details><summary>Symptom: my numbers go 104, 114, 124 …</summary>
# You are counting on in tens. From the end of one row to the start of the next the window jumps; compute it afresh.
# </details>

# %% answer="windows-by-hand"
### BEGIN SOLUTION
c12 = 7 * 1 + 8 * 2 + 11 * 3 + 12 * 4  # row 1, column 2
c20 = 9 * 1 + 10 * 2 + 13 * 3 + 14 * 4  # row 2, column 0
c21 = 10 * 1 + 11 * 2 + 14 * 3 + 15 * 4  # row 2, column 1
c22 = 11 * 1 + 12 * 2 + 15 * 3 + 16 * 4  # row 2, column 2
### END SOLUTION

# %% check="windows-by-hand" points=2
check("windows-by-hand")

# %% [markdown]
# ## Cross-correlation and convolution
#
# What you just did has a proper name: **cross-correlation**. In mathematics, *convolution* has minus signs,
#
# $$(A * B)_{i,j} = \sum_{k}\sum_{l} B_{k,l}\, A_{i-k,\, j-l},$$
#
# which comes to the same as turning the kernel by half a turn (flipping it in both directions) before sliding it. (In this formula our
# first window is entry (1, 1), the first one whose indices all stay on the image.)
#
# Deep learning says “convolution” and computes cross-correlation: since the kernel is learned, a flipped one would be
# learned just as well. PyTorch is no exception. Here it is on the first window alone, whose answer you know: 44.

# %% tags=["nbval-check-output"]
# conv2d wants (N, C, H, W): N images with C channels, H rows and W columns. For one image with
# one channel, [None, None] puts two axes of length 1 in front.
corner = A[:2, :2]
print("the kernel as it is:", F.conv2d(corner[None, None], B[None, None]).item())
print("flipped first:      ", F.conv2d(corner[None, None], B.flip(0, 1)[None, None]).item())

# %% tags=["nbval-check-output"]
sideways, both = B.flip(1), B.flip(0, 1)
figures.grids(("B", B), "→", ("flipped left–right", sideways), "→", ("and top–bottom", both))

# %% [markdown]
# Try both on other numbers: flip the kernel, and flip it back. When does flipping make no difference? Type in a kernel for which it makes none.

# %% tags=["nbval-check-output"]
figures.convolution([[3, 0, 1, 2], [1, 4, 0, 1], [0, 2, 5, 1]], [[0, 1], [2, 3]], flip=True)

# %% [markdown]
# ## Exercise 2 · The same, truly convolved · 1 point · ●○○ · 8 minutes
#
# Slide the flipped kernel over the same image and write down all nine numbers in `convolved`, as a list of three rows.
# The first is 1·4 + 2·3 + 5·2 + 6·1 = 26.
#
# <details><summary>Hint 1</summary>
# Do the first row, then look how much each number grows from window to window. Does it grow the same way downwards?
# </details>
# <details><summary>Symptom: I get 44 in the corner</summary>
# You used the kernel as printed. Flip it first: the 4 comes to the top left.
# </details>

# %% answer="true-convolution"
### BEGIN SOLUTION
convolved = [[26, 36, 46], [66, 76, 86], [106, 116, 126]]  # three rows of three numbers
### END SOLUTION

# %% check="true-convolution" points=1
check("true-convolution")

# %% [markdown]
# ## A kernel that looks for something
#
# A kernel is a tiny template. This one is shaped like an X. Every number is 0 or 1, so its answer simply counts the places
# where kernel and image are both 1, five at the most. (A patch of ones all over would also answer 5: to be choosy, a kernel
# needs negative weights. They come soon.)
#
# **Predict, then run.** The result is 3×3. How large is its largest number?

# %% tags=["nbval-check-output"]
rows = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
black_and_white = torch.tensor(rows).float()
cross = torch.tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]]).float()
figures.grids(("image, 5×5", black_and_white), "⊗", ("kernel", cross), "= ?", shade=True)

# %% answer="predict-cross"
### BEGIN SOLUTION
largest = 4  # your guess of the largest number
### END SOLUTION

# %% tags=["nbval-check-output"]
answer = F.conv2d(black_and_white[None, None], cross[None, None])[0, 0]
print(f"the largest: {answer.max():.0f}")
print("your guess:", "none yet" if largest is ... else largest)
figures.convolution_step(black_and_white, cross, at=(2, 2))

# %% [markdown]
# ### Fix the slide · nine terms, not five · no points
#
# A well-known slide computes the window at row 0, column 1 as 1·1 + 1·0 + 0·1 + 1·0 + 1·1 + … and stops after five
# terms; its result, 3, is right all the same. Write all nine products of that window, row by row, in `terms`, as a
# list of nine numbers. The window is [[1, 1, 0], [1, 1, 1], [0, 1, 1]].

# %% answer="nine-terms"
### BEGIN SOLUTION
terms = [1, 0, 0, 0, 1, 0, 0, 0, 1]  # nine products
### END SOLUTION

# %% check="nine-terms" points=0
check("nine-terms")

# %% [markdown]
# ## Exercise 3 · Slide the window · 3 points · ●●○ · 20 minutes
#
# Now let Python do the work. Write `conv2d_valid(image, kernel)`, cross-correlation wherever the kernel fits entirely
# on the image. Loops are fine: clear first, fast later. Image and kernel need not be square.
#
# <details><summary>Hint 1: how many windows?</summary>
# A window of f pixels on a line of n can start at 0, 1, …, n − f: that is n − f + 1 places. Count for rows and columns
# separately.
# </details>
# <details><summary>Hint 2: the shape of the code</summary>
# Make a result full of zeros; two loops, over its rows i and columns j; in the middle, cut out
# <code>image[i : i + f_h, j : j + f_w]</code>, multiply by the kernel, sum.
# </details>
# <details><summary>Symptom: the last row and column are missing</summary>
# <code>range(h - f_h)</code> stops one too early.
# </details>
# <details><summary>Symptom: only non-square images fail</summary>
# Somewhere you used the height for the width, or one side of the kernel for both.
# </details>
# <details><summary>Symptom: numbers with decimals get lost</summary>
# A result made with an integer dtype cuts them off.
# </details>


# %% answer="conv2d-valid"
def conv2d_valid(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Cross-correlate an image (h, w) with a kernel (f_h, f_w) wherever it fits.

    Returns a tensor (h - f_h + 1, w - f_w + 1). The arguments stay as they are.
    """
    ### BEGIN SOLUTION
    (h, w), (f_h, f_w) = image.shape, kernel.shape
    result = torch.zeros(h - f_h + 1, w - f_w + 1)
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = (image[i : i + f_h, j : j + f_w] * kernel).sum()
    return result
    ### END SOLUTION


# %% check="conv2d-valid" points=3
check("conv2d-valid")

# %% [markdown]
# Remember the airplane that moved? Now we can see what *equivariant* means: convolve the airplane, convolve the moved one,
# and the second answer is the first, moved.

# %% tags=["nbval-check-output"]
answer, answer_moved = (F.conv2d(p[None, None], cross[None, None])[0, 0] for p in (plane, moved))
same = torch.equal(answer[:, :-1], answer_moved[:, 1:])
print("moved by one column, and otherwise the same:", same)

# %% [markdown]
# Your function is the real thing. From here on the notebook uses PyTorch's own, so that you can read on even if
# yours is not done. Let us give it a photograph: Grace Hopper, who wrote one of the first compilers.
#
# ## Blur and edges
#
# Equal weights that add up to 1 replace each pixel by the mean of its neighbourhood: a **blur**. Weights that add up to 0,
# positive on one side and negative on the other, answer only where brightness *changes*: an **edge**.


# %%
def apply(picture: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Cross-correlate a picture (H, W) with weights (f, f) wherever they fit."""
    return F.conv2d(picture[None, None], weights[None, None])[0, 0]


photo = photograph()
blur = torch.full((5, 5), 1 / 25)
vertical = torch.tensor([[1.0, 0.0, -1.0], [1.0, 0.0, -1.0], [1.0, 0.0, -1.0]])
figures.images(
    [photo, apply(photo, blur)],
    titles=["photograph", "blurred, 5×5"],
    alt="Left: a grey photograph of Grace Hopper in uniform. Right: the same, blurred by a mean "
    "over 5×5 pixels.",
    columns=2,
)

# %%
figures.images(
    [apply(photo, vertical), apply(photo, vertical.T)],
    titles=["left minus right", "above minus below"],
    alt="The photograph's edges, twice. Left: the sides of cap, face and collar stand out. "
    "Right: brim, eyes, mouth and shoulders do. Flat areas are white in both.",
    columns=2,
    diverging=True,
)

# %% [markdown]
# ## Exercise 4 · Mend the horizontal edge · 1 point · ●○○ · 5 minutes
#
# **Fix the slide.** One deck shows this as its kernel for *horizontal* edges: [[1, 1, 1], [0, 0, 0], [1, 1, 1]]. One sign is missing in each
# entry of its last row. Test it in your head on a flat wall where every pixel is $c$: it answers $6c$. An edge
# detector must answer 0 there. Put the mended kernel in `horizontal`.
#
# <details><summary>Hint 1</summary>
# The vertical kernel is <code>[[1, 0, -1], [1, 0, -1], [1, 0, -1]]</code>: left minus right. What is above minus below?
# </details>
# <details><summary>Symptom: it finds vertical edges</summary>
# Rows come first: each inner list is one row of the kernel.
# </details>

# %% answer="horizontal-edge"
### BEGIN SOLUTION
horizontal = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]  # three rows
### END SOLUTION

# %% check="horizontal-edge" points=1
check("horizontal-edge")

# %% [markdown]
# Two famous relatives give the middle row more weight, so that slanted edges get nearly as strong an answer as upright ones:
# **Sobel** (1, 2, 1) and **Scharr** (3, 10, 3). Their sideways and upright versions together give the strength of an edge in
# any direction.

# %%
sobel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
scharr = torch.tensor([[3.0, 0.0, -3.0], [10.0, 0.0, -10.0], [3.0, 0.0, -3.0]])
strengths = [(apply(photo, k) ** 2 + apply(photo, k.T) ** 2).sqrt() for k in (sobel, scharr)]
figures.images(
    [1 - s / s.max() for s in strengths],
    titles=["Sobel, both directions", "Scharr, both directions"],
    alt="Two drawings of the photograph's outlines, dark on white, by the Sobel and the Scharr "
    "kernel: they look nearly alike.",
    columns=2,
)

# %% [markdown]
# ## Who chooses the kernel?
#
# For a hundred kinds of pictures one would need a hundred clever people. Or one lets the machine find the nine weights
# $w_1 \dots w_9$. One deck shows the idea on a 5×6 image, but multiplies the unknown weights by a fixed X of zeros and
# ones; drop that mask, for it would keep four of the nine weights from the machine. **Predict** the shape of the result, then
# run.

# %% tags=["nbval-check-output"]
five_by_six = torch.tensor(
    [
        [3, 2, 10, 20, 21, 10],
        [1, 6, 11, 35, 22, 12],
        [5, 8, 25, 23, 25, 13],
        [2, 0, 56, 12, 67, 14],
        [4, 9, 45, 11, 50, 67],
    ]
).float()
unknown = torch.randn(3, 3)  # w1 to w9, no mask
F.conv2d(five_by_six[None, None], unknown[None, None])[0, 0].shape

# %% [markdown]
# Five rows have room for three windows of three, six columns for four: 3×4. Now let the machine find a kernel. The goal is
# Sobel's answer on the photograph; the start is random. You need not understand each line yet: 400 times the loop nudges nine
# numbers so that the squared difference from the goal shrinks.

# %%
torch.manual_seed(1)
wanted = F.conv2d(photo[None, None], sobel[None, None])
learned = nn.Conv2d(1, 1, kernel_size=3, bias=False)
first_guess = learned.weight.detach()[0, 0].clone()
optimiser = torch.optim.Adam(learned.parameters(), lr=0.05)
losses = []
for _ in range(400):
    optimiser.zero_grad()
    loss = F.mse_loss(learned(photo[None, None]), wanted)
    loss.backward()
    optimiser.step()
    losses.append(loss.item())
print(f"loss at the start {losses[0]:.3f}, at the end {losses[-1]:.6f}")
found = learned.weight.detach()[0, 0]
figures.grids(
    ("random start", first_guess), "→", ("learned", found), "≈", ("Sobel", sobel), shade=True
)

# %%
figures.lines(
    {"loss": losses},
    alt="The mean squared error falls steeply in the first 40 steps and then lies near zero.",
    xlabel="step",
    ylabel="mean squared error",
)

# %% [markdown]
# Nobody told it “Sobel”; it saw only what should come out. That is what training a convolutional network does, for
# hundreds of kernels at once.
#
# ## Sizes: what shrinks, and what is overlooked
#
# A 3×3 kernel on a 6×6 image gives 4×4; in general f on n gives $n - f + 1$. Each convolution nibbles $f - 1$ pixels off.
# There is a second, quieter loss: the border is seen less often than the middle.

# %% tags=["nbval-check-output"]
figures.size_calculator(6, 3, caption="6 pixels, a window of 3: 6 − 3 + 1 = 4 places")

# %% [markdown]
# ## Exercise 5 · How often is each pixel used? · 1 point · ●●○ · 8 minutes
#
# Slide a 3×3 window over a 5×5 image, without padding. For each of the 25 pixels, count the windows that contain it, and
# put the counts in `uses`: five rows of five.
#
# <details><summary>Hint 1</summary>
# Begin with one line of 5 pixels and a window of 3: which of the three windows contain the first pixel, the second …?
# </details>
# <details><summary>Hint 2</summary>
# Rows and columns are independent: multiply the two counts.
# </details>

# %% answer="pixel-uses"
### BEGIN SOLUTION
uses = [
    [1, 2, 3, 2, 1],
    [2, 4, 6, 4, 2],
    [3, 6, 9, 6, 3],
    [2, 4, 6, 4, 2],
    [1, 2, 3, 2, 1],
]  # five rows of five
### END SOLUTION

# %% check="pixel-uses" points=1
check("pixel-uses")

# %% [markdown]
# A corner counts once, the centre nine times. What stands at the border of an image is overlooked.
#
# ## Padding
#
# Before the kernel slides, put a frame of zeros around the image, $p$ pixels wide. It cures the shrinking, and eases the other
# loss: with $p = 1$ each corner of the 5×5 image is seen by four windows instead of one.

# %% tags=["nbval-check-output"]
figures.convolution(black_and_white, cross, padding=1)

# %% [markdown]
# ## Exercise 6 · A frame of zeros · 1 point · ●○○ · 8 minutes
#
# Write `pad2d(image, p)`: the same image, with $p$ zeros on each of its four sides. No `F.pad` and no `np.pad`; you will
# meet them right after.
#
# <details><summary>Hint 1</summary>
# Make zeros of the final size, (h + 2p, w + 2p), then copy the image into the middle:
# <code>out[p : p + h, p : p + w] = image</code>.
# </details>
# <details><summary>Symptom: p = 0 fails</summary>
# <code>out[p:-p]</code> is empty when p is 0. Count from the front instead.
# </details>


# %% answer="pad2d"
def pad2d(image: torch.Tensor, p: int) -> torch.Tensor:
    """Put a frame of zeros, p pixels wide, around an image (h, w).

    Returns a tensor (h + 2p, w + 2p). The arguments stay as they are.
    """
    ### BEGIN SOLUTION
    h, w = image.shape
    result = torch.zeros(h + 2 * p, w + 2 * p)
    result[p : p + h, p : p + w] = image
    return result
    ### END SOLUTION


# %% check="pad2d" points=1
check("pad2d")

# %% [markdown]
# In PyTorch it is `F.pad`, which wants the four thicknesses: left, right, top, bottom.

# %% tags=["nbval-check-output"]
figures.grids(("F.pad(B, (1, 1, 1, 1))", F.pad(B, (1, 1, 1, 1))), shade=True)

# %% [markdown]
# Two paddings have names. **Valid**: none; the result shrinks. **Same**: just enough for the result to be as large as the
# image, which at stride 1 and for odd f is $p = (f - 1)/2$ on each side.
#
# ### Fix the slide · how large is “same”? · no points
#
# “We augment the 5×5 image into a 6×6 image, then apply the 3×3 kernel, and the result is 5×5.” Check it with
# $n - f + 1$. How large must the padded image really be (`padded_side`), and how large is then the result (`result_side`)?

# %% answer="same-padding"
### BEGIN SOLUTION
padded_side = 7  # pixels
result_side = 5  # pixels
### END SOLUTION

# %% check="same-padding" points=0
check("same-padding")

# %% [markdown]
# ## Stride
#
# Nobody forces the window to visit every pixel. With **stride** $s$ it moves $s$ pixels at a time, to the right and
# downwards, and the result gets smaller by about that factor. At the end a few pixels may be left over, too few for another
# step, and nobody looks at them. Find settings that leave none over.

# %% tags=["nbval-check-output"]
figures.size_calculator(8, 3, p=0, s=2)

# %% tags=["nbval-check-output"]
counting = torch.arange(1.0, 26.0).reshape(5, 5)
figures.convolution(counting, torch.ones(3, 3), stride=2, padding=1)

# %% [markdown]
# **Put together.** On a line of $n$ pixels, with $p$ zeros added at each end, a window of $f$ pixels fits in
#
# $$\left\lfloor \frac{n + 2p - f}{s} \right\rfloor + 1$$
#
# places: the first one, and as many whole steps as fit. $\lfloor\;\rfloor$ means *rounded down*. Above, a 5×5 image
# padded to 7×7, with a 3×3 kernel and stride 2, gives 3×3.

# %% [markdown]
# ## Exercise 7 · How large is the result? · 2 points · ●●○ · 12 minutes
#
# Write `output_size(n, f, p, s)`. Some questions have no answer: a kernel larger than the padded image, a stride below 1,
# negative padding. For those, `raise ValueError` with a sentence that says why.
#
# <details><summary>Hint 1: rounding down</summary>
# <code>a // s</code> divides and rounds down.
# </details>
# <details><summary>Hint 2: an error</summary>
# <code>if s &lt; 1:</code> and below it <code>raise ValueError("the stride must be at least 1")</code>. Test before you
# divide.
# </details>
# <details><summary>Symptom: one too few whenever the stride is 2 or more</summary>
# Is the + 1 inside the division?
# </details>


# %% answer="output-size"
def output_size(n: int, f: int, p: int = 0, s: int = 1) -> int:
    """How many places a window of f pixels finds on n, with p padded at both ends, in steps of s.

    Raises ValueError if the window is larger than n + 2p, if s < 1 or if p < 0.
    """
    ### BEGIN SOLUTION
    if s < 1:
        raise ValueError("the stride must be at least 1")
    if p < 0:
        raise ValueError("padding cannot be negative")
    if f > n + 2 * p:
        raise ValueError("the window is larger than the padded image")
    return (n + 2 * p - f) // s + 1
    ### END SOLUTION


# %% check="output-size" points=2
check("output-size")

# %% [markdown]
# ## Exercise 8 · Stride and padding · 4 points · ●●● · 20 minutes
#
# Write `conv2d(image, kernel, stride, padding)`: pad first, then slide with that stride in both directions. Raise
# `ValueError` for what is impossible. You may use your functions from above.
#
# <details><summary>Hint 1: from result to image</summary>
# Entry (i, j) of the result comes from the window whose corner is at (i·stride, j·stride) of the padded image.
# </details>
# <details><summary>Hint 2: sizes</summary>
# <code>output_size</code> gives both sides, and already raises the errors.
# </details>
# <details><summary>Symptom: only the border is wrong</summary>
# Look at the padding: all four sides? zeros?
# </details>
# <details><summary>Symptom: sizes do not match</summary>
# Did you count the padding twice? <code>output_size</code> wants the height before padding.
# </details>
# <details><summary>Symptom: right with stride 1 only</summary>
# Is the stride in both directions? Does the result's size know about it?
# </details>


# %% answer="conv2d"
def conv2d(
    image: torch.Tensor, kernel: torch.Tensor, stride: int = 1, padding: int = 0
) -> torch.Tensor:
    """Cross-correlate an image (h, w) with a kernel (f_h, f_w), moving `stride` pixels at a time.

    `padding` zeros stand on each side. Returns a tensor (output_size of h, output_size of w).
    The arguments stay as they are.
    Raises ValueError for a kernel larger than the padded image, stride < 1 or padding < 0.
    """
    ### BEGIN SOLUTION
    (h, w), (f_h, f_w) = image.shape, kernel.shape
    result = torch.zeros(
        output_size(h, f_h, padding, stride), output_size(w, f_w, padding, stride)
    )
    padded = pad2d(image, padding)
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            top, left = i * stride, j * stride
            result[i, j] = (padded[top : top + f_h, left : left + f_w] * kernel).sum()
    return result
    ### END SOLUTION


# %% check="conv2d" points=4
check("conv2d")

# %% [markdown]
# The library's version, on the image you know, with stride 2 and padding 1:

# %% tags=["nbval-check-output"]
F.conv2d(counting[None, None], torch.ones(1, 1, 3, 3), stride=2, padding=1)

# %% [markdown]
# ## Convolution is a linear layer in disguise
#
# Every number of the result is a weighted sum of pixels. So is every output of `nn.Linear`. Write the image as a vector
# and the convolution becomes a matrix: one row for each window, one column for each pixel, almost everything zero, and the
# same few weights in every row.

# %% tags=["nbval-check-output"]
figures.convolution_matrix(torch.tensor([[1, 2], [3, 4]]), (3, 3))

# %% [markdown]
# ## Exercise 9 · Convolution as a matrix · 2 points · ●●● · 15 minutes
#
# Write `conv_matrix(kernel, shape)` so that `conv_matrix(kernel, image.shape) @ image.ravel()` is the result of the valid
# convolution, flattened.
#
# <details><summary>Hint 1</summary>
# Pixel (i, j) of an image of width w is entry i·w + j of the vector.
# </details>
# <details><summary>Hint 2</summary>
# For each window: make an image of zeros, put the kernel where the window stands, flatten. That is one row.
# </details>
# <details><summary>Symptom: right for square images only</summary>
# Width or height? In i·w + j it is the width.
# </details>


# %% answer="conv-matrix"
def conv_matrix(kernel: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """The matrix that convolves a flattened image of `shape` = (h, w) with a kernel (f_h, f_w).

    Returns a tensor ((h - f_h + 1)·(w - f_w + 1), h·w): a row for each window, a column for
    each pixel. The arguments stay as they are.
    """
    ### BEGIN SOLUTION
    (h, w), (f_h, f_w) = shape, kernel.shape
    rows = []
    for i in range(h - f_h + 1):
        for j in range(w - f_w + 1):
            window = torch.zeros(h, w)
            window[i : i + f_h, j : j + f_w] = kernel
            rows.append(window.ravel())
    return torch.stack(rows)
    ### END SOLUTION


# %% check="conv-matrix" points=2
check("conv-matrix")

# %% [markdown]
# One multiplication by your matrix, and one convolution:

# %% tags=["nbval-check-output"]
nine = torch.arange(9.0).reshape(3, 3)
print("convolution:         ", F.conv2d(nine[None, None], B[None, None]).ravel().tolist())
try:
    matrix = torch.as_tensor(conv_matrix(B, (3, 3)))
    print("your matrix @ vector:", (matrix @ nine.ravel()).tolist())
except Exception:
    print("come back when exercise 9 is done")

# %% [markdown]
# ### Growing: transposed convolution
#
# Transpose the matrix (its rows become columns), and it leads from the small map to the large one: this is the **transposed convolution** (some say
# deconvolution, which is something else). For each input number it lays down a copy of the kernel, multiplied by that number and $s$
# pixels on from the copy before; where copies overlap, it adds them up. Then $p$ pixels are cut off each side. From $n$ pixels it makes
#
# $$(n - 1)\,s - 2p + f,$$
#
# a size that the ordinary convolution with the same f, p and s takes back to $n$. The size comes back, not the image.

# %% tags=["nbval-check-output"]
small = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
grown = F.conv_transpose2d(small[None, None], torch.ones(1, 1, 3, 3), stride=2)[0, 0]
figures.grids(("input", small), "→", ("f = 3, s = 2, p = 0", grown), shade=True)

# %% [markdown]
# **Quick question** · no points. A transposed convolution with f = 5, s = 3 and p = 1 is given 7 pixels. How many come out?

# %% answer="transposed-size"
### BEGIN SOLUTION
larger = (7 - 1) * 3 - 2 * 1 + 5  # pixels
### END SOLUTION

# %% check="transposed-size" points=0
check("transposed-size")

# %% [markdown]
# **Predict, then run.** A 3×3 convolution has 10 numbers to learn, nine weights and a bias. How many would an ordinary linear
# layer need for the same job on a 28×28 image, from 784 pixels to 26·26 numbers?

# %% answer="predict-linear"
### BEGIN SOLUTION
linear_guess = 784 * 26 * 26 + 26 * 26  # your estimate
### END SOLUTION

# %% tags=["nbval-check-output"]
free = nn.Linear(28 * 28, 26 * 26)
shared = nn.Conv2d(1, 1, 3)
for name, layer in (("linear layer", free), ("convolution", shared)):
    print(f"{name:13}{sum(weights.numel() for weights in layer.parameters()):>9,} weights")
print("your guess:", "none yet" if linear_guess is ... else linear_guess)

# %% [markdown]
# 530,660 against 10, and the 10 stay 10 however large the image is. That is the gain from being *sparse* (most connections
# are cut) and *shared* (the rest use the same weights). It leaves room for many kernels.
#
# ## Colour: volumes
#
# An RGB image is three matrices, (3, H, W). Where does the third axis go? A filter gets a kernel **for each channel**, and
# all products are added into *one* number: for 3×3 that is 9 + 9 + 9 = 27 products. One filter, one map.

# %% tags=["nbval-check-output"]
blocks = [
    ("RGB image", (3, 6, 6)),
    "⊗",
    ("2 filters", (2, 3, 3, 3)),
    "=",
    ("2 feature maps", (2, 4, 4)),
]
figures.volumes(blocks)

# %% [markdown]
# One filter at work: its three kernels move together, one on each channel, and their three sums become one number. Put
# another channel on top to see where its sum comes from.

# %% tags=["nbval-check-output"]
torch.manual_seed(4)
rgb = torch.randint(0, 10, (3, 5, 5))
one_filter = torch.tensor([[[1, 0, -1]] * 3, [[0, 1, 0], [1, -4, 1], [0, 1, 0]], [[1, 1, 1]] * 3])
figures.convolution(rgb, one_filter, names=("R", "G", "B"))

# %% [markdown]
# Two filters make two maps, stacked into the shape (2, 4, 4); where channels come last, that is written (4, 4, 2). PyTorch puts
# channels before rows and columns: (N, C, H, W). Each map of the stack is called a **feature map**: it shows where the filter found what it looks for.
# With more channels nothing changes: 8 filters of (8, 3, 3) turn an (8, 7, 6) tensor into (8, 5, 4). The 8 that comes out is the number
# of filters; the 8 of each filter is the number of channels that went in.

# %% tags=["nbval-check-output"]
eight = nn.Conv2d(in_channels=8, out_channels=8, kernel_size=3)
print("filters", tuple(eight.weight.shape), "→", tuple(eight(torch.zeros(1, 8, 7, 6)).shape[1:]))

# %% [markdown]
# ## Exercise 10 · Channels and filters · 3 points · ●●● · 20 minutes
#
# Write `conv2d_multi(x, w, b)`: stride 1 and no padding, but several channels, several filters and a bias for each filter.
#
# <details><summary>Hint 1</summary>
# For each filter: convolve each channel with its own kernel (<code>conv2d_valid</code> does it), add the maps, add the bias.
# </details>
# <details><summary>Hint 2</summary>
# <code>torch.stack(list_of_maps)</code> makes (filters, h, w) of a list of (h, w).
# </details>
# <details><summary>Symptom: too large by a multiple of the bias</summary>
# The bias is added once for each filter, not once for each channel.
# </details>


# %% answer="conv2d-multi"
def conv2d_multi(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A convolutional layer on one image.

    x: (channels, h, w) · w: (filters, channels, f_h, f_w) · b: (filters,)
    Returns (filters, h - f_h + 1, w - f_w + 1). The arguments stay as they are.
    """
    ### BEGIN SOLUTION
    maps = []
    for kernels, bias in zip(w, b, strict=True):
        total = sum(
            conv2d_valid(channel, kernel) for channel, kernel in zip(x, kernels, strict=True)
        )
        maps.append(total + bias)
    return torch.stack(maps)
    ### END SOLUTION


# %% check="conv2d-multi" points=3
check("conv2d-multi")

# %% [markdown]
# **Quick question** · no points. “Your team decided on a layer with 10 filters, each with a 3×3 matrix per colour.” How many
# parameters are there to learn, biases included?

# %% answer="filter-parameters"
### BEGIN SOLUTION
parameters = (3 * 3 * 3 + 1) * 10  # a whole number
### END SOLUTION

# %% check="filter-parameters" points=0
check("filter-parameters")

# %% [markdown]
# 3·3·3 = 27 weights and a bias make 28 for each filter, 280 in all. The size of the image plays no part.

# %% [markdown]
# ### A network's notation, layer by layer
#
# Books number the layers $l = 1, 2, 3$ and write $f^{[l]}$ for the kernel size, $p^{[l]}$ padding, $s^{[l]}$ stride, and
# $n_c^{[l]}$ for the **number of filters**, which becomes the number of channels of the layer's output:
#
# $$n_h^{[l]} = \left\lfloor \frac{n_h^{[l-1]} + 2p^{[l]} - f^{[l]}}{s^{[l]}} \right\rfloor + 1$$
#
# **Fix the slide.** One deck writes $n_c^{[l]}$ where $f^{[l]}$ belongs, forgets the floor, and calls $n_c$ the “depth of
# filter”. Its own example shows the error. A 39×39 RGB image goes through filters of 3, 5 and 5 pixels with strides 1, 2
# and 2; there are 10, 20 and 40 of them. **Predict** the three sizes, then run.

# %% answer="predict-chain"
### BEGIN SOLUTION
sizes_guess = [37, 17, 7]  # three sizes
### END SOLUTION

# %% tags=["nbval-check-output"]
x = torch.zeros(1, 3, 39, 39)
for layer in (nn.Conv2d(3, 10, 3), nn.Conv2d(10, 20, 5, stride=2), nn.Conv2d(20, 40, 5, stride=2)):
    x = layer(x)
    number, depth, rows, columns = layer.weight.shape
    print(f"{number} filters of depth {depth} and {rows}×{columns} pixels → {tuple(x.shape[1:])}")
print("your guess:", "none yet" if sizes_guess is ... else sizes_guess)

# %% [markdown]
# 39 → 37 → 17 → 7. The second layer has $n_c = 20$ filters of depth 10; with 20 in place of $f = 5$ the formula would say
# (37 − 20)/2 + 1 = 9.5, which is no size at all. A filter's depth is the number of channels of the layer *before*.

# %% [markdown]
# ## The real thing: `nn.Conv2d` and its family
#
# `nn.Conv1d` slides along time series, `nn.Conv2d` over images, `nn.Conv3d` through volumes and videos. You give the
# number of input channels, the number of filters and the kernel size. The first is fixed by what comes in. The number of filters, their size, stride and
# padding are **hyperparameters**: you choose them; the weights are learned. One more hyperparameter is **dilation**, which spreads the kernel's points apart:
# with dilation 2 nine weights span 5×5 pixels.

# %% tags=["nbval-check-output"]
compact = torch.arange(1.0, 10.0).reshape(3, 3)
spread = torch.zeros(5, 5)
spread[::2, ::2] = compact
figures.grids(("dilation 1", compact), "→", ("dilation 2", spread), shade=True)

# %% [markdown]
# **Groups** split the channels: each filter sees only its own group. And a kernel of 1×1 is no joke: it mixes the channels
# of each pixel. Here is the family; compare the shapes of the weights.

# %% tags=["nbval-check-output"]
x2 = torch.zeros(1, 6, 16, 16)
family = {
    "Conv1d(2, 4, 3) on (2, 50)": (nn.Conv1d(2, 4, 3), torch.zeros(1, 2, 50)),
    "Conv3d(1, 4, 3) on (1, 8, 16, 16)": (nn.Conv3d(1, 4, 3), torch.zeros(1, 1, 8, 16, 16)),
    "Conv2d(6, 12, 3)": (nn.Conv2d(6, 12, 3), x2),
    "Conv2d(6, 12, 1)": (nn.Conv2d(6, 12, 1), x2),
    "Conv2d(6, 12, 3, stride=2, padding=1)": (nn.Conv2d(6, 12, 3, stride=2, padding=1), x2),
    "Conv2d(6, 12, 3, dilation=2)": (nn.Conv2d(6, 12, 3, dilation=2), x2),
    "Conv2d(6, 12, 3, groups=2)": (nn.Conv2d(6, 12, 3, groups=2), x2),
    "Conv2d(6, 12, 3, groups=6)": (nn.Conv2d(6, 12, 3, groups=6), x2),
}
print(f"{'layer':38}{'output':18}{'shape of weights':>20}{'parameters':>12}")
for name, (layer, x) in family.items():
    count = sum(weights.numel() for weights in layer.parameters())
    print(f"{name:38}{tuple(layer(x).shape[1:])!s:18}{tuple(layer.weight.shape)!s:>20}{count:>12}")

# %% [markdown]
# Read the weights' shape: (filters, channels that *each filter sees*, rows, columns). With `groups=2` each of the 12 filters
# sees 3 of the 6 channels. With `groups=6`, one group for each channel, every channel gets 12/6 = 2 filters of its own,
# not 12, as a slide has it. And in the documented formula the sum over $k$
# runs to $C_{in} - 1$, over all input channels:
#
# $$\text{out}(N_i, C_{\text{out}_j}) = \text{bias}(C_{\text{out}_j}) + \sum_{k=0}^{C_{in}-1} \text{weight}(C_{\text{out}_j}, k) \star \text{input}(N_i, k)$$
#
# The star is cross-correlation, as you know by now. Last, your own layer against the real one:

# %% tags=["nbval-check-output"]
torch.manual_seed(3)
real = nn.Conv2d(3, 2, 3)
colours = torch.rand(3, 6, 6)
try:
    mine = conv2d_multi(colours, real.weight.detach(), real.bias.detach())
    mine = torch.stack([torch.as_tensor(one_map) for one_map in mine])
    print("yours and PyTorch's agree:", torch.allclose(mine, real(colours[None])[0], atol=1e-5))
except Exception:
    print("come back when exercise 10 is done")

# %% [markdown]
# ## In three sentences
#
# A convolution slides one small kernel over all places of an image, multiplies and adds; PyTorch does it without
# flipping, which is cross-correlation. Padding keeps the size and does justice to the border, stride shrinks the result, and
# $\lfloor (n + 2p - f)/s \rfloor + 1$ says how large it is. A layer has one kernel for each pair of channel and filter and one
# bias for each filter, used at every place: few weights, and answers that move with the image.
#
# | Exercise | Points |
# |---|---|
# | 1 The missing windows | 2 |
# | 2 The same, truly convolved | 1 |
# | 3 Slide the window | 3 |
# | 4 Mend the horizontal edge | 1 |
# | 5 How often is each pixel used? | 1 |
# | 6 A frame of zeros | 1 |
# | 7 How large is the result? | 2 |
# | 8 Stride and padding | 4 |
# | 9 Convolution as a matrix | 2 |
# | 10 Channels and filters | 3 |
#
# **Go on:** notebook 03, pooling · V. Dumoulin and F. Visin,
# [A guide to convolution arithmetic](https://arxiv.org/abs/1603.07285), the paper behind every stride and padding animation ·
# the [`nn.Conv2d` page](https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html).

# %%
# All that the checks of this notebook have said, in one table. Before you hand in: restart the
# kernel, run all cells, and look here again.
from autograder.checks import progress

progress("02_convolution")
