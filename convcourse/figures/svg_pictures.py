"""How pictures are drawn inside an SVG: in rows, each in a frame with its name above."""

from __future__ import annotations

import base64

from convcourse.figures import ink
from convcourse.figures.drawing import Measure, measure, paint
from convcourse.figures.ink import GREY
from convcourse.figures.scene import Gallery, Thumbnail

LETTERS, LINE = 12.5, 16.0
BELOW = 8.0  # from one row to the next
TALLEST = 2.0  # times as high as wide


def _lines(item: Gallery, picture: Thumbnail) -> tuple[str, ...]:
    """A name in lines no wider than its place; a word too long for that is broken after a slash."""
    width = item.side + item.gap - 4
    name = picture.name
    if any(ink.text_width(word, LETTERS) > width for word in name.split()):
        name = name.replace("/", "/ ")
    return ink.wrapped(name, LETTERS, width)


def _sizes(item: Gallery) -> tuple[float, float, int]:
    """Height of a picture's place and of the names above it, and the number of rows."""
    tallest = item.side * max(min(picture.ratio, TALLEST) for picture in item.pictures)
    head = LINE * max(len(_lines(item, picture)) for picture in item.pictures) + 4
    return tallest, head, -(-len(item.pictures) // item.columns)


@measure.register
def _(item: Gallery, unit: int) -> Measure:
    tallest, head, rows = _sizes(item)
    return Measure(item.columns * (item.side + item.gap) - item.gap, rows * (tallest + head + BELOW) - BELOW)


@paint.register
def _(item: Gallery, x: float, y: float, unit: int) -> str:
    tallest, head, _ = _sizes(item)
    parts = []
    for k, picture in enumerate(item.pictures):
        row, column = divmod(k, item.columns)
        left, top = x + column * (item.side + item.gap), y + row * (tallest + head + BELOW) + head
        lines = _lines(item, picture)
        first = top - 6 - LINE * (len(lines) - 1)
        middle = left + item.side / 2
        parts += [ink.text(middle, first + LINE * i, line, "", LETTERS) for i, line in enumerate(lines)]
        parts.append(_framed(picture, left, top, item.side))
    return "".join(parts)


def _framed(picture: Thumbnail, x: float, y: float, side: float) -> str:
    n = ink.number
    height = side * min(picture.ratio, TALLEST)
    width = height / picture.ratio
    x += (side - width) / 2
    source = base64.b64encode(picture.png).decode("ascii")
    image = (
        f'<image x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{source}"/>'
    )
    return image + ink.rect(x, y, width, height, fill="none", stroke=GREY, stroke_width=0.8)
