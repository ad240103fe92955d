# Answers to the exercises of notebook 06, as students type them: right ones in several styles, and wrong ones,
# one for each misconception. `says` is the finding that the check must come to.

# %% right="conv-parameters" style="formula"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f * f * c_in + int(bias))

ten_filters = conv_parameters(3, 3, 10)

# %% right="conv-parameters" style="if"
def conv_parameters(f, c_in, c_out, bias=True):
    weights = f**2 * c_in * c_out
    if bias:
        return weights + c_out
    return weights

ten_filters = 10 * (3 * 3 * 3 + 1)

# %% right="conv-parameters" style="by a layer"
def conv_parameters(f, c_in, c_out, bias=True):
    layer = nn.Conv2d(c_in, c_out, f, bias=bias)
    return sum(p.numel() for p in layer.parameters())

ten_filters = conv_parameters(3, 3, 10)

# %% right="conv-parameters" style="torch numbers"
def conv_parameters(f: int, c_in: int, c_out: int, bias: bool = True) -> int:
    per_filter = torch.prod(torch.tensor([f, f, c_in])) + (1 if bias else 0)
    return per_filter * c_out

ten_filters = torch.tensor(280.0)

# %% right="conv-parameters" style="numpy"
import numpy as np

def conv_parameters(f, c_in, c_out, bias=True):
    return np.zeros((c_out, c_in, f, f)).size + c_out * bias

ten_filters = np.int64(conv_parameters(3, c_in=3, c_out=10))

# %% wrong="conv-parameters" says="one-slice"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f * f + bias)

ten_filters = 100

# %% wrong="conv-parameters" says="bias-per-slice"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * c_in * (f * f + bias)

ten_filters = 300

# %% wrong="conv-parameters" says="bias-forgotten"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * f * f * c_in

ten_filters = 270

# %% wrong="conv-parameters" says="bias-always"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f * f * c_in + 1)

ten_filters = 280

# %% wrong="conv-parameters" says="bias-upside-down"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f * f * c_in + (not bias))

ten_filters = 280

# %% wrong="conv-parameters" says="turned"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_in * (f * f * c_out + bias)

ten_filters = 273

# %% wrong="conv-parameters" says="one-side"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f * c_in + bias)

ten_filters = 280

# %% wrong="conv-parameters" says="doubled"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (2 * f * c_in + bias)

ten_filters = 190

# %% wrong="conv-parameters" says="cube"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f**3 + bias)

ten_filters = conv_parameters(3, 3, 10)

# %% wrong="conv-parameters" says="added"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f * f + c_in + bias)

ten_filters = 130

# %% wrong="conv-parameters" says="one-filter"
def conv_parameters(f, c_in, c_out, bias=True):
    return f * f * c_in + bias

ten_filters = 28

# %% wrong="conv-parameters" says="one-bias"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * f * f * c_in + bias

ten_filters = 271

# %% wrong="conv-parameters" says="shape"
def conv_parameters(f, c_in, c_out, bias=True):
    return (c_out, c_in, f, f)

ten_filters = 280

# %% wrong="conv-parameters" says="image-counted"
def conv_parameters(f, c_in, c_out, bias=True):
    return c_out * (f * f * c_in + bias)

ten_filters = 10 * (3 * 32 * 32 + 1)

# %% right="conv-output" style="formula"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("the window must fit and move")
    return (n + 2 * p - f) // s + 1

size_1 = conv_output(39, 3)
size_2 = conv_output(size_1, 5, 0, 2)
size_3 = conv_output(size_2, 5, s=2)
numbers_left = size_3 * size_3 * 40

# %% right="conv-output" style="counting places"
def conv_output(n, f, p=0, s=1):
    if f > n + 2 * p:
        raise ValueError(f"a window of {f} does not fit")
    return len(range(0, n + 2 * p - f + 1, s))  # range refuses a step of 0 with a ValueError

size_1, size_2, size_3 = 37, 17, 7
numbers_left = 40 * 7**2

# %% right="conv-output" style="by torch"
def conv_output(n, f, p=0, s=1):
    try:
        return F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, f), stride=s, padding=p).shape[2]
    except RuntimeError as error:
        raise ValueError("this cannot be") from error

size_1 = torch.tensor(37)
size_2 = torch.tensor([17])
size_3 = 7.0
numbers_left = torch.zeros(40, 7, 7).numel()

# %% right="conv-output" style="floor"
import math

def conv_output(n, f, p=0, s=1):
    """The number of places."""
    assert_fits = n + 2 * p - f
    if assert_fits < 0:
        raise ValueError("too large a window")
    if s <= 0:
        raise ValueError("the window has to move")
    return math.floor(assert_fits / s + 1)

size_1 = conv_output(39, 3)
size_2 = conv_output(size_1, 5, s=2)
size_3 = conv_output(size_2, 5, s=2)
numbers_left = 40 * size_3 * size_3

