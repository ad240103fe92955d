"""A notebook from top to bottom in a real sandbox: what fails is a mark and a sentence, and the rest is marked."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.checks import CHECKS
from autograder.checks.standing import WHILE_MARKING
from autograder.grading import account, kernels
from autograder.grading.kernels import Kernel
from autograder.grading.limits import LIMITS
from autograder.grading.outputs import Outputs
from autograder.grading.remote import NoAnswerError
from autograder.grading.running import run
from autograder.grading.sandbox import Sandbox

QUICK = replace(LIMITS, cell_seconds=4, ask_seconds=4, check_seconds=10, notebook_seconds=60, grace_seconds=1)
SIZE = """\
def output_size(n, f, p, s):
    if s < 1 or p < 0 or f > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - f) // s + 1
"""
CALLED = SIZE.replace("    return", "    {}\n    return")  # does something else when it is called


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


def cell(source, grade_id="", **about):
    if not grade_id:
        return new_code_cell(source)
    base = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}
    return new_code_cell(source, metadata={"nbgrader": base | {"grade_id": grade_id} | about})


def answer(source, name="output-size"):
    return cell(source, f"answer-{name}", solution=True)


def check(name="output-size"):
    return cell(f'check("{name}")', f"check-{name}", grade=True, locked=True, points=CHECKS[name].points)


def notebook(*cells):
    first = cell("import numpy as np, torch\nimport torch.nn.functional as F\nfrom autograder.checks import check")
    return new_notebook(cells=[first, *(new_code_cell(each) if isinstance(each, str) else each for each in cells)])


@pytest.fixture
def mark(sandbox):
    return lambda *cells, limits=QUICK, seed="secret": run(notebook(*cells), sandbox, seed, limits)


def points(marked, name="output-size"):
    (found,) = [each for each in marked.cells if each.metadata.get("nbgrader", {}).get("grade_id") == f"check-{name}"]
    (output,) = found.outputs
    assert output.output_type == "execute_result"
    return float(output.data["text/plain"])


def kinds(marked):
    return [incident.kind for incident in account.read(marked.metadata).incidents]


def shown(marked, place):
    outputs = marked.cells[place].outputs
    return "".join(output.get("text", "") or output.get("evalue", "") for output in outputs)


def test_a_right_answer_has_its_points_and_outputs_are_kept(mark):
    marked = mark(answer(SIZE), "print('hello'); output_size(6, 3, 0, 1)", check())
    assert points(marked) == 2
    assert [output.output_type for output in marked.cells[2].outputs] == ["stream", "execute_result"]
    assert marked.cells[2].outputs[1].data["text/plain"] == "4"
    assert "✓ Right" in marked.cells[3].outputs[0].data["text/html"]
    kept = account.read(marked.metadata)
    assert [(judged.check, judged.outcome, judged.points) for judged in kept.judged] == [("output-size", "right", 2)]
    assert kept.incidents == ()
    assert kept.isolation == account.SANDBOX
    nbformat.validate(marked)


def test_a_wrong_answer_is_told_its_misconception(mark):
    marked = mark(answer(SIZE.replace("2 * p - f", "p - f")), check())
    assert 0 <= points(marked) < 2
    (judged,) = account.read(marked.metadata).judged
    assert (judged.outcome, judged.finding) == ("partly", "padding-once")


def test_a_call_that_no_search_of_the_source_finds_is_heard(mark):
    source = "tools = []\ntools.append(F.conv2d)\ndef conv2d_multi(x, w, b): return tools[0](x[None], w, b)[0]"
    marked = mark(answer(source, "conv2d-multi"), check("conv2d-multi"))
    assert points(marked, "conv2d-multi") == CHECKS["conv2d-multi"].points
    (incident,) = account.read(marked.metadata).incidents
    assert (incident.kind, incident.cell, incident.for_human) == ("forbidden", "answer-conv2d-multi", True)
    assert "was heard to call `conv2d`" in incident.text
    assert "asks for code of your own" in marked.cells[-1].outputs[0].data["text/html"]


def test_a_stub_is_not_attempted(mark):
    marked = mark(answer("def output_size(n, f, p, s):\n    raise NotImplementedError"), check())
    assert points(marked) == 0
    assert account.read(marked.metadata).judged[0].outcome == "not attempted"


def test_the_source_of_a_check_cell_is_never_run_and_its_outputs_are_ours(mark):
    marked = mark(answer(SIZE), "def check(name): return 1000", check())
    assert points(marked) == 2


@pytest.mark.parametrize(
    "fatal",
    [
        "import os; os._exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
        "import os; os.abort()",
    ],
)
def test_after_a_cell_that_kills_its_kernel_the_rest_is_marked_in_a_fresh_one(mark, fatal):
    marked = mark("x = 7", answer(SIZE), fatal, check(), "print(x)")
    assert points(marked) == 2
    assert kinds(marked) == ["died"]
    assert "ended its own Python process" in shown(marked, 3)
    assert shown(marked, 5) == "7\n"


def test_a_cell_that_kills_its_kernel_once_is_tried_again(mark):
    # what an earlier cell has left behind may strike a cell that has done nothing
    later = "import os, threading, time\nthreading.Thread(target=lambda: (time.sleep(0.7), os._exit(1))).start()"
    marked = mark(later, "import time; time.sleep(1.2)", answer(SIZE), check())
    assert points(marked) == 2


def test_exit_ends_nothing(mark):
    marked = mark("exit()", "quit()", "raise SystemExit(3)", answer(SIZE), check())
    assert points(marked) == 2
    assert "died" not in kinds(marked)


@pytest.mark.parametrize(
    "endless",
    ["while True: pass", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"],
)
def test_an_endless_loop_is_stopped_and_said(mark, endless):
    began = time.monotonic()
    marked = mark(answer(SIZE), endless, check(), limits=replace(QUICK, cell_seconds=1))
    assert points(marked) == 2
    assert kinds(marked) == ["timeout"]
    assert "look for a loop that never ends" in shown(marked, 2)
    assert time.monotonic() - began < 20


LONG = """\
import time
end = time.monotonic() + 2
while time.monotonic() < end:
    try:
        while time.monotonic() < end:
            pass
    except KeyboardInterrupt:
        pass
