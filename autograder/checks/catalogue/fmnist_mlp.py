# Answers to the exercises of notebook 01, as students type them: right ones in several styles, and wrong ones,
# one for each misconception. `says` is the finding that the check must come to.

# %% right="fashion-vectors" style="at once"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% right="fashion-vectors" style="item by item"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.images = images
        self.labels = labels

    def __len__(self):
        return self.images.shape[0]

    def __getitem__(self, i):
        x = self.images[i].view(-1) / 255.0
        return x, int(self.labels[i])

# %% right="fashion-vectors" style="slides"
class FashionVectors(Dataset):
    def __init__(self, x, y):
        super().__init__()
        x = x.float() / 255
        self.x = x.view(-1, 28 * 28)
        self.y = torch.tensor(y, dtype=torch.int64)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, ix):
        x, y = self.x[ix], self.y[ix]
        return x.to("cpu"), y.to("cpu")

# %% right="fashion-vectors" style="numpy"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = (np.asarray(images) / 255).astype(np.float32).reshape(-1, 784)
        self.y = np.asarray(labels).astype(np.int64)

    def __len__(self):
        return self.y.size

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% right="fashion-vectors" style="no base class, a list of pairs"
class FashionVectors:
    def __init__(self, images, labels):
        self.items = [(image.flatten().div(255), label.to(torch.int64)) for image, label in zip(images, labels)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

# %% wrong="fashion-vectors" says="not-scaled"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="whole-division"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = (images.reshape(len(images), -1) // 255).float()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="scaled-twice"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] / 255, self.y[i]

# %% wrong="fashion-vectors" says="divided-by-256"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 256
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="divided-by-maximum"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1) / images.max()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="divided-by-own-maximum"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] / self.x[i].max(), self.y[i]

# %% wrong="fashion-vectors" says="from-minus-1"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = (images.reshape(len(images), -1) / 255 - 0.5) / 0.5
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="inverted"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = (255 - images.reshape(len(images), -1)) / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="always-first"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[0], self.y[0]

# %% wrong="fashion-vectors" says="one-too-far"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i - 1], self.y[i - 1]

# %% wrong="fashion-vectors" says="float64"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = torch.from_numpy(images.numpy().reshape(-1, 784) / 255)
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="not-flattened"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="with-channel"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.unsqueeze(1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="row-of-one"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.images[i].reshape(1, -1).float() / 255, self.labels[i].long()

# %% wrong="fashion-vectors" says="columns-first"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.transpose(1, 2).reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="pair-swapped"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.y[i], self.x[i]

# %% wrong="fashion-vectors" says="length-fixed"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return 60000

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="length-of-item"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return self.x.shape[1]

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="labels-float"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.float()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="labels-uint8"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="one-hot"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = F.one_hot(labels.long(), 10)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="labels-from-1"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long() + 1

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="labels-scaled"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels / 255

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="index-for-label"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], i

# %% wrong="fashion-vectors" says="no-length"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="not-a-pair"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i]

# %% wrong="fashion-vectors" says="no-batch"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i].tolist(), self.y[i]

