# %% [markdown]
# # 01 · Fashion-MNIST with a multilayer perceptron
#
# [<kbd>Open in Colab</kbd>]({{colab}})
#
# **You will be able to** load a data set and look at it, hand it out in batches, build a network and account for each of its
# parameters, write one step of learning, measure honestly how good the result is, and say what this kind of network
# cannot see.
#
# | | |
# |---|---|
# | Time | about 120 minutes; for one or two of them the computer works alone, on two cores and with all images |
# | Marks | **20 points** in eight exercises; the last is read by a person. The quick question is for you alone |
# | Needs | no GPU. The pictures (30 MB) are fetched once; without a network a small sample of them is used |
# | Before | Python, arrays, and what a derivative is |
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

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchsummary import summary
from torchvision.datasets import FashionMNIST

from autograder.checks import check
from convcourse import figures, networks, training
from convcourse.data import fashion_mnist
from convcourse.standins import written

# %%
files = fashion_mnist()  # finds the data or fetches them, and says which
training_set = FashionMNIST(files.root, train=True)
test_set = FashionMNIST(files.root, train=False)

x_train, y_train = training_set.data, training_set.targets
x_test, y_test = test_set.data, test_set.targets
names = training_set.classes

one_of_each = [int((y_train == label).nonzero()[0]) for label in range(10)]
figures.images(
    [x_train[i] for i in one_of_each],
    titles=[f"{label} {names[label]}" for label in range(10)],
    alt="Ten small grey pictures, light on black, one of each class: T-shirt, trouser, pullover, "
    "dress, coat, sandal, shirt, sneaker, bag and ankle boot.",
    columns=5,
)

# %% [markdown]
# These are the ten classes of **Fashion-MNIST**: 70,000 grey pictures of clothes, 60,000 to learn from and 10,000 to test with.
# It has the format of MNIST, the handwritten digits on which everybody's first network is trained, and it is harder.
# The cell above reads it with torchvision's own class; `fashion_mnist()` only sees to it that the files are there. (This course
# grew out of two lectures. Where one of their slides slips, we say so.)
#
# ## What is in a data set?
#
# Before we build a network, look at the shapes. The data are **tensors**, PyTorch's arrays: they are indexed like numpy's, but can also live on a
# GPU and remember how they were computed.

# %%
print("training images", tuple(x_train.shape), "labels", tuple(y_train.shape))
print("test images    ", tuple(x_test.shape), "labels", tuple(y_test.shape))
print("images of each class:", torch.bincount(y_train).tolist(), torch.bincount(y_test).tolist())

# %% [markdown]
# Three axes: **(N, H, W)**, images, rows, columns. A well-known slide takes the shape (60000, 28, 28) for (N, C, H, W) with one
# channel. Count: there is no channel axis until somebody adds it, as we shall in notebook 04.
#
# All classes are equally frequent. So whoever always says “Bag” is right one time in ten: 10 % is the score of a
# network that has learned nothing.
#
# **Predict, then run.** Of what type are the pixels, and how large can they be? Write down your guess of the largest.

# %% answer="predict-pixels"
### BEGIN SOLUTION
brightest = 255  # the largest pixel value
### END SOLUTION

# %%
print("type", x_train.dtype, "· smallest", x_train.min().item(), "· largest", x_train.max().item())
print("your guess:", "none yet" if brightest is ... else brightest)
figures.images(
    list(x_train[:4]),
    titles=[f"label {y}: {names[y]}" for y in y_train[:4]],
    alt="The first four training images with their labels.",
)

# %% [markdown]
# A pixel is one byte, 0 for black to 255 for white. A label is a number from 0 to 9; its name is for us, the network never sees it.

# %% [markdown]
# ## Exercise 1 · A dataset of vectors · 3 points · ●●○ · 15 minutes
#
# PyTorch wants its data as a `Dataset`: anything that knows how many items it has (`__len__`) and can hand out item number `i`
# (`__getitem__`; a slide drops its last two underscores, and then nothing works). Our first network wants each image as a
# **vector** of 784 numbers between 0 and 1: networks learn badly from large numbers.
#
# <details><summary>Hint 1: the vector</summary>
# <code>images.reshape(len(images), -1)</code> lays the 28 rows of each image end to end.
# </details>
# <details><summary>Hint 2: from 0 to 1</summary>
# <code>/ 255</code> turns bytes into float32; <code>// 255</code> would leave only 0 and 1.
# </details>
# <details><summary>Symptom: the numbers are right, but the check complains about types</summary>
# Images become float32. Labels stay whole numbers, of type int64 (<code>.long()</code>): the loss function, which measures further
# down how wrong the network is, requires that.
# </details>


