# Answers to the exercises of notebook 04, as students type them: right ones in several styles, and wrong ones,
# one for each misconception. `says` is the finding that the check must come to.

# %% right="fashion-images" style="at once"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% right="fashion-images" style="item by item"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.images = images
        self.labels = labels

    def __len__(self):
        return self.images.shape[0]

    def __getitem__(self, i):
        x = self.images[i].unsqueeze(0) / 255.0
        return x, int(self.labels[i])

# %% right="fashion-images" style="slides"
class FashionImages(Dataset):
    def __init__(self, x, y):
        super().__init__()
        x = x.float() / 255
        self.x = x.view(-1, 1, 28, 28)
        self.y = y.to(torch.int64)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, ix):
        x, y = self.x[ix], self.y[ix]
        return x.to("cpu"), y.to("cpu")

# %% right="fashion-images" style="numpy"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = np.expand_dims(np.asarray(images, dtype=np.float32) / 255, 1)
        self.y = np.asarray(labels).astype(np.int64)

    def __len__(self):
        return self.y.size

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% right="fashion-images" style="no base class, a list of pairs"
class FashionImages:
    def __init__(self, images, labels):
        self.items = [(image[None].div(255), label.to(torch.int64)) for image, label in zip(images, labels)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

# %% wrong="fashion-images" says="no-channel"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images.float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="flat"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images.reshape(len(images), -1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="channel-last"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[..., None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="three-channels"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].repeat(1, 3, 1, 1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="two-extra-axes"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i][None], self.y[i]

# %% wrong="fashion-images" says="rows-and-columns"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images.transpose(1, 2).unsqueeze(1).float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="not-scaled"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images.unsqueeze(1).float()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="whole-division"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = (images.unsqueeze(1) // 255).float()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="scaled-twice"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] / 255, self.y[i]

# %% wrong="fashion-images" says="divided-by-256"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 256
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="divided-by-maximum"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None] / images.max()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="divided-by-own-maximum"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float()
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] / self.x[i].max(), self.y[i]

# %% wrong="fashion-images" says="from-minus-1"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = (images[:, None] / 255 - 0.5) / 0.5
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="inverted"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = (255 - images[:, None]) / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="always-first"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[0], self.y[0]

# %% wrong="fashion-images" says="one-too-far"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i - 1], self.y[i - 1]

# %% wrong="fashion-images" says="float64"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = torch.from_numpy(images.numpy()[:, None] / 255)
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="pair-swapped"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.y[i], self.x[i]

# %% wrong="fashion-images" says="length-fixed"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return 60000

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="length-of-item"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return self.x.shape[1]

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="labels-float"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.float()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="labels-uint8"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="one-hot"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = F.one_hot(labels.long(), 10)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="labels-from-1"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long() + 1

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="labels-scaled"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels / 255

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="index-for-label"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], i

# %% wrong="fashion-images" says="no-length"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="not-a-pair"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i]

# %% wrong="fashion-images" says="no-batch"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i].tolist(), self.y[i]

# %% wrong="fashion-images" says="changes-input"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        self.x = images[:, None].float() / 255
        self.y = labels.long()
        images.zero_()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% wrong="fashion-images" says="raised"
class FashionImages(Dataset):
    def __init__(self, images, labels):
        x = images[:, None].float() / 255
        self.y = labels.long()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% right="make-cnn" style="sequential"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% right="make-cnn" style="relu before pooling"
def make_cnn():
    layers = []
    for c_in, c_out in ((1, 64), (64, 128)):
        layers += [nn.Conv2d(c_in, c_out, kernel_size=(3, 3), stride=1, padding=0), nn.ReLU(), nn.MaxPool2d(2, 2)]
    layers += [nn.Flatten(), nn.Linear(128 * 5 * 5, 200), nn.ReLU(), nn.Linear(200, 10)]
    return nn.Sequential(*layers)

# %% right="make-cnn" style="module with layers"
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 64, 3)
        self.conv2 = nn.Conv2d(64, 128, 3)
        self.pool = nn.MaxPool2d(2, stride=2)
        self.relu = nn.ReLU()
        self.fc1 = nn.Linear(3200, 200)
        self.fc2 = nn.Linear(200, 10)

    def forward(self, x):
        x = self.relu(self.pool(self.conv1(x)))
        x = self.relu(self.pool(self.conv2(x)))
        x = x.view(x.size(0), -1)
        return self.fc2(self.relu(self.fc1(x)))


def make_cnn():
    return CNN()