print("through")"""


def test_a_long_cell_is_stopped(mark):
    marked = mark(answer(SIZE), LONG, check(), limits=replace(QUICK, cell_seconds=0.5, grace_seconds=0.5))
    assert points(marked) == 2
    assert kinds(marked) == ["timeout"]
    assert "through" not in shown(marked, 2)


@pytest.mark.parametrize("more", ["cell_seconds", "grace_seconds"])
def test_the_long_cell_goes_through_with_more_time(mark, more):
    limits = replace(QUICK, cell_seconds=0.5, grace_seconds=0.5)
    marked = mark(answer(SIZE), LONG, check(), limits=replace(limits, **{more: 10}))
    assert shown(marked, 2).startswith("through\n")


SLOW = CALLED.format("import time; time.sleep(SLOW.pop() if SLOW else 0)")


@pytest.mark.parametrize(("limit", "naps"), [("ask_seconds", [1.5]), ("check_seconds", [0.4] * 4)])
def test_a_function_that_takes_long_is_stopped_and_goes_through_with_more_time(mark, limit, naps):
    cells = answer(SLOW), f"SLOW = {naps}", check()
    marked = mark(*cells, limits=replace(QUICK, **{limit: 1}))
    assert points(marked) < 2
    assert points(mark(*cells)) == 2


@pytest.mark.parametrize(
    ("does", "kind"),
    [
        ("while True: pass", "timeout"),
        ("__import__('os')._exit(1)", "died"),
        ("__import__('ctypes').string_at(0)", "died"),
    ],
)
def test_a_function_that_goes_wrong_when_it_is_asked_costs_its_own_exercise(mark, does, kind):
    marked = mark(answer(CALLED.format(does)), check(), "print('on')", limits=replace(QUICK, ask_seconds=1))
    assert points(marked) == 0
    assert kind in kinds(marked)
    assert shown(marked, 3) == "on\n"


def test_too_much_memory_is_stopped_and_said(mark):
    hog = "import numpy as np\nkept = []\nfor _ in range(100):\n    kept.append(np.ones(25_000_000))"
    limits = replace(QUICK, cell_seconds=30, resident=1_500_000_000)
    marked = mark(answer(SIZE), hog, check(), limits=limits)
    assert points(marked) == 2
    assert shown(marked, 2)  # either Python's own MemoryError or our sentence


def test_a_flood_is_cut_and_costs_no_memory_here(mark):
    flood = "line = 'x' * 10_000\nwhile True:\n    print(line)"
    marked = mark(answer(SIZE), flood, check(), limits=replace(QUICK, cell_seconds=10))
    assert points(marked) == 2
    assert kinds(marked)[0] in ("flood", "timeout")
    assert sum(len(output.get("text", "")) for output in marked.cells[2].outputs) < 300_000
    nbformat.validate(marked)


PRINTS = "for _ in range(2000):\n    print('x' * 10_000, flush=True)"


def test_too_much_output_is_cut(mark):
    marked = mark(answer(SIZE), PRINTS, check())
    assert points(marked) == 2
    assert kinds(marked) == ["flood"]
    assert sum(len(output.get("text", "")) for output in marked.cells[2].outputs) < 300_000


def test_as_much_output_is_kept_with_higher_limits(mark):
    limits = replace(QUICK, cell_seconds=30, cell_output=100_000_000, notebook_output=100_000_000)
    marked = mark(answer(SIZE), PRINTS, check(), limits=limits)
    assert kinds(marked) == []
    assert sum(len(output.get("text", "")) for output in marked.cells[2].outputs) > 10_000_000


def test_input_is_refused_and_said(mark):
    marked = mark("name = input('Who? ')", answer(SIZE), check())
    assert points(marked) == 2
    assert kinds(marked) == ["input"]


def test_warnings_and_prints_cost_nothing(mark):
    noisy = CALLED.format("import sys, warnings; print('x'); print('y', file=sys.stderr); warnings.warn('w')")
    assert points(mark(answer(noisy), check())) == 2


def test_a_cell_may_await(mark):
    slow = "import asyncio\n\nasync def late(size):\n    await asyncio.sleep(0.01)\n    return size\n\n"
    waits = f"{SIZE}\n{slow}output_size, again = await asyncio.gather(late(output_size), late(1))"
    assert points(mark(answer(waits), check())) == 2


@pytest.mark.parametrize(
    "vandal",
    [
        "%reset -f",
        "import builtins\nfor name in ('len', 'isinstance', 'print'): delattr(builtins, name)",
        "import sys; sys.stdout = sys.stderr = None",
        "np = torch = check = list = dict = None",
        "import sys; sys.modules.clear()",
        "get_ipython().ast_transformers.append(None)",
    ],
)
def test_what_else_a_notebook_breaks_costs_nothing(mark, vandal):
    marked = mark(vandal, answer(SIZE), check())
    kept = account.read(marked.metadata)
    assert points(marked) == 2, (kept, shown(marked, 1), shown(marked, 2))


def test_a_graded_cell_that_is_no_check_is_run_as_nbgrader_would(mark):
    graded = partial(cell, grade=True, locked=True, points=1)
    marked = mark("x = 2", graded("assert x == 2", "own-right"), graded("assert x == 3", "own-wrong"))
    assert [[output.output_type for output in each.outputs] for each in marked.cells[2:]] == [[], ["error"]]


def test_many_endless_loops_leave_time_for_the_rest(mark):
    limits = replace(QUICK, cell_seconds=4)
    began = time.monotonic()
    marked = mark(*["while True: pass"] * 3, answer(SIZE), check(), limits=limits)
    assert points(marked) == 2
    assert time.monotonic() - began < 30


def test_when_the_time_for_the_notebook_is_over_the_rest_is_said_to_be_unjudged(mark):
    limits = replace(QUICK, notebook_seconds=3, cell_seconds=10)
    marked = mark("import time; time.sleep(5)", answer(SIZE), check(), limits=limits)
    assert points(marked) == 0
    assert "stopped" in kinds(marked)
    assert account.read(marked.metadata).incidents[-1].for_human


def test_with_more_time_for_the_notebook_the_rest_is_judged(mark):
    marked = mark("import time; time.sleep(5)", answer(SIZE), check(), limits=replace(QUICK, cell_seconds=10))
    assert points(marked) == 2


@pytest.mark.parametrize(("restarts", "earned"), [(1, 0), (20, 2)])
def test_a_notebook_has_only_so_many_kernels(mark, restarts, earned):
    marked = mark(*["import os; os._exit(1)"] * 2, answer(SIZE), check(), limits=replace(QUICK, restarts=restarts))
    assert points(marked) == earned
    assert ("stopped" in kinds(marked)) is (earned == 0)


# A thread that goes on between the cells, and puts its own function in the place of the one that judges.
SWAPS = """\
import threading, time
class Full:
    def __repr__(self):
        return "2.0"
