// Takes a dropped file into the form, and shows the result of an import when a worker is done with it.

const FIRST_WAIT_MS = 700;
const LONGEST_WAIT_MS = 5000;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function takeDrops(form) {
  const input = form.querySelector("#file");
  const place = form.querySelector(".drop");
  for (const kind of ["dragenter", "dragover"]) {
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      place.classList.add("drop--over");
    });
  }
  for (const kind of ["dragleave", "drop"]) place.addEventListener(kind, () => place.classList.remove("drop--over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
  form.addEventListener("submit", () => {
    form.querySelector("button").setAttribute("aria-disabled", "true");
    form.querySelector("#upload-status").textContent = form.dataset.onItsWay;
  });
}

// null: the server or the network hiccups, and it is worth asking again
async function fetchState(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    return response.ok ? (await response.json()).state : null;
  } catch {
    return null;
  }
}

async function follow(section) {
  let first = null;
  for (let pause = FIRST_WAIT_MS; ; pause = Math.min(pause * 1.2, LONGEST_WAIT_MS)) {
    await wait(pause);
    const state = await fetchState(section.dataset.poll);
    first ??= state;
    if (state && (state !== first || !["uploading", "reading", "storing"].includes(state))) {
      location.reload();
      return;
    }
  }
}

const form = document.querySelector("#upload");
if (form) takeDrops(form);
const section = document.querySelector("#import[data-poll]");
if (section) follow(section);
