// The page of a draft: counts the caption, shows the cover, forecasts and saves while it is typed, applies a suggestion
// and undoes it. What could not be saved stays in this browser (draft_storage.js) until it can.

import { offerCopying } from "./copy.js";
import { showCover } from "./cover.js";
import { forget, keep, kept, moveTo } from "./draft_storage.js";
import { countHashtags } from "./hashtags.js";
import { noteQuestion, pause } from "./pace.js";
import { filled, number } from "./words.js";

const SAVE_AFTER_MS = 2000;
const AGAIN_AFTER_MS = 10_000;
const STEPPED = ["caption", "publish_at", "duration_s", "within"];
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "measured_cover", "cover", "within"]);

const form = document.getElementById("composer");
const result = document.getElementById("result");
const notes = document.getElementById("draft-notes");
const state = document.getElementById("save-state");
const counter = document.getElementById("caption-counter");
const announcement = document.getElementById("announcement");
// what this module says, in the language of the page
const words = state.dataset;
const field = (name) => form.elements[name];

let trying = null;
let waitsToTry = 0;
let waitsToSave = 0;
let saving = null;
let changed = false;
let conflict = false;
let restored = null;

// --- the caption's counts, by the server's rules -------------------------------------------------------------------

function countCaption() {
  // the server counts code points, so that an emoji counts the same on both sides
  const length = [...field("caption").value].length;
  const { limit, kept: read, hashtags } = counter.dataset;
  const found = countHashtags(field("caption").value);
  const counts = { length: number(length), limit: number(limit), hashtags: number(found), most: number(hashtags), read: number(read) };
  const parts = [filled(counter.dataset.counts, counts)];
  if (found > Number(hashtags)) parts.push(filled(counter.dataset.tooMany, counts));
  if (length > Number(read)) parts.push(filled(counter.dataset.longer, counts));
  counter.textContent = parts.join(" ");
  counter.classList.toggle("counter-over", length > Number(limit) || found > Number(hashtags));
}

// --- the forecast, while typing ------------------------------------------------------------------------------------

function sent() {
  const data = new FormData(form);
  if (!data.get("cover")?.size) data.delete("cover");
  return data;
}

async function tryDraft(extra = {}) {
  window.clearTimeout(waitsToTry);
  trying?.abort();
  const mine = (trying = new AbortController());
  const data = sent();
  for (const [name, value] of Object.entries(extra)) data.set(name, value);
  result.setAttribute("aria-busy", "true");
  noteQuestion();
  try {
    const response = await fetch(form.dataset.try, { method: "POST", body: data, signal: mine.signal });
    if (response.status === 422) tellOfCover((await response.json()).cover);
    // whatever else is in the way, "Save forecast" tells
    if (response.redirected || response.status !== 200) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine.signal.aborted) return;
    tellOfCover([]);
    show(page.body, data.has("cover") && page.getElementById("picture-fresh").content);
  } catch {
    // aborted, or offline: the last forecast stays
  } finally {
    if (trying === mine) result.removeAttribute("aria-busy");
  }
}

function tellOfCover(errors) {
  const box = document.getElementById("field-cover");
  box.querySelector(".errorlist")?.remove();
  if (!errors.length) return;
  const list = document.createElement("ul");
  list.className = "errorlist";
  list.setAttribute("role", "alert");
  list.append(...errors.map((error) => Object.assign(document.createElement("li"), { textContent: error })));
  box.append(list);
}

// what is told of the picture, under it; nothing while there is none, or until it is measured
function tellOfPicture(fresh) {
  const told = document.getElementById("picture-told");
  told.replaceChildren(...(fresh?.childNodes ?? []));
  offerCopying(told);
}

function show(part, freshPicture) {
  const metric = result.querySelector("[name=metric]:checked")?.value;
  const open = result.querySelector("details[data-week][open]");
  result.replaceChildren(...part.childNodes);
  if (metric) {
    const chosen = result.querySelector(`[name=metric][value=${metric}]`);
    if (chosen) chosen.checked = true;
  }
  if (open) result.querySelector("details[data-week]")?.setAttribute("open", "");
  if (freshPicture) {
    // measured once: from here on its measures travel, not the picture
    field("measured_cover").value = result.querySelector("#cover-seal").value;
    field("cover").value = "";
    tellOfPicture(freshPicture);
    saveSoon();
  }
  const bar = document.getElementById("live-bar");
  bar.hidden = !result.querySelector(".headline");
  if (!bar.hidden) bar.textContent = result.querySelector(".headline").textContent;
  announcement.textContent = `${result.querySelector(".headline")?.textContent ?? ""}. ${result.querySelector(".legend li:nth-child(2)")?.textContent ?? ""}`;
}

