// What all live figures share. A kind of figure is a module beside this one, KIND.js, that exports
// `function KIND(ui, state)`; `live.py` says how Python joins the two.
//
//   ui.box             append the figure's elements here; it lies in a shadow root of its own, so styles and ids
//                      neither reach the page nor come from it (put the kind's own styles in ui.style(css))
//   ui.resized(draw)   calls draw(width of the box in pixels) now, and again whenever the width changes
//   ui.say(sentence)   tells a screen reader, politely, and only the last of what is said within a moment; nothing before
//                      the reader has done something here, as a page may hold many figures
//   ui.player(step, …) {button, playing, stop()}: a Play button that calls step() again and again until it returns
//                      false; begin() is called first, and if it returns true stands for the first step; stopped() at last
//   ui.calm            whether the reader asks for reduced motion (then nothing may move between two steps)
//
//   h(tag, attributes, ...children) and s(…) make HTML and SVG elements; an attribute that is a function is a listener
//   button, slider, choice, toggle, select and entry make labelled controls, and panel and row lay them out
//   show(x) writes a number as the stills do; colours are CSS variables, --ink, --edge and so on, for light and dark
//
// Every control must work by keyboard. Marks are those of the stills: never a colour alone.

const STYLE = `
:host { display: block }
.box { box-sizing: border-box; max-width: 760px; padding: 14px 12px; border-radius: 10px; overflow: hidden;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; color: var(--ink); background: var(--paper); border: 1px solid var(--pale);
  --ink: #1B2733; --grey: #56626F; --pale: #D3DAE1; --paper: #FFF; --cell: #EFF2F5; --line: #7C8894;
  --edge: #0072B2; --deep: #003F66; --on-edge: #FFF; --window: #CCE9F8; --made: #CCECE3; --good: #007A59; --won: #F8F1A1; --ring: #C14F00;
  --high: 86, 180, 233; --low: 230, 159, 0; --hatch: #B9C2CB }
.box.dark { --ink: #E9EEF3; --grey: #AAB6C2; --pale: #3D4955; --paper: #171D24; --cell: #252E38; --line: #8492A0;
  --edge: #63BDF0; --deep: #BFE5FB; --on-edge: #10161C; --window: #1B4A68; --made: #0F5240; --good: #43CFA3; --won: #5B5414; --ring: #FF9A5C;
  --high: 48, 132, 184; --low: 178, 112, 0; --hatch: #4A5663; color-scheme: dark }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; margin-top: 10px }
.title { font-size: 13px; font-weight: 600; margin: 0 0 4px; text-align: center }
.note { font-size: 13px; color: var(--grey); margin: 4px 0 0 }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; margin: 0 }
button, select, input { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  min-height: 30px; box-sizing: border-box; margin: 0 }
button { padding: 2px 12px; cursor: pointer }
button:hover:not(:disabled), .choice label:hover { background: var(--cell) }
button:disabled { color: var(--grey); border-color: var(--pale); cursor: default }
button.first { background: var(--edge); color: var(--on-edge); border-color: var(--edge); font-weight: 600; min-width: 76px }
button.first:hover:not(:disabled) { background: var(--edge); filter: brightness(1.1) }
select { padding: 2px 6px; max-width: 100% }
:focus-visible { outline: 3px solid var(--edge); outline-offset: 2px }
.control { display: inline-flex; align-items: center; gap: 8px; min-width: 0 }
.choice span { display: inline-flex; border: 1px solid var(--line); border-radius: 6px; overflow: hidden }
.choice label { position: relative; min-width: 30px; min-height: 28px; padding: 0 8px; box-sizing: border-box; display: inline-flex;
  align-items: center; justify-content: center; cursor: pointer }
.choice label + label { border-left: 1px solid var(--line) }
.choice input { position: absolute; opacity: 0; inset: 0; width: 100%; cursor: inherit }
.choice label:has(:checked) { background: var(--edge); color: var(--on-edge); font-weight: 600 }
.choice label:has(:disabled) { color: var(--grey); background: var(--cell); cursor: default; text-decoration: line-through }
.choice label:has(:focus-visible) { outline: 3px solid var(--ink); outline-offset: -3px }
input[type=checkbox] { width: 20px; min-height: 20px; height: 20px; accent-color: var(--edge) }
.control.toggle { min-height: 28px; cursor: pointer }
input[type=range] { accent-color: var(--edge); padding: 0; border: 0; background: none; flex: 1; min-width: 80px }
.told { min-width: 2.2em; font-weight: 600 }
svg { display: block; max-width: 100%; font-size: 15px; fill: var(--ink); text-anchor: middle }
`;

