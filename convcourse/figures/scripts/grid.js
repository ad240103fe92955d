// Grids of numbers with a window that can be moved, for the figures of convolution and pooling.

import { button, h, s, show } from "./core.js";

export const GRID_STYLE = `
.grids { display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 10px 12px }
.together { display: flex; align-items: center; gap: 12px }
.sign { font-size: 24px; text-align: center; margin: 18px 0 0; min-width: 22px }
.panel { position: relative }
.panel svg { margin: 0 auto; max-width: none; overflow: visible; border-radius: 6px; user-select: none; -webkit-user-select: none }
.panel .note { text-align: center }
.movable { cursor: pointer }
.movable .window { cursor: grab; touch-action: none }
.movable:active .window { cursor: grabbing }
.window { fill: var(--edge); fill-opacity: 0.13; stroke: var(--edge); stroke-width: 3 }
@media (prefers-reduced-motion: no-preference) { .window { transition: transform 0.16s ease-out } }
.letters { pointer-events: none }
.sums { margin: 12px 0 0; font-size: 17px; line-height: 1.6; min-width: 0 }
.sums p { margin: 0 }
.sums b { border: 2px solid var(--good); outline: 1px solid var(--good); outline-offset: 1px; background: var(--made);
  border-radius: 4px; padding: 0 8px; margin: 0 3px; font-size: 20px }
.sums .name { display: inline-block; min-width: 1.6em; font-weight: 600 }
.below { display: flex; flex-wrap: wrap; gap: 4px 28px; margin-top: 4px; align-items: flex-start }
.below > * { flex: 1 1 300px }
.steps { justify-content: center; margin-top: 14px; gap: 6px }
.steps button { padding: 2px 7px }
.steps .first { min-width: 66px }
.size { margin: 12px 0 0; padding-top: 10px; border-top: 1px solid var(--pale) }
.size strong { font-size: 17px }
`;

const EDGE = 3;

// A value as the cell of a grid says it: the largest lettering that fits, with fewer decimals where it must be.
function fitted(value, unit, room = unit - 3) {
  const largest = Math.min(20, 0.36 * unit + 4.5);
  for (const places of [2, 1, 0]) {
    const text = typeof value === "string" ? value : show(value, places);
    const ems = [...text].reduce((sum, letter) => sum + (letter === "." ? 0.34 : letter === "−" ? 0.85 : 0.64), 0);
    const size = Math.min(largest, room / ems);
    if (size >= 12 || !places) return { text, size: Math.max(12, size) };
  }
  return null;
}

function hatch(x, y, unit, colour, gap, turned) {
  let d = "";
  for (let k = gap; k < 2 * unit; k += gap) {
    const from = Math.max(0, k - unit);
    const to = Math.min(k, unit);
    d += turned ? `M${x + from} ${y + unit - to}L${x + to} ${y + unit - from}` : `M${x + to} ${y + k - to}L${x + from} ${y + k - from}`;
  }
  return s("path", { d, stroke: colour, "stroke-width": 1.3, fill: "none", opacity: turned ? 0.6 : 1 });
}

// What lies under a cell's number. `look` may have: shade (0 to 1, as in an image), signed (−1 to 1), padding, unseen,
// empty, faint, won, active.
function ground(look, x, y, unit) {
  const place = { x: x + 1, y: y + 1, width: unit - 2, height: unit - 2, rx: 4 };
  const inside = (gap) => ({ x: x + gap, y: y + gap, width: unit - 2 * gap, height: unit - 2 * gap, rx: 4 });
  const parts = [];
  if (look.padding) {
    parts.push(hatch(x + 2, y + 2, unit - 4, "var(--hatch)", 7, false));
    parts.push(s("rect", { ...place, fill: "none", stroke: "var(--line)", "stroke-dasharray": "3 2.4" }));
  } else if (look.empty) {
    parts.push(s("rect", { ...inside(1.5), fill: "none", stroke: "var(--pale)", "stroke-width": 1.2 }));
  } else {
    parts.push(s("rect", { ...place, fill: "var(--cell)" }));
    if (look.shade) parts.push(s("rect", { ...place, fill: "var(--ink)", "fill-opacity": (0.2 * look.shade).toFixed(3) }));
    if (look.signed) {
      const strength = Math.abs(look.signed) * 0.6 + 0.08;
      parts.push(s("rect", { ...place, fill: `rgba(var(--${look.signed > 0 ? "high" : "low"}), ${strength.toFixed(2)})` }));
    }
    if (look.active) parts.push(s("rect", { ...place, fill: "var(--made)" }));
    if (look.won) parts.push(s("rect", { ...place, fill: "var(--won)" }));
  }
  if (look.unseen) parts.push(hatch(x + 3, y + 3, unit - 6, "var(--ring)", 8, true));
  if (look.active) {
    parts.push(s("rect", { ...inside(1), fill: "none", stroke: "var(--good)", "stroke-width": 2 }));
    parts.push(s("rect", { ...inside(4.5), fill: "none", stroke: "var(--good)", "stroke-width": 1.2 }));
  }
  return parts;
}