# %% answer="fashion-vectors"
class FashionVectors(Dataset):
    """Fashion-MNIST for a network that wants vectors.

    images: (N, 28, 28), uint8 from 0 to 255; labels: (N,). Item i is the pair (x, y): x of shape
    (784,), float32 from 0 to 1, and y, its label, int64. The arguments stay as they are.
    """

    def __init__(self, images: torch.Tensor, labels: torch.Tensor):
        ### BEGIN SOLUTION
        self.x = images.reshape(len(images), -1).float() / 255
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


# %% check="fashion-vectors" points=3
check("fashion-vectors")

# %% [markdown]
# A `DataLoader` draws items from a dataset and stacks them into **batches**: 32 vectors make a matrix (32, 784). With `shuffle=True` each round gets
# freshly mixed batches. From here on the notebook uses what you write; where something is not written yet, the course's own version takes
# its place (`written` says which of the two is used), so that you can read on.

# %%
device = training.best_device()  # a GPU if there is one, and otherwise the CPU


def on_device(dataset: Dataset) -> TensorDataset:
    """All items of a dataset, moved to the device at once."""
    x, y = next(iter(DataLoader(dataset, batch_size=len(dataset))))
    return TensorDataset(x.to(device), y.to(device))


vectors = written(FashionVectors)
train_loader = DataLoader(on_device(vectors(x_train, y_train)), batch_size=32, shuffle=True)
test_loader = DataLoader(on_device(vectors(x_test, y_test)), batch_size=32)

x_batch, y_batch = next(iter(train_loader))
print(
    "one batch:", tuple(x_batch.shape), x_batch.dtype, "and", tuple(y_batch.shape), y_batch.dtype
)
print("sizes of the last test batches:", [len(y) for _, y in test_loader][-3:])

# %% [markdown]
# The last batch of the test set is short: keep that in mind. And all data move to the **device**, the processor that does the computing, in one go. One
# lecture moves each item separately, inside `__getitem__`: that is slow, and on a GPU it fails as soon as the loader uses worker processes.
#
# ## The network
#
# 784 numbers go in. Each of 1000 **hidden units** multiplies them by weights of its own and adds up the products and a bias: that is a **linear layer**.
# Negative sums become 0 (ReLU). Ten outputs do the same with the thousand results, but without ReLU: each is the **score** of one class. Weights and biases
# are what the network learns: its **parameters**.

# %% tags=["nbval-check-output"]
figures.layers(
    [
        figures.Layer("image as vector", (784,), 0),
        figures.Layer("Linear", (1000,), None),
        figures.Layer("ReLU", (1000,), 0),
        figures.Layer("Linear", (10,), None),
    ],
    caption="How many parameters are behind the question marks?",
)

# %% [markdown]
# ## Exercise 2 · Count the weights · 3 points · ●○○ · 10 minutes
#
# Step by step, for both linear layers: weights, biases, and both together; then the total.
#
# <details><summary>Hint 1: weights</summary>
# Every unit has one weight for each number that comes in. A thousand units, 784 numbers each.
# </details>
# <details><summary>Hint 2: biases</summary>
# Every unit has one, however many numbers come in.
# </details>
# <details><summary>Symptom: only the total is wrong</summary>
# ReLU learns nothing; the total is the sum of the two layers.
# </details>

# %% answer="mlp-weights"
### BEGIN SOLUTION
weights_1 = 784 * 1000  # from the pixels to the hidden units
biases_1 = 1000  # of the first layer
layer_1 = weights_1 + biases_1  # all parameters of the first layer
weights_2 = 1000 * 10  # from the hidden units to the scores
biases_2 = 10  # of the second layer
layer_2 = weights_2 + biases_2  # all parameters of the second layer
total = layer_1 + layer_2  # of the whole network
### END SOLUTION

# %% check="mlp-weights" points=3
check("mlp-weights")

# %% [markdown]
# ### Quick question · megabytes · no points
#
# A parameter is a float32, four bytes. How many megabytes, at 1024² bytes each, do all the parameters take up in memory?

# %% answer="megabytes"
### BEGIN SOLUTION
megabytes = (785_000 + 10_010) * 4 / 1024**2  # of memory for the parameters
### END SOLUTION

