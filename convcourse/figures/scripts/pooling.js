// Pooling: the window keeps the largest or the mean of what it sees, and the gradient's way back.

import { agree, choice, equals, h, joined, outputSize, row, show } from "./core.js";
import { clickable, GRID_STYLE, movable, MOVED_BY_KEYS, numberGrid, options, sizeWords, together, walk } from "./grid.js";

// --- arithmetic: a map (H, W) is a list of rows; the frame of a maximum is −∞, that of a mean 0 ---

// The window of output entry (i, j): {values, cells}, in reading order, the cells as [row, column] of the map, null in the frame.
export function windowOf(x, f, s, mode, padding, i, j) {
  const [values, cells] = [[], []];
  for (let k = 0; k < f; k++) {
    for (let l = 0; l < f; l++) {
      const [row_, column] = [i * s + k - padding, j * s + l - padding];
      const inside = row_ >= 0 && column >= 0 && row_ < x.length && column < x[0].length;
      values.push(inside ? x[row_][column] : mode === "max" ? -Infinity : 0);
      cells.push(inside ? [row_, column] : null);
    }
  }
  return { values, cells };
}

export function poolShape(x, f, s, padding = 0) {
  return [outputSize(x.length, f, padding, s), outputSize(x[0].length, f, padding, s)];
}

const made = ([rows, columns], entry) => Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => entry(i, j)));