// The number of a cell, a ring around it where it has won, and a note in small print below it.
function letters(look, x, y, unit) {
  if (look.value === undefined || look.value === null) return [];
  const { text, size } = fitted(look.value, unit, unit - (look.active || look.won ? 13 : 6));
  const noted = look.note && unit >= 36;
  const middle = y + unit / 2 - (noted ? 7 : 0);
  const style = `font-size: ${size.toFixed(1)}px${look.active || look.won ? "; font-weight: 700" : ""}`;
  const fill = look.padding || look.faint ? "var(--grey)" : null;
  const parts = [s("text", { x: x + unit / 2, y: (middle + 0.36 * size).toFixed(1), style, fill }, text)];
  if (noted) {
    parts.push(s("text", { x: x + unit / 2, y: y + unit - 6, style: "font-size: 12.5px; font-weight: 600", fill: "var(--deep)" }, look.note));
  }
  if (look.won) {
    const ring = { x: x + 4, y: y + 4, width: unit - 8, height: unit - 8, rx: unit / 2 - 4 };
    parts.push(s("rect", { ...ring, fill: "none", stroke: "var(--ring)", "stroke-width": 2 }));
  }
  return parts;
}

// A grid of numbers: {node, svg, draw, at}. draw({rows, columns, unit, look, window, behind}) shows look(i, j) in each cell and
// the window {row, column, height, width} over it; `behind` more cards lie under it, as channels do.
export function numberGrid(title, attributes = {}) {
  const under = s("g");
  const over = s("g", { class: "letters" });
  const frame = s("rect", { class: "window", rx: 5 });
  const svg = s("svg", attributes, under, frame, over);
  const heading = h("p", { class: "title" }, title);
  const note = h("p", { class: "note" });
  let unit = 1;
  const grid = {
    node: h("div", { class: "panel" }, heading, svg, note),
    svg,
    heading,
    note,
    draw({ rows, columns, unit: side, look, window: box, behind = 0 }) {
      unit = side;
      const [width, height, shift] = [columns * unit, rows * unit, 9 * behind];
      svg.setAttribute("width", width + 2 * EDGE + shift);
      svg.setAttribute("height", height + 2 * EDGE + shift);
      svg.setAttribute("viewBox", `${-EDGE} ${-EDGE - shift} ${width + 2 * EDGE + shift} ${height + 2 * EDGE + shift}`);
      const cards = [];
      for (let k = behind; k; k--) {
        const card = { x: 9 * k - 1, y: -9 * k - 1, width: width + 2, height: height + 2, rx: 5 };
        cards.push(s("rect", { ...card, fill: "var(--paper)", stroke: "var(--line)" }));
      }
      if (behind) cards.push(s("rect", { x: -2, y: -2, width: width + 4, height: height + 4, rx: 5, fill: "var(--paper)", stroke: "var(--line)" }));
      const [grounds, texts] = [[], []];
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const what = look(i, j);
          grounds.push(...ground(what, j * unit, i * unit, unit));
          texts.push(...letters(what, j * unit, i * unit, unit));
        }
      }
      under.replaceChildren(...cards, ...grounds);
      over.replaceChildren(...texts);
      frame.style.display = box ? "" : "none";
      if (box) {
        frame.setAttribute("width", box.width * unit);
        frame.setAttribute("height", box.height * unit);
        frame.style.transform = `translate(${box.column * unit}px, ${box.row * unit}px)`;
      }
    },
    // Where on the grid a pointer is, in cells and parts of cells.
    at(event) {
      const place = svg.getBoundingClientRect();
      const shift = place.height - 2 * EDGE - Math.floor((place.height - 2 * EDGE) / unit) * unit;
      return { row: (event.clientY - place.top - EDGE - shift) / unit, column: (event.clientX - place.left - EDGE) / unit };
    },
  };
  return grid;
}