# %% check="megabytes" points=0
check("megabytes")

# %% [markdown]
# ## Exercise 3 · The network · 2 points · ●○○ · 10 minutes
#
# Write `make_mlp` for any three sizes. `nn.Sequential(a, b, c)` is a network that applies a, then b, then c; `nn.Linear(n, m)` is
# a layer of m units that takes n numbers.
#
# <details><summary>Hint 1</summary>
# Three layers: linear, <code>nn.ReLU()</code>, linear. What comes out of the first must fit into the last.
# </details>
# <details><summary>Symptom: the check says that probabilities come out</summary>
# No softmax at the end: the loss function that comes soon does it itself, and more exactly.
# </details>


# %% answer="make-mlp"
def make_mlp(n_in: int, n_hidden: int, n_out: int) -> nn.Module:
    """A network with one hidden layer: linear, ReLU, linear.

    It turns a batch (N, n_in) into scores (N, n_out), one for each class, not probabilities.
    """
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))
    ### END SOLUTION


# %% check="make-mlp" points=2
check("make-mlp")

# %% [markdown]
# The package `torchsummary` does your bookkeeping for any network. (Its name is one word: `pip install torch summary`, as one
# slide has it, installs something else.)

# %% tags=["nbval-check-output"]
if total is ...:
    print("come back when exercise 2 is done: this prints all of its answers")
else:
    summary(networks.lecture_mlp(), (1, 784), device="cpu")

# %% [markdown]
# −1 stands for any number of images; the 1 is the one that we passed in `(1, 784)`. (A slide shows a further 1.) Do the parameter counts agree with yours? The
# 3.03 MB are for the parameters; the 0.02 MB are for all the numbers that one image leaves behind in the layers, forwards and backwards.
#
# ## How wrong is it?
#
# The scores $s_0 \dots s_9$ may be any numbers. **Softmax** turns them into shares that add up to 1, and **cross-entropy** is small
# when the share of the true class $y$ is large:
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}, \qquad \text{loss} = -\ln p_y$$

# %% tags=["nbval-check-output"]
three_scores = torch.tensor([[2.0, 1.0, -1.0]])  # one image, three classes
shares = three_scores.softmax(dim=1)
print("shares:", [round(p, 3) for p in shares[0].tolist()])
for label in range(3):
    print(
        f"loss if the truth is {label}: {F.cross_entropy(three_scores, torch.tensor([label])):.3f}"
    )

# %% [markdown]
# **Predict, then run.** A network that has not learned anything spreads its shares evenly over ten classes. About how large is its
# loss? (A calculator may help.)

# %% answer="predict-loss"
### BEGIN SOLUTION
first_loss = 2.3  # a number
### END SOLUTION

# %%
torch.manual_seed(0)
model = written(make_mlp)(784, 1000, 10).to(device)
loss_fn = nn.CrossEntropyLoss()
print(f"loss before training: {loss_fn(model(x_batch), y_batch).item():.2f}")
print(f"-ln(1/10) = {-np.log(1 / 10):.2f}")
print("your guess:", "none yet" if first_loss is ... else first_loss)

# %% [markdown]
# ## Exercise 4 · One step of learning · 4 points · ●●○ · 20 minutes
#
# Learning is one small step, many times: put a batch in, see how wrong the answers are, ask how the loss changes when a parameter grows a little (that is
# the parameter's **gradient**; `loss.backward()` computes them all), and let the **optimiser** move each parameter a little the other way, so that the loss
# falls (`opt.step()`). PyTorch adds new gradients to old ones, so the old ones must be cleared first (`opt.zero_grad()`). And a network has two modes: while
# it learns it is in *training mode* (`model.train()`), because some layers behave differently then.
#
# <details><summary>Hint 1: where does the loss come from?</summary>
# <code>loss_fn(model(x), y)</code>: the scores of the whole batch, and the labels.
# </details>
# <details><summary>Symptom: the loss comes back “with its graph”</summary>
# It drags along everything it was computed from. <code>loss.item()</code> is the bare number.
# </details>
# <details><summary>Symptom: only the cases with old gradients, or with two batches, fail</summary>
# Something is left over from before.
# </details>


