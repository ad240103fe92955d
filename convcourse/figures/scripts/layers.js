// A network as a row of blocks. Each block tells shape, parameters and multiply–adds; the chosen one tells how they come
// about, and can be changed, moved and taken away. Python's own numbers (state.costs) are shown until something changes.

import { button, entry, h, outputSize, row, s, select, toggle } from "./core.js";

// --- arithmetic: a layer is {kind, channels, kernel, stride, padding, units, bias, p}, a shape [C, H, W] or [features] ---

const KINDS = ["Conv2d", "MaxPool2d", "ReLU", "Tanh", "BatchNorm2d", "Dropout", "Flatten", "Linear"];
const FRESH = {
  Conv2d: { channels: 16, kernel: 3, stride: 1, padding: 0, bias: true },
  MaxPool2d: { kernel: 2, stride: 2, padding: 0 },
  Dropout: { p: 0.5 },
  Linear: { units: 10, bias: true },
};

export function freshLayer(kind) {
  return { kind, ...FRESH[kind] };
}

// Why a layer cannot take what comes in; nothing where it can.
export function misfit(layer, shape) {
  const { kind, kernel: f, padding: p } = layer;
  const maps = shape.length === 3;
  if (["Conv2d", "MaxPool2d", "BatchNorm2d"].includes(kind) && !maps)
    return `${kind} wants maps, and a row of ${shape[0]} numbers comes in. It belongs before Flatten.`;
  if (kind === "Linear" && maps) return `Linear wants a row of numbers, and maps of ${shape.join("×")} come in. Put Flatten before it.`;
  if (!f) return "";
  if (kind === "MaxPool2d" && 2 * p > f)
    return `The padding of a pooling is at most half of its window: ${Math.floor(f / 2)} for a window of ${f}.`;
  const [height, width] = shape.slice(1).map((side) => side + 2 * p);
  if (f > Math.min(height, width))
    return `The window is larger than what comes in: ${f}×${f} on ${height}×${width}${p ? " with its padding" : ""}.`;
  return "";
}

// What a layer that fits hands on and costs: {shape, parameters, work}; `work` are its multiply–adds.
export function costOf(layer, given) {
  const { kind, kernel: f, stride, padding, channels, units } = layer;
  const bias = layer.bias ? 1 : 0;
  const sides = f ? given.slice(1).map((side) => outputSize(side, f, padding, stride)) : given.slice(1);
  if (kind === "Conv2d") {
    const weights = f * f * given[0];
    return { shape: [channels, ...sides], parameters: (weights + bias) * channels, work: channels * sides[0] * sides[1] * weights };
  }
  if (kind === "Linear") return { shape: [units], parameters: (given[0] + bias) * units, work: given[0] * units };
  if (kind === "Flatten") return { shape: [given.reduce((a, b) => a * b)], parameters: 0, work: 0 };
  return { shape: [given[0], ...sides], parameters: kind === "BatchNorm2d" ? 2 * given[0] : 0, work: 0 };
}

// What each layer hands on and costs; from the first that does not fit on {why}, and nothing is known of those behind.
export function costsOf(input, layers) {
  let given = input;
  return layers.map((layer) => {
    if (!given) return { why: "" };
    const why = misfit(layer, given);
    const cost = why ? { why } : costOf(layer, given);
    given = why ? null : cost.shape;
    return cost;
  });
}

