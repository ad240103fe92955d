"""One real photograph, small enough to travel with the course.

`hopper.png` shows Grace Hopper, computer pioneer: an official photograph of the United States Navy (James S. Davis,
1984), in the public domain as a work of the US government. It was made once from `grace_hopper.jpg`, a sample file of
matplotlib, cut to the head and the uniform and reduced with Pillow::

    image = Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg")).convert("L")
    image.crop((60, 10, 480, 430)).resize((128, 128), Image.Resampling.LANCZOS).save("hopper.png", optimize=True)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

FILE = Path(__file__).with_name("hopper.png")


def photograph(size: int = 128) -> torch.Tensor:
    """The photograph in grey: float32 (size, size), from 0 (black) to 1 (white).

    It is stored with 128×128 pixels. Smaller sizes average neighbouring pixels, larger ones interpolate between them.
    Raises ValueError for a size below 1, and OSError, naming the file, when the photograph cannot be read.
    """
    if size < 1:
        raise ValueError(f"a photograph has at least 1 pixel a side, not {size}")
    image = _read(FILE)
    if size == image.shape[0]:
        return image
    batch = image[None, None]
    if size < image.shape[0]:
        return F.adaptive_avg_pool2d(batch, size)[0, 0]
    return F.interpolate(batch, (size, size), mode="bilinear", align_corners=False)[0, 0]


def _read(file: Path) -> torch.Tensor:
    try:
        with Image.open(file) as picture:
            grey = np.asarray(picture.convert("L"), dtype=np.float32)
    except OSError as error:
        raise OSError(
            f"cannot read the photograph {file}: {error}. Installing convcourse again brings it back."
        ) from error
    return torch.from_numpy(grey / np.float32(255))