# %% answer="train-batch"
def train_batch(
    x: torch.Tensor,
    y: torch.Tensor,
    model: nn.Module,
    opt: torch.optim.Optimizer,
    loss_fn: nn.Module,
) -> float:
    """Make exactly one step of the optimiser on a batch, and return its loss as a number.

    x: (N, …) inputs; y: (N,) labels; `loss_fn(scores, y)` gives the mean loss of the batch. The
    model is put in training mode; gradients left over from before do not count. The loss that
    is returned is that before the step, without its graph.
    """
    ### BEGIN SOLUTION
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()
    ### END SOLUTION


# %% check="train-batch" points=4
check("train-batch")

# %% [markdown]
# ## Exercise 5 · How often is it right? · 3 points · ●●○ · 15 minutes
#
# The network's answer is the class with the highest score. Write `accuracy`, the share of right answers in a batch. Two things are
# easily forgotten: to switch to the other mode (**eval mode**, `model.eval()`), and to do without gradients, which nobody needs here.
#
# <details><summary>Hint 1: the highest score</summary>
# Scores have shape (N, classes). <code>argmax(dim=1)</code> looks along the classes.
# </details>
# <details><summary>Hint 2: no gradients</summary>
# <code>with torch.no_grad():</code> around the call of the model.
# </details>
# <details><summary>Symptom: the number of images and the number of answers differ</summary>
# <code>dim=0</code> looks along the images: it gives one answer for each class.
# </details>


# %% answer="accuracy"
def accuracy(x: torch.Tensor, y: torch.Tensor, model: nn.Module) -> float:
    """The share of a batch that the model classifies rightly, from 0 to 1.

    x: (N, …) inputs; y: (N,) labels. The model answers in eval mode and without gradients;
    nothing in it is changed but its mode.
    """
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).float().mean().item()
    ### END SOLUTION


# %% check="accuracy" points=3
check("accuracy")

# %% [markdown]
# And for all batches of a loader? The obvious way is to average what `accuracy` says about each batch. **Predict, then run:** five images, in batches
# of 4 and 1; the network gets 2 of the 4 right, and the single one wrong. How much smaller is the mean of the two batch accuracies than the share of right
# answers among all five?

# %% answer="predict-means"
### BEGIN SOLUTION
difference = 0.15  # your guess
### END SOLUTION

# %% tags=["nbval-check-output"]
right_in_batch, batch_sizes = [2, 0], [4, 1]
means = [2 / 4, 0 / 1]
print("mean of the means:", sum(means) / len(means))
print("share of right answers:", sum(right_in_batch) / sum(batch_sizes))
print("your guess of the difference:", "none yet" if difference is ... else difference)

# %% [markdown]
# The one image of the short batch counts as much as the other four together. This is not hair-splitting: the lecture reports 0.8813897967
# for this very network, and a little detective work shows where that comes from.

# %% tags=["nbval-check-output"]
reported = 0.8813897967
print("right answers among 10,000 images:", round(reported * 10_000, 3))
print("with 313 batches of 32, all counted as full:", round(reported * 313 * 32, 3))

# %% [markdown]
# Of 10,000 images, a whole number must be right. The first number printed above is not whole, so the lecture's figure cannot be a share of 10,000 images. The
# second is whole. 10,000 images make 312 batches of 32 and one of 16, and whoever takes the mean of 313 batch means counts each of those 16 images twice. So
# that is what the lecture reports: a mean of batch means. Count right answers instead.

# %% [markdown]
# ## Exercise 6 · The accuracy of a whole data set · 3 points · ●●○ · 15 minutes
#
# Write `dataset_accuracy`, which goes through all batches of a loader and counts.
#
# <details><summary>Hint 1</summary>
# Two counters: right answers, and images. Divide once, at the end.
# </details>
# <details><summary>Hint 2: counting</summary>
# <code>(guesses == y).sum().item()</code> is a whole number.
# </details>
# <details><summary>Symptom: only loaders whose last batch is short fail</summary>
# Somewhere you divide by the number of batches, or take all to be of one size.
# </details>


# %% answer="dataset-accuracy"
def dataset_accuracy(loader: DataLoader, model: nn.Module) -> float:
    """The share of all items of a loader that the model classifies rightly, from 0 to 1.

    The loader gives pairs (x, y) of batches, and its last batch may be shorter. In eval mode,
    without gradients.
    """
    ### BEGIN SOLUTION
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return right / count
    ### END SOLUTION


# %% check="dataset-accuracy" points=3
check("dataset-accuracy")

