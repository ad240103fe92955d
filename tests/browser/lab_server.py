"""A JupyterLab server for tests: settings, kernels and caches of its own, so that nobody's own matter or change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

PROGRAMS = Path(sys.executable).parent
QUICK = Path(__file__).with_name("quick_kernel.py")
START = 120  # seconds, on a busy machine

# What JupyterLab would ask the network for by itself.
SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
}


@dataclass(frozen=True)
class Server:
    """A running server: its address, the folder that it shows, and the file that it writes its log to."""

    url: str
    folder: Path
    log: Path


@contextmanager
def running(folder: Path, place: Path, data: Path | None = None) -> Iterator[Server]:
    """JupyterLab on `folder`; `place` is an empty folder for all that it keeps.

    `data` holds the data sets of the kernels, which then train quickly (see quick_kernel.py).
    """
    own = place / "own"
    for name, settings in SETTINGS.items():
        file = own / "settings" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    log = place / "server.log"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(str(PROGRAMS / "jupyter-lab"), "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"),
        # No token: only this machine can ask, and only while the tests run.
        *("--IdentityProvider.token=", "--ServerApp.password="),
        *("--expose-app-in-browser", "--LabApp.news_url=", "--LabApp.extension_manager=readonly"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(own, data), stdout=out, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, url, log)
            yield Server(url, folder, log)
        finally:
            process.terminate()  # it ends its kernels first
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment(own: Path, data: Path | None) -> dict[str, str]:
    folders = {
        "JUPYTER_CONFIG_DIR": own / "config",
        "JUPYTER_DATA_DIR": own / "data",
        "JUPYTER_RUNTIME_DIR": own / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": own / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": own / "workspaces",
        "IPYTHONDIR": own / "ipython",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    if data:
        startup = own / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        shutil.copy(QUICK, startup)
    kept = {key: value for key, value in os.environ.items() if key not in ("NBGRADER_EXECUTION", "MPLBACKEND")}
    return {
        **kept,
        **{key: str(value) for key, value in folders.items()},
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "CONVCOURSE_DATA": str(data or "sample"),
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/api/status", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")