# %% wrong="conv-output" says="ceiling"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return -((f - n - 2 * p) // s) + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="not-rounded"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) / s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="rounded"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return round((n + 2 * p - f) / s) + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="padding-once"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="padding-ignored"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="stride-ignored"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return n + 2 * p - f + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="plus-one-inside"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f + 1) // s

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="kernel-ignored"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - 1) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="stride-and-kernel-swapped"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - s) // f + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="n-divided"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return n // s + 2 * p - f + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="brackets-missing"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return n + 2 * p - f // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="stride-and-padding-swapped"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * s - f) // p + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="no-plus-one"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s

size_1 = conv_output(39, 3)
size_2 = conv_output(size_1, 5, 0, 2)
size_3 = conv_output(size_2, 5, 0, 2)
numbers_left = size_3 * size_3 * 40

# %% wrong="conv-output" says="accepts-large-kernel"
def conv_output(n, f, p=0, s=1):
    if s < 1:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="accepts-stride-0"
def conv_output(n, f, p=0, s=1):
    if n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // max(s, 1) + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="refuses-too-much"
def conv_output(n, f, p=0, s=1):
    if s < 1 or f >= n:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 1960

# %% wrong="conv-output" says="unchanged"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 39, 18, 7, 1960

# %% wrong="conv-output" says="divided-by-kernel"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 13, 5, 1, 40

# %% wrong="conv-output" says="padding-added"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 41, 19, 8, 2560

# %% wrong="conv-output" says="filters"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 10, 20, 40, 1960

# %% wrong="conv-output" says="stride-forgotten"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 33, 29, 29 * 29 * 40

# %% wrong="conv-output" says="kernel-ignored-up"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 19, 10, 4000

# %% wrong="conv-output" says="maps-forgotten"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 49

# %% wrong="conv-output" says="second-layer"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 980

# %% wrong="conv-output" says="one-row"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 280

# %% wrong="conv-output" says="filters-multiplied"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 7 * 7 * 10 * 20 * 40

# %% wrong="conv-output" says="filters-added"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 49 * 70

# %% wrong="conv-output" says="sizes-added"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 54

# %% wrong="conv-output" says="weights-counted"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, 20040

# %% wrong="conv-output" says="shape-typed"
def conv_output(n, f, p=0, s=1):
    if s < 1 or n + 2 * p < f:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

size_1, size_2, size_3, numbers_left = 37, 17, 7, (40, 7, 7)

