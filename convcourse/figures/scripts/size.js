// The size calculator: a line of n pixels, p padded at both ends, and all places of a window of f that moves by s.

import { h, outputSize, s, slider } from "./core.js";
import { sizeWords } from "./grid.js";

const SIZE_STYLE = `
.formula { font-size: 21px; font-weight: 600; margin: 0; min-height: 1.5em }
.why { margin: 2px 0 12px; min-height: 2.9em }
.line { margin: 0 auto; overflow: visible }
.settings { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 4px 28px; margin-top: 14px; padding-top: 10px;
  border-top: 1px solid var(--pale) }
.settings .control { min-height: 30px }
.settings .control > :first-child { flex: none; width: 9.2em }
`;

// Where the windows begin, and which cells of the padded line nobody sees: {starts, rest, between}.
export function places(n, f, p, stride) {
  const [length, count] = [n + 2 * p, outputSize(n, f, p, stride)];
  const starts = Array.from({ length: count }, (_, k) => k * stride);
  const seen = (cell) => starts.some((start) => cell >= start && cell < start + f);
  const end = count ? starts[count - 1] + f : 0;
  const cells = Array.from({ length }, (_, cell) => cell).filter((cell) => !seen(cell));
  return { starts, rest: cells.filter((cell) => cell >= end), between: cells.filter((cell) => cell < end) };
}

const plural = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

export function size(ui, state) {
  const now = { ...state };
  let room = 640;
  ui.style(SIZE_STYLE);
  const formula = h("p", { class: "formula" });
  const why = h("p", { class: "why" });
  const picture = s("svg", { class: "line", role: "img" });

  const words = () => {
    const { n, f, p, s: stride } = now;
    const { starts, rest, between } = places(n, f, p, stride);
    const padded = p ? ` + 2·${p}` : "";
    if (!starts.length) return ["No size", `A window of ${f} does not fit on ${n}${padded}${p ? ` = ${n + 2 * p}` : ""} ${n === 1 && !p ? "pixel" : "pixels"}.`];
    const free = n + 2 * p - f;
    const moves = `The first place uses ${f}${padded || f !== n ? ` of the ${n + 2 * p}` : ""} cells, which leaves ${free}.`;
    const whole = free ? ` Whole steps of ${stride} that fit: ${starts.length - 1}.` : "";
    const left = rest.length ? ` ${plural(rest.length, "cell")} at the end ${rest.length > 1 ? "are" : "is"} left over.` : free ? " Nothing is left over." : "";
    const skipped = between.length ? ` ${plural(between.length, "cell")} between the windows ${between.length > 1 ? "go" : "goes"} unseen.` : "";
    return [sizeWords(n, f, p, stride)[0], moves + whole + left + skipped];
  };

  const draw = () => {
    const { n, f, p, s: stride } = now;
    const { starts, rest, between } = places(n, f, p, stride);
    const length = n + 2 * p;
    const unit = Math.max(4, Math.min(36, Math.floor((room - 8) / length)));
    const levels = starts.length ? Math.min(starts.length, Math.ceil(f / stride)) : 0;
    const [top, pitch] = [20, 9];
    const parts = [];
    const unseen = new Set([...rest, ...between]);
    const label = (from, cells, said) => parts.push(s("text", { x: (from + cells / 2) * unit, y: 12, style: "font-size: 13px", fill: "var(--grey)" }, said));
    if (p) {
      label(0, p, `+${p}`);
      label(p + n, p, `+${p}`);
    }
    label(p, n, plural(n, "pixel"));
    for (let cell = 0; cell < length; cell++) {
      const x = cell * unit;
      const frame = cell < p || cell >= p + n;
      const box = { x: x + 0.7, y: top + 0.7, width: unit - 1.4, height: 33.6, rx: Math.min(4, unit / 5) };
      parts.push(s("rect", { ...box, fill: frame ? "none" : "var(--cell)", stroke: "var(--line)", "stroke-dasharray": frame ? "3 2.4" : null }));
      if (unit >= 19) {
        const said = frame ? "0" : String(cell - p);
        parts.push(s("text", { x: x + unit / 2, y: top + 22.5, style: `font-size: ${unit >= 26 ? 15 : 12}px`, fill: frame ? "var(--grey)" : null }, said));
      }
      if (unseen.has(cell)) {
        const cross = `M${x + 3} ${top + 4}L${x + unit - 3} ${top + 31}M${x + unit - 3} ${top + 4}L${x + 3} ${top + 31}`;
        parts.push(s("path", { d: cross, stroke: "var(--ring)", "stroke-width": 2, opacity: 0.75 }));
      }
    }
    starts.forEach((start, k) => {
      const y = top + 42 + (k % levels) * pitch;
      const [from, to] = [start * unit + 2, (start + f) * unit - 2];
      parts.push(s("path", { d: `M${from} ${y - 4}V${y}H${to}V${y - 4}`, fill: "none", stroke: k ? "var(--edge)" : "var(--good)", "stroke-width": k ? 2.4 : 3.4 }));
    });
    const bottom = top + 42 + levels * pitch;
    if (rest.length) {
      const said = "left over";
      const x = Math.min((rest[0] + rest.length / 2) * unit, length * unit - 26);
      parts.push(s("text", { x, y: bottom + 12, style: "font-size: 13px; font-weight: 600", fill: "var(--ring)" }, said));
    }
    const height = bottom + 18;
    picture.replaceChildren(...parts);
    picture.setAttribute("width", length * unit + 2);
    picture.setAttribute("height", height);
    picture.setAttribute("viewBox", `-1 0 ${length * unit + 2} ${height}`);
    const [equation, reason] = words();
    formula.textContent = equation;
    why.textContent = reason;
    picture.setAttribute("aria-label", `A line of ${plural(n, "pixel")}, ${p} padded at both ends. Windows of ${f} begin at ${starts.join(", ") || "no cell"}.`);
    ui.say(`${equation}. ${reason}`);
  };

  const control = (key, said, min, max) =>
    slider(h("span", {}, said), { min, max: Math.max(max, state[key]), value: now[key] }, (to) => {
      now[key] = to;
      draw();
    }).node;
  ui.box.append(
    formula,
    why,
    picture,
    h("div", { class: "settings" }, control("n", "pixels n", 1, 32), control("f", "window f", 1, 11), control("p", "padding p", 0, 5), control("s", "stride s", 1, 5)),
  );
  ui.resized((given) => {
    room = given;
    draw();
  });
}
