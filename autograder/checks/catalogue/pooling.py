# Answers to the exercises of notebook 03, as students type them: right ones in several styles, and wrong ones,
# one for each misconception. `says` is the finding that the check must come to. The notebook has M, negative, plus,
# student_name, A and B; C and D are right where an answer needs them.

# %% right="pool-by-hand" style="lists"
largest = [[8, 5], [7, 9]]
average = [[4, 2], [3, 6]]

# %% right="pool-by-hand" style="written out"
largest = [[max(1, 3, 4, 8), max(2, 0, 5, 1)], [max(7, 2, 0, 3), max(9, 6, 4, 5)]]
average = [[(1 + 3 + 4 + 8) / 4, (2 + 0 + 5 + 1) / 4], [(7 + 2 + 0 + 3) / 4, (9 + 6 + 4 + 5) / 4]]

# %% right="pool-by-hand" style="numpy"
blocks = np.array(M).reshape(2, 2, 2, 2)
largest, average = blocks.max(axis=(1, 3)), blocks.mean(axis=(1, 3))

# %% right="pool-by-hand" style="torch"
largest = torch.nn.MaxPool2d(2)(M[None])[0]
average = torch.nn.AvgPool2d(2)(M[None])[0]

# %% right="pool-by-hand" style="loops"
largest, average = torch.zeros(2, 2), torch.zeros(2, 2)
for i in range(2):
    for j in range(2):
        window = M[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        largest[i, j] = window.max()
        average[i, j] = window.mean()

# %% wrong="pool-by-hand" says="average-for-maximum"
largest = [[4, 2], [3, 6]]
average = [[4, 2], [3, 6]]

# %% wrong="pool-by-hand" says="maximum-for-average"
largest = [[8, 5], [7, 9]]
average = [[8, 5], [7, 9]]

# %% wrong="pool-by-hand" says="sum"
largest = [[8, 5], [7, 9]]
average = [[16, 8], [12, 24]]

# %% wrong="pool-by-hand" says="minimum"
largest = [[1, 0], [0, 4]]
average = [[4, 2], [3, 6]]

# %% wrong="pool-by-hand" says="corner"
largest = M[::2, ::2]
average = M[::2, ::2]

# %% wrong="pool-by-hand" says="median"
largest = [[8, 5], [7, 9]]
average = [[3.5, 1.5], [2.5, 5.5]]

# %% wrong="pool-by-hand" says="swapped"
largest = [[8, 7], [5, 9]]
average = [[4, 3], [2, 6]]

# %% wrong="pool-by-hand" says="stride-one"
largest = F.max_pool2d(M[None], 2, stride=1)[0]
average = F.avg_pool2d(M[None], 2, stride=1)[0]

# %% wrong="pool-by-hand" says="whole-matrix"
largest = M.max()
average = M.mean()

# %% wrong="pool-by-hand" says="rows"
largest = [3, 8, 9, 5]
average = [1.5, 4.5, 6, 3]

# %% wrong="pool-by-hand" says="columns"
largest = [7, 8, 9, 6]
average = [3, 4, 5, 3]

# %% wrong="pool-by-hand" says="halved"
largest = [[8, 5], [7, 9]]
average = [[8, 4], [6, 12]]

# %% wrong="pool-by-hand" says="middle-of-range"
largest = [[8, 5], [7, 9]]
average = [[4.5, 2.5], [3.5, 6.5]]

# %% wrong="pool-by-hand" says="flattened"
largest = [8, 5, 7, 9]
average = [4, 2, 3, 6]

# %% wrong="pool-by-hand" says="wrong-values"
largest = [[8, 5], [7, 8]]
average = [[4, 2], [3, 6]]

# %% wrong="pool-by-hand" says="not-attempted"
largest = [[8, 5], [7, 9]]
average = ...

# %% right="pool2d" style="loops"
def pool2d(x, f, s, mode):
    h, w = x.shape
    if f > h or f > w:
        raise ValueError(f"a window of {f} does not fit on {h}×{w}")
    if s < 1:
        raise ValueError("the stride must be at least 1")
    if mode != "max" and mode != "avg":
        raise ValueError("the mode is max or avg")
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% right="pool2d" style="numpy"
def pool2d(x, f, s, mode):
    if mode not in ("max", "avg") or s < 1:
        raise ValueError("mode is max or avg, stride at least 1")
    seen = np.lib.stride_tricks.sliding_window_view(x.numpy(), (f, f))[::s, ::s]
    return seen.max((2, 3)) if mode == "max" else seen.mean((2, 3))

# %% right="pool2d" style="torch"
def pool2d(x, f, s, mode):
    if mode not in {"max", "avg"}:
        raise ValueError(f"unknown mode {mode}")
    if s == 0 or f > min(x.shape):
        raise ValueError("impossible window or stride")
    pool = {"max": F.max_pool2d, "avg": F.avg_pool2d}[mode]
    return pool(x[None, None], f, s)[0, 0]

# %% right="pool2d" style="lists"
def pool2d(x, f, s, mode):
    rows = x.tolist()
    h, w = len(rows), len(rows[0])
    if s <= 0 or f > h or f > w or mode not in ["max", "avg"]:
        raise ValueError("this cannot be pooled")
    out = []
    for i in range(0, h - f + 1, s):
        line = []
        for j in range(0, w - f + 1, s):
            window = [rows[i + k][j + l] for k in range(f) for l in range(f)]
            line.append(max(window) if mode == "max" else sum(window) / len(window))
        out.append(line)
    return out

# %% right="pool2d" style="unfold"
def pool2d(x, f, s, mode):
    if mode not in ("max", "avg"):
        raise ValueError("mode")
    if s < 1 or f > x.shape[0] or f > x.shape[1]:
        raise ValueError("size")
    windows = x.unfold(0, f, s).unfold(1, f, s)
    return windows.amax((2, 3)) if mode == "max" else windows.mean((2, 3))

# %% right="pool2d" style="running maximum"
def pool2d(x, f, s, mode):
    if s < 1:
        raise ValueError("the stride must be at least 1")
    if f > x.shape[0] or f > x.shape[1]:
        raise ValueError("the window is larger than the image")
    out = None
    for k in range(f):
        for l in range(f):
            shifted = x[k : x.shape[0] - f + k + 1 : s, l : x.shape[1] - f + l + 1 : s]
            if mode == "max":
                out = shifted if out is None else torch.maximum(out, shifted)
            elif mode == "avg":
                out = shifted / f**2 if out is None else out + shifted / f**2
            else:
                raise ValueError("only max and avg")
    return out

# %% wrong="pool2d" says="always-average"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return F.avg_pool2d(x[None], f, s)[0]

# %% wrong="pool2d" says="always-maximum"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return F.max_pool2d(x[None], f, s)[0]

# %% wrong="pool2d" says="modes-swapped"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return (F.avg_pool2d if mode == "max" else F.max_pool2d)(x[None], f, s)[0]

# %% wrong="pool2d" says="starts-at-0"
def pool2d(x, f, s, mode):
    h, w = x.shape
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(f):
                for l in range(f):
                    if mode == "max":
                        out[i, j] = max(out[i, j], x[i * s + k, j * s + l])
                    else:
                        out[i, j] += x[i * s + k, j * s + l] / f**2
    return out

# %% wrong="pool2d" says="absolute"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return F.max_pool2d(x.abs()[None], f, s)[0] if mode == "max" else F.avg_pool2d(x[None], f, s)[0]

# %% wrong="pool2d" says="minimum"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    windows = x.unfold(0, f, s).unfold(1, f, s)
    return windows.amin((2, 3)) if mode == "max" else windows.mean((2, 3))

# %% wrong="pool2d" says="sum"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    windows = x.unfold(0, f, s).unfold(1, f, s)
    return windows.amax((2, 3)) if mode == "max" else windows.sum((2, 3))

# %% wrong="pool2d" says="divided-by-f"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    windows = x.unfold(0, f, s).unfold(1, f, s)
    return windows.amax((2, 3)) if mode == "max" else windows.sum((2, 3)) / f

# %% wrong="pool2d" says="divided-by-4"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    windows = x.unfold(0, f, s).unfold(1, f, s)
    return windows.amax((2, 3)) if mode == "max" else windows.sum((2, 3)) / 4

# %% wrong="pool2d" says="median"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    seen = np.lib.stride_tricks.sliding_window_view(x.numpy(), (f, f))[::s, ::s]
    return seen.max((2, 3)) if mode == "max" else np.median(seen, (2, 3))

# %% wrong="pool2d" says="truncated"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    out = np.zeros(((x.shape[0] - f) // s + 1, (x.shape[1] - f) // s + 1), dtype=int)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="rounded-average"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    windows = x.unfold(0, f, s).unfold(1, f, s)
    return windows.amax((2, 3)) if mode == "max" else windows.mean((2, 3)).int()

# %% wrong="pool2d" says="stride-ignored"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return (F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], f)[0]

# %% wrong="pool2d" says="stride-one"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    windows = [[x[i : i + f, j : j + f] for j in range(w - f + 1)] for i in range(h - f + 1)]
    return [[window.max() if mode == "max" else window.mean() for window in row] for row in windows]

# %% wrong="pool2d" says="stride-rows-only"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    windows = [[x[i : i + f, j : j + f] for j in range(w - f + 1)] for i in range(0, h - f + 1, s)]
    return [[window.max() if mode == "max" else window.mean() for window in row] for row in windows]

# %% wrong="pool2d" says="stride-columns-only"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return (F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], f, (1, s))[0]

# %% wrong="pool2d" says="window-of-2"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return (F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], 2, s)[0]

# %% wrong="pool2d" says="swapped-arguments"
def pool2d(x, s, f, mode):
    if s < 1 or f < 1 or max(f, s) > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return (F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], f, s)[0]