# %% right="lenet-table" style="typed out"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% right="lenet-table" style="worked out"
conv1_shape = (8, 32 - 5 + 1, 32 - 5 + 1)
conv1_size = 8 * 28 * 28
conv1_parameters = 8 * (5 * 5 * 3 + 1)
pool1_shape = (8, 28 // 2, 28 // 2)
pool1_size = 8 * 14 * 14
pool1_parameters = 0
conv2_shape = (16, 14 - 5 + 1, 14 - 5 + 1)
conv2_size = 16 * 10 * 10
conv2_parameters = 16 * (5 * 5 * 8 + 1)
pool2_shape = (16, 10 // 2, 10 // 2)
pool2_size = 16 * 5 * 5
pool2_parameters = 0
fc1_parameters = pool2_size * 120 + 120
fc2_parameters = 120 * 84 + 84
softmax_parameters = 84 * 10 + 10
total_parameters = conv1_parameters + conv2_parameters + fc1_parameters + fc2_parameters + softmax_parameters

# %% right="lenet-table" style="by torch"
image = torch.zeros(1, 3, 32, 32)
conv_1, conv_2 = nn.Conv2d(3, 8, 5), nn.Conv2d(8, 16, 5)
linear = [nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)]

def learned(layer):
    return sum(p.numel() for p in layer.parameters())

after_conv1 = conv_1(image)[0]
after_pool1 = F.max_pool2d(after_conv1, 2)
after_conv2 = conv_2(after_pool1)
after_pool2 = F.max_pool2d(after_conv2, 2)
conv1_shape, conv1_size, conv1_parameters = after_conv1.shape, after_conv1.numel(), learned(conv_1)
pool1_shape, pool1_size, pool1_parameters = after_pool1.shape, after_pool1.numel(), learned(nn.MaxPool2d(2))
conv2_shape, conv2_size, conv2_parameters = after_conv2.shape, after_conv2.numel(), learned(conv_2)
pool2_shape, pool2_size, pool2_parameters = after_pool2.shape, after_pool2.numel(), learned(nn.MaxPool2d(2))
fc1_parameters, fc2_parameters, softmax_parameters = map(learned, linear)
total_parameters = sum(map(learned, [conv_1, conv_2, *linear]))

# %% right="lenet-table" style="lists, as a batch, and arrays"
conv1_shape, conv1_size, conv1_parameters = [8, 28, 28], torch.tensor(6272), 608
pool1_shape, pool1_size, pool1_parameters = (1, 8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = torch.tensor([16, 10, 10]), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = torch.Size([-1, 16, 5, 5]), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62_958.0

# %% wrong="lenet-table" says="channels-last"
conv1_shape, conv1_size, conv1_parameters = (28, 28, 8), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (14, 14, 8), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (10, 10, 16), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (5, 5, 16), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="channels-kept"
conv1_shape, conv1_size, conv1_parameters = (3, 28, 28), 3 * 28 * 28, 608
pool1_shape, pool1_size, pool1_parameters = (3, 14, 14), 3 * 14 * 14, 0
conv2_shape, conv2_size, conv2_parameters = (3, 10, 10), 300, 16 * 76
pool2_shape, pool2_size, pool2_parameters = (3, 5, 5), 75, 0
fc1_parameters, fc2_parameters, softmax_parameters = 75 * 120 + 120, 10164, 850
total_parameters = 608 + 1216 + 9120 + 10164 + 850

# %% wrong="lenet-table" says="channels-multiplied"
conv1_shape, conv1_size, conv1_parameters = (24, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (24, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (384, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="channels-added"
conv1_shape, conv1_size, conv1_parameters = (11, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (24, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="padded"
conv1_shape, conv1_size, conv1_parameters = (8, 32, 32), 8192, 608
pool1_shape, pool1_size, pool1_parameters = (8, 16, 16), 2048, 0
conv2_shape, conv2_size, conv2_parameters = (16, 16, 16), 4096, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 8, 8), 1024, 0
fc1_parameters, fc2_parameters, softmax_parameters = 1024 * 120 + 120, 10164, 850
total_parameters = 608 + 3216 + 123000 + 10164 + 850

# %% wrong="lenet-table" says="no-plus-one"
conv1_shape, conv1_size, conv1_parameters = (8, 27, 27), 8 * 27 * 27, 608
pool1_shape, pool1_size, pool1_parameters = (8, 13, 13), 8 * 169, 0
conv2_shape, conv2_size, conv2_parameters = (16, 8, 8), 1024, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 4, 4), 256, 0
fc1_parameters, fc2_parameters, softmax_parameters = 256 * 120 + 120, 10164, 850
total_parameters = 608 + 3216 + 30840 + 10164 + 850

# %% wrong="lenet-table" says="kernel-3"
conv1_shape, conv1_size, conv1_parameters = (8, 30, 30), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 12, 12), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="pooled-at-once"
conv1_shape, conv1_size, conv1_parameters = (8, 14, 14), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 5, 5), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="size-only"
conv1_shape, conv1_size, conv1_parameters = (28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="multiplied"
conv1_shape, conv1_size, conv1_parameters = 6272, 6272, 608
pool1_shape, pool1_size, pool1_parameters = 1568, 1568, 0
conv2_shape, conv2_size, conv2_parameters = 1600, 1600, 3216
pool2_shape, pool2_size, pool2_parameters = 400, 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="weight-shape"
conv1_shape, conv1_size, conv1_parameters = (8, 3, 5, 5), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 8, 5, 5), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="channels-pooled"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (4, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (8, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="only-channels"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (4, 28, 28), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (8, 10, 10), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="pool-stride-1"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 27, 27), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 9, 9), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="like-a-kernel"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 24, 24), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 6, 6), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="not-pooled"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 28, 28), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 10, 10), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="one-map"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 784, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 196, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 100, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 25, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="one-side"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 8 * 28, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 8 * 14, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 160, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 80, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="sizes-added"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 64, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 36, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 36, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 26, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="parameters-as-size"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 608, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 3216, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="halved-once"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 6272 // 2, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 1600 // 2, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="size-not-pooled"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 6272, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 1600, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="one-slice"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 208
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 416
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 208 + 416 + 59134

# %% wrong="lenet-table" says="slide"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6072, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 59758

# %% wrong="lenet-table" says="bias-forgotten"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 600
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3200
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48000, 10080, 840
total_parameters = 62720

# %% wrong="lenet-table" says="bias-per-slice"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 624
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3328
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 624 + 3328 + 59134

# %% wrong="lenet-table" says="one-bias"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 601
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3201
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48001, 10081, 841
total_parameters = 62958

# %% wrong="lenet-table" says="one-filter"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 76
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 201
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="turned"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 603
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3208
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="row-of-five"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 128
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 16 * (5 * 8 + 1)
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="weights-per-place"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 28 * 28 * 8 * 75
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="size-as-parameters"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 6272
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 1600
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="image-channels"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 16 * (25 * 3 + 1)
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="window-weights"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 4
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 4
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="window-weights-each"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 32
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 64
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="settings"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 2
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 2
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="as-in-1998"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 16
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 32
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="pooled-parameters"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 8
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 16
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="bias-of-inputs"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 400 * 120 + 400, 120 * 84 + 120, 84 * 10 + 84
total_parameters = 62958

# %% wrong="lenet-table" says="maps-forgotten"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 25 * 120 + 120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="places-forgotten"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 16 * 120 + 120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="flatten-not-pooled"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 1600 * 120 + 120, 10164, 850
total_parameters = 62958

# %% wrong="lenet-table" says="units-only"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 120, 84, 10
total_parameters = 62958

# %% wrong="lenet-table" says="from-pool"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 400 * 84 + 84, 400 * 10 + 10
total_parameters = 62958

# %% wrong="lenet-table" says="from-first"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 120 * 10 + 10
total_parameters = 62958

# %% wrong="lenet-table" says="softmax-learns-nothing"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 0
total_parameters = 62958

# %% wrong="lenet-table" says="last-left-out"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958 - 850

# %% wrong="lenet-table" says="second-left-out"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958 - 10164