# %% [markdown]
# ## The training loop
#
# All the parts are ready. One **epoch** shows the network each training image once; we run five. The simplest optimiser, *gradient descent*, moves each
# weight against its gradient: by the gradient times a small number, the **learning rate**. Ours is **Adam**: it begins with a learning rate of 0.001 and
# gives each weight a step size of its own. After each epoch the picture is drawn anew: the loss on the left, the accuracy on the test images on the right.
# When training is over, move along the curves with the mouse, or with the slider and the arrow keys, and read them epoch by epoch.

# %%
n_epochs = 5
step, measure = written(train_batch), written(dataset_accuracy)
torch.manual_seed(0)
model = written(make_mlp)(784, 1000, 10).to(device)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
curves = figures.training(n_epochs)
start = training.clock(device)
for epoch in range(n_epochs):
    sums = [step(x, y, model, opt, loss_fn) * len(y) for x, y in train_loader]
    loss, share = sum(sums) / len(x_train), measure(test_loader, model)
    curves.add(epoch + 1, loss={"training": loss}, accuracy={"test": share})
    print(f"epoch {epoch + 1} of {n_epochs}: loss {loss:.3f}, test {share:.4f}")
print(f"{training.clock(device) - start:.0f} seconds on {device}")

# %% [markdown]
# The loss falls quickly at first, then slowly. With all 60,000 images, five epochs end near the lecture's 0.8814 on the test images, most runs
# a little below it. A run on the small sample stays further below. On the handwritten digits, the lecture says, the same procedure reaches
# 96 %: clothes are harder.
#
# A word of caution. We have *looked* at the test accuracy after each epoch but *chosen* nothing by it. Had we kept the network of the epoch with the
# best test accuracy, the test would no longer be a test. Notebook 04 comes back to this.
#
# ## What does it get wrong?
#
# A single number hides much. The **confusion matrix** counts, for each true class (row), what the network said (column).

# %%
model.eval()
with torch.no_grad():
    answers = torch.cat([model(x).argmax(dim=1) for x, _ in test_loader]).cpu()
table = torch.zeros(10, 10, dtype=torch.long)
table.index_put_((y_test, answers), torch.tensor(1), accumulate=True)
figures.confusion(table, names)

# %%
mistakes = table.clone().fill_diagonal_(0)
pairs = mistakes + mistakes.T  # both ways: shirt for coat and coat for shirt
print("most confused:")
for place in pairs.triu().flatten().argsort(descending=True)[:4].tolist():
    a, b = divmod(place, 10)
    print(f"  {names[a]} and {names[b]}: {pairs[a, b]} times")
print("right of each class:")
for label, share in enumerate(table.diagonal() / table.sum(dim=1)):
    print(f"  {names[label]:12} {share:.0%}")

# %%
wrong = (answers != y_test).nonzero().flatten()[:10]
figures.images(
    list(x_test[wrong]),
    titles=[f"{names[y_test[i]]}, taken for {names[answers[i]]}" for i in wrong],
    alt="The first ten test images that the network gets wrong, each with its true class and the "
    "network's answer.",
    columns=5,
)

# %% [markdown]
# Trousers and bags are easy. Shirts, pullovers, coats, dresses and T-shirts share an outline, and what tells them apart, a collar, buttons, the weave, takes up
# few pixels. Some are hard for people as well.
#
# ## What it cannot see
#
# Now a cruel experiment. Take one random order of the 784 pixels, and shuffle *every* image by it, training and test alike.

# %%
order = torch.randperm(784, generator=torch.Generator().manual_seed(0))


def shuffle(images: torch.Tensor) -> torch.Tensor:
    """The pixels of all images (N, 28, 28) in the same new order."""
    return images.flatten(1)[:, order].view(-1, 28, 28)


shown = list(x_train[:3]) + list(shuffle(x_train[:3]))
figures.images(
    shown,
    titles=[names[y] for y in y_train[:3]] * 2,
    alt="Above three garments, below the same three with their pixels shuffled: only noise.",
    columns=3,
)

# %% [markdown]
# ## Exercise 7 · Shuffle every image · 1 point · ●○○ · 5 minutes
#
# Three fresh networks learn from the shuffled images, three from the originals, all under the same settings. Starting weights and the order of the images are drawn
# at random; a **seed** is the number that fixes these draws, so that a run can be repeated. Three seeds show how much is chance. **Before you run the experiment
# below:** compared with the originals, will the accuracy on shuffled test images be `"better"`, about the `"same"`, `"worse"`, or no better than
# `"chance"`?
#
# <details><summary>Hint 1</summary>
# What counts is not what you would see, but what the first layer does with 784 numbers. Where does their order enter into a unit's sum?
# </details>

