# Answers to the exercises of notebook 02, as students type them: right ones in several styles, and wrong ones,
# one for each misconception. `says` is the finding that the check must come to.

# %% right="windows-by-hand" style="numbers"
c12 = 104
c20 = 124
c21 = 134
c22 = 144

# %% right="windows-by-hand" style="written out"
c12 = 7 * 1 + 8 * 2 + 11 * 3 + 12 * 4
c20 = 9 * 1 + 10 * 2 + 13 * 3 + 14 * 4
c21 = 10 * 1 + 11 * 2 + 14 * 3 + 15 * 4
c22 = 11 * 1 + 12 * 2 + 15 * 3 + 16 * 4

# %% right="windows-by-hand" style="numpy"
numbers = np.arange(1.0, 17.0).reshape(4, 4)
weights = np.array([[1.0, 2.0], [3.0, 4.0]])
c12 = np.sum(numbers[1:3, 2:4] * weights)
c20 = np.sum(numbers[2:4, 0:2] * weights)
c21 = np.sum(numbers[2:4, 1:3] * weights)
c22 = np.sum(numbers[2:4, 2:4] * weights)

# %% right="windows-by-hand" style="torch"
result = F.conv2d(torch.arange(1.0, 17.0).view(1, 1, 4, 4), torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))[0, 0]
c12, c20, c21, c22 = result[1, 2], result[2, 0], result[2, 1], result[2, 2]

# %% wrong="windows-by-hand" says="flipped"
c12 = 7 * 4 + 8 * 3 + 11 * 2 + 12 * 1
c20 = 9 * 4 + 10 * 3 + 13 * 2 + 14 * 1
c21 = 10 * 4 + 11 * 3 + 14 * 2 + 15 * 1
c22 = 11 * 4 + 12 * 3 + 15 * 2 + 16 * 1

# %% wrong="windows-by-hand" says="kernel-transposed"
c12 = 7 * 1 + 8 * 3 + 11 * 2 + 12 * 4
c20 = 9 * 1 + 10 * 3 + 13 * 2 + 14 * 4
c21 = 10 * 1 + 11 * 3 + 14 * 2 + 15 * 4
c22 = 11 * 1 + 12 * 3 + 15 * 2 + 16 * 4

# %% wrong="windows-by-hand" says="not-multiplied"
c12 = 7 + 8 + 11 + 12
c20 = 9 + 10 + 13 + 14
c21 = 10 + 11 + 14 + 15
c22 = 11 + 12 + 15 + 16

# %% wrong="windows-by-hand" says="first-row-only"
c12 = 7 * 1 + 8 * 2
c20 = 9 * 1 + 10 * 2
c21 = 10 * 1 + 11 * 2
c22 = 11 * 1 + 12 * 2

# %% wrong="windows-by-hand" says="one-term-short"
c12 = 7 * 1 + 8 * 2 + 11 * 3
c20 = 9 * 1 + 10 * 2 + 13 * 3
c21 = 10 * 1 + 11 * 2 + 14 * 3
c22 = 11 * 1 + 12 * 2 + 15 * 3

# %% wrong="windows-by-hand" says="one-left"
c12 = 94
c20 = 124
c21 = 124
c22 = 134

# %% wrong="windows-by-hand" says="one-up"
c12 = 64
c20 = 84
c21 = 94
c22 = 104

# %% wrong="windows-by-hand" says="swapped"
c12 = 134
c20 = 64
c21 = 104
c22 = 144

# %% wrong="windows-by-hand" says="counted-on"
c12 = 104
c20 = 114
c21 = 124
c22 = 134

# %% wrong="windows-by-hand" says="not-attempted"
c12 = 104
c20 = 124
c21 = 134
c22 = None

# %% wrong="windows-by-hand" says="not-numbers"
c12 = "104"
c20 = "124"
c21 = "134"
c22 = "144"

# %% wrong="windows-by-hand" says="wrong-number"
c12 = 105
c20 = 125
c21 = 135
c22 = 145

# %% right="true-convolution" style="lists"
convolved = [[26, 36, 46], [66, 76, 86], [106, 116, 126]]

# %% right="true-convolution" style="tuples of floats"
convolved = ((26.0, 36.0, 46.0), (66.0, 76.0, 86.0), (106.0, 116.0, 126.0))

# %% right="true-convolution" style="numpy"
image, turned = np.arange(1, 17).reshape(4, 4), np.rot90([[1, 2], [3, 4]], 2)
convolved = np.array([[(image[i : i + 2, j : j + 2] * turned).sum() for j in range(3)] for i in range(3)])

# %% right="true-convolution" style="torch"
convolved = F.conv2d(
    torch.arange(1.0, 17.0).view(1, 1, 4, 4), torch.tensor([[1.0, 2.0], [3.0, 4.0]]).flip(0, 1).view(1, 1, 2, 2)
).squeeze()

# %% right="true-convolution" style="rows one by one"
convolved = [[26 + 10 * j + 40 * i for j in range(3)] for i in range(3)]

# %% wrong="true-convolution" says="not-flipped"
convolved = [[44, 54, 64], [84, 94, 104], [124, 134, 144]]

# %% wrong="true-convolution" says="flipped-sideways"
convolved = F.conv2d(torch.arange(1.0, 17.0).view(1, 1, 4, 4), torch.tensor([[[[2.0, 1.0], [4.0, 3.0]]]]))[0, 0]

# %% wrong="true-convolution" says="flipped-upside-down"
convolved = F.conv2d(torch.arange(1.0, 17.0).view(1, 1, 4, 4), torch.tensor([[[[3.0, 4.0], [1.0, 2.0]]]]))[0, 0]

# %% wrong="true-convolution" says="transposed"
convolved = F.conv2d(torch.arange(1.0, 17.0).view(1, 1, 4, 4), torch.tensor([[[[1.0, 3.0], [2.0, 4.0]]]]))[0, 0]