# %% wrong="lenet-table" says="first-left-out"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958 - 48120

# %% wrong="lenet-table" says="conv1-left-out"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958 - 608

# %% wrong="lenet-table" says="conv2-left-out"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958 - 3216

# %% wrong="lenet-table" says="convolutions-only"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 608 + 3216

# %% wrong="lenet-table" says="linear-only"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 48120 + 10164 + 850

# %% wrong="lenet-table" says="image-counted"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 62958 + 3072

# %% wrong="lenet-table" says="sizes-summed"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 10054

# %% wrong="lenet-table" says="sizes-summed-too"
conv1_shape, conv1_size, conv1_parameters = (8, 28, 28), 6272, 608
pool1_shape, pool1_size, pool1_parameters = (8, 14, 14), 1568, 0
conv2_shape, conv2_size, conv2_parameters = (16, 10, 10), 1600, 3216
pool2_shape, pool2_size, pool2_parameters = (16, 5, 5), 400, 0
fc1_parameters, fc2_parameters, softmax_parameters = 48120, 10164, 850
total_parameters = 10054 + 3072

# %% right="four-errors" style="typed out"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958,
}

# %% right="four-errors" style="worked out"
corrected = {
    "conv 1 size": 28 * 28 * 8,
    "conv 1 parameters": (5 * 5 * 3 + 1) * 8,
    "conv 2 parameters": (5 * 5 * 8 + 1) * 16,
}
corrected["total"] = corrected["conv 1 parameters"] + corrected["conv 2 parameters"] + 48120 + 10164 + 850

# %% right="four-errors" style="other spelling"
corrected = dict([("Conv1  Size", 6272), ("conv_1 params", 608.0), ("Parameters of conv 2", torch.tensor(3216)), ("TOTAL", 62_958)])

# %% right="four-errors" style="another kind of dictionary"
from collections import OrderedDict

corrected = OrderedDict()
corrected["total parameters"] = 62958
corrected["conv 2 parameters"] = 3216
corrected["conv 1 parameters"] = 608
corrected["conv 1 size"] = 6272

# %% wrong="four-errors" says="as-printed"
corrected = {
    "conv 1 size": 6072,
    "conv 1 parameters": 208,
    "conv 2 parameters": 416,
    "total parameters": 59758,
}

# %% wrong="four-errors" says="difference"
corrected = {
    "conv 1 size": 200,
    "conv 1 parameters": 400,
    "conv 2 parameters": 2800,
    "total parameters": 3200,
}

# %% wrong="four-errors" says="one-map"
corrected = {
    "conv 1 size": 28 * 28,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958,
}

# %% wrong="four-errors" says="image-channels"
corrected = {
    "conv 1 size": 28 * 28 * 3,
    "conv 1 parameters": 608,
    "conv 2 parameters": 16 * (25 * 3 + 1),
    "total parameters": 62958,
}

# %% wrong="four-errors" says="bias-forgotten"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 600,
    "conv 2 parameters": 3200,
    "total parameters": 62720,
}

# %% wrong="four-errors" says="bias-per-slice"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 624,
    "conv 2 parameters": 3328,
    "total parameters": 624 + 3328 + 59134,
}

# %% wrong="four-errors" says="one-filter"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 76,
    "conv 2 parameters": 201,
    "total parameters": 76 + 201 + 59134,
}

# %% wrong="four-errors" says="size-in-total"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958 + 200,
}

# %% wrong="four-errors" says="one-mended"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 59758 + 400,
}

# %% wrong="four-errors" says="other-mended"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 59758 + 2800,
}

# %% wrong="four-errors" says="not-found"
corrected = {
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
}

# %% wrong="four-errors" says="none-named"
corrected = {}

# %% wrong="four-errors" says="right-already"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958,
    "pool 1 size": 1568,
    "linear 1 parameters": 48120,
}

# %% wrong="four-errors" says="right-entry-changed"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958,
    "linear 1 parameters": 400 * 120,
    "linear 2 parameters": 120 * 84,
}

# %% wrong="four-errors" says="other-order"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958,
    "conv 1 shape": (8, 28, 28),
    "conv 2 shape": (16, 10, 10),
}

# %% wrong="four-errors" says="unknown-entry"
corrected = {
    "conv 1 size": 6272,
    "conv 1 parameters": 608,
    "conv 2 parameters": 3216,
    "total parameters": 62958,
    "dense parameters": 48120,
}

# %% wrong="four-errors" says="not-a-dictionary"
corrected = [6272, 608, 3216, 62958]

# %% wrong="four-errors" says="names-not-text"
corrected = {6272: "conv 1 size", 608: "conv 1 parameters", 3216: "conv 2 parameters", 62958: "total"}

# %% wrong="four-errors" says="no-number"
corrected = {"conv 1 size": ..., "conv 1 parameters": ..., "conv 2 parameters": ..., "total parameters": 62958}

# %% wrong="four-errors" says="not-numbers"
corrected = {
    "conv 1 size": "6272",
    "conv 1 parameters": "608",
    "conv 2 parameters": "3216",
    "total parameters": "62958",
}

