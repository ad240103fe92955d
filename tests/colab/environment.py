"""An environment like Colab's, made once and kept in the user's cache: its Python, IPython, ipykernel and ipywidgets.

PyTorch and what it needs are links into the environment that runs the tests, and nothing else of that one can be
imported: five gigabytes are not installed twice. Where the Pythons differ, what is compiled for the other one is
installed for this one, in the same versions.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MACHINE = Path(__file__).parent / "machine"  # what else a kernel finds there: google.colab, and what starts it
PYTHON = (3, 12)  # Colab's
# What a notebook meets there, as Colab ships it, and what these versions are kept working by.
SHIPPED = (
    *("ipython==7.34.0", "ipykernel==6.17.1", "jupyter-client==7.4.9", "traitlets==5.7.1", "pyzmq==26.2.1"),
    *("tornado==6.5.1", "numpy==2.0.2", "matplotlib==3.10.0", "pillow==11.3.0", "torchsummary==1.5.1"),
    *("pip==24.1.2", "setuptools==75.2.0"),
)
# Asked for the packages that it needs, it would bring a whole Jupyter of long ago.
ALONE = ("ipywidgets==7.7.1", "ipython-genutils==0.2.0")
SHARED = ("torch", "torchvision")
UNUSED = frozenset({"triton"})  # large, compiled, and asked for by torch.compile alone
# Read before the tests set a cache of their own.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "convcourse" / "colab"


@cache
def base_python() -> Path:
    """A Python of Colab's version if this machine has one: $COLAB_PYTHON, on the path, or pyenv's. Else our own."""
    named = os.environ.get("COLAB_PYTHON", "")
    if named:
        return Path(named)
    name = f"python{PYTHON[0]}.{PYTHON[1]}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    kept = sorted(pyenv.glob(f"{PYTHON[0]}.{PYTHON[1]}.*/bin/python"))
    for candidate in (shutil.which(name), *kept):
        if candidate and version_of(Path(candidate))[:2] == PYTHON:
            return Path(candidate)
    return Path(sys.executable)


@cache
def version_of(python: Path) -> tuple[int, ...]:
    """The version of a Python that can make environments; nothing for one that cannot, or is none."""
    asked = "import ensurepip, sys, venv; print(*sys.version_info[:3])"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else ()


def colab_python() -> Path:
    """The Python of the environment, which is made first where it is not there yet: a minute or two."""
    place = CACHE / _key()
    python = place / "bin" / "python"
    if not (place / ".made").is_file():
        shutil.rmtree(CACHE, ignore_errors=True)  # of another version, or half made
        place.mkdir(parents=True)
        _make(place, python)
        (place / ".made").touch()
    return python


def _key() -> str:
    told = [*SHIPPED, *ALONE, *map(str, version_of(base_python()))]
    told += [sys.prefix, *(f"{name}=={importlib.metadata.version(name)}" for name in SHARED)]
    return hashlib.sha256("\n".join([*told, Path(__file__).read_text(encoding="utf-8")]).encode()).hexdigest()[:16]


def _make(place: Path, python: Path) -> None:
    _run(str(base_python()), "-m", "venv", str(place))
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, *SHIPPED)
    _run(*pip, "--no-deps", *ALONE)
    (packages,) = place.glob("lib/python*/site-packages")
    compiled = []
    for distribution in shared():
        name, files = canonicalize_name(distribution.name), distribution.files or ()
        if any(canonicalize_name(pinned.split("==")[0]) == name for pinned in SHIPPED):
            continue
        if not _fits(distribution):
            compiled += [f"{name}=={distribution.version}"] * (name not in UNUSED)
            continue
        for top in sorted({file.parts[0] for file in files} - {"..", "__pycache__"}):
            link = packages / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))))
    if compiled:
        _run(*pip, "--no-deps", *compiled)
    for part in MACHINE.iterdir():
        (packages / part.name).symlink_to(part)


def _fits(distribution: importlib.metadata.Distribution) -> bool:
    """Whether what is installed for our Python can be used by the other one."""
    if version_of(base_python())[:2] == sys.version_info[:2]:
        return True
    tags = re.findall(r"^Tag: (\S+?)-", distribution.read_text("WHEEL") or "", re.MULTILINE)
    return bool(tags) and all(tag.startswith(("py2", "py3")) for tag in tags)


def shared() -> list[importlib.metadata.Distribution]:
    """PyTorch and all that it needs, as they are installed here."""
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset()) for name in SHARED]
    met = set(waiting)
    for name, extras in waiting:
        for line in importlib.metadata.requires(name) or ():
            need = Requirement(line)
            wanted = canonicalize_name(need.name), frozenset(need.extras)
            asked = need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras})
            if asked and wanted not in met:
                met.add(wanted)
                waiting.append(wanted)
    return [importlib.metadata.distribution(name) for name in dict.fromkeys(name for name, _ in waiting)]


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