// --- elements ---

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

export function row(...children) {
  return h("div", { class: "row" }, ...children);
}

// A part with its title above: {node, title}.
export function panel(title, ...children) {
  const heading = h("p", { class: "title" }, title);
  return { node: h("div", { class: "panel" }, heading, ...children), title: heading };
}

// --- controls: each has its node, and set(value) where it holds one ---

export function button(words, click, attributes = {}) {
  return h("button", { type: "button", click, ...attributes }, words);
}

// A slider with its value beside it. `written` turns the value into words.
export function slider(words, { min, max, step = 1, value, written = String }, change) {
  const told = h("span", { class: "told", "aria-hidden": "true" }, written(value));
  const input = h("input", { type: "range", min, max, step, value, "aria-valuetext": written(value) });
  const tell = () => {
    told.textContent = written(Number(input.value));
    input.setAttribute("aria-valuetext", told.textContent);
  };
  input.addEventListener("input", () => {
    tell();
    change(Number(input.value));
  });
  const set = (to, range = {}) => {
    Object.assign(input, range);
    input.value = to;
    tell();
  };
  return { node: h("label", { class: "control" }, words, input, told), input, set };
}

// A few values side by side, one of which holds: radio buttons that look like a switch. `options` are [value, words].
export function choice(words, options, value, change) {
  const name = `choice${Math.random().toString(36).slice(2)}`;
  const inputs = options.map(([option]) =>
    h("input", { type: "radio", name, value: option, checked: option === value, change: () => change(option) }),
  );
  const labels = options.map(([, said], i) => h("label", {}, inputs[i], said));
  return {
    node: h("div", { class: "control choice", role: "radiogroup", "aria-label": words }, words, h("span", {}, ...labels)),
    inputs,
    set: (to) => inputs.forEach((input, i) => (input.checked = options[i][0] === to)),
    allow: (test) => inputs.forEach((input, i) => (input.disabled = !test(options[i][0]))),
  };
}

export function toggle(words, value, change) {
  const input = h("input", { type: "checkbox", checked: value, change: () => change(input.checked) });
  return { node: h("label", { class: "control toggle" }, input, words), input, set: (to) => (input.checked = to) };
}

// `options` are [value, words].
export function select(words, options, value, change) {
  const made = options.map(([option, said]) => h("option", { value: option, selected: option === value }, said));
  const input = h("select", { change: () => change(input.value) }, ...made);
  return { node: h("label", { class: "control" }, words, input), input, set: (to) => (input.value = to) };
}

// A whole number to type or step, kept between min and max.
export function entry(words, { min, max, value }, change) {
  const input = h("input", { type: "number", min, max, value, step: 1, style: "width: 4.6em; padding-left: 6px" });
  input.addEventListener("change", () => {
    const typed = Math.round(Number(input.value));
    input.value = Number.isFinite(typed) ? Math.min(max, Math.max(min, typed)) : value;
    change(Number(input.value));
  });
  return { node: h("label", { class: "control" }, words, input), input, set: (to) => (input.value = to) };
}

// --- numbers ---

// As the stills write it: whole numbers without decimals, others with at most two, a true minus sign.
export function show(value, places = 2) {
  if (value === null || value === undefined) return "";
  if (Number.isNaN(value)) return "?";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  const eighths = size * 8;
  // Python rounds a half to the even neighbour, toFixed away from zero; only odd eighths are a half in binary.
  const half = places === 2 && Number.isInteger(eighths) && eighths % 2 === 1;
  const hundreds = Math.floor(size * 100);
  let text = half ? ((hundreds + (hundreds % 2)) / 100).toFixed(2) : size.toFixed(places);
  if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  return value < 0 && text !== "0" ? `−${text}` : text;
}

// Whether show gives all of the value.
export function exact(value) {
  return !Number.isFinite(value) || Math.abs(value - Math.round(value * 100) / 100) <= 1e-9 * Math.max(1, Math.abs(value));
}

export function equals(...values) {
  return values.every(exact) ? "=" : "≈";
}

// Values as a sum: 2 + 6 − 1.
export function joined(values) {
  return values.map((value) => show(value)).reduce((sum, text) => (text.startsWith("−") ? `${sum} − ${text.slice(1)}` : `${sum} + ${text}`));
}

