"""A finished figure: a picture that shows itself in a notebook, with the words that stand for it."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

from convcourse.figures.scene import Scene


@dataclass(frozen=True, repr=False)
class Figure:
    """A picture (`data`, SVG or PNG) shown `width` pixels wide, and its alt text.

    `scene` is what was drawn, where it was drawn from one. In a notebook text/html is the image, text/plain the
    alt text.
    """

    alt: str
    data: bytes
    media: Literal["image/svg+xml", "image/png"]
    width: int
    scene: Scene | None = None

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        encoded = base64.b64encode(self.data).decode("ascii")
        return (
            f'<img alt="{escape(self.alt)}" width="{self.width}" '
            f'style="max-width:100%;height:auto;background:#fff;border-radius:10px" '
            f'src="data:{self.media};base64,{encoded}">'
        )

    def save(self, path: str | Path) -> None:
        """Write the picture to a file, whole or not at all."""
        target = Path(path)
        draft = target.with_name(f".{target.name}.part")
        draft.write_bytes(self.data)
        os.replace(draft, target)
