# Answers to the exercises of notebook 05, as students type them: right ones in several styles, and wrong ones,
# one for each misconception. `says` is the finding that the check must come to.

# %% right="two-classes" style="mask"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted], (labels[wanted] == 2).long()

# %% right="two-classes" style="torch: isin, and a copy"
def two_classes(images, labels):
    keep = torch.isin(labels, torch.tensor([0, 2]))
    new = labels[keep].clone()
    new[new == 2] = 1
    return images[keep], new

# %% right="two-classes" style="comprehension"
def two_classes(images, labels):
    label_map = {0: 0, 2: 1}
    pairs = [(image, label_map[int(label)]) for image, label in zip(images, labels) if int(label) in label_map]
    return torch.stack([image for image, _ in pairs]), torch.tensor([label for _, label in pairs])

# %% right="two-classes" style="indices"
def two_classes(images, labels):
    places = torch.nonzero((labels == 0) + (labels == 2)).squeeze()
    return images[places], torch.div(labels[places], 2, rounding_mode="floor")

# %% right="two-classes" style="numpy"
import numpy as np

def two_classes(images, labels):
    x, y = np.asarray(images), np.asarray(labels)
    mask = np.logical_or(y == 0, y == 2)
    return x[mask], np.where(y[mask] == 2, 1, 0)

# %% right="two-classes" style="loops"
def two_classes(images, labels):
    found, new = [], []
    for i in range(len(labels)):
        if labels[i] == 0:
            found.append(images[i])
            new.append(0)
        elif labels[i] == 2:
            found.append(images[i])
            new.append(1)
    return torch.stack(found), torch.tensor(new)

# %% wrong="two-classes" says="images-not-filtered"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images, (labels[wanted] == 2).long()

# %% wrong="two-classes" says="labels-not-filtered"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted], (labels == 2).long()

# %% wrong="two-classes" says="nothing-left-out"
def two_classes(images, labels):
    return images, (labels == 2).long()

# %% wrong="two-classes" says="nothing-done"
def two_classes(images, labels):
    labels = labels.clone()
    labels[labels == 1] = 1
    return images, labels

# %% wrong="two-classes" says="automobile"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 1)
    return images[wanted], labels[wanted]

# %% wrong="two-classes" says="below-3"
def two_classes(images, labels):
    labels = labels.clone()
    labels[labels == 2] = 1
    wanted = labels <= 1
    return images[wanted], labels[wanted]

# %% wrong="two-classes" says="birds-only"
def two_classes(images, labels):
    wanted = labels == (0 or 2)
    return images[wanted], (labels[wanted] == 2).long()

# %% wrong="two-classes" says="and"
def two_classes(images, labels):
    wanted = (labels == 0) & (labels == 2)
    return images[wanted], (labels[wanted] == 2).long()

# %% wrong="two-classes" says="sorted"
def two_classes(images, labels):
    airplanes, birds = images[labels == 0], images[labels == 2]
    new = torch.cat([torch.zeros(len(airplanes)), torch.ones(len(birds))]).long()
    return torch.cat([airplanes, birds]), new

# %% wrong="two-classes" says="scaled"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted] / 255, (labels[wanted] == 2).long()

# %% wrong="two-classes" says="keeps-2"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted], labels[wanted]

# %% wrong="two-classes" says="labels-swapped"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted], (labels[wanted] == 0).long()

# %% wrong="two-classes" says="labels-bool"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted], labels[wanted] == 2

# %% wrong="two-classes" says="labels-float"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted], labels[wanted] / 2

# %% wrong="two-classes" says="pair-swapped"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return (labels[wanted] == 2).long(), images[wanted]

# %% wrong="two-classes" says="changes-input"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    labels[labels == 2] = 1
    return images[wanted], labels[wanted]

# %% wrong="two-classes" says="python-or"
def two_classes(images, labels):
    wanted = labels == 0 or labels == 2
    return images[wanted], (labels[wanted] == 2).long()

# %% wrong="two-classes" says="not-two"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    return images[wanted]

# %% wrong="two-classes" says="returned-nothing"
def two_classes(images, labels):
    wanted = (labels == 0) | (labels == 2)
    images, labels = images[wanted], (labels[wanted] == 2).long()

# %% right="normalise" style="keepdim"
def normalise(train, validation):
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    std = train.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (validation - mean) / std

# %% right="normalise" style="slides: stack and view"
def normalise(train, validation):
    stacked = torch.stack([image for image in train], dim=3)
    mean = stacked.view(3, -1).mean(dim=1).view(3, 1, 1)
    std = stacked.view(3, -1).std(dim=1).view(3, 1, 1)
    return (train - mean) / std, (validation - mean) / std