# %% right="classic-lenet" style="worked out"
classic_parameters = 6 * (25 * 1 + 1) + 16 * (25 * 6 + 1) + 400 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10

# %% right="classic-lenet" style="typed"
classic_parameters = 61_706

# %% right="classic-lenet" style="by the function"
def learned(n_in, n_out):
    return (n_in + 1) * n_out

classic_parameters = learned(25, 6) + learned(6 * 25, 16) + learned(400, 120) + learned(120, 84) + learned(84, 10)

# %% right="classic-lenet" style="by torch"
classic = nn.Sequential(
    nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
    nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
    nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
)
classic_parameters = sum(p.numel() for p in classic.parameters())

# %% wrong="classic-lenet" says="sparse"
classic_parameters = 60000

# %% wrong="classic-lenet" says="colour"
classic_parameters = 6 * 76 + 16 * 151 + 59134

# %% wrong="classic-lenet" says="grey-as-nothing"
classic_parameters = 6 * 1 + 16 * 151 + 59134

# %% wrong="classic-lenet" says="unchanged"
classic_parameters = 62958

# %% wrong="classic-lenet" says="eight-filters"
classic_parameters = 208 + 3216 + 59134

# %% wrong="classic-lenet" says="eight-maps"
classic_parameters = 156 + 3216 + 59134

# %% wrong="classic-lenet" says="one-slice"
classic_parameters = 156 + 416 + 59134

# %% wrong="classic-lenet" says="turned"
classic_parameters = 156 + 6 * 401 + 59134

# %% wrong="classic-lenet" says="bias-forgotten"
classic_parameters = 150 + 2400 + 48000 + 10080 + 840

# %% wrong="classic-lenet" says="bias-per-slice"
classic_parameters = 156 + 16 * 6 * 26 + 59134

# %% wrong="classic-lenet" says="linear-only"
classic_parameters = 59134

# %% wrong="classic-lenet" says="convolutions-only"
classic_parameters = 156 + 2416

# %% wrong="classic-lenet" says="pooling-learns"
classic_parameters = 61706 + 12 + 32

# %% wrong="classic-lenet" says="one-map-flattened"
classic_parameters = 2572 + 25 * 120 + 120 + 10164 + 850

# %% right="five-classes" style="subtracted"
parameters_with_5 = 62_958 - 5 * (84 + 1)
outputs_with_5 = 5

# %% right="five-classes" style="added up"
parameters_with_5 = 608 + 3216 + 48120 + 10164 + 84 * 5 + 5
outputs_with_5 = 5

# %% right="five-classes" style="typed as floats"
parameters_with_5 = 62533.0
outputs_with_5 = torch.tensor([5])

# %% right="five-classes" style="by torch"
layers = [nn.Conv2d(3, 8, 5), nn.Conv2d(8, 16, 5), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 5)]
parameters_with_5 = sum(p.numel() for layer in layers for p in layer.parameters())
outputs_with_5 = layers[-1].out_features

# %% wrong="five-classes" says="unchanged"
parameters_with_5 = 62958
outputs_with_5 = 5

# %% wrong="five-classes" says="bias-kept"
parameters_with_5 = 62958 - 5 * 84
outputs_with_5 = 5

# %% wrong="five-classes" says="last-dropped"
parameters_with_5 = 62958 - 850
outputs_with_5 = 5

# %% wrong="five-classes" says="last-only"
parameters_with_5 = 84 * 5 + 5
outputs_with_5 = 5

# %% wrong="five-classes" says="halved"
parameters_with_5 = 62958 / 2
outputs_with_5 = 5

# %% wrong="five-classes" says="grown"
parameters_with_5 = 62958 + 425
outputs_with_5 = 5

# %% wrong="five-classes" says="unit-counted"
parameters_with_5 = 62958 - 5
outputs_with_5 = 5

# %% wrong="five-classes" says="all-linear-halved"
parameters_with_5 = 608 + 3216 + 59134 / 2
outputs_with_5 = 5

# %% wrong="five-classes" says="published"
parameters_with_5 = 59758 - 425
outputs_with_5 = 5

# %% wrong="five-classes" says="added-layer"
parameters_with_5 = 62958 + 10 * 5 + 5
outputs_with_5 = 5

# %% wrong="five-classes" says="ten-outputs"
parameters_with_5 = 62533
outputs_with_5 = 10

# %% wrong="five-classes" says="powers"
parameters_with_5 = 62533
outputs_with_5 = 2**5

# %% wrong="five-classes" says="one-output"
parameters_with_5 = 62533
outputs_with_5 = 1

# %% wrong="five-classes" says="one-less"
parameters_with_5 = 62533
outputs_with_5 = 4

# %% wrong="five-classes" says="units-before"
parameters_with_5 = 62533
outputs_with_5 = 84

# %% right="lenet5" style="functional"
class LeNet5(nn.Module):
    def __init__(self, n_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=5)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))

# %% right="lenet5" style="a class of layers"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super(LeNet5, self).__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.act1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.act2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        out = self.pool1(self.act1(self.conv1(x)))
        out = self.pool2(self.act2(self.conv2(out)))
        out = out.view(-1, 16 * 5 * 5)
        out = torch.relu(self.fc1(out))
        out = torch.relu(self.fc2(out))
        return self.fc3(out)