# %% right="make-cnn" style="functional, last layers first"
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(200, 10)
        self.hidden = nn.Linear(128 * 5**2, 200)
        self.second = nn.Conv2d(64, 128, 3)
        self.first = nn.Conv2d(1, 64, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = torch.max_pool2d(self.second(x), 2).clamp(min=0)
        return self.last(torch.relu(self.hidden(torch.flatten(x, 1))))


def make_cnn():
    return Network()

# %% right="make-cnn" style="nested blocks"
def block(c_in, c_out):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3), nn.MaxPool2d(2), nn.ReLU(inplace=True))


def make_cnn():
    head = nn.Sequential(nn.Flatten(), nn.Linear(3200, 200), nn.ReLU(inplace=True), nn.Linear(200, 10))
    return nn.Sequential(block(1, 64), block(64, 128), head)

# %% right="make-cnn" style="channels last"
def make_cnn():
    model = nn.Sequential()
    model.add_module("conv1", nn.Conv2d(1, 64, 3, padding="valid"))
    model.add_module("pool1", nn.MaxPool2d((2, 2)))
    model.add_module("relu1", nn.ReLU())
    model.add_module("conv2", nn.Conv2d(64, 128, 3, padding="valid"))
    model.add_module("pool2", nn.MaxPool2d((2, 2)))
    model.add_module("relu2", nn.ReLU())
    model.add_module("flatten", nn.Flatten())
    model.add_module("linear1", nn.Linear(3200, 200))
    model.add_module("relu3", nn.ReLU())
    model.add_module("linear2", nn.Linear(200, 10))
    return model.to(memory_format=torch.channels_last)

# %% wrong="make-cnn" says="softmax"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
        nn.Softmax(dim=1),
    )

# %% wrong="make-cnn" says="log-softmax"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
        nn.LogSoftmax(dim=1),
    )

# %% wrong="make-cnn" says="relu-at-end"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
        nn.ReLU(),
    )

# %% wrong="make-cnn" says="no-relu"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="no-first-relu"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="no-second-relu"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="no-third-relu"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="average-pooling"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.AvgPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.AvgPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="other-activation"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.Sigmoid(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.Sigmoid(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.Sigmoid(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="padding"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, padding=1),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="slide"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 32, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 5 * 5, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="filters"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 5 * 5, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="kernel-size"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="conv-stride"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 6 * 6, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="conv-settings"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, dilation=2),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="rgb"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="channels-do-not-fit"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(1, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="not-2d"
def make_cnn():
    return nn.Sequential(
        nn.Conv1d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv1d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="convolutions"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 13 * 13, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="no-bias"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, bias=False),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, bias=False),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="pool-stride"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2, stride=1),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2, stride=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 22 * 22, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="pool-size"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(3),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 2 * 2, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="pool-padding"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2, padding=1),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="pool-missing"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 11 * 11, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="no-flatten"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="flatten-size"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 6 * 6, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="hidden-size"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )

# %% wrong="make-cnn" says="linear-do-not-fit"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(128, 10),
    )

# %% wrong="make-cnn" says="linear-layers"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 10),
    )

# %% wrong="make-cnn" says="classes"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 1),
    )

# %% wrong="make-cnn" says="dropout"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="batch-norm"
def make_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="make-cnn" says="one-network"
model = nn.Sequential(
    nn.Conv2d(1, 64, 3),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Conv2d(64, 128, 3),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(3200, 200),
    nn.ReLU(),
    nn.Linear(200, 10),
)


def make_cnn():
    return model

# %% wrong="make-cnn" says="other-weights"
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 64, 3)
        self.second = nn.Conv2d(64, 128, 3)
        self.hidden = nn.Linear(3200, 200)
        self.last = nn.Linear(200, 10)
        self.scale = nn.Parameter(torch.ones(10))

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.first(x), 2))
        x = F.relu(F.max_pool2d(self.second(x), 2))
        return self.scale * self.last(F.relu(self.hidden(x.flatten(1))))


def make_cnn():
    return CNN()

# %% wrong="make-cnn" says="not-a-network"
def make_cnn():
    return [
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    ]

# %% wrong="make-cnn" says="stops"
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 64, 3)
        self.second = nn.Conv2d(64, 128, 3)
        self.hidden = nn.Linear(3200, 200)
        self.last = nn.Linear(200, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.first(x), 2))
        x = F.relu(F.max_pool2d(self.second(x), 2))
        return self.last(F.relu(self.hidden(x)))


def make_cnn():
    return CNN()

# %% right="cnn-shapes" style="tuples"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% right="cnn-shapes" style="lists, with a batch of one"
after_conv1 = [1, 64, 26, 26]
after_pool1 = [1, 64, 13, 13]
after_relu1 = [1, 64, 13, 13]
after_conv2 = [1, 128, 11, 11]
after_pool2 = [1, 128, 5, 5]
after_relu2 = [1, 128, 5, 5]
after_flatten = [1, 3200]
after_linear1 = [1, 200]
after_relu3 = [1, 200]
after_linear2 = [1, 10]