def swap():
    while True:
        get_ipython().user_ns["check"] = lambda name: Full()
        time.sleep(0.001)
threading.Thread(target=swap, daemon=True).start()
time.sleep(0.1)"""
WRONG = "def output_size(n, f, p, s):\n    return 0"


def test_a_thread_that_goes_on_between_cells_changes_no_mark(mark):
    assert points(mark(SWAPS, answer(WRONG), check())) == 0


def test_the_thread_changes_what_is_judged_in_the_kernel(mark):
    marked = mark(SWAPS, answer(WRONG), 'check("output-size")')  # no cell of the release, so it is run
    assert marked.cells[3].outputs[0].data["text/plain"] == "2.0"


def test_markdown_is_left_alone(sandbox):
    made = notebook(answer(SIZE), check())
    made.cells.insert(1, new_markdown_cell("# Title"))
    marked = run(made, sandbox, "", QUICK)
    assert marked.cells[1].source == "# Title"
    assert made.cells[0].outputs == []  # what was handed over stays as it was


def test_much_that_is_printed_at_once_is_cut_not_lost(mark):
    marked = mark("print('begin' + 'é' * 15_000_000)", "print('on')")
    assert shown(marked, 1).startswith("beginééé")
    assert LIMITS.cell_output < len(shown(marked, 1)) < LIMITS.cell_output + 200
    assert kinds(marked) == ["flood"]
    assert shown(marked, 2) == "on\n"


def test_what_a_cell_breaks_that_running_it_needs_is_its_error(mark):
    marked = mark("def broken(*_, **__): raise RuntimeError('no more')\nget_ipython().run_cell_async = broken", "1 + 1")
    assert shown(marked, 2) == "no more"
    assert marked.cells[2].outputs[0].ename == "RuntimeError"


def test_a_storm_of_processes_is_over_when_its_cell_is(mark):
    storm = "import os, time\nfor _ in range(40):\n    if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)"
    marked = mark(
        "x = 7", storm, answer(SIZE), check(), "print(x, len([n for n in os.listdir('/proc') if n.isdigit()]))"
    )
    assert points(marked) == 2
    assert kinds(marked) == []
    assert shown(marked, 5) == "7 2\n"


def test_a_kernel_that_stops_a_moment_after_a_cell_costs_no_other(mark):
    marked = mark(answer(SIZE), "import asyncio\nasyncio.get_event_loop().stop()", check(), "print('on')")
    assert points(marked) == 2
    assert [incident.cell for incident in account.read(marked.metadata).incidents] == ["cell 3"]
    assert shown(marked, 4) == "on\n"


# A cell that speaks with the grader by itself, over the kernel's own sockets.
SPEAKS = """\
import resource
import time
kernel = get_ipython().kernel
names = kernel._parent_ident
ident = names.get("shell") if hasattr(names, "get") else names
shell = getattr(kernel.shell_stream, "socket", kernel.shell_stream)
"""


def test_a_message_that_ends_the_connection_does_not_hold_up_the_grader(mark):
    too_large = 'shell.send_multipart([*ident, b"<IDS|MSG>", b"x" * 33_000_000]); time.sleep(0.5)'
    reply = 'kernel.session.send(shell, "execute_reply", {"status": "ok"}, kernel.get_parent(), ident=ident)'
    began = time.monotonic()
    marked = mark(answer(SIZE), f"{SPEAKS}{reply}\n{too_large}", check(), "print('on')")
    assert points(marked) == 2
    assert shown(marked, 4) == "on\n"
    assert time.monotonic() - began < 40


def test_messages_of_very_many_parts_are_left_unread(mark):
    bomb = """\