export function thousands(n) {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

// How a layer's numbers come about: {shape, parameters, work}, a sentence each.
export function derivation(layer, given, cost) {
  const { kind, kernel: f, stride, padding, channels, units, bias } = layer;
  const place = (n) => `⌊(${n} + 2·${padding} − ${f})/${stride}⌋ + 1 = ${outputSize(n, f, padding, stride)}`;
  const [, height, width] = given;
  const places = height === width ? `rows and columns ${f && place(height)}` : `rows ${f && place(height)}, columns ${f && place(width)}`;
  const left = f ? [height, width].map((n) => (n + 2 * padding - f) % stride) : [0, 0];
  const many = (n, thing) => `${n || "no"} ${thing}${n > 1 ? "s" : ""}`;
  const over = left[0] || left[1] ? `; at the edge ${many(left[0], "row")} and ${many(left[1], "column")} ${Math.max(...left) > 1 ? "are" : "is"} left over` : "";
  const out = thousands(cost.parameters);
  const none = { parameters: "none: there is nothing to learn", work: "none" };
  if (kind === "Conv2d") {
    const one = `${f}·${f}·${given[0]}`;
    const [, rows, columns] = cost.shape;
    return {
      shape: `${places}${over}; ${channels} filters make ${channels} maps`,
      parameters: bias
        ? `${channels} filters of ${one} weights and a bias: (${one} + 1)·${channels} = ${out}`
        : `${channels} filters of ${one} weights, no bias: ${one}·${channels} = ${out}`,
      work: `${channels}·${rows}·${columns} numbers of ${one} products each: ${thousands(channels * rows * columns)}·${f * f * given[0]} = ${thousands(cost.work)}`,
    };
  }
  if (kind === "MaxPool2d")
    return { shape: `${places}${over}; each of the ${given[0]} maps for itself`, parameters: none.parameters, work: "none: it compares, and multiplies nothing" };
  if (kind === "Linear")
    return {
      shape: `one number from each of ${thousands(units)} units`,
      parameters: bias
        ? `${thousands(units)} units of ${thousands(given[0])} weights and a bias: (${thousands(given[0])} + 1)·${thousands(units)} = ${out}`
        : `${thousands(units)} units of ${thousands(given[0])} weights, no bias: ${thousands(given[0])}·${thousands(units)} = ${out}`,
      work: `${thousands(units)} numbers of ${thousands(given[0])} products each: ${thousands(given[0])}·${thousands(units)} = ${thousands(cost.work)}`,
    };
  if (kind === "Flatten")
    return { shape: given.length > 1 ? `all numbers in a row: ${given.join("·")} = ${thousands(cost.shape[0])}` : "it is a row already", ...none };
  if (kind === "BatchNorm2d")
    return {
      shape: "stays: each number is shifted and scaled for itself",
      parameters: `a scale and a shift for each of ${given[0]} channels: 2·${given[0]} = ${out}`,
      work: "not counted: little beside those of a convolution",
    };
  if (kind === "Dropout")
    return { shape: "stays: in training some numbers become 0, in eval mode none", ...none };
  return { shape: "stays: each number is changed for itself", ...none };
}

export function nameOf(layer) {
  return layer.kernel ? `${layer.kind} ${layer.kernel}×${layer.kernel}` : layer.kind;
}

// --- the figure ---

const LAYERS_STYLE = `
.blocks { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 12px 0 }
.blocks li { display: flex }
.blocks .arrow { width: 16px; flex: none; align-self: center; color: var(--grey); text-align: center; font-size: 13px }
.block { width: 104px; min-height: 176px; padding: 6px 4px; display: flex; flex-direction: column; align-items: center; gap: 1px;
  font-size: 13px; line-height: 1.25; border: 1px dashed var(--line); border-radius: 7px; background: var(--cell) }
.block.input { border-style: solid; background: var(--paper) }
.block.learns { border: 2.4px solid var(--edge); background: var(--window) }
.block.misfit { border: 3px dotted var(--ring); background: var(--paper) }
.block[aria-pressed=true] { box-shadow: 0 0 0 2px var(--paper), 0 0 0 5px var(--ink) }
.block:hover:not(:disabled) { filter: brightness(1.04); background: var(--cell) }
.block.learns:hover:not(:disabled) { background: var(--window) }
.block svg { width: 74px; height: 46px; flex: none }
.block b { min-height: 2.5em; display: flex; align-items: center; text-align: center }
.block small { font-size: 12px; color: var(--ink) }
.block .told { margin-top: 3px; display: flex; flex-direction: column; align-items: center }
.total { font-weight: 700; margin: 14px 0 0; text-align: center }
.total span { display: inline-block }
.alarm { border: 2px dotted var(--ring); border-radius: 6px; padding: 4px 10px; margin: 12px 0 0; font-weight: 600 }
.chosen { border-top: 1px solid var(--pale); margin-top: 14px; padding-top: 10px }
.chosen .heading { font-weight: 600; margin: 0 }
.chosen dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 12px; margin: 10px 0 0 }
.chosen dt { font-weight: 600 }
.chosen dd { margin: 0; overflow-wrap: anywhere }
@media (max-width: 460px) { .block { width: 88px; min-height: 0; font-size: 12px; padding: 6px 2px } .blocks .arrow { width: 14px } .chosen dl { grid-template-columns: 1fr; gap: 0 } .chosen dd { margin-bottom: 6px } }
`;

export function layers(ui, state) {
  ui.style(LAYERS_STYLE);
  const start = () => ({ input: [...state.input], layers: state.layers.map((layer) => ({ ...layer })) });
  const known = state.costs.map(([shape, parameters, work]) => ({ shape, parameters, work }));
  let now = start();
  let costs = known;
  let aloud = false;
  let chosen = Math.max(0, now.layers.findIndex((layer) => layer.kind === "Conv2d" || layer.kind === "Linear") + 1);
  const list = h("ol", { class: "blocks", "aria-label": "The network's layers, input first", keydown: onKey });
  const alarm = h("p", { class: "alarm" });
  const total = h("p", { class: "total" });
  const heading = h("p", { class: "heading" });
  const controls = h("div");
  const derived = h("dl");
  const kind = select("Add behind it:", KINDS.map((one) => [one, one]), "Conv2d", () => {});
  const remove = button("Remove", () => take());
  const earlier = button("Earlier", () => move(-1));
  const later = button("Later", () => move(1));
  const back = button("As it was", () => {
    now = start();
    costs = known;
    chosen = Math.min(chosen, now.layers.length);
    render();
    pick(chosen, false, "As it was.");
  });
  const edit = row(earlier, later, remove);
  const add = row(kind.node, button("Add", () => put()), back);
  ui.box.append(list, total, alarm, h("div", { class: "chosen" }, heading, controls, derived, edit, add));
  render();
  pick(chosen);
  aloud = true;

  function shapeBefore(number) {
    return number < 2 ? now.input : costs[number - 2].shape;
  }

  // After a change of the network: all numbers anew.
  function count() {
    costs = costsOf(now.input, now.layers);
    render();
  }

  function changed(words) {
    count();
    explain(words);
  }

  function render() {
    const held = list.contains(list.getRootNode().activeElement);
    const blocks = [now.input, ...now.layers].map((_, number) => block(number));
    list.replaceChildren(...blocks.map((one, number) => h("li", {}, number ? arrow() : null, one)));
    if (held) blocks[chosen].focus();
    const wrong = costs.findIndex((cost) => cost.why);
    alarm.hidden = wrong < 0;
    alarm.textContent = wrong < 0 ? "" : `Layer ${wrong + 1}, ${nameOf(now.layers[wrong])}, does not fit. ${costs[wrong].why}`;
    total.replaceChildren(...totals(wrong));
  }

  function totals(wrong) {
    if (wrong >= 0) return ["No total: a layer does not fit."];
    const sums = ["parameters", "work"].map((what) => costs.reduce((sum, cost) => sum + cost[what], 0));
    const told = sums.map((sum, k) => {
      const most = state.budget && state.budget[k];
      const within = !most ? "" : sum <= most ? ` of ${thousands(most)} ✓` : `, ${thousands(sum - most)} too many ✗`;
      return h("span", {}, `${thousands(sum)} ${k ? "multiply–adds" : "parameters"}${within}`);
    });
    return [told[0], " · ", told[1]];
  }

  function arrow() {
    return h("span", { class: "arrow", "aria-hidden": "true" }, "→");
  }

  function block(number) {
    const layer = now.layers[number - 1];
    const cost = number ? costs[number - 1] : { shape: now.input, parameters: 0, work: 0 };
    const told = (what, words) =>
      cost[what] ? h("span", { class: "told" }, h("strong", {}, thousands(cost[what])), h("small", {}, words)) : null;
    const look = !number ? "input" : cost.why ? "misfit" : cost.parameters ? "learns" : "";
    return h(
      "button",
      {
        type: "button",
        class: `block ${look}`,
        tabindex: number === chosen ? 0 : -1,
        "aria-pressed": String(number === chosen),
        click: () => pick(number),
      },
      picture(cost.shape),
      h("b", {}, number ? nameOf(layer) : "input"),
      h("span", {}, cost.shape ? cost.shape.join("×") : cost.why ? "does not fit" : "?"),
      told("parameters", "parameters"),
      told("work", "multiply–adds"),
    );
  }

  // Maps as a box as deep as there are channels, numbers in a row as a bar, as in the still.
  function picture(shape) {
    const drawing = s("svg", { viewBox: "0 0 74 46", "aria-hidden": "true", stroke: "var(--ink)", "stroke-width": 0.9, "stroke-linejoin": "round" });
    const bits = (n) => n.toString(2).length;
    if (!shape) {
      drawing.append(s("text", { x: 37, y: 29, stroke: "none", "font-weight": 700 }, "?"));
    } else if (shape.length === 1) {
      const height = Math.min(40, 6 + 2.8 * bits(shape[0]));
      drawing.append(s("rect", { x: 33, y: 23 - height / 2, width: 8, height, rx: 1.5, fill: "var(--window)" }));
    } else {
      const largest = Math.max(...[now.input, ...costs.map((cost) => cost.shape || [])].flatMap((one) => one.slice(1)));
      const [height, width] = shape.slice(1).map((side) => Math.max(4, (29 * side) / largest));
      const deep = Math.min(18, 2 + 1.3 * bits(shape[0]));
      const up = 0.6 * deep;
      const at = `M${37 - (width + deep) / 2} ${23 - (height - up) / 2}`;
      drawing.append(
        s("path", { d: `${at}l${deep} ${-up}h${width}l${-deep} ${up}z`, fill: "var(--paper)" }),
        s("path", { d: `${at}m${width} 0l${deep} ${-up}v${height}l${-deep} ${up}z`, fill: "var(--line)" }),
        s("path", { d: `${at}h${width}v${height}h${-width}z`, fill: "var(--window)" }),
      );
    }
    return drawing;
  }

  function onKey(event) {
    const last = now.layers.length;
    const to = { ArrowRight: chosen + 1, ArrowDown: chosen + 1, ArrowLeft: chosen - 1, ArrowUp: chosen - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) pick(Math.min(last, Math.max(0, to)), true);
    else if (event.key === "Delete") take();
    else return;
    event.preventDefault();
  }

  function pick(number, focus = false, words = "") {
    chosen = number;
    const blocks = [...list.querySelectorAll(".block")];
    blocks.forEach((one, k) => {
      one.setAttribute("aria-pressed", String(k === number));
      one.tabIndex = k === number ? 0 : -1;
    });
    if (focus) blocks[number].focus();
    controls.replaceChildren(row(...fields()));
    earlier.disabled = number < 2;
    later.disabled = !number || number === now.layers.length;
    remove.disabled = !number;
    explain(words);
  }

  function fields() {
    const field = (holder, key, words, min, max) =>
      entry(words, { min, max, value: holder[key] }, (to) => {
        holder[key] = to;
        changed(`${words} ${to}.`);
      }).node;
    const most = state.largest;
    if (!chosen) {
      const words = now.input.length === 3 ? ["channels", "rows", "columns"] : ["numbers"];
      const limits = now.input.length === 3 ? [most.channels, most.side, most.side] : [most.units];
      return words.map((said, k) => field(now.input, k, said, 1, limits[k]));
    }
    const layer = now.layers[chosen - 1];
    const made = [["channels", "filters", 1], ["kernel", "window", 1], ["stride", "stride", 1], ["padding", "padding", 0], ["units", "units", 1]]
      .filter(([key]) => key in layer)
      .map(([key, words, least]) => field(layer, key, words, least, most[key]));
    if ("bias" in layer)
      made.push(
        toggle("bias", layer.bias, (to) => {
          layer.bias = to;
          changed(to ? "With bias." : "Without bias.");
        }).node,
      );
    return made;
  }

  // How the chosen block's numbers come about; aloud after the words for what has changed, and what that has led to.
  function explain(words) {
    const layer = now.layers[chosen - 1];
    heading.textContent = chosen ? `Layer ${chosen}: ${nameOf(layer)}` : "What goes in";
    const cost = chosen ? costs[chosen - 1] : null;
    const lines = [];
    if (!cost) lines.push(["shape", now.input.length === 3 ? `${now.input.join("×")}: channels, rows, columns` : `${now.input[0]} numbers in a row`]);
    else if (!cost.shape) lines.push(["shape", cost.why || "not known: a layer before it does not fit"]);
    else {
      const told = derivation(layer, shapeBefore(chosen), cost);
      lines.push(["shape", `${cost.shape.join("×")}. ${capital(told.shape)}.`]);
      lines.push(["parameters", `${capital(told.parameters)}${share("parameters", cost)}.`]);
      lines.push(["multiply–adds", `${capital(told.work)}${share("work", cost)}.`]);
    }
    derived.replaceChildren(...lines.flatMap(([term, words]) => [h("dt", {}, term), h("dd", {}, words)]));
    const led = words && `${words} ${alarm.textContent || `${total.textContent}.`} `;
    if (aloud) ui.say(`${led}${heading.textContent}. ${lines.map((line) => line.join(": ")).join(" ")}`);
  }

  function share(what, cost) {
    if (!cost[what] || costs.some((other) => !other.shape)) return "";
    const all = costs.reduce((sum, other) => sum + other[what], 0);
    const percent = Math.round((100 * cost[what]) / all);
    return `, ${percent || "less than 1"} % of all`;
  }

  function capital(words) {
    return words[0].toUpperCase() + words.slice(1);
  }

  function put() {
    const made = freshLayer(kind.input.value);
    now.layers.splice(chosen, 0, made);
    chosen += 1;
    count();
    pick(chosen, false, `${made.kind} added.`);
  }

  function take() {
    if (!chosen) return;
    const [gone] = now.layers.splice(chosen - 1, 1);
    chosen = Math.min(chosen, now.layers.length);
    count();
    pick(chosen, false, `${gone.kind} removed.`);
  }

  function move(by) {
    const [taken] = now.layers.splice(chosen - 1, 1);
    chosen += by;
    now.layers.splice(chosen - 1, 0, taken);
    count();
    pick(chosen, false, `${taken.kind} moved.`);
  }
}
