// Convolution: the window slides over the image, multiplies, adds up, and fills in the output.

import { agree, bracketed, choice, equals, exact, h, joined, outputSize, row, select, show, toggle } from "./core.js";
import { clickable, GRID_STYLE, movable, MOVED_BY_KEYS, numberGrid, options, sizeWords, together, walk } from "./grid.js";

// --- arithmetic: images and kernels are lists of channels, each a list of rows ---

export function pad(image, p) {
  const width = image[0].length + 2 * p;
  const zeros = () => Array.from({ length: p }, () => Array(width).fill(0));
  const sides = Array(p).fill(0);
  return [...zeros(), ...image.map((line) => [...sides, ...line, ...sides]), ...zeros()];
}

export function flipped(kernel) {
  return kernel.map((line) => [...line].reverse()).reverse();
}

// The factors under the window of output entry (i, j), channel by channel: rows of [pixel, weight].
export function factors(image, kernel, i, j, stride, padding) {
  return image.map((channel, c) => {
    const padded = pad(channel, padding);
    return kernel[c].map((line, k) => line.map((weight, l) => [padded[i * stride + k][j * stride + l], weight]));
  });
}

// Cross-correlation of image (C, H, W) with one filter (C, f_h, f_w), or with the flipped filter: a map (H_out, W_out).
export function convolve(image, kernel, stride = 1, padding = 0, flip = false) {
  const turned = flip ? kernel.map(flipped) : kernel;
  const padded = image.map((channel) => pad(channel, padding));
  const rows = outputSize(image[0].length, kernel[0].length, padding, stride);
  const columns = outputSize(image[0][0].length, kernel[0][0].length, padding, stride);
  const sum = (i, j) => {
    let total = 0;
    turned.forEach((plane, c) =>
      plane.forEach((line, k) => line.forEach((weight, l) => (total += weight * padded[c][i * stride + k][j * stride + l]))),
    );
    return total;
  };
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => sum(i, j)));
}

// A number as somebody types it: 3, −0.5, 1/9. Not a number: null.
export function typed(text) {
  const clean = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  const found = /^([-+]?(?:\d+\.?\d*|\.\d+))(?:\/(\d+))?$/.exec(clean);
  const value = found && Number(found[1]) / Number(found[2] || 1);
  return found && Number.isFinite(value) && Math.abs(value) < 1000 ? value : null;
}

// A weight as it is typed: as a fraction where its decimals would not end.
export function written(value) {
  if (!exact(value)) {
    for (let under = 2; under <= 25; under++) {
      const over = Math.round(value * under);
      if (over && Math.abs(value * under - over) < 1e-9) return `${show(over)}/${under}`;
    }
  }
  return show(value);
}

const ninth = 1 / 9;
const PRESETS = {
  "left minus right": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
  "Sobel": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
  "blur": [[ninth, ninth, ninth], [ninth, ninth, ninth], [ninth, ninth, ninth]],
  "blur, 2×2": [[0.25, 0.25], [0.25, 0.25]],
  "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  "cross": [[1, 0, 1], [0, 1, 0], [1, 0, 1]],
  "copy": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
};

const STYLE_HERE = `
.kernel { display: grid; gap: 2px; justify-content: center; background: var(--paper) }
.kernel input { width: var(--side); height: 40px; padding: 0; text-align: center; font-size: 17px }
.kernel input[aria-invalid=true] { border: 2px solid var(--ring); text-decoration: underline wavy var(--ring) }
.cards1 { box-shadow: 9px -9px 0 -1px var(--paper), 9px -9px 0 0 var(--line); margin: 9px 9px 0 0 }
.cards2 { box-shadow: 9px -9px 0 -1px var(--paper), 9px -9px 0 0 var(--line), 18px -18px 0 -1px var(--paper), 18px -18px 0 0 var(--line);
  margin: 18px 18px 0 0 }
.turned { margin-top: 8px; grid-auto-rows: 30px; font-size: 16px }
.turned span { width: var(--side); text-align: center; background: var(--cell); border-radius: 4px; line-height: 30px }
`;

const times = ([pixel, weight]) => `${bracketed(show(pixel))}·${bracketed(written(weight))}`;
const add = (values) => values.reduce((sum, value) => sum + value, 0);