# %% wrong="true-convolution" says="swapped"
convolved = [[26, 66, 106], [36, 76, 116], [46, 86, 126]]

# %% wrong="true-convolution" says="flipped-result"
convolved = [[144, 134, 124], [104, 94, 84], [64, 54, 44]]

# %% wrong="true-convolution" says="doubled-back"
convolved = [[126, 116, 106], [86, 76, 66], [46, 36, 26]]

# %% wrong="true-convolution" says="flattened"
convolved = [26, 36, 46, 66, 76, 86, 106, 116, 126]

# %% wrong="true-convolution" says="ragged"
convolved = [[26, 36, 46], [66, 76, 86], [106, 116]]

# %% wrong="true-convolution" says="wrong-values"
convolved = [[26, 36, 46], [66, 76, 85], [106, 116, 126]]

# %% wrong="true-convolution" says="wrong-shape"
convolved = 26

# %% right="nine-terms" style="flat list"
terms = [1, 0, 0, 0, 1, 0, 0, 0, 1]

# %% right="nine-terms" style="rows"
terms = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]

# %% right="nine-terms" style="numpy"
terms = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]]) * np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])

# %% right="nine-terms" style="torch"
terms = (torch.tensor([1, 1, 0, 1, 1, 1, 0, 1, 1]) * torch.tensor([1, 0, 1, 0, 1, 0, 1, 0, 1])).float()

# %% wrong="nine-terms" says="five-terms"
terms = [1 * 1, 1 * 0, 0 * 1, 1 * 0, 1 * 1]

# %% wrong="nine-terms" says="three-terms"
terms = [1, 1, 1]

# %% wrong="nine-terms" says="window-only"
terms = [1, 1, 0, 1, 1, 1, 0, 1, 1]

# %% wrong="nine-terms" says="kernel-only"
terms = [1, 0, 1, 0, 1, 0, 1, 0, 1]

# %% wrong="nine-terms" says="sums"
terms = [2, 1, 1, 1, 2, 1, 1, 1, 2]

# %% wrong="nine-terms" says="by-columns"
terms = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]

# %% wrong="nine-terms" says="total"
terms = 3

# %% wrong="nine-terms" says="as-text"
terms = "1*1 + 1*0 + 0*1 + 1*0 + 1*1 + 1*0 + 0*1 + 1*0 + 1*1"

# %% wrong="nine-terms" says="wrong-values"
terms = [1, 0, 0, 0, 1, 0, 0, 1, 1]

# %% right="pad2d" style="loops"
def pad2d(image, p):
    h, w = image.shape
    out = torch.zeros(h + 2 * p, w + 2 * p)
    for i in range(h):
        for j in range(w):
            out[i + p, j + p] = image[i, j]
    return out

# %% right="pad2d" style="slice"
def pad2d(image, p):
    h, w = image.shape
    out = torch.zeros((h + 2 * p, w + 2 * p), dtype=image.dtype)
    out[p : p + h, p : p + w] = image
    return out

# %% right="pad2d" style="numpy"
def pad2d(image, p):
    return np.pad(image.numpy(), p)

# %% right="pad2d" style="torch"
def pad2d(image, p):
    return F.pad(image, (p, p, p, p))

# %% right="pad2d" style="lists"
def pad2d(image, p):
    rows = image.tolist()
    w = len(rows[0]) + 2 * p
    empty = [[0] * w for _ in range(p)]
    return empty + [[0] * p + row + [0] * p for row in rows] + [[0] * w for _ in range(p)]

# %% right="pad2d" style="cat"
def pad2d(image, p):
    h, _ = image.shape
    side = torch.zeros(h, p)
    wide = torch.cat([side, image, side], dim=1)
    lid = torch.zeros(p, wide.shape[1])
    return torch.cat([lid, wide, lid])

# %% wrong="pad2d" says="top-left-only"
def pad2d(image, p):
    return F.pad(image, (p, 0, p, 0))

# %% wrong="pad2d" says="bottom-right-only"
def pad2d(image, p):
    h, w = image.shape
    out = torch.zeros(h + p, w + p)
    out[:h, :w] = image
    return out

# %% wrong="pad2d" says="rows-only"
def pad2d(image, p):
    lid = torch.zeros(p, image.shape[1])
    return torch.cat([lid, image, lid])

# %% wrong="pad2d" says="columns-only"
def pad2d(image, p):
    return F.pad(image, (p, p))

# %% wrong="pad2d" says="one-thick"
def pad2d(image, p):
    h, w = image.shape
    out = torch.zeros(h + 2, w + 2)
    out[1:-1, 1:-1] = image
    return out

# %% wrong="pad2d" says="twice-thick"
def pad2d(image, p):
    return F.pad(image, (2 * p, 2 * p, 2 * p, 2 * p))

# %% wrong="pad2d" says="repeated-edge"
def pad2d(image, p):
    return np.pad(image.numpy(), p, mode="edge")

# %% wrong="pad2d" says="ones"
def pad2d(image, p):
    h, w = image.shape
    out = torch.ones(h + 2 * p, w + 2 * p)
    out[p : p + h, p : p + w] = image
    return out

# %% wrong="pad2d" says="image-lost"
def pad2d(image, p):
    h, w = image.shape
    return torch.zeros(h + 2 * p, w + 2 * p)

# %% wrong="pad2d" says="unpadded"
def pad2d(image, p):
    F.pad(image, (p, p, p, p))
    return image

# %% wrong="pad2d" says="swapped"
def pad2d(image, p):
    w, h = image.shape
    out = torch.zeros(h + 2 * p, w + 2 * p)
    out[p : p + h, p : p + w] = image.T
    return out

# %% wrong="pad2d" says="corner"
def pad2d(image, p):
    h, w = image.shape
    out = torch.zeros(h + 2 * p, w + 2 * p)
    out[:h, :w] = image
    return out

# %% wrong="pad2d" says="returned-nothing"
def pad2d(image, p):
    out = F.pad(image, (p, p, p, p))