import hashlib, hmac, json
parent = json.dumps({"msg_id": kernel.get_parent()["header"]["msg_id"]}).encode()
header = json.dumps({"msg_id": "1", "username": "", "session": "", "date": "", "msg_type": "display_data"}).encode()
body = [header, parent, b"{}", b'{"a":[' + b"{}," * 3_000_000 + b"0]}"]
signed = hmac.new(kernel.session.key, digestmod=hashlib.sha256)
for part in body:
    signed.update(part)
for _ in range(5):
    kernel.iopub_socket.send_multipart([b"x", b"<IDS|MSG>", signed.hexdigest().encode(), *body])
print("sent")
"""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    marked = mark(answer(SIZE), SPEAKS + bomb, check())
    assert points(marked) == 2
    assert shown(marked, 2) == "sent\n"
    assert kinds(marked) == ["flood"], "what was left out is told"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kB; one such list has 300 MB


def test_points_that_an_empty_answer_has_are_told(mark):
    stub = "def output_size(n, f, p, s):\n    # YOUR CODE HERE\n    raise NotImplementedError"
    later = f"{SIZE}\nwell = output_size\ndef after(result):\n    get_ipython().user_ns['output_' + 'size'] = well\n"
    marked = mark(f"{later}get_ipython().events.register('post_run_cell', after)", answer(stub), check())
    assert points(marked) == 2
    (incident,) = account.read(marked.metadata).incidents
    assert "its answer cell is empty" in incident.text
    assert incident.for_human


def test_an_answer_whose_cell_was_stopped_is_not_called_misspelt(mark):
    marked = mark(answer(f"while True: pass\n{SIZE}"), check(), limits=replace(QUICK, cell_seconds=1))
    (judged,) = account.read(marked.metadata).judged
    assert (judged.points, judged.finding) == (0, "timeout")
    assert "look for a loop that never ends" in marked.cells[2].outputs[0].data["text/html"]


def test_the_table_at_the_end_says_nothing_of_points_while_marking(mark):
    marked = mark(answer(SIZE), check(), 'from autograder.checks import progress\n\nprogress("02_convolution")')
    (output,) = marked.cells[-1].outputs
    assert output.data["text/plain"] == WHILE_MARKING
    assert [one.points for one in account.read(marked.metadata).judged] == [CHECKS["output-size"].points]


def test_a_cell_that_failed_is_named_where_its_name_is_missing(mark):
    marked = mark(answer("def output_size(n, f, p, s)\n    return n"), check())
    html = marked.cells[-1].outputs[0].data["text/html"]
    assert html.count("The cell of this answer stopped with SyntaxError, so what it should define is not there.") == 1
    assert "<table" not in html
    named = "class Own_Error(Exception): pass\nOwn_Error.__name__ = '✓ Right'\nraise Own_Error"
    html = mark(answer(named), check()).cells[-1].outputs[0].data["text/html"]
    assert "The cell of this answer stopped with an error, so" in html


def test_an_error_is_told_by_the_line_that_the_student_wrote(mark):
    marked = mark(
        "def helper(n):\n    return torch.ones(n).reshape(n, -7)", answer(CALLED.format("helper(n)")), check()
    )
    html = marked.cells[-1].outputs[0].data["text/html"]
    assert "It stopped with RuntimeError in line 2, <code>return torch.ones(n).reshape(n, -7)</code>: “" in html


# --- what a kernel says -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reply", "alive"), [(1_000_000, False), (64_000_000, True)])
def test_a_message_may_only_be_so_large(sandbox, reply, alive):
    send = "kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'x' * 2_000_000])"
    with Kernel(sandbox, replace(QUICK, reply=reply, grace_seconds=1)) as kernel:
        outputs = Outputs(QUICK, QUICK.notebook_output)
        kernel.execute(f"kernel = get_ipython().kernel\nprint('before')\n{send}", 5, outputs)
        assert (kernel._heard > 2_000_000) is alive


# What a function may do to the sockets on which the judge asks it.
QUESTIONS = """\
import os
import socket
def each(does):
    for number in range(3, 256):
        try:
            with socket.socket(fileno=os.dup(number)) as copy:
                if str(copy.getsockname()).endswith("-6") and copy.getsockopt(socket.SOL_SOCKET, 30) == 0:
                    does(number)
        except OSError:
            pass