// --- saving --------------------------------------------------------------------------------------------------------

function say(text, isOff = false) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("save-state--off", isOff);
}

function values() {
  return Object.fromEntries([...new FormData(form)].filter(([name]) => !NOT_KEPT.has(name)));
}

function key() {
  return field("draft").value || `new-${form.dataset.account}`;
}

function note(said, ...actions) {
  const box = document.createElement("div");
  box.className = "note note--warm";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = said;
  box.append(text);
  for (const [label, act] of actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet button--small";
    button.textContent = label;
    button.addEventListener("click", () => {
      box.remove();
      act();
    });
    box.append(button, " ");
  }
  notes.replaceChildren(box);
  return box;
}

function fill(fields) {
  for (const [name, value] of Object.entries(fields)) {
    if (field(name) && !NOT_KEPT.has(name)) field(name).value = value ?? "";
  }
  countCaption();
}

function settle(answer) {
  const before = key();
  field("draft").value = answer.draft;
  field("version").value = answer.version;
  moveTo(before, key());
  if (form.getAttribute("action") !== answer.address) {
    form.setAttribute("action", answer.address);
    window.history.replaceState(null, "", answer.address);
  }
}

function tellConflict(theirs) {
  conflict = true;
  say(words.elsewhere, true);
  const box = note(
    words.conflict,
    [
      words.keepMine,
      () => {
        field("version").value = theirs.version;
        conflict = false;
        save();
      },
    ],
    [
      words.takeTheirs,
      () => {
        fill(theirs);
        field("version").value = theirs.version;
        conflict = false;
        changed = false;
        forget(key());
        say(words.saved);
        tryDraft();
      },
    ],
  );
  const quote = document.createElement("blockquote");
  quote.dir = "auto";
  quote.textContent = [theirs.caption || "–", theirs.publish_at?.replace("T", " ")].filter(Boolean).join(" · ");
  box.querySelector("p").after(quote);
}

async function save() {
  window.clearTimeout(waitsToSave);
  if (conflict) return;
  if (saving) {
    // one at a time, or the second would be stale
    await saving;
    if (changed) waitsToSave = window.setTimeout(save, 0);
    return;
  }
  changed = false;
  say(words.saving);
  saving = send();
  await saving;
  saving = null;
}

async function send() {
  const data = new FormData(form);
  data.delete("cover");
  const keptHere = values();
  try {
    const response = await fetch(form.dataset.save, { method: "POST", body: data, redirect: "manual" });
    if (response.type === "opaqueredirect" || response.status === 403) {
      keepHere(keptHere, words.signedOut);
      const link = document.createElement("a");
      link.href = `${form.dataset.signIn}?next=${encodeURIComponent(window.location.pathname + window.location.search)}`;
      link.textContent = words.signIn;
      state.append(" ", link);
      return;
    }
    if (response.status === 409) {
      keep(key(), keptHere);
      const theirs = (await response.json()).fields;
      if (isSame(theirs, keptHere) || (restored && isSame(theirs, restored))) {
        // it was this browser's own last save, whose answer was lost with the page
        field("version").value = theirs.version;
        changed = true;
        waitsToSave = window.setTimeout(save, 0);
      } else tellConflict(theirs);
      return;
    }
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const answer = await response.json();
    settle(answer);
    if (answer.keeps_text && !answer.unsound.length && !changed) forget(key());
    else keep(key(), { ...keptHere, draft: answer.draft, version: answer.version });
    say(answer.unsound.length ? filled(words.partly, { fields: answer.unsound.join(", ") }) : words.saved, answer.unsound.length > 0);
  } catch {
    keepHere(keptHere, words.offline);
    waitsToSave = window.setTimeout(save, AGAIN_AFTER_MS);
  }
}

function isText(name) {
  return name === "caption" || /^variant_.$/.test(name);
}

function isSame(theirs, mine) {
  return Object.entries(mine).every(
    ([name, value]) =>
      name === "version" || name === "draft" || (isText(name) && !form.dataset.keepsTexts) || (theirs[name] ?? "") === value,
  );
}

function keepHere(keptHere, why) {
  changed = true;
  keep(key(), keptHere);
  say(why, true);
}

function edit() {
  changed = true;
  keep(key(), values());
  countCaption();
  window.clearTimeout(waitsToTry);
  waitsToTry = window.setTimeout(tryDraft, pause());
  saveSoon();
}