# %% wrong="pad2d" says="raised"
def pad2d(image, p):
    h, w = image.shape
    out = torch.zeros(h + 2 * p, w + 2 * p)
    out[p : h + 1, p : w + 1] = image[: h + 2]
    return out

# %% wrong="pad2d" says="changes-input"
def pad2d(image, p):
    out = F.pad(image, (p, p, p, p))
    image.zero_()
    return out

# %% right="same-padding" style="numbers"
padded_side = 7
result_side = 5

# %% right="same-padding" style="worked out"
padded_side = 5 + 2 * 1
result_side = padded_side - 3 + 1

# %% right="same-padding" style="shape of a tensor"
padded_side = F.pad(torch.zeros(5, 5), (1, 1, 1, 1)).shape[0]
result_side = torch.nn.Conv2d(1, 1, 3, padding="same")(torch.zeros(1, 1, 5, 5)).shape[-1]

# %% right="same-padding" style="floats"
padded_side = 7.0
result_side = 5.0

# %% wrong="same-padding" says="one-column"
padded_side = 6
result_side = 5

# %% wrong="same-padding" says="not-padded"
padded_side = 5
result_side = 5

# %% wrong="same-padding" says="two-each"
padded_side = 9
result_side = 5

# %% wrong="same-padding" says="kernel-added"
padded_side = 8
result_side = 5

# %% wrong="same-padding" says="valid"
padded_side = 7
result_side = 3

# %% wrong="same-padding" says="valid-of-six"
padded_side = 7
result_side = 4

# %% wrong="same-padding" says="not-cut"
padded_side = 7
result_side = 7

# %% wrong="same-padding" says="wrong-shape"
padded_side = (7, 7)
result_side = 5

# %% right="conv2d-valid" style="loops"
def conv2d_valid(image, kernel):
    h, w = image.shape
    fh, fw = kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            total = 0.0
            for k in range(fh):
                for l in range(fw):
                    total += image[i + k, j + l] * kernel[k, l]
            out[i, j] = total
    return out

# %% right="conv2d-valid" style="slices"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.empty(h - fh + 1, w - fw + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% right="conv2d-valid" style="numpy"
def conv2d_valid(image, kernel):
    seen = np.lib.stride_tricks.sliding_window_view(image.numpy(), tuple(kernel.shape))
    return np.tensordot(seen, kernel.numpy(), axes=([2, 3], [0, 1]))

# %% right="conv2d-valid" style="torch"
def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]

# %% right="conv2d-valid" style="lists"
def conv2d_valid(image, kernel):
    a, b = image.tolist(), kernel.tolist()
    return [
        [sum(b[k][l] * a[i + k][j + l] for k in range(len(b)) for l in range(len(b[0]))) for j in range(len(a[0]) - len(b[0]) + 1)]
        for i in range(len(a) - len(b) + 1)
    ]

# %% right="conv2d-valid" style="shifted images"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    total = 0
    for k in range(fh):
        for l in range(fw):
            total = total + kernel[k, l] * image[k : h - fh + 1 + k, l : w - fw + 1 + l]
    return total

# %% right="conv2d-valid" style="unfold"
def conv2d_valid(image, kernel):
    fh, fw = kernel.shape
    windows = image.unfold(0, fh, 1).unfold(1, fw, 1)
    return torch.einsum("ijkl,kl->ij", windows, kernel)

# %% right="conv2d-valid" style="float64 with gradients"
def conv2d_valid(image, kernel):
    weight = torch.nn.Parameter(kernel.double()[None, None])
    return F.conv2d(image.double()[None, None], weight)[0, 0]

# %% wrong="conv2d-valid" says="flipped"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel.flip(0, 1)).sum()
    return out

# %% wrong="conv2d-valid" says="one-short"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    return [[float((image[i : i + fh, j : j + fw] * kernel).sum()) for j in range(w - fw)] for i in range(h - fh)]

# %% wrong="conv2d-valid" says="kernel-transposed"
def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel.T[None, None])[0, 0]

# %% wrong="conv2d-valid" says="transposed"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(w - fw + 1, h - fh + 1)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            out[j, i] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d-valid" says="mean"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    return [[(image[i : i + fh, j : j + fw] * kernel).mean() for j in range(w - fw + 1)] for i in range(h - fh + 1)]

# %% wrong="conv2d-valid" says="largest-product"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    return [[(image[i : i + fh, j : j + fw] * kernel).max() for j in range(w - fw + 1)] for i in range(h - fh + 1)]

# %% wrong="conv2d-valid" says="not-multiplied"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    return [[image[i : i + fh, j : j + fw].sum() for j in range(w - fw + 1)] for i in range(h - fh + 1)]

# %% wrong="conv2d-valid" says="jumping"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    return [
        [(image[i : i + fh, j : j + fw] * kernel).sum() for j in range(0, w - fw + 1, fw)]
        for i in range(0, h - fh + 1, fh)
    ]

# %% wrong="conv2d-valid" says="height-only"
def conv2d_valid(image, kernel):
    n, (fh, fw) = image.shape[0], kernel.shape
    size = n - fh + 1
    out = torch.zeros(size, min(size, image.shape[1] - fw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d-valid" says="padded"
def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None], padding="same")[0, 0]

# %% wrong="conv2d-valid" says="truncated"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros((h - fh + 1, w - fw + 1), dtype=int)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d-valid" says="plus"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    return [[(image[i : i + fh, j : j + fw] + kernel).sum() for j in range(w - fw + 1)] for i in range(h - fh + 1)]

# %% wrong="conv2d-valid" says="last-left-zero"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h - fh):
        for j in range(w - fw):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d-valid" says="last-row-zero"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h - fh):
        for j in range(w - fw + 1):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d-valid" says="last-column-zero"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h - fh + 1):
        for j in range(w - fw):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d-valid" says="first-entry-only"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
            return out

# %% wrong="conv2d-valid" says="first-row-only"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
        return out

# %% wrong="conv2d-valid" says="matrix-product"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            out[i, j] = (image[i : i + fh, j : j + fw] @ kernel).sum()
    return out