# %% wrong="fashion-vectors" says="raised"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-vectors" says="changes-input"
class FashionVectors(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()
        images.zero_()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% right="mlp-weights" style="worked out"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% right="mlp-weights" style="numbers"
weights_1 = 784000
biases_1 = 1000
layer_1 = 785000
weights_2 = 10000
biases_2 = 10
layer_2 = 10010
total = 795010

# %% right="mlp-weights" style="plus one"
weights_1, biases_1 = 28**2 * 1000, 1000
weights_2, biases_2 = 1e4, 1e1
layer_1 = (28**2 + 1) * 1000
layer_2 = (1000 + 1) * 10
total = 795_010

# %% right="mlp-weights" style="torch"
hidden, output = nn.Linear(784, 1000), nn.Linear(1000, 10)
weights_1, biases_1 = hidden.weight.numel(), hidden.bias.numel()
weights_2, biases_2 = output.weight.numel(), output.bias.numel()
layer_1 = sum(p.numel() for p in hidden.parameters())
layer_2 = sum(p.numel() for p in output.parameters())
total = torch.tensor([layer_1, layer_2]).sum()

# %% wrong="mlp-weights" says="added"
weights_1 = 784 + 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 + 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="biases-in-weights"
weights_1 = 785 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1001 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="one-side"
weights_1 = 28 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="other-layer"
weights_1 = 784 * 10
biases_1 = 10
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="output-missing"
weights_1 = 784
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="input-missing"
weights_1 = 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="bias-per-input"
weights_1 = 784 * 1000
biases_1 = 784
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 1000
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="one-bias"
weights_1 = 784 * 1000
biases_1 = 1
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 1
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="no-bias"
weights_1 = 784 * 1000
biases_1 = 0
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 0
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="bias-per-weight"
weights_1 = 784 * 1000
biases_1 = 784 * 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 1000 * 10
layer_2 = weights_2 + biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="without-biases"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = 784_000
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = 10_000
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="multiplied"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = weights_1 * biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 * biases_2
total = layer_1 + layer_2

# %% wrong="mlp-weights" says="units"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = 784 + 1000 + 10

# %% wrong="mlp-weights" says="one-layer"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1

# %% wrong="mlp-weights" says="biases-twice"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = layer_1 + biases_1 + layer_2 + biases_2

# %% wrong="mlp-weights" says="not-numbers"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = f"{layer_1 + layer_2:,}"

# %% wrong="mlp-weights" says="wrong-number"
weights_1 = 784 * 1000
biases_1 = 1000
layer_1 = weights_1 + biases_1
weights_2 = 1000 * 10
biases_2 = 10
layer_2 = weights_2 + biases_2
total = 795_100

# %% right="megabytes" style="worked out"
megabytes = 795_010 * 4 / 1024**2

# %% right="megabytes" style="two digits"
megabytes = 3.03

# %% right="megabytes" style="powers"
megabytes = 795_010 * 2**2 / 2**20

# %% right="megabytes" style="torch"
model = nn.Sequential(nn.Linear(784, 1000), nn.ReLU(), nn.Linear(1000, 10))
megabytes = sum(p.numel() * p.element_size() for p in model.parameters()) / 1024 / 1024

# %% right="megabytes" style="rounded"
megabytes = np.round(795_010 * 32 / 8 / 1024**2, 2)

# %% wrong="megabytes" says="thousands"
megabytes = 795_010 * 4 / 1000**2

# %% wrong="megabytes" says="thousand-and-1024"
megabytes = 795_010 * 4 / 1024 / 1000

# %% wrong="megabytes" says="one-byte"
megabytes = 795_010 / 1024**2

# %% wrong="megabytes" says="bits"
megabytes = 795_010 * 32 / 1024**2

# %% wrong="megabytes" says="float64"
megabytes = 795_010 * 8 / 1024**2

# %% wrong="megabytes" says="float16"
megabytes = 1.52

# %% wrong="megabytes" says="bytes"
megabytes = 795_010 * 4

# %% wrong="megabytes" says="kilobytes"
megabytes = 795_010 * 4 / 1024

# %% wrong="megabytes" says="millions"
megabytes = 0.795

# %% wrong="megabytes" says="weights-only"
megabytes = 794_000 * 4 / 1024**2

# %% wrong="megabytes" says="whole"
megabytes = 3

# %% wrong="megabytes" says="not-numbers"
megabytes = "3.03 MB"

# %% right="make-mlp" style="sequential"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))

# %% right="make-mlp" style="class"
class MLP(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.output = nn.Linear(n_hidden, n_out)
        self.hidden = nn.Linear(n_in, n_hidden)

    def forward(self, x):
        return self.output(F.relu(self.hidden(x)))


def make_mlp(n_in, n_hidden, n_out):
    return MLP(n_in, n_hidden, n_out)

# %% right="make-mlp" style="flatten first"
def make_mlp(n_in, n_hidden, n_out):
    model = nn.Sequential()
    model.add_module("flat", nn.Flatten())
    model.add_module("hidden", nn.Linear(n_in, n_hidden))
    model.add_module("relu", nn.ReLU(inplace=True))
    model.add_module("scores", nn.Linear(n_hidden, n_out))
    return model

# %% right="make-mlp" style="the class itself"
class make_mlp(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(n_hidden, n_in) / n_in**0.5)
        self.b1 = nn.Parameter(torch.zeros(n_hidden))
        self.w2 = nn.Parameter(torch.randn(n_out, n_hidden) / n_hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        hidden = torch.clamp(x @ self.w1.T + self.b1, min=0)
        return hidden @ self.w2.T + self.b2

# %% right="make-mlp" style="seeded list"
def make_mlp(n_in, n_hidden, n_out):
    torch.manual_seed(0)
    layers = [nn.Linear(n_in, n_hidden), nn.ReLU()]
    layers += [nn.Linear(n_hidden, n_out)]
    return nn.Sequential(*layers).eval()

# %% wrong="make-mlp" says="no-relu"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.Linear(n_hidden, n_out))

# %% wrong="make-mlp" says="relu-at-the-end"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out), nn.ReLU())

# %% wrong="make-mlp" says="relu-misplaced"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.Linear(n_hidden, n_out), nn.ReLU())

# %% wrong="make-mlp" says="softmax"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out), nn.Softmax(dim=1))

# %% wrong="make-mlp" says="log-softmax"
class MLP(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.hidden = nn.Linear(n_in, n_hidden)
        self.output = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        return F.log_softmax(self.output(F.relu(self.hidden(x))), dim=1)


def make_mlp(n_in, n_hidden, n_out):
    return MLP(n_in, n_hidden, n_out)

# %% wrong="make-mlp" says="softmax-of-batch"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out), nn.Softmax(dim=0))

# %% wrong="make-mlp" says="sigmoid-at-the-end"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out), nn.Sigmoid())

# %% wrong="make-mlp" says="sigmoid"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.Sigmoid(), nn.Linear(n_hidden, n_out))

# %% wrong="make-mlp" says="tanh"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.Tanh(), nn.Linear(n_hidden, n_out))

# %% wrong="make-mlp" says="sizes-fixed"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(784, 1000), nn.ReLU(), nn.Linear(1000, 10))

# %% wrong="make-mlp" says="no-bias"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(
        nn.Linear(n_in, n_hidden, bias=False), nn.ReLU(), nn.Linear(n_hidden, n_out, bias=False)
    )

# %% wrong="make-mlp" says="no-layers"
def make_mlp(n_in, n_hidden, n_out):
    return nn.ReLU()

# %% wrong="make-mlp" says="one-layer"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Linear(n_in, n_out)

# %% wrong="make-mlp" says="three-layers"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(
        nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out)
    )

# %% wrong="make-mlp" says="hidden-ignored"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, 100), nn.ReLU(), nn.Linear(100, n_out))

# %% wrong="make-mlp" says="hidden-and-output-swapped"
def make_mlp(n_in, n_out, n_hidden):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))