# %% right="normalise" style="loops, channel by channel"
def normalise(train, validation):
    a, b = train.clone(), validation.clone()
    for c in range(3):
        m, s = train[:, c].mean(), train[:, c].std()
        a[:, c] = (train[:, c] - m) / s
        b[:, c] = (validation[:, c] - m) / s
    return a, b

# %% right="normalise" style="numpy, divided by n"
def normalise(train, validation):
    a, b = train.numpy(), validation.numpy()
    mean = a.mean(axis=(0, 2, 3)).reshape(1, 3, 1, 1)
    std = a.std(axis=(0, 2, 3)).reshape(1, 3, 1, 1)
    return (a - mean) / std, (b - mean) / std

# %% right="normalise" style="transposed, with a small number"
def normalise(train, validation):
    channels = train.transpose(0, 1).flatten(1)
    variance, mean = torch.var_mean(channels, dim=1, correction=0)
    scale = (variance + 1e-8).sqrt()[:, None, None]
    return tuple((images - mean[:, None, None]) / scale for images in (train, validation))

# %% right="normalise" style="functional"
def normalise(train, validation):
    mean, var = train.mean((0, 2, 3)), train.var((0, 2, 3))
    return F.batch_norm(train, mean, var, eps=0.0), F.batch_norm(validation, mean, var, eps=0.0)

# %% wrong="normalise" says="own-statistics"
def normalise(train, validation):
    def scaled(images):
        return (images - images.mean(dim=(0, 2, 3), keepdim=True)) / images.std(dim=(0, 2, 3), keepdim=True)
    return scaled(train), scaled(validation)

# %% wrong="normalise" says="own-mean"
def normalise(train, validation):
    std = train.std(dim=(0, 2, 3), keepdim=True)
    a = (train - train.mean(dim=(0, 2, 3), keepdim=True)) / std
    b = (validation - validation.mean(dim=(0, 2, 3), keepdim=True)) / std
    return a, b

# %% wrong="normalise" says="validation-left"
def normalise(train, validation):
    train = (train - train.mean(dim=(0, 2, 3), keepdim=True)) / train.std(dim=(0, 2, 3), keepdim=True)
    validation = (validation - train.mean(dim=(0, 2, 3), keepdim=True)) / train.std(dim=(0, 2, 3), keepdim=True)
    return train, validation

# %% wrong="normalise" says="both-together"
def normalise(train, validation):
    together = torch.cat([train, validation])
    mean = together.mean(dim=(0, 2, 3), keepdim=True)
    std = together.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="one-for-all-channels"
def normalise(train, validation):
    mean, std = train.mean(), train.std()
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="by-pixel"
def normalise(train, validation):
    mean, std = train.mean(dim=0), train.std(dim=0)
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="each-image"
def normalise(train, validation):
    def scaled(images):
        return (images - images.mean(dim=(2, 3), keepdim=True)) / images.std(dim=(2, 3), keepdim=True)
    return scaled(train), scaled(validation)

