"""Still nbgrader: the formgrader's button marks in the sandbox, and what a person gave stays through every new run."""

from __future__ import annotations

import contextlib
import html.parser
import http.cookiejar
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from small_class import course
from test_grade import DOUBLING, LESS, RIGHT, hand_in, mark

from autograder.grading import account
from autograder.grading.course import nbgrader_api

pytestmark = pytest.mark.slow

PATIENCE = 180  # seconds for a server to start, or to mark one submission, on a busy machine
DIES = "import os\nos._exit(1)"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose class has been marked once."""
    root = course(tmp_path_factory.mktemp("formgrader") / "course", {"ada": RIGHT, "bela": LESS, "dora": DIES})
    mark(root)
    return root


@pytest.fixture(scope="module")
def ask(root: Path) -> Iterator[Callable[..., Any]]:
    """Put a question to the formgrader of a running Jupyter server, as its pages do."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment["JUPYTER_CONFIG_DIR"] = str(root.parent / "jupyter")
    environment["JUPYTER_RUNTIME_DIR"] = str(root.parent / "runtime")
    environment.pop("CONVCOURSE_MARKING_SEED", None)  # the server finds the secret of the class by itself
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def request(path: str, body: object = None, method: str = "") -> Any:
        data = None if body is None else json.dumps(body).encode()
        method = method or ("GET" if body is None else "POST")
        made = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, method=method)
        made.add_header("Authorization", f"token {token}")
        with opener.open(made, timeout=PATIENCE) as answer:
            text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers.get("Content-Type", "") or text[:1] in "[{" else text

    with (root.parent / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(urllib.error.URLError):
                request("/api/status")
                break
            assert server.poll() is None, (root.parent / "server.log").read_text()
            assert time.monotonic() < deadline, (root.parent / "server.log").read_text()
            time.sleep(0.3)
        yield request
    finally:
        server.terminate()
        server.wait(30)


def press_autograde(ask: Callable[..., Any], student: str) -> dict[str, Any]:
    """What the formgrader says when its button is pressed."""
    said = ask(f"/formgrader/api/submission/{DOUBLING}/{student}/autograde", {})
    assert said["success"], said
    return dict(said)


def listed(ask: Callable[..., Any], student: str) -> dict[str, Any]:
    (found,) = [each for each in ask(f"/formgrader/api/submissions/{DOUBLING}") if each["student"] == student]
    return dict(found)


def notebook_of(ask: Callable[..., Any], student: str) -> str:
    """The id of a student's notebook in the gradebook."""
    found = ask(f"/formgrader/api/submitted_notebooks/{DOUBLING}/{DOUBLING}")
    return str(next(each["id"] for each in found if each["student"] == student))


class Page(html.parser.HTMLParser):
    """A page as a browser takes it: its text, the sources of its scripts, and all attributes."""

    def __init__(self, source: str):
        super().__init__()
        self.text, self.scripts, self.attributes = "", list[str](), list[tuple[str, str]]()
        self._in_script = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data
        else:
            self.text += data


def test_the_button_marks_what_has_come_in_anew(root: Path, ask: Callable[..., Any]) -> None:
    assert listed(ask, "bela")["score"] == 0.5
    hand_in(
        root, "bela", DOUBLING, {"answer-double": RIGHT, "manual-why": "Says bela."}, file=f"Copy of {DOUBLING}.ipynb"
    )
    (root / "submitted" / "bela" / DOUBLING / f"{DOUBLING}.ipynb").unlink()
    press_autograde(ask, "bela")
    assert listed(ask, "bela")["score"] == 2
    marked = root / "autograded" / "bela" / DOUBLING / f"{DOUBLING}.ipynb"
    told = account.read(nbformat.read(marked, as_version=4).metadata)
    assert told.isolation == account.SANDBOX
    assert [remark.kind for remark in told.remarks] == ["file-name"]


def test_the_button_survives_what_kills_its_kernel(root: Path, ask: Callable[..., Any]) -> None:
    press_autograde(ask, "dora")
    assert listed(ask, "dora")["score"] == 0
    assert not listed(ask, "dora")["needs_manual_grade"] or listed(ask, "dora")["autograded"]


def test_the_pages_for_marking_by_hand_open_on_what_we_have_marked(root: Path, ask: Callable[..., Any]) -> None:
    page = Page(ask(f"/formgrader/submissions/{notebook_of(ask, 'ada')}/"))
    assert "Says ada." in page.text
    assert "def double(x):" in page.text
    assert page.scripts  # the formgrader's own: else the next test would prove nothing


def test_nothing_of_a_students_runs_in_the_formgrader(root: Path, ask: Callable[..., Any]) -> None:
    acts = """\
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML("<script>evil(1)</script><b onclick='evil(2)'>bold</b><iframe srcdoc='evil(3)'></iframe>"))
display(Javascript("evil(4)"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='evil(5)'><script>evil(6)</script></svg>"))
display(Markdown("<img src=x onerror='evil(7)'> [link](javascript:evil(8))"))
print("<script>evil(9)</script>")
"""
    path = hand_in(root, "mallory", DOUBLING, {"answer-double": f"{RIGHT}\n{acts}"})
    notebook = nbformat.read(path, as_version=4)
    told = "Mine <script>evil(10)</script><img src=x onerror='evil(11)'> [x](javascript:evil(12)) and $a<b$"
    told += "\n\n```\nfenced\n\n[y](javascript:evil(13))\n```\n\n    [z](javascript:evil(14))\n"
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(told, id="mine"))
    nbformat.write(notebook, path)
    press_autograde(ask, "mallory")
    assert listed(ask, "mallory")["score"] == 2
    page = Page(ask(f"/formgrader/submissions/{notebook_of(ask, 'mallory')}/"))
    assert "bold" in page.text
    assert "Mine" in page.text
    assert [script for script in page.scripts if "evil" in script] == []
    assert [value for name, value in page.attributes if name.startswith("on") and "evil" in value] == []
    assert [value for name, value in page.attributes if name in ("href", "src", "srcdoc") and "evil" in value] == []


