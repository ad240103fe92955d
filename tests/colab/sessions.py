"""One notebook alone on a machine like Colab's: an empty folder, no course, and a repository to install it from."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.notebooknode import NotebookNode

from autograder.building.lesson import repository

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300  # for one cell
OURS = ("PYTHON", "VIRTUAL_ENV", "CONVCOURSE_", "NBGRADER_", "JUPYTER", "IPYTHON", "GIT_", "MPL")


def clone(folder: Path) -> Path:
    """A repository in `folder` with one commit: the course as it stands here, what is not committed yet included."""
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "convcourse",
            "autograder",
            "*.*",
            "LICENSE",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and name.split("/")[0] not in ("tests", "benchmarks", "docs"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    who = ("-c", "user.name=Course", "-c", "user.email=course@example.org", "-c", "commit.gpgsign=false")
    for words in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "The course"]):
        subprocess.run(["git", *words], cwd=folder, capture_output=True, check=True)
    return folder


def surroundings(python: Path, course: Path, home: Path, data: Path) -> dict[str, str]:
    """The environment variables of a machine whose git finds the course's repository in the folder `course`, and whose
    notebooks find their pictures in the folder `data`.

    The notebook asks for the repository by its public address. Git itself is told that this is where that address lies,
    so the cell that installs runs as it is handed out.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    kept |= {
        "HOME": str(home),
        "PATH": f"{python.parent}{os.pathsep}{kept['PATH']}",
        "IPYTHONDIR": str(home / "ipython"),
    }
    kept |= {"PIP_CACHE_DIR": str(home / "pip"), "XDG_CACHE_HOME": str(home / "cache"), "CONVCOURSE_DATA": str(data)}
    kept |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "COLAB_RELEASE_TAG": "release-colab-external"}
    kept |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "OMP_WAIT_POLICY": "PASSIVE"}
    kept |= {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # a debugger would say on stderr that it is unused
    instead = f"url.{course.as_uri()}.insteadOf", repository(ROOT)
    return kept | {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": instead[0], "GIT_CONFIG_VALUE_0": instead[1]}


def run(notebook: NotebookNode, python: Path, environment: dict[str, str], folder: Path) -> NotebookNode:
    """A notebook after all of its cells have run there, in `folder`, where its file is all there is.

    Raises nbclient's CellExecutionError for a cell that fails.
    """
    subprocess.run(
        [python, "-m", "pip", "uninstall", "--quiet", "--yes", "convcourse"],
        env=environment,
        capture_output=True,
        check=True,
    )  # every machine of Colab's begins without the course
    desk, specs = folder / "content", folder / "kernels" / "colab"
    desk.mkdir(parents=True)
    specs.mkdir(parents=True)
    (desk / "notebook.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    start = {"argv": [str(python), "-m", "colab_kernel_launcher", "-f", "{connection_file}"], "display_name": "Colab"}
    (specs / "kernel.json").write_text(json.dumps(start | {"language": "python"}), encoding="utf-8")
    kernel = AsyncKernelManager(
        kernel_name="colab",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specs.parent)], ensure_native_kernel=False),
        connection_file=str(folder / "kernel.json"),
        transport="ipc",
        ip=str(folder / "k"),
    )
    done = copy.deepcopy(notebook)
    client = NotebookClient(done, km=kernel, timeout=SECONDS, record_timing=False, coalesce_streams=True)
    client.owns_km = True
    with client.setup_kernel(cwd=str(desk), env=environment):
        for index, cell in enumerate(done.cells):
            if cell.cell_type == "code":
                client.execute_cell(cell, index)
    return done