# %% wrong="conv2d-valid" says="flipped-upside-down"
def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel.flip(0)[None, None])[0, 0]

# %% wrong="conv2d-valid" says="flipped-sideways"
def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel.flip(1)[None, None])[0, 0]

# %% wrong="conv2d-valid" says="running-total"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    total = 0
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            for k in range(fh):
                for l in range(fw):
                    total += image[i + k, j + l] * kernel[k, l]
            out[i, j] = total
    return out

# %% wrong="conv2d-valid" says="changes-input"
def conv2d_valid(image, kernel):
    result = F.conv2d(image[None, None], kernel[None, None])[0, 0]
    (h, w) = result.shape
    image[:h, :w] = result
    return result

# %% wrong="conv2d-valid" says="returned-nothing"
def conv2d_valid(image, kernel):
    print(F.conv2d(image[None, None], kernel[None, None])[0, 0])

# %% wrong="conv2d-valid" says="raised"
def conv2d_valid(image, kernel):
    (h, w), (fh, fw) = image.shape, kernel.shape
    out = torch.zeros(h - fh + 1, w - fw + 1)
    for i in range(h):
        for j in range(w):
            out[i, j] = (image[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d-valid" says="extra-axes"
def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])

# %% wrong="conv2d-valid" says="not-a-number"
def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0] * float("nan")

# %% right="output-size" style="formula"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

# %% right="output-size" style="counting windows"
def output_size(n, f, p, s):
    if p < 0:
        raise ValueError("negative padding")
    count = len(range(0, n + 2 * p - f + 1, s))
    if count == 0:
        raise ValueError("the window is too large")
    return count

# %% right="output-size" style="walking"
def output_size(n, f, p, s):
    if s == 0 or p < 0:
        raise ValueError
    start, places = -p, 0
    while start + f <= n + p:
        places += 1
        start += s
    if not places:
        raise ValueError("too large")
    return places

# %% right="output-size" style="floor"
def output_size(n, f, p, s):
    if s <= 0:
        raise ValueError("stride must be positive")
    if p < 0:
        raise ValueError("padding must not be negative")
    steps = (n + 2 * p - f) / s
    if steps < 0:
        raise ValueError("kernel does not fit")
    return np.floor(steps) + 1

# %% right="output-size" style="torch"
def output_size(n, f, p, s):
    if min(s, p + 1) < 1:
        raise ValueError("no such stride or padding")
    try:
        return F.max_pool1d(torch.zeros(1, n + 2 * p), f, s).shape[1]
    except RuntimeError as error:
        raise ValueError(str(error)) from error

# %% wrong="output-size" says="ceiling"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return -(-(n + 2 * p - f) // s) + 1

# %% wrong="output-size" says="not-rounded"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) / s + 1

# %% wrong="output-size" says="rounded"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return round((n + 2 * p - f) / s) + 1

# %% wrong="output-size" says="no-plus-one"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s

# %% wrong="output-size" says="padding-once"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + p - f) // s + 1

# %% wrong="output-size" says="padding-ignored"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n - f) // s + 1

# %% wrong="output-size" says="stride-ignored"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return n + 2 * p - f + 1

# %% wrong="output-size" says="plus-one-inside"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f + 1) // s

# %% wrong="output-size" says="kernel-ignored"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - 1) // s + 1

# %% wrong="output-size" says="stride-and-kernel-swapped"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - s) // f + 1

# %% wrong="output-size" says="n-divided"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return n // s + 2 * p - f + 1

# %% wrong="output-size" says="brackets-missing"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return n + 2 * p - f // s + 1

# %% wrong="output-size" says="stride-and-padding-swapped"
def output_size(n, f, s, p):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

# %% wrong="output-size" says="accepts-large-kernel"
def output_size(n, f, p, s):
    if s < 1 or p < 0:
        raise ValueError("no such stride or padding")
    return (n + 2 * p - f) // s + 1

# %% wrong="output-size" says="accepts-negative-padding"
def output_size(n, f, p, s):
    if s < 1 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

# %% wrong="output-size" says="other-error"
def output_size(n, f, p, s):
    if p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1

# %% wrong="output-size" says="accepts-stride-0"
def output_size(n, f, p, s):
    if p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // max(s, 1) + 1