// Where a window stands among its places, and which of them have been visited: {i, j, shown, changed, go, draw, node}. `shape()`
// gives rows and columns of places, `draw()` shows the figure anew, `sentence()` says what there is to see.
export function walk(ui, shape, [row, column], draw, sentence) {
  const visited = new Set(Array.from({ length: row * shape()[1] + column + 1 }, (_, k) => k));
  const index = () => way.i * shape()[1] + way.j;
  const count = () => shape()[0] * shape()[1];
  const last = () => index() === count() - 1;
  const come = (i, j) => {
    [way.i, way.j] = [i, j];
    visited.add(index());
    way.draw();
  };
  const jump = (k) => come(Math.floor(k / shape()[1]), k % shape()[1]);
  const reset = () => {
    way.all = false;
    visited.clear();
    come(0, 0);
    return true;
  };
  const player = ui.player(() => {
    if (!last()) jump(index() + 1);
    return !last();
  }, { begin: () => last() && reset(), stopped: () => ui.say(sentence()) });
  const byHand = (what) => () => {
    player.stop();
    what();
  };
  const back = button("Back", byHand(() => jump(index() - 1)));
  const step = button("Step", byHand(() => jump(index() + 1)));
  const fill = button("Fill all", byHand(() => {
    way.all = true;
    way.draw();
  }));
  const way = {
    i: row,
    j: column,
    all: false,
    node: h("div", { class: "row steps" }, button("Reset", byHand(reset)), back, player.button, step, fill),
    shown: (i, j) => way.all || visited.has(i * shape()[1] + j),
    // Go to a place, or to the nearest that exists.
    go(i, j) {
      const [rows, columns] = shape();
      const [to, at] = [Math.max(0, Math.min(rows - 1, i)), Math.max(0, Math.min(columns - 1, j))];
      player.stop();
      if (to !== way.i || at !== way.j || !way.shown(to, at)) come(to, at);
    },
    // The places have changed: stay as near as can be, with nothing visited before.
    changed() {
      player.stop();
      const [rows, columns] = shape();
      [way.i, way.j] = [Math.min(way.i, rows - 1), Math.min(way.j, columns - 1)];
      visited.clear();
      visited.add(index());
    },
    draw() {
      draw();
      back.disabled = index() === 0;
      step.disabled = last();
      fill.disabled = way.all || visited.size === count();
      if (!player.playing) ui.say(sentence());
    },
    // Tell of the place as a slider does.
    tell(svg) {
      svg.setAttribute("aria-valuemax", count() - 1);
      svg.setAttribute("aria-valuenow", index());
      svg.setAttribute("aria-valuetext", `row ${way.i}, column ${way.j}`);
    },
  };
  return way;
}

// Attributes of a grid whose window the arrow keys move.
export const MOVED_BY_KEYS = { class: "movable", role: "slider", tabindex: 0, "aria-valuemin": 0 };

// Lets a pointer and the arrow keys move the window of a grid along a walk. `frame()` gives its {stride, height, width}.
export function movable(grid, way, frame) {
  let hold = null;
  let beside = false;
  const follow = (event) => {
    const { stride } = frame();
    const { row, column } = grid.at(event);
    way.go(Math.round((row - hold.row) / stride), Math.round((column - hold.column) / stride));
  };
  const middle = () => ({ row: frame().height / 2, column: frame().width / 2 });
  const { svg } = grid;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const { stride, height, width } = frame();
    const { row, column } = grid.at(event);
    const [down, right] = [row - way.i * stride, column - way.j * stride];
    const held = down >= 0 && down < height && right >= 0 && right < width;
    beside = !held && event.pointerType === "touch";
    if (beside) return;
    hold = held ? { row: down, column: right } : middle();
    svg.setPointerCapture(event.pointerId);
    if (!held) follow(event);
  });
  svg.addEventListener("pointermove", (event) => hold && follow(event));
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => (hold = null));
  // A finger beside the window scrolls the page; if it only taps, the window comes.
  svg.addEventListener("click", (event) => {
    if (!beside) return;
    beside = false;
    hold = middle();
    follow(event);
    hold = null;
  });
  svg.addEventListener("keydown", (event) => {
    const to = {
      ArrowLeft: [way.i, way.j - 1],
      ArrowRight: [way.i, way.j + 1],
      ArrowUp: [way.i - 1, way.j],
      ArrowDown: [way.i + 1, way.j],
      Home: [0, 0],
      End: [Infinity, Infinity],
    }[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    way.go(...to);
  });
}

// A click on a cell of a result brings the window that made it.
export function clickable(grid, way) {
  grid.svg.addEventListener("click", (event) => {
    const { row, column } = grid.at(event);
    way.go(Math.floor(row), Math.floor(column));
  });
}

// Parts that stay side by side where a row breaks.
export function together(...parts) {
  return h("div", { class: "together" }, ...parts);
}

// What is usual for a setting, and the value that it has.
export function options(value, ...usual) {
  return [...new Set([...usual, value])].sort((a, b) => a - b).map((one) => [one, String(one)]);
}

// The size formula along one side in words, and what of it is left over: [formula, rest, cells].
export function sizeWords(n, f, p, s_) {
  const room = n + 2 * p - f;
  const left = room % s_;
  const padded = p ? ` + 2·${p}` : "";
  const divided = left ? `⌊(${n}${padded} − ${f})/${s_}⌋ + 1 = ⌊${show(room / s_)}⌋ + 1` : `⌊(${n}${padded} − ${f})/${s_}⌋ + 1`;
  return [`${divided} = ${Math.floor(room / s_) + 1}`, left];
}
