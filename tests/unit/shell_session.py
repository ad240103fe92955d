"""Cells typed into an IPython shell, whichever version runs this: what each check then shows, as JSON.

A program of its own, for it is run by the Python of another environment as well. It needs IPython and the course alone.
"""

import contextlib
import io
import json
import sys

import IPython
from IPython.core.interactiveshell import InteractiveShell

CELLS = {
    "setup": "import numpy as np\nimport torch\nfrom autograder.checks import check, progress",
    "inside torch": "def pad2d(image, p):\n    # two tensors\n    return torch.cat([image, p])",
    "in a helper": "def helper(image):\n    size = len(image)\n    return np.zeros(size).reshape(2, -5)",
    "calls the helper": "def conv2d_valid(image, kernel):\n    return helper(image)",
    "decorated": "@torch.no_grad()\ndef conv2d_multi(x, w, b):\n    return x[99]",
    "no python": "x = 1\ndef conv2d(image, kernel, stride, padding)\n    return image",
    "right": "def output_size(n, f, p, s):\n    if s < 1 or p < 0 or f > n + 2 * p:\n"
    "        raise ValueError('no window fits')\n    return (n + 2 * p - f) // s + 1",
}
CHECKS = ("pad2d", "conv2d-valid", "conv2d-multi", "conv2d", "output-size")
LATER = "uses = missing_name + 1"  # its own error comes after the other one


def shown(shell: InteractiveShell, source: str) -> dict[str, str]:
    """What a cell's value looks like: mime type → content."""
    with contextlib.redirect_stdout(io.StringIO()):  # the shell's own, with addresses and colours
        result = shell.run_cell(source, store_history=True)
    data, _ = shell.display_formatter.format(result.result)
    return dict(data)


def main() -> None:
    """Run the cells and print what came."""
    shell = InteractiveShell.instance()
    shell.display_formatter.active_types = ["text/plain", "text/html"]
    for source in CELLS.values():
        shown(shell, source)
    said = {name: shown(shell, f'check("{name}")') for name in CHECKS}
    shown(shell, LATER)
    said["pixel-uses"] = shown(shell, 'check("pixel-uses")')
    said["progress"] = shown(shell, 'progress("02_convolution")')
    json.dump({"version": IPython.version_info[:2], "said": said}, sys.stdout)


if __name__ == "__main__":
    main()
