// Follows a running refresh: moves its progress bar, then shows the new posts without reloading the page.

import { filled, number } from "./words.js";

const FIRST_WAIT_MS = 700;
const LONGEST_WAIT_MS = 5000;
const PARTS = ["refresh", "posts"];
const FOLLOWED = "#refresh[data-poll]";

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// null: the server or the network hiccups, and it is worth asking again
async function fetchStatus(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function showProgress(section, status) {
  const bar = section.querySelector("progress");
  if (status.progress === null) bar.removeAttribute("value");
  else bar.value = status.progress;
  const figures = section.querySelector("#refresh-figures");
  const { some, all } = figures.dataset;
  const counts = { stored: number(status.posts_stored), expected: number(status.posts_expected) };
  figures.textContent = filled(status.posts_expected ? all : some, counts);
}

async function showResult() {
  const response = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of PARTS) {
    document.getElementById(id).replaceWith(fresh.getElementById(id));
  }
}

// the heading, and why where it waits or has failed
function told() {
  const parts = ["refresh-heading", "refresh-message"].map((id) => document.getElementById(id)?.textContent);
  return parts.filter(Boolean).join(". ");
}

function announce(text) {
  document.getElementById("announcement").textContent = text;
}

// until the refresh ends; whenever its state changes, the page says what that means
async function follow() {
  let section = document.querySelector(FOLLOWED);
  if (section) announce(told());
  for (let pause = FIRST_WAIT_MS; section; pause = Math.min(pause * 1.2, LONGEST_WAIT_MS)) {
    await wait(pause);
    const status = await fetchStatus(section.dataset.poll);
    if (!status) continue;
    if (status.state !== section.dataset.state) {
      await showResult();
      announce(told());
      section = document.querySelector(FOLLOWED);
    } else if (status.state === "fetching") {
      showProgress(section, status);
    }
  }
}

follow();
