// Drafts in this browser's storage, by id: what is not saved yet, and the texts of people who keep none on the server.

const PREFIX = "postcast-draft-";
const KEPT_MS = 7 * 24 * 3600 * 1000;

// a browser may refuse its storage: the page then goes on without
function attempt(act) {
  try {
    return act(window.localStorage);
  } catch {
    return null;
  }
}

export function keep(id, fields) {
  attempt((storage) => storage.setItem(PREFIX + id, JSON.stringify({ at: Date.now(), fields })));
}

export function forget(id) {
  attempt((storage) => storage.removeItem(PREFIX + id));
}

export function moveTo(from, to) {
  if (from === to) return;
  attempt((storage) => {
    const entry = storage.getItem(PREFIX + from);
    if (entry) storage.setItem(PREFIX + to, entry);
    storage.removeItem(PREFIX + from);
  });
}

export function kept(id) {
  forgetOld();
  return attempt((storage) => JSON.parse(storage.getItem(PREFIX + id))?.fields ?? null);
}

function forgetOld() {
  attempt((storage) => {
    for (const name of Object.keys(storage).filter((each) => each.startsWith(PREFIX))) {
      const { at } = JSON.parse(storage.getItem(name));
      if (Date.now() - at > KEPT_MS) storage.removeItem(name);
    }
  });
}