# %% right="cnn-shapes" style="as torchsummary prints"
after_conv1 = [-1, 64, 26, 26]
after_pool1 = [-1, 64, 13, 13]
after_relu1 = [-1, 64, 13, 13]
after_conv2 = [-1, 128, 11, 11]
after_pool2 = [-1, 128, 5, 5]
after_relu2 = [-1, 128, 5, 5]
after_flatten = [-1, 3200]
after_linear1 = [-1, 200]
after_relu3 = [-1, 200]
after_linear2 = [-1, 10]

# %% right="cnn-shapes" style="one number in brackets"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = (3200,)
after_linear1 = (200,)
after_relu3 = (200,)
after_linear2 = (10,)

# %% right="cnn-shapes" style="measured"
x = torch.zeros(32, 1, 28, 28)
sizes = []
for layer in nn.Sequential(
    nn.Conv2d(1, 64, 3),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Conv2d(64, 128, 3),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(3200, 200),
    nn.ReLU(),
    nn.Linear(200, 10),
):
    x = layer(x)
    sizes.append(x.shape[1:])
after_conv1, after_pool1, after_relu1, after_conv2, after_pool2 = sizes[:5]
after_relu2, after_flatten, after_linear1, after_relu3, after_linear2 = sizes[5:]

# %% right="cnn-shapes" style="worked out"
after_conv1 = (64, 28 - 3 + 1, 28 - 3 + 1)
after_pool1 = (64, 26 // 2, 26 // 2)
after_relu1 = after_pool1
after_conv2 = (128, 13 - 3 + 1, 13 - 3 + 1)
after_pool2 = (128, 11 // 2, 11 // 2)
after_relu2 = after_pool2
after_flatten = 128 * 5 * 5
after_linear1 = after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="padded"
after_conv1 = (64, 28, 28)
after_pool1 = (64, 14, 14)
after_relu1 = (64, 14, 14)
after_conv2 = (128, 14, 14)
after_pool2 = (128, 7, 7)
after_relu2 = (128, 7, 7)
after_flatten = 128 * 7 * 7
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="no-plus-one"
after_conv1 = (64, 25, 25)
after_pool1 = (64, 12, 12)
after_relu1 = (64, 12, 12)
after_conv2 = (128, 9, 9)
after_pool2 = (128, 4, 4)
after_relu2 = (128, 4, 4)
after_flatten = 2048
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="kernel-5"
after_conv1 = (64, 24, 24)
after_pool1 = (64, 12, 12)
after_relu1 = (64, 12, 12)
after_conv2 = (128, 8, 8)
after_pool2 = (128, 4, 4)
after_relu2 = (128, 4, 4)
after_flatten = 2048
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="channels-last"
after_conv1 = (26, 26, 64)
after_pool1 = (13, 13, 64)
after_relu1 = (13, 13, 64)
after_conv2 = (11, 11, 128)
after_pool2 = (5, 5, 128)
after_relu2 = (5, 5, 128)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="channels-kept"
after_conv1 = (1, 26, 26)
after_pool1 = (1, 13, 13)
after_relu1 = (1, 13, 13)
after_conv2 = (1, 11, 11)
after_pool2 = (1, 5, 5)
after_relu2 = (1, 5, 5)
after_flatten = 25
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="size-only"
after_conv1 = (26, 26)
after_pool1 = (13, 13)
after_relu1 = (13, 13)
after_conv2 = (11, 11)
after_pool2 = (5, 5)
after_relu2 = (5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="multiplied"
after_conv1 = 64 * 26 * 26
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = 128 * 11 * 11
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="weight-shape"
after_conv1 = (64, 1, 3, 3)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 64, 3, 3)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="channels-multiplied"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (8192, 11, 11)
after_pool2 = (8192, 5, 5)
after_relu2 = (8192, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="channels-added"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (192, 11, 11)
after_pool2 = (192, 5, 5)
after_relu2 = (192, 5, 5)
after_flatten = 4800
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="slide"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (32, 11, 11)
after_pool2 = (32, 5, 5)
after_relu2 = (32, 5, 5)
after_flatten = 800
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="channels-pooled"
after_conv1 = (64, 26, 26)
after_pool1 = (32, 13, 13)
after_relu1 = (32, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (64, 5, 5)
after_relu2 = (64, 5, 5)
after_flatten = 1600
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="only-channels"
after_conv1 = (64, 26, 26)
after_pool1 = (32, 26, 26)
after_relu1 = (32, 26, 26)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="pool-stride-1"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 25, 25)
after_relu1 = (64, 25, 25)
after_conv2 = (128, 23, 23)
after_pool2 = (128, 22, 22)
after_relu2 = (128, 22, 22)
after_flatten = 128 * 22 * 22
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="like-a-kernel"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 24, 24)
after_relu1 = (64, 24, 24)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="not-pooled"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 26, 26)
after_relu1 = (64, 26, 26)
after_conv2 = (128, 24, 24)
after_pool2 = (128, 24, 24)
after_relu2 = (128, 24, 24)
after_flatten = 128 * 24 * 24
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="only-height"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 26)
after_relu1 = (64, 13, 26)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="rounded-up"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 6, 6)
after_relu2 = (128, 6, 6)
after_flatten = 4608
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="not-rounded"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5.5, 5.5)
after_relu2 = (128, 5.5, 5.5)
after_flatten = 3872
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="relu-pools"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 6, 6)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 2, 2)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="relu-drops"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (32, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (64, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="not-flattened"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = (128, 5, 5)
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="channels-left"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = (128, 25)
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="one-channel"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 25
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="one-side"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 640
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="added"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 138
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="before-pooling"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 128 * 11 * 11
after_linear1 = 200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="linear-unchanged"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 3200
after_relu3 = 3200
after_linear2 = 10

# %% wrong="cnn-shapes" says="weights-counted"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 640000
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="parameters"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 640200
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="matrix"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = (200, 3200)
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="matrix-turned"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = (3200, 200)
after_relu3 = 200
after_linear2 = 10

# %% wrong="cnn-shapes" says="last-too-early"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 10
after_relu3 = 10
after_linear2 = 10

# %% wrong="cnn-shapes" says="relu-halves"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 100
after_linear2 = 10

# %% wrong="cnn-shapes" says="relu-gives-scores"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 10
after_linear2 = 10

# %% wrong="cnn-shapes" says="relu-from-flatten"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 3200
after_linear2 = 10

# %% wrong="cnn-shapes" says="one-class"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 1

# %% wrong="cnn-shapes" says="scores-unchanged"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 200

# %% wrong="cnn-shapes" says="last-weights"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 2000

# %% wrong="cnn-shapes" says="last-parameters"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 2010

# %% wrong="cnn-shapes" says="last-matrix"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = (10, 200)

# %% wrong="cnn-shapes" says="wrong-number"
after_conv1 = (64, 26, 26)
after_pool1 = (64, 13, 13)
after_relu1 = (64, 13, 13)
after_conv2 = (128, 11, 11)
after_pool2 = (128, 5, 5)
after_relu2 = (128, 5, 5)
after_flatten = 3200
after_linear1 = 200
after_relu3 = 200
after_linear2 = 12

# %% right="cnn-parameters" style="numbers"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% right="cnn-parameters" style="worked out"
per_filter_1 = 3 * 3 * 1 + 1
conv1_parameters = 64 * per_filter_1
per_filter_2 = 3 * 3 * 64 + 1
conv2_parameters = 128 * per_filter_2
linear1_parameters = 3200 * 200 + 200
linear2_parameters = 200 * 10 + 10
other_parameters = 0
total_parameters = conv1_parameters + conv2_parameters + linear1_parameters + linear2_parameters

# %% right="cnn-parameters" style="asked of the layers"
def count(layer):
    return sum(p.numel() for p in layer.parameters())


conv1, conv2, linear1, linear2 = nn.Conv2d(1, 64, 3), nn.Conv2d(64, 128, 3), nn.Linear(3200, 200), nn.Linear(200, 10)
conv1_parameters, conv2_parameters = count(conv1), count(conv2)
per_filter_1, per_filter_2 = conv1_parameters // 64, conv2_parameters // 128
linear1_parameters, linear2_parameters = count(linear1), count(linear2)
other_parameters = count(nn.MaxPool2d(2)) + count(nn.ReLU()) + count(nn.Flatten())
total_parameters = sum([conv1_parameters, conv2_parameters, linear1_parameters, linear2_parameters])

# %% right="cnn-parameters" style="units with their bias"
per_filter_1 = 9 + 1
per_filter_2 = 9 * 64 + 1
conv1_parameters, conv2_parameters = np.array([64, 128]) * [per_filter_1, per_filter_2]
linear1_parameters = torch.tensor((128 * 5 * 5 + 1) * 200)
linear2_parameters = torch.tensor((200 + 1) * 10)
other_parameters = 2 * 0 + 3 * 0 + 0
total_parameters = conv1_parameters + conv2_parameters + linear1_parameters + linear2_parameters + other_parameters

# %% right="cnn-parameters" style="floats"
per_filter_1 = 10.0
conv1_parameters = 6.4e2
per_filter_2 = 577.0
conv2_parameters = 7.3856e4
linear1_parameters = 6.402e5
linear2_parameters = 2.01e3
other_parameters = 0.0
total_parameters = 7.16706e5

# %% wrong="cnn-parameters" says="bias-forgotten"
per_filter_1 = 9
conv1_parameters = 576
per_filter_2 = 576
conv2_parameters = 73728
linear1_parameters = 640000
linear2_parameters = 2000
other_parameters = 0
total_parameters = 716304

# %% wrong="cnn-parameters" says="one-bias"
per_filter_1 = 10
conv1_parameters = 577
per_filter_2 = 577
conv2_parameters = 73729
linear1_parameters = 640001
linear2_parameters = 2001
other_parameters = 0
total_parameters = 716308

# %% wrong="cnn-parameters" says="input-channels-forgotten"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 10
conv2_parameters = 9 * 128 + 128
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 644130

# %% wrong="cnn-parameters" says="bias-of-inputs"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 9 * 64 * 128 + 64
linear1_parameters = 3200 * 200 + 3200
linear2_parameters = 200 * 10 + 200
other_parameters = 0
total_parameters = 640 + 73792 + 643200 + 2200

# %% wrong="cnn-parameters" says="one-side"
per_filter_1 = 4
conv1_parameters = 256
per_filter_2 = 193
conv2_parameters = 24704
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 667170

# %% wrong="cnn-parameters" says="whole-image"
per_filter_1 = 785
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="all-filters"
per_filter_1 = 640
conv1_parameters = 640
per_filter_2 = 73856
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="rgb"
per_filter_1 = 28
conv1_parameters = 1792
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 717858

# %% wrong="cnn-parameters" says="output-channels"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 9 * 128 + 1
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="one-filter"
per_filter_1 = 10
conv1_parameters = 10
per_filter_2 = 577
conv2_parameters = 577
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="pixels-counted"
per_filter_1 = 10
conv1_parameters = 43264
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="weights-per-place"
per_filter_1 = 10
conv1_parameters = 64 * 26 * 26 * 9
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="fully-connected"
per_filter_1 = 10
conv1_parameters = 785 * 64
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="filters-128"
per_filter_1 = 10
conv1_parameters = 1280
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="bias-per-kernel"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 64 * 128 * 10
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="slide"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 18464
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 640 + 18464 + 640200 + 2010

# %% wrong="cnn-parameters" says="places-forgotten"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 25800
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="maps-forgotten"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 25 * 200 + 200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="flatten-rounded-up"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 128 * 6 * 6 * 200 + 200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="flatten-padded"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 128 * 7 * 7 * 200 + 200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 640 + 73856 + 1254600 + 2010

# %% wrong="cnn-parameters" says="flatten-not-pooled"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 128 * 11 * 11 * 200 + 200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="flatten-32"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 160200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="flatten-64"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 320200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="from-flatten"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 3200 * 10 + 10
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="outputs-only"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 201
other_parameters = 0
total_parameters = 716706

# %% wrong="cnn-parameters" says="window"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 2 * 4
total_parameters = 716706

# %% wrong="cnn-parameters" says="one-window"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 4
total_parameters = 716706

# %% wrong="cnn-parameters" says="one-each"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 6
total_parameters = 716706

# %% wrong="cnn-parameters" says="settings"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 2
total_parameters = 716706

# %% wrong="cnn-parameters" says="last-left-out"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 640 + 73856 + 640200

# %% wrong="cnn-parameters" says="first-left-out"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716066

# %% wrong="cnn-parameters" says="second-left-out"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 642850

# %% wrong="cnn-parameters" says="convolutions-only"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 74496

# %% wrong="cnn-parameters" says="linear-only"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 642210

# %% wrong="cnn-parameters" says="filters-twice"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 10 + 640 + 577 + 73856 + 640200 + 2010

# %% wrong="cnn-parameters" says="other-network"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 795010

# %% wrong="cnn-parameters" says="wrong-number"
per_filter_1 = 10
conv1_parameters = 640
per_filter_2 = 577
conv2_parameters = 73856
linear1_parameters = 640200
linear2_parameters = 2010
other_parameters = 0
total_parameters = 716707

# %% right="slide-filters" style="worked out"
with_32 = 640 + (3 * 3 * 64 + 1) * 32 + (32 * 5 * 5 + 1) * 200 + 2010

# %% right="slide-filters" style="a number"
with_32 = 181_314

# %% right="slide-filters" style="what goes"
with_32 = 716706 - 96 * 577 - 96 * 25 * 200

# %% right="slide-filters" style="in steps"
conv1 = 64 * (9 * 1 + 1)
conv2 = 32 * (9 * 64 + 1)
hidden = 200 * (32 * 5 * 5) + 200
scores = 10 * 200 + 10
with_32 = np.sum([conv1, conv2, hidden, scores])

# %% right="slide-filters" style="built"
layers = [nn.Conv2d(1, 64, 3), nn.Conv2d(64, 32, 3), nn.Linear(800, 200), nn.Linear(200, 10)]
with_32 = sum(p.numel() for layer in layers for p in layer.parameters())

# %% wrong="slide-filters" says="unchanged"
with_32 = 716706

# %% wrong="slide-filters" says="first-changed"
with_32 = 320 + (9 * 32 + 1) * 128 + 640200 + 2010

# %% wrong="slide-filters" says="both-changed"
with_32 = 320 + 289 * 32 + 160200 + 2010

# %% wrong="slide-filters" says="flatten-kept"
with_32 = 640 + 577 * 32 + 640200 + 2010

# %% wrong="slide-filters" says="convolution-kept"
with_32 = 640 + 73856 + 160200 + 2010

# %% wrong="slide-filters" says="input-channels-forgotten"
with_32 = 640 + 32 * 10 + 160200 + 2010

# %% wrong="slide-filters" says="bias-forgotten"
with_32 = 576 + 18432 + 160000 + 2000

# %% wrong="slide-filters" says="convolution-only"
with_32 = 32 * 577

# %% wrong="slide-filters" says="linear-only"
with_32 = 801 * 200

# %% wrong="slide-filters" says="difference"
with_32 = 716706 - 181314

# %% wrong="slide-filters" says="quarter"
with_32 = 716706 / 4

# %% wrong="slide-filters" says="wrong-number"
with_32 = 181315

# %% right="train-epoch" style="weighted by batch"
def train_epoch(model, loader, opt, loss_fn, device):
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

# %% right="train-epoch" style="cleared afterwards, size of the data set"
def train_epoch(model, loader, opt, loss_fn, device):
    model.to(device)
    model.train(True)
    running_loss = 0.0
    for i, batch in enumerate(loader):
        images = batch[0].to(device, non_blocking=True)
        labels = batch[1].to(device, non_blocking=True)
        outputs = model(images)
        loss = loss_fn(outputs, labels)
        loss.backward()
        opt.step()
        opt.zero_grad(set_to_none=True)
        running_loss += float(loss) * images.size(0)
    return running_loss / len(loader.dataset)

# %% right="train-epoch" style="lists and numpy, with accuracy"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    losses, sizes, right = [], [], 0
    for x, y in loader:
        x = x.to(device=device)
        y = y.to(device=device)
        scores = model(x)
        loss = loss_fn(scores, y)
        model.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.detach().cpu().numpy())
        sizes.append(x.shape[0])
        right += (scores.argmax(dim=1) == y).sum().item()
        if len(losses) % 100 == 0:
            print(f"{loss.item():.3f} {right / sum(sizes):.1%}")
    return np.average(losses, weights=sizes)

# %% right="train-epoch" style="a tensor without its graph"
def train_epoch(model, loader, opt, loss_fn, device):
    total = torch.zeros((), device=device)
    seen = 0
    model.train()
    for inputs, targets in loader:
        inputs, targets = torch.as_tensor(inputs, device=device), torch.as_tensor(targets, device=device)
        for p in model.parameters():
            p.grad = None
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        opt.step()
        total += loss.detach() * len(inputs)
        seen += len(inputs)
    return total / seen

# %% right="train-epoch" style="one step apart"
def train_step(x, y, model, opt, loss_fn):
    opt.zero_grad()
    with torch.enable_grad():
        loss = loss_fn(model.forward(x), y)
    loss.backward()
    opt.step()
    return loss.item()


def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    home = next(model.parameters()).device
    pairs = [(train_step(x.to(home), y.to(home), model, opt, loss_fn), len(x)) for x, y in loader]
    return sum(loss * n for loss, n in pairs) / sum(n for _, n in pairs)

# %% wrong="train-epoch" says="eval-mode"
def train_epoch(model, loader, opt, loss_fn, device):
    model.eval()
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

# %% wrong="train-epoch" says="never-cleared"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="cleared-too-late"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.zero_grad()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="no-step"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="step-after-loop"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        loss_sum += loss.item() * len(y)
        count += len(y)
    opt.step()
    return loss_sum / count

# %% wrong="train-epoch" says="summed-then-step"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    opt.zero_grad()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        loss = loss_fn(model(x), y)
        loss.backward()
        loss_sum += loss.item() * len(y)
        count += len(y)
    opt.step()
    return loss_sum / count

# %% wrong="train-epoch" says="first-batch-only"
def train_epoch(model, loader, opt, loss_fn, device):
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

# %% wrong="train-epoch" says="short-batch-left-out"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in list(loader)[: len(loader.dataset) // loader.batch_size]:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="two-epochs"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in [*loader, *loader]:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="softmax-first"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(F.softmax(model(x), dim=1), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="own-loss"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="loss-after-step"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        with torch.no_grad():
            loss_sum += loss_fn(model(x), y).item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="own-optimiser"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
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

# %% wrong="train-epoch" says="mean-of-means"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item()
    return loss_sum / len(loader)

# %% wrong="train-epoch" says="sum-of-means"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item()
    return loss_sum

# %% wrong="train-epoch" says="sum"
def train_epoch(model, loader, opt, loss_fn, device):
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
    return loss_sum

# %% wrong="train-epoch" says="means-by-items"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item()
    return loss_sum / len(loader.dataset)

# %% wrong="train-epoch" says="sum-by-batches"
def train_epoch(model, loader, opt, loss_fn, device):
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
    return loss_sum / len(loader)

# %% wrong="train-epoch" says="full-batches-assumed"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * loader.batch_size
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="last-loss"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
    return loss.item()

# %% wrong="train-epoch" says="list-of-losses"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    losses = []
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses

# %% wrong="train-epoch" says="with-graph"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="always-cuda"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.cuda(), y.cuda()
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="always-cpu"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to("cpu"), y.to("cpu")
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="not-moved"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="labels-not-moved"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x = x.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="images-not-moved"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        y = y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="not-assigned"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x.to(device)
        y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="not-every-batch"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        if count == 0:
            x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="no-gradients"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        with torch.no_grad():
            loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% wrong="train-epoch" says="backward-on-sum"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss_sum += loss * len(y)
        loss_sum.backward()
        opt.step()
        count += len(y)
    return loss_sum.item() / count

# %% wrong="train-epoch" says="returned-nothing"
def train_epoch(model, loader, opt, loss_fn, device):
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
    print(loss_sum / count)

# %% wrong="train-epoch" says="raised"
def train_epoch(model, loader, opt, loss_fn, device):
    model.train()
    loss_sum = count = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = loss_fn(model(x))
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(y)
        count += len(y)
    return loss_sum / count

# %% right="regularised-cnn" style="after the convolution"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% right="regularised-cnn" style="after the pooling, dropout after flatten"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(p=0.25),
        nn.Linear(128 * 5 * 5, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% right="regularised-cnn" style="nested blocks, whole maps dropped"
def block(c_in, c_out):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3), nn.BatchNorm2d(c_out), nn.ReLU(inplace=True), nn.MaxPool2d(2))


