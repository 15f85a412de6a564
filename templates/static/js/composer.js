// The composer: counts the caption, tells the planned time in the browser's zone, and forecasts, applies a suggestion
// and undoes it without a reload.

import { countHashtags } from "./hashtags.js";

const form = document.getElementById("composer");
const result = document.getElementById("result");
const caption = form.elements.caption;
const moment = form.elements.publish_at;
const counter = document.getElementById("caption-counter");
const localTime = document.getElementById("local-time");
const announcement = document.getElementById("announcement");
const button = form.querySelector("button[type=submit]");

function countCaption() {
  // the server counts code points, so that an emoji counts the same on both sides
  const length = [...caption.value].length;
  const hashtags = countHashtags(caption.value);
  const limit = Number(counter.dataset.limit);
  counter.textContent = `${length.toLocaleString("en")} of ${limit.toLocaleString("en")} characters, ${hashtags} hashtag${hashtags === 1 ? "" : "s"}`;
}

function tellLocalTime() {
  const utc = new Date(`${moment.value}Z`);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (Number.isNaN(utc.getTime()) || zone === "UTC") {
    localTime.textContent = "";
    return;
  }
  const local = utc.toLocaleString("en-GB", { weekday: "long", hour: "2-digit", minute: "2-digit" });
  localTime.textContent = `Where you are (${zone}) that is ${local}.`;
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
  form.querySelector("[aria-invalid=true]")?.focus();
}

async function forecast(sent) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch(sent.action, { method: "POST", body: new FormData(sent) });
    if (response.redirected || !response.ok) throw new Error(`answered ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    showFieldErrors(page);
    result.replaceChildren(...page.getElementById("result").childNodes);
    announcement.textContent = result.querySelector(".headline")?.textContent ?? "";
  } catch {
    // whatever is in the way (signed out, server down), the plain form shows it in full
    sent.submit();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function compose(event) {
  // "Compare variants" leaves the page
  if (event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  forecast(form);
}

async function step(event) {
  const sent = event.target;
  if (!sent.hasAttribute("data-step")) return;
  event.preventDefault();
  // the composer shows the draft of the step; a picture that was chosen stays chosen
  for (const field of [caption, moment, form.elements.duration_s, form.elements.within]) {
    field.value = sent.elements[field.name].value;
  }
  countCaption();
  tellLocalTime();
  await forecast(sent);
  result.focus();
}

caption.addEventListener("input", countCaption);
moment.addEventListener("input", tellLocalTime);
form.addEventListener("submit", compose);
result.addEventListener("submit", step);
counter.hidden = localTime.hidden = false;
countCaption();
tellLocalTime();
