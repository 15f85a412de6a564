// Waits with a person for TikTok, and loads the page again once it has an end to show.

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 2000;
const LONGEST_MS = 40000;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// null: the server or the network hiccups, and it is worth asking again
async function fetchState(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    return response.ok ? (await response.json()).state : null;
  } catch {
    return null;
  }
}

async function follow(address) {
  const begun = Date.now();
  for (let pause = FIRST_PAUSE_MS; Date.now() - begun < LONGEST_MS; pause = Math.min(pause * 1.2, LONGEST_PAUSE_MS)) {
    await wait(pause);
    if ((await fetchState(address)) === "ready") break;
  }
  location.reload();
}

const bar = document.querySelector("progress[data-poll]");
if (bar) follow(bar.dataset.poll);