def make_regularised_cnn():
    return nn.Sequential(
        block(1, 64),
        nn.Dropout2d(0.1),
        block(64, 128),
        nn.Dropout2d(0.1),
        nn.Sequential(nn.Flatten(), nn.Linear(3200, 200), nn.ReLU(), nn.Linear(200, 10)),
    )

# %% right="regularised-cnn" style="batch normalisation three times, dropout twice"
def make_regularised_cnn():
    layers = []
    for c_in, c_out in [(1, 64), (64, 128)]:
        layers.append(nn.Conv2d(c_in, c_out, kernel_size=3, stride=1, padding=0))
        layers.append(nn.BatchNorm2d(num_features=c_out, momentum=0.2))
        layers.append(nn.ReLU())
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    layers += [nn.Flatten(), nn.Linear(3200, 200), nn.BatchNorm1d(200), nn.ReLU(), nn.Dropout(0.4), nn.Linear(200, 10)]
    layers.insert(4, nn.Dropout(0.2))
    return nn.Sequential(*layers)

# %% right="regularised-cnn" style="names, a shared ReLU"
def make_regularised_cnn():
    from collections import OrderedDict

    relu = nn.ReLU()
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 64, 3),
            norm1=nn.BatchNorm2d(64, eps=1e-3),
            pool1=nn.MaxPool2d(2),
            relu1=relu,
            conv2=nn.Conv2d(64, 128, 3),
            norm2=nn.BatchNorm2d(128, eps=1e-3),
            pool2=nn.MaxPool2d(2),
            relu2=relu,
            flatten=nn.Flatten(),
            hidden=nn.Linear(3200, 200),
            relu3=relu,
            drop=nn.Dropout(),
            scores=nn.Linear(200, 10),
        )
    )