# %% wrong="output-size" says="returned-nothing"
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    print((n + 2 * p - f) // s + 1)

# %% right="conv2d" style="loops"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1:
        raise ValueError("stride must be at least 1")
    if padding < 0:
        raise ValueError("padding must not be negative")
    if fh > h + 2 * padding or fw > w + 2 * padding:
        raise ValueError("the kernel is larger than the padded image")
    padded = torch.zeros(h + 2 * padding, w + 2 * padding)
    padded[padding : padding + h, padding : padding + w] = image
    out = torch.zeros((h + 2 * padding - fh) // stride + 1, (w + 2 * padding - fw) // stride + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(fh):
                for l in range(fw):
                    out[i, j] += padded[i * stride + k, j * stride + l] * kernel[k, l]
    return out

# %% right="conv2d" style="numpy"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0:
        raise ValueError("impossible stride or padding")
    padded = np.pad(image.numpy(), padding)
    if any(np.array(padded.shape) < np.array(kernel.shape)):
        raise ValueError("kernel too large")
    seen = np.lib.stride_tricks.sliding_window_view(padded, tuple(kernel.shape))[::stride, ::stride]
    return (seen * kernel.numpy()).sum(axis=(-1, -2))

# %% right="conv2d" style="torch"
def conv2d(image, kernel, stride=1, padding=0):
    try:
        return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]
    except RuntimeError as error:
        raise ValueError(str(error)) from error

# %% right="conv2d" style="every s-th of the valid one"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0:
        raise ValueError("impossible stride or padding")
    padded = F.pad(image, (padding,) * 4)
    if padded.shape[0] < kernel.shape[0] or padded.shape[1] < kernel.shape[1]:
        raise ValueError("kernel too large")
    windows = padded.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
    return (windows * kernel).sum((2, 3))[::stride, ::stride]

# %% right="conv2d" style="lists"
def conv2d(image, kernel, stride=1, padding=0):
    a, b = image.tolist(), kernel.tolist()
    h, w, fh, fw = len(a), len(a[0]), len(b), len(b[0])
    if stride <= 0 or padding < 0 or fh > h + 2 * padding or fw > w + 2 * padding:
        raise ValueError("this cannot be")

    def pixel(i, j):
        return a[i][j] if 0 <= i < h and 0 <= j < w else 0.0

    result = []
    for top in range(-padding, h + padding - fh + 1, stride):
        row = []
        for left in range(-padding, w + padding - fw + 1, stride):
            row.append(sum(b[k][l] * pixel(top + k, left + l) for k in range(fh) for l in range(fw)))
        result.append(row)
    return result

# %% wrong="conv2d" says="flipped"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel.flip(0, 1)[None, None], stride=stride, padding=padding)[0, 0]

# %% wrong="conv2d" says="stride-ignored"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], padding=padding)[0, 0]

# %% wrong="conv2d" says="stride-rows-only"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], stride=(stride, 1), padding=padding)[0, 0]

# %% wrong="conv2d" says="stride-columns-only"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], stride=(1, stride), padding=padding)[0, 0]

# %% wrong="conv2d" says="padding-ignored"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], stride=stride)[0, 0]

# %% wrong="conv2d" says="padding-top-left"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding, 0, padding, 0))
    return F.conv2d(padded[None, None], kernel[None, None], stride=stride)[0, 0]

# %% wrong="conv2d" says="padding-bottom-right"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    (h, w) = image.shape
    padded = torch.zeros(h + padding, w + padding)
    padded[:h, :w] = image
    return F.conv2d(padded[None, None], kernel[None, None], stride=stride)[0, 0]

# %% wrong="conv2d" says="padding-rows-only"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=(padding, 0))[0, 0]

# %% wrong="conv2d" says="padding-twice"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=2 * padding)[0, 0]

# %% wrong="conv2d" says="padding-edge"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    padded = torch.tensor(np.pad(image.numpy(), padding, mode="edge"))
    return F.conv2d(padded[None, None], kernel[None, None], stride=stride)[0, 0]

# %% wrong="conv2d" says="padded-afterwards"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.pad(F.conv2d(image[None, None], kernel[None, None], stride=stride)[0, 0], (padding,) * 4)

# %% wrong="conv2d" says="late-start"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    full = F.conv2d(image[None, None], kernel[None, None], padding=padding)[0, 0]
    return full[stride - 1 :: stride, stride - 1 :: stride]

# %% wrong="conv2d" says="rounded-up"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = torch.zeros(h + 2 * padding + stride, w + 2 * padding + stride)
    padded[padding : padding + h, padding : padding + w] = image
    out = torch.zeros(-(-(h + 2 * padding - fh) // stride) + 1, -(-(w + 2 * padding - fw) // stride) + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel).sum()
    return out

# %% wrong="conv2d" says="one-short"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    out = torch.zeros((h + 2 * padding - fh) // stride, (w + 2 * padding - fw) // stride)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel).sum()
    return out

# %% wrong="conv2d" says="kernel-transposed"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel.T[None, None], stride=stride, padding=padding)[0, 0]

# %% wrong="conv2d" says="swapped-arguments"
def conv2d(image, kernel, padding=0, stride=1):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]

# %% wrong="conv2d" says="stride-dilates"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], padding=padding, dilation=stride)[0, 0]

# %% wrong="conv2d" says="position-without-stride"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    out = torch.zeros((h + 2 * padding - fh) // stride + 1, (w + 2 * padding - fw) // stride + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (padded[i : i + fh, j : j + fw] * kernel).sum()
    return out

# %% wrong="conv2d" says="last-left-zero"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    out = torch.zeros((h + 2 * padding - fh) // stride + 1, (w + 2 * padding - fw) // stride + 1)
    for i in range((h + 2 * padding - fh) // stride):
        for j in range((w + 2 * padding - fw) // stride):
            out[i, j] = (padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel).sum()
    return out

# %% wrong="conv2d" says="last-row-zero"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    out = torch.zeros((h + 2 * padding - fh) // stride + 1, (w + 2 * padding - fw) // stride + 1)
    for i in range((h + 2 * padding - fh) // stride):
        for j in range(out.shape[1]):
            out[i, j] = (padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel).sum()
    return out

# %% wrong="conv2d" says="last-column-zero"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    out = torch.zeros((h + 2 * padding - fh) // stride + 1, (w + 2 * padding - fw) // stride + 1)
    for i in range(out.shape[0]):
        for j in range((w + 2 * padding - fw) // stride):
            out[i, j] = (padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel).sum()
    return out

# %% wrong="conv2d" says="first-entry-only"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    out = torch.zeros((h + 2 * padding - fh) // stride + 1, (w + 2 * padding - fw) // stride + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel).sum()
            return out

# %% wrong="conv2d" says="first-row-only"
def conv2d(image, kernel, stride=1, padding=0):
    (h, w), (fh, fw) = image.shape, kernel.shape
    if stride < 1 or padding < 0 or fh > h + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    out = torch.zeros((h + 2 * padding - fh) // stride + 1, (w + 2 * padding - fw) // stride + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel).sum()
        return out

# %% wrong="conv2d" says="accepts-large-kernel"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    (h, w), (fh, fw) = padded.shape, kernel.shape
    return torch.tensor(
        [
            [float((padded[i : i + fh, j : j + fw] * kernel).sum()) for j in range(0, w - fw + 1, stride)]
            for i in range(0, h - fh + 1, stride)
        ]
    )

# %% wrong="conv2d" says="accepts-negative-padding"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    padded = F.pad(image, (padding,) * 4)
    return F.conv2d(padded[None, None], kernel[None, None], stride=stride)[0, 0]

# %% wrong="conv2d" says="accepts-stride-0"
def conv2d(image, kernel, stride=1, padding=0):
    if padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    return F.conv2d(image[None, None], kernel[None, None], stride=stride or 1, padding=padding)[0, 0]

# %% wrong="conv2d" says="other-error"
def conv2d(image, kernel, stride=1, padding=0):
    assert stride >= 1 and padding >= 0
    return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]

# %% wrong="conv2d" says="changes-input"
def conv2d(image, kernel, stride=1, padding=0):
    if stride < 1 or padding < 0 or kernel.shape[0] > image.shape[0] + 2 * padding:
        raise ValueError("this cannot be")
    result = F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]
    kernel *= 0
    return result

# %% right="conv-matrix" style="loops"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    rows = []
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            row = torch.zeros(h, w)
            row[i : i + fh, j : j + fw] = kernel
            rows.append(row.ravel())
    return torch.stack(rows)

# %% right="conv-matrix" style="index arithmetic"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    wide = w - fw + 1
    matrix = [[0.0] * (h * w) for _ in range((h - fh + 1) * wide)]
    for row in range(len(matrix)):
        for k in range(fh):
            for l in range(fw):
                matrix[row][(row // wide + k) * w + row % wide + l] = float(kernel[k, l])
    return matrix

# %% right="conv-matrix" style="numpy"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    matrix = np.zeros((h - fh + 1, w - fw + 1, h, w))
    for i, j in np.ndindex(matrix.shape[:2]):
        matrix[i, j, i : i + fh, j : j + fw] = kernel
    return matrix.reshape(-1, h * w)

# %% right="conv-matrix" style="one pixel at a time"
def conv_matrix(kernel, shape):
    h, w = shape
    pixels = torch.eye(h * w).view(h * w, 1, h, w)
    return F.conv2d(pixels, kernel[None, None]).flatten(1).T

# %% wrong="conv-matrix" says="transposed"
def conv_matrix(kernel, shape):
    h, w = shape
    pixels = torch.eye(h * w).view(h * w, 1, h, w)
    return F.conv2d(pixels, kernel[None, None]).flatten(1)

# %% wrong="conv-matrix" says="flipped"
def conv_matrix(kernel, shape):
    h, w = shape
    pixels = torch.eye(h * w).view(h * w, 1, h, w)
    return F.conv2d(pixels, kernel.flip(0, 1)[None, None]).flatten(1).T

# %% wrong="conv-matrix" says="kernel-transposed"
def conv_matrix(kernel, shape):
    h, w = shape
    pixels = torch.eye(h * w).view(h * w, 1, h, w)
    return F.conv2d(pixels, kernel.T[None, None]).flatten(1).T

# %% wrong="conv-matrix" says="no-gaps"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    matrix = torch.zeros((h - fh + 1) * (w - fw + 1), h * w)
    row = 0
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            matrix[row, i * w + j : i * w + j + kernel.numel()] = kernel.ravel()
            row += 1
    return matrix

# %% wrong="conv-matrix" says="one-step-a-row"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    first = torch.zeros(h, w)
    first[:fh, :fw] = kernel
    return torch.stack([torch.roll(first.ravel(), step) for step in range((h - fh + 1) * (w - fw + 1))])

# %% wrong="conv-matrix" says="height-for-width"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    matrix = torch.zeros((h - fh + 1) * (w - fw + 1), h * w + h * w)
    row = 0
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            for k in range(fh):
                for l in range(fw):
                    matrix[row, (i + k) * h + j + l] = kernel[k, l]
            row += 1
    return matrix[:, : h * w]

# %% wrong="conv-matrix" says="ones"
def conv_matrix(kernel, shape):
    h, w = shape
    pixels = torch.eye(h * w).view(h * w, 1, h, w)
    return F.conv2d(pixels, torch.ones_like(kernel)[None, None]).flatten(1).T

# %% wrong="conv-matrix" says="first-row-only"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    matrix = torch.zeros((h - fh + 1) * (w - fw + 1), h * w)
    for k in range(fh):
        for l in range(fw):
            matrix[0, k * w + l] = kernel[k, l]
    return matrix

# %% wrong="conv-matrix" says="one-row-for-all"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    rows, z = [], torch.zeros(h, w)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            z[i : i + fh, j : j + fw] = kernel
            rows.append(z.ravel())
    return torch.stack(rows)

# %% wrong="conv-matrix" says="one-row-summed"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    rows, z = [], torch.zeros(h, w)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            z[i : i + fh, j : j + fw] += kernel
            rows.append(z.flatten())
    return torch.stack(rows)

# %% wrong="conv-matrix" says="last-window-everywhere"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    rows, z = [], torch.zeros(h, w)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            z.zero_()
            z[i : i + fh, j : j + fw] = kernel
            rows.append(z.view(-1))
    return torch.stack(rows)

# %% wrong="conv-matrix" says="not-cleared"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    rows, z = [], torch.zeros(h, w)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            z[i : i + fh, j : j + fw] = kernel
            rows.append(z.ravel().clone())
    return torch.stack(rows)

# %% wrong="conv-matrix" says="windows-by-columns"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    rows = []
    for j in range(w - fw + 1):
        for i in range(h - fh + 1):
            z = torch.zeros(h, w)
            z[i : i + fh, j : j + fw] = kernel
            rows.append(z.ravel())
    return torch.stack(rows)

# %% wrong="conv-matrix" says="last-row-missing"
def conv_matrix(kernel, shape):
    h, w = shape
    pixels = torch.eye(h * w).view(h * w, 1, h, w)
    return F.conv2d(pixels, kernel[None, None]).flatten(1).T[:-1]

# %% wrong="conv-matrix" says="four-axes"
def conv_matrix(kernel, shape):
    (h, w), (fh, fw) = shape, kernel.shape
    matrix = torch.zeros(h - fh + 1, w - fw + 1, h, w)
    for i in range(h - fh + 1):
        for j in range(w - fw + 1):
            matrix[i, j, i : i + fh, j : j + fw] = kernel
    return matrix

# %% wrong="conv-matrix" says="not-numbers"
def conv_matrix(kernel, shape):
    return {"kernel": kernel, "shape": shape}

# %% right="conv2d-multi" style="loops over the function before"
def conv2d_multi(x, w, b):
    maps = []
    for filter_, bias in zip(w, b):
        total = 0
        for channel, kernel in zip(x, filter_):
            windows = channel.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
            total = total + (windows * kernel).sum((2, 3))
        maps.append(total + bias)
    return torch.stack(maps)

# %% right="conv2d-multi" style="torch"
def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w, b)[0]

# %% right="conv2d-multi" style="numpy"
def conv2d_multi(x, w, b):
    x, w, b = x.numpy(), w.numpy(), b.numpy()
    seen = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(1, 2))
    return np.einsum("chwij,kcij->khw", seen, w) + b[:, None, None]

# %% right="conv2d-multi" style="six loops"
def conv2d_multi(x, w, b):
    channels, height, width = x.shape
    filters, _, fh, fw = w.shape
    out = torch.zeros(filters, height - fh + 1, width - fw + 1)
    for f in range(filters):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[f, i, j] = b[f] + sum(
                    (x[c, i : i + fh, j : j + fw] * w[f, c]).sum() for c in range(channels)
                )
    return out

# %% right="conv2d-multi" style="lists of tensors"
def conv2d_multi(x, w, b):
    return [F.conv2d(x[None], filter_[None], bias[None])[0, 0] for filter_, bias in zip(w, b)]

# %% wrong="conv2d-multi" says="no-bias"
def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w)[0]

# %% wrong="conv2d-multi" says="bias-per-channel"
def conv2d_multi(x, w, b):
    maps = []
    for f in range(len(w)):
        total = 0
        for c in range(len(x)):
            total = total + F.conv2d(x[c][None, None], w[f, c][None, None])[0, 0] + b[f]
        maps.append(total)
    return torch.stack(maps)

# %% wrong="conv2d-multi" says="first-bias"
def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w)[0] + b[0]

# %% wrong="conv2d-multi" says="first-channel"
def conv2d_multi(x, w, b):
    return torch.stack([F.conv2d(x[0][None, None], f[0][None, None])[0, 0] + bias for f, bias in zip(w, b)])

# %% wrong="conv2d-multi" says="last-channel"
def conv2d_multi(x, w, b):
    maps = []
    for f, bias in zip(w, b):
        for channel, kernel in zip(x, f):
            total = F.conv2d(channel[None, None], kernel[None, None])[0, 0]
        maps.append(total + bias)
    return torch.stack(maps)

# %% wrong="conv2d-multi" says="running-total"
def conv2d_multi(x, w, b):
    maps, total = [], 0
    for f, bias in zip(w, b):
        for channel, kernel in zip(x, f):
            total = total + F.conv2d(channel[None, None], kernel[None, None])[0, 0]
        maps.append(total + bias)
    return torch.stack(maps)

# %% wrong="conv2d-multi" says="mean-of-channels"
def conv2d_multi(x, w, b):
    maps = []
    for f, bias in zip(w, b):
        channels = [F.conv2d(c[None, None], k[None, None])[0, 0] for c, k in zip(x, f)]
        maps.append(torch.stack(channels).mean(0) + bias)
    return torch.stack(maps)

# %% wrong="conv2d-multi" says="channels-not-summed"
def conv2d_multi(x, w, b):
    return [[F.conv2d(c[None, None], k[None, None])[0, 0] + bias for c, k in zip(x, f)] for f, bias in zip(w, b)]

# %% wrong="conv2d-multi" says="filters-summed"
def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w, b)[0].sum(0)

# %% wrong="conv2d-multi" says="flipped"
def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w.flip(2, 3), b)[0]

# %% wrong="conv2d-multi" says="channels-reversed"
def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w.flip(1), b)[0]