// A factor in a product: negative numbers in brackets.
export function bracketed(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

// Throws where a script's table of numbers is not the one that Python has given.
export function agree(own, given) {
  const close = (value, i, j) => Math.abs(value - own[i][j]) <= 1e-6 * (1 + Math.abs(value));
  const same = own.length === given.length && given.every((line, i) => line.length === own[i].length && line.every((value, j) => close(value, i, j)));
  if (!same) throw new Error("its numbers are not those of the course");
}

// How many places a window of f has on n pixels with p padded at both ends, s apart; 0 where it does not fit.
export function outputSize(n, f, p, s) {
  return f > n + 2 * p ? 0 : Math.floor((n + 2 * p - f) / s) + 1;
}

// --- a figure in its page ---

// Dark where the notebook says so; else where the page's own background is; else where the reader's system is.
function isDark(host) {
  const { documentElement: page, body } = document;
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter !== null) return jupyter === "false";
  const said = page.getAttribute("theme") || page.getAttribute("data-theme") || "";
  if (said === "dark" || page.classList.contains("dark") || /vscode-(dark|high-contrast)\b/.test(body.className)) return true;
  if (said === "light" || body.classList.contains("vscode-light")) return false;
  for (let place = host.parentElement; place; place = place.parentElement) {
    const [red, green, blue, alpha = 1] = (getComputedStyle(place).backgroundColor.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
    if (alpha > 0.5) return 0.3 * red + 0.6 * green + 0.1 * blue < 110;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function follow(host, box) {
  const look = () => box.classList.toggle("dark", isDark(host));
  look();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
  const watch = new MutationObserver(look);
  watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["theme", "data-theme", "class"] });
}

function tools(box, voice, root) {
  let waiting = 0;
  let touched = false;
  for (const kind of ["pointerdown", "keydown", "click", "input", "change"]) {
    box.addEventListener(kind, () => (touched = true), { capture: true });
  }
  return {
    box,
    get calm() {
      return matchMedia("(prefers-reduced-motion: reduce)").matches;
    },
    style: (css) => root.append(h("style", {}, css)),
    say: (sentence) => {
      clearTimeout(waiting);
      if (touched) waiting = setTimeout(() => (voice.textContent = sentence), 250);
    },
    resized: (draw) => {
      let known = 0;
      const look = () => {
        const width = Math.floor(box.clientWidth) - 24;
        if (width > 0 && width !== known) draw((known = width));
      };
      look();
      if (!known) draw((known = 640));
      new ResizeObserver(() => requestAnimationFrame(look)).observe(box);
    },
    player: (step, { delay = 800, words = "Play", begin = () => false, stopped = () => {} } = {}) => {
      let timer = 0;
      const stop = () => {
        if (!timer) return;
        clearInterval(timer);
        timer = 0;
        made.textContent = words;
        stopped();
      };
      const next = () => (box.isConnected && step()) || stop();
      const made = button(words, () => {
        if (timer) return stop();
        made.textContent = "Pause";
        timer = setInterval(next, delay);
        return begin() || next();
      }, { class: "first" });
      return { button: made, stop, get playing() { return timer !== 0; } };
    },
  };
}

// Keys typed here are not the notebook's: in JupyterLab a letter would be a command and an arrow go to another cell.
function keepKeys(event) {
  const passes = event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab" || (event.key === "Enter" && event.shiftKey);
  if (!passes) event.stopPropagation();
}

// Called by the figure's own script: bring to life the figure around it, or, where no browser tells which that is, all
// that wait under this mark.
export function mount(mark, draw, state) {
  const around = document.currentScript && document.currentScript.closest(".convcourse-figure");
  const hosts = around ? [around] : document.querySelectorAll(`.convcourse-figure[data-figure="${mark}"]`);
  for (const figure of hosts) {
    if (figure.querySelector(".convcourse-live")) continue;
    const still = figure.querySelector("img");
    const host = h("div", { class: "convcourse-live" });
    const root = host.attachShadow({ mode: "open" });
    const voice = h("p", { class: "unseen", role: "status" });
    const box = h("div", { class: "box", role: "group", "aria-label": "Figure to play with", keydown: keepKeys });
    root.append(h("style", {}, STYLE), box, voice);
    figure.append(host);
    try {
      follow(host, box);
      draw(tools(box, voice, root), state);
      still.style.display = "none";
    } catch (problem) {
      host.remove();
      console.error("This figure stays a still picture:", problem);
    }
  }
}