# %% wrong="regularised-cnn" says="nothing-added"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="no-batch-norm"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="one-batch-norm"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="batch-norm-after-relu"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.BatchNorm2d(64),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.BatchNorm2d(128),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="batch-norm-before-convolution"
def make_regularised_cnn():
    return nn.Sequential(
        nn.BatchNorm2d(1),
        nn.Conv2d(1, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.BatchNorm2d(64),
        nn.Conv2d(64, 128, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="num-features"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="batch-norm-1d"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm1d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm1d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="batch-norm-2d-after-flatten"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.BatchNorm2d(200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="batch-norm-at-end"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
        nn.BatchNorm1d(10),
    )

# %% wrong="regularised-cnn" says="batch-norm-twice"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="other-norm"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.GroupNorm(8, 64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.GroupNorm(8, 128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="no-dropout"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="dropout-at-end"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
        nn.Dropout(0.5),
    )

# %% wrong="regularised-cnn" says="dropout-on-input"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Dropout(0.2),
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="dropout-before-batch-norm"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.Dropout2d(0.2),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.Dropout2d(0.2),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="dropout2d-after-flatten"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout2d(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="other-dropout"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.AlphaDropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="p-zero"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="p-one"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(1.0),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="softmax"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
        nn.Softmax(dim=1),
    )

# %% wrong="regularised-cnn" says="flatten-size"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="no-flatten"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="padding"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="no-bias"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, bias=False),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="slide"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 32, 3),
        nn.BatchNorm2d(32),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 5 * 5, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="other-row"
def make_regularised_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="not-sequential"
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(1, 64, 3), nn.BatchNorm2d(64)
        self.conv2, self.norm2 = nn.Conv2d(64, 128, 3), nn.BatchNorm2d(128)
        self.hidden, self.last = nn.Linear(3200, 200), nn.Linear(200, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.norm1(self.conv1(x)), 2))
        x = F.relu(F.max_pool2d(self.norm2(self.conv2(x)), 2))
        x = F.relu(self.hidden(x.flatten(1)))
        return self.last(F.dropout(x, 0.5, training=self.training))


def make_regularised_cnn():
    return Network()

# %% wrong="regularised-cnn" says="not-a-network"
def make_regularised_cnn():
    nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.BatchNorm2d(64),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.BatchNorm2d(128),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(200, 10),
    )