# %% wrong="conv2d-multi" says="last-filter"
def conv2d_multi(x, w, b):
    out = torch.zeros(len(w), x.shape[1] - w.shape[2] + 1, x.shape[2] - w.shape[3] + 1)
    for f in range(len(w)):
        out[:] = F.conv2d(x[None], w[f : f + 1], b[f : f + 1])[0]
    return out

# %% wrong="conv2d-multi" says="same-kernel"
def conv2d_multi(x, w, b):
    return torch.stack([sum(F.conv2d(c[None, None], f[0][None, None])[0, 0] for c in x) + bias for f, bias in zip(w, b)])

# %% wrong="conv2d-multi" says="channels-last"
def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w, b)[0].permute(1, 2, 0)

# %% wrong="conv2d-multi" says="changes-input"
def conv2d_multi(x, w, b):
    out = F.conv2d(x[None], w, b)[0]
    x += 1
    return out

# %% right="filter-parameters" style="number"
parameters = 280

# %% right="filter-parameters" style="worked out"
parameters = (3 * 3 * 3 + 1) * 10

# %% right="filter-parameters" style="torch"
parameters = sum(p.numel() for p in torch.nn.Conv2d(3, 10, 3).parameters())

# %% right="filter-parameters" style="tensor"
parameters = torch.tensor([280.0])