# %% wrong="normalise" says="by-image"
def normalise(train, validation):
    mean = train.mean(dim=(1, 2, 3), keepdim=True)
    std = train.std(dim=(1, 2, 3), keepdim=True)
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="by-column"
def normalise(train, validation):
    mean, std = train.mean(dim=(0, 1, 2)), train.std(dim=(0, 1, 2))
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="no-keepdim"
def normalise(train, validation):
    mean, std = train.mean(dim=(0, 2, 3)), train.std(dim=(0, 2, 3))
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="variance"
def normalise(train, validation):
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    var = train.var(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / var, (validation - mean) / var

# %% wrong="normalise" says="mean-of-deviations"
def normalise(train, validation):
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    std = train.std(dim=(2, 3), keepdim=True).mean(dim=0, keepdim=True)
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="from-0-to-1"
def normalise(train, validation):
    low = train.amin(dim=(0, 2, 3), keepdim=True)
    high = train.amax(dim=(0, 2, 3), keepdim=True)
    return (train - low) / (high - low), (validation - low) / (high - low)

# %% wrong="normalise" says="shifted-only"
def normalise(train, validation):
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    return train - mean, validation - mean

# %% wrong="normalise" says="scaled-only"
def normalise(train, validation):
    std = train.std(dim=(0, 2, 3), keepdim=True)
    return train / std, validation / std

# %% wrong="normalise" says="exchanged"
def normalise(train, validation):
    std, mean = torch.std_mean(train, dim=(0, 2, 3), keepdim=True)
    mean, std = std, mean
    return (train - mean) / std, (validation - mean) / std

# %% wrong="normalise" says="pair-swapped"
def normalise(train, validation):
    std, mean = torch.std_mean(train, dim=(0, 2, 3), keepdim=True)
    return (validation - mean) / std, (train - mean) / std

# %% wrong="normalise" says="changes-input"
def normalise(train, validation):
    std, mean = torch.std_mean(train, dim=(0, 2, 3), keepdim=True)
    for images in (train, validation):
        images -= mean
        images /= std
    return train, validation

# %% wrong="normalise" says="not-two"
def normalise(train, validation):
    std, mean = torch.std_mean(train, dim=(0, 2, 3), keepdim=True)
    return torch.cat([train - mean, validation - mean]) / std

# %% right="convolved-shape" style="tuple"
convolved_shape = (1, 16, 30, 30)

# %% right="convolved-shape" style="asked"
conv = nn.Conv2d(3, 16, kernel_size=3)
convolved_shape = conv(torch.zeros(3, 32, 32).unsqueeze(0)).shape

# %% right="convolved-shape" style="list by formula"
side = 32 - 3 + 1
convolved_shape = [1, 16, side, side]

# %% right="convolved-shape" style="tensor"
convolved_shape = torch.tensor([1, 16, 30, 30])

# %% right="convolved-shape" style="any number of images, as torchsummary writes"
convolved_shape = [-1, 16, 30, 30]

# %% wrong="convolved-shape" says="padding-assumed"
convolved_shape = (1, 16, 32, 32)

# %% wrong="convolved-shape" says="batch-forgotten"
convolved_shape = (16, 30, 30)

# %% wrong="convolved-shape" says="channels-last"
convolved_shape = (1, 30, 30, 16)

# %% wrong="convolved-shape" says="channels-of-input"
convolved_shape = (1, 3, 30, 30)

# %% wrong="convolved-shape" says="channels-multiplied"
convolved_shape = (1, 3 * 16, 30, 30)

# %% wrong="convolved-shape" says="one-map"
convolved_shape = (1, 1, 30, 30)

# %% wrong="convolved-shape" says="off-by-one-map"
convolved_shape = (1, 15, 30, 30)

# %% wrong="convolved-shape" says="border-twice"
convolved_shape = (1, 16, 28, 28)

# %% wrong="convolved-shape" says="no-plus-one"
convolved_shape = (1, 16, 32 - 3, 32 - 3)

# %% wrong="convolved-shape" says="one-side"
convolved_shape = (1, 16, 31, 31)

# %% wrong="convolved-shape" says="stride-of-kernel"
convolved_shape = (1, 16, 32 // 3, 32 // 3)

# %% wrong="convolved-shape" says="weights"
convolved_shape = nn.Conv2d(3, 16, kernel_size=3).weight.shape

# %% wrong="convolved-shape" says="images-are-channels"
convolved_shape = (3, 16, 30, 30)

# %% wrong="convolved-shape" says="axes-swapped"
convolved_shape = (16, 1, 30, 30)

# %% wrong="convolved-shape" says="counted"
convolved_shape = 16 * 30 * 30

# %% right="set-kernels" style="in place"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% right="set-kernels" style="slides"
def set_blur(conv):
    with torch.no_grad():
        conv.bias.zero_()
    with torch.no_grad():
        conv.weight.fill_(1.0 / conv.weight.numel())

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([[1.0, 0.0, -1.0], [1.0, 0.0, -1.0], [1.0, 0.0, -1.0]])
        conv.bias.zero_()

# %% right="set-kernels" style="new parameters"
def set_blur(conv):
    conv.weight = nn.Parameter(torch.ones(1, 3, 3, 3) / 27)
    conv.bias = nn.Parameter(torch.zeros(1))

def set_edge(conv):
    kernel = torch.zeros(1, 3, 3, 3)
    kernel[:, :, :, 0] = 1
    kernel[:, :, :, 2] = -1
    conv.weight = nn.Parameter(kernel)
    conv.bias = None

# %% right="set-kernels" style="data"
def set_blur(conv):
    conv.weight.data.fill_(1 / 27)
    conv.bias.data.fill_(0)
    return conv

def set_edge(conv):
    conv.weight.data = torch.tensor([1.0, 0, -1]).repeat(1, 3, 3, 1)
    conv.bias.data = torch.zeros(1)
    return conv

# %% right="set-kernels" style="init and copy"
def set_blur(conv):
    nn.init.constant_(conv.weight, 1 / 27)
    nn.init.zeros_(conv.bias)

@torch.no_grad()
def set_edge(conv):
    for channel in range(3):
        for row in range(3):
            conv.weight[0, channel, row].copy_(torch.tensor([1.0, 0.0, -1.0]))
    conv.bias -= conv.bias.clone()

# %% wrong="set-kernels" says="ninth"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 9)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="sum"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="third"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 3)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="bias-left"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])

# %% wrong="set-kernels" says="bias-too"
def set_blur(conv):
    with torch.no_grad():
        for parameter in conv.parameters():
            parameter.fill_(1 / 27)

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="first-channel"
def set_blur(conv):
    with torch.no_grad():
        conv.weight[0, 0] = 1 / 27
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[0, 0] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="one-channel"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[0, 0] = 1 / 9
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="unchanged"
def set_blur(conv):
    weight = torch.full((1, 3, 3, 3), 1 / 27)
    bias = torch.zeros(1)

def set_edge(conv):
    with torch.no_grad():
        weight = conv.weight.clone()
        weight[:] = torch.tensor([1.0, 0.0, -1.0])

# %% wrong="set-kernels" says="returns-new"
def set_blur(conv):
    new = nn.Conv2d(3, 1, kernel_size=3, bias=False)
    with torch.no_grad():
        new.weight.fill_(1 / 27)
    return new

def set_edge(conv):
    new = nn.Conv2d(3, 1, kernel_size=3, bias=False)
    with torch.no_grad():
        new.weight[:] = torch.tensor([1.0, 0.0, -1.0])
    return new

# %% wrong="set-kernels" says="not-a-parameter"
def set_blur(conv):
    conv.weight = torch.full((1, 3, 3, 3), 1 / 27)
    conv.bias = torch.zeros(1)

def set_edge(conv):
    conv.weight = torch.tensor([1.0, 0.0, -1.0]).repeat(1, 3, 3, 1)
    conv.bias = torch.zeros(1)

# %% wrong="set-kernels" says="recorded"
def set_blur(conv):
    conv.weight.fill_(1 / 27)
    conv.bias.zero_()

def set_edge(conv):
    conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
    conv.bias.zero_()

# %% wrong="set-kernels" says="wrong-shape-of-weights"
def set_blur(conv):
    conv.weight.data = torch.full((3, 3), 1 / 27)
    conv.bias.data.zero_()

def set_edge(conv):
    conv.weight.data = torch.tensor([[1.0, 0.0, -1.0]] * 3)
    conv.bias.data.zero_()

# %% wrong="set-kernels" says="frozen"
def set_blur(conv):
    conv.requires_grad_(False)
    conv.weight.fill_(1 / 27)
    conv.bias.zero_()

def set_edge(conv):
    conv.requires_grad_(False)
    conv.weight[:] = torch.tensor([1.0, 0.0, -1.0])
    conv.bias.zero_()

# %% wrong="set-kernels" says="no-parameter"
def set_blur(conv):
    del conv.weight
    conv.weight = torch.full((1, 3, 3, 3), 1 / 27)
    nn.init.zeros_(conv.bias)

def set_edge(conv):
    del conv.weight
    conv.weight = torch.tensor([1.0, 0.0, -1.0]).repeat(1, 3, 3, 1)
    nn.init.zeros_(conv.bias)

# %% wrong="set-kernels" says="rows-for-columns"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[:, :, 0] = 1
        conv.weight[:, :, 2] = -1
        conv.bias.zero_()

# %% wrong="set-kernels" says="sign-flipped"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([-1.0, 0.0, 1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="sobel"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
        conv.bias.zero_()

# %% wrong="set-kernels" says="averaged"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0.0, -1.0]) / 3
        conv.bias.zero_()

# %% wrong="set-kernels" says="middle-column-left"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[..., 0] = 1
        conv.weight[..., 2] = -1
        conv.bias.zero_()

# %% wrong="set-kernels" says="middle-row"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[:, :, 1] = torch.tensor([1.0, 0.0, -1.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="neighbours"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, -1.0, 0.0])
        conv.bias.zero_()

# %% wrong="set-kernels" says="all-around"
def set_blur(conv):
    with torch.no_grad():
        conv.weight.fill_(1 / 27)
        conv.bias.zero_()

def set_edge(conv):
    with torch.no_grad():
        conv.weight.fill_(-1)
        conv.weight[:, :, 1, 1] = 8
        conv.bias.zero_()

# %% right="net" style="as in the slides"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% right="net" style="functions and other names"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 16, 3, padding="same")
        self.b = nn.Conv2d(16, 8, 3, 1, 1)
        self.hidden = nn.Linear(512, 32)
        self.out = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(self.a(x).tanh(), 2)
        x = F.max_pool2d(self.b(x).tanh(), 2)
        return self.out(torch.tanh(self.hidden(x.flatten(1))))

# %% right="net" style="a row of layers inside"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, kernel_size=3, padding=1), nn.Tanh(), nn.MaxPool2d(2),
            nn.Conv2d(16, 8, kernel_size=3, padding=1), nn.Tanh(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(512, 32), nn.Tanh(), nn.Linear(32, 2),
        )

    def forward(self, x):
        return self.layers(x)

# %% right="net" style="a row that is the network"
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 16, 3, padding=1), nn.MaxPool2d(2), nn.Tanh(),
            nn.Conv2d(16, 8, 3, padding=1), nn.MaxPool2d(2), nn.Tanh(),
            nn.Flatten(), nn.Linear(512, 32), nn.Tanh(), nn.Linear(32, 2),
        )