# %% right="lenet5" style="pooling first, one ReLU and one pooling for all"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.relu, self.pool = nn.ReLU(), nn.MaxPool2d(2)
        self.classify = nn.Sequential(nn.Linear(400, 120), self.relu, nn.Linear(120, 84), self.relu, nn.Linear(84, n_classes))
        self.second = nn.Conv2d(8, 16, 5)
        self.first = nn.Conv2d(3, 8, 5)

    def forward(self, images):
        maps = self.relu(self.pool(self.first(images)))
        maps = self.relu(self.pool(self.second(maps)))
        return self.classify(torch.flatten(maps, 1))

# %% right="lenet5" style="a kind of Sequential"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% right="lenet5" style="parts"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.features = nn.Sequential(self.block(3, 8), self.block(8, 16), nn.Flatten())
        sizes = [400, 120, 84, n_classes]
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))

    def block(self, c_in, c_out):
        return nn.Sequential(nn.Conv2d(c_in, c_out, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2))

    def forward(self, x):
        x = self.features(x)
        for layer in self.layers[:-1]:
            x = layer(x).clamp(min=0)
        return self.layers[-1](x)

# %% right="lenet5" style="a function that builds it"
def LeNet5(n_classes=10):
    return nn.Sequential(
        nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
    )

# %% wrong="lenet5" says="no-super"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        self.n_classes = n_classes
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))

# %% wrong="lenet5" says="no-forward"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def foward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))

# %% wrong="lenet5" says="no-return"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        x = self.fc3(F.relu(self.fc2(x)))

# %% wrong="lenet5" says="images-lost"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten()))
        return self.fc3(F.relu(self.fc2(x)))

# %% wrong="lenet5" says="axis-lost"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x))).squeeze()

# %% wrong="lenet5" says="no-flatten"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x))
        return self.fc3(F.relu(self.fc2(x)))

# %% wrong="lenet5" says="classes-ignored"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))

# %% wrong="lenet5" says="shared-weights"
one = nn.ModuleList([nn.Conv2d(3, 8, 5), nn.Conv2d(8, 16, 5), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)])

class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.layers = one
        if n_classes != 10:
            self.layers = nn.ModuleList([*one[:4], nn.Linear(84, n_classes)])

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            if i == 2:
                x = x.flatten(1)
            x = layer(x)
            if i < 4:
                x = F.relu(x)
            if i < 2:
                x = F.max_pool2d(x, 2)
        return x

# %% wrong="lenet5" says="softmax"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return F.softmax(self.fc3(F.relu(self.fc2(x))), dim=1)

# %% wrong="lenet5" says="log-softmax"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return F.log_softmax(self.fc3(F.relu(self.fc2(x))), dim=1)

# %% wrong="lenet5" says="relu-at-end"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return F.relu(self.fc3(F.relu(self.fc2(x))))

# %% wrong="lenet5" says="no-relu"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="no-conv-relu"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="no-linear-relu"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="no-relu-1"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))

# %% wrong="lenet5" says="no-relu-2"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="no-relu-3"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="no-relu-4"
class LeNet5(nn.Module):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(self.fc2(x))

# %% wrong="lenet5" says="average-pooling"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="tanh"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.Tanh(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="sigmoid"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.Sigmoid(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.Sigmoid(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="other-activation"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.GELU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.GELU(), nn.Linear(120, 84), nn.GELU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="dropout"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Dropout(0.5), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="batch-norm"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="grey"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="classic-filters"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="filters"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(32 * 5 * 5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="channels-do-not-fit"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(3, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="kernel-size"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(16 * 6 * 6, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="padding"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(16 * 8 * 8, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="conv-stride"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(),
            nn.Conv2d(8, 16, 5, stride=2), nn.ReLU(), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="convolutions"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(8 * 14 * 14, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="pool-size"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
            nn.Linear(16 * 4 * 4, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="pool-stride"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2, stride=1),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2, stride=1), nn.Flatten(),
            nn.Linear(16 * 22 * 22, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="pool-missing"
def LeNet5(n_classes=10):
    return nn.Sequential(
        nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.Flatten(),
        nn.Linear(1600, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
    )

# %% wrong="lenet5" says="flatten-size"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(16 * 8 * 8, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="hidden-swapped"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, 120), nn.ReLU(), nn.Linear(120, n_classes),
        )

# %% wrong="lenet5" says="hidden-sizes"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, n_classes),
        )

# %% wrong="lenet5" says="linear-layers"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, n_classes),
        )

# %% wrong="lenet5" says="classes"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes + 1),
        )

# %% wrong="lenet5" says="no-bias"
class LeNet5(nn.Sequential):
    def __init__(self, n_classes=10):
        super().__init__(
            nn.Conv2d(3, 8, 5, bias=False), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5, bias=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_classes),
        )

# %% wrong="lenet5" says="not-a-network"
def LeNet5(n_classes=10):
    layers = [nn.Conv2d(3, 8, 5), nn.Conv2d(8, 16, 5), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, n_classes)]
    return layers

