// Follows an account's first day: shows each step and new posts as they come, until what was found is there.

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 5000;

const live = () => document.getElementById("live");
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// null: the server or the network hiccups, and it is worth asking again
async function fetchPage() {
  try {
    const response = await fetch(location.href);
    return response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function show(page) {
  const [before, focused] = [live().dataset.step, document.activeElement?.id];
  live().replaceWith(page.getElementById("live"));
  for (const part of [".step", ".page-head"]) {
    const fresh = page.querySelector(part);
    const shown = document.querySelector(part);
    if (fresh) shown?.replaceWith(fresh);
    else shown?.remove();
  }
  if (focused) document.getElementById(focused)?.focus();
  if (live().dataset.step === before) return false;
  const step = document.querySelector("#live [aria-current=step] h3") ?? document.getElementById("found-heading");
  document.getElementById("announcement").textContent = step?.textContent ?? "";
  return true;
}

async function follow() {
  let pause = FIRST_WAIT_MS;
  while (live().dataset.step) {
    await wait(pause);
    const page = await fetchPage();
    document.getElementById("offline").hidden = page !== null;
    if (page === null || !page.getElementById("live")) continue;
    pause = show(page) ? FIRST_WAIT_MS : Math.min(pause * 1.2, LONGEST_WAIT_MS);
  }
}

follow();