# %% wrong="filter-parameters" says="one-channel"
parameters = (3 * 3 + 1) * 10

# %% wrong="filter-parameters" says="no-bias"
parameters = 3 * 3 * 3 * 10

# %% wrong="filter-parameters" says="one-bias"
parameters = 3 * 3 * 3 * 10 + 1

# %% wrong="filter-parameters" says="bias-per-channel"
parameters = (3 * 3 + 1) * 3 * 10

# %% wrong="filter-parameters" says="one-filter"
parameters = 3 * 3 * 3 + 1

# %% wrong="filter-parameters" says="no-channels-no-bias"
parameters = 3 * 3 * 10

# %% wrong="filter-parameters" says="one-filter-no-bias"
parameters = 27

# %% wrong="filter-parameters" says="wrong-number"
parameters = 281

# %% right="horizontal-edge" style="list"
horizontal = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]

# %% right="horizontal-edge" style="tensor"
horizontal = torch.tensor([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -1.0, -1.0]])

# %% right="horizontal-edge" style="vertical, transposed"
horizontal = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]]).T

# %% right="horizontal-edge" style="outer product"
horizontal = torch.outer(torch.tensor([1, 0, -1]), torch.ones(3, dtype=int))

# %% right="horizontal-edge" style="the other sign"
horizontal = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]

