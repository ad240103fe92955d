"""Convolution and pooling in plain numpy: the trusted numbers behind the figures and the checks.

Written for clarity, tested against `torch.nn.functional`. Images are (H, W), stacks of images (C, H, W); sizes
are in pixels. "Convolution" in a network is cross-correlation, and that is what `correlate2d` computes; `convolve2d`
is the mathematician's convolution, with the kernel turned by half a turn.

Formulas: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def output_size(n: int, f: int, p: int = 0, s: int = 1) -> int:
    """Number of places where a window of `f` pixels fits on a line of `n`, ⌊(n + 2p − f)/s⌋ + 1.

    `p` pixels of padding stand at both ends and the window moves `s` pixels at a time.
    Raises ValueError where no window can be placed or moved.
    """
    if n < 1 or f < 1:
        raise ValueError(f"sizes must be at least 1: n={n}, f={f}")
    if s < 1:
        raise ValueError(f"a stride of {s} never gets anywhere; it must be at least 1")
    if p < 0:
        raise ValueError(f"padding cannot be negative: p={p}")
    if f > n + 2 * p:
        raise ValueError(f"a window of {f} does not fit on {n} + 2·{p} = {n + 2 * p} pixels")
    return (n + 2 * p - f) // s + 1


def transposed_size(n: int, f: int, p: int = 0, s: int = 1) -> int:
    """Size that a transposed convolution makes of `n`: (n − 1)·s − 2p + f, the smallest input that gives `n` back."""
    return (n - 1) * s - 2 * p + f


def pad2d(image: ArrayLike, p: int, value: float = 0.0) -> Array:
    """The image (H, W) in a frame `p` pixels wide: shape (H + 2p, W + 2p). Raises ValueError for negative `p`."""
    if p < 0:
        raise ValueError(f"padding cannot be negative: p={p}")
    return np.pad(np.asarray(image), p, constant_values=value)


def windows(image: ArrayLike, shape: tuple[int, int], stride: int = 1) -> Array:
    """Every window of `shape` (f_h, f_w) on the image (H, W): an array (H_out, W_out, f_h, f_w).

    Raises ValueError where no window fits or the stride is below 1.
    """
    image = np.asarray(image)
    for n, f in zip(image.shape, shape, strict=True):
        output_size(n, f, s=stride)
    view = np.lib.stride_tricks.sliding_window_view(image, shape)
    return view[::stride, ::stride]


def correlate2d(image: ArrayLike, kernel: ArrayLike, stride: int = 1, padding: int = 0) -> Array:
    """Cross-correlation of an image (H, W) with a kernel (f_h, f_w): C[i, j] = Σ B[k, l]·A[i·s + k, j·s + l].

    Raises ValueError for a kernel larger than the padded image, a stride below 1 or negative padding.
    """
    kernel = np.asarray(kernel)
    padded = pad2d(image, padding)
    seen = windows(padded, (kernel.shape[0], kernel.shape[1]), stride)
    return np.asarray(np.einsum("ijkl,kl->ij", seen, kernel))


def convolve2d(image: ArrayLike, kernel: ArrayLike, stride: int = 1, padding: int = 0) -> Array:
    """True convolution: `correlate2d` with the kernel flipped in both axes."""
    return correlate2d(image, np.asarray(kernel)[::-1, ::-1], stride, padding)


def conv_matrix(kernel: ArrayLike, shape: tuple[int, int]) -> Array:
    """The matrix M (H_out·W_out, H·W) with M @ image.ravel() = correlate2d(image, kernel).ravel(), image (H, W).

    Raises ValueError where the kernel does not fit.
    """
    kernel = np.asarray(kernel)
    (f_h, f_w), (h, w) = kernel.shape, shape
    h_out, w_out = output_size(h, f_h), output_size(w, f_w)
    matrix = np.zeros((h_out, w_out, h, w), dtype=kernel.dtype)
    for i in range(h_out):
        for j in range(w_out):
            matrix[i, j, i : i + f_h, j : j + f_w] = kernel
    return matrix.reshape(h_out * w_out, h * w)


def correlate_channels(x: ArrayLike, w: ArrayLike, b: ArrayLike, stride: int = 1, padding: int = 0) -> Array:
    """A convolutional layer: image x (C, H, W), filters w (K, C, f_h, f_w), biases b (K,) give (K, H_out, W_out).

    Raises ValueError where filters and image disagree in channels, or the filters do not fit.
    """
    x, w, b = np.asarray(x), np.asarray(w), np.asarray(b)
    if x.shape[0] != w.shape[1]:
        raise ValueError(f"the image has {x.shape[0]} channels and the filters {w.shape[1]}")
    maps = [
        sum(correlate2d(channel, plane, stride, padding) for channel, plane in zip(x, filter_, strict=True)) + bias
        for filter_, bias in zip(w, b, strict=True)
    ]
    return np.stack(maps)


def pixel_uses(n: int, f: int) -> Array:
    """How many windows of f×f, moved one pixel at a time without padding, see each pixel of an n×n image."""
    uses = np.zeros((n, n), dtype=int)
    for i in range(output_size(n, f)):
        for j in range(output_size(n, f)):
            uses[i : i + f, j : j + f] += 1
    return uses


def pool2d(x: ArrayLike, f: int, s: int, mode: Literal["max", "avg"] = "max", padding: int = 0) -> Array:
    """Pool an image (H, W) with windows of f×f moved by `s`: (H_out, W_out).

    As in PyTorch, the frame is −∞ for "max" and 0, counted in the mean, for "avg", and at most f // 2 wide.
    Raises ValueError for another mode, or where no window fits.
    """
    if mode not in ("max", "avg"):
        raise ValueError(f'mode must be "max" or "avg", not {mode!r}')
    if padding > f // 2:
        raise ValueError(f"padding of a pooling window of {f} is at most {f // 2}, not {padding}")
    frame = -np.inf if mode == "max" else 0.0
    padded = pad2d(np.asarray(x, dtype=float), padding, frame)
    seen = windows(padded, (f, f), s)
    return np.asarray(seen.max(axis=(2, 3)) if mode == "max" else seen.mean(axis=(2, 3)))


def max_pool_backward(x: ArrayLike, grad_output: ArrayLike, f: int = 2, s: int = 2) -> Array:
    """Gradient of max-pooling with respect to its input x (H, W), given that of its output, (H_out, W_out).

    Each window sends its gradient to its maximum; of equal ones to the first in reading order, as PyTorch does.
    Windows that overlap (s < f) add up.
    """
    x, grad_output = np.asarray(x), np.asarray(grad_output)
    grad = np.zeros(x.shape, dtype=float)
    for i, row in enumerate(windows(x, (f, f), s)):
        for j, window in enumerate(row):
            k, m = np.unravel_index(np.argmax(window), window.shape)
            grad[i * s + k, j * s + m] += grad_output[i, j]
    return grad


def avg_pool_backward(shape: tuple[int, int], grad_output: ArrayLike, f: int = 2, s: int = 2) -> Array:
    """Gradient of average pooling by its input of `shape` (H, W), given that of its output, (H_out, W_out).

    Each window shares its gradient out evenly. Windows that overlap (s < f) add up.
    """
    grad = np.zeros(shape, dtype=float)
    for (i, j), arriving in np.ndenumerate(np.asarray(grad_output)):
        grad[i * s : i * s + f, j * s : j * s + f] += arriving / f**2
    return grad
