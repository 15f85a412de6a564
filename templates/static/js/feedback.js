// Feedback on a forecast, sent without leaving the page: in the composer the draft stays as it was typed.

async function send(event) {
  const form = event.target;
  const section = form.closest("#feedback");
  if (!section) return;
  event.preventDefault();
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("feedback");
    if (!fresh) throw new Error(`answered ${response.status} without the section`);
    section.replaceWith(fresh);
    (fresh.querySelector("[aria-invalid=true]") ?? fresh).focus();
  } catch {
    // whatever is in the way (signed out, server down), the plain form shows it in full
    form.submit();
  }
}

document.addEventListener("submit", send);
