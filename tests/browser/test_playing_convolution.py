"""The convolution figure in a browser: dragged, stepped, played and typed into, by mouse, finger and keyboard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from convcourse import figures, operations
from convcourse.figures.numbers import show as written

Show = Callable[..., Page]

ROOT = "document.querySelector('.convcourse-live').shadowRoot"
IMAGE = np.random.default_rng(5).integers(0, 10, (6, 6))
SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
LOPSIDED = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
COLOURS = np.random.default_rng(6).integers(0, 10, (3, 5, 5))
FILTER = np.random.default_rng(7).integers(-2, 3, (3, 3, 3))


def convolution(**options: object) -> str:
    return figures.convolution(IMAGE, SOBEL, **options)._repr_html_()  # type: ignore[arg-type]


def window(page: Page | Locator) -> Locator:
    return page.get_by_role("slider", name="Window on the image")


def output(page: Page | Locator) -> list[list[str]]:
    """What the output shows, row by row."""
    told = page.get_by_role("img", name="Output of").get_attribute("aria-label") or ""
    return [row.split() for row in told.partition(": ")[2].split("; ")]


def shown(array: np.ndarray, visited: int | None = None) -> list[list[str]]:
    """An output as the figure shows it when the first so many entries are there."""
    flat = [written(value) for value in array.ravel().tolist()]
    flat = [text if visited is None or k < visited else "empty" for k, text in enumerate(flat)]
    return np.array(flat).reshape(array.shape).tolist()


def pick(page: Page | Locator, group: str, words: str) -> None:
    page.get_by_role("radiogroup", name=group).get_by_text(words, exact=True).click()


def drag(page: Page, from_cell: tuple[int, int], to_cell: tuple[int, int], cells: int = 6) -> None:
    box = window(page).bounding_box()
    assert box
    unit = (box["width"] - 6) / cells
    page.mouse.move(box["x"] + 3 + unit * (from_cell[1] + 0.5), box["y"] + 3 + unit * (from_cell[0] + 0.5))
    page.mouse.down()
    page.mouse.move(box["x"] + 3 + unit * (to_cell[1] + 0.5), box["y"] + 3 + unit * (to_cell[0] + 0.5), steps=6)
    page.mouse.up()


def test_it_takes_the_place_of_the_still(show: Show) -> None:
    page = show(convolution())
    expect(page.locator("img")).to_be_hidden()
    assert output(page) == shown(operations.correlate2d(IMAGE, SOBEL), 1)


def test_without_scripts_the_still_stays(show: Show) -> None:
    page = show(convolution().replace("<script>", '<script type="text/plain">'))
    expect(page.locator("img")).to_be_visible()
    expect(page.locator(".convcourse-live")).to_have_count(0)


def test_numbers_that_are_not_the_courses_are_never_shown(show: Show) -> None:
    first = written(operations.correlate2d(IMAGE, SOBEL)[0, 0].item()).replace("−", "-")
    html = convolution()
    assert html.count(f'"output":[[{first}.0,') == 1
    page = show(html.replace(f'"output":[[{first}.0,', '"output":[[7000,'), excused=("stays a still picture",))
    expect(page.locator("img")).to_be_visible()
    expect(page.locator(".convcourse-live")).to_have_count(0)


def test_the_window_is_dragged(show: Show) -> None:
    page = show(convolution())
    drag(page, (1, 1), (3, 2))
    expect(window(page)).to_have_attribute("aria-valuetext", "row 2, column 1")
    made = operations.correlate2d(IMAGE, SOBEL)
    assert output(page)[2][1] == written(made[2, 1].item())
    drag(page, (3, 2), (9, 9))  # over the edge: it stops there
    expect(window(page)).to_have_attribute("aria-valuetext", "row 3, column 3")
    expect(page.locator(".sums b")).to_have_text(written(made[3, 3].item()))


def test_a_click_brings_the_window(show: Show) -> None:
    page = show(convolution())
    drag(page, (4, 4), (4, 4))
    expect(window(page)).to_have_attribute("aria-valuetext", "row 3, column 3")
    page.get_by_role("img", name="Output of").click(position={"x": 70, "y": 20})
    expect(window(page)).to_have_attribute("aria-valuetext", "row 0, column 1")


def test_a_finger_drags_the_window_and_taps_beside_it_but_scrolls_elsewhere(show: Show) -> None:
    page = show(convolution())
    touch = """(grid, [type, row, column]) => {
      const place = grid.getBoundingClientRect(), unit = (place.width - 6) / 6;
      const at = { clientX: place.left + 3 + unit * (column + 0.5), clientY: place.top + 3 + unit * (row + 0.5) };
      grid.setPointerCapture = () => {};  // there is no such finger
      grid.dispatchEvent(new PointerEvent(type, { ...at, pointerType: "touch", bubbles: true }));
    }"""
    assert window(page).evaluate("grid => getComputedStyle(grid).touchAction") == "auto"
    assert window(page).locator("rect.window").evaluate("rect => getComputedStyle(rect).touchAction") == "none"
    for type_, row, column in (("pointerdown", 4, 4), ("pointermove", 3, 3), ("pointerup", 3, 3)):
        window(page).evaluate(touch, [type_, row, column])
    expect(window(page)).to_have_attribute("aria-valuenow", "0")
    window(page).evaluate(touch, ["click", 4, 4])
    expect(window(page)).to_have_attribute("aria-valuetext", "row 3, column 3")
    for type_, row, column in (("pointerdown", 5, 5), ("pointermove", 3, 4), ("pointerup", 3, 4), ("click", 3, 4)):
        window(page).evaluate(touch, [type_, row, column])
    expect(window(page)).to_have_attribute("aria-valuetext", "row 1, column 2")


def test_the_keyboard_is_enough(show: Show) -> None:
    page = show(convolution())
    window(page).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(window(page)).to_have_attribute("aria-valuetext", "row 1, column 1")
    page.keyboard.press("End")
    expect(window(page)).to_have_attribute("aria-valuenow", "15")
    page.keyboard.press("ArrowDown")
    expect(window(page)).to_have_attribute("aria-valuenow", "15")
    page.keyboard.press("Home")
    expect(window(page)).to_have_attribute("aria-valuenow", "0")
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                f"(() => {{ const at = {ROOT}.activeElement;"
                " return at ? at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent : '' })()"
            )
        )
    assert {"Kernel row 0, column 0", "Kernel row 2, column 2", "Reset", "Play", "Step", "Fill all"} <= set(reached)
    assert any(said.startswith("flip the kernel") for said in reached)
    page.get_by_role("radiogroup", name="Stride").get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert output(page) == shown(operations.correlate2d(IMAGE, SOBEL, 2), 1)


def test_steps_go_forth_and_back_and_fill_the_output(show: Show) -> None:
    page = show(convolution())
    made = operations.correlate2d(IMAGE, SOBEL)
    step, back = (page.get_by_role("button", name=name) for name in ("Step", "Back"))
    expect(back).to_be_disabled()
    for _ in range(5):
        step.click()
    assert output(page) == shown(made, 6)
    back.click()
    expect(window(page)).to_have_attribute("aria-valuetext", "row 1, column 0")
    page.get_by_role("button", name="Fill all").click()
    assert output(page) == shown(made)
    page.get_by_role("button", name="Reset").click()
    assert output(page) == shown(made, 1)


@pytest.mark.parametrize("calm", [False, True])
def test_it_plays_to_the_end_and_stops(show: Show, calm: bool) -> None:
    page = show(convolution(stride=3), reduced_motion=calm)
    moving = page.locator("rect.window").first.evaluate("rect => getComputedStyle(rect).transitionDuration")
    assert (moving == "0s") == calm
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(window(page)).to_have_attribute("aria-valuenow", "3", timeout=10_000)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert output(page) == shown(operations.correlate2d(IMAGE, SOBEL, 3))


def test_a_screen_reader_is_told_the_sum_but_not_each_frame(show: Show) -> None:
    page = show(convolution())
    told = page.get_by_role("status")
    page.wait_for_timeout(500)
    expect(told).to_have_text("")  # a page may hold many figures: nothing is said before the reader does something
    page.get_by_role("button", name="Step").click()
    first = written(operations.correlate2d(IMAGE, SOBEL)[0, 1].item())
    expect(told).to_contain_text(f"Window at row 0, column 1 covers {written(int(IMAGE[0, 1]))} ")
    expect(told).to_contain_text(f"they add up to {first}.")
    page.get_by_role("button", name="Play").click()
    expect(window(page)).to_have_attribute("aria-valuenow", "3", timeout=10_000)
    expect(told).to_contain_text("column 1 covers")  # still what was said before it played
    page.get_by_role("button", name="Pause").click()
    expect(told).to_contain_text("column 3 covers")


@pytest.mark.parametrize(("stride", "padding", "said"), [(2, 1, "⌊2.5⌋ + 1 = 3"), (1, 2, "+ 1 = 8"), (3, 0, "+ 1 = 2")])
def test_stride_and_padding_change_the_size(show: Show, stride: int, padding: int, said: str) -> None:
    page = show(convolution())
    pick(page, "Stride", str(stride))
    pick(page, "Padding", str(padding))
    page.get_by_role("button", name="Fill all").click()
    made = operations.correlate2d(IMAGE, SOBEL, stride, padding)
    assert output(page) == shown(made)
    expect(page.locator(".size")).to_contain_text(said)
    expect(page.locator(".size")).to_contain_text(f"the output is {made.shape[0]}×{made.shape[1]}.")
    left_over = (6 + 2 * padding - 3) % stride
    assert ("left over" in page.locator(".size").inner_text()) == bool(left_over)


def test_the_kernel_is_chosen_and_typed(show: Show) -> None:
    page = show(convolution())
    page.get_by_role("button", name="Fill all").click()
    page.get_by_role("combobox", name="Kernel").select_option("blur")
    assert page.get_by_label("Kernel row 1, column 1").input_value() == "1/9"
    blurred = operations.correlate2d(IMAGE, np.full((3, 3), 1 / 9))
    assert output(page) == shown(blurred)
    entry = page.get_by_label("Kernel row 0, column 2")
    entry.fill("-0,5")
    changed = np.full((3, 3), 1 / 9)
    changed[0, 2] = -0.5
    assert output(page) == shown(operations.correlate2d(IMAGE, changed))
    assert page.get_by_role("combobox", name="Kernel").input_value() == "own"
    entry.fill("half")
    expect(entry).to_have_attribute("aria-invalid", "true")
    assert output(page) == shown(operations.correlate2d(IMAGE, changed))
    page.get_by_role("combobox", name="Kernel").select_option("blur, 2×2")
    expect(page.locator(".kernel input")).to_have_count(4)
    assert len(output(page)) == 5


def test_a_large_kernel_keeps_the_padding_that_it_needs(show: Show) -> None:
    page = show(figures.convolution(IMAGE[:3, :3], np.ones((5, 5)), padding=1)._repr_html_())
    paddings = page.get_by_role("radiogroup", name="Padding").get_by_role("radio")
    expect(paddings.nth(0)).to_be_disabled()
    page.get_by_role("combobox", name="Kernel").select_option("blur, 2×2")
    pick(page, "Padding", "0")
    assert output(page)[0][0] == written(IMAGE[:2, :2].mean().item())
    page.get_by_role("combobox", name="Kernel").select_option("as given")
    expect(paddings.nth(1)).to_be_checked()
    assert output(page) == shown(operations.correlate2d(IMAGE[:3, :3], np.ones((5, 5)), 1, 1), 1)


def test_flipping_makes_it_a_true_convolution(show: Show) -> None:
    page = show(figures.convolution(IMAGE, LOPSIDED)._repr_html_())
    page.get_by_label("flip the kernel").check()
    page.get_by_role("button", name="Fill all").click()
    assert output(page) == shown(operations.convolve2d(IMAGE, LOPSIDED))
    expect(page.locator(".turned span")).to_have_text([str(k) for k in range(9, 0, -1)])
    page.get_by_label("flip the kernel").uncheck()
    assert output(page) == shown(operations.correlate2d(IMAGE, LOPSIDED))


def test_channels_are_a_stack_whose_sums_add_up(show: Show) -> None:
    page = show(figures.convolution(COLOURS, FILTER, names=("R", "G", "B"))._repr_html_())
    made = operations.correlate_channels(COLOURS, FILTER[None], [0])[0]
    parts = [operations.correlate2d(plane, own) for plane, own in zip(COLOURS, FILTER, strict=True)]
    lines = page.locator(".sums p")
    for c, part in enumerate(parts):
        expect(lines.nth(c)).to_contain_text(f"= {written(part[0, 0].item())}")
    expect(page.locator(".sums b")).to_have_text(written(made[0, 0].item()))
    pick(page, "Channel on top", "B")
    entry = page.get_by_label("Kernel row 0, column 0, channel B")
    assert entry.input_value() == written(FILTER[2, 0, 0].item())
    entry.fill("9")
    changed = FILTER.copy()
    changed[2, 0, 0] = 9
    page.get_by_role("button", name="Fill all").click()
    assert output(page) == shown(operations.correlate_channels(COLOURS, changed[None], [0])[0])


def test_two_copies_leave_each_other_alone(show: Show) -> None:
    page = show([convolution(), convolution()])
    first, second = (page.locator("section").nth(k) for k in range(2))
    expect(first.locator("img")).to_be_hidden()
    expect(second.locator("img")).to_be_hidden()
    pick(second, "Stride", "2")
    second.get_by_role("button", name="Step").click()
    assert output(first) == shown(operations.correlate2d(IMAGE, SOBEL), 1)
    assert output(second) == shown(operations.correlate2d(IMAGE, SOBEL, 2), 2)
    pick(first, "Padding", "1")
    expect(second.locator(".size")).to_contain_text("the output is 2×2")


def test_it_fits_a_telephone_and_a_page(show: Show) -> None:
    for width in (360, 760):
        page = show(convolution(), width=width)
        for padding in ("0", "2"):
            pick(page, "Padding", padding)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            smallest = page.evaluate(
                f"Math.min(...[...{ROOT}.querySelectorAll('text, p, label')]"
                ".map((one) => parseFloat(getComputedStyle(one).fontSize)))"
            )
            assert smallest >= 12
        short = page.evaluate(
            f"[...{ROOT}.querySelectorAll('button, .choice label, .kernel input')]"
            ".map((one) => one.getBoundingClientRect()).filter((box) => box.height < 24 || box.width < 24).length"
        )
        assert short == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: figures.convolution(COLOURS, FILTER, padding=1),
        lambda: figures.convolution(np.tile(IMAGE, (2, 2))[:10, :10], SOBEL, padding=2),
        lambda: figures.pooling(np.tile(IMAGE, (2, 2))[:10, :10], backward=True),
        lambda: figures.size_calculator(32, 3, 1),
    ],
    ids=["channels", "largest", "pooling", "size"],
)
def test_it_draws_fast(show: Show, make: Callable[[], figures.Live]) -> None:
    head, mounted, tail = make()._repr_html_().rpartition("\nmount(")
    assert tail.endswith("\n})();</script></div>")
    call = f"const from = performance.now();{mounted}{tail}".replace(
        "\n})();</script>", "\nwindow.took = performance.now() - from;\n})();</script>"
    )
    times = []
    for _ in range(4):  # the best of them, as another test may have the processor meanwhile
        times.append(show(head + call).evaluate("window.took"))
    assert 0 < min(times) < 100, times


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(show: Show, axe: Callable[..., None], dark: bool) -> None:
    page = show(
        [convolution(), figures.convolution(COLOURS, FILTER, names=("R", "G", "B"), flip=True)._repr_html_()], dark=dark
    )
    axe(page)
    first = page.locator("section").first
    pick(first, "Padding", "2")
    pick(first, "Stride", "2")
    first.get_by_role("button", name="Fill all").click()
    axe(page)