# %% right="budget-network" style="strides"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 16, kernel_size=5, stride=2, padding=2), nn.ReLU(),
        nn.Conv2d(16, 24, kernel_size=3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(24 * 4 * 4, 10),
    )

# %% right="budget-network" style="batch normalisation and a global average"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(12), nn.ReLU(),
        nn.Conv2d(12, 24, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.Dropout(0.1),
        nn.Conv2d(24, 40, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(40), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(40, 10),
    )

# %% right="budget-network" style="depthwise"
class Separable(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.depthwise = nn.Conv2d(c_in, c_in, 3, stride=stride, padding=1, groups=c_in)
        self.pointwise = nn.Conv2d(c_in, c_out, 1)

    def forward(self, x):
        return F.relu(self.pointwise(self.depthwise(x)))

def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(),
        Separable(16, 32, 2), Separable(32, 64, 2), Separable(64, 64, 1),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )

# %% right="budget-network" style="a class with functions"
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5)
        self.conv2 = nn.Conv2d(8, 8, 5)
        self.fc = nn.Linear(8 * 5 * 5, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(F.avg_pool2d(x, 1))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))

def budget_network():
    return Small()

# %% right="budget-network" style="pooled first"
def budget_network():
    return nn.Sequential(
        nn.MaxPool2d(2), nn.Conv2d(3, 24, 3, padding=1), nn.Sigmoid(), nn.MaxPool2d(4),
        nn.Conv2d(24, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10),
    )

# %% right="budget-network" style="dilated"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 10, 4, stride=4), nn.LeakyReLU(0.1), nn.Conv2d(10, 20, 3, dilation=2, padding=2), nn.Tanh(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(20 * 16, 32), nn.ReLU(), nn.Linear(32, 10),
    )

# %% wrong="budget-network" says="too-many-parameters"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )

# %% wrong="budget-network" says="too-much-work"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(256, 10),
    )

# %% wrong="budget-network" says="one-convolution"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 8 * 8, 10),
    )

# %% wrong="budget-network" says="no-convolution"
def budget_network():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(3072, 6), nn.ReLU(), nn.Linear(6, 10),
    )

# %% wrong="budget-network" says="unlisted"
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 4, stride=2), nn.ReLU(), nn.Flatten()]
        self.last = nn.Linear(16 * 6 * 6, 10)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.last(x)

def budget_network():
    return Small()

# %% wrong="budget-network" says="one-network"
network = nn.Sequential(
    nn.Conv2d(3, 16, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(16, 16, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(16 * 4 * 4, 10),
)

def budget_network():
    return network

# %% wrong="budget-network" says="mixed"
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.fc = nn.Linear(16 * 16, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = F.dropout(F.max_pool2d(x, 2).flatten(1), 0.5)
        return self.fc(x)

def budget_network():
    return Small()

# %% wrong="budget-network" says="not-flat"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, 10, 3, stride=2, padding=1), nn.AdaptiveAvgPool2d(1),
    )

# %% wrong="budget-network" says="classes"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(24 * 4 * 4, 2),
    )

# %% wrong="budget-network" says="wrong-scores"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.Flatten(2), nn.Linear(64, 10),
    )

# %% wrong="budget-network" says="stops"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 8 * 8, 10),
    )

# %% wrong="budget-network" says="stops-in-training"
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 4, stride=4)
        self.conv2 = nn.Conv2d(8, 32, 8)
        self.norm = nn.BatchNorm1d(16)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1)
        return self.fc(self.norm(x) if self.training else x)

def budget_network():
    return Small()

# %% wrong="budget-network" says="constant"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=4, padding=2), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.Dropout(1.0), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 10), nn.Softmax(dim=0), nn.Threshold(2.0, 0.0),
    )

# %% wrong="budget-network" says="channel-left-out"
class Grey(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(16, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 16, 10),
        )

    def forward(self, x):
        return self.layers(x[:, :1])

def budget_network():
    return Grey()

# %% wrong="budget-network" says="last-left-over"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2), nn.ReLU(), nn.Conv2d(16, 16, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16 * 9, 10),
    )

# %% wrong="budget-network" says="stepped-over"
def budget_network():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=4, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(32 * 16, 10),
    )

# %% wrong="budget-network" says="cropped"
class Cropped(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 49, 10),
        )

    def forward(self, x):
        return self.layers(x[:, :, 2:30, 2:30])

def budget_network():
    return Cropped()

# %% wrong="budget-network" says="pixels-left-out"
def budget_network():
    return nn.Sequential(
        nn.Flatten(2), nn.ZeroPad1d((0, -100)), nn.Unflatten(2, (42, 22)), nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 10),
    )

# %% wrong="budget-network" says="class-not-called"
class Small(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 5, stride=3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(4 * 64, 10))

def budget_network():
    return Small

# %% wrong="budget-network" says="not-a-network"
def budget_network():
    nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(8 * 144, 10))

# %% wrong="budget-network" says="no-scores"
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(288, 10))

    def forward(self, x):
        self.layers(x)

def budget_network():
    return Small()