export function convolution(ui, state) {
  const { image, names } = state;
  const channels = image.length;
  const [height, width] = [image[0].length, image[0][0].length];
  const now = { kernel: state.kernel, stride: state.stride, padding: state.padding, flip: state.flip, front: 0 };
  const brightest = Math.max(...image.flat(2).map(Math.abs)) || 1;
  let output, unitOf, used;

  const compute = () => {
    used = now.flip ? now.kernel.map(flipped) : now.kernel;
    output = convolve(image, now.kernel, now.stride, now.padding, now.flip);
  };
  const shape = () => [now.kernel[0].length, now.kernel[0][0].length];
  compute();
  agree(output, state.output);

  // The elements.
  ui.style(GRID_STYLE + STYLE_HERE);
  const picture = numberGrid("Image", { ...MOVED_BY_KEYS, "aria-label": "Window on the image; arrow keys move it" });
  const result = numberGrid("Output", { role: "img", class: "movable" });
  const entries = h("div", { class: `kernel ${channels > 1 ? `cards${Math.min(2, channels - 1)}` : ""}` });
  const turned = h("div");
  const kernelTitle = h("p", { class: "title" });
  const kernelNote = h("p", { class: "note" });
  const kernelPanel = h("div", { class: "panel" }, kernelTitle, entries, turned, kernelNote);
  const sign = h("p", { class: "sign" });
  const grids = h("div", { class: "grids" }, picture.node, together(sign, kernelPanel), together(h("p", { class: "sign" }, "="), result.node));
  const sums = h("div", { class: "sums", style: channels > 1 ? "font-size: 15px" : "" });
  const size = h("p", { class: "size" });

  const enough = (p) => shape()[0] <= height + 2 * p && shape()[1] <= width + 2 * p;
  const set = (key) => (value) => {
    now[key] = value;
    while (!enough(now.padding)) now.padding++;
    padding.set(now.padding);
    compute();
    way.changed();
    kernelLook();
    layout();
  };
  const stride = choice("Stride", options(state.stride, 1, 2, 3), state.stride, set("stride"));
  const padding = choice("Padding", options(state.padding, 0, 1, 2), state.padding, set("padding"));
  const flip = toggle("flip the kernel (true convolution)", state.flip, set("flip"));
  const fits = Object.entries(PRESETS).filter(([, rows]) => rows.length <= Math.min(height, width));
  const preset = select("Kernel", [["", "as given"], ["own", "your own"], ...fits.map(([name]) => [name, name])], "", (name) => {
    if (name === "own") return;
    set("kernel")(name ? image.map(() => PRESETS[name]) : state.kernel);
    fillEntries();
  });
  const front = choice("Channel on top", names.map((name, c) => [c, name]), 0, (c) => {
    now.front = c;
    fillEntries();
    kernelLook();
    layout();
  });

  const fillEntries = () => {
    const kernel = now.kernel[now.front];
    entries.style.gridTemplateColumns = `repeat(${kernel[0].length}, var(--side))`;
    const channel = channels > 1 ? `, channel ${names[now.front]}` : "";
    entries.replaceChildren(...kernel.flatMap((line, k) => line.map((weight, l) => {
      const input = h("input", { value: written(weight), autocomplete: "off", "aria-label": `Kernel row ${k}, column ${l}${channel}` });
      input.addEventListener("input", () => {
        const value = typed(input.value);
        input.setAttribute("aria-invalid", value === null);
        if (value === null) return;
        const changedKernel = (plane) => plane.map((r, a) => r.map((old, b) => (a === k && b === l ? value : old)));
        preset.set("own");
        set("kernel")(now.kernel.map((plane, c) => (c === now.front ? changedKernel(plane) : plane)));
      });
      return input;
    })));
  };
  const kernelLook = () => {
    const [rows, columns] = shape();
    padding.allow(enough);
    kernelTitle.textContent = channels > 1 ? `Kernels, ${names[now.front]} on top` : "Kernel";
    kernelNote.textContent = now.flip ? "flipped: what slides" : `${channels > 1 ? `${channels}×` : ""}${rows}×${columns}`;
    sign.textContent = now.flip ? "∗" : "⊗";
    turned.className = now.flip ? "kernel turned" : "";
    turned.style.gridTemplateColumns = `repeat(${columns}, var(--side))`;
    turned.replaceChildren(...(now.flip ? used[now.front].flat().map((weight) => h("span", {}, written(weight))) : []));
  };

  // Cells as large as there is room for: all three side by side, or the image above the other two.
  let room = 640;
  const layout = () => {
    const side = room < 560 ? 38 : 44;
    kernelPanel.style.setProperty("--side", `${side}px`);
    const [behind, kernelWidth] = [9 * (channels - 1) + 6, (side + 2) * shape()[1] + 9 * (channels - 1)];
    const across = width + 2 * now.padding;
    const beside = Math.floor((room - kernelWidth - behind - 6 - 2 * 24 - 4 * 12) / (across + output[0].length));
    const above = Math.floor((room - behind) / across);
    const unit = Math.min(46, beside >= 27 ? beside : Math.max(20, above));
    const left = room - kernelWidth - 2 * 22 - 3 * 12 - 6;
    const small = Math.floor((left / output[0].length < 30 ? room - 6 : left) / output[0].length);
    unitOf = { image: unit, output: beside >= 27 ? unit : Math.max(20, Math.min(46, small)) };
    way.draw();
  };

  const sentence = () => {
    const parts = factors(image, used, way.i, way.j, now.stride, now.padding);
    const totals = parts.map((part) => add(part.flat().map(([a, b]) => a * b)));
    const covers = parts.map((part, c) => `${channels > 1 ? `channel ${names[c]}: ` : ""}${part.flat().map(([pixel]) => show(pixel)).join(" ")}`);
    const sum = channels > 1 ? `the channels give ${joined(totals)}, together ` : "times the kernel they add up to ";
    return `Window at row ${way.i}, column ${way.j} covers ${covers.join("; ")}; ${sum}${show(output[way.i][way.j])}.`;
  };

  const sumLines = () => {
    const parts = factors(image, used, way.i, way.j, now.stride, now.padding);
    const total = output[way.i][way.j];
    const end = h("b", {}, show(total));
    if (channels > 1) {
      const each = parts.map((part) => part.flat().map(([pixel, weight]) => pixel * weight));
      const totals = each.map(add);
      return [
        ...each.map((products, c) => h("p", {}, h("span", { class: "name" }, names[c]),
          products.length <= 9 ? `${joined(products)} ${equals(...products)} ${show(totals[c])}` : show(totals[c]))),
        h("p", {}, `${joined(totals)} ${equals(total, ...totals)} `, end),
      ];
    }
    const lines = parts[0].map((line) => line.map(times).join(" + "));
    const products = parts[0].flat().map(([pixel, weight]) => pixel * weight);
    return [
      ...lines.map((line, k) => h("p", {}, h("span", { class: "name" }, k ? "+" : ""), line)),
      h("p", {}, h("span", { class: "name" }, equals(total, ...products)), end),
    ];
  };

  const sizeLine = () => {
    const [rows, columns] = shape();
    const [down, restDown] = sizeWords(height, rows, now.padding, now.stride);
    const [across, restAcross] = sizeWords(width, columns, now.padding, now.stride);
    const square = down === across;
    const rest = [[restDown, "row"], [restAcross, "column"]].filter(([n]) => n).map(([n, what]) => `${n} ${what}${n > 1 ? "s" : ""}`);
    return [
      "Size: ", h("strong", {}, square ? down : `${down} rows, ${across} columns`),
      `, so the output is ${output.length}×${output[0].length}.`,
      rest.length ? ` ${rest.join(" and ")} at the edge ${restDown + restAcross > 1 ? "are" : "is"} left over.` : "",
    ];
  };

  const draw = () => {
    const [rows, columns] = shape();
    const p = now.padding;
    const [top, left] = [way.i * now.stride, way.j * now.stride];
    const [seenRows, seenColumns] = [(output.length - 1) * now.stride + rows, (output[0].length - 1) * now.stride + columns];
    const kernel = used[now.front];
    const layer = image[now.front];
    picture.draw({
      rows: height + 2 * p,
      columns: width + 2 * p,
      unit: unitOf.image,
      behind: channels - 1,
      window: { row: top, column: left, height: rows, width: columns },
      look: (i, j) => {
        const inside = i >= p && j >= p && i < height + p && j < width + p;
        const value = inside ? layer[i - p][j - p] : 0;
        const weight = kernel[i - top] && kernel[i - top][j - left];
        const note = weight === undefined ? "" : `×${written(weight)}`;
        return { value, padding: !inside, shade: Math.abs(value) / brightest, note, unseen: i >= seenRows || j >= seenColumns };
      },
    });
    const largest = Math.max(...output.flat().map(Math.abs)) || 1;
    result.draw({
      rows: output.length,
      columns: output[0].length,
      unit: unitOf.output,
      look: (i, j) => {
        const active = i === way.i && j === way.j;
        return way.shown(i, j) ? { value: output[i][j], signed: output[i][j] / largest, active } : { empty: true };
      },
    });
    picture.heading.textContent = channels > 1 ? `Image, ${names[now.front]} on top` : "Image";
    picture.note.textContent = `${channels > 1 ? `${channels}×` : ""}${height}×${width}${p ? `, padded to ${height + 2 * p}×${width + 2 * p}` : ""}`;
    result.note.textContent = `${output.length}×${output[0].length}`;
    way.tell(picture.svg);
    const told = output.map((line, i) => line.map((value, j) => (way.shown(i, j) ? show(value) : "empty")).join(" ")).join("; ");
    result.svg.setAttribute("aria-label", `Output of ${output.length}×${output[0].length}: ${told}`);
    sums.replaceChildren(...sumLines());
    size.replaceChildren(...sizeLine());
  };

  const way = walk(ui, () => [output.length, output[0].length], state.at, draw, sentence);
  movable(picture, way, () => ({ stride: now.stride, height: shape()[0], width: shape()[1] }));
  clickable(result, way);

  ui.box.append(
    grids,
    way.node,
    h("div", { class: "below" }, sums, h("div", {}, row(stride.node, padding.node), row(preset.node), row(flip.node), channels > 1 ? row(front.node) : null)),
    size,
  );
  fillEntries();
  kernelLook();
  ui.resized((given) => {
    room = given;
    layout();
  });
}