# %% right="net" style="tanh after pooling, one layer used twice"
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.pool, self.act = nn.MaxPool2d(2, 2), nn.Tanh()
        self.conv1 = nn.Conv2d(3, 16, (3, 3), padding=(1, 1))
        self.conv2 = nn.Conv2d(16, 8, (3, 3), padding=(1, 1))
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        n = x.shape[0]
        x = self.act(self.pool(self.conv1(x)))
        x = self.act(self.pool(self.conv2(x)))
        x = self.act(self.fc1(x.reshape(n, -1)))
        return self.fc2(x)

# %% wrong="net" says="relu"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.ReLU()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="sigmoid"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Sigmoid()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Sigmoid()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Sigmoid()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="no-tanh"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.conv1(x))
        x = self.pool2(self.conv2(x))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.fc1(x))

# %% wrong="net" says="no-first-tanh"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.conv1(x))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="no-second-tanh"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.conv2(x))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="no-third-tanh"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.fc1(x))

# %% wrong="net" says="tanh-at-end"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return torch.tanh(self.fc2(self.act3(self.fc1(x))))

# %% wrong="net" says="softmax"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return F.softmax(self.fc2(self.act3(self.fc1(x))), dim=1)

# %% wrong="net" says="log-softmax"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.softmax(self.fc2(self.act3(self.fc1(x))))