def test_a_mark_that_a_person_gave_stays_through_every_new_run(root: Path, ask: Callable[..., Any]) -> None:
    notebook = notebook_of(ask, "ada")
    grades = {each["name"]: each for each in ask(f"/formgrader/api/grades?submission_id={notebook}")}
    for name, given in (("manual-why", 0.5), ("check-double", 1.25)):
        body = {"manual_score": given, "extra_credit": 0.25 if name == "check-double" else None}
        ask(f"/formgrader/api/grade/{grades[name]['id']}", body, "PUT")
    assert listed(ask, "ada")["score"] == 2

    hand_in(root, "ada", DOUBLING, {"answer-double": LESS, "manual-why": "Says ada, again."})
    press_autograde(ask, "ada")
    found = {each["name"]: each for each in ask(f"/formgrader/api/grades?submission_id={notebook}")}
    assert (found["check-double"]["auto_score"], found["check-double"]["manual_score"]) == (0.5, 1.25)
    assert found["check-double"]["extra_credit"] == 0.25
    assert found["manual-why"]["manual_score"] == 0.5
    assert found["manual-why"]["needs_manual_grade"]  # the work has changed: a person should look again
    assert listed(ask, "ada")["score"] == 2

    mark(root, force=True)
    found = {each["name"]: each for each in ask(f"/formgrader/api/grades?submission_id={notebook}")}
    assert (found["check-double"]["manual_score"], found["manual-why"]["manual_score"]) == (1.25, 0.5)


def test_late_penalties_and_feedback_are_nbgraders_own(root: Path, ask: Callable[..., Any]) -> None:
    with (root / "nbgrader_config.py").open("a") as config:
        config.write("c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    with nbgrader_api(root).gradebook as gradebook:
        gradebook.update_or_create_assignment(DOUBLING, duedate="2026-01-01 00:00:00")
        gradebook.db.commit()
    (root / "submitted" / "bela" / DOUBLING / "timestamp.txt").write_text("2026-01-03 00:00:00 UTC")
    mark(root)
    with nbgrader_api(root).gradebook as gradebook:
        late = gradebook.find_submission(DOUBLING, "bela")
        assert late.total_seconds_late == 2 * 86400
        assert (late.score, late.late_submission_penalty) == (2, 2)
        assert gradebook.find_submission(DOUBLING, "dora").late_submission_penalty == 0
    said = ask(f"/formgrader/api/assignment/{DOUBLING}/bela/generate_feedback", {})
    assert said["success"], said
    page = (root / "feedback" / "bela" / DOUBLING / f"{DOUBLING}.html").read_text()
    assert "late" in page
    assert "marked without a sandbox" not in page.casefold()
