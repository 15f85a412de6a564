// Counts what is typed against the most that fits; nothing is cut, and the server checks again.

import { filled, number } from "./words.js";

for (const field of document.querySelectorAll("textarea[data-most]")) {
  const output = document.querySelector(`[data-count-of="${field.id}"]`);
  const most = Number(field.dataset.most);
  const count = () => {
    const typed = [...field.value].length;
    const left = most - typed;
    output.textContent = filled(left < 0 ? output.dataset.over : output.dataset.left, {
      count: number(Math.abs(left)),
      most: number(most),
    });
    output.classList.toggle("errorlist", left < 0);
    field.toggleAttribute("aria-invalid", left < 0);
  };
  output.hidden = false;
  field.addEventListener("input", count);
  count();
}
