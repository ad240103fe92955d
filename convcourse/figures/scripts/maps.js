// Feature maps, image by image and map by map: the input, one map large beside it, all maps small, and the filter.
// Values come in 256 steps from the lowest to the highest of a map, so that what is read from them is told with "about".

import { choice, h, panel, row, s, select, slider, toggle } from "./core.js";

// --- arithmetic ---

// {shape, bytes, low, high} with its bytes decoded; array number k lies at k·(rows·columns), or k·(3·rows·columns) in colour.
export function unpacked(packed) {
  return { ...packed, steps: Uint8Array.from(atob(packed.bytes), (letter) => letter.charCodeAt(0)) };
}

// The value of the map number k at one place, from its step.
export function valueAt(maps, k, i, j) {
  const [rows, columns] = maps.shape;
  const step = maps.steps[k * rows * columns + i * columns + j];
  return maps.low[k] + (step * (maps.high[k] - maps.low[k])) / 255;
}

// Three digits, a true minus sign: enough for 256 steps.
export function rough(value) {
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size >= 100 ? size.toFixed(0) : size >= 0.1 ? String(Number(size.toPrecision(3))) : String(Number(size.toFixed(3)));
  return value < 0 && Number(text) ? `−${text}` : text;
}

// --- the figure ---

const MAPS_STYLE = `
.views { display: flex; flex-wrap: wrap; gap: 12px 20px; justify-content: center; align-items: flex-start; margin-top: 12px }
.view { position: relative; line-height: 0; border: 1px solid var(--line) }
.view canvas, .small canvas { width: 100%; height: auto; image-rendering: pixelated; display: block }
.view svg { position: absolute; inset: 0; width: 100%; height: 100% }
.view rect { fill: none; vector-effect: non-scaling-stroke }
.bar { height: 14px; border: 1px solid var(--line); background: linear-gradient(90deg, #000, #FFF); margin-top: 8px }
.ends { display: flex; justify-content: space-between; font-size: 13px }
.small { display: grid; grid-template-columns: repeat(auto-fill, minmax(66px, 1fr)); gap: 6px; margin: 14px 0 0; padding: 0; list-style: none }
.small button { width: 100%; padding: 2px 3px 3px; font-size: 12px; line-height: 1.4 }
.small button[aria-pressed=true] { outline: 3px solid var(--edge); font-weight: 700 }
.small button[aria-pressed=true]:focus-visible { outline: 3px double var(--ink); outline-offset: 1px }
.filter { border-collapse: collapse; font-size: 12px; margin: 0 auto }
.filter td { border: 1px solid var(--line); min-width: 38px; height: 26px; text-align: center; padding: 0 3px }
.filters { display: flex; flex-wrap: wrap; gap: 8px }
.filters .title { font-size: 12px; margin: 0 }
`;