"""


def test_what_answers_no_question_earns_nothing_and_is_told(mark):
    junk = CALLED.format("each(lambda number: os.write(number, b'x' * 100))")
    marked = mark(QUESTIONS, answer(junk), check(), "print('on')")
    assert points(marked) == 0
    assert "attack" in kinds(marked)
    assert shown(marked, 4) == "on\n"
    assert "no usable answer" in marked.cells[3].outputs[0].data["text/html"]


def test_a_function_that_closes_the_judges_socket_earns_nothing(mark):
    marked = mark(QUESTIONS, answer(CALLED.format("each(os.close)")), check(), "print('on')")
    assert points(marked) == 0
    assert "died" in kinds(marked)
    assert shown(marked, 4) == "on\n"


def test_an_answer_may_only_be_so_large(sandbox):
    outputs = Outputs(QUICK, QUICK.notebook_output)
    with Kernel(sandbox, replace(QUICK, reply=1_000_000)) as kernel:
        large = "get_ipython().kernel._answer = lambda request, names: b'x' * int(request)"
        kernel.execute(large, 5, outputs)
        assert len(kernel.ask(b"1000000", 5)) == 1_000_000
        with pytest.raises(NoAnswerError, match="too-large"):
            kernel.ask(b"1000001", 5)
        assert not kernel.alive


@pytest.mark.parametrize("lifted", [False, True])
def test_a_message_may_only_have_so_many_parts(monkeypatch, lifted):
    frames = [
        b"<IDS|MSG>",
        b"",
        b'{"msg_type": "other", "msg_id": "1"}',
        b"{}",
        b"{}",
        b'{"a": [' + b"{}," * 300_000 + b"0]}",
    ]
    if lifted:
        monkeypatch.setattr(kernels, "MOST_PARTS", 10**9)
        assert len(kernels._message(frames).content["a"]) == 300_001
    else:
        with pytest.raises(ValueError, match="too much"):
            kernels._message(frames)
