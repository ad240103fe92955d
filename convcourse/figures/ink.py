"""The pencil case of `svg`: colours, lettering and the few shapes that everything is drawn with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)  # M. Okabe and K. Ito's palette: its colours stay apart for every kind of colour vision
PALETTE = (SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILLION, BLUE)
INK, GREY, PALE = "#1B2733", "#5A6673", "#D3DAE1"

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Ubuntu,Cantarell,'Helvetica Neue',Arial,sans-serif"
STYLE = (
    f"svg{{font-family:{FONT};fill:{INK};text-anchor:middle;font-variant-numeric:tabular-nums}}"
    f".b{{font-weight:700}}.t{{font-weight:600;font-size:13px}}.s{{font-size:12px;fill:{GREY}}}"
    f".i{{font-style:italic;fill:{GREY}}}.f{{fill:#8B95A1}}.n{{fill:{BLUE};font-weight:600;text-anchor:end}}"
    ".w{font-size:15px}.o{font-size:24px}"
)
HATCH = (
    '<pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M0 0v6" stroke="#B9C2CB" stroke-width="1.6"/></pattern>'
    '<pattern id="x" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
    f'<path d="M0 0v7" stroke="{VERMILLION}" stroke-width="2" opacity=".65"/></pattern>'
)

_NARROW = set("iljtfrI.,:;|'!()[]/· ")
_WIDE = set("mwMWO%@⊗→←≈∞=+−×≠")


def number(x: float) -> str:
    """A coordinate with one fixed decimal at most, so that the same scene gives the same bytes everywhere."""
    text = f"{x:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Pixels that a line of text takes, on the safe side: no reader's font is known."""
    ems = math.fsum(0.36 if c in _NARROW else 0.86 if c in _WIDE else 0.7 if c.isupper() else 0.63 for c in text)
    return ems * size * (1.09 if bold else 1.0)


def wrapped(text: str, size: float, width: float, bold: bool = False) -> tuple[str, ...]:
    """Text in lines no wider than `width` pixels, broken at spaces."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, size, bold) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return tuple(line for line in lines if line)


def text(x: float, y: float, words: str, style: str = "", size: float = 0, anchor: str = "", turned: float = 0) -> str:
    """Words with the middle of their baseline at (x, y); `anchor` start or end moves them aside.

    `turned` are degrees clockwise around (x, y).
    """
    attributes = f' class="{style}"' if style else ""
    own = [f"font-size:{number(size)}px"] if size else []
    own += [f"text-anchor:{anchor}"] if anchor else []
    attributes += f' style="{";".join(own)}"' if own else ""
    attributes += f' transform="rotate({number(turned)} {number(x)} {number(y)})"' if turned else ""
    return f'<text x="{number(x)}" y="{number(y)}"{attributes}>{escape(words, quote=False)}</text>'


def rect(x: float, y: float, width: float, height: float, corner: float = 0, **style: str | float) -> str:
    """A rectangle; underscores in attribute names stand for hyphens."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f"<rect {place}{_rounded(corner)}{_attributes(style)}/>"


def path(d: str, **style: str | float) -> str:
    """A path."""
    return f'<path d="{d}"{_attributes(style)}/>'


def squares(places: Iterable[tuple[float, float]], width: float, height: float, **style: str | float) -> str:
    """Many equal rectangles with the same look in one path, which keeps large matrices small."""
    w, h = number(width), number(height)
    return path("".join(f"M{number(x)} {number(y)}h{w}v{h}h-{w}z" for x, y in places), **style)


def tint(colour: str, strength: float) -> str:
    """A colour thinned with white: strength 0 is white, 1 the colour itself."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (channel - 255) * strength):02X}" for channel in channels)


def group_colour(group: int) -> str:
    """The tint of the group with this number, from 0; the palette comes round again, paler."""
    return tint(PALETTE[group % len(PALETTE)], (0.6, 0.35, 0.8)[group // len(PALETTE) % 3])


def _rounded(corner: float) -> str:
    return f' rx="{number(corner)}"' if corner else ""


def _attributes(style: dict[str, str | float]) -> str:
    def shown(value: str | float) -> str:
        return value if isinstance(value, str) else number(value)

    return "".join(f' {name.replace("_", "-")}="{shown(value)}"' for name, value in style.items())