# %% wrong="pool2d" says="rounded-up"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = (-((f - n) // s) + 1 for n in x.shape)
    out = torch.zeros(h, w)
    for i in range(h):
        for j in range(w):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="one-short"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    out = torch.zeros((x.shape[0] - f) // s, (x.shape[1] - f) // s)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="padded"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return (F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], f, s, padding=f // 2)[0]

# %% wrong="pool2d" says="padded-with-0"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    p = f // 2
    windows = F.pad(x, (p, p, p, p)).unfold(0, f, s).unfold(1, f, s)
    return windows.amax((2, 3)) if mode == "max" else windows.mean((2, 3))

# %% wrong="pool2d" says="corner"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    return x[: h - f + 1 : s, : w - f + 1 : s]

# %% wrong="pool2d" says="one-row"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    parts = [[x[i, j : j + f] for j in range(0, w - f + 1, s)] for i in range(0, h - f + 1, s)]
    return [[part.max() if mode == "max" else part.mean() for part in row] for row in parts]

# %% wrong="pool2d" says="height-only"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    size = (x.shape[0] - f) // s + 1
    whole = (F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], f, s)[0]
    return whole[:size, :size]

# %% wrong="pool2d" says="transposed"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((w - f) // s + 1, (h - f) // s + 1)
    for i in range(out.shape[1]):
        for j in range(out.shape[0]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[j, i] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="whole-image"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    return x.max() if mode == "max" else x.mean()

# %% wrong="pool2d" says="position-without-stride"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = x[i : i + f, j : j + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="window-of-s"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = x[i * s : i * s + s, j * s : j * s + s]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="last-left-zero"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range((h - f) // s):
        for j in range((w - f) // s):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="last-row-zero"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range((h - f) // s):
        for j in range(out.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="last-column-zero"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(out.shape[0]):
        for j in range((w - f) // s):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% wrong="pool2d" says="first-entry-only"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
            return out

# %% wrong="pool2d" says="first-row-only"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    h, w = x.shape
    out = torch.zeros((h - f) // s + 1, (w - f) // s + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
        return out

# %% wrong="pool2d" says="accepts-any-mode"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape):
        raise ValueError("impossible")
    windows = x.unfold(0, f, s).unfold(1, f, s)
    return windows.amax((2, 3)) if mode == "max" else windows.mean((2, 3))

# %% wrong="pool2d" says="accepts-stride-0"
def pool2d(x, f, s, mode):
    if f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    windows = x.unfold(0, f, max(s, 1)).unfold(1, f, max(s, 1))
    return windows.amax((2, 3)) if mode == "max" else windows.mean((2, 3))

# %% wrong="pool2d" says="accepts-large-window"
def pool2d(x, f, s, mode):
    if s < 1 or mode not in ("max", "avg"):
        raise ValueError("impossible")
    out = []
    for i in range(0, max(x.shape[0] - f + 1, 1), s):
        parts = [x[i : i + f, j : j + f] for j in range(0, max(x.shape[1] - f + 1, 1), s)]
        out.append([part.max() if mode == "max" else part.mean() for part in parts])
    return out

# %% wrong="pool2d" says="other-error"
def pool2d(x, f, s, mode):
    return {"max": F.max_pool2d, "avg": F.avg_pool2d}[mode](x[None, None], f, s)[0, 0]

# %% wrong="pool2d" says="changes-input"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    out = (F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], f, s)[0].clone()
    x[: out.shape[0], : out.shape[1]] = out
    return out

# %% wrong="pool2d" says="returned-nothing"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    print((F.max_pool2d if mode == "max" else F.avg_pool2d)(x[None], f, s)[0])

# %% wrong="pool2d" says="raised"
def pool2d(x, f, s, mode):
    if s < 1 or f > min(x.shape) or mode not in ("max", "avg"):
        raise ValueError("impossible")
    out = torch.zeros(x.shape[0] // f, x.shape[1] // f)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            window = x[i * s : i * s + f, j * s : j * s + f]
            out[i, j] = window.max() if mode == "max" else window.mean()
    return out

# %% right="own-pool" style="torch"
C = F.max_pool2d(A[None, None], 2)[0, 0]

# %% right="own-pool" style="numpy"
C = own_matrix(student_name).numpy().reshape(4, 2, 4, 2).max(axis=(1, 3))

# %% right="own-pool" style="loops"
C = torch.zeros(4, 4)
for i in range(4):
    for j in range(4):
        C[i, j] = A[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()

# %% right="own-pool" style="lists"
C = [[max(int(A[i + k, j + l]) for k in (0, 1) for l in (0, 1)) for j in range(0, 8, 2)] for i in range(0, 8, 2)]

# %% right="own-pool" style="four shifted images"
C = torch.stack([A[::2, ::2], A[::2, 1::2], A[1::2, ::2], A[1::2, 1::2]]).max(dim=0).values

# %% wrong="own-pool" says="average"
C = F.avg_pool2d(A[None], 2)[0]

# %% wrong="own-pool" says="minimum"
C = -F.max_pool2d(-A[None], 2)[0]

# %% wrong="own-pool" says="sum"
C = 4 * F.avg_pool2d(A[None], 2)[0]

# %% wrong="own-pool" says="corner"
C = A[::2, ::2]

# %% wrong="own-pool" says="starts-at-0"
C = torch.zeros(4, 4)
for i in range(8):
    for j in range(8):
        if A[i, j] > C[i // 2, j // 2]:
            C[i // 2, j // 2] = A[i, j]

# %% wrong="own-pool" says="absolute"
C = F.max_pool2d(A.abs()[None], 2)[0]

# %% wrong="own-pool" says="stride-one"
C = F.max_pool2d(A[None], 2, stride=1)[0]

# %% wrong="own-pool" says="four-by-four"
C = F.max_pool2d(A[None], 4)[0]

# %% wrong="own-pool" says="three-window"
C = F.max_pool2d(A[None], 3, stride=2, padding=1)[0]

# %% wrong="own-pool" says="rows-only"
C = F.max_pool2d(A[None], (2, 1))[0]

# %% wrong="own-pool" says="columns-only"
C = F.max_pool2d(A[None], (1, 2))[0]

# %% wrong="own-pool" says="whole-matrix"
C = A.max()

# %% wrong="own-pool" says="swapped"
C = F.max_pool2d(A[None], 2)[0].T

# %% wrong="own-pool" says="nobody"
A = own_matrix(...)
C = F.max_pool2d(A[None], 2)[0]

# %% wrong="own-pool" says="no-name"
student_name = ...
A = own_matrix(student_name)
C = F.max_pool2d(A[None], 2)[0]

# %% wrong="own-pool" says="name-not-text"
student_name = 42
C = F.max_pool2d(A[None], 2)[0]

# %% wrong="own-pool" says="flattened"
C = F.max_pool2d(A[None], 2)[0].flatten()

# %% wrong="own-pool" says="extra-axes"
C = F.max_pool2d(A[None, None], 2)

# %% wrong="own-pool" says="wrong-values"
A = torch.arange(64.0).reshape(8, 8)
C = F.max_pool2d(A[None], 2)[0]

# %% right="own-convolve" style="torch"
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0]

# %% right="own-convolve" style="loops"
padded = torch.zeros(8, 8)
padded[2:6, 2:6] = C
D = torch.zeros(6, 6)
for i in range(6):
    for j in range(6):
        D[i, j] = (padded[i : i + 3, j : j + 3] * B).sum()

# %% right="own-convolve" style="numpy"
seen = np.lib.stride_tricks.sliding_window_view(np.pad(C, 2), (3, 3))
D = (seen * np.array(B)).sum(axis=(2, 3))

# %% right="own-convolve" style="lists"
row = lambda i: [0, 0, *C[i].int().tolist(), 0, 0] if 0 <= i < 4 else [0] * 8
rows = [row(i) for i in range(-2, 6)]
D = [
    [sum(rows[i + k][j + l] for k in range(3) for l in range(3)) - 3 * rows[i + 1][j + 1] for j in range(6)]
    for i in range(6)
]

# %% right="own-convolve" style="each number of C spreads"
D = torch.zeros(6, 6)
for i in range(4):
    for j in range(4):
        D[i : i + 3, j : j + 3] += C[i, j] * B

# %% right="own-convolve" style="transposed convolution"
D = F.conv_transpose2d(C[None, None], B[None, None]).squeeze()

# %% right="own-convolve" style="from an own C that is wrong"
C = F.avg_pool2d(A[None], 2)[0]
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0]

# %% wrong="own-convolve" says="padding-1"
D = F.conv2d(C[None, None], B[None, None], padding=1)[0, 0]

# %% wrong="own-convolve" says="not-padded"
D = F.conv2d(C[None, None], B[None, None])[0, 0]

# %% wrong="own-convolve" says="padding-3"
D = F.conv2d(C[None, None], B[None, None], padding=3)[0, 0]

# %% wrong="own-convolve" says="padded-top-left"
D = F.conv2d(F.pad(C, (2, 0, 2, 0))[None, None], B[None, None])[0, 0]

# %% wrong="own-convolve" says="padded-bottom-right"
padded = torch.zeros(6, 6)
padded[:4, :4] = C
D = F.conv2d(padded[None, None], B[None, None])[0, 0]

# %% wrong="own-convolve" says="padded-rows-only"
D = F.conv2d(C[None, None], B[None, None], padding=(2, 0))[0, 0]

# %% wrong="own-convolve" says="padded-columns-only"
D = F.conv2d(C[None, None], B[None, None], padding=(0, 2))[0, 0]

# %% wrong="own-convolve" says="padded-edge"
D = F.conv2d(F.pad(C[None, None], (2, 2, 2, 2), mode="replicate"), B[None, None])[0, 0]

# %% wrong="own-convolve" says="padded-ones"
padded = torch.ones(8, 8)
padded[2:6, 2:6] = C
D = F.conv2d(padded[None, None], B[None, None])[0, 0]

# %% wrong="own-convolve" says="padded-afterwards"
D = F.pad(F.conv2d(C[None, None], B[None, None]), (2, 2, 2, 2))[0, 0]

# %% wrong="own-convolve" says="centre-plus-1"
D = F.conv2d(C[None, None], torch.ones(1, 1, 3, 3), padding=2)[0, 0]

# %% wrong="own-convolve" says="centre-plus-2"
D = F.conv2d(C[None, None], B.abs()[None, None], padding=2)[0, 0]

# %% wrong="own-convolve" says="centre-0"
D = F.conv2d(C[None, None], F.relu(B)[None, None], padding=2)[0, 0]

# %% wrong="own-convolve" says="centre-minus-1"
D = F.conv2d(C[None, None], B.clamp(min=-1)[None, None], padding=2)[0, 0]

# %% wrong="own-convolve" says="mean"
padded = F.pad(C, (2, 2, 2, 2))
D = [[(padded[i : i + 3, j : j + 3] * B).mean() for j in range(6)] for i in range(6)]

# %% wrong="own-convolve" says="from-a"
D = F.conv2d(A[None, None], B[None, None])[0, 0]

# %% wrong="own-convolve" says="from-averages"
D = F.conv2d(F.avg_pool2d(A[None, None], 2), B[None, None], padding=2)[0, 0]

# %% wrong="own-convolve" says="stride-two"
D = F.conv2d(C[None, None], B[None, None], padding=2, stride=2)[0, 0]

# %% wrong="own-convolve" says="only-padded"
D = F.pad(C, (2, 2, 2, 2))

# %% wrong="own-convolve" says="swapped"
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0].T

# %% wrong="own-convolve" says="border-only"
D = F.conv2d(F.pad(C[None, None], (2, 2, 2, 2), mode="reflect"), B[None, None])[0, 0]

# %% wrong="own-convolve" says="inside-only"
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0]
D[2, 2] += 1
D[3, 2] -= 2

# %% wrong="own-convolve" says="sum-differs"
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0]
D[2, 2] += 1
D[0, 3] = 0.5

# %% wrong="own-convolve" says="sum-agrees"
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0].flip(0)

# %% wrong="own-convolve" says="constant"
D = torch.zeros(6, 6)

# %% wrong="own-convolve" says="flattened"
D = F.conv2d(C[None, None], B[None, None], padding=2).flatten()

# %% wrong="own-convolve" says="ragged"
D = [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5]]

# %% wrong="own-convolve" says="no-name"
student_name = "   "
D = F.conv2d(C[None, None], B[None, None], padding=2)[0, 0]

# %% right="own-stride" style="torch"
E = F.conv2d(D[None, None], B[None, None], stride=3)[0, 0]

# %% right="own-stride" style="loops"
E = torch.zeros(2, 2)
for i in range(2):
    for j in range(2):
        E[i, j] = (D[3 * i : 3 * i + 3, 3 * j : 3 * j + 3] * B).sum()

# %% right="own-stride" style="numpy"
E = np.einsum("ikjl,kl->ij", np.asarray(D).reshape(2, 3, 2, 3), B.numpy())

# %% right="own-stride" style="lists"
sums = lambda i, j: int(D[i : i + 3, j : j + 3].sum() - 3 * D[i + 1, j + 1])
E = [[sums(0, 0), sums(0, 3)], [sums(3, 0), sums(3, 3)]]

# %% right="own-stride" style="every third of all windows"
E = F.conv2d(D[None, None], B[None, None])[0, 0, ::3, ::3]

# %% right="own-stride" style="from an own D that is wrong"
D = F.conv2d(C[None, None], B.abs()[None, None], padding=2)[0, 0]
E = F.conv2d(D[None, None], B[None, None], stride=3)[0, 0]

# %% wrong="own-stride" says="from-unfit"
D = F.pad(F.conv2d(C[None, None], B[None, None]), (2, 2, 2, 2))[0, 0]
E = F.conv2d(D[None, None], B[None, None], stride=3)[0, 0]

# %% wrong="own-stride" says="stride-one"
E = F.conv2d(D[None, None], B[None, None])[0, 0]

# %% wrong="own-stride" says="stride-two"
E = F.conv2d(D[None, None], B[None, None], stride=2)[0, 0]

# %% wrong="own-stride" says="stride-rows-only"
E = F.conv2d(D[None, None], B[None, None], stride=(3, 1))[0, 0]

# %% wrong="own-stride" says="stride-columns-only"
E = F.conv2d(D[None, None], B[None, None], stride=(1, 3))[0, 0]

# %% wrong="own-stride" says="padded"
E = F.conv2d(D[None, None], B[None, None], stride=3, padding=1)[0, 0]

# %% wrong="own-stride" says="padded-by-2"
E = F.conv2d(D[None, None], B[None, None], stride=3, padding=2)[0, 0]

# %% wrong="own-stride" says="from-c"
E = F.conv2d(C[None, None], B[None, None])[0, 0]

# %% wrong="own-stride" says="from-padded-c"
E = F.conv2d(C[None, None], B[None, None], stride=3, padding=2)[0, 0]

# %% wrong="own-stride" says="centre-plus-1"
E = F.conv2d(D[None, None], torch.ones(1, 1, 3, 3), stride=3)[0, 0]

# %% wrong="own-stride" says="centre-plus-2"
E = F.conv2d(D[None, None], B.abs()[None, None], stride=3)[0, 0]

# %% wrong="own-stride" says="centre-0"
E = F.conv2d(D[None, None], F.relu(B)[None, None], stride=3)[0, 0]

# %% wrong="own-stride" says="centre-minus-1"
E = F.conv2d(D[None, None], B.clamp(min=-1)[None, None], stride=3)[0, 0]

# %% wrong="own-stride" says="mean"
E = [[(D[i : i + 3, j : j + 3] * B).mean() for j in (0, 3)] for i in (0, 3)]

# %% wrong="own-stride" says="maximum"
E = F.max_pool2d(D[None], 3)[0]

# %% wrong="own-stride" says="swapped"
E = F.conv2d(D[None, None], B[None, None], stride=3)[0, 0].T

# %% wrong="own-stride" says="constant"
E = [[0, 0], [0, 0]]

# %% wrong="own-stride" says="wrong-values"
E = F.conv2d(D[None, None], B[None, None], stride=3)[0, 0] + torch.tensor([[0.0, 0.0], [0.0, 1.0]])

# %% wrong="own-stride" says="flattened"
E = F.conv2d(D[None, None], B[None, None], stride=3).flatten()

# %% wrong="own-stride" says="no-name"
student_name = None
E = F.conv2d(D[None, None], B[None, None], stride=3)[0, 0]

# %% right="max-pool-backward" style="loops"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            best = (2 * i, 2 * j)
            for k in range(2):
                for l in range(2):
                    if x[2 * i + k, 2 * j + l] > x[best]:
                        best = (2 * i + k, 2 * j + l)
            grad[best] = grad_output[i, j]
    return grad

# %% right="max-pool-backward" style="argmax"
def max_pool_backward(x, grad_output):
    grad = torch.zeros(x.shape)
    h, w = grad_output.shape
    for i in range(h):
        for j in range(w):
            place = int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].flatten().argmax())
            grad[2 * i + place // 2, 2 * j + place % 2] += grad_output[i, j]
    return grad

# %% right="max-pool-backward" style="numpy"
def max_pool_backward(x, grad_output):
    x, g = x.numpy(), grad_output.numpy()
    h, w = g.shape
    blocks = x[: 2 * h, : 2 * w].reshape(h, 2, w, 2).transpose(0, 2, 1, 3).reshape(h, w, 4)
    marks = np.eye(4)[blocks.argmax(-1)] * g[..., None]
    grad = np.zeros(x.shape)
    grad[: 2 * h, : 2 * w] = marks.reshape(h, w, 2, 2).transpose(0, 2, 1, 3).reshape(2 * h, 2 * w)
    return grad

# %% right="max-pool-backward" style="autograd"
def max_pool_backward(x, grad_output):
    x = x.clone().requires_grad_()
    F.max_pool2d(x[None, None], 2)[0, 0].backward(grad_output)
    return x.grad

# %% right="max-pool-backward" style="unpooling"
def max_pool_backward(x, grad_output):
    _, places = F.max_pool2d(x[None, None], 2, return_indices=True)
    grad = torch.zeros(x.numel())
    grad[places.flatten()] = grad_output.flatten()
    return grad.view_as(x)

# %% right="max-pool-backward" style="lists"
def max_pool_backward(x, grad_output):
    a, g = x.tolist(), grad_output.tolist()
    grad = [[0.0] * len(a[0]) for _ in a]
    for i, row in enumerate(g):
        for j, value in enumerate(row):
            places = [(2 * i, 2 * j), (2 * i, 2 * j + 1), (2 * i + 1, 2 * j), (2 * i + 1, 2 * j + 1)]
            k, l = max(places, key=lambda place: a[place[0]][place[1]])
            grad[k][l] = value
    return grad

# %% wrong="max-pool-backward" says="spread"
def max_pool_backward(x, grad_output):
    x = x.clone().requires_grad_()
    F.avg_pool2d(x[None, None], 2)[0, 0].backward(grad_output)
    return x.grad

# %% wrong="max-pool-backward" says="everywhere"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    h, w = grad_output.shape
    grad[: 2 * h, : 2 * w] = grad_output.repeat_interleave(2, 0).repeat_interleave(2, 1)
    return grad

# %% wrong="max-pool-backward" says="all-ties"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            grad[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = (window == window.max()) * grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="shared-ties"
def max_pool_backward(x, grad_output):
    x = x.clone().requires_grad_()
    h, w = grad_output.shape
    windows = x[: 2 * h, : 2 * w].unfold(0, 2, 2).unfold(1, 2, 2)
    windows.amax((2, 3)).backward(grad_output)
    return x.grad

# %% wrong="max-pool-backward" says="last-maximum"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            best = (2 * i, 2 * j)
            for k in range(2):
                for l in range(2):
                    if x[2 * i + k, 2 * j + l] >= x[best]:
                        best = (2 * i + k, 2 * j + l)
            grad[best] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="columns-first"
def max_pool_backward(x, grad_output):
    x = x.T.clone().requires_grad_()
    F.max_pool2d(x[None, None], 2)[0, 0].backward(grad_output.T)
    return x.grad.T

# %% wrong="max-pool-backward" says="corner"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    h, w = grad_output.shape
    grad[: 2 * h : 2, : 2 * w : 2] = grad_output
    return grad

# %% wrong="max-pool-backward" says="minimum"
def max_pool_backward(x, grad_output):
    x = (-x).requires_grad_()
    F.max_pool2d(x[None, None], 2)[0, 0].backward(grad_output)
    return x.grad

# %% wrong="max-pool-backward" says="absolute"
def max_pool_backward(x, grad_output):
    x = x.abs().requires_grad_()
    F.max_pool2d(x[None, None], 2)[0, 0].backward(grad_output)
    return x.grad

# %% wrong="max-pool-backward" says="times-x"
def max_pool_backward(x, grad_output):
    leaf = x.clone().requires_grad_()
    F.max_pool2d(leaf[None, None], 2)[0, 0].backward(grad_output)
    return leaf.grad * x

# %% wrong="max-pool-backward" says="value"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            place = int(window.argmax())
            grad[2 * i + place // 2, 2 * j + place % 2] = window.max()
    return grad

# %% wrong="max-pool-backward" says="ones"
def max_pool_backward(x, grad_output):
    x = x.clone().requires_grad_()
    F.max_pool2d(x[None, None], 2).sum().backward()
    return x.grad

# %% wrong="max-pool-backward" says="starts-from-x"
def max_pool_backward(x, grad_output):
    grad = x.clone()
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            place = int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax())
            grad[2 * i + place // 2, 2 * j + place % 2] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="place-not-doubled"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            row, column = divmod(int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax()), 2)
            grad[i + row, j + column] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="window-not-doubled"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            row, column = divmod(int(x[i : i + 2, j : j + 2].argmax()), 2)
            grad[2 * i + row, 2 * j + column] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="nothing-doubled"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            row, column = divmod(int(x[i : i + 2, j : j + 2].argmax()), 2)
            grad[i + row, j + column] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="place-swapped"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            row, column = divmod(int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax()), 2)
            grad[2 * i + column, 2 * j + row] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="starts-at-0"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            best, place = 0, (2 * i, 2 * j)
            for k in range(2):
                for l in range(2):
                    if x[2 * i + k, 2 * j + l] > best:
                        best, place = x[2 * i + k, 2 * j + l], (2 * i + k, 2 * j + l)
            grad[place] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="wherever-equal"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(grad_output.shape[0]):
        for j in range(grad_output.shape[1]):
            grad[x == x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="one-for-all"
def max_pool_backward(x, grad_output):
    grad = torch.zeros(x.numel())
    grad[x.argmax()] = grad_output.sum()
    return grad.view_as(x)

# %% wrong="max-pool-backward" says="output-shape"
def max_pool_backward(x, grad_output):
    return 1.0 * grad_output

# %% wrong="max-pool-backward" says="leftover-dropped"
def max_pool_backward(x, grad_output):
    h, w = grad_output.shape
    x = x[: 2 * h, : 2 * w].clone().requires_grad_()
    F.max_pool2d(x[None, None], 2)[0, 0].backward(grad_output)
    return x.grad

# %% wrong="max-pool-backward" says="transposed"
def max_pool_backward(x, grad_output):
    x = x.clone().requires_grad_()
    F.max_pool2d(x[None, None], 2)[0, 0].backward(grad_output)
    return x.grad.T

# %% wrong="max-pool-backward" says="output-transposed"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    h, w = grad_output.shape
    for i in range(h):
        for j in range(w):
            place = int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax())
            grad[2 * i + place // 2, 2 * j + place % 2] = grad_output[min(j, h - 1), min(i, w - 1)]
    return grad

# %% wrong="max-pool-backward" says="raised"
def max_pool_backward(x, grad_output):
    grad = torch.zeros_like(x)
    for i in range(0, x.shape[0], 2):
        for j in range(0, x.shape[1], 2):
            place = int(x[i : i + 2, j : j + 2].argmax())
            grad[i + place // 2, j + place % 2] = grad_output[i, j]
    return grad

# %% wrong="max-pool-backward" says="changes-input"
def max_pool_backward(x, grad_output):
    leaf = x.clone().requires_grad_()
    F.max_pool2d(leaf[None, None], 2)[0, 0].backward(grad_output)
    x.zero_()
    x += leaf.grad
    return x

# %% wrong="max-pool-backward" says="returned-nothing"
def max_pool_backward(x, grad_output):
    x = x.clone().requires_grad_()
    F.max_pool2d(x[None, None], 2)[0, 0].backward(grad_output)
    grad = x.grad

# %% right="three-ways" style="numbers"
after_average = 18
after_maximum = 19
after_strided = 11

# %% right="three-ways" style="formula"
after_average = (37 - 2) // 2 + 1
after_maximum = (37 + 2 * 1 - 3) // 2 + 1
after_strided = (37 - 5) // 3 + 1

# %% right="three-ways" style="torch"
image = torch.zeros(1, 1, 37, 37)
after_average = torch.nn.AvgPool2d(2)(image).shape[-1]
after_maximum = torch.nn.MaxPool2d(3, stride=2, padding=1)(image).shape[-1]
after_strided = torch.nn.Conv2d(1, 1, kernel_size=5, stride=3)(image).shape[-1]

# %% right="three-ways" style="counting"
after_average = len(range(0, 37 - 2 + 1, 2))
after_maximum = len(range(-1, 38 - 3 + 1, 2))
after_strided = len(range(0, 37 - 5 + 1, 3))

# %% right="three-ways" style="numpy"
after_average, after_maximum, after_strided = np.floor((np.array([35, 36, 32])) / np.array([2, 2, 3])) + 1

# %% wrong="three-ways" says="rounded-up"
after_average = 19
after_maximum = 19
after_strided = 12

# %% wrong="three-ways" says="not-rounded"
after_average = 37 / 2
after_maximum = 19
after_strided = (37 - 5) / 3 + 1

# %% wrong="three-ways" says="no-plus-one"
after_average = (37 - 2) // 2
after_maximum = 19
after_strided = (37 - 5) // 3

# %% wrong="three-ways" says="padding-missing"
after_average = 18
after_maximum = (37 - 3) // 2 + 1
after_strided = 11

# %% wrong="three-ways" says="stride-of-window"
after_average = 18
after_maximum = 13
after_strided = 7

# %% wrong="three-ways" says="stride-one"
after_average = 36
after_maximum = 35
after_strided = 33

# %% wrong="three-ways" says="unchanged"
after_average = 18
after_maximum = 37
after_strided = 11

# %% wrong="three-ways" says="added-not-halved"
after_average = 35
after_maximum = 19
after_strided = 11

# %% wrong="three-ways" says="kernel-ignored"
after_average = 18
after_maximum = 19
after_strided = 13

# %% wrong="three-ways" says="divided-only"
after_average = 18
after_maximum = 19
after_strided = 37 / 3

# %% wrong="three-ways" says="wrong-number"
after_average = 18
after_maximum = 19
after_strided = 9

# %% wrong="three-ways" says="wrong-shape"
after_average = (18, 18)
after_maximum = (19, 19)
after_strided = (11, 11)

# %% right="two-crosses" style="torch"
def find_large_cross(image):
    kernel = plus[None, None]
    first = F.relu(F.conv2d(image[None, None], kernel, padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), kernel, padding=1)[0, 0]
    return divmod(int(second.argmax()), second.shape[1])

# %% right="two-crosses" style="modules"
def find_large_cross(image):
    stage = torch.nn.Conv2d(1, 1, 3, padding=1)
    with torch.no_grad():
        stage.weight[:] = plus
        stage.bias[:] = -4
    network = torch.nn.Sequential(stage, torch.nn.ReLU(), torch.nn.MaxPool2d(2), stage)
    second = network(image[None, None])[0, 0]
    return (second == second.max()).nonzero()[0]

# %% right="two-crosses" style="loops"
def find_large_cross(image):
    def look(values):
        h, w = values.shape
        padded = torch.zeros(h + 2, w + 2)
        padded[1:-1, 1:-1] = values
        return torch.tensor([[float((padded[i : i + 3, j : j + 3] * plus).sum()) for j in range(w)] for i in range(h)])

    first = torch.clamp(look(image) - 4, min=0)
    pooled = torch.zeros(12, 12)
    for i in range(12):
        for j in range(12):
            pooled[i, j] = first[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
    second = look(pooled)
    best = (0, 0)
    for i in range(12):
        for j in range(12):
            if second[i, j] > second[best]:
                best = (i, j)
    return best

# %% right="two-crosses" style="numpy"
def find_large_cross(image):
    def look(values):
        p = np.pad(values, 1)
        return p[1:-1, 1:-1] + p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:]

    first = np.maximum(look(image.numpy()) - 4, 0)
    second = look(first.reshape(12, 2, 12, 2).max(axis=(1, 3)))
    return np.array(np.unravel_index(second.argmax(), second.shape))

# %% right="two-crosses" style="lists"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0].tolist()
    return max(((i, j) for i in range(12) for j in range(12)), key=lambda place: second[place[0]][place[1]])

# %% right="two-crosses" style="where"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    return torch.where(second == second.max())

# %% wrong="two-crosses" says="one-stage"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    return divmod(int(F.max_pool2d(first, 2).argmax()), 12)

# %% wrong="two-crosses" says="one-stage-pixels"
def find_large_cross(image):
    first = F.conv2d(image[None, None], plus[None, None], padding=1)[0, 0]
    return divmod(int(first.argmax()), 24)

# %% wrong="two-crosses" says="swapped"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    place = int(second.argmax())
    return place % 12, place // 12

# %% wrong="two-crosses" says="flat-index"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    return F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1).argmax()

# %% wrong="two-crosses" says="pixels"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    row, column = divmod(int(second.argmax()), 12)
    return 2 * row, 2 * column

# %% wrong="two-crosses" says="no-pooling"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(first, plus[None, None], padding=1)[0, 0]
    return divmod(int(second.argmax()), second.shape[1])

# %% wrong="two-crosses" says="average-pooling"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.avg_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    return divmod(int(second.argmax()), second.shape[1])

# %% wrong="two-crosses" says="first-stage-missing"
def find_large_cross(image):
    second = F.conv2d(F.max_pool2d(image[None, None], 2), plus[None, None], padding=1)[0, 0]
    return divmod(int(second.argmax()), second.shape[1])

# %% wrong="two-crosses" says="first-not-padded"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None]) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    return divmod(int(second.argmax()), second.shape[1])

# %% wrong="two-crosses" says="second-not-padded"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None])[0, 0]
    return divmod(int(second.argmax()), second.shape[1])

# %% wrong="two-crosses" says="not-padded"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None]) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None])[0, 0]
    return divmod(int(second.argmax()), second.shape[1])

# %% wrong="two-crosses" says="from-1"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    row, column = divmod(int(second.argmax()), 12)
    return row + 1, column + 1

# %% wrong="two-crosses" says="value"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    return F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1).max()

# %% wrong="two-crosses" says="second-map"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    return F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]

# %% wrong="two-crosses" says="raised"
def find_large_cross(image):
    first = F.relu(F.conv2d(image, plus, padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus, padding=1)
    return divmod(int(second.argmax()), 12)

# %% wrong="two-crosses" says="changes-input"
def find_large_cross(image):
    first = F.relu(F.conv2d(image[None, None], plus[None, None], padding=1) - 4)
    second = F.conv2d(F.max_pool2d(first, 2), plus[None, None], padding=1)[0, 0]
    row, column = divmod(int(second.argmax()), 12)
    image[2 * row, 2 * column] = 5
    return row, column

# %% right="max-pool-padding" style="lists"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = 2

# %% right="max-pool-padding" style="torch"
padded_maximum = torch.nn.MaxPool2d(3, stride=2, padding=1)(negative[None])[0]
widest_padding = 5 // 2

# %% right="max-pool-padding" style="numpy"
framed = np.pad(np.array(negative), 1, constant_values=-np.inf)
padded_maximum = np.lib.stride_tricks.sliding_window_view(framed, (3, 3))[::2, ::2].max(axis=(2, 3))
widest_padding = np.int64(2)

# %% right="max-pool-padding" style="slices"
N = negative
padded_maximum = [[N[:2, :2].max(), N[:2, 1:].max()], [N[1:, :2].max(), N[1:, 1:].max()]]
widest_padding = 2.0

# %% right="max-pool-padding" style="loops"
padded_maximum = torch.zeros(2, 2)
for i in range(2):
    for j in range(2):
        rows = [k for k in range(2 * i - 1, 2 * i + 2) if 0 <= k < 4]
        columns = [l for l in range(2 * j - 1, 2 * j + 2) if 0 <= l < 4]
        padded_maximum[i, j] = max(negative[k, l] for k in rows for l in columns)
for widest_padding in range(5, -1, -1):
    try:
        F.max_pool2d(torch.zeros(1, 9, 9), 5, padding=widest_padding)
        break
    except RuntimeError:
        pass

# %% wrong="max-pool-padding" says="zeros"
padded_maximum = F.max_pool2d(F.pad(negative, (1, 1, 1, 1))[None], 3, stride=2)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="all-zeros"
padded_maximum = [[0, 0], [0, 0]]
widest_padding = 2

# %% wrong="max-pool-padding" says="not-padded"
padded_maximum = F.max_pool2d(negative[None], 3, stride=2)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="stride-one-unpadded"
padded_maximum = F.max_pool2d(negative[None], 3, stride=1)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="stride-one"
padded_maximum = F.max_pool2d(negative[None], 3, stride=1, padding=1)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="two-by-two"
padded_maximum = F.max_pool2d(negative[None], 2)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="bottom-right"
padded_maximum = F.max_pool2d(F.pad(negative, (0, 1, 0, 1), value=-np.inf)[None], 3, stride=2)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="bottom-right-zeros"
padded_maximum = F.max_pool2d(F.pad(negative, (0, 1, 0, 1))[None], 3, stride=2)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="farthest-from-0"
padded_maximum = -F.max_pool2d(-negative[None], 3, stride=2, padding=1)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="average"
padded_maximum = F.avg_pool2d(negative[None], 3, stride=2, padding=1)[0]
widest_padding = 2

# %% wrong="max-pool-padding" says="sign"
padded_maximum = [[6, 4], [1, 3]]
widest_padding = 2

# %% wrong="max-pool-padding" says="infinity"
padded_maximum = [[-np.inf, -np.inf], [-np.inf, -3]]
widest_padding = 2

# %% wrong="max-pool-padding" says="swapped"
padded_maximum = [[-6, -1], [-4, -3]]
widest_padding = 2

# %% wrong="max-pool-padding" says="wrong-values"
padded_maximum = [[-6, -4], [-1, -7]]
widest_padding = 2

# %% wrong="max-pool-padding" says="whole-window"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = 5

# %% wrong="max-pool-padding" says="all-but-one"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = 5 - 1

# %% wrong="max-pool-padding" says="half-rounded-up"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = 3

# %% wrong="max-pool-padding" says="not-rounded"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = 5 / 2

# %% wrong="max-pool-padding" says="one"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = 1

# %% wrong="max-pool-padding" says="none"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = 0

# %% wrong="max-pool-padding" says="unlimited"
padded_maximum = [[-6, -4], [-1, -3]]
widest_padding = float("inf")

# %% right="not-a-filter" style="word"
is_convolution = "average"
its_weight = 0.25

# %% right="not-a-filter" style="short"
is_convolution = "avg"
its_weight = 1 / 4

# %% right="not-a-filter" style="capitals, and the whole kernel"
is_convolution = "Average pooling"
its_weight = torch.full((2, 2), 0.25)

# %% right="not-a-filter" style="numpy"
is_convolution = "average"
its_weight = np.ones((2, 2)).mean() / 4

# %% wrong="not-a-filter" says="max"
is_convolution = "max"
its_weight = 0.25

# %% wrong="not-a-filter" says="both"
is_convolution = "both"
its_weight = 0.25

# %% wrong="not-a-filter" says="neither"
is_convolution = "neither"
its_weight = 0.25

# %% wrong="not-a-filter" says="wrong-word"
is_convolution = "pooling"
its_weight = 0.25

# %% wrong="not-a-filter" says="ones"
is_convolution = "average"
its_weight = 1

# %% wrong="not-a-filter" says="half"
is_convolution = "average"
its_weight = 1 / 2

# %% wrong="not-a-filter" says="four"
is_convolution = "average"
its_weight = 4

# %% wrong="not-a-filter" says="percent"
is_convolution = "average"
its_weight = 25

# %% wrong="not-a-filter" says="zero"
is_convolution = "average"
its_weight = 0

# %% wrong="not-a-filter" says="two-by-two"
is_convolution = "average"
its_weight = 2

# %% wrong="not-a-filter" says="ninth"
is_convolution = "average"
its_weight = 1 / 9

# %% wrong="not-a-filter" says="not-numbers"
is_convolution = "average"
its_weight = "a quarter"

# %% right="pooled-shape" style="tuple"
pooled_shape = (1, 16, 15, 15)

# %% right="pooled-shape" style="list"
pooled_shape = [1, 16, 15, 15]

# %% right="pooled-shape" style="torch"
pooled_shape = F.max_pool2d(torch.nn.Conv2d(3, 16, 3)(torch.zeros(1, 3, 32, 32)), 2).shape

# %% right="pooled-shape" style="worked out"
side = (32 - 3 + 1) // 2
pooled_shape = (1, 16, side, side)

# %% right="pooled-shape" style="numpy"
pooled_shape = np.array([1, 16, 15, 15])

# %% wrong="pooled-shape" says="input-pooled"
pooled_shape = F.max_pool2d(torch.zeros(1, 3, 32, 32), 2).shape

# %% wrong="pooled-shape" says="same-padding"
pooled_shape = (1, 16, 16, 16)

# %% wrong="pooled-shape" says="not-pooled"
pooled_shape = (1, 16, 30, 30)

# %% wrong="pooled-shape" says="channels-kept"
pooled_shape = (1, 3, 15, 15)

# %% wrong="pooled-shape" says="channels-pooled"
pooled_shape = (1, 8, 15, 15)

# %% wrong="pooled-shape" says="no-batch"
pooled_shape = (16, 15, 15)

# %% wrong="pooled-shape" says="channels-last"
pooled_shape = (1, 15, 15, 16)

# %% wrong="pooled-shape" says="stride-one"
pooled_shape = (1, 16, 29, 29)

# %% wrong="pooled-shape" says="kernel-minus"
pooled_shape = (1, 16, 14, 14)

# %% wrong="pooled-shape" says="unchanged"
pooled_shape = (1, 16, 32, 32)

# %% wrong="pooled-shape" says="only-width"
pooled_shape = (1, 16, 30, 15)

# %% wrong="pooled-shape" says="not-numbers"
pooled_shape = "(1, 16, 15, 15)"

# %% right="pool-parameters" style="number"
pool_parameters = 0

# %% right="pool-parameters" style="torch"
pool_parameters = sum(p.numel() for p in torch.nn.MaxPool2d(2).parameters())

# %% right="pool-parameters" style="list"
pool_parameters = len(list(torch.nn.MaxPool2d(2).parameters()))

# %% right="pool-parameters" style="tensor"
pool_parameters = torch.zeros(1)

# %% wrong="pool-parameters" says="window"
pool_parameters = 2 * 2

# %% wrong="pool-parameters" says="window-and-bias"
pool_parameters = 2 * 2 + 1

# %% wrong="pool-parameters" says="one"
pool_parameters = 1

# %% wrong="pool-parameters" says="hyperparameters"
pool_parameters = 2

# %% wrong="pool-parameters" says="three"
pool_parameters = 3

# %% wrong="pool-parameters" says="wrong-number"
pool_parameters = 8