# %% answer="shuffle-prediction"
### BEGIN SOLUTION
after_shuffling = "same"  # "better", "same", "worse" or "chance"
### END SOLUTION

# %% check="shuffle-prediction" points=1
check("shuffle-prediction")

# %%
recipe = training.Recipe(epochs=3, batch_size=128, learning_rate=1e-3)
results = {"originals": [], "shuffled": []}
for seed in range(3):
    for kind, change in (("originals", lambda images: images), ("shuffled", shuffle)):
        torch.manual_seed(seed)
        fresh = networks.lecture_mlp()
        training.fit(
            fresh, change(x_train).flatten(1) / 255, y_train, recipe, device=device, seed=seed
        )
        found = training.share_right(fresh, change(x_test).flatten(1) / 255, y_test, recipe)
        results[kind].append(found)
        print(f"seed {seed}, {kind}: {found:.4f}")
figures.bands(results, reference={"guessing": 0.1})

# %% [markdown]
# Each dot is one run, the band goes from the worst to the best, the line is the mean of the runs. The choice of test images alone makes a
# difference of a few tenths of a point among 10,000 of them, and of one or two points among the sample's 1,000.

# %% [markdown]
# ## Exercise 8 · Explain it · 1 point · ●●○ · 10 minutes
#
# Why did that come out as it did? Answer in three to six sentences below. A person reads this one, and gives half a point for each of:
#
# - what happens to a hidden unit's sum under the new order, and what that means for learning;
# - what follows for an image that is only moved by a pixel, or: which knowledge about images this network does not use.
#
# <details><summary>Hint 1</summary>
# Write the sum down for three pixels. Then put the pixels in another order. Can you reorder the weights so as to make up for it?
# </details>

# %% [markdown] manual="explain-shuffle" points=1
# ### BEGIN SOLUTION
# A hidden unit adds up weight times pixel over all 784 pixels. A sum does not depend on the order of its terms: put the pixels in another
# order and the weights in the same one, and each unit computes what it computed before. The random starting weights have no
# preferred order either, so training on shuffled images is the same task as training on the originals; the accuracies differ only by chance.
#
# But then the network does not know which pixels are neighbours, and an image moved by one pixel is a new input for which other weights are
# responsible: it must learn every garment anew for each place.
#
# *Rubric.* Half a point: the sum stays the same if weights are reordered along with the pixels (or: each weight belongs to one pixel, wherever that
# lies). Half a point: that neighbourhood goes unused, or that a shift changes the input entirely. Not enough: “it learns the
# shuffled patterns” without the reason. “The vector is always the same” is wrong: the order must be the same for the *whole* data set.
# ### END SOLUTION

# %% [markdown]
# So this network ignores what makes an image an image: that neighbouring pixels belong together. The next notebook builds a layer that makes use of it.
#
# ## In three sentences
#
# Two linear layers with a ReLU between them turn 784 pixels into ten scores; cross-entropy says how wrong they are, and the optimiser moves
# each of the 795,010 parameters a little, batch by batch. Accuracy is counted: right answers divided by images, in eval mode, without gradients, on
# images by which nothing was chosen. The order of the pixels means nothing to such a network: one reason why it needs so many weights.
#
# | Exercise | Points |
# |---|---|
# | 1 A dataset of vectors | 3 |
# | 2 Count the weights | 3 |
# | 3 The network | 2 |
# | 4 One step of learning | 4 |
# | 5 How often is it right? | 3 |
# | 6 The accuracy of a whole data set | 3 |
# | 7 Shuffle every image | 1 |
# | 8 Explain it | 1 |
#
# **Go on:** notebook 02, convolution by hand · H. Xiao, K. Rasul and R. Vollgraf, [Fashion-MNIST](https://arxiv.org/abs/1708.07747), the paper
# behind the data · the [optimisation tutorial](https://pytorch.org/tutorials/beginner/basics/optimization_tutorial.html) of PyTorch.

# %%
# All that the checks of this notebook have said, in one table. Before you hand in: restart the
# kernel, run all cells, and look here again.
from autograder.checks import progress

progress("01_fmnist_mlp")
