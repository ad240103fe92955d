// The size calculator: a line of n pixels, p padded at both ends, and all places of a window of f that moves by s.

import { h, outputSize, row, slider } from "./core.js";

export function size(ui, state) {
  const now = { ...state };
  const words = h("p", { style: "font-size: 20px; margin: 0" });
  const draw = () => {
    const { n, f, p, s: stride } = now;
    words.textContent = `⌊(${n} + 2·${p} − ${f})/${stride}⌋ + 1 = ${outputSize(n, f, p, stride)}`;
    ui.say(words.textContent);
  };
  const control = (key, said, min, max) =>
    slider(said, { min, max, value: now[key] }, (to) => {
      now[key] = to;
      draw();
    }).node;
  ui.box.append(words, row(control("n", "n", 1, 40), control("f", "f", 1, 11), control("p", "p", 0, 5), control("s", "s", 1, 5)));
  draw();
}