export function pool(x, f, s, mode = "max", padding = 0) {
  return made(poolShape(x, f, s, padding), (i, j) => {
    const { values } = windowOf(x, f, s, mode, padding, i, j);
    return mode === "max" ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

// The first of the largest, in reading order.
export function winner(values) {
  return values.indexOf(Math.max(...values));
}

// The gradient of the map, given that of the pooled one: a maximum sends it to the winner, a mean shares it evenly. Only
// the windows for which used(i, j) holds send theirs.
export function poolBackward(x, arriving, f, s, mode = "max", padding = 0, used = () => true) {
  const gradient = x.map((line) => line.map(() => 0));
  arriving.forEach((line, i) => line.forEach((value, j) => {
    if (!used(i, j)) return;
    const { values, cells } = windowOf(x, f, s, mode, padding, i, j);
    const best = winner(values);
    cells.forEach((cell, k) => {
      if (cell && (mode === "avg" || k === best)) gradient[cell[0]][cell[1]] += mode === "avg" ? value / (f * f) : value;
    });
  }));
  return gradient;
}

// A gradient to begin with where none of this shape is given: 10, 20, 30, …
export function someGradient([rows, columns]) {
  return made([rows, columns], (i, j) => 10 * (i * columns + j + 1));
}

export function pooling(ui, state) {
  const { x } = state;
  const [height, width] = [x.length, x[0].length];
  const now = { f: state.f, s: state.s, p: state.padding, mode: state.mode, back: state.back };
  const brightest = Math.max(...x.flat().map(Math.abs)) || 1;
  let pooled, arriving, room = 640, unit = 40;

  const compute = () => {
    pooled = pool(x, now.f, now.s, now.mode, now.p);
    const given = state.arriving.length === pooled.length && state.arriving[0].length === pooled[0].length;
    arriving = given ? state.arriving : someGradient([pooled.length, pooled[0].length]);
  };
  compute();
  agree(pooled, state.pooled);
  agree(poolBackward(x, arriving, now.f, now.s, now.mode, now.p), state.gradient);

  ui.style(`${GRID_STYLE}.sums { font-size: 18px; min-height: 58px; margin-top: 14px }`);
  const picture = numberGrid("Map", { ...MOVED_BY_KEYS, "aria-label": "Window on the map; arrow keys move it" });
  const result = numberGrid("Pooled", { role: "img", class: "movable" });
  const gradient = numberGrid("Gradient of the map", { role: "img" });
  const sign = h("p", { class: "sign" }, "→");
  const outcome = together(sign, result.node);
  const grids = h("div", { class: "grids" });
  const sums = h("p", { class: "sums" });
  const size = h("p", { class: "size" });

  const here = () => windowOf(x, now.f, now.s, now.mode, now.p, way.i, way.j);
  const set = (key) => (value) => {
    now[key] = value;
    if (now.p > Math.floor(now.f / 2)) padding.set((now.p = Math.floor(now.f / 2)));
    compute();
    way.changed();
    layout();
  };
  const kind = choice("Keep the", [["max", "maximum"], ["avg", "average"]], state.mode, set("mode"));
  const direction = choice("Direction", [[false, "forward"], [true, "way back"]], state.back, (back) => {
    now.back = back;
    layout();
  });
  const fits = (f) => f <= Math.min(height, width);
  const side = choice("Window f", options(state.f, 2, 3).filter(([f]) => fits(f)), state.f, set("f"));
  const stride = choice("Stride s", options(state.s, 1, 2, 3), state.s, set("s"));
  const padding = choice("Padding p", options(state.padding, 0, 1), state.padding, set("p"));

  // As large as there is room for: side by side, or below each other.
  const layout = () => {
    const columns = [width + 2 * now.p, ...(now.back ? [width] : []), pooled[0].length];
    const beside = Math.floor((room - columns.length * 48) / columns.reduce((sum, n) => sum + n));
    unit = Math.min(46, beside >= 28 ? beside : Math.floor((room - 8) / columns[0]));
    grids.replaceChildren(...(now.back ? [picture.node, gradient.node, outcome] : [picture.node, outcome]));
    sign.textContent = now.back ? "←" : "→";
    padding.allow((p) => p <= Math.floor(now.f / 2));
    way.draw();
  };

  // What happens at this window, in two sentences: [equation, words].
  const story = () => {
    const { values, cells } = here();
    const [result_, first] = [pooled[way.i][way.j], winner(values)];
    const sent = arriving[way.i][way.j];
    const ties = values.filter((value) => value === values[first]).length;
    if (now.back && now.mode === "max") {
      const at = `row ${cells[first][0]}, column ${cells[first][1]}`;
      const which = ties > 1 ? `the first of ${ties} equally large entries, ${show(values[first])}` : `the largest entry, ${show(values[first])}`;
      return [`${show(sent)} → ${show(values[first])}`, `${show(sent)} arrives and goes to ${which} at ${at}. The others get nothing.`];
    }
    if (now.back) {
      const each = sent / values.length;
      const equation = `${show(sent)}/${values.length} ${equals(each)} ${show(each)}`;
      return [equation, `${show(sent)} arrives and is shared evenly: each of the ${values.length} entries gets ${show(each)}.`];
    }
    if (now.mode === "max") {
      const which = ties > 1 ? `${ties} are equally large; the first is marked.` : "The rest is dropped.";
      return [`max(${values.map((value) => show(value)).join(", ")}) = `, which];
    }
    return [`(${joined(values)})/${values.length} ${equals(result_)} `, now.p ? "Zeros of the frame count." : "Every entry counts the same."];
  };
  const sentence = () => {
    const [equation, words] = story();
    return `Window at row ${way.i}, column ${way.j}: ${now.back ? words : `${equation}${show(pooled[way.i][way.j])}. ${words}`}`;
  };

  const draw = () => {
    const [i0, j0] = [way.i * now.s, way.j * now.s];
    const { values, cells } = here();
    const best = cells[winner(values)];
    const receives = (i, j) => cells.some((cell, k) => cell && cell[0] === i && cell[1] === j && (now.mode === "avg" || k === winner(values)));
    const [seenRows, seenColumns] = [(pooled.length - 1) * now.s + now.f, (pooled[0].length - 1) * now.s + now.f];
    picture.draw({
      rows: height + 2 * now.p,
      columns: width + 2 * now.p,
      unit,
      window: { row: i0, column: j0, height: now.f, width: now.f },
      look: (i, j) => {
        const [a, b] = [i - now.p, j - now.p];
        const inside = a >= 0 && b >= 0 && a < height && b < width;
        const value = inside ? x[a][b] : now.mode === "max" ? "−∞" : 0;
        const won = inside && now.mode === "max" && best && best[0] === a && best[1] === b;
        return { value, padding: !inside, shade: inside ? Math.abs(value) / brightest : 0, won, unseen: i >= seenRows || j >= seenColumns };
      },
    });
    const shownGradient = poolBackward(x, arriving, now.f, now.s, now.mode, now.p, way.shown);
    const reached = poolBackward(x, arriving.map((line) => line.map(() => 1)), now.f, now.s, "avg", now.p, way.shown);
    const strongest = Math.max(...shownGradient.flat().map(Math.abs)) || 1;
    if (now.back) {
      gradient.draw({
        rows: height,
        columns: width,
        unit,
        window: now.p ? null : { row: i0, column: j0, height: now.f, width: now.f },
        look: (i, j) => {
          if (!reached[i][j] && !way.all) return { empty: true };
          const value = shownGradient[i][j];
          return { value, signed: value / strongest, faint: !value, active: receives(i, j) };
        },
      });
    }
    const table = now.back ? arriving : pooled;
    const largest = Math.max(...table.flat().map(Math.abs)) || 1;
    const known = (i, j) => now.back || way.shown(i, j);
    result.draw({
      rows: table.length,
      columns: table[0].length,
      unit,
      look: (i, j) => known(i, j)
        ? { value: table[i][j], signed: way.shown(i, j) ? table[i][j] / largest : 0, active: i === way.i && j === way.j }
        : { empty: true },
    });
    const padded = now.p ? `, padded to ${height + 2 * now.p}×${width + 2 * now.p}` : "";
    picture.note.textContent = `${height}×${width}${padded}`;
    result.heading.textContent = now.back ? "Gradient that arrives" : now.mode === "max" ? "Max-pooled" : "Average-pooled";
    result.note.textContent = `${table.length}×${table[0].length}`;
    gradient.note.textContent = now.s < now.f ? "where windows overlap it adds up" : `${height}×${width}`;
    const told = (rows, when) => rows.map((line, i) => line.map((value, j) => (when(i, j) ? show(value) : "empty")).join(" ")).join("; ");
    result.svg.setAttribute("aria-label", `${result.heading.textContent}: ${told(table, known)}`);
    gradient.svg.setAttribute("aria-label", `Gradient of the map so far: ${told(shownGradient, (i, j) => way.all || reached[i][j])}`);
    way.tell(picture.svg);
    const [equation, words] = story();
    sums.replaceChildren(...(now.back ? [words] : [equation, h("b", {}, show(pooled[way.i][way.j])), h("br"), h("small", {}, words)]));
    const [down, rest] = sizeWords(height, now.f, now.p, now.s);
    const [across, restAcross] = sizeWords(width, now.f, now.p, now.s);
    const left = rest || restAcross ? ` What is hatched at the edge is left over.` : "";
    size.replaceChildren("Size: ", h("strong", {}, down === across ? down : `${down} rows, ${across} columns`),
      `, so the pooled map is ${pooled.length}×${pooled[0].length}.${left}`);
  };

  const way = walk(ui, () => [pooled.length, pooled[0].length], state.at, draw, sentence);
  movable(picture, way, () => ({ stride: now.s, height: now.f, width: now.f }));
  clickable(result, way);
  ui.box.append(
    grids,
    way.node,
    h("div", { class: "below" }, sums, h("div", {}, row(kind.node), row(direction.node), row(side.node, stride.node), row(padding.node))),
    size,
  );
  ui.resized((given) => {
    room = given;
    layout();
  });
}