# %% wrong="make-mlp" says="linear-swapped"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_hidden, n_in), nn.ReLU(), nn.Linear(n_out, n_hidden))

# %% wrong="make-mlp" says="extra-parameters"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(
        nn.Linear(n_in, n_hidden), nn.BatchNorm1d(n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out)
    )

# %% wrong="make-mlp" says="wrong-layers"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden + 1), nn.ReLU(), nn.Linear(n_hidden, n_out))

# %% wrong="make-mlp" says="one-network"
network = {}


def make_mlp(n_in, n_hidden, n_out):
    sizes = (n_in, n_hidden, n_out)
    if sizes not in network:
        network[sizes] = nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))
    return network[sizes]

# %% wrong="make-mlp" says="dropout"
def make_mlp(n_in, n_hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Dropout(0.5), nn.Linear(n_hidden, n_out))

# %% wrong="make-mlp" says="not-a-network"
def make_mlp(n_in, n_hidden, n_out):
    model = nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))

# %% wrong="make-mlp" says="raised"
class MLP(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.hidden = nn.Linear(n_in, n_hidden)
        self.output = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        return self.output(F.relu(self.hidden(x.view(-1, 784))))


def make_mlp(n_in, n_hidden, n_out):
    return MLP(n_in, n_hidden, n_out)

# %% right="train-batch" style="usual"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% right="train-batch" style="slides"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    prediction = model(x)
    batch_loss = loss_fn(prediction, y)
    opt.zero_grad()
    batch_loss.backward()
    opt.step()
    opt.zero_grad()
    return batch_loss.detach().numpy()

# %% right="train-batch" style="model cleared, back to eval mode"
def train_batch(x, y, model, opt, loss_fn):
    model.train(True)
    model.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    model.eval()
    return float(loss)

# %% right="train-batch" style="gradients by hand"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    loss = loss_fn(model(x), y)
    parameters = list(model.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        parameter.grad = gradient
    opt.step()
    return loss.detach()

# %% right="train-batch" style="set to zeros"
def train_batch(x, y, model, opt, loss_fn):
    for module in model.modules():
        module.training = True
    opt.zero_grad(set_to_none=False)
    scores = model(x)
    loss = loss_fn(scores, y.long())
    value = np.float32(loss.detach())
    loss.backward()
    opt.step()
    return value

# %% right="train-batch" style="closure"
def train_batch(x, y, model, opt, loss_fn):
    model.train()

    def closure():
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        return loss

    return opt.step(closure).item()

# %% wrong="train-batch" says="no-zero-grad"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="zero-at-the-end"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    opt.zero_grad()
    return loss.item()

# %% wrong="train-batch" says="zeroed-after-backward"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.zero_grad()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="unmoved"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    loss = loss_fn(model(x), y)
    loss.backward()
    for parameter in model.parameters():
        parameter.grad = None
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="no-forward"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    opt.step()
    return 0.0

# %% wrong="train-batch" says="no-backward"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="no-step"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    return loss.item()

# %% wrong="train-batch" says="two-steps"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="two-rounds"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    for _ in range(2):
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
    return loss.item()

# %% wrong="train-batch" says="two-backwards"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward(retain_graph=True)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="step-before-backward"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    opt.step()
    loss.backward()
    return loss.item()

# %% wrong="train-batch" says="own-optimiser"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="train-forgotten"
def train_batch(x, y, model, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="eval-called"
def train_batch(x, y, model, opt, loss_fn):
    model.eval()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="train-late"
def train_batch(x, y, model, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    model.train()
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="softmax-first"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(F.softmax(model(x), dim=1), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="log-softmax-first"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(F.log_softmax(model(x), dim=1), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="sigmoid-first"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(torch.sigmoid(model(x)), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="own-loss"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = nn.CrossEntropyLoss()(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="sum-trained"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y) * len(x)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="sum-returned"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item() * len(x)

# %% wrong="train-batch" says="loss-after-step"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss_fn(model(x), y).backward()
    opt.step()
    with torch.no_grad():
        return loss_fn(model(x), y).item()

# %% wrong="train-batch" says="keeps-graph"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss

# %% wrong="train-batch" says="returned-nothing"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()

# %% wrong="train-batch" says="wrong-shape"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    scores = model(x)
    loss = loss_fn(scores, y)
    loss.backward()
    opt.step()
    return scores.detach()

# %% wrong="train-batch" says="not-numbers"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return f"{loss.item():.3f}"

# %% wrong="train-batch" says="labels-float"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y.float())
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="one-hot"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    scores = model(x)
    loss = loss_fn(scores, F.one_hot(y, scores.shape[1]).float())
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="argmax-first"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x).argmax(dim=1).float(), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="arguments-swapped"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(y, model(x))
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="raised"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    with torch.no_grad():
        loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()

# %% wrong="train-batch" says="changes-input"
def train_batch(x, y, model, opt, loss_fn):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    x -= x.mean()
    return loss.item()

# %% right="accuracy" style="usual"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% right="accuracy" style="slides"
@torch.no_grad()
def accuracy(x, y, model):
    model.eval()
    prediction = model(x)
    max_values, argmaxes = prediction.max(-1)
    is_correct = argmaxes == y
    return is_correct.cpu().numpy().mean()

# %% right="accuracy" style="loop, and the old mode back"
def accuracy(x, y, model):
    before = model.training
    model.eval()
    right = 0
    with torch.inference_mode():
        for scores, label in zip(model(x), y):
            if scores.argmax() == label:
                right += 1
    model.train(before)
    return right / len(y)

# %% right="accuracy" style="probabilities"
def accuracy(x, y, model):
    model.train(False)
    with torch.no_grad():
        probabilities = F.softmax(model(x), dim=1)
    return (torch.max(probabilities, 1)[1] == y).sum() / y.shape[0]

# %% right="accuracy" style="numpy"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        scores = model(x).numpy()
    return np.mean(np.argmax(scores, axis=1) == y.numpy())

# %% right="accuracy" style="item by item, switched by hand"
def accuracy(x, y, model):
    model.eval()
    torch.set_grad_enabled(False)
    hits = [int(model(x[i : i + 1]).topk(1).indices) == int(y[i]) for i in range(len(x))]
    torch.set_grad_enabled(True)
    return sum(hits) / len(hits)

# %% wrong="accuracy" says="eval-forgotten"
def accuracy(x, y, model):
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="train-called"
def accuracy(x, y, model):
    model.train()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="eval-late"
def accuracy(x, y, model):
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    model.eval()
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="gradients-on"
def accuracy(x, y, model):
    model.eval()
    guesses = model(x).detach().argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="off-for-good"
def accuracy(x, y, model):
    model.eval()
    torch.set_grad_enabled(False)
    guesses = model(x).argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="frozen"
def accuracy(x, y, model):
    model.eval()
    model.requires_grad_(False)
    guesses = model(x).argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="gradients-changed"
def accuracy(x, y, model):
    model.eval()
    model.zero_grad()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="weights-changed"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
        for parameter in model.parameters():
            parameter.mul_(0.99)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="argmax-dim-0"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=0)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="argmax-no-dim"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax()
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="largest-score"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).max(dim=1)[0]
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="argmin"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmin(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="compares-scores"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        scores = model(x)
    return (scores == y).float().mean().item()

# %% wrong="accuracy" says="percent"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return 100 * (guesses == y).float().mean().item()

# %% wrong="accuracy" says="count"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).sum().item()

# %% wrong="accuracy" says="error-rate"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses != y).float().mean().item()

# %% wrong="accuracy" says="whole-division"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).sum().item() // len(y)

# %% wrong="accuracy" says="divided-by-classes"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        scores = model(x)
    return (scores.argmax(dim=1) == y).sum().item() / scores.shape[1]

# %% wrong="accuracy" says="mean-probability"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        probabilities = model(x).softmax(dim=1)
    return probabilities[range(len(y)), y].mean().item()

# %% wrong="accuracy" says="wrong-shape"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).float()

# %% wrong="accuracy" says="returned-nothing"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    print((guesses == y).float().mean().item())

# %% wrong="accuracy" says="model-not-asked"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = x.argmax(dim=1)
    return (guesses == y).float().mean().item()

# %% wrong="accuracy" says="raised"
def accuracy(x, y, model):
    model.eval()
    with torch.no_grad():
        guesses = model(x).argmax(dim=1)
    return (guesses == y).mean().item()

# %% right="dataset-accuracy" style="usual"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return right / count

# %% right="dataset-accuracy" style="weighted accuracy"
def dataset_accuracy(loader, model):
    total, n = 0.0, 0
    for x, y in loader:
        total += accuracy(x, y, model) * len(x)
        n += len(x)
    return total / n

# %% right="dataset-accuracy" style="all hits in a list"
@torch.no_grad()
def dataset_accuracy(loader, model):
    model.eval()
    hits = []
    for batch in loader:
        images, labels = batch
        hits.extend((model(images).max(1).indices == labels).tolist())
    return np.mean(hits)

# %% right="dataset-accuracy" style="joined batches"
def dataset_accuracy(loader, model):
    model.eval()
    with torch.inference_mode():
        hits = torch.cat([model(x).argmax(-1) == y for x, y in loader])
    return hits.double().mean()

# %% right="dataset-accuracy" style="average with weights"
def dataset_accuracy(loader, model):
    model.eval()
    shares, sizes = [], []
    with torch.no_grad():
        for x, y in loader:
            shares.append((F.log_softmax(model(x), 1).argmax(1) == y).float().mean())
            sizes.append(y.numel())
    return np.average(shares, weights=sizes)

# %% wrong="dataset-accuracy" says="batch-means"
def dataset_accuracy(loader, model):
    return np.mean([accuracy(x, y, model) for x, y in loader])

# %% wrong="dataset-accuracy" says="means-added"
def dataset_accuracy(loader, model):
    total = 0
    for x, y in loader:
        total += accuracy(x, y, model)
    return total

# %% wrong="dataset-accuracy" says="divided-by-batches"
def dataset_accuracy(loader, model):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
    return right / len(loader)

# %% wrong="dataset-accuracy" says="full-batches"
def dataset_accuracy(loader, model):
    model.eval()
    right, size = 0, 0
    with torch.no_grad():
        for x, y in loader:
            size = max(size, len(y))
            right += (model(x).argmax(dim=1) == y).sum().item()
    return right / (len(loader) * size)

# %% wrong="dataset-accuracy" says="last-batch-only"
def dataset_accuracy(loader, model):
    for x, y in loader:
        result = accuracy(x, y, model)
    return result

# %% wrong="dataset-accuracy" says="first-batch-only"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
            return right / count

# %% wrong="dataset-accuracy" says="short-batch-dropped"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            if count and len(y) < size:
                break
            size = len(y)
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += size
    return right / count

# %% wrong="dataset-accuracy" says="hits-not-added"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right = (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="items-not-added"
def dataset_accuracy(loader, model):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
    return right / len(y)

# %% wrong="dataset-accuracy" says="percent"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return 100 * right / count

# %% wrong="dataset-accuracy" says="count"
def dataset_accuracy(loader, model):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
    return right

# %% wrong="dataset-accuracy" says="error-rate"
def dataset_accuracy(loader, model):
    model.eval()
    wrong = count = 0
    with torch.no_grad():
        for x, y in loader:
            wrong += (model(x).argmax(dim=1) != y).sum().item()
            count += len(y)
    return wrong / count

# %% wrong="dataset-accuracy" says="argmax-dim-0"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=0) == y).sum().item()
            count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="largest-score"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).amax(dim=1) == y).sum().item()
            count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="argmin"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmin(dim=1) == y).sum().item()
            count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="eval-forgotten"
def dataset_accuracy(loader, model):
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="train-called"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
            model.train()
    return right / count

# %% wrong="dataset-accuracy" says="eval-late"
def dataset_accuracy(loader, model):
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
            model.eval()
    return right / count

# %% wrong="dataset-accuracy" says="gradients-on"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    for x, y in loader:
        right += (model(x).argmax(dim=1) == y).sum().item()
        count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="off-for-good"
def dataset_accuracy(loader, model):
    model.eval()
    torch.set_grad_enabled(False)
    right = count = 0
    for x, y in loader:
        right += (model(x).argmax(dim=1) == y).sum().item()
        count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="frozen"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    for parameter in model.parameters():
        parameter.requires_grad = False
    for x, y in loader:
        right += (model(x).argmax(dim=1) == y).sum().item()
        count += len(y)
    return right / count

# %% wrong="dataset-accuracy" says="returned-nothing"
def dataset_accuracy(loader, model):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    print(f"accuracy {right / count:.1%}")

# %% wrong="dataset-accuracy" says="raised"
def dataset_accuracy(loader, model):
    model.eval()
    with torch.no_grad():
        return (model(loader.x).argmax(dim=1) == loader.y).float().mean().item()

# %% wrong="dataset-accuracy" says="needs-a-dataloader"
def dataset_accuracy(loader, model):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
    return right / len(loader.dataset)

# %% wrong="dataset-accuracy" says="wrong-shape"
def dataset_accuracy(loader, model):
    return [accuracy(x, y, model) for x, y in loader]

# %% right="shuffle-prediction" style="word"
after_shuffling = "same"

# %% right="shuffle-prediction" style="single quotes"
after_shuffling = 'same'

# %% right="shuffle-prediction" style="capital"
after_shuffling = "Same"

# %% right="shuffle-prediction" style="chosen"
choices = ["better", "same", "worse", "chance"]
after_shuffling = choices[1]

# %% wrong="shuffle-prediction" says="better"
after_shuffling = "better"

# %% wrong="shuffle-prediction" says="worse"
after_shuffling = "worse"

# %% wrong="shuffle-prediction" says="chance"
after_shuffling = "chance"

# %% wrong="shuffle-prediction" says="wrong-word"
after_shuffling = "equal"

# %% wrong="shuffle-prediction" says="not-numbers"
after_shuffling = {"same"}

# %% wrong="shuffle-prediction" says="not-defined"
after_shufling = "same"
