"""A notebook in JupyterLab as a student has it: opened, run by the menu, typed into, and read.

What is done is done by mouse and keyboard. What is *asked* (is the kernel idle, which cell is the exercise's, what has
it answered) is asked of JupyterLab's own model, which does not change with the looks of a page.
"""

from __future__ import annotations

from typing import Any, cast

from playwright.sync_api import Locator, Page

from tests.browser.lab_server import Server

STARTED = 60_000  # milliseconds for JupyterLab and a kernel to start on a busy machine
RUN = 240_000  # for a whole notebook

# The notebook that is open, from JupyterLab's own model. A cell's name is its nbgrader id, which is its cell id too.
MODEL = """
() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = panel.content.widgets.map((cell, index) => {
    const shared = cell.model.sharedModel;
    const outputs = shared.cell_type === "code" ? cell.model.outputs.toJSON() : [];
    return {
      index, id: shared.id, kind: shared.cell_type, source: shared.getSource(), outputs,
      count: shared.cell_type === "code" ? cell.model.executionCount : null,
      state: shared.cell_type === "code" ? cell.model.executionState : "idle",
      nbgrader: shared.getMetadata("nbgrader") || {},
    };
  });
  return { cells, kernel: panel.sessionContext.session?.kernel?.status || "none" };
}
"""
READY = """
() => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  return Boolean(panel?.content?.widgets?.length && panel.context?.isReady
    && panel.sessionContext?.isReady && panel.sessionContext.session?.kernel?.status === "idle");
}
"""
# Idle is more than a kernel that is idle for a moment between two cells: nothing waits, and something has been run.
IDLE = """
() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const code = panel.content.widgets.filter((cell) => cell.model.type === "code");
  return panel.sessionContext.session.kernel.status === "idle"
    && !panel.sessionContext.hasPendingInput
    && code.every((cell) => cell.model.executionState === "idle")
    && code.some((cell) => cell.model.executionCount !== null);
}
"""


def open_notebook(page: Page, server: Server, path: str, query: str = "reset") -> None:
    """Open a notebook by its path below the server's folder, and wait until its kernel is ready."""
    page.goto(f"{server.url}/lab/tree/{path}?{query}")
    page.wait_for_function(READY, timeout=STARTED)


def read(page: Page) -> list[dict[str, Any]]:
    """All cells of the open notebook: index, id, kind, source, outputs, count, state and nbgrader's metadata."""
    return cast(list[dict[str, Any]], page.evaluate(MODEL)["cells"])


def cell_named(page: Page, name: str) -> dict[str, Any]:
    """The cell with that name."""
    (found,) = [cell for cell in read(page) if cell["id"] == name]
    return found


def run_all(page: Page, timeout: int = RUN) -> None:
    """Run → Run All Cells, by the menu; wait until every cell has run."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    wait_until_idle(page, timeout)


def wait_until_idle(page: Page, timeout: int = RUN) -> None:
    """Until the kernel is idle and no cell waits or runs."""
    page.wait_for_function(IDLE, timeout=timeout, polling=200)
    # The last output may still be on its way from the model to the page.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def cell(page: Page, index: int) -> Locator:
    """A cell on the page, brought into view."""
    page.evaluate(
        """async (index) => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          await notebook.scrollToItem(index, "center");
          await notebook.widgets[index].ready;
        }""",
        index,
    )
    found = page.locator(".jp-NotebookPanel:visible").locator(f'.jp-Cell[data-windowed-list-index="{index}"]')
    found.wait_for(state="visible")
    found.scroll_into_view_if_needed()
    return found


def type_answer(page: Page, name: str, source: str) -> None:
    """Type into an answer's cell, in place of all that stands there, and run it by Shift+Enter."""
    editor = cell(page, cell_named(page, name)["index"]).locator(".cm-content")
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    for number, line in enumerate(source.split("\n")):
        if number:
            for key in ("Enter", "Shift+Home", "Delete"):  # without the indent that the editor adds by itself
                page.keyboard.press(key)
        page.keyboard.type(line)
    typed = cell_named(page, name)["source"]
    assert typed == source, f"typed {source!r}, and there stands {typed!r}"
    page.keyboard.press("Shift+Enter")
    wait_until_idle(page)


def run_cell(page: Page, name: str) -> Locator:
    """Click into a cell and run it by Shift+Enter. Returns the cell on the page."""
    index = cell_named(page, name)["index"]
    cell(page, index).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    wait_until_idle(page)
    return cell(page, index)


def errors(page: Page) -> list[str]:
    """What cells have raised or said on stderr: "name: words"."""
    return [
        f"{each['id']}: {output.get('ename', output.get('name'))}: {output.get('evalue', output.get('text'))}"
        for each in read(page)
        for output in each["outputs"]
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]


def close_notebook(page: Page) -> None:
    """End the kernel and forget the page, so that the next notebook has the machine to itself."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.context.close()


def html_of(given: dict[str, Any]) -> str:
    """The text/html that a cell shows, all of it."""
    shown = [output.get("data", {}).get("text/html", "") for output in given["outputs"]]
    return "".join("".join(piece) for piece in shown)