# %% wrong="net" says="average-pooling"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="stride-for-pooling"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1)
        self.act1 = nn.Tanh()
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, stride=2, padding=1)
        self.act2 = nn.Tanh()
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.act1(self.conv1(x))
        x = self.act2(self.conv2(x))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="channels-last"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.permute(0, 2, 3, 1).reshape(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="no-padding"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 6 * 6, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 6 * 6)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="pool-missing"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.fc1 = nn.Linear(8 * 16 * 16, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.act2(self.conv2(x))
        x = x.view(-1, 8 * 16 * 16)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="pool-stride"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2, stride=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2, stride=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.flatten(1)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="pool-size"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(4)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(4)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.flatten(1)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="filters-swapped"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 16 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="channels-do-not-fit"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="filters"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 16, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 16 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="grey"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="kernel-size"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=5, padding=2)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=5, padding=2)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="convolutions"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)
        self.conv3 = nn.Conv2d(8, 8, kernel_size=3, padding=1)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = self.conv3(x).view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="one-score"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 1)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="ten-scores"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="hidden-size"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 64)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(64, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="linear-do-not-fit"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(512, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="linear-layers"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc2 = nn.Linear(8 * 8 * 8, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(x)

# %% wrong="net" says="no-flatten"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="batch-flattened"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.flatten()
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="wrong-view"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="flatten-size"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.mean(dim=1).view(-1, 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="batch-norm"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)
        self.norm1 = nn.BatchNorm2d(16)
        self.norm2 = nn.BatchNorm2d(8)

    def forward(self, x):
        x = self.pool1(self.act1(self.norm1(self.conv1(x))))
        x = self.pool2(self.act2(self.norm2(self.conv2(x))))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="dropout"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.drop(self.act3(self.fc1(x))))

# %% wrong="net" says="no-bias"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="class-for-scores"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x))).argmax(dim=1)

# %% wrong="net" says="squeezed"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x))).squeeze()

# %% wrong="net" says="no-super"
class Net(nn.Module):
    def __init__(self):
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="not-a-module"
class Net:
    def __init__(self):
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="no-forward"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forwards(self, x):
        return self.fc2(x)

# %% wrong="net" says="returned-nothing"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        x = self.fc2(self.act3(self.fc1(x)))

# %% wrong="net" says="stops"
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act4(self.fc1(x)))

# %% right="functional-net" style="slides"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% right="functional-net" style="methods of tensors"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).tanh(), kernel_size=2)
        x = F.max_pool2d(self.conv2(x).tanh(), kernel_size=2, stride=2)
        return self.fc2(self.fc1(x.flatten(start_dim=1)).tanh())

# %% right="functional-net" style="step by step"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        n = len(x)
        out = self.conv1(x)
        out = torch.tanh(out)
        out = torch.max_pool2d(out, 2)
        out = self.conv2(out)
        out = F.tanh(out)
        out = F.max_pool2d(out, (2, 2))
        out = out.reshape(n, -1)
        out = torch.tanh(self.fc1(out))
        return self.fc2(out)

# %% right="functional-net" style="defined in another order, with a function kept"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc2 = nn.Linear(32, 2)
        self.fc1 = nn.Linear(512, 32)
        self.conv2 = nn.Conv2d(16, 8, 3, padding="same")
        self.conv1 = nn.Conv2d(3, 16, 3, padding="same")
        self.act = torch.tanh

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = self.act(F.adaptive_max_pool2d(conv(x), x.shape[-1] // 2))
        return self.fc2(self.act(self.fc1(torch.flatten(x, 1))))

# %% wrong="functional-net" says="modules-kept"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.act3(self.fc1(x)))

# %% wrong="functional-net" says="other-names"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.linear1 = nn.Linear(8 * 8 * 8, 32)
        self.linear2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.linear2(torch.tanh(self.linear1(x)))

# %% wrong="functional-net" says="layers-missing"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc1(x)

# %% wrong="functional-net" says="relu"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(F.relu(self.fc1(x)))

# %% wrong="functional-net" says="no-tanh"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.fc1(x))

# %% wrong="functional-net" says="no-first-tanh"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="no-second-tanh"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="no-third-tanh"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(self.fc1(x))

# %% wrong="functional-net" says="tanh-at-end"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return torch.tanh(self.fc2(torch.tanh(self.fc1(x))))

# %% wrong="functional-net" says="softmax"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return F.softmax(self.fc2(torch.tanh(self.fc1(x))), dim=1)

# %% wrong="functional-net" says="average-pooling"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="channels-last"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.permute(0, 2, 3, 1).flatten(1)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="pool-stride"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2, stride=1)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2, stride=1)
        x = x.flatten(1)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="pool-missing"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = torch.tanh(self.conv2(x))
        x = x.flatten(1)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="no-flatten"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="batch-flattened"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = torch.flatten(x)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="wrong-view"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="no-padding"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3)
        self.fc1 = nn.Linear(8 * 6 * 6, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 6 * 6)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="other-sizes"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 64)
        self.fc2 = nn.Linear(64, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="no-bias"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32, bias=False)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="returned-nothing"
class FunctionalNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        x = self.fc2(torch.tanh(self.fc1(x)))

# %% wrong="functional-net" says="no-super"
class FunctionalNet(nn.Module):
    def __init__(self):
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(-1, 8 * 8 * 8)
        return self.fc2(torch.tanh(self.fc1(x)))

# %% right="training-loop" style="plain"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% right="training-loop" style="slides"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    history = []
    for epoch in range(1, n_epochs + 1):
        loss_train = 0.0
        model.train()
        for imgs, labels in train_loader:
            imgs = imgs.to(device=device)
            labels = labels.to(device=device)
            outputs = model(imgs)
            loss = loss_fn(outputs, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_train += loss.item() * imgs.shape[0]
        history.append(loss_train / len(train_loader.dataset))
        print(f"epoch {epoch}: {history[-1]:.3f}")
    return history

# %% right="training-loop" style="an epoch as a function"
def one_epoch(optimizer, model, loss_fn, train_loader, device):
    total = torch.zeros(())
    for x, y in train_loader:
        optimizer.zero_grad(set_to_none=True)
        x, y = x.to(device, non_blocking=True), y.to(device, non_blocking=True)
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.detach().cpu() * y.numel()
    return float(total) / len(train_loader.dataset)

def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    model.train()
    return [one_epoch(optimizer, model, loss_fn, train_loader, device) for _ in range(n_epochs)]

# %% right="training-loop" style="gradients cleared by the model, numpy means"
import numpy as np

def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        model = model.train()
        batch_losses, sizes = [], []
        for batch in train_loader:
            x, y = (t.to(device) for t in batch)
            model.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
            sizes.append(len(x))
        losses[epoch] = np.average(batch_losses, weights=sizes)
    return losses

# %% right="training-loop" style="while, a tensor for the losses"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    while len(losses) < n_epochs:
        model.train()
        parts = []
        for x, y in iter(train_loader):
            y = y.to(device)
            loss = loss_fn(model(x.to(device)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            parts.extend([loss.item()] * len(y))
        losses.append(sum(parts) / len(parts))
    return torch.tensor(losses)

# %% wrong="training-loop" says="eval-mode"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.eval()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="eval-later"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    model.train()
    for epoch in range(n_epochs):
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        model.eval()
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="never-cleared"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="cleared-too-late"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="no-step"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="step-after-loop"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        optimizer.step()
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="summed-then-step"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        optimizer.zero_grad()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            loss.backward()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        optimizer.step()
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="first-batch-only"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            return losses

# %% wrong="training-loop" says="short-batch-left-out"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in list(train_loader)[:-1]:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="softmax-first"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(F.softmax(model(images), dim=1), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="own-loss"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = nn.CrossEntropyLoss()(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="loss-after-step"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss_fn(model(images), labels).item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="one-epoch"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
        return losses

# %% wrong="training-loop" says="one-more"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs + 1):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="one-less"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(1, n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="own-optimiser"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="mean-of-means"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item()
            count += 1
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="sum-of-means"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item()
            count += len(labels)
        losses.append(loss_sum)
    return losses

# %% wrong="training-loop" says="sum"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum)
    return losses

# %% wrong="training-loop" says="means-by-items"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item()
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="sum-by-batches"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / len(train_loader))
    return losses

# %% wrong="training-loop" says="full-batches-assumed"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * train_loader.batch_size
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="last-loss"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss.item())
    return losses

# %% wrong="training-loop" says="last-epoch-only"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses[-1]

# %% wrong="training-loop" says="mean-of-epochs"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return sum(losses) / n_epochs

# %% wrong="training-loop" says="not-reset"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    loss_sum = 0.0
    for epoch in range(n_epochs):
        model.train()
        count = 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="running-mean"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    loss_sum, count = 0.0, 0
    for epoch in range(n_epochs):
        model.train()
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="every-batch"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses

# %% wrong="training-loop" says="with-graph"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="returned-nothing"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        print(epoch, loss_sum / count)

# %% wrong="training-loop" says="no-gradients"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            torch.set_grad_enabled(False)
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="backward-on-sum"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss_sum = loss_sum + loss * len(labels)
            loss_sum.backward()
            optimizer.step()
            count += len(labels)
        losses.append(loss_sum.item() / count)
    return losses

# %% wrong="training-loop" says="labels-not-moved"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images = images.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="images-not-moved"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            labels = labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="not-moved"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="not-assigned"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images.to(device)
            labels.to(device)
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% wrong="training-loop" says="always-cuda"
def training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device):
    losses = []
    for epoch in range(n_epochs):
        model.train()
        loss_sum, count = 0.0, 0
        for images, labels in train_loader:
            images, labels = images.to("cuda"), labels.to("cuda")
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            count += len(labels)
        losses.append(loss_sum / count)
    return losses

# %% right="validate" style="plain"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% right="validate" style="slides"
def validate(model, train_loader, val_loader, device):
    accdict = {}
    model.eval()
    for name, loader in [("train", train_loader), ("val", val_loader)]:
        correct = 0
        total = 0
        with torch.no_grad():
            for imgs, labels in loader:
                imgs = imgs.to(device=device)
                labels = labels.to(device=device)
                outputs = model(imgs)
                _, predicted = torch.max(outputs, dim=1)
                total += labels.shape[0]
                correct += int((predicted == labels).sum())
        print("Accuracy {}: {:.2f}".format(name, correct / total))
        accdict[name] = correct / total
    return accdict

# %% right="validate" style="a helper, inference mode"
@torch.inference_mode()
def share_right(model, loader, device):
    hits = [(model(x.to(device)).argmax(1) == y.to(device)).float() for x, y in loader]
    return torch.cat(hits).mean().item()

def validate(model, train_loader, val_loader, device):
    was_training = model.training
    model.eval()
    result = dict(train=share_right(model, train_loader, device), val=share_right(model, val_loader, device))
    model.train(was_training)
    return result

# %% right="validate" style="collected on the CPU, in numpy"
import numpy as np

def validate(model, train_loader, val_loader, device):
    model.train(False)
    result = {}
    for key, loader in zip(["train", "val"], [train_loader, val_loader]):
        scores, truth = [], []
        for x, y in loader:
            with torch.no_grad():
                scores.append(model(x.to(device)).cpu().numpy())
            truth.append(y.to("cpu").numpy())
        result[key] = np.mean(np.concatenate(scores).argmax(axis=1) == np.concatenate(truth))
    return result

# %% right="validate" style="one by one, tensors as counts"
def validate(model, train_loader, val_loader, device):
    model.eval()
    right = {"train": torch.tensor(0), "val": torch.tensor(0)}
    with torch.no_grad():
        for key, loader in {"val": val_loader, "train": train_loader}.items():
            for x, y in loader:
                for guess, label in zip(model(x.to(device)).max(dim=1).indices, y.to(device)):
                    if guess == label:
                        right[key] += 1
    return {"train": right["train"] / len(train_loader.dataset), "val": right["val"] / len(val_loader.dataset)}

# %% wrong="validate" says="batch-means"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).float().mean().item()
                count += 1
            shares[name] = right / count
    return shares

# %% wrong="validate" says="means-added"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).float().mean().item()
                count += len(labels)
            shares[name] = right
    return shares

# %% wrong="validate" says="divided-by-batches"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / len(loader)
    return shares

# %% wrong="validate" says="full-batches"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / (len(loader) * loader.batch_size)
    return shares

# %% wrong="validate" says="last-batch-only"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right = (guesses == labels).sum().item()
                count = len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="short-batch-dropped"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                if len(labels) < loader.batch_size:
                    continue
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="hits-not-added"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right = (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="items-not-added"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count = len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="percent"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = 100 * right / count
    return shares

# %% wrong="validate" says="count"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right
    return shares

# %% wrong="validate" says="error-rate"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses != labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="largest-score"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = torch.max(model(images), dim=1)[0]
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="argmin"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmin(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="argmax-no-dim"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax()
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="argmax-dim-0"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=0)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="train-twice"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in train_loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="val-twice"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in val_loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="swapped"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("val", train_loader), ("train", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="not-reset"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    right = count = 0
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="not-both"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in [("val", val_loader)]:
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="other-keys"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("validation", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="not-a-dictionary"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares["train"], shares["val"]

# %% wrong="validate" says="returned-nothing"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    print(shares)

# %% wrong="validate" says="eval-forgotten"
def validate(model, train_loader, val_loader, device):
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="eval-late"
def validate(model, train_loader, val_loader, device):
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
            model.eval()
    return shares

# %% wrong="validate" says="train-called"
def validate(model, train_loader, val_loader, device):
    model.train()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="gradients-on"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    if True:
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="off-for-good"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    torch.set_grad_enabled(False)
    if True:
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="frozen"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    for parameter in model.parameters():
        parameter.requires_grad = False
    if True:
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="gradients-changed"
def validate(model, train_loader, val_loader, device):
    model.eval()
    model.zero_grad()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="weights-changed"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.01)
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.to(device), labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="labels-not-moved"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images = images.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="images-not-moved"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                labels = labels.to(device)
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="not-moved"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% wrong="validate" says="always-cuda"
def validate(model, train_loader, val_loader, device):
    model.eval()
    shares = {}
    with torch.no_grad():
        for name, loader in (("train", train_loader), ("val", val_loader)):
            right = count = 0
            for images, labels in loader:
                images, labels = images.cuda(), labels.cuda()
                guesses = model(images).argmax(dim=1)
                right += (guesses == labels).sum().item()
                count += len(labels)
            shares[name] = right / count
    return shares

# %% right="save-load" style="plain"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return model.to(device)

# %% right="save-load" style="by way of the CPU"
def save_weights(model, path):
    weights = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
    torch.save(weights, path)

def load_weights(model, path, device):
    state = torch.load(path, map_location="cpu")
    model.load_state_dict(state)
    model.to(device)
    return model

# %% right="save-load" style="open files, moved first"
def save_weights(model, path):
    with open(path, "wb") as file:
        torch.save(model.state_dict(), file)

def load_weights(model, path, device):
    model = model.to(device)
    with open(path, "rb") as file:
        model.load_state_dict(torch.load(file, map_location=torch.device(device)))
    return model

# %% right="save-load" style="weights put in place"
from pathlib import Path

def save_weights(model, path):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    state = torch.load(Path(path), map_location=device)
    model.load_state_dict(state, assign=True)
    return model

# %% right="save-load" style="a function for map_location"
def save_weights(model, path):
    torch.save(obj=model.state_dict(), f=path)
    print("saved", path)

def load_weights(model, path, device):
    state = torch.load(path, map_location=lambda storage, place: storage)
    print(model.load_state_dict(state))
    return model.to(device=device)

# %% wrong="save-load" says="whole-model"
def save_weights(model, path):
    torch.save(model, path)

def load_weights(model, path, device):
    model = torch.load(path, map_location=device, weights_only=False)
    return model.to(device)

# %% wrong="save-load" says="wrapped"
def save_weights(model, path):
    torch.save({"model": model.state_dict()}, path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return model.to(device)

# %% wrong="save-load" says="not-a-state-dict"
def save_weights(model, path):
    torch.save(list(model.parameters()), path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return model.to(device)

# %% wrong="save-load" says="other-numbers"
def save_weights(model, path):
    model.apply(lambda m: m.reset_parameters() if hasattr(m, "reset_parameters") else None)
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return model.to(device)

# %% wrong="save-load" says="no-file"
def save_weights(model, path):
    state = model.state_dict()

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return model.to(device)

# %% wrong="save-load" says="fixed-name"
def save_weights(model, path):
    torch.save(model.state_dict(), "birds_vs_airplanes.pt")

def load_weights(model, path, device):
    model.load_state_dict(torch.load("birds_vs_airplanes.pt", map_location=device, weights_only=True))
    return model.to(device)

# %% wrong="save-load" says="no-map-location"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.to(device)

# %% wrong="save-load" says="returned-nothing"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    model.to(device)

# %% wrong="save-load" says="returns-names"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    model = model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return model.to(device)

# %% wrong="save-load" says="returns-state-dict"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    return torch.load(path, map_location=device)

# %% wrong="save-load" says="returns-other"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return path

# %% wrong="save-load" says="not-loaded"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    state = torch.load(path, map_location=device)
    model.load_state_dict({"state": state}, strict=False)
    return model.to(device)

# %% wrong="save-load" says="not-moved"
def save_weights(model, path):
    torch.save(model.state_dict(), path)

def load_weights(model, path, device):
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    return model