# %% right="own-summary" style="hooks"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% right="own-summary" style="one image, in eval mode, lists"
def my_summary(model, input_shape):
    table, handles = [], []

    def hook(module, args, out):
        parameters = 0
        for p in module.parameters():
            parameters += p.nelement()
        table.append([module.__class__.__name__, list(out[0].shape), parameters])

    def attach(module):
        if len(list(module.children())) == 0:
            handles.append(module.register_forward_hook(hook))

    model.apply(attach)
    model.eval()
    model(torch.zeros(input_shape).unsqueeze(0))
    for handle in handles:
        handle.remove()
    return table

# %% right="own-summary" style="a dictionary on the way, numbers of torch"
def my_summary(model, input_shape):
    seen = {}
    handles = []
    for name, layer in model.named_modules():
        if any(True for _ in layer.children()):
            continue

        def listen(layer, inputs, output, name=name):
            count = torch.tensor([p.numel() for p in layer.parameters()]).sum()
            seen[name] = (type(layer).__name__, output.shape[1:], count)

        handles.append(layer.register_forward_hook(listen))
    try:
        model(torch.rand(3, *input_shape))
    finally:
        [handle.remove() for handle in handles]
    return tuple(seen.values())

# %% right="own-summary" style="named as torchsummary does"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((f"{type(layer).__name__}-{len(rows) + 1}", output.size()[1:], sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% right="own-summary" style="the class itself, with a context"
from contextlib import ExitStack

def my_summary(model, input_shape):
    rows = []
    with ExitStack() as stack, torch.inference_mode():
        for layer in model.modules():
            if next(layer.children(), None) is None:
                handle = layer.register_forward_hook(
                    lambda m, i, o: rows.append((type(m), tuple(o.shape)[1:], sum(map(torch.numel, m.parameters()))))
                )
                stack.callback(handle.remove)
        model(torch.ones((1, *input_shape)))
    return rows

# %% wrong="own-summary" says="containers"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in model.modules()]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="containers-inside"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in list(model.modules())[1:]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="top-only"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in model.children()]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="with-images"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="all-parameters"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in model.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="weights-only"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), layer.weight.numel() if hasattr(layer, "weight") else 0))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="tensors-counted"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), len(list(layer.parameters()))))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="running-total"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters()) + (rows[-1][2] if rows else 0)))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="total-added"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    rows.append(("total", (), sum(row[2] for row in rows)))
    return rows

# %% wrong="own-summary" says="as-defined"
def my_summary(model, input_shape):
    shapes = {}
    leaves = [layer for layer in model.modules() if not list(layer.children())]

    def note(layer, inputs, output):
        shapes[layer] = tuple(output.shape[1:])

    hooks = [leaf.register_forward_hook(note) for leaf in leaves]
    model(torch.zeros(1, *input_shape))
    for hook in hooks:
        hook.remove()
    return [(type(leaf).__name__, shapes[leaf], sum(p.numel() for p in leaf.parameters())) for leaf in leaves]

# %% wrong="own-summary" says="backwards"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.insert(0, (type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="input-shapes"
def my_summary(model, input_shape):
    rows, shapes = [], [input_shape]

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, shapes[-1], sum(p.numel() for p in layer.parameters())))
        shapes.append(tuple(output.shape[1:]))

    hooks = [m.register_forward_hook(note) for m in model.modules() if not list(m.children())]
    model(torch.zeros(1, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="numbers-for-shapes"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, output[0].numel(), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="learning-only"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children()) and list(m.parameters())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="twice"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in 2 * [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="first-only"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows[:1]

# %% wrong="own-summary" says="last-only"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows[:] = [(type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters()))]

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="by-place"
def my_summary(model, input_shape):
    rows, hooks = [], []
    for name, layer in model.named_modules():
        if not list(layer.children()):
            hooks.append(layer.register_forward_hook(
                lambda m, i, o, name=name: rows.append((name, tuple(o.shape[1:]), sum(p.numel() for p in m.parameters())))
            ))
    model(torch.zeros(1, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="whole-class"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((str(type(layer)), tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="nothing-listed"
def my_summary(model, input_shape):
    rows = []
    hooks = [m.register_forward_hook(lambda m, i, o: rows.append(m)) for m in model.modules()]
    for hook in hooks:
        hook.remove()
    model(torch.zeros(1, *input_shape))
    return rows

# %% wrong="own-summary" says="hooks-left"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    for layer in model.modules():
        if not list(layer.children()):
            layer.register_forward_hook(note)
    model(torch.zeros(2, *input_shape))
    return rows

# %% wrong="own-summary" says="returned-nothing"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    print(rows)

# %% wrong="own-summary" says="not-a-list"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return {i: row for i, row in enumerate(rows)}

# %% wrong="own-summary" says="not-three"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:])))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="no-name"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((layer, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters())))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows

# %% wrong="own-summary" says="other-rows"
def my_summary(model, input_shape):
    rows = []

    def note(layer, inputs, output):
        rows.append((type(layer).__name__, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters()) + 1))

    hooks = [layer.register_forward_hook(note) for layer in [m for m in model.modules() if not list(m.children())]]
    with torch.no_grad():
        model(torch.zeros(2, *input_shape))
    for hook in hooks:
        hook.remove()
    return rows