export function maps(ui, state) {
  ui.style(MAPS_STYLE);
  const images = state.images.map((image) => ({ title: image.title, ...unpacked(image) }));
  const stages = state.stages.map((stage) => ({ ...stage, maps: stage.maps.map(unpacked) }));
  const [rows, columns] = stages[0].maps[0].shape;
  const number = stages[0].maps[0].low.length;
  const now = { image: 0, stage: stages.length - 1, map: 0, i: Math.floor(rows / 2), j: Math.floor(columns / 2), shared: false };
  const [input, inputMark] = view(images[0].shape.slice(1), 190);
  const [large, largeMark] = view([rows, columns], 270);
  const seen = panel("", input.node);
  const answer = panel("", large.node);
  const bar = h("div", { class: "bar", "aria-hidden": "true" });
  const ends = [h("span"), h("span")];
  const weights = h("div", { class: "filters" });
  const filter = panel("filter", weights);
  const told = h("p", { class: "note", style: "min-height: 2.9em; text-align: center" });
  const list = h("ol", { class: "small", "aria-label": "All maps", keydown: onKey });
  const small = Array.from({ length: number }, (_, k) => {
    const canvas = h("canvas", { width: columns, height: rows, "aria-hidden": "true" });
    return { canvas, button: h("button", { type: "button", click: () => pick(k) }, canvas, String(k)) };
  });
  list.append(...small.map((one) => h("li", {}, one.button)));
  answer.node.append(bar, h("div", { class: "ends" }, ...ends));
  const place = (key, words, count) =>
    slider(words, { min: 0, max: count - 1, value: now[key] }, (to) => {
      now[key] = to;
      drawPlace(true);
    });
  const places = { i: place("i", "row", rows), j: place("j", "column", columns) };
  large.node.addEventListener("pointerdown", point);
  large.node.addEventListener("pointermove", point);
  ui.box.append(
    row(
      images.length > 1 && options("image", images, "image"),
      stages.length > 1 && options("maps", stages, "stage"),
      toggle("one scale for all maps", false, (to) => {
        now.shared = to;
        draw();
      }).node,
    ),
    h("div", { class: "views" }, seen.node, answer.node, filter.node),
    told,
    row(places.i.node, places.j.node),
    list,
  );
  draw();

  function options(words, holders, key) {
    const made = holders.map((holder, k) => [String(k), holder.title]);
    const short = made.reduce((sum, [, title]) => sum + title.length + 3, 0) < 44;
    return (short ? choice : select)(words, made, String(now[key]), (to) => {
      now[key] = Number(to);
      draw(true);
    }).node;
  }

  // A canvas with an outline above it: [{node, canvas}, mark(top, left, height, width)].
  function view([high, wide], pixels) {
    const canvas = h("canvas", { width: wide, height: high, role: "img" });
    const outlines = [["#FFF", 5], ["#C14F00", 2.5]].map(([stroke, width]) => s("rect", { stroke, "stroke-width": width }));
    const over = s("svg", { viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...outlines);
    const node = h("div", { class: "view", style: `width: ${pixels}px; max-width: 100%; margin: 0 auto` }, canvas, over);
    const mark = (y, x, height, width) => {
      over.style.display = height ? "" : "none";
      for (const rect of outlines) for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, value);
    };
    return [{ node, canvas }, mark];
  }

  function range() {
    const { low, high } = stages[now.stage].maps[now.image];
    return (k) => (now.shared ? [Math.min(...low), Math.max(...high)] : [low[k], high[k]]);
  }

  function paintMap(canvas, k, [low, high]) {
    const held = stages[now.stage].maps[now.image];
    const data = new ImageData(columns, rows);
    const span = high - low || 1;
    const start = ((held.low[k] - low) * 255) / span;
    const scale = (held.high[k] - held.low[k]) / span;
    for (let at = 0; at < rows * columns; at += 1) {
      const grey = start + held.steps[k * rows * columns + at] * scale;
      data.data.set([grey, grey, grey, 255], 4 * at);
    }
    canvas.getContext("2d").putImageData(data, 0, 0);
  }

  function paintImage() {
    const { shape, steps, title } = images[now.image];
    const [channels, high, wide] = shape;
    const data = new ImageData(wide, high);
    for (let at = 0; at < high * wide; at += 1) {
      const colour = [0, 1, 2].map((c) => steps[(channels === 3 ? c : 0) * high * wide + at]);
      data.data.set([...colour, 255], 4 * at);
    }
    input.canvas.getContext("2d").putImageData(data, 0, 0);
    input.canvas.setAttribute("aria-label", `The input: ${title}, ${high}×${wide} pixels`);
    seen.title.textContent = title;
  }

  function draw(aloud = false) {
    const shades = range();
    paintImage();
    small.forEach(({ canvas, button }, k) => {
      paintMap(canvas, k, shades(k));
      button.setAttribute("aria-label", `map ${k}, ${endsOf(k).join(" to ")}`);
    });
    pick(now.map, aloud);
  }

  function endsOf(k) {
    const { low, high } = stages[now.stage].maps[now.image];
    return [rough(low[k]), rough(high[k])];
  }

  function pick(k, aloud = true) {
    now.map = k;
    small.forEach(({ button }, other) => {
      button.setAttribute("aria-pressed", String(other === k));
      button.tabIndex = other === k ? 0 : -1;
    });
    const [low, high] = range()(k);
    paintMap(large.canvas, k, [low, high]);
    const stage = stages[now.stage];
    answer.title.textContent = `map ${k}${stage.title ? `, ${stage.title}` : ""}`;
    large.canvas.setAttribute("aria-label", `Map ${k} of ${images[now.image].title}, ${rows}×${columns}, from ${endsOf(k).join(" to ")}`);
    ends[0].textContent = `${rough(low)} black`;
    ends[1].textContent = `white ${rough(high)}`;
    drawFilter(stage, k);
    drawPlace(aloud);
  }

  function drawFilter(stage, k) {
    filter.node.hidden = !stage.filters;
    if (!stage.filters) return;
    const [channels, high, wide] = stage.window;
    const largest = Math.max(...stage.filters[k].map(Math.abs)) || 1;
    const cell = (value) =>
      h("td", { style: `background: rgba(var(--${value < 0 ? "low" : "high"}), ${(0.75 * Math.abs(value)) / largest})` }, value.toFixed(2).replace("-0.00", "0.00").replace("-", "−"));
    filter.title.textContent = `filter ${k}`;
    const slices = Array.from({ length: channels }, (_, c) => {
      const at = (i) => (c * high + i) * wide;
      const lines = Array.from({ length: high }, (_, i) => h("tr", {}, ...stage.filters[k].slice(at(i), at(i) + wide).map(cell)));
      const name = channels === 3 ? ["red", "green", "blue"][c] : channels > 1 ? `channel ${c}` : "";
      return h("div", {}, name && h("p", { class: "title" }, name), h("table", { class: "filter", "aria-label": `filter ${k} ${name}` }, h("tbody", {}, ...lines)));
    });
    weights.style.flexDirection = channels > 1 ? "column" : "row";
    weights.replaceChildren(...slices);
  }

  function drawPlace(aloud) {
    const stage = stages[now.stage];
    const { i, j, map } = now;
    largeMark(i, j, 1, 1);
    const [, high, wide] = stage.window || [0, 0, 0];
    const [top, left] = [i, j].map((place) => place * stage.stride - stage.padding);
    inputMark(top, left, high, wide);
    const value = rough(valueAt(stage.maps[now.image], map, i, j));
    const where = `Map ${map}, row ${i}, column ${j}: about ${value}.`;
    const from = high ? ` It looks at rows ${top} to ${top + high - 1} and columns ${left} to ${left + wide - 1} of the input.` : "";
    told.textContent = where + from;
    if (aloud) ui.say(`${answer.title.textContent}, from ${endsOf(map).join(" to ")}. ${where}`);
  }

  function point(event) {
    if (event.pointerType === "touch" && event.type === "pointermove") return;
    const box = large.canvas.getBoundingClientRect();
    const at = (part, whole, count) => Math.min(count - 1, Math.max(0, Math.floor((part / whole) * count)));
    now.i = at(event.clientY - box.top, box.height, rows);
    now.j = at(event.clientX - box.left, box.width, columns);
    places.i.set(now.i);
    places.j.set(now.j);
    drawPlace(event.type === "pointerdown");
  }

  function onKey(event) {
    const across = Math.max(1, getComputedStyle(list).gridTemplateColumns.split(" ").length);
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -number, End: number }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const to = Math.abs(by) === number ? (by < 0 ? 0 : number - 1) : now.map + by;
    if (to < 0 || to >= number) return;
    pick(to);
    small[to].button.focus();
  }
}
