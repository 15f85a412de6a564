// The demo's draft: forecasts while you type, and applies a suggestion and undoes it, without a reload.

import { countHashtags } from "./hashtags.js";
import { noteQuestion, pause } from "./pace.js";
import { filled, number } from "./words.js";

const DRAFT = ["caption", "publish_at", "duration_s"];

const form = document.getElementById("draft");
const result = document.getElementById("result");
const counter = document.getElementById("caption-counter");
const announcement = document.getElementById("announcement");
const trouble = document.getElementById("trouble");
const caption = form.elements.caption;

let waiting;
let asked = new AbortController();

function countCaption() {
  // the server counts code points
  const length = [...caption.value].length;
  const hashtags = countHashtags(caption.value);
  counter.textContent = filled(counter.dataset.counts, { length: number(length), hashtags: number(hashtags) });
}

// beside the caption, as a phone shows the forecast itself further down
function tellRange() {
  announcement.textContent = result.querySelector("figure svg")?.getAttribute("aria-label") ?? "";
}

function tell(name) {
  trouble.hidden = !name;
  trouble.textContent = name ? trouble.dataset[name] : "";
}

function showFieldErrors(page) {
  for (const field of form.querySelectorAll(".field")) {
    const fresh = page.getElementById(field.id);
    field.querySelector(".errorlist")?.remove();
    const errors = fresh.querySelector(".errorlist");
    if (errors) field.append(errors);
    const [input, freshInput] = [field, fresh].map((each) => each.querySelector(".input"));
    for (const name of ["aria-invalid", "aria-describedby"]) {
      const value = freshInput.getAttribute(name);
      if (value === null) input.removeAttribute(name);
      else input.setAttribute(name, value);
    }
  }
  document.getElementById("form-errors").replaceWith(page.getElementById("form-errors"));
}

// only the newest question counts: an earlier one that still runs is given up
async function forecast(sent) {
  clearTimeout(waiting);
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  result.setAttribute("aria-busy", "true");
  noteQuestion();
  try {
    const body = new URLSearchParams(new FormData(sent));
    const response = await fetch(sent.action, { method: "POST", body, signal });
    if (!response.ok) {
      tell(response.status === 429 ? "busy" : "failed");
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const open = result.querySelector("details")?.open;
    showFieldErrors(page);
    result.replaceChildren(...page.getElementById("result").childNodes);
    if (open) result.querySelector("details")?.setAttribute("open", "");
    tellRange();
    tell("");
  } catch (error) {
    if (error.name !== "AbortError") tell(navigator.onLine ? "failed" : "offline");
  } finally {
    if (!signal.aborted) result.removeAttribute("aria-busy");
  }
}

function typed() {
  countCaption();
  clearTimeout(waiting);
  waiting = setTimeout(() => forecast(form), pause());
}

async function step(event) {
  if (!event.target.hasAttribute("data-step")) return;
  event.preventDefault();
  for (const name of DRAFT) form.elements[name].value = event.target.elements[name].value;
  countCaption();
  await forecast(event.target);
  result.focus();
}

form.addEventListener("input", typed);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  forecast(form);
});
result.addEventListener("submit", step);
countCaption();
tellRange();