# %% wrong="regularised-cnn" says="one-network"
regularised = nn.Sequential(
    nn.Conv2d(1, 64, 3),
    nn.BatchNorm2d(64),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Conv2d(64, 128, 3),
    nn.BatchNorm2d(128),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(3200, 200),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(200, 10),
)


def make_regularised_cnn():
    return regularised

# %% right="multiply-adds" style="worked out"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 576 + 3200 * 200 + 200 * 10

# %% right="multiply-adds" style="numbers"
mlp_multiply_adds = 794_000
cnn_multiply_adds = 9_952_464

# %% right="multiply-adds" style="layer by layer"
conv1 = (26 * 26) * 64 * (3 * 3 * 1)
conv2 = (11 * 11) * 128 * (3 * 3 * 64)
linear1, linear2 = 3200 * 200, 200 * 10
mlp_multiply_adds = sum([784 * 1000, 1000 * 10])
cnn_multiply_adds = sum([conv1, conv2, linear1, linear2])

# %% right="multiply-adds" style="shapes and weights"
outputs = np.array([26 * 26, 11 * 11, 1, 1])
weights = np.array([640 - 64, 73856 - 128, 640200 - 200, 2010 - 10])
cnn_multiply_adds = outputs @ weights
mlp_multiply_adds = 795010 - 1000 - 10