# %% wrong="horizontal-edge" says="as-printed"
horizontal = [[1, 1, 1], [0, 0, 0], [1, 1, 1]]

# %% wrong="horizontal-edge" says="vertical"
horizontal = [[1, 0, -1], [1, 0, -1], [1, 0, -1]]

# %% wrong="horizontal-edge" says="vertical-negative"
horizontal = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]

# %% wrong="horizontal-edge" says="line"
horizontal = [[1, 1, 1], [-2, -2, -2], [1, 1, 1]]

# %% wrong="horizontal-edge" says="sobel"
horizontal = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]

# %% wrong="horizontal-edge" says="scharr"
horizontal = [[-3, -10, -3], [0, 0, 0], [3, 10, 3]]

# %% wrong="horizontal-edge" says="scaled"
horizontal = [[2, 2, 2], [0, 0, 0], [-2, -2, -2]]

# %% wrong="horizontal-edge" says="last-row-zero"
horizontal = [[1, 1, 1], [0, 0, 0], [0, 0, 0]]

# %% wrong="horizontal-edge" says="one-minus"
horizontal = [[1, 1, 1], [0, 0, 0], [0, -1, 0]]

# %% wrong="horizontal-edge" says="middle-row"
horizontal = [[1, 1, 1], [-1, -1, -1], [1, 1, 1]]

# %% wrong="horizontal-edge" says="all-negative"
horizontal = [[-1, -1, -1], [0, 0, 0], [-1, -1, -1]]

# %% wrong="horizontal-edge" says="flattened"
horizontal = [1, 1, 1, 0, 0, 0, -1, -1, -1]

# %% right="pixel-uses" style="list"
uses = [[1, 2, 3, 2, 1], [2, 4, 6, 4, 2], [3, 6, 9, 6, 3], [2, 4, 6, 4, 2], [1, 2, 3, 2, 1]]

# %% right="pixel-uses" style="counting loops"
uses = torch.zeros(5, 5, dtype=int)
for i in range(3):
    for j in range(3):
        uses[i : i + 3, j : j + 3] += 1

# %% right="pixel-uses" style="outer product"
uses = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1])

# %% right="pixel-uses" style="transposed convolution"
uses = F.conv_transpose2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3)).squeeze()

# %% wrong="pixel-uses" says="all-nine"
uses = [[9] * 5] * 5

# %% wrong="pixel-uses" says="all-once"
uses = [[1] * 5] * 5

# %% wrong="pixel-uses" says="windows"
uses = [[9, 9, 9], [9, 9, 9], [9, 9, 9]]

# %% wrong="pixel-uses" says="minimum"
uses = [[1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 2, 3, 2, 1], [1, 2, 2, 2, 1], [1, 1, 1, 1, 1]]

# %% wrong="pixel-uses" says="added"
uses = [[1, 2, 3, 2, 1], [2, 3, 4, 3, 2], [3, 4, 5, 4, 3], [2, 3, 4, 3, 2], [1, 2, 3, 2, 1]]

# %% wrong="pixel-uses" says="padded"
uses = [[4, 6, 6, 6, 4], [6, 9, 9, 9, 6], [6, 9, 9, 9, 6], [6, 9, 9, 9, 6], [4, 6, 6, 6, 4]]

# %% wrong="pixel-uses" says="two-by-two"
uses = [[1, 2, 2, 2, 1], [2, 4, 4, 4, 2], [2, 4, 4, 4, 2], [2, 4, 4, 4, 2], [1, 2, 2, 2, 1]]

# %% wrong="pixel-uses" says="rows-only"
uses = [[1, 2, 3, 2, 1]] * 5

# %% wrong="pixel-uses" says="columns-only"
uses = [[n] * 5 for n in [1, 2, 3, 2, 1]]

# %% wrong="pixel-uses" says="one-line"
uses = [1, 2, 3, 2, 1]

# %% wrong="pixel-uses" says="wrong-values"
uses = [[1, 2, 3, 2, 1], [2, 4, 6, 4, 2], [3, 6, 8, 6, 3], [2, 4, 6, 4, 2], [1, 2, 3, 2, 1]]

# %% right="transposed-size" style="number"
larger = 21

# %% right="transposed-size" style="formula"
larger = (7 - 1) * 3 - 2 * 1 + 5

# %% right="transposed-size" style="torch"
larger = torch.nn.ConvTranspose2d(1, 1, 5, stride=3, padding=1)(torch.zeros(1, 1, 7, 7)).shape[-1]

# %% right="transposed-size" style="search"
larger = min(n for n in range(4, 40) if (n + 2 * 1 - 5) // 3 + 1 == 7)

# %% wrong="transposed-size" says="forward"
larger = (7 + 2 * 1 - 5) // 3 + 1

# %% wrong="transposed-size" says="padding-added"
larger = (7 - 1) * 3 + 2 * 1 + 5

# %% wrong="transposed-size" says="padding-ignored"
larger = (7 - 1) * 3 + 5

# %% wrong="transposed-size" says="padding-once"
larger = (7 - 1) * 3 - 1 + 5

# %% wrong="transposed-size" says="n-steps"
larger = 7 * 3 - 2 * 1 + 5

# %% wrong="transposed-size" says="no-kernel"
larger = (7 - 1) * 3 - 2 * 1

# %% wrong="transposed-size" says="wrong-number"
larger = 13
