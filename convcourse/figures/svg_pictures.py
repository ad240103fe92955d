"""How pictures are drawn inside an SVG: one large, and the small ones beside it in rows, each with its name above."""

from __future__ import annotations

import base64

from convcourse.figures import ink
from convcourse.figures.drawing import INNER, Measure, measure, paint
from convcourse.figures.ink import GREY
from convcourse.figures.scene import Pictures, Thumbnail

LARGE, GAP, NAME = 150.0, 8.0, 17.0
MOST_IN_A_ROW = 8


def _side(item: Pictures) -> float:
    """Pixels of a small picture: as many in a row as suits, and beside the large one."""
    columns = min(MOST_IN_A_ROW, len(item.small))
    return min(88.0, (INNER - LARGE - 24 - GAP * (columns - 1)) / columns)


def _rows(item: Pictures) -> int:
    return -(-len(item.small) // MOST_IN_A_ROW)


@measure.register
def _(item: Pictures, unit: int) -> Measure:
    body = max(LARGE + NAME, _rows(item) * (_side(item) + NAME + GAP) - GAP)
    columns = min(MOST_IN_A_ROW, len(item.small))
    return Measure(LARGE + 24 + columns * (_side(item) + GAP) - GAP, body)


@paint.register
def _(item: Pictures, x: float, y: float, unit: int) -> str:
    side = _side(item)
    parts = [_picture(item.large, x, y + NAME, LARGE, 13)]
    for k, small in enumerate(item.small):
        row, column = divmod(k, MOST_IN_A_ROW)
        left = x + LARGE + 24 + column * (side + GAP)
        parts.append(_picture(small, left, y + row * (side + NAME + GAP) + NAME, side, 12))
    return "".join(parts)


def _picture(thumbnail: Thumbnail, x: float, y: float, side: float, letters: float) -> str:
    n = ink.number
    source = base64.b64encode(thumbnail.png).decode("ascii")
    image = (
        f'<image x="{n(x)}" y="{n(y)}" width="{n(side)}" height="{n(side)}" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{source}"/>'
    )
    frame = ink.rect(x, y, side, side, fill="none", stroke=GREY, stroke_width=0.8)
    return ink.text(x + side / 2, y - 5, thumbnail.name, "", letters) + image + frame