function saveSoon() {
  changed = true;
  window.clearTimeout(waitsToSave);
  waitsToSave = window.setTimeout(save, SAVE_AFTER_MS);
}

function restore() {
  const local = kept(key());
  if (!local) return;
  restored = local;
  const differs = Object.entries(local).some(([name, value]) => name !== "version" && field(name) && field(name).value !== value);
  if (!differs) {
    if (form.dataset.keepsTexts) forget(key());
    return;
  }
  const isCurrent = (local.version ?? "") === field("version").value;
  if (!form.dataset.keepsTexts || isCurrent) {
    const { version: _, draft: __, ...mine } = local;
    // of people whose texts are kept here alone, the rest may have changed elsewhere
    const texts = Object.entries(mine).filter(([name]) => isText(name));
    fill(isCurrent ? mine : Object.fromEntries(texts));
    if (form.dataset.keepsTexts) note(words.restored);
    edit();
    return;
  }
  const saved = values();
  fill({ ...local, draft: saved.draft, version: saved.version });
  tellConflict(saved);
}

// --- saving a forecast, suggestions --------------------------------------------------------------------------------

function showFieldErrors(page) {
  for (const each of form.querySelectorAll(".field")) {
    const fresh = page.getElementById(each.id);
    each.querySelector(".errorlist")?.remove();
    const errors = fresh.querySelector(".errorlist");
    if (errors) each.append(errors);
    const [input, freshInput] = [each, fresh].map((one) => one.querySelector(".input"));
    for (const name of ["aria-invalid", "aria-describedby"]) {
      const value = freshInput.getAttribute(name);
      if (value === null) input.removeAttribute(name);
      else input.setAttribute(name, value);
    }
  }
  document.getElementById("form-errors").replaceWith(page.getElementById("form-errors"));
  const wrong = form.querySelector("[aria-invalid=true]");
  wrong?.closest("details")?.setAttribute("open", "");
  wrong?.focus();
}

async function saveForecast(button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  window.clearTimeout(waitsToTry);
  window.clearTimeout(waitsToSave);
  trying?.abort();
  if (saving) await saving;
  changed = false;
  keep(key(), values());
  try {
    const data = sent();
    const response = await fetch(form.action, { method: "POST", body: data });
    if (response.redirected || (!response.ok && response.status !== 409)) throw new Error(`answered ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.status === 409) {
      const fresh = page.getElementById("composer").elements;
      field("version").value = fresh.version.value;
      notes.replaceChildren(page.querySelector(".note--warm[role=alert]"));
      return;
    }
    showFieldErrors(page);
    if (!page.querySelector("#composer [aria-invalid=true]")) {
      const fresh = page.getElementById("composer");
      settle({ draft: fresh.elements.draft.value, version: fresh.elements.version.value, address: fresh.getAttribute("action") });
      show(page.getElementById("result"), data.has("cover") && page.getElementById("picture-told"));
      if (form.dataset.keepsTexts && !changed) forget(key());
      notes.replaceChildren();
      conflict = false;
      say(words.saved);
    }
  } catch {
    // whatever is in the way (signed out, server down), the plain form shows it in full
    form.submit();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function submit(event) {
  // "Write with me" takes the draft to a page of its own
  if (event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (event.submitter?.name === "save") save();
  else saveForecast(event.submitter ?? form.querySelector("button[type=submit]"));
}

async function step(event) {
  const stepped = event.target;
  if (!stepped.hasAttribute("data-step")) return;
  event.preventDefault();
  // the page shows the draft of the step; a picture that was measured stays so
  for (const name of STEPPED) field(name).value = stepped.elements[name].value;
  const extra = Object.fromEntries([...new FormData(stepped)].filter(([name]) => name.startsWith("before")));
  edit();
  await tryDraft(extra);
  result.focus();
}

// the alt text has no name, as it is no part of the draft
form.addEventListener("input", (event) => event.target.name && edit());
for (const [id, happened] of [["id_cover", "change"], ["cover-drop", "drop"], ["cover-remove", "click"]]) {
  document.getElementById(id).addEventListener(happened, () => tellOfPicture(null));
}
form.addEventListener("submit", submit);
result.addEventListener("submit", step);
window.addEventListener("online", () => changed && save());
document.querySelector("[data-forget]")?.addEventListener("submit", (event) => forget(event.target.dataset.forget));
showCover(field("cover"), field("measured_cover"), edit);
// a caption that was just written counts, not the one before that this browser may have
if ("written" in form.dataset) edit();
else restore();
countCaption();
if (field("caption").value && !result.querySelector(".headline")) tryDraft();