# %% right="multiply-adds" style="floats"
mlp_multiply_adds = 7.94e5
cnn_multiply_adds = 9.952464e6

# %% wrong="multiply-adds" says="parameters"
mlp_multiply_adds = 795010
cnn_multiply_adds = 716706

# %% wrong="multiply-adds" says="flops"
mlp_multiply_adds = 2 * 794000
cnn_multiply_adds = 2 * 9952464

# %% wrong="multiply-adds" says="weights-counted"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 576 + 73728 + 640000 + 2000

# %% wrong="multiply-adds" says="biases-added"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 9952464 + 64 * 26 * 26 + 128 * 11 * 11 + 200 + 10

# %% wrong="multiply-adds" says="channels-forgotten"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 9 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="one-map"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 26 * 26 * 9 + 11 * 11 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="input-size"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 64 * 28 * 28 * 9 + 128 * 13 * 13 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="pooled-size"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 64 * 13 * 13 * 9 + 128 * 5 * 5 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="not-pooled"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 24 * 24 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="convolutions-only"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 576

# %% wrong="multiply-adds" says="linear-only"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="slide"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 32 * 11 * 11 * 576 + 800 * 200 + 200 * 10

# %% wrong="multiply-adds" says="first-only"
mlp_multiply_adds = 784 * 1000
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="last-only"
mlp_multiply_adds = 1000 * 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="layers-multiplied"
mlp_multiply_adds = 784 * 1000 * 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="sizes-added"
mlp_multiply_adds = 784 + 1000 + 10
cnn_multiply_adds = 64 * 26 * 26 * 9 + 128 * 11 * 11 * 576 + 3200 * 200 + 200 * 10

# %% wrong="multiply-adds" says="wrong-number"
mlp_multiply_adds = 784 * 1000 + 1000 * 10
cnn_multiply_adds = 9952465
