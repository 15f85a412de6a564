// "Tell me on this device": asks the browser, subscribes it at its push service, and hands the subscription over by a form.

const box = document.querySelector("[data-push]");
const form = box?.querySelector("[data-push-form]");
const state = box?.querySelector("[data-push-state]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function say(words) {
  state.textContent = words;
  state.hidden = false;
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration("/push.js");
  return registration?.pushManager.getSubscription();
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") {
    say(box.dataset.blocked);
    return;
  }
  await navigator.serviceWorker.register("/push.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  // made for another key, or for a person who signed out here: the browser holds one at a time
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: box.dataset.push });
  const { endpoint, keys } = made.toJSON();
  form.elements.url.value = endpoint;
  form.elements.p256dh.value = keys.p256dh;
  form.elements.auth.value = keys.auth;
  form.submit();
}

async function show() {
  if (!able) {
    // phones of Apple allow it only to what stands on their home screen
    say(navigator.standalone === false ? box.dataset.iphone : box.dataset.unable);
    return;
  }
  const own = await subscription();
  const listed = own && [...box.querySelectorAll("[data-endpoint]")].find((each) => each.dataset.endpoint === own.endpoint);
  if (!listed) {
    form.hidden = false;
    return;
  }
  listed.querySelector("[data-this-device]").hidden = false;
  listed.querySelector("form").addEventListener("submit", () => own.unsubscribe());
}

if (box) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    subscribe().catch(() => say(box.dataset.failed));
  });
  show().catch(() => say(box.dataset.failed));
}
