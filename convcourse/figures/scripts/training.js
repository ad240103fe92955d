// A training run, read point by point: losses and accuracies over the epochs, a line at the epoch that is read, and all its
// numbers below. Curves differ in colour, stroke and mark, as in the still.

import { h, row, s, slider, toggle } from "./core.js";

// --- arithmetic ---

// All epochs at which something is known, in order.
export function epochsOf(state) {
  const known = [state.loss, state.accuracy].flatMap((curves) => Object.values(curves).flat().map(([epoch]) => epoch));
  return [...new Set(known)].sort((a, b) => a - b);
}

// Even numbers for an axis from low to high: at most `most` steps of 1, 2, 2.5 or 5 times a power of ten.
export function even(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((one) => one >= rough * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

// Three decimals, or three digits where it is large, as in the still.
export function digits(value) {
  const size = Math.abs(value);
  return `${value < 0 ? "−" : ""}${size >= 100 ? Number(size.toPrecision(3)) : size.toFixed(3)}`;
}

// --- the figure ---

const STROKES = ["", "7 4", "8 3 2 3", "2 3", "12 4"];
const SHAPES = ["M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z", "M-3-3h6v6h-6z", "M0-4l4 7h-8z", "M0-4.4l4.4 4.4L0 4.4L-4.4 0z", "M-1.2-4.5h2.4v9h-2.4z"];
const TRAINING_STYLE = `
.box { --c0: #0072B2; --c1: #B84F00; --c2: #007A59; --c3: #8A5F00; --c4: #9C4673 }
.box.dark { --c0: #63BDF0; --c1: #FF9A5C; --c2: #43CFA3; --c3: #E9B84A; --c4: #E8A3C8 }
.panels { display: flex; flex-wrap: wrap; gap: 6px 14px; justify-content: center }
.panels svg { flex: 1 1 320px; max-width: 100%; font-size: 12px; touch-action: pan-y }
.panels svg text { fill: var(--grey) }
.panels svg .name { fill: var(--ink); font-size: 13.5px; font-weight: 600; text-anchor: start }
.read { border-collapse: collapse; margin-top: 10px; min-width: 240px }
.read th, .read td { text-align: right; padding: 2px 12px; border-bottom: 1px solid var(--pale); font-weight: 400 }
.read th:first-child { text-align: left; padding-left: 0 }
.read thead th { font-size: 13px; color: var(--grey) }
.read svg { display: inline-block; vertical-align: middle; margin-right: 8px }
`;

export function training(ui, state) {
  ui.style(TRAINING_STYLE);
  const epochs = epochsOf(state);
  const labels = [...new Set([...Object.keys(state.loss), ...Object.keys(state.accuracy)])];
  const first = Math.min(1, ...epochs);
  const [start, end] = state.epochs > first ? [first, state.epochs] : [first - 0.5, state.epochs + 0.5];
  let at = epochs.length - 1;
  let whole = true;
  const panels = h("div", { class: "panels" });
  const head = h("th", { scope: "col" });
  const body = h("tbody");
  const cursors = [];
  const reading = slider("epoch", { min: 0, max: Math.max(0, epochs.length - 1), value: at, written: (k) => (epochs.length ? `${epochs[k]}` : "–") }, (to) => read(to));
  const zoom = toggle("zoom in on the later half", false, (to) => {
    whole = !to;
    draw(known);
    read(at);
  });
  ui.box.append(
    panels,
    row(reading.node),
    h("table", { class: "read" }, h("thead", {}, h("tr", {}, head, h("th", { scope: "col" }, "loss"), h("th", { scope: "col" }, "accuracy"))), body),
    row(zoom.node),
  );
  reading.node.style.flex = "0 1 340px";
  let known = 640;
  ui.resized((width) => {
    draw((known = width));
    read(at, false);
  });

  function limits(title) {
    let curves = Object.values(state[title]);
    if (!whole) curves = curves.map((points) => points.slice(Math.floor(points.length / 2)));
    const values = curves.flat().map(([, value]) => value);
    if (!values.length) return [0, 1];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (!whole) return high > low ? [low - 0.05 * (high - low), high + 0.05 * (high - low)] : [low - 0.5, high + 0.5];
    return title === "loss" ? [Math.min(0, low), 1.06 * Math.max(high, 0) || 1] : [Math.min(Math.floor(20 * low) / 20, 0.95), 1];
  }

  function draw(width) {
    const wide = width >= 660 ? (width - 14) / 2 : Math.min(width, 460);
    cursors.length = 0;
    panels.replaceChildren(...["loss", "accuracy"].filter((title) => Object.keys(state[title]).length).map((title) => axes(title, wide, 220)));
  }

  function axes(title, width, height) {
    const [left, right, top, bottom] = [46, width - 12, 26, height - 40];
    const [low, high] = limits(title);
    const x = (epoch) => left + ((epoch - start) / (end - start)) * (right - left);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    const made = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${title} over the epochs` });
    const rule = (d) => made.append(s("path", { d, stroke: "var(--pale)", "stroke-width": 0.8 }));
    const words = (a, b, said, look = {}) => made.append(s("text", { x: a, y: b, ...look }, said));
    for (const tick of even(low, high, 5)) {
      rule(`M${left} ${y(tick)}H${right}`);
      words(left - 7, y(tick) + 4, `${tick}`.replace("-", "−"), { "text-anchor": "end" });
    }
    for (const tick of even(start, end, Math.min(6, Math.max(1, end - start))).filter(Number.isInteger)) {
      rule(`M${x(tick)} ${top}V${bottom}`);
      words(x(tick), bottom + 17, tick);
    }
    words(left, 14, title, { class: "name" });
    words((left + right) / 2, bottom + 35, "epoch");
    made.append(s("path", { d: `M${left} ${top}V${bottom}H${right}`, fill: "none", stroke: "var(--line)" }));
    const inside = s("svg", { x: left - 8, y: top - 8, width: right - left + 16, height: bottom - top + 16, viewBox: `${left - 8} ${top - 8} ${right - left + 16} ${bottom - top + 16}` });
    for (const [label, points] of Object.entries(state[title])) {
      const look = labels.indexOf(label) % 5;
      const colour = `var(--c${look})`;
      const d = points.map(([epoch, value], k) => `${k ? "L" : "M"}${x(epoch)} ${y(value)}`).join("");
      inside.append(s("path", { d, fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": STROKES[look], "stroke-linejoin": "round" }));
      const every = Math.ceil(points.length / 14);
      for (let k = (points.length - 1) % every; k < points.length; k += every)
        inside.append(s("path", { d: SHAPES[look], fill: colour, transform: `translate(${x(points[k][0])} ${y(points[k][1])})` }));
    }
    const line = s("path", { stroke: "var(--ink)", "stroke-width": 1.5, "stroke-dasharray": "4 3" });
    const rings = s("g", { fill: "none", stroke: "var(--ink)", "stroke-width": 2 });
    inside.append(line, rings);
    made.append(inside);
    cursors.push((epoch) => {
      line.setAttribute("d", `M${x(epoch)} ${top}V${bottom}`);
      const known = Object.values(state[title]).flatMap((points) => points.filter(([one]) => one === epoch));
      rings.replaceChildren(...known.map(([, value]) => s("circle", { cx: x(epoch), cy: y(value), r: 6 })));
    });
    const point = (event) => {
      const box = made.getBoundingClientRect();
      const epoch = start + ((((event.clientX - box.left) / box.width) * width - left) / (right - left)) * (end - start);
      const distances = epochs.map((one) => Math.abs(one - epoch));
      const nearest = distances.indexOf(Math.min(...distances));
      if (nearest >= 0 && nearest !== at) {
        reading.set(nearest);
        read(nearest);
      }
    };
    made.addEventListener("pointermove", point);
    made.addEventListener("pointerdown", point);
    return made;
  }

  function read(to, aloud = true) {
    at = to;
    const epoch = epochs[at];
    if (epoch === undefined) return;
    for (const cursor of cursors) cursor(epoch);
    const told = (curves, label) => {
      const found = (curves[label] || []).find(([one]) => one === epoch);
      return found ? digits(found[1]) : "–";
    };
    head.textContent = `epoch ${epoch}`;
    const lines = labels.map((label) => [label, told(state.loss, label), told(state.accuracy, label)]);
    body.replaceChildren(
      ...lines.map(([label, loss, share], k) => h("tr", {}, h("th", { scope: "row" }, key(k % 5), label), h("td", {}, loss), h("td", {}, share))),
    );
    if (aloud) {
      const parts = lines.map(([label, loss, share]) => `${label}: ${loss === "–" ? "" : `loss ${loss} `}${share === "–" ? "" : `accuracy ${share}`}`);
      ui.say(`Epoch ${epoch}. ${parts.join(". ")}`);
    }
  }

  function key(look) {
    const drawing = s("svg", { width: 34, height: 14, viewBox: "-17 -7 34 14", "aria-hidden": "true" });
    drawing.append(s("path", { d: "M-17 0H17", stroke: `var(--c${look})`, "stroke-width": 2, "stroke-dasharray": STROKES[look] }), s("path", { d: SHAPES[look], fill: `var(--c${look})` }));
    return drawing;
  }
}
